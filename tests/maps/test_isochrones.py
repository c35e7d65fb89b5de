"""The map of isochrones: nested bands, cut at the territory, with the people of each counted once."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.errors import TableError
from accessmap.maps import isochrone_map

X, Y = 715_000, 6_945_000
HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}"


@pytest.fixture
def communes() -> gpd.GeoDataFrame:
    """Two squares of 4 km of the territory, and a neighbour."""
    boxes = [shapely.box(X + 4000 * k, Y, X + 4000 * (k + 1), Y + 4000) for k in range(3)]
    columns = {"name": ["Aville", "Bourg", "Xanton"], "population": [100, 50, 10], "in_territory": [True, True, False]}
    return gpd.GeoDataFrame(columns, index=["a", "b", "x"], geometry=boxes, crs="EPSG:2154")


@pytest.fixture
def residents(communes) -> gpd.GeoDataFrame:
    """In the middle of each commune, and one at the far edge of b."""
    points = [*communes.geometry.centroid, shapely.Point(X + 7900, Y + 100)]
    columns = {"commune": ["a", "b", "x", "b"], "population": [100, 40, 10, 10]}
    return gpd.GeoDataFrame(columns, index=["ra", "rb", "rx", "far"], geometry=points, crs="EPSG:2154")


def rings(centres: dict[str, shapely.Point], radii: dict[float, float]) -> gpd.GeoDataFrame:
    index = pd.MultiIndex.from_product([centres, radii], names=["point", "minutes"])
    shapes = [centres[point].buffer(radii[minutes]) for point, minutes in index]
    return gpd.GeoDataFrame(geometry=shapes, index=index, crs="EPSG:2154")


@pytest.fixture
def isochrones(communes) -> gpd.GeoDataFrame:
    return rings({"s": communes.geometry["a"].centroid}, {5.0: 1000, 10.0: 4500})


def test_people_are_counted_in_the_first_band_they_live_in_and_only_in_the_territory(isochrones, communes, residents):
    view = isochrone_map(isochrones, communes=communes, residents=residents).drawing.views[0]
    assert [entry.said for entry in view.entries] == ["100\u00a0habitants", "40\u00a0habitants", "10\u00a0habitants"]
    assert view.told["b"] == (
        "plus de 5 à 10\u00a0min\u00a0: 40\u00a0habitants",
        "plus de 10\u00a0min, ou hors de portée de toute route\u00a0: 10\u00a0habitants",
    )
    assert "x" not in view.told


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 8000), st.floats(0, 4000), st.integers(0, 500)), min_size=1, max_size=20),
    st.lists(st.floats(200, 9000), min_size=1, max_size=4, unique=True),
)
def test_everyone_is_in_exactly_one_band(people, radii):
    places = [shapely.Point(X + east, Y + north) for east, north, _ in people]
    columns = {"commune": "a", "population": [count for *_, count in people]}
    residents = gpd.GeoDataFrame(columns, geometry=places, crs="EPSG:2154")
    land = rings({"s": shapely.Point(X + 2000, Y + 2000)}, dict(zip(range(5, 45, 10), sorted(radii), strict=False)))
    from accessmap.maps.isochrones import _band_of, _people, _within

    minutes = sorted(land.index.get_level_values(1).unique())
    within = _within(land.geometry, ["s"], minutes, None)
    band = _band_of(_people(residents, None, "EPSG:2154"), within)
    sums = residents["population"].groupby(band).sum()
    assert sums.sum() == residents["population"].sum()
    assert band.between(0, len(minutes)).all()


def test_land_is_cut_at_the_border_of_the_territory(isochrones, communes):
    drawing = isochrone_map(isochrones, communes=communes).drawing
    assert {(piece.view, piece.entry) for piece in drawing.pieces} == {(0, 0), (0, 1)}
    right = max(
        np.cumsum([int(step.split(",")[0]) for step in part.rstrip("z").split("l")]).max()
        for piece in drawing.pieces
        for part in piece.path.split("M")[1:]
    )
    assert right <= drawing.size[0] + 2


def test_several_sites_are_shown_together_then_one_by_one_with_their_names(communes, residents):
    centres = {"s": communes.geometry["a"].centroid, "t": communes.geometry["b"].centroid}
    sites = gpd.GeoDataFrame(
        {"name": [HOSTILE, "Hôpital"], "category": "hospital"}, index=["s", "t"], geometry=list(centres.values())
    ).set_crs("EPSG:2154")
    page = isochrone_map(rings(centres, {5.0: 1500}), sites, communes, residents=residents)
    assert [view.name for view in page.drawing.views] == ["Tous les sites", HOSTILE, "Hôpital"]
    assert [view.entries[0].said for view in page.drawing.views] == [
        "140\u00a0habitants",
        "100\u00a0habitants",
        "40\u00a0habitants",
    ]
    soup = BeautifulSoup(page.get_root().render(), "html.parser")
    assert HOSTILE in soup.select_one(".am-views").get_text()
    assert not [script for script in soup.find_all("script") if (script.string or "").startswith("alert")]


def test_so_many_sites_that_no_switch_would_be_read_are_one_view(communes):
    centres = {f"s{k}": shapely.Point(X + 500 * k, Y + 2000) for k in range(13)}
    assert len(isochrone_map(rings(centres, {5.0: 300})).drawing.views) == 1


def test_a_site_that_joins_no_road_says_so(isochrones, communes):
    lost = gpd.GeoDataFrame(
        geometry=[shapely.MultiPolygon()] * 2,
        index=pd.MultiIndex.from_product([["lost"], [5.0, 10.0]], names=["point", "minutes"]),
        crs="EPSG:2154",
    )
    both = gpd.GeoDataFrame(pd.concat([isochrones, lost]), crs="EPSG:2154")
    views = isochrone_map(both, communes=communes).drawing.views
    assert [bool(view.note) for view in views] == [False, False, True]
    with pytest.raises(TableError, match="every polygon is empty"):
        isochrone_map(lost)


def test_it_needs_neither_communes_nor_services(isochrones):
    drawing = isochrone_map(isochrones).drawing
    assert drawing.zones == ()
    assert len(drawing.pieces) == 2
    assert all(size > 0 for size in drawing.size)


def test_what_isochrones_did_not_make_is_refused(isochrones):
    with pytest.raises(TableError, match="not \\(point, minutes\\)"):
        isochrone_map(isochrones.reset_index(drop=True))


def test_the_real_thing_is_drawn(sample_study):
    from accessmap import isochrones

    sites = sample_study.sites("hospital").head(1)
    land = isochrones(sample_study.network, sites, [10, 20], cell_metres=100)
    page = isochrone_map(land, sites, sample_study.communes, residents=sample_study.residents, lang="en")
    counted = [int(entry.said.split("\u00a0")[0].replace(",", "")) for entry in page.drawing.views[0].entries]
    inside = sample_study.communes.index[sample_study.communes["in_territory"]]
    mine = sample_study.residents["commune"].isin(inside)
    assert sum(counted) == pytest.approx(sample_study.residents["population"][mine].sum(), abs=2)
    assert len(page.get_root().render()) < 900_000
