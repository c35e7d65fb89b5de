"""Squares, platforms and piers drawn as areas: walked across from each way in to each other, not only around.

Straight lines within the area join the nodes where other ways meet its edge, and the corners that stick out into it
(a visibility graph: de Berg et al. 2008, *Computational Geometry*, ch. 15).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
import shapely

from accessmap.roads.readers.tables import IntArray, Segments

MOST_CORNERS = 24  # of an area: at most 276 lines


@dataclass
class Square:
    """One area: the positions of its ways in the table of ways, and those of the ways that bound its holes."""

    ways: list[int] = field(default_factory=list)
    holes: list[int] = field(default_factory=list)


def lines_across(squares: Sequence[Square], segments: Segments, nodes: pd.DataFrame) -> Segments:
    """Return straight pieces within each area between its ways in, each of the first way of the area.

    Parameters
    ----------
    squares
        Areas whose outlines are ways of the network.
    segments, nodes
        All pieces of ways, outlines included, and lon, lat of the nodes.
    """
    xy = nodes[["lon", "lat"]].to_numpy(dtype=float)
    order = np.argsort(segments.way, kind="stable")
    of_way = np.append(segments.way[order], np.iinfo(np.int64).max)
    owner = np.full(int(segments.way.max(initial=-1)) + 1, -1, dtype=np.int64)
    for number, square in enumerate(squares):
        owner[[way for way in (*square.ways, *square.holes) if way < len(owner)]] = number
    # Nodes of an area where a way that is not of its outline is met.
    node = np.concatenate([segments.start, segments.end])
    whose = np.tile(owner[segments.way], 2)
    lowest, highest = np.full(len(nodes), np.iinfo(np.int64).max), np.full(len(nodes), np.iinfo(np.int64).min)
    np.minimum.at(lowest, node, whose)
    np.maximum.at(highest, node, whose)
    shared = lowest < highest
    start: list[IntArray] = []
    end: list[IntArray] = []
    way: list[IntArray] = []
    for square in squares:
        outer, holes = (
            [piece for number in ways for piece in order[slice(*np.searchsorted(of_way, [number, number + 1]))]]
            for ways in (square.ways, square.holes)
        )
        for area in _areas(outer, holes, segments, xy):
            ends = np.unique(np.concatenate([segments.start[[*outer, *holes]], segments.end[[*outer, *holes]]]))
            pairs = _seen(area, ends, shared[ends], xy)
            start.append(pairs[:, 0])
            end.append(pairs[:, 1])
            way.append(np.full(len(pairs), square.ways[0], dtype=np.int64))
    if not start:
        return Segments(*(np.empty(0, dtype=np.int64) for _ in range(3)))
    return Segments(np.concatenate(start), np.concatenate(end), np.concatenate(way))


def _areas(outer: list[int], holes: list[int], segments: Segments, xy: Any) -> list[Any]:
    """Polygons of the pieces of outlines, holes cut out; none of an outline that does not close."""
    made: list[Any] = []
    for pieces in (outer, holes):
        ends = np.column_stack([segments.start[pieces], segments.end[pieces]]).astype(np.int64)
        lines = shapely.linestrings(xy[ends])
        made.append(shapely.union_all(shapely.get_parts(shapely.polygonize(list(lines)))))
    return [area for area in shapely.get_parts(shapely.difference(*made)) if area.geom_type == "Polygon"]


def _seen(area: Any, ends: IntArray, shared: Any, xy: Any) -> IntArray:
    """Pairs of nodes of an area that see one another within it: ways in, and corners that stick out into it."""
    inward = _corners(area)
    place = shapely.points(xy[ends])
    on_edge = shapely.dwithin(place, area.boundary, 0.0)
    corner = np.array([tuple(at) in inward for at in xy[ends]], dtype=bool)
    chosen = on_edge & (shared | corner)
    if chosen.sum() > MOST_CORNERS:
        chosen = on_edge & shared
    candidates = ends[chosen]
    candidates = candidates[:: -(-len(candidates) // MOST_CORNERS) or 1]
    i, j = np.triu_indices(len(candidates), k=1)
    lines = shapely.linestrings(xy[np.column_stack([candidates[i], candidates[j]])])
    shapely.prepare(area)
    inside = shapely.covers(area, lines)
    return np.column_stack([candidates[i][inside], candidates[j][inside]])


def _corners(area: Any) -> set[tuple[float, float]]:
    """Corners at which the edge turns away from the area: of its outline, and of its holes."""
    found: set[tuple[float, float]] = set()
    oriented = shapely.geometry.polygon.orient(area)
    for ring in (oriented.exterior, *oriented.interiors):
        xy = shapely.get_coordinates(ring)[:-1]
        before, after = xy - np.roll(xy, 1, axis=0), np.roll(xy, -1, axis=0) - xy
        turn = before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0]
        found |= {tuple(at) for at in xy[turn < 0]}
    return found
