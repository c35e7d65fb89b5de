import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize

from accessmap.equilibrium import raam
from accessmap.errors import TableError

quick = settings(max_examples=20, deadline=None)  # deadlines fail on a busy machine


@st.composite
def tables(draw):
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 4))
    minute = st.one_of(st.just(np.nan), st.integers(0, 90).map(float))
    cells = draw(st.lists(st.lists(minute, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    residents, sites = [f"r{i}" for i in range(rows)], [f"s{j}" for j in range(columns)]
    return (
        pd.DataFrame(cells, index=residents, columns=sites),
        pd.Series(draw(st.lists(st.integers(1, 9), min_size=columns, max_size=columns)), index=sites, dtype=float),
        pd.Series(draw(st.lists(st.integers(1, 90), min_size=rows, max_size=rows)), index=residents, dtype=float),
    )


def least_of_beckmann(times, supply, demand, tau=60.0):
    """The function that the equilibrium minimises, brought to its least by a solver that knows nothing of RAAM."""
    t = times.to_numpy() / tau
    open_ = ~np.isnan(t)
    room = supply.to_numpy() * demand.sum() / supply.sum()
    people = demand.to_numpy()
    share = open_ / open_.sum(axis=1, keepdims=True)

    def flows(z):
        x = np.zeros_like(t)
        x[open_] = z
        return x * people[:, np.newaxis]

    def cost(z):
        x = flows(z)
        return float((x.sum(axis=0) ** 2 / (2 * room)).sum() + x[open_] @ t[open_]) / people.sum()

    def total(i):
        return {"type": "eq", "fun": lambda z: flows(z)[i].sum() / people[i] - 1}

    found = minimize(
        cost,
        share[open_],
        bounds=[(0, 1)] * int(open_.sum()),
        constraints=[total(i) for i in range(len(people))],
        method="SLSQP",
        options={"ftol": 1e-14, "maxiter": 1000},
    )
    return flows(found.x).sum(axis=0)


def test_the_loads_are_those_of_the_convex_problem():
    rng = np.random.default_rng(4)
    times = pd.DataFrame(rng.integers(0, 60, (6, 3)).astype(float), index=list("abcdef"), columns=list("xyz"))
    times.iloc[0, 0] = times.iloc[3, 2] = np.nan
    supply = pd.Series({"x": 2.0, "y": 5.0, "z": 3.0})
    demand = pd.Series(rng.integers(10, 90, 6).astype(float), index=list("abcdef"))
    found = raam(times, supply, demand, tolerance=1e-12)
    np.testing.assert_allclose(found.loads, least_of_beckmann(times, supply, demand), rtol=1e-3)


@quick
@given(tables())
def test_everyone_goes_somewhere_and_the_gap_is_what_was_asked(case):
    times, supply, demand = case
    found = raam(times, supply, demand, tolerance=1e-8)
    reached = times.notna().any(axis=1)
    assert found.gap <= 1e-8
    assert found.loads.sum() == pytest.approx(demand[reached].sum())
    assert found.cost.isna().equals(~reached)


@quick
@given(tables())
def test_the_cost_is_that_of_the_best_site_given_where_all_others_go(case):
    times, supply, demand = case
    found = raam(times, supply, demand)
    crowding = found.loads / supply * supply.sum() / demand.sum()
    np.testing.assert_allclose(found.cost, (times / 60 + crowding).min(axis=1))


@quick
@given(tables(), st.sampled_from([0.5, 4.0]), st.sampled_from([0.1, 7.0]))
def test_the_cost_depends_on_shares_of_supply_and_of_people_only(case, more_supply, more_people):
    times, supply, demand = case
    found = raam(times, supply, demand, tolerance=1e-10).cost
    scaled = raam(times, supply * more_supply, demand * more_people, tolerance=1e-10).cost
    np.testing.assert_allclose(scaled, found, rtol=1e-3)


@quick
@given(tables(), st.randoms())
def test_the_order_of_ids_changes_no_cost(case, random):
    times, supply, demand = case
    rows, columns = list(times.index), list(times.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    mixed = raam(times.loc[rows, columns], supply, demand, tolerance=1e-10).cost
    np.testing.assert_allclose(mixed, raam(times, supply, demand, tolerance=1e-10).cost.loc[rows], rtol=1e-3)


def test_one_site_that_all_reach_is_as_crowded_as_the_mean():
    times = pd.DataFrame({"a": [0.0, 30.0, 60.0]}, index=list("xyz"))
    found = raam(times, pd.Series({"a": 4}), pd.Series([10, 20, 30], index=list("xyz")))
    assert found.cost.tolist() == pytest.approx([1.0, 1.5, 2.0])
    assert found.gap == 0.0


def test_two_like_sites_share_people_by_what_the_way_costs():
    # From home to a 0 min, to b 30 min: x/50 = (100 − x)/50 + ½, so 62.5 go to a.
    times = pd.DataFrame({"a": [0.0], "b": [30.0]}, index=["home"])
    found = raam(times, pd.Series({"a": 1, "b": 1}), pd.Series({"home": 100}))
    assert found.loads.tolist() == pytest.approx([62.5, 37.5])
    assert found.cost["home"] == pytest.approx(1.25)


def test_nobody_goes_to_a_site_without_supply_and_who_has_no_other_has_no_cost():
    times = pd.DataFrame({"a": [0.0, np.nan], "shut": [0.0, 0.0]}, index=["x", "y"])
    found = raam(times, pd.Series({"a": 1, "shut": 0}), pd.Series({"x": 10, "y": 10}))
    assert found.loads.to_dict() == {"a": 10.0, "shut": 0.0}
    assert found.cost.isna().tolist() == [False, True]
    assert raam(times, pd.Series({"a": 0, "shut": 0}), pd.Series({"x": 10, "y": 10})).cost.isna().all()


def test_a_place_without_people_has_the_cost_of_the_best_site():
    times = pd.DataFrame({"a": [0.0, 15.0]}, index=["x", "empty"])
    assert raam(times, pd.Series({"a": 1}), pd.Series({"x": 10, "empty": 0})).cost.tolist() == [1.0, 1.25]
    assert raam(times, pd.Series({"a": 1}), pd.Series({"x": 0, "empty": 0})).cost.tolist() == [0.0, 0.25]


def test_travel_weighs_less_as_tau_grows():
    times = pd.DataFrame({"a": [30.0]}, index=["x"])
    assert raam(times, pd.Series({"a": 1}), pd.Series({"x": 10}), tau=30).cost["x"] == pytest.approx(2.0)
    with pytest.raises(ValueError, match="tau is 0"):
        raam(times, pd.Series({"a": 1}), pd.Series({"x": 10}), tau=0)


def test_stopping_short_of_the_equilibrium_is_said():
    rng = np.random.default_rng(0)
    times = pd.DataFrame(rng.random((40, 6)) * 60)
    supply, demand = pd.Series(rng.random(6) + 0.1), pd.Series(rng.random(40) + 0.1)
    with pytest.warns(RuntimeWarning, match="away from its equilibrium"):
        stopped = raam(times, supply, demand, tolerance=1e-15, max_sweeps=1)
    assert stopped.gap > raam(times, supply, demand, tolerance=1e-6).gap


def test_misaligned_tables_and_changed_arguments():
    times = pd.DataFrame({"a": [30.0, np.nan]}, index=["x", "y"])
    before = times.copy()
    with pytest.raises(TableError, match="'y'"):
        raam(times, pd.Series({"a": 1}), pd.Series({"x": 10}))
    raam(times, pd.Series({"a": 1}), pd.Series({"x": 10, "y": 1}))
    pd.testing.assert_frame_equal(times, before)
