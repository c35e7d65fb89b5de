"""The one door to travel times: a graph, and whatever was prepared for it.

Whether to prepare is the question of whether to rent or to buy. A search by Dijkstra costs about `_SEARCH` a node, to
prepare about `_PREPARE` a node; the kernels take `_COMPILE` to compile, once on a machine, and `_LOAD` in each process.
The graph is prepared when what was searched since it was made, with what is asked now, would cost more than that: so
no job takes much more than twice what the better choice, known in advance, would have taken. A graph found prepared on
disk only costs `_READ` a node.
"""

import sys
import threading
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from accessmap.errors import NetworkError, Problem
from accessmap.files import cache_folder
from accessmap.roads.engine import cache, compiled
from accessmap.roads.engine.dijkstra import Searcher
from accessmap.roads.engine.graph import Graph, Seeds, to_minutes

if TYPE_CHECKING:
    from accessmap.roads.engine.prepared import Prepared


#: Seconds a node, measured on road networks of 0.07 to 4.4 million nodes (benchmarks/engine.py).
_SEARCH, _PREPARE, _READ = 140e-9, 3e-6, 0.1e-6
#: Seconds to compile the kernels, the first time on a machine, and to load them, the first time in a process.
_COMPILE, _LOAD = 15.0, 1.0
#: Seconds that preparing may take at least before it is given up, where it would take three times what is to be won.
_PATIENCE = 2.0
#: Nodes from which a prepared graph is worth keeping on disk: below, it is prepared again in less than half a second.
_WORTH_KEEPING = 150_000
#: Nodes from which one way is searched for by our own kernel, which stops at its end, and not by scipy's whole search.
LARGE = 50_000


class Router:
    """Exact travel times on one graph; prepares by itself, when first worth it.

    Parameters
    ----------
    graph
        What is travelled.
    cache_folder
        Where prepared graphs are kept between runs; by default the user's cache folder, or ``ACCESSMAP_CACHE``.

    Examples
    --------
    >>> graph = Graph.from_arcs(3, [0, 1], [1, 2], [60_000, 30_000])
    >>> Router(graph).matrix(Seeds.at([0, 2]), Seeds.at([2]))
    array([[1.5],
           [0. ]], dtype=float32)
    """

    def __init__(self, graph: Graph, *, cache_folder: Path | str | None = None) -> None:
        self.graph = graph
        self._cache_folder = None if cache_folder is None else Path(cache_folder)
        self._searcher = Searcher(graph)
        self._prepared: Prepared | None = None
        self._spent = 0.0
        self._price = _PREPARE * graph.n
        self._lock = threading.RLock()

    def __reduce__(self) -> tuple[Any, ...]:
        return _restored, (self.graph, self._cache_folder)

    def prepare(self, *, patience: float | None = None) -> "Prepared":
        """Return the prepared graph: from memory, from disk, or prepared now.

        Raises
        ------
        TimeoutError
            If preparing takes more than `patience` seconds.
        """
        from accessmap.roads.engine.prepared import Prepared
        from accessmap.roads.engine.preparing import prepare

        with self._lock:
            if self._prepared is None:
                folder = self._folder()
                keep = self.graph.n >= _WORTH_KEEPING
                hierarchy = cache.load(folder, self._key, self.graph) if keep else None
                if hierarchy is None:
                    hierarchy = prepare(self.graph, patience=patience)
                    compiled.remember(folder)
                    if keep:
                        cache.store(folder, self._key, hierarchy)
                self._prepared = Prepared(hierarchy)
            return self._prepared

    def expect(self, searches: int) -> None:
        """Prepare now where so many searches of the whole graph, which are to come, make that worth it."""
        self._choose(searches, (), None)

    def matrix_ms(self, origins: Seeds, destinations: Seeds, *, limit_ms: int | None = None) -> npt.NDArray[np.int64]:
        """Return whole ms from origins to destinations, int64 (p, q), -1 where not reached (within `limit_ms`).

        Raises
        ------
        NetworkError
            If a seed is not a node of the graph or the limit is negative.
        """
        self._check(origins, destinations, limit_ms)
        prepared = self._choose(min(len(origins), len(destinations)), (origins, destinations), limit_ms)
        if prepared is None:
            return self._searcher.matrix(origins, destinations, limit_ms)
        ms = np.empty((len(origins), len(destinations)), dtype=np.int64)
        prepared.matrix(origins, destinations, limit_ms, ms)
        return ms

    def matrix(self, origins: Seeds, destinations: Seeds, *, limit_ms: int | None = None) -> npt.NDArray[np.float32]:
        """Return minutes from origins to destinations, float32 (p, q), NaN where not reached (within `limit_ms`).

        Raises
        ------
        NetworkError
            If a seed is not a node of the graph or the limit is negative.
        """
        self._check(origins, destinations, limit_ms)
        prepared = self._choose(min(len(origins), len(destinations)), (origins, destinations), limit_ms)
        minutes = np.empty((len(origins), len(destinations)), dtype=np.float32)
        if prepared is None:
            for block, ms in self._searcher.blocks(origins, destinations, limit_ms):
                minutes[block] = to_minutes(ms)
            return minutes
        prepared.matrix(origins, destinations, limit_ms, minutes)
        return minutes

    def nearest(self, destinations: Seeds, *, k: int = 1) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Return minutes (n, k) from every node to its k nearest destinations and which; NaN and -1 where fewer.

        Of destinations equally near, the lowest in number comes first.

        Raises
        ------
        NetworkError
            If a seed is not a node of the graph or k is below 1.
        """
        destinations.check(self.graph.n, "destinations")
        if k < 1:
            raise NetworkError(Problem("roads_nearest_k", where="nearest", value=k))
        prepared = self._choose(1 if k == 1 else len(destinations), (destinations,), None)
        if prepared is None:
            ms, which = self._searcher.nearest(destinations, k)
            return to_minutes(ms), which
        minutes = np.empty((self.graph.n, k), dtype=np.float32)
        which = np.empty((self.graph.n, k), dtype=np.int32)
        prepared.nearest(destinations, k, minutes, which)
        return minutes, which

    def to_all(self, origins: Seeds) -> npt.NDArray[np.float32]:
        """Return minutes from each origin to every node, float32 (p, n), NaN where not reached."""
        return self._all(origins, "origins", reverse=False)

    def from_all(self, destinations: Seeds) -> npt.NDArray[np.float32]:
        """Return minutes from every node to each destination, float32 (p, n), NaN where not reached."""
        return self._all(destinations, "destinations", reverse=True)

    def path(self, origin: Seeds, destination: Seeds) -> npt.NDArray[np.int32]:
        """Return the nodes of a quickest path from one origin to one destination; empty where there is none.

        Raises
        ------
        NetworkError
            If there is not one point at each end, or a seed is not a node of the graph.
        """
        self._check(origin, destination, None)
        if len(origin) != 1 or len(destination) != 1:
            raise NetworkError("path: one origin and one destination")
        if self.graph.n < LARGE:
            return self._searcher.path(origin, destination)
        from accessmap.roads.engine.ways import way  # what is compiled is not waited for where it is not needed

        return way(self.graph, origin, destination)

    def _all(self, points: Seeds, what: str, *, reverse: bool) -> npt.NDArray[np.float32]:
        points.check(self.graph.n, what)
        minutes = np.empty((len(points), self.graph.n), dtype=np.float32)
        prepared = self._choose(len(points), (points,), None)
        if prepared is not None:
            prepared.to_all(points, minutes, reverse=reverse)
            return minutes
        for start, rows in self._searcher.rows(points, reverse=reverse):
            minutes[start : start + len(rows)] = to_minutes(rows)
        return minutes

    def _choose(self, searches: int, seeds: tuple[Seeds, ...], limit_ms: int | None) -> "Prepared | None":
        """Return the prepared graph if it should serve, None if a few searches do better."""
        if searches == 0 or self.graph.m == 0:
            return None
        prepared = self._prepared
        if prepared is None:
            work = self._spent + searches * self._search_seconds(seeds, limit_ms)
            patience = max(_PATIENCE, 3 * work)
            if self._worth(work):
                try:
                    prepared = self.prepare(patience=patience)
                except TimeoutError:
                    # Not a graph like roads: try again only when that much more work has come together.
                    self._price = 4 * patience
            if prepared is None:
                self._spent = work
                return None
        return prepared if prepared.fits(*seeds) else None

    def _search_seconds(self, seeds: tuple[Seeds, ...], limit_ms: int | None) -> float:
        """Return what one search takes: by the size of the graph, or measured where a limit keeps it small."""
        whole = _SEARCH * self.graph.n
        if limit_ms is None or whole * len(seeds[0]) < _PREPARE * self.graph.n:
            return whole
        sample = seeds[0][np.linspace(0, len(seeds[0]) - 1, 3).astype(np.int64)]
        begin = time.perf_counter()
        self._searcher.matrix(sample, sample, limit_ms)
        return (time.perf_counter() - begin) / 3

    def _worth(self, work: float) -> bool:
        """Return whether to have the graph prepared takes less than these seconds; what is easily known comes first."""
        if "accessmap.roads.engine.prepared" not in sys.modules:
            if work < _LOAD:
                return False
            work -= _LOAD if compiled.remembered(self._folder()) else _COMPILE
        if work < _READ * self.graph.n:
            return False
        if work >= self._price:
            return True
        return self.graph.n >= _WORTH_KEEPING and cache.kept(self._folder(), self._key)

    @cached_property
    def _key(self) -> str:
        return cache.graph_key(self.graph)

    def _folder(self) -> Path:
        return self._cache_folder or cache_folder()

    def _check(self, origins: Seeds, destinations: Seeds, limit_ms: int | None) -> None:
        origins.check(self.graph.n, "origins")
        destinations.check(self.graph.n, "destinations")
        if limit_ms is not None and limit_ms < 0:
            raise NetworkError(Problem("roads_limit_negative", value=limit_ms))


def _restored(graph: Graph, cache_folder: Path | None) -> Router:
    return Router(graph, cache_folder=cache_folder)
