"""Travel times from tables, and the oracle of the published car times in the Aisne."""

import logging
import tracemalloc

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from accessmap import nearest, travel_times
from accessmap.errors import TableError
from accessmap.roads.network import RoadNetwork
from accessmap.study.travel import nearest_times, travel_times_long


def test_times_are_residents_by_services_in_minutes(toy_study):
    times = travel_times(toy_study.residents, toy_study.services, toy_study.network)
    assert times.index.equals(toy_study.residents.index)
    assert times.columns.equals(toy_study.services.index)
    assert times.dtypes.unique().tolist() == [np.dtype("float32")]
    np.testing.assert_allclose(times[["fs-a", "fs-x"]], [[0, 6], [3, 3], [6, 0]], atol=2e-3)


def test_limit_leaves_nan_and_not_a_number(toy_study):
    times = travel_times(toy_study.residents, toy_study.services, toy_study.network, limit=5)
    assert np.isnan(times.loc["ra", "fs-x"])
    assert times.loc["rb", "fs-x"] == pytest.approx(3, abs=2e-3)


def test_any_metric_crs_gives_the_same_minutes(toy_study):
    utm = travel_times(toy_study.residents.to_crs(32631), toy_study.services.to_crs(32631), toy_study.network)
    lambert = travel_times(toy_study.residents, toy_study.services, toy_study.network)
    np.testing.assert_allclose(utm, lambert, atol=2e-3)


def test_degrees_are_refused_at_the_door(toy_study):
    with pytest.raises(TableError, match="EPSG:4326"):
        travel_times(toy_study.residents.to_crs(4326), toy_study.services, toy_study.network)


def test_people_who_reach_nothing_are_said(toy_study, caplog):
    far = toy_study.residents.copy()
    far.loc[["rx"], "geometry"] = far.loc[["rx"]].translate(0, 9000)
    with caplog.at_level(logging.WARNING, logger="accessmap"):
        times = travel_times(far, toy_study.services, toy_study.network)
    assert times.loc["rx"].isna().all()
    assert "1 of 3 residents reach no service" in caplog.text


def test_the_callers_tables_are_not_changed(toy_study):
    residents, services = toy_study.residents.copy(), toy_study.services.copy()
    travel_times(residents, services, toy_study.network)
    assert residents.equals(toy_study.residents)
    assert services.equals(toy_study.services)


@pytest.mark.parametrize("k", [1, 2, 3])
def test_nearest_times_is_nearest_of_travel_times_without_the_matrix(sample_study, k):
    residents = sample_study.residents.iloc[::40]
    services = sample_study.services.query("category == 'hospital' or category == 'france_services'")
    expected = nearest(travel_times(residents, services, sample_study.network), k=k)
    got = nearest_times(residents, services, sample_study.network, k=k)
    np.testing.assert_allclose(got["minutes"], expected["minutes"], atol=1e-3)
    # A hospital and a France services may stand at one mairie; then either is nearest.
    differ = got["service_id"] != expected["service_id"]
    assert differ.mean() < 0.02


def test_nearest_times_knows_trips_on_one_edge_and_in_local_streets(toy_study):
    near = toy_study.residents.copy()
    near.loc[["ra"], "geometry"] = near.loc[["ra"]].translate(700)
    sites = toy_study.services.loc[["fs-a", "fs-x"]].copy()
    sites.loc[["fs-a"], "geometry"] = sites.loc[["fs-a"]].translate(300)
    got = nearest_times(near, sites, toy_study.network)
    assert got.loc["ra", "minutes"] == pytest.approx(400 / 2000 * 3, abs=2e-3)
    expected = nearest(travel_times(near, sites, toy_study.network))
    assert got["service_id"].to_list() == expected["service_id"].to_list()


def test_fewer_than_k_services_is_missing_and_not_a_number(toy_study):
    got = nearest_times(toy_study.residents, toy_study.services.loc[["fs-a"]], toy_study.network, k=2)
    assert got["minutes"].isna().all()
    assert got["service_id"].isna().all()


def test_one_way_streets_tell_the_way_there_from_the_way_home(toy_study):
    roads = toy_study.network.edges
    # From b to a one must go by x: without the edge b→a there is no way at all.
    closed = roads.index[(roads["u"] == "02002") & (roads["v"] == "02001")]
    network = toy_study.network.without(closed)
    there = travel_times(toy_study.residents, toy_study.services, network)
    home = travel_times(toy_study.residents, toy_study.services, network, homeward=True)
    assert np.isnan(there.loc["rb", "fs-a"])
    assert home.loc["rb", "fs-a"] == pytest.approx(3, abs=2e-3)
    assert home.index.equals(there.index)
    assert home.columns.equals(there.columns)


def test_long_times_are_the_pairs_of_the_matrix_within_the_limit_whatever_the_chunks(sample_study):
    residents, services = sample_study.residents.iloc[::50], sample_study.sites("france_services")
    dense = travel_times(residents, services, sample_study.network, limit=25)
    expected = dense.stack().dropna().rename_axis(["resident_id", "service_id"])  # noqa: PD013 - by pair, in order
    for chunk_bytes in (1, 5000, 2**30):
        pairs = travel_times_long(residents, services, sample_study.network, limit=25, chunk_bytes=chunk_bytes)
        assert pairs["minutes"].dtype == "float32"
        got = pairs.astype({"resident_id": "str", "service_id": "str"}).set_index(["resident_id", "service_id"])
        assert got.index.equals(expected.index)
        np.testing.assert_array_equal(got["minutes"], expected)


def test_long_times_with_nobody_in_reach_are_an_empty_table(sample_study):
    far = sample_study.residents.loc[["02173-01"]]
    pairs = travel_times_long(far, sample_study.services.loc[["mairie-60011"]], sample_study.network, limit=5)
    assert pairs.columns.to_list() == ["resident_id", "service_id", "minutes"]
    assert len(pairs) == 0


def test_progress_goes_to_standard_error(sample_study, capsys):
    residents, services = sample_study.residents.iloc[:5], sample_study.sites("hospital")
    travel_times_long(residents, services, sample_study.network, limit=25, progress=True)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("homeward", [False, True])
def test_a_few_residents_at_a_time_are_the_same_minutes(sample_study, monkeypatch, homeward):
    tables = sample_study.residents.iloc[::50], sample_study.sites("hospital"), sample_study.network
    whole = travel_times(*tables, limit=30, homeward=homeward)
    monkeypatch.setattr("accessmap.study.travel.CHUNK_BYTES", 1_000)
    pd.testing.assert_frame_equal(travel_times(*tables, limit=30, homeward=homeward), whole)


@pytest.mark.parametrize("call", [travel_times, nearest_times])
def test_every_long_call_shows_its_progress_where_it_is_asked_for(sample_study, capsys, monkeypatch, call):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a terminal
    tables = sample_study.residents.iloc[::50], sample_study.sites("hospital"), sample_study.network
    shown = call(*tables, progress=True)
    assert "Travel times" in capsys.readouterr().err
    pd.testing.assert_frame_equal(call(*tables), shown)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("apart", [False, True])
def test_memory_is_at_most_three_times_the_minutes(apart):
    # The worst there is: every pair goes along one road, straight or by local streets; or none does.
    nodes = pd.DataFrame({"lon": [3.2, 3.4, 3.6], "lat": [49.6, 49.6, 49.6]}, index=["a", "b", "c"])
    edges = pd.DataFrame({"u": ["a", "b"], "v": ["b", "c"], "minutes": [10.0, 10.0]})
    network = RoadNetwork.from_edges(nodes, edges, directed=False, access_kmh=18, local_metres=20_000 * (not apart))
    a, b = (gpd.GeoSeries.from_xy([lon], [49.6], crs=4326).to_crs(2154).iloc[0] for lon in (3.2, 3.6))
    share = np.random.default_rng(1).uniform(0, 0.4, 24_000)
    x, y = a.x + share * (b.x - a.x), a.y + share * (b.y - a.y)
    points = gpd.GeoSeries.from_xy(x, y, crs=2154)
    homes, sites = points.iloc[:20_000], points.iloc[20_000:21_000]
    if apart:
        sites = gpd.GeoSeries.from_xy(b.x - share[:1_000] * 20_000, b.y + share[:1_000] * 9, crs=2154)
    network.travel_minutes(homes.head(2), sites.head(2))  # what is made once
    tracemalloc.start()
    try:
        minutes = network.travel_minutes(homes, sites)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most <= 3 * minutes.nbytes
