"""What roads must look like, and the one file that holds them, versioned and with checksums."""

import itertools
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from accessmap.errors import NetworkError, Problems
from accessmap.provenance import Provenance
from accessmap.roads.archive import Meta, Strict, impossible, read_archive, write_archive
from accessmap.roads.modelled import parameters_of
from accessmap.roads.snapping import Legs, joins_rule
from accessmap.roads.speeds import MODES
from accessmap.words.near import near_names
from accessmap.words.notes import Note
from accessmap.words.words import keys_of

#: 2 has turns and roads that are no way through, which readers of 1 would pass over in silence.
FORMAT = 2
READ = (1, 2)
MEMBERS = ("nodes.parquet", "edges.parquet")
TURNS, TURN_COSTS = "turns.parquet", "turn_costs.parquet"


def write_network(
    path: Path,
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    legs: Legs,
    provenance: Provenance,
    turns: pd.DataFrame | None = None,
    turn_costs: pd.DataFrame | None = None,
) -> Path:
    """Write one zip of Parquet tables and return its path; it appears whole or not at all."""
    tables = dict(zip(MEMBERS, (nodes, edges), strict=True))
    tables |= {name: table for name, table in {TURNS: turns, TURN_COSTS: turn_costs}.items() if table is not None}
    more = {"legs": vars(legs), "modelled": provenance.modelled}
    return write_archive(path, tables, provenance, version=FORMAT, **more)


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
        needed=MEMBERS,
        optional=(TURNS, TURN_COSTS),
    )
    nodes, edges, *_ = members.values()
    try:
        turning = {name: members[name] for name in (TURNS, TURN_COSTS) if name in members}
        tables = {name: table.assign(nodes=table["nodes"].map(list)) for name, table in turning.items()}
        turns, costs = tables.get(TURNS), tables.get(TURN_COSTS)
        _check_costs(costs)
        every = pd.concat(tables.values(), ignore_index=True) if tables else None
        legs = Legs(**saved.legs.model_dump())
        check_roads(nodes, edges, legs, turns=every, columns=("u", "v", "minutes", "snappable"))
    except NetworkError as error:
        raise NetworkError(*error.problems, about=str(path)) from error
    except (TypeError, ValueError, LookupError) as error:  # columns of what is no number and no name
        raise impossible(path, ", ".join(MEMBERS), str(error), NetworkError) from error
    sources = tuple(each.source() for each in saved.sources)
    # What readers say of a file is told in the language of who loads the network.
    told: dict[Any, Any] = {note: note for note in (*map(Note, keys_of("roads_told_")), joins_rule())}
    for mode in MODES if saved.modelled else ():
        told |= {note: note for pair in parameters_of(mode).items() for note in pair}
    parameters: dict[str, Any] = {
        told.get(name, name): told.get(value, value) for name, value in saved.parameters.items()
    }
    return nodes, edges, saved.legs.model_dump(), Provenance(sources, parameters, saved.modelled), turns, costs


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
) -> None:
    """Raise one NetworkError that lists every problem of these tables and legs; edges must have `columns`."""
    problems = Problems()
    tables = (("nodes", nodes, ("lon", "lat")), ("edges", edges, tuple(columns)), ("turns", turns, ("nodes",)))
    for name, table, needed in tables:
        for column in needed:
            if table is not None and column not in table:
                near = near_names(column, table.columns)
                problems.add("roads_column_missing", where=name, value=column, near=near)
    if not problems:
        _check_nodes(nodes, problems)
        _check_edges(nodes, edges, problems)
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
    if nodes.index.has_duplicates:
        twice = nodes.index[nodes.index.duplicated()]
        problems.add("roads_node_twice", where="nodes", value=twice[0], n=len(twice))
    lon, lat = (pd.to_numeric(nodes[name], errors="coerce") for name in ("lon", "lat"))
    outside = ~(lon.between(-180, 180) & lat.between(-90, 90))
    _check_numbers("nodes", nodes, ("lon", "lat"), problems)
    if outside.any():
        first = nodes[outside].iloc[0][["lon", "lat"]]
        node = nodes.index[outside][0]
        problems.add("roads_node_outside", where="nodes", value=node, n=int(outside.sum()), **first)


def _check_numbers(name: str, table: pd.DataFrame, columns: Iterable[str], problems: Problems) -> None:
    for column in columns:
        if column in table and table[column].map(lambda value: isinstance(value, str)).any():
            problems.add("roads_not_numbers", where=name, value=column)


def _check_edges(nodes: pd.DataFrame, edges: pd.DataFrame, problems: Problems) -> None:
    if len(edges) == 0:
        problems.add("roads_table_empty", where="edges")
    for end in ("u", "v"):
        unknown = ~edges[end].isin(nodes.index)
        if unknown.any():
            value, row = edges.loc[unknown, end].iloc[0], edges.index[unknown][0]
            found = {"value": value, "near": near_names(value, nodes.index), "n": int(unknown.sum())}
            problems.add("roads_edge_end_unknown", where="edges", end=end, row=row, **found)
    minutes = pd.to_numeric(edges["minutes"], errors="coerce")
    bad = ~(np.isfinite(minutes) & (minutes >= 0))
    if bad.any():
        value, row = edges.loc[bad, "minutes"].iloc[0], edges.index[bad][0]
        problems.add("roads_edge_minutes", where="edges", value=value, row=row, n=int(bad.sum()))
    _check_numbers("edges", edges, ("minutes", "length_m", "speed_kmh", "delay_s"), problems)
    for column in ("snappable", "through"):
        unclear = ~edges[column].isin([True, False]) if column in edges else np.zeros(len(edges), "bool")
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
