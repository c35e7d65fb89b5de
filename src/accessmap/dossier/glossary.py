"""The initials and the words of statistics of a page: spelt where they are first read, and all in a list at its end."""

from __future__ import annotations

import csv
import re
from functools import cache
from html import escape
from importlib.resources import files

from accessmap.categories import Lang

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


def with_glossary(page: str, lang: Lang) -> str:
    """Return a page whose initials are spelt out once, with the list of those that it has in place of `HERE`.

    They are French, and stand in French names: an English page has them in the list alone.

    Examples
    --------
    >>> with_glossary(f"<p>Un ERP, un autre ERP</p>{HERE}", "fr")[:62]
    '<p>Un ERP (établissement recevant du public), un autre ERP</p>'
    """
    known = terms(lang)
    anywhere = re.compile(rf"\b({'|'.join(known)})\b")
    found: set[str] = set()
    spelt: set[str] = set()

    def spell(match: re.Match[str]) -> str:
        term = match[1]
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
