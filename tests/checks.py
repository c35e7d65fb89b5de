"""Checks that several test modules make."""

from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest

from accessmap.study.areas import isochrones


def check_one_model(network, places, cutoffs, seed, *, outward=False, share=0.98):
    """A random place in the box around an isochrone is inside exactly when it is in reach."""
    areas = isochrones(network, places, cutoffs, outward=outward).to_crs(network.crs)
    rng = np.random.default_rng(seed)
    for (name, cutoff), area in areas.geometry.items():
        west, south, east, north = area.bounds
        at = gpd.points_from_xy(rng.uniform(west, east, 1500), rng.uniform(south, north, 1500), crs=network.crs)
        at, site = gpd.GeoSeries(at), places.loc[[name]]
        minutes = network.travel_minutes(site, at)[0] if outward else network.travel_minutes(at, site)[:, 0]
        agree = (minutes <= cutoff) == at.within(area).to_numpy()
        assert 0.02 < (minutes <= cutoff).mean() < 0.98
        assert agree.mean() >= share, (name, cutoff, agree.mean())


def check_isochrones(network, places, cutoffs, seed):
    """Isochrones nest, are valid, hold their start, and hold a place on the road exactly when it is in reach."""
    areas = isochrones(network, places, cutoffs)
    assert areas.geometry.is_valid.all()
    assert set(areas.geometry.geom_type) == {"MultiPolygon"}
    rng = np.random.default_rng(seed)
    # Places on the road: part-way along edges that points may join, near the sites. On a part that is cut off nothing
    # is in reach by road, though its land may be on foot.
    main = network.parts() == 0
    edges = network.edges[network.edges["snappable"] & main.reindex(network.edges["u"]).to_numpy()]
    lon_lat = network.nodes[["lon", "lat"]]
    ends = [lon_lat.reindex(edges[end]).to_numpy() for end in ("u", "v")]
    share = rng.random((len(edges), 1))
    at = ends[0] * share + ends[1] * (1 - share)
    roads = gpd.GeoSeries(gpd.points_from_xy(*at.T), crs=4326).to_crs(network.crs)
    for name, place in places.to_crs(network.crs).items():
        nest = [areas.geometry[name, cutoff] for cutoff in cutoffs]
        assert all(small.difference(large).area == pytest.approx(0, abs=1) for small, large in pairwise(nest))
        assert all(area.contains(place) for area in nest)
        for cutoff, area in zip(cutoffs, nest, strict=True):
            near = roads[roads.distance(place) < 1.5 * area.hausdorff_distance(place)]
            near = near.sample(min(1500, len(near)), random_state=seed)
            in_time = network.travel_minutes(near, places.loc[[name]])[:, 0] <= cutoff
            agree = in_time == near.within(area).to_numpy()
            assert 0.02 < in_time.mean() < 0.98
            assert agree.mean() >= 0.98, (name, cutoff, agree.mean())
