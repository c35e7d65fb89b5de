"""Whom a stop, a signal or a bump delays: of those who arrive at its node, who comes from which node before it.

A sign belongs to one direction of its way (`direction`, `traffic_signals:direction`). One that does not say which is
put up before a junction and holds for those who drive towards it (Tag:highway=stop); at the junction itself it is for
the lesser roads, or for all (`stop=all`, which may stand at each sign before it too). A gate whose access tags are for
one direction (`vehicle:backward=no`) stops those who come so.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from accessmap.roads.junctions import rank_of
from accessmap.roads.readers.osm_columns import positions_of
from accessmap.roads.readers.tables import Segments, Turn, segment_metres
from accessmap.roads.sorting import by_key

NEAR_METRES = 60.0  # a sign further than this from every junction holds both ways
ANYONE = -1


def approaches(events: pd.DataFrame, segments: Segments, ways: pd.DataFrame, nodes: pd.DataFrame) -> pd.DataFrame:
    """Return events by node and `coming` (positions of nodes; -1 is anyone), one row for each approach they hold for.

    Parameters
    ----------
    events
        node (position), event, and `facing` as `passages.facing` tells it.
    segments, ways, nodes
        The network: pieces of ways, what they are, and lon, lat of the nodes.
    """
    rows: list[tuple[int, str, int]] = []
    network: _Around | None = None
    for node, event, side in events[["node", "event", "facing"]].itertuples(index=False):
        came: list[int] | None = None
        if side != "both":
            network = network or _Around(segments, ways, nodes)
            came = network.coming(node, side)
        rows += [(node, event, before) for before in ([ANYONE] if came is None else came)]
    return pd.DataFrame(rows, columns=["node", "event", "coming"])


def shut_one_way(gates: Mapping[int, str], segments: Segments, nodes: pd.DataFrame) -> list[Turn]:
    """Return what gates that are shut one way forbid: to go on, for who arrives at one so along its road.

    Parameters
    ----------
    gates
        "forward" or "backward" by id of the node.
    segments, nodes
        The network, in which the nodes keep their ids.
    """
    numbers = np.sort(np.array(list(gates), dtype=np.int64))
    row = positions_of(numbers, nodes.index.to_numpy())
    gate = np.flatnonzero(row >= 0)
    is_gate = np.zeros(len(nodes), dtype=bool)
    is_gate[gate] = True
    near = segments[is_gate[segments.start] | is_gate[segments.end]]
    at = dict(zip(numbers[row[gate]].tolist(), gate.tolist(), strict=True))
    turns = []
    for number, heading in gates.items():
        node = at.get(number, -1)
        ends, starts = (near.end, near.start) if heading == "forward" else (near.start, near.end)
        after = {*near.start[near.end == node].tolist(), *near.end[near.start == node].tolist()}
        for before in starts[ends == node].tolist():
            turns += [Turn((before, node, other), "no_passage", number) for other in sorted(after - {before})]
    return turns


class _Around:
    """The pieces of road around any node, by number of the piece."""

    def __init__(self, segments: Segments, ways: pd.DataFrame, nodes: pd.DataFrame) -> None:
        self.segments = segments
        self.rank = rank_of(ways["road_class"])[0][segments.way]
        self.first, self.order = by_key(np.concatenate([segments.start, segments.end]), len(nodes))
        lon, lat = nodes["lon"].to_numpy(dtype=float), nodes["lat"].to_numpy(dtype=float)
        self.place = lon, lat

    def at(self, node: int) -> list[int]:
        """Pieces that begin or end at a node."""
        found = self.order[self.first[node] : self.first[node + 1]]
        return [number % len(self.segments.way) for number in found.tolist()]

    def other(self, piece: int, node: int) -> int:
        """Node at the other end of a piece."""
        start, end = int(self.segments.start[piece]), int(self.segments.end[piece])
        return end if start == node else start

    def coming(self, node: int, side: str) -> list[int] | None:
        """Nodes before the sign, of those whom it holds for; None for anyone."""
        around = self.at(node)
        if side in {"forward", "backward"}:
            ends = self.segments.end if side == "forward" else self.segments.start
            return [self.other(piece, node) for piece in around if ends[piece] == node]
        if len(around) > 2:
            if side == "all":
                return None
            highest = min(self.rank[piece] for piece in around)
            lesser = [self.other(piece, node) for piece in around if self.rank[piece] > highest]
            return lesser or None
        if len(around) < 2:
            return None
        distances = [self._metres_to_junction(node, piece) for piece in around]
        if distances[0] == distances[1]:
            return None
        nearer = int(np.argmin(distances))
        return [self.other(around[1 - nearer], node)]

    def _metres_to_junction(self, node: int, piece: int) -> float:
        """Metres along the road to where it meets one of its rank or a greater, infinite beyond `NEAR_METRES`."""
        rank, metres = self.rank[piece], 0.0
        while metres <= NEAR_METRES:
            there = self.other(piece, node)
            lon, lat = self.place
            ends = (lon[[node]], lat[[node]], lon[[there]], lat[[there]])
            metres += float(segment_metres(*ends)[0])
            further = [number for number in self.at(there) if number != piece]
            if not further:
                break
            if len(further) > 1 and min(self.rank[number] for number in further) <= rank:
                crossing = [n for n in further if self.rank[n] <= rank]
                if len(crossing) > 1 or self.rank[crossing[0]] < rank:
                    return metres if metres <= NEAR_METRES else np.inf
            same = [number for number in further if self.segments.way[number] == self.segments.way[piece]]
            node, piece = there, (same or sorted(further, key=lambda number: self.rank[number]))[0]
        return np.inf
