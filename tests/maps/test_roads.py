"""The map of roads: one line a stretch, kilometres that add up, modelled networks named, no page that does not open."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from bs4 import BeautifulSoup

from accessmap import RoadNetwork
from accessmap.errors import NetworkError
from accessmap.maps import network_map, roads, route_map


def network(**columns) -> RoadNetwork:
    """Three stretches of 4 km from west to east, both ways: 20, 60 and 120 km/h."""
    nodes = pd.DataFrame({"lon": [3.20, 3.25, 3.30, 3.35], "lat": 49.6}, index=list("abcd"))
    edges = pd.DataFrame({"u": list("abc"), "v": list("bcd"), "minutes": [12.0, 4.0, 2.0], "length_m": 4000.0})
    return RoadNetwork.from_edges(nodes, edges.assign(**columns), directed=False)


def told(page) -> list[str]:
    return [entry.told("fr").replace("\u00a0", " ") for entry in page.drawing.views[0].entries]


def test_a_road_driven_both_ways_is_one_line_in_its_class_of_speed():
    page = network_map(network())
    assert told(page) == [
        "30 km/h ou moins : 4 km de route",
        "plus de 50 à 70 km/h : 4 km de route",
        "plus de 90 km/h : 4 km de route",
    ]
    assert [piece.path.count("M") for piece in page.drawing.pieces] == [1, 1, 1]
    widths = [entry.line for entry in page.drawing.views[0].entries]
    assert widths == sorted(widths)
    assert widths[0] < widths[-1]


def test_delays_and_classes_are_drawn_where_the_network_knows_them():
    assert told(network_map(network(delay_s=[0.0, 3.0, 60.0]), by="delay")) == [
        "aucune attente : 4 km de route",
        "plus de 0 à 5 s : 4 km de route",
        "plus de 15 s : 4 km de route",
    ]
    classes = network_map(network(road_class=["motorway_link", "residential", "odd <b>"]), by="road_class")
    assert told(classes) == [
        "autres routes : 4 km de route",
        "rue : 4 km de route",
        "autoroute : 4 km de route",
    ]
    for by in ("delay", "road_class"):
        with pytest.raises(NetworkError, match="use by='speed'"):
            network_map(network(), by=by)


def test_an_unknown_speed_or_class_is_a_broken_line():
    page = network_map(network(minutes=[12.0, 4.0, 0.0]))
    assert told(page)[-1] == "non renseigné : 4 km de route"
    assert page.drawing.views[0].entries[-1].pattern == "dash"
    soup = BeautifulSoup(page.get_root().render(), "html.parser")
    assert soup.select_one(".am-picture .am-dash") is not None
    assert (
        network_map(network(road_class=["primary", None, ""]), by="road_class").drawing.views[0].entries[-1].pattern
        == "dash"
    )


def test_classes_hold_every_kilometre_once():
    rng = np.random.default_rng(3)
    nodes = pd.DataFrame({"lon": rng.uniform(3, 4, 60), "lat": rng.uniform(49, 50, 60)}, index=range(60))
    pairs = {tuple(sorted(pair)) for pair in rng.integers(0, 60, (150, 2)).tolist() if pair[0] != pair[1]}
    u, v = zip(*sorted(pairs), strict=True)
    edges = pd.DataFrame({"u": u, "v": v, "minutes": rng.uniform(0, 9, len(u)), "length_m": 1000.0})
    for directed in (True, False):
        page = network_map(RoadNetwork.from_edges(nodes, edges, directed=directed))
        kilometres = [float(line.split(": ")[1].split(" km")[0].replace(",", ".")) for line in told(page)]
        assert sum(kilometres) == len(u)


def test_a_modelled_network_is_called_one(sample_study):
    page = network_map(sample_study.network, sample_study.communes)
    assert page.drawing.views[0].note.startswith("Réseau modélisé")
    assert page.drawing.credit.startswith("Réseau modélisé")
    assert len(page.get_root().render()) < 600_000
    assert network_map(network()).drawing.views[0].note == ""


def test_only_what_is_asked_for_is_drawn(sample_study):
    west = network_map(network(), clip=(3.19, 49.5, 3.26, 49.7))
    assert told(west) == ["30 km/h ou moins : 4 km de route"]
    polygon = network_map(network(), clip=shapely.box(3.19, 49.5, 3.26, 49.7))
    assert told(polygon) == told(west)
    with pytest.raises(NetworkError, match="no road lies in the area"):
        network_map(network(), clip=(5, 45, 6, 46))
    with pytest.raises(NetworkError, match="no road lies in the area"):
        network_map(network(), sample_study.communes.iloc[[0]].set_crs("EPSG:32631", allow_override=True))


def test_a_network_too_large_for_a_page_says_how_to_ask_for_less(monkeypatch):
    monkeypatch.setattr(roads, "MOST_POINTS", 3)
    with pytest.raises(NetworkError, match="3 stretches make .* give clip="):
        network_map(network())


def test_what_cannot_be_coloured_by_is_refused():
    with pytest.raises(ValueError, match="by must be"):
        network_map(network(), by="colour")
    with pytest.raises(ValueError, match="at most 4"):
        network_map(network(), breaks=[1, 2, 3, 4, 5])


def test_a_way_shows_where_it_turns_and_what_that_takes():
    line = [shapely.LineString(ends) for ends in ([(0, 0), (900, 0)], [(900, 0)] * 2, [(900, 0), (900, 600)])]
    way = gpd.GeoDataFrame(
        {
            "what": ["road", "turn", "road"],
            "name": ["Grande Rue", "", "Rue du Pont"],
            "road_class": ["primary", "", "tertiary"],
            "length_m": [900.0, 0.0, 600.0],
            "speed_kmh": [54.0, np.nan, 36.0],
            "speed_reason": "",
            "delay_s": [0.0, 4.5, 0.0],
            "minutes": [1.0, 0.075, 1.0],
        },
        geometry=gpd.GeoSeries(line).translate(720_000, 6_950_000).to_numpy(),
        crs=2154,
    )
    drawing = route_map(way).drawing
    said = [entry.told("fr").replace("\xa0", " ") for entry in drawing.views[0].entries]
    assert said[-1] == "pour tourner, compté à part (1 carrefour) : 4,5 s"
    assert [piece.lines for piece in drawing.pieces if piece.entry == len(said) - 1] == [
        ("changement de direction", "4,5\xa0s")
    ]
