"""Outlines of all communes of a country in a few hundred kilobytes: simplified together, every border kept once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

Ints = npt.NDArray[np.int64]
#: Side of the square whose area a bend must have to be kept (Visvalingam & Whyatt 1993), metres: a pixel or two where a
#: département fills the screen.
SIMPLIFIED_METRES: Final = 500.0
#: The finest step of the grid that points lie on, metres; a wider country has a wider one: 16 bits hold a place.
LEAST_STEP: Final = 40
MOST_STEPS: Final = 65_535


@dataclass(frozen=True)
class Outlines:
    """Borders, each once, and the rings that communes make of them, as bytes that `national.js` reads.

    Parameters
    ----------
    west, north, step
        Metres: the corner from which steps of the grid count, to the east and to the south.
    width, height
        In steps.
    borders
        Of each border: how many points, then (x, y) of each as the move from the point before, of the border before
        for its first. All numbers are written as `varints` does, those with a sign as `zigzag`.
    rings
        Of each commune: how many rings; of each ring: how many borders, and each of them. 0 is the next border that
        was in no ring yet; 1 + 2d the one d before that, and 2 + 2d the same backwards.
    """

    west: float
    north: float
    step: int
    width: int
    height: int
    borders: bytes
    rings: bytes


def outlines(communes: gpd.GeoSeries) -> Outlines:
    """Return the outlines of communes in metres, in their order: neighbours share their border to the point.

    A commune without a geometry, or too small for a step of the grid, has no ring.
    """
    whole = shapely.force_2d(communes.to_numpy())
    known = ~(shapely.is_missing(whole) | shapely.is_empty(whole))
    shapes = shapely.coverage_simplify(np.asarray(whole[known]), SIMPLIFIED_METRES)
    west, south, east, north = (float(each) for each in shapely.total_bounds(shapes))
    step = max(LEAST_STEP, int(np.ceil(max(east - west, north - south) / MOST_STEPS)))
    parts, commune = shapely.get_parts(shapes, return_index=True)
    lines, part = shapely.get_rings(parts, return_index=True)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    grid = np.round((xy - (west, north)) / (step, -step)).astype("int64")
    place, vertex = np.unique(grid, axis=0, return_inverse=True)
    rings, owner = _rings(vertex, line, np.flatnonzero(known)[commune[part]])
    nodes = _nodes(rings, len(place))
    number: dict[tuple[int, ...], int] = {}
    told: list[list[list[int]]] = [[] for _ in whole]
    for ring, of in zip(rings, owner, strict=True):
        codes = []
        for chain in _chains(ring, nodes):
            at, backwards = number.get(chain), 0
            if at is None:
                at, backwards = number.get(chain[::-1]), 1
            if at is None:  # it lies as it is first drawn
                number[chain] = len(number)
                codes.append(0)
            else:
                codes.append(1 + 2 * (len(number) - 1 - at) + backwards)
        told[of].append(codes)
    width, height = (int(each) + 1 for each in place.max(axis=0))
    return Outlines(west, north, step, width, height, _borders(list(number), place), _written_rings(told))


def varints(values: Any) -> bytes:
    """Return whole numbers from 0 as bytes: seven bits each, the lowest first, the eighth where more follow."""
    left = np.asarray(values, dtype="uint64")
    columns = []
    more = np.ones(len(left), bool)
    while more.any():
        rest = left >> np.uint64(7)
        columns.append(np.where(more, (left & np.uint64(127)) | np.where(rest > 0, 128, 0).astype("uint64"), 256))
        more, left = more & (rest > 0), rest
    written = np.column_stack(columns).ravel() if columns else np.empty(0)
    return bytes(written[written < 256].astype("uint8"))


def zigzag(values: Any) -> Ints:
    """Return whole numbers as numbers from 0: 0, -1, 1, -2 become 0, 1, 2, 3.

    >>> zigzag([0, -1, 1, -2]).tolist(), list(varints([0, 127, 300]))
    ([0, 1, 2, 3], [0, 127, 172, 2])
    """
    each = np.asarray(values, dtype="int64")
    return np.where(each < 0, -2 * each - 1, 2 * each)


def _rings(vertex: Ints, line: Ints, owner: Ints) -> tuple[list[Ints], list[int]]:
    """Return the vertices of every ring that encloses any land, without the last, and the commune of each."""
    kept = np.append(True, (vertex[1:] != vertex[:-1]) | (line[1:] != line[:-1]))
    vertex, line = vertex[kept], line[kept]
    rings, of = [], []
    for number, ring in enumerate(np.split(vertex, np.flatnonzero(np.diff(line)) + 1)):
        if len(ring) > 3:  # closed: the last is the first
            rings.append(ring[:-1])
            of.append(int(owner[number]))
    return rings, of


def _nodes(rings: list[Ints], places: int) -> npt.NDArray[np.bool_]:
    """Return which vertices end a border: there more or fewer than two edges meet, or a ring has no other such."""
    tails, heads = np.concatenate(rings), np.concatenate([np.roll(ring, -1) for ring in rings])
    edges = np.unique(np.column_stack([np.minimum(tails, heads), np.maximum(tails, heads)]), axis=0)
    nodes: npt.NDArray[np.bool_] = np.bincount(edges.ravel(), minlength=places) != 2
    for ring in rings:
        if not nodes[ring].any():
            nodes[ring.min()] = True
    return nodes


def _chains(ring: Ints, nodes: npt.NDArray[np.bool_]) -> list[tuple[int, ...]]:
    """Return the borders of a ring, one after the other, both ends included."""
    at = np.flatnonzero(nodes[ring])
    turned = np.append(np.roll(ring, -at[0]), ring[at[0]]).tolist()
    return [tuple(turned[a : b + 1]) for a, b in pairwise([*(at - at[0]).tolist(), len(ring)])]


def _borders(borders: list[tuple[int, ...]], place: Ints) -> bytes:
    points = place[np.concatenate(borders)]
    sizes = np.array([len(each) for each in borders])
    first = np.cumsum(sizes) - sizes
    moves = zigzag(np.diff(points, axis=0, prepend=[[0, 0]]))
    return varints(np.insert(moves.ravel(), first * 2, sizes))


def _written_rings(told: list[list[list[int]]]) -> bytes:
    flat: list[int] = []
    for rings in told:
        flat.append(len(rings))
        for codes in rings:
            flat += [len(codes), *codes]
    return varints(flat)
