"""The minutes of residents as an objective: exact values, rows that bound them, exchanges that improve a set."""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from accessmap.siting.solver.program import TOLERANCE, Open, Outcome, Program
from accessmap.tables.aligned import Floats

# The objective of the first set found is scaled to this, far above the 1e-6 to which the solver keeps its rows.
_SCALE = 1000.0
_BROKEN = 1e-6
_FULL = 1.0 - 1e-9


class MeanMinutes:
    """Mean minutes to the nearest open site, over everyone or over the worst-off share; an `Oracle` for `Program`.

    The variables after the sites are the quantile (where share < 1) and one sum of minutes for each group of residents.
    For a resident whose sites lie at d_j, and any level D, minutes >= D - sum of (D - d_j)+ y_j: the formulation of
    Cornuejols, Nemhauser & Wolsey (1980), whose rows are summed over the residents that share a nearest site.
    The mean of the worst share a is min over q of q + mean((minutes - q)+) / a (Rockafellar & Uryasev 2000).
    Minutes (residents × sites) are complete: nobody's can be longer than the largest of his row. After the deadline
    a set is no longer improved, and no more rows are looked for: those found hold without the others.
    """

    def __init__(self, minutes: Floats, weights: Floats, *, share: float = 1.0, deadline: float = math.inf) -> None:
        first, which = distinct_rows(minutes)
        summed = np.bincount(which, weights=weights, minlength=len(first))
        nearest = minutes.argmin(axis=1)[first]
        rows = np.argsort(nearest, kind="stable")
        self.minutes = np.ascontiguousarray(minutes[first[rows]])
        self.weights = summed[rows] / summed.sum()
        self.share = share
        self.deadline = deadline
        self.groups = np.flatnonzero(np.diff(nearest[rows], prepend=-1))
        self.scale = 1.0
        self._orders: dict[int, tuple[NDArray[np.intp], Floats]] = {}  # by block of groups, once it is looked at

    @property
    def extra(self) -> int:
        """Number of variables after the sites."""
        return len(self.groups) + (self.share < 1)

    def scale_to(self, y: Open) -> None:
        """Choose the unit of the objective by a first set, so that the tolerances of the solver are small beside it."""
        value = self.value(y)
        self.scale = _SCALE / value if value > 0 else 1.0

    def objective(self) -> Floats:
        """Return the cost of the variables after the sites."""
        sums = np.full(len(self.groups), 1.0 / self.share)
        return np.concatenate([[1.0], sums]) if self.share < 1 else sums

    def nearest(self, y: Open) -> Floats:
        """Return the minutes of each merged resident to the nearest open site."""
        nearest: Floats = self.minutes[:, y].min(axis=1)
        return nearest

    def value(self, y: Open) -> float:
        """Return the (scaled) mean minutes of the worst-off share for these open sites; infinite for none."""
        if not y.any():
            return float("inf")
        return self.scale * worst_mean(self.nearest(y), self.weights, self.share)

    def point(self, y: Open) -> Floats:
        """Return the variables of a set, with the right quantile and all sums at zero."""
        rest = np.zeros(self.extra)
        if self.share < 1 and y.any():
            rest[0] = self.scale * _quantile(self.nearest(y), self.weights, self.share)
        return np.concatenate([y.astype("float64"), rest])

    def violated(self, x: Floats, at: Floats | None = None) -> tuple[sparse.csr_array, Floats]:
        """Return the rows, at most one a group, that x breaks, each the tightest for the point `at` (x by itself)."""
        sites, count = self.minutes.shape[1], len(self.groups)
        found: list[sparse.csr_array] = []
        lows, numbers = [], []
        for first, end in itertools.pairwise(self._blocks):
            if found and time.perf_counter() > self.deadline:
                break
            rows, people, low = self._rows(x if at is None else at, first, end)
            side = rows @ x[:sites] + x[len(x) - count + first : len(x) - count + end]
            side += people * x[sites] if self.share < 1 else 0.0
            broken = np.flatnonzero(low - side > _BROKEN)
            quantile = [people[broken, None]] if self.share < 1 else []
            found.append(sparse.csr_array(np.hstack([rows[broken], *quantile])))
            lows.append(low[broken])
            numbers.append(first + broken)
        which = np.concatenate(numbers)
        own = sparse.csr_array((np.ones(len(which)), (np.arange(len(which)), which)), shape=(len(which), count))
        return sparse.csr_array(sparse.hstack([sparse.vstack(found), own], format="csr")), np.concatenate(lows)

    @cached_property
    def _blocks(self) -> list[int]:
        """Groups at which the rows of another block begin, and their number: a block has about so many minutes."""
        step = max(1, _FEW_MINUTES // self.minutes.shape[1])
        parts = self.groups // step
        return [*np.flatnonzero(np.diff(parts, prepend=-1)).tolist(), len(self.groups)]

    def _rows(self, x: Floats, first: int, end: int) -> tuple[Floats, Floats, Floats]:
        """Return by group: coefficients of the sites, of the quantile, and the side that they must reach."""
        starts = self.groups[first:end]
        last = int(self.groups[end]) if end < len(self.groups) else len(self.minutes)
        here = slice(int(starts[0]), last)
        minutes, weights, sites = self.minutes[here], self.weights[here], self.minutes.shape[1]
        if first not in self._orders:
            order = np.argsort(minutes, axis=1, kind="stable")
            self._orders[first] = order, np.take_along_axis(minutes, order, axis=1)
        order, ranked = self._orders[first]
        y = x[:sites]
        served = np.cumsum(y[order], axis=1) >= _FULL
        level = np.where(served.any(axis=1), served.argmax(axis=1), sites - 1)
        far = np.take_along_axis(ranked, level[:, None], axis=1)
        saved = np.clip(far - minutes, 0.0, None)
        if self.share < 1:
            weights = np.where(self.scale * (far[:, 0] - saved @ y) > x[sites], weights, 0.0)
        rows = np.add.reduceat(saved * (self.scale * weights)[:, None], starts - starts[0], axis=0)
        low = np.add.reduceat(far[:, 0] * (self.scale * weights), starts - starts[0])
        return rows, np.add.reduceat(weights, starts - starts[0]), low

    def greedy(self, y: Open, closed: Open, allowed: Callable[[Open], bool], count: int) -> Open:
        """Return y with up to `count` more sites, each time the one that saves most minutes of those allowed.

        After the deadline those that saved most at the last look.
        """
        y = y.copy()
        now = self.nearest(y) if y.any() else self.minutes.max(axis=1)
        for number in range(count):
            if not number or time.perf_counter() < self.deadline:
                totals = self._shortened_to(now)
            totals[y | closed] = np.inf
            for site in np.argsort(totals, kind="stable"):
                if not np.isfinite(totals[site]):
                    return y
                y[site] = True
                if allowed(y):
                    break
                y[site] = False
            else:
                return y
            now = np.minimum(now, self.minutes[:, site])
        return y

    def _shortened_to(self, now: Floats) -> Floats:
        """Return by site the mean minutes of everyone who goes there where it is nearer than now; a block at a time."""
        step, totals = max(1, _FEW_MINUTES // self.minutes.shape[1]), np.zeros(self.minutes.shape[1])
        for first in range(0, len(now), step):
            some = slice(first, first + step)
            totals += self.weights[some] @ np.minimum(self.minutes[some], now[some, None])
        return totals

    def improved(self, y: Open, allowed: Callable[[Open], bool]) -> Open:
        """Return a set at least as good in the mean, by the best exchange of two sites until none helps."""
        if self.share < 1 or not y.any():
            return y
        while time.perf_counter() < self.deadline:
            totals, sites = self._exchanges(y)
            now = float(self.weights @ self.nearest(y))
            better = np.argwhere(totals < now - 1e-12 * max(1.0, now))
            better = better[np.argsort(totals[tuple(better.T)], kind="stable")][:_TRIED]
            for out, into in better:
                changed = y.copy()
                changed[sites[out]], changed[into] = False, True
                if allowed(changed):
                    y = changed
                    break
            else:
                break
        return y

    def _exchanges(self, y: Open) -> tuple[Floats, NDArray[np.intp]]:
        """Return the mean minutes after each exchange, open sites × sites that replace them; and the open sites."""
        sites = np.flatnonzero(y)
        near = self.minutes[:, sites]
        first = near.argmin(axis=1)
        best = near[np.arange(len(near)), first]
        near[np.arange(len(near)), first] = np.inf
        totals = _after_exchanges(self.minutes, self.weights, first, best, near.min(axis=1), len(sites))
        totals[:, y] = np.inf
        return totals, sites


def _after_exchanges(
    minutes: Floats, weights: Floats, first: NDArray[np.intp], best: Floats, second: Floats, count: int
) -> Floats:
    """Return the sum of minutes after each exchange, open sites × sites: of few of them before numba is loaded."""
    if minutes.size > _FEW_MINUTES:
        from accessmap.siting.solver.exchanges import exchanges

        compiled: Floats = exchanges(minutes, weights, first, best, second, count)
        return compiled
    shut = np.minimum(minutes, second[:, None]) * weights[:, None]
    kept = np.minimum(minutes, best[:, None]) * weights[:, None]
    more = sparse.csr_array((np.ones(len(first)), (first, np.arange(len(first)))), shape=(count, len(first)))
    totals: Floats = more @ (shut - kept) + kept.sum(axis=0)
    return totals


def distinct_rows(minutes: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the first row of each of the rows that differ, and by row the number of its like.

    Rows are told apart by a sum of their bits: of a thousand times a thousand rows two may be taken for alike once in a
    million runs, so those that are taken for alike are compared.
    """
    bits = (minutes + 0.0).view(np.uint64)  # 0 and -0 are alike
    bits ^= bits >> np.uint64(32)  # the lower half of a round number is empty
    factors = np.random.default_rng(0).integers(1, 2**63, minutes.shape[1], dtype=np.uint64) | np.uint64(1)
    _, first, which = np.unique(bits @ factors, return_index=True, return_inverse=True)
    twice = np.flatnonzero(first[which] != np.arange(len(minutes)))
    if not (minutes[twice] == minutes[first[which[twice]]]).all():
        _, first, which = np.unique(minutes, axis=0, return_index=True, return_inverse=True)
    return first, which.ravel()


_FEW_MINUTES = 500_000
_TRIED = 50  # best exchanges looked at, where side conditions refuse some


def worst_mean(minutes: Floats, weights: Floats, share: float) -> float:
    """Return the mean minutes of the worst-off share of the people, the last of them counted in part.

    Source: conditional value at risk, Rockafellar & Uryasev (2000), Optimization of conditional value-at-risk.

    Examples
    --------
    >>> worst_mean(np.array([5.0, 10.0, 30.0]), np.array([5.0, 4.0, 1.0]), 0.2)
    20.0
    """
    order = np.argsort(-minutes, kind="stable")
    wanted = share * weights.sum()
    before = np.concatenate([[0.0], np.cumsum(weights[order])[:-1]])
    counted = np.clip(wanted - before, 0.0, weights[order])
    return float(counted @ minutes[order] / counted.sum())


def _quantile(minutes: Floats, weights: Floats, share: float) -> float:
    """Return the minutes of the last person of the worst-off share."""
    order = np.argsort(-minutes, kind="stable")
    last = np.searchsorted(np.cumsum(weights[order]), share * weights.sum() * _FULL)
    return float(minutes[order][min(last, len(order) - 1)])


_PIECES = 4
_FINEST = 0.02  # width of an interval that is branched on and not cut again, as a share of the objective


class _Floored(MeanMinutes):
    """Mean minutes with those below a floor put at the floor, but valued as they are."""

    def __init__(self, true: MeanMinutes, floor: float) -> None:
        super().__init__(np.maximum(true.minutes, floor), true.weights, share=true.share, deadline=true.deadline)
        self.true = true
        self.scale = true.scale

    def value(self, y: Open) -> float:
        return self.true.value(y)


class ShareProgram:
    """What `Program` is for the mean, for the worst-off share: `mean` has a share below 1, the bounds are of sites."""

    def __init__(self, mean: MeanMinutes, lower: Floats, upper: Floats, *, deadline: float) -> None:
        self.mean = mean
        self.sites = len(lower)
        self.lower = lower
        self.upper = upper
        self.deadline = deadline
        self.thrift: Floats | None = None
        self._rows: list[tuple[Any, Any, Any]] = []
        self._parts: list[Program] = []
        self._open: list[tuple[float, Program]] = []

    def add(self, rows: Any, low: Any, high: Any) -> None:
        """Add low <= rows·y <= high."""
        self._rows.append((rows, low, high))

    def size(self) -> dict[str, int]:
        """Return the number of variables and rows of the largest interval, of calls of HiGHS, and of intervals."""
        sizes = [part.size() for part in self._parts]
        largest = {key: max((size[key] for size in sizes), default=0) for key in ("variables", "rows")}
        return largest | {"rounds": sum(size["rounds"] for size in sizes), "intervals": len(sizes)}

    def solve(self, start: Open | None = None, *, ceiling: float = math.inf) -> Outcome:
        """Return the best set, its value and the proven bound; y is None where there is none below the ceiling."""
        best = self._begin(start)
        if best.value > ceiling:
            best = Outcome(None, ceiling, -math.inf)
        self._open = []
        number = itertools.count()  # so that the heap never compares programs
        heap: list[tuple[float, int, float, float, Program]] = []
        top = float(self.mean.minutes.max())
        edges = np.linspace(0.0, min(top, best.value / self.mean.scale), _PIECES + 1)
        pending = list(itertools.pairwise(edges))
        closed, bound = np.inf, 0.0
        while pending or heap:
            for a, b in pending:
                if time.perf_counter() > self.deadline:
                    closed = min(closed, bound)  # not looked at: no better bound than what it was cut from
                    break
                part = self._part(a, b)
                found = part.relaxed(best.y, ceiling=best.value)
                best = found if found.value < best.value else best
                if found.bound < np.inf:
                    heapq.heappush(heap, (max(bound, found.bound), next(number), a, b, part))
            pending = []
            if not heap or heap[0][0] >= best.value + TOLERANCE * max(1.0, best.value):
                break
            if time.perf_counter() > self.deadline:
                break
            bound, _, a, b, part = heapq.heappop(heap)
            if b - a > _FINEST * best.value / self.mean.scale and np.isfinite(best.value):
                pending = [(a, (a + b) / 2), ((a + b) / 2, b)]
                continue
            found = part.branched(Outcome(best.y, best.value, bound))
            best = found if found.value < best.value else best
            closed = min(closed, max(bound, found.bound))
            self._open.append((found.bound, part))
        self._open += [(entry[0], entry[4]) for entry in heap]
        bound = min([closed, *(entry[0] for entry in heap)])
        return Outcome(best.y, best.value, min(bound, best.value) if best.y is not None else bound)

    def first(self, best: Outcome) -> Outcome:
        """Return, of all the sets as good as this one, the one whose sites come first in the order of the columns."""
        if best.y is None or not best.proven:
            return best
        limit = best.value + TOLERANCE * max(1.0, best.value)
        found = [part.first(best) for bound, part in self._open if bound <= limit]
        return max([best, *found], key=lambda outcome: tuple(outcome.y) if outcome.y is not None else ())

    def _begin(self, start: Open | None) -> Outcome:
        """Return a first set, improved in turns for its own quantile."""
        part = self._part(0.0, float(self.mean.minutes.max()))
        if start is None or not part.allows(start):
            start = part.branched(Outcome(None, np.inf, -np.inf)).y
        if start is None:
            return Outcome(None, np.inf, -np.inf)
        y, value = start, self.mean.value(start)
        for better in (self._beyond, self._exchanged):
            while time.perf_counter() < self.deadline:
                changed = better(y, part.allows)
                if not self.mean.value(changed) < value * (1 - TOLERANCE):
                    break
                y, value = changed, self.mean.value(changed)
        return Outcome(y, value, -np.inf)

    def _beyond(self, y: Open, allowed: Callable[[Open], bool]) -> Open:
        """Return a set with a smaller mean of the minutes beyond the quantile of this one: quick, and nearly right."""
        quantile = self.mean.point(y)[self.sites] / self.mean.scale
        beyond = MeanMinutes(np.maximum(self.mean.minutes, quantile), self.mean.weights, deadline=self.deadline)
        return beyond.improved(y, allowed)

    def _exchanged(self, y: Open, allowed: Callable[[Open], bool]) -> Open:
        """Return the set after the best exchange of two sites for the worst-off share itself."""
        best, value = y, self.mean.value(y)
        for out in np.flatnonzero(y):
            for into in np.flatnonzero(~y):
                if time.perf_counter() > self.deadline:
                    return best
                changed = y.copy()
                changed[out], changed[into] = False, True
                if allowed(changed) and (now := self.mean.value(changed)) < value:
                    best, value = changed, now
        return best

    def _part(self, a: float, b: float) -> Program:
        """Return the program with the quantile between a and b minutes."""
        floored = _Floored(self.mean, a) if a > 0 else self.mean
        rest_lower, rest_upper = np.zeros(floored.extra), np.full(floored.extra, np.inf)
        rest_lower[0], rest_upper[0] = a * floored.scale, b * floored.scale
        part = Program(
            self.sites,
            np.concatenate([np.zeros(self.sites), floored.objective()]),
            np.concatenate([self.lower, rest_lower]),
            np.concatenate([self.upper, rest_upper]),
            deadline=self.deadline,
            oracle=floored,
        )
        part.thrift = self.thrift
        for rows in self._rows:
            part.add(*rows)
        self._parts.append(part)
        return part
