"""Pieces of an OpenStreetMap file, each with all that the roads of one place are read from, cut in one pass for all.

A piece has every way with a node in its place, whole, and those that meet one of these; what bounds built-up areas
there; and the relations that tell of its ways (turn restrictions, ferry lines, areas) with all of their ways.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from accessmap.errors import Problem, SourceError
from accessmap.roads.readers import osm_tags
from accessmap.roads.readers.osm import WAY_KEYS, is_settled
from accessmap.roads.readers.osm_columns import (
    NOWHERE,
    Decoded,
    IntArray,
    degrees,
    distinct,
    located,
    numbers,
    positions_of,
    tags_of,
)
from accessmap.roads.readers.osm_versions import objects_gone
from accessmap.roads.readers.rights import values
from accessmap.roads.sorting import slices

Bools = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.int32]
AREA_KEYS = osm_tags.KINDS - {"route"}


class _Relation(NamedTuple):
    line: str
    settled: bool
    ways: IntArray


class _Owners(NamedTuple):
    """Which places each of so many objects belongs to: those of object n are from `first[n]` to `first[n + 1]`."""

    first: IntArray
    place: npt.NDArray[np.int32]

    @classmethod
    def of(cls, chosen: list[IntArray], count: int) -> _Owners:
        """Return the owners of so many objects, of which each place has chosen some."""
        rows = np.concatenate([np.empty(0, dtype=np.int64), *chosen])
        place = np.repeat(np.arange(len(chosen), dtype=np.int32), [len(each) for each in chosen])
        order = np.argsort(rows, kind="stable")
        first = np.concatenate([[0], np.cumsum(np.bincount(rows, minlength=count))])
        return cls(first.astype(np.int64), place[order])

    def rows(self, at: IntArray) -> Iterator[tuple[int, IntArray]]:
        """Yield each place that owns some of these objects (-1 is none), and which of them."""
        held = np.flatnonzero(at >= 0)
        sizes = self.first[at[held] + 1] - self.first[at[held]]
        row = np.repeat(held, sizes)
        inside = np.arange(len(row)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        place = self.place[np.repeat(self.first[at[held]], sizes) + inside]
        for number in np.unique(place).tolist():
            yield number, row[place == number]


@dataclass
class _File:
    """The ways of a file that roads are read from, and their nodes: by id; `tagged` are those that have a line."""

    ways: IntArray
    refs: npt.NDArray[np.int32]
    starts: IntArray
    settled: Bools
    nodes: IntArray
    lon: Floats
    lat: Floats
    tagged: Bools

    def with_any(self, nodes: Bools) -> Bools:
        """Return whether each way has one of these nodes."""
        return np.diff(np.concatenate([[0], np.cumsum(nodes[self.refs])])[self.starts]) > 0

    def overlapping(self, bounds: tuple[float, float, float, float]) -> Bools:
        """Return whether each way may lie around or in these bounds."""
        west, south, east, north = bounds
        least, most = (each.reduceat for each in (np.fmin, np.fmax))
        x, y, at = self.lon[self.refs], self.lat[self.refs], self.starts[:-1]
        found: Bools = (least(x, at) <= east) & (most(x, at) >= west) & (least(y, at) <= north) & (most(y, at) >= south)
        return found


def cut(path: Path, places: Mapping[str, Any], folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield each place that has roads, and the piece of it (.osm.pbf, in `folder`), of a file decoded once.

    Parameters
    ----------
    path
        The file.
    places
        Polygons in degrees, by name.
    folder
        For the pieces, and for what is laid down on the way.

    Raises
    ------
    SourceError
        Where the file has objects that are deleted, or several versions of one.
    """
    import osmium

    gone = objects_gone(path)
    if any(gone.ids.values()) or any(gone.last.values()):
        raise SourceError(Problem("roads_split_history", where=str(path)))
    with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
        header = reader.header()
    with tempfile.TemporaryDirectory(dir=folder) as aside:
        decoded = Decoded(path, Path(aside))
        relations = _relations(decoded)
        file = _read(decoded, relations)
        kept = [_chosen(file, relations, place) for place in places.values()]
        lines = [Path(aside, f"{number}.opl") for number in range(len(places))]
        _write(decoded, file, kept, relations, lines)
        for name, source in zip(places, lines, strict=True):
            if not source.stat().st_size:
                continue
            piece = Path(aside, f"{name}.osm.pbf")
            with osmium.io.Reader(str(source)) as reader, osmium.SimpleWriter(str(piece), header=header) as writer:
                osmium.apply(reader, writer)
            source.unlink()
            yield name, piece


def _relations(decoded: Decoded) -> list[_Relation]:
    found = []
    for block in decoded.blocks("r"):
        for values_ in zip(*(column.to_pylist() for column in block.columns), strict=True):
            tags, members = tags_of(values_[-2]), values_[-1][1:].split(",")
            settled = is_settled(tags)
            area = tags.get("type") == "multipolygon" and not AREA_KEYS.isdisjoint(tags)
            turns = tags.get("type", "").partition(":")[0] == "restriction"
            if settled or area or turns or "ferry" in values(tags.get("route", "")):
                ways = [int(member[1:].partition("@")[0]) for member in members if member.startswith("w")]
                found.append(_Relation(" ".join(values_), settled, np.array(ways, dtype=np.int64)))
    return found


def _read(decoded: Decoded, relations: list[_Relation]) -> _File:
    members = distinct(np.concatenate([np.empty(0, dtype=np.int64), *(each.ways for each in relations)]))
    parts: list[tuple[IntArray, IntArray, Places, IntArray, Bools]] = []
    for block in decoded.blocks("w"):
        ids = numbers(block["id"])
        texts = block["tags"].dictionary_encode()
        told = [tags_of(text) for text in texts.dictionary.to_pylist()]
        codes = texts.indices.to_numpy()
        read = np.array([not WAY_KEYS.isdisjoint(tags) for tags in told], dtype=bool)[codes]
        settled = np.array([is_settled(tags) for tags in told], dtype=bool)[codes]
        rows = np.flatnonzero(read | (positions_of(members, ids) >= 0))
        refs, starts, places = located(block["refs"].take(pa.array(rows)))
        drawn = np.diff(starts) > 0
        rows = rows[drawn]
        parts.append((ids[rows], refs, places.T, np.diff(starts)[drawn], settled[rows]))
    none = np.empty(0, dtype=np.int64)
    nowhere = np.empty((0, 2), dtype=np.int32)
    ways, refs, places, sizes, settled = (
        map(np.concatenate, zip(*parts, strict=True)) if parts else (none, none, nowhere, none, none > 0)
    )
    del parts
    nodes = distinct(refs)
    at = positions_of(nodes, refs).astype(np.int32)
    lon, lat = np.full((2, len(nodes)), np.nan)
    for axis, whole in ((lon, places[:, 0]), (lat, places[:, 1])):
        axis[at] = np.where(whole == NOWHERE, np.nan, whole / 1e7)
    tagged = np.zeros(len(nodes), dtype=bool)
    for block in decoded.blocks("n"):
        found = positions_of(nodes, numbers(block["id"]))
        known = np.flatnonzero(found >= 0)
        tagged[found[known]] = True
        lon[found[known]], lat[found[known]] = degrees(block["lon"])[known], degrees(block["lat"])[known]
    return _File(ways, at, np.concatenate([[0], np.cumsum(sizes)]), settled, nodes, lon, lat, tagged)


def _chosen(file: _File, relations: list[_Relation], place: Any) -> tuple[IntArray, IntArray, IntArray]:
    """The numbers of the ways, nodes and relations of one piece."""
    bounds = west, south, east, north = place.bounds
    inside = (file.lon >= west) & (file.lon <= east) & (file.lat >= south) & (file.lat <= north)
    near = np.flatnonzero(inside)
    shapely.prepare(place)
    inside[near] = shapely.contains_xy(place, file.lon[near], file.lat[near])
    touching = file.with_any(inside)
    if not touching.any():
        none = np.empty(0, dtype=np.int64)
        return none, none, none
    around = file.overlapping(bounds)
    kept = touching | (around & file.settled)
    told = []
    order = np.argsort(file.ways, kind="stable")
    for number, relation in enumerate(relations):
        rows = positions_of(file.ways[order], relation.ways)
        rows = order[rows[rows >= 0]]
        if (touching | around if relation.settled else touching)[rows].any():
            kept[rows] = True
            told.append(number)
    nodes = np.zeros(len(file.nodes), dtype=bool)
    nodes[file.refs[np.repeat(kept, np.diff(file.starts))]] = True
    # Ways that meet those tell which of their nodes are ways into a square, or lie below a wall.
    kept |= file.with_any(nodes)
    nodes[file.refs[np.repeat(kept, np.diff(file.starts))]] = True
    return np.flatnonzero(kept), np.flatnonzero(nodes), np.array(told, dtype=np.int64)


def _write(
    decoded: Decoded,
    file: _File,
    kept: list[tuple[IntArray, IntArray, IntArray]],
    relations: list[_Relation],
    lines: list[Path],
) -> None:
    """Write the lines of OPL of every piece: nodes, ways, relations."""
    order = np.argsort(file.ways, kind="stable")
    ways, nodes = (_Owners.of([each[at] for each in kept], len(ids)) for at, ids in ((0, file.ways), (1, file.nodes)))
    with ExitStack() as stack:
        files = [stack.enter_context(each.open("w", encoding="utf-8", newline="\n")) for each in lines]
        for at, whole in _nodes(decoded, file):
            for place, rows in nodes.rows(at):
                files[place].write("\n".join(whole[rows].tolist()) + "\n")
        for block in decoded.blocks("w"):
            at = positions_of(file.ways[order], numbers(block["id"]))
            at = np.where(at >= 0, order[at], -1)
            refs = pc.replace_substring_regex(block["refs"], r"x[-.\d]*y[-.\d]*", "")
            whole = pc.binary_join_element_wise(*block.columns[:-1], refs, " ")
            for place, rows in ways.rows(at):
                files[place].write("\n".join(whole.take(pa.array(rows)).to_pylist()) + "\n")
        for target, (_, _, told) in zip(files, kept, strict=True):
            target.writelines(f"{relations[number].line}\n" for number in told.tolist())


def _nodes(decoded: Decoded, file: _File) -> Iterator[tuple[IntArray, npt.NDArray[np.object_]]]:
    """Yield the nodes of ways whose place is known, by position, and their lines; in order where the file is sorted."""
    plain = np.flatnonzero(~file.tagged & ~np.isnan(file.lon))
    done = 0
    for block in decoded.blocks("n"):
        at = positions_of(file.nodes, numbers(block["id"]))
        rows = np.flatnonzero(at >= 0)
        if len(rows):
            before = int(np.searchsorted(plain, at[rows].max()))
            told = pc.binary_join_element_wise(*block.columns, " ").take(pa.array(rows)).to_numpy(zero_copy_only=False)
            both = np.concatenate([at[rows], plain[done:before]])
            lines = np.concatenate([told, _bare(file, plain[done:before])])
            order = np.argsort(both, kind="stable")
            yield both[order], lines[order]
            done = max(done, before)
    for some in slices(len(plain) - done):
        rest = plain[done:][some]
        yield rest, _bare(file, rest)


def _bare(file: _File, nodes: IntArray) -> npt.NDArray[np.object_]:
    """Lines of nodes without tags."""
    told = zip(file.nodes[nodes].tolist(), file.lon[nodes].tolist(), file.lat[nodes].tolist(), strict=True)
    return np.array([f"n{node} v1 dV t T x{lon:.7f} y{lat:.7f}" for node, lon, lat in told], dtype=object)
