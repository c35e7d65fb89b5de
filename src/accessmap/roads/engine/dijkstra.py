"""Dijkstra's searches by scipy: the reference, and the way of jobs too small to be worth preparing for.

Distances are float64, which holds every sum below 2⁵³ exactly; `Graph.from_arcs` refuses weights that could pass it.
A point that joins the graph at several nodes becomes a node of its own, with one arc to each of them.

Source: E. W. Dijkstra, A note on two problems in connexion with graphs, Numerische Mathematik 1 (1959) 269-271.
"""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from accessmap.roads.engine.graph import LONGEST_MS, Graph, Seeds

_Int64 = npt.NDArray[np.int64]

#: Bytes that one batch of searches may fill.
_BATCH_BYTES = 32_000_000


class Searcher:
    """One graph, searched from points; nothing is prepared but the graph turned round, when first needed.

    Parameters
    ----------
    graph
        What is searched.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    @cached_property
    def _reversed(self) -> Graph:
        return self._graph.reversed()

    def matrix(self, origins: Seeds, destinations: Seeds, limit: int | None = None) -> _Int64:
        """Return ms from origins to destinations, int64 (p, q), -1 where not reached (within `limit` ms)."""
        ms = np.empty((len(origins), len(destinations)), dtype=np.int64)
        for block, found in self.blocks(origins, destinations, limit):
            ms[block] = found
        return ms

    def blocks(
        self, origins: Seeds, destinations: Seeds, limit: int | None = None
    ) -> Iterator[tuple[tuple[slice, slice], _Int64]]:
        """Yield the same a block of the matrix at a time: where it stands, and its ms."""
        turned = len(destinations) < len(origins)
        graph = self._reversed if turned else self._graph
        sources, targets = (destinations, origins) if turned else (origins, destinations)
        for start, ms in _found(graph, sources, targets, limit):
            rows = slice(start, start + len(ms))
            yield ((slice(None), rows), ms.T) if turned else ((rows, slice(None)), ms)

    def rows(self, points: Seeds, *, reverse: bool = False) -> Iterator[tuple[int, _Int64]]:
        """Yield (first row, ms to every node, -1 where not reached) in batches; from every node if `reverse`."""
        graph = self._reversed if reverse else self._graph
        for start, distances in _batches(graph, points, None):
            yield start, _integers(distances[:, : graph.n])

    def nearest(self, destinations: Seeds, k: int) -> tuple[_Int64, npt.NDArray[np.int32]]:
        """Return ms (n, k) from every node to its k nearest destinations and which (n, k); -1 where there are fewer."""
        if k == 1 and len(destinations) > 0:
            found = self._nearest_one(destinations)
            if found is not None:
                return found
        n = self._graph.n
        far = np.iinfo(np.int64).max
        best = np.full((n, k), far, dtype=np.int64)
        which = np.full((n, k), -1, dtype=np.int32)
        for start, rows in self.rows(destinations, reverse=True):
            number = np.arange(start, start + len(rows), dtype=np.int32)
            times = np.concatenate([best, np.where(rows < 0, far, rows).T], axis=1)
            numbers = np.concatenate([which, np.broadcast_to(number, (n, len(rows)))], axis=1)
            order = np.argsort(times, axis=1, kind="stable")[:, :k]
            best = np.take_along_axis(times, order, axis=1)
            which = np.take_along_axis(numbers, order, axis=1)
        none = best == far
        best[none], which[none] = -1, -1
        return best, which

    def path(self, origin: Seeds, destination: Seeds) -> npt.NDArray[np.int32]:
        """Return the nodes of a quickest path between two points (one row each), in order; empty if none."""
        graph = self._graph
        row, before = dijkstra(_matrix_of(graph, origin), indices=graph.n, return_predecessors=True)
        node, cost = destination.nodes[0], destination.costs[0]
        totals = np.where(node < 0, np.inf, row[node] + cost)
        if not np.isfinite(totals).any():
            return np.empty(0, dtype=np.int32)
        nodes = [int(node[np.argmin(totals)])]
        while (previous := int(before[nodes[-1]])) != graph.n:
            nodes.append(previous)
        return np.array(nodes[::-1], dtype=np.int32)

    def _nearest_one(self, destinations: Seeds) -> tuple[_Int64, npt.NDArray[np.int32]] | None:
        """One search from all destinations at once; the ms are scaled so that the lowest destination wins a tie."""
        graph, q = self._reversed, len(destinations)
        longest = int(graph.weights.max(initial=0)) * graph.n + destinations.longest
        if longest * q >= LONGEST_MS:  # no way may be so long: how long the longest of the quickest is takes a search
            joined = Seeds(destinations.nodes.reshape(1, -1), destinations.costs.reshape(1, -1))
            longest = int(_integers(dijkstra(_matrix_of(graph, joined), indices=graph.n)).max(initial=0)) + 1
        if longest * q >= LONGEST_MS:
            return None
        scaled = Graph(graph.indptr, graph.heads, graph.weights.astype(np.int64) * q)
        costs = destinations.costs * q + np.arange(q)[:, None]
        joined = Seeds(destinations.nodes.reshape(1, -1), costs.reshape(1, -1))
        found = _integers(dijkstra(_matrix_of(scaled, joined), indices=graph.n)[None, : graph.n]).T
        return np.where(found < 0, -1, found // q), np.where(found < 0, -1, found % q).astype(np.int32)


def _found(graph: Graph, sources: Seeds, targets: Seeds, limit: int | None) -> Iterator[tuple[int, _Int64]]:
    """Yield (first source, ms to every target, -1 where not reached) in batches."""
    absent = targets.nodes < 0
    for start, distances in _batches(graph, sources, limit, beside=3 * len(targets)):
        best = np.full((len(distances), len(targets)), np.inf)
        for column in range(targets.nodes.shape[1]):
            there = distances[:, targets.nodes[:, column]] + targets.costs[:, column]
            there[:, absent[:, column]] = np.inf
            np.minimum(best, there, out=best)
        if limit is not None:
            best[best > limit] = np.inf
        yield start, _integers(best)


def _batches(
    graph: Graph, points: Seeds, limit: int | None, *, beside: int = 0
) -> Iterator[tuple[int, npt.NDArray[np.float64]]]:
    """Yield (first point, distances to every node) in batches; `beside` is what else a point fills meanwhile."""
    if len(points) == 0:
        return
    cells, each = _BATCH_BYTES // 8, graph.n + beside
    # Each point is a node too: size × (each + size) cells.
    size = max(1, int((np.sqrt(each**2 + 4 * cells) - each) / 2))
    bound = np.inf if limit is None else float(limit)
    for start in range(0, len(points), size):
        some = points[start : start + size]
        numbers = np.arange(graph.n, graph.n + len(some))
        yield start, dijkstra(_matrix_of(graph, some), indices=numbers, limit=bound)


def _matrix_of(graph: Graph, points: Seeds) -> csr_array:
    """Return the graph with one more node for each point, from which it can only be left."""
    here = points.nodes >= 0
    rows, columns = np.nonzero(here)
    # Of two seeds at one node, the cheaper: compressed rows may hold a node once only.
    order = np.lexsort((points.costs[rows, columns], points.nodes[rows, columns], rows))
    rows, nodes, costs = rows[order], points.nodes[rows, columns][order], points.costs[rows, columns][order]
    first = np.ones(len(rows), dtype=bool)
    first[1:] = (rows[1:] != rows[:-1]) | (nodes[1:] != nodes[:-1])
    rows, nodes, costs = rows[first], nodes[first], costs[first]
    ends = graph.m + np.cumsum(np.bincount(rows, minlength=len(points)))
    size = graph.n + len(points)
    arrays = (
        np.concatenate([graph.weights, costs]).astype(np.float64),
        np.concatenate([graph.heads, nodes]).astype(np.int32),
        np.concatenate([graph.indptr, ends]).astype(np.int32),
    )
    return csr_array(arrays, shape=(size, size))


def _integers(distances: npt.NDArray[np.float64]) -> _Int64:
    return np.where(np.isfinite(distances), distances, -1.0).astype(np.int64)
