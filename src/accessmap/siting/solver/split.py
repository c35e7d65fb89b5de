"""Sites chosen as if residents could be split, then everyone sent whole: Benders' decomposition, for many residents."""

from __future__ import annotations

import time

import numpy as np
from scipy import sparse

from accessmap.siting.question import needed_rows
from accessmap.siting.solver.lagrangian import Loads
from accessmap.siting.solver.plans import Plans
from accessmap.siting.solver.program import Program, no_good
from accessmap.siting.solver.textbook import sent
from accessmap.siting.solver.whole import settled
from accessmap.tables.aligned import Floats

_SCALE = 1000.0  # of the solver's objective, far above its tolerance of 1e-6
_ROUNDING = 1e-9  # of the sum of the people
_PART = 0.2  # of the time left, for sending everyone whole to one set of sites


def decompose(plans: Plans, deadline: float) -> dict[str, int]:
    """Raise the bound of the plans and find better ones, until proven or the deadline; the size of the program.

    Residents who may be split bound those who may not. A set of sites whose bound is below the best plan is filled with
    residents whole, and refused.
    """
    unit = max(float(plans.cost.min(axis=1).sum()), 1e-9) / _SCALE
    loads = Loads(plans.cost / plans.people[:, None], plans.people, plans.room, unit, deadline)
    program, least = _program(plans, loads), plans.least()
    floor = np.inf  # what is known of the sets that were refused
    while not plans.proven and time.perf_counter() < deadline:
        start = plans.y if plans.y is not None and program.allows(plans.y) else None
        found = program.solve(start, ceiling=plans.below(plans.value) / unit)
        plans.raised(min(found.bound * unit, floor))
        if found.y is None or plans.proven:
            break
        where = loads.whole(found.y)
        if where.min() >= 0:
            plans.take(settled(plans.cost, plans.people, plans.room, where, np.flatnonzero(found.y)), found.y, where)
        now = time.perf_counter()
        until = min(deadline, now + max(1.0, _PART * (deadline - now)))
        limit = plans.below(plans.value)
        bound, _ = sent(plans, loads.near(found.y, limit) & (least <= limit), until, found.y)
        floor = min(floor, max(bound, loads.value(found.y) * unit))
        program.add(*no_good(found.y))
    return program.size()


def _program(plans: Plans, loads: Loads) -> Program:
    """Return the program over sites alone, with the rows of the last steps; sites that no better plan opens closed."""
    sites = len(plans.room)
    lower, upper = plans.choice.bounds(np.zeros(1), np.array([loads.most * loads.scale]))
    upper[:sites] *= plans.choice.existing | (plans.least() <= plans.below(plans.value)).any(axis=0)
    program = Program(sites, np.append(np.zeros(sites), 1.0), lower, upper, deadline=loads.deadline, oracle=loads)
    plans.choice.limit(program)
    program.add(plans.room[None, :] / plans.people.sum(), 1.0 - _ROUNDING, np.inf)
    needed = needed_rows(np.isfinite(plans.cost), plans.choice.existing)
    if len(needed):
        program.add(sparse.csr_array(needed.astype("float64")), 1.0, np.inf)
    paid: list[Floats] = [each / plans.people for each in plans.steps]
    program.add(*loads.rows(paid), np.inf)
    return program
