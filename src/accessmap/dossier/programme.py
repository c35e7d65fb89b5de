"""The programme of a contract: its operations, the results it promises, and the territory beside others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from accessmap.dossier.layout import Cell, Table
from accessmap.programme import (
    Programme,
    indicators,
    operation_rows,
    programme_rows,
    programme_told,
    side_by_side,
    side_rows,
    side_told,
    territories_of,
)
from accessmap.study.study import Study
from accessmap.words.words import Words

__all__ = ["Planned", "indicators_table", "operations_table", "planned", "sides_table", "told"]


# Rows that the page leaves to the saved tables.
LEFT_OUT: Final = ("unreached_share",)


@dataclass(frozen=True, eq=False)
class Planned:
    """A programme and what it changes.

    Parameters
    ----------
    programme
        Its operations.
    indicators
        See `accessmap.programme.indicators`.
    sides
        The same indicators for the territory and others: see `accessmap.programme.side_by_side`.
    category, near_minutes
        The service studied, and the threshold that the dossier quotes.
    """

    programme: Programme
    indicators: pd.DataFrame
    sides: pd.DataFrame
    category: str
    near_minutes: float


def planned(
    study: Study,
    programme: Programme,
    categories: Sequence[str],
    near_minutes: float,
    territories: Mapping[str, str | Iterable[str]] | None = None,
) -> Planned:
    """Return what a programme changes, and the territory beside its EPCI or the territories given.

    >>> import accessmap as am
    >>> from accessmap.programme.files import sample as sample_programme
    >>> data = planned(am.load_sample(), sample_programme(), ["france_services"], 10)
    >>> len(data.programme), len(data.indicators) > 5
    (7, True)
    """
    return Planned(
        programme=programme,
        indicators=indicators(study, programme),
        sides=side_by_side(
            study,
            territories_of(study, departments=False) if territories is None else territories,
            categories=categories,
        ),
        category=categories[0],
        near_minutes=near_minutes,
    )


def told(data: Planned, study: Study, words: Words) -> list[str]:
    """Return what the programme does, how much of it can be measured, and what lacks."""
    return programme_told(data.programme, study, data.indicators, lang=words.lang)


def sides_told(data: Planned, words: Words) -> list[str]:
    """Return how the territory stands beside the others, for the service studied."""
    return side_told(data.sides[data.sides["category"].isin([data.category, ""])], lang=words.lang)


def operations_table(data: Planned, study: Study, words: Words) -> Table:
    """Return the operations: what and where, who, whether it can be measured; year and cost where one is known."""
    rows = operation_rows(data.programme, study, lang=words.lang)
    title, owner, where, kind, year, cost, financing, measured, missing, reading = rows.columns
    unknown = words("programme_unknown")
    kept = [name for name in (year, cost, financing) if (rows[name] != unknown).any()]
    table = tuple(
        (
            Cell(row[title], note=f"{row[where]} · {row[kind]}"),
            Cell(row[owner]),
            *(Cell(row[name]) for name in kept),
            Cell(row[measured], note=words("programme_lacks", what=row[missing]) if row[missing] else ""),
            Cell(row[reading]),
        )
        for row in rows.to_dict("records")
    )
    columns = (title, owner, *kept, measured, reading)
    return Table(columns, tuple([False] * len(columns)), table)


def indicators_table(data: Planned, words: Words) -> Table:
    """Return the expected results before, after, and as aimed at, each with its definition below its name."""
    rows = programme_rows(data.indicators, lang=words.lang)
    notes = [
        means + (f" {words('programme_lacks', what=lacks)}" if lacks else "")
        for means, lacks in zip(rows.iloc[:, -2], rows.iloc[:, -1], strict=True)
    ]
    return _noted(rows.iloc[:, :-2], notes)


def sides_table(data: Planned, words: Words) -> Table:
    """Return the same indicators, a column a territory: of the thresholds, the one that the dossier quotes."""
    every = data.sides
    quoted = every["minutes"].isna() | (every["minutes"] == data.near_minutes) | (every["category"] == "")
    rows = side_rows(every[quoted & ~every["indicator"].isin(LEFT_OUT)], lang=words.lang)
    return _noted(rows.iloc[:, :-1], [words("programme_lacks", what=what) if what else "" for what in rows.iloc[:, -1]])


def _noted(rows: pd.DataFrame, notes: Sequence[str]) -> Table:
    """Return a table of numbers in words, with a note below the name of each row."""
    table = _shown(rows)
    noted = tuple(
        (Cell(first.text, note=note), *others) for (first, *others), note in zip(table.rows, notes, strict=True)
    )
    return Table(table.columns, (False, *[True] * (len(table.columns) - 1)), noted)


def _shown(rows: pd.DataFrame) -> Table:
    """Return a table of text as the page writes it."""
    cells = tuple(tuple(Cell(str(value)) for value in row) for row in rows.itertuples(index=False))
    return Table(tuple(map(str, rows.columns)), tuple([False] * len(rows.columns)), cells)
