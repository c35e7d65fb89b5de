"""A study kept as a folder: given back equal, whole or not at all, and refused where it is not one of ours."""

import json
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from accessmap import RoadNetwork, Scenario, load_study
from accessmap.errors import StudyError
from accessmap.provenance import Provenance, Source
from accessmap.words.notes import Metres, Note

TABLES = ("communes", "residents", "services", "notes", "digital", "schools", "equipment")


def same(one, other):
    """Assert that two studies hold the same, to the last digit."""
    for name in TABLES:
        before, after = getattr(one, name), getattr(other, name)
        if before is None:
            assert after is None
            continue
        assert type(before) is type(after)
        pd.testing.assert_frame_equal(before, after)
        assert before.attrs == after.attrs
        if isinstance(before, gpd.GeoDataFrame):
            assert before.crs == after.crs
    assert list(one.networks) == list(other.networks)
    for mode, network in one.networks.items():
        pd.testing.assert_frame_equal(network.nodes, other.networks[mode].nodes)
        pd.testing.assert_frame_equal(network.edges, other.networks[mode].edges)
        assert network.provenance == other.networks[mode].provenance
        assert one.minutes(mode=mode).equals(other.minutes(mode=mode))
    for name in ("title", "thresholds", "provenance", "cautions", "scenarios"):
        assert getattr(one, name) == getattr(other, name)


@pytest.fixture
def full(toy_study):
    """The three villages with two modes and something of every kind in every table."""
    note = Note("study_far_from_roads", metres=Metres.of(9000))
    services = toy_study.services.assign(
        opened=pd.to_datetime("2024-08-01"),
        capacity=[1.5, np.nan, 3, 4, 5],
        staff=pd.array([1, None, 3, 4, 5], dtype="Int64"),
        kind=pd.Categorical(["a", "b", "a", "b", "a"]),
        seen=pd.Series(["Mo-Fr 09:00-12:00", None, np.nan, pd.NA, note], toy_study.services.index, object),
        remark=pd.Series(list("abcde"), toy_study.services.index, object),
    )
    services.attrs = {"read_notes": [note, "plain text"], "rows": (1, 2.5, None, {"a": True})}
    told = {"table": "services", "id": ["fs-a"], "commune": [pd.NA]}
    notes = pd.DataFrame({**told, "problem": pd.Series([note], dtype=object), "remedy": "seen"})
    slow = toy_study.network.with_minutes(toy_study.network.edges["minutes"] * 8)
    plan = Scenario("plan").open("france_services", commune="02002").resize("fs-a", capacity=2.0)
    return replace(
        toy_study,
        services=services,
        networks={"car": toy_study.network, "walk": slow},
        scenarios={"plan": plan, "bridge": Scenario("bridge").close_road("02001", "02002")},
        provenance=Provenance((Source("Titre", "IGN", "LO", "2024", url="u"),), {"règle": "1"}, modelled=True),
        notes=notes,
        cautions=(note, "as it is"),
        thresholds=(2, 5.5),
        digital=pd.DataFrame({"fibre": [0.5, 1.0, 0.0]}, index=pd.Index(["02001", "02002", "60001"], name="code")),
    )


def test_a_study_is_given_back_equal(full, tmp_path):
    again = load_study(full.save(tmp_path / "kept"))
    same(full, again)
    problem = again.notes["problem"].iloc[0]
    assert problem.told("fr") == "à 9\u00a0km de la route la plus proche"
    assert again.services.attrs["read_notes"][0].key == "study_far_from_roads"
    assert [type(each) for each in again.services["seen"]] == [type(each) for each in full.services["seen"]]
    assert again.cautions[0].told("fr") == full.cautions[0].told("fr")


def test_the_sample_is_given_back_equal(sample_study, tmp_path):
    same(sample_study, load_study(str(sample_study.save(tmp_path / "deep" / "sample"))))


def test_a_study_under_a_scenario_knows_the_category_that_was_closed(toy_study, tmp_path):
    shut = Scenario("shut").close("fs-a").close("fs-x").apply(toy_study)
    again = load_study(shut.save(tmp_path / "shut"))
    assert again.nearest("france_services").isna().all(axis=None)


def test_saving_again_takes_the_place_of_what_was_saved(toy_study, full, tmp_path):
    full.save(tmp_path / "kept")
    toy_study.save(tmp_path / "kept")
    same(toy_study, load_study(tmp_path / "kept"))
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]


def test_a_folder_with_anything_else_is_left_alone(toy_study, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(StudyError, match=r"holds other things than a saved study \('mine.txt'\): choose a new"):
        toy_study.save(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
    kept = toy_study.save(tmp_path / "kept")
    (kept / "study.toml").write_text("")
    with pytest.raises(StudyError, match="study.toml"):
        toy_study.save(kept)
    with pytest.raises(StudyError, match="is a file"):
        toy_study.save(tmp_path / "mine.txt")


def test_what_cannot_be_kept_is_named_and_nothing_is_half_written(toy_study, tmp_path):
    kept = toy_study.save(tmp_path / "kept")
    odd = toy_study.services.assign(what=pd.Series([object()] * 5, toy_study.services.index, object))
    for folder in (kept, tmp_path / "new"):
        with pytest.raises(StudyError, match="cannot be saved: services.what holds a object"):
            replace(toy_study, services=odd).save(folder)
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    same(toy_study, load_study(kept))


def test_a_folder_that_also_holds_a_study_toml_is_ambiguous(toy_study, tmp_path):
    kept = toy_study.save(tmp_path / "kept")
    (kept / "study.toml").write_text("[communes]\nsample = true\n")
    with pytest.raises(StudyError, match=r"holds both a saved study \(study.json\) and a study.toml: give the path"):
        load_study(kept)
    assert load_study(kept / "study.toml").title  # named itself, it is not


def test_a_folder_without_a_study_is_refused(tmp_path):
    with pytest.raises(StudyError, match=r"holds no saved study \(no study.json\)"):
        load_study(tmp_path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "study.json cannot be read"),
        ("[]", "accessmap did not write it"),
        ('{"kind": "another", "format": 1, "files": {}}', "accessmap did not write it"),
        ('{"kind": "accessmap study", "format": 9, "files": {}}', "of version 9, and this accessmap reads version 1"),
        ('{"kind": "accessmap study", "format": 1, "files": {}}', "no whole saved study"),
        ('{"kind": "accessmap study", "format": 1, "files": {"../a": ""}}', "../a is missing"),
    ],
)
def test_a_foreign_folder_is_refused_in_one_sentence(tmp_path, text, message):
    (tmp_path / "study.json").write_text(text)
    with pytest.raises(StudyError, match=message) as refused:
        load_study(tmp_path)
    assert len(refused.value.problems) == 1
    assert refused.value.problems[0].remedy


@pytest.mark.parametrize("name", ["residents.parquet", "roads-1.zip", "scenarios.toml"])
def test_a_damaged_folder_is_refused_with_the_name_of_the_file(toy_study, tmp_path, name):
    kept = toy_study.save(tmp_path / "kept")
    (kept / name).write_bytes((kept / name).read_bytes()[:-7] + b"damaged")
    with pytest.raises(StudyError, match=f"no whole saved study: {name} has changed since"):
        load_study(kept)
    (kept / name).unlink()
    with pytest.raises(StudyError, match=f"{name} is missing"):
        load_study(kept)


@pytest.mark.parametrize(
    ("kept", "message"),
    [
        ({"is": "note", "of": "os.system", "key": "", "n": None, "items": {"is": "dict", "items": []}}, "os.system"),
        ({"is": "note", "of": "accessmap.files.Drafts", "key": "", "n": None, "items": None}, "Drafts"),
        ({"is": "gadget"}, "gadget"),
    ],
)
def test_nothing_but_values_of_accessmap_is_made_from_a_folder(toy_study, tmp_path, kept, message):
    folder = toy_study.save(tmp_path / "kept")
    about = json.loads((folder / "study.json").read_text("utf-8"))
    (folder / "study.json").write_text(json.dumps({**about, "cautions": kept}))
    with pytest.raises(StudyError, match=f"no whole saved study: .*{message}"):
        load_study(folder)


def test_real_modes_are_kept(sample_study, tmp_path):
    on_foot = RoadNetwork.modelled(sample_study.communes, sample_study.mairies, mode="walk")
    both = replace(sample_study, networks={"car": sample_study.network, "walk": on_foot})
    again = load_study(both.save(tmp_path / "both"))
    near = again.nearest("france_services", mode="walk")
    pd.testing.assert_frame_equal(near, both.nearest("france_services", mode="walk"))
