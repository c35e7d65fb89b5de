"""Sites far apart: the two nearest of them as many minutes from one another as can be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from accessmap.errors import SitingError, TableError
from accessmap.siting.inputs import Choice, listed, question
from accessmap.siting.outcome import Outcome
from accessmap.siting.program import Program
from accessmap.siting.result import Siting
from accessmap.siting.search import ORDERED_UP_TO
from accessmap.siting.serving import siting_of

__all__ = ["p_dispersion"]


def p_dispersion(
    between: pd.DataFrame,
    p: int,
    *,
    existing: Iterable[str] = (),
    forbidden: Iterable[str] = (),
    time_limit: float = 60.0,
) -> Siting:
    """Return the p sites whose two nearest ones are the most minutes apart; exact.

    Parameters
    ----------
    between
        Candidate sites × the same sites, minutes; all must be known. Of the two directions the shorter counts.
    p, existing, forbidden, time_limit
        As in `p_median`.

    Returns
    -------
    Siting
        Its objective is in minutes; `assignment` is the chosen site nearest to each candidate.

    Raises
    ------
    TableError
        If rows and columns are not the same sites, or minutes between two of them are missing.
    SitingError
        As in `p_median`; and if p is 1, which is apart from nothing.

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
    if set(between.index) != set(between.columns):
        raise TableError("between", ["Rows and columns must be the same sites."])
    between = between.loc[between.columns]
    asked = question(between, None, p, existing=existing, forbidden=forbidden, time_limit=time_limit)
    if p < 2:
        raise SitingError("p_dispersion: p is 1: two sites at least can be apart.")
    minutes = asked.minutes.astype("float64")
    if np.isnan(minutes).any():
        raise TableError("between", [f"{int(np.isnan(minutes).sum())} minutes between sites are missing."])
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
        raise SitingError(f"p_dispersion: no choice was found in {time_limit:g} s: raise time_limit.")
    options: dict[str, Any] = {
        "p": p,
        "existing": listed(existing),
        "forbidden": listed(forbidden),
        "time_limit": time_limit,
    }
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
