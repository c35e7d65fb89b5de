import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from accessmap import decay
from accessmap.errors import TableError
from accessmap.measures.floating import balanced_fca, balancing_cost, spatial_availability, three_step_fca, two_step_fca

quick = settings(max_examples=30, deadline=None)  # deadlines fail on a busy machine
CATCHMENTS = [two_step_fca, three_step_fca, balanced_fca]
DECAYS = [decay.binary(30), decay.step({10: 1, 20: 0.68, 30: 0.22}), decay.gaussian(15), decay.linear(40)]
each = pytest.mark.parametrize("measure", CATCHMENTS, ids=lambda measure: measure.__name__)
every = pytest.mark.parametrize("measure", [*CATCHMENTS, spatial_availability], ids=lambda measure: measure.__name__)


@st.composite
def tables(draw, least_people=1, least_supply=1):
    """Times with holes, supply, demand and a decay."""
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    minute = st.one_of(st.just(np.nan), st.integers(0, 60).map(float))
    cells = draw(st.lists(st.lists(minute, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    residents, sites = [f"r{i}" for i in range(rows)], [f"s{j}" for j in range(columns)]
    offered = draw(st.lists(st.integers(least_supply, 50), min_size=columns, max_size=columns))
    asked = draw(st.lists(st.integers(least_people, 90), min_size=rows, max_size=rows))
    return (
        pd.DataFrame(cells, index=residents, columns=sites, dtype=np.float32),
        pd.Series(offered, index=sites, dtype=float),
        pd.Series(asked, index=residents, dtype=float),
        draw(st.sampled_from(DECAYS)),
    )


def weights_by_hand(times, weigh):
    return np.array([[0.0 if np.isnan(t) else float(weigh([t])[0]) for t in row] for row in times.to_numpy()])


def supply_that_people_reach(times, supply, demand, weigh):
    weights = weights_by_hand(times, weigh)
    return sum(supply.iloc[j] for j in range(times.shape[1]) if demand.to_numpy() @ weights[:, j] > 0)


def quotient(above, below):
    return above / below if below > 0 else 0.0


# what is handed out


@pytest.mark.parametrize("measure", [two_step_fca, three_step_fca], ids=lambda measure: measure.__name__)
@quick
@given(case=tables(least_people=0, least_supply=0))
def test_all_supply_that_people_reach_is_handed_out_once(measure, case):
    times, supply, demand, weigh = case
    found = measure(times, supply, demand, decay=weigh)
    assert (demand * found).sum() == pytest.approx(supply_that_people_reach(times, supply, demand, weigh))


@quick
@given(case=tables(least_people=0, least_supply=0), alpha=st.sampled_from([0.5, 1.0, 2.0]))
def test_availability_sums_to_the_supply_that_people_reach(case, alpha):
    times, supply, demand, weigh = case
    found = spatial_availability(times, supply, demand, decay=weigh, alpha=alpha)
    assert found.sum() == pytest.approx(supply_that_people_reach(times, supply, demand, weigh))


def test_the_balanced_catchment_hands_out_levels_of_service_and_not_supply():
    times = pd.DataFrame({"a": [5.0, 5.0], "b": [np.nan, 5.0]}, index=["r1", "r2"])
    demand = pd.Series({"r1": 100, "r2": 100})
    found = balanced_fca(times, pd.Series({"a": 3, "b": 3}), demand, decay=decay.binary(30))
    assert found.sum() == pytest.approx(3 / 150 + 3 / 50)  # the two levels
    assert (demand * found).sum() != pytest.approx(6)


# formulas, written out


@quick
@given(case=tables(least_people=0, least_supply=0))
def test_two_step_written_out(case):
    times, supply, demand, weigh = case
    w, s, p = weights_by_hand(times, weigh), supply.to_numpy(), demand.to_numpy()
    ratios = [quotient(s[j], sum(p[i] * w[i, j] for i in range(len(p)))) for j in range(len(s))]
    expected = [sum(w[i, j] * ratios[j] for j in range(len(s))) for i in range(len(p))]
    np.testing.assert_allclose(two_step_fca(times, supply, demand, decay=weigh), expected, rtol=1e-9)


@quick
@given(case=tables(least_people=0, least_supply=0))
def test_three_step_written_out(case):
    times, supply, demand, weigh = case
    w, s, p = weights_by_hand(times, weigh), supply.to_numpy(), demand.to_numpy()
    g = [[quotient(w[i, j], w[i].sum()) for j in range(len(s))] for i in range(len(p))]
    ratios = [quotient(s[j], sum(g[i][j] * w[i, j] * p[i] for i in range(len(p)))) for j in range(len(s))]
    expected = [sum(g[i][j] * w[i, j] * ratios[j] for j in range(len(s))) for i in range(len(p))]
    np.testing.assert_allclose(three_step_fca(times, supply, demand, decay=weigh), expected, rtol=1e-9)


@quick
@given(case=tables(least_people=0, least_supply=0))
def test_balanced_written_out(case):
    times, supply, demand, weigh = case
    w, s, p = weights_by_hand(times, weigh), supply.to_numpy(), demand.to_numpy()
    of_resident = [[quotient(w[i, j], w[i].sum()) for j in range(len(s))] for i in range(len(p))]
    of_site = [[quotient(w[i, j], w[:, j].sum()) for j in range(len(s))] for i in range(len(p))]
    ratios = [quotient(s[j], sum(p[i] * of_resident[i][j] for i in range(len(p)))) for j in range(len(s))]
    expected = [sum(ratios[j] * of_site[i][j] for j in range(len(s))) for i in range(len(p))]
    np.testing.assert_allclose(balanced_fca(times, supply, demand, decay=weigh), expected, rtol=1e-9)


@quick
@given(case=tables(), alpha=st.sampled_from([0.5, 1.0, 2.0]))
def test_availability_written_out(case, alpha):
    times, supply, demand, weigh = case
    w, s, p = weights_by_hand(times, weigh), supply.to_numpy(), demand.to_numpy()
    by_people = p**alpha / (p**alpha).sum()
    expected = np.zeros(len(p))
    for j in range(len(s)):
        by_cost = [quotient(w[i, j], w[:, j].sum()) for i in range(len(p))]
        both = by_people * by_cost
        expected += s[j] * np.array([quotient(share, both.sum()) for share in both])
    np.testing.assert_allclose(spatial_availability(times, supply, demand, decay=weigh, alpha=alpha), expected)


# scale, order, what changes nothing


@each
@quick
@given(case=tables(), factor=st.sampled_from([0.5, 3.0, 1000.0]))
def test_more_supply_gives_as_much_more_access_and_more_people_as_much_less(measure, case, factor):
    times, supply, demand, weigh = case
    found = measure(times, supply, demand, decay=weigh)
    np.testing.assert_allclose(measure(times, supply * factor, demand, decay=weigh), found * factor, rtol=1e-9)
    np.testing.assert_allclose(measure(times, supply, demand * factor, decay=weigh), found / factor, rtol=1e-9)


@quick
@given(case=tables(), factor=st.sampled_from([0.5, 3.0]))
def test_availability_scales_with_supply_and_not_with_people(case, factor):
    times, supply, demand, weigh = case
    found = spatial_availability(times, supply, demand, decay=weigh)
    np.testing.assert_allclose(spatial_availability(times, supply * factor, demand, decay=weigh), found * factor)
    np.testing.assert_allclose(spatial_availability(times, supply, demand * factor, decay=weigh), found)


@every
@quick
@given(case=tables(), random=st.randoms())
def test_the_order_of_ids_changes_nothing(measure, case, random):
    times, supply, demand, weigh = case
    rows, columns, sites = list(times.index), list(times.columns), list(supply.index)
    for ids in (rows, columns, sites):
        random.shuffle(ids)
    mixed = measure(times.loc[rows, columns], supply.loc[sites], demand, decay=weigh)
    pd.testing.assert_series_equal(mixed, measure(times, supply, demand, decay=weigh).loc[rows])


@pytest.mark.parametrize("measure", [two_step_fca, spatial_availability], ids=lambda measure: measure.__name__)
@quick
@given(case=tables(), minutes=st.integers(0, 60))
def test_a_site_of_zero_supply_changes_nothing(measure, case, minutes):
    times, supply, demand, weigh = case
    wider = measure(
        times.assign(new=np.float32(minutes)), pd.concat([supply, pd.Series({"new": 0.0})]), demand, decay=weigh
    )
    np.testing.assert_allclose(wider, measure(times, supply, demand, decay=weigh))


@pytest.mark.parametrize("measure", [three_step_fca, balanced_fca], ids=lambda measure: measure.__name__)
def test_a_site_of_zero_supply_draws_people_away_where_selection_weights_see_it(measure):
    times = pd.DataFrame({"a": [5.0, 5.0], "empty": [np.nan, 5.0]}, index=["r1", "r2"])
    supply, demand = pd.Series({"a": 3.0, "empty": 0.0}), pd.Series({"r1": 100, "r2": 100})
    without = measure(times[["a"]], supply, demand, decay=decay.binary(30))
    assert not np.allclose(measure(times, supply, demand, decay=decay.binary(30)), without)


@every
@quick
@given(case=tables())
def test_a_site_that_nobody_reaches_changes_nothing(measure, case):
    times, supply, demand, weigh = case
    wider = measure(
        times.assign(new=np.float32("nan")), pd.concat([supply, pd.Series({"new": 9.0})]), demand, decay=weigh
    )
    np.testing.assert_allclose(wider, measure(times, supply, demand, decay=weigh))


@quick
@given(case=tables(), minutes=st.integers(0, 60))
def test_one_more_site_takes_two_step_access_from_nobody(case, minutes):
    times, supply, demand, weigh = case
    wider = two_step_fca(
        times.assign(new=np.float32(minutes)), pd.concat([supply, pd.Series({"new": 7.0})]), demand, decay=weigh
    )
    assert (wider >= two_step_fca(times, supply, demand, decay=weigh) - 1e-9).all()


@quick
@given(case=tables(), more=st.integers(1, 50))
def test_more_people_next_door_never_give_two_step_access(case, more):
    times, supply, demand, weigh = case
    assume(len(demand) > 1)
    crowded = demand.copy()
    crowded.iloc[0] += more
    before, after = (two_step_fca(times, supply, people, decay=weigh) for people in (demand, crowded))
    assert (after <= before + 1e-9).all()


@quick
@given(case=tables())
def test_availability_per_person_is_two_step_access(case):
    times, supply, demand, weigh = case
    per_person = spatial_availability(times, supply, demand, decay=weigh) / demand
    np.testing.assert_allclose(per_person, two_step_fca(times, supply, demand, decay=weigh), rtol=1e-9)


# closed forms and edges


@quick
@given(st.lists(st.integers(1, 50), min_size=1, max_size=5), st.integers(1, 99))
def test_one_origin_reaching_all_has_all_supply_for_its_people(supply, people):
    sites = [f"s{j}" for j in range(len(supply))]
    times = pd.DataFrame([[5.0] * len(supply)], index=["r"], columns=sites)
    for measure in (two_step_fca, three_step_fca):
        found = measure(times, pd.Series(supply, index=sites), pd.Series({"r": people}), decay=decay.binary(30))
        assert found["r"] == pytest.approx(sum(supply) / people)


@every
def test_who_reaches_nothing_has_nothing_and_a_place_without_people_has_what_is_there(measure):
    times = pd.DataFrame({"a": [5.0, 5.0, np.nan]}, index=["r1", "empty", "far"])
    demand = pd.Series({"r1": 100, "empty": 0, "far": 10})
    found = measure(times, pd.Series({"a": 3}), demand, decay=decay.binary(30))
    assert found["far"] == 0.0
    assert found["empty"] == (0.0 if measure is spatial_availability else found["r1"])
    assert found["r1"] > 0


@every
def test_a_site_in_reach_of_no_people_gives_nothing_and_divides_by_nothing(measure):
    times = pd.DataFrame({"a": [5.0]}, index=["empty"])
    found = measure(times, pd.Series({"a": 3}), pd.Series({"empty": 0}), decay=decay.binary(30))
    assert found.tolist() == [0.0]


@every
def test_the_dust_of_a_gaussian_hundreds_of_minutes_away_is_nobody(measure):
    times = pd.DataFrame({"a": [5.0], "b": [380.0]}, index=["r"])
    found = measure(times, pd.Series({"a": 3.0, "b": 1e6}), pd.Series({"r": 1}), decay=decay.gaussian(10))
    assert found["r"] == pytest.approx(3.0)


@every
def test_residents_left_out_of_one_table_are_an_error_and_not_a_join(measure):
    times = pd.DataFrame({"a": [5.0, 5.0]}, index=["r1", "r2"])
    with pytest.raises(TableError, match=r"demand: 1 problem. 1 ids are not in the other table: 'r3'"):
        measure(times, pd.Series({"a": 3}), pd.Series({"r1": 1, "r2": 1, "r3": 1}), decay=decay.binary(30))
    with pytest.raises(TableError, match=r"demand: 1 problem. No value for 1 ids: 'r2'"):
        measure(times, pd.Series({"a": 3}), pd.Series({"r1": 1}), decay=decay.binary(30))


def test_alpha_must_be_above_zero():
    times = pd.DataFrame({"a": [5.0]}, index=["r"])
    with pytest.raises(ValueError, match="alpha is 0"):
        spatial_availability(times, pd.Series({"a": 3}), pd.Series({"r": 1}), decay=decay.binary(30), alpha=0)


# balancing cost


@quick
@given(case=tables(least_people=0, least_supply=0), step=st.sampled_from([1.0, 5.0]))
def test_balancing_cost_is_the_first_cutoff_of_the_grid_with_enough(case, step):
    times, supply, demand, _ = case
    for resident, found in balancing_cost(times, supply, demand, step=step).items():
        if demand[resident] == 0:
            assert found == 0
            continue
        grid = np.arange(0, 61 + step, step)
        enough = [c for c in grid if supply[(times.loc[resident] <= c)].sum() > demand[resident]]
        assert found == (enough[0] if enough else pytest.approx(np.nan, nan_ok=True))


def test_balancing_cost_asks_for_strictly_more_supply_than_demand():
    times = pd.DataFrame({"a": [4.0], "b": [9.0]}, index=["r"])
    supply = pd.Series({"a": 10, "b": 1})
    assert balancing_cost(times, supply, pd.Series({"r": 9}))["r"] == 4
    assert balancing_cost(times, supply, pd.Series({"r": 10}))["r"] == 9
    assert np.isnan(balancing_cost(times, supply, pd.Series({"r": 11}))["r"])


def test_balancing_cost_stays_on_the_grid_in_float32():
    times = pd.DataFrame({"a": [30.1]}, index=["r"], dtype=np.float32)
    assert balancing_cost(times, pd.Series({"a": 2}), pd.Series({"r": 1}), step=0.1)["r"] == pytest.approx(30.1)


def test_balancing_cost_without_sites_or_grid():
    nothing = pd.DataFrame(index=["r", "s"])
    found = balancing_cost(nothing, pd.Series(dtype=float), pd.Series({"r": 1, "s": 0}))
    assert found.isna().tolist() == [True, False]
    with pytest.raises(ValueError, match="step is 0"):
        balancing_cost(nothing, pd.Series(dtype=float), pd.Series({"r": 1, "s": 0}), step=0)


# published numbers


def test_the_toy_of_soukhov_and_others():
    times = pd.DataFrame([[15, 30, 100], [30, 15, 100], [100, 100, 15]], index=list("ABC"), columns=list("123"))
    found = spatial_availability(
        times,
        pd.Series([100_000, 100_000, 10_000], index=list("123")),
        pd.Series([50_000, 150_000, 10_000], index=list("ABC")),
        decay=decay.exponential(0.1),
    )
    assert found.round().tolist() == [66833, 133203, 9963]


def test_every_resident_of_the_bands_of_luo_and_qi_counts_at_its_weight():
    times = pd.DataFrame({"a": [10.0, 20.0, 30.0, 31.0]}, index=list("wxyz"))
    found = two_step_fca(
        times,
        pd.Series({"a": 1.9}),
        pd.Series([1.0] * 4, index=list("wxyz")),
        decay=decay.step({10: 1, 20: 0.68, 30: 0.22}),
    )
    assert found.tolist() == pytest.approx([1.0, 0.68, 0.22, 0.0])
