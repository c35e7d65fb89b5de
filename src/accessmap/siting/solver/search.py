"""A siting question written as a program: for the mean, the worst-off, the people covered, the fewest sites."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from accessmap.errors import Problem, SitingError
from accessmap.siting.question import Question, question
from accessmap.siting.result import Siting, siting_of
from accessmap.siting.solver.explain import figure, greedy_cover, out_of_time, refusal
from accessmap.siting.solver.minutes import MeanMinutes, ShareProgram, worst_mean
from accessmap.siting.solver.program import Open, Outcome, Program
from accessmap.tables.aligned import Floats
from accessmap.tables.cutoffs import number_of_minutes

# Up to this many sites the first of equally good sets is found, at the cost of a few more solves.
ORDERED_UP_TO = 150
_SCALE = 1000.0  # of the solver's objective, far above its tolerance of 1e-6


@dataclass(frozen=True, eq=False)
class Search:
    """A question written as a program, and how a solution is read."""

    method: str  # name of the public function
    asked: Question
    options: Mapping[str, Any]  # that the question was put with
    program: Program | ShareProgram
    objective: Callable[[Open], float]  # of a set, in the unit of the method, from the tables themselves
    unit: float  # of the objective for each 1 of the program (negative where it is maximised), beyond the offset
    merged: int  # number of residents that differ
    start: Open | None = None  # a first set, if one is known
    offset: float = 0.0  # the objective where the program's is 0

    def answer(self) -> Siting:
        """Return the best choice, the first of equals; refuse where there is none, or none was found in time."""
        possible = self.asked.kept.any(axis=1).all()
        found = self.program.solve(self.start) if possible else Outcome(None, np.inf, np.inf)
        if found.y is None and found.bound < np.inf:
            raise out_of_time(self.method, self.asked.seconds)
        if found.y is None:
            raise refusal(self.asked, self.method)
        found = self.program.first(found) if self.program.sites <= ORDERED_UP_TO else found
        assert found.y is not None
        objective = self.objective(found.y)
        least = max(found.bound, 0.0)  # minutes, people and costs are never negative
        bound = (max if self.unit < 0 else min)(self.offset + least * self.unit, objective)
        return siting_of(
            self.asked, self.method, found.y, objective, bound, proven=found.proven, parameters=self.options,
            size={"distinct_residents": self.merged, **self.program.size()},
        )  # fmt: skip


def median_search(
    times: pd.DataFrame,
    demand: pd.Series,
    *,
    share: float | None = None,
    unreached_minutes: float | None = None,
    **options: Any,
) -> Search:
    """Return the search for the smallest mean minutes, of everyone or of the worst-off share."""
    asked = question(times, demand, **options)
    if share is not None and not 0 < share <= 1:
        raise SitingError(Problem("siting_share", value=share), about="worst_off")
    counted = (asked.people > 0) & ~asked.unreached
    if not counted.any():
        raise SitingError(Problem("siting_nobody_reached", n=len(times)), about="siting", residents=times.index)
    if unreached_minutes is None:
        must = counted & np.isnan(asked.caps) & np.isnan(asked.minutes).any(axis=1)
        asked = replace(asked, caps=np.where(must, np.inf, asked.caps))
    minutes, people = _filled(asked, counted, unreached_minutes), asked.people[counted]
    mean = MeanMinutes(_shortened(minutes, asked), people, share=share or 1.0, deadline=asked.deadline)
    program, start = _program(asked, mean)
    total = float(people.sum()) if share is None else 1.0

    def objective(y: Open) -> float:
        nearest = minutes[:, y].min(axis=1)
        return float(people @ nearest) if share is None else worst_mean(nearest, people, share)

    method = "p_median" if share is None else "worst_off"
    given = {**options, "unreached_minutes": unreached_minutes} | ({} if share is None else {"share": share})
    return Search(method, asked, given, program, objective, total / mean.scale, len(mean.minutes), start)


def _program(asked: Question, mean: MeanMinutes) -> tuple[Program | ShareProgram, Open]:
    """Return the program that makes these minutes smallest, and a first set."""
    choice = asked.choice
    count = (choice.p if choice.p is not None else len(choice.existing)) - int(choice.existing.sum())
    start = mean.greedy(choice.existing, choice.forbidden, choice.affordable, count)
    mean.scale_to(start if start.any() else choice.allowed)
    program: Program | ShareProgram
    if mean.share < 1:
        program = ShareProgram(mean, *choice.bounds(np.empty(0), np.empty(0)), deadline=asked.deadline)
    else:
        lower, upper = choice.bounds(np.zeros(mean.extra), np.full(mean.extra, np.inf))
        cost = np.concatenate([np.zeros(len(choice.existing)), mean.objective()])
        program = Program(len(choice.existing), cost, lower, upper, deadline=asked.deadline, oracle=mean)
    choice.limit(program)
    asked.promise(program)
    return program, start


def _filled(asked: Question, counted: Open, unreached_minutes: float | None) -> Floats:
    """Return the minutes of the residents counted, without NaN and without forbidden sites.

    Where everyone must be reached, a site that does not reach a resident may be put at his longest minutes: an open
    site that reaches him is always nearer, so no value changes.
    """
    minutes = (asked.minutes if counted.all() else asked.minutes[counted]).astype("float64")
    minutes[:, asked.choice.forbidden] = np.nan
    longest = np.fmax.reduce(minutes, axis=1)
    if unreached_minutes is not None and not unreached_minutes >= longest.max():
        problem = Problem("siting_unreached_too_low", value=unreached_minutes, longest=figure(longest.max()))
        raise SitingError(problem, about="siting")
    for row in np.flatnonzero(np.isnan(minutes.sum(axis=1))):
        far = longest[row] if unreached_minutes is None else unreached_minutes
        minutes[row, np.isnan(minutes[row])] = far
    return minutes


def _shortened(minutes: Floats, asked: Question) -> Floats:
    """Return the minutes cut off where no choice can let a resident go farther.

    An existing site is always there; and of n allowed sites of which q are open, one is among the n - q + 1 nearest.
    """
    choice = asked.choice
    free = choice.allowed & ~choice.existing
    cut = minutes[:, choice.existing].min(axis=1) if choice.existing.any() else np.full(len(minutes), np.inf)
    least = choice.least - int(choice.existing.sum())
    if 1 <= least <= free.sum():
        rank = int(free.sum()) - least
        some = minutes if free.all() else minutes[:, free]
        cut = np.minimum(cut, np.partition(some, rank, axis=1)[:, rank])
    return np.asarray(np.minimum(minutes, cut[:, None]))


def coverage_search(times: pd.DataFrame, demand: pd.Series, *, cutoff: float, **options: Any) -> Search:
    """Return the search for the most people within the cutoff."""
    asked = question(times, demand, **options)
    cutoff = number_of_minutes(cutoff)
    if not cutoff >= 0:
        raise SitingError(Problem("siting_minutes", where="cutoff", value=cutoff), about="max_coverage")
    close = asked.within(cutoff)
    # one unit for whoever is not covered: the people covered are the most where the mean of these units is least
    uncovered = MeanMinutes(_shortened(np.where(close, 0.0, 1.0), asked), asked.people, deadline=asked.deadline)
    total = float(asked.people.sum())

    def objective(y: Open) -> float:
        return float(asked.people[close[:, y].any(axis=1)].sum())

    program, start = _program(asked, uncovered)
    given = {"cutoff": cutoff, **options}
    unit, merged = -total / uncovered.scale, len(uncovered.minutes)
    return Search("max_coverage", asked, given, program, objective, unit, merged, start, offset=total)


def cover_search(
    times: pd.DataFrame, demand: pd.Series | None, *, cutoff: float | pd.Series, costs: pd.Series | None, **options: Any
) -> Search:
    """Return the search for the fewest or cheapest sites that have everyone within the cutoff."""
    if not isinstance(cutoff, pd.Series):
        number_of_minutes(cutoff)  # None would be no limit at all
    asked = question(times, demand, times.shape[1], at_most=True, costs=costs, within=cutoff, **options)
    choice = asked.choice
    prices = choice.costs if choice.costs is not None else np.ones(len(choice.existing))
    unit = float(prices.mean()) or 1.0
    lower, upper = choice.bounds(np.empty(0), np.empty(0))
    program = Program(len(prices), prices / unit, lower, upper, deadline=asked.deadline)
    choice.limit(program)
    asked.promise(program)
    kept = asked.kept
    start = greedy_cover(kept, choice) if kept.any(axis=1).all() else None
    merged = len(np.unique(np.packbits(kept, axis=1), axis=0))
    given = {"cutoff": cutoff, "costs": costs, **options}
    return Search("set_cover", asked, given, program, lambda y: float(prices[y].sum()), unit, merged, start)


SEARCHES: Mapping[str, Callable[..., Search]] = {
    "p_median": median_search,
    "worst_off": median_search,
    "max_coverage": coverage_search,
    "set_cover": cover_search,
}
