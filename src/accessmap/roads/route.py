"""The quickest way between two points told as a table, road by road."""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.errors import NetworkError, Problem, SnapError
from accessmap.roads.forbidden import forbidden
from accessmap.roads.graph import RoadGraph
from accessmap.roads.snapping import MS_PER_MINUTE, Legs, Snapped, direct_ms
from accessmap.roads.trips import EVERY, Trips

LEG, LOCAL, STRAIGHT, ROAD = "leg to the road", "local streets", "straight, without a road", "road"
TURN = "turn"  # what it costs beyond what the roads on both sides say
COLUMNS = [
    "what",
    "name",
    "road_class",
    "length_m",
    "speed_kmh",
    "speed_reason",
    "delay_s",
    "minutes",
    "note",
    "geometry",
]
LEAST_S = 1.0  # by which a way that is forbidden must be quicker to be told
ASKED = ("name", "road_class", "speed_kmh", "speed_reason", "delay_s")


def quickest_way(roads: RoadGraph, legs: Legs, origin: gpd.GeoSeries, destination: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Return the quickest way of one trip, as `RoadNetwork.explain`; an empty table where there is none."""
    for name, points in (("origin", origin), ("destination", destination)):
        if len(points) != 1:
            raise NetworkError(Problem("roads_explain_one_point", where="explain", value=name, n=len(points)))
    ends = roads.project(origin), roads.project(destination)
    try:
        rows = _quickest(roads, legs, *ends)
    except SnapError:  # too far from every road and from each other: there is no way
        return _table([], roads.crs)
    driven = [row["edge"] for row in rows if "edge" in row]
    if roads.free is not None and len(driven) > 1:
        direct = _quickest(roads.free, legs, *ends)
        saved = _minutes(rows) - _minutes(direct)
        if saved * 60 >= LEAST_S:
            edges = [row["edge"] for row in direct if "edge" in row]
            parted = next((at for at, (a, b) in enumerate(zip(driven, edges, strict=False)) if a != b), 0)
            row = next(row for row in rows if row.get("edge") == driven[parted])
            row["note"] = forbidden(roads, edges, saved)
    return _table(rows, roads.crs)


def _quickest(roads: RoadGraph, legs: Legs, origin: gpd.GeoSeries, destination: gpd.GeoSeries) -> list[dict[str, Any]]:
    """Return the stretches of the quickest way; none where there is no way."""
    trip = Trips.between(roads, legs, origin, destination)
    start, end = trip.start, trip.end
    places = trip.places[0][0], trip.places[1][0]
    leaving, arriving = start.origins(roads.segments), end.destinations(roads.segments)
    path = roads.router.path(leaving.seeds, arriving.seeds)
    ways: list[tuple[float, list[dict[str, Any]]]] = []
    # Of equal ways the first is told, and one without a road is told even where it takes no time.
    for what, (_, _, off_road) in ((STRAIGHT, trip.straight(EVERY)), (LOCAL, trip.local(EVERY))):
        if len(off_road):
            minutes = float(off_road[0]) / MS_PER_MINUTE
            ways.append((minutes, [_row(what, *places, minutes, speed_kmh=legs.access_kmh)]))
    if len(path):
        first, last = (at.join[at.state == state][0] for at, state in ((leaving, path[0]), (arriving, path[-1])))
        ways.append(_by_nodes(roads, places, start.only(first), end.only(last), path))
    for _, _, ms, first, last in zip(*direct_ms(start, end, roads.segments), strict=True):
        ways.append(_on_one_segment(roads, places, start.only(first), end.only(last), float(ms) / MS_PER_MINUTE))
    return min(ways, key=lambda way: way[0])[1] if ways else []


def _minutes(rows: list[dict[str, Any]]) -> float:
    return float(sum(row["minutes"] for row in rows))


def quickest_lines(
    roads: RoadGraph, legs: Legs, origins: gpd.GeoSeries, destinations: gpd.GeoSeries
) -> npt.NDArray[np.object_]:
    """Return the quickest way of each pair as a line, as `RoadNetwork.ways`; None where there is none."""
    ends = roads.project(origins), roads.project(destinations)
    lines = np.full(len(origins), None, dtype=object)
    try:
        trips = Trips.between(roads, legs, *ends)
    except SnapError:
        return lines
    straight: dict[int, int] = {}
    for o, d, ms in zip(*trips.off_road(EVERY), strict=True):
        if o == d:
            straight[int(o)] = min(int(ms), straight.get(int(o), int(ms)))
    sides = [tuple(side.rows(slice(k, k + 1)) for side in (trips.start, trips.end)) for k in range(len(lines))]
    entries = [(start.origins(roads.segments), end.destinations(roads.segments)) for start, end in sides]
    paths = [roads.router.path(leaving.seeds, arriving.seeds) for leaving, arriving in entries]
    taken = _driven_ms(roads, paths)
    for k, (home, site) in enumerate(zip(*trips.places, strict=True)):
        (start, end), (leaving, arriving), path = sides[k], entries[k], paths[k]
        found = [(straight[k], [home, site])] if k in straight else []
        if len(path):
            first, last = (
                int(np.flatnonzero(at.state == state)[0]) for at, state in ((leaving, path[0]), (arriving, path[-1]))
            )
            ms = taken[k] + leaving.ms[first] + arriving.ms[last]
            joints = _joint(roads, start.only(leaving.join[first])), _joint(roads, end.only(arriving.join[last]))
            found.append((int(ms), [home, joints[0], *roads.xy[roads.grown.node[path]], joints[1], site]))
        for _, _, ms, first, last in zip(*direct_ms(start, end, roads.segments), strict=True):
            found.append((int(ms), [home, _joint(roads, start.only(first)), _joint(roads, end.only(last)), site]))
        if found:
            lines[k] = shapely.LineString(min(found, key=lambda way: way[0])[1])
    return lines


def _driven_ms(roads: RoadGraph, paths: Sequence[npt.NDArray[np.int32]]) -> npt.NDArray[np.int64]:
    """Return milliseconds of each path through the graph, turns included; 0 of none."""
    none = np.empty(0, "int32")
    here, there = (np.concatenate([none, *(path[part] for path in paths)]) for part in (slice(-1), slice(1, None)))
    edges, turns = roads.driven_between(here, there)
    number = np.repeat(np.arange(len(paths)), [max(0, len(path) - 1) for path in paths])
    total = np.zeros(len(paths), "int64")
    np.add.at(total, number, roads.arcs[2][edges] + turns)
    return total


def _by_nodes(
    roads: RoadGraph, places: tuple[Any, Any], start: Snapped, end: Snapped, path: Any
) -> tuple[float, list[dict[str, Any]]]:
    rows, turns = roads.driven_edges(path)
    state = int(path[-1])
    path = roads.grown.node[path]
    first, last = _joint(roads, start), _joint(roads, end)
    at = [shapely.Point(xy) for xy in roads.xy[path]]
    told_rows = [_row(LEG, places[0], first, _leg(start))]
    told_rows += _part_of_edge(roads, start, first, at[0], int(path[0]), leaving=True)
    _, _, ms = roads.arcs
    for number, edge in enumerate(rows):
        told_rows += _turn(at[number], int(turns[number]))
        told_rows.append(_edge_row(roads, int(edge), at[number], at[number + 1], float(ms[edge]) / MS_PER_MINUTE, 1.0))
    told_rows += _part_of_edge(roads, end, last, at[-1], int(path[-1]), leaving=False, state=state)
    told_rows.append(_row(LEG, last, places[1], _leg(end)))
    return _minutes(told_rows), told_rows


def _on_one_segment(
    roads: RoadGraph, places: tuple[Any, Any], start: Snapped, end: Snapped, minutes: float
) -> tuple[float, list[dict[str, Any]]]:
    first, last = _joint(roads, start), _joint(roads, end)
    rows = [_row(LEG, places[0], first, _leg(start))]
    share = float(abs(end.fraction[0] - start.fraction[0]))
    if share:
        tail, head = _ends(roads, start)
        ahead = end.fraction[0] > start.fraction[0]
        edge = int(roads.quickest_edges(np.array([tail, head] if ahead else [head, tail]))[0])
        drive = minutes - _leg(start) - _leg(end)
        rows.append(_edge_row(roads, edge, first, last, drive, share))
    rows.append(_row(LEG, last, places[1], _leg(end)))
    return minutes, rows


def _part_of_edge(
    roads: RoadGraph, joined: Snapped, joint: Any, node_point: Any, node: int, *, leaving: bool, state: int = -1
) -> list[dict[str, Any]]:
    """Return the piece of edge between a joint and the node where the trip enters or leaves the graph, as rows.

    Whoever leaves the graph turns into that edge from `state`.
    """
    tail, head = _ends(roads, joined)
    fraction = float(joined.fraction[0])
    share = 1 - fraction if node == head else fraction
    if share == 0:
        return []
    towards_node = [tail, head] if node == head else [head, tail]
    edge = int(roads.quickest_edges(np.array(towards_node if leaving else towards_node[::-1]))[0])
    minutes = float(np.rint(share * roads.arcs[2][edge])) / MS_PER_MINUTE
    pair = (joint, node_point) if leaving else (node_point, joint)
    turn = [] if leaving else _turn(node_point, roads.turn_into(state, edge))
    return [*turn, _edge_row(roads, edge, *pair, minutes, share)]


def _turn(place: Any, ms: int) -> list[dict[str, Any]]:
    """Return the row of a turn that costs time, if it does."""
    return [_row(TURN, place, place, ms / MS_PER_MINUTE, delay_s=ms * 60 / MS_PER_MINUTE)] if ms else []


def _edge_row(roads: RoadGraph, edge: int, start: Any, end: Any, minutes: float, share: float) -> dict[str, Any]:
    known = roads.edges.iloc[edge]
    length = known["length_m"] * share if "length_m" in known else np.nan
    row = _row(ROAD, start, end, minutes, length_m=length, edge=edge)
    for column in ASKED:
        if column in known and pd.notna(known[column]):
            row[column] = known[column]
    if pd.isna(row["speed_kmh"]):
        row["speed_kmh"] = row["length_m"] / 1000 / (minutes / 60) if minutes else np.nan
    row["delay_s"] *= share
    return row


def _row(what: str, start: Any, end: Any, minutes: float, **known: Any) -> dict[str, Any]:
    line = shapely.LineString([start, end])
    kmh = line.length / 1000 / (minutes / 60) if minutes and what == LEG else np.nan
    empty = {"what": what, "name": "", "road_class": "", "length_m": line.length, "speed_kmh": kmh, "speed_reason": ""}
    row = {**empty, "delay_s": 0.0, "minutes": minutes, "note": "", "geometry": line, **known}
    return row if pd.notna(row["length_m"]) else {**row, "length_m": line.length}


def _table(rows: list[dict[str, Any]], crs: str) -> gpd.GeoDataFrame:
    """Return the rows as one table, stretches of one road at one speed put together; legs of no length are left out."""
    rows = [row for row in rows if row["what"] != LEG or row["minutes"] > 0]
    table = pd.DataFrame(rows, columns=COLUMNS)
    table["note"] = pd.Series([row["note"] for row in rows], index=table.index, dtype=object)  # notes, not their text
    if table.empty:
        return gpd.GeoDataFrame(table, geometry="geometry", crs=crs)
    same = ["what", "name", "road_class", "speed_reason"]
    changed = (table[same] != table[same].shift()).any(axis=1) | (table["speed_kmh"].diff().abs() > 0.5)
    stretch = changed.cumsum()
    hours = table["length_m"] / 1000 / table["speed_kmh"]
    grouped = table.assign(hours=hours).groupby(stretch)
    told_table = grouped[same].first()
    told_table[["length_m", "delay_s", "minutes"]] = grouped[["length_m", "delay_s", "minutes"]].sum()
    kmh = told_table["length_m"] / 1000 / grouped["hours"].sum()
    told_table["speed_kmh"] = kmh.fillna(grouped["speed_kmh"].first())  # of no length
    lines = [
        shapely.LineString([pieces.iloc[0].coords[0], *(piece.coords[-1] for piece in pieces)])
        for _, pieces in grouped["geometry"]
    ]
    told_table["note"] = pd.Series([max(notes) for _, notes in grouped["note"]], index=told_table.index, dtype=object)
    told_table = told_table.reset_index(drop=True)[COLUMNS[:-1]]
    return gpd.GeoDataFrame(told_table, geometry=lines, crs=crs)


def _joint(roads: RoadGraph, joined: Snapped) -> Any:
    tail, head = (roads.xy[node] for node in _ends(roads, joined))
    return shapely.Point(tail + joined.fraction[0] * (head - tail))


def _ends(roads: RoadGraph, joined: Snapped) -> tuple[int, int]:
    segment = joined.segment[0]
    return int(roads.segments.tails[segment]), int(roads.segments.heads[segment])


def _leg(joined: Snapped) -> float:
    return float(joined.leg_ms[0]) / MS_PER_MINUTE
