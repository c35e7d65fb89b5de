"""How a point joins the road network, part-way along an edge, and what that leg costs.

Every edge is a straight segment between its two nodes. A point joins the nearest segment that is a way in, at the
nearest place on it, and from there leaves or arrives along the directions that traffic is allowed.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.roads.engine import Seeds

ABSENT = -1
METRES_PER_MS_AT_1_KMH = 1 / 3600
MS_PER_MINUTE = 60_000

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Segments:
    """The stretches of road that a point may join: each pair of nodes once, with its cost in both directions.

    Parameters
    ----------
    tails, heads
        Node numbers, tails < heads, shape (s,).
    forward_ms, backward_ms
        Milliseconds from tail to head and back, -1 where that direction is not allowed, shape (s,).
    tree
        Spatial index of the segments, in metres.
    """

    tails: Ints
    heads: Ints
    forward_ms: Ints
    backward_ms: Ints
    tree: shapely.STRtree

    @classmethod
    def of(cls, tails: Ints, heads: Ints, milliseconds: Ints, xy: Floats) -> "Segments":
        """Return the segments of these directed arcs; of parallel arcs the quickest counts."""
        low, high = np.minimum(tails, heads), np.maximum(tails, heads)
        arcs = pd.DataFrame({"low": low, "high": high, "ms": milliseconds, "forward": tails == low})
        arcs = arcs[low != high]
        best = arcs.pivot_table(index=["low", "high"], columns="forward", values="ms", aggfunc="min", fill_value=ABSENT)
        best = best.reindex(columns=[True, False], fill_value=ABSENT).astype("int64")
        ends = best.index.to_frame(index=False).to_numpy("int64")
        lines = shapely.linestrings(xy[ends])
        return cls(ends[:, 0], ends[:, 1], best[True].to_numpy(), best[False].to_numpy(), shapely.STRtree(lines))


@dataclass(frozen=True)
class Snapped:
    """Where each point joins: arrays of shape (p,); segment -1 where it does not.

    Parameters
    ----------
    segment
        Number of the segment, -1 for a point too far from any.
    fraction
        Place along it, 0 at its tail and 1 at its head.
    metres
        Straight distance from the point to that place (for a point too far, to the nearest segment).
    leg_ms
        What that leg costs, in milliseconds.
    """

    segment: Ints
    fraction: Floats
    metres: Floats
    leg_ms: Ints

    def rows(self, rows: slice) -> "Snapped":
        """Return some of the points."""
        return Snapped(self.segment[rows], self.fraction[rows], self.metres[rows], self.leg_ms[rows])

    def origins(self, segments: Segments) -> Seeds:
        """Return where trips that start here enter the graph: at the end of the segment, in the allowed directions."""
        return self._seeds(segments, to_head=segments.forward_ms, to_tail=segments.backward_ms)

    def destinations(self, segments: Segments) -> Seeds:
        """Return where trips that end here leave the graph: reaching the head means coming back along the segment."""
        return self._seeds(segments, to_head=segments.backward_ms, to_tail=segments.forward_ms)

    def _seeds(self, segments: Segments, *, to_head: Ints, to_tail: Ints) -> Seeds:
        joined = self.segment >= 0
        at = np.where(joined, self.segment, 0)
        nodes = np.column_stack([segments.heads[at], segments.tails[at]])
        whole = np.column_stack([to_head[at], to_tail[at]])
        share = np.column_stack([1 - self.fraction, self.fraction])
        costs = np.rint(share * whole).astype("int64") + self.leg_ms[:, None]
        allowed = (whole >= 0) & joined[:, None]
        # At a node itself every road of that node is open, whatever the direction of the segment that was found.
        at_node = joined[:, None] & (share == 0)
        costs = np.where(at_node, self.leg_ms[:, None], costs)
        allowed = np.where(at_node.any(axis=1, keepdims=True), at_node, allowed)
        return Seeds(np.where(allowed, nodes, ABSENT).astype("int32"), np.where(allowed, costs, 0))


def snap_points(points: npt.NDArray[np.object_], segments: Segments, *, max_metres: float, leg_kmh: float) -> Snapped:
    """Return where each point joins the segments; ties go to the segment with the lowest number.

    Parameters
    ----------
    points
        Shapely points in the metric CRS of the segments, shape (p,).
    max_metres
        A point further from every segment is not joined.
    leg_kmh
        Speed along the straight leg from the point to the road.
    """
    which, segment = segments.tree.query_nearest(points, all_matches=True)
    first = pd.Series(segment).groupby(which).min().reindex(range(len(points)), fill_value=ABSENT).to_numpy("int64")
    lines = segments.tree.geometries[np.where(first >= 0, first, 0)]
    metres = shapely.distance(points, lines)
    fraction = shapely.line_locate_point(lines, points, normalized=True)
    # Six digits are centimetres on the longest road, so that a point at a node is at the node; no length, no place.
    fraction = np.nan_to_num(np.clip(fraction, 0.0, 1.0)).astype("float64").round(6)
    segment = np.where(metres <= max_metres, first, ABSENT)
    leg_ms = np.rint(metres / (leg_kmh * METRES_PER_MS_AT_1_KMH)).astype("int64")
    return Snapped(segment, fraction, metres, leg_ms)


def direct_ms(origins: Snapped, destinations: Snapped, segments: Segments) -> tuple[Ints, Ints, Ints]:
    """Return (origin, destination, milliseconds) of the pairs on one segment that need not pass through a node."""
    left = pd.DataFrame({"segment": origins.segment, "o": np.arange(len(origins.segment)), "from": origins.fraction})
    right = pd.DataFrame(
        {"segment": destinations.segment, "d": np.arange(len(destinations.segment)), "to": destinations.fraction}
    )
    pairs = left[left["segment"] >= 0].merge(right[right["segment"] >= 0], on="segment")
    at = pairs["segment"].to_numpy()
    along = (pairs["to"] - pairs["from"]).to_numpy()
    whole = np.where(along >= 0, segments.forward_ms[at], segments.backward_ms[at])
    allowed = (whole >= 0) | (along == 0)
    o, d = pairs["o"].to_numpy(), pairs["d"].to_numpy()
    ms = np.rint(np.abs(along) * np.maximum(whole, 0)).astype("int64") + origins.leg_ms[o] + destinations.leg_ms[d]
    return o[allowed], d[allowed], ms[allowed]


def quickest(
    origins_of: Ints, which: Ints, ms: Ints, *, origins: int, k: int
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
    """Return the k quickest different destinations of each origin: minutes (NaN) and which (-1), (origins, k).

    Parameters
    ----------
    origins_of, which, ms
        One row a trip: its origin, its destination and its milliseconds; a pair may have several.
    """
    order = np.lexsort((which, ms, origins_of))
    trips = pd.DataFrame({"o": origins_of[order], "d": which[order], "ms": ms[order]}).drop_duplicates(["o", "d"])
    trips["rank"] = trips.groupby("o").cumcount()
    trips = trips[trips["rank"] < k]
    minutes = np.full((origins, k), np.nan, "float32")
    best = np.full((origins, k), ABSENT, "int32")
    at = trips["o"].to_numpy(), trips["rank"].to_numpy()
    minutes[at], best[at] = trips["ms"].to_numpy() / MS_PER_MINUTE, trips["d"].to_numpy()
    return minutes, best


def along(
    segments: Segments, xy: Floats, minutes: npt.NDArray[np.float32], *, most: float, every: float, outward: bool
) -> Floats:
    """Return places along the segments in reach, x, y (metres) and minutes, (places, 3).

    Parameters
    ----------
    xy, minutes
        Of every node; NaN minutes are not reached.
    most
        Minutes; what is further is left out.
    every
        Metres between two places, at most.
    outward
        False: minutes are to a destination, and a place goes on to an end. True: they are from an origin.
    """
    at = np.nan_to_num(minutes.astype("float64"), nan=np.inf)
    near = np.flatnonzero(np.minimum(at[segments.tails], at[segments.heads]) <= most)
    tails, heads = segments.tails[near], segments.heads[near]
    forward, backward = (
        np.where(ms[near] >= 0, ms[near] / MS_PER_MINUTE, np.inf) for ms in (segments.forward_ms, segments.backward_ms)
    )
    of, share = _shares(np.hypot(*(xy[heads] - xy[tails]).T), every)
    to_tail, to_head = (forward, backward) if outward else (backward, forward)
    place_minutes = np.minimum(at[tails][of] + _part(share, to_tail[of]), at[heads][of] + _part(1 - share, to_head[of]))
    places = xy[tails][of] * (1 - share)[:, None] + xy[heads][of] * share[:, None]
    kept = place_minutes <= most
    return np.column_stack([places[kept], place_minutes[kept]])


def own_segment(point: Snapped, segments: Segments, xy: Floats, *, every: float, outward: bool) -> Floats:
    """Return places along the one segment that a point joins: x, y and the minutes that need no node, (places, 3)."""
    number = point.segment[0]
    tail, head = xy[segments.tails[number]], xy[segments.heads[number]]
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
