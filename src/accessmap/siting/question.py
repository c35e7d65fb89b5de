"""What a siting question is made of, checked: which sites may be open together, and whom they must reach."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from accessmap.errors import Problem, Problems, SitingError, TableError
from accessmap.siting.solver.program import Open, Rows
from accessmap.tables.aligned import Floats, minutes_of, people_of, supply_of
from accessmap.tables.cutoffs import is_within, number_of_minutes
from accessmap.words.near import near_names

_SHORT = 1_000


@dataclass(frozen=True, eq=False)
class Choice:
    """Which sites must be open, which may not, how many, and what they cost; None where money does not count."""

    existing: Open
    forbidden: Open
    p: int | None = None  # open sites in all, the existing ones included; None where only the budget counts
    at_most: bool = False  # whether fewer may be open
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

    The minutes are in the precision of the table (a cutoff of 30.1 holds for the float32 nearest to it), NaN where not
    reached. The caps are the minutes within which each resident must be served; NaN where there is no such promise,
    infinite where he must be reached.
    """

    residents: pd.Index
    sites: pd.Index
    minutes: NDArray[np.floating]
    people: Floats
    choice: Choice
    caps: Floats
    started: float  # `time.perf_counter()` when the question was put
    seconds: float  # that the answer may take

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
        kept = np.asarray(is_within(self.minutes[rows], self.caps[rows][:, None]))
        kept[:, self.choice.forbidden] = False
        return kept

    def within(self, cutoff: float) -> NDArray[np.bool_]:
        """Return residents × sites: whether an allowed site is within the cutoff."""
        close = np.asarray(is_within(self.minutes, cutoff))
        close[:, self.choice.forbidden] = False
        return close

    def promise(self, program: Rows) -> None:
        """Add to a program that every promise is kept by an open site."""
        rows = needed_rows(self.kept, self.choice.existing)
        if len(rows):
            program.add(sparse.csr_array(rows.astype("float64")), 1.0, np.inf)


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
    """Return the question, its tables and then its options checked; every problem of the options at once."""
    started = time.perf_counter()
    minutes = minutes_of(times)
    if not times.size:
        raise TableError(Problem("siting_empty_table"), about="times")
    people = np.ones(len(times)) if demand is None else people_of(demand, times.index, "demand")
    if people.sum() <= 0:
        raise TableError(Problem("siting_nobody"), about="demand")
    problems = Problems()
    masks = [
        chosen(times.columns, ids, what, problems) for what, ids in (("existing", existing), ("forbidden", forbidden))
    ]
    prices = None if costs is None else supply_of(costs, times.columns, "costs")
    choice = Choice(masks[0], masks[1], p, at_most, prices, budget)
    _check_number(choice, times.columns, problems)
    _check_budget(choice, problems)
    if time_limit <= 0:
        problems.add("siting_time_limit", value=time_limit)
    problems.raise_if_any(SitingError, "siting")
    caps = _caps(within, times.index)
    return Question(times.index, times.columns, minutes, people, choice, caps, started, time_limit)


def listed(ids: Iterable[str]) -> tuple[str, ...]:
    """Return the ids as a tuple; a text alone is refused, since its letters would be taken for ids."""
    if isinstance(ids, str):
        raise SitingError(Problem("siting_text_for_ids", value=ids), about="siting")
    return tuple(ids)


def chosen(sites: pd.Index, ids: Iterable[str], what: str, problems: Problems) -> Open:
    """Return which sites are named, and note those that are unknown."""
    ids = listed(ids)
    for id_ in ids:
        if id_ not in sites:
            problems.add("siting_no_site", where=what, value=id_, near=near_names(id_, sites))
    return np.asarray(sites.isin(ids))


def _check_number(choice: Choice, sites: pd.Index, problems: Problems) -> None:
    both = sites[choice.existing & choice.forbidden]
    if len(both):
        problems.add("siting_both", value=", ".join(map(repr, both[:5])))
    if choice.p is None:
        return
    if isinstance(choice.p, bool) or not isinstance(choice.p, int | np.integer) or choice.p < 1:
        problems.add("siting_p", value=choice.p)
        return
    kept, allowed = int(choice.existing.sum()), int(choice.allowed.sum())
    if choice.p < kept:
        problems.add("siting_p_below_existing", value=choice.p, n=kept)
    if choice.p > allowed and not choice.at_most:
        problems.add("siting_p_above_allowed", value=choice.p, n=allowed)


def _check_budget(choice: Choice, problems: Problems) -> None:
    if choice.budget is None:
        if choice.p is None:
            problems.add("siting_no_p")
    elif choice.costs is None:
        problems.add("siting_no_costs")
    elif (kept := float(choice.costs[choice.existing].sum())) > choice.budget:
        problems.add("siting_budget_below_existing", value=kept, budget=choice.budget)


def _caps(within: float | pd.Series | None, residents: pd.Index) -> Floats:
    if within is None:
        return np.full(len(residents), np.nan)
    if not isinstance(within, pd.Series):
        limit = number_of_minutes(within, "within")
        if not limit >= 0:
            raise SitingError(Problem("siting_minutes", where="within", value=within), about="siting")
        return np.full(len(residents), float(limit))
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
