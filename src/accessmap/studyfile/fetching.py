"""The files of a territory of France, asked for over the internet from the list of `presets/downloads.toml`."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property, partial
from importlib.resources import files
from pathlib import Path
from string import Formatter
from typing import Any
from urllib.parse import quote

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import AccessmapError, Problem, SourceError, StudyError
from accessmap.files import cache_folder, draft_of, is_input, parsed_toml, read_json, read_toml, write_whole
from accessmap.read.codes import merged_communes
from accessmap.read.communes import read_communes
from accessmap.read.downloading import Kept, check_address, download
from accessmap.read.recognising import recognised
from accessmap.read.territory import codes_of
from accessmap.roads.network import RoadNetwork
from accessmap.roads.readers.tables import file_sha256
from accessmap.tables.contracts import metric_crs
from accessmap.words.notes import Note
from accessmap.words.system import why_failed

RECORD = "telechargements.toml"
AROUND_METRES = 20_000.0  # as far communes are kept, with what serves them, and the roads to it
AROUND_POINTS = 12
FILLED = ("epci", "department", "lon", "lat", "where")
LOOKED_AT = ("epci", "territory", "around")
"""What is asked first, to know what to ask for."""

Progress = Callable[[str, int, int | None], None]
"""Told the title of what comes, how many bytes have, and of how many where that is known."""


@dataclass(frozen=True)
class Download:
    """One row of the list; `presets/downloads.toml` says what each key is."""

    name: str
    title: str
    publisher: str
    licence: str
    address: str
    page: str
    most_mb: float = 50
    seconds: float = 600
    file: str = ""
    layout: str = ""
    where: str = ""
    each: str = ""
    via: str = ""
    format: str = ""
    resource: str = ""
    cut: str = ""
    click_fr: str = ""
    click_en: str = ""


@dataclass(frozen=True)
class Fetched:
    """What came of a territory.

    Parameters
    ----------
    title
        Names of its EPCI.
    codes
        Theirs.
    told
        One sentence for each file: that it came, was there, or how it is had by hand.
    missing
        Names of the rows of the list that did not come.
    """

    title: str
    codes: tuple[str, ...]
    told: tuple[Note, ...]
    missing: tuple[str, ...]


class _Click(Note):
    """What to do on a page, as the list says it in each language."""

    @classmethod
    def _worded(cls, key: str, lang: str, n: float | None, values: dict[str, Any]) -> str:  # noqa: ARG003 - of Note
        return str(values[lang])


def downloads(path: Path | None = None) -> Mapping[str, Download]:
    """Return the list of what is asked for, by name, in order.

    Raises
    ------
    StudyError
        Where a list of one's own is not of the form.

    Examples
    --------
    >>> downloads()["mairies"].publisher
    'DILA'
    """
    own = files("accessmap") / "presets" / "downloads.toml"
    try:
        rows = parsed_toml(own.read_text(encoding="utf-8") if path is None else read_toml(path))
        found = {name: _checked(Download(name, **row)) for name, row in rows.items()}
        lost = [name for name in (*LOOKED_AT, "communes") if name not in found]
        if lost:
            raise KeyError(", ".join(lost))
        return found
    except (OSError, TypeError, KeyError, ValueError, re.error) as error:
        raise StudyError(Problem("download_manifest", where=str(path), why=_wrong(error))) from error


def _checked(row: Download) -> Download:
    """Return a row of which each value is of its kind, and what is filled in is known."""
    for key, value in vars(row).items():
        kind = (int, float) if key in ("most_mb", "seconds") else (str,)
        if isinstance(value, bool) or not isinstance(value, kind):
            raise TypeError(f"{row.name}.{key} = {value!r}")
    for text, known in ((row.address, FILLED), (row.where, ("department",))):
        unknown = [name for _, name, _, _ in Formatter().parse(text) if name is not None and name not in known]
        if unknown:
            raise ValueError(f"{row.name}: {{{unknown[0]}}}")
    re.compile(row.resource)
    return row


def fetch_territory(
    wanted: Sequence[str],
    folder: Path,
    *,
    listed: Mapping[str, Download] | None = None,
    progress: Progress | None = None,
) -> Fetched:
    """Bring what a study of some EPCI needs into a folder, and return what came and what did not.

    One request is made at a time. What is in the folder is not asked for again, whatever its name; what was asked for
    within 30 days comes from the cache. The record of all, with dates and hashes, is `telechargements.toml` there.

    Parameters
    ----------
    wanted
        Names, however typed, or codes of EPCI.
    folder
        Where the files go.
    listed
        What is asked for; by default `downloads()`.
    progress
        Told what comes.

    Raises
    ------
    StudyError
        Where there is no such EPCI, its communes cannot be had, or the folder is that of another territory.
    """
    work = _Work(folder, listed or downloads(), progress)
    try:
        work.find(wanted)
    except SourceError as error:
        raise StudyError(Problem("download_no_list", why=error.problems[0])) from error
    work.check_same_territory()
    told, missing = list(work.said), []
    found = recognised(folder) if folder.is_dir() else []
    there = {name for one in found for name in (one.kind, one.layout.name if one.layout else "")}
    for row in work.listed.values():
        words: dict[str, Any] = {"title": row.title, "publisher": row.publisher, "folder": str(folder)}
        if row.name in LOOKED_AT:
            continue
        if row.layout in there or row.name in there:
            told.append(Note("download_there", **words))
            continue
        try:
            work.bring(row)
            told.append(Note("download_done", file=row.file, day=work.record[row.file]["day"], **words))
        except (AccessmapError, OSError) as error:
            why = error.problems[0] if isinstance(error, AccessmapError) else why_failed(error)
            click = _Click("", fr=row.click_fr, en=row.click_en)
            told.append(Note("download_manual", page=row.page, click=click, why=_sentence(why), **words))
            missing.append(row.name)
    return Fetched(" · ".join(work.names), tuple(work.codes), tuple(told), tuple(missing))


def _wrong(error: Exception) -> Note:
    """Return what is wrong with a list of downloads: of a key its name, which is the same in every language."""
    return why_failed(error) if isinstance(error, OSError | tomllib.TOMLDecodeError) else Note.plain(str(error))


class _Sentence(Note):
    """A note inside another sentence: without its full stop, and of a problem without its remedy."""

    @classmethod
    def _worded(cls, key: str, lang: Any, n: float | None, values: dict[str, Any]) -> str:  # noqa: ARG003 - of Note
        why = values["why"]
        told = str(why.told(lang)).rstrip(".")
        mend = why.remedy_told(lang) if isinstance(why, Problem) else ""
        return told[: -len(mend)].rstrip(": \u00a0") if mend and told.endswith(mend) else told


def _sentence(why: Note) -> Note:
    """Return a note for inside another: of a file that was not read, why."""
    error = why.values["why"] if why.key == "not_read" else None  # noqa: PD011 - of a note
    return _Sentence("", why=error.problems[0] if isinstance(error, AccessmapError) else why)


@dataclass
class _Work:
    """What is known on the way: the territory, the départements that it and its surroundings lie in, what came."""

    folder: Path
    listed: Mapping[str, Download]
    progress: Progress | None = None
    codes: list[str] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    departments: list[str] = field(default_factory=list)
    record: dict[str, dict[str, Any]] = field(default_factory=dict)
    said: list[Note] = field(default_factory=list)
    area: gpd.GeoSeries = field(default_factory=gpd.GeoSeries)

    def find(self, wanted: Sequence[str]) -> None:
        """Find the EPCI that are meant, and the départements around them."""
        rows = self._rows("epci", "code", "nom")
        table = pd.DataFrame(rows)[["code", "nom"]].rename(columns={"code": "epci", "nom": "epci_name"}).astype(str)
        table = table.assign(name=None).set_index("epci", drop=False)
        found, unknown = codes_of(table, wanted)
        for each in unknown:
            if each.several:
                raise StudyError(Problem("download_several_epci", value=each.name, names=", ".join(each.several)))
            raise StudyError(Problem("download_unknown_epci", value=each.name, near=each.near))
        self.codes, self.names = list(found), list(table.loc[found, "epci_name"])
        parts = [self._features("territory", epci=code) for code in self.codes]
        shapes = gpd.GeoDataFrame.from_features([one for part in parts for one in part], crs=4326)
        metric = shapes.to_crs(metric_crs(shapes))
        self.area = metric[["geometry"]].dissolve().buffer(AROUND_METRES)
        inside = sorted({str(code) for code in shapes["codeDepartement"]})
        around: set[str] = set()
        try:
            for lon, lat in _points_around(metric):
                rows = self._rows("around", "codeDepartement", lon=f"{lon:.3f}", lat=f"{lat:.3f}")
                around |= {str(row["codeDepartement"]) for row in rows}
        except SourceError as error:
            self.said.append(Note("download_no_around", why=_sentence(error.problems[0]), names=", ".join(inside)))
        self.departments = [*inside, *sorted(around.difference(inside))]

    def check_same_territory(self) -> None:
        """Refuse a folder whose record is of another territory."""
        path = self.folder / RECORD
        if not is_input(path):
            return
        try:
            known = parsed_toml(read_toml(path))
            before = [str(code) for code in known.get("territory", [])]
            self.record = {name: dict(row) for name, row in known.get("file", {}).items()}
        except (OSError, ValueError, TypeError, AttributeError) as error:
            raise StudyError(Problem("download_manifest", where=str(path), why=_wrong(error))) from error
        if set(before) != set(self.codes):
            raise StudyError(Problem("download_other_territory", where=str(self.folder), value=", ".join(before)))

    def bring(self, row: Download) -> None:
        """Bring one file into the folder, where its layout knows it, and write it into the record."""
        target = self.folder / row.file
        with draft_of(target) as draft:
            kept = self._brought(row, draft)
            found = recognised(draft)
            if row.layout not in [one.layout.name if one.layout else one.kind for one in found]:
                for one in kept:  # what is wrong is not kept, and asked for again
                    one.path.unlink(missing_ok=True)
                why = found[0].reason if found else Note("not_known")
                raise SourceError(Problem("download_other", why=_sentence(why)))
        came = [{"address": one.address, "day": one.day, "sha256": one.sha256} for one in kept]
        credit = {name: getattr(row, name) for name in ("title", "publisher", "licence", "page")}
        day = max((one.day for one in kept), default="")
        self.record[row.file] = {**credit, "day": day, "sha256": file_sha256(target), "asked": came}
        self._write_record()

    def _brought(self, row: Download, draft: Path) -> list[Kept]:
        """Write the file, and return what was asked for it."""
        if row.layout == "roads":
            return [self._roads(row, draft)]
        if row.each == "department":
            kept = [self._kept(row, department=code) for code in self.departments]
            joined = self._near([one for each in kept for one in _features(each)])
            draft.write_text(json.dumps({"type": "FeatureCollection", "features": joined}), encoding="utf-8")
            return kept
        if row.via == "data.gouv":
            kept = [page := self._kept(row), self._kept(row, _resource(row, page))]
        else:
            kept = [self._kept(row)]
        if row.cut:
            here = set(self._communes.index)
            _cut(kept[-1].path, draft, row, here | {old for old, now in merged_communes().items() if now in here})
        else:
            shutil.copyfile(kept[-1].path, draft)
        return kept

    def _near(self, features: list[Any]) -> list[Any]:
        """Return the communes of the territory and those not too far from it."""
        shapes = gpd.GeoDataFrame.from_features(features, crs=4326).geometry
        near = shapes.to_crs(self.area.crs).intersects(self.area.iloc[0])
        return [one for one, kept in zip(features, near, strict=True) if kept]

    def _roads(self, row: Download, draft: Path) -> Kept:
        """Write the roads of the territory and around it, as `accessmap fetch` does."""
        communes = self._communes
        inside = communes.loc[communes["in_territory"]]
        cache = cache_folder() / "downloads" / "-".join(self.codes)
        network = RoadNetwork.fetch(inside, buffer_metres=AROUND_METRES, endpoint=row.address, cache=cache)
        network.save(draft)
        answer = max(cache.iterdir(), key=lambda path: path.stat().st_mtime)
        return Kept(answer, row.address, date.fromtimestamp(answer.stat().st_mtime).isoformat(), file_sha256(answer))

    @cached_property
    def _communes(self) -> gpd.GeoDataFrame:
        own = self.listed["communes"]
        if is_input(self.folder / own.file):
            return read_communes(self.folder / own.file, territory=self.codes)
        found = [one for one in recognised(self.folder) if one.kind == "communes"]
        if not found:
            raise SourceError(Problem("download_no_communes"))
        return read_communes(found[0].path, territory=self.codes)

    def _kept(self, row: Download, address: str = "", **values: str) -> Kept:
        """Return a file of the web, from the cache or asked for now."""
        where = " or ".join(f"({row.where.format(department=code)})" for code in self.departments)
        filled = {name: quote(value) for name, value in {**values, "where": where}.items()}
        return download(
            address or row.address.format(**filled),
            cache_folder() / "downloads",
            most_bytes=int(row.most_mb * 1e6),
            seconds=row.seconds,
            progress=None if self.progress is None else partial(self.progress, row.title),
        )

    def _rows(self, name: str, *keys: str, **values: str) -> list[Mapping[str, Any]]:
        """Return the records that an address answers, each with these keys."""
        kept = self._kept(self.listed[name], **values)
        rows = _parsed(kept)
        if not isinstance(rows, list) or not all(isinstance(row, dict) and set(keys) <= set(row) for row in rows):
            raise _foreign(kept)
        return rows

    def _features(self, name: str, **values: str) -> list[Any]:
        kept = self._kept(self.listed[name], **values)
        found = _features(kept)
        if not found or not all("codeDepartement" in one["properties"] for one in found):
            raise _foreign(kept)
        return found

    def _write_record(self) -> None:
        import tomli_w

        write_whole(tomli_w.dumps({"territory": self.codes, "file": self.record}), self.folder / RECORD)


def _points_around(metric: gpd.GeoDataFrame) -> Iterator[tuple[float, float]]:
    """Yield points (lon, lat) all around the communes, 20 km beyond them."""
    outline = metric.union_all().convex_hull.buffer(AROUND_METRES).exterior
    along = [outline.interpolate(share, normalized=True) for share in np.arange(AROUND_POINTS) / AROUND_POINTS]
    for point in gpd.GeoSeries(along, crs=metric.crs).to_crs(4326):
        yield point.x, point.y


def _foreign(kept: Kept) -> SourceError:
    """Return the error of an answer that is not of the published form, which is not kept."""
    kept.path.unlink(missing_ok=True)
    return SourceError(Problem("download_form", where=kept.address))


def _parsed(kept: Kept) -> Any:
    try:
        return read_json(kept.path)
    except (OSError, ValueError) as error:
        raise _foreign(kept) from error


def _features(kept: Kept) -> list[Any]:
    """Return the features of a GeoJSON."""
    found = _parsed(kept)
    features = found.get("features") if isinstance(found, dict) else None
    if not isinstance(features, list) or not all(
        isinstance(one, dict) and one.get("properties") and one.get("geometry") for one in features
    ):
        raise _foreign(kept)
    return features


def _resource(row: Download, page: Kept) -> str:
    """Return the address of the newest file of the format and title that a page of data.gouv.fr names."""
    found = _parsed(page)
    listed = found.get("resources") if isinstance(found, dict) else None
    if not isinstance(listed, list):
        raise _foreign(page)
    fitting = [
        one
        for one in listed
        if isinstance(one, dict)
        and str(one.get("format", "")).casefold() == row.format
        and re.search(row.resource, f"{one.get('title', '')} {one.get('url', '')}", re.IGNORECASE)
    ]
    if not fitting:
        raise SourceError(Problem("download_no_resource", format=row.format))
    address = str(max(fitting, key=lambda one: str(one.get("last_modified", "")))["url"])
    check_address(address, plain=row.address.startswith("http://"))
    return address


def _cut(path: Path, draft: Path, row: Download, codes: Collection[str]) -> None:
    """Write the rows of a Parquet that are in communes, by their codes of today and before."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names = pq.read_schema(path).names
        column = next((name for name in names if name.casefold() == row.cut), None)
        if column is None:
            raise SourceError(Problem("download_form", where=row.address))
        pq.write_table(pq.read_table(path, filters=[(column, "in", list(codes))]), draft)
    except (pa.ArrowException, OSError) as error:
        path.unlink(missing_ok=True)
        raise SourceError(Problem("download_form", where=row.address)) from error
