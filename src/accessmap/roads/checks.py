"""What roads must look like: tables of nodes, edges and turns, and legs."""

import itertools
from collections.abc import Iterable

import numpy as np
import pandas as pd

from accessmap.errors import NetworkError, Problems
from accessmap.roads.snapping import Legs
from accessmap.words.near import near_names
from accessmap.words.notes import Note


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
