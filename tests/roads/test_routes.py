"""The map of one way: complete, offline, and its street names are data."""

import json

import geopandas as gpd
import pytest
from bs4 import BeautifulSoup

from accessmap.errors import NetworkError, TableError
from accessmap.maps import route_map

HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}`${1}`\"'"


@pytest.fixture
def way(sample_study):
    home, site = sample_study.residents.geometry.loc[["02217-01"]], sample_study.sites("hospital").geometry.iloc[[0]]
    return sample_study.network.explain(home, site)


def parsed(drawn) -> BeautifulSoup:
    return BeautifulSoup(drawn.get_root().render(), "html.parser")


def test_every_stretch_is_drawn_with_its_words_and_the_way_adds_up(way):
    drawn = route_map(way)
    data = json.loads(parsed(drawn).find("script", type="application/json").string)
    assert len(data["pieces"]) == len(way)
    assert all(len(piece[3]) == 3 for piece in data["pieces"])
    view = drawn.drawing.views[0]
    total = f"{way['minutes'].sum():.1f}".replace(".", ",")
    assert total in view.note
    minutes = [float(entry.said.split(" · ")[1].split("\u00a0")[0].replace(",", ".")) for entry in view.entries]
    assert sum(minutes) == pytest.approx(way["minutes"].sum(), abs=0.05 * len(minutes))


def test_nothing_is_loaded_from_outside_and_the_way_fills_the_map(way, sample_study):
    drawn = route_map(way, communes=sample_study.communes)
    soup = parsed(drawn)
    assert [tag for tag in soup.find_all(["script", "img", "iframe"]) if tag.get("src")] == []
    assert soup.find_all("link") == []
    west, _, east, _ = way.total_bounds
    assert drawn.drawing.size[0] * drawn.drawing.scale < 2.5 * max(east - west, 1000)
    assert drawn.drawing.outline == ""
    assert len(drawn.drawing.zones) > 3


def test_legs_to_the_road_are_dashed_and_named_apart(way):
    entries = route_map(way).drawing.views[0].entries
    dashed = [entry.pattern == "dash" for entry in entries]
    assert dashed == [False] * (len(entries) - 1) + [True]
    assert entries[-1].label == "jusqu’à la route, ou par les rues"


def test_a_modelled_network_and_an_unknown_one_say_so(way, sample_study):
    assert "provenance inconnue" in route_map(way).drawing.credit.lower()
    assert "Réseau modélisé" in route_map(way, provenance=sample_study.network.provenance).drawing.credit


def test_hostile_street_names_stay_text(way):
    hostile = way.assign(name=HOSTILE)
    soup = parsed(route_map(hostile, title="<img src=x onerror=alert(2)>"))
    assert soup.find_all("img") == []
    assert not [script for script in soup.find_all("script") if (script.string or "").startswith("alert")]
    assert soup.h1.get_text() == "<img src=x onerror=alert(2)>"
    data = json.loads(soup.find("script", type="application/json").string)
    assert {piece[3][0] for piece in data["pieces"]} == {HOSTILE}


def test_no_way_is_said_and_not_drawn(way):
    with pytest.raises(TableError, match="no way between"):
        route_map(way.iloc[:0])


# ------------------------------------------------------------------ ways, drawn only


def test_ways_are_the_lines_that_explain_tells(sample_study):
    network, homes = sample_study.network, sample_study.residents.geometry[sample_study.inside]
    sites = sample_study.sites("hospital").geometry
    pairs = [(0, 0), (40, 1), (200, 2), (333, 3), (500, 0)]
    origins = homes.iloc[[k for k, _ in pairs]]
    destinations = sites.iloc[[k for _, k in pairs]]
    ways = network.ways(origins, destinations)
    assert ways.index.equals(origins.index)
    assert ways.crs == network.crs
    for (home, site), line in zip(pairs, ways, strict=True):
        told = network.explain(homes.iloc[[home]], sites.iloc[[site]])
        assert line.length == pytest.approx(told.length.sum(), abs=1)
        ends = homes.iloc[[home]].to_crs(network.crs).iloc[0], sites.iloc[[site]].to_crs(network.crs).iloc[0]
        assert [line.coords[0], line.coords[-1]] == [pytest.approx(end.coords[0]) for end in ends]


def test_where_there_is_no_way_there_is_no_line(sample_study):
    far = gpd.GeoSeries.from_xy([-5.0], [48.4], crs=4326)
    home = sample_study.residents.geometry.iloc[[0]]
    both = gpd.GeoSeries([*home, *home], crs=home.crs)
    ends = gpd.GeoSeries([*sample_study.sites("hospital").geometry.iloc[[0]], *far.to_crs(home.crs)], crs=home.crs)
    ways = sample_study.network.ways(both, ends)
    assert ways.isna().tolist() == [False, True]
    assert sample_study.network.ways(home, far).isna().all()
    with pytest.raises(NetworkError, match="2 origins and 1 destinations"):
        sample_study.network.ways(both, far)
