"""Turns that cannot be made, in the table of non-communications of IGN's BD TOPO.

Each row names a road by which one comes and the roads by which one cannot go on (`liens_vers_troncon_sortie`, with
slashes: "identifiants des tronçons constituant le chemin vers lequel on ne peut se rendre", IGN, BD TOPO version 3,
Descriptif de contenu). Where all of them begin at the junction each is forbidden, where they follow one another their
way as a whole.
"""

import itertools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from accessmap.errors import Problem, SourceError
from accessmap.read.database import Database, called
from accessmap.read.files import read_table

LAYER = "non_communication"
GEOPACKAGE = b"SQLite format 3"
# Names of the two attributes: whole in version 3, cut to ten letters in Shapefiles, in several ways before.
ENTRY, EXIT = re.compile(r"(lien|id|t)\w*_e(nt\w*)?"), re.compile(r"(lien|id|t)\w*_s(or\w*)?")
NUMBER = re.compile("cleabs|id")


class Row(NamedTuple):
    """One row of the table: its own name, the road by which one comes, and those by which one cannot go on."""

    name: str
    entry: str
    exits: tuple[str, ...]


def non_communications(path: Path | Database, *, alone: bool = False) -> list[Row] | None:
    """Return the rows of the table in a file that has been read, None where it has none; of a file of its own, `alone`.

    Raises
    ------
    SourceError
        If the table cannot be read, or has not one column of each kind.
    """
    import pyogrio

    if alone:
        return rows_of_table(read_table(path, usual=LAYER).table, called(path))
    if isinstance(path, Database):
        return None
    with path.open("rb") as file:
        if file.read(len(GEOPACKAGE)) != GEOPACKAGE:
            return None
    layer = next((str(name) for name in pyogrio.list_layers(path)[:, 0] if str(name).casefold() == LAYER), None)
    return None if layer is None else rows_of_table(read_table(path, layer=layer).table, str(path))


def rows_of_table(table: pd.DataFrame, where: str) -> list[Row]:
    """Return the rows of a table of non-communications, whatever its edition calls its columns."""
    names = {str(name): str(name).casefold() for name in table.columns}
    found = [[name for name, plain in names.items() if kind.fullmatch(plain)] for kind in (ENTRY, EXIT)]
    if [len(each) for each in found] != [1, 1]:
        raise SourceError(Problem("roads_bdtopo_turns", where=where, columns=", ".join(names)))
    numbers = [name for name, plain in names.items() if NUMBER.fullmatch(plain)]
    entries, exits = (table[each[0]].fillna("").astype(str) for each in found)
    own = table[numbers[0]].astype(str) if numbers else pd.Series(range(1, len(table) + 1), table.index).astype(str)
    return [
        Row(
            name,
            entry.strip().casefold(),
            tuple(part.strip().casefold() for part in re.split("[/,;]", out) if part.strip()),
        )
        for name, entry, out in zip(own, entries, exits, strict=True)
    ]


def forbidden(
    rows: list[Row], ways: Mapping[str, list[list[int]]], steps: set[tuple[int, int]]
) -> tuple[list[tuple[tuple[int, ...], str]], int]:
    """Return the sequences of nodes that may not be driven, with the row of each, and how many rows say none.

    A row says none where a road of it is closed to the mode or not in the file, or where its roads meet at two places.

    Parameters
    ----------
    rows
        As `non_communications` returns them.
    ways
        The nodes of each road in their order, by its name; several where it is drawn in several lines.
    steps
        What can be driven, from node to node. A turn that cannot be driven anyway is said by no sequence.
    """
    found: list[tuple[tuple[int, ...], str]] = []
    silent = 0
    for row in rows:
        walks = {walk for walk in _walks(row, ways) if steps.issuperset(itertools.pairwise(walk))}
        if len({walk[1] for walk in walks}) == 1:
            found += [(walk, row.name) for walk in sorted(walks)]
        else:
            silent += 1
    return found, silent


def _walks(row: Row, ways: Mapping[str, list[list[int]]]) -> Iterator[tuple[int, ...]]:
    """Every way of driving a row, from the node before the junction to the one after."""
    for line in ways.get(row.entry, []):
        for before in (line, line[::-1]):  # towards its last node
            beginning = [_from(before[-1], ways.get(name, [])) for name in row.exits]
            if beginning and all(beginning):
                for onward in itertools.chain(*beginning):
                    yield (*before[-2:], onward[1])
            elif beginning and beginning[0]:
                yield from (
                    (*before[-2:], *walk[1:]) for walk in _chained(before[-1], row.exits, ways) if walk is not None
                )


def _from(node: int, lines: list[list[int]]) -> list[list[int]]:
    """The lines that begin or end at a node, from it on."""
    return [each for line in lines for each in (line, line[::-1]) if each[0] == node]


def _chained(node: int, names: tuple[str, ...], ways: Mapping[str, list[list[int]]]) -> Iterator[tuple[int, ...]]:
    """The nodes along roads that follow one another from a node on, to the first node of the last road."""
    for line in _from(node, ways.get(names[0], [])):
        if len(names) == 1:
            yield line[0], line[1]
            continue
        for rest in _chained(line[-1], names[1:], ways):
            yield (*line, *rest[1:])


def lines_by_name(names: list[str], segments: Any) -> dict[str, list[list[int]]]:
    """Return the nodes along each way (positions), by the name of its road; segments lie in the order of their ways."""
    bounds = np.searchsorted(segments.way, np.arange(len(names) + 1))
    start, end = segments.start.tolist(), segments.end.tolist()
    found: dict[str, list[list[int]]] = {}
    for name, low, high in zip(names, bounds[:-1].tolist(), bounds[1:].tolist(), strict=True):
        if low < high:
            found.setdefault(name, []).append([start[low], *end[low:high]])
    return found
