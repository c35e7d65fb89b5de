"""Scenarios as TOML: read and written, so that a council's plans are a file."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from accessmap.errors import Problem, Problems, ScenarioError
from accessmap.files import parsed_toml, read_toml, write_whole
from accessmap.study.scenario import Scenario
from accessmap.study.steps import ACTIONS, Step, add_fault, faults
from accessmap.words.near import near_names
from accessmap.words.notes import Note
from accessmap.words.system import why_failed

KEYS: Final = ("name", "kind", "step")
"""What a scenario of a file may say."""


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

    return write_whole(tomli_w.dumps({"scenario": [scenario.table() for scenario in scenarios]}), Path(path))


def read(path: str | Path) -> dict[str, Scenario]:
    r"""Return the scenarios of a TOML file, by name, in their order.

    The file holds one `[[scenario]]` a scenario, with a `name`, `kind = "history"` where it is how things were, and its
    `[[scenario.step]]`, each with an `action` and what it needs:

    - open: category, and commune or lon and lat; id, name
    - close: id, or category and commune where only one such site is there
    - move: id, or category and from_commune; and commune or lon and lat
    - set: id, or category and commune; and step_free, capacity or hours
    - close_road: road, two node ids
    - set_speed: road and kmh
    - connect: commune; technology ("fibre") and share (1, all premises)
    - equip: id of a school, and tablets, interactive_boards, ent or connection_mbps
    - add_line: line, stops and minutes; departures, or every and between; both_ways, days, mode
    - add_stop: stop, and commune or lon and lat; name
    - cut_line: line; between
    - shift_line: line and minutes; between
    - set_interval: line, every and between
    - add_on_demand: name, zone (communes, or one polygon as text) and hours; stops, door, speed_factor, wait, notice,
      wheelchair
    - cut_on_demand: name

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
        tables = parsed_toml(read_toml(path)).get("scenario", [])
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(
            Problem("scenarios_not_toml", where=Note.plain(str(path)), why=why_failed(error))
        ) from error
    problems = Problems()
    found: dict[str, Scenario] = {}
    if not _are_tables(tables):
        problems.add("scenarios_want_tables", where=Note.plain(str(path)), value=repr(tables)[:80], name="scenario")
        problems.raise_if_any(ScenarioError, str(path))
    for number, table in enumerate(tables, start=1):
        name = table.get("name")
        where = Note("scenario_of_name", number=number, name=repr(name)) if name else Note("scenario_at", number=number)
        written = table.get("step", [])
        if not _are_tables(written):
            problems.add("scenarios_want_tables", where=where, value=repr(written)[:80], name="scenario.step")
            written = []
        steps = [_step(step, where, at, problems) for at, step in enumerate(written, start=1)]
        if name in found:
            problems.add("scenarios_name_twice", where=where, value=name)
        for key in table:
            if key not in KEYS:
                problems.add("step_unknown_key", where=where, value=key, named=repr(key), near=near_names(key, KEYS))
        try:
            made = tuple(step for step in steps if step is not None)
            found[str(name)] = Scenario(name or "", made, table.get("kind", "proposal"))
        except ScenarioError as error:
            problems += [problem.at(where) for problem in error.problems]
    problems.raise_if_any(ScenarioError, str(path))
    return found


def _are_tables(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(each, dict) for each in value)


def _step(table: Mapping[str, Any], above: Note, number: int, problems: Problems) -> Step | None:
    action = table.get("action")
    where = Note("scenario_file_step", scenario=above, number=number)
    if not isinstance(action, str) or action not in ACTIONS:
        near = near_names(action, ACTIONS) if isinstance(action, str) else ()
        problems.add(
            "step_unknown_action", where=where, value=action, action=repr(action), near=near, known=", ".join(ACTIONS)
        )
        return None
    kind = ACTIONS[action]
    given = {
        name: tuple(value) if isinstance(value, list) else value for name, value in table.items() if name != "action"
    }
    where = Note("scenario_file_action", step=where, action=action)
    found = faults(kind, given)
    for fault in found:
        add_fault(problems, fault, kind, table, where)
    if not found and not all(isinstance(node, str | int) for node in given.get("road", ())):
        told: dict[str, Any] = {"name": "road", "named": repr("road"), "shown": repr(table["road"]), "why": ""}
        problems.add("step_want_road", where=where, value=table["road"], **told)
        return None
    # Values stay as the file has them, so that the hash of the scenario does.
    return None if found else kind(**given)
