"""Numbering nodes by space, so that what is near on the ground is near in memory."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

import numpy as np
import numpy.typing as npt

from accessmap.roads.engine.graph import Graph
from accessmap.roads.engine.kernels import kernel

_SIDE_BITS = 16


def by_space(graph: Graph) -> npt.NDArray[np.int32]:
    """Return the nodes, int32 (n), along a Hilbert curve, or in the order of a walk where there are no coordinates.

    Source: D. Hilbert, Ueber die stetige Abbildung einer Linie auf ein Flächenstück, Math. Annalen 38 (1891) 459-460.
    """
    if graph.x is None or graph.y is None or graph.n == 0:
        walked: npt.NDArray[np.int32] = _walk(graph.indptr, graph.heads)
        return walked
    x, y = _scaled(graph.x), _scaled(graph.y)
    return np.argsort(_hilbert(x, y), kind="stable").astype(np.int32)


def _scaled(values: npt.NDArray[np.float64]) -> npt.NDArray[np.int64]:
    """Return values as whole numbers along one side of the square, wherever those that are not finite may fall."""
    finite = np.clip(np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0), -1e150, 1e150)
    low, high = finite.min(), finite.max()
    span = high - low if high > low else 1.0
    places: npt.NDArray[np.int64] = ((finite - low) / span * (2**_SIDE_BITS - 1)).astype(np.int64)
    return places


@kernel
def _hilbert(xs, ys):
    """Place of each point along the curve, by turning the square a quarter at a time."""
    places = np.empty(len(xs), dtype=np.int64)
    for i in range(len(xs)):
        x, y, place = xs[i], ys[i], 0
        side = 1 << (_SIDE_BITS - 1)
        while side > 0:
            right = 1 if x & side else 0
            up = 1 if y & side else 0
            place += side * side * ((3 * right) ^ up)
            if up == 0:
                if right == 1:
                    x = (1 << _SIDE_BITS) - 1 - x
                    y = (1 << _SIDE_BITS) - 1 - y
                x, y = y, x
            side >>= 1
        places[i] = place
    return places


@kernel
def _walk(indptr, heads):
    """Nodes in the order of a depth-first walk along the arcs, from the lowest node not yet seen."""
    n = len(indptr) - 1
    order = np.empty(n, dtype=np.int32)
    seen = np.zeros(n, dtype=np.uint8)
    following = indptr[:-1].copy()
    stack = np.empty(n, dtype=np.int32)
    count = 0
    for root in range(n):
        if seen[root]:
            continue
        seen[root] = 1
        order[count] = root
        count += 1
        stack[0] = root
        depth = 1
        while depth > 0:
            node = stack[depth - 1]
            arc = following[node]
            if arc == indptr[node + 1]:
                depth -= 1
                continue
            following[node] = arc + 1
            head = heads[arc]
            if not seen[head]:
                seen[head] = 1
                order[count] = head
                count += 1
                stack[depth] = head
                depth += 1
    return order
