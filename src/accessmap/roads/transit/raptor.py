"""Seconds from many origins to many destinations by the lines of a day, over a window of departures or arrivals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from accessmap.roads.engine.threads import Team
from accessmap.roads.transit.day import Day
from accessmap.roads.transit.lines import NEVER, Lines, joined, turned

_Ints = npt.NDArray[np.integer[Any]]

#: Seconds that stand for no limit: a week.
ANY = 7 * 86_400
#: Windows of a day whose lines are kept for further calls.
_KEPT = 4


@dataclass(frozen=True, eq=False)
class StopLegs:
    """Seconds between places and stops, in compressed rows: those of place p are ``start[p]:start[p + 1]``."""

    start: npt.NDArray[np.int64]
    stop: npt.NDArray[np.int32]
    seconds: npt.NDArray[np.int32]

    @classmethod
    def of(cls, places: int, place: _Ints, stop: _Ints, seconds: _Ints) -> StopLegs:
        """Return the legs of so many places, given in any order."""
        order = np.lexsort((seconds, place))
        start = np.searchsorted(place[order], np.arange(places + 1)).astype("int64")
        return cls(start, stop[order].astype("int32"), seconds[order].astype("int32"))

    @classmethod
    def at(cls, stops: _Ints) -> StopLegs:
        """Return no way at all: each place is one of the stops."""
        stops = np.asarray(stops)
        return cls.of(len(stops), np.arange(len(stops)), stops, np.zeros(len(stops), "int32"))

    def __len__(self) -> int:
        return len(self.start) - 1

    def part(self, part: slice) -> StopLegs:
        """Return the legs of some places."""
        first, last, _ = part.indices(len(self))
        start = self.start[first : last + 1]
        legs = slice(int(start[0]), int(start[-1]))
        return StopLegs(start - start[0], self.stop[legs], self.seconds[legs])

    def rows(self, part: slice) -> tuple[_Ints, ...]:
        """Return the rows of some places, as the kernel reads them."""
        return self.start[part.start : part.stop + 1], self.stop, self.seconds

    def by_stop(self, stops: int) -> tuple[_Ints, ...]:
        """Return the same by stop: where each begins, the places and the seconds."""
        place = np.repeat(np.arange(len(self), dtype="int32"), np.diff(self.start))
        order = np.argsort(self.stop, kind="stable")
        start = np.searchsorted(self.stop[order], np.arange(stops + 1)).astype("int64")
        return start, place[order], self.seconds[order]


@dataclass(frozen=True, eq=False)
class TimedLegs(StopLegs):
    """Legs that serve at some times alone: who sets out at t is there at t + seconds, and not before `earliest`.

    Nobody takes one with which t + seconds is after `latest`. Who waits has waited on the way, so that leaving later is
    never sooner. Of several ways between two places each is a leg.
    """

    earliest: npt.NDArray[np.int32]
    latest: npt.NDArray[np.int32]

    @classmethod
    def timed(cls, places: int, legs: Sequence[_Ints]) -> TimedLegs:
        """Return the legs of so many places: place, stop, seconds, earliest and latest, in any order."""
        place, stop, seconds, earliest, latest = legs
        order = np.lexsort((seconds, place))
        start = np.searchsorted(place[order], np.arange(places + 1)).astype("int64")
        return cls(start, *(each[order].astype("int32") for each in (stop, seconds, earliest, latest)))

    @classmethod
    def none(cls, places: int) -> TimedLegs:
        """Return the legs of so many places that have none."""
        return cls.timed(places, [np.empty(0, "int32")] * 5)

    @property
    def place(self) -> npt.NDArray[np.int32]:
        """The place of each leg."""
        return np.repeat(np.arange(len(self), dtype="int32"), np.diff(self.start))

    @property
    def times(self) -> tuple[npt.NDArray[np.int32], ...]:
        """Seconds, earliest and latest of each leg."""
        return self.seconds, self.earliest, self.latest

    def part(self, part: slice) -> TimedLegs:
        """Return the legs of some places."""
        some = super().part(part)
        legs = slice(int(self.start[part.indices(len(self))[0]]), None)
        window = (each[legs][: len(some.stop)] for each in (self.earliest, self.latest))
        return TimedLegs(some.start, some.stop, some.seconds, *window)

    def rows(self, part: slice) -> tuple[_Ints, ...]:
        """Return the rows of some places, as the kernel reads them."""
        return self.start[part.start : part.stop + 1], self.stop, *self.times

    def by_stop(self, stops: int) -> tuple[_Ints, ...]:
        """Return the same by stop: where each begins, the places and the times."""
        other = TimedLegs.timed(stops, [self.stop, self.place, *self.times])
        return other.start, other.stop, *other.times

    def turned(self) -> TimedLegs:
        """Return the same legs with time running backward: who is there by T' sets out from T' + seconds on."""
        window = self.seconds - self.latest, self.seconds - self.earliest
        return TimedLegs(self.start, self.stop, self.seconds, *window)


@dataclass(frozen=True, eq=False)
class Timed:
    """What serves at some times alone: from places to stops, to places from stops, and from places to places."""

    start: TimedLegs
    end: TimedLegs
    direct: TimedLegs

    @classmethod
    def none(cls, starts: int, ends: int) -> Timed:
        """Return nothing of the kind."""
        return cls(TimedLegs.none(starts), TimedLegs.none(ends), TimedLegs.none(starts))

    def turned(self) -> Timed:
        """Return the same for a search backward, which begins at the ends."""
        direct = self.direct
        other = TimedLegs.timed(len(self.end), [direct.stop, direct.place, *direct.times])
        return Timed(self.end.turned(), self.start.turned(), other.turned())


class Raptor:
    """Exact searches on the lines of one day; what is worked out from the day is kept.

    Parameters
    ----------
    day
        What runs.
    """

    def __init__(self, day: Day) -> None:
        self.day = day
        self._ways: dict[bool, Day] = {}
        self._lines: dict[tuple[bool, int, int], Lines] = {}

    def moments(
        self,
        start: StopLegs,
        end: StopLegs,
        at: _Ints,
        *,
        rides: int,
        limit: int = ANY,
        backward: bool = False,
        timed: Timed | None = None,
    ) -> npt.NDArray[np.int32]:
        """Return seconds of the earliest arrival, int32 (starts, moments, ends), by moment of leaving; NEVER is none.

        Backward, the moments are those of arrival at the latest, `start` is where one arrives, and what comes back is
        the latest departure from each end. `timed` is of that search: `Timed.turned` backward.
        """
        out = np.full((len(start), len(at), len(end)), NEVER, "int32")
        self._run(start, end, at, rides, limit, backward, np.empty(0, "int64"), out, timed)
        # The search has them sorted, and those of a search backward with time turned round.
        place = np.argsort(np.argsort(-np.asarray(at) if backward else at, kind="stable"))
        out = out[:, place]
        return np.negative(out, out=out, where=out != NEVER) if backward else out

    def seconds(
        self,
        start: StopLegs,
        end: StopLegs,
        at: _Ints,
        *,
        percentiles: Sequence[float],
        rides: int,
        limit: int = ANY,
        backward: bool = False,
        timed: Timed | None = None,
    ) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]]:
        """Return seconds on the way, int32 (starts, percentiles, ends), and how many moments reach, (starts, ends).

        A percentile is of the nearest rank: the least time within which that share of the moments reaches; NEVER where
        fewer do. Moments that do not reach count as longer than any.
        """
        out = np.full((len(start), len(percentiles), len(end)), NEVER, "int32")
        ranks = np.array([rank_of(percentile, len(at)) for percentile in percentiles], "int64")
        return out, self._run(start, end, at, rides, limit, backward, ranks, out, timed)

    def _run(
        self,
        start: StopLegs,
        end: StopLegs,
        at: _Ints,
        rides: int,
        limit: int,
        backward: bool,
        ranks: npt.NDArray[np.int64],
        out: npt.NDArray[np.int32],
        timed: Timed | None,
    ) -> npt.NDArray[np.int32]:
        moments = np.sort(-np.asarray(at) if backward else at).astype("int32")
        within = np.zeros((len(start), len(end)), "int32")
        if not len(moments):
            return within
        lines = self._cut(backward, int(moments[0]), int(moments[-1]) + limit)
        legs = end.by_stop(lines.stops)
        from accessmap.roads.transit.through import combine, stops_and_times  # numba takes half a second to load

        few = None  # what serves at some times alone is no way of a stop
        if timed is None:
            few = stops_and_times((start.start, start.stop, start.seconds), lines, moments, len(end))
        if few is None:
            timed = Timed.none(len(start), len(end)) if timed is None else timed
            _search(lines, start, legs, timed, moments, rides, limit, ranks, out, within)
            return within
        stops, times = few
        arrivals = np.full((len(stops), len(times), len(end)), NEVER, "int32")
        every = np.empty((len(stops), len(end)), "int32")
        no_time = Timed.none(len(stops), len(end))
        _search(lines, StopLegs.at(stops), legs, no_time, times, rides, limit, ranks[:0], arrivals, every)
        row = np.searchsorted(stops, start.stop)

        def work(part: slice) -> None:
            access = start.start[part.start : part.stop + 1], row, start.seconds
            combine(access, times, arrivals, moments, limit, ranks, out[part], within[part])

        with Team() as team:
            team.run(work, len(start), most=64)
        return within

    def _cut(self, backward: bool, first: int, last: int) -> Lines:
        key = backward, first, last
        if key not in self._lines:
            for oldest in list(self._lines)[: 1 - _KEPT]:
                self._lines.pop(oldest, None)
            self._lines[key] = Lines.of(self._way(backward), first, last)
        return self._lines[key]

    def _way(self, backward: bool) -> Day:
        if backward not in self._ways:
            self._ways[backward] = turned(self._way(False)) if backward else joined(self.day)
        return self._ways[backward]


def _search(
    lines: Lines,
    start: StopLegs,
    legs: tuple[_Ints, ...],
    timed: Timed,
    moments: _Ints,
    rides: int,
    limit: int,
    ranks: npt.NDArray[np.int64],
    out: npt.NDArray[np.int32],
    within: npt.NDArray[np.int32],
) -> None:
    """Fill `out` and `within` by a search from each place: see `kernels.search`."""
    from accessmap.roads.transit.kernels import search  # numba takes half a second to load

    timed_legs = timed.end.by_stop(lines.stops)

    def work(part: slice) -> None:
        some = timed.start.rows(part), timed_legs, timed.direct.rows(part)
        search(lines.arrays, start.rows(part), legs, some, moments, rides, limit, ranks, out[part], within[part])

    with Team() as team:
        team.run(work, len(start), most=64)


def rank_of(percentile: float, count: int) -> int:
    """Return the nearest rank of a percentile among so many, from 0.

    Examples
    --------
    >>> rank_of(50, 120), rank_of(0, 120), rank_of(100, 120)
    (59, 0, 119)
    """
    return max(0, int(np.ceil(round(percentile * count / 100, 9))) - 1)
