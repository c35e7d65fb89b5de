"""What every reader of roads hands over: nodes and directed arcs with their minutes, and where they come from."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, Problem
from accessmap.files import file_of
from accessmap.provenance import Source
from accessmap.read.database import Database, content_sha256
from accessmap.read.spread import STREETS, built_up
from accessmap.roads import speeds
from accessmap.roads.graph import metric_crs_of
from accessmap.roads.junctions import TurnCosts, meeting_of, turn_costs
from accessmap.roads.law import COUNTRIES, laws_at
from accessmap.roads.readers.osm_pace import Pace
from accessmap.roads.readers.osm_tags import WayUse
from accessmap.roads.snapping import joins_rule
from accessmap.roads.sorting import give_back, slices
from accessmap.words.notes import Figure, Listed, Note, first_few

DEGREE_STEP = 1e-7  # about 1 cm, the step of OpenStreetMap's coordinates
IntArray = npt.NDArray[np.int64]
SETTINGS = ("rural", "urban")
HEADINGS = ("forward", "backward")
UNKEPT = {"pace", "pushed"}  # of what a way is: its pace has columns of its own, and tells what is pushed
# From a chain ferry that is waited for in mid-river to the quickest catamaran: what is beyond is a typing error.
SLOWEST_FERRY_KMH, FASTEST_FERRY_KMH = 0.5, 90.0
WGS84_MAJOR_M, WGS84_FLATTENING = 6378137.0, 1 / 298.257223563  # EPSG:4326, ellipsoid 7030
FloatArray = npt.NDArray[np.float64]


def clip_polygon(clip: Any, *, buffer_metres: float = 0.0) -> Any:
    """Return a place as one polygon in degrees.

    Parameters
    ----------
    clip
        (west, south, east, north) in degrees, a shapely polygon in degrees, or a GeoSeries or GeoDataFrame in any CRS.
    buffer_metres
        Widen it by so many metres, measured in the UTM zone of the place.

    Raises
    ------
    NetworkError
        If the place is empty, has no CRS, or is not in degrees.

    >>> clip_polygon((3.0, 49.0, 3.1, 49.1)).bounds
    (3.0, 49.0, 3.1, 49.1)
    """
    import geopandas as gpd
    import shapely

    if isinstance(clip, tuple | list):
        if len(clip) != 4 or not (clip[0] < clip[2] and clip[1] < clip[3]):
            raise NetworkError(Problem("roads_clip_bounds", value=tuple(clip)))
        clip = shapely.box(*clip)
    place = clip.geometry if isinstance(clip, gpd.GeoSeries | gpd.GeoDataFrame) else gpd.GeoSeries([clip], crs=4326)
    if place.crs is None:
        raise NetworkError(Problem("roads_clip_without_crs"))
    place = place.to_crs(4326)
    bounds = west, south, east, north = place.total_bounds
    # Written so that the NaN of an empty place fails too.
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        value = ", ".join(f"{degrees:g}" for degrees in bounds)
        raise NetworkError(Problem("roads_clip_not_degrees", where="clip", value=value))
    if buffer_metres:
        place = place.to_crs(place.estimate_utm_crs()).buffer(buffer_metres).to_crs(4326)
    return place.union_all()


def straight_segments(nodes: pd.DataFrame, u: IntArray, v: IntArray, lines: list[Any]) -> tuple[pd.DataFrame, Segments]:
    """Return nodes with those of the bends added (after the others, negative ids or "bend 1", …), and the segments.

    Bends at one place of lines between the same two nodes are one node, so that both directions of a street stay one
    street; lines that merely cross share none.

    Parameters
    ----------
    nodes
        lon, lat by node id.
    u, v
        Positions of the nodes at the start and the end of each line.
    lines
        Shapely lines in degrees, or None for a straight one; their ends are not used, the nodes are.

    >>> import shapely
    >>> nodes = pd.DataFrame({"lon": [0.0, 1.0], "lat": [0.0, 1.0]}, index=[10, 20])
    >>> bent = shapely.LineString([(0, 0), (1, 0), (1, 1)])
    >>> more, pieces = straight_segments(nodes, np.array([0]), np.array([1]), [bent])
    >>> more.index.tolist(), pieces.start.tolist(), pieces.end.tolist(), pieces.way.tolist()
    ([10, 20, -1], [0, 2], [2, 1], [0, 0])
    """
    import shapely

    geometry = np.array(lines, dtype=object)
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    inner = np.zeros(len(xy), dtype=bool)
    inner[1:-1] = (owner[1:-1] == owner[:-2]) & (owner[1:-1] == owner[2:])
    xy, owner = xy[inner], owner[inner].astype(np.int64)
    place = np.rint(xy / DEGREE_STEP).astype(np.int64)
    key = np.column_stack([np.minimum(u, v)[owner], np.maximum(u, v)[owner], place])
    _, first, bend = np.unique(key, axis=0, return_index=True, return_inverse=True)
    bend = len(nodes) + bend.reshape(-1)

    count = len(u)
    way = np.concatenate([np.arange(count), owner, np.arange(count)])
    node = np.concatenate([u, bend, v])
    # Sorted by way, and within it start, bends in their order, end: the sort is stable.
    order = np.argsort(way, kind="stable")
    way, node = way[order], node[order]
    together = (way[1:] == way[:-1]) & (node[1:] != node[:-1])
    segments = Segments(node[:-1][together], node[1:][together], way[1:][together])
    number = np.arange(1, len(first) + 1)
    whole = pd.api.types.is_integer_dtype(nodes.index.dtype)
    lowest = min(0, int(nodes.index.min())) if whole and len(nodes) else 0
    ids = pd.Index(lowest - number if whole else [f"bend {n}" for n in number], name=nodes.index.name)
    bends = pd.DataFrame({"lon": xy[first, 0], "lat": xy[first, 1]}, index=ids)
    return (pd.concat([nodes[["lon", "lat"]], bends]) if len(bends) else nodes[["lon", "lat"]]), segments


class RoadTables(NamedTuple):
    """A road network as two tables, with its source.

    Parameters
    ----------
    nodes
        lon, lat (degrees) by node id.
    edges
        One row a directed arc, straight from u to v: u, v (node ids), minutes (delay included), length_m, road_class,
        name, speed_kmh (without the delay), speed_reason, delay_s, snappable (False where nobody can join the road:
        motorways, ferries), through (False where trips may only begin or end: private roads, visitors only).
    source
        The file or service it was read from.
    parameters
        Mode, country, speed table version and what else was chosen, as they should be printed; `notes` says what was
        left out.
    turns
        Turns that may not be driven, or None, as `RoadNetwork.turns`.
    turn_costs
        Turns that cost time beyond what their edges say, or None, as `RoadNetwork.turn_costs`.
    """

    nodes: pd.DataFrame
    edges: pd.DataFrame
    source: Source
    parameters: Mapping[str, str]
    turns: pd.DataFrame | None = None
    turn_costs: pd.DataFrame | None = None


class Turn(NamedTuple):
    """A restriction: positions of the nodes as they are driven, its kind ("no_left_turn", "only_…") and its id."""

    nodes: tuple[int, ...]
    kind: str
    source: Any


class Ways:
    """The ways open to a mode, in the order they were met: what their tags come to, shared by all segments of each."""

    def __init__(self) -> None:
        self._uses: list[WayUse] = []
        self._number: dict[int, int] = {}  # of a use, by the identity of what `_uses` keeps alive
        self._kinds, self._called = array("i"), array("i")
        self._names: dict[str | None, int] = {}

    def add(self, use: WayUse, name: str | None = None) -> None:
        """Keep one more way, of a name of its own or that of its use; a use that many ways share is kept once."""
        self._kinds.append(self.number(use))
        self._called.append(self.called(use.name if name is None else name))

    def number(self, use: WayUse) -> int:
        """Return the number of a use here."""
        number = self._number.setdefault(id(use), len(self._uses))
        if number == len(self._uses):
            self._uses.append(use)
        return number

    def called(self, name: str | None) -> int:
        """Return the number of a name here."""
        return self._names.setdefault(name, len(self._names))

    def extend(self, uses: IntArray, names: IntArray) -> None:
        """Keep more ways, by the numbers of their uses and names."""
        self._kinds.frombytes(uses.astype(np.int32).tobytes())
        self._called.frombytes(names.astype(np.int32).tobytes())

    def frame(self) -> pd.DataFrame:
        """Return a table, one row a way; words as categories, which keeps a country's roads small."""
        names = [each.name for each in fields(WayUse) if each.name not in UNKEPT]
        rows = [(*(getattr(use, name) for name in names), *use.pace) for use in self._uses]
        table = pd.DataFrame(rows, columns=[*names, *Pace._fields])
        words = dict.fromkeys(("road_class", "setting", "law", "cap_reason", "odd"), "category")
        numbers = dict.fromkeys(
            ("limit_forward", "limit_backward", "cap_kmh", "minutes", "boarding_s", "slope_forward", "slope_backward"),
            "float64",
        )
        truths = dict.fromkeys(
            ("dual", "roundabout", "forward", "backward", "snappable", "through_forward", "through_backward"), "bool"
        )
        both: dict[str, pd.CategoricalDtype] = {}
        for name in ("reason", "legal"):
            kinds = pd.CategoricalDtype(sorted({*table[f"{name}_forward"], *table[f"{name}_backward"]}))
            both |= {f"{name}_forward": kinds, f"{name}_backward": kinds}
        table = table.astype({**words, **numbers, **truths, "wide_forward": "bool", "wide_backward": "bool", **both})
        ways = table.take(np.frombuffer(self._kinds, dtype=np.int32)).reset_index(drop=True)
        words_of = pd.Series([*self._names], dtype=table["name"].dtype).astype("category").array
        called = words_of.codes[np.frombuffer(self._called, dtype=np.int32)]
        ways["name"] = pd.Categorical.from_codes(called, dtype=words_of.dtype)
        return ways


def segment_metres(lon: FloatArray, lat: FloatArray, lon_to: FloatArray, lat_to: FloatArray) -> FloatArray:
    """Return the length (m) of short straight segments on the WGS84 ellipsoid.

    Radii of curvature at the middle latitude (Torge & Müller 2012, *Geodesy*, eq. 4.13-4.14): within 1 mm a kilometre
    of the geodesic up to 50 km.

    >>> segment_metres(np.array([3.0]), np.array([49.5]), np.array([3.0]), np.array([49.51])).round(1)
    array([1112.2])
    """
    middle = np.radians((lat + lat_to) / 2)
    squared = WGS84_FLATTENING * (2 - WGS84_FLATTENING)
    shrink = 1 - squared * np.sin(middle) ** 2
    north = np.radians(lat_to - lat) * WGS84_MAJOR_M * (1 - squared) / shrink**1.5
    east = np.radians(lon_to - lon) * WGS84_MAJOR_M / np.sqrt(shrink) * np.cos(middle)
    return np.hypot(north, east)


@dataclass(frozen=True)
class Segments:
    """Straight pieces of ways: node positions at both ends, and the position of the way each belongs to."""

    start: IntArray
    end: IntArray
    way: IntArray

    def __getitem__(self, chosen: npt.NDArray[np.bool_]) -> Segments:
        return Segments(self.start[chosen], self.end[chosen], self.way[chosen])

    def plus(self, more: Segments) -> Segments:
        """Return these pieces and more."""
        pairs = ((self.start, more.start), (self.end, more.end), (self.way, more.way))
        return Segments(*(np.concatenate(pair) for pair in pairs))

    def middles(self, nodes: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Longitude and latitude of the middle of each piece (degrees), and its length (metres)."""
        lon, lat = nodes["lon"].to_numpy(dtype=float), nodes["lat"].to_numpy(dtype=float)
        x, y, metres = (np.empty(len(self.way)) for _ in range(3))
        for block in slices(len(self.way)):
            start, end = self.start[block], self.end[block]
            ends = lon[start], lat[start], lon[end], lat[end]
            x[block], y[block], metres[block] = (ends[0] + ends[2]) / 2, (ends[1] + ends[3]) / 2, segment_metres(*ends)
        return x, y, metres


def cut_at(barriers: IntArray, segments: Segments, nodes: pd.DataFrame) -> tuple[Segments, pd.DataFrame]:
    """Return segments and nodes with every road at a barrier ending in a copy of its own (negative ids, or "copy 1" …).

    Roads so reach up to the barrier (position of its node) from both sides, and none goes through. Segments that lead
    to the same node, such as both directions of a street, share their copy.

    >>> nodes = pd.DataFrame({"lon": [0.0, 0.1, 0.2], "lat": [0.0, 0.0, 0.0]}, index=[1, 2, 3])
    >>> pieces = Segments(np.array([0, 1]), np.array([1, 2]), np.array([0, 0]))
    >>> cut, more = cut_at(np.array([1]), pieces, nodes)
    >>> more.index[cut.start].tolist(), more.index[cut.end].tolist()
    ([1, -1], [-2, 3])
    """
    if not len(barriers):
        return segments, nodes
    barred = np.zeros(len(nodes), dtype=bool)
    barred[barriers] = True
    start, end = segments.start.copy(), segments.end.copy()
    at_start, at_end = np.flatnonzero(barred[start]), np.flatnonzero(barred[end])
    copied = np.concatenate([start[at_start], end[at_end]]).astype(np.int64)
    other = np.concatenate([end[at_start], start[at_end]])
    copy, roads = pd.factorize(copied * len(nodes) + other)
    start[at_start] = len(nodes) + copy[: len(at_start)]
    end[at_end] = len(nodes) + copy[len(at_start) :]
    number = np.arange(1, len(roads) + 1)
    whole = pd.api.types.is_integer_dtype(nodes.index.dtype)
    ids = min(0, int(nodes.index.min())) - number if whole else [f"copy {n}" for n in number]
    copies = nodes.iloc[roads // len(nodes)].set_axis(pd.Index(ids, name=nodes.index.name))
    return Segments(start, end, segments.way), pd.concat([nodes, copies])


def file_sha256(path: Path | Database) -> str:
    """Return the SHA-256 of a file, or of the rows of a table, in hexadecimal."""
    if isinstance(path, Database):
        return content_sha256(path)
    with file_of(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def road_tables(
    nodes: pd.DataFrame,
    segments: Segments,
    ways: pd.DataFrame,
    *,
    events: pd.DataFrame,
    settled: Sequence[Any] = (),
    turns: Sequence[Turn] = (),
    mode: str,
    country: str | None,
    source: Source,
    parameters: Mapping[str, str],
) -> RoadTables:
    """Return the tables of a network from its segments: arcs laid both ways where allowed, and timed.

    Parameters
    ----------
    nodes, segments, ways
        lon, lat by node id; the pieces; and the table of `Ways.frame`, with `whole_metres` where the pieces are only a
        part of their way (NaN where its length is not known).
    events
        node (position) and event of what delays at nodes, and whom: `coming` is the node one comes from, -1 anyone.
    settled
        Polygons (degrees) of built-up areas, where they are known; with the density of streets they tell where limits
        are urban, for ways whose `setting` is "".
    turns
        The restrictions that bind the mode, from the node before to the node after, each step an arc.
    country
        Whose law holds everywhere; without it, that of the land each piece lies in.
    mode, source, parameters
        As in `RoadTables`; the speed table's version, mode and law are added to the parameters.

    Raises
    ------
    NetworkError
        If no arc is left, or the roads lie on both sides of 180 degrees of longitude.
    """
    metric_crs_of(_extent(nodes, segments))
    lon, lat, length = segments.middles(nodes)
    street = ways["road_class"].isin(STREETS).to_numpy()[segments.way]
    urban = built_up(lon, lat, np.where(street, length, 0.0), list(settled))
    setting = pd.Categorical(ways["setting"].astype(str), ["", *SETTINGS]).codes[segments.way] - 1
    setting = np.where(setting < 0, urban, setting).astype(np.int8)
    law, told = _laws(lon, lat, length, ways["law"].astype(str).to_numpy(dtype=object), segments.way, country)
    del lon, lat, street, urban
    give_back()
    fixed, wrong = _timetabled(segments, length, ways)
    met = np.zeros(len(ways), dtype=bool)
    met[segments.way] = True
    odd = [text for text in ways["odd"][met].unique() if text]
    open_ = [np.flatnonzero(ways[way].to_numpy(dtype=bool)[segments.way]).astype(np.int32) for way in HEADINGS]
    piece, ahead = np.concatenate(open_), len(open_[0])
    del open_
    if not len(piece):
        raise NetworkError(Problem("roads_none_open", where=source.title, value=mode))
    u, v = segments.start[piece], segments.end[piece]
    u[ahead:], v[ahead:] = segments.end[piece[ahead:]], segments.start[piece[ahead:]]
    way = segments.way[piece].astype(np.int32, copy=False)
    del segments
    through = np.concatenate(
        [
            ways[f"through_{name}"].to_numpy(dtype=bool)[of]
            for name, of in zip(HEADINGS, (way[:ahead], way[ahead:]), strict=True)
        ]
    )
    told_of = ["road_class", "roundabout", *(() if ways["boarding_s"].isna().all() else ("boarding_s",))]
    of_way = {name: _taken(ways[name], way) for name in told_of}
    of_piece: dict[str, Any] = {"length_m": length[piece], "law": law[piece]}
    if fixed is not None:
        of_piece["fixed_minutes"] = fixed[piece]
    del length, fixed
    arcs = pd.DataFrame({"u": u, "v": v, **of_way, **of_piece}, copy=False)
    kinds = _arc_kinds(ways, way, ahead, setting[piece], of_piece["law"])
    of_arc = {name: _taken(ways[name], way) for name in ("name", "snappable")}
    del piece, way, ways, law, setting, of_way, of_piece
    give_back()
    meeting = meeting_of(arcs, len(nodes))
    turning = turn_costs(arcs, _Headings(u, v, nodes), mode, meeting)
    give_back()
    timed = speeds.time_arcs(arcs, events, mode=mode, turning=turning.on_arcs, kinds=kinds, meeting=meeting)
    del kinds, meeting
    metres = arcs["length_m"].astype(np.float32)
    road_class = arcs["road_class"]
    del arcs
    give_back()
    ids = nodes.index
    forbidden, costs = forbidden_turns(turns, u, v, ids), _costs(turning, u, v, ids)
    del turning
    used = np.zeros(len(nodes), dtype=bool)
    used[u] = used[v] = True
    tails = ids.to_numpy()[u]
    del u
    heads = ids.to_numpy()[v]
    del v
    give_back()
    nodes = nodes if used.all() and [*nodes] == ["lon", "lat"] else nodes.loc[used, ["lon", "lat"]]
    edges = pd.DataFrame(
        {
            "u": tails,
            "v": heads,
            "minutes": timed["minutes"],
            "length_m": metres,
            "road_class": road_class,
            "name": of_arc["name"],
            "speed_kmh": timed["speed_kmh"],
            "speed_reason": timed["speed_reason"],
            "delay_s": timed["delay_s"],
            "snappable": of_arc["snappable"],
            "through": through,
        },
        copy=False,
    )
    doubts = {"roads_told_odd_limits": odd, "roads_told_odd_durations": wrong}
    rules: dict[str, str] = {
        Note("roads_told_mode"): mode,
        **told,
        Note("roads_told_speeds"): speeds.SPEED_TABLE_VERSION,
        Note("roads_told_joins"): joins_rule(),
        **{Note(key): first_few(list(dict.fromkeys(texts)), str) for key, texts in doubts.items() if texts},
    }
    return RoadTables(nodes, edges, source, {**rules, **parameters}, forbidden, costs)


def _taken(column: pd.Series, rows: npt.NDArray[np.int32]) -> Any:
    """Values of a column at some rows; pandas itself would make the numbers of the rows twice as long first."""
    values = column.array
    if isinstance(values, pd.Categorical):
        return pd.Categorical.from_codes(values.codes[rows], dtype=values.dtype)
    return column.to_numpy()[rows]


def _extent(nodes: pd.DataFrame, segments: Segments) -> pd.DataFrame:
    """The corners (lon, lat) of the box in which the pieces lie."""
    used = np.zeros(len(nodes), dtype=bool)
    used[segments.start] = used[segments.end] = True
    axes = {axis: nodes[axis].to_numpy(dtype=float)[used] for axis in ("lon", "lat")}
    return pd.DataFrame({axis: [each.min(), each.max()] if len(each) else [] for axis, each in axes.items()})


def _costs(turning: TurnCosts, u: IntArray, v: IntArray, ids: pd.Index) -> pd.DataFrame | None:
    """Turns that cost seconds beyond what their edges say: nodes and seconds; edges between two nodes are one step."""
    step = pd.DataFrame({"u": u[turning.before], "via": v[turning.before], "v": v[turning.after]})
    once = np.flatnonzero(~step.duplicated())
    if not len(once):
        return None
    nodes = [ids[step[name].to_numpy()[once]].tolist() for name in step]
    return pd.DataFrame({"nodes": list(map(list, zip(*nodes, strict=True))), "seconds": turning.seconds[once].round(3)})


def forbidden_turns(turns: Sequence[Turn], u: IntArray, v: IntArray, ids: pd.Index) -> pd.DataFrame | None:
    """Return the sequences of node ids that restrictions forbid, as `RoadNetwork.turns`; None where there is none.

    `only_*` forbids the other ways on: at a node all of them; over several nodes those by which one would leave them,
    once one has come from the first node onto the way between. Where several begin alike ("straight on or right") each
    of their ways on is open.

    >>> only = Turn((0, 1, 2), "only_right_turn", 7)
    >>> u, v = np.array([0, 1, 1, 1]), np.array([1, 0, 2, 3])
    >>> forbidden_turns([only], u, v, pd.Index(list("abcd")))["nodes"].tolist()
    [['a', 'b', 'a'], ['a', 'b', 'd']]
    """
    passed = {node for turn in turns if turn.kind.startswith("only_") for node in turn.nodes[1:-1]}
    exits: dict[int, set[int]] = {node: set() for node in passed}
    left = np.zeros(len(ids), dtype=bool)
    left[list(passed)] = True
    out = np.flatnonzero(left[u])
    for tail, head in zip(u[out].tolist(), v[out].tolist(), strict=True):
        exits[tail].add(head)
    onward: dict[tuple[int, ...], set[int]] = {}
    for turn in turns:
        if turn.kind.startswith("only_"):
            for at in range(min(2, len(turn.nodes) - 2), len(turn.nodes) - 1):
                onward.setdefault(turn.nodes[: at + 1], set()).add(turn.nodes[at + 1])
    found: dict[tuple[int, ...], Turn] = {}
    for turn in turns:
        nodes = turn.nodes
        if not turn.kind.startswith("only_"):
            found.setdefault(nodes, turn)
            continue
        for at in range(min(2, len(nodes) - 2), len(nodes) - 1):
            for other in sorted(exits[nodes[at]] - onward[nodes[: at + 1]]):
                found.setdefault((*nodes[: at + 1], other), turn)
    if not found:
        return None
    return pd.DataFrame(
        {
            "nodes": [ids[list(nodes)].tolist() for nodes in found],
            "kind": [turn.kind for turn in found.values()],
            "source": [turn.source for turn in found.values()],
        }
    )


class _Headings:
    """Where arcs lead, degrees clockwise from north, by their numbers."""

    def __init__(self, u: IntArray, v: IntArray, nodes: pd.DataFrame) -> None:
        self._ends = u, v
        self._place = nodes["lon"].to_numpy(dtype=float), nodes["lat"].to_numpy(dtype=float)

    def __getitem__(self, arcs: IntArray, /) -> FloatArray:
        (u, v), (lon, lat) = (end[arcs] for end in self._ends), self._place
        east = (lon[v] - lon[u]) * np.cos(np.radians((lat[u] + lat[v]) / 2))
        heading: FloatArray = np.degrees(np.arctan2(east, lat[v] - lat[u]))
        return heading


def _laws(
    lon: FloatArray, lat: FloatArray, length: FloatArray, coded: npt.NDArray[Any], way: IntArray, country: str | None
) -> tuple[pd.Categorical[Any], dict[str, str]]:
    """The law of each piece, and what is told of laws: that of the place, but for ways that name another themselves.

    A code of a country ("BE:rural") leaves the place its region ("BE-VLG").
    """
    place = (
        laws_at(lon, lat)
        if country is None
        else pd.Categorical.from_codes(np.zeros(len(lon), np.int8), pd.Index([country]))
    )
    told: dict[str, str] = {Note("roads_told_country"): _shares(_metres_by(length, place))}
    own = np.flatnonzero((coded != "")[way])
    if not len(own):
        return place, told
    law: npt.NDArray[Any] = np.asarray(place)
    other = [at for at in own if not f"{law[at]}-".startswith(f"{coded[way[at]]}-")]
    if not other:
        return place, told
    names = coded[way[other]]
    named = _metres_by(length[other], pd.Categorical(names))
    told[Note("roads_told_coded_laws")] = Listed.of(
        [Note("roads_coded_law", law=law_, km=Figure.of(m / 1000, digits=1)) for law_, m in named.items()]
    )
    law[other] = [name if name in COUNTRIES else "generic" for name in names]
    return pd.Categorical(law), told


def _metres_by(length: FloatArray, law: pd.Categorical[Any]) -> pd.Series:
    """Metres of road under each law, the longest first."""
    metres = np.zeros(len(law.categories))
    for block in slices(len(length)):
        np.add.at(metres, law.codes[block], length[block])
    return pd.Series(metres, index=law.categories).sort_values(ascending=False, kind="stable")


def _shares(metres: pd.Series) -> str:
    """Return the laws, and where there are several the share of the roads under each."""
    if len(metres) == 1:
        return str(metres.index[0])
    whole = float(metres.sum()) or 1.0
    return Listed.of(
        [Note("roads_law_share", law=law, share=Figure.of(100 * m / whole, digits=1)) for law, m in metres.items()]
    )


def _timetabled(segments: Segments, length: FloatArray, ways: pd.DataFrame) -> tuple[FloatArray | None, list[str]]:
    """Minutes of each piece of ferries with a timetable (None: no ferry), and durations that are not believed.

    A piece has its share of those of the whole way.
    """
    if ways["minutes"].isna().all():
        return None, []
    drawn = np.bincount(segments.way, weights=length, minlength=len(ways))
    whole = ways["whole_metres"].to_numpy(dtype=float) if "whole_metres" in ways else drawn
    minutes = ways["minutes"].to_numpy(dtype=float)
    kmh = np.divide(whole * 0.06, minutes, out=np.full(len(ways), np.nan), where=minutes > 0)
    wrong = (drawn > 0) & (minutes > 0) & ~((kmh >= SLOWEST_FERRY_KMH) & (kmh <= FASTEST_FERRY_KMH))
    pace = np.divide(minutes, whole, out=np.full(len(ways), np.nan), where=(minutes > 0) & (whole > 0) & ~wrong)
    names = ways["name"].astype(object)
    texts = [f"{names.iloc[at] or ''} {minutes[at]:.3g} min".strip() for at in np.flatnonzero(wrong)]
    return length * pace[segments.way], texts


def _arc_kinds(
    ways: pd.DataFrame,
    way: npt.NDArray[np.int32],
    ahead: int,
    setting: npt.NDArray[np.int8],
    law: pd.Categorical[Any],
) -> tuple[npt.NDArray[np.int32], pd.DataFrame]:
    """The kind of each arc as `speeds.time_arcs` takes them, of which the first so many run along their ways.

    A way has one kind each way it is driven, but for what the place tells.
    """
    told = ("road_class", "dual", "cap_kmh", "cap_reason")
    directed = {"wide": "wide", "legal": "legal", "limit_kmh": "limit", "limit_reason": "reason", "slope_kmh": "slope"}
    both = [
        pd.DataFrame(
            {**{name: ways[name] for name in told}, **{name: ways[f"{own}_{way}"] for name, own in directed.items()}}
        )
        for way in HEADINGS
    ]
    number, table = speeds.kinds_of(pd.concat(both, ignore_index=True))
    number = number.astype(np.int32)
    code = number[: len(ways)][way]
    code[ahead:] = number[len(ways) :][way[ahead:]]
    laws = len(law.categories)
    code *= len(SETTINGS)
    code += setting
    code *= laws
    code += law.codes
    met = np.zeros(len(table) * len(SETTINGS) * laws, dtype=bool)
    met[code] = True
    found = np.flatnonzero(met)
    kinds = table.iloc[found // (laws * len(SETTINGS))]
    kinds = kinds.assign(
        setting=[SETTINGS[at] for at in found // laws % len(SETTINGS)], law=law.categories[found % laws]
    )
    place = np.cumsum(met, dtype=np.int32) - 1
    return place[code], kinds
