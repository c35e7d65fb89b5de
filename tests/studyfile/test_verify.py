"""What a run leaves can be made again, byte for byte, and is found out where it was changed."""

import json

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from studyfiles import write_toy

from accessmap import cli
from accessmap.errors import StudyError
from accessmap.studyfile import Drafts, file_stem, verified
from accessmap.studyfile.manifest import differing


@pytest.fixture(scope="module")
def toy_run(tmp_path_factory):
    """A toy study that was run: its folder, and the page."""
    from conftest import toy_study

    folder = tmp_path_factory.mktemp("toy")
    path = write_toy(toy_study.__wrapped__(), folder)
    assert cli.main(["run", str(path), "--quiet"]) == 0
    return folder, folder / "out" / "trois-villages.html"


def kinds(page):
    return sorted({each.kind for each in verified(page)[1]})


def test_a_page_just_made_holds(toy_run):
    record, found = verified(toy_run[1])
    assert found == []
    assert record["settings"]["from"] == ".."
    assert set(record["inputs"]) == {
        *("communes.gpkg", "residents.csv", "mairies.csv"),
        *("france_services.csv", "nodes.csv", "edges.csv"),
    }


def test_a_page_that_was_edited_is_found_out(toy_run):
    page = toy_run[1]
    whole = page.read_bytes()
    page.write_bytes(whole.replace(b"Trois villages", b"Trois hameaux", 1))
    try:
        found = verified(page)[1]
        assert {each.kind for each in found} == {"page", "text"}
        places = [each for each in found if each.kind == "text"]
        assert len(places) == 1
        assert "Trois hameaux" in places[0].found
        assert "Trois villages" in places[0].recorded
    finally:
        page.write_bytes(whole)


def test_a_page_whose_code_alone_was_edited_says_that_its_text_is_the_same(toy_run):
    page = toy_run[1]
    whole = page.read_bytes()
    page.write_bytes(whole.replace(b"<style>", b"<style>/* */", 1))
    try:
        assert kinds(page) == ["code", "page"]
    finally:
        page.write_bytes(whole)


@given(st.lists(st.sampled_from(["un", "deux", "84\xa0%", "<b>", "</b>", "<p>"]), max_size=30), st.data())
def test_two_pages_differ_where_one_word_was_changed_and_nowhere_else(words, data):
    page = " ".join(words)
    assert differing(page, page) == []
    at = data.draw(st.integers(0, len(words)))
    edited = " ".join([*words[:at], "ajout", *words[at:]])
    found = differing(page, edited)
    assert len(found) == 1
    assert "ajout" in found[0][1].split()
    assert "ajout" not in found[0][0].split()


def test_places_far_apart_are_told_apart_and_scripts_and_styles_are_no_text():
    page = "<style>a</style><p>84\xa0% {}</p><script>b</script><p>12 min</p>".format("mot " * 9)
    edited = page.replace("84", "85").replace("12", "11").replace("<style>a", "<style>c")
    assert differing(page, edited) == [
        ("84\xa0% mot mot mot", "85\xa0% mot mot mot"),
        ("mot mot mot 12 min", "mot mot mot 11 min"),
    ]


def test_a_table_that_was_edited_is_found_out_and_one_that_is_not_there_is_not_missed(toy_run):
    path = toy_run[1].parent / "trois-villages-summary.csv"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"mean", b"mode", 1))
    try:
        assert [(each.kind, each.name) for each in verified(toy_run[1])[1]] == [("page", path.name)]
        path.unlink()
        assert verified(toy_run[1])[1] == []
    finally:
        path.write_bytes(whole)


def test_changed_data_change_numbers_and_both_are_told(toy_run):
    folder, page = toy_run
    path = folder / "residents.csv"
    whole = path.read_bytes()
    table = pd.read_csv(path, dtype=str)
    table.assign(population=["10", "5000", "10"]).to_csv(path, index=False)
    try:
        found = verified(page)[1]
    finally:
        path.write_bytes(whole)
    assert {"input", "number", "table"} <= {each.kind for each in found}
    mean = next(each for each in found if each.name == "summary: mean, baseline")
    assert float(mean.recorded) != float(mean.found)


def test_settings_that_changed_since_are_told_and_do_no_harm(toy_run):
    folder, page = toy_run
    path = folder / "study.toml"
    text = path.read_text("utf-8")
    path.write_text(text.replace("[2, 5]", "[3]"), encoding="utf-8")
    try:
        assert kinds(page) == ["settings"]
    finally:
        path.write_text(text, encoding="utf-8")


def test_a_file_that_is_gone_is_named_and_nothing_is_counted(toy_run):
    folder, page = toy_run
    path = folder / "edges.csv"
    path.rename(folder / "gone.csv")
    try:
        assert [(each.kind, each.name) for each in verified(page)[1]] == [("missing", "edges.csv")]
    finally:
        (folder / "gone.csv").rename(path)


def test_a_record_that_is_missing_or_another_is_refused(toy_run, tmp_path):
    with pytest.raises(StudyError, match="no record x.json"):
        verified(tmp_path / "x.html")
    for text in ("{", "[]", '{"format": 99, "page": "x"}'):
        (tmp_path / "x.json").write_text(text)
        with pytest.raises(StudyError, match="not the record"):
            verified(tmp_path / "x.html")


def test_a_record_holds_no_path_of_the_machine(toy_run):
    folder, page = toy_run
    assert str(folder) not in page.with_suffix(".json").read_text("utf-8")
    assert json.loads(page.with_suffix(".json").read_text("utf-8"))["format"] == 1


def test_drafts_leave_nothing_where_they_are_interrupted(tmp_path):
    def interrupted():
        with Drafts(tmp_path / "a" / "b") as drafts:
            drafts.path("x.txt").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_drafts_replace_what_is_there_and_say_so_or_refuse(tmp_path):
    (tmp_path / "x.txt").write_text("old")
    with Drafts(tmp_path) as drafts:
        drafts.path("x.txt").write_text("new")
        drafts.path("y.txt").write_text("new")
        assert [each.replaced for each in drafts.place()] == [True, False]
    with Drafts(tmp_path, overwrite=False) as drafts:
        drafts.path("x.txt").write_text("newer")
        drafts.path("z.txt").write_text("newer")
        with pytest.raises(StudyError, match=r"x\.txt is there already"):
            drafts.place()
    assert (tmp_path / "x.txt").read_text() == "new"
    assert not (tmp_path / "z.txt").exists()


def test_a_file_in_the_place_of_the_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(StudyError, match="is a file"), Drafts(tmp_path / "out" / "deep"):
        pass


def test_titles_become_file_names():
    assert file_stem("Chauny · Tergnier / La Fère") == "chauny-tergnier-la-fere"
    assert file_stem("../../etc") == "etc"
