"""Of when the data of a file are: what tells it, and which of two is taken."""

import zipfile
from pathlib import Path

import geopandas as gpd
import osmium
import osmium.osm.mutable
import pandas as pd
import pytest
import shapely

import accessmap as am
from accessmap.errors import AccessmapError
from accessmap.read.dating import day_of
from accessmap.read.files import read_table
from accessmap.read.recognising import recognised
from accessmap.sentences.dates import vintages


@pytest.mark.parametrize(
    ("name", "date"),
    [
        ("etalab-cs1100507-stock-20230913-0338.csv", "2023-09-13"),
        ("ADMIN-EXPRESS-COG-CARTO_3-2__SHP_LAMB93_FXX_2023-05-03.zip", "2023-05-03"),
        ("BDT_3-5_GPKG_LAMB93_D002-ED2024-03-15.gpkg", "2024-03-15"),
        ("EPCI_au_01-01-2024.xlsx", "2024-01-01"),
        ("PS_LibreAcces_202403.txt", "2024-03"),
        ("liste_2022-12.csv", "2022-12"),
        ("effectifs_2019-2020.csv", "2019-2020"),
        ("Filosofi2017_carreaux_200m_met.csv", "2017"),
        ("bpe21_ensemble_xy.csv", "2021"),
        ("BPE24.csv", "2024"),
        ("pop_2010_2021.csv", "2021"),
        *((name, "") for name in ("lambert_2154.csv", "communes_02012.csv", "plan_2050.csv", "carreaux_1km.gpkg")),
    ],
)
def test_date_of_a_name(name: str, date: str) -> None:
    assert day_of(name) == date


def table_of(folder: Path, name: str, text: str) -> pd.DataFrame:
    path = folder / name
    path.write_text(text, "utf-8")
    return read_table(path)


BPE = "AN;DEPCOM;TYPEQU;NB_EQUIP\n{an};02173;D307;2\n"


@pytest.mark.parametrize(
    ("name", "text", "vintage", "told"),
    [
        ("bpe21.csv", BPE.format(an="2021"), "2021", "data of 2021, as its column 'AN' says."),
        (
            "bpe24.csv",
            BPE.format(an="2021"),
            "2021",
            "'AN' says; not of 2024, as the name of the file says.",
        ),
        ("lieux.csv", "nom;insee;date_maj\nA;02173;03/05/2024\nB;02304;2023-01-01\n", "2024-05-03", "'date_maj'"),
        ("lieux.csv", "nom;insee;annee\nA;02173;1954\nB;02304;2015\n", "", ""),
        ("lieux.csv", "nom;insee;annee\nA;02173;2015\nB;02304;2015\n", "2015", "'annee'"),
        ("pop.csv", "CODGEO;P13_POP;P21_POP\n02173;5;6\n", "2021", "the name of its column"),
        (
            "p.csv",
            "Populations 2021 en vigueur au 1er janvier 2024\n\ncode;nom;p\n1;a;3\n2;b;4\n",
            "2021",
            "title",
        ),
    ],
)
def test_what_tells_the_date(tmp_path: Path, name: str, text: str, vintage: str, told: str) -> None:
    raw = table_of(tmp_path, name, text)
    assert raw.vintage == vintage
    assert told in "\n".join(note for note in raw.notes if note.key.startswith("dated"))


def test_finess_is_of_the_day_of_its_first_line(tmp_path: Path) -> None:
    row = ["structureet", "020000063", "020000253", "CH", *[""] * 8, "173", "02", *[""] * 4, "355", "CH", *[""] * 12]
    raw = table_of(tmp_path, "etalab-2019.csv", f"finess;etalab;98;2023-09-13\n{';'.join(row)}\n")
    assert raw.vintage == "2023-09-13"


def test_dates_come_to_the_study_without_being_written(tmp_path: Path) -> None:
    """A file of services dates its category, and the sentence of the head of a dossier says it."""
    squares = [shapely.box(x, 6_940_000, x + 9_000, 6_949_000) for x in (710_000, 719_000)]
    rows = {"insee": ["02173", "02304"], "nom": ["A", "B"]}
    gpd.GeoDataFrame(rows, geometry=squares, crs=2154).to_file(tmp_path / "communes_2026.gpkg")
    people = pd.DataFrame({"CODGEO": ["02173", "02304"], "PMUN": [100, 50]})
    people.to_csv(tmp_path / "populations_legales_2011.csv", index=False)
    people.assign(EPCI="200071785", LIBEPCI="CC").to_csv(tmp_path / "epci.csv", index=False)
    people.assign(ZRR="C").drop(columns="PMUN").to_csv(tmp_path / "zrr_2017.csv", index=False)
    middles = {"x_lambert93": [714_000, 723_000], "y_lambert93": 6_945_000}
    pd.DataFrame({"insee": ["02173", "02304"], "nom": ["A", "B"], **middles}).to_csv(tmp_path / "mairies.csv")
    pd.DataFrame([{"insee": "02173", "count": 4}]).to_csv(tmp_path / "generalistes_2013.csv", index=False)
    with zipfile.ZipFile(tmp_path / "lots.zip", "w") as lots:  # of two tables, one is meant
        lots.write(tmp_path / "generalistes_2013.csv", "generalistes_2013.csv")
        lots.writestr("autres_2013.csv", "insee;count\n02304;9\n")
    text = """
    [study]
    title = "C"
    [communes]
    path = "communes_2026.gpkg"
    population = "populations_legales_2011.csv"
    epci = "epci.csv"
    zonages = "zrr_2017.csv"
    [residents]
    modelled = true
    [[services]]
    path = "mairies.csv"
    category = "mairie"
    [[services]]
    path = "lots.zip!generalistes_2013.csv"
    category = "general_practitioner"
    [roads]
    modelled = true
    """
    (tmp_path / "study.toml").write_text(text, "utf-8")
    study = am.load_study(tmp_path / "study.toml")
    assert study.vintage("services", "general_practitioner") == "2013"
    assert study.services.query("category == 'general_practitioner'")["capacity"].tolist() == [4]
    assert study.vintage("communes") == "2026"
    assert study.vintage("services", "mairie") == ""
    # the people are those of the file of populations, whoever draws the communes
    assert study.vintage("residents") == study.vintage("population") == "2011"
    first, beside = (line.replace("\xa0", " ") for line in vintages(study.vintages))
    assert first == "Données : habitants de 2011, médecins généralistes de 2013\u202f; date inconnue : mairies."
    assert beside == "Et aussi : communes de 2026, zonages de 2017\u202f; date inconnue : composition des EPCI."
    known = {name: source for source in study.provenance.sources for name in source.of}
    assert (known["population"].publisher, known["population"].licence) == ("INSEE", "Licence Ouverte")
    (tmp_path / "study.toml").write_text(text.replace("zip!generalistes_2013.csv", "zip"), "utf-8")
    with pytest.raises(AccessmapError, match="lots.zip!autres_2013.csv', 'lots.zip!generalistes_2013.csv'"):
        am.load_study(tmp_path / "study.toml")


FEED = {
    "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nS1,Gare,49.61,3.21\n",
    "calendar.txt": "service_id,monday,start_date,end_date\nA,1,20240902,20250705\n",
    "calendar_dates.txt": "service_id,date,exception_type\nA,20250714,1\n",
}


@pytest.mark.parametrize(
    ("info", "first", "last"),
    [
        ("", "2024-09-02", "2025-07-14"),  # the calendars, with the day that is added
        ("feed_publisher_name,feed_start_date,feed_end_date\nX,20240901,20250831\n", "2024-09-01", "2025-08-31"),
        ("feed_publisher_name,feed_start_date\nX,20240101\n", "2024-09-02", "2025-07-14"),
    ],
)
def test_a_timetable_is_of_the_days_that_it_tells_and_not_of_its_name(info, first, last, tmp_path: Path) -> None:
    path = tmp_path / "gtfs_2019-03-01.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in {**FEED, **({"feed_info.txt": info} if info else {})}.items():
            archive.writestr(name, text)
    (one,) = recognised(path)
    assert (one.kind, one.vintage) == ("services", first)
    assert f"horaires du {first} au {last}" in one.reason.told("fr")


@pytest.mark.parametrize(("stamp", "day"), [("", "2023-05-06"), ("2024-02-03T04:05:06Z", "2024-02-03")])
def test_a_file_of_openstreetmap_is_of_its_header_or_its_newest_object(stamp: str, day: str, tmp_path: Path) -> None:
    path = tmp_path / "picardie_2019-03-01.osm.pbf"
    header = osmium.io.Header()
    if stamp:
        header.set("osmosis_replication_timestamp", stamp)
    with osmium.SimpleWriter(str(path), header=header) as writer:
        for number, when in enumerate(("2020-01-02", "2023-05-06"), start=1):
            seen = f"{when}T00:00:00Z"
            writer.add_node(osmium.osm.mutable.Node(id=number, location=(3.2, 49.6), version=1, timestamp=seen))
    (one,) = recognised(path)
    assert (one.kind, one.vintage) == ("roads", day)
