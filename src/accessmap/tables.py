"""The contracts of the four tables (communes, residents, services, times), each checked once at the public door.

Every check reads the whole table and raises one :class:`~accessmap.errors.TableError` that lists all problems, with the
rows, the values and the remedy. No check changes what it is given.
"""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from accessmap.errors import TableError
from accessmap.findings import Findings, count, first_few, some
from accessmap.places import FRANCE_LONLAT, METRIC_CRS, check_places, old_communes, same_crs

__all__ = ["METRIC_CRS", "check_communes", "check_residents", "check_services", "check_times", "metric_crs"]

LONGEST_MINUTES = 7 * 24 * 60  # a week: beyond, the number is a mark for "not reached" and not a time


def metric_crs(place: gpd.GeoDataFrame | gpd.GeoSeries | BaseGeometry | Sequence[float]) -> str:
    """Return the CRS to measure this place in metres: EPSG:2154 around metropolitan France, else its UTM zone.

    Parameters
    ----------
    place
        A GeoDataFrame or GeoSeries with a CRS; or a shapely geometry or (west, south, east, north) bounds in degrees.

    Returns
    -------
    str
        An authority code such as "EPSG:2154" or "EPSG:32629".

    Raises
    ------
    TableError
        When the place has no CRS, no coordinates, or coordinates that are not on Earth.

    Notes
    -----
    UTM zone: six degrees wide, counted from 180 degrees west; EPSG 326xx north and 327xx south of the equator.

    Examples
    --------
    >>> metric_crs((3.0, 49.3, 3.8, 49.9))
    'EPSG:2154'
    >>> metric_crs((-8.7, 41.1, -8.5, 41.3))
    'EPSG:32629'
    """
    if isinstance(place, gpd.GeoDataFrame | gpd.GeoSeries):
        if place.crs is None:
            raise TableError("place", ["It has no CRS: call set_crs('EPSG:4326') or the CRS of its numbers."])
        bounds = np.asarray(place.total_bounds, dtype=float)
        if np.isfinite(bounds).all():
            to_degrees = Transformer.from_crs(place.crs, "EPSG:4326", always_xy=True)
            bounds = np.asarray(to_degrees.transform_bounds(*bounds), dtype=float)
    else:
        bounds = np.asarray(place.bounds if isinstance(place, BaseGeometry) else place, dtype=float)
    if bounds.shape != (4,) or not np.isfinite(bounds).all():
        raise TableError("place", [f"It has no coordinates (bounds {bounds.tolist()}): give four numbers in degrees."])
    lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    if abs(lon) > 180 or abs(lat) > 90:
        raise TableError("place", [f"Its centre ({lon:g}, {lat:g}) is not in degrees: give lon/lat bounds."])
    west, south, east, north = FRANCE_LONLAT
    if west <= lon <= east and south <= lat <= north:
        return METRIC_CRS
    zone = min(int((lon + 180) // 6) + 1, 60)
    return f"EPSG:{326 if lat >= 0 else 327}{zone:02d}"


def check_communes(communes: gpd.GeoDataFrame, *, row_names: Sequence[str] | None = None) -> None:
    """Return nothing when `communes` is in the contract, and raise with every problem when it is not.

    Parameters
    ----------
    communes
        Index `code` (text such as "02173"); columns `name`, `population` (people), `epci` (text, or missing),
        `in_territory` (bool), `geometry` (valid polygons in metres).
    row_names
        What to call each row in the message, such as its line in a file, if not by its id.

    Raises
    ------
    TableError
        With all problems at once.

    Examples
    --------
    >>> import shapely
    >>> square = shapely.box(730_000, 6_940_000, 731_000, 6_941_000)
    >>> row = {"name": "Chauny", "population": -3, "epci": "200071785", "in_territory": True, "geometry": square}
    >>> check_communes(gpd.GeoDataFrame([row], index=pd.Index(["02173"], name="code"), crs="EPSG:2154"))
    Traceback (most recent call last):
    accessmap.errors.TableError: communes: 1 problem.
    'population' is negative in 1 row: '02173' (-3): give people, 0 or more.
    """
    found = Findings("communes", communes, row_names)
    if found.is_table(geographic=True):
        found.columns("name", "population", "epci", "in_territory")
        found.ids("code", french=True)
        found.text("name")
        found.number("population", "people")
        found.text("epci", optional=True)
        found.territory()
        check_places(found, ("Polygon", "MultiPolygon"), "polygons")
    found.raise_if_any()


def check_residents(
    residents: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame | None = None,
    *,
    row_names: Sequence[str] | None = None,
) -> None:
    """Return nothing when `residents` is in the contract, and raise with every problem when it is not.

    Parameters
    ----------
    residents
        Index `resident_id` (text); columns `commune` (code), `population` (people), `geometry` (points in metres).
    communes
        Where given, every `commune` must be one of its codes, and both tables must share one CRS.
    row_names
        What to call each row in the message, such as its line in a file, if not by its id.

    Raises
    ------
    TableError
        With all problems at once.

    Examples
    --------
    >>> import shapely
    >>> row = {"commune": "02173", "population": float("nan"), "geometry": shapely.Point(730_500, 6_940_500)}
    >>> check_residents(gpd.GeoDataFrame([row], index=pd.Index(["a"], name="resident_id"), crs="EPSG:2154"))
    Traceback (most recent call last):
    accessmap.errors.TableError: residents: 1 problem. 'population' is missing in 1 row: 'a': give people, 0 or more.
    """
    found = Findings("residents", residents, row_names)
    if found.is_table(geographic=True):
        found.columns("commune", "population")
        found.ids("resident_id")
        found.text("commune")
        found.lost_zeros("commune")
        found.number("population", "people")
        check_places(found, ("Point",), "points")
        if communes is not None:
            same_crs(found, communes)
            remedy = "correct it, load that commune too, or read residents with clip=True"
            found.known("commune", communes.index, "no commune of the communes table", remedy)
    found.raise_if_any()


def check_services(
    services: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame | None = None,
    *,
    row_names: Sequence[str] | None = None,
) -> None:
    """Return nothing when `services` is in the contract, and raise with every problem when it is not.

    Parameters
    ----------
    services
        Index `service_id` (text); columns `name`, `category`, `geometry` (points in metres); optional `category_label`,
        `capacity` (0 or more, missing where unknown), `capacity_unit` (what it counts, in French), `hours` (OSM
        opening_hours, missing where unknown), `step_free` (yes, no or unknown) and `commune` (code). A category outside
        :data:`accessmap.labels.CATEGORIES` needs the word to show on maps in `category_label`.
    communes
        Where given, both tables must share one CRS, and a site inside these communes may not carry an unknown code (of
        a commune since merged, say); sites beyond them may.
    row_names
        What to call each row in the message, such as its line in a file, if not by its id.

    Raises
    ------
    TableError
        With all problems at once.

    Examples
    --------
    >>> import shapely
    >>> row = {"name": "Chauny", "category": "mairies", "geometry": shapely.Point(730_500, 6_940_500)}
    >>> check_services(gpd.GeoDataFrame([row], index=pd.Index(["a"], name="service_id"), crs="EPSG:2154"))
    Traceback (most recent call last):
    accessmap.errors.TableError: services: 1 problem.
    'category' is unknown in 1 row: 'a' ('mairies' (did you mean 'mairie'?)):
    use a name of accessmap.labels.CATEGORIES, or say in 'category_label' which word maps should show.
    """
    found = Findings("services", services, row_names)
    if found.is_table(geographic=True):
        found.columns("name", "category")
        found.ids("service_id")
        found.text("name")
        found.category()
        check_places(found, ("Point",), "points")
        found.number("capacity", "a number", optional=True)
        found.hours()
        found.yes_no("step_free")
        found.text("commune", optional=True)
        found.lost_zeros("commune")
        if communes is not None and same_crs(found, communes):
            old_communes(found, communes)
    found.raise_if_any()


def check_times(
    times: pd.DataFrame,
    residents: pd.DataFrame | None = None,
    services: pd.DataFrame | None = None,
) -> None:
    """Return nothing when `times` is residents × services in float32 minutes, NaN where not reached; raise otherwise.

    Parameters
    ----------
    times
        Minutes, NaN = not reached, never infinite nor a large number that stands for it.
    residents
        Where given, the rows must be all its residents, in its order: people with no access are kept.
    services
        Where given, the columns must be services of it (some or all, in any order).

    Raises
    ------
    TableError
        With all problems at once.

    Examples
    --------
    >>> check_times(pd.DataFrame({"m": [4.0, np.inf]}, index=["a", "b"], dtype="float32"))
    Traceback (most recent call last):
    accessmap.errors.TableError: times: 1 problem. 1 value is infinite, at ('b', 'm'): not reached is NaN.
    """
    found = Findings("times", times, None)
    if found.is_table(geographic=False):
        found.ids("resident_id")
        _check_minutes(found)
        if residents is not None:
            _check_same_rows(found, residents.index)
        if services is not None:
            unknown = [column for column in times.columns if column not in services.index]
            if unknown:
                found.add(
                    f"{some(unknown, services.index)} not in the services table: keep the columns of known services."
                )
    found.raise_if_any()


def _check_minutes(found: Findings) -> None:
    """Times are float32 minutes: finite, 0 or more, NaN where not reached."""
    times = found.table
    for column in times.columns[times.columns.duplicated()].unique():
        found.add(f"Column {column!r} is there more than once: keep one column of each service.")
    numbers = [column for column in times.columns if not isinstance(column, str)]
    if numbers:
        found.add(f"Columns {some(numbers)} are not text: name them by service_id.")
    wrong = {str(dtype) for dtype in times.dtypes if dtype != np.float32}
    if wrong:
        found.add(f"Dtype is {', '.join(sorted(wrong))} and not float32: call astype('float32').")
    try:
        values = times.to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError):
        found.add("Some values are not numbers: give minutes, NaN where not reached.")
        return
    _add_cells(found, np.isinf(values), "infinite", "not reached is NaN")
    _add_cells(found, np.isfinite(values) & (values < 0), "negative", "minutes are 0 or more")
    beyond = np.isfinite(values) & (values > LONGEST_MINUTES)
    _add_cells(found, beyond, "over a week", "a mark for 'not reached' must be NaN; minutes are wanted, not seconds")


def _add_cells(found: Findings, mask: NDArray[np.bool_], what: str, remedy: str) -> None:
    cells = np.argwhere(mask)
    if len(cells):
        named = first_few(cells, lambda cell: str((found.table.index[cell[0]], found.table.columns[cell[1]])))
        verb = "value is" if len(cells) == 1 else "values are"
        found.add(f"{len(cells)} {verb} {what}, at {named}: {remedy}.")


def _check_same_rows(found: Findings, index: pd.Index) -> None:
    """The rows are those of the residents, in their order."""
    unknown = found.table.index.difference(index, sort=False)
    absent = index.difference(found.table.index, sort=False)
    if len(unknown):
        found.add(f"{count(len(unknown), 'row')} not in the residents table, {some(unknown, index)}: remove or rename.")
    if len(absent):
        found.add(
            f"{count(len(absent), 'resident')} without a row, {some(absent)}: "
            "keep everyone (reindex to residents.index), a row of NaN where nothing is reached."
        )
    if not len(unknown) and not len(absent) and not found.table.index.equals(index):
        found.add("The rows are not in the order of the residents: call times.reindex(residents.index).")
