"""Whatever kind of number a cutoff is, someone at exactly the cutoff is inside: in measures, siting and map classes."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

import accessmap as am
from accessmap import decay, hours, imbalance, resilience, siting, supply
from accessmap.maps.bivariate import bivariate_map
from accessmap.maps.choropleth import change_classes, classes
from accessmap.measures.digital.physical_digital import double_burden, typology_people
from accessmap.programme.before_after import indicators
from accessmap.siting import alternatives
from accessmap.tables.cutoffs import classes_of, is_within, number_of_minutes
from accessmap.words.words import Words

quick = settings(max_examples=30, deadline=None)
KINDS = {
    "float": float,
    "float64": np.float64,
    "float32": np.float32,
    "Decimal": lambda value: Decimal(str(value)),
    "Fraction": lambda value: Fraction(str(value)),
}
WHOLE = {"int": int, "int64": np.int64, "uint8": np.uint8}
tenths = st.integers(1, 600).map(lambda tenth: tenth / 10)
PEOPLE = pd.Series({"r1": 100, "r2": 30})
RESIDENTS = pd.DataFrame({"commune": ["02173", "02304"], "population": [100, 30]}, index=["r1", "r2"])


def kinds_of(cutoff):
    """The same number in every kind that can hold it."""
    kinds = KINDS | WHOLE if cutoff == int(cutoff) and cutoff < 256 else KINDS
    return [kind(cutoff) for kind in kinds.values()]


def at(cutoff, dtype):
    """Minutes of two residents: one at exactly the cutoff, one a tenth beyond."""
    return pd.DataFrame({"a": [cutoff, cutoff + 0.1]}, index=["r1", "r2"]).astype(dtype)


def services(minutes):
    return pd.DataFrame({"hours": "24/7"}, index=minutes.columns)


MEASURES = {
    "coverage": lambda t, c: am.coverage(t["a"], PEOPLE, cutoffs=[c]).iloc[0, 0] * 130,
    "opportunities": lambda t, c: supply.opportunities(t, pd.Series({"a": 1}), cutoff=c) @ PEOPLE,
    "median": lambda t, c: supply.median_opportunities(t, pd.Series({"a": 1}), cutoffs=[c]) @ PEOPLE,
    "binary": lambda t, c: supply.gravity(t, pd.Series({"a": 1}), decay=decay.binary(c)) @ PEOPLE,
    "step": lambda t, c: supply.gravity(t, pd.Series({"a": 1}), decay=decay.step({c: 1})) @ PEOPLE,
    "criticality": lambda t, c: resilience.criticality(t, PEOPLE, cutoff=c)["beyond"].sum(),
    "one closure": lambda t, c: resilience.one_closure_away(t, RESIDENTS, cutoff=c)["within"].sum(),
    "open_access": lambda t, c: hours.open_access(t, services(t), PEOPLE, within=c)["worst"].iloc[0] * 130,
    "hours_in_reach": lambda t, c: (hours.hours_in_reach(t, services(t), within=c)["worst"] > 0) @ PEOPLE,
    "reach_by_commune": lambda t, c: hours.reach_by_commune(t, RESIDENTS, within=c)["a"] @ [100, 30],
    "typology": lambda t, c: typology_people(
        t["a"], pd.Series({"02173": 1.0, "02304": 1.0}), PEOPLE, near_minutes=c, by=RESIDENTS["commune"]
    ).loc["all", "near_connected"],
    "double burden": lambda t, c: (
        130
        - double_burden(
            t["a"], pd.Series({"02173": 0.0, "02304": 0.0}), RESIDENTS, near_minutes=c, connected_share=0.5
        )["people"].sum()
    ),
    "max_coverage": lambda t, c: siting.max_coverage(t, PEOPLE, 1, cutoff=c).objective,
    "rounds": lambda t, c: siting.compare_rounds(t, PEOPLE, {"x": pd.Series({"a": 1})}, cutoff=c)[
        "people_within"
    ].sum(),
    "short of a line": lambda t, c: 130 * (1 - imbalance.fgt(t["a"], PEOPLE, line=c, order=0, higher_is_better=False)),
    "map classes": lambda t, c: sum(
        entry.people
        for entry in classes(t["a"].astype("float64"), PEOPLE, breaks=[float(c)], unit="minutes", say=Words("en"))[0][
            :1
        ]
    ),
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("measure", MEASURES.values(), ids=MEASURES)
def test_someone_at_exactly_the_cutoff_is_inside_whatever_kind_of_number_it_is(measure, dtype):
    for cutoff in (10, 10.1, 20.3, 30.7):
        times = at(cutoff, "float32").astype(dtype)  # as float64, the float32 of 10.1 is more than 10.1
        assert [measure(times, given) for given in kinds_of(cutoff)] == pytest.approx([100] * len(kinds_of(cutoff)))


@quick
@given(tenths, st.sampled_from(["float32", "float64"]))
def test_kinds_of_numbers_are_one_cutoff(cutoff, dtype):
    minutes = np.float32([cutoff, cutoff + 0.1, np.nan]).astype(dtype)
    for given_ in kinds_of(cutoff):
        assert is_within(minutes, given_).tolist() == [True, False, False]
        assert number_of_minutes(given_) == cutoff
        assert classes_of(minutes[:2], [given_]).tolist() == [0, 1]
        assert classes_of(minutes[:2], [given_], closed="left").tolist() == [1, 1]
        assert decay.linear(given_) == decay.linear(cutoff)


@quick
@given(st.lists(tenths, min_size=1, max_size=5, unique=True), tenths)
def test_step_binary_and_classes_agree(bounds, minutes):
    stepped = decay.step({np.float32(bound): 1.0 for bound in bounds})
    assert stepped([minutes]).item() == decay.binary(max(bounds))(np.float32([minutes])).item()
    assert stepped(np.float32([minutes])).item() == stepped(np.float64([minutes])).item()


def test_tables_name_the_number_that_was_written():
    for given_ in kinds_of(10.1):
        assert am.coverage(at(10.1, "float32"), PEOPLE, cutoffs=[given_]).index.tolist() == [10.1]
    assert am.coverage(at(10, "float32"), PEOPLE, cutoffs=[np.int64(10), 20]).index.tolist() == [10, 20]


@pytest.mark.parametrize("cutoff", ["30", None, np.nan, True, [30], pd.NA, "a"])
def test_what_is_no_number_is_refused_in_one_sentence(cutoff):
    times = at(10, "float32")
    for measure in (MEASURES["coverage"], MEASURES["opportunities"], MEASURES["criticality"]):
        with pytest.raises(ValueError, match=r"^cutoff is .*: give minutes as a number, such as 30\.?$"):
            measure(times, cutoff)


def test_set_cover_promises_and_prices_take_any_number():
    times = pd.DataFrame({"a": [10.1, 3.0], "b": [3.0, 10.1]}, index=["r1", "r2"], dtype="float32")
    for given_ in kinds_of(10.1):
        assert len(siting.set_cover(times, cutoff=given_).sites) == 1
        plan = siting.p_median(times, PEOPLE, 1, within=given_)
        assert plan.sites == ("b",)
        assert alternatives.price(times, PEOPLE, plan, cutoff=given_)["beyond_added"].sum() == 0


def test_classes_of_two_values_and_of_changes_hold_for_float32():
    square = gpd.GeoDataFrame(
        {"name": ["A", "B"], "population": [100, 30], "epci": "x", "in_territory": True},
        geometry=[shapely.box(715_000 + k, 6_945_000, 716_000 + k, 6_946_000) for k in (0, 1000)],
        index=pd.Index(["02173", "02304"], name="code"),
        crs=2154,
    )
    minutes = pd.Series(np.float32([10.1, 10.2]), index=square.index)
    page = bivariate_map(
        square,
        minutes,
        pd.Series([0.4, 0.9], square.index),
        units=("minutes", ""),
        higher_is_better=(False, True),
        first_breaks=[10.1],
        second_breaks=[0.5],
        lang="en",
    )
    assert len(page.drawing.views[0].entries) == 4
    before, after = pd.Series([0.0], ["a"]), pd.Series(np.float32([10.1]), ["a"]).astype("float64")
    entries, _ = change_classes(before, after, None, breaks=[5.0, 10.1], unit="minutes", say=Words("en"))
    assert [entry.communes for entry in entries if entry.communes] == [1]
    assert "10.1" in next(entry.label for entry in entries if entry.communes)


def test_indicators_and_modes_take_any_number(toy_study):
    tables = [indicators(toy_study, am.Scenario("x"), within=within) for within in kinds_of(10.1)]
    for table in tables[1:]:
        pd.testing.assert_frame_equal(table, tables[0])
    study = replace(toy_study, networks={"car": toy_study.network, "walk": toy_study.network})
    people = toy_study.residents["population"]
    for cutoff in kinds_of(10.1):
        table = am.modes.without_car(study, category="france_services", people=people, cutoffs=[cutoff])
        assert table.index.get_level_values("cutoff").tolist() == [10.1]


def test_a_change_of_exactly_the_least_counts_whatever_rounding_float32_did():
    starts = np.arange(20, 600) / 10
    ids = [f"r{k}" for k in range(len(starts))]
    residents = pd.DataFrame({"commune": "02173", "population": 1}, index=ids)
    result = pd.DataFrame({"baseline": starts, "plan": starts - 1}, index=ids).astype("float32")
    for least in kinds_of(1.0):
        assert am.winners_and_losers(result, residents, at_least=least)["gain"].tolist() == [len(ids)]


def test_thresholds_of_a_study_are_numbers(toy_study):
    study = replace(toy_study, thresholds=[*kinds_of(10.1)[:1], np.float32(20.3), Decimal("30.7"), np.int64(40)])
    assert study.thresholds == (10.1, 20.3, 30.7, 40)
    with pytest.raises(ValueError, match="cutoff is '30'"):
        replace(toy_study, thresholds=["30"])


def test_cutoff_in_an_array_without_a_dimension_is_one_number():
    times = pd.Series({"r1": 10.0, "r2": 11.0}, dtype="float32")
    with pytest.raises(am.AccessmapError, match="give minutes as a number"):
        am.coverage(times, PEOPLE, np.array(10))


def test_what_is_no_number_is_refused_where_none_would_be_no_limit_and_in_hours():
    times = pd.DataFrame({"a": [5.0, 25.0]}, index=["r1", "r2"])
    with pytest.raises(am.AccessmapError, match="give minutes as a number"):
        siting.set_cover(times, cutoff=None)
    services = pd.DataFrame({"hours": ["24/7"]}, index=["a"])
    with pytest.raises(am.AccessmapError, match="within is nan: give minutes as a number"):
        hours.open_access(times, services, PEOPLE, within=float("nan"))
