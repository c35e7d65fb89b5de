"""What a scenario changes, what it leaves alone, and what it refuses."""

import dataclasses
import re
from decimal import Decimal
from fractions import Fraction
from typing import ClassVar

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from studyfiles import TOY, write_toy

import accessmap as am
import accessmap.study.scenario as scenario_module
from accessmap import Scenario, compare, compare_tables, coverage, winners_and_losers
from accessmap.errors import ScenarioError, StudyError, TableError
from accessmap.programme import Operation, PlannedStep, Programme, Selection
from accessmap.study.comparison import categories_changed
from accessmap.study.scenarios import read as read_scenarios
from accessmap.study.scenarios import write as write_scenarios
from accessmap.study.scenarios import yearly_costs
from accessmap.study.steps import ACTIONS, Amount, Step, Text, step
from accessmap.study.yearly import unit_values
from accessmap.studyfile import StudyFileError, load_study
from accessmap.words.words import Words


def nearest(study, scenario):
    return compare([scenario], study, category="france_services")[scenario.name].round(2).to_dict()


def test_open_at_a_commune_stands_at_its_mairie(toy_study):
    plan = Scenario("plan").open("france_services", commune="02002")
    site = plan.apply(toy_study).services.loc["france_services-02002"]
    assert site["geometry"] == toy_study.services.loc["mairie-b", "geometry"]
    assert site["name"] == "France services – Bourg"
    assert nearest(toy_study, plan) == {"ra": 0, "rb": 0, "rx": 0}


def test_a_commune_may_be_given_by_name(toy_study):
    by_name = Scenario("plan").open("france_services", commune="bourg").apply(toy_study)
    assert "france_services-02002" in by_name.services.index


def test_open_at_a_point_in_degrees(toy_study):
    place = gpd.GeoSeries([toy_study.services.loc["mairie-b", "geometry"]], crs=2154).to_crs(4326).iloc[0]
    plan = Scenario("plan").open("france_services", lon=place.x, lat=place.y, id="new", name="Le Relais")
    assert plan.apply(toy_study).services.loc["new", "name"] == "Le Relais"
    assert nearest(toy_study, plan)["rb"] == 0


def test_close_and_move(toy_study):
    assert nearest(toy_study, Scenario("less").close("fs-a")) == {"ra": 6, "rb": 3, "rx": 0}
    moved = Scenario("moved").move("fs-a", commune="02002")
    assert nearest(toy_study, moved) == {"ra": 3, "rb": 0, "rx": 0}
    assert moved.apply(toy_study).services.loc["fs-a", "commune"] == "02002"


def test_a_site_is_named_by_its_category_and_commune(toy_study):
    by_id, by_place = Scenario("x").close("fs-a"), Scenario("x").close(category="france_services", commune="Aville")
    assert by_place.with_ids(toy_study) == by_id
    assert nearest(toy_study, by_place) == nearest(toy_study, by_id)
    assert by_place.steps[0].told(toy_study, Words("fr")) == by_id.steps[0].told(toy_study, Words("fr"))
    assert categories_changed([by_place], toy_study) == ["france_services"]
    moved = Scenario("x").move(category="france_services", from_commune="02001", commune="02002")
    assert nearest(toy_study, moved) == {"ra": 3, "rb": 0, "rx": 0}
    sized = Scenario("x").resize(category="mairie", commune="Bourg", capacity=2.0).apply(toy_study)
    assert sized.services["capacity"].dropna().to_dict() == {"mairie-b": 2.0}


def test_of_several_sites_of_a_category_in_a_commune_none_is_taken(toy_study):
    plan = Scenario("x").open("mairie", commune="Bourg", id="annexe", name="Annexe")
    with pytest.raises(ScenarioError) as error:
        plan.close(category="mairie", commune="Bourg").apply(toy_study)
    told = error.value.told("fr").replace("\xa0", " ")
    assert "Étape 2 (close) : 2 sites « mairie » à Bourg : mairie-b (Mairie B), annexe (Annexe)" in told
    assert "donnez l’id" in told
    closed = plan.close("mairie-b").close(category="mairie", commune="Bourg")  # after the first only one is left
    assert "annexe" not in closed.apply(toy_study).services.index


def test_closing_every_site_leaves_nobody_reached(toy_study):
    none = Scenario("none").close("fs-a").close("fs-x")
    result = compare([none], toy_study, category="france_services")
    assert result["none"].isna().all()
    changes = winners_and_losers(result, toy_study.residents)
    assert changes["no_longer_reached"].sum() == 160
    assert changes[["gain", "lose"]].to_numpy().sum() == 0


def test_adapt_and_resize_set_the_property_of_one_site(toy_study):
    plan = Scenario("plan").adapt("mairie-b").resize("fs-a", capacity=3)
    services = plan.apply(toy_study).services
    assert services["step_free"].to_dict()["mairie-b"] == "yes"
    assert services.loc["mairie-a", "step_free"] == "unknown"
    assert services.loc["fs-a", "capacity"] == 3
    assert np.isnan(services.loc["fs-x", "capacity"])


def test_a_value_that_breaks_the_contract_is_refused(toy_study):
    with pytest.raises(TableError, match="step_free"):
        Scenario("plan").adapt("mairie-b", step_free="oui").apply(toy_study)


def test_steps_are_carried_out_in_order(toy_study):
    plan = Scenario("plan").open("france_services", commune="02002", id="n").close("n")
    assert "n" not in plan.apply(toy_study).services.index
    with pytest.raises(ScenarioError, match="Step 1 .close.: no site 'n'"):
        Scenario("plan").close("n").open("france_services", commune="02002", id="n").apply(toy_study)


def test_each_method_returns_a_new_scenario_and_the_study_is_untouched(toy_study):
    before = toy_study.services.copy()
    plain = Scenario("plan")
    more = plain.close("fs-a").adapt("fs-x").move("fs-x", commune="02002")
    more.apply(toy_study)
    assert plain.steps == ()
    assert len(more.steps) == 3
    pd.testing.assert_frame_equal(toy_study.services, before)


def test_the_same_steps_make_equal_scenarios():
    assert Scenario("a").close("x") == Scenario("a").close("x")
    assert Scenario("a").close("x") != Scenario("a").close("y")
    assert len({Scenario("a").close("x"), Scenario("a").close("x")}) == 1


def test_all_problems_come_at_once_with_near_matches(toy_study):
    plan = Scenario("plan").close("fs-aa").open("france_service", commune="02002").open("mairie", commune="Burg")
    with pytest.raises(ScenarioError) as caught:
        plan.apply(toy_study)
    message = str(caught.value)
    assert message.startswith("scenario 'plan': 3 problems.")
    assert "Step 1 (close): no site 'fs-aa' (did you mean 'fs-a'" in message
    assert "Step 2 (open): unknown category 'france_service' (did you mean 'france_services'" in message
    assert "Step 3 (open): unknown commune 'Burg' (did you mean 'Bourg'" in message


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        (lambda s: s.open("mairie"), "say where"),
        (lambda s: s.open("mairie", commune="02002", lon=3.2, lat=49.6), "say where"),
        (lambda s: s.open("mairie", lon=3.2), "say where"),
        (lambda s: s.open("mairie", lon=49.6, lat=3.2), "longitude first"),
        (lambda s: s.open("mairie", commune="02002", id="fs-a"), "'fs-a' exists already"),
        (lambda s: s.open("bakery", commune="02002").open("bakery", commune="02002"), "'bakery-02002' exists already"),
    ],
)
def test_a_step_that_cannot_be_is_refused(toy_study, steps, message):
    with pytest.raises(ScenarioError, match=message):
        steps(Scenario("plan")).apply(toy_study)


def test_a_commune_without_mairie_cannot_stand_for_a_place(toy_study):
    bare = toy_study.with_services(toy_study.services.drop(index="mairie-b"))
    with pytest.raises(ScenarioError, match="commune 02002 has no mairie among the services"):
        Scenario("plan").open("bakery", commune="02002").apply(bare)


@pytest.mark.parametrize("name", ["", "  ", "baseline", None])
def test_a_name_must_be_showable(name):
    with pytest.raises(ScenarioError):
        Scenario(name)


def test_compare_refuses_two_scenarios_of_one_name(toy_study):
    with pytest.raises(ScenarioError, match="two scenarios are named 'plan'"):
        compare([Scenario("plan"), Scenario("plan").close("fs-a")], toy_study, category="france_services")


def test_compare_takes_the_category_that_the_scenarios_change(toy_study):
    told = compare([Scenario("less").close("fs-a")], toy_study, category="france_services")
    pd.testing.assert_frame_equal(compare([Scenario("less").close("fs-a")], toy_study), told)
    with pytest.raises(ScenarioError, match="give category=.*france_services, mairie"):
        compare([Scenario("less").close("fs-a").close("mairie-b")], toy_study)
    with pytest.raises(StudyError, match="no service of category"):
        compare([Scenario("less").close("fs-a")], toy_study, category="frances services")


def test_compare_takes_any_measure_of_a_study(toy_study):
    def sites_within_4(study):
        return (study.minutes(study.sites("france_services")) <= 4).sum(axis=1)

    result = compare([Scenario("less").close("fs-a")], toy_study, measure=sites_within_4)
    assert result.loc["rb"].to_list() == [2, 1]


def test_baseline_is_the_study_without_changes(toy_study):
    result = compare([Scenario("less").close("fs-a")], toy_study)
    assert result.columns.to_list() == ["baseline", "less"]
    np.testing.assert_allclose(result["baseline"], [0, 3, 0], atol=2e-3)


def test_winners_and_losers_count_people_and_not_rows():
    residents = pd.DataFrame({"commune": ["c"] * 4, "population": [100, 50, 10, 1]}, index=list("wxyz"))
    result = pd.DataFrame({"baseline": [20, 10, np.nan, 5], "plan": [12, 13, 30, np.nan]}, index=list("wxyz"))
    row = winners_and_losers(result, residents).loc[("plan", "c")]
    assert row[["gain", "lose", "newly_reached", "no_longer_reached"]].to_list() == [100, 50, 10, 1]
    assert row["minutes"] == pytest.approx((100 * -8 + 50 * 3) / 150)


def test_a_change_below_the_bound_is_neither_gain_nor_loss():
    residents = pd.DataFrame({"commune": ["c"], "population": [100]}, index=["w"])
    result = pd.DataFrame({"baseline": [20.0], "plan": [18.0]}, index=["w"])
    assert winners_and_losers(result, residents, at_least=5)[["gain", "lose"]].to_numpy().sum() == 0
    assert winners_and_losers(result, residents, at_least=2)["gain"].sum() == 100


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_opening_a_site_never_lengthens_a_trip_and_coverage_rises(data, sample_study):
    inside = sample_study.communes.index[sample_study.communes["in_territory"]]
    communes = data.draw(st.lists(st.sampled_from(list(inside)), min_size=1, max_size=3, unique=True))
    plan = Scenario("plan")
    for commune in communes:
        plan = plan.open("france_services", commune=commune, id=f"new-{commune}")
    result = compare([plan], sample_study)
    assert (result["plan"] <= result["baseline"]).all()
    shares = coverage(result, sample_study.residents["population"], [5, 10, 20, 30])
    assert (shares["plan"] >= shares["baseline"]).all()
    assert shares["plan"].is_monotonic_increasing


def test_in_2017_the_three_sites_of_the_territory_were_not_there(sample_study):
    past = sample_study.scenarios["2017"].apply(sample_study)
    gone = sample_study.services.index.difference(past.services.index)
    assert sorted(sample_study.services.loc[gone, "commune"]) == ["02173", "02304", "02602"]
    result = compare([sample_study.scenarios["2017"]], sample_study)
    inside = sample_study.inside
    assert (result["2017"] >= result["baseline"])[inside].all()
    assert (result["2017"] > result["baseline"])[inside].any()


def test_scenarios_add_up_in_order_and_keep_both_names(toy_study):
    both = Scenario("a").open("france_services", commune="02002", id="n") + Scenario("b").close("n")
    assert both.name == "a + b"
    assert "n" not in both.apply(toy_study).services.index
    with pytest.raises(TypeError):
        Scenario("a") + "b"


def test_the_hash_is_of_the_changes_and_not_of_the_name():
    one = Scenario("a").open("bakery", commune="02002").close("x")
    assert one.hash == one.named("other").hash
    assert one.hash != Scenario("a").close("x").open("bakery", commune="02002").hash
    # Fixed: the same on every machine and in every run.
    assert Scenario("a").close("x").hash == "4f248ba8304b32c4c32eeeca71f38d1b09edf9d3dff28172e1005d87ba0d7106"


def test_set_hours_changes_one_site(toy_study):
    services = Scenario("late").set_hours("fs-a", "Mo-Fr 09:00-19:00").apply(toy_study).services
    assert services.loc["fs-a", "hours"] == "Mo-Fr 09:00-19:00"
    assert pd.isna(services.loc["fs-x", "hours"])
    with pytest.raises(TableError, match="hours"):
        Scenario("bad").set_hours("fs-a", "lundi matin").apply(toy_study)


def test_a_closed_road_is_routed_round_and_the_study_keeps_its_roads(toy_study):
    bridge = Scenario("bridge").close_road("02001", "02002")
    result = compare([bridge, Scenario("as it is")], toy_study, category="france_services")
    np.testing.assert_allclose(result.loc["rb"], [3, 3, 3], atol=2e-3)  # b has x at the same distance
    only_a = compare([Scenario("a alone").close("fs-x"), (bridge + Scenario("x").close("fs-x"))], toy_study)
    # a has no road left: 2 km on foot at 4.8 km/h.
    assert only_a.loc["rb", "bridge + x"] == pytest.approx(25, abs=0.1)
    assert only_a.loc["rb", "a alone"] == pytest.approx(3, abs=2e-3)


def test_a_speed_needs_a_length_and_a_known_road(toy_study):
    with pytest.raises(ScenarioError, match="no node '0201' .did you mean '02001'"):
        Scenario("s").close_road("0201", "02002").apply(toy_study)
    with pytest.raises(ScenarioError, match="no road between '02001' and '60001'"):
        Scenario("s").close_road("02001", "60001").apply(toy_study)
    with pytest.raises(ScenarioError, match="does not know the length"):
        Scenario("s").set_speed("02001", "02002", kmh=30).apply(toy_study)
    roads = toy_study.network
    roads.edges["length_m"] = 2000.0
    slow = Scenario("s").set_speed("02001", "02002", kmh=30).apply(toy_study)
    assert slow.network.matrix(["02001"], ["02002"]).item() == pytest.approx(4)
    with pytest.raises(ScenarioError, match="kmh is 0"):
        Scenario("s").set_speed("02001", "02002", kmh=0).apply(toy_study)


def test_toml_brings_back_every_kind_of_step(tmp_path):
    plan = (
        Scenario("tout")
        .open("france_services", commune="02217", id="n", name="Relais « été »")
        .open("bakery", lon=3.25, lat=49.6)
        .close("x")
        .move("y", commune="Servais")
        .adapt("mairie-02719")
        .resize("z", capacity=2.5)
        .set_hours("z", "Mo-Fr 09:00-12:00")
        .close_road(12, 15)
        .set_speed("a", "b", kmh=30)
    )
    other = Scenario("rien", kind="history")
    path = write_scenarios([plan, other], tmp_path / "plans.toml")
    back = read_scenarios(path)
    assert back == {"tout": plan, "rien": other}
    assert back["tout"].hash == plan.hash
    assert [file.name for file in tmp_path.iterdir()] == ["plans.toml"]


def test_a_scenario_is_a_proposal_or_history_and_nothing_else(tmp_path):
    with pytest.raises(ScenarioError, match="'histroy' is no kind of scenario .did you mean 'history'"):
        Scenario("a", kind="histroy")
    path = tmp_path / "plans.toml"
    path.write_text('[[scenario]]\nname = "a"\nkind = ["history"]\n', "utf-8")
    with pytest.raises(ScenarioError, match=r"scenario 1 \('a'\).*no kind of scenario"):
        read_scenarios(path)
    past, plan = Scenario("a", kind="history"), Scenario("b")
    assert [(past + past).kind, (past + plan).kind, (plan + past).kind] == ["history", "proposal", "proposal"]


def test_every_problem_of_a_toml_file_comes_at_once(tmp_path):
    path = tmp_path / "plans.toml"
    path.write_text(
        """
[[scenario]]
name = "a"
[[scenario.step]]
action = "opn"
[[scenario.step]]
action = "open"
comune = "02217"
[[scenario]]
name = "a"
[[scenario.step]]
action = "close_road"
road = [1]
[[scenario]]
steps = []
""",
        "utf-8",
    )
    with pytest.raises(ScenarioError) as caught:
        read_scenarios(path)
    message = str(caught.value)
    assert "plans.toml: 7 problems." in message
    assert "scenario 1 ('a'), step 1: unknown action 'opn' (did you mean 'open'" in message
    assert "scenario 1 ('a'), step 2 (open): category is missing." in message
    assert "unknown key 'comune' (did you mean 'commune'" in message
    assert "road is [1]: give the two node ids" in message
    assert "scenario 2 ('a'): the name stands twice" in message
    assert "scenario 3: unknown key 'steps' (did you mean 'step'" in message
    assert "scenario 3: scenario: the name is ''" in message


def test_a_file_that_is_not_toml_is_refused(tmp_path):
    path = tmp_path / "plans.toml"
    path.write_bytes(b"\xff\xfe[[")
    with pytest.raises(ScenarioError, match="not a TOML file of scenarios"):
        read_scenarios(path)
    with pytest.raises(ScenarioError, match="not a TOML file of scenarios"):
        read_scenarios(tmp_path / "absent.toml")


def test_compare_tables_puts_any_table_of_each_study_below_the_other(toy_study):
    def covered(study):
        minutes = study.minutes(study.sites("france_services")).min(axis=1)
        return coverage(minutes, study.residents["population"], [2, 5])

    table = compare_tables([Scenario("less").close("fs-x")], toy_study, covered)
    assert table.index.names == ["scenario", "cutoff"]
    np.testing.assert_allclose(table.loc["baseline"].iloc[:, 0], [110 / 160, 1])
    np.testing.assert_allclose(table.loc["less"].iloc[:, 0], [100 / 160, 150 / 160])

    counts = compare_tables(
        [Scenario("less").close("fs-x")], toy_study, lambda s: s.services["category"].value_counts()
    )
    assert counts.loc["less", "france_services"] == 1


def test_a_touched_site_is_checked_and_the_others_are_not_again(toy_study, monkeypatch):
    seen = []
    check = scenario_module.check_services
    monkeypatch.setattr(scenario_module, "check_services", lambda t, c: seen.extend(t.index) or check(t, c))
    Scenario("plan").open("france_services", commune="02002", id="n").close("fs-x").adapt("mairie-b").apply(toy_study)
    assert sorted(seen) == ["mairie-b", "n"]


def test_yearly_costs_are_trips_times_minutes_and_kilometres(toy_study):
    costs = yearly_costs([Scenario("less").close("fs-a")], toy_study, "france_services", trips_per_person=2)
    # 100 people at 0 km, 50 at 3 minutes and 2 km from a; without it 100 at 6 minutes and 4 km, 50 at 3 and 2.
    assert costs.loc["baseline", "trips"] == 300
    assert costs.loc["baseline", "hours"] == pytest.approx(2 * 2 * 50 * 3 / 60, rel=1e-3)
    assert costs.loc["baseline", "km"] == pytest.approx(2 * 2 * 50 * 2, rel=1e-2)
    assert costs.loc["less", "hours_change"] == pytest.approx(2 * 2 * 100 * 6 / 60, rel=1e-3)
    assert costs.loc["less", "km_change"] == pytest.approx(2 * 2 * 100 * 4, rel=1e-2)
    assert costs.loc["less", "eur_time_change"] == pytest.approx(40 * 6.8, rel=1e-3)
    shared = yearly_costs([], toy_study, "france_services", trips_per_person=2, people_per_car=2)
    assert shared.loc["baseline", "km"] == pytest.approx(costs.loc["baseline", "km"] / 2)


def test_people_who_reach_nothing_are_counted_and_in_no_sum(toy_study):
    none = Scenario("none").close("fs-a").close("fs-x")
    costs = yearly_costs([none], toy_study, "france_services", trips_per_person=1)
    assert costs.loc["none", ["trips", "hours", "km", "unreached_people"]].to_list() == [0, 0, 0, 150]


def test_yearly_costs_refuse_what_cannot_be(toy_study):
    with pytest.raises(ScenarioError, match="trips_per_person is 0"):
        yearly_costs([], toy_study, "france_services", trips_per_person=0)
    with pytest.raises(ScenarioError, match="unknown value 'car_cos' .did you mean 'car_cost'"):
        yearly_costs([], toy_study, "france_services", trips_per_person=1, values={"car_cos": 1})


def test_every_unit_value_names_its_source_and_year():
    table = unit_values()
    assert (table["source"].str.len() > 20).all()
    assert table["vintage"].between(2000, 2030).all()


# ------------------------------------------------------------------ fibre and schools


@pytest.fixture
def digital_study(toy_study):
    schools = gpd.GeoDataFrame(
        {"name": ["École A", "École B"], "level": ["primary"] * 2, "commune": ["02001", "02002"]},
        geometry=toy_study.communes.geometry.iloc[:2].centroid.to_list(),
        index=pd.Index(["0020001A", "0020002B"], name="school_id"),
        crs=2154,
    )
    equipment = pd.DataFrame({"tablets": [4.0]}, index=pd.Index(["0020001A"], name="school_id"))
    digital = pd.DataFrame({"fibre": [0.4, 0.9]}, index=pd.Index(["02001", "02002"], name="code"))
    return dataclasses.replace(toy_study, digital=digital, schools=schools, equipment=equipment)


def test_a_commune_that_is_connected_changes_the_digital_table_and_nothing_else(digital_study):
    plan = Scenario("fibre").connect("Aville").connect("02002", share=0.5)
    after = plan.apply(digital_study)
    assert after.digital["fibre"].to_list() == [1.0, 0.9]  # a rate never goes down
    assert digital_study.digital["fibre"].to_list() == [0.4, 0.9]
    assert after.equipment is digital_study.equipment
    assert after.services is digital_study.services


def test_a_school_that_is_equipped_gets_what_is_bought_on_top(digital_study):
    plan = Scenario("tablettes").equip("0020001A", tablets=8, ent="yes")
    after = plan.apply(digital_study)
    assert after.equipment.loc["0020001A", ["tablets", "ent"]].to_list() == [12, "yes"]
    assert digital_study.equipment.loc["0020001A", "tablets"] == 4


def test_every_bad_digital_step_is_named_at_once(digital_study, toy_study):
    plan = Scenario("x").connect("Avile").connect("02001", technology="fiber").equip("0020001X", tablets=1)
    with pytest.raises(ScenarioError) as caught:
        plan.equip("0020002B").apply(digital_study)
    message = str(caught.value)
    assert "4 problems" in message
    assert "unknown commune 'Avile' (did you mean 'Aville'?)" in message
    assert "did you mean 'fibre'?" in message
    assert "did you mean '0020001A'" in message
    assert "Step 4 (equip): say what the school gets" in message
    with pytest.raises(ScenarioError, match=r"no digital table.*no schools"):
        Scenario("x").connect("Aville").equip("0020001A", tablets=1).apply(toy_study)


def test_digital_steps_come_back_from_toml(tmp_path):
    plan = Scenario("numérique").connect("02001").connect("02002", technology="mobile_4g", share=0.8)
    plan = plan.equip("0020001A", tablets=8, interactive_boards=1, ent="yes", connection_mbps=100)
    path = write_scenarios([plan], tmp_path / "plan.toml")
    assert read_scenarios(path) == {plan.name: plan}


def test_a_study_of_another_territory_keeps_the_minutes_and_refuses_unknown_codes(toy_study):
    toy_study.minutes()
    other = toy_study.about(["60001"], title="Xanton")
    assert other._known is toy_study._known
    assert other.inside.to_list() == [False, False, True]
    with pytest.raises(StudyError, match=r"'60002' \(did you mean '60001' or '02002'\?\) not among its communes"):
        toy_study.about(["60002"], title="?")
    with pytest.raises(StudyError, match="no commune is given"):
        toy_study.about([], title="?")


# ---- an action of one's own


@pytest.fixture
def doubled():
    """An action that no file of the library knows: a class, its words, and what it does."""

    @step
    class Double(Step):
        id: Text
        times: Amount = 2.0
        words: ClassVar[dict[str, str]] = {
            "fr": "multiplier par {times:g} la capacité de {id}",
            "en": "take {times:g} times the capacity of {id}",
        }
        selects = "sites"

        def apply(self, changes):
            capacity = changes.services.loc[changes.site(self.id), "capacity"]
            changes.set(self.id, "capacity", capacity * self.times)

    yield Double
    del ACTIONS["double"]


def test_an_action_is_a_class_with_its_words(doubled, toy_study):
    study = toy_study.with_services(toy_study.services.assign(capacity=3.0))
    plan = Scenario("plus").then(doubled(id="fs-a"))
    assert plan.apply(study).services["capacity"].to_dict()["fs-a"] == 6
    assert plan.steps[0].told(study, Words("fr")) == "multiplier par 2 la capacité de fs-a"
    assert plan.steps[0].told(study, Words("en")) == "take 2 times the capacity of fs-a"
    assert "multiplier par 2 la capacité de fs-a" in plan._repr_html_()
    with pytest.raises(ScenarioError, match=r"Step 1 .double.: no site 'fs' .did you mean 'fs-"):
        Scenario("plus").then(doubled(id="fs")).apply(study)


@pytest.mark.parametrize(
    ("category", "told"), [("general_practitioner", "installer un médecin"), ("pharmacy", "ouvrir une pharmacie")]
)
def test_a_practitioner_settles_where_a_shop_is_opened(toy_study, category, told):
    step = Scenario("Plan").open(category, commune="B").steps[0]
    assert step.told(toy_study, Words("fr")).startswith(told)


def test_a_site_that_an_earlier_step_opens_has_its_name_in_later_ones(toy_study):
    opened = Scenario("Plan").open("pharmacy", commune="02002", name="Pharmacie du pont", id="pont")
    plan = opened.set_hours("pont", "Mo-Fr 09:00-12:00").move(
        category="pharmacy", from_commune="02002", commune="02001"
    )
    for line in plan.close("pont").told(toy_study, Words("fr"))[1:]:
        assert "Pharmacie du pont" in line
        assert "pharmacy ·" not in line


def test_an_action_of_ones_own_stands_in_a_file_of_scenarios(doubled, toy_study, tmp_path):
    plan = Scenario("plus").then(doubled(id="fs-a", times=4.0))
    back = read_scenarios(write_scenarios([plan], tmp_path / "plans.toml"))["plus"]
    assert back == plan
    assert back.hash == plan.hash
    path = tmp_path / "wrong.toml"
    path.write_text('[[scenario]]\nname = "a"\n[[scenario.step]]\naction = "double"\nid = "x"\ntime = 2\n', "utf-8")
    with pytest.raises(ScenarioError) as error:
        read_scenarios(path)
    assert "step 1 (double): unknown key 'time' (did you mean 'times'?)" in str(error.value)
    assert "étape 1 (double)\xa0: clé inconnue 'time' (vouliez-vous dire 'times'" in error.value.told("fr")
    assert [(each.value, each.near) for each in error.value.problems] == [(2, ("times",))]


def test_an_action_of_ones_own_stands_in_study_toml_and_in_a_programme(doubled, toy_study, tmp_path):
    study = toy_study.with_services(toy_study.services.assign(capacity=3.0))
    own = '[[scenario]]\nname = "plus"\n[[scenario.step]]\naction = "double"\nid = "{}"\n'
    before, after = TOY.partition("[[scenario]]")[0], "[dossier]" + TOY.partition("[dossier]")[2]
    path = write_toy(study, tmp_path, before + own.format("fs-a") + after)
    loaded = load_study(path)
    assert loaded.scenarios["plus"].apply(loaded).services["capacity"].to_dict()["fs-a"] == 6
    path.write_text(before + own.format("fs-b") + after, "utf-8")
    with pytest.raises(StudyFileError, match="line 28, scenario.1..step.1..id"):
        load_study(path)
    planned = PlannedStep("double", sites=Selection("02001", category="france_services"))
    programme = Programme("C", (Operation("a", "A", "Commune", ("02001",), steps=(planned,)),))
    assert programme.apply(study).services["capacity"].to_dict()["fs-a"] == 6


def test_what_a_scenario_refuses_is_data_and_told_in_french(toy_study):
    with pytest.raises(ScenarioError) as error:
        Scenario("plan").close("fs-aa").open("mairie", commune="Burg").apply(toy_study)
    first, second = error.value.problems
    assert (first.value, first.near[0]) == ("fs-aa", "fs-a")
    assert first.where == "Step 1 (close)"
    assert second.told("fr").startswith("Étape 2 (open)\xa0: commune inconnue 'Burg' (vouliez-vous dire 'Bourg'")
    assert error.value.told("fr").startswith(
        "scénario 'plan'\xa0: 2 problèmes. Étape 1 (close)\xa0: aucun site 'fs-aa'"
    )


def test_a_category_spelt_near_another_is_opened_where_its_word_says_it_is_meant(toy_study):
    with pytest.raises(ScenarioError, match="'mairi' .*if you mean it, give its word on maps, category_label"):
        Scenario("annexe").open("mairi", commune="02002").apply(toy_study)
    plan = Scenario("annexe").open("mairi", category_label="mairie annexe", commune="02002")
    opened = plan.apply(toy_study).services.loc["mairi-02002"]
    assert (opened["category"], opened["category_label"]) == ("mairi", "mairie annexe")
    assert plan.apply(toy_study).minutes("mairi")["mairi-02002"].to_list() == [3, 0, 3]
    assert plan.steps[0].given()["category_label"] == "mairie annexe"


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda plan: plan.resize("mairie-02217", capacity="1,200"), "capacity is '1,200': give a number"),
        (lambda plan: plan.resize("mairie-02217", capacity=float("nan")), "capacity is nan: give a number"),
        (lambda plan: plan.resize("mairie-02217", capacity=True), "capacity is True: give a number"),
        (lambda plan: plan.set_hours("mairie-02217", 9), "hours is 9: give a text"),
        (lambda plan: plan.adapt("mairie-02217", step_free=True), "step_free is True"),
        (lambda plan: plan.set_speed("02001", "02456", kmh=float("inf")), "kmh is inf: give a number"),
        (lambda plan: plan.set_speed("02001", "02456", kmh=True), "kmh is True: give a number"),
        (lambda plan: plan.open("mairie", lon="3.2", lat="49.6"), "lon is '3.2': give a number"),
    ],
)
def test_steps_made_in_python_are_held_to_what_a_file_may_say(made, told):
    with pytest.raises(ScenarioError, match=re.escape(told)):
        made(am.Scenario("Plan")).apply(am.load_sample())


def test_numbers_of_any_kind_are_those_of_a_file():
    plans = [
        am.Scenario("Plan").resize("mairie-02217", capacity=kind(3))
        for kind in (float, np.float32, np.float64, Decimal, Fraction)
    ]
    assert len({plan.hash for plan in plans}) == 1
    assert plans[1].apply(am.load_sample()).services.loc["mairie-02217", "capacity"] == 3
    with pytest.raises(ScenarioError, match="'close' is no step"):
        am.Scenario("Plan").then("close")
