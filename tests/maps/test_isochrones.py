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


@pytest.fixture
def times(residents) -> pd.DataFrame:
    """Routed minutes, which are not those of the polygons: `far` lives in no band and is reached, `rb` is not."""
    return pd.DataFrame({"s": [4.0, np.nan, 3.0, 12.0]}, index=residents.index)


def test_people_are_counted_by_routed_minutes_and_only_in_the_territory(isochrones, communes, residents, times):
    view = isochrone_map(isochrones, communes=communes, residents=residents, times=times).drawing.views[0]
    assert [(entry.label, entry.said) for entry in view.entries] == [
        ("5\u00a0min ou moins", "100\u00a0habitants"),
        ("plus de 5 à 10\u00a0min", "0\u00a0habitant"),
        ("plus de 10\u00a0min", "10\u00a0habitants"),
        ("Non atteint", "40\u00a0habitants"),
    ]
    assert view.told["b"] == ("plus de 10\u00a0min\u00a0: 10\u00a0habitants", "Non atteint\u00a0: 40\u00a0habitants")
    assert "x" not in view.told


def test_a_resident_at_exactly_the_cutoff_is_inside(isochrones, communes, residents, times):
    view = isochrone_map(isochrones, communes=communes, residents=residents, times=times.fillna(5.0)).drawing.views[0]
    assert [entry.said for entry in view.entries] == ["140\u00a0habitants", "0\u00a0habitant", "10\u00a0habitants"]


def test_people_without_their_minutes_are_refused(isochrones, communes, residents, times):
    for missing in (None, times.rename(columns={"s": "t"}), times.iloc[1:]):
        with pytest.raises(TableError, match="minutes of residents to a point are missing"):
            isochrone_map(isochrones, communes=communes, residents=residents, times=missing)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.one_of(st.floats(0, 100), st.just(float("nan"))), min_size=1, max_size=20),
    st.lists(st.floats(1, 60), min_size=1, max_size=4, unique=True),
)
def test_everyone_is_in_exactly_one_band(reached, cutoffs):
    from accessmap.maps.isochrones import _band_of

    cutoffs = sorted(cutoffs)
    band = _band_of(pd.Series(reached), cutoffs)
    for minutes, k in zip(reached, band, strict=True):
        if np.isnan(minutes):
            assert k == len(cutoffs) + 1
        else:
            assert k == 0 or minutes > cutoffs[k - 1]
            assert k == len(cutoffs) or minutes <= cutoffs[k] + 1e-6


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
    times = pd.DataFrame({"s": [1.0, 9, 9, 9], "t": [9.0, 1, 9, 9]}, index=residents.index)
    page = isochrone_map(rings(centres, {5.0: 1500}), sites, communes, residents=residents, times=times)
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
    times = sample_study.minutes(sites)
    page = isochrone_map(land, sites, sample_study.communes, residents=sample_study.residents, times=times, lang="en")
    counted = [int(entry.said.split("\u00a0")[0].replace(",", "")) for entry in page.drawing.views[0].entries]
    inside = sample_study.communes.index[sample_study.communes["in_territory"]]
    mine = sample_study.residents["commune"].isin(inside)
    near = times.loc[mine].iloc[:, 0]
    people = sample_study.residents["population"][mine]
    assert counted[:3] == [
        round(people[chosen].sum()) for chosen in (near <= 10, (near > 10) & (near <= 20), near > 20)
    ]
    assert sum(counted) == pytest.approx(sample_study.residents["population"][mine].sum(), abs=2)
    assert len(page.get_root().render()) < 900_000
