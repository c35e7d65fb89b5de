"""A mobile service: a round with stops and half-days, weighed against a fixed site open as long."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from accessmap.errors import Problem, Problems, SitingError
from accessmap.siting.covering import max_coverage
from accessmap.siting.question import listed
from accessmap.siting.result import Siting, served
from accessmap.tables.aligned import minutes_of, people_of, supply_of
from accessmap.tables.cutoffs import is_within
from accessmap.words.near import near_names


def mobile_round(
    times: pd.DataFrame,
    demand: pd.Series,
    *,
    half_days: int,
    cutoff: float,
    per_stop: float | pd.Series = 1,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    time_limit: float = 60.0,
    progress: bool = False,
) -> Siting:
    """Return the stops of a round that have the most people within `cutoff` minutes of one; exact.

    Parameters
    ----------
    times, demand, existing, forbidden, time_limit, progress
        As in `p_median`, and refused alike; the existing sites are fixed ones that stay: those near them need no stop.
    half_days
        That the vehicle and its crew have in a week, ten at most in five days.
    cutoff
        Minutes; a resident at exactly the cutoff is covered.
    per_stop
        Half-days that each stop takes at least: one number, or by site.

    Returns
    -------
    Siting
        Of `max_coverage`, `opened` its stops: `near_optimal` and `price` take it. Of rounds that cover as many people
        the one with the fewest half-days is chosen; `week_of` gives out those that are left.

    Raises
    ------
    SitingError
        Also where half-days are not above 0, or too few for one stop.

    Notes
    -----
    Maximal covering with a cost by site and a budget: Church & ReVelle (1974). The way between stops is not modelled.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [3.0, 25, 40], "b": [25.0, 3, 40], "c": [40.0, 40, 3]}, index=["r1", "r2", "r3"])
    >>> mobile_round(times, pd.Series({"r1": 90, "r2": 60, "r3": 20}), half_days=2, cutoff=15).sites
    ('a', 'b')
    """
    existing, forbidden = listed(existing), listed(forbidden)
    least = per_stop if isinstance(per_stop, pd.Series) else pd.Series(float(per_stop), index=times.columns)
    takes = pd.Series(supply_of(least, times.columns, "per_stop"), index=times.columns)
    free = takes[~times.columns.isin([*existing, *forbidden])]
    if not half_days > 0 or (free <= 0).any():
        raise SitingError(Problem("round_above_0"), about="mobile_round")
    if free.empty or half_days < free.min():
        raise SitingError(Problem("round_too_few", value=half_days), about="mobile_round")
    takes[takes.index.isin(existing)] = 0.0
    return max_coverage(
        times, demand, None, cutoff=cutoff, existing=existing, forbidden=forbidden, costs=takes, budget=half_days,
        time_limit=time_limit, progress=progress,
    )  # fmt: skip


def week_of(plan: Siting, demand: pd.Series) -> pd.Series:
    """Return the half-days a week of each stop of a round: what it takes at least, then by the people it is nearest to.

    Parameters
    ----------
    plan
        From `mobile_round`.
    demand
        The people it was made for.

    Returns
    -------
    pandas.Series
        By stop; whole half-days beyond the least, given one by one to the stop with the most people for each half-day
        it would then have (D'Hondt), of equals the first.

    Raises
    ------
    SitingError
        If the siting is no round.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [3.0, 25], "b": [25.0, 3]}, index=["r1", "r2"])
    >>> people = pd.Series({"r1": 90, "r2": 60})
    >>> week_of(mobile_round(times, people, half_days=5, cutoff=15), people).to_dict()
    {'a': 3.0, 'b': 2.0}
    """
    takes, half_days = plan.parameters.get("costs"), plan.parameters.get("budget")
    if plan.method != "max_coverage" or takes is None or half_days is None:
        raise SitingError(Problem("round_not_a_round", value=plan.method), about="week_of")
    people = people_of(demand, plan.assignment.index, "demand")
    stops = list(plan.opened)
    half = takes.loc[stops].to_numpy("float64", copy=True)
    stop_of = pd.Index(stops).get_indexer(pd.Index(plan.assignment))
    nearest = np.bincount(stop_of[stop_of >= 0], weights=people[stop_of >= 0], minlength=len(stops))
    for _ in range(int(half_days - half.sum() + 1e-9) if stops else 0):
        half[(nearest / (half + 1)).argmax()] += 1
    return pd.Series(half, index=pd.Index(stops, name="stop"), name="half_days")


def compare_rounds(
    times: pd.DataFrame, demand: pd.Series, rounds: Mapping[str, pd.Series], *, cutoff: float
) -> pd.DataFrame:
    """Return what rounds and fixed sites that are open as long are worth to the people, one row each.

    Parameters
    ----------
    times, demand
        As in `p_median`.
    rounds
        Name to half-days a week by site: `week_of` a round, or ``pd.Series({"mairie-02173": 10})`` for a fixed site.
    cutoff
        Minutes within which a site counts.

    Returns
    -------
    pandas.DataFrame
        By name: stops; half_days, of all; people_within, who have a stop within the cutoff; share, of all people (0-1);
        half_days_each, what is open within the cutoff of a person in a week, the mean over all people; and
        half_days_within, the mean over those who have any; mean_minutes and worst_minutes to the nearest stop, over
        those reached; unreached_people.

    Raises
    ------
    TableError
        If a table breaks its contract.
    SitingError
        If a site is unknown, half-days are not above 0, or the totals differ: only equal hours can be compared.

    Notes
    -----
    half_days_each is the sum over the sites of half-days times the people near: never more than that of a fixed site
    where most people are near. A round trades hours for nearness, and both columns are there to be weighed.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [3.0, 25], "b": [25.0, 3]}, index=["r1", "r2"])
    >>> rounds = {"fixed": pd.Series({"a": 5}), "round": pd.Series({"a": 3, "b": 2})}
    >>> table = compare_rounds(times, pd.Series({"r1": 90, "r2": 60}), rounds, cutoff=15)
    >>> table[["people_within", "half_days_each", "mean_minutes"]].round(1)
           people_within  half_days_each  mean_minutes
    name
    fixed           90.0             3.0          11.8
    round          150.0             2.6           3.0
    """
    minutes = minutes_of(times)
    people = people_of(demand, times.index, "demand")
    _check_rounds(rounds, times.columns)
    rows = {}
    for name, week in rounds.items():
        half_days = week.reindex(times.columns).fillna(0.0).to_numpy("float64")
        stops = half_days > 0
        service = served(minutes, people, stops)
        near = is_within(minutes, cutoff)
        open_near = near @ half_days
        inside = float(people[open_near > 0].sum())
        each = float(people @ open_near)
        rows[name] = {
            "stops": int(stops.sum()),
            "half_days": float(half_days.sum()),
            "people_within": inside,
            "share": inside / float(people.sum()),
            "half_days_each": each / float(people.sum()),
            "half_days_within": each / inside if inside else float("nan"),
            "mean_minutes": service.mean,
            "worst_minutes": service.worst,
            "unreached_people": service.unreached,
        }
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("name")


def _check_rounds(rounds: Mapping[str, pd.Series], sites: pd.Index) -> None:
    """Raise every problem of the rounds at once."""
    problems = Problems()
    if not rounds:
        problems.add("round_none")
    for name, week in rounds.items():
        for id_ in week.index.difference(sites):
            problems.add("siting_no_site", where=repr(name), value=id_, near=near_names(id_, sites))
        if week.index.has_duplicates:
            problems.add("round_site_twice", where=repr(name))
        if week.isna().any() or (week < 0).any() or not week.sum() > 0:
            problems.add("round_half_days", where=repr(name))
    totals = {name: float(week.sum()) for name, week in rounds.items()}
    if not problems and max(totals.values()) - min(totals.values()) > 1e-9:
        told = ", ".join(f"{name!r} {total:g}" for name, total in totals.items())
        problems.add("round_differ", value=told)
    problems.raise_if_any(SitingError, "compare_rounds")
