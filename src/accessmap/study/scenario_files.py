"""Scenarios as TOML: read and written, so that a council's plans are a file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from accessmap.errors import ScenarioError
from accessmap.files import write_whole
from accessmap.study.scenario import Scenario
from accessmap.study.steps import ACTIONS, Step
from accessmap.words.near import did_you_mean

__all__ = ["read", "write"]

# What each action needs, and what it may have besides.
NEEDS = {
    "open": ({"category"}, {"id", "name", "commune", "lon", "lat"}),
    "close": ({"id"}, set()),
    "move": ({"id"}, {"commune", "lon", "lat"}),
    "set": ({"id"}, {"step_free", "capacity", "hours"}),
    "close_road": ({"road"}, set()),
    "set_speed": ({"road", "kmh"}, set()),
    "connect": ({"commune"}, {"technology", "share"}),
    "equip": ({"id"}, {"tablets", "interactive_boards", "ent", "connection_mbps"}),
}
# The order is that in which the methods of Scenario give them: a scenario that is read equals the one written.
PROPERTIES = (
    "step_free",
    "capacity",
    "hours",
    "kmh",
    "technology",
    "share",
    "tablets",
    "interactive_boards",
    "ent",
    "connection_mbps",
)
CONNECT = {"technology": "fibre", "share": 1.0}


def write(scenarios: Iterable[Scenario], path: str | Path) -> Path:
    """Write scenarios to one TOML file and return its path; the file appears whole or not at all.

    Parameters
    ----------
    scenarios
        In the order they are to have in the file.
    path
        Of the file, in a folder that is there; a file of that name is replaced.

    Examples
    --------
    >>> import tempfile
    >>> plan = Scenario("Coucy").open("france_services", commune="02217").adapt("mairie-02719")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write([plan], Path(folder) / "plans.toml")
    ...     read(path)["Coucy"] == plan
    True
    """
    import tomli_w

    tables = [{"name": scenario.name, "step": [_told(step) for step in scenario.steps]} for scenario in scenarios]
    return write_whole(tomli_w.dumps({"scenario": tables}), Path(path))


def read(path: str | Path) -> dict[str, Scenario]:
    r"""Return the scenarios of a TOML file, by name, in their order.

    The file holds one `[[scenario]]` a scenario, with a `name` and its `[[scenario.step]]`, each with an `action` and
    what it needs:

    - open: category, and commune or lon and lat; id, name
    - close: id
    - move: id, and commune or lon and lat
    - set: id, and step_free, capacity or hours
    - close_road: road, two node ids
    - set_speed: road and kmh
    - connect: commune; technology ("fibre") and share (1, all premises)
    - equip: id of a school, and tablets, interactive_boards, ent or connection_mbps

    Raises
    ------
    ScenarioError
        Where the file is not TOML, or every problem of its scenarios at once: unknown keys and actions with near
        matches, what is missing, names that stand twice.

    Examples
    --------
    >>> import tempfile
    >>> text = '[[scenario]]\nname = "Coucy"\n[[scenario.step]]\naction = "close"\nid = "mairie-02217"\n'
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "plans.toml")
    ...     _ = path.write_text(text)
    ...     [step.given() for step in read(path)["Coucy"].steps]
    [{'action': 'close', 'id': 'mairie-02217'}]
    """
    path = Path(path)
    try:
        tables = tomllib.loads(path.read_text("utf-8")).get("scenario", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: not a TOML file of scenarios ({error}).") from error
    problems: list[str] = []
    found: dict[str, Scenario] = {}
    for number, table in enumerate(tables, start=1):
        name = table.get("name")
        where = f"scenario {number}" + (f" ({name!r})" if name else "")
        steps = [_step(step, f"{where}, step {at}", problems) for at, step in enumerate(table.get("step", []), start=1)]
        if name in found:
            problems.append(f"{where}: the name stands twice; give each its own.")
        problems += _unknown(table, {"name", "step"}, where)
        try:
            found[str(name)] = Scenario(name or "", tuple(step for step in steps if step is not None))
        except ScenarioError as error:
            problems.append(f"{where}: {error}")
    if problems:
        raise ScenarioError(f"{path}: {len(problems)} problem{'s' * (len(problems) > 1)}. " + " ".join(problems))
    return found


def _told(step: Step) -> dict[str, Any]:
    given = step.given()
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name, value in given.items()
        if name != "properties"
    } | dict(step.properties)


def _step(table: Mapping[str, Any], where: str, problems: list[str]) -> Step | None:
    action = table.get("action")
    if action not in ACTIONS:
        problems.append(
            f"{where}: unknown action {action!r}{did_you_mean(action, ACTIONS)}; one of {', '.join(ACTIONS)}."
        )
        return None
    needed, allowed = NEEDS[action]
    missing = sorted(needed - set(table))
    problems += [f"{where} ({action}): {name} is missing." for name in missing]
    problems += _unknown(table, needed | allowed | {"action"}, f"{where} ({action})")
    road = table.get("road")
    if road is not None and (not isinstance(road, list) or len(road) != 2):
        problems.append(f"{where} ({action}): road is {road!r}: give the two node ids, such as [12, 15].")
        return None
    given = {**CONNECT, **table} if action == "connect" else table
    properties = tuple((name, given[name]) for name in PROPERTIES if name in given)
    known = {name: value for name, value in table.items() if name in NEEDS["open"][0] | NEEDS["open"][1]}
    return None if missing else Step(action, **known, properties=properties, road=tuple(road) if road else None)


def _unknown(table: Mapping[str, Any], known: set[str], where: str) -> list[str]:
    return [f"{where}: unknown key {name!r}{did_you_mean(name, known)}." for name in table if name not in known]
