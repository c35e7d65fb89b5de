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
from accessmap.cli import main
from accessmap.cli.check import _tell_readers
from accessmap.cli.say import Say
from accessmap.read.recognising import recognised
from accessmap.studyfile.found import found_study
from accessmap.words.notes import Note

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
        text = found_study(tmp_path, tmp_path, lang=lang).text
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


EPCI_A = "Communauté de communes du Pays de Coucy"


@pytest.fixture
def downloads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three communes of two EPCI with their mairies, and pharmacies whose category only the name of the file tells."""
    folder = tmp_path / "donnees"
    folder.mkdir()
    squares = [shapely.box(3.1 + 0.1 * at, 49.5, 3.2 + 0.1 * at, 49.6) for at in range(3)]
    rows = {"insee": ["02173", "02217", "02304"], "nom": ["Chauny", "Coucy", "La Fère"], "population": [100, 200, 300]}
    rows |= {"epci": ["200071785", "200071769", "200071769"], "nom_epci": ["CA Chauny", EPCI_A, EPCI_A]}
    gpd.GeoDataFrame(rows, geometry=squares, crs=4326).to_file(folder / "communes.gpkg")
    sites(folder / "mairies.csv", [3.15, 3.25, 3.35], category="mairie")
    sites(folder / "pharmacies.csv", [3.15, 3.25])
    monkeypatch.chdir(tmp_path)
    return folder


def sites(path: Path, lon: list[float], **more: object) -> None:
    pd.DataFrame({"nom": [f"S{at}" for at in range(len(lon))], "longitude": lon, "latitude": 49.55, **more}).to_csv(
        path, index=False, sep=";"
    )


def written(capsys: pytest.CaptureFixture[str], *more: str) -> tuple[str, dict, str]:
    """What `new` says, and the study that it writes."""
    assert main(["new", "--data", "donnees", "--epci", "cc pays coucy", "--force", *more]) == 0
    text = Path("study.toml").read_text(encoding="utf-8")
    return capsys.readouterr().out.replace("\xa0", " ").replace("\u202f", " "), tomllib.loads(text), text


def test_a_file_without_a_category_is_written_as_a_comment_to_fill(downloads, capsys) -> None:
    said, study, text = written(capsys)
    assert [each["category"] for each in study["services"]] == ["mairie"]
    assert study["study"]["title"] == EPCI_A  # and not as it was typed
    assert '# [[services]]\n# path = "donnees/pharmacies.csv"\n# category = "pharmacy"\n# clip = true\n' in text
    assert "pharmacies.csv : rien ne dit sa catégorie ; son nom suggère « pharmacy »" in said
    assert "--services pharmacy=donnees/pharmacies.csv" in said
    kept = text.replace("# [[services]]", "[[services]]").replace('# path = "donnees/ph', 'path = "donnees/ph')
    kept = kept.replace('# category = "ph', 'category = "ph').replace("# clip = true", "clip = true")
    Path("study.toml").write_text(kept, encoding="utf-8")
    assert main(["check", "study.toml"]) == 0  # as it says


@pytest.mark.parametrize("asked", [("--services", "pharmacie=pharmacies.csv"), ("--category", "Pharmacie")])
def test_a_category_that_is_told_is_taken(asked, downloads, capsys) -> None:
    said, study, _ = written(capsys, *asked)
    assert sorted(each["category"] for each in study["services"]) == ["mairie", "pharmacy"]
    assert "non pris" not in said


def test_rows_of_the_territory_are_counted_and_a_file_of_elsewhere_is_left_aside(downloads, capsys) -> None:
    columns = {"id_fs": [1, 2], "lib_fs": ["A", "B"], "insee_com": ["97411", "75056"], "format_fs": "Fixe"}
    pd.DataFrame({**columns, "latitude": [-20.9, 48.86], "longitude": [55.4, 2.35]}).to_csv(
        downloads / "liste_2024-01.csv"
    )
    pd.DataFrame({"ind": [5.0, 3.0], "lon": [6.1, 6.2], "lat": [45.0, 45.1]}).to_csv(downloads / "habitants_2024.csv")
    pd.DataFrame({"ind": [5.0, 3.0], "lon": [3.15, 3.25], "lat": [49.55, 49.55]}).to_csv(
        downloads / "habitants_2019.csv"
    )
    said, study, text = written(capsys, "--services", "pharmacy=pharmacies.csv")
    assert "liste_2024-01.csv : aucune de ses 2 lignes n’est dans les communes de l’étude" in said
    assert study["residents"]["path"] == "donnees/habitants_2019.csv"  # the newer one is of elsewhere
    assert sorted(each["category"] for each in study["services"]) == ["mairie", "pharmacy"]
    assert (
        "mairies.csv : ses colonnes le disent : nom, category, longitude, latitude ; 3 lignes, dont 2 dans"
        in text.replace("\xa0", " ").replace("\u202f", " ")
    )
    assert main(["data", "donnees", "--epci", "cc pays coucy", "--json"]) == 0
    rows = {each["file"]: each for each in json.loads(capsys.readouterr().out)["tables"]}
    assert (rows["mairies.csv"]["rows"], rows["mairies.csv"]["rows_inside"]) == (3, 2)
    assert rows["liste_2024-01.csv"]["rows_inside"] == 0


def test_two_lists_of_one_category_are_not_added_up(downloads, capsys) -> None:
    sites(downloads / "bd_2023.csv", [3.15, 3.35], category=["pharmacie", "boulangerie"])
    sites(downloads / "autre_2024.csv", [3.15, 3.25], category="Pharmacies")
    said, study, _ = written(capsys)
    services = {each["category"]: each["path"] for each in study["services"]}
    assert services == {
        "mairie": "donnees/mairies.csv",
        "pharmacy": "donnees/autre_2024.csv",
        "bakery": "donnees/bd_2023.csv",
    }
    assert "bd_2023.csv : pour pharmacy : un autre fichier les donne déjà" in said


def test_a_name_of_the_territory_that_is_unknown_is_answered_with_the_nearest(downloads, capsys) -> None:
    assert main(["new", "--data", "donnees", "--epci", "cc pays de couci"]) == 1
    assert EPCI_A in capsys.readouterr().err


@pytest.mark.parametrize(
    ("header", "kind", "missing"),
    [
        ("nom,code_insee", "services", "category"),
        ("nom,adresse,code_postal", "services", "lon, lat"),
        ("raison_sociale,rue,ville,category", "services", "lon, lat"),
        ("nom_commune,code_insee", "population", "pmun"),
    ],
)
def test_a_list_is_nearest_to_what_it_has_most_of(header: str, kind: str, missing: str, tmp_path: Path) -> None:
    Path(tmp_path, "liste.csv").write_text(header + "\n" + ",".join("a" * len(header.split(","))) + "\n", "utf-8")
    (one,) = recognised(tmp_path)
    assert (one.kind, one.nearest) == ("", kind)
    assert missing in ", ".join(one.missing)


def test_what_one_file_makes_readers_say_of_many_sections_is_told_once(capsys) -> None:
    said = {
        f"services[{at}]": (
            Note("other_kinds_left_out", n=at * 10, file="bpe.csv"),
            Note("read_as_windows_1252", file="x.csv"),
        )
        for at in range(1, 5)
    }
    _tell_readers(said, Say("fr"), every=False)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert "dans 3 autres sections\xa0: --all" in lines[0]
    _tell_readers(said, Say("fr"), every=True)
    assert len(capsys.readouterr().out.splitlines()) == 5
