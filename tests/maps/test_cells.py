"""The map by cell: squares of the grid askew on the map, people weighed, small files, missing hatched."""

import json

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from bs4 import BeautifulSoup
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.errors import TableError
from accessmap.maps import cell_map

EAST, NORTH = 3_827_000, 2_967_000  # a corner of the grid of 1 km, near Chauny


def people_at(columns, rows, population, commune="a") -> gpd.GeoDataFrame:
    """Residents at the centres of cells, counted from the corner."""
    x, y = EAST + 1000 * np.asarray(columns) + 500.0, NORTH + 1000 * np.asarray(rows) + 500.0
    table = {"commune": commune, "population": population}
    index = [f"r{k}" for k in range(len(x))]
    return gpd.GeoDataFrame(table, index=index, geometry=gpd.points_from_xy(x, y, crs="EPSG:3035")).to_crs("EPSG:2154")


def rings_of(path: str) -> list[np.ndarray]:
    parts = [part.rstrip("z").split("l") for part in path.split("M")[1:]]
    return [np.array([[int(n) for n in step.split(",")] for step in part]).cumsum(axis=0) for part in parts]


def test_a_cell_is_a_square_of_a_kilometre_turned_as_the_grid_is_on_the_map():
    drawing = cell_map(people_at([0], [0], 10), pd.Series({"r0": 4.0}), cell_metres=1000).drawing
    (ring,) = rings_of(drawing.pieces[0].path)
    sides = np.diff(np.vstack([ring, ring[:1]]), axis=0)
    metres = np.hypot(*sides.T) * drawing.scale
    assert metres == pytest.approx([1000] * 4, rel=0.1)  # the scale is that of the turned square's bounds
    turned = np.degrees(np.arctan2(*np.abs(sides).T)) % 90
    assert 3 < turned.min() < 10 or 80 < turned.max() < 87  # about 5 degrees at Chauny
    assert np.hypot(*drawing.edge) == pytest.approx(np.hypot(*sides[0]), rel=0.02)


def test_people_of_one_cell_weigh_by_their_number_and_the_unreached_are_told():
    residents = people_at([0, 0, 0], [0, 0, 0], [10, 30, 60])
    page = cell_map(residents, pd.Series({"r0": 4.0, "r1": 8.0, "r2": np.nan}), cell_metres=1000)
    (cell,) = page.drawing.cells
    assert cell.lines == ("7,0\u00a0min", "100\u00a0habitants", "dont 60 habitants non atteints")


def test_a_cell_that_nobody_leaves_in_time_is_hatched_and_counted_apart():
    residents = people_at([0, 1], [0, 0], [10, 30])
    page = cell_map(residents, pd.Series({"r0": 4.0, "r1": np.nan}), cell_metres=1000)
    view = page.drawing.views[0]
    assert [(entry.pattern, entry.said) for entry in view.entries] == [
        ("", "1\u00a0carreau · 10\u00a0habitants"),
        ("hatch", "1\u00a0carreau · 30\u00a0habitants"),
    ]


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 6), st.integers(0, 6), st.integers(0, 99), st.floats(0, 60) | st.just(np.nan)),
        min_size=1,
        max_size=40,
    )
)
def test_every_cell_is_in_one_class_and_classes_hold_everyone(rows):
    columns, lines, people, minutes = (list(part) for part in zip(*rows, strict=True))
    residents = people_at(columns, lines, people)
    view = cell_map(residents, pd.Series(minutes, residents.index), cell_metres=1000).drawing
    entries = view.views[0].entries
    assert sum(entry.communes for entry in entries) == len(view.cells) == len(set(zip(columns, lines, strict=True)))
    assert sum(entry.people for entry in entries) == sum(people)
    areas = [sum(shapely.Polygon(ring).area for ring in rings_of(piece.path)) for piece in view.pieces]
    # Holes count twice here; without them the painted land is that of the cells.
    cell = np.hypot(*view.edge) ** 2
    assert sum(areas) >= 0.98 * cell * len(view.cells)


def test_only_the_territory_is_shown_and_its_communes_lie_under(sample_study):
    study = sample_study
    minutes = pd.Series(5.0, study.residents.index)
    page = cell_map(study.residents, minutes, cell_metres=1000, communes=study.communes)
    inside = study.communes.index[study.communes["in_territory"]]
    assert {cell.code for cell in page.drawing.cells} <= set(inside)
    soup = BeautifulSoup(page.get_root().render(), "html.parser")
    words = [item.get_text() for item in soup.select(".am-panel .am-legend li")]
    assert words[-2:] == ["aucun habitant recensé", "hors du territoire"]


def test_ten_thousand_cells_make_a_small_file_and_keep_every_value():
    side = np.arange(100)
    columns, rows = (axis.ravel() for axis in np.meshgrid(side, side))
    minutes = 5 + np.hypot(columns - 40, rows - 60) / 3 + np.random.default_rng(1).normal(0, 2, 10_000)
    residents = people_at(columns, rows, 20)
    html = cell_map(residents, pd.Series(minutes, residents.index), cell_metres=1000).get_root().render()
    assert len(html.encode()) < 1_500_000
    data = json.loads(BeautifulSoup(html, "html.parser").find("script", type="application/json").string)
    assert len(data["cells"]) == 10_000
    assert data["cells"][0][3][0].endswith("min")


def test_neighbouring_classes_share_their_corners_without_a_gap():
    residents = people_at(list(range(8)), [0] * 8, 10)
    minutes = pd.Series([4.0] * 4 + [25.0] * 4, residents.index)
    pieces = cell_map(residents, minutes, cell_metres=1000, breaks=[10]).drawing.pieces
    first, second = ({tuple(point) for ring in rings_of(piece.path) for point in ring} for piece in pieces)
    assert len(first & second) == 2
    assert [len(first), len(second)] == [10, 10]  # every corner of four cells in a row


@pytest.mark.parametrize("side", [0, -200, float("nan")])
def test_a_cell_has_a_size(side):
    with pytest.raises(ValueError, match="cell_metres must be above 0"):
        cell_map(people_at([0], [0], 1), pd.Series({"r0": 1.0}), cell_metres=side)


def test_a_territory_where_nobody_lives_is_refused(sample_study):
    with pytest.raises(TableError, match="nobody lives in the territory"):
        cell_map(people_at([0], [0], 1, "zz"), pd.Series({"r0": 1.0}), cell_metres=1000, communes=sample_study.communes)


def test_arguments_are_not_changed():
    residents, values = people_at([0, 1], [0, 1], [3, 4]), pd.Series({"r0": 1.0, "r1": 2.0})
    before = residents.copy(), values.copy()
    cell_map(residents, values, cell_metres=200).get_root().render()
    pd.testing.assert_frame_equal(residents, before[0])
    pd.testing.assert_series_equal(values, before[1])
