"""Nodes and ways of an OpenStreetMap file as columns: osmium writes them as lines of OPL, which Arrow reads.

Neither hands over an object at a time, so that no Python runs for each (https://osmcode.org/opl-file-format/).
"""

import re
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
_ESCAPED = re.compile("%([0-9a-fA-F]+)%")
IntArray = npt.NDArray[np.int64]


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
        if not lines.stat().st_size:
            return
        with csv.open_csv(
            lines,
            csv.ReadOptions(column_names=names, block_size=BLOCK_BYTES, use_threads=False),
            csv.ParseOptions(delimiter=" ", quote_char=False),
            csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
        ) as stream:
            yield from stream
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


def tags_of(text: str) -> dict[str, str]:
    """Return the tags of an object.

    >>> tags_of("Thighway=residential,name=Rue%20%du%20%Port"), tags_of("T")
    ({'highway': 'residential', 'name': 'Rue du Port'}, {})
    """
    pairs = (pair.partition("=") for pair in text[1:].split(",")) if len(text) > 1 else ()
    return {_plain(key): _plain(value) for key, _, value in pairs}


def _plain(text: str) -> str:
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "%" in text else text


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
