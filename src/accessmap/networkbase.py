"""Private to `network`: what a road network holds, and every way to make, keep and name one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import geopandas as gpd
import pandas as pd

from accessmap.cards import network_card
from accessmap.networkfile import check_roads, read_network, write_network
from accessmap.provenance import Provenance, Source
from accessmap.roadgraph import RoadGraph
from accessmap.tables import metric_crs
from accessmap.trips import Legs

if TYPE_CHECKING:
    from accessmap.sources.roads import RoadTables

__all__ = ["LEGS", "RoadNetworkBase"]

WALKING_KMH = 4.8  # 80 metres a minute, the convention of most accessibility studies
MAX_METRES = 2_000.0
LEGS = ("access_kmh", "local_metres", "max_metres")
NO_WAY_IN = ("motorway", "motorway_link")


class RoadNetworkBase:
    """The tables of a road network and its constructors; `accessmap.RoadNetwork` adds the questions it answers."""

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
        self._roads = RoadGraph(nodes, edges, self.crs)
        self._legs = Legs(access_kmh, local_metres, max_metres)

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
    ) -> Self:
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
        >>> import accessmap as am
        >>> import pandas as pd
        >>> nodes = pd.DataFrame({"lon": [3.20, 3.25], "lat": [49.60, 49.60]}, index=["chauny", "sinceny"])
        >>> edges = pd.DataFrame({"u": ["chauny"], "v": ["sinceny"], "minutes": [5.0]})
        >>> network = am.RoadNetwork.from_edges(nodes, edges, directed=False)
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
    def from_osm(
        cls,
        path: str | Path,
        *,
        mode: str = "car",
        clip: Any = None,
        buffer_metres: float = 0,
        country: str | None = None,
    ) -> Self:
        """Return the roads of an OpenStreetMap file that are open to a mode, with what it takes to drive them.

        Speeds are the country's legal ones and what drivers make of them, with delays at signals, stops and turns:
        `accessmap.speeds` holds them as data, each with its source.

        Parameters
        ----------
        path
            .osm.pbf, .osm or .osm.gz.
        mode
            "car", "bike" or "walk".
        clip
            Bounds in degrees (west, south, east, north) or a shapely polygon in degrees.
        buffer_metres
            How far beyond `clip` roads are kept, in metres: a trip may leave the territory.
        country
            ISO code, such as "FR"; told from the place where not given.

        Raises
        ------
        NetworkError, SourceError
            Where the file is not one of OpenStreetMap, or holds no road for this mode.
        """
        from accessmap.sources.osm import read_osm

        return cls._of(read_osm(path, mode=mode, clip=clip, buffer_metres=buffer_metres, country=country))

    @classmethod
    def from_graph(cls, graph: Any, *, mode: str = "car", country: str | None = None) -> Self:
        """Return the roads of an OSMnx graph (of OSMnx 1 or 2, in memory or as GraphML), timed as `from_osm` does.

        Parameters
        ----------
        graph
            A networkx graph whose nodes have x and y, or the path of a GraphML file.
        mode, country
            As in `from_osm`.

        Raises
        ------
        NetworkError, SourceError
            Where the graph has no places or no road for this mode, or the file is not GraphML.
        """
        from accessmap.sources.osmnx_graph import read_graph

        return cls._of(read_graph(graph, mode=mode, country=country))

    @classmethod
    def from_bdtopo(cls, path: str | Path, *, mode: str = "car", layer: str | None = None) -> Self:
        """Return the roads of IGN's BD TOPO (`troncon_de_route`, versions 2 and 3), timed as `from_osm` does.

        Parameters
        ----------
        path
            GeoPackage, Shapefile or GeoJSON.
        mode
            "car", "bike" or "walk".
        layer
            Of a GeoPackage, where it is not `troncon_de_route`.

        Raises
        ------
        NetworkError, SourceError
            Where the file is not BD TOPO, or holds no road for this mode.
        """
        from accessmap.sources.bdtopo import read_bdtopo

        return cls._of(read_bdtopo(path, mode=mode, layer=layer))

    @classmethod
    def fetch(cls, area: Any, *, mode: str = "car", buffer_metres: float = 0, cache: str | Path | None = None) -> Self:
        """Return the roads of a place from OpenStreetMap, over the internet once, from the cache afterwards.

        Parameters
        ----------
        area
            Bounds in degrees (west, south, east, north), a polygon in degrees, a GeoDataFrame, or the name of a place
            (which needs the extra `accessmap[osm]`).
        mode, buffer_metres
            As in `from_osm`.
        cache
            Folder of the answers; by default `accessmap` in the user's cache folder.

        Raises
        ------
        SourceError
            Where the server cannot be reached: the message says what to do offline.
        """
        from accessmap.sources.overpass import fetch_roads

        return cls._of(fetch_roads(area, mode=mode, buffer_metres=buffer_metres, cache=cache))

    @classmethod
    def modelled(cls, communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame, *, mode: str = "car") -> Self:
        """Return a modelled network, for want of real roads: the mairies of communes that touch are linked.

        Everything made with it is labelled "réseau modélisé". Rule and constants are in `accessmap.modelled`, their
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
        from accessmap import modelled as model

        nodes, edges = model.model_roads(communes, mairies, mode=mode)
        provenance = Provenance(
            (Source("Réseau modélisé entre mairies voisines", "accessmap", "MIT", "2026"),),
            model.parameters_of(mode),
            modelled=True,
        )
        return cls.from_edges(nodes, edges, directed=False, provenance=provenance, **model.modelled_legs(mode))

    @classmethod
    def _of(cls, tables: "RoadTables") -> Self:
        provenance = Provenance((tables.source,), tables.parameters)
        legs = {"access_kmh": WALKING_KMH, "local_metres": 0, "max_metres": MAX_METRES}
        return cls(tables.nodes, tables.edges.reset_index(drop=True), provenance=provenance, **legs)

    # ------------------------------------------------------------------ files

    def save(self, path: str | Path) -> Path:
        """Write the network to one file (a zip of Parquet tables with checksums) and return its path.

        The file appears whole or not at all.
        """
        legs = {name: getattr(self, name) for name in LEGS}
        return write_network(Path(path), self.nodes, self.edges, legs, self.provenance)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the network that `save` wrote.

        Raises
        ------
        NetworkError
            Where the file is not one of ours, is damaged, or is of another version.
        """
        nodes, edges, legs, provenance = read_network(Path(path))
        return cls(nodes, edges, provenance=provenance, **legs)

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
