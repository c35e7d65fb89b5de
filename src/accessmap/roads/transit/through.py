"""Many places beside few stops: the search runs once a stop, and each place takes what its stops give.

What leaves a stop is the same for all who are there at a time. Between two departures from it nothing changes, so the
arrivals of who is there at each of them are those of any time; a place has the earliest of its stops. Where a territory
has thousands of homes and a hundred stops, that is the whole answer for much less than a search from each home.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from accessmap.roads.engine.kernels import kernel
from accessmap.roads.transit.lines import NEVER, Lines

_Ints = npt.NDArray[np.integer[Any]]
#: Arrivals that are held at a time, at most.
_MOST = 40_000_000
#: A search through stops is worth its while where it makes so many times fewer.
_FEWER = 3


def stops_and_times(
    access: tuple[_Ints, ...], lines: Lines, moments: _Ints, ends: int
) -> tuple[_Ints, npt.NDArray[np.int32]] | None:
    """Return the stops of some places and the times that matter there; None where a search from each place is less.

    Parameters
    ----------
    access
        Ways of the places to stops: where those of each begin, stops and seconds.
    lines
        What runs.
    moments
        Of leaving the places, in order.
    ends
        How many destinations there are.
    """
    start, stop, seconds = access
    places = int((np.diff(start) > 0).sum())
    if not places:
        return None
    stops = np.unique(stop)
    if _FEWER * len(stops) > places:
        return None
    last = int(moments[-1]) + int(seconds.max())
    event_start, departure = lines.events[:2]
    some = [departure[event_start[each] : event_start[each + 1]] for each in stops.tolist()]
    at = np.unique(np.concatenate([*some, [last]]))
    at = at[(at >= moments[0]) & (at <= last)].astype("int32")
    less = _FEWER * len(stops) * len(at) <= places * len(moments)
    return (stops, at) if less and len(stops) * len(at) * ends <= _MOST else None


@kernel
def _earliest(legs, at, arrivals, leaves, best):
    """Fill `best` with the earliest arrivals of who leaves a place at a time, by any of its stops."""
    row, seconds = legs
    best[:] = NEVER
    for leg in range(len(row)):
        there = arrivals[row[leg], np.searchsorted(at, leaves + seconds[leg])]
        for end in range(len(best)):
            best[end] = min(best[end], there[end])


@kernel
def combine(access, at, arrivals, moments, limit, ranks, out, within):
    """Fill `out` and `within` as `search` does, from the arrivals of who is at each stop (row) at each time `at`.

    `access` has rows of `arrivals` in place of stops.
    """
    start, row, seconds = access
    values = np.empty((out.shape[2], len(moments)), np.int32)
    best = np.empty(out.shape[2], np.int32)
    for place in range(len(start) - 1):
        mine = slice(start[place], start[place + 1])
        if mine.start == mine.stop:
            continue
        for leaving in range(len(moments)):
            _earliest((row[mine], seconds[mine]), at, arrivals, moments[leaving], best)
            for end in range(len(best)):
                if best[end] != NEVER and best[end] - moments[leaving] <= limit:
                    values[end, within[place, end]] = best[end] - moments[leaving]
                    within[place, end] += 1
                    if not len(ranks):
                        out[place, leaving, end] = best[end]
        for end in range(len(best)):
            ordered = np.sort(values[end, : within[place, end]])
            for number in range(len(ranks)):
                if ranks[number] < len(ordered):
                    out[place, number, end] = ordered[ranks[number]]
