"""The files of services that France publishes, on extracts in the shape of the real ones, and their traps."""

import logging
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from accessmap.categories import CATEGORIES
from accessmap.errors import SourceError, TableError
from accessmap.measures.apl import activity as apl_activity
from accessmap.read.codes import merged_communes, to_loaded
from accessmap.read.columns import plain
from accessmap.read.communes import read_communes
from accessmap.read.coordinates import degrees, epsg_of_commune
from accessmap.read.layouts.finess import finess_services, finess_table
from accessmap.read.layouts.kinds import kinds, kinds_of
from accessmap.read.residents import read_residents
from accessmap.read.services import read_services
from accessmap.tables.checks import METRIC_CRS
from accessmap.tables.contracts import check_services

X, Y = 713_000.0, 6_946_000.0


@pytest.fixture
def communes() -> gpd.GeoDataFrame:
    """Abbécourt, Chauny and Anizy-le-Grand as squares of 1 km in a row."""
    boxes = [shapely.box(X + 1000 * k, Y, X + 1000 * (k + 1), Y + 1000) for k in range(3)]
    return gpd.GeoDataFrame(
        {"name": ["Abbécourt", "Chauny", "Anizy-le-Grand"], "population": 500, "epci": "e", "in_territory": True},
        geometry=boxes,
        index=pd.Index(["02001", "02173", "02018"], name="code"),
        crs=METRIC_CRS,
    )


@pytest.fixture
def mairies(communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Their mairies, 100 m from the south-west corner."""
    table = communes[["name"]].assign(category="mairie", commune=communes.index).reset_index(drop=True)
    points = [shapely.Point(X + 1000 * k + 100, Y + 100) for k in range(3)]
    return gpd.GeoDataFrame(table, geometry=points, crs=METRIC_CRS).rename_axis("service_id")


def saved(folder: Path, text: str, name: str = "s.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def notes(table: gpd.GeoDataFrame) -> str:
    return "\n".join(table.attrs["read_notes"])


# --- FINESS -----------------------------------------------------------------------------------------------------------


def establishment(number: str, name: str, department: str, commune: str, category: str, label: str) -> str:
    fields = [
        number,
        "020000253",
        name[:38],
        name,
        "",
        "",
        "1",
        "R",
        "DE L'HOPITAL",
        "",
        "",
        commune,
        department,
        "AISNE",
    ]
    fields += ["02300 CHAUNY", "0323385300", "", category, label, "1102", "Centres Hospitaliers", "26020003100019"]
    fields += ["8610Z", "03", "ARS", "1", "Etablissement public de santé", "1979-02-13", "1979-02-13", "2020-02-04", ""]
    assert len(fields) == 31
    return "structureet;" + ";".join(fields)


FINESS = "\n".join(
    [
        "finess;etalab;98;2026-05-12",
        establishment("020000063", "CH DE CHAUNY ŒUVRE « É »", "02", "173", "355", "Centre Hospitalier (C.H.)"),
        establishment("020004404", 'PHARMACIE "DU CENTRE"', "02", "001", "620", "Pharmacie d'Officine"),
        establishment("020010000", "EHPAD LES TILLEULS", "02", "173", "500", "EHPAD"),
        establishment("970100012", "POLYCLINIQUE DE GUADELOUPE", "9A", "101", "365", "Soins Pluridisciplinaire"),
        establishment("980500012", "HOPITAL DE SIA", "9J", "613", "355", "Centre Hospitalier (C.H.)"),
        establishment("020099999", "MAISON DE SANTE", "02", "018", "603", "Maison de santé (L.6223-3)"),
        "geolocalisation;020000063;714500.5;6946500.5;1,ATLASANTE,96,BAN,EPSG:2154 RGF93 / Lambert-93 (Métropole);2026",
        "geolocalisation;020004404;713500;6946500;1,ATLASANTE,100,IGN,BD_ADRESSE,V2.2,LAMBERT_93;2021-01-04",
        "geolocalisation;020010000;714600;6946600;4,ATLASANTE,.,ADMIN-EXPRESS-2023,EPSG:2154 RGF93 / Lambert-93;2026",
        "geolocalisation;970100012;657242.9;1795384.4;2,ATLASANTE,96,BAN,EPSG:5490 RGAF09/UTM Zone 20N (Antilles);2026",
        "geolocalisation;980500012;550000;8530000;4,ATLASANTE,.,MAPS,WGS84/UTM zone 1S (Wallis-et-Futuna);2026",
        "geolocalisation;990000000;714600;6946600;1,ATLASANTE,96,BAN,EPSG:2154;2026",
    ]
)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252"])
def test_finess_extraction_is_joined_placed_and_named_by_its_codes(tmp_path, communes, mairies, encoding) -> None:
    path = saved(tmp_path, FINESS, "etalab-cs1100507-stock.csv", encoding)
    read = read_services(path, communes=communes, mairies=mairies, clip=True)
    assert read.index.tolist() == ["020000063", "020004404", "020010000", "020099999"]
    assert read["category"].tolist() == ["hospital", "pharmacy", "ehpad", "health_house"]
    assert read["category_label"].isna().tolist() == [True, True, False, True]
    assert read["commune"].tolist() == ["02173", "02001", "02173", "02018"]
    assert read.loc["020000063", "name"] == "CH DE CHAUNY ŒUVRE « É »"
    assert read.loc["020004404", "name"] == 'PHARMACIE "DU CENTRE"'
    assert read.geometry["020000063"].distance(shapely.Point(714_500.5, 6_946_500.5)) < 0.01
    assert read["point_quality"].tolist() == ["geocoded", "geocoded", "commune", "placed_at_mairie"]
    assert read.geometry["020099999"].equals(mairies.geometry.iloc[2])
    assert read["categetab"].tolist() == ["355", "620", "500", "603"]
    said = notes(read)
    assert "2 services in none of the communes left out, as asked." in said
    assert "FINESS extraction of 2026-05-12, 6 establishments." in said
    assert "1 place of no establishment left out, such as 990000000." in said
    assert "2 establishments geocoded to their commune only" in said


def test_finess_without_coordinates_is_placed_at_the_mairie(tmp_path, communes, mairies) -> None:
    text = "\n".join(line for line in FINESS.split("\n") if not line.startswith("geo"))
    path = saved(tmp_path, text, "etalab-cs1100502-stock.csv")
    read = read_services(path, category="pharmacy", communes=communes, mairies=mairies)
    assert read.index.tolist() == ["020004404"]
    assert read["point_quality"].tolist() == ["placed_at_mairie"]
    assert "5 rows of other kinds left out, as asked." in notes(read)


def test_finess_with_a_header_is_read_alike(tmp_path, communes, mairies) -> None:
    plain = read_services(saved(tmp_path, FINESS), communes=communes, mairies=mairies, clip=True)
    table = finess_table("x", FINESS).table
    path = tmp_path / "finess_etablissements.csv"
    table.to_csv(path, sep=";", index=False)
    joined = read_services(path, communes=communes, mairies=mairies, clip=True)
    assert joined["category"].tolist() == plain["category"].tolist()
    assert joined.geometry.geom_equals_exact(plain.geometry, 0.01).all()


def test_overseas_establishments_without_clip_are_named_with_the_remedy(tmp_path, communes) -> None:
    with pytest.raises(
        TableError, match="2 services outside metropolitan France: give communes=… and clip=True"
    ) as caught:
        read_services(saved(tmp_path, FINESS), communes=communes)
    assert "line 5 '970100012'" in str(caught.value)


@pytest.mark.parametrize(
    ("department", "three", "code"),
    [
        ("02", "173", "02173"),
        ("2A", "004", "2A004"),
        ("9A", "101", "97101"),
        ("9D", "411", "97411"),
        ("9J", "613", "98613"),
    ],
)
def test_code_of_a_commune_is_made_of_department_and_three_figures(department, three, code) -> None:
    text = establishment("020000063", "CH", department, three, "355", "C.H.")
    raw = finess_table("f.csv", text)
    assert finess_services(raw).table["commune"].tolist() == [code]


def test_point_is_in_the_projection_its_row_names_on_either_side_of_the_equator() -> None:
    read = finess_services(finess_table("f.csv", FINESS)).table.set_index("service_id")
    assert read.loc["970100012", ["lon", "lat"]].tolist() == pytest.approx([-61.52874, 16.234], abs=1e-4)  # Les Abymes
    lon, lat = read.loc["980500012", ["lon", "lat"]]
    assert -177 < lon < -176
    assert -14 < lat < -13  # Wallis


def test_finess_row_with_a_field_too_many_is_named(tmp_path) -> None:
    broken = FINESS.replace("LES TILLEULS", "LES;TILLEULS", 1)
    with pytest.raises(SourceError, match=r"31 fields and a place 5, .*first, and not line 4 \(32 fields\)"):
        read_services(saved(tmp_path, broken))


@settings(deadline=None)
@given(st.floats(100_000, 1_200_000), st.floats(6_050_000, 7_100_000))
def test_metropolitan_points_come_back_from_degrees(x: float, y: float) -> None:
    lon, lat = degrees(pd.Series([x]), pd.Series([y]), [2154])
    back = Transformer.from_crs(4326, 2154, always_xy=True).transform(lon[0], lat[0])
    assert np.hypot(back[0] - x, back[1] - y) < 0.01


@pytest.mark.parametrize(
    ("commune", "box"),
    [
        ("97101", (-61.9, 15.8, -61.0, 16.6)),
        ("97209", (-61.3, 14.3, -60.7, 15.0)),
        ("97302", (-54.7, 2.0, -51.5, 6.0)),
        ("97411", (55.2, -21.5, 55.9, -20.8)),
        ("97608", (45.0, -13.1, 45.4, -12.5)),
    ],
)
def test_legal_projection_of_a_commune_holds_its_part_of_the_country(commune: str, box: tuple[float, ...]) -> None:
    middle = shapely.box(*box).centroid
    x, y = Transformer.from_crs(4326, epsg_of_commune(commune), always_xy=True).transform(middle.x, middle.y)
    lon, lat = degrees(pd.Series([x]), pd.Series([y]), [epsg_of_commune(commune)])
    assert shapely.box(*box).contains(shapely.Point(lon[0], lat[0]))
    assert 100_000 < x < 900_000  # a UTM zone that is not the place's own gives numbers far outside


# --- BPE --------------------------------------------------------------------------------------------------------------

ENSEMBLE = "CODGEO;TYPEQU;NB_EQUIP\n02173;D201;9\n02173;B203;5\n02001;B203;1\n02301;E101;2\n02001;A504;0\n"
BY_IRIS = """"REG";"DEPCOM";"DCIRIS";"AN";"TYPEQU";"NB_EQUIP"
"32";"02173";"02173_0101";"2018";"D201";4
"32";"02173";"02173_0102";"2018";"D201";5
"""
WIDE = "CODGEO;LIBGEO;NB_D201;NB_B203\n02173;Chauny;9;5\n02001;Abbécourt;0;1\n"
MELODI = (
    "GEO;GEO_OBJECT;FACILITY_DOM;FACILITY_SDOM;FACILITY_TYPE;BPE_MEASURE;TIME_PERIOD;OBS_VALUE\n"
    "02173;COM;D;D2;D265;FACILITIES;2025;9\n02173;COM;D;D2;_T;FACILITIES;2025;40\n02;DEP;D;D2;D265;FACILITIES;2025;400\n"
    "02173;COM;D;D2;D265;FACILITIES;2024;11\n02001;COM;B;B2;B207;FACILITIES;2025;1\n"
)
LABELLED = (
    "insee,equipment,count,code_is_current\n02173,Médecin omnipraticien,9,True\n02301,Taxi,2,False\n"
    '02001,"Plombier, couvreur, chauffagiste",1,True\n'
)


def test_counts_stand_at_the_mairie_marked_with_the_count_as_capacity(tmp_path, communes, mairies) -> None:
    read = read_services(saved(tmp_path, ENSEMBLE), communes=communes, mairies=mairies)
    assert read.index.tolist() == ["bpe-02173-D201", "bpe-02173-B203", "bpe-02001-B203", "bpe-02301-E101"]
    assert read["category"].tolist() == ["general_practitioner", "bakery", "bakery", "taxi"]
    assert read["capacity"].tolist() == [9, 5, 1, 2]
    assert read["typequ"].tolist() == ["D201", "B203", "B203", "E101"]
    assert set(read["point_quality"]) == {"placed_at_mairie"}
    assert read.geometry["bpe-02173-D201"].equals(mairies.geometry.iloc[1])
    assert "1 count of 0 passed over" in notes(read)


def test_commune_since_merged_is_the_one_of_today_and_is_told(tmp_path, communes, mairies) -> None:
    read = read_services(saved(tmp_path, ENSEMBLE), communes=communes, mairies=mairies)
    taxi = read.loc["bpe-02301-E101"]
    assert (taxi["commune"], taxi["commune_in_file"]) == ("02018", "02301")
    assert "1 service of 1 commune since merged" in notes(read)
    assert "02301 → 02018" in notes(read)
    own = read_services(saved(tmp_path, ENSEMBLE), communes=communes, mairies=mairies, successors={"02301": "02001"})
    assert own.loc["bpe-02301-E101", "commune"] == "02001"


def test_counts_by_iris_are_added_up_by_commune(tmp_path, communes, mairies) -> None:
    read = read_services(saved(tmp_path, BY_IRIS), communes=communes, mairies=mairies)
    assert read["capacity"].to_dict() == {"bpe-02173-D201": 9}
    assert "2 rows added up by commune and kind" in notes(read)


def test_one_column_a_kind_is_the_same_as_one_row_a_kind(tmp_path, communes, mairies) -> None:
    read = read_services(saved(tmp_path, WIDE), communes=communes, mairies=mairies)
    assert read["capacity"].to_dict() == {"bpe-02173-D201": 9, "bpe-02173-B203": 5, "bpe-02001-B203": 1}


def test_totals_departments_and_older_years_are_passed_over(tmp_path, communes, mairies) -> None:
    read = read_services(saved(tmp_path, MELODI), communes=communes, mairies=mairies)
    assert read["capacity"].to_dict() == {"bpe-02173-D265": 9, "bpe-02001-B207": 1}
    assert read["category"].tolist() == ["general_practitioner", "bakery"]
    assert "3 rows of totals, other levels or older years passed over" in notes(read)


def test_labels_in_the_place_of_codes_are_understood(tmp_path, communes, mairies) -> None:
    read = read_services(saved(tmp_path, LABELLED), communes=communes, mairies=mairies)
    assert read["category"].tolist() == ["general_practitioner", "taxi", "plombier_couvreur_chauffagiste"]
    assert read["category_label"].tolist()[1:] == ["Taxi", "Plombier, couvreur, chauffagiste"]


def test_counts_without_a_place_are_named_by_line(tmp_path) -> None:
    with pytest.raises(TableError, match=r"'geometry' is missing in 4 rows: line 2 'bpe-02173-D201'.*communes="):
        read_services(saved(tmp_path, ENSEMBLE))


def test_counts_beyond_the_communes_are_left_out_when_asked_and_named_when_not(tmp_path, communes, mairies) -> None:
    path = saved(tmp_path, ENSEMBLE + "75101;D201;40\n")
    with pytest.raises(TableError, match=r"missing in 1 row: line 7 'bpe-75101-D201'"):
        read_services(path, communes=communes, mairies=mairies)
    read = read_services(path, communes=communes, mairies=mairies, clip=True)
    assert read["capacity"].sum() == 17
    assert "1 service in none of the communes left out, as asked, 1 of them without a point" in notes(read)


def test_count_that_is_no_number_is_named(tmp_path, communes, mairies) -> None:
    with pytest.raises(TableError, match=r"'capacity' is not a number.*line 2 'bpe-02173-D201' \('x'\)"):
        read_services(saved(tmp_path, ENSEMBLE.replace("D201;9", "D201;x")), communes=communes, mairies=mairies)


XY_2018 = (
    "REG;DEP;DEPCOM;DCIRIS;AN;TYPEQU;LAMBERT_X;LAMBERT_Y;QUALITE_XY\n"
    f"32;02;02173;02173_0101;2018;B203;{X + 1500};{Y + 500};Bonne\n"
    f"32;02;02173;02173_0101;2018;D301;{X + 1600};{Y + 500};Acceptable\n"
    f"32;02;02001;02001_0000;2018;F303;{X + 500};{Y + 500};Mauvaise\n"
    "32;02;02001;02001_0000;2018;C104;;;\n"
    "04;974;97411;97411_0101;2018;B203;340000;7690000;Bonne\n"
)
XY_2025 = (
    "AN;NOMRS;CNOMRS;DEPCOM;DCIRIS;TYPEQU;SIRET;LAMBERT_X;LAMBERT_Y;LONGITUDE;LATITUDE;EPSG;QUALITE_XY;QUALITE_GEOLOC\n"
    "2025;DR DUPONT JEANNE;;02173;02173_0101;D265;_Z;714500;6946500;3.1868;49.6176;2154;11;11\n"
    "2025;AU BON PAIN;;02173;02173_0101;B207;1;714500;6946500;3.1868;49.6176;2154;33;33\n"
    "2025;PISCINE DE CHAUNY;;02173;02173_0101;F101;_Z;714500;6946500;3.1868;49.6176;2154;_U;_Z\n"
)


def test_sites_in_lambert_keep_the_quality_that_insee_gives(tmp_path, communes, mairies) -> None:
    read = read_services(saved(tmp_path, XY_2018), communes=communes, mairies=mairies, clip=True)
    assert read["category"].tolist() == ["bakery", "pharmacy", "cinema", "primary_school"]
    assert read["point_quality"].tolist() == ["good", "acceptable", "poor", "placed_at_mairie"]
    assert read.geometry.iloc[0].distance(shapely.Point(X + 1500, Y + 500)) < 0.01
    assert read["typequ"].tolist() == ["B203", "D301", "F303", "C104"]
    assert "1 service in none of the communes left out" in notes(read)


def test_coordinate_that_is_no_number_is_named_and_does_not_empty_the_others(tmp_path) -> None:
    broken = XY_2018.replace(f"{X + 500}", "7135OO,5").replace(f"{X + 1500}", "714500,5")
    with pytest.raises(SourceError, match=r"'LAMBERT_X' is not a number in 1 row: line 4 \('7135OO,5'\); give metres"):
        read_services(saved(tmp_path, broken))
    with pytest.raises(SourceError, match=r"'coordxet' is not a number in 1 row: line 2 \('714500.5x'\)"):
        read_services(saved(tmp_path, FINESS.replace("714500.5", "714500.5x")))


@pytest.mark.parametrize("text", [ENSEMBLE, XY_2018], ids=["counts", "sites"])
def test_row_without_a_kind_is_named(tmp_path, text) -> None:
    with pytest.raises(SourceError, match="the kind of equipment is missing in line 2: give it"):
        read_services(
            saved(tmp_path, text.replace(";D201;", ";;", 1).replace(";B203;", ";;", 1 if text is XY_2018 else 0))
        )


def test_site_without_coordinates_is_never_lost_in_silence(tmp_path) -> None:
    metropole = XY_2018.rsplit("04;974", 1)[0]
    with pytest.raises(TableError, match=r"'geometry' is missing in 1 row: line 5 'bpe-C104-4'"):
        read_services(saved(tmp_path, metropole))


def test_sites_of_today_hold_no_name_of_a_person_and_no_missing_mark(tmp_path) -> None:
    read = read_services(saved(tmp_path, XY_2025))
    assert read["category"].tolist() == ["general_practitioner", "bakery", "swimming_pool"]
    assert read["name"].tolist() == ["Médecin généraliste (02173)", "AU BON PAIN", "PISCINE DE CHAUNY"]
    assert read["point_quality"].tolist() == ["good", "anywhere_in_commune", "unknown"]
    assert not read.astype(str).isin(["_Z", "_U"]).any().any()
    assert "DUPONT" not in read.to_csv()
    assert "names of 1 site left out" in notes(read)


def test_sites_of_today_are_the_same_in_parquet(tmp_path) -> None:
    csv = read_services(saved(tmp_path, XY_2025))
    pd.read_csv(tmp_path / "s.csv", sep=";", dtype={"DEPCOM": str}).to_parquet(tmp_path / "BPE25.parquet")
    parquet = read_services(tmp_path / "BPE25.parquet")
    columns = ["name", "category", "commune", "point_quality", "geometry"]
    assert parquet[columns].to_wkt().equals(csv[columns].to_wkt())


# --- annuaire santé ---------------------------------------------------------------------------------------------------

RPPS = (
    "Type d'identifiant PP|Identifiant PP|Nom d'exercice|Prénom d'exercice|Code profession|Libellé profession|"
    "Code savoir-faire|Libellé savoir-faire|Code mode exercice|Identifiant technique de la structure|"
    "Raison sociale site|Libellé Voie (coord. structure)|Code commune (coord. structure)|"
    "Adresse e-mail (coord. structure)|consultations|\n"
    '8|10001|MARTIN|ALICE|10|Médecin|SM54|Médecine générale|L|S1|CABINET MARTIN|"LE PARC|02173|a@b.fr|5200|\n'
    "8|10001|MARTIN|ALICE|10|Médecin|SM54|Médecine générale|L|S1|CABINET MARTIN|LE PARC|02173|a@b.fr|5200|\n"
    "8|10001|MARTIN|ALICE|10|Médecin|SM54|Médecine générale|S|S2|CH DE CHAUNY|RUE|02001||300|\n"
    "8|10002|DURAND|BOB|10|Médecin|SM26|Qualifié en médecine générale|L|S3|CABINET|RUE|02301|||\n"
    "8|10003|PETIT|CLEO|10|Médecin|SM04|Cardiologie et maladies vasculaires|L|S1|CABINET|RUE|02173|||\n"
    "8|10004|MOREL|DAN|60|Infirmier|||L|S4|CABINET|RUE|02173|||\n"
    "8|10005|LEROY|EVE|10|Médecin|||S|S5|CPAM|RUE||||\n"
)


def test_practitioners_are_counted_by_place_and_no_name_is_kept(tmp_path, communes, mairies, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    read = read_services(saved(tmp_path, RPPS), communes=communes, mairies=mairies, clip=True)
    assert read["category"].tolist() == [
        *("general_practitioner", "general_practitioner", "general_practitioner"),
        *("cardiologie_et_maladies_vasculaires", "nurse"),
    ]
    assert read["commune"].tolist() == ["02173", "02001", "02018", "02173", "02173"]
    assert read["capacity"].tolist() == [1] * 5
    assert read["consultations"].tolist()[:2] == [5200, 300]
    assert read["consultations"].isna().tolist() == [False, False, True, True, True]
    assert set(read["point_quality"]) == {"placed_at_mairie"}
    assert read["mode_exercice"].tolist() == ["L", "S", "L", "L", "L"]
    everything = read.to_csv() + notes(read) + caplog.text
    for personal in ("MARTIN", "ALICE", "10001", "CABINET", "a@b.fr", "PARC", "DURAND"):
        assert personal not in everything
    assert "1 row of the same person and place passed over" in notes(read)
    assert "1 service in none of the communes left out, as asked, 1 of them without a point" in notes(read)


def test_activity_may_come_from_a_column_of_another_name(tmp_path, communes, mairies) -> None:
    path = saved(tmp_path, RPPS.replace("consultations", "actes_2024"))
    read = read_services(
        path,
        category="general_practitioner",
        columns={"consultations": "actes_2024"},
        communes=communes,
        mairies=mairies,
    )
    assert read["consultations"].tolist()[:2] == [5200, 300]
    with pytest.raises(SourceError, match=r"columns= may not name 'name' \(it may name consultations\)"):
        read_services(path, columns={"name": "Nom d'exercice"}, communes=communes, mairies=mairies)
    with pytest.raises(SourceError, match="takes 'consultations' from 'actes', which the file has not"):
        read_services(path, columns={"consultations": "actes"}, communes=communes, mairies=mairies)


def test_practitioners_without_activity_have_no_consultations(tmp_path, communes, mairies) -> None:
    path = saved(tmp_path, RPPS.replace("consultations", "autre"))
    read = read_services(path, communes=communes, mairies=mairies, clip=True)
    assert "consultations" not in read
    assert read["capacity"].sum() == len(read)


def test_activity_that_is_no_number_is_named(tmp_path, communes, mairies) -> None:
    path = saved(tmp_path, RPPS.replace("|300|", "|300 env.|"))
    with pytest.raises(SourceError, match=r"'consultations' is not a number in 1 row, such as line 4 \('300 env.'\)"):
        read_services(path, communes=communes, mairies=mairies)


def test_practitioners_are_one_unit_in_every_file_and_feed_the_apl(tmp_path, communes, mairies) -> None:
    """Counts of the BPE and practitioners of the annuaire may be added: both count people, not consultations."""
    listed = read_services(saved(tmp_path, RPPS), communes=communes, mairies=mairies, clip=True)
    counted = read_services(saved(tmp_path, ENSEMBLE), communes=communes, mairies=mairies)
    doctors = counted.loc[counted["category"] == "general_practitioner"]
    assert set(doctors["capacity_unit"]) == {CATEGORIES["general_practitioner"].plural}
    assert CATEGORIES["general_practitioner"].capacity_unit == "médecins"
    known = listed["consultations"].dropna()
    assert apl_activity(known).tolist() == [5200, 3600]


def test_counts_say_what_they_count_and_not_the_default_unit(tmp_path, communes, mairies) -> None:
    read = read_services(saved(tmp_path, LABELLED + "02173,Pharmacie,3,True\n"), communes=communes, mairies=mairies)
    assert read["capacity_unit"].tolist() == [
        "médecins généralistes",
        "Taxi",
        "Plombier, couvreur, chauffagiste",
        "pharmacies",
    ]


# --- La Poste, France services ----------------------------------------------------------------------------------------

LA_POSTE = (
    "Identifiant_A;Libellé_du_site;Caractéristique_du_site;Adresse;Code_postal;Localité;Code_INSEE;Latitude;Longitude;"
    "Accessibilité_Absence_de_ressaut_de_plus_de_2_cm_de_haut;Accessibilité_Entrée_autonome_en_fauteuil_roulant_possible\n"
    "00001A;CHAUNY BP;Bureau de Poste;1 RUE;02300;CHAUNY;02173;49.6176;3.1968;Oui;Oui\n"
    "00002A;ABBECOURT AP;Agence postale communale;1 RUE;02300;ABBECOURT;02001;49.6176;3.1868;Oui;Non\n"
    "00003A;ANIZY RP;Relais poste commerçant;1 RUE;02320;ANIZY;02018;;;;\n"
)


def test_points_of_contact_of_la_poste_are_three_kinds(tmp_path, communes, mairies) -> None:
    read = read_services(saved(tmp_path, LA_POSTE), communes=communes, mairies=mairies)
    assert read.index.tolist() == ["poste-00001A", "poste-00002A", "poste-00003A"]
    assert read["category"].tolist() == ["post_office", "postal_agency", "postal_relay"]
    assert read["step_free"].tolist() == ["yes", "no", "unknown"]
    assert read["point_quality"].tolist() == ["file", "file", "placed_at_mairie"]


def test_bus_of_france_services_is_marked_as_mobile(tmp_path) -> None:
    head = "id_fs,lib_fs,insee,latitude,longitude,format_fs\n"
    text = head + "3,Bus,02361,49.9,3.6,Bus_équivalent\n4,Fixe,02558,50,3.8,Fixe\n"
    read = read_services(saved(tmp_path, text))
    assert read["mobile"].tolist() == [True, False]
    assert set(read["category"]) == {"france_services"}
    assert "1 service mobile (bus), placed at home" in notes(read)


# --- layouts, places, small limits ------------------------------------------------------------------------------------


def test_layout_is_told_by_columns_and_may_be_insisted_on(tmp_path, communes, mairies) -> None:
    path = saved(tmp_path, LA_POSTE)
    told = read_services(path, communes=communes, mairies=mairies)
    assert read_services(path, layout="laposte", communes=communes, mairies=mairies).equals(told)
    plain = read_services(
        path,
        layout="generic",
        category="post_office",
        columns={"name": "Libellé_du_site", "service_id": "Identifiant_A"},
        communes=communes,
        mairies=mairies,
    )
    assert set(plain["category"]) == {"post_office"}
    with pytest.raises(SourceError, match=r"not in the layout 'finess' \(FINESS, .*it has columns Identifiant_A"):
        read_services(path, layout="finess")
    with pytest.raises(ValueError, match=r"no layout 'la_poste' \(did you mean 'laposte'\?\)"):
        read_services(path, layout="la_poste")


def test_category_that_the_file_has_not_is_refused_with_those_it_has(tmp_path) -> None:
    with pytest.raises(SourceError, match=r"no row is of category 'bank' .*; it has general_practitioner, bakery"):
        read_services(saved(tmp_path, ENSEMBLE), category="bank")


def test_clip_needs_communes(tmp_path) -> None:
    with pytest.raises(ValueError, match="give them with communes="):
        read_services(saved(tmp_path, ENSEMBLE), clip=True)


@pytest.mark.parametrize(("metres", "quality"), [(99, "file"), (101, "outside_commune_moved")])
def test_site_far_outside_its_commune_is_moved_and_marked(tmp_path, communes, mairies, metres, quality) -> None:
    text = f"id,nom,insee,x,y\na,A,02001,{X - metres},{Y + 500}\n"
    path = saved(tmp_path, text)
    read = read_services(path, category="bank", crs=2154, communes=communes)
    assert read.attrs["read_notes"][-1].startswith("s.csv: 1 service more than 100\u00a0m") == (metres > 100)
    at = shapely.Point(X + 500, Y + 500) if metres > 100 else shapely.Point(X - metres, Y + 500)
    assert read.geometry["a"].equals(at)
    assert read.get("point_quality", pd.Series({"a": "file"}))["a"] == quality
    at_mairie = read_services(path, category="bank", crs=2154, communes=communes, mairies=mairies)
    assert at_mairie.geometry["a"].equals(mairies.geometry.iloc[0] if metres > 100 else at)


def test_site_at_the_border_of_the_commune_it_names_is_not_clipped(tmp_path, communes) -> None:
    text = f"id,nom,insee,x,y\na,A,02001,{X - 50},{Y + 500}\nb,B,02999,{X - 50},{Y + 500}\nc,C,,{X + 50},{Y + 500}\n"
    read = read_services(saved(tmp_path, text), category="bank", crs=2154, communes=communes, clip=True)
    assert read.index.tolist() == ["a", "c"]


def test_clip_that_leaves_nothing_is_an_error(tmp_path, communes) -> None:
    text = "id,nom,insee,x,y\na,A,75101,650000,6860000\n"
    with pytest.raises(TableError, match="No service is in the communes"):
        read_services(saved(tmp_path, text), category="bank", crs=2154, communes=communes, clip=True)


def test_table_that_says_its_separator_for_a_spreadsheet_is_read(tmp_path) -> None:
    text = f"sep=;\r\nid;nom;x;y\r\na;A, B;{X};{Y}\r\nb;;{X};{Y}\r\n"
    with pytest.raises(TableError, match="'name' is missing in 1 row: line 4 'b'"):
        read_services(saved(tmp_path, text), category="bank", crs=2154)
    read = read_services(saved(tmp_path, text.replace("b;;", "b;B;")), category="bank", crs=2154)
    assert read["name"].tolist() == ["A, B", "B"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    counts=st.dictionaries(
        st.tuples(
            st.sampled_from(["02001", "02173", "02018", "02301", "02434"]), st.sampled_from(["D201", "B203", "E101"])
        ),
        st.integers(0, 50),
        min_size=1,
    ).filter(lambda counts: any(counts.values()))
)
def test_no_count_is_lost_on_the_way(tmp_path, communes, mairies, counts) -> None:
    rows = "".join(f"{place};{kind};{number}\n" for (place, kind), number in counts.items())
    read = read_services(saved(tmp_path, "CODGEO;TYPEQU;NB_EQUIP\n" + rows), communes=communes, mairies=mairies)
    assert read["capacity"].sum() == sum(counts.values())


# --- kinds and successors ---------------------------------------------------------------------------------------------


def test_every_kind_is_published_or_has_a_french_word_and_one_meaning() -> None:
    table = kinds()
    own = ~table["category"].isin(list(CATEGORIES))
    assert table.loc[own, "category_label"].notna().all()
    assert table.loc[~own, "category_label"].isna().all()
    assert set(table["range"].dropna()) == {"proximity", "intermediate", "superior"}
    assert (table["range"].isna() == table["range_source"].isna()).all()
    assert set(table["range_basis"].dropna()) == {"named", "read"}
    family = table["nomenclature"].str.slice(0, 3)
    meanings = table.assign(family=family).dropna(subset="code").groupby(["family", "code"])["category"].nunique()
    assert meanings.max() == 1
    assert table.groupby("category")["range"].nunique().max() == 1


def test_proximity_range_of_2025_is_whole() -> None:
    """26 kinds or groups of kinds: those that INSEE counts as one (school, post, grocery) are several categories."""
    table = kinds()
    of_2025 = table[table["range_source"].eq("INSEE, gammes d'équipements de la BPE 2025") & table["range"].notna()]
    assert set(of_2025["range"]) == {"proximity"}
    groups = {"nursery_school": "school", "primary_school": "school"}
    groups |= dict.fromkeys(("post_office", "postal_agency", "postal_relay"), "post")
    assert of_2025["category"].replace(groups).nunique() == 26


def test_codes_and_labels_of_the_table_are_those_of_insees_list_of_types() -> None:
    """Two sources apart from each other: what a code is with us, and what INSEE's lists of types call it."""
    with (files("accessmap") / "presets" / "bpe_types.csv").open(encoding="utf-8") as stream:
        listed = pd.read_csv(stream, dtype=str)
    assert not listed["code"].duplicated().any()
    assert listed["code"].str.fullmatch(r"[A-G]\d{3}").all()
    known = kinds().dropna(subset="code")
    known = known[known["nomenclature"].str.startswith("bpe")]
    assert set(known["code"]) - set(listed["code"]) == {"A140"}  # police since 2025, of which no list was read
    of_today = known[(known["nomenclature"] == "bpe2025") & (known["code"] != "A140")]
    theirs = of_today["code"].map(listed.set_index("code")["label"].map(plain))
    assert of_today["label"].map(plain).tolist() == theirs.tolist()


def test_type_that_is_no_category_of_ours_has_insees_name(tmp_path, communes, mairies) -> None:
    text = ENSEMBLE + "02173;A304;3\n02173;F313;1\n02173;X999;1\n"
    read = read_services(saved(tmp_path, text), communes=communes, mairies=mairies)
    assert read.loc["bpe-02173-A304", ["name", "category", "category_label"]].tolist() == [
        "École de conduite (Chauny)",
        "ecole_de_conduite",
        "École de conduite",
    ]
    assert read.loc["bpe-02173-F313", "category_label"] == "Espace remarquable et patrimoine"
    assert read.loc["bpe-02173-X999", "category"] == "equipement_x999"


def test_sites_and_counts_call_a_type_alike(tmp_path, communes, mairies) -> None:
    sites = read_services(saved(tmp_path, XY_2025.replace(";F101;", ";A304;")), communes=communes)
    counts = read_services(saved(tmp_path, ENSEMBLE + "02173;A304;3\n"), communes=communes, mairies=mairies)
    ours = sites.loc[sites["typequ"] == "A304", ["category", "category_label"]].iloc[0].tolist()
    assert ours == counts.loc["bpe-02173-A304", ["category", "category_label"]].tolist()


def test_kind_unknown_to_us_is_named_after_its_label() -> None:
    assert kinds_of("bpe", ["Z999"], [None])["category_label"].tolist() == ["BPE Z999"]
    assert kinds_of("finess", ["500"], ["EHPAD"])["category"].tolist() == ["ehpad"]


def test_successors_lead_to_communes_of_today_in_one_step() -> None:
    table = merged_communes()
    assert len(table) > 4000
    assert not set(table.values()) & set(table)
    assert all(len(code) == 5 for code in (*table, *table.values()))


def test_code_in_use_is_never_changed() -> None:
    codes = pd.Series(["02301", "02018", None, "x"])
    assert to_loaded(codes, pd.Index(["02301", "02018"])).codes.tolist()[:2] == ["02301", "02018"]
    assert to_loaded(codes, pd.Index(["02173"])).codes.tolist()[0] == "02301"


# --- grids of residents -----------------------------------------------------------------------------------------------


def cell(metres: int, east: float, north: float) -> str:
    return f"CRS3035RES{metres}mN{int(north // metres * metres)}E{int(east // metres * metres)}"


@pytest.fixture
def filosofi(communes) -> str:
    to_grid = Transformer.from_crs(2154, 3035, always_xy=True)
    places = [to_grid.transform(X + 500 + 1000 * k, Y + 500) for k in range(3)]
    head = "idcar_200m,idcar_1km,idcar_nat,i_est_200,i_est_1km,lcog_geo,ind,men,men_pauv,ind_snv,ind_0_3,ind_80p\n"
    codes = ["02001", "0217302018", "02301"]
    rows = [
        f"{cell(200, *at)},{cell(1000, *at)},{cell(1000, *at)},{k},0,{codes[k]},{10 + k}.5,5,1,90000.5,0.5,1"
        for k, at in enumerate(places)
    ]
    rows[2] = rows[2].replace(",2,0,", ",0,0,")
    return head + "\n".join(rows) + "\n"


def test_filosofi_residents_are_the_smallest_cells_and_imputed_ones_are_marked(tmp_path, communes, filosofi) -> None:
    read = read_residents(saved(tmp_path, filosofi, "carreaux_200m_met.csv"), communes)
    assert all(name.startswith("CRS3035RES200m") for name in read.index)
    assert read["population"].tolist() == [10.5, 11.5, 12.5]
    assert read["imputed"].tolist() == [False, True, False]
    assert read["commune"].tolist() == ["02001", "02173", "02018"]
    assert read["ind_0_3"].tolist() == [0.5] * 3
    said = notes(read)
    assert "residents are the cells of idcar_200m, not of idcar_1km, idcar_nat" in said
    assert "1 cell (12 of 34 people) imputed by INSEE for secrecy (i_est_200 is 1)" in said
    assert "1 cell in several communes, given to that of their centre" in said
    assert "1 resident of communes since merged" in said


def test_filosofi_2015_and_a_geopackage_are_read_alike(tmp_path, communes, filosofi) -> None:
    modern = read_residents(saved(tmp_path, filosofi), communes)
    older = filosofi.replace("idcar_200m,idcar_1km,idcar_nat,i_est_200", "IdINSPIRE,Id_carr1km,Id_carr_n,I_est_cr")
    older = older.replace(",ind,", ",Ind,")
    path = saved(tmp_path, older, "2015.csv")
    read = read_residents(path, communes, columns={"resident_id": "IdINSPIRE"})
    assert read.index.tolist() == modern.index.tolist()
    assert read["imputed"].tolist() == modern["imputed"].tolist()
    squares = modern.geometry.buffer(100, cap_style="square")
    table = modern.drop(columns=["commune", "imputed", "geometry"]).rename(columns={"population": "ind"})
    table = table.rename_axis("idcar_200m").reset_index()
    gpd.GeoDataFrame(table, geometry=squares.to_numpy(), crs=2154).to_file(tmp_path / "c.gpkg")
    again = read_residents(tmp_path / "c.gpkg", communes)
    assert again["population"].tolist() == modern["population"].tolist()
    assert again.geometry.distance(modern.geometry).max() < 1


def test_grid_of_gisco_is_read_for_its_latest_census(tmp_path, communes) -> None:
    table = gpd.GeoDataFrame(
        {"GRD_ID": ["CRS3035RES1000mN2967000E3827000"], "CNTR_ID": "FR", "TOT_P_2011": [5], "TOT_P_2018": [7]},
        geometry=[shapely.box(X, Y, X + 1000, Y + 1000)],
        crs=METRIC_CRS,
    )
    table.to_file(tmp_path / "grid_1km_surf.gpkg")
    read = read_residents(tmp_path / "grid_1km_surf.gpkg", communes)
    assert read["population"].tolist() == [7]
    assert "population is that of TOT_P_2018, the latest there is" in notes(read)


def test_mark_of_eurostat_for_not_available_is_missing_and_told(tmp_path, communes) -> None:
    to_grid = Transformer.from_crs(2154, 3035, always_xy=True)
    ids = [cell(1000, *to_grid.transform(X + 500 + 1000 * k, Y + 500)) for k in range(2)]
    path = saved(tmp_path, f"GRD_ID,T,EMP\n{ids[0]},120,-9999\n{ids[1]},7,3\n")
    read = read_residents(path, communes)
    assert read["EMP"].isna().tolist() == [True, False]
    assert read["population"].sum() == 127
    assert "-9999 is Eurostat's mark for not available, made missing: EMP 1." in notes(read)
    with pytest.raises(TableError, match="'population' is missing in 1 row: line 2"):
        read_residents(saved(tmp_path, f"GRD_ID,T\n{ids[0]},-9999\n{ids[1]},7\n"), communes)


# --- the real files ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def around(real_data: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    communes = read_communes(real_data / "communes.gpkg")
    return communes, read_services(real_data / "mairies.gpkg", category="mairie", communes=communes)


def test_real_mairies_outside_their_commune_are_moved_and_told(around) -> None:
    communes, mairies = around
    assert len(mairies) == 1396
    moved = mairies[mairies["point_quality"] == "outside_commune_moved"]
    assert len(moved) == 91
    territory = communes.index[communes["in_territory"]]
    names = set(moved.loc[moved["commune"].isin(territory), "name"])
    assert names == {"Manicamp", "Quincy-Basse", "Saint-Paul-aux-Bois", "Rogécourt"}
    assert "91 services more than 100\xa0m outside the commune they name" in notes(mairies)


def test_real_counts_of_2013_cover_care_shops_and_culture_and_lose_nothing(real_data: Path, around) -> None:
    communes, mairies = around
    read = read_services(real_data / "bpe_2013_counts.csv", communes=communes, mairies=mairies)
    raw = pd.read_csv(real_data / "bpe_2013_counts.csv", dtype={"insee": str})
    assert read["capacity"].sum() == raw["count"].sum() == 32_202
    assert len(read) == len(raw) == 13_925
    merged = read["commune"] != read["commune_in_file"]
    assert read.loc[merged, "commune_in_file"].nunique() == 17
    assert read.loc[merged, "capacity"].sum() == 77
    assert set(read.loc[merged, "commune_in_file"]) == set(raw.loc[~raw["code_is_current"], "insee"])
    totals = read.groupby("category")["capacity"].sum()
    of_2013 = raw.groupby("equipment")["count"].sum()
    for category, label in {
        "general_practitioner": "Médecin omnipraticien",
        "pharmacy": "Pharmacie",
        "bakery": "Boulangerie",
        "cinema": "Cinéma",
        "nurse": "Infirmier",
        "post_office": "Bureau de poste",
    }.items():
        assert totals[category] == of_2013[label]
    # Anizy-le-Grand has no mairie in the directory: inside the commune, and marked so
    assert set(read.loc[read["point_quality"] == "commune", "commune"]) == {"02018"}
    labels = set(kinds().query("nomenclature == 'bpe2013'")["label"])
    assert labels <= set(raw["equipment"])
    check_services(read, communes)


def test_real_france_services_tell_their_buses(real_data: Path, around) -> None:
    read = read_services(real_data / "france_services_2024-08.csv", communes=around[0])
    assert len(read) == 90
    assert read["mobile"].sum() == 11


def test_list_of_communes_with_a_count_needs_no_names(real_data: Path, around) -> None:
    communes, mairies = around
    path = real_data / "generalistes_c2018.csv"
    columns = {"capacity": "count"}
    read = read_services(path, category="general_practitioner", columns=columns, communes=communes, mairies=mairies)
    assert read["capacity"].sum() == pd.read_csv(path)["count"].sum()
    named = communes["name"][read["commune"].iloc[0]]
    assert read["name"].iloc[0] == f"médecin généraliste ({named})"


def test_count_left_blank_is_no_service_and_is_told(tmp_path, communes, mairies) -> None:
    text = "CODGEO;TYPEQU;NB_EQUIP\n02173;b203;5\n02001;B203;\n"
    read = read_services(saved(tmp_path, text), communes=communes, mairies=mairies)
    assert read[["commune", "category", "capacity"]].to_numpy().tolist() == [["02173", "bakery", 5]]
    assert "1 row left out, whose 'NB_EQUIP' is blank or unknown: line 3" in "\n".join(read.attrs["read_notes"])
    with pytest.raises(TableError, match="no rows"):
        read_services(saved(tmp_path, text.replace(";5", ";0")), communes=communes, mairies=mairies)
