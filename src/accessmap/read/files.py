"""Any supported file as a raw table, known by its content and not by its name."""

import glob
import gzip
import lzma
import os
import re
import shutil
import sqlite3
import tempfile
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import geopandas as gpd
import pandas as pd
import shapely

from accessmap.errors import Problem, SourceError
from accessmap.files import check_input
from accessmap.read.delimited import cell_text, check_header, read_delimited
from accessmap.read.geojson import check_geojson, why_not_geojson
from accessmap.read.raw import RawTable, RowNames, refusal
from accessmap.words.near import near_names
from accessmap.words.notes import Note

Tabular = str | Path | pd.DataFrame
"""A table: the path of its file, or the DataFrame or GeoDataFrame itself."""

SNIFFED = 65_536  # bytes looked at to tell what a file is


# First bytes of the formats (magic numbers of their own specifications), and of what people save under a wrong name.
TABLES = {b"SQLite format 3\0": "GeoPackage", b"PAR1": "Parquet", b"\0\0\x27\x0a": "Shapefile", b"PK\x03\x04": "zip"}
NOT_TABLES = {
    b"\x89PNG\r\n\x1a\n": "what_png",
    b"\xff\xd8\xff": "what_jpeg",
    b"GIF8": "what_gif",
    b"%PDF": "what_pdf",
    b"\xd0\xcf\x11\xe0": "what_old_office",
    b"7z\xbc\xaf": "what_7zip",
    b"Rar!": "what_rar",
}
PACKED = (b"\x1f\x8b", b"PK\x03\x04")
UNPACKED_BYTES = 1_000_000_000  # the largest file of France as a whole that we know, unpacked, has 0.7 GB
UNPACKED_FREELY, UNPACKED_TIMES = 100_000_000, 100  # past so many bytes, times the packed file (CSV: 10)
MOST_BYTES = "ACCESSMAP_MOST_BYTES"
"""The variable of the environment that lifts the bound of what is read of a CSV or GeoJSON, packed or not."""
SUFFIXES = {"GeoPackage": ".gpkg", "GeoJSON": ".geojson", "Shapefile": ".shp", "zip": ".zip"}


def most_bytes() -> int:
    """Return the most bytes that are read of a text: ``ACCESSMAP_MOST_BYTES``, or 1 GB.

    >>> most_bytes()
    1000000000
    """
    given = os.environ.get(MOST_BYTES, "")
    return int(given) if given.isdecimal() else UNPACKED_BYTES


def read_table(
    path: Tabular, *, encoding: str | None = None, layer: str | None = None, usual: str | None = None
) -> RawTable:
    r"""Return what a file holds, its format told by its content; or what a frame holds, as if read from a file.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile (or a zip of one file), Parquet, GeoParquet, or CSV with commas, semicolons, tabs
        or bars; a CSV or GeoJSON may be compressed with gzip. Or a DataFrame or GeoDataFrame, which is not changed: its
        rows are named "row 3", and blanks in its text are missing as they are in a CSV.
    encoding
        Of a CSV or Shapefile. Without it a CSV is UTF-8, with or without its mark, and else Windows-1252.
    layer
        Of a GeoPackage that has several.
    usual
        The layer taken of several where none is asked for.

    Raises
    ------
    SourceError
        When there is no such file, or it is empty, cut short, too large, or of another kind than those above.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mairies.csv")
    ...     _ = path.write_bytes("insee;nom\n02173;Chauny\n02304;La Fère\n".encode("cp1252"))
    ...     raw = read_table(path)
    >>> raw.table["nom"].tolist(), list(raw.lines), raw.notes
    (['Chauny', 'La Fère'], ['line 2', 'line 3'], ('mairies.csv was read as Windows-1252.',))
    """
    if isinstance(path, pd.DataFrame):
        return _from_frame(path)
    if not isinstance(path, str | os.PathLike):
        raise SourceError(Problem("neither_path_nor_frame", value=type(path).__name__))
    path = Path(path)
    _check_is_file(path)
    with path.open("rb") as file:
        head = file.read(SNIFFED)
    if head.startswith(b"\x1f\x8b"):
        return _read_gzip(path, encoding, layer, usual)
    kind = _kind(path, head, encoding)
    if kind == "zip":
        return _read_zip(path, encoding, layer, usual)
    if kind in ("CSV", "GeoJSON") and path.stat().st_size > most_bytes():
        raise refusal(path.name, "file_too_large", value=path.stat().st_size, most=f"{most_bytes() / 1e6:,.0f}")
    if kind == "CSV":
        return read_delimited(path.name, path.read_bytes(), encoding)
    if kind == "Parquet":
        return _from_file(path, _read_parquet(path), kind)
    table, said = _read_geographic(path, kind, encoding, layer, usual)
    return _from_file(path, table, kind, *said)


def _check_is_file(path: Path) -> None:
    try:
        check_input(path)
    except (IsADirectoryError, FileNotFoundError):
        pass
    except OSError as error:
        shown = str(path).encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
        raise refusal(shown, "path_not_opened", why=error.strerror or str(error)) from error
    if path.is_dir():
        inside = sorted(entry.name for entry in path.iterdir())[:5]
        holds = Note("folder_holds", names=", ".join(inside)) if inside else Note("folder_is_empty")
        raise refusal(str(path), "path_is_folder", holds=holds)
    if not path.exists():
        folder = path.parent
        if not folder.is_dir():
            raise refusal(str(path), "path_and_folder_absent", folder=str(folder))
        near = near_names(path.name, (entry.name for entry in folder.iterdir()))
        raise refusal(str(path), "path_absent", value=path.name, near=near)
    if path.stat().st_size == 0:
        raise refusal(path.name, "file_empty")


def _kind(path: Path, head: bytes, encoding: str | None) -> str:
    """The format of a file by its first bytes, or an error that says what it is instead."""
    if path.suffix.casefold() in (".dbf", ".shx", ".prj", ".cpg"):
        raise refusal(path.name, "file_part_of_shapefile", whole=path.with_suffix(".shp").name)
    for mark, kind in TABLES.items():
        if head.startswith(mark):
            return kind
    for mark, what in NOT_TABLES.items():
        if head.startswith(mark):
            raise refusal(path.name, "file_not_a_table", what=Note(what))
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # the marks of UTF-16, as a spreadsheet's "Unicode text" has
        return "CSV"
    if b"\0" in head and (encoding or "").casefold().startswith(("utf-16", "utf_16", "utf-32", "utf_32")):
        return "CSV"
    if b"\0" in head:
        wide = head[1:64:2].strip(b"\0") == b"" or head[:64:2].strip(b"\0") == b""
        raise refusal(path.name, "file_utf16_unmarked" if wide else "file_not_a_table", what=Note("what_binary"))
    return _text_kind(path, head.removeprefix(b"\xef\xbb\xbf").lstrip()[:512].lower())


def _text_kind(path: Path, start: bytes) -> str:
    if not start:
        raise refusal(path.name, "file_blank")
    if start.startswith((b"<!doctype html", b"<html")) or (start.startswith(b"<") and b"<html" in start):
        raise refusal(path.name, "file_not_a_table", what=Note("what_html"))
    if start.startswith(b"<"):
        raise refusal(path.name, "file_not_a_table", what=Note("what_xml"))
    return "GeoJSON" if start.startswith((b"{", b"[")) else "CSV"


def _from_table(name: str, table: pd.DataFrame, rows: str, *notes: Note) -> RawTable:
    """A table with types, its named index made columns, its rows numbered from 1."""
    if not len(table):
        raise refusal(name, "file_columns_only")
    if any(level is not None for level in table.index.names):
        table = table.reset_index()
    table = table.reset_index(drop=True)
    table.attrs = {}
    return RawTable(name, table, RowNames(rows, range(1, len(table) + 1)), notes)


def _from_frame(frame: pd.DataFrame) -> RawTable:
    """A frame as if it had been read from a file; what is in it stays as it is."""
    name = Note("given_table")
    columns = [*(level for level in frame.index.names if level is not None), *frame.columns]
    check_header(name, [str(column) for column in columns])
    if frame.columns.nlevels > 1:
        raise refusal(name, "frame_column_levels", value=frame.columns.nlevels)
    raw = _from_table(name, frame.copy(), "row_number")
    for column, values in raw.table.items():
        if isinstance(values.dtype, pd.CategoricalDtype):
            values = values.astype(values.cat.categories.dtype)
        if (values.dtype == object or isinstance(values.dtype, pd.StringDtype)) and _is_text(values):
            values = cell_text(values.astype("str").fillna(""))
        raw.table[column] = values
    return raw


def _is_text(values: pd.Series) -> bool:
    return all(isinstance(value, str) or pd.isna(value) is True for value in values)


def _from_file(path: Path, table: pd.DataFrame, kind: str, *said: Note) -> RawTable:
    usual = {"GeoPackage": (".gpkg",), "GeoJSON": (".geojson", ".json"), "Parquet": (".parquet", ".geoparquet", ".pq")}
    misnamed = kind in usual and path.suffix.casefold() not in usual[kind]
    notes = [Note("read_whatever_its_name", file=path.name, kind=kind)] if misnamed else []
    return _from_table(path.name, table, "feature_number", *notes, *said)


def _read_gzip(path: Path, encoding: str | None, layer: str | None, usual: str | None) -> RawTable:
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder, path.name.removesuffix(".gz"))
        try:
            with gzip.open(path) as packed:
                _unpack(path, packed, inner)
        except (EOFError, OSError, zlib.error) as error:
            raise refusal(path.name, "file_damaged", error=str(error)) from error
        return read_table(inner, encoding=encoding, layer=layer, usual=usual)


def _read_zip(path: Path, encoding: str | None, layer: str | None, usual: str | None) -> RawTable:
    """What a zip holds, when it holds one file that can be read."""
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX") and not name.endswith("/")]
            if "[Content_Types].xml" in names:
                raise refusal(path.name, "file_not_a_table", what=Note("what_office"))
            wanted = (".shp", ".gpkg", ".geojson", ".json", ".csv", ".txt", ".parquet")
            found = [name for name in names if name.casefold().endswith(wanted)]
            shapes = [name for name in found if name.casefold().endswith(".shp")]
            found = shapes or found
            if len(found) != 1:
                listed = Note.plain(", ".join(sorted(found or names)[:5])) if names else Note("nothing")
                raise refusal(path.name, "zip_not_one_table", holds=listed)
            chosen = [name for name in names if Path(name).with_suffix("") == Path(found[0]).with_suffix("")]
            if any(archive.getinfo(name).flag_bits & 1 for name in chosen):
                raise refusal(path.name, "zip_with_password")
            for name in chosen:  # by their last name alone: a path may climb out of the folder
                with archive.open(name) as packed:
                    _unpack(path, packed, Path(folder, Path(name).name))
            return read_table(Path(folder, Path(found[0]).name), encoding=encoding, layer=layer, usual=usual)
    except NotImplementedError as error:
        raise refusal(path.name, "zip_compression", error=str(error)) from error
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, zlib.error, lzma.LZMAError) as error:
        raise refusal(path.name, "zip_damaged", error=str(error)) from error


def _unpack(path: Path, packed: IO[bytes] | gzip.GzipFile, target: Path) -> None:
    """Write what a packed file expands to, while it stays within bounds."""
    bound = min(most_bytes(), max(UNPACKED_FREELY, UNPACKED_TIMES * path.stat().st_size))
    written = 0
    with target.open("wb") as unpacked:
        while part := packed.read(1 << 20):
            if not written and part.startswith(PACKED):
                raise refusal(path.name, "packed_twice")
            written += len(part)
            if written > bound:
                raise refusal(path.name, "unpacked_too_large", value=bound, most=f"{bound / 1e6:,.0f}")
            unpacked.write(part)


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        whole = pq.read_metadata(path)
        cells = whole.num_rows * whole.num_columns
        if 8 * cells > max(5 * UNPACKED_FREELY, UNPACKED_TIMES * path.stat().st_size):
            raise refusal(path.name, "parquet_too_large", value=whole.num_rows, columns=whole.num_columns)
        return gpd.read_parquet(path) if b"geo" in (whole.metadata or {}) else pd.read_parquet(path)
    except SourceError:
        raise
    # Of a damaged file, geopandas and pyarrow raise what comes first.
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise refusal(path.name, "parquet_damaged", error=_first_line(error)) from error


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
        raise refusal(path.name, "geopackage_damaged", error=_first_line(answer))
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


def _read_geographic(
    path: Path, kind: str, encoding: str | None, layer: str | None, usual: str | None
) -> tuple[pd.DataFrame, list[Note]]:
    """What GDAL reads of a file, as what its content is, and what it says of it."""
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
                layer = _only_layer(path, pyogrio.list_layers(named), layer, usual)
                table: pd.DataFrame = pyogrio.read_dataframe(named, layer=layer, encoding=encoding, on_invalid="raise")
        except SourceError:
            raise
        except (DataSourceError, DataLayerError, CRSError, RuntimeError, ValueError, LookupError) as error:
            what = why_not_geojson(path) if kind == "GeoJSON" else _first_line(error)
            raise refusal(path.name, "file_unreadable", kind=kind, error=what) from error
        except shapely.errors.GEOSException as error:
            raise refusal(path.name, "file_unreadable", kind=kind, error=_first_line(error)) from error
    # That a column of mixed types stays text is what is wanted.
    told = dict.fromkeys(_first_line(each.message) for each in said)
    return table, [
        Note("gdal_says", file=path.name, what=what) for what in told if "Could not parse column" not in what
    ]


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


def _only_layer(path: Path, layers: object, layer: str | None, usual: str | None) -> str:
    names = {str(name): kind for name, kind in layers}  # type: ignore[attr-defined]
    if layer is not None:
        if layer not in names:
            raise refusal(path.name, "no_such_layer", value=layer, near=near_names(layer, names), has=", ".join(names))
        return layer
    if usual in names:
        return usual
    drawn = [name for name, kind in names.items() if kind is not None] or list(names)
    if len(drawn) != 1:
        raise refusal(path.name, "several_layers", value=len(drawn), names=", ".join(drawn[:8]))
    return drawn[0]


def _first_line(error: object) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
