"""One zip of Parquet tables with their checksums and what is said of them: how networks and timetables are saved."""

import hashlib
import io
import json
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
from accessmap.words.notes import Note

# What zipfile and json raise of a file that is not ours, cut, locked, or packed in a way of its own.
UNREADABLE = (OSError, KeyError, ValueError, RuntimeError, EOFError, MemoryError, zlib.error, zipfile.BadZipFile)


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
    """Write tables to one file by their names, and return its path; it appears whole or not at all."""
    members = {name: _parquet(table) for name, table in tables.items()}
    meta = {
        "format": version,
        **more,
        "parameters": dict(provenance.parameters),
        "sources": [
            {name: value for name, value in vars(source).items() if name != "of"} for source in provenance.sources
        ],
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in members.items()},
    }
    with draft_of(path) as draft, zipfile.ZipFile(draft, "w") as archive:
        archive.writestr("meta.json", json.dumps(meta, ensure_ascii=False, indent=1))
        for name, data in members.items():
            archive.writestr(name, data)
    return path


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
    """Return what a saved file says of itself, and its tables by name.

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
        Names of the tables.
    """
    try:
        with zipfile.ZipFile(check_input(path)) as archive:
            if packed := [each.filename for each in archive.infolist() if each.compress_type != zipfile.ZIP_STORED]:
                raise zipfile.BadZipFile(f"{packed[0]} is compressed")  # and might expand without end
            meta = json.loads(archive.read("meta.json"))
            further = [name for name in optional if name in archive.namelist()]
            members = {name: archive.read(name) for name in (*needed, *further)}
    except UNREADABLE as fault:
        raise error(Problem(stranger, where=str(path), why=Note.plain(str(fault)))) from fault
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
    return saved, {name: _table(path, name, data, error) for name, data in members.items()}


def impossible(path: Path, what: str, why: str, error: type[AccessmapError]) -> AccessmapError:
    """Return the error of a file that has our checksums and does not hold what we save."""
    return error(Problem("roads_saved_impossible", where=str(path), value=what, why=Note.plain(why)))


def _table(path: Path, name: str, data: bytes, error: type[AccessmapError]) -> pd.DataFrame:
    try:
        table = pd.read_parquet(io.BytesIO(data))
    except (ValueError, TypeError, LookupError, OSError, RecursionError, MemoryError, pa.ArrowException) as fault:
        raise impossible(path, name, str(fault), error) from fault
    if table.columns.has_duplicates:
        raise impossible(path, name, "duplicate columns", error)
    return table


def _parquet(table: pd.DataFrame) -> bytes:
    buffer = io.BytesIO()
    table.to_parquet(buffer, compression="zstd")
    return buffer.getvalue()
