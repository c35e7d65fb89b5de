"""Rounds with stops and half-days: toys by head, and every choice of stops on small instances."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap import siting
from accessmap.errors import SitingError, TableError

# A town at b, villages at a and c; 20 minutes between neighbours.
TIMES = pd.DataFrame(
    {"a": [2.0, 20, 40], "b": [20.0, 2, 20], "c": [40.0, 20, 2]}, index=["north", "middle", "south"], dtype="float32"
)
PEOPLE = pd.Series({"north": 60.0, "middle": 100.0, "south": 40.0})


def test_a_round_stops_where_most_people_are_and_spares_half_days() -> None:
    plan = siting.mobile_round(TIMES, PEOPLE, half_days=2, cutoff=10)
    assert (plan.sites, plan.objective, plan.status) == (("a", "b"), 160.0, "optimal")
    near = siting.mobile_round(TIMES, PEOPLE, half_days=3, cutoff=20)
    assert near.sites == ("b",)  # everyone is within 20 minutes of the town: one stop is enough


def test_stops_may_take_more_than_one_half_day() -> None:
    takes = pd.Series({"a": 1, "b": 4, "c": 1})
    plan = siting.mobile_round(TIMES, PEOPLE, half_days=4, cutoff=10, per_stop=takes)
    assert plan.sites == ("a", "c")  # 100 people for two half-days, where the town has 100 for four
    assert siting.mobile_round(TIMES, PEOPLE, half_days=5, cutoff=10, per_stop=takes).sites == ("a", "b")


def test_people_near_a_fixed_site_need_no_stop() -> None:
    plan = siting.mobile_round(TIMES, PEOPLE, half_days=1, cutoff=10, existing=["b"])
    assert (plan.opened, plan.objective) == (("a",), 160.0)
    forbidden = siting.mobile_round(TIMES, PEOPLE, half_days=1, cutoff=10, existing=["b"], forbidden=["a"])
    assert forbidden.opened == ("c",)
    assert siting.week_of(forbidden, PEOPLE).to_dict() == {"c": 1.0}


def test_half_days_left_over_go_to_the_stops_with_most_people_each() -> None:
    plan = siting.mobile_round(TIMES, PEOPLE, half_days=10, cutoff=10)
    # D'Hondt for 60, 100, 40 people and one half-day each: b 50, a 30, b 33, b 25, a 20 …
    assert siting.week_of(plan, PEOPLE).to_dict() == {"a": 3.0, "b": 5.0, "c": 2.0}


def test_a_round_near_everyone_has_no_one_left_to_stop_for() -> None:
    plan = siting.mobile_round(TIMES, PEOPLE, half_days=2, cutoff=20, existing=["b"])
    assert plan.opened == ()
    assert siting.week_of(plan, PEOPLE).empty


def test_the_trade_of_hours_for_nearness_is_told_at_equal_hours() -> None:
    rounds = {"fixed": pd.Series({"b": 10}), "round": pd.Series({"a": 3, "b": 5, "c": 2})}
    table = siting.compare_rounds(TIMES, PEOPLE, rounds, cutoff=10)
    fixed, mobile = table.loc["fixed"], table.loc["round"]
    assert (fixed["stops"], fixed["people_within"], fixed["share"]) == (1, 100.0, 0.5)
    assert (mobile["stops"], mobile["people_within"], mobile["share"]) == (3, 200.0, 1.0)
    assert (fixed["half_days_each"], fixed["half_days_within"]) == (5.0, 10.0)
    assert mobile["half_days_each"] == mobile["half_days_within"] == pytest.approx((60 * 3 + 100 * 5 + 40 * 2) / 200)
    assert (fixed["mean_minutes"], mobile["mean_minutes"]) == (pytest.approx((100 * 20 + 100 * 2) / 200), 2.0)
    assert (fixed["worst_minutes"], mobile["worst_minutes"]) == (20.0, 2.0)


def test_who_reaches_no_stop_is_counted_apart() -> None:
    times = TIMES.copy()
    times.loc["south"] = np.nan
    table = siting.compare_rounds(times, PEOPLE, {"fixed": pd.Series({"b": 2})}, cutoff=10)
    assert table.loc["fixed", ["unreached_people", "worst_minutes"]].tolist() == [40.0, 20.0]
    assert table.loc["fixed", "share"] == 0.5


def test_only_equal_hours_are_compared_and_every_problem_is_named() -> None:
    with pytest.raises(SitingError, match="half-days differ .'fixed' 10, 'round' 4."):
        siting.compare_rounds(TIMES, PEOPLE, {"fixed": pd.Series({"b": 10}), "round": pd.Series({"a": 4})}, cutoff=9)
    with pytest.raises(SitingError, match="no site 'd'.*above 0 in all"):
        siting.compare_rounds(TIMES, PEOPLE, {"x": pd.Series({"d": 1}), "y": pd.Series({"a": 0})}, cutoff=9)
    with pytest.raises(SitingError, match="stands twice"):
        siting.compare_rounds(TIMES, PEOPLE, {"x": pd.Series([1, 2], index=["a", "a"])}, cutoff=9)
    with pytest.raises(SitingError, match="there is none"):
        siting.compare_rounds(TIMES, PEOPLE, {}, cutoff=9)


def test_rounds_that_cannot_be_are_refused() -> None:
    with pytest.raises(SitingError, match="too few for any stop"):
        siting.mobile_round(TIMES, PEOPLE, half_days=1, cutoff=10, per_stop=2)
    with pytest.raises(SitingError, match="a stop takes time"):
        siting.mobile_round(TIMES, PEOPLE, half_days=1, cutoff=10, per_stop=0)
    with pytest.raises(TableError, match="per_stop"):
        siting.mobile_round(TIMES, PEOPLE, half_days=1, cutoff=10, per_stop=pd.Series({"a": 1.0}))
    with pytest.raises(SitingError, match="takes a siting from mobile_round"):
        siting.week_of(siting.p_median(TIMES, PEOPLE, 1), PEOPLE)


@st.composite
def instances(draw: st.DrawFn) -> tuple[pd.DataFrame, pd.Series, pd.Series, int]:
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    cells = draw(st.lists(st.one_of(st.integers(0, 30), st.none()), min_size=rows * columns, max_size=rows * columns))
    minutes = np.array([np.nan if cell is None else cell for cell in cells], "float64").reshape(rows, columns)
    times = pd.DataFrame(minutes, [f"r{row}" for row in range(rows)], [f"s{column}" for column in range(columns)])
    people = pd.Series(draw(st.lists(st.integers(1, 9), min_size=rows, max_size=rows)), index=times.index)
    takes = pd.Series(draw(st.lists(st.integers(1, 3), min_size=columns, max_size=columns)), index=times.columns)
    return times, people, takes, draw(st.integers(3, 10))


def reached(times: pd.DataFrame, people: pd.Series, stops: tuple[str, ...], cutoff: float) -> float:
    return float(people[(times[list(stops)] <= cutoff).any(axis=1)].sum())


@settings(max_examples=25, deadline=None)
@given(instances(), st.integers(0, 30))
def test_no_other_round_reaches_more_people(
    instance: tuple[pd.DataFrame, pd.Series, pd.Series, int], cutoff: int
) -> None:
    times, people, takes, half_days = instance
    best = max(
        (reached(times, people, stops, cutoff), -takes[list(stops)].sum())
        for size in range(1, times.shape[1] + 1)
        for stops in itertools.combinations(times.columns, size)
        if takes[list(stops)].sum() <= half_days
    )
    plan = siting.mobile_round(times, people, half_days=half_days, cutoff=cutoff, per_stop=takes)
    assert (plan.objective, -takes[list(plan.sites)].sum()) == best
    week = siting.week_of(plan, people)
    assert week.sum() == half_days
    assert (week >= takes[list(week.index)]).all()


@settings(max_examples=25, deadline=None)
@given(instances(), st.integers(0, 30))
def test_no_round_offers_more_half_days_than_the_best_fixed_site(
    instance: tuple[pd.DataFrame, pd.Series, pd.Series, int], cutoff: int
) -> None:
    times, people, takes, half_days = instance
    week = siting.week_of(
        siting.mobile_round(times, people, half_days=half_days, cutoff=cutoff, per_stop=takes), people
    )
    fixed = {site: pd.Series({site: half_days}) for site in times.columns}
    table = siting.compare_rounds(times, people, {**fixed, "round": week}, cutoff=cutoff)
    assert table.loc["round", "half_days_each"] <= table.drop("round")["half_days_each"].max() + 1e-9
    assert table.loc["round", "people_within"] == reached(times, people, tuple(week.index), cutoff)
