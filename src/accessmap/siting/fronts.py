"""Plans to weigh: mean against worst, coverage against cost, and the order in which to open, year by year."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd

from accessmap.errors import Problem, SitingError
from accessmap.siting.covering import max_coverage, p_center
from accessmap.siting.median import p_median
from accessmap.siting.question import Question, listed, question
from accessmap.siting.result import served
from accessmap.siting.solver.explain import cheapest_cover
from accessmap.siting.solver.program import Open
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar

_MOST_ORDERED = 12  # 2**12 subsets are looked at


def mean_and_worst(
    times: pd.DataFrame,
    demand: pd.Series,
    p: int,
    *,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    time_limit: float = 120.0,
    progress: bool = False,
) -> pd.DataFrame:
    """Return every trade-off between the mean and the longest way (minutes) of p sites: the exact Pareto front.

    Parameters
    ----------
    times, demand, p, existing, forbidden
        As in `p_median`, and refused alike.
    time_limit
        Seconds for the whole front; a front that was stopped ends in a row whose status is "time limit".
    progress
        Show a progress bar on standard error, or in the notebook.

    Returns
    -------
    pandas.DataFrame
        From the smallest mean to the shortest longest way: mean_minutes, worst_minutes, sites, status. No row is both
        nearer on the mean and in the worst case than another.

    Notes
    -----
    Epsilon-constraint method (Haimes, Lasdon & Wismer 1971): the smallest mean under an ever shorter longest way.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [0.0, 30], "b": [12.0, 12]}, index=["town", "farm"])
    >>> mean_and_worst(times, pd.Series({"town": 90, "farm": 10}), 1)[["mean_minutes", "worst_minutes", "sites"]]
       mean_minutes  worst_minutes sites
    0           3.0           30.0  (a,)
    1          12.0           12.0  (b,)
    """
    with progress_bar(Note("progress_siting"), shown=progress):
        started = time.perf_counter()
        existing, forbidden = listed(existing), listed(forbidden)
        asked = question(times, demand, p, existing=existing, forbidden=forbidden)
        counted = (asked.people > 0) & ~asked.unreached
        values = np.unique(asked.minutes[counted][~np.isnan(asked.minutes[counted])]).astype("float64")
        best = p_center(times, p, existing=existing, forbidden=forbidden, demand=demand, time_limit=time_limit)
        rows, within = [], float(values[-1])
        while time.perf_counter() - started < time_limit:
            caps = pd.Series(np.where(counted, within, np.nan), index=times.index)
            left = max(0.1, time_limit - (time.perf_counter() - started))
            point = p_median(times, demand, p, existing=existing, forbidden=forbidden, within=caps, time_limit=left)
            rows.append((point.mean_minutes, point.worst_minutes, point.sites, point.status))
            shorter = np.searchsorted(values, point.worst_minutes) - 1
            if point.worst_minutes <= best.bound or shorter < 0 or point.status != "optimal":
                break
            within = float(values[shorter])
        table = pd.DataFrame(rows, columns=["mean_minutes", "worst_minutes", "sites", "status"])
        following = table["mean_minutes"].shift(-1)  # whose longest way is shorter
        beaten = following <= table["mean_minutes"] * (1 + 1e-9)
        return table[~beaten].reset_index(drop=True)


def coverage_and_cost(
    times: pd.DataFrame,
    demand: pd.Series,
    *,
    cutoff: float,
    costs: pd.Series | None = None,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    time_limit: float = 120.0,
    progress: bool = False,
) -> pd.DataFrame:
    """Return the most people within the cutoff for every number (or cost) of sites: the exact Pareto front.

    Parameters
    ----------
    times, demand, existing, forbidden
        As in `p_median`, and refused alike.
    cutoff
        Minutes; a resident at exactly the cutoff is covered.
    costs
        By site, whole numbers (thousands of euros, say; 0 for what is paid already); 1 each where not given.
    time_limit
        Seconds for the whole front.
    progress
        Show a progress bar on standard error, or in the notebook.

    Returns
    -------
    pandas.DataFrame
        From the cheapest on: cost, people, share (0-1 of all people), sites, status. Each row covers more than the one
        before.

    Raises
    ------
    SitingError
        Also if costs are not whole numbers, between which there would be no next cheaper budget.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0, 25], "b": [25.0, 5]}, index=["r1", "r2"])
    >>> coverage_and_cost(times, pd.Series({"r1": 100, "r2": 60}), cutoff=20)[["cost", "people"]]
       cost  people
    0     1   100.0
    1     2   160.0
    """
    with progress_bar(Note("progress_siting"), shown=progress):
        started = time.perf_counter()
        prices = pd.Series(1, index=times.columns) if costs is None else costs
        options: dict[str, Any] = {"existing": listed(existing), "forbidden": listed(forbidden), "costs": prices}
        asked = question(times, demand, times.shape[1], at_most=True, **options)
        assert asked.choice.costs is not None
        if (asked.choice.costs % 1 != 0).any():
            raise SitingError(Problem("siting_whole_costs"), about="coverage_and_cost")
        close = asked.within(cutoff)
        all_of_them = cheapest_cover(close[close.any(axis=1)], asked.choice, started + time_limit)
        budget = round(all_of_them.value) if all_of_them.proven else int(asked.choice.costs[asked.choice.allowed].sum())
        least = max(
            int(asked.choice.costs[asked.choice.existing].sum()), int(asked.choice.costs[asked.choice.allowed].min())
        )
        rows = []
        while budget >= least and (left := time_limit - (time.perf_counter() - started)) > 0:
            most = max_coverage(times, demand, None, cutoff=cutoff, budget=budget, time_limit=left, **options)
            cost = round(float(prices[list(most.sites)].sum()))
            rows.append((cost, most.objective, most.objective / float(demand.sum()), most.sites, most.status))
            budget = cost - 1
        table = pd.DataFrame(rows[::-1], columns=["cost", "people", "share", "sites", "status"])
        return table[table["people"] > table["people"].cummax().shift(fill_value=-1.0)].reset_index(drop=True)


def openings(
    times: pd.DataFrame,
    demand: pd.Series,
    count: int,
    *,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    unreached_minutes: float | None = None,
    time_limit: float = 120.0,
    progress: bool = False,
) -> pd.DataFrame:
    """Return in which order to open `count` more sites, one a year, and what the order costs each year.

    The sites are those of the best final choice (`p_median`), in the order that makes the sum over the years of
    person-minutes smallest among all orders. Beside it stand the best choice of each year taken alone, which need not
    contain that of the year before, and the greedy order, which each year opens the site that helps most at once.

    Parameters
    ----------
    times, demand, existing, forbidden, unreached_minutes
        As in `p_median`, and refused alike.
    count
        Sites to open, up to 12.
    time_limit
        Seconds in all.
    progress
        Show a progress bar on standard error, or in the notebook.

    Returns
    -------
    pandas.DataFrame
        By year from 1: opens; mean_minutes and unreached_people of this order; best_mean_minutes of that many sites;
        regret_minutes, the difference; greedy_opens, greedy_mean_minutes.

    Raises
    ------
    SitingError
        Also where no choice of a year reaches everyone and `unreached_minutes` is not given.

    Notes
    -----
    The order is found by dynamic programming over the subsets of the sites that open (Held & Karp 1962).

    Examples
    --------
    >>> minutes = {"a": [0.0, 10, 20], "b": [10.0, 0, 10], "c": [20.0, 10, 0]}
    >>> times = pd.DataFrame(minutes, index=["r1", "r2", "r3"])
    >>> plan = openings(times, pd.Series({"r1": 10, "r2": 9, "r3": 10}), 2)
    >>> plan[["opens", "mean_minutes", "best_mean_minutes"]].round(1)
         opens  mean_minutes  best_mean_minutes
    year
    1        a          10.0                6.9
    2        c           3.1                3.1
    """
    with progress_bar(Note("progress_siting"), shown=progress):
        started = time.perf_counter()
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 1 <= count <= _MOST_ORDERED:
            raise SitingError(Problem("siting_openings", value=count, most=_MOST_ORDERED), about="openings")
        existing = listed(existing)
        best = [
            p_median(
                times, demand, len(existing) + year, existing=existing, forbidden=forbidden,
                unreached_minutes=unreached_minutes, time_limit=max(0.1, time_limit - (time.perf_counter() - started)),
            )
            for year in range(1, int(count) + 1)
        ]  # fmt: skip
        asked = question(times, demand, len(existing) + int(count), existing=existing, forbidden=forbidden)
        ordered = _best_order(
            asked, [int(i) for i in times.columns.get_indexer(pd.Index(best[-1].opened))], unreached_minutes
        )
        greedy = _greedy_order(asked, int(count), unreached_minutes)
        table = _years(asked, ordered)
        table["best_mean_minutes"] = [plan.mean_minutes for plan in best]
        table["regret_minutes"] = table["mean_minutes"] - table["best_mean_minutes"]
        quick = _years(asked, greedy)
        table["greedy_opens"], table["greedy_mean_minutes"] = quick["opens"], quick["mean_minutes"]
        return table


def _total(asked: Question, y: Open, unreached_minutes: float | None) -> tuple[float, float]:
    """Return what to make smallest: people unreached, then person-minutes; one sum where a price of it is given."""
    service = served(asked.minutes, asked.people, y)
    total = float(np.nansum(service.minutes * asked.people))
    if unreached_minutes is None:
        return service.unreached, total
    return 0.0, total + service.unreached * unreached_minutes


def _best_order(asked: Question, sites: list[int], unreached_minutes: float | None) -> list[int]:
    """Return the sites in the order that makes the sum over the years smallest."""
    best: dict[frozenset[int], tuple[float, float, tuple[int, ...]]] = {frozenset(): (0.0, 0.0, ())}
    for size in range(1, len(sites) + 1):
        for subset in map(frozenset, itertools.combinations(sites, size)):
            y = asked.choice.existing.copy()
            y[list(subset)] = True
            lost, total = _total(asked, y, unreached_minutes)
            ways = [best[subset - {last}] + (last,) for last in sorted(subset)]
            before = min(ways, key=lambda way: (way[0], way[1], (*way[2], way[3])))
            best[subset] = (before[0] + lost, before[1] + total, (*before[2], before[3]))
    return list(best[frozenset(sites)][2])


def _greedy_order(asked: Question, count: int, unreached_minutes: float | None) -> list[int]:
    """Return the sites that each year help most at once."""
    y, order = asked.choice.existing.copy(), []
    for _ in range(count):
        totals = {}
        for site in np.flatnonzero(asked.choice.allowed & ~y):
            y[site] = True
            totals[int(site)] = _total(asked, y, unreached_minutes)
            y[site] = False
        order.append(min(totals, key=lambda site: totals[site]))
        y[order[-1]] = True
    return order


def _years(asked: Question, order: list[int]) -> pd.DataFrame:
    """Return by year what opens, the mean minutes then, and the people not reached."""
    y, rows = asked.choice.existing.copy(), []
    for site in order:
        y[site] = True
        service = served(asked.minutes, asked.people, y)
        rows.append((asked.sites[site], service.mean, service.unreached))
    index = pd.RangeIndex(1, len(order) + 1, name="year")
    return pd.DataFrame(rows, index=index, columns=["opens", "mean_minutes", "unreached_people"])
