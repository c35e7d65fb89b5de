"""Real road files from the door to the answer: read, joined, routed, explained, contoured."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from checks import check_isochrones, check_one_model

from accessmap import RoadNetwork
from accessmap.roads.engine.dijkstra import Searcher
from accessmap.roads.engine.graph import to_minutes
from accessmap.roads.snapping import ending_at


@pytest.fixture(scope="module")
def osm(data_folder):
    return data_folder / "osm"


def some_points(network, count, *, seed=0, metres=60):
    """Places some metres away from nodes of the largest part."""
    rng = np.random.default_rng(seed)
    main = network.nodes[network.parts() == 0]
    chosen = main.iloc[rng.choice(len(main), count, replace=False)]
    points = gpd.GeoSeries.from_xy(chosen["lon"], chosen["lat"], crs=4326).to_crs(network.crs)
    away = rng.normal(0, metres, (count, 2))
    return gpd.GeoSeries.from_xy(points.x + away[:, 0], points.y + away[:, 1], crs=network.crs, index=range(count))


READERS = {
    "liechtenstein.osm.pbf": (RoadNetwork.from_osm, 10_000),
    "north-bayreuth.osm.gz": (RoadNetwork.from_osm, 10_000),
    "saint-germain_osmnx.graphml": (RoadNetwork.from_graph, 1_000),
    "bdtopo_sarthe/ROUTE.shp": (RoadNetwork.from_bdtopo, 1_000),
}


@pytest.fixture(scope="module", params=READERS)
def network(request, osm):
    reader, _ = READERS[request.param]
    return reader(osm / request.param)


def test_it_loads_and_says_where_it_comes_from(network):
    assert len(network.nodes) > 1000
    assert not network.provenance.modelled
    assert "provenance inconnue" not in network.provenance.credit
    assert network.provenance.parameters["mode"] == "car"
    assert "mode car" in repr(network)
    assert "speed table" in repr(network)
    assert "sha256" in repr(network)
    assert "ODbL" in repr(network) or "Licence Ouverte" in repr(network)
    # The extract of the Sarthe is cut along a river: a third of it hangs on roads outside.
    assert (network.parts() == 0).mean() > 0.6


def test_trips_take_believable_times(network):
    points = some_points(network, 60)
    minutes = network.travel_minutes(points, points)
    metres = points.to_frame("p").apply(lambda row: points.distance(row["p"]), axis=1).to_numpy()
    far = metres > 2000
    if far.sum() < 10:
        far = metres > np.median(metres)
    kmh = metres[far] / 1000 / (minutes[far] / 60)
    kmh = kmh[np.isfinite(kmh)]
    assert len(kmh) > 0.5 * far.sum()
    assert 12 < np.median(kmh) < 75
    assert kmh.max() < 130


def test_nearest_everywhere_is_what_dijkstra_finds(network, tmp_path):
    rng = np.random.default_rng(5)
    roads, ids = network._roads, network.nodes.index
    destinations = {f"of {count}": ids[rng.choice(len(ids), count, replace=False)] for count in (1, 20, 300)}
    roads.router.prepare()
    folder = network.nearest_everywhere(destinations, tmp_path / "out")
    for kind, asked in destinations.items():
        ms, which = Searcher(roads.router.graph).nearest(ending_at(roads.grown, roads.numbers(asked)), 1)
        found = pd.read_parquet(folder / f"{kind}.parquet")
        np.testing.assert_array_equal(found["minutes"], roads.grown.begun(to_minutes(ms))[:, 0])
        at = roads.grown.begun(which)[:, 0]
        assert (found["nearest"].fillna(0) == np.where(at < 0, 0, asked[at])).all()


def test_explain_adds_up_everywhere(network):
    points = some_points(network, 16, seed=1)
    start, end = points.iloc[:8], points.iloc[8:]
    minutes = network.travel_minutes(start, end)
    for i in range(8):
        told = network.explain(start.iloc[[i]], end.iloc[[i]])
        if np.isnan(minutes[i, i]):
            assert told.empty
            continue
        assert told["minutes"].sum() == pytest.approx(minutes[i, i], abs=0.01)
        roads = told[told["what"] == "road"]
        assert (roads["speed_reason"].astype(str) != "").all()
        assert (roads["speed_kmh"] > 0).all()


def test_a_saved_network_gives_the_same_minutes(network, tmp_path):
    points = some_points(network, 10, seed=2)
    again = RoadNetwork.load(network.save(tmp_path / "roads.net"))
    np.testing.assert_array_equal(again.travel_minutes(points, points), network.travel_minutes(points, points))
    assert again.provenance == network.provenance


def test_isochrones_hold_what_is_in_reach(network):
    places = some_points(network, 2, seed=4, metres=0)
    check_isochrones(network, places, [2, 4] if len(network.nodes) < 10_000 else [4, 8], seed=5)


def test_isochrones_and_minutes_are_one_model(network):
    places = some_points(network, 1, seed=7)
    check_one_model(network, places, [2, 4] if len(network.nodes) < 10_000 else [5, 10], seed=8)


CUTOFFS = {"car": [5, 15], "bike": [10, 20], "walk": [5, 15]}


def one_model(osm, name, mode):
    roads = RoadNetwork.from_osm(osm / name, mode=mode)
    check_one_model(roads, some_points(roads, 2, seed=9), CUTOFFS[mode], seed=10)


@pytest.mark.parametrize("mode", ["bike", "walk"])
def test_isochrones_and_minutes_are_one_model_in_every_mode(osm, mode):
    one_model(osm, "liechtenstein.osm.pbf", mode)


@pytest.mark.slow
@pytest.mark.parametrize("mode", CUTOFFS)
@pytest.mark.parametrize("name", ["porto.osm.pbf", "north-bayreuth.osm.gz", "porto_alegre.osm.pbf"])
def test_isochrones_and_minutes_are_one_model_on_every_network(osm, name, mode):
    one_model(osm, name, mode)


@pytest.mark.parametrize("mode", ["bike", "walk"])
def test_other_modes_are_slower_and_reach(osm, mode):
    car = RoadNetwork.from_osm(osm / "liechtenstein.osm.pbf")
    other = RoadNetwork.from_osm(osm / "liechtenstein.osm.pbf", mode=mode)
    points = some_points(car, 40, seed=6)
    by_car, slower = car.travel_minutes(points, points), other.travel_minutes(points, points)
    both = np.isfinite(by_car) & np.isfinite(slower) & (by_car > 5)
    assert both.mean() > 0.3
    assert np.median(slower[both] / by_car[both]) > (1.5 if mode == "bike" else 5)


def test_reading_shows_its_progress_where_it_is_asked_for(osm, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a terminal
    RoadNetwork.from_bdtopo(osm / "bdtopo_sarthe" / "ROUTE.shp", progress=True)
    assert "Reading the roads" in capsys.readouterr().err
