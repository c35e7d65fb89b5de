"""Shapes as compact SVG paths: whole units from an origin, each point relative to the one before, y to the south."""

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely


def path_of(shape: Any, origin: tuple[int, int]) -> str:
    """Return the SVG path of a polygon, or of lines: whole units from the origin, relative after the first point.

    >>> path_of(shapely.box(10, 10, 12, 13), (10, 13))
    'M2,3l0,-3l-2,0l0,3z'
    >>> path_of(shapely.LineString([(10, 10), (12, 11), (12, 11)]), (10, 13))
    'M0,3l2,-1'
    """
    parts = list(_leaves(shape))
    rings = [ring for part in parts if part.geom_type == "Polygon" for ring in shapely.get_rings(part)]
    closed = [_written(_steps(ring, origin)[:-1]) + "z" for ring in rings if len(_steps(ring, origin)) >= 4]
    lines = [_steps(part, origin) for part in parts if part.geom_type in ("LineString", "LinearRing")]
    return "".join(closed + [_written(steps) for steps in lines if len(steps) >= 2])


def _leaves(shape: Any) -> Iterable[Any]:
    """Return the parts of a shape, those of a collection of collections too."""
    for part in shapely.get_parts(shape):
        if hasattr(part, "geoms"):
            yield from _leaves(part)
        else:
            yield part


def _written(steps: npt.NDArray[np.int64]) -> str:
    first, *others = steps.tolist()
    return f"M{first[0]},{first[1]}" + "".join(f"l{x},{y}" for x, y in others)


def _steps(line: Any, origin: tuple[int, int]) -> npt.NDArray[np.int64]:
    units = (np.round(np.asarray(shapely.get_coordinates(line)) - origin) * (1, -1)).astype(np.int64)
    moves = np.diff(units, axis=0)
    return np.vstack([units[:1], moves[moves.any(axis=1)]])
