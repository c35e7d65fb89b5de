"""One journey told leg by leg: a plain search for one pair of places and one moment, that remembers how it went.

Rounds as in the engine, over every call of the day at once and without any pruning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.errors import NetworkError, OptionError, Problem, SnapError
from accessmap.roads.network import RoadNetwork
from accessmap.roads.transit.clock import span
from accessmap.roads.transit.day import Day
from accessmap.roads.transit.lines import joined, turned
from accessmap.roads.transit.raptor import StopLegs
from accessmap.roads.transit.terms import PARKED_MINUTES, Runs, Terms
from accessmap.roads.trips import Trips

_Ints = npt.NDArray[np.int64]
COLUMNS = [
    "kind", "mode", "line", "headsign", "trip", "goes_on_as", "from_stop", "to_stop", "leaves", "arrives", "minutes",
    "wheelchair", "booking", "geometry",
]  # fmt: skip
#: Later than any time, and a place beyond all.
_NEVER = np.int64(2**62)


@dataclass(frozen=True)
class Way:
    """How a search went, in the order of the journey.

    Attributes
    ----------
    first, last
        The stop at which one gets on first and off last, and the seconds of the way to it and from it.
    rides
        Where one gets on and off: cells of `Calls`.
    changes
        Between them: from which stop to which, and the seconds that it takes.
    """

    first: tuple[int, int]
    rides: list[tuple[int, int]]
    changes: list[tuple[int, int, int]]
    last: tuple[int, int]

    def turned(self, cells: int) -> Way:
        """Return the way that it is when time runs on again."""
        rides = [(cells - 1 - off, cells - 1 - on) for on, off in self.rides[::-1]]
        return Way(self.last, rides, [(end, start, s) for start, end, s in self.changes[::-1]], self.first)


class Calls:
    """Every call of a day, trip after trip; trips in which one stays seated are one."""

    def __init__(self, day: Day) -> None:
        per_pattern = np.diff(day.trip_start)
        pattern = np.repeat(np.arange(len(per_pattern)), per_pattern)
        width = np.diff(day.pattern_start)[pattern]
        self.stops = day.stops
        self.begin = np.cumsum([0, *width])
        self.trip = np.repeat(np.arange(len(width)), width)
        place = np.arange(self.begin[-1]) - self.begin[self.trip]
        at = day.pattern_start[pattern][self.trip] + place
        self.stop = day.pattern_stop[at]
        self.board = day.may_board[at] & (place < width[self.trip] - 1)
        self.alight = day.may_alight[at]
        self.arrival, self.departure = day.arrival.astype("int64"), day.departure.astype("int64")
        here = np.flatnonzero(day.change >= 0)
        self.change_from = np.concatenate([here, np.repeat(np.arange(day.stops), np.diff(day.walk_start))])
        self.change_to = np.concatenate([here, day.walk_stop])
        self.change_seconds = np.concatenate([day.change[here], day.walk_seconds]).astype("int64")

    def quickest(
        self, start: tuple[_Ints, _Ints], end: tuple[_Ints, _Ints], at: int, rides: int
    ) -> tuple[int, Way] | None:
        """Return the earliest arrival and how it comes about, with as few rides as it takes; None where there is none.

        Parameters
        ----------
        start, end
            Stops, and seconds to them and from them.
        at
            When one leaves.
        rides
            At most.
        """
        if not len(self.trip) or not len(end[0]):
            return None
        cells = np.arange(len(self.trip))
        ready, leg = _least(at + start[1], start[0], self.stops)
        rounds: list[tuple[_Ints, _Ints, _Ints, _Ints]] = []
        best, found = _NEVER, (-1, -1)
        for number in range(rides):
            on = self.board & (self.departure >= ready[self.stop])
            first = np.minimum.reduceat(np.where(on, cells, _NEVER), self.begin[:-1])
            off = np.flatnonzero(self.alight & (cells > first[self.trip]))
            reached, by = _least(self.arrival[off], self.stop[off], self.stops)
            there = np.where(reached[end[0]] < _NEVER, reached[end[0]] + end[1], _NEVER)
            rounds.append((ready, leg, off, by))
            if there.min() < best:
                best, found = there.min(), (number, int(there.argmin()))
            known = np.flatnonzero(reached[self.change_from] < _NEVER)
            then = reached[self.change_from[known]] + self.change_seconds[known]
            ready, of_known = _least(then, self.change_to[known], self.stops)
            leg = np.where(of_known >= 0, known[of_known] if len(known) else -1, -1)
        return None if best == _NEVER else (int(best), self._traced(rounds, *found, start, end))

    def _traced(
        self,
        rounds: list[tuple[_Ints, _Ints, _Ints, _Ints]],
        number: int,
        last: int,
        start: tuple[_Ints, _Ints],
        end: tuple[_Ints, _Ints],
    ) -> Way:
        stop = int(end[0][last])
        rides: list[tuple[int, int]] = []
        changes: list[tuple[int, int, int]] = []
        while True:
            ready, leg, off, by = rounds[number]
            got_off = int(off[by[stop]])
            ridden = np.arange(self.begin[self.trip[got_off]], got_off)
            ridden = ridden[self.board[ridden] & (self.departure[ridden] >= ready[self.stop[ridden]])]
            # Of the stops at which the vehicle can be had, the one with the shortest way to it.
            seconds = self.change_seconds if number else start[1]
            got_on = int(ridden[seconds[leg[self.stop[ridden]]].argmin()])
            rides.append((got_on, got_off))
            way = int(leg[self.stop[got_on]])
            if not number:
                first = int(start[0][way]), int(start[1][way])
                return Way(first, rides[::-1], changes[::-1], (int(end[0][last]), int(end[1][last])))
            stop = int(self.change_from[way])
            changes.append((stop, int(self.change_to[way]), int(self.change_seconds[way])))
            number -= 1


def _least(values: _Ints, groups: npt.NDArray[Any], count: int) -> tuple[_Ints, _Ints]:
    """Return the least value of each group, and which it is: the first of equals, -1 where there is none."""
    least = np.full(count, _NEVER)
    np.minimum.at(least, groups, values)
    same = np.flatnonzero(values == least[groups])[::-1]
    which = np.full(count, -1, "int64")
    which[groups[same]] = same
    return least, which


class Rides:
    """The searches of one day forward and backward."""

    def __init__(self, day: Day) -> None:
        one = joined(replace(day, trip_row=np.arange(len(day.trip_row), dtype="int32")))
        self.day = day
        self.first_trip = one.trip_row
        self.forward, self.backward = Calls(one), Calls(turned(one))

    def leaving(self, start: StopLegs, end: StopLegs, at: int, rides: int) -> tuple[int, int, Way] | None:
        """Return when one leaves at the latest who arrives as early as can be, that arrival, and the way between."""
        ends = _ends(start), _ends(end)
        there = self.forward.quickest(*ends, at, rides)
        if there is None:
            return None
        back = self.backward.quickest(ends[1], ends[0], -there[0], rides)
        assert back is not None
        return -back[0], there[0], back[1].turned(len(self.forward.trip))

    def arriving(self, start: StopLegs, end: StopLegs, at: int, rides: int) -> tuple[int, int, Way] | None:
        """Return when one leaves at the latest who is there by then, the earliest arrival of it, and the way."""
        ends = _ends(start), _ends(end)
        back = self.backward.quickest(ends[1], ends[0], -at, rides)
        if back is None:
            return None
        there = self.forward.quickest(*ends, -back[0], rides)
        assert there is not None
        return -back[0], *there

    def vehicles(self, on: int, off: int) -> list[tuple[int, int, int]]:
        """Return the trips of the day that one ride takes, each with the places where it begins and ends for the rider.

        More than one where one stays seated.
        """
        number = int(self.forward.trip[on])
        place, last = (cell - int(self.forward.begin[number]) for cell in (on, off))
        trip, width, found = int(self.first_trip[number]), np.diff(self.day.pattern_start), []
        pattern_of = np.searchsorted(self.day.trip_start, np.arange(len(self.day.trip_row)), side="right") - 1
        while True:
            calls = int(width[pattern_of[trip]])
            if place < calls:
                found.append((trip, max(place, 0), min(last, calls - 1)))
            if last < calls:
                return found
            place, last, trip = place - calls, last - calls, int(self.day.next_trip[trip])


def _ends(legs: StopLegs) -> tuple[_Ints, _Ints]:
    return legs.stop.astype("int64"), legs.seconds.astype("int64")


class Joined(Protocol):
    """Two ends that are joined to the stops, and how one goes from one to the other without a ride."""

    start: StopLegs
    end: StopLegs
    direct: list[Trips]


class Searched(Protocol):
    """What is asked of `Journeys`."""

    timetable: Runs
    streets: dict[str, RoadNetwork]
    terms: Terms

    @property
    def day(self) -> Day:
        """Return what runs."""

    @property
    def rides(self) -> Rides:
        """Return the searches of its day."""

    def trips(self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries, *, homeward: bool) -> Any:
        """Return the two ends, `Joined`."""


def explained(
    journeys: Searched,
    origin: gpd.GeoSeries,
    destination: gpd.GeoSeries,
    *,
    depart: str | None,
    arrive: str | None,
    homeward: bool,
) -> gpd.GeoDataFrame:
    """Return the journey of one pair leg by leg, as `Journeys.explain`; an empty table where there is none."""
    for name, points in (("origin", origin), ("destination", destination)):
        if len(points) != 1:
            raise NetworkError(Problem("roads_explain_one_point", where="explain", value=name, n=len(points)))
    for where, asked in (("depart", depart), ("arrive", arrive)):
        if asked is not None and not isinstance(asked, str):
            raise OptionError(Problem("itinerary_one_time", where=where, value=", ".join(map(str, asked))))
    if depart is not None and arrive is not None:
        raise OptionError(Problem("journeys_both"))
    asked, where = (depart, "depart") if arrive is None else (arrive, "arrive")
    at = journeys.terms.depart[0] if asked is None else span((asked, "99:59"), where=where)[0]
    ends = [points.geometry.to_crs(journeys.timetable.stops.crs) for points in (origin, destination)]
    try:
        trips: Joined = journeys.trips(*ends, homeward=homeward)
    except SnapError:  # too far from the streets: there is no way
        return _table([], ends[0].crs)
    told = _Told(journeys, ends[0], ends[1], homeward)
    search = journeys.rides.leaving if arrive is None else journeys.rides.arriving
    found = search(trips.start, trips.end, at, journeys.terms.most_rides)
    minutes, mode = _without_ride(trips, journeys)
    ride = np.nan if found is None else float(np.float32((found[1] - at if arrive is None else at - found[0]) / 60))
    # Of equals the one who leaves later, else who goes without a ride.
    later = found is not None and arrive is None and found[0] > at
    if not np.isnan(minutes) and not (ride < minutes or (ride == minutes and later)):
        return _table(told.all_the_way(mode, at, minutes, arriving=arrive is not None), ends[0].crs)
    return _table([] if found is None else told.by_rides(*found, at, arriving=arrive is not None), ends[0].crs)


def _without_ride(trips: Joined, journeys: Searched) -> tuple[float, str]:
    """Return the minutes of who takes no ride, NaN where that is too far, and how one goes."""
    modes = sorted({"walk", "bike"} & {"walk", journeys.terms.access})
    longest = journeys.terms.longest
    each = {mode: float(one.minutes(longest)[0, 0]) for mode, one in zip(modes, trips.direct, strict=True)}
    mode = min(modes, key=lambda name: (np.nan_to_num(each[name], nan=np.inf), name != "walk"))
    return each[mode], mode


class _Told:
    """Rows of legs."""

    def __init__(self, journeys: Searched, origin: gpd.GeoSeries, destination: gpd.GeoSeries, homeward: bool) -> None:
        self.journeys, self.origin, self.destination, self.homeward = journeys, origin, destination, homeward
        self.stops = journeys.timetable.stops

    def all_the_way(self, mode: str, at: int, minutes: float, *, arriving: bool) -> list[dict[str, Any]]:
        """Return the one row of who takes no ride."""
        leaves = at / 60 - minutes if arriving else at / 60
        line = _line(self.journeys.streets[mode], self.origin, self.destination)
        return [_row(mode, leaves, leaves + minutes, line, minutes=minutes)]

    def by_rides(self, leaves: int, arrives: int, way: Way, at: int, *, arriving: bool) -> list[dict[str, Any]]:
        """Return the rows of a journey, with the waits."""
        calls, place = self.journeys.rides.forward, self.journeys.day.place
        first, last = int(place[way.first[0]]), int(place[way.last[0]])
        rows = [] if arriving else [self._wait(at, leaves, self.origin.iloc[0], "")]
        rows += self._streets(first, leaves, way.first[1], away=True)
        now = leaves + way.first[1]
        for number, (on, off) in enumerate(way.rides):
            if number:
                start, end, seconds = way.changes[number - 1]
                rows.append(self._change(int(place[start]), int(place[end]), now, seconds))
                now += seconds
            stop = int(place[calls.stop[on]])
            rows.append(self._wait(now, int(calls.departure[on]), self._at(stop), self._name(stop)))
            rows.append(self._ride(on, off))
            now = int(calls.arrival[off])
        rows += self._streets(last, now, way.last[1], away=False)
        assert now + way.last[1] == arrives
        if arriving:
            rows.append(self._wait(arrives, at, self.destination.iloc[0], ""))
        return [row for row in rows if row["minutes"] > 0 or row["kind"] == "ride"]

    def _name(self, stop: int) -> str:
        return str(self.stops["name"].iloc[stop])

    def _at(self, stop: int) -> Any:
        return self.stops.geometry.iloc[stop]

    def _wait(self, start: int, end: int, place: Any, name: str) -> dict[str, Any]:
        line = shapely.LineString([place, place])
        return _row("wait", start / 60, end / 60, line, from_stop=name, to_stop=name)

    def _change(self, start: int, end: int, at: int, seconds: int) -> dict[str, Any]:
        """Return the row of a change: by the streets where they join the two stops, else straight."""
        ends = [self.stops.geometry.iloc[[stop]] for stop in (start, end)]
        straight = shapely.LineString([each.iloc[0] for each in ends])
        line = _line(self.journeys.streets["walk"], *ends) if start != end else straight
        names = {"from_stop": self._name(start), "to_stop": self._name(end)}
        return _row("change", at / 60, (at + seconds) / 60, straight if line is None else line, **names)

    def _ride(self, on: int, off: int) -> dict[str, Any]:
        rides, timetable = self.journeys.rides, self.journeys.timetable
        taken = rides.vehicles(on, off)
        which = rides.day.trip_row[[trip for trip, _, _ in taken]]
        trips = timetable.trips.iloc[which]
        route = timetable.routes.loc[trips["route"].iloc[0]]
        stops = [int(rides.day.place[rides.forward.stop[cell]]) for cell in (on, off)]
        got_on, got_off = timetable.first_call[which[[0, -1]]] + [taken[0][1], taken[-1][2]]
        how = {int(timetable.calls["pickup"].iloc[got_on]), int(timetable.calls["drop_off"].iloc[got_off])}
        access = {*trips["wheelchair"], *self.stops["wheelchair"].iloc[stops]}
        return _row(
            "ride",
            int(rides.forward.departure[on]) / 60,
            int(rides.forward.arrival[off]) / 60,
            shapely.LineString([self._at(stop) for stop in stops]),
            mode=route["mode"],
            line=route["short_name"] or route["long_name"],
            headsign=self._headsign(int(which[0])),
            trip=trips["trip"].iloc[0],
            goes_on_as=", ".join(trips["trip"].iloc[1:]),
            from_stop=self._name(stops[0]),
            to_stop=self._name(stops[1]),
            wheelchair="no" if "no" in access else "yes" if access == {"yes"} else "unknown",
            booking="phone" if 2 in how else "driver" if 3 in how else "",
        )

    def _headsign(self, row: int) -> str:
        """Return where a trip goes: its last stop where the feed says nothing, or has the number of the train there."""
        timetable = self.journeys.timetable
        sign = str(timetable.trips["headsign"].iloc[row])
        last = int(timetable.calls["stop"].iloc[int(timetable.first_call[row + 1]) - 1])
        return sign if any(map(str.isalpha, sign)) else self._name(last)

    def _streets(self, stop: int, at: int, seconds: int, *, away: bool) -> list[dict[str, Any]]:
        """Return the rows between a door and a stop: by the mode that takes least, walking first among equals."""
        journeys, terms = self.journeys, self.journeys.terms
        home = away != self.homeward
        mode = terms.access if home else terms.egress
        door, place = self.origin if away else self.destination, self.stops.geometry.iloc[[stop]]
        ways: list[list[tuple[str, gpd.GeoSeries, gpd.GeoSeries, float, float | None]]]
        ways = [[("walk", door, place, 0.0, None)]]
        if home and mode == "car" and terms.parking is not None:
            lots = terms.parking.to_crs(place.crs)
            ways += [
                [("car", door, lots.iloc[[lot]], terms.parking_minutes if away else 0.0, terms.access_minutes),
                 ("walk", lots.iloc[[lot]], place, 0.0, PARKED_MINUTES)] for lot in range(len(lots))
            ]  # fmt: skip
        elif mode != "walk":
            ways.append([(mode, door, place, 0.0, None)])
        timed = []
        for way in ways:
            turned_way = [(kind, *((a, b) if away else (b, a)), more, most) for kind, a, b, more, most in way]
            each = [_minutes(journeys.streets[kind], a, b, most) + more for kind, a, b, more, most in turned_way]
            timed.append((sum(each), each, turned_way))
        _, each, best = min(timed, key=lambda one: np.nan_to_num(one[0], nan=np.inf))
        if not away:
            best, each = best[::-1], each[::-1]
        # The seconds of the whole are rounded up, and no leg's are lost.
        bounds = [at, *(at + np.floor(np.cumsum(each[:-1]) * 60).astype(int)).tolist(), at + seconds]
        name = self._name(stop)
        rows = []
        for number, (kind, a, b, _, _) in enumerate(best):
            ends = (number == len(best) - 1 and away, number == 0 and not away)
            line = _line(journeys.streets[kind], a, b)
            names = {"to_stop": name if ends[0] else "", "from_stop": name if ends[1] else ""}
            rows.append(_row(kind, bounds[number] / 60, bounds[number + 1] / 60, line, **names))
        return rows


def _minutes(network: RoadNetwork, start: gpd.GeoSeries, end: gpd.GeoSeries, most: float | None) -> float:
    try:
        return float(network.trips(start, end).minutes(most)[0, 0])
    except SnapError:
        return np.nan


def _line(network: RoadNetwork, start: gpd.GeoSeries, end: gpd.GeoSeries) -> Any:
    """Return the streets' own way between two points, in the CRS of the points; None where there is none."""
    return network.ways(start, end).to_crs(start.crs).iloc[0]


def _row(kind: str, leaves: float, arrives: float, way: Any, /, **known: Any) -> dict[str, Any]:
    empty: Mapping[str, Any] = dict.fromkeys(COLUMNS, "")
    row = {**empty, "kind": kind, "leaves": leaves, "arrives": arrives, "minutes": arrives - leaves, "geometry": way}
    return {**row, **known}


def _table(rows: Sequence[Mapping[str, Any]], crs: Any) -> gpd.GeoDataFrame:
    table = pd.DataFrame(list(rows), columns=COLUMNS)
    table = table.astype(dict.fromkeys(("leaves", "arrives", "minutes"), "float64"))
    return gpd.GeoDataFrame(table, geometry="geometry", crs=crs)
