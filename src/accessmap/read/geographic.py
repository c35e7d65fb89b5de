"""What GDAL reads: GeoPackages, Shapefiles and GeoJSON, each whole or refused, and nothing fetched."""

import glob
import re
import shutil
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import shapely

from accessmap.errors import SourceError
from accessmap.read.geojson import check_geojson, why_not_geojson
from accessmap.read.parts import Wanted, chosen_part
from accessmap.read.raw import SHAPES, first_line, plain, refusal
from accessmap.words.notes import Aside, Note

SUFFIXES = {"GeoPackage": ".gpkg", "GeoJSON": ".geojson", "Shapefile": ".shp"}


def _check_whole(path: Path) -> None:
    """Refuse a GeoPackage that is shorter than it says, or damaged: GDAL would give the rows before the damage."""
    virtual: list[str] = []
    miscounted = None
    try:
        # immutable: an opened database would otherwise leave files beside it
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
            wanted = "SELECT sql FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'"
            virtual = [str(row[0]) for row in connection.execute(wanted)]
            miscounted = _miscounted(connection) if answer == "ok" else None
        finally:
            connection.close()
    except (sqlite3.Error, UnicodeDecodeError) as error:
        answer = str(error)
    if answer != "ok":
        raise refusal(path.name, "geopackage_damaged", error=Aside.of(first_line(answer)))
    others = [sql for sql in virtual if not OWN_INDEX.search(sql)]
    if others:  # VirtualShape and VirtualOGR open other files, or the network
        raise refusal(path.name, "geopackage_opens_others", value=others[0][:80])
    if miscounted:
        raise refusal(path.name, "geopackage_count", **miscounted)


def _miscounted(connection: sqlite3.Connection) -> dict[str, Any] | None:
    """The first layer whose rows are not as many as GDAL was told, which reads no more than that; None if all are."""
    if not connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'gpkg_ogr_contents'").fetchone():
        return None
    for layer, told in connection.execute("SELECT table_name, feature_count FROM gpkg_ogr_contents").fetchall():
        if told is not None and connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", [layer]).fetchone():
            quoted = str(layer).replace('"', '""')
            rows = connection.execute(f'SELECT count(*) FROM "{quoted}"').fetchone()[0]  # noqa: S608 - quoted
            if rows != told:
                return {"value": told, "layer": str(layer), "n": rows}
    return None


# The tables by which SQLite itself indexes places and words.
OWN_INDEX = re.compile(r"\bUSING\s+[\"'\[`]?(rtree|fts[345])\b", re.IGNORECASE)


def _shapefile_encoding(path: Path) -> str | None:
    """The encoding of a Shapefile's .dbf that says none: UTF-8 where it can be, else Windows-1252."""
    parts = {part.suffix.casefold(): part for part in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    absent = [suffix for suffix in (".shp", ".shx", ".dbf") if suffix not in parts]
    if absent:
        named = Note("both_values", first=absent[0], second=absent[1]) if len(absent) == 2 else ", ".join(absent)
        raise refusal(path.name, "shapefile_parts_absent", value=absent[0], parts=named)
    content = parts[".dbf"].read_bytes()
    if ".cpg" in parts or content[29] != 0:  # byte 29 of a dBASE file: its code page, 0 for none
        return None
    try:
        content[int.from_bytes(content[8:10], "little") :].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def read_geographic(
    path: Path, kind: str, encoding: str | None, layer: str | None, usual: str | None, wanted: Wanted
) -> tuple[pd.DataFrame, str, list[Note]]:
    """Return what GDAL reads of a file, the name of its layer where there are several, and what is said of it.

    Raises
    ------
    SourceError
        Where it is damaged, opens something else, or has several layers of which none is meant.
    """
    import pyogrio
    from pyogrio.errors import CRSError, DataLayerError, DataSourceError

    if kind == "GeoPackage":
        _check_whole(path)
    if kind == "GeoJSON":
        check_geojson(path)
    if kind == "Shapefile":
        encoding = encoding or _shapefile_encoding(path)
    with tempfile.TemporaryDirectory() as folder, nothing_fetched():
        source = path
        # The driver is named, or told by the name of the file: JSON may else be a pipeline that GDAL runs (GDALG).
        if kind != "GeoJSON" and path.suffix.casefold() != SUFFIXES[kind]:
            source = Path(folder, f"{path.stem}{SUFFIXES[kind]}")
            shutil.copyfile(path, source)
        named = f"GeoJSON:{path.absolute()}" if kind == "GeoJSON" else source
        try:
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                chosen, part, taken = _chosen_layer(path, named, layer, usual, wanted)
                table: pd.DataFrame = pyogrio.read_dataframe(named, layer=chosen, encoding=encoding, on_invalid="raise")
        except SourceError:
            raise
        except (DataSourceError, DataLayerError, CRSError, RuntimeError, ValueError, LookupError) as error:
            what = why_not_geojson(path) if kind == "GeoJSON" else first_line(error)
            raise refusal(path.name, "file_unreadable", kind=kind, error=Aside.of(what)) from error
        except shapely.errors.GEOSException as error:
            raise refusal(path.name, "file_unreadable", kind=kind, error=Aside.of(first_line(error))) from error
    # That a column of mixed types stays text is what is wanted.
    told = dict.fromkeys(first_line(each.message) for each in said)
    kept = (what for what in told if "Could not parse column" not in what)
    notes = [Note("gdal_says", file=path.name, what=Aside.of(what)) for what in kept]
    return table, part, [*taken, *notes]


def layers(path: Path) -> list[str]:
    """Return the layers of a GeoPackage that are drawn, all where none is.

    Raises
    ------
    SourceError
        Where it is damaged.
    """
    import pyogrio

    _check_whole(path)
    try:
        names = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    except (pyogrio.errors.DataSourceError, RuntimeError, ValueError) as error:
        raise refusal(path.name, "file_unreadable", kind="GeoPackage", error=Aside.of(first_line(error))) from error
    return [name for name, kind in names.items() if kind is not None] or list(names)


@contextmanager
def nothing_fetched() -> Iterator[None]:
    """Keep GDAL from the network, in a context, whatever a file asks of it."""
    import pyogrio

    before = pyogrio.get_gdal_config_option(NETWORK_NAMES)
    pyogrio.set_gdal_config_options({NETWORK_NAMES: "none"})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({NETWORK_NAMES: before})


NETWORK_NAMES = "CPL_VSIL_CURL_ALLOWED_FILENAME"  # the only name that GDAL's /vsicurl/ may ask for


def _chosen_layer(
    path: Path, named: object, layer: str | None, usual: str | None, wanted: Wanted
) -> tuple[str, str, tuple[Note, ...]]:
    """The layer that is meant, the same where there are others, and what is said of it."""
    import pyogrio

    names = {str(name): kind for name, kind in pyogrio.list_layers(named)}
    drawn = [name for name, kind in names.items() if kind is not None] or list(names)
    listed = names if layer is not None or usual in names else drawn

    def score(name: str) -> int:
        columns = {plain(column) for column in pyogrio.read_info(named, layer=name)["fields"]}
        shape = next(ours for word, ours in SHAPES.items() if word in str(names[name]))
        return wanted.score(columns, shape)

    parts = {name: partial(score, name) for name in listed}
    chosen, taken = chosen_part(path.name, parts, layer=layer, usual=usual)
    return chosen, chosen if len(drawn) > 1 else "", taken
