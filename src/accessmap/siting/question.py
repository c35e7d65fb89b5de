"""What a siting question is made of, checked: which sites may be open together, and whom they must reach."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from accessmap.errors import SitingError, TableError
from accessmap.siting.solver.program import Open, Rows
from accessmap.tables.aligned import Floats, minutes_of, people_of, supply_of
from accessmap.words.near import did_you_mean

__all__ = ["Choice", "Question", "listed", "needed_rows", "question"]

_SHORT = 1_000


@dataclass(frozen=True, eq=False)
class Choice:
    """Which sites must be open, which may not, how many, and what they cost.

    Parameters
    ----------
    existing, forbidden
        By site.
    p
        Open sites in all, the existing ones included; None where only the budget counts.
    at_most
        Whether fewer may be open.
    costs, budget
        By site, and in all; None where money does not count.
    """

    existing: Open
    forbidden: Open
    p: int | None = None
    at_most: bool = False
    costs: Floats | None = None
    budget: float | None = None

    @property
    def allowed(self) -> Open:
        """The sites that may be open."""
        return ~self.forbidden

    @property
    def least(self) -> int:
        """How many sites are open at least: nobody is served by none."""
        exact = self.p is not None and not self.at_most
        return self.p if exact and self.p is not None else max(1, int(self.existing.sum()))

    def affordable(self, y: Open) -> bool:
        """Return whether the sites cost no more than the budget."""
        if self.costs is None or self.budget is None:
            return True
        return float(self.costs[y].sum()) <= self.budget * (1 + 1e-9)

    def limit(self, program: Rows) -> None:
        """Add the number of sites and the budget to a program over these sites."""
        most = self.p if self.p is not None else len(self.existing)
        program.add(np.ones((1, len(self.existing))), self.least, most)
        if self.p is None or self.at_most:
            program.thrift = self.costs if self.costs is not None else np.ones(len(self.existing))
        if self.costs is not None and self.budget is not None:
            program.add(self.costs[None, :], -np.inf, self.budget * (1 + 1e-9))

    def bounds(self, rest_lower: Floats, rest_upper: Floats) -> tuple[Floats, Floats]:
        """Return the bounds of all variables: the sites', then those given."""
        lower = np.concatenate([self.existing.astype("float64"), rest_lower])
        return lower, np.concatenate([self.allowed.astype("float64"), rest_upper])


@dataclass(frozen=True, eq=False)
class Question:
    """A table of minutes and people, which sites may be chosen, and until when to look.

    Parameters
    ----------
    residents, sites
        Ids of the rows and columns.
    minutes
        In the precision of the table (a cutoff of 30.1 holds for the float32 nearest to it), NaN where not reached.
    people
        By resident.
    choice
        Which sites may be open together.
    caps
        Minutes within which each resident must be served; NaN where there is no such promise, infinite where he must
        be reached.
    started, seconds
        When the question was put (`time.perf_counter()`), and how long the answer may take.
    """

    residents: pd.Index
    sites: pd.Index
    minutes: NDArray[np.floating]
    people: Floats
    choice: Choice
    caps: Floats
    started: float
    seconds: float

    @property
    def deadline(self) -> float:
        """`time.perf_counter()` at which to stop."""
        return self.started + self.seconds

    @property
    def unreached(self) -> NDArray[np.bool_]:
        """Residents whom no allowed site reaches: they are left out of every objective and promise, and counted."""
        reached = ~np.isnan(self.minutes)
        reached[:, self.choice.forbidden] = False
        return np.asarray(~reached.any(axis=1))

    @property
    def with_promise(self) -> NDArray[np.bool_]:
        """Residents who must be served within their cap."""
        return ~np.isnan(self.caps) & ~self.unreached

    @property
    def kept(self) -> NDArray[np.bool_]:
        """Residents with a promise × sites: whether the site keeps it."""
        rows = self.with_promise
        kept = within(self.minutes[rows], self.caps[rows])
        kept[:, self.choice.forbidden] = False
        return kept

    def within(self, cutoff: float) -> NDArray[np.bool_]:
        """Return residents × sites: whether an allowed site is within the cutoff."""
        close = within(self.minutes, np.full(len(self.residents), cutoff))
        close[:, self.choice.forbidden] = False
        return close

    def promise(self, program: Rows) -> None:
        """Add to a program that every promise is kept by an open site."""
        rows = needed_rows(self.kept, self.choice.existing)
        if len(rows):
            program.add(sparse.csr_array(rows.astype("float64")), 1.0, np.inf)


def within(minutes: NDArray[np.floating], caps: Floats) -> NDArray[np.bool_]:
    """Return whether minutes are no longer than each row's cap, compared in the precision of the minutes."""
    near: NDArray[np.bool_] = minutes <= caps.astype(minutes.dtype)[:, None]
    return near


def question(
    times: pd.DataFrame,
    demand: pd.Series | None,
    p: int | None,
    *,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    at_most: bool = False,
    costs: pd.Series | None = None,
    budget: float | None = None,
    within: float | pd.Series | None = None,
    time_limit: float = 60.0,
) -> Question:
    """Return the question, checked.

    Raises
    ------
    TableError
        If minutes, demand, costs or `within` break their contract.
    SitingError
        If sites are unknown, or p or the budget cannot be; every problem at once.
    """
    started = time.perf_counter()
    minutes = minutes_of(times)
    if not times.size:
        raise TableError("There is no resident or no site: both are needed.", about="times")
    people = np.ones(len(times)) if demand is None else people_of(demand, times.index, "demand")
    if people.sum() <= 0:
        raise TableError("Nobody lives here: the sum of the demand is 0.", about="demand")
    problems: list[str] = []
    masks = [
        _chosen(times.columns, ids, what, problems) for what, ids in (("existing", existing), ("forbidden", forbidden))
    ]
    prices = None if costs is None else supply_of(costs, times.columns, "costs")
    choice = Choice(masks[0], masks[1], p, at_most, prices, budget)
    problems += _number_problems(choice, times.columns) + _budget_problems(choice)
    if time_limit <= 0:
        problems.append(f"time_limit is {time_limit}: give seconds above 0.")
    if problems:
        raise SitingError("siting: " + " ".join(problems))
    caps = _caps(within, times.index)
    return Question(times.index, times.columns, minutes, people, choice, caps, started, time_limit)


def listed(ids: Iterable[str]) -> tuple[str, ...]:
    """Return the ids as a tuple; a text alone is refused, since its letters would be taken for ids."""
    if isinstance(ids, str):
        raise SitingError(f"siting: ids are given as the text {ids!r}: give a list, [{ids!r}].")
    return tuple(ids)


def _chosen(sites: pd.Index, ids: Iterable[str], what: str, problems: list[str]) -> Open:
    """Return which sites are named, and note those that are unknown."""
    ids = listed(ids)
    problems += [f"{what}: no site {id_!r}{did_you_mean(id_, sites)}." for id_ in ids if id_ not in sites]
    return np.asarray(sites.isin(ids))


def _number_problems(choice: Choice, sites: pd.Index) -> list[str]:
    problems = []
    both = sites[choice.existing & choice.forbidden]
    if len(both):
        problems.append(f"{', '.join(map(repr, both[:5]))} cannot be both existing and forbidden.")
    if choice.p is None:
        return problems
    if isinstance(choice.p, bool) or not isinstance(choice.p, int | np.integer) or choice.p < 1:
        return [*problems, f"p is {choice.p!r}: give the number of open sites, 1 or more."]
    kept, allowed = int(choice.existing.sum()), int(choice.allowed.sum())
    if choice.p < kept:
        problems.append(
            f"p is {choice.p}, but {kept} sites exist and stay open: p counts them too (closures() closes)."
        )
    if choice.p > allowed and not choice.at_most:
        problems.append(f"p is {choice.p}, but only {allowed} sites may be open: p at most {allowed}, or at_most=True.")
    return problems


def _budget_problems(choice: Choice) -> list[str]:
    if choice.budget is None:
        return ["Give p, a budget, or both."] if choice.p is None else []
    if choice.costs is None:
        return ["budget is given without costs: a Series of costs by site."]
    kept = float(choice.costs[choice.existing].sum())
    if kept > choice.budget:
        return [f"The existing sites cost {kept:g}, above the budget of {choice.budget:g}: give 0 for what is paid."]
    return []


def _caps(within: float | pd.Series | None, residents: pd.Index) -> Floats:
    if within is None:
        return np.full(len(residents), np.nan)
    if not isinstance(within, pd.Series):
        if not within >= 0:
            raise SitingError(f"siting: within is {within!r}: give minutes, 0 or more.")
        return np.full(len(residents), float(within))
    people_of(within.fillna(0.0), residents, "within")  # the same residents, and no negative minutes
    caps: Floats = within.loc[residents].to_numpy("float64", na_value=np.nan)
    return caps


def needed_rows(kept: NDArray[np.bool_], existing: Open) -> NDArray[np.bool_]:
    """Return few rows that say the same: those no existing site keeps, once each, without most of those implied.

    A row whose sites include all the sites of another is kept whenever the other is; only the shortest rows, which
    imply most, are compared with all.
    """
    rows = kept[~kept[:, existing].any(axis=1)]
    if not len(rows):
        return rows
    packed = np.packbits(rows, axis=1)
    _, first = np.unique(packed.view(f"V{packed.shape[1]}"), return_index=True)  # as bytes: ten times quicker
    rows = rows[first]
    rows = rows[np.argsort(rows.sum(axis=1), kind="stable")]
    as_float = rows.astype("float32")
    short = as_float[:_SHORT]
    inside = as_float @ short.T == short.sum(axis=1)[None, :]  # short row k is a subset of row i
    np.fill_diagonal(inside, False)
    return np.asarray(rows[~inside.any(axis=1)])
