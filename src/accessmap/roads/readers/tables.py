"""What every reader of roads hands over: nodes and directed arcs with their minutes, and where they come from."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, Problem
from accessmap.provenance import Source
from accessmap.read.spread import STREETS, built_up
from accessmap.roads import speeds
from accessmap.roads.readers.osm_tags import WayUse
from accessmap.roads.snapping import joins_rule
from accessmap.words.notes import Note

DEGREE_STEP = 1e-7  # about 1 cm, the step of OpenStreetMap's coordinates
IntArray = npt.NDArray[np.int64]
UNKEPT = {"country", "pushed"}  # of what a way is: told already by its speeds
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
        motorways, ferries).
    source
        The file or service it was read from.
    parameters
        Mode, country, speed table version and what else was chosen, as they should be printed; `notes` says what was
        left out.
    """

    nodes: pd.DataFrame
    edges: pd.DataFrame
    source: Source
    parameters: Mapping[str, str]


class Ways:
    """The ways open to a mode, in the order they were met: what their tags come to, shared by all segments of each."""

    def __init__(self) -> None:
        self._columns: dict[str, list[Any]] = {each.name: [] for each in fields(WayUse) if each.name not in UNKEPT}

    def add(self, use: WayUse) -> None:
        """Keep one more way."""
        for name, column in self._columns.items():
            column.append(getattr(use, name))

    def frame(self) -> pd.DataFrame:
        """Return a table, one row a way; words as categories, which keeps a country's roads small."""
        table = pd.DataFrame(self._columns)
        reasons = pd.CategoricalDtype(sorted({*table["reason_forward"], *table["reason_backward"]}))
        words = dict.fromkeys(("road_class", "name", "setting", "cap_reason"), "category")
        numbers = dict.fromkeys(("limit_forward", "limit_backward", "cap_kmh", "minutes"), "float64")
        return table.astype({**words, **numbers, "reason_forward": reasons, "reason_backward": reasons})


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

    def middles(self, nodes: pd.DataFrame) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Longitude and latitude of the middle of each piece (degrees), and its length (metres)."""
        lon, lat = nodes["lon"].to_numpy(dtype=float), nodes["lat"].to_numpy(dtype=float)
        ends = lon[self.start], lat[self.start], lon[self.end], lat[self.end]
        return (ends[0] + ends[2]) / 2, (ends[1] + ends[3]) / 2, segment_metres(*ends)


def cut_at(barriers: IntArray, segments: Segments, nodes: pd.DataFrame) -> tuple[Segments, pd.DataFrame]:
    """Return segments and nodes with every segment at a barrier ending in a copy of its own (negative ids).

    Roads so reach up to the barrier (position of its node) from both sides, and none goes through. Ids are integers.

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
    copied = np.concatenate([start[at_start], end[at_end]])
    start[at_start] = len(nodes) + np.arange(len(at_start))
    end[at_end] = len(nodes) + len(at_start) + np.arange(len(at_end))
    lowest = min(0, int(nodes.index.min()))
    copies = nodes.iloc[copied].set_axis(pd.Index(lowest - 1 - np.arange(len(copied)), name=nodes.index.name))
    return Segments(start, end, segments.way), pd.concat([nodes, copies])


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def road_tables(
    nodes: pd.DataFrame,
    segments: Segments,
    ways: pd.DataFrame,
    *,
    events: pd.DataFrame,
    settled: Sequence[Any] = (),
    mode: str,
    country: str,
    source: Source,
    parameters: Mapping[str, str],
) -> RoadTables:
    """Return the tables of a network from its segments: arcs laid both ways where allowed, and timed.

    Parameters
    ----------
    nodes, segments, ways
        lon, lat by node id; the pieces; and the table of `Ways.frame`.
    events
        node (position) and event of what delays at nodes.
    settled
        Polygons (degrees) of built-up areas, where they are known; with the density of streets they tell where limits
        are urban, for ways whose `setting` is "".
    mode, country, source, parameters
        As in `RoadTables`; the speed table's version, mode and country are added to the parameters.

    Raises
    ------
    NetworkError
        If no arc is left.
    """
    lon, lat, length = segments.middles(nodes)
    street = ways["road_class"].isin(STREETS).to_numpy()[segments.way]
    urban = built_up(lon, lat, np.where(street, length, 0.0), list(settled))
    setting = np.asarray(ways["setting"].astype(str))[segments.way]
    setting = np.where(setting != "", setting, np.where(urban, "urban", "rural"))
    share = _share_of_way(length, segments.way, len(ways))
    ahead = _laid(segments, ways, "forward", length, setting, share)
    back = _laid(segments, ways, "backward", length, setting, share)
    arcs = pd.concat([ahead, back], ignore_index=True)
    for column in ("road_class", "setting", "limit_reason", "cap_reason"):
        arcs[column] = arcs[column].astype("category")
    if not len(arcs):
        raise NetworkError(Problem("roads_none_open", where=source.title, value=mode))
    timed = speeds.time_arcs(arcs, events, mode=mode, country=country)
    way = arcs["way"].to_numpy()
    ids = nodes.index
    edges = pd.DataFrame(
        {
            "u": ids[arcs["u"].to_numpy()],
            "v": ids[arcs["v"].to_numpy()],
            "minutes": timed["minutes"],
            "length_m": arcs["length_m"].astype(np.float32),
            "road_class": arcs["road_class"],
            "name": ways["name"].array[way],
            "speed_kmh": timed["speed_kmh"],
            "speed_reason": timed["speed_reason"],
            "delay_s": timed["delay_s"],
            "snappable": ways["snappable"].to_numpy(dtype=bool)[way],
        }
    )
    used = np.zeros(len(nodes), dtype=bool)
    used[arcs["u"]] = used[arcs["v"]] = True
    rules = mode, country, speeds.SPEED_TABLE_VERSION, joins_rule()
    keys = "roads_told_mode", "roads_told_country", "roads_told_speeds", "roads_told_joins"
    names: list[str] = [Note(key) for key in keys]
    told = dict(zip(names, rules, strict=True))
    return RoadTables(nodes.loc[used, ["lon", "lat"]], edges, source, {**told, **parameters})


def _share_of_way(length: FloatArray, way: IntArray, count: int) -> FloatArray:
    """Share (0-1) of its way's length that each segment makes."""
    whole = np.bincount(way, weights=length, minlength=count)[way]
    return np.divide(length, whole, out=np.zeros_like(length), where=whole > 0)


def _laid(
    segments: Segments,
    ways: pd.DataFrame,
    way: str,
    length: FloatArray,
    setting: npt.NDArray[np.str_],
    share: FloatArray,
) -> pd.DataFrame:
    """Arcs of the segments that may be travelled `way` ("forward" or "backward")."""
    open_ = ways[way].to_numpy(dtype=bool)[segments.way]
    chosen = segments[open_]
    start, end = (chosen.start, chosen.end) if way == "forward" else (chosen.end, chosen.start)
    of_way = {
        name: ways[name].array[chosen.way] for name in ("road_class", "dual", "roundabout", "cap_kmh", "cap_reason")
    }
    return pd.DataFrame(
        {
            "u": start,
            "v": end,
            "way": chosen.way,
            "length_m": length[open_],
            "setting": pd.Categorical(setting[open_], categories=["rural", "urban"]),
            **of_way,
            "limit_kmh": ways[f"limit_{way}"].array[chosen.way],
            "limit_reason": ways[f"reason_{way}"].array[chosen.way],
            "fixed_minutes": ways["minutes"].to_numpy()[chosen.way] * share[open_],
        }
    )
