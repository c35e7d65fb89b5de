"""What is wrong in a study.toml, told with its line, key, value and remedy, in two languages."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from accessmap import labels
from accessmap.errors import StudyError
from accessmap.labels import Lang
from accessmap.studyfile.lines import Key

__all__ = ["Problem", "StudyFileError", "ToldError", "inline", "near_matches", "plain", "shown"]

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

    def told(self, lang: Lang = "fr") -> str:
        """Return the whole message in one language."""
        head = labels.text("studyfile_problems", lang=lang, n=len(self.problems), file=self.file)
        return "\n".join([head, *(f"  - {problem.told(lang)}" for problem in self.problems)])

    def __reduce__(self) -> tuple[type[StudyFileError], tuple[str, tuple[Problem, ...]]]:
        return type(self), (self.file, self.problems)


def near_matches(name: str, known: Iterable[str], *, most: int = 3) -> tuple[str, ...]:
    """Return the known names nearest to one, whatever its case and accents, and those that contain it.

    Examples
    --------
    >>> near_matches("noyonnais", ["CC du Pays Noyonnais", "CC du Val de l'Oise"])
    ('CC du Pays Noyonnais',)
    """
    by_plain = {plain(candidate): candidate for candidate in known}
    wanted = plain(name)
    holding = [text for text in by_plain if len(wanted) > 2 and wanted in text]
    close = get_close_matches(wanted, list(by_plain), n=most, cutoff=0.6)
    return tuple(by_plain[text] for text in dict.fromkeys([*holding, *close]))[:most]


def plain(name: str) -> str:
    """Return a name without case, accents, hyphens and doubled spaces, to compare by.

    Examples
    --------
    >>> plain("CC du  Pays de la Fère")
    'cc du pays de la fere'
    """
    letters = unicodedata.normalize("NFKD", name.replace("’", "'").replace("-", " "))
    return " ".join("".join(c for c in letters if not unicodedata.combining(c)).casefold().split())


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
