"""Answers from a prepared graph: which side to sweep from, in how many lanes, on how many threads."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from accessmap.routing.graph import Seeds
from accessmap.routing.hierarchy import INF32, INF64, Hierarchy, Side
from accessmap.routing.sweep import restrict, sweep_minutes, sweep_ms
from accessmap.routing.threads import Team

__all__ = ["Prepared"]

_LANES = 32
#: Restricted graphs kept for repeated calls.
_KEPT = 4


@dataclass(frozen=True, eq=False)
class _Part:
    """The graph above a set of targets, and where each seed of each target stands in it (-1 for none)."""

    arrays: tuple[npt.NDArray[np.integer], ...]
    rows: npt.NDArray[np.int32]


class Prepared:
    """A hierarchy, ready to answer.

    Parameters
    ----------
    hierarchy
        From `prepare`.
    """

    def __init__(self, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy
        self._parts: OrderedDict[tuple[bool, bytes], _Part] = OrderedDict()

    def fits(self, *seeds: Seeds) -> bool:
        return self.hierarchy.longest + sum(some.longest for some in seeds) < self._inf

    @property
    def _inf(self) -> int:
        return INF32 if self.hierarchy.up.ms.dtype == np.int32 else INF64

    def matrix(self, origins: Seeds, destinations: Seeds, limit: int | None, out: npt.NDArray[Any]) -> None:
        """Fill `out` (p, q): float32 with minutes and NaN, int64 with ms and -1."""
        if len(origins) <= len(destinations):
            self._sweep(origins, self._part(destinations, reverse=False), destinations.costs, limit, out, reverse=False)
        else:
            self._sweep(destinations, self._part(origins, reverse=True), origins.costs, limit, out, reverse=True)

    def to_all(self, points: Seeds, out: npt.NDArray[np.float32], *, reverse: bool) -> None:
        h = self.hierarchy
        side = h.up if reverse else h.down
        n = len(h.place)
        part = _Part((np.arange(1, n + 1, dtype=np.int32), side.indptr, side.above, side.ms), h.place.reshape(-1, 1))
        self._sweep(points, part, np.zeros((n, 1), np.int64), None, out, reverse=reverse, across=False)

    def _part(self, targets: Seeds, *, reverse: bool) -> _Part:
        h = self.hierarchy
        side = h.up if reverse else h.down
        places = self._places(targets)
        arrays = restrict(places.ravel(), side.indptr, side.above, side.ms)
        rows = np.where(places < 0, -1, arrays[0][places] - 1)
        return _Part(arrays, rows.astype(np.int32))

    def _places(self, seeds: Seeds) -> npt.NDArray[np.int32]:
        return np.where(seeds.nodes < 0, np.int32(-1), self.hierarchy.place[seeds.nodes])

    def _sweep(self, points, part, target_costs, limit, out, *, reverse, across=None):
        across = reverse if across is None else across
        h = self.hierarchy
        climb = h.down if reverse else h.up
        dtype = climb.ms.dtype
        inf = dtype.type(self._inf)
        limit = inf - 1 if limit is None else min(limit, inf - 1)
        places = self._places(points)
        first = places.max(axis=1, initial=-1)
        order = np.argsort(first, kind="stable")
        nodes, costs = places[order], points.costs[order].astype(dtype)
        target_costs = target_costs.astype(dtype)
        n, size = len(h.place), len(part.arrays[1]) - 1
        with Team() as team:
            lanes = _LANES if len(points) > 16 * team.threads else 16
            kernel = sweep_minutes if out.dtype == np.float32 else sweep_ms
            free = []

            def work(rows):
                rows = slice(rows.start * lanes, min(rows.stop * lanes, len(order)))
                room = min(n, 1 << 14)
                if free:
                    arrays = free.pop()
                else:
                    arrays = [np.zeros(n, np.int32), np.empty(room, np.int32), np.empty((room, lanes), dtype), np.empty(room, np.int32), np.zeros(size, np.int32), np.empty((size, lanes), dtype)]
                start = rows.start
                while True:
                    start += kernel(nodes[start:rows.stop], costs[start:rows.stop], order[start:rows.stop], (climb.indptr, climb.above, climb.ms), part.arrays, part.rows, target_costs, inf, dtype.type(limit), tuple(arrays), across, out)
                    if start == rows.stop:
                        break
                    room = min(n, 4 * room)
                    arrays[1:4] = [np.empty(room, np.int32), np.empty((room, lanes), dtype), np.empty(room, np.int32)]
                free.append(arrays)

            team.run(work, -(-len(order) // lanes))
