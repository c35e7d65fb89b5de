"""Sites chosen as if residents could be split, then everyone sent whole: Benders' decomposition, for many residents."""

from __future__ import annotations

import time

import numpy as np
from scipy import sparse

from accessmap.siting.question import needed_rows
from accessmap.siting.solver.lagrangian import Loads
from accessmap.siting.solver.plans import Plans
from accessmap.siting.solver.program import Open, Program, no_good
from accessmap.siting.solver.textbook import sent
from accessmap.siting.solver.whole import settled
from accessmap.tables.aligned import Floats

_SCALE = 1000.0  # of the solver's objective, far above its tolerance of 1e-6
_ROUNDING = 1e-9  # of the sum of the people
_PART = 0.5  # of the time left, for sending everyone whole to one set of sites


def decompose(plans: Plans, deadline: float) -> dict[str, int]:
    """Raise the bound of the plans and find better ones, until proven or the deadline; the size of the program.

    Residents who may be split bound those who may not. A set of sites whose bound is below the best plan is filled with
    residents whole, and refused.
    """
    unit = max(float(plans.cost.min(axis=1).sum()), 1e-9) / _SCALE
    loads = Loads(plans.cost / plans.people[:, None], plans.people, plans.room, unit, deadline)
    program, least = _program(plans, loads), plans.least()
    others = 0.0  # bound of all sets that were not refused
    refused: list[tuple[float, Open]] = []  # bound of each set that was, and is not done
    while not plans.proven and time.perf_counter() < deadline:
        y, again = None, others >= plans.below(plans.value)  # nothing new can be better: back to what is not done
        if not again:
            start = plans.y if plans.y is not None and program.allows(plans.y) else None
            found = program.solve(start, ceiling=plans.below(plans.value) / unit)
            others, y = found.bound * unit, found.y
        elif refused:
            y = refused.pop(min(range(len(refused)), key=lambda each: refused[each][0]))[1]
        if not again:
            plans.raised(min([others, *(bound for bound, _ in refused)]))
        if plans.proven or (y is None and (again or not refused or others < plans.below(plans.value))):
            break
        if y is not None:
            bound = _filled(plans, loads, y, least, deadline if again else None)
            if bound < plans.below(plans.value):
                refused.append((bound, y))
            if not again:
                program.add(*no_good(y))
            plans.raised(min([others, *(bound for bound, _ in refused)]))
    return program.size()


def _filled(plans: Plans, loads: Loads, y: Open, least: Floats, deadline: float | None) -> float:
    """Return a bound on the plans of one set of sites, and take the best; without a deadline in part of the time."""
    where = loads.whole(y)
    if where.min() >= 0:
        plans.take(settled(plans.cost, plans.people, plans.room, where, np.flatnonzero(y)), y, where)
    now, limit = time.perf_counter(), plans.below(plans.value)
    until = max(now + 1.0, now + _PART * (loads.deadline - now)) if deadline is None else deadline
    bound, _ = sent(plans, loads.near(y, limit) & (least <= limit), min(until, loads.deadline), y)
    return max(bound, loads.value(y) / loads.scale)


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
