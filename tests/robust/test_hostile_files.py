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
import pytest
import shapely

from accessmap import programme
from accessmap.errors import AccessmapError, SourceError
from accessmap.read.files import read_table
from accessmap.read.services import read_services
from accessmap.roads.network import RoadNetwork
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


@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
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


def test_named_crs_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(collection({"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}))
    assert read_table(path).table.crs.to_epsg() == 2154


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
