"""What is wrong in a study.toml, told with its line, key, value and remedy, in two languages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Self

from accessmap.categories import Lang
from accessmap.errors import Problem, StudyError
from accessmap.words import words as labels
from accessmap.words.notes import Note

Key = tuple[str | int, ...]

# What can hide a bracket or an end of line, then brackets and ends of lines themselves (toml.io, version 1.0).
TOKENS = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}]|\n', re.DOTALL
)
NAME = re.compile(r"\s*(?:\"((?:\\.|[^\"\\])*)\"|'([^']*)'|([A-Za-z0-9_-]+))\s*(\.?)")


def key_lines(text: str) -> dict[Key, int]:
    """Return the line (from 1) of every table and key of a TOML text, by its path; arrays of tables count from 0.

    The syntax is taken to be right. Keys inside an inline table are not looked for: `line_of` gives them that of what
    holds them.
    """
    found: dict[Key, int] = {}
    counts: dict[Key, int] = {}
    table: Key = ()
    for line, statement in _statements(text):
        if statement.startswith("[["):
            path = _under(_names(statement[2:]), counts)
            counts[path] = counts.get(path, -1) + 1
            table = (*path, counts[path])
            found.setdefault(path, line)
        elif statement.startswith("["):
            table = _under(_names(statement[1:]), counts)
        else:
            key: Key = (*table, *_names(statement))
            for length in range(len(table) + 1, len(key)):
                found.setdefault(key[:length], line)
            found[key] = line
            continue
        found[table] = line
    return found


def line_of(key: Key, lines: Mapping[Key, int]) -> int | None:
    """Return the line of a key, or of the nearest table or key that holds it; None where there is neither."""
    for length in range(len(key), 0, -1):
        if key[:length] in lines:
            return lines[key[:length]]
    return None


def _statements(text: str) -> Iterator[tuple[int, str]]:
    """Yield each header and each `key = value` with the line it starts on, values over several lines as one."""
    start, depth, line, first = 0, 0, 1, 1
    for token in TOKENS.finditer(text + "\n"):
        mark = token.group()
        depth += (mark in "[{") - (mark in "]}") if len(mark) == 1 and mark != "\n" else 0
        if mark == "\n" and depth == 0:
            statement = text[start : token.start()].strip()
            if statement and not statement.startswith("#"):
                yield first, statement
            start, first = token.end(), line + 1
        line += mark.count("\n")


def _names(dotted: str) -> Key:
    """Return the parts of a dotted key at the start of a text."""
    names, at = [], 0
    while match := NAME.match(dotted, at):
        names.append(next(part for part in match.groups()[:3] if part is not None))
        at = match.end()
        if not match[4]:
            break
    return tuple(names)


def _under(names: Key, counts: Mapping[Key, int]) -> Key:
    """Return the path of a header: a name that is an array of tables stands for its last table so far."""
    path: Key = ()
    for name in names[:-1]:
        path = (*path, name)
        path = (*path, counts[path]) if path in counts else path
    return (*path, *names[-1:])


_LONGEST = 60


class Place(Note):
    """Where a problem is: the file where it is not the study.toml, the line, and the key with its value."""

    @classmethod
    def of(cls, path: Key = (), line: int | None = None, value: str = "", file: str = "") -> Self:
        """Return the place of a key, of a line or of a file; empty where none can be named."""
        return cls("", path=path, line=line, value=value, file=file)

    @property
    def path(self) -> Key:
        """Of the key, such as ("roads", "mode"); empty where the whole file is meant."""
        return tuple(self.values["path"])

    @property
    def line(self) -> int | None:
        """Of the file, from 1; None where no line can be named."""
        line: int | None = self.values["line"]
        return line

    @property
    def file(self) -> str:
        """Name of the file that the line is of, where it is not the study.toml."""
        return str(self.values["file"])

    @property
    def order(self) -> tuple[bool, str, bool, int]:
        """What problems are put in order by: the study.toml first, by line, what has no line last."""
        return self.file != "", self.file, self.line is None, self.line or 0

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:  # noqa: ARG003 - of Note
        parts = [values["file"]] if values["file"] else []
        if values["line"] is not None:
            parts.append(labels.text("studyfile_line", lang=lang, line=values["line"]))
        if values["path"]:
            parts.append(dotted(values["path"]) + (f" = {values['value']}" if values["value"] else ""))
        return ", ".join(parts)


class _Hint(Note):
    """Names that may have been meant, in the quotes of TOML."""

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:  # noqa: ARG003 - of Note
        names = labels.text("or", lang=lang).join(f'"{name}"' for name in values["names"])
        return labels.text("did_you_mean", lang=lang, names=names) if names else ""


class _Told(Problem):
    """One thing that is wrong in a study.toml: whoever reads it types keys, and not options of Python."""

    def remedy_told(self, lang: Lang = "fr") -> str:
        """Return how to mend it, in one language."""
        with labels.typed_in_files():
            return super().remedy_told(lang)

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:
        with labels.typed_in_files():
            return super()._worded(key, lang, n, values)


def problem(key: str, at: Place | None = None, near: Iterable[str] = (), /, **values: Any) -> Problem:
    """Return one thing that is wrong in a study.toml, or in a file that it names."""
    at, near = at if at is not None else Place.of(), tuple(near)
    return _Told(key, where=at, value=at.values["value"], near=near, hint=_Hint("", names=near), **values)


def place_of(problem: Problem) -> Place:
    """Return where a problem is; nowhere, where it does not say."""
    return problem.where if isinstance(problem.where, Place) else Place.of()


def record(problem: Problem, lang: Lang = "fr") -> dict[str, Any]:
    """Return a problem for machines: file, line, key, value, and its sentence."""
    place = place_of(problem)
    where = {"file": place.file, "line": place.line, "key": dotted(place.path), "value": problem.value}
    return {**where, "problem": problem.told(lang)}


class StudyFileError(StudyError):
    """A study.toml, or the data that it names, is refused; the message lists every problem, in the order of the file.

    Its problems say `where` they are: a `Place` with the line and the path of the key.
    """

    def told(self, lang: Lang = "fr") -> str:
        """Return the whole message in one language."""
        head = labels.text("studyfile_problems", lang=lang, n=len(self.problems), file=self.about)
        return "\n".join([head, *(f"  - {problem.told(lang)}" for problem in self.problems)])


def shown(value: object) -> str:
    """Return a value as TOML writes it, cut where it is long; a table or none is not shown."""
    text = "" if value is None or isinstance(value, dict) else inline(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def inline(value: object) -> str:
    """Return a value as TOML writes it on one line."""
    import tomli_w

    if isinstance(value, list):
        return f"[{', '.join(inline(each) for each in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{inline(str(name))} = {inline(each)}' for name, each in value.items())} }}"
    written: Mapping[str, object] = {"k": value}
    return tomli_w.dumps(written).removeprefix("k = ").strip()


def dotted(path: Key) -> str:
    """Return a path as people write it; a table of an array is numbered from 1."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")
