"""Private to `studyfile`: the roads that a study.toml asks for, by mode."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import NetworkError, SourceError
from accessmap.provenance import Provenance
from accessmap.read.columns import booleans, codes, numbers
from accessmap.read.database import Database
from accessmap.read.dating import credited
from accessmap.read.files import read_table
from accessmap.read.layouts.registry import layout_of
from accessmap.read.raw import RawTable, refusal_of_rows
from accessmap.roads.checks import check_ignored
from accessmap.roads.network import CLASS_SPEEDS, RoadNetwork
from accessmap.studyfile.ledger import Ledger
from accessmap.studyfile.problems import Key, StudyFileError, dotted
from accessmap.studyfile.services import mairies_of
from accessmap.words.near import near_names
from accessmap.words.notes import Note

if TYPE_CHECKING:
    from accessmap.studyfile.settings import ModeSection

SUFFIXES: Final = {
    **dict.fromkeys((".osm.pbf", ".pbf", ".osm", ".osm.gz"), "osm"),
    ".graphml": "graph",
    **dict.fromkeys((".gpkg", ".shp", ".geojson"), "bdtopo"),
    ".roads": "saved",
}
"""Endings of files of roads, and what each holds; `.roads` is what `RoadNetwork.save` writes."""


def networks_of(
    ledger: Ledger, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame | None
) -> dict[str, RoadNetwork] | None:
    """Return the roads by mode; None after keeping the problem of one, or where services are lost."""
    found: dict[str, RoadNetwork | None] = {}
    for mode, (at, section) in ledger.settings.roads.by_mode.items():
        network = ledger.tried(at, partial(_network, ledger, at, mode, section, communes, services))
        # a saved network knows its mode (a modelled one is the car's unless it says); [roads] need not name one
        known = network.provenance if network is not None else Provenance(())
        saved = known.parameters.get("mode", "car" if known.modelled else mode)
        if saved != mode and (len(at) > 1 or saved in found or saved in ledger.settings.roads.by_mode):
            ledger.add("studyfile_other_mode", *at, "path", saved=saved, mode=mode)
        found[saved if len(at) == 1 else mode] = network
    kept = {mode: network for mode, network in found.items() if network is not None}
    return kept if len(kept) == len(found) else None


def _network(
    ledger: Ledger,
    at: tuple[str, ...],
    mode: str,
    section: ModeSection,
    communes: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame | None,
) -> RoadNetwork | None:
    """Return the network of one section: from a file, from two tables, or modelled."""
    if section.edges is not None:
        return _from_tables(ledger, at, section)
    if section.path is None:
        if services is None:
            return None
        mairies = mairies_of(services)
        if mairies is None:
            raise ledger.file.refused("studyfile_roads_need_mairies", *at)
        return RoadNetwork.modelled(communes, mairies, mode=mode)
    path = ledger.found(*at, "path")
    kind = next((kind for ending, kind in SUFFIXES.items() if path.name.casefold().endswith(ending)), None)
    kind = "bdtopo" if isinstance(path, Database) else kind
    if kind is None:
        raise ledger.file.refused("studyfile_roads_unknown", *at, "path", known=", ".join(SUFFIXES))
    read = partial(_read_roads, kind, path, mode, section, communes)
    network: RoadNetwork | None = ledger.tried((*at, "path"), read)
    if network is not None and section.source is not None:
        own = [source.vintage for source in network.provenance.sources]
        ledger.sources.append(ledger.credit(path, section.source, f"roads.{mode}", vintage=", ".join(own)))
    return network


def _read_roads(
    kind: str, path: Path | Database, mode: str, section: ModeSection, communes: gpd.GeoDataFrame
) -> RoadNetwork:
    if kind == "saved":
        return RoadNetwork.load(path)
    if kind == "bdtopo":
        return RoadNetwork.from_bdtopo(path, mode=mode, layer=section.layer)
    if kind == "graph":
        return RoadNetwork.from_graph(path, mode=mode, country=section.country)
    bounds = tuple(communes.to_crs(4326).total_bounds) if section.clip else None
    buffer = section.buffer_metres if section.clip else 0
    return RoadNetwork.from_osm(path, mode=mode, clip=bounds, buffer_metres=buffer, country=section.country)


def _from_tables(ledger: Ledger, at: tuple[str, ...], section: ModeSection) -> RoadNetwork:
    """Return the network of two files: nodes (id, lon, lat) and edges (u, v, and minutes or what they follow from)."""
    nodes_path, edges_path = ledger.found(*at, "nodes"), ledger.found(*at, "edges")
    renamed = {name: column for column, name in section.columns.items()}
    read = (read_table(path) for path in (nodes_path, edges_path))
    raw_nodes, raw_edges = (replace(raw, table=raw.table.rename(columns=renamed)) for raw in read)
    told = {name: getattr(section, name) for name in ("directed", "access_kmh", "local_metres", "max_metres")}
    kmh: dict[str, str] = {}
    if section.kmh and "minutes" not in raw_edges.table:
        kmh = {Note(CLASS_SPEEDS): Note.plain(", ".join(f"{name} {v:g} km/h" for name, v in section.kmh.items()))}
        raw_edges = _timed(ledger, at, raw_edges, section.kmh)
    elif "minutes" not in raw_edges.table:
        raw_edges, usual, speeds = _timed_as_published(ledger, at, raw_edges)
        kmh = {Note(CLASS_SPEEDS): Note.plain(speeds)} if speeds else kmh
        told |= {name: value for name, value in usual.items() if name not in section.model_fields_set}
    nodes, edges = raw_nodes.table, raw_edges.table
    missing = [
        ledger.file.problem(
            "studyfile_missing_minutes" if column == "minutes" else "studyfile_missing_column",
            *(*at, key),
            column=column,
            columns=", ".join(map(str, table.columns)),
        )
        for key, table, wanted in (("nodes", nodes, ("id", "lon", "lat")), ("edges", edges, ("u", "v", "minutes")))
        for column in wanted
        if column not in table
    ]
    if missing:
        raise StudyFileError(*missing, about=ledger.file.path.name)
    degrees = partial(numbers, degrees=True)
    nodes = _read_columns(ledger, (*at, "nodes"), raw_nodes, {"id": codes, "lon": degrees, "lat": degrees}).set_index(
        "id"
    )
    of_edges = {"u": codes, "v": codes, "minutes": numbers, "length_m": numbers}
    of_edges |= {"snappable": booleans, "through": booleans}
    edges = _read_columns(ledger, (*at, "edges"), raw_edges, of_edges)
    _check_rows(ledger, (*at, "edges"), raw_edges, nodes.index, edges)
    options: dict[str, Any] = told
    provenance = Provenance((ledger.credit(edges_path, section.source, **credited(raw_edges, "edges")),), kmh)
    try:
        check_ignored(nodes, edges, directed=told["directed"])
    except NetworkError as error:
        raise ledger.file.refused("studyfile_refused", *at, message=error) from error
    return RoadNetwork.from_edges(nodes[["lon", "lat"]], edges, provenance=provenance, **options)


def _check_rows(ledger: Ledger, at: Key, raw: RawTable, nodes: pd.Index, edges: pd.DataFrame) -> None:
    """Refuse edges that lead to no node, and numbers below 0, by their lines in the file."""
    for end in ("u", "v"):
        unknown = np.flatnonzero(~edges[end].isin(nodes))
        if len(unknown):
            near = near_names(edges[end].iloc[unknown[0]], nodes)
            error = refusal_of_rows(raw, end, "roads_end_unknown", unknown, near=near)
            raise ledger.file.refused("studyfile_refused", *at, message=error)
    for name in ("minutes", "length_m"):
        wrong = np.flatnonzero(~(np.isfinite(edges[name]) & (edges[name] >= 0))) if name in edges else ()
        if len(wrong):
            error = refusal_of_rows(raw, name, "roads_edge_impossible", wrong)
            raise ledger.file.refused("studyfile_refused", *at, message=error)


def _timed(ledger: Ledger, at: tuple[str, ...], raw: RawTable, kmh: Mapping[str, float]) -> RawTable:
    """Return edges with the minutes of their length at the speed of their class; refused where either is missing."""
    edges = raw.table
    missing = [name for name in ("length_m", "road_class") if name not in edges]
    told = {"columns": ", ".join(map(str, edges.columns))}
    problems = [ledger.file.problem("studyfile_missing_column", *at, "kmh", column=name, **told) for name in missing]
    unknown = [] if missing else sorted(set(edges["road_class"].astype(str)) - set(kmh))
    if unknown:
        problems.append(ledger.file.problem("studyfile_no_speed", *at, "kmh", classes=", ".join(unknown)))
    if problems:
        raise StudyFileError(*problems, about=ledger.file.path.name)
    speed = edges["road_class"].astype(str).map(dict(kmh))
    edges = _read_columns(ledger, (*at, "edges"), raw, {"length_m": numbers})
    return replace(raw, table=edges.assign(minutes=edges["length_m"] / 1000 / speed * 60))


def _timed_as_published(
    ledger: Ledger, at: tuple[str, ...], raw: RawTable
) -> tuple[RawTable, Mapping[str, float | bool], str]:
    """Return edges of a published file without minutes with those of its speeds, what a network takes, and km/h."""
    layout = layout_of(set(raw.names), "none", ("edges",))
    if layout is None or not layout.kmh:
        return raw, {}, ""
    edges = raw.table.rename(columns={"u_id": "u", "v_id": "v"})
    system = edges["system"].astype(str)
    kmh = system.map({one: next(v for k, v in layout.kmh.items() if re.fullmatch(k, one)) for one in system.unique()})
    edges = _read_columns(ledger, (*at, "edges"), replace(raw, table=edges), {"length_m": numbers})
    speeds = " / ".join(f"{value:g}" for value in layout.kmh.values())
    said = raw.note("roads_timed_by_system", title=layout.title, kmh=speeds, access=layout.roads.get("access_kmh"))
    ledger.said[dotted(at)] = (*ledger.said.get(dotted(at), ()), said)
    timed = replace(raw, table=edges.assign(minutes=edges["length_m"] / 1000 / kmh * 60))
    return timed, layout.roads, f"{speeds} km/h"


def _read_columns(
    ledger: Ledger, at: Key, raw: RawTable, read: Mapping[str, Callable[[RawTable, str], pd.Series]]
) -> pd.DataFrame:
    """Return a table with columns, where it has them, read by the rules of every table."""
    try:
        return raw.table.assign(**{name: reader(raw, name) for name, reader in read.items() if name in raw.table})
    except SourceError as error:
        raise ledger.file.refused("studyfile_refused", *at, message=error) from error
