"""Journeys from door to door: the streets to a stop and from one, the rides between, and all the way without a ride."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from types import MappingProxyType
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt

from accessmap.errors import NetworkError, OptionError, Problem
from accessmap.provenance import Provenance
from accessmap.roads.memory import trim
from accessmap.roads.network import RoadNetwork
from accessmap.roads.transit.asked import LEG, Asked, legs_of
from accessmap.roads.transit.clock import span
from accessmap.roads.transit.day import Day
from accessmap.roads.transit.flexible import flexible
from accessmap.roads.transit.itinerary import explained
from accessmap.roads.transit.lines import NEVER
from accessmap.roads.transit.nearby import Nearby
from accessmap.roads.transit.on_demand import OnDemand
from accessmap.roads.transit.one_search import Rides
from accessmap.roads.transit.raptor import ANY, Raptor, StopLegs, Timed, TimedLegs
from accessmap.roads.transit.terms import PARKED_MINUTES, Runs, Terms
from accessmap.roads.trips import EVERY, Trips
from accessmap.words.near import near_names
from accessmap.words.notes import Figure, Note, first_few

Floats = npt.NDArray[np.float32]
Longs = npt.NDArray[np.int64]
#: Cells of minutes to stops that are made at a time.
_CELLS = 4_000_000
#: Seconds between two departures of a window.
EACH = 60


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
        _check(networks, terms)
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
            _check_on_demand(streets, terms)
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
        terms = self.terms
        return (
            self.why,
            Note(
                "journeys_minutes",
                access=Note(f"mode_{terms.access}"),
                egress=Note(f"mode_{terms.egress}"),
                access_minutes=Figure.of(terms.access_minutes),
                egress_minutes=Figure.of(terms.egress_minutes),
                longest=Figure.of(terms.longest),
            ),
            Note("journeys_changes", rides=Figure.of(terms.most_rides), transfer=Figure.of(terms.transfer_minutes)),
            *([] if terms.parking is None else [_parked(terms)]),
            *(each.note(self.date) for each in terms.on_demand),
            *_told_flexible(self),
            *(self.timetable.accessible(self.date) if terms.wheelchair else ()),
            *_told_unknown(terms),
        )

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

    def _legs(self, points: gpd.GeoSeries, *, home: bool, away: bool, max_metres: float | None) -> StopLegs:
        """Return the quickest ways between points and stops, of those that are within the minutes of that end."""
        ways = self._ways(points, self._nearby.rows, home=home, away=away, max_metres=max_metres)
        return self._split(len(points), *ways)

    def _ways(
        self,
        points: gpd.GeoSeries,
        rows: Longs,
        *,
        home: bool,
        away: bool,
        max_metres: float | None,
        joined: Mapping[str, Trips] = MappingProxyType({}),
    ) -> tuple[npt.NDArray[Any], ...]:
        """Return those ways for some stops, by their rows: point, row, seconds; `joined` has the points as origins."""
        terms, stops = self.terms, self.timetable.stops.geometry.iloc[rows]
        mode, most = terms.access if home else terms.egress, self._most(home=home)
        ways = [self._trips("walk", points, stops, away, max_metres, joined.get("walk"))]
        if mode != "walk" and not (home and mode == "car" and terms.parking is not None):
            ways.append(self._trips(mode, points, stops, away, max_metres, joined.get(mode)))
        parked = self._parked(points, stops, away, max_metres) if home and mode == "car" else None
        found: list[tuple[npt.NDArray[Any], ...]] = []
        every = max(1, _CELLS // max(1, len(rows)))
        for first in range(0, max(1, len(points)), every):
            part = slice(first, min(first + every, len(points)))
            minutes = reduce(np.fmin, [way(most, part) for way in ways])
            if parked is not None:
                minutes = np.fmin(minutes, parked(part))
            point, stop = np.nonzero(~np.isnan(minutes))
            found.append((point + first, rows[stop], np.ceil(np.round(minutes[point, stop] * 60.0, 2))))
        return tuple(np.concatenate(column) for column in zip(*found, strict=True))

    def _split(self, points: int, point: Longs, row: Longs, seconds: npt.NDArray[Any]) -> StopLegs:
        """Return ways to places as ways to the stops of the day: where a place is split, each is as near."""
        which, stop = self._each(row)
        return StopLegs.of(points, point[which], stop, seconds[which])

    def _each(self, row: Longs) -> tuple[Longs, Longs]:
        """Return for places the stops of the day that each is: which of them, and the stop."""
        order = np.argsort(self.day.place, kind="stable")
        first, end = np.searchsorted(self.day.place[order], np.stack([row, row + 1]))
        some = end - first
        which = np.repeat(first, some) + np.arange(some.sum()) - np.repeat(np.cumsum(some) - some, some)
        return np.repeat(np.arange(len(row)), some), order[which]

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
        rows, most = self._nearby.rows, (self._most(home=home), self.terms.transfer_minutes)
        ends = points, self.timetable.stops.geometry.iloc[rows]
        legs = legs_of(self.asked, *(ends if away else ends[::-1]), self.streets, most if away else most[::-1])
        place, to, *times = (legs[name].to_numpy() for name in LEG)
        point, stop = (place, to) if away else (to, place)
        which, stop = self._each(rows[stop])
        return TimedLegs.timed(len(points), [point[which], stop, *(each[which] for each in times)])

    def _door_to_door(self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries, *, homeward: bool) -> TimedLegs:
        """Return the ways on demand all the way."""
        most = self._most(home=not homeward), self._most(home=homeward)
        legs = legs_of(self.asked, origins, destinations, self.streets, most)
        return TimedLegs.timed(len(origins), [legs[name].to_numpy() for name in LEG])

    def _most(self, *, home: bool) -> float:
        """Return the minutes to a stop, or from one, at most."""
        return self.terms.access_minutes if home else self.terms.egress_minutes

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
        elif self._before is None:
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
                more = journeys._ways(at, new, home=home, away=away, max_metres=self.max_metres, joined=known)
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
        every = max(1, _CELLS // max(1, destinations))
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


def moments_of(asked: str | Sequence[str], where: str) -> tuple[int, ...]:
    """Return one time of day, or each minute between two (the second not included), in seconds after midnight.

    Examples
    --------
    >>> moments_of("08:00", "depart"), len(moments_of(("07:00", "09:00"), "depart"))
    ((28800,), 120)
    """
    if isinstance(asked, str):
        return (span((asked, "99:59"), where=where)[0],)
    return tuple(range(*span(asked, where=where), EACH))


def check_percentile(percentile: float) -> None:
    """Raise OptionError where a percentile is none."""
    if not (isinstance(percentile, int | float | np.number) and 0 <= percentile <= 100):
        raise OptionError(Problem("journeys_percentile", value=percentile))


def _check(networks: Mapping[str, RoadNetwork], terms: Terms) -> None:
    for mode, network in networks.items():
        if not isinstance(network, RoadNetwork):
            raise NetworkError(Problem("journeys_no_network", value=type(network).__name__, mode=str(mode)))
    for where, mode in (("access", terms.access), ("egress", terms.egress), ("streets", "walk")):
        if mode not in networks:
            near = near_names(mode, networks)
            raise OptionError(
                Problem("journeys_no_streets", where=where, value=mode, near=near, known=", ".join(networks))
            )
    _check_on_demand(networks, terms)
    for name in ("access_minutes", "egress_minutes", "parking_minutes", "transfer_minutes", "stay"):
        value = getattr(terms, name)
        if not (np.isfinite(value) and value >= 0):
            raise OptionError(Problem("journeys_minutes_below", where=name, value=value))
    check_percentile(terms.percentile)
    span(terms.between)
    if terms.parking is not None and terms.access != "car":
        raise OptionError(Problem("journeys_parking_without_car", where="parking", value=terms.access))
    if not (isinstance(terms.most_rides, int) and terms.most_rides >= 1):
        raise OptionError(Problem("journeys_rides", where="most_rides", value=terms.most_rides))


def _check_on_demand(networks: Mapping[str, RoadNetwork], terms: Terms) -> None:
    for each in terms.on_demand:
        if not isinstance(each, OnDemand):
            raise OptionError(Problem("journeys_on_demand", where="on_demand", value=type(each).__name__))
    if terms.on_demand and "car" not in networks:
        known = ", ".join(networks)
        raise OptionError(Problem("journeys_on_demand_without_car", where="on_demand", known=known))


def _told_flexible(journeys: Journeys) -> list[Note]:
    """Return what of the feeds' zones counts."""
    flex = journeys.timetable.flex
    if not len(flex):
        return []
    if "car" not in journeys.streets:
        return [Note("journeys_flexible_left", n=int(flex["trip"].nunique()))]
    names = list(dict.fromkeys(each.name for each in journeys.asked if each.published))
    return [Note("journeys_flexible", n=len(names), names=first_few(names, str))] if names else []


def _told_unknown(terms: Terms) -> list[Note]:
    """Return how much of transport on demand is left out since nobody says that it takes a wheelchair."""
    left = [each for each in terms.on_demand if each.wheelchair is not True] if terms.wheelchair else []
    unknown = Figure.of(sum(each.wheelchair is None for each in left))
    return [Note("on_demand_wheelchair_left", n=len(left), unknown=unknown)] if left else []


def _parked(terms: Terms) -> Note:
    assert terms.parking is not None
    return Note("journeys_parked", n=len(terms.parking), minutes=Figure.of(terms.parking_minutes))
