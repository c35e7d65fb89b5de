"""Tables of a PostGIS server that these tests start: read as files are, nothing written, no password kept."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
from postgis import PASSWORD, server

import accessmap as am
from accessmap.cli import main
from accessmap.errors import AccessmapError, SourceError
from accessmap.read.database import Database, content_sha256
from accessmap.read.files import read_table
from accessmap.roads.network import RoadNetwork

TABLES = """
CREATE SCHEMA sig; CREATE SCHEMA other; CREATE SCHEMA "Été 2024";
CREATE TABLE sig.communes (insee text, nom text, pmun numeric, siren_epci text, maj date,
geom geometry(Polygon, 2154));
INSERT INTO sig.communes SELECT code, name, people, epci, '2026-01-01',
ST_MakeEnvelope(x, 6950000, x + 2000, 6952000, 2154)
FROM (VALUES ('02001', 'Aville', 100, '200000001', 720000), ('02002', 'Bourg', 50, '200000001', 722000),
('60001', 'Xanton', 10, '200000002', 724000)) AS rows (code, name, people, epci, x);
CREATE TABLE "Été 2024"."Mairies" AS SELECT 'm-' || insee AS id, 'Mairie de ' || nom AS nom, insee AS commune,
ST_Transform(ST_Centroid(geom), 4326)::geography AS place FROM sig.communes;
CREATE TABLE sig.sites AS SELECT 'fs' AS id, 'FS Aville' AS nom, '02001' AS commune,
ST_Centroid(geom) AS geom, geom AS plot FROM sig.communes WHERE insee = '02001';
CREATE VIEW sig.residents AS SELECT 'r' || insee AS id, pmun AS population, ST_Centroid(geom) AS geom FROM sig.communes;
CREATE TABLE sig.nodes AS SELECT commune AS id, ST_X(place::geometry) AS lon, ST_Y(place::geometry) AS lat
FROM "Été 2024"."Mairies";
CREATE TABLE sig.edges (u text, v text, minutes float8, length_m float8);
INSERT INTO sig.edges VALUES ('02001', '02002', 3, 2000), ('02002', '60001', 3, 2000);
CREATE TABLE sig.troncon_de_route AS SELECT 'TRONROUT' || n AS cleabs, 'Route à 1 chaussée' AS nature,
'4' AS importance, 'Double sens' AS sens_de_circulation, 80 AS vitesse_moyenne_vl, 'Libre' AS acces_vehicule_leger,
'0' AS position_par_rapport_au_sol, 'En service' AS etat_de_l_objet, false AS urbain,
ST_SetSRID(ST_MakeLine(ST_MakePoint(720000 +
1000 * n, 6951000), ST_MakePoint(721000 + 1000 * n, 6951000)), 2154) AS geom FROM generate_series(0, 5) AS n;
CREATE TABLE other.communes AS SELECT 1 AS n;
CREATE TABLE sig.mixed AS SELECT 'a' AS nom, ST_SetSRID(ST_MakePoint(3, 49), 4326) AS geom
UNION ALL SELECT 'b', ST_SetSRID(ST_MakePoint(720000, 6950000), 2154);
CREATE TABLE sig.unplaced AS SELECT 'a' AS nom, ST_MakePoint(3, 49) AS geom;
CREATE TABLE sig.lost AS SELECT 'a' AS nom, ST_SetSRID(ST_MakePoint(3, 49), 27999) AS geom;
CREATE TABLE sig.own AS SELECT 'a' AS nom, ST_SetSRID(ST_MakePoint(720000, 6950000), 990001) AS geom;
INSERT INTO spatial_ref_sys SELECT 990001, 'SIG', 990001, srtext, proj4text FROM spatial_ref_sys WHERE srid = 2154;
CREATE FUNCTION sig.sly() RETURNS int AS 'INSERT INTO sig.edges VALUES (''x'', ''y'', 1, 1); SELECT 1' LANGUAGE sql;
CREATE ROLE guest LOGIN PASSWORD 'guest'; GRANT USAGE ON SCHEMA sig TO guest;
"""
CURVE = "SELECT ST_GeomFromText('CURVEPOLYGON(CIRCULARSTRING(0 0, 4 0, 4 4, 0 4, 0 0))', 2154) AS geom"


@pytest.fixture(scope="module")
def base() -> Iterator[str]:
    """The address of a base with tables as départements keep them; the password is in the environment."""
    import psycopg

    with server() as where, pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", PASSWORD)
        with psycopg.connect(f"postgresql://sig@{where}/geo", autocommit=True) as link:
            link.execute(TABLES)
        yield f"postgresql://sig@{where}/geo"


def refused(address: str, lang: str = "en", **options: object) -> str:
    with pytest.raises(SourceError) as caught:
        read_table(address, **options)
    return caught.value.told(lang)


def test_communes_services_and_residents_are_read_as_from_files(base: str) -> None:
    communes = am.read_communes(f"{base}?table=sig.communes", territory=["200000001"])
    assert communes["population"].to_dict() == {"02001": 100, "02002": 50, "60001": 10}
    assert communes["in_territory"].tolist() == [True, True, False]
    assert communes.crs.to_epsg() == 2154
    assert communes.geometry.area.tolist() == [4e6] * 3
    assert communes["maj"].iloc[0] == "2026-01-01"
    assert communes.attrs["read_notes"][0] == "sig.communes: 3 rows read from the database."
    assert communes.attrs["read_notes"][0].told("fr") == "sig.communes\u00a0: 3 lignes lues dans la base de données."
    mairies = am.read_services(f"{base}?table=Mairies", category="mairie", communes=communes)
    assert mairies["commune"].tolist() == ["02001", "02002", "60001"]
    assert mairies.geometry.distance(communes.geometry.centroid.set_axis(mairies.index)).max() < 0.01
    residents = am.read_residents(f"{base}?table=sig.residents", communes)
    assert residents["population"].sum() == 160
    sites = am.read_services(f"{base}?table=sig.sites&geometry=geom", category="france_services", communes=communes)
    assert sites.geometry.iloc[0].coords[0] == (721_000, 6_951_000)
    assert "plot" not in sites
    known = am.read.recognise(f"{base}?table=sig.communes").loc[0]
    assert [known["kind"], known["form"], known["rows"]] == ["communes", "PostGIS", 3]


def test_a_query_is_what_stands_after_its_mark(base: str) -> None:
    query = "SELECT * FROM sig.communes WHERE insee LIKE '02%' AND nom <> ':a' AND 5 % 2 = 1 -- & no more;"
    communes = am.read_communes(f"{base}?sslmode=prefer&query={query}")
    assert communes.index.tolist() == ["02001", "02002"]
    assert read_table(base, layer="sig.nodes").table["id"].tolist() == ["02001", "02002", "60001"]
    kinds = (
        "SELECT 1.5::numeric AS n, 2 AS i, '{1,2}'::int[] AS l, '{\"a\": 1}'::json AS j, NULL::text AS t, ' ' AS blank"
    )
    row = read_table(f"{base}?query={kinds}").table.iloc[0]
    assert row[["n", "i", "l", "j"]].tolist() == [1.5, 2, [1, 2], {"a": 1}]
    assert row[["t", "blank"]].isna().all()


def test_coordinate_systems_are_those_that_the_base_knows(base: str) -> None:
    own = read_table(f"{base}?table=sig.own").table.to_crs(2154)
    assert own.geometry.distance(shapely.Point(720_000, 6_950_000)).iloc[0] < 1
    assert read_table(f"{base}?table=sig.unplaced").table.crs is None
    told = refused(f"{base}?table=sig.lost", "fr")
    assert told.startswith("Le système de coordonnées (SRID 27999) de sig.lost est inconnu")
    assert "(SRID 2154, 4326)" in refused(f"{base}?table=sig.mixed")


@pytest.mark.parametrize(
    ("asked", "french", "english"),
    [
        ("", "ne dit pas quelle table", "other.communes, sig.communes"),
        ("?table=sig.commune", "vouliez-vous dire 'sig.communes'", "has no table 'sig.commune'"),
        ("?table=communes", "Plusieurs schémas", "name one of other.communes, sig.communes"),
        ("?table=sig.sites", "2 colonnes de géométrie (geom, plot)", "add &geometry="),
        ("?table=sig.communes&geometry=geo", "pas de colonne de géométrie 'geo'", "did you mean 'geom'"),
        ("?tabel=sig.communes", "l’option inconnue 'tabel'", "did you mean 'table'"),
        ("?table=sig.communes&query=SELECT 1", "dit deux fois", "says twice"),
        ("?query=SELECT * FROM sig.communes WHERE false", "aucune ligne", "has no rows"),
        ("?query=SELECT 1 AS a, 2 AS a", "deux fois la colonne", "twice"),
        ("?query=SELECT nom FROM sig.nothing", 'relation "sig.nothing" does not exist', "refuses the query"),
        ("?query=SELECT 1; DROP TABLE sig.edges", "un seul SELECT", "one SELECT"),
        ("?query=SELECT 1) AS a; COMMIT; DROP TABLE sig.edges; --", "un seul SELECT", "one SELECT"),
        ("?query=DELETE FROM sig.edges RETURNING *", "un seul SELECT", "one SELECT"),
        (
            "?query=SELECT 'infinity'::date AS jour",
            "La base de données refuse la requête (date too large",
            "one SELECT",
        ),
        (f"?query={CURVE}", "La géométrie geom de la requête ne peut être lue", "ST_CurveToLine(geom) AS geom"),
        ("?query=SELECT sig.sly()", "écrirait dans la base", "would write"),
    ],
)
def test_what_cannot_be_read_is_said_in_both_languages(base: str, asked: str, french: str, english: str) -> None:
    assert french in refused(base + asked, "fr")
    assert english in refused(base + asked, "en")
    assert len(read_table(f"{base}?table=sig.edges").table) == 2


def test_too_much_and_too_slow_are_refused(base: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("accessmap.read.database.STATEMENT_SECONDS", 1)
    assert "did not answer within 1 seconds" in refused(f"{base}?query=SELECT pg_sleep(20)")
    monkeypatch.setenv("ACCESSMAP_MOST_BYTES", "300")
    assert "ACCESSMAP_MOST_BYTES" in refused(f"{base}?table=sig.communes")
    assert len(read_table(f"{base}?query=SELECT nom FROM sig.communes").table) == 3


def test_ways_to_the_server_that_are_closed(base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = "?table=sig.communes"
    assert 'database "none" does not exist' in refused(base.removesuffix("geo") + "none" + table)
    assert "Connection refused" in refused("postgresql://sig@127.0.0.1:1/geo" + table)
    assert "has not the form" in refused("postgresql://sig@127.0.0.1:port/geo" + table)
    monkeypatch.setenv("PGPASSWORD", "guest")
    assert "refuse le mot de passe" in refused(base + table, "fr")
    assert "does not allow sig.communes" in refused(base.replace("sig@", "guest@") + table)
    monkeypatch.delenv("PGPASSWORD")
    words, services = tmp_path / "pgpass", tmp_path / "services.conf"
    words.write_text(f"127.0.0.1:*:geo:sig:{PASSWORD}\n", encoding="utf-8")
    words.chmod(0o600)
    assert len(read_table(f"{base}{table}&passfile={words}").table) == 3
    port = base.split(":")[-1].removesuffix("/geo")
    services.write_text(f"[carto]\nhost=127.0.0.1\nport={port}\ndbname=geo\nuser=sig\npassword={PASSWORD}\n", "utf-8")
    monkeypatch.setenv("PGSERVICEFILE", str(services))
    assert len(read_table(f"postgresql://{table}&service=carto").table) == 3
    assert "PGPASSWORD" in refused(base + table)
    assert "as text" in refused(Path(base))


def test_a_password_in_an_address_is_refused_and_never_repeated(base: str, tmp_path: Path, capsys) -> None:
    secrets = ("s/e?c#ret", "12/s @e?c#ret", "12?c#ret", "d'é c#ret")
    addresses = [base.replace("sig@", f"sig:{secret}@") + "?table=sig.communes" for secret in secrets]
    addresses.append(f"{base}?password=c#ret&table=sig.communes")
    for address in addresses:
        (tmp_path / "study.toml").write_text(f"# {address}\n[communes]\nsample = true\n", encoding="utf-8")
        file = tmp_path / "study.toml"
        for read in (read_table, lambda given: read_table(Path(given)), RoadNetwork.from_bdtopo, am.load_study):
            with pytest.raises(AccessmapError) as caught:
                read(file if read is am.load_study else address)
            assert "c#ret" not in caught.value.told("fr") + caught.value.told("en") + repr(caught.value)
    assert main(["check", str(tmp_path / "study.toml")]) == 1
    assert "ligne 1" in (told := capsys.readouterr().err)
    assert "c#ret" not in told


def test_roads_of_a_database(base: str) -> None:
    roads = RoadNetwork.from_bdtopo(f"{base}?table=sig.troncon_de_route")
    assert len(roads.nodes) == 7
    source = roads.provenance.sources[0]
    assert source.title == "BD TOPO, sig.troncon_de_route"
    assert source.sha256 == content_sha256(Database(f"{base}?table=sig.troncon_de_route"))


def test_a_study_of_a_database_is_recorded_without_its_password(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    tables = ("--communes", f"{base}?table=sig.communes", "--services", f"mairie={base}?table=Mairies")
    services = ("--services", f"france_services={base}?table=sig.sites&geometry=geom")
    assert main(["new", "--title", "Toy", "--epci", "200000001", *tables, *services]) == 0
    text = Path("study.toml").read_text(encoding="utf-8")
    roads = f'[roads]\nnodes = "{base}?table=sig.nodes"\nedges = "{base}?table=sig.edges"\ndirected = false\n'
    before, _, after = text.partition("[roads]")
    Path("study.toml").write_text(before + roads + after.replace("modelled = true", "", 1), encoding="utf-8")
    study = am.load_study("study.toml")
    assert study.communes["population"].sum() == 160
    hashes = {source.title: source.sha256 for source in study.provenance.sources}
    assert hashes["sig.communes"] == content_sha256(Database(f"{base}?table=sig.communes"))
    assert PASSWORD not in repr(study.provenance)
    assert PASSWORD not in capsys.readouterr().out


@pytest.mark.slow
def test_a_dossier_of_a_database_is_verified_and_tells_that_a_table_changed(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import psycopg

    monkeypatch.chdir(tmp_path)
    tables = ("--communes", f"{base}?table=sig.communes", "--services", f"mairie={base}?table=Mairies")
    assert main(["new", "--title", "Toy", "--epci", "200000001", *tables, "--category", "mairie"]) == 0
    assert main(["run"]) == 0
    page = Path("out/toy.html")
    assert main(["verify", str(page)]) == 0
    files = [each.read_bytes() for each in Path("out").iterdir()]
    assert not any(PASSWORD.encode() in each or json.dumps(PASSWORD)[1:-1].encode() in each for each in files)
    with psycopg.connect(base, autocommit=True) as link:
        link.execute("UPDATE sig.communes SET pmun = 60 WHERE insee = '02002'")
    capsys.readouterr()
    assert main(["verify", str(page)]) == 3
    assert "sig.communes" in capsys.readouterr().out
