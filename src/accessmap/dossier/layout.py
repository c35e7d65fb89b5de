"""What the parts of a dossier are written with: cells, tables, cards, and the words of one language."""

import math
from dataclasses import dataclass

import pandas as pd

__all__ = ["Card", "Cell", "Table", "plain", "sortable"]


@dataclass(frozen=True)
class Cell:
    """A table cell: what it shows, what it is sorted by, a second line, and the share (0-1) a bar shows."""

    text: str
    sort: str | float = ""
    note: str = ""
    share: float | None = None


@dataclass(frozen=True)
class Table:
    """A table ready to be written: the titles of its columns, which are numbers, and its rows.

    A row of one cell is a heading over those below it.
    """

    columns: tuple[str, ...]
    numeric: tuple[bool, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Card:
    """The key figures of one situation: its name, one large figure, and lines below."""

    name: str
    figure: str
    told: str
    lines: tuple[str, ...]


def plain(names: pd.Series) -> pd.Series:
    """Return names without accents and capitals, so that Béthancourt stands before Bichancourt."""
    bare = names.str.normalize("NFD").str.encode("ascii", "ignore").str.decode("ascii")
    return bare.str.casefold().str.replace("-", " ")


def sortable(value: float) -> float | str:
    """Return the key a cell is sorted by; empty where nothing is reached, which is sorted last, whichever way."""
    return "" if math.isnan(value) else round(float(value), 4)
