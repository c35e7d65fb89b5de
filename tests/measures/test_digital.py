"""Digital access: rates of a territory, roll-out, help, the four classes, both ways together, vulnerability."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accessmap as am
from accessmap import decay, digital, digital_help
from accessmap.errors import StudyError, TableError
from accessmap.measures.digital import CLASSES
from accessmap.read.coverage import digital as read_digital
from accessmap.study.digital_help import MEDIATION
from accessmap.tables.contracts import RATES, check_digital
from accessmap.words import words as labels


def table(**columns):
    length = len(next(iter(columns.values())))
    return pd.DataFrame(columns, index=pd.Index(list("abcdefgh")[:length], name="code"))


quick = settings(max_examples=40, deadline=None)  # deadlines fail on a busy machine

SHARE = st.floats(0, 1)
RATE = st.one_of(SHARE, st.just(np.nan))
PEOPLE = st.integers(0, 5000)
MINUTES = st.one_of(st.floats(0, 90, width=32), st.just(np.nan))


@st.composite
def places(draw):
    """Minutes, people and communes of some residents, and a rate by commune, known or not."""
    count = draw(st.integers(1, 12))
    ids = [f"r{number}" for number in range(count)]
    minutes = pd.Series(draw(st.lists(MINUTES, min_size=count, max_size=count)), ids, dtype="float32")
    people = pd.Series(draw(st.lists(PEOPLE, min_size=count, max_size=count)), ids)
    commune = pd.Series(draw(st.lists(st.sampled_from("abc"), min_size=count, max_size=count)), ids)
    rate = pd.Series(draw(st.lists(RATE, min_size=3, max_size=3)), list("abc"), dtype="float64")
    return minutes, people, commune, rate


# ---- the rate of a territory


def test_a_rate_is_weighted_and_leaves_out_the_unknown_whose_weight_it_tells():
    # (0.5 × 300 + 1 × 100) / 400; c is not known and d is not in the table
    rates = table(fibre=[0.5, 1.0, np.nan])
    found = digital.coverage_rate(rates, pd.Series({"a": 300, "b": 100, "c": 40, "d": 10}))
    assert found.loc["all"].to_dict() == {"rate": 0.625, "known_weight": 400, "unknown_weight": 50}


def test_premises_are_the_weights_where_none_are_given():
    rates = table(premises=[1, 3], fibre=[0.0, 1.0], very_high_speed=[0.5, 1.0])
    assert digital.coverage_rate(rates).loc["all", "rate"] == 0.75
    assert digital.coverage_rate(rates, technology="very_high_speed").loc["all", "rate"] == 0.875


def test_a_rate_by_group_keeps_the_zones_without_a_group():
    rates = table(fibre=[0.5, 1.0, 0.2])
    groups = pd.Series({"a": "200071785", "b": "200071785", "c": None})
    found = digital.coverage_rate(rates, pd.Series({"a": 1, "b": 1, "c": 7}), groups=groups)
    assert found.loc["200071785", "rate"] == 0.75
    assert found["known_weight"].sum() == 9
    assert found.index.isna().sum() == 1
    communes = pd.DataFrame({"population": 1, "in_territory": True}, index=rates.index)
    vintages = digital.coverage_vintages({"2018": rates, "2025": rates}, communes, groups=groups)
    assert vintages.index.get_level_values("group").isna().sum() == 2
    assert vintages["rate"].tolist() == [0.75, 0.75, 0.2, 0.2]


def test_a_rate_of_nobody_known_is_no_rate():
    found = digital.coverage_rate(table(fibre=[np.nan]), pd.Series({"a": 5}))
    assert np.isnan(found.loc["all", "rate"])
    assert found.loc["all", "unknown_weight"] == 5


def test_missing_weights_groups_and_technologies_are_told():
    rates = table(fibre=[0.5, 1.0])
    with pytest.raises(TableError, match=r"'premises' is missing: give weights"):
        digital.coverage_rate(rates)
    with pytest.raises(TableError, match=r"'premises' is missing for 'b'"):
        digital.coverage_rate(rates.assign(premises=[3, np.nan]))
    with pytest.raises(TableError, match=r"missing or infinite \('b'\)"):
        digital.coverage_rate(rates, pd.Series({"a": 1.0, "b": np.nan}))
    with pytest.raises(TableError, match=r"No group for 'b'"):
        digital.coverage_rate(rates, pd.Series({"a": 1, "b": 1}), groups=pd.Series({"a": "x"}))
    with pytest.raises(ValueError, match=r"technology is 'fiber' \(did you mean 'fibre'"):
        digital.coverage_rate(rates, technology="fiber")
    with pytest.raises(TableError, match=r"'mobile_4g' is missing: the table has fibre"):
        digital.coverage_rate(rates, technology="mobile_4g")
    with pytest.raises(TableError, match=r"looks like a percentage"):
        digital.coverage_rate(rates * 100, pd.Series({"a": 1, "b": 1}))


@quick
@given(st.lists(st.tuples(RATE, PEOPLE), min_size=1, max_size=8))
def test_a_rate_is_between_the_least_and_the_most_and_its_weights_make_the_whole(rows):
    rates = table(fibre=[rate for rate, _ in rows])
    people = pd.Series([number for _, number in rows], rates.index)
    found = digital.coverage_rate(rates, people).loc["all"]
    assert found["known_weight"] + found["unknown_weight"] == people.sum()
    counted = rates["fibre"][people > 0].dropna()
    if counted.empty:
        assert np.isnan(found["rate"])
    else:
        assert counted.min() - 1e-12 <= found["rate"] <= counted.max() + 1e-12


# ---- vintages


def territory(**people):
    return pd.DataFrame(
        {"population": list(people.values()), "in_territory": True, "epci": "e"}, pd.Index(people, name="code")
    )


def test_vintages_are_compared_on_the_zones_that_all_of_them_know():
    # b is served badly and missing from the later file: the rate of those known rises though nobody was connected
    vintages = {"2018": table(fibre=[0.8, 0.0]), "2025": table(fibre=[0.8, np.nan])}
    found = digital.coverage_vintages(vintages, territory(a=100, b=100)).loc["all"]
    assert found["rate"].tolist() == [0.4, 0.8]
    assert found["same_rate"].tolist() == [0.8, 0.8]
    assert found["same_weight"].tolist() == [100, 100]


def test_premises_counted_are_shown_where_there_is_no_rate():
    vintages = {"2018": table(fibre=[np.nan] * 2, fibre_premises=[60, 0]), "2025": table(fibre=[1.0, 0.9])}
    found = digital.coverage_vintages(vintages, territory(a=100, b=100)).loc["all"]
    assert np.isnan(found.loc["2018", "rate"])
    assert found.loc["2018", "premises_reached"] == 60
    assert np.isnan(found.loc["2025", "premises_reached"])


def test_no_premises_reached_in_a_whole_group_is_a_rate_of_zero_but_in_a_part_of_it_is_unknown():
    communes = territory(a=100, b=100, c=50)
    groups = pd.Series({"a": "served", "b": "served", "c": "not"})
    early = table(fibre=[np.nan] * 3, fibre_premises=[60, 0, 0])
    found = digital.coverage_vintages({"2018": early}, communes, groups=groups)
    assert found.loc[("not", "2018"), "rate"] == 0.0
    assert np.isnan(found.loc[("served", "2018"), "rate"])


def test_communes_outside_the_territory_are_not_counted():
    communes = territory(a=100, b=100).assign(in_territory=[True, False])
    found = digital.coverage_vintages({"2025": table(fibre=[0.5, 1.0])}, communes)
    assert found.loc[("all", "2025"), ["rate", "known_weight"]].tolist() == [0.5, 100]


def test_rates_stand_side_by_side_by_zone_with_their_change():
    found = digital.vintage_rates({"2018": table(fibre=[0.2, np.nan]), "2025": table(fibre=[0.9, 1.0])})
    assert found["change"].iloc[0] == pytest.approx(0.7)
    assert np.isnan(found["change"].iloc[1])
    with pytest.raises(ValueError, match=r"vintages is empty"):
        digital.vintage_rates({})


# ---- the roll-out


def test_a_roll_out_raises_the_zones_named_and_no_other():
    rates = table(fibre=[0.899, 0.898, 0.5])
    after = digital.connected(rates, {"a": 1, "b": 1})
    assert after["fibre"].tolist() == [1.0, 1.0, 0.5]
    assert rates["fibre"].tolist() == [0.899, 0.898, 0.5]


def test_a_rate_never_goes_down_unless_asked():
    rates = table(fibre=[0.9])
    assert digital.connected(rates, {"a": 0.4})["fibre"].tolist() == [0.9]
    assert digital.connected(rates, {"a": 0.4}, lower=True)["fibre"].tolist() == [0.4]


def test_very_high_speed_follows_fibre_and_an_unknown_one_only_where_all_have_fibre():
    rates = table(fibre=[0.2, 0.2, 0.2], very_high_speed=[0.5, 0.95, np.nan])
    after = digital.connected(rates, {"a": 0.9, "b": 0.9, "c": 0.9})
    assert after["very_high_speed"].fillna(-1).tolist() == [0.9, 0.95, -1]
    assert digital.connected(rates, {"c": 1})["very_high_speed"].fillna(-1).tolist() == [0.5, 0.95, 1.0]


def test_very_high_speed_asked_for_is_never_below_the_fibre_that_is_there():
    rates = table(fibre=[0.8], very_high_speed=[np.nan])
    after = digital.connected(rates, {"a": 0.5}, technology="very_high_speed")
    assert after["very_high_speed"].tolist() == [0.8]
    with pytest.raises(TableError, match=r"'very_high_speed' is below 'fibre'"):
        digital.connected(rates, {"a": 0.5}, technology="very_high_speed", lower=True)


def test_a_rate_that_was_unknown_is_known_once_connected():
    assert digital.connected(table(fibre=[np.nan]), {"a": 0.7})["fibre"].tolist() == [0.7]


def test_premises_reached_follow_the_rate_or_are_forgotten():
    rates = table(premises=[200, np.nan, 10], fibre=[0.5, 0.5, 0.5], fibre_premises=[100, 50, 5])
    after = digital.connected(rates, {"a": 1, "b": 1})
    assert after["fibre_premises"].fillna(-1).tolist() == [200, -1, 5]


def test_unknown_zones_and_shares_that_are_none_are_told_at_once():
    rates = pd.DataFrame({"fibre": [0.899, 0.9]}, index=["02159", "01004"])
    with pytest.raises(TableError) as caught:
        digital.connected(rates, {"02195": 1, "1004": 1, "02159": 100, "01004": True})
    assert caught.value.problems == (
        "No zone '02195' in the digital table (did you mean '02159'?): correct its code.",
        "No zone '1004' in the digital table (did you mean '01004'?): correct its code.",
        "The share of '02159' is 100: give a share between 0 and 1: 100 looks like a percentage, divide by 100.",
        "The share of '01004' is True: give a share between 0 and 1.",
    )
    for wrong in (-0.1, float("nan"), "1"):
        with pytest.raises(TableError, match=r"give a share between 0 and 1"):
            digital.connected(rates, {"02159": wrong})


@quick
@given(st.lists(st.tuples(RATE, SHARE), min_size=1, max_size=6), st.sampled_from(RATES))
def test_a_roll_out_lowers_no_rate_and_stays_in_the_contract(rows, technology):
    fast = [max(rate, other) if rate == rate else np.nan for rate, other in rows]
    rates = table(fibre=[rate for rate, _ in rows], very_high_speed=fast, mobile_4g=[other for _, other in rows])
    after = digital.connected(rates, dict.fromkeys(rates.index, 0.6), technology=technology)
    check_digital(after)
    for name in RATES:
        known = rates[name].notna()
        assert (after.loc[known, name] >= rates.loc[known, name]).all()
    assert (after[technology] >= 0.6).all()


# ---- four classes


def test_each_class_of_a_toy_place():
    minutes = pd.Series([5, 20, 21, 40, np.nan, 5], list("pqrstu"), dtype="float32")
    by = pd.Series(["a", "b", "a", "b", "b", "c"], minutes.index)
    rate = pd.Series({"a": 0.9, "b": 0.89, "c": np.nan})
    found = digital.typology(minutes, rate, near_minutes=20, connected_share=0.9, by=by)
    assert found["class"].tolist() == [
        *("near_connected", "near_unconnected", "far_connected", "far_unconnected", "far_unconnected", "unknown")
    ]
    assert found["near"].tolist() == [True, True, False, False, False, True]
    assert found["connected"].tolist() == [True, False, True, False, False, pd.NA]
    assert tuple(found["class"].cat.categories) == CLASSES


def test_minutes_by_commune_need_no_communes_of_residents():
    minutes = pd.Series({"a": 5.0, "b": 50.0})
    found = digital.typology(minutes, pd.Series({"a": 1.0, "b": 1.0}), near_minutes=20, connected_share=1)
    assert found["class"].tolist() == ["near_connected", "far_connected"]


def test_people_are_shared_out_by_the_rate_or_by_a_threshold():
    minutes = pd.Series({"r1": 4.0, "r2": 25.0})
    by, people = pd.Series("a", minutes.index), pd.Series({"r1": 100, "r2": 50})
    rate = pd.Series({"a": 0.6})
    shared = digital.typology_people(minutes, rate, people, near_minutes=20, by=by)
    assert shared.loc["all"].tolist() == [60, 40, 30, 20, 0, 150]
    whole = digital.typology_people(minutes, rate, people, near_minutes=20, by=by, connected_share=0.6)
    assert whole.loc["all"].tolist() == [100, 0, 50, 0, 0, 150]


@quick
@given(places(), st.floats(0, 60), st.one_of(st.none(), SHARE))
def test_people_of_the_classes_make_everyone_in_every_group(drawn, near, threshold):
    minutes, people, commune, rate = drawn
    found = digital.typology_people(
        minutes, rate, people, near_minutes=near, by=commune, connected_share=threshold, groups=commune
    )
    assert np.allclose(found[list(CLASSES)].sum(axis=1), found["people"])
    assert found["people"].sum() == people.sum()
    assert (found.to_numpy() >= 0).all()


@quick
@given(places(), st.floats(0, 60), SHARE)
def test_people_by_threshold_are_the_people_of_each_class(drawn, near, threshold):
    minutes, people, commune, rate = drawn
    classes = digital.typology(minutes, rate, near_minutes=near, connected_share=threshold, by=commune)["class"]
    found = digital.typology_people(
        minutes, rate, people, near_minutes=near, by=commune, connected_share=threshold
    ).loc["all", list(CLASSES)]
    counted = people.groupby(classes, observed=False).sum().reindex(list(CLASSES))
    assert np.allclose(found.to_numpy(dtype=float), counted.to_numpy(dtype=float))


def test_wrong_thresholds_and_rates_are_told():
    minutes, by = pd.Series({"r1": 4.0}), pd.Series({"r1": "02159"})
    rate = pd.Series({"02159": 0.9})
    options = {"near_minutes": 20, "connected_share": 0.9, "by": by}
    with pytest.raises(ValueError, match=r"connected_share is 90: .*looks like a percentage"):
        digital.typology(minutes, rate, **{**options, "connected_share": 90})
    with pytest.raises(ValueError, match=r"near_minutes is -1"):
        digital.typology(minutes, rate, **{**options, "near_minutes": -1})
    with pytest.raises(TableError, match=r"rates are over 1, such as '02159' \(90\)"):
        digital.typology(minutes, rate * 100, **options)
    with pytest.raises(TableError, match=r"No commune of the residents has a rate \(such as '02159'"):
        digital.typology(minutes, rate.set_axis(["2159"]), **options)
    with pytest.raises(TableError, match=r"No value for 1 residents, such as 'r1'"):
        digital.typology(minutes, rate, **{**options, "by": by.set_axis(["r2"])})


def test_the_double_burden_names_communes_far_and_little_connected_with_bounds():
    residents = pd.DataFrame({"commune": list("aabc"), "population": [60, 40, 500, 30]}, index=["r1", "r2", "r3", "r4"])
    # a: 60 of 100 are far; b is near; c reaches nothing and is connected
    minutes = pd.Series([30.0, 10.0, 5.0, np.nan], index=residents.index)
    rate = pd.Series({"a": 0.5, "b": 0.1, "c": 0.95})
    found = digital.double_burden(minutes, rate, residents, near_minutes=20, connected_share=0.9)
    assert found.index.tolist() == ["a"]
    assert found.loc["a"].to_dict() == {
        "people": 100, "far_people": 60, "rate": 0.5, "unconnected_people": 50,
        "expected": 30, "at_least": 10, "at_most": 50,
    }  # fmt: skip
    # 60 far and 10 not connected of 100 need not meet
    connected = digital.double_burden(minutes, rate * 0 + 0.9, residents, near_minutes=20, connected_share=0.95)
    assert connected.loc["a", ["expected", "at_least", "at_most"]].tolist() == pytest.approx([6, 0, 10])
    stricter = digital.double_burden(minutes, rate, residents, near_minutes=20, connected_share=1.0)
    assert stricter.index.tolist() == ["a", "c"]


@quick
@given(places(), st.floats(0, 60))
def test_those_who_bear_both_are_within_their_bounds_and_are_the_far_unconnected(drawn, near):
    minutes, people, commune, rate = drawn
    residents = pd.DataFrame({"commune": commune, "population": people})
    found = digital.double_burden(minutes, rate, residents, near_minutes=near, connected_share=1.0)
    assert (found["at_least"] <= found["expected"] + 1e-9).all()
    assert (found["expected"] <= found["at_most"] + 1e-9).all()
    classes = digital.typology_people(minutes, rate, people, near_minutes=near, by=commune, groups=commune)
    assert np.allclose(found["expected"], classes.loc[found.index, "far_unconnected"])


# ---- both ways together


def test_both_ways_together_by_hand():
    # near: all of it; far: 0.75 of the procedures can be done online by 0.8 × 0.5 of the people
    minutes, by = pd.Series({"r1": 10.0, "r2": 40.0}), pd.Series("a", ["r1", "r2"])
    found = digital.effective_access(
        minutes, pd.Series({"a": 0.8}), offline_share=0.25, decay=decay.binary(20), by=by, able=0.5
    )
    assert found["effective"].tolist() == pytest.approx([1.0, 0.3])
    assert found["gained_online"].tolist() == pytest.approx([0.0, 0.3])


def test_an_unknown_rate_matters_only_where_the_digital_way_does():
    minutes, by = pd.Series({"r1": 10.0, "r2": 40.0}), pd.Series("a", ["r1", "r2"])
    rate = pd.Series({"a": np.nan})
    found = digital.effective_access(minutes, rate, offline_share=0.25, decay=decay.binary(20), by=by)
    assert found["effective"].fillna(-1).tolist() == [1.0, -1]
    offline = digital.effective_access(minutes, rate, offline_share=1, decay=decay.binary(20), by=by)
    assert offline["effective"].tolist() == [1.0, 0.0]


@quick
@given(places(), SHARE, SHARE, SHARE)
def test_effective_access_is_between_its_extremes_and_monotone(drawn, offline, less_offline, able):
    minutes, _, commune, rate = drawn
    offline, less_offline = max(offline, less_offline), min(offline, less_offline)
    options = {"decay": decay.gaussian(15), "by": commune, "able": able}
    found = digital.effective_access(minutes, rate, offline_share=offline, **options)
    more = digital.effective_access(minutes, rate, offline_share=less_offline, **options)
    known = found["effective"].notna()
    physical, online = found.loc[known, "physical"], found.loc[known, "online"].fillna(0)
    assert (found.loc[known, "effective"] >= physical - 1e-12).all()
    assert (found.loc[known, "effective"] <= 1 - (1 - physical) * (1 - online) + 1e-12).all()
    assert np.allclose(found["physical"] + found["gained_online"], found["effective"], equal_nan=True)
    both = known & more["effective"].notna()
    assert (more.loc[both, "effective"] >= found.loc[both, "effective"] - 1e-12).all()
    better = digital.effective_access(minutes, rate.fillna(0.5) ** 0.5, offline_share=offline, **options)
    assert (better.loc[known, "effective"] >= found.loc[known, "effective"] - 1e-12).all()
    nearer = digital.effective_access(minutes / 2, rate, offline_share=offline, **options)
    assert (nearer.loc[known, "effective"].dropna() >= found.loc[known, "effective"] - 1e-12).all()


def test_being_able_may_be_known_by_resident_and_is_a_share():
    minutes, by = pd.Series({"r1": 40.0, "r2": 40.0}), pd.Series("a", ["r1", "r2"])
    options = {"offline_share": 0.0, "decay": decay.binary(20), "by": by}
    able = pd.Series({"r1": 1.0, "r2": 0.25})
    found = digital.effective_access(minutes, pd.Series({"a": 0.8}), able=able, **options)
    assert found["effective"].tolist() == pytest.approx([0.8, 0.2])
    with pytest.raises(TableError, match=r"Over 1 for 'r1'"):
        digital.effective_access(minutes, pd.Series({"a": 0.8}), able=able * 100, **options)
    with pytest.raises(ValueError, match=r"able is 80"):
        digital.effective_access(minutes, pd.Series({"a": 0.8}), able=80, **options)
    with pytest.raises(ValueError, match=r"offline_share is 30: .*percentage"):
        digital.effective_access(minutes, pd.Series({"a": 0.8}), **{**options, "offline_share": 30})
    with pytest.raises(ValueError, match=r"gives weights over 1"):
        digital.effective_access(minutes, pd.Series({"a": 0.8}), **{**options, "decay": lambda minutes: minutes})


# ---- vulnerability


COMPONENTS = pd.DataFrame(
    {"over_65": [0.30, 0.20, 0.10], "income": [18_000.0, 22_000.0, 20_000.0]}, index=["a", "b", "c"]
)


def test_vulnerability_by_rank_over_people_by_hand():
    people = pd.Series({"a": 50, "b": 30, "c": 20})
    found = digital.vulnerability(
        COMPONENTS, weights={"over_65": 3, "income": 1}, population=people, lower_is_worse=["income"]
    )
    # over 65: c 10, b 20 + 15 = 35, a 50 + 25 = 75; income, low is worse: b 15, c 30 + 10 = 40, a 75
    assert found["from_over_65"].tolist() == pytest.approx([56.25, 26.25, 7.5])
    assert found["from_income"].tolist() == pytest.approx([18.75, 3.75, 10.0])
    assert found["index"].tolist() == pytest.approx([75.0, 30.0, 17.5])
    assert found["rank"].tolist() == [1, 2, 3]


def test_vulnerability_between_bounds_is_the_same_whatever_the_other_zones():
    bounds = {"over_65": (0.30, 0.10), "income": (15_000, 25_000)}
    whole = digital.vulnerability(COMPONENTS, weights={"over_65": 1, "income": 1}, bounds=bounds)
    alone = digital.vulnerability(COMPONENTS.loc[["b"]], weights={"over_65": 1, "income": 1}, bounds=bounds)
    assert whole.loc["b", "index"] == alone.loc["b", "index"] == pytest.approx((50 + 30) / 2)


def test_a_component_that_is_not_known_gives_no_index():
    known = COMPONENTS.assign(income=[18_000.0, np.nan, 20_000.0])
    found = digital.vulnerability(known, weights={"over_65": 1, "income": 1}, lower_is_worse=["income"])
    assert found["index"].isna().tolist() == [False, True, False]
    assert found.loc["b", "from_over_65"] == 25.0


def test_sensitivity_holds_the_index_and_the_rank_between_its_ends():
    weights = {"over_65": 1, "income": 1}
    found = digital.vulnerability_sensitivity(COMPONENTS, weights=weights, lower_is_worse=["income"], change=1)
    index = digital.vulnerability(COMPONENTS, weights=weights, lower_is_worse=["income"])
    assert found["index"].tolist() == pytest.approx(index["index"].tolist())
    assert found["rank"].tolist() == index["rank"].tolist()
    assert (found["lowest"] <= found["index"]).all()
    assert (found["index"] <= found["highest"]).all()
    assert (found["first_rank"] <= found["rank"]).all()
    assert (found["rank"] <= found["last_rank"]).all()
    # b is second by age and last by income: a weight that is dropped moves it between both
    assert found.loc["b", ["first_rank", "last_rank"]].tolist() == [2, 3]


def test_what_residents_carry_becomes_shares_by_commune_over_those_known():
    residents = pd.DataFrame(
        {"commune": list("aabbc"), "population": [60, 40, 10, 30, 0], "old": [10, 15, np.nan, 6, 0], "few": 0}
    )
    found = digital.carried_shares(residents, {"over_65": "old", "no_car": "few"})
    assert found["over_65"].fillna(-1).tolist() == [0.25, 0.2, -1]  # nobody lives in c
    assert found["people"].tolist() == [100, 40, 0]
    with pytest.raises(TableError, match=r"'olds' is missing \(did you mean 'old'"):
        digital.carried_shares(residents, {"over_65": "olds"})
    with pytest.raises(TableError, match=r"'old' is more than everyone in commune 'a'"):
        digital.carried_shares(residents.assign(old=[99, 15, 0, 0, 0]), {"over_65": "old"})


def test_wrong_components_and_weights_are_told():
    with pytest.raises(TableError, match=r"No column 'incom' \(did you mean 'income'"):
        digital.vulnerability(COMPONENTS, weights={"incom": 1})
    with pytest.raises(TableError, match=r"lower_is_worse names 'incomes'"):
        digital.vulnerability(COMPONENTS, weights={"income": 1}, lower_is_worse=["incomes"])
    with pytest.raises(ValueError, match=r"bounds say which end is worse"):
        digital.vulnerability(
            COMPONENTS, weights={"income": 1}, lower_is_worse=["income"], bounds={"income": (15_000, 25_000)}
        )
    with pytest.raises(TableError, match=r"No bounds for 'over_65'"):
        digital.vulnerability(COMPONENTS, weights={"over_65": 1}, bounds={})
    with pytest.raises(TableError, match=r"Weights must be 0 or more"):
        digital.vulnerability(COMPONENTS, weights={"over_65": -1})


@quick
@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(1, 900)), min_size=1, max_size=8))
def test_contributions_sum_to_the_index_which_is_between_0_and_100(rows):
    components = table(one=[row[0] for row in rows], two=[row[1] for row in rows])
    people = pd.Series([row[2] for row in rows], components.index)
    found = digital.vulnerability(components, weights={"one": 2, "two": 1}, population=people)
    assert np.allclose(found["from_one"] + found["from_two"], found["index"])
    assert found["index"].between(0, 100).all()
    # over all people the mean rank is one half, whatever the ties
    assert (found["index"] * people).sum() / people.sum() == pytest.approx(50)


# ---- places of help


def test_the_nearest_helper_of_each_kind_and_of_all(toy_study):
    sites = toy_study.services
    library = gpd.GeoDataFrame(
        {"name": ["Bib"], "category": ["library"], "commune": ["02002"]},
        geometry=[toy_study.communes.geometry["02002"].centroid],
        index=pd.Index(["bib"], name="service_id"),
        crs=2154,
    )
    study = toy_study.with_services(pd.concat([sites, library]))
    found = digital_help.minutes(study)
    assert found.columns.tolist() == ["france_services", "library", "nearest", "service_id", "kind"]
    assert found["service_id"].tolist() == ["fs-a", "bib", "fs-x"]
    assert found["kind"].tolist() == ["france_services", "library", "france_services"]
    assert (found["nearest"] == found[["france_services", "library"]].min(axis=1)).all()
    assert found.loc["rb", "france_services"] > found.loc["rb", "library"]


def test_a_helper_without_hours_may_be_open_and_is_not_surely_so(toy_study):
    hours = pd.Series({"fs-a": "Mo-Fr 09:00-12:00", "fs-x": "Sa 09:00-12:00"})
    study = toy_study.with_services(toy_study.services.assign(hours=hours.reindex(toy_study.services.index)))
    shares = digital_help.open(study, within=5, whens=("saturday", "after_17"))
    # a: 100 people, 6 minutes from x, which alone is open on Saturday; b: 50 people, 3 minutes from both
    assert shares.loc["saturday", "all"] == 1.0
    assert shares.loc["saturday", "worst"] == pytest.approx(50 / 150)
    assert shares.loc["after_17"].tolist() == [1.0, 0.0, 0.0]
    unknown = toy_study.with_services(toy_study.services.assign(hours=None))
    told = digital_help.open(unknown, within=5, whens=("saturday",))
    assert told.loc["saturday"].tolist() == [1.0, 1.0, 0.0]


def test_kinds_that_are_none_or_absent_are_told(toy_study):
    with pytest.raises(StudyError, match=r"'librarie' is no category of services \(did you mean 'library'"):
        digital_help.minutes(toy_study, kinds=["librarie"])
    with pytest.raises(StudyError, match=r"no service that helps \(coworking\)"):
        digital_help.minutes(toy_study, kinds=["coworking"])


def test_every_kind_class_and_technology_has_its_word_in_both_languages():
    for lang in ("fr", "en"):
        for key in (*(f"tech_{name}" for name in RATES), *(f"digital_{name}" for name in CLASSES)):
            assert labels.text(key, lang=lang)
        assert all(labels.category(kind).name(lang) for kind in MEDIATION)


# ---- the territory


@pytest.fixture(scope="module")
def aisne(real_data):
    """Study of the Aisne with the places of help of 2013, 2022 and 2024, and both vintages of fibre."""
    from aisne import aisne_study, mairies

    study = aisne_study(real_data)
    communes = study.communes
    town_halls = mairies(real_data, communes).assign(category="mairie", name="mairie")
    parts = [
        am.read_services(
            real_data / "france_services_2024-08.csv", category="france_services", communes=communes, clip=True
        ),
        am.read_services(
            real_data / "conseillers_numeriques_2022.csv",
            category="digital_help",
            communes=communes,
            columns={"capacity": "advisers"},
            clip=True,
        ),
        am.read_services(
            real_data / "bpe_2013_counts.csv",
            category="digital_help",
            communes=communes,
            mairies=town_halls,
            clip=True,
        ),
    ]
    columns = ["name", "category", "commune", "hours", "geometry"]
    services = gpd.GeoDataFrame(pd.concat([part.reindex(columns=columns) for part in parts]), crs=communes.crs)
    vintages = {
        "2018": read_digital(real_data / "ftth_2018q1.csv", communes),
        "2025": read_digital(real_data / "fibre_2025.csv", communes),
    }
    return study.with_services(services), vintages


def test_the_territory_had_no_fibre_in_half_of_it_in_2018_and_has_it_nearly_everywhere_in_2025(aisne):
    study, vintages = aisne
    found = digital.coverage_vintages(vintages, study.communes).loc["all"]
    assert found.loc["2018", "premises_reached"] == 17_652
    assert np.isnan(found.loc["2018", "rate"])  # the file has no total
    assert found.loc["2025", "rate"] == pytest.approx(0.99806, abs=1e-5)
    assert found.loc["2025", ["known_weight", "unknown_weight"]].tolist() == [70_550, 0]
    groups = digital.coverage_vintages(vintages, study.communes, groups=study.communes["epci"])
    picardie = groups.loc["200071769"]  # CC Picardie des Châteaux: not one premises in early 2018
    assert picardie["rate"].round(4).tolist() == [0.0, 0.9947]
    assert groups.loc[("200071785", "2018"), "premises_reached"] == 17_652


def test_champs_and_jumencourt_reach_everyone(aisne):
    study, vintages = aisne
    today = vintages["2025"]
    plan = digital.connected(today, {"02159": 1, "02395": 1})
    people = study.communes.loc[study.communes["in_territory"], "population"]
    assert study.communes.loc[["02159", "02395"], "name"].tolist() == ["Champs", "Jumencourt"]
    before, after = (digital.coverage_rate(rates, people).loc["all", "rate"] for rates in (today, plan))
    # (313 × 10.1 % + 120 × 10.2 %) of 70,550 people
    assert round(after, 4) == 0.9987
    assert after - before == pytest.approx((313 * 0.101 + 120 * 0.102) / 70_550)
    changed = plan["fibre"].fillna(-1) != today["fibre"].fillna(-1)
    assert changed[changed].index.tolist() == ["02159", "02395"]


def test_champs_alone_bears_the_double_burden_at_ten_minutes(aisne):
    study, vintages = aisne
    inside = study.inside
    residents = study.residents[inside]
    minutes = digital_help.minutes(study)["nearest"][inside]
    options = {"near_minutes": 10, "connected_share": 0.95}
    assert digital.double_burden(minutes, vintages["2025"]["fibre"], residents, **options).index.tolist() == ["02159"]
    people = digital.typology_people(
        minutes, vintages["2025"]["fibre"], residents["population"], near_minutes=10, by=residents["commune"]
    ).loc["all"]
    assert people["people"] == 71_336
    assert people["unknown"] == 0
    assert people[["far_unconnected", "near_unconnected"]].sum() == pytest.approx(143, abs=2)


def test_a_helper_is_near_everyone_and_an_open_one_is_not(aisne):
    study, _ = aisne
    inside = study.inside
    people = study.residents.loc[inside, "population"]
    minutes = digital_help.minutes(study)["nearest"][inside]
    assert am.coverage(minutes, people, [10, 15, 20]).iloc[:, 0].round(2).tolist() == [0.84, 0.99, 1.0]
    shares = digital_help.open(study, within=20)
    assert shares.loc["saturday"].round(2).tolist() == [1.0, 1.0, 0.37]
    assert shares.loc["after_17"].round(2).tolist() == [1.0, 1.0, 0.48]
    inside_sites = study.services["commune"].isin(study.communes.index[study.communes["in_territory"]])
    own = study.with_services(study.services[inside_sites])
    assert digital_help.open(own, within=20)["worst"].round(2).to_dict() == {"after_17": 0.0, "saturday": 0.25}
