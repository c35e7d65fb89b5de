"""Spreadsheets: .xlsx, .xls and .ods, by the sheet and the header that hold a table, each cell as it stands."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
import zlib
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import SourceError
from accessmap.read.delimited import cell_text, check_header
from accessmap.read.packed import unpacked
from accessmap.read.parts import Wanted, chosen_part
from accessmap.read.raw import Form, RawTable, RowNames, first_line, plain, refusal
from accessmap.read.titles import SheetTable, sheet_table
from accessmap.words.notes import Aside, Note

MOST_CELLS = 30_000_000  # from the first to the last of a sheet: each takes a hundred bytes of memory
CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,4})(\d{1,8})"')
# A formula whose value was not saved with it, as what calculates nothing writes it: <f>A1+1</f></c>, <f>…</f><v/></c>
UNCALCULATED = re.compile(rb"<f\b(?:[^>]*/>|[^>]*>[^<]*</f>)\s*(?:<v\s*/>|<v>\s*</v>)?\s*</c>")
ERRORS = re.compile(rb'<c\b[^>]*?\bt="e"')
ODS_PART = re.compile(rb"<table:(table|table-row|table-cell|covered-table-cell)\b([^>]*)>")
REPEATED = re.compile(rb'number-(?:columns|rows)-repeated="(\d{1,12})"')
SHEET = re.compile(rb"<(?:\w+:)?sheet\b[^>]*>")
TARGET = re.compile(rb"<(?:\w+:)?Relationship\b[^>]*>")


@dataclass(frozen=True)
class Inside:
    """What the XML of a workbook tells that its cells do not: by sheet, formulas without a value, and errors."""

    uncalculated: dict[str, int]
    errors: dict[str, int]


def read_workbook(path: Path, layer: str | None, usual: str | None, wanted: Wanted) -> RawTable:
    """Return the sheet that is meant: columns of numbers where all their cells are, else of text.

    Parameters
    ----------
    path
        Of an .xlsx, .xls or .ods, whatever its name.
    layer
        Name of the sheet; without it the one that `wanted` tells by its columns.
    usual
        The sheet taken where none is asked for.
    wanted
        Of the reader: the header is the row that has most of its columns.

    Raises
    ------
    SourceError
        Where it is no spreadsheet, or locked, has no table or several, or formulas without their values.
    """
    tables = sheets(path, wanted, layer)
    scores = {each: partial(wanted.score, set(map(plain, table.header))) for each, table in tables.items()}
    part, taken = chosen_part(path.name, scores, layer=layer, usual=usual, several="several_sheets")
    inside = _inside(path)
    if inside.uncalculated.get(part):
        raise refusal(path.name, "formulas_uncalculated", value=part, n=inside.uncalculated[part])
    table = tables[part]
    check_header(path.name, table.header)
    frame = pd.DataFrame({name: _column(cells) for name, cells in zip(table.header, zip(*table.rows), strict=True)})  # noqa: B905
    notes = [Note("sheet_read", file=path.name, sheet=part, row=table.at + 1), *taken]
    notes += [Note(key, n=n, file=path.name, shown=shown) for key, n, shown in table.said]
    if errors := inside.errors.get(part):
        notes.append(Note("cells_in_error", n=errors, file=path.name))
    form = Form("workbook", part=part, header_row=table.at + 1, title=table.above)
    return RawTable(path.name, frame, RowNames("line_number", [n + 1 for n in table.numbers]), tuple(notes), form)


def sheets(path: Path, wanted: Wanted, layer: str | None = None) -> dict[str, SheetTable]:
    """Return each sheet that holds a table, by name; hidden ones only where asked for by `layer`.

    Raises
    ------
    SourceError
        As :func:`read_workbook`.
    """
    import python_calamine

    _check_size(path)
    try:
        book = python_calamine.load_workbook(io.BytesIO(path.read_bytes()))  # by its content and not its name
        shown = python_calamine.SheetVisibleEnum.Visible
        names = [
            each.name
            for each in book.sheets_metadata
            if each.typ == python_calamine.SheetTypeEnum.WorkSheet and (each.visible == shown or each.name == layer)
        ]
        found = {each: _table_of(book.get_sheet_by_name(each), wanted) for each in names if layer in (None, each)}
    except python_calamine.PasswordError as error:
        raise refusal(path.name, "workbook_with_password") from error
    except SourceError:
        raise
    except Exception as error:
        raise _unreadable(path, error) from error
    except BaseException as error:  # what panics in Rust is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise _unreadable(path, error) from error
    if layer is not None and layer not in found:
        chosen_part(path.name, dict.fromkeys(names, int), layer=layer)
    tables = {each: table for each, table in found.items() if table is not None}
    if not tables:
        raise refusal(path.name, "no_sheet_with_table", value=len(names), names=", ".join(names[:8]))
    return tables


def _unreadable(path: Path, error: BaseException) -> SourceError:
    with path.open("rb") as file:
        if file.read(4) == b"\xd0\xcf\x11\xe0" and path.suffix.casefold() not in (".xls", ".xlt"):
            return refusal(path.name, "file_not_a_table", what=Note("what_old_office"))
    return refusal(path.name, "file_unreadable", kind=Note("a_workbook"), error=Aside.of(first_line(error)))


def _table_of(sheet: Any, wanted: Wanted) -> SheetTable | None:
    merged = cast("list[tuple[tuple[int, int], tuple[int, int]]]", sheet.merged_cell_ranges or [])
    return sheet_table(sheet.to_python(skip_empty_area=False), merged, wanted)


def _column(cells: tuple[Any, ...]) -> pd.Series:
    """A column as numbers where every cell is one, else as text as a CSV would have it."""
    values = pd.Series(cells, dtype=object)
    given = [value for value in cells if value != ""]
    if given and all(type(value) in (int, float) for value in given):
        numbers = pd.to_numeric(values.where(values != "", None)).astype("float64")
        whole = len(given) == len(cells) and (numbers % 1 == 0).all() and (numbers.abs() < 2**53).all()
        return numbers.astype("int64") if whole else numbers
    return cell_text(pd.Series([_as_text(value) for value in cells], dtype="str"))


def _as_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        value = value.date()
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value)


def _check_size(path: Path) -> None:
    """Refuse a workbook that unpacks to more than is read, or whose cells lie so far apart that none is meant."""
    if not zipfile.is_zipfile(path):
        _check_chains(path)
        return
    spent = 0
    for name, content in _members(path, (".xml", ".rels", ".bin")):
        spent += len(content)
        rows = columns = 0
        if "/worksheets/" in name:
            rows, columns = _last_cell(content)
        elif name == "content.xml":
            rows, columns = _last_ods_cell(content)
        if rows * columns > MOST_CELLS:
            raise refusal(path.name, "sheet_too_large", value=rows, columns=columns, most=f"{MOST_CELLS / 1e6:,.0f}")


def _check_chains(path: Path) -> None:
    """Refuse an .xls whose chains of sectors have no end, or lead out of the file: they would be followed for ever.

    Source: [MS-CFB], Compound File Binary File Format, sections 2.2 to 2.5.
    """
    content = path.read_bytes()
    if "EncryptedPackage".encode("utf-16-le") in content:  # how an .xlsx with a password is kept: [MS-OFFCRYPTO] 2.3.4
        raise refusal(path.name, "workbook_with_password")
    damaged = refusal(path.name, "file_unreadable", kind=Note("a_workbook"), error=Aside.of(Note("sectors_damaged")))
    if len(content) < 512 or content[30:32] not in (b"\t\0", b"\x0c\0"):
        raise damaged
    size = 1 << content[30]
    count = len(content) // size
    tables = np.frombuffer(content, "<u4", 109, 76)
    following = int.from_bytes(content[68:72], "little")
    for _ in range(count):  # sectors that list further sectors of the table
        if following >= count:
            break
        more = np.frombuffer(content[(following + 1) * size : (following + 2) * size].ljust(size, b"\xff"), "<u4")
        tables, following = np.append(tables, more[:-1]), int(more[-1])
    used = tables[tables < count]
    table = b"".join(content[(at + 1) * size : (at + 2) * size].ljust(size, b"\xff") for at in map(int, used))
    nexts = np.frombuffer(table, "<u4")
    inside = nexts < len(nexts)
    # each sector is followed by one at most, and none by two: so a chain that comes back is one with a sector twice
    if len(np.unique(nexts[inside])) < inside.sum() or _goes_round(nexts):
        raise damaged


def _goes_round(nexts: NDArray[np.uint32]) -> bool:
    """Whether a sector comes back to itself: following all chains at once, by twice as many sectors each time."""
    end = len(nexts)
    places = np.append(np.minimum(nexts, end), end).astype(np.int64)
    for _ in range(end.bit_length() + 1):
        places = places[places]
    return bool((places != end).any())


def _members(path: Path, ends: tuple[str, ...]) -> list[tuple[str, bytes]]:
    """Name and content of the parts of a workbook that end so, within the bounds of what is unpacked."""
    found, spent = [], 0
    try:
        with zipfile.ZipFile(path) as archive:
            for info in archive.infolist():
                if info.filename.endswith(ends):
                    with archive.open(info) as packed:
                        content = b"".join(unpacked(path, packed, spent=spent))
                    spent += len(content)
                    found.append((info.filename, content))
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, zlib.error) as error:
        raise refusal(path.name, "zip_damaged") from error
    return found


def _last_cell(content: bytes) -> tuple[int, int]:
    rows = columns = 0
    for letters, number in CELL.findall(content):
        rows = max(rows, int(number))
        if len(letters) > 1:
            column = 0
            for letter in letters:
                column = 26 * column + letter - 64
            columns = max(columns, column)
    return rows, max(columns, 26)


def _last_ods_cell(content: bytes) -> tuple[int, int]:
    """The most rows and columns up to a cell with a value, of any table, repeated ones counted as often."""
    rows = columns = last_row = last_column = 0
    for kind, told in ODS_PART.findall(content):
        again = REPEATED.search(told)
        n = int(again[1]) if again else 1
        if kind == b"table":
            rows = 0
        elif kind == b"table-row":
            rows, columns = rows + n, 0
        else:
            columns += n
            if b"value-type" in told:
                last_row, last_column = max(last_row, rows), max(last_column, columns)
    return last_row, last_column


def _inside(path: Path) -> Inside:
    """What the parts of an .xlsx tell of each sheet; nothing of another format."""
    uncalculated: dict[str, int] = {}
    errors: dict[str, int] = {}
    if zipfile.is_zipfile(path):
        parts = dict(_members(path, (".xml", ".rels")))
        targets = {
            _value(tag, b"Id"): _value(tag, b"Target").removeprefix("/xl/")
            for tag in TARGET.findall(parts.get("xl/_rels/workbook.xml.rels", b""))
        }
        for tag in SHEET.findall(parts.get("xl/workbook.xml", b"")):
            sheet, content = _value(tag, b"name"), parts.get(f"xl/{targets.get(_value(tag, b'r:id'))}", b"")
            uncalculated[sheet] = len(UNCALCULATED.findall(content))
            errors[sheet] = len(ERRORS.findall(content))
    return Inside(uncalculated, errors)


def _value(tag: bytes, name: bytes) -> str:
    from html import unescape

    match = re.search(rb"\s" + name + rb'="([^"]*)"', tag)
    return unescape(match[1].decode("utf-8", "replace")) if match else ""
