"""Trips between points, their joining legs included."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from accessmap.errors import NetworkError, Problem, SnapError
from accessmap.roads.graph import RoadGraph
from accessmap.roads.snapping import MS_PER_MINUTE, Entries, Legs, Snapped, along, direct_ms, own_segment, quickest
from accessmap.words.notes import Metres

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def nearest_metres(trips: Trips) -> Floats:
    """Return the metres of the quickest way to the nearest destination, by origin; NaN where there is none.

    The way is the quickest one, which need not be the shortest; its joining legs count as they are, straight.
    """
    minutes, nearest = trips.nearest(1)
    which = nearest[:, 0].astype("int64")
    metres = np.full(len(which), np.nan)
    o, d, off_road = trips.off_road(EVERY)
    straight = np.hypot(*(_xy(trips.places[0][o]) - _xy(trips.places[1][d])).T)
    # What may go straight, or along one segment, to its own nearest, by that: each site then looks at its own alone.
    beside = [_by_site(which, *each) for each in (_direct(trips), (o, d, off_road, straight))]
    departures = trips.departures
    leaving = np.argsort(which[departures.point], kind="stable")
    whose = which[departures.point][leaving]
    graph, lengths = _reversed(trips.roads)
    for site in np.unique(which[which >= 0]):
        rows = np.sort(leaving[slice(*np.searchsorted(whose, (site, site + 1)))])
        going = np.flatnonzero(which == site)
        # Nobody who goes there takes longer: what is further is not looked at.
        limit = float(minutes[going].max()) * MS_PER_MINUTE * 1.001 + 1_000
        best_ms, best = _by_nodes(trips, int(site), going, rows, graph, lengths, limit)
        for sites, origins, ms, length in beside:
            mine = slice(*np.searchsorted(sites, (site, site + 1)))
            at = np.searchsorted(going, origins[mine])
            quicker = ms[mine] < best_ms[at]
            best[at[quicker]] = length[mine][quicker]
        metres[going] = best
    return metres


def _by_site(which: Ints, o: Ints, d: Ints, ms: Ints, metres: Floats) -> tuple[Ints, Ints, Ints, Floats]:
    """Return (destination, origin, milliseconds, metres) of the pairs of an origin and its nearest, by destination."""
    mine = np.flatnonzero(which[o] == d)
    mine = mine[np.argsort(d[mine], kind="stable")]
    return d[mine], o[mine], ms[mine], metres[mine]


def _by_nodes(
    trips: Trips,
    site: int,
    going: Ints,
    rows: Ints,
    graph: csr_array,
    lengths: dict[str, Ints | Floats],
    limit: float,
) -> tuple[Floats, Floats]:
    """Return milliseconds and metres of the quickest way through the graph from these origins to one site.

    `rows` are those of their departures; ways of more than `limit` milliseconds may be left out.
    """
    departures, arrivals = trips.departures, trips.end.rows(slice(site, site + 1)).destinations(trips.roads.segments)
    at, node = np.searchsorted(going, departures.point[rows]), departures.state[rows]
    best_ms, best = np.full(len(going), np.inf), np.full(len(going), np.nan)
    for last, last_ms, last_metres in zip(arrivals.state, arrivals.ms, arrivals.metres, strict=True):
        ms, metres = _tree(graph, lengths, int(last), limit)
        total = departures.ms[rows] + ms[node] + last_ms
        quickest_first = np.lexsort((total, at))
        first = quickest_first[np.flatnonzero(np.diff(at[quickest_first], prepend=-1))]
        quicker = first[total[first] < best_ms[at[first]]]
        best_ms[at[quicker]] = total[quicker]
        best[at[quicker]] = departures.metres[rows][quicker] + metres[node[quicker]] + last_metres
    return best_ms, best


def _tree(graph: csr_array, lengths: dict[str, Ints | Floats], node: int, limit: float) -> tuple[Floats, Floats]:
    """Return milliseconds and metres from every node to one, along the quickest ways of at most `limit`."""
    ms, after = dijkstra(graph, indices=node, return_predecessors=True, limit=limit)
    reached = np.flatnonzero(after >= 0)
    order = reached[np.argsort(ms[reached], kind="stable")]
    metres = np.full(len(ms), np.nan)
    metres[node] = 0.0
    key = order.astype("int64") * len(ms) + after[order]
    step = lengths["metres"][np.searchsorted(lengths["key"], key)]
    for at, following, length in zip(order.tolist(), after[order].tolist(), step.tolist(), strict=True):
        metres[at] = metres[following] + length
    return ms, metres


def _reversed(roads: RoadGraph) -> tuple[csr_array, dict[str, Ints | Floats]]:
    """Return the graph with every arc turned round, and the metres of the quickest arc of each pair of states."""
    grown = roads.grown
    n = len(grown.node)
    key = grown.tails * n + grown.heads
    order = np.lexsort((grown.ms, key))
    first = order[np.flatnonzero(np.diff(key[order], prepend=-1))]
    tails, heads = grown.tails[first], grown.heads[first]
    straight = np.hypot(*(roads.xy[grown.node[heads]] - roads.xy[grown.node[tails]]).T)
    lengths = roads.edges["length_m"].to_numpy("float64") if "length_m" in roads.edges else None
    known = straight if lengths is None else lengths[grown.arc[first]]
    # A weight of nothing would be no arc at all to scipy.
    weights = grown.ms[first].astype("float64") + 1e-6
    graph = csr_array((weights, (heads, tails)), shape=(n, n))
    return graph, {"key": key[first], "metres": np.where(np.isnan(known), straight, known)}


def _direct(trips: Trips) -> tuple[Ints, Ints, Ints, Floats]:
    """Return (origin, destination, milliseconds, metres) of the trips along one segment."""
    segments = trips.roads.segments
    o, d, ms, first, last = direct_ms(trips.start, trips.end, segments)
    at = trips.start.segment[first]
    whole = np.hypot(*(segments.xy[segments.heads[at]] - segments.xy[segments.tails[at]]).T)
    along = np.abs(trips.end.fraction[last] - trips.start.fraction[first]) * whole
    return o, d, ms, along + trips.start.metres[first] + trips.end.metres[last]


def _far(side: Snapped, most: float) -> Problem:
    metres = {"metres": Metres.of(most), "nearest": Metres.of(side.nearest.min())}
    return Problem("roads_points_far", where="points", n=len(side.nearest), **metres)


def _squares(xy: Floats, reach: Floats) -> npt.NDArray[np.object_]:
    return np.asarray(shapely.box(*(xy - reach[:, None]).T, *(xy + reach[:, None]).T), dtype=object)


def _xy(points: npt.NDArray[np.object_]) -> Floats:
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)]).astype("float64")


EVERY = slice(None)
PAIRS = 1_000_000  # that may be looked at together, whatever the size of the matrix


@dataclass(frozen=True)
class Trips:
    """Origins and destinations, projected and joined to the roads once.

    Parameters
    ----------
    roads, legs
        The network.
    places
        Points of origins and of destinations, in metres.
    start, end
        Where they join.
    """

    roads: RoadGraph
    legs: Legs
    places: tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]
    start: Snapped
    end: Snapped

    @classmethod
    def between(cls, roads: RoadGraph, legs: Legs, origins: gpd.GeoSeries, destinations: gpd.GeoSeries) -> Trips:
        """Join both ends; SnapError where not one origin, or not one destination, is near the network or the other."""
        points = [roads.project(side) for side in (origins, destinations)]
        ends = [roads.snap(side, legs) for side in points]
        trips = cls(roads, legs, (points[0].to_numpy(), points[1].to_numpy()), *ends)
        far = [side for side in ends if len(side.nearest) and not len(side.point)]
        if far and not len(trips.straight(EVERY)[0]):
            raise SnapError(_far(far[0], legs.max_metres))
        return trips

    def to(self, destinations: gpd.GeoSeries) -> Trips:
        """Return trips of the same origins to other destinations, of which those that do not join are not reached."""
        points = self.roads.project(destinations)
        return replace(self, places=(self.places[0], points.to_numpy()), end=self.roads.snap(points, self.legs))

    def over(self, roads: RoadGraph, legs: Legs) -> Trips:
        """Return the same trips over roads that differ by their minutes, and by the speed of legs, alone."""
        if roads.index is not self.roads.index or replace(legs, access_kmh=self.legs.access_kmh) != self.legs:
            raise NetworkError(Problem("roads_other_joins", where="trips_again"))
        start, end = (side.at_speed(legs.access_kmh) for side in (self.start, self.end))
        return Trips(roads, legs, self.places, start, end)

    def ending(self, points: npt.NDArray[np.object_], end: Snapped) -> Trips:
        """Return trips of the same origins to destinations that have been joined."""
        others = replace(self, places=(self.places[0], points), end=end)
        others.__dict__.update(departures=self.departures, squares=self.squares)
        return others

    @cached_property
    def departures(self) -> Entries:
        """Where the origins enter the graph."""
        return self.start.origins(self.roads.segments)

    @cached_property
    def squares(self) -> npt.NDArray[np.object_]:
        """Around each origin, a square as wide as its leg is long."""
        return _squares(_xy(self.places[0]), self._reach(self.start))

    def leaving(self, origins: gpd.GeoSeries) -> Trips:
        """Return trips of other origins to the same destinations; those that do not join reach none."""
        points = self.roads.project(origins)
        return replace(self, places=(points.to_numpy(), self.places[1]), start=self.roads.snap(points, self.legs))

    def off_road_metres(self, *, ends: bool) -> Floats:
        """Return how far each origin, or each destination, is from every road."""
        return (self.end if ends else self.start).nearest

    def minutes(self, limit: float | None = None, rows: slice = EVERY) -> npt.NDArray[np.float32]:
        """Return minutes of these origins (rows) to every destination (columns); NaN is not reached."""
        segments, start = self.roads.segments, self.start.rows(rows)
        limit_ms = None if limit is None else round(limit * MS_PER_MINUTE)
        seeds = start.origins(segments).seeds, self.end.destinations(segments).seeds
        minutes = self.roads.router.matrix(*seeds, limit_ms=limit_ms)
        # A few origins at a time: each pair that need not pass through a node takes many times what its minutes take.
        first, _, _ = rows.indices(len(self.places[0]))
        some = max(1, max(PAIRS, minutes.size // 32) // max(1, minutes.shape[1]))
        for at in range(0, len(minutes), some):
            few = slice(first + at, first + min(at + some, len(minutes)))
            for o, d, ms in (direct_ms(self.start.rows(few), self.end, segments)[:3], self.off_road(few)):
                kept = EVERY if limit_ms is None else ms <= limit_ms
                o, d, direct = o[kept] + at, d[kept], (ms[kept] / MS_PER_MINUTE).astype("float32")
                minutes[o, d] = np.fmin(minutes[o, d], direct)
        return minutes

    def nearest(self, k: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Return the k nearest destinations of each origin: minutes (NaN) and which (-1), without the matrix."""
        segments = self.roads.segments
        minutes, which = self.roads.router.nearest(self.end.destinations(segments).seeds, k=k)
        ms = np.rint(np.nan_to_num(minutes.astype("float64")) * MS_PER_MINUTE).astype("int64")
        start = self.departures
        found = (
            (np.repeat(start.point, k), which[start.state].ravel(), (ms[start.state] + start.ms[:, None]).ravel()),
            direct_ms(self.start, self.end, segments)[:3],
            self.off_road(EVERY),
        )
        o, d, at = (np.concatenate(columns).astype("int64") for columns in zip(*found, strict=True))
        return quickest(o[d >= 0], d[d >= 0], at[d >= 0], origins=len(self.places[0]), k=k)

    def off_road(self, rows: slice) -> tuple[Ints, Ints, Ints]:
        """Return (origin, destination, milliseconds) of the pairs that may go straight, in either of two ways."""
        o, d, ms = map(np.concatenate, zip(self.straight(rows), self.local(rows), strict=True))
        return o, d, ms

    def straight(self, rows: slice) -> tuple[Ints, Ints, Ints]:
        """Return (origin, destination, milliseconds) of the pairs whose straight way is no longer than their two legs.

        Those are the legs to the nearest roads, whichever other are taken.

        Legs go straight over whatever lies there, so the straight way asks for no more than they do: from a place to
        itself is nothing, whatever its distance from the road. Where one of the two does not join the roads, they
        may not be further from each other than `max_metres`.
        """
        start, most = self.start.rows(rows), self.legs.max_metres
        starts, ends = self.places[0][rows], self.places[1]
        reach = [self._reach(side) for side in (start, self.end)]
        # Two squares, each as wide as its leg is long, overlap wherever the straight way may be the shorter one.
        o, d = shapely.STRtree(_squares(_xy(ends), reach[1])).query(self.squares[rows])
        joined = start.joined[o] & self.end.joined[d]
        legs = reach[0][o] + reach[1][d]
        kept = shapely.distance(starts[o], ends[d]) <= np.where(joined, legs, np.minimum(legs, most))
        return self._straight(starts, o[kept], d[kept])

    def _reach(self, side: Snapped) -> Floats:
        """Return the metres of each leg, and a millimetre: rounding does not decide if the straight way is shorter."""
        return np.minimum(side.nearest, self.legs.max_metres) + 0.0005

    def local(self, rows: slice) -> tuple[Ints, Ints, Ints]:
        """Return (origin, destination, milliseconds) of the pairs near enough to keep to streets that are left out."""
        if not self.legs.local_metres:
            return (np.empty(0, "int64"),) * 3
        starts, ends = self.places[0][rows], self.places[1]
        o, d = shapely.STRtree(ends).query(starts, predicate="dwithin", distance=self.legs.local_metres)
        # Not across the water: both must join one part of the network.
        start, end = (side.largest(self.roads.segments) for side in (self.start.rows(rows), self.end))
        kept = (start[o] >= 0) & (start[o] == end[d])
        return self._straight(starts, o[kept], d[kept])

    def _straight(self, starts: npt.NDArray[np.object_], o: Ints, d: Ints) -> tuple[Ints, Ints, Ints]:
        hours = shapely.distance(starts[o], self.places[1][d]) / 1000 / self.legs.access_kmh
        return o, d, np.rint(hours * 60 * MS_PER_MINUTE).astype("int64")


def minutes_along(
    roads: RoadGraph, legs: Legs, points: gpd.GeoSeries, *, most: float, every: float, outward: bool
) -> Iterator[tuple[Hashable, npt.NDArray[np.float64]]]:
    """Yield, for each point, its id and the places along the roads in reach: x, y (metres) and minutes, (places, 3)."""
    projected = roads.project(points)
    joined, segments = roads.snap(projected, legs), roads.segments
    for number, (point, place) in enumerate(projected.items()):
        one = joined.rows(slice(number, number + 1))
        if not len(one.point):
            yield point, np.empty((0, 3))
            continue
        at = (one.origins(segments) if outward else one.destinations(segments)).seeds
        minutes = (roads.router.to_all(at) if outward else roads.router.from_all(at))[0]
        start = np.array([[place.x, place.y, 0.0]])
        joins = [one.only(join) for join in range(len(one.point))]
        own = np.concatenate([own_segment(each, segments, every=every, outward=outward) for each in joins])
        places = along(segments, minutes, most=most, every=every, outward=outward)
        yield point, np.concatenate([start, own[own[:, 2] <= most], places])
