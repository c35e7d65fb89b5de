"""Reading a file opens no other and asks no network; what is endless, too large or of an impossible name is refused."""

from __future__ import annotations

import gzip
import json
import os
import sqlite3
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
import shapely

from accessmap import programme
from accessmap.errors import AccessmapError, SourceError
from accessmap.read.communes import read_communes
from accessmap.read.files import read_table
from accessmap.read.services import read_services
from accessmap.roads.network import RoadNetwork
from accessmap.roads.transit.timetable import Timetable
from accessmap.study import scenario_files
from accessmap.studyfile.loading import load_study

ROWS = b"id;nom\n1;Chauny\n"


@pytest.fixture
def server() -> Iterator[tuple[str, list[str]]]:
    """A server on loopback, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - as the server looks for it

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as serving:
        thread = threading.Thread(target=serving.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{serving.server_port}", asked
        serving.shutdown()
        thread.join(10)


def vrt(source: str) -> str:
    layer = f'<OGRVRTLayer name="a"><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer>'
    return f"<OGRVRTDataSource>{layer}</OGRVRTDataSource>"


def collection(crs: object) -> str:
    point = {"type": "Point", "coordinates": [3.2, 49.6]}
    feature = {"type": "Feature", "properties": {"id": 1}, "geometry": point}
    return json.dumps({"type": "FeatureCollection", "crs": crs, "features": [feature]})


def forward(address: str) -> str:
    """JSON that GDAL takes for steps to carry out, whatever the name of the file."""
    steps = f"gdal vector pipeline ! read /vsicurl/{address}/x.gpkg ! write --output-format stream streamed_dataset"
    return json.dumps({"type": "gdal_streamed_alg", "command_line": steps})


READERS: dict[str, Callable[[Path], object]] = {"table": read_table, "BD TOPO": RoadNetwork.from_bdtopo}


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
@pytest.mark.parametrize("name", ["a.gpkg", "a.shp", "a.geojson"])
def test_virtual_table_reaches_no_server(tmp_path: Path, server: tuple[str, list[str]], reader, name: str) -> None:
    address, asked = server
    path = tmp_path / name
    path.write_text(vrt(f"/vsicurl/{address}/x.gpkg"))
    with pytest.raises(SourceError, match=name):
        reader(path)
    assert asked == []


@pytest.mark.parametrize("reader", [*READERS.values(), read_communes], ids=[*READERS, "communes"])
@pytest.mark.parametrize("name", ["a.geojson", "a.json", "a.gdalg.json", "a.gpkg"])
@pytest.mark.parametrize("zipped", [False, True])
def test_steps_of_gdal_are_not_carried_out(tmp_path: Path, server: tuple[str, list[str]], reader, name, zipped) -> None:
    address, asked = server
    path = tmp_path / name
    path.write_text(forward(address))
    if zipped:
        path = packed(tmp_path / "a.zip", name, path.read_bytes())
    with pytest.raises(SourceError, match=r"a\."):
        reader(path)
    assert asked == []


@pytest.mark.parametrize("reader", [*READERS.values(), read_communes], ids=[*READERS, "communes"])
@pytest.mark.parametrize("name", ["a.vrt", "a.gpkg", "a.shp", "a.gml", "a.csv"])
def test_zip_of_a_virtual_table_reaches_no_server(tmp_path: Path, server: tuple[str, list[str]], reader, name) -> None:
    address, asked = server
    path = packed(tmp_path / "a.zip", name, vrt(f"/vsicurl/{address}/x.gpkg").encode())
    with pytest.raises(SourceError, match=r"a\."):
        reader(path)
    assert asked == []


@pytest.mark.parametrize("reader", [*READERS.values(), read_communes], ids=[*READERS, "communes"])
def test_gml_with_a_schema_elsewhere_reaches_no_server(tmp_path: Path, server: tuple[str, list[str]], reader) -> None:
    address, asked = server
    for name in ("a.gml", "a.geojson", "a.xml"):
        path = tmp_path / name
        path.write_text(f'<?xml version="1.0"?><gml:FeatureCollection xsi:schemaLocation="{address} {address}/a.xsd"/>')
        with pytest.raises(SourceError, match=name):
            reader(path)
    assert asked == []


def test_view_that_calls_functions_of_gdal_reaches_no_server(tmp_path: Path, server, monkeypatch) -> None:
    address, asked = server
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)], crs=2154).to_file(path, layer="t")
    with sqlite3.connect(path) as connection:
        connection.execute(f"CREATE VIEW v AS SELECT fid, geom, ogr_geocode('{address}') AS x FROM t")
        connection.execute("UPDATE gpkg_contents SET table_name = 'v'")
        connection.execute("UPDATE gpkg_geometry_columns SET table_name = 'v'")
    connection.close()
    monkeypatch.setenv("OGR_GEOCODE_QUERY_TEMPLATE", f"{address}/?q=%s")
    with pytest.raises(SourceError, match=r"a\.gpkg"):
        read_table(path)
    assert asked == []


def test_network_of_gdal_is_there_again_after_reading(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(collection({"type": "name", "properties": {"name": "EPSG:2154"}}))
    read_table(path)
    assert pyogrio.get_gdal_config_option("CPL_VSIL_CURL_ALLOWED_FILENAME") is None


@pytest.mark.parametrize("reader", [*READERS.values(), read_communes], ids=[*READERS, "communes"])
@pytest.mark.parametrize("kind", ["link", "name", "escaped", "file"])
def test_linked_crs_reaches_no_server(tmp_path: Path, server: tuple[str, list[str]], reader, kind: str) -> None:
    address, asked = server
    crs = {
        "link": {"type": "link", "properties": {"href": f"{address}/crs", "type": "proj4"}},
        "escaped": {"type": "link", "properties": {"href": f"{address}/crs", "type": "esriwkt"}},
        "name": {"type": "name", "properties": {"name": f"{address}/crs"}},
        "file": {"type": "name", "properties": {"name": str(tmp_path / "secret.wkt")}},
    }[kind]
    path = tmp_path / "a.geojson"
    text = collection(crs)
    path.write_text(text.replace('"crs"', '"\\u0063rs"') if kind == "escaped" else text)
    with pytest.raises(SourceError, match="CRS as a link"):
        reader(path)
    assert asked == []


FEATURES = {
    "no feature": '[{"type": "Feature", "properties": {}, "geometry": null}, 5]',
    "another type": '[{"type": "feature", "properties": {}, "geometry": null}]',
    "key twice": '[{"type": "Feature", "properties": {"id": 1, "id": 2}, "geometry": null}]',
}


@pytest.mark.parametrize("features", FEATURES.values(), ids=FEATURES)
def test_feature_that_gdal_would_leave_out_is_named(tmp_path: Path, features: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(f'{{"type": "FeatureCollection", "features": {features}}}')
    with pytest.raises(SourceError, match=r"a\.geojson has no well-formed feature at place \d"):
        read_table(path)


def test_geopackage_that_counts_its_rows_wrong_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"a": [1, 2, 3]}, geometry=[shapely.Point(1, 2)] * 3, crs=2154).to_file(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE gpkg_ogr_contents SET feature_count = 1")
    connection.close()
    with pytest.raises(SourceError, match=r"a\.gpkg says that layer 'a' has 1 rows, and it has 3"):
        read_table(path)


@pytest.mark.parametrize(("name", "text"), [("a.csv", "id;nom\n1;Chauny\n"), ("a.geojson", collection(None))])
def test_text_past_a_bound_is_refused_and_the_bound_is_lifted(tmp_path: Path, monkeypatch, name, text) -> None:
    path = tmp_path / name
    path.write_text(text)
    monkeypatch.setenv("ACCESSMAP_MOST_BYTES", "10")
    with pytest.raises(SourceError, match=rf"{name} is larger than .* give a higher bound.*ACCESSMAP_MOST_BYTES"):
        read_table(path)
    monkeypatch.setenv("ACCESSMAP_MOST_BYTES", "10000")
    assert len(read_table(path).table) == 1


def test_parquet_of_more_rows_than_a_file_holds_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pd.DataFrame({"a": np.zeros(100_000_000, dtype=np.int8)}).to_parquet(path)
    with pytest.raises(SourceError, match=r"a\.parquet says that it has 100000000 rows of 1 columns"):
        read_table(path)


def test_named_crs_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(collection({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}))
    assert read_table(path).table.crs.to_epsg() == 2154


@pytest.mark.parametrize(
    "said",
    [
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::999999"}},
        {"type": "name", "properties": {"name": "EPSG:99999"}},
        {"type": "name", "properties": {"name": "http://www.opengis.net/def/crs/EPSG/0/99999"}},
        {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS99"}},
        {"type": "EPSG", "properties": {"code": 99999}},
    ],
)
def test_crs_that_is_not_known_is_not_taken_for_degrees(tmp_path: Path, said: dict[str, object]) -> None:
    path = tmp_path / "places.geojson"
    path.write_text(collection(said))
    with pytest.raises(SourceError, match=r"places\.geojson gives a CRS that is not known .*9"):
        read_table(path)


@pytest.mark.parametrize(
    "name",
    [
        "urn:ogc:def:crs:OGC:1.3:CRS84",
        "urn:ogc:def:crs:OGC::CRS84",
        "urn:ogc:def:crs:EPSG::4326",
        "urn:ogc:def:crs:EPSG:6.9:2154",
        "EPSG:2154",
        "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
        "http://www.opengis.net/def/crs/EPSG/0/2154",
        "http://www.opengis.net/gml/srs/epsg.xml#4326",
    ],
)
def test_crs_by_any_of_its_names_is_read(tmp_path: Path, name: str) -> None:
    path = tmp_path / "places.geojson"
    path.write_text(collection({"type": "name", "properties": {"name": name}}))
    assert read_table(path).table.crs is not None


def test_virtual_sqlite_table_is_refused_and_an_index_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.gpkg"
    gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(1, 2)], crs=2154).to_file(path)
    assert len(read_table(path).table) == 1
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA writable_schema=ON")
        made = "CREATE VIRTUAL TABLE b USING VirtualShape('/x', UTF-8, 2154)"
        connection.execute("INSERT INTO sqlite_master VALUES ('table', 'b', 'b', 0, ?)", [made])
    connection.close()
    with pytest.raises(SourceError, match="opens other files"):
        read_table(path)


def packed(path: Path, name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr(name, content)
    return path


def test_zip_opens_nothing_outside_it(tmp_path: Path) -> None:
    (tmp_path / "outside.csv").write_bytes(b"id;nom\n1;secret\n")
    path = packed(tmp_path / "a.zip", f"../../../../..{tmp_path}/outside.csv", ROWS)
    assert read_table(path).table["nom"].tolist() == ["Chauny"]


BOMBS = {
    "zip": (lambda path: packed(path, "a.csv", bytes(150_000_000)), "expands past the"),
    "gz": (lambda path: path.write_bytes(gzip.compress(b"1;2\n" * 40_000_000, 9)), "expands past the"),
    "zip in zip": (lambda path: packed(path, "a.csv", packed(path, "b.csv", ROWS).read_bytes()), "another compressed"),
    "gz in gz": (lambda path: path.write_bytes(gzip.compress(gzip.compress(ROWS))), "another compressed"),
}


@pytest.mark.parametrize(("make", "said"), BOMBS.values(), ids=BOMBS)
def test_packed_files_stay_within_stated_bounds(tmp_path: Path, make, said: str) -> None:
    path = tmp_path / "a.zip"
    make(path)
    start = time.process_time()
    with pytest.raises(SourceError, match=rf"a\.zip .*{said}"):
        read_table(path)
    assert time.process_time() - start < 10


def test_zip_that_cannot_be_unpacked_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path / "a.zip", "a.csv", ROWS * 100)
    content = path.read_bytes()
    at, centre = content.index(b"PK\x03\x04"), content.index(b"PK\x01\x02")
    damaged = {
        "password": [(at + 6, b"\x01"), (centre + 8, b"\x01")],
        "compressed in a way": [(at + 8, b"\x63"), (centre + 10, b"\x63")],
        "cut short or damaged": [(at + 40, b"\xff\xff\xff\xff")],
    }
    for said, changes in damaged.items():
        changed = bytearray(content)
        for place, value in changes:
            changed[place : place + len(value)] = value
        path.write_bytes(bytes(changed))
        with pytest.raises(SourceError, match=rf"a\.zip .*{said}"):
            read_table(path)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError, match=r"a\.zip"):
        read_table(path)


DOORS: dict[str, Callable[[Path], object]] = {
    "table": read_table,
    "services": read_services,
    "study": load_study,
    "scenarios": scenario_files.read,
    "programme": programme.read,
    "network": RoadNetwork.load,
    "OSM": RoadNetwork.from_osm,
    "graph": RoadNetwork.from_graph,
    "GTFS": Timetable.from_gtfs,
    "timetable": Timetable.load,
    "BD TOPO": RoadNetwork.from_bdtopo,
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_pipes_devices_and_impossible_names_are_refused_at_once(tmp_path: Path, door) -> None:
    fifo = tmp_path / "pipe.toml"
    os.mkfifo(fifo)
    for path in (fifo, Path("/dev/zero"), tmp_path / ("a" * 300), tmp_path / "a\0b.csv", tmp_path):
        with pytest.raises(AccessmapError):
            door(path)


TOMLS = {
    "deep": "a = " + "[" * 5000 + "]" * 5000,
    "digits": "a = " + "9" * 100_000,
    "tables": '[[scenario]]\nname = "a"\n' * 20_000,
    "parts": ".".join(["a"] * 20_000) + " = 1",
    "parts of a table": "[" + ".".join(["a"] * 20_000) + "]",
    "quoted parts": ".".join(['"a"'] * 20_000) + " = 1",
    "inline parts": "b = {" + ".".join(["a"] * 20_000) + " = 1}",
}


@pytest.mark.parametrize("door", [load_study, scenario_files.read, programme.read], ids=["study", "plans", "programme"])
@pytest.mark.parametrize("text", TOMLS.values(), ids=TOMLS)
def test_toml_that_no_one_means_is_refused_in_time(tmp_path: Path, door, text: str) -> None:
    path = tmp_path / "a.toml"
    path.write_text(text)
    start = time.process_time()
    with pytest.raises(AccessmapError, match=r"a\.toml"):
        door(path)
    assert time.process_time() - start < 5


def test_scenarios_with_the_mark_of_utf8_are_read(tmp_path: Path) -> None:
    path = tmp_path / "s.toml"
    path.write_bytes(b'\xef\xbb\xbf[[scenario]]\r\nname = "x"\r\n[[scenario.step]]\r\naction = "close"\r\nid = "a"\r\n')
    assert list(scenario_files.read(path)) == ["x"]
