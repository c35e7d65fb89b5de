"""One journey told leg by leg."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.errors import NetworkError, OptionError, Problem, SnapError
from accessmap.roads.network import RoadNetwork
from accessmap.roads.transit.asked import Asked
from accessmap.roads.transit.clock import span
from accessmap.roads.transit.day import Day
from accessmap.roads.transit.one_search import LATE, Ends, Rides, Way
from accessmap.roads.transit.raptor import StopLegs, Timed
from accessmap.roads.transit.terms import PARKED_MINUTES, Runs, Terms
from accessmap.roads.trips import EVERY, Trips

COLUMNS = [
    "kind", "mode", "line", "headsign", "trip", "goes_on_as", "from_stop", "to_stop", "leaves", "arrives", "minutes",
    "wheelchair", "booking", "notice", "from_call", "to_call", "geometry",
]  # fmt: skip
NO_CALL = -1


class Joined(Protocol):
    """Two ends that are joined to the stops, and how one goes from one to the other without a ride."""

    start: StopLegs
    end: StopLegs
    direct: list[Trips]

    def on_demand(self, origins: slice, destinations: slice) -> Timed | None:
        """Return the ways on demand."""


class Searched(Protocol):
    """What is asked of `Journeys`."""

    timetable: Runs
    streets: dict[str, RoadNetwork]
    terms: Terms

    @property
    def asked(self) -> tuple[Asked, ...]:
        """Return what of transport on demand serves."""

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
    at = _moment(journeys, origin, destination, depart, arrive)
    ends = [points.geometry.to_crs(journeys.timetable.stops.crs) for points in (origin, destination)]
    try:
        trips: Joined = journeys.trips(*ends, homeward=homeward)
    except SnapError:  # too far from the streets: there is no way
        return _table([], ends[0].crs)
    timed = trips.on_demand(EVERY, EVERY) or Timed.none(1, 1)
    told = _Told(journeys, ends[0], ends[1], homeward, Ends.of(trips.start, timed.start), Ends.of(trips.end, timed.end))
    search = journeys.rides.leaving if arrive is None else journeys.rides.arriving
    ride = search(told.start, told.end, at, journeys.terms.most_rides)
    straight = _straight(Ends.of(StopLegs.none(1), timed.direct), at, arriving=arrive is not None)
    minutes, mode = _without_ride(trips, journeys)
    # Of equals the one who leaves later, else who goes without a ride, and then who goes on demand.
    ways: list[tuple[float, float, int]] = [] if np.isnan(minutes) else [(minutes, -at, 0)]
    for number, found in enumerate((straight, ride), start=1):
        if found is not None:
            leaves, arrives = found[:2]
            taken = float(np.float32((arrives - at if arrive is None else at - leaves) / 60))
            ways.append((taken, -leaves if arrive is None else -at, number))
    best, arriving = min(ways)[2] if ways else -1, arrive is not None
    rows: list[dict[str, Any]] = []
    if best == 0:
        rows = told.all_the_way(mode, at, minutes, arriving=arriving)
    elif best == 1 and straight is not None:
        rows = told.on_demand(*straight, at, arriving=arriving)
    elif ride is not None:
        rows = told.by_rides(*ride, at, arriving=arriving)
    return _table(_without_double_waits(rows), ends[0].crs)


def _moment(
    journeys: Searched, origin: gpd.GeoSeries, destination: gpd.GeoSeries, depart: str | None, arrive: str | None
) -> int:
    """Return the time that is asked for, in seconds after midnight; an error where what is asked cannot be told."""
    for name, points in (("origin", origin), ("destination", destination)):
        if len(points) != 1:
            raise NetworkError(Problem("roads_explain_one_point", where="explain", value=name, n=len(points)))
    for where, asked in (("depart", depart), ("arrive", arrive)):
        if asked is not None and not isinstance(asked, str):
            raise OptionError(Problem("itinerary_one_time", where=where, value=", ".join(map(str, asked))))
    if depart is not None and arrive is not None:
        raise OptionError(Problem("journeys_both"))
    asked, where = (depart, "depart") if arrive is None else (arrive, "arrive")
    return journeys.terms.depart[0] if asked is None else span((asked, "99:59"), where=where)[0]


def _straight(direct: Ends, at: int, *, arriving: bool) -> tuple[int, int, tuple[int, int, int]] | None:
    """Return when one leaves who goes all the way on demand, when one arrives, and the leg; None where none serves."""
    if not len(direct.stop):
        return None
    legs = direct.turned() if arriving else direct
    there = legs.there(np.full(len(legs.stop), -at if arriving else at))
    if there.min() >= LATE:
        return None
    arrives = direct.there(np.full(len(there), -there.min())) if arriving else there
    best = np.flatnonzero(there == there.min())
    leaves = np.minimum(arrives, direct.latest) - direct.seconds
    one = int(best[np.lexsort((arrives[best], -leaves[best]))[0]])
    return int(leaves[one]), int(arrives[one]), direct.leg(one)


def _without_double_waits(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the rows with waits that follow each other at one place made one."""
    found: list[dict[str, Any]] = []
    for row in rows:
        if found and row["kind"] == found[-1]["kind"] == "wait":
            row = {**row, "leaves": found[-1]["leaves"], "minutes": row["minutes"] + found[-1]["minutes"]}
            found.pop()
        found.append(row)
    return found


def _without_ride(trips: Joined, journeys: Searched) -> tuple[float, str]:
    """Return the minutes of who takes no ride, NaN where that is too far, and how one goes."""
    modes = sorted({"walk", "bike"} & {"walk", journeys.terms.access})
    longest = journeys.terms.longest
    each = {mode: float(one.minutes(longest)[0, 0]) for mode, one in zip(modes, trips.direct, strict=True)}
    mode = min(modes, key=lambda name: (np.nan_to_num(each[name], nan=np.inf), name != "walk"))
    return each[mode], mode


class _Told:
    """Rows of legs."""

    def __init__(
        self,
        journeys: Searched,
        origin: gpd.GeoSeries,
        destination: gpd.GeoSeries,
        homeward: bool,
        start: Ends,
        end: Ends,
    ) -> None:
        self.journeys, self.origin, self.destination, self.homeward = journeys, origin, destination, homeward
        self.start, self.end = start, end
        self.stops = journeys.timetable.stops

    def all_the_way(self, mode: str, at: int, minutes: float, *, arriving: bool) -> list[dict[str, Any]]:
        """Return the one row of who takes no ride."""
        leaves = at / 60 - minutes if arriving else at / 60
        line = _line(self.journeys.streets[mode], self.origin, self.destination)
        return [_row(mode, leaves, leaves + minutes, line, minutes=minutes)]

    def by_rides(self, leaves: int, arrives: int, way: Way, at: int, *, arriving: bool) -> list[dict[str, Any]]:
        """Return the rows of a journey, with the waits."""
        calls, place = self.journeys.rides.forward, self.journeys.day.place
        first, last = (int(place[end[0]]) for end in (way.first, way.last))
        rows = [] if arriving else [self._wait(at, leaves, self.origin.iloc[0], "")]
        now = int(self.start.there(np.full(len(self.start.stop), leaves))[way.first[1]])
        rows += self._end(first, leaves, now, self.start.leg(way.first[1]), away=True)
        for number, (on, off) in enumerate(way.rides):
            if number:
                start, end, seconds = way.changes[number - 1]
                rows.append(self._change(int(place[start]), int(place[end]), now, seconds))
                now += seconds
            stop = int(place[calls.stop[on]])
            rows.append(self._wait(now, int(calls.departure[on]), self._at(stop), self._name(stop)))
            rows.append(self._ride(on, off))
            now = int(calls.arrival[off])
        leg = self.end.leg(way.last[1])
        sets_out = min(arrives, leg[2]) - leg[0]
        assert now <= sets_out
        rows.append(self._wait(now, sets_out, self._at(last), self._name(last)))
        rows += self._end(last, sets_out, arrives, leg, away=False)
        if arriving:
            rows.append(self._wait(arrives, at, self.destination.iloc[0], ""))
        return [row for row in rows if row["minutes"] > 0 or row["kind"] == "ride"]

    def on_demand(
        self, leaves: int, arrives: int, leg: tuple[int, int, int], at: int, *, arriving: bool
    ) -> list[dict[str, Any]]:
        """Return the rows of who goes all the way on demand."""
        ends = (self.origin, ""), (self.destination, "")
        most = self._most(away=True), self._most(away=False)
        rows = [] if arriving else [self._wait(at, leaves, self.origin.iloc[0], "")]
        rows += self._asked(leg, leaves, arrives, ends, most)
        rows += [self._wait(arrives, at, self.destination.iloc[0], "")] if arriving else []
        return [row for row in rows if row["minutes"] > 0]

    def _most(self, *, away: bool) -> float:
        """Return the minutes on foot at one end at most."""
        terms = self.journeys.terms
        return terms.access_minutes if away != self.homeward else terms.egress_minutes

    def _end(self, stop: int, at: int, until: int, leg: tuple[int, int, int], *, away: bool) -> list[dict[str, Any]]:
        """Return the rows between a door and a stop: on demand, or by the streets."""
        if leg[2] >= LATE:
            return self._streets(stop, at, leg[0], away=away)
        door, place = self.origin if away else self.destination, self.stops.geometry.iloc[[stop]]
        ends, most = (
            [(door, ""), (place, self._name(stop))],
            [self._most(away=away), self.journeys.terms.transfer_minutes],
        )
        ends, most = (ends, most) if away else (ends[::-1], most[::-1])
        return self._asked(leg, at, until, (ends[0], ends[1]), (most[0], most[1]))

    def _asked(
        self,
        leg: tuple[int, int, int],
        leaves: int,
        arrives: int,
        ends: tuple[tuple[gpd.GeoSeries, str], tuple[gpd.GeoSeries, str]],
        most: tuple[float, float],
    ) -> list[dict[str, Any]]:
        """Return the rows of one leg on demand: on foot to where one gets on, the wait, the ride, and on foot."""
        (start, here), (end, there) = ends
        for asked in self.journeys.asked:
            legs, ons, offs = asked.legs(start, end, self.journeys.streets, most, every_way=True)
            same = legs[(legs[["seconds", "earliest", "latest"]] == list(leg)).all(axis=1)]
            if len(same):
                break
        way = same.iloc[0]
        on, off = ons.iloc[[way["on"]]], offs.iloc[[way["off"]]]
        names = [self._called(on, here, way["before"]), self._called(off, there, way["after"])]
        bounds = [leaves, leaves + way["before"]]
        bounds += [bounds[1] + round(asked.wait), arrives - way["after"], arrives]
        minutes = [each / 60 for each in bounds]
        foot, car = self.journeys.streets["walk"], self.journeys.streets["car"]
        return [
            _row("walk", minutes[0], minutes[1], _line(foot, start, on), from_stop=here, to_stop=names[0]),
            self._wait(bounds[1], bounds[2], on.iloc[0], names[0]),
            _row(
                "on_demand", minutes[2], minutes[3], _line(car, on, off), mode="on_demand", line=asked.name,
                from_stop=names[0],                to_stop=names[1], wheelchair=asked.wheelchair, notice=asked.booking,
            ),
            _row("walk", minutes[3], minutes[4], _line(foot, off, end), from_stop=names[1], to_stop=there),
        ]  # fmt: skip

    def _called(self, place: gpd.GeoSeries, end: str, walked: int) -> str:
        """Return the name of where one gets on or off: that of the stop, or of the end where one walks to none."""
        stop = str(place.index[0])
        if stop in self.stops.index:
            return str(self.stops["name"][stop])
        return end if not walked else ""

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
            self._called_at(taken),
            mode=route["mode"],
            line=route["short_name"] or route["long_name"],
            headsign=self._headsign(int(which[0])),
            trip=trips["trip"].iloc[0],
            goes_on_as=", ".join(trips["trip"].iloc[1:]),
            from_stop=self._name(stops[0]),
            to_stop=self._name(stops[1]),
            wheelchair="no" if "no" in access else "yes" if access == {"yes"} else "unknown",
            booking="phone" if 2 in how else "driver" if 3 in how else "",
            from_call=int(got_on),
            to_call=int(got_off),
        )

    def _called_at(self, taken: Sequence[tuple[int, int, int]]) -> shapely.LineString:
        """Return the line of a ride: straight from each stop where it calls to the next."""
        timetable, rides = self.journeys.timetable, self.journeys.rides
        rows = [timetable.first_call[rides.day.trip_row[trip]] for trip, _, _ in taken]
        calls = [np.arange(row + on, row + off + 1) for row, (_, on, off) in zip(rows, taken, strict=True)]
        return shapely.LineString(
            [self._at(stop) for stop in timetable.calls["stop"].to_numpy()[np.concatenate(calls)]]
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
    empty: Mapping[str, Any] = dict.fromkeys(COLUMNS, "") | dict.fromkeys(("from_call", "to_call"), NO_CALL)
    row = {**empty, "kind": kind, "leaves": leaves, "arrives": arrives, "minutes": arrives - leaves, "geometry": way}
    return {**row, **known}


def _table(rows: Sequence[Mapping[str, Any]], crs: Any) -> gpd.GeoDataFrame:
    table = pd.DataFrame(list(rows), columns=COLUMNS)
    table = table.astype(dict.fromkeys(("leaves", "arrives", "minutes"), "float64"))
    table = table.astype(dict.fromkeys(("from_call", "to_call"), "int64"))
    table["notice"] = pd.Series([row["notice"] for row in rows], dtype=object)  # as notes, in either language
    return gpd.GeoDataFrame(table, geometry="geometry", crs=crs)
