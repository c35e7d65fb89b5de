import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.errors import TableError
from accessmap.measures.minutes import nearest
from accessmap.measures.stepfree import step_free, step_free_bounds, step_free_minutes

quick = settings(max_examples=50, deadline=None)
ANSWERS = st.sampled_from(["yes", "no", "unknown", None])


@st.composite
def places(draw):
    rows, columns = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    minute = st.one_of(st.just(np.nan), st.integers(0, 40).map(float))
    cells = draw(st.lists(st.lists(minute, min_size=columns, max_size=columns), min_size=rows, max_size=rows))
    sites = [f"s{number}" for number in range(columns)]
    times = pd.DataFrame(cells, index=[f"r{number}" for number in range(rows)], columns=sites, dtype=np.float32)
    said = draw(st.lists(ANSWERS, min_size=columns, max_size=columns))
    return times, pd.DataFrame({"step_free": pd.Series(said, index=sites, dtype="object")})


def test_unknown_is_neither_yes_nor_no():
    services = pd.DataFrame({"step_free": ["yes", "no", "unknown", None]}, index=list("abcd"))
    assert step_free(services).tolist() == [True, False, pd.NA, pd.NA]


def test_without_the_column_nothing_is_known(toy_study):
    worst, best = step_free_bounds(toy_study.services)
    assert len(worst) == 0
    assert best.index.equals(toy_study.services.index)


def test_worst_is_yes_alone_and_best_is_yes_and_unknown(toy_study):
    services = toy_study.services.assign(step_free=["yes", "no", "unknown", "yes", "unknown"])
    worst, best = step_free_bounds(services)
    assert worst.index.tolist() == ["mairie-a", "fs-a"]
    assert best.index.tolist() == ["mairie-a", "mairie-x", "fs-a", "fs-x"]
    assert worst.crs == services.crs


def test_bounds_bracket_a_minutes_table_by_head(toy_study):
    mairies = toy_study.sites("mairie").assign(step_free=["no", "unknown", "yes"])
    table = step_free_minutes(toy_study.minutes(mairies), mairies)
    assert table.loc["ra"].tolist() == [0, 3, 6]
    assert table.loc["rx"].tolist() == [0, 0, 0]


def test_no_site_that_is_surely_step_free_leaves_everyone_unreached(sample_study):
    sites = sample_study.sites("hospital")
    table = step_free_minutes(sample_study.minutes(sites), sites)
    assert table["worst"].isna().all()
    assert (table["best"] == table["all"]).all()


def test_other_words_are_refused_with_the_site():
    with pytest.raises(TableError, match=r"'a' \('oui'\)"):
        step_free(pd.DataFrame({"step_free": ["oui"]}, index=["a"]))


def test_site_without_a_row_is_refused():
    times = pd.DataFrame({"mairie_a": [1.0]}, index=["r"])
    with pytest.raises(TableError, match="did you mean 'mairie_b'"):
        step_free_minutes(times, pd.DataFrame({"step_free": ["yes"]}, index=["mairie_b"]))


def test_repeated_site_is_refused():
    times = pd.DataFrame({"a": [1.0]}, index=["r"])
    with pytest.raises(TableError, match="repeats: 'a'"):
        step_free_minutes(times, pd.DataFrame({"step_free": ["yes", "no"]}, index=["a", "a"]))


@quick
@given(places())
def test_worst_is_never_shorter_than_best_nor_best_than_all(place):
    times, services = place
    table = step_free_minutes(times, services).fillna(np.inf)
    assert (table["all"] <= table["best"]).all()
    assert (table["best"] <= table["worst"]).all()


@quick
@given(places())
def test_each_bound_is_the_nearest_of_its_sites(place):
    times, services = place
    table = step_free_minutes(times, services)
    worst, best = step_free_bounds(services)
    for name, sites in (("worst", worst), ("best", best), ("all", services)):
        expected = nearest(times[sites.index])["minutes"]
        pd.testing.assert_series_equal(table[name], expected, check_names=False, check_dtype=False)
