"""The land of a map: the communes of a territory and around it, simplified together."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.errors import Problem, Problems, TableError
from accessmap.tables.contracts import metric_crs

# Leaflet's own projection, only ever drawn in; its metres are 1.5 times longer than real ones here, so a unit is about
# 0.65 m, finer than a pixel at any zoom a commune is looked at.
DRAWN_CRS: Final = "EPSG:3857"
# Neighbours drawn around the territory, and how far the borders may move, in metres.
CONTEXT_METRES: Final = 15_000
SIMPLIFIED_METRES: Final = 40
# From so many communes the borders may move by the largest of both sides over this: less than a pixel of a wide map.
MANY: Final = 800
PIXELS: Final = 800

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, eq=False)
class Ground:
    """The land of a map, in drawn metres."""

    communes: gpd.GeoDataFrame  # empty where the map has none
    inside: pd.Series  # which of them are of the territory
    drawn: gpd.GeoSeries  # the outlines of those that are drawn
    territory: Any  # its outline
    bounds: Bounds  # what the map shows at first (west, south, east, north)
    seen: Bounds  # what is drawn at all
    scale: float  # metres of ground of one drawn metre

    @classmethod
    def of(cls, communes: gpd.GeoDataFrame, *, coarse: bool = True) -> Ground:
        """Return the territory and its nearest neighbours; the outlines of a large one are `coarse` where asked."""
        inside = inside_of(communes)
        ground = _simplified(tuple(communes.geometry), tuple(inside), communes.crs, coarse)
        index = communes.index[list(ground.drawn.index)]
        return replace(ground, communes=communes, inside=inside, drawn=ground.drawn.set_axis(index))

    @classmethod
    def under(cls, *tables: gpd.GeoDataFrame | None) -> Ground:
        """Return bare land under the first of these tables that holds anything."""
        table = next((table for table in tables if table is not None and len(table)), None)
        if table is None:
            raise TableError(Problem("map_nothing"), about="map")
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

    def framed(self, table: gpd.GeoDataFrame) -> Ground:
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
    problems = Problems()
    if "name" not in communes:
        problems.add("map_no_name", value="name")
    if communes.crs is None:
        problems.add("map_no_crs")
    if communes.index.has_duplicates:
        problems.add("map_codes_twice", value=list(communes.index[communes.index.duplicated()][:5]))
    inside = communes["in_territory"].astype(bool) if "in_territory" in communes else pd.Series(True, communes.index)
    if not inside.any():
        problems.add("map_no_territory")
    problems.raise_if_any(TableError, "communes")
    return inside


@lru_cache(maxsize=4)  # a dossier draws the same communes on ten maps
def _simplified(shapes: tuple[Any, ...], inside: tuple[bool, ...], crs: Any, coarse: bool) -> Ground:
    """Return the land of these communes by number; the tables of the communes are left to be filled in."""
    communes, here = gpd.GeoDataFrame(geometry=list(shapes), crs=crs), np.array(inside)
    metric = communes.geometry.to_crs(metric_crs(communes))
    west, south, east, north = metric[here].total_bounds
    frame = shapely.box(*np.add((west, south, east, north), np.array([-1, -1, 1, 1]) * CONTEXT_METRES))
    near = metric[metric.intersects(frame)]
    metres = SIMPLIFIED_METRES
    if coarse and len(near) > MANY:
        metres = max(metres, round(float(max(east - west, north - south)) / PIXELS))
    simple = gpd.GeoSeries(shapely.coverage_simplify(near.to_numpy(), metres), near.index, crs=near.crs)
    territory = gpd.GeoSeries([shapely.union_all(simple[here[near.index]].to_numpy())], crs=near.crs)
    drawn, outline = simple.to_crs(DRAWN_CRS), territory.to_crs(DRAWN_CRS)
    left, _, right, _ = bounds = _four(outline.total_bounds)
    scale = float(east - west) / (right - left)
    none = pd.Series([], dtype=bool)
    return Ground(communes, none, drawn, outline.iloc[0], bounds, _four(drawn.total_bounds), scale)
