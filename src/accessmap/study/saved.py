"""A study kept whole in a folder: tables, networks, scenarios and what is known of them, given back equal.

study.json says what is there, with the checksum of every file; tables are Parquet, networks are files of their own
(`RoadNetwork.save`, `Timetable.save`), scenarios are TOML. Values that Parquet would give back as something else (a
note, None beside text) are kept as JSON, each with its kind.
"""

from __future__ import annotations

import errno
import json
import math
import shutil
from collections.abc import Callable, Mapping
from dataclasses import fields
from datetime import date, datetime
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
import tomli_w

from accessmap.errors import AccessmapError, Problem, StudyError, WriteError
from accessmap.files import folder_aside, is_input, read_json, write_whole
from accessmap.provenance import Provenance, Source
from accessmap.roads.network import RoadNetwork
from accessmap.roads.transit.journeys import Journeys
from accessmap.roads.transit.on_demand import OnDemand
from accessmap.roads.transit.terms import Terms
from accessmap.words.notes import Note, first_few

Made = TypeVar("Made")
NULL = "null"  # most cells of most columns

SAVED = "study.json"
FORMAT = 1
KIND = "accessmap study"
SCENARIOS = "scenarios.toml"
TABLES = ("communes", "residents", "services", "notes", "digital", "schools", "equipment")


def save(study: Any, folder: Path) -> Path:
    """Write a study to a folder and return it; see `Study.save`. No class of studies or scenarios is known here."""
    try:
        return _save(study, folder)
    except AccessmapError:
        raise
    except OSError as error:
        raise WriteError.of(str(folder), error) from error
    except ValueError as error:  # a NUL in its name
        if "null" not in str(error):
            raise
        named = str(folder).replace("\0", "\\x00")
        raise WriteError.of(named, OSError(errno.EINVAL, str(error))) from error


def _save(study: Any, folder: Path) -> Path:
    folder = folder.resolve()
    _check_free(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = folder_aside(folder.parent)  # on the same disk: a move is one step
    try:
        draft = aside / "new"
        draft.mkdir()
        about = _write(study, draft)
        about["files"] = {file.name: _hash(file.read_bytes()) for file in sorted(draft.iterdir())}
        (draft / SAVED).write_text(json.dumps(about, ensure_ascii=False, indent=1), encoding="utf-8")
        if folder.exists():
            folder.replace(aside / "old")
        draft.replace(folder)
    finally:
        if (aside / "old").exists() and not folder.exists():
            (aside / "old").replace(folder)
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def read_saved(folder: str | Path, make: Callable[..., Made]) -> Made:
    """Return what is made of the study that `Study.save` wrote to a folder.

    Parameters
    ----------
    folder
        With its study.json.
    make
        Is given the tables and the other fields of the study by name, its `categories`, and `scenarios` as the path of
        their TOML file and the name that each has in the study.

    Raises
    ------
    StudyError
        Where the folder holds no saved study, or a study.toml besides, or what it holds is damaged or of another
        version.

    Examples
    --------
    >>> read_saved("nowhere", dict)
    Traceback (most recent call last):
    accessmap.errors.StudyError: nowhere holds no saved study (no study.json): give a study.toml, or a folder that \
Study.save wrote.
    """
    folder = Path(folder)
    about = _about(folder)
    _check_whole(folder, about["files"])
    return _made(folder, lambda: make(**_read(about, folder)))


def read_part(folder: str | Path, kept: Callable[[gpd.GeoDataFrame], pd.Index]) -> dict[str, Any]:
    """Return of a saved study what lies in some of its communes, without reading the rest: as `read_saved` gives it.

    Its `communes`, the `residents` and `services` in them, and whole its `networks`, `thresholds`, `cautions`,
    `provenance` and `categories`.

    Parameters
    ----------
    folder
        With its study.json.
    kept
        Is given all communes and returns the codes of those to keep.

    Raises
    ------
    StudyError
        As `read_saved`.
    """
    folder = Path(folder)
    about = _about(folder)
    _check_whole(folder, about["files"])
    tables = about["tables"]
    communes = _made(folder, lambda: _read_table(tables["communes"], folder / "communes.parquet"))
    communes = communes.loc[kept(communes)]
    within = [("commune", "in", communes.index.to_list())]

    def rest() -> dict[str, Any]:
        rows = {
            name: _read_table(tables[name], folder / f"{name}.parquet", within) for name in ("residents", "services")
        }
        return {"communes": communes, **rows, **_beside_tables(about, folder)}

    return _made(folder, rest)


def _check_whole(folder: Path, files: Mapping[str, str]) -> None:
    """Raise where a file is missing, or no longer what was written."""
    for name, digest in files.items():
        if Path(name).name != name or not is_input(folder / name):
            raise _damaged(folder, Note("saved_missing_file", name=name))
        if _hash((folder / name).read_bytes()) != digest:
            raise _damaged(folder, Note("saved_changed_file", name=name))


def _made(folder: Path, make: Callable[[], Made]) -> Made:
    """Return what is made of the files of a folder; StudyError where they are damaged."""
    try:
        return make()
    except (AccessmapError, OSError, ValueError, KeyError, TypeError, AttributeError, ImportError) as error:
        why = error.problems[0] if isinstance(error, AccessmapError) and error.problems else _why(error)
        raise _damaged(folder, Note("saved_unreadable", name=SAVED, why=why)) from error


def _about(folder: Path) -> dict[str, Any]:
    """Return what study.json says, or raise where it is not there, not alone, not ours or of another version."""
    if not is_input(folder / SAVED):
        raise StudyError(Problem("saved_none", folder=str(folder), saved=SAVED))
    if (folder / "study.toml").exists():
        raise StudyError(Problem("saved_ambiguous", folder=str(folder), saved=SAVED))
    about, why = _json(folder / SAVED)
    if about is None:
        raise _damaged(folder, Note("saved_unreadable", name=SAVED, why=why))
    if about["format"] != FORMAT:
        raise StudyError(Problem("saved_version", value=about["format"], folder=str(folder), known=FORMAT))
    return about


def _json(path: Path) -> tuple[dict[str, Any] | None, str | Note]:
    """Return what a study.json says, or None and why it is none of ours."""
    try:
        about = read_json(path)
    except (OSError, ValueError) as error:
        return None, _why(error)
    ours = isinstance(about, dict) and about.get("kind") == KIND and isinstance(about.get("files"), dict)
    return (about, "") if ours and "format" in about else (None, Note("saved_foreign"))


def _write(study: Any, draft: Path) -> dict[str, Any]:
    """Write the files of a study and return what study.json says of it."""
    tables = {}
    for name in TABLES:
        table = getattr(study, name)
        if table is not None:
            tables[name] = _write_table(table, draft / f"{name}.parquet", name)
    files = _Files(draft)
    networks = {
        mode: _write_journeys(network, files, f"networks.{mode}")
        if isinstance(network, Journeys)
        else files.of(network)
        for mode, network in study.networks.items()
    }
    named = {name: scenario.name for name, scenario in study.scenarios.items()}
    try:
        scenarios = [each.named(name).table() for name, each in study.scenarios.items()]
        write_whole(tomli_w.dumps({"scenario": scenarios}), draft / SCENARIOS)
    except TypeError as error:  # a value that TOML has no form for
        raise StudyError(Problem("saved_value", where="scenarios", value=_why(error))) from error
    return {
        "kind": KIND,
        "format": FORMAT,
        "title": study.title,
        "thresholds": _kept(study.thresholds, "thresholds"),
        "cautions": _kept(study.cautions, "cautions"),
        "provenance": _kept(study.provenance, "provenance"),
        "categories": sorted(study.__dict__["_categories"]),
        "tables": tables,
        "networks": networks,
        "scenarios": named,
    }


def _read(about: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the fields of the study that study.json tells of."""
    tables: dict[str, Any] = {
        name: _read_table(told, folder / f"{name}.parquet") for name, told in about["tables"].items()
    }
    return {
        **{name: tables.get(name) for name in TABLES},
        **_beside_tables(about, folder),
        "title": about["title"],
        "scenarios": (folder / SCENARIOS, about["scenarios"]),
    }


def _beside_tables(about: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Return the fields that are of the whole of a study."""
    held = _Held(folder)
    networks = {
        mode: held.roads(told) if isinstance(told, str) else _read_journeys(told, held)
        for mode, told in about["networks"].items()
    }
    return {
        "networks": networks,
        "thresholds": _given(about["thresholds"]),
        "cautions": _given(about["cautions"]),
        "provenance": _given(about["provenance"]),
        "categories": frozenset(about["categories"]),
    }


# ------------------------------------------------------------------ networks


class _Files:
    """The files of the networks and timetables of a study: each is written once, whatever is made of it."""

    def __init__(self, draft: Path) -> None:
        self.draft = draft
        self.names: dict[int, str] = {}

    def of(self, saves: Any) -> str:
        """Return the name of the file of a network or a timetable."""
        if id(saves) not in self.names:
            kind = "roads" if isinstance(saves, RoadNetwork) else "timetable"
            self.names[id(saves)] = saves.save(self.draft / f"{kind}-{len(self.names) + 1}.zip").name
        return self.names[id(saves)]


class _Held:
    """The networks and timetables of a folder, each read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.read: dict[str, Any] = {}

    def roads(self, name: str) -> RoadNetwork:
        """Return the network of a file."""
        network: RoadNetwork = self.read.get(name) or RoadNetwork.load(self.folder / name)
        self.read[name] = network
        return network

    def timetable(self, name: str) -> Any:
        """Return the timetable of a file."""
        from accessmap.roads.transit.timetable import Timetable  # studies without one do not read it

        timetable = self.read.get(name) or Timetable.load(self.folder / name)
        return self.read.setdefault(name, timetable)


def _write_journeys(journeys: Journeys, files: _Files, where: str) -> dict[str, Any]:
    """Write the timetable and the streets of journeys, and return what study.json says of them."""
    terms = {each.name: getattr(journeys.terms, each.name) for each in fields(journeys.terms)}
    return {
        "timetable": files.of(journeys.timetable),
        "streets": {mode: files.of(network) for mode, network in journeys.streets.items()},
        "date": journeys.date.isoformat(),
        "why": _kept(journeys.why, where),
        "terms": {name: _kept(value, where) for name, value in terms.items()},
    }


def _read_journeys(told: Mapping[str, Any], held: _Held) -> Journeys:
    """Return the journeys that study.json tells of: by the day that they were of, and for what reason."""
    streets = {mode: held.roads(name) for mode, name in told["streets"].items()}
    terms = Terms(**{name: _given(value) for name, value in told["terms"].items()})
    timetable, day = held.timetable(told["timetable"]), date.fromisoformat(told["date"])
    return Journeys(timetable, streets, day, _given(told["why"]), terms)


# ------------------------------------------------------------------ tables


def _write_table(table: pd.DataFrame, path: Path, name: str) -> dict[str, Any]:
    """Write one table and return what Parquet does not keep: types, attributes, and which columns are JSON."""
    bare = table.copy()
    bare.attrs = {}
    told = {
        "types": {str(column): str(kind) for column, kind in table.dtypes.items()},
        "index": str(table.index.dtype),
        "labels": str(table.columns.dtype),
        "attrs": _kept(table.attrs, f"{name}.attrs"),
        "json": [],
    }
    for column in [name for name, kind in table.dtypes.items() if kind == object]:  # noqa: E721 - a dtype
        values = table[column]
        if not values.map(lambda value: type(value) is str).all():
            told["json"].append(column)
            where = f"{name}.{column}"
            cells = _cells(values, where)
            bare[column] = pd.Series(cells, index=table.index, dtype="str")
    try:
        bare.to_parquet(path)
    except (TypeError, ValueError, OverflowError) as error:  # labels that are no text, values of several kinds
        raise StudyError(Problem("saved_value", where=name, value=_why(error))) from error
    return told


def _cells(values: pd.Series, where: str) -> list[str]:
    """Return values as JSON; a text that stands over and over, or that nothing does, is written once."""
    once: dict[object, str] = {None: NULL}
    missing = json.dumps(math.nan)

    def cell(value: object) -> str:
        if value is None or type(value) is str:
            found = once.get(value)
            if found is None:
                found = once[value] = json.dumps(value, ensure_ascii=False)
            return found
        if type(value) is float and math.isnan(value):
            return missing
        return json.dumps(_kept(value, where), ensure_ascii=False)

    return [cell(value) for value in values]


def _read_table(
    told: Mapping[str, Any], path: Path, filters: list[tuple[str, str, list[Any]]] | None = None
) -> pd.DataFrame:
    """Return one table as it was written, or those of its rows that filters let pass."""
    geographic = "geometry" in told["types"].values()
    read: Any = gpd.read_parquet if geographic else pd.read_parquet
    table: pd.DataFrame = read(path, filters=filters)
    for column in told["json"]:
        once = {cell: _given(json.loads(cell)) for cell in table[column].unique()}
        shared = not any(isinstance(value, dict | list) for value in once.values())  # what could be changed is not
        cells = [once[cell] if shared else _given(json.loads(cell)) for cell in table[column]]
        table[column] = pd.Series(cells, index=table.index, dtype=object)
    for column, kind in told["types"].items():
        if str(table[column].dtype) != kind:
            table[column] = table[column].astype(kind)
    if str(table.index.dtype) != told["index"]:
        table.index = table.index.astype(told["index"])
    if str(table.columns.dtype) != told["labels"]:
        table.columns = table.columns.astype(told["labels"])
    table.attrs = _given(told["attrs"])
    return table


# ------------------------------------------------------------------ values


def _kept(value: object, where: str) -> Any:
    """Return a value as JSON holds it, with its kind where JSON has no such thing; StudyError for any other."""
    if value is None or type(value) in (str, int, float, bool):
        return value
    if isinstance(value, np.generic):
        return _kept(value.item(), where)
    if value is pd.NA or value is pd.NaT:
        return {"is": "NA" if value is pd.NA else "NaT"}
    if isinstance(value, Note):
        own = type(value)
        name = f"{own.__module__}.{own.__qualname__}"
        return {"is": "note", "of": name, "key": value.key, "n": value.n, "items": _kept(value.values, where)}
    if isinstance(value, Provenance):
        parts = [value.sources, dict(value.parameters), value.modelled]
        return {"is": "provenance", "items": [_kept(part, where) for part in parts]}
    if isinstance(value, Source):
        return {"is": "source", "items": vars(value)}
    if isinstance(value, Mapping):
        return {"is": "dict", "items": [[_kept(key, where), _kept(each, where)] for key, each in value.items()]}
    if isinstance(value, (list, tuple)):
        kind = "list" if isinstance(value, list) else "tuple"
        return {"is": kind, "items": [_kept(each, where) for each in value]}
    return _kept_apart(value, where)


def _kept_apart(value: object, where: str) -> dict[str, Any]:
    if isinstance(value, gpd.GeoSeries) and value.index.dtype.kind in "iOU" and value.crs is not None:
        places = zip(value.index, value.to_wkb(hex=True), strict=True)
        return {"is": "places", "items": [value.crs.to_wkt(), [[_kept(key, where), at] for key, at in places]]}
    if isinstance(value, OnDemand):
        options = {name: getattr(value, name) for name in ON_DEMAND}
        return {"is": "on_demand", "items": [value.zone.wkb_hex, _kept(options, where)]}
    if isinstance(value, date) and type(value) in (date, datetime, pd.Timestamp):
        return {"is": type(value).__name__, "items": value.isoformat()}
    raise StudyError(Problem("saved_value", where=where, value=type(value).__name__))


def _given(kept: Any) -> Any:
    """Return the value that `_kept` made into JSON."""
    if not isinstance(kept, dict):
        return kept
    kind, items = kept["is"], kept.get("items")
    if kind == "note":
        return _note_class(kept["of"])(kept["key"], n=kept["n"], **_given(items))
    return _MADE[kind](items)


ON_DEMAND = ("hours", "stops", "speed_factor", "wait", "notice", "door", "wheelchair", "name")
_MADE: dict[str, Callable[[Any], Any]] = {
    "on_demand": lambda items: OnDemand(shapely.from_wkb(items[0]), **_given(items[1])),
    "NA": lambda _: pd.NA,
    "NaT": lambda _: pd.NaT,
    "provenance": lambda items: Provenance(*(_given(part) for part in items)),
    "source": lambda items: Source(**items),
    "dict": lambda items: {_given(key): _given(value) for key, value in items},
    "list": lambda items: [_given(each) for each in items],
    "tuple": lambda items: tuple(_given(each) for each in items),
    "places": lambda items: gpd.GeoSeries.from_wkb(
        [at for _, at in items[1]], index=[_given(key) for key, _ in items[1]], crs=items[0]
    ),
    "date": date.fromisoformat,
    "datetime": datetime.fromisoformat,
    "Timestamp": pd.Timestamp,
}


def _note_class(name: str) -> type[Note]:
    """Return a class of notes of accessmap; no other name is looked for."""
    module, _, own = name.rpartition(".")
    kind = getattr(import_module(module), own) if module.startswith("accessmap.") else None
    if not isinstance(kind, type) or not issubclass(kind, Note):
        raise ValueError(f"a note of kind {name!r}")
    return kind


# ------------------------------------------------------------------ the folder


def _check_free(folder: Path) -> None:
    """Raise where the folder holds anything that a saved study would take the place of."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise StudyError(Problem("studyfile_not_a_folder", path=str(folder)))
    about, _ = _json(folder / SAVED)
    known = set() if about is None else {SAVED, *about["files"]}
    others = sorted(file.name for file in folder.iterdir() if file.name not in known)
    if others:
        raise StudyError(Problem("saved_taken", folder=str(folder), names=first_few(others)))


def _damaged(folder: Path, why: Note) -> StudyError:
    return StudyError(Problem("saved_damaged", folder=str(folder), why=why))


def _why(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"


def _hash(data: bytes) -> str:
    return sha256(data).hexdigest()
