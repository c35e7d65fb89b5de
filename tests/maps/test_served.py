"""The map of classes of public transport: land painted by class, people counted where they live, none shown as none."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from accessmap.errors import TableError
from accessmap.maps import quality_map

X, Y = 715_000, 6_945_000


@pytest.fixture
def communes():
    """Two squares of 4 km of the territory, and a neighbour."""
    boxes = [shapely.box(X + 4000 * k, Y, X + 4000 * (k + 1), Y + 4000) for k in range(3)]
    columns = {"name": ["Aville", "Bourg", "Xanton"], "population": [100, 50, 10], "in_territory": [True, True, False]}
    return gpd.GeoDataFrame(columns, index=["a", "b", "x"], geometry=boxes, crs="EPSG:2154")


def land(*radii, x=X):
    """Rings about one stop, the best class innermost."""
    discs = [shapely.Point(x, Y + 2000).buffer(radius) for radius in radii]
    rings = [disc if not k else disc.difference(discs[k - 1]) for k, disc in enumerate(discs)]
    return gpd.GeoDataFrame(geometry=rings, index=["A", "B", "C"], crs="EPSG:2154")


PEOPLE = pd.DataFrame({"A": [60.0, 0, 9], "B": [0.0, 0, 0], "C": [30.0, 0, 0], "none": [10.0, 50, 1]}, index=[*"abx"])


def test_people_of_the_territory_are_counted_and_land_is_cut_at_its_border(communes):
    drawing = quality_map(land(300, 500, 750), PEOPLE, communes).drawing
    (view,) = drawing.views
    assert [(entry.label, entry.said) for entry in view.entries] == [
        ("classe A", "60\u00a0habitants"),
        ("classe B", "0\u00a0habitant"),
        ("classe C", "30\u00a0habitants"),
        ("hors classe\u00a0: pas d’arrêt à la fois proche et souvent desservi", "60\u00a0habitants"),
    ]
    assert len({entry.colour for entry in view.entries}) == 4
    assert view.fill == {"a": 3, "b": 3}  # what no land lies over has no class
    assert view.told["b"] == (
        "hors classe\u00a0: pas d’arrêt à la fois proche et souvent desservi\u00a0: 50\u00a0habitants",
    )
    assert [piece.entry for piece in drawing.pieces] == [2, 1, 0]  # the better class above


def test_land_outside_the_territory_is_not_painted_and_none_inside_is_said(communes):
    drawing = quality_map(land(300, 500, 750, x=X + 11_000), PEOPLE.assign(A=0.0, C=0.0, none=10.0), communes).drawing
    assert not drawing.pieces
    assert drawing.views[0].entries[-1].said == "20\u00a0habitants"


def test_people_of_another_method_and_a_map_of_nothing_are_refused(communes):
    with pytest.raises(TableError, match="are not the classes of the map"):
        quality_map(land(300, 500, 750), PEOPLE.rename(columns={"C": "D"}), communes)
    with pytest.raises(TableError, match="no land has a class"):
        quality_map(land(0, 0, 0))
