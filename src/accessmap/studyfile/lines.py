"""Private to `studyfile`: on which line of a TOML text each key stands."""

import re
from collections.abc import Iterator, Mapping

__all__ = ["Key", "key_lines", "line_of"]

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
