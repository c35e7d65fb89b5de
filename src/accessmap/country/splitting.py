"""A large OpenStreetMap file cut by territory, for machines and runs that need no more than one."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from accessmap.country.territories import By, territories_of
from accessmap.errors import OptionError, Problem, SourceError
from accessmap.files import draft_of, is_input, read_json, write_whole
from accessmap.roads.readers.osm_pieces import cut
from accessmap.roads.readers.tables import clip_polygon, file_sha256

FORMAT = 1


def split_osm(
    extract: str | Path, communes: gpd.GeoDataFrame, out: str | Path, *, by: By = "department", buffer_km: float = 10.0
) -> pd.DataFrame:
    """Return what became of every territory: one row each; its roads are in one .osm.pbf file of `out`.

    From a piece `RoadNetwork.from_osm` reads, clipped to the territory with the same buffer, what it reads from the
    whole file, edge by edge. The file is decoded once for all territories together. A piece appears whole or
    not at all; those of the same extract, outline and buffer that are there already are kept.

    Parameters
    ----------
    extract
        .osm.pbf, .osm, .osm.gz or .osm.bz2, without deleted objects and older versions.
    communes
        In the contract: those of the territory (`in_territory`) are reported.
    out
        Folder: `02.osm.pbf` and its record `02.json`, by code of the territory.
    by
        What a territory is: "department", "epci" or "tiles" (squares of 50 km).
    buffer_km
        How far around a territory its roads are kept.

    Returns
    -------
    pandas.DataFrame
        By code of territory: name, state ("written", "kept" or "empty", where the extract has no road there) and file.

    Raises
    ------
    OptionError, SourceError
        Where an option is none; where there is no such file, or it has deleted objects.
    """
    if not 0 <= buffer_km < float("inf"):
        raise OptionError(Problem("national_buffer", value=buffer_km))
    path, out = Path(extract), Path(out)
    if not is_input(path):
        raise SourceError(Problem("roads_osm_no_file", where=str(path)))
    inside = communes[communes["in_territory"]]
    territory, names = territories_of(inside, by)
    source = file_sha256(path)
    places = {code: clip_polygon(inside[territory == code], buffer_metres=buffer_km * 1000) for code in sorted(names)}
    records = {code: {"format": FORMAT, "source": source, "outline": _outline(place)} for code, place in places.items()}
    states = {code: "kept" if _is_kept(out, code, record) else "empty" for code, record in records.items()}
    missing = {code: place for code, place in places.items() if states[code] == "empty"}
    if missing:
        out.mkdir(parents=True, exist_ok=True)
        for code, piece in cut(path, missing, out):
            digest = file_sha256(piece)
            with draft_of(_file(out, code)) as draft:
                piece.replace(draft)
            write_whole(json.dumps({**records[code], "sha256": digest}, indent=1) + "\n", _record(out, code))
            states[code] = "written"
    table = pd.DataFrame({"name": names, "state": states}).sort_index().rename_axis("territory")
    files = {code: str(_file(out, code)) for code, state in states.items() if state != "empty"}
    return table.assign(file=pd.Series(files, dtype=object))


def _file(out: Path, code: str) -> Path:
    return out / f"{code}.osm.pbf"


def _record(out: Path, code: str) -> Path:
    return out / f"{code}.json"


def _outline(place: Any) -> str:
    return hashlib.sha256(shapely.to_wkb(place)).hexdigest()


def _is_kept(out: Path, code: str, record: dict[str, object]) -> bool:
    """Whether a piece is there, whole, and what would be written again."""
    try:
        told = read_json(_record(out, code))
        return bool({**record, "sha256": file_sha256(_file(out, code))} == told)
    except (OSError, ValueError):
        return False
