"""Whether a hierarchy that was found on disk can be that of its graph, which no checksum tells."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

import numpy as np

from accessmap.roads.engine.graph import Graph
from accessmap.roads.engine.hierarchy import Hierarchy, Side
from accessmap.roads.engine.kernels import kernel
from accessmap.roads.engine.preparing import longest_of


def is_sound(hierarchy: Hierarchy, graph: Graph) -> bool:
    """Return whether every number is in range, every arc of the graph is there, and every other the sum of two.

    A hierarchy that passes takes no way that the graph has not, nor a time other than its own.
    """
    n, place = graph.n, hierarchy.place
    if (
        place.dtype != np.uint32
        or len(place) != n
        or (place >= n).any()
        or (np.bincount(place, minlength=n) != 1).any()
    ):
        return False
    up, down = hierarchy.up, hierarchy.down
    if up.ms.dtype != down.ms.dtype or not all(_in_range(side, n) for side in (up, down)):
        return False
    if hierarchy.longest != longest_of(up) + longest_of(down):
        return False
    known = np.zeros(len(up.ms), dtype=np.uint8), np.zeros(len(down.ms), dtype=np.uint8)
    if not _mark_arcs(graph.indptr, graph.heads, graph.weights, place, up.arrays, down.arrays, known):
        return False
    _mark_sums(up.arrays, down.arrays, known)
    return all(bool(each.all()) for each in known)


def _in_range(side: Side, n: int) -> bool:
    kinds = side.indptr.dtype == np.uint32, side.above.dtype == np.uint32, side.ms.dtype in (np.int32, np.int64)
    if not all(kinds) or len(side.indptr) != n + 1 or len(side.above) != len(side.ms):
        return False
    indptr = side.indptr.astype(np.int64)
    sizes = np.diff(indptr)
    if indptr[0] != 0 or indptr[-1] != len(side.above) or (sizes < 0).any():
        return False
    # All above a node come before it.
    return bool((side.above < np.repeat(np.arange(n), sizes)).all() and (side.ms >= 0).all())


@kernel
def _find(tail, head, up, down):
    """Side (0 up, 1 down) and number of the arc between two nodes of the hierarchy, -1 where there is none."""
    low, above = (tail, head) if head < tail else (head, tail)
    indptr, nodes, _ = up if head < tail else down
    for arc in range(np.int64(indptr[low]), np.int64(indptr[low + 1])):
        if nodes[arc] == above:
            return 0 if head < tail else 1, arc
    return 0, -1


@kernel
def _mark_arcs(indptr, heads, weights, place, up, down, known):
    """Mark the arcs that are those of the graph; False where one of the graph is not there, or takes longer."""
    for node in range(len(place)):
        for arc in range(indptr[node], indptr[node + 1]):
            side, at = _find(np.int64(place[node]), np.int64(place[heads[arc]]), up, down)
            if at < 0:
                return False
            ms = up[2][at] if side == 0 else down[2][at]
            if ms > weights[arc]:
                return False
            if ms == weights[arc]:
                known[side][at] = 1
    return True


@kernel
def _mark_sums(up, down, known):
    """Mark the arcs that are the sum of two through a node below both ends."""
    for node in range(len(up[0]) - 1):
        for into in range(np.int64(down[0][node]), np.int64(down[0][node + 1])):
            for out in range(np.int64(up[0][node]), np.int64(up[0][node + 1])):
                tail, head = np.int64(down[1][into]), np.int64(up[1][out])
                if tail != head:
                    side, at = _find(tail, head, up, down)
                    ms = np.int64(down[2][into]) + np.int64(up[2][out])
                    if at >= 0 and (up[2][at] if side == 0 else down[2][at]) == ms:
                        known[side][at] = 1
