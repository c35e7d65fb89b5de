"""How an operation is carried out on a study: the steps of a scenario, what is missing for the rest, what is wrong."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from accessmap.errors import AccessmapError
from accessmap.measures.resilience import site_places
from accessmap.programme.operation import UNKNOWN, Operation, PlannedStep, Selection
from accessmap.study.scenario import Scenario
from accessmap.study.steps import Step
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.near import did_you_mean

__all__ = ["Carried", "Missing", "carried_out", "missing_told"]

# Texts that name a table or column: its words, for those who have never seen the table, stand before it.
PLAIN: Final = {"table": "table", "column": "column", "unknown_sites": "column"}


@dataclass(frozen=True)
class Missing:
    """A piece of data that is not there.

    Parameters
    ----------
    key
        What kind of thing is missing: a text "missing_<key>" of `templates/words.toml`.
    names
        What fills the text: names and numbers of the data.
    count
        How many, where the text has a singular and a plural.
    where
        The territory that lacks it, where several are compared and others do not.

    Examples
    --------
    >>> Missing("table", (("table", "schools"),)).told(lang="en")
    'schools'
    """

    key: str
    names: tuple[tuple[str, str], ...] = ()
    count: int | None = None
    where: str = ""

    @classmethod
    def of(cls, key: str, *, n: int | None = None, **names: str) -> Missing:
        """Return what is missing, and what it is of.

        >>> Missing.of("table", table="digital").names
        (('table', 'digital'),)
        """
        return cls(key, tuple(names.items()), n)

    def told(self, *, lang: labels.Lang = "fr") -> str:
        """Return it in words, without a capital or a full stop.

        >>> Missing.of("table", table="digital").told()
        'la couverture numérique des communes'
        """
        values: dict[str, object] = dict(self.names)
        if "category" in values:
            values["category"] = labels.category(str(values["category"])).name(lang)
        if "what" in values:
            values["what"] = labels.text(f"programme_what_{values['what']}", lang=lang)
        if self.key in PLAIN:
            names = str(values[PLAIN[self.key]]).split(", ")
            values["told"] = ", ".join(labels.text(f"lack_{name}", lang=lang) for name in names)
        told = labels.text(f"missing_{self.key}", lang=lang, n=self.count, **values)
        return labels.text("programme_where_missing", lang=lang, where=self.where, told=told) if self.where else told

    def __str__(self) -> str:
        return self.told()


def missing_told(missing: Iterable[Missing], *, lang: labels.Lang = "fr") -> str:
    """Return all that is missing as one piece of text, each once; empty where nothing is.

    Parameters
    ----------
    missing
        Such as the `missing` of a row of `indicators`.
    lang
        "fr" or "en".

    Examples
    --------
    >>> missing_told([Missing.of("table", table="schools"), Missing.of("table", table="equipment")], lang="en")
    'schools; the equipment of schools'
    """
    separator = labels.text("programme_and", lang=lang)
    return separator.join(dict.fromkeys(each.told(lang=lang) for each in missing))


# Of an unknown number there is one at least: enough to tell whether a school has any, and never to count them.
AT_LEAST: Final = 1
COUNTED: Final = ("tablets", "interactive_boards")
# How a scenario begins what it refuses: the operation and its step are named instead.
SCENARIO_SAYS: Final = re.compile(r"^scenario .*?: \d+ problems?\. Step 1 \(\w+\): ", re.DOTALL)


@dataclass
class Carried:
    """What comes of one operation.

    Parameters
    ----------
    operation
        The operation.
    study
        As it is after it; without the steps that are wrong.
    steps
        Of its scenario.
    missing
        What cannot be carried out or measured for lack of data.
    openings
        What is missing of each opening in the territory for which no service can stand yet: its kind or its place.
    problems
        What the operation gets wrong, one sentence each.
    """

    operation: Operation
    study: Study
    steps: list[Step] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    openings: list[Missing] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def scenario(self) -> Scenario:
        """The operation as a scenario, under its title."""
        return Scenario(self.operation.title, tuple(self.steps))


def carried_out(operation: Operation, study: Study) -> Carried:
    """Return what comes of an operation on a study.

    Examples
    --------
    >>> import accessmap as am
    >>> step = PlannedStep("equip", schools=Selection(commune="02456"), properties=(("tablets", UNKNOWN),))
    >>> done = carried_out(Operation("a", "Tablettes", "Manicamp", ("02456",), steps=(step,)), am.load_sample())
    >>> done.steps, [each.told(lang="en") for each in done.missing]
    ([], ['schools', 'the number of tablets (Manicamp)'])
    """
    done = Carried(operation, study)
    for code in operation.communes:
        _check_place(done, Selection(commune=code))
    if operation.epci is not None:
        _check_place(done, Selection(epci=operation.epci))
    if not operation.steps:
        done.missing.append(Missing.of("steps"))
    for number, step in enumerate(operation.steps, start=1):
        problems, steps = len(done.problems), len(done.steps)
        _CARRY[step.action](done, step)
        _apply(done, tuple(done.steps[steps:]))
        done.problems[problems:] = [f"step {number} ({step.action}): {each}" for each in done.problems[problems:]]
    return done


def _apply(done: Carried, steps: tuple[Step, ...]) -> None:
    """Carry out the steps that a planned step became, so that the next one finds what they left."""
    if steps:
        try:
            done.study = Scenario(done.operation.title, steps).apply(done.study)
        except AccessmapError as error:
            done.problems.append(SCENARIO_SAYS.sub("", str(error)))


def _open(done: Carried, step: PlannedStep) -> None:
    name = step.name or done.operation.title
    placed = step.commune is not None or step.lon is not None
    if step.commune is not None and not _check_place(done, Selection(commune=step.commune)):
        return
    if step.category is not None and placed:
        place = {"commune": step.commune, "lon": step.lon, "lat": step.lat}
        done.steps.append(Step("open", step.id, step.category, step.name, **place))  # type: ignore[arg-type]
        return
    lacking = [("kind", step.category is None), ("place", not placed)]
    missing = [Missing.of(key, name=name) for key, lacks in lacking if lacks]
    done.missing += missing
    if _is_inside(done, step):
        done.openings.append(missing[0])


def _is_inside(done: Carried, step: PlannedStep) -> bool:
    """Return whether an opening is in the territory: by its commune, else by those of its operation."""
    communes, operation = done.study.communes, done.operation
    if step.lon is not None:
        point = gpd.GeoSeries.from_xy([step.lon], [step.lat], crs="EPSG:4326").to_crs(communes.crs).iloc[0]
        codes = communes.index[communes.intersects(point)]
    elif step.commune is not None or operation.communes:
        codes = pd.Index([step.commune] if step.commune is not None else operation.communes)
    else:
        codes = pd.Index(_codes(done.study, Selection(epci=operation.epci)))
    return bool(communes["in_territory"].reindex(codes, fill_value=False).any())


def _close(done: Carried, step: PlannedStep) -> None:
    done.steps += [Step("close", site) for site in _sites(done, step)]


def _move(done: Carried, step: PlannedStep) -> None:
    sites = _sites(done, step)
    if step.commune is None and step.lon is None:
        known = done.study.services["name"]
        done.missing += [Missing.of("new_place", name=str(known.get(site, site))) for site in sites]
    elif len(sites) > 1:
        done.problems.append(f"{len(sites)} sites are selected ({', '.join(sites[:3])} …): one moves to one place.")
    else:
        done.steps += [Step("move", site, commune=step.commune, lon=step.lon, lat=step.lat) for site in sites]


def _set(done: Carried, step: PlannedStep) -> None:
    sites = _sites(done, step)
    known = tuple((name, value) for name, value in step.properties if name == "step_free" or value != UNKNOWN)
    for name, value in step.properties:
        if (name, value) not in known:
            done.missing.append(Missing.of("number", what=name, place=_place_name(done, step)))
    if known:
        done.steps += [Step("set", site, properties=known) for site in sites]


def _equip(done: Carried, step: PlannedStep) -> None:
    schools = _schools(done, step)
    if not step.properties:
        done.missing.append(Missing.of("equipment", place=_place_name(done, step)))
    given: dict[str, Any] = {}
    for name, value in step.properties:
        if value != UNKNOWN:
            given[name] = value
            continue
        done.missing.append(Missing.of("number", what=name, place=_place_name(done, step)))
        if name in COUNTED:
            given[name] = AT_LEAST
    if given:
        for school in schools:
            done.steps += Scenario(done.operation.title).equip(school, **given).steps


def _connect(done: Carried, step: PlannedStep) -> None:
    if done.study.digital is None:
        done.missing.append(Missing.of("table", table="digital"))
        return
    selection = step.communes or Selection(commune=step.commune)
    if not _check_place(done, selection):
        return
    given = dict(step.properties)
    if given.get("share") == UNKNOWN:
        done.missing.append(Missing.of("number", what="share", place=_place_name(done, step)))
        return
    codes = _codes(done.study, selection)
    known = [code for code in codes if code in done.study.digital.index]
    if len(known) < len(codes):
        done.missing.append(Missing.of("unknown_communes", n=len(codes) - len(known)))
    for code in known:
        done.steps += Scenario(done.operation.title).connect(code, **given).steps


def _road(done: Carried, step: PlannedStep) -> None:
    if ("kmh", UNKNOWN) in step.properties:
        done.missing.append(Missing.of("number", what="kmh", place="–".join(map(str, step.road or ()))))
        return
    done.steps.append(Step(step.action, properties=step.properties, road=step.road))


_CARRY: Final[dict[str, Callable[[Carried, PlannedStep], None]]] = {
    "open": _open,
    "close": _close,
    "move": _move,
    "set": _set,
    "equip": _equip,
    "connect": _connect,
    "close_road": _road,
    "set_speed": _road,
}


def _sites(done: Carried, step: PlannedStep) -> list[str]:
    """Return the ids of the sites that a step is about; what it names and is not there is a problem."""
    services = done.study.services
    if step.sites is None:
        if step.id not in services.index:
            done.problems.append(f"no site {step.id!r}{did_you_mean(step.id, services.index)}.")
            return []
        return [str(step.id)]
    if not _check_place(done, step.sites):
        return []
    chosen = services[services["category"] == step.sites.category]
    found = chosen.index[site_places(chosen, done.study.communes)["commune"].isin(_codes(done.study, step.sites))]
    if found.empty:
        place = _place_name(done, step)
        done.missing.append(Missing.of("site", category=str(step.sites.category), place=place))
    return [str(each) for each in found]


def _schools(done: Carried, step: PlannedStep) -> list[str]:
    """Return the ids of the schools that a step is about; without a table of schools, none, and that is missing."""
    schools = done.study.schools
    if step.schools is not None and not _check_place(done, step.schools):
        return []
    if schools is None:
        done.missing.append(Missing.of("table", table="schools"))
        return []
    if step.schools is None:
        if step.id not in schools.index:
            done.problems.append(f"no school {step.id!r}{did_you_mean(step.id, schools.index)}.")
            return []
        return [str(step.id)]
    chosen = schools["commune"].isin(_codes(done.study, step.schools))
    if step.schools.levels:
        chosen &= schools["level"].isin(step.schools.levels)
    if step.schools.sector is not None:
        private = schools["sector"] == "private" if "sector" in schools else pd.Series(False, index=schools.index)
        chosen &= private.fillna(False).astype(bool) == (step.schools.sector == "private")
    found = schools.index[chosen.to_numpy(dtype=bool)]
    if found.empty:
        done.missing.append(Missing.of("school", place=_place_name(done, step)))
    return [str(each) for each in found]


def _codes(study: Study, selection: Selection) -> list[str]:
    if selection.commune is not None:
        return [selection.commune]
    chosen = (study.communes["epci"] == selection.epci).fillna(False).to_numpy(dtype=bool)
    return [str(code) for code in study.communes.index[chosen]]


def _check_place(done: Carried, selection: Selection) -> bool:
    """Note a commune or EPCI that the study does not have, once an operation, and return whether it has it."""
    communes = done.study.communes
    if selection.epci is not None:
        sirens = set(communes["epci"].dropna())
        right = selection.epci in sirens
        problem = (
            "" if right else f"unknown EPCI {selection.epci!r}{did_you_mean(selection.epci, sirens)}: give its SIREN."
        )
    else:
        right = selection.commune in communes.index
        problem = "" if right else f"unknown commune {selection.commune!r}{_near_commune(selection.commune, communes)}."
    if not right and not any(problem in each for each in done.problems):
        done.problems.append(problem)
    return right


def _near_commune(given: str | None, communes: pd.DataFrame) -> str:
    """Return what was meant instead of a code: that of the commune of this name, or what is near."""
    same = communes.index[communes["name"].str.casefold() == str(given).casefold()]
    if len(same):
        return f": write its code {same[0]!r}"
    return did_you_mean(given, [*communes.index, *communes["name"]])


def _place_name(done: Carried, step: PlannedStep) -> str:
    """Return the name of the place that a step is about, for people to read."""
    communes, selection = done.study.communes, step.selection
    code = step.commune if selection is None else selection.commune
    if code is not None:
        return str(communes["name"].get(code, code))
    if selection is not None and selection.epci is not None:
        named = communes.loc[communes["epci"] == selection.epci]
        return str(named["epci_name"].iloc[0]) if "epci_name" in named and len(named) else f"EPCI {selection.epci}"
    return str(step.id)
