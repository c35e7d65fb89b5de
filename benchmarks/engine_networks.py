"""The networks of the engine's benchmark: Porto's car network, a part of it, and tilings of it joined at the seams."""

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Network:
    """A directed graph as plain arrays: whole ms, degrees."""

    tails: np.ndarray
    heads: np.ndarray
    ms: np.ndarray
    x: np.ndarray
    y: np.ndarray
    turns: tuple[tuple[int, ...], ...] = ()
    costly: tuple[tuple[int, ...], ...] = ()
    costly_ms: np.ndarray = field(default_factory=lambda: np.empty(0, dtype=np.int64))

    @property
    def n(self):
        return len(self.x)

    def save(self, path):
        np.savez(path, tails=self.tails, heads=self.heads, ms=self.ms, x=self.x, y=self.y)

    @classmethod
    def load(cls, path):
        with np.load(path) as file:
            return cls(*(file[name] for name in ("tails", "heads", "ms", "x", "y")))


def porto():
    """Every node of a way is a node; of parallel arcs the quickest, as every peer would choose; turns apart.

    `turns` are forbidden, `costly` cost `costly_ms` more than their arcs.
    """
    from accessmap.roads.engine import Graph
    from accessmap.roads.readers.osm import read_osm

    folder = Path(os.environ.get("ACCESSMAP_DATA", ROOT.parent / "shared" / "data"))
    roads = read_osm(folder / "osm" / "porto.osm.pbf", mode="car")
    tails, heads = (roads.nodes.index.get_indexer(roads.edges[end]) for end in ("u", "v"))
    ms = np.rint(roads.edges["minutes"].to_numpy() * 60_000).astype(np.int64)
    graph = Graph.from_arcs(len(roads.nodes), tails, heads, ms)
    tails = np.repeat(np.arange(graph.n), np.diff(graph.indptr))
    turns, costly = (
        tuple(tuple(roads.nodes.index.get_indexer(nodes)) for nodes in table["nodes"])
        for table in (roads.turns, roads.turn_costs)
    )
    costly_ms = np.rint(roads.turn_costs["seconds"].to_numpy() * 1000).astype(np.int64)
    places = roads.nodes[["lon", "lat"]].to_numpy().T
    return Network(tails, graph.heads, graph.weights, *places, turns, costly, costly_ms)


def middle(network, nodes):
    """The nodes nearest to the middle of the network, and the arcs between them."""
    far = np.hypot(network.x - np.median(network.x), network.y - np.median(network.y))
    kept = np.zeros(network.n, dtype=bool)
    kept[np.argsort(far, kind="stable")[:nodes]] = True
    number = np.cumsum(kept) - 1
    arcs = kept[network.tails] & kept[network.heads]
    return Network(
        number[network.tails[arcs]], number[network.heads[arcs]], network.ms[arcs], network.x[kept], network.y[kept]
    )


def tiled(network, side, seams=100):
    """`side` × `side` copies; each pair of neighbours is joined by roads of 10 s between their outermost nodes."""
    width, height = np.ptp(network.x) * 1.001, np.ptp(network.y) * 1.001
    east, north = (np.argsort(-axis, kind="stable")[:seams] for axis in (network.x, network.y))
    west, south = (np.argsort(axis, kind="stable")[:seams] for axis in (network.x, network.y))
    tails, heads, ms, x, y = [], [], [], [], []
    for row, column in np.ndindex(side, side):
        here = (row * side + column) * network.n
        tails.append(network.tails + here)
        heads.append(network.heads + here)
        ms.append(network.ms)
        x.append(network.x + column * width)
        y.append(network.y + row * height)
        for other_row, other_column, ours, theirs in ((row, column + 1, east, west), (row + 1, column, north, south)):
            if other_row < side and other_column < side:
                there = (other_row * side + other_column) * network.n
                tails += [ours + here, theirs + there]
                heads += [theirs + there, ours + here]
                ms += [np.full(seams, 10_000)] * 2
    return Network(*(np.concatenate(parts) for parts in (tails, heads, ms, x, y)))
