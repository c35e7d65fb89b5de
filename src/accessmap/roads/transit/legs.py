"""Seconds between places and the stops near them, at any time or at some times of the day alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np
import numpy.typing as npt

_Ints = npt.NDArray[np.integer[Any]]


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

    @classmethod
    def none(cls, places: int) -> Self:
        """Return the legs of so many places that have none."""
        return cls(np.zeros(places + 1, "int64"), *(np.empty(0, "int32") for _ in range(len(fields(cls)) - 1)))

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

    def by_end(self) -> tuple[_Ints, ...]:
        """Return the same, those of each place by end."""
        order = np.lexsort((self.stop, self.place))
        return self.start, self.stop[order], *(each[order] for each in self.times)

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
