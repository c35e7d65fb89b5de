"""One quickest way through a large graph: a search that stops where the way ends, compiled.

Source: E. W. Dijkstra, A note on two problems in connexion with graphs, Numerische Mathematik 1 (1959) 269-271.
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

from typing import Final

import numpy as np
import numpy.typing as npt

from accessmap.roads.engine.graph import Graph, Seeds
from accessmap.roads.engine.kernels import kernel
from accessmap.roads.engine.witness import _push, _sink

FAR: Final = np.iinfo(np.int64).max


def way(graph: Graph, origin: Seeds, destination: Seeds) -> npt.NDArray[np.int32]:
    """Return the nodes of a quickest path between two points (one row each), in order; empty if none."""
    dist, before = np.full(graph.n, FAR), np.full(graph.n, -1, "int32")
    # A node is put on the heap once an arc at most, and once a seed.
    room = graph.m + origin.nodes.shape[1] + 1
    heap = np.empty(room, "int64"), np.empty(room, "int32")
    seeds = (origin.nodes[0], origin.costs[0], destination.nodes[0], destination.costs[0])
    at = _search(graph.indptr, graph.heads, graph.weights, *seeds, dist, before, *heap)
    nodes = []
    while at >= 0:
        nodes.append(at)
        at = int(before[at])
    return np.array(nodes[::-1], dtype=np.int32)


@kernel
def _to_end(lasts, rests, node, key):
    """Return what the whole way takes that ends at this node; FAR where it does not."""
    best = FAR
    for j in range(len(lasts)):
        if lasts[j] == node and key + rests[j] < best:
            best = key + rests[j]
    return best


@kernel
def _search(indptr, heads, weights, firsts, costs, lasts, rests, dist, before, keys, nodes):
    """Return the node at the end of a quickest way, -1 where there is none; `before` leads back from it."""
    size = 0
    for i in range(len(firsts)):
        node = firsts[i]
        if node >= 0 and costs[i] < dist[node]:
            dist[node] = costs[i]
            _push(keys, nodes, size, costs[i], node)
            size += 1
    best, at = FAR, -1
    while size > 0:
        key, node = keys[0], nodes[0]
        if key >= best:
            break
        size -= 1
        if size > 0:
            _sink(keys, nodes, size)
        if key > dist[node]:
            continue
        whole = _to_end(lasts, rests, node, key)
        if whole < best:
            best, at = whole, node
        for arc in range(indptr[node], indptr[node + 1]):
            far = key + weights[arc]
            if far < dist[heads[arc]]:
                dist[heads[arc]] = far
                before[heads[arc]] = node
                _push(keys, nodes, size, far, heads[arc])
                size += 1
    return at
