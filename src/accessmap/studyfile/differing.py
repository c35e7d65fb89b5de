"""Private to `studyfile`: where the texts of two pages differ, as a reader would see it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from html.parser import HTMLParser

__all__ = ["differing"]

AROUND = 3  # words shown on each side of a difference
LONGEST = 160
UNSEEN = ("script", "style")
# HTML's own white space: a non-breaking space parts no number from its unit.
WORD = re.compile(r"[^ \t\r\n\f]+")


def differing(before: str, now: str) -> list[tuple[str, str]]:
    """Return the places where the text of two pages differs, in the order of the page, each with a few words around.

    Parameters
    ----------
    before, now
        HTML. What is no text (scripts, styles, shapes) is not compared.

    Examples
    --------
    >>> differing("<p>On sait que <b>84 %</b> y vont.</p>", "<p>On sait que <b>85 %</b> y vont.</p>")
    [('On sait que 84 % y vont.', 'On sait que 85 % y vont.')]
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
