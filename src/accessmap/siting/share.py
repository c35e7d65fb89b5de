"""The mean minutes of the worst-off share, made smallest: a search over the quantile, each part a tight program.

With the quantile q free, the relaxation of min q + mean((minutes - q)+) / share is weak, since half-open sites make
everyone's way middling. With q between a and b, minutes below a may be put at a without changing the objective, and
the closer a and b the more the rest is a p-median of (minutes - q)+, whose relaxation is strong. So q is cut into
intervals, most of which fall at their first relaxation.
"""

from __future__ import annotations

import heapq
import itertools
import math
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from accessmap.alignment import Floats
from accessmap.siting.costs import Costs
from accessmap.siting.outcome import TOLERANCE, Open, Outcome
from accessmap.siting.program import Program

__all__ = ["ShareProgram"]

_PIECES = 4
_FINEST = 0.02  # width of an interval that is branched on and not cut again, as a share of the objective


class _Floored(Costs):
    """The costs with minutes below a floor put at the floor, but valued as they are."""

    def __init__(self, true: Costs, floor: float) -> None:
        super().__init__(np.maximum(true.minutes, floor), true.weights, share=true.share)
        self.true = true
        self.scale = true.scale

    def value(self, y: Open) -> float:
        return self.true.value(y)


class ShareProgram:
    """What `Program` is for the mean, for the worst-off share.

    Parameters
    ----------
    costs
        With a share below 1.
    lower, upper
        Bounds of the sites.
    deadline
        `time.perf_counter()` at which to stop.
    """

    def __init__(self, costs: Costs, lower: Floats, upper: Floats, *, deadline: float) -> None:
        self.costs = costs
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
        top = float(self.costs.minutes.max())
        edges = np.linspace(0.0, min(top, best.value / self.costs.scale), _PIECES + 1)
        pending = list(itertools.pairwise(edges))
        closed, bound = np.inf, 0.0
        while pending or heap:
            for a, b in pending:
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
            if b - a > _FINEST * best.value / self.costs.scale and np.isfinite(best.value):
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
        part = self._part(0.0, float(self.costs.minutes.max()))
        if start is None or not part.allows(start):
            start = part.branched(Outcome(None, np.inf, -np.inf)).y
        if start is None:
            return Outcome(None, np.inf, -np.inf)
        y, value = start, self.costs.value(start)
        for better in (self._beyond, self._exchanged):
            while time.perf_counter() < self.deadline:
                changed = better(y, part.allows)
                if not self.costs.value(changed) < value * (1 - TOLERANCE):
                    break
                y, value = changed, self.costs.value(changed)
        return Outcome(y, value, -np.inf)

    def _beyond(self, y: Open, allowed: Callable[[Open], bool]) -> Open:
        """Return a set with a smaller mean of the minutes beyond the quantile of this one: quick, and nearly right."""
        quantile = self.costs.point(y)[self.sites] / self.costs.scale
        beyond = Costs(np.maximum(self.costs.minutes, quantile), self.costs.weights)
        return beyond.improved(y, allowed)

    def _exchanged(self, y: Open, allowed: Callable[[Open], bool]) -> Open:
        """Return the set after the best exchange of two sites for the worst-off share itself."""
        best, value = y, self.costs.value(y)
        for out in np.flatnonzero(y):
            for into in np.flatnonzero(~y):
                changed = y.copy()
                changed[out], changed[into] = False, True
                if allowed(changed) and (now := self.costs.value(changed)) < value:
                    best, value = changed, now
        return best

    def _part(self, a: float, b: float) -> Program:
        """Return the program with the quantile between a and b minutes."""
        costs = _Floored(self.costs, a)
        rest_lower, rest_upper = np.zeros(costs.extra), np.full(costs.extra, np.inf)
        rest_lower[0], rest_upper[0] = a * costs.scale, b * costs.scale
        part = Program(
            self.sites,
            np.concatenate([np.zeros(self.sites), costs.objective()]),
            np.concatenate([self.lower, rest_lower]),
            np.concatenate([self.upper, rest_upper]),
            deadline=self.deadline,
            oracle=costs,
        )
        part.thrift = self.thrift
        for rows in self._rows:
            part.add(*rows)
        self._parts.append(part)
        return part
