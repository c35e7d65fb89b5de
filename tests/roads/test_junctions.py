"""What turning costs: by angle, class and side, laid on arcs where that can be, and told turn by turn elsewhere."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.roads.junctions import LAST_GREAT, LEAST_TOLD_S, RANKS, TurnCosts, turn_costs
from accessmap.roads.law import rows_of

Turns = dict[tuple[int, int], float]


def star(bearings: list[float], classes: list[str], law: str = "FR", **more: object) -> tuple[pd.DataFrame, np.ndarray]:
    """Two-way arms 1, 2 … at node 0, each leaving it at a bearing: arcs and where they lead."""
    arms = range(1, len(bearings) + 1)
    ends = [(arm, 0) for arm in arms] + [(0, arm) for arm in arms]
    table = pd.DataFrame(ends, columns=["u", "v"]).assign(road_class=classes * 2, roundabout=False, law=law)
    return table.assign(**more), np.array([bearing + 180.0 for bearing in bearings] + list(bearings))


def seconds(arcs: pd.DataFrame, heading: np.ndarray, mode: str = "car") -> Turns:
    """What each turn costs in all, by the arms that it goes from and to."""
    found = turn_costs(arcs, heading, mode)
    told = dict(zip(zip(found.before.tolist(), found.after.tolist(), strict=True), found.seconds, strict=True))
    arms = len(arcs) // 2
    return {
        (a + 1, b + 1): found.on_arcs[a] + found.on_arcs[arms + b] + told.get((a, arms + b), 0.0)
        for a in range(arms)
        for b in range(arms)
        if a != b
    }


CROSS = [0.0, 90.0, 180.0, 270.0]


def test_straight_on_costs_nothing_and_a_turn_half_of_all() -> None:
    cost = seconds(*star(CROSS, ["tertiary"] * 4))
    assert cost[1, 3] == cost[2, 4] == pytest.approx(0, abs=0.05)
    # From the north: the west is to the right, the east to the left, across those who come from the south.
    assert cost[1, 4] == pytest.approx((5 + 3.2) / 2, abs=0.05)
    assert cost[1, 2] == pytest.approx((5 + 3.2 + 1.3) / 2, abs=0.05)


def test_oncoming_traffic_is_crossed_on_the_other_side_where_one_drives_on_the_left() -> None:
    cost = seconds(*star(CROSS, ["tertiary"] * 4, law="GB"))
    assert cost[1, 4] > cost[1, 2]


def test_a_sharp_turn_costs_more_than_a_slight_one() -> None:
    slight, square, sharp = (seconds(*star([0.0, 180.0, 180.0 + b], ["primary"] * 3))[1, 3] for b in (30, 90, 150))
    assert slight < 0.5 < square < 5 < sharp


def test_the_stem_of_a_t_bears_all_so_that_no_turn_is_told() -> None:
    arcs, heading = star([90.0, 270.0, 180.0], ["residential"] * 3)
    found = turn_costs(arcs, heading, "car")
    assert len(found.seconds) == 0
    assert found.on_arcs.round(1).tolist() == [0, 0, 2.5, 0, 0, 2.5]


def test_crossroads_of_small_streets_tell_no_turns() -> None:
    assert len(turn_costs(*star(CROSS, ["residential"] * 4), "car").seconds) == 0
    assert len(turn_costs(*star(CROSS, ["tertiary"] * 4), "car").seconds) == 8


@pytest.mark.parametrize("more", [{"roundabout": True}, {"road_class": "service"}])
def test_roundabouts_and_drives_are_no_turns(more: dict[str, object]) -> None:
    found = turn_costs(*star(CROSS, ["tertiary"] * 4, **more), "car")
    assert not found.on_arcs.any()
    assert len(found.seconds) == 0


def test_a_bend_is_no_turn() -> None:
    assert not turn_costs(*star([0.0, 90.0], ["tertiary"] * 2), "car").on_arcs.any()


def test_nobody_slows_down_to_turn_on_foot() -> None:
    found: TurnCosts = turn_costs(*star(CROSS, ["tertiary"] * 4), "walk")
    assert not found.on_arcs.any()


def test_bikes_lose_less_than_cars() -> None:
    bike, car = (seconds(*star([0.0, 180.0, 90.0], ["tertiary"] * 3), mode=mode)[1, 3] for mode in ("bike", "car"))
    assert 0 < bike < car


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.floats(0, 359), st.sampled_from(sorted(RANKS))), min_size=3, max_size=5))
def test_what_is_laid_on_arcs_and_told_is_never_more_than_the_turn_costs(arms: list[tuple[float, str]]) -> None:
    bearings, classes = [bearing for bearing, _ in arms], [name for _, name in arms]
    most = sum(float(row["seconds"]) for row in rows_of("turns") if row["mode"] == "car")
    for (a, b), cost in seconds(*star(bearings, classes)).items():
        angle = (bearings[b - 1] - (bearings[a - 1] + 180) + 180) % 360 - 180
        whole = most / (1 + np.exp(6.5 - 13 / 180 * abs(angle)))
        assert 0 <= cost <= whole + 1e-9
        if any(RANKS[name] <= LAST_GREAT for name in classes) and cost:
            # Less what is not worth telling, and what only those who cross oncoming traffic lose.
            assert cost >= whole - LEAST_TOLD_S - 1.3 / (1 + np.exp(6.5 - 13 / 180 * abs(angle)))
