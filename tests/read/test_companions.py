"""Boundaries as IGN, Etalab, Opendatasoft and OpenStreetMap publish them, and their companions in other files."""

import json

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from accessmap.errors import SourceError, TableError
from accessmap.read.communes import read_communes
from accessmap.read.companions import composition, populations

X, Y = 713_000.0, 6_946_000.0


def squares(*codes: str, **columns: list[object]) -> gpd.GeoDataFrame:
    shapes = [shapely.box(X + 1000 * n, Y, X + 1000 * (n + 1), Y + 1000) for n in range(len(codes))]
    table = {"INSEE_COM": codes, "NOM": [f"C{code}" for code in codes], **columns}
    return gpd.GeoDataFrame(table, geometry=shapes, crs=2154)


def people(codes: dict[str, object], code: str = "COM", name: str = "PMUN") -> pd.DataFrame:
    return pd.DataFrame({code: list(codes), name: list(codes.values())})


def notes(table: pd.DataFrame) -> str:
    return "\n".join(table.attrs["read_notes"])


# ---------------------------------------------------------------- legal populations


def test_boundaries_without_people_get_them_by_code():
    communes = read_communes(squares("02001", "02173"), population=people({"02173": "11 600", "02001": "518"}))
    assert communes["population"].to_dict() == {"02001": 518, "02173": 11_600}
    assert "2 communes found in" in notes(communes)


@pytest.mark.parametrize(
    "table",
    [
        pd.DataFrame(
            {"CODDEP": ["02", "02"], "CODCOM": ["001", "173"], "COM": ["Abbécourt", "Chauny"], "PMUN": [5, 9]}
        ),
        pd.DataFrame({"Code département": [2, 2], "Code commune": [1, 173], "Population municipale": [5, 9]}),
        pd.DataFrame({"DEPCOM": [2001, 2173], "PMUN21": ["5", "9"], "PTOT21": ["7", "11"]}),
        pd.DataFrame({"CODGEO": ["02001", "02173"], "P13_POP": [1, 1], "P21_POP": [5, 9], "P08_POP": [2, 2]}),
        pd.DataFrame({"code_insee": ["02001", "02173"], "pmun_2019": [1, 1], "pmun_2021": [5, 9]}),
        pd.DataFrame(
            {"insee": ["02001", "02173"], "siren": [200071785.0] * 2, "ptot_2024": [7, 11], "pmun_2024": [5, 9]}
        ),
    ],
)
def test_every_edition_of_legal_populations(table):
    assert populations(table).table["population"].to_dict() == {"02001": 5, "02173": 9}


def test_codes_overseas_are_put_together():
    table = pd.DataFrame({"CODDEP": ["971", "2A", "974"], "CODCOM": ["105", "004", "411"], "PMUN": [1, 2, 3]})
    assert list(populations(table).table.index) == ["97105", "2A004", "97411"]


def test_total_population_is_taken_only_where_there_is_no_other_and_said():
    companion = populations(pd.DataFrame({"COM": ["02001"], "PTOT": [7]}))
    assert "counts some people twice" in "\n".join(companion.notes)


def test_former_communes_of_an_older_file_are_added_up():
    communes = read_communes(squares("02018", "02173"), population=people({"02018": 1900, "02301": 300, "02173": 9}))
    assert communes.loc["02018", "population"] == 2200
    assert "02018 + 02301 → 02018" in notes(communes)


def test_boundaries_older_than_the_file_are_made_one():
    communes = read_communes(squares("02018", "02301", "02173"), population=people({"02018": 2200, "02173": 9}))
    assert communes["population"].to_dict() == {"02018": 2200, "02173": 9}
    assert communes.geometry["02018"].area == 2_000_000
    assert communes.loc["02018", "name"] == "C02018"
    assert "02301 → 02018" in notes(communes)


def test_both_of_one_year_stay_as_they_are():
    communes = read_communes(squares("02018", "02301"), population=people({"02018": 1900, "02301": 300}))
    assert communes["population"].to_dict() == {"02018": 1900, "02301": 300}


def test_arrondissements_are_not_counted_beside_their_commune():
    table = people({"75056": 2_100_000, "75101": 16_000, "75102": 21_000})
    communes = read_communes(squares("75056"), population=table)
    assert communes.loc["75056", "population"] == 2_100_000
    assert "2 arrondissements" in notes(communes)
    alone = read_communes(squares("75056"), population=people({"75101": 16_000, "75102": 21_000}))
    assert alone.loc["75056", "population"] == 37_000


def test_delegated_communes_in_the_file_are_counted_once():
    rows = [("COM", "02018", 2200), ("COMD", "02018", 1900), ("COMD", "02301", 300), ("COM", "02173", 9)]
    table = pd.DataFrame(rows, columns=["TYPECOM", "COM", "PMUN"])
    communes = read_communes(squares("02018", "02173"), population=table)
    assert communes["population"].to_dict() == {"02018": 2200, "02173": 9}
    assert "2 rows of delegated" in notes(communes)


def test_a_commune_with_two_populations_is_refused():
    table = pd.DataFrame({"COM": ["02001", "02001"], "PMUN": [5, 6]})
    with pytest.raises(SourceError, match="communes stand twice, with different values of PMUN"):
        populations(table)


def test_a_commune_that_the_file_lacks_is_named_and_never_nobody():
    with pytest.raises(TableError, match=r"no population in .*'02999'"):
        read_communes(squares("02001", "02999"), population=people({"02001": 5}))


def test_departements_that_the_file_lacks_are_left_out_and_said():
    communes = read_communes(squares("02001", "60471"), population=people({"02001": 5}))
    assert list(communes.index) == ["02001"]
    assert "1 commune left out" in notes(communes)


def test_a_population_that_is_no_number_is_refused():
    with pytest.raises(SourceError, match="not made of numbers"):
        populations(people({"02001": "beaucoup", "02173": "9"}, name="PMUN"))


def test_a_population_that_is_secret_is_missing_and_told():
    found = populations(people({"02001": "secret", "02173": "9"}, name="PMUN"))
    assert found.table["population"].isna().to_dict() == {"02001": True, "02173": False}
    assert any("1 value of 'PMUN' ('secret') taken as unknown" in note for note in found.notes)


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (pd.DataFrame({"nom": ["Chauny"], "PMUN": [9]}), "no code of communes"),
        (pd.DataFrame({"COM": ["02173"], "surface": [9]}), "no municipal population"),
    ],
)
def test_a_file_that_is_no_population_says_what_it_lacks(table, said):
    with pytest.raises(SourceError, match=said):
        populations(table)


# ---------------------------------------------------------------- EPCI


def test_epci_come_from_their_own_file_whatever_their_codes_are_stored_as():
    table = pd.DataFrame(
        {"siren": [200071785.0, 200071785.0], "raison_sociale": ["CA Chauny"] * 2, "insee": ["02001", "02173"]}
    )
    communes = read_communes(squares("02001", "02173", PMUN=[5, 9]), epci=table)
    assert communes["epci"].tolist() == ["200071785"] * 2
    assert communes["epci_name"].tolist() == ["CA Chauny"] * 2


def test_syndicats_are_no_epci_and_islands_have_none():
    rows = [("200071785", "CC", "02001"), ("250200010", "SIVU", "02001"), ("ZZZZZZZZZ", "CC", "29083")]
    companion = composition(pd.DataFrame(rows, columns=["siren", "nature_juridique", "insee"]))
    assert companion.table.loc["02001", "epci"] == "200071785"
    assert pd.isna(companion.table.loc["29083", "epci"])


def test_a_commune_in_two_epci_is_refused():
    table = pd.DataFrame({"epci": ["200071785", "200071769"], "codgeo": ["02001", "02001"]})
    with pytest.raises(SourceError, match="stand twice"):
        composition(table)


@pytest.mark.parametrize(
    ("typed", "inside"),
    [
        ("thierache sambre et oise", ["02001"]),
        ("CC Thiérache Sambre-et-Oise", ["02001"]),
        ("Communauté de communes du Pays de Lumbres", ["62534"]),
        ("CC du Pays de Lumbres", ["62534"]),
        ("pays de lumbres", ["62534"]),
        ("200071785", ["02001"]),
        ("lumbres", ["62534"]),
        ("c02173", ["02173"]),
    ],
)
def test_epci_are_known_however_they_are_typed(typed, inside):
    table = squares("02001", "62534", "02173", PMUN=[5, 9, 3])
    table["epci"] = ["200071785", "246200844", "200072031"]
    table["epci_name"] = ["CC Thiérache Sambre et Oise", "CC du Pays de Lumbres", "CC de la Thiérache du Centre"]
    communes = read_communes(table, territory=typed)
    assert list(communes.index[communes["in_territory"]]) == inside


def test_a_name_of_two_epci_is_refused_with_both():
    table = squares("02001", "02173", PMUN=[5, 9])
    table["epci"] = ["200071785", "200072031"]
    table["epci_name"] = ["CC Thiérache Sambre et Oise", "CC de la Thiérache du Centre"]
    with pytest.raises(TableError, match=r"Sambre et Oise \(200071785\), CC de la Thiérache du Centre \(200072031\)"):
        read_communes(table, territory=["Thiérache"])
    table["epci_name"] = "CC des Deux Vallées"
    with pytest.raises(TableError, match="200071785.*200072031"):
        read_communes(table, territory=["CC des Deux Vallées"])


# ---------------------------------------------------------------- layouts of boundaries


def test_admin_express_of_2022_has_names_in_two_writings():
    table = squares("02304", NOM_M=["LA FERE"], POPULATION=[2900], SIREN_EPCI=["200071785/200057867"])
    communes = read_communes(table.assign(NOM="La Fère"))
    assert communes.loc["02304", ["name", "population", "epci"]].tolist() == ["La Fère", 2900, "200071785"]
    assert "several EPCI" in notes(communes)


def test_admin_express_of_2024_and_bd_topo():
    table = squares("02304").rename(columns={"INSEE_COM": "code_insee", "NOM": "nom_officiel"})
    table = table.assign(nom_officiel_en_majuscules="X", population=2900, codes_siren_des_epci="200071785")
    communes = read_communes(table.assign(code_insee_du_departement="02", code_postal="02800"))
    assert communes.loc["02304", ["name", "population", "epci"]].tolist() == ["C02304", 2900, "200071785"]


def test_articles_are_put_back():
    table = squares("02304", "02001", "60471", PMUN=[1, 2, 3]).drop(columns="NOM")
    by_type = read_communes(table.assign(NCCENR=["Fère", "Abbécourt", "Isle"], TNCC=["3", "1", "5"]))
    assert by_type["name"].tolist() == ["La Fère", "Abbécourt", "L'Isle"]
    by_word = read_communes(table.assign(NOM=["Fère", "Abbécourt", "Isle"], ARTMIN=["(La)", None, "(L')"]))
    assert by_word["name"].tolist() == ["La Fère", "Abbécourt", "L'Isle"]
    behind = read_communes(table.assign(NOM=["Fère (La)", "Abbécourt", "Isle (L')"]))
    assert behind["name"].tolist() == ["La Fère", "Abbécourt", "L'Isle"]
    already = read_communes(table.assign(LIBELLE=["La Fère", "Abbécourt", "L'Isle"], TNCC=["3", "1", "5"]))
    assert already["name"].tolist() == ["La Fère", "Abbécourt", "L'Isle"]


def iris() -> gpd.GeoDataFrame:
    table = squares("02173", "02173", "02001").drop(columns="NOM")
    names = {"NOM_COM": ["Chauny", "Chauny", "Abbécourt"], "IRIS": ["0101", "0102", "0000"]}
    codes = ["021730101", "021730102", "020010000"]
    return table.assign(**names, CODE_IRIS=codes, NOM_IRIS=["Centre", "Sud", "Abbécourt"], TYP_IRIS=["H", "H", "Z"])


def test_iris_become_communes_or_keep_theirs():
    communes = read_communes(iris(), population=people({"02001": 518, "02173": 11_600}))
    assert communes["population"].to_dict() == {"02173": 11_600, "02001": 518}
    assert communes.geometry["02173"].area == 2_000_000
    assert communes["name"].tolist() == ["Chauny", "Abbécourt"]
    assert "3 IRIS made 2 communes" in notes(communes)
    zones = read_communes(iris().assign(P21_POP=[1, 2, 3]), columns={"code": "CODE_IRIS"})
    assert zones.loc["021730102", ["name", "population", "commune"]].tolist() == ["Sud", 2, "02173"]


def collection(features: list[tuple[dict[str, object], dict[str, object]]]) -> str:
    listed = [{"type": "Feature", "properties": told, "geometry": shape} for told, shape in features]
    return json.dumps({"type": "FeatureCollection", "features": listed})


def square(n: int = 0) -> dict[str, object]:
    return shapely.geometry.mapping(shapely.box(3.2 + n / 100, 49.6, 3.21 + n / 100, 49.61))


def test_boundaries_of_openstreetmap_with_points_and_lines(tmp_path):
    told = {"boundary": "administrative", "admin_level": "8", "name": "Chauny", "ref:INSEE": "02173", "population": "9"}
    features = [
        (told, square()),
        (told | {"admin_level": "9", "ref:INSEE": None, "name": "Quartier"}, square(1)),
        ({"place": "town", "name": "Chauny"}, {"type": "Point", "coordinates": [3.2, 49.6]}),
        ({"highway": "x"}, {"type": "LineString", "coordinates": [[3.2, 49.6], [3.3, 49.6]]}),
    ]
    path = tmp_path / "export.geojson"
    path.write_text(collection(features), encoding="utf-8")
    communes = read_communes(path)
    assert communes["name"].to_dict() == {"02173": "Chauny"}
    assert "2 points and lines left out (1 points)" in notes(communes)
    assert "1 boundary of another level" in notes(communes)


def test_france_geojson_needs_people(tmp_path):
    path = tmp_path / "communes-02-aisne.geojson"
    path.write_text(collection([({"code": "02173", "nom": "Chauny"}, square())]), encoding="utf-8")
    with pytest.raises(TableError, match="population="):
        read_communes(path)
    assert read_communes(path, population=people({"02173": 9})).loc["02173", "population"] == 9


def test_georef_has_its_codes_in_lists(tmp_path):
    told = {"com_code": ["02173"], "com_name": ["Chauny"], "epci_code": ["200071785"], "epci_name": ["CA Chauny"]}
    path = tmp_path / "georef-france-commune.geojson"
    more = {"com_type": "commune", "com_siren_code": "210201695", "com_name_upper": "CHAUNY", "year": "2024"}
    path.write_text(collection([(told | more, square())]), encoding="utf-8")
    communes = read_communes(path, population=people({"02173": 9}))
    assert communes.loc["02173", ["name", "epci", "epci_name"]].tolist() == ["Chauny", "200071785", "CA Chauny"]


def test_geo_api_has_the_epci_in_the_commune(tmp_path):
    told = {"nom": "Chauny", "code": "02173", "codeEpci": "200071785", "population": 11_600, "codesPostaux": ["02300"]}
    path = tmp_path / "communes.geojson"
    path.write_text(collection([(told | {"epci": {"code": "200071785", "nom": "CA Chauny"}}, square())]), "utf-8")
    communes = read_communes(path)
    assert communes.loc["02173", ["name", "epci", "epci_name"]].tolist() == ["Chauny", "200071785", "CA Chauny"]


# ---------------------------------------------------------------- as published


@pytest.mark.slow
def test_la_reunion_of_2018_with_the_composition_of_epci(data_folder):
    folder = data_folder / "opendata"
    table = folder / "epci_composition.xlsx"
    communes = read_communes(
        folder / "admin_express_carto_974_2018.zip", population=table, epci=table, territory="cinor"
    )
    assert len(communes) == 24
    assert communes.crs.to_epsg() == 2975
    assert communes["epci_name"].nunique() == 5
    assert communes["population"].sum() == 871_157
    assert communes["in_territory"].sum() == 3
    assert "34907 more" in notes(communes)


@pytest.mark.slow
def test_the_whole_composition_of_2024(data_folder):
    table = data_folder / "opendata" / "epci_composition.xlsx"
    assert len(populations(table).table) == len(composition(table).table) == 34_931
    assert populations(table).table["population"].sum() == 67_658_180
