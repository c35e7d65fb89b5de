"""Every real file handed over is known by what it holds, and read with the counts written beside it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from accessmap.errors import TableError
from accessmap.read.communes import read_communes
from accessmap.read.recognising import recognise, recognised
from accessmap.read.services import read_services

# kind, rows and date of each file, as the READMEs beside them tell.
OPENDATA = {
    "admin_express_carto_974_2018.zip": ("communes", 24, "2018"),
    "adresse_geolocalisation_35.csv": ("schools", 117, ""),
    "annuaire_education_35.csv": ("schools", 996, "2023-06-08"),
    "arcep_commune-debit_2019-09.csv": ("digital", 3334, "2019-09-30"),
    "bibliotheques_publiques.csv": ("services", 549, ""),
    "ecoles_effectifs_35.csv": ("roll", 2704, "2022"),
    "effectifs_second_degre_35.csv": ("roll", 823, "2019-2020"),
    "epci_composition.xlsx": ("epci", 34931, "2024"),
    "france_services_2022-12.csv": ("services", 283, "2022"),
    "laposte_poincont_2021.csv": ("services", 972, "2021"),
}
CHAUNOIS = {
    "access_minutes_departement_2023.csv": ("minutes", 24, "2023"),
    "apl_age_weights.csv": ("indicator", 19, "2023"),
    "apl_generalistes_2022.csv": ("indicator", 1397, "2022"),
    "bpe_2013_counts.csv": ("services", 13925, "2013"),
    "communes.gpkg": ("communes", 1397, ""),
    "conseillers_numeriques_2022.csv": ("services", 28, "2022"),
    "eloignement_equipements_2021.csv": ("indicator", 1397, "2021"),
    "fibre_2025.csv": ("digital", 1258, "2025"),
    "france_services_2024-08.csv": ("services", 90, "2024"),
    "ftth_2018q1.csv": ("digital", 1397, "2018"),
    "generalistes_c2018.csv": ("services", 204, "2018"),
    "hospitals_finess_2020.csv": ("services", 149, "2020"),
    "mairies.gpkg": ("services", 1396, ""),
    "population_1km_2021.csv": ("residents", 6510, "2021"),
    "roads_edges.csv": ("edges", 10483, ""),
    "roads_nodes.csv": ("nodes", 7545, ""),
}
FRANCE = {
    "access_minutes_2023.csv": ("minutes", 126, "2023"),
    "bpe_2013_counts.parquet": ("services", 625834, "2013"),
    "communes.parquet": ("communes", 34875, ""),
    "tm_france_edges.csv.gz": ("edges", 217488, ""),
    "tm_france_nodes.csv.gz": ("nodes", 158868, ""),
}


@pytest.mark.parametrize(
    ("folder", "wanted"),
    [
        ("pays-chaunois", CHAUNOIS),
        pytest.param("opendata", OPENDATA, marks=pytest.mark.slow),
        pytest.param("france", FRANCE, marks=pytest.mark.slow),
    ],
)
def test_every_file_of_a_folder_is_known_by_what_it_holds(real_data: Path, folder: str, wanted: dict) -> None:
    found = {one.file.name: (one.kind, one.rows, one.vintage) for one in recognised(real_data.parent / folder)}
    assert found == wanted


def test_rows_in_the_communes_are_counted_by_code_or_place(real_data: Path) -> None:
    communes = read_communes(real_data / "communes.gpkg")
    communes = communes[communes["in_territory"]]
    for name, rows in (("france_services_2024-08.csv", 3), ("mairies.gpkg", 83), ("hospitals_finess_2020.csv", None)):
        table = recognise(real_data / name, communes=communes)
        inside = table["rows_inside"].iloc[0]
        assert inside == rows if rows is not None else 0 < inside < 149


def test_boundaries_without_population_say_what_is_missing(real_data: Path) -> None:
    path = real_data.parent / "opendata" / "admin_express_carto_974_2018.zip"
    assert recognise(path).loc[0, "missing"] == "population"
    with pytest.raises(TableError, match="population"):
        read_communes(path)


def test_services_are_read_with_the_rows_that_are_in_the_communes(real_data: Path) -> None:
    path = real_data.parent / "opendata" / "france_services_2022-12.csv"
    communes = read_communes(real_data / "communes.gpkg")
    raw = pd.read_csv(path, dtype=str).set_index("id_fs")
    inside = raw[raw["insee_com"].isin(communes.index)]
    services = read_services(path, communes=communes, clip=True)
    assert set(inside.index) <= set(services.index)
    assert services["mobile"][inside.index].tolist() == (inside["itinerance"] == "Oui").tolist()
    assert not {"mail", "telephone"} & set(services)
