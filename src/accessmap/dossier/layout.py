"""What the parts of a dossier are written with: cells, tables, cards, and the words of one language."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from accessmap.categories import Lang
from accessmap.tables.contracts import BASELINE
from accessmap.words import words as labels

__all__ = ["Card", "Cell", "Table", "Words", "plain", "sortable"]


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


class Words:
    """The texts and number formats of one language, bound once."""

    def __init__(self, lang: Lang) -> None:
        self.lang = lang

    def __call__(self, key: str, n: float | None = None, **values: object) -> str:
        """Return a text of `templates/words.toml`."""
        return labels.text(key, lang=self.lang, n=n, **values)

    def people(self, value: float) -> str:
        """Return people with their noun."""
        return labels.people(round(value), lang=self.lang)

    def minutes(self, value: float) -> str:
        """Return minutes with one decimal."""
        return labels.minutes(value, lang=self.lang)

    def change(self, value: float) -> str:
        """Return a change in minutes."""
        return labels.minutes_change(value, lang=self.lang)

    def percent(self, share: float) -> str:
        """Return a share in per cent."""
        return labels.percent(share, lang=self.lang)

    def count(self, value: float, *, digits: int = 0) -> str:
        """Return a number."""
        return labels.number(value, digits=digits, lang=self.lang)

    def cutoff(self, minutes: float) -> str:
        """Return a threshold, the word spelled out."""
        return labels.cutoff(minutes, lang=self.lang)

    def name(self, column: str) -> str:
        """Return how a column of the results is called on the page."""
        return self("baseline") if column == BASELINE else self("with_scenario", name=column)

    def listed(self, names: Sequence[str], *, most: int) -> str:
        """Return names with commas, the first so many, and how many more there are."""
        shown = ", ".join(names[:most])
        return shown + self("and_others", n=len(names) - most) if len(names) > most else shown


def plain(names: pd.Series) -> pd.Series:
    """Return names without accents and capitals, so that Béthancourt stands before Bichancourt."""
    bare = names.str.normalize("NFD").str.encode("ascii", "ignore").str.decode("ascii")
    return bare.str.casefold().str.replace("-", " ")


def sortable(value: float) -> float | str:
    """Return the key a cell is sorted by; empty where nothing is reached, which is sorted last, whichever way."""
    return "" if math.isnan(value) else round(float(value), 4)
