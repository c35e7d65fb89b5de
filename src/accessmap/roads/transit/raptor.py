"""Seconds from many origins to many destinations by the lines of a day, over a window of departures or arrivals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from accessmap.roads.engine.threads import Team
from accessmap.roads.memory import trim
from accessmap.roads.transit.day import Day
from accessmap.roads.transit.legs import StopLegs, Timed, TimedLegs
from accessmap.roads.transit.lines import NEVER, Lines, joined, turned
from accessmap.roads.transit.sweep import SECONDS, Asked, FirstRides, Legs, Stages

__all__ = ["ANY", "Raptor", "StopLegs", "Timed", "TimedLegs", "rank_of"]

_Ints = npt.NDArray[np.integer[Any]]

#: Seconds that stand for no limit: a week.
ANY = 7 * 86_400
#: Origins that are searched at a time.
_ORIGINS = 16_384
#: Windows of a day whose lines are kept for further calls.
_KEPT = 4


class Raptor:
    """Exact searches on the lines of one day; what is worked out from the day is kept.

    Parameters
    ----------
    day
        What runs.
    swept
        Whether to search all origins at once, in one sweep over the day, rather than one by one; by default what is
        quicker for how many there are. The result is the same.
    """

    def __init__(self, day: Day, *, swept: bool | None = None) -> None:
        self.day = day
        self.swept = swept
        self._ways: dict[bool, Day] = {}
        self._lines: dict[tuple[bool, int, int], Lines] = {}
        self._stages: dict[tuple[bool, int, int], Stages] = {}

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
        if (np.diff(place) < 0).any():
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
    ) -> tuple[npt.NDArray[np.int32], _Ints]:
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
    ) -> _Ints:
        moments = np.sort(-np.asarray(at) if backward else at).astype("int32")
        within = np.zeros((len(start), len(end)), "uint16" if len(moments) < 2**16 else "int32")
        if not len(moments):
            return within
        lines, key = self._cut(backward, int(moments[0]), int(moments[-1]) + limit)
        timed = Timed.none(len(start), len(end)) if timed is None else timed
        legs = end.by_stop(lines.stops), timed.end.by_stop(lines.stops)
        asked = moments, rides, np.int32(limit), ranks
        for first in range(0, len(start), _ORIGINS):
            part = slice(first, min(first + _ORIGINS, len(start)))
            some, results = (
                (start.part(part), timed.start.part(part), timed.direct.part(part)),
                (out[part], within[part]),
            )
            board = None if self.swept is False else FirstRides.of(lines, *some[:2], moments)
            if board is not None and self._is_swept(board, moments, legs, some[2], lines):
                if key not in self._stages:
                    self._stages[key] = Stages.of(lines)
                    trim()
                self._stages[key].fill(board, legs, some[2], asked, *results)
                trim()
            else:
                _one_by_one(lines, some, legs, asked, *results)
        return within

    def _is_swept(self, board: FirstRides, moments: _Ints, legs: Legs, direct: TimedLegs, lines: Lines) -> bool:
        latest = max(int(np.abs(each).max(initial=0)) for each in (lines.arrival, moments))
        latest += max(int(each.max(initial=0)) for each in (legs[0][2], legs[1][2], direct.seconds))
        # What serves at some times alone is not there before its first.
        first = max(int(each.max(initial=0)) for each in (legs[1][3], direct.earliest))
        if max(latest, first) >= SECONDS:
            return False
        return bool(self.swept) or board.are_many(legs, direct, (len(board.start) - 1) * len(moments))

    def _cut(self, backward: bool, first: int, last: int) -> tuple[Lines, tuple[bool, int, int]]:
        way = self._way(backward)
        # What leaves after the last departure of the day is nothing: all such windows are one.
        key = backward, first, min(last, int(way.departure.max(initial=first)))
        if key not in self._lines:
            for oldest in list(self._lines)[: 1 - _KEPT]:
                self._lines.pop(oldest, None)
                self._stages.pop(oldest, None)
            self._lines[key] = Lines.of(way, *key[1:])
            trim()
        return self._lines[key], key

    def _way(self, backward: bool) -> Day:
        if backward not in self._ways:
            self._ways[backward] = turned(self._way(False)) if backward else joined(self.day)
        return self._ways[backward]


def _one_by_one(
    lines: Lines,
    start: tuple[StopLegs, TimedLegs, TimedLegs],
    legs: Legs,
    asked: Asked,
    out: _Ints,
    within: _Ints,
) -> None:
    """Fill `out` and `within` origin by origin, in rounds from the last departure to the first."""
    from accessmap.roads.transit.kernels import search  # numba takes half a second to load

    always, timed, direct = start

    def work(part: slice) -> None:
        some = timed.rows(part), legs[1], direct.rows(part)
        search(lines.arrays, always.rows(part), legs[0], some, *asked, out[part], within[part])

    with Team() as team:
        team.run(work, len(always), most=64)


def rank_of(percentile: float, count: int) -> int:
    """Return the nearest rank of a percentile among so many, from 0.

    Examples
    --------
    >>> rank_of(50, 120), rank_of(0, 120), rank_of(100, 120)
    (59, 0, 119)
    """
    return max(0, int(np.ceil(round(percentile * count / 100, 9))) - 1)
