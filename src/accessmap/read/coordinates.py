"""Where the rows of a file lie: geometry, lon/lat, x/y, WKT or names of grid cells, brought to one metric CRS."""

import re
from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError

from accessmap.errors import Rows
from accessmap.read.columns import Names, Reading, as_numbers, both_ways, read_numbers
from accessmap.read.fitting import FAR_METRES, Placed, far_from_theirs
from accessmap.read.points import angle, split_points
from accessmap.read.raw import RawTable, first_line, plain, refusal, refusal_of_rows
from accessmap.tables.checks import FRANCE_LONLAT, FRANCE_METRES, METRIC_CRS, OVERSEAS_LONLAT, crs_name, on_earth
from accessmap.tables.contracts import metric_crs
from accessmap.words.notes import Aside, Note

GRID_CRS = "EPSG:3035"  # ETRS89-LAEA, the grid of INSPIRE (Implementing Rule 1089/2010), Eurostat and INSEE's cells
# "CRS3035RES200mN2029800E4252400" (INSEE, Eurostat: metres) and "1kmN2967E3827" (INSPIRE: zeros of the size cut)
LONG_CELL = re.compile(r"(?:[A-Z]{2}_)?CRS(\d{4,5})RES(\d+)(k?m)N(-?\d+)E(-?\d+)", re.IGNORECASE)
SHORT_CELL = re.compile(r"(\d+)(k?m)N(-?\d+)E(-?\d+)", re.IGNORECASE)
CELL_ENDS = re.compile(r"(\d+)(k?m)N-?\d+E-?\d+$", re.IGNORECASE)  # of both

Array = NDArray[np.float64]
IN_FRANCE = np.array([FRANCE_LONLAT, *OVERSEAS_LONLAT])


def cell_centres(ids: pd.Series) -> tuple[Array, Array, str, int] | None:
    """Return x and y (metres) of the centres of grid cells, their CRS and size (metres), or None if one is no cell.

    Source of the names: INSPIRE data specification on geographical grid systems (D2.8.I.2), and INSEE's
    documentation of the Filosofi cells.

    >>> cell_centres(pd.Series(["1kmN2967E3827", "CRS3035RES1000mN2968000E3827000"]))
    (array([3827500., 3827500.]), array([2967500., 2968500.]), 'EPSG:3035', 1000)
    """
    if not len(ids) or _cell(ids.iloc[0]) is None:
        return None
    cells = [_cell(value) for value in ids]
    grids = {cell[2:] for cell in cells if cell is not None}
    if None in cells or len(grids) != 1:
        return None
    (crs, size) = grids.pop()
    x, y = np.array([cell[:2] for cell in cells if cell is not None], dtype=float).T
    return x, y, crs, size


def cell_sides(ids: pd.Index) -> Array:
    """Return the sides (metres) of the grid cells that ids name, NaN where one names none.

    >>> cell_sides(pd.Index(["1kmN2967E3827", "CRS3035RES200mN2029800E4252400", "02173-01"]))
    array([1000.,  200.,   nan])
    """
    told = pd.Series(ids, dtype="str").str.extract(CELL_ENDS)
    return told[0].to_numpy("float64") * np.where(told[1].str.casefold() == "km", 1000, 1)


def _cell(value: object) -> tuple[float, float, str, int] | None:
    text = str(value)
    if match := LONG_CELL.fullmatch(text):
        code, length, unit, north, east = match.groups()
        size, step = int(length) * (1000 if unit.casefold() == "km" else 1), 1
        crs = f"EPSG:{code}"
    elif match := SHORT_CELL.fullmatch(text):
        length, unit, north, east = match.groups()
        size = int(length) * (1000 if unit.casefold() == "km" else 1)
        step = 10 ** (len(str(size)) - len(str(size).rstrip("0")))
        crs = GRID_CRS
    else:
        return None
    return int(east) * step + size / 2, int(north) * step + size / 2, crs, size


# Start of a commune's code → EPSG code of the legal projection there (decree 2000-1276, amended in 2019): RGAF09 UTM
# 20N, RGFG95 UTM 22N, RGR92 UTM 40S, RGM04 UTM 38S, RGSPM06 UTM 21N; Wallis-et-Futuna in WGS 84 UTM 1S.
OVERSEAS = {"971": 5490, "972": 5490, "973": 2972, "974": 2975, "975": 4467, "976": 4471, "986": 32701}
METROPOLE = 2154
# How FINESS names projections: until 2023 in one word, since then with the EPSG code, and two with neither.
WORDS = {"LAMBERT_93": 2154, "L93_METROPOLE": 2154, "UTM_N20": 5490, "UTM_N21": 4467, "UTM_N22": 2972} | {
    "UTM_S38": 4471,
    "UTM_S40": 2975,
}


def epsg_of_commune(code: object) -> int:
    """Return the EPSG code of the legal projection of a commune.

    >>> epsg_of_commune("02173"), epsg_of_commune("97411")
    (2154, 2975)
    """
    return OVERSEAS.get(str(code)[:3], METROPOLE)


def epsg_of_text(text: object) -> int | None:
    """Return the EPSG code that a description of a projection names, None where it names none.

    >>> epsg_of_text("EPSG:5490 RGAF09/UTM Zone 20N (Antilles)"), epsg_of_text("WGS84/UTM zone 1S (Wallis-et-Futuna)")
    (5490, 32701)
    """
    words = str(text)
    if match := re.search(r"EPSG:(\d+)", words):
        return int(match[1])
    if match := re.search(r"UTM zone (\d+)([NS])", words, re.IGNORECASE):
        return (32600 if match[2].upper() == "N" else 32700) + int(match[1])
    return next((epsg for word, epsg in WORDS.items() if word in words), None)


def metres(raw: RawTable, column: str) -> pd.Series:
    """Return a column of coordinates as numbers, with decimal points or commas.

    Raises
    ------
    SourceError
        When a value is no number: it would else become a site without a point.

    Examples
    --------
    >>> metres(RawTable("s.csv", pd.DataFrame({"x": ["714500,5", None]})), "x").tolist()
    [714500.5, nan]
    """
    read = read_numbers(raw.table[column])
    rows = np.flatnonzero(read.bad)
    if read.key == "number_two_ways":
        raise refusal_of_rows(raw, column, read.key, rows, **both_ways(raw.table[column], read.bad))
    if read.key:
        values = raw.table[column]
        named = Rows.of(len(rows), raw.named(rows, values))
        raise refusal(raw.name, "coordinate_not_a_number", value=values.iloc[rows[0]], column=repr(column), rows=named)
    return read.numbers


def degrees(x: pd.Series, y: pd.Series, epsg: Sequence[int | None]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitudes and latitudes of points that are each in a projection of their own.

    Parameters
    ----------
    x, y
        Metres, missing where there is no point.
    epsg
        Of each point; a point without one is missing too.

    Examples
    --------
    >>> lon, lat = degrees(pd.Series([700000, 657242.9]), pd.Series([6600000, 1795384.4]), [2154, 5490])
    >>> lon.round(3).tolist(), lat.round(3).tolist()
    ([3.0, -61.529], [46.5, 16.234])
    """
    numbers = [values.to_numpy(dtype=float, na_value=np.nan) for values in (x, y)]
    codes = np.array([0 if code is None else code for code in epsg])
    lon, lat = np.full(len(codes), np.nan), np.full(len(codes), np.nan)
    for code in np.unique(codes[codes > 0]):
        rows = (codes == code) & np.isfinite(numbers[0]) & np.isfinite(numbers[1])
        if rows.any():
            forward = Transformer.from_crs(int(code), 4326, always_xy=True)
            lon[rows], lat[rows] = forward.transform(numbers[0][rows], numbers[1][rows])
    return lon, lat


COORDINATES: Names = {
    "lon": ("lng", "long", "longitude", "lon_wgs84", "wgs84_lon"),
    "lat": ("latitude", "lat_wgs84", "wgs84_lat"),
    "x": ("coordx", "coord_x", "coordxet", "easting", "x_?l(ambert)?_?93", "l(ambert)?_?(93_)?x", "x_lambert"),
    "y": ("coordy", "coord_y", "coordyet", "northing", "y_?l(ambert)?_?93", "l(ambert)?_?(93_)?y", "y_lambert"),
    "point": (),  # "49.62, 3.22": found by its values, where there is nothing else
}


def with_geometry(
    reading: Reading,
    *,
    crs: object = None,
    target: CRS | None = None,
    area: gpd.GeoDataFrame | None = None,
    cell_metres: float | None = None,
    ids: str | None = None,
) -> None:
    """Give the reading's table its geometry in metres; what stands in the way becomes one of its problems.

    Parameters
    ----------
    reading
        Whose columns have the names of the contract, and lon, lat, x, y where there are.
    crs
        Of the file's numbers, where it does not say it or says it wrong.
    target
        The metric CRS to reach; that of the place if None.
    area
        The communes in which most should lie, where they are known: a CRS in which they would is named if theirs is
        wrong.
    cell_metres
        Size of the grid cells whose lower-left corners x and y are.
    ids
        Column that may hold names of grid cells.
    """
    if reading.name != "communes" and (ids not in reading.table.columns or cell_centres(reading.table[ids]) is None):
        split_points(reading)
    given = _given_crs(reading, crs)
    before = reading.table
    source = _source(reading, given, crs is not None, cell_metres, ids)
    placed = Placed(before, given if source is None else source.crs, area)
    reading.fit = placed.fit
    if source is None or not _plausible(reading, source):
        _put_anywhere(reading, target)
        return
    said = crs_name(source.crs)
    goal = CRS.from_user_input(target or _metric_crs(source))
    if source.crs != goal:
        source = source.to_crs(goal)
        if source.notna().any():
            reading.note("coordinates_brought", crs=crs_name(goal))
    far = None if area is None else far_from_theirs(source, reading.table.get("commune"), area)
    # far from the communes they name is wrong in any CRS; far from a study that none is named of may be a file of the
    # whole country, unless most of it would be inside in another CRS; of residents each row is told, further on
    if far is not None and (placed.fit(least=0.5) is not None or (far.sure and reading.name != "residents")):
        told = {"named": Note("far_from_named" if far.named else "far_from_study"), "km": f"{FAR_METRES / 1000:g}"}
        reading.add("points_mostly_far", n=far.n, value=said, all=f"{far.of}", crs=said, **told)
        _put_anywhere(reading, target)
        return
    table = pd.DataFrame(reading.table).drop(columns="geometry", errors="ignore")
    reading.table = gpd.GeoDataFrame(table, geometry=source.to_numpy(), crs=goal)


def _put_anywhere(reading: Reading, target: CRS | None) -> None:
    """Give every row some place, for the other checks to go on: the reading has a problem and ends in an error."""
    shape = shapely.box(0, 0, 1, 1) if reading.name == "communes" else shapely.Point(0, 0)
    table = pd.DataFrame(reading.table).drop(columns="geometry", errors="ignore")
    reading.table = gpd.GeoDataFrame(table, geometry=[shape] * len(table), crs=target or METRIC_CRS)


def _given_crs(reading: Reading, crs: object) -> CRS | None:
    try:
        given = None if crs is None else CRS.from_user_input(crs)
    except CRSError as error:
        reading.add("no_crs", value=crs, shown=repr(crs), error=Aside.of(first_line(error)))
        return None
    if given is not None and not on_earth(given):
        reading.add("crs_undefined", value=crs_name(given), crs=repr(crs_name(given)))
        return None
    return given


def _metric_crs(source: gpd.GeoSeries) -> str:
    if source.crs.to_epsg() == 2154:
        return METRIC_CRS  # numbers that do not belong there are then named, and not carried off to another zone
    # the median place: a few sites overseas must not drag all others into another projection
    bounds = source.to_crs("EPSG:4326").bounds.replace([np.inf, -np.inf], np.nan)
    middle = bounds.median()
    return metric_crs(tuple(middle)) if np.isfinite(middle).all() else METRIC_CRS


def _source(
    reading: Reading, crs: CRS | None, named: bool, cell_metres: float | None, ids: str | None
) -> gpd.GeoSeries | None:
    """The geometry as the file has it, in the CRS it is in, or None with a problem."""
    table = reading.table
    if isinstance(table, gpd.GeoDataFrame):
        return _from_geometry(reading, table.geometry, crs)
    zones = reading.name == "communes"  # the lon and lat of a zone are those of its centre
    has = set() if zones else {name for name in COORDINATES if name in table.columns}
    cells = cell_centres(table[ids]) if ids in table.columns else None
    if {"lon", "lat"} <= has:
        return _from_numbers(reading, "lon", "lat", crs or CRS.from_epsg(4326), 0)
    if {"x", "y"} <= has and cell_metres is not None:
        corners = _are_corners(reading, cell_metres)
        return (
            _from_numbers(reading, "x", "y", crs or CRS.from_user_input(GRID_CRS), cell_metres / 2) if corners else None
        )
    if cells is not None and not ({"x", "y"} <= has and crs is not None):
        return _from_cells(reading, cells, cell_metres)
    if {"x", "y"} <= has:
        crs = crs if crs is not None or named else _crs_by_name(reading)
        return None if crs is None else _from_numbers(reading, "x", "y", crs, 0)
    if "geometry" in table.columns:
        return _from_text(reading, table["geometry"], crs)
    if zones:
        reading.add("no_shapes", has=reading.has)
        return None
    half = Note("half_a_place", name=has.pop()) if has else ""
    reading.add("no_coordinates", has=reading.has, half=half)
    return None


def _from_geometry(reading: Reading, geometry: gpd.GeoSeries, crs: CRS | None) -> gpd.GeoSeries | None:
    if crs is None and geometry.crs is None:
        reading.add("file_without_crs")
        return None
    if crs is None and not on_earth(geometry.crs):
        reading.add("crs_undefined", value=crs_name(geometry.crs), crs=repr(crs_name(geometry.crs)))
        return None
    if crs is not None and geometry.crs is not None and crs != geometry.crs:
        reading.note("crs_as_asked", said=crs_name(geometry.crs), crs=crs.name)
    flat = shapely.force_2d(geometry.to_numpy())
    if (crs or geometry.crs).is_geographic:
        flat[(shapely.get_x(flat) == 0) & (shapely.get_y(flat) == 0)] = None  # not found by a geocoder, and open sea
    return gpd.GeoSeries(flat, index=geometry.index, crs=crs or geometry.crs)


def _from_numbers(reading: Reading, x: str, y: str, crs: CRS, shift: float) -> gpd.GeoSeries | None:
    if crs.is_geographic:
        _read_angles(reading, x, y)
    read = {name: read_numbers(reading.table[name], degrees=crs.is_geographic) for name in (x, y)}
    had = len(reading.problems)
    for name, one in read.items():
        reading.unknown(name, one.unknown)
        values = reading.table[name]
        if one.key == "number_two_ways":
            reading.flag(one.bad, "number_two_ways", values, name=name, **both_ways(values, one.bad))
        else:
            reading.flag(one.bad, "place_not_a_number", values, name=name)
        if one.taken:
            reading.note(one.taken, name=repr(name))
    if len(reading.problems) > had:
        return None
    east, north = (one.numbers.to_numpy(dtype=float, na_value=np.nan) + shift for one in read.values())
    absent = ~(np.isfinite(east) & np.isfinite(north))
    if crs.is_geographic:
        absent |= (east == 0) & (north == 0)  # what geocoders write for "not found", and open sea
    points = np.asarray(shapely.points(np.where(absent, 0, east), np.where(absent, 0, north)), dtype=object)
    points[absent] = None
    reading.table = reading.table.drop(columns=[x, y])
    return gpd.GeoSeries(points, index=reading.table.index, crs=crs)


def _read_angles(reading: Reading, *names: str) -> None:
    """Write degrees, minutes and seconds as degrees, in the columns that have some."""
    for name in names:
        values = reading.table[name].astype(object)
        read = values.map(lambda value: angle(value) if isinstance(value, str) and "°" in value else None)
        if read.notna().any():
            first = int(np.flatnonzero(read.notna())[0])
            pair = Note("value_for", value=repr(values.iloc[first]), right=repr(round(float(read.iloc[first]), 5)))
            reading.note("angles_read", n=int(read.notna().sum()), name=repr(name), row=reading.valued(first, pair))
            reading.table = reading.table.assign(**{name: values.where(read.isna(), read)})


def _from_cells(
    reading: Reading, cells: tuple[Array, Array, str, int], cell_metres: float | None
) -> gpd.GeoSeries | None:
    x, y, crs, size = cells
    if cell_metres is not None and cell_metres != size:
        reading.add("cell_size_differs", value=f"{cell_metres:g}", size=size)
        return None
    reading.note("places_are_centres", size=size, crs=crs)
    return gpd.GeoSeries(gpd.points_from_xy(x, y), index=reading.table.index, crs=crs)


def _are_corners(reading: Reading, cell_metres: float) -> bool:
    """Whether x and y are multiples of the cell size, as lower-left corners are."""
    if cell_metres <= 0:
        reading.add("cell_size_not_positive", value=f"{cell_metres:g}")
        return False
    both = [as_numbers(reading.table[name]) for name in ("x", "y")]
    if not all(pd.api.types.is_numeric_dtype(values) for values in both):
        return True  # not numbers at all, which is named when they are placed
    off = np.any([(values % cell_metres != 0) & values.notna() for values in both], axis=0)
    if off.any():
        corner = lambda row: f"x={reading.table['x'].iloc[row]}, y={reading.table['y'].iloc[row]}"  # noqa: E731
        reading.flag(off, "not_corners", None, corner, size=f"{cell_metres:g}", crs=GRID_CRS)
        return False
    reading.note("corners_moved", size=f"{cell_metres:g}")
    return True


def _crs_by_name(reading: Reading) -> CRS | None:
    """Lambert-93 where the columns' own names say so, else a problem."""
    if re.search("lambert|l_?93", plain(reading.sources.get("x", "x"))):
        reading.note("crs_by_name", crs=METRIC_CRS)
        return CRS.from_user_input(METRIC_CRS)
    row = reading.table.iloc[0]
    reading.add("numbers_without_crs", where=reading.rows[0], value=f"x={row['x']}, y={row['y']}")
    return None


def _from_text(reading: Reading, text: pd.Series, crs: CRS | None) -> gpd.GeoSeries | None:
    written = text.astype(object).where(text.notna(), None).to_numpy()
    geometry = shapely.from_wkt(written, on_invalid="ignore")
    hexadecimal = np.array([isinstance(value, str) and value[:2] in ("00", "01") for value in written])
    geometry[hexadecimal] = shapely.from_wkb(written[hexadecimal], on_invalid="ignore")
    unread = shapely.is_missing(geometry) & text.notna().to_numpy()
    if crs is None and not unread.any() and _degrees_of_france(shapely.bounds(geometry)):
        crs = CRS.from_epsg(4326)
        reading.note("text_in_degrees", crs=crs_name(crs))
    if crs is None:
        reading.add("text_without_crs")
        return None
    reading.flag(unread, "geometry_not_wkt", text, lambda row: repr(text.iloc[row])[:60])
    return None if unread.any() else gpd.GeoSeries(shapely.force_2d(geometry), index=text.index, crs=crs)


def _degrees_of_france(bounds: Array) -> bool:
    """Whether shapes can only be in degrees: all lie in France as degrees, and not all in whole numbers of metres."""
    given = bounds[np.isfinite(bounds[:, 0])]
    boxes = [(given[:, :2] >= box[:2]).all(axis=1) & (given[:, 2:] <= box[2:]).all(axis=1) for box in IN_FRANCE]
    return bool(len(given) and np.any(boxes, axis=0).all() and (given % 1).any())


def _plausible(reading: Reading, source: gpd.GeoSeries) -> bool:
    """Whether the numbers can be in the CRS they are said to be in; if not, a problem says what they look like."""
    bounds = shapely.bounds(source.to_numpy())
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2
    crs, had = crs_name(source.crs), len(reading.problems)

    def at(row: int) -> str:
        return f"{x[row]:.8g}, {y[row]:.8g}"

    in_degrees = (np.abs(x) <= 180) & (np.abs(y) <= 90)
    if source.crs.is_geographic:
        west, south, east, north = FRANCE_METRES
        off = ~in_degrees & np.isfinite(x)
        metres = off & (x >= west) & (x <= east) & (y >= south) & (y <= north)
        reading.flag(metres, "metres_as_degrees", None, at, crs=crs)
        reading.flag(off & ~metres, "not_on_earth", None, at)
        west, south, east, north = FRANCE_LONLAT
        swapped = in_degrees & (x >= south) & (x <= north) & (y >= west) & (y <= east)
        reading.flag(swapped, "lon_lat_swapped", None, at)
    elif in_degrees[np.isfinite(x)].any() and in_degrees[np.isfinite(x)].all() and (bounds[np.isfinite(x)] % 1).any():
        # whole numbers near zero are the plan of an example; degrees never come as whole numbers only
        reading.flag(in_degrees, "degrees_as_metres", None, at, crs=crs)
    return len(reading.problems) == had


def to_points(reading: Reading) -> None:
    """Make every geometry a point: polygons by a point inside them, multipoints of one point by it."""
    geometry = reading.table.geometry.to_numpy()
    kinds = shapely.get_type_id(geometry)
    single = (kinds == 4) & (shapely.get_num_geometries(geometry) == 1)
    areas = np.isin(kinds, (3, 6)) & shapely.is_valid(geometry) & ~shapely.is_empty(geometry)
    points = geometry.copy()
    points[single] = shapely.get_geometry(geometry[single], 0)
    points[areas] = shapely.point_on_surface(geometry[areas])
    reading.table = reading.table.set_geometry(gpd.GeoSeries(points, index=reading.table.index, crs=reading.table.crs))
    if areas.any():
        reading.note("polygons_represented", n=int(areas.sum()))
    # what is left is named by the contract's check: lines, empty and invalid shapes
