import importlib
import importlib.util
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap import imbalance
from accessmap.errors import AccessmapError, OptionError, TableError
from accessmap.measures.minutes import opportunities

quick = settings(max_examples=40, deadline=None)  # deadlines fail on a busy machine
ORACLE_ORIGINS = ["89a88cd909bffff", "89a88cdb57bffff", "89a88cdb597ffff", "89a88cdb5b3ffff", "89a88cdb5cfffff"]
ORACLE_CUTS = (1208.6, 3741.6)
INDICES = {
    "gini": imbalance.gini,
    "hoover": imbalance.hoover,
    "theil": lambda values, weights: imbalance.theil(values, weights).total,
    "atkinson": imbalance.atkinson,
    "atkinson, one": lambda values, weights: imbalance.atkinson(values, weights, epsilon=1),
    "atkinson, two": lambda values, weights: imbalance.atkinson(values, weights, epsilon=2),
}
each = pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)


def series(*numbers, ids="abcdefghij"):
    return pd.Series([float(number) for number in numbers], index=list(ids[: len(numbers)]))


@st.composite
def spreads(draw, least=0):
    """Values and whole numbers of people, at least someone with something."""
    size = draw(st.integers(1, 8))
    values = draw(st.lists(st.integers(least, 40), min_size=size, max_size=size).filter(any))
    people = draw(st.lists(st.integers(1, 30), min_size=size, max_size=size))
    return series(*values), series(*people)


@pytest.fixture(scope="module")
def land(data_folder):
    """Jobs within 30 minutes, people and income of five cells of São Paulo, and the whole table they come from."""
    folder = data_folder / "oracles" / "r_accessibility"
    whole = pd.read_csv(folder / "land_use_data.csv", index_col="id")
    trips = pd.read_csv(folder / "travel_matrix_5origins.csv").set_index(["from_id", "to_id"])["travel_time"]
    times = trips.unstack().loc[ORACLE_ORIGINS]  # noqa: PD010 -- one value a pair, nothing to aggregate
    return opportunities(times, whole["jobs"], cutoff=30), whole


# what every index must do


@each
def test_an_even_spread_has_no_inequality(index):
    assert index(series(3, 3, 3), series(1, 50, 7)) == pytest.approx(0.0, abs=1e-12)


@each
@quick
@given(case=spreads(), factor=st.sampled_from([0.01, 3.0, 1e6]))
def test_an_index_knows_neither_the_unit_of_access_nor_the_number_of_people(index, case, factor):
    values, people = case
    assert index(values * factor, people) == pytest.approx(index(values, people), abs=1e-9)
    assert index(values, people * factor) == pytest.approx(index(values, people), abs=1e-9)


@each
@quick
@given(case=spreads())
def test_a_weight_is_that_many_people_of_one_value(index, case):
    values, people = case
    one_each = pd.Series(np.repeat(values.to_numpy(), people.astype(int))).rename(str)
    assert index(one_each, one_each * 0 + 1) == pytest.approx(index(values, people), abs=1e-9)


@each
@quick
@given(case=spreads(), random=st.randoms())
def test_the_order_of_ids_changes_no_index(index, case, random):
    values, people = case
    mixed, other = list(values.index), list(values.index)
    random.shuffle(mixed)
    random.shuffle(other)
    assert index(values[mixed], people[other]) == pytest.approx(index(values, people), abs=1e-12)


@each
@quick
@given(case=spreads(least=2), amount=st.floats(0.05, 0.5))
def test_a_gift_from_who_has_most_to_who_has_least_lowers_no_index_backwards(index, case, amount):
    values, people = case
    poor, rich = values.idxmin(), values.idxmax()
    after = values.copy()
    given_away = min(people[poor], people[rich]) * amount
    after[poor] += given_away / people[poor]
    after[rich] -= given_away / people[rich]
    if values[rich] - values[poor] > 1:  # else the gift turns the two round
        assert index(after, people) <= index(values, people) + 1e-12


@each
def test_who_is_not_reached_is_never_dropped_in_silence(index):
    with pytest.raises(TableError, match=r"1 ids, 7 people, have no value \(not reached\).*unreached_share"):
        index(series(3, np.nan, 1), series(1, 7, 2))


@each
def test_an_index_of_nobody_is_refused_and_one_of_no_access_unknown(index):
    with pytest.raises(TableError, match="Nobody"):
        index(series(3, 1), series(0, 0))
    assert np.isnan(index(series(0, 0), series(1, 1)))


@each
def test_places_without_people_change_nothing(index):
    assert index(series(3, 1, 900), series(4, 2, 0)) == index(series(3, 1), series(4, 2))


@each
def test_values_and_people_are_refused_where_they_do_not_match(index):
    with pytest.raises(TableError, match=r"weights: 1 problem.*'b'"):
        index(series(3, 1), series(4))
    with pytest.raises(TableError, match="negative"):
        index(series(3, -1), series(4, 1))


# each index, by hand


def test_gini_is_half_the_mean_difference_over_the_mean():
    values, people = series(1, 4, 10), series(5, 3, 2)
    every = np.repeat([1, 4, 10], [5, 3, 2])
    expected = np.abs(every[:, None] - every).mean() / every.mean() / 2
    assert imbalance.gini(values, people) == pytest.approx(expected)


def test_lorenz_goes_from_nothing_to_all_below_the_diagonal():
    curve = imbalance.lorenz(series(10, 1, 4), series(2, 5, 3))
    assert curve["people"].tolist() == pytest.approx([0, 0.5, 0.8, 1])
    assert curve["access"].tolist() == pytest.approx([0, 5 / 37, 17 / 37, 1])
    assert (curve["access"] <= curve["people"] + 1e-12).all()
    assert imbalance.lorenz(series(0, 0), series(1, 1))["access"].isna().iloc[1:].all()


def test_hoover_is_what_would_have_to_move():
    # 6 of the 10 sites stand where half of the people live: 1 has to move.
    assert imbalance.hoover(series(0.6, 0.4), series(10, 10)) == pytest.approx(0.1)


@quick
@given(spreads())
def test_hoover_is_the_greatest_gap_of_the_lorenz_curve(case):
    curve = imbalance.lorenz(*case)
    assert imbalance.hoover(*case) == pytest.approx((curve["people"] - curve["access"]).max(), abs=1e-9)


def test_theil_keeps_those_who_have_nothing():
    # All of it with one person in four: ln 4. Dropping the three would give 0.
    assert imbalance.theil(series(8, 0), series(1, 3)).total == pytest.approx(np.log(4))


@quick
@given(spreads(), st.randoms())
def test_theil_is_its_between_part_plus_the_groups_weighted_by_access(case, random):
    values, people = case
    groups = pd.Series([random.choice("xyz") for _ in values], index=values.index)
    found = imbalance.theil(values, people, groups=groups)
    access = values * people
    within = sum(
        access[groups == group].sum()
        / access.sum()
        * imbalance.theil(values[groups == group], people[groups == group])[0]
        for group in groups.unique()
        if access[groups == group].sum() > 0
    )
    assert found.within == pytest.approx(within, abs=1e-9)
    assert found.total == pytest.approx(found.between + found.within, abs=1e-9)
    assert found.total == pytest.approx(imbalance.theil(values, people).total)


def test_theil_of_one_group_is_all_within_and_an_unknown_group_is_refused():
    values, people = series(1, 4), series(1, 1)
    assert imbalance.theil(values, people).between == 0.0
    with pytest.raises(TableError, match=r"1 ids have no group, such as 'b'"):
        imbalance.theil(values, people, groups=pd.Series({"a": "x"}))
    with pytest.raises(TableError, match="unique"):
        imbalance.theil(values, people, groups=pd.Series(["x", "x"], index=["a", "a"]))


def test_atkinson_written_out():
    values, people = series(1, 4), series(3, 1)
    assert imbalance.atkinson(values, people, epsilon=0.5) == pytest.approx(1 - ((3 + 2) / 4) ** 2 / 1.75)
    assert imbalance.atkinson(values, people, epsilon=1) == pytest.approx(1 - 4**0.25 / 1.75)
    assert imbalance.atkinson(values, people, epsilon=2) == pytest.approx(1 - 1 / (3 / 4 + 1 / 16) / 1.75)
    assert imbalance.atkinson(series(0, 4), people, epsilon=1) == 1.0
    with pytest.raises(ValueError, match="epsilon is 0"):
        imbalance.atkinson(values, people, epsilon=0)


# where people stand


@quick
@given(spreads(), st.floats(0, 1))
def test_a_quantile_is_the_smallest_value_that_holds_its_share_of_people(case, share):
    values, people = case
    found = imbalance.quantile(values, people, share=share)
    assert people[values <= found].sum() >= share * people.sum() - 1e-9
    assert people[values < found].sum() <= share * people.sum() + 1e-9


def test_ten_tenths_are_the_whole_and_places_without_people_are_no_quantile():
    assert imbalance.quantile(series(*range(10)), series(*[0.1] * 10), share=1) == 9
    assert imbalance.quantile(series(*range(5)), series(*[0.7] * 5), share=0.2) == 0
    assert imbalance.quantile(series(1, 2, 99), series(1, 1, 0), share=1) == 2
    assert imbalance.quantile(series(0, 2, 99), series(0, 1, 1), share=0) == 2
    with pytest.raises(ValueError, match="between 0 and 1"):
        imbalance.quantile(series(1), series(1), share=90)


def test_percentile_ratio_weighs_people_and_is_unknown_over_nothing():
    assert imbalance.percentile_ratio(series(2, 5, 8), series(10, 75, 15)) == 4.0
    assert np.isnan(imbalance.percentile_ratio(series(0, 5), series(50, 50)))


def test_fgt_of_minutes_counts_those_beyond_the_line():
    minutes, people = series(10, 45, 30), series(60, 20, 20)
    found = [imbalance.fgt(minutes, people, line=30, order=order, higher_is_better=False) for order in (0, 1, 2)]
    assert found == pytest.approx([0.2, 0.1, 0.05])
    with pytest.raises(ValueError, match="line is 0"):
        imbalance.fgt(minutes, people, line=0, order=1)


def test_unreached_share_is_of_people_and_not_of_rows():
    assert imbalance.unreached_share(series(1, np.nan, 2), series(10, 80, 10)) == pytest.approx(0.8)
    assert np.isnan(imbalance.unreached_share(series(1), series(0)))


# income


def test_concentration_has_the_sign_of_who_is_better_off():
    people, income = series(1, 1, 1), series(10, 20, 30)
    assert imbalance.concentration(series(1, 2, 3), people, income) == pytest.approx(2 / 9)
    assert imbalance.concentration(series(3, 2, 1), people, income) == pytest.approx(-2 / 9)
    assert imbalance.concentration(series(2, 2, 2), people, income) == pytest.approx(0)


def test_people_of_one_income_share_a_rank():
    assert imbalance.concentration(series(1, 9), series(1, 1), series(10, 10)) == pytest.approx(0)


@quick
@given(spreads())
def test_concentration_by_access_itself_is_the_gini_index(case):
    values, people = case
    assert imbalance.concentration(values, people, values) == pytest.approx(imbalance.gini(values, people), abs=1e-9)


def test_people_of_unknown_income_are_left_out_and_counted():
    values, people, income = series(1, 2, 3, 50), series(1, 1, 1, 7), series(10, 20, 30, np.nan)
    assert imbalance.concentration(values, people, income) == pytest.approx(2 / 9)
    assert imbalance.unranked_people(people, income) == 7.0
    with pytest.raises(TableError, match="Nobody has a known income"):
        imbalance.concentration(values, people, income * np.nan)
    with pytest.raises(TableError, match=r"1 ids are missing, such as 'd'"):
        imbalance.concentration(values, people, income.iloc[:3])


def test_erreygers_is_the_index_stretched_to_its_bounds():
    values, people, income = series(1, 2, 3), series(1, 1, 1), series(10, 20, 30)
    assert imbalance.erreygers(values, people, income) == pytest.approx(2 / 9 * 4 * 2 / 2)
    assert imbalance.erreygers(values, people, income, bounds=(0, 8)) == pytest.approx(2 / 9)
    assert np.isnan(imbalance.erreygers(series(2, 2), series(1, 1), series(1, 2)))
    with pytest.raises(ValueError, match="outside the bounds"):
        imbalance.erreygers(values, people, income, bounds=(2, 8))


def test_palma_is_unknown_without_rich_or_with_poor_who_have_nothing():
    assert np.isnan(imbalance.palma(series(1, 2), series(1, 1), series(5, 5)))
    assert np.isnan(imbalance.palma(series(0, 2, 3), series(4, 5, 1), series(1, 2, 3)))
    with pytest.raises(ValueError, match="comes first"):
        imbalance.palma(series(1, 2), series(1, 1), series(5, 6), cuts=(9, 5))


# communes


@quick
@given(spreads(), st.booleans())
def test_deficits_weighted_by_people_cancel_out(case, higher_is_better):
    values, people = case
    found = imbalance.deficit(values, people, higher_is_better=higher_is_better)
    assert found["total"].sum() == pytest.approx(0, abs=1e-6)
    worst = values.min() if higher_is_better else values.max()
    assert (found.loc[values == worst, "rank"] == 1).all()


def test_a_commune_that_is_not_reached_keeps_its_row_and_enters_no_mean():
    found = imbalance.deficit(series(4, np.nan, 10), series(200, 900, 100), higher_is_better=False)
    assert found.loc["b"].isna().all()
    assert found["deficit"].iloc[[0, 2]].tolist() == [-2.0, 4.0]
    assert found["percent"].iloc[[0, 2]].tolist() == pytest.approx([-100 / 3, 200 / 3])
    assert found["total"].iloc[[0, 2]].tolist() == [-400.0, 400.0]
    with pytest.raises(TableError, match="Nobody has a value"):
        imbalance.deficit(series(np.nan), series(900), higher_is_better=False)


def test_consultations_below_the_mean_are_a_deficit_and_minutes_below_it_an_advantage():
    values, people = series(2, 4), series(1, 1)
    assert imbalance.deficit(values, people, higher_is_better=True)["percent"].tolist() == pytest.approx(
        [100 / 3, -100 / 3]
    )
    assert imbalance.deficit(values, people, higher_is_better=False)["rank"].tolist() == [2.0, 1.0]
    assert imbalance.deficit(series(0, 0), people, higher_is_better=True)["percent"].isna().all()


def test_classes_have_the_bounds_that_are_stated():
    percent = series(-31, -30, -11, -10, 0, 10, 11, 30, 31, np.nan)
    found = imbalance.deficit_class(percent)
    names = ["strong_advantage", "advantage", "near_mean", "deficit", "strong_deficit"]
    assert found.iloc[:9].tolist() == [names[k] for k in (0, 1, 1, 2, 2, 2, 3, 3, 4)]
    assert found.isna().tolist() == [False] * 9 + [True]
    assert list(found.cat.categories) == names
    assert imbalance.deficit_class(percent, bounds=(-40, -20, 20, 40)).iloc[0] == "advantage"
    with pytest.raises(ValueError, match="four numbers that rise"):
        imbalance.deficit_class(percent, bounds=(-10, -30, 10, 30))


# score

MARKS = {"pharmacy": (20.0, 5.0), "apl": (0.0, 4.0)}


@pytest.fixture
def measures():
    return pd.DataFrame({"pharmacy": [5.0, 12.5, 40.0, np.nan], "apl": [4.0, 3.0, 0.0, 1.0]}, index=list("abcd"))


def test_a_score_goes_from_0_to_100_between_stated_bounds(measures):
    found = imbalance.score(measures, weights={"pharmacy": 1, "apl": 3}, bounds=MARKS)
    assert found.iloc[:3].tolist() == pytest.approx([100.0, (50 + 3 * 75) / 4, 0.0])


def test_a_commune_not_reached_has_no_score_unless_that_measure_has_no_weight(measures):
    assert np.isnan(imbalance.score(measures, weights={"pharmacy": 1, "apl": 1}, bounds=MARKS)["d"])
    assert imbalance.score(measures, weights={"pharmacy": 0, "apl": 1}, bounds=MARKS)["d"] == 25.0


def test_a_score_asks_for_columns_bounds_and_weights(measures):
    with pytest.raises(TableError, match=r"3 problems. No column 'pharmacie' \(did you mean 'pharmacy'\?\)"):
        imbalance.score(measures, weights={"pharmacie": 0}, bounds={"apl": (4, 4), "pharmacie": (1, 2)})
    with pytest.raises(TableError, match="No bounds for 'apl'"):
        imbalance.score(measures, weights={"apl": 1}, bounds={})


def test_sensitivity_shows_how_far_scores_and_ranks_move_with_the_weights(measures):
    weights = {"pharmacy": 1, "apl": 1}
    found = imbalance.score_sensitivity(measures, weights=weights, bounds=MARKS, change=1)
    assert found.loc["a", ["score", "lowest", "highest"]].tolist() == pytest.approx([100.0] * 3)
    assert found.loc["b", ["score", "lowest", "highest"]].tolist() == pytest.approx([62.5, 50.0, 75.0])
    assert found.loc["c", ["rank", "best_rank", "worst_rank"]].tolist() == [1.0, 1.0, 1.0]
    assert found.loc["d"].isna().all()
    with pytest.raises(ValueError, match="change is 2"):
        imbalance.score_sensitivity(measures, weights=weights, bounds=MARKS, change=2)
    alone = imbalance.score_sensitivity(measures, weights={"apl": 1}, bounds=MARKS, change=1)
    assert alone["lowest"].tolist() == alone["highest"].tolist()


# groups


def test_each_group_has_the_mean_of_its_own_people_reached():
    minutes = series(9, 7, np.nan)
    groups = pd.DataFrame({"young": [90, 10, 5], "old": [10, 50, 35], "none": [0, 0, 0]}, index=list("abc"))
    found = imbalance.split(minutes, groups)
    assert found.loc["young"].tolist() == pytest.approx([8.8, 105, 5])
    assert found.loc["old"].tolist() == pytest.approx([(90 + 350) / 60, 95, 35])
    assert np.isnan(found.loc["none", "value"])
    with pytest.raises(TableError, match="groups, young"):
        imbalance.split(minutes, groups.drop("c"))


# summary


def test_the_summary_says_who_is_left_out_before_it_speaks_of_the_others():
    minutes, people = series(5, 15, 40, np.nan), series(60, 20, 5, 15)
    found = imbalance.summary(
        minutes,
        people,
        unit="minutes",
        higher_is_better=False,
        line=30,
        groups=pd.Series(list("xxyy"), index=list("abcd")),
        income=series(1, 2, 3, 4),
    )
    known, counted = minutes.dropna(), people.iloc[:3]
    assert found["value"]["unreached_people"] == 15
    assert found["value"]["unreached_share"] == pytest.approx(0.15)
    assert found["value"]["mean"] == pytest.approx(800 / 85)
    assert found["value"]["gini"] == imbalance.gini(known, counted)
    assert found["value"]["short_share"] == pytest.approx(5 / 85)
    assert found["value"]["palma"] == pytest.approx(40 / 5)
    assert found["value"]["theil"] == pytest.approx(found["value"]["theil_between"] + found["value"]["theil_within"])
    assert found.loc["median", ["value", "unit"]].tolist() == [5.0, "minutes"]
    assert list(found.columns) == ["value", "unit", "name"]
    assert found.index.is_unique
    assert found.notna().all(axis=None)


def test_the_summary_moves_supply_and_no_minutes():
    values, people = series(1, 3), series(1, 1)
    names = [
        imbalance.summary(values, people, unit="", higher_is_better=better).loc["hoover", "name"]
        for better in (True, False)
    ]
    assert names == ["Share of supply that would have to move", "Share of the total above the mean"]


def test_the_names_of_a_summary_are_chosen_when_shown():
    names = imbalance.summary(series(1, 3), series(1, 1), unit="minutes", higher_is_better=False, line=2)["name"]
    assert names["gini"] == "Gini index"
    assert names["gini"].told("fr") == "Indice de Gini"
    assert names["short_share"].told("fr") == "Part des habitants au-delà de 2 minutes"


def test_a_measure_says_what_it_refuses_in_french_and_as_data():
    with pytest.raises(TableError) as caught:
        imbalance.score(pd.DataFrame({"pharmacy": [5.0]}), weights={"pharmcy": 1}, bounds={"pharmcy": (20, 5)})
    (problem,) = caught.value.problems
    assert (problem.key, problem.value, problem.near) == ("score_column", "pharmcy", ("pharmacy",))
    assert caught.value.told("fr").startswith("score\u00a0: 1 problème. Aucune colonne 'pharmcy' (vouliez-vous dire")
    with pytest.raises(OptionError) as option:
        imbalance.atkinson(series(1, 3), series(1, 1), epsilon=0)
    assert option.value.problems[0].remedy == "it must be above 0"
    assert isinstance(option.value, ValueError)


def test_a_summary_of_nobody_reached_is_refused():
    with pytest.raises(TableError, match="Nobody has a value"):
        imbalance.summary(series(np.nan), series(5), unit="minutes", higher_is_better=False)


# published numbers


def test_indices_of_the_r_package_accessibility(land):
    jobs, whole = land
    people, income = whole["population"].loc[jobs.index], whole["income_per_capita"].loc[jobs.index]
    assert imbalance.gini(jobs, people) == pytest.approx(0.1386, abs=5e-5)
    assert imbalance.concentration(jobs, people, income) == pytest.approx(-0.0248, abs=5e-5)
    assert imbalance.erreygers(jobs, people, income) == pytest.approx(-0.1314, abs=5e-5)
    assert imbalance.palma(jobs, people, income, cuts=ORACLE_CUTS) == pytest.approx(1.0911, abs=5e-5)
    found = [imbalance.fgt(jobs, people, line=1e5, order=order) for order in (0, 1, 2)]
    assert found == pytest.approx([1, 0.5588, 0.3256], abs=5e-5)


def test_the_cuts_of_the_palma_ratio_are_weighted_quantiles_of_the_whole_reference(land):
    _, whole = land
    known = whole.dropna(subset="income_per_capita")
    found = [imbalance.quantile(known["income_per_capita"], known["population"], share=share) for share in (0.4, 0.9)]
    assert found == pytest.approx(ORACLE_CUTS)


def test_gini_of_the_income_of_mexican_states():
    examples = pytest.importorskip("libpysal.examples", reason="libpysal (extra 'clusters') has the data")
    mexico = pd.read_csv(examples.get_path("mexico.csv"), index_col="State")
    found = imbalance.gini(mexico["pcgdp1940"], mexico["pcgdp1940"] * 0 + 1)
    assert found == pytest.approx(0.35372371173452849)


@pytest.fixture(scope="module")
def homicides():
    """Homicide rates of the counties round Saint Louis and their neighbours, as libpysal ships them."""
    libpysal = pytest.importorskip("libpysal", reason="libpysal (extra 'clusters') has the data")
    pytest.importorskip("esda", reason="esda (extra 'clusters') is not installed")
    table = pd.read_csv(libpysal.examples.get_path("stl_hom.txt"), skiprows=1)
    lines = Path(libpysal.examples.get_path("stl.gal")).read_text().splitlines()[1:]  # libpysal leaves its file open
    neighbours = {line.split()[0]: near.split() for line, near in zip(lines[::2], lines[1::2], strict=True)}
    graph = libpysal.graph.Graph.from_dicts(neighbours)
    rates = pd.Series(table["HR8893"].to_numpy(), index=[str(number) for number in range(1, len(table) + 1)])
    return rates, graph


def test_moran_of_homicides_round_saint_louis(homicides):
    rates, graph = homicides
    assert imbalance.moran(rates, graph) == pytest.approx(0.24365582621771659)


@pytest.mark.slow
def test_local_moran_is_drawn_again_alike_and_follows_ids(homicides):
    rates, graph = homicides
    found = imbalance.local_moran(rates, graph, permutations=199)
    pd.testing.assert_frame_equal(found, imbalance.local_moran(rates, graph, permutations=199))
    turned = imbalance.local_moran(rates.iloc[::-1], graph, permutations=199)
    pd.testing.assert_frame_equal(turned.iloc[::-1], found)
    assert found["statistic"].mean() == pytest.approx(0.24365582621771659, rel=0.02)
    assert set(found["cluster"]) <= {"high_high", "low_low", "high_low", "low_high", "not_significant"}
    high = found[found["cluster"] == "high_high"].index
    assert (rates[high] > rates.mean()).all()


@pytest.mark.slow  # ten thousand permutations
def test_among_homicides_some_p_values_are_small_and_no_discovery_is(homicides):
    rates, graph = homicides
    found = imbalance.local_moran(rates, graph)
    assert (found["p_value"] <= 0.05).sum() > 0
    assert set(found["cluster"]) == {"not_significant"}
    assert "high_high" in set(imbalance.local_moran(rates, graph, alpha=0.3, permutations=999)["cluster"])


@pytest.mark.parametrize(("measure", "high"), [(imbalance.local_moran, "high_high"), (imbalance.getis_ord, "high")])
def test_a_block_of_high_values_is_named_and_the_plain_around_it_is_not(measure, high):
    graphs = pytest.importorskip("libpysal.graph", reason="libpysal (extra 'clusters') is not installed")
    pytest.importorskip("esda", reason="esda (extra 'clusters') is not installed")
    side = 12
    cells = [(x, y) for x in range(side) for y in range(side)]
    near = {
        f"{x},{y}": [f"{x + i},{y + j}" for i, j in ((0, 1), (1, 0), (0, -1), (-1, 0)) if (x + i, y + j) in cells]
        for x, y in cells
    }
    block = {f"{x},{y}" for x in range(4, 8) for y in range(4, 8)}
    noise = np.random.default_rng(0).random(len(cells))
    values = pd.Series([cell in block for cell in near], index=list(near)) * 10.0 + noise
    named = measure(values, graphs.Graph.from_dicts(near))["cluster"]
    hot = set(named[named == high].index)
    assert {"5,5", "5,6", "6,5", "6,6"} <= hot
    assert all(any(cell in block for cell in (name, *near[name])) for name in hot)


def test_getis_ord_is_high_where_high_values_gather(homicides):
    rates, graph = homicides
    found = imbalance.getis_ord(rates, graph, permutations=199)
    assert found.loc[rates.idxmax(), "statistic"] > 0
    assert set(found["cluster"]) <= {"high", "low", "not_significant"}
    pd.testing.assert_frame_equal(found, imbalance.getis_ord(rates, graph, permutations=199))


def test_a_commune_without_neighbours_has_no_local_statistic():
    graphs = pytest.importorskip("libpysal.graph", reason="libpysal (extra 'clusters') is not installed")
    pytest.importorskip("esda", reason="esda (extra 'clusters') is not installed")
    ids = list("abcdef")
    graph = graphs.Graph.from_arrays([*"abcdef"], [*"bcdeaf"], [1, 1, 1, 1, 1, 0])
    found = imbalance.local_moran(pd.Series(range(6), index=ids, dtype=float), graph, permutations=99)
    assert np.isnan(found.loc["f", "statistic"])
    assert found.loc["f", "cluster"] == "not_significant"


class Graph:
    """The two things that Moran asks of a graph of neighbours."""

    def __init__(self, ids, sparse):
        self.unique_ids, self.sparse = pd.Index(list(ids)), sparse


def test_moran_of_a_chessboard_and_of_two_halves():
    sparse = importlib.import_module("scipy.sparse")
    ring = sparse.csr_array(np.roll(np.eye(4), 1, axis=1) + np.roll(np.eye(4), -1, axis=1))
    graph = Graph("abcd", ring)
    assert imbalance.moran(series(1, 0, 1, 0), graph) == pytest.approx(-1)
    assert imbalance.moran(series(1, 1, 0, 0), graph) == pytest.approx(0)
    assert np.isnan(imbalance.moran(series(1, 1, 1, 1), graph))


def test_a_graph_of_other_communes_is_refused():
    sparse = importlib.import_module("scipy.sparse")
    graph = Graph("ab", sparse.csr_array(np.ones((2, 2))))
    with pytest.raises(TableError, match=r"2 problems. 'c' has no place in the graph. 'b' of the graph has no value."):
        imbalance.moran(pd.Series({"a": 1.0, "c": 2.0}), graph)
    with pytest.raises(TableError, match="missing or infinite"):
        imbalance.moran(pd.Series({"a": 1.0, "b": np.nan}), graph)


@pytest.mark.skipif(importlib.util.find_spec("esda") is not None, reason="esda is installed")
@pytest.mark.parametrize("measure", [imbalance.local_moran, imbalance.getis_ord])
def test_without_esda_the_error_says_how_to_have_it(measure):
    with pytest.raises(AccessmapError, match=r"accessmap\[clusters\]"):
        measure(series(1, 2), None)


# where there is nothing to find


def zones(count, apart=1):
    """Zones in a row, neighbours unless they stand apart; and their graph."""
    geopandas, shapely = pytest.importorskip("geopandas"), pytest.importorskip("shapely")
    graphs = pytest.importorskip("libpysal.graph", reason="libpysal (extra 'clusters') is not installed")
    pytest.importorskip("esda", reason="esda (extra 'clusters') is not installed")
    boxes = [shapely.box(apart * k, 0, apart * k + 1, 1) for k in range(count)]
    frame = geopandas.GeoDataFrame(geometry=boxes, index=[f"c{k:02}" for k in range(count)])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # libpysal warns of islands
        return frame.index, graphs.Graph.build_contiguity(frame)


local = pytest.mark.parametrize("measure", [imbalance.local_moran, imbalance.getis_ord])
noise = np.random.default_rng(0).normal(0, 1e-7, 25)


@local
@pytest.mark.parametrize(
    "values",
    [
        np.ones(25),
        np.zeros(25),
        np.full(25, 0.3),
        12.3 + noise,
        np.float32(12.3) + 1e-6 * noise,
        [0.1 + 0.2, 0.3] * 12 + [0.3],
    ],
    ids=["one", "zero", "a third", "noise of float32", "noise of float64", "rounding"],
)
def test_values_that_are_all_one_gather_nowhere(measure, values):
    index, graph = zones(25)
    found = measure(pd.Series(values, index), graph, permutations=999)
    assert set(found["cluster"]) == {"not_significant"}
    assert found["p_value"].isna().all()
    assert found["statistic"].isna().all()
    assert np.isnan(imbalance.moran(pd.Series(values, index), graph))


@local
@pytest.mark.parametrize(("count", "apart"), [(1, 1), (2, 1), (3, 9), (25, 9)])
def test_two_zones_and_islands_have_rows_and_no_statistic(measure, count, apart):
    index, graph = zones(count, apart)
    found = measure(pd.Series(np.arange(count) + 1.0, index), graph, permutations=99)
    assert found.index.equals(index)
    assert found["p_value"].isna().all()
    assert set(found["cluster"]) == {"not_significant"}


@local
def test_islands_among_others_have_no_statistic_and_take_none_from_the_others(measure):
    geopandas, shapely = pytest.importorskip("geopandas"), pytest.importorskip("shapely")
    graphs = pytest.importorskip("libpysal.graph", reason="libpysal (extra 'clusters') is not installed")
    boxes = [shapely.box(i, j, i + 1, j + 1) for i in range(8) for j in range(8)]
    boxes += [shapely.box(100 + 9 * k, 0, 101 + 9 * k, 1) for k in range(3)]
    frame = geopandas.GeoDataFrame(geometry=boxes, index=[f"c{k:02}" for k in range(len(boxes))])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        graph = graphs.Graph.build_contiguity(frame)
    high = [10.0 * (i < 3 and j < 3) + (i * j) % 3 for i in range(8) for j in range(8)]
    values = pd.Series([*high, 5.0, 5.0, 9.0], frame.index)
    found = measure(values, graph, permutations=999)
    assert found.iloc[-3:][["statistic", "p_value"]].isna().all(axis=None)
    assert set(found["cluster"].iloc[-3:]) == {"not_significant"}
    assert found.iloc[:-3]["p_value"].notna().all()
    assert set(found["cluster"].iloc[:-3]) > {"not_significant"}


@local
def test_draws_that_are_all_one_are_no_rarity(measure):
    """In a row of three, whoever stands in the middle has both others around: every draw is the same."""
    index, graph = zones(3)
    found = measure(pd.Series([1.0, 2.0, 3.1], index), graph, permutations=99)
    assert not (found["p_value"] < 0.5).any()


@local
def test_permutations_are_at_least_one_and_drawn_from_the_seed(measure):
    index, graph = zones(12)
    values = pd.Series(np.arange(12.0) ** 2, index)
    with pytest.raises(OptionError, match="permutations is 0"):
        measure(values, graph, permutations=0)
    drawn = [measure(values, graph, permutations=99, seed=seed)["p_value"] for seed in (1, 1, 2)]
    assert drawn[0].equals(drawn[1])
    assert not drawn[0].equals(drawn[2])


@pytest.mark.parametrize("local", [imbalance.moran, imbalance.local_moran, imbalance.getis_ord])
@pytest.mark.parametrize("graph", [None, {"a": ["b"]}, pd.DataFrame()])
def test_what_is_no_graph_of_neighbours_is_refused(local, graph):
    with pytest.raises(TableError, match=r"graph: 1 problem\. it is a \w+, and no graph of neighbours"):
        local(pd.Series({"a": 1.0, "b": 3.0, "c": 2.0}), graph)
