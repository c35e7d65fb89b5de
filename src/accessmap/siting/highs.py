"""The only door to HiGHS: one 0-1 program, or its relaxation, solved within a time."""

from __future__ import annotations

import math
import time
from typing import Any

import numpy as np
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from accessmap.alignment import Floats
from accessmap.siting.quiet import without_stray_lines

__all__ = ["INFEASIBLE", "LIMIT", "OPTIMAL", "solved_relaxed", "solved_whole"]

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
