"""Sites that make the way short: for the mean, for the worst-off share, within capacities, and for closures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from accessmap.alignment import Floats, supply_of
from accessmap.errors import SitingError
from accessmap.siting.inputs import Question, listed, question
from accessmap.siting.program import Outcome, Program
from accessmap.siting.result import Siting, served, siting_of
from accessmap.siting.search import median_search

__all__ = ["capacitated_p_median", "closures", "p_median", "worst_off"]

_SCALE = 1000.0  # of the solver's objective, far above its tolerance of 1e-6


def p_median(
    times: pd.DataFrame,
    demand: pd.Series,
    p: int | None,
    *,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    at_most: bool = False,
    costs: pd.Series | None = None,
    budget: float | None = None,
    within: float | pd.Series | None = None,
    unreached_minutes: float | None = None,
    time_limit: float = 60.0,
) -> Siting:
    """Return the p sites from which the people are, on the mean, the fewest minutes away; exact, with its proven gap.

    Parameters
    ----------
    times
        Residents × candidate sites, minutes, NaN where not reached.
    demand
        People by resident, or any weight of theirs: `residents["population"] + residents["age_75_over"]` counts those
        over 75 twice.
    p
        Open sites in all, the existing ones included; None where a budget alone decides.
    existing, forbidden
        Ids of sites that are open and stay so, and of candidates that may not be chosen.
    at_most
        Whether fewer than p may be opened (only a budget or a cost makes that useful).
    costs, budget
        Cost by site (0 for what is paid already) and the most the open sites may cost together.
    within
        Minutes within which every resident must be served: one number, or one for each resident (NaN is no promise).
        `within=baseline + 5` is "no one loses more than 5 minutes".
    unreached_minutes
        What a resident who reaches no open site counts for, at least the longest minutes of the table. Where not given,
        everyone whom some allowed site reaches must be reached.
    time_limit
        Seconds after which the best set found is returned with its gap.

    Returns
    -------
    Siting
        Its objective is in person-minutes. Residents whom no allowed site reaches are left out of objective and
        promises and counted in `unreached_people`. Of equally good sets (relative difference under 1e-9), the one whose
        sites come first in the columns is chosen, for up to 150 sites and if the time limit is not met; beyond that the
        same tables give the same sites, but not that order.

    Raises
    ------
    TableError
        If a table breaks its contract or ids differ.
    SitingError
        If there is no such choice; it names the residents and the smallest p or minutes that would do.

    Notes
    -----
    p-median: Hakimi (1964), ReVelle & Swain (1970). Formulation: Cornuejols, Nemhauser & Wolsey (1980), its rows added
    as Benders cuts (Duran-Mateluna, Ales & Elloumi 2023), sites closed by reduced cost, first sets by exchange (Teitz &
    Bart 1968). Residents with the same minutes are merged, minutes beyond those that p open sites can ask of anyone are
    cut off; both change no optimum.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [0.0, 9, 9], "b": [9.0, 0, 2], "c": [9.0, 2, 0]}, index=["r1", "r2", "r3"])
    >>> plan = p_median(times, pd.Series({"r1": 10, "r2": 30, "r3": 20}), 2)
    >>> plan.sites, plan.objective, plan.status
    (('a', 'b'), 40.0, 'optimal')
    """
    options: dict[str, Any] = {
        "p": p, "existing": listed(existing), "forbidden": listed(forbidden), "at_most": at_most, "costs": costs,
        "budget": budget, "within": within, "unreached_minutes": unreached_minutes, "time_limit": time_limit,
    }  # fmt: skip
    return median_search(times, demand, **options).answer()


def worst_off(
    times: pd.DataFrame,
    demand: pd.Series,
    p: int | None,
    *,
    share: float = 0.1,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    at_most: bool = False,
    costs: pd.Series | None = None,
    budget: float | None = None,
    within: float | pd.Series | None = None,
    unreached_minutes: float | None = None,
    time_limit: float = 60.0,
) -> Siting:
    """Return the p sites that make the mean minutes of the worst-off share of the people (0-1) smallest; exact.

    Between the p-median (share 1) and the p-center (share towards 0): fair, and not ruled by one remote farm.

    Parameters
    ----------
    times, demand, p
        As in `p_median`.
    share
        Of the people, those with the longest minutes: 0.1 is the worst decile.
    existing, forbidden, at_most, costs, budget, within, unreached_minutes, time_limit
        As in `p_median`.

    Returns
    -------
    Siting
        Its objective is in minutes, the mean of the worst-off share.

    Raises
    ------
    TableError, SitingError
        As in `p_median`.

    Notes
    -----
    Conditional value at risk: Rockafellar & Uryasev (2000).

    Examples
    --------
    >>> times = pd.DataFrame({"a": [0.0, 30], "b": [12.0, 12]}, index=["town", "farm"])
    >>> people = pd.Series({"town": 90, "farm": 10})
    >>> p_median(times, people, 1).sites, worst_off(times, people, 1).sites
    (('a',), ('b',))
    """
    options: dict[str, Any] = {
        "p": p, "share": share, "existing": listed(existing), "forbidden": listed(forbidden), "at_most": at_most,
        "costs": costs, "budget": budget, "within": within, "unreached_minutes": unreached_minutes,
        "time_limit": time_limit,
    }  # fmt: skip
    return median_search(times, demand, **options).answer()


def closures(
    times: pd.DataFrame,
    demand: pd.Series,
    count: int,
    *,
    keep: Iterable[str] = (),
    within: float | pd.Series | None = None,
    unreached_minutes: float | None = None,
    time_limit: float = 60.0,
) -> Siting:
    """Return which `count` of the sites can close with the fewest person-minutes added: the sites kept.

    Parameters
    ----------
    times
        Residents × the sites open today, minutes, NaN where not reached.
    demand
        People by resident.
    count
        How many close.
    keep
        Ids that may not close.
    within, unreached_minutes, time_limit
        As in `p_median`; `within=times.min(axis=1) + 5` lets no one lose more than 5 minutes.

    Returns
    -------
    Siting
        `closed` names the sites that close; all columns are its `existing`.

    Raises
    ------
    TableError, SitingError
        As in `p_median`.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [0.0, 9, 9], "b": [9.0, 0, 2], "c": [9.0, 2, 0]}, index=["r1", "r2", "r3"])
    >>> closures(times, pd.Series({"r1": 10, "r2": 30, "r3": 20}), 1).closed
    ('c',)
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 1 <= count < times.shape[1]:
        raise SitingError(
            f"closures: count is {count!r}: of {times.shape[1]} sites, 1 to {times.shape[1] - 1} can close."
        )
    options: dict[str, Any] = {
        "p": times.shape[1] - int(count), "existing": listed(keep), "within": within,
        "unreached_minutes": unreached_minutes, "time_limit": time_limit,
    }  # fmt: skip
    kept = median_search(times, demand, **options).answer()
    return replace(kept, method="closures", existing=tuple(times.columns), parameters={"count": count, **options})


def capacitated_p_median(
    times: pd.DataFrame,
    demand: pd.Series,
    p: int | None,
    *,
    capacity: pd.Series,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    at_most: bool = False,
    costs: pd.Series | None = None,
    budget: float | None = None,
    within: float | pd.Series | None = None,
    time_limit: float = 60.0,
) -> Siting:
    """Return the p sites, and who goes to which, with the fewest person-minutes and no site beyond its capacity.

    Residents of one row stay together and may be sent past a full site. `within` bounds the way to the site each is
    sent to. This is a much harder problem than `p_median`: expect a gap at the time limit from some 500 residents on.

    Parameters
    ----------
    times, demand, p
        As in `p_median`.
    capacity
        Most demand a site can take, by site, in the unit of the demand.
    existing, forbidden, at_most, costs, budget, within, time_limit
        As in `p_median`.

    Raises
    ------
    TableError, SitingError
        As in `p_median`, or if there is not room enough.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [1.0, 2], "b": [5.0, 4]}, index=["r1", "r2"])
    >>> plan = capacitated_p_median(times, pd.Series({"r1": 60, "r2": 50}), 2, capacity=pd.Series({"a": 60, "b": 60}))
    >>> plan.assignment.to_dict()
    {'r1': 'a', 'r2': 'b'}
    """
    options: dict[str, Any] = {
        "p": p, "existing": listed(existing), "forbidden": listed(forbidden), "at_most": at_most, "costs": costs,
        "budget": budget, "within": within, "time_limit": time_limit,
    }  # fmt: skip
    asked = question(times, demand, **options)
    room = supply_of(capacity, times.columns, "capacity")
    return _capacitated(asked, room, {"capacity": capacity, **options})


def _capacitated(asked: Question, room: Floats, options: Mapping[str, Any]) -> Siting:
    """Solve the textbook model, every pair of resident and site a variable, on the pairs that can be."""
    usable = ~np.isnan(asked.minutes) & (room >= asked.people[:, None])
    usable[:, asked.choice.forbidden] = False
    usable[asked.with_promise] &= asked.kept
    usable[asked.unreached | (asked.people == 0)] = False
    sent = ~asked.unreached & (asked.people > 0)
    lost = asked.residents[sent & ~usable.any(axis=1)]
    if len(lost):
        raise SitingError(
            f"capacitated_p_median: {len(lost)} residents have no allowed site near enough and large enough, such as "
            f"{', '.join(map(repr, lost[:5]))}.",
            residents=lost,
        )
    rows, columns = np.nonzero(usable)
    sites, pairs = len(room), len(rows)
    people, minutes = asked.people[rows], asked.minutes[rows, columns].astype("float64")
    unit = float(asked.people[sent].sum()) / _SCALE
    lower, upper = asked.choice.bounds(np.zeros(pairs), np.ones(pairs))
    cost = np.concatenate([np.zeros(sites), people * minutes / unit])
    program = Program(sites, cost, lower, upper, deadline=asked.deadline, whole=True)
    asked.choice.limit(program)
    each = np.arange(pairs)
    who = sparse.csr_array((np.ones(pairs), (rows, sites + each)), shape=(len(sent), sites + pairs))
    program.add(who[sent], 1.0, 1.0)
    taken = sparse.csr_array((people, (columns, sites + each)), shape=(sites, sites + pairs))
    program.add(taken - sparse.diags_array(room, shape=(sites, sites + pairs)), -np.inf, 0.0)
    link = sparse.csr_array((np.ones(pairs), (each, sites + each)), shape=(pairs, sites + pairs))
    program.add(link - sparse.csr_array((np.ones(pairs), (each, columns)), shape=(pairs, sites + pairs)), -np.inf, 0.0)
    found = program.solve()
    if found.y is None or found.x is None:
        raise _no_room(asked, room, found)
    which = np.full(len(sent), -1)
    chosen = found.x[sites:] > 0.5
    which[rows[chosen]] = columns[chosen]
    idle = served(asked.minutes, asked.people, found.y).which
    which = np.where(sent, which, idle)  # where nobody lives, the nearest
    objective = float(people[chosen] @ minutes[chosen])
    return siting_of(
        asked, "capacitated_p_median", found.y, objective, min(found.bound * unit, objective), proven=found.proven,
        parameters=options, size=program.size(), which=which,
    )  # fmt: skip


def _no_room(asked: Question, room: Floats, found: Outcome) -> SitingError:
    """Return why the residents do not fit, or that time was too short."""
    if found.bound < np.inf:
        return SitingError(f"capacitated_p_median: no choice found in {asked.seconds:g} s: raise time_limit.")
    choice = asked.choice
    people = float(asked.people[~asked.unreached].sum())
    free = np.sort(room[choice.allowed & ~choice.existing])[::-1]
    most = len(free) if choice.p is None else choice.p - int(choice.existing.sum())
    total = room[choice.existing].sum() + np.concatenate([[0.0], np.cumsum(free)])
    if total[most] < people:
        enough = np.flatnonzero(total >= people)
        smallest = int(choice.existing.sum() + enough[0]) if len(enough) else None
        would = f"{smallest} sites" if smallest is not None else "more room: all allowed sites together are too small"
        return SitingError(
            f"capacitated_p_median: the {choice.p} largest sites take {total[most]:,.0f} of {people:,.0f} people. "
            f"What would do: at least {would}.",
            smallest_p=smallest,
        )
    return SitingError(
        "capacitated_p_median: there is room in all, but no choice of sites fits every resident whole, within reach, "
        "minutes and budget. What would do: more sites, larger ones, or residents in smaller parts."
    )
