"""Outlines of a country: each border once, and every commune closed by the borders of its neighbours."""

import geopandas as gpd
import numpy as np
import pytest
import shapely
from outlined import decoded

from accessmap.country.outlines import outlines


def area(step, rings):
    """Of rings that are given point by point, holes subtracted."""
    total = shapely.union_all([shapely.Polygon(rings[0], rings[1:])]).area if rings else 0
    return total * step**2


@pytest.fixture(scope="module")
def toy():
    """Two squares side by side, one around a third; an island; one without a shape, one too small to be seen."""
    outer = shapely.box(0, 0, 8000, 8000)
    hole = shapely.box(2000, 2000, 6000, 6000)
    shapes = [shapely.difference(outer, hole), hole, shapely.box(8000, 0, 16000, 8000), None]
    shapes += [shapely.MultiPolygon([shapely.box(20000, 0, 24000, 4000), shapely.box(26000, 0, 27000, 1000)])]
    shapes += [shapely.box(30000, 0, 30005, 5)]
    return gpd.GeoSeries(shapes, crs=2154)


def test_neighbours_share_each_border_and_no_land_is_lost(toy):
    drawn = outlines(toy)
    borders, communes = decoded(drawn)
    assert len(borders) == 6  # the hole, what both squares share, the rest of each, and two islands
    assert [len(rings) for rings in communes] == [2, 1, 1, 0, 2, 0]
    whole = [sum(area(drawn.step, [ring]) for ring in rings) for rings in communes]
    assert whole == [8000**2 + 4000**2, 4000**2, 8000**2, 0, 4000**2 + 1000**2, 0]
    assert drawn.step == 40
    assert (drawn.width, drawn.height) == (751, 201)


def test_a_wide_country_has_a_wider_grid():
    shapes = gpd.GeoSeries([shapely.box(0, 0, 1e6, 1e6), shapely.box(3.9e6, 0, 4e6, 1e5)], crs=2154)
    drawn = outlines(shapes)
    assert drawn.step == 62
    assert max(drawn.width, drawn.height) <= 65_536


def test_outlines_of_the_sample_are_its_communes(sample_study):
    communes = sample_study.communes.geometry.to_crs(2154)
    drawn = outlines(communes)
    borders, shapes = decoded(drawn)
    assert all(shapes)
    rebuilt = np.array([sum(area(drawn.step, [ring]) for ring in rings) for rings in shapes])
    off = np.abs(rebuilt - communes.area) / communes.area
    assert off.quantile(0.9) < 0.12
    assert rebuilt.sum() == pytest.approx(communes.area.sum(), rel=0.01)
    used = [border for rings in drawn_borders(drawn) for ring in rings for border in ring]
    assert np.bincount(used).max() == 2
    assert len(borders) == len(set(used))


def drawn_borders(drawn):
    return decoded(drawn, numbers=True)[1]
