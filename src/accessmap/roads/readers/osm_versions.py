"""Objects of an OpenStreetMap file that are not on the map any more: deleted, invisible, or of an older version.

JOSM marks what is deleted and not yet uploaded with `action="delete"`, which osmium does not read; change files and
files with history have `visible="false"`, and every version of an object one after the other.
"""

import bz2
import gzip
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.parsers import expat

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from accessmap.errors import Problem, SourceError
from accessmap.roads.readers.osm_columns import IntArray, blocks, numbers

KINDS = {"node": "n", "way": "w", "relation": "r"}
CHUNK = 1 << 20


@dataclass(frozen=True)
class Gone:
    """Objects that are not on the map, by kind ("n", "w", "r"), or that there are `none`.

    `ids` are deleted or invisible in their last version; `last` is that of objects which the file has several times.
    """

    ids: dict[str, set[int]] = field(default_factory=lambda: {kind: set() for kind in KINDS.values()})
    last: dict[str, dict[int, int]] = field(default_factory=lambda: {kind: {} for kind in KINDS.values()})
    none: bool = False

    def stands(self, kind: str, thing: Any) -> bool:
        """Return whether this version of an object is the one on the map."""
        if self.none:
            return True
        if not thing.visible or thing.id in self.ids[kind]:
            return False
        last = self.last[kind].get(thing.id)
        return last is None or last == thing.version

    def standing(self, kind: str, block: pa.RecordBatch, ids: IntArray) -> npt.NDArray[np.bool_]:
        """Return the same of each object of a block of `osm_columns.blocks`, which has versions unless `none`."""
        if self.none:
            return np.ones(len(ids), dtype=bool)
        stands = _visible(block) & ~np.isin(ids, list(self.ids[kind]))
        for row in np.flatnonzero(np.isin(ids, list(self.last[kind]))):
            stands[row] &= self.last[kind][int(ids[row])] == int(block["version"][row].as_py()[1:])
        return stands


def objects_gone(path: Path) -> Gone:
    """Return which objects of a file are not on the map any more; a file of one day (plain .pbf) is not searched."""
    import osmium

    with osmium.io.Reader(str(path), osmium.osm.NOTHING) as reader:
        history = reader.header().has_multiple_object_versions
    if path.name.endswith(".pbf") and not history:
        return Gone(none=True)
    gone = Gone()
    for kind in KINDS.values():
        found = blocks(path, kind, versions=True)
        parts = [(numbers(each["id"]), numbers(each["version"]), _visible(each)) for each in found]
        if not parts:
            continue
        columns = map(np.concatenate, zip(*parts, strict=True))
        table = pd.DataFrame(dict(zip(("id", "version", "visible"), columns, strict=True)))
        table = table.sort_values(["id", "version"], kind="stable")
        again = table[table.duplicated(["id", "version"])]
        if len(again):  # which of the two holds, nothing says
            name = {"n": "node", "w": "way", "r": "relation"}[kind]
            number, version = int(again["id"].iloc[0]), int(again["version"].iloc[0])
            problem = Problem(
                "roads_osm_twice", where=str(path), value=number, kind=name, version=version, n=len(again)
            )
            raise SourceError(problem)
        several = table["id"].duplicated(keep=False)
        last = table[~table["id"].duplicated(keep="last")]
        twice = last[several[last.index]]
        gone.last[kind].update(zip(twice["id"].tolist(), twice["version"].tolist(), strict=True))
        gone.ids[kind].update(last.loc[~last["visible"], "id"].tolist())
    for kind, ids in _deleted_in_josm(path).items():
        gone.ids[kind].update(ids)
    return gone


def _visible(block: pa.RecordBatch) -> npt.NDArray[np.bool_]:
    found: npt.NDArray[np.bool_] = pc.equal(block["visible"], "dV").to_numpy(zero_copy_only=False)
    return found


def _deleted_in_josm(path: Path) -> dict[str, set[int]]:
    found: dict[str, set[int]] = {kind: set() for kind in KINDS.values()}
    opened: Any = {".gz": gzip.open, ".bz2": bz2.open}.get(path.suffix, open)
    if path.suffix not in (".osm", ".xml") and path.with_suffix("").suffix not in (".osm", ".xml"):
        return found

    def start(name: str, attributes: dict[str, str]) -> None:
        if name in KINDS and attributes.get("action", "").strip().casefold() == "delete":
            found[KINDS[name]].add(int(attributes["id"]))

    with opened(path, "rb") as stream:
        if not any(b"delete" in block for block in iter(lambda: stream.read(CHUNK), b"")):
            return found
        stream.seek(0)
        parser = expat.ParserCreate()
        parser.StartElementHandler = start
        parser.ParseFile(stream)
    return found
