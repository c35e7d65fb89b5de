"""Sites with capacities: who can be taken where, so that the way is short and no site overfull."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import Problem, SitingError
from accessmap.siting.question import Question, listed, question
from accessmap.siting.result import Siting, served, siting_of
from accessmap.siting.solver.explain import out_of_time
from accessmap.tables.aligned import Floats, supply_of
from accessmap.words.notes import Figure, Note
from accessmap.words.progress import progress_bar

if TYPE_CHECKING:
    from accessmap.siting.solver.plans import Plans

_METHOD = "capacitated_p_median"
_SEARCHING = 0.3  # share of the time for a bound and good plans; the rest is for the proof
_EPSILON = float(np.finfo("float32").eps)  # minutes may have been kept in 32 bits
_WHOLE_UP_TO = 1e5  # person-minutes of a pair, above which whole numbers are chance


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
    progress: bool = False,
) -> Siting:
    """Return the p sites, and who goes to which, with the fewest person-minutes and no site beyond its capacity.

    Residents of one row stay together and may be sent past a full site. `within` bounds the way to the site each is
    sent to. This is a harder problem than `p_median`: a thousand residents and up to ten sites take some ten seconds,
    and may stop at the time limit within 0.1 % of the best.

    Parameters
    ----------
    times, demand, p
        As in `p_median`.
    capacity
        Most demand a site can take, by site, in the unit of the demand.
    existing, forbidden, at_most, costs, budget, within, time_limit, progress
        As in `p_median`. The first use on a machine compiles for some seconds, which no time limit counts.

    Raises
    ------
    TableError, SitingError
        As in `p_median`, or if there is not room enough.

    Notes
    -----
    A bound on all plans comes from the Lagrangian relaxation of "everyone is sent somewhere" (Cornuejols, Sridharan &
    Thizy 1991, with whole residents: Ceselli & Righini 2005), good plans from exchanges of sites and of residents. Then
    the textbook model of those pairs that a better plan can have is solved by HiGHS; where they are many, sites are
    opened and shut one by one, each branch with a bound of its own, and everyone is sent whole to those chosen. Where
    all person-minutes are whole numbers (to one part in 4 million) plans differ by one at least. Of equals any may be
    returned.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [1.0, 2], "b": [5.0, 4]}, index=["r1", "r2"])
    >>> plan = capacitated_p_median(times, pd.Series({"r1": 60, "r2": 50}), 2, capacity=pd.Series({"a": 60, "b": 60}))
    >>> plan.assignment.to_dict()
    {'r1': 'a', 'r2': 'b'}
    """
    from accessmap.siting.solver.branching import branch  # loads numba
    from accessmap.siting.solver.plans import compile_loops
    from accessmap.siting.solver.textbook import prove

    compile_loops()
    with progress_bar(Note("progress_siting"), shown=progress):
        options: dict[str, Any] = {
            "p": p, "existing": listed(existing), "forbidden": listed(forbidden), "at_most": at_most, "costs": costs,
            "budget": budget, "within": within, "time_limit": time_limit,
        }  # fmt: skip
        asked = question(times, demand, **options)
        room = supply_of(capacity, times.columns, "capacity")
        rows, plans = _plans(asked, room)
        size = {"variables": 0, "rows": 0, "rounds": 0}
        with plans.in_time():
            plans.search(asked.started + _SEARCHING * asked.seconds)
            if not plans.proven and plans.has_time(asked.deadline, steps=3):  # `few` takes two
                size = (prove if plans.few else branch)(plans, asked.deadline)
        if plans.y is None:
            raise _no_room(asked, room, plans.bound)
        nearest = served(asked.minutes, asked.people, plans.y).which
        which = nearest.copy()  # where nobody lives, the nearest
        which[rows] = plans.where
        objective = float(asked.people[rows] @ asked.minutes[rows, plans.where].astype("float64"))
        return siting_of(
            asked, _METHOD, plans.y, objective, min(plans.bound, objective), proven=plans.proven,
            parameters={"capacity": capacity, **options}, size=size, which=which,
        )  # fmt: skip


def _plans(asked: Question, room: Floats) -> tuple[NDArray[np.intp], Plans]:
    """Return who is to be sent, and what it costs to send each to each site that is reached, promised and large enough.

    Costs are person-minutes.
    """
    from accessmap.siting.solver.plans import Plans

    usable = ~np.isnan(asked.minutes) & (room >= asked.people[:, None])
    usable[:, asked.choice.forbidden] = False
    usable[asked.with_promise] &= asked.kept
    living = ~asked.unreached & (asked.people > 0)
    lost = asked.residents[living & ~usable.any(axis=1)]
    if len(lost) or not living.any():
        key = "capacity_no_site" if len(lost) else "capacity_nobody"
        problem = Problem(key, n=len(lost), ids=", ".join(map(repr, lost[:5])))
        raise SitingError(problem, about=_METHOD, residents=lost)
    rows = np.flatnonzero(living)
    cost = asked.people[rows, None] * np.where(usable[rows], asked.minutes[rows].astype("float64"), np.inf)
    known = cost[np.isfinite(cost)]
    whole = bool((np.abs(known - np.rint(known)) <= _EPSILON * known).all()) and known.max() < _WHOLE_UP_TO
    step = 1.0 if whole else 0.0
    return rows, Plans(cost, asked.people[rows], room, asked.choice, step=step, deadline=asked.deadline)


def _no_room(asked: Question, room: Floats, bound: float) -> SitingError:
    """Return why the residents do not fit, or that time was too short."""
    if bound < np.inf:
        return out_of_time(_METHOD, asked.seconds)
    choice = asked.choice
    people = float(asked.people[~asked.unreached].sum())
    free = np.sort(room[choice.allowed & ~choice.existing])[::-1]
    most = len(free) if choice.p is None else choice.p - int(choice.existing.sum())
    total = room[choice.existing].sum() + np.concatenate([[0.0], np.cumsum(free)])
    if total[most] < people:
        enough = np.flatnonzero(total >= people)
        smallest = int(choice.existing.sum() + enough[0]) if len(enough) else None
        problem = Problem(
            "capacity_too_small", n=choice.p or len(room), room=Figure.of(total[most]), people=Figure.of(people),
            remedy=Note("siting_sites", n=smallest) if smallest is not None else Note("capacity_more_room"),
        )  # fmt: skip
        return SitingError(problem, about=_METHOD, smallest_p=smallest)
    return SitingError(Problem("capacity_no_fit"), about=_METHOD)
