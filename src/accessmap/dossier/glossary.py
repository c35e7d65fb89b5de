"""The initials and the words of statistics of a page: spelt where they are first read, and all in a list at its end."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from html import escape
from importlib.resources import files
from typing import TYPE_CHECKING

import pandas as pd

from accessmap.categories import Lang

if TYPE_CHECKING:
    from accessmap.dossier.results import Known

# Where the list of them goes: a comment, which no page that is not ours has.
HERE = "<!-- glossary -->"

_PIECES = re.compile(r"(<(script|style|svg)\b.*?</\2>|<[^>]+>)", re.DOTALL)
# Words are spelt out where one reads, not in what names a part, leads to another or credits a source.
_QUIET = re.compile(r"<(/?)(nav|h[1-6]|a|button|datalist|summary|title|dt|footer)\b")
_CREDIT = '<p class="am-credit"'


@cache
def terms(lang: Lang) -> dict[str, tuple[bool, str]]:
    """Return by term whether it is spelt out where it is first read, and what it means."""
    text = (files("accessmap") / "presets" / "glossary.csv").read_text("utf-8")
    return {row["term"]: (row["spelt"] == "yes", row[lang]) for row in csv.DictReader(text.splitlines())}


def names_of(known: Known) -> set[str]:
    """Return what is written in the words of its author: of the study, its places and lines, scenarios and contract."""
    study, found = known.study, (known.results, known.history, *known.others.values())
    given: list[object] = [study.title, known.earlier.keys(), known.programme]
    given += [frame.select_dtypes(["object", "string"]) for frame in (study.communes, study.services)]
    given += [scenario.table() for each in found if each is not None for scenario in each.scenarios]
    given += [known.alternatives.index, known.tried.index, (known.territories or {}).keys()]
    if (journeys := study.journeys) is not None:
        lines = journeys.timetable.routes[["short_name", "long_name"]]
        given += [journeys.timetable.stops["name"], lines, [each.name for each in journeys.asked]]
    return {text for each in given for text in _texts(each)}


def _texts(given: object) -> Iterator[str]:
    """Yield the texts of any depth."""
    if isinstance(given, str):
        yield given
    elif is_dataclass(given):
        yield from (text for each in fields(given) for text in _texts(getattr(given, each.name)))
    elif isinstance(given, pd.DataFrame):
        yield from (text for name in given for text in _texts(given[name]))
    elif isinstance(given, pd.Series | pd.Index):
        yield from (text for each in given.dropna().unique() for text in _texts(each))
    elif isinstance(given, Mapping):
        yield from (text for each in given.values() for text in _texts(each))
    elif isinstance(given, Iterable):
        yield from (text for each in given for text in _texts(each))


def _written(text: str) -> str:
    """Return the pattern of a text on the page: spaces of any kind, marks escaped, its first letter large or small."""
    marks = {"'": "(?:'|’|&#39;|&#x27;)", '"': '(?:"|&#34;|&quot;)', "&": "&amp;", "<": "&lt;", ">": "&gt;"}
    parts = [r"\s+" if part.isspace() else marks.get(part) or re.escape(part) for part in re.findall(r"\s+|\S", text)]
    return f"(?i:{parts[0]}){''.join(parts[1:])}"


def with_glossary(page: str, lang: Lang, names: Iterable[str] = ()) -> str:
    """Return a page whose initials are spelt out once, with the list of those that it has in place of `HERE`.

    They are French, and stand in French names: an English page has them in the list alone. In `names` that others gave
    nothing is spelt out: they stay as they are written.

    Examples
    --------
    >>> with_glossary(f"<p>Un ERP, un autre ERP</p>{HERE}", "fr")[:62]
    '<p>Un ERP (établissement recevant du public), un autre ERP</p>'
    >>> with_glossary("<p>« ERP de Coucy »</p>", "fr", ["ERP de Coucy"])
    '<p>« ERP de Coucy »</p>'
    """
    known = terms(lang)
    one = rf"\b({'|'.join(known)})\b"
    own = sorted({text.strip() for text in names if re.search(one, text)}, key=lambda text: (-len(text), text))
    anywhere = re.compile("|".join([*(rf"(?<!\w){_written(text)}(?!\w)" for text in own), one]))
    found: set[str] = set()
    spelt: set[str] = set()

    def spell(match: re.Match[str]) -> str:
        term = match[1]
        if term is None:
            found.update(re.findall(one, match[0]))
            return match[0]
        found.add(term)
        wanted, meaning = known[term]
        if quiet or not wanted or lang != "fr" or term in spelt:
            return term
        if match.string[match.start() - 1 : match.start()] == "(":  # spelt out by what stands before
            return term
        spelt.add(term)
        short = re.split(r"\s?:", meaning)[0]
        return term if short in match.string else f"{term} ({escape(short)})"

    head, body, rest = page.partition("<body>")
    inside, quiet, pieces = 0, False, _PIECES.split(rest if body else page)
    for at in range(0, len(pieces), 3):
        pieces[at] = anywhere.sub(spell, pieces[at])
        tag = pieces[at + 1] if at + 1 < len(pieces) else ""
        if way := _QUIET.match(tag):
            inside += -1 if way[1] else 1
        quiet = inside > 0 or tag.startswith(_CREDIT)
    listed = "".join(
        f"<div><dt>{escape(term)}</dt><dd>{escape(known[term][1])}</dd></div>" for term in known if term in found
    )
    whole = "".join(piece for at, piece in enumerate(pieces) if at % 3 < 2)
    return (head + body if body else "") + whole.replace(HERE, f'<dl class="d-parameters">{listed}</dl>')
