"""Nodes and ways of an OpenStreetMap file as columns: osmium writes them as lines of OPL, which Arrow reads.

Neither hands over an object at a time, so that no Python runs for each (https://osmcode.org/opl-file-format/).
"""

import mmap
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from accessmap.roads.sorting import give_back

# What osmium writes of each kind, after what it writes of all.
OWN = {"n": ("lon", "lat"), "w": ("refs",), "r": ("members",)}
VERSION = ("version", "visible", "timestamp")
# Of lines at a time, and of objects on their way to lines: a way of 2,000 nodes takes 30,000, a relation up to 700,000.
BLOCK_BYTES, BUFFER_BYTES = 1 << 18, 1 << 18
IntArray = npt.NDArray[np.int64]
NOWHERE = np.iinfo(np.int32).min


def blocks(path: Path, kind: str, *filters: Any, versions: bool = False) -> Iterator[pa.RecordBatch]:
    """Yield the objects of a kind ("n", "w", "r") that pass the filters, in the order of the file, as columns of text.

    Columns: id, tags and those of `OWN`; with `versions` those of `VERSION` too.
    """
    import osmium
    from osmium import osm

    entity = {"n": osm.NODE, "w": osm.WAY, "r": osm.RELATION}[kind]
    names = ["id", *(VERSION if versions else ()), "tags", *OWN[kind]]
    metadata = "version+timestamp" if versions else "false"
    with tempfile.TemporaryDirectory(prefix="accessmap-") as folder:
        lines = Path(folder, "objects.opl")
        target = osmium.io.File(str(lines), f"opl,add_metadata={metadata}")
        with osmium.io.Reader(str(path), entity) as reader, osmium.SimpleWriter(target, BUFFER_BYTES) as writer:
            osmium.apply(reader, *filters, writer)
        if lines.stat().st_size:
            yield from _columns(lines, names)
    give_back()


def _columns(lines: Any, names: list[str]) -> Iterator[pa.RecordBatch]:
    with csv.open_csv(
        lines,
        csv.ReadOptions(column_names=names, block_size=BLOCK_BYTES, use_threads=False),
        csv.ParseOptions(delimiter=" ", quote_char=False),
        csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    ) as stream:
        yield from stream


class Decoded:
    """A file decoded once, as lines of OPL in a folder: nodes that have tags, and ways with the places of their nodes.

    On the way the places of all nodes are laid down there, in 16 bytes each. Files that are not sorted by kind, or have
    nodes that are new (negative ids), are decoded once more for each kind, and all their nodes have lines.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        from osmium import osm

        self._lines = folder / "objects.opl"
        self._lay(path, folder / "places", [osm.ALL])
        self._parts = self._found()
        if self._parts is None:
            self._lay(path, None, [osm.NODE, osm.WAY, osm.RELATION])
            self._parts = self._found(whole=True)

    def _lay(self, path: Path, index: Path | None, passes: list[Any]) -> None:
        import osmium
        from osmium import filter as only

        handlers: list[Any] = []
        if index is not None:
            places = osmium.NodeLocationsForWays(osmium.index.create_map(f"sparse_file_array,{index}"))
            places.ignore_errors()
            tagged = only.EmptyTagFilter()
            tagged.enable_for(osmium.osm.NODE)
            handlers = [places, tagged]
        self._lines.unlink(missing_ok=True)
        target = osmium.io.File(str(self._lines), "opl,add_metadata=version+timestamp,locations_on_ways=true")
        with osmium.SimpleWriter(target, BUFFER_BYTES) as writer:
            for entity in passes:
                with osmium.io.Reader(str(path), entity) as reader:
                    osmium.apply(reader, *handlers, writer)
        if index is not None:
            index.unlink()

    def _found(self, whole: bool = False) -> dict[str, tuple[int, int]] | None:
        """Where the lines of each kind begin and end; None where the first decoding does not do."""
        if not self._lines.stat().st_size:
            return {}
        with self._lines.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as text:
            begins = [0 if text[:1] == kind else text.find(b"\n" + kind) + 1 or -1 for kind in (b"n", b"w", b"r")]
            there = [(kind, begin) for kind, begin in zip("nwr", begins, strict=True) if begin >= 0]
            ends = [*(begin for _, begin in there[1:]), len(text)]
            parts = {kind: (begin, end) for (kind, begin), end in zip(there, ends, strict=True)}
            if whole:
                return parts
            sorted_ = all(begin < end for begin, end in parts.values()) and all(
                text.find(b"\n" + kind.encode(), end - 1) < 0 for kind, (_, end) in parts.items()
            )
            new = any(text.find(sign, *parts.get("w", (0, 0))) >= 0 for sign in (b"Nn-", b",n-"))
            return parts if sorted_ and not new else None

    def blocks(self, kind: str) -> Iterator[pa.RecordBatch]:
        """Yield the objects of a kind as `blocks` does, with versions; ways as `located` reads them."""
        begin, end = (self._parts or {}).get(kind, (0, 0))
        if end > begin:
            with pa.memory_map(str(self._lines)) as text:
                yield from _columns(
                    pa.BufferReader(text.read_at(end - begin, begin)), ["id", *VERSION, "tags", *OWN[kind]]
                )
            give_back()


def numbers(column: pa.StringArray) -> IntArray:
    """Return the numbers of a column of ids or versions."""
    found: IntArray = pc.utf8_slice_codeunits(column, 1).cast(pa.int64()).to_numpy()
    return found


def degrees(column: pa.StringArray) -> npt.NDArray[np.float64]:
    """Return the degrees of a column of coordinates, NaN where there are none."""
    text = pc.utf8_slice_codeunits(column, 1)
    found: npt.NDArray[np.float64] = pc.if_else(pc.equal(text, ""), "nan", text).cast(pa.float64()).to_numpy()
    return found


def references(column: pa.StringArray) -> tuple[IntArray, IntArray]:
    """Return the ids of the nodes of all ways, one after the other, and where those of each begin and the last end."""
    told = pc.split_pattern(pc.utf8_slice_codeunits(column, 2), ",n")
    starts = np.zeros(len(column) + 1, dtype=np.int64)
    np.cumsum(
        np.where(pc.binary_length(column).to_numpy() > 1, pc.list_value_length(told).to_numpy(), 0), out=starts[1:]
    )
    texts = pc.list_flatten(told)
    return texts.filter(pc.not_equal(texts, "")).cast(pa.int64()).to_numpy(), starts


def located(column: pa.StringArray) -> tuple[IntArray, IntArray, npt.NDArray[np.int32]]:
    """Return the ids of nodes and where those of each way begin, as `references`, and their places: lon, lat (1e-7°).

    A place that is not known is `NOWHERE`.
    """
    told = pc.split_pattern(pc.utf8_slice_codeunits(column, 2), ",n")
    starts = np.zeros(len(column) + 1, dtype=np.int64)
    np.cumsum(
        np.where(pc.binary_length(column).to_numpy() > 1, pc.list_value_length(told).to_numpy(), 0), out=starts[1:]
    )
    texts = pc.list_flatten(told)
    ids, places = _halves(texts.filter(pc.not_equal(texts, "")), "x")
    axes = [pc.if_else(pc.equal(axis, ""), "nan", axis).cast(pa.float64()).to_numpy() for axis in _halves(places, "y")]
    whole = np.nan_to_num(np.rint(np.array(axes) * 1e7), nan=NOWHERE).astype(np.int32)
    return ids.cast(pa.int64()).to_numpy(), starts, whole


def _halves(texts: pa.StringArray, between: str) -> tuple[pa.StringArray, pa.StringArray]:
    parts = pc.list_flatten(pc.split_pattern(texts, between))
    return parts.take(pa.array(np.arange(0, len(parts), 2))), parts.take(pa.array(np.arange(1, len(parts), 2)))


def tags_of(text: str) -> dict[str, str]:
    """Return the tags of an object.

    >>> tags_of("Thighway=residential,name=Rue%20%du%20%Port"), tags_of("T"), tags_of("Tref=A%2c%20%3d%")
    ({'highway': 'residential', 'name': 'Rue du Port'}, {}, {'ref': 'A,20='})
    """
    pairs = (pair.partition("=") for pair in text[1:].split(",")) if len(text) > 1 else ()
    return {_plain(key): _plain(value) for key, _, value in pairs}


def _plain(text: str) -> str:
    if "%" not in text:
        return text
    parts = text.split("%")  # of which every other one is the number of a letter
    parts[1::2] = [chr(int(number, 16)) for number in parts[1::2]]
    return "".join(parts)


def distinct(ids: IntArray) -> IntArray:
    """Return the different ones of these ids, sorted."""
    ids = np.sort(ids)
    return ids[np.concatenate([[True], ids[1:] != ids[:-1]])] if len(ids) else ids


def positions_of(known: IntArray, ids: IntArray) -> IntArray:
    """Return the position of each id among those known, which are sorted; -1 where there is none."""
    if not len(known):
        return np.full(len(ids), -1)
    at = np.searchsorted(known, ids)
    at[at == len(known)] = 0
    at[known[at] != ids] = -1
    return at
