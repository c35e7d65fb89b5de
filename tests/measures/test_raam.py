import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.optimize import linprog, minimize

from accessmap.errors import TableError
from accessmap.measures.raam import proposal, raam

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


# The interior-point method, and gaps that answering in turn reaches in thousands of sweeps or never.


def square(residents, sites, *, reach=70.0, seed=0):
    """Homes and sites thrown on a square of 100 minutes, beyond `reach` not reached."""
    rng = np.random.default_rng(seed)
    homes, places = rng.random((residents, 2)) * 100, rng.random((sites, 2)) * 100
    minutes = np.hypot(homes[:, None, 0] - places[None, :, 0], homes[:, None, 1] - places[None, :, 1])
    minutes[minutes > reach] = np.nan
    supply, demand = rng.integers(1, 30, sites).astype(float), rng.integers(1, 500, residents).astype(float)
    return pd.DataFrame(minutes), pd.Series(supply), pd.Series(demand)


def answered_in_turn(times, supply, demand, *, sweeps=20_000, tau=60.0):
    """Loads once each resident in turn has spread over the sites that cost least, again and again, till none moves."""
    travel = np.where(times.isna(), np.inf, times.to_numpy() / tau)
    room, people = supply.to_numpy() * demand.sum() / supply.sum(), demand.to_numpy()
    flows = np.zeros_like(travel)
    for _ in range(sweeps):
        moved = 0.0
        for i in np.flatnonzero(np.isfinite(travel).any(axis=1)):
            cost = (flows.sum(axis=0) - flows[i]) / room + travel[i]
            order = np.argsort(cost)
            order = order[np.isfinite(cost[order])]
            levels = (people[i] + np.cumsum(room[order] * cost[order])) / np.cumsum(room[order])
            answer = np.where(np.isfinite(cost), room * np.maximum(0, levels.min() - cost), 0.0)
            moved = max(moved, np.abs(answer - flows[i]).max())
            flows[i] = answer
        if moved < 1e-11 * people.sum():
            break
    return flows.sum(axis=0)


def proven_gap(times, supply, demand, loads, *, tau=60.0):
    """The share of all cost by which loads miss the least of Beckmann's function, from HiGHS and the dual bound."""
    reached = times.notna().to_numpy()
    travel, going = np.where(reached, times.to_numpy() / tau, np.inf), reached.any(axis=1)
    resident, site = np.nonzero(reached)
    room, people, count = supply.to_numpy() * demand.sum() / supply.sum(), demand.to_numpy(), len(resident)
    ones, at = np.ones(count), np.arange(count)
    rows = sparse.vstack(
        [
            sparse.csr_array((ones, (resident, at)), shape=(len(people), count))[np.flatnonzero(going)],
            sparse.csr_array((ones, (site, at)), shape=(len(room), count)),
        ]
    )
    total = people.sum()
    asked = np.concatenate([people[going], loads]) / total
    carried = linprog(travel[resident, site], A_eq=rows, b_eq=asked, method="highs")
    assert carried.status == 0
    crowding = loads / room
    best = (travel + crowding).min(axis=1)[going]
    bound = people[going] @ best - (room * crowding**2).sum() / 2
    return (loads @ crowding / 2 + carried.fun * total - bound) / (people[going] @ best)


tied = pd.DataFrame(np.full((40, 12), 15.0))
far_apart = 10.0 ** np.linspace(-3, 3, 12)
shapes = {
    "a town": square(300, 40),
    "few sites in reach": square(300, 40, reach=20),
    "more sites than residents": square(5, 60),
    "one resident": square(1, 30, reach=200),
    "one site": square(30, 1, reach=200),
    "all minutes equal": (tied, pd.Series(np.arange(1.0, 13)), pd.Series(np.arange(1.0, 41))),
    "minutes of 0 or 10": (square(200, 20, reach=200)[0] // 50 * 10, *square(200, 20)[1:]),
    "huge and tiny supplies": (square(60, 12, reach=200)[0], pd.Series(far_apart), square(60, 12)[2]),
    "huge and tiny places": (square(12, 12, reach=200)[0], square(12, 12)[1], pd.Series(far_apart**2)),
}


@pytest.mark.parametrize("shape", shapes)
@pytest.mark.parametrize("tau", [5.0, 60.0, 1000.0])
def test_a_gap_of_a_hundred_millionth_is_reached_in_a_hundred_sweeps(shape, tau):
    times, supply, demand = shapes[shape]
    found = raam(times, supply, demand, tau=tau, tolerance=1e-8, max_sweeps=100)  # a warning would fail
    assert found.gap <= 1e-8
    assert found.loads.sum() == pytest.approx(demand[times.notna().any(axis=1)].sum(), rel=1e-12)


@pytest.mark.parametrize("shape", ["a town", "few sites in reach", "minutes of 0 or 10", "huge and tiny supplies"])
def test_the_gap_is_what_a_linear_program_and_the_dual_bound_prove(shape):
    times, supply, demand = shapes[shape]
    for tolerance in (1e-3, 1e-9):
        found = raam(times, supply, demand, tolerance=tolerance)
        assert proven_gap(times, supply, demand, found.loads.to_numpy()) <= found.gap + 1e-8


@settings(max_examples=15, deadline=None)
@given(tables())
def test_the_loads_are_those_of_answering_in_turn_for_ever(case):
    times, supply, demand = case
    loads = raam(times, supply, demand, tolerance=1e-12).loads
    np.testing.assert_allclose(loads, answered_in_turn(*case), rtol=1e-4, atol=1e-4 * demand.sum())


@settings(max_examples=40, deadline=None)
@given(tables())
def test_the_interior_point_finds_the_equilibrium_from_everyone_at_one_site(case):
    times, supply, demand = case
    times = times[times.notna().any(axis=1)]
    if times.empty:
        return
    people = demand[times.index].to_numpy()
    travel, room = times.fillna(np.inf).to_numpy() / 60, supply.to_numpy() * people.sum() / supply.sum()
    start = np.zeros_like(travel)
    start[np.arange(len(people)), travel.argmin(axis=1)] = people
    flows = proposal(travel, people, room, start, 1e-10)
    assert (flows >= 0).all()
    assert not flows[np.isinf(travel)].any()
    np.testing.assert_allclose(flows.sum(axis=1), people)
    cost = travel + flows.sum(axis=0) / room
    regret = np.where(flows > 0, cost - cost.min(axis=1, keepdims=True), 0)
    assert (flows * regret).sum() <= 1e-8 * (people @ cost.min(axis=1))


def test_a_site_that_nobody_would_choose_takes_part_without_people():
    times, supply, demand = square(50, 30, seed=2)
    times[0] = [np.nan] * 49 + [60.0]
    times[1] = np.nan
    found = raam(times, supply, demand, tau=1, tolerance=1e-10)
    assert found.loads[1] == 0
    assert found.gap <= 1e-10


def test_no_proposal_is_made_of_numbers_that_overflow():
    travel, people = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([1e300, 1.0])
    assert proposal(travel, people, np.ones(2), np.diag(people), 1e-9) is None


def test_neither_the_order_of_ids_nor_units_change_a_fine_equilibrium():
    times, supply, demand = square(300, 40, seed=3)
    cost = raam(times, supply, demand, tolerance=1e-12).cost
    rng = np.random.default_rng(7)
    rows, columns = rng.permutation(times.index), rng.permutation(times.columns)
    mixed = raam(times.loc[rows, columns], supply, demand, tolerance=1e-12).cost
    np.testing.assert_allclose(mixed, cost.loc[rows], rtol=1e-6)
    scaled = raam(times * 3, supply * 1e-6, demand * 1e5, tau=180, tolerance=1e-12).cost
    np.testing.assert_allclose(scaled, cost, rtol=1e-6)


def test_a_place_counted_as_two_changes_no_cost():
    times, supply, demand = square(60, 12, seed=5)
    twice = pd.concat([times, times.set_axis(times.index + 1000)])
    halves = pd.concat([demand * 0.25, (demand * 0.75).set_axis(demand.index + 1000)])
    split = raam(twice, supply, halves, tolerance=1e-12)
    whole = raam(times, supply, demand, tolerance=1e-12)
    np.testing.assert_allclose(split.cost[times.index], whole.cost, rtol=1e-6)
    np.testing.assert_allclose(split.loads, whole.loads, rtol=1e-6)
