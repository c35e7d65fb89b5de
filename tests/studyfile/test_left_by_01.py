"""What 0.1 left behind: study.toml, scenario and programme files, records; written by its code, read by this one."""

import gzip
import json
import shutil
from pathlib import Path

import pytest

from accessmap.programme.files import read as read_programme
from accessmap.programme.files import sample as sample_programme
from accessmap.study.scenarios import read as read_scenarios
from accessmap.study.scenarios import write as write_scenarios
from accessmap.studyfile import load_study, verified

LEFT = Path(__file__).parents[1] / "data" / "v01"
HASHES = json.loads((LEFT / "hashes.json").read_text("utf-8"))


def test_scenarios_are_read_with_the_hashes_they_had():
    scenarios = read_scenarios(LEFT / "scenarios.toml")
    assert {name: scenario.hash for name, scenario in scenarios.items()} == HASHES
    assert {step.action for step in scenarios["Tout"].steps} == {
        "open", "close", "move", "set", "close_road", "set_speed", "connect", "equip"
    }  # fmt: skip


def test_scenarios_that_are_written_again_are_the_same(tmp_path):
    scenarios = read_scenarios(LEFT / "scenarios.toml")
    again = read_scenarios(write_scenarios(scenarios.values(), tmp_path / "again.toml"))
    assert again == scenarios
    assert {name: scenario.hash for name, scenario in again.items()} == HASHES


def test_a_programme_is_read_unchanged():
    assert read_programme(LEFT / "programme.toml") == sample_programme()


@pytest.fixture
def left(tmp_path):
    folder = shutil.copytree(LEFT / "study", tmp_path / "study")
    page = folder / "results" / "trois-villages.html"
    page.write_bytes(gzip.decompress(page.with_suffix(".html.gz").read_bytes()))
    return folder


def test_a_study_is_read_unchanged(left):
    study = load_study(left / "study.toml")
    assert study.title == "Trois villages"
    assert [step.given() for step in study.scenarios["Bourg"].steps] == [
        {"action": "open", "category": "france_services", "commune": "02002"}
    ]


def test_the_numbers_of_a_record_hold(left):
    record, found = verified(left / "results" / "trois-villages.html")
    assert record["accessmap"] == "0.1.0"
    assert {each.kind for each in found} <= {"version"}
