"""What roads must look like, and the one file that holds them, versioned and with checksums."""

import hashlib
import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from accessmap.errors import NetworkError
from accessmap.files import draft_of
from accessmap.provenance import Provenance, Source
from accessmap.roads.trips import Legs
from accessmap.words.near import did_you_mean

__all__ = ["check_roads", "read_network", "write_network"]

FORMAT = 1
MEMBERS = ("nodes.parquet", "edges.parquet")


def write_network(path: Path, nodes: pd.DataFrame, edges: pd.DataFrame, legs: Legs, provenance: Provenance) -> Path:
    """Write one zip of Parquet tables and return its path; it appears whole or not at all."""
    members = {name: _parquet(table) for name, table in zip(MEMBERS, (nodes, edges), strict=True)}
    meta = {
        "format": FORMAT,
        "legs": vars(legs),
        "modelled": provenance.modelled,
        "parameters": dict(provenance.parameters),
        "sources": [vars(source) for source in provenance.sources],
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in members.items()},
    }
    with draft_of(path) as draft, zipfile.ZipFile(draft, "w") as archive:
        archive.writestr("meta.json", json.dumps(meta, ensure_ascii=False, indent=1))
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def read_network(path: Path) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, float], Provenance]:
    """Return nodes, edges, legs and provenance of a file that `write_network` wrote.

    Raises
    ------
    NetworkError
        Where the file is not one of ours, is damaged, or is of another version.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            meta = json.loads(archive.read("meta.json"))
            members = {name: archive.read(name) for name in MEMBERS}
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise NetworkError(f"{path}: not a network saved by accessmap, or damaged ({error}).") from error
    if meta.get("format") != FORMAT:
        raise NetworkError(f"{path}: format {meta.get('format')}, this version reads {FORMAT}. Save it again.")
    damaged = [name for name, data in members.items() if hashlib.sha256(data).hexdigest() != meta["sha256"][name]]
    if damaged:
        raise NetworkError(f"{path}: damaged ({', '.join(damaged)} does not match its checksum). Save it again.")
    nodes, edges = (pd.read_parquet(io.BytesIO(members[name])) for name in MEMBERS)
    sources = tuple(Source(**source) for source in meta["sources"])
    return nodes, edges, meta["legs"], Provenance(sources, meta["parameters"], meta["modelled"])


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, compression="zstd")
    return buffer.getvalue()


def check_roads(nodes: pd.DataFrame, edges: pd.DataFrame, legs: Legs) -> None:
    """Raise one NetworkError that lists every problem of these nodes, edges and legs."""
    problems = _missing({"nodes": (nodes, ("lon", "lat")), "edges": (edges, ("u", "v", "minutes"))})
    if not problems:
        problems = [*_node_problems(nodes), *_edge_problems(nodes, edges)]
    if not legs.access_kmh > 0:
        problems.append(f"access_kmh is {legs.access_kmh}: give a speed in km/h above 0.")
    problems += [
        f"{name} is {metres}: give metres, 0 or more."
        for name, metres in (("local_metres", legs.local_metres), ("max_metres", legs.max_metres))
        if not metres >= 0
    ]
    if problems:
        raise NetworkError(f"network: {len(problems)} problem{'s' * (len(problems) > 1)}. " + " ".join(problems))


def _missing(tables: Mapping[str, tuple[pd.DataFrame, tuple[str, ...]]]) -> list[str]:
    return [
        f"{name}: column {column!r} is missing{did_you_mean(column, table.columns)}."
        for name, (table, columns) in tables.items()
        for column in columns
        if column not in table
    ]


def _node_problems(nodes: pd.DataFrame) -> list[str]:
    problems = []
    if len(nodes) == 0:
        problems.append("nodes: the table is empty.")
    if nodes.index.has_duplicates:
        twice = nodes.index[nodes.index.duplicated()]
        problems.append(f"nodes: id {twice[0]!r} stands more than once ({len(twice)} such rows); ids must be unique.")
    outside = ~(nodes["lon"].between(-180, 180) & nodes["lat"].between(-90, 90))
    if outside.any():
        row = nodes[outside].iloc[0]
        problems.append(
            f"nodes: {outside.sum()} outside the world in degrees, such as {nodes.index[outside][0]!r} "
            f"(lon {row['lon']}, lat {row['lat']}): reproject to EPSG:4326 first."
        )
    return problems


def _edge_problems(nodes: pd.DataFrame, edges: pd.DataFrame) -> list[str]:
    problems = []
    if len(edges) == 0:
        problems.append("edges: the table is empty.")
    for end in ("u", "v"):
        unknown = ~edges[end].isin(nodes.index)
        if unknown.any():
            value = edges.loc[unknown, end].iloc[0]
            problems.append(
                f"edges: {unknown.sum()} rows whose {end!r} is no node, such as row {edges.index[unknown][0]!r} "
                f"({value!r}){did_you_mean(value, nodes.index)}."
            )
    minutes = pd.to_numeric(edges["minutes"], errors="coerce")
    bad = ~(np.isfinite(minutes) & (minutes >= 0))
    if bad.any():
        problems.append(
            f"edges: {bad.sum()} rows whose 'minutes' is not a number of at least 0, such as row "
            f"{edges.index[bad][0]!r} ({edges.loc[bad, 'minutes'].iloc[0]!r}): drop the edge if it cannot be driven."
        )
    return problems
