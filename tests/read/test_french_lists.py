"""French open data as it is published: each list gives its right value, or one clear sentence. Rows are made up."""

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from accessmap.errors import AccessmapError, SourceError, TableError
from accessmap.read.communes import read_communes
from accessmap.read.coverage import digital
from accessmap.read.private import private_columns
from accessmap.read.residents import read_residents
from accessmap.read.school_lists import equipment, schools
from accessmap.read.services import read_services
from accessmap.tables.checks import METRIC_CRS

LON, LAT = 3.24, 49.623
HERE = gpd.GeoSeries.from_xy([LON], [LAT], crs=4326).to_crs(METRIC_CRS).iloc[0]


@pytest.fixture
def communes() -> gpd.GeoDataFrame:
    """Chauny and Compiègne as rectangles about where they are."""
    return gpd.GeoDataFrame(
        {"name": ["Chauny", "Compiègne"], "population": [11_600, 40_000], "epci": "e", "in_territory": True},
        geometry=[shapely.box(713e3, 6943e3, 719e3, 6950e3), shapely.box(684e3, 6920e3, 692e3, 6930e3)],
        index=pd.Index(["02173", "60159"], name="code"),
        crs=METRIC_CRS,
    )


@pytest.fixture
def saved(tmp_path: Path):
    def save(text: str, name: str = "liste.csv") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return save


def told(table: pd.DataFrame) -> str:
    return "\n".join(table.attrs["read_notes"])


# --- France services: what moves --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("column", "rows"),
    [
        ("itinerance,format_fs", {"Oui,Site principal": True, "Non,Antenne": False, "oui,Antenne": True, ",": False}),
        ("format_fs", {"Bus_équivalent": True, "Fixe": False, "Multisites": False, "Itinérant": True, "": False}),
        ("type_fs", {"Principal": False}),
    ],
)
def test_buses_of_every_list_of_france_services_are_mobile(saved, communes, column, rows) -> None:
    lines = [f"{n},Site {n},02173,{LAT},{LON},{said}" for n, said in enumerate(rows)]
    read = read_services(
        saved("\n".join([f"id_fs,lib_fs,insee_com,latitude,longitude,{column}", *lines])), communes=communes
    )
    assert read["mobile"].tolist() == list(rows.values())


def test_bus_by_name_only_where_no_column_says_it(saved, communes) -> None:
    head = "id_fs,lib_fs,insee_com,latitude,longitude"
    rows = [f"1,Bus France services X,02173,{LAT},{LON}", f"2,France services du Busigny,02173,{LAT},{LON}"]
    read = read_services(saved("\n".join([head, *rows])), communes=communes)
    assert read["mobile"].tolist() == [True, False]
    said = "\n".join([f"{head},itinerance", *(f"{row},Non" for row in rows)])
    assert read_services(saved(said), communes=communes)["mobile"].tolist() == [False, False]


def test_mobile_of_any_list_is_true_or_false(saved, communes) -> None:
    text = f"id,nom,commune,itinerance,lat,lon\n1,A,02173,Oui,{LAT},{LON}\n2,B,02173,,{LAT},{LON}\n"
    read = read_services(saved(text), category="library", communes=communes)
    assert read["mobile"].tolist() == [True, False]
    assert "1 service that moves, as 'itinerance' says" in told(read)
    again = read_services(saved(text.replace("itinerance", "mobile").replace("Oui", "True")), category="library")
    assert again["mobile"].tolist() == [True, False]


def test_moving_said_by_neither_yes_nor_no_is_taken_as_fixed_and_told(saved, communes) -> None:
    text = f"id_fs,lib_fs,insee_com,latitude,longitude,itinerance\n1,A,02173,{LAT},{LON},Partielle\n"
    known, any_list = (
        read_services(saved(one), communes=communes, category="france_services")
        for one in (text, text.replace("id_fs,lib_fs", "id,nom"))
    )
    for read in (known, any_list):
        assert read["mobile"].tolist() == [False]
        assert "'itinerance' says neither yes nor no of 1 service, taken as fixed: line 2" in told(read)
    for word in ("Itinérance", "itinérante", "Mobile"):
        read = read_services(saved(text.replace("Partielle", word)), communes=communes)
        assert read["mobile"].tolist() == [True], word


# --- ARCEP: classes of speed ------------------------------------------------------------------------------------------

ARCEP = "code_insee;nom_com;nbr;type;inel_hd;elig_hd05;elig_hd3;elig_hd8;elig_thd30;elig_thd100;elig_thd1g\n"
EXCLUSIVE = "02173;Chauny;7402;logloc;0;0;0;307;27;0;7068\n60159;Compiègne;23387;logloc;0;0;0;9256;1716;0;12415\n"
CUMULATIVE = (
    "02173;Chauny;7402;logloc;0;7402;7402;7402;7095;7068;7068\n60159;C;23387;logloc;0;23387;23387;23387;14131;12415;0\n"
)
SENTENCE = "Version beta : les données sont en l’état et ne sont pas toutes fiables, certaines devant être améliorées\n"


@pytest.mark.parametrize("title", ["", SENTENCE, SENTENCE + "\n", f'"{SENTENCE.strip()}"\n', "Source ARCEP 2019\n"])
def test_exclusive_classes_of_speed_are_added_up(saved, communes, title) -> None:
    read = digital(saved(title + ARCEP + EXCLUSIVE), communes)
    assert read["very_high_speed"].round(4).tolist() == [0.9585, 0.6042]
    assert read["elig_thd100"].tolist() == [7068, 12415]
    assert "the classes of speed exclude each other" in told(read)
    assert ("passed over, " in told(read)) == bool(title)


def test_classes_that_contain_each_other_are_taken_as_they_are(saved, communes) -> None:
    read = digital(saved(ARCEP + CUMULATIVE), communes)
    assert read["very_high_speed"].round(4).tolist() == [0.9585, 0.6042]
    assert "exclude" not in told(read)


def test_exclusive_classes_of_which_some_are_left_out_are_added_up(saved, communes) -> None:
    text = "code_insee;nbr;elig_thd30;elig_thd100;elig_thd1g\n02173;7402;27;0;7068\n60159;23387;1716;0;12415\n"
    assert digital(saved(text), communes)["very_high_speed"].round(4).tolist() == [0.9585, 0.6042]


def test_classes_that_are_neither_are_refused_with_their_row(saved, communes) -> None:
    text = ARCEP + CUMULATIVE.replace("7095;7068;7068", "5;7068;7068")
    with pytest.raises(TableError, match=r"neither contain each other nor add up.*02173.*elig_thd30=5"):
        digital(saved(text), communes)


def test_speeds_are_no_services(saved) -> None:
    with pytest.raises(SourceError, match="digital coverage by commune"):
        read_services(saved(SENTENCE + ARCEP + EXCLUSIVE))


def test_header_is_no_title(saved, communes) -> None:
    text = f"nom du site de la commune;insee;lat;lon\nA;02173;{LAT};{LON}\nB;02173;{LAT};{LON}\n"
    read = read_services(saved(text), category="library", columns={"name": "nom du site de la commune"})
    assert read["name"].tolist() == ["A", "B"]


# --- two coordinates in one column ------------------------------------------------------------------------------------

POINTS = {
    "49.6230,3.2400": "latitude then longitude",
    "49.6230, 3.2400": "latitude then longitude",
    "49.6230 3.2400": "latitude then longitude",
    "3.2400,49.6230": "longitude then latitude",
    "[3.24, 49.623]": "longitude then latitude",
    "49,6230;3,2400": "latitude then longitude",
    "49,6230 ; 3,2400": "latitude then longitude",
    "(49.623, 3.24)": "latitude then longitude",
    "POINT(3.24 49.623)": "longitude then latitude",
    "POINT (49.623 3.24)": "latitude then longitude",
    "SRID=4326;POINT(3.24 49.623)": "longitude then latitude",
    '{"lon": 3.24, "lat": 49.623}': "longitude then latitude",
    '{"lat": "49.623", "lon": "3.24"}': "longitude then latitude",
    '{"type": "Point", "coordinates": [3.24, 49.623]}': "longitude then latitude",
}


@pytest.mark.parametrize("name", ["coordonnees_finales", "geo_point_2d", "geopoint", "Coordonnées GPS"])
@pytest.mark.parametrize("point", POINTS)
def test_point_in_one_column_is_read(communes, name, point) -> None:
    frame = pd.DataFrame({"nom": ["A", "B"], "INSEE": "02173", name: [point, None]})
    read = read_services(frame, category="library", communes=communes)
    assert read.geometry.iloc[0].distance(HERE) < 0.01
    assert read["point_quality"].tolist() == ["file", "commune"]
    assert f"coordinates read from '{name}', {POINTS[point]}" in told(read)


@pytest.mark.parametrize("value", [{"lon": LON, "lat": LAT}, [LON, LAT], shapely.to_wkb(shapely.Point(LON, LAT))])
def test_point_of_a_typed_column_is_read(communes, value) -> None:
    frame = pd.DataFrame({"nom": ["A"], "INSEE": "02173"})
    frame["geo_point_2d"] = pd.Series([value], dtype=object)
    read = read_services(frame, category="library", communes=communes)
    assert read.geometry.iloc[0].distance(HERE) < 0.01


@pytest.mark.parametrize("value", ["49.6230 3.2400 52 4.8", "49.6230, 3.2400, 50"])
def test_height_after_a_point_is_passed_over(saved, communes, value) -> None:
    read = read_services(saved(f"nom;INSEE;_geolocation\nA;02173;{value}\n"), category="library", communes=communes)
    assert read.geometry.iloc[0].distance(HERE) < 0.01


def test_point_in_hexadecimal_is_read(saved, communes) -> None:
    text = f"nom;INSEE;geom\nA;02173;{shapely.to_wkb(shapely.Point(LON, LAT), hex=True)}\n"
    read = read_services(saved(text), category="library", communes=communes)
    assert read.geometry.iloc[0].distance(HERE) < 0.01


@pytest.mark.parametrize(
    "value", ["49.6230°N, 3.2400°E", "N49.6230 E3.2400", "lat: 49.623, lon: 3.240", "49,6230,3,2400"]
)
def test_points_written_in_a_way_that_is_not_read_are_refused_and_not_placed_at_the_mairie(
    saved, communes, value
) -> None:
    text = f'nom;INSEE;geo_point_2d\nA;02173;"{value}"\nB;60159;\n'
    with pytest.raises(TableError, match=r"1 problem.*'geo_point_2d' is not a point in 1 row: line 2"):
        read_services(saved(text), category="library", communes=communes)


def test_point_from_a_csv_with_decimal_commas(saved, communes) -> None:
    text = 'nom;INSEE;coordonnees\nA;02173;"49,6230;3,2400"\nB;02173;"49,6231;3,2401"\n'
    read = read_services(saved(text), category="library", communes=communes)
    assert read.geometry.iloc[0].distance(HERE) < 0.01


def test_final_point_of_several_is_taken_and_others_that_differ_are_refused(saved, communes) -> None:
    head = "nom;INSEE;coordonnees_ban;coordonnees_insee;coordonnees_finales\n"
    row = "A;02173;49.61, 3.21;49.60, 3.20;49.623,3.24\n"
    read = read_services(saved(head + row), category="library", communes=communes)
    assert read.geometry.iloc[0].distance(HERE) < 0.01
    with pytest.raises(TableError, match=r"Several columns may be the place.*columns=\{'point': 'coordonnees_ban'\}"):
        read_services(saved((head + row).replace("finales", "autres")), category="library", communes=communes)
    chosen = read_services(
        saved((head + row).replace("finales", "autres")),
        category="library",
        communes=communes,
        columns={"point": "coordonnees_autres"},
    )
    assert chosen.geometry.iloc[0].distance(HERE) < 0.01


def test_point_of_which_nothing_tells_the_order_is_refused(saved) -> None:
    head = "nom;categorie;{}\nA;library;12.5,13.5\nB;library;12.6,13.6\n"
    with pytest.raises(TableError, match="nothing says which is the latitude"):
        read_services(saved(head.format("coordonnees")))
    assert len(read_services(saved(head.format("lat_lon")), columns={"service_id": None})) == 2


def test_orders_that_change_and_points_that_are_none_are_named_by_row(saved, communes) -> None:
    text = "nom;INSEE;geopoint\nA;02173;49.623,3.24\nB;02173;3.24,49.623\nC;02173;49.623,3.24\n"
    with pytest.raises(TableError, match=r"sometimes first and sometimes second in 1 row: line 3"):
        read_services(saved(text), category="library", communes=communes)
    with pytest.raises(TableError, match=r"'geopoint' is not a point in 1 row: line 3 .*'rue'"):
        read_services(saved(text.replace("3.24,49.623", "rue")), category="library", communes=communes)


def test_overseas_points_are_read(saved) -> None:
    text = "nom;categorie;geo_point_2d\nSaint-Denis;library;-20.88, 55.45\n"
    read = read_services(saved(text))
    assert read.to_crs(4326).geometry.iloc[0].distance(shapely.Point(55.45, -20.88)) < 1e-6


def test_residents_and_schools_read_such_points_too(saved, communes) -> None:
    residents = read_residents(saved('id;pop;geo_point_2d\na;5;"49.623, 3.24"\n'), communes)
    assert residents.geometry.iloc[0].distance(HERE) < 0.01
    text = 'UAI;nom;niveau;code_commune;position\n0020001A;X;collège;02173;"49.623, 3.24"\n'
    read = schools(saved(text), communes)
    assert read.geometry.iloc[0].distance(HERE) < 0.01
    assert read["point_quality"].tolist() == ["file"]


# --- La Poste, FINESS, BPE --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("word", "quality"),
    [
        ("Géocodé au centre de la commune", "commune"),
        ("Géocodé au numéro", "address"),
        ("Géocodé au milieu de la rue", "street"),
        ("Géocodé au milieu d un îlot", "street"),
        ("", "file"),
    ],
)
def test_precision_of_la_poste_is_the_quality_of_the_point(saved, communes, word, quality) -> None:
    head = "#Identifiant_du_site;Libellé_du_site;Caractéristique_du_site;Code_INSEE;Latitude;Longitude"
    row = f"1A;BOURG AP;Agence postale communale;02173;{LAT};{LON}"
    read = read_services(saved(f"{head};Précision_du_géocodage\n{row};{word}\n"), communes=communes)
    assert read["point_quality"].tolist() == [quality]
    assert read_services(saved(f"{head}\n{row}\n"), communes=communes)["point_quality"].tolist() == ["file"]


def test_every_table_of_services_has_the_quality_of_its_points(saved, communes) -> None:
    text = f"id,nom,insee,lat,lon\n1,A,02173,{LAT},{LON}\n"
    assert read_services(saved(text), category="library")["point_quality"].tolist() == ["file"]
    text = f"id,nom,insee,lat,lon,result_type\n1,A,02173,{LAT},{LON},municipality\n2,B,02173,{LAT},{LON},housenumber\n"
    assert read_services(saved(text), category="library")["point_quality"].tolist() == ["commune", "address"]


STRUCTURE = (
    'structureet;020000001;020000002;"MAISON ""LES LILAS""";{name};;;1;R;X;;;173;02;AISNE;02300 CHAUNY;;;500;EHPAD;'
    "4401;Etab;;;40;ARS;;;2020-01-01;2020-01-01;2020-01-01;\n"
)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('"MAISON ""LES LILAS"" EHPAD"', 'MAISON "LES LILAS" EHPAD'),
        ('"MAISON ""LES LILAS"" ; EHPAD"', 'MAISON "LES LILAS" ; EHPAD'),
        ('MAISON "LES LILAS"', 'MAISON "LES LILAS"'),
        ('"LES LILAS" EHPAD', '"LES LILAS" EHPAD'),
        ('"LES LILAS', '"LES LILAS'),
    ],
)
def test_quotes_of_finess(saved, communes, written, name) -> None:
    text = "finess;etalab;111;2026-05-12\n" + STRUCTURE.format(name=written) + STRUCTURE.format(name="SUIVANT")
    second = text.rfind("020000001")
    read = read_services(saved(text[:second] + "020000009" + text[second + 9 :]), communes=communes)
    assert read["name"].tolist() == [name, "SUIVANT"]
    assert "telephone" in told(read)


def test_separator_that_is_not_quoted_is_still_refused(saved, communes) -> None:
    text = "finess;etalab;111;2026-05-12\n" + STRUCTURE.format(name="MAISON ; EHPAD")
    with pytest.raises(SourceError, match=r"not line 2 \(32 fields\)"):
        read_services(saved(text), communes=communes)


@pytest.mark.parametrize("column", ["DCIRIS", "IRIS", "CODE_IRIS"])
def test_bpe_by_iris_is_counted_by_commune(saved, communes, column) -> None:
    text = f"{column};AN;TYPEQU;NB_EQUIP\n021730101;2018;B203;2\n021730102;2018;B203;1\n02173_0000;2018;B203;1\n"
    read = read_services(saved(text + "601590000;2018;B203;1\n"), communes=communes)
    assert read["commune"].tolist() == ["02173", "60159"]
    assert read["capacity"].tolist() == [4, 1]
    lost = read_services(saved(text.replace("02173", "2173").replace("_0000", "0103")), communes=communes)
    assert lost[["commune", "capacity"]].to_numpy().tolist() == [["02173", 4]]
    assert "'2173' for '02173'" in "\n".join(lost.attrs["read_notes"])


@pytest.mark.parametrize(
    "text",
    [
        "TYPEQU;LIB_TYPEQU\nA101;POLICE\n",
        "TYPEQU;LIB_TYPEQU;DOM\nA101;POLICE;A\n",
        "COD_VAR;LIB_VAR;COD_MOD;LIB_MOD\nTYPEQU;Type;A101;POLICE\n",
    ],
)
def test_lists_of_types_are_no_services(saved, communes, text) -> None:
    with pytest.raises(SourceError, match="is no table of services"):
        read_services(saved(text), communes=communes)


# --- a CRS that says nothing ------------------------------------------------------------------------------------------

LOCAL = 'LOCAL_CS["Undefined Cartesian SRS",LOCAL_DATUM["unknown",0],UNIT["unknown",1]]'


def test_undefined_crs_is_refused_unless_the_caller_says_it(tmp_path) -> None:
    shape = [shapely.box(713e3, 6943e3, 719e3, 6950e3)]
    table = gpd.GeoDataFrame({"code": ["02173"], "nom": ["Chauny"], "population": [1]}, geometry=shape, crs=LOCAL)
    path = tmp_path / "u.gpkg"
    table.to_file(path)
    with pytest.raises(TableError, match=r"does not say where on Earth.*crs='EPSG:2154'"):
        read_communes(path)
    assert read_communes(path, crs=2154).crs.to_epsg() == 2154
    with pytest.raises(TableError, match="does not say where on Earth"):
        read_communes(path, crs=LOCAL)
    sites = table.assign(geometry=table.centroid)
    with pytest.raises(AccessmapError, match="does not say where on Earth"):
        read_services(sites, category="library")


# --- schools ----------------------------------------------------------------------------------------------------------

ANNUAIRE = "Identifiant_de_l_etablissement;Nom_etablissement;Type_etablissement;Code_commune;libelle_nature\n"


@pytest.mark.parametrize(
    "name",
    [
        *("Numero_d_etablissement", "Numéro de l'établissement", "Code établissement", "Numéro du collège", "UAI"),
        *("Numero_ecole", "Numéro de l'école", "code_uai", "Identifiant_de_l_etablissement", "numero_uai", "RNE"),
    ],
)
def test_schools_and_rolls_know_the_number_of_a_school(saved, communes, name) -> None:
    roll = saved(f"Annee_scolaire;{name};Nombre_d_eleves\n2018-2019;0020001A;1\n2019-2020;0020001A;400\n", "roll.csv")
    read = schools(saved(ANNUAIRE + "0020001A;Collège X;Collège;02173;COLLEGE\n"), communes, roll=roll)
    assert read["pupils"].tolist() == [400]
    plain = saved(f"{name};Appellation officielle;Code commune;Nature\n0020001A;Collège X;02173;COLLEGE\n", "p.csv")
    assert schools(plain, communes)["level"].to_dict() == {"0020001A": "middle"}


def test_column_that_only_the_roll_has_is_looked_for_there(saved, communes) -> None:
    roll = saved("numero du lieu;effectif\n0020001A;400\n", "roll.csv")
    listed = saved(ANNUAIRE + "0020001A;Collège X;Collège;02173;COLLEGE\n")
    read = schools(listed, communes, roll=roll, columns={"school_id": "numero du lieu"})
    assert read["pupils"].to_dict() == {"0020001A": 400}


def test_offices_are_left_out_and_said(saved, communes) -> None:
    rows = "0020001A;Ecole A;Ecole;02173;ECOLE DE NIVEAU ELEMENTAIRE\n0020002B;RECTORAT;Service Administratif;02173;\n"
    rows += "0020003C;Collège C;Collège;02173;COLLEGE\n0020003C;Collège C;Collège;02173;COLLEGE\n"
    read = schools(saved(ANNUAIRE + rows), communes)
    assert read.index.tolist() == ["0020001A", "0020003C"]
    mairies = gpd.GeoDataFrame({"commune": ["02173"], "category": "mairie"}, geometry=[HERE], crs=METRIC_CRS)
    for category, names in (("primary_school", ["Ecole A"]), ("middle_school", ["Collège C"])):
        services = read_services(saved(ANNUAIRE + rows), category=category, communes=communes, mairies=mairies)
        assert services["name"].tolist() == names
        assert "'RECTORAT'" in told(services)
    every = read_services(saved(ANNUAIRE + rows), category="childcare", communes=communes, mairies=mairies)
    assert every["name"].tolist() == ["Ecole A", "Collège C"]
    with pytest.raises(SourceError, match="no school in it is of the category 'high_school'"):
        read_services(saved(ANNUAIRE + rows), category="high_school", communes=communes, mairies=mairies)


def test_roll_is_no_list_of_schools(saved, communes) -> None:
    path = saved("Annee_scolaire;Numero_d_etablissement;Nombre_d_eleves\n2019-2020;0020001A;400\n")
    for read in (lambda: schools(path, communes), lambda: read_services(path, category="middle_school")):
        with pytest.raises(SourceError, match="give it as roll= beside a list of schools"):
            read()


# --- nobody's mail, telephone or name ---------------------------------------------------------------------------------

PRIVATE = {
    **dict.fromkeys(("Mail", "e-mail", "courriel", "adresse mail", "Contact", "contact_1"), "a@b.fr"),
    **dict.fromkeys(("Téléphone", "tel", "Fax", "N° de téléphone", "telephone_2"), "03 23 52 00 00"),
    **dict.fromkeys(("Prénom", "nom_du_responsable", "Directeur"), "Dupont"),
    "remarques": "écrire à x@commune.fr",
    "joindre": "0323520000",
    "appeler": "+33 3 23 52 00 00",
    "ligne": "03.23.52.00.00",
}
KEPT = {
    "siret": "21350016800025",
    "code_interne": "0212345678",
    "paiement_sans_contact": "oui",
    "nb_telephones": "3",
    "telephone": "oui",
    "ouvert": "08:45 - 12:00",
    "Mairie": "Chauny",
    "type": "Mail",
}


@pytest.mark.parametrize("column", PRIVATE)
def test_column_of_a_person_is_left_out_and_named_by_every_reader(communes, column) -> None:
    more = {column: [PRIVATE[column]] * 2}
    place = {"lat": [LAT] * 2, "lon": [LON] * 2}
    made = [
        read_services(pd.DataFrame({"nom": ["A", "B"], **place, **more}), category="library"),
        read_residents(pd.DataFrame({"id": ["a", "b"], "pop": [1, 2], **place, **more}), communes),
        digital(pd.DataFrame({"insee": ["02173", "60159"], "fibre_pct": [90, 80], **more}), communes),
        read_communes(
            gpd.GeoDataFrame(
                {"code": communes.index, "nom": ["A", "B"], "population": [1, 2], **more},
                geometry=communes.geometry.to_numpy(),
                crs=METRIC_CRS,
            )
        ),
    ]
    listed = pd.DataFrame(
        {"UAI": ["1", "2"], "nom": ["A", "B"], "niveau": "collège", "insee": "02173", **place, **more}
    )
    made.append(schools(listed, communes))
    made.append(equipment(pd.DataFrame({"UAI": ["1", "2"], "tablettes": [1, 2], **more}), made[-1]))
    for table in made:
        assert column not in table.columns
        assert f"column of mails, telephones or names of people left out, {column}." in told(table)


def test_names_ids_counts_and_answers_are_kept() -> None:
    assert private_columns(pd.DataFrame({name: [value] * 3 for name, value in KEPT.items()})) == []
    # a site may be called by what is no more than its name
    frame = pd.DataFrame({"nom": ["Contact Emploi", "x@y.fr"], "telephone": "03 23 52 00 00", "lat": LAT, "lon": LON})
    read = read_services(frame, category="library")
    assert read["name"].tolist() == ["Contact Emploi", "x@y.fr"]
    assert "telephone" not in read.columns


def test_mail_in_a_few_cells_is_not_a_column_of_mails() -> None:
    assert private_columns(pd.DataFrame({"note": ["fermé", "ouvert", "voir x@y.fr"]})) == []


def test_points_of_the_annuaire_say_how_well_they_are_known(saved, communes) -> None:
    head = ANNUAIRE.strip() + ";latitude;longitude;precision_localisation\n"
    row = f"0020001A;Ecole A;Ecole;02173;ECOLE MATERNELLE;{LAT};{LON};COMMUNE\n"
    read = read_services(saved(head + row), category="nursery_school", communes=communes)
    assert read["point_quality"].tolist() == ["commune"]


def test_point_is_read_where_the_two_columns_are_blank(saved, communes) -> None:
    text = 'nom;INSEE;latitude;longitude;geo_point_2d\nA;02173;;;"49.623, 3.24"\n'
    read = read_services(saved(text), category="library", communes=communes)
    assert read.geometry.iloc[0].distance(HERE) < 0.01


def test_points_in_metres_in_one_column_are_read_with_their_crs(saved, communes) -> None:
    text = "nom;INSEE;coordonnees\nA;02173;717350.5 6947118.5\n"
    read = read_services(saved(text), category="library", communes=communes, crs=METRIC_CRS)
    assert read.geometry.iloc[0].distance(HERE) < 1
    with pytest.raises(TableError, match="crs="):
        read_services(saved(text), category="library", communes=communes)
