"""A programme as a TOML file: read and written, so that a contract is data."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, Final

from accessmap.errors import Problem, Problems, ScenarioError
from accessmap.files import parsed_toml, read_toml, write_whole
from accessmap.programme.counting import target_problems
from accessmap.programme.operation import (
    FIRST_YEAR,
    KINDS,
    LAST_YEAR,
    SELECTIONS,
    UNKNOWN,
    Operation,
    PlannedStep,
    Selection,
    selected,
)
from accessmap.programme.programme import Programme
from accessmap.study.steps import ACTIONS, ASPECTS, KNOWN, faults
from accessmap.tables.contracts import LEVELS, SECTORS
from accessmap.words.near import category_meant, near_names
from accessmap.words.notes import Aside, Note
from accessmap.words.system import why_failed

DEGREES: Final = {"lon": 180, "lat": 90}
# What pydantic finds in a step, and the sentence that tells it.
BOUNDS: Final = ("programme_want_above", "programme_negative", "programme_at_most")
FAULTS: Final = {
    "tuple_type": "step_want_road",
    "too_long": "step_want_road",
    "list_type": "step_want_list",
    "bool_type": "programme_want_flag",
    "float_type": "programme_want_number",
    "finite_number": "programme_want_number",
    "string_type": "programme_want_text",
    "string_too_short": "programme_want_text",
    "greater_than": "programme_want_above",
    "greater_than_equal": "programme_negative",
    "less_than_equal": "programme_at_most",
}

INSEE: Final = re.compile(r"(\d{2}|2[AB])\d{3}")
SIREN: Final = re.compile(r"\d{9}")
# What a value must be, by the sentence that asks for it.
RIGHT: Final[dict[str, Callable[[Any], bool]]] = {
    "programme_want_text": lambda value: isinstance(value, str),
    "programme_want_texts": lambda value: (
        isinstance(value, list) and all(isinstance(each, str) and each.strip() for each in value)
    ),
    "programme_want_code": lambda value: isinstance(value, str) and INSEE.fullmatch(value) is not None,
    "programme_want_siren": lambda value: isinstance(value, str) and SIREN.fullmatch(value) is not None,
    "programme_want_year": lambda value: type(value) is int and FIRST_YEAR <= value <= LAST_YEAR,
    "programme_want_number": lambda value: type(value) in (int, float) and math.isfinite(value),
    "programme_want_table": lambda value: isinstance(value, dict),
    "programme_want_flag": lambda value: isinstance(value, bool),
}
MAYBE_UNKNOWN: Final = ("programme_want_texts", "programme_want_year", "programme_want_table")


class Checks:
    """Reads values out of a table; what is wrong with one is noted under `where`, and nothing is raised."""

    def __init__(self, table: Mapping[str, Any], where: Note, problems: Problems) -> None:
        self.table, self.where, self.problems = table, where, problems

    def wrong(self, key: str, name: str = "", value: object = "", *, known: Iterable[str] = (), **told: Any) -> None:
        """Note a problem: the key of its sentence, what it is of, what stands there, and what may stand there."""
        known = tuple(known)
        near = near_names(name if key == "programme_unknown_key" else value, known)
        told = {"name": name, "shown": repr(value), "known": ", ".join(known), **told}
        self.problems.add(key, where=self.where, value=value, near=near, **told)

    def keys(self, known: Sequence[str]) -> None:
        """Every key is known."""
        for name in self.table:
            if name not in known:
                self.wrong("programme_unknown_key", name, known=known)

    def one_of(self, name: str, value: object, known: Sequence[str]) -> bool:
        """Return whether a value is one of those known, and note it where it is not."""
        right = value in known
        if not right:
            self.wrong("programme_unknown_value", name, value, known=known)
        return right

    def choice(self, name: str, known: Sequence[str], *, needed: bool = False) -> str | None:
        """Return a value that must be one of those known."""
        if name in self.table:
            return str(self.table[name]) if self.one_of(name, self.table[name], known) else None
        if needed:
            self.wrong("programme_missing_one_of", name, known=known)
        return None

    def right(self, name: str, value: object, want: str) -> bool:
        """Return whether a value is what is wanted, a key of `RIGHT`, and note it where it is not."""
        right = RIGHT[want](value)
        if not right:
            self.wrong(want, name, value, first=FIRST_YEAR, last=LAST_YEAR)
        return right

    def value(self, name: str, want: str, default: Any = None) -> Any:
        """Return a value that is right; the default where it is not given, not known or wrong."""
        value = self.table.get(name)
        if value is None or (value == UNKNOWN and want in MAYBE_UNKNOWN) or not self.right(name, value, want):
            return default
        return value

    def text(self, name: str, *, needed: bool = False) -> str:
        """Return a text; empty where it is not given."""
        text = str(self.value(name, "programme_want_text", ""))
        if needed and not text.strip() and isinstance(self.table.get(name, ""), str):
            self.wrong("programme_key_missing", name)
        return text

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; empty where it is not given or unknown."""
        return tuple(self.value(name, "programme_want_texts", ()))

    def codes(self, name: str) -> tuple[str, ...]:
        """Return INSEE codes of communes."""
        return tuple(code for code in self.texts(name) if self.right(name, code, "programme_want_code"))

    def amount(self, name: str, value: Any = UNKNOWN) -> float | None:
        """Return a number, 0 or more; None where it is unknown."""
        if value == UNKNOWN or not self.right(name, value, "programme_want_number"):
            return None
        if value < 0:
            self.wrong("programme_negative", name, value, number=f"{value:g}")
            return None
        number: float = value
        return number

    def amounts(self, name: str) -> tuple[tuple[str, float | None], ...]:
        """Return numbers by name, from a table; None where one is unknown."""
        table = self.value(name, "programme_want_table", {})
        return tuple((each, self.amount(f"{name}.{each}", value)) for each, value in table.items())

    def tables(self, name: str, key: str) -> list[dict[str, Any]]:
        """Return an array of tables; empty where it is none, which the sentence of this key tells."""
        found = self.table.get(name, [])
        if isinstance(found, list) and all(isinstance(each, dict) for each in found):
            return found
        self.wrong(key, name, found)
        return []

    def twice(self, name: str, tables: Iterable[Mapping[str, Any]]) -> None:
        """No two tables have one value under this name."""
        seen: dict[str, int] = {}
        for number, table in enumerate(tables, start=1):
            value = table.get(name)
            if isinstance(value, str) and seen.setdefault(value, number) != number:
                self.wrong("programme_twice", name, value, first=seen[value], second=number)


TOP_KEYS = ("title", "year", "source", "partners", "targets", "operation")
OPERATION_KEYS = (*(each.name for each in fields(Operation) if each.name != "steps"), "step")


def sample() -> Programme:
    """Return the seven operations of the rural contract of the Pays Chaunois, 2017, bundled with the library.

    Examples
    --------
    >>> [operation.id for operation in sample()][:3]
    ['erp-chauny', 'accessibilite-viry-noureuil', 'mairie-servais']
    """
    packaged = Path(__file__).parents[1] / "data" / "communes"
    folder = packaged if packaged.is_dir() else Path(__file__).parents[3] / "data" / "communes"
    return read(folder / "programme.toml")


def read(path: str | Path) -> Programme:
    """Return the programme of a TOML file, its operations in their order.

    The file holds `title`, `year`, `source`, `partners` and `targets` of the contract, and one `[[operation]]` an
    operation, with its `[[operation.step]]`: see `docs/method_programme.md`. "unknown" may stand for a year, a cost, a
    share of the financing and a number that nobody knows.

    Raises
    ------
    ScenarioError
        Where the file is not TOML, or every problem of its operations at once, each with the operation's number and
        title: unknown keys, kinds and actions with near matches, what is missing, negative costs, impossible years.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read(write(sample(), Path(folder) / "plan.toml")) == sample()
    True
    """
    path = Path(path)
    try:
        table = parsed_toml(read_toml(path))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(
            Problem("programme_not_toml", where=Note.plain(str(path)), why=why_failed(error))
        ) from error
    check = Checks(table, Note("programme_itself"), Problems())
    check.keys(TOP_KEYS)
    operations = check.tables("operation", "programme_want_operations")
    title, year = check.text("title", needed=True), check.value("year", "programme_want_year")
    partners, source = check.texts("partners"), check.text("source")
    targets = tuple((name, value) for name, value in check.amounts("targets") if value is not None)
    check.problems += [problem.at(check.where) for problem in target_problems(dict(targets))]
    found = [_operation(each, number, check.problems) for number, each in enumerate(operations, start=1)]
    check.twice("id", operations)
    check.twice("title", operations)
    check.problems.raise_if_any(ScenarioError, str(path))
    return Programme(title, tuple(each for each in found if each is not None), year, partners, targets, source)


def _operation(table: Mapping[str, Any], number: int, problems: Problems) -> Operation | None:
    title = table.get("title")
    where = Note("programme_operation_at", number=number)
    if isinstance(title, str) and title:
        where = Note("programme_operation_of", number=number, title=repr(title))
    check = Checks(table, where, problems)
    wrong = len(problems)
    check.keys(OPERATION_KEYS)
    communes, epci = check.codes("communes"), check.value("epci", "programme_want_siren")
    if not table.get("communes") and "epci" not in table:
        check.wrong("programme_no_communes", "communes")
    steps = [
        _step(step, Checks(step, Note("programme_step_at", operation=where, number=at), problems))
        for at, step in enumerate(check.tables("step", "programme_want_steps"), start=1)
    ]
    given: dict[str, Any] = {
        **{name: check.text(name, needed=True) for name in ("id", "title", "owner")},
        "kind": check.choice("kind", KINDS, needed=True),
        "year": check.value("year", "programme_want_year"),
        "cost_eur": check.amount("cost_eur", table.get("cost_eur", UNKNOWN)),
        "financing": check.amounts("financing"),
        **{name: check.texts(name) for name in ("partners", "funders", "expected")},
        "reading": check.text("reading"),
        "enabled": check.value("enabled", "programme_want_flag", True),
    }
    if len(problems) > wrong:
        return None
    return Operation(communes=communes, epci=epci, steps=tuple(step for step in steps if step is not None), **given)


def _step(table: Mapping[str, Any], check: Checks) -> PlannedStep | None:
    action = check.choice("action", tuple(ACTIONS), needed=True)
    if action is None:
        return None
    kind, (one, several) = ACTIONS[action], selected(action)
    check.where = Note("scenario_file_action", step=check.where, action=action)
    said = {*kind.__dataclass_fields__} - {*kind.names_site}  # a selection names sites here
    check.keys(("action", *sorted({*said, several} - {""})))
    if one and (one in table) == (several in table):
        check.wrong("programme_either_selection", one, other=repr(several))
    if ("lon" in table) != ("lat" in table):
        check.wrong("programme_lon_and_lat")
    if kind.placed and "commune" in table and "lon" in table:
        check.wrong("programme_either_place")
    given = {name: tuple(value) if isinstance(value, list) else value for name, value in table.items()}
    given = {name: given[name] for name in kind.__dataclass_fields__ if name in given}
    if action == "set" and not given.keys() - {"id"}:
        check.wrong("programme_nothing_set")
    for fault in faults(kind, {name: value for name, value in given.items() if value != UNKNOWN}):
        _fault(fault, table, one, check)
    if "commune" in given:
        check.value("commune", "programme_want_code")
    chosen: dict[str, Any] = {several: _selection(table[several], several, check)} if several in table else {}
    known: dict[str, Any] = {
        name: value for name, value in given.items() if name in ASPECTS and value not in (UNKNOWN, "")
    }
    properties = tuple((name, value) for name, value in given.items() if name not in ASPECTS)
    return PlannedStep(action, properties=properties, **known, **chosen)


def _fault(fault: Mapping[str, Any], table: Mapping[str, Any], one: str, check: Checks) -> None:
    """Note what is wrong with one value of a step; what a programme may leave unknown is not missing."""
    name, kind = str(fault["loc"][0]), fault["type"]
    value: Any = table.get(name)
    if kind in ("missing", "no_site"):
        if name not in (one, "category", *table):
            check.wrong("programme_key_missing", name)
    elif kind == "literal_error":
        check.one_of(name, value, KNOWN)
    elif kind != "unexpected_keyword_argument":  # `keys` has told it
        key = FAULTS.get(kind, "step_want_other")
        bounds: dict[str, Any] = {"limit": DEGREES.get(name), "why": Aside.of(fault["msg"])}
        if key in BOUNDS:
            bounds["number"] = f"{value:g}"
            key = "programme_want_degrees" if name in DEGREES else "programme_negative" if value < 0 else key
        check.wrong(key, name, value, **bounds)


def _selection(table: Any, name: str, above: Checks) -> Selection:
    if not isinstance(table, dict):
        above.wrong("programme_want_selection", name, table)
        return Selection()
    check = Checks(table, Note("programme_selection", step=above.where, name=name), above.problems)
    check.keys(("commune", "epci", *SELECTIONS[name]))
    if ("commune" in table) == ("epci" in table):
        check.wrong("programme_either_commune")
    levels = (table["level"],) if isinstance(table.get("level"), str) else check.texts("level")
    for level in levels:
        check.one_of("level", level, LEVELS)
    return Selection(
        commune=check.value("commune", "programme_want_code"),
        epci=check.value("epci", "programme_want_siren"),
        category=category_meant(check.text("category", needed=name == "sites")) or None,
        levels=levels,
        sector=check.choice("sector", SECTORS),
    )


def write(programme: Programme, path: str | Path) -> Path:
    """Write a programme to a TOML file and return its path; the file appears whole or not at all.

    Parameters
    ----------
    programme
        What is unknown in it is written as "unknown".
    path
        Of the file, in a folder that is there; a file of that name is replaced.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write(Programme("Contrat", year=2017), Path(folder) / "plan.toml")
    ...     print(path.read_text("utf-8").splitlines()[0])
    title = "Contrat"
    """
    import tomli_w

    table: dict[str, Any] = {
        "title": programme.title,
        "year": programme.year if programme.year is not None else UNKNOWN,
        "source": programme.source,
        "partners": list(programme.partners),
        "targets": dict(programme.targets),
        "operation": [_told(operation) for operation in programme.operations],
    }
    return write_whole(tomli_w.dumps(_given(table)), Path(path))


def _told(operation: Operation) -> dict[str, Any]:
    """Return an operation as its table; what is unknown is written so."""
    told = {name: list(value) if isinstance(value, tuple) else value for name, value in vars(operation).items()}
    told["financing"] = {name: UNKNOWN if euros is None else euros for name, euros in operation.financing}
    told |= {name: UNKNOWN for name in ("year", "cost_eur") if told[name] is None}
    del told["steps"]
    return {**told, "step": [_told_step(step) for step in operation.steps]}


def _told_step(step: PlannedStep) -> dict[str, Any]:
    told: dict[str, Any] = {"action": step.action, "id": step.id}
    for name in SELECTIONS:
        chosen: Selection | None = getattr(step, name)
        if chosen is not None:
            table = {"category": chosen.category, "level": list(chosen.levels), "sector": chosen.sector}
            told[name] = _given(table | {"commune": chosen.commune, "epci": chosen.epci})
    told |= {name: getattr(step, name) for name in ("category", "name", "commune", "lon", "lat")}
    told["road"] = list(step.road) if step.road is not None else None
    return _given(told | dict(step.properties))


def _given(table: dict[str, Any]) -> dict[str, Any]:
    """Return a table without what is not given."""
    kept = {name: value for name, value in table.items() if value not in (None, "", [], {})}
    return {name: [_given(each) for each in value] if name == "operation" else value for name, value in kept.items()}
