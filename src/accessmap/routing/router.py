"""The one door to travel times: a graph and whatever was prepared for it."""

from pathlib import Path

import numpy as np
import numpy.typing as npt

from accessmap.errors import NetworkError
from accessmap.routing.dijkstra import Searcher
from accessmap.routing.graph import Graph, Seeds, to_minutes

__all__ = ["Router"]


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
        self._cache_folder = cache_folder
        self._searcher = Searcher(graph)

    def matrix_ms(self, origins: Seeds, destinations: Seeds, *, limit_ms: int | None = None) -> npt.NDArray[np.int64]:
        """Return whole ms from origins to destinations, int64 (p, q), -1 where not reached (within `limit_ms`)."""
        self._check(origins, destinations, limit_ms)
        return self._searcher.matrix(origins, destinations, limit_ms)

    def matrix(self, origins: Seeds, destinations: Seeds, *, limit_ms: int | None = None) -> npt.NDArray[np.float32]:
        """Return minutes from origins to destinations, float32 (p, q), NaN where not reached (within `limit_ms`)."""
        return to_minutes(self.matrix_ms(origins, destinations, limit_ms=limit_ms))

    def nearest(self, destinations: Seeds, *, k: int = 1) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Return minutes (n, k) from every node to its k nearest destinations and which; NaN and -1 where fewer.

        Of destinations equally near, the lowest in number comes first.
        """
        destinations.check(self.graph.n, "destinations")
        if k < 1:
            raise NetworkError(f"nearest: k must be 1 or more, not {k}")
        ms, which = self._searcher.nearest(destinations, k)
        return to_minutes(ms), which

    def to_all(self, origins: Seeds) -> npt.NDArray[np.float32]:
        """Return minutes from each origin to every node, float32 (p, n), NaN where not reached."""
        return self._all(origins, "origins", reverse=False)

    def from_all(self, destinations: Seeds) -> npt.NDArray[np.float32]:
        """Return minutes from every node to each destination, float32 (p, n), NaN where not reached."""
        return self._all(destinations, "destinations", reverse=True)

    def path(self, origin: Seeds, destination: Seeds) -> npt.NDArray[np.int32]:
        """Return the nodes of a quickest path from one origin to one destination; empty where there is none."""
        self._check(origin, destination, None)
        if len(origin) != 1 or len(destination) != 1:
            raise NetworkError("path: one origin and one destination")
        return self._searcher.path(origin, destination)

    def _all(self, points: Seeds, what: str, *, reverse: bool) -> npt.NDArray[np.float32]:
        points.check(self.graph.n, what)
        minutes = np.empty((len(points), self.graph.n), dtype=np.float32)
        for start, rows in self._searcher.rows(points, reverse=reverse):
            minutes[start : start + len(rows)] = to_minutes(rows)
        return minutes

    def _check(self, origins: Seeds, destinations: Seeds, limit_ms: int | None) -> None:
        origins.check(self.graph.n, "origins")
        destinations.check(self.graph.n, "destinations")
        if limit_ms is not None and limit_ms < 0:
            raise NetworkError(f"limit_ms must be 0 or more, not {limit_ms}")
