"""A study.toml read and checked: its settings, or every problem with its line."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from accessmap.errors import Problem
from accessmap.files import parsed_toml, read_toml
from accessmap.read.database import PASSWORD, Database, database
from accessmap.studyfile.problems import Key, Place, StudyFileError, key_lines, line_of, place_of, problem, shown
from accessmap.studyfile.settings import CheckSection, Settings
from accessmap.words.near import near_matches
from accessmap.words.notes import Aside
from accessmap.words.system import why_failed

# What pydantic calls a wrong type or value, or what settings.py does, and the sentence that tells it.
REASONS = {
    "extra_forbidden": "studyfile_unknown_key",
    "unexpected_keyword_argument": "studyfile_unknown_key",
    "missing": "studyfile_missing_key",
    "no_site": "studyfile_want_site",
    "string_type": "studyfile_want_text",
    "string_too_short": "studyfile_want_text",
    "bool_type": "studyfile_want_bool",
    "float_type": "studyfile_want_number",
    "int_type": "studyfile_want_number",
    "finite_number": "studyfile_want_number",
    "list_type": "studyfile_want_list",
    "too_short": "studyfile_want_list",
    "dict_type": "studyfile_want_table",
    "model_type": "studyfile_want_table",
    "model_attributes_type": "studyfile_want_table",
    "literal_error": "studyfile_want_one_of",
    "unknown_layout": "studyfile_want_one_of",
    "greater_than": "studyfile_want_above",
    "greater_than_equal": "studyfile_want_at_least",
    "less_than_equal": "studyfile_want_at_most",
    "string_pattern_mismatch": "studyfile_want_file_name",
    "tuple_type": "studyfile_want_pair",
    "too_long": "studyfile_want_pair",
    "one_of": "studyfile_one_of",
    "none_of": "studyfile_none_of",
    "nodes_and_edges": "studyfile_nodes_and_edges",
    "mode_twice": "studyfile_mode_twice",
    "equipment_needs_schools": "studyfile_equipment_needs_schools",
    "sample_needs_sample": "studyfile_sample_needs_sample",
}
# What a table may lack because a key of it was wrong.
FOLLOWS = (
    "studyfile_missing_key",
    "studyfile_none_of",
    "studyfile_nodes_and_edges",
    "studyfile_equipment_needs_schools",
)


@dataclass(frozen=True)
class StudyFile:
    """A study.toml: where it is, its text, and the settings it holds.

    Parameters
    ----------
    path
        Of the file; every path that it names is relative to its folder.
    text
        As it was read.
    settings
        Checked.
    """

    path: Path
    text: str
    settings: Settings

    def source(self, name: str) -> Path | Database:
        """Return the path of a file, or the address of a table, that the settings name."""
        return database(name) or self.find(name)

    def find(self, name: str) -> Path:
        """Return the path of a file that the settings name."""
        try:
            return self.path.parent / Path(name).expanduser()
        except RuntimeError:  # "~nobody/x": no such account, and so no such file
            return self.path.parent / name

    def line(self, *key: str | int) -> int | None:
        """Return the line on which a key stands, or the nearest table that holds it."""
        return line_of(key, key_lines(self.text))

    def problem(self, key: str, *path: str | int, near: Iterable[str] = (), **values: Any) -> Problem:
        """Return a problem of one key, with its line and value."""
        written = shown(_value(parsed_toml(self.text), path))
        return problem(key, Place.of(path, self.line(*path), written), near, **values)

    def refused(self, key: str, *path: str | int, near: Iterable[str] = (), **values: Any) -> StudyFileError:
        """Return the error of one problem of one key."""
        return StudyFileError(self.problem(key, *path, near=near, **values), about=self.path.name)

    @property
    def sha256(self) -> str:
        """Hash of its text."""
        return sha256(self.text.encode()).hexdigest()


def accepting(file: StudyFile, names: Iterable[str]) -> StudyFile:
    """Return the settings with these measures of plausibility accepted too."""
    accept = list(dict.fromkeys([*file.settings.check.accept, *names]))
    return replace(file, settings=file.settings.model_copy(update={"check": CheckSection(accept=accept)}))


def read_settings(path: str | Path) -> StudyFile:
    """Return the settings of a study.toml, checked; no file that it names is opened.

    Raises
    ------
    StudyFileError
        Where there is no such file, it is not TOML, or with every unknown key and wrong value at once.
    """
    path = Path(path)
    return settings_of(path, _text_of(path))


def readable_settings(path: str | Path) -> tuple[StudyFile, tuple[Problem, ...]]:
    """Return the settings of a study.toml without what is wrong in them, and every problem: to go on and find more.

    An unknown key is left out, and a wrong value is taken for none.

    Raises
    ------
    StudyFileError
        Where nothing can be gone on with: no file, no TOML, no communes.
    """
    path = Path(path)
    text = _text_of(path)
    left: dict[str, Any] = _parsed(path, text)
    lines = key_lines(text)
    found: list[Problem] = []
    lost: set[Key] = set()
    while True:
        try:
            return StudyFile(path, text, Settings.model_validate(left)), tuple(_in_order(found))
        except ValidationError as error:
            problems = _problems(error, left, lines)
        # A table from which a wrong key was taken may lack one: that follows, and is no problem of its own.
        paths = [place_of(each).path for each in problems]
        both = zip(problems, paths, strict=True)
        found += [each for each, at in both if each.key not in FOLLOWS or not _beside(at, lost)]
        held = {at for at in paths if at and _value(left, at) is not None}
        if not held:
            raise StudyFileError(*_in_order(found), about=path.name)
        # An item that is taken out would renumber those after it, and so the lines that their problems name.
        held = {key[:1] if len(key) == 2 and key[0] in ("services", "scenario") else key for key in held}
        lost |= held
        left = _without(left, held)


def _text_of(path: Path) -> str:
    """Return the text of a file; StudyFileError where there is none."""
    try:
        return read_toml(path)
    except OSError as error:
        key = "studyfile_no_such_file" if isinstance(error, FileNotFoundError) else "studyfile_no_file"
        raise StudyFileError(problem(key, path=str(path), why=why_failed(error)), about=path.name) from error
    except UnicodeDecodeError as error:
        place = Place.of(line=path.read_bytes()[: error.start].count(b"\n") + 1)
        raise StudyFileError(problem("studyfile_not_utf8", place), about=path.name) from error


def settings_of(path: Path, text: str) -> StudyFile:
    """Return the settings of a text that stands, or stood, in a file.

    Parameters
    ----------
    path
        Of the file: paths in the settings start from its folder, and errors name it. It is not opened.
    text
        Its TOML.

    Raises
    ------
    StudyFileError
        Where it is not TOML, or with every unknown key and wrong value at once.
    """
    raw = _parsed(path, text)
    try:
        return StudyFile(path, text, Settings.model_validate(raw))
    except ValidationError as error:
        raise StudyFileError(*_in_order(_problems(error, raw, key_lines(text))), about=path.name) from None


def _parsed(path: Path, text: str) -> dict[str, Any]:
    if (word := PASSWORD.search(text)) is not None:  # even in a comment: records hold the whole text
        place = Place.of(line=text.count("\n", 0, word.start()) + 1)
        raise StudyFileError(problem("studyfile_password", place), about=path.name)
    try:
        return parsed_toml(text)
    except tomllib.TOMLDecodeError as error:
        raise StudyFileError(_syntax(str(error), text), about=path.name) from error


def _beside(key: Key, lost: Iterable[Key]) -> bool:
    """Return whether a key that was lost stood inside a table, or beside a key."""
    return any(each[: len(key)] == key or each[:-1] == key[:-1] for each in lost)


def _without(raw: Any, keys: Collection[Key], at: Key = ()) -> Any:
    """Return parsed TOML without some of its keys and items."""
    if isinstance(raw, dict):
        return {name: _without(each, keys, (*at, name)) for name, each in raw.items() if (*at, name) not in keys}
    if isinstance(raw, list):
        return [_without(each, keys, (*at, n)) for n, each in enumerate(raw) if (*at, n) not in keys]
    return raw


def _in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Return the problems by line, once each; those of the whole file last."""
    once: dict[Key, Problem] = {}
    for each in problems:  # of a value that may be of two types, what is wrong with the first is told
        once.setdefault(place_of(each).path, each)
    return sorted(once.values(), key=lambda each: place_of(each).order)


def _syntax(message: str, text: str) -> Problem:
    """Return what tomllib says, with the line it names."""
    what, _, place = message.partition(" (at ")
    number = place.removeprefix("line ").partition(",")[0]
    line = int(number) if number.isdigit() else len(text.rstrip().splitlines()) or None
    return problem("studyfile_not_toml", Place.of(line=line), why=Aside.of(what))


def _problems(error: ValidationError, raw: Mapping[str, Any], lines: Mapping[Key, int]) -> list[Problem]:
    """Return pydantic's errors in our words."""
    found = []
    for each in error.errors(include_url=False):
        path = _path(each["loc"], raw)
        place = Place.of(path, line_of(path, lines), shown(_value(raw, path)))
        found.append(fault_told(dict(each), place, _value(raw, path), _known(path)))
    return found


def fault_told(error: Mapping[str, Any], place: Place, value: object, known: Iterable[str]) -> Problem:
    """Return one of pydantic's errors (its type and ctx) in our words: where it is, what stands there, what may."""
    key = REASONS.get(str(error["type"]), "studyfile_want_other")
    values = {name: _text(each) for name, each in error.get("ctx", {}).items() if name != "error"}
    if key == "studyfile_unknown_key":
        return problem(key, place, near_matches(str(place.path[-1]), known), **values)
    if key == "studyfile_want_list" and isinstance(value, dict):
        return problem("studyfile_want_tables", place, name=str(place.path[-1]))
    if key == "studyfile_want_table" and isinstance(value, list) and place.path:
        name = str(place.path[-1])
        return problem("studyfile_want_one_table", place, ["[[scenario]]"] if name == "scenarios" else [], name=name)
    if key == "studyfile_want_one_of":
        expected = str(values["expected"]).replace("'", '"').replace(" or ", ", ")
        near = near_matches(str(value), expected.replace('"', "").split(", "))
        return problem(key, place, near, expected=expected)
    return problem(key, place, why=Aside.of(error.get("msg", "")), **values)


def _path(loc: Iterable[str | int], raw: object) -> Key:
    """Return the path of an error without the names pydantic gives to the branches of a union."""
    path: Key = ()
    for part in loc:
        inside = isinstance(raw, dict) and isinstance(part, str) and part in raw
        item = isinstance(raw, list) and isinstance(part, int) and part < len(raw)
        if isinstance(part, str) and path and not isinstance(raw, dict):
            continue
        path = (*path, part)
        raw = raw[part] if inside or item else None  # type: ignore[index]
    return path


def _value(raw: object, key: Key) -> object:
    """Return what stands at a path, None where nothing does."""
    for part in key:
        held = isinstance(raw, dict) and part in raw
        if not held and not (isinstance(raw, list) and isinstance(part, int) and part < len(raw)):
            return None
        raw = raw[part]  # type: ignore[index]
    return raw


def _known(key: Key) -> list[str]:
    """Return the keys that may stand beside the last one of a path."""
    model: type[BaseModel] = Settings
    for part in key[:-1]:
        if isinstance(part, str) and part in model.model_fields:
            model = next(iter(_models(model.model_fields[part].annotation)), model)
    return list(model.model_fields)


def _models(annotation: object) -> Iterable[type[BaseModel]]:
    """Yield the models in a type such as `list[Model]` or `Model | None`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models(part)


def _text(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
