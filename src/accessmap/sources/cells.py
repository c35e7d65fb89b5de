"""Cells of statistical grids, known by their names."""

import re

import numpy as np
import pandas as pd
from numpy.typing import NDArray

__all__ = ["GRID_CRS", "cell_centres"]

GRID_CRS = "EPSG:3035"  # ETRS89-LAEA, the grid of INSPIRE (Implementing Rule 1089/2010), Eurostat and INSEE's cells
# "CRS3035RES200mN2029800E4252400" (INSEE, Eurostat: metres) and "1kmN2967E3827" (INSPIRE: zeros of the size cut)
LONG_CELL = re.compile(r"(?:[A-Z]{2}_)?CRS(\d{4,5})RES(\d+)(k?m)N(-?\d+)E(-?\d+)", re.IGNORECASE)
SHORT_CELL = re.compile(r"(\d+)(k?m)N(-?\d+)E(-?\d+)", re.IGNORECASE)

Array = NDArray[np.float64]


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
