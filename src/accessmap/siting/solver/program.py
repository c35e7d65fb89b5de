"""A 0-1 program over sites, solved to a proven optimum by HiGHS, with rows that an oracle adds when they are needed.

The variables are one y a site (open or not) and a few continuous ones that carry the objective. Where the objective is
the minutes of residents, writing every row of it is what makes the textbook model slow; here a row is written when a
solution breaks it (Benders' decomposition, as Duran-Mateluna, Ales & Elloumi 2023 do it for the p-median).
"""

from __future__ import annotations

import ctypes
import math
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import IO, Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from accessmap.tables.aligned import Floats

__all__ = [
    "INFEASIBLE",
    "LIMIT",
    "OPTIMAL",
    "TOLERANCE",
    "Open",
    "Oracle",
    "Outcome",
    "Program",
    "Rows",
    "no_good",
    "solved_relaxed",
    "solved_whole",
    "without_stray_lines",
]

OPTIMAL, LIMIT, INFEASIBLE = 0, 1, 2  # status codes of scipy.optimize.milp and linprog
_LEAST_SECONDS = 0.1

Matrix = tuple[sparse.csr_array, Floats, Floats]
Limits = tuple[Floats, Floats]


def solved_whole(
    cost: Floats, sites: int, matrix: Matrix, limits: Limits, *, deadline: float
) -> tuple[Floats | None, float, int]:
    """Return x of least cost with its first `sites` entries whole, the proven bound, and the status."""
    rows, low, high = matrix
    integrality = np.zeros(len(cost))
    integrality[:sites] = 1
    for presolve in (True, False):
        with without_stray_lines():
            result = milp(
                cost,
                integrality=integrality,
                bounds=Bounds(*limits),
                constraints=LinearConstraint(rows, low, high),
                options={"mip_rel_gap": 0.0, "time_limit": _left(deadline), "presolve": presolve},
            )
        if result.status in (OPTIMAL, LIMIT, INFEASIBLE):
            break  # else the presolve of HiGHS has stumbled over numbers of very unequal size
    bound = result.mip_dual_bound if result.mip_dual_bound is not None else -math.inf
    return result.x, float(bound), int(result.status)


def solved_relaxed(cost: Floats, matrix: Matrix, limits: Limits, *, deadline: float) -> Any:
    """Return scipy's result of the same program with all entries free to be fractions."""
    rows, low, high = matrix
    above, below = np.isfinite(high), np.isfinite(low)
    return linprog(
        cost,
        A_ub=sparse.vstack([rows[above], -rows[below]], format="csr"),
        b_ub=np.concatenate([high[above], -low[below]]),
        bounds=np.column_stack(limits),
        method="highs",
        options={"time_limit": _left(deadline)},
    )


def _left(deadline: float) -> float:
    return max(_LEAST_SECONDS, deadline - time.perf_counter())


Open = NDArray[np.bool_]

# HiGHS proves a minimum up to an absolute 1e-6 (its option mip_abs_gap); the objectives here are minutes or shares,
# about 1 to 100, so a solution is called optimal at this relative gap.
TOLERANCE = 1e-6


class Oracle(Protocol):
    """What the objective really is, and the linear rows that say so around a point."""

    def value(self, y: Open) -> float:
        """Return the true objective of a set of open sites."""

    def violated(self, x: Floats, at: Floats | None = None) -> tuple[sparse.csr_array, Floats]:
        """Return rows A and sides b of A x >= b that hold for all solutions and that x breaks, the tightest at `at`."""

    def point(self, y: Open) -> Floats:
        """Return the variables of a set of open sites, the objective still at nothing."""

    def improved(self, y: Open, allowed: Callable[[Open], bool]) -> Open:
        """Return a set at least as good, found by exchanging sites one by one."""


class Rows(Protocol):
    """What rows over sites can be added to."""

    thrift: Floats | None

    def add(self, rows: Any, low: Any, high: Any) -> None:
        """Add low <= rows·y <= high."""


@dataclass(frozen=True)
class Outcome:
    """The best set found, its value, and what is proven about every other."""

    y: Open | None
    value: float
    bound: float
    x: Floats | None = None

    @property
    def proven(self) -> bool:
        """Whether no set can be better, up to the tolerance of the solver."""
        return self.y is not None and self.value - self.bound <= TOLERANCE * max(1.0, abs(self.value))


def no_good(y: Open) -> tuple[sparse.csr_array, float, float]:
    """Return the row that refuses this set and no other: at least one site must differ."""
    return sparse.csr_array(np.where(y, -1.0, 1.0)[None, :]), 1.0 - float(y.sum()), np.inf


# HiGHS 1.8 to 1.12 print this with printf, whatever its log options say, each time it repairs a solution.
_STRAY = b"HighsMipSolverData::transformNewIntegerFeasibleSolution"


class _Aside:
    """Standard output put aside in a file while any thread solves; shared, since it belongs to the whole process."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.solving = 0
        self.saved = -1
        self.file: IO[bytes] | None = None

    def begin(self) -> None:
        with self.lock:
            if self.solving == 0:
                _flush()
                file = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the last thread is done
                self.saved = os.dup(1)
                os.dup2(file.fileno(), 1)
                self.file = file
            self.solving += 1

    def end(self) -> None:
        with self.lock:
            self.solving -= 1
            if self.solving or self.file is None:
                return
            _flush()
            os.dup2(self.saved, 1)
            os.close(self.saved)
            self.file.seek(0)
            for line in self.file:
                if not line.startswith(_STRAY):
                    _write(line)
            self.file.close()
            self.file = None


_ASIDE = _Aside()


@contextmanager
def without_stray_lines() -> Iterator[None]:
    """Within this block, put the process's standard output aside; then write all of it but the stray lines of HiGHS.

    What other threads print meanwhile comes late, and is not lost; a notebook's own output does not pass here at all.
    A process that another thread starts meanwhile would keep the file for its output: start it with one of its own.
    Where there is no standard output, or no way to flush C's, nothing is done.
    """
    if sys.platform == "win32":
        yield
        return
    try:
        _ASIDE.begin()
    except OSError:  # standard output is closed, or there is no room for a file
        yield
        return
    try:
        yield
    finally:
        _ASIDE.end()


def _write(line: bytes) -> None:
    while line:
        line = line[os.write(1, line) :]


def _flush() -> None:
    """Empty the buffers of Python and of C, so that each text goes where it was written to."""
    with suppress(OSError, ValueError, AttributeError):  # a stream without a file is none of ours
        if sys.stdout.fileno() == 1:
            sys.stdout.flush()
    ctypes.CDLL(None).fflush(None)


_TIE = 1e-9  # two values closer than this, as a share, are equal
_BLOCK = 10  # sites ordered in one solve: the weights 2**9 … 1 stay far above the solver's tolerance
_LP_ROUNDS = 60
_LP_PATIENCE = 4  # rounds over which the bound must rise by this share of the gap
_LP_PROGRESS = 0.02


class Program:
    """Minimise cost·x over x = (y, rest), y in {0, 1}, subject to rows.

    Parameters
    ----------
    sites
        Number of y.
    cost, lower, upper
        By variable, y first.
    oracle
        Where the true objective is not cost·x by itself.

    Attributes
    ----------
    thrift
        By site, what to spare among equally good sets before their order counts; None where their number is fixed.
    deadline
        `time.perf_counter()` at which to stop with the best set found.
    """

    def __init__(
        self,
        sites: int,
        cost: Floats,
        lower: Floats,
        upper: Floats,
        *,
        deadline: float,
        oracle: Oracle | None = None,
    ) -> None:
        self.sites = sites
        self.cost = cost
        self._given = (lower, upper)
        self.lower, self.upper = lower.copy(), upper.copy()
        self.thrift: Floats | None = None
        self.oracle = oracle
        self.deadline = deadline
        self.rounds = 0
        self._rows: list[sparse.csr_array] = []
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self._sets: list[tuple[sparse.csr_array, Floats, Floats]] = []  # the rows over sites alone

    def add(self, rows: Any, low: Any, high: Any) -> None:
        """Add low <= rows·x <= high; rows may be over the sites alone."""
        rows = sparse.csr_array(rows)
        low = np.broadcast_to(np.asarray(low, "float64"), rows.shape[:1])
        high = np.broadcast_to(np.asarray(high, "float64"), rows.shape[:1])
        if rows.shape[1] == self.sites:
            self._sets.append((rows.copy(), low, high))
            rows.resize((rows.shape[0], len(self.cost)))
        self._rows.append(rows)
        self._low.append(low)
        self._high.append(high)

    def size(self) -> dict[str, int]:
        """Return the number of variables and rows, and how many times HiGHS was called."""
        return {
            "variables": len(self.cost), "rows": sum(rows.shape[0] for rows in self._rows), "rounds": self.rounds,
        }  # fmt: skip

    def value(self, y: Open, x: Floats) -> float:
        """Return the true objective of a solution."""
        return self.oracle.value(y) if self.oracle is not None else float(self.cost @ x)

    # ------------------------------------------------------------------ solving

    def solve(self, start: Open | None = None, *, ceiling: float = math.inf) -> Outcome:
        """Return the best set, its value and the proven bound.

        y is None where no set obeys the rows with a value below the ceiling; the bound is then above it.
        """
        self.lower, self.upper = self._given[0].copy(), self._given[1].copy()
        return self.branched(self.relaxed(start, ceiling=ceiling))

    def relaxed(self, start: Open | None = None, *, ceiling: float = math.inf) -> Outcome:
        """Return the best set met below the ceiling, and the bound, without branching; for a program with an oracle."""
        best = Outcome(None, ceiling, -math.inf)
        if self.oracle is None:
            return best
        if start is not None and self.allows(start):
            best = self._better(best, start, self.oracle.point(start))
            self._cut(self.oracle.point(start))
        return self._relax(best)

    def branched(self, best: Outcome) -> Outcome:
        """Return the best set and the bound, from those of the relaxation on, by branch and cut."""
        met: set[bytes] = set()
        while not best.proven and best.bound < math.inf and best.bound <= best.value:
            x, bound, status = self._milp(self.cost)
            self.rounds += 1
            if status == INFEASIBLE:
                return replace(best, bound=best.value if best.y is not None else math.inf)
            before = best.bound
            best = replace(best, bound=max(best.bound, bound))
            if x is not None:
                y = x[: self.sites] > 0.5
                best = self._better(best, y, x)
                again = y.tobytes() in met
                met.add(y.tobytes())
                cut = self.oracle is not None and self._cut(x) + (0 if again else self._cut(self.oracle.point(y))) > 0
                # without a new row, the solver's objective is the true one, up to its tolerance
                if not cut or (again and bound <= before):
                    break
            if status == LIMIT or x is None or time.perf_counter() > self.deadline:
                break
        return best

    def first(self, best: Outcome) -> Outcome:
        """Return, of all the sets as good as this one, the one whose sites come first in the order of the columns."""
        if best.y is None or not best.proven:
            return best
        limit = best.value + _TIE * max(1.0, abs(best.value))
        kept = (self._rows[:], self._low[:], self._high[:], self._sets[:], self.lower.copy(), self.upper.copy())
        self._fix(limit)
        self.add(self.cost[None, :], -np.inf, limit)
        y = best.y
        free = np.flatnonzero(self.lower[: self.sites] < self.upper[: self.sites])
        blocks = [block for block in np.split(free, range(_BLOCK, len(free), _BLOCK)) if len(block)]
        if self.thrift is not None and blocks:
            spared = self._least(np.append(self.thrift, np.zeros(len(self.cost) - self.sites)), limit)
            y = spared if spared is not None else y
            self.add(self.thrift[None, :], -np.inf, float(self.thrift @ y) * (1 + _TIE))
        for block in blocks:
            weights = np.zeros(len(self.cost))
            weights[block] = -(2.0 ** np.arange(len(block))[::-1])
            found = self._least(weights, limit)
            if found is None:
                break
            y = found
            self.lower[block] = self.upper[block] = y[block]
        self._rows, self._low, self._high, self._sets, self.lower, self.upper = kept
        return Outcome(y, min(best.value, self._true(y)), best.bound) if y is not best.y else best

    def _true(self, y: Open) -> float:
        return self.oracle.value(y) if self.oracle is not None else math.inf

    def _least(self, weights: Floats, limit: float) -> Open | None:
        """Return the set of least weight whose objective is within the limit; None out of time."""
        while time.perf_counter() < self.deadline:
            x, _, status = self._milp(weights)
            if x is None or status != OPTIMAL:
                return None
            y: Open = x[: self.sites] > 0.5
            if self.oracle is None or self.oracle.value(y) <= limit:
                return y
            self._cut(self.oracle.point(y))
            self.add(*no_good(y))
        return None

    def allows(self, y: Open) -> bool:
        """Return whether the rows over sites alone allow this set."""
        x = y.astype("float64")
        if (x < self.lower[: self.sites]).any() or (x > self.upper[: self.sites]).any():
            return False
        for rows, low, high in self._sets:
            side = rows @ x
            if (side < low - TOLERANCE).any() or (side > high + TOLERANCE).any():
                return False
        return True

    def _better(self, best: Outcome, y: Open, x: Floats) -> Outcome:
        if self.oracle is not None:
            y = self.oracle.improved(y, self.allows)
        value = self.value(y, x)
        return Outcome(y, value, best.bound, x) if value < best.value else best

    def _cut(self, x: Floats, at: Floats | None = None) -> int:
        """Add the rows that a point breaks; return how many."""
        if self.oracle is None:
            return 0
        rows, low = self.oracle.violated(x, at)
        if rows.shape[0]:
            self.add(rows, low, np.inf)
        return int(rows.shape[0])

    def _relax(self, best: Outcome) -> Outcome:
        """Add rows until the relaxation without integers is right, and close sites that no better set can open."""
        assert self.oracle is not None
        bounds = [-math.inf] * _LP_PATIENCE
        for _ in range(_LP_ROUNDS):
            if best.bound - bounds[-_LP_PATIENCE] < _LP_PROGRESS * (best.value - best.bound):
                break  # the last rounds hardly moved the bound: what is left is for branching
            bounds.append(best.bound)
            if best.proven or time.perf_counter() > self.deadline:
                break
            lp = self._linprog()
            self.rounds += 1
            if lp.status == INFEASIBLE:
                return replace(best, bound=best.value if best.y is not None else math.inf)
            if lp.status != OPTIMAL:
                break
            best = replace(best, bound=max(best.bound, float(lp.fun)))
            if best.value < math.inf:
                self._close(lp, best.value + TOLERANCE * max(1.0, abs(best.value)))
            inner = None if best.y is None else (lp.x + self.oracle.point(best.y)) / 2
            if not (inner is not None and self._cut(lp.x, inner)) and not self._cut(lp.x):
                break
            guess = self._rounded(lp.x[: self.sites])
            if self.allows(guess):
                best = self._better(best, guess, lp.x)
        return best

    def _rounded(self, y: Floats) -> Open:
        """Return the set of the largest fractions, as many as they add up to."""
        guess = np.zeros(self.sites, bool)
        guess[np.argsort(-y, kind="stable")[: round(y.sum())]] = True
        return guess

    def _fix(self, limit: float) -> None:
        """Close (or keep open) the sites that every set with an objective up to the limit closes (or opens)."""
        lp = self._linprog()
        if lp.status == OPTIMAL:
            self._close(lp, limit + TOLERANCE * max(1.0, abs(limit)))

    def _close(self, lp: Any, limit: float) -> None:
        """Fix sites by reduced cost: changing this y alone would lift the relaxation above the limit."""
        slack = limit - lp.fun
        reduced = (lp.lower.marginals + lp.upper.marginals)[: self.sites]
        y = lp.x[: self.sites]
        self.upper[: self.sites][(y < TOLERANCE) & (reduced > slack)] = 0.0
        self.lower[: self.sites][(y > 1 - TOLERANCE) & (-reduced > slack)] = 1.0

    # ------------------------------------------------------------------ HiGHS

    def _matrix(self) -> tuple[sparse.csr_array, Floats, Floats]:
        if len(self._rows) > 1:
            self._rows = [sparse.csr_array(sparse.vstack(self._rows, format="csr"))]
            self._low, self._high = [np.concatenate(self._low)], [np.concatenate(self._high)]
        return self._rows[0], self._low[0], self._high[0]

    def _milp(self, cost: Floats) -> tuple[Floats | None, float, int]:
        return solved_whole(cost, self.sites, self._matrix(), (self.lower, self.upper), deadline=self.deadline)

    def _linprog(self) -> Any:
        return solved_relaxed(self.cost, self._matrix(), (self.lower, self.upper), deadline=self.deadline)
