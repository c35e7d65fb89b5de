"""Files as councils keep them, by hand or in a spreadsheet: read right, or refused, or what was done is said."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import shapely

import accessmap as am
from accessmap.errors import AccessmapError
from accessmap.read.columns import read_numbers
from accessmap.read.companions import populations
from accessmap.read.recognising import recognised
from accessmap.studyfile.found import found_study
from accessmap.studyfile.sorting import sort_files

CODES = ["46007", "46032", "46037", "46042", "46044", "46311"]
NAMES = ["Arcambal", "Boissières", "Bouziès", "Cahors", "Caillac", "Sousceyrac"]


@pytest.fixture(scope="module")
def communes() -> gpd.GeoDataFrame:
    squares = [shapely.box(570_000 + 5_000 * at, 6_370_000, 575_000 + 5_000 * at, 6_375_000) for at in range(6)]
    rows = {"name": NAMES, "population": 100, "epci": "200023737", "in_territory": True}
    return gpd.GeoDataFrame(rows, geometry=squares, index=pd.Index(CODES, name="code"), crs=2154)


@pytest.fixture(scope="module")
def sites(communes: gpd.GeoDataFrame) -> pd.DataFrame:
    places = communes.geometry.centroid.to_crs(4326)
    return pd.DataFrame({"nom": [f"P{at}" for at in range(6)], "insee": CODES, "lat": places.y, "lon": places.x})


def read(path: Path, communes: gpd.GeoDataFrame, category: str = "pharmacy") -> tuple[gpd.GeoDataFrame, str]:
    mairies = gpd.GeoDataFrame({"commune": CODES}, geometry=communes.geometry.centroid.to_numpy(), crs=2154)
    table = am.read_services(path, category=category, communes=communes, mairies=mairies)
    return table, "\n".join(note.told("fr") for note in table.attrs["read_notes"]).replace("\xa0", " ")


def refused(path: Path, communes: gpd.GeoDataFrame) -> str:
    with pytest.raises(AccessmapError) as caught:
        read(path, communes)
    return caught.value.told("fr").replace("\xa0", " ").replace("\u202f", " ")


def test_a_second_table_below_the_first_is_left_out_and_said(tmp_path, communes, sites) -> None:
    """Its rows are no services: without points they would stand at the mairies."""
    book = openpyxl.Workbook()
    for row in [
        list(sites),
        *sites.head(3).to_numpy().tolist(),
        [],
        ["nom", "insee"],
        ["Infirmier", "46042"],
        ["B", "46044"],
    ]:
        book.active.append(row)
    book.save(tmp_path / "deux.xlsx")
    text = sites.head(3).to_csv(index=False, sep=";") + ";;;\nnom;insee;;\nInfirmier;46042;;\nB;46044;;\n"
    (tmp_path / "deux.csv").write_text(text, "utf-8")
    for name in ("deux.xlsx", "deux.csv"):
        table, said = read(tmp_path / name, communes)
        assert table["commune"].tolist() == CODES[:3]
        assert "3 lignes d’un second tableau, plus bas, ne sont pas lues ('nom')" in said


def test_a_blank_row_inside_a_table_leaves_nothing_out(tmp_path, communes, sites) -> None:
    lines = sites.to_csv(index=False, sep=";").splitlines()
    (tmp_path / "blanc.csv").write_text("\n".join([*lines[:3], ";;;", *lines[3:]]), "utf-8")
    assert len(read(tmp_path / "blanc.csv", communes)[0]) == 6


@pytest.mark.parametrize(
    "written",
    [
        lambda code: f"{code}0101",
        lambda code: f"{code} - Cahors",
        lambda code: f"{code}.0",
        lambda code: f"{code} (46)",
    ],
    ids=["iris", "with a name", "float", "in brackets"],
)
def test_a_code_of_a_commune_is_found_in_what_stands_around_it(written, tmp_path, communes, sites) -> None:
    sites.assign(insee=sites["insee"].map(written)).to_csv(tmp_path / "s.csv", index=False)
    table, said = read(tmp_path / "s.csv", communes)
    assert table["commune"].tolist() == CODES
    assert set(table["point_quality"]) == {"file"}
    assert "6 codes de 'insee' sont ceux d’IRIS, ou ont un nom" in said or "ou perdu des décimales" in said


def test_names_of_communes_are_no_codes(tmp_path, communes, sites) -> None:
    named = sites.drop(columns="insee").assign(commune=NAMES)
    named.to_csv(tmp_path / "points.csv", index=False)
    table, said = read(tmp_path / "points.csv", communes)
    assert table["commune"].tolist() == CODES
    assert "'commune' n’a pas de codes de commune ('Arcambal')" in said
    named.drop(columns=["lat", "lon"]).to_csv(tmp_path / "noms.csv", index=False)
    assert "ajoutez une colonne avec le code INSEE" in refused(tmp_path / "noms.csv", communes)


def test_postal_codes_are_not_taken_for_those_of_communes(tmp_path, communes, sites) -> None:
    sites.assign(insee=["46000", "46100", "46200", "46300", "46400", "46500"]).to_csv(tmp_path / "s.csv", index=False)
    assert "ce sont des codes postaux" in refused(tmp_path / "s.csv", communes)


@pytest.mark.parametrize("degrees", ["44.44{}.123", "44°66'5{}\"N", "44°26'5{}\"N, 44°27'"])
def test_degrees_that_are_no_number_are_refused_and_no_site_goes_to_its_mairie(
    degrees, tmp_path, communes, sites
) -> None:
    sites.assign(lat=[degrees.format(at) for at in range(6)]).to_csv(tmp_path / "s.csv", index=False)
    assert "'lat' n’est pas un nombre dans 6 lignes" in refused(tmp_path / "s.csv", communes)


@pytest.mark.parametrize("text", [["44.447.123", "44.447.124"], ["1.2.3"], ["12,3,4"], ["1 2 3"], ["x"]])
@pytest.mark.parametrize("degrees", [False, True])
def test_whatever_is_not_read_is_marked(text: list[str], degrees: bool) -> None:
    found = read_numbers(pd.Series(text, dtype=object), degrees=degrees)
    assert found.numbers.notna().all() or found.bad.any()


def test_numbers_that_are_said_to_be_unknown_are(tmp_path, communes, sites) -> None:
    sites.assign(capacite=["NC", "s", "-", "12", "1 020", "n.d."]).to_csv(tmp_path / "s.csv", index=False)
    table, said = read(tmp_path / "s.csv", communes, "childcare")
    assert table["capacity"].tolist() == pytest.approx([np.nan, np.nan, np.nan, 12, 1020, np.nan], nan_ok=True)
    assert "4 valeurs de 'capacite' ('NC', 's', '-', 'n.d.') prises pour inconnues (ligne 2" in said
    sites.assign(capacite=["12 places", "1 020", "3", "4", "5", "6"]).to_csv(tmp_path / "t.csv", index=False)
    told = refused(tmp_path / "t.csv", communes)
    assert "dans 1 ligne : ligne 2" in told  # and not the numbers beside it


SIGNS = ["NC", "N/A / Non communiqué", "n.d.", "Secret stat.", "…", "s (secret)"]


def test_coordinates_that_are_said_to_be_unknown_are_told_and_stand_at_the_mairie(tmp_path, communes, sites) -> None:
    lat, lon = (["NC", "-", *sites["lat"][2:]], ["n.d.", "-", *sites["lon"][2:]])
    sites.assign(lat=lat, lon=lon).to_csv(tmp_path / "s.csv", index=False)
    table, said = read(tmp_path / "s.csv", communes)
    assert table["point_quality"].tolist() == ["placed_at_mairie"] * 2 + ["file"] * 4
    assert "2 valeurs de 'lat' ('NC', '-') prises pour inconnues (ligne 2" in said
    assert "2 valeurs de 'lon' ('n.d.', '-') prises pour inconnues" in said


def test_what_is_not_known_never_counts_as_nothing(tmp_path, communes, sites) -> None:
    """A sum of which a part is secret is not known; a count that is secret is no count of 0."""
    assert read_numbers(pd.Series(SIGNS)).numbers.isna().all()
    parts = {"CODGEO": ["46042", "46042", "46044"], "P22_RP": ["10", "s", "20"], "P22_RP_VOIT1P": ["8", "s", "15"]}
    homes = am.read.households(pd.DataFrame(parts))
    assert homes["households"].isna().tolist() == [True, False]
    assert homes.loc["46044", "without_car"] == 5
    counted = pd.DataFrame(
        {"DEPCOM": ["46042", "46044"], "TYPEQU": ["D307", "D307"], "NB_EQUIP": ["s", "2"], "DEP": "46"}
    )
    counted.to_csv(tmp_path / "bpe.csv", index=False)
    table, said = read(tmp_path / "bpe.csv", communes)
    assert table["capacity"].to_dict() == {"bpe-46044-D307": 2}
    assert "ligne 2" in said


def test_rows_that_repeat_another_are_told_and_those_that_are_closed_left_out(tmp_path, communes, sites) -> None:
    pd.concat([sites, sites.head(2)]).to_csv(tmp_path / "s.csv", index=False)
    table, said = read(tmp_path / "s.csv", communes)
    assert len(table) == 8
    assert "2 lignes en répètent une autre mot pour mot, et comptent chacune (ligne 8, ligne 9)" in said
    sites.assign(statut=["Fermé", "Ouvert", "", "Fermée définitivement", "Ouvert", "Ouvert"]).to_csv(tmp_path / "t.csv")
    table, said = read(tmp_path / "t.csv", communes)
    assert table["name"].tolist() == ["P1", "P2", "P4", "P5"]
    assert "2 sites fermés d’après 'statut' sont écartés" in said


def test_a_table_of_several_categories_keeps_that_which_is_asked_for(tmp_path, communes, sites) -> None:
    kinds = ["Pharmacie", "boulangerie", "pharmacies", "Mairie", "ludothèque", "PHARMACIE"]
    sites.assign(categorie=kinds).to_csv(tmp_path / "s.csv", index=False)
    table, said = read(tmp_path / "s.csv", communes, "pharmacie")
    assert table["name"].tolist() == ["P0", "P2", "P5"]
    assert "3 lignes d’autres catégories écartées, comme demandé" in said


def test_the_total_below_legal_populations_is_passed_over(tmp_path) -> None:
    (tmp_path / "pop.csv").write_text("code_insee;pmun\n46042;19 878\n46044;605\nTotal;20 483\n", "utf-8")
    found = populations(tmp_path / "pop.csv")
    assert found.table["population"].to_dict() == {"46042": 19878, "46044": 605}
    assert any("1 row without a code of a commune passed over (line 4 ('Total'))" in note for note in found.notes)


@pytest.mark.parametrize(
    ("content", "told"),
    [(b"\x1f\x8b\x08\x00cut", "s.csv.gz est tronqué ou abîmé : téléchargez-le"), (b"", "")],
)
def test_what_a_library_says_in_english_is_left_out_of_french(content: bytes, told: str, tmp_path, communes) -> None:
    (tmp_path / "s.csv.gz").write_bytes(content)
    said = refused(tmp_path / "s.csv.gz", communes)
    assert told in said
    assert "ended before" not in said


def test_a_crs_that_is_none_is_told_in_french(tmp_path, communes, sites) -> None:
    sites.to_csv(tmp_path / "s.csv", index=False)
    with pytest.raises(AccessmapError) as caught:
        am.read_services(tmp_path / "s.csv", category="pharmacy", crs="EPSG:21540", communes=communes)
    assert "crs='EPSG:21540' n’est pas un CRS\xa0: écrivez-le" in caught.value.told("fr")


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (
            "activiteoffresoin;010780054;CH FLEYRIAT;14;Médecine d'urgence;m;ml;f;fl;n;2000-01-01;010000024;CH",
            "activités",
        ),
        ("equipementsocial;010000024;924;Accueil;11;Complet;711;Personnes âgées;A;80;;;;;;;;N;", "équipements sociaux"),
    ],
)
def test_the_other_extractions_of_finess_are_refused_with_the_one_it_takes(row, kind, tmp_path, communes) -> None:
    path = tmp_path / "etalab-cs1100505-stock.csv"
    path.write_text(f"finess;etalab;111;2026-05-12\nstructureet;010000024;010780054\n{row}\n", "utf-8")
    said = refused(path, communes)
    assert kind in said
    assert "cs1100507" in said
    (one,) = recognised(path)
    assert "cs1100507" in one.reason.told("fr")


def test_the_activities_of_finess_plus_are_refused_with_the_file_it_takes(tmp_path, communes) -> None:
    site = {"egeId": "9", "numFinessEge": "010780195", "activitesExercees": []}
    entity = {"numFiness": "010008407", "pmSmsseId": "2", "activitesAutorisees": [], "ege": [site]}
    path = tmp_path / "finess-activites-journalier-20260401.json"
    path.write_text(json.dumps({"schemaVersion": "v1.0.0", "generatedAt": "2026-04-01T14:46:05Z", "pmej": [entity]}))
    assert "finess-structures" in refused(path, communes)
    (one,) = recognised(path)
    assert (one.kind, "finess-structures" in one.reason.told("fr")) == ("", True)


def test_titles_above_a_csv_and_sources_below_it_are_no_rows(tmp_path, communes, sites) -> None:
    above = "Liste des pharmacies du Lot\nSource : ARS ; extraction du 12/03/2024\n\n;;;\nNote : voir la notice\n\n"
    below = "\nSource : Insee, ARS 2024\nLecture : il y a 6 pharmacies\n"
    (tmp_path / "s.csv").write_text(above + sites.to_csv(index=False, sep=";") + below, "utf-8")
    table, said = read(tmp_path / "s.csv", communes)
    assert table["commune"].tolist() == CODES
    assert "6 premières lignes passées" in said
    assert "2 lignes sous la table ne sont pas lues ('Source : Insee, ARS 2024')" in said


def test_codes_that_a_spreadsheet_bent_are_put_right(tmp_path, communes, sites) -> None:
    bent = sites.assign(insee=["46007,0", "NC", *(f"{code},0" for code in CODES[2:])], commune=NAMES)
    bent.to_csv(tmp_path / "s.csv", index=False)
    table, said = read(tmp_path / "s.csv", communes)
    assert table["commune"].tolist() == CODES
    assert "'46007,0' pour '46007'" in said
    assert "1 valeur de 'insee' ('NC') prise pour inconnue" in said
    sites.assign(id="1,02E+13").to_csv(tmp_path / "u.csv", index=False, sep=";")
    table, said = read(tmp_path / "u.csv", communes)
    assert table.index.tolist() == [f"pharmacy-{code}" for code in CODES]
    assert "6 identifiants de 'id' qu’un tableur a changés en nombres (ligne 2, '1,02E+13'), perdus" in said
    island = communes.set_axis(["2A004", *CODES[1:]]).rename_axis("code")
    lower = sites.assign(insee=["2a004", *CODES[1:]])
    lower.to_csv(tmp_path / "t.csv", index=False)
    read_again = am.read_services(tmp_path / "t.csv", category="pharmacy", communes=island)
    assert read_again["commune"].iloc[0] == "2A004"


@pytest.mark.parametrize("edition", ["2024", "2025"])
def test_admin_express_brings_the_names_of_epci_and_the_mairies(edition, tmp_path, communes) -> None:
    new = edition == "2025"
    code, name = ("code_insee", "nom_officiel") if new else ("INSEE_COM", "NOM")
    columns = {"statut": "Commune simple", "population": 100, "codes_siren_des_epci": "200023737"}
    columns |= {"code_insee_du_departement": "46"} if new else {"insee_dep": "46"}
    areas = communes[["geometry"]].assign(**{code: CODES, name: NAMES, "cleabs": "C"}, **columns).reset_index(drop=True)
    epci = gpd.GeoDataFrame({"code_siren": ["200023737"], name: ["CA du Grand Cahors"]}, geometry=[areas.union_all()])
    seats = {"cleabs": "P", name: NAMES, "code_insee_de_la_commune" if new else "INSEE_COM": CODES}
    seats = (
        pd.DataFrame(seats) if new else pd.DataFrame(seats).rename(columns={"cleabs": "ID"}).assign(STATUT="Commune")
    )
    places = gpd.GeoDataFrame(seats, geometry=communes.geometry.centroid.to_numpy(), crs=2154)
    path = tmp_path / f"ADMIN-EXPRESS-COG-{edition}.gpkg"
    for layer, table in (("commune", areas), ("epci", epci.set_crs(2154)), ("chef_lieu_de_commune", places)):
        table.to_file(path, layer=layer, mode="a" if path.exists() else "w")
    kinds = {one.form.part: (one.kind, one.categories) for one in recognised(path)}
    assert kinds["chef_lieu_de_commune"] == ("services", ("mairie",))
    found = found_study(tmp_path, tmp_path, territory=["grand cahors"])
    (tmp_path / "study.toml").write_text(found.text, "utf-8")
    study = am.load_study(tmp_path / "study.toml")
    assert study.communes["epci_name"].unique().tolist() == ["CA du Grand Cahors"]
    middles = communes.geometry.centroid.loc[study.mairies["commune"]]
    assert study.mairies.geometry.distance(middles, align=False).max() < 1
    assert study.vintage("residents") == ""  # the people of a file of boundaries are of an older census


def test_quarters_with_shapes_are_a_zonage_and_never_the_communes(tmp_path, communes) -> None:
    communes.reset_index().drop(columns="in_territory").to_file(tmp_path / "communes.gpkg")
    quarter = {"code_qp": ["QN04601M"], "lib_qp": ["Terre Rouge"], "insee_com": ["46042"], "lib_com": ["Cahors"]}
    shape = [communes.geometry.loc["46042"].centroid.buffer(500)]
    gpd.GeoDataFrame(quarter, geometry=shape, crs=2154).to_file(tmp_path / "QP2024_France.geojson")
    kinds = {one.file.name: one for one in recognised(tmp_path)}
    assert kinds["QP2024_France.geojson"].kind == "zonage"
    sorted_files = sort_files(kinds.values())
    assert sorted_files.sections["communes"].file.name == "communes.gpkg"
    sectors = communes.reset_index()[["code", "name", "geometry"]]  # newer, without people, and no companion has them
    sectors.to_file(tmp_path / "secteurs_2025.geojson")
    assert sort_files(recognised(tmp_path)).sections["communes"].file.name == "communes.gpkg"


def test_a_composition_of_epci_gives_the_names_that_communes_lack(tmp_path, communes) -> None:
    bare = communes.reset_index()[["code", "name", "population", "geometry"]]
    bare.to_file(tmp_path / "communes.geojson")
    table = {"CODGEO": CODES, "LIBGEO": NAMES, "EPCI": "200023737", "LIBEPCI": "CA du Grand Cahors"}
    pd.DataFrame(table).to_csv(tmp_path / "epci.csv", index=False)
    found = sort_files(recognised(tmp_path))
    assert found.sections["epci"].file.name == "epci.csv"
    with pytest.raises(AccessmapError) as caught:
        am.read_communes(bare, territory=["CA du Grand Cahors"])
    assert "Grand Cahors" in caught.value.told("fr")
