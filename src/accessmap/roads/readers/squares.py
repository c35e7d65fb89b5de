"""Squares, platforms and piers drawn as areas: walked across from each way in to each other, not only around.

Straight lines within the area join the nodes where other ways meet its edge, and the corners that stick out into it
(a visibility graph: de Berg et al. 2008, *Computational Geometry*, ch. 15).
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.roads.readers.tables import IntArray, Segments
from accessmap.roads.sorting import by_key, slices, within

MOST_CORNERS = 24  # of an area: at most 276 lines
AREAS_AT_ONCE = 100
_Area = tuple[Any, IntArray]  # a polygon, and the nodes that lines across it may join


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
    named = max((way for square in squares for way in (*square.ways, *square.holes)), default=-1)
    first, order = by_key(segments.way, 1 + max(named, int(segments.way.max(initial=-1))))
    owner = np.full(len(first) - 1, -1, dtype=np.int32)
    for number, square in enumerate(squares):
        owner[[*square.ways, *square.holes]] = number
    shared = _shared(owner, segments, len(nodes))
    found = _plain(squares, segments, first, order, shared, xy)
    for number, square in enumerate(squares):
        if number in found:
            continue
        outer, holes = ([p for of in ways for p in order[first[of] : first[of + 1]]] for ways in _outlines(square))
        ends = np.unique(
            np.concatenate([end[np.array([*outer, *holes], dtype=np.int64)] for end in (segments.start, segments.end)])
        )
        found[number] = [
            (area, _candidates(area, ends, shared[ends], xy)) for area in _areas(outer, holes, segments, xy)
        ]
    pairs, whose = _seen([(at, *each) for at in range(len(squares)) for each in found[at]], xy)
    way = np.array([(*square.ways, -1)[0] for square in squares], dtype=segments.way.dtype)[whose]
    return Segments(pairs[:, 0].astype(segments.start.dtype), pairs[:, 1].astype(segments.end.dtype), way)


def _outlines(square: Square) -> tuple[list[int], list[int]]:
    return square.ways, square.holes


def _shared(owner: npt.NDArray[np.int32], segments: Segments, count: int) -> npt.NDArray[np.bool_]:
    """Whether each node is one of an area where a way that is not of its outline is met."""
    whose = owner[segments.way]
    lowest, highest = np.full(count, np.iinfo(np.int32).max, dtype=np.int32), np.full(count, -2, dtype=np.int32)
    for end in (segments.start, segments.end):
        np.minimum.at(lowest, end, whose)
        np.maximum.at(highest, end, whose)
    return lowest < highest


def _plain(
    squares: Sequence[Square],
    segments: Segments,
    first: IntArray,
    order: IntArray,
    shared: npt.NDArray[np.bool_],
    xy: Any,
) -> dict[int, list[_Area]]:
    """Areas and their candidates (as `_candidates`) of squares of one closed line that meets itself nowhere, by number.

    Nearly all are such, and many at once take a tenth of the time.
    """
    alone = np.array([n for n, each in enumerate(squares) if len(each.ways) == 1 and not each.holes], dtype=np.int64)
    at, ring = within(first, np.array([squares[number].ways[0] for number in alone], dtype=np.int64))
    start, end = segments.start[order[at]], segments.end[order[at]]
    opens = np.flatnonzero(np.diff(ring, prepend=-1))
    after = np.arange(1, len(ring) + 1)
    after[np.append(opens[1:], len(ring))[: len(opens)] - 1] = opens
    sizes = np.bincount(ring, minlength=len(alone))
    broken = np.bincount(ring, weights=end != start[after], minlength=len(alone)) > 0
    sorted_ = np.lexsort((xy[start, 1], xy[start, 0], ring))
    twice = (ring[sorted_][1:] == ring[sorted_][:-1]) & (xy[start[sorted_]][1:] == xy[start[sorted_]][:-1]).all(axis=1)
    broken[ring[sorted_][1:][twice]] = True
    whole = np.flatnonzero(~broken & (sizes >= 3))
    kept = np.isin(ring, whole)
    lines = shapely.linearrings(xy[start[kept]], indices=np.searchsorted(whole, ring[kept]))
    areas = shapely.polygons(lines)
    turns = np.zeros(len(alone))
    turns[whole] = np.where(shapely.is_ccw(lines), 1.0, -1.0)
    ahead = xy[start[after]] - xy[start]
    behind = np.empty_like(ahead)
    behind[after] = ahead
    corner = (behind[:, 0] * ahead[:, 1] - behind[:, 1] * ahead[:, 0]) * turns[ring] < 0
    node_order = np.lexsort((start, ring))
    node, ring, corner = start[node_order], ring[node_order], corner[node_order]
    bounds = np.searchsorted(ring, np.arange(len(alone) + 1))
    return {
        int(alone[row]): [(area, _few(node[of], shared[node[of]], corner[of]))]
        for row, area, valid in zip(whole.tolist(), areas, shapely.is_valid(areas), strict=True)
        if valid
        for of in (slice(bounds[row], bounds[row + 1]),)
    }


def _areas(outer: list[int], holes: list[int], segments: Segments, xy: Any) -> list[Any]:
    """Polygons of the pieces of outlines, holes cut out; none of an outline that does not close."""
    made: list[Any] = []
    for pieces in (outer, holes):
        ends = np.column_stack([segments.start[pieces], segments.end[pieces]]).astype(np.int64)
        lines = shapely.linestrings(xy[ends])
        made.append(shapely.union_all(shapely.get_parts(shapely.polygonize(list(lines)))))
    return [area for area in shapely.get_parts(shapely.difference(*made)) if area.geom_type == "Polygon"]


def _candidates(area: Any, ends: IntArray, shared: npt.NDArray[np.bool_], xy: Any) -> IntArray:
    """Nodes of an area that lines across it may join: ways in, and corners that stick out into it."""
    inward = _corners(area)
    on_edge = shapely.dwithin(shapely.points(xy[ends]), area.boundary, 0.0)
    corner = np.array([tuple(at) in inward for at in xy[ends]], dtype=bool)
    return _few(ends[on_edge], shared[on_edge], corner[on_edge])


def _few(ends: IntArray, shared: npt.NDArray[np.bool_], corner: npt.NDArray[np.bool_]) -> IntArray:
    chosen = shared | corner
    candidates = ends[chosen if chosen.sum() <= MOST_CORNERS else shared]
    return candidates[:: -(-len(candidates) // MOST_CORNERS) or 1]


def _seen(found: list[tuple[int, Any, IntArray]], xy: Any) -> tuple[IntArray, IntArray]:
    """Pairs of candidates that see one another within their area, and the number of the square of each."""
    kept = [np.empty((0, 2), dtype=np.int64)]
    numbers = [np.empty(0, dtype=np.int64)]
    of_size = [np.column_stack(np.triu_indices(size, k=1)) for size in range(MOST_CORNERS + 1)]
    for block in slices(len(found), AREAS_AT_ONCE):
        square, area, candidates = zip(*found[block], strict=True)
        pairs = [each[of_size[len(each)]] for each in candidates]
        row = np.repeat(np.arange(len(area)), [len(each) for each in pairs])
        ends = np.concatenate(pairs)
        areas = np.array(area, dtype=object)
        shapely.prepare(areas)
        inside = shapely.covers(areas[row], shapely.linestrings(xy[ends]))
        kept.append(ends[inside])
        numbers.append(np.array(square, dtype=np.int64)[row[inside]])
    return np.concatenate(kept), np.concatenate(numbers)


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
