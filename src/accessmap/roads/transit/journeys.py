"""Journeys from door to door: the streets to a stop and from one, the rides between, and all the way without a ride."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from accessmap.errors import OptionError, Problem
from accessmap.provenance import Provenance
from accessmap.roads.memory import trim
from accessmap.roads.network import RoadNetwork
from accessmap.roads.transit.asked import LEG, Asked, legs_of
from accessmap.roads.transit.asking import EACH, check, check_on_demand, check_percentile, moments_of
from accessmap.roads.transit.day import Day
from accessmap.roads.transit.flexible import flexible
from accessmap.roads.transit.itinerary import explained
from accessmap.roads.transit.lines import NEVER
from accessmap.roads.transit.nearby import Nearby
from accessmap.roads.transit.on_demand import OnDemand
from accessmap.roads.transit.one_search import Rides
from accessmap.roads.transit.raptor import ANY, Raptor, StopLegs, Timed, TimedLegs
from accessmap.roads.transit.stop_ways import CELLS, StopWays, each_stop
from accessmap.roads.transit.terms import Runs, Terms
from accessmap.roads.transit.told import notes_of
from accessmap.roads.trips import EVERY, Trips
from accessmap.words.notes import Note

__all__ = ["EACH", "JourneyTrips", "Journeys", "check_percentile", "moments_of"]

Floats = npt.NDArray[np.float32]
Longs = npt.NDArray[np.int64]


class Journeys:
    """Journeys by a timetable on one day, read-only; made by `Timetable.journeys`.

    It stands where a `RoadNetwork` does in `travel_times`, `travel_times_long` and `nearest_times`. Minutes count from
    the moment one wants to leave: the way to the stop, waiting there, rides, changes, and the way from the last stop.
    Who is there sooner without any ride goes without.

    Attributes
    ----------
    timetable : Timetable
    streets : dict
        By mode, the network of each.
    date : datetime.date
    why : Note
        The day, and why it is that one.
    day : Day
        What runs.
    terms : Terms
        How one gets to a stop and from it, and how often one may ride.
    """

    def __init__(
        self, timetable: Runs, streets: Mapping[str, RoadNetwork], date: dt.date, why: Note, terms: Terms
    ) -> None:
        self.timetable = timetable
        self.streets = dict(streets)
        self.date = date
        self.why = why
        self.terms = terms
        self._before: Journeys | None = None
        self._nothing_asked = False

    @classmethod
    def of(
        cls,
        timetable: Runs,
        streets: RoadNetwork | Mapping[str, RoadNetwork],
        date: dt.date | str | None,
        terms: Terms,
    ) -> Journeys:
        """Return the journeys of a day, with the ways on foot between its stops by the streets."""
        networks = {"walk": streets} if isinstance(streets, RoadNetwork) else dict(streets)
        check(networks, terms)
        made = cls(timetable, networks, timetable.date_of(date), timetable.why_day(date), terms)
        made.day, made.asked  # noqa: B018 - what cannot be is told now
        trim()
        return made

    def over(
        self,
        timetable: Runs,
        *,
        on_demand: Sequence[OnDemand] | None = None,
        car: RoadNetwork | Journeys | None = None,
    ) -> Journeys:
        """Return the journeys of the same day by another timetable, one of `am.lines`, on the same terms.

        The ways to stops that are known are kept. Where nothing runs any more, one goes on foot.

        Parameters
        ----------
        timetable
            Made of this one: its stops, and perhaps some more.
        on_demand
            Other transport on demand beside it; the same where not given.
        car
            The roads by which that goes, where these journeys have none.

        Raises
        ------
        OptionError
            Where transport on demand has no roads to go by.
        """
        terms, streets = self.terms, self.streets
        if on_demand is not None:
            terms = replace(terms, on_demand=tuple(on_demand))
            if on_demand and "car" not in streets and isinstance(car, RoadNetwork):
                if len(timetable.flex):  # it would begin to count
                    raise OptionError(Problem("journeys_on_demand_flexible"))
                streets = {**streets, "car": car}
            check_on_demand(streets, terms)
        made = type(self)(timetable, streets, self.date, self.why, terms)
        made._before, made._nothing_asked = self, self._nothing_asked
        if timetable is self.timetable:
            made.__dict__.update({name: getattr(self, name) for name in ("_nearby", "day", "_raptor")})
        return made

    def by(self, streets: Mapping[str, RoadNetwork]) -> Journeys:
        """Return the same journeys by other streets, of the same modes."""
        made = type(self)(self.timetable, streets, self.date, self.why, self.terms)
        made._nothing_asked = self._nothing_asked
        return made

    def without_on_demand(self) -> Journeys:
        """Return the same journeys without any transport on demand."""
        made = self.over(self.timetable)
        made.terms, made._nothing_asked = replace(self.terms, on_demand=()), True
        return made

    @cached_property
    def asked(self) -> tuple[Asked, ...]:
        """What of transport on demand serves that day: what was given, and what the feeds have."""
        terms, timetable = self.terms, self.timetable
        if "car" not in self.streets or self._nothing_asked:
            return ()
        every = [ride for each in terms.on_demand for ride in each.asked(self.date, timetable.stops)]
        every += flexible(timetable, self.date) if len(timetable.flex) else []
        return tuple(each for each in every if each.wheelchair == "yes" or not terms.wheelchair)

    @cached_property
    def day(self) -> Day:
        """What runs."""
        walks = self._nearby.walks if self.terms.transfer_minutes else None
        change, wheelchair = self.terms.change_seconds, self.terms.wheelchair
        return self.timetable.day_on(self.date, walks=walks, change_seconds=change, wheelchair=wheelchair)

    @cached_property
    def _nearby(self) -> Nearby:
        """The stops that are served and near the streets, and the ways on foot between them."""
        known = self.timetable.stops, self.timetable.served_on(self.date)
        most = self.streets["walk"], self.terms.transfer_minutes
        return Nearby.of(*known, *most) if self._before is None else self._before._nearby.grown(*known, *most)

    @property
    def near_stops(self) -> gpd.GeoSeries:
        """The stops that are served on the day and near the streets: points by id."""
        points: gpd.GeoSeries = self.timetable.stops.geometry.iloc[self._nearby.rows]
        return points

    @cached_property
    def _raptor(self) -> Raptor:
        return Raptor(self.day)

    def on(self, date: dt.date | str) -> Journeys:
        """Return the journeys of another day, on the same terms.

        Parameters
        ----------
        date
            The day, or its kind ("saturday", "holiday").

        Raises
        ------
        OptionError
            Where the timetable has no such day.
        """
        made = type(self).of(self.timetable, self.streets, date, self.terms)
        return made.without_on_demand() if self._nothing_asked else made

    @property
    def provenance(self) -> Provenance:
        """The sources of the timetable and of the streets; the day, and why it is that one."""
        streets = [network.provenance for network in self.streets.values()]
        sources = (source for each in (self.timetable.provenance, *streets) for source in each.sources)
        day: dict[str, str] = {Note("journeys_day"): self.why}
        return Provenance(tuple(sources), day, any(each.modelled for each in streets))

    @property
    def notes(self) -> tuple[Note, ...]:
        """What minutes are of, in sentences."""
        return notes_of(self.why, self.terms, self.timetable, self.date, self.asked if "car" in self.streets else None)

    def __repr__(self) -> str:
        return f"<Journeys: {self.timetable!r} {'; '.join(self.notes)}>"

    def trips(
        self,
        origins: gpd.GeoSeries,
        destinations: gpd.GeoSeries,
        *,
        max_metres: float | None = None,
        homeward: bool = False,
        depart: str | Sequence[str] | None = None,
        arrive: str | Sequence[str] | None = None,
        percentile: float | None = None,
    ) -> JourneyTrips:
        """Return the journeys between points, joined to the stops once, so that they can be searched a few at a time.

        Parameters
        ----------
        origins, destinations
            Points in any CRS.
        max_metres
            Points further than this from the streets do not join them.
        homeward
            Whether one lives at the destinations: the car, or the bicycle, is theirs.
        depart
            One time ("08:00"), or two between which one leaves, each minute, the second not included.
        arrive
            The same of arrivals at the latest; minutes then count to that time, with what one waits there.
        percentile
            Of the minutes over those departures (or arrivals), by the nearest rank; those that do not reach are longer
            than any. 50 is the median.

        Raises
        ------
        SnapError
            Where not one origin, or not one destination, is near the streets.
        OptionError
            Where times or percentile are none, or departures and arrivals are both given.
        """
        if depart is not None and arrive is not None:
            raise OptionError(Problem("journeys_both"))
        asked = depart if arrive is None else arrive
        moments = self.terms.depart if asked is None else moments_of(asked, "depart" if arrive is None else "arrive")
        share = self.terms.percentile if percentile is None else percentile
        check_percentile(share)
        direct = self._direct(origins, destinations, max_metres)
        start = self._legs(origins, home=not homeward, away=True, max_metres=max_metres)
        end = self._legs(destinations, home=homeward, away=False, max_metres=max_metres)
        how = np.array(moments, "int64"), share, arrive is not None, homeward, max_metres
        ends = origins, destinations
        timed = self._timed(*ends, homeward=homeward)
        trim()
        return JourneyTrips(self, start, end, direct, *how, timed, ends)

    def explain(
        self,
        origin: gpd.GeoSeries,
        destination: gpd.GeoSeries,
        *,
        depart: str | None = None,
        arrive: str | None = None,
        homeward: bool = False,
    ) -> gpd.GeoDataFrame:
        """Return the journey between two points at one time, one row a leg; `am.sentences.itinerary` tells it in words.

        Of equally early arrivals it is the one that leaves last, with the wait at home as a leg of its own; with
        `arrive`, of the latest departures the one that arrives first, and the wait is at the end.

        Parameters
        ----------
        origin, destination
            One point each, in any CRS, such as `residents.geometry.loc[[id]]`.
        depart, arrive
            One time ("07:30"): when one wants to leave, or to be there at the latest. Without either, the first
            departure of the window of `Timetable.journeys`.
        homeward
            As in `travel_times`: one lives at the destination.

        Returns
        -------
        geopandas.GeoDataFrame
            kind ("walk", "bike", "car", "wait", "ride", "change", "on_demand"); mode (of the vehicle: "rail" …), line,
            headsign (of a trip that has none, or a number there, the last stop) and trip of a ride, and goes_on_as (the
            trips in which one stays seated); from_stop and to_stop (names; "" at the door, and at a car park); leaves
            and arrives (minutes after service midnight), minutes; wheelchair of a ride ("yes" where vehicle and both
            stops are accessible, "no", "unknown"), booking ("phone", "driver", "" none), notice (of a ride on
            demand, in words; its name is the line), from_call and to_call of a ride (rows of `Timetable.calls`, else
            -1), and the line in the CRS of the stops: that of the streets, straight from call to call for rides.
            Parking is in the minutes by car. The minutes add up to
            those of `travel_times`. Empty where there is no journey.

        Raises
        ------
        NetworkError
            Where more or less than one point is given.
        OptionError
            Where the time is none, or is two, or both are given.
        """
        return explained(self, origin, destination, depart=depart, arrive=arrive, homeward=homeward)

    @cached_property
    def rides(self) -> Rides:
        """The day as `explain` searches it."""
        return Rides(self.day)

    # ------------------------------------------------------------------ to the stops and from them

    def _direct(self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries, max_metres: float | None) -> list[Trips]:
        """Return the trips without a ride: on foot, and by the bicycle that is at home."""
        return [self.streets[mode].trips(origins, destinations, max_metres=max_metres) for mode in self._all_the_way]

    @property
    def _all_the_way(self) -> list[str]:
        return sorted({"walk", "bike"} & {"walk", self.terms.access})

    @property
    def _stop_ways(self) -> StopWays:
        return StopWays(self.streets, self.terms, self.timetable.stops.geometry, self._before is not None)

    def _legs(self, points: gpd.GeoSeries, *, home: bool, away: bool, max_metres: float | None) -> StopLegs:
        """Return the quickest ways between points and stops, of those that are within the minutes of that end."""
        ways = self._stop_ways.between(points, self._nearby.rows, home=home, away=away, max_metres=max_metres)
        return self._split(len(points), *ways)

    def _split(self, points: int, point: Longs, row: Longs, seconds: npt.NDArray[Any]) -> StopLegs:
        """Return ways to places as ways to the stops of the day: where a place is split, each is as near."""
        which, stop = each_stop(self.day.place, row)
        return StopLegs.of(points, point[which], stop, seconds[which])

    def _timed(
        self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries, *, homeward: bool
    ) -> tuple[TimedLegs, TimedLegs]:
        """Return the ways on demand to stops, and from them."""
        return (
            self._timed_at(origins, home=not homeward, away=True),
            self._timed_at(destinations, home=homeward, away=False),
        )

    def _timed_at(self, points: gpd.GeoSeries, *, home: bool, away: bool) -> TimedLegs:
        """Return the ways on demand between points and stops."""
        if not self.asked:
            return TimedLegs.none(len(points))
        rows, most = self._nearby.rows, (self.terms.most(home=home), self.terms.transfer_minutes)
        ends = points, self.timetable.stops.geometry.iloc[rows]
        legs = legs_of(self.asked, *(ends if away else ends[::-1]), self.streets, most if away else most[::-1])
        place, to, *times = (legs[name].to_numpy() for name in LEG)
        point, stop = (place, to) if away else (to, place)
        which, stop = each_stop(self.day.place, rows[stop])
        return TimedLegs.timed(len(points), [point[which], stop, *(each[which] for each in times)])

    def _door_to_door(self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries, *, homeward: bool) -> TimedLegs:
        """Return the ways on demand all the way."""
        most = self.terms.most(home=not homeward), self.terms.most(home=homeward)
        legs = legs_of(self.asked, origins, destinations, self.streets, most)
        return TimedLegs.timed(len(origins), [legs[name].to_numpy() for name in LEG])


@dataclass(frozen=True, eq=False)
class JourneyTrips:
    """Journeys of origins to destinations, joined to the stops once: what `Trips` is to roads."""

    journeys: Journeys
    start: StopLegs
    end: StopLegs
    direct: list[Trips]
    moments: npt.NDArray[np.int64]
    percentile: float
    backward: bool
    homeward: bool
    max_metres: float | None
    timed: tuple[TimedLegs, TimedLegs]
    ends: tuple[gpd.GeoSeries, gpd.GeoSeries]

    def to(self, destinations: gpd.GeoSeries) -> JourneyTrips:
        """Return journeys of the same origins to other destinations; those that do not join are not reached."""
        end = self.journeys._legs(destinations, home=self.homeward, away=False, max_metres=self.max_metres)
        timed = self.timed[0], self.journeys._timed_at(destinations, home=self.homeward, away=False)
        direct = [trips.to(destinations) for trips in self.direct]
        return replace(self, end=end, direct=direct, timed=timed, ends=(self.ends[0], destinations))

    def over(self, journeys: Journeys) -> JourneyTrips:
        """Return the same by journeys that `Journeys.over` made of these: only ways to further stops are looked for."""
        old, crs = self.journeys, self.direct[0].roads.crs
        new = np.setdiff1d(journeys._nearby.rows, old._nearby.rows)
        known = dict(zip(old._all_the_way, self.direct, strict=True))
        sides = []
        for away, legs, points in zip((True, False), (self.start, self.end), self.places, strict=True):
            place = np.repeat(np.arange(len(legs)), np.diff(legs.start))
            ways = [np.unique(np.stack([place, old.day.place[legs.stop], legs.seconds]), axis=1)]
            if len(new) and len(points):
                at, home = gpd.GeoSeries(points, crs=crs), away != self.homeward
                more = journeys._stop_ways.between(
                    at, new, home=home, away=away, max_metres=self.max_metres, joined=known
                )
                ways.append(np.stack(more))
            sides.append(journeys._split(len(legs), *np.concatenate(ways, axis=1).astype("int64")))
        timed = journeys._timed(*self.ends, homeward=self.homeward)
        return replace(self, journeys=journeys, start=sides[0], end=sides[1], timed=timed)

    @property
    def places(self) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
        """Points of origins and of destinations, in metres."""
        return self.direct[0].places

    def minutes(self, limit: float | None = None, rows: slice = EVERY) -> Floats:
        """Return minutes of these origins (rows) to every destination (columns); NaN is not reached."""
        found: Floats = self.by_percentile((self.percentile,), limit, rows)[0]
        return found

    def by_percentile(self, percentiles: Sequence[float], limit: float | None = None, rows: slice = EVERY) -> Floats:
        """Return minutes (percentiles, origins, destinations), float32; NaN is not reached."""
        seconds = self._search(percentiles, limit, rows)[0]
        minutes: Floats = seconds.astype("float32")  # whole below 2 ** 24, so that it is rounded once
        minutes /= np.float32(60)
        minutes[seconds == NEVER] = np.nan
        del seconds
        np.fmin(minutes, self._without_ride(limit, rows)[None], out=minutes)
        return minutes

    def share(self, limit: float | None = None, rows: slice = EVERY) -> Floats:
        """Return the share (0-1) of departures that reach, float32 (origins, destinations)."""
        _, within = self._search((), limit, rows)
        on_foot = ~np.isnan(self._without_ride(limit, rows))
        return np.where(on_foot, np.float32(1), within.astype("float32") / np.float32(len(self.moments)))

    def arrivals(self, *, origins: slice = EVERY, destinations: slice = EVERY) -> npt.NDArray[np.int32]:
        """Return the earliest arrivals with rides, by departure, int32 seconds of the day; NEVER where there is none.

        The shape is (origins, departures, destinations), of those asked for.
        """
        ends = self.start.part(origins), self.end.part(destinations)
        timed = self.on_demand(origins, destinations)
        return self.journeys._raptor.moments(*ends, self.moments, rides=self.journeys.terms.most_rides, timed=timed)

    def asked_arrivals(self, *, origins: slice = EVERY, destinations: slice = EVERY) -> npt.NDArray[np.int32]:
        """Return the same of those who go all the way on demand; of no shape where there is none of it."""
        timed = self.on_demand(origins, destinations)
        if timed is None:
            return np.empty((0, 0, 0), "int32")
        ends = len(timed.start), len(timed.end)
        alone = replace(timed, start=TimedLegs.none(ends[0]), end=TimedLegs.none(ends[1]))
        none = StopLegs.none(ends[0]), StopLegs.none(ends[1])
        return self.journeys._raptor.moments(*none, self.moments, rides=1, timed=alone)

    def on_demand(self, origins: slice, destinations: slice) -> Timed | None:
        """Return the ways on demand of some origins and destinations; None where nothing serves."""
        if not self.journeys.asked:
            return None
        start, end = self.timed[0].part(origins), self.timed[1].part(destinations)
        ends = self.ends[0].iloc[origins], self.ends[1].iloc[destinations]
        return Timed(start, end, self.journeys._door_to_door(*ends, homeward=self.homeward))

    def on_foot(self, rows: slice = EVERY) -> Floats:
        """Return minutes without any ride, (origins, destinations); NaN where that is too far."""
        return self._without_ride(None, rows)

    def nearest(self, k: int) -> tuple[Floats, npt.NDArray[np.int32]]:
        """Return the k nearest destinations of each origin: minutes (NaN) and which (-1); of equals the first."""
        origins, destinations = map(len, self.places)
        best = np.full((origins, k), np.nan, "float32")
        which = np.full((origins, k), -1, "int32")
        every = max(1, CELLS // max(1, destinations))
        for first in range(0, origins, every):
            rows = slice(first, min(first + every, origins))
            minutes = self.minutes(None, rows)
            order = np.argsort(minutes, axis=1, kind="stable")[:, :k]
            found = np.take_along_axis(minutes, order, axis=1)
            best[rows, : found.shape[1]] = found
            which[rows, : found.shape[1]] = np.where(np.isnan(found), -1, order)
        return best, which

    def _without_ride(self, limit: float | None, rows: slice) -> Floats:
        longest = self.journeys.terms.longest
        most = longest if limit is None else min(limit, longest)
        found: Floats = reduce(np.fmin, [trips.minutes(most, rows) for trips in self.direct])
        return found

    def _search(
        self, percentiles: Sequence[float], limit: float | None, rows: slice
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.integer[Any]]]:
        """Return seconds (percentiles, origins, destinations) and how many departures reach (origins, destinations)."""
        start, timed = self.start.part(rows), self.on_demand(rows, EVERY)
        ends = (self.end, start) if self.backward else (start, self.end)
        seconds, within = self.journeys._raptor.seconds(
            *ends,
            self.moments,
            percentiles=percentiles,
            rides=self.journeys.terms.most_rides,
            limit=ANY if limit is None else int(limit * 60),
            backward=self.backward,
            timed=timed.turned() if timed is not None and self.backward else timed,
        )
        axes = (1, 2, 0) if self.backward else (1, 0, 2)
        return seconds.transpose(axes), within.T if self.backward else within
