"""accessmap and its peers behind one face: prepare when made, then `matrix`, `to_all` and `nearest` in whole ms.

A peer without one of the three methods has no such question. Answers are as each peer gives them; `whole_ms` makes
them alike.
"""

import importlib.util
import os
import tempfile
import warnings

import numpy as np


class Accessmap:
    name, module = "accessmap", "accessmap"

    def __init__(self, network):
        from accessmap.roads.engine import Graph, Router

        arcs = (network.n, network.tails, network.heads, network.ms)
        self.folder = tempfile.TemporaryDirectory()
        self.router = Router(Graph.from_arcs(*arcs, x=network.x, y=network.y), cache_folder=self.folder.name)
        self.router.prepare()

    def matrix(self, sources, targets):
        from accessmap.roads.engine import Seeds

        return self.router.matrix(Seeds.at(sources), Seeds.at(targets))

    def to_all(self, sources):
        from accessmap.roads.engine import Seeds

        return self.router.to_all(Seeds.at(sources))

    def nearest(self, targets):
        from accessmap.roads.engine import Seeds

        return self.router.nearest(Seeds.at(targets))[0][:, 0]


class Scipy:
    name, module = "scipy", "scipy"

    def __init__(self, network):
        from scipy.sparse import csr_array

        shape = (network.n, network.n)
        self.graph = csr_array((network.ms.astype(float), (network.tails, network.heads)), shape=shape)
        self.turned = csr_array((network.ms.astype(float), (network.heads, network.tails)), shape=shape)

    def matrix(self, sources, targets):
        return self.to_all(sources)[:, targets]

    def to_all(self, sources):
        from scipy.sparse.csgraph import dijkstra

        return dijkstra(self.graph, indices=sources)

    def nearest(self, targets):
        from scipy.sparse.csgraph import dijkstra

        return dijkstra(self.turned, indices=targets, min_only=True)


class Igraph:
    name, module = "igraph", "igraph"

    def __init__(self, network):
        import igraph

        self.graph = igraph.Graph(network.n, np.column_stack([network.tails, network.heads]), directed=True)
        self.ms = network.ms.tolist()

    def matrix(self, sources, targets):
        return np.array(self.graph.distances(sources.tolist(), targets.tolist(), weights=self.ms, mode="out"))

    def to_all(self, sources):
        return np.array(self.graph.distances(sources.tolist(), None, weights=self.ms, mode="out"))


class Networkit:
    name, module = "networkit", "networkit"

    def __init__(self, network):
        import networkit

        arcs = (network.ms.astype(float), (network.tails.astype(np.uint64), network.heads.astype(np.uint64)))
        self.graph = networkit.GraphFromCoo(arcs, n=network.n, weighted=True, directed=True)

    def matrix(self, sources, targets):
        import networkit

        search = networkit.distance.SPSP(self.graph, sources.tolist(), targets.tolist())
        search.run()
        return np.array(search.getDistances())

    def to_all(self, sources):
        import networkit

        search = networkit.distance.SPSP(self.graph, sources.tolist())
        search.run()
        return np.array(search.getDistances())


class Pyroutingkit:
    name, module = "pyroutingkit", "pyroutingkit"

    def __init__(self, network):
        import pyroutingkit

        self.none = pyroutingkit.INF_WEIGHT
        self.nodes = np.arange(network.n, dtype=np.uint32)
        self.cch = pyroutingkit.CCH()
        arcs = (network.tails.astype(np.uint32), network.heads.astype(np.uint32))
        self.cch.build_topology(*arcs, network.y.astype(np.float32), network.x.astype(np.float32), network.n)
        self.cch.customize_weights(network.ms.astype(np.uint32))

    def matrix(self, sources, targets):
        return self.cch.distances_many_to_many(sources.astype(np.uint32), targets.astype(np.uint32))

    def to_all(self, sources):
        return self.matrix(sources, self.nodes)


class RoutingkitCch:
    name, module = "routingkit_cch", "routingkit_cch"

    def __init__(self, network):
        import routingkit_cch as kit

        tails, heads = network.tails.tolist(), network.heads.tolist()
        order = kit.compute_order_inertial(network.n, tails, heads, network.y.tolist(), network.x.tolist())
        self.cch = kit.CCH(order, tails, heads, False)
        self.metric = kit.CCHMetric(self.cch, network.ms.tolist())
        self.every = None
        self.n = network.n

    def matrix(self, sources, targets):
        import routingkit_cch as kit

        search = kit.CCHOneToMany(self.metric, targets.tolist())
        return np.array([[-1 if ms is None else ms for ms in search.distances_from(int(s))] for s in sources])

    def nearest(self, targets):
        import routingkit_cch as kit

        if self.every is None:
            self.every = kit.CCHManyToOne(self.metric, list(range(self.n)))
        return self.every.distances_to_multi([(int(target), 0) for target in targets])


class Pandana:
    name, module = "pandana (weights in seconds)", "pandana"

    def __init__(self, network):
        import pandana
        import pandas as pd

        nodes = pd.DataFrame({"x": network.x, "y": network.y})
        edges = pd.DataFrame({"from": network.tails, "to": network.heads, "s": network.ms / 1000})
        with Silence():
            self.network = pandana.Network(
                nodes["x"], nodes["y"], edges["from"], edges["to"], edges[["s"]], twoway=False
            )

    def matrix(self, sources, targets):
        a, b = np.repeat(sources, len(targets)), np.tile(targets, len(sources))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of every pair without a way
            seconds = self.network.shortest_path_lengths(a, b)
        return np.array(seconds).reshape(len(sources), len(targets)) * 1000


PEERS = (Accessmap, Scipy, Igraph, Networkit, Pyroutingkit, RoutingkitCch, Pandana)


def whole_ms(peer, answer):
    """Return an answer as int64 ms, -1 where not reached (each peer has its own way to say so)."""
    values = np.array([-1 if value is None else value for value in answer]) if isinstance(answer, list) else answer
    values = np.asarray(values, dtype=np.float64)
    if peer.name == "accessmap":
        values = values * 60_000
    none = ~np.isfinite(values) | (values < 0) | (values >= 2**31 - 1)
    # Without an answer networkit gives the largest float, RoutingKit 2**31 - 1, pandana 4294967.295 s.
    return np.where(none, -1, np.rint(np.where(none, 0, values))).astype(np.int64)


def installed(peer):
    return importlib.util.find_spec(peer.module) is not None


class Silence:
    """pandana prints from C++: send what is written to the terminal nowhere meanwhile."""

    def __enter__(self):
        self.kept, self.null = os.dup(1), os.open(os.devnull, os.O_WRONLY)
        os.dup2(self.null, 1)

    def __exit__(self, *_):
        os.dup2(self.kept, 1)
        os.close(self.kept)
        os.close(self.null)
