"""RoadNetwork: the only door to the road graph. It snaps points, and turns node ids into minutes."""

from collections.abc import Hashable, Iterator
from functools import cached_property
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from accessmap.errors import NetworkError, SnapError, did_you_mean
from accessmap.networkfile import check_roads, read_network, write_network
from accessmap.provenance import Provenance, Source
from accessmap.routing import Graph, Router, Seeds
from accessmap.snapping import MS_PER_MINUTE, Segments, Snapped, along, direct_ms, own_segment, snap_points
from accessmap.tables import metric_crs

__all__ = ["RoadNetwork"]

WALKING_KMH = 4.8  # 80 metres a minute, the convention of most accessibility studies
NO_WAY_IN = ("motorway", "motorway_link")


class RoadNetwork:
    """A road network, read-only: directed edges with their minutes, an index for snapping, and its provenance.

    Build one with `from_edges` or `modelled`; nodes keep the ids that they came with.

    Attributes
    ----------
    nodes : pandas.DataFrame
        By node id: lon, lat (degrees).
    edges : pandas.DataFrame
        One row a directed edge: u, v (node ids), minutes, and length_m, road_class, snappable where known.
    crs : str
        The metric CRS in which points are snapped.
    access_kmh : float
        Speed of the straight leg between a point and the road.
    local_metres : float
        Straight distance up to which a trip may keep to local streets that the edges leave out, at `access_kmh`.
    max_metres : float
        A point further than this from every edge does not join the network, unless a call says otherwise.
    provenance : Provenance
        Where the roads come from; `modelled` is True where they are not real roads.
    """

    def __init__(
        self,
        nodes: pd.DataFrame,
        edges: pd.DataFrame,
        *,
        access_kmh: float,
        local_metres: float,
        max_metres: float,
        provenance: Provenance,
    ) -> None:
        self.nodes = nodes
        self.edges = edges
        self.access_kmh = access_kmh
        self.local_metres = local_metres
        self.max_metres = max_metres
        self.provenance = provenance
        self.crs = metric_crs(tuple(nodes[["lon", "lat"]].min()) + tuple(nodes[["lon", "lat"]].max()))

    @classmethod
    def from_edges(
        cls,
        nodes: pd.DataFrame,
        edges: pd.DataFrame,
        *,
        directed: bool = True,
        access_kmh: float = WALKING_KMH,
        local_metres: float = 0,
        max_metres: float = 2000,
        provenance: Provenance | None = None,
    ) -> "RoadNetwork":
        """Return a network of these edges, each a straight segment between two nodes.

        Parameters
        ----------
        nodes
            By node id: `lon` and `lat` in degrees.
        edges
            `u` and `v` (node ids) and `minutes`; optional `length_m` (metres), `road_class` (OSM's words; motorways
            are no way in) and `snappable` (bool: points may join this edge, which then decides alone).
        directed
            False where each edge may be driven both ways.
        access_kmh
            Speed of the leg between a point and the road, in km/h: walking by default; say a driving speed where
            the edges leave out local streets.
        local_metres
            Where the edges leave out local streets, the straight distance (metres) up to which a trip may do without
            the edges, at `access_kmh`: else a trip inside a town would leave it and come back. 0 is never.
        max_metres
            A point further than this from every edge does not join the network: it is not reached.
        provenance
            Sources and parameters, carried into every result.

        Raises
        ------
        NetworkError
            Every problem at once: missing columns, unknown nodes, minutes that are negative or not finite.

        Examples
        --------
        >>> import pandas as pd
        >>> nodes = pd.DataFrame({"lon": [3.20, 3.25], "lat": [49.60, 49.60]}, index=["chauny", "sinceny"])
        >>> edges = pd.DataFrame({"u": ["chauny"], "v": ["sinceny"], "minutes": [5.0]})
        >>> network = RoadNetwork.from_edges(nodes, edges, directed=False)
        >>> network.matrix(["sinceny"], ["chauny"])
        array([[5.]], dtype=float32)
        """
        legs = {"access_kmh": access_kmh, "local_metres": local_metres, "max_metres": max_metres}
        check_roads(nodes, edges, legs)
        edges = edges.reset_index(drop=True)
        if "snappable" not in edges:
            road_class = edges["road_class"] if "road_class" in edges else pd.Series("", index=edges.index)
            edges = edges.assign(snappable=~road_class.isin(NO_WAY_IN))
        if not directed:
            edges = pd.concat([edges, edges.rename(columns={"u": "v", "v": "u"})], ignore_index=True)
        return cls(nodes.copy(), edges, provenance=provenance or Provenance(), **legs)

    @classmethod
    def modelled(cls, communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame) -> "RoadNetwork":
        """Return a modelled network, for want of real roads: the mairies of communes that touch are linked.

        Everything made with it is labelled "réseau modélisé". Rule and constants are in `accessmap.modelled`, their
        fit to published times in docs/method.

        Parameters
        ----------
        communes
            Polygons with `population`, by INSEE code.
        mairies
            Points, with the INSEE code in `commune`; one is needed for each commune.

        Raises
        ------
        NetworkError
            Where communes have no mairie, or the linked communes make no network.
        """
        from accessmap.modelled import ACCESS_KMH, LOCAL_METRES, MAX_METRES, PARAMETERS, model_roads

        nodes, edges = model_roads(communes, mairies)
        provenance = Provenance(
            (Source("Réseau modélisé entre mairies voisines", "accessmap", "MIT", "2026"),), PARAMETERS, modelled=True
        )
        legs = {"access_kmh": ACCESS_KMH, "local_metres": LOCAL_METRES, "max_metres": MAX_METRES}
        return cls.from_edges(nodes, edges, directed=False, provenance=provenance, **legs)

    # ------------------------------------------------------------------ minutes

    def matrix(self, origins: npt.ArrayLike, destinations: npt.ArrayLike) -> npt.NDArray[np.float32]:
        """Return minutes from node to node, float32 (n_origins, n_destinations); NaN is not reached.

        Parameters
        ----------
        origins, destinations
            Node ids.

        Raises
        ------
        NetworkError
            Where an id is not a node of this network.
        """
        return self._router.matrix(Seeds.at(self._numbers(origins)), Seeds.at(self._numbers(destinations)))

    def nearest(
        self, destinations: npt.ArrayLike, *, k: int = 1
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Return for every node the k nearest destinations: minutes and which, two arrays (n_nodes, k).

        Parameters
        ----------
        destinations
            Node ids; `which` counts in their order, -1 (with NaN minutes) where fewer than k are reached.
        """
        return self._router.nearest(Seeds.at(self._numbers(destinations)), k=k)

    def travel_minutes(
        self,
        origins: gpd.GeoSeries,
        destinations: gpd.GeoSeries,
        *,
        limit: float | None = None,
        max_metres: float | None = None,
    ) -> npt.NDArray[np.float32]:
        """Return minutes from point to point, float32 (n_origins, n_destinations), joining legs included.

        Parameters
        ----------
        origins, destinations
            Points in any CRS.
        limit
            Minutes beyond which a destination counts as not reached.
        max_metres
            Points further than this from the network are not reached; `self.max_metres` where not given.

        Raises
        ------
        SnapError
            Where not one origin, or not one destination, is near the network.
        """
        origins, destinations = self._projected(origins), self._projected(destinations)
        most = self.max_metres if max_metres is None else max_metres
        start = self._snapped(origins, most, refuse_all=True)
        end = self._snapped(destinations, most, refuse_all=True)
        limit_ms = None if limit is None else round(limit * MS_PER_MINUTE)
        minutes = self._router.matrix(
            start.origins(self._segments), end.destinations(self._segments), limit_ms=limit_ms
        )
        for o, d, ms in (direct_ms(start, end, self._segments), self._local_ms(origins, destinations, start, end)):
            kept = slice(None) if limit_ms is None else ms <= limit_ms
            o, d, direct = o[kept], d[kept], (ms[kept] / MS_PER_MINUTE).astype("float32")
            minutes[o, d] = np.fmin(minutes[o, d], direct)
        return minutes

    def minutes_along(
        self, points: gpd.GeoSeries, *, most: float, every: float, outward: bool = False
    ) -> Iterator[tuple[Hashable, npt.NDArray[np.float64]]]:
        """Yield, for each point, its id and places along the roads in reach: x, y (metres) and minutes, (places, 3).

        Parameters
        ----------
        points
            By id, in any CRS.
        most
            Minutes; what is further is left out.
        every
            Metres between two places of an edge, at most.
        outward
            False: minutes from the road to the point. True: from the point to the road.
        """
        projected = self._projected(points)
        joined = self._snapped(projected, self.max_metres)
        segments = self._segments
        for number, point in enumerate(points.index):
            one = joined.only(number)
            if one.segment[0] < 0:
                yield point, np.empty((0, 3))
                continue
            at = one.origins(segments) if outward else one.destinations(segments)
            minutes = (self._router.to_all(at) if outward else self._router.from_all(at))[0]
            places = along(segments, self._xy, minutes, most=most, every=every, outward=outward)
            own = own_segment(one, segments, self._xy, every=every, outward=outward)
            start = np.array([[projected.iloc[number].x, projected.iloc[number].y, 0.0]])
            yield point, np.concatenate([start, own[own[:, 2] <= most], places])

    def _local_ms(
        self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries, start: Snapped, end: Snapped
    ) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        """Return (origin, destination, milliseconds) of the pairs near enough to keep to streets that are left out."""
        if not self.local_metres:
            return (np.empty(0, "int64"),) * 3
        starts, ends = origins.to_numpy(), destinations.to_numpy()
        o, d = shapely.STRtree(ends).query(starts, predicate="dwithin", distance=self.local_metres)
        joined = (start.segment[o] >= 0) & (end.segment[d] >= 0)
        o, d = o[joined], d[joined]
        # Not across the water: both must join one part of the network.
        tails = self._segments.tails
        same = self._part[tails[start.segment[o]]] == self._part[tails[end.segment[d]]]
        o, d = o[same], d[same]
        hours = shapely.distance(starts[o], ends[d]) / 1000 / self.access_kmh
        return o, d, np.rint(hours * 60 * MS_PER_MINUTE).astype("int64")

    # ------------------------------------------------------------------ snapping

    def snap(self, points: gpd.GeoSeries | gpd.GeoDataFrame, *, max_metres: float | None = None) -> pd.DataFrame:
        """Return where each point joins the network and what that leg costs, one row a point.

        The nearest place on any edge is taken, in the whole network: a point that joins a part cut off from the
        rest is not moved to the mainland. Motorways are no way in.

        Parameters
        ----------
        points
            Points in any CRS.
        max_metres
            A point further from the network does not join it; `self.max_metres` where not given.

        Returns
        -------
        pandas.DataFrame
            u, v (node ids of the edge), fraction (0 at u, 1 at v), metres and minutes of the leg, problem ("" where
            there is none). Where the point does not join, u and v are missing and minutes is NaN.
        """
        geometry = points.geometry if isinstance(points, gpd.GeoDataFrame) else points
        most = self.max_metres if max_metres is None else max_metres
        found = self._snapped(self._projected(geometry), most)
        joined = found.segment >= 0
        at = np.where(joined, found.segment, 0)
        tails, heads = self._segments.tails[at], self._segments.heads[at]
        cut_off = joined & (self._part[tails] != 0)
        far = [f"{metres:,.0f} m from the nearest road, more than {most:,.0f} m" for metres in found.metres]
        problem = np.where(joined, np.where(cut_off, "joins a part cut off from the main network", ""), far)
        ids = self.nodes.index.to_series().reset_index(drop=True)
        return pd.DataFrame(
            {
                "u": ids.iloc[tails].where(joined).to_numpy(),
                "v": ids.iloc[heads].where(joined).to_numpy(),
                "fraction": np.where(joined, found.fraction, np.nan),
                "metres": found.metres,
                "minutes": np.where(joined, found.leg_ms / MS_PER_MINUTE, np.nan),
                "problem": problem,
            },
            index=points.index,
        )

    def parts(self) -> pd.Series:
        """Return the strongly connected part of every node, by node id: 0 is the largest, the others by size."""
        return pd.Series(self._part, index=self.nodes.index, name="part")

    def _projected(self, points: gpd.GeoSeries) -> gpd.GeoSeries:
        if points.crs is None:
            raise SnapError("points: no CRS. Call set_crs with the one they are in, such as EPSG:2154.")
        missing = points.isna() | points.is_empty
        if missing.any():
            raise SnapError(
                f"points: {missing.sum()} have no place, such as {points.index[missing][0]!r}: drop or place them."
            )
        return points.to_crs(self.crs)

    def _snapped(self, points: gpd.GeoSeries, max_metres: float, *, refuse_all: bool = False) -> Snapped:
        geometry = points.to_numpy()
        found = snap_points(geometry, self._segments, max_metres=max_metres, leg_kmh=self.access_kmh)
        if refuse_all and len(points) and not (found.segment >= 0).any():
            raise SnapError(
                f"points: none of the {len(points)} is within {max_metres:,.0f} m of the network; the nearest is "
                f"{found.metres.min():,.0f} m away. Check that points and network cover one area and that the CRS "
                f"({points.crs}) is the one of the coordinates."
            )
        return found

    # ------------------------------------------------------------------ files

    def save(self, path: str | Path) -> Path:
        """Write the network to one file (a zip of Parquet tables with checksums) and return its path.

        The file appears whole or not at all.
        """
        legs = {name: getattr(self, name) for name in ("access_kmh", "local_metres", "max_metres")}
        return write_network(Path(path), self.nodes, self.edges, legs, self.provenance)

    @classmethod
    def load(cls, path: str | Path) -> "RoadNetwork":
        """Return the network that `save` wrote.

        Raises
        ------
        NetworkError
            Where the file is not one of ours, is damaged, or is of another version.
        """
        nodes, edges, legs, provenance = read_network(Path(path))
        return cls(nodes, edges, provenance=provenance, **legs)

    # ------------------------------------------------------------------ inside

    @cached_property
    def _arcs(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
        tails, heads = (self.nodes.index.get_indexer(pd.Index(self.edges[end])).astype("int64") for end in ("u", "v"))
        return tails, heads, np.rint(self.edges["minutes"].to_numpy("float64") * MS_PER_MINUTE).astype("int64")

    @cached_property
    def _xy(self) -> npt.NDArray[np.float64]:
        project = pyproj.Transformer.from_crs("EPSG:4326", self.crs, always_xy=True)
        return np.column_stack(project.transform(self.nodes["lon"].to_numpy(), self.nodes["lat"].to_numpy()))

    @cached_property
    def _router(self) -> Router:
        tails, heads, ms = self._arcs
        return Router(Graph.from_arcs(len(self.nodes), tails, heads, ms, x=self._xy[:, 0], y=self._xy[:, 1]))

    @cached_property
    def _segments(self) -> Segments:
        snappable = self.edges["snappable"].to_numpy("bool")
        if not snappable.any():
            raise NetworkError("network: no edge that points may join (all are motorways or marked not snappable).")
        tails, heads, ms = (column[snappable] for column in self._arcs)
        return Segments.of(tails, heads, ms, self._xy)

    @cached_property
    def _part(self) -> npt.NDArray[np.int64]:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        tails, heads, _ = self._arcs
        n = len(self.nodes)
        graph = coo_array((np.ones(len(tails), "int8"), (tails, heads)), shape=(n, n))
        _, label = connected_components(graph.tocsr(), directed=True, connection="strong")
        by_size = np.argsort(-np.bincount(label), kind="stable")
        rank: npt.NDArray[np.int64] = np.empty(len(by_size), "int64")
        rank[by_size] = np.arange(len(by_size))
        parts: npt.NDArray[np.int64] = rank[label]
        return parts

    def _numbers(self, ids: npt.ArrayLike) -> npt.NDArray[np.int64]:
        wanted = pd.Index(np.atleast_1d(np.asarray(ids)))
        numbers = self.nodes.index.get_indexer(wanted)
        if (numbers < 0).any():
            unknown = wanted[numbers < 0]
            hint = did_you_mean(unknown[0], self.nodes.index)
            raise NetworkError(f"network: {len(unknown)} unknown node ids, such as {unknown[0]!r}{hint}.")
        return numbers.astype("int64")

    def __repr__(self) -> str:
        kind = "modelled roads" if self.provenance.modelled else "roads"
        return (
            f"<RoadNetwork: {kind}, {len(self.nodes):,} nodes, {len(self.edges):,} directed edges, "
            f"legs at {self.access_kmh:g} km/h; {self.provenance.credit}>"
        )
