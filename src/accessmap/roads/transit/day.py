"""All that runs on one day, as the engine reads it."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

_Int = npt.NDArray[np.int32]
_Long = npt.NDArray[np.int64]
_Bool = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Day:
    """All that runs on one service day: patterns of stops, the trips along them, changes and ways on foot.

    A *pattern* is a sequence of stops with trips none of which overtakes another (a route of RAPTOR: Delling, Pajor and
    Werneck 2015). Times are whole seconds after service midnight (noon less twelve hours): below 0 where a trip of the
    day before runs past midnight, 86,400 and above past the next one.

    Attributes
    ----------
    stops
        How many stops there are. Several may be one place: a stop whose rules differ by route is split.
    pattern_start
        (patterns + 1) Where each pattern begins in `pattern_stop`, `may_board` and `may_alight`.
    pattern_stop, may_board, may_alight
        By pattern and place in it: the stop, and whether one may get on and off there.
    trip_start
        (patterns + 1) Where the trips of each pattern begin in `trip_row` and `next_trip`; the earliest comes first, at
        every stop.
    time_start
        (patterns + 1) Where the times of each pattern begin in `arrival` and `departure`: of each trip in turn, one a
        stop.
    arrival, departure
        Seconds.
    trip_row
        By trip: its row in `Timetable.trips`.
    next_trip
        By trip: the trip in which one stays seated from the last stop of the one to the first of the other, or -1.
    change
        By stop: seconds from an arrival to a departure at the same stop; -1 where none may change there.
    walk_start, walk_stop, walk_seconds
        Ways on foot from each stop (`walk_start`, stops + 1) to others: one between two rides.
    place
        By stop: its row in `Timetable.stops`.
    """

    stops: int
    pattern_start: _Long
    pattern_stop: _Int
    may_board: _Bool
    may_alight: _Bool
    trip_start: _Long
    time_start: _Long
    arrival: _Int
    departure: _Int
    trip_row: _Int
    next_trip: _Int
    change: _Int
    walk_start: _Long
    walk_stop: _Int
    walk_seconds: _Int
    place: _Int
