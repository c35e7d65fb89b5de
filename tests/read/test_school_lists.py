"""Lists of schools: the ministry's annuaire in its true columns, its file of pupils and classes, and surveys."""

import csv
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from pyproj import Transformer

from accessmap.errors import SourceError, TableError
from accessmap.read.school_lists import equipment as read_equipment
from accessmap.read.school_lists import level_of
from accessmap.read.school_lists import schools as read_schools
from accessmap.read.services import read_services
from accessmap.tables.checks import METRIC_CRS
from accessmap.tables.contracts import check_schools

X, Y = 713_000.0, 6_946_000.0

# The columns of "fr-en-annuaire-education" as data.education.gouv.fr exports them; the schools below are invented.
HEADER = (
    "Identifiant_de_l_etablissement;Nom_etablissement;Type_etablissement;Statut_public_prive;Adresse_1;Adresse_2;"
    "Adresse_3;Code_postal;Code_commune;Nom_commune;Code_departement;Code_academie;Code_region;Ecole_maternelle;"
    "Ecole_elementaire;Voie_generale;Voie_technologique;Voie_professionnelle;Telephone;Fax;Web;Mail;Restauration;"
    "Hebergement;ULIS;Apprentissage;Segpa;Section_arts;Section_cinema;Section_theatre;Section_sport;"
    "Section_internationale;Section_europeenne;Lycee_Agricole;Lycee_militaire;Lycee_des_metiers;Post_BAC;"
    "Appartenance_Education_Prioritaire;GRETA;SIREN_SIRET;Nombre_d_eleves;Fiche_onisep;position;Type_contrat_prive;"
    "Libelle_departement;Libelle_academie;Libelle_region;coordX_origine;coordY_origine;epsg_origine;"
    "nom_circonscription;latitude;longitude;precision_localisation;date_ouverture;date_maj_ligne;etat;"
    "ministere_tutelle;multi_uai;rpi_concentre;rpi_disperse;code_nature;libelle_nature;Code_type_contrat_prive;PIAL;"
    "etablissement_mere;type_rattachement_etablissement_mere;code_circonscription;code_zone_animation_pedagogique;"
    "libelle_zone_animation_pedagogique;code_bassin_formation;libelle_bassin_formation"
)


ANNUAIRE = HEADER.split(";")


def school(uai: str, name: str, **values: object) -> dict[str, object]:
    given = {
        "Identifiant_de_l_etablissement": uai,
        "Nom_etablissement": name,
        "Type_etablissement": "Ecole",
        "Statut_public_prive": "Public",
        "Code_commune": "02173",
        "Nom_commune": "Chauny",
        "Telephone": "0300000000",
        "Mail": "ecole@example.org",
        "Ecole_maternelle": 0,
        "Ecole_elementaire": 1,
        "libelle_nature": "ECOLE DE NIVEAU ELEMENTAIRE",
        "etat": "OUVERT",
        "coordX_origine": X + 1500,
        "coordY_origine": Y + 500,
        "epsg_origine": "EPSG:2154",
        "precision_localisation": "Numéro de rue",
        **values,
    }
    if given["coordX_origine"] != "" and "latitude" not in values:
        lon, lat = Transformer.from_crs(2154, 4326, always_xy=True).transform(
            given["coordX_origine"], given["coordY_origine"]
        )
        given |= {"longitude": lon, "latitude": lat, "position": f"{lat}, {lon}"}
    return given


def annuaire(tmp_path: Path, *rows: dict[str, object]) -> Path:
    path = tmp_path / "fr-en-annuaire-education.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ANNUAIRE, delimiter=";")
        writer.writeheader()
        writer.writerows(rows)
    return path


def saved(tmp_path: Path, text: str, name: str = "list.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def communes() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "name": ["Abbécourt", "Chauny", "Anizy-le-Grand"],
            "population": [518, 11_600, 2_600],
            "epci": ["200071785", "200071785", "200071769"],
            "in_territory": [True, True, True],
        },
        geometry=[shapely.box(X + 1000 * i, Y, X + 1000 * (i + 1), Y + 1000) for i in range(3)],
        index=pd.Index(["02001", "02173", "02018"], name="code"),
        crs=METRIC_CRS,
    )


COLLEGE = {"Type_etablissement": "Collège", "Ecole_elementaire": "", "Ecole_maternelle": ""}
LYCEE = COLLEGE | {"Type_etablissement": "Lycée"}


def notes(read: pd.DataFrame) -> str:
    return "\n".join(read.attrs["read_notes"])


def test_annuaire_becomes_schools_of_the_four_levels(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = annuaire(
        tmp_path,
        school("0020001A", "Maternelle", Ecole_maternelle=1, Ecole_elementaire=0, libelle_nature="ECOLE MATERNELLE"),
        school("0020002B", "Primaire", Ecole_maternelle=1, Nombre_d_eleves=120),
        school("0020003C", "Élémentaire privée", Statut_public_prive="Privé"),
        school("0020004D", "Collège", **COLLEGE, libelle_nature="COLLEGE"),
        school("0020005E", "Lycée pro", **LYCEE, libelle_nature="LYCEE PROFESSIONNEL"),
    )
    read = read_schools(path, communes)
    check_schools(read, communes)
    assert read["level"].tolist() == ["nursery", "primary", "primary", "middle", "high"]
    assert read["with_nursery"].tolist() == ["unknown", "yes", "no", "unknown", "unknown"]
    assert read["sector"].tolist() == ["public", "public", "private", "public", "public"]
    assert read["pupils"].tolist()[1] == 120
    assert read["pupils"].isna().sum() == 4
    assert set(read["point_quality"]) == {"file"}
    assert read.geometry.distance(shapely.Point(X + 1500, Y + 500)).max() < 0.01


def test_annuaire_telephones_and_mails_are_not_kept(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    read = read_schools(annuaire(tmp_path, school("0020001A", "A", rpi_disperse="RPI 12", ULIS=1)), communes)
    assert not {"Telephone", "Mail", "Adresse_1", "position"} & set(read.columns)
    assert read.loc["0020001A", ["rpi_disperse", "ulis"]].tolist() == ["RPI 12", "1"]


def test_what_an_ecole_teaches_goes_before_the_word_for_it(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = annuaire(tmp_path, school("0020001A", "A", Ecole_maternelle=1, libelle_nature="ECOLE MATERNELLE"))
    assert read_schools(path, communes)["level"].tolist() == ["primary"]


def test_closed_schools_are_left_out_and_said(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = annuaire(
        tmp_path,
        school("0020001A", "Ouverte"),
        school("0020002B", "Fermée", etat="FERME"),
        school("0020003C", "Pas encore", etat="A OUVRIR"),
        school("0020004D", "Bientôt fermée", etat="A FERMER"),
    )
    read = read_schools(path, communes)
    assert read["name"].tolist() == ["Ouverte", "Bientôt fermée"]
    assert "2 rows left out, closed or not yet open: 'Fermée', 'Pas encore'" in notes(read)
    assert "1 school soon to close: 'Bientôt fermée'" in notes(read)


def test_offices_and_sections_are_no_schools_and_said(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = annuaire(
        tmp_path,
        school("0020001A", "École"),
        school("0020002B", "SEGPA", **COLLEGE, libelle_nature="SECTION ENSEIGT GEN. ET PROF. ADAPTE"),
        school("0020003C", "CIO", Type_etablissement="Information et orientation", Ecole_elementaire="",
               libelle_nature="CENTRE D INFORMATION ET D ORIENTATION"),
        school("0020004D", "EREA", Type_etablissement="EREA", Ecole_elementaire="",
               libelle_nature="ETAB REGIONAL/LYCEE ENSEIGNEMENT ADAPTE"),
    )  # fmt: skip
    read = read_schools(path, communes)
    assert read["name"].tolist() == ["École"]
    assert "3 rows left out, none of the four levels" in notes(read)
    assert "'SEGPA', 'CIO', 'EREA'" in notes(read)


# every libelle_nature that the annuaire publishes for a place of teaching, and the level it is with us
NATURES = {
    "ECOLE MATERNELLE": "nursery", "ECOLE MATERNELLE D APPLICATION": "nursery",
    "ECOLE DE NIVEAU ELEMENTAIRE": "primary",
    "ECOLE ELEMENTAIRE D APPLICATION": "primary", "ECOLE ELEMENTAIRE ANNEXE D INSPE": "primary",
    "ECOLE DE PLEIN AIR": "primary", "ECOLE DE NIVEAU ELEMENTAIRE SPECIALISEE": "primary",
    "ECOLE REGIONALE DU PREMIER DEGRE": "primary", "COLLEGE": "middle", "COLLEGE EXPERIMENTAL": "middle",
    "COLLEGE CLIMATIQUE": "middle", "COLLEGE SPECIALISE": "middle", "LYCEE POLYVALENT": "high",
    "LYCEE ENSEIGNT GENERAL ET TECHNOLOGIQUE": "high", "LYCEE D ENSEIGNEMENT TECHNOLOGIQUE": "high",
    "LYCEE D ENSEIGNEMENT GENERAL": "high", "LYCEE ENS GENERAL TECHNO PROF AGRICOLE": "high",
    "LYCEE CLIMATIQUE": "high", "LYCEE EXPERIMENTAL": "high", "LYCEE PROFESSIONNEL": "high",
    "SECTION D ENSEIGNEMENT PROFESSIONNEL": None, "SECTION ENSEIGT GENERAL ET TECHNOLOGIQUE": None,
    "SECTION ENSEIGT GEN. ET PROF. ADAPTE": None, "ETAB REGIONAL/LYCEE ENSEIGNEMENT ADAPTE": None,
    "ECOLE SANS EFFECTIFS PERMANENTS": None, "ECOLE SECONDAIRE SPECIALISEE (2 D CYCLE)": None,
    "ECOLE PROFESSIONNELLE SPECIALISEE": None, "ETABLISSEMENT DE REINSERTION SCOLAIRE": None,
    "ECOLES COMPOSEES UNIQT DE STS ET OU CPGE": None, "MAISON FAMILIALE RURALE EDUCATION ORIENT": None,
    "INSTITUT MEDICO-EDUCATIF": None, "CENTRE D INFORMATION ET D ORIENTATION": None, "RECTORAT": None,
    "CIRCONSCRIPTIONS INSPECTION EDUC NAT": None,
}  # fmt: skip


@pytest.mark.parametrize(("nature", "level"), NATURES.items())
def test_each_nature_of_the_annuaire_has_its_level_or_none(nature: str, level: str | None) -> None:
    assert level_of(nature) == level


def test_annuaire_of_2023_under_its_old_names_is_read(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = annuaire(tmp_path, school("0020001A", "A", latitude="", longitude="", Nombre_d_eleves=7))
    text = (
        path.read_text(encoding="utf-8").replace("coordX_origine", "coordonnee_X").replace("Code_postal", "Code postal")
    )
    path.write_text(text.replace("coordY_origine", "coordonnee_Y").replace("epsg_origine", "epsg"), encoding="utf-8")
    read = read_schools(path, communes)
    assert read.loc["0020001A", ["point_quality", "pupils"]].tolist() == ["file", 7]


def test_annuaire_of_offices_only_is_refused(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    row = school("0020003C", "Rectorat", Type_etablissement="Service Administratif", Ecole_elementaire="",
                 libelle_nature="DIRECTION SERVICES DEPARTEMENTAUX EN")  # fmt: skip
    with pytest.raises(SourceError, match="has no school: all of its 1 row are none of the four levels"):
        read_schools(annuaire(tmp_path, row), communes)


def test_second_row_of_a_uai_is_left_out_and_said(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = annuaire(tmp_path, school("0020001A", "A", multi_uai=1), school("0020001A", "A bis", multi_uai=1))
    read = read_schools(path, communes)
    assert read["name"].tolist() == ["A"]
    assert "further rows of a school that is there already: 'A bis'" in notes(read)


def test_uai_of_two_levels_is_named(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = annuaire(tmp_path, school("0020001A", "A"), school("0020001A", "B", **COLLEGE, libelle_nature="COLLEGE"))
    with pytest.raises(TableError, match="'school_id' is there more than once in 2 rows: line 2 '0020001A', line 3"):
        read_schools(path, communes)


def test_school_without_degrees_takes_its_metres_and_epsg(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = annuaire(
        tmp_path,
        school("0020001A", "Degrés"),
        school("0020002B", "Mètres", latitude="", longitude="", coordX_origine=X + 1200.5),
        school("0020003C", "Sans EPSG", latitude="", longitude="", epsg_origine=""),
    )
    read = read_schools(path, communes)
    assert set(read["point_quality"]) == {"file"}
    assert read.geometry["0020002B"].distance(shapely.Point(X + 1200.5, Y + 500)) < 0.01
    assert read.geometry["0020003C"].distance(shapely.Point(X + 1500, Y + 500)) < 0.01


NOWHERE = {"coordX_origine": "", "coordY_origine": "", "epsg_origine": "", "precision_localisation": ""}


def test_school_without_a_point_is_placed_in_its_commune_and_marked(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    read = read_schools(annuaire(tmp_path, school("0020001A", "A"), school("0020002B", "B", **NOWHERE)), communes)
    assert read["point_quality"].tolist() == ["file", "commune"]
    assert communes.geometry["02173"].contains(read.geometry["0020002B"])
    assert "1 school without a point placed inside their commune" in notes(read)
    assert "service" not in notes(read)


def test_school_without_a_point_goes_to_the_mairie(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    mairie = gpd.GeoDataFrame(
        {"commune": ["02173"], "category": ["mairie"]}, geometry=[shapely.Point(X + 1900, Y + 900)], crs=METRIC_CRS
    )
    read = read_schools(annuaire(tmp_path, school("0020002B", "B", **NOWHERE)), communes, mairies=mairie)
    assert read["point_quality"].tolist() == ["placed_at_mairie"]
    assert read.geometry.iloc[0].equals(mairie.geometry.iloc[0])


def test_point_of_the_commune_only_is_marked(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = annuaire(
        tmp_path,
        school("0020001A", "A", precision_localisation="COMMUNE"),
        school("0020002B", "B", precision_localisation="Ville"),
        school("0020003C", "C", precision_localisation="CENTRE_PARCELLE"),
    )
    read = read_schools(path, communes)
    assert read["point_quality"].tolist() == ["anywhere_in_commune"] * 2 + ["file"]


def test_code_of_a_merged_commune_becomes_that_of_today(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    # Faucoucourt is part of Anizy-le-Grand since 2019
    row = school("0020001A", "A", Code_commune="02301", coordX_origine=X + 2500)
    read = read_schools(annuaire(tmp_path, row), communes)
    assert read.loc["0020001A", ["commune", "commune_in_file"]].tolist() == ["02018", "02301"]


def test_school_in_an_unknown_commune_is_named(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    row = school("0020001A", "A", Code_commune="02174", coordX_origine=X + 90_000)
    with pytest.raises(TableError, match="no commune of the communes table in 1 row: line 2 '0020001A' .*'02173'"):
        read_schools(annuaire(tmp_path, row), communes)


def test_national_file_is_clipped_to_the_communes(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = annuaire(
        tmp_path,
        school("0020001A", "Ici"),
        school("0800001A", "Amiens", Code_commune="80021", coordX_origine=X - 60_000),
        school("9740001A", "Saint-Denis", Code_commune="97411", latitude="-20,88", longitude="55,45"),
    )
    read = read_schools(path, communes, clip=True)
    assert read["name"].tolist() == ["Ici"]
    assert "2 schools in none of the communes left out" in notes(read)


def test_school_of_a_commune_beyond_that_lies_inside_is_clipped_too(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = annuaire(tmp_path, school("0020001A", "Ici"), school("0020002B", "Ailleurs", Code_commune="02999"))
    read = read_schools(path, communes, clip=True)
    assert read["name"].tolist() == ["Ici"]
    assert "1 school of other communes that lie in these left out: line 3 '0020002B'" in notes(read)


LIST = "uai;nom;niveau;insee;lon;lat;eleves\n"


@pytest.mark.parametrize(
    ("word", "level"),
    [("Maternelle", "nursery"), ("École primaire", "primary"), ("élémentaire", "primary"), ("Collège", "middle"),
     ("LYCÉE polyvalent", "high"), ("primary", "primary"), ("nursery", "nursery")],
)  # fmt: skip
def test_plain_list_says_the_level_in_either_language(
    tmp_path: Path, communes: gpd.GeoDataFrame, word: str, level: str
) -> None:
    path = saved(tmp_path, f"{LIST}0020001A;A;{word};02173;3,1995;49,6175;1 200\n")
    read = read_schools(path, communes, clip=False)
    assert read["level"].tolist() == [level]
    assert read["pupils"].tolist() == [1200]


def test_unknown_level_is_named_with_near_matches(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = saved(tmp_path, f"{LIST}0020001A;A;colege;02173;3,1995;49,6175;12\n")
    with pytest.raises(TableError, match=r"'level' is unknown in 1 row: line 2.* \('colege' \(did you mean 'collège'"):
        read_schools(path, communes)


def test_all_that_is_wrong_with_a_list_is_told_at_once(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    rows = "0020001A;A;colège;02173;3,1995;49,6175;-3\n0020002B;;lycée;2173;3,1995;49,6175;douze\n"
    with pytest.raises(TableError) as caught:
        read_schools(saved(tmp_path, LIST + rows), communes)
    said = str(caught.value)
    assert said.startswith("schools (list.csv): ")
    for part in ("'level' is unknown", "'colège'", "'name' is missing", "'douze'"):
        assert part in said
    assert "service" not in said


def test_list_without_ids_names_the_columns_it_has(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    with pytest.raises(TableError, match="'school_id' is missing: the file has numéro, name, level, commune") as caught:
        read_schools(saved(tmp_path, "numéro;nom;niveau;insee\n1;A;collège;02173\n"), communes)
    assert len(caught.value.problems) == 1


ROLL = (
    "rentree_scolaire;numero_ecole;denomination_principale;patronyme;secteur;nombre_total_classes;nombre_total_eleves\n"
    "2023;0020001A;ECOLE;A;PUBLIC;4;99\n2024;0020001A;ECOLE;A;PUBLIC;5;101\n2024;0029999Z;ECOLE;Z;PUBLIC;1;9\n"
)


def test_roll_gives_pupils_and_classes_of_the_latest_year(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = annuaire(tmp_path, school("0020001A", "A", Nombre_d_eleves=90), school("0020002B", "B", Nombre_d_eleves=40))
    read = read_schools(path, communes, roll=saved(tmp_path, ROLL, "roll.csv"))
    assert read["pupils"].tolist() == [101, 40]
    assert read["classes"].fillna(-1).tolist() == [5, -1]
    assert "roll.csv: pupils and classes of 2024." in notes(read)
    assert "roll.csv: of 1 of 2 schools." in notes(read)


def test_roll_under_its_long_labels_is_known_too(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    roll = "Rentrée scolaire;Numéro de l'école;Nombre total de classes;Nombre total d'élèves\n2024;0020001A;3;70\n"
    read = read_schools(annuaire(tmp_path, school("0020001A", "A")), communes, roll=saved(tmp_path, roll, "r.csv"))
    assert read.loc["0020001A", ["pupils", "classes"]].tolist() == [70, 3]


def test_roll_with_a_school_twice_in_a_year_is_refused(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    twice = ROLL + "2024;0020001A;ECOLE;A;PUBLIC;5;102\n"
    with pytest.raises(TableError, match=r"roll \(r.csv\): 1 problem. Schools are there more than once.*'0020001A'"):
        read_schools(annuaire(tmp_path, school("0020001A", "A")), communes, roll=saved(tmp_path, twice, "r.csv"))


# ---- equipment


@pytest.fixture
def schools(tmp_path: Path, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return read_schools(annuaire(tmp_path, school("0020001A", "A"), school("0020002B", "B")), communes)


def test_survey_in_french_becomes_equipment(tmp_path: Path, schools: gpd.GeoDataFrame) -> None:
    text = "UAI;Nombre de tablettes;Écrans interactifs;ENT;Débit (Mbps);Remarque\n0020001A;12;1;Oui;8,5;à revoir\n"
    read = read_equipment(saved(tmp_path, text), schools)
    assert read.index.tolist() == ["0020001A"]
    assert read.loc["0020001A", ["tablets", "interactive_boards", "ent"]].tolist() == [12, 1, "yes"]
    assert read.loc["0020001A", "connection_mbps"] == 8.5
    assert read.loc["0020001A", "Remarque"] == "à revoir"
    assert "1 of 2 schools are not in it, unknown" in notes(read)


def test_blank_of_a_survey_is_unknown_and_not_zero(tmp_path: Path, schools: gpd.GeoDataFrame) -> None:
    read = read_equipment(saved(tmp_path, "uai;tablettes;tbi;ent\n0020001A;;0;\n0020002B;3;;non\n"), schools)
    assert pd.isna(read.loc["0020001A", "tablets"])
    assert read.loc["0020001A", "interactive_boards"] == 0
    assert read["ent"].tolist() == ["unknown", "no"]


def test_all_that_is_wrong_with_a_survey_is_told_at_once(tmp_path: Path, schools: gpd.GeoDataFrame) -> None:
    text = "uai;tablettes;tbi;ent\n0020001A;-3;deux;peut-être\n0020002C;1;1;oui\n"
    with pytest.raises(TableError) as caught:
        read_equipment(saved(tmp_path, text, "e.csv"), schools)
    said = str(caught.value)
    assert said.startswith("equipment (e.csv): 4 problems.")
    assert "'tablets' is negative in 1 row: line 2 '0020001A' (-3)" in said
    assert "'deux'" in said
    assert "'ent' is none of yes, no, unknown in 1 row: line 2 '0020001A' ('peut-être')" in said
    assert "line 3 '0020002C' (did you mean '0020002B'" in said


def test_survey_with_two_kinds_of_boards_asks_which(tmp_path: Path, schools: gpd.GeoDataFrame) -> None:
    with pytest.raises(TableError, match="may both be 'interactive_boards' and differ"):
        read_equipment(saved(tmp_path, "uai;tbi;vpi\n0020001A;1;2\n"), schools)


def test_survey_of_nothing_we_know_says_what_it_has(tmp_path: Path, schools: gpd.GeoDataFrame) -> None:
    with pytest.raises(TableError, match="There is no equipment: the file has school_id, ordinateurs"):
        read_equipment(saved(tmp_path, "uai;ordinateurs\n0020001A;1\n"), schools)


def test_floor_written_as_oui_is_read(tmp_path: Path, schools: gpd.GeoDataFrame) -> None:
    read = read_equipment(saved(tmp_path, "uai;tablets;tablets_at_least\n0020001A;5;oui\n0020002B;3;\n"), schools)
    assert read["tablets_at_least"].tolist() == [True, False]


# ---- counts of the BPE, where there is no list


def test_bpe_of_the_territory_becomes_schools_by_level(real_data: Path) -> None:
    from accessmap.measures.schools import schools_from_counts, schools_of
    from accessmap.read.communes import read_communes

    communes = read_communes(real_data / "communes.gpkg")
    mairies = read_services(real_data / "mairies.gpkg", category="mairie", communes=communes)
    counts = read_services(real_data / "bpe_2013_counts.csv", communes=communes, mairies=mairies)
    schools = schools_from_counts(counts)
    table = pd.read_csv(real_data / "bpe_2013_counts.csv", dtype={"insee": str})
    kinds = {"nursery": "École maternelle", "middle": "Collège"}
    for level, word in kinds.items():
        expected = table[table["equipment"].str.startswith(word)]["count"].sum()
        assert len(schools_of(schools, level=level)) >= expected > 0
    assert set(schools["point_quality"]) <= {"placed_at_mairie", "commune"}
    check_schools(schools, communes)
    # the figures that docs/method_schools.md gives
    inside = schools[schools["commune"].map(communes["in_territory"])]
    assert (len(inside), inside["commune"].nunique()) == (113, 54)
    levels = {epci: schools_of(inside, communes, epci=epci)["level"] for epci in ("200071785", "200071769")}
    assert levels["200071785"].value_counts().to_dict() == {"primary": 46, "nursery": 22, "high": 9, "middle": 8}
    assert levels["200071769"].value_counts().to_dict() == {"primary": 22, "nursery": 3, "middle": 2, "high": 1}
