"""What another choice would cost: near-optimal sets, the price of one other site, fronts of two aims, years of openings."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable

import numpy as np
import pandas as pd

from accessmap.alignment import Floats
from accessmap.errors import SitingError, did_you_mean
from accessmap.siting.costs import Costs
from accessmap.siting.covering import max_coverage, p_center, set_cover
from accessmap.siting.inputs import Question, question
from accessmap.siting.median import p_median
from accessmap.siting.program import Open, no_good
from accessmap.siting.result import Service, Siting, served
from accessmap.siting.search import SEARCHES

__all__ = ["coverage_and_cost", "mean_and_worst", "near_optimal", "openings", "price"]

_MOST_ORDERED = 12  # 2**12 subsets are looked at


def near_optimal(
    times: pd.DataFrame, demand: pd.Series, siting: Siting, *, slack: float = 0.02, limit: int = 20
) -> pd.DataFrame:
    """Return every choice whose objective is within `slack` (a share, 0-1) of the best, best first.

    Parameters
    ----------
    times, demand
        The tables the siting was made from.
    siting
        From `p_median`, `worst_off`, `max_coverage` or `set_cover`; its options hold here too.
    slack
        How much worse a choice may be, as a share of the best objective.
    limit
        Rows after which the search stops; a table of fewer rows is complete (but for the siting's time limit).

    Returns
    -------
    pandas.DataFrame
        By rank from 1: sites (tuple of ids), objective, worse (share of the best), mean_minutes, worst_minutes.

    Raises
    ------
    SitingError
        If the siting is of another method, or the slack or limit cannot be.

    Notes
    -----
    Each choice found is refused by a no-good cut (Balas & Jeroslow 1972) and the program solved again.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [0.0, 10], "b": [10.0, 0], "c": [6.0, 6]}, index=["r1", "r2"])
    >>> people = pd.Series({"r1": 11, "r2": 10})
    >>> near_optimal(times, people, p_median(times, people, 1), slack=0.2)[["sites", "objective"]]
         sites  objective
    rank
    1     (a,)      100.0
    2     (b,)      110.0
    """
    if siting.method not in SEARCHES:
        known = ", ".join(SEARCHES)
        raise SitingError(f"near_optimal: not for {siting.method!r}; it takes a siting from {known}.")
    if slack < 0 or limit < 1:
        raise SitingError(f"near_optimal: slack is {slack}, limit {limit}: at least 0 and 1.")
    search = SEARCHES[siting.method](times, demand, **siting.parameters)
    rows: list[tuple[tuple[str, ...], float, float, float, float]] = []
    best = None
    while len(rows) < limit:
        found = search.program.solve(search.start)
        if found.y is None:
            break
        value = search.objective(found.y)
        best = value if best is None else best
        worse = abs(value - best) / abs(best) if best else abs(value - best)
        if worse > slack + 1e-9:
            break
        service = served(search.asked.minutes, search.asked.people, found.y)
        rows.append((tuple(times.columns[found.y]), value, worse, service.mean, service.worst))
        search.program.add(*no_good(found.y))
        search.program.reopen()
    index = pd.RangeIndex(1, len(rows) + 1, name="rank")
    return pd.DataFrame(rows, index=index, columns=["sites", "objective", "worse", "mean_minutes", "worst_minutes"])


def price(
    times: pd.DataFrame, demand: pd.Series, siting: Siting, *, cutoff: float, instead_of: str | None = None
) -> pd.DataFrame:
    """Return what opening each other site instead of a chosen one costs: minutes on the mean, people beyond the cutoff.

    Parameters
    ----------
    times, demand
        The tables the siting was made from; a demand of people gives people.
    siting
        The choice that is compared with. Existing and forbidden sites of its are not exchanged.
    cutoff
        Minutes beyond which people are counted.
    instead_of
        The chosen site to replace; where not given, for each alternative the one whose exchange costs fewest
        person-minutes.

    Returns
    -------
    pandas.DataFrame
        By site, the cheapest first: instead_of; mean_added (minutes, over those reached), worst_added (minutes),
        beyond_added (people farther than the cutoff or not reached), unreached_added (people), keeps_promises (whether
        `within` of the siting still holds). All other sites stay; the best choice with a site is `p_median` with it
        among `existing`.

    Raises
    ------
    SitingError
        If `instead_of` is not a chosen site that may be exchanged.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [0.0, 10], "b": [10.0, 0], "c": [6.0, 6]}, index=["r1", "r2"])
    >>> people = pd.Series({"r1": 110, "r2": 100})
    >>> price(times, people, p_median(times, people, 1), cutoff=8)[["instead_of", "mean_added", "beyond_added"]].round(2)
         instead_of  mean_added  beyond_added
    site
    b             a        0.48          10.0
    c             a        1.24        -100.0
    """
    asked = _asked_again(times, demand, siting)
    chosen = np.asarray(times.columns.isin(siting.sites))
    fixed = chosen & asked.choice.existing if siting.method != "closures" else ~chosen & chosen
    leaving = np.flatnonzero(chosen & ~fixed)
    if instead_of is not None:
        if instead_of not in times.columns[leaving]:
            hint = did_you_mean(instead_of, times.columns[leaving])
            raise SitingError(f"price: {instead_of!r} is not a chosen site that may be exchanged{hint}.")
        leaving = np.array([times.columns.get_loc(instead_of)])
    now = served(asked.minutes, asked.people, chosen)
    rows = {}
    for into in np.flatnonzero(~chosen & asked.choice.allowed):
        options = []
        for out in leaving:
            y = chosen.copy()
            y[out], y[into] = False, True
            service = served(asked.minutes, asked.people, y)
            total = float(np.nansum(service.minutes * asked.people))
            options.append((service.unreached, total, out, service, bool(asked.kept[:, y].any(axis=1).all())))
        if options:
            _, _, out, service, kept = min(options, key=lambda option: option[:3])
            rows[times.columns[into]] = _difference(times.columns[out], asked.people, now, service, cutoff, kept)
    columns = ["instead_of", "mean_added", "worst_added", "beyond_added", "unreached_added", "keeps_promises"]
    table = pd.DataFrame.from_dict(rows, orient="index", columns=columns).rename_axis("site")
    return table.sort_values(["unreached_added", "mean_added"], kind="stable")


def _asked_again(times: pd.DataFrame, demand: pd.Series, siting: Siting) -> Question:
    """Return the question that a siting answered: the same sites, promises and people."""
    given = siting.parameters
    within = given.get("cutoff") if siting.method == "set_cover" else given.get("within")
    return question(
        times, demand, len(siting.sites), existing=() if siting.method == "closures" else siting.existing,
        forbidden=given.get("forbidden", ()), within=within,
    )  # fmt: skip


def _difference(
    out: str, people: Floats, now: Service, then: Service, cutoff: float, kept: bool
) -> tuple[str, float, float, float, float, bool]:
    """Return one row of `price`."""
    beyond = float(people[~(then.minutes <= cutoff)].sum() - people[~(now.minutes <= cutoff)].sum())
    return out, then.mean - now.mean, then.worst - now.worst, beyond, then.unreached - now.unreached, kept


def mean_and_worst(
    times: pd.DataFrame,
    demand: pd.Series,
    p: int,
    *,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    time_limit: float = 120.0,
) -> pd.DataFrame:
    """Return every trade-off between the mean and the longest way (minutes) of p sites: the exact Pareto front.

    Parameters
    ----------
    times, demand, p, existing, forbidden
        As in `p_median`.
    time_limit
        Seconds for the whole front; a front that was stopped ends in a row whose status is "time limit".

    Returns
    -------
    pandas.DataFrame
        From the smallest mean to the shortest longest way: mean_minutes, worst_minutes, sites, status. No row is both
        nearer on the mean and in the worst case than another.

    Raises
    ------
    TableError, SitingError
        As in `p_median`.

    Notes
    -----
    Epsilon-constraint method (Haimes, Lasdon & Wismer 1971): the mean is made smallest under an ever shorter longest way.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [0.0, 30], "b": [12.0, 12]}, index=["town", "farm"])
    >>> mean_and_worst(times, pd.Series({"town": 90, "farm": 10}), 1)[["mean_minutes", "worst_minutes", "sites"]]
       mean_minutes  worst_minutes sites
    0           3.0           30.0  (a,)
    1          12.0           12.0  (b,)
    """
    started = time.perf_counter()
    existing, forbidden = tuple(existing), tuple(forbidden)
    asked = question(times, demand, p, existing=existing, forbidden=forbidden)
    counted = (asked.people > 0) & ~asked.unreached
    values = np.unique(asked.minutes[counted][~np.isnan(asked.minutes[counted])]).astype("float64")
    best = p_center(times, p, existing=existing, forbidden=forbidden, demand=demand, time_limit=time_limit)
    rows, within = [], np.inf
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
    beaten = table["mean_minutes"].duplicated(keep="last")  # of two equal means the later has the shorter worst
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
) -> pd.DataFrame:
    """Return the most people within the cutoff for every number (or cost) of sites: the exact Pareto front.

    Parameters
    ----------
    times, demand, existing, forbidden
        As in `p_median`.
    cutoff
        Minutes; a resident at exactly the cutoff is covered.
    costs
        By site, whole numbers (thousands of euros, say; 0 for what is paid already); 1 each where not given.
    time_limit
        Seconds for the whole front.

    Returns
    -------
    pandas.DataFrame
        From the cheapest on: cost, people, share (0-1 of all people), sites, status. Each row covers more than the one
        before.

    Raises
    ------
    TableError
        As in `p_median`.
    SitingError
        As in `p_median`, or if costs are not whole numbers, between which there would be no next cheaper budget.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0, 25], "b": [25.0, 5]}, index=["r1", "r2"])
    >>> coverage_and_cost(times, pd.Series({"r1": 100, "r2": 60}), cutoff=20)[["cost", "people"]]
       cost  people
    0     1   100.0
    1     2   160.0
    """
    started = time.perf_counter()
    prices = pd.Series(1, index=times.columns) if costs is None else costs.loc[times.columns]
    if not (prices % 1 == 0).all():
        raise SitingError("coverage_and_cost: costs must be whole numbers; choose a smaller unit and round.")
    options = {"existing": tuple(existing), "forbidden": tuple(forbidden)}
    allowed = ~times.columns.isin(options["forbidden"])
    budget, rows = int(prices[allowed].sum()), []
    while time.perf_counter() - started < time_limit:
        left = max(0.1, time_limit - (time.perf_counter() - started))
        most = max_coverage(
            times, demand, None, cutoff=cutoff, costs=prices, budget=budget, time_limit=left, **options
        )
        covered = most.minutes <= cutoff
        if covered.any():
            caps = pd.Series(np.where(covered, float(cutoff), np.nan), index=times.index)
            _ = caps
        cost = int(prices[list(most.sites)].sum())
        rows.append((cost, most.objective, most.objective / float(demand.sum()), most.sites, most.status))
        budget = cost - 1
    return pd.DataFrame(rows[::-1], columns=["cost", "people", "share", "sites", "status"])
