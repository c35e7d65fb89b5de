"""Private to `network`: trips between points, their joining legs included."""

from collections.abc import Hashable, Iterator
from dataclasses import dataclass, replace

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from accessmap.roadgraph import RoadGraph
from accessmap.snapping import MS_PER_MINUTE, Snapped, along, direct_ms, own_segment, quickest

__all__ = ["Legs", "Trips", "minutes_along"]

Ints = npt.NDArray[np.int64]
EVERY = slice(None)


@dataclass(frozen=True)
class Legs:
    """How points join the roads: the speed off the road (km/h), and two bounds (metres).

    Parameters
    ----------
    access_kmh
        Speed of the straight leg between a point and the road.
    local_metres
        Straight distance up to which a trip may keep to streets that the edges leave out.
    max_metres
        A point further than this from every edge does not join.
    """

    access_kmh: float
    local_metres: float
    max_metres: float


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
    def between(cls, roads: RoadGraph, legs: Legs, origins: gpd.GeoSeries, destinations: gpd.GeoSeries) -> "Trips":
        """Join both ends; SnapError where not one origin, or not one destination, is near the network."""
        points = [roads.project(side) for side in (origins, destinations)]
        start, end = (roads.snap_some(side, legs.max_metres, legs.access_kmh) for side in points)
        return cls(roads, legs, (points[0].to_numpy(), points[1].to_numpy()), start, end)

    def to(self, destinations: gpd.GeoSeries) -> "Trips":
        """Return trips of the same origins to other destinations; the origins are not joined again."""
        points = self.roads.project(destinations)
        end = self.roads.snap_some(points, self.legs.max_metres, self.legs.access_kmh)
        return replace(self, places=(self.places[0], points.to_numpy()), end=end)

    def minutes(self, limit: float | None = None, rows: slice = EVERY) -> npt.NDArray[np.float32]:
        """Return minutes of these origins (rows) to every destination (columns); NaN is not reached."""
        segments, start = self.roads.segments, self.start.rows(rows)
        limit_ms = None if limit is None else round(limit * MS_PER_MINUTE)
        seeds = start.origins(segments), self.end.destinations(segments)
        minutes = self.roads.router.matrix(*seeds, limit_ms=limit_ms)
        for o, d, ms in (direct_ms(start, self.end, segments), self.local(rows)):
            kept = EVERY if limit_ms is None else ms <= limit_ms
            o, d, direct = o[kept], d[kept], (ms[kept] / MS_PER_MINUTE).astype("float32")
            minutes[o, d] = np.fmin(minutes[o, d], direct)
        return minutes

    def nearest(self, k: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Return the k nearest destinations of each origin: minutes (NaN) and which (-1), without the matrix."""
        segments = self.roads.segments
        minutes, which = self.roads.router.nearest(self.end.destinations(segments), k=k)
        ms = np.rint(np.nan_to_num(minutes.astype("float64")) * MS_PER_MINUTE).astype("int64")
        seeds = self.start.origins(segments)
        o, side = np.nonzero(seeds.nodes >= 0)
        node = seeds.nodes[o, side]
        found = (
            (np.repeat(o, k), which[node].ravel(), (ms[node] + seeds.costs[o, side][:, None]).ravel()),
            direct_ms(self.start, self.end, segments),
            self.local(EVERY),
        )
        o, d, at = (np.concatenate(columns).astype("int64") for columns in zip(*found, strict=True))
        return quickest(o[d >= 0], d[d >= 0], at[d >= 0], origins=len(self.places[0]), k=k)

    def local(self, rows: slice) -> tuple[Ints, Ints, Ints]:
        """Return (origin, destination, milliseconds) of the pairs near enough to keep to streets that are left out."""
        if not self.legs.local_metres:
            return (np.empty(0, "int64"),) * 3
        starts, ends = self.places[0][rows], self.places[1]
        o, d = shapely.STRtree(ends).query(starts, predicate="dwithin", distance=self.legs.local_metres)
        start, end = self.start.rows(rows).segment[o], self.end.segment[d]
        # Not across the water: both must join one part of the network.
        part = self.roads.part[self.roads.segments.tails]
        kept = (start >= 0) & (end >= 0) & (part[start] == part[end])
        o, d = o[kept], d[kept]
        hours = shapely.distance(starts[o], ends[d]) / 1000 / self.legs.access_kmh
        return o, d, np.rint(hours * 60 * MS_PER_MINUTE).astype("int64")


def minutes_along(
    roads: RoadGraph, legs: Legs, points: gpd.GeoSeries, *, most: float, every: float, outward: bool
) -> Iterator[tuple[Hashable, npt.NDArray[np.float64]]]:
    """Yield, for each point, its id and the places along the roads in reach: x, y (metres) and minutes, (places, 3)."""
    projected = roads.project(points)
    joined, segments = roads.snap(projected, legs.max_metres, legs.access_kmh), roads.segments
    for number, (point, place) in enumerate(projected.items()):
        one = joined.rows(slice(number, number + 1))
        if one.segment[0] < 0:
            yield point, np.empty((0, 3))
            continue
        at = one.origins(segments) if outward else one.destinations(segments)
        minutes = (roads.router.to_all(at) if outward else roads.router.from_all(at))[0]
        places = along(segments, roads.xy, minutes, most=most, every=every, outward=outward)
        own = own_segment(one, segments, roads.xy, every=every, outward=outward)
        start = np.array([[place.x, place.y, 0.0]])
        yield point, np.concatenate([start, own[own[:, 2] <= most], places])
