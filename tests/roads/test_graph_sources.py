"""Graphs as OSMnx makes them, and roads fetched from an Overpass server (one on loopback)."""

import json
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import networkx as nx
import numpy as np
import osmnx
import pandas as pd
import pytest
import shapely

from accessmap.errors import NetworkError, SourceError
from accessmap.roads.network import RoadNetwork
from accessmap.roads.readers.osmnx_graph import read_graph
from accessmap.roads.readers.overpass import fetch_roads

OSM = """<?xml version="1.0"?><osm version="0.6"><node id="1" version="1" lat="49.61" lon="3.20"/>
<node id="2" version="1" lat="49.61" lon="3.21"/><way id="9" version="1"><nd ref="1"/><nd ref="2"/>
<tag k="highway" v="secondary"/></way></osm>"""
BOX = (3.19, 49.60, 3.22, 49.62)


def graph_of(*edges: tuple[int, int, dict[str, Any]], kind: type = nx.MultiDiGraph) -> Any:
    """Node n lies n hundredths of a degree east of 3°, at 49.6° north."""
    graph = kind(crs="epsg:4326")
    for node in sorted({n for u, v, _ in edges for n in (u, v)}):
        graph.add_node(node, x=3 + node / 100, y=49.6)
    for u, v, data in edges:
        graph.add_edge(u, v, **data)
    return graph


def pairs(roads: Any) -> list[tuple[int, int]]:
    return sorted(zip(roads.edges["u"], roads.edges["v"], strict=True))


# ---------------------------------------------------------------------------------------------------- attributes


@pytest.mark.parametrize(
    ("mode", "data", "open_"),
    [
        ("car", {"access": ["yes", "no"]}, False),
        ("car", {"access": ["no", "yes"]}, False),
        ("car", {"motor_vehicle": "['permissive', 'agricultural']"}, False),
        ("car", {"access": "no;yes"}, True),  # one way with a list of its own
        ("car", {"maxheight": ["3.5", "1.2"]}, False),
        ("bike", {"access": ["no", "yes"], "bicycle": "yes"}, True),
    ],
)
def test_whoever_takes_a_merged_edge_passes_all_of_its_ways(mode: str, data: dict[str, Any], open_: bool) -> None:
    graph = graph_of((1, 2, {"highway": "tertiary", **data}), (2, 3, {"highway": "tertiary"}))
    assert ((1, 2) in pairs(read_graph(graph, mode=mode))) == open_


@pytest.mark.parametrize(
    ("tags", "greater", "lesser"),
    [
        ({"highway": "stop"}, 0, 4),
        ({"highway": "give_way"}, 0, 2),
        ({"highway": "stop", "stop": "all"}, 4, 4),
        ({"highway": "traffic_signals"}, 3, 1.2),  # nobody gives way (1.8 s) at a signal
        ({"highway": "stop", "direction": "forward"}, 4, 0),
    ],
)
@pytest.mark.parametrize("kind", [nx.MultiDiGraph, nx.MultiGraph])
def test_a_stop_at_a_junction_delays_the_lesser_road(kind: type, tags: Any, greater: float, lesser: float) -> None:
    streets = [(1, 2, "primary"), (2, 3, "primary"), (2, 4, "residential")]  # drawn so
    edges = [(u, v, {"highway": name, "oneway": False, "reversed": False}) for u, v, name in streets]
    if kind is nx.MultiDiGraph:
        edges += [(v, u, {**data, "reversed": True}) for u, v, data in edges]
    plain, signed = (graph_of(*edges, kind=kind) for _ in range(2))
    signed.nodes[2].update(tags)
    nets = [RoadNetwork.from_graph(graph) for graph in (signed, plain)]
    more = [float(nets[0].matrix([u], [v])[0, 0] - nets[1].matrix([u], [v])[0, 0]) * 60 for u, v in ((1, 3), (4, 1))]
    assert more == pytest.approx([greater, lesser], abs=0.01)


@pytest.mark.parametrize(
    "data",
    [
        {"highway": "secondary", "maxspeed": "30", "oneway": True},  # OSMnx 1 and 2, in memory
        {"highway": ["secondary", "tertiary"], "maxspeed": ["30", "50"], "oneway": True, "reversed": [True, False]},
        {"highway": "['secondary', 'tertiary']", "maxspeed": "['30', '50']", "oneway": "True"},  # read without types
        {"highway": "secondary", "maxspeed": 30, "oneway": "yes", "travel_time": 999.0, "speed_kph": 1.0},
        {"highway": "secondary", "maxspeed": "30", "oneway": 1, "name": float("nan"), "lanes": None},
    ],
)
def test_attributes_of_either_version_come_to_the_same(data: dict[str, Any]) -> None:
    roads = read_graph(graph_of((1, 2, data)))
    assert pairs(roads) == [(1, 2)]
    assert roads.edges["road_class"].item() == ("tertiary" if "tertiary" in data["highway"] else "secondary")
    assert roads.edges["speed_kmh"].item() == pytest.approx(28.8)
    assert roads.edges["minutes"].item() == pytest.approx(0.7228 / 28.8 * 60, rel=1e-3)


def test_a_directed_graph_goes_back_only_along_an_edge_back() -> None:
    assert pairs(read_graph(graph_of((1, 2, {"highway": "secondary", "oneway": False})))) == [(1, 2)]


def test_an_undirected_graph_goes_both_ways_except_where_it_says_one_way() -> None:
    edges = [(1, 2, {"highway": "secondary"}), (2, 3, {"highway": "secondary", "oneway": True, "from": 3, "to": 2})]
    assert pairs(read_graph(graph_of(*edges, kind=nx.MultiGraph))) == [(1, 2), (2, 1), (3, 2)]
    assert len(pairs(read_graph(graph_of(*edges, kind=nx.Graph), mode="walk"))) == 4


def test_geometry_is_cut_into_straight_segments_shared_by_both_directions() -> None:
    bent = shapely.LineString([(3.01, 49.6), (3.01, 49.61), (3.02, 49.6)])
    there = {"highway": "secondary", "geometry": bent}
    back = {"highway": "secondary", "geometry": bent.reverse().wkt}
    roads = read_graph(graph_of((1, 2, there), (2, 1, back)))
    assert len(roads.nodes) == 3
    assert pairs(roads) == [(-1, 1), (-1, 2), (1, -1), (2, -1)]
    assert roads.edges["length_m"].sum() == pytest.approx(2 * (1112.3 + 1326.6), rel=1e-3)


def test_text_ids_keep_their_names_and_bends_get_one() -> None:
    graph = nx.MultiDiGraph()
    graph.add_node("a", x="3.0", y="49.6")
    graph.add_node("b", x="3.1", y="49.6")
    graph.add_edge("a", "b", highway="primary", geometry="LINESTRING (3 49.6, 3.05 49.7, 3.1 49.6)")
    assert pairs(read_graph(graph)) == [("a", "bend 1"), ("bend 1", "b")]


def test_nodes_delay_as_their_tags_say() -> None:
    graph = graph_of((1, 2, {"highway": "secondary"}))
    graph.nodes[2]["highway"] = "traffic_signals"
    assert read_graph(graph).edges["delay_s"].item() == 3


def test_a_barrier_at_a_node_ends_the_roads_on_both_sides_of_it() -> None:
    street = {"highway": "residential", "oneway": False}
    graph = graph_of((1, 2, street), (2, 1, street), (2, 3, street), (3, 2, street))
    graph.nodes[2]["barrier"] = "bollard"
    assert pairs(read_graph(graph)) == [(-2, 3), (-1, 1), (1, -1), (3, -2)]
    assert pairs(read_graph(graph, mode="bike")) == [(1, 2), (2, 1), (2, 3), (3, 2)]
    named = nx.relabel_nodes(graph, {1: "a", 2: "b", 3: "c"})
    assert pairs(read_graph(named)) == [("a", "copy 1"), ("c", "copy 2"), ("copy 1", "a"), ("copy 2", "c")]


def test_limits_and_slopes_are_those_of_the_edges_own_direction() -> None:
    way = {
        "highway": "secondary",
        "maxspeed:forward": "60",
        "maxspeed:backward": "30",
        "incline": "8%",
        "oneway": False,
    }
    graph = graph_of((1, 2, {**way, "reversed": False}), (2, 1, {**way, "reversed": True}))
    by_car = read_graph(graph).edges.set_index("u")["speed_kmh"]
    assert by_car.to_dict() == pytest.approx({1: 57.6, 2: 28.8}, abs=0.1)
    by_bike = read_graph(graph, mode="bike").edges.set_index("u")["speed_kmh"]
    assert by_bike[1] < 5 < by_bike[2]
    undirected = read_graph(graph_of((1, 2, way), kind=nx.MultiGraph)).edges.set_index("u")["speed_kmh"]
    assert undirected.to_dict() == pytest.approx({1: 57.6, 2: 28.8}, abs=0.1)


def test_an_edge_is_open_as_its_own_direction_is() -> None:
    way = {"highway": "residential", "oneway": False, "motor_vehicle:backward": "no"}
    graph = graph_of((1, 2, {**way, "reversed": False}), (2, 1, {**way, "reversed": True}))
    assert pairs(read_graph(graph)) == [(1, 2)]
    assert pairs(read_graph(graph, mode="walk")) == [(1, 2), (2, 1)]
    # A way drawn against its traffic: OSMnx has turned its one edge round.
    against = graph_of((1, 2, {"highway": "residential", "oneway": True, "reversed": True}))
    assert pairs(read_graph(against)) == [(1, 2)]


@pytest.mark.parametrize(
    ("mode", "classes", "holds"),
    [
        ("car", ["residential", "tertiary"], "residential"),
        ("car", "['tertiary', 'residential']", "residential"),
        ("car", ["residential", "steps"], None),  # whoever takes the edge passes all of its ways
        ("car", ["footway", "residential"], None),
        ("walk", ["footway", "steps"], "steps"),
        ("walk", ["motorway", "primary"], None),
        ("bike", ["cycleway", "path"], "path"),
        ("car", "footway;residential", "residential"),  # one way with a list of its own
    ],
)
def test_of_several_classes_merged_the_slowest_holds(mode: str, classes: Any, holds: str | None) -> None:
    graph = graph_of((1, 2, {"highway": classes}), (2, 3, {"highway": "tertiary"}))
    found = read_graph(graph, mode=mode).edges.set_index(["u", "v"])["road_class"].to_dict()
    assert found.get((1, 2)) == holds


def test_of_several_surfaces_merged_the_slowest_holds() -> None:
    merged = {"highway": "secondary", "surface": ["asphalt", "gravel"], "oneway": True}
    assert read_graph(graph_of((1, 2, merged))).edges["speed_kmh"].item() == 40


def test_edges_closed_to_the_mode_are_left_out_and_counted() -> None:
    edges = [
        (1, 2, {"highway": "secondary"}),
        (2, 3, {"highway": "steps"}),
        (2, 4, {"highway": "service", "access": "no"}),
    ]
    roads = read_graph(graph_of(*edges))
    assert pairs(roads) == [(1, 2)]
    assert roads.parameters["edges closed to the mode"] == "2"
    assert pairs(read_graph(graph_of(*edges), mode="walk")) == [(1, 2), (2, 3)]


# ---------------------------------------------------------------------------------------------------- refused


def test_nodes_without_coordinates_are_named() -> None:
    graph = graph_of((1, 2, {"highway": "secondary"}))
    del graph.nodes[2]["y"]
    with pytest.raises(NetworkError, match="1 nodes lack x or y, such as 2"):
        read_graph(graph)
    graph.nodes[2]["y"] = "north"
    with pytest.raises(NetworkError, match="x or y is not a number"):
        read_graph(graph)
    with pytest.raises(NetworkError, match="it has no nodes"):
        read_graph(nx.MultiDiGraph())


def test_metres_without_a_crs_are_refused() -> None:
    graph = graph_of((1, 2, {"highway": "secondary"}))
    graph.nodes[1]["x"] = 720_000.0
    with pytest.raises(NetworkError, match="x and y are not degrees"):
        read_graph(graph)


def test_a_graph_without_roads_for_the_mode_is_refused() -> None:
    with pytest.raises(NetworkError, match="none of its 1 edges is open to mode 'car'"):
        read_graph(graph_of((1, 2, {"highway": "footway"})))


@pytest.mark.parametrize("x", ["nan", float("nan"), "inf", float("-inf")])
def test_a_node_without_place_is_refused_at_once(x: Any) -> None:
    graph = graph_of((1, 2, {}))
    graph.nodes[1]["x"] = x
    with pytest.raises(NetworkError, match="1 nodes lack x or y, such as 1"):
        RoadNetwork.from_graph(graph)


@pytest.mark.parametrize(
    "geometry", ["LINESTRING (3 49, nan 49.1, 3.2 49)", "POINT (3 49)", shapely.LineString([(3, 49), (np.inf, 49)]), 3]
)
def test_a_line_without_place_is_refused_at_once(geometry: Any) -> None:
    with pytest.raises(NetworkError, match="is not WKT of a line"):
        RoadNetwork.from_graph(graph_of((1, 2, {"geometry": geometry})))


def test_an_unknown_crs_is_refused() -> None:
    graph = graph_of((1, 2, {}))
    graph.graph["crs"] = "epsg:nothing"
    with pytest.raises(NetworkError, match="its crs 'epsg:nothing' is unknown"):
        RoadNetwork.from_graph(graph)


def test_a_damaged_geometry_is_refused() -> None:
    with pytest.raises(NetworkError, match="'LINESTRING oops' is not WKT"):
        read_graph(graph_of((1, 2, {"highway": "primary", "geometry": "LINESTRING oops"})))


@pytest.mark.parametrize("content", ["", "no xml", "<html></html>", "<graphml></graphml>"])
def test_what_is_not_graphml_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "graph.graphml"
    path.write_text(content)
    with pytest.raises(SourceError, match=r"graph\.graphml: not GraphML .*save_graphml"):
        read_graph(path)
    with pytest.raises(SourceError, match="no such file"):
        read_graph(tmp_path / "none.graphml")


# ---------------------------------------------------------------------------------------------------- real


@pytest.fixture
def saint_germain(data_folder: Path) -> Path:
    path = data_folder / "osm" / "saint-germain_osmnx.graphml"
    if not path.exists():
        pytest.skip(f"{path} not there")
    return path


def test_a_graphml_of_osmnx_1_loads(saint_germain: Path) -> None:
    roads = read_graph(saint_germain)
    assert roads.parameters["country"] == "FR"
    assert roads.source.vintage == "2022-12-20"
    assert len(roads.nodes) > 6000
    assert roads.nodes.index.dtype == np.int64
    assert roads.edges.drop(columns="name").notna().all(axis=None)
    assert roads.edges["speed_kmh"].between(5, 120).all()


def test_a_graph_read_by_osmnx_2_and_projected_comes_to_the_same(saint_germain: Path) -> None:
    graph = osmnx.load_graphml(saint_germain)
    from_file, typed, metric = (read_graph(g) for g in (saint_germain, graph, osmnx.project_graph(graph)))
    pd.testing.assert_frame_equal(from_file.edges, typed.edges)
    assert metric.edges["minutes"].sum() == pytest.approx(typed.edges["minutes"].sum(), rel=1e-6)
    # osmnx measures on a sphere: up to half a per cent apart
    kept = [d["length"] for *_, d in graph.edges(data=True) if d["highway"] == "primary"]
    ours = typed.edges.loc[typed.edges["road_class"] == "primary", "length_m"].sum()
    assert ours == pytest.approx(sum(kept), rel=0.005)


# ---------------------------------------------------------------------------------------------------- Overpass


class Overpass:
    """A server on loopback, of roads and of places by name: it gives the answers it was told to, in their order; the
    last one again and again.
    """

    def __init__(self) -> None:
        self.answers: list[tuple[int, str]] = [(200, OSM)]
        self.asked: list[str] = []
        overpass = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(self.path)

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers["Content-Length"])).decode())

            def answer(self, asked: str) -> None:
                overpass.asked.append(asked)
                status, text = overpass.answers[min(len(overpass.asked), len(overpass.answers)) - 1]
                self.send_response(status)
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *args: object) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/api/interpreter"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def overpass() -> Iterator[Overpass]:
    server = Overpass()
    yield server
    server.server.shutdown()
    server.server.server_close()


def fetched(overpass: Overpass, cache: Path, area: Any = BOX) -> Any:
    return fetch_roads(area, cache=cache, endpoint=overpass.url, pause_seconds=0.01, timeout_seconds=5)


def test_roads_are_fetched_once_and_then_read_from_disk(overpass: Overpass, tmp_path: Path) -> None:
    first = fetched(overpass, tmp_path)
    assert pairs(first) == [(1, 2), (2, 1)]
    pd.testing.assert_frame_equal(first.edges, fetched(overpass, tmp_path).edges)
    assert len(overpass.asked) == 1
    assert [path.suffix for path in tmp_path.iterdir()] == [".osm"]
    shutil.rmtree(tmp_path)
    fetched(overpass, tmp_path)
    assert len(overpass.asked) == 2


def test_fetching_and_reading_a_graph_show_their_progress(
    overpass: Overpass, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a terminal
    where: dict[str, Any] = {"cache": tmp_path, "endpoint": overpass.url}
    roads = RoadNetwork.fetch(BOX, **where, progress=True)
    assert "Fetching and reading the roads" in capsys.readouterr().err
    RoadNetwork.from_graph(roads.to_graph(), progress=True)
    assert "Reading the roads" in capsys.readouterr().err
    RoadNetwork.from_graph(RoadNetwork.fetch(BOX, **where).to_graph())
    assert capsys.readouterr() == ("", "")


def test_what_was_fetched_is_kept_where_all_caches_are(
    overpass: Overpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ACCESSMAP_CACHE", str(tmp_path))
    fetch_roads(BOX, endpoint=overpass.url)
    assert [path.suffix for path in tmp_path.iterdir()] == [".osm"]


def test_the_place_is_asked_for_as_latitude_longitude(overpass: Overpass, tmp_path: Path) -> None:
    fetched(overpass, tmp_path)
    assert "49.600000+3.190000" in overpass.asked[0] or "49.600000+3.220000" in overpass.asked[0]


def test_another_place_is_another_answer(overpass: Overpass, tmp_path: Path) -> None:
    fetched(overpass, tmp_path)
    fetched(overpass, tmp_path, shapely.box(3.1, 49.5, 3.3, 49.7))
    assert len(overpass.asked) == 2


TIMED_OUT = '<osm version="0.6"><remark> runtime error: Query timed out in "query" </remark></osm>'


@pytest.mark.parametrize(
    "failure", [(429, ""), (504, "busy"), (200, TIMED_OUT), (200, "<html>hi</html>"), (200, OSM[:-9])]
)
def test_a_busy_server_is_asked_again(overpass: Overpass, tmp_path: Path, failure: tuple[int, str]) -> None:
    overpass.answers = [failure, failure, (200, OSM)]
    assert pairs(fetched(overpass, tmp_path)) == [(1, 2), (2, 1)]
    assert len(overpass.asked) == 3


def test_a_server_that_stays_busy_is_named_and_nothing_is_kept(overpass: Overpass, tmp_path: Path) -> None:
    overpass.answers = [(200, TIMED_OUT)]
    with pytest.raises(SourceError, match=r"127\.0\.0\.1.*Query timed out.*download an extract"):
        fetched(overpass, tmp_path / "cache")
    assert len(overpass.asked) == 4
    assert not (tmp_path / "cache").exists()


def test_a_refusal_is_not_asked_again(overpass: Overpass, tmp_path: Path) -> None:
    overpass.answers = [(400, "bad")]
    with pytest.raises(SourceError, match="HTTP 400"):
        fetched(overpass, tmp_path)
    assert len(overpass.asked) == 1


def test_offline_the_message_says_what_to_do(overpass: Overpass, tmp_path: Path) -> None:
    overpass.server.shutdown()
    overpass.server.server_close()
    with pytest.raises(SourceError, match=r"no roads could be fetched .*Without the internet, download an extract"):
        fetched(overpass, tmp_path)


def test_a_wrong_endpoint_or_mode_is_refused_before_asking() -> None:
    with pytest.raises(NetworkError, match="give an http or https address"):
        fetch_roads(BOX, endpoint="file:///etc/hosts")
    with pytest.raises(NetworkError, match="unknown mode 'cra'"):
        fetch_roads(BOX, mode="cra")


# ------------------------------------------------------------------------------------------------ places by their name


@pytest.fixture
def gazetteer(overpass: Overpass, monkeypatch: pytest.MonkeyPatch) -> Overpass:
    """The server as OSMnx finds places: its first answer is a place, the others are roads."""
    west, south, east, north = BOX
    place = {
        "importance": 0.5,
        "display_name": "Chauny",
        "boundingbox": [str(side) for side in (south, north, west, east)],
        "lat": "49.61",
        "lon": "3.2",
        "geojson": shapely.geometry.mapping(shapely.box(*BOX)),
    }
    overpass.answers = [(200, json.dumps([place])), (200, OSM)]
    monkeypatch.setattr(osmnx.settings, "nominatim_url", f"http://127.0.0.1:{overpass.server.server_port}/")
    return overpass


def test_a_place_is_found_by_its_name_and_both_answers_are_kept(
    gazetteer: Overpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    folder = osmnx.settings.cache_folder
    for _ in range(2):
        roads = RoadNetwork.fetch("Chauny, France", cache=tmp_path / "kept", endpoint=gazetteer.url)
        assert sorted(zip(roads.edges["u"], roads.edges["v"], strict=True)) == [(1, 2), (2, 1)]
    assert len(gazetteer.asked) == 2
    assert gazetteer.asked[0].startswith("/search?")
    assert "Chauny" in gazetteer.asked[0]
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert osmnx.settings.cache_folder == folder


def test_a_place_that_is_not_found_is_told_in_both_languages(gazetteer: Overpass, tmp_path: Path) -> None:
    gazetteer.answers = [(200, "[]")]
    with pytest.raises(SourceError, match=r"place 'Chony': not found.*: check the name, or give a polygon\.") as caught:
        RoadNetwork.fetch("Chony", cache=tmp_path, endpoint=gazetteer.url)
    (problem,) = caught.value.problems
    assert (problem.key, problem.value) == ("roads_place_not_found", "Chony")
    assert caught.value.told("fr").startswith("le lieu «\u00a0Chony\u00a0» est introuvable")
    assert len(gazetteer.asked) == 1


RESTRICTION = """<relation id="5" version="1"><member type="way" ref="9" role="from"/>
<member type="node" ref="2" role="via"/><member type="way" ref="9" role="to"/>
<tag k="type" v="restriction"/><tag k="restriction" v="no_u_turn"/></relation>"""


def test_restrictions_on_turns_are_asked_for_and_kept_beside_the_roads(overpass: Overpass, tmp_path: Path) -> None:
    overpass.answers = [(200, OSM.replace("</osm>", f"{RESTRICTION}</osm>"))]
    assert pairs(fetched(overpass, tmp_path)) == [(1, 2), (2, 1)]
    (query,) = parse_qs(overpass.asked[0])["data"]
    lines = 'rel(bw.ways)["type"="restriction"];rel(bw.ways)["route"="ferry"];'
    assert query.endswith(f")->.ways;(.ways;.ways >;{lines});out meta;")
    (kept,) = tmp_path.iterdir()
    assert "no_u_turn" in kept.read_text("utf-8")


def test_why_no_roads_came_is_told_in_french(overpass: Overpass, tmp_path: Path) -> None:
    overpass.answers = [(200, OSM[:-9])]
    with pytest.raises(SourceError) as caught:
        fetched(overpass, tmp_path)
    (problem,) = caught.value.problems
    assert (problem.key, problem.where) == ("roads_not_fetched", overpass.url)
    assert f"téléchargées de {overpass.url} (la réponse est tronquée)" in problem.told("fr")
