"""Turns and private roads of a network: every question asked of it, against a search over what was driven."""

import pickle
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
from driven import Roads, networks
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from accessmap.errors import NetworkError
from accessmap.maps import route_map
from accessmap.provenance import Provenance
from accessmap.roads.expanded import JUNCTIONS
from accessmap.roads.network import RoadNetwork
from accessmap.words.notes import Note

SLOW = settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
MIDDLE, RADIUS = (720_000.0, 6_950_000.0), 5_000.0  # Lambert-93, near Chauny
FAR = 1e9


def in_degrees(n: int) -> pd.DataFrame:
    """Nodes on a circle, so that no three are in line."""
    turn = np.arange(n) * 2 * np.pi / n + 0.1
    x, y = MIDDLE[0] + RADIUS * np.cos(turn), MIDDLE[1] + RADIUS * np.sin(turn)
    lon, lat = pyproj.Transformer.from_crs(2154, 4326, always_xy=True).transform(x, y)
    return pd.DataFrame({"lon": lon, "lat": lat})


def points_near(places: list[tuple[float, float]]) -> gpd.GeoSeries:
    """Points in the square around the nodes, by shares of its sides."""
    xy = (np.array(places) * 2 - 1) * RADIUS + MIDDLE
    return gpd.GeoSeries(gpd.points_from_xy(*xy.T), crs=2154)


def network_of(roads: Roads) -> RoadNetwork:
    edges = pd.DataFrame(roads.arcs, columns=["u", "v", "ms", "through"])
    edges = edges.assign(minutes=edges.pop("ms") / 60_000, through=edges["through"].astype(bool))
    turns = pd.DataFrame({"nodes": list(map(list, roads.turns))}) if roads.turns else None
    return RoadNetwork.from_edges(in_degrees(roads.n), edges, turns=turns)


def seconds(roads: Roads) -> Roads:
    """The same roads with arcs of whole seconds, and turning round after forbidden turns forbidden too."""
    arcs = [(tail, head, (1 + ms) * 1000, way) for tail, head, ms, way in roads.arcs]
    return Roads(roads.n, arcs, roads.turns, roads.turn_ms)


def on(roads: Roads, network: RoadNetwork, arc: int, share: float) -> gpd.GeoSeries:
    tail, head, *_ = roads.arcs[arc]
    at = network.nodes[["lon", "lat"]].to_numpy()
    ends = np.column_stack(pyproj.Transformer.from_crs(4326, network.crs, always_xy=True).transform(*at.T))
    x, y = ends[tail] + share * (ends[head] - ends[tail])
    return gpd.GeoSeries(gpd.points_from_xy([x], [y]), crs=network.crs)


def quickest_arcs(roads: Roads) -> dict[tuple[int, int], int]:
    found: dict[tuple[int, int], int] = {}
    for number, (tail, head, ms, _) in enumerate(roads.arcs):
        if tail != head and ((tail, head) not in found or ms < roads.arcs[found[tail, head]][2]):
            found[tail, head] = number
    return found


def ways(roads: Roads, u: int, v: int, fraction: float) -> list[Any]:
    """The ways to be at a place between two nodes: at the node, or along either arc."""
    if fraction in (0, 1):
        return [v if fraction else u]
    quick = quickest_arcs(roads)
    ahead = [(quick[u, v], fraction)] if (u, v) in quick else []
    return ahead + ([(quick[v, u], 1 - fraction)] if (v, u) in quick else [])


def trip_ms(roads: Roads, start: tuple[int, int, float], end: tuple[int, int, float]) -> float:
    """The quickest trip between two places on roads; straight along one road, or by any walk that is allowed."""
    found = [roads.ms(a, b) for a in ways(roads, *start) for b in ways(roads, *end)]
    if start[:2] == end[:2]:
        u, v, _ = start
        ahead = (u, v) if end[2] >= start[2] else (v, u)
        whole = quickest_arcs(roads).get(ahead)
        if start[2] == end[2]:
            found.append(0)
        elif whole is not None:
            found.append(round(abs(end[2] - start[2]) * roads.arcs[whole][2]))
    return min((ms for ms in found if ms >= 0), default=np.nan)


@SLOW
@given(st.data())
def test_minutes_between_points_part_way_along_roads(data: Any) -> None:
    roads = seconds(data.draw(networks(most=6, costs=False)))
    quick = list(quickest_arcs(roads).values())
    assume(quick)
    network, strict = network_of(roads), roads.turning_round(JUNCTIONS)
    place = st.tuples(st.sampled_from(quick), st.sampled_from([0.0, 0.21, 0.53, 0.84]))
    drawn = [data.draw(st.lists(place, min_size=1, max_size=3)) for _ in range(2)]
    start, end = (pd.concat([on(roads, network, *at) for at in side], ignore_index=True) for side in drawn)
    legs = [network.joins(side).reset_index() for side in (start, end)]
    # Where roads cross in the middle a point joins both: not what is asked here.
    assume(all(len(table) == len(side) for table, side in zip(legs, drawn, strict=True)))
    at = [list(zip(table["u"], table["v"], table["fraction"], strict=True)) for table in legs]
    right = np.array([[trip_ms(strict, a, b) for b in at[1]] for a in at[0]]) / 60_000
    np.testing.assert_allclose(network.travel_minutes(start, end), right, atol=1e-5)
    nearest, which = network.nearest_minutes(start, end)
    least = np.where(np.isnan(right), np.inf, right).min(axis=1)
    np.testing.assert_allclose(nearest[:, 0], np.where(np.isinf(least), np.nan, least), atol=1e-5)
    assert ((which[:, 0] >= 0) == np.isfinite(least)).all()
    assert (np.isnan(network.nearest_metres(start, end)) == np.isinf(least)).all()
    way = network.explain(start.iloc[[0]], end.iloc[[0]])
    if np.isnan(right[0, 0]):
        assert way.empty
    else:
        assert way["minutes"].sum() == pytest.approx(right[0, 0], abs=1e-5)


@SLOW
@given(st.data())
def test_trips_at_other_minutes_need_not_be_joined_again(data: Any) -> None:
    network = network_of(seconds(data.draw(networks(most=6, costs=False)))).with_legs(max_metres=FAR)
    assume(network.edges["u"].ne(network.edges["v"]).any())
    share = st.floats(0.0, 1.0)
    start, end = (points_near(data.draw(st.lists(st.tuples(share, share), min_size=1, max_size=4))) for _ in range(2))
    trips = network.trips(start, end)
    factors = data.draw(st.lists(st.sampled_from([0.2, 1.0, 7.0]), min_size=len(network.edges), max_size=99))
    minutes = network.edges["minutes"] * factors[: len(network.edges)]
    other = network.with_minutes(minutes).with_legs(access_kmh=data.draw(st.sampled_from([2.0, 4.8, 30.0])))
    edges = network.edges.drop(columns="snappable").assign(minutes=minutes)  # nothing is shared with this one
    anew = RoadNetwork.from_edges(
        network.nodes, edges, turns=network.turns, access_kmh=other.access_kmh, max_metres=FAR
    )
    np.testing.assert_array_equal(other.trips_again(trips).minutes(), anew.travel_minutes(start, end))
    np.testing.assert_array_equal(other.travel_minutes(start, end), anew.travel_minutes(start, end))


@SLOW
@given(st.data(), st.booleans())
def test_places_in_reach_have_the_minutes_of_trips_to_or_from_them(data: Any, outward: bool) -> None:
    roads = seconds(data.draw(networks(most=5, costs=False)))
    quick = list(quickest_arcs(roads).values())
    assume(quick)
    network, strict = network_of(roads), roads.turning_round(JUNCTIONS)
    point = on(roads, network, data.draw(st.sampled_from(quick)), data.draw(st.sampled_from([0.0, 0.27, 0.61])))
    legs = network.joins(point)
    assume(len(legs) == 1)
    here = tuple(legs.iloc[0][["u", "v", "fraction"]])
    here = (int(here[0]), int(here[1]), float(here[2]))
    _, found = next(iter(network.minutes_along(point, most=FAR, every=2_000, outward=outward)))
    least: dict[tuple[int, int], float] = {}
    for x, y, minutes in found:
        key = round(x), round(y)
        least[key] = min(least.get(key, np.inf), minutes)
    at = network.nodes[["lon", "lat"]].to_numpy()
    ends = np.column_stack(pyproj.Transformer.from_crs(4326, network.crs, always_xy=True).transform(*at.T))
    expected: dict[tuple[int, int], float] = {}
    pairs = {tuple(sorted(roads.arcs[arc][:2])) for arc in quick}
    for u, v in pairs:
        pieces = max(int(np.ceil(np.hypot(*(ends[v] - ends[u])) / 2_000)), 1)
        for share in [*(np.arange(pieces + 1) / pieces), *([here[2]] if (u, v) == here[:2] else [])]:
            x, y = ends[u] + share * (ends[v] - ends[u])
            there = (u, v, float(share))
            ms = trip_ms(strict, here, there) if outward else trip_ms(strict, there, here)
            if not np.isnan(ms):
                key = round(x), round(y)
                expected[key] = min(expected.get(key, np.inf), ms / 60_000)
    # A place at a node is also one of every road there.
    assert least.keys() == expected.keys()
    for key, minutes in expected.items():
        assert least[key] == pytest.approx(minutes, abs=1e-4)


NODES = pd.DataFrame({"lon": [3.20, 3.21, 3.22, 3.21], "lat": [49.6, 49.6, 49.6, 49.61]}, index=list("abcd"))
EDGES = pd.DataFrame({"u": list("abb"), "v": list("bcd"), "minutes": [1.0, 2.0, 4.0]})
NO_LEFT = pd.DataFrame({"nodes": [["a", "b", "d"]], "kind": ["no_left_turn"], "source": [7]})


def cross(**options: Any) -> RoadNetwork:
    return RoadNetwork.from_edges(NODES, EDGES, directed=False, **options)


def test_a_forbidden_turn_is_driven_the_other_ways_round() -> None:
    network = cross(turns=NO_LEFT)
    # To the dead end and back, which is where one may turn.
    assert network.matrix(["a", "c", "d"], ["d", "d", "a"]).tolist() == [[9, 9, 0], [6, 6, 3], [0, 0, 5]]
    assert cross().matrix(["a"], ["d"]).item() == 5


def test_the_nearest_of_every_node_minds_the_turns() -> None:
    minutes, which = cross(turns=NO_LEFT).nearest(["d", "c"], k=2)
    assert minutes.tolist() == [[3, 9], [2, 4], [0, 6], [0, 6]]
    assert which.tolist() == [[1, 0], [1, 0], [1, 0], [0, 1]]


def test_roads_that_are_no_way_through_serve_those_who_live_there() -> None:
    edges = EDGES.assign(through=[True, False, True])
    more = pd.DataFrame({"u": ["c"], "v": ["d"], "minutes": [1.0], "through": [True]})
    network = RoadNetwork.from_edges(NODES, pd.concat([edges, more], ignore_index=True), directed=False)
    # From a to d not by the private road, which would take 4; from b, where it begins, by it.
    assert network.matrix(["a", "b"], ["d"]).tolist() == [[5], [3]]
    assert network.matrix(["a", "c"], ["c", "a"]).tolist() == [[3, 0], [0, 3]]


@pytest.mark.parametrize(
    ("turns", "told"),
    [
        ({"nodes": [["a", "b", "x"]]}, "'x', in row 0, is no node"),
        ({"nodes": [["a", "b", "d"], ["a", "c", "b"]]}, "no edge goes from 'a' to 'c', in row 1"),
        ({"nodes": [["a", "b"]]}, r"row 0 is no list of at least three nodes \(\['a', 'b'\]\)"),
        ({"nodes": ["abd"]}, "row 0 is no list of at least three nodes"),
        ({"via": ["b"]}, "'nodes'"),
    ],
)
def test_turns_that_cannot_be_are_refused(turns: Any, told: str) -> None:
    with pytest.raises(NetworkError, match=told):
        cross(turns=pd.DataFrame(turns))


def test_through_is_true_or_false() -> None:
    with pytest.raises(NetworkError, match="'through' is 'no' in row 1"):
        RoadNetwork.from_edges(NODES, EDGES.assign(through=[True, "no", True]))


def test_turns_are_saved_pickled_and_kept_by_what_is_made_of_the_network(tmp_path: Any) -> None:
    network = cross(turns=NO_LEFT)
    loaded = RoadNetwork.load(network.save(tmp_path / "cross.roads"))
    slower = network.with_minutes(pd.Series([3.0], index=[0]))
    for other in (loaded, pickle.loads(pickle.dumps(network)), slower):
        assert other.turns.to_dict("list") == NO_LEFT.to_dict("list")
    assert loaded.matrix(["a"], ["d"]).item() == 9
    assert slower.matrix(["a"], ["d"]).item() == 11
    assert network.to_graph().graph["turns"] == [["a", "b", "d"]]


def test_what_readers_say_is_french_after_loading_too(tmp_path: Any) -> None:
    said = {Note("roads_told_bdtopo_turns"): "3", Note("roads_told_odd_limits"): "1", Note("roads_told_turns"): "2"}
    roads = RoadNetwork.from_edges(NODES, EDGES, provenance=Provenance(parameters=said))
    again = RoadNetwork.load(roads.save(tmp_path / "said.roads")).provenance.parameters
    assert [name.told("fr") for name in again] == [name.told("fr") for name in said]


def test_a_graph_gives_its_forbidden_turns_back(tmp_path: Any) -> None:
    roads = EDGES.assign(road_class="residential", minutes=2.0)
    free, barred = (RoadNetwork.from_edges(NODES, roads, directed=False, turns=turns) for turns in (None, NO_LEFT))
    again, freely = (RoadNetwork.from_graph(each.to_graph(), country="FR") for each in (barred, free))
    assert [list(row) for row in again.turns["nodes"]] == [["a", "b", "d"]]
    assert freely.turns is None
    assert again.matrix(["a"], ["d"]).item() > freely.matrix(["a"], ["d"]).item()
    graph = barred.to_graph()
    graph.graph["turns"] = str([["a", "b", "d"], ["a", "b", "elsewhere"], "no turn"])  # as GraphML keeps it
    told = RoadNetwork.from_graph(graph, country="FR").provenance.parameters
    assert told["turn restrictions obeyed"] == "1"
    assert told["turn restrictions of which the file lacks a road, left out"] == "1"
    assert told["turn restrictions of an unknown kind, left out"] == "1"


def test_turns_along_closed_roads_go_with_them() -> None:
    network = cross(turns=NO_LEFT)
    closed = network.without(network.edges.index[(network.edges["u"] == "b") & (network.edges["v"] == "d")])
    assert closed.turns.empty
    assert np.isnan(closed.matrix(["a"], ["d"]).item())
    assert network.without([1]).turns.to_dict("list") == NO_LEFT.to_dict("list")


CROSSROADS = """<osm version="0.6">
<node id="1" lat="49.6" lon="2.999"/><node id="2" lat="49.6" lon="3.0"/><node id="3" lat="49.6" lon="3.001"/>
<node id="4" lat="49.601" lon="3.0"/><node id="5" lat="49.599" lon="3.0"/>
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="tertiary"/></way>
<way id="2"><nd ref="4"/><nd ref="2"/><nd ref="5"/><tag k="highway" v="tertiary"/></way></osm>"""


def test_turns_that_cost_time_are_told_by_explain_and_kept_by_a_saved_network(tmp_path: Path) -> None:
    path = tmp_path / "crossroads.osm"
    path.write_text(CROSSROADS, encoding="utf-8")
    network = RoadNetwork.from_osm(path)
    assert network.turns is None
    assert network.turn_costs is not None
    seconds = {tuple(nodes): cost for nodes, cost in network.turn_costs.to_numpy()}
    assert seconds[1, 2, 4] == pytest.approx(4.75, abs=0.1)  # left, across those who come from the east
    assert seconds[1, 2, 5] == pytest.approx(4.1, abs=0.1)
    assert (1, 2, 3) not in seconds
    minutes = network.matrix([1], [3, 4, 5])[0] * 60
    straight = minutes[0]
    network.save(tmp_path / "saved.roads")
    assert RoadNetwork.load(tmp_path / "saved.roads").matrix([1], [3, 4, 5])[0] * 60 == pytest.approx(minutes)
    pickled = pickle.loads(pickle.dumps(network.with_legs(access_kmh=4)))
    assert pickled.matrix([1], [3, 4, 5])[0] * 60 == pytest.approx(minutes)
    # 72 m to the east, 111 m to the north: what is left when the way itself is taken off is the turn.
    edges = network.edges.set_index(["u", "v"])["minutes"] * 60
    assert straight == pytest.approx(edges[1, 2] + edges[2, 3], abs=2e-3)
    assert minutes[1] == pytest.approx(edges[1, 2] + edges[2, 4] + seconds[1, 2, 4], abs=2e-3)
    places = (2.9995, 49.6), (3.0, 49.6005)
    start, end = (gpd.GeoSeries(gpd.points_from_xy([lon], [lat]), crs=4326) for lon, lat in places)
    told = network.explain(start, end)
    assert told["what"].to_list() == ["road", "turn", "road"]
    assert told.loc[1, "delay_s"] == pytest.approx(seconds[1, 2, 4], abs=2e-3)
    assert told["minutes"].sum() == pytest.approx(float(network.travel_minutes(start, end)[0, 0]), abs=1e-4)
    without = network.without(network.edges.index[(network.edges["u"] == 2) & (network.edges["v"] == 4)])
    assert (1, 2, 4) not in set(map(tuple, without.turn_costs["nodes"]))


SHARP = """<osm version="0.6">
<node id="1" lat="49.6" lon="2.999"/><node id="2" lat="49.6" lon="3.0"/><node id="3" lat="49.6" lon="3.001"/>
<node id="4" lat="49.6005" lon="2.9987"/><node id="5" lat="49.5995" lon="3.0013"/><node id="6" lat="49.6" lon="3.0001"/>
<way id="1"><nd ref="1"/><nd ref="2"/><nd ref="6"/><nd ref="3"/><tag k="highway" v="tertiary"/></way>
<way id="2"><nd ref="4"/><nd ref="2"/><nd ref="5"/><tag k="highway" v="tertiary"/></way></osm>"""


def test_nobody_turns_round_behind_a_junction_to_evade_a_sharp_turn(tmp_path: Path) -> None:
    (tmp_path / "sharp.osm").write_text(SHARP, encoding="utf-8")
    network = RoadNetwork.from_osm(tmp_path / "sharp.osm")
    edges = network.edges.set_index(["u", "v"])["minutes"] * 60
    sharp = {tuple(nodes): cost for nodes, cost in network.turn_costs.to_numpy()}[1, 2, 4]
    evading = edges[2, 6] + edges[6, 2]  # 7 m further on, and back
    assert evading < 2 < sharp / 3
    minutes = network.matrix([1, 6], [4, 6])
    assert minutes[0] * 60 == pytest.approx([edges[1, 2] + edges[2, 4] + sharp, edges[1, 2] + edges[2, 6]], abs=2e-3)
    assert minutes[1] * 60 == pytest.approx([edges[6, 2] + edges[2, 4], 0], abs=2e-3)
    start, end = (gpd.GeoSeries(gpd.points_from_xy(*network.nodes.loc[[n]].to_numpy().T), crs=4326) for n in (1, 4))
    assert network.explain(start, end)["what"].to_list() == ["road", "turn", "road"]


def block(*, turns: list[list[int]] = (), private: tuple[int, int] = (-1, -1)) -> RoadNetwork:  # type: ignore[assignment]
    """0 - 1 - 2 - 3 straight on, a minute each, and 1 - 4 - 5 - 2 round the block, ends of a minute at 0 and 3."""
    x, y = np.array([0, 1, 2, 3, 1, 2]) * 1000.0, np.array([0, 0, 0, 0, 1, 1]) * 1000.0
    place = pyproj.Transformer.from_crs(2154, 4326, always_xy=True).transform(MIDDLE[0] + x, MIDDLE[1] + y)
    nodes = pd.DataFrame(dict(zip(("lon", "lat"), place, strict=True)))
    edges = pd.DataFrame([(0, 1), (1, 2), (2, 3), (1, 4), (4, 5), (5, 2)], columns=["u", "v"])
    street = edges.apply(tuple, axis=1)
    edges = edges.assign(minutes=1.0, name=["A", "B", "C", "D", "E", "F"], through=street != private)
    named = pd.DataFrame({"nodes": turns, "kind": "no_straight_on", "source": 7}) if turns else None
    return RoadNetwork.from_edges(nodes, edges, directed=False, turns=named)


def told_from_0_to_3(network: RoadNetwork) -> pd.DataFrame:
    ends = (gpd.GeoSeries(gpd.points_from_xy(*network.nodes.loc[[n]].to_numpy().T), crs=4326) for n in (0, 3))
    return network.explain(*ends)


def test_a_way_that_a_rule_makes_longer_says_which_and_where_it_leaves_the_direct_one() -> None:
    turned = told_from_0_to_3(block(turns=[[0, 1, 2]]))
    assert turned["name"].to_list() == ["A", "D", "E", "F", "C"]
    assert turned["minutes"].sum() == pytest.approx(5, abs=1e-3)
    assert turned["note"].to_list() == [
        *("", "the direct way would take 120 s less, but turning from 'A' into 'B' is forbidden (no_straight_on, 7)"),
        *("", "", ""),
    ]
    assert turned.loc[1, "note"].told("fr").startswith("le chemin direct prendrait 120\u00a0s de moins, mais il est")
    page = route_map(turned, provenance=Provenance(), lang="en").get_root().render()
    assert "min. Note: the direct way would take 120" in page
    assert "turning from &#39;A&#39; into &#39;B&#39; is forbidden (no_straight_on, 7)." in page
    private = told_from_0_to_3(block(private=(1, 2)))
    assert private["name"].to_list() == ["A", "D", "E", "F", "C"]
    assert private.loc[1, "note"].startswith("the direct way would take 120 s less, but 'B' is no way through")


def test_a_way_that_no_rule_makes_longer_says_nothing() -> None:
    for network in (block(), block(turns=[[3, 2, 1]]), block(turns=[[4, 1, 2]]), block(private=(0, 1))):
        told = told_from_0_to_3(network)
        assert told["name"].to_list() == ["A", "B", "C"]
        assert (told["note"] == "").all()
