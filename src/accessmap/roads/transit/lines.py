"""A day as the search reads it: blocks joined into one trip, turned round for a search backward, cut to a window."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from accessmap.roads.transit.day import Day

_Array = npt.NDArray[Any]
#: What is not reached at any time.
NEVER = np.int32(2**31 - 1)


def joined(day: Day) -> Day:
    """Return the day with each trip and those in which one stays seated as one trip: no `next_trip` is left.

    A pattern is then the stops of all of them. Of trips that one may ride on from, an earlier one need not be the
    better one, so they are no longer compared with those that end.
    """
    if not (day.next_trip >= 0).any():
        return day
    pattern_of = np.repeat(np.arange(len(day.trip_start) - 1), np.diff(day.trip_start))
    chains: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
    done = np.zeros(len(day.next_trip), bool)
    followed = np.zeros(len(day.next_trip), bool)
    followed[day.next_trip[day.next_trip >= 0]] = True
    # Those that follow none come first; what a circle of trips leaves over begins anywhere in it.
    for first in np.argsort(followed, kind="stable").tolist():
        if followed[first] and done[first]:
            continue
        chain = [first]
        while (after := int(day.next_trip[chain[-1]])) >= 0 and after not in chain:
            chain.append(after)
        done[chain] = True
        chains.setdefault(tuple(pattern_of[chain].tolist()), []).append(tuple(chain))
    parts = [_pattern(day, patterns, trips) for patterns, trips in chains.items()]
    flat = [part for pieces in parts for part in pieces]
    stops, board, alight, rows, arrival, departure = ([part[column] for part in flat] for column in range(6))
    return replace(
        day,
        pattern_start=_starts(stops),
        pattern_stop=np.concatenate(stops),
        may_board=np.concatenate(board),
        may_alight=np.concatenate(alight),
        trip_start=_starts(rows),
        time_start=_starts(arrival),
        arrival=np.concatenate(arrival),
        departure=np.concatenate(departure),
        trip_row=np.concatenate(rows),
        next_trip=np.full(sum(map(len, rows)), -1, "int32"),
    )


def _starts(parts: list[_Array]) -> npt.NDArray[np.int64]:
    return np.cumsum([0, *map(len, parts)], dtype="int64")


def _pattern(day: Day, patterns: tuple[int, ...], chains: list[tuple[int, ...]]) -> list[tuple[_Array, ...]]:
    """Return the patterns of chains along the same patterns: several where one chain overtakes another."""
    places = np.concatenate([np.arange(*day.pattern_start[[p, p + 1]]) for p in patterns])
    width = np.diff(day.pattern_start)[list(patterns)]
    trips = np.array(chains)
    at = np.concatenate(
        [
            (day.time_start[p] + (trips[:, number] - day.trip_start[p]) * w)[:, None] + np.arange(w)
            for number, (p, w) in enumerate(zip(patterns, width, strict=True))
        ],
        axis=1,
    )
    arrival, departure, board = day.arrival[at], day.departure[at], day.may_board[places].copy()
    # Where one trip ends and the next begins, who stays seated is at the one stop until it ends, then at the other.
    for end in (np.cumsum(width)[:-1] - 1).tolist():
        board[end] = False
        departure[:, end] = arrival[:, end]
        arrival[:, end + 1] = np.clip(arrival[:, end + 1], arrival[:, end], departure[:, end + 1])
    return [
        (
            day.pattern_stop[places],
            board,
            day.may_alight[places],
            day.trip_row[trips[rows, 0]],
            arrival[rows].ravel(),
            departure[rows].ravel(),
        )
        for rows in without_overtaking(arrival, departure)
    ]


def without_overtaking(arrival: _Array, departure: _Array) -> list[list[int]]:
    """Return the rows of trips (trips, stops) in groups, in each of which none overtakes another, earliest first."""
    groups: list[list[int]] = []
    for row in np.lexsort((arrival[:, -1], departure[:, 0])).tolist():
        for group in groups:
            last = group[-1]
            if (arrival[last] <= arrival[row]).all() and (departure[last] <= departure[row]).all():
                group.append(row)
                break
        else:
            groups.append([row])
    return groups


def turned(day: Day) -> Day:
    """Return the day (without `next_trip`) with time running backward: who arrives by then leaves from then on."""
    tail = np.repeat(np.arange(day.stops, dtype="int32"), np.diff(day.walk_start))
    order = np.lexsort((tail, day.walk_stop))
    back = {name: getattr(day, name)[-1] - getattr(day, name)[::-1] for name in ("pattern_start", "trip_start")}
    return replace(
        day,
        **back,
        pattern_stop=day.pattern_stop[::-1],
        may_board=day.may_alight[::-1],
        may_alight=day.may_board[::-1],
        time_start=day.time_start[-1] - day.time_start[::-1],
        arrival=-day.departure[::-1],
        departure=-day.arrival[::-1],
        trip_row=day.trip_row[::-1],
        next_trip=day.next_trip[::-1],
        walk_start=np.searchsorted(day.walk_stop[order], np.arange(day.stops + 1)).astype("int64"),
        walk_stop=tail[order],
        walk_seconds=day.walk_seconds[order],
    )


@dataclass(frozen=True, eq=False)
class Lines:
    """What the search reads of a day, within a window of time.

    Attributes
    ----------
    slots
        Where one gets on, by stop: (start by stop, where departures begin, trips, first trip, place in the pattern).
    slot_departure
        Departures of each slot, in the order of its trips.
    events
        The same by time: (start by stop, departure, trip, place in the pattern), the earliest first.
    trips
        By trip: (where its arrivals begin, where the stops of its pattern begin, stops, one past the last trip of its
        pattern, whether it is the first of its pattern).
    arrival
        By trip and place in its pattern.
    alight_stop
        By place in a pattern: the stop, -1 where none gets off.
    change, walks
        As in `Day`; walks are (start by stop, stop, seconds), the shortest first.
    """

    stops: int
    slots: tuple[_Array, ...]
    slot_departure: _Array
    events: tuple[_Array, ...]
    trips: tuple[_Array, ...]
    arrival: _Array
    alight_stop: _Array
    change: _Array
    walks: tuple[_Array, ...]

    @property
    def arrays(self) -> tuple[Any, ...]:
        """All of them, as the kernel reads them."""
        return (self.slots, self.slot_departure, self.events, self.trips, self.arrival, self.alight_stop,
                self.change, self.walks)  # fmt: skip

    @classmethod
    def of(cls, day: Day, first: int, last: int) -> Lines:
        """Return the lines of a day (without `next_trip`) whose trips one can ride from `first` to `last` (seconds)."""
        width, per_pattern = np.diff(day.pattern_start), np.diff(day.trip_start)
        pattern = np.repeat(np.arange(len(width)), per_pattern)
        begin = day.time_start[pattern] + (np.arange(len(pattern)) - day.trip_start[pattern]) * width[pattern]
        end = begin + width[pattern]
        kept = (day.departure[end - 2] >= first) & (day.departure[begin] <= last)
        pattern, begin = pattern[kept], begin[kept]
        w = width[pattern]
        at = np.concatenate([[0], np.cumsum(w)]).astype("int64")
        cells = np.repeat(begin - at[:-1], w) + np.arange(at[-1])
        place = np.arange(at[-1]) - np.repeat(at[:-1], w)
        trip = np.repeat(np.arange(len(w)), w)
        count = np.bincount(pattern, minlength=len(width))
        first_trip = np.concatenate([[0], np.cumsum(count)])
        position = day.pattern_start[pattern][trip] + place
        boards = day.may_board[position] & (place < w[trip] - 1)
        stop = day.pattern_stop[position]
        departure = day.departure[cells]
        # slots: by stop, then place of a pattern, then trip
        order = np.flatnonzero(boards)
        order = order[np.lexsort((trip[order], position[order], stop[order]))]
        fresh = np.flatnonzero(np.diff(position[order], prepend=-1))
        slot_count = np.diff(np.append(fresh, len(order)))
        slot = order[fresh]
        by_time = np.flatnonzero(boards)
        by_time = by_time[np.lexsort((trip[by_time], departure[by_time], stop[by_time]))]
        walk_tail = np.repeat(np.arange(day.stops), np.diff(day.walk_start))
        shortest = np.lexsort((day.walk_seconds, walk_tail))

        def starts(stops: _Array) -> _Array:
            return np.searchsorted(stops, np.arange(day.stops + 1)).astype("int64")

        return cls(
            stops=day.stops,
            slots=(starts(stop[slot]), fresh.astype("int64"), slot_count.astype("int32"),
                   trip[slot].astype("int32"), place[slot].astype("int32")),
            slot_departure=departure[order],
            events=(starts(stop[by_time]), departure[by_time], trip[by_time].astype("int32"),
                    place[by_time].astype("int32")),
            trips=(at[:-1], day.pattern_start[pattern], w.astype("int32"), first_trip[pattern + 1].astype("int32"),
                   np.arange(len(w)) == first_trip[pattern]),
            arrival=day.arrival[cells],
            alight_stop=np.where(day.may_alight, day.pattern_stop, -1).astype("int32"),
            change=np.ascontiguousarray(day.change),
            walks=(day.walk_start, day.walk_stop[shortest], day.walk_seconds[shortest]),
        )  # fmt: skip
