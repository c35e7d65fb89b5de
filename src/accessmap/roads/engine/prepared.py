"""Answers from a prepared graph: which side to sweep from, in how many lanes, on how many threads."""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

import numpy as np
import numpy.typing as npt

from accessmap.roads.engine.graph import Seeds
from accessmap.roads.engine.hierarchy import INF32, INF64, Hierarchy, Side
from accessmap.roads.engine.nearest import nearest_few, nearest_one
from accessmap.roads.engine.sweep import restrict, sweep_minutes, sweep_ms
from accessmap.roads.engine.threads import Team, thread_count

#: Restricted graphs kept for repeated calls.
_KEPT = 4
#: Bytes that the times of one block, and of all blocks at work, may take.
_BLOCK_BYTES, _ALL_BYTES = 64_000_000, 1_500_000_000
#: Cells that a part of a job may reckon, so that it is done within about a fifth of a second.
_PART_CELLS = 200_000_000
#: Nodes met by one climb for which room is made at first.
_ROOM = 1 << 13

_Int32 = npt.NDArray[np.int32]


@dataclass(frozen=True, eq=False)
class _Part:
    """The graph above a set of targets, and where each of their seeds stands in it (-1 for none)."""

    arrays: tuple[npt.NDArray[np.integer[Any]], ...]
    rows: _Int32

    @property
    def size(self) -> int:
        return len(self.arrays[1]) - 1


@dataclass(eq=False)
class _Sweep:
    """One job: blocks of points that climb one side of the hierarchy and descend to the targets of a part."""

    points: Seeds
    climb: Side
    part: _Part
    target_costs: npt.NDArray[np.integer[Any]]
    rows: npt.NDArray[np.int64]
    inf: int
    limit: int
    across: bool
    out: npt.NDArray[Any]

    def run(self) -> None:
        count = len(self.points)
        kind = self.climb.ms.dtype
        threads = thread_count()
        lanes = _lanes(count, self.part.size * kind.itemsize, threads)
        threads = max(1, min(threads, _ALL_BYTES // max(1, self.part.size * kind.itemsize * lanes)))
        free: list[list[npt.NDArray[Any]]] = []

        def work(blocks: slice) -> None:
            try:
                arrays = free.pop()
            except IndexError:
                arrays = self._arrays(lanes)
            at, end = blocks.start * lanes, min(blocks.stop * lanes, count)
            while (at := at + self._some(at, end, arrays)) < end:
                arrays[1:4] = _room(4 * len(arrays[1]), lanes, kind)
            free.append(arrays)

        with Team(threads) as team:
            cells = (2 * self.part.size + self.part.rows.size) * lanes
            team.run(work, -(-count // lanes), most=max(1, _PART_CELLS // max(1, cells)))

    def _some(self, at: int, end: int, arrays: list[npt.NDArray[Any]]) -> int:
        """Sweep some of the points; return how many, fewer than asked where a climb met more than there is room for."""
        kind = self.climb.ms.dtype.type
        kernel = sweep_minutes if self.out.dtype == np.float32 else sweep_ms
        return int(
            kernel(
                self.points.nodes[at:end], self.points.costs[at:end].astype(kind), self.rows[at:end],
                self.climb.arrays, self.part.arrays, self.part.rows,
                self.target_costs, kind(self.inf), kind(self.limit), tuple(arrays), self.across, self.out,
            )
        )  # fmt: skip

    def _arrays(self, lanes: int) -> list[npt.NDArray[Any]]:
        n, kind = len(self.climb.indptr) - 1, self.climb.ms.dtype
        times = np.empty((max(self.part.size, 1), lanes), dtype=kind)
        # Where all targets are absent, they are looked up in a row that is never reckoned, and must not be reached.
        times[0] = self.inf
        return [
            np.zeros(n, dtype=np.int32),
            *_room(min(n, max(_ROOM, self.points.nodes.shape[1] * lanes)), lanes, kind),
            np.zeros(self.part.size, dtype=np.int32),
            times,
        ]


def _room(size: int, lanes: int, kind: np.dtype[Any]) -> list[npt.NDArray[Any]]:
    return [np.empty(size, np.int32), np.empty((size, lanes), kind), np.empty(size, np.int32)]


def _lanes(count: int, bytes_a_lane: int, threads: int) -> int:
    """Return how many points share a sweep: many are quicker a point, but each thread needs a block of its own."""
    for lanes in (64, 32):
        if count >= lanes * threads and lanes * bytes_a_lane <= _BLOCK_BYTES:
            return lanes
    return 16


class Prepared:
    """A hierarchy, ready to answer.

    Parameters
    ----------
    hierarchy
        From `prepare`.
    """

    def __init__(self, hierarchy: Hierarchy) -> None:
        self.hierarchy = hierarchy
        self._parts: OrderedDict[bytes, _Part] = OrderedDict()
        self._all: dict[bool, _Part] = {}
        self._inf = INF32 if hierarchy.up.ms.dtype == np.int32 else INF64

    def fits(self, *seeds: Seeds) -> bool:
        """Return whether no sum, quickest or not, can pass what the times are kept in."""
        return self.hierarchy.longest + sum(some.longest for some in seeds) < self._inf

    def matrix(self, origins: Seeds, destinations: Seeds, limit: int | None, out: npt.NDArray[Any]) -> None:
        """Fill `out` (p, q): float32 with minutes and NaN, or int64 with ms and -1."""
        if len(origins) <= len(destinations):
            self._sweep(origins, self._part(destinations, reverse=False), destinations.costs, limit, out, reverse=False)
        else:
            self._sweep(destinations, self._part(origins, reverse=True), origins.costs, limit, out, reverse=True)

    def to_all(self, points: Seeds, out: npt.NDArray[np.float32], *, reverse: bool) -> None:
        """Fill `out` (p, n) with minutes from each point to every node; from every node if `reverse`."""
        place, side = self.hierarchy.place, self._climb(not reverse)
        if reverse not in self._all:
            number = np.arange(1, len(place) + 1, dtype=np.int32)
            self._all[reverse] = _Part((number, *side.arrays), place.astype(np.int32).reshape(-1, 1))
        costs = np.zeros((len(place), 1), dtype=np.int64)
        self._sweep(points, self._all[reverse], costs, None, out, reverse=reverse, across=False)

    def nearest(
        self, destinations: Seeds, k: int, minutes: npt.NDArray[np.float32], which: npt.NDArray[np.int32]
    ) -> None:
        """Fill `minutes` and `which` (n, k) with the k nearest destinations of every node."""
        here = destinations.nodes >= 0
        nodes = self.hierarchy.place[destinations.nodes[here]]
        kind = self.hierarchy.up.ms.dtype.type
        costs = destinations.costs[here].astype(kind)
        numbers = np.nonzero(here)[0].astype(np.int32)
        climb, fall, place = self.hierarchy.down.arrays, self.hierarchy.up.arrays, self.hierarchy.place
        bits = max(1, (len(destinations) - 1).bit_length())
        if k == 1 and self.hierarchy.longest + destinations.longest < 1 << (62 - bits):
            nearest_one(nodes, costs, numbers, bits, climb, fall, place, minutes[:, 0], which[:, 0])
        else:
            nearest_few(nodes, costs, numbers, climb, fall, kind(self._inf), place, k, minutes, which)

    def _climb(self, reverse: bool) -> Side:
        """Return the arcs by which points climb; targets descend by those of the other direction."""
        return self.hierarchy.down if reverse else self.hierarchy.up

    def _part(self, targets: Seeds, *, reverse: bool) -> _Part:
        key = blake2b(targets.nodes.tobytes() + repr((targets.nodes.shape, reverse)).encode(), digest_size=20).digest()
        part = self._parts.get(key)
        if part is None:
            side, places = self._climb(not reverse), self._places(targets)
            arrays = restrict(places.ravel(), *side.arrays)
            part = _Part(arrays, np.where(places < 0, -1, arrays[0][places] - 1).astype(np.int32))
            self._parts[key] = part
            while len(self._parts) > _KEPT:
                self._parts.popitem(last=False)
        return part

    def _places(self, seeds: Seeds) -> _Int32:
        return np.where(seeds.nodes < 0, np.int32(-1), self.hierarchy.place[seeds.nodes].astype(np.int32))

    def _sweep(
        self, points: Seeds, part: _Part, costs: npt.NDArray[np.int64], limit: int | None, out: npt.NDArray[Any], *,
        reverse: bool, across: bool | None = None,
    ) -> None:  # fmt: skip
        """Sweep from points to the targets of a part; the points are columns of `out` if `across` (if `reverse`)."""
        climb = self._climb(reverse)
        places = self._places(points)
        # Points that are near one another share a block, since they climb to the same nodes.
        order = np.argsort(places.max(axis=1, initial=-1), kind="stable")
        last = self._inf - 1 if limit is None else min(limit, self._inf - 1)
        some = Seeds(places[order], points.costs[order])
        wide = reverse if across is None else across
        _Sweep(some, climb, part, costs.astype(climb.ms.dtype), order, self._inf, last, wide, out).run()
