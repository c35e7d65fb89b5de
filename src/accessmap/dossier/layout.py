"""What a chapter shows, ready to be written: tables of cells, figures, notes, and how they stand together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import pandas as pd
from markupsafe import Markup

from accessmap.maps.charts import Chart
from accessmap.words.words import Words


@dataclass(frozen=True)
class Cell:
    """A table cell: what it shows, what it is sorted by, a second line, the share (0-1) of a bar, the tone behind it.

    A tone is a place in the sequential colours of maps: see `accessmap.maps.choropleth.tones`.
    """

    text: str
    sort: str | float = ""
    note: str = ""
    share: float | None = None
    tone: int | None = None


@dataclass(frozen=True)
class Table:
    """A table ready to be written: the titles of its columns, which are numbers, and its rows.

    A row of one cell is a heading over those below it. The title stands above the table, and names it to those who do
    not see it; a label only names it, and the title of the chapter does where there is neither. All columns but the
    first are numbers where it is not said which are.
    """

    kind: ClassVar = "table"
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    title: str = ""
    label: str = ""
    numeric: tuple[bool, ...] = ()
    level: int = 3
    sortable: bool = False

    def __post_init__(self) -> None:
        if not self.numeric:
            object.__setattr__(self, "numeric", (False, *[True] * (len(self.columns) - 1)))

    @classmethod
    def of(cls, frame: pd.DataFrame, words: Words, *, title: str = "") -> Table:
        """Return a table as it stands, its index first; numbers are written as the language writes them."""
        whole = frame.reset_index()
        numeric = tuple(pd.api.types.is_numeric_dtype(whole[name]) for name in whole)

        def cells(values: pd.Series, number: bool) -> list[Cell]:
            if not number:
                return [Cell(words.told(value), str(value)) for value in values]
            digits = 0 if (values.dropna() % 1 == 0).all() else 1
            return [Cell(words.count(value, digits=digits), sortable(value)) for value in values]

        columns = [cells(whole[name], number) for name, number in zip(whole, numeric, strict=True)]
        return cls([str(name) for name in whole], list(zip(*columns, strict=True)), title, numeric=numeric)


@dataclass(frozen=True)
class Figure:
    """A picture with its name, its legend and the title of that."""

    kind: ClassVar = "figure"
    name: str
    svg: Markup
    legend: Markup
    title: str


@dataclass(frozen=True)
class Figures:
    """Small pictures side by side, under the legend of the first."""

    kind: ClassVar = "figures"
    figures: tuple[Figure, ...]


@dataclass(frozen=True)
class Heading:
    """A heading below that of the chapter."""

    kind: ClassVar = "heading"
    text: str


@dataclass(frozen=True)
class Lines:
    """Sentences, one a line."""

    kind: ClassVar = "lines"
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Fact:
    """One answer of the decision page: its name, sentences, how they are computed, and a line in place of them."""

    name: str
    lines: tuple[str, ...]
    how: str
    short: str = ""


@dataclass(frozen=True)
class Facts:
    """Answers one below the other, each with how it is computed, folded."""

    kind: ClassVar = "facts"
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class How:
    """How the chapter is computed; a link to the method follows."""

    kind: ClassVar = "how"
    text: str


@dataclass(frozen=True)
class Folded:
    """Parts that open below their summary; on paper too, unless they tell again what a chart shows."""

    kind: ClassVar = "folded"
    summary: str
    parts: tuple[Part, ...]
    on_paper: bool = True


@dataclass(frozen=True)
class Live:
    """A part that lives: markup, and the style and script that the page carries for it, once, and lets through."""

    kind: ClassVar = "live"
    markup: Markup
    style: str
    script: str


@dataclass(frozen=True)
class Beside:
    """Columns of parts, side by side where there is room; `style` is one of dossier.css."""

    kind: ClassVar = "beside"
    columns: tuple[tuple[Part, ...], ...]
    style: str = "d-sides"


# Plain text is a paragraph, markup stands as it is, and a table is written as `Table.of` does.
Part = str | Markup | pd.DataFrame | Table | Figure | Figures | Heading | Lines | Facts | How | Folded | Live | Beside


def drawn(chart: Chart, *, wide: bool = False) -> Markup:
    """Return a chart as it stands in a page; a wide one keeps its size, and is moved sideways on a telephone."""
    kind = Markup(' d-plot-wide" tabindex="0" role="group') if wide else ""  # what is moved must take the keyboard
    return Markup('<div class="d-plot{}">{}</div>').format(kind, Markup(chart.svg))  # noqa: S704 - escaped where made


def count_cell(value: float, words: Words, note: str = "", share: float | None = None) -> Cell:
    """Return a cell with a number, without decimals."""
    return Cell(words.count(value), sortable(value, digits=0), note, share)


def minutes_cell(value: float, words: Words, note: str = "") -> Cell:
    """Return a cell with minutes; NaN is not reached."""
    return Cell(words.minutes(value), sortable(value), note)


def share_cell(share: float, words: Words, note: str = "") -> Cell:
    """Return a cell with a share (0-1), and its bar."""
    return Cell(words.percent(share), sortable(share), note, float(share))


def lost_note(people: float, words: Words) -> str:
    """Return how many people are not reached, as the second line of a cell; nothing where it is nobody."""
    return words("card_unreached", n=round(people)) if round(people) else ""


def sortable(value: float, *, digits: int = 4) -> float | str:
    """Return the key a cell is sorted by; empty where nothing is reached, which is sorted last, whichever way."""
    return "" if math.isnan(value) else round(float(value), digits)
