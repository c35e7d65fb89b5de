"""Where sites may be, how minutes travel in the page, and what is proven best of how many sites."""

import base64

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import accessmap as am
from accessmap.dossier.best import best_plans
from accessmap.dossier.council import council_table
from accessmap.dossier.council_places import check_size, packed, places_of, plan_of
from accessmap.dossier.council_sureness import sure_data, sure_plans
from accessmap.errors import OptionError, StudyError
from accessmap.words.words import Words

FS = "france_services"


def unpacked(text, width, rows):
    raw = np.frombuffer(base64.b64decode(text), "uint8").reshape(-1, width).astype("int64")
    ms = raw @ (256 ** np.arange(width - 1, -1, -1))
    minutes = np.where(ms == 256**width - 1, np.nan, ms / 60_000).astype("float32")
    return minutes.reshape(-1, rows).T


@given(st.lists(st.one_of(st.integers(0, 2**26), st.none()), min_size=1, max_size=20))
def test_whole_milliseconds_come_back_as_the_engine_has_them(ms):
    minutes = np.array([[np.nan if each is None else each / 60_000] for each in ms], "float32")
    text, width = packed(minutes)
    assert width == (3 if np.nanmax(minutes, initial=0) < 279.6 else 4)
    np.testing.assert_array_equal(unpacked(text, width, len(ms)), minutes)


def test_the_last_of_three_bytes_is_not_reached_and_a_trip_as_long_takes_four():
    longest = np.array([[(2**24 - 2) / 60_000], [np.nan]], "float32")
    assert packed(longest)[1] == 3
    assert packed(np.array([[300.0], [np.nan]], "float32"))[1] == 4


def test_minutes_that_are_no_milliseconds_are_refused():
    with pytest.raises(StudyError, match="whole milliseconds"):
        packed(np.array([[0.00001]], "float32"))


def test_a_mairie_where_a_site_stands_is_that_site(toy_study):
    places = places_of(toy_study, FS)
    assert places["today"].to_dict() == {"fs-a": True, "fs-x": True, f"{FS}-02002": False}
    assert places["inside"].to_list() == [True, False, True]
    assert places["commune"].to_list() == ["02001", "60001", "02002"]


def test_a_site_elsewhere_in_a_commune_leaves_its_mairie_possible(toy_study):
    moved = am.Scenario("m").move("fs-a", lon=3.29, lat=49.66).apply(toy_study)
    assert places_of(moved, FS).index.to_list() == ["fs-a", "fs-x", f"{FS}-02001", f"{FS}-02002"]


def test_an_id_that_is_taken_gets_a_number(toy_study):
    services = toy_study.services.rename(index={"fs-x": f"{FS}-02002"})
    places = places_of(toy_study.with_services(services), FS)
    assert places.index.to_list()[-1] == f"{FS}-02002-2"
    plan = am.Scenario("b").open(**places["step"].iloc[-1])
    assert f"{FS}-02002-2" in plan.apply(toy_study.with_services(services)).services.index


def test_candidates_of_ones_own_stand_where_the_scenario_opens_them(toy_study):
    point = toy_study.mairies.geometry.iloc[[1]].translate(300, 120)
    candidates = gpd.GeoDataFrame({"name": ["Gare"]}, geometry=point.to_list(), index=["gare"], crs=point.crs)
    places = places_of(toy_study, FS, candidates.to_crs("EPSG:4326"))
    step = places["step"].iloc[-1]
    assert (step["id"], step["name"]) == (f"{FS}-gare", "Gare")
    opened = am.Scenario("g").open(**step).apply(toy_study)
    assert opened.services.geometry[f"{FS}-gare"] == places.geometry.iloc[-1]
    assert places["commune"].iloc[-1] == "02002"


def test_candidates_that_are_no_points_or_nowhere_are_refused(toy_study):
    zones = toy_study.communes[["name", "geometry"]]
    with pytest.raises(StudyError, match="candidates"):
        places_of(toy_study, FS, zones)
    with pytest.raises(StudyError, match="candidates"):
        places_of(toy_study, FS, toy_study.mairies.set_crs(None, allow_override=True))
    with pytest.raises(StudyError, match="no place where a site could open"):
        places_of(toy_study, FS, toy_study.mairies.iloc[:0])


def test_what_is_too_large_for_a_file_is_refused_with_how_many_places_fit(toy_study):
    with pytest.raises(StudyError, match="5 places at most"):
        check_size(toy_study, 6, most=10)


def test_numbers_of_sites_that_cannot_be_are_refused(toy_study):
    with pytest.raises(OptionError, match="3 is no number of sites from 1 to 2"):
        council_table(toy_study, FS, counts=[1, 3])


def test_the_best_of_each_number_is_that_of_all_choices(toy_study):
    table = council_table(toy_study, FS)
    # One of the two mairies: 100 people at a, 50 three minutes away.
    assert table.best["sites"].to_dict() == {1: ("fs-a",), 2: ("fs-a", f"{FS}-02002")}
    assert table.best["mean_minutes"].to_dict() == pytest.approx({1: 1.0, 2: 0.0})
    assert set(table.best["status"]) == {"optimal"}
    assert table.best_kept["sites"].to_dict() == {2: ("fs-a", f"{FS}-02002")}


def test_where_nothing_is_uncertain_ranges_are_the_figures_of_compare(toy_study):
    places = places_of(toy_study, FS)
    plans = {"both": ("fs-a", f"{FS}-02002", "fs-x"), "away": (f"{FS}-02002", "fs-x")}
    nothing = am.uncertainty.Assumptions.none()
    sure = sure_plans(toy_study, FS, places, plans.values(), assumed=nothing, breaks=[2.0]).drop(columns="unsure")
    scenarios = [
        am.Scenario("both").open(FS, commune="02002"),
        am.Scenario("away").move("fs-a", commune="02002"),
    ]
    inside, people = toy_study.inside, toy_study.people
    minutes = am.compare(scenarios, toy_study, category=FS)[inside]
    shares = am.coverage(minutes, people, toy_study.thresholds)
    moved = am.winners_and_losers(minutes, toy_study.residents[inside]).groupby(level="scenario").sum(numeric_only=True)
    for plan, name in zip(sure.index, minutes, strict=True):
        row = sure.loc[plan]
        assert row["mean"] == pytest.approx([(minutes[name] * people).sum() / people.sum()] * 2)
        for cutoff in toy_study.thresholds:
            assert row[f"within {cutoff:g}"] == pytest.approx([shares.loc[cutoff, name]] * 2)
        for side in ("gain", "lose"):
            assert row[side] == ((moved.loc[name, side],) * 2 if name != "baseline" else (0, 0))
    # Today and "away" are of two sites: 1 minute a person against 2.
    assert sure["among"].to_list() == [2, 1, 2]
    assert sure["chance"].to_list()[::2] == [1.0, 0.0]
    data = sure_data(sure.assign(unsure=[("02002",), (), ()]), places.index, pd.Index(["02001", "02002"]), Words("fr"))
    assert list(data) == ["0,1", "0,1,2", "1,2"]
    assert (data["0,1"]["unsure"], data["0,1"]["often"]) == ([1], "tous les cas tirés")


def test_where_a_number_reaches_not_everyone_there_is_no_best():
    times = pd.DataFrame({"a": [1.0, np.nan], "b": [np.nan, 1.0]}, index=["r1", "r2"])
    people = pd.Series({"r1": 1, "r2": 1})
    best = best_plans(times, people, fixed=(), counts=[1, 2], time_limit=5)
    assert best["status"].to_dict() == {1: "refused", 2: "optimal"}
    assert best.loc[1, "sites"] == ()


def test_a_scenario_is_a_plan_where_it_only_opens_closes_and_moves_between_the_places(toy_study):
    places = places_of(toy_study, FS)

    def plan(scenario):
        return plan_of(scenario, FS, places, toy_study)

    both = am.Scenario("p").close("fs-x").move("fs-a", commune="02002")
    assert plan(both) == {"name": "p", "plan": {"closed": [1], "moved": {0: 2}, "opened": []}}
    assert plan(am.Scenario("o").open(FS, commune="Bourg"))["plan"]["opened"] == [2]
    for other in (
        am.Scenario("l").open("library", commune="02002"),
        am.Scenario("e").open(FS, lon=3.29, lat=49.66),
        am.Scenario("h").set_hours("fs-a", "Mo 09:00-12:00"),
        am.Scenario("m").close("mairie-a"),
        am.Scenario("a").open(FS, commune="02001"),
    ):
        assert plan(other) is None


def test_a_dossier_without_mairies_has_no_such_chapter_and_a_large_one_says_so(toy_study, monkeypatch):
    chapter = [each for each in am.chapters() if each.name == "council"]
    none = toy_study.with_services(toy_study.sites(FS))
    assert 'class="ct"' not in am.Dossier.of(none, category=FS, chapters=chapter).to_html()
    monkeypatch.setattr("accessmap.dossier.council.MOST_IN_DOSSIER", 3)
    page = am.Dossier.of(toy_study, category=FS, chapters=chapter).to_html()
    assert "ne tient pas dans ce document" in page
    assert 'class="ct"' not in page
