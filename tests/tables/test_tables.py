"""The contracts: what is in them passes, what is not is named with its rows, its value and its remedy."""

import pickle
import re
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.categories import CATEGORIES
from accessmap.errors import TableError
from accessmap.tables.checks import METRIC_CRS
from accessmap.tables.contracts import check_communes, check_residents, check_services, check_times, metric_crs

Change = Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]
X, Y = 713_000.0, 6_946_000.0  # near Chauny, Lambert-93


def communes_table() -> gpd.GeoDataFrame:
    squares = [shapely.box(X + 1000 * k, Y, X + 1000 * (k + 1), Y + 1000) for k in range(3)]
    return gpd.GeoDataFrame(
        {
            "name": ["Chauny", "Tergnier", "La Fère"],
            "population": [11_600, 13_400, 2_700],
            "epci": ["200071785", "200071785", None],
            "in_territory": [True, True, False],
        },
        geometry=squares,
        index=pd.Index(["02173", "02738", "2A004"], name="code"),
        crs=METRIC_CRS,
    )


def residents_table() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"commune": ["02173", "02738", "2A004"], "population": [10, 20.5, 0]},
        geometry=[shapely.Point(X + 500 + 1000 * k, Y + 500) for k in range(3)],
        index=pd.Index(["a", "b", "c"], name="resident_id"),
        crs=METRIC_CRS,
    )


def services_table() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {
            "name": ["Mairie", "Bus", "Manège"],
            "category": ["mairie", "france_services", "merry_go_round"],
            "category_label": [None, None, "manège"],
            "capacity": [np.nan, 2.0, 12.0],
            "hours": ["Mo-Fr 09:00-12:00", None, "24/7"],
            "step_free": ["yes", "no", "unknown"],
            "commune": ["02173", None, "60001"],
        },
        geometry=[shapely.Point(X + 500, Y + 500), shapely.Point(X + 1500, Y + 500), shapely.Point(X - 9000, Y)],
        index=pd.Index(["m", "f", "x"], name="service_id"),
        crs=METRIC_CRS,
    )


def times_table() -> pd.DataFrame:
    return pd.DataFrame(
        [[1.0, 20.0], [np.nan, 3.0], [np.nan, np.nan]], index=["a", "b", "c"], columns=["m", "f"], dtype="float32"
    )


def put(column: str, values: list[object]) -> Change:
    return lambda table: table.assign(**{column: pd.Series(values, index=table.index, dtype=object)})


def shapes(*geometry: object) -> Change:
    return lambda table: table.set_geometry(gpd.GeoSeries(list(geometry), index=table.index, crs=table.crs))


def ids(*values: object) -> Change:
    return lambda table: table.set_axis(pd.Index(list(values), name=table.index.name, dtype=object), axis=0)


def moved(scale: float, x: float, y: float) -> Change:
    def change(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        geometry = table.geometry.affine_transform([scale, 0, 0, scale, x - scale * X, y - scale * Y])
        return table.set_geometry(geometry)

    return change


BOW_TIE = shapely.from_wkt(f"POLYGON (({X} {Y}, {X + 9} {Y + 9}, {X + 9} {Y}, {X} {Y + 9}, {X} {Y}))")
SQUARE = shapely.box(X, Y, X + 9, Y + 9)
POINT = shapely.Point(X, Y)
LINE = shapely.LineString([(X, Y), (X + 9, Y)])

BAD_COMMUNES = {
    "missing column with near match": (
        lambda t: t.rename(columns={"population": "Populations"}),
        r"'population' is missing \(did you mean 'Populations'\?\): add this column",
    ),
    "missing epci": (lambda t: t.drop(columns="epci"), "'epci' is missing: add"),
    "not geographic": (
        lambda t: pd.DataFrame(t),
        "It is a DataFrame and not a GeoDataFrame: give geopandas.GeoDataFrame",
    ),
    "no active geometry": (
        lambda t: gpd.GeoDataFrame(pd.DataFrame(t).drop(columns="geometry")),
        "It has no 'geometry' column: call set_geometry",
    ),
    "no rows": (lambda t: t.iloc[:0], "It has no rows"),
    "column twice": (lambda t: t[["name", "name", *t.columns[1:]]], "Columns 'name' are there twice"),
    "geometry of another name": (
        lambda t: t.rename_geometry("shape"),
        r"geometry column is named 'shape': call rename_geometry\('geometry'\)",
    ),
    "no CRS": (lambda t: t.set_crs(None, allow_override=True), r"It has no CRS: call set_crs with .* then to_crs"),
    "geographic CRS": (lambda t: t.to_crs(4326), r"CRS is EPSG:4326: call to_crs\(2154\)"),
    "web Mercator": (
        lambda t: t.to_crs(3857),
        r"CRS is EPSG:3857 and does not measure true metres here: call to_crs\(2154\)",
    ),
    "degrees labelled Lambert-93": (
        lambda t: t.to_crs(4326).set_crs(2154, allow_override=True),
        r"holds degrees labelled EPSG:2154 in 3 rows: '02173' \(x=3\.1\d+, y=49\.\d+\).*allow_override=True\)\.to_crs",
    ),
    "Lambert-93 swapped": (
        shapes(*[shapely.box(Y, X + k, Y + 9, X + k + 9) for k in (0, 9, 18)]),
        r"has x and y swapped in 3 rows: '02173' \(x=69\d+.*, y=71\d+.*y is the number near 6,900,000",
    ),
    "Réunion labelled Lambert-93": (
        moved(1, 340_000, 7_660_000),
        "lies outside metropolitan France, where EPSG:2154 is used",
    ),
    "off the Earth": (moved(1, 9e8, 9e8), "lies off the Earth in 3 rows"),
    "duplicate ids": (ids("02173", "02173", "02304"), r"'code' is there more than once in 2 rows: '02173', '02173'"),
    "lost zero": (
        ids("1004", "02738", "2A004"),
        r"'code' has lost its leading zero in 1 row: '1004' \('1004' for '01004'\): read the column as str",
    ),
    "IRIS without its zero": (ids("10040101", "02738", "2A004"), "'10040101' for '010040101'"),
    "ids as decimals": (
        ids("1004.0", "02738", "2A004"),
        "'code' was read as a number with decimals in 1 row: '1004.0'",
    ),
    "ids as numbers": (ids(1004, 2738, 2173), r"'code' is a number in 3 rows: 1004, 2738, 2173: ids are text"),
    "null id": (ids(None, "02738", "2A004"), r"'code' is missing in 1 row: None \(row 1\): give each row an id"),
    "blank id": (ids("02173", " ", "2A004"), r"'code' is blank in 1 row: ' ' \(row 2\)"),
    "blanks around an id": (
        ids("02173 ", "02738", "2A004"),
        "'code' has spaces around it in 1 row: '02173 ': strip them",
    ),
    "id left as a column": (
        lambda t: t.reset_index(),
        r"'code' is a column and must be the index: call set_index\('code'\)",
    ),
    "two-level index": (lambda t: t.set_index("name", append=True, drop=False), "index has 2 levels"),
    "wrong index name": (lambda t: t.rename_axis("insee"), "index is named 'insee' and not 'code'"),
    "name missing": (put("name", ["Chauny", None, ""]), "'name' is missing in 2 rows: '02738', '2A004'"),
    "name is a number": (
        put("name", ["Chauny", 7, "x"]),
        r"'name' is not text in 1 row: '02738' \(7\): read the column as str",
    ),
    "negative population": (
        put("population", [1, -3, -4]),
        r"'population' is not a number \(dtype object\)",
    ),
    "negative population, as numbers": (
        lambda t: t.assign(population=[1, -3, -4]),
        r"'population' is negative in 2 rows: '02738' \(-3\), '2A004' \(-4\): give people, 0 or more",
    ),
    "population missing": (lambda t: t.assign(population=[1, np.nan, 2]), "'population' is missing in 1 row: '02738'"),
    "population infinite": (
        lambda t: t.assign(population=[1, np.inf, 2]),
        "'population' is infinite in 1 row: '02738'",
    ),
    "population as text": (
        put("population", ["1", "many", "2"]),
        r"is not a number \(dtype object\) in 1 row: '02738' \('many'\)",
    ),
    "population true or false": (lambda t: t.assign(population=True), r"not a number \(dtype bool\) in 3 rows"),
    "epci as a number": (
        put("epci", [200071785, "200071785", None]),
        r"'epci' is not text in 1 row: '02173' \(200071785\)",
    ),
    "in_territory as text": (
        put("in_territory", ["yes", True, False]),
        "'in_territory' is not true or false in 1 row: '02173' ",
    ),
    "empty territory": (lambda t: t.assign(in_territory=False), "'in_territory' is False in every row"),
    "invalid geometry": (
        shapes(BOW_TIE, SQUARE, SQUARE),
        r"'geometry' is invalid in 1 row: '02173' \(Self-intersection.*\): mend it with table\.geometry\.make_valid",
    ),
    "null geometry": (shapes(None, SQUARE, SQUARE), "'geometry' is missing in 1 row: '02173'"),
    "empty geometry": (shapes(shapely.Polygon(), SQUARE, SQUARE), "'geometry' is empty in 1 row: '02173'"),
    "lines": (
        shapes(LINE, SQUARE, POINT),
        r"wrong type in 2 rows: '02173' \(LineString\), '2A004' \(Point\): polygons are wanted",
    ),
}

BAD_RESIDENTS = {
    "unknown commune": (
        put("commune", ["02173", "02737", "2A004"]),
        r"'commune' is no commune of the communes table in 1 row: 'b' \('02737' \(did you mean '02738'",
    ),
    "commune missing": (put("commune", ["02173", None, "2A004"]), "'commune' is missing in 1 row: 'b'"),
    "commune without its zero": (
        put("commune", ["2173", "02738", "2A004"]),
        "'commune' has lost its leading zero in 1 row: 'a'",
    ),
    "polygons": (
        shapes(SQUARE, POINT, POINT),
        r"wrong type in 1 row: 'a' \(Polygon\): points are wanted: use representative_point",
    ),
    "not finite": (shapes(shapely.Point(np.inf, Y), POINT, POINT), "has coordinates that are not finite in 1 row: 'a'"),
    "another CRS than the communes": (lambda t: t.to_crs(32631), r"call to_crs\(communes\.crs\)"),
    "negative population": (
        lambda t: t.assign(population=[0, 0, -1.5]),
        r"'population' is negative in 1 row: 'c' \(-1.5\)",
    ),
}

BAD_SERVICES = {
    "unknown category": (
        put("category", ["mairie", "pharmacies", "merry_go_round"]),
        r"'category' is unknown in 1 row: 'f' \('pharmacies' \(did you mean 'pharmacy'\?\)\): use .*'category_label'",
    ),
    "unknown category, blank label": (
        put("category_label", [None, None, " "]),
        r"unknown in 1 row: 'x' \('merry_go_round'",
    ),
    "category missing": (put("category", ["mairie", None, "bank"]), "'category' is missing in 1 row: 'f'"),
    "step_free": (
        put("step_free", ["yes", "oui", None]),
        r"none of yes, no, unknown in 2 rows: 'f' \('oui'\), 'x' \(None\)",
    ),
    "hours": (
        put("hours", ["lundi 9h", "24/7", None]),
        r"'hours' cannot be read in 1 row: 'm' \('lundi 9h'\): write OSM opening_hours such as",
    ),
    "hours not text": (put("hours", [9, None, None]), r"'hours' is not text in 1 row: 'm' \(9\)"),
    "negative capacity": (lambda t: t.assign(capacity=[1, -2, np.nan]), r"'capacity' is negative in 1 row: 'f' \(-2\)"),
    "commune since merged": (
        put("commune", ["02172", None, "60001"]),
        r"not a code of the communes table, though the site is inside it in 1 row: 'm' \('02172', in '02173'\)",
    ),
    "duplicates": (ids("m", "m", "x"), "'service_id' is there more than once in 2 rows"),
}

BAD_TIMES = {
    "infinity": (lambda t: t.replace(20.0, np.inf), r"1 value is infinite, at \('a', 'f'\): not reached is NaN"),
    "negative": (lambda t: t - 2, r"1 value is negative, at \('a', 'm'\): minutes are 0 or more"),
    "mark for not reached": (lambda t: t.fillna(4294967.5), "3 values are over a week, at .*must be NaN"),
    "float64": (lambda t: t.astype("float64"), r"Dtype is float64 and not float32: call astype\('float32'\)"),
    "text": (lambda t: t.astype(object).replace(20.0, "far"), "Some values are not numbers"),
    "people with no access dropped": (
        lambda t: t.drop(index="c"),
        r"1 resident without a row, 'c': keep everyone \(reindex to residents.index\), a row of NaN",
    ),
    "unknown resident": (lambda t: t.rename(index={"c": "d"}), "1 row not in the residents table, 'd'"),
    "another order": (
        lambda t: t.iloc[::-1],
        r"not in the order of the residents: call times.reindex\(residents.index\)",
    ),
    "unknown service": (lambda t: t.rename(columns={"m": "mm"}), r"'mm'.* not in the services table"),
    "column twice": (lambda t: t[["m", "m"]], "Column 'm' is there more than once"),
    "columns as numbers": (lambda t: t.set_axis([1, 2], axis=1), "Columns 1, 2 are not text: name them by service_id"),
    "a list": (lambda t: t.to_numpy().tolist(), "It is a list and not a DataFrame"),
}


@pytest.mark.parametrize(("change", "message"), BAD_COMMUNES.values(), ids=BAD_COMMUNES)
def test_communes_out_of_the_contract_are_refused_with_row_value_and_remedy(change, message) -> None:
    with pytest.raises(TableError, match=message):
        check_communes(change(communes_table()))


@pytest.mark.parametrize(("change", "message"), BAD_RESIDENTS.values(), ids=BAD_RESIDENTS)
def test_residents_out_of_the_contract_are_refused_with_row_value_and_remedy(change, message) -> None:
    with pytest.raises(TableError, match=message):
        check_residents(change(residents_table()), communes_table())


@pytest.mark.parametrize(("change", "message"), BAD_SERVICES.values(), ids=BAD_SERVICES)
def test_services_out_of_the_contract_are_refused_with_row_value_and_remedy(change, message) -> None:
    with pytest.raises(TableError, match=message):
        check_services(change(services_table()), communes_table())


@pytest.mark.parametrize(("change", "message"), BAD_TIMES.values(), ids=BAD_TIMES)
def test_times_out_of_the_contract_are_refused_with_cell_and_remedy(change, message) -> None:
    with pytest.raises(TableError, match=message):
        check_times(change(times_table()), residents_table(), services_table())


def test_tables_in_the_contract_pass_and_are_not_changed() -> None:
    tables = communes_table(), residents_table(), services_table(), times_table()
    before = pickle.dumps(tables)
    check_communes(tables[0])
    check_residents(tables[1], tables[0])
    check_services(tables[2], tables[0])
    check_times(tables[3], tables[1], tables[2])
    check_times(tables[3][["f"]], tables[1], tables[2])
    assert pickle.dumps(tables) == before


def test_all_problems_come_in_one_message() -> None:
    bad = communes_table().drop(columns="epci").assign(population=[-1, 2, 3], name=["", "b", "c"]).to_crs(4326)
    with pytest.raises(TableError) as caught:
        check_communes(bad)
    assert len(caught.value.problems) == 4
    assert str(caught.value).startswith("communes: 4 problems. ")


def test_message_counts_the_rows_it_does_not_name() -> None:
    many = pd.concat([residents_table()] * 20).set_axis([f"r{row}" for row in range(60)]).rename_axis("resident_id")
    with pytest.raises(TableError, match=r"in 60 rows: 'r0' .*'r4' \(-1\) and 55 more"):
        check_residents(many.assign(population=-1))


def test_rows_are_called_what_the_caller_says() -> None:
    with pytest.raises(TableError, match=r"negative in 1 row: line 3 \(-1\)"):
        check_residents(residents_table().assign(population=[1, -1, 2]), row_names=["line 2", "line 3", "line 4"])


def test_four_digits_are_a_whole_code_outside_france() -> None:
    porto = communes_table().set_axis(["1312", "1304", "1308"]).rename_axis("code")
    porto = porto.set_geometry(porto.geometry.translate(532_000 - X, 4_556_000 - Y).set_crs(32629, allow_override=True))
    check_communes(porto)


def test_a_plan_near_the_origin_is_let_through() -> None:
    check_residents(
        residents_table().set_geometry(gpd.GeoSeries.from_xy([0, 1, 2], [0, 0, 5], crs=2154).set_axis(["a", "b", "c"]))
    )


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted(CATEGORIES)), st.text(min_size=1))
def test_every_category_is_in_the_published_list_or_has_a_label(known: str, other: str) -> None:
    check_services(services_table().assign(category=known, category_label=None))
    if other.strip() and other not in CATEGORIES:
        check_services(services_table().assign(category=other, category_label="mot"))
        with pytest.raises(TableError, match="category_label"):
            check_services(services_table().assign(category=other, category_label=None))


@pytest.mark.parametrize(
    ("place", "crs"),
    [
        ((3.0, 49.3, 3.8, 49.9), "EPSG:2154"),
        (shapely.Point(9.1, 42.2), "EPSG:2154"),
        ((55.2, -21.4, 55.8, -20.9), "EPSG:2975"),  # the legal projections overseas (decree 2000-1276)
        (shapely.Point(-61.53, 16.24), "EPSG:5490"),
        (shapely.Point(-61.07, 14.6), "EPSG:5490"),
        (shapely.Point(-62.85, 17.9), "EPSG:5490"),
        (shapely.Point(-52.33, 4.93), "EPSG:2972"),
        (shapely.Point(45.23, -12.78), "EPSG:4471"),
        (shapely.Point(-56.18, 46.78), "EPSG:4467"),
        (shapely.Point(57.5, -20.2), "EPSG:32740"),  # Mauritius
        (shapely.Point(-61.35, 15.4), "EPSG:32620"),  # Dominica, between the two
        (gpd.GeoSeries.from_xy([-8.6], [41.15], crs=4326), "EPSG:32629"),
        (gpd.GeoSeries.from_xy([713_000], [6_946_000], crs=2154), "EPSG:2154"),
        ((180.0, 0.0, 180.0, 0.0), "EPSG:32660"),
    ],
)
def test_metric_crs_is_the_legal_one_in_france_and_utm_elsewhere(place: object, crs: str) -> None:
    assert metric_crs(place) == crs


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (gpd.GeoSeries.from_xy([3.0], [49.0]), "no CRS: call set_crs"),
        (gpd.GeoSeries([], crs=4326), "no coordinates"),
        ((713_000, 6_946_000, 714_000, 6_947_000), "not in degrees"),
        ((3.0, 49.0), "no coordinates"),
        (gpd.GeoSeries.from_xy([179.9, -179.9], [-16.8, -16.8], crs=4326), "both sides of 180°"),
        ((179.9, -17.0, -179.9, -16.0), "both sides of 180°"),
    ],
)
def test_metric_crs_refuses_a_place_that_is_none(place: object, message: str) -> None:
    with pytest.raises(TableError, match=message):
        metric_crs(place)


@settings(deadline=None)
@given(st.floats(-180, 180), st.floats(-80, 84))
def test_metric_crs_measures_a_kilometre_as_a_kilometre(lon: float, lat: float) -> None:
    from pyproj import Geod, Transformer

    crs = metric_crs((lon, lat, lon, lat))
    geod = Geod(ellps="GRS80")
    end = geod.fwd(lon, lat, 45, 1000)
    forward = Transformer.from_crs("EPSG:4326", crs, always_xy=True)
    (x0, y0), (x1, y1) = forward.transform(lon, lat), forward.transform(*end[:2])
    assert np.hypot(x1 - x0, y1 - y0) == pytest.approx(1000, rel=0.005)


def test_problems_read_as_sentences() -> None:
    with pytest.raises(TableError) as caught:
        check_communes(communes_table().assign(population=-1).set_crs(None, allow_override=True))
    assert all(re.fullmatch(r"['A-Z].*\.", problem) for problem in caught.value.problems)
