"""Lists that France publishes, as they are: kinds, ids, places and what is left out."""

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

import accessmap as am
from accessmap.errors import AccessmapError, TableError
from accessmap.read.layouts.kinds import kinds_of


@pytest.fixture(scope="module")
def opendata(real_data: Path) -> Path:
    return real_data.parent / "opendata"


@pytest.fixture(scope="module")
def annuaire(opendata: Path) -> gpd.GeoDataFrame:
    return am.read_services(opendata / "annuaire_education_35.csv")


def told(table: pd.DataFrame) -> str:
    return "\n".join(table.attrs["read_notes"])


# --- schools ----------------------------------------------------------------------------------------------------------


def test_annuaire_is_schools_each_once_by_its_uai(opendata: Path, annuaire: gpd.GeoDataFrame) -> None:
    read = annuaire
    kinds = {"primary_school": 573, "nursery_school": 112, "middle_school": 116, "high_school": 72}
    assert read["category"].value_counts().to_dict() == kinds
    assert len(read) == 873
    assert "120 rows that are no school" in told(read)
    assert "3 further rows of one school" in told(read)
    assert read.loc["0350122T", ["category", "capacity", "capacity_unit", "commune"]].tolist() == [
        *("primary_school", 143, "élèves", "35016")
    ]
    assert read["point_quality"].isin(["address", "street"]).mean() > 0.5
    both = am.read.schools(opendata / "annuaire_education_35.csv", around(read))
    assert (both["level"] == "primary").sum() == 454 + 119
    assert set(both.index) == set(read.index)


def around(services: pd.DataFrame) -> object:
    """One commune a code, each a square about its schools, so that every one lies in its own."""
    shapes = services.dissolve("commune").geometry.envelope.buffer(500)
    table = shapes.to_frame("geometry").rename_axis("code")
    return table.assign(name=table.index, population=1, epci="x", in_territory=True)


def test_located_schools_have_their_uai_and_the_quality_of_their_point(opendata: Path, annuaire) -> None:
    read = am.read_services(opendata / "adresse_geolocalisation_35.csv")
    assert len(read) == 117
    assert set(read["category"]) == {"middle_school"}
    assert read.index[0] == "0350017D"
    assert read["point_quality"].isin(["address", "street", "commune"]).mean() > 0.9
    assert read.geometry.iloc[0].distance(annuaire.geometry["0350017D"]) < 1


def test_rolls_are_read_by_year(opendata: Path) -> None:
    roll = am.read.roll(opendata / "ecoles_effectifs_35.csv", year="2022")
    assert (len(roll), roll["classes"].sum()) == (675, 4766)
    second = am.read.roll(opendata / "effectifs_second_degre_35.csv")
    assert set(second["year"]) == {"2019-2020"}
    with pytest.raises(TableError, match="The year 1999 is not in the file"):
        am.read.roll(opendata / "ecoles_effectifs_35.csv", year="1999")


CLOSED = "Identifiant_de_l_etablissement;Nom_etablissement;Type_etablissement;Code_commune;etat;latitude;longitude\n"


def test_closed_school_is_no_service(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    rows = "0020001A;A;Collège;02173;OUVERT;49.6;3.2\n0020002B;B;Collège;02173;FERME;49.6;3.2\n"
    path.write_text(CLOSED + rows, "utf-8")
    read = am.read_services(path)
    assert read.index.tolist() == ["0020001A"]
    assert "'B'" in told(read)


# --- FINESS: kinds told apart -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "category"),
    [
        *(("101", "hospital"), ("355", "hospital"), ("365", "hospital"), ("122", "hospital")),
        *(("362", "long_term_care"), ("109", "rehabilitation"), ("292", "psychiatric_care"), ("500", "ehpad")),
    ],
)
def test_kinds_of_finess_are_told_apart(code: str, category: str) -> None:
    assert kinds_of("finess", [code], ["…"])["category"].tolist() == [category]


def test_hospitals_of_a_list_keep_their_kind_whatever_is_asked(real_data: Path) -> None:
    path = real_data / "hospitals_finess_2020.csv"
    read = am.read_services(path)
    assert read["category"].value_counts()[["hospital", "psychiatric_care", "long_term_care"]].tolist() == [66, 45, 23]
    assert "emergency" not in set(read["category"])
    assert read.loc["20000097", "name"] == "CH LA FÈRE (CENTRE GÉRONTOLOGIQUE)"  # by FINESS's code a hospital
    assert read.loc["20000535", "name"] == "CH CHAUNY"
    asked = am.read_services(path, category="hospital")
    assert len(asked) == 149
    assert asked["finess_kind"].value_counts()["psychiatric_care"] == 45
    assert "83 establishments are of other kinds by FINESS" in told(asked)
    assert len(am.read_services(path, category="hospital", layout="hospitals")) == 66


ROW = {"finess": "020000063", "etat": "ACTUEL", "type": "ET", "rs": "CH CHAUNY", "categ_code": "355", "categ_lib": "CH"}
ROW |= {"com_code": "02173", "geoloc_4326_long": "3.21", "geoloc_4326_lat": "49.61", "san_urg": "OUI"}


def test_emergencies_are_only_where_the_data_say_so() -> None:
    others = [{"finess": "020000097", "rs": "CH LA FERE", "san_urg": "NON"}, {"finess": "020000010", "etat": "FERME"}]
    others.append({"finess": "020004727", "rs": "USLD", "categ_code": "362", "san_urg": ""})
    read = am.read_services(pd.DataFrame([ROW, *(ROW | other for other in others)]))
    assert read["category"].to_dict() == {
        "020000063": "hospital",
        "020000097": "hospital",
        "020004727": "long_term_care",
        "020000063-emergency": "emergency",
    }
    assert "1 row left out by its column 'etat' ('ferme')" in told(read)


def test_finess_plus_is_its_open_establishments() -> None:
    def site(number: str, kind: str, state: str) -> dict[str, object]:
        point = {"coordonneeX": "6570414.61", "directionLatitude": "49.61", "directionLongitude": "3.21"}
        place = {"cogCommune": "02173", "coordonneesGeographique": point}
        told_of = {"numFinessEge": number, "nomEgeLong": "CLINIQUE  ", "siret": "77220148900022"}
        return {"informationsGeneralesEGE": told_of, "categorieentiteGeographiqueExercice": kind} | {
            "adresse": [place],
            "etatObjet": state,
        }

    sites = [site("020780195", "365", "A"), site("020787190", "321", "I")]
    frame = pd.DataFrame({"informationsGeneralesPMEJ.pmSmsseId": ["2", "3"], "ege": [json.dumps(sites), "[]"]})
    read = am.read_services(frame)
    assert read.index.tolist() == ["020780195"]
    assert read.iloc[0][["name", "category", "commune"]].tolist() == ["CLINIQUE", "hospital", "02173"]
    assert "1 open establishment, 1 closed left out" in told(read)


# --- libraries and culture --------------------------------------------------------------------------------------------


def test_each_library_is_at_its_own_place(opendata: Path, real_data: Path) -> None:
    path = opendata / "bibliotheques_publiques.csv"
    raw = pd.read_csv(path, sep=";", dtype=str)
    mairies = gpd.read_file(real_data / "mairies.gpkg").assign(category="mairie")
    mairies = mairies.rename(columns={"insee": "commune"}).set_geometry("geometry")
    read = am.read_services(path)
    assert len(read) == len(raw) == 549
    assert set(read["category"]) == {"library"}
    assert read.index[0] == "bib-8724"
    lat, lon = (float(part) for part in raw.loc[0, "coordonnees_finales"].split(","))
    point = read.to_crs(4326).geometry.iloc[0]
    assert (round(point.x, 6), round(point.y, 6)) == (lon, lat)
    beside = am.read_services(path, mairies=mairies.to_crs(2154)[["commune", "category", "geometry"]])
    assert beside.geometry.geom_equals_exact(read.geometry, 0.01).all()
    assert set(beside["point_quality"]) == {"file"}


def test_places_of_culture_are_what_their_type_says() -> None:
    row = {"Nom": "Le Forum", "code_insee": "02173", "Domaine": "Cinéma", "Latitude": "49.61", "Longitude": "3.21"}
    row |= {"Identifiant_deps_a_partir_de_2022": "CI_1", "Type équipement ou lieu": "Cinéma", "Demographie_AP": "Actif"}
    shut = {"Identifiant_deps_a_partir_de_2022": "CI_2", "Demographie_AP": "Fermé"}
    museum = {"Identifiant_deps_a_partir_de_2022": "MU_1", "Type équipement ou lieu": "Musée"}
    read = am.read_services(pd.DataFrame([row, row | shut, row | museum]))
    assert read["category"].to_dict() == {"basilic-CI_1": "cinema", "basilic-MU_1": "musee"}
    assert read.loc["basilic-MU_1", "category_label"] == "Musée"


# --- transport --------------------------------------------------------------------------------------------------------


def test_stations_of_a_timetable_are_counted_once(data_folder: Path) -> None:
    path = data_folder / "gtfs" / "ter_sncf_2025-01.zip"
    read = am.read_services(path)
    with zipfile.ZipFile(path) as archive:
        stops = pd.read_csv(archive.open("stops.txt"), dtype=str)
    assert len(read) == (stops["location_type"] == "1").sum() == 3835
    assert (read["category"] == "train_station").sum() == 2782
    chauny = read[read["name"] == "Chauny"]
    assert chauny["category"].tolist() == ["train_station"]
    assert read.attrs["vintage"] == "2025-01-22"  # feed_info.txt, before the name of the file


@pytest.mark.parametrize(
    ("info", "vintage"),
    [
        ("feed_version,feed_start_date,feed_end_date\nv2,20240105,20241231\n", "2024-01-05"),
        ("feed_version,feed_start_date\n2024-03-02 04:00,20240305\n", "2024-03-02"),
        ("feed_publisher_name\nRTA\n", ""),
        ("a,b\n1,2,3\n4", ""),
        ("", ""),
    ],
)
def test_timetable_is_of_the_day_that_its_feed_info_says(tmp_path: Path, info: str, vintage: str) -> None:
    with zipfile.ZipFile(tmp_path / "reseau.zip", "w") as archive:
        archive.writestr("stops.txt", "stop_id,stop_name,stop_lat,stop_lon\na,Gare,49.6,3.2\n")
        archive.writestr("feed_info.txt", info)
    assert am.read_services(tmp_path / "reseau.zip").attrs.get("vintage", "") == vintage


def test_stops_alone_say_no_mode() -> None:
    rows = [["a", "Gare", "49.6", "3.2", "", ""], ["b", "Mairie", "49.7", "3.3", "0", "gone"]]
    columns = ["stop_id", "stop_name", "stop_lat", "stop_lon", "location_type", "parent_station"]
    read = am.read_services(pd.DataFrame(rows, columns=columns))
    assert read["category"].tolist() == ["transit_stop", "transit_stop"]


def test_carpool_places_have_their_places_as_capacity() -> None:
    row = {"id_lieu": "02738-P-001", "nom_lieu": "Parking", "insee": "02738", "type": "Parking", "ouvert": "true"}
    row |= {"Xlong": "3,2981", "Ylat": "49,6561", "nbre_pl": "12"}
    nowhere = row | {"id_lieu": "02738-P-002", "Xlong": "0", "Ylat": "0.0"}
    read = am.read_services(pd.DataFrame([row, row | {"id_lieu": "02738-P-003", "ouvert": "false"}, row]))
    assert read.index.tolist() == ["covoiturage-02738-P-001"]
    assert read.iloc[0][["category", "capacity", "commune"]].tolist() == ["carpool_place", 12, "02738"]
    assert "1 row there twice, kept once" in told(read)
    with pytest.raises(TableError, match=r"covoiturage-02738-P-002"):
        am.read_services(pd.DataFrame([row, nowhere]))
    mairies = gpd.GeoDataFrame(
        {"commune": ["02738"], "category": "mairie"}, geometry=read.geometry.values, crs=read.crs
    )
    beside = am.read_services(pd.DataFrame([row, nowhere]), mairies=mairies)
    assert beside["point_quality"].tolist() == ["file", "placed_at_mairie"]
    assert "1 point at 0, 0, taken as missing" in told(beside)


def test_charging_station_is_one_site_with_its_points_as_capacity() -> None:
    row = {"id_station_itinerance": "FRX1", "nom_station": "Gare", "coordonneesXY": "[3.21, 49.61]", "nbre_pdc": "2"}
    row |= {"horaires": "24/7", "accessibilite_pmr": "Accessible mais non réservé PMR", "code_insee_commune": "02173"}
    local = {"id_station_itinerance": "Non concerné", "id_station_local": "L7", "nbre_pdc": "1", "horaires": "le jour"}
    local |= {"accessibilite_pmr": "Non accessible"}
    points = [row | {"id_pdc_itinerance": f"FRX1E{k}"} for k in range(3)]
    read = am.read_services(pd.DataFrame([*points, row | local | {"id_pdc_itinerance": "Non concerné"}]))
    assert read["capacity"].to_dict() == {"irve-FRX1": 3, "irve-L7": 1}
    assert read["step_free"].tolist() == ["yes", "no"]
    assert read["hours"].fillna("").tolist() == ["24/7", ""]
    assert read.to_crs(4326).geometry.iloc[0].distance(shapely.Point(3.21, 49.61)) < 1e-6


# --- the State's offices ----------------------------------------------------------------------------------------------


def office(number: str, kind: str, **more: object) -> dict[str, object]:
    hours = [{"nom_jour_debut": "Lundi", "nom_jour_fin": "Mercredi", "valeur_heure_debut_1": "09:00:00"}]
    hours[0] |= {"valeur_heure_fin_1": "12:00:00", "valeur_heure_debut_2": "14:00:00", "valeur_heure_fin_2": "17:00:00"}
    place = [{"type_adresse": "Adresse postale", "longitude": "2.0", "latitude": "48.0"}]
    place.append({"type_adresse": "Adresse", "longitude": "3.21", "latitude": "49.61"})
    row = {"id": number, "nom": f"Bureau {number}", "telephone": '[{"valeur": "03 23 00 00 00"}]'}
    row |= {"pivot": json.dumps([{"type_service_local": kind, "code_insee_commune": ["02173"]}])}
    return row | {"adresse": json.dumps(place), "plage_ouverture": json.dumps(hours)} | more


@pytest.mark.parametrize(
    ("kind", "category"),
    [
        *(("mairie", "mairie"), ("gendarmerie", "gendarmerie"), ("caf", "family_benefits")),
        *(("cpam", "health_insurance"), ("france_travail", "employment_agency"), ("prefecture", "prefecture")),
    ],
)
def test_office_of_the_directory_has_its_kind_place_and_hours(kind: str, category: str) -> None:
    read = am.read_services(pd.DataFrame([office("1", kind)]))
    assert read.loc["dila-1", ["category", "commune"]].tolist() == [category, "02173"]
    assert read.loc["dila-1", "hours"] == "Mo-We 09:00-12:00,14:00-17:00; PH off"
    assert read.to_crs(4326).geometry.iloc[0].distance(shapely.Point(3.21, 49.61)) < 1e-6
    assert "telephone" not in read.columns


def test_directory_without_hours_or_with_odd_ones_says_so() -> None:
    odd = [
        {"nom_jour_debut": "Lundi", "nom_jour_fin": "", "valeur_heure_debut_1": "17:00", "valeur_heure_fin_1": "09:00"}
    ]
    rows = [office("1", "mairie", plage_ouverture=""), office("2", "mairie", plage_ouverture=json.dumps(odd))]
    read = am.read_services(pd.DataFrame(rows))
    assert read["hours"].isna().all()
    assert "row 2" in told(read)


def test_structures_of_inclusion_are_told_by_their_network() -> None:
    row = {"_di_surrogate_id": "a--1", "nom": "CAF", "source": "a", "code_insee": "02173", "longitude": 3.21}
    row |= {"latitude": 49.61, "reseaux_porteurs": '["caf"]', "siret": "1", "horaires_accueil": "Mo-Fr 09:00-12:00"}
    others = [{"_di_surrogate_id": "a--2", "reseaux_porteurs": "ccas-cias,france-services"}]
    others.append({"_di_surrogate_id": "a--3", "reseaux_porteurs": None})
    read = am.read_services(pd.DataFrame([row, *(row | other for other in others)]))
    assert read["category"].tolist() == ["family_benefits", "france_services", "structure_d_insertion"]
    assert read["hours"].iloc[0] == "Mo-Fr 09:00-12:00"


def test_advisers_are_the_capacity_of_digital_help(real_data: Path) -> None:
    read = am.read_services(real_data / "conseillers_numeriques_2022.csv")
    assert set(read["category"]) == {"digital_help"}
    raw = pd.read_csv(real_data / "conseillers_numeriques_2022.csv")
    assert (len(read), read["capacity"].sum()) == (len(raw), raw["advisers"].sum())
    asked = am.read_services(real_data / "conseillers_numeriques_2022.csv", category="coworking")
    assert set(asked["category"]) == {"coworking"}


def test_buses_of_2022_are_those_that_say_so(opendata: Path) -> None:
    raw = pd.read_csv(opendata / "france_services_2022-12.csv", dtype=str)
    assert len(raw) == 283
    placed = raw[(raw["insee_dep"] != "971") & raw["latitude"].notna()].reset_index(drop=True)
    read = am.read_services(placed)
    assert read["mobile"].tolist() == placed["itinerance"].eq("Oui").tolist()
    assert (len(read), read["mobile"].sum()) == (len(placed), placed["itinerance"].eq("Oui").sum())


# --- the same list as others write it ---------------------------------------------------------------------------------

HEAD = "id_lieu;nom_lieu;insee;type;ouvert;Xlong;Ylat;nbre_pl\n"
TWO = "P1;Parking;02173;Parking;true;3.19;49.61;12\nP2;Gare;02173;Parking;true;3.18;49.62;\n"


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + (HEAD + TWO).replace("\n", "\r\n").encode(),
        "\n".join(";".join(f'"{cell}"' for cell in line.split(";")) for line in (HEAD + TWO).split()).encode(),
        (HEAD + TWO).replace("3.1", "3,1").replace("49.6", "49,6").encode(),
        (HEAD + TWO).replace(";", ",").encode(),
        (HEAD + TWO + "\n" + TWO.split("\n")[0]).encode(),
    ],
    ids=["bom", "quotes", "commas", "separator", "repeated"],
)
def test_list_is_the_same_however_it_is_written(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "aires.csv"
    path.write_bytes(content)
    read = am.read_services(path)
    assert read.index.tolist() == ["covoiturage-P1", "covoiturage-P2"]
    assert read["capacity"].fillna(-1).tolist() == [12, -1]
    point = read.to_crs(4326).geometry.iloc[0]
    assert (round(point.x, 6), round(point.y, 6)) == (3.19, 49.61)


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("P1;Parking;02173;Parking;true;49.61;3.19;12", "Longitude and latitude are swapped in 1 row: line 2"),
        ("P1;Parking;02173;Parking;true;;;12", "'geometry' is missing in 1 row: line 2"),
        ("P1;Parking;02173;Parking;true;713000;6943000;3", "Lambert-93 metres are labelled as degrees"),
        ("P1;Parking;02173;Parking;true;3.19;49.61;douze", "'capacity' is not a number"),
        ("P1;Parking;02173;Parking;false;3.19;49.61;3", "No row of aires.csv counts: its column 'ouvert' says false"),
    ],
)
def test_list_that_cannot_be_right_is_refused_by_row(tmp_path: Path, row: str, error: str) -> None:
    path = tmp_path / "aires.csv"
    path.write_text(f"{HEAD}{row}\n", "utf-8")
    with pytest.raises(AccessmapError, match=error):
        am.read_services(path)


def test_site_without_a_name_or_id_is_named_and_said(tmp_path: Path) -> None:
    path = tmp_path / "aires.csv"
    path.write_text(f"{HEAD};;02173;Parking;true;3.17;49.63;5\n{TWO}P1;Autre;02173;P;true;3.16;49.64;5\n", "utf-8")
    read = am.read_services(path)
    assert read.index.tolist() == ["covoiturage-~1", "covoiturage-P1", "covoiturage-P2", "covoiturage-P1~4"]
    assert read["name"].iloc[0] == "aire de covoiturage (02173)"
    assert "1 site without a name" in told(read)
    assert "2 ids blank or of several sites, numbered" in told(read)


def test_directory_and_finess_plus_are_read_from_their_json(tmp_path: Path) -> None:
    path = tmp_path / "annuaire.json"
    services = [office("1", "mairie"), office("2", "caf")]
    lists = ("pivot", "adresse", "plage_ouverture", "telephone")
    nested = [row | {name: json.loads(str(row[name])) for name in lists} for row in services]
    for content in ({"service": nested}, nested):
        path.write_text(json.dumps(content), "utf-8")
        assert am.read_services(path)["category"].tolist() == ["mairie", "family_benefits"]
    place = {
        "cogCommune": "02173",
        "coordonneesGeographique": {"directionLatitude": "49.6", "directionLongitude": "3.2"},
    }
    site = {"informationsGeneralesEGE": {"numFinessEge": "020780195", "nomEgeCourt": "CH"}, "adresse": [place]}
    site |= {"categorieentiteGeographiqueExercice": "355", "contact": [{"telecom": {"telephone": "0428631234"}}]}
    groups = {"gcc": [{"gccId": "1"}], "gco": [{"pmSmsseId": "3"}]}
    entities = [{"informationsGeneralesPMEJ": {"pmSmsseId": "1"}, "ege": [site]}]
    path.write_text(json.dumps({"schemaVersion": "v1.0.0", **groups, "pmej": entities}), "utf-8")
    assert am.read_services(path)["category"].to_dict() == {"020780195": "hospital"}
