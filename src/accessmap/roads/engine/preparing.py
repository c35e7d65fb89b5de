"""Preparing a graph: contract the chains, then the junctions, then number the nodes for sweeps."""

# mypy: disable-error-code="no-untyped-def, no-untyped-call"
# (kernels take their types from their first call)

import numpy as np
import numpy.typing as npt

from accessmap.roads.engine.chains import contract_chains, edges_of
from accessmap.roads.engine.contraction import Junctions, compact
from accessmap.roads.engine.graph import Graph
from accessmap.roads.engine.hierarchy import INF32, INF64, Hierarchy, Side
from accessmap.roads.engine.kernels import kernel
from accessmap.roads.engine.numbering import by_space
from accessmap.roads.engine.threads import Team

#: What two seeds may add to the longest sum in int32: 37 hours each.
_SPARE = 2**28


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
    indptr = np.zeros(n + 1, dtype=np.uint32)
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
    above = np.empty(indptr[n], dtype=np.uint32)
    times = np.empty(indptr[n], dtype=c_ms.dtype)
    for new in range(n):
        node = nodes[new]
        j = number[node]
        first = c_start[node] if j < 0 else j_start[j]
        length = c_length[node] if j < 0 else j_length[j]
        ms = c_ms if j < 0 else j_ms
        at = np.int64(indptr[new])
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


def longest_of(side: Side) -> int:
    """Return the longest sum along any way that climbs (or descends) by the arcs of a side, ms."""
    return int(_longest(*side.arrays))


def prepare(graph: Graph, *, threads: int | None = None, patience: float | None = None) -> Hierarchy:
    """Return the hierarchy of a graph; the same whatever the threads.

    Parameters
    ----------
    graph
        What is prepared.
    threads
        By default as many as there are cores for this process.
    patience
        Seconds that contracting the junctions may take; None for ever.

    Raises
    ------
    TimeoutError
        If patience ends: the graph is not like roads, and hardly has a hierarchy.

    Examples
    --------
    >>> hierarchy = prepare(Graph.from_arcs(3, [0, 1], [1, 2], [5, 7]), threads=1)
    >>> len(hierarchy.up.above) + len(hierarchy.down.above)
    2
    """
    if graph.weights.dtype == np.int32 and int(graph.weights.max(initial=0)) < INF32:
        try:
            return _prepare(graph, graph.weights, np.int32(INF32), threads, patience)
        except OverflowError:
            pass  # a shortcut takes longer than int32 holds: once more in int64, which holds all that a graph may ask
    return _prepare(graph, graph.weights.astype(np.int64), np.int64(INF64), threads, patience)


def _prepare(
    graph: Graph, weights: npt.NDArray[np.integer], inf: np.integer, threads: int | None, patience: float | None
) -> Hierarchy:
    n = graph.n
    order = by_space(graph)
    place = np.empty(n, dtype=np.int32)
    place[order] = np.arange(n, dtype=np.int32)
    start, nbr, to, fro = edges_of(graph.indptr, graph.heads, weights, order, place, inf)
    length = np.diff(start).astype(np.int32)
    start = start[:-1]
    rank = np.full(n, -1, dtype=np.int32)
    if not contract_chains(start, length, nbr, to, fro, inf, rank):
        raise OverflowError("a time passed the type")
    kept, *pool = compact(start, length, nbr, to, fro, rank)
    junctions = Junctions(pool, inf)
    with Team(threads) as team:
        junctions.contract(team, patience)
    number = np.full(n, -1, dtype=np.int32)
    number[kept] = np.arange(len(kept), dtype=np.int32)
    above = (junctions.start, junctions.length, junctions.nbr)
    numbers = _order(n, (start, length, nbr), above, kept, number)
    up = _side(n, numbers, inf, (start, length, nbr, to), (*above, junctions.to), kept, number)
    down = _side(n, numbers, inf, (start, length, nbr, fro), (*above, junctions.fro), kept, number)
    longest = int(_longest(*up) + _longest(*down))
    kind = weights.dtype if longest < INF32 - _SPARE else np.dtype(np.int64)
    climb, fall = (Side(indptr, above, ms.astype(kind, copy=False)) for indptr, above, ms in (up, down))
    return Hierarchy(numbers[place].astype(np.uint32), climb, fall, longest)
