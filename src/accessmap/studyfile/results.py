"""What a run leaves: the dossier, its maps, its tables in several formats; the same bytes from the same inputs."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from accessmap.dossier import Dossier
from accessmap.dossier.files import today

if TYPE_CHECKING:
    from accessmap.maps.offline import OfflineMap

__all__ = ["dated", "file_stem", "write_map", "write_maps", "write_record", "write_tables", "write_vectors"]


def file_stem(title: str) -> str:
    """Return a title as a file name without an ending.

    Examples
    --------
    >>> file_stem("CC du Pays Noyonnais"), file_stem("L'Île-d’Yeu"), file_stem("…")
    ('cc-du-pays-noyonnais', 'l-ile-d-yeu', 'accessmap')
    """
    letters = unicodedata.normalize("NFKD", title)
    ascii_only = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.casefold()).strip("-") or "accessmap"


def write_tables(dossier: Dossier, folder: Path, stem: str, *, formats: Iterable[str]) -> list[Path]:
    """Write every table of a dossier that has columns as CSV, Parquet or both, and return the paths.

    Parameters
    ----------
    dossier
        Its tables are written without their shapes in CSV.
    folder, stem
        Each file is `folder/stem-name.csv` or `.parquet`.
    formats
        "csv", "parquet"; others are left to `write_vectors`.
    """
    formats = set(formats)
    written = []
    for name, table in dossier.tables.items():
        if table.empty and not len(table.columns):
            continue  # a chapter that the study has no data for
        if "csv" in formats:
            path = folder / f"{stem}-{name}.csv"
            table.drop(columns="geometry", errors="ignore").to_csv(path, lineterminator="\n", encoding="utf-8")
            written.append(path)
        if "parquet" in formats:
            path = folder / f"{stem}-{name}.parquet"
            _flat(table).to_parquet(path)
            written.append(path)
    return written


def write_vectors(dossier: Dossier, sites: gpd.GeoDataFrame, path: Path) -> Path:
    """Write the communes with their results, and the sites, as two layers of a GeoPackage, and return its path.

    GDAL writes the hour into a GeoPackage; it is given the day of the dossier instead, so that the same inputs give
    the same bytes (configuration option OGR_CURRENT_DATE, gdal.org).
    """
    communes = gpd.GeoDataFrame(dossier.tables["communes"].reset_index())
    services = gpd.GeoDataFrame(_flat(sites).reset_index(), crs=sites.crs)
    with dated(dossier.made):
        communes.to_file(path, layer="communes", driver="GPKG")
        services.to_file(path, layer="services", driver="GPKG", mode="a")
    return path


def write_maps(dossier: Dossier, folder: Path, stem: str) -> list[Path]:
    """Write every interactive map of a dossier as a page that needs no internet, and return the paths."""
    written = []
    for name, each in dossier.maps.items():
        written.append(write_map(each, folder / f"{stem}-map-{name}.html"))
    return written


def write_map(drawn: OfflineMap, path: Path) -> Path:
    """Write a map as a page that needs no internet, the same bytes each time, and return its path."""
    # folium names each map at random, and everything in its page after it
    drawn._id = sha256(path.name.encode()).hexdigest()[:32]
    path.write_text(drawn.get_root().render(), encoding="utf-8", newline="\n")
    return path


def write_record(record: Mapping[str, Any], path: Path) -> Path:
    """Write the record of a dossier as JSON and return its path."""
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    return path


def _flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose text columns may hold anything: what is neither number nor text is written as text."""
    flat = table.set_axis(pd.Index([str(name) for name in table.columns]), axis="columns").copy()
    for name in [name for name in flat if flat[name].dtype == object]:
        flat[name] = flat[name].map(str, na_action="ignore").astype("str")
    return flat


@contextmanager
def dated(day: date | None = None) -> Iterator[None]:
    """Give GDAL midnight of a day as the present hour, in a context: by default that of `today`."""
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    midnight = f"{(day or today()).isoformat()}T00:00:00.000Z"
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": midnight})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
