"""The graph that is routed on, and the points that join it: plain arrays, whole milliseconds."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from accessmap.errors import NetworkError, Problem

MINUTES_PER_MS = 1.0 / 60_000.0

#: Beyond this, a float64 no longer holds every whole millisecond with room for a seed's cost (71,000 years).
LONGEST_MS = 2**51

_Int64 = npt.NDArray[np.int64]
_Int32 = npt.NDArray[np.int32]


def to_minutes(ms: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
    """Return minutes, float32, of whole milliseconds; negative (not reached) becomes NaN.

    Examples
    --------
    >>> to_minutes(np.array([0, 90_000, -1]))
    array([0. , 1.5, nan], dtype=float32)
    """
    minutes = (ms * MINUTES_PER_MS).astype(np.float32)
    minutes[ms < 0] = np.nan
    return minutes


@dataclass(frozen=True, eq=False)
class Graph:
    """A directed graph in compressed rows; the weights are whole milliseconds, never negative.

    Parameters
    ----------
    indptr
        int64 (n + 1): the arcs that leave node v are ``indptr[v]:indptr[v + 1]``.
    heads
        int32 (m): where each arc goes.
    weights
        int32 or int64 (m): what each arc takes, ms.
    x, y
        Optional coordinates (n), in any unit; they only serve to number nodes by space, which is quicker.

    Notes
    -----
    Build it with :meth:`from_arcs`, which checks, sorts and drops what no shortest path can use.
    """

    indptr: _Int64
    heads: _Int32
    weights: npt.NDArray[np.integer]
    x: npt.NDArray[np.float64] | None = None
    y: npt.NDArray[np.float64] | None = None

    @classmethod
    def from_arcs(
        cls,
        n: int,
        tails: npt.ArrayLike,
        heads: npt.ArrayLike,
        weights: npt.ArrayLike,
        *,
        x: npt.ArrayLike | None = None,
        y: npt.ArrayLike | None = None,
    ) -> "Graph":
        """Return the graph of these arcs: of parallel arcs the quickest, no self-loop, sorted by tail and head.

        Parameters
        ----------
        n
            Number of nodes.
        tails, heads
            Node numbers in ``range(n)``, one of each an arc.
        weights
            Whole milliseconds, one an arc.
        x, y
            Coordinates of the nodes, or None.

        Raises
        ------
        NetworkError
            If an arc leaves the range of nodes, a weight is negative or not whole, or a path could take 2⁵¹ ms.

        Examples
        --------
        >>> graph = Graph.from_arcs(2, [0, 0, 1], [1, 1, 1], [9, 7, 5])
        >>> graph.heads, graph.weights
        (array([1], dtype=int32), array([7], dtype=int32))
        """
        tail, head = _whole("tails", tails), _whole("heads", heads)
        weight = _whole("weights", weights)
        _check_arcs(n, tail, head, weight)
        kept = tail != head
        if not kept.all():
            tail, head, weight = tail[kept], head[kept], weight[kept]
        key = tail * n + head
        order = np.argsort(key, kind="stable")
        key = key[order]
        first = np.flatnonzero(np.diff(key, prepend=-1))
        weight = np.minimum.reduceat(weight[order], first) if first.size else weight
        tail, head = np.divmod(key[first], max(n, 1))
        indptr = np.zeros(n + 1, dtype=np.int64)
        np.cumsum(np.bincount(tail, minlength=n), out=indptr[1:])
        _check_sum(indptr, weight)
        narrow = weight.size == 0 or int(weight.max()) <= np.iinfo(np.int32).max
        return cls(
            indptr,
            head.astype(np.int32),
            weight.astype(np.int32 if narrow else np.int64),
            None if x is None else np.ascontiguousarray(x, dtype=np.float64),
            None if y is None else np.ascontiguousarray(y, dtype=np.float64),
        )

    @property
    def n(self) -> int:
        """Number of nodes."""
        return len(self.indptr) - 1

    @property
    def m(self) -> int:
        """Number of arcs."""
        return len(self.heads)

    def reversed(self) -> "Graph":
        """Return the graph with every arc turned round."""
        tails = np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.indptr))
        order = np.argsort(self.heads, kind="stable")
        indptr = np.zeros(self.n + 1, dtype=np.int64)
        np.cumsum(np.bincount(self.heads, minlength=self.n), out=indptr[1:])
        return Graph(indptr, tails[order], self.weights[order], self.x, self.y)


@dataclass(frozen=True, eq=False)
class Seeds:
    """Points that join the graph at up to k nodes each, at a cost.

    Parameters
    ----------
    nodes
        int32 (p, k): node numbers, -1 where a point has fewer than k.
    costs
        int64 (p, k): ms between the point and that node, never negative; ignored where the node is -1.
    """

    nodes: _Int32
    costs: _Int64 = field()

    def __post_init__(self) -> None:
        nodes = np.ascontiguousarray(self.nodes, dtype=np.int32)
        costs = np.ascontiguousarray(self.costs, dtype=np.int64)
        if nodes.ndim != 2 or nodes.shape != costs.shape:
            raise NetworkError(f"seeds: nodes {nodes.shape} and costs {costs.shape} must be one table")
        costs = np.where(nodes < 0, 0, costs)
        if costs.size and (costs.min() < 0 or costs.max() >= LONGEST_MS):
            raise NetworkError("seeds: costs must be between 0 and 2**51 ms")
        object.__setattr__(self, "nodes", nodes)
        object.__setattr__(self, "costs", costs)

    @classmethod
    def at(cls, nodes: npt.ArrayLike) -> "Seeds":
        """Return points that are nodes: one node each, at no cost.

        Examples
        --------
        >>> Seeds.at([3, 1]).nodes
        array([[3],
               [1]], dtype=int32)
        """
        column = np.asarray(nodes, dtype=np.int32).reshape(-1, 1)
        return cls(column, np.zeros(column.shape, dtype=np.int64))

    def __len__(self) -> int:
        return len(self.nodes)

    def __getitem__(self, rows: "slice | npt.NDArray[np.integer]") -> "Seeds":
        return Seeds(self.nodes[rows], self.costs[rows])

    @property
    def longest(self) -> int:
        """The highest cost, ms; 0 where there is none."""
        return int(self.costs.max(initial=0))

    def check(self, n: int, what: str) -> None:
        """Raise NetworkError if a node is not in ``range(n)``."""
        if self.nodes.size and (self.nodes.min() < -1 or self.nodes.max() >= n):
            raise NetworkError(f"{what}: nodes must be in 0..{n - 1}, or -1 for none")


def _whole(what: str, values: npt.ArrayLike) -> _Int64:
    array = np.asarray(values)
    if array.size == 0:
        return np.empty(0, dtype=np.int64)
    if not np.issubdtype(array.dtype, np.integer):
        raise NetworkError(f"graph: {what} must be whole numbers, not {array.dtype}")
    return array.astype(np.int64, copy=False).ravel()


def _check_arcs(n: int, tails: _Int64, heads: _Int64, weights: _Int64) -> None:
    if not (len(tails) == len(heads) == len(weights)):
        raise NetworkError(f"graph: {len(tails)} tails, {len(heads)} heads, {len(weights)} weights")
    if len(tails) == 0:
        return
    if min(tails.min(), heads.min()) < 0 or max(tails.max(), heads.max()) >= n:
        raise NetworkError(f"graph: arcs must join nodes in 0..{n - 1}")
    if weights.min() < 0:
        raise NetworkError("graph: a weight is negative; travel times cannot be")
    if weights.max() >= LONGEST_MS:
        raise NetworkError(Problem("roads_minutes_too_long", where="graph"))


def _check_sum(indptr: _Int64, weights: _Int64) -> None:
    """Refuse weights of which a path's sum might not be exact: a path leaves each node at most once."""
    starts = indptr[:-1][np.diff(indptr) > 0]
    if starts.size and float(np.maximum.reduceat(weights, starts).sum(dtype=np.float64)) >= LONGEST_MS:
        raise NetworkError(Problem("roads_path_too_long", where="graph"))
