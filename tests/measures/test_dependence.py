import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap import decay
from accessmap.errors import TableError
from accessmap.measures.apl import apl
from accessmap.measures.apl import dependence as apl_dependence
from accessmap.measures.floating import two_step_fca
from accessmap.measures.resilience import dependence, dependence_by_commune, outside_demand, site_places
from accessmap.measures.resilience import outside_sites as carriers

quick = settings(max_examples=40, deadline=None)


def data(study, category, sites=None):
    services = study.sites(category) if sites is None else study.services.loc[sites]
    return (study.minutes(services), services, study.residents), {"communes": study.communes}


# where a site is


def test_site_is_where_its_commune_is_and_without_one_where_its_point_lies(toy_study):
    services = toy_study.services.assign(commune=[None, "02002", None, "99999", "60001"])
    places = site_places(services, toy_study.communes)
    assert places["commune"].fillna("?").tolist() == ["02001", "02002", "60001", "?", "60001"]
    assert places["inside"].tolist() == [True, True, False, False, False]
    assert places["epci"].fillna("?").tolist() == ["200000001", "200000001", "200000002", "?", "200000002"]


def test_services_without_a_commune_column_are_placed_by_their_points(toy_study):
    bare = toy_study.services.drop(columns="commune")
    expected = site_places(toy_study.services, toy_study.communes)
    pd.testing.assert_frame_equal(site_places(bare, toy_study.communes), expected)


# the toy, by head: a france_services at Aville (inside) and one at Xanton (outside); Bourg is half way


def test_people_are_served_inside_outside_or_not_at_all(toy_study):
    args, options = data(toy_study, "france_services")
    table = dependence(*args, **options)
    assert table["people"].tolist() == [150, 0, 0]  # of two as near, the first column
    args, options = data(toy_study, "france_services", ["fs-x"])
    table = dependence(*args, **options)
    assert table["people"].tolist() == [0, 150, 0]
    assert table.loc["outside", "minutes"] == pytest.approx((100 * 6 + 50 * 3) / 150)
    assert np.isnan(table.loc["unreached", "minutes"])


def test_carriers_tell_what_the_closing_of_an_outside_site_would_do(toy_study):
    times = pd.DataFrame(
        {"fs-a": [9.0, 7.0, 9.0], "fs-x": [6.0, 3.0, 0.0], "mairie-x": [8.0, np.nan, 1.0]},
        index=toy_study.residents.index,
    )
    table = carriers(times, toy_study.services, toy_study.residents, communes=toy_study.communes)
    assert table.index.tolist() == ["fs-x"]
    row = table.loc["fs-x"]
    assert (row["people"], row["person_minutes"], row["minutes"]) == (150, 750, 5)
    # Aville then goes to mairie-x, still outside (+2); Bourg to fs-a, inside (+4).
    assert row["added"] == pytest.approx((100 * 2 + 50 * 4) / 150)
    assert row["back_inside"] == 50
    assert row["unreached"] == 0
    assert (row["name"], row["commune"], row["epci"]) == ("FS X", "60001", "200000002")


def test_closing_the_only_site_leaves_its_people_unreached(toy_study):
    args, options = data(toy_study, "france_services", ["fs-x"])
    row = carriers(*args, **options).loc["fs-x"]
    assert row["unreached"] == 150
    assert np.isnan(row["added"])


def test_minutes_added_are_those_of_the_people_who_still_reach_another(toy_study):
    times = pd.DataFrame({"fs-x": [6.0, 3.0, 0.0], "mairie-x": [8.0, np.nan, 1.0]}, index=toy_study.residents.index)
    row = carriers(times, toy_study.services, toy_study.residents, communes=toy_study.communes).loc["fs-x"]
    assert (row["people"], row["unreached"], row["added"]) == (150, 50, 2)


def test_no_leaning_gives_an_empty_table_with_its_columns(toy_study):
    args, options = data(toy_study, "france_services", ["fs-a"])
    table = carriers(*args, **options)
    assert table.empty
    assert {"people", "added", "epci"} <= set(table.columns)


def test_outside_demand_names_the_epci_people_come_from(toy_study):
    args, options = data(toy_study, "france_services", ["fs-a"])
    table = outside_demand(*args, **options)
    assert table.loc[("fs-a", "200000002")].to_dict() == {"people": 10, "person_minutes": 60}
    assert len(table) == 1


def test_people_from_a_commune_without_epci_are_counted(toy_study):
    args, _ = data(toy_study, "france_services", ["fs-a"])
    communes = toy_study.communes.assign(epci=["200000001", "200000001", None])
    assert outside_demand(*args, communes=communes).index.tolist() == [("fs-a", "")]


def test_by_commune_adds_up_to_the_territory(toy_study):
    args, options = data(toy_study, "france_services", ["fs-x"])
    table = dependence_by_commune(*args, **options)
    assert table["outside"].to_dict() == {"02001": 100, "02002": 50}
    assert table["share"].to_dict() == {"02001": 1, "02002": 1}


# invariants


@st.composite
def minutes(draw):
    minute = st.one_of(st.just(np.nan), st.integers(0, 40).map(float))
    return draw(st.lists(st.lists(minute, min_size=5, max_size=5), min_size=3, max_size=3))


@st.composite
def people(draw):
    return draw(st.lists(st.integers(0, 90), min_size=3, max_size=3))


@pytest.mark.slow
def test_shares_add_up_and_carriers_carry_all_who_go_outside(toy_study):
    @quick
    @given(minutes(), people())
    def check(cells, population):
        residents = toy_study.residents.assign(population=population)
        times = pd.DataFrame(cells, index=residents.index, columns=toy_study.services.index)
        args, options = (times, toy_study.services, residents), {"communes": toy_study.communes}
        table = dependence(*args, **options)
        home = residents["population"][["ra", "rb"]]
        assert table["people"].sum() == home.sum()
        assert home.sum() == 0 or table["share"].sum() == pytest.approx(1)
        reached = times.loc[["ra", "rb"]].notna().any(axis=1)
        assert table["people"][["inside", "outside"]].sum() == home[reached].sum()
        assert carriers(*args, **options)["people"].sum() == table.loc["outside", "people"]
        by_commune = dependence_by_commune(*args, **options)
        assert by_commune[["inside", "outside", "unreached"]].sum().to_dict() == table["people"].to_dict()
        inside = site_places(toy_study.services, toy_study.communes)["inside"]
        nearest = times.loc["rx"].idxmin() if times.loc["rx"].notna().any() else None
        coming = residents["population"]["rx"] if nearest is not None and inside[nearest] else 0
        assert outside_demand(*args, **options)["people"].sum() == coming

    check()


def test_carriers_after_closing_are_as_routed_anew(sample_study):
    args, options = data(sample_study, "france_services")
    table = carriers(*args, **options)
    here = sample_study.inside
    times, population = args[0][here], sample_study.residents["population"][here]
    for site in table.index[:3]:
        lean = (times.min(axis=1) == times[site]) & (population > 0)
        after = times[lean].drop(columns=site).min(axis=1)
        added = ((after - times.loc[lean, site]) * population[lean]).sum() / population[lean].sum()
        assert table.loc[site, "people"] == population[lean].sum()
        assert table.loc[site, "added"] == pytest.approx(added, rel=1e-4)


# APL


def test_share_of_apl_from_outside_by_head():
    times = pd.DataFrame({"a": [5.0, 50.0], "b": [12.0, 5.0]}, index=["r1", "r2"])
    supply, need = pd.Series({"a": 3000.0, "b": 5000.0}), pd.Series({"r1": 1000.0, "r2": 1000.0})
    table = apl_dependence(times, supply, need, inside=pd.Series({"a": True, "b": False}))
    # b: 5000 / (2/3 · 1000 + 1000) = 3 each; r1 gets 2/3 of it.
    assert table["apl"].tolist() == pytest.approx([5, 3])
    assert table["outside"].tolist() == pytest.approx([2, 3])
    assert table["share"].tolist() == pytest.approx([0.4, 1])


def test_nobody_in_reach_has_no_share():
    times = pd.DataFrame({"a": [25.0]}, index=["r"])
    table = apl_dependence(times, pd.Series({"a": 1.0}), pd.Series({"r": 1.0}), inside=pd.Series({"a": False}))
    assert table.loc["r", "apl"] == 0
    assert np.isnan(table.loc["r", "share"])


@quick
@given(minutes(), st.lists(st.booleans(), min_size=5, max_size=5))
def test_inside_and_outside_apl_add_up(cells, sides):
    times = pd.DataFrame(cells, index=list("abc"), columns=list("vwxyz"))
    supply, need = pd.Series(range(1, 6), index=times.columns, dtype=float), pd.Series([5.0, 1.0, 3.0], times.index)
    inside = pd.Series(sides, index=times.columns)
    one = apl_dependence(times, supply, need, inside=inside)
    other = apl_dependence(times, supply, need, inside=~inside)
    np.testing.assert_allclose(one["outside"] + other["outside"], apl(times, supply, need), atol=1e-9)
    assert one["share"].dropna().between(0, 1 + 1e-12).all()


def test_supply_without_a_column_is_set_aside():
    times = pd.DataFrame({"a": [5.0]}, index=["r"])
    supply = pd.Series({"a": 2.0, "gone": 9.0})
    table = apl_dependence(times, supply, pd.Series({"r": 1.0}), inside=pd.Series({"a": True}))
    assert table.loc["r"].tolist() == [2, 0, 0]
    assert table.loc["r", "apl"] == two_step_fca(times, supply, pd.Series({"r": 1.0}), decay=decay.binary(10))["r"]


# errors


def test_unknown_sites_and_missing_columns_are_named(toy_study):
    args, options = data(toy_study, "france_services")
    with pytest.raises(TableError, match="'fs-z'"):
        dependence(args[0].rename(columns={"fs-a": "fs-z"}), *args[1:], **options)
    with pytest.raises(TableError, match="'commune' is missing"):
        dependence(*args[:2], args[2].drop(columns="commune"), **options)
    with pytest.raises(TableError, match="ids"):
        dependence(args[0].iloc[:2], *args[1:], **options)
    with pytest.raises(TableError, match="inside"):
        apl_dependence(args[0], pd.Series(1.0, args[0].columns), args[2]["population"], inside=pd.Series(dtype=bool))


# the Pays Chaunois


def test_six_per_cent_of_the_pays_chaunois_go_outside_to_a_france_services(sample_study):
    args, options = data(sample_study, "france_services")
    table = dependence(*args, **options)
    assert table["people"].sum() == 70_550
    assert table.loc["outside", "share"] == pytest.approx(0.0585, abs=0.003)
    found = carriers(*args, **options)
    assert found.index[:2].tolist() == ["france_services-02694", "france_services-02795"]
    coming = outside_demand(*args, **options)
    assert coming["people"].sum() > table.loc["outside", "people"]  # more come in than go out
