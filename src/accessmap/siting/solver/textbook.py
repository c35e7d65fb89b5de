"""The textbook model of residents sent whole to sites, of those pairs alone that a better plan can have."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from accessmap.siting.solver.plans import ROUGH, Plans
from accessmap.siting.solver.program import TOLERANCE, Open, Program

_SCALE = 1000.0  # of the solver's objective, far above its tolerance of 1e-6
_ROUNDING = 1e-9  # of the sum of the people
_SHARES = (0.25,)  # of the way from the bound to the best plan, tried first where pairs are many
_MANY = 1_500
_MOST = 60_000  # pairs of one model; with more HiGHS does not get through the first relaxation in a minute
_UNKNOWN = 1.02  # times the bound: the first limit where no plan is known


def prove(plans: Plans, deadline: float) -> dict[str, int]:
    """Prove the best plan, or find a better one, and return the size of the last model.

    A plan that costs no more than some limit has no pair that costs more by itself. So the model of the pairs below the
    limit proves that limit, or the best plan; a low limit, with few pairs, comes first.
    """
    size = {"variables": 0, "rows": 0, "rounds": 0}
    least = plans.least()
    shares, most = list(_SHARES), _MOST
    while not plans.proven and plans.bound < np.inf and time.perf_counter() < deadline:
        before = plans.bound, plans.value, most
        limit = plans.below(plans.value)
        if shares and np.count_nonzero(least <= limit) > _MANY:
            share, *shares = shares
            limit = plans.bound + share * (min(limit, plans.bound * _UNKNOWN) - plans.bound)
        kept = least <= limit
        if np.count_nonzero(kept) > most:
            limit = float(np.partition(least, most, axis=None)[most])
            kept, most = least < limit, 2 * most
        if plans.y is not None:
            kept[np.arange(len(kept)), plans.where] = True
        bound, last = sent(plans, kept, deadline)
        size = {**last, "rounds": size["rounds"] + 1}
        plans.raised(min(limit, bound))
        if (plans.bound, plans.value, most) == before:
            break
    return size


def sent(plans: Plans, kept: NDArray[np.bool_], deadline: float, y: Open | None = None) -> tuple[float, dict[str, int]]:
    """Return what no plan of these pairs (and sites) can beat, infinite where there is none, and the model's size.

    The plan that is found is taken if it is better than the best.
    """
    who, where = np.nonzero(kept)
    residents, sites, count = len(kept), len(plans.room), len(who)
    each, ones = np.arange(count), np.ones(count)
    unit = max(float(plans.cost.min(axis=1).sum()), TOLERANCE) / _SCALE
    cost = np.append(np.zeros(sites), plans.cost[who, where] / unit)
    lower, upper = plans.choice.bounds(np.zeros(count), np.ones(count))
    if y is not None:
        lower[:sites] = upper[:sites] = y
    model = Program(sites + count, cost, lower, upper, deadline=deadline)
    none = sparse.csr_array((residents, sites))
    model.add(sparse.hstack([none, sparse.csr_array((ones, (who, each)), shape=(residents, count))]), 1.0, 1.0)
    load = sparse.csr_array((plans.people[who], (where, each)), shape=(sites, count))
    model.add(sparse.hstack([-sparse.diags_array(plans.room), load]), -np.inf, 0.0)
    if y is None:
        opened = sparse.csr_array((ones, (each, where)), shape=(count, sites))
        model.add(sparse.hstack([-opened, sparse.eye_array(count)]), -np.inf, 0.0)
        model.add(plans.room[None, :], plans.people.sum() * (1 - _ROUNDING), np.inf)
        plans.choice.limit(model)
    start = None
    if plans.y is not None and (y is None or (y == plans.y).all()) and kept[np.arange(residents), plans.where].all():
        start = np.concatenate([plans.y, plans.where[who] == where]).astype("float64")
    found = model.once(start, apart=plans.step / unit * (1 - 2 * ROUGH))
    if found.x is not None:
        chosen = found.x[sites:] > 0.5
        sites_of = np.full(residents, -1)
        sites_of[who[chosen]] = where[chosen]
        if (sites_of >= 0).all():
            cost_of = float(plans.cost[np.arange(residents), sites_of].sum())
            plans.take(cost_of, found.x[:sites] > 0.5, sites_of)
    return np.inf if found.infeasible else found.bound * unit, {**model.size(), "rounds": 1}
