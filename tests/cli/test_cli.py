"""The command line, as a user runs it."""

import sys
from html.parser import HTMLParser
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from processes import python, run

from accessmap import cli


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    out = tmp_path_factory.mktemp("demo") / "out"
    done = python("-m", "accessmap", "demo", "--quiet", "--out", str(out), check=True)
    return out, done.stdout


def test_demo_writes_the_dossier_and_its_tables_and_says_where(demo):
    out, said = demo
    files = sorted(path.name for path in out.iterdir())
    assert files == [f"pays-chaunois{ending}" for ending in ("-fiches.html", ".gpkg", ".html", ".xlsx")]
    assert str(out / "pays-chaunois.html") in said
    assert all(name in said for name in files)


def test_demo_tells_the_result_in_three_sentences(demo):
    _, said = demo
    sentences = [line for line in said.splitlines() if line.startswith("- ")]
    assert len(sentences) == 3
    assert "70 550" not in said  # people of the territory are counted, not named as a result
    assert "France services à Coucy-le-Château-Auffrique" in sentences[0]
    assert "habitants gagnent au moins" in sentences[2]


def test_the_tables_hold_every_commune_and_their_ids_stay_text(demo):
    out, _ = demo
    table = pd.read_excel(
        out / "pays-chaunois.xlsx", sheet_name="Communes", engine="calamine", dtype={"Code INSEE": str}
    )
    layer = gpd.read_file(out / "pays-chaunois.gpkg", layer="communes")
    assert len(table) == len(layer) == 84
    assert set(table["Code INSEE"]) == set(layer["code"])
    assert table["Habitants"].sum() == 70_550
    assert layer.crs == "EPSG:2154"


@pytest.mark.slow
def test_demo_made_again_replaces_and_leaves_no_draft(demo):
    out, _ = demo
    assert cli.main(["demo", "--quiet", "--out", str(out)]) == 0
    assert [path for path in out.iterdir() if "part" in path.name] == []


def test_the_dossier_is_whole_html(demo):
    out, _ = demo
    titles = []

    class Titles(HTMLParser):
        def handle_data(self, data):
            if self.lasttag == "title":
                titles.append(data)

    Titles().feed((out / "pays-chaunois.html").read_text("utf-8"))
    assert "Pays Chaunois" in titles[0]


def test_wrong_usage_is_exit_code_2(capsys):
    with pytest.raises(SystemExit) as stopped:
        cli.main(["nothing"])
    assert stopped.value.code == 2
    assert "demo" in capsys.readouterr().err


def test_a_refused_input_is_exit_code_1_and_one_message(monkeypatch, capsys):
    from accessmap.errors import TableError

    def refuse():
        raise TableError("'name' is missing.", about="communes")

    monkeypatch.setattr("accessmap.sample.load_sample", refuse)
    monkeypatch.delitem(vars(__import__("accessmap")), "load_sample", raising=False)
    assert cli.main(["demo", "--quiet"]) == 1
    assert capsys.readouterr().err == "accessmap: communes\u00a0: 1 problème. 'name' is missing.\n"


def test_interrupted_is_exit_code_130(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr("accessmap.sample.load_sample", interrupted)
    monkeypatch.delitem(vars(__import__("accessmap")), "load_sample", raising=False)
    assert cli.main(["demo", "--quiet"]) == 130
    assert "interrompu" in capsys.readouterr().err


def test_the_command_is_installed():
    done = run(str(Path(sys.executable).with_name("accessmap")), "--version")
    assert done.stdout.startswith("accessmap 0.2.0")
