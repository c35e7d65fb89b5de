"""A 0-1 program over sites, solved to a proven optimum by HiGHS, with rows that an oracle adds when they are needed.

The variables are one y a site (open or not) and a few continuous ones that carry the objective. Where the objective is
the minutes of residents, writing every row of it is what makes the textbook model slow; here a row is written when a
solution breaks it (Benders' decomposition, as Duran-Mateluna, Ales & Elloumi 2023 do it for the p-median).
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from accessmap.tables.aligned import Floats

_LEAST_SECONDS = 0.1
_GRACE = 0.1  # seconds after its time limit in which HiGHS may say what it has
# Model statuses of HiGHS that tell something; others come of a presolve that stumbled over very unequal numbers.
_STATUS = highspy.HighsModelStatus
_STOPPED = (_STATUS.kTimeLimit, _STATUS.kIterationLimit, _STATUS.kSolutionLimit)

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


class Solved(NamedTuple):
    """What HiGHS says: x where there is one, its cost, what no x can beat, the duals of variables and rows."""

    x: Floats | None
    value: float
    bound: float
    reduced: Floats
    duals: Floats
    status: highspy.HighsModelStatus

    @property
    def optimal(self) -> bool:
        """Whether this is proven best."""
        return self.x is not None and self.status == _STATUS.kOptimal

    @property
    def infeasible(self) -> bool:
        """Whether nothing obeys the rows."""
        return bool(self.status == _STATUS.kInfeasible)


def solved(
    cost: Floats,
    matrix: tuple[sparse.csr_array, Floats, Floats],
    limits: tuple[Floats, Floats],
    *,
    deadline: float,
    whole: int = 0,
    start: Floats | None = None,
    apart: float = 0.0,
) -> Solved:
    """Return x of least cost, its first `whole` entries whole numbers: the one place where HiGHS is called.

    `start` is an x that obeys the rows, `apart` less than what two costs that differ are apart.
    """
    rows, low, high = matrix
    lp = highspy.HighsLp()
    lp.num_col_, lp.num_row_ = len(cost), len(low)
    lp.col_cost_, (lp.col_lower_, lp.col_upper_) = cost, limits
    lp.row_lower_, lp.row_upper_ = low, high
    lp.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
    lp.a_matrix_.start_, lp.a_matrix_.index_, lp.a_matrix_.value_ = rows.indptr, rows.indices, rows.data
    if whole:
        kinds = highspy.HighsVarType
        lp.integrality_ = [kinds.kInteger] * whole + [kinds.kContinuous] * (len(cost) - whole)
    known = -np.inf
    for presolve in ("choose", "off"):
        # the class below `Highs`, which prints a banner when it is made (1.16) and takes Ctrl-C for itself
        solver = highspy._core._Highs()
        left = max(_LEAST_SECONDS, deadline - time.perf_counter())
        options = {"output_flag": False, "mip_rel_gap": 0.0, "presolve": presolve, "time_limit": left}
        if apart:
            options["mip_abs_gap"] = apart
        for name, option in options.items():
            solver.setOptionValue(name, option)
        solver.passModel(lp)
        if start is not None:
            first = highspy.HighsSolution()
            first.col_value = start
            solver.setSolution(first)
        if not _run(solver, left):
            none = np.empty(0)
            return Solved(None, np.inf, known, none, none, _STATUS.kTimeLimit)
        status = solver.getModelStatus()
        found, solution = solver.getInfo(), solver.getSolution()
        there = found.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        value = found.objective_function_value
        bound = found.mip_dual_bound if whole else value
        x = np.array(solution.col_value) if there and status != _STATUS.kInfeasible else None
        # HiGHS 1.16 may tell the value of a better x and give back the start: presolve had changed the start unseen
        stale = start is not None and x is not None and cost @ x - value > TOLERANCE * max(1.0, abs(value))
        if stale:
            known, value = max(known, bound), float(cost @ np.asarray(x))
        elif status in (_STATUS.kOptimal, _STATUS.kInfeasible, *_STOPPED):
            break
    return Solved(x, value, max(bound, known), np.array(solution.col_dual), np.array(solution.row_dual), status)


def _run(solver: highspy._core._Highs, seconds: float) -> bool:
    """Run the solver on a thread of its own, and return whether it came back in time.

    Ctrl-C is heard here, and stops it at its next step. So does the limit: some steps of HiGHS look at no clock, and it
    is then left to come to its next look by itself.
    """
    stop = threading.Event()

    def heard(_kind: object, _message: object, _found: object, asked: Any, _data: object) -> None:
        asked.user_interrupt = stop.is_set()

    solver.setCallback(heard, None)
    for kind in ("kCallbackSimplexInterrupt", "kCallbackIpmInterrupt", "kCallbackMipInterrupt"):
        solver.startCallback(getattr(highspy.cb.HighsCallbackType, kind))
    work = threading.Thread(target=solver.run)  # at exit Python waits for one that is left
    started = time.perf_counter()
    work.start()
    try:
        while work.is_alive() and (late := time.perf_counter() - started - seconds) < _GRACE:
            if late > 0:
                stop.set()
            work.join(min(0.2, max(_GRACE / 2, -late)))
    except BaseException:
        stop.set()
        work.join(1.0)
        raise
    return not work.is_alive()


_TIE = 1e-9  # two values closer than this, as a share, are equal
_BLOCK = 10  # sites ordered in one solve: the weights 2**9 … 1 stay far above the solver's tolerance
_LP_ROUNDS = 60
_LP_PATIENCE = 4  # rounds over which the bound must rise by this share of the gap
_LP_PROGRESS = 0.02


class Program:
    """Minimise cost·x over x = (y, rest), y in {0, 1}, subject to rows; cost and bounds are by variable, y first.

    The oracle is needed where the true objective is not cost·x by itself. At the deadline (`time.perf_counter()`) the
    best set found is returned.
    """

    def __init__(
        self, sites: int, cost: Floats, lower: Floats, upper: Floats, *, deadline: float, oracle: Oracle | None = None
    ) -> None:
        self.sites, self.cost, self.oracle, self.deadline = sites, cost, oracle, deadline
        self._given = (lower, upper)
        self.lower, self.upper = lower.copy(), upper.copy()
        # By site, what to spare among equally good sets before their order counts; None where their number is fixed.
        self.thrift: Floats | None = None
        self.rounds = 0
        self._rows: list[sparse.csr_array] = []
        self._low: list[Floats] = []
        self._high: list[Floats] = []
        self._sets: list[tuple[sparse.csr_array, Floats, Floats]] = []  # the rows over sites alone

    def add(self, rows: Any, low: Any, high: Any) -> None:
        """Add low <= rows·x <= high; rows may be over the first variables alone."""
        rows = sparse.csr_array(rows)
        low = np.broadcast_to(np.asarray(low, "float64"), rows.shape[:1])
        high = np.broadcast_to(np.asarray(high, "float64"), rows.shape[:1])
        if rows.shape[1] == self.sites:
            self._sets.append((rows.copy(), low, high))
        if rows.shape[1] < len(self.cost):
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

    def solve(self, start: Open | None = None, *, ceiling: float = math.inf) -> Outcome:
        """Return the best set, its value and the proven bound.

        y is None where no set obeys the rows with a value below the ceiling; the bound is then above it.
        """
        self.lower, self.upper = self._given[0].copy(), self._given[1].copy()
        return self.branched(self.relaxed(start, ceiling=ceiling))

    def relaxed(self, start: Open | None = None, *, ceiling: float = math.inf) -> Outcome:
        """Return the best set met below the ceiling, and the bound, without branching; without an oracle the first."""
        best = Outcome(None, ceiling, -math.inf)
        if start is not None and self.allows(start):
            point = start.astype("float64") if self.oracle is None else self.oracle.point(start)
            best = self._better(best, start, point)
            self._cut(point)
        return best if self.oracle is None else self._relax(best)

    def branched(self, best: Outcome) -> Outcome:
        """Return the best set and the bound, from those of the relaxation on, by branch and cut."""
        met: set[bytes] = set()
        while not best.proven and best.bound < math.inf and best.bound <= best.value:
            lp = self._solved(self.cost, self.sites)
            self.rounds += 1
            if lp.infeasible:
                return replace(best, bound=best.value if best.y is not None else math.inf)
            before = best.bound
            best = replace(best, bound=max(best.bound, lp.bound))
            if lp.x is not None:
                y = lp.x[: self.sites] > 0.5
                best = self._better(best, y, lp.x)
                again = y.tobytes() in met
                met.add(y.tobytes())
                cut = (
                    self.oracle is not None and self._cut(lp.x) + (0 if again else self._cut(self.oracle.point(y))) > 0
                )
                # without a new row, the solver's objective is the true one, up to its tolerance
                if not cut or (again and lp.bound <= before):
                    break
            if lp.status in _STOPPED or lp.x is None or time.perf_counter() > self.deadline:
                break
        return best

    def once(self, start: Floats | None, *, apart: float = 0.0) -> Solved:
        """Return what HiGHS says of the rows as they are, from an x that obeys them on; `apart` as in `solved`."""
        return self._solved(self.cost, self.sites, start, apart)

    def first(self, best: Outcome) -> Outcome:
        """Return, of all the sets as good as this one, the one whose sites come first in the order of the columns."""
        if best.y is None or not best.proven:
            return best
        limit = best.value + _TIE * max(1.0, abs(best.value))
        kept = (self._rows[:], self._low[:], self._high[:], self._sets[:], self.lower.copy(), self.upper.copy())
        lp = self._solved(self.cost, 0)
        if lp.optimal:  # what every set with an objective up to the limit closes or opens is fixed
            self._close(lp, limit + TOLERANCE * max(1.0, abs(limit)))
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
        if y is best.y:
            return best
        true = self.oracle.value(y) if self.oracle is not None else math.inf
        return Outcome(y, min(best.value, true), best.bound)

    def _least(self, weights: Floats, limit: float) -> Open | None:
        """Return the set of least weight whose objective is within the limit; None out of time."""
        while time.perf_counter() < self.deadline:
            found = self._solved(weights, self.sites)
            if found.x is None or not found.optimal:
                return None
            y: Open = found.x[: self.sites] > 0.5
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
        if self.oracle is None or (self._rows and time.perf_counter() > self.deadline):
            return 0  # a bound holds without these rows
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
            lp = self._solved(self.cost, 0)
            self.rounds += 1
            if lp.infeasible:
                return replace(best, bound=best.value if best.y is not None else math.inf)
            if lp.x is None or not lp.optimal:
                break
            best = replace(best, bound=max(best.bound, lp.value))
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

    def _close(self, lp: Solved, limit: float) -> None:
        """Fix sites by reduced cost: changing this y alone would lift the relaxation above the limit."""
        assert lp.x is not None
        slack = limit - lp.value
        y, reduced = lp.x[: self.sites], lp.reduced[: self.sites]
        self.upper[: self.sites][(y < TOLERANCE) & (reduced > slack)] = 0.0
        self.lower[: self.sites][(y > 1 - TOLERANCE) & (-reduced > slack)] = 1.0

    def _solved(self, cost: Floats, whole: int, start: Floats | None = None, apart: float = 0.0) -> Solved:
        """Return what HiGHS says of these rows, with another cost and so many variables whole."""
        if len(self._rows) > 1:
            self._rows = [sparse.csr_array(sparse.vstack(self._rows, format="csr"))]
            self._low, self._high = [np.concatenate(self._low)], [np.concatenate(self._high)]
        matrix = self._rows[0], self._low[0], self._high[0]
        limits = (self.lower, self.upper)
        return solved(cost, matrix, limits, deadline=self.deadline, whole=whole, start=start, apart=apart)
