"""The one file that holds roads, versioned and with checksums."""

import itertools
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError
from accessmap.provenance import Provenance
from accessmap.roads.archive import ARROW, Meta, Strict, impossible, read_archive, write_archive
from accessmap.roads.checks import check_roads
from accessmap.roads.modelled import parameters_of
from accessmap.roads.snapping import Legs, joins_rule
from accessmap.roads.speeds import MODES
from accessmap.words.notes import Note
from accessmap.words.words import keys_of

#: 2 has turns and roads that are no way through, which readers of 1 would pass over in silence; 3 is mapped: in it u, v
#: and the nodes of turns are positions.
FORMAT = 3
READ = (1, 2, 3)
TABLES = ("nodes", "edges")
TURNING = ("turns", "turn_costs")
Positions = npt.NDArray[np.int32]
POSITION = np.dtype("<i4")


def write_network(
    path: Path,
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    legs: Legs,
    provenance: Provenance,
    turns: pd.DataFrame | None = None,
    turn_costs: pd.DataFrame | None = None,
) -> Path:
    """Write one zip of Arrow tables and return its path; it appears whole or not at all."""
    u, v = (nodes.index.get_indexer(pd.Index(edges[end])).astype(np.int32) for end in ("u", "v"))
    tables = {"nodes": nodes, "edges": edges.assign(u=u, v=v)}
    for name, table in zip(TURNING, (turns, turn_costs), strict=True):
        if table is not None:
            flat, starts = _flat(table["nodes"])
            at = nodes.index.get_indexer(pd.Index(flat)).astype(np.int32)
            tables[name] = table.assign(nodes=[at[a:b].tobytes() for a, b in itertools.pairwise(starts)])
    more = {"legs": vars(legs), "modelled": provenance.modelled}
    named = {f"{name}{ARROW}": table for name, table in tables.items()}
    return write_archive(path, named, provenance, version=FORMAT, **more)


def read_network(
    path: Path,
) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, float], Provenance, pd.DataFrame | None, pd.DataFrame | None]:
    """Return nodes, edges, legs, provenance, turns and their costs of a file that `write_network` wrote.

    Raises
    ------
    NetworkError
        Where the file is not one of ours, is damaged, or is of another version.
    """
    saved, members = read_archive(
        path,
        _Meta,
        error=NetworkError,
        stranger="roads_not_saved_here",
        reads=READ,
        needed=TABLES,
        optional=TURNING,
    )
    nodes, edges = (members.pop(name) for name in TABLES)
    mapped = saved.format >= FORMAT
    try:
        legs = Legs(**saved.legs.model_dump())
        if mapped:
            edges, turning = _named(nodes, edges, members)
        else:
            turning = {name: table.assign(nodes=table["nodes"].map(list)) for name, table in members.items()}
        turns, costs = (turning.get(name) for name in TURNING)
        _check_costs(costs)
        every = pd.concat(turning.values(), ignore_index=True) if turning and not mapped else None
        check_roads(nodes, edges, legs, turns=every, columns=("u", "v", "minutes", "snappable"), known=mapped)
    except NetworkError as error:
        raise NetworkError(*error.problems, about=str(path)) from error
    except (TypeError, ValueError, LookupError) as error:  # columns of what is no number and no name
        raise impossible(path, ", ".join(TABLES), str(error), NetworkError) from error
    sources = tuple(each.source() for each in saved.sources)
    # What readers say of a file is told in the language of who loads the network.
    told: dict[Any, Any] = {note: note for note in (*map(Note, keys_of("roads_told_")), joins_rule())}
    for mode in MODES if saved.modelled else ():
        told |= {note: note for pair in parameters_of(mode).items() for note in pair}
    parameters: dict[str, Any] = {
        told.get(name, name): told.get(value, value) for name, value in saved.parameters.items()
    }
    return nodes, edges, saved.legs.model_dump(), Provenance(sources, parameters, saved.modelled), turns, costs


def _flat(lists: pd.Series) -> tuple[list[Any], list[int]]:
    """What lists hold, one after the other, and where each begins and the last ends."""
    return [each for row in lists for each in row], [0, *itertools.accumulate(map(len, lists))]


def _named(
    nodes: pd.DataFrame, edges: pd.DataFrame, turning: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Edges and turns with ids for the positions that the file has; ValueError where these cannot be."""
    tails, heads = (_positions(edges[end].to_numpy(), end, len(nodes)) for end in ("u", "v"))
    found = {}
    for name, table in turning.items():
        sizes = np.fromiter(map(len, table["nodes"]), dtype=np.int64, count=len(table)) // POSITION.itemsize
        at = _positions(np.frombuffer(b"".join(table["nodes"]), dtype=POSITION), name, len(nodes))
        row = np.repeat(np.arange(len(sizes)), sizes)
        steps = np.flatnonzero(row[1:] == row[:-1])
        if (sizes < 3).any() or not _all_driven(at[steps], at[steps + 1], tails, heads, len(nodes)):
            raise ValueError(name)
        ids = nodes.index.to_numpy()[at]
        if len(sizes) and (sizes == sizes[0]).all():
            lists = ids.reshape(-1, sizes[0]).tolist()
        else:
            lists = [each.tolist() for each in np.split(ids, np.cumsum(sizes)[:-1])]
        found[name] = table.assign(nodes=pd.Series(lists, index=table.index, dtype=object))
    return edges.assign(u=nodes.index[tails], v=nodes.index[heads]), found


def _positions(column: npt.NDArray[Any], name: str, count: int) -> Positions:
    if column.dtype != np.int32 or (len(column) and not 0 <= column.min() <= column.max() < count):
        raise ValueError(name)
    return column


def _all_driven(u: Positions, v: Positions, tails: Positions, heads: Positions, count: int) -> bool:
    """Whether each of these steps is an edge."""
    met = np.zeros(count, dtype=bool)
    met[u] = True
    near = met[tails]
    keys = np.sort(tails[near].astype(np.int64) * count + heads[near])
    wanted = u.astype(np.int64) * count + v
    return not len(wanted) or (
        len(keys) > 0 and bool((keys[np.searchsorted(keys, wanted).clip(max=len(keys) - 1)] == wanted).all())
    )


class _SavedLegs(Strict):
    access_kmh: float
    local_metres: float
    max_metres: float


class _Meta(Meta):
    legs: _SavedLegs
    modelled: bool


def _check_costs(costs: pd.DataFrame | None) -> None:
    """Raise ValueError unless turns cost seconds."""
    if costs is not None and not (np.isfinite(costs["seconds"]) & (costs["seconds"] >= 0)).all():
        raise ValueError("seconds")
