"""The steps of a scenario: what each action says, how it is told, and how it changes a study.

A new action is a class decorated `@step`: its fields are what a file may say, `apply` is what it does, and its words
are how it is told. Scenarios, their files, programmes and study.toml then know it.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from decimal import Decimal
from numbers import Integral, Real
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, TypeVar, cast, dataclass_transform

import geopandas as gpd
import numpy as np
import pandas as pd
from pydantic import AfterValidator, ConfigDict, Field, Strict, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from accessmap.categories import CATEGORIES, PRACTITIONERS, Lang
from accessmap.errors import AccessmapError, Problem, Problems, ScenarioError
from accessmap.measures.digital import connected
from accessmap.measures.schools import equipped
from accessmap.roads.transit.journeys import Journeys
from accessmap.study.named import commune_code, place_of, site_in
from accessmap.study.study import Study
from accessmap.tables.cutoffs import number_of_minutes
from accessmap.words import words as labels
from accessmap.words.near import category_meant, near_names
from accessmap.words.notes import Aside, Metres, Note
from accessmap.words.opening import hours_text
from accessmap.words.words import Words

if TYPE_CHECKING:
    from accessmap.roads.transit.timetable import Timetable

__all__ = ["ACTIONS", "ASPECTS", "KNOWN", "Changes", "Step", "faults", "place_told", "step"]

Text = Annotated[str, Strict(), Field(min_length=1)]
Amount = Annotated[float, Strict(), Field(ge=0, allow_inf_nan=False)]
Share = Annotated[float, Strict(), Field(ge=0, le=1)]
Kmh = Annotated[float, Strict(), Field(gt=0, allow_inf_nan=False)]
Lon = Annotated[float, Strict(), Field(ge=-180, le=180)]
Lat = Annotated[float, Strict(), Field(ge=-90, le=90)]
KNOWN: Final = ("yes", "no", "unknown")


def _known(value: str) -> str:
    if value not in KNOWN:
        expected = "'yes', 'no' or 'unknown'"
        raise PydanticCustomError("literal_error", "Input should be {expected}", {"expected": expected})
    return value


YesNo = Annotated[str, AfterValidator(_known)]

ACTIONS: Final[dict[str, type[Step]]] = {}
"""The class of each action, by the name that files give it."""

# What a step may say of a site, a place or a stretch of road; anything else that it says is a property.
ASPECTS: Final = ("id", "category", "category_label", "name", "commune", "from_commune", "lon", "lat", "road")
# A site opened within so many metres of one of its category is said to be beside it.
BESIDE_METRES: Final = 500
# What a column says of the sites that nothing is known of, when a step is the first to know it of one.
UNKNOWN: Final = {"step_free": "unknown", "capacity": np.nan}


class Step:
    """One change. What it does not say of a site (`id`, `category`, `name` …), a place or a road is None.

    Attributes
    ----------
    action
        What files call it: the name of the class in small letters, words parted by underscores.
    words
        How an action of yours is told, by language, its fields in braces; ours are texts of the library.
    selects
        What a programme may name instead of one site, school or commune: "sites", "schools" or "communes".
    placed
        Whether it needs a place: a commune, or lon and lat.
    names_site
        What may name its site in place of `id`: the fields of its category and commune, where only one is there.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")
    __dataclass_fields__: ClassVar[dict[str, Any]]
    action: ClassVar[str]
    words: ClassVar[Mapping[Lang, str]] = MappingProxyType({})
    selects: ClassVar[str] = ""
    placed: ClassVar[bool] = False
    names_site: ClassVar[tuple[str, ...]] = ()

    def __getattr__(self, name: str) -> Any:
        if name in ASPECTS:
            return None
        raise AttributeError(f"{type(self).__name__} has no {name!r}")

    def values(self) -> dict[str, Any]:
        """Return what the step says, by field; what it leaves out is left out."""
        told = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: value for name, value in told.items() if value is not None}

    def __post_init__(self) -> None:
        # numbers of numpy, Decimal and Fraction are those of Python: what files hold, and hashes are made of
        for name, value in self.values().items():
            if isinstance(value, Real | Decimal) and not isinstance(value, int | float):
                object.__setattr__(self, name, int(value) if isinstance(value, Integral) else number_of_minutes(value))
        # a category of one's own has its word beside it
        if isinstance(self.category, str) and self.category_label is None:
            object.__setattr__(self, "category", category_meant(self.category))

    @property
    def properties(self) -> tuple[tuple[str, Any], ...]:
        """What it says besides the site, the place and the road: columns with their new value, a speed, a share."""
        return tuple((name, value) for name, value in self.values().items() if name not in ASPECTS)

    def wrong(self) -> list[dict[str, Any]]:
        """Return the faults of its numbers and texts; ids, communes, roads and places are looked for by `apply`."""
        said = {"lon", "lat", *(name for name, _ in self.properties)}
        # degrees that there are none of lie outside the communes, and yes, no and unknown are the contract's
        return [
            fault
            for fault in faults(type(self), self.values())
            if (name := fault["loc"][0]) in said
            and fault["type"] != "literal_error"
            and not (name in ("lon", "lat") and fault["type"].endswith("_equal"))
        ]

    def given(self) -> dict[str, Any]:
        """Return what the step says, by name, its properties together: what the hash of a scenario is made of."""
        told = {name: value for name, value in self.values().items() if name in ASPECTS}
        return {"action": self.action, **told} | ({"properties": self.properties} if self.properties else {})

    def told(self, study: Study, words: Words) -> str:  # noqa: ARG002 - our own actions ask the study for names
        """Return the step in words, names of the study in place of ids."""
        return self.words[words.lang].format(**self.values())

    def with_id(self, changes: Changes) -> Step:
        """Return the step with the id of its site where it names that by category and commune, or ScenarioError."""
        said = {name: value for name in self.names_site if (value := getattr(self, name)) is not None}
        if not self.names_site or (self.id is not None and not said):
            return self
        if self.id is not None or len(said) < len(self.names_site):
            keys = " + ".join(self.names_site)
            raise ScenarioError(Problem("step_want_site", value=self.id, keys=keys))
        study = changes.before
        site = site_in(said[self.names_site[0]], commune_code(study, said[self.names_site[1]]), changes.services, study)
        return replace(self, id=site, **dict.fromkeys(said))

    def apply(self, changes: Changes) -> None:
        """Carry the step out on a study on its way to another; ScenarioError where it cannot be."""
        raise NotImplementedError


Kind = TypeVar("Kind", bound=type[Step])


@dataclass_transform(frozen_default=True, kw_only_default=True)
def step(kind: Kind) -> Kind:
    """Make a class an action of scenarios; its fields are given by name and do not change.

    Examples
    --------
    >>> @step
    ... class Rename(Step):
    ...     id: str
    ...     label: str
    ...     words = {"fr": "renommer {id} en {label}", "en": "rename {id} as {label}"}
    ...
    ...     def apply(self, changes):
    ...         changes.set(self.id, "name", self.label)
    >>> import accessmap as am
    >>> plan = am.Scenario("Renamed").then(Rename(id="mairie-02217", label="Hôtel de ville"))
    >>> plan.apply(am.load_sample()).services.loc["mairie-02217", "name"]
    'Hôtel de ville'
    >>> del ACTIONS["rename"]
    """
    made = dataclass(frozen=True, kw_only=True)(kind)
    made.action = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", made.__name__).lower()
    ACTIONS[made.action] = made
    return made  # type: ignore[return-value]


def faults(kind: type[Step], table: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what is wrong with a table that is to be a step of this kind: pydantic's type, loc, input and ctx of each.

    Examples
    --------
    >>> [(each["type"], each["loc"]) for each in faults(SetSpeed, {"road": (1, 2), "kmh": 0})]
    [('greater_than', ('kmh',))]
    """
    found: list[dict[str, Any]] = []
    by_id = table.get("id") is not None
    named = [table.get(name) is not None for name in kind.names_site]
    if named and (any(named) if by_id else not all(named)):
        keys = " + ".join(kind.names_site)
        found.append({"type": "no_site", "loc": ("id",), "msg": "id, or category and commune", "ctx": {"keys": keys}})
    try:
        TypeAdapter(kind).validate_python(dict(table))
    except ValidationError as error:
        found += [dict(each) for each in error.errors(include_url=False)]
    # a road that lacks an end is wrong as a whole, as is any other list
    whole = [_whole_list(each) for each in found]
    return list({(each["type"], each["loc"]): each for each in whole}.values())


def _whole_list(fault: Mapping[str, Any]) -> dict[str, Any]:
    (name, *at), of = fault["loc"], fault["type"]
    if name != "road" and (at or of in ("tuple_type", "too_long")):
        of = "list_type"
    return {**fault, "type": "tuple_type" if at and name == "road" else of, "loc": (name,)}


# What pydantic finds, and the sentence that tells it; what is of no type here is a value out of bounds.
SENTENCES = {
    "unexpected_keyword_argument": "step_unknown_key",
    "missing": "step_missing",
    "no_site": "step_want_site",
    "string_type": "step_want_text",
    "string_too_short": "step_want_text",
    "float_type": "step_want_number",
    "finite_number": "step_want_number",
    "tuple_type": "step_want_road",
    "too_long": "step_want_road",
    "list_type": "step_want_list",
    "bool_type": "step_want_flag",
    "literal_error": "step_want_one_of",
    "greater_than": "step_want_above",
    "greater_than_equal": "step_want_at_least",
    "less_than_equal": "step_want_at_most",
}


def add_fault(
    problems: Problems, fault: Mapping[str, Any], kind: type[Step], table: Mapping[str, Any], where: Note
) -> None:
    """Add what :func:`faults` found in a table to the problems, as a sentence with its remedy."""
    name, ctx = str(fault["loc"][0]), fault.get("ctx", {})
    given = table.get(name)
    key = SENTENCES.get(fault["type"], "step_want_other")
    near = near_names(name, ("action", *kind.__dataclass_fields__)) if key == "step_unknown_key" else ()
    told: dict[str, Any] = {"name": name, "named": repr(name), "shown": repr(given), "why": Aside.of(fault["msg"])}
    bound = "".join(f"{each:g}" for each in ctx.values() if isinstance(each, int | float))
    told |= {"expected": str(ctx.get("expected", "")), "bound": bound, "keys": ctx.get("keys", "")}
    problems.add(key, where=where, value=given, near=near, **told)


class Changes:
    """A study on its way to another: its services and roads, and the ids of the sites that steps have touched."""

    def __init__(self, study: Study) -> None:
        self.before = study
        self.services = study.services
        self.network = study.network
        self.digital = study.digital
        self.equipment = study.equipment
        self.touched: set[str] = set()
        self.cautions: list[Note] = []
        self._timetable: Timetable | None = None
        self.on_demand = {
            mode: each.terms.on_demand for mode, each in study.networks.items() if isinstance(each, Journeys)
        }

    def study(self) -> Study:
        """Return the study with the changes; only changed roads and lines are routed again."""
        return self.before.changed(
            self.services,
            self.network,
            timetable=self._timetable,
            on_demand=self.on_demand,
            digital=self.digital,
            equipment=self.equipment,
            cautions=self.cautions,
        )

    @property
    def timetable(self) -> Timetable:
        """The one timetable of all journeys of the study; ScenarioError where there is none, or are several."""
        if self._timetable is None:
            found = {id(each.timetable): each.timetable for each in self.journeys}
            if len(found) != 1:
                raise ScenarioError(Problem("step_several_timetables" if found else "step_no_timetable", n=len(found)))
            self._timetable = cast("Timetable", found.popitem()[1])
        return self._timetable

    @timetable.setter
    def timetable(self, timetable: Timetable) -> None:
        self._timetable = timetable

    @property
    def names_on_demand(self) -> list[str]:
        """The names of all transport on demand that is given beside the timetable."""
        return list(dict.fromkeys(each.name for asked in self.on_demand.values() for each in asked if each.name))

    @property
    def days(self) -> tuple[date, ...]:
        """The days of all journeys of the study."""
        return tuple(dict.fromkeys(each.date for each in self.journeys))

    @property
    def journeys(self) -> list[Journeys]:
        """All journeys of the study, as they were before."""
        return [each for each in self.before.networks.values() if isinstance(each, Journeys)]

    def site(self, name: str) -> str:
        """Return the id of a site that is there; ScenarioError where it is not."""
        if name not in self.services.index:
            near = near_names(name, self.services.index)
            raise ScenarioError(Problem("step_no_site", value=name, site=repr(name), near=near))
        return str(name)

    def set(self, name: str, column: str, value: object) -> None:
        """Give a site a value in a column, which is new to the others where no service had it."""
        site = self.site(name)
        services = self.services.copy()
        if column not in services:
            services[column] = UNKNOWN.get(column, pd.NA)
        services.loc[site, column] = value
        self.services = services
        self.touched.add(site)

    def edges(self, road: tuple[Any, Any]) -> pd.Index:
        """Return the edges between two nodes, both ways; ScenarioError where there is none."""
        for node in road:
            if not isinstance(node, Hashable):
                raise ScenarioError(Problem("step_no_node", value=node, node=repr(node)))
        u, v = road
        edges = self.network.edges
        found = ((edges["u"] == u) & (edges["v"] == v)) | ((edges["u"] == v) & (edges["v"] == u))
        if not found.any():
            known = self.network.nodes.index
            for node in (u, v):
                if node not in known:
                    near = near_names(node, known)
                    raise ScenarioError(Problem("step_no_node", value=node, node=repr(node), near=near))
            raise ScenarioError(Problem("step_no_road", value=road, u=repr(u), v=repr(v)))
        chosen: pd.Index = edges.index[found]
        return chosen


@step
class Open(Step):
    """A new site of a category, at the mairie of a commune or at a point in degrees.

    `category_label`, the word that maps show, says that a category of one's own is meant, however near its spelling is.
    """

    category: Text
    category_label: Text | None = None
    id: Text | None = None
    name: Text | None = None
    commune: Text | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    placed = True

    def apply(self, changes: Changes) -> None:
        services, study = changes.services, changes.before
        point, commune = place_of(self, study)
        category = self.category
        where = commune if commune is not None else f"{self.lon:.5f}-{self.lat:.5f}"
        site = self.id if self.id is not None else f"{category}-{where}"
        if site in services.index:
            raise ScenarioError(Problem("step_site_exists", value=site, site=repr(site)))
        near = near_names(category, {*CATEGORIES, *services["category"]})
        # One of the user's own may be opened; what is nearly the name of another is a slip, unless it has its word.
        if (
            near
            and self.category_label is None
            and category not in CATEGORIES
            and category not in set(services["category"])
        ):
            raise ScenarioError(Problem("step_unknown_category", value=category, category=repr(category), near=near))
        label = CATEGORIES[category].fr if category in CATEGORIES else category
        town = study.communes["name"].get(commune) if commune is not None else None
        row = {
            "name": self.name or (f"{label} – {town}" if town else label),
            "category": category,
            "commune": commune,
            "step_free": "unknown",
            "mobile": False,
            "source": "scenario",
        }
        if category not in CATEGORIES:
            services = services.assign(category_label=services.get("category_label", pd.NA))
            words = services.loc[services["category"] == category, "category_label"].dropna()
            row["category_label"] = self.category_label or (words.iloc[0] if len(words) else category)
        new = gpd.GeoDataFrame(
            {column: [value] for column, value in row.items() if column in services or column in ("name", "category")},
            geometry=gpd.GeoSeries([point], crs=services.crs).to_list(),
            index=pd.Index([site], name=services.index.name),
            crs=services.crs,
        )
        new = new.reindex(columns=services.columns).astype(services.drop(columns="geometry").dtypes.to_dict())
        changes.services = gpd.GeoDataFrame(pd.concat([services, new]), geometry="geometry", crs=services.crs)
        there = services[services["category"] == category]
        metres = there.distance(point)
        if len(there) and metres.min() <= BESIDE_METRES:
            beside = str(there.loc[metres.idxmin(), "name"])
            changes.cautions.append(Note("open_beside", site=beside, metres=Metres.of(float(metres.min()))))
        changes.touched.add(site)

    def told(self, study: Study, words: Words) -> str:
        kind = labels.category(self.category).with_article(words.lang)
        key = "step_settle" if self.category in PRACTITIONERS else "step_open"
        return words(key, category=kind, place=place_told(self, study, words))


@step
class Close(Step):
    """A site closed, which its id names, or its category and commune."""

    id: Text | None = None
    category: Text | None = None
    commune: Text | None = None
    selects = "sites"
    names_site = ("category", "commune")

    def apply(self, changes: Changes) -> None:
        changes.services = changes.services.drop(index=changes.site(str(self.id)))

    def told(self, study: Study, words: Words) -> str:
        return words("step_close", site=_site_told(self, study))


@step
class Move(Step):
    """A site moved to the mairie of a commune or to a point in degrees."""

    id: Text | None = None
    category: Text | None = None
    from_commune: Text | None = None
    commune: Text | None = None
    lon: Lon | None = None
    lat: Lat | None = None
    selects = "sites"
    names_site = ("category", "from_commune")
    placed = True

    def apply(self, changes: Changes) -> None:
        site = changes.site(str(self.id))
        point, commune = place_of(self, changes.before)
        services = changes.services.copy()
        services.loc[[site], "geometry"] = gpd.GeoSeries([point], index=[site], crs=services.crs)
        if "commune" in services:
            services.loc[site, "commune"] = commune
        changes.services = services
        changes.touched.add(site)

    def told(self, study: Study, words: Words) -> str:
        return words("step_move", site=_site_told(self, study), place=place_told(self, study, words))


@step
class Set(Step):
    """A site made step-free or not, of another capacity, or with other opening hours."""

    id: Text | None = None
    category: Text | None = None
    commune: Text | None = None
    step_free: YesNo | None = None
    capacity: Amount | None = None
    hours: Text | None = None
    selects = "sites"
    names_site = ("category", "commune")

    def apply(self, changes: Changes) -> None:
        site = changes.site(str(self.id))
        for column, value in self.properties:
            changes.set(site, column, value)

    def told(self, study: Study, words: Words) -> str:
        return words("step_set", site=_site_told(self, study), values=_values_told(self, words))


@step
class CloseRoad(Step):
    """The road between two nodes closed, both ways."""

    road: tuple[Any, Any]

    def apply(self, changes: Changes) -> None:
        changes.network = changes.network.without(changes.edges(self.road))

    def told(self, study: Study, words: Words) -> str:  # noqa: ARG002 - roads have no names
        return words("step_close_road", u=self.road[0], v=self.road[1])


@step
class SetSpeed(Step):
    """Another speed between two nodes, both ways, in km/h."""

    road: tuple[Any, Any]
    kmh: Kmh

    def apply(self, changes: Changes) -> None:
        network = changes.network
        edges = changes.edges(self.road)
        if not self.kmh > 0:
            raise ScenarioError(Problem("step_no_speed", value=self.kmh, kmh=self.kmh))
        if "length_m" not in network.edges or network.edges.loc[edges, "length_m"].isna().any():
            raise ScenarioError(Problem("step_no_length", value=self.road))
        changes.network = network.with_minutes(network.edges.loc[edges, "length_m"] / 1000 / self.kmh * 60)

    def told(self, study: Study, words: Words) -> str:  # noqa: ARG002 - roads have no names
        return words("step_set_speed", u=self.road[0], v=self.road[1], kmh=self.kmh)


@step
class Connect(Step):
    """A share (0-1) of the premises of a commune connectable, never less than before."""

    commune: Text
    technology: Text = "fibre"
    share: Share = 1.0
    selects = "communes"

    def apply(self, changes: Changes) -> None:
        if changes.digital is None:
            raise ScenarioError(Problem("step_no_digital"))
        code = commune_code(changes.before, str(self.commune))
        try:
            changes.digital = connected(changes.digital, {code: self.share}, technology=self.technology)
        except ValueError as error:
            raise ScenarioError(_whole(error)) from error

    def told(self, study: Study, words: Words) -> str:
        commune, technology = _commune_told(self, study), words(f"tech_{self.technology}")
        return words("step_connect", commune=commune, technology=technology, share=words.percent(self.share))


@step
class Equip(Step):
    """A school equipped: tablets and boards come on top of those that are there."""

    id: Text
    tablets: Amount | None = None
    interactive_boards: Amount | None = None
    ent: YesNo | None = None
    connection_mbps: Amount | None = None
    selects = "schools"

    def apply(self, changes: Changes) -> None:
        schools = changes.before.schools
        if schools is None:
            raise ScenarioError(Problem("step_no_schools"))
        if not self.properties:
            raise ScenarioError(Problem("step_no_equipment"))
        try:
            changes.equipment = equipped(changes.equipment, schools, {str(self.id): dict(self.properties)})
        except ValueError as error:
            raise ScenarioError(_whole(error)) from error

    def told(self, study: Study, words: Words) -> str:
        school = study.schools["name"].get(self.id, self.id) if study.schools is not None else self.id
        return words("step_equip", school=school, values=_values_told(self, words))


def _whole(error: ValueError) -> Problem:
    """Return what another part of the library refused, told in whichever language."""
    return Problem("step_refused", message=error) if isinstance(error, AccessmapError) else Problem.plain(str(error))


def _site_told(step: Close | Move | Set, study: Study) -> str:
    site = step.with_id(Changes(study)).id
    return str(study.services["name"].get(site, site))


def _commune_told(step: Step, study: Study) -> str:
    return "" if step.commune is None else str(study.communes["name"].get(step.commune, step.commune))


def place_told(step: Step, study: Study, words: Words) -> str:
    """Return where a step is, in words: at a commune, at a point, or ""."""
    if step.commune is not None:
        return labels.at_place(_commune_told(step, study), lang=words.lang)
    if step.lon is None or step.lat is None:
        return ""
    return words("step_point", lon=words.count(step.lon, digits=4), lat=words.count(step.lat, digits=4))


def _values_told(step: Step, words: Words) -> str:
    """Return what a step sets, in words: "accès de plain-pied : oui"."""
    told = []
    for key, value in step.properties:
        shown = words(f"value_{value}") if value in KNOWN else str(value)
        if isinstance(value, int | float):
            shown = words.count(value, digits=0 if float(value).is_integer() else 1)
        if key == "hours":
            shown = hours_text(shown, words)
        told.append(words("labelled", name=words(f"set_{key}"), value=shown))
    return ", ".join(told)
