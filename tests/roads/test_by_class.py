"""Minutes by class of road add up to the minutes of the trip, whatever way it takes."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accessmap as am


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_classes_add_up_to_the_minutes_of_every_trip(seed):
    """Also along one road, beside the roads, at a node, where streets are one-way, turns forbidden, roads private."""
    rng = np.random.default_rng(seed)
    side = 4
    nodes = pd.DataFrame({"lon": 3 + np.arange(16) % side * 0.01, "lat": 49.6 + np.arange(16) // side * 0.01})
    pairs = [(a, b) for a in range(16) for b in range(16) if abs(a % 4 - b % 4) + abs(a // 4 - b // 4) == 1]
    kept = [pair for pair in pairs if rng.random() < 0.8]
    edges = pd.DataFrame(kept, columns=["u", "v"])
    edges["minutes"] = rng.uniform(0.2, 3, len(edges))
    edges["road_class"] = rng.choice(["D", "N", None], len(edges))
    edges["through"] = rng.random(len(edges)) < 0.9
    turn = [(u, v, w) for u, v in kept for v2, w in kept if v2 == v and w != u]
    turns = pd.DataFrame({"nodes": [turn[number] for number in rng.choice(len(turn), 2, replace=False)]})
    network = am.RoadNetwork.from_edges(nodes, edges, turns=turns, local_metres=int(rng.integers(2)) * 400)
    at = rng.uniform([2.998, 49.598], [3.032, 49.632], (12, 2))
    at[0] = nodes.iloc[5]
    points = gpd.GeoSeries(gpd.points_from_xy(*at.T), crs=4326)
    minutes = network.travel_minutes(points[:7], points[5:])
    parts, classes = network.minutes_by_class(points[:7], points[5:])
    np.testing.assert_allclose(parts.sum(axis=2), minutes, atol=1e-4)
    assert classes[0] == "joining legs"
    assert (parts[~np.isnan(parts)] >= 0).all()


def test_by_class_by_hand():
    """A of 2 minutes, then N of 3: from one end to the other, from the middle of A, and backwards."""
    nodes = pd.DataFrame({"lon": [3.0, 3.01, 3.02], "lat": 49.6})
    edges = pd.DataFrame({"u": [0, 1], "v": [1, 2], "minutes": [2.0, 3.0], "road_class": ["A", "N"]})
    network = am.RoadNetwork.from_edges(nodes, edges, directed=False)
    points = gpd.GeoSeries(gpd.points_from_xy([3.0, 3.005, 3.02], [49.6] * 3), crs=4326)
    parts, classes = network.minutes_by_class(points[:2], points[2:])
    assert classes == ["joining legs", "A", "N"]
    np.testing.assert_allclose(parts[:, 0], [[0, 2, 3], [0, 1, 3]], atol=2e-2)
    back, _ = network.minutes_by_class(points[2:], points[:2])
    np.testing.assert_allclose(back[0], parts[:, 0], atol=1e-4)
    plain = am.RoadNetwork.from_edges(nodes, edges.drop(columns="road_class"), directed=False)
    assert plain.minutes_by_class(points[:1], points[2:])[0][0, 0].tolist() == pytest.approx([0, 5], abs=2e-2)
