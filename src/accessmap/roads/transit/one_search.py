"""A plain search for one pair of places and one moment, that remembers how it went.

Rounds as in the engine, over every call of the day at once and without any pruning.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from accessmap.roads.transit.day import Day
from accessmap.roads.transit.lines import joined, turned
from accessmap.roads.transit.raptor import StopLegs, TimedLegs

_Ints = npt.NDArray[np.int64]
#: Later than any time, and a place beyond all.
LATE = np.int64(2**62)


@dataclass(frozen=True)
class Way:
    """How a search went, in the order of the journey.

    Attributes
    ----------
    first, last
        The stop at which one gets on first and off last, and which of the ways to it and from it one takes.
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

    def quickest(self, start: Ends, end: Ends, at: int, rides: int) -> tuple[int, Way] | None:
        """Return the earliest arrival and how it comes about, with as few rides as it takes; None where there is none.

        Parameters
        ----------
        start, end
            The ways to stops and from them.
        at
            When one leaves.
        rides
            At most.
        """
        if not len(self.trip) or not len(end.stop):
            return None
        cells = np.arange(len(self.trip))
        ready, leg = _least(start.there(np.full(len(start.stop), at)), start.stop, self.stops)
        leg[ready >= LATE] = -1
        rounds: list[tuple[_Ints, _Ints, _Ints, _Ints]] = []
        best, found = LATE, (-1, -1)
        for number in range(rides):
            on = self.board & (self.departure >= ready[self.stop])
            first = np.minimum.reduceat(np.where(on, cells, LATE), self.begin[:-1])
            off = np.flatnonzero(self.alight & (cells > first[self.trip]))
            reached, by = _least(self.arrival[off], self.stop[off], self.stops)
            there = end.there(reached[end.stop])
            rounds.append((ready, leg, off, by))
            if there.min() < best:
                best, found = there.min(), (number, int(there.argmin()))
            known = np.flatnonzero(reached[self.change_from] < LATE)
            then = reached[self.change_from[known]] + self.change_seconds[known]
            ready, of_known = _least(then, self.change_to[known], self.stops)
            leg = np.where(of_known >= 0, known[of_known] if len(known) else -1, -1)
        return None if best == LATE else (int(best), self._traced(rounds, *found, start, end))

    def _traced(
        self,
        rounds: list[tuple[_Ints, _Ints, _Ints, _Ints]],
        number: int,
        last: int,
        start: Ends,
        end: Ends,
    ) -> Way:
        stop = int(end.stop[last])
        rides: list[tuple[int, int]] = []
        changes: list[tuple[int, int, int]] = []
        while True:
            ready, leg, off, by = rounds[number]
            got_off = int(off[by[stop]])
            ridden = np.arange(self.begin[self.trip[got_off]], got_off)
            ridden = ridden[self.board[ridden] & (self.departure[ridden] >= ready[self.stop[ridden]])]
            # Of the stops at which the vehicle can be had, the one with the shortest way to it.
            seconds = self.change_seconds if number else start.seconds
            got_on = int(ridden[seconds[leg[self.stop[ridden]]].argmin()])
            rides.append((got_on, got_off))
            way = int(leg[self.stop[got_on]])
            if not number:
                return Way((int(start.stop[way]), way), rides[::-1], changes[::-1], (int(end.stop[last]), last))
            stop = int(self.change_from[way])
            changes.append((stop, int(self.change_to[way]), int(self.change_seconds[way])))
            number -= 1


@dataclass(frozen=True, eq=False)
class Ends:
    """The ways between one place and stops: those at any time, and then those that serve at some times alone."""

    stop: _Ints
    seconds: _Ints
    earliest: _Ints
    latest: _Ints

    @classmethod
    def of(cls, legs: StopLegs, timed: TimedLegs) -> Ends:
        """Return the ways of the one place that these are of."""
        any_time = np.full(len(legs.stop), LATE)
        earliest, latest = ((-any_time, timed.earliest), (any_time, timed.latest))
        columns = (legs.stop, timed.stop), (legs.seconds, timed.seconds), earliest, latest
        return cls(*(np.concatenate(column).astype("int64") for column in columns))

    def leg(self, number: int) -> tuple[int, int, int]:
        """Return the seconds, the earliest and the latest of one way."""
        return int(self.seconds[number]), int(self.earliest[number]), int(self.latest[number])

    def turned(self) -> Ends:
        """Return the same ways when time runs backward, as `TimedLegs.turned`."""
        free = self.latest >= LATE
        earliest = np.where(free, -LATE, self.seconds - self.latest)
        return Ends(self.stop, self.seconds, earliest, np.where(free, LATE, self.seconds - self.earliest))

    def there(self, at: _Ints) -> _Ints:
        """Return by way when one is there who sets out at these times; LATE where it does not serve."""
        then = np.where(at < LATE, at, 0) + self.seconds
        return np.where((at < LATE) & (then <= self.latest), np.maximum(then, self.earliest), LATE)


def _least(values: _Ints, groups: npt.NDArray[Any], count: int) -> tuple[_Ints, _Ints]:
    """Return the least value of each group, and which it is: the first of equals, -1 where there is none."""
    least = np.full(count, LATE)
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

    def leaving(self, start: Ends, end: Ends, at: int, rides: int) -> tuple[int, int, Way] | None:
        """Return when one leaves at the latest who arrives as early as can be, that arrival, and the way between."""
        there = self.forward.quickest(start, end, at, rides)
        if there is None:
            return None
        back = self.backward.quickest(end.turned(), start.turned(), -there[0], rides)
        assert back is not None
        return -back[0], there[0], back[1].turned(len(self.forward.trip))

    def arriving(self, start: Ends, end: Ends, at: int, rides: int) -> tuple[int, int, Way] | None:
        """Return when one leaves at the latest who is there by then, the earliest arrival of it, and the way."""
        back = self.backward.quickest(end.turned(), start.turned(), -at, rides)
        if back is None:
            return None
        there = self.forward.quickest(start, end, -back[0], rides)
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
