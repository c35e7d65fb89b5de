"""How an operation is carried out on a study: the steps of a scenario, what is missing for the rest, what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

import geopandas as gpd
import pandas as pd

from accessmap.errors import AccessmapError, Problem, Problems, ScenarioError
from accessmap.measures.resilience import site_places
from accessmap.programme.operation import UNKNOWN, Operation, PlannedStep, Selection, members
from accessmap.study.scenario import Scenario
from accessmap.study.steps import ACTIONS, ASPECTS, Connect, Equip, Move, Open, Set, Step
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.near import near_names
from accessmap.words.notes import Note

# Texts that name a table or column: its words, for those who have never seen the table, stand before it.
PLAIN: Final = {"missing_table": "table", "missing_column": "column", "missing_unknown_sites": "column"}


class Missing(Note):
    """A piece of data that is not there, in words without a capital or a full stop; `where` names who lacks it.

    Examples
    --------
    >>> missing = Missing.of("table", table="digital")
    >>> missing.told("fr"), missing.at("Aisne")
    ('la couverture numérique des communes', 'the digital coverage of communes (Aisne)')
    """

    @classmethod
    def of(cls, key: str, *, n: int | None = None, **names: str) -> Self:
        """Return what is missing, by its text "missing_<key>" of words/texts, and what it is of."""
        return cls(f"missing_{key}", n=n, **names)

    @property
    def sort(self) -> tuple[str, tuple[Any, ...]]:
        """What is missing, however much of it is."""
        return self.key, tuple(self.values.items())

    def at(self, where: str) -> Self:
        """Return the same, missing in one territory where several are compared."""
        return type(self)(self.key, n=self.n, **{**self.values, "where": where})

    @classmethod
    def _worded(cls, key: str, lang: labels.Lang, n: float | None, values: dict[str, Any]) -> str:
        values = dict(values)
        where = values.pop("where", "")
        if "category" in values:
            values["category"] = labels.category(values["category"]).name(lang)
        if "what" in values:
            values["what"] = labels.text(f"programme_what_{values['what']}", lang=lang)
        if key in PLAIN:
            names = values[PLAIN[key]].split(", ")
            values["told"] = ", ".join(labels.text(f"lack_{name}", lang=lang) for name in names)
        told = labels.text(key, lang=lang, n=n, **values)
        return labels.text("programme_where_missing", lang=lang, where=where, told=told) if where else told


def missing_told(missing: Iterable[Missing], *, lang: labels.Lang = "fr") -> str:
    """Return all that is missing as one piece of text, each once; empty where nothing is."""
    return labels.text("programme_and", lang=lang).join(dict.fromkeys(each.told(lang) for each in missing))


# Of an unknown number there is one at least: enough to tell whether a school has any, and never to count them.
AT_LEAST: Final = 1
COUNTED: Final = ("tablets", "interactive_boards")


@dataclass
class Carried:
    """What comes of one operation: the study after it (without the steps that are wrong), what is missing and wrong.

    `openings` says what is missing of each opening in the territory that can have no service yet: its kind or place.
    """

    operation: Operation
    study: Study
    steps: list[Step] = field(default_factory=list)
    missing: list[Missing] = field(default_factory=list)
    openings: list[Missing] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)

    @property
    def scenario(self) -> Scenario:
        """The operation as a scenario, under its title."""
        return Scenario(self.operation.title, tuple(self.steps))


def carried_out(operation: Operation, study: Study) -> Carried:
    """Return what comes of an operation on a study."""
    done = Carried(operation, study)
    for code in operation.communes:
        _check_place(done, Selection(commune=code))
    if operation.epci is not None:
        _check_place(done, Selection(epci=operation.epci))
    if not operation.steps:
        done.missing.append(Missing.of("steps"))
    for number, step in enumerate(operation.steps, start=1):
        problems, steps = len(done.problems), len(done.steps)
        _CARRY.get(step.action, _as_it_is)(done, step)
        _apply(done, tuple(done.steps[steps:]))
        place = Note("programme_step", number=number, action=step.action)
        done.problems[problems:] = [each.at(place) for each in done.problems[problems:]]
    return done


def _apply(done: Carried, steps: tuple[Step, ...]) -> None:
    """Carry out the steps that a planned step became, so that the next one finds what they left."""
    if steps:
        try:
            done.study = Scenario(done.operation.title, steps).apply(done.study)
        except ScenarioError as error:
            done.problems += [each.at("") for each in error.problems]  # the place of the planned step is told
        except AccessmapError as error:
            done.problems.add("step_refused", message=error)


def _open(done: Carried, step: PlannedStep) -> None:
    name = step.name or done.operation.title
    placed = step.commune is not None or step.lon is not None
    if step.commune is not None and not _check_place(done, Selection(commune=step.commune)):
        return
    if step.category is not None and placed:
        place: dict[str, Any] = {"commune": step.commune, "lon": step.lon, "lat": step.lat}
        kind: dict[str, Any] = {"category": step.category, "category_label": step.category_label}
        done.steps.append(Open(id=step.id, name=name, **kind, **place))
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


def _move(done: Carried, step: PlannedStep) -> None:
    sites = _sites(done, step)
    if step.commune is None and step.lon is None:
        known = done.study.services["name"]
        done.missing += [Missing.of("new_place", name=str(known.get(site, site))) for site in sites]
    elif len(sites) > 1:
        done.problems.add("programme_one_place", n=len(sites), sites=", ".join(sites[:3]))
    else:
        done.steps += [Move(id=site, commune=step.commune, lon=step.lon, lat=step.lat) for site in sites]


def _set(done: Carried, step: PlannedStep) -> None:
    sites = _sites(done, step)
    known = {name: value for name, value in step.properties if name == "step_free" or value != UNKNOWN}
    _lack_numbers(done, step, known)
    if known:
        done.steps += [Set(id=site, **known) for site in sites]


def _equip(done: Carried, step: PlannedStep) -> None:
    schools = _schools(done, step)
    if not step.properties:
        done.missing.append(Missing.of("equipment", place=_place_name(done, step)))
    given = {name: value for name, value in step.properties if value != UNKNOWN}
    _lack_numbers(done, step, given)
    given = {name: given.get(name, AT_LEAST) for name, _ in step.properties if name in (*given, *COUNTED)}
    if given:
        done.steps += [Equip(id=school, **given) for school in schools]


def _connect(done: Carried, step: PlannedStep) -> None:
    if done.study.digital is None:
        done.missing.append(Missing.of("table", table="digital"))
        return
    selection = step.communes or Selection(commune=step.commune)
    if not _check_place(done, selection):
        return
    given = {name: value for name, value in step.properties if value != UNKNOWN}
    if _lack_numbers(done, step, given):
        return
    codes = _codes(done.study, selection)
    known = [code for code in codes if code in done.study.digital.index]
    if len(known) < len(codes):
        done.missing.append(Missing.of("unknown_communes", n=len(codes) - len(known)))
    done.steps += [Connect(commune=code, **given) for code in known]


def _as_it_is(done: Carried, step: PlannedStep) -> None:
    """Carry out any other action: on each site that is meant, or once; not where a value of it is unknown."""
    sites = _sites(done, step) if ACTIONS[step.action].selects == "sites" else [step.id]
    given = {name: value for name, value in step.properties if value != UNKNOWN}
    if not _lack_numbers(done, step, given):
        said = {name: getattr(step, name, None) for name in ASPECTS if name != "id"}  # a programme selects its sites
        told = {name: value for name, value in said.items() if value is not None}
        ids = [{"id": site} if site is not None else {} for site in sites]
        done.steps += [ACTIONS[step.action](**told, **given, **each) for each in ids]


def _lack_numbers(done: Carried, step: PlannedStep, known: Mapping[str, Any]) -> bool:
    """Note the values of a step that nobody knows, and return whether there are any."""
    unknown = [name for name, _ in step.properties if name not in known]
    done.missing += [Missing.of("number", what=name, place=_place_name(done, step)) for name in unknown]
    return bool(unknown)


_CARRY: Final[dict[str, Callable[[Carried, PlannedStep], None]]] = {
    "open": _open,
    "move": _move,
    "set": _set,
    "equip": _equip,
    "connect": _connect,
}


def _sites(done: Carried, step: PlannedStep) -> list[str]:
    """Return the ids of the sites that a step is about; what it names and is not there is a problem."""
    services = done.study.services
    if step.sites is None:
        if step.id not in services.index:
            near = near_names(step.id, services.index)
            done.problems.add("step_no_site", value=step.id, site=repr(step.id), near=near)
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
            near = near_names(step.id, schools.index)
            done.problems.add("step_no_school", value=step.id, school=repr(step.id), near=near)
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
    return [selection.commune] if selection.commune is not None else members(study.communes, selection.epci)[0]


def _check_place(done: Carried, selection: Selection) -> bool:
    """Note a commune or EPCI that the study does not have, once an operation, and return whether it has it."""
    communes, epci, code = done.study.communes, selection.epci, selection.commune
    sirens = set(communes["epci"].dropna())
    if (epci in sirens) if epci is not None else (code in communes.index):
        return True
    if epci is not None:
        told: dict[str, Any] = {"value": epci, "epci": repr(epci), "near": near_names(epci, sirens)}
        problem = Problem("programme_unknown_epci", **told)
    else:
        same = communes.index[communes["name"].str.casefold() == str(code).casefold()]
        near = () if len(same) else near_names(code, [*communes.index, *communes["name"]])
        problem = Problem("step_unknown_commune", value=code, commune=repr(code), near=near)
        if len(same):
            problem = Problem("programme_commune_by_name", value=code, commune=repr(code), code=repr(same[0]))
    if not any((each.key, each.value) == (problem.key, problem.value) for each in done.problems):
        done.problems.append(problem)
    return False


def _place_name(done: Carried, step: PlannedStep) -> str:
    """Return the name of the place that a step is about, for people to read."""
    communes, selection = done.study.communes, step.selection
    code = step.commune if selection is None else selection.commune
    if code is not None:
        return str(communes["name"].get(code, code))
    if selection is not None and selection.epci is not None:
        return members(communes, selection.epci)[1]
    return "–".join(map(str, step.road)) if step.road is not None else str(step.id)
