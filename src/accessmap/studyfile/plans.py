"""Private to `studyfile`: the scenarios and the programme that a study.toml asks for."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from accessmap.categories import CATEGORIES
from accessmap.errors import AccessmapError, Problem, ScenarioError
from accessmap.files import parsed_toml, read_toml
from accessmap.measures.resilience import site_places
from accessmap.programme import Programme
from accessmap.programme.files import read as read_programme
from accessmap.study.scenario import KINDS, Scenario
from accessmap.study.scenario_files import KEYS
from accessmap.study.scenario_files import read as read_scenarios
from accessmap.study.steps import ACTIONS, Step, faults
from accessmap.study.study import Study
from accessmap.studyfile.ledger import Ledger
from accessmap.studyfile.problems import Key, Place, key_lines, line_of, place_of, problem, shown
from accessmap.studyfile.reading import fault_told
from accessmap.words.near import Categories, category_meant, near_matches, near_names, plain
from accessmap.words.system import why_failed

if TYPE_CHECKING:
    import geopandas as gpd


NEAR = 4


@dataclass(frozen=True)
class Plans:
    """The scenarios of one file as they are written (TOML that has been parsed), with the lines to name."""

    text: str
    file: str = ""

    @cached_property
    def _lines(self) -> dict[Key, int]:
        return key_lines(self.text)

    @cached_property
    def tables(self) -> list[dict[str, Any]]:
        """The scenarios; what is no table is left to `read_scenarios`."""
        found = parsed_toml(self.text).get("scenario", [])
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def _steps(self, number: int) -> Iterator[tuple[Key, dict[str, Any]]]:
        steps = self.tables[number].get("step", [])
        for at, step in enumerate(steps if isinstance(steps, list) else []):
            if isinstance(step, dict):
                yield ("scenario", number, "step", at), step

    def _place(self, path: Key, value: object = None) -> Place:
        return Place.of(path, line_of(path, self._lines), shown(value), self.file)

    def _wrong(self, key: str, path: Key, value: object = None, near: Iterable[str] = (), **told: Any) -> Problem:
        return problem(key, self._place(path, value), near, **told)

    def shape(self) -> Iterator[Problem]:
        """Yield what is wrong whatever the study: unknown actions and keys, keys that are missing, wrong values."""
        for number, table in enumerate(self.tables):
            yield from self._unknown(("scenario", number), table, KEYS)
            if not str(table.get("name") or "").strip():
                yield self._wrong("studyfile_missing_key", ("scenario", number, "name"))
            if (kind := table.get("kind", "proposal")) not in KINDS:
                at, near = ("scenario", number, "kind"), near_matches(str(kind), KINDS)
                yield self._wrong("studyfile_want_one_of", at, kind, near, expected=", ".join(KINDS))
            for path, step in self._steps(number):
                yield from self._step_shape(path, step)

    def _step_shape(self, path: Key, step: Mapping[str, Any]) -> Iterator[Problem]:
        action, known = step.get("action"), ", ".join(ACTIONS)
        if action is None:
            yield self._wrong("studyfile_no_action", (*path, "action"), known=known)
            yield from self._unknown(
                path, step, {"action", *(name for kind in ACTIONS.values() for name in _names(kind))}
            )
            return
        if action not in ACTIONS:
            near = near_matches(str(action), ACTIONS)
            at = (*path, "action")
            yield self._wrong("studyfile_unknown_action", at, action, near, action=str(action), known=known)
            return
        kind = ACTIONS[action]
        given = {name: tuple(value) if isinstance(value, list) else value for name, value in step.items()}
        del given["action"]
        for fault in sorted(faults(kind, given), key=lambda fault: fault["type"] == "missing"):
            name = str(fault["loc"][0])
            place = self._place((*path, name), step.get(name))
            yield fault_told(fault, place, step.get(name), ("action", *_names(kind)))
        degrees = step.get("lon") is not None and step.get("lat") is not None
        if kind.placed and (step.get("commune") is not None) == degrees:
            yield self._wrong("studyfile_want_place", path)

    def _unknown(self, path: Key, table: Mapping[str, Any], known: Collection[str]) -> Iterator[Problem]:
        for name in table:
            if name not in known:
                yield self._wrong("studyfile_unknown_key", (*path, name), table[name], near_matches(name, known))

    def places(self, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame | None) -> Iterator[Problem]:
        """Yield the communes and sites that are not in the study, and the sites that are there already.

        Where some services could not be read (None), sites are not looked for.
        """
        for number in range(len(self.tables)):
            sites = None if services is None else _Sites(services, communes)
            for key, step in self._steps(number):
                code, problems = self._commune(key, step, communes)
                yield from problems
                yield from self._point(key, step, communes)
                if sites is not None:
                    yield from self._site(key, step, code, sites)

    def _commune(
        self, key: Key, step: Mapping[str, Any], communes: gpd.GeoDataFrame
    ) -> tuple[str | None, list[Problem]]:
        """Return the code of the commune of a step, and what is wrong with it."""
        given = step.get("commune")
        if given is None or str(given) in communes.index:
            return given, []
        same = communes.index[communes["name"].str.casefold() == str(given).casefold()]
        if len(same) == 1:
            return str(same[0]), []
        at, name, codes = (*key, "commune"), str(given), ", ".join(same)
        if codes:
            return None, [self._wrong("studyfile_several_communes", at, given, name=name, codes=codes)]
        near = near_matches(name, communes["name"])
        return None, [self._wrong("studyfile_unknown_step_commune", at, given, near, name=name)]

    def _point(self, key: Key, step: Mapping[str, Any], communes: gpd.GeoDataFrame) -> Iterator[Problem]:
        """Yield that the degrees of a step are far from every commune, as those of another order are."""
        lon, lat = step.get("lon"), step.get("lat")
        if not isinstance(lon, int | float) or not isinstance(lat, int | float):
            return
        west, south, east, north = communes.to_crs(4326).total_bounds
        if not (west <= lon <= east and south <= lat <= north):
            yield self._wrong("studyfile_point_outside", (*key, "lon"), lon, lon=f"{lon:g}", lat=f"{lat:g}")

    def _site(self, key: Key, step: Mapping[str, Any], code: str | None, sites: _Sites) -> Iterator[Problem]:
        """Yield what is wrong with the site of a step, and keep what the step does to the sites."""
        action, given = step.get("action"), step.get("id")
        on_sites = action in ACTIONS and ACTIONS[action].selects == "sites"
        if action == "open":
            yield from self._opened(key, step, code, sites)
        elif on_sites and given is not None and str(given) not in sites:
            known = sites.near(str(given))
            told = ", ".join(f"{site} ({sites[site]['name']})" for site in known)
            reason = "studyfile_unknown_site_near" if known else "studyfile_unknown_site"
            yield self._wrong(reason, (*key, "id"), given, name=str(given), sites=told)
        elif action == "close":
            sites.pop(
                str(given) if given is not None else sites.only(category_meant(str(step.get("category") or "")), code),
                None,
            )

    def _opened(self, key: Key, step: Mapping[str, Any], code: str | None, sites: _Sites) -> Iterator[Problem]:
        category = category_meant(str(step.get("category") or ""))
        known = {*CATEGORIES, *(each["category"] for each in sites.values())}
        near = near_matches(category, known)
        if category and category not in known and step.get("category_label") is None and near_names(category, known):
            told = {"category": category, "known": Categories.of(sorted({each["category"] for each in sites.values()}))}
            yield self._wrong("studyfile_near_category", (*key, "category"), category, near, **told)
        site = str(step.get("id") or f"{category}-{code}")
        if (code is not None or step.get("id")) and site in sites:
            there = sites[site]["name"]
            place = sites.communes["name"].get(code, "") if code is not None else ""
            told = {"site": site, "name": str(there), "place": f", {place}" if place else ""}
            yield self._wrong("studyfile_site_exists", key, **told)
        elif code is not None or step.get("id"):
            sites[site] = {"name": str(step.get("name") or site), "category": category, "commune": code}

    def unapplied(self, scenario: Scenario, number: int, study: Study) -> Problem | None:
        """Return why a scenario cannot be carried out, at the first step at fault; None where it can."""
        for at in range(1, len(scenario.steps) + 1):
            try:
                replace(scenario, steps=scenario.steps[:at]).apply(study)
            except AccessmapError as error:
                # The place of a step is told by its line.
                message = error.problems[0].at("") if isinstance(error, ScenarioError) else error
                return self._wrong("studyfile_refused", ("scenario", number, "step", at - 1), message=message)
        return None


def _names(kind: type[Step]) -> tuple[str, ...]:
    return tuple(kind.__dataclass_fields__)


class _Sites(dict[Any, dict[str, Any]]):
    """Name and category of the sites that are there, by id, as the steps of a scenario leave them."""

    def __init__(self, services: gpd.GeoDataFrame, communes: gpd.GeoDataFrame) -> None:
        where = site_places(services, communes)["commune"]
        super().__init__(services[["name", "category"]].assign(commune=where).to_dict("index"))
        self.services, self.communes = services, communes

    def only(self, category: object, code: str | None) -> str | None:
        """Return the id of the one site of a category in a commune; None where there is none, or several."""
        found = [key for key, each in self.items() if (each["category"], each["commune"]) == (category, code)]
        return str(found[0]) if len(found) == 1 else None

    def near(self, given: str) -> list[str]:
        """Return the ids of the sites whose id, name or commune comes near to what was given; mairies last."""
        services = self.services
        town = (
            services["commune"].map(self.communes["name"]) if "commune" in services else pd.Series("", services.index)
        )
        named = {plain(str(name)): [str(key)] for key, name in services["name"].items()}
        here = town.fillna("").map(plain)
        found = list(here.index[here == plain(given)].astype(str))
        for name in near_matches(given, named, most=NEAR):
            found += named.get(plain(name), [])
        found += near_matches(given, [str(key) for key in self], most=NEAR)
        kept = [site for site in dict.fromkeys(found) if site in self]
        return sorted(kept, key=lambda site: bool(self[site]["category"] == "mairie"))[:NEAR]


def scenarios_of(ledger: Ledger, home: Path) -> tuple[list[Plans], dict[str, Scenario]]:
    """Return the scenarios of the files that are named, then those of the study.toml itself, as written and as read."""
    section = ledger.settings.scenarios
    paths: list[Key] = []
    if section is not None:
        several = isinstance(section.path, list)
        paths = [("scenarios", "path", n) for n, _ in enumerate(section.path)] if several else [("scenarios", "path")]
    if ledger.settings.scenario:
        paths.append(("scenario",))
    written: list[Plans] = []
    found: dict[str, Scenario] = {}
    for path in paths:
        own = path == ("scenario",)
        at = home if own else ledger.tried(path, partial(ledger.found, *path))
        plans = Plans(ledger.file.text) if own else at and ledger.tried(path, partial(_plans, ledger, at, path))
        if not plans:
            continue
        wrong = list(plans.shape())
        ledger.problems += wrong
        written.append(plans)
        read = ledger.tried(path, partial(read_scenarios, at)) if not wrong else None
        for name, scenario in (read or {}).items():
            if name in found:
                ledger.add("studyfile_scenario_twice", *path, name=name)
            found.setdefault(name, scenario)
    return written, found


def _plans(ledger: Ledger, path: Path, at: Key) -> Plans:
    """Return the scenarios of a file as they are written."""
    try:
        text = read_toml(path)
        parsed_toml(text)
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ledger.file.refused("studyfile_bad_plans", *at, name=path.name, why=why_failed(error)) from error
    return Plans(text, path.name)


def check_carried_out(ledger: Ledger, written: Iterable[Plans], study: Study) -> None:
    """Keep the first problem of each scenario that cannot be carried out, where none of it was told before."""
    places = [place_of(problem) for problem in ledger.problems]
    told = {(place.file, *place.path[:2]) for place in places}
    named = {str(table.get("name")): (plans, number) for plans in written for number, table in enumerate(plans.tables)}
    for name, scenario in study.scenarios.items():
        if name in named:
            plans, number = named[name]
            known = (plans.file, "scenario", number) in told
            wrong = None if known else plans.unapplied(scenario, number, study)
            ledger.problems += [wrong] if wrong is not None else []
        else:
            ledger.tried(("programme", "path"), partial(scenario.apply, study))


def programme_of(ledger: Ledger) -> Programme | None:
    """Return the programme of a contract, where the settings name one."""
    if ledger.settings.programme is None:
        return None
    programme: Programme | None = ledger.read(("programme", "path"), read_programme)
    return programme


def with_programme(ledger: Ledger, study: Study, programme: Programme | None) -> Study:
    """Return the study with what the programme changes as one more scenario, where it changes anything."""
    if programme is None:
        return study
    plan: Scenario | None = ledger.tried(("programme", "path"), partial(programme.scenario, study))
    if plan is None or not plan.steps:
        return study
    if plan.name in study.scenarios:
        ledger.add("studyfile_scenario_twice", "programme", "path", name=plan.name)
        return study
    return replace(study, scenarios={**study.scenarios, plan.name: plan})
