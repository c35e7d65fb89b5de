"""Sites that make the way short: for the mean, for the worst-off share, and for closures."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from accessmap.errors import Problem, SitingError
from accessmap.siting.question import listed
from accessmap.siting.result import Siting
from accessmap.siting.solver.search import median_search
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar


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
    progress: bool = False,
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
    progress
        Show a progress bar on standard error, or in the notebook.

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
    with progress_bar(Note("progress_siting"), shown=progress):
        return median_search(
            times, demand, p=p, existing=listed(existing), forbidden=listed(forbidden), at_most=at_most, costs=costs,
            budget=budget, within=within, unreached_minutes=unreached_minutes, time_limit=time_limit,
        ).answer()  # fmt: skip


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
    progress: bool = False,
) -> Siting:
    """Return the p sites that make the mean minutes of the worst-off share of the people (0-1) smallest; exact.

    Between the p-median (share 1) and the p-center (share towards 0): fair, and not ruled by one remote farm.

    Parameters
    ----------
    times, demand, p
        As in `p_median`.
    share
        Of the people, those with the longest minutes: 0.1 is the worst decile.
    existing, forbidden, at_most, costs, budget, within, unreached_minutes, time_limit, progress
        As in `p_median`, and refused alike.

    Returns
    -------
    Siting
        Its objective is in minutes, the mean of the worst-off share.

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
    with progress_bar(Note("progress_siting"), shown=progress):
        return median_search(
            times, demand, p=p, share=share, existing=listed(existing), forbidden=listed(forbidden), at_most=at_most,
            costs=costs, budget=budget, within=within, unreached_minutes=unreached_minutes, time_limit=time_limit,
        ).answer()  # fmt: skip


def closures(
    times: pd.DataFrame,
    demand: pd.Series,
    count: int,
    *,
    keep: Iterable[str] = (),
    within: float | pd.Series | None = None,
    unreached_minutes: float | None = None,
    time_limit: float = 60.0,
    progress: bool = False,
) -> Siting:
    """Return which `count` of the sites can close with the fewest person-minutes added: the sites kept.

    Parameters
    ----------
    times
        Residents × the sites open today, minutes, NaN where not reached.
    count
        How many close.
    keep
        Ids that may not close.
    demand, within, unreached_minutes, time_limit, progress
        As in `p_median`, and refused alike; `within=times.min(axis=1) + 5` lets no one lose more than 5 minutes.

    Returns
    -------
    Siting
        `closed` names the sites that close; all columns are its `existing`.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [0.0, 9, 9], "b": [9.0, 0, 2], "c": [9.0, 2, 0]}, index=["r1", "r2", "r3"])
    >>> closures(times, pd.Series({"r1": 10, "r2": 30, "r3": 20}), 1).closed
    ('c',)
    """
    with progress_bar(Note("progress_siting"), shown=progress):
        if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 1 <= count < times.shape[1]:
            problem = Problem("siting_closures", value=count, n=times.shape[1], most=times.shape[1] - 1)
            raise SitingError(problem, about="closures")
        options: dict[str, Any] = {
            "p": times.shape[1] - int(count), "existing": listed(keep), "within": within,
            "unreached_minutes": unreached_minutes, "time_limit": time_limit,
        }  # fmt: skip
        kept = median_search(times, demand, **options).answer()
        return replace(kept, method="closures", existing=tuple(times.columns), parameters={"count": count, **options})
