"""Private to `studyfile`: the road network that a study.toml asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from accessmap.network import RoadNetwork
from accessmap.provenance import Provenance
from accessmap.sources.files import read_table
from accessmap.studyfile.problems import StudyFileError

if TYPE_CHECKING:
    from accessmap.studyfile.loading import Loading
    from accessmap.studyfile.settings import RoadsSection

__all__ = ["SUFFIXES", "network_of"]


Reader = Callable[[Path, "RoadsSection", gpd.GeoDataFrame], RoadNetwork]


def _osm(path: Path, section: RoadsSection, communes: gpd.GeoDataFrame) -> RoadNetwork:
    bounds = tuple(communes.to_crs(4326).total_bounds) if section.clip else None
    buffer = section.buffer_metres if section.clip else 0
    return RoadNetwork.from_osm(path, mode=section.mode, clip=bounds, buffer_metres=buffer, country=section.country)


def _graph(path: Path, section: RoadsSection, _: gpd.GeoDataFrame) -> RoadNetwork:
    return RoadNetwork.from_graph(path, mode=section.mode, country=section.country)


def _bdtopo(path: Path, section: RoadsSection, _: gpd.GeoDataFrame) -> RoadNetwork:
    return RoadNetwork.from_bdtopo(path, mode=section.mode, layer=section.layer)


def _saved(path: Path, _: RoadsSection, __: gpd.GeoDataFrame) -> RoadNetwork:
    return RoadNetwork.load(path)


SUFFIXES: Mapping[str, Reader] = {
    ".osm.pbf": _osm,
    ".pbf": _osm,
    ".osm": _osm,
    ".osm.gz": _osm,
    ".graphml": _graph,
    ".gpkg": _bdtopo,
    ".shp": _bdtopo,
    ".geojson": _bdtopo,
    ".roads": _saved,
}
"""Endings of files of roads, and what reads each; `.roads` is what `RoadNetwork.save` writes."""


def network_of(loading: Loading, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame | None) -> RoadNetwork | None:
    """Return the roads: from a file, from two tables, or modelled; None where services are lost."""
    section = loading.settings.roads
    if section.edges is not None:
        return _from_tables(loading, section)
    if section.path is None:
        return _modelled(loading, communes, services) if services is not None else None
    path = loading.found("roads", "path")
    read = next((reader for ending, reader in SUFFIXES.items() if path.name.casefold().endswith(ending)), None)
    if read is None:
        known = ", ".join(SUFFIXES)
        raise StudyFileError(
            loading.file.path.name, [loading.file.problem("roads_unknown", "roads", "path", known=known)]
        )
    network: RoadNetwork | None = loading.tried(("roads", "path"), lambda: read(path, section, communes))
    if network is not None and section.source is not None:
        loading.sources.append(loading.credit(path, section.source))
    return network


def _modelled(loading: Loading, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame) -> RoadNetwork:
    mairies = services[services["category"] == "mairie"]
    if mairies.empty or "commune" not in mairies:
        raise StudyFileError(loading.file.path.name, [loading.file.problem("roads_need_mairies", "roads")])
    return RoadNetwork.modelled(communes, mairies)


def _from_tables(loading: Loading, section: RoadsSection) -> RoadNetwork:
    """Return the network of two files: nodes (id, lon, lat) and edges (u, v, and minutes or what they follow from)."""
    nodes_path, edges_path = loading.found("roads", "nodes"), loading.found("roads", "edges")
    renamed = {name: column for column, name in section.columns.items()}
    nodes, edges = (read_table(path).table.rename(columns=renamed) for path in (nodes_path, edges_path))
    if section.kmh and "minutes" not in edges:
        edges = _timed(loading, edges, section.kmh)
    missing = [
        loading.file.problem("missing_column", "roads", key, column=column, columns=", ".join(map(str, table.columns)))
        for key, table, wanted in (("nodes", nodes, ("id", "lon", "lat")), ("edges", edges, ("u", "v", "minutes")))
        for column in wanted
        if column not in table
    ]
    if missing:
        raise StudyFileError(loading.file.path.name, missing)
    nodes = nodes.astype({"id": str, "lon": float, "lat": float}).set_index("id")
    edges = edges.astype({"u": str, "v": str} | {name: float for name in ("minutes", "length_m") if name in edges})
    options: dict[str, Any] = {
        "directed": section.directed,
        "access_kmh": section.access_kmh,
        "local_metres": section.local_metres,
        "max_metres": section.max_metres,
    }
    provenance = Provenance((loading.credit(edges_path, section.source),))
    return RoadNetwork.from_edges(nodes[["lon", "lat"]], edges, provenance=provenance, **options)


def _timed(loading: Loading, edges: pd.DataFrame, kmh: Mapping[str, float]) -> pd.DataFrame:
    """Return edges with the minutes that their length takes at the speed of their class.

    Raises
    ------
    StudyFileError
        Where length or class is missing, or a class has no speed.
    """
    missing = [name for name in ("length_m", "road_class") if name not in edges]
    told = {"columns": ", ".join(map(str, edges.columns))}
    problems = [loading.file.problem("missing_column", "roads", "kmh", column=name, **told) for name in missing]
    unknown = [] if missing else sorted(set(edges["road_class"].astype(str)) - set(kmh))
    if unknown:
        problems.append(loading.file.problem("no_speed", "roads", "kmh", classes=", ".join(unknown)))
    if problems:
        raise StudyFileError(loading.file.path.name, problems)
    speed = edges["road_class"].astype(str).map(dict(kmh))
    return edges.assign(minutes=edges["length_m"].astype(float) / 1000 / speed * 60)
