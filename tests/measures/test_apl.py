from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap import decay
from accessmap.errors import TableError
from accessmap.measures.apl import activity as apl_activity
from accessmap.measures.apl import apl, standardised_need
from accessmap.measures.apl import parameters as apl_parameters

quick = settings(max_examples=30, deadline=None)  # deadlines fail on a busy machine
AGES = ["0-4", *(f"{low}-{low + 4}" for low in range(5, 90, 5)), "90+"]


@pytest.mark.parametrize("vintage", [2022, "2023"])
def test_the_published_decay_has_its_bounds_on_the_outside(vintage):
    weights = apl_parameters(vintage).decay(np.array([0, 9.99, 10, 14.99, 15, 19.99, 20, 60, np.nan]))
    assert weights.tolist() == pytest.approx([1, 1, 2 / 3, 2 / 3, 1 / 3, 1 / 3, 0, 0, 0])


def test_age_weights_are_those_that_drees_publishes(real_data):
    published = pd.read_csv(real_data / "apl_age_weights.csv", index_col="age")
    for vintage in (2022, 2023):
        assert apl_parameters(vintage).age_weights == published[f"weight_{vintage}"].to_dict()


def test_every_age_has_one_weight_in_each_vintage():
    assert list(apl_parameters(2022).age_weights) == list(apl_parameters(2023).age_weights) == AGES
    assert (apl_parameters(2022).age_weights["0-4"], apl_parameters(2023).age_weights["0-4"]) == (0.93, 1.12)


def test_the_latest_vintage_is_used_unless_another_is_named():
    assert apl_parameters().vintage == "2023"
    with pytest.raises(ValueError, match=r"no APL parameters for 2018: there are \['2022', '2023'\]"):
        apl_parameters(2018)


# activity


@pytest.mark.parametrize(
    ("done", "counted"),
    [(0, 0), (249, 0), (250, 3600), (251, 3600), (3600, 3600), (3601, 3601), (6000, 6000), (6001, 6000), (20000, 6000)],
)
def test_activity_is_counted_between_its_floor_and_its_ceiling(done, counted):
    assert apl_activity(pd.Series({"a": done})).tolist() == [counted]


def test_a_newly_settled_doctor_counts_whatever_the_first_months_were():
    done = pd.Series({"a": np.nan, "b": 100.0, "c": 4000.0})
    new = pd.Series({"b": True, "a": True, "c": False})
    assert apl_activity(done, newly_settled=new).to_dict() == {"a": 5400.0, "b": 5400.0, "c": 4000.0}


def test_unknown_activity_is_refused_and_named():
    with pytest.raises(TableError, match=r"consultations: 1 problem.*'b'"):
        apl_activity(pd.Series({"a": 4000.0, "b": np.nan}))


def test_every_threshold_may_be_changed():
    mine = replace(apl_parameters(), counted_from=0, floor=0, ceiling=1e9, newly_settled=1)
    assert apl_activity(pd.Series({"a": 10.0, "b": 9e4}), parameters=mine).tolist() == [10.0, 9e4]


# need


def test_need_is_people_weighted_by_age():
    ages = pd.DataFrame({"old": [10, 0], "young": [100, 200]}, index=["r1", "r2"])
    assert standardised_need(ages, {"young": 0.5, "old": 2}).tolist() == [70.0, 100.0]
    assert standardised_need(ages, {"young": 0.5, "old": 2}, scale=2).tolist() == [140.0, 200.0]


def test_an_old_place_keeps_its_need_and_is_not_levelled():
    ages = pd.DataFrame(0, index=["r"], columns=AGES).assign(**{"85-89": 100})
    assert standardised_need(ages, apl_parameters(2022).age_weights)["r"] == pytest.approx(199)


def test_age_classes_and_weights_must_be_the_same():
    with pytest.raises(TableError, match=r"2 problems. No weight for the age class '65\+'. No column .* '60-64'"):
        standardised_need(pd.DataFrame({"65+": [1]}), {"60-64": 1.0})
    with pytest.raises(TableError, match="negative"):
        standardised_need(pd.DataFrame({"65+": [-1]}), {"65+": 1.0})


# the indicator


@quick
@given(
    minutes=st.lists(st.lists(st.integers(0, 30), min_size=3, max_size=3), min_size=1, max_size=6),
    consultations=st.lists(st.integers(0, 9000), min_size=3, max_size=3),
)
def test_all_consultations_that_people_reach_are_handed_out_once(minutes, consultations):
    times = pd.DataFrame(minutes, columns=list("abc"))
    need = pd.Series(np.arange(1.0, len(minutes) + 1), index=times.index)
    supply = pd.Series(consultations, index=list("abc"))
    reached = supply[(times < 20).any()].sum()
    assert (need * apl(times, supply, need)).sum() == pytest.approx(reached)


def test_the_indicator_written_out_on_three_communes():
    # Two doctors at A; B at 12 minutes, C at 20: out of reach, for the bound is outside.
    times = pd.DataFrame({"a1": [0.0, 12.0, 20.0], "a2": [0.0, 12.0, 20.0]}, index=list("ABC"))
    supply = apl_activity(pd.Series({"a1": 3000.0, "a2": 6000.0}))
    need = pd.Series({"A": 2000.0, "B": 1200.0, "C": 400.0})
    ratio = (3600 + 6000) / (2000 + 1200 * 2 / 3)
    assert apl(times, supply, need).tolist() == pytest.approx([ratio, ratio * 2 / 3, 0.0])


def test_another_decay_may_be_given():
    times = pd.DataFrame({"a": [25.0]}, index=["r"])
    mine = replace(apl_parameters(), decay=decay.binary(30))
    assert apl(times, pd.Series({"a": 10}), pd.Series({"r": 5}), parameters=mine)["r"] == 2.0
    assert apl(times, pd.Series({"a": 10}), pd.Series({"r": 5}))["r"] == 0.0
