"""Road networks from OpenStreetMap files (.osm.pbf, .osm, .osm.gz …), read in passes that keep only what roads need."""

import hashlib
from array import array
from collections import Counter
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap import speeds
from accessmap.errors import NetworkError, SourceError, did_you_mean
from accessmap.provenance import Source
from accessmap.sources import osm_access, osm_tags
from accessmap.sources.builtup import built_up
from accessmap.sources.roads import RoadTables, Segments, Ways, road_tables, segment_metres

__all__ = ["file_sha256", "read_osm"]

COLUMNS = [column.name for column in fields(Ways)]
SETTLED_LANDUSE = {"residential", "retail"}
SETTLED_PLACES = {"city", "town", "village", "hamlet", "suburb", "quarter", "neighbourhood"}
STREETS = ("residential", "living_street")
IntArray = npt.NDArray[np.int64]


def read_osm(
    path: str | Path, *, mode: str = "car", clip: Any = None, buffer_metres: float = 0.0, country: str | None = None
) -> RoadTables:
    """Return the roads of an OpenStreetMap file that a mode may use: nodes (lon, lat), and directed arcs with minutes and metres.

    Every node of a way is a node of the network, so that arcs are straight. Turn restrictions are not read: costs are
    those of nodes.

    Parameters
    ----------
    path
        .osm.pbf, .osm, .osm.gz or .osm.bz2.
    mode
        "car", "bike" or "walk".
    clip
        Keep roads that touch this place: (west, south, east, north) in degrees, a shapely polygon in degrees, or a
        GeoSeries or GeoDataFrame in any CRS. None keeps all.
    buffer_metres
        Widen `clip` by so many metres.
    country
        Whose speed rules hold, one of `speeds.COUNTRIES`; by default what the tags name, else where the middle of the
        roads lies.

    Raises
    ------
    SourceError
        If the file is not there or is not OpenStreetMap data.
    NetworkError
        If the mode or country is unknown, or nothing is left for it.

    Examples
    --------
    >>> import tempfile
    >>> text = '''<osm version="0.6"><node id="1" lat="49.61" lon="3.21"/><node id="2" lat="49.62" lon="3.21"/>
    ... <way id="9"><nd ref="1"/><nd ref="2"/><tag k="highway" v="tertiary"/><tag k="maxspeed" v="50"/></way></osm>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "one.osm").write_text(text)
    ...     roads = read_osm(Path(folder, "one.osm"))
    >>> roads.edges[["u", "v", "road_class", "length_m"]].round(0).values.tolist()
    [[1, 2, 'tertiary', 1112.0], [2, 1, 'tertiary', 1112.0]]
    """
    speeds.check_mode(mode)
    if country is not None and country not in speeds.COUNTRIES:
        raise NetworkError(
            f"unknown country {country!r}{did_you_mean(country, speeds.COUNTRIES)}: use one of {', '.join(speeds.COUNTRIES)}."
        )
    path = Path(path)
    if not path.is_file():
        raise SourceError(f"{path}: no such file: give an OpenStreetMap extract (.osm.pbf, .osm or .osm.gz).")
    try:
        return _Reading(path, mode, clip, buffer_metres, country).tables()
    except RuntimeError as error:  # what osmium raises, whatever is wrong in the file
        raise SourceError(
            f"{path}: not OpenStreetMap data, or damaged ({error}): give an extract ending in .osm.pbf, .osm or .osm.gz, named as what it is."
        ) from error


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     _ = Path(folder, "a").write_bytes(b"")
    ...     file_sha256(Path(folder, "a"))[:8]
    'e3b0c442'
    """
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


@dataclass
class _Reading:
    """One reading of a file: the passes, in the order in which each needs the one before."""

    path: Path
    mode: str
    clip: Any
    buffer_metres: float
    country: str | None
    refs: "array[int]" = field(default_factory=lambda: array("q"))
    sizes: "array[int]" = field(default_factory=lambda: array("q"))
    rings: list[list[int]] = field(default_factory=list)
    named: Counter[str] = field(default_factory=Counter)
    newest: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    roads_met: int = 0

    def tables(self) -> RoadTables:
        members = self._settled_members()
        ways = self._ways(members)
        if not len(ways):
            found = (
                f"{self.roads_met} ways with a highway tag, none open to mode {self.mode!r}"
                if self.roads_met
                else "no way with a highway tag"
            )
            raise NetworkError(
                f"{self.path}: no roads for mode {self.mode!r}: {found}. Give an extract that holds roads, or another mode."
            )
        nodes, events, blocked = self._nodes()
        segments, lost = self._segments(nodes)
        if lost:
            segments = segments[(segments.start >= 0) & (segments.end >= 0)]
        segments = self._clipped(segments, nodes)
        if not len(segments.start):
            why = "the clip lies elsewhere" if self.clip is not None else "the nodes of its ways are missing"
            raise NetworkError(f"{self.path}: no road is left: {why}.")
        urban = self._urban(segments, nodes, ways)
        segments, nodes = _cut_at(segments, nodes, blocked)
        country = self.country or self._country(nodes)
        notes = {"clip": "none" if self.clip is None else f"yes, widened by {self.buffer_metres:g} m"}
        if lost:
            notes["segments without coordinates"] = str(lost)
        return road_tables(
            nodes,
            segments,
            ways,
            events=events,
            urban=urban,
            mode=self.mode,
            country=country,
            source=self._source(),
            parameters=notes,
        )

    def _processor(self, entities: Any, *filters: Any) -> Any:
        import osmium

        processor = osmium.FileProcessor(str(self.path), entities)
        for filter_ in filters:
            processor = processor.with_filter(filter_)
        return processor

    def _settled_members(self) -> set[int]:
        """Ways that bound built-up areas drawn as multipolygons."""
        from osmium import filter as only
        from osmium import osm

        relations = self._processor(osm.RELATION, only.KeyFilter("landuse", "place"))
        return {
            member.ref
            for relation in relations
            if _settled(relation.tags)
            for member in relation.members
            if member.type == "w" and member.role != "inner"
        }

    def _ways(self, members: set[int]) -> pd.DataFrame:
        from osmium import filter as only
        from osmium import osm

        filters = [] if members else [only.KeyFilter("highway", "route", "landuse", "place")]
        ways = Ways()
        columns: dict[str, Any] = {name: getattr(ways, name) for name in COLUMNS}
        for way in self._processor(osm.WAY, *filters):
            tags = dict(way.tags)
            if way.id in members or _settled(tags):
                self.rings.append([node.ref for node in way.nodes])
            if "highway" not in tags and tags.get("route") != "ferry":
                continue
            self.roads_met += "highway" in tags
            use = osm_tags.way_use(tags, self.mode)
            if use is None:
                continue
            for name, column in columns.items():
                column.append(getattr(use, name))
            if use.country:
                self.named[use.country] += 1
            self._note_nodes(way)
        return ways.frame()

    def _note_nodes(self, way: Any) -> None:
        refs = [node.ref for node in way.nodes]
        self.refs.extend(refs)
        self.sizes.append(len(refs))
        self.newest = max(self.newest, way.timestamp)

    def _nodes(self) -> tuple[pd.DataFrame, pd.DataFrame, IntArray]:
        """Coordinates of the nodes of roads, the delays and the barriers at them (as positions); rings of areas become polygons."""
        from osmium import filter as only
        from osmium import osm

        wanted = np.unique(np.frombuffer(self.refs, dtype=np.int64))
        rings = {ref for ring in self.rings for ref in ring}
        everything = np.union1d(wanted, np.fromiter(rings, dtype=np.int64, count=len(rings)))
        ids, lon, lat = array("q"), array("d"), array("d")
        delayed: list[tuple[int, str]] = []
        barred: list[int] = []
        for node in self._processor(osm.NODE, only.IdFilter(everything.tolist())):
            ids.append(node.id)
            lon.append(node.location.lon)
            lat.append(node.location.lat)
            if len(node.tags):
                tags = dict(node.tags)
                event = osm_tags.node_event(tags)
                if osm_access.barred(tags, self.mode):
                    barred.append(node.id)
                elif event:
                    delayed.append((node.id, event))
        nodes = pd.DataFrame({"lon": lon, "lat": lat}, index=pd.Index(np.array(ids, dtype=np.int64), name="node"))
        nodes = nodes[~nodes.index.duplicated()].sort_index()
        self._close_rings(nodes)
        nodes = nodes[nodes.index.isin(wanted)]
        events = pd.DataFrame(delayed, columns=["node", "event"])
        events["node"] = nodes.index.get_indexer(events["node"])
        return nodes, events[events["node"] >= 0], _positions(nodes.index, np.array(barred, dtype=np.int64))

    def _close_rings(self, nodes: pd.DataFrame) -> None:
        """Polygons of the built-up areas: closed ways, and open ones that close together."""
        import shapely

        lines = []
        for ring in self.rings:
            found = _positions(nodes.index, np.array(ring, dtype=np.int64))
            if len(found) == len(ring) > 1:
                lines.append(shapely.LineString(nodes.to_numpy()[found]))
        self.areas = list(shapely.get_parts(shapely.polygonize(lines))) if lines else []

    def _segments(self, nodes: pd.DataFrame) -> tuple[Segments, int]:
        """Pieces of ways as positions in `nodes` (−1 where the file lacks the node), and how many lack one."""
        refs = np.frombuffer(self.refs, dtype=np.int64)
        position = nodes.index.get_indexer(refs)
        sizes = np.frombuffer(self.sizes, dtype=np.int64)
        way = np.repeat(np.arange(len(sizes)), sizes)
        inner = (way[1:] == way[:-1]) & (refs[1:] != refs[:-1])
        segments = Segments(position[:-1][inner], position[1:][inner], way[1:][inner])
        return segments, int(((segments.start < 0) | (segments.end < 0)).sum())

    def _clipped(self, segments: Segments, nodes: pd.DataFrame) -> Segments:
        if self.clip is None:
            return segments
        import shapely

        place = _clip_polygon(self.clip, self.buffer_metres)
        shapely.prepare(place)
        inside = shapely.contains_xy(place, nodes["lon"].to_numpy(), nodes["lat"].to_numpy())
        return segments[inside[segments.start] | inside[segments.end]]

    def _urban(self, segments: Segments, nodes: pd.DataFrame, ways: pd.DataFrame) -> npt.NDArray[np.bool_]:
        lon, lat = nodes["lon"].to_numpy(), nodes["lat"].to_numpy()
        middle_lon, middle_lat = (
            (lon[segments.start] + lon[segments.end]) / 2,
            (lat[segments.start] + lat[segments.end]) / 2,
        )
        street = ways["road_class"].isin(STREETS).to_numpy()[segments.way]
        metres = segment_metres(lon[segments.start], lat[segments.start], lon[segments.end], lat[segments.end])
        return built_up(middle_lon, middle_lat, np.where(street, metres, 0.0), self.areas)

    def _country(self, nodes: pd.DataFrame) -> str:
        if self.named:
            named = self.named.most_common(1)[0][0]
            return named if named in speeds.COUNTRIES else "generic"
        return speeds.country_at(float(nodes["lon"].median()), float(nodes["lat"].median()))

    def _source(self) -> Source:
        import osmium

        with osmium.io.Reader(str(self.path)) as reader:
            header = reader.header()
        newest = f"{self.newest:%Y-%m-%dT%H:%M:%SZ}" if self.newest.year > 1970 else "undated"
        stamp = header.get("osmosis_replication_timestamp") or header.get("timestamp") or newest
        return Source(
            title=f"OpenStreetMap, {self.path.name}",
            publisher="© OpenStreetMap contributors",
            licence="ODbL 1.0",
            vintage=stamp,
            url="https://www.openstreetmap.org/copyright",
            sha256=file_sha256(self.path),
        )


def _settled(tags: Any) -> bool:
    return tags.get("landuse") in SETTLED_LANDUSE or tags.get("place") in SETTLED_PLACES


def _positions(index: pd.Index, ids: IntArray) -> IntArray:
    found = index.get_indexer(ids)
    return found[found >= 0]


def _cut_at(segments: Segments, nodes: pd.DataFrame, blocked: IntArray) -> tuple[Segments, pd.DataFrame]:
    """End every segment at a barrier in a copy of its own (negative ids), so that roads reach up to it and none goes through."""
    barred = np.zeros(len(nodes), dtype=bool)
    barred[blocked] = True
    start, end = segments.start.copy(), segments.end.copy()
    at_start, at_end = np.flatnonzero(barred[start]), np.flatnonzero(barred[end])
    copied = np.concatenate([start[at_start], end[at_end]])
    start[at_start] = len(nodes) + np.arange(len(at_start))
    end[at_end] = len(nodes) + len(at_start) + np.arange(len(at_end))
    lowest = min(0, int(nodes.index.min()))
    copies = nodes.iloc[copied].set_axis(pd.Index(lowest - 1 - np.arange(len(copied)), name="node"))
    return Segments(start, end, segments.way), pd.concat([nodes, copies])


def _clip_polygon(clip: Any, buffer_metres: float) -> Any:
    """The clip as one polygon in degrees."""
    import geopandas as gpd
    import shapely

    if isinstance(clip, tuple | list):
        if len(clip) != 4 or not (clip[0] < clip[2] and clip[1] < clip[3]) or abs(clip[1]) > 90 or abs(clip[3]) > 90:
            raise NetworkError(f"clip {tuple(clip)}: give (west, south, east, north) in degrees, or a polygon.")
        clip = shapely.box(*clip)
    place = clip.geometry if isinstance(clip, gpd.GeoSeries | gpd.GeoDataFrame) else gpd.GeoSeries([clip], crs=4326)
    if place.crs is None:
        raise NetworkError("clip has no CRS: call set_crs() on it first.")
    if buffer_metres:
        place = place.to_crs(place.estimate_utm_crs()).buffer(buffer_metres)
    return place.to_crs(4326).union_all()
