"""Private to `studyfile`: the scenarios and the programme that a study.toml asks for."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from accessmap.categories import CATEGORIES
from accessmap.errors import AccessmapError
from accessmap.programme import Programme
from accessmap.programme.files import read as read_programme
from accessmap.study.scenario import Scenario
from accessmap.study.scenario_files import NEEDS
from accessmap.study.scenario_files import read as read_scenarios
from accessmap.study.study import Study
from accessmap.studyfile.problems import Key, Problem, StudyFileError, key_lines, line_of, shown
from accessmap.words.near import near_matches, plain

if TYPE_CHECKING:
    import geopandas as gpd

    from accessmap.study.study import Study
    from accessmap.studyfile.loading import Loading

__all__ = ["Plans", "check_carried_out", "check_plans", "programme_of", "scenarios_of", "with_programme"]

# Actions on a site of the study: their id must be that of one.
ON_SITES = ("close", "move", "set")
# Every key that some action knows.
KEYS = frozenset[str]().union(*(needed | allowed for needed, allowed in NEEDS.values()))
NEAR = 4


@dataclass(frozen=True)
class Plans:
    """The scenarios of one file as they are written, with the lines to name.

    Parameters
    ----------
    text
        Of the file: TOML that has been parsed.
    file
        Its name, where it is not the study.toml.
    """

    text: str
    file: str = ""

    @cached_property
    def _lines(self) -> dict[Key, int]:
        return key_lines(self.text)

    @cached_property
    def tables(self) -> list[dict[str, Any]]:
        """The scenarios; what is no table is left to `read_scenarios`."""
        found = tomllib.loads(self.text).get("scenario", [])
        return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []

    def _steps(self, number: int) -> Iterator[tuple[Key, dict[str, Any]]]:
        steps = self.tables[number].get("step", [])
        for at, step in enumerate(steps if isinstance(steps, list) else []):
            if isinstance(step, dict):
                yield ("scenario", number, "step", at), step

    def _problem(self, reason: str, key: Key, value: object = None, near: Sequence[str] = (), **told: str) -> Problem:
        return Problem(reason, key, line_of(key, self._lines), shown(value), told, tuple(near), self.file)

    def shape(self) -> Iterator[Problem]:
        """Yield what is wrong whatever the study: unknown actions and keys, and keys that are missing."""
        for number, table in enumerate(self.tables):
            yield from self._unknown(("scenario", number), table, {"name", "step"})
            if not str(table.get("name") or "").strip():
                yield self._problem("missing_key", ("scenario", number, "name"))
            for key, step in self._steps(number):
                action = step.get("action")
                if action is None:
                    yield self._problem("no_action", (*key, "action"), known=", ".join(NEEDS))
                    yield from self._unknown(key, step, {"action", *KEYS})
                    continue
                if action not in NEEDS:
                    near = near_matches(str(action), NEEDS)
                    told = {"action": str(action), "known": ", ".join(NEEDS)}
                    yield self._problem("unknown_action", (*key, "action"), action, near, **told)
                    continue
                needed, allowed = NEEDS[action]
                yield from self._unknown(key, step, needed | allowed | {"action"})
                for name in sorted(needed - set(step)):
                    yield self._problem("missing_key", (*key, name))
                degrees = step.get("lon") is not None and step.get("lat") is not None
                if action in ("open", "move") and (step.get("commune") is not None) == degrees:
                    yield self._problem("want_place", key)

    def _unknown(self, key: Key, table: Mapping[str, Any], known: set[str]) -> Iterator[Problem]:
        for name in table:
            if name not in known:
                yield self._problem("unknown_key", (*key, name), table[name], near_matches(name, known))

    def places(self, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame | None) -> Iterator[Problem]:
        """Yield the communes and sites that are not in the study, and the sites that are there already.

        Parameters
        ----------
        communes
            All that are loaded.
        services
            All of them; None where some could not be read: sites are then not looked for.
        """
        for number in range(len(self.tables)):
            sites = None if services is None else services[["name", "category"]].to_dict("index")
            for key, step in self._steps(number):
                code, problems = self._commune(key, step, communes)
                yield from problems
                yield from self._point(key, step, communes)
                if sites is not None and services is not None:
                    yield from self._site(key, step, code, sites, communes, services)

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
        told = {"name": str(given), "codes": ", ".join(same)}
        near = () if len(same) else near_matches(str(given), communes["name"])
        reason = "several_communes" if len(same) else "unknown_step_commune"
        return None, [self._problem(reason, (*key, "commune"), given, near, **told)]

    def _point(self, key: Key, step: Mapping[str, Any], communes: gpd.GeoDataFrame) -> Iterator[Problem]:
        """Yield that the degrees of a step are far from every commune, as those of another order are."""
        lon, lat = step.get("lon"), step.get("lat")
        if not isinstance(lon, int | float) or not isinstance(lat, int | float):
            return
        west, south, east, north = communes.to_crs(4326).total_bounds
        if not (west <= lon <= east and south <= lat <= north):
            yield self._problem("point_outside", (*key, "lon"), lon, lon=f"{lon:g}", lat=f"{lat:g}")

    def _site(
        self,
        key: Key,
        step: Mapping[str, Any],
        code: str | None,
        sites: dict[Any, dict[str, Any]],
        communes: gpd.GeoDataFrame,
        services: gpd.GeoDataFrame,
    ) -> Iterator[Problem]:
        """Yield what is wrong with the site of a step, and keep what the step does to the sites."""
        action, given = step.get("action"), step.get("id")
        if action == "open":
            yield from self._opened(key, step, code, sites, communes)
        elif action in ON_SITES and given is not None and str(given) not in sites:
            known = _near_sites(str(given), sites, services, communes)
            told = ", ".join(f"{site} ({sites[site]['name']})" for site in known)
            reason = "unknown_site_near" if known else "unknown_site"
            yield self._problem(reason, (*key, "id"), given, name=str(given), sites=told)
        elif action == "close":
            sites.pop(str(given), None)

    def _opened(
        self,
        key: Key,
        step: Mapping[str, Any],
        code: str | None,
        sites: dict[Any, dict[str, Any]],
        communes: gpd.GeoDataFrame,
    ) -> Iterator[Problem]:
        category = str(step.get("category") or "")
        known = {*CATEGORIES, *(each["category"] for each in sites.values())}
        if category and category not in known:
            near = near_matches(category, known)
            told = {"category": category, "known": ", ".join(sorted({each["category"] for each in sites.values()}))}
            yield self._problem("unknown_category", (*key, "category"), category, near, **told)
        site = str(step.get("id") or f"{category}-{code}")
        if (code is not None or step.get("id")) and site in sites:
            there = sites[site]["name"]
            place = communes["name"].get(code, "") if code is not None else ""
            told = {"site": site, "name": str(there), "place": f", {place}" if place else ""}
            yield self._problem("site_exists", key, **told)
        elif code is not None or step.get("id"):
            sites[site] = {"name": str(step.get("name") or site), "category": category}

    def unapplied(self, scenario: Scenario, number: int, study: Study) -> Problem | None:
        """Return why a scenario cannot be carried out, at the first step at fault; None where it can."""
        try:
            scenario.apply(study)
            return None
        except AccessmapError as error:
            whole = str(error)
        for at in range(1, len(scenario.steps) + 1):
            try:
                replace(scenario, steps=scenario.steps[:at]).apply(study)
            except AccessmapError as error:
                # Of "scenario 'x': 1 problem. Step 2 (set): …" the place is told by the line.
                message = str(error).partition(f"Step {at} ({scenario.steps[at - 1].action}): ")[2] or str(error)
                return self._problem("refused", ("scenario", number, "step", at - 1), message=message)
        return self._problem("refused", ("scenario", number), message=whole)


def _near_sites(
    given: str, sites: Mapping[Any, Mapping[str, Any]], services: gpd.GeoDataFrame, communes: gpd.GeoDataFrame
) -> list[str]:
    """Return the ids of the sites whose id, name or commune comes near to what was given; mairies last."""
    town = services["commune"].map(communes["name"]) if "commune" in services else pd.Series("", services.index)
    named = {plain(str(name)): [str(key)] for key, name in services["name"].items()}
    here = town.fillna("").map(plain)
    found = list(here.index[here == plain(given)].astype(str))
    for name in near_matches(given, named, most=NEAR):
        found += named.get(plain(name), [])
    found += near_matches(given, [str(key) for key in sites], most=NEAR)
    kept = [site for site in dict.fromkeys(found) if site in sites]
    return sorted(kept, key=lambda site: sites[site]["category"] == "mairie")[:NEAR]


def scenarios_of(loading: Loading) -> dict[str, Scenario]:
    """Return the scenarios of the files that are named, then those of the study.toml itself."""
    found: dict[str, Scenario] = {}
    section = loading.settings.scenarios
    places: list[tuple[tuple[str | int, ...], Callable[[], Path]]] = []
    if section is not None and isinstance(section.path, list):
        keys: list[tuple[str | int, ...]] = [("scenarios", "path", n) for n in range(len(section.path))]
        places += [(key, partial(loading.found, *key)) for key in keys]
    elif section is not None:
        places.append((("scenarios", "path"), partial(loading.found, "scenarios", "path")))
    if loading.settings.scenario:
        places.append((("scenario",), lambda: loading.scenarios_from))
    for key, find in places:
        at = loading.tried(key, find)
        plans = None
        if at is not None:
            plans = loading.tried(key, partial(_plans, loading, at, key, "" if key == ("scenario",) else at.name))
        if plans is None:
            continue
        wrong = list(plans.shape())
        loading.problems += wrong
        loading.plans.append(plans)
        read = loading.tried(key, partial(read_scenarios, at)) if not wrong else None
        for name, scenario in (read or {}).items():
            if name in found:
                loading.problems.append(loading.file.problem("scenario_twice", *key, name=name))
            found.setdefault(name, scenario)
    return found


def _plans(loading: Loading, path: Path, key: tuple[str | int, ...], name: str) -> Plans:
    """Return the scenarios of a file as they are written; those of the study.toml have no file to name."""
    if not name:
        return Plans(loading.file.text)
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
        tomllib.loads(text)
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        problem = loading.file.problem("bad_plans", *key, name=name, why=str(error))
        raise StudyFileError(loading.file.path.name, [problem]) from error
    return Plans(text, name)


def check_plans(loading: Loading, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame | None) -> None:
    """Keep the problems of places and sites that steps name, of all scenarios that were read."""
    for plans in loading.plans:
        loading.problems += plans.places(communes, services)


def check_carried_out(loading: Loading, study: Study) -> None:
    """Keep the first problem of each scenario that cannot be carried out, where none of it was told before."""
    told = {(problem.file, *problem.key[:2]) for problem in loading.problems}
    named = {
        str(table.get("name")): (plans, number) for plans in loading.plans for number, table in enumerate(plans.tables)
    }
    for name, scenario in study.scenarios.items():
        if name in named:
            plans, number = named[name]
            known = (plans.file, "scenario", number) in told
            problem = None if known else plans.unapplied(scenario, number, study)
            loading.problems += [problem] if problem is not None else []
        else:
            loading.tried(("programme", "path"), partial(scenario.apply, study))


def programme_of(loading: Loading) -> Programme | None:
    """Return the programme of a contract, where the settings name one."""
    if loading.settings.programme is None:
        return None
    path = loading.tried(("programme", "path"), partial(loading.found, "programme", "path"))
    if path is None:
        return None
    programme: Programme | None = loading.tried(("programme", "path"), partial(read_programme, path))
    return programme


def with_programme(loading: Loading, study: Study, programme: Programme | None) -> Study:
    """Return the study with what the programme changes as one more scenario, where it changes anything."""
    if programme is None:
        return study
    plan: Scenario | None = loading.tried(("programme", "path"), partial(programme.scenario, study))
    if plan is None or not plan.steps:
        return study
    if plan.name in study.scenarios:
        loading.problems.append(loading.file.problem("scenario_twice", "programme", "path", name=plan.name))
        return study
    return replace(study, scenarios={**study.scenarios, plan.name: plan})
