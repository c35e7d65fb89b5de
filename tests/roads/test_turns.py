"""Forbidden turns and roads that are no way through, against a search over what was driven."""

import itertools
import re
from typing import Any

import numpy as np
import pytest
from driven import Roads, networks, places
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accessmap.roads.engine import Graph, Router, Seeds
from accessmap.roads.engine.prepared import Prepared
from accessmap.roads.engine.preparing import prepare
from accessmap.roads.expanded import FORBIDDEN, JUNCTIONS, Expanded

SLOW = settings(deadline=None, max_examples=100, suppress_health_check=list(HealthCheck))


def seeds(rows: list[list[tuple[int, int]]]) -> Seeds:
    width = max(map(len, rows))
    table = np.array([row + [(-1, 0)] * (width - len(row)) for row in rows], "int64").reshape(len(rows), width, 2)
    return Seeds(table[:, :, 0], table[:, :, 1])


def origins(roads: Roads, grown: Expanded, starts: list[Any]) -> Seeds:
    return seeds(
        [
            [(int(grown.entry[at[0]]), round((1 - at[1]) * roads.arcs[at[0]][2]))]
            if isinstance(at, tuple)
            else [(int(grown.start[at]), 0)]
            for at in starts
        ]
    )


def destinations(roads: Roads, grown: Expanded, ends: list[Any]) -> Seeds:
    rows = []
    for at in ends:
        if isinstance(at, tuple):
            _, arcs = grown.along.each(np.array([at[0]]))
            ms = roads.arcs[at[0]][2]
            rows.append([(int(grown.tails[a]), int(grown.ms[a]) - ms + round(at[1] * ms)) for a in arcs])
        else:
            rows.append([(int(state), 0) for state in grown.at.each(np.array([at]))[1]])
    return seeds(rows)


def graph_of(grown: Expanded) -> Graph:
    return Graph.from_arcs(len(grown.node), grown.tails, grown.heads, grown.ms)


@SLOW
@given(st.data())
def test_times_with_turns_and_private_roads_equal_a_search_over_what_was_driven(data: Any) -> None:
    roads = data.draw(networks())
    starts, ends = places(data.draw, roads), places(data.draw, roads)
    grown = roads.expanded()
    right = np.array([[roads.ms(start, end) for end in ends] for start in starts])
    from_, to = origins(roads, grown, starts), destinations(roads, grown, ends)
    router = Router(graph_of(grown))
    assert np.array_equal(router.matrix_ms(from_, to), right)
    prepared = Prepared(prepare(graph_of(grown), threads=1))
    found = np.full(right.shape, -7, "int64")
    prepared.matrix(from_, to, None, found)
    assert np.array_equal(found, right)


@SLOW
@given(st.data())
def test_every_node_to_its_nearest_and_one_to_all_with_turns(data: Any) -> None:
    roads = data.draw(networks())
    grown, router = roads.expanded(), Router(graph_of(roads.expanded()))
    ends = places(data.draw, roads)
    to = destinations(roads, grown, ends)
    right = np.array([[roads.ms(node, end) for end in ends] for node in range(roads.n)])
    far = np.where(right < 0, np.iinfo("int64").max, right)
    minutes, which = (column[grown.start] for column in router.nearest(to, k=2))
    order = np.argsort(far, axis=1, kind="stable")[:, :2]
    least = np.take_along_axis(right, order, axis=1)
    expected = np.where(least < 0, np.nan, least / 60_000).astype("float32")
    width = expected.shape[1]
    assert np.array_equal(minutes[:, :width], expected, equal_nan=True)
    assert np.array_equal(which[:, :width], np.where(least < 0, -1, order))
    start = places(data.draw, roads)
    every = grown.least(router.to_all(origins(roads, grown, start)))
    from_start = np.array([[roads.ms(at, node) for node in range(roads.n)] for at in start])
    expected = np.where(from_start < 0, np.nan, from_start / 60_000).astype("float32")
    assert np.array_equal(every, expected, equal_nan=True)
    assert np.array_equal(
        router.from_all(to)[:, grown.start], np.where(right < 0, np.nan, right / 60_000).T.astype("float32"),
        equal_nan=True,
    )  # fmt: skip


@SLOW
@given(st.data())
def test_a_path_can_be_driven_and_takes_what_it_says(data: Any) -> None:
    roads = data.draw(networks())
    start, end = data.draw(st.integers(0, roads.n - 1)), data.draw(st.integers(0, roads.n - 1))
    grown = roads.expanded()
    path = Router(graph_of(grown)).path(origins(roads, grown, [start]), destinations(roads, grown, [end]))
    right = roads.ms(start, end)
    assert (len(path) > 0) == (right >= 0)
    if len(path):
        ms, kinds, nodes = 0, "", [start]
        for tail, head in itertools.pairwise(path):
            between = np.flatnonzero((grown.tails == tail) & (grown.heads == head))
            arc = between[np.argmin(grown.ms[between])]
            nodes.append(roads.arcs[grown.arc[arc]][1])
            added = roads.added(tuple(nodes))
            assert added != FORBIDDEN
            ms += roads.arcs[grown.arc[arc]][2] + added
            kinds += "+" if roads.arcs[grown.arc[arc]][3] else "-"
        assert ms == right
        assert re.fullmatch(r"-*\+*-*", kinds)
        assert nodes[-1] == end


def turning_round(roads: Roads) -> list[tuple[int, ...]]:
    """Every turn back that is none of a dead end: where there is another way on, which is not forbidden outright."""
    found = []
    for u, x, _, way in roads.arcs:
        if u == x:
            continue
        onward = [
            head
            for tail, head, _, through in roads.arcs
            if tail == x and head not in (u, x) and (through or not way) and roads.added((u, x, head)) != FORBIDDEN
        ]
        if onward:
            found.append((u, x, u))
    return found


@pytest.mark.slow
@SLOW
@given(st.data())
def test_far_enough_from_forbidden_turns_it_is_as_if_nobody_ever_turned_round(data: Any) -> None:
    roads = data.draw(networks(most=6, costs=False))
    public = [(tail, head, ms, True) for tail, head, ms, _ in roads.arcs]
    roads = Roads(roads.n, public, roads.turns, roads.turn_ms)
    never = turning_round(roads)
    strict = Roads(roads.n, roads.arcs, roads.turns + never, roads.turn_ms + [FORBIDDEN] * len(never))
    grown = roads.expanded(junctions=1000)
    nodes = list(range(roads.n))
    found = Router(graph_of(grown)).matrix_ms(origins(roads, grown, nodes), destinations(roads, grown, nodes))
    right = [[strict.ms(start, end) for end in nodes] for start in nodes]
    free = [[roads.ms(start, end) for end in nodes] for start in nodes]
    if roads.turns:
        assert found.tolist() == right
    else:
        assert found.tolist() == free


@SLOW
@given(st.data(), st.integers(0, 3))
def test_turning_round_is_forbidden_where_it_is_said_to_be(data: Any, junctions: int) -> None:
    roads = data.draw(networks())
    if data.draw(st.booleans()):  # nearly all streets two-way, nearly all turns at a cost
        arcs = roads.arcs + [(head, tail, ms, way) for tail, head, ms, way in roads.arcs]
        costs = [data.draw(st.integers(10, 60)) for _ in roads.turns]
        costs[:1] = [data.draw(st.sampled_from([FORBIDDEN, 50]))] * len(costs[:1])
        roads = Roads(roads.n, arcs, [turn[:3] for turn in roads.turns], costs)
    nodes = list(range(roads.n))
    strict = roads.turning_round(junctions)
    grown = roads.expanded(junctions=junctions)
    found = Router(graph_of(grown)).matrix_ms(origins(roads, grown, nodes), destinations(roads, grown, nodes))
    assert found.tolist() == [[strict.ms(start, end) for end in nodes] for start in nodes]


def test_a_network_without_rules_is_itself() -> None:
    roads = Roads(3, [(0, 1, 5, True), (1, 2, 6, True), (2, 2, 1, True)], [], [])
    grown = roads.expanded(junctions=1)
    assert grown.plain
    assert grown.node.tolist() == [0, 1, 2]
    assert (grown.tails.tolist(), grown.heads.tolist(), grown.ms.tolist()) == ([0, 1], [1, 2], [5, 6])
    assert grown.entry.tolist() == [1, 2, 2]


@pytest.mark.parametrize(("junctions", "ms"), [(None, 22), (0, 24), (1, 26), (2, 30)])
def test_a_turn_is_not_had_by_turning_round_just_behind_it(junctions: int | None, ms: int) -> None:
    # 0 - 1 - 2 - 3 - 4 - 6, with side streets at 1 (5), 3 (7) and 4 (8); no left turn from 0 to 5.
    street = [(0, 1, 10), (1, 2, 1), (2, 3, 1), (3, 4, 1), (4, 6, 2), (1, 5, 10), (3, 7, 50), (4, 8, 50)]
    arcs = [(u, v, cost, True) for u, v, cost in street] + [(v, u, cost, True) for u, v, cost in street]
    roads = Roads(9, arcs, [(0, 1, 5)], [FORBIDDEN])
    grown = roads.expanded(junctions=junctions)
    found = Router(graph_of(grown)).matrix_ms(origins(roads, grown, [0]), destinations(roads, grown, [5]))
    assert found.tolist() == [[ms]]


@SLOW
@given(st.data())
def test_where_turns_cost_time_it_is_as_if_nobody_ever_turned_round_at_dead_ends_either(data: Any) -> None:
    roads = data.draw(networks(most=6))
    arcs = [(tail, head, ms, True) for tail, head, ms, _ in roads.arcs]
    arcs += [(head, tail, ms, True) for tail, head, ms, _ in arcs if data.draw(st.booleans())]
    turns = [turn[:3] for turn in roads.turns]
    costs = [data.draw(st.integers(1, 60)) for _ in turns]
    roads = Roads(roads.n, arcs, turns, costs)
    never = sorted({(u, x, u) for u, x, *_ in arcs if u != x})
    strict = Roads(roads.n, arcs, turns + never, costs + [FORBIDDEN] * len(never))
    grown, nodes = roads.expanded(junctions=JUNCTIONS), list(range(roads.n))
    found = Router(graph_of(grown)).matrix_ms(origins(roads, grown, nodes), destinations(roads, grown, nodes))
    assert found.tolist() == [[strict.ms(start, end) for end in nodes] for start in nodes]


@pytest.mark.parametrize(
    ("start", "end", "turn", "freely", "ms"),
    [
        (0, 3, 10, 22, 30),  # not by 2, a bend in the road
        (0, 3, 2, 22, 22),  # a turn that costs less than that
        (0, 3, 50, 22, 30 + 40),  # nor by 4, a dead end
        (0, 3, FORBIDDEN, 22, 26),  # but who must turn there may
        ((0, 0.5), (4, 0.5), 10, 12, 20),  # part-way along roads
        (2, 3, 10, 11, 11),  # who begins behind the turn drives as ever
        ((3, 0.5), 3, 10, 12, 12),
        (0, 4, 10, 13, 13),
    ],
)
def test_a_turn_that_costs_time_is_not_had_by_turning_round_behind_it(
    start: Any, end: Any, turn: int, freely: int, ms: int
) -> None:
    # 0 - 1 - 2 - 4, a side street 3 at 1; from 0 to 3 costs more than straight on and from 2 to 3.
    street = [(0, 1, 10), (1, 2, 1), (2, 4, 2), (4, 2, 2), (1, 3, 10)]
    arcs = [(u, v, cost, True) for u, v, cost in [*street, (1, 0, 10), (2, 1, 1), (3, 1, 10)]]
    roads = Roads(5, arcs, [(0, 1, 3)], [turn])
    for junctions, right in ((None, freely), (JUNCTIONS, ms)):
        grown = roads.expanded(junctions=junctions)
        found = Router(graph_of(grown)).matrix_ms(origins(roads, grown, [start]), destinations(roads, grown, [end]))
        assert found.tolist() == [[right]]
