"""Road networks from OpenStreetMap files (.osm.pbf, .osm, .osm.gz …), read in passes that keep only what roads need."""

import zlib
from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.parsers.expat import ExpatError

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import AccessmapError, NetworkError, Problem, SourceError
from accessmap.files import is_input
from accessmap.provenance import Source
from accessmap.roads import speeds
from accessmap.roads.law import named_law
from accessmap.roads.readers import osm_tags, passages
from accessmap.roads.readers.ferries import Lines
from accessmap.roads.readers.inside import barred_roads
from accessmap.roads.readers.osm_conditions import MOMENT
from accessmap.roads.readers.osm_turns import CLOSED, TAGS, Read, Restrictions, Step
from accessmap.roads.readers.osm_versions import Gone, objects_gone
from accessmap.roads.readers.rights import Right, values
from accessmap.roads.readers.signs import approaches, shut_one_way
from accessmap.roads.readers.squares import Square, lines_across
from accessmap.roads.readers.tables import (
    RoadTables,
    Segments,
    Turn,
    Ways,
    clip_polygon,
    file_sha256,
    road_tables,
)
from accessmap.words.notes import Note

ODBL = "ODbL 1.0"
OSM_COPYRIGHT = "https://www.openstreetmap.org/copyright"
# Keys of the ways that are read: roads, what bounds built-up areas, and barriers drawn as lines.
WAY_KEYS = {*osm_tags.KINDS, "landuse", "place", "barrier"}
SETTLED_LANDUSE = {"residential", "retail"}
SETTLED_PLACES = {"city", "town", "village", "hamlet", "suburb", "quarter", "neighbourhood"}
# osmium's filter by id takes a bit for each id up to the highest, some 0.5-1.5 GB, and is then quicker than Python;
# up to this size, some 4 million nodes, it is not worth that.
SMALL_FILE_BYTES = 30_000_000
# What osmium, expat and what unpacks raise of a file that is damaged.
UNREADABLE = (RuntimeError, ValueError, KeyError, OSError, EOFError, zlib.error, ExpatError)
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
IntArray = npt.NDArray[np.int64]


def read_osm(
    path: str | Path, *, mode: str = "car", clip: Any = None, buffer_metres: float = 0.0, country: str | None = None
) -> RoadTables:
    """Return the roads of an OpenStreetMap file open to a mode, as `RoadNetwork.from_osm`.

    Every node of a way is a node of the network, so that arcs are straight. Objects that are deleted, invisible or
    replaced by a later version are no roads, nor is a way that uses a deleted node. A barrier ends the roads on both
    sides of it, each in a copy of its node (negative ids).
    """
    speeds.check_mode(mode)
    country = named_law(country)
    place = None if clip is None else clip_polygon(clip, buffer_metres=buffer_metres)
    path = Path(path)
    if not is_input(path):
        raise SourceError(Problem("roads_osm_no_file", where=str(path)))
    notes: dict[str, str] = {}
    if place is not None:
        notes[Note("roads_told_clip")] = ", ".join(f"{x:.4f}" for x in place.bounds)
    notes[Note("roads_told_moment")] = MOMENT
    import osmium

    try:
        return _Reading(path, mode, place, country, notes, Restrictions(mode)).tables()
    except AccessmapError:
        raise
    except (*UNREADABLE, osmium.InvalidLocationError) as error:
        raise SourceError(Problem("roads_osm_damaged", where=str(path), why=Note.plain(str(error)))) from error


_Member = tuple[osm_tags.WayUse, Square, str]  # what an area is, the area, and the role of a way in it


@dataclass
class _Reading:
    """One reading of a file: the passes over it, in the order in which each needs the one before."""

    path: Path
    mode: str
    place: Any
    country: str | None
    notes: dict[str, str]
    restrictions: Restrictions
    refs: "array[int]" = field(default_factory=lambda: array("q"))
    sizes: "array[int]" = field(default_factory=lambda: array("q"))
    rings: list[list[int]] = field(default_factory=list)
    squares: list[Square] = field(default_factory=list)
    drawn: dict[int, dict[str, str]] = field(default_factory=dict)
    newest: datetime = NEVER
    pieces: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    lines: Lines = field(default_factory=lambda: Lines([]))
    met: int = 0
    one_way: dict[int, str] = field(default_factory=dict)
    gone: Gone = field(default_factory=Gone)
    roads_gone: set[int] = field(default_factory=set)
    restricted: set[int] = field(default_factory=set)
    restricted_met: set[int] = field(default_factory=set)
    row_of: dict[int, int] = field(default_factory=dict)

    def tables(self) -> RoadTables:
        self.gone = objects_gone(self.path)
        self.lines = self._ferry_lines()
        ways = self._ways(*self._members())
        if not len(ways):
            gone = Note("roads_osm_gone") if self.roads_gone else Note("roads_osm_no_highway")
            why = Note("roads_osm_closed", n=self.met) if self.met else gone
            raise NetworkError(Problem("roads_osm_none", where=str(self.path), value=self.mode, why=why))
        nodes, areas, events, barriers, gates = self._nodes()
        segments = self._segments(nodes)
        ways["whole_metres"] = self._whole_metres(segments, nodes)
        if self.lines:
            ways["minutes"] = self.lines.minutes(ways)
        if self.squares:
            segments = segments.plus(lines_across(self.squares, segments, nodes))
        segments = self._clipped(segments, nodes)
        if not len(segments.start):
            why = Note("roads_osm_nodes_missing") if self.place is None else Note("roads_osm_clip_elsewhere")
            raise NetworkError(Problem("roads_osm_none_left", where=str(self.path), why=why))
        driven = self._driven(segments, nodes, ways)
        segments, ways, nodes = barred_roads(segments, ways, nodes, barriers=barriers, gates=gates)
        return road_tables(
            nodes,
            segments,
            ways,
            events=approaches(events, segments, ways, nodes),
            turns=self._turns(driven, segments) + shut_one_way(self.one_way, segments, nodes),
            settled=areas,
            mode=self.mode,
            country=self.country,
            source=self._source(),
            parameters=self.notes,
        )

    def _objects(self, entities: Any, *filters: Any) -> Any:
        import osmium

        processor = osmium.FileProcessor(str(self.path), entities)
        for filter_ in filters:
            processor = processor.with_filter(filter_)
        return processor

    def _ferry_lines(self) -> Lines:
        from osmium import filter as only
        from osmium import osm

        relations = self._objects(osm.RELATION, only.TagFilter(("route", "ferry")))
        return Lines(relation for relation in relations if self.gone.stands("r", relation))

    def _members(self) -> tuple[set[int], dict[int, list[_Member]]]:
        """Ways that bound built-up areas drawn as multipolygons, and those that bound squares, with what they are.

        Restrictions of turns are noted on the way.
        """
        from osmium import filter as only
        from osmium import osm

        settled: set[int] = set()
        squares: dict[int, list[_Member]] = {}
        for relation in self._objects(osm.RELATION, only.KeyFilter(*WAY_KEYS - {"route", "barrier"}, *TAGS)):
            if not self.gone.stands("r", relation):
                continue
            members = [(member.type, member.ref, member.role) for member in relation.members]
            self.restrictions.add(relation.id, dict(relation.tags), members)
            ways = [(ref, role) for kind, ref, role in members if kind == "w"]
            if _is_settled(relation.tags):
                settled.update(way for way, role in ways if role != "inner")
            if self.mode == "car" or relation.tags.get("type") != "multipolygon":
                continue
            use = osm_tags.way_use({**dict(relation.tags), "area": "yes"}, self.mode)
            if use is not None:
                square = Square()
                for way, role in ways:
                    squares.setdefault(way, []).append((use, square, role))
        self.restricted = self.restrictions.ways
        return settled, squares

    def _ways(self, settled: set[int], squares: dict[int, list[_Member]]) -> pd.DataFrame:
        """What the roads are, in the order in which their nodes are noted; rings of built-up areas on the way."""
        from osmium import filter as only
        from osmium import osm

        filters = [] if settled or squares or self.lines else [only.KeyFilter(*WAY_KEYS)]
        ways = Ways()
        for way in self._objects(osm.WAY, *filters):
            tags = self.lines.tags_of(way.id, dict(way.tags))
            if WAY_KEYS.isdisjoint(tags) and way.id not in settled and way.id not in squares:
                continue
            refs = [node.ref for node in way.nodes]
            if not self._stands(way, tags, refs):
                continue
            if way.id in settled or _is_settled(tags):
                self.rings.append(refs)
            self.met += "highway" in tags
            if not osm_tags.KINDS.isdisjoint(tags):
                self._road(ways, tags, refs, way)
            elif not passages.DRAWN.isdisjoint(values(tags.get("barrier", ""))):
                self.drawn.update(dict.fromkeys(refs, tags))
            for use, square, role in squares.get(way.id, ()):
                if not square.ways:
                    self.squares.append(square)
                (square.holes if role == "inner" else square.ways).append(len(self.sizes))
                self._add(ways, use, refs)
        if self.roads_gone:
            self.notes[Note("roads_told_gone")] = str(len(self.roads_gone))
        return ways.frame()

    def _stands(self, way: Any, tags: dict[str, str], refs: list[int]) -> bool:
        """Whether a way is on the map, with all of its nodes; a road that is not is noted."""
        stands = self.gone.stands("w", way)
        if stands and self.gone.ids["n"].isdisjoint(refs):
            if way.id in self.restricted:
                self.restricted_met.add(way.id)
            return True
        if "highway" in tags and (stands or way.id in self.gone.ids["w"]):  # and not an older version
            self.roads_gone.add(way.id)
        return False

    def _road(self, ways: Ways, tags: dict[str, str], refs: list[int], way: Any) -> None:
        use = osm_tags.way_use(tags, self.mode)
        if use is None:
            return
        if self.mode != "car" and refs[0] == refs[-1] and osm_tags.is_area(tags):
            self.squares.append(Square([len(self.sizes)]))
        self.lines.keep(way.id, tags, len(self.sizes))
        if way.id in self.restricted:
            self.row_of[way.id] = len(self.sizes)
        self._add(ways, use, refs)
        self.newest = max(self.newest, way.timestamp)

    def _add(self, ways: Ways, use: osm_tags.WayUse, refs: list[int]) -> None:
        ways.add(use)
        self.refs.extend(refs)
        self.sizes.append(len(refs))

    def _nodes(self) -> tuple[pd.DataFrame, list[Any], pd.DataFrame, IntArray, IntArray]:
        """Nodes of the roads; polygons of built-up areas; delays, barriers and gates by position of their node."""
        from osmium import filter as only
        from osmium import osm

        wanted = np.unique(np.frombuffer(self.refs, dtype=np.int64))
        bounds = np.unique(np.array([ref for ring in self.rings for ref in ring], dtype=np.int64))
        ids, lon, lat = array("q"), array("d"), array("d")
        delayed: list[tuple[int, str, str]] = []
        barriers: list[int] = []
        gates: list[int] = []
        chosen = set(np.union1d(wanted, bounds).tolist())
        filters = [only.IdFilter(chosen)] if self.path.stat().st_size > SMALL_FILE_BYTES else []
        for node in self._objects(osm.NODE, *filters):
            number = node.id
            if number not in chosen:
                continue
            place = node.location
            if not place.valid() or not self.gone.stands("n", node):
                continue
            ids.append(number)
            lon.append(place.lon)
            lat.append(place.lat)
            if len(node.tags) or number in self.drawn:
                tags = dict(node.tags)
                if "barrier" not in tags:
                    tags = self.drawn.get(number, {}) | tags
                event = passages.node_event(tags)
                rights = passages.passages(tags, self.mode)
                right = max(rights) if Right.NO in rights else min(rights)
                if right is not Right.NO and Right.NO in rights:
                    self.one_way[number] = "forward" if rights[0] is Right.NO else "backward"
                if right is Right.NO:
                    barriers.append(number)
                    continue
                if right is not Right.YES:
                    gates.append(number)
                if event:
                    delayed.append((number, event, passages.facing(tags, event)))
        columns = {"lon": np.frombuffer(lon), "lat": np.frombuffer(lat)}
        nodes = pd.DataFrame(columns, index=pd.Index(np.frombuffer(ids, dtype=np.int64), name="node"))
        nodes = nodes[~nodes.index.duplicated()].sort_index()
        areas = _polygons(self.rings, nodes)
        nodes = nodes[nodes.index.isin(wanted)]
        events = pd.DataFrame(delayed, columns=["node", "event", "facing"])
        events["node"] = _positions(nodes, events["node"].to_numpy(dtype=np.int64))
        barred, gated = (_positions(nodes, np.array(found, dtype=np.int64)) for found in (barriers, gates))
        return nodes, areas, events[events["node"] >= 0], barred[barred >= 0], gated[gated >= 0]

    def _segments(self, nodes: pd.DataFrame) -> Segments:
        """Pieces of ways, without those whose nodes the file lacks (they are counted in the notes)."""
        refs, sizes = np.frombuffer(self.refs, dtype=np.int64), np.frombuffer(self.sizes, dtype=np.int64)
        position = _positions(nodes, refs)
        way = np.repeat(np.arange(len(sizes)), sizes)
        inner = (way[1:] == way[:-1]) & (refs[1:] != refs[:-1])
        segments = Segments(position[:-1][inner], position[1:][inner], way[1:][inner])
        self.pieces = np.bincount(segments.way, minlength=len(sizes))
        known = (segments.start >= 0) & (segments.end >= 0)
        if not known.all():
            self.notes[Note("roads_told_no_coordinates")] = str(int((~known).sum()))
        return segments[known]

    def _whole_metres(self, segments: Segments, nodes: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Length of every way before any is clipped; NaN where the file lacks nodes of it."""
        sizes = np.frombuffer(self.sizes, dtype=np.int64)
        metres = np.bincount(segments.way, weights=segments.middles(nodes)[2], minlength=len(sizes))
        return np.where(np.bincount(segments.way, minlength=len(sizes)) == self.pieces, metres, np.nan)

    def _clipped(self, segments: Segments, nodes: pd.DataFrame) -> Segments:
        if self.place is None:
            return segments
        import shapely

        shapely.prepare(self.place)
        inside = shapely.contains_xy(self.place, nodes["lon"].to_numpy(), nodes["lat"].to_numpy())
        return segments[inside[segments.start] | inside[segments.end]]

    def _driven(self, segments: Segments, nodes: pd.DataFrame, ways: pd.DataFrame) -> list[tuple[Read, list[int]]]:
        """How each restriction is driven, and the segments along it; backwards along segment n is -1 - n."""
        if not self.restrictions.relations:
            return []
        refs, sizes = np.frombuffer(self.refs, dtype=np.int64), np.frombuffer(self.sizes, dtype=np.int64)
        ends = np.cumsum(sizes)
        of_way = {way: refs[ends[at] - sizes[at] : ends[at]].tolist() for way, at in self.row_of.items()}
        way_of = {at: way for way, at in self.row_of.items()}
        rows = np.flatnonzero(np.isin(segments.way, list(way_of)))
        ids = nodes.index.to_numpy()
        at, from_, to = segments.way[rows], ids[segments.start[rows]].tolist(), ids[segments.end[rows]].tolist()
        ahead, back = (ways[way].to_numpy(dtype=bool)[at].tolist() for way in ("forward", "backward"))
        steps: dict[Step, int] = {}
        for row, way, a, b, there, here in zip(rows.tolist(), at.tolist(), from_, to, ahead, back, strict=True):
            if there:
                steps[way_of[way], a, b] = row
            if here:
                steps[way_of[way], b, a] = -1 - row
        lon, lat = (nodes[axis].to_numpy(dtype=float) for axis in ("lon", "lat"))

        def place(node: int) -> tuple[float, float]:
            at = nodes.index.get_loc(node)
            return float(lon[at]), float(lat[at])

        read = self.restrictions.read(of_way, self.restricted_met, set(steps), place)
        return [(one, [steps[step] for step in one.steps]) for one in read]

    def _turns(self, driven: list[tuple[Read, list[int]]], segments: Segments) -> list[Turn]:
        """The turns of the restrictions, where no barrier closes them anyway; how many there are is noted."""
        turns = []
        for one, rows in driven:
            ends = [
                (segments.start[row], segments.end[row])
                if row >= 0
                else (segments.end[-1 - row], segments.start[-1 - row])
                for row in rows
            ]
            if all(before[1] == after[0] for before, after in pairwise(ends)):
                turns.append(Turn((int(ends[0][0]), *(int(head) for _, head in ends)), one.kind, one.source))
        # What one forbids and another commands would leave no way on: the command holds.
        commanded = {turn.nodes for turn in turns if turn.kind.startswith("only_")}
        obeyed = [turn for turn in turns if turn.nodes not in commanded or turn.kind.startswith("only_")]
        found = {turn.source for turn in obeyed}
        against = sorted({turn.source for turn in turns} - found)
        if against:
            self.notes[Note("roads_told_turns_against")] = f"{len(against)} ({', '.join(map(str, against))})"
        self.restrictions.left_out[CLOSED] += len({one.source for one, _ in driven} - found - set(against))
        if found:
            self.notes[Note("roads_told_turns")] = str(len(found))
        for why in sorted(self.restrictions.left_out):
            if self.restrictions.left_out[why]:
                self.notes[Note(why)] = str(self.restrictions.left_out[why])
        return obeyed

    def _source(self) -> Source:
        import osmium

        with osmium.io.Reader(str(self.path)) as reader:
            header = reader.header()
        newest = f"{self.newest:%Y-%m-%dT%H:%M:%SZ}" if self.newest > NEVER else ""
        return Source(
            title=f"OpenStreetMap, {self.path.name}",
            publisher="© OpenStreetMap contributors",
            licence=ODBL,
            vintage=header.get("osmosis_replication_timestamp") or header.get("timestamp") or newest,
            url=OSM_COPYRIGHT,
            sha256=file_sha256(self.path),
        )


def _is_settled(tags: Any) -> bool:
    return tags.get("landuse") in SETTLED_LANDUSE or tags.get("place") in SETTLED_PLACES


def _positions(nodes: pd.DataFrame, ids: IntArray) -> IntArray:
    """Position of each id among the nodes, -1 where there is none."""
    return nodes.index.get_indexer(pd.Index(ids)).astype(np.int64)


def _polygons(rings: list[list[int]], nodes: pd.DataFrame) -> list[Any]:
    """Polygons of closed ways, and of open ones that close together; what the file holds only in part is left out."""
    import shapely

    coordinates = nodes[["lon", "lat"]].to_numpy()
    lines = []
    for ring in rings:
        at = _positions(nodes, np.array(ring, dtype=np.int64))
        if len(at) > 1 and at.min() >= 0:
            lines.append(shapely.LineString(coordinates[at]))
    return list(shapely.get_parts(shapely.polygonize(lines))) if lines else []
