"""The search against a time-expanded graph searched by Dijkstra, on timetables made at random."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra
from toy_days import AFTER_MIDNIGHT, LEGS, STOPS, WINDOWS, a_day, days, legs, timed_legs

from accessmap.roads.transit.day import Day
from accessmap.roads.transit.lines import NEVER, Lines
from accessmap.roads.transit.raptor import ANY, Raptor, StopLegs, Timed, rank_of
from accessmap.roads.transit.sweep import Stages


def runs_of(day: Day) -> list[list[tuple[int, int, int, bool, bool]]]:
    """Return for each trip its calls and those of the trips in which one stays seated: stop, times, board, alight."""
    alone = []
    for pattern in range(len(day.pattern_start) - 1):
        places = range(day.pattern_start[pattern], day.pattern_start[pattern + 1])
        for trip in range(day.trip_start[pattern + 1] - day.trip_start[pattern]):
            at = day.time_start[pattern] + trip * len(places)
            columns = day.pattern_stop[places], day.arrival[at:], day.departure[at:], day.may_board[places]
            alone.append(list(zip(*(c.tolist() for c in columns), day.may_alight[places].tolist(), strict=False)))
    runs = []
    for trip, calls in enumerate(alone):
        run, after = list(calls), int(day.next_trip[trip])
        while after >= 0:
            (stop, comes, _, _, alight), (first, *_) = run[-1], alone[after]
            run[-1] = stop, comes, comes, False, alight
            run += [(first[0], max(comes, first[1]), *first[2:]), *alone[after][1:]]
            after = int(day.next_trip[after])
        runs.append(run)
    return runs


class Expanded:
    """The time-expanded graph of a day, searched by Dijkstra from every departure: (ride, run, call) in and out.

    A step weighs its seconds and, so that none weighs nothing, a thousandth of one more.
    """

    def __init__(self, day: Day, rides: int) -> None:
        runs = runs_of(day)
        calls = [(run, place, *call) for run, calls in enumerate(runs) for place, call in enumerate(calls)]
        last = [place == len(runs[run]) - 1 for run, place, *_ in calls]
        boards = [n for n, call in enumerate(calls) if call[5] and not last[n]]
        changes = {(stop, stop, seconds) for stop, seconds in enumerate(day.change.tolist()) if seconds >= 0}
        for start in range(day.stops):
            ways = slice(day.walk_start[start], day.walk_start[start + 1])
            ways = zip(day.walk_stop[ways].tolist(), day.walk_seconds[ways].tolist(), strict=True)
            changes |= {(start, end, seconds) for end, seconds in ways}
        arcs, n = {}, len(calls)
        for call, (_, place, stop, comes, leaves, _, alight) in enumerate(calls):
            steps = [] if last[call] else [((0, call), (1, call + 1), calls[call + 1][3] - leaves)]
            steps += [((1, call), (0, call), leaves - comes)]
            steps = [(kind, one, other_kind, other, 0, s) for (kind, one), (other_kind, other), s in steps]
            if alight and place:
                steps += [
                    (1, call, 0, other, 1, calls[other][4] - comes)
                    for start, end, seconds in changes
                    for other in boards
                    if start == stop and calls[other][2] == end and calls[other][4] >= comes + seconds
                ]
            for ride in range(rides):
                for kind, one, other_kind, other, more, seconds in steps:
                    if ride + more < rides:
                        key = (2 * ride + kind) * n + one, (2 * (ride + more) + other_kind) * n + other
                        arcs[key] = 1000 * seconds + 1
        size = 2 * rides * n
        keys = np.array(list(arcs)).reshape(-1, 2)
        graph = coo_array((np.array(list(arcs.values()), "float64"), keys.T), shape=(size, size)).tocsr()
        seconds = np.floor(dijkstra(graph, indices=boards) / 1000) if boards else np.empty((0, size))
        # By departure: the arrival at each stop.
        self.stop = np.array([calls[board][2] for board in boards], int)
        self.departure = np.array([calls[board][4] for board in boards], int)
        self.arrival = np.full((len(boards), day.stops), np.inf)
        for call, (_, place, stop, _, _, _, alight) in enumerate(calls):
            if alight and place:
                for ride in range(rides):
                    at = self.departure + seconds[:, (2 * ride + 1) * n + call]
                    self.arrival[:, stop] = np.minimum(self.arrival[:, stop], at)

    def earliest(self, leaving: int, access: dict[int, int], egress: dict[int, int], limit: int) -> int:
        """Return the earliest arrival; NEVER where it takes longer."""
        ready = np.array([leaving + access.get(stop, ANY) for stop in self.stop.tolist()], "float64")
        found = self.arrival[self.departure >= ready].min(axis=0, initial=np.inf)
        at = min((found[stop] + seconds for stop, seconds in egress.items()), default=np.inf)
        return int(at) if at <= leaving + limit else int(NEVER)


#: Times as many places, which are then more than stops and times.
MANY = 100
SEVERAL = st.lists(LEGS, min_size=1, max_size=2)


def check_every_cell(day, access, egress, rides, limit):
    slow = Expanded(day, rides)
    for swept in (False, True):
        check_cells(Raptor(day, swept=swept), slow, access, egress, rides, limit)


def check_cells(raptor, slow, access, egress, rides, limit):
    moments = np.arange(AFTER_MIDNIGHT - 14, AFTER_MIDNIGHT + 14, 2)
    wanted = np.array(
        [[[slow.earliest(at, one, other, limit) for other in egress] for at in moments.tolist()] for one in access]
    )
    forward = raptor.moments(legs(access), legs(egress), moments, rides=rides, limit=limit)
    assert forward.tolist() == wanted.tolist()
    # Of many places beside few stops the search goes through the stops.
    many = access * MANY
    again = raptor.moments(legs(many), legs(egress), moments, rides=rides, limit=limit)
    assert again.tolist() == wanted.tolist() * MANY
    options = {"rides": rides, "limit": limit, "percentiles": (0, 25, 50, 90, 100)}
    for way, one, other in ((False, access, egress), (True, egress, access)):
        few = raptor.seconds(legs(one), legs(other), moments, backward=way, **options)
        more = raptor.seconds(legs(one * MANY), legs(other), moments, backward=way, **options)
        assert all((np.tile(a, (MANY,) + (1,) * (a.ndim - 1)) == b).all() for a, b in zip(few, more, strict=True))

    backward = raptor.moments(legs(egress), legs(access), moments, rides=rides, limit=limit, backward=True)
    for o, one in enumerate(access):
        # The last departure is one that catches a ride: by each of them, when one would arrive.
        leaving = {
            int(at) - one[stop] for stop, at in zip(slow.stop.tolist(), slow.departure, strict=True) if stop in one
        }
        for e, other in enumerate(egress):
            arrives = {at: slow.earliest(at, one, other, ANY) for at in leaving}
            for number, moment in enumerate(moments.tolist()):
                ways = [at for at, there in arrives.items() if there <= moment and moment - at <= limit]
                assert backward[e, number, o] == max(ways, default=NEVER)

    shares = (0, 25, 50, 90, 100)
    seconds, within = raptor.seconds(legs(access), legs(egress), moments, percentiles=shares, rides=rides, limit=limit)
    on_the_way = np.sort(np.where(wanted == NEVER, NEVER, wanted - moments[None, :, None]), axis=1)
    assert (within == (wanted != NEVER).sum(axis=1)).all()
    for number, share in enumerate(shares):
        assert (seconds[:, number] == on_the_way[:, rank_of(share, len(moments))]).all()
    assert (np.diff(seconds.astype("int64"), axis=1) >= 0).all()


@settings(deadline=None, max_examples=25)
@given(
    days(),
    st.lists(LEGS, min_size=1, max_size=2),
    st.lists(LEGS, min_size=1, max_size=2),
    st.integers(1, 4),
    st.sampled_from([9, 20, ANY]),
)
def test_every_cell_is_that_of_a_time_expanded_graph(day, access, egress, rides, limit):
    check_every_cell(day, access, egress, rides, limit)


@pytest.mark.slow
@settings(deadline=None, max_examples=1500)
@given(
    days(),
    st.lists(LEGS, min_size=1, max_size=2),
    st.lists(LEGS, min_size=1, max_size=2),
    st.integers(1, 4),
    st.sampled_from([9, 20, ANY]),
)
def test_every_cell_of_many_days_is_that_of_a_time_expanded_graph(day, access, egress, rides, limit):
    check_every_cell(day, access, egress, rides, limit)


@settings(deadline=None, max_examples=25)
@given(days(), LEGS, st.integers(1, 3), st.data())
def test_later_is_not_sooner_more_rides_are_not_slower_and_another_line_does_no_harm(day, start, rides, data):
    moments = np.arange(AFTER_MIDNIGHT - 14, AFTER_MIDNIGHT + 14)
    ends = StopLegs.at(np.arange(STOPS))
    known = Raptor(day).moments(legs([start]), ends, moments, rides=rides)
    assert (np.diff(known.astype("int64"), axis=1) >= 0).all()
    assert (Raptor(day).moments(legs([start]), ends, moments, rides=rides + 1) <= known).all()
    patterns = len(day.pattern_start) - 1
    fewer = data.draw(st.integers(0, patterns - 1))
    if not (day.next_trip >= 0).any() and patterns > 1:
        assert (Raptor(without_pattern(day, fewer)).moments(legs([start]), ends, moments, rides=rides) >= known).all()


def without_pattern(day: Day, pattern: int) -> Day:
    """Return the day without one of its patterns."""
    cuts = {
        ("pattern_start",): ("pattern_stop", "may_board", "may_alight"),
        ("trip_start",): ("trip_row", "next_trip"),
        ("time_start",): ("arrival", "departure"),
    }
    changed = {}
    for (start,), columns in cuts.items():
        bounds = getattr(day, start)
        gone = np.arange(bounds[pattern], bounds[pattern + 1])
        changed[start] = np.cumsum([0, *np.delete(np.diff(bounds), pattern)]).astype("int64")
        changed |= {name: np.delete(getattr(day, name), gone) for name in columns}
    return replace(day, **changed)


def test_what_a_later_departure_leaves_is_kept_by_round():
    """A departure that is later comes sooner to where one changes, but with a ride more, and so goes no further."""
    lines = [
        {"stops": [0, 1], "trips": [[50, 60]]},
        {"stops": [1, 2], "trips": [[65, 100]]},
        {"stops": [0, 2], "trips": [[40, 105]]},
        {"stops": [2, 3], "trips": [[110, 120]]},
    ]
    found = Raptor(a_day(4, lines)).moments(StopLegs.at([0]), StopLegs.at([2, 3]), np.array([40, 50]), rides=2)
    assert found.tolist() == [[[100, 120], [100, NEVER]]]


def test_staying_seated_is_no_ride_and_takes_no_change():
    lines = [
        {"stops": [0, 1], "trips": [[0, 100], [200, 300]]},
        {"stops": [1, 2], "trips": [[130, 230], [330, 430]]},
    ]
    apart = a_day(3, lines, change=60)
    seated = a_day(3, lines, change=60, seated={0: 2})
    start, end = StopLegs.at([0]), StopLegs.at([2])
    found = [
        Raptor(day).moments(start, end, np.array([0]), rides=rides)[0, 0, 0]
        for day in (apart, seated)
        for rides in (1, 2)
    ]
    assert found == [NEVER, 430, 230, 230]


def test_a_percentile_is_a_departure_s_own_time():
    day = a_day(2, [{"stops": [0, 1], "trips": [[600, 1200]]}])
    start, end = StopLegs.at([0]), StopLegs.at([1])
    seconds, within = Raptor(day).seconds(start, end, np.arange(0, 1200, 60), percentiles=(0, 50, 55, 60), rides=1)
    # Of 20 departures the first 11, from 0 to 600, catch the only train: 20 minutes on the way, 19, … 10.
    assert within[0, 0] == 11
    assert seconds[0, :, 0].tolist() == [600, 600 + 9 * 60, 600 + 10 * 60, NEVER]


def test_moments_are_those_of_the_call_whatever_their_order():
    day = a_day(2, [{"stops": [0, 1], "trips": [[at, at + 30] for at in range(0, 600, 100)]}])
    start, end = StopLegs.at([0]), StopLegs.at([1])
    assert Raptor(day).moments(start, end, np.array([150, 50]), rides=1)[0, :, 0].tolist() == [230, 130]
    back = Raptor(day).moments(end, start, np.array([150, 50]), rides=1, backward=True)[0, :, 0]
    assert back.tolist() == [100, 0]


def test_pairs_are_as_they_are_alone():
    """Many origins at once share no label."""
    day = a_day(
        4, [{"stops": list(pair), "trips": [[at, at + 7] for at in range(0, 90, 9)]} for pair in pairwise(range(4))]
    )
    moments = np.arange(0, 60, 5)
    together = Raptor(day).moments(StopLegs.at(np.arange(4)), StopLegs.at(np.arange(4)), moments, rides=3)
    for stop in range(4):
        alone = Raptor(day).moments(StopLegs.at([stop]), StopLegs.at(np.arange(4)), moments, rides=3)
        assert (together[stop] == alone[0]).all()


def there_by(legs: list[tuple[int, int, int]], at: float) -> float:
    """Return when one is there who sets out then, by the best of legs (seconds, earliest, latest)."""
    return min((max(at + s, first) for s, first, last in legs if at + s <= last), default=np.inf)


class WithWindows(Expanded):
    """The same graph, with legs that serve at some times alone before it, after it and beside it."""

    def earliest_with(self, leaving, access, egress, direct, limit):
        ready = np.array([there_by(access.get(stop, []), leaving) for stop in self.stop.tolist()])
        found = self.arrival[self.departure >= ready].min(axis=0, initial=np.inf)
        at = min((there_by(ways, found[stop]) for stop, ways in egress.items()), default=np.inf)
        at = min(at, there_by(direct, leaving))
        return int(at) if at <= leaving + limit else int(NEVER)


@settings(deadline=None, max_examples=25)
@given(days(), LEGS, WINDOWS, LEGS, WINDOWS, WINDOWS, st.integers(1, 3), st.sampled_from([9, 20, ANY]))
def test_every_cell_with_legs_that_serve_at_some_times_alone(day, access, first, egress, last, direct, rides, limit):
    """Of two places at each end the first alone has them, and so has the way from the one to the other."""
    moments = np.arange(AFTER_MIDNIGHT - 14, AFTER_MIDNIGHT + 14, 2)
    slow = WithWindows(day, rides)
    every, never = AFTER_MIDNIGHT * 2, -AFTER_MIDNIGHT
    ways = []
    for plain, timed in ((access, first), (egress, last)):
        both = {stop: [(seconds, never, every)] for stop, seconds in plain.items()}
        ways.append([{stop: list(legs) for stop, legs in both.items()}, both])
        for stop, *leg in timed:
            ways[-1][0].setdefault(stop, []).append(tuple(leg))
    straight = [tuple(leg) for _, *leg in direct]
    timed = Timed(timed_legs([first, []]), timed_legs([last, []]), timed_legs([[(0, *leg) for leg in straight], []]))

    def wanted(one: int, other: int, at: int, most: int) -> int:
        return slow.earliest_with(at, ways[0][one], ways[1][other], straight if one == other == 0 else [], most)

    pairs, ends, shares = [(0, 0), (0, 1), (1, 0), (1, 1)], (legs(2 * [access]), legs(2 * [egress])), (0, 50, 100)
    there = {pair: [wanted(*pair, at, limit) for at in moments.tolist()] for pair in pairs}
    minute = range(AFTER_MIDNIGHT - 60, AFTER_MIDNIGHT + 15)
    arrives = {pair: {at: wanted(*pair, at, ANY) for at in minute} for pair in pairs}
    for raptor in (Raptor(day, swept=False), Raptor(day, swept=True)):
        forward = raptor.moments(*ends, moments, rides=rides, limit=limit, timed=timed)
        seconds, within = raptor.seconds(*ends, moments, percentiles=shares, rides=rides, limit=limit, timed=timed)
        back = raptor.moments(*ends[::-1], moments, rides=rides, limit=limit, backward=True, timed=timed.turned())
        for one, other in pairs:
            found = there[one, other]
            assert forward[one, :, other].tolist() == found
            on_the_way = sorted(time - at if time != NEVER else NEVER for at, time in zip(moments, found, strict=True))
            assert seconds[one, :, other].tolist() == [on_the_way[rank_of(share, len(moments))] for share in shares]
            assert within[one, other] == sum(time != NEVER for time in found)
            for moment, leaves in zip(moments.tolist(), back[other, :, one].tolist(), strict=True):
                some = [at for at, time in arrives[one, other].items() if time <= moment and moment - at <= limit]
                assert leaves == max(some, default=NEVER)
    # None of it makes anything slower, and without it all is as it was.
    plain = raptor.moments(*ends, moments, rides=rides, limit=limit)
    assert (forward <= plain).all()
    assert (plain == forward[1, :, 1][None, :, None]).all()
    assert plain[0, :, 0].tolist() == [slow.earliest(at, access, egress, limit) for at in moments.tolist()]


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_row_of_the_sweep_serves_again_only_when_nobody_asks_for_it(data):
    from accessmap.roads.transit.sweep_kernels import held

    stages = data.draw(st.integers(1, 40))
    goes_on = [data.draw(st.integers(-1, stage - 1)) for stage in range(stages)]
    changes = [data.draw(st.lists(st.integers(0, stages - 1), max_size=3)) for _ in range(stages)]
    kept = np.array(data.draw(st.lists(st.integers(0, 1), min_size=stages, max_size=stages)), "int8")
    for stage, others in enumerate(changes):
        kept[[each for other in others if other >= stage for each in (stage, other)]] = 2
    start = np.cumsum([0, *map(len, changes)])
    to = np.array([other for others in changes for other in others], "int32")
    rows, count = held(np.array(goes_on, "int32"), start, to, kept)
    assert rows.min() >= 0
    assert rows.max() < count <= stages
    own = rows[kept == 2].tolist()
    assert len(set(own)) == len(own)
    holds = {row: stage for stage, row in enumerate(rows.tolist()) if kept[stage] == 2}
    for stage, others in enumerate(changes):
        for other in [*others, *([goes_on[stage]] if goes_on[stage] >= 0 else [])]:
            assert holds[rows[other]] == other
        assert kept[stage] == 2 or rows[stage] not in own
        holds[rows[stage]] = stage
    assert all(holds[rows[stage]] == stage for stage in np.flatnonzero(kept).tolist())


def test_a_long_line_is_swept_in_few_rows():
    """Of 2,000 stages in a row none is asked for but by the one before."""
    day = a_day(2001, [{"stops": list(range(2001)), "trips": [list(range(0, 20010, 10))]}])
    stages = Stages.of(Lines.of(day, 0, 30_000))
    assert len(stages.arrays[0]) == 2000
    assert stages._held(stages.row[[1, 2]], by_round=False)[1] < 5
    assert stages._held(stages.row[[1, 2]], by_round=True)[1] == 2000
