"""From a folder of downloads to a dossier in three commands, each run as a user runs it."""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import accessmap
from accessmap.read.recognising import recognised
from accessmap.studyfile.found import found_text

PAGE = Path(__file__).parents[2] / "docs" / "howto_own_territory.md"
EPCI = "Communauté d'agglomération du Grand Cahors"


def run(folder: Path, *arguments: str) -> str:
    source = str(Path(accessmap.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-m", "accessmap", *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": source, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def cahors(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """A folder with files cut from those of all France, and a page that is no table."""
    france = request.getfixturevalue("real_data").parent / "france"
    home = tmp_path_factory.mktemp("cahors")
    data = home / "donnees"
    data.mkdir()
    communes = gpd.read_parquet(france / "communes.parquet")
    lot = communes[communes["dep"].isin(["46", "82", "24", "47", "12"])]
    metres = lot.to_crs(2154)
    around = metres[(metres["epci_name"] == EPCI).to_numpy()].union_all().buffer(15_000)
    near = lot[metres.intersects(around).to_numpy()]
    near.to_parquet(data / "communes.parquet")
    counts = pd.read_parquet(france / "bpe_2013_counts.parquet")
    counts[counts["depcom"].isin(near["code"])].to_parquet(data / "bpe_2013_counts.parquet")
    west, south, east, north = near.total_bounds
    nodes = pd.read_csv(france / "tm_france_nodes.csv.gz")
    nodes = nodes[nodes["lon"].between(west, east) & nodes["lat"].between(south, north)]
    edges = pd.read_csv(france / "tm_france_edges.csv.gz")
    edges = edges[edges["u"].isin(nodes["id"]) & edges["v"].isin(nodes["id"])]
    nodes.to_csv(data / "tm_france_nodes.csv.gz", index=False)
    edges.to_csv(data / "tm_france_edges.csv.gz", index=False)
    minutes = (france / "access_minutes_2023.csv").read_bytes()
    (data / "access_minutes_2023.csv").write_bytes(minutes)
    (data / "acceslibre.csv").write_text("id,name,entree_plain_pied,longitude,latitude\nu,Mairie,True,1.44,44.45\n")
    (data / "notice.csv").write_bytes(b"%PDF-1.4")
    return home


def test_study_is_written_from_a_folder_with_the_reason_of_each_line(cahors: Path) -> None:
    said = run(cahors, "new", "--data", "donnees", "--epci", EPCI, "--out", "first.toml")
    assert "tronçons de routes" in said
    assert "notice.csv est un document PDF" in said
    text = (cahors / "first.toml").read_text(encoding="utf-8")
    settings = tomllib.loads(text)
    assert settings["study"]["territory"] == [EPCI]
    assert settings["communes"]["path"] == "donnees/communes.parquet"
    assert settings["roads"]["edges"] == "donnees/tm_france_edges.csv.gz"
    assert settings["dossier"]["category"] == "general_practitioner"
    assert settings["reference"]["path"] == ["donnees/access_minutes_2023.csv"]
    assert {each["accessibility"] for each in settings["services"]} == {"donnees/acceslibre.csv"}
    assert {each["category"] for each in settings["services"]} >= {"mairie", "pharmacy", "general_practitioner"}
    assert settings["services"][1]["source"] == {
        "title": "Base permanente des équipements",
        "publisher": "INSEE",
        "licence": "Licence Ouverte",
        "vintage": "2013",
    }
    assert "# tm_france_edges.csv.gz : c’est « routes numérotées de Travel Mapping »" in text
    assert "# notice.csv : non lu" in text


def test_table_of_a_folder_is_told_to_people_and_machines(cahors: Path) -> None:
    tables = json.loads(run(cahors, "data", "donnees", "--json"))["tables"]
    kinds = {each["file"]: each["kind"] for each in tables}
    assert kinds["communes.parquet"] == "communes"
    assert kinds["notice.csv"] is None
    assert kinds["tm_france_nodes.csv.gz"] == "nodes"


@pytest.mark.slow
def test_three_commands_go_from_a_folder_to_a_dossier(cahors: Path) -> None:
    commands = re.findall(r"^\$ accessmap (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)[:3]
    assert [command.split()[0] for command in commands] == ["new", "check", "run"]
    _, checked, _ = (run(cahors, *shlex.split(command)) for command in commands)
    assert "rien à corriger" in checked
    assert "36\u00a0communes" in checked
    assert "sans sens unique" in checked
    assert "113 / 75 / 58 km/h" in checked
    (page,) = (cahors / "out").glob("*cahors.html")
    text = page.read_text(encoding="utf-8")
    assert "médecin généraliste" in text
    assert "Travel Mapping" in text
    assert "Vraies routes, temps estimés" in text
    assert "calculés sur de vraies routes" not in text
    assert "Les temps sont des estimations" in text
    assert "113 / 75 / 58 km/h" in text
    assert "18 km/h" in text


def test_comments_follow_the_language_and_grids_have_their_cells(tmp_path: Path) -> None:
    square = shapely.box(3.1, 49.5, 3.3, 49.7)
    row = {"insee": "02173", "nom": "Chauny", "population": 100, "epci": "200071785"}
    gpd.GeoDataFrame([row], geometry=[square], crs=4326).to_file(tmp_path / "communes.gpkg")
    pd.DataFrame({"X": [3_831_000, 3_832_000], "Y": [2_971_000, 2_970_000], "T": [60, 40]}).to_csv(
        tmp_path / "grille_2021.csv", index=False
    )
    site = {"nom": ["A"], "insee": ["02173"], "lon": [3.2], "lat": [49.6], "category": ["pharmacy"]}
    pd.DataFrame(site).to_csv(tmp_path / "liste.csv", index=False)
    for lang, words in (("fr", "Les sites hors des communes de l’étude"), ("en", "Sites in none of the communes")):
        text, _ = found_text(tmp_path, tmp_path, lang=lang)
        settings = tomllib.loads(text)
        assert words in text
        assert settings["study"]["lang"] == lang
        assert settings["residents"]["cell_metres"] == 1000
        comments = "\n".join(line for line in text.splitlines() if line.startswith("#") and " = " not in line)
        assert re.search(r"\w'\w", comments.replace(str(tmp_path), "")) is None
    assert "Ceux qui vivent" not in text


def test_columns_are_named_as_one_writes_them(tmp_path: Path) -> None:
    pd.DataFrame({"code_insee": ["02173"], "pmun": [100]}).to_csv(tmp_path / "population_2020.csv", index=False)
    pd.DataFrame({"pmun": [100], "quoi": [1]}).to_csv(tmp_path / "sans_code.csv", index=False)
    known = {one.file.name: one for one in recognised(tmp_path)}
    assert {name: one.kind for name, one in known.items()} == {
        "population_2020.csv": "population",
        "sans_code.csv": "",
    }
    assert known["sans_code.csv"].missing == ("com / depcom / codgeo / code_insee / insee_com",)
