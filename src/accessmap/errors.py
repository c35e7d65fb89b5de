"""What accessmap raises: every error of ours derives from AccessmapError and from the builtin it resembles."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

__all__ = ["AccessmapError", "NetworkError", "ScenarioError", "SnapError", "SourceError", "TableError", "did_you_mean"]


class AccessmapError(Exception):
    """Base of every error that accessmap raises on purpose."""


class TableError(AccessmapError, ValueError):
    """A table breaks its contract; the message lists every problem found, with rows, values and the remedy.

    Parameters
    ----------
    table
        Name of the table, such as "services".
    problems
        One sentence a problem, each naming what is wrong, where, and how to mend it.

    Attributes
    ----------
    problems : tuple of str
        The sentences, in the order they were found.
    """

    def __init__(self, table: str, problems: Sequence[str]) -> None:
        self.table = table
        self.problems = tuple(problems)
        count = f"{len(self.problems)} problem" + ("s" if len(self.problems) != 1 else "")
        super().__init__(f"{table}: {count}. " + " ".join(self.problems))

    def __reduce__(self) -> tuple[type["TableError"], tuple[str, tuple[str, ...]]]:
        return type(self), (self.table, self.problems)


class SourceError(AccessmapError, ValueError):
    """A file cannot be read as what it is said to be."""


class NetworkError(AccessmapError, ValueError):
    """A road network cannot be built or used as asked."""


class SnapError(AccessmapError, ValueError):
    """Points lie too far from the road network to be joined to it."""


class ScenarioError(AccessmapError, ValueError):
    """A scenario names what does not exist, or contradicts itself; the message lists every problem."""


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """Return ' (did you mean …?)' with the nearest known names, or an empty string."""
    by_text = {str(candidate).casefold(): str(candidate) for candidate in known}
    close = get_close_matches(str(name).casefold(), list(by_text), n=3, cutoff=0.6)
    return f" (did you mean {' or '.join(repr(by_text[text]) for text in close)}?)" if close else ""
