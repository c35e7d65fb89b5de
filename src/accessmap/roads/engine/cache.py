"""Prepared graphs kept on disk between runs, by the content of the graph: found again, or built anew, never wrong.

A file is a line of JSON that describes its arrays, the arrays, and a checksum of all before it. It is written beside
its place and moved there in one step, so another process sees all of it or nothing. Whatever is wrong with a file
(damaged, cut short, of another format, unreadable, not the hierarchy of this graph) only means that the graph is
prepared again.
"""

import json
import os
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from accessmap.files import draft_of
from accessmap.roads.engine.graph import Graph
from accessmap.roads.engine.hierarchy import Hierarchy, Side

#: Changes with the layout of the file, and with any change to how a graph is prepared.
FORMAT = 2

_DIGEST = 32
_ENDING = ".prepared"
#: What the folder may hold before the files used longest ago are removed, bytes.
_MOST_BYTES = 2_000_000_000


def graph_key(graph: Graph) -> str:
    """Return a name for the content of a graph, the same on every machine."""
    digest = blake2b(f"accessmap {FORMAT} {graph.n} {graph.m}".encode(), digest_size=20)
    for array in (graph.indptr, graph.heads, graph.weights, graph.x, graph.y):
        digest.update(b"-" if array is None else str(array.dtype).encode())
        if array is not None:
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def kept(folder: Path, key: str) -> bool:
    """Return whether there is a file under this key, sound or not."""
    return (folder / (key + _ENDING)).exists()


def load(folder: Path, key: str, graph: Graph) -> Hierarchy | None:
    """Return the hierarchy of a graph that is kept under its key, or None."""
    from accessmap.roads.engine.sound import is_sound

    path = folder / (key + _ENDING)
    try:
        content = path.read_bytes()
        found = _parsed(content, key)
        with suppress(OSError):
            os.utime(path)
    except (OSError, ValueError, LookupError, TypeError, ArithmeticError, MemoryError, RecursionError):
        return None
    return found if is_sound(found, graph) else None


def store(folder: Path, key: str, hierarchy: Hierarchy) -> None:
    """Keep a hierarchy; where that is not possible, do nothing."""
    arrays = _arrays(hierarchy)
    header = {
        "format": FORMAT,
        "key": key,
        "longest": hierarchy.longest,
        "arrays": [(array.dtype.str, len(array)) for array in arrays],
    }
    parts = [json.dumps(header).encode() + b"\n", *(array.tobytes() for array in arrays)]
    digest = blake2b(digest_size=_DIGEST)
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with draft_of(folder / (key + _ENDING)) as draft, draft.open("wb") as file:
            for part in parts:
                digest.update(part)
                file.write(part)
            file.write(digest.digest())
        _prune(folder)


def _arrays(hierarchy: Hierarchy) -> list[npt.NDArray[np.integer[Any]]]:
    up, down = hierarchy.up, hierarchy.down
    return [hierarchy.place, *up.arrays, *down.arrays]


def _parsed(content: bytes, key: str) -> Hierarchy:
    if blake2b(memoryview(content)[:-_DIGEST], digest_size=_DIGEST).digest() != content[-_DIGEST:]:
        raise ValueError("checksum")
    at = content.index(b"\n") + 1
    header = json.loads(content[:at])
    if header["format"] != FORMAT or header["key"] != key:
        raise ValueError("another format or graph")
    arrays = []
    for kind, size in header["arrays"]:
        if size < 0:  # to numpy, all that is left
            raise ValueError("size")
        # A copy: aligned, and its own to keep.
        arrays.append(np.frombuffer(content, dtype=np.dtype(kind), count=size, offset=at).copy())
        at += arrays[-1].nbytes
    place, *sides = arrays
    if len(sides) != 6 or at != len(content) - _DIGEST:
        raise ValueError("arrays")
    return Hierarchy(place, Side(*sides[:3]), Side(*sides[3:]), int(header["longest"]))


def _prune(folder: Path) -> None:
    files = []
    for path in folder.glob("*" + _ENDING):
        with suppress(OSError):
            found = path.stat()
            files.append((found.st_mtime, found.st_size, path))
    total = 0
    for _, size, path in sorted(files, reverse=True):
        total += size
        if total > _MOST_BYTES and total > size:
            with suppress(OSError):
                path.unlink()
