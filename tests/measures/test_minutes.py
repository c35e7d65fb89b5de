import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap import decay
from accessmap.errors import TableError
from accessmap.measures.minutes import by_commune, coverage, gravity, median_opportunities, nearest, opportunities

quick = settings(max_examples=30, deadline=None)  # deadlines fail on a busy machine
ORACLE_ORIGINS = ["89a88cd909bffff", "89a88cdb57bffff", "89a88cdb597ffff", "89a88cdb5b3ffff", "89a88cdb5cfffff"]


@st.composite
def tables(draw, low=1, high=6):
    """Times with holes, supply and population, ids in a drawn order."""
    rows, columns = draw(st.integers(low, high)), draw(st.integers(low, high))
    minute = st.one_of(st.just(np.nan), st.integers(0, 60).map(float))
    cells = draw(st.lists(st.lists(minute, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    residents, sites = [f"r{i}" for i in range(rows)], [f"s{j}" for j in range(columns)]
    supply = pd.Series(draw(st.lists(st.integers(0, 50), min_size=columns, max_size=columns)), index=sites, dtype=float)
    people = pd.Series(draw(st.lists(st.integers(0, 90), min_size=rows, max_size=rows)), index=residents, dtype=float)
    return pd.DataFrame(cells, index=residents, columns=sites, dtype=np.float32), supply, people


@pytest.fixture
def times():
    return pd.DataFrame(
        {"a": [12.0, 7.0, np.nan], "b": [9.0, 7.0, np.nan], "c": [np.nan, 30.0, np.nan]},
        index=["r1", "r2", "r3"],
        dtype=np.float32,
    )


@pytest.fixture
def people():
    return pd.Series({"r1": 100, "r2": 60, "r3": 40})


# nearest


def test_unreached_resident_has_no_nearest_service(times):
    found = nearest(times)
    assert found.loc["r3", "service_id"] is pd.NA
    assert np.isnan(found.loc["r3", "minutes"])


def test_of_two_services_as_near_the_first_column_is_nearest(times):
    assert nearest(times).loc["r2", "service_id"] == "a"
    assert nearest(times[["c", "b", "a"]]).loc["r2", "service_id"] == "b"
    assert nearest(times, k=2).loc["r2"].tolist() == ["b", 7.0]


def test_ties_keep_the_order_of_columns_among_many_services():
    level = pd.DataFrame([[5.0, 4.0] * 100], index=["r"], columns=[f"s{j}" for j in range(200)])
    found = [nearest(level, k=k).loc["r", "service_id"] for k in range(1, 201)]
    assert found == [f"s{j}" for j in (*range(1, 200, 2), *range(0, 200, 2))]


def test_kth_nearest_is_missing_where_fewer_are_reached(times):
    second, third, fourth = (nearest(times, k=k) for k in (2, 3, 4))
    assert second["service_id"].fillna("-").tolist() == ["a", "b", "-"]
    assert third["minutes"].isna().tolist() == [True, False, True]
    assert fourth["service_id"].isna().all()
    assert fourth["minutes"].isna().all()


def test_nearest_of_no_service_at_all_is_nothing(times):
    found = nearest(times[[]])
    assert found.index.equals(times.index)
    assert found.isna().all(axis=None)


def test_nearest_keeps_the_precision_of_the_minutes(times):
    assert nearest(times)["minutes"].dtype == np.float32
    assert nearest(times.astype(float))["minutes"].dtype == np.float64


def test_there_is_no_zeroth_nearest(times):
    with pytest.raises(ValueError, match="k=1"):
        nearest(times, k=0)


@quick
@given(tables())
def test_nearest_is_the_minimum_and_kth_is_the_kth_smallest(case):
    times, _, _ = case
    for k in range(1, times.shape[1] + 1):
        kth = np.sort(times.to_numpy(), axis=1)[:, k - 1]  # NaN last
        np.testing.assert_array_equal(nearest(times, k=k)["minutes"], kth)


@quick
@given(tables(), st.randoms())
def test_the_order_of_residents_and_services_changes_no_minutes(case, random):
    times, supply, _ = case
    rows, columns = list(times.index), list(times.columns)
    random.shuffle(rows)
    random.shuffle(columns)
    mixed = times.loc[rows, columns]
    pd.testing.assert_series_equal(nearest(mixed)["minutes"], nearest(times)["minutes"].loc[rows])
    pd.testing.assert_series_equal(
        opportunities(mixed, supply, cutoff=20), opportunities(times, supply, cutoff=20).loc[rows]
    )


# coverage


def test_coverage_counts_people_and_not_rows(times, people):
    covered = coverage(nearest(times)["minutes"], people, [8, 10, 99])
    assert covered["minutes"].tolist() == [0.3, 0.8, 0.8]


def test_a_resident_at_the_cutoff_is_covered_even_in_float32():
    minutes = pd.Series([30.1], index=["r"], dtype=np.float32)
    assert coverage(minutes, pd.Series({"r": 1}), [30.1]).iloc[0, 0] == 1.0


def test_the_coverage_of_nobody_is_unknown(times, people):
    assert coverage(times["a"], people * 0, [10]).isna().all(axis=None)


def test_coverage_refuses_residents_that_were_dropped_for_lack_of_access(times, people):
    with pytest.raises(TableError, match=r"'r3'.*\.loc"):
        coverage(nearest(times)["minutes"].dropna(), people, [10])


@quick
@given(tables())
def test_coverage_rises_with_the_cutoff_and_with_one_more_service(case):
    times, _, people = case
    if people.sum() == 0:
        return
    closest = pd.DataFrame({"all": nearest(times)["minutes"], "fewer": nearest(times.iloc[:, 1:])["minutes"]})
    covered = coverage(closest, people, [0, 5, 20, 60])
    assert (covered.diff().iloc[1:] >= 0).all(axis=None)
    assert (covered["all"] >= covered["fewer"]).all()


# by_commune


@pytest.fixture
def residents():
    return pd.DataFrame(
        {"commune": ["02304", "02173", "02173", "02018"], "population": [50, 300, 100, 0]}, index=list("abcd")
    )


def test_the_mean_of_a_commune_is_that_of_its_people_reached(residents):
    found = by_commune(pd.Series([np.nan, 4.0, 8.0, 3.0], index=list("abcd")), residents)
    assert found.loc["02173"].tolist() == [5.0, 0.0]
    assert found.index.name == "code"


def test_a_commune_with_nobody_reached_has_no_value_and_all_its_people_unreached(residents):
    found = by_commune(pd.Series([np.nan, 4.0, np.nan, 3.0], index=list("abcd")), residents)
    assert np.isnan(found.loc["02304", "value"])
    assert found["unreached_people"].to_dict() == {"02018": 0.0, "02173": 100.0, "02304": 50.0}


def test_a_commune_where_nobody_lives_has_no_mean(residents):
    assert np.isnan(by_commune(pd.Series([1.0, 4.0, 8.0, 3.0], index=list("abcd")), residents).loc["02018", "value"])


def test_by_commune_follows_ids_and_not_rows(residents):
    values = pd.Series([8.0, 4.0, 9.0, 3.0], index=list("cbad"))
    assert by_commune(values, residents).loc["02173", "value"] == 5.0


def test_by_commune_refuses_infinite_minutes(residents):
    with pytest.raises(TableError, match="infinite"):
        by_commune(pd.Series([1.0, np.inf, 2.0, 3.0], index=list("abcd")), residents)


def test_by_commune_refuses_residents_without_commune_or_column(residents):
    values = pd.Series(1.0, index=list("abcd"))
    with pytest.raises(TableError, match="'commune' is missing for 1 residents, such as 'b'"):
        by_commune(values, residents.assign(commune=["02304", None, "02173", "02018"]))
    with pytest.raises(TableError, match=r"2 problems.*'commune'.*'population'"):
        by_commune(values, residents[[]])
    with pytest.raises(TableError, match="'d'"):
        by_commune(values, residents.drop("d"))


# opportunities, gravity


def test_opportunities_of_an_unreached_resident_are_none(times):
    assert opportunities(times, pd.Series({"a": 2, "b": 3, "c": 5}), cutoff=9).tolist() == [3.0, 5.0, 0.0]


def test_supply_of_sites_that_are_not_asked_about_is_set_aside(times):
    supply = pd.Series({"a": 2, "b": 3, "c": 5})
    assert opportunities(times[["b"]], supply, cutoff=99).tolist() == [3.0, 3.0, 0.0]


def test_median_over_one_cutoff_is_the_cumulative_count(times):
    supply = pd.Series({"a": 2, "b": 3, "c": 5})
    pd.testing.assert_series_equal(
        median_opportunities(times, supply, cutoffs=[9]), opportunities(times, supply, cutoff=9)
    )
    with pytest.raises(ValueError, match="empty"):
        median_opportunities(times, supply, cutoffs=[])


@quick
@given(tables(), st.lists(st.integers(0, 60), min_size=1, max_size=7))
def test_median_opportunities_are_the_median_of_the_counts(case, cutoffs):
    times, supply, _ = case
    counts = np.array([opportunities(times, supply, cutoff=cutoff) for cutoff in cutoffs])
    np.testing.assert_allclose(median_opportunities(times, supply, cutoffs=cutoffs), np.median(counts, axis=0))


@quick
@given(tables(), st.floats(0.1, 10))
def test_gravity_is_the_sum_written_out_and_scales_with_supply(case, factor):
    times, supply, _ = case
    expected = [
        sum(supply[j] * np.exp(-0.5 * (float(t) / 9) ** 2) for j, t in row.items() if not np.isnan(t))
        for _, row in times.iterrows()
    ]
    found = gravity(times, supply, decay=decay.gaussian(9))
    np.testing.assert_allclose(found, expected)
    np.testing.assert_allclose(gravity(times, supply * factor, decay=decay.gaussian(9)), found * factor)


@quick
@given(tables())
def test_binary_gravity_is_the_cumulative_count(case):
    times, supply, _ = case
    np.testing.assert_allclose(gravity(times, supply, decay=decay.binary(25)), opportunities(times, supply, cutoff=25))


@quick
@given(tables(), st.floats(0, 60))
def test_one_more_site_never_takes_access_away_and_an_empty_or_far_one_adds_none(case, minutes):
    times, supply, _ = case
    weigh = decay.linear(30)
    before = gravity(times, supply, decay=weigh)
    wider = pd.concat([supply, pd.Series({"new": 7.0})])
    assert (gravity(times.assign(new=np.float32(minutes)), wider, decay=weigh) >= before - 1e-9).all()
    np.testing.assert_allclose(gravity(times.assign(new=np.float32(31)), wider, decay=weigh), before)
    empty = pd.concat([supply, pd.Series({"new": 0.0})])
    np.testing.assert_allclose(gravity(times.assign(new=np.float32(minutes)), empty, decay=weigh), before)


# contracts


def test_misaligned_tables_name_the_ids_that_are_missing(times):
    with pytest.raises(TableError, match=r"supply: 1 problem.*1 sites: 'c'"):
        opportunities(times, pd.Series({"a": 2, "b": 3}), cutoff=9)
    with pytest.raises(TableError, match="did you mean 'site_b'"):
        opportunities(times.rename(columns={"b": "site-b"}), pd.Series({"a": 1, "site_b": 2, "c": 1}), cutoff=9)


@pytest.mark.parametrize(
    ("supply", "told"),
    [
        ({"a": 1, "b": np.nan, "c": 2}, "missing or infinite"),
        ({"a": 1, "b": np.inf, "c": 2}, "missing or infinite"),
        ({"a": 1, "b": -1, "c": 2}, "negative"),
        ({"a": 1, "b": "many", "c": 2}, "must be numbers"),
    ],
)
def test_supply_must_be_a_number_of_zero_or_more(times, supply, told):
    with pytest.raises(TableError, match=told):
        opportunities(times, pd.Series(supply), cutoff=9)


def test_nullable_columns_are_numbers_like_others(times):
    found = opportunities(times, pd.Series({"a": 2, "b": 3, "c": 5}, dtype="Int64"), cutoff=9)
    assert found.tolist() == [3.0, 5.0, 0.0]
    assert nearest(times.astype("Float32"))["minutes"].fillna(-1).tolist() == [9.0, 7.0, -1.0]


@pytest.mark.parametrize(
    ("broken", "told"),
    [
        (lambda t: t.fillna(np.inf), "infinite"),
        (lambda t: t - 20, "negative"),
        (lambda t: t.set_axis(["r1", "r1", "r2"]), "Resident ids must be unique; repeated: 'r1'"),
        (lambda t: t.set_axis(["a", "b", "b"], axis=1), "Service ids must be unique; repeated: 'b'"),
        (lambda t: t.astype(object).fillna("far"), "must be numbers"),
    ],
)
def test_minutes_that_break_the_contract_are_refused(times, broken, told):
    with pytest.raises(TableError, match=told):
        nearest(broken(times))


def test_no_measure_changes_what_it_is_given(times, people):
    supply = pd.Series({"a": 2.0, "b": 3.0, "c": 5.0})
    copies = times.copy(), supply.copy(), people.copy()
    nearest(times, k=2)
    coverage(times, people)
    opportunities(times, supply, cutoff=9)
    median_opportunities(times, supply, cutoffs=[5, 10])
    gravity(times, supply, decay=decay.power(1))
    pd.testing.assert_frame_equal(times, copies[0])
    pd.testing.assert_series_equal(supply, copies[1])
    pd.testing.assert_series_equal(people, copies[2])


# published numbers


def test_jobs_within_30_minutes_in_the_data_of_the_r_package_accessibility(data_folder):
    folder = data_folder / "oracles" / "r_accessibility"
    land = pd.read_csv(folder / "land_use_data.csv", index_col="id")
    trips = pd.read_csv(folder / "travel_matrix_5origins.csv")
    times = trips.set_index(["from_id", "to_id"])["travel_time"].unstack().loc[ORACLE_ORIGINS]  # noqa: PD010 -- no aggregation is wanted
    found = opportunities(times, land["jobs"], cutoff=30)
    assert found.tolist() == [26774, 22239, 36567, 42372, 55571]
