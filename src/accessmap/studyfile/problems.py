"""What is wrong in a study.toml, told with its line, key, value and remedy, in two languages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from accessmap.categories import Lang
from accessmap.errors import StudyError
from accessmap.words import words as labels

__all__ = [
    "Key",
    "Problem",
    "StudyFileError",
    "ToldError",
    "inline",
    "key_lines",
    "line_of",
    "shown",
]

Key = tuple[str | int, ...]

# What can hide a bracket or an end of line, then brackets and ends of lines themselves (toml.io, version 1.0).
TOKENS = re.compile(
    r'"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\\n])*"|\'[^\'\n]*\'|#[^\n]*|[\[\]{}]|\n', re.DOTALL
)
NAME = re.compile(r"\s*(?:\"((?:\\.|[^\"\\])*)\"|'([^']*)'|([A-Za-z0-9_-]+))\s*(\.?)")


def key_lines(text: str) -> dict[Key, int]:
    r"""Return the line (from 1) of every table and key of a TOML text, by its path; arrays of tables count from 0.

    Parameters
    ----------
    text
        TOML that has been parsed: its syntax is taken to be right. Keys inside an inline table are not looked for:
        `line_of` gives them the line of the key that holds it.

    Examples
    --------
    >>> key_lines('[study]\ntitle = "a"\n[[services]]\npath = "b"\n')[("services", 0, "path")]
    4
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
    """Return the line of a key, or of the nearest table or key that holds it; None where there is neither.

    Examples
    --------
    >>> line_of(("roads", "source", "title"), {("roads",): 7})
    7
    """
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


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong in a study.toml, or in a file that it names.

    Parameters
    ----------
    reason
        Key of its sentence in `words.toml`, without the prefix `studyfile_`.
    key
        Path of the key, such as ("roads", "mode"); empty where the whole file is meant.
    line
        Of the file, from 1; None where no line can be named.
    value
        What stands there, as the file writes it; empty where nothing does.
    values
        What fills the braces of the sentence.
    near
        Known names that come near to a wrong one.
    file
        Name of the file that the line is of, where it is not the study.toml.
    """

    reason: str
    key: Key = ()
    line: int | None = None
    value: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    near: tuple[str, ...] = ()
    file: str = ""

    def told(self, lang: Lang = "fr") -> str:
        """Return the problem as one line: where, what, and how to mend it.

        Examples
        --------
        >>> Problem("unknown_key", ("roads", "mod"), 7, '"car"', near=("mode",)).told("en")
        'line 7, roads.mod = "car": unknown key (did you mean "mode"?). Remove it or correct its name.'
        """
        told = self._words(self.reason, lang)
        parts = [self.file] if self.file else []
        parts += [labels.text("studyfile_line", lang=lang, line=str(self.line))] if self.line is not None else []
        if self.key:
            parts.append(_dotted(self.key) + (f" = {self.value}" if self.value else ""))
        return labels.text("studyfile_at", lang=lang, where=", ".join(parts), told=told) if parts else told

    def sentence(self, lang: Lang = "fr") -> str:
        """Return a caution as a page prints it, for who has never seen the file: what it means, not where it stands.

        Examples
        --------
        >>> Problem("caution_sample_hospital", ("communes",), 2).sentence("en").partition(": ")[0]
        'Outside the Pays Chaunois, not all hospitals are in the data'
        """
        return self._words(f"{self.reason}_page", lang)

    @property
    def place(self) -> tuple[bool, str, bool, int]:
        """What problems are put in order by: the study.toml first, by line, what has no line last."""
        return self.file != "", self.file, self.line is None, self.line or 0

    def _words(self, reason: str, lang: Lang) -> str:
        hint = labels.text("studyfile_near", lang=lang, names=_listed(self.near, lang)) if self.near else ""
        filling: dict[str, Any] = {"near": hint, **self.values}
        return labels.text(f"studyfile_{reason}", lang=lang, **filling)

    def record(self, lang: Lang = "fr") -> dict[str, Any]:
        """Return the problem for machines: file, line, key, value, and its sentence."""
        where = {"file": self.file, "line": self.line, "key": _dotted(self.key), "value": self.value}
        return {**where, "problem": self.told(lang)}


class ToldError(StudyError):
    """A study is refused in one sentence, which can be told in two languages; the message is the English one.

    Parameters
    ----------
    reason
        Key of the sentence in `words.toml`, without the prefix `studyfile_`.
    **values
        What fills its braces.
    """

    def __init__(self, reason: str, **values: str) -> None:
        self.reason = reason
        self.values = values
        super().__init__(self.told("en"))

    def told(self, lang: Lang = "fr") -> str:
        """Return the sentence in one language."""
        filling: dict[str, Any] = dict(self.values)
        return labels.text(f"studyfile_{self.reason}", lang=lang, **filling)

    def __reduce__(self) -> tuple[Any, ...]:
        return _told_again, (self.reason, self.values)


def _told_again(reason: str, values: Mapping[str, str]) -> ToldError:
    return ToldError(reason, **values)


class StudyFileError(StudyError):
    """A study.toml, or the data that it names, is refused; the message lists every problem.

    Attributes
    ----------
    file : str
        Its name.
    problems : tuple of Problem
        In the order of the file.
    """

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        self.file = file
        self.problems = tuple(problems)
        super().__init__(self.told("en"))
        self.problems = tuple(problems)

    def told(self, lang: Lang = "fr") -> str:
        """Return the whole message in one language."""
        head = labels.text("studyfile_problems", lang=lang, n=len(self.problems), file=self.file)
        return "\n".join([head, *(f"  - {problem.told(lang)}" for problem in self.problems)])

    def __reduce__(self) -> tuple[type[StudyFileError], tuple[str, tuple[Problem, ...]]]:
        return type(self), (self.file, self.problems)


def shown(value: object) -> str:
    """Return a value as TOML writes it, cut where it is long; a table or none is not shown.

    Examples
    --------
    >>> shown(True), shown("a"), shown(None)
    ('true', '"a"', '')
    """
    text = "" if value is None or isinstance(value, dict) else inline(value)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def inline(value: object) -> str:
    """Return a value as TOML writes it on one line.

    Examples
    --------
    >>> inline([10, "a"])
    '[10, "a"]'
    """
    import tomli_w

    if isinstance(value, list):
        return f"[{', '.join(inline(each) for each in value)}]"
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{inline(str(name))} = {inline(each)}' for name, each in value.items())} }}"
    written: Mapping[str, object] = {"k": value}
    return tomli_w.dumps(written).removeprefix("k = ").strip()


def _dotted(key: Key) -> str:
    """Return a path as people write it; a table of an array is numbered from 1."""
    return "".join(f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in key).removeprefix(".")


def _listed(names: Sequence[str], lang: Lang) -> str:
    return labels.text("studyfile_or", lang=lang).join(f'"{name}"' for name in names)
