"""Networks saved by accessmap 0.1 are read unchanged."""

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from accessmap import RoadNetwork
from accessmap.provenance import Provenance, Source

FOLDER = Path(__file__).parents[1] / "data" / "v01"
ANSWERS = json.loads((FOLDER / "networks.json").read_text("utf-8"))


@pytest.fixture(params=ANSWERS)
def saved(request):
    return RoadNetwork.load(FOLDER / f"{request.param}.roads"), ANSWERS[request.param]


def plain(table):
    return table.astype(dict.fromkeys(table.select_dtypes("category"), "str"))


def test_its_nodes_and_arcs_are_what_they_were(saved):
    network, was = saved
    for table, name in ((network.nodes.reset_index(names="node"), "nodes"), (plain(network.edges), "edges")):
        expected = pd.DataFrame(was[name]["data"], columns=was[name]["columns"])
        pd.testing.assert_frame_equal(table, expected, check_dtype=False, rtol=1e-14)
    assert [network.access_kmh, network.local_metres, network.max_metres] == was["legs"]


def test_its_provenance_is_what_it_was(saved):
    network, was = saved
    sources = tuple(Source(**source) for source in was["sources"])
    assert network.provenance == Provenance(sources, was["parameters"], was["modelled"])


def test_its_minutes_are_what_they_were_to_the_last_digit(saved):
    network, was = saved
    nodes = network.nodes.index
    np.testing.assert_array_equal(network.matrix(nodes, nodes), np.array(was["matrix"], dtype="float32"))
    points = gpd.GeoSeries.from_xy([3.201, 3.2101, 3.224, 3.23], [49.6101, 49.614, 49.611, 49.6131], crs=4326)
    minutes = network.travel_minutes(points, points)
    # But 0.1 went to the road and back where the straight way is no longer than the two legs.
    xy, metres = points.to_crs(network.crs), network.snap(points)["metres"].to_numpy()
    straight = np.array([xy.distance(point) for point in xy])
    shorter = straight <= metres[:, None] + metres
    np.testing.assert_array_equal(minutes[~shorter], np.array(was["travel_minutes"], dtype="float32")[~shorter])
    np.testing.assert_allclose(minutes[shorter], straight[shorter] / 1000 / network.access_kmh * 60, atol=1e-4)
