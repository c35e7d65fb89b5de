"""The prepared graph: nodes in an order in which every quickest way first climbs and then descends.

After contraction each arc or shortcut joins a node to one contracted later, "above" it, and every quickest way has an
equal one that climbs along arcs and then descends along arcs. Nodes are numbered so that all above a node come before
it, and otherwise as near as may be to the order of space: a sweep over ascending numbers meets every node after all
that it hangs from, and finds their times in the processor's cache.

Source: D. Delling, A. V. Goldberg, A. Nowatzyk and R. F. Werneck, PHAST: Hardware-Accelerated Shortest Path Trees,
IPDPS 2011, 921-931 (reordered here depth first, not level by level).
"""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from accessmap.routing.chains import contract_chains, edges_of
from accessmap.routing.contraction import Junctions, compact
from accessmap.routing.graph import Graph
from accessmap.routing.kernels import kernel
from accessmap.routing.numbering import by_space
from accessmap.routing.threads import Team

__all__ = ["Hierarchy", "Side", "prepare"]

INF32 = 2**30 - 1
INF64 = 2**61
#: What two seeds may add to the longest sum in int32: 37 hours each.
_SPARE = 2**28


@dataclass(frozen=True, eq=False)
class Side:
    """The arcs of one direction between each node and those above it: int32 (n + 1), int32 (m), int32 or int64 (m)."""

    indptr: npt.NDArray[np.int32]
    above: npt.NDArray[np.int32]
    ms: npt.NDArray[np.integer]


@dataclass(frozen=True, eq=False)
class Hierarchy:
    """A prepared graph.

    Parameters
    ----------
    place
        int32 (n): the number in the hierarchy of each node of the graph.
    up
        Arcs that climb, from each node.
    down
        Arcs that descend, to each node.
    longest
        A bound, ms, of the sum along any way that climbs and descends, quickest or not.
    """

    place: npt.NDArray[np.int32]
    up: Side
    down: Side
    longest: int


@kernel
def _order(n, chain, core, kept, number):
    """Number of each node: after all above it, depth first, from the nodes in the order of space."""
    c_start, c_length, c_nbr = chain
    j_start, j_length, j_nbr = core
    numbers = np.full(n, -1, dtype=np.int32)
    seen = np.zeros(n, dtype=np.uint8)
    following = np.zeros(n, dtype=np.int32)
    stack = np.empty(n, dtype=np.int32)
    count = 0
    for root in range(n):
        if seen[root]:
            continue
        seen[root] = 1
        stack[0] = root
        depth = 1
        while depth > 0:
            node = stack[depth - 1]
            i = following[node]
            following[node] = i + 1
            j = number[node]
            if i == (c_length[node] if j < 0 else j_length[j]):
                numbers[node] = count
                count += 1
                depth -= 1
                continue
            above = c_nbr[c_start[node] + i] if j < 0 else kept[j_nbr[j_start[j] + i]]
            if not seen[above]:
                seen[above] = 1
                stack[depth] = above
                depth += 1
    return numbers


@kernel
def _side(n, numbers, inf, chain, core, kept, number):
    """Arcs of one direction by final number; `chain` and `core` hold (start, length, neighbours, times)."""
    c_start, c_length, c_nbr, c_ms = chain
    j_start, j_length, j_nbr, j_ms = core
    nodes = np.empty(n, dtype=np.int32)
    for node in range(n):
        nodes[numbers[node]] = node
    indptr = np.zeros(n + 1, dtype=np.int32)
    for new in range(n):
        node = nodes[new]
        j = number[node]
        first = c_start[node] if j < 0 else j_start[j]
        length = c_length[node] if j < 0 else j_length[j]
        ms = c_ms if j < 0 else j_ms
        count = 0
        for i in range(first, first + length):
            count += ms[i] != inf
        indptr[new + 1] = indptr[new] + count
    above = np.empty(indptr[n], dtype=np.int32)
    times = np.empty(indptr[n], dtype=c_ms.dtype)
    for new in range(n):
        node = nodes[new]
        j = number[node]
        first = c_start[node] if j < 0 else j_start[j]
        length = c_length[node] if j < 0 else j_length[j]
        ms = c_ms if j < 0 else j_ms
        at = indptr[new]
        for i in range(first, first + length):
            if ms[i] != inf:
                above[at] = numbers[c_nbr[i] if j < 0 else kept[j_nbr[i]]]
                times[at] = ms[i]
                at += 1
    return indptr, above, times


@kernel
def _longest(indptr, above, ms):
    """Longest sum along any way that climbs."""
    n = len(indptr) - 1
    sums = np.zeros(n, dtype=np.int64)
    longest = 0
    for node in range(n):
        for arc in range(indptr[node], indptr[node + 1]):
            sums[node] = max(sums[node], sums[above[arc]] + ms[arc])
        longest = max(longest, sums[node])
    return longest


def prepare(graph: Graph, *, threads: int | None = None) -> Hierarchy:
    """Return the hierarchy of a graph; the same whatever the threads."""
    if graph.weights.dtype == np.int32 and int(graph.weights.max(initial=0)) < INF32:
        found = _prepare(graph, graph.weights, np.int32(INF32), threads)
        if found is not None:
            return found
    found = _prepare(graph, graph.weights.astype(np.int64), np.int64(INF64), threads)
    assert found is not None, "times below 2**51 ms cannot pass 2**61"
    return found


def _prepare(graph: Graph, weights: npt.NDArray[np.integer], inf: np.integer, threads: int | None) -> Hierarchy | None:
    n = graph.n
    order = by_space(graph)
    place = np.empty(n, dtype=np.int32)
    place[order] = np.arange(n, dtype=np.int32)
    start, nbr, to, fro = edges_of(graph.indptr, graph.heads, weights, order, place, inf)
    length = np.diff(start).astype(np.int32)
    start = start[:-1]
    rank = np.full(n, -1, dtype=np.int32)
    if not contract_chains(start, length, nbr, to, fro, inf, rank):
        return None
    kept, *pool = compact(start, length, nbr, to, fro, rank)
    junctions = Junctions(pool, inf)
    with Team(threads) as team:
        if not junctions.contract(team):
            return None
    number = np.full(n, -1, dtype=np.int32)
    number[kept] = np.arange(len(kept), dtype=np.int32)
    above = (junctions.start, junctions.length, junctions.nbr)
    numbers = _order(n, (start, length, nbr), above, kept, number)
    up = _side(n, numbers, inf, (start, length, nbr, to), (*above, junctions.to), kept, number)
    down = _side(n, numbers, inf, (start, length, nbr, fro), (*above, junctions.fro), kept, number)
    longest = _longest(*up) + _longest(*down)
    kind = weights.dtype if longest < INF32 - _SPARE else np.dtype(np.int64)
    climb, fall = (Side(indptr, above, ms.astype(kind, copy=False)) for indptr, above, ms in (up, down))
    return Hierarchy(numbers[place], climb, fall, longest)
