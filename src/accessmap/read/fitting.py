"""In which CRS points would fall where they should: said where the one they are read in is missing or wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Proj

from accessmap.errors import Problem
from accessmap.read.columns import as_text, read_numbers
from accessmap.tables.checks import FRANCE_LONLAT, OVERSEAS_LONLAT
from accessmap.words.notes import Note

# What France's files come in: Lambert-93, degrees, Eurostat's grid, maps of the web, Lambert II étendu and the four
# zones of before 2001, the nine conic zones, UTM of the métropole, the legal projections overseas and those before.
CANDIDATES = (
    *(2154, 4326, 3035, 3857, 27572, *range(27561, 27565), *range(3942, 3951), 32630, 32631, 32632),
    *(5490, 2972, 2975, 4467, 4471, 32701, 32620, 32622, 32740, 32738, 32721),
)
DEGREES = 4326
MOST = 20_000  # points that are tried
SIZES = (10_000, 5_000, 2_000, 1_000, 500, 250, 200, 100)  # of the cells of grids, metres
FAR_METRES = 20_000.0
"""Beyond which a point is nowhere near the commune it names: no address is, a wrong CRS is off by a hundred km."""
FAR_ROWS, FAR_SHARE = 4, 0.8
"""How many rows, and which share (0-1) of them, must be far for their CRS or codes to be wrong, and not some rows."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Placed:
    """The numbers of a table before they were placed, the CRS they were read in, and where they should fall.

    Parameters
    ----------
    table
        With geometry, or lon and lat, or x and y.
    crs
        None where none is known.
    area
        Communes; None for all of France.
    """

    table: pd.DataFrame
    crs: CRS | None
    area: gpd.GeoDataFrame | None

    def fit(self, least: float = 0.0) -> Problem | None:
        """Return the CRS in which most of the points are inside, unless that is theirs; None where none tells it.

        Parameters
        ----------
        least
            Share (0-1) of all points that must be inside.
        """
        if self.area is None and not isinstance(self.table, gpd.GeoDataFrame):
            return None
        numbers = _numbers(self.table)
        if numbers is None or not len(numbers[0]):
            return None
        area = gpd.GeoSeries(_france(), crs=DEGREES) if self.area is None else self.area.geometry
        inside = _inside(*numbers, area)
        best = max(inside.values(), default=0)
        own = 0 if self.crs is None else inside.get((self.crs.to_epsg() or 0, False), 0)
        if not best or 2 * own >= best or best < least * len(numbers[0]):
            return None
        chosen = [each for each, count in inside.items() if 2 * count >= best]
        return self._told(chosen, best, numbers)

    def _told(self, chosen: list[tuple[int, bool]], best: int, numbers: tuple[Numbers, Numbers]) -> Problem:
        options = [Note("option_crs", epsg=str(epsg)) for epsg, _ in chosen[:3]]
        named = options[0]
        for each in options[1:]:
            named = Note("either_of", first=named, other=each)
        where = Note("inside_france" if self.area is None else "inside_communes")
        told: dict[str, Any] = {"n": best, "all": f"{len(numbers[0])}", "crs": named, "where_to": where, "value": named}
        epsg, swapped = chosen[0]
        if swapped:
            return Problem("crs_would_fit_swapped", **told)
        size = next((one for one in SIZES if not any((values % one).any() for values in numbers)), None)
        if size is not None and epsg == 3035 and {"x", "y"} <= set(self.table.columns):
            return Problem("crs_would_fit_cells", **told, size=str(size))
        return Problem("crs_would_fit", **told)


@dataclass(frozen=True)
class Far:
    """Of so many points how many are far, whether from the communes that they name or from all, and surely wrong."""

    n: int
    of: int
    named: bool
    sure: bool = False


def far_from_theirs(points: gpd.GeoSeries, codes: pd.Series | None, area: gpd.GeoDataFrame) -> Far | None:
    """Return how many points are far from the communes they name, or from all if none is named; None unless most are.

    They are surely wrong where nearly all are far, more than two or three, and out of the communes or from several of
    them: a wrong CRS or a column of codes in another order moves every row, a bus or a head office some, which are told
    one by one where they are placed.

    Parameters
    ----------
    points
        In any CRS that is that of `area` too; missing where there is none.
    codes
        Of the communes they name, where they do.
    area
        Communes by code.
    """
    points = points.to_crs(area.crs)
    known = (points.notna() & ~points.is_empty).to_numpy()
    if codes is not None:
        text = as_text(codes).reset_index(drop=True)
        text = text.where(text.isin(area.index), "0" + text)  # the zero in front that a spreadsheet took
        named = known & text.isin(area.index).to_numpy()
        if named.any():
            shapes = area.geometry.loc[text[named]].to_numpy()
            far = shapely.distance(points.to_numpy()[named], shapes) > FAR_METRES
            every = len(far) >= FAR_ROWS and far.sum() >= FAR_SHARE * len(far)
            several = text[named][far].nunique() >= FAR_ROWS - 1 or 2 * _beyond(points[named], area).sum() > len(far)
            return Far(int(far.sum()), len(far), True, every and several) if 2 * far.sum() > len(far) else None
    far = _beyond(points[known], area)
    return Far(int(far.sum()), len(far), False) if 2 * far.sum() > len(far) else None


def _beyond(points: gpd.GeoSeries, area: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Which points are far from all communes."""
    west, south, east, north = area.total_bounds
    bounds = points.bounds.to_numpy()
    beyond = np.maximum.reduce([west - bounds[:, 2], bounds[:, 0] - east, south - bounds[:, 3], bounds[:, 1] - north])
    return np.asarray(~(beyond <= FAR_METRES))  # where a projection has no such place it is infinite


def _numbers(table: pd.DataFrame) -> tuple[Numbers, Numbers] | None:
    """East and north of the rows that have both, of `MOST` of them; None where the table has no numbers."""
    if isinstance(table, gpd.GeoDataFrame):
        bounds = table.geometry.bounds.to_numpy()
        pair = ((bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2)
    else:
        names = next((each for each in (("lon", "lat"), ("x", "y")) if set(each) <= set(table.columns)), None)
        if names is None:
            return None
        read = [read_numbers(table[name], degrees=True) for name in names]
        if any(one.key for one in read):
            return None
        east, north = (one.numbers.to_numpy(dtype=float, na_value=np.nan) for one in read)
        pair = (east, north)
    known = np.isfinite(pair[0]) & np.isfinite(pair[1]) & ((pair[0] != 0) | (pair[1] != 0))
    every = np.flatnonzero(known)
    some = every[:: max(1, len(every) // MOST)]
    return pair[0][some], pair[1][some]


def _france() -> list[shapely.Polygon]:
    return [shapely.box(*bounds) for bounds in (FRANCE_LONLAT, *OVERSEAS_LONLAT)]


def _inside(x: Numbers, y: Numbers, area: gpd.GeoSeries) -> Mapping[tuple[int, bool], int]:
    """How many points lie in the area, by EPSG code and whether east and north change places."""
    whole = shapely.union_all(area.to_crs(DEGREES).to_numpy())
    shapely.prepare(whole)
    found = {}
    for swapped, (east, north) in ((False, (x, y)), (True, (y, x))):
        for epsg in CANDIDATES:
            # a projection alone, without its datum: some tens of metres do not matter, and it is a hundred times faster
            lonlat = (east, north) if epsg == DEGREES else Proj(epsg)(east, north, inverse=True)
            found[epsg, swapped] = int(shapely.contains_xy(whole, *lonlat).sum())
    return found
