"""What accessmap raises: errors that carry each problem as data, worded in French or English when it is shown.

Every error of ours derives from `AccessmapError` and from the builtin it resembles.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Self

from accessmap.categories import Lang
from accessmap.words import words
from accessmap.words.near import Near
from accessmap.words.notes import Note
from accessmap.words.system import why_failed

__all__ = [
    "AccessmapError",
    "NetworkError",
    "OptionError",
    "Problem",
    "Problems",
    "ScenarioError",
    "SitingError",
    "SnapError",
    "SourceError",
    "StudyError",
    "TableError",
    "WriteError",
]


class Problem(Note):
    r"""One thing that is wrong: what, where, with which value, what may have been meant, and how to mend it.

    The key is that of a text in words/texts: `fr` and `en` say what is wrong, `mend_fr` and `mend_en`, where they are,
    the remedy. They may hold ``{where}``, ``{value}``, ``{near}``, ``{n}`` and any further value. What a text does not
    place itself is put around it: "what in where: remedy."

    Parameters
    ----------
    key
        Of its text; empty for a sentence that is the same in every language (`Problem.plain`).
    where
        The place: rows, a line, a key, a column, a file; a note where it has words.
    value
        What stands there.
    near
        Known names that come near to a wrong one.
    n
        A count, which chooses singular or plural.
    **values
        What fills the other braces.

    Examples
    --------
    >>> problem = Problem("column_missing", value="population", near=["pop"])
    >>> problem
    "'population' is missing (did you mean 'pop'?): add this column."
    >>> problem.value, problem.near, problem.remedy
    ('population', ('pop',), 'add this column')
    >>> problem.told("fr")
    "'population' manque (vouliez-vous dire 'pop'\u202f?)\xa0: ajoutez cette colonne."
    """

    def __new__(  # noqa: D102 - the class says it
        cls,
        key: str,
        *,
        where: str = "",
        value: object = "",
        near: Iterable[str] = (),
        n: float | None = None,
        **values: Any,
    ) -> Self:
        given = {"where": where, "value": value, "near": tuple(near), **values}
        return super().__new__(cls, key, n=n, **given)

    @property
    def where(self) -> str:
        """The place, in English; a note that can be told where it has words."""
        where: str = self.values.get("where", "")
        return where

    @property
    def value(self) -> Any:
        """What stands there."""
        return self.values.get("value", "")

    @property
    def near(self) -> tuple[str, ...]:
        """Known names that come near to a wrong one."""
        names: tuple[str, ...] = self.values.get("near", ())
        return names

    @property
    def remedy(self) -> str:
        """How to mend it, in English; empty where the sentence says it in other words."""
        return self.remedy_told("en")

    def remedy_told(self, lang: Lang = "fr") -> str:
        """Return how to mend it, in one language."""
        return words.mend(self.key, lang=lang, n=self.n, **_filling(self.values)) if self.key else ""

    def at(self, where: str) -> Self:
        """Return the same problem at another place; nowhere, where it is empty.

        >>> Problem("column_missing", value="population").at("line 3")
        "line 3: 'population' is missing: add this column."
        """
        return type(self)(self.key, n=self.n, **{**self.values, "where": where})

    @classmethod
    def _worded(cls, key: str, lang: Lang, n: float | None, values: dict[str, Any]) -> str:
        what = words.text(key, lang=lang, n=n, **_filling(values)) if key else str(values["text"])
        if values.get("where") and not (key and words.has_brace(key, "where")):
            place = "problem_in" if isinstance(values["where"], Rows) else "problem_at"
            what = words.text(place, lang=lang, what=what, where=values["where"])
        mend = words.mend(key, lang=lang, n=n, **_filling(values)) if key else ""
        return words.text("problem_mend", lang=lang, what=what, mend=mend) if mend else what


class Rows(Note):
    """Rows of a table, named one by one as far as a reader would read: "2 rows: 'a' (-1), 'b' (-3)"."""

    @classmethod
    def of(cls, count: int, rows: str) -> Self:
        """Return so many rows, the first few of them told."""
        return cls("rows", n=count, rows=rows)


def _filling(values: dict[str, Any]) -> dict[str, Any]:
    return {**values, "near": Near.of(values.get("near", ()))}


class Problems(list[Problem]):
    """Problems on their way into one error.

    >>> found = Problems()
    >>> found.add("column_missing", value="population")
    >>> found.raise_if_any(TableError, "communes")
    Traceback (most recent call last):
    accessmap.errors.TableError: communes: 1 problem. 'population' is missing: add this column.
    """

    def add(
        self,
        key: str,
        *,
        where: str = "",
        value: object = "",
        near: Iterable[str] = (),
        n: float | None = None,
        **values: Any,
    ) -> None:
        """Keep one more problem, described as for `Problem`."""
        self.append(Problem(key, where=where, value=value, near=near, n=n, **values))

    def raise_if_any(self, kind: type[AccessmapError], about: str) -> None:
        """Raise all of them in one error about a table, a file or a plan, where there are any."""
        if self:
            raise kind(*self, about=about)


class AccessmapError(Exception):
    """Base of every error that accessmap raises on purpose.

    Parameters
    ----------
    *problems
        What is wrong; plain text is a problem that is worded in one language only.
    about
        What they are problems of: the message then begins with it and with their number.

    Attributes
    ----------
    problems : tuple of Problem
        In the order they were found: `where`, `value`, `near`, `remedy`, and ``told("fr")``.
    """

    def __init__(self, *problems: str, about: str = "") -> None:
        self.problems = tuple(each if isinstance(each, Problem) else Problem.plain(str(each)) for each in problems)
        self.about = about
        super().__init__(self.told("en"))

    def told(self, lang: Lang = "fr") -> str:
        """Return the whole message in one language."""
        told = " ".join(problem.told(lang) for problem in self.problems)
        if not self.about:
            return told
        return words.text("problems_of", lang=lang, n=len(self.problems), about=self.about, told=told)

    def __reduce__(self) -> tuple[Any, ...]:
        return _raised_again, (type(self), self.problems, self.__dict__)


def _raised_again(kind: type[AccessmapError], problems: tuple[Problem, ...], state: dict[str, Any]) -> AccessmapError:
    error = kind.__new__(kind)
    AccessmapError.__init__(error, *problems, about=state["about"])
    error.__dict__.update(state)
    return error


class TableError(AccessmapError, ValueError):
    """A table breaks its contract; the message lists every problem found, with rows, values and the remedy."""

    @property
    def table(self) -> str:
        """Name of the table, such as "services"."""
        return self.about


class SourceError(AccessmapError, ValueError):
    """A file cannot be read as what it is said to be."""


class WriteError(AccessmapError, OSError):
    """A file cannot be written: no room, no right, no such place; what was there before is as it was."""

    @classmethod
    def of(cls, path: str, error: OSError) -> WriteError:
        """Return the error of a file, from what the system says."""
        made = cls(Problem("file_not_written", where=path, why=why_failed(error)))
        made.errno, made.strerror, made.filename = error.errno, error.strerror, path
        return made

    def __str__(self) -> str:
        return self.told("en")


class NetworkError(AccessmapError, ValueError):
    """A road network cannot be built or used as asked."""


class OptionError(AccessmapError, ValueError):
    """An option is given a value that it cannot have; the message says which it can."""


class SitingError(AccessmapError, ValueError):
    """A siting question has no answer, or is not one; the message says for whom, and what would do.

    Parameters
    ----------
    *problems
        What cannot be.
    about
        The function that was asked; the message then begins with its name.
    residents
        Ids of the residents who cannot be served as asked.
    smallest_p, smallest_cutoff
        How many sites, or how many minutes, would be needed with all else the same; None where not found.
    """

    def __init__(
        self,
        *problems: str,
        about: str = "",
        residents: Iterable[str] = (),
        smallest_p: int | None = None,
        smallest_cutoff: float | None = None,
    ) -> None:
        self.residents = tuple(residents)
        self.smallest_p = smallest_p
        self.smallest_cutoff = smallest_cutoff
        super().__init__(*problems, about=about)

    def told(self, lang: Lang = "fr") -> str:
        """Return the whole message in one language."""
        told = " ".join(problem.told(lang) for problem in self.problems)
        return words.text("problem_at", lang=lang, where=self.about, what=told) if self.about else told


class SnapError(AccessmapError, ValueError):
    """Points lie too far from the road network to be joined to it."""


class StudyError(AccessmapError, ValueError):
    """A study is asked for what it does not hold."""


class ScenarioError(AccessmapError, ValueError):
    """A scenario names what does not exist, or contradicts itself; the message lists every problem."""
