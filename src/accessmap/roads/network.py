"""RoadNetwork: the only door to the road graph. It snaps points, and turns node ids into minutes."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.errors import NetworkError, Problem
from accessmap.provenance import Provenance, Source
from accessmap.roads.by_class import minutes_by_class
from accessmap.roads.checks import check_ignored, check_legs, check_roads, driven_turns
from accessmap.roads.engine import Seeds
from accessmap.roads.everywhere import write_nearest
from accessmap.roads.graph import RoadGraph, metric_crs_of
from accessmap.roads.memory import given_back
from accessmap.roads.route import quickest_lines, quickest_way
from accessmap.roads.snapping import Legs, ending_at
from accessmap.roads.trips import Trips, minutes_along, nearest_metres
from accessmap.words.cards import network_card
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar

if TYPE_CHECKING:
    import networkx as nx

    from accessmap.roads.readers.tables import RoadTables


WALKING_KMH = 4.8  # 80 metres a minute, the convention of most accessibility studies
FASTEST_WALK_KMH = 6.0  # a leg that is faster stands for streets that the edges leave out
CLASS_SPEEDS = "roads_told_class_speeds"  # key of the parameter of a network whose minutes are length by class
MAX_METRES = 2_000.0
NO_WAY_IN = ("motorway", "motorway_link")


def legs_stand_for_streets(legs: Legs) -> bool:
    """Return whether the straight legs of a network are ways that its edges leave out, and no walk to the road."""
    return legs.local_metres > 0 or legs.access_kmh > FASTEST_WALK_KMH


class RoadNetwork:
    """A road network, read-only: directed edges with their minutes, an index for snapping, and its provenance.

    Build one with `from_osm`, `from_edges` or `modelled`; nodes keep the ids that they came with. It can be pickled
    and copied: what is worked out from the roads is then worked out anew.

    Attributes
    ----------
    nodes : pandas.DataFrame
        By node id: lon, lat (degrees).
    edges : pandas.DataFrame
        One row a directed edge: u, v (node ids), minutes, and length_m, road_class, snappable, through where known.
    turns : pandas.DataFrame or None
        One row a turn that may not be driven: `nodes` (ids, from the node before the junction to the one after), `kind`
        ("no_left_turn", …; "no_passage" at a gate shut one way) and `source` (the relation, or the gate's node).
    turn_costs : pandas.DataFrame or None
        One row a turn that costs more than the edges on both sides say: `nodes` and `seconds`.
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
        provenance: Provenance,
        access_kmh: float = WALKING_KMH,
        local_metres: float = 0.0,
        max_metres: float = MAX_METRES,
        turns: pd.DataFrame | None = None,
        turn_costs: pd.DataFrame | None = None,
    ) -> None:
        self.nodes = nodes
        self.edges = edges
        self.turns = turns
        self.turn_costs = turn_costs
        self.access_kmh = access_kmh
        self.local_metres = local_metres
        self.max_metres = max_metres
        self.provenance = provenance
        self.crs = metric_crs_of(nodes)
        self._roads = RoadGraph(nodes, edges, self.crs, turns, turn_costs)
        self._legs = Legs(access_kmh, local_metres, max_metres)

    def __reduce__(self) -> tuple[Any, ...]:
        turns = self.turns, self.turn_costs
        return _again, (type(self), self.nodes, self.edges, self.provenance, self._legs, *turns)

    @classmethod
    def from_edges(
        cls,
        nodes: pd.DataFrame,
        edges: pd.DataFrame,
        *,
        directed: bool = True,
        access_kmh: float = WALKING_KMH,
        local_metres: float = 0,
        max_metres: float = MAX_METRES,
        provenance: Provenance | None = None,
        turns: pd.DataFrame | None = None,
    ) -> Self:
        """Return a network of these edges, each a straight segment between two nodes.

        Parameters
        ----------
        nodes
            By node id: `lon` and `lat` in degrees.
        edges
            `u` and `v` (node ids) and `minutes`; optional `length_m` (metres), `road_class` (OSM's words; motorways
            are no way in), `snappable` (bool: points may join this edge, which then decides alone) and `through` (bool:
            False where only trips that begin or end on such roads use it).
        directed
            False where each edge may be driven both ways.
        access_kmh
            Speed of the leg between a point and the road, in km/h: walking by default; say a driving speed where
            the edges leave out local streets.
        local_metres
            Where the edges leave out local streets, the straight distance (metres) up to which a trip may do without
            the edges, at `access_kmh`: else a trip inside a town would leave it and come back. 0 is never.
        max_metres
            A point further than this from every edge does not join the network: it is not reached, but from a place
            that is itself no further away.
        provenance
            Sources and parameters, carried into every result.
        turns
            Turns that may not be driven, one a row: `nodes`, the ids from the node before the junction to the one
            after, each two of them an edge; `kind` and `source` are kept. To evade them nobody turns round in the
            street, or at the next two junctions: only at a dead end, or further on.

        Raises
        ------
        NetworkError
            Every problem at once: missing columns, unknown nodes, minutes that are negative or not finite, turns that
            no edges lead along; columns that would be passed over, such as `oneway` where the rows say otherwise.

        Examples
        --------
        >>> import accessmap as am
        >>> import pandas as pd
        >>> nodes = pd.DataFrame({"lon": [3.20, 3.25], "lat": [49.60, 49.60]}, index=["chauny", "sinceny"])
        >>> edges = pd.DataFrame({"u": ["chauny"], "v": ["sinceny"], "minutes": [5.0]})
        >>> network = am.RoadNetwork.from_edges(nodes, edges, directed=False)
        >>> network.matrix(["sinceny"], ["chauny"])
        array([[5.]], dtype=float32)
        """
        legs = Legs(access_kmh, local_metres, max_metres)
        check_roads(nodes, edges, legs)
        check_ignored(nodes, edges, directed=directed)
        edges = edges.reset_index(drop=True)
        if "snappable" not in edges:
            road_class = edges["road_class"] if "road_class" in edges else pd.Series("", index=edges.index)
            edges = edges.assign(snappable=~road_class.isin(NO_WAY_IN))
        if not directed:
            edges = pd.concat([edges, edges.rename(columns={"u": "v", "v": "u"})], ignore_index=True)
        if turns is not None:
            check_roads(nodes, edges, legs, turns=turns)
            turns = turns.reset_index(drop=True)
        known = provenance or Provenance()
        if legs_stand_for_streets(legs) and not known.modelled:
            kmh: dict[str, str] = {Note("roads_told_no_streets"): Note.plain(f"{legs.access_kmh:g} km/h")}
            known = replace(known, parameters={**known.parameters, **kmh})
        return cls(nodes.copy(), edges, provenance=known, turns=turns, **vars(legs))

    @classmethod
    def from_osm(
        cls,
        path: str | Path,
        *,
        mode: str = "car",
        clip: Any = None,
        buffer_metres: float = 0,
        country: str | None = None,
        progress: bool = False,
    ) -> Self:
        """Return the roads of an OpenStreetMap file that are open to a mode, with what it takes to drive them.

        Speeds are the country's legal ones and what drivers make of them, with delays at signals, stops and turns:
        `accessmap.roads.speeds` holds them as data, each with its source. Turn restrictions are obeyed: `turns`.

        Parameters
        ----------
        path
            .osm.pbf, .osm, .osm.gz or .osm.bz2.
        mode
            "car", "bike" or "walk".
        clip
            Keep roads that touch this place: bounds in degrees (west, south, east, north), a shapely polygon in
            degrees, or a GeoSeries or GeoDataFrame in any CRS.
        buffer_metres
            How far beyond `clip` roads are kept, in metres: a trip may leave the territory.
        country
            ISO code, such as "FR" or "BE-VLG", of whose speed rules hold everywhere; by default each stretch is under
            the law of the land it lies in. A way whose tags name a law (maxspeed:type=FR:urban) follows that.
        progress
            Show a progress bar on standard error, or in the notebook.

        Raises
        ------
        NetworkError, SourceError
            Where the file is not one of OpenStreetMap, or holds no road for this mode; mode or country is unknown.
        """
        from accessmap.roads.readers.osm import read_osm

        with progress_bar(Note("progress_reading"), shown=progress), given_back():
            return cls._of(read_osm(path, mode=mode, clip=clip, buffer_metres=buffer_metres, country=country))

    @classmethod
    def from_graph(cls, graph: Any, *, mode: str = "car", country: str | None = None, progress: bool = False) -> Self:
        """Return the roads of an OSMnx graph (of OSMnx 1 or 2, in memory or as GraphML), timed as `from_osm` does.

        Parameters
        ----------
        graph
            A networkx graph whose nodes have x and y, or the path of a GraphML file. Forbidden turns are those that
            `to_graph` lists in it.
        mode, country, progress
            As in `from_osm`.

        Raises
        ------
        NetworkError, SourceError
            Where the graph has no places or no road for this mode, or the file is not GraphML.
        """
        from accessmap.roads.readers.osmnx_graph import read_graph

        with progress_bar(Note("progress_reading"), shown=progress):
            return cls._of(read_graph(graph, mode=mode, country=country))

    @classmethod
    def from_bdtopo(
        cls,
        path: str | Path,
        *,
        mode: str = "car",
        layer: str | None = None,
        turns: str | Path | None = None,
        progress: bool = False,
    ) -> Self:
        """Return the roads of IGN's BD TOPO (`troncon_de_route`, versions 2 and 3), timed as `from_osm` does.

        Parameters
        ----------
        path
            GeoPackage, Shapefile or GeoJSON; or "postgresql://user@server/base?table=bdtopo.troncon_de_route".
        mode
            "car", "bike" or "walk".
        layer
            Of a GeoPackage, where it is not `troncon_de_route`.
        turns
            The file of turns that cannot be made (`NON_COMMUNICATION`), where it is one of its own; a GeoPackage that
            holds the table `non_communication` needs none.
        progress
            Show a progress bar on standard error, or in the notebook.

        Raises
        ------
        NetworkError, SourceError
            Where the file is not BD TOPO, or holds no road for this mode.
        """
        from accessmap.roads.readers.bdtopo import read_bdtopo

        with progress_bar(Note("progress_reading"), shown=progress):
            return cls._of(read_bdtopo(path, mode=mode, layer=layer, turns=turns))

    @classmethod
    def fetch(
        cls,
        area: Any,
        *,
        mode: str = "car",
        buffer_metres: float = 0,
        cache: str | Path | None = None,
        endpoint: str | None = None,
        progress: bool = False,
    ) -> Self:
        """Return the roads of a place from OpenStreetMap, over the internet once, from the cache afterwards.

        Parameters
        ----------
        area
            Bounds in degrees (west, south, east, north), a polygon in degrees, a GeoDataFrame, or the name of a place
            ("Chauny, France"), whose area OSMnx finds.
        mode, buffer_metres, progress
            As in `from_osm`.
        cache
            Folder of the answers; by default that of all caches, ``ACCESSMAP_CACHE``.
        endpoint
            Address of an Overpass server; by default the public one.

        Raises
        ------
        SourceError
            Where the server cannot be reached, after four attempts, or the place is not found: the message says what
            to do offline.
        NetworkError
            Where the mode, the place or the address is wrong, or the place has no roads for the mode.
        """
        from accessmap.roads.readers.overpass import fetch_roads

        with progress_bar(Note("progress_fetching"), shown=progress):
            return cls._of(fetch_roads(area, mode=mode, buffer_metres=buffer_metres, cache=cache, endpoint=endpoint))

    @classmethod
    def modelled(cls, communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame, *, mode: str = "car") -> Self:
        """Return a modelled network, for want of real roads: the mairies of communes that touch are linked.

        Everything made with it is labelled "réseau modélisé". Rule and constants are in `roads.modelled`, their
        fit to published times in docs/method.

        Parameters
        ----------
        communes
            Polygons with `population`, by INSEE code.
        mairies
            Points, with the INSEE code in `commune`; one is needed for each commune.
        mode
            "car", "bike" or "walk": on foot and by bike the same roads, at one speed.

        Raises
        ------
        NetworkError
            Where communes have no mairie, the linked communes make no network, or the mode is unknown.
        """
        from accessmap.roads import modelled as model

        nodes, edges = model.model_roads(communes, mairies, mode=mode)
        provenance = Provenance(
            (Source("Réseau modélisé entre mairies voisines", "accessmap", "MIT", "2026"),),
            model.parameters_of(mode),
            modelled=True,
        )
        return cls.from_edges(
            nodes, edges, directed=False, provenance=provenance, turns=None, **model.modelled_legs(mode)
        )

    @classmethod
    def _of(cls, tables: RoadTables) -> Self:
        provenance = Provenance((tables.source,), tables.parameters)
        edges, turns, costs = tables.edges.reset_index(drop=True), tables.turns, tables.turn_costs
        return cls(tables.nodes, edges, provenance=provenance, turns=turns, turn_costs=costs)

    # ------------------------------------------------------------------ files

    def save(self, path: str | Path) -> Path:
        """Write the network to one file (a zip of Arrow tables with checksums) and return its path.

        The file appears whole or not at all.
        """
        from accessmap.roads.saved import write_network

        turns = self.turns, self.turn_costs
        return write_network(Path(path), self.nodes, self.edges, self._legs, self.provenance, *turns)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the network that `save` wrote; its tables are those of the file, mapped into memory.

        Raises
        ------
        NetworkError
            Where the file is not one of ours, is damaged, or is of another version.
        """
        from accessmap.roads.saved import read_network

        nodes, edges, legs, provenance, turns, costs = read_network(Path(path))
        return cls(nodes, edges, provenance=provenance, turns=turns, turn_costs=costs, **legs)

    @property
    def estimated(self) -> bool:
        """Whether minutes over real roads are estimates: local streets are left out, or a speed by class is all."""
        told = Note(CLASS_SPEEDS) in self.provenance.parameters
        return not self.provenance.modelled and (told or legs_stand_for_streets(self._legs))

    def _repr_html_(self) -> str:
        sizes = len(self.nodes), len(self.edges)
        return network_card(*sizes, access_kmh=self.access_kmh, provenance=self.provenance)

    def __repr__(self) -> str:
        kind = "modelled roads" if self.provenance.modelled else "roads"
        told = {name: self.provenance.parameters.get(name) for name in ("mode", "country", "speed table")}
        hashes = [source.sha256[:12] for source in self.provenance.sources if source.sha256]
        parts = [
            f"{kind}, {len(self.nodes):,} nodes, {len(self.edges):,} directed edges, legs at {self.access_kmh:g} km/h",
            ", ".join(f"{name} {value}" for name, value in told.items() if value),
            self.provenance.credit,
            ", ".join(source.licence for source in self.provenance.sources if source.licence),
            f"sha256 {', '.join(hashes)}" if hashes else "",
        ]
        return f"<RoadNetwork: {'; '.join(part for part in parts if part)}>"

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
        start, end = self._roads.numbers(origins), self._roads.numbers(destinations)
        return self._roads.router.matrix(Seeds.at(self._roads.grown.start[start]), ending_at(self._roads.grown, end))

    def nearest(
        self, destinations: npt.ArrayLike, *, k: int = 1
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Return for every node the k nearest destinations: minutes and which, two arrays (n_nodes, k).

        Parameters
        ----------
        destinations
            Node ids; `which` counts in their order, -1 (with NaN minutes) where fewer than k are reached.
        k
            How many, the nearest first.
        """
        grown = self._roads.grown
        minutes, which = self._roads.router.nearest(ending_at(grown, self._roads.numbers(destinations)), k=k)
        return grown.begun(minutes), grown.begun(which)

    def nearest_everywhere(
        self, destinations: Mapping[str, npt.ArrayLike], folder: str | Path, *, progress: bool = False
    ) -> Path:
        """Return the new folder with, for every node, the nearest destination of each kind and the minutes to it.

        The same as `nearest` kind by kind, without holding more than a few kinds at once: for millions of nodes and
        hundreds of kinds. The folder appears whole or not at all.

        Parameters
        ----------
        destinations
            Node ids by kind. A kind names a file: letters, digits, blanks, "-" and "_"; not "nodes".
        folder
            Where to write; not there yet. `nodes.parquet` has node, lon and lat; `pharmacy.parquet`, for a kind
            "pharmacy", has nearest (node id) and minutes (float32), one row a node in the same order, missing where
            none is reached.
        progress
            Show a progress bar on standard error, or in the notebook.

        Raises
        ------
        NetworkError
            Where an id is not a node of this network, a kind cannot name a file, or the folder is there.
        WriteError
            Where the files cannot be written.

        Examples
        --------
        >>> import tempfile, pandas as pd, accessmap as am
        >>> network = am.load_sample().network
        >>> with tempfile.TemporaryDirectory() as home:
        ...     written = network.nearest_everywhere({"some": network.nodes.index[:3]}, f"{home}/nearest")
        ...     pd.read_parquet(written / "some.parquet").columns.to_list()
        ['nearest', 'minutes']
        """
        return write_nearest(self._roads, destinations, Path(folder), self.provenance, progress=progress)

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
            Points further than this from the network do not join it; `self.max_metres` where not given.

        Raises
        ------
        SnapError
            Where not one origin, or not one destination, is near the network.
        """
        return self.trips(origins, destinations, max_metres=max_metres).minutes(limit)

    def trips(self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries, *, max_metres: float | None = None) -> Trips:
        """Return the trips between points, joined to the roads once, so that they can be routed a few at a time."""
        return Trips.between(self._roads, self._legs_within(max_metres), origins, destinations)

    def trips_again(self, trips: Trips) -> Trips:
        """Return trips over this network joined over one that differs by minutes or `access_kmh`: the same joins.

        Parameters
        ----------
        trips
            Of `trips`, of a network whose edges differ from these by their minutes alone.

        Raises
        ------
        NetworkError
            Where these roads, or how far points may be from them, are others.
        """
        return trips.over(self._roads, self._legs)

    def nearest_minutes(
        self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries, *, k: int = 1
    ) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.int32]]:
        """Return for every origin its k nearest destinations, legs included: minutes and which, two arrays (n, k).

        The matrix of all pairs is never built. `which` counts in the order of the destinations, -1 (with NaN minutes)
        where fewer than k are reached; of two equally near, the first comes first.

        Raises
        ------
        SnapError
            Where not one origin, or not one destination, is near the network.
        """
        return self.trips(origins, destinations).nearest(k)

    def minutes_by_class(
        self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries
    ) -> tuple[npt.NDArray[np.float32], list[str]]:
        """Return minutes from point to point by class of road, float32 (origins, destinations, classes), and these.

        Classes are those of `road_class`, "joining legs" first; they add up to `travel_minutes`. NaN is not reached.

        Parameters
        ----------
        origins, destinations
            Points in any CRS.

        Raises
        ------
        SnapError
            Where not one origin, or not one destination, is near the network.

        Examples
        --------
        >>> import accessmap as am
        >>> study = am.load_sample()
        >>> minutes, classes = study.network.minutes_by_class(study.mairies.geometry[:5], study.mairies.geometry[:2])
        >>> minutes.shape, classes
        ((5, 2, 4), ['joining legs', 'town_and_village', 'towns', 'villages'])
        """
        return minutes_by_class(self.trips(origins, destinations))

    def nearest_metres(self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries) -> npt.NDArray[np.float64]:
        """Return the length of the quickest way from each origin to its nearest destination, metres (n,); NaN is none.

        Raises
        ------
        SnapError
            Where not one origin, or not one destination, is near the network.
        """
        return nearest_metres(self.trips(origins, destinations))

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
        return minutes_along(self._roads, self._legs, points, most=most, every=every, outward=outward)

    def explain(self, origin: gpd.GeoSeries, destination: gpd.GeoSeries) -> gpd.GeoDataFrame:
        """Return the quickest way between two points, one row a stretch of road, and so why it takes what it takes.

        Parameters
        ----------
        origin, destination
            One point each, in any CRS, such as `residents.geometry.loc[[id]]`.

        Returns
        -------
        geopandas.GeoDataFrame
            what ("leg to the road", "road", "turn", "local streets", "straight, without a road"), name, road_class,
            length_m, speed_kmh and speed_reason (where the network knows them), delay_s (part of the minutes), minutes,
            note ("" but where it leaves a quicker way that a forbidden turn, or a road that is no way through, closes),
            and the line in `self.crs`. The minutes add up to those of `travel_minutes`. Empty where there is no way.

        Raises
        ------
        NetworkError
            Where more or less than one point is given.
        """
        return quickest_way(self._roads, self._legs, origin, destination)

    def ways(self, origins: gpd.GeoSeries, destinations: gpd.GeoSeries) -> gpd.GeoSeries:
        """Return the quickest way of each pair of points as a line in `self.crs`, by origin; None where there is none.

        `explain` tells one of them road by road; this only draws them.

        Parameters
        ----------
        origins, destinations
            As many points each, in any CRS: the first goes to the first, the second to the second.

        Raises
        ------
        NetworkError
            Where there are not as many of the one as of the other.

        Examples
        --------
        >>> import accessmap as am
        >>> study = am.load_sample()
        >>> home, site = study.mairies.geometry.iloc[[0]], study.sites("hospital").geometry.iloc[[0]]
        >>> line = study.network.ways(home, site).iloc[0]
        >>> line.length > 1000
        True
        """
        if len(origins) != len(destinations):
            raise NetworkError(Problem("roads_ways_pairs", where="ways", n=len(origins), others=len(destinations)))
        lines = quickest_lines(self._roads, self._legs, origins, destinations)
        return gpd.GeoSeries(lines, origins.index, crs=self.crs)

    # ------------------------------------------------------------------ what if

    def without(self, edges: npt.ArrayLike) -> Self:
        """Return the network with these edges closed: a bridge under repair, say.

        Parameters
        ----------
        edges
            Labels of rows of `self.edges`. A road that is driven both ways is two edges. Turns along them go too.

        Raises
        ------
        NetworkError
            Where a label is no edge.
        """
        return self._like(self.edges.drop(index=self._roads.edge_labels(edges)))

    def with_minutes(self, minutes: pd.Series) -> Self:
        """Return the network with other minutes on some edges: a lower speed limit, say.

        Parameters
        ----------
        minutes
            By label of `self.edges`; the other edges keep theirs.

        Raises
        ------
        NetworkError
            Where a label is no edge, or minutes are negative or not finite.
        """
        self._roads.edge_labels(minutes.index)
        changed = self.edges.copy()
        changed.loc[minutes.index, "minutes"] = minutes
        check_roads(self.nodes, changed, self._legs, known=True)
        return self._with(self._legs, self._roads.timed(changed))

    def with_legs(self, *, access_kmh: float | None = None, max_metres: float | None = None) -> Self:
        """Return the network with other legs between points and roads; what is not given stays.

        Parameters
        ----------
        access_kmh
            Speed of the straight leg, in km/h.
        max_metres
            A point further than this from every edge does not join the network.

        Raises
        ------
        NetworkError
            Where the speed is not above 0, or the distance below 0.

        Examples
        --------
        >>> import accessmap as am
        >>> am.load_sample().network.with_legs(access_kmh=4).access_kmh
        4
        """
        given = {"access_kmh": access_kmh, "max_metres": max_metres}
        legs = replace(self._legs, **{name: value for name, value in given.items() if value is not None})
        check_legs(legs)
        return self._with(legs, self._roads)

    def _with(self, legs: Legs, roads: RoadGraph) -> Self:
        """Return the network with other legs, or other minutes: what was made of its roads serves again."""
        again = _again(type(self), self.nodes, roads.edges, self.provenance, legs, self.turns, self.turn_costs)
        again._roads = roads
        return again

    def _like(self, edges: pd.DataFrame) -> Self:
        check_roads(self.nodes, edges, self._legs)
        turns, costs = (
            None if table is None else driven_turns(table, edges) for table in (self.turns, self.turn_costs)
        )
        return _again(type(self), self.nodes, edges, self.provenance, self._legs, turns, costs)

    # ------------------------------------------------------------------ snapping

    def snap(self, points: gpd.GeoSeries | gpd.GeoDataFrame, *, max_metres: float | None = None) -> pd.DataFrame:
        """Return where each point joins the network by its quickest leg and what that costs, one row a point.

        That is the nearest place on any edge, in the whole network: a point whose nearest road is cut off from the rest
        has its row there, and `problem` says so, and how far the main network is where the point joins it too.
        Motorways are no way in. `joins` has the other legs, of which each trip takes the best.

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
        return self._roads.joints(geometry, self._legs_within(max_metres))

    def joins(self, points: gpd.GeoSeries | gpd.GeoDataFrame, *, max_metres: float | None = None) -> pd.DataFrame:
        """Return every place where each point joins the network and what that leg costs, one row a leg.

        A point joins the nearest road, and the others at most 1.2 times as far and 25 m more, six in all, each at its
        nearest place: a trip takes whichever is best. Where all of those are cut off from the main network, it also
        joins the nearest road of the largest part within twice its distance and 100 m more. None is further than
        `max_metres`. Where the edges leave out local streets (`local_metres`), a leg stands for those streets, to the
        nearest edge alone.

        Parameters
        ----------
        points, max_metres
            As in `snap`.

        Returns
        -------
        pandas.DataFrame
            By (point, rank), the quickest leg first, 1: u, v (node ids of the edge), fraction (0 at u, 1 at v), metres
            and minutes of the leg. A point that does not join has no row.

        Examples
        --------
        >>> import accessmap as am
        >>> study = am.load_sample()
        >>> legs = study.network.joins(study.residents.head(2))
        >>> legs.index.names, legs.columns.to_list()
        (FrozenList(['resident_id', 'rank']), ['u', 'v', 'fraction', 'metres', 'minutes'])
        """
        geometry = points.geometry if isinstance(points, gpd.GeoDataFrame) else points
        return self._roads.joins(geometry, self._legs_within(max_metres))

    def _legs_within(self, max_metres: float | None) -> Legs:
        return self._legs if max_metres is None else replace(self._legs, max_metres=max_metres)

    def parts(self) -> pd.Series:
        """Return the strongly connected part of every node, by node id: 0 is the largest, the others by size."""
        return pd.Series(self._roads.part, index=self.nodes.index, name="part")

    def lines(self) -> gpd.GeoDataFrame:
        """Return the edges as lines in `self.crs`, with all that is known of each and the `part` of its tail: a map.

        Parts are those of `parts`: 0 is the largest.
        """
        tails, heads, _ = self._roads.arcs
        shapes = shapely.linestrings(self._roads.xy[np.column_stack([tails, heads])])
        return gpd.GeoDataFrame(self.edges.assign(part=self._roads.part[tails]), geometry=shapes, crs=self.crs)

    def to_graph(self) -> nx.MultiDiGraph:
        """Return the network as OSMnx and networkx know it: nodes with x and y in degrees, edges with travel_time.

        Edges have `travel_time` (seconds), `length` (metres) and `highway` where they are known, and their other
        columns as they are; `graph.graph["turns"]` lists the nodes of each turn that may not be driven.
        """
        from accessmap.roads.readers.osmnx_graph import graph_of

        return graph_of(self.nodes, self.edges, self.turns)


Kind = TypeVar("Kind", bound=RoadNetwork)


def _again(
    kind: type[Kind],
    nodes: pd.DataFrame,
    edges: pd.DataFrame,
    provenance: Provenance,
    legs: Legs,
    turns: pd.DataFrame | None = None,
    turn_costs: pd.DataFrame | None = None,
) -> Kind:
    return kind(nodes, edges, provenance=provenance, turns=turns, turn_costs=turn_costs, **vars(legs))
