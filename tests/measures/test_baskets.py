import numpy as np
import pandas as pd
import pytest

from accessmap.categories import CATEGORIES
from accessmap.errors import TableError
from accessmap.measures.baskets import REMOTE_MINUTES, basket, basket_minutes, basket_named, baskets
from accessmap.measures.imbalance import score, score_sensitivity
from accessmap.measures.minutes import by_commune
from accessmap.read.layouts.kinds import kinds


@pytest.fixture
def services():
    return pd.DataFrame({"category": ["bakery", "bakery", "pharmacy", "cinema"]}, index=["b1", "b2", "p1", "c1"])


@pytest.fixture
def times(services):
    minutes = [[4, 2, 8, 30], [3, np.nan, np.nan, 12], [np.nan] * 4]
    return pd.DataFrame(minutes, index=["r1", "r2", "r3"], columns=services.index, dtype=np.float32)


def test_a_basket_is_the_mean_time_to_the_nearest_of_each_service(times, services):
    found = basket(times, services, ["bakery", "cinema"])
    assert found.iloc[:2].tolist() == [16.0, 7.5]
    assert found.dtype == np.float64


def test_a_basket_without_one_of_its_services_is_not_a_shorter_basket(times, services):
    assert basket(times, services, ["bakery", "pharmacy"]).isna().tolist() == [False, True, True]


def test_categories_of_a_basket_may_have_their_french_names(times, services):
    french = basket_minutes(times, services, ["Boulangeries", "cinéma", "pharmacie"])
    pd.testing.assert_frame_equal(french, basket_minutes(times, services, ["bakery", "cinema", "pharmacy"]))
    assert basket(times, services, ["boulangerie", "Cinéma"]).iloc[0] == 16.0
    own = services.replace("bakery", "boulangerie")  # a category of the services themselves is meant first
    assert basket_minutes(times, own, ["boulangerie"]).columns.tolist() == ["boulangerie"]


def test_closing_the_last_service_of_a_kind_makes_the_basket_unreached_and_not_an_error(times, services):
    assert basket(times[["b1", "c1"]], services, ["bakery", "pharmacy"]).isna().all()


def test_the_order_of_services_and_categories_changes_nothing(times, services):
    mixed = basket(times[["c1", "p1", "b2", "b1"]], services, ["cinema", "bakery"])
    pd.testing.assert_series_equal(mixed, basket(times, services, ["bakery", "cinema"]))


def test_a_basket_that_the_services_cannot_answer_lists_every_reason(times, services):
    with pytest.raises(TableError, match=r"2 problems.*twice.*'pharmaci' \(did you mean 'pharmacy'\?\)"):
        basket(times, services, ["bakery", "boulangerie", "pharmaci"])
    with pytest.raises(TableError, match=r"2 problems. The basket is empty. 1 services .* such as 'c1'"):
        basket(times, services.drop("c1"), [])
    with pytest.raises(TableError, match="'category' is missing"):
        basket(times, services[[]], ["bakery"])


def test_baskets_shipped_are_dated_have_a_source_and_say_what_is_only_our_reading():
    shipped = baskets()
    assert shipped.notna().all(axis=None)
    assert set(shipped["basis"]) == {"named", "read"}
    assert set(shipped["vintage"]) == {"2015", "2016", "2025"}
    assert shipped["source"].str.startswith("INSEE").all()
    assert not shipped.duplicated(["basket", "category"]).any()


def test_baskets_shipped_speak_the_vocabulary_of_services():
    assert set(baskets()["category"]) <= set(CATEGORIES)
    assert len(basket_named("everyday")) == 11
    assert REMOTE_MINUTES == 7


def test_the_three_words_of_a_council_are_baskets_of_insees_ranges():
    """Care, shops and culture: what is "named" is in the proximity range that the table of kinds has too."""
    ranges = kinds().dropna(subset="range").drop_duplicates("category").set_index("category")["range"]
    shipped = baskets()
    for name in ("health", "proximity_shops", "culture"):
        rows = shipped[shipped["basket"] == name]
        named = rows.loc[rows["basis"] == "named", "category"]
        assert set(ranges[named]) == {"proximity"}
        assert not set(ranges.reindex(rows.loc[rows["basis"] == "read", "category"])) & {"proximity"}
    assert basket_named("health") == ("general_practitioner", "nurse", "physiotherapist", "pharmacy")


def test_the_basket_is_the_mean_of_its_minutes(times, services):
    minutes = basket_minutes(times, services, ["cinema", "bakery"])
    assert minutes.columns.tolist() == ["cinema", "bakery"]
    whole = minutes.mean(axis=1, skipna=False).rename("basket")
    pd.testing.assert_series_equal(whole, basket(times, services, ["cinema", "bakery"]))
    with pytest.raises(TableError, match="'pharmaci'"):
        basket_minutes(times, services, ["pharmaci"])


def test_a_basket_has_a_score_by_commune(times, services):
    """40 people of Chauny at 2 and 30 minutes, 60 at 3 and 12; in La Fère nobody reaches anything."""
    residents = pd.DataFrame(
        {"commune": ["02173", "02173", "02304"], "population": [40, 60, 10]}, index=pd.Index(times.index)
    )
    minutes = basket_minutes(times, services, ["bakery", "cinema"])
    table = pd.DataFrame({kind: by_commune(minutes[kind], residents)["value"] for kind in minutes})
    assert table.loc["02173"].tolist() == pytest.approx([2.6, 19.2])
    marks = {"bakery": (10, 0), "cinema": (30, 10)}
    found = score(table, weights={"bakery": 1, "cinema": 1}, bounds=marks)
    assert found["02173"] == pytest.approx((74 + 54) / 2)
    assert np.isnan(found["02304"])
    swayed = score_sensitivity(table, weights={"bakery": 1, "cinema": 1}, bounds=marks, change=1)
    assert swayed.loc["02173", ["lowest", "highest"]].tolist() == pytest.approx([54, 74])


def test_an_unknown_basket_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match=r"no basket 'everday' \(did you mean 'everyday'\?\): there are everyday, "):
        basket_named("everday")
