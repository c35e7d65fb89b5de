import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.errors import TableError
from accessmap.measures.minutes import nearest
from accessmap.measures.resilience import criticality, one_closure_away, redundancy

quick = settings(max_examples=50, deadline=None)


@st.composite
def places(draw):
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 5))
    minute = st.one_of(st.just(np.nan), st.integers(0, 60).map(float))
    cells = draw(st.lists(st.lists(minute, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    index = [f"r{number}" for number in range(rows)]
    columns = [f"s{number}" for number in range(columns)]
    people = pd.Series(draw(st.lists(st.integers(0, 90), min_size=rows, max_size=rows)), index=index, dtype=float)
    commune = draw(st.lists(st.sampled_from(["02001", "02002"]), min_size=rows, max_size=rows))
    times = pd.DataFrame(cells, index=index, columns=columns, dtype=np.float32)
    return times, pd.DataFrame({"commune": commune, "population": people}, index=index)


def closed(times, site):
    """Minutes to the nearest once a site is closed, routed anew as it were."""
    return times.drop(columns=site).min(axis=1)


@quick
@given(places())
def test_closing_the_nearest_gives_the_second_nearest(place):
    times, _ = place
    found = redundancy(times)
    for resident, row in found[found["service_id"].notna()].iterrows():
        left = nearest(times.loc[[resident]].drop(columns=row["service_id"]))["minutes"].iloc[0]
        assert left == pytest.approx(row["next_minutes"], nan_ok=True)
    assert not (found["added"] < 0).any()


@quick
@given(places(), st.sampled_from([0, 15, 30]))
def test_criticality_is_what_closing_each_site_in_turn_gives(place, cutoff):
    times, residents = place
    people = residents["population"]
    table = criticality(times, people, cutoff=cutoff)
    now = times.min(axis=1)
    assert sorted(table.index) == sorted(times.columns)
    for site, row in table.iterrows():
        after = closed(times, site)
        assert row["beyond"] == people[(now <= cutoff) & ~(after <= cutoff)].sum()
        assert row["unreached"] == people[now.notna() & after.isna()].sum()
        assert row["person_minutes"] == pytest.approx(((after - now) * people).sum())
    assert table["people"].sum() == people[now.notna()].sum()
    assert table["beyond"].is_monotonic_decreasing


@quick
@given(places(), st.sampled_from([0, 15, 30]))
def test_one_closure_away_is_whoever_some_single_closing_would_push_beyond(place, cutoff):
    times, residents = place
    table = one_closure_away(times, residents, cutoff=cutoff)
    now = times.min(axis=1) <= cutoff
    fragile = pd.Series(False, index=times.index)
    for site in times.columns:
        fragile |= now & ~(closed(times, site) <= cutoff)
    expected = residents["population"].where(fragile, 0).groupby(residents["commune"]).sum()
    assert table["one_away"].to_dict() == expected.to_dict()
    assert (table["one_away"] <= table["within"]).all()
    assert table["one_away"].sum() == criticality(times, residents["population"], cutoff=cutoff)["beyond"].sum()
    assert ((table["one_away"] > 0) == table["service_id"].notna()).all()


def test_toy_by_head(toy_study):
    times = toy_study.minutes(toy_study.sites("france_services"))
    found = redundancy(times)
    assert found.loc["rb", ["minutes", "next_minutes", "added"]].tolist() == [3, 3, 0]  # half way between the two
    table = criticality(times, toy_study.residents["population"], cutoff=5)
    # a closes: the 100 of Aville go from 0 to 6 minutes, beyond 5; the 50 of Bourg lose nothing.
    assert table.loc["fs-a"].to_dict() == {
        "people": 150,
        "person_minutes": 600,
        "minutes": 4,
        "beyond": 100,
        "unreached": 0,
    }
    assert table.index.tolist() == ["fs-a", "fs-x"]
    away = one_closure_away(times, toy_study.residents, cutoff=5)
    assert away["one_away"].to_dict() == {"02001": 100, "02002": 0, "60001": 10}
    assert away.loc["02001", "service_id"] == "fs-a"
    assert away.loc["02002", "service_id"] is pd.NA


def test_a_single_site_leaves_everyone_unreached_and_no_mean():
    times = pd.DataFrame({"a": [5.0, np.nan]}, index=["r1", "r2"])
    row = criticality(times, pd.Series({"r1": 10, "r2": 3}), cutoff=30).loc["a"]
    assert (row["people"], row["beyond"], row["unreached"], row["person_minutes"]) == (10, 10, 10, 0)
    assert np.isnan(row["minutes"])


def test_someone_too_far_already_is_not_pushed_beyond():
    times = pd.DataFrame({"a": [31.0], "b": [50.0]}, index=["r"])
    row = criticality(times, pd.Series({"r": 10}), cutoff=30).loc["a"]
    assert (row["beyond"], row["person_minutes"]) == (0, 190)


def test_a_round_is_lost_as_a_whole_when_its_stops_are_one_column():
    times = pd.DataFrame({"bus-a": [2.0], "bus-b": [5.0], "desk": [40.0]}, index=["r"])
    people, rounds = pd.Series({"r": 10}), pd.Series({"bus-a": "bus", "bus-b": "bus", "desk": "desk"})
    assert criticality(times, people, cutoff=30)["beyond"].sum() == 0
    together = times.T.groupby(rounds).min().T
    assert criticality(together, people, cutoff=30).loc["bus", "beyond"] == 10


def test_commune_where_nobody_lives_has_no_share():
    times = pd.DataFrame({"a": [5.0]}, index=["r"])
    residents = pd.DataFrame({"commune": ["02001"], "population": [0]}, index=["r"])
    assert np.isnan(one_closure_away(times, residents, cutoff=30).loc["02001", "share"])


def test_missing_columns_and_residents_are_named():
    times = pd.DataFrame({"a": [5.0]}, index=["r"])
    with pytest.raises(TableError, match="'commune' is missing"):
        one_closure_away(times, pd.DataFrame({"population": [1]}, index=["r"]))
    with pytest.raises(TableError, match="'r'"):
        criticality(times, pd.Series({"other": 1}))


def test_chauny_is_the_france_services_whose_loss_hurts_most(sample_study):
    here = sample_study.inside
    sites = sample_study.sites("france_services")
    times = sample_study.minutes(sites)[here]
    table = criticality(times, sample_study.residents["population"][here], cutoff=20)
    assert table.index[0] == "france_services-02173"
    assert table["people"].sum() == 70_550
    away = one_closure_away(times, sample_study.residents[here], cutoff=20)
    assert away["one_away"].sum() == table["beyond"].sum()
    assert 10_000 < away["one_away"].sum() < 20_000
