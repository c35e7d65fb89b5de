"""Sites with capacities: who can be taken where, so that the way is short and no site overfull."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from accessmap.errors import Problem, SitingError
from accessmap.siting.question import Choice, Question, listed, needed_rows, question
from accessmap.siting.result import Siting, served, siting_of
from accessmap.siting.solver.explain import out_of_time
from accessmap.siting.solver.lagrangian import Loads
from accessmap.siting.solver.program import TOLERANCE, Open, Outcome, Program, no_good
from accessmap.tables.aligned import Floats, supply_of
from accessmap.words.notes import Figure, Note
from accessmap.words.progress import progress_bar

_METHOD = "capacitated_p_median"
_SCALE = 1000.0  # of the solver's objective, far above its tolerance of 1e-6
_ROUNDING = 1e-9  # of the sum of the people
_CHOOSING = 0.8  # share of the time for choosing sites; the rest is for sending residents whole


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
    sent to. This is a harder problem than `p_median`: a thousand residents and five sites take seconds, ten sites often
    stop at the time limit within 1 % of the best.

    Parameters
    ----------
    times, demand, p
        As in `p_median`.
    capacity
        Most demand a site can take, by site, in the unit of the demand.
    existing, forbidden, at_most, costs, budget, within, time_limit, progress
        As in `p_median`. With a million pairs of residents and sites the search stops within two seconds of the time
        limit: reading the question and the last step are not cut short, and a first choice has half a second more.

    Raises
    ------
    TableError, SitingError
        As in `p_median`, or if there is not room enough.

    Notes
    -----
    Sites are chosen as if residents could be split, which bounds the answer from below; residents are then sent whole
    to those sites, and the set is refused, until the bound passes the best answer. Of equals any may be returned. The
    choice is by Benders' decomposition with rows of the Lagrangian relaxation of "everyone is sent somewhere"
    (Cornuejols, Sridharan & Thizy 1991), the first of them from subgradient steps (Held, Wolfe & Crowder 1974).

    Examples
    --------
    >>> times = pd.DataFrame({"a": [1.0, 2], "b": [5.0, 4]}, index=["r1", "r2"])
    >>> plan = capacitated_p_median(times, pd.Series({"r1": 60, "r2": 50}), 2, capacity=pd.Series({"a": 60, "b": 60}))
    >>> plan.assignment.to_dict()
    {'r1': 'a', 'r2': 'b'}
    """
    with progress_bar(Note("progress_siting"), shown=progress):
        options: dict[str, Any] = {
            "p": p, "existing": listed(existing), "forbidden": listed(forbidden), "at_most": at_most, "costs": costs,
            "budget": budget, "within": within, "time_limit": time_limit,
        }  # fmt: skip
        asked = question(times, demand, **options)
        room = supply_of(capacity, times.columns, "capacity")
        pairs = _usable(asked, room)
        program, loads, start = _split_program(asked, pairs)
        # Sites are chosen as if residents could be split, they are sent whole, and the set is refused, until no other
        # can be better.
        best, bound, sure = start, -np.inf, True
        value, sent = _rounded(pairs, loads, start) if program.allows(start) else (np.inf, np.empty(0, int))
        while time.perf_counter() < program.deadline or bound == -np.inf:
            found = program.solve(start if program.allows(start) else None, ceiling=value)
            bound = max(bound, found.bound)
            if found.y is None or bound >= value - TOLERANCE * max(1.0, value):
                break
            exact, which, known = _sent_whole(pairs, found.y)
            sure &= known  # a set is refused for good only when its best way is known
            for now, who in (_rounded(pairs, loads, found.y), (exact, which)):
                if now < value:
                    best, value, sent = found.y, now, who
            program.add(*no_good(found.y))
        if value == np.inf:
            raise _no_room(asked, room, bound)
        living = ~asked.unreached & (asked.people > 0)
        nearest = served(asked.minutes, asked.people, best).which
        which = np.where(living, sent, nearest)  # where nobody lives, the nearest
        rows = np.flatnonzero(living)
        objective = float(asked.people[rows] @ asked.minutes[rows, sent[rows]].astype("float64"))
        proven = sure and bound >= value - TOLERANCE * max(1.0, value)
        return siting_of(
            asked, _METHOD, best, objective, min(max(bound, 0.0) * pairs.unit, objective),
            proven=proven, parameters={"capacity": capacity, **options}, size=program.size(), which=which,
        )  # fmt: skip


@dataclass(frozen=True, eq=False)
class _Pairs:
    """Residents and the sites each may be sent to: one entry a pair."""

    residents: NDArray[np.intp]
    sites: NDArray[np.intp]
    people: Floats
    minutes: Floats
    room: Floats
    count: int  # of all residents, those without a pair among them
    deadline: float

    @property
    def unit(self) -> float:
        """Person-minutes in one unit of the objective of a program, which is about _SCALE."""
        return max(float(self.people @ self.minutes) / len(self.people), 1e-9) / _SCALE

    def of(self, y: Open) -> _Pairs:
        """Return the pairs with these sites."""
        kept = y[self.sites]
        return replace(
            self, residents=self.residents[kept], sites=self.sites[kept], people=self.people[kept],
            minutes=self.minutes[kept],
        )  # fmt: skip


def _usable(asked: Question, room: Floats) -> _Pairs:
    """Return the pairs that can be: reached, allowed, promised and large enough."""
    usable = ~np.isnan(asked.minutes) & (room >= asked.people[:, None])
    usable[:, asked.choice.forbidden] = False
    usable[asked.with_promise] &= asked.kept
    living = ~asked.unreached & (asked.people > 0)
    usable[~living] = False
    lost = asked.residents[living & ~usable.any(axis=1)]
    if len(lost) or not living.any():
        key = "capacity_no_site" if len(lost) else "capacity_nobody"
        problem = Problem(key, n=len(lost), ids=", ".join(map(repr, lost[:5])))
        raise SitingError(problem, about=_METHOD, residents=lost)
    rows, columns = np.nonzero(usable)
    minutes = asked.minutes[rows, columns].astype("float64")
    return _Pairs(rows, columns, asked.people[rows], minutes, room, len(asked.residents), asked.deadline)


def _split_program(asked: Question, pairs: _Pairs) -> tuple[Program, Loads, Open]:
    """Return the program over sites alone in which a resident may be split, its oracle, and a set to start from."""
    living, row = np.unique(pairs.residents, return_inverse=True)
    minutes = np.full((len(living), len(pairs.room)), np.inf)
    minutes[row, pairs.sites] = pairs.minutes
    people = asked.people[living]
    loads = Loads(minutes, people, pairs.room, pairs.unit, pairs.deadline)
    sites = len(pairs.room)
    lower, upper = asked.choice.bounds(np.zeros(1), np.array([loads.most / pairs.unit]))
    until = asked.started + _CHOOSING * asked.seconds
    program = Program(sites, np.append(np.zeros(sites), 1.0), lower, upper, deadline=until, oracle=loads)
    asked.choice.limit(program)
    program.add(pairs.room[None, :] / people.sum(), 1.0 - _ROUNDING, np.inf)
    needed = needed_rows(np.isfinite(minutes), asked.choice.existing)
    if len(needed):
        program.add(sparse.csr_array(needed.astype("float64")), 1.0, np.inf)
    start, rows, low = loads.started(lambda saved: _worth_most(asked.choice, saved))
    program.add(rows, low, np.inf)
    return program, loads, start


def _worth_most(choice: Choice, saved: Floats) -> Open:
    """Return the sites that save most for what they cost, as many as may be open."""
    y = choice.existing.copy()
    most = choice.p if choice.p is not None else len(y)
    worth = saved if choice.costs is None else saved / np.maximum(choice.costs, 1e-9)
    for site in np.argsort(-worth, kind="stable"):
        if y.sum() >= most:
            break
        if choice.allowed[site] and not y[site]:
            y[site] = True
            y[site] = choice.affordable(y)
    return y


def _rounded(pairs: _Pairs, loads: Loads, y: Open) -> tuple[float, NDArray[np.intp]]:
    """Return a good objective of a set with nobody split, infinite where none is found so, and who goes where."""
    value, where = loads.whole(y)
    which = np.full(pairs.count, -1)
    which[np.unique(pairs.residents)] = where
    return value, which


def _sent_whole(pairs: _Pairs, y: Open) -> tuple[float, NDArray[np.intp], bool]:
    """Return the objective of a set with every resident whole (infinite: none found), who goes where, if it is best."""
    which = np.full(pairs.count, -1)
    if time.perf_counter() > pairs.deadline:
        return np.inf, which, False
    here = pairs.of(y)
    if len(np.unique(here.residents)) < len(np.unique(pairs.residents)):
        return np.inf, which, True  # somebody reaches none of them
    found = _whole(here, pairs.unit)
    if found.y is None:
        return np.inf, which, found.bound == np.inf
    which[here.residents[found.y]] = here.sites[found.y]
    return found.value, which, found.proven


def _whole(pairs: _Pairs, unit: float) -> Outcome:
    """Return who goes where, whole, among open sites: the pairs chosen."""
    count = len(pairs.residents)
    columns = np.arange(count)
    _, who = np.unique(pairs.residents, return_inverse=True)
    sent = sparse.csr_array((np.ones(count), (who, columns)), shape=(who.max() + 1, count))
    load = sparse.csr_array((pairs.people, (pairs.sites, columns)), shape=(len(pairs.room), count))
    cost = pairs.people * pairs.minutes / unit
    program = Program(count, cost, np.zeros(count), np.ones(count), deadline=pairs.deadline)
    program.add(sent, 1.0, 1.0)
    program.add(load, -np.inf, pairs.room)
    return program.solve()


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
