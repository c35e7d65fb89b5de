"""What a study knows, remembers and reports."""

import copy
import dataclasses
import pickle
import tracemalloc

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from accessmap import RoadNetwork, Scenario, compare, coverage
from accessmap.errors import SnapError, StudyError, TableError
from accessmap.roads.trips import Trips
from accessmap.study.study import Study


def test_territory_marks_its_residents(toy_study):
    assert toy_study.inside.to_dict() == {"ra": True, "rb": True, "rx": False}


def test_a_study_is_read_only(toy_study):
    with pytest.raises(dataclasses.FrozenInstanceError):
        toy_study.title = "other"
    with pytest.raises(TypeError):
        toy_study.scenarios["x"] = None


def test_minutes_are_those_of_travel_times_and_each_place_is_routed_once(toy_study, monkeypatch):
    first = toy_study.minutes()
    asked = []
    route = Trips.minutes
    monkeypatch.setattr(Trips, "minutes", lambda self, *a: asked.append(len(self.places[1])) or route(self, *a))
    again = toy_study.minutes(toy_study.sites("france_services"))
    assert asked == []
    pd.testing.assert_frame_equal(again, first[["fs-a", "fs-x"]])
    moved = toy_study.services.copy()
    moved.loc[["fs-x"], "geometry"] = moved.loc[["fs-x"]].translate(-500)
    later = toy_study.with_services(moved)
    assert later.minutes().loc["rb", "fs-x"] == pytest.approx(2.25, abs=2e-3)
    assert asked == [1]


def test_minutes_written_to_are_those_of_the_caller_alone(toy_study):
    first = toy_study.minutes()
    kept = first.copy()
    first.iloc[:, :] = 99.0
    some = toy_study.minutes("france_services")
    some.loc["ra", "fs-a"] = 77.0
    pd.testing.assert_frame_equal(toy_study.minutes(), kept)
    pd.testing.assert_frame_equal(toy_study.minutes("france_services"), kept[["fs-a", "fs-x"]])
    # In another order, and one place twice.
    pd.testing.assert_frame_equal(
        toy_study.minutes(toy_study.services.iloc[[4, 0, 3]]), kept[["fs-x", "mairie-a", "fs-a"]]
    )


def test_minutes_of_a_study_show_their_progress_where_it_is_asked_for(toy_study, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a terminal
    toy_study.nearest("mairie")
    assert capsys.readouterr() == ("", "")
    toy_study.nearest("france_services", progress=True)
    assert capsys.readouterr().err == ""  # both stand where a mairie does: they are known
    toy_study.with_network(toy_study.network).minutes(progress=True)
    assert "Travel times" in capsys.readouterr().err


def test_a_study_holds_its_minutes_once(toy_study, monkeypatch):
    # 200,000 residents x 2,000 sites are 1.6 GB: with a copy more they would be beyond 3.
    monkeypatch.setattr("accessmap.study.travel.CHUNK_BYTES", 2 * 2**20)
    places = np.random.default_rng(1).uniform(0, 5000, (20_500, 2)) + np.array([720_000, 6_950_000])
    points = gpd.GeoSeries.from_xy(*places.T, crs=2154)
    points.index = points.index.astype("str")
    homes = points.iloc[:20_000].to_frame("geometry").assign(commune="02001", population=1.0)
    sites = points.iloc[20_000:].to_frame("geometry").assign(name="x", category="pharmacy", commune=pd.NA)
    study = dataclasses.replace(toy_study, residents=homes, services=sites)
    study.trips()
    tracemalloc.start()
    try:
        minutes, again = study.minutes(), study.minutes()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    nbytes = minutes.size * 4
    assert nbytes == 40_000_000
    assert most <= 1.75 * nbytes
    assert again.equals(minutes)


def test_minutes_follow_the_services_and_not_their_ids(toy_study):
    swapped = toy_study.services.copy()
    swapped.loc[["fs-a", "fs-x"], "geometry"] = toy_study.services.loc[["fs-x", "fs-a"], "geometry"].to_numpy()
    minutes = toy_study.with_services(swapped).minutes()
    np.testing.assert_allclose(minutes[["fs-x", "fs-a"]], toy_study.minutes()[["fs-a", "fs-x"]])


def test_the_same_far_site_is_not_reached_alone_or_among_others(toy_study):
    far = toy_study.services.copy()
    far.loc[["fs-x"], "geometry"] = far.loc[["fs-x"]].translate(0, 9000)
    alone, among = toy_study.with_services(far), dataclasses.replace(toy_study, services=far)
    assert alone.minutes(far.loc[["fs-x"]])["fs-x"].isna().all()
    assert among.minutes()["fs-x"].isna().all()
    assert among.minutes(far.loc[["fs-x"]])["fs-x"].isna().all()
    assert among.minutes(far.loc[["fs-a"]]).equals(toy_study.minutes(far.loc[["fs-a"]]))
    assert among.report_data()["id"].to_list() == ["fs-x"]


def test_where_no_site_of_the_study_is_reached_everything_is_nan_and_nothing_stops(toy_study):
    lost = toy_study.services.copy()
    lost["geometry"] = lost.translate(0, 9000)
    study = dataclasses.replace(toy_study, services=lost)
    assert study.minutes().isna().all(axis=None)
    assert study.nearest("france_services").isna().all(axis=None)
    minutes = compare(Scenario("shut").close("fs-a"), study)
    assert minutes.isna().all(axis=None)
    assert coverage(minutes[study.inside], study.people, 5).loc[5].to_list() == [0.0, 0.0]


def test_residents_that_are_nowhere_near_the_roads_are_told_whatever_is_asked(toy_study):
    homes = toy_study.residents.copy()
    homes["geometry"] = homes.translate(0, 90_000)
    study = dataclasses.replace(toy_study, residents=homes)
    for ask in ("france_services", toy_study.services.iloc[:0]):
        with pytest.raises(SnapError, match="none of the 3 is within"):
            study.minutes(ask)


def test_minutes_of_a_name_of_several_and_of_a_table_are_the_same(toy_study):
    both = toy_study.minutes(["mairie", "france_services"])
    assert both.equals(toy_study.minutes())
    assert toy_study.minutes("france_services").equals(both[["fs-a", "fs-x"]])
    degrees = toy_study.sites("france_services").to_crs(4326)
    np.testing.assert_allclose(toy_study.minutes(degrees), both[["fs-a", "fs-x"]], atol=1e-3)
    assert toy_study.minutes(toy_study.sites("mairie").geometry).equals(both[["mairie-a", "mairie-b", "mairie-x"]])


def test_the_nearest_site_and_the_people_of_the_territory(toy_study):
    near = toy_study.nearest("france_services")
    assert near.columns.to_list() == ["service_id", "minutes"]
    assert near["service_id"].to_dict() == {"ra": "fs-a", "rb": "fs-a", "rx": "fs-x"}
    assert near["minutes"].to_list() == pytest.approx([0, 3, 0])
    assert toy_study.people.to_dict() == {"ra": 100, "rb": 50}
    assert toy_study.mairies.index.to_list() == ["mairie-a", "mairie-b", "mairie-x"]


def test_a_category_whose_last_site_closes_has_none_and_is_reached_by_nobody(toy_study):
    shut = Scenario("shut").close("fs-a").close("fs-x").apply(toy_study)
    assert shut.sites("france_services").empty
    assert shut.minutes("france_services").shape == (3, 0)
    assert shut.nearest("france_services").isna().all(axis=None)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"a": 1}, "asked for are dict: give a category"),
        (5, "asked for are int: give a category"),
        (pd.DataFrame({"a": [1]}), "asked for are DataFrame"),
        ([], "no category is given"),
    ],
)
def test_what_is_no_place_is_refused(toy_study, asked, message):
    with pytest.raises(StudyError, match=message):
        toy_study.minutes(asked)


def test_areas_are_no_places(toy_study):
    with pytest.raises(StudyError, match=r"3 services asked for are no points, such as 02001.*representative_point"):
        toy_study.minutes(toy_study.communes)


# ------------------------------------------------------------------ networks


def test_networks_may_be_one_or_a_mapping_and_the_first_is_the_network(toy_study):
    tables = toy_study.communes, toy_study.residents, toy_study.services
    car = toy_study.network
    walk = car.with_minutes(car.edges["minutes"] * 8)
    for study in (Study(*tables, car), Study(*tables, network=car), Study(*tables, networks={"car": car})):
        assert dict(study.networks) == {"car": car}
        assert study.network is car
    for study in (Study(*tables, {"walk": walk, "car": car}), Study(*tables, networks={"walk": walk, "car": car})):
        assert study.network is walk
        assert study.minutes("france_services").equals(study.minutes("france_services", mode="walk"))
        assert study.minutes("france_services", mode="car").equals(toy_study.minutes("france_services"))
    with pytest.raises(TypeError):
        study.networks["bike"] = car


def test_a_network_alone_is_that_of_its_own_mode(sample_study):
    on_foot = RoadNetwork.modelled(sample_study.communes, sample_study.mairies, mode="walk")
    tables = sample_study.communes, sample_study.residents, sample_study.services
    assert list(Study(*tables, on_foot).networks) == ["walk"]


@pytest.mark.parametrize("networks", [{}, "roads", {"car": None}, {1: None}])
def test_what_is_no_network_is_refused(toy_study, networks):
    with pytest.raises(StudyError, match="give a RoadNetwork|with its RoadNetwork|give its RoadNetwork"):
        dataclasses.replace(toy_study, networks=networks)


def test_a_study_without_a_network_or_with_two_answers_is_refused(toy_study):
    tables = toy_study.communes, toy_study.residents, toy_study.services
    with pytest.raises(StudyError, match="give either network= or networks="):
        Study(*tables)
    with pytest.raises(StudyError, match="give either network= or networks="):
        Study(*tables, toy_study.network, networks={"car": toy_study.network})


def test_a_scenario_that_changes_the_roads_changes_those_of_the_first_mode(toy_study):
    walk = toy_study.network.with_minutes(toy_study.network.edges["minutes"] * 8)
    study = dataclasses.replace(toy_study, networks={"car": toy_study.network, "walk": walk})
    shut = Scenario("bridge").close_road("02001", "02002").apply(study)
    assert shut.minutes().loc["rb", "fs-a"] == 25  # two kilometres beside the road, on foot
    assert shut.minutes(mode="walk").equals(study.minutes(mode="walk"))


# ------------------------------------------------------------------ copies that travel


@pytest.mark.parametrize("copied", [lambda study: pickle.loads(pickle.dumps(study)), copy.deepcopy, copy.copy])
@pytest.mark.parametrize("routed", [False, True])
def test_a_study_can_be_copied_and_pickled_and_gives_the_same_minutes(sample_study, copied, routed):
    study = sample_study.with_network(sample_study.network)
    if routed:
        study.minutes("france_services")
    again = copied(study)
    assert again.residents.equals(study.residents)
    assert (again.provenance, again.scenarios, again.title) == (study.provenance, study.scenarios, study.title)
    assert again.minutes("france_services").equals(study.minutes("france_services"))
    with pytest.raises(TypeError):
        again.scenarios["x"] = None
    plan = copied(Scenario("Coucy").open("france_services", commune="02217"))
    assert compare(plan, again)["Coucy"].equals(compare(plan, study)["Coucy"])


def test_what_was_routed_does_not_travel(toy_study):
    before = len(pickle.dumps(toy_study))
    toy_study.minutes()
    assert len(pickle.dumps(toy_study)) == before


# ------------------------------------------------------------------ what is refused, and what is told


def test_an_absent_category_is_named(toy_study):
    with pytest.raises(StudyError, match="no service of category 'marie' .did you mean 'mairie'"):
        toy_study.sites("marie")


def test_a_table_that_breaks_its_contract_is_refused(toy_study):
    with pytest.raises(TableError, match="residents: 1 problem"):
        dataclasses.replace(toy_study, residents=toy_study.residents.assign(commune="99999"))


def test_report_lists_points_that_do_not_join_the_roads(toy_study):
    far = toy_study.residents.copy()
    far.loc[["rx"], "geometry"] = far.loc[["rx"]].translate(0, 9000)
    notes = pd.DataFrame({"table": ["communes"], "id": ["02001"], "commune": ["02001"], "problem": "p", "remedy": "r"})
    study = dataclasses.replace(toy_study, residents=far, notes=notes)
    report = study.report_data()
    assert report["id"].to_list() == ["02001", "rx"]
    problem, remedy = report.loc[1, ["problem", "remedy"]]
    assert (problem, remedy) == ("9\xa0km from the nearest road", "counted as not reached")
    assert problem.told("fr") == "à 9\u00a0km de la route la plus proche"
    assert remedy.told("fr") == "compté comme non atteint"


def test_report_of_a_clean_study_is_empty_with_its_columns(toy_study):
    assert toy_study.report_data().columns.to_list() == ["table", "id", "commune", "problem", "remedy"]
    assert toy_study.report_data().empty


def test_repr_says_how_much_there_is(toy_study):
    assert "2 communes of 3, 150 people, 3 mairie, 2 france_services" in repr(toy_study)
    assert isinstance(toy_study, Study)


def test_other_roads_are_routed_again_and_the_first_study_keeps_its_minutes(toy_study):
    before = toy_study.minutes()
    slower = toy_study.network.with_minutes(toy_study.network.edges["minutes"] * 2)
    after = toy_study.with_network(slower).minutes()
    assert after.loc["rb", "fs-a"] == pytest.approx(2 * before.loc["rb", "fs-a"], abs=2e-3)
    pd.testing.assert_frame_equal(toy_study.minutes(), before)
