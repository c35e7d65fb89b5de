"""The command line with timetables: check, explain, isochrones and site by the mode that is asked for, and run."""

import json
import zipfile

import geopandas as gpd
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from studyfiles import TOY, write_toy
from toy_transit import STOP_TIMES, bus

from accessmap import cli

LINES = """
[roads.walk]
nodes = "nodes.csv"
edges = "walk.csv"
directed = false

[transit]
gtfs = ["bus.zip"]
licence = "ODbL"

[[scenario]]
name = "Navette"
[[scenario.step]]
action = "add_line"
line = "N"
stops = ["02002", "02001"]
minutes = [0, 5]
every = 30
"""


@pytest.fixture
def study(toy_study, tmp_path, monkeypatch):
    """The three villages of a file, with the bus and a line more as a scenario."""
    monkeypatch.chdir(tmp_path)
    path = write_toy(toy_study, tmp_path)
    (tmp_path / "bus.zip").write_bytes(bus(toy_study))
    pd.read_csv("edges.csv", dtype=str).assign(minutes=70).to_csv("walk.csv", index=False)
    path.write_text(TOY + LINES, encoding="utf-8")
    return path


def said(capsys, *arguments):
    """Run a command in English, and return its exit code and what it says to a machine."""
    code = cli.main(["--lang", "en", *map(str, arguments), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_a_study_with_a_timetable_from_end_to_end(study, capsys):
    assert cli.main(["check", str(study)]) == 0
    told = capsys.readouterr().out
    assert "horaires (en transports collectifs)" in told
    assert "scénarios : Bourg, Navette" in told.replace("\u00a0", " ")

    code, way = said(capsys, "explain", "02002", "02001", "--mode", "transit", "--depart", "08:50", "--study", study)
    assert (code, [leg["kind"] for leg in way["legs"]]) == (0, ["wait", "ride"])
    assert (way["legs"][-1]["leaves"], way["legs"][-1]["arrives"]) == (540, 545)
    assert "bus 1 of 09:00" in way["told"].replace("\u00a0", " ")
    assert way["km"] == pytest.approx(2, rel=0.01)
    assert way["grams_co2"] == pytest.approx(122.4 * way["km"])
    assert way["euros"] is None  # nobody said what the bus costs
    by_car = said(capsys, "explain", "02002", "02001", "--study", study)[1]
    assert by_car["minutes"] == 3
    assert by_car["grams_co2"] == pytest.approx(227.6 * by_car["km"])
    assert by_car["euros"] == pytest.approx(0.636 * by_car["km"])
    assert cli.main(["explain", "02002", "02001", "--mode", "transit", "--depart", "08:50"]) == 0
    assert "245 g de CO₂e (facteurs de l’ADEME)\u202f; prix inconnu." in capsys.readouterr().out.replace("\u00a0", " ")
    with zipfile.ZipFile("bus.zip", "a") as feed:  # and now it says what it costs, and how far it is
        feed.writestr("fare_products.txt", "fare_product_id,amount,currency\nticket,1.5,EUR\n")
        feed.writestr("fare_leg_rules.txt", "fare_product_id\nticket\n")
    assert said(capsys, "explain", "02002", "02001", "--mode", "transit", "--depart", "08:50")[1]["euros"] == 1.5

    options = ["--study", study, "--minutes", 68, "--all", "--mode", "transit"]
    code, found = said(capsys, "isochrones", "--out", "iso.geojson", *options)
    assert code == 0
    areas = gpd.read_file("iso.geojson").to_crs(2154).set_index("site")
    assert areas.geometry["fs-a"].contains(gpd.points_from_xy([723_000], [6_951_000])[0])  # b, by the bus
    assert found["isochrones"][0]["km2"] == pytest.approx(areas.geometry["fs-a"].area / 1e6, rel=0.01)

    site = ["site", "--study", study, "--category", "france_services", "--add", 1]
    assert said(capsys, *site, "--mode", "transit")[1]["opens"] == ["mairie-b"]


def test_a_trip_that_cannot_be_read_is_an_error_or_left_out_as_the_study_says(study, toy_study, tmp_path, capsys):
    (tmp_path / "bus.zip").write_bytes(bus(toy_study, times=STOP_TIMES.replace("11:05:00,11:05:00", "11h05,11h05")))
    assert cli.main(["check", str(study)]) != 0
    assert "arrival_time n’est pas une heure" in capsys.readouterr().err
    study.write_text(study.read_text("utf-8").replace("[transit]", '[transit]\nbad_trips = "drop"'), encoding="utf-8")
    assert cli.main(["check", str(study)]) == 0
    told = capsys.readouterr().out.replace("\u00a0", " ")
    assert "1 course laissée de côté, qu’on ne peut pas lire : stop_times.txt, ligne 5 'back' ('11h05')" in told
    assert "1 course sur 2 est laissée de côté en tout" in told


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["isochrones", "--mode", "tramway"], "'tramway' is no mode of the study"),
        (["site", "--category", "france_services", "--add", "1", "--mode", "transi"], "did you mean 'transit'"),
        (["explain", "02001", "02002", "--depart", "08:00"], "are of a timetable alone"),
        (["explain", "02001", "02002", "--depart", "8", "--mode", "transit"], "depart"),
        (["site", "--category", "france_services", "--add", "1", "--mode", "own"], "without_car"),
    ],
)
def test_a_mode_or_an_hour_that_cannot_be_is_told(study, capsys, arguments, told):
    assert cli.main(["--lang", "en", *arguments, "--study", str(study)]) != 0
    assert told in capsys.readouterr().err


@pytest.mark.slow
def test_the_trains_of_the_pays_chaunois_from_end_to_end(tmp_path, data_folder, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    feed = (data_folder / "gtfs" / "ter_sncf_2025-01.zip").resolve()
    sample = "[communes]\nsample = true\n[residents]\nsample = true\n[[services]]\nsample = true\n"
    roads = "[roads]\nmodelled = true\n[roads.walk]\nmodelled = true\n"
    transit = f'[transit]\ngtfs = ["{feed.as_posix()}"]\nlicence = "ODbL"\n[dossier]\ncategory = "france_services"\n'
    plan = LINES[LINES.index("[[scenario]]") :].replace('"02002", "02001"', '"Chauny", "Laon"').replace("0, 5", "0, 40")
    (tmp_path / "study.toml").write_text(sample + roads + transit + plan, encoding="utf-8")
    code, way = said(capsys, "explain", "Chauny", "Laon", "--mode", "transit", "--depart", "07:30")
    assert (code, way["date"]) == (0, "2025-03-25")
    assert [leg["to_stop"] for leg in way["legs"] if leg["kind"] == "ride"] == ["Tergnier", "Laon"]
    code, found = said(capsys, "isochrones", "--mode", "transit", "--minutes", 30, 60, "--out", "iso.gpkg")
    assert len(found["isochrones"]) == 6
    site = ["site", "--category", "france_services", "--add", 1, "--mode", "transit", "--unreached-minutes", 120]
    assert said(capsys, *site)[1]["status"] == "optimal"
    assert cli.main(["run"]) == 0
    (page,) = [path for path in tmp_path.glob("out/*.html") if "map" not in path.name and "fiches" not in path.name]
    chapter = BeautifulSoup(page.read_text("utf-8"), "html.parser").select_one("#without_car").text
    assert "« Navette », en transports collectifs : " in " ".join(chapter.split())
