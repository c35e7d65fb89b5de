"""Any supported file as a raw table, known by its content and not by its name."""

import csv
import glob
import gzip
import io
import json
import re
import shutil
import sqlite3
import tempfile
import warnings
import zipfile
from pathlib import Path
from typing import Literal

import geopandas as gpd
import pandas as pd

from accessmap.errors import SourceError
from accessmap.read.layouts.finess import finess_table, is_finess
from accessmap.read.raw import RawTable
from accessmap.words.near import did_you_mean

__all__ = ["RawTable", "read_delimited", "read_table"]

SEPARATORS = {";": "semicolons", ",": "commas", "\t": "tabs", "|": "bars"}
MISSING = ("", "\\N", "NULL", "null", "NaN", "nan", "NA", "N/A", "None", "<NA>")
# Starts of files whose publisher quotes nothing, so that a quotation mark is a character like another (annuaire santé).
UNQUOTED = ("Type d'identifiant PP|", "Type d’identifiant PP|")
SNIFFED = 65_536  # bytes looked at to tell what a file is


def read_delimited(name: str, content: bytes, encoding: str | None = None) -> RawTable:
    r"""Return a CSV as a table of text: no value is turned into a number, so that zeros in front are kept.

    Parameters
    ----------
    name
        File name, for messages.
    content
        The bytes of the file; commas, semicolons, tabs or bars separate its columns.
    encoding
        Without it UTF-8, with or without its mark, and else Windows-1252.

    Raises
    ------
    SourceError
        When the text cannot be decoded or holds no table.

    Examples
    --------
    >>> read_delimited("a.csv", b"insee;lon\n01004;5,36\n").table.loc[0].to_dict()
    {'insee': '01004', 'lon': '5,36'}
    """
    text, notes = _decoded(name, content, encoding)
    if is_finess(text):
        establishments, places, told = finess_table(name, text)
        return RawTable(name, establishments, places, notes + told)
    separator, skipped = _told_separator(text)
    text = text.split("\n", skipped)[-1]
    separator = separator or _separator(name, text)
    quoting: Literal[0, 3] = 3 if text.lstrip().startswith(UNQUOTED) else 0  # csv.QUOTE_NONE, csv.QUOTE_MINIMAL
    header = [cell.strip() for cell in next(csv.reader(io.StringIO(text), delimiter=separator, quoting=quoting))]
    twice = sorted({cell for cell in header if cell and header.count(cell) > 1})
    if twice:
        raise SourceError(f"{name} has column {', '.join(map(repr, twice))} twice: rename or remove one.")
    try:
        table = pd.read_csv(
            io.StringIO(text),
            sep=separator,
            dtype=str,
            keep_default_na=False,
            index_col=False,
            skip_blank_lines=False,
            quoting=quoting,
        )
    except (pd.errors.ParserError, pd.errors.ParserWarning) as error:
        raise SourceError(
            f"{name} has rows of unequal length ({str(error).strip()}): quote values that hold {separator!r}."
        ) from error
    table.columns = pd.Index([cell or f"column {place + 1}" for place, cell in enumerate(header)])
    table = table.apply(lambda column: column.str.strip()).replace(list(MISSING), None)
    lines = pd.Series([f"line {row + 2 + skipped}" for row in range(len(table))])
    blank = table.isna().all(axis=1)
    table, lines = table.loc[~blank].reset_index(drop=True), lines[~blank]
    if not len(table):
        raise SourceError(f"{name} has a header and no rows: export it again.")
    return RawTable(name, table, tuple(lines), notes)


def _decoded(name: str, content: bytes, encoding: str | None) -> tuple[str, tuple[str, ...]]:
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encoding = encoding or "utf-16"
    try:
        return content.decode(encoding or "utf-8-sig"), ()
    except (UnicodeDecodeError, LookupError) as error:
        if encoding is not None:
            raise SourceError(f"{name} is not {encoding} ({error}): give another encoding=, or none.") from error
    try:
        return content.decode("cp1252"), (f"{name} was read as Windows-1252.",)
    except UnicodeDecodeError as error:
        raise SourceError(f"{name} is neither UTF-8 nor Windows-1252 ({error}): name its encoding=.") from error


def _told_separator(text: str) -> tuple[str, int]:
    """The separator that a first line "sep=;" (written for Excel) names, and how many lines that takes; else none."""
    match = re.match(r"\"?sep=(.)\"?\r?\n", text)
    return (match[1], 1) if match else ("", 0)


def _separator(name: str, text: str) -> str:
    """The separator that cuts the first lines into the same number of columns, the most of them."""
    scores = {}
    for separator in SEPARATORS:
        rows = csv.reader(io.StringIO(text[:SNIFFED]), delimiter=separator)
        widths = [len(row) for _, row in zip(range(50), rows, strict=False) if row]
        # the last row looked at may be cut
        same = widths[:-1] if len(widths) > 2 and len(text) > SNIFFED else widths
        scores[separator] = (sum(width == same[0] for width in same) / len(same), same[0]) if same[0] > 1 else (0.0, 1)
    best = max(scores, key=lambda separator: scores[separator])
    if scores[best][1] < 2:
        first = text.lstrip().splitlines()[0][:80]
        raise SourceError(
            f"{name} has one column only ({first!r}): separate its columns with {', '.join(SEPARATORS.values())}."
        )
    return best


SUPPORTED = "GeoPackage, GeoJSON, Shapefile (also zipped), Parquet, GeoParquet or CSV"

# First bytes of the formats (magic numbers of their own specifications), and of what people save under a wrong name.
TABLES = {b"SQLite format 3\0": "GeoPackage", b"PAR1": "Parquet", b"\0\0\x27\x0a": "Shapefile", b"PK\x03\x04": "zip"}
NOT_TABLES = {
    b"\x89PNG\r\n\x1a\n": "a PNG picture",
    b"\xff\xd8\xff": "a JPEG picture",
    b"GIF8": "a GIF picture",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word document",
    b"7z\xbc\xaf": "a 7-Zip archive",
    b"Rar!": "a RAR archive",
}
SUFFIXES = {"GeoPackage": ".gpkg", "GeoJSON": ".geojson", "Shapefile": ".shp", "zip": ".zip"}


def read_table(path: str | Path, *, encoding: str | None = None, layer: str | None = None) -> RawTable:
    r"""Return what a file holds, its format told by its content.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile (or a zip of one file), Parquet, GeoParquet, or CSV with commas, semicolons, tabs
        or bars; a CSV or GeoJSON may be compressed with gzip.
    encoding
        Of a CSV or Shapefile. Without it a CSV is UTF-8, with or without its mark, and else Windows-1252.
    layer
        Of a GeoPackage that has several.

    Raises
    ------
    SourceError
        When there is no such file, or it is empty, cut short, or of another kind than those above.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "mairies.csv")
    ...     _ = path.write_bytes("insee;nom\n02173;Chauny\n02304;La Fère\n".encode("cp1252"))
    ...     raw = read_table(path)
    >>> raw.table["nom"].tolist(), raw.lines, raw.notes
    (['Chauny', 'La Fère'], ('line 2', 'line 3'), ('mairies.csv was read as Windows-1252.',))
    """
    path = Path(path)
    _check_is_file(path)
    with path.open("rb") as file:
        head = file.read(SNIFFED)
    if head.startswith(b"\x1f\x8b"):
        return _read_gzip(path, encoding)
    kind = _kind(path, head)
    if kind == "zip":
        return _read_zip(path, encoding, layer)
    if kind == "CSV":
        return read_delimited(path.name, path.read_bytes(), encoding)
    if kind == "Parquet":
        return _from_table(path, _read_parquet(path))
    if kind == "GeoPackage":
        _check_whole(path)
    if kind == "Shapefile":
        encoding = encoding or _shapefile_encoding(path)
    return _from_table(path, _read_geographic(path, kind, encoding, layer))


def _check_is_file(path: Path) -> None:
    if path.is_dir():
        inside = sorted(entry.name for entry in path.iterdir())[:5]
        holds = f"it holds {', '.join(inside)}" if inside else "it is empty"
        raise SourceError(f"{path} is a folder ({holds}): name the file inside.")
    if not path.exists():
        folder = path.parent
        if not folder.is_dir():
            raise SourceError(f"{path} does not exist, nor does its folder {folder}: correct the path.")
        near = did_you_mean(path.name, (entry.name for entry in folder.iterdir()))
        raise SourceError(f"{path} does not exist{near}: correct the path.")
    if path.stat().st_size == 0:
        raise SourceError(f"{path.name} is empty (0 bytes): download or export it again.")


def _kind(path: Path, head: bytes) -> str:
    """The format of a file by its first bytes, or an error that says what it is instead."""
    if path.suffix.casefold() in (".dbf", ".shx", ".prj", ".cpg"):
        raise SourceError(f"{path.name} is one part of a Shapefile: name {path.with_suffix('.shp').name}.")
    for mark, kind in TABLES.items():
        if head.startswith(mark):
            return kind
    for mark, what in NOT_TABLES.items():
        if head.startswith(mark):
            raise _refusal(path, what)
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):  # the marks of UTF-16, as a spreadsheet's "Unicode text" has
        return "CSV"
    if b"\0" in head:
        raise _refusal(path, "a binary file of an unknown kind")
    return _text_kind(path, head.removeprefix(b"\xef\xbb\xbf").lstrip()[:512].lower())


def _text_kind(path: Path, start: bytes) -> str:
    if not start:
        raise SourceError(f"{path.name} holds only blanks: download or export it again.")
    if start.startswith((b"<!doctype html", b"<html")) or (start.startswith(b"<") and b"<html" in start):
        raise _refusal(path, "an HTML page (an error or login page saved in place of the data?)")
    if start.startswith(b"<"):
        raise _refusal(path, "an XML file (KML or GML?)")
    return "GeoJSON" if start.startswith((b"{", b"[")) else "CSV"


def _refusal(path: Path, what: str) -> SourceError:
    return SourceError(f"{path.name} is {what} and not a table: give a {SUPPORTED}.")


def _from_table(path: Path, table: pd.DataFrame) -> RawTable:
    if not len(table):
        raise SourceError(f"{path.name} has columns and no rows: export it again.")
    if any(name is not None for name in table.index.names):
        table = table.reset_index()
    table = table.reset_index(drop=True)
    return RawTable(path.name, table, tuple(f"feature {row + 1}" for row in range(len(table))), _misnamed(path, table))


def _misnamed(path: Path, table: pd.DataFrame) -> tuple[str, ...]:
    said = table.attrs.pop("format", "")
    usual = {"GeoPackage": (".gpkg",), "GeoJSON": (".geojson", ".json"), "Parquet": (".parquet", ".geoparquet", ".pq")}
    if said in usual and path.suffix.casefold() not in usual[said]:
        return (f"{path.name} is a {said} file whatever its name says, and was read as one.",)
    return ()


def _read_gzip(path: Path, encoding: str | None) -> RawTable:
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder, path.name.removesuffix(".gz"))
        try:
            with gzip.open(path) as packed, inner.open("wb") as unpacked:
                shutil.copyfileobj(packed, unpacked)
        except (EOFError, OSError) as error:
            raise SourceError(f"{path.name} is cut short or damaged ({error}): download it again.") from error
        return read_table(inner, encoding=encoding)


def _read_zip(path: Path, encoding: str | None, layer: str | None) -> RawTable:
    """What a zip holds, when it holds one file that can be read."""
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            names = [name for name in archive.namelist() if not name.startswith("__MACOSX") and not name.endswith("/")]
            if "[Content_Types].xml" in names:
                raise _refusal(path, "an Excel or Word document")
            wanted = (".shp", ".gpkg", ".geojson", ".json", ".csv", ".txt", ".parquet")
            found = [name for name in names if name.casefold().endswith(wanted)]
            shapes = [name for name in found if name.casefold().endswith(".shp")]
            found = shapes or found
            if len(found) != 1:
                listed = ", ".join(sorted(found or names)[:5]) or "nothing"
                raise SourceError(f"{path.name} must hold one table and holds {listed}: unzip it and name the file.")
            # members with a path that climbs out of the folder are tamed by extract itself
            archive.extractall(folder, members=names)
            return read_table(Path(folder, found[0]), encoding=encoding, layer=layer)
    except (zipfile.BadZipFile, EOFError) as error:
        raise SourceError(f"{path.name} is a zip cut short or damaged ({error}): download it again.") from error


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        metadata = pq.read_schema(path).metadata or {}
        table = gpd.read_parquet(path) if b"geo" in metadata else pd.read_parquet(path)
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path.name} is a Parquet file cut short or damaged ({_first_line(error)}).") from error
    table.attrs = {"format": "Parquet"}
    return table


def _check_whole(path: Path) -> None:
    """Refuse a GeoPackage that is shorter than it says, or damaged: GDAL would give the rows before the damage."""
    try:
        # immutable: an opened database would otherwise leave files beside it
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
        try:
            answer = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        answer = str(error)
    if answer != "ok":
        raise SourceError(
            f"{path.name} is a GeoPackage cut short or damaged ({_first_line(answer)}): download it again."
        )


def _shapefile_encoding(path: Path) -> str | None:
    """The encoding of a Shapefile's .dbf that says none: UTF-8 where it can be, else Windows-1252."""
    parts = {part.suffix.casefold(): part for part in path.parent.glob(f"{glob.escape(path.stem)}.*")}
    absent = [suffix for suffix in (".shp", ".shx", ".dbf") if suffix not in parts]
    if absent:
        raise SourceError(f"{path.name} is a Shapefile without its {' and '.join(absent)}: keep its parts together.")
    content = parts[".dbf"].read_bytes()
    if ".cpg" in parts or content[29] != 0:  # byte 29 of a dBASE file: its code page, 0 for none
        return None
    try:
        content[int.from_bytes(content[8:10], "little") :].decode("utf-8")
    except UnicodeDecodeError:
        return "cp1252"
    return "utf-8"


def _read_geographic(path: Path, kind: str, encoding: str | None, layer: str | None) -> pd.DataFrame:
    import pyogrio
    from pyogrio.errors import DataLayerError, DataSourceError

    with tempfile.TemporaryDirectory() as folder:
        source = path
        if path.suffix.casefold() not in (SUFFIXES[kind], ".json"):
            # GDAL looks at the name too
            source = Path(folder, f"{path.stem}{SUFFIXES[kind]}")
            shutil.copyfile(path, source)
        try:
            layer = _only_layer(path, pyogrio.list_layers(source), layer)
            with warnings.catch_warnings():
                # a GeoJSON column of mixed types stays text, which is what is wanted
                warnings.filterwarnings("ignore", "Could not parse column", UserWarning)
                table = pyogrio.read_dataframe(source, layer=layer, encoding=encoding, on_invalid="raise")
        except (DataSourceError, DataLayerError, RuntimeError, UnicodeDecodeError, LookupError) as error:
            if isinstance(error, SourceError):
                raise
            what = _why_not_geojson(path) if kind == "GeoJSON" else _first_line(error)
            raise SourceError(f"{path.name} cannot be read as {kind} ({what}): download or export it again.") from error
    table.attrs = {"format": kind}
    return pd.DataFrame(table) if not isinstance(table, gpd.GeoDataFrame) else table


def _only_layer(path: Path, layers: object, layer: str | None) -> str:
    names = {str(name): kind for name, kind in layers}  # type: ignore[attr-defined]
    if layer is not None:
        if layer not in names:
            raise SourceError(
                f"{path.name} has no layer {layer!r}{did_you_mean(layer, names)}: it has {', '.join(names)}."
            )
        return layer
    drawn = [name for name, kind in names.items() if kind is not None] or list(names)
    if len(drawn) != 1:
        raise SourceError(f"{path.name} has {len(drawn)} layers ({', '.join(drawn[:8])}): choose one with layer=….")
    return drawn[0]


def _why_not_geojson(path: Path) -> str:
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except ValueError as error:
        return f"not whole JSON: {error}"
    kind = content.get("type") if isinstance(content, dict) else type(content).__name__
    return f"JSON of type {kind!r}, and a FeatureCollection is wanted"


def _first_line(error: object) -> str:
    return str(error).strip().splitlines()[0].rstrip(".") if str(error).strip() else type(error).__name__
