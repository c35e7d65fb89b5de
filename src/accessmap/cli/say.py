"""Private to `cli`: what a command says: lines for people, one JSON object for machines, progress on standard error."""

from __future__ import annotations

import codecs
import json
import math
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unicodedata import category, combining, normalize

from accessmap.categories import Lang
from accessmap.words import words as labels

if TYPE_CHECKING:
    from accessmap.errors import Problem
    from accessmap.files import Written


PLAINLY = "accessmap_plainly"
"""How a stream writes what its encoding does not know: by what is nearest to it, such as a space, or "?"."""

_NEAREST = str.maketrans(
    {"\u202f": " ", "\u00a0": " ", "−": "-", "–": "-", "’": "'", "→": "->", "×": "x", "«": '"', "»": '"'}
)


def _plainly(error: UnicodeError) -> tuple[str, int]:
    """Return what stands for the characters that cannot be written, all of ASCII, and where to go on."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lost = normalize("NFKD", error.object[error.start : error.end].translate(_NEAREST))
    kept = "".join(letter for letter in lost if not combining(letter))
    return kept.encode("ascii", "replace").decode("ascii"), error.end


codecs.register_error(PLAINLY, _plainly)

_LISTED = 4  # files of one kind, above which they are counted


def _plain(value: Any) -> Any:
    """Return a value as JSON knows it: what is missing is null, numbers of numpy are numbers, the rest is text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    value = value.item() if hasattr(value, "item") else value
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return None if str(value) == "<NA>" else str(value)


def _tame(text: str) -> str:
    """Return a text without control characters: names come from files, and a terminal obeys them."""
    return "".join("\N{REPLACEMENT CHARACTER}" if category(c) == "Cc" and c != "\n" else c for c in text)


class Say:
    """How one command speaks: `quiet` leaves progress out, `as_json` makes standard output one JSON object."""

    def __init__(self, lang: Lang = "fr", *, quiet: bool = False, as_json: bool = False) -> None:
        self.lang = lang
        self.words = labels.Words(lang)
        self.quiet = quiet
        self.as_json = as_json

    def __call__(self, key: str, n: float | None = None, **values: object) -> str:
        """Return a text of the command line."""
        return self.words(f"cli_{key}", n, **values)

    def line(self, text: str = "") -> None:
        """Print a line, unless a machine reads."""
        if not self.as_json:
            sys.stdout.write(f"{_tame(text)}\n")

    def tell(self, key: str, n: float | None = None, **values: object) -> None:
        """Print a text of the command line as a line."""
        self.line(self(key, n, **values))

    def warn(self, text: str) -> None:
        """Print a line on standard error."""
        sys.stderr.write(f"{_tame(text)}\n")

    def result(self, **found: Any) -> None:
        """Print the JSON object, if a machine reads."""
        if self.as_json:
            sys.stdout.write(json.dumps(_plain(found), ensure_ascii=False, indent=1, allow_nan=False) + "\n")

    def written(self, files: Iterable[Written]) -> None:
        """Print each file, and say of each whether it replaced another."""
        groups: dict[tuple[bool, str], list[Written]] = {}
        for each in files:
            groups.setdefault((each.replaced, each.path.suffix), []).append(each)
        for (replaced, suffix), group in groups.items():
            key = "replaced" if replaced else "written"
            if len(group) > _LISTED:
                pattern = group[0].path.with_name(f"*{suffix}")
                self.tell(f"{key}_many", n=len(group), pattern=pattern)
            else:
                for each in group:
                    self.tell(key, path=each.path)

    def cautions(self, found: Iterable[Problem]) -> None:
        """Print what the reader of a result must know before believing it."""
        for each in found:
            self.tell("caution", told=each.told(self.lang))

    def rows(self, titles: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1) -> None:
        """Print a table, the first columns to the left and the numbers after them to the right."""
        every = [list(titles), *(list(row) for row in rows)]
        widths = [max(len(row[at]) for row in every) for at in range(len(titles))]
        for row in every:
            padded = zip(row, widths, strict=True)
            cells = [text.ljust(w) if at < left else text.rjust(w) for at, (text, w) in enumerate(padded)]
            self.line(f"  {'  '.join(cells)}".rstrip())

    @contextmanager
    def transfers(self) -> Iterator[Callable[[str, int, int | None], None]]:
        """Show a bar on standard error, and yield what tells it how many bytes of what have come, of how many."""
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
        console = Console(stderr=True)
        hidden = self.quiet or self.as_json or not console.is_terminal
        with Progress(*columns, console=console, disable=hidden, transient=True) as progress:
            task = progress.add_task("", total=None)

            def told(title: str, done: int, total: int | None) -> None:
                progress.update(task, completed=done, total=total, description=title)

            yield told

    @contextmanager
    def steps(self, total: int) -> Iterator[Callable[[str], None]]:
        """Show a bar on standard error, and yield what starts the next step: it is given the key of its name."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
        console = Console(stderr=True)
        hidden = self.quiet or self.as_json or not console.is_terminal
        with Progress(*columns, console=console, disable=hidden, transient=True) as progress:
            task = progress.add_task("", total=total, completed=-1)

            def step(key: str) -> None:
                progress.update(task, advance=1, description=self(key))

            yield step
