"""Sites by what is in reach: most people covered, fewest sites for everyone, shortest worst way."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from accessmap.errors import SitingError
from accessmap.siting.explain import bottleneck, refusal
from accessmap.siting.inputs import Choice, Question, listed, question
from accessmap.siting.outcome import Open, Outcome
from accessmap.siting.program import Program
from accessmap.siting.result import Siting
from accessmap.siting.search import ORDERED_UP_TO, cover_search, coverage_search, median_search
from accessmap.siting.serving import siting_of

__all__ = ["max_coverage", "p_center", "set_cover"]


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
) -> Siting:
    """Return the p sites that have the most people within `cutoff` minutes; exact, with its proven gap.

    Parameters
    ----------
    times, demand, p
        As in `p_median`.
    cutoff
        Minutes; a resident at exactly the cutoff is covered.
    existing, forbidden, at_most, costs, budget, within, time_limit
        As in `p_median`.

    Returns
    -------
    Siting
        Its objective is in people. Residents whom nothing reaches are not covered and stay in the count.

    Raises
    ------
    TableError, SitingError
        As in `p_median`.

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
) -> Siting:
    """Return the fewest (or cheapest) sites that have every resident within `cutoff` minutes; exact.

    Parameters
    ----------
    times
        Residents × candidate sites, minutes, NaN where not reached.
    cutoff
        Minutes, for all or by resident; a resident at exactly the cutoff is covered.
    existing, forbidden, time_limit
        As in `p_median`.
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
    TableError
        As in `p_median`.
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
) -> Siting:
    """Return the p sites that make the longest way of any resident shortest; exact.

    Parameters
    ----------
    times
        Residents × candidate sites, minutes, NaN where not reached.
    p, existing, forbidden, at_most, costs, budget, time_limit
        As in `p_median`.
    demand
        People by resident. Where given, of all the sets with that longest way the one with the smallest mean is
        returned, and residents without people do not count; where not, the first in the order of the columns.

    Returns
    -------
    Siting
        Its objective is in minutes. Residents whom no allowed site reaches are left out and counted in
        `unreached_people`.

    Raises
    ------
    TableError, SitingError
        As in `p_median`.

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
    options: dict[str, Any] = {
        "p": p, "existing": listed(existing), "forbidden": listed(forbidden), "at_most": at_most, "costs": costs,
        "budget": budget, "time_limit": time_limit,
    }  # fmt: skip
    asked = question(times, demand, **options)
    counted = (asked.people > 0) & ~asked.unreached
    if not counted.any():
        raise SitingError(
            f"p_center: no allowed site reaches anyone of the {len(times)} residents.", residents=times.index
        )
    minutes = asked.minutes[counted].astype("float64")
    values = np.unique(np.where(np.isnan(minutes), np.inf, minutes), axis=0)
    worst, y, lowest = bottleneck(values, asked.choice, asked.deadline)
    if y is None:
        if lowest < np.inf:
            raise SitingError(f"p_center: no choice was found in {time_limit:g} s: raise time_limit.")
        raise refusal(replace(asked, caps=np.where(counted, np.inf, np.nan)), "p_center")
    caps = np.where(counted, worst, np.nan)
    chosen = _best_of_the_best(replace(asked, caps=caps), times, demand, options, y)
    size = {
        "distinct_residents": len(values),
        "distinct_minutes": len(np.unique(values)),
        "variables": len(times.columns),
    }
    return siting_of(
        asked, "p_center", chosen, worst, lowest, proven=lowest == worst, parameters={**options, "demand": demand},
        size=size,
    )  # fmt: skip


def _best_of_the_best(
    asked: Question, times: pd.DataFrame, demand: pd.Series | None, options: dict[str, Any], y: Open
) -> Open:
    """Return, of the sets that keep the shortest longest way, the one of the smallest mean, or the first."""
    choice = asked.choice
    if demand is not None:
        caps = pd.Series(asked.caps, index=times.index)
        left = max(0.1, asked.deadline - time.perf_counter())
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
