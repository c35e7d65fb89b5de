"""The land under a map: the communes near the territory, simplified without gaps and projected as they are drawn."""

from dataclasses import dataclass, replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.errors import TableError
from accessmap.tables import metric_crs

# Leaflet's own projection, only ever drawn in; its metres are 1.5 times longer than real ones here, so a unit is about
# 0.65 m, finer than a pixel at any zoom a commune is looked at.
DRAWN_CRS: Final = "EPSG:3857"
# Neighbours drawn around the territory, and how far the borders may move, in metres.
CONTEXT_METRES: Final = 15_000
SIMPLIFIED_METRES: Final = 40

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Ground:
    """The land of a map, in drawn metres.

    Parameters
    ----------
    communes
        Their table, empty where the map has none.
    inside
        Which of them are of the territory.
    drawn
        The outlines of those that are drawn.
    territory
        Its outline.
    bounds
        What the map shows at first (west, south, east, north).
    seen
        What is drawn at all.
    scale
        Metres of ground of one drawn metre.
    """

    communes: gpd.GeoDataFrame
    inside: pd.Series
    drawn: gpd.GeoSeries
    territory: Any
    bounds: Bounds
    seen: Bounds
    scale: float

    @classmethod
    def of(cls, communes: gpd.GeoDataFrame) -> "Ground":
        """Return the territory and its nearest neighbours."""
        inside = inside_of(communes)
        metric = communes.geometry.to_crs(metric_crs(communes))
        west, south, east, north = metric[inside].total_bounds
        frame = shapely.box(*np.add((west, south, east, north), np.array([-1, -1, 1, 1]) * CONTEXT_METRES))
        near = metric[metric.intersects(frame)]
        simple = gpd.GeoSeries(shapely.coverage_simplify(near.to_numpy(), SIMPLIFIED_METRES), near.index, crs=near.crs)
        territory = gpd.GeoSeries([shapely.union_all(simple[inside[near.index]].to_numpy())], crs=near.crs)
        drawn, outline = simple.to_crs(DRAWN_CRS), territory.to_crs(DRAWN_CRS)
        left, _, right, _ = bounds = _four(outline.total_bounds)
        scale = float(east - west) / (right - left)
        return cls(communes, inside, drawn, outline.iloc[0], bounds, _four(drawn.total_bounds), scale)

    @classmethod
    def under(cls, *tables: gpd.GeoDataFrame | None) -> "Ground":
        """Return bare land under the first of these tables that holds anything."""
        table = next((table for table in tables if table is not None and len(table)), None)
        if table is None:
            raise TableError("map", ["there is nothing to draw: the tables are empty."])
        metric = table.geometry.to_crs(metric_crs(table))
        # A lone point has no extent: a kilometre is shown around it.
        room = 1000 if metric.geom_type.eq("Point").all() else 0
        shown = gpd.GeoSeries([shapely.box(*metric.total_bounds).buffer(room)], crs=metric.crs)
        bounds = _four(shown.to_crs(DRAWN_CRS).total_bounds)
        west, _, east, _ = shown.total_bounds
        none = gpd.GeoDataFrame({"name": []}, geometry=[], crs=metric.crs)
        return cls(
            none,
            pd.Series([], dtype=bool),
            gpd.GeoSeries([], crs=DRAWN_CRS),
            shapely.Polygon(),
            bounds,
            bounds,
            float(east - west) / (bounds[2] - bounds[0]),
        )

    def framed(self, table: gpd.GeoDataFrame) -> "Ground":
        """Return the same land, looked at where a table is, without the outline of a territory."""
        metric = table.geometry.to_crs(metric_crs(table))
        west, south, east, north = metric.total_bounds
        # At least a kilometre is shown, and no map is much higher or wider than it must be to be read.
        room = np.maximum(1000, 0.6 * max(east - west, north - south)) - np.array([east - west, north - south])
        wide, high = np.maximum(room, 0) / 2
        box = gpd.GeoSeries([shapely.box(west - wide, south - high, east + wide, north + high)], crs=metric.crs)
        return replace(self, territory=shapely.Polygon(), bounds=_four(box.to_crs(DRAWN_CRS).total_bounds))


def _four(bounds: Any) -> Bounds:
    west, south, east, north = (float(bound) for bound in bounds)
    return west, south, east, north


def inside_of(communes: gpd.GeoDataFrame) -> pd.Series:
    """Return which communes are of the territory: all of them where the table does not say."""
    problems = []
    if "name" not in communes:
        problems.append("'name' is missing.")
    if communes.crs is None:
        problems.append("there is no CRS: call set_crs with the one of the file.")
    if communes.index.has_duplicates:
        problems.append(f"codes appear twice: {list(communes.index[communes.index.duplicated()][:5])}.")
    inside = communes["in_territory"].astype(bool) if "in_territory" in communes else pd.Series(True, communes.index)
    if not inside.any():
        problems.append("no commune is of the territory: set in_territory to True for those to be reported.")
    if problems:
        raise TableError("communes", problems)
    return inside
