"""What is wrong with a table: each check adds a sentence that names rows, values and the remedy."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray

from accessmap.categories import CATEGORIES
from accessmap.errors import TableError
from accessmap.words.near import did_you_mean

METRIC_CRS = "EPSG:2154"
"""RGF93 v1 / Lambert-93, in metres: the legal projection of metropolitan France (decree 2000-1276, amended in 2019)."""

# Around metropolitan France, lon/lat. Lambert-93's distortion depends on latitude alone (its standard parallels are 44
# and 49 degrees), so a place across the border but between these latitudes is measured as well as one inside.
FRANCE_LONLAT = (-5.5, 41.0, 10.0, 51.5)
# The area of use of EPSG:2154 (EPSG register: 9.86 W to 10.38 E, 41.15 N to 51.56 N) in its metres, rounded outwards.
FRANCE_METRES = (-400_000.0, 6_000_000.0, 1_300_000.0, 7_250_000.0)
# Nearer the origin than this Lambert-93 has only open sea: a table that lies there whole is a plan of its
# own, as in examples, and is let through.
OWN_PLAN_METRES = 1_000_000.0
EARTH_METRES = 20_100_000.0  # half the circumference: no metric coordinate is larger


def check_places(found: Findings, types: Sequence[str], words: str) -> None:
    """Add what is wrong with the CRS and the geometry of the table in `found`."""
    table: gpd.GeoDataFrame = found.table
    geometry = table.geometry.to_numpy()
    if table.active_geometry_name != "geometry":
        found.add(f"The geometry column is named {table.active_geometry_name!r}: call rename_geometry('geometry').")
    null, empty = shapely.is_missing(geometry), shapely.is_empty(geometry)
    remedy = "give it, or leave the row out and say so"
    if found.name == "services":
        remedy = f"place the site in its commune (read_services does it with communes=…), {remedy}"
    found.flag(null, "'geometry' is missing", remedy)
    found.flag(empty, "'geometry' is empty", remedy)
    usable = ~null & ~empty
    kinds = table.geometry.geom_type.to_numpy()
    wrong = usable & ~np.isin(kinds, list(types))
    remedy = f"{words} are wanted" + (": use representative_point()" if words == "points" else "")
    found.flag(wrong, "'geometry' is of the wrong type", remedy, lambda row: kinds[row])
    bounds = shapely.bounds(geometry)
    finite = np.isfinite(bounds).all(axis=1)
    found.flag(
        usable & ~finite,
        "'geometry' has coordinates that are not finite",
        "correct them",
        lambda row: bounds[row].tolist(),
    )
    invalid = usable & finite & ~wrong & ~shapely.is_valid(geometry)
    found.flag(
        invalid,
        "'geometry' is invalid",
        "mend it with table.geometry.make_valid()",
        lambda row: shapely.is_valid_reason(geometry[row]),
    )
    if check_crs(found):
        check_coordinates(found, bounds, usable & finite)


def check_crs(found: Findings) -> bool:
    """Add what is wrong with the CRS; return whether there is one in metres."""
    crs = found.table.crs
    if crs is None:
        found.add(f"It has no CRS: call set_crs with the CRS of its numbers, then to_crs('{METRIC_CRS}').")
        return False
    if crs.to_epsg() == 2154 or crs.utm_zone is not None:
        return True
    name = ":".join(crs.to_authority() or (crs.name,))
    code = 2154
    why = "" if crs.is_geographic else " and does not measure true metres here"
    found.add(f"CRS is {name}{why}: call to_crs({code}), or outside France to_crs(accessmap.tables.metric_crs(table)).")
    return False


def check_coordinates(found: Findings, bounds: NDArray[np.float64], usable: NDArray[np.bool_]) -> None:
    """Add what is wrong with metric coordinates: degrees, x and y swapped, off the Earth or outside the projection."""
    if not usable.any():
        return
    name = ":".join(found.table.crs.to_authority() or (found.table.crs.name,))
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2

    def at(row: int) -> str:
        return f"x={x[row]:.10g}, y={y[row]:.10g}"

    degrees = usable & (np.abs(x) <= 180) & (np.abs(y) <= 90)
    # whole numbers near zero are the plan of an example; degrees never come as whole numbers only
    if degrees[usable].all() and (bounds[usable] % 1 != 0).any():
        remedy = f"call set_crs(4326, allow_override=True).to_crs('{METRIC_CRS}')"
        found.flag(degrees, f"'geometry' holds degrees labelled {name}", remedy, at)
        return
    off = usable & ((np.abs(x) > EARTH_METRES) | (np.abs(y) > EARTH_METRES))
    found.flag(off, "'geometry' lies off the Earth", f"correct the coordinates or the CRS ({name})", at)
    if not found.in_france:
        return
    west, south, east, north = FRANCE_METRES
    if ((np.abs(x) < OWN_PLAN_METRES) & (np.abs(y) < OWN_PLAN_METRES))[usable].all():
        return
    outside = usable & ~off & ((x < west) | (x > east) | (y < south) | (y > north))
    swapped = outside & (y >= west) & (y <= east) & (x >= south) & (x <= north)
    found.flag(
        swapped, "'geometry' has x and y swapped", "exchange them (in Lambert-93, y is the number near 6,900,000)", at
    )
    remedy = "correct the coordinates or the CRS; overseas, use to_crs(accessmap.tables.metric_crs(table))"
    found.flag(outside & ~swapped, f"'geometry' lies outside metropolitan France, where {name} is used", remedy, at)


def same_crs(found: Findings, communes: gpd.GeoDataFrame) -> bool:
    """Add a problem where the table and the communes are in different CRS; return whether they share one."""
    table = found.table
    if table.crs is None or communes.crs is None or table.crs == communes.crs:
        return table.crs is not None and table.crs == communes.crs
    found.add(f"CRS is {table.crs.name} and that of the communes is {communes.crs.name}: call to_crs(communes.crs).")
    return False


def old_communes(found: Findings, communes: gpd.GeoDataFrame) -> None:
    """Add sites that lie inside the communes and carry a code that none of them has."""
    if "commune" not in found.table.columns:
        return
    codes = found.table["commune"]
    unknown = (~codes.isin(communes.index) & codes.notna()).to_numpy()
    points = found.table.geometry.to_numpy()
    unknown = unknown & ~shapely.is_missing(points)
    sites, zones = communes.sindex.query(points[unknown], predicate="intersects")
    at = dict(zip(np.flatnonzero(unknown)[sites].tolist(), zones.tolist(), strict=True))
    inside = np.zeros(len(codes), dtype=bool)
    inside[list(at)] = True
    found.flag(
        inside,
        "'commune' is not a code of the communes table, though the site is inside it",
        "correct it (a commune since merged?)",
        lambda row: f"{codes.iloc[row]!r}, in {communes.index[at[row]]!r}",
    )


YES_NO = ("yes", "no", "unknown")
SHOWN = 5  # rows named one by one before "and n more"

Mask = NDArray[np.bool_]

# A commune code has five characters and that of an IRIS nine: with one less and digits only, a leading zero was lost
# (departments 01 to 09; Corsica's 2A and 2B hold a letter and are not touched).
LOST_ZERO = re.compile(r"\d{4}|\d{8}")
FLOAT_AS_TEXT = re.compile(r"\d+\.0+")


def count(number: int, noun: str) -> str:
    """Return '1 row' or '2 rows'."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def first_few(items: Sequence[Any] | pd.Index | NDArray[Any], told: Callable[[Any], str] = repr) -> str:
    """Return the first few items as they are told, with commas, and how many more there are.

    >>> first_few(["a", "b", "c", "d", "e", "f"])
    "'a', 'b', 'c', 'd', 'e' and 1 more"
    """
    more = f" and {len(items) - SHOWN} more" if len(items) > SHOWN else ""
    return ", ".join(told(item) for item in items[:SHOWN]) + more


def some(values: Iterable[object], known: Iterable[object] = ()) -> str:
    """Return the first few values, each with its near matches among `known`, and how many more there are."""
    names = [str(name) for name in known]
    return first_few(
        list(dict.fromkeys(values)), lambda value: f"{value!r}{did_you_mean(value, names) if names else ''}"
    )


def _is_word(value: object) -> bool:
    return isinstance(value, str) and value.strip() != ""


class Findings:
    """The problems of one table, gathered and raised together.

    Parameters
    ----------
    name
        Of the table, as its error is titled.
    table
        What is checked; never changed.
    row_names
        What to call each row ("line 4 '02173'"), if not by its id.
    """

    def __init__(self, name: str, table: Any, row_names: Sequence[str] | None) -> None:
        self.name, self.table, self.row_names = name, table, row_names
        self.problems: list[str] = []

    def add(self, problem: str) -> None:
        """Keep one more problem."""
        self.problems.append(problem)

    def raise_if_any(self) -> None:
        """Raise all that was found in one error."""
        if self.problems:
            raise TableError(*self.problems, about=self.name)

    def rows(self, mask: Mask, value: Callable[[int], object] | None = None) -> str:
        """Return '2 rows: 'a' (-1), 'b' (-3)', with the place in the file where it is known."""

        def told(row: int) -> str:
            name = self.row_names[row] if self.row_names is not None else repr(self.table.index[row])
            return f"{name} ({value(row)})" if value is not None else name

        where = np.flatnonzero(mask)
        return f"{count(len(where), 'row')}: {first_few(where, told)}"

    def flag(self, mask: Any, what: str, remedy: str, value: Callable[[int], object] | None = None) -> None:
        """Add a problem where `mask` is true anywhere."""
        mask = np.asarray(mask, dtype=bool)
        if mask.any():
            self.add(f"{what} in {self.rows(mask, value)}: {remedy}.")

    def is_table(self, *, geographic: bool) -> bool:
        """Whether this is a table with rows, which the other checks need."""
        wanted = gpd.GeoDataFrame if geographic else pd.DataFrame
        if not isinstance(self.table, wanted):
            remedy = (
                "geopandas.GeoDataFrame(table, geometry=…, crs=…)" if geographic else "a residents × services table"
            )
            self.add(f"It is a {type(self.table).__name__} and not a {wanted.__name__}: give {remedy}.")
        elif geographic and self.table.active_geometry_name is None:
            self.add("It has no 'geometry' column: call set_geometry, or build it with geopandas.points_from_xy.")
        elif geographic and self.table.empty:
            self.add("It has no rows: at least one is needed.")
        elif not self.table.columns.is_unique and geographic:
            twice = self.table.columns[self.table.columns.duplicated()]
            self.add(f"Columns {some(twice)} are there twice: keep one of each.")
        else:
            return True
        return False

    def columns(self, *names: str) -> None:
        """Every named column is there."""
        for name in names:
            if name not in self.table.columns:
                others = [column for column in self.table.columns if column not in names]
                self.add(f"'{name}' is missing{did_you_mean(name, others)}: add this column.")

    def ids(self, name: str, *, french: bool = False) -> None:
        """The index holds unique text, without the marks that numbers leave on codes."""
        index = self.table.index
        if isinstance(index, pd.MultiIndex):
            self.add(f"The index has {index.nlevels} levels: call set_index('{name}').")
            return
        if name in self.table.columns:
            self.add(f"'{name}' is a column and must be the index: call set_index('{name}').")
            return
        if index.name not in (None, name):
            self.add(f"The index is named {index.name!r} and not '{name}': call rename_axis or set_index.")
        text = pd.Series(index, dtype=object)
        null = text.isna().to_numpy()
        number = ~null & ~text.map(lambda value: isinstance(value, str)).to_numpy(dtype=bool)
        self.flag(null, f"'{name}' is missing", "give each row an id", lambda row: f"row {row + 1}")
        self.flag(
            number, f"'{name}' is a number", 'ids are text: read the column as str, zeros kept ("01004" and not 1004)'
        )
        words = text.where(~null & ~number, "-").astype(str)
        self.flag(words.str.strip() == "", f"'{name}' is blank", "give each row an id", lambda row: f"row {row + 1}")
        self.flag(words != words.str.strip(), f"'{name}' has spaces around it", "strip them")
        self.flag(text.duplicated(keep=False) & ~null, f"'{name}' is there more than once", "keep one row of each id")
        self._marks_of_numbers(words, name, french=french)

    def lost_zeros(self, name: str) -> None:
        """The codes in a column show no mark of having been numbers."""
        if name in self.table.columns:
            values = self.table[name].reset_index(drop=True).astype(object)
            is_text = values.map(lambda value: isinstance(value, str))
            self._marks_of_numbers(values.where(is_text, "-").astype(str), name, french=True)

    def _marks_of_numbers(self, words: pd.Series, name: str, *, french: bool) -> None:
        self.flag(
            words.map(lambda word: FLOAT_AS_TEXT.fullmatch(word) is not None),
            f"'{name}' was read as a number with decimals",
            "read the column as str, from the file as it was published",
            lambda row: f"{words[row]!r}",
        )
        # elsewhere in the world four digits may be a whole code (in Portugal, say)
        if french and self.in_france:
            self.flag(
                words.map(lambda word: LOST_ZERO.fullmatch(word) is not None),
                f"'{name}' has lost its leading zero",
                "read the column as str, or write it with str.zfill(5)",
                lambda row: f"{words[row]!r} for '0{words[row]}'",
            )

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
            self.flag(blank, f"'{name}' is missing", "give it, as text")
        self.flag(
            ~null & ~is_text, f"'{name}' is not text", "read the column as str", lambda row: repr(values.iloc[row])
        )

    def number(self, name: str, what: str, *, optional: bool = False) -> None:
        """A column holds finite numbers, 0 or more; missing only where it is optional."""
        if name not in self.table.columns:
            return
        values = self.table[name]
        remedy = f"give {what}, 0 or more" + (", or leave it missing" if optional else "")
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            numbers = pd.to_numeric(
                values.where(~values.map(lambda value: isinstance(value, bool)), None), errors="coerce"
            )
            bad = (numbers.isna() & values.notna()).to_numpy(dtype=bool)
            bad = bad if bad.any() else values.notna().to_numpy(dtype=bool)
            self.flag(
                bad, f"'{name}' is not a number (dtype {values.dtype})", remedy, lambda row: repr(values.iloc[row])
            )
            return
        numbers = values.astype("float64").to_numpy()
        if not optional:
            self.flag(np.isnan(numbers), f"'{name}' is missing", remedy)
        self.flag(np.isinf(numbers), f"'{name}' is infinite", remedy)
        self.flag(
            np.isfinite(numbers) & (numbers < 0), f"'{name}' is negative", remedy, lambda row: f"{numbers[row]:g}"
        )

    def true_or_false(self, name: str, remedy: str) -> bool:
        """Whether a column that is there is true or false in every row."""
        values = self.table[name]
        wrong = ~values.map(lambda value: isinstance(value, bool | np.bool_)).to_numpy(dtype=bool)
        self.flag(wrong, f"'{name}' is not true or false", remedy, lambda row: repr(values.iloc[row]))
        return not wrong.any()

    def territory(self) -> None:
        """`in_territory` is true or false in every row, and true somewhere."""
        if "in_territory" not in self.table.columns:
            return
        if self.true_or_false("in_territory", "make it bool") and not self.table["in_territory"].any():
            self.add("'in_territory' is False in every row: mark the communes of the territory as True.")

    def known(self, name: str, names: pd.Index, what: str, remedy: str) -> None:
        """Every value of a column is one of `names`."""
        if name not in self.table.columns:
            return
        values = self.table[name]
        unknown = (~values.isin(names) & values.notna()).to_numpy()
        near = {value: did_you_mean(value, names) for value in values[unknown].unique()[:SHOWN]}
        self.flag(
            unknown, f"'{name}' is {what}", remedy, lambda row: f"{values.iloc[row]!r}{near.get(values.iloc[row], '')}"
        )

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
        unknown_rows = unknown.to_numpy(dtype=bool)
        near = {value: did_you_mean(value, CATEGORIES) for value in values[unknown_rows].unique()[:SHOWN]}
        self.flag(
            unknown_rows,
            "'category' is unknown",
            "use a name of accessmap.words.words.CATEGORIES, or say in 'category_label' which word maps should show",
            lambda row: f"{values.iloc[row]!r}{near.get(values.iloc[row], '')}",
        )

    def hours(self) -> None:
        """Opening hours that are given can be read as OSM opening_hours."""
        if "hours" not in self.table.columns:
            return
        from opening_hours import validate  # loaded only where hours are given

        self.text("hours", optional=True)
        values = self.table["hours"]
        is_text = values.map(lambda value: isinstance(value, str))
        readable = {value: validate(value) for value in values[is_text].unique()}
        self.flag(
            [is_given and not readable[value] for is_given, value in zip(is_text, values, strict=True)],
            "'hours' cannot be read",
            "write OSM opening_hours such as 'Mo-Fr 09:00-12:00,14:00-17:00', or leave it missing where unknown",
            lambda row: repr(values.iloc[row]),
        )

    def yes_no(self, name: str) -> None:
        """A column is yes, no or unknown in every row."""
        if name in self.table.columns:
            values = self.table[name]
            wrong = ~values.isin(YES_NO)
            remedy = "write 'yes', 'no', or 'unknown' where it is not known"
            self.flag(wrong, f"'{name}' is none of yes, no, unknown", remedy, lambda row: repr(values.iloc[row]))
