"""Files of residents: points, cells and census grids; nobody is lost without being counted."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from geopandas.testing import assert_geodataframe_equal
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Transformer

from accessmap.errors import TableError
from accessmap.read.communes import read_communes
from accessmap.read.coordinates import cell_centres
from accessmap.read.residents import NEAR_METRES, read_residents
from accessmap.tables.checks import METRIC_CRS

X, Y = 713_000.0, 6_946_000.0
LAEA = Transformer.from_crs("EPSG:3035", METRIC_CRS, always_xy=True)


@pytest.fixture
def communes() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "name": ["Abbécourt", "Chauny"],
            "population": [518, 11_600],
            "epci": ["e", "e"],
            "in_territory": [True, False],
        },
        geometry=[shapely.box(X, Y, X + 1000, Y + 1000), shapely.box(X + 1000, Y, X + 2000, Y + 1000)],
        index=pd.Index(["02001", "02173"], name="code"),
        crs=METRIC_CRS,
    )


def saved(tmp_path: Path, text: str, name: str = "r.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


def test_points_take_the_commune_they_lie_in_and_keep_their_ages(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = saved(
        tmp_path, f"id;x;y;Population;moins de 15\na;{X + 10:.0f},5;{Y + 10};12;3\nb;{X + 1500};{Y + 10};1 200;300\n"
    )
    read = read_residents(path, communes, crs=2154)
    assert read["commune"].tolist() == ["02001", "02173"]
    assert read["population"].tolist() == [12, 1200]
    assert read["moins de 15"].tolist() == [3, 300]
    assert read.geometry.iloc[0].equals(shapely.Point(X + 10.5, Y + 10))
    assert "r.csv: commune of 2 residents told by where they are." in read.attrs["read_notes"]


def test_commune_of_the_file_is_kept_unless_it_is_not_to_be_used(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = saved(tmp_path, f"id,insee,x,y,pop\na,02173,{X + 10},{Y + 10},12\n")
    assert read_residents(path, communes, crs=2154)["commune"].tolist() == ["02173"]
    read = read_residents(path, communes, crs=2154, columns={"commune": None})
    assert read["commune"].tolist() == ["02001"]


def test_on_a_common_border_the_smaller_code_is_taken(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = saved(tmp_path, f"id,x,y,pop\na,{X + 1000},{Y + 10},12\n")
    assert read_residents(path, communes.iloc[::-1], crs=2154)["commune"].tolist() == ["02001"]


def test_resident_just_outside_goes_to_the_nearest_commune_and_it_is_said(
    tmp_path: Path, communes: gpd.GeoDataFrame
) -> None:
    path = saved(tmp_path, f"id,x,y,pop\na,{X - NEAR_METRES + 1},{Y + 10},12\n")
    read = read_residents(path, communes, crs=2154)
    assert read["commune"].tolist() == ["02001"]
    note = "r.csv: 1 resident outside every commune given to the nearest, at most 1\xa0km away."
    assert note in read.attrs["read_notes"]


def test_resident_far_outside_is_refused_with_the_people_counted(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = saved(tmp_path, f"id,x,y,pop\na,{X},{Y},1\nb,{X - 1100},{Y},40\nc,{X},{Y + 9000},2\n")
    message = (
        r"1 problem\. 42 people live more than 1\xa0km from every commune, in 2 rows: line 3 'b' "
        rf"\(x={X - 1100:.0f}, y={Y:.0f}\), line 4 'c' .*: load their communes too, or pass clip=True"
    )
    with pytest.raises(TableError, match=message):
        read_residents(path, communes, crs=2154)


def test_clip_leaves_out_who_is_in_none_and_says_how_many(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = saved(tmp_path, f"id,insee,x,y,pop\na,02001,{X},{Y},1\nb,75056,{X - 5},{Y},40\nc,02999,{X + 5},{Y + 5},2\n")
    read = read_residents(path, communes, crs=2154, clip=True)
    assert read["population"].to_dict() == {"a": 1, "c": 2}
    assert read.loc["c", "commune"] == "02001"  # a code since merged: the place decides
    assert "r.csv: 1 resident (40 people) in none of the communes left out, as asked." in read.attrs["read_notes"]


def test_clip_that_leaves_nobody_is_refused(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = saved(tmp_path, f"id,x,y,pop\na,{X - 9999},{Y},1\n")
    with pytest.raises(TableError, match="Nobody lives in the communes"):
        read_residents(path, communes, crs=2154, clip=True)


def test_corners_of_a_census_grid_become_centres(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    read = read_residents(saved(tmp_path, "X,Y,T,insee\n3828000,2967000,7,02001\n"), communes, cell_metres=1000)
    assert list(read.index) == ["1kmN2967E3828"]
    assert read.geometry.iloc[0].distance(shapely.Point(LAEA.transform(3_828_500, 2_967_500))) < 0.001
    assert "r.csv: x and y taken as lower-left corners of 1000 m cells, moved to centres." in read.attrs["read_notes"]


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("1kmN2967E3828", 3_828_500, 2_967_500),
        ("CRS3035RES1000mN2967000E3828000", 3_828_500, 2_967_500),
        ("FR_CRS3035RES200mN2967200E3828400", 3_828_500, 2_967_300),
        ("200mN29672E38284", 3_828_500, 2_967_300),
        ("100mN29672E38284", 3_828_450, 2_967_250),
        ("10kmN296E382", 3_825_000, 2_965_000),
    ],
)
def test_names_of_grid_cells_become_their_centres(
    tmp_path: Path, communes: gpd.GeoDataFrame, name: str, x: int, y: int
) -> None:
    read = read_residents(saved(tmp_path, f"Idcar_200m;ind;lcog_geo\n{name};7,5;02001\n"), communes)
    assert list(read.index) == [name]
    assert read["population"].tolist() == [7.5]
    assert read.geometry.iloc[0].distance(shapely.Point(LAEA.transform(x, y))) < 0.001


def test_cells_of_reunion_are_in_their_own_crs() -> None:
    cells = cell_centres(pd.Series(["CRS2975RES200mN7634000E339200"]))
    assert cells is not None
    assert (cells[0][0], cells[1][0], cells[2], cells[3]) == (339_300, 7_634_100, "EPSG:2975", 200)


@given(st.integers(0, 9_999), st.integers(0, 9_999), st.sampled_from(["1km", "200m", "100m", "10km"]))
def test_short_and_long_names_of_a_cell_mean_the_same(east: int, north: int, size: str) -> None:
    metres, step = {"1km": (1000, 1000), "200m": (200, 100), "100m": (100, 100), "10km": (10_000, 10_000)}[size]
    both = cell_centres(pd.Series([f"{size}N{north}E{east}", f"CRS3035RES{metres}mN{north * step}E{east * step}"]))
    assert both is not None
    assert both[0][0] == both[0][1] == east * step + metres / 2
    assert both[1][0] == both[1][1] == north * step + metres / 2


def test_cell_of_several_communes_goes_by_its_centre(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    path = saved(tmp_path, f"id,lcog_geo,x,y,ind\na,0217302001,{X + 10},{Y + 10},12\n")
    read = read_residents(path, communes, crs=2154)
    assert read["commune"].tolist() == ["02001"]
    assert "r.csv: 1 cell in several communes, given to that of their centre." in read.attrs["read_notes"]


def test_polygons_become_a_point_inside(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    horseshoe = shapely.box(X, Y, X + 900, Y + 900) - shapely.box(X + 100, Y + 100, X + 800, Y + 900)
    table = gpd.GeoDataFrame({"IND": [3]}, geometry=[horseshoe], crs=METRIC_CRS)
    table.to_file(tmp_path / "r.gpkg")
    read = read_residents(tmp_path / "r.gpkg", communes)
    assert horseshoe.contains(read.geometry.iloc[0])
    assert list(read.index) == ["r1"]
    assert "r.gpkg: 1 polygon represented by a point inside." in read.attrs["read_notes"]


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    people=st.lists(st.floats(0, 1e6).map(lambda value: round(value, 2)), min_size=1, max_size=6),
    separator=st.sampled_from(";\t|"),
    comma=st.booleans(),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "cp1252", "utf-16"]),
    degrees=st.booleans(),
)
def test_csv_of_any_dialect_gives_the_same_residents(
    tmp_path: Path, communes: gpd.GeoDataFrame, people, separator, comma, encoding, degrees
) -> None:
    points = gpd.GeoSeries.from_xy(
        [X + 10 + row for row in range(len(people))], [Y + 10.25] * len(people), crs=METRIC_CRS
    )
    shown = points.to_crs(4326) if degrees else points
    table = pd.DataFrame({"Identifiant": "é", "population": people, "lon": shown.x, "lat": shown.y})
    table["id"] = [f"é{row}" for row in range(len(people))]
    table = table.drop(columns="Identifiant").rename(columns={} if degrees else {"lon": "x", "lat": "y"})
    path = tmp_path / "r.csv"
    path.write_bytes(table.to_csv(index=False, sep=separator, decimal="," if comma else ".").encode(encoding))
    read = read_residents(path, communes, crs=None if degrees else METRIC_CRS)
    expected = gpd.GeoDataFrame(
        {"commune": "02001", "population": people},
        geometry=points.array,
        index=pd.Index([f"é{row}" for row in range(len(people))], name="resident_id"),
    )
    assert read.geometry.distance(expected.geometry).max() < 0.001
    assert_geodataframe_equal(read.set_geometry(expected.geometry), expected, check_dtype=False)


def test_real_census_grid_counts_everyone(real_data: Path) -> None:
    communes = read_communes(real_data / "communes.gpkg")
    path = real_data / "population_1km_2021.csv"
    residents = read_residents(path, communes, cell_metres=1000)
    inside = residents["commune"].map(communes["in_territory"])
    assert residents.loc[inside, "population"].sum() == 71_336
    assert residents.loc[residents["commune"].str.startswith("02"), "population"].sum() == 528_325
    assert (residents[["Y_LT15", "Y_1564", "Y_GE65"]].dtypes == np.int64).all()
    by_place = read_residents(path, communes, cell_metres=1000, columns={"commune": None})
    assert by_place["commune"].equals(residents["commune"])
    clipped = read_residents(path, communes[communes["in_territory"]], cell_metres=1000, clip=True)
    assert clipped["population"].sum() == 71_336


BAD = {
    "no population": (
        "id,x,y\na,713000,6946000\n",
        {"crs": 2154},
        "'population' is missing: the file has resident_id, x, y; say",
    ),
    "no coordinates": (
        "id,pop,insee\na,3,02001\n",
        {},
        r"no coordinates: the file has resident_id, population, commune; give lon and lat",
    ),
    "longitude alone": ("id,pop,lon\na,3,3.2\n", {}, "no coordinates: 'lon' alone is not enough"),
    "x and y without CRS": (
        "id,pop,x,y\na,3,713000,6946000\n",
        {},
        r"come without a CRS \(line 2 'a': x=713000, y=6946000\): say",
    ),
    "swapped": (
        "id,pop,lon,lat\na,3,49.6,3.2\n",
        {},
        r"Longitude and latitude are swapped in 1 row: line 2 'a' \(49.6, 3.2\)",
    ),
    "metres as degrees": (
        "id,pop,lon,lat\na,3,713000,6946000\n",
        {},
        r"Lambert-93 metres are labelled as degrees .*line 2 'a'",
    ),
    "degrees as metres": ("id,pop,x,y\na,3,3.2,49.6\n", {"crs": 2154}, r"Degrees are labelled as metres \(EPSG:2154\)"),
    "not on Earth": ("id,pop,lon,lat\na,3,999,3\n", {}, r"not on Earth in 1 row: line 2 'a' \(999, 3\): correct them"),
    "coordinates in words": (
        "id,pop,x,y\na,3,ici,6946000\n",
        {"crs": 2154},
        r"'x' is not a number in 1 row: line 2 'a' \('ici'\)",
    ),
    "coordinates missing": (
        "id,pop,insee,lon,lat\na,3,02001,,\nb,2,02001,0,0\nc,1,02001,3.19,49.61\n",
        {},
        r"'geometry' is missing in 2 rows: line 2 'a', line 3 'b'",
    ),
    "neither place nor commune": (
        "id,pop,lon,lat\na,3,,\n",
        {},
        r"1 problem\. 'geometry' is missing in 1 row: line 2 'a'",
    ),
    "unknown commune": (
        "id,pop,insee,x,y\na,3,02174,713000,6946000\n",
        {"crs": 2154},
        r"no commune of the communes table in 1 row: line 2 'a' \('02174' \(did you mean '02173'",
    ),
    "negative": (
        "id,pop,x,y\na,-3,713000,6946000\n",
        {"crs": 2154},
        r"'population' is negative in 1 row: line 2 'a' \(-3\)",
    ),
    "population missing": (
        "id,pop,x,y\na,,713000,6946000\n",
        {"crs": 2154},
        "'population' is missing in 1 row: line 2 'a'",
    ),
    "duplicate": (
        "id,pop,x,y\na,1,713000,6946000\na,2,713001,6946000\n",
        {"crs": 2154},
        "more than once in 2 rows: line 2 'a', line 3 'a'",
    ),
    "id missing": ("id,pop,x,y\n,1,713000,6946000\n", {"crs": 2154}, r"'resident_id' is missing in 1 row: line 2"),
    "centres as corners": (
        "X,Y,T\n3828500,2967500,1\n",
        {"cell_metres": 1000},
        r"not corners of 1000 m cells .* in 1 row: line 2 '1kmN2967E3828' \(x=3828500, y=2967500\): if they are",
    ),
    "size of the cells denied": (
        "id,ind\n1kmN2967E3828,3\n",
        {"cell_metres": 200},
        "cell_metres=200 but the cells' names say 1000 m",
    ),
    "size of the cells": ("X,Y,T\n3828000,2967000,1\n", {"cell_metres": 0}, "cell_metres=0 must be more than 0"),
    "WKT without CRS": ("id,pop,geometry\na,1,POINT (3 4)\n", {}, "'geometry' is text without a CRS"),
    "WKT that is none": ("id,pop,wkt\na,1,Chauny\n", {"crs": 2154, "columns": None}, "no coordinates: the file has"),
    "geometry that is no WKT": (
        "id,pop,geometry\na,1,Chauny\n",
        {"crs": 2154},
        r"neither WKT nor WKB in 1 row: line 2 'a' \(\"?'Chauny'",
    ),
}


@pytest.mark.parametrize(("text", "options", "message"), BAD.values(), ids=BAD)
def test_residents_file_out_of_the_contract_is_refused(tmp_path: Path, communes, text, options, message) -> None:
    with pytest.raises(TableError, match=message):
        read_residents(saved(tmp_path, text), communes, **options)


def test_communes_out_of_their_contract_are_refused_first(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    with pytest.raises(TableError, match=r"communes: 1 problem\. CRS is EPSG:4326"):
        read_residents(saved(tmp_path, "id,pop,lon,lat\na,1,3.2,49.6\n"), communes.to_crs(4326))


def test_communes_are_not_changed_by_reading(tmp_path: Path, communes: gpd.GeoDataFrame) -> None:
    before = communes.copy(deep=True)
    read_residents(saved(tmp_path, f"id,x,y,pop\na,{X},{Y},1\n"), communes, crs=2154)
    assert_geodataframe_equal(communes, before)
