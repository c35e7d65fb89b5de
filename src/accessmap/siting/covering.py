"""Sites by what is in reach: most people covered, fewest sites for everyone, shortest worst way."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from accessmap.errors import Problem, SitingError, TableError
from accessmap.siting.question import Choice, Question, listed, question
from accessmap.siting.result import Siting, siting_of
from accessmap.siting.solver.explain import bottleneck, out_of_time, refusal
from accessmap.siting.solver.minutes import distinct_rows
from accessmap.siting.solver.program import Open, Outcome, Program
from accessmap.siting.solver.search import ORDERED_UP_TO, cover_search, coverage_search, median_search
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar


def p_dispersion(
    between: pd.DataFrame,
    p: int,
    *,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    time_limit: float = 60.0,
    progress: bool = False,
) -> Siting:
    """Return the p sites whose two nearest ones are the most minutes apart; exact.

    Parameters
    ----------
    between
        Candidate sites × the same sites, minutes; all must be known. Of the two directions the shorter counts.
    p, existing, forbidden, time_limit, progress
        As in `p_median`, and refused alike.

    Returns
    -------
    Siting
        Its objective is in minutes; `assignment` is the chosen site nearest to each candidate.

    Raises
    ------
    TableError
        If rows and columns are not the same sites, or minutes between two of them are missing.
    SitingError
        Also if p is 1, which is apart from nothing.

    Notes
    -----
    p-dispersion: Kuby (1987); bisection over the distinct minutes.

    Examples
    --------
    >>> between = pd.DataFrame([[0.0, 4, 9], [4, 0, 5], [9, 5, 0]], index=list("abc"), columns=list("abc"))
    >>> plan = p_dispersion(between, 2)
    >>> plan.sites, plan.objective
    (('a', 'c'), 9.0)
    """
    with progress_bar(Note("progress_siting"), shown=progress):
        if set(between.index) != set(between.columns):
            raise TableError(Problem("siting_not_square"), about="between")
        between = between.loc[between.columns]
        asked = question(between, None, p, existing=existing, forbidden=forbidden, time_limit=time_limit)
        if p < 2:
            raise SitingError(Problem("siting_p_1"), about="p_dispersion")
        minutes = asked.minutes.astype("float64")
        if np.isnan(minutes).any():
            raise TableError(Problem("siting_between_missing", n=int(np.isnan(minutes).sum())), about="between")
        apart = np.fmin(minutes, minutes.T)
        np.fill_diagonal(apart, np.inf)
        steps = np.unique(apart[np.isfinite(apart)])
        low, high, y = 0, len(steps) - 1, None  # any p sites are apart by the smallest of all
        while low < high or y is None:
            middle = (low + high + 1) // 2
            found = _apart(apart < steps[middle], asked.choice, asked.deadline)
            if found.y is not None:
                low, y = middle, found.y
            elif found.bound == np.inf:
                high = middle - 1
            else:
                break
        if y is None:
            raise out_of_time("p_dispersion", time_limit)
        options = {"p": p, "existing": listed(existing), "forbidden": listed(forbidden), "time_limit": time_limit}
        value, bound = float(apart[np.ix_(y, y)].min()), float(steps[high])
        size = {"variables": len(y), "distinct_minutes": len(steps)}
        return siting_of(
            asked, "p_dispersion", y, value, max(value, bound), proven=value >= bound, parameters=options, size=size
        )


def _apart(conflict: NDArray[np.bool_], choice: Choice, deadline: float) -> Outcome:
    """Return the first allowed choice without two sites in conflict."""
    sites = len(conflict)
    lower, upper = choice.bounds(np.empty(0), np.empty(0))
    program = Program(sites, np.zeros(sites), lower, upper, deadline=deadline)
    choice.limit(program)
    one, other = np.nonzero(np.triu(conflict))
    if len(one):
        pairs = np.arange(len(one))
        ones = np.ones(2 * len(one))
        where = (np.concatenate([pairs, pairs]), np.concatenate([one, other]))
        program.add(sparse.csr_array((ones, where), shape=(len(one), sites)), -np.inf, 1.0)
    found = program.solve()
    return program.first(found) if sites <= ORDERED_UP_TO else found


def max_coverage(
    times: pd.DataFrame,
    demand: pd.Series,
    p: int | None,
    *,
    cutoff: float,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    at_most: bool = False,
    costs: pd.Series | None = None,
    budget: float | None = None,
    within: float | pd.Series | None = None,
    time_limit: float = 60.0,
    progress: bool = False,
) -> Siting:
    """Return the p sites that have the most people within `cutoff` minutes; exact, with its proven gap.

    Parameters
    ----------
    times, demand, p
        As in `p_median`.
    cutoff
        Minutes; a resident at exactly the cutoff is covered.
    existing, forbidden, at_most, costs, budget, within, time_limit, progress
        As in `p_median`, and refused alike.

    Returns
    -------
    Siting
        Its objective is in people. Residents whom nothing reaches are not covered and stay in the count.

    Notes
    -----
    Maximal covering location problem: Church & ReVelle (1974). Residents covered by the same sites are merged.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0, 25], "b": [25.0, 5]}, index=["r1", "r2"])
    >>> plan = max_coverage(times, pd.Series({"r1": 100, "r2": 60}), 1, cutoff=20)
    >>> plan.sites, plan.objective
    (('a',), 100.0)
    """
    with progress_bar(Note("progress_siting"), shown=progress):
        return coverage_search(
            times, demand, cutoff=cutoff, p=p, existing=listed(existing), forbidden=listed(forbidden), at_most=at_most,
            costs=costs, budget=budget, within=within, time_limit=time_limit,
        ).answer()  # fmt: skip


def set_cover(
    times: pd.DataFrame,
    *,
    cutoff: float | pd.Series,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    costs: pd.Series | None = None,
    demand: pd.Series | None = None,
    time_limit: float = 60.0,
    progress: bool = False,
) -> Siting:
    """Return the fewest (or cheapest) sites that have every resident within `cutoff` minutes; exact.

    Parameters
    ----------
    cutoff
        Minutes, for all or by resident; a resident at exactly the cutoff is covered.
    times, existing, forbidden, time_limit, progress
        As in `p_median`, and refused alike.
    costs
        By site (0 for what is paid already); where not given every site counts 1.
    demand
        People by resident, for the means that are reported; every resident counts 1 where not given.

    Returns
    -------
    Siting
        Its objective is the number of sites, existing ones included, or their cost. Residents whom no allowed site
        reaches at any minutes are left out and counted in `unreached_people`.

    Raises
    ------
    SitingError
        If someone is beyond the cutoff of every allowed site; it names them and the cutoff that would do.

    Notes
    -----
    Location set covering problem: Toregas, Swain, ReVelle & Bergman (1971). Residents whose sites include all those of
    another are implied and left out.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0, 25], "b": [25.0, 5], "c": [15.0, 15]}, index=["r1", "r2"])
    >>> set_cover(times, cutoff=10).sites, set_cover(times, cutoff=15).sites
    (('a', 'b'), ('c',))
    """
    with progress_bar(Note("progress_siting"), shown=progress):
        return cover_search(
            times, demand, cutoff=cutoff, costs=costs, existing=listed(existing), forbidden=listed(forbidden),
            time_limit=time_limit,
        ).answer()  # fmt: skip


def p_center(
    times: pd.DataFrame,
    p: int | None,
    *,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    at_most: bool = False,
    costs: pd.Series | None = None,
    budget: float | None = None,
    demand: pd.Series | None = None,
    time_limit: float = 60.0,
    progress: bool = False,
) -> Siting:
    """Return the p sites that make the longest way of any resident shortest; exact.

    Parameters
    ----------
    times, p, existing, forbidden, at_most, costs, budget, time_limit, progress
        As in `p_median`, and refused alike.
    demand
        People by resident. Where given, of all the sets with that longest way the one with the smallest mean is
        returned, and residents without people do not count; where not, the first in the order of the columns.

    Returns
    -------
    Siting
        Its objective is in minutes. Residents whom no allowed site reaches are left out and counted in
        `unreached_people`.

    Notes
    -----
    Bisection over the distinct minutes, each step a set cover: Minieka (1970).

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0, 25], "b": [25.0, 5], "c": [15.0, 15]}, index=["r1", "r2"])
    >>> plan = p_center(times, 1)
    >>> plan.sites, plan.objective
    (('c',), 15.0)
    """
    with progress_bar(Note("progress_siting"), shown=progress):
        options: dict[str, Any] = {
            "p": p, "existing": listed(existing), "forbidden": listed(forbidden), "at_most": at_most, "costs": costs,
            "budget": budget, "time_limit": time_limit,
        }  # fmt: skip
        asked = question(times, demand, **options)
        counted = (asked.people > 0) & ~asked.unreached
        if not counted.any():
            raise SitingError(Problem("siting_nobody_reached", n=len(times)), about="p_center", residents=times.index)
        minutes = asked.minutes[counted].astype("float64")
        minutes[np.isnan(minutes)] = np.inf
        values = minutes[distinct_rows(minutes)[0]]
        read = time.perf_counter() - asked.started
        worst, y, lowest = bottleneck(values, asked.choice, asked.deadline)
        if y is None:
            if lowest < np.inf:
                raise out_of_time("p_center", time_limit)
            raise refusal(replace(asked, caps=np.where(counted, np.inf, np.nan)), "p_center")
        chosen = _padded(y, asked.choice)
        if asked.deadline - time.perf_counter() > 2 * read:  # a question more is read in that time
            caps = np.where(counted, worst, np.nan)
            chosen = _best_of_the_best(replace(asked, caps=caps), times, demand, options, y)
        distinct = {"distinct_residents": len(values), "distinct_minutes": len(np.unique(values))}
        return siting_of(
            asked, "p_center", chosen, worst, lowest, proven=lowest == worst, parameters={**options, "demand": demand},
            size=distinct | {"variables": len(times.columns)},
        )  # fmt: skip


def _best_of_the_best(
    asked: Question, times: pd.DataFrame, demand: pd.Series | None, options: dict[str, Any], y: Open
) -> Open:
    """Return, of the sets that keep the shortest longest way, the one of the smallest mean, or the first."""
    choice = asked.choice
    left = asked.deadline - time.perf_counter()
    if demand is not None:
        caps = pd.Series(asked.caps, index=times.index)
        search = median_search(times, demand, within=caps, **(options | {"time_limit": left}))
        found = search.program.solve(search.start)
        found = search.program.first(found) if len(y) <= ORDERED_UP_TO else found
    else:
        lower, upper = choice.bounds(np.empty(0), np.empty(0))
        program = Program(len(y), np.zeros(len(y)), lower, upper, deadline=asked.deadline)
        choice.limit(program)
        asked.promise(program)
        found = program.first(Outcome(_padded(y, choice), 0.0, 0.0)) if len(y) <= ORDERED_UP_TO else Outcome(None, 0, 0)
    return found.y if found.y is not None else _padded(y, choice)


def _padded(y: Open, choice: Choice) -> Open:
    """Return the set with the first other allowed sites, up to the number that must be open: more harm nobody."""
    y = y.copy()
    others = np.flatnonzero(choice.allowed & ~y)
    y[others[: max(0, choice.least - int(y.sum()))]] = True
    return y
