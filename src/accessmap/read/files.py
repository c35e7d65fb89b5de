"""Any supported file as a raw table, known by its content and not by its name."""

import gzip
import lzma
import os
import re
import tempfile
import zipfile
import zlib
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, cast

import geopandas as gpd
import pandas as pd

from accessmap.errors import Problem, SourceError
from accessmap.files import check_input, file_of
from accessmap.read.database import Database, database, read_database
from accessmap.read.dating import dated
from accessmap.read.delimited import cell_text, check_header, read_delimited, unmarked_utf16
from accessmap.read.geographic import layers, read_geographic
from accessmap.read.packed import PACKED, UNPACKED_FREELY, UNPACKED_TIMES, most_bytes, unpacked
from accessmap.read.parts import ANYTHING, Wanted, chosen_part
from accessmap.read.raw import Form, RawTable, RowNames, refusal
from accessmap.read.records import is_geojson, load_json, read_json_records
from accessmap.read.workbook import read_workbook, sheets
from accessmap.words.near import near_names
from accessmap.words.notes import Aside, Note
from accessmap.words.system import why_failed

Tabular = str | Path | pd.DataFrame
"""A table: the path of its file, its address in a database, or the DataFrame or GeoDataFrame itself."""

SNIFFED = 65_536  # bytes looked at to tell what a file is


# First bytes of the formats (magic numbers of their own specifications), and of what people save under a wrong name.
TABLES = {
    b"SQLite format 3\0": "GeoPackage",
    b"PAR1": "Parquet",
    b"\0\0\x27\x0a": "Shapefile",
    b"PK\x03\x04": "zip",
    b"\xd0\xcf\x11\xe0": "workbook",  # .xls, and .xlsx with a password
    b"\x1f\x8b": "gzip",
}
NOT_TABLES = {
    b"\x89PNG\r\n\x1a\n": "what_png",
    b"\xff\xd8\xff": "what_jpeg",
    b"GIF8": "what_gif",
    b"%PDF": "what_pdf",
    b"7z\xbc\xaf": "what_7zip",
    b"Rar!": "what_rar",
}


def read_table(
    path: Tabular,
    *,
    encoding: str | None = None,
    layer: str | None = None,
    usual: str | None = None,
    wanted: Wanted = ANYTHING,
) -> RawTable:
    r"""Return what a file holds, its format told by its content; or what a frame holds, as if read from a file.

    Parameters
    ----------
    path
        GeoPackage, GeoJSON, Shapefile, Parquet, GeoParquet, spreadsheet (.xlsx, .xls, .ods), JSON of records or of
        Overpass, or CSV with commas, semicolons, tabs or bars; each may be compressed with gzip, or lie in a zip. Or a
        DataFrame or GeoDataFrame, which is not changed: its rows are named "row 3", and blanks in its text are missing
        as they are in a CSV.
    encoding
        Of a CSV or Shapefile. Without it a CSV is UTF-8, with or without its mark, and else Windows-1252.
    layer
        Of a file that holds several tables the one to read: a layer of a GeoPackage, a sheet, a file of a zip; and of a
        GeoPackage in a zip "communes.gpkg!limites". The path may name it too: "lots.zip!communes.csv".
    usual
        The layer taken of several where none is asked for.
    wanted
        What the reader looks for: of several tables the one that has its columns is taken, and said.

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
        return dated(_from_frame(path))
    if (address := database(path)) is not None:
        raw = _from_database(address, layer)
        return dated(raw, str(raw.name))
    if not isinstance(path, str | os.PathLike):
        raise SourceError(Problem("neither_path_nor_frame", value=type(path).__name__))
    path, layer = part_of_path(Path(path), layer)
    raw = _read(path, encoding, layer, usual, wanted)
    return dated(raw, path.name, str(raw.name))


def _read(path: Path, encoding: str | None, layer: str | None, usual: str | None, wanted: Wanted) -> RawTable:
    kind = file_kind(path, encoding)
    if kind in ("gzip", "zip"):
        return (_read_gzip if kind == "gzip" else _read_zip)(path, encoding, layer, usual, wanted)
    if kind in ("CSV", "GeoJSON", "JSON", "workbook") and path.stat().st_size > most_bytes():
        raise refusal(path.name, "file_too_large", value=path.stat().st_size, most=f"{most_bytes() / 1e6:,.0f}")
    if kind == "CSV":
        return read_delimited(path.name, path.read_bytes(), encoding)
    if kind == "Parquet":
        return _from_file(path, _read_parquet(path), kind)
    if kind == "workbook":
        return read_workbook(path, layer, usual, wanted)
    if kind == "JSON" and not is_geojson(parsed := load_json(path)):
        return read_json_records(path, parsed)
    kind = "GeoJSON" if kind == "JSON" else kind
    table, part, said = read_geographic(path, kind, encoding, layer, usual, wanted)
    return _from_file(path, table, kind, *said, part=part)


def part_names(path: str | Path) -> list[str]:
    """Return the tables that a file holds, as `layer` of :func:`read_table` names them; [""] where it holds one.

    Raises
    ------
    SourceError
        As :func:`read_table`, where the file cannot be opened.
    """
    if database(path) is not None:
        return [""]
    path, layer = part_of_path(Path(path), None)
    kind = file_kind(path)
    if layer is not None:
        return [layer]
    if kind == "workbook":
        found = list(sheets(path, ANYTHING))
    elif kind == "GeoPackage":
        found = layers(path)
    elif kind == "zip":
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            names, found = _members(path, archive), []
            for name in names[1]:
                if not name.casefold().endswith((".xlsx", ".xls", ".ods", ".gpkg")):
                    found.append(name)
                    continue
                inner = part_names(_unpack_member(path, archive, names[0], name, Path(folder)))
                found += [f"{name}!{one}" if one else name for one in inner]
    else:
        return [""]
    return found if len(found) > 1 else [""]


def part_of_path(path: Path, layer: str | None = None) -> tuple[Path, str | None]:
    """Return a path such as "lots.zip!communes.csv" as that of the file, and what is meant of it."""
    file = file_of(path)
    if file == path:
        return path, layer
    part = str(path).removeprefix(f"{file}!")
    return file, part if layer is None else f"{part}!{layer}"


def _check_is_file(path: Path) -> None:
    try:
        check_input(path)
    except (IsADirectoryError, FileNotFoundError):
        pass
    except OSError as error:
        shown = str(path).encode("utf-8", "backslashreplace").decode().replace("\0", "\\x00")
        raise refusal(shown, "path_not_opened", why=why_failed(error)) from error
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


def file_kind(path: Path, encoding: str | None = None) -> str:
    """Return the format of a file by its content: "CSV", "JSON", "workbook", "zip" and so on.

    Raises
    ------
    SourceError
        Where there is no such file, or it is empty, or holds no table: what it is instead.
    """
    _check_is_file(path)
    with path.open("rb") as file:
        head = file.read(SNIFFED)
    kind = _kind(path, head, encoding)
    return _zip_kind(path) if kind == "zip" else kind


def _zip_kind(path: Path) -> str:
    """Whether a zip is a spreadsheet, and no packed file."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = set(archive.namelist())
            said = archive.read("mimetype")[:100] if "mimetype" in names else b""
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, RuntimeError, zlib.error) as error:
        raise refusal(path.name, "zip_damaged") from error
    if "xl/workbook.xml" in names or b"opendocument.spreadsheet" in said:
        return "workbook"
    if "[Content_Types].xml" in names or b"opendocument" in said:
        raise refusal(path.name, "file_not_a_table", what=Note("what_office"))
    return "zip"


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
        if unmarked_utf16(head):
            return "CSV"
        raise refusal(path.name, "file_not_a_table", what=Note("what_binary"))
    return _text_kind(path, head.removeprefix(b"\xef\xbb\xbf").lstrip().lower())


def _text_kind(path: Path, start: bytes) -> str:
    if not start:
        raise refusal(path.name, "file_blank")
    if start.startswith((b"<!doctype html", b"<html")) or (start.startswith(b"<") and b"<html" in start[:512]):
        raise refusal(path.name, "file_not_a_table", what=Note("what_html"))
    if start.startswith(b"<"):
        raise refusal(path.name, "file_not_a_table", what=Note("what_xml"))
    if not start.startswith((b"{", b"[")):
        return "CSV"
    return "GeoJSON" if b'"featurecollection"' in start else "JSON"


def _from_table(name: str, table: pd.DataFrame, rows: str, *notes: Note, form: Form = Form()) -> RawTable:  # noqa: B008
    """A table with types, its named index made columns, its rows numbered from 1."""
    if not len(table):
        raise refusal(name, "file_columns_only")
    if any(level is not None for level in table.index.names):
        table = table.reset_index()
    table = table.reset_index(drop=True)
    table.attrs = {}
    return RawTable(name, table, RowNames(rows, range(1, len(table) + 1)), notes, form)


def _from_frame(frame: pd.DataFrame, name: str | None = None) -> RawTable:
    """A frame as if it had been read from a file; what is in it stays as it is."""
    name = Note("given_table") if name is None else name
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


def _from_database(address: Database, layer: str | None) -> RawTable:
    name, frame = read_database(address, layer)
    raw = _from_frame(frame, name)
    return replace(raw, notes=(raw.note("database_read", n=len(frame)),), form=Form("PostGIS"))


def _is_text(values: pd.Series) -> bool:
    return all(isinstance(value, str) or pd.isna(value) is True for value in values)


def _from_file(path: Path, table: pd.DataFrame, kind: str, *said: Note, part: str = "") -> RawTable:
    usual = {"GeoPackage": (".gpkg",), "GeoJSON": (".geojson", ".json"), "Parquet": (".parquet", ".geoparquet", ".pq")}
    misnamed = kind in usual and path.suffix.casefold() not in usual[kind]
    notes = [Note("read_whatever_its_name", file=path.name, kind=kind)] if misnamed else []
    return _from_table(path.name, table, "feature_number", *notes, *said, form=Form(kind, part))


def _read_gzip(path: Path, encoding: str | None, layer: str | None, usual: str | None, wanted: Wanted) -> RawTable:
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder, path.name.removesuffix(".gz"))
        try:
            with gzip.open(path) as packed:
                _unpack(path, cast("IO[bytes]", packed), inner)
        except (EOFError, OSError, zlib.error) as error:
            raise refusal(path.name, "file_damaged", error=Aside.of(str(error))) from error
        return _read(inner, encoding, layer, usual, wanted)


TABULAR = (".shp", ".gpkg", ".geojson", ".json", ".csv", ".txt", ".tsv", ".parquet", ".xlsx", ".xls", ".ods")
# What systems put into a zip beside what was meant.
JUNK = re.compile(r"(^|/)(__MACOSX/|\._|\.DS_Store$|Thumbs\.db$|desktop\.ini$)", re.IGNORECASE)
PROSE = re.compile(r"(lisez|lire|read_?me|licen[cs]e|metadonnee|notice)[^/]*\.(txt|csv|xlsx?)$", re.IGNORECASE)


def _read_zip(path: Path, encoding: str | None, layer: str | None, usual: str | None, wanted: Wanted) -> RawTable:
    """The table of a zip that is meant: the only one, the one that is asked for, or the one that its columns tell."""
    try:
        with zipfile.ZipFile(path) as archive, tempfile.TemporaryDirectory() as folder:
            names, found = _members(path, archive)
            asked, _, inside = (layer or "").partition("!")
            if len(found) == 1 and asked not in found:
                asked, inside = found[0], layer or ""
            scores = {name: partial(_member_score, path, archive, name, wanted) for name in found}
            chosen, taken = chosen_part(path.name, scores, layer=asked or None, several="zip_not_one_table")
            target = _unpack_member(path, archive, names, chosen, Path(folder))
            raw = _read(target, encoding, inside or None, usual, wanted)
            part = chosen if not raw.form.part else f"{chosen}!{raw.form.part}"
            several = len(found) > 1 or raw.form.part
            return replace(raw, notes=(*raw.notes, *taken), form=replace(raw.form, part=part if several else ""))
    except NotImplementedError as error:
        raise refusal(path.name, "zip_compression", error=Aside.of(str(error))) from error
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, zlib.error, lzma.LZMAError) as error:
        raise refusal(path.name, "zip_damaged") from error


def _members(path: Path, archive: zipfile.ZipFile) -> tuple[list[str], list[str]]:
    """The files of a zip, without what systems put beside them, and those that may be tables."""
    names = [name for name in archive.namelist() if not JUNK.search(name) and not name.endswith("/")]
    found = sorted(name for name in names if name.casefold().endswith(TABULAR))
    shapes = [name for name in found if name.casefold().endswith(".shp")]
    found = shapes or [name for name in found if not PROSE.search(name)] or found
    if not found:
        listed = Note.plain(", ".join(sorted(names)[:5])) if names else Note("nothing")
        raise refusal(path.name, "zip_without_table", holds=listed)
    return names, found


def _unpack_member(path: Path, archive: zipfile.ZipFile, names: list[str], chosen: str, folder: Path) -> Path:
    """Unpack one file of a zip, and what belongs to it where it is a Shapefile, and return where it is."""
    parts = [name for name in names if Path(name).with_suffix("") == Path(chosen).with_suffix("")]
    parts = parts if chosen.casefold().endswith(".shp") else [chosen]
    if any(archive.getinfo(name).flag_bits & 1 for name in parts):
        raise refusal(path.name, "zip_with_password")
    for name in parts:  # by their last name alone: a path may climb out of the folder
        with archive.open(name) as packed:
            _unpack(path, packed, Path(folder, Path(name).name))
    return Path(folder, Path(chosen).name)


def _member_score(path: Path, archive: zipfile.ZipFile, name: str, wanted: Wanted) -> int:
    """How well a file of a zip is what is wanted, by its header alone where it is a CSV."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            if not name.casefold().endswith((".csv", ".txt", ".tsv")):
                raw = read_table(_unpack_member(path, archive, archive.namelist(), name, Path(folder)), wanted=wanted)
                return wanted.score(set(raw.names), raw.shape)
            with archive.open(name) as packed:
                head = packed.read(SNIFFED)
            whole = head if len(head) < SNIFFED else head[: head.rfind(b"\n")]
            return wanted.score(set(read_delimited(name, whole).names), "none")
        except SourceError:
            return 0


def _unpack(path: Path, packed: IO[bytes], target: Path) -> None:
    """Write what a packed file expands to; what is packed again is refused, but for spreadsheets, which are zips."""
    with target.open("wb") as whole:
        for n, part in enumerate(unpacked(path, packed)):
            if not n and part.startswith(PACKED) and not target.name.casefold().endswith((".xlsx", ".ods")):
                raise refusal(path.name, "packed_twice")
            whole.write(part)


def _read_parquet(path: Path) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        whole = pq.read_metadata(path)
        cells = whole.num_rows * whole.num_columns
        if 8 * cells > max(5 * UNPACKED_FREELY, UNPACKED_TIMES * path.stat().st_size):
            raise refusal(path.name, "parquet_too_large", value=whole.num_rows, columns=whole.num_columns)
        table = gpd.read_parquet(path) if b"geo" in (whole.metadata or {}) else pd.read_parquet(path)
        words = [name for name in table.columns if isinstance(table[name].dtype, pd.StringDtype)]
        return table.assign(**{name: table[name].mask(table[name].str.strip() == "") for name in words})
    except SourceError:
        raise
    # Of a damaged file, geopandas and pyarrow raise what comes first.
    except (pa.ArrowException, OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        raise refusal(path.name, "parquet_damaged") from error
