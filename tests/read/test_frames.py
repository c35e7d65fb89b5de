"""Frames in place of files: what is read from a table in memory is what is read from its file; it is not changed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from pandas.testing import assert_frame_equal, assert_series_equal
from toy_tables import COMMUNES, SCHOOLS, X, Y

import accessmap as am
from accessmap.errors import SourceError, TableError
from accessmap.tables.checks import METRIC_CRS

TABLES: dict[str, tuple[str, Callable[[Any], pd.DataFrame | pd.Series]]] = {
    "communes": (
        (
            "INSEE_COM;Nom;PMUN;EPCI;geometry\n"
            "02001;Abbécourt;518;200071785;POLYGON ((0 0, 0 9, 9 9, 0 0))\n"
            "02173;Chauny;11 600;;POLYGON ((9 9, 9 18, 18 18, 9 9))\n"
        ),
        lambda table: am.read_communes(table, crs=METRIC_CRS),
    ),
    "residents": (
        f"id;ind;x;y;ages\na;12,5;{X + 500};{Y + 500};3\nb; 7 ;{X + 1500};{Y + 500};\n",
        lambda table: am.read_residents(table, COMMUNES, crs=METRIC_CRS),
    ),
    "services": (
        (
            "id_fs;lib_fs;insee;latitude;longitude;h_lundi;format_fs\n"
            "7;Chauny;02173;49,6175;3,1995;08:45 - 12:00;Fixe\n8;Bus;02001;;;;Bus\n"
        ),
        lambda table: am.read_services(table, communes=COMMUNES),
    ),
    "FINESS with a header": (
        (
            "nofinesset;rs;departement;commune;categetab;libcategetab;coordxet;coordyet;sourcecoordet\n"
            f"020000063;CH;02;173;355;C.H.;{X + 1500};{Y + 500};1,ATLASANTE,96,BAN,EPSG:2154\n"
        ),
        lambda table: am.read_services(table, communes=COMMUNES),
    ),
    "BPE, one column a kind": (
        "CODGEO;NB_B203;NB_D201\n02001;0;1\n02173;5;\n",
        lambda table: am.read_services(table, communes=COMMUNES),
    ),
    "hours": (
        (
            "Identifiant;Date_calendrier;Plage_horaire_1;Plage_horaire_2\n"
            "05212A;2020-11-12;09:00-11:30;13:30-16:00\n05212A;2020-11-13;FERME;\n"
        ),
        am.read.hours,
    ),
    "ranges": (
        "Gammes 2025;;\nTYPEQU;LIBELLE_TYPEQU;GAMME\nB207;BOULANGERIE;Gamme de proximité\n",
        am.read.ranges,
    ),
    "schools": (
        (
            "uai;nom;niveau;insee;lon;lat;eleves\n0020001A;Les Marais;primaire;02173;3,1995;49,6175;120\n"
            "0020002B;Collège;collège;02001;;;\n"
        ),
        lambda table: am.read.schools(table, COMMUNES),
    ),
    "equipment": (
        "UAI;Nb tablettes;TBI;ENT\n0020001A;12;1;oui\n0020002B;;0;\n",
        lambda table: am.read.equipment(table, SCHOOLS),
    ),
    "digital": (
        "code_insee;nbr;elig_ftth\n02173;6000;5700\n01001;400;400\n",
        lambda table: am.read.digital(table, COMMUNES),
    ),
    "households": ("CODGEO;P22_RP;P22_RP_VOIT1P\n02173;5600;4200\n", am.read.households),
}


def same(left: pd.DataFrame | pd.Series, right: pd.DataFrame | pd.Series) -> None:
    if isinstance(left, gpd.GeoDataFrame):
        assert_geodataframe_equal(left, right)
    elif isinstance(left, pd.DataFrame):
        assert_frame_equal(left, right)
    else:
        assert_series_equal(left, right)


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("blanks", [True, False])
def test_a_frame_is_read_as_its_file_and_not_changed(name: str, blanks: bool, tmp_path: Path) -> None:
    text, read = TABLES[name]
    path = tmp_path / "table.csv"
    path.write_text(text, encoding="utf-8")
    frame = pd.read_csv(path, sep=";", dtype=str, keep_default_na=not blanks)
    frame.attrs = {"mine": [1]}
    before = frame.copy()
    of_file, of_frame = read(path), read(frame)
    same(of_frame, of_file)
    assert_frame_equal(frame, before)
    assert frame.attrs == {"mine": [1]}
    told = [note.replace("table.csv", "the table") for note in of_file.attrs.get("read_notes", [])]
    swapped = [note.replace("line ", "row ") for note in of_frame.attrs.get("read_notes", [])]
    assert [note.split("row ")[0].split("line ")[0] for note in told] == [note.split("row ")[0] for note in swapped]


@pytest.mark.parametrize("name", ["communes", "residents", "services"])
def test_a_geodataframe_is_read_as_its_geopackage_and_not_changed(name: str, tmp_path: Path) -> None:
    points = [shapely.Point(X + 500, Y + 500), shapely.Point(X + 1500, Y + 500)]
    table, read = {
        "communes": (COMMUNES, am.read_communes),
        "residents": (
            gpd.GeoDataFrame({"resident_id": ["a", "b"], "pop": [3, 4]}, geometry=points, crs=METRIC_CRS),
            lambda table: am.read_residents(table, COMMUNES),
        ),
        "services": (
            gpd.GeoDataFrame({"id": ["a", "b"], "nom": ["A", "B"]}, geometry=points, crs=METRIC_CRS).to_crs(4326),
            lambda table: am.read_services(table, category="mairie", communes=COMMUNES),
        ),
    }[name]
    path = tmp_path / "table.gpkg"
    table.to_file(path)
    before = table.copy()
    same(read(table), read(path))
    assert_geodataframe_equal(table, before)


def test_a_frame_of_pupils_is_read_beside_a_list_of_schools(tmp_path: Path) -> None:
    text, _ = TABLES["schools"]
    listed, roll = tmp_path / "schools.csv", tmp_path / "roll.csv"
    listed.write_text(text, encoding="utf-8")
    roll.write_text("uai;rentree;eleves\n0020001A;2024;90\n0020001A;2025;95\n", encoding="utf-8")
    frame = pd.read_csv(roll, sep=";", dtype=str)
    before = frame.copy()
    of_frame = am.read.schools(listed, COMMUNES, roll=frame)
    same(of_frame, am.read.schools(listed, COMMUNES, roll=roll))
    assert_frame_equal(frame, before)
    assert of_frame.loc["0020001A", "pupils"] == 95


def test_typed_columns_of_a_frame_are_read_too() -> None:
    table = pd.DataFrame({"id": ["a", "b"], "pop": [12, 7], "x": [X + 500, X + 1500], "y": [Y + 500, Y + 500]})
    table = table.assign(id=table["id"].astype("category"))
    read = am.read_residents(table, COMMUNES, crs=METRIC_CRS)
    assert read["population"].tolist() == [12, 7]
    assert read["commune"].tolist() == ["02001", "02173"]


def test_a_result_can_be_read_again() -> None:
    same(am.read_communes(am.read_communes(COMMUNES)), am.read_communes(COMMUNES))


def test_rows_of_a_frame_are_named_by_their_number() -> None:
    table = pd.DataFrame({"code": ["02001", "02173"], "name": ["a", "b"], "population": ["1", "-3"]})
    with pytest.raises(TableError, match=r"communes \(the table\)") as caught:
        am.read_communes(table.assign(geometry="POLYGON ((0 0, 0 9, 9 9, 0 0))"), crs=METRIC_CRS)
    (problem,) = caught.value.problems
    assert problem == "'population' is negative in 1 row: row 2 '02173' (-3): give people, 0 or more."
    assert "ligne 2 '02173' (-3)" in problem.told("fr")
    assert caught.value.told("fr").startswith("communes (la table)\u00a0: 1 problème.")


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (5, "It is a int, neither a path nor a table: give the path of a file, a DataFrame or a GeoDataFrame."),
        (pd.Series(["a"]), "It is a Series, neither a path nor a table"),
        (pd.DataFrame({"code": []}), "the table has columns and no rows"),
        (pd.DataFrame([["a", "b"]], columns=["code", "code"]), "the table has column 'code' twice"),
        (pd.DataFrame({"code": ["a"]}, index=pd.Index(["b"], name="code")), "the table has column 'code' twice"),
        (pd.DataFrame({("a", "b"): ["x"]}), "the table has columns of 2 levels: give each column one name."),
    ],
)
def test_what_is_no_table_is_refused_in_one_sentence(table: Any, message: str) -> None:
    with pytest.raises(SourceError) as caught:
        am.read_communes(table)
    assert message in str(caught.value)


def test_a_table_that_carries_its_notes_can_be_exported(tmp_path: Path) -> None:
    text, read = TABLES["services"]
    path = tmp_path / "s.csv"
    path.write_text(text, encoding="utf-8")
    services = read(path)
    notes = services.attrs["read_notes"]
    assert [note.key for note in notes][:2] == ["france_services_mobile", "read_as_layout"]
    assert notes[0].values["file"] == "s.csv"  # noqa: PD011 - of a note
    assert notes[0].n == 1
    services.to_parquet(tmp_path / "s.parquet")
    assert list(gpd.read_parquet(tmp_path / "s.parquet").index) == ["7", "8"]
    services.to_file(tmp_path / "s.gpkg")
    assert len(gpd.read_file(tmp_path / "s.gpkg")) == 2
    plain = pd.DataFrame(services.drop(columns="geometry"))
    plain.attrs = services.attrs
    plain.to_parquet(tmp_path / "p.parquet")
    assert pd.read_parquet(tmp_path / "p.parquet").attrs["read_notes"] == list(notes)
    assert '"7"' in services.to_json()
    assert services.copy().attrs["read_notes"][0].told("fr").startswith("s.csv\u00a0: 1 service itinérant")
