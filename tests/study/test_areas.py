"""Catchments: who goes where, and nobody is lost. Isochrones: the land in reach, all of it and no other."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely
from aisne import roads
from checks import check_isochrones, check_one_model

from accessmap import RoadNetwork, catchments
from accessmap.errors import NetworkError, TableError
from accessmap.study.areas import isochrones


def test_communes_go_to_the_service_of_most_of_their_people(toy_study):
    times = toy_study.minutes(toy_study.sites("france_services"))
    areas = catchments(toy_study.communes, toy_study.residents, times)
    # The people of b are as far from both; the first column has them.
    assert areas["population"].to_dict() == {"fs-a": 150, "fs-x": 10}
    assert areas["communes"].to_dict() == {"fs-a": 2, "fs-x": 1}
    assert areas.loc["fs-a", "minutes"] == pytest.approx(50 * 3 / 150, abs=1e-3)
    assert areas.geometry.area.to_list() == [8e6, 4e6]


def test_people_are_counted_one_by_one_even_where_their_commune_goes_elsewhere(toy_study):
    residents = toy_study.residents.copy()
    residents.loc["rx", "commune"] = "02001"
    times = toy_study.minutes(toy_study.sites("france_services"))
    areas = catchments(toy_study.communes, residents, times)
    assert areas["population"].to_dict() == {"fs-a": 150, "fs-x": 10}
    assert areas.loc["fs-x", "communes"] == 0
    assert areas.geometry.isna().to_dict() == {"fs-a": False, "fs-x": True}


def test_people_who_reach_nothing_are_a_row_of_their_own(toy_study):
    times = toy_study.minutes(toy_study.sites("france_services"))
    times.loc["rb"] = np.nan
    areas = catchments(toy_study.communes, toy_study.residents, times)
    assert areas["population"].to_dict() == {"fs-a": 100, "fs-x": 10, "": 50}
    assert areas["population"].sum() == toy_study.residents["population"].sum()


def test_who_reaches_nothing_has_no_minutes(toy_study):
    times = toy_study.minutes(toy_study.sites("france_services"))
    times.loc["rx"] = np.nan
    areas = catchments(toy_study.communes, toy_study.residents, times)
    assert areas.loc["", "population"] == 10
    assert np.isnan(areas.loc["", "minutes"])
    none = catchments(toy_study.communes, toy_study.residents, times * np.nan)
    assert none["minutes"].isna().all()
    assert none["population"].sum() == toy_study.residents["population"].sum()


def test_catchments_of_the_sample_make_the_whole(sample_study):
    times = sample_study.minutes(sample_study.sites("france_services"))
    areas = catchments(sample_study.communes, sample_study.residents, times)
    assert areas["population"].sum() == sample_study.residents["population"].sum()
    assert areas["communes"].sum() == len(sample_study.communes)
    assert areas.geometry.area.sum() == pytest.approx(sample_study.communes.area.sum())
    assert areas.geometry.dropna().is_valid.all()


def test_for_some_communes_of_the_territory_the_nearest_is_outside(sample_study):
    inside = sample_study.communes["in_territory"]
    times = sample_study.minutes(sample_study.sites("france_services"))[sample_study.inside]
    nearest = sample_study.services.loc[times.idxmin(axis=1), "commune"]
    outside = ~nearest.map(inside).to_numpy(bool)
    communes = sample_study.residents.loc[times.index[outside], "commune"].unique()
    assert len(communes) >= 5


def test_times_of_other_residents_are_refused(toy_study):
    times = toy_study.minutes().rename(index={"ra": "stranger"})
    with pytest.raises(TableError, match="1 rows are no resident, such as 'stranger'"):
        catchments(toy_study.communes, toy_study.residents, times)


def line_network(minutes=4.0, **options):
    """One road of 4 km, from west to east, near Chauny; towards the east only where `directed`."""
    lon, lat = pyproj.Transformer.from_crs(2154, 4326, always_xy=True).transform([720_000, 724_000], [6_950_000] * 2)
    edges = pd.DataFrame({"u": ["w"], "v": ["e"], "minutes": [minutes]})
    return RoadNetwork.from_edges(pd.DataFrame({"lon": lon, "lat": lat}, index=["w", "e"]), edges, **options)


def site(x, y=0.0):
    return gpd.GeoSeries([shapely.Point(720_000 + x, 6_950_000 + y)], index=["site"], crs=2154)


def test_land_beside_the_road_is_reached_on_foot():
    # 2 minutes of driving are 2 km along the road; 1 minute left is 80 m on foot at 4.8 km/h.
    area = isochrones(line_network(directed=False), site(0), [2]).geometry.iloc[0]
    inside = [(0, 0), (1950, 0), (1000, 70), (1000, -70), (0, 150)]
    outside = [(2060, 0), (1000, 95), (1900, 30), (0, 175)]
    assert all(area.contains(site(*place).iloc[0]) for place in inside)
    assert not any(area.contains(site(*place).iloc[0]) for place in outside)


def test_land_far_from_the_road_is_left_out_however_much_time_is_left():
    area = isochrones(line_network(directed=False), site(0), [30], walk_metres=200).geometry.iloc[0]
    assert area.contains(site(2000, 190).iloc[0])
    assert not area.contains(site(2000, 220).iloc[0])


def test_one_way_roads_tell_homes_from_destinations():
    homes, places = (
        isochrones(line_network(), site(2000), [1.5], outward=outward).geometry.iloc[0] for outward in (False, True)
    )
    assert homes.contains(site(600).iloc[0])
    assert not homes.contains(site(2400).iloc[0])
    assert places.contains(site(3400).iloc[0])
    assert not places.contains(site(1600).iloc[0])


def test_the_land_around_a_place_off_the_road_is_reached_from_it_on_foot():
    area = isochrones(line_network(directed=False), site(500, 1000), [5]).geometry.iloc[0]
    for x, y, inside in ((500, 1000, True), (500, 1300, True), (800, 1000, True), (500, 1500, False), (500, 0, False)):
        assert area.contains(site(x, y).iloc[0]) == inside, (x, y)


def test_a_site_off_the_network_has_an_empty_isochrone():
    near_and_far = gpd.GeoSeries([site(0).iloc[0], site(0, 9000).iloc[0]], index=["near", "far"], crs=2154)
    areas = isochrones(line_network(directed=False), near_and_far, [1, 2])
    assert areas.geometry.is_empty.to_dict() == {
        ("near", 1): False,
        ("near", 2): False,
        ("far", 1): True,
        ("far", 2): True,
    }


def test_isochrones_come_in_the_crs_of_the_points():
    areas = isochrones(line_network(directed=False), site(0).to_crs(4326), [1])
    assert areas.crs == "EPSG:4326"
    assert areas.geometry.iloc[0].contains(site(500).to_crs(4326).iloc[0])


@pytest.mark.parametrize(
    ("cutoffs", "options", "message"),
    [
        ([], {}, "cutoffs are \\[\\]"),
        ([0, 5], {}, "cutoffs are \\[0.0, 5.0\\]"),
        ([5], {"walk_kmh": 0}, "walk_kmh is 0"),
        ([5], {"walk_metres": -1, "cell_metres": 0}, "walk_metres is -1: .*cell_metres is 0: give"),
    ],
)
def test_bad_cutoffs_and_sizes_are_refused(cutoffs, options, message):
    with pytest.raises(NetworkError, match=message):
        isochrones(line_network(), site(0), cutoffs, **options)


def test_cells_too_small_for_the_extent_are_refused_with_what_is_possible():
    with pytest.raises(NetworkError, match="cell_metres is 0.1: .*give 2 or more"):
        isochrones(line_network(directed=False), site(0), [30], cell_metres=0.1)


def test_isochrones_hold_what_is_in_reach_on_the_sample(sample_study):
    places = sample_study.sites("hospital").geometry.iloc[:2]
    check_isochrones(sample_study.network, places, [5, 10, 20], seed=1)


@pytest.mark.parametrize("outward", [False, True])
def test_isochrones_and_minutes_are_one_model_on_the_sample(sample_study, outward):
    places = sample_study.sites("hospital").geometry.iloc[:1]
    check_one_model(sample_study.network, places, [5, 20], seed=3, outward=outward)


def test_isochrones_and_minutes_are_one_model_on_the_roads_of_the_aisne(real_data, sample_study):
    check_one_model(roads(real_data), sample_study.sites("hospital").geometry.iloc[:1], [5, 20], seed=4)


def test_isochrones_show_their_progress_where_it_is_asked_for(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a terminal
    isochrones(line_network(directed=False), site(0), [2], progress=True)
    assert "Isochrones" in capsys.readouterr().err


def test_a_motorway_opens_no_land():
    lon, lat = pyproj.Transformer.from_crs(2154, 4326, always_xy=True).transform(
        [720_000, 721_000, 724_000, 725_000], [6_950_000] * 4
    )
    nodes = pd.DataFrame({"lon": lon, "lat": lat}, index=list("abcd"))
    edges = pd.DataFrame({"u": list("abc"), "v": list("bcd"), "minutes": [1.0, 2.0, 1.0]})
    edges["road_class"] = ["residential", "motorway", "residential"]
    area = isochrones(RoadNetwork.from_edges(nodes, edges, directed=False), site(0), [4]).geometry.iloc[0]
    for x, y, inside in ((900, 100, True), (4100, 50, True), (2500, 20, False), (2500, 0, False)):
        assert area.contains(site(x, y).iloc[0]) == inside, (x, y)


def test_land_over_the_river_is_reached_by_the_bridge():
    # Two banks 200 m apart, 2 minutes along each and 1 over the bridge at their far end: 1 minute back is 1,000 m.
    xs, ys = [720_000, 722_000, 722_000, 720_000], [6_950_000, 6_950_000, 6_950_200, 6_950_200]
    lon, lat = pyproj.Transformer.from_crs(2154, 4326, always_xy=True).transform(xs, ys)
    nodes = pd.DataFrame({"lon": lon, "lat": lat}, index=list("abcd"))
    edges = pd.DataFrame({"u": list("abc"), "v": list("bcd"), "minutes": [2.0, 1.0, 2.0]})
    banks = RoadNetwork.from_edges(nodes, edges, directed=False)
    area = isochrones(banks, site(0), [4]).geometry.iloc[0]
    for x, y, inside in ((100, 20, True), (1400, 230, True), (600, 195, False), (700, 230, False), (600, 60, True)):
        assert area.contains(site(x, y).iloc[0]) == inside, (x, y)


def test_the_speed_off_the_road_is_that_of_the_legs():
    network = line_network(directed=False)
    slow = isochrones(network, site(0), [2], walk_kmh=2.4)
    assert slow.geometry.iloc[0].equals(isochrones(network.with_legs(access_kmh=2.4), site(0), [2]).geometry.iloc[0])
    assert slow.geometry.iloc[0].contains(site(1000, 35).iloc[0])
    assert not slow.geometry.iloc[0].contains(site(1000, 45).iloc[0])


def test_isochrones_hold_what_is_in_reach_on_the_roads_of_the_aisne(real_data, sample_study):
    check_isochrones(roads(real_data), sample_study.sites("hospital").geometry.iloc[:2], [5, 10, 20], seed=2)
