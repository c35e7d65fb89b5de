"""What accessmap raises: every error of ours derives from AccessmapError and from the builtin it resembles."""

from collections.abc import Iterable, Sequence
from difflib import get_close_matches

__all__ = [
    "AccessmapError",
    "NetworkError",
    "ScenarioError",
    "SitingError",
    "SnapError",
    "SourceError",
    "StudyError",
    "TableError",
    "did_you_mean",
]


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


class SitingError(AccessmapError, ValueError):
    """A siting question has no answer, or is not one; the message says for whom, and what would do.

    Parameters
    ----------
    message
        What cannot be, in one or a few sentences.
    residents
        Ids of the residents who cannot be served as asked.
    smallest_p, smallest_cutoff
        How many sites, or how many minutes, would be needed with all else the same; None where not found.
    """

    def __init__(
        self,
        message: str,
        *,
        residents: Iterable[str] = (),
        smallest_p: int | None = None,
        smallest_cutoff: float | None = None,
    ) -> None:
        self.residents = tuple(residents)
        self.smallest_p = smallest_p
        self.smallest_cutoff = smallest_cutoff
        super().__init__(message)


class SnapError(AccessmapError, ValueError):
    """Points lie too far from the road network to be joined to it."""


class StudyError(AccessmapError, ValueError):
    """A study is asked for what it does not hold."""


class ScenarioError(AccessmapError, ValueError):
    """A scenario names what does not exist, or contradicts itself; the message lists every problem."""


def did_you_mean(name: object, known: Iterable[object]) -> str:
    """Return ' (did you mean …?)' with the nearest known names, or an empty string."""
    by_text = {str(candidate).casefold(): str(candidate) for candidate in known}
    close = get_close_matches(str(name).casefold(), list(by_text), n=3, cutoff=0.6)
    return f" (did you mean {' or '.join(repr(by_text[text]) for text in close)}?)" if close else ""
