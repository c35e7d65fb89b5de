"""When trips call where: `trips.txt`, `stop_times.txt` and `frequencies.txt`."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.read.layouts.transport import WHEELCHAIR
from accessmap.roads.readers.gtfs.calendars import Calendar, service_rows, unique_rows
from accessmap.roads.readers.gtfs.feed import Coded, Feed, FeedTable, Flags, Ints, among, numbered, whole
from accessmap.roads.readers.gtfs.stops import number
from accessmap.words.notes import first_few

NO_TIME = np.iinfo(np.int32).min
MOST_HOURS = 24 * 7  # a trip that goes on for more than a week is none
MOST_CALLS = 50_000_000  # of a timetable with its frequencies laid out
OFTEN_SECONDS = 90  # no line goes more often (Moscow's metro: 90 s); a headway of less is one in minutes
HOW = ("given", "approximate", "interpolated")
"""How a time is known: as written, written as approximate (timepoint 0), or put between two by distance."""
TIME = re.compile(r"([0-9]{1,3}):([0-5][0-9]):([0-5][0-9])")
TRIPS = (
    "route_id",
    "service_id",
    "trip_id",
    "trip_headsign",
    "trip_short_name",
    "direction_id",
    "block_id",
    "shape_id",
)
TRIPS_TOO = ("wheelchair_accessible", "bikes_allowed")
CALLS = ("trip_id", "arrival_time", "departure_time", "stop_id", "stop_sequence", "pickup_type", "drop_off_type")
CALLS_TOO = ("shape_dist_traveled", "timepoint", "continuous_pickup", "continuous_drop_off")
FLEX: tuple[str, ...] = ("location_id", "location_group_id")
FLEX += ("start_pickup_drop_off_window", "end_pickup_drop_off_window")
FLEX += ("pickup_booking_rule_id", "drop_off_booking_rule_id")
CALLED = ("stop", "arrival", "departure", "pickup", "drop_off")
LONGER = ("mean_duration_factor", "mean_duration_offset", "safe_duration_factor", "safe_duration_offset")


@dataclass(frozen=True, eq=False)
class Calls:
    """The calls of trips, in the order of the trips and of each trip's way.

    Attributes
    ----------
    trip, stop
        Rows of the trips and of the stops.
    arrival, departure
        Seconds since service midnight; `NO_TIME` where no time is said yet.
    pickup, drop_off
        0 as usual, 1 not, 2 by telephone, 3 asked of the driver.
    how
        Number of `HOW`.
    travelled
        shape_dist_traveled, NaN where it is not said; metres once its unit is known.
    sequence
        stop_sequence.
    """

    trip: Ints
    stop: Ints
    arrival: Ints
    departure: Ints
    pickup: npt.NDArray[np.int8]
    drop_off: npt.NDArray[np.int8]
    how: npt.NDArray[np.int8]
    travelled: npt.NDArray[np.float64]
    sequence: npt.NDArray[np.int64]

    def __getitem__(self, rows: npt.NDArray[np.generic]) -> Calls:
        return Calls(*(column[rows] for column in vars(self).values()))


def seconds(text: str) -> int | None:
    """Return a time of day (H:MM:SS, hours past 24 too) as seconds, or None.

    >>> seconds("7:42:00"), seconds("26:48:00"), seconds("7:60:00"), seconds("07:42")
    (27720, 96480, None, None)
    """
    match = TIME.fullmatch(text)
    if match is None or int(match[1]) >= MOST_HOURS:
        return None
    return 3600 * int(match[1]) + 60 * int(match[2]) + int(match[3])


def read_trips(feed: Feed, routes: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Return the trips of a feed by trip_id, those of no known route left out; what is wrong is kept with the feed."""
    table = feed.table("trips.txt", (*TRIPS, *TRIPS_TOO, *LONGER), ("route_id", "service_id", "trip_id"))
    if table is None or not table.rows:
        feed.problems.add("gtfs_empty", where="trips.txt")
        table = FeedTable("trips.txt", 0, {"trip_id": Coded(np.zeros(0, np.int32), [])}, np.zeros(0, np.int64))
    ids = table["trip_id"]
    table = unique_rows(feed, table, "trip_id", feed.wrong("gtfs_blank", table, ~ids.given, ids, column="trip_id"))
    ids, named = table["trip_id"], table["route_id"]
    route = named.places(numbered(routes.index))
    feed.unknown(table, route < 0, named, routes.index, id=ids, column="route_id", file="routes.txt")
    service = service_rows(calendar, table["service_id"])
    never = np.flatnonzero(service < 0)
    feed.note("gtfs_note_service_unknown", n=len(never), rows=feed.place(table, never, table["service_id"], ids))
    wheelchair, bikes = (_yes_no(feed, table, name) for name in TRIPS_TOO)
    return pd.DataFrame(
        {
            "route": np.maximum(route, 0).astype(np.int32),
            "service": service,
            "headsign": table["trip_headsign"].texts(),
            "short_name": table["trip_short_name"].texts(),
            "direction": table["direction_id"].texts(),
            "block": table["block_id"].texts(),
            "shape": table["shape_id"].texts(),
            "wheelchair": wheelchair,
            "bikes": bikes,
            **{name: table[name].texts() for name in LONGER if name in table},
        },
        index=pd.Index(ids.texts(), name="trip", dtype=str),
    )


def _yes_no(feed: Feed, table: FeedTable, column: str) -> npt.NDArray[np.object_]:
    values, bad = table[column].parsed(among(range(3)), 0)
    feed.note("gtfs_note_yes_no_unread", n=int(bad.sum()), table=table.file, column=column)
    told: npt.NDArray[np.object_] = np.array([WHEELCHAIR.get(str(n), "unknown") for n in range(3)], dtype=object)[
        values
    ]
    return told


def read_calls(
    feed: Feed, stops: pd.DataFrame, trips: pd.DataFrame, zones: Collection[str]
) -> tuple[Calls, FeedTable, Flags]:
    """Return the calls of a feed's trips, the rows of what goes by windows of time (GTFS-Flex), and trips told of.

    Parameters
    ----------
    stops, trips
        As they were read.
    zones
        Ids of what is no stop but an area, or a group of stops.
    """
    table = feed.table("stop_times.txt", (*CALLS, *CALLS_TOO, *FLEX, *LONGER), ("trip_id", "stop_sequence"))
    if table is None or not table.rows:
        feed.problems.add("gtfs_empty", where="stop_times.txt")
        table = FeedTable("stop_times.txt", 0, {}, np.zeros(0, np.int64))
    trip = table["trip_id"].places(numbered(trips.index))
    lost = np.flatnonzero(trip == -2)
    feed.note("gtfs_note_calls_of_no_trip", n=len(lost), rows=feed.place(table, lost, table["trip_id"]))
    blank = feed.wrong("gtfs_blank", table, trip == -1, table["trip_id"], column="trip_id")
    flexible = table["location_id"].given | table["location_group_id"].given
    flexible |= table["start_pickup_drop_off_window"].given | table["end_pickup_drop_off_window"].given
    flexible |= table["stop_id"].places(dict.fromkeys(set(zones).difference(stops.index), 0)) == 0
    held = (trip >= 0) & ~blank
    flex = table.keep(flexible & held)
    told = used_rows(len(trips), trip[flexible & held])
    table, trip = table.keep(held & ~flexible), trip[held & ~flexible]
    calls = _read(feed, table, trip, stops)
    gone = feed.gone(trips.index)
    if gone.any():  # a trip with a call that cannot be read is not one call shorter
        told |= gone
        kept = ~gone[calls.trip]
        table, calls = table.keep(kept), calls[kept]
    return _in_order(feed, table, calls, told), flex, told


def _read(feed: Feed, table: FeedTable, trip: Ints, stops: pd.DataFrame) -> Calls:
    """The calls as they stand in the file, each cell read; bad ones have no stop."""
    ids, named = table["trip_id"], table["stop_id"]
    stop = named.places(numbered(stops.index))
    bad = feed.wrong("gtfs_blank", table, stop == -1, named, id=ids, column="stop_id")
    bad |= feed.unknown(table, stop == -2, named, stops.index, id=ids, column="stop_id", file="stops.txt")
    place = stops[["lon", "lat"]].notna().all(axis=1).to_numpy()
    bad |= feed.wrong(
        "gtfs_stop_nowhere", table, (stop >= 0) & ~place[np.maximum(stop, 0)] if len(place) else bad, named, id=ids
    )
    order, odd = table["stop_sequence"].parsed(whole, -1)
    bad |= feed.wrong("gtfs_sequence", table, odd | (order < 0), table["stop_sequence"], id=ids)
    times = {}
    for name in ("arrival_time", "departure_time"):
        times[name], odd = table[name].parsed(seconds, NO_TIME)
        bad |= feed.wrong("gtfs_time", table, odd, table[name], id=ids, column=name)
    arrival, departure = (each.astype(np.int32) for each in times.values())
    arrival = np.where(arrival == NO_TIME, departure, arrival)
    departure = np.where(departure == NO_TIME, arrival, departure)
    bad |= feed.wrong("gtfs_leaves_before", table, arrival > departure, table["departure_time"], id=ids)
    kinds = []
    for name in ("pickup_type", "drop_off_type"):
        kind, odd = table[name].parsed(among(range(4)), 0)
        bad |= feed.wrong("gtfs_pickup", table, odd, table[name], id=ids, column=name)
        kinds.append(kind.astype(np.int8))
    exact, odd = table["timepoint"].parsed(among(range(2)), 1)
    feed.note("gtfs_note_timepoint_unread", n=int(odd.sum()))
    travelled, odd = table["shape_dist_traveled"].parsed(number, np.nan)
    feed.note("gtfs_note_travelled_unread", n=int(odd.sum()))
    how = ((exact == 0) & (arrival != NO_TIME)).astype(np.int8)
    travelled = travelled.astype(float)
    calls = Calls(trip, np.where(bad, -1, stop), arrival, departure, kinds[0], kinds[1], how, travelled, order)
    _tell_kinds(feed, table, calls, stops)
    return calls


def _tell_kinds(feed: Feed, table: FeedTable, calls: Calls, stops: pd.DataFrame) -> None:
    by_phone, by_driver = (int(((calls.pickup == n) | (calls.drop_off == n)).sum()) for n in (2, 3))
    feed.note("gtfs_note_by_phone", n=by_phone)
    feed.note("gtfs_note_by_driver", n=by_driver)
    feed.note("gtfs_note_approximate", n=int((calls.how == 1).sum()))
    hailed = np.zeros(table.rows, dtype=bool)
    for name in ("continuous_pickup", "continuous_drop_off"):
        hailed |= np.isin(table[name].texts(), ["0", "2", "3"])
    feed.note("gtfs_note_hailed", n=int(hailed.sum()))
    kind = stops["kind"].cat.codes.to_numpy()
    odd = (
        np.flatnonzero((calls.stop >= 0) & ~np.isin(kind[np.maximum(calls.stop, 0)], [0, 4]))
        if len(kind)
        else np.zeros(0, int)
    )
    feed.note("gtfs_note_calls_at_no_platform", n=len(odd), rows=feed.place(table, odd, table["stop_id"]))


def _in_order(feed: Feed, table: FeedTable, calls: Calls, told: Flags) -> Calls:
    """The calls by trip and sequence, of trips that go forward in time and call more than once; others are told of."""
    unsorted = _unsorted(calls.trip, calls.sequence)
    rows = np.lexsort((calls.sequence, calls.trip)) if unsorted else np.arange(table.rows)
    rows = rows[calls.stop[rows] >= 0]
    table, calls = table.keep_rows(rows), calls[rows]
    ids, trip, sequence = table["trip_id"], calls.trip, calls.sequence
    same = np.zeros(len(trip), dtype=bool)
    same[1:] = trip[1:] == trip[:-1]
    again = same.copy()
    again[1:] &= sequence[1:] == sequence[:-1]
    repeated = again.copy()
    for column in table.columns.values():
        repeated[1:] &= column.codes[1:] == column.codes[:-1]
    if repeated.any():
        feed.note("gtfs_note_rows_again", n=int(repeated.sum()), table=table.file)
        return _in_order(feed, table.keep(~repeated), calls[~repeated], told)
    feed.wrong("gtfs_sequence_twice", table, again, table["stop_sequence"], id=ids)
    last = np.ones(len(trip), dtype=bool)
    last[:-1] = ~same[1:]
    alone = ~same & last
    single = np.flatnonzero(alone & ~told[trip])
    feed.note("gtfs_note_one_call", n=len(single), rows=feed.place(table, single, None, ids))
    told[trip[single]] = True
    untimed = calls.departure == NO_TIME
    bare = feed.wrong("gtfs_end_untimed", table, untimed & (~same | last) & ~alone, table["stop_id"], id=ids)
    timed = np.flatnonzero(~untimed)
    back = np.zeros(len(trip), dtype=bool)
    back[timed[1:]] = (calls.arrival[timed[1:]] < calls.departure[timed[:-1]]) & (trip[timed[1:]] == trip[timed[:-1]])
    feed.wrong("gtfs_goes_back", table, back & ~again, table["arrival_time"], id=ids)
    gone = np.zeros(int(trip.max()) + 1 if len(trip) else 0, dtype=bool)
    alone &= untimed | ~told[trip]  # one stop at a stated time, before or after what goes by zone, leads somewhere
    gone[trip[alone | bare | again | back]] = True
    return calls[~gone[trip]] if len(trip) else calls


def _unsorted(trip: Ints, sequence: npt.NDArray[np.int64]) -> bool:
    down = (trip[1:] < trip[:-1]) | ((trip[1:] == trip[:-1]) & (sequence[1:] < sequence[:-1]))
    return bool(down.any())


def tell_odd_trips(feed: Feed, trips: pd.DataFrame, calls: Calls) -> None:
    """Say how many trips nobody can ride, and how many repeat another of the same line, days, stops and times."""
    if not len(calls.trip):
        return
    place = np.arange(len(calls.trip)) - np.searchsorted(calls.trip, calls.trip)
    boards = np.full(len(trips), len(place))
    np.minimum.at(boards, calls.trip[calls.pickup != 1], place[calls.pickup != 1])
    leaves = np.full(len(trips), -1)
    np.maximum.at(leaves, calls.trip[calls.drop_off != 1], place[calls.drop_off != 1])
    called = used_rows(len(trips), calls.trip)
    closed = np.flatnonzero(called & (boards >= leaves))
    feed.note("gtfs_note_nobody_rides", n=len(closed), trips=first_few(trips.index[closed], repr))
    each = pd.DataFrame({name: getattr(calls, name) for name in CALLED})
    again = np.flatnonzero(called & repeated_trips(calls.trip, each, trips[["route", "service"]]))
    feed.note("gtfs_note_trips_again", n=len(again), trips=first_few(trips.index[again], repr))


def repeated_trips(trip: npt.NDArray[np.integer[Any]], called: pd.DataFrame, same: pd.DataFrame) -> Flags:
    """Return which trips (rows of `same`) are as an earlier one is, and call alike: `called` has a row a call."""
    place = np.arange(len(trip)) - np.searchsorted(trip, trip)
    sums = np.zeros(len(same), dtype=np.uint64)
    np.add.at(sums, trip, pd.util.hash_pandas_object(called.assign(place=place), index=False).to_numpy())
    found: Flags = same.assign(calls=sums).duplicated().to_numpy()
    return found


def read_frequencies(feed: Feed, trips: pd.DataFrame) -> pd.DataFrame:
    """Return the runs of trips that go by a headway: trip (row), start (seconds) and exact (bool), by start."""
    columns = ("trip_id", "start_time", "end_time", "headway_secs", "exact_times")
    none = pd.DataFrame({"trip": np.zeros(0, np.int32), "start": np.zeros(0, np.int32), "exact": np.zeros(0, bool)})
    table = feed.table("frequencies.txt", columns, columns[:4])
    if table is None or not table.rows:
        return none
    ids = table["trip_id"]
    trip = ids.places(numbered(trips.index))
    lost = np.flatnonzero(trip < 0)
    feed.note("gtfs_note_calls_of_no_trip", n=len(lost), rows=feed.place(table, lost, ids))
    bad = trip < 0
    times = []
    for name in ("start_time", "end_time"):
        time, odd = table[name].parsed(seconds, NO_TIME)
        bad |= feed.wrong("gtfs_time", table, odd | ~table[name].given, table[name], id=ids, column=name)
        times.append(time)
    headway, odd = table["headway_secs"].parsed(whole, 0)
    bad |= feed.wrong("gtfs_headway", table, odd | (headway <= 0), table["headway_secs"], id=ids)
    exact, odd = table["exact_times"].parsed(among(range(2)), 0)
    bad |= feed.wrong("gtfs_flag", table, odd, table["exact_times"], id=ids, column="exact_times")
    start, end = times
    bad |= feed.wrong("gtfs_frequency_ends", table, ~bad & (end <= start), table["end_time"], id=ids)
    count = np.where(bad, 0, -((start - end) // np.maximum(headway, 1)))
    if count.sum() > MOST_CALLS // 2:
        feed.problems.add("gtfs_too_many_runs", where=table.file, value=int(count.sum()))
        return none
    row = np.repeat(np.arange(table.rows), count)
    turn = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
    runs = pd.DataFrame({"trip": trip[row], "start": start[row] + turn * headway[row], "exact": exact[row] == 1})
    feed.note("gtfs_note_headway", n=int((~runs["exact"]).sum()), trips=runs.loc[~runs["exact"], "trip"].nunique())
    feed.note("gtfs_note_exact", n=int(runs["exact"].sum()), trips=runs.loc[runs["exact"], "trip"].nunique())
    often = np.flatnonzero((count > 1) & (headway < OFTEN_SECONDS))
    feed.note("gtfs_note_headway_often", n=len(often), rows=feed.place(table, often, table["headway_secs"], ids))
    again = runs.duplicated(["trip", "start"])
    feed.note("gtfs_note_runs_again", n=int(again.sum()))
    return runs[~again].sort_values(["trip", "start"], kind="stable", ignore_index=True)


def laid_out(trips: pd.DataFrame, calls: Calls, runs: pd.DataFrame) -> tuple[pd.DataFrame, Calls]:
    """Return the trips with at least two calls, each that goes by a headway once a run, and all their calls.

    `trips` gets `headway` ("", "exact" or "headway") and the rows of `calls` are those of the new trips.
    """
    count = np.bincount(calls.trip, minlength=len(trips))
    first = np.cumsum(count) - count
    by_headway = used_rows(len(trips), runs["trip"].to_numpy())
    usual = np.flatnonzero((count > 1) & ~by_headway)
    runs = runs[count[runs["trip"]] > 1] if len(runs) else runs
    if not len(runs) and len(usual) == len(trips):
        return trips.assign(headway=""), calls
    template = np.concatenate([usual, runs["trip"].to_numpy()]).astype(np.int64)
    shift = np.concatenate([np.zeros(len(usual), np.int64), runs["start"] - calls.departure[first[runs["trip"]]]])
    kind = np.concatenate([np.full(len(usual), ""), np.where(runs["exact"], "exact", "headway")]).astype(object)
    order = np.argsort(template, kind="stable")
    template, shift, kind = template[order], shift[order].astype(np.int32), kind[order]
    sizes = count[template]
    row = np.repeat(first[template] - (np.cumsum(sizes) - sizes), sizes) + np.arange(sizes.sum())
    new = calls[row]
    trip, moved = np.repeat(np.arange(len(template), dtype=np.int32), sizes), np.repeat(shift, sizes)
    new = Calls(
        trip,
        new.stop,
        new.arrival + moved,
        new.departure + moved,
        new.pickup,
        new.drop_off,
        new.how,
        new.travelled,
        new.sequence,
    )
    return trips.iloc[template].assign(headway=kind), new


def used_rows(count: int, rows: npt.NDArray[np.generic]) -> Flags:
    """Return which of so many rows are named."""
    found = np.zeros(count, dtype=bool)
    found[rows] = True
    return found
