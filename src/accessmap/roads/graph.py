"""The roads as arrays, what is derived from them once, and how points join them."""

from __future__ import annotations

from functools import cached_property
from hashlib import blake2b
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from accessmap.errors import NetworkError, Problem, SnapError
from accessmap.roads.engine import Graph, Router
from accessmap.roads.expanded import FORBIDDEN, Expanded, expand
from accessmap.roads.snapping import MS_PER_MINUTE, Index, Legs, Segments, Snapped, snap_points
from accessmap.tables.contracts import metric_crs
from accessmap.words.near import near_names
from accessmap.words.notes import Metres, Note

Ints = npt.NDArray[np.int64]
#: Points whose joins are kept for further calls, and of how many calls.
FEW_POINTS, KEPT = 20_000, 12


def metric_crs_of(nodes: pd.DataFrame) -> str:
    """Return the CRS in which a network with these nodes (lon, lat) is measured.

    Raises
    ------
    NetworkError
        If the roads lie on both sides of 180 degrees of longitude: across it, lengths would be those of the way round.
    """
    west, east = nodes["lon"].min(), nodes["lon"].max()
    if east - west > 180:
        where = Note("roads_network")
        raise NetworkError(Problem("roads_across_180", where=where, value=f"{west:.4f}, {east:.4f}"))
    return metric_crs((west, nodes["lat"].min(), east, nodes["lat"].max()))


class RoadGraph:
    """Nodes, directed edges and turns, as in `RoadNetwork`, with what is made of them when first needed.

    `crs` is metric.
    """

    def __init__(
        self,
        nodes: pd.DataFrame,
        edges: pd.DataFrame,
        crs: str,
        turns: pd.DataFrame | None = None,
        turn_costs: pd.DataFrame | None = None,
    ) -> None:
        self.nodes, self.edges, self.crs, self.turns, self.turn_costs = nodes, edges, crs, turns, turn_costs

    def timed(self, edges: pd.DataFrame) -> RoadGraph:
        """Return the same roads with other minutes on their edges: what is no matter of minutes is not made again."""
        again = RoadGraph(self.nodes, edges, self.crs, self.turns, self.turn_costs)
        for name in ("ends", "xy", "part", "index"):
            if name in self.__dict__:
                again.__dict__[name] = self.__dict__[name]
        return again

    @cached_property
    def ends(self) -> tuple[Ints, Ints]:
        """Tails and heads (numbers of nodes) of every edge."""
        tails, heads = (self.nodes.index.get_indexer(pd.Index(self.edges[end])).astype("int64") for end in ("u", "v"))
        return tails, heads

    @cached_property
    def arcs(self) -> tuple[Ints, Ints, Ints]:
        """Tails and heads (numbers of nodes) and milliseconds of every edge."""
        return *self.ends, np.rint(self.edges["minutes"].to_numpy("float64") * MS_PER_MINUTE).astype("int64")

    @cached_property
    def xy(self) -> npt.NDArray[np.float64]:
        """Metres of every node, (n, 2)."""
        project = pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)
        return np.column_stack(project.transform(self.nodes["lon"].to_numpy(), self.nodes["lat"].to_numpy()))

    @cached_property
    def router(self) -> Router:
        """The engine, whose nodes are the states of `grown`."""
        grown = self.grown
        x, y = self.xy[grown.node].T
        return Router(Graph.from_arcs(len(grown.node), grown.tails, grown.heads, grown.ms, x=x, y=y))

    @cached_property
    def grown(self) -> Expanded:
        """The states between which trips are routed: the nodes, split where turns or private roads ask for it."""
        through = self.edges["through"].to_numpy("bool") if "through" in self.edges else None
        told = [table for table in (self.turns, self.turn_costs) if table is not None and len(table)]
        turns: list[npt.NDArray[np.integer]] = []
        turn_ms = None
        if told:
            table = pd.concat(told, ignore_index=True)
            sizes = table["nodes"].map(len).to_numpy()
            flat = pd.Index([node for nodes in table["nodes"] for node in nodes])
            at, ends = self.nodes.index.get_indexer(flat), np.cumsum(sizes).tolist()
            turns = [at[begin:end] for begin, end in pairwise([0, *ends])]
            seconds = table["seconds"].to_numpy("float64") if "seconds" in table else np.full(len(table), np.nan)
            ms = np.rint(np.nan_to_num(seconds) * MS_PER_MINUTE / 60)
            turn_ms = np.where(np.isnan(seconds), FORBIDDEN, ms).astype("int64")
        return expand(len(self.nodes), *self.arcs, through=through, turns=turns, turn_ms=turn_ms)

    @cached_property
    def free(self) -> RoadGraph | None:
        """The same roads with no turn forbidden and every road a way through; None where that is how they are."""
        if not len(self.turns if self.turns is not None else ()) and self.edges.get("through", pd.Series(True)).all():
            return None
        edges = self.edges.drop(columns="through", errors="ignore")
        free = RoadGraph(self.nodes, edges, self.crs, None, self.turn_costs)
        free.__dict__.update({name: getattr(self, name) for name in ("ends", "arcs", "xy", "part")})
        return free

    @cached_property
    def segments(self) -> Segments:
        """The stretches that points may join."""
        return Segments.of(self.arcs, self.index, self.xy, self.part, self.grown)

    @cached_property
    def index(self) -> Index:
        """Where those stretches lie, and which edges are driven along each."""
        snappable = self.edges["snappable"].to_numpy("bool")
        if not snappable.any():
            raise NetworkError(Problem("roads_none_to_join", where=Note("roads_network")))
        return Index.of(*self.ends, snappable, self.xy)

    @cached_property
    def part(self) -> Ints:
        """The strongly connected part of every node: 0 is the largest."""
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        tails, heads, _ = self.arcs
        n = len(self.nodes)
        graph = coo_array((np.ones(len(tails), "int8"), (tails, heads)), shape=(n, n))
        _, label = connected_components(graph.tocsr(), directed=True, connection="strong")
        by_size = np.argsort(-np.bincount(label), kind="stable")
        rank: Ints = np.empty(len(by_size), "int64")
        rank[by_size] = np.arange(len(by_size))
        parts: Ints = rank[label]
        return parts

    def numbers(self, ids: npt.ArrayLike) -> Ints:
        """Return the numbers of these node ids; unknown ones raise NetworkError with their like."""
        wanted = pd.Index(np.atleast_1d(np.asarray(ids)))
        numbers = self.nodes.index.get_indexer(wanted)
        if (numbers < 0).any():
            unknown = wanted[numbers < 0].tolist()
            found = {"value": unknown[0], "near": near_names(unknown[0], self.nodes.index), "n": len(unknown)}
            raise NetworkError(Problem("roads_unknown_nodes", where=Note("roads_network"), **found))
        return numbers.astype("int64")

    def edge_labels(self, edges: npt.ArrayLike) -> pd.Index:
        """Return these labels of edges; unknown ones raise NetworkError."""
        labels: pd.Index = pd.Index(np.atleast_1d(np.asarray(edges)))
        unknown = labels.difference(self.edges.index).tolist()
        if unknown:
            raise NetworkError(
                Problem("roads_unknown_edges", where=Note("roads_network"), value=unknown[0], n=len(unknown))
            )
        return labels

    def driven_edges(self, path: npt.NDArray[np.integer]) -> tuple[Ints, Ints]:
        """Return the row of the edge driven between each two states of a path, and ms of the turn into it."""
        return self.driven_between(path[:-1], path[1:])

    def driven_between(self, here: npt.NDArray[np.integer], there: npt.NDArray[np.integer]) -> tuple[Ints, Ints]:
        """Return the row of the edge driven from each of these states to the next, and ms of the turn into it."""
        grown = self.grown
        met = np.zeros(len(grown.node), "bool")
        met[here] = True
        near = np.flatnonzero(met[grown.tails])
        key, n = grown.tails[near] * len(grown.node) + grown.heads[near], len(grown.node)
        order = np.lexsort((grown.ms[near], key))
        wanted = here.astype("int64") * n + there
        driven = near[order[np.searchsorted(key[order], wanted)]]
        return grown.arc[driven], grown.more[driven]

    def turn_into(self, state: int, edge: int) -> int:
        """Return ms of the turn from a state into an edge, the cheapest there is."""
        arcs = self.grown.along.each(np.array([edge]))[1]
        return int(self.grown.more[arcs[self.grown.tails[arcs] == state]].min(initial=2**62)) % 2**62

    def quickest_edges(self, path: npt.NDArray[np.integer]) -> Ints:
        """Return the row of the quickest edge between each two nodes of a path that follow one another."""
        tails, heads, ms = self.arcs
        key, n = tails * len(self.nodes) + heads, len(self.nodes)
        order = np.lexsort((ms, key))
        wanted = path[:-1].astype("int64") * n + path[1:]
        rows: Ints = order[np.searchsorted(key[order], wanted)]
        return rows

    def project(self, points: gpd.GeoSeries) -> gpd.GeoSeries:
        """Return the points in the metric CRS; without CRS or place, or of another kind, they raise SnapError."""
        if points.crs is None:
            raise SnapError(Problem("roads_points_without_crs", where="points"))
        missing = points.isna() | points.is_empty
        if missing.any():
            found = {"value": points.index[missing][0], "n": int(missing.sum())}
            raise SnapError(Problem("roads_points_without_place", where="points", **found))
        other = points.geom_type != "Point"
        if other.any():
            found = {"value": points.index[other][0], "n": int(other.sum()), "kind": points.geom_type[other].iloc[0]}
            raise SnapError(Problem("roads_points_of_other_kinds", where="points", **found))
        return points.to_crs(self.crs)

    def snap(self, points: gpd.GeoSeries, legs: Legs) -> Snapped:
        """Return where projected points join the network; what few points have last been asked for is kept."""
        places = points.to_numpy()
        if not 0 < len(places) <= FEW_POINTS:
            return snap_points(places, self.segments, legs)
        key = legs, len(places), blake2b(shapely.get_coordinates(places).tobytes(), digest_size=20).digest()
        found: Snapped | None = self._joined.pop(key, None)
        if found is None:
            found = snap_points(places, self.segments, legs)
        for oldest in list(self._joined)[: 1 - KEPT]:
            self._joined.pop(oldest, None)
        self._joined[key] = found  # the last one asked for comes last
        return found

    @cached_property
    def _joined(self) -> dict[tuple[Legs, int, bytes], Snapped]:
        """Where points join that have been asked for, by their coordinates."""
        return {}

    def joints(self, points: gpd.GeoSeries, legs: Legs) -> pd.DataFrame:
        """Return the quickest leg by which each point joins the network, as `RoadNetwork.snap`."""
        found = self.snap(self.project(points), legs)
        joined, part = found.joined, self.segments.part[found.segment]
        quickest = np.where(joined, found.first[:-1], -1)
        problem = np.full(len(points), "", dtype=object)
        for row in np.flatnonzero(joined)[part[quickest[joined]] != 0]:
            joins = slice(found.first[row], found.first[row + 1])
            main = found.metres[joins][part[joins] == 0]
            problem[row] = Note("roads_joins_cut_off_part")
            if len(main):
                problem[row] = Note("roads_joins_cut_off_part_and_main", metres=Metres.of(main[0]))
        for row in np.flatnonzero(~joined):
            metres, most = Metres.of(found.nearest[row]), Metres.of(legs.max_metres)
            problem[row] = Note("roads_leg_too_long", metres=metres, most=most)
        # The number of no join is no row: blank.
        table = self._told(found).reindex(quickest).set_axis(points.index)
        return table.assign(metres=found.nearest, problem=pd.Series(problem, index=points.index, dtype=object))

    def joins(self, points: gpd.GeoSeries, legs: Legs) -> pd.DataFrame:
        """Return every leg by which each point joins the network, as `RoadNetwork.joins`."""
        found = self.snap(self.project(points), legs)
        rank = np.arange(len(found.point)) - found.first[found.point] + 1
        names = [points.index.name or "point", "rank"]
        return self._told(found).set_index(
            pd.MultiIndex.from_arrays([points.index.take(found.point), rank], names=names)
        )

    def _told(self, found: Snapped) -> pd.DataFrame:
        ids = self.nodes.index
        return pd.DataFrame(
            {
                "u": ids[self.segments.tails[found.segment]],
                "v": ids[self.segments.heads[found.segment]],
                "fraction": found.fraction,
                "metres": found.metres,
                "minutes": found.leg_ms / MS_PER_MINUTE,
            }
        )
