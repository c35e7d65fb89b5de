"""Transport on demand in scenarios, beside the bus of `toy_transit`; by car it is 3 minutes to the next village."""

import tomllib

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from toy_feeds import FLEX, feed, packed
from toy_transit import with_bus

import accessmap as am
from accessmap.errors import ScenarioError
from accessmap.words.words import Words

FS = "france_services"
TAXI = am.Scenario("TAD").add_on_demand("Taxi", ["Bourg", "02001"], "Mo-Fr 07:00-19:00", wait=5, notice=(1, "16:00"))


@pytest.fixture
def study(toy_study, tmp_path):
    return with_bus(toy_study, tmp_path)


def by_bus(study):
    return study.minutes(FS, mode="transit")


def test_transport_on_demand_more_is_compared_as_a_line_more_is_and_undone_exactly(study, tmp_path):
    """From b it comes after 5 minutes and takes 3; the bus takes 65 with the wait. x is not in the zone."""
    table = am.compare(TAXI, study, category=FS, mode="transit")
    assert table.to_numpy().tolist() == [[0, 0], [65, 8], [0, 0]]
    moved = am.winners_and_losers(table[study.inside], study.residents[study.inside])
    assert moved.loc[("TAD", "02002"), "gain"] == 50
    by_car = am.compare(TAXI, study, category=FS)
    assert by_car["baseline"].equals(by_car["TAD"])
    after = TAXI.apply(study)
    zone = study.communes.loc[["02001", "02002"]]
    taxi = am.OnDemand(zone, "Mo-Fr 07:00-19:00", wait=5, notice=(1, "16:00"), name="Taxi")
    streets = {"walk": study.networks["walk"], "car": study.network}
    anew = study.journeys.timetable.journeys(streets, date=study.journeys.date, on_demand=taxi)
    assert by_bus(after).equals(am.travel_times(study.residents, study.sites(FS), anew))
    assert after.journeys.notes[1:] == anew.notes[1:]
    trips = [am.round_trips(study.residents, study.sites(FS), each) for each in (after.journeys, anew)]
    pd.testing.assert_frame_equal(*trips)
    again = am.load_study(after.save(tmp_path / "planned"))
    assert by_bus(again).equals(by_bus(after))
    assert again.journeys.notes == after.journeys.notes
    undone = am.Scenario("undone").cut_on_demand("Taxi")
    assert (TAXI + undone).apply(study).journeys is study.journeys
    for each in (after, again):  # one of the study is cut as well
        assert by_bus(undone.apply(each)).equals(by_bus(study))
    assert by_bus(study)["fs-a"].tolist()[:2] == [0, 65]


def test_it_goes_with_lines_stops_and_roads_of_the_same_scenario(study):
    b, a = "02002", "02001"
    shuttle = am.Scenario("S").add_stop("X", commune="60001")
    shuttle = shuttle.add_on_demand("T", a, "24/7", ["X"], speed_factor=0.5).shift_line("1", -60)
    found = by_bus(shuttle.apply(study))
    assert found["fs-a"].tolist()[1] == 64
    # From a to the stop X, which is outside the zone: 6 minutes by car are 12, and fs-x is there.
    assert found["fs-x"].tolist()[0] == 12
    closed = (TAXI + am.Scenario("closed").close_road(b, a)).apply(study)
    # No road leads there any more: from its end, 2 km away, it is 25 minutes straight across.
    assert by_bus(closed)["fs-a"].tolist()[:2] == [0, 30]
    # The roads of the study are those of its journeys, whatever is done first.
    slow = am.Scenario("slow").close_road(b, a).apply(TAXI.apply(study))
    assert by_bus(slow).equals(by_bus(closed))
    assert closed.journeys.streets["car"] is closed.network


def test_it_is_told_and_kept_in_a_file(study, tmp_path):
    drawn = (3.2, 49.6, 3.3, 49.7)
    plan = TAXI.add_on_demand("Arrêts", drawn, "Sa 08:00-12:00", ["02001", "02002"], door=False)
    plan, made = plan.cut_on_demand("Taxi"), "créer le transport à la demande"
    assert [line.replace("\u00a0", " ").replace("\u202f", " ") for line in plan.told(study, Words("fr"))] == [
        f"{made} « Taxi » (Bourg, Aville ; lundi à vendredi 7 h-19 h ; à réserver la veille avant 16 h)",
        f"{made} « Arrêts » (une zone de 80 km² ; samedi 8 h-12 h ; d’arrêt à arrêt : 02001, 02002)",
        "supprimer le transport à la demande « Taxi »",
    ]
    path = am.scenarios.write([plan], tmp_path / "plans.toml")
    (again,) = am.scenarios.read(path).values()
    assert (again, again.hash) == (plan, plan.hash)
    assert tomllib.loads(path.read_text("utf-8"))["scenario"][0]["step"][0]["notice"] == [1, "16:00"]
    assert by_bus(again.apply(study)).equals(by_bus(plan.apply(study)))
    (said,) = plan.apply(study).cautions
    assert "“Arrêts” does not run on" in said


@pytest.mark.parametrize(
    ("plan", "told"),
    [
        (TAXI + TAXI, "“Taxi” already"),
        (am.Scenario("s").cut_on_demand("Taxis"), "no transport on demand is called “Taxis”"),
        (TAXI.cut_on_demand("Taxis"), "Taxis.*Taxi"),
        (am.Scenario("s").add_on_demand("T", "Bourq", "24/7"), "Bourq.*Bourg"),
        (am.Scenario("s").add_on_demand("T", "02001", "toujours"), "opening_hours"),
        (am.Scenario("s").add_on_demand("T", "02001", "24/7", speed_factor=0), "speed"),
        (am.Scenario("s").add_on_demand("T", "02001", "24/7", notice=(1, "16")), "notice"),
        (am.Scenario("s").add_on_demand("T", "02001", "24/7", ["nowhere"]), "no stop has the id or name 'nowhere'"),
        (am.Scenario("s").add_on_demand("T", "POLYGON ((3 49", "24/7"), "that polygon cannot be read"),
        (am.Scenario("s").add_on_demand("T", [], "24/7"), "zone"),
    ],
)
def test_a_step_that_cannot_be_carried_out_says_why(study, plan, told):
    with pytest.raises(ScenarioError, match=told):
        plan.apply(study)


def test_a_step_of_a_file_is_checked(tmp_path):
    path = tmp_path / "plans.toml"
    step = '[[scenario]]\nname = "s"\n[[scenario.step]]\naction = "add_on_demand"\n'
    for wrong, told in (
        ('zone = ["02001"]\nhours = "24/7"\n', "name"),
        ('name = "T"\nzone = "02001"\nhours = "24/7"\n', "give a list"),
        ('name = "T"\nzone = ["02001"]\nhours = "24/7"\nnotice = [1, "16"]\n', "notice"),
        ('name = "T"\nzone = ["02001"]\nhours = "24/7"\nspeed = 1\n', "unknown key 'speed'"),
    ):
        path.write_text(step + wrong, "utf-8")
        with pytest.raises(ScenarioError, match=told):
            am.scenarios.read(path)


def test_without_roads_by_car_and_with_zones_that_do_not_count_it_is_refused(study, tmp_path):
    services, walk = study.services, study.networks["walk"]
    afoot = am.Study(study.communes, study.residents, services, networks={"walk": walk, "transit": study.journeys})
    with pytest.raises(ScenarioError, match="by car, which are missing"):
        TAXI.apply(afoot)
    (tmp_path / "flex.zip").write_bytes(packed(feed(FLEX)))
    both = am.Timetable.from_gtfs([tmp_path / "bus.zip", tmp_path / "flex.zip"]).journeys(
        walk, date=study.journeys.date
    )
    flexible = study.with_network(both, mode="transit")
    with pytest.raises(ScenarioError, match="would make them count"):
        TAXI.apply(flexible)


STEPS = [
    lambda plan: plan.add_line("N", ["02002", "02001"], minutes=[0, 7], every=25),
    lambda plan: plan.add_stop("X", commune="60001").add_line("M", ["X", "02001"], minutes=[0, 9], every=40),
    lambda plan: plan.cut_line("1"),
    lambda plan: plan.shift_line("1", -35),
    lambda plan: plan.set_interval("1", 10, between=("08:00", "10:00")),
    lambda plan: plan.add_on_demand("Taxi", ["02001", "02002"], "Mo-Fr 07:00-07:40", wait=5),
    lambda plan: plan.add_on_demand("Calls", ["60001"], "Mo-Fr 07:30-12:00", ["02002"], speed_factor=0.5),
    lambda plan: plan.add_on_demand("Stops", ["02001", "60001"], "24/7", ["02001", "02002"], wait=3, door=False),
]


@settings(deadline=None, max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.sampled_from(range(len(STEPS))), min_size=1, max_size=4, unique=True), st.integers(0, 3))
def test_any_plan_gives_what_is_made_anew_and_leaves_today_as_it_was(study, chosen, first):
    """One scenario after another is as one of all, and as a study of the timetable that comes out."""
    before = by_bus(study)
    chosen.sort()  # a line is cut after it was moved, and not before
    if 2 in chosen and {3, 4} & set(chosen):
        chosen.remove(2)
    plans = [am.Scenario("one"), am.Scenario("other")]
    for number, step in enumerate(chosen):
        plans[number >= first] = STEPS[step](plans[number >= first])
    after = plans[0].apply(study) if plans[0].steps else study
    by_bus(after)  # what one scenario routes is there for the next
    twice = plans[1].apply(after) if plans[1].steps else after
    journeys, sites = twice.journeys, study.sites(FS)
    streets = {"walk": study.networks["walk"], "car": study.network}
    asked = journeys.terms.on_demand
    assume(len(journeys.timetable.trips))  # of no trips no journeys are made anew
    anew = journeys.timetable.journeys(streets if asked else streets["walk"], date=journeys.date, on_demand=asked)
    assert by_bus(twice).equals(am.travel_times(study.residents, sites, anew))
    assert by_bus((plans[0] + plans[1]).apply(study)).equals(by_bus(twice))
    homes = am.travel_times(study.residents, sites, journeys, homeward=True)
    assert homes.equals(am.travel_times(study.residents, sites, anew, homeward=True))
    assert by_bus(study).equals(before)
    fresh = study.journeys.timetable.journeys(streets["walk"], date=journeys.date)
    assert before.equals(am.travel_times(study.residents, sites, fresh))


def test_the_day_is_not_made_again_for_transport_on_demand_alone(study):
    by_bus(study)
    after = TAXI.apply(study)
    assert after.journeys.day is study.journeys.day
    assert after.journeys._raptor is study.journeys._raptor
