"""The roads of a part of the land, cut out so that what is found on them can be proven for the whole network."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from accessmap.roads.checks import driven_turns
from accessmap.roads.graph import RoadGraph
from accessmap.roads.network import RoadNetwork
from accessmap.roads.snapping import MS_PER_MINUTE, Segments, Snapped

Bounds = tuple[float, float, float, float]
#: A leg, and the leg at its other end: how far beyond the bounds roads are kept, in `max_metres`.
BEYOND_LEGS = 2
#: What rounding to milliseconds and to float32 may take away, at the most.
ROUNDING_MS = 5


@dataclass(frozen=True, eq=False)
class Cut:
    """The roads within some bounds, and those on which one leaves them.

    Joining places, parts of the network and the order of nodes are those of the whole network, so that a trip within
    the bounds takes what it takes there.

    Parameters
    ----------
    network
        The roads that touch the bounds, or lie so near that a point within may join them.
    edge
        Ids of the nodes of roads that cross the bounds: whatever leaves passes one of them. None where nothing is cut.
    """

    network: RoadNetwork
    edge: npt.NDArray[np.object_]

    def least_ms(self, points: Snapped) -> npt.NDArray[np.float64]:
        """Return the milliseconds below which no trip from each point leaves the bounds, (n,): infinite where none can.

        A trip that is quicker than this, or no trip where this is infinite, is what the whole network would give.
        """
        least = np.full(len(points.nearest), np.inf)
        if not len(self.edge):
            return least
        roads: Segments = self.network._roads.segments
        minutes = self.network.nearest(self.edge, k=1)[0][:, 0].astype("float64")
        ms = np.where(np.isnan(minutes), np.inf, minutes * MS_PER_MINUTE)
        at = points.segment
        # A join on a road that crosses the bounds has an end in `edge`: 0 there, and so no more than its leg is proven.
        leaving = points.leg_ms + np.minimum(ms[roads.tails[at]], ms[roads.heads[at]])
        np.minimum.at(least, points.point, leaving - ROUNDING_MS)
        return least


def cut(network: RoadNetwork, bounds: Bounds) -> Cut:
    """Return the roads of a network within bounds (metres in its CRS: west, south, east, north).

    Parameters
    ----------
    network
        The whole.
    bounds
        Points that lie in them, or no further beyond than `network.max_metres`, join the cut roads as the whole.
    """
    roads = network._roads
    tails, heads, ms = roads.arcs
    low, high = np.minimum(roads.xy[tails], roads.xy[heads]), np.maximum(roads.xy[tails], roads.xy[heads])
    inner = np.array(bounds[:2]), np.array(bounds[2:])
    reach = BEYOND_LEGS * network.max_metres
    kept = (high >= inner[0] - reach).all(axis=1) & (low <= inner[1] + reach).all(axis=1)
    crossing = kept & ~((low >= inner[0]).all(axis=1) & (high <= inner[1]).all(axis=1))
    if kept.all():
        return Cut(network, np.empty(0, dtype=object))
    used = np.zeros(len(roads.nodes), bool)
    used[tails[kept]] = used[heads[kept]] = True
    number = np.cumsum(used) - 1
    nodes, edges = network.nodes.iloc[np.flatnonzero(used)], network.edges.iloc[np.flatnonzero(kept)]
    turns, costs = (
        None if table is None else driven_turns(table, edges) for table in (network.turns, network.turn_costs)
    )
    part = RoadNetwork(
        nodes, edges, provenance=network.provenance, turns=turns, turn_costs=costs, **vars(network._legs)
    )
    part.crs = network.crs
    part._roads = RoadGraph(nodes, edges, network.crs, turns, costs)
    # What hangs on the whole: a road that leads nowhere here may lead on beyond.
    arcs = number[tails[kept]], number[heads[kept]], ms[kept]
    part._roads.__dict__.update(arcs=arcs, xy=roads.xy[used], part=roads.part[used])
    ends = np.zeros(len(roads.nodes), bool)
    ends[tails[crossing]] = ends[heads[crossing]] = True
    return Cut(part, roads.nodes.index[ends].to_numpy(dtype=object))
