"""Coverage, imbalance, APL, opening hours and dependence before and after: functions of a study."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from test_method_docs import blocks, failures

from accessmap import Scenario, by_commune, compare_tables, coverage, decay, imbalance, supply
from accessmap.errors import StudyError, TableError
from accessmap.measures.apl import apl
from accessmap.measures.hours import minutes_when
from accessmap.measures.resilience import dependence

FS = "france_services"
HOWTO = Path(__file__).parents[2] / "docs" / "howto_scenarios.md"


@pytest.fixture(scope="module")
def plans():
    return [
        Scenario("Coucy").open(FS, commune="02217"),
        Scenario("Pinon part").move("france_services-02602", commune="02722"),
    ]


def minutes_of(study):
    """Minutes to the nearest and people of the territory, by hand."""
    here = study.residents["commune"].isin(study.communes.index[study.communes["in_territory"]])
    sites = study.services[study.services["category"] == FS]
    return study.minutes(sites).min(axis=1)[here], study.residents["population"][here]


# What the how-to page shows, as functions of a study.


def covered(study, cutoffs=None):
    minutes, people = study.nearest(FS)["minutes"][study.inside].rename("share"), study.people
    return coverage(minutes, people, study.thresholds if cutoffs is None else cutoffs)


def unequal(study, line=None, by_epci=False):
    epci = study.residents["commune"].map(study.communes["epci"])[study.inside] if by_epci else None
    minutes = study.nearest(FS)["minutes"][study.inside]
    return imbalance.summary(minutes, study.people, unit="minutes", higher_is_better=False, line=line, groups=epci)


def depending(study, category=FS):
    return dependence(study.minutes(category), study.sites(category), study.residents, communes=study.communes)


def open_then(study, category, within, whens):
    sites, times = study.sites(category), study.minutes(category)[study.inside]
    shares = {when: coverage(minutes_when(times, sites, when), study.people, within).loc[within] for when in whens}
    return pd.DataFrame(shares).T.rename_axis("when")


def supplied(study, need=None, weights=None):
    times, capacity = study.minutes(FS), study.sites(FS)["capacity"]
    heads = study.residents["population"] if need is None else need
    values = (
        apl(times, capacity, heads) if weights is None else supply.two_step_fca(times, capacity, heads, decay=weights)
    )
    return by_commune(values[study.inside], study.residents[study.inside])["value"].to_frame("apl")


# ------------------------------------------------------------------ each is the measure of each study


def test_coverage_before_and_after_is_that_of_each_study(sample_study, plans):
    table = compare_tables(plans, sample_study, covered)
    assert table.index.names == ["scenario", "cutoff"]
    for name, study in {"baseline": sample_study, **{plan.name: plan.apply(sample_study) for plan in plans}}.items():
        expected = coverage(*minutes_of(study), study.thresholds).iloc[:, 0]
        np.testing.assert_allclose(table.loc[name, "share"], expected)
        np.testing.assert_allclose(table.loc[name, "share"] * study.people.sum(), expected * 70_550)
    assert table.loc[("Coucy", 10), "share"] > table.loc[("baseline", 10), "share"]


def test_imbalance_before_and_after_is_that_of_each_study(sample_study, plans):
    table = compare_tables(plans, sample_study, lambda study: unequal(study, line=20, by_epci=True))
    after = plans[0].apply(sample_study)
    epci = after.residents["commune"].map(after.communes["epci"])[after.inside]
    minutes, people = minutes_of(after)
    expected = imbalance.summary(minutes, people, unit="minutes", higher_is_better=False, line=20, groups=epci)
    pd.testing.assert_frame_equal(table.loc["Coucy"], expected)
    assert table.loc[("Coucy", "theil_between"), "value"] != table.loc[("baseline", "theil_between"), "value"]


def test_dependence_before_and_after_is_that_of_each_study(sample_study, plans):
    table = compare_tables(plans, sample_study, depending)
    after = plans[0].apply(sample_study)
    sites = after.sites(FS)
    expected = dependence(after.minutes(sites), sites, after.residents, communes=after.communes)
    pd.testing.assert_frame_equal(table.loc["Coucy"], expected)


def test_hours_before_and_after_are_those_of_each_study(sample_study):
    plan = Scenario("samedi").set_hours("mairie-02173", "Sa 08:00-12:00")
    table = compare_tables(
        plan, sample_study, lambda study: open_then(study, "mairie", 10, ["saturday_morning", "sunday"])
    )
    assert table.index.names == ["scenario", "when"]
    after, here = plan.apply(sample_study), sample_study.inside
    sites = after.sites("mairie")
    minutes = minutes_when(after.minutes(sites), sites, "saturday_morning")[here]
    expected = coverage(minutes, after.residents["population"][here], [10]).loc[10]
    np.testing.assert_allclose(table.loc[("samedi", "saturday_morning"), expected.index].astype(float), expected)
    pd.testing.assert_series_equal(
        table.loc[("samedi", "sunday")], table.loc[("baseline", "sunday")], check_names=False
    )


# ------------------------------------------------------------------ by head, on three villages


@pytest.fixture
def staffed(toy_study):
    """The three villages with 300 consultations at each france_services, open on weekday mornings."""
    services = toy_study.services.assign(
        capacity=[np.nan] * 3 + [300.0] * 2, hours=[None] * 3 + ["Mo-Fr 09:00-12:00"] * 2
    )
    return toy_study.with_services(services)


def test_resizing_a_site_changes_the_apl(staffed):
    # everyone is within 10 minutes of both sites, so both are shared by the 160 people: 600 / 160
    table = compare_tables([Scenario("more").resize("fs-a", capacity=1000)], staffed, supplied)
    assert table.index.to_list() == [(s, c) for s in ("baseline", "more") for c in ("02001", "02002")]
    np.testing.assert_allclose(table.loc["baseline", "apl"], 600 / 160)
    np.testing.assert_allclose(table.loc["more", "apl"], 1300 / 160)


def test_the_outside_competes_for_the_apl_and_is_not_reported(staffed):
    table = supplied(staffed)
    sites = staffed.sites(FS)
    everyone = apl(staffed.minutes(sites), sites["capacity"], staffed.residents["population"])
    assert table.index.to_list() == ["02001", "02002"]
    np.testing.assert_allclose(table["apl"], everyone[["ra", "rb"]])


def test_the_need_and_the_decay_of_the_apl_may_be_others(staffed):
    need = staffed.residents["population"] * 2.0
    np.testing.assert_allclose(supplied(staffed, need=need)["apl"], 600 / 320)
    # within 2 minutes: a has its own site for 100 people, b none
    near = supplied(staffed, weights=decay.binary(2))["apl"]
    assert near.to_dict() == {"02001": pytest.approx(3.0), "02002": 0.0}


def test_a_site_that_opens_needs_a_capacity_for_an_apl(staffed):
    plan = Scenario("new").open(FS, commune="02002", id="fs-b")
    with pytest.raises(TableError, match=r"1 values are missing or infinite \('fs-b'\)"):
        compare_tables([plan], staffed, supplied)
    table = compare_tables([plan.resize("fs-b", capacity=200)], staffed, supplied)
    np.testing.assert_allclose(table.loc["new", "apl"], 800 / 160)


def test_services_without_a_column_of_capacities_are_named(toy_study):
    capacity = toy_study.sites(FS).get("capacity")
    with pytest.raises(TableError, match=r"supply: 1 problem. This is a NoneType: give a Series"):
        apl(toy_study.minutes(FS), capacity, toy_study.residents["population"])


def test_setting_hours_changes_the_table_of_hours(staffed):
    plan = Scenario("saturday").set_hours("fs-a", "Sa 09:00-12:00")
    table = compare_tables([plan], staffed, lambda study: open_then(study, FS, 2, ["saturday"]))
    assert table["worst"].to_list() == [0.0, pytest.approx(100 / 150)]
    assert table["all"].to_list() == [pytest.approx(100 / 150)] * 2


def test_unknown_hours_lie_between_worst_and_best(staffed):
    plan = Scenario("new").open(FS, commune="02002")
    row = compare_tables([plan], staffed, lambda study: open_then(study, FS, 2, ["sunday"])).loc[("new", "sunday")]
    assert row.to_dict() == {"all": 1.0, "best": pytest.approx(50 / 150), "worst": 0.0}


def test_a_site_that_moves_outside_changes_the_dependence(staffed):
    plan = Scenario("away").move("fs-a", commune="60001")
    table = compare_tables([plan], staffed, depending)
    assert table.loc[("baseline", "outside"), "people"] == 0
    assert table.loc[("away", "outside"), "people"] == 150


def test_the_last_site_that_closes_leaves_nobody_covered(staffed):
    plan = Scenario("none").close("fs-a").close("fs-x")
    assert compare_tables([plan], staffed, covered).loc["none", "share"].to_list() == [0.0, 0.0]
    assert compare_tables([plan], staffed, depending).loc[("none", "unreached"), "people"] == 150
    assert compare_tables([plan], staffed, supplied).loc["none", "apl"].to_list() == [0.0, 0.0]
    hours = compare_tables([plan], staffed, lambda study: open_then(study, FS, 5, ["sunday"]))
    assert hours.loc["none", "all"].to_list() == [0.0]
    with pytest.raises(TableError, match="Nobody has a value"):
        compare_tables([plan], staffed, unequal)


@pytest.mark.parametrize("ask", ["sites", "minutes", "nearest"])
def test_a_slip_in_the_category_is_named_and_is_no_empty_table(toy_study, ask):
    with pytest.raises(
        StudyError, match=r"no service of category 'france_service' \(did you mean 'france_services'\?\)"
    ) as slip:
        getattr(toy_study, ask)("france_service")
    assert (slip.value.problems[0].value, slip.value.problems[0].near) == ("france_service", ("france_services",))
    with pytest.raises(StudyError, match="no service of category 'pharmacy'"):  # known, but the study has none
        getattr(toy_study, ask)("pharmacy")


def test_scenarios_leave_the_study_as_it_was(sample_study, plans):
    before = sample_study.services.copy()
    compare_tables(plans, sample_study, covered)
    pd.testing.assert_frame_equal(pd.DataFrame(sample_study.services), pd.DataFrame(before))


def test_thresholds_are_those_of_the_study_unless_given(toy_study):
    assert covered(toy_study).index.to_list() == [2, 5]
    assert covered(replace(toy_study, thresholds=(7,))).index.to_list() == [7]
    assert covered(toy_study, cutoffs=1).index.to_list() == [1]


# ------------------------------------------------------------------ the how-to page


def test_every_example_of_the_page_is_true():
    assert failures(blocks(HOWTO), HOWTO.name) == ""


def test_the_page_names_every_table():
    text = HOWTO.read_text("utf-8")
    measures = ("coverage", "imbalance.summary", "apl.apl", "hours.minutes_when", "resilience.dependence")
    assert [name for name in measures if f"am.{name}(" not in text] == []
    assert len(re.findall(r"^>>> ", blocks(HOWTO), flags=re.MULTILINE)) > 10
