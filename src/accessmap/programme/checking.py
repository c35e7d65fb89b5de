"""Private to `programme`: the values of one table of a file, each checked, and all problems gathered."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from accessmap.errors import did_you_mean
from accessmap.programme.operation import FIRST_YEAR, LAST_YEAR, UNKNOWN

__all__ = ["Checks"]

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
