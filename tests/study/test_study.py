"""What a study knows, remembers and reports."""

import dataclasses

import numpy as np
import pandas as pd
import pytest

from accessmap.errors import StudyError, TableError
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


def test_minutes_follow_the_services_and_not_their_ids(toy_study):
    swapped = toy_study.services.copy()
    swapped.loc[["fs-a", "fs-x"], "geometry"] = toy_study.services.loc[["fs-x", "fs-a"], "geometry"].to_numpy()
    minutes = toy_study.with_services(swapped).minutes()
    np.testing.assert_allclose(minutes[["fs-x", "fs-a"]], toy_study.minutes()[["fs-a", "fs-x"]])


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
    assert report["problem"].iloc[1] == "à 9\u202f000 m de la route la plus proche"


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
