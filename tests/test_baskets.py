import numpy as np
import pandas as pd
import pytest

from accessmap.baskets import REMOTE_MINUTES, basket, basket_named, baskets
from accessmap.errors import TableError
from accessmap.labels import CATEGORIES


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


def test_closing_the_last_service_of_a_kind_makes_the_basket_unreached_and_not_an_error(times, services):
    assert basket(times[["b1", "c1"]], services, ["bakery", "pharmacy"]).isna().all()


def test_the_order_of_services_and_categories_changes_nothing(times, services):
    mixed = basket(times[["c1", "p1", "b2", "b1"]], services, ["cinema", "bakery"])
    pd.testing.assert_series_equal(mixed, basket(times, services, ["bakery", "cinema"]))


def test_a_basket_that_the_services_cannot_answer_lists_every_reason(times, services):
    with pytest.raises(TableError, match=r"2 problems.*twice.*'pharmacie' \(did you mean 'pharmacy'\?\)"):
        basket(times, services, ["bakery", "bakery", "pharmacie"])
    with pytest.raises(TableError, match=r"2 problems. The basket is empty. 1 services .* such as 'c1'"):
        basket(times, services.drop("c1"), [])
    with pytest.raises(TableError, match="'category' is missing"):
        basket(times, services[[]], ["bakery"])


def test_baskets_shipped_are_dated_have_a_source_and_say_what_is_only_our_reading():
    shipped = baskets()
    assert shipped.notna().all(axis=None)
    assert set(shipped["basis"]) == {"named", "read"}
    assert set(shipped["vintage"]) == {"2015", "2016"}
    assert shipped["source"].str.startswith("INSEE").all()
    assert not shipped.duplicated(["basket", "category"]).any()


def test_baskets_shipped_speak_the_vocabulary_of_services():
    assert set(baskets()["category"]) <= set(CATEGORIES)
    assert len(basket_named("everyday")) == 11
    assert REMOTE_MINUTES == 7


def test_an_unknown_basket_is_refused_with_those_that_exist():
    with pytest.raises(ValueError, match=r"no basket 'everday' \(did you mean 'everyday'\?\): there are everyday, "):
        basket_named("everday")
