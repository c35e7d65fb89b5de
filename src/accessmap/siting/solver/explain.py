"""Why a siting question has no answer: who cannot be served, by how much, and what would be enough."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from functools import reduce

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy import sparse

from accessmap.errors import Problem, SitingError
from accessmap.siting.question import Choice, Question, needed_rows
from accessmap.siting.solver.program import Open, Outcome, Program
from accessmap.tables.aligned import Floats
from accessmap.words.notes import Figure, Listed, Note

_NAMED = 5


def refusal(asked: Question, what: str) -> SitingError:
    """Return the error that explains why no choice keeps the promises of a question."""
    hopeless = np.asarray(~asked.kept.any(axis=1))
    asked = replace(asked, started=time.perf_counter())
    if hopeless.any():
        return _hopeless(asked, what, hopeless)
    return _too_few(asked, what)


def out_of_time(what: str, seconds: float) -> SitingError:
    """Return the error that no choice was found in time."""
    return SitingError(Problem("siting_out_of_time", value=seconds), about=what)


def figure(minutes: float) -> Figure:
    """Return minutes as they are told, with no more decimals than six digits show."""
    return Figure.of(minutes, digits=len(f"{minutes:.6g}".partition(".")[2]))


def _promised(asked: Question) -> Floats:
    """Return promised residents × sites, minutes; infinite where the site is no help."""
    minutes = asked.minutes[asked.with_promise].astype("float64")
    minutes[:, asked.choice.forbidden] = np.nan
    return np.where(np.isnan(minutes), np.inf, minutes)


def _named(ids: pd.Index, minutes: Floats, excess: Floats) -> Listed:
    """Return the worst few residents with their minutes and how many are too many."""
    worst = np.argsort(-excess, kind="stable")[:_NAMED]
    figures = [(ids[row], Figure.of(minutes[row], digits=1), Figure.of(excess[row], digits=1)) for row in worst]
    told = [Note("siting_far", id=id_, minutes=late, excess=beyond) for id_, late, beyond in figures]
    return Listed.of(told, more=max(0, len(ids) - _NAMED))


def _hopeless(asked: Question, what: str, hopeless: NDArray[np.bool_]) -> SitingError:
    nearest = _promised(asked).min(axis=1)
    caps = asked.caps[asked.with_promise]
    ids = asked.residents[asked.with_promise][hopeless]
    cutoff = float(nearest.max()) if np.unique(caps).size == 1 else None
    relaxed = (
        Note("siting_within_enough", minutes=figure(cutoff)) if cutoff is not None else Note("siting_raise_limits")
    )
    named = _named(ids, nearest[hopeless], (nearest - caps)[hopeless])
    problem = Problem("siting_too_far", n=len(ids), named=named, remedy=relaxed)
    return SitingError(problem, about=what, residents=ids, smallest_cutoff=cutoff)


def _too_few(asked: Question, what: str) -> SitingError:
    y = most_covered(asked.kept, asked.choice, asked.deadline)
    out = np.asarray(~asked.kept[:, y].any(axis=1))
    ids, caps = asked.residents[asked.with_promise][out], asked.caps[asked.with_promise]
    choice = asked.choice
    size = Note.plain(f"p={choice.p}") if choice.p is not None else Note("siting_budget", value=choice.budget)
    more = cheapest_cover(asked.kept, replace(choice, costs=None), asked.deadline)
    enough = int(more.y.sum()) if more.y is not None and more.proven else None
    ways = []
    if enough is not None and choice.p is not None and enough > choice.p:
        ways.append(Note("siting_sites", n=enough))
    if choice.costs is not None and choice.budget is not None:
        dearer = cheapest_cover(asked.kept, choice, asked.deadline)
        ways += [Note("siting_budget", value=dearer.value)] if dearer.proven and dearer.value > choice.budget else []
    cutoff = None
    if np.isfinite(caps).all():
        late, _, lowest = bottleneck(_promised(asked) - caps[:, None], choice, asked.deadline)
        if np.isfinite(late) and late == lowest:
            cutoff = float(caps[0] + late) if np.unique(caps).size == 1 else None
            key = "siting_more_minutes" if cutoff is None else "siting_more_minutes_within"
            ways.append(Note(key, n=late, minutes=figure(late), within=figure(cutoff or 0.0)))
    else:
        ways.append(Note("siting_unreached_minutes"))
    problem = Problem(
        "siting_too_few", n=len(ids), size=size, people=Figure.of(asked.people[asked.residents.isin(ids)].sum()),
        ids=", ".join(map(repr, ids[:_NAMED])),
        remedy=reduce(lambda one, other: Note("siting_either", one=one, other=other), ways or [Note("siting_unknown")]),
    )  # fmt: skip
    return SitingError(problem, about=what, residents=ids, smallest_p=enough, smallest_cutoff=cutoff)


def cheapest_cover(kept: NDArray[np.bool_], choice: Choice, deadline: float) -> Outcome:
    """Return the sites of least number (or cost) that keep every row, no matter p or the budget."""
    prices = choice.costs if choice.costs is not None else np.ones(len(choice.existing))
    lower, upper = choice.bounds(np.empty(0), np.empty(0))
    program = Program(len(prices), prices, lower, upper, deadline=deadline)
    rows = needed_rows(kept, choice.existing)
    program.add(rows.astype("float64") if len(rows) else np.ones((1, len(prices))), 1.0, np.inf)
    return program.solve()


def most_covered(kept: NDArray[np.bool_], choice: Choice, deadline: float) -> Open:
    """Return the sites that keep the most rows, each counting once."""
    rows, counts = np.unique(kept, axis=0, return_counts=True)
    sites = len(choice.existing)
    lower, upper = choice.bounds(np.zeros(len(rows)), np.ones(len(rows)))
    program = Program(sites, np.concatenate([np.zeros(sites), -counts]), lower, upper, deadline=deadline)
    choice.limit(program)
    link = [sparse.csr_array(-rows.astype("float64")), sparse.eye_array(len(rows), format="csr")]
    program.add(sparse.hstack(link), -np.inf, 0.0)
    found = program.solve()
    return found.y if found.y is not None else choice.existing


def bottleneck(values: Floats, choice: Choice, deadline: float) -> tuple[float, Open | None, float]:
    """Return the smallest value within which an allowed choice serves every row, the choice, and a proven lower bound.

    Bisection over the distinct values, each step asking whether a cover exists (Minieka 1970), and asking it of the few
    residents who matter (Chen & Handler 1987). Infinite where there is none.
    """
    values = np.where(choice.forbidden[None, :], np.inf, values)
    hardest = values.min(axis=1)
    best = _near_the_farthest(values, choice)
    most = math.inf if best is None else float(values[:, best].min(axis=1).max())
    steps = np.unique(values[np.isfinite(values) & (values >= hardest.max()) & (values <= most)])
    asked = [int(hardest.argmax())]
    low, high = 0, len(steps) - (best is not None)
    while low < high:
        if best is not None and time.perf_counter() > deadline:
            break
        middle = (low + high) // 2
        y, known = _fits(values, steps[middle], asked, choice, deadline)
        if y is not None:
            best = y
            high = min(middle, int(np.searchsorted(steps, values[:, y].min(axis=1).max())))
        elif known:
            low = middle + 1
        else:
            break
    value = float(steps[high]) if high < len(steps) else math.inf
    proven = float(steps[low]) if low < len(steps) else math.inf
    return value, best, proven


def _near_the_farthest(values: Floats, choice: Choice) -> Open | None:
    """Return the existing sites and, again and again, the one nearest to whoever is farthest; None where that fails."""
    y, now = choice.existing.copy(), values[:, choice.existing].min(axis=1, initial=math.inf)
    most = len(y) if choice.p is None else choice.p
    while y.sum() < most:
        site = int(values[now.argmax()].argmin())
        if y[site] or not choice.affordable(y | (np.arange(len(y)) == site)):
            break
        y[site] = True
        now = np.minimum(now, values[:, site])
    return y if np.isfinite(now).all() and y.any() else None


def _fits(values: Floats, limit: float, asked: list[int], choice: Choice, deadline: float) -> tuple[Open | None, bool]:
    """Return an allowed choice within the limit for every row, or None; and whether the answer is certain.

    `asked`, the rows asked about, grows by the worst-served row of each site until no row is left out.
    """
    while True:
        y, known = _cover(values[asked] <= limit, choice, deadline)
        if y is None:
            return None, known
        sites = np.flatnonzero(y)
        nearest = values[:, sites].argmin(axis=1)
        late = values[np.arange(len(values)), sites[nearest]]
        if late.max() <= limit:
            return y, True
        if time.perf_counter() > deadline:
            return None, False
        order = np.lexsort((-late, nearest))
        worst = order[np.flatnonzero(np.diff(nearest[order], prepend=-1))]
        asked.extend(worst[late[worst] > limit].tolist())


def _cover(kept: NDArray[np.bool_], choice: Choice, deadline: float) -> tuple[Open | None, bool]:
    """Return an allowed choice, of at least one site, that keeps every row, or None; and whether that is certain."""
    rows = needed_rows(kept, choice.existing)
    greedy = greedy_cover(rows, choice)
    if greedy.any() and (choice.p is None or greedy.sum() <= choice.p) and choice.affordable(greedy):
        return greedy, True
    lower, upper = choice.bounds(np.empty(0), np.empty(0))
    if choice.costs is None and len(rows):
        upper[_dominated(rows) & ~choice.existing] = 0.0
    program = Program(len(lower), np.zeros(len(lower)), lower, upper, deadline=deadline)
    replace(choice, at_most=True).limit(program)
    if len(rows):
        program.add(rows.astype("float64"), 1.0, np.inf)
    found = program.solve()
    return found.y, found.y is not None or found.bound == math.inf


def greedy_cover(rows: NDArray[np.bool_], choice: Choice) -> Open:
    """Return the existing sites and those that, one by one, keep the most rows not kept yet."""
    y = choice.existing.copy()
    left = rows.copy()
    while left.shape[0]:
        site = int(left.sum(axis=0).argmax())
        y[site] = True
        left = left[~left[:, site]]
    return y


def _dominated(rows: NDArray[np.bool_]) -> Open:
    """Return the sites whose rows another site keeps as well; of equal ones all but the first."""
    columns, first = np.unique(rows, axis=1, return_index=True)
    as_float = columns.astype("float32")
    inside = as_float.T @ as_float == as_float.sum(axis=0)[:, None]  # column i is a subset of column k
    np.fill_diagonal(inside, False)
    dominated = np.ones(rows.shape[1], bool)
    dominated[first[~inside.any(axis=1)]] = False
    return dominated
