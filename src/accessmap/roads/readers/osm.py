"""Road networks from OpenStreetMap files (.osm.pbf, .osm, .osm.gz …), read in passes that keep only what roads need."""

import zlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers.expat import ExpatError

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from accessmap.errors import AccessmapError, NetworkError, Problem, SourceError
from accessmap.files import is_input
from accessmap.provenance import Source
from accessmap.roads import speeds
from accessmap.roads.law import named_law
from accessmap.roads.readers import osm_tags, passages
from accessmap.roads.readers.ferries import Lines
from accessmap.roads.readers.inside import barred_roads
from accessmap.roads.readers.osm_columns import (
    IntArray,
    blocks,
    degrees,
    distinct,
    numbers,
    positions_of,
    references,
    tags_of,
)
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
from accessmap.roads.sorting import give_back, within
from accessmap.words.notes import Aside, Note

ODBL = "ODbL 1.0"
OSM_COPYRIGHT = "https://www.openstreetmap.org/copyright"
# Keys of the ways that are read: roads, what bounds built-up areas, and barriers drawn as lines.
WAY_KEYS = {*osm_tags.KINDS, "landuse", "place", "barrier"}
SETTLED_LANDUSE = {"residential", "retail"}
SETTLED_PLACES = {"city", "town", "village", "hamlet", "suburb", "quarter", "neighbourhood"}
# osmium's filter by id takes a bit for each id up to the highest, some 0.5-1.5 GB; up to this size, some 120 million
# nodes, it is not worth that, and all nodes pass through a file of 40 bytes each.
SMALL_FILE_BYTES = 1_000_000_000
# What osmium, expat and what unpacks raise of a file that is damaged.
UNREADABLE = (RuntimeError, ValueError, KeyError, OSError, EOFError, zlib.error, ExpatError)
# Keys that no rule of `osm_tags.way_use` looks at: ways that only these tell apart are the same road.
IN_NO_RULE = {
    *(
        "name",
        "ref",
        "alt_name",
        "old_name",
        "loc_name",
        "short_name",
        "official_name",
        "int_ref",
        "old_ref",
        "reg_ref",
    ),
    *("source", "source:name", "note", "description", "created_by", "wikidata", "wikipedia", "fixme", "FIXME"),
    *("destination", "destination:ref", "postal_code", "addr:postcode", "operator", "owner", "lit", "layer", "bridge"),
}


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
        raise SourceError(Problem("roads_osm_damaged", where=str(path), why=Aside.of(str(error)))) from error


_Member = tuple[osm_tags.WayUse, Square, str]  # what an area is, the area, and the role of a way in it


class _Kind(NamedTuple):
    """What tags make of a way, shared by ways that only their names tell apart.

    `more` is whether more is to be noted of it than its use.
    """

    tags: dict[str, str]
    read: bool
    settled: bool
    drawn: bool
    more: bool
    use: osm_tags.WayUse | None


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
    rings: list[IntArray] = field(default_factory=list)
    squares: list[Square] = field(default_factory=list)
    drawn: dict[int, dict[str, str]] = field(default_factory=dict)
    newest: str = ""
    pieces: IntArray = field(default_factory=lambda: np.empty(0, dtype=np.int64))
    lines: Lines = field(default_factory=lambda: Lines([]))
    met: int = 0
    one_way: dict[int, str] = field(default_factory=dict)
    gone: Gone = field(default_factory=Gone)
    roads_gone: set[int] = field(default_factory=set)
    restricted: set[int] = field(default_factory=set)
    restricted_met: set[int] = field(default_factory=set)
    row_of: dict[int, int] = field(default_factory=dict)
    vintage: str = ""
    dated: bool = True
    kinds: dict[str, _Kind] = field(default_factory=dict)

    def tables(self) -> RoadTables:
        import osmium

        with osmium.io.Reader(str(self.path), osmium.osm.NOTHING) as reader:
            header = reader.header()
        self.vintage = header.get("osmosis_replication_timestamp") or header.get("timestamp")
        self.gone = objects_gone(self.path)
        self.dated = not (self.gone.none and self.vintage)
        self.lines = self._ferry_lines()
        ways = self._ways(*self._members())
        if not len(ways):
            gone = Note("roads_osm_gone") if self.roads_gone else Note("roads_osm_no_highway")
            why = Note("roads_osm_closed", n=self.met) if self.met else gone
            raise NetworkError(Problem("roads_osm_none", where=str(self.path), value=self.mode, why=why))
        nodes, areas, events, barriers, gates = self._nodes()
        segments = self._segments(nodes)
        ferries = ways["road_class"] == "ferry"
        if ferries.any():
            ways["whole_metres"] = self._whole_metres(segments[ferries.to_numpy()[segments.way]], nodes)
            ways["minutes"] = self.lines.minutes(ways)
        if self.squares:
            segments = segments.plus(lines_across(self.squares, segments, nodes))
        segments = self._clipped(segments, nodes)
        if not len(segments.start):
            why = Note("roads_osm_nodes_missing") if self.place is None else Note("roads_osm_clip_elsewhere")
            raise NetworkError(Problem("roads_osm_none_left", where=str(self.path), why=why))
        driven = self._driven(segments, nodes, ways)
        self.refs, self.sizes, self.rings = array("q"), array("q"), []
        give_back()
        segments, ways, nodes = barred_roads(segments, ways, nodes, barriers=barriers, gates=gates)
        events = approaches(events, segments, ways, nodes)
        turns = self._turns(driven, segments) + shut_one_way(self.one_way, segments, nodes)
        source = self._source()
        # Handed over and kept no longer: what is done with is let go of there.
        network: list[Any] = [segments, ways, nodes]
        del segments, ways, nodes, driven
        give_back()
        return road_tables(
            network.pop(),
            ways=network.pop(),
            segments=network.pop(),
            events=events,
            turns=turns,
            settled=areas,
            mode=self.mode,
            country=self.country,
            source=source,
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
            if is_settled(relation.tags):
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

        filters = [] if settled or squares or self.lines else [only.KeyFilter(*WAY_KEYS)]
        ways = Ways()
        told_of = np.array([*{*settled, *squares, *self.restricted, *self.lines.ways}], dtype=np.int64)
        for block in blocks(self.path, "w", *filters, versions=self.dated):
            self._block(block, ways, told_of, settled, squares)
        if self.roads_gone:
            self.notes[Note("roads_told_gone")] = str(len(self.roads_gone))
        self.kinds.clear()
        return ways.frame()

    def _block(
        self,
        block: pa.RecordBatch,
        ways: Ways,
        told_of: IntArray,
        settled: set[int],
        squares: Mapping[int, Sequence[_Member]],
    ) -> None:
        """Take the ways of a block: all at once, but for those that more is told of (`told_of` by relations)."""
        ids = numbers(block["id"])
        refs, starts = references(block["refs"])
        standing = self.gone.standing("w", block, ids)
        whole = standing & ~self._has_gone(refs, starts)
        texts = block["tags"].dictionary_encode()
        known = texts.dictionary.to_pylist()
        named = [self._named_kind(text) for text in known]
        codes = texts.indices.to_numpy().copy()
        told = np.isin(ids, told_of)
        read = np.zeros(len(ids), dtype=bool)
        members: dict[int, Sequence[_Member]] = {}
        for row in np.flatnonzero(told).tolist():
            way = int(ids[row])
            if self.lines.takes(way):
                tags = self.lines.tags_of(way, tags_of(known[codes[row]]))
                codes[row] = len(named)
                rules = {key: value for key, value in tags.items() if key not in IN_NO_RULE}
                named.append((self._kind(rules), osm_tags.name_of(tags)))
                known.append("")
            read[row] = way in settled or way in squares
            members[row] = squares.get(way, ()) if whole[row] else ()
        kinds = [kind for kind, _ in named]
        flags = np.array([(kind.read, kind.use is not None, "highway" in kind.tags, kind.more) for kind in kinds])
        read |= flags[codes, 0]
        roads = read & whole & flags[codes, 1]
        self.met += int((read & whole & flags[codes, 2]).sum())
        if self.dated and roads.any():
            self.newest = max(self.newest, pc.max(block["timestamp"].filter(pa.array(roads))).as_py()[1:])
        counts = roads.astype(np.int64)
        for row, each in members.items():
            counts[row] += len(each)
        first = np.cumsum(counts) - counts
        rows = np.repeat(np.arange(len(ids)), counts)
        number = np.array([-1 if kind.use is None else ways.number(kind.use) for kind in kinds])[codes[rows]]
        called = np.array([-1 if kind.use is None else ways.called(name) for kind, name in named])[codes[rows]]
        for row in np.flatnonzero(read & (told | flags[codes, 3] | ~whole)).tolist():
            way, kind = int(ids[row]), kinds[codes[row]]
            if not self._stands(way, kind, bool(standing[row]), bool(whole[row])):
                continue
            position = len(self.sizes) + int(first[row])
            self._tell(way, kind, refs[starts[row] : starts[row + 1]], way in settled, position)
            for at, (use, square, role) in enumerate(members.get(row, ()), int(first[row] + roads[row])):
                number[at], called[at] = ways.number(use), ways.called(use.name)
                if not square.ways:
                    self.squares.append(square)
                (square.holes if role == "inner" else square.ways).append(len(self.sizes) + at)
        ways.extend(number, called)
        self.refs.frombytes(refs[within(starts, rows)[0]].tobytes())
        self.sizes.frombytes(np.diff(starts)[rows].tobytes())

    def _stands(self, way: int, kind: _Kind, stands: bool, whole: bool) -> bool:
        """Whether a way is on the map, with all of its nodes; a road that is not is noted."""
        if whole:
            if way in self.restricted:
                self.restricted_met.add(way)
            return True
        if "highway" in kind.tags and (stands or way in self.gone.ids["w"]):  # and not an older version
            self.roads_gone.add(way)
        return False

    def _tell(self, way: int, kind: _Kind, refs: IntArray, settled: bool, position: int) -> None:
        """Note what is told of a way beside its use; `position` is its own among the ways kept, where it is a road."""
        if kind.settled or settled:
            self.rings.append(refs.copy())
        if kind.drawn:
            self.drawn.update(dict.fromkeys(refs.tolist(), kind.tags))
        if kind.use is None:
            return
        if self.mode != "car" and len(refs) and refs[0] == refs[-1] and osm_tags.is_area(kind.tags):
            self.squares.append(Square([position]))
        self.lines.keep(way, kind.tags, position)
        if way in self.restricted:
            self.row_of[way] = position

    def _has_gone(self, refs: IntArray, starts: IntArray) -> npt.NDArray[np.bool_]:
        """Whether each way uses a node that is not on the map."""
        found = np.isin(refs, list(self.gone.ids["n"])) if self.gone.ids["n"] else np.zeros(len(refs), dtype=bool)
        return np.diff(np.concatenate([[0], np.cumsum(found)])[starts]) > 0

    def _named_kind(self, text: str) -> tuple[_Kind, str | None]:
        """What the text of the tags of a way makes of it, and its name."""
        pairs = text[1:].split(",")
        rules = ",".join([pair for pair in pairs if pair.partition("=")[0] not in IN_NO_RULE])
        kind = self.kinds.get(rules)
        if kind is None:
            kind = self.kinds[rules] = self._kind(tags_of(f"T{rules}"))
        called = ",".join([pair for pair in pairs if pair.startswith(("name=", "ref="))])
        return kind, osm_tags.name_of(tags_of(f"T{called}"))

    def _kind(self, tags: dict[str, str]) -> _Kind:
        road = not osm_tags.KINDS.isdisjoint(tags)
        use = osm_tags.way_use(tags, self.mode) if road else None
        drawn = not road and not passages.DRAWN.isdisjoint(values(tags.get("barrier", "")))
        settled = is_settled(tags)
        area = self.mode != "car" and use is not None and osm_tags.is_area(tags)
        more = settled or drawn or area
        return _Kind(tags, not WAY_KEYS.isdisjoint(tags), settled, drawn, more, use)

    def _nodes(self) -> tuple[pd.DataFrame, list[Any], pd.DataFrame, IntArray, IntArray]:
        """Nodes of the roads; polygons of built-up areas; delays, barriers and gates by position of their node."""
        from osmium import filter as only

        wanted = distinct(np.frombuffer(self.refs, dtype=np.int64))
        ids = distinct(np.concatenate([wanted, *self.rings])) if self.rings else wanted
        lon, lat = np.full((2, len(ids)), np.nan)
        drawn = np.array(list(self.drawn), dtype=np.int64)
        delayed: list[tuple[int, str, str]] = []
        barriers: list[int] = []
        gates: list[int] = []
        filters = [only.IdFilter(ids.data)] if self.path.stat().st_size > SMALL_FILE_BYTES else []
        for block in blocks(self.path, "n", *filters, versions=self.dated):
            numbered = numbers(block["id"])
            at = positions_of(ids, numbered)
            x, y = degrees(block["lon"]), degrees(block["lat"])
            valid = (np.abs(x) <= 180) & (np.abs(y) <= 90)  # False of NaN
            rows = np.flatnonzero((at >= 0) & valid & self.gone.standing("n", block, numbered))
            first = rows[np.isnan(lon[at[rows]])][::-1]  # of two the first that the file has
            lon[at[first]], lat[at[first]] = x[first], y[first]
            told = pc.not_equal(block["tags"], "T").to_numpy(zero_copy_only=False)[rows]
            if len(drawn):
                told |= np.isin(numbered[rows], drawn)
            rows = rows[told]
            texts = block["tags"].take(pa.array(rows)).to_pylist()
            for number, tags in zip(numbered[rows].tolist(), map(tags_of, texts), strict=True):
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
        areas = _polygons(self.rings, ids, np.column_stack([lon, lat]))
        kept = ~np.isnan(lon) & (positions_of(wanted, ids) >= 0 if self.rings else True)
        ids = ids[kept]
        nodes = pd.DataFrame({"lon": lon[kept], "lat": lat[kept]}, index=pd.Index(ids, name="node"))
        events = pd.DataFrame(delayed, columns=["node", "event", "facing"])
        events["node"] = positions_of(ids, events["node"].to_numpy(dtype=np.int64))
        barred, gated = (positions_of(ids, np.array(found, dtype=np.int64)) for found in (barriers, gates))
        return nodes, areas, events[events["node"] >= 0], barred[barred >= 0], gated[gated >= 0]

    def _segments(self, nodes: pd.DataFrame) -> Segments:
        """Pieces of ways, without those whose nodes the file lacks (they are counted in the notes)."""
        refs, sizes = np.frombuffer(self.refs, dtype=np.int64), np.frombuffer(self.sizes, dtype=np.int64)
        position = positions_of(nodes.index.to_numpy(), refs).astype(np.int32)
        way = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
        inner = (way[1:] == way[:-1]) & (refs[1:] != refs[:-1])
        segments = Segments(position[:-1][inner], position[1:][inner], way[1:][inner])
        self.pieces = np.bincount(segments.way, minlength=len(sizes))
        known = (segments.start >= 0) & (segments.end >= 0)
        if not known.all():
            self.notes[Note("roads_told_no_coordinates")] = str(int((~known).sum()))
        return segments[known]

    def _whole_metres(self, segments: Segments, nodes: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Length of every way of these before any is clipped; NaN where the file lacks nodes of it, and of others."""
        sizes = np.frombuffer(self.sizes, dtype=np.int64)
        metres = np.bincount(segments.way, weights=segments.middles(nodes)[2], minlength=len(sizes))
        pieces = np.bincount(segments.way, minlength=len(sizes))
        return np.where((pieces > 0) & (pieces == self.pieces), metres, np.nan)

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
            at = np.searchsorted(ids, node)
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
        return Source(
            title=f"OpenStreetMap, {self.path.name}",
            publisher="© OpenStreetMap contributors",
            licence=ODBL,
            vintage=self.vintage or self.newest,
            url=OSM_COPYRIGHT,
            sha256=file_sha256(self.path),
        )


def is_settled(tags: Any) -> bool:
    """Return whether an area is built up."""
    return tags.get("landuse") in SETTLED_LANDUSE or tags.get("place") in SETTLED_PLACES


def _polygons(rings: list[IntArray], ids: IntArray, places: npt.NDArray[np.float64]) -> list[Any]:
    """Polygons of closed ways, and of open ones that close together; what the file holds only in part is left out."""
    import shapely

    lines = []
    for ring in rings:
        at = places[positions_of(ids, ring)]
        if len(at) > 1 and not np.isnan(at).any():
            lines.append(shapely.LineString(at))
    return list(shapely.get_parts(shapely.polygonize(lines))) if lines else []
