"""Journeys asked as roads are, for the land that they reach: places about a site, and minutes of points of a grid."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.transit.journeys import Journeys, JourneyTrips


class Timed:
    """What `isochrones` asks of a network, by a timetable.

    Parameters
    ----------
    journeys
        Of `Timetable.journeys`.
    hours
        `depart` and `percentile`, as `Journeys.trips` takes them; those that are given.
    """

    def __init__(self, journeys: Journeys, hours: Mapping[str, Any]) -> None:
        self.journeys = journeys
        self.hours = dict(hours)
        self._walk = journeys.streets["walk"]
        self.crs, self.access_kmh = self._walk.crs, self._walk.access_kmh
        self.max_metres, self.local_metres = self._walk.max_metres, self._walk.local_metres

    @cached_property
    def stops(self) -> npt.NDArray[np.float64]:
        """Where the stops are, x and y."""
        places: npt.NDArray[np.float64] = self.journeys.near_stops.to_crs(self.crs).get_coordinates().to_numpy()
        return places

    def minutes_along(
        self, points: gpd.GeoSeries, *, most: float, every: float, outward: bool = False
    ) -> Iterator[tuple[Hashable, npt.NDArray[np.float64]]]:
        """Yield, for each point, its id and places about it: x, y and minutes to it or to a stop, (places, 3).

        No place further than these, and their legs, is within `most` minutes at any departure.
        """
        terms, stops, asked = self.journeys.terms, self.journeys.near_stops, self.journeys.asked
        home = (terms.egress, terms.egress_minutes) if outward else (terms.access, terms.access_minutes)
        modes, walked = {"walk", home[0]}, min(most, home[1])
        about = [dict(self._about(mode, stops, walked, every, outward)) for mode in modes]
        # On demand one is taken as far as a car goes: from a stop, and from the site itself.
        driven = most / min((each.factor for each in asked), default=1.0)
        if asked:
            about.append(dict(self._about("car", stops, driven, every, outward)))
        own = dict(self._about("car", points, driven, every, outward)) if asked else {}
        for number, (point, places) in enumerate(
            self._walk.minutes_along(points, most=min(most, terms.longest), every=every, outward=outward)
        ):
            if not len(places):
                yield point, places
                continue
            site = points.iloc[[number]]
            ends = (site, stops) if outward else (stops, site)
            soonest = self.journeys.trips(*ends, **{**self.hours, "percentile": 0}).minutes(most).ravel()
            near = [by_stop[stop] for stop in stops.index[~np.isnan(soonest)] for by_stop in about]
            near += [own[point]] if asked else []
            yield point, np.concatenate([places, *near])

    def _about(self, mode: str, stops: gpd.GeoSeries, most: float, every: float, outward: bool) -> Any:
        return self.journeys.streets[mode].minutes_along(stops, most=most, every=every, outward=outward)

    def trips(self, site: gpd.GeoSeries, _: gpd.GeoSeries) -> AskedTrips:
        """Return the journeys between a site and whatever is asked."""
        return AskedTrips(self, site, None)


@dataclass(frozen=True, eq=False)
class AskedTrips:
    """Journeys between a site and points of a grid, some of which may be far from any street."""

    timed: Timed
    site: gpd.GeoSeries
    found: JourneyTrips | None

    def to(self, grid: gpd.GeoSeries) -> AskedTrips:
        """Return the journeys from the site to the points."""
        return self._asked(self.site, self._with_site(grid))

    def leaving(self, grid: gpd.GeoSeries) -> AskedTrips:
        """Return the journeys from the points to the site."""
        return self._asked(self._with_site(grid), self.site)

    def _with_site(self, grid: gpd.GeoSeries) -> gpd.GeoSeries:
        """Return the points with the site as the last: one at least joins the streets."""
        return gpd.GeoSeries(pd.concat([grid, self.site.to_crs(grid.crs)], ignore_index=True), crs=grid.crs)

    def _asked(self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries) -> AskedTrips:
        found = self.timed.journeys.trips(origins, destinations, **self.timed.hours)
        return AskedTrips(self.timed, self.site, found)

    def minutes(self, limit: float) -> npt.NDArray[np.float32]:
        """Return the minutes of each point; NaN is not reached."""
        assert self.found is not None
        return self.found.minutes(limit).ravel()[:-1]

    def off_road_metres(self, *, ends: bool) -> npt.NDArray[np.float64]:
        """Return how far each point, which is where one arrives or sets out, is from the streets."""
        assert self.found is not None
        return self.found.direct[0].off_road_metres(ends=ends)[:-1]
