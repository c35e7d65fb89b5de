"""How points join the road network, part-way along its edges, and what those legs cost.

Every edge is a straight segment between its two nodes. A point joins every road near it, each at its nearest place: the
places that are nearer than the roads beside them. From there it leaves or arrives along the directions that traffic is
allowed, each leg costs its time, and the best wins.
"""

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.roads.engine import Seeds
from accessmap.roads.expanded import Expanded
from accessmap.words.notes import Figure, Metres, Note

ABSENT = -1
METRES_PER_MS_AT_1_KMH = 1 / 3600
MS_PER_MINUTE = 60_000
#: How many roads a point joins, and how far beyond the nearest: so many times its distance, and so many metres more.
MOST_JOINS, WIDER, WIDER_METRES = 6, 1.2, 25.0
#: The same of the one road more that a point joins where all of those are cut off from the main network.
CONNECTED, CONNECTED_METRES = 2.0, 100.0
#: Points looked up together: about a dozen segments lie near each.
BLOCK = 10_000

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def joins_rule() -> Note:
    """Return how many roads a point joins and how far they may be, as a network's provenance prints it."""
    wider = Figure.of(WIDER, digits=1)
    return Note("roads_joins_rule", most=MOST_JOINS, wider=wider, metres=Metres.of(WIDER_METRES))


@dataclass(frozen=True)
class Legs:
    """How points join the roads: the speed off the road (km/h), and two bounds (metres).

    Parameters
    ----------
    access_kmh
        Speed of the straight leg between a point and the road, and of the straight way without any road.
    local_metres
        Straight distance up to which a trip may keep to streets that the edges leave out.
    max_metres
        A point further than this from every edge does not join.
    """

    access_kmh: float
    local_metres: float
    max_metres: float


@dataclass(frozen=True)
class Index:
    """Where the stretches of road lie that a point may join, each pair of nodes once, whatever their minutes.

    Parameters
    ----------
    ends
        Node numbers, tails < heads, two of shape (s,).
    tree
        Spatial index of the segments, in metres.
    arcs, segment, forward
        The arcs that are driven along them, in their order: number, segment, and whether from tail to head, (a,).
    """

    ends: tuple[Ints, Ints]
    tree: shapely.STRtree
    arcs: npt.NDArray[np.int32]
    segment: npt.NDArray[np.int32]
    forward: npt.NDArray[np.bool_]

    @classmethod
    def of(cls, tails: Ints, heads: Ints, chosen: npt.NDArray[np.bool_], xy: Floats) -> "Index":
        """Return the index of some of the arcs."""
        rows = np.flatnonzero(chosen & (tails != heads))
        low, high = np.minimum(tails[rows], heads[rows]), np.maximum(tails[rows], heads[rows])
        key, segment = np.unique(low * len(xy) + high, return_inverse=True)
        ends = np.divmod(key, len(xy))
        tree = shapely.STRtree(shapely.linestrings(xy[np.column_stack(ends)]))
        return cls(ends, tree, rows.astype("int32"), segment.astype("int32"), tails[rows] == low)


@dataclass(frozen=True)
class Segments:
    """The stretches of road that a point may join: each pair of nodes once, with its cost in both directions.

    Parameters
    ----------
    tails, heads
        Node numbers, tails < heads, shape (s,).
    forward_ms, backward_ms
        Milliseconds from tail to head and back, -1 where that direction is not allowed, shape (s,).
    part
        The part of the network from and to which the segment leads: 0 is the largest, shape (s,).
    xy
        Metres of every node, (n, 2).
    tree
        Spatial index of the segments, in metres.
    forward_arc, backward_arc
        Numbers of the arcs that are driven from tail to head and back, -1 where there is none, shape (s,).
    ms
        Milliseconds of every arc.
    grown
        The states between which trips are routed.
    """

    tails: Ints
    heads: Ints
    forward_ms: Ints
    backward_ms: Ints
    part: Ints
    xy: Floats
    tree: shapely.STRtree
    forward_arc: Ints
    backward_arc: Ints
    ms: Ints
    grown: Expanded

    @classmethod
    def of(cls, arcs: tuple[Ints, Ints, Ints], index: Index, xy: Floats, part: Ints, grown: Expanded) -> "Segments":
        """Return the segments of an index of these arcs (tails, heads, ms); of parallel arcs the quickest counts.

        `part` is of every node.
        """
        ms = arcs[2]
        tails, heads = index.ends
        there, back = np.full(len(tails), ABSENT), np.full(len(tails), ABSENT)
        slowest = np.argsort(ms[index.arcs], kind="stable")[::-1]
        rows, at, forward = index.arcs[slowest], index.segment[slowest], index.forward[slowest]
        for found, way in ((there, forward), (back, ~forward)):
            found[at[way]] = rows[way]  # of several the last, which is the quickest, and of equals the first
        there_ms, back_ms = (np.where(arc < 0, ABSENT, ms[arc]) for arc in (there, back))
        # A one-way stretch between two parts leads into one and out of the other: the smaller is what it serves.
        parts = np.maximum(part[tails], part[heads])
        return cls(tails, heads, there_ms, back_ms, parts, xy, index.tree, there, back, ms, grown)

    @cached_property
    def around(self) -> tuple[Ints, Ints]:
        """The nodes at the other end of the segments of every node, in compressed rows: (indptr, nodes)."""
        ends, others = np.concatenate([self.tails, self.heads]), np.concatenate([self.heads, self.tails])
        counts = np.bincount(ends, minlength=len(self.xy))
        return np.concatenate([[0], np.cumsum(counts)]), others[np.argsort(ends, kind="stable")]


@dataclass(frozen=True)
class Entries:
    """Where points enter or leave the graph, one row each, sorted by point and state: the quickest of each two.

    Parameters
    ----------
    point, join
        Numbers of the point and of the join that leads there.
    state, ms, metres
        The state of a node, and what the point is from it.
    points
        How many points there are.
    """

    point: Ints
    join: Ints
    state: Ints
    ms: Ints
    metres: Floats
    points: int

    @property
    def seeds(self) -> Seeds:
        """What the engine takes: a row a point, a column an entry."""
        counts = np.bincount(self.point, minlength=self.points)
        column = np.arange(len(self.point)) - (np.cumsum(counts) - counts)[self.point]
        nodes = np.full((self.points, max(1, counts.max(initial=0))), ABSENT, "int32")
        costs = np.zeros(nodes.shape, "int64")
        nodes[self.point, column], costs[self.point, column] = self.state, self.ms
        return Seeds(nodes, costs)


def ending_at(grown: Expanded, nodes: Ints) -> Seeds:
    """Return trips that end at these nodes, whatever was driven to them."""
    which, state, _ = grown.leaving(nodes, np.full(len(nodes), ABSENT))
    order = np.argsort(which, kind="stable")
    none = np.zeros(len(which), "int64")
    return Entries(which[order], none, state[order], none, none.astype("float64"), len(nodes)).seeds


@dataclass(frozen=True)
class Snapped:
    """Where points join, one row a join, sorted by point and metres; a point too far from any road has none.

    Parameters
    ----------
    point
        Number of the point.
    segment
        Number of the segment.
    fraction
        Place along it, 0 at its tail and 1 at its head.
    metres
        Straight distance from the point to that place.
    leg_ms
        What that leg costs, in milliseconds.
    nearest
        Straight distance from every point to the nearest segment, joined or not, shape (p,).
    """

    point: Ints
    segment: Ints
    fraction: Floats
    metres: Floats
    leg_ms: Ints
    nearest: Floats

    @cached_property
    def first(self) -> Ints:
        """Of every point its first join, which is the nearest, and the end of the last, shape (p + 1,)."""
        return np.searchsorted(self.point, np.arange(len(self.nearest) + 1))

    @property
    def joined(self) -> npt.NDArray[np.bool_]:
        """Whether each point joins."""
        return np.diff(self.first) > 0

    def largest(self, segments: Segments) -> Ints:
        """Return the largest part of the network that each point joins, -1 where it joins none."""
        part = np.full(len(self.nearest), ABSENT)
        part[self.joined] = np.minimum.reduceat(segments.part[self.segment], self.first[:-1][self.joined])
        return part

    def rows(self, rows: slice) -> "Snapped":
        """Return some of the points, which follow one another."""
        begin, end, _ = rows.indices(len(self.nearest))
        joins = slice(self.first[begin], self.first[max(begin, end)])
        return self._taken(joins, self.point[joins] - begin, self.nearest[rows])

    def at(self, points: Ints) -> "Snapped":
        """Return these points, each as often and in the order asked for."""
        counts = np.diff(self.first)[points]
        point = np.repeat(np.arange(len(points)), counts)
        within = np.arange(len(point)) - np.repeat(np.cumsum(counts) - counts, counts)
        return self._taken(self.first[points][point] + within, point, self.nearest[points])

    def only(self, join: int) -> "Snapped":
        """Return one point by one of its joins."""
        at = slice(join, join + 1)
        return self._taken(at, np.zeros(1, "int64"), self.nearest[self.point[at]])

    def at_speed(self, access_kmh: float) -> "Snapped":
        """Return the same joins with legs of another speed, km/h."""
        return replace(self, leg_ms=_leg_ms(self.metres, access_kmh))

    def _taken(self, joins: slice | Ints, point: Ints, nearest: Floats) -> "Snapped":
        return Snapped(
            point, self.segment[joins], self.fraction[joins], self.metres[joins], self.leg_ms[joins], nearest
        )

    def origins(self, segments: Segments) -> Entries:
        """Return where trips that start here enter the graph: at the end of a segment, in the allowed directions."""
        join, node, arc, share, ms = self._ends(segments, segments.forward_arc, segments.backward_arc)
        grown = segments.grown
        return self._entries(segments, join, np.where(arc < 0, grown.start[node], grown.entry[arc]), share, ms)

    def destinations(self, segments: Segments) -> Entries:
        """Return where trips that end here leave the graph: reaching the head means coming back along the segment."""
        join, node, arc, share, ms = self._ends(segments, segments.backward_arc, segments.forward_arc)
        which, state, more = segments.grown.leaving(node, arc)
        return self._entries(segments, join[which], state, share[which], ms[which] + more)

    def _ends(self, segments: Segments, to_head: Ints, to_tail: Ints) -> tuple[Ints, Ints, Ints, Floats, Ints]:
        """Return the ends of segments by which joins may go: join, node, arc, share of it and ms, the leg left out.

        At a node itself every road of that node is open, whatever the direction of the segment that was found: no arc.
        """
        at = self.segment
        nodes = np.column_stack([segments.heads[at], segments.tails[at]])
        arcs = np.column_stack([to_head[at], to_tail[at]])
        share = np.column_stack([1 - self.fraction, self.fraction])
        at_node = share == 0
        allowed = np.where(at_node.any(axis=1, keepdims=True), at_node, arcs >= 0)
        join, side = np.nonzero(allowed)
        arc = np.where(at_node, ABSENT, arcs)[join, side]
        ms = np.rint(share[join, side] * np.where(arc < 0, 0, segments.ms[arc])).astype("int64")
        return join, nodes[join, side], arc, share[join, side], ms

    def _entries(self, segments: Segments, join: Ints, state: Ints, share: Floats, ms: Ints) -> Entries:
        at = self.segment
        length = np.hypot(*(segments.xy[segments.heads[at]] - segments.xy[segments.tails[at]]).T)
        metres = share * length[join] + self.metres[join]
        point, ms = self.point[join], ms + self.leg_ms[join]
        kept = first_of(ms, point * len(segments.grown.node) + state)
        return Entries(point[kept], join[kept], state[kept], ms[kept], metres[kept], len(self.nearest))


def snap_points(points: npt.NDArray[np.object_], segments: Segments, legs: Legs) -> Snapped:
    """Return where each point joins the segments; of equal ones that with the lowest number comes first.

    A point joins the nearest road, and others at most `WIDER` times as far and `WIDER_METRES` more, `MOST_JOINS` in
    all: each at a place that is nearer than those beside it along the roads, so that a street is one however many
    pieces it has. Where all of those lead to a part cut off from the main network, it also joins the nearest road of
    the largest part within `CONNECTED` times as far and `CONNECTED_METRES` more.

    None is further than `max_metres`. A leg that stands for streets that the edges leave out (`local_metres`) leads to
    the nearest of them alone, and to the connected one.

    Parameters
    ----------
    points
        Shapely points in the metric CRS of the segments, shape (p,).
    """
    xy, nearest = shapely.get_coordinates(points), np.empty(len(points))
    found = []
    for begin in range(0, len(points), BLOCK):
        some = np.arange(begin, min(begin + BLOCK, len(points)))
        (at, _), metres = segments.tree.query_nearest(points[some], all_matches=False, return_distance=True)
        nearest[some[at]] = metres
        found.append(_joins(xy, nearest, some[nearest[some] <= legs.max_metres], segments, legs))
    joins = pd.concat(found) if found else pd.DataFrame(columns=["point", "segment", "fraction", "metres"], dtype=float)
    metres = joins["metres"].to_numpy("float64")
    point, segment = (joins[name].to_numpy("int64") for name in ("point", "segment"))
    return Snapped(
        point, segment, joins["fraction"].to_numpy("float64"), metres, _leg_ms(metres, legs.access_kmh), nearest
    )


def _leg_ms(metres: Floats, access_kmh: float) -> Ints:
    return np.rint(metres / (access_kmh * METRES_PER_MS_AT_1_KMH)).astype("int64")


def _joins(xy: Floats, nearest: Floats, rows: Ints, segments: Segments, legs: Legs) -> pd.DataFrame:
    """Return the joins of some points, all near enough, as `Snapped` has them."""
    alone = legs.local_metres > 0
    reach = nearest[rows] if alone else np.minimum(WIDER * nearest[rows] + WIDER_METRES, legs.max_metres)
    joins = _places(xy, nearest, rows, reach, segments)
    joins = joins[joins.groupby("point").cumcount() < (1 if alone else MOST_JOINS)]
    largest = joins["part"].groupby(joins["point"]).min()
    cut_off = largest[largest > 0].index.to_numpy("int64")
    if len(cut_off) == 0:
        return joins
    reach = np.minimum(CONNECTED * nearest[cut_off] + CONNECTED_METRES, legs.max_metres)
    more = _places(xy, nearest, cut_off, reach, segments)
    more = more[more["part"] < largest.reindex(more["point"]).to_numpy()]
    more = more.sort_values(["point", "part"], kind="stable").drop_duplicates("point")
    return pd.concat([joins, more]).sort_values("point", kind="stable")


def _places(xy: Floats, nearest: Floats, rows: Ints, reach: Floats, segments: Segments) -> pd.DataFrame:
    """Return the nearest place of every road within reach (metres) of some points, sorted by point, metres and number.

    Of the pieces of a road those whose nearest place is where a nearer one begins are left out, and of those whose
    nearest place is one node all but one.
    """
    # A micrometre more, so that rounding does not decide.
    reach = np.maximum(reach, nearest[rows]) + 1e-6
    at = xy[rows]
    boxes: Any = shapely.box(*(at - reach[:, None]).T, *(at + reach[:, None]).T)
    which, segment = segments.tree.query(boxes)
    tails, heads = (segments.xy[ends[segment]] for ends in (segments.tails, segments.heads))
    fraction, metres = _nearest_place(at[which], tails, heads)
    kept = np.flatnonzero(metres <= reach[which])
    which, segment, fraction, metres = which[kept], segment[kept], fraction[kept], metres[kept]
    node = np.where(fraction == 0, segments.tails[segment], np.where(fraction == 1, segments.heads[segment], ABSENT))
    # Whether a road goes on from that node and comes nearer.
    indptr, others = segments.around
    ends = np.flatnonzero((node >= 0) & (metres > nearest[rows[which]] + 1e-6))
    counts = indptr[node[ends] + 1] - indptr[node[ends]]
    of = np.repeat(ends, counts)
    beside = others[np.arange(len(of)) + np.repeat(indptr[node[ends]] - (np.cumsum(counts) - counts), counts)]
    further, _ = _nearest_place(at[which[of]], segments.xy[node[of]], segments.xy[beside])
    local = np.ones(len(which), bool)
    local[of[further > 0]] = False
    table = pd.DataFrame(
        {
            "point": rows[which],
            "segment": segment,
            "fraction": fraction,
            "metres": metres,
            "part": segments.part[segment],
            "micrometres": np.rint(metres * 1e6),
            # What is not at a node is like no other.
            "place": np.where(node >= 0, node, -1 - segment),
        }
    )[local]
    table = table.sort_values(["point", "micrometres", "segment"]).drop_duplicates(["point", "place"])
    return table.drop(columns=["micrometres", "place"])


def _nearest_place(points: Floats, tails: Floats, heads: Floats) -> tuple[Floats, Floats]:
    """Return the nearest place of each stretch to its point: how far along (0-1), and metres from the point."""
    along, to_point = heads - tails, points - tails
    square = (along**2).sum(axis=1)
    fraction = np.clip((along * to_point).sum(axis=1) / np.where(square > 0, square, 1), 0.0, 1.0)
    metres = np.hypot(*(to_point - fraction[:, None] * along).T)
    # Six digits are centimetres on the longest road, so that a point at a node is at the node.
    return fraction.round(6), metres


def direct_ms(origins: Snapped, destinations: Snapped, segments: Segments) -> tuple[Ints, Ints, Ints, Ints, Ints]:
    """Return the pairs that need not pass through a node, because they join one segment, each once and at its quickest.

    Numbers of the origin and of the destination, milliseconds, and the numbers of the two joins.
    """
    order = np.argsort(destinations.segment, kind="stable")
    known = destinations.segment[order]
    begin, end = (np.searchsorted(known, origins.segment, side=side) for side in ("left", "right"))
    counts = end - begin
    left = np.repeat(np.arange(len(counts)), counts)
    right = order[np.arange(len(left)) + np.repeat(begin - (np.cumsum(counts) - counts), counts)]
    at = origins.segment[left]
    along = destinations.fraction[right] - origins.fraction[left]
    whole = np.where(along >= 0, segments.forward_ms[at], segments.backward_ms[at])
    allowed = (whole >= 0) | (along == 0)
    left, right, along, whole = left[allowed], right[allowed], along[allowed], np.maximum(whole[allowed], 0)
    ms = np.rint(np.abs(along) * whole).astype("int64") + origins.leg_ms[left] + destinations.leg_ms[right]
    o, d = origins.point[left], destinations.point[right]
    kept = first_of(ms, o * len(destinations.nearest) + d)
    return o[kept], d[kept], ms[kept], left[kept], right[kept]


def first_of(values: Ints, keys: Ints) -> Ints:
    """Return the row of the least value of every key, by key; of equal ones the first."""
    order = np.lexsort((values, keys))
    return order[np.flatnonzero(np.diff(keys[order], prepend=-1))]


def quickest(
    origins_of: Ints, which: Ints, ms: Ints, *, origins: int, k: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Return the k quickest different destinations of each origin: minutes (NaN) and which (-1), (origins, k).

    Parameters
    ----------
    origins_of, which, ms
        One row a trip: its origin, its destination and its milliseconds; a pair may have several.
    """
    minutes = np.full((origins, k), np.nan, "float32")
    best = np.full((origins, k), ABSENT, "int32")
    if k == 1:  # no need to sort
        never = np.iinfo("int64").max
        many = int(which.max(initial=0)) + 1
        least = np.full(origins, never)
        np.minimum.at(least, origins_of, ms * many + which)
        reached = np.flatnonzero(least < never)
        minutes[reached, 0] = least[reached] // many / MS_PER_MINUTE
        best[reached, 0] = least[reached] % many
        return minutes, best
    order = np.lexsort((which, ms, origins_of))
    trips = pd.DataFrame({"o": origins_of[order], "d": which[order], "ms": ms[order]}).drop_duplicates(["o", "d"])
    trips["rank"] = trips.groupby("o").cumcount()
    trips = trips[trips["rank"] < k]
    at = trips["o"].to_numpy(), trips["rank"].to_numpy()
    minutes[at], best[at] = trips["ms"].to_numpy() / MS_PER_MINUTE, trips["d"].to_numpy()
    return minutes, best


def along(segments: Segments, minutes: npt.NDArray[np.float32], *, most: float, every: float, outward: bool) -> Floats:
    """Return places along the segments in reach, x, y (metres) and minutes, (places, 3).

    Parameters
    ----------
    minutes
        Of every state; NaN minutes are not reached.
    most
        Minutes; what is further is left out.
    every
        Metres between two places, at most.
    outward
        False: minutes are to a destination, and a place goes on to an end. True: they are from an origin.
    """
    xy, grown = segments.xy, segments.grown
    at = np.nan_to_num(grown.least(minutes.copy()) if outward else minutes[grown.start], nan=np.inf).astype("float64")
    near = np.flatnonzero(np.minimum(at[segments.tails], at[segments.heads]) <= most)
    tails, heads = segments.tails[near], segments.heads[near]
    there, back = segments.forward_arc[near], segments.backward_arc[near]
    by_arc = np.nan_to_num(grown.before(minutes) if outward else minutes[grown.entry], nan=np.inf).astype("float64")
    # What is reached from, or left by, the tail and the head of each segment.
    by_tail, by_head = by_arc[there if outward else back], by_arc[back if outward else there]
    forward, backward = (
        np.where(ms[near] >= 0, ms[near] / MS_PER_MINUTE, np.inf) for ms in (segments.forward_ms, segments.backward_ms)
    )
    of, share = _shares(np.hypot(*(xy[heads] - xy[tails]).T), every)
    to_tail, to_head = (forward, backward) if outward else (backward, forward)
    # At a node itself it does not matter by which road.
    from_tail = np.where(share == 0, at[tails][of], by_tail[of]) + _part(share, to_tail[of])
    from_head = np.where(share == 1, at[heads][of], by_head[of]) + _part(1 - share, to_head[of])
    place_minutes = np.minimum(from_tail, from_head)
    places = xy[tails][of] * (1 - share)[:, None] + xy[heads][of] * share[:, None]
    kept = place_minutes <= most
    return np.column_stack([places[kept], place_minutes[kept]])


def own_segment(point: Snapped, segments: Segments, *, every: float, outward: bool) -> Floats:
    """Return places along the segment of one join: x, y and the minutes that need no node, (places, 3)."""
    number = point.segment[0]
    tail, head = segments.xy[segments.tails[number]], segments.xy[segments.heads[number]]
    _, share = _shares(np.array([np.hypot(*(head - tail))]), every)
    share = np.append(share, point.fraction[0])
    ahead = share - point.fraction[0]  # the place lies towards the head
    towards_head, towards_tail = (
        np.inf if ms[number] < 0 else ms[number] / MS_PER_MINUTE for ms in (segments.forward_ms, segments.backward_ms)
    )
    drive = np.where((ahead > 0) == outward, towards_head, towards_tail)
    minutes = point.leg_ms[0] / MS_PER_MINUTE + _part(np.abs(ahead), drive)
    kept = np.isfinite(minutes)
    places = tail + share[:, None] * (head - tail)
    return np.column_stack([places[kept], minutes[kept]])


def _shares(lengths: Floats, every: float) -> tuple[Ints, Floats]:
    """Return which segment and how far along (0-1) for places at most `every` metres apart, both ends included."""
    pieces = np.maximum(np.ceil(lengths / every), 1).astype("int64")
    of = np.repeat(np.arange(len(lengths)), pieces + 1)
    first = np.cumsum(pieces + 1) - (pieces + 1)
    return of, (np.arange(len(of)) - first[of]) / pieces[of]


def _part(share: Floats, minutes: Floats) -> Floats:
    """Return a share of the minutes; none of what cannot be driven is still nothing."""
    return np.multiply(share, minutes, out=np.zeros_like(share), where=share > 0)
