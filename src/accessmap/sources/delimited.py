"""Delimited text as a raw table, whatever its separator, encoding and decimal mark."""

import csv
import io
import re
from typing import Literal

import pandas as pd

from accessmap.errors import SourceError
from accessmap.sources.finess import finess_table, is_finess
from accessmap.sources.rawtable import RawTable

__all__ = ["RawTable", "read_delimited"]

SEPARATORS = {";": "semicolons", ",": "commas", "\t": "tabs", "|": "bars"}
MISSING = ("", "\\N", "NULL", "null", "NaN", "nan", "NA", "N/A", "None", "<NA>")
# Starts of files whose publisher quotes nothing, so that a quotation mark is a character like another (annuaire santé).
UNQUOTED = ("Type d'identifiant PP|", "Type d’identifiant PP|")
SNIFFED = 65_536  # bytes looked at to tell what a file is


def read_delimited(name: str, content: bytes, encoding: str | None = None) -> RawTable:
    r"""Return a CSV as a table of text: no value is turned into a number, so that zeros in front are kept.

    Parameters
    ----------
    name
        File name, for messages.
    content
        The bytes of the file; commas, semicolons, tabs or bars separate its columns.
    encoding
        Without it UTF-8, with or without its mark, and else Windows-1252.

    Raises
    ------
    SourceError
        When the text cannot be decoded or holds no table.

    Examples
    --------
    >>> read_delimited("a.csv", b"insee;lon\n01004;5,36\n").table.loc[0].to_dict()
    {'insee': '01004', 'lon': '5,36'}
    """
    text, notes = _decoded(name, content, encoding)
    if is_finess(text):
        establishments, places, told = finess_table(name, text)
        return RawTable(name, establishments, places, notes + told)
    separator, skipped = _told_separator(text)
    text = text.split("\n", skipped)[-1]
    separator = separator or _separator(name, text)
    quoting: Literal[0, 3] = 3 if text.lstrip().startswith(UNQUOTED) else 0  # csv.QUOTE_NONE, csv.QUOTE_MINIMAL
    header = [cell.strip() for cell in next(csv.reader(io.StringIO(text), delimiter=separator, quoting=quoting))]
    twice = sorted({cell for cell in header if cell and header.count(cell) > 1})
    if twice:
        raise SourceError(f"{name} has column {', '.join(map(repr, twice))} twice: rename or remove one.")
    try:
        table = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            dtype=str,
            keep_default_na=False,
            index_col=False,
            skip_blank_lines=False,
            quoting=quoting,
        )
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise SourceError(
            f"{name} has rows of unequal length ({str(error).strip()}): quote values that hold {separator!r}."
        ) from error
    table.columns = pd.Index([cell or f"column {place + 1}" for place, cell in enumerate(header)])
    table = table.apply(lambda column: column.str.strip()).replace(list(MISSING), None)
    lines = pd.Series([f"line {row + 2 + skipped}" for row in range(len(table))])
    blank = table.isna().all(axis=1)
    table, lines = table.loc[~blank].reset_index(drop=True), lines[~blank]
    if not len(table):
        raise SourceError(f"{name} has a header and no rows: export it again.")
    return RawTable(name, table, tuple(lines), notes)


def _decoded(name: str, content: bytes, encoding: str | None) -> tuple[str, tuple[str, ...]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = encoding or "utf-16"
    try:
        return content.decode(encoding or "utf-8-sig"), ()
    except (UnicodeDecodeError, LookupError) as error:
        if encoding is not None:
            raise SourceError(f"{name} is not {encoding} ({error}): give another encoding=, or none.") from error
    try:
        return content.decode("cp1252"), (f"{name} was read as Windows-1252.",)
    except UnicodeDecodeError as error:
        raise SourceError(f"{name} is neither UTF-8 nor Windows-1252 ({error}): name its encoding=.") from error


def _told_separator(text: str) -> tuple[str, int]:
    """The separator that a first line "sep=;" (written for Excel) names, and how many lines that takes; else none."""
    match = re.match(r"\"?sep=(.)\"?\r?\n", text)
    return (match[1], 1) if match else ("", 0)


def _separator(name: str, text: str) -> str:
    """The separator that cuts the first lines into the same number of columns, the most of them."""
    scores = {}
    for separator in SEPARATORS:
        rows = csv.reader(io.StringIO(text[:SNIFFED]), delimiter=separator)
        widths = [len(row) for _, row in zip(range(50), rows, strict=False) if row]
        # the last row looked at may be cut
        same = widths[:-1] if len(widths) > 2 and len(text) > SNIFFED else widths
        scores[separator] = (sum(width == same[0] for width in same) / len(same), same[0]) if same[0] > 1 else (0.0, 1)
    best = max(scores, key=lambda separator: scores[separator])
    if scores[best][1] < 2:
        first = text.lstrip().splitlines()[0][:80]
        raise SourceError(
            f"{name} has one column only ({first!r}): separate its columns with {', '.join(SEPARATORS.values())}."
        )
    return best
