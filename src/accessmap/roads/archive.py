"""One zip of tables with their checksums and what is said of them: how networks and timetables are saved.

Tables are Parquet, or Arrow's own format, which is looked at where it lies in the file and takes no memory of its own.
"""

import hashlib
import json
import os
import struct
import zipfile
import zlib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

import pandas as pd
import pyarrow as pa
from pydantic import BaseModel, ConfigDict, ValidationError

from accessmap.errors import AccessmapError, Problem
from accessmap.files import check_input, draft_of
from accessmap.provenance import Provenance, Source
from accessmap.words.notes import Aside

# What zipfile and json raise of a file that is not ours, cut, locked, or packed in a way of its own.
UNREADABLE = (
    *(OSError, KeyError, ValueError, RuntimeError, EOFError, MemoryError, zlib.error, zipfile.BadZipFile),
    *(struct.error, pa.ArrowException),  # a member that is said to lie beyond the end of the file
)
ARROW, PARQUET = ".arrow", ".parquet"
LOCAL_HEADER, ALIGNMENT = struct.Struct("<26xHH"), 64  # of a member of a zip (APPNOTE 4.3.7); of Arrow's columns
FILLER = 0xD935  # header of the extra field by which Android's zipalign moves members


class Strict(BaseModel):
    """What is saved, with nothing more and nothing taken for what it is not."""

    model_config = ConfigDict(strict=True, extra="forbid")


class SavedSource(Strict):
    """A source as it is saved."""

    title: str
    publisher: str
    licence: str
    vintage: str
    url: str | None = None
    sha256: str | None = None

    def source(self) -> Source:
        """Return the source."""
        return Source(**self.model_dump())


class Meta(Strict):
    """What every saved file says of itself."""

    format: int
    parameters: dict[str, str | int | float | bool | None]
    sources: list[SavedSource]
    sha256: dict[str, str]


Saved = TypeVar("Saved", bound=Meta)


def write_archive(
    path: Path, tables: Mapping[str, pd.DataFrame], provenance: Provenance, *, version: int, **more: Any
) -> Path:
    """Write tables to one file by their names, which end in `PARQUET` or `ARROW`, and return its path.

    It appears whole or not at all.
    """
    members = {name: packed(name, table) for name, table in tables.items()}
    meta = {
        "format": version,
        **more,
        "parameters": dict(provenance.parameters),
        "sources": [
            {name: value for name, value in vars(source).items() if name != "of"} for source in provenance.sources
        ],
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in members.items()},
    }
    with draft_of(path) as draft, draft.open("wb") as file, zipfile.ZipFile(file, "w") as archive:
        archive.writestr("meta.json", json.dumps(meta, ensure_ascii=False, indent=1))
        for name, data in members.items():
            member = zipfile.ZipInfo(name)
            fill = -(file.tell() + LOCAL_HEADER.size + len(name) + 4) % ALIGNMENT
            member.extra = struct.pack("<HH", FILLER, fill) + bytes(fill)
            archive.writestr(member, data)
    return path


def packed(name: str, table: pd.DataFrame) -> memoryview:
    """Return the bytes of a table, in the format that its name ends in."""
    sink = pa.BufferOutputStream()
    if name.endswith(PARQUET):
        table.to_parquet(sink, compression="zstd")
    else:
        columns = pa.Table.from_pandas(table)
        with pa.ipc.new_file(sink, columns.schema) as writer:
            writer.write_table(columns)
    return memoryview(sink.getvalue())


def read_archive(
    path: Path,
    model: type[Saved],
    *,
    error: type[AccessmapError],
    stranger: str,
    reads: Collection[int],
    needed: Collection[str],
    optional: Collection[str] = (),
) -> tuple[Saved, dict[str, pd.DataFrame]]:
    """Return what a saved file says of itself, and its tables by name; those of Arrow are mapped, and read-only.

    Parameters
    ----------
    path
        Of the file.
    model
        What it must say.
    error
        Raised where the file is not one of ours, is damaged, or is of another version.
    stranger
        Key of the text for a file that is not one of ours.
    reads
        Versions that are read.
    needed, optional
        Names of the tables, without their ending.
    """
    try:
        with zipfile.ZipFile(check_input(path)) as archive:
            if packed := [each.filename for each in archive.infolist() if each.compress_type != zipfile.ZIP_STORED]:
                raise zipfile.BadZipFile(f"{packed[0]} is compressed")  # and might expand without end
            meta = json.loads(archive.read("meta.json"))
            infos = {Path(info.filename).stem: info for info in archive.infolist() if info.filename != "meta.json"}
            further = [name for name in optional if name in infos]
            members = _mapped(path, [infos[name] for name in (*needed, *further)])
    except UNREADABLE as fault:
        raise error(Problem(stranger, where=str(path), why=Aside.of(str(fault)))) from fault
    if not isinstance(meta, dict) or type(meta.get("format")) is not int or meta["format"] not in reads:
        value = meta.get("format") if isinstance(meta, dict) else None
        raise error(Problem("roads_saved_otherwise", where=str(path), value=value, reads=", ".join(map(str, reads))))
    try:
        saved = model.model_validate(meta)
    except ValidationError as fault:
        first = fault.errors(include_url=False)[0]
        raise impossible(path, ".".join(map(str, first["loc"])), first["msg"], error) from fault
    damaged = [name for name, data in members.items() if hashlib.sha256(data).hexdigest() != saved.sha256.get(name)]
    if damaged:
        raise error(Problem("roads_saved_damaged", where=str(path), value=", ".join(damaged)))
    if set(saved.sha256) != set(members):
        raise impossible(path, "sha256", ", ".join(sorted({*saved.sha256} ^ {*members})), error)
    return saved, {Path(name).stem: _table(path, name, data, error) for name, data in members.items()}


def _mapped(path: Path, infos: list[zipfile.ZipInfo]) -> dict[str, pa.Buffer]:
    """Bytes of members where they lie in the file; copied on Windows, which replaces no file that is mapped."""
    with pa.OSFile(str(path)) if os.name == "nt" else pa.memory_map(str(path)) as file:
        whole = file.read_buffer()
    found = {}
    for info in infos:
        name, extra = LOCAL_HEADER.unpack_from(whole, info.header_offset)
        begin = info.header_offset + LOCAL_HEADER.size + name + extra
        found[info.filename] = whole.slice(begin, info.file_size)
    return found


def impossible(path: Path, what: str, why: str, error: type[AccessmapError]) -> AccessmapError:
    """Return the error of a file that has our checksums and does not hold what we save."""
    return error(Problem("roads_saved_impossible", where=str(path), value=what, why=Aside.of(why)))


def _table(path: Path, name: str, data: pa.Buffer, error: type[AccessmapError]) -> pd.DataFrame:
    try:
        if name.endswith(ARROW):
            columns = pa.ipc.open_file(data).read_all()
            columns.validate(full=True)  # what Arrow asks of bytes that anyone may have written
            table: pd.DataFrame = columns.to_pandas(split_blocks=True)
        else:
            table = pd.read_parquet(pa.BufferReader(data))
    except (ValueError, TypeError, LookupError, OSError, RecursionError, MemoryError, pa.ArrowException) as fault:
        raise impossible(path, name, str(fault), error) from fault
    if table.columns.has_duplicates:
        raise impossible(path, name, "duplicate columns", error)
    return table
