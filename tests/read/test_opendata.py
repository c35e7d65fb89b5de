"""Every real file handed over is known by what it holds, and read by what `recognise` names, all its rows told."""

from __future__ import annotations

import re
from operator import attrgetter
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest

import accessmap as am
from accessmap.errors import SourceError, TableError
from accessmap.read.communes import read_communes
from accessmap.read.companions import composition
from accessmap.read.files import read_table
from accessmap.read.layouts.registry import READERS
from accessmap.read.recognising import Recognised, recognise, recognised
from accessmap.read.services import read_services

# kind, rows and date of each file, as the READMEs beside them tell, and how many are read: where no README tells it,
# rows in are rows out and rows that the notes count (LEFT).
OPENDATA = {
    "admin_express_carto_974_2018.zip": ("communes", 24, "2018", 24),
    "adresse_geolocalisation_35.csv": ("schools", 117, "", 117),
    "annuaire_education_35.csv": ("schools", 996, "2023-06-08", 873),
    "arcep_commune-debit_2019-09.csv": ("digital", 3334, "2019-09-30", 3304),
    "bibliotheques_publiques.csv": ("services", 549, "", None),
    "ecoles_effectifs_35.csv": ("roll", 2704, "2022", 675),
    "effectifs_second_degre_35.csv": ("roll", 823, "2019-2020", 166),
    "epci_composition.xlsx": ("epci", 34931, "2024", 34931),
    "france_services_2022-12.csv": ("services", 283, "2022-12", None),
    "laposte_poincont_2021.csv": ("services", 972, "2021", None),
}
CHAUNOIS = {
    "access_minutes_departement_2023.csv": ("minutes", 24, "2023", 24),
    "apl_age_weights.csv": ("indicator", 19, "2023", 2 * 19),
    "apl_generalistes_2022.csv": ("indicator", 1397, "2022", 1397),
    "bpe_2013_counts.csv": ("services", 13925, "2013", 13925),
    "communes.gpkg": ("communes", 1397, "", 1397),
    "conseillers_numeriques_2022.csv": ("services", 28, "2022", 28),
    "eloignement_equipements_2021.csv": ("indicator", 1397, "2021", 3 * 1397),
    "fibre_2025.csv": ("digital", 1258, "2025", 1258),
    "france_services_2024-08.csv": ("services", 90, "2024-08", None),
    "ftth_2018q1.csv": ("digital", 1397, "2018", 1397),
    "generalistes_c2018.csv": ("services", 204, "2018", 204),
    "hospitals_finess_2020.csv": ("services", 149, "2020", None),
    "mairies.gpkg": ("services", 1396, "", 1396),
    "population_1km_2021.csv": ("residents", 6510, "2021", None),
    "roads_edges.csv": ("edges", 10483, "", 10483),
    "roads_nodes.csv": ("nodes", 7545, "", 7545),
}
FRANCE = {
    "access_minutes_2023.csv": ("minutes", 126, "2023", 126),
    "bpe_2013_counts.parquet": ("services", 625834, "2013", None),
    "communes.parquet": ("communes", 34875, "", None),
    "tm_france_edges.csv.gz": ("edges", 217488, "", 217488),
    "tm_france_nodes.csv.gz": ("nodes", 158868, "", 158868),
}
LEFT = ("in none of the communes left out", "people who live in none")


@pytest.fixture(scope="module")
def near(real_data: Path) -> gpd.GeoDataFrame:
    return read_communes(real_data / "communes.gpkg")


def around(data: Path, *departements: str) -> gpd.GeoDataFrame:
    """The communes of départements, of the national table."""
    table = gpd.read_parquet(data / "france" / "communes.parquet")
    whole = table["population"].notna() & table.geometry.notna()
    return read_communes(table[whole & table["dep"].isin(departements)])


def read(one: Recognised, communes: gpd.GeoDataFrame, beside: Path) -> pd.DataFrame:
    """What the reader that `recognise` names makes of a table, with its companions."""
    name = READERS[one.kind]
    if name == "RoadNetwork.from_edges":
        network = roads(one.file.parent)
        return network.nodes if one.kind == "nodes" else network.edges.iloc[::2]  # each there and back
    reader = attrgetter(name)(am)
    if one.kind == "epci":
        return composition(one.path).table
    if one.kind == "communes":
        return reader(one.path, population=beside, epci=beside) if one.missing else reader(one.path)
    if one.kind == "services":
        unknown = "category" in one.missing or (one.layout is None and not one.categories)
        category = (
            {"generalistes_c2018.csv": "general_practitioner", "mairies.gpkg": "mairie"}[one.file.name]
            if unknown
            else None
        )
        return reader(one.path, communes=communes, clip=True, category=category)
    if one.kind in ("schools", "residents"):
        options = {"cell_metres": 1000} if one.kind == "residents" else {}
        return reader(one.path, communes, clip=True, **options)
    return reader(one.path, communes) if one.kind == "digital" else reader(one.path)


def roads(folder: Path) -> am.RoadNetwork:
    nodes, edges = (read_table(next(folder.glob(f"*{name}.csv*"))).table for name in ("nodes", "edges"))
    edges = edges.rename(columns={"u_id": "u", "v_id": "v"})
    edges = edges.assign(length_m=edges["length_m"].astype(float), minutes=edges["length_m"].astype(float) / 1000)
    places = nodes.set_index("id")[["lon", "lat"]].astype(float)
    return am.RoadNetwork.from_edges(places, edges[["u", "v", "minutes", "length_m"]], directed=False)


def check_counts(found: list[Recognised], wanted: dict, communes: gpd.GeoDataFrame, beside: Path) -> None:
    assert {one.file.name: (one.kind, one.rows, one.vintage) for one in found} == {
        name: each[:3] for name, each in wanted.items()
    }
    for one in found:
        if one.file.name == "communes.parquet":
            continue  # read département by département: `around`
        table = read(one, communes, beside)
        notes = [str(note) for note in table.attrs.get("read_notes", ())]
        rows = len(table.dropna(how="all")) if one.kind == "digital" else len(table)
        expected = wanted[one.file.name][3]
        if expected is None:
            told = [
                int(re.search(r": ([\d,]+) ", note)[1].replace(",", "")) for note in notes if any(map(note.count, LEFT))
            ]
            assert rows + sum(told) == one.rows, one.file.name
        else:
            assert rows == expected, one.file.name
        if one.kind not in ("epci", "communes", "nodes", "edges"):
            assert table.attrs.get("vintage", "") == one.vintage, one.file.name


def test_small_files_of_the_pays_chaunois_are_known_and_read(real_data: Path, near: gpd.GeoDataFrame) -> None:
    small = {name: each for name, each in CHAUNOIS.items() if each[1] < 200 or each[0] in ("digital", "indicator")}
    assert {each[0] for each in small.values()} == {"minutes", "indicator", "services", "digital"}
    check_counts([one for name in small for one in recognised(real_data / name)], small, near, real_data)


@pytest.mark.slow
def test_every_file_of_the_pays_chaunois_is_known_and_read(real_data: Path, near: gpd.GeoDataFrame) -> None:
    check_counts(recognised(real_data), CHAUNOIS, near, real_data)


@pytest.mark.slow
def test_every_file_of_open_data_is_known_and_read(data_folder: Path) -> None:
    communes = around(data_folder, "02", "08", "35", "49", "51", "60", "80")
    folder = data_folder / "opendata"
    check_counts(recognised(folder), OPENDATA, communes, folder / "epci_composition.xlsx")


@pytest.mark.slow
def test_every_file_of_france_is_known_and_read(data_folder: Path) -> None:
    check_counts(recognised(data_folder / "france"), FRANCE, around(data_folder, "02", "46", "64"), data_folder)


@pytest.mark.parametrize(
    ("file", "read", "message"),
    [
        ("opendata/admin_express_carto_974_2018.zip", "communes", "'population' is missing.* legal populations as"),
        ("pays-chaunois/fibre_2025.csv", "services", "ARCEP's digital coverage by commune; see am.read.digital"),
        ("pays-chaunois/generalistes_c2018.csv", "services", "counts by commune, and does not say what: say it with"),
        ("opendata/ecoles_effectifs_35.csv", "schools", "give it as roll= beside a list of schools"),
        pytest.param(
            *("opendata/epci_composition.xlsx", "communes", "has no boundaries: give .* this one as epci="),
            marks=pytest.mark.slow,
        ),
        ("pays-chaunois/population_1km_2021.csv", "residents", "x and y come without a CRS"),
    ],
)
def test_file_that_needs_another_says_which_in_one_sentence(
    data_folder: Path, near: gpd.GeoDataFrame, file: str, read: str, message: str
) -> None:
    readers = {"communes": read_communes, "services": read_services}
    readers["schools"] = lambda path: am.read.schools(path, near)
    readers["residents"] = lambda path: am.read_residents(path, near)
    with pytest.raises((SourceError, TableError), match=message) as caught:
        readers[read](data_folder / file)
    assert len([each for each in caught.value.problems if not each.key.startswith("crs_would")]) == 1


def test_rows_in_the_communes_are_counted_by_code_or_place(real_data: Path, near: gpd.GeoDataFrame) -> None:
    communes = near[near["in_territory"]]
    for name, rows in (("france_services_2024-08.csv", 3), ("mairies.gpkg", 83), ("hospitals_finess_2020.csv", None)):
        table = recognise(real_data / name, communes=communes)
        inside = table["rows_inside"].iloc[0]
        assert inside == rows if rows is not None else 0 < inside < 149


def test_services_are_read_with_the_rows_that_are_in_the_communes(real_data: Path, near: gpd.GeoDataFrame) -> None:
    path = real_data.parent / "opendata" / "france_services_2022-12.csv"
    raw = pd.read_csv(path, dtype=str).set_index("id_fs")
    inside = raw[raw["insee_com"].isin(near.index)]
    services = read_services(path, communes=near, clip=True)
    assert set(inside.index) <= set(services.index)
    assert services["mobile"][inside.index].tolist() == (inside["itinerance"] == "Oui").tolist()
    assert not {"mail", "telephone"} & set(services)
