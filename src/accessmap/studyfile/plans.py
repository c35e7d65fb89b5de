"""Private to `studyfile`: the scenarios and the programme that a study.toml asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from accessmap.programme import Programme, read_programme
from accessmap.scenarios import Scenario, read_scenarios
from accessmap.study import Study

if TYPE_CHECKING:
    from accessmap.studyfile.loading import Loading

__all__ = ["programme_of", "scenarios_of", "with_programme"]


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
        read = loading.tried(key, partial(read_scenarios, at)) if at is not None else None
        for name, scenario in (read or {}).items():
            if name in found:
                loading.problems.append(loading.file.problem("scenario_twice", *key, name=name))
            found.setdefault(name, scenario)
    return found


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
