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
import numpy as np
import pandas as pd

from accessmap.dossier import Dossier
from accessmap.dossier.dossier import today

if TYPE_CHECKING:
    from accessmap.maps.offline import OfflineMap


# What a spreadsheet takes for the start of a formula (OWASP, CSV injection).
FORMULA = re.compile(r"^(?=[=+@\t\r-])")


def file_stem(title: str) -> str:
    """Return a title as a file name without an ending."""
    letters = unicodedata.normalize("NFKD", title)
    ascii_only = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.casefold()).strip("-") or "accessmap"


def write_tables(dossier: Dossier, folder: Path, stem: str, *, formats: Iterable[str]) -> list[Path]:
    """Write every table of a dossier that has columns in the formats asked, and return the paths.

    Parameters
    ----------
    dossier
        Its tables are written without their shapes in text.
    folder, stem
        Each file is `folder/stem-name.csv` or `.parquet`; for "tableur", `folder/stem-name-tableur.csv`.
    formats
        "csv": for programs, comma and decimal point, floats in all their digits. "tableur": for a spreadsheet set to
        French, semicolon, decimal comma, six significant digits, UTF-8 with a byte order mark, by which Excel knows it.
        "parquet". Others are left to `write_vectors`.
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
        if "tableur" in formats:
            path = folder / f"{stem}-{name}-tableur.csv"
            _safe(table.drop(columns="geometry", errors="ignore")).to_csv(
                path, sep=";", float_format=_decimal_comma, lineterminator="\r\n", encoding="utf-8-sig"
            )
            written.append(path)
        if "parquet" in formats:
            path = folder / f"{stem}-{name}.parquet"
            _flat(table).to_parquet(path)
            written.append(path)
    return written


def _decimal_comma(value: Any) -> str:
    """Return a number with six significant digits, as France writes it and without an exponent."""
    return np.format_float_positional(value, 6, unique=False, fractional=False, trim="-").replace(".", ",")


def _safe(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose texts a spreadsheet takes for texts: what begins as a formula gets an apostrophe first."""
    levels = {str(n): table.index.get_level_values(n) for n in range(table.index.nlevels)}
    safe, index = _flat(table), _flat(pd.DataFrame(levels))
    for part in (safe, index):
        for name in [name for name in part if not pd.api.types.is_numeric_dtype(part[name])]:
            part[name] = part[name].astype("str").str.replace(FORMULA, "'", regex=True)
    safe.columns = safe.columns.str.replace(FORMULA, "'", regex=True)
    names = [str(name or "") for name in table.index.names]
    rows = pd.MultiIndex.from_frame(index, names=names) if len(names) > 1 else pd.Index(index["0"], name=names[0])
    return safe.set_axis(rows, axis="index")


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
    return [write_map(each, folder / f"{stem}-map-{name}.html") for name, each in dossier.maps.items()]


def write_map(drawn: OfflineMap, path: Path) -> Path:
    """Write a map as a page that needs no internet, the same bytes each time, and return its path."""
    # folium names each map at random, and everything in its page after it
    drawn._id = sha256(path.name.encode()).hexdigest()[:32]
    path.write_text(drawn.get_root().render(), encoding="utf-8", newline="\n")
    return path


def write_record(record: Mapping[str, Any], path: Path) -> Path:
    """Write the record of a dossier, as `manifest_of` returns it, as JSON and return its path."""
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
