"""Private to `studyfile`: the scenarios and the programme that a study.toml asks for."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from accessmap.programme import Programme, read_programme
from accessmap.scenarios import Scenario, read_scenarios
from accessmap.study import Study
from accessmap.studyfile.problems import StudyFileError
from accessmap.studyfile.steps import Plans

if TYPE_CHECKING:
    import geopandas as gpd

    from accessmap.studyfile.loading import Loading

__all__ = ["check_carried_out", "check_plans", "programme_of", "scenarios_of", "with_programme"]


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
