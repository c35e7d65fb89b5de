"""Many origins at once: what there is to board after each arrival, worked out once, and the sweep over it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from accessmap.roads.engine.threads import Team
from accessmap.roads.transit.legs import StopLegs, TimedLegs
from accessmap.roads.transit.lines import NEVER, Lines

_Array = npt.NDArray[Any]
#: Departures in seconds, the most rides, the most seconds, and ranks from 0 (none where arrivals are wanted).
Asked = tuple[npt.NDArray[np.int32], int, np.int32, npt.NDArray[np.int64]]
#: Those to the ends by stop: that serve always, and at some times alone.
Legs = tuple[tuple[_Array, ...], tuple[_Array, ...]]
#: First rides that take as long one by one as the sweep of a block of ends, and departures as long as one first ride.
_RIDES, _SEARCHES = 1_000, 400
#: Seconds (12 days) above which a time does not go into one number with the rides it takes.
SECONDS = 2**20


@dataclass(frozen=True, eq=False)
class Stages:
    """The stages of all trips, from each place to the next, those that arrive last first.

    Attributes
    ----------
    row
        By place of a trip (as in `Lines.arrival`): its stage, that of the way there from the place before.
    arrays
        By stage: the one that follows in the same trip (-1 none), where one gets off (-1 nowhere), the arrival, and in
        compressed rows the stages that are worth boarding after it.
    late
        (n, 2) Stages, and what is worth boarding after them but comes later in this order: of trips that take no time.
    """

    row: npt.NDArray[np.int32]
    arrays: tuple[_Array, ...]
    late: npt.NDArray[np.int32]

    @classmethod
    def of(cls, lines: Lines) -> Stages:
        """Return the stages of lines."""
        from accessmap.roads.transit.sweep_kernels import changes, in_order

        begin, stops, width = lines.trips[:3]
        counts = np.zeros(len(lines.arrival), "int64")
        with Team() as team:
            parts = team.run(lambda part: changes(lines.arrays, part.start, part.stop, counts), len(begin), most=256)
        boarded = np.concatenate([np.empty(0, "int32"), *parts])
        del parts
        trip = np.repeat(np.arange(len(width)), width)
        place = np.arange(len(trip)) - begin[trip]
        # What the kernel gives is by trip, and of each trip the last place first.
        given = np.lexsort((-place, trip))
        first = np.empty(len(given), "int64")
        first[given] = np.cumsum(counts[given]) - counts[given]
        cell = np.flatnonzero(place > 0)
        # Of those that arrive together, what leaves last comes first: it may be boarded after the others.
        cell = cell[np.lexsort((-place[cell], -lines.arrival[cell - 1], -lines.arrival[cell]))]
        row = np.full(len(trip) + 1, -1, "int32")
        row[cell] = np.arange(len(cell))
        goes_on = np.where(place[cell] + 1 < width[trip[cell]], row[cell + 1], np.int32(-1))
        start = np.concatenate([[0], np.cumsum(counts[cell])])
        after = np.empty(len(boarded), "int32")
        late = in_order(cell, first, row, boarded, start, after)
        stop = lines.alight_stop[stops[trip[cell]] + place[cell]]
        arrays = goes_on.astype("int32"), stop, lines.arrival[cell], start, after
        return cls(row, arrays, late)

    def fill(self, board: FirstRides, legs: Legs, direct: TimedLegs, asked: Asked, out: _Array, within: _Array) -> None:
        """Fill `out` and `within` as `kernels.search` does; `legs` are those to the ends, by stop."""
        from accessmap.roads.transit.sweep_kernels import LANES, sweep

        stage = self.row[board.cell]
        straight = direct.by_end()
        over = np.zeros(out.shape[2], bool)
        with Team() as team:
            # Where the earliest arrival takes too many rides, rides are counted.
            for by_round in (False, True):
                ends = np.flatnonzero(over).astype("int32") if by_round else _ends(legs, direct)
                bounds = np.append(np.arange(0, len(ends), LANES), len(ends))
                rows, count = self._held(stage, by_round=by_round)
                first = board.start, rows[stage], board.leaving
                if by_round:
                    out[:, :, ends], within[:, ends] = NEVER, 0

                def blocks(
                    part: slice,
                    ends: _Array = ends,
                    bounds: _Array = bounds,
                    by_round: bool = by_round,
                    held_in: tuple[_Array, int] = (rows, count),
                    first: tuple[_Array, ...] = first,
                ) -> None:
                    some = bounds[part.start : part.stop + 1], ends
                    sweep(
                        self.arrays, self.late, held_in, first, *legs, straight, some, *asked, by_round, out, within,
                        over,
                    )  # fmt: skip

                team.run(blocks, len(bounds) - 1, most=8)

    def _held(self, first: npt.NDArray[np.int32], *, by_round: bool) -> tuple[npt.NDArray[np.int32], int]:
        """Return by stage the row that holds it in a sweep, and how many rows there are; `first` are kept to its end.

        Where rides are counted, each has its own: a round asks for those of the one before.
        """
        from accessmap.roads.transit.sweep_kernels import held

        stages = len(self.arrays[0])
        if by_round:
            return np.arange(stages, dtype="int32"), stages
        kept = np.zeros(stages, "int8")
        kept[first] = 1
        kept[self.late] = 2
        rows, count = held(self.arrays[0], *self.arrays[3:], kept)
        return rows, int(count)


@dataclass(frozen=True, eq=False)
class FirstRides:
    """What each origin is to board first, by departure; what a later departure boards is not boarded again.

    Attributes
    ----------
    start
        (origins + 1) Where those of each origin begin.
    cell, leaving
        Place of a trip to which one rides, and which departure it is, the last first.
    """

    start: npt.NDArray[np.int64]
    cell: npt.NDArray[np.int32]
    leaving: npt.NDArray[np.int32]

    @classmethod
    def of(cls, lines: Lines, start: StopLegs, timed: TimedLegs, moments: npt.NDArray[np.int32]) -> FirstRides:
        """Return the first rides from some origins."""
        from accessmap.roads.transit.sweep_kernels import first_rides

        sizes = np.zeros(len(start) + 1, "int64")

        def board(part: slice) -> _Array:
            some, count = (start.rows(part), timed.rows(part)), sizes[part.start + 1 : part.stop + 1]
            found: _Array = first_rides(lines.arrays, *some, moments, count)
            return found

        with Team() as team:
            found = np.concatenate([np.empty((0, 2), "int32"), *team.run(board, len(start), most=64)])
        return cls(np.cumsum(sizes), np.ascontiguousarray(found[:, 0]), np.ascontiguousarray(found[:, 1]))

    def are_many(self, legs: Legs, direct: TimedLegs, searches: int) -> bool:
        """Return whether one sweep is quicker than to search origin by origin, for the ends of legs."""
        from accessmap.roads.transit.sweep_kernels import LANES

        blocks = -(-len(_ends(legs, direct)) // LANES)
        return len(self.cell) > blocks * (_RIDES + searches // _SEARCHES)


def _ends(legs: Legs, direct: TimedLegs) -> npt.NDArray[np.int32]:
    """Return the ends to which any way leads."""
    return np.unique(np.concatenate([legs[0][1], legs[1][1], direct.stop])).astype("int32")
