"""Values of a type or size that no one means are told with their place, and never as something else."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from toy_tables import COMMUNES

import accessmap as am
from accessmap.errors import AccessmapError, ScenarioError, TableError, WriteError
from accessmap.read.residents import read_residents
from accessmap.study import scenario_files
from accessmap.study.areas import isochrones
from accessmap.study.steps import CloseRoad

ODD = {
    "action of a table": "action = {}",
    "action of a list": "action = [1]",
    "id of a table": 'action = "close"\nid = { a = 1 }',
    "speed of a table": 'action = "set_speed"\nroad = [1, 2]\nkmh = { a = 1 }',
    "speed without end": 'action = "set_speed"\nroad = [1, 2]\nkmh = 1e400',
    "step_free of a number": 'action = "set"\nid = "a"\nstep_free = 3',
    "lon of a word": 'action = "open"\ncategory = "pharmacy"\nlon = "unknown"\nlat = 49.6',
    "lon that is none": 'action = "open"\ncategory = "pharmacy"\nlon = nan\nlat = 49.6',
    "road of tables": 'action = "close_road"\nroad = [{}, []]',
    "road of numbers with decimals": 'action = "close_road"\nroad = [1.5, nan]',
}


@pytest.mark.parametrize("step", ODD.values(), ids=ODD)
def test_odd_step_is_told_with_its_place(tmp_path: Path, step: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(f'[[scenario]]\nname = "x"\n[[scenario.step]]\n{step}\n')
    with pytest.raises(ScenarioError, match=r"s\.toml: 1 problem\. scenario 1 \('x'\), step 1") as error:
        scenario_files.read(path)
    assert "scénario 1" in error.value.told("fr")


@pytest.mark.parametrize("text", ["scenario = 3", 'scenario = ["a"]', '[scenario]\nname = "x"', "scenario = [[]]"])
def test_scenarios_that_are_no_tables(tmp_path: Path, text: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=r"s\.toml.*must be a list of tables"):
        scenario_files.read(path)


@pytest.mark.parametrize("steps", ["3", '["a"]', "{}"])
def test_steps_that_are_no_tables(tmp_path: Path, steps: str) -> None:
    path = tmp_path / "s.toml"
    path.write_text(f'[[scenario]]\nname = "x"\nstep = {steps}\n')
    with pytest.raises(ScenarioError, match=r"\[\[scenario\.step\]\] must be a list of tables"):
        scenario_files.read(path)


@pytest.mark.parametrize("people", ["1e308", "1e19", "9e15"])
def test_people_past_what_can_be_are_not_told_as_negative(tmp_path: Path, people: str) -> None:
    communes = gpd.GeoDataFrame(
        {"name": ["A"], "population": [9], "epci": ["x"], "in_territory": [True]},
        geometry=[shapely.box(710_000, 6_940_000, 720_000, 6_950_000)],
        index=pd.Index(["02173"], name="code"),
        crs=2154,
    )
    path = tmp_path / "r.csv"
    path.write_text(f"id;population;x;y\n1;{people};715000;6945000\n2;1;715000;6945000\n")
    with pytest.raises(TableError, match=r"'population' is larger than can be in 1 row: line 2 '1'") as error:
        read_residents(path, communes, crs="EPSG:2154")
    assert "negative" not in str(error.value)


@pytest.mark.parametrize("road", [({}, []), ("02001", []), ("02001", {1: 2})])
def test_ends_of_a_road_that_are_no_ids_are_named(toy_study, road) -> None:
    with pytest.raises(ScenarioError, match=r"\[\]|\{"):
        am.Scenario("x", (CloseRoad(road=road),)).apply(toy_study)


@pytest.mark.parametrize("cutoffs", [[5, np.nan], [np.nan], [5, np.inf], [-1, 5]])
def test_cutoffs_that_are_none_have_no_isochrone(toy_study, cutoffs) -> None:
    with pytest.raises(AccessmapError):
        isochrones(toy_study.network, toy_study.services.head(1), cutoffs)


RESIDENTS = "id;insee;population;lon;lat\n" + "".join(f"r{n};02173;{n + 1};3.196;49.6176\n" for n in range(4))


@pytest.mark.parametrize(("before", "after"), [("49.6176", "-1"), ("3.196", "0")])
def test_residents_far_from_the_commune_they_name_are_refused_or_told(tmp_path: Path, before: str, after: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text(RESIDENTS.replace(before, after))
    with pytest.raises(TableError, match=r"Most points are more than 20 km from all communes, in 4 rows: line 2 'r0'"):
        read_residents(path, COMMUNES)
    path.write_text(RESIDENTS.replace("3.196", "0", 1))
    read = read_residents(path, COMMUNES)
    assert "1 resident said to be of a commune, whose point is more than 20 km" in "\n".join(read.attrs["read_notes"])
    path.write_text(RESIDENTS)
    assert "20 km" not in "\n".join(read_residents(path, COMMUNES).attrs["read_notes"])


@pytest.mark.parametrize("name", ["a\0b", "a" * 300])
def test_study_is_not_saved_under_a_name_that_cannot_be(tmp_path: Path, toy_study, name: str) -> None:
    with pytest.raises(WriteError, match="cannot be written"):
        toy_study.save(f"{tmp_path}/{name}")
