"""A day of a timetable as the engine reads it: patterns without overtaking, seats that are kept, and changes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.readers.gtfs.distances import hops
from accessmap.roads.readers.gtfs.reading import Feeds
from accessmap.roads.transit.changes import expanded, places_of, ways
from accessmap.roads.transit.day import Day
from accessmap.roads.transit.running import Running

Longs = npt.NDArray[np.int64]
SAME_VEHICLE_METRES = (
    200.0  # between the last stop and the first of the next trip (OpenTripPlanner: maxInterlineDistance)
)


@dataclass(frozen=True, eq=False)
class RunCalls:
    """The calls of what runs on a day, run after run.

    Attributes
    ----------
    start
        (runs + 1) Where the calls of each run begin.
    row
        By call: its row of `Timetable.calls`.
    arrival, departure
        By call: seconds after the midnight of the day.
    """

    start: Longs
    row: Longs
    arrival: npt.NDArray[np.int32]
    departure: npt.NDArray[np.int32]

    def ordered(self, order: Longs) -> RunCalls:
        """Return the same with the runs in another order."""
        start, at = _slices(self.start[:-1][order], np.diff(self.start)[order])
        return RunCalls(start, self.row[at], self.arrival[at], self.departure[at])


def _slices(first: Longs, sizes: Longs) -> tuple[Longs, Longs]:
    """Where slices begin once they lie one after the other (n + 1), and the places that they take."""
    start = np.concatenate([[0], np.cumsum(sizes)])
    return start, np.repeat(first - start[:-1], sizes) + np.arange(start[-1])


def calls_of(timetable: Feeds, runs: Running) -> RunCalls:
    """Return the calls of what runs on a day."""
    first = timetable.first_call[:-1][runs.trip]
    start, row = _slices(first, timetable.first_call[1:][runs.trip] - first)
    shift = np.repeat(runs.shift, np.diff(start))
    arrival, departure = (timetable.calls[name].to_numpy()[row] + shift for name in ("arrival", "departure"))
    return RunCalls(start, row, arrival.astype(np.int32), departure.astype(np.int32))


def build_day(timetable: Feeds, runs: Running, *, walks: pd.DataFrame | None, change_seconds: int) -> Day:
    """Return a day of a timetable.

    Parameters
    ----------
    timetable, runs
        The timetable, and what of it runs on the day.
    walks
        Ways on foot between stops, beyond those of the timetable: from_stop, to_stop (rows of stops), seconds.
    change_seconds
        What a change takes where no rule says it.
    """
    calls, trips = timetable.calls, timetable.trips
    rules = expanded(timetable.transfers, timetable.stops)
    run = calls_of(timetable, runs)
    copied, follows = _apart(run, _follows(timetable, runs, run))
    if len(copied) > len(runs.trip):
        runs = Running(runs.trip[copied], runs.ahead[copied], runs.shift[copied])
        run = calls_of(timetable, runs)
    of_run = np.repeat(runs.trip, np.diff(run.start))
    stop = calls["stop"].to_numpy()[run.row].astype(np.int32)
    route, name = (trips[column].to_numpy()[of_run] for column in ("route", "trip"))
    places = places_of(rules, len(timetable.stops), stop, route, name)
    change, foot = ways(rules, timetable.stops, timetable.pathways, walks, places, change_seconds=change_seconds)
    board = calls["pickup"].to_numpy()[run.row] != 1
    alight = calls["drop_off"].to_numpy()[run.row] != 1
    pattern, order = _patterns(run, places.of_call * 4 + board * 2 + alight)
    place_of_run = np.empty(len(order), dtype=np.int64)
    place_of_run[order] = np.arange(len(order))
    next_trip = np.where(follows >= 0, place_of_run[follows], -1)[order] if len(order) else follows
    ordered = run.ordered(order)
    _, calls_at = _slices(run.start[:-1][order], np.diff(run.start)[order])
    new = np.flatnonzero(np.diff(pattern[order], prepend=-1))
    trip_start = np.append(new, len(order)).astype(np.int64)
    pattern_start, at = _slices(ordered.start[:-1][new], np.diff(ordered.start)[new])
    at = calls_at[at]
    walk_start = np.searchsorted(foot["from_stop"], np.arange(len(places.place) + 1)).astype(np.int64)
    return Day(
        stops=len(places.place),
        pattern_start=pattern_start,
        pattern_stop=places.of_call[at].astype(np.int32),
        may_board=board[at],
        may_alight=alight[at],
        trip_start=trip_start,
        time_start=ordered.start[trip_start],
        arrival=ordered.arrival,
        departure=ordered.departure,
        trip_row=runs.trip[order].astype(np.int32),
        next_trip=next_trip.astype(np.int32),
        change=change,
        walk_start=walk_start,
        walk_stop=foot["to_stop"].to_numpy(np.int32),
        walk_seconds=foot["seconds"].to_numpy(np.int32),
        place=places.place.astype(np.int32),
    )


def _patterns(run: RunCalls, code: npt.NDArray[np.generic]) -> tuple[Longs, Longs]:
    """The pattern of each run, and the order of the runs by pattern and time: none overtakes another of its pattern."""
    count = len(run.start) - 1
    code = code.astype(np.int64)
    known: dict[bytes, int] = {}
    bounds = run.start.tolist()
    way = np.fromiter(
        (known.setdefault(code[bounds[n] : bounds[n + 1]].tobytes(), len(known)) for n in range(count)), np.int64, count
    )
    total = np.add.reduceat(run.arrival.astype(np.int64) + run.departure, run.start[:-1]) if count else way
    order = np.lexsort((total, run.departure[run.start[:-1]], way))
    while (late := _overtaken(run.ordered(order), way[order])).any():
        split = order[np.isin(way[order], np.unique(way[order][late]))]
        way = _parted(run, way, split)
        order = np.lexsort((total, run.departure[run.start[:-1]], way))
    return way, order


def _overtaken(run: RunCalls, way: Longs) -> npt.NDArray[np.bool_]:
    """Which runs are, at some stop, before the one that precedes them in their pattern."""
    count = len(way)
    if not count:
        return np.zeros(0, dtype=bool)
    size = np.diff(run.start)
    after = np.zeros(count, dtype=bool)
    after[1:] = way[1:] == way[:-1]
    here = np.flatnonzero(np.repeat(after, size))
    before = here - np.repeat(size, size)[here]
    early = (run.arrival[here] < run.arrival[before]) | (run.departure[here] < run.departure[before])
    late = np.zeros(count, dtype=bool)
    late[np.unique(np.repeat(np.arange(count), size)[here[early]])] = True
    return late


def _parted(run: RunCalls, way: Longs, split: Longs) -> Longs:
    """The patterns once those of some runs are parted: in order, each joins the first that it follows throughout."""
    way, fresh = way.copy(), int(way.max()) + 1
    last: dict[int, list[tuple[int, int]]] = {}
    for number in split.tolist():
        own = int(way[number])
        here = slice(run.start[number], run.start[number + 1])
        parts = last.setdefault(own, [])
        for place, (part, before) in enumerate(parts):
            there = slice(run.start[before], run.start[before + 1])
            if (run.arrival[here] >= run.arrival[there]).all() and (run.departure[here] >= run.departure[there]).all():
                way[number], parts[place] = part, (part, number)
                break
        else:
            part = own if not parts else fresh
            fresh += bool(parts)
            parts.append((part, number))
            way[number] = part
    return way


def _follows(timetable: Feeds, runs: Running, run: RunCalls) -> list[tuple[int, int]]:
    """The runs that runs go on as, their riders seated, in pairs: of one block, or as rules say (transfer type 4).

    By rule a run may go on as several, where a vehicle parts, and several as one.
    """
    count = len(runs.trip)
    if not count:
        return []
    trips, rules = timetable.trips, timetable.transfers
    leaves, ends = run.departure[run.start[:-1]], run.arrival[run.start[1:] - 1]
    stop = timetable.calls["stop"].to_numpy()[run.row]
    first, last = stop[run.start[:-1]], stop[run.start[1:] - 1]
    name = trips["trip"].to_numpy()[runs.trip]
    seated = rules[rules["type"].isin((4, 5))]
    never = set(zip(*(seated.loc[seated["type"] == 5, side] for side in ("from_trip", "to_trip")), strict=True))
    block = trips["block"].to_numpy()[runs.trip]
    in_block = np.flatnonzero((block != "") & (trips["headway"].to_numpy()[runs.trip] == ""))
    frame = pd.DataFrame(
        {"block": block[in_block], "ahead": runs.ahead[in_block], "leaves": leaves[in_block], "run": in_block}
    )
    frame = frame[frame.duplicated(["block", "ahead"], keep=False)].sort_values(
        ["block", "ahead", "leaves"], kind="stable"
    )
    one, other = frame["run"].to_numpy()[:-1], frame["run"].to_numpy()[1:]
    same = (block[one] == block[other]) & (runs.ahead[one] == runs.ahead[other]) & (leaves[other] >= ends[one])
    one, other = one[same], other[same]
    near = _near(timetable, last[one], first[other])
    pairs = zip(one[near].tolist(), other[near].tolist(), strict=True)
    follows = {before: [after] for before, after in pairs if (name[before], name[after]) not in never}
    follows |= _said(seated[seated["type"] == 4], runs, trips, (leaves, ends))
    return [(before, after) for before, several in follows.items() for after in several]


def _said(
    rules: pd.DataFrame, runs: Running, trips: pd.DataFrame, times: tuple[npt.NDArray[np.int32], ...]
) -> dict[int, list[int]]:
    """The runs that each run goes on as by rules, of one service day."""
    wanted = {*rules["from_trip"], *rules["to_trip"]}
    names, alone = trips["trip"].to_numpy()[runs.trip], trips["headway"].to_numpy()[runs.trip] == ""
    at: dict[str, dict[int, int]] = {}
    for number in np.flatnonzero(alone & np.isin(names, list(wanted))).tolist() if wanted else ():
        at.setdefault(names[number], {})[int(runs.ahead[number])] = number
    found: dict[int, list[int]] = {}
    leaves, ends = times
    for before, after in zip(rules["from_trip"], rules["to_trip"], strict=True):
        for ahead, number in at.get(before, {}).items():
            there = at.get(after, {}).get(ahead)
            if there is not None and there != number and leaves[there] >= ends[number]:
                found.setdefault(number, []).append(there)
    return {number: list(dict.fromkeys(several)) for number, several in found.items()}


def _apart(run: RunCalls, pairs: list[tuple[int, int]]) -> tuple[Longs, Longs]:
    """The runs, one that goes on as several as often as it does, and the place of the one that each goes on as, or -1.

    Of what comes before such a run there are as many.
    """
    count = len(run.start) - 1
    after: dict[int, list[int]] = {}
    for one, other in pairs:
        after.setdefault(one, []).append(other)
    rows, follows = list(range(count)), [-1] * count
    copies: dict[int, list[int]] = {}

    def places(number: int) -> list[int]:
        if number not in copies:
            copies[number] = []  # a circle of runs that take no time is cut where it is met again
            ends = [place for other in after.get(number, ()) for place in places(other)]
            copies[number] = [number, *range(len(rows), len(rows) + len(ends) - 1)]
            rows.extend([number] * (len(ends) - 1))
            follows.extend(ends[1:])
            follows[number] = ends[0] if ends else -1
        return copies[number]

    for number in after:
        places(number)
    return np.array(rows, "int64"), np.array(follows, "int64")


def _near(timetable: Feeds, last: npt.NDArray[np.generic], first: npt.NDArray[np.generic]) -> npt.NDArray[np.bool_]:
    """Whether a vehicle that ends at one stop and begins at another has not left the place."""
    stops = timetable.stops
    degrees, parent = stops[["lon", "lat"]].to_numpy(), stops["parent"].to_numpy()
    same = (last == first) | ((parent[last] != "") & (parent[last] == parent[first]))
    near: npt.NDArray[np.bool_] = same | (hops(degrees[last], degrees[first]) <= SAME_VEHICLE_METRES)
    return near
