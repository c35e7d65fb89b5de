"""One line for any table: what it is decides how it is drawn."""

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from accessmap.errors import TableError
from accessmap.maps import explore


def test_zones_are_coloured_by_a_column_or_by_their_people(sample_study):
    communes = sample_study.communes
    assert explore(communes).drawing.views[0].title == "Habitants par commune"
    drawing = explore(communes.assign(minutes=12.0), "minutes").drawing
    assert (drawing.title, drawing.views[0].title) == ("minutes", "Temps moyen par commune (minutes)")
    assert len(drawing.views[0].fill) == 84


def test_zones_without_names_or_people_are_outlined_under_their_codes():
    zones = gpd.GeoDataFrame(index=["a"], geometry=[shapely.box(715_000, 6_945_000, 718_000, 6_948_000)], crs=2154)
    drawing = explore(zones).drawing
    assert [zone.name for zone in drawing.zones] == ["a"]
    assert [entry.communes for entry in drawing.views[0].entries] == [1]


def test_services_are_marked_by_category_on_the_communes_where_given(sample_study):
    drawing = explore(sample_study.services, communes=sample_study.communes).drawing
    assert [layer.key for layer in drawing.layers] == ["mairie", "france_services", "hospital"]
    assert drawing.zones
    bare = explore(sample_study.sites("hospital")).drawing
    assert [len(layer.marks) for layer in bare.layers] == [7]
    assert bare.zones == ()


def test_residents_become_cells_whose_people_are_added_up(sample_study):
    residents, communes = sample_study.residents, sample_study.communes
    view = explore(residents, communes=communes).drawing.views[0]
    inside = communes.index[communes["in_territory"]]
    assert view.title == "Habitants par carreau de 1\u00a0km"
    assert (
        sum(entry.people for entry in view.entries) == residents["population"][residents["commune"].isin(inside)].sum()
    )
    minutes = explore(residents.assign(minutes=5.0), "minutes", communes=communes).drawing
    assert minutes.cells[0].lines[0] == "5,0\u00a0min"


def test_points_at_the_centres_of_a_finer_grid_keep_it():
    x = [3_827_100 + 200 * k for k in range(5)]
    points = gpd.GeoDataFrame({"value": range(5)}, geometry=gpd.points_from_xy(x, [2_967_100] * 5, crs=3035))
    drawing = explore(points.to_crs(2154), "value").drawing
    assert len(drawing.cells) == 5
    assert "200\u00a0m" in drawing.views[0].title


def test_isochrones_are_known_by_their_index():
    index = pd.MultiIndex.from_tuples([("s", 10.0)], names=["point", "minutes"])
    land = gpd.GeoDataFrame(geometry=[shapely.Point(715_000, 6_945_000).buffer(3000)], index=index, crs=2154)
    assert len(explore(land).drawing.pieces) == 1


def test_a_way_is_drawn_stretch_by_stretch(sample_study):
    home, site = sample_study.residents.geometry.loc[["02217-01"]], sample_study.sites("hospital").geometry.iloc[[0]]
    way = sample_study.network.explain(home, site)
    assert len(explore(way, communes=sample_study.communes).drawing.pieces) == len(way)


def test_values_by_commune_take_the_place_of_their_communes(sample_study):
    communes = sample_study.communes
    inside = communes.index[communes["in_territory"]]
    table = pd.DataFrame({"value": 7.0, "unreached_people": 0.0}, index=inside)
    drawings = [
        explore(table, communes=communes).drawing,
        explore(table["value"], communes=communes).drawing,
        explore(table["value"].rename("APL"), communes=communes).drawing,
        explore(table, "value", communes=communes).drawing,
    ]
    assert [drawing.views[0].told[inside[0]][0] for drawing in drawings] == ["7,00"] * 4
    with pytest.raises(TableError, match="which column"):
        explore(table.rename(columns={"value": "other"}), communes=communes)
    with pytest.raises(TableError, match="give communes="):
        explore(table)


@pytest.mark.parametrize(
    ("spoil", "column", "message"),
    [
        (lambda table: pd.DataFrame(table.drop(columns="geometry")), None, "it has no geometry"),
        (lambda table: table, "popluation", "did you mean 'population'"),
        (lambda table: table.set_crs(None, allow_override=True), None, "no CRS"),
        (lambda table: table.set_geometry(table.boundary), None, "drawn by network_map"),
        (lambda table: table.set_index("name", append=True), None, "one id a row"),
        (lambda table: table, "name", "must be numbers"),
    ],
)
def test_what_cannot_be_drawn_is_refused_with_its_remedy(sample_study, spoil, column, message):
    with pytest.raises(TableError, match=message):
        explore(spoil(sample_study.communes), column)
