"""Areas walked across: drawn as one closed line, of which many are done at once, or in pieces."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from accessmap.roads.readers.squares import Square, lines_across
from accessmap.roads.readers.tables import Segments

# An L of 6 corners, of which number 3 sticks out into it, and a kite: ways come in at 0, 2 and 5, and at 6 and 8.
PLACES = [(0, 0), (4, 0), (4, 2), (2, 2), (2, 4), (0, 4), (6, 0), (7, 1), (6, 2), (5, 1), (9, 9)]
WAYS_IN = [0, 2, 5, 6, 8]


def _lines(rings: list[list[list[int]]]) -> list[tuple[int, int]]:
    """Lines across areas, each drawn as several ways of several nodes."""
    pieces, squares, way = [], [], 0
    for ring in rings:
        squares.append(Square([*range(way, way + len(ring))]))
        for nodes in ring:
            pieces += [(a, b, way) for a, b in pairwise(nodes)]
            way += 1
    pieces += [(node, 10, way + at) for at, node in enumerate(WAYS_IN)]
    start, end, of = np.array(pieces).T
    nodes = pd.DataFrame(PLACES, columns=["lon", "lat"], dtype=float) / 1e4
    found = lines_across(squares, Segments(start, end, of), nodes)
    return sorted(zip(found.start.tolist(), found.end.tolist(), strict=True))


def test_lines_join_ways_in_and_corners_that_see_one_another() -> None:
    whole = _lines([[[0, 1, 2, 3, 4, 5, 0]], [[6, 7, 8, 9, 6]]])
    # From 2 to 5 one would leave the L, past its inner corner; along its edge one need not.
    assert whole == [(0, 2), (0, 3), (0, 5), (2, 3), (3, 5), (6, 8)]
    assert _lines([[[5, 4, 3], [3, 2, 1, 0], [0, 5]], [[8, 9, 6], [6, 7, 8]]]) == whole
    assert _lines([[[0, 5, 4, 3, 2, 1, 0]], [[6, 7, 8], [8, 9, 6]]]) == whole


def test_an_outline_that_crosses_itself_or_does_not_close_is_no_area() -> None:
    assert _lines([[[0, 1, 2, 3, 4, 5]]]) == []
    assert _lines([[[6, 7, 8, 9, 6]], [[0, 5]]]) == [(6, 8)]
