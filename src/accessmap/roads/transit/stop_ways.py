"""The ways by the streets between points and stops: on foot, by bicycle, by car, or by car to a lot and on foot."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from accessmap.roads.network import RoadNetwork
from accessmap.roads.transit.terms import PARKED_MINUTES, Terms
from accessmap.roads.trips import Trips

Floats = npt.NDArray[np.float32]
Longs = npt.NDArray[np.integer[Any]]
#: Cells of minutes to stops that are made at a time.
CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class StopWays:
    """The quickest ways between points and stops, of those that are within the minutes of that end.

    Attributes
    ----------
    streets, terms
        As in `Journeys`.
    stops
        All stops of the timetable.
    grown
        Whether some of the stops may be far from the streets, and the points too.
    """

    streets: Mapping[str, RoadNetwork]
    terms: Terms
    stops: gpd.GeoSeries
    grown: bool

    def between(
        self,
        points: gpd.GeoSeries,
        rows: Longs,
        *,
        home: bool,
        away: bool,
        max_metres: float | None,
        joined: Mapping[str, Trips] = MappingProxyType({}),
    ) -> tuple[npt.NDArray[Any], ...]:
        """Return the ways to some stops (rows), or from them: point, row, seconds; `joined` has the points."""
        terms, stops = self.terms, self.stops.iloc[rows]
        mode, most = terms.access if home else terms.egress, terms.most(home=home)
        ways = [self._trips("walk", points, stops, away, max_metres, joined.get("walk"))]
        if mode != "walk" and not (home and mode == "car" and terms.parking is not None):
            ways.append(self._trips(mode, points, stops, away, max_metres, joined.get(mode)))
        parked = self._parked(points, stops, away, max_metres) if home and mode == "car" else None
        found: list[tuple[npt.NDArray[Any], ...]] = []
        every = max(1, CELLS // max(1, len(rows)))
        for first in range(0, max(1, len(points)), every):
            part = slice(first, min(first + every, len(points)))
            minutes = reduce(np.fmin, [way(most, part) for way in ways])
            if parked is not None:
                minutes = np.fmin(minutes, parked(part))
            point, stop = np.nonzero(~np.isnan(minutes))
            found.append((point + first, rows[stop], np.ceil(np.round(minutes[point, stop] * 60.0, 2))))
        return tuple(np.concatenate(column) for column in zip(*found, strict=True))

    def _trips(
        self,
        mode: str,
        points: gpd.GeoSeries,
        places: gpd.GeoSeries,
        away: bool,
        metres: float | None,
        joined: Trips | None = None,
    ) -> Any:
        """Return what gives the minutes of some points (rows) to each place, or from each place to them."""
        network = self.streets[mode]
        if joined is not None and away:
            trips = joined.to(places)
        elif not self.grown:
            trips = network.trips(*((points, places) if away else (places, points)), max_metres=metres)
        elif away:  # a stop more may be far from the streets
            trips = network.trips(points, places[:0], max_metres=metres).to(places)
        else:
            trips = network.trips(places[:0], points, max_metres=metres).leaving(places)
        if away:
            return trips.minutes
        from_places = trips.minutes

        def turned(limit: float | None, part: slice) -> Floats:
            some = replace(trips, places=(trips.places[0], trips.places[1][part]), end=trips.end.rows(part))
            return some.minutes(limit).T if len(points) > part.stop - part.start else from_places(limit).T

        return turned

    def _parked(self, points: gpd.GeoSeries, stops: gpd.GeoSeries, away: bool, max_metres: float | None) -> Any:
        """Return what gives the minutes of some points by car to a lot, to park there and to walk to each stop."""
        terms, lots = self.terms, self.terms.parking
        if lots is None:
            return None
        ends = (lots, stops) if away else (stops, lots)
        on_foot = self.streets["walk"].trips(*ends).minutes(PARKED_MINUTES)
        on_foot = on_foot if away else on_foot.T
        drive = self._trips("car", points, lots, away, max_metres)

        def minutes(part: slice) -> Floats:
            driven = drive(terms.access_minutes, part)
            found = np.full((len(driven), on_foot.shape[1]), np.nan, "float32")
            for lot in range(len(lots)):
                near = np.flatnonzero(~np.isnan(on_foot[lot]))
                parking = terms.parking_minutes if away else 0.0
                found[:, near] = np.fmin(found[:, near], driven[:, [lot]] + (on_foot[lot, near] + parking))
            return found

        return minutes


def each_stop(place: Longs, row: Longs) -> tuple[Longs, Longs]:
    """Return for rows of stops the stops of a day, at these places, that each is: which of the rows, and the stop."""
    order = np.argsort(place, kind="stable")
    first, end = np.searchsorted(place[order], np.stack([row, row + 1]))
    some = end - first
    which = np.repeat(first, some) + np.arange(some.sum()) - np.repeat(np.cumsum(some) - some, some)
    return np.repeat(np.arange(len(row)), some), order[which]
