"""What roads must look like, and the one file that holds them, versioned and with checksums."""

import itertools
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, Problems
from accessmap.provenance import Provenance
from accessmap.roads.archive import ARROW, Meta, Strict, impossible, read_archive, write_archive
from accessmap.roads.modelled import parameters_of
from accessmap.roads.snapping import Legs, joins_rule
from accessmap.roads.speeds import MODES
from accessmap.words.near import near_names
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


def check_roads(
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    legs: Legs,
    *,
    turns: pd.DataFrame | None = None,
    columns: Iterable[str] = ("u", "v", "minutes"),
    known: bool = False,
) -> None:
    """Raise one NetworkError that lists every problem of these tables and legs; edges must have `columns`.

    That edges lead from node to node is not looked at where it is `known`.
    """
    problems = Problems()
    tables = (("nodes", nodes, ("lon", "lat")), ("edges", edges, tuple(columns)), ("turns", turns, ("nodes",)))
    for name, table, needed in tables:
        for column in needed:
            if table is not None and column not in table:
                near = near_names(column, table.columns)
                problems.add("roads_column_missing", where=name, value=column, near=near)
    if not problems:
        _check_nodes(nodes, problems)
        if not known:
            _check_ends(nodes, edges, problems)
        _check_edges(edges, problems)
        if turns is not None:
            _check_turns(nodes, edges, turns, problems)
    check_legs(legs, problems)


# Words of tables of edges for who may drive which way, plain: said by rows, and by `directed`.
DIRECTIONS = frozenset(
    {"oneway", "one_way", "bidirectional", "two_way", "twoway", "double_sens", "sens", "sens_unique"}
    | {"sens_circulation", "sens_de_circulation", "sens_circu"}
)
ONE_WAY = frozenset({"oneway", "one_way", "sens_unique"})
SAID = dict.fromkeys(("true", "yes", "1", "1.0", "oui", "vrai"), True)
SAID |= dict.fromkeys(("false", "no", "0", "0.0", "non", "faux"), False)
OF_EDGES = ("snappable", "through", "minutes", "length_m", "road_class")


def check_ignored(nodes: pd.DataFrame, edges: pd.DataFrame, *, directed: bool) -> None:
    """Raise one NetworkError for columns that say what the network would not do: directions, and edges' words of nodes.

    A column of one-way streets that the rows agree with may stay, as OSMnx writes it.
    """
    problems = Problems()
    for column in nodes.columns:
        if column in OF_EDGES or _plain(column) in DIRECTIONS:
            problems.add("roads_column_of_edges", where="nodes", value=column)
    for column in edges.columns:
        if _plain(column) in DIRECTIONS and not (_plain(column) in ONE_WAY and _agrees(edges, edges[column], directed)):
            problems.add("roads_direction_unread", where="edges", value=column)
    problems.raise_if_any(NetworkError, Note("roads_network"))


def _plain(column: object) -> str:
    return str(column).strip().casefold().replace("-", "_").replace(" ", "_").replace(":", "_")


def _agrees(edges: pd.DataFrame, one_way: pd.Series, directed: bool) -> bool:
    """Return whether each edge is one way or not as the rows are: what is not has its reverse."""
    said = one_way.map(lambda value: SAID.get(str(value).strip().casefold()))
    if said.isna().any():
        return False
    alone = said.to_numpy(bool)
    if not directed:
        return not alone.any()
    back = pd.MultiIndex.from_arrays([edges["v"], edges["u"]])
    return bool(pd.MultiIndex.from_frame(edges[["u", "v"]]).isin(back)[~alone].all())


def check_legs(legs: Legs, problems: Problems | None = None) -> None:
    """Raise one NetworkError that lists every problem of these legs, after those found before."""
    problems = Problems() if problems is None else problems
    if not (_is_number(legs.access_kmh) and 0 < legs.access_kmh < np.inf):
        problems.add("roads_leg_speed", where="access_kmh", value=legs.access_kmh)
    for name, metres in (("local_metres", legs.local_metres), ("max_metres", legs.max_metres)):
        if not (_is_number(metres) and metres >= 0):
            problems.add("roads_leg_metres", where=name, value=metres)
    problems.raise_if_any(NetworkError, Note("roads_network"))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool)


def _check_nodes(nodes: pd.DataFrame, problems: Problems) -> None:
    if len(nodes) == 0:
        problems.add("roads_table_empty", where="nodes")
    if _has_duplicates(nodes.index):
        twice = nodes.index[nodes.index.duplicated()]
        problems.add("roads_node_twice", where="nodes", value=twice[0], n=len(twice))
    lon, lat = (pd.to_numeric(nodes[name], errors="coerce") for name in ("lon", "lat"))
    outside = ~(lon.between(-180, 180) & lat.between(-90, 90))
    _check_numbers("nodes", nodes, ("lon", "lat"), problems)
    if outside.any():
        first = nodes[outside].iloc[0][["lon", "lat"]]
        node = nodes.index[outside][0]
        problems.add("roads_node_outside", where="nodes", value=node, n=int(outside.sum()), **first)


def _has_duplicates(index: pd.Index) -> bool:
    """As `Index.has_duplicates`, of whole numbers without a table of them."""
    if index.dtype != np.int64:
        return index.has_duplicates
    ids = np.sort(index.to_numpy(), kind="stable")  # quick with what is sorted but for a few
    return bool((ids[1:] == ids[:-1]).any())


def _check_numbers(name: str, table: pd.DataFrame, columns: Iterable[str], problems: Problems) -> None:
    for column in columns:
        told = column in table and not pd.api.types.is_numeric_dtype(table[column])
        if told and table[column].map(lambda value: isinstance(value, str)).any():
            problems.add("roads_not_numbers", where=name, value=column)


def _check_ends(nodes: pd.DataFrame, edges: pd.DataFrame, problems: Problems) -> None:
    for end in ("u", "v"):
        unknown = ~edges[end].isin(nodes.index)
        if unknown.any():
            value, row = edges.loc[unknown, end].iloc[0], edges.index[unknown][0]
            found = {"value": value, "near": near_names(value, nodes.index), "n": int(unknown.sum())}
            problems.add("roads_edge_end_unknown", where="edges", end=end, row=row, **found)


def _check_edges(edges: pd.DataFrame, problems: Problems) -> None:
    if len(edges) == 0:
        problems.add("roads_table_empty", where="edges")
    minutes = pd.to_numeric(edges["minutes"], errors="coerce")
    bad = ~(np.isfinite(minutes) & (minutes >= 0))
    if bad.any():
        value, row = edges.loc[bad, "minutes"].iloc[0], edges.index[bad][0]
        problems.add("roads_edge_minutes", where="edges", value=value, row=row, n=int(bad.sum()))
    _check_numbers("edges", edges, ("minutes", "length_m", "speed_kmh", "delay_s"), problems)
    for column in ("snappable", "through"):
        told = column in edges and not pd.api.types.is_bool_dtype(edges[column])
        unclear = ~edges[column].isin([True, False]) if told else np.zeros(len(edges), "bool")
        if unclear.any():
            value, row = edges.loc[unclear, column].iloc[0], edges.index[unclear][0]
            problems.add("roads_edge_yes_no", where="edges", column=column, value=value, row=row, n=int(unclear.sum()))


def _check_turns(nodes: pd.DataFrame, edges: pd.DataFrame, turns: pd.DataFrame, problems: Problems) -> None:
    listed = turns["nodes"].map(lambda row: isinstance(row, list | tuple | np.ndarray) and len(row) > 2)
    if not listed.all():
        value, row = turns.loc[~listed, "nodes"].iloc[0], turns.index[~listed][0]
        problems.add("roads_turn_too_short", where="turns", value=value, row=row, n=int((~listed).sum()))
        return
    steps = steps_of(turns)
    known = steps["v"].isin(nodes.index) & steps["u"].isin(nodes.index)
    if not known.all():
        first = steps[~known].iloc[0]
        value, n = first["v"] if first["u"] in nodes.index else first["u"], steps.loc[~known, "row"].nunique()
        near = near_names(value, nodes.index)
        problems.add("roads_turn_node_unknown", where="turns", value=value, row=first["row"], near=near, n=n)
    undriven = known & ~_driven(steps, edges)
    if undriven.any():
        first = steps[undriven].iloc[0]
        n = steps.loc[undriven, "row"].nunique()
        problems.add("roads_turn_not_driven", where="turns", row=first["row"], u=first["u"], v=first["v"], n=n)


def driven_turns(turns: pd.DataFrame, edges: pd.DataFrame) -> pd.DataFrame:
    """Return the turns of which every step is an edge."""
    steps = steps_of(turns)
    gone = turns.index.isin(steps.loc[~_driven(steps, edges), "row"])
    return turns[~gone].reset_index(drop=True)


def steps_of(turns: pd.DataFrame) -> pd.DataFrame:
    """Return the steps that turns are made of: row (label of the turn), u, v (node ids)."""
    rows = [
        (row, u, v)
        for row, nodes in zip(turns.index, turns["nodes"], strict=True)
        for u, v in itertools.pairwise(nodes)
    ]
    return pd.DataFrame(rows, columns=["row", "u", "v"])


def _driven(steps: pd.DataFrame, edges: pd.DataFrame) -> pd.Series:
    """Return whether each step is an edge."""
    near = edges.loc[edges["u"].isin(steps["u"]), ["u", "v"]]
    pairs = pd.MultiIndex.from_frame(steps[["u", "v"]])
    return pd.Series(pairs.isin(pd.MultiIndex.from_frame(near)), index=steps.index)
