"""A programme as a TOML file: read and written, so that a contract is data."""

from __future__ import annotations

import math
import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from accessmap.errors import ScenarioError
from accessmap.files import write_whole
from accessmap.programme.counting import target_problems
from accessmap.programme.operation import (
    ACTION_KEYS,
    FIRST_YEAR,
    KINDS,
    LAST_YEAR,
    UNKNOWN,
    Operation,
    PlannedStep,
    Selection,
)
from accessmap.programme.programme import Programme
from accessmap.tables.contracts import LEVELS, SECTORS
from accessmap.words.near import did_you_mean

__all__ = ["Checks", "read", "sample", "write"]

INSEE: Final = re.compile(r"(\d{2}|2[AB])\d{3}")
SIREN: Final = re.compile(r"\d{9}")


class Checks:
    """Reads values out of a table; what is wrong with one is noted under `where`, and nothing is raised.

    Parameters
    ----------
    table
        As it was read.
    where
        What a problem is said of, such as "operation 2 ('Mairie de Servais')".
    problems
        The list to which problems are added, of a table above this one.
    """

    def __init__(self, table: Mapping[str, Any], where: str, problems: list[str] | None = None) -> None:
        self.table, self.where = table, where
        self.problems: list[str] = [] if problems is None else problems

    def problem(self, told: str) -> None:
        """Note a problem."""
        self.problems.append(f"{self.where}: {told}")

    def keys(self, known: Sequence[str]) -> None:
        """Every key is known."""
        for name in self.table:
            if name not in known:
                self.problem(f"unknown key {name!r}{did_you_mean(name, known)}; one of {', '.join(known)}.")

    def one_of(self, name: str, value: object, known: Sequence[str]) -> bool:
        """Return whether a value is one of those known, and note it where it is not."""
        right = value in known
        if not right:
            self.problem(f"unknown {name} {value!r}{did_you_mean(value, known)}; one of {', '.join(known)}.")
        return right

    def choice(self, name: str, known: Sequence[str], *, needed: bool = False) -> str | None:
        """Return a value that must be one of those known."""
        if name not in self.table:
            if needed:
                self.problem(f"'{name}' is missing: one of {', '.join(known)}.")
            return None
        value = self.table[name]
        return str(value) if self.one_of(name, value, known) else None

    def text(self, name: str, *, needed: bool = False, unknown: bool = False) -> str:
        """Return a text; empty where it is not given, or said to be unknown where that may be."""
        value = self.table.get(name, "")
        if not isinstance(value, str):
            self.problem(f"'{name}' is {value!r}: give a text.")
            return ""
        if needed and not value.strip():
            self.problem(f"'{name}' is missing.")
        return "" if unknown and value == UNKNOWN else value

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts; empty where it is not given or unknown."""
        value = self.table.get(name, [])
        if value == UNKNOWN:
            return ()
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            self.problem(f"'{name}' is {value!r}: give a list of texts.")
            return ()
        return tuple(value)

    def codes(self, name: str) -> tuple[str, ...]:
        """Return INSEE codes of communes."""
        return tuple(code for code in self.texts(name) if self._is_code(name, code))

    def code(self, name: str) -> str | None:
        """Return the INSEE code of one commune, None where it is not given."""
        value = self.table.get(name)
        return str(value) if value is not None and self._is_code(name, value) else None

    def _is_code(self, name: str, value: object) -> bool:
        right = isinstance(value, str) and INSEE.fullmatch(value) is not None
        if not right:
            self.problem(f"'{name}' has {value!r}: give INSEE codes as text, such as \"02716\".")
        return right

    def siren(self, name: str) -> str | None:
        """Return the SIREN of an EPCI, None where it is not given."""
        value = self.table.get(name)
        if value is not None and not (isinstance(value, str) and SIREN.fullmatch(value)):
            self.problem(f"'{name}' is {value!r}: give its SIREN as text, nine digits such as \"200071785\".")
            return None
        return value

    def year(self, name: str) -> int | None:
        """Return a year, None where it is unknown."""
        value = self.table.get(name, UNKNOWN)
        if value == UNKNOWN:
            return None
        if isinstance(value, bool) or not isinstance(value, int) or not FIRST_YEAR <= value <= LAST_YEAR:
            self.problem(f"'{name}' is {value!r}: give a year from {FIRST_YEAR} to {LAST_YEAR}, or \"{UNKNOWN}\".")
            return None
        return value

    def amount(self, name: str, *, largest: float | None = None) -> float | None:
        """Return a number, 0 or more; None where it is unknown."""
        return self._number(name, self.table.get(name, UNKNOWN), largest=largest)

    def degrees(self, name: str, limit: float) -> float | None:
        """Return degrees, no further from 0 than `limit`; None where they are not given."""
        value = self._number(name, self.table.get(name, UNKNOWN), negative=True)
        if value is not None and abs(value) > limit:
            self.problem(f"'{name}' is {value:g}: give degrees, from {-limit:g} to {limit:g}.")
            return None
        return value

    def amounts(self, name: str) -> tuple[tuple[str, float | None], ...]:
        """Return numbers by name, from a table; None where one is unknown."""
        table = self.table.get(name, {})
        if table == UNKNOWN:
            return ()
        if not isinstance(table, dict):
            self.problem(f"'{name}' is {table!r}: give a table of numbers, or \"{UNKNOWN}\".")
            return ()
        return tuple((each, self._number(f"{name}.{each}", value)) for each, value in table.items())

    def _number(
        self, name: str, value: object, *, negative: bool = False, largest: float | None = None
    ) -> float | None:
        if value == UNKNOWN:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.problem(f"'{name}' is {value!r}: give a number, or \"{UNKNOWN}\".")
            return None
        if value < 0 and not negative:
            self.problem(f"'{name}' is negative ({value:g}): give 0 or more, or \"{UNKNOWN}\".")
            return None
        if largest is not None and value > largest:
            self.problem(f"'{name}' is {value:g}: give at most {largest:g} (a share is 0-1, not a percentage).")
            return None
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self.table.get(name, default)
        if not isinstance(value, bool):
            self.problem(f"'{name}' is {value!r}: write true or false.")
            return default
        return value

    def twice(self, name: str, tables: Iterable[Mapping[str, Any]]) -> None:
        """No two tables have one value under this name."""
        seen: dict[object, int] = {}
        for number, table in enumerate(tables, start=1):
            value = table.get(name)
            if isinstance(value, str) and value in seen:
                self.problem(f"operations {seen[value]} and {number} have the {name} {value!r}; give each its own.")
            elif isinstance(value, str):
                seen[value] = number


TOP_KEYS = ("title", "year", "source", "partners", "targets", "operation")
OPERATION_KEYS = (
    "id",
    "title",
    "owner",
    "communes",
    "epci",
    "kind",
    "year",
    "cost_eur",
    "financing",
    "partners",
    "funders",
    "expected",
    "reading",
    "enabled",
    "step",
)
SELECTIONS = {"sites": ("category",), "schools": ("level", "sector"), "communes": ()}
PROPERTIES = (
    "step_free",
    "capacity",
    "hours",
    "tablets",
    "interactive_boards",
    "ent",
    "connection_mbps",
    "technology",
    "share",
    "kmh",
)
# Of a property, the values it may have where they are words, or the largest number.
WORDS = {"step_free": ("yes", "no", UNKNOWN), "ent": ("yes", "no", UNKNOWN)}
TEXTS = ("hours", "technology")
LARGEST = {"share": 1.0}
# A selection may stand in place of the one or of the other.
INSTEAD = {"close": ("id", "sites"), "move": ("id", "sites"), "set": ("id", "sites"), "equip": ("id", "schools")}


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
        table = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ScenarioError(f"{path}: not a TOML file of a programme ({error}).") from error
    check = Checks(table, "programme")
    check.keys(TOP_KEYS)
    operations = table.get("operation", [])
    if not isinstance(operations, list) or not all(isinstance(each, dict) for each in operations):
        check.problem("'operation' is not a list of tables: write each as [[operation]].")
        operations = []
    title, year = check.text("title", needed=True), check.year("year")
    partners, source = check.texts("partners"), check.text("source")
    targets = tuple((name, value) for name, value in check.amounts("targets") if value is not None)
    for told in target_problems(dict(targets)):
        check.problem(told)
    found = [_operation(each, number, check) for number, each in enumerate(operations, start=1)]
    check.twice("id", operations)
    check.twice("title", operations)
    if check.problems:
        count = f"{len(check.problems)} problem{'s' * (len(check.problems) > 1)}"
        raise ScenarioError(f"{path}: {count}. " + " ".join(check.problems))
    return Programme(title, tuple(each for each in found if each is not None), year, partners, targets, source)


def _operation(table: Mapping[str, Any], number: int, above: Checks) -> Operation | None:
    title = table.get("title")
    where = f"operation {number}" + (f" ({title!r})" if isinstance(title, str) and title else "")
    check = Checks(table, where, above.problems)
    wrong = len(check.problems)
    check.keys(OPERATION_KEYS)
    communes, epci = check.codes("communes"), check.siren("epci")
    if not table.get("communes") and "epci" not in table:
        check.problem("'communes' is missing: give the INSEE codes of where it is, or the SIREN of its 'epci'.")
    steps = table.get("step", [])
    if not isinstance(steps, list) or not all(isinstance(each, dict) for each in steps):
        check.problem("'step' is not a list of tables: write each as [[operation.step]].")
        steps = []
    found = [_step(step, Checks(step, f"{where}, step {at}", above.problems)) for at, step in enumerate(steps, 1)]
    given: dict[str, Any] = {
        **{name: check.text(name, needed=True) for name in ("id", "title", "owner")},
        "kind": check.choice("kind", KINDS, needed=True),
        "year": check.year("year"),
        "cost_eur": check.amount("cost_eur"),
        "financing": check.amounts("financing"),
        **{name: check.texts(name) for name in ("partners", "funders", "expected")},
        "reading": check.text("reading"),
        "enabled": check.flag("enabled", default=True),
    }
    if len(check.problems) > wrong:
        return None
    steps = tuple(step for step in found if step is not None)
    return Operation(communes=communes, epci=epci, steps=steps, **given)


def _step(table: Mapping[str, Any], check: Checks) -> PlannedStep | None:
    action = check.choice("action", tuple(ACTION_KEYS), needed=True)
    if action is None:
        return None
    check.where += f" ({action})"
    check.keys(("action", *sorted(ACTION_KEYS[action])))
    _check_whole(table, action, check)
    road = table.get("road")
    if road is not None and (not isinstance(road, list) or len(road) != 2):
        check.problem(f"road is {road!r}: give the two node ids, such as [12, 15].")
        road = None
    selections = {name: _selection(table[name], name, check) for name in SELECTIONS if name in table}
    return PlannedStep(
        action,  # type: ignore[arg-type]
        id=check.text("id") or None,
        category=check.text("category", unknown=True) or None,
        name=check.text("name") or None,
        commune=check.code("commune"),
        lon=check.degrees("lon", 180.0),
        lat=check.degrees("lat", 90.0),
        properties=tuple((name, _property(name, check)) for name in PROPERTIES if name in table),
        road=tuple(road) if road is not None else None,
        **selections,
    )


def _check_whole(table: Mapping[str, Any], action: str, check: Checks) -> None:
    """Note what a step leaves out and must say."""
    one, other = INSTEAD.get(action, ("commune", "communes") if action == "connect" else ("", ""))
    if one and (one in table) == (other in table):
        check.problem(f"give either '{one}' or '{other}', a selection.")
    if ("lon" in table) != ("lat" in table):
        check.problem("'lon' and 'lat' go together.")
    if "commune" in table and "lon" in table:
        check.problem("give either 'commune' or 'lon' and 'lat'.")
    if action == "set" and not {"step_free", "capacity", "hours"} & set(table):
        check.problem("nothing is set: give 'step_free', 'capacity' or 'hours'.")
    for name in ("road", "kmh"):
        if name in ACTION_KEYS[action] and name not in table:
            check.problem(f"'{name}' is missing.")


def _selection(table: Any, name: str, above: Checks) -> Selection:
    if not isinstance(table, dict):
        above.problem(f"'{name}' is {table!r}: give a selection, such as {{ commune = \"02716\" }}.")
        return Selection()
    check = Checks(table, f"{above.where}, {name}", above.problems)
    check.keys(("commune", "epci", *SELECTIONS[name]))
    if ("commune" in table) == ("epci" in table):
        check.problem("give either 'commune' or 'epci'.")
    levels = (table["level"],) if isinstance(table.get("level"), str) else check.texts("level")
    for level in levels:
        check.one_of("level", level, LEVELS)
    return Selection(
        commune=check.code("commune"),
        epci=check.siren("epci"),
        category=check.text("category", needed=name == "sites") or None,
        levels=levels,
        sector=check.choice("sector", SECTORS),
    )


def _property(name: str, check: Checks) -> Any:
    if name in WORDS:
        return check.choice(name, WORDS[name])
    if name in TEXTS:
        return check.text(name)
    value = check.amount(name, largest=LARGEST.get(name))
    return UNKNOWN if value is None else value


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
    return {
        "id": operation.id,
        "title": operation.title,
        "owner": operation.owner,
        "communes": list(operation.communes),
        "epci": operation.epci,
        "kind": operation.kind,
        "year": operation.year if operation.year is not None else UNKNOWN,
        "cost_eur": operation.cost_eur if operation.cost_eur is not None else UNKNOWN,
        "financing": {name: UNKNOWN if euros is None else euros for name, euros in operation.financing},
        "partners": list(operation.partners),
        "funders": list(operation.funders),
        "expected": list(operation.expected),
        "reading": operation.reading,
        "enabled": operation.enabled,
        "step": [_told_step(step) for step in operation.steps],
    }


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
