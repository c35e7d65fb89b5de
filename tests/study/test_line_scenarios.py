"""Lines in scenarios: the bus of `toy_transit` (b 9:00, a 9:05; back a 11:00, b 11:05), with answers done by hand."""

import math

import pandas as pd
import pytest
from toy_transit import on_foot, with_bus

import accessmap as am
from accessmap.errors import ScenarioError
from accessmap.words.words import Words

FS = "france_services"


@pytest.fixture
def study(toy_study, tmp_path):
    return with_bus(toy_study, tmp_path)


def by_bus(study):
    return study.minutes(FS, mode="transit")["fs-a"].tolist()


def test_a_line_more_is_compared_as_a_site_more_is(study):
    """Every half hour from b, 5 minutes on the way: of waits of 0 to 29 minutes, four each, the 60th shortest is 14."""
    plan = am.Scenario("Navette").add_line(
        "N", ["02002", "02001"], minutes=[0, 5], every=30, between=("06:00", "20:00")
    )
    table = am.compare(plan, study, category=FS, mode="transit")
    assert table.columns.tolist() == ["baseline", "Navette"]
    homes = study.residents["commune"]
    assert table.loc[homes == "02002"].to_numpy().tolist() == [[65, 19]]
    assert table.loc[homes == "02001"].to_numpy().tolist() == [[0, 0]]
    moved = am.winners_and_losers(table[study.inside], study.residents[study.inside])
    assert moved.loc[("Navette", "02002"), "gain"] == 50
    # by car nothing changes, and the study of today is as it was
    by_car = am.compare(plan, study, category=FS)
    assert by_car["baseline"].equals(by_car["Navette"])
    assert by_bus(study)[:2] == [0, 65]


@pytest.mark.parametrize(
    ("plan", "minutes"),
    [
        # at 8:00: of 61 departures in time the 60th shortest waits 59 minutes and rides 5
        (am.Scenario("s").shift_line("1", -60), 64),
        # no one walks so far
        (am.Scenario("s").cut_line("1"), None),
        (am.Scenario("s").cut_line("1", between=("08:30", "09:30")), None),
        # waits of 0 to 9 minutes, 12 departures each
        (am.Scenario("s").set_interval("1", 10, between=("07:00", "10:00")), 9),
    ],
)
def test_a_line_is_moved_cut_and_run_more_often(study, plan, minutes):
    found = by_bus(plan.apply(study))[1]
    assert found == minutes if minutes else math.isnan(found)
    assert by_bus(study)[1] == 65


def test_what_is_kept_gives_the_minutes_of_a_timetable_read_anew_and_a_line_cut_again_leaves_nothing(study):
    more = am.Scenario("more").add_stop("X", commune="60001").add_line("N", ["X", "02001"], minutes=[0, 9], every=20)
    after = more.apply(study)
    anew = after.journeys.timetable.journeys(after.networks["walk"], date=study.journeys.date)
    sites = study.sites(FS)
    assert after.minutes(FS, mode="transit").equals(am.travel_times(study.residents, sites, anew))
    assert not after.minutes(FS, mode="transit").equals(study.minutes(FS, mode="transit"))
    back = (more + am.Scenario("undone").cut_line("N")).apply(study)
    assert back.minutes(FS, mode="transit").equals(study.minutes(FS, mode="transit"))
    homes = am.travel_times(study.residents, sites, after.journeys, homeward=True)
    assert homes.equals(am.travel_times(study.residents, sites, anew, homeward=True))
    trips = am.round_trips(study.residents, sites, after.journeys)
    pd.testing.assert_frame_equal(trips, am.round_trips(study.residents, sites, anew))


def test_sites_and_lines_change_together_and_are_told(study):
    plan = (
        am.Scenario("Les deux")
        .open(FS, commune="02002")
        .add_stop("X", name="Xanton mairie", commune="60001")
        .add_line("N", ["X", "02001"], minutes=[0, 9], departures=["07:10", "08:10"], days=["tuesday"], both_ways=False)
        .shift_line("1", -5)
        .set_interval("1", 30, between=("08:00", "10:00"))
        .cut_line("N")
    )
    assert plan.apply(study).minutes(FS, mode="transit").shape == (3, 3)
    assert [line.replace("\u00a0", " ") for line in plan.told(study, Words("fr"))] == [
        "ouvrir une France services à Bourg",
        "créer l’arrêt « Xanton mairie » à Xanton",
        "créer la ligne « N » (Xanton mairie – 02001, 2 départs : 7 h 10, 8 h 10, dans un seul sens, mar. seulement)",
        "avancer de 5 minutes la ligne « 1 »",
        "faire passer la ligne « 1 » toutes les 30 minutes pour les départs entre 8 h 00 et 10 h 00",
        "supprimer la ligne « N »",
    ]
    told = plan.told(study, Words("en"))
    assert told[-2].replace("\u00a0", " ") == "run the line “1” every 30 minutes for departures between 8:00 and 10:00"
    assert "Xanton mairie" in am.Scenario("card").then(plan.steps[1])._repr_html_()


def test_a_scenario_of_lines_is_kept_in_a_file(study, tmp_path):
    plan = am.Scenario("N").add_line("N", ["02002", "02001"], minutes=[0, 5.5], every=30, between=("07:00", "09:00"))
    plan = (
        plan.cut_line("1", between=("08:00", "10:00"))
        .shift_line("N", 2)
        .set_interval("N", 20, between=("07:00", "09:00"))
    )
    path = am.scenarios.write([plan], tmp_path / "lines.toml")
    (again,) = am.scenarios.read(path).values()
    assert (again, again.hash) == (plan, plan.hash)


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (am.Scenario("s").cut_line("2"), "no line '2'"),
        (am.Scenario("s").add_line("1", ["02001", "02002"], minutes=[0, 5], every=30), "line '1': there is one"),
        (am.Scenario("s").add_line("N", ["02001", "2002"], minutes=[0, 5], every=30), "no stop '2002'.*02002"),
        (am.Scenario("s").add_line("N", ["02001", "02002"], minutes=[0], every=30), "minutes: 0; 2 are needed"),
        (am.Scenario("s").add_line("N", ["02001", "02002"], minutes=[0, 5]), "either departures= or every="),
        (am.Scenario("s").add_line("N", "02001", minutes=[0, 5], every=30), "give a list"),
        (am.Scenario("s").add_line("N", ["02001", "02002"], minutes=[0, "5"], every=30), "give a list"),
        (am.Scenario("s").add_stop("02001", commune="02002"), "there is one of that id"),
        (am.Scenario("s").add_stop("X"), "say where"),
        (am.Scenario("s").shift_line("1", float("nan")), "give a number"),
        (am.Scenario("s").set_interval("1", 0, between=("08:00", "10:00")), "above 0"),
        (am.Scenario("s").set_interval("1", 30, between=("10:00", "08:00")), "10:00, 08:00"),
    ],
)
def test_a_step_that_cannot_be_carried_out_says_why(study, plan, told):
    with pytest.raises(ScenarioError, match=told):
        plan.apply(study)


def test_without_a_timetable_there_are_no_lines_and_of_two_none_is_guessed(study, toy_study, tmp_path):
    cut = am.Scenario("s").cut_line("1")
    with pytest.raises(ScenarioError, match="has no timetable"):
        cut.apply(toy_study)
    other = am.Timetable.load(study.journeys.timetable.save(tmp_path / "again.zip")).journeys(on_foot(toy_study))
    two = am.Study(
        study.communes, study.residents, study.services, networks={**study.networks, "coach": other}, thresholds=[2]
    )
    with pytest.raises(ScenarioError, match="has 2 timetables"):
        cut.apply(two)


def test_a_second_mode_by_the_same_timetable_changes_too(study):
    saturday = {**study.networks, "saturday": study.journeys.on("saturday")}
    both = am.Study(study.communes, study.residents, study.services, networks=saturday, thresholds=[2])
    after = am.Scenario("s").cut_line("1").apply(both)
    assert math.isnan(after.minutes(FS, mode="saturday")["fs-a"].tolist()[1])
    assert both.minutes(FS, mode="saturday")["fs-a"].tolist()[1] == 65


def test_a_line_that_does_not_run_on_the_day_is_told(study):
    plan = am.Scenario("s").add_line("N", ["02002", "02001"], minutes=[0, 5], every=30, days=["sunday"])
    (said,) = plan.apply(study).cautions
    assert "“N” does not run on" in said
    assert am.Scenario("s").cut_line("1").apply(study).cautions == ()
