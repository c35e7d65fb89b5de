"""One GTFS feed, zip or folder: its files as columns of text that is kept once, and what is said of them."""

from __future__ import annotations

import csv
import hashlib
import io
import lzma
import os
import re
import zipfile
import zlib
from collections.abc import Callable, Container, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pa_csv

from accessmap.errors import Problem, Problems, SourceError
from accessmap.files import check_input
from accessmap.read.delimited import check_header, read_delimited
from accessmap.read.files import JUNK
from accessmap.read.packed import PACKED, most_bytes, unpacked
from accessmap.read.raw import refusal
from accessmap.words.near import near_names
from accessmap.words.notes import Aside, Note, first_few
from accessmap.words.system import why_failed

Ints = npt.NDArray[np.int32]
Flags = npt.NDArray[np.bool_]
Number = TypeVar("Number", int, float)
BOM = b"\xef\xbb\xbf"
# As drafts of GTFS-Flex spelt what the reference has.
DRAFTS = {f"{end}_pickup_dropoff_window": f"{end}_pickup_drop_off_window" for end in ("start", "end")}
DRAFTS |= {"dropoff_booking_rule_id": "drop_off_booking_rule_id"}
MOST_NAMES = 5_000  # looked through for what was meant by one that is not known


@dataclass(frozen=True)
class Coded:
    """A column of text: for each row a number into its values, -1 where it is blank.

    >>> column = Coded(np.array([0, 1, 0, -1], np.int32), ["a", "b"])
    >>> column.texts().tolist(), len(column)
    (['a', 'b', 'a', ''], 4)
    """

    codes: Ints
    words: list[str]

    def __len__(self) -> int:
        return len(self.codes)

    @property
    def given(self) -> Flags:
        """Which rows are not blank."""
        return self.codes >= 0

    def texts(self) -> npt.NDArray[np.object_]:
        """Return the text of each row, "" where it is blank."""
        return np.array([*self.words, ""], dtype=object)[self.codes]

    def __getitem__(self, rows: Any) -> Coded:
        return Coded(self.codes[rows], self.words)

    def places(self, known: dict[str, int]) -> Ints:
        """Return the number of each row's text among known ones: -1 where it is blank, -2 where it is not known."""
        found = [known.get(value, -2) for value in self.words]
        return np.array([*found, -1], dtype=np.int32)[self.codes]

    def parsed(self, parse: Callable[[str], Number | None], blank: Number) -> tuple[npt.NDArray[Any], Flags]:
        """Return each row as a number, and which rows are text that is none."""
        found: list[Number | None] = [parse(value) for value in self.words]
        bad: Flags = np.array([*(each is None for each in found), False])[self.codes]
        numbers = np.array([*(blank if each is None else each for each in found), blank])
        return numbers[self.codes], bad

    @classmethod
    def of(cls, texts: Sequence[str | None]) -> Coded:
        """Return a column of these texts, blanks around them cut."""
        place: dict[str, int] = {}
        codes = [place.setdefault(text.strip(), len(place)) if text and text.strip() else -1 for text in texts]
        return cls(np.array(codes, dtype=np.int32), list(place))

    @classmethod
    def of_arrow(cls, column: pa.ChunkedArray) -> Coded:
        """Return a column as pyarrow read it, its text kept once."""
        whole = column.unify_dictionaries().combine_chunks()
        if isinstance(whole, pa.ChunkedArray):  # of no rows
            return cls(np.zeros(0, np.int32), [])
        trimmed = pc.utf8_trim_whitespace(whole.dictionary)
        if trimmed.equals(whole.dictionary) and "" not in (plain := trimmed.to_pylist()):
            return cls(whole.indices.fill_null(-1).to_numpy(zero_copy_only=False), plain)
        raw = trimmed.to_pylist()
        values = [text for text in dict.fromkeys(raw) if text]
        place = {text: number for number, text in enumerate(values)}
        again = np.array([*(place.get(text, -1) for text in raw), -1], dtype=np.int32)
        return cls(again[whole.indices.fill_null(len(raw)).to_numpy(zero_copy_only=False)], values)


WHOLE = re.compile(r"([0-9]{1,9})(\.0+)?")


def whole(text: str) -> int | None:
    """Return a whole number of at least 0, or None.

    >>> whole("12"), whole("12.0"), whole("12.5"), whole("-1")
    (12, 12, None, None)
    """
    match = WHOLE.fullmatch(text)
    return int(match[1]) if match else None


def among(known: Container[int]) -> Callable[[str], int | None]:
    """Return what reads a whole number that must be one of these."""

    def read(text: str) -> int | None:
        value = whole(text)
        return value if value in known else None

    return read


def numbered(names: pd.Index) -> dict[str, int]:
    """Return the row of each name.

    >>> numbered(pd.Index(["A", "B"]))
    {'A': 0, 'B': 1}
    """
    return dict(zip(names.tolist(), range(len(names)), strict=True))


@dataclass(frozen=True)
class FeedTable:
    """One file of a feed: its columns by name, and the line of each row."""

    file: str
    rows: int
    columns: dict[str, Coded]
    lines: npt.NDArray[np.int64]

    def __getitem__(self, column: str) -> Coded:
        return self.columns.get(column) or Coded(np.full(self.rows, -1, np.int32), [])

    def __contains__(self, column: str) -> bool:
        return column in self.columns

    def keep(self, kept: Flags) -> FeedTable:
        """Return some of its rows."""
        return self if kept.all() else self.keep_rows(np.flatnonzero(kept))

    def keep_rows(self, rows: npt.NDArray[np.int64]) -> FeedTable:
        """Return these of its rows, in this order."""
        columns = {name: column[rows] for name, column in self.columns.items()}
        return FeedTable(self.file, len(rows), columns, self.lines[rows])


@dataclass
class Feed:
    """A feed that is being read: where its files are, and what is said of them.

    Where `drops`, a row of a trip that cannot be read is no problem: the trip is kept in `dropped`, and noted.
    """

    path: Path
    name: str
    members: dict[str, Callable[[int], bytes]]
    notes: list[Note] = field(default_factory=list)
    problems: Problems = field(default_factory=Problems)
    spent: int = 0
    drops: bool = False
    dropped: set[str] = field(default_factory=set)

    @property
    def file(self) -> str:
        """Its name, for messages."""
        return self.path.name

    def note(self, key: str, *, n: float | None = None, **values: Any) -> None:
        """Say something of this feed; nothing of none."""
        if n is None or n > 0:
            self.notes.append(Note(key, n=n, file=self.file, **values))

    def wrong(
        self,
        key: str,
        table: FeedTable,
        bad: Flags,
        value: Coded | None = None,
        *,
        id: Coded | None = None,  # noqa: A002 - the word of the texts
        **more: Any,
    ) -> Flags:
        """Keep a problem of these rows, each with its line, its id and its value, and return which they are."""
        rows = np.flatnonzero(bad)
        drops = self.drops and "trip_id" in table
        if drops:  # what is wrong further on with a trip that is left out already is not told
            trips = table["trip_id"][rows].texts()
            rows = rows[[trip not in self.dropped for trip in trips]]
            self.dropped.update(trips[trips != ""])
        if len(rows):
            where = self.place(table, rows, value, id)
            first = "" if value is None else value[rows[:1]].texts()[0]
            if drops:
                of = len(set(table["trip_id"].codes[rows].tolist()))
                what = Note(key, n=len(rows), **{"value": first, **more, "near": ""})
                self.note("gtfs_note_trips_dropped", n=of, where=where, what=what)
            else:
                self.problems.add(key, where=where, value=first, n=len(rows), **more)
        return bad

    def gone(self, trips: pd.Index | pd.Series | npt.NDArray[np.object_]) -> Flags:
        """Return which of these trips (ids) are left out as they cannot be read."""
        flags: Flags = pd.Series(trips, dtype=object).isin(self.dropped).to_numpy()
        return flags

    def unknown(
        self,
        table: FeedTable,
        bad: Flags,
        value: Coded,
        known: Iterable[object],
        *,
        id: Coded,  # noqa: A002 - the word of the texts
        column: str,
        file: str,
    ) -> Flags:
        """Keep a problem of these rows, whose value is in no row of another file."""
        names = list(known)
        if not names:  # of a file that is missing, which is a problem of its own
            return bad
        rows = np.flatnonzero(bad)
        near = near_names(value[rows[:1]].texts()[0], names[:MOST_NAMES]) if len(rows) else ()
        return self.wrong("gtfs_unknown", table, bad, value, id=id, column=column, other=file, near=near)

    def place(self, table: FeedTable, rows: Any, value: Coded | None = None, id: Coded | None = None) -> Note:  # noqa: A002
        """Return the first few of these rows as they are told: "stop_times.txt, line 5 'T1' ('25:61:00')"."""
        told = first_few(rows, lambda row: _row(int(row), table, value, id))
        return Note("gtfs_rows", n=len(rows), table=table.file, rows=told)

    def content(self, name: str) -> bytes | None:
        """Return the bytes of one of its files, None where there is none."""
        if name not in self.members:
            return None
        content = self.members[name](self.spent)
        self.spent += len(content)
        return content

    def table(self, name: str, columns: Sequence[str], needed: Sequence[str] = ()) -> FeedTable | None:
        """Return a file as a table of the columns that are read, None where there is no such file.

        Raises
        ------
        SourceError
            Where it is no table, or a needed column is missing.
        """
        content = self.content(name)
        if content is None or not content.removeprefix(BOM).strip():
            return None
        header, table, lines = _columns(self, name, content, columns)
        missing = [column for column in needed if column not in header]
        if missing:
            problems = [
                Problem("gtfs_column_missing", where=name, value=column, near=near_names(column, header))
                for column in missing
            ]
            raise SourceError(*problems, about=self.file)
        kept = {column: table[column] for column in columns if column in table}
        found = FeedTable(name, len(lines), kept, lines)
        blank = _blank(found)
        return found.keep(~blank) if blank.any() else found


def _blank(table: FeedTable) -> Flags:
    """Return which rows say nothing at all, as spreadsheets leave them: commas alone."""
    blank = np.ones(table.rows, dtype=bool)
    for column in table.columns.values():
        blank &= ~column.given
        if not blank.any():
            break
    return blank & bool(table.columns)


def _row(row: int, table: FeedTable, value: Coded | None, id: Coded | None) -> str:  # noqa: A002
    parts = [str(table.lines[row])]
    if id is not None and id.codes[row] >= 0:
        parts.append(repr(id.words[id.codes[row]]))
    if value is not None:
        parts.append(f"({value.words[value.codes[row]] if value.codes[row] >= 0 else ''!r})")
    return " ".join(parts)


def _columns(
    feed: Feed, name: str, content: bytes, wanted: Sequence[str]
) -> tuple[list[str], dict[str, Coded], npt.NDArray[np.int64]]:
    """The header of a CSV, its wanted columns, and the line of each row; quickly where nothing about it is odd."""
    content = content.removeprefix(BOM).rstrip()
    end = content.find(b"\n")
    first = content if end < 0 else content[:end]
    blank = b"\n\n" in content or b"\n\r\n" in content
    if (
        not blank
        and b"\0" not in content
        and not _odd_quotes(content)
        and content.count(b"\r") == content.count(b"\r\n")
    ):
        try:
            header = [_named(cell) for cell in next(csv.reader(io.StringIO(first.decode("utf-8"))))]
        except (UnicodeDecodeError, csv.Error, StopIteration):
            header = []
        if len(header) > 1 or (header and header[0] in wanted):  # some have but one column: areas, networks
            check_header(feed.file, [f"{name} {cell}" if cell else f"column {n}" for n, cell in enumerate(header)])
            if end < 0:
                return header, {cell: Coded(np.zeros(0, np.int32), []) for cell in header}, np.zeros(0, np.int64)
            found = _quick(content, end + 1, header, wanted)
            if found is not None:
                return header, found[0], np.arange(2, 2 + found[1], dtype=np.int64)
    return _slow(feed, name, content)


def _named(cell: str) -> str:
    return DRAFTS.get(cell.strip(), cell.strip())


def _quick(content: bytes, start: int, header: list[str], wanted: Sequence[str]) -> tuple[dict[str, Coded], int] | None:
    """The wanted columns and how many rows there are; None where not every row is as long as the header."""
    names = [cell or f"column {place}" for place, cell in enumerate(header)]
    kept = [name for name in names if name in wanted] or names[:1]
    text = pa.dictionary(pa.int32(), pa.string())
    try:
        table = pa_csv.read_csv(
            pa.py_buffer(memoryview(content)[start:]),
            read_options=pa_csv.ReadOptions(column_names=names),
            parse_options=pa_csv.ParseOptions(ignore_empty_lines=False),
            convert_options=pa_csv.ConvertOptions(
                column_types=dict.fromkeys(kept, text), null_values=[""], include_columns=kept
            ),
        )
    except pa.ArrowException:  # what reads it slowly says what is wrong
        return None
    return {name: Coded.of_arrow(table[name]) for name in kept}, table.num_rows


def _slow(feed: Feed, name: str, content: bytes) -> tuple[list[str], dict[str, Coded], npt.NDArray[np.int64]]:
    raw = read_delimited(f"{feed.file}!{name}", content)
    feed.notes += raw.notes
    if raw.form.separator not in ("", ","):
        feed.note("gtfs_note_separator", table=name, value=repr(raw.form.separator))
    header = [_named(str(column).removeprefix("\ufeff")) for column in raw.table.columns]
    table = {column: Coded.of(raw.table[given].tolist()) for column, given in zip(header, raw.table, strict=True)}
    return header, table, np.fromiter((int(number) for number in raw.lines.numbers), np.int64, len(raw.table))


def _odd_quotes(content: bytes) -> bool:
    """Whether a line has an odd number of quotation marks: a cell goes on over it, or a mark is too many."""
    if b'"' not in content:
        return False
    every = np.frombuffer(content, dtype=np.uint8)
    line = np.searchsorted(np.flatnonzero(every == 10), np.flatnonzero(every == 34))
    return bool((np.bincount(line) % 2).any())


def open_feed(path: str | Path, name: str, *, drops: bool = False) -> tuple[Feed, str]:
    """Return a feed whose files can be read, and the SHA-256 of its zip ("" of a folder).

    Raises
    ------
    SourceError
        Where there is none, it is no zip and no folder, or it holds no timetable, or several.
    """
    path = Path(path)
    if os.path.isdir(path):
        files = {each.name: each for each in sorted(path.iterdir()) if each.is_file()}
        return Feed(path, name, _members(path, {each: _of_folder(path, each) for each in files}), drops=drops), ""
    try:
        check_input(path)
    except OSError as error:
        shown = str(path).encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
        raise refusal(shown, "gtfs_not_opened", why=why_failed(error)) from error
    content = path.read_bytes()
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = [each.filename for each in archive.infolist() if not each.filename.endswith("/")]
    except _DAMAGED as error:
        if content.startswith(b"PK\x03\x04"):
            raise refusal(path.name, "zip_damaged") from error
        raise refusal(path.name, "gtfs_no_zip") from error
    members = {each: _of_zip(path, content, each) for each in names}
    return Feed(path, name, _members(path, members), drops=drops), hashlib.sha256(content).hexdigest()


_DAMAGED = (zipfile.BadZipFile, EOFError, OSError, RuntimeError, zlib.error, lzma.LZMAError, ValueError)


def _members(path: Path, members: dict[str, Callable[[int], bytes]]) -> dict[str, Callable[[int], bytes]]:
    """The files of the one folder that holds a timetable, by their plain names."""
    names = [name for name in members if not JUNK.search(name)]
    parts = {name: PurePosixPath(name.replace("\\", "/")) for name in names}
    told = {"stops.txt", "locations.geojson"}
    holds = sorted({str(part.parent) for part in parts.values() if part.name.casefold() in told})
    if len(holds) > 1:
        raise refusal(path.name, "gtfs_several", value=len(holds), names=", ".join(holds))
    if not holds:
        inner = [name for name in names if name.casefold().endswith((".zip", ".7z", ".gz"))]
        if inner:
            raise refusal(path.name, "gtfs_nested", value=inner[0])
        raise refusal(path.name, "gtfs_no_stops", names=", ".join(names[:5]))
    inside = [name for name in names if str(parts[name].parent) == holds[0]]
    twice = [
        name
        for name in inside
        if sum(parts[each].name.casefold() == parts[name].name.casefold() for each in inside) > 1
    ]
    if twice:
        raise refusal(path.name, "gtfs_member_twice", value=twice[0])
    return {parts[name].name.casefold(): members[name] for name in inside}


def _of_folder(path: Path, name: str) -> Callable[[int], bytes]:
    def read(_: int) -> bytes:
        try:
            return check_input(path / name, most=most_bytes()).read_bytes()
        except OSError as error:
            raise refusal(str(path / name), "gtfs_not_opened", why=why_failed(error)) from error

    return read


def _of_zip(path: Path, content: bytes, name: str) -> Callable[[int], bytes]:
    def read(spent: int) -> bytes:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive, archive.open(name) as packed:
                found = b"".join(unpacked(path, packed, spent=spent))
        except NotImplementedError as error:
            raise refusal(path.name, "zip_compression", error=Aside.of(str(error))) from error
        except SourceError:
            raise
        except _DAMAGED as error:
            raise refusal(path.name, "zip_damaged") from error
        if found.startswith(PACKED):
            raise refusal(path.name, "packed_twice")
        return found

    return read
