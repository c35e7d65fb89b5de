"""Days made by hand, and what holds of every day."""

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from hypothesis import strategies as st

from accessmap.roads.transit.day import Day
from accessmap.roads.transit.lines import without_overtaking
from accessmap.roads.transit.raptor import StopLegs, TimedLegs

STOPS = 6
AFTER_MIDNIGHT = 86_400
LEGS = st.dictionaries(st.integers(0, STOPS - 1), st.integers(0, 5), min_size=1, max_size=3)

# Of each leg: its stop (or destination), seconds, and when it serves: who is there no sooner and no later than that.
WINDOWS = st.lists(
    st.tuples(st.integers(0, STOPS - 1), st.integers(0, 6), st.integers(-12, 12), st.integers(0, 12)), max_size=3
).map(lambda legs: [(to, s, AFTER_MIDNIGHT + first, AFTER_MIDNIGHT + first + more) for to, s, first, more in legs])


def a_day(
    stops: int,
    patterns: Sequence[Mapping[str, Any]],
    *,
    walks: Sequence[tuple[int, int, int]] = (),
    change: int | Sequence[int] = 0,
    seated: Mapping[int, int] | None = None,
) -> Day:
    """Return a day of these patterns: `stops`, `trips` (times, or pairs of arrival and departure, at each stop).

    `board` and `alight` are bools by place in the pattern; `walks` are from, to and seconds; `seated` leads from a trip
    to the one in which one stays seated (trips counted in the order of the patterns).
    """
    times = [[(at, at) if isinstance(at, int) else at for at in trip] for line in patterns for trip in line["trips"]]
    starts = np.cumsum([0, *(len(line["stops"]) for line in patterns)])
    trips = np.cumsum([0, *(len(line["trips"]) for line in patterns)])
    cells = np.cumsum([0, *(len(line["stops"]) * len(line["trips"]) for line in patterns)])
    walks = sorted(walks)
    following = np.full(trips[-1], -1, "int32")
    for trip, after in (seated or {}).items():
        following[trip] = after
    day = Day(
        stops=stops,
        pattern_start=starts.astype("int64"),
        pattern_stop=np.array([stop for line in patterns for stop in line["stops"]], "int32"),
        may_board=np.array([b for line in patterns for b in line.get("board", [True] * len(line["stops"]))], bool),
        may_alight=np.array([a for line in patterns for a in line.get("alight", [True] * len(line["stops"]))], bool),
        trip_start=trips.astype("int64"),
        time_start=cells.astype("int64"),
        arrival=np.array([arrival for trip in times for arrival, _ in trip], "int32"),
        departure=np.array([departure for trip in times for _, departure in trip], "int32"),
        trip_row=np.arange(trips[-1], dtype="int32"),
        next_trip=following,
        change=np.broadcast_to(np.asarray(change, "int32"), stops).copy(),
        walk_start=np.searchsorted([start for start, _, _ in walks], np.arange(stops + 1)).astype("int64"),
        walk_stop=np.array([end for _, end, _ in walks], "int32"),
        walk_seconds=np.array([seconds for _, _, seconds in walks], "int32"),
        place=np.arange(stops, dtype="int32"),
    )
    check_day(day)
    return day


def check_day(day: Day) -> None:
    """Fail where a day is not as `Day` says."""
    wanted = {name: kind.__args__[1].__args__[0] for name, kind in Day.__annotations__.items() if name != "stops"}
    for name, kind in wanted.items():
        assert getattr(day, name).dtype == kind, name
    for start, held in (
        (day.pattern_start, (day.pattern_stop, day.may_board, day.may_alight)),
        (day.trip_start, (day.trip_row, day.next_trip)),
        (day.time_start, (day.arrival, day.departure)),
        (day.walk_start, (day.walk_stop, day.walk_seconds)),
    ):
        assert start[0] == 0
        assert (np.diff(start) >= 0).all()
        assert {len(column) for column in held} == {start[-1]}
    patterns = len(day.pattern_start) - 1
    assert len(day.trip_start) == len(day.time_start) == patterns + 1
    assert len(day.change) == len(day.place) == len(day.walk_start) - 1 == day.stops
    for stop in (day.pattern_stop, day.walk_stop):
        assert ((stop >= 0) & (stop < day.stops)).all()
    assert (day.change >= -1).all()
    assert (day.walk_seconds >= 0).all()
    last, first = {}, {}
    for pattern in range(patterns):
        width = day.pattern_start[pattern + 1] - day.pattern_start[pattern]
        trips = day.trip_start[pattern + 1] - day.trip_start[pattern]
        cells = slice(day.time_start[pattern], day.time_start[pattern + 1])
        assert width >= 2
        assert cells.stop - cells.start == width * trips
        arrival, departure = (times[cells].reshape(trips, width) for times in (day.arrival, day.departure))
        assert (arrival <= departure).all(), pattern
        assert (departure[:, :-1] <= arrival[:, 1:]).all(), pattern
        for times in (arrival, departure):
            assert all((one <= other).all() for one, other in pairwise(times)), f"a trip of {pattern} is overtaken"
        for number in range(trips):
            last[day.trip_start[pattern] + number] = arrival[number, -1]
            first[day.trip_start[pattern] + number] = departure[number, 0]
    for trip, after in enumerate(day.next_trip):
        assert -1 <= after < len(day.next_trip)
        assert after < 0 or last[trip] <= first[after]


@st.composite
def days(draw: st.DrawFn) -> Day:
    """Return a small day: rules of boarding, trips past midnight, changes, ways on foot, and blocks."""
    lines = []
    for _ in range(draw(st.integers(1, 5))):
        count = draw(st.integers(2, 4))
        stops = draw(st.lists(st.integers(0, STOPS - 1), min_size=count, max_size=count))
        trips = []
        for _ in range(draw(st.integers(1, 4))):
            at = draw(st.integers(AFTER_MIDNIGHT - 12, AFTER_MIDNIGHT + 12))
            times = []
            for _ in range(count):
                at += draw(st.integers(0, 4))
                leaves = at + draw(st.sampled_from([0, 0, 1, 3]))
                times.append((at, leaves))
                at = leaves
            trips.append(times)
        flags = st.lists(st.sampled_from([True, True, True, False]), min_size=count, max_size=count)
        rules = {"stops": stops, "board": draw(flags), "alight": draw(flags)}
        times = np.array(trips)
        lines += [
            {**rules, "trips": [[tuple(map(int, pair)) for pair in times[row]] for row in group]}
            for group in without_overtaking(times[:, :, 0], times[:, :, 1])
        ]
    ends = [(trip[0][1], trip[-1][0]) for line in lines for trip in line["trips"]]
    seated = {}
    for trip in range(len(ends)):
        later = [
            other
            for other, (first, _) in enumerate(ends)
            if first > ends[trip][1] or (first == ends[trip][1] and other > trip)
        ]
        if later and draw(st.integers(0, 2)) == 0:
            seated[trip] = draw(st.sampled_from(later))
    pairs = st.tuples(st.integers(0, STOPS - 1), st.integers(0, STOPS - 1), st.integers(0, 6))
    return a_day(
        STOPS,
        lines,
        walks=draw(st.lists(pairs, max_size=5)),
        change=draw(st.lists(st.sampled_from([0, 0, 1, 3, -1]), min_size=STOPS, max_size=STOPS)),
        seated=seated,
    )


def legs(places: list[dict[int, int]]) -> StopLegs:
    rows = [(place, stop, seconds) for place, legs in enumerate(places) for stop, seconds in legs.items()]
    return StopLegs.of(len(places), *np.array(rows, "int32").reshape(-1, 3).T)


def timed_legs(of_places: list[list[tuple[int, int, int, int]]]) -> TimedLegs:
    rows = [(place, *leg) for place, legs in enumerate(of_places) for leg in legs]
    return TimedLegs.timed(len(of_places), np.array(rows, "int32").reshape(-1, 5).T)
