"""Road networks from and to networkx graphs as OSMnx makes them, versions 1 and 2, or from a GraphML file of one."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, Problem, SourceError
from accessmap.files import is_input
from accessmap.provenance import Source
from accessmap.roads import speeds
from accessmap.roads.law import named_law
from accessmap.roads.readers import osm_tags, passages
from accessmap.roads.readers.inside import barred_roads
from accessmap.roads.readers.osm import ODBL, OSM_COPYRIGHT
from accessmap.roads.readers.osm_conditions import MOMENT
from accessmap.roads.readers.osm_pace import turned
from accessmap.roads.readers.rights import KEYS, SIZE_KEYS, Right, least_open
from accessmap.roads.readers.signs import approaches
from accessmap.roads.readers.tables import RoadTables, Segments, Turn, Ways, file_sha256, road_tables, straight_segments
from accessmap.words.notes import Aside, Note

if TYPE_CHECKING:
    import networkx as nx


MERGED = "\n"  # between the classes of ways merged into one edge; a way may have a list of its own
TRUE = {"true", "yes", "1"}
LISTS = {"surface", "smoothness", "tracktype", *SIZE_KEYS}  # of several values merged into one edge the slowest holds
ACCESS = {key for keys in KEYS.values() for key in keys}  # whoever takes the edge passes all: the least open holds


def read_graph(graph: Any, *, mode: str = "car", country: str | None = None) -> RoadTables:
    """Return the roads of an OSMnx graph, as `RoadNetwork.from_graph`.

    Edges with a `geometry` are cut into straight segments. Speeds are accessmap's own: `speed_kph` and `travel_time`
    are not read. Of several values that OSMnx merged into one edge the slowest class (none, where one of them is closed
    to the mode), the lowest limit and the least open access hold. A node that bars the way to the mode ends the roads
    on both sides of it; limits and slopes are those of the edge's own way.
    """
    speeds.check_mode(mode)
    country = named_law(country)
    path = Path(graph) if isinstance(graph, str | Path) else None
    if path is not None:
        graph = _graphml(path)
    nodes = _nodes(graph)
    ends, lines, ways, turned_round = _edges(graph, nodes, mode)
    if not len(ways):
        raise NetworkError(Problem("roads_graph_none", where="graph", value=mode, n=graph.number_of_edges()))
    events, barriers, gates = _events(graph, mode)
    nodes, lines = _in_degrees(graph, nodes, lines)
    more, segments = straight_segments(nodes, ends[:, 0], ends[:, 1], lines)
    events = approaches(events, _drawn_once(segments, turned_round), ways, more)
    closed = graph.number_of_edges() - len(ways)
    turns, told = _turns(graph, nodes)
    segments, ways, more = barred_roads(segments, ways, more, barriers=barriers, gates=gates)
    return road_tables(
        more,
        segments,
        ways,
        events=events,
        turns=turns,
        mode=mode,
        country=country,
        source=_source(graph, path),
        parameters={
            **told,
            Note("roads_told_moment"): MOMENT,
            Note("roads_told_edges_closed"): str(closed),
        },
    )


def graph_of(nodes: pd.DataFrame, edges: pd.DataFrame, turns: pd.DataFrame | None = None) -> nx.MultiDiGraph:
    """Return a network as OSMnx and networkx know it, as `RoadNetwork.to_graph`."""
    import networkx as nx

    graph = nx.MultiDiGraph(crs="EPSG:4326", simplified=False)
    places = zip(nodes.index, nodes["lon"].to_numpy(), nodes["lat"].to_numpy(), strict=True)
    graph.add_nodes_from((node, {"x": x, "y": y}) for node, x, y in places)
    known = edges.rename(columns={"length_m": "length", "road_class": "highway", "speed_kmh": "speed_kph"})
    known = known.assign(travel_time=known["minutes"] * 60).drop(columns=["u", "v", "minutes"])
    graph.add_edges_from(zip(edges["u"], edges["v"], known.to_dict("records"), strict=True))
    if turns is not None:
        graph.graph["turns"] = [list(row) for row in turns["nodes"]]
    return graph


def _turns(graph: Any, nodes: pd.DataFrame) -> tuple[list[Turn], dict[str, str]]:
    """The forbidden turns that `graph_of` lists in a graph, and how many of them cannot be told."""
    listed = graph.graph.get("turns", [])
    if isinstance(listed, str):  # as GraphML keeps a list
        try:
            listed = ast.literal_eval(listed)
        except (ValueError, SyntaxError, RecursionError, MemoryError):
            listed = [listed]
    listed = listed if isinstance(listed, list) else [listed]
    turns, odd, absent = [], 0, 0
    for row, passed in enumerate(listed):
        if (
            not isinstance(passed, list | tuple)
            or len(passed) < 3
            or any(isinstance(node, list | dict) for node in passed)
        ):
            odd += 1
            continue
        at = nodes.index.get_indexer(pd.Index(passed, dtype=object))
        if (at < 0).any():
            absent += 1
        else:
            turns.append(Turn(tuple(at.tolist()), "no_turn", row))
    counts = {
        Note("roads_told_turns"): len(turns),
        Note("roads_told_turns_unknown"): odd,
        Note("roads_told_turns_absent"): absent,
    }
    return turns, {name: str(count) for name, count in counts.items() if count}


def _graphml(path: Path) -> Any:
    from xml.etree.ElementTree import ParseError

    import networkx as nx

    if not is_input(path):
        raise SourceError(Problem("roads_graph_no_file", where=str(path)))
    try:
        graph = nx.read_graphml(path, force_multigraph=True)
    except (ParseError, nx.NetworkXError, KeyError, ValueError) as error:
        why = Aside.of(str(error))
        raise SourceError(Problem("roads_graph_not_graphml", where=str(path), why=why)) from error
    if all(str(node).lstrip("-").isdecimal() for node in graph):
        return nx.relabel_nodes(graph, int)
    return graph


def _nodes(graph: Any) -> pd.DataFrame:
    """Coordinates by node id, as the graph has them."""
    missing = [node for node, data in graph.nodes(data=True) if not ("x" in data and "y" in data)]
    if missing:
        raise NetworkError(Problem("roads_graph_nodes_nowhere", where="graph", value=missing[0], n=len(missing)))
    if not len(graph):
        raise NetworkError(Problem("roads_graph_empty", where="graph"))
    try:
        x, y = (np.array([float(data[axis]) for _, data in graph.nodes(data=True)]) for axis in ("x", "y"))
    except (TypeError, ValueError) as error:
        why = Aside.of(str(error))
        raise NetworkError(Problem("roads_graph_no_number", where="graph", why=why)) from error
    nowhere = ~(np.isfinite(x) & np.isfinite(y))
    if nowhere.any():
        value, n = list(graph)[int(nowhere.argmax())], int(nowhere.sum())
        raise NetworkError(Problem("roads_graph_nodes_nowhere", where="graph", value=value, n=n))
    return pd.DataFrame({"lon": x, "lat": y}, index=pd.Index(list(graph), name="node"))


def _edges(
    graph: Any, nodes: pd.DataFrame, mode: str
) -> tuple[npt.NDArray[np.int64], list[Any], pd.DataFrame, npt.NDArray[np.bool_]]:
    """Positions of both ends of each edge open to the mode, its line if any, the table of `Ways`, and which run back.

    Those run against the way that OpenStreetMap draws.
    """
    at = {node: position for position, node in enumerate(nodes.index)}
    ends: list[tuple[int, int]] = []
    lines: list[Any] = []
    back: list[bool] = []
    ways = Ways()
    for u, v, data in graph.edges(data=True):
        tags = _tags(data)
        # Whoever takes the edge passes all of its ways: a street that ends in steps is no street to cars.
        uses = [osm_tags.way_use({**tags, "highway": name}, mode) for name in tags["highway"].split(MERGED)]
        use = min(filter(None, uses), key=lambda each: speeds.usual_kmh(each.road_class, mode), default=None)
        if use is None or None in uses:
            continue
        # OSMnx notes in undirected graphs which way an edge ran, and in directed ones whether against its way.
        start, end = (v, u) if str(data.get("from", u)) == str(v) != str(u) else (u, v)
        against = tags.get("reversed", "").casefold() in TRUE
        if against:
            use = _turned(use, one_way=tags["oneway"] == "yes")
        # A directed graph has an edge of its own for the way back.
        use = replace(use, backward=use.backward and not graph.is_directed())
        if not (use.forward or use.backward):
            continue
        ways.add(use)
        ends.append((at[start], at[end]))
        lines.append(_line(data.get("geometry")))
        back.append(against)
    return np.array(ends, dtype=np.int64).reshape(-1, 2), lines, ways.frame(), np.array(back, dtype=bool)


def _drawn_once(segments: Segments, back: npt.NDArray[np.bool_]) -> Segments:
    """Pieces as their ways are drawn, one of the two edges that a directed graph has for a street."""
    against = back[segments.way]
    start, end = np.where(against, segments.end, segments.start), np.where(against, segments.start, segments.end)
    ends = np.sort(np.stack([start, end]), axis=0)
    _, first = np.unique(ends, axis=1, return_index=True)
    return Segments(start[first], end[first], segments.way[first])


def _turned(use: osm_tags.WayUse, *, one_way: bool) -> osm_tags.WayUse:
    """A use of a way that an edge runs against; of one that is open one way OSMnx has turned that round already."""
    use = replace(use, pace=turned(use.pace))
    if one_way:
        return use
    return replace(
        use,
        forward=use.backward,
        backward=use.forward,
        through_forward=use.through_backward,
        through_backward=use.through_forward,
    )


def _tags(data: dict[str, Any]) -> dict[str, str]:
    """Attributes of an edge as OpenStreetMap tags: lists, and lists and truths written out as text, undone."""
    tags = {}
    for key, value in data.items():
        values = [text for text in map(str, _unfolded(value)) if text not in {"", "nan", "None"}]
        if values and key not in {"geometry", "osmid", "length"}:
            if key in ACCESS and len(values) > 1:
                values = [least_open(values, key)]
            joined = MERGED if key == "highway" else ";"
            several = key == "highway" or key in LISTS or key.startswith("maxspeed")
            tags[key] = joined.join(values) if several else values[0]
    tags["oneway"] = "yes" if tags.get("oneway", "").casefold() in TRUE else "no"
    return {"highway": "road", **tags}


def _unfolded(value: Any) -> list[Any]:
    if isinstance(value, str) and value.startswith("[") and value.endswith("]"):
        try:
            value = ast.literal_eval(value)
        except (ValueError, SyntaxError):
            return [value]
    return list(value) if isinstance(value, list | tuple | set) else [value]


def _line(geometry: Any) -> Any:
    import shapely

    try:
        with np.errstate(invalid="ignore"):  # "nan" in a WKT
            line = shapely.from_wkt(geometry) if isinstance(geometry, str) else geometry
    except shapely.errors.GEOSException as error:
        raise NetworkError(Problem("roads_graph_geometry", where="graph", value=geometry[:40])) from error
    if line is not None and not (
        isinstance(line, shapely.LineString) and np.isfinite(shapely.get_coordinates(line)).all()
    ):
        raise NetworkError(Problem("roads_graph_geometry", where="graph", value=str(geometry)[:40]))
    return line


def _in_degrees(graph: Any, nodes: pd.DataFrame, lines: list[Any]) -> tuple[pd.DataFrame, list[Any]]:
    """Nodes and lines in longitude and latitude, whatever the graph's CRS."""
    import geopandas as gpd
    import pyproj

    told = graph.graph.get("crs", "EPSG:4326")
    try:
        crs = pyproj.CRS(told)
    except pyproj.exceptions.CRSError as error:
        raise NetworkError(Problem("roads_graph_crs", where="graph", value=str(told)[:40])) from error
    if crs.is_geographic:
        if not (nodes["lon"].abs().max() <= 180 and nodes["lat"].abs().max() <= 90):
            raise NetworkError(Problem("roads_graph_not_degrees", where="graph"))
        return nodes, lines
    points = gpd.GeoSeries.from_xy(nodes["lon"], nodes["lat"], crs=crs).to_crs(4326)
    moved = pd.DataFrame({"lon": points.x.to_numpy(), "lat": points.y.to_numpy()}, index=nodes.index)
    if not np.isfinite(moved.to_numpy()).all():
        raise NetworkError(Problem("roads_graph_crs", where="graph", value=str(told)[:40]))
    return moved, gpd.GeoSeries(lines, crs=crs).to_crs(4326).to_list()


def _events(graph: Any, mode: str) -> tuple[pd.DataFrame, npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Delays at nodes, and the positions of those that nobody may pass, and of those that only some may."""
    found, barriers, gates = [], [], []
    for position, (_, data) in enumerate(graph.nodes(data=True)):
        tags = {key: str(value) for key, value in data.items() if key not in {"x", "y"}}
        right = min(passages.passages(tags, mode))  # which way a node's road is drawn a graph does not tell
        if right is Right.NO:
            barriers.append(position)
            continue
        if right is not Right.YES:
            gates.append(position)
        if event := passages.node_event(tags):
            found.append((position, event, passages.facing(tags, event)))
    events = pd.DataFrame(found, columns=["node", "event", "facing"])
    return events, np.array(barriers, dtype=np.int64), np.array(gates, dtype=np.int64)


def _source(graph: Any, path: Path | None) -> Source:
    return Source(
        title="OpenStreetMap, OSMnx graph" + (f" {path.name}" if path else ""),
        publisher="© OpenStreetMap contributors",
        licence=ODBL,
        vintage=str(graph.graph.get("created_date", ""))[:10],
        url=OSM_COPYRIGHT,
        sha256=file_sha256(path) if path else None,
    )
