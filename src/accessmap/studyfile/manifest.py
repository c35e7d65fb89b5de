"""The record beside a dossier: what it was made from and what it says, so that it can be made again and compared."""

from __future__ import annotations

import hashlib
import os
import platform
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from difflib import SequenceMatcher
from html.parser import HTMLParser
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from accessmap.dossier import Dossier
from accessmap.errors import Problem, StudyError
from accessmap.files import file_of, is_input, read_json
from accessmap.read.database import Database, database
from accessmap.roads.readers.tables import file_sha256
from accessmap.study.plausibility import NOTES
from accessmap.studyfile.loading import Loaded, loaded
from accessmap.studyfile.reading import StudyFile, accepting, read_settings, settings_of
from accessmap.uncertainty.inputs import Assumptions
from accessmap.words.notes import Aside

AROUND = 3  # words shown on each side of a difference
LONGEST = 160
UNSEEN = ("script", "style")
# HTML's own white space: a non-breaking space parts no number from its unit.
WORD = re.compile(r"[^ \t\r\n\f]+")


def differing(before: str, now: str) -> list[tuple[str, str]]:
    """Return the places where the text of two pages differs, in the order of the page, each with a few words around.

    What is no text in the HTML (scripts, styles, shapes) is not compared.
    """
    one, other = _words(before), _words(now)
    start = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    if start == len(one) == len(other):
        return []
    most = min(len(one), len(other)) - start
    backwards = zip(reversed(one), reversed(other), strict=False)
    end = next((n for n, (a, b) in enumerate(backwards) if n == most or a != b), most)
    return list(_changed(one, other, start, end))


def _changed(one: Sequence[str], other: Sequence[str], start: int, end: int) -> Iterator[tuple[str, str]]:
    """Yield what differs between two texts that are the same up to `start` and in the last `end` words."""
    middle = SequenceMatcher(None, one[start : len(one) - end], other[start : len(other) - end], autojunk=True)
    groups: list[list[int]] = []
    for tag, a, b, c, d in middle.get_opcodes():
        if tag == "equal":
            continue
        if groups and a - groups[-1][1] <= AROUND:  # two changes in one phrase are one place
            groups[-1][1], groups[-1][3] = b, d
        else:
            groups.append([a, b, c, d])
    for a, b, c, d in groups:
        yield _phrase(one, start + a, start + b), _phrase(other, start + c, start + d)


def _phrase(words: Sequence[str], first: int, last: int) -> str:
    text = " ".join(words[max(0, first - AROUND) : last + AROUND])
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _words(page: str) -> list[str]:
    reader = _Text()
    reader.feed(page)
    reader.close()
    return reader.words


class _Text(HTMLParser):
    """The words of a page, whatever tags stand between them."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.words: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 - of HTMLParser
        self._hidden += tag in UNSEEN

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in UNSEEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.words += WORD.findall(data)


FORMAT = 1
LIBRARIES = ("numpy", "pandas", "geopandas", "shapely", "scipy", "pyproj")
# Tables whose every number is kept, so that a difference can be told and not only found.
TOLD = ("coverage", "summary")
# Tables that records of 0.1 name otherwise.
RENAMED = {"carriers": "outside_sites"}
# The parts of a Shapefile that hold data.
PARTS = (".shp", ".shx", ".dbf", ".prj", ".cpg")


@dataclass(frozen=True)
class Difference:
    """One thing that is not what the record says.

    Parameters
    ----------
    kind
        "page", "text" or "code" (of an edited page), "settings", "input", "missing", "version", "number" or "table".
    name
        Of the file, table or number.
    recorded, found
        What the record says, and what there is now.
    """

    kind: str
    name: str
    recorded: str = ""
    found: str = ""


def dossier_of(file: StudyFile, found: Loaded) -> Dossier:
    """Return the dossier that the settings of a study.toml ask for, of the study that they name."""
    asked, spreads = file.settings.dossier, file.settings.uncertainty
    return Dossier.of(
        found.study,
        *found.study.scenarios.values(),
        category=asked.category,
        alongside=asked.alongside,
        candidates=asked.candidates,
        programme=found.programme,
        reference=found.reference,
        earlier=found.earlier,
        accept=file.settings.check.accept,
        uncertainty=None if spreads is None else Assumptions(**spreads.model_dump()),
        lang=file.settings.study.lang,
    ).with_brand(found.brand)


def manifest_of(file: StudyFile, dossier: Dossier, page: Path, *, folder: Path) -> dict[str, Any]:
    """Return the record of a dossier: its settings, the hashes of its inputs, tables and page, and the versions.

    The page is as it was saved, and what else its folder holds was made with it; the file will stand in `folder`, from
    which the settings are found.
    """
    way = os.path.relpath(file.path.parent.absolute(), folder.absolute())
    return {
        "format": FORMAT,
        "accessmap": version("accessmap"),
        "made": dossier.made.isoformat(),
        "title": dossier.title,
        "verdict": dossier.verdict,
        "page": page.name,
        "files": {path.name: file_sha256(path) for path in sorted(page.parent.iterdir()) if path.suffix != ".json"},
        "settings": {"name": file.path.name, "from": Path(way).as_posix(), "sha256": file.sha256, "text": file.text},
        "accept": file.settings.check.accept,
        "inputs": {name: file_sha256(file.source(name)) for name in _inputs(file)},
        "sample": file.settings.communes.sample,
        "versions": {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}},
        "tables": {
            name: {"rows": len(table), "columns": [str(each) for each in table.columns], "sha256": _table_hash(table)}
            for name, table in dossier.tables.items()
        },
        "numbers": {name: _numbers(dossier.tables[name]) for name in TOLD},
    }


def read_manifest(page: str | Path) -> tuple[Path, dict[str, Any]]:
    """Return the record beside a dossier, and where it is; refused where there is none, or it is not one of ours."""
    path = Path(page).with_suffix(".json")
    try:
        record: dict[str, Any] = read_json(path)
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise StudyError(Problem("studyfile_not_a_record", name=path.name, format=str(FORMAT)))
        _Record.model_validate(record)
    except OSError as error:
        raise StudyError(Problem("studyfile_no_record", name=path.name, page=Path(page).name)) from error
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        at = ".".join(map(str, first["loc"]))
        raise StudyError(
            Problem("studyfile_record_damaged", name=path.name, at=at, why=Aside.of(first["msg"]))
        ) from error
    except StudyError:
        raise
    except ValueError as error:
        raise StudyError(Problem("studyfile_not_a_record", name=path.name, format=str(FORMAT))) from error
    return path, record


class _Settings(BaseModel):
    name: str
    from_: str = Field(alias="from")
    sha256: str
    text: str


class _Table(BaseModel):
    sha256: str


class _Record(BaseModel):
    """What a record must hold; further keys are of other versions."""

    model_config = ConfigDict(strict=True)

    accessmap: str
    made: str
    page: str
    files: dict[str, str]
    settings: _Settings
    accept: list[str] = []
    inputs: dict[str, str]
    sample: bool
    versions: dict[str, str]
    tables: dict[str, _Table]
    numbers: dict[str, dict[str, dict[str, float | None]]]

    @field_validator("made")
    @classmethod
    def _is_a_day(cls, made: str) -> str:
        date.fromisoformat(made)
        return made


def verified(page: str | Path, settings: str | Path | None = None) -> tuple[dict[str, Any], list[Difference]]:
    """Return the record of a dossier, and all that differs when it is made again from the inputs that it names.

    Numbers are compared to the last digit. The settings are those recorded beside the page, not what study.toml says
    now; where that file is comes from the record, if not given. Refused where there is no record, or the study cannot
    be loaded any more.
    """
    path, record = read_manifest(page)
    recorded = path.parent / record["settings"]["from"] / record["settings"]["name"]
    home = Path(settings) if settings is not None else recorded
    file = settings_of(home, record["settings"]["text"])
    found = [*_page(Path(page), record), *_settings(file, record), *_files(file, record), *_versions(record)]
    if any(each.kind == "missing" for each in found):
        return record, found
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, file.path.name)
        copy.write_text(file.text, encoding="utf-8", newline="\n")
        accepted = accepting(file, record.get("accept", NOTES))  # 0.1 held no roads beside bounds
        study = loaded(accepted, scenarios_from=copy, for_dossier=True)
    dossier = replace(dossier_of(file, study), made=date.fromisoformat(record["made"]))
    edited = any(each.kind == "page" and each.name == Path(page).name for each in found)
    return record, [*found, *(_edits(Path(page), dossier) if edited else ()), *_tables(dossier, record)]


def _inputs(file: StudyFile) -> Iterator[str]:
    """Yield every file that the settings name, as they name it, and those of earlier dates."""
    yield from _own_inputs(file)
    for each in file.settings.earlier:
        path = file.find(each.path)
        if path.is_dir():
            yield from (f"{each.path}/{part.name}" for part in sorted(path.iterdir()) if is_input(part))
            continue
        yield each.path
        for name in _own_inputs(read_settings(path)):
            yield name if database(name) else Path(Path(each.path).parent, name).as_posix()


def _own_inputs(file: StudyFile) -> Iterator[str]:
    """Yield every file that the settings name, as they name it; of a Shapefile, each part."""
    settings = file.settings
    named = [settings.communes.path, settings.residents.path if settings.residents else None]
    named += [name for section in settings.services for name in (section.path, section.accessibility, section.types)]
    named += [name for _, each in settings.roads.by_mode.values() for name in (each.path, each.nodes, each.edges)]
    more = (settings.digital, settings.schools, settings.equipment, settings.programme)
    named += [section.path for section in more if section is not None]
    named += [settings.schools.roll] if settings.schools is not None else []
    zonages = settings.communes.zonages
    named += [
        settings.communes.population,
        settings.communes.epci,
        *([zonages] if isinstance(zonages, str) else zonages),
    ]
    named += settings.reference.paths if settings.reference else []
    named += settings.scenarios.paths if settings.scenarios else []
    named.append(settings.dossier.logo)
    for name in dict.fromkeys(name for name in named if name is not None):
        if name.casefold().endswith(".shp"):
            stem = name[: -len(".shp")]
            yield from (stem + part for part in PARTS if is_input(file.find(stem + part)))
        else:
            inside = "!" in name and file_of(file.find(name)) != file.find(name)
            yield name.partition("!")[0] if inside else name


def _table_hash(table: pd.DataFrame) -> str:
    """Return the hash of a table's text: floats in the fewest digits that give them back, shapes as WKB."""
    if isinstance(table, gpd.GeoDataFrame):
        table = pd.DataFrame(table).assign(geometry=table.geometry.to_wkb(hex=True).to_numpy())
    return hashlib.sha256(table.to_csv(lineterminator="\n").encode()).hexdigest()


def _numbers(table: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Return the numbers of a table by row and column; NaN is null."""
    rows = {str(row): values for row, values in table.to_dict("index").items()}
    return {
        row: {str(name): None if pd.isna(value) else float(value) for name, value in values.items()}
        for row, values in rows.items()
    }


def _page(page: Path, record: Mapping[str, Any]) -> Iterator[Difference]:
    """Yield what was changed of the page and of what was made with it; only the page must be there."""
    if not is_input(page):
        yield Difference("missing", page.name)
    for name, before in record["files"].items():
        path = page if name == record["page"] else page.parent / name
        if is_input(path) and (now := file_sha256(path)) != before:
            yield Difference("page", name, before, now)


def _edits(page: Path, dossier: Dossier) -> Iterator[Difference]:
    """Yield where the text of an edited page differs from that of the page made again."""
    places = differing(dossier.to_html(), page.read_bytes().decode("utf-8", errors="replace"))
    for before, now in places:
        yield Difference("text", page.name, before, now)
    if not places:
        yield Difference("code", page.name)


def _settings(file: StudyFile, record: Mapping[str, Any]) -> Iterator[Difference]:
    try:
        text = file.path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except (OSError, UnicodeDecodeError):
        return  # the record holds the settings: the file is not needed
    if text != file.text:
        now = hashlib.sha256(text.encode()).hexdigest()
        yield Difference("settings", file.path.name, record["settings"]["sha256"], now)


def _files(file: StudyFile, record: Mapping[str, Any]) -> Iterator[Difference]:
    for name, before in record["inputs"].items():
        path = file.source(name)
        if not isinstance(path, Database) and not is_input(path):
            yield Difference("missing", name)
        elif (now := file_sha256(path)) != before:
            yield Difference("input", name, before, now)


def _versions(record: Mapping[str, Any]) -> Iterator[Difference]:
    now = {"accessmap": version("accessmap"), "python": platform.python_version()}
    now |= {name: version(name) for name in LIBRARIES}
    for name, before in {"accessmap": record["accessmap"], **record["versions"]}.items():
        if now.get(name) != before:
            yield Difference("version", name, before, now.get(name, ""))


def _tables(dossier: Dossier, record: Mapping[str, Any]) -> Iterator[Difference]:
    tables = {
        name if name in dossier.tables else RENAMED.get(name, name): each for name, each in record["tables"].items()
    }
    for name, rows in record["numbers"].items():
        now = _numbers(dossier.tables[name])
        for row in {**rows, **now}:
            before_row, now_row = rows.get(row, {}), now.get(row, {})
            for column in {**before_row, **now_row}:
                before, after = before_row.get(column), now_row.get(column)
                if before != after:
                    yield Difference("number", f"{name}: {row}, {column}", str(before), str(after))
    for name in {**tables, **dossier.tables}:
        if name not in tables and record["accessmap"] != version("accessmap"):
            continue  # a table that the version of the record did not make
        # records of 0.1 hold a table of nothing for each chapter that has no data
        recorded = str(tables[name]["sha256"]) if name in tables else _table_hash(pd.DataFrame())
        now_table = dossier.tables.get(name, pd.DataFrame())
        if name == "data_report" and str(record["accessmap"]).startswith("0.1."):  # did not keep what readers said
            now_table = now_table[now_table["remedy"] != ""].reset_index(drop=True)
        found = _table_hash(now_table)
        if recorded != found:
            yield Difference("table", name, recorded, found)
