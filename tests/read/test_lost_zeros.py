"""Codes that lost their zero, or came to have decimals, are put right before anything is left out, and it is said."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from accessmap.read.residents import read_residents
from accessmap.read.school_lists import schools
from accessmap.read.services import read_services

# two squares that stand for Chauny (Aisne) and Compiègne (Oise)
COMMUNES = gpd.GeoDataFrame(
    {"name": ["Chauny", "Compiègne"], "population": [11_600, 40_000], "epci": ["a", "b"], "in_territory": [True, True]},
    geometry=[shapely.box(713_000, 6_943_000, 719_000, 6_950_000), shapely.box(684_000, 6_920_000, 692_000, 6_930_000)],
    index=pd.Index(["02173", "60159"], name="code"),
    crs=2154,
)
MAIRIES = gpd.GeoDataFrame(
    {"commune": ["02173", "60159"], "category": "mairie"},
    geometry=[shapely.Point(715_800, 6_946_200), shapely.Point(687_300, 6_924_200)],
    crs=2154,
)
TOLD = "given back its leading zero, or lost decimals (line 2 "


def assert_put_right(table, communes=("02173", "60159")):
    assert table["commune"].tolist() == list(communes)
    (told,) = [note for note in table.attrs["read_notes"] if note.key == "codes_put_right"]
    assert TOLD in told


HEAD = "id;nom;insee;longitude;latitude\n"


def put(folder: Path, text: str) -> Path:
    path = folder / "t.csv"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("clip", [True, False])
def test_services_counted_by_commune(tmp_path: Path, clip: bool) -> None:
    path = put(tmp_path, "CODGEO;TYPEQU;NB_EQUIP\n2173;B203;5\n60159;B203;11\n")
    assert_put_right(read_services(path, communes=COMMUNES, mairies=MAIRIES, clip=clip))


@pytest.mark.parametrize("crs", [2154, 32631])
def test_services_with_points_in_any_crs(tmp_path: Path, crs: int) -> None:
    path = put(tmp_path, HEAD + "1;A;2173;3.21;49.62\n2;B;60159;2.82;49.41\n3;C;75056;2.3;48.8\n")
    assert_put_right(read_services(path, category="pharmacy", communes=COMMUNES.to_crs(crs), clip=True))


def test_residents(tmp_path: Path) -> None:
    path = put(tmp_path, "id;insee;population;x;y\n1;2173;5;715000;6945000\n2;60159;6;687000;6924000\n")
    assert_put_right(read_residents(path, COMMUNES, crs="EPSG:2154", clip=True))


def test_schools(tmp_path: Path) -> None:
    head = "numero_uai;appellation_officielle;code_commune;longitude;latitude;nature_uai_libe\n"
    path = put(tmp_path, head + "0020001A;A;2173;3.21;49.62;ECOLE ELEMENTAIRE\n0600001B;B;60159;2.82;49.41;COLLEGE\n")
    assert_put_right(schools(path, COMMUNES, mairies=MAIRIES, clip=True))


def test_codes_of_spreadsheets_with_decimals(tmp_path: Path) -> None:
    path = put(tmp_path, HEAD + "1;A;2173.0;3.21;49.62\n2;B;60159;2.82;49.41\n")
    assert_put_right(read_services(path, category="pharmacy", communes=COMMUNES, clip=True))


def test_whole_codes_are_clipped_as_before(tmp_path: Path) -> None:
    path = put(tmp_path, HEAD + "1;A;02173;3.21;49.62\n2;B;75056;2.3;48.8\n3;C;2A004;8.7;41.9\n")
    read = read_services(path, category="pharmacy", communes=COMMUNES, clip=True)
    assert read["commune"].tolist() == ["02173"]
