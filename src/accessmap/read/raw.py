"""What a file or a frame holds, before any column is understood, and what its rows are called."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, overload

import numpy as np
import pandas as pd

from accessmap.errors import Problem, Rows, SourceError
from accessmap.words.notes import Note, first_few, written

# What OGC calls shapes, by the first word that is in the name; a collection may be anything.
SHAPES = {"Polygon": "polygon", "Line": "line", "Point": "point", "": ""}


def plain(name: object) -> str:
    """Return a column's name in lower case, without accents, words joined by one underscore.

    >>> plain("Code INSEE"), plain("Libellé_Commune")
    ('code_insee', 'libelle_commune')
    """
    return _plain(str(name))


@lru_cache(maxsize=10_000)  # a column of a whole country repeats its words
def _plain(name: str) -> str:
    text = unicodedata.normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "_", text).strip("_")


class RowNames(Sequence[str]):
    """What rows are called, each name a note that is made when it is asked for: "line 4", or "line 4 '02173'".

    Parameters
    ----------
    key
        Of the text that names one: "line_number", "feature_number" or "row_number".
    numbers
        Of each row.
    ids
        Of each row, where they are known; missing ones are not named.

    Examples
    --------
    >>> rows = RowNames("line_number", [4, 5], ["02173", None])
    >>> list(rows), rows[0].told("fr"), rows.take([1])[0]
    (["line 4 '02173'", 'line 5'], "ligne 4 '02173'", 'line 5')
    """

    def __init__(self, key: str, numbers: Sequence[int] | range = (), ids: Sequence[Any] | None = None) -> None:
        self.key, self.numbers, self.ids = key, numbers, ids

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, row: int) -> Note: ...

    @overload
    def __getitem__(self, row: slice) -> RowNames: ...

    def __getitem__(self, row: int | slice) -> Note | RowNames:
        if isinstance(row, slice):
            return self.take(range(*row.indices(len(self))))
        place = Note(self.key, number=str(self.numbers[row]))
        if self.ids is None or pd.isna(self.ids[row]):
            return place
        return Note("row_with_id", row=place, id=repr(self.ids[row]))

    def take(self, rows: Iterable[int]) -> RowNames:
        """Return the names of some of the rows, in this order."""
        chosen = list(rows)
        ids = None if self.ids is None else [self.ids[row] for row in chosen]
        return RowNames(self.key, [self.numbers[row] for row in chosen], ids)


def not_json(error: Exception) -> Note:
    """Return why a text is no JSON, in words of ours: where it breaks off, where the parser tells it.

    >>> not_json(json.JSONDecodeError("Expecting value", "[1,", 3)).told("fr")
    'JSON incomplet ou abîmé à la ligne 1, colonne 4'
    """
    if isinstance(error, json.JSONDecodeError):
        return Note("not_whole_json_at", line=str(error.lineno), column=str(error.colno))
    return Note("not_whole_json")


def refusal(file: str, key: str, **values: Any) -> SourceError:
    """Return the error that a file cannot be read as it should be, described as for a problem."""
    return SourceError(Problem(key, where=file, **values))


def refusal_of_rows(raw: RawTable, column: str, key: str, rows: Any, **more: Any) -> SourceError:
    """Return the error that rows of a column cannot be read, each named with its value where it has one."""
    values = raw.table[column]
    told = raw.named(rows, None if values.iloc[rows].isna().all() else values)
    problem = Problem(key, where=Rows.of(len(rows), told), value=values.iloc[rows[0]], name=str(column), **more)
    return SourceError(problem, about=raw.name)


def first_line(error: object) -> str:
    r"""Return the first line of what a library says, without its full stop.

    >>> first_line(ValueError("No such layer.\nLook again"))
    'No such layer'
    """
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__


@dataclass(frozen=True)
class Form:
    """In what form a table stood in its file.

    Parameters
    ----------
    kind
        "CSV", "workbook", "JSON", "GeoJSON", "GeoPackage", "Shapefile", "Parquet", "OSM"; "" for a frame.
    part
        Sheet, layer or file of a zip that it is; "" where the file holds no other.
    encoding, separator
        Of a CSV.
    header_row
        Line of the header, from 1, of a CSV or a sheet.
    title
        What stands above the header.
    """

    kind: str = ""
    part: str = ""
    encoding: str = ""
    separator: str = ""
    header_row: int | None = None
    title: str = ""


@dataclass(frozen=True)
class RawTable:
    """What a file or a frame holds, before any column is understood.

    Parameters
    ----------
    name
        Of the file, for messages.
    table
        A DataFrame of text (CSV), or a table with types, geographic where the file is; plain numbering of rows.
    lines
        Where each row stands: "line 4" as a spreadsheet counts, "feature 3" or "row 3"; without them rows from 1.
    notes
        What was done to read it.
    form
        How it stood in its file.
    vintage
        Date or year of what it says, "" where nothing tells it.
    """

    name: str
    table: pd.DataFrame
    lines: RowNames = field(default_factory=lambda: RowNames("row_number"))
    notes: tuple[Note, ...] = ()
    form: Form = Form()
    vintage: str = ""

    def __post_init__(self) -> None:
        if not len(self.lines):
            object.__setattr__(self, "lines", RowNames("row_number", range(1, len(self.table) + 1)))

    @property
    def names(self) -> dict[str, str]:
        """The file's columns by their plain names."""
        return {plain(column): column for column in self.table.columns}

    def column(self, name: str) -> pd.Series:
        """Return a column by its plain name, missing throughout where the file has none."""
        names = self.names
        return self.table[names[name]] if name in names else pd.Series(None, self.table.index, dtype=object)

    @property
    def shape(self) -> str:
        """What most of its rows are drawn as: "point", "line", "polygon", "none" where there is no geometry."""
        shapes = getattr(self.table, "geom_type", None) if "geometry" in self.table else None
        if shapes is None or not shapes.notna().any():
            return "none"
        most = str(shapes.mode().iloc[0])
        return next(ours for word, ours in SHAPES.items() if word in most or word == "")

    def keep(self, mask: Iterable[bool], *notes: Note) -> RawTable:
        """Return the rows where `mask` is true, numbered anew, and notes on it."""
        kept = np.fromiter(mask, dtype=bool, count=len(self.table))
        table = self.table.loc[kept].reset_index(drop=True)
        return replace(self, table=table, lines=self.lines.take(np.flatnonzero(kept)), notes=(*self.notes, *notes))

    def under(self, row: int, header: Sequence[str], *notes: Note) -> RawTable:
        """Return what stands under one row, with a header for its columns, and notes on it."""
        table = self.table.iloc[row + 1 :].set_axis(pd.Index(header), axis=1).reset_index(drop=True)
        return replace(self, table=table, lines=self.lines[row + 1 :], notes=(*self.notes, *notes))

    def note(self, key: str, *, n: float | None = None, **values: Any) -> Note:
        """Return a note on this file."""
        return Note(key, n=n, file=self.name, **values)

    def told(self, *notes: Note) -> RawTable:
        """Return the same with further notes."""
        return replace(self, notes=(*self.notes, *notes))

    def named(self, rows: Sequence[int] | Any, values: pd.Series | None = None) -> Note:
        """Return the first few rows by their place, each with its value where values are given."""
        if values is None:
            return first_few(rows, lambda row: self.lines[row])
        return first_few(rows, lambda row: Note("row_value", row=self.lines[row], value=written(values.iloc[row])))
