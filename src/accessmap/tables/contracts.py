"""The contracts of the four tables (communes, residents, services, times), each checked once at the public door.

Every check reads the whole table and raises one :class:`~accessmap.errors.TableError` that lists all problems, with the
rows, the values and the remedy. No check changes what it is given.
"""

import re
from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry

from accessmap.categories import Category, Lang
from accessmap.errors import Problem, TableError
from accessmap.tables.checks import FRANCE_LONLAT, METRIC_CRS, OVERSEAS_LONLAT, CheckedTable, table_name
from accessmap.words.near import Near, near_names, some
from accessmap.words.notes import SHOWN, Note, first_few
from accessmap.words.words import category

RATES: Final = ("fibre", "very_high_speed", "mobile_4g")
"""Columns that hold a share 0-1 of the premises: fibre; any technology at 30 Mbit/s or more; 4G."""

COUNTS: Final = ("premises", "fibre_premises", "very_high_speed_premises")
"""Optional columns that hold a number of premises: all of them, and those that each technology reaches."""

# Above this, the order of two shares that were computed apart is not floating point but a contradiction.
_HAIR = 1e-9
_INSEE = re.compile(r"\d[\dAB]\d{3}")


def check_digital(
    digital: pd.DataFrame, communes: pd.DataFrame | None = None, *, row_names: Sequence[str] | None = None
) -> None:
    """Return nothing when `digital` is in the contract, and raise with every problem when it is not.

    Parameters
    ----------
    digital
        Index `code` (of a commune, text such as "02173"; or the id of a cell or zone); at least one of the columns of
        :data:`RATES`, shares 0-1, missing where unknown; optional :data:`COUNTS` of premises, missing where unknown.
    communes
        Where given, every code must be one of its index. A commune without a row is unknown, and no error.
    row_names
        What to call each row in the message, such as its line in a file, if not by its code.

    Notes
    -----
    Fibre is a technology of 30 Mbit/s or more (ARCEP, Observatoire du haut et très haut débit: "très haut débit" is
    30 Mbit/s or more, downwards), so `very_high_speed` below `fibre` is a contradiction and not a low rate.

    Examples
    --------
    >>> check_digital(pd.DataFrame({"fibre": [89.9]}, index=pd.Index(["02159"], name="code")))
    Traceback (most recent call last):
    accessmap.errors.TableError: digital: 1 problem.
    'fibre' is over 1 in 1 row: '02159' (89.9): give a share 0-1: 89.9 looks like a percentage, divide by 100.
    """
    found = _Rates("digital", digital, row_names)
    if found.is_table(geographic=False) and found.columns_once():
        found.ids("code", french=True)
        found.any_rate()
        for name in RATES:
            found.share(name)
        for name in COUNTS:
            found.number(name, Note("what_premises"), optional=True)
        found.fibre_is_fast()
        if communes is not None:
            found.known_codes(communes.index)
    found.raise_if_any()


class _Rates(CheckedTable):
    """The problems of a table of rates."""

    @property
    def in_france(self) -> bool:
        """Whether the codes are those of INSEE: elsewhere, and for cells, four digits may be a whole code."""
        return any(_INSEE.fullmatch(code) is not None for code in self.table.index if isinstance(code, str))

    def any_rate(self) -> None:
        """One of the rates is there, under its name."""
        if not any(name in self.table.columns for name in RATES):
            has = Note.plain(", ".join(map(repr, self.table.columns))) if len(self.table.columns) else Note("no_column")
            near = next((names for name in self.table.columns if (names := near_names(name, RATES))), ())
            self.add("no_rate", near=near, has=has, rates=", ".join(map(repr, RATES)))

    def share(self, name: str) -> None:
        """A column holds shares 0-1, missing where unknown."""
        if name not in self.table.columns:
            return
        before = len(self.problems)
        self.number(name, Note("what_share"), optional=True)
        if len(self.problems) > before and not pd.api.types.is_numeric_dtype(self.table[name]):
            return
        if pd.api.types.is_bool_dtype(self.table[name]):
            return
        values = pd.Series(self._numbers(name))
        finite = np.isfinite(values)
        largest = values[finite].max() if finite.any() else 0.0
        key = "rate_over_hundred" if largest > 100 else "rate_over_one"
        self.flag(finite & (values > 1), key, values, lambda row: f"{values[row]:g}", name=name, largest=f"{largest:g}")

    def fibre_is_fast(self) -> None:
        """What has fibre has very high speed."""
        if not {"fibre", "very_high_speed"} <= set(self.table.columns) or self.problems:
            return
        fibre, fast = self._numbers("fibre"), self._numbers("very_high_speed")
        both = lambda row: Note("both_values", first=f"{fast[row]:g}", second=f"{fibre[row]:g}")  # noqa: E731
        self.flag(fast < fibre - _HAIR, "fast_below_fibre", pd.Series(fast), both)

    def known_codes(self, codes: pd.Index) -> None:
        """Every code is one of these."""
        text = pd.Series(self.table.index, dtype=object)
        unknown = (~text.isin(codes) & text.notna()).to_numpy()
        # the same code with the zero that a spreadsheet took goes before the nearest ones
        near = {
            code: (f"0{code}",) if f"0{code}" in codes else near_names(code, codes)
            for code in text[unknown].unique()[:SHOWN]
        }
        self.flag_unknown(unknown, "code_not_loaded", text, near)

    def _numbers(self, name: str) -> NDArray[np.float64]:
        return np.asarray(self.table[name].to_numpy(dtype="float64", na_value=np.nan))


LEVELS: Final = ("nursery", "primary", "middle", "high")
"""école maternelle; école élémentaire or primaire (which has both); collège; lycée of any kind."""

SECTORS: Final = ("public", "private")

EQUIPMENT_COUNTS: Final = ("tablets", "interactive_boards")
"""What is counted. `<name>_at_least` is True where the count is only what was bought, on top of an unknown stock."""


def check_schools(
    schools: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame | None = None,
    *,
    row_names: Sequence[str] | None = None,
) -> None:
    """Return nothing when `schools` is in the contract, and raise with every problem when it is not.

    Parameters
    ----------
    schools
        Index `school_id` (text: the UAI, such as "0020001A"); columns `name`, `level` (one of :data:`LEVELS`),
        `commune` (code), `geometry` (points in metres); optional `classes`, `pupils` (counts, 0 or more, missing where
        unknown), `sector` (public or private, missing where unknown) and `with_nursery` (yes, no or unknown: whether a
        primary school has nursery classes too).
    communes
        Where given, every `commune` must be one of its codes, and both tables must share one CRS.
    row_names
        What to call each row in the message, such as its line in a file, if not by its id.

    Examples
    --------
    >>> import shapely
    >>> row = {"name": "Les Marais", "level": "primay", "commune": "02173", "geometry": shapely.Point(0, 0)}
    >>> check_schools(gpd.GeoDataFrame([row], index=pd.Index(["0020001A"], name="school_id"), crs="EPSG:2154"))
    Traceback (most recent call last):
    accessmap.errors.TableError: schools: 1 problem.
    'level' is unknown in 1 row: '0020001A' ('primay' (did you mean 'primary'?)):
    write one of nursery, primary, middle, high (am.read.schools knows the French words).
    """
    found = CheckedTable("schools", schools, row_names)
    if found.is_table(geographic=True):
        found.columns("name", "level", "commune")
        found.ids("school_id")
        found.text("name")
        found.text("level")
        found.known("level", LEVELS, "level_unknown")
        found.text("commune")
        found.lost_zeros("commune")
        found.number("classes", Note("what_classes"), optional=True)
        found.number("pupils", Note("what_pupils"), optional=True)
        found.known("sector", SECTORS, "sector_unknown")
        found.yes_no("with_nursery")
        found.places(("Point",))
        if communes is not None:
            found.same_crs(communes)
            found.known("commune", communes.index, "commune_not_loaded_schools")
    found.raise_if_any()


def check_equipment(
    equipment: pd.DataFrame,
    schools: gpd.GeoDataFrame | None = None,
    *,
    row_names: Sequence[str] | None = None,
) -> None:
    """Return nothing when `equipment` is in the contract, and raise with every problem when it is not.

    Parameters
    ----------
    equipment
        Index `school_id`; optional columns `tablets`, `interactive_boards` (counts, missing where unknown),
        `tablets_at_least`, `interactive_boards_at_least` (bool: the count is a floor), `ent` (yes, no or unknown) and
        `connection_mbps` (Mbit/s down, missing where unknown). No row for a school: all of it is unknown.
    schools
        Where given, every row must be of one of its schools.
    row_names
        What to call each row in the message, such as its line in a file, if not by its id.

    Examples
    --------
    >>> check_equipment(pd.DataFrame({"tablets": [-3]}, index=pd.Index(["0020001A"], name="school_id")))
    Traceback (most recent call last):
    accessmap.errors.TableError: equipment: 1 problem.
    'tablets' is negative in 1 row: '0020001A' (-3): give a count, 0 or more, or leave it missing.
    """
    found = CheckedTable("equipment", equipment, row_names)
    if not isinstance(equipment, pd.DataFrame):
        found.add("not_equipment", value=type(equipment).__name__)
    elif found.columns_once():
        found.ids("school_id")
        for name in EQUIPMENT_COUNTS:
            found.number(name, Note("what_count"), optional=True)
            _check_floor(found, name)
        found.number("connection_mbps", Note("what_mbps"), optional=True)
        found.yes_no("ent")
        if schools is not None:
            _check_schools_exist(found, schools.index)
    found.raise_if_any()


def _check_floor(found: CheckedTable, name: str) -> None:
    flag = f"{name}_at_least"
    if flag not in found.table.columns:
        return
    found.true_or_false(flag, "floor_not_bool", counts=name)
    if name not in found.table.columns:
        found.add("floor_without_counts", value=flag, counts=name)


class _Meant(Near):
    """Near matches that stand in parentheses already."""

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:
        return super()._worded(key, lang, n, values).strip(" ()")


def _check_schools_exist(found: CheckedTable, ids: pd.Index) -> None:
    """Add the rows of schools that are not there, each with the nearest ids."""
    index = found.table.index
    unknown = ~index.isin(ids)

    def told(row: int) -> Note:
        near = near_names(index[row], ids)
        return _Meant.of(near) if near else Note("none_near")

    found.flag(unknown, "school_not_loaded", index.to_series(), told)


LONGEST_MINUTES = 7 * 24 * 60  # a week: beyond, the number is a mark for "not reached" and not a time


def metric_crs(place: gpd.GeoDataFrame | gpd.GeoSeries | BaseGeometry | Sequence[float]) -> str:
    """Return the CRS to measure this place in metres: EPSG:2154 around metropolitan France, else UTM.

    Overseas territories of France have their legal projections (Réunion 2975, Antilles 5490, Guyane 2972, Mayotte 4471,
    Saint-Pierre-et-Miquelon 4467), other places their UTM zone.

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
        When the place has no CRS, no coordinates, coordinates that are not on Earth, or lies on both sides of 180
        degrees, where it cannot be told from one that goes round the Earth.

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
            raise TableError(Problem("place_without_crs"), about=table_name("place"))
        bounds = np.asarray(place.total_bounds, dtype=float)
        if np.isfinite(bounds).all():
            to_degrees = Transformer.from_crs(place.crs, "EPSG:4326", always_xy=True)
            bounds = np.asarray(to_degrees.transform_bounds(*bounds), dtype=float)
    else:
        bounds = np.asarray(place.bounds if isinstance(place, BaseGeometry) else place, dtype=float)
    if bounds.shape != (4,) or not np.isfinite(bounds).all():
        raise TableError(Problem("place_without_coordinates", value=bounds.tolist()), about=table_name("place"))
    if not 0 <= bounds[2] - bounds[0] <= 180 and np.abs(bounds[[0, 2]]).max() <= 180:
        told = f"{bounds[0]:g}, {bounds[2]:g}"
        raise TableError(Problem("place_across_180", value=told), about=table_name("place"))
    lon, lat = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    if abs(lon) > 180 or abs(lat) > 90:
        raise TableError(Problem("place_not_degrees", value=f"{lon:g}, {lat:g}"), about=table_name("place"))
    west, south, east, north = FRANCE_LONLAT
    if west <= lon <= east and south <= lat <= north:
        return METRIC_CRS
    for (west, south, east, north), epsg in OVERSEAS_LONLAT.items():
        if west <= lon <= east and south <= lat <= north:
            return f"EPSG:{epsg}"
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
    found = CheckedTable("communes", communes, row_names)
    if found.is_table(geographic=True):
        found.columns("name", "population", "epci", "in_territory")
        found.ids("code", french=True)
        found.text("name")
        found.number("population", Note("what_people"))
        found.text("epci", optional=True)
        found.territory()
        found.places(("Polygon", "MultiPolygon"))
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

    Examples
    --------
    >>> import shapely
    >>> row = {"commune": "02173", "population": float("nan"), "geometry": shapely.Point(730_500, 6_940_500)}
    >>> check_residents(gpd.GeoDataFrame([row], index=pd.Index(["a"], name="resident_id"), crs="EPSG:2154"))
    Traceback (most recent call last):
    accessmap.errors.TableError: residents: 1 problem. 'population' is missing in 1 row: 'a': give people, 0 or more.
    """
    found = CheckedTable("residents", residents, row_names)
    if found.is_table(geographic=True):
        found.columns("commune", "population")
        found.ids("resident_id")
        found.text("commune")
        found.lost_zeros("commune")
        found.number("population", Note("what_people"))
        found.places(("Point",))
        if communes is not None:
            found.same_crs(communes)
            found.known("commune", communes.index, "commune_not_loaded_residents")
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
        opening_hours, missing where unknown), `step_free` (yes, no or unknown), `mobile` (bool: a bus, which is counted
        apart from what stands in one place) and `commune` (code). A category outside
        :data:`accessmap.categories.CATEGORIES` needs the word to show on maps in `category_label`.
    communes
        Where given, both tables must share one CRS, and a site inside these communes may not carry an unknown code (of
        a commune since merged, say); sites beyond them may.
    row_names
        What to call each row in the message, such as its line in a file, if not by its id.

    Examples
    --------
    >>> import shapely
    >>> row = {"name": "Chauny", "category": "mairies", "geometry": shapely.Point(730_500, 6_940_500)}
    >>> check_services(gpd.GeoDataFrame([row], index=pd.Index(["a"], name="service_id"), crs="EPSG:2154"))
    Traceback (most recent call last):
    accessmap.errors.TableError: services: 1 problem.
    'category' is unknown in 1 row: 'a' ('mairies' (did you mean 'mairie'?)):
    use a name of accessmap.categories.CATEGORIES, or say in 'category_label' which word maps should show.
    """
    found = CheckedTable("services", services, row_names)
    if found.is_table(geographic=True):
        found.columns("name", "category")
        found.ids("service_id")
        found.text("name")
        found.category()
        found.places(("Point",))
        found.number("capacity", Note("what_number"), optional=True)
        found.hours()
        found.yes_no("step_free")
        found.may_move()
        found.text("commune", optional=True)
        found.lost_zeros("commune")
        if communes is not None and found.same_crs(communes):
            found.old_communes(communes)
    found.raise_if_any()


def category_shown(services: pd.DataFrame, name: str) -> Category:
    """Return the words and marker of a category of these services: one of one's own has the word they give it.

    >>> table = pd.DataFrame({"category": ["toys"], "category_label": ["ludothèque"]})
    >>> category_shown(table, "toys").plural
    'ludothèque'
    """
    said = services.get("category_label", pd.Series(pd.NA, index=services.index))
    words = said[services["category"] == name].dropna()
    return category(name, str(words.iloc[0]) if len(words) else "")


def moving(services: pd.DataFrame) -> pd.Series:
    """Return whether each service moves, such as a bus; none does where the table does not say it.

    >>> moving(pd.DataFrame({"mobile": [True, False]}, index=["bus", "house"])).to_dict()
    {'bus': True, 'house': False}
    """
    said = services["mobile"] if "mobile" in services.columns else pd.Series(False, index=services.index)
    return said.eq(True).fillna(False).astype(bool).rename("mobile")


def kinds_counted(services: pd.DataFrame) -> dict[str, int]:
    """Return how many services of each category there are, the most first; those that move under a name of their own.

    >>> table = pd.DataFrame({"category": ["library"] * 3, "mobile": [True, False, False]})
    >>> kinds_counted(table)
    {'library': 2, 'library (mobile)': 1}
    """
    names = services["category"].astype(object)
    counts = names.mask(moving(services), names + " (mobile)").value_counts()
    return {str(name): int(count) for name, count in counts.items()}


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

    Examples
    --------
    >>> check_times(pd.DataFrame({"m": [4.0, np.inf]}, index=["a", "b"], dtype="float32"))
    Traceback (most recent call last):
    accessmap.errors.TableError: times: 1 problem. 1 value is infinite, at ('b', 'm'): not reached is NaN.
    """
    found = CheckedTable("times", times, None)
    if found.is_table(geographic=False):
        found.ids("resident_id")
        _check_minutes(found)
        if residents is not None:
            _check_same_rows(found, residents.index)
        if services is not None:
            unknown = [column for column in times.columns if column not in services.index]
            if unknown:
                found.add("times_unknown_services", value=unknown[0], names=some(unknown, services.index))
    found.raise_if_any()


def _check_minutes(found: CheckedTable) -> None:
    """Times are float32 minutes: finite, 0 or more, NaN where not reached."""
    times = found.table
    for column in times.columns[times.columns.duplicated()].unique():
        found.add("times_column_twice", value=column, shown=repr(column))
    numbers = [column for column in times.columns if not isinstance(column, str)]
    if numbers:
        found.add("times_columns_not_text", value=numbers[0], names=some(numbers))
    wrong = {str(dtype) for dtype in times.dtypes if dtype != np.float32}
    if wrong:
        found.add("times_dtype", value=", ".join(sorted(wrong)))
    try:
        values = times.to_numpy(dtype="float64", na_value=np.nan)
    except (TypeError, ValueError):
        found.add("times_not_numbers")
        return
    beyond = np.isfinite(values) & (values > LONGEST_MINUTES)
    for mask, key in (
        (np.isinf(values), "times_infinite"),
        (np.isfinite(values) & (values < 0), "times_negative"),
        (beyond, "times_over_a_week"),
    ):
        cells = np.argwhere(mask)
        if len(cells):
            named = first_few(cells, lambda cell: str((times.index[cell[0]], times.columns[cell[1]])))
            found.add(key, n=len(cells), value=values[tuple(cells[0])], cells=named)


def _check_same_rows(found: CheckedTable, index: pd.Index) -> None:
    """The rows are those of the residents, in their order."""
    unknown = found.table.index.difference(index, sort=False)
    absent = index.difference(found.table.index, sort=False)
    if len(unknown):
        found.add("times_unknown_rows", n=len(unknown), value=unknown[0], names=some(unknown, index))
    if len(absent):
        found.add("times_absent_rows", n=len(absent), value=absent[0], names=some(absent))
    if not len(unknown) and not len(absent) and not found.table.index.equals(index):
        found.add("times_order")
