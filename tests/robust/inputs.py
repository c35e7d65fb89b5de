"""One small file of every kind that accessmap reads, how it is read, and what may change of the answer when it changes.

Nothing that is accepted may differ in silence from the answer of the sound file. What a changed file says is its own:
a cell that holds another number is that number. So each answer is held against the file: what comes from rows
(features, roads) that are as they were must be as it was, no row of the file may be missing, and a number of a changed
row must be one that the cell can mean. Whatever else differs needs a note of its own.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import random
import re
import sqlite3
import tempfile
import tomllib
import xml.etree.ElementTree as ET
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import geopandas as gpd
import networkx as nx
import numpy as np
import osmium
import osmnx
import pandas as pd
import pyarrow as pa
import pyproj
import shapely
import xlwt
from damage import BYTES, JSON, NASTY, TEXT, TOML, XML, Damage, cells
from odf.opendocument import OpenDocumentSpreadsheet
from odf.table import Table, TableCell, TableRow
from openpyxl import Workbook
from studyfiles import write_toy
from toy_feeds import FEED, FLEX, TUESDAY
from toy_feeds import packed as packed_feed
from toy_tables import SCHOOLS, X, Y

import accessmap as am
from accessmap import programme
from accessmap.read.communes import read_communes
from accessmap.read.opening_hours import parse_timetable
from accessmap.read.residents import read_residents
from accessmap.read.services import read_services
from accessmap.roads.archive import ARROW
from accessmap.roads.archive import packed as table_packed
from accessmap.roads.network import RoadNetwork
from accessmap.roads.transit.timetable import Timetable
from accessmap.study import scenario_files
from accessmap.study.study import Study
from accessmap.studyfile.loading import load_study
from accessmap.studyfile.manifest import read_manifest
from accessmap.studyfile.reading import read_settings

CODES = ["02001", "02173", "02018"]
NAMES = ["Abbécourt", "Chauny", "Anizy-le-Grand"]
COMMUNES = gpd.GeoDataFrame(
    {"name": NAMES, "population": [518, 11_600, 2_000], "epci": "200071785", "in_territory": [True, True, False]},
    geometry=[shapely.box(X + 1000 * k, Y, X + 1000 * (k + 1), Y + 1000) for k in range(3)],
    index=pd.Index(CODES, name="code"),
    crs=2154,
)
MAIRIES = gpd.GeoDataFrame(
    {"name": NAMES, "category": "mairie", "commune": CODES},
    geometry=[shapely.Point(X + 1000 * k + 100, Y + 100) for k in range(3)],
    index=pd.Index(["m1", "m2", "m3"], name="service_id"),
    crs=2154,
)
TO_DEGREES = pyproj.Transformer.from_crs(2154, 4326, always_xy=True)


@dataclass(frozen=True)
class Answer:
    """What a reader gave: tables of plain values, and all that it said."""

    tables: Mapping[str, pd.DataFrame]
    notes: tuple[str, ...] = ()


Judge = Callable[[bytes, bytes, Answer, Answer], str | None]


@dataclass(frozen=True)
class Input:
    """One file: its name, its content, how it is read, how it is damaged how often, and what is wrong of an answer."""

    file: str
    content: bytes
    read: Callable[[Path], Any]
    damages: Mapping[str, Damage]
    times: int
    judge: Judge

    def answer(self, content: bytes, folder: Path) -> Answer:
        """Return what is read from a content."""
        path = folder / self.file
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content)
        return answer_of(self.read(path))


# --- answers ----------------------------------------------------------------------------------------------------------


def answer_of(found: Any) -> Answer:
    """Return what a reader gave as plain tables and notes."""
    if isinstance(found, RoadNetwork):
        told = [f"{name}: {value}" for name, value in found.provenance.parameters.items()]
        legs = pd.DataFrame({"legs": [found.access_kmh, found.local_metres, found.max_metres]})
        return Answer({"nodes": _plain(found.nodes), "edges": _plain(found.edges), "legs": legs}, tuple(told))
    if isinstance(found, Timetable):
        names = ("stops", "routes", "trips", "calls", "transfers", "pathways")
        found.day(TUESDAY if TUESDAY in found.dates.index[found.dates["trips"] > 0] else None)
        return Answer({name: _plain(getattr(found, name)) for name in names}, tuple(map(str, found.notes)))
    if isinstance(found, Study):
        parts = {name: _plain(getattr(found, name)) for name in ("communes", "residents", "services")}
        roads = [answer_of(network) for network in found.networks.values()]
        for number, each in enumerate(roads):
            parts |= {f"{name} {number}": table for name, table in each.tables.items()}
        notes = [str(row) for row in found.notes.to_numpy().tolist()] if found.notes is not None else []
        for table in (found.communes, found.residents, found.services):
            notes += map(str, table.attrs.get("read_notes", ()))
        return Answer(parts, (*notes, *map(str, found.cautions), *(note for each in roads for note in each.notes)))
    if isinstance(found, pd.Series):
        found = found.to_frame().set_axis(["value"], axis=1).pipe(_with_attrs, found.attrs)
    if isinstance(found, pd.DataFrame):
        return Answer({"": _plain(found)}, tuple(map(str, found.attrs.get("read_notes", ()))))
    return Answer({"": pd.DataFrame({"said": [repr(found)]})})


def _with_attrs(table: pd.DataFrame, attrs: dict[Any, Any]) -> pd.DataFrame:
    table.attrs = attrs
    return table


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    plain = pd.DataFrame(table.drop(columns="geometry", errors="ignore")).astype(object)
    if "geometry" in table:
        plain["geometry"] = shapely.to_wkt(table["geometry"].array, rounding_precision=2)
    plain.index = plain.index.map(str)
    plain.attrs = {}
    return plain


def by_label(table: pd.DataFrame, columns: Sequence[str]) -> dict[str, list[tuple[str, ...]]]:
    """Return the rows under each label, as text that is equal where the values are."""
    found: dict[str, list[tuple[str, ...]]] = {}
    words = [[_word(value) for value in table[column].tolist()] for column in columns]
    for label, *row in zip(table.index, *words, strict=True):
        found.setdefault(label, []).append(tuple(row))
    return {label: sorted(rows) for label, rows in found.items()}


def _word(value: Any) -> str:
    if isinstance(value, list | tuple | dict | np.ndarray):
        return repr(value)
    if pd.isna(value):
        return "-"
    if isinstance(value, bool | np.bool_):
        return str(bool(value))
    return f"{float(value):.9g}" if isinstance(value, int | float | np.number) else str(value)


def same(before: Answer, now: Answer) -> str | None:
    """Complain of any difference: the file holds what tells that it was changed."""
    for name, table in before.tables.items():
        try:
            pd.testing.assert_frame_equal(now.tables[name], table, check_dtype=False)
        except (AssertionError, KeyError) as error:
            return f"{name}: {str(error)[:300]}"
    return None


def whole(base: bytes, content: bytes, before: Answer, now: Answer) -> str | None:
    """Judge what has checksums: all of it, or nothing."""
    return same(before, now)


def said_or_whole(base: bytes, content: bytes, before: Answer, now: Answer) -> str | None:
    """Judge what has checksums in parts: all of it, or what is lacking is told."""
    return None if now.notes != before.notes else same(before, now)


def nothing(base: bytes, content: bytes, before: Answer, now: Answer) -> str | None:
    """Judge what no rule of ours can: only how it ends."""
    return None


# --- CSV --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rows:
    """A CSV by its rows: which of the answer each gives, and which of its cells are numbers of the answer.

    Parameters
    ----------
    separator
        Of the cells.
    label
        Of the answer's rows, from a row of the file by its names; None where it gives none.
    numbers
        Column of the file to column of the answer.
    fixed
        Labels that the answer has whatever the file says.
    head
        How many lines the header has, titles included; without one, names are the places of the cells, from 0.
    """

    separator: str
    label: Callable[[dict[str, str]], str | None]
    numbers: Mapping[str, str] = field(default_factory=dict)
    fixed: Sequence[str] = ()
    head: int = 1

    def __call__(self, base: bytes, content: bytes, before: Answer, now: Answer) -> str | None:
        if now.notes != before.notes:
            return None
        had, has = self._read(base), self._read(content)
        if has is None:
            return None if same(before, now) is None else "what no one can read as text is read otherwise"
        old, new = before.tables[""], now.tables[""]
        columns = [name for name in old.columns if name in new.columns]
        lost = set(old.columns) - set(new.columns)
        gone = {name for name in self.names(base) if name not in self.names(content)}
        if lost and not gone:
            return f"columns {sorted(lost)} are gone"
        if gone or self.names(base) != self.names(content):
            return None  # another header is another file: each name that counts is asked for, or is a further column
        was, is_now = by_label(old, columns), by_label(new, columns)
        for label, rows in had.items():
            if has.get(label) == rows and was.get(label) != is_now.get(label):
                return f"row {label!r}, as it was, is {is_now.get(label)}, and not {was.get(label)}"
        made = set(new.index) - set(self.fixed)
        if not made <= {*has, *had}:
            return f"rows of nothing: {sorted(made - {*has, *had})[:3]}"
        lacking = [label for label in has if label not in new.index and label in old.index]
        if lacking:
            return f"rows are gone: {lacking[:3]}"
        return self._numbers(has, had, new)

    def names(self, content: bytes) -> list[str]:
        """Return the names of the columns."""
        text = self._text(content)
        if text is not None and not self.head:
            return [str(number) for number in range(40)]
        return [] if text is None else [cell.strip() for cell in text.split("\n")[self.head - 1].split(self.separator)]

    def _text(self, content: bytes) -> str | None:
        for mark, encoding in ((b"\xff\xfe\0\0", "utf-32"), (b"\xff\xfe", "utf-16"), (b"", "utf-8-sig")):
            if content.startswith(mark):
                try:
                    text = content.decode(encoding)
                except UnicodeDecodeError:
                    continue
                return text.replace("\r\n", "\n").replace("\r", "\n")
        return None

    def _read(self, content: bytes) -> dict[str, list[dict[str, str]]] | None:
        text = self._text(content)
        if text is None:
            return None
        lines = text.split("\n")
        names = self.names(content)
        found: dict[str, list[dict[str, str]]] = {}
        for line in lines[self.head :]:
            row = dict(zip(names, (cell.strip() for cell in line.split(self.separator)), strict=False))
            if any(row.values()):
                label = self.label(row)
                if label is not None:
                    found.setdefault(label, []).append(row)
        return {label: sorted(rows, key=repr) for label, rows in found.items()}

    def _numbers(
        self, has: dict[str, list[dict[str, str]]], had: dict[str, list[dict[str, str]]], new: pd.DataFrame
    ) -> str | None:
        texts = [
            ours for ours in self.numbers if not any(NUMBER.search(row[ours]) for rows in has.values() for row in rows)
        ]  # a column without any number is one of text
        for label, rows in has.items():
            if rows == had.get(label) or len(rows) > 1 or label not in new.index:
                continue
            for ours, theirs in self.numbers.items():
                if (
                    ours in rows[0]
                    and theirs in new
                    and ours not in texts
                    and not _means(rows[0][ours], new.loc[label, theirs])
                ):
                    return f"{ours} {rows[0][ours]!r} of {label!r} is read as {new.loc[label, theirs]!r}"
        return None


NUMBER = re.compile(r"\A *[+-]?\d+([.,]\d+)? *\Z")


def _means(cell: str, value: Any) -> bool:
    """Whether a cell can be read as this number, in one way only."""
    cell = cell.strip('"').strip()
    if pd.isna(value):
        return cell.casefold() in {"", "nan", "null", "none", "na", "n/a", "<na>", "\\n"}
    if re.fullmatch(r"[+-]?[1-9]\d{0,2},\d{3}", cell):
        return False
    plain = re.sub(r"[ \u00a0\u202f\u2009'’]", "", cell)
    readings = {plain, plain.replace(",", "."), plain.replace(".", "").replace(",", "."), plain.replace(",", "")}
    for each in readings:
        try:
            if float(each) == float(value) or round(float(each), 9) == round(float(value), 9):
                return True
        except ValueError:
            continue
    return False


def csv(separator: str) -> dict[str, Damage]:
    """Return every way in which a CSV is damaged."""
    return {**BYTES, **TEXT, **cells(separator)}


# --- GeoJSON, TOML, XML -----------------------------------------------------------------------------------------------


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({key for key, _ in pairs}) < len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def features(key: str) -> Judge:
    """Judge GeoJSON by its features, each named by one of its properties."""

    def read(content: bytes) -> dict[str, Any]:
        tree = json.loads(content.decode("utf-8-sig"), object_pairs_hook=_once)
        return {str(each["properties"][key]): each for each in tree["features"]}

    def judge(base: bytes, content: bytes, before: Answer, now: Answer) -> str | None:
        if now.notes != before.notes:
            return None
        try:
            has = read(content)
            kept = json.loads(content)
        except (ValueError, KeyError, TypeError, RecursionError, AttributeError) as error:
            return None if same(before, now) is None else f"is no whole GeoJSON ({error}), and read otherwise"
        had, sound = read(base), json.loads(base)
        if kept.get("crs") != sound.get("crs"):
            return None
        old, new = before.tables[""], now.tables[""]
        columns = [name for name in old.columns if name in new.columns]
        was, is_now = by_label(old, columns), by_label(new, columns)
        for label, feature in had.items():
            if has.get(label) == feature and was.get(label) != is_now.get(label):
                return f"feature {label!r}, as it was, is {is_now.get(label)}"
        return None if len(new) == len(kept["features"]) else f"{len(new)} rows of {len(kept['features'])} features"

    return judge


def given(told: Callable[[Any], Any]) -> Judge:
    """Judge TOML by what is in it: every value stands in the answer, and no other."""

    def judge(base: bytes, content: bytes, before: Answer, now: Answer) -> str | None:
        try:
            tree = tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n"))
        except (ValueError, RecursionError) as error:
            return f"is no TOML ({error})"
        said = now.tables[""]["said"].iloc[0]
        return None if said == repr(told(tree)) else f"{said[:300]} is not what the file says: {told(tree)!r:.300}"

    return judge


def moved(base: bytes, content: bytes, before: Answer, now: Answer) -> str | None:
    """Judge TOML whose answer has more than it: changed where the file is, and nowhere else."""
    try:
        tree = _plain_tree(tomllib.loads(content.decode("utf-8-sig").replace("\r\n", "\n")))
    except (ValueError, RecursionError) as error:
        return f"is no TOML ({error})"
    alike = tree == _plain_tree(tomllib.loads(base.decode()))
    return None if alike == (same(before, now) is None) else f"{alike=} in the file, and not in the answer"


def roads_of_xml(base: bytes, content: bytes, before: Answer, now: Answer) -> str | None:
    """Judge OpenStreetMap's XML: roads of ways and nodes that are as they were take as long."""

    def read(text: bytes) -> dict[tuple[str, str], bytes]:
        tree = ET.fromstring(text)
        return {(each.tag, each.get("id", "")): ET.tostring(each) for each in tree}

    if now.notes != before.notes:
        return None
    try:
        had, has = read(base), read(content)
    except (ET.ParseError, ValueError, LookupError):
        return None if same(before, now) is None else "is no XML, and read otherwise"
    kept = {number for (kind, number), text in had.items() if kind == "node" and has.get((kind, number)) == text}
    if {each: text for each, text in had.items() if each[0] != "node"} != {
        each: text for each, text in has.items() if each[0] != "node"
    }:
        return None  # other ways: other roads
    old, new = (
        {(str(row.u), str(row.v)): round(float(row.minutes), 6) for row in each.tables["edges"].itertuples()}
        for each in (before, now)
    )
    for (u, v), minutes in old.items():
        if {u, v} <= kept and new.get((u, v)) != minutes:
            return f"the road {u}-{v}, as it was, takes {new.get((u, v))} minutes, and not {minutes}"
    return None


# --- files of several, and of rows in a database ----------------------------------------------------------------------


def of_members(damages: Mapping[str, Damage], *, forge: Callable[[dict[str, bytes]], None] | None = None) -> Damage:
    """Return a damage to one file of a zip, whose own checksums are then right again."""

    def damage(content: bytes, rng: random.Random) -> bytes:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        name = rng.choice(sorted(members))
        fitting = [each for key, each in damages.items() if not key.startswith("json") or name.endswith(".json")]
        change = rng.choice(("damage", "damage", "damage", "damage", "drop", "empty", "swap"))
        if change == "damage":
            try:
                members[name] = rng.choice(fitting)(members[name], rng)
            except (ValueError, IndexError):  # a damage to text, and this is none
                members[name] = BYTES["flip"](members[name], rng)
        elif change == "drop":
            del members[name]
        elif change == "empty":
            members[name] = b""
        else:
            other = rng.choice(sorted(members))
            members[name], members[other] = members[other], members[name]
        if forge is not None:
            forge(members)
        return packed(members)

    return damage


def trips_of_feed(base: bytes, content: bytes, before: Answer, now: Answer) -> str | None:
    """Judge a timetable: a trip whose rows are as they were calls as it did, and one that calls is in the file."""
    if now.notes != before.notes:
        return None
    had, has = _trips_told(base), _trips_told(content)
    if had is None or has is None:
        return None
    was, is_now = _trips_called(before), _trips_called(now)
    for trip, told in had.items():
        if has.get(trip) == told and was.get(trip) != is_now.get(trip):
            return f"trip {trip!r}, as it was, calls {is_now.get(trip)}, and not {was.get(trip)}"
    return f"trips of nothing: {set(is_now) - set(has)}" if set(is_now) - set(has) else None


def _trips_told(content: bytes) -> dict[str, Any] | None:
    """What a feed says of each trip, and whatever is said of all of them; None where it cannot be taken apart."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            files = {
                name: archive.read(name).decode().replace("\r", "\n").strip().split("\n") for name in archive.namelist()
            }
        rows = {name: [line.split(",") for line in files[name]] for name in ("trips.txt", "stop_times.txt")}
        at = {name: table[0].index("trip_id") for name, table in rows.items()}
        common = [files[name] for name in sorted(files) if name not in rows], [table[0] for table in rows.values()]
        found: dict[str, Any] = {row[at["trips.txt"]].strip(): [common, row] for row in rows["trips.txt"][1:]}
        for row in rows["stop_times.txt"][1:]:
            found.get(row[at["stop_times.txt"]].strip(), []).append(row)
    except (KeyError, ValueError, IndexError, UnicodeDecodeError):
        return None
    return found


def _trips_called(answer: Answer) -> dict[str, list[list[Any]]]:
    trips, stops = answer.tables["trips"]["trip"].tolist(), list(answer.tables["stops"].index)
    found: dict[str, list[list[Any]]] = {}
    calls = answer.tables["calls"]
    for row in calls.astype(object).where(calls.notna(), None).itertuples(index=False):  # a blank is like a blank
        found.setdefault(trips[row.trip], []).append([stops[row.stop], *row[2:]])
    return found


def packed(members: Mapping[str, bytes]) -> bytes:
    """Return a zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _frame(content: bytes, rng: random.Random) -> bytes:
    """Another value, type, name or order in a Parquet or Arrow table; of what is none, or becomes none, a bit."""
    if not content:
        return content
    try:
        if content.startswith(b"ARROW1"):
            return bytes(table_packed(ARROW, _other(pa.ipc.open_file(content).read_pandas(), rng)))
        table = pd.read_parquet(io.BytesIO(content))
        buffer = io.BytesIO()
        _other(table, rng).to_parquet(buffer)
    except Exception:  # another member of the archive, or a column that Parquet cannot hold
        return BYTES["flip"](content, rng)
    return buffer.getvalue()


def _other(table: pd.DataFrame, rng: random.Random) -> pd.DataFrame:
    at, name = rng.randrange(len(table)), rng.choice(list(table.columns))
    value = rng.choice((*NASTY[:40], None, np.nan, np.inf, -1, 1e308, True, b"\0", [1], 10**12))
    change = rng.choice(("cell", "cell", "type", "drop", "row", "twice", "index"))
    if change == "drop":
        return table.drop(columns=name)
    if change == "row":
        return table.drop(index=table.index[at])
    if change == "twice":
        return pd.concat([table, table.iloc[[at]]])
    if change == "index":
        return table.set_axis(table.index[::-1])
    column = table[name].astype(object)
    column.iloc[at] = value
    return table.assign(**{name: column if change == "cell" else table[name].astype(str)})


def _sql(content: bytes, rng: random.Random) -> bytes:
    """Another value in a cell, or a row or table less, of a GeoPackage."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.gpkg")
        path.write_bytes(content)
        connection = sqlite3.connect(path)
        tables = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        for trigger in [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type='trigger'")]:
            connection.execute(f'DROP TRIGGER "{trigger}"')
        chosen = rng.choice([name for name in tables if not name.startswith(("sqlite", "rtree"))])
        columns = [row[1] for row in connection.execute(f'PRAGMA table_info("{chosen}")')]
        value = rng.choice((*NASTY[:40], None, -1, 1e308, b"\0", 10**12, b"GP\0\1" + bytes(20)))
        change = rng.choice(("cell", "cell", "cell", "column", "row", "table", "name"))
        of_row = f'WHERE rowid = (SELECT rowid FROM "{chosen}" ORDER BY random() LIMIT 1)'
        statement, values = {
            "cell": (f'UPDATE "{chosen}" SET "{rng.choice(columns)}" = ? {of_row}', [value]),
            "column": (f'UPDATE "{chosen}" SET "{rng.choice(columns)}" = ?', [value]),
            "row": (f'DELETE FROM "{chosen}" {of_row}', []),
            "table": (f'DROP TABLE "{chosen}"', []),
            "name": (f'ALTER TABLE "{chosen}" RENAME COLUMN "{rng.choice(columns)}" TO "x y"', []),
        }[change]
        try:
            connection.execute(
                statement.replace("ORDER BY random()", f"ORDER BY rowid % {rng.randrange(1, 9)}"), values
            )
            connection.commit()
        except sqlite3.Error:
            return BYTES["flip"](content, rng)
        finally:
            connection.close()
        return path.read_bytes()


def few_rows(base: bytes, content: bytes, before: Answer, now: Answer) -> str | None:
    """Judge what has no checksum: a damaged page or record is at most a part of the file, and no row may be gone."""
    if now.notes != before.notes or same(before, now) is None:
        return None
    old, new = before.tables[""], now.tables[""]
    if len(new) != len(old):
        return None if len(content) != len(base) else f"{len(new)} rows, and not {len(old)}"
    return None


# --- the files --------------------------------------------------------------------------------------------------------


def _degrees(x: float, y: float) -> tuple[float, float]:
    lon, lat = TO_DEGREES.transform(x, y)
    return round(lon, 6), round(lat, 6)


# The names that the BD TOPO has in a Shapefile, which holds ten letters of each.
SHORT = {
    "nature": "NATURE",
    "importance": "IMPORTANCE",
    "sens_de_circulation": "SENS",
    "urbain": "URBAIN",
    "vitesse_moyenne_vl": "VIT_MOY_VL",
    "acces_vehicule_leger": "ACCES_VL",
    "in_territory": "territory",
}


def _made(table: gpd.GeoDataFrame, suffix: str) -> bytes:
    """Return a file of places; of a Shapefile, its parts in a zip."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, f"a{suffix}")
        if suffix == ".shp":
            table = table.rename(columns=SHORT)
        if suffix == ".parquet":
            table.to_parquet(path)
        else:
            table.to_file(path)
        if suffix != ".shp":
            return path.read_bytes()
        return packed({part.name: part.read_bytes() for part in sorted(Path(folder).iterdir())})


def _unpacked(read: Callable[[Path], Any]) -> Callable[[Path], Any]:
    """Read what a zip holds as files beside each other."""

    def reader(path: Path) -> Any:
        with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(path) as archive:
            for name in archive.namelist():
                Path(folder, name).write_bytes(archive.read(name))
            return read(Path(folder))

    return reader


PLACES = COMMUNES.rename_axis("insee").reset_index().rename(columns={"name": "nom"})
POINTS = [(f"r{n}", CODES[n % 3], 12 + n, X + 1000 * (n % 3) + 100 + 50 * n, Y + 200 + 60 * n) for n in range(12)]
RESIDENTS = pd.DataFrame(POINTS, columns=["id", "insee", "population", "x", "y"])


def _residents(*, degrees: bool) -> str:
    rows = ["id;insee;population;lon;lat" if degrees else "id;insee;population;x;y"]
    for name, code, people, x, y in POINTS:
        place = _degrees(x, y) if degrees else (x, y)
        rows.append(f"{name};{code};{people};{place[0]};{place[1]}")
    return "\n".join(rows) + "\n"


def _sites() -> str:
    rows = ["id,name,category,commune,capacity,hours,step_free,lon,lat"]
    kinds = ("pharmacy", "library", "post_office")
    for n in range(9):
        lon, lat = _degrees(X + 1000 * (n % 3) + 300 + 40 * n, Y + 300 + 50 * n)
        rows.append(f"s{n},Site {n},{kinds[n % 3]},{CODES[n % 3]},{3 + n},Mo-Fr 09:00-12:00,yes,{lon},{lat}")
    return "\n".join(rows) + "\n"


def _records() -> list[dict[str, Any]]:
    """The sites as records with a place of two keys."""
    read = [dict(zip(*pair, strict=True)) for pair in zip([HEAD_OF_SITES] * 9, _cells_of_sites(), strict=True)]
    return [{**row, "geo_point_2d": {"lon": float(row.pop("lon")), "lat": float(row.pop("lat"))}} for row in read]


HEAD_OF_SITES = ("id", "name", "category", "commune", "capacity", "hours", "step_free", "lon", "lat")


def _cells_of_sites() -> list[list[str]]:
    return [line.split(",") for line in _sites().splitlines()[1:]]


def _workbook(suffix: str) -> bytes:
    """The sites below a title, as a spreadsheet of one of three kinds."""
    rows: list[Sequence[Any]] = [["Liste des sites du pays"], HEAD_OF_SITES]
    rows += [[*row[:4], int(row[4]), *row[5:7], float(row[7]), float(row[8])] for row in _cells_of_sites()]
    buffer = io.BytesIO()
    if suffix == ".xls":
        old = xlwt.Workbook()
        sheet = old.add_sheet("Sites")
        for at, row in enumerate(rows):
            for place, value in enumerate(row):
                sheet.write(at, place, value)
        old.save(buffer)
    elif suffix == ".xlsx":
        book = Workbook()
        for row in rows:
            book.active.append(list(row))
        book.save(buffer)
    else:
        document = OpenDocumentSpreadsheet()
        table = Table(name="Sites")
        for row in rows:
            line = TableRow()
            for value in row:
                line.addElement(
                    TableCell(valuetype="string", stringvalue=value)
                    if isinstance(value, str)
                    else TableCell(valuetype="float", value=value)
                )
            table.addElement(line)
        document.spreadsheet.addElement(table)
        document.save(buffer)
    return buffer.getvalue()


def _france_services() -> str:
    rows = ["id_fs,lib_fs,insee_com,format_fs,latitude,longitude"]
    for n, kind in enumerate(("Fixe", "Bus", "Multisites", "Fixe")):
        lon, lat = _degrees(X + 500 * n + 100, Y + 300)
        rows.append(f"{n + 1},France services {n},{CODES[n % 3]},{kind},{lat},{lon}")
    return "\n".join(rows) + "\n"


def _finess() -> str:
    rows = ["finess;etalab;98;2026-05-12"]
    for number, three, kind in (("020000063", "173", "355"), ("020004404", "001", "620"), ("020010000", "018", "603")):
        cells = [
            number,
            "020000253",
            f"ETABLISSEMENT {number}",
            "",
            "",
            "",
            "1",
            "R",
            "DE L'HOPITAL",
            "",
            "",
            three,
            "02",
        ]
        cells += [
            "AISNE",
            "02300 CHAUNY",
            "0323385300",
            "",
            kind,
            "Centre",
            "1102",
            "Centres",
            "26020003100019",
            "8610Z",
        ]
        rows.append(
            "structureet;" + ";".join([*cells, "03", "ARS", "1", "Public", "1979-02-13", "1979-02-13", "2020", ""])
        )
    for number, x in (("020000063", X + 1500), ("020004404", X + 500), ("020010000", X + 2500)):
        rows.append(f"geolocalisation;{number};{x};{Y + 500};1,ATLASANTE,96,BAN,EPSG:2154 RGF93 / Lambert-93;2026")
    return "\n".join(rows) + "\n"


BPE = "CODGEO;TYPEQU;NB_EQUIP\n" + "".join(
    f"{code};{kind};{n}\n" for code in CODES for kind, n in (("D201", 9), ("B203", 5), ("E101", 2))
)
POSTE = (
    "Identifiant_A;Libellé_du_site;Caractéristique_du_site;Code_INSEE;Latitude;Longitude;"
    "Accessibilité_Absence_de_ressaut_de_plus_de_2_cm_de_haut;Accessibilité_Entrée_autonome_en_fauteuil_roulant_possible\n"
    "00001A;CHAUNY BP;Bureau de Poste;02173;49.6176;3.1968;Oui;Oui\n"
    "00002A;ABBECOURT AP;Agence postale communale;02001;49.6176;3.1868;Oui;Non\n"
    "00003A;ANIZY RP;Relais poste commerçant;02018;49.6176;3.2068;;\n"
)
RPPS = (
    "Type d'identifiant PP|Identifiant PP|Code profession|Libellé profession|Code savoir-faire|Libellé savoir-faire|"
    "Code mode exercice|Identifiant technique de la structure|Code commune (coord. structure)\n"
    "8|10001|10|Médecin|SM54|Médecine générale|L|S1|02173\n8|10002|10|Médecin|SM26|Médecine générale|L|S3|02001\n"
    "8|10003|10|Médecin|SM04|Cardiologie|L|S1|02173\n8|10004|60|Infirmier|||L|S4|02018\n"
)
MEDNUM = (
    "id;pivot;nom;commune;code_postal;code_insee;adresse;latitude;longitude;typologie;services;date_maj;horaires\n"
    "s-1;43493312300029;Fabrique;Chauny;02300;02173;12 RUE;49.6176;3.1968;TIERS_LIEUX;Accès;2026-01-02;Mo 09:00-12:00\n"
    "s-2;43493312300030;Mairie;Abbécourt;02300;02001;1 RUE;49.6176;3.1868;MUNI;Accès;2026-01-02;Tu 09:00-12:00\n"
)
PLACES_OF_WORK = ("mednum-s-1-coworking", "mednum-s-2-coworking")  # a service of its own beside the place
CALENDAR = "Identifiant;Date_calendrier;Plage_horaire_1;Plage_horaire_2\n" + "".join(
    f"{point};2026-09-{day:02};{'FERME;' if day % 7 == 6 else '09:00-12:00;13:30-16:45'}\n"
    for point in ("1A", "2A")
    for day in range(7, 28)
)
RANGES = (
    "TYPEQU;LIBELLE_TYPEQU;GAMME\nB201;SUPÉRETTE;Gamme de proximité\nB105;SUPERMARCHÉ;Gamme intermédiaire\n"
    "F303;CINÉMA;Gamme supérieure\n"
)
HOUSEHOLDS = "CODGEO;P22_RP;P22_RP_VOIT1P\n02173;5600;4200\n02001;210;190\n02018;900.5;700.25\n"
SURVEY = "UAI;Nb tablettes;TBI;ENT;debit_mbps\n0020001A;12;1;oui;8.5\n0020002B;30;4;non;100\n"
ROLL = (
    "rentree_scolaire;numero_ecole;nombre_total_classes;nombre_total_eleves\n"
    "2023;0020001A;4;99\n2024;0020001A;5;101\n2024;0020002B;7;160\n"
)
ARCEP = (
    "code_insee;nom_com;nbr;inel_hd;elig_hd05;elig_hd3;elig_hd8;elig_thd30;elig_thd100;elig_ftth\n"
    "02173;Chauny;7402;0;7402;7402;7402;7095;7068;7000\n02001;Abbécourt;230;0;230;230;230;200;190;180\n"
    "02018;Anizy-le-Grand;900;0;900;900;900;800;700;600\n"
)
RATES = "insee,fibre_pct,median_income_eur\n02173,89.9,20810\n02001,100,21200\n02018,42.5,19800\n"
TIMETABLE = json.dumps(
    [
        ["lundi", "vendredi", [["09:00:00", "12:00:00"], ["14:00:00", "17:00:00"]]],
        ["samedi", "samedi", [["09:00", "12:00"]]],
    ]
)
LIBRARIES = "Libelle1;INSEE;coordonnees_finales;code_bib;Statut;surface;type_adresse\n" + "".join(
    f"Bibliothèque {n};{code};49.6176,3.19{n};{870 + n}.0;Bibliothèque municipale;{60 + n}.0;Bibliothèque ouverte\n"
    for n, code in enumerate(CODES)
)
CARPOOL = "id_lieu;nom_lieu;insee;type;ouvert;Xlong;Ylat;nbre_pl\n" + "".join(
    f"P{n};Parking {n};{code};Parking;true;3.19{n};49.6176;{12 + n}\n" for n, code in enumerate(CODES)
)
CHARGERS = (
    "id_station_itinerance;nom_station;coordonneesXY;nbre_pdc;id_pdc_itinerance;horaires;code_insee_commune\n"
    + "".join(f'FRS{n // 2};Gare;"[3.19{n // 2}, 49.6176]";2;FRS{n // 2}E{n};24/7;02173\n' for n in range(4))
)
ENTRANCES = "id;name;siret;longitude;latitude;entree_plain_pied;entree_marches;entree_marches_rampe\n" + "".join(
    f"e{n};Mairie de {name};2102{n}0000000{n};3.19{n};49.6176;{plain};;\n"
    for n, (name, plain) in enumerate(zip(NAMES, ("True", "False", ""), strict=True))
)
STOPS = {
    "stops.txt": b"stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\nS,Gare,49.6176,3.1968,1,\n"
    b"a,Gare,49.6176,3.1968,0,S\nb,Mairie,49.6176,3.1868,,\n",
    "stop_times.txt": b"trip_id,stop_id\nt,a\nt,b\n",
    "trips.txt": b"trip_id,route_id\nt,r\n",
    "routes.txt": b"route_id,route_type\nr,2\n",
}
SITES_OF_OSM = """<?xml version="1.0"?>
<osm version="0.6" generator="t">
<node id="1" version="1" lon="3.1968" lat="49.6176"><tag k="amenity" v="pharmacy"/><tag k="name" v="A"/></node>
<node id="2" version="1" lon="3.1868" lat="49.6176"><tag k="shop" v="bakery"/><tag k="wheelchair" v="yes"/></node>
</osm>
"""
SCENARIOS = """\
[[scenario]]
name = "Bourg"

[[scenario.step]]
action = "open"
category = "france_services"
commune = "02002"

[[scenario.step]]
action = "set"
id = "fs-a"
capacity = 2.0

[[scenario.step]]
action = "set_speed"
road = [10, 20]
kmh = 30.0

[[scenario]]
name = "Aville"

[[scenario.step]]
action = "close"
id = "fs-a"
"""


def _schools() -> str:
    rows = ["uai;nom;niveau;insee;lon;lat;eleves"]
    for n, level in enumerate(("primaire", "collège", "lycée")):
        lon, lat = _degrees(X + 1000 * n + 500, Y + 500)
        rows.append(f"002000{n}A;École {n};{level};{CODES[n]};{lon};{lat};{100 + n}")
    return "\n".join(rows) + "\n"


def _osm() -> bytes:
    nodes = "".join(
        f'<node id="{n}" version="1" '
        f'timestamp="2024-05-01T00:00:00Z" lat="{49.6 + n % 3 / 100}" lon="{3 + n / 100}" />\n'
        for n in range(1, 10)
    )
    ways = "".join(
        f'<way id="{n}" version="1" timestamp="2024-06-02T00:00:00Z"><nd ref="{n}"/><nd ref="{n + 1}"/>'
        f'<tag k="highway" v="{kind}"/><tag k="maxspeed" v="{speed}"/></way>\n'
        for n, (kind, speed) in enumerate(
            [("primary", 80), ("secondary", 70), ("residential", 30), ("track", 20)] * 2, 1
        )
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<osm version="0.6">\n{nodes}{ways}</osm>\n'.encode()


def _pbf() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        source, path = Path(folder, "a.osm"), Path(folder, "a.osm.pbf")
        source.write_bytes(_osm())
        with osmium.SimpleWriter(str(path)) as writer:
            for thing in osmium.FileProcessor(str(source)):
                writer.add(thing)
        return path.read_bytes()


def _graphml() -> bytes:
    graph = nx.MultiDiGraph(crs="epsg:4326", simplified=True)
    for n in range(1, 7):
        graph.add_node(n, x=3 + n / 100, y=49.6 + n % 3 / 100)
    for n in range(1, 6):
        line = shapely.LineString([(3 + n / 100, 49.6 + n % 3 / 100), (3 + (n + 1) / 100, 49.6 + (n + 1) % 3 / 100)])
        for u, v, way in ((n, n + 1, line), (n + 1, n, line.reverse())):
            tags = {"osmid": n, "highway": "secondary", "oneway": False, "length": 700.0, "maxspeed": "70"}
            graph.add_edge(u, v, **tags, geometry=way)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a.graphml")
        osmnx.save_graphml(graph, path)
        return path.read_bytes()


def _bdtopo() -> gpd.GeoDataFrame:
    rows = [{"cleabs": f"T{n}", "nature": "Route à 1 chaussée", "importance": "3"} for n in range(6)]
    lines = [shapely.LineString([(X + 900 * n, Y), (X + 900 * n + 900, Y)]) for n in range(6)]
    table = gpd.GeoDataFrame(rows, geometry=lines, crs=2154)
    return table.assign(
        sens_de_circulation="Double sens", urbain=False, vitesse_moyenne_vl=70, acces_vehicule_leger="Libre"
    )


def _network() -> RoadNetwork:
    degrees = [_degrees(X + 800 * n, Y + 100 * (n % 3)) for n in range(8)]
    nodes = pd.DataFrame(degrees, columns=["lon", "lat"], index=[f"n{n}" for n in range(8)])
    ends = [(f"n{n}", f"n{n + 1}", 1.5 + n / 4) for n in range(7)]
    return RoadNetwork.from_edges(nodes, pd.DataFrame(ends, columns=["u", "v", "minutes"]), directed=False)


def _saved_network() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        return _network().save(Path(folder, "a.roads")).read_bytes()


def _saved_timetable(feed: bytes) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "feed.zip")
        path.write_bytes(feed)
        return Timetable.from_gtfs(path).save(Path(folder, "a.timetable")).read_bytes()


def _network_forged(members: dict[str, bytes]) -> None:
    try:
        meta = json.loads(members["meta.json"])
        meta["sha256"] = {name: hashlib.sha256(members[name]).hexdigest() for name in members if name != "meta.json"}
        members["meta.json"] = json.dumps(meta).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        return


def _study_forged(members: dict[str, bytes]) -> None:
    try:
        about = json.loads(members["study.json"])
        about["files"] = {name: hashlib.sha256(members[name]).hexdigest() for name in about["files"] if name in members}
        members["study.json"] = json.dumps(about).encode()
    except (ValueError, KeyError, TypeError, RecursionError):
        return


def _folder_of(study: Study, *, saved: bool) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "study")
        if saved:
            study.save(home)
        else:
            home.mkdir()
            write_toy(study, home)
        return packed({path.name: path.read_bytes() for path in sorted(home.iterdir())})


RECORD = {
    "format": 1,
    "accessmap": "0.2.0",
    "made": "2026-11-28",
    "title": "Trois villages",
    "verdict": "",
    "page": "dossier.html",
    "files": {"dossier.html": "0" * 64},
    "settings": {"name": "study.toml", "from": "..", "sha256": "0" * 64, "text": "[study]\n"},
    "accept": [],
    "inputs": {"communes.gpkg": "0" * 64},
    "sample": False,
    "versions": {"python": "3.11.0", "numpy": "2.1.0"},
    "tables": {"coverage": {"rows": 1, "columns": ["a"], "sha256": "0" * 64}},
    "numbers": {"coverage": {"10": {"baseline": 0.5, "Bourg": None}}, "summary": {}},
}


def _steps(tree: dict[str, Any]) -> Any:
    """Return the steps of a scenarios file, each with what it was given."""
    return [
        (
            each["name"],
            [sorted((name, _number(value)) for name, value in step.items()) for step in each.get("step", [])],
        )
        for each in tree.get("scenario", [])
    ]


def _number(value: Any) -> Any:
    return repr(float(value) if type(value) is int else list(map(_number, value)) if isinstance(value, list) else value)


def _plans(path: Path) -> Any:
    return _steps({"scenario": [each.table() for each in scenario_files.read(path).values()]})


def _record(path: Path) -> Any:
    return read_manifest(path.with_suffix(".html"))[1]


def _settings(path: Path) -> Any:
    return _plain_tree(read_settings(path).settings.model_dump(exclude_unset=True))


def _programme(path: Path) -> Any:
    again = programme.write(programme.read(path), path.with_name("again.toml"))
    return _plain_tree(tomllib.loads(again.read_text("utf-8")))


def _plain_tree(tree: Any) -> Any:
    """Return what TOML holds without order, and without what 3 and 3.0, or a list and a tuple, differ in."""
    if isinstance(tree, dict):
        told = {key: value for key, value in tree.items() if value != "unknown" and (key, value) != ("enabled", True)}
        return sorted((key, _plain_tree(value)) for key, value in told.items())
    if isinstance(tree, list | tuple):
        return [_plain_tree(each) for each in tree]
    return float(tree) if type(tree) is int else tree


def _named(name: str) -> Callable[[dict[str, str]], str | None]:
    return lambda row: row.get(name)


def inputs(study: Study) -> Iterator[Input]:
    """Yield every file; the toy study serves for those of studies."""

    def services(path: Path) -> Any:
        return read_services(path, communes=COMMUNES, mairies=MAIRIES)

    def residents(path: Path) -> Any:
        return read_residents(path, COMMUNES)

    def metres(path: Path) -> Any:
        return read_residents(path, COMMUNES, crs="EPSG:2154")

    def schools(path: Path) -> Any:
        return am.read.schools(path, COMMUNES)

    def digital(path: Path) -> Any:
        return am.read.digital(path, COMMUNES)

    people = {"population": "population"}
    for name, text, read, rows, times in (
        ("residents.csv", _residents(degrees=True), residents, Rows(";", _named("id"), people), 120),
        ("metres.csv", _residents(degrees=False), metres, Rows(";", _named("id"), people), 70),
        ("services.csv", _sites(), services, Rows(",", _named("id"), {"capacity": "capacity"}), 100),
        ("france_services.csv", _france_services(), services, Rows(",", _named("id_fs")), 50),
        ("bpe.csv", BPE, services, Rows(";", _bpe_label, {"NB_EQUIP": "capacity"}), 50),
        ("poste.csv", POSTE, services, Rows(";", lambda row: f"poste-{row.get('Identifiant_A')}"), 50),
        (
            "libraries.csv",
            LIBRARIES,
            services,
            Rows(";", lambda row: f"bib-{row.get('code_bib', '').removesuffix('.0')}"),
            40,
        ),
        (
            "covoiturage.csv",
            CARPOOL,
            services,
            Rows(";", lambda row: f"covoiturage-{row.get('id_lieu')}", {"nbre_pl": "capacity"}),
            40,
        ),
        ("acceslibre.csv", ENTRANCES, _entrances, Rows(";", lambda _: None, {}, MAIRIES.index), 40),
        ("hours.csv", CALENDAR, am.read.hours, Rows(";", lambda row: f"poste-{row.get('Identifiant')}"), 80),
        ("ranges.csv", RANGES, am.read.ranges, Rows(";", _named("TYPEQU")), 90),
        ("households.csv", HOUSEHOLDS, am.read.households, Rows(";", _named("CODGEO"), {"P22_RP": "households"}), 120),
        ("schools.csv", _schools(), schools, Rows(";", _named("uai"), {"eleves": "pupils"}), 60),
        ("equipment.csv", SURVEY, _equipment, Rows(";", _named("UAI"), {"Nb tablettes": "tablets"}), 90),
        ("digital.csv", ARCEP, digital, Rows(";", _named("code_insee"), {"nbr": "premises"}, CODES), 60),
        (
            "rates.csv",
            RATES,
            digital,
            Rows(",", _named("insee"), {"median_income_eur": "median_income_eur"}, CODES),
            90,
        ),
    ):
        yield Input(name, text.encode(), read, csv(rows.separator), times, rows)
    yield Input("finess.csv", _finess().encode(), services, csv(";"), 40, Rows(";", _named("1"), head=0))
    yield Input("irve.csv", CHARGERS.encode(), services, csv(";"), 40, nothing)
    yield Input("gtfs.zip", packed(STOPS), services, BYTES, 30, said_or_whole)
    yield Input("stops.zip", packed(STOPS), services, {"member": of_members(csv(","))}, 30, nothing)
    yield Input("points.osm", SITES_OF_OSM.encode(), services, {**BYTES, **XML}, 40, nothing)
    yield Input("points.osm.gz", gzip.compress(SITES_OF_OSM.encode(), mtime=0), services, BYTES, 30, whole)
    yield Input("rpps.txt", RPPS.encode(), services, csv("|"), 50, nothing)
    yield Input(
        "mednum.csv",
        MEDNUM.encode(),
        services,
        csv(";"),
        50,
        Rows(";", lambda row: f"mednum-{row.get('id')}", fixed=PLACES_OF_WORK),
    )
    yield Input(
        "roll.csv",
        ROLL.encode(),
        _roll,
        csv(";"),
        50,
        Rows(";", _named("numero_ecole"), {}, ("0020000A", "0020001A", "0020002A")),
    )
    yield Input("timetable.json", TIMETABLE.encode(), _timetable, {**BYTES, **JSON}, 150, nothing)

    table = gpd.GeoDataFrame(
        RESIDENTS.drop(columns=["x", "y"]), geometry=gpd.points_from_xy(RESIDENTS.x, RESIDENTS.y), crs=2154
    )
    for suffix, damage, judge in ((".xlsx", XML, whole), (".ods", XML, whole), (".xls", None, nothing)):
        book = _workbook(suffix)
        members = {} if damage is None else {"member": of_members({**BYTES, **damage})}
        yield Input(f"sites{suffix}", book, services, BYTES, 25, judge)
        if members:
            yield Input(f"inside{suffix}", book, services, members, 30, nothing)
    records = json.dumps({"total_count": 9, "results": _records()}).encode()
    yield Input("sites.json", records, services, {**BYTES, **TEXT, **JSON}, 80, nothing)

    compressed = gzip.compress(_residents(degrees=True).encode(), mtime=0)
    yield Input("residents.csv.gz", compressed, residents, BYTES, 100, whole)
    yield Input("zipped.zip", packed({"r.csv": _residents(degrees=True).encode()}), residents, BYTES, 70, whole)
    yield Input(
        "residents.geojson",
        _made(table.to_crs(4326), ".geojson"),
        residents,
        {**BYTES, **TEXT, **JSON},
        90,
        features("id"),
    )
    yield Input(
        "residents.parquet",
        _made(table, ".parquet"),
        residents,
        {**BYTES, "frame": _frame, "frames": _frame},
        80,
        few_rows,
    )
    yield Input(
        "communes.geojson",
        _made(PLACES.to_crs(4326), ".geojson"),
        read_communes,
        {**BYTES, **JSON},
        100,
        features("insee"),
    )
    yield Input(
        "communes.gpkg", _made(PLACES, ".gpkg"), read_communes, {**BYTES, "sql": _sql, "more sql": _sql}, 60, few_rows
    )
    parts = {"parts": of_members(BYTES), "packed": BYTES["flip"], "cut": BYTES["cut"]}
    yield Input("communes.zip", _made(PLACES, ".shp"), read_communes, parts, 90, few_rows)

    yield Input("scenarios.toml", SCENARIOS.encode(), _plans, {**BYTES, **TEXT, **TOML}, 250, given(_steps))
    programmes = Path(programme.files.__file__).parents[3] / "data" / "communes" / "programme.toml"
    yield Input("programme.toml", programmes.read_bytes(), _programme, {**BYTES, **TOML}, 100, moved)
    folder = _folder_of(study, saved=False)
    with zipfile.ZipFile(io.BytesIO(folder)) as archive:
        text = archive.read("study.toml")
    yield Input("study.toml", text, _settings, {**BYTES, **TEXT, **TOML}, 250, given(_plain_tree))
    rows = {**csv(","), **{f"{name} of toml": each for name, each in TOML.items()}}
    loaded = _unpacked(lambda home: load_study(home / "study.toml"))
    yield Input("study.zip", folder, loaded, {"member": of_members(rows)}, 25, nothing)
    kinds = {**BYTES, **{f"json {name}": each for name, each in JSON.items()}, "frame": _frame, "frames": _frame}
    saved = _folder_of(study, saved=True)
    yield Input("saved.zip", saved, _unpacked(load_study), {"member": of_members(kinds)}, 40, whole)
    yield Input(
        "forged.zip", saved, _unpacked(load_study), {"forged": of_members(kinds, forge=_study_forged)}, 60, nothing
    )
    network = _saved_network()
    yield Input("a.roads", network, RoadNetwork.load, {**BYTES, "member": of_members(BYTES)}, 100, whole)
    yield Input(
        "forged.roads", network, RoadNetwork.load, {"forged": of_members(kinds, forge=_network_forged)}, 100, nothing
    )
    feed, read_feed = packed_feed(FEED), Timetable.from_gtfs
    yield Input("feed.zip", feed, read_feed, {**BYTES, "member": of_members({**BYTES, **TEXT})}, 20, nothing)
    yield Input("cells.zip", feed, read_feed, {"member": of_members(csv(","))}, 40, trips_of_feed)
    zones = packed_feed({**FEED, **FLEX})
    yield Input("zones.zip", zones, read_feed, {"cells": of_members(csv(",")), "zones": of_members(JSON)}, 25, nothing)
    saved = _saved_timetable(zones)
    yield Input("a.timetable", saved, Timetable.load, {**BYTES, "member": of_members(BYTES)}, 20, whole)
    yield Input(
        "forged.timetable", saved, Timetable.load, {"forged": of_members(kinds, forge=_network_forged)}, 30, nothing
    )
    yield Input("record.json", json.dumps(RECORD).encode(), _record, {**BYTES, **JSON}, 120, nothing)

    yield Input("roads.osm", _osm(), RoadNetwork.from_osm, {**BYTES, **XML}, 160, roads_of_xml)
    yield Input("roads.osm.gz", gzip.compress(_osm(), mtime=0), RoadNetwork.from_osm, BYTES, 80, whole)
    yield Input("roads.osm.pbf", _pbf(), RoadNetwork.from_osm, BYTES, 120, whole)
    yield Input("roads.graphml", _graphml(), RoadNetwork.from_graph, {**BYTES, **XML}, 120, nothing)
    yield Input(
        "bdtopo.geojson",
        _made(_bdtopo().to_crs(4326), ".geojson"),
        RoadNetwork.from_bdtopo,
        {**BYTES, **JSON},
        60,
        nothing,
    )
    yield Input("bdtopo.gpkg", _made(_bdtopo(), ".gpkg"), RoadNetwork.from_bdtopo, {**BYTES, "sql": _sql}, 40, nothing)
    lines = _unpacked(lambda home: RoadNetwork.from_bdtopo(home / "a.shp"))
    yield Input("bdtopo.zip", _made(_bdtopo(), ".shp"), lines, {"parts": of_members(BYTES)}, 50, nothing)


def _bpe_label(row: dict[str, str]) -> str | None:
    return f"bpe-{row.get('CODGEO')}-{row.get('TYPEQU')}"


def _library(row: dict[str, str]) -> str:
    return f"bib-{row.get('code_bib', '').removesuffix('.0')}"


def _entrances(path: Path) -> Any:
    return am.read.entrances(path, MAIRIES)


def _equipment(path: Path) -> Any:
    return am.read.equipment(path, SCHOOLS)


def _roll(path: Path) -> Any:
    schools = path.with_name("schools of the roll.csv")
    schools.write_text(_schools())
    return am.read.schools(schools, COMMUNES, roll=path)


def _timetable(path: Path) -> Any:
    return parse_timetable(path.read_text("utf-8", errors="replace"))
