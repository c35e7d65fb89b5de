"""The minutes of trips parted by class of road, so that they can be weighed anew without being routed anew."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from accessmap.roads.graph import RoadGraph
from accessmap.roads.snapping import MS_PER_MINUTE, Entries, Snapped, direct_ms, first_of
from accessmap.roads.trips import EVERY, Trips

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

#: What is spent off the roads that are known, and roads of no class.
LEGS: Final = "joining legs"
UNCLASSED: Final = "road"


def classes_of(roads: RoadGraph) -> tuple[list[str], Ints]:
    """Return the classes of road, the joining legs first, and the number of the class of every edge."""
    if "road_class" not in roads.edges:
        return [LEGS, UNCLASSED], np.ones(len(roads.edges), "int64")
    told = roads.edges["road_class"].astype("object").fillna(UNCLASSED).astype("str")
    codes, names = pd.factorize(told, sort=True)
    return [LEGS, *map(str, names)], codes.astype("int64") + 1


def minutes_by_class(trips: Trips) -> tuple[npt.NDArray[np.float32], list[str]]:
    """Return minutes of the quickest way of each pair by class of road, float32 (origins, destinations, classes).

    The classes add up to the minutes of the trip; NaN in all where there is no way.
    """
    names, edge_class = classes_of(trips.roads)
    segments, grown = trips.roads.segments, trips.roads.grown
    states, ends = len(grown.node), len(trips.end.nearest)
    leaving, arriving = trips.start.origins(segments), trips.end.destinations(segments)
    sides = (trips.start, leaving), (trips.end, arriving)
    parts = [_parts(trips, *side, edge_class, len(names)) for side in sides]
    # Each destination is a node of its own, from which the roads are searched backwards.
    key = grown.tails * states + grown.heads
    first = first_of(grown.ms, key)
    weights = np.concatenate([grown.ms[first], arriving.ms]).astype("float64") + 1e-6  # nothing is no arc to scipy
    rows = np.concatenate([grown.heads[first], states + arriving.point])
    columns = np.concatenate([grown.tails[first], arriving.state])
    graph = csr_array((weights, (rows, columns)), shape=(states + ends,) * 2)
    keys, step_class = key[first], edge_class[grown.arc[first]]
    found = np.full((len(trips.start.nearest), ends, len(names)), np.nan, "float32")
    best = np.full(found.shape[:2], np.inf)
    for end in range(ends):
        ms, after = dijkstra(graph, indices=states + end, return_predecessors=True)
        total = leaving.ms + ms[leaving.state]
        quick = first_of(total.astype("float64"), leaving.point)
        quick = quick[np.isfinite(total[quick])]
        if not len(quick):
            continue
        near = np.flatnonzero(ms <= ms[leaving.state[quick]].max())  # what no way needs is left out
        mine = np.flatnonzero(arriving.point == end)
        sums = _sums(after, near, states, (keys, grown.ms[first], step_class), (arriving.state[mine], parts[1][mine]))
        at = np.searchsorted(near, leaving.state[quick])
        found[leaving.point[quick], end] = (sums[at] + parts[0][quick]) / MS_PER_MINUTE
        best[leaving.point[quick], end] = total[quick]
    _aside(trips, found, best, edge_class)
    return found, names


def _parts(trips: Trips, side: Snapped, at: Entries, edge_class: Ints, classes: int) -> Floats:
    """Return milliseconds by class of what lies between each entry and its point: the leg, and a part of a road."""
    segments = trips.roads.segments
    segment = side.segment[at.join]
    arc = np.where(segments.forward_arc[segment] >= 0, segments.forward_arc[segment], segments.backward_arc[segment])
    legs = side.leg_ms[at.join]
    parts = np.zeros((len(at.point), classes))
    parts[np.arange(len(arc)), edge_class[arc]] = at.ms - legs
    parts[:, 0] += legs
    return parts


def _sums(
    after: npt.NDArray[np.int32], near: Ints, states: int, steps: tuple[Ints, Ints, Ints],
    arrivals: tuple[Ints, Floats],
) -> Floats:  # fmt: skip
    """Return milliseconds by class from each of the near nodes to the destination, by doubling what was gone."""
    keys, step_ms, step_class = steps
    states_of, parts = arrivals
    there = len(near)  # the destination itself, where nothing is left to go
    sums, ahead = np.zeros((there + 1, parts.shape[1])), np.full(there + 1, there)
    following = after[near].astype("int64")
    last = np.flatnonzero(following >= states)
    by_state = np.argsort(states_of, kind="stable")
    sums[last] = parts[by_state[np.searchsorted(states_of[by_state], near[last])]]
    inner = np.flatnonzero((following >= 0) & (following < states))
    step = np.searchsorted(keys, near[inner] * states + following[inner])
    sums[inner, step_class[step]] = step_ms[step]
    ahead[inner] = np.searchsorted(near, following[inner])
    while (ahead < there).any():
        sums += sums[ahead]
        ahead = ahead[ahead]
    return sums


def _aside(trips: Trips, found: npt.NDArray[np.float32], best: Floats, edge_class: Ints) -> None:
    """Put the trips along one road, and those off the roads, where they are quicker."""
    segments = trips.roads.segments
    o, d, ms, first, last = direct_ms(trips.start, trips.end, segments)
    at = trips.start.segment[first]
    arc = np.where(segments.forward_arc[at] >= 0, segments.forward_arc[at], segments.backward_arc[at])
    legs = trips.start.leg_ms[first] + trips.end.leg_ms[last]
    straight = trips.off_road(EVERY)
    none = np.zeros(len(straight[0]), "int64")
    for origins, ends, whole, off, kind in ((o, d, ms, legs, edge_class[arc]), (*straight, straight[2], none)):
        for row in np.argsort(-whole, kind="stable"):  # the quickest of a pair last
            pair = origins[row], ends[row]
            if whole[row] < best[pair]:
                found[pair] = 0.0
                found[(*pair, kind[row])] = (whole[row] - off[row]) / MS_PER_MINUTE
                found[(*pair, 0)] += off[row] / MS_PER_MINUTE
                best[pair] = whole[row]
