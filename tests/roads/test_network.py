"""Snapping and minutes on networks small enough to do in one's head."""

import copy
import hashlib
import json
import pickle
import zipfile
from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.errors import NetworkError, SnapError
from accessmap.provenance import Provenance, Source
from accessmap.roads.archive import ARROW, PARQUET, packed
from accessmap.roads.network import RoadNetwork

ORIGIN = (720_000.0, 6_950_000.0)  # in Lambert-93, near Chauny


def network(nodes, edges, **options):
    """A network whose nodes are given in metres from ORIGIN: {id: (x, y)}, edges as (u, v, minutes[, class])."""
    xy = np.array(list(nodes.values()), float).reshape(-1, 2) + ORIGIN
    lon, lat = pyproj.Transformer.from_crs(2154, 4326, always_xy=True).transform(xy[:, 0], xy[:, 1])
    table = pd.DataFrame(edges).rename(columns={0: "u", 1: "v", 2: "minutes", 3: "road_class"})
    return RoadNetwork.from_edges(pd.DataFrame({"lon": lon, "lat": lat}, index=list(nodes)), table, **options)


def points(*places):
    return gpd.GeoSeries(gpd.points_from_xy(*(np.array(places, float) + ORIGIN).T), crs=2154)


LINE = {"a": (0, 0), "b": (1000, 0), "c": (2000, 0)}
GOOD_NODES = pd.DataFrame({"lon": [3.2, 3.3], "lat": [49.6, 49.6]}, index=["a", "b"])
GOOD_EDGES = pd.DataFrame({"u": ["a"], "v": ["b"], "minutes": [1.0]})
NUMBERED = GOOD_EDGES.assign(u=np.int32([0]), v=np.int32([1]))  # as a file has them


def test_matrix_is_minutes_from_row_to_column():
    one_way = network(LINE, [("a", "b", 2), ("b", "c", 3)])
    expected = np.array([[0, 2, 5], [np.nan, 0, 3], [np.nan, np.nan, 0]], "float32")
    np.testing.assert_array_equal(one_way.matrix(list(LINE), list(LINE)), expected)


def test_undirected_edges_are_driven_both_ways():
    both = network(LINE, [("a", "b", 2), ("b", "c", 3)], directed=False)
    assert both.matrix(["c"], ["a"]).item() == 5


def test_parallel_edges_count_as_the_quickest():
    assert network(LINE, [("a", "b", 9), ("a", "b", 2)]).matrix(["a"], ["b"]).item() == 2


def test_nearest_gives_every_node_its_destination_in_the_order_asked():
    both = network(LINE, [("a", "b", 2), ("b", "c", 3)], directed=False)
    minutes, which = both.nearest(["c", "a"])
    np.testing.assert_array_equal(minutes[:, 0], np.array([0, 2, 0], "float32"))
    assert which[:, 0].tolist() == [1, 1, 0]


def test_a_point_joins_part_way_along_an_edge_and_pays_for_the_leg():
    # 250 m along a 4-minute edge: 1 minute back to a, 3 on to b; 80 m on foot at 4.8 km/h is 1 minute.
    both = network(LINE, [("a", "b", 4), ("b", "c", 3)], directed=False)
    minutes = both.travel_minutes(points((250, 80)), points((0, 0), (2000, 0)))
    np.testing.assert_allclose(minutes, [[1 + 1, 1 + 3 + 3]], atol=1e-3)


def test_a_one_way_edge_is_left_forwards_and_reached_from_behind():
    ring = {**LINE, "d": (1000, 1000)}
    one_way = network(ring, [("a", "b", 4), ("b", "d", 5), ("d", "a", 6)])
    middle = points((500, 0))
    to_a = one_way.travel_minutes(middle, points((0, 0))).item()
    from_b = one_way.travel_minutes(points((1000, 0)), middle).item()
    assert to_a == pytest.approx(2 + 5 + 6, abs=1e-3)
    assert from_b == pytest.approx(5 + 6 + 2, abs=1e-3)


def test_two_points_on_one_edge_do_not_go_round_by_its_end():
    both = network(LINE, [("a", "b", 4), ("b", "c", 3)], directed=False)
    assert both.travel_minutes(points((250, 0)), points((750, 0))).item() == pytest.approx(2, abs=1e-3)


def test_two_points_on_a_one_way_edge_go_round_when_the_way_is_against():
    ring = {**LINE, "d": (1000, 1000)}
    one_way = network(ring, [("a", "b", 4), ("b", "d", 5), ("d", "a", 6)])
    back = one_way.travel_minutes(points((750, 0)), points((250, 0))).item()
    assert back == pytest.approx(1 + 5 + 6 + 1, abs=1e-3)


def test_a_point_at_a_node_may_leave_by_any_of_its_edges():
    # The nearest segment that is found may be the one-way b→a; from b the way to c is open all the same.
    one_way = network(LINE, [("b", "a", 4), ("b", "c", 3), ("a", "b", 9)])
    assert one_way.travel_minutes(points((1000, 0)), points((2000, 0))).item() == pytest.approx(3, abs=1e-3)


def test_a_far_point_is_not_reached_and_says_how_far_it_is():
    both = network(LINE, [("a", "b", 4)], directed=False)
    legs = both.snap(points((500, 0), (500, 2500)))
    assert legs["problem"].to_list() == ["", "2.5\xa0km from the nearest road, more than 2\xa0km"]
    assert np.isnan(legs.loc[1, "minutes"])
    assert pd.isna(legs.loc[1, "u"])
    minutes = both.travel_minutes(points((500, 0), (500, 2500)), points((0, 0)))
    assert np.isnan(minutes[1, 0])
    assert minutes[0, 0] == pytest.approx(2, abs=1e-3)


def test_snap_error_when_no_point_is_near():
    both = network(LINE, [("a", "b", 4)], directed=False)
    with pytest.raises(SnapError, match=r"none of the 1 is within 2\xa0km of the network; the nearest is 90\xa0km"):
        both.travel_minutes(points((500, 90_000)), points((0, 0)))


def test_points_without_crs_or_place_are_refused():
    both = network(LINE, [("a", "b", 4)], directed=False)
    with pytest.raises(SnapError, match="no CRS"):
        both.snap(gpd.GeoSeries([shapely.Point(0, 0)]))
    with pytest.raises(SnapError, match="1 have no place, such as 0"):
        both.snap(gpd.GeoSeries([None], crs=2154))


def test_motorway_is_no_way_in():
    # The motorway passes 10 m from the point; the road it joins is 300 m away.
    roads = {**LINE, "e": (0, 300), "f": (2000, 300)}
    edges = [("a", "b", 1, "motorway"), ("b", "c", 1, "motorway"), ("e", "f", 4, "primary"), ("a", "e", 1, "primary")]
    legs = network(roads, edges, directed=False).snap(points((1000, 10)))
    assert legs[["u", "v"]].iloc[0].to_list() == ["e", "f"]
    assert legs["metres"].iloc[0] == pytest.approx(290, abs=0.1)


def test_motorway_alone_cannot_be_joined():
    with pytest.raises(NetworkError, match="no edge that points may join"):
        network(LINE, [("a", "b", 1, "motorway")]).snap(points((0, 0)))


def test_a_point_that_joins_an_island_is_not_moved_to_the_mainland():
    roads = {**LINE, "i": (0, 500), "j": (100, 500)}
    edges = [("a", "b", 4), ("b", "c", 3), ("i", "j", 1)]
    for local_metres in (0, 1500):
        both = network(roads, edges, directed=False, local_metres=local_metres)
        island = points((50, 490))
        assert both.snap(island)["problem"].iloc[0] == "joins a part cut off from the main network"
        assert np.isnan(both.travel_minutes(island, points((0, 0))).item())
    assert both.parts().to_list() == [0, 0, 0, 1, 1]


def test_a_trip_leaves_by_whichever_road_near_is_best():
    # 30 m to the road that leads nowhere soon, 40 m to the quick one; 5 m more or less do not lose the quick one.
    roads = {"a": (0, 0), "b": (1000, 0), "c": (1000, 70), "d": (0, 70), "e": (2000, 0)}
    edges = [("a", "b", 2), ("b", "e", 2), ("c", "d", 30), ("a", "d", 30), ("b", "c", 30)]
    both = network(roads, edges, directed=False)
    home, site = points((500, 40)), points((2000, 0))
    assert both.snap(home)[["u", "v"]].iloc[0].to_list() == ["c", "d"]
    assert both.snap(home)["metres"].item() == pytest.approx(30, abs=0.01)
    for start, end in ((home, site), (site, home)):
        assert both.travel_minutes(start, end).item() == pytest.approx(40 / 80 + 1 + 2, abs=1e-3)
        assert both.nearest_minutes(start, end)[0].item() == pytest.approx(40 / 80 + 1 + 2, abs=1e-3)
        assert both.explain(start, end)["minutes"].sum() == pytest.approx(3.5, abs=1e-3)
        assert both.nearest_metres(start, end).item() == pytest.approx(40 + 1500, abs=1)
    # One segment is joined by both houses, and is not the nearest of either.
    assert both.travel_minutes(home, points((900, 40))).item() == pytest.approx(40 / 80 + 0.8 + 40 / 80, abs=1e-3)


def test_joins_are_every_road_near_each_once_the_quickest_first():
    # A street in pieces is one join; further than 1.5 × the nearest and 25 m more is none.
    roads = {"a": (0, 0), "b": (490, 0), "c": (500, 0), "d": (510, 0), "e": (1000, 0), "f": (0, 60), "g": (1000, 60)}
    edges = [("a", "b", 1), ("b", "c", 1), ("c", "d", 1), ("d", "e", 1), ("f", "g", 1), ("a", "f", 1)]
    both = network(roads, edges, directed=False)
    legs = both.joins(points((501, 24), (501, 10), (0, 5000)))
    assert legs.index.to_list() == [(0, 1), (0, 2), (1, 1)]
    assert legs[["u", "v"]].to_numpy().tolist() == [["c", "d"], ["f", "g"], ["c", "d"]]
    np.testing.assert_allclose(legs["metres"], [24, 36, 10], atol=0.01)
    np.testing.assert_allclose(legs["minutes"], np.array([24, 36, 10]) / 80, atol=1e-3)
    np.testing.assert_allclose(legs["fraction"], [0.1, 0.501, 0.1], atol=1e-4)


def test_a_corner_is_one_join_and_of_equal_roads_the_first_comes_first():
    star = {"o": (0, 0), **{name: (100 * x, 100 * y) for name, x, y in [("a", -1, 0), ("b", 0, -1), ("c", -1, -1)]}}
    both = network(star, [("o", "c", 1), ("o", "b", 1), ("o", "a", 1)], directed=False)
    corner = both.joins(points((30, 40)))
    assert len(corner) == 1
    assert corner[["u", "v", "fraction"]].to_numpy().tolist() == [["o", "a", 0]]
    between = network({"a": (0, 0), "b": (100, 0), "c": (0, 20), "d": (100, 20)}, [("c", "d", 1), ("a", "b", 1)])
    assert between.joins(points((50, 10)))[["u", "v"]].to_numpy().tolist() == [["a", "b"], ["c", "d"]]


def test_at_most_six_roads_are_joined():
    nodes = {f"{end}{y}": (x, 2 * y) for y in range(12) for end, x in (("w", 0), ("e", 100))}
    both = network(nodes, [(f"w{y}", f"e{y}", 1) for y in range(12)])
    legs = both.joins(points((50, -1)))
    assert legs["u"].to_list() == [f"w{y}" for y in range(6)]


def test_a_cut_off_road_loses_nobody_where_a_connected_one_is_near_and_says_so():
    roads = {**LINE, "i": (0, 100), "j": (100, 100), "k": (0, 120), "l": (100, 120)}
    edges = [("a", "b", 4), ("b", "c", 3), ("i", "j", 1), ("k", "l", 1)]
    both = network(roads, edges, directed=False)
    home = points((50, 95), (50, 300))
    assert both.travel_minutes(home, points((0, 0)))[:, 0] == pytest.approx([95 / 80 + 0.2, 300 / 80 + 0.2], abs=1e-3)
    told = both.snap(home)
    assert told["u"].to_list() == ["i", "k"]
    assert told["problem"].to_list() == [
        "joins a part cut off from the main network, and the main network too, 95\xa0m away",
        "joins a part cut off from the main network, and the main network too, 300\xa0m away",
    ]
    assert told["problem"].iloc[0].told("fr").endswith("et aussi le réseau principal, à 95\u00a0m")
    assert both.joins(home)["u"].to_list() == ["i", "k", "a", "k", "i", "a"]
    # Not across the water: twice the distance of the nearest road and 100 m more.
    island = network({**roads, "i": (0, 300), "j": (100, 300)}, edges, directed=False)
    assert island.joins(points((50, 290)))["u"].to_list() == ["i"]
    assert island.snap(points((50, 290)))["problem"].item() == "joins a part cut off from the main network"


def test_a_way_out_of_which_nobody_comes_back_is_cut_off():
    # Into the one-way stub nobody gets back: it is joined from, and is no part of the main network.
    roads = {**LINE, "s": (500, 50)}
    both = network(roads, [("a", "b", 2), ("b", "a", 2), ("b", "c", 2), ("c", "b", 2), ("b", "s", 1)])
    home = points((500, 52))
    assert both.snap(home)["problem"].item() == (
        "joins a part cut off from the main network, and the main network too, 52\xa0m away"
    )
    assert both.travel_minutes(home, points((1000, 0))).item() == pytest.approx(52 / 80 + 1, abs=1e-3)


def test_a_short_trip_may_keep_to_local_streets_where_the_edges_leave_them_out():
    # By road 20 minutes round; 600 m straight at 18 km/h are 2 minutes.
    roads = {"a": (0, 0), "b": (0, 5000), "c": (600, 5000), "d": (600, 0)}
    edges = [("a", "b", 9), ("b", "c", 2), ("c", "d", 9)]
    ends = points((0, 0)), points((600, 0))
    assert network(roads, edges, directed=False).travel_minutes(*ends).item() == pytest.approx(20, abs=1e-3)
    local = network(roads, edges, directed=False, access_kmh=18, local_metres=1500)
    assert local.travel_minutes(*ends).item() == pytest.approx(2, abs=1e-3)


def test_a_network_without_local_streets_says_so_wherever_it_goes(tmp_path):
    edges = [("a", "b", 4)]
    whole = network(LINE, edges, directed=False)
    assert not whole.estimated
    assert not whole.provenance.parameters
    for missing in ({"access_kmh": 18, "local_metres": 1500}, {"access_kmh": 18}, {"local_metres": 500}):
        roads = network(LINE, edges, directed=False, **missing)
        for each in (roads, pickle.loads(pickle.dumps(roads)), RoadNetwork.load(roads.save(tmp_path / "a.roads"))):
            told = {name.told("fr"): value for name, value in each.provenance.parameters.items()}
            kmh = f"{missing.get('access_kmh', 4.8)} km/h"
            assert (each.estimated, told) == (True, {"sans rues locales, en ligne droite à": kmh})


@pytest.mark.parametrize("metres", [0, 10, 50, 300, 1000, 2500])
def test_a_place_is_no_time_from_itself_however_far_from_the_road(metres):
    both = network(LINE, [("a", "b", 2), ("b", "c", 2)], directed=False)
    home = points((500, metres))
    assert both.travel_minutes(home, home).item() == 0
    assert both.nearest_minutes(home, home)[0].item() == 0
    assert both.nearest_metres(home, home).item() == 0
    way = both.explain(home, home)
    assert way["what"].to_list() == ["straight, without a road"]
    assert way[["minutes", "length_m", "speed_kmh"]].to_numpy().tolist() == [[0, 0, 4.8]]


def test_two_houses_20_m_apart_do_not_go_by_the_road():
    both = network(LINE, [("a", "b", 2), ("b", "c", 2)], directed=False)
    ends = points((500, 300)), points((500, 280))
    assert both.travel_minutes(*ends).item() == pytest.approx(0.25, abs=1e-4)
    assert np.isnan(both.travel_minutes(*ends, limit=0.2).item())
    assert both.nearest_metres(*ends).item() == pytest.approx(20)
    assert both.explain(*ends)["minutes"].to_list() == pytest.approx([0.25], abs=1e-4)


def test_straight_ways_ask_for_no_more_than_legs_do():
    # 40 m over a river, 10 m from a road on each bank: the legs are 20 m together, and the bridge is far.
    banks = {"a": (0, 0), "b": (5000, 0), "c": (5000, 60), "d": (0, 60)}
    both = network(banks, [("a", "b", 5), ("b", "c", 1), ("c", "d", 5)], directed=False)
    round_by_the_bridge = both.travel_minutes(points((0, 10)), points((0, 50))).item()
    assert round_by_the_bridge == pytest.approx(5 + 1 + 5 + 20 / 80, abs=1e-3)
    # Where the legs are longer than the way over, they would have gone over as much.
    assert both.travel_minutes(points((0, -100)), points((-90, -60))).item() == pytest.approx(
        np.hypot(90, 40) / 80, abs=1e-3
    )


def test_a_place_off_the_roads_is_reached_on_foot_from_beside_it_and_no_further_than_points_join():
    both = network(LINE, [("a", "b", 2), ("b", "c", 2)], directed=False)
    homes, sites = points((0, 2100), (0, 2500), (0, 6000)), points((0, 1900), (0, 3000), (0, 5500))
    minutes = both.travel_minutes(homes, sites)
    straight = np.array([[200, 900, np.nan], [600, 500, np.nan], [np.nan, np.nan, 500]]) / 80
    np.testing.assert_allclose(minutes, straight, atol=1e-3)
    nearest, which = both.nearest_minutes(homes, sites)
    np.testing.assert_allclose(nearest[:, 0], np.nanmin(straight, axis=1), atol=1e-3)
    assert which[:, 0].tolist() == [0, 1, 2]
    # The same alone as among others.
    assert both.travel_minutes(homes.iloc[[2]], sites.iloc[[2]]).item() == minutes[2, 2]
    assert both.explain(homes.iloc[[2]], sites.iloc[[2]])["minutes"].sum() == pytest.approx(minutes[2, 2])
    with pytest.raises(SnapError, match="none of the 1 is within 2\xa0km"):
        both.travel_minutes(homes.iloc[[2]], sites.iloc[[0]])


metres_off = st.integers(-2000, 2000)
place = st.tuples(st.integers(0, 2000), metres_off)


@settings(max_examples=30, deadline=None)
@given(st.lists(place, min_size=1, max_size=6), st.lists(place, min_size=1, max_size=6), st.sampled_from([4.8, 18.0]))
def test_minutes_are_the_least_of_straight_and_by_road(homes, sites, kmh):
    # A straight road along x at 30 km/h: both ways can be done in one's head.
    both = network(LINE, [("a", "b", 2), ("b", "c", 2)], directed=False, access_kmh=kmh, max_metres=2001)
    start, end = (np.array(side, float)[:, None, :] for side in (homes, sites))
    end = end.transpose(1, 0, 2)
    legs = np.abs(start[..., 1]) + np.abs(end[..., 1])
    straight = np.hypot(*np.moveaxis(end - start, 2, 0))
    by_road = legs / kmh * 0.06 + np.abs(end[..., 0] - start[..., 0]) / 500
    expected = np.where(straight <= legs + 1e-3, np.minimum(straight / kmh * 0.06, by_road), by_road)
    minutes = both.travel_minutes(points(*homes), points(*sites))
    np.testing.assert_allclose(minutes, expected, atol=5e-3)
    np.testing.assert_allclose(
        both.nearest_minutes(points(*homes), points(*sites))[0][:, 0], minutes.min(axis=1), atol=1e-4
    )
    way = both.explain(points(homes[0]), points(sites[0]))
    assert way["minutes"].sum() == pytest.approx(minutes[0, 0], abs=1e-3)


def test_limit_leaves_out_what_is_further():
    both = network(LINE, [("a", "b", 2), ("b", "c", 3)], directed=False)
    minutes = both.travel_minutes(points((0, 0)), points((0, 0), (1000, 0), (2000, 0)), limit=2.5)
    assert np.isnan(minutes[0, 2])
    np.testing.assert_allclose(minutes[0, :2], [0, 2], atol=1e-3)


def test_limit_holds_on_one_edge_too():
    both = network(LINE, [("a", "b", 4)], directed=False)
    assert np.isnan(both.travel_minutes(points((0, 0)), points((750, 0)), limit=2.5).item())


def test_save_and_load_keep_everything(tmp_path):
    source = Source("Routes", "IGN", "Licence Ouverte", "2026")
    made = network(
        LINE,
        [("a", "b", 4, "primary")],
        access_kmh=30,
        local_metres=500,
        max_metres=900,
        provenance=Provenance((source,), {"speed": "80"}),
    )
    again = RoadNetwork.load(made.save(tmp_path / "roads.net"))
    pd.testing.assert_frame_equal(again.nodes, made.nodes)
    pd.testing.assert_frame_equal(again.edges, made.edges)
    assert again.provenance == made.provenance
    assert (again.access_kmh, again.local_metres, again.max_metres) == (30, 500, 900)
    assert [file.name for file in tmp_path.iterdir()] == ["roads.net"]


def test_a_damaged_file_is_refused(tmp_path):
    path = network(LINE, [("a", "b", 4)]).save(tmp_path / "roads.net")
    whole = path.read_bytes()
    path.write_bytes(whole[:200])
    with pytest.raises(NetworkError, match="damaged"):
        RoadNetwork.load(path)
    at = whole.index(b"ARROW1") + 40
    path.write_bytes(whole[:at] + b"####" + whole[at + 4 :])
    with pytest.raises(NetworkError, match="damaged"):
        RoadNetwork.load(path)


def forged(path, change=lambda meta: meta, **tables):
    """Write the file anew with sound checksums: another meta, other tables (nodes, edges, turns)."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    for name, table in tables.items():
        named = f"{name}{ARROW}"
        members[named] = table if isinstance(table, bytes) else bytes(packed(named, table))
    meta = json.loads(members["meta.json"])
    meta["sha256"] = {name: hashlib.sha256(members[name]).hexdigest() for name in members if name != "meta.json"}
    meta = change(meta)
    members["meta.json"] = meta if isinstance(meta, bytes) else json.dumps(meta).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)


@pytest.mark.parametrize(
    "meta",
    [
        [], 3, "x", None, {}, b"[" * 100_000, b"\xff", b'{"format": 1',
        {"format": None}, {"format": True}, {"format": [1]}, {"legs": 3}, {"legs": None}, {"legs": {}}, {"sources": 5},
        {"sources": [5]}, {"sources": [{"title": 4}]}, {"sources": [{"titel": "x"}]}, {"parameters": []},
        {"parameters": {"a": [[]]}}, {"modelled": "yes"}, {"sha256": []}, {"sha256": {}}, {"sha256": {"a": 3}},
        *({"legs": {"access_kmh": kmh, "local_metres": 0, "max_metres": 9}}
          for kmh in (0, -1, float("nan"), float("inf"), "4", None, [4], True)),
        {"legs": {"access_kmh": 4, "local_metres": -1, "max_metres": 9}},
        {"legs": {"access_kmh": 4, "local_metres": 0, "max_metres": float("nan")}},
        {"legs": {"access_kmh": 4, "local_metres": 0, "max_metres": 9, "more": 1}},
    ],
)  # fmt: skip
def test_an_impossible_meta_with_sound_checksums_is_refused(tmp_path, meta):
    path = network(LINE, [("a", "b", 4)]).save(tmp_path / "roads.net")
    forged(path, lambda was: {**was, **meta} if isinstance(meta, dict) and meta else meta)
    with pytest.raises(NetworkError, match=r"roads\.net"):
        RoadNetwork.load(path)


@pytest.mark.parametrize(
    "tables",
    [
        {"nodes": GOOD_NODES.assign(lon=np.nan)},
        {"nodes": GOOD_NODES.assign(lon="x")},
        {"nodes": GOOD_NODES[:0]},
        {"nodes": GOOD_NODES.drop(columns="lat")},
        {"nodes": GOOD_NODES.set_axis(["a", "a"])},
        {"nodes": b"ARROW1"},
        {"nodes": b""},
        {"edges": NUMBERED},  # nothing says whether they may be joined
        {"edges": NUMBERED.assign(u=np.int32(2), snappable=True)},
        {"edges": NUMBERED.assign(u=np.int32(-1), snappable=True)},
        {"edges": NUMBERED.assign(u=0.0, snappable=True)},
        {"edges": GOOD_EDGES.assign(snappable=True)},  # names are no positions
        {"edges": NUMBERED.assign(minutes=-1.0, snappable=True)},
        {"edges": NUMBERED.assign(minutes=np.nan, snappable=True)},
        {"edges": NUMBERED.assign(minutes="4", snappable=True)},
        {"edges": NUMBERED.assign(minutes=[[1.0]], snappable=True)},
        {"edges": NUMBERED.assign(u=[[1.0]], snappable=True)},
        {"edges": NUMBERED.assign(snappable="False")},
        {"edges": NUMBERED.assign(snappable=True, length_m="far")},
        {"turns": pd.DataFrame({"nodes": [np.array([0, 1], "int32").tobytes()]})},
        {"turns": pd.DataFrame({"nodes": [np.array([0, 1, 2], "int32").tobytes()]})},
        {"turns": pd.DataFrame({"nodes": [np.array([0, 1, 0], "int32").tobytes()]})},  # the road goes one way
        {"turns": pd.DataFrame({"nodes": [np.array([0, 1, 0], "int32").tobytes()[:-1]]})},
        {"turns": pd.DataFrame({"nodes": ["aba"]})},
        {"turns": pd.DataFrame({"nodes": [3]})},
    ],
)
def test_impossible_tables_with_sound_checksums_are_refused(tmp_path, tables):
    path = RoadNetwork.from_edges(GOOD_NODES, GOOD_EDGES).save(tmp_path / "roads.net")
    forged(path, **tables)
    with pytest.raises(NetworkError, match=r"roads\.net"):
        RoadNetwork.load(path)


def test_a_file_of_parquet_tables_is_read_unchanged(tmp_path):
    edges = [("a", "b", 4.0), ("b", "a", 5.0), ("b", "c", 3.0)]
    turns = pd.DataFrame({"nodes": [["a", "b", "c"]], "kind": "no_left_turn", "source": 7})
    made = network(LINE, edges, turns=turns)
    path = made.save(tmp_path / "new.roads")
    with zipfile.ZipFile(path) as archive:
        meta = json.loads(archive.read("meta.json"))
    tables = {"nodes": made.nodes, "edges": made.edges, "turns": made.turns}
    members = {f"{name}{PARQUET}": bytes(packed(f"{name}{PARQUET}", table)) for name, table in tables.items()}
    meta |= {"format": 2, "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in members.items()}}
    with zipfile.ZipFile(tmp_path / "old.roads", "w") as archive:
        archive.writestr("meta.json", json.dumps(meta))
        for name, data in members.items():
            archive.writestr(name, data)
    old, new = RoadNetwork.load(tmp_path / "old.roads"), RoadNetwork.load(path)
    for name in tables:
        pd.testing.assert_frame_equal(getattr(old, name), getattr(new, name))
    assert old.provenance == new.provenance
    assert np.isnan(old.matrix(["a"], ["c"]).item())


def test_tables_of_a_saved_network_lie_in_its_file(tmp_path):
    made = network(LINE, [("a", "b", 4.0), ("b", "a", 5.0)])
    path = made.save(tmp_path / "roads.net")
    again = RoadNetwork.load(path)
    minutes = again.edges["minutes"].to_numpy()
    assert not minutes.flags.writeable
    assert minutes.flags.aligned
    made.with_minutes(pd.Series({0: 9.0})).save(path)  # the file is replaced below it
    assert minutes.tolist() == [4.0, 5.0]
    assert again.with_minutes(pd.Series({0: 7.0})).matrix(["a"], ["b"]).item() == 7.0
    assert again.matrix(["a"], ["b"]).item() == 4.0
    assert RoadNetwork.load(path).matrix(["a"], ["b"]).item() == 9.0
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None


def test_another_version_of_the_file_is_named(tmp_path, monkeypatch):
    monkeypatch.setattr("accessmap.roads.saved.FORMAT", 99)
    path = network(LINE, [("a", "b", 4)]).save(tmp_path / "roads.net")
    monkeypatch.undo()
    with pytest.raises(NetworkError, match="format 99, this version reads 1"):
        RoadNetwork.load(path)


@pytest.mark.parametrize(
    ("nodes", "edges", "options", "message"),
    [
        (GOOD_NODES.rename(columns={"lon": "lo"}), GOOD_EDGES, {}, "nodes: column 'lon' is missing .did you mean 'lo'"),
        (GOOD_NODES, GOOD_EDGES.drop(columns="minutes"), {}, "edges: column 'minutes' is missing"),
        (GOOD_NODES[:0], GOOD_EDGES[:0], {}, "2 problems. nodes: the table is empty. edges: the table is empty"),
        (GOOD_NODES.set_index(pd.Index(["a", "a"])), GOOD_EDGES[:0], {}, "id 'a' stands more than once"),
        (GOOD_NODES.assign(lon=720_000.0), GOOD_EDGES, {}, "outside the world in degrees.*reproject to EPSG:4326"),
        (GOOD_NODES, GOOD_EDGES.assign(u="aa"), {}, r"'u' is no node, such as row 0 \('aa'\) \(did you mean 'a'"),
        (GOOD_NODES, GOOD_EDGES.assign(minutes=-1), {}, "'minutes' is not a number of at least 0, such as row 0"),
        (GOOD_NODES, GOOD_EDGES.assign(minutes=np.inf), {}, "'minutes' is not a number"),
        (GOOD_NODES, GOOD_EDGES.assign(minutes="x"), {}, "'minutes' is not a number"),
        (GOOD_NODES, GOOD_EDGES.assign(minutes="1.5"), {}, "'minutes' is text: give numbers"),
        (GOOD_NODES.assign(lat="49.6"), GOOD_EDGES, {}, "'lat' is text"),
        (GOOD_NODES.assign(lat=[49.6, np.nan]), GOOD_EDGES, {}, "outside the world in degrees, such as 'b'"),
        (GOOD_NODES, GOOD_EDGES.assign(snappable="False"), {}, "'snappable' is 'False' in row 0: give True or False"),
        (GOOD_NODES, GOOD_EDGES.assign(snappable=None), {}, "'snappable' is None in row 0"),
        (GOOD_NODES, GOOD_EDGES, {"access_kmh": 0}, "access_kmh is 0"),
        (GOOD_NODES, GOOD_EDGES, {"access_kmh": float("nan")}, "access_kmh is nan"),
        (GOOD_NODES, GOOD_EDGES, {"access_kmh": float("inf")}, "access_kmh is inf"),
        (GOOD_NODES, GOOD_EDGES, {"access_kmh": "4"}, "access_kmh is 4"),
        (GOOD_NODES, GOOD_EDGES, {"local_metres": -5}, "local_metres is -5"),
        (GOOD_NODES, GOOD_EDGES, {"max_metres": float("nan")}, "max_metres is nan"),
    ],
)
def test_bad_roads_are_refused_by_name(nodes, edges, options, message):
    with pytest.raises(NetworkError, match=message):
        RoadNetwork.from_edges(nodes, edges, **options)


def test_an_unknown_node_is_named_with_its_like():
    with pytest.raises(NetworkError, match="unknown node ids, such as 'aa' .did you mean 'a'"):
        network(LINE, [("a", "b", 1)]).matrix(["aa"], ["b"])


def test_the_callers_tables_are_not_changed():
    nodes, edges = GOOD_NODES.copy(), GOOD_EDGES.copy()
    RoadNetwork.from_edges(nodes, edges, directed=False).matrix(["a"], ["b"])
    pd.testing.assert_frame_equal(nodes, GOOD_NODES)
    pd.testing.assert_frame_equal(edges, GOOD_EDGES)


def test_repr_says_what_the_roads_are():
    assert "provenance inconnue" in repr(network(LINE, [("a", "b", 1)]))
    made = Provenance((Source("x", "accessmap", "MIT", "2026"),), modelled=True)
    assert "modelled roads" in repr(network(LINE, [("a", "b", 1)], provenance=made))
    assert "réseau modélisé" in made.credit
    assert "réseau modélisé" not in replace(made, modelled=False).credit


place = st.tuples(st.integers(-300, 2300), st.integers(-300, 1300))
edge = st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.integers(0, 20))


@settings(max_examples=60, deadline=None)
@given(edges=st.lists(edge, min_size=1, max_size=9), start=place, end=place)
def test_a_point_part_way_along_is_a_node_put_there(edges, start, end):
    """The oracle: cut every edge where the points join it, and let nodes stand there."""
    nodes = {"a": (0, 0), "b": (1000, 0), "c": (2000, 0), "d": (1000, 1000)}
    edges = [(u, v, m) for u, v, m in edges if u != v]
    if not edges:
        return
    roads = network(nodes, edges, max_metres=5000)
    got = roads.travel_minutes(points(start), points(end)).item()
    near = roads.snap(points(start, end))["metres"]
    cut, places, at = [], dict(nodes), []
    for (number, rank), leg in roads.joins(points(start, end)).iterrows():
        place = f"p{number}.{rank}"
        tail, head = (np.array(nodes[node]) for node in (leg.u, leg.v))
        places[place] = tuple((1 - leg.fraction) * tail + leg.fraction * head)
        places[f"p{number}"] = (start, end)[number]
        at.append((place, leg))
        cut.append((f"p{number}", place, leg.minutes) if number == 0 else (place, f"p{number}", leg.minutes))
    for u, v, minutes in edges:
        on = [(0.0, u), (1.0, v)]
        on += [
            (leg.fraction if u == leg.u else 1 - leg.fraction, place) for place, leg in at if {u, v} == {leg.u, leg.v}
        ]
        on.sort(key=lambda stop: (stop[0], stop[1] == v, stop[1] != u))
        cut += [(x, y, minutes * (g - f)) for (f, x), (g, y) in pairwise(on)]
    for place, leg in at:  # at a node, and two at one place: the same
        for share, node in ((0, leg.u), (1, leg.v)):
            if leg.fraction == share:
                cut += [(place, node, 0), (node, place, 0)]
        for other, leg_there in at:
            if leg[["u", "v", "fraction"]].equals(leg_there[["u", "v", "fraction"]]):
                cut.append((place, other, 0))
    expected = network(places, cut).matrix(["p0"], ["p1"]).item()
    straight = np.hypot(*(np.array(end) - start))
    expected = np.fmin(expected, straight / 80 if straight <= near.sum() + 1e-3 else np.nan)
    assert got == pytest.approx(expected, abs=2e-3, nan_ok=True)


def test_explain_adds_up_to_the_minutes_and_names_each_road():
    edges = pd.DataFrame(
        {
            "u": ["a", "b"],
            "v": ["b", "c"],
            "minutes": [4.0, 3.0],
            "length_m": [1000.0, 1000.0],
            "name": ["Rue A", "Rue B"],
            "delay_s": [60.0, 0.0],
        }
    )
    both = network(LINE, edges, directed=False)
    start, end = points((250, 80)), points((2000, 40))
    told = both.explain(start, end)
    assert told["what"].to_list() == ["leg to the road", "road", "road", "leg to the road"]
    assert told["name"].to_list() == ["", "Rue A", "Rue B", ""]
    np.testing.assert_allclose(told["minutes"], [1, 3, 3, 0.5], atol=1e-3)
    np.testing.assert_allclose(told["length_m"], [80, 750, 1000, 40], atol=0.2)
    assert told["delay_s"].to_list() == pytest.approx([0, 45, 0, 0], abs=0.01)
    assert told["minutes"].sum() == pytest.approx(both.travel_minutes(start, end).item(), abs=1e-4)
    assert told.geometry.iloc[0].coords[0] == pytest.approx((720_250, 6_950_080))


def test_explain_puts_stretches_of_one_road_together():
    both = network(LINE, [("a", "b", 2), ("b", "c", 2)], directed=False)
    told = both.explain(points((0, 0)), points((2000, 0)))
    assert told[["what", "minutes"]].to_numpy().tolist() == [["road", 4.0]]
    assert told.geometry.iloc[0].length == pytest.approx(2000, abs=1)


def test_explain_tells_of_trips_on_one_edge_and_in_local_streets():
    both = network(LINE, [("a", "b", 4)], directed=False)
    one = both.explain(points((250, 0)), points((750, 0)))
    assert one[["what"]].to_numpy().tolist() == [["road"]]
    assert one["minutes"].sum() == pytest.approx(2, abs=1e-3)
    local = network(LINE, [("a", "b", 40)], directed=False, access_kmh=18, local_metres=1500)
    assert local.explain(points((250, 0)), points((750, 0)))["what"].to_list() == ["local streets"]


def test_explain_is_empty_where_there_is_no_way():
    one_way = network(LINE, [("a", "b", 4)])
    assert one_way.explain(points((750, 0)), points((250, 0))).empty
    assert one_way.explain(points((0, 90_000)), points((0, 0))).empty
    with pytest.raises(NetworkError, match="origin has 2 points"):
        one_way.explain(points((0, 0), (1, 1)), points((0, 0)))


def test_explain_equals_travel_minutes_all_over_the_sample(sample_study):
    rng = np.random.default_rng(3)
    start = sample_study.residents.geometry.iloc[rng.integers(len(sample_study.residents), size=25)]
    end = sample_study.services.geometry.iloc[rng.integers(len(sample_study.services), size=25)]
    minutes = sample_study.network.travel_minutes(start, end)
    for i in range(25):
        told = sample_study.network.explain(start.iloc[[i]], end.iloc[[i]])
        assert told["minutes"].sum() == pytest.approx(minutes[i, i], abs=1e-3)


def test_a_closed_bridge_sends_trips_round():
    ring = {**LINE, "d": (1000, 1000)}
    edges = [("a", "b", 2), ("b", "c", 2), ("a", "d", 5), ("d", "c", 5)]
    whole = network(ring, edges, directed=False)
    bridge = whole.edges.index[whole.edges[["u", "v"]].isin(["b", "c"]).all(axis=1)]
    assert len(bridge) == 2
    assert whole.matrix(["a"], ["c"]).item() == 4
    assert whole.without(bridge).matrix(["a"], ["c"]).item() == 10
    assert whole.matrix(["a"], ["c"]).item() == 4
    with pytest.raises(NetworkError, match="1 labels are no edge, such as 99"):
        whole.without([99])


def test_other_minutes_on_some_edges():
    whole = network(LINE, [("a", "b", 2), ("b", "c", 3)], directed=False)
    slower = whole.with_minutes(pd.Series({0: 7.0}))
    assert slower.matrix(["a"], ["c"]).item() == 10
    assert slower.matrix(["c"], ["a"]).item() == 5
    with pytest.raises(NetworkError, match="'minutes' is not a number of at least 0"):
        whole.with_minutes(pd.Series({0: -1.0}))


def test_trips_of_other_roads_are_refused():
    whole = network(LINE, [("a", "b", 2), ("b", "c", 3)], directed=False)
    trips = whole.trips(points((500, 80)), points((1000, 0)))
    for other in (whole.without([0]), whole.with_legs(max_metres=10)):
        with pytest.raises(NetworkError, match="these trips join other roads"):
            other.trips_again(trips)


def test_other_legs_on_the_same_roads():
    whole = network(LINE, [("a", "b", 2), ("b", "c", 3)], directed=False, local_metres=5)
    slower = whole.with_legs(access_kmh=2.4, max_metres=100)
    assert (slower.access_kmh, slower.local_metres, slower.max_metres, whole.access_kmh) == (2.4, 5, 100, 4.8)
    home, site = points((500, 80)), points((1000, 0))
    assert slower.travel_minutes(home, site).item() == pytest.approx(1 + 2, abs=1e-3)
    assert whole.travel_minutes(home, site).item() == pytest.approx(1 + 1, abs=1e-3)
    with pytest.raises(NetworkError, match="access_kmh is 0"):
        whole.with_legs(access_kmh=0)


def test_other_legs_keep_the_turns_that_may_not_be_driven():
    edges = pd.DataFrame({"u": ["a", "b"], "v": ["b", "c"], "minutes": [2.0, 3.0]})
    turns = pd.DataFrame({"nodes": [("a", "b", "c")]})
    xy = np.array(list(LINE.values()), float) + ORIGIN
    lon, lat = pyproj.Transformer.from_crs(2154, 4326, always_xy=True).transform(*xy.T)
    nodes = pd.DataFrame({"lon": lon, "lat": lat}, index=list(LINE))
    slower = RoadNetwork.from_edges(nodes, edges, turns=turns).with_legs(access_kmh=3)
    for roads in (slower, copy.deepcopy(slower)):
        assert np.isnan(roads.travel_minutes(points((500, 0)), points((1500, 0))).item())


def test_lines_are_the_edges_with_the_part_they_belong_to():
    roads = {**LINE, "i": (0, 500), "j": (100, 500)}
    edges = [("a", "b", 4), ("b", "c", 3), ("i", "j", 1)]
    lines = network(roads, edges, directed=False).lines()
    assert lines.crs == "EPSG:2154"
    assert lines["part"].value_counts().to_dict() == {0: 4, 1: 2}
    assert lines.length.round().to_list() == pytest.approx([1000, 1000, 100] * 2, abs=1)


def test_to_graph_speaks_as_osmnx_does():
    graph = network(LINE, [("a", "b", 2, "primary"), ("a", "b", 9, "service"), ("b", "c", 3, "primary")]).to_graph()
    assert graph.graph["crs"] == "EPSG:4326"
    assert graph.nodes["a"]["y"] == pytest.approx(49.6, abs=0.1)
    assert [data["travel_time"] for _, _, data in graph.edges("a", data=True)] == [120, 540]
    assert graph.edges["b", "c", 0]["highway"] == "primary"


def test_nearest_metres_are_those_of_the_quickest_way(sample_study):
    """The oracle: the way told road by road. The quickest way need not be the shortest."""
    homes = sample_study.residents.geometry.iloc[::400]
    sites = sample_study.sites("france_services").geometry
    metres = sample_study.network.nearest_metres(homes, sites)
    _, which = sample_study.network.nearest_minutes(homes, sites)
    for i in range(len(homes)):
        told = sample_study.network.explain(homes.iloc[[i]], sites.iloc[[which[i, 0]]])
        # The modelled roads say their length, which is longer than the line that is drawn.
        drawn = np.where(told["what"] == "road", told.geometry.length, told["length_m"])
        longer = told["length_m"].sum() / drawn.sum()
        assert metres[i] == pytest.approx(told["length_m"].sum(), rel=max(0.01, longer - 1))


def test_nearest_metres_follow_the_quick_road_and_not_the_short_one():
    roads = {"a": (0, 0), "b": (1000, 0), "c": (500, 3000)}
    edges = [("a", "b", 30), ("a", "c", 4), ("c", "b", 4)]
    both = network(roads, edges, directed=False)
    round_by_c = 2 * np.hypot(500, 3000)
    metres = both.nearest_metres(points((0, 0), (0, -40)), points((1000, 0)))
    np.testing.assert_allclose(metres, [round_by_c, round_by_c + 40], rtol=1e-3)


def test_nearest_metres_are_missing_where_nothing_is_reached():
    one_way = network(LINE, [("a", "b", 4)])
    assert np.isnan(one_way.nearest_metres(points((750, 0)), points((250, 0)))).all()


def test_nearest_metres_along_one_edge_and_in_local_streets():
    both = network(LINE, [("a", "b", 4)], directed=False)
    assert both.nearest_metres(points((250, 10)), points((750, 0))).item() == pytest.approx(510, abs=1)
    local = network(LINE, [("a", "b", 40)], directed=False, access_kmh=18, local_metres=1500)
    assert local.nearest_metres(points((250, 0)), points((750, 0))).item() == pytest.approx(500, abs=1)


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda roads: pickle.loads(pickle.dumps(roads))])
def test_a_network_travels_whole_whether_used_or_not(again):
    source = Provenance((Source("x", "accessmap", "MIT", "2026"),), {"mode": "car"}, modelled=True)
    roads = network(LINE, [("a", "b", 4)], directed=False, access_kmh=5, local_metres=9, provenance=source)
    unused = again(roads)
    minutes = roads.travel_minutes(points((250, 10)), points((750, 0)))
    for other in (unused, again(roads)):
        assert type(other) is RoadNetwork
        pd.testing.assert_frame_equal(other.nodes, roads.nodes)
        pd.testing.assert_frame_equal(other.edges, roads.edges)
        assert (other.access_kmh, other.local_metres, other.max_metres) == (5, 9, roads.max_metres)
        assert (other.provenance, other.crs) == (source, roads.crs)
        np.testing.assert_array_equal(other.travel_minutes(points((250, 10)), points((750, 0))), minutes)


def test_what_is_wrong_with_roads_is_data_and_told_in_french():
    edges = pd.DataFrame({"u": ["a", "aa"], "v": ["b", "b"], "minutes": [1.0, -1.0]})
    with pytest.raises(NetworkError) as caught:
        RoadNetwork.from_edges(GOOD_NODES, edges, access_kmh=0)
    end, minutes, legs = caught.value.problems
    assert (end.key, end.where, end.value, end.near) == ("roads_edge_end_unknown", "edges", "aa", ("a",))
    assert (minutes.key, minutes.remedy) == ("roads_edge_minutes", "drop the edge if it cannot be driven")
    assert (legs.key, legs.where, legs.value) == ("roads_leg_speed", "access_kmh", 0)
    told = caught.value.told("fr")
    assert told.startswith("réseau\u00a0: 3 problèmes. edges\u00a0: 1 ligne dont 'u' n’est pas un nœud")
    assert told.endswith("access_kmh vaut 0\u00a0: donnez une vitesse en km/h, supérieure à 0.")


def test_points_far_from_every_road_are_told_in_french():
    roads = network(LINE, [("a", "b", 4)], directed=False)
    with pytest.raises(SnapError, match="none of the 1 is within 2\xa0km") as caught:
        roads.travel_minutes(points((0, 12_000)), points((0, 0)))
    assert "aucun sur 1 n’est à moins de 2\u00a0km du réseau" in caught.value.told("fr")
    problem = roads.snap(points((0, 12_000), (0, 0)))["problem"]
    assert problem.iloc[0].told("fr").endswith("km de la route la plus proche, plus de 2\u00a0km")
    assert problem.iloc[1] == ""


def test_what_a_reader_said_is_told_in_both_languages_after_saving(tmp_path):
    path = tmp_path / "one.osm"
    path.write_text(
        '<osm version="0.6"><node id="1" lat="49.61" lon="3.21"/><node id="2" lat="49.62" lon="3.21"/>'
        '<way id="9"><nd ref="1"/><nd ref="2"/><nd ref="3"/><tag k="highway" v="tertiary"/></way></osm>'
    )
    roads = RoadNetwork.from_osm(path)
    again = RoadNetwork.load(roads.save(tmp_path / "one.roads"))
    for each in (roads, again):
        names = list(each.provenance.parameters)
        when, missing = "conditional access, read for", "road segments without coordinates, left out"
        assert names == ["mode", "country", "speed table", "points join", when, missing]
        told = each.provenance.parameters[when]
        assert told.told("fr") == "mardi 9 juin, 10 h, hors vacances, par temps sec"
        assert names[-1].told("fr") == "segments de route sans coordonnées, laissés de côté"
        assert "table des vitesses" in each._repr_html_()
    assert again.provenance == roads.provenance


def test_polygons_and_lines_are_no_origins_and_are_named():
    network = RoadNetwork.from_edges(GOOD_NODES, GOOD_EDGES)
    box = shapely.box(700_000, 6_900_000, 700_100, 6_900_100)
    areas = gpd.GeoSeries([box.centroid, box], index=["a", "b"], crs=2154)
    with pytest.raises(SnapError, match=r"points: 1 is no point, 'b' \(Polygon\): take a point of each"):
        network.travel_minutes(areas, areas)


def test_a_column_of_one_way_streets_stays_where_the_rows_agree_with_it():
    nodes = pd.DataFrame({"lon": [3.20, 3.25, 3.30], "lat": 49.6}, index=["a", "b", "c"])
    edges = pd.DataFrame({"u": ["a", "b", "b"], "v": ["b", "a", "c"], "minutes": 5.0})
    agreeing = edges.assign(oneway=[False, False, True])
    assert len(RoadNetwork.from_edges(nodes, agreeing).edges) == 3
    wrong = {
        "a reverse that is not there": (edges.assign(oneway=False), True),
        "one way, and driven both ways": (agreeing, False),
        "against": (edges.assign(oneway=["-1", "no", "yes"]), True),
        "in French": (edges.assign(sens="Double sens"), True),
    }
    for table, directed in wrong.values():
        with pytest.raises(NetworkError, match="would say which way is driven"):
            RoadNetwork.from_edges(nodes, table, directed=directed)


def test_points_that_were_joined_before_are_not_joined_again_and_others_are():
    network = RoadNetwork.from_edges(
        pd.DataFrame({"lon": [3.0, 3.01, 3.02], "lat": [49.0, 49.0, 49.0]}),
        pd.DataFrame({"u": [0, 1], "v": [1, 2], "minutes": [1.0, 1.0]}),
    )
    points = gpd.GeoSeries(gpd.points_from_xy([3.001, 3.012], [49.001, 49.001]), crs=4326)
    moved = gpd.GeoSeries(gpd.points_from_xy([3.001, 3.0121], [49.001, 49.001]), crs=4326)
    first, again = network.trips(points, points), network.trips(points.set_axis([7, 8]), moved)
    assert again.start is first.start is first.end
    assert not np.array_equal(again.end.fraction, first.end.fraction)
    assert network.trips(points, points, max_metres=1000).start is not first.start
    for number in range(30):  # of many sets of points the last few are kept
        network.trips(points, gpd.GeoSeries(gpd.points_from_xy([3 + number / 1000], [49.0]), crs=4326))
    assert len(network._roads._joined) <= 12
    assert network.trips(points, points).start is first.start
    assert np.array_equal(network.trips(points, points).minutes(), first.minutes(), equal_nan=True)
    assert pickle.loads(pickle.dumps(network)).trips(points, points).start is not first.start
