"""Roads drawn as lines between nodes, cut into straight segments with a node at every bend."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.sources.roads import Segments

__all__ = ["straight_segments"]

DEGREE_STEP = 1e-7  # about 1 cm, the step of OpenStreetMap's coordinates

IntArray = npt.NDArray[np.int64]


def straight_segments(nodes: pd.DataFrame, u: IntArray, v: IntArray, lines: list[Any]) -> tuple[pd.DataFrame, Segments]:
    """Return nodes with those of the bends added (after the others, negative ids or "bend 1", …), and the segments.

    Bends at one place of lines between the same two nodes are one node, so that both directions of a street stay one
    street; lines that merely cross share none.

    Parameters
    ----------
    nodes
        lon, lat by node id.
    u, v
        Positions of the nodes at the start and the end of each line.
    lines
        Shapely lines in degrees, or None for a straight one; their ends are not used, the nodes are.

    >>> import shapely
    >>> nodes = pd.DataFrame({"lon": [0.0, 1.0], "lat": [0.0, 1.0]}, index=[10, 20])
    >>> bent = shapely.LineString([(0, 0), (1, 0), (1, 1)])
    >>> more, pieces = straight_segments(nodes, np.array([0]), np.array([1]), [bent])
    >>> more.index.tolist(), pieces.start.tolist(), pieces.end.tolist(), pieces.way.tolist()
    ([10, 20, -1], [0, 2], [2, 1], [0, 0])
    """
    import shapely

    geometry = np.array(lines, dtype=object)
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    inner = np.zeros(len(xy), dtype=bool)
    inner[1:-1] = (owner[1:-1] == owner[:-2]) & (owner[1:-1] == owner[2:])
    xy, owner = xy[inner], owner[inner].astype(np.int64)
    place = np.rint(xy / DEGREE_STEP).astype(np.int64)
    key = np.column_stack([np.minimum(u, v)[owner], np.maximum(u, v)[owner], place])
    _, first, bend = np.unique(key, axis=0, return_index=True, return_inverse=True)
    bend = len(nodes) + bend.reshape(-1)

    count = len(u)
    way = np.concatenate([np.arange(count), owner, np.arange(count)])
    node = np.concatenate([u, bend, v])
    # Sorted by way, and within it start, bends in their order, end: the sort is stable.
    order = np.argsort(way, kind="stable")
    way, node = way[order], node[order]
    together = (way[1:] == way[:-1]) & (node[1:] != node[:-1])
    segments = Segments(node[:-1][together], node[1:][together], way[1:][together])
    number = np.arange(1, len(first) + 1)
    whole = pd.api.types.is_integer_dtype(nodes.index.dtype)
    lowest = min(0, int(nodes.index.min())) if whole and len(nodes) else 0
    ids = pd.Index(lowest - number if whole else [f"bend {n}" for n in number], name=nodes.index.name)
    bends = pd.DataFrame({"lon": xy[first, 0], "lat": xy[first, 1]}, index=ids)
    return (pd.concat([nodes[["lon", "lat"]], bends]) if len(bends) else nodes[["lon", "lat"]]), segments
