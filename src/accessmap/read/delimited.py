"""A CSV as a table of text: its encoding, its separator and its rows, each of which is kept whole or refused."""

from __future__ import annotations

import contextlib
import csv
import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.read.layouts.finess import finess_table, is_finess
from accessmap.read.raw import Form, RawTable, RowNames, refusal
from accessmap.read.titles import is_foot, second_table, title_lines
from accessmap.words.notes import Aside, Note, first_few

SEPARATORS = (";", ",", "\t", "|")
MISSING = ("", "\\N", "NULL", "null", "NaN", "nan", "NA", "N/A", "None", "<NA>")
# Starts of files whose publisher quotes nothing, so that a quotation mark is a character like another (annuaire santé).
UNQUOTED = ("Type d'identifiant PP|", "Type d’identifiant PP|")
MOST_ROWS_APART = 20_000  # of a file in which a second table is looked for: such are made by hand
SNIFFED = 65_536  # characters looked at to tell what separates columns
MOST_COLUMNS = 16_384  # as a spreadsheet holds (Excel's last column is XFD)
FRENCH = re.compile("[éèêëàâäîïôöûüùçœæÉÈÊËÀÂÎÏÔÛÙÇŒ«»’°–]")  # two bytes or three each in UTF-8


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
    told = notes[0].key.removeprefix("read_as_").replace("_", "-") if notes else "utf-8"
    if "\r" in text:  # line ends of old Macs, of Windows, or of several makers in one file
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        raise refusal(name, "file_has_nul", value="\0", place=_place(text, text.index("\0")))
    if is_finess(text):
        raw = finess_table(name, text)
        return replace(raw, notes=(*notes, *raw.notes))
    separator, skipped = _told_separator(text)
    if not skipped and (skipped := title_lines(text[:SNIFFED], SEPARATORS)):
        notes = (*notes, Note("title_passed_over", n=skipped, file=name, shown=repr(text.split("\n", 1)[0][:80])))
    skipped += next((row for row, line in enumerate(text.split("\n")[skipped:]) if line.strip()), 0)
    *above, text = text.split("\n", skipped)
    try:
        separator = separator or _separator(name, text)
        quoting: Literal[0, 3] = 3 if text.lstrip().startswith(UNQUOTED) else 0  # csv.QUOTE_NONE, csv.QUOTE_MINIMAL
        first = next(csv.reader(io.StringIO(text), delimiter=separator, quoting=quoting))
        header = [cell.strip() or f"column {place}" for place, cell in enumerate(first, start=1)]
        check_header(name, header)
        rows = _Widths.of(text, separator, quoting)
    except csv.Error as error:
        raise refusal(name, "file_quote_open", value='"', error=Aside.of(str(error))) from error
    table = _whole_rows(name, text, header, rows, separator, quoting, skipped)
    given = table.notna().any(axis=1).to_numpy()
    if not given.any():
        raise refusal(name, "file_header_only")
    lines = RowNames("line_number", range(2 + skipped, 2 + skipped + len(table)))
    form = Form("CSV", "", encoding or told, separator, skipped + 1, "\n".join(above))
    raw = RawTable(name, table, lines, notes, form)
    again = np.flatnonzero(table.iloc[:, 0] == header[0])
    again = again[[list(table.iloc[row]) == header for row in again]]
    if len(again):
        raise refusal(name, "file_header_again", value=header[0], rows=raw.named(again))
    foot = _foot(table, given)
    given = given & ~foot
    if foot.any():
        raw = raw.told(
            raw.note("foot_left_out", n=int(foot.sum()), shown=repr(str(table[foot].iloc[0].dropna().iloc[0])[:80]))
        )
    shorter = np.flatnonzero((rows.widths[1 : len(table) + 1] < len(header)) & given)
    if len(shorter):
        raw = raw.told(raw.note("file_rows_shorter", n=len(shorter), rows=raw.named(shorter), columns=len(header)))
    return _first_table(raw.keep(given), given)


def _foot(table: pd.DataFrame, given: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The last rows that tell of the table, "Source : Insee", and are none of its rows."""
    foot = np.zeros(len(table), dtype=bool)
    for row in np.flatnonzero(given)[:0:-1]:
        if not is_foot(table.iloc[row].fillna("").tolist(), table.shape[1], told=True):
            break
        foot[row] = True
    return foot


def _first_table(raw: RawTable, given: NDArray[np.bool_]) -> RawTable:
    """Leave out a second table below a blank row, as a spreadsheet writes it into one CSV."""
    if given.all() or len(given) > MOST_ROWS_APART:
        return raw
    second = second_table(raw.table.fillna("").to_numpy().tolist(), np.flatnonzero(given).tolist())
    if second is None:
        return raw
    left = raw.table.iloc[second:]
    note = raw.note("second_table_left", n=len(left), shown=repr(str(left.iloc[0].dropna().iloc[0])[:80]))
    return raw.keep(np.arange(len(raw.table)) < second, note)


def _whole_rows(
    name: str, text: str, header: list[str], rows: _Widths, separator: str, quoting: Literal[0, 3], skipped: int
) -> pd.DataFrame:
    """The rows under the header, none of them longer than it."""
    if rows.swallowed is not None:
        row = Note("line_number", number=str(rows.swallowed + skipped))
        raise refusal(name, "file_quote_swallows", value='"', row=row)
    widths = rows.widths[1:]
    longer = np.flatnonzero((rows.filled[1:] > len(header)) | (widths > MOST_COLUMNS))
    if len(longer):
        counted = first_few(
            longer, lambda row: Note("line_of_cells", number=str(row + 2 + skipped), n=int(rows.filled[row + 1]))
        )
        raise refusal(name, "file_rows_unequal", value=separator, rows=counted, columns=len(header))
    if not len(widths):
        raise refusal(name, "file_header_only")
    try:
        table = pd.read_csv(
            io.StringIO(text[rows.header_end :]),
            sep=separator,
            dtype=str,
            keep_default_na=False,
            index_col=False,
            skip_blank_lines=False,
            quoting=quoting,
            header=None,
            names=range(max(len(header), int(widths.max()))),
        )
    except pd.errors.EmptyDataError as error:
        raise refusal(name, "file_header_only") from error
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise refusal(name, "file_quote_open", value='"', error=Aside.of(str(error).strip())) from error
    return pd.DataFrame({column: cell_text(table[place]) for place, column in enumerate(header)})


def check_header(name: str, header: Sequence[str]) -> None:
    """Refuse too many columns, and two of one name."""
    if len(header) > MOST_COLUMNS:
        raise refusal(name, "file_too_many_columns", value=len(header), most=MOST_COLUMNS)
    twice = sorted(cell for cell, count in Counter(header).items() if count > 1)
    if twice:
        raise refusal(name, "file_column_twice", value=twice[0], names=", ".join(map(repr, twice)))


@dataclass(frozen=True)
class _Widths:
    """How many cells each row of a CSV has, the header first; up to its last cell that is not blank, in `filled`."""

    widths: NDArray[np.int64]
    filled: NDArray[np.int64]
    header_end: int
    swallowed: int | None = None

    @classmethod
    def of(cls, text: str, separator: str, quoting: Literal[0, 3]) -> _Widths:
        if quoting == 3 or '"' not in text:
            lines = text.removesuffix("\n").split("\n")
            widths = np.fromiter((line.count(separator) + 1 for line in lines), dtype=np.int64, count=len(lines))
            filled = widths.copy()
            for row in np.flatnonzero(widths > widths[0]):
                filled[row] = _filled(lines[row].split(separator))
            return cls(widths, filled, len(lines[0]) + 1)
        lines = text.split("\n")
        reader = csv.reader(io.StringIO(text), delimiter=separator)
        counts, last, line, header_lines, swallowed = [], [], 0, 0, None
        for cells in reader:
            counts.append(len(cells))
            header_lines = header_lines or reader.line_num
            last.append(_filled(cells) if len(cells) > counts[0] else len(cells))
            several = swallowed is None and reader.line_num > line + 1
            if several and _swallows(lines[line : reader.line_num], cells, separator, counts[0]):
                swallowed = len(counts)
            line = reader.line_num
        head = sum(len(part) + 1 for part in lines[:header_lines])
        return cls(np.array(counts, dtype=np.int64), np.array(last, dtype=np.int64), head, swallowed)


def _swallows(lines: Sequence[str], row: Sequence[str], separator: str, columns: int) -> bool:
    """Whether a row over several lines has a quotation mark too many, which takes in rows up to the next such mark."""
    if columns > 2 and any(line.count(separator) >= columns - 1 for cell in row for line in cell.split("\n")[1:-1]):
        return True
    try:
        list(csv.reader(io.StringIO("\n".join(lines)), delimiter=separator, strict=True))
    except csv.Error:  # a mark is followed by more text, or by nothing up to the end
        return True
    return False


def _filled(row: Sequence[str]) -> int:
    return next((place + 1 for place in range(len(row) - 1, -1, -1) if row[place].strip()), 0)


def _place(text: str, at: int) -> Note:
    """The line and the column of a character."""
    line_start = text.rfind("\n", 0, at) + 1
    return Note("line_and_column", number=str(text.count("\n", 0, at) + 1), column=str(at - line_start + 1))


def _decoded(name: str, content: bytes, encoding: str | None) -> tuple[str, tuple[Note, ...]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = encoding or "utf-16"
    wide = unmarked_utf16(content) if encoding is None else None
    told = (Note("read_as_utf_16", file=name),) if wide else ()
    encoding = encoding or wide
    try:
        return content.decode(encoding or "utf-8-sig"), told
    except LookupError as error:
        raise refusal(name, "file_not_in_encoding", value=encoding, error=Aside.of(str(error))) from error
    except UnicodeDecodeError as error:
        stray = error
    at = _byte_place(content, stray.start)
    value = f"0x{content[stray.start]:02x}"
    if encoding is not None:
        raise refusal(
            name, "file_not_in_encoding", value=encoding, error=Aside.of(Note("byte_at", byte=value, place=at))
        ) from stray
    # letters of UTF-8 beside it: the file is UTF-8 with something broken, and any other reading garbles those letters
    text = content.decode("utf-8", errors="replace")
    if len(FRENCH.findall(text)) > text.count("\ufffd") / 10:
        raise refusal(name, "file_stray_byte", value=value, place=at) from stray
    older = _older_text(content)
    if older is not None:
        return older[1], (Note(OLDER[older[0]], file=name),)
    try:
        return content.decode("cp1252"), (Note("read_as_windows_1252", file=name),)
    except UnicodeDecodeError as error:
        found = Note("byte_at", byte=f"0x{content[error.start]:02x}", place=_byte_place(content, error.start))
        raise refusal(name, "file_encoding_unknown", error=Aside.of(found)) from error


def unmarked_utf16(content: bytes) -> str | None:
    """Return the encoding of UTF-16 without its mark, by its empty half of bytes; None of anything else."""
    even, odd = content[:64:2], content[1:64:2]
    for name, empty, letters in (("utf-16-le", odd, even), ("utf-16-be", even, odd)):
        if empty and not empty.strip(b"\0") and all(byte >= 32 or byte in b"\t\r\n" for byte in letters):
            return name
    return None


OLDER = {"mac_roman": "read_as_mac_roman", "cp850": "read_as_cp850"}
"""The encodings of old Macs and of DOS, by the note that says so."""
ODD = re.compile(r"(?<=[A-Za-z])[^\x00-\x7féèêëàâçîïôöûùüœÉÈÊËÀÂÇÎÏÔÛÙŒ«»’°–…šž]")
MOST_JUDGED = 1_000_000  # bytes by which an encoding is told
IN_WORDS = re.compile(
    "(?<![a-z])[ŠŽ](?=[a-z])|[šž](?=[a-z])|(?<=[a-z])[éèêëàâçîïôöûùüœ]|[éèêëàâçîïôöûùüœ](?=[a-z])|(?<=[A-Z])[ÉÈÊËÀÂÇÎÏÔÛÙŒ]|(?<![a-z])[ÉÈÊÀÂÎÔŒÇ](?=[a-zA-Z])"
)


def _older_text(content: bytes) -> tuple[str, str] | None:
    """The encoding in which French words come out, and the text, where they do better than in Windows-1252."""
    scores = {}
    for encoding in ("cp1252", *OLDER):
        with contextlib.suppress(UnicodeDecodeError):
            text = content[:MOST_JUDGED].decode(encoding)
            scores[encoding] = len(IN_WORDS.findall(text)) - len(ODD.findall(text))
    best = max(scores, key=lambda encoding: scores[encoding])
    return None if best == "cp1252" or scores[best] <= 0 else (best, content.decode(best))


def _byte_place(content: bytes, at: int) -> Note:
    """The line and the column of a byte, whatever the line ends."""
    before = content[:at].replace(b"\r\n", b"\n").replace(b"\r", b"\n").decode("utf-8", errors="replace")
    return _place(before + "?", len(before))


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
        raise refusal(name, "file_one_column", value=first, shown=repr(first))
    return best


def cell_text(values: pd.Series) -> pd.Series:
    """Return text without blanks around it, missing where it says so."""
    return values.str.strip().replace(list(MISSING), None)
