"""Private to `network`: how long the quickest way is, in metres."""

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from accessmap.roadgraph import RoadGraph
from accessmap.snapping import Snapped, direct_ms
from accessmap.trips import Trips

__all__ = ["nearest_metres"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def nearest_metres(trips: Trips) -> Floats:
    """Return the metres of the quickest way to the nearest destination, by origin; NaN where there is none.

    The way is the quickest one, which need not be the shortest; its joining legs count as they are, straight.
    """
    which = trips.nearest(1)[1][:, 0]
    metres = np.full(len(which), np.nan)
    o, d, local = trips.local(slice(None))
    straight = np.hypot(*(_xy(trips.places[0][o]) - _xy(trips.places[1][d])).T)
    along = _direct(trips)
    graph, lengths = _reversed(trips.roads)
    for site in np.unique(which[which >= 0]):
        going = np.flatnonzero(which == site)
        best_ms, best = _by_nodes(trips, int(site), going, graph, lengths)
        for origins, destinations, ms, length in ((*along[:3], along[3]), (o, d, local, straight)):
            mine = (destinations == site) & (which[origins] == site)
            at = np.searchsorted(going, origins[mine])
            quicker = ms[mine] < best_ms[at]
            best[at[quicker]] = length[mine][quicker]
        metres[going] = best
    return metres


def _by_nodes(
    trips: Trips, site: int, going: Ints, graph: csr_array, lengths: dict[str, Ints | Floats]
) -> tuple[Floats, Floats]:
    """Return milliseconds and metres of the quickest way through the graph from these origins to one site."""
    segments = trips.roads.segments
    end, start = trips.end.rows(slice(site, site + 1)), trips.start
    arrival, departure = end.destinations(segments), start.origins(segments)
    end_metres, start_metres = _ends(trips.roads, end), _ends(trips.roads, start)
    best_ms, best = np.full(len(going), np.inf), np.full(len(going), np.nan)
    for last in range(2):
        if arrival.nodes[0, last] < 0:
            continue
        ms, metres = _tree(graph, lengths, int(arrival.nodes[0, last]))
        for first in range(2):
            node = departure.nodes[going, first]
            total = departure.costs[going, first] + ms[node] + arrival.costs[0, last]
            quicker = (node >= 0) & (total < best_ms)
            best_ms[quicker] = total[quicker]
            best[quicker] = (start_metres[going, first] + metres[node] + end_metres[0, last])[quicker]
    return best_ms, best


def _tree(graph: csr_array, lengths: dict[str, Ints | Floats], node: int) -> tuple[Floats, Floats]:
    """Return milliseconds and metres from every node to one, along the quickest ways."""
    ms, after = dijkstra(graph, indices=node, return_predecessors=True)
    reached = np.flatnonzero(after >= 0)
    order = reached[np.argsort(ms[reached], kind="stable")]
    metres = np.full(len(ms), np.nan)
    metres[node] = 0.0
    key = order.astype("int64") * len(ms) + after[order]
    step = lengths["metres"][np.searchsorted(lengths["key"], key)]
    for at, following, length in zip(order.tolist(), after[order].tolist(), step.tolist(), strict=True):
        metres[at] = metres[following] + length
    return ms, metres


def _reversed(roads: RoadGraph) -> tuple[csr_array, dict[str, Ints | Floats]]:
    """Return the graph with every arc turned round, and the metres of the quickest arc of each pair of nodes."""
    tails, heads, ms = roads.arcs
    n = len(roads.nodes)
    key = tails * n + heads
    order = np.lexsort((ms, key))
    first = order[np.flatnonzero(np.diff(key[order], prepend=-1))]
    straight = np.hypot(*(roads.xy[heads[first]] - roads.xy[tails[first]]).T)
    known = roads.edges["length_m"].to_numpy("float64")[first] if "length_m" in roads.edges else straight
    # A weight of nothing would be no arc at all to scipy.
    weights = ms[first].astype("float64") + 1e-6
    graph = csr_array((weights, (heads[first], tails[first])), shape=(n, n))
    return graph, {"key": key[first], "metres": np.where(np.isnan(known), straight, known)}


def _direct(trips: Trips) -> tuple[Ints, Ints, Ints, Floats]:
    """Return (origin, destination, milliseconds, metres) of the trips along one segment."""
    segments = trips.roads.segments
    o, d, ms = direct_ms(trips.start, trips.end, segments)
    at = trips.start.segment[o]
    whole = np.hypot(*(trips.roads.xy[segments.heads[at]] - trips.roads.xy[segments.tails[at]]).T)
    along = np.abs(trips.end.fraction[d] - trips.start.fraction[o]) * whole
    return o, d, ms, along + trips.start.metres[o] + trips.end.metres[d]


def _ends(roads: RoadGraph, joined: Snapped) -> Floats:
    """Return metres from each point to the head and to the tail of its segment, leg included, (p, 2)."""
    at = np.maximum(joined.segment, 0)
    whole = np.hypot(*(roads.xy[roads.segments.heads[at]] - roads.xy[roads.segments.tails[at]]).T)
    along = np.column_stack([1 - joined.fraction, joined.fraction]) * whole[:, None]
    metres: Floats = along + joined.metres[:, None]
    return metres


def _xy(points: npt.NDArray[np.object_]) -> Floats:
    return np.array([(point.x, point.y) for point in points], dtype="float64").reshape(-1, 2)
