"""The page "your own territory" is run on small files with the names and columns of the published ones."""

import re
import shlex
from pathlib import Path

import geopandas as gpd
import osmium
import osmium.osm.mutable
import pytest
import shapely
from pyproj import Transformer

from accessmap.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "howto_own_territory.md"
X, Y, SIDE = 713_000.0, 6_946_000.0, 2_000.0
CODES = ("02001", "02173", "02217", "60001")
FAR = ("75056", 650_000.0, 6_860_000.0)  # a commune of the national file, more than 40 km away
TO_DEGREES = Transformer.from_crs(2154, 4326, always_xy=True)
TO_GRID = Transformer.from_crs(2154, 3035, always_xy=True)


def middle(k):
    return X + SIDE * (k + 0.5), Y + SIDE / 2


def admin_express(folder):
    corners = [(X + SIDE * k, Y) for k in range(4)] + [FAR[1:]]
    table = {
        "code_insee": [*CODES, FAR[0]],
        "nom_officiel": ["Abbécourt", "Chauny", "Coucy", "Voisine", "Paris"],
        "population": [500, 11_600, 900, 40, 2_100_000],
        "codes_siren_des_epci": ["200071785", "200071785", "200071769", "200067965", "200054781"],
    }
    shapes = [shapely.box(x, y, x + SIDE, y + SIDE) for x, y in corners]
    path = folder / "ADMIN-EXPRESS-COG-CARTO.gpkg"
    gpd.GeoDataFrame(table, geometry=shapes, crs=2154).to_file(path, layer="commune")
    capitals = {"cleabs": [f"CHEFLIEU{k}" for k in range(5)], "nom_officiel": table["nom_officiel"]}
    points = [shapely.Point(x + SIDE / 2, y + SIDE / 2) for x, y in corners]
    gpd.GeoDataFrame(capitals, geometry=points, crs=2154).to_file(path, layer="chef_lieu_de_commune")


def filosofi(folder):
    rows = ["idcar_200m,idcar_1km,idcar_nat,i_est_200,i_est_1km,lcog_geo,ind,men"]
    for k in range(5):
        east, north = TO_GRID.transform(*(middle(k) if k < 4 else (FAR[1] + 500, FAR[2] + 500)))
        names = [f"CRS3035RES{m}mN{int(north // m * m)}E{int(east // m * m)}" for m in (200, 1000)]
        rows.append(f"{names[0]},{names[1]},{names[1]},{k % 2},0,{[*CODES, FAR[0]][k]},{100 + k}.5,40")
    (folder / "carreaux_200m_met.csv").write_text("\n".join(rows), "utf-8")


def services(folder):
    at = [TO_DEGREES.transform(*middle(k)) for k in range(3)]
    (folder / "france-services.csv").write_text(
        "id_fs;lib_fs;insee;latitude;longitude;h_lundi;format_fs\n"
        f"7;Chauny;02173;{at[1][1]};{at[1][0]};08:45 - 12:00 / 13:30 - 18:00;Fixe\n"
        "9;Paris;75056;48.86;2.35;;Fixe\n",
        "utf-8",
    )
    (folder / "BPE24.csv").write_text(
        "AN;NOMRS;CNOMRS;DEPCOM;DCIRIS;TYPEQU;SIRET;LAMBERT_X;LAMBERT_Y;LONGITUDE;LATITUDE;EPSG;QUALITE_XY\n"
        f"2024;PHARMACIE;;02173;02173_0101;D307;1;{middle(1)[0]};{middle(1)[1]};{at[1][0]};{at[1][1]};2154;Bonne\n"
        f"2024;AU BON PAIN;;02001;02001_0000;B207;1;{middle(0)[0]};{middle(0)[1]};{at[0][0]};{at[0][1]};2154;Bonne\n",
        "utf-8",
    )
    fields = ["020000063", "020000253", "CH CHAUNY", "CENTRE HOSPITALIER DE CHAUNY", *[""] * 7, "173", "02", "AISNE"]
    fields += ["02300 CHAUNY", "", "", "355", "Centre Hospitalier (C.H.)", "1102", "Centres Hospitaliers"]
    fields += [""] * (31 - len(fields))
    place = f"{middle(1)[0]};{middle(1)[1]};1,ATLASANTE,96,BAN,EPSG:2154 RGF93 / Lambert-93 (Métropole);2026"
    (folder / "etalab-cs1100507-stock.csv").write_text(
        f"finess;etalab;98;2026-05-12\nstructureet;{';'.join(fields)}\ngeolocalisation;020000063;{place}\n", "utf-8"
    )
    (folder / "laposte_poincont2.csv").write_text(
        "Identifiant_A;Libellé_du_site;Caractéristique_du_site;Adresse;Code_postal;Localité;Code_INSEE;Latitude;Longitude;"
        "Accessibilité_Absence_de_ressaut_de_plus_de_2_cm_de_haut;"
        "Accessibilité_Entrée_autonome_en_fauteuil_roulant_possible\n"
        f"00001A;CHAUNY BP;Bureau de Poste;1 RUE;02300;CHAUNY;02173;{at[1][1]};{at[1][0]};Oui;Oui\n",
        "utf-8",
    )
    (folder / "fr-en-annuaire-education.csv").write_text(
        "Identifiant_de_l_etablissement;Nom_etablissement;Type_etablissement;Code_commune;Nom_commune;latitude;longitude\n"
        f"0020001A;Collège Jacques Cartier;Collège;02173;Chauny;{at[1][1]};{at[1][0]}\n"
        f"0020002B;École du Bourg;Ecole;02001;Abbécourt;{at[0][1]};{at[0][0]}\n",
        "utf-8",
    )


def fibre(folder):
    head = "code_insee;nom_com;nbr;type;code_dep;code_reg;"
    (folder / "commune_techno.csv").write_text(
        head + "elig_ftth;elig_coax;elig_cu;elig_thdr;elig_4gf;elig_hdr;elig_sat;date\n"
        "02001;Abbécourt;200;all;02;32;150;0;200;0;200;0;200;2026-03-31\n"
        "02173;Chauny;5000;all;02;32;5000;9;5000;0;0;0;5000;2026-03-31\n"
        "75056;Paris;9;all;75;11;9;9;9;0;9;0;9;2026-03-31\n",
        "utf-8",
    )
    (folder / "commune_debit_filaire.csv").write_text(
        head + "inel_hd;elig_hd05;elig_hd3;elig_bhd8;elig_thd30;elig_thd100;elig_thd1g;date\n"
        "02001;Abbécourt;200;all;02;32;2;198;198;190;160;150;150;2026-03-31\n"
        "02173;Chauny;5000;all;02;32;0;5000;5000;5000;5000;5000;5000;2026-03-31\n",
        "utf-8",
    )


def roads(folder):
    with osmium.SimpleWriter(str(folder / "picardie-latest.osm.pbf")) as writer:
        for k in range(4):
            lon, lat = TO_DEGREES.transform(*middle(k))
            writer.add_node(osmium.osm.mutable.Node(id=k + 1, location=(lon, lat), version=1))
        tags = {"highway": "secondary", "ref": "D 1"}
        writer.add_way(osmium.osm.mutable.Way(id=1, nodes=[1, 2, 3, 4], tags=tags, version=1))


@pytest.fixture(scope="module")
def downloads(tmp_path_factory):
    """A folder with `donnees/` as the page asks for it: four communes side by side, and a far one to leave out."""
    home = tmp_path_factory.mktemp("territoire")
    folder = home / "donnees"
    folder.mkdir()
    for write in (admin_express, filosofi, services, roads, fibre):
        write(folder)
    return home


@pytest.fixture(scope="module")
def session(downloads):
    """What the names of the page hold once its blocks have run, in their order."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(downloads)
        names = {}
        for block in re.findall(r"^```python\n(.*?)^```$", PAGE.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE):
            exec(compile(block, PAGE.name, "exec"), names)
    return names


def test_only_the_surroundings_of_the_territory_are_kept(session):
    communes = session["communes"]
    assert sorted(communes.index) == sorted(CODES)
    assert communes["in_territory"].to_dict() == {"02001": True, "02173": True, "02217": True, "60001": False}


def test_people_and_services_of_elsewhere_are_left_out(session):
    assert session["residents"]["population"].sum() == pytest.approx(100.5 + 101.5 + 102.5 + 103.5)
    found = session["services"]["category"].value_counts().to_dict()
    assert found == {
        "mairie": 4,
        "france_services": 1,
        "pharmacy": 1,
        "hospital": 1,
        "post_office": 1,
        "middle_school": 1,
    }


def test_the_study_is_on_real_roads_and_tells_its_sources(session):
    study = session["study"]
    assert not study.credit.modelled
    assert {"IGN", "INSEE", "ANCT"} <= {source.publisher for source in study.credit.sources}
    assert (session["report"]["remedy"] == "").all()  # nothing but what readers said they did
    minutes = study.minutes(study.sites("france_services"))
    assert minutes.notna().all().all()


def test_fibre_is_a_share_and_what_the_file_does_not_say_is_unknown(session):
    shares = session["digital"][["fibre", "very_high_speed"]]
    assert shares.loc["02001"].to_list() == pytest.approx([0.75, 0.8])
    assert shares.loc["02173"].to_list() == [1, 1]
    assert shares.loc[["02217", "60001"]].isna().all(axis=None)


def test_the_dossier_is_written(session, downloads):
    assert session["path"] == Path("dossier.html")
    assert "Mon territoire" in (downloads / "dossier.html").read_text("utf-8")


def test_the_study_file_of_the_page_is_checked_and_run(downloads, monkeypatch, capsys):
    monkeypatch.chdir(downloads)
    text = re.search(r"^```toml\n(.*?)^```$", PAGE.read_text("utf-8"), flags=re.DOTALL | re.MULTILINE)[1]
    (downloads / "study.toml").write_text(text, "utf-8")
    assert main(["check"]) == 0, capsys.readouterr()
    assert main(["run", "--quiet"]) == 0, capsys.readouterr()
    assert (downloads / "out" / "mon-territoire.html").is_file()


def test_the_commands_of_the_page_make_a_dossier_without_any_file(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^\$ accessmap (.+)$", PAGE.read_text("utf-8"), flags=re.MULTILINE)
    assert [command.split()[0] for command in commands] == ["new", "check", "run"] * 2
    for command in commands[3:]:  # those of a folder of files are run in tests/cli/test_data.py
        assert main(shlex.split(command)) == 0, capsys.readouterr()
    assert (tmp_path / "out" / "cc-du-pays-noyonnais.html").is_file()


def test_every_file_of_the_table_of_downloads_is_read_somewhere_on_the_page():
    text = PAGE.read_text("utf-8")
    table, rest = text.split("Seules les communes sont indispensables")
    named = re.findall(r"^\| [^|]+ \| `([^`]+)`", table, flags=re.MULTILINE)
    assert len(named) > 8
    assert [name for name in named if f"donnees/{name}" not in rest] == []
