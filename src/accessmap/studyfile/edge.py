"""Where the data of a study end: the outer limit of its communes, but for the sea."""

from __future__ import annotations

import csv
from functools import cache
from importlib.resources import files
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

#: How far from the coast of `presets/coast.csv` a limit is that of the sea: it is drawn to 500 m, as communes may be.
COAST_METRES: Final = 1_500.0


def at_the_edge(communes: gpd.GeoDataFrame) -> pd.Index:
    """Return the codes of the communes on the outer limit of all that is loaded, where land goes on beyond it.

    What lies beyond is not known there: services just outside are missing, and an EPCI that reaches the limit may go
    on beyond it. Beyond a coast of France is nothing; a border with another country is an edge.
    """
    whole = shapely.union_all(shapely.make_valid(communes.geometry.to_numpy()))
    parts = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.boundary(whole))))
    outline = shapely.boundary(shapely.union_all(parts))  # without holes: a lake is no edge of the data
    coast = _coast_near(communes)
    if not shapely.is_empty(coast):
        outline = shapely.difference(outline, shapely.buffer(coast, COAST_METRES))
    edge: pd.Index = communes.index[shapely.intersects(communes.geometry.to_numpy(), outline)]
    return edge


def _coast_near(communes: gpd.GeoDataFrame) -> Any:
    """Return the coast within some 20 km of communes, as lines in their CRS."""
    west, south, east, north = communes.to_crs(4326).total_bounds
    near = shapely.clip_by_rect(_coasts(), west - 0.25, south - 0.25, east + 0.25, north + 0.25)
    return gpd.GeoSeries(near, crs=4326).to_crs(communes.crs).union_all()


@cache
def _coasts() -> npt.NDArray[np.object_]:
    """The coasts of France, in degrees."""
    with (files("accessmap") / "presets" / "coast.csv").open(encoding="utf-8") as lines:
        return np.array(shapely.from_wkt([row["line"] for row in csv.DictReader(lines)]), dtype=object)
