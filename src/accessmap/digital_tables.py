"""The contract of the digital table: what share of each commune's premises a network reaches, checked at the door.

Like those of :mod:`accessmap.tables`, the check reads the whole table, raises one
:class:`~accessmap.errors.TableError` with all problems, and changes nothing.
"""

import re
from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import did_you_mean
from accessmap.findings import SHOWN, Findings, some

__all__ = ["COUNTS", "RATES", "check_digital"]

RATES: Final = ("fibre", "very_high_speed", "mobile_4g")
"""Columns that hold a share 0-1 of the premises: fibre; any technology at 30 Mbit/s or more; 4G."""

COUNTS: Final = ("premises", "fibre_premises", "very_high_speed_premises")
"""Optional columns that hold a number of premises: all of them, and those that each technology reaches."""

# Above this, the order of two shares that were computed apart is not floating point but a contradiction.
_HAIR = 1e-9
_INSEE = re.compile(r"\d[\dAB]\d{3}")


def check_digital(
    digital: pd.DataFrame, communes: pd.DataFrame | None = None, *, row_names: Sequence[str] | None = None
) -> None:
    """Return nothing when `digital` is in the contract, and raise with every problem when it is not.

    Parameters
    ----------
    digital
        Index `code` (of a commune, text such as "02173"; or the id of a cell or zone); at least one of the columns of
        :data:`RATES`, shares 0-1, missing where unknown; optional :data:`COUNTS` of premises, missing where unknown.
    communes
        Where given, every code must be one of its index. A commune without a row is unknown, and no error.
    row_names
        What to call each row in the message, such as its line in a file, if not by its code.

    Raises
    ------
    TableError
        With all problems at once.

    Notes
    -----
    Fibre is a technology of 30 Mbit/s or more (ARCEP, Observatoire du haut et très haut débit: "très haut débit" is
    30 Mbit/s or more, downwards), so `very_high_speed` below `fibre` is a contradiction and not a low rate.

    Examples
    --------
    >>> check_digital(pd.DataFrame({"fibre": [89.9]}, index=pd.Index(["02159"], name="code")))
    Traceback (most recent call last):
    accessmap.errors.TableError: digital: 1 problem.
    'fibre' is over 1 in 1 row: '02159' (89.9): give a share 0-1: 89.9 looks like a percentage, divide by 100.
    """
    found = _Rates("digital", digital, row_names)
    if found.is_table(geographic=False):
        found.twice()
        if not found.problems:
            found.ids("code", french=True)
            found.any_rate()
            for name in RATES:
                found.share(name)
            for name in COUNTS:
                found.number(name, "a number of premises", optional=True)
            found.fibre_is_fast()
            if communes is not None:
                found.known_codes(communes.index)
    found.raise_if_any()


class _Rates(Findings):
    """The problems of a table of rates."""

    @property
    def in_france(self) -> bool:
        """Whether the codes are those of INSEE: elsewhere, and for cells, four digits may be a whole code."""
        return any(_INSEE.fullmatch(code) is not None for code in self.table.index if isinstance(code, str))

    def twice(self) -> None:
        """No column is there twice."""
        columns = self.table.columns
        if not columns.is_unique:
            self.add(f"Columns {some(columns[columns.duplicated()])} are there twice: keep one of each.")

    def any_rate(self) -> None:
        """One of the rates is there, under its name."""
        if not any(name in self.table.columns for name in RATES):
            has = ", ".join(map(repr, self.table.columns)) or "no column"
            near = next((hint for hint in (did_you_mean(name, RATES) for name in self.table.columns) if hint), "")
            self.add(f"No rate is there (it has {has}){near}: give one of {', '.join(map(repr, RATES))}, a share 0-1.")

    def share(self, name: str) -> None:
        """A column holds shares 0-1, missing where unknown."""
        if name not in self.table.columns:
            return
        before = len(self.problems)
        self.number(name, "a share (0-1)", optional=True)
        if len(self.problems) > before and not pd.api.types.is_numeric_dtype(self.table[name]):
            return
        if pd.api.types.is_bool_dtype(self.table[name]):
            return
        values = self._numbers(name)
        finite = np.isfinite(values)
        largest = values[finite].max(initial=0.0)
        if largest > 100:
            remedy = (
                f"give a share 0-1: {largest:g} looks like a percentage, divide by 100, but is over 100 % even so, as "
                "when premises connected outnumber those counted: correct one of the two, or leave it missing"
            )
        else:
            remedy = f"give a share 0-1: {largest:g} looks like a percentage, divide by 100"
        self.flag(finite & (values > 1), f"'{name}' is over 1", remedy, lambda row: f"{values[row]:g}")

    def fibre_is_fast(self) -> None:
        """What has fibre has very high speed."""
        if not {"fibre", "very_high_speed"} <= set(self.table.columns) or self.problems:
            return
        fibre, fast = self._numbers("fibre"), self._numbers("very_high_speed")
        self.flag(
            fast < fibre - _HAIR,
            "'very_high_speed' is below 'fibre'",
            "fibre is very high speed too: take both of one vintage, or leave one of them missing",
            lambda row: f"{fast[row]:g} and {fibre[row]:g}",
        )

    def known_codes(self, codes: pd.Index) -> None:
        """Every code is one of these."""
        text = pd.Series(self.table.index, dtype=object)
        unknown = (~text.isin(codes) & text.notna()).to_numpy()
        near = {code: self._near(code, codes) for code in text[unknown].unique()[:SHOWN]}
        remedy = "correct it, load that commune too, or leave the row out (read_digital does, and says so)"
        self.flag(
            unknown,
            "'code' is of no commune of the communes table",
            remedy,
            lambda row: f"{text[row]!r}{near.get(text[row], '')}",
        )

    @staticmethod
    def _near(code: object, codes: pd.Index) -> str:
        """The same code with the zero that a spreadsheet took, else the nearest ones."""
        return f" (did you mean '0{code}'?)" if f"0{code}" in codes else did_you_mean(code, codes)

    def _numbers(self, name: str) -> NDArray[np.float64]:
        return np.asarray(self.table[name].to_numpy(dtype="float64", na_value=np.nan))
