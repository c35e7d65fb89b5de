"""Worlds drawn alike for all plans: what must hold of them, and what a re-routed world says."""

import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accessmap as am

un = am.uncertainty
NONE = un.Assumptions.none()


def plans(*communes):
    return [am.Scenario(name).open("france_services", commune=name) for name in communes]


@pytest.fixture(scope="module")
def draws(sample_study):
    """Four plans of one site each, two of which are the same, and one that moves a site."""
    same = am.Scenario("Tergnier encore").open("france_services", commune="02738")
    moved = am.Scenario("La Fère déménage").move("france_services-02304", commune="Tergnier")
    return un.draw(sample_study, [*plans("Tergnier", "Sinceny", "Folembray"), same, moved], n=200)


def test_where_nothing_is_uncertain_every_world_is_today(sample_study):
    chosen = plans("Tergnier", "Sinceny")
    draws = un.draw(sample_study, chosen, assumed=NONE, n=3)
    inside, people = sample_study.inside, sample_study.people
    minutes = am.compare(chosen, sample_study)[inside]
    mean = minutes.mul(people, axis=0).sum() / people.sum()
    share = am.coverage(minutes, people, [draws.asked.cutoff]).iloc[0]
    for world in draws.minutes.index:
        np.testing.assert_allclose(draws.minutes.loc[world], mean, rtol=1e-12)
        np.testing.assert_allclose(draws.mean.loc[world], mean, rtol=1e-12)
        np.testing.assert_allclose(draws.share.loc[world], share, rtol=1e-12)
        # One in ten goes beyond: the smallest minutes that nine in ten of the people do not exceed.
        for plan, of in minutes.items():
            order = of.sort_values(kind="stable").index
            last = order[(people[order].cumsum() >= 0.9 * people.sum()).argmax()]
            assert draws.d9.loc[world, plan] == pytest.approx(of[last], abs=0.11)
            gained = (minutes["baseline"] - of).round(5) >= 1
            assert draws.gain.loc[world, plan] == pytest.approx(people[gained].sum())
            assert draws.lose.loc[world, plan] == 0
    level = am.by_commune(minutes["Tergnier"], sample_study.residents[inside])["value"]
    np.testing.assert_allclose(draws.communes_now.loc["Tergnier"], level[draws.communes_now.columns], rtol=1e-6)


def test_the_first_world_of_the_uncertain_is_not_among_the_draws_but_stands_as_now(draws, sample_study):
    mean = am.compare(plans("Sinceny"), sample_study)["Sinceny"][sample_study.inside]
    people = sample_study.people
    assert draws.now.loc["mean", "Sinceny"] == pytest.approx((mean * people).sum() / people.sum(), rel=1e-12)
    assert draws.minutes["Sinceny"].nunique() == draws.n


def test_the_same_seed_gives_the_same_worlds_whatever_the_plans(draws, sample_study):
    fewer = un.draw(sample_study, plans("Sinceny"), n=200)
    pd.testing.assert_series_equal(fewer.minutes["Sinceny"], draws.minutes["Sinceny"], rtol=1e-6)
    other = un.draw(sample_study, plans("Sinceny"), n=200, seed=1)
    assert (fewer.minutes["Sinceny"] != other.minutes["Sinceny"]).all()


def test_every_figure_has_a_range_and_today_neither_gains_nor_loses(draws):
    table = un.ranges(draws)
    assert table.loc["baseline"].index.to_list() == ["mean", "share", "d9"]
    assert table.loc["Sinceny"].index.to_list() == ["mean", "share", "d9", "gain", "lose"]
    assert (table["low"] <= table["high"]).all()
    assert (table.xs("d9", level="figure")["low"] > table.xs("mean", level="figure")["low"]).all()
    assert table.loc[("La Fère déménage", "lose"), "now"] > 0


def test_a_site_more_never_lengthens_a_trip_in_any_world(draws):
    for plan in ("Tergnier", "Sinceny", "Folembray"):
        assert (draws.minutes[plan] <= draws.minutes["baseline"] + 1e-6).all()


def test_a_site_that_moves_is_another_site_and_is_not_served_from_its_old_place(draws, sample_study):
    moved = am.Scenario("La Fère déménage").move("france_services-02304", commune="Tergnier")
    mean = am.compare(moved, sample_study)["La Fère déménage"][sample_study.inside]
    people = sample_study.people
    assert draws.now.loc["mean", "La Fère déménage"] == pytest.approx((mean * people).sum() / people.sum(), rel=1e-12)


def test_chances_add_up_to_one_and_equal_plans_share_theirs_and_have_one_regret(draws):
    table = un.regret(draws)
    assert table["chance"].sum() == pytest.approx(1)
    one, same = table.loc["Tergnier"], table.loc["Tergnier encore"]
    pd.testing.assert_series_equal(one, same, check_names=False)
    assert one["chance"] > 0.3
    assert (table["expected"] <= table["worst"] + 1e-12).all()
    assert (table["expected"] >= 0).all()
    assert table["minimax"].any()
    assert table["worst"].idxmin() in table.index[table["minimax"]]


def test_regret_and_chance_as_counted_by_hand(draws):
    among = ["Tergnier", "Sinceny"]
    minutes = draws.minutes[among].to_numpy()
    table = un.regret(draws, among=among)
    best = minutes.argmin(axis=1)
    assert table.loc["Sinceny", "chance"] == pytest.approx((best == 1).mean())
    assert table.loc["Sinceny", "expected"] == pytest.approx(np.maximum(minutes[:, 1] - minutes[:, 0], 0).mean())


@settings(max_examples=3, deadline=None)
@given(st.floats(0.01, 0.4), st.floats(1.1, 3.0))
def test_ranges_widen_with_the_spread(toy, spread, wider):
    narrow, wide = (
        un.ranges(un.draw(toy, [], category="france_services", n=20, assumed=un.Assumptions(**{**ZERO, "network": s})))
        for s in (spread, min(1.0, spread * wider))
    )
    for table in (narrow, wide):
        assert (table["low"] <= table["now"] + 1e-9).all()
    one, other = narrow.loc[("baseline", "mean")], wide.loc[("baseline", "mean")]
    assert other["high"] - other["low"] > one["high"] - one["low"] > 0


ZERO = dict.fromkeys(un.Assumptions.names(), 0.0)


@pytest.fixture(scope="module")
def toy():
    import conftest

    return conftest.toy_study.__wrapped__()


def test_one_network_factor_by_hand(toy):
    """Of Bourg 50 people drive 3 minutes to Aville, where 100 live at the site: a mean of 1 minute times the factor."""
    draws = un.draw(toy, [], category="france_services", n=20, assumed=un.Assumptions(**{**ZERO, "network": 0.3}))
    factor = draws.minutes["baseline"]
    assert draws.now.loc["mean", "baseline"] == pytest.approx(1.0, abs=0.01)
    np.testing.assert_allclose(draws.communes["baseline"]["02002"], 3 * factor, rtol=1e-4)
    assert np.log(factor).std() == pytest.approx(0.3, rel=0.5)


def test_a_site_that_may_be_closed_is_closed_as_often_as_it_is_told(toy):
    always = un.Assumptions(**{**ZERO, "closed_year": 1.0}, years={"services": 100})
    gone = un.draw(toy, [], category="france_services", n=10, assumed=always)
    assert gone.mean["baseline"].isna().all()  # nobody reaches anything: missing, and no number of minutes
    assert (gone.minutes["baseline"] == gone.asked.far).all()
    half = un.Assumptions(**{**ZERO, "hours": 0.5})
    draws = un.draw(toy, [], category="france_services", n=400, assumed=half)
    # the hours of both sites are unknown: Aville's is there in half of the worlds
    assert (draws.minutes["baseline"] == draws.now.loc["minutes", "baseline"]).mean() == pytest.approx(0.5, abs=0.1)


def test_what_is_worth_checking_is_what_could_change_the_choice(draws, toy):
    among = ["Tergnier", "Folembray"]
    table = un.to_check(draws, among=among)
    assert table.index[0] == "everything"
    assert (table["value"] >= 0).all()
    assert table["changes"].between(0, 1).all()
    only_legs = un.draw(toy, {"same": toy.sites("france_services")}, category="france_services", n=3)
    assert (un.to_check(only_legs) == 0).all(axis=None)  # of one plan no check changes the choice


def test_communes_whose_class_is_undecided(draws):
    table = un.undecided(draws, bounds=[10, 20, 30])
    level, now = draws.communes["baseline"], draws.communes_now.loc["baseline"]
    for code in table.index[:10]:
        classes = np.searchsorted([10, 20, 30], level[code].to_numpy("float32"))
        assert table.loc[code, "now"] == np.searchsorted([10, 20, 30], now[code])
        assert table.loc[code, "chance"] == pytest.approx((classes == table.loc[code, "now"]).mean())
    assert (table["undecided"] == (table["chance"] < 0.5)).all()
    assert table["undecided"].any()
    assert not table["undecided"].all()


def test_routed_anew_over_roads_of_other_speeds_the_minutes_are_those_drawn(sample_study):
    """What the ways of today are worth: 0.1 % where classes of road differ, 3 % of a world where places do too."""
    chosen = plans("Tergnier", "Folembray")
    classes = un.Assumptions(network=0.2, place=0.0, homes=0.0)
    table = un.rerouted(un.draw(sample_study, chosen, n=2, assumed=classes), sample_study, worlds=1)
    assert (table["drawn"] >= table["rerouted"] - 2e-4).all()  # another way is taken only where it is quicker
    np.testing.assert_allclose(table["drawn"], table["rerouted"], rtol=2e-3)
    table = un.rerouted(un.draw(sample_study, chosen, n=2), sample_study, worlds=1)
    np.testing.assert_allclose(table["drawn"], table["rerouted"], rtol=4e-2)


def test_plans_that_change_the_roads_have_ways_of_their_own(toy):
    bridge = am.Scenario("pont fermé").close_road("02001", "02002")
    draws = un.draw(toy, bridge, category="france_services", n=5, assumed=un.Assumptions(**{**ZERO, "network": 0.2}))
    # Bourg now goes to Xanton, as far: its people are where they were
    assert draws.now.loc["minutes", "pont fermé"] == pytest.approx(1.0, abs=0.01)
    np.testing.assert_allclose(draws.minutes["pont fermé"], draws.minutes["baseline"], rtol=1e-4)
    with pytest.raises(am.AccessmapError, match="changes the roads"):
        un.rerouted(draws, toy)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"network": -0.1}, "network is -0.1"),
        ({"road_class": 0.5}, "to 0.3"),
        ({"classes": {"D": 0.9}}, "classes.D"),
        ({"years": {"service": 3}}, "services"),
        ({"homes": float("nan")}, "homes"),
        ({"hours": True}, "hours"),
    ],
)
def test_a_spread_that_cannot_be_is_refused(given, told):
    with pytest.raises(am.AccessmapError, match=told):
        un.Assumptions(**given)


def test_what_cannot_be_drawn_is_refused(toy, draws):
    with pytest.raises(am.AccessmapError, match="number of worlds"):
        un.draw(toy, [], category="france_services", n=0)
    with pytest.raises(am.AccessmapError, match="Tergnier"):
        un.regret(draws, among=["Ternier"])
    with pytest.raises(am.AccessmapError, match="no plan"):
        un.regret(un.draw(toy, [], category="france_services", n=2))
    with pytest.raises(am.AccessmapError, match="share"):
        un.ranges(draws, level=1.0)


@pytest.mark.slow
def test_a_thousand_worlds_of_ten_thousand_residents_and_twenty_sites(sample_study):
    """In under 5 seconds of two cores (0.9 s when nothing else runs): the time of the process, which load leaves be."""
    whole = sample_study.about(sample_study.communes.index, title="tout")
    home = whole.residents
    more = home.iloc[: 10_000 - len(home)]
    home = gpd.GeoDataFrame(pd.concat([home, more.set_axis(more.index + "-b")]), crs=home.crs)
    big = am.Study(whole.communes, home, whole.services, whole.network, provenance=whole.provenance)
    sites = big.sites(["france_services", "hospital"])
    begin = time.process_time()
    draws = un.draw(big, {"hospitals too": sites}, category="france_services", n=1000)
    spent = time.process_time() - begin
    assert len(draws.asked.people) == 10_000
    assert draws.asked.open[1].sum() >= 20
    assert spent < 10  # of two cores
