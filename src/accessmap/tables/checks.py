"""A table being checked: each check adds a problem that names rows, values and the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.exceptions import ProjError

from accessmap.categories import CATEGORIES
from accessmap.errors import Problems, Rows, TableError
from accessmap.words.near import Near, near_names, some
from accessmap.words.notes import SHOWN, Note, first_few, written

METRIC_CRS = "EPSG:2154"
"""RGF93 v1 / Lambert-93, in metres: the legal projection of metropolitan France (decree 2000-1276, amended in 2019)."""

# Around metropolitan France, lon/lat. Lambert-93's distortion depends on latitude alone (its standard parallels are 44
# and 49 degrees), so a place across the border but between these latitudes is measured as well as one inside.
FRANCE_LONLAT = (-5.5, 41.0, 10.0, 51.5)
# Territories of France overseas, lon/lat, and the EPSG code of their legal projection (decree 2000-1276, as amended):
# RGAF09 UTM 20N, RGFG95 UTM 22N, RGR92 UTM 40S, RGM04 UTM 38S, RGSPM06 UTM 21N.
OVERSEAS_LONLAT = {
    (-61.9, 15.75, -60.9, 16.6): 5490,  # Guadeloupe
    (-61.3, 14.3, -60.75, 14.95): 5490,  # Martinique
    (-63.2, 17.8, -62.7, 18.15): 5490,  # Saint-Martin, Saint-Barthélemy
    (-54.7, 2.0, -51.3, 6.0): 2972,  # Guyane
    (55.1, -21.5, 55.95, -20.75): 2975,  # La Réunion
    (44.9, -13.15, 45.4, -12.5): 4471,  # Mayotte
    (-56.6, 46.6, -56.0, 47.25): 4467,  # Saint-Pierre-et-Miquelon
}
# The area of use of EPSG:2154 (EPSG register: 9.86 W to 10.38 E, 41.15 N to 51.56 N) in its metres, rounded outwards.
FRANCE_METRES = (-400_000.0, 6_000_000.0, 1_300_000.0, 7_250_000.0)
# Nearer the origin than this Lambert-93 has only open sea: a table that lies there whole is a plan of its
# own, as in examples, and is let through.
OWN_PLAN_METRES = 1_000_000.0
MOST = 1e12  # of people, places or premises: no count of a table is larger
EARTH_METRES = 20_100_000.0  # half the circumference: no metric coordinate is larger

YES_NO = ("yes", "no", "unknown")

Mask = NDArray[np.bool_]

# A commune code has five characters and that of an IRIS nine: with one less and digits only, a leading zero was lost
# (departments 01 to 09; Corsica's 2A and 2B hold a letter and are not touched).
LOST_ZERO = re.compile(r"\d{4}|\d{8}")
FLOAT_AS_TEXT = re.compile(r"\d+\.0+")

TABLES = (
    *("communes", "residents", "services", "schools", "equipment", "digital", "roll"),
    *("times", "place", "supply", "population"),
)


def table_name(name: str) -> Note:
    """Return what a table is called at the head of its error.

    >>> table_name("residents"), table_name("residents").told("fr"), table_name("mairies").told("fr")
    ('residents', 'habitants', 'mairies')
    """
    return Note(f"table_{name}") if name in TABLES else Note.plain(name)


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value.strip() != ""


class TableProblems:
    """A table, what its rows are called ("line 4 '02173'"; else their ids), and its problems, raised together."""

    def __init__(self, name: str, table: Any, rows: Sequence[str] | None = None) -> None:
        self.name, self.table, self.rows = name, table, rows
        self.problems = Problems()

    @property
    def about(self) -> Note:
        """What the error is titled by."""
        return table_name(self.name)

    def add(self, key: str, *, near: Iterable[str] = (), n: float | None = None, **values: Any) -> None:
        """Keep one more problem, described as for :class:`~accessmap.errors.Problem`."""
        self.problems.add(key, near=near, n=n, **values)

    def raise_if_any(self) -> None:
        """Raise all that was found in one error."""
        self.problems.raise_if_any(TableError, self.about)

    def row(self, row: int) -> str:
        """Return what one row is called."""
        return written(self.table.index[row]) if self.rows is None else self.rows[row]

    def valued(self, row: int, value: object) -> Note:
        """Return what one row is called, with what stands there."""
        return Note("row_value", row=self.row(row), value=value)

    def flag(
        self,
        mask: Any,
        key: str,
        values: pd.Series | None = None,
        told: Callable[[int], object] | None = None,
        **more: Any,
    ) -> None:
        """Add a problem where `mask` is true anywhere, with what stands in each row, as Python writes it or as `told`.

        The problem's value is that of the first wrong row, unless `more`, which fills the other braces, gives it.
        """
        where = np.flatnonzero(np.asarray(mask, dtype=bool))
        if not len(where):
            return
        if values is not None and told is None:
            told = lambda row: written(values.iloc[row])  # noqa: E731
        shown = first_few(where, self.row if told is None else lambda row: self.valued(row, told(row)))
        more.setdefault("value", values.iloc[where[0]] if values is not None else told(where[0]) if told else "")
        self.add(key, where=Rows.of(len(where), shown), **more)

    def flag_unknown(self, mask: Mask, key: str, values: pd.Series, near: dict[Any, tuple[str, ...]]) -> None:
        """Add a problem where a value is not known, each with its near matches."""

        def told(row: int) -> Note:
            value = values.iloc[row]
            return Note("two_parts", first=written(value), then=Near.of(near.get(value, ())))

        self.flag(mask, key, values, told, near=next(iter(near.values()), ()))


class CheckedTable(TableProblems):
    """A table being checked against its contract: each method adds what is wrong with one part of it."""

    def is_table(self, *, geographic: bool) -> bool:
        """Whether this is a table with rows, which the other checks need."""
        wanted = gpd.GeoDataFrame if geographic else pd.DataFrame
        if not isinstance(self.table, wanted):
            given = type(self.table).__name__
            if geographic:
                self.add("not_a_geodataframe", value=given)
            else:
                self.add("not_a_dataframe", value=given)
        elif geographic and self.table.active_geometry_name is None:
            self.add("no_geometry_column")
        elif geographic and self.table.empty:
            self.add("no_rows")
        elif not geographic or self.columns_once():
            return True
        return False

    def columns_once(self) -> bool:
        """No column is there twice."""
        columns = self.table.columns
        if columns.is_unique:
            return True
        twice = columns[columns.duplicated()]
        self.add("columns_twice", value=twice[0], names=some(twice))
        return False

    def columns(self, *names: str) -> None:
        """Every named column is there."""
        for name in names:
            if name not in self.table.columns:
                others = [column for column in self.table.columns if column not in names]
                self.add("column_missing", value=name, near=near_names(name, others))

    def ids(self, name: str, *, french: bool = False) -> None:
        """The index holds unique text, without the marks that numbers leave on codes."""
        index = self.table.index
        if isinstance(index, pd.MultiIndex):
            self.add("index_levels", value=index.nlevels, name=name)
            return
        if name in self.table.columns:
            self.add("index_is_column", value=name)
            return
        if index.name not in (None, name):
            self.add("index_named", value=index.name, shown=repr(index.name), name=name)
        text = pd.Series(index, dtype=object)
        null = text.isna().to_numpy()
        number = ~null & ~text.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)

        def place(row: int) -> Note:
            return Note("row_number", number=str(row + 1))

        self.flag(null, "id_missing", None, place, name=name)
        self.flag(number, "id_number", name=name)
        words = text.where(~null & ~number, "-").astype(str)
        self.flag(words.str.strip() == "", "id_blank", None, place, name=name)
        self.flag(words != words.str.strip(), "id_spaces", name=name)
        self.flag(text.duplicated(keep=False) & ~null, "id_repeated", name=name)
        self._marks_of_numbers(words, name, french=french)

    def lost_zeros(self, name: str) -> None:
        """The codes in a column show no mark of having been numbers."""
        if name in self.table.columns:
            values = self.table[name].reset_index(drop=True).astype(object)
            is_text = values.map(lambda value: isinstance(value, str))
            self._marks_of_numbers(values.where(is_text, "-").astype(str), name, french=True)

    def _marks_of_numbers(self, words: pd.Series, name: str, *, french: bool) -> None:
        decimals = words.map(lambda word: FLOAT_AS_TEXT.fullmatch(word) is not None)
        self.flag(decimals, "code_with_decimals", words, name=name)
        # elsewhere in the world four digits may be a whole code (in Portugal, say)
        if french and self.in_france:
            lost = words.map(lambda word: LOST_ZERO.fullmatch(word) is not None)
            zero = lambda row: Note("value_for", value=repr(words[row]), right=f"'0{words[row]}'")  # noqa: E731
            self.flag(lost, "code_lost_zero", words, zero, name=name)

    @property
    def in_france(self) -> bool:
        """Whether the table is in the CRS of metropolitan France."""
        crs = self.table.crs
        return crs is not None and crs.to_epsg() == 2154

    def text(self, name: str, *, optional: bool = False) -> None:
        """A column holds text, in every row unless it is optional."""
        if name not in self.table.columns:
            return
        values = self.table[name]
        null = values.isna().to_numpy()
        is_text = values.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
        if not optional:
            blank = null | (is_text & (values.astype(str).str.strip() == "").to_numpy())
            self.flag(blank, "text_missing", name=name)
        self.flag(~null & ~is_text, "not_text", values, name=name)

    def number(self, name: str, what: Note, *, optional: bool = False) -> None:
        """A column holds finite numbers, 0 or more; missing only where it is optional."""
        if name not in self.table.columns:
            return
        values = self.table[name]
        named: dict[str, Any] = {
            "name": name,
            "give": Note("give_or_missing" if optional else "give_number", what=what),
        }
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            numbers = pd.to_numeric(
                values.where(~values.map(lambda value: isinstance(value, bool)), None), errors="coerce"
            )
            bad = (numbers.isna() & values.notna()).to_numpy(dtype=bool)
            bad = bad if bad.any() else values.notna().to_numpy(dtype=bool)
            self.flag(bad, "not_a_number", values, dtype=values.dtype, **named)
            return
        numbers = values.astype("float64")
        if not optional:
            self.flag(np.isnan(numbers), "number_missing", **named)
        self.flag(np.isinf(numbers), "number_infinite", **named)
        large = np.isfinite(numbers) & (numbers > MOST)
        self.flag(large, "number_too_large", numbers, lambda row: f"{numbers.iloc[row]:g}", **named)
        below = np.isfinite(numbers) & (numbers < 0)
        self.flag(below, "number_negative", numbers, lambda row: f"{numbers.iloc[row]:g}", **named)

    def true_or_false(self, name: str, key: str, **more: Any) -> bool:
        """Whether a column that is there is true or false in every row."""
        values = self.table[name]
        wrong = ~values.map(lambda value: isinstance(value, bool | np.bool_)).to_numpy(dtype=bool)
        self.flag(wrong, key, values, name=name, **more)
        return not wrong.any()

    def may_move(self) -> None:
        """`mobile` is true or false where it is said."""
        if "mobile" in self.table.columns:
            values = self.table["mobile"]
            wrong = ~values.map(lambda value: isinstance(value, bool | np.bool_)) & values.notna()
            self.flag(wrong, "not_bool", values, name="mobile")

    def territory(self) -> None:
        """`in_territory` is true or false in every row, and true somewhere."""
        if "in_territory" not in self.table.columns:
            return
        if self.true_or_false("in_territory", "not_bool") and not self.table["in_territory"].any():
            self.add("no_territory", value=False)

    def known(self, name: str, names: Iterable[Any], key: str, unknown: Mask | None = None) -> None:
        """Every value of a column is one of `names`; or the rows that are not are given."""
        if name not in self.table.columns:
            return
        values = self.table[name]
        if unknown is None:
            unknown = (~values.isin(list(names)) & values.notna()).to_numpy()
        self.flag_unknown(unknown, key, values, {value: near_names(value, names) for value in _first(values[unknown])})

    def category(self) -> None:
        """Every category is in the published vocabulary, or the row gives the word to show for it."""
        if "category" not in self.table.columns:
            return
        self.text("category")
        self.text("category_label", optional=True)
        values = self.table["category"]
        unknown = ~values.isin(list(CATEGORIES)) & values.map(_is_word).astype(bool)
        if "category_label" in self.table.columns:
            unknown = unknown & ~self.table["category_label"].map(_is_word).astype(bool)
        self.known("category", CATEGORIES, "category_unknown", unknown.to_numpy(dtype=bool))

    def hours(self) -> None:
        """Opening hours that are given can be read as OSM opening_hours."""
        if "hours" not in self.table.columns:
            return
        from opening_hours import validate  # loaded only where hours are given

        self.text("hours", optional=True)
        values = self.table["hours"]
        is_text = values.map(lambda value: isinstance(value, str))
        readable = {value: validate(value) for value in values[is_text].unique()}
        unread = [is_given and not readable[value] for is_given, value in zip(is_text, values, strict=True)]
        self.flag(unread, "hours_not_osm", values)

    def yes_no(self, name: str) -> None:
        """A column is yes, no or unknown in every row."""
        if name in self.table.columns:
            values = self.table[name]
            self.flag(~values.isin(YES_NO), "not_yes_no", values, name=name)

    def places(self, types: Sequence[str]) -> None:
        """The CRS is in metres, and the geometry of these types, valid and on Earth."""
        table: gpd.GeoDataFrame = self.table
        geometry = table.geometry.to_numpy()
        if table.active_geometry_name != "geometry":
            self.add("geometry_named", value=table.active_geometry_name, shown=repr(table.active_geometry_name))
        null, empty = shapely.is_missing(geometry), shapely.is_empty(geometry)
        remedy = Note("geometry_place_service" if self.name == "services" else "geometry_or_leave_out")
        self.flag(null, "geometry_missing", remedy=remedy)
        self.flag(empty, "geometry_empty", remedy=remedy)
        usable = ~null & ~empty
        kinds = pd.Series(table.geometry.geom_type.to_numpy())
        wrong = usable & ~np.isin(kinds, list(types))
        remedy = Note("points_wanted" if "Point" in types else "polygons_wanted")
        self.flag(wrong, "geometry_type", kinds, kinds.get, remedy=remedy)
        bounds = shapely.bounds(geometry)
        finite = np.isfinite(bounds).all(axis=1)
        self.flag(usable & ~finite, "geometry_not_finite", None, lambda row: bounds[row].tolist())
        invalid = usable & finite & ~wrong & ~shapely.is_valid(geometry)
        self.flag(invalid, "geometry_invalid", None, lambda row: shapely.is_valid_reason(geometry[row]))
        if self.metric():
            self._coordinates(bounds, usable & finite)

    def metric(self) -> bool:
        """Whether there is a CRS in metres."""
        crs = self.table.crs
        if crs is None:
            self.add("crs_missing", crs=METRIC_CRS)
        elif crs.to_epsg() == 2154 or crs.utm_zone is not None:
            return True
        elif crs.is_geographic:
            self.add("crs_degrees", value=crs_name(crs))
        else:
            self.add("crs_not_metric", value=crs_name(crs))
        return False

    def _coordinates(self, bounds: NDArray[np.float64], usable: Mask) -> None:
        """Metric coordinates are no degrees, x and y not swapped, on the Earth and inside the projection."""
        if not usable.any():
            return
        crs = crs_name(self.table.crs)
        x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2

        def at(row: int) -> str:
            return f"x={x[row]:.10g}, y={y[row]:.10g}"

        degrees = usable & (np.abs(x) <= 180) & (np.abs(y) <= 90)
        # whole numbers near zero are the plan of an example; degrees never come as whole numbers only
        if degrees[usable].all() and (bounds[usable] % 1 != 0).any():
            self.flag(degrees, "geometry_degrees", None, at, crs=crs, metric=METRIC_CRS)
            return
        off = usable & ((np.abs(x) > EARTH_METRES) | (np.abs(y) > EARTH_METRES))
        self.flag(off, "geometry_off_earth", None, at, crs=crs)
        if not self.in_france:
            return
        west, south, east, north = FRANCE_METRES
        if ((np.abs(x) < OWN_PLAN_METRES) & (np.abs(y) < OWN_PLAN_METRES))[usable].all():
            return
        outside = usable & ~off & ((x < west) | (x > east) | (y < south) | (y > north))
        swapped = outside & (y >= west) & (y <= east) & (x >= south) & (x <= north)
        self.flag(swapped, "geometry_swapped", None, at)
        self.flag(outside & ~swapped, "geometry_outside_france", None, at, crs=crs)

    def same_crs(self, communes: gpd.GeoDataFrame) -> bool:
        """Whether the table and the communes share one CRS; a problem where they have different ones."""
        mine, theirs = self.table.crs, communes.crs
        if mine is None or theirs is None or mine == theirs:
            return mine is not None and mine == theirs
        self.add("crs_differ", value=mine.name, other=theirs.name)
        return False

    def old_communes(self, communes: gpd.GeoDataFrame) -> None:
        """Sites that lie inside the communes carry a code that one of them has."""
        if "commune" not in self.table.columns:
            return
        codes = self.table["commune"]
        unknown = (~codes.isin(communes.index) & codes.notna()).to_numpy()
        points = self.table.geometry.to_numpy()
        unknown = unknown & ~shapely.is_missing(points)
        sites, zones = communes.sindex.query(points[unknown], predicate="intersects")
        at = dict(zip(np.flatnonzero(unknown)[sites].tolist(), zones.tolist(), strict=True))
        inside = np.zeros(len(codes), dtype=bool)
        inside[list(at)] = True

        def told(row: int) -> Note:
            return Note("value_in", value=repr(codes.iloc[row]), place=repr(communes.index[at[row]]))

        self.flag(inside, "commune_merged", codes, told)


def on_earth(crs: Any) -> bool:
    """Return whether a CRS says where on Earth its numbers are: undefined, damaged ones and plans of a site do not.

    >>> from pyproj import CRS
    >>> on_earth(CRS(2154)), on_earth(CRS('LOCAL_CS["Undefined Cartesian SRS",LOCAL_DATUM["unknown",0]]'))
    (True, False)
    """
    if not (crs.is_geographic or crs.is_projected) or crs.name.casefold().startswith("undefined"):
        return False
    try:
        Transformer.from_crs(crs, 4326)
    except ProjError:
        return False
    return True


def crs_name(crs: Any) -> str:
    """Return the authority's code of a CRS, such as "EPSG:2154", or its name where it has none."""
    return ":".join(crs.to_authority() or (crs.name,))


def _first(values: pd.Series) -> Sequence[Any]:
    """The first few different values: those that are shown."""
    return list(values.unique()[:SHOWN])
