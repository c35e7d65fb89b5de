"""Sites with capacities by branch and bound: each site open or shut, the bound of each branch from what residents pay.

The Lagrangian bound of `Plans` is far nearer to the best plan than one that splits residents, and a branch needs but a
few subgradient steps from the prices of the branch it comes from (as in Ceselli & Righini 2005).
"""

from __future__ import annotations

import heapq
import time
from copy import copy
from dataclasses import dataclass, field, replace

import numpy as np

from accessmap.siting.solver.plans import Plans
from accessmap.siting.solver.program import Open
from accessmap.siting.solver.textbook import sent
from accessmap.tables.aligned import Floats

_STEPS = 40
_PATIENCE = 6
_LENGTH, _SHORTER = 0.3, 0.6
_RECENT = 0.9  # how much of how far sites were open is kept from step to step
_PART = 0.3  # of the time left, for sending everyone whole to one set of sites


@dataclass(order=True)
class _Branch:
    """Which sites are open and shut, its bound, what residents pay there, and how far the other sites are open."""

    bound: float
    number: int
    existing: Open = field(compare=False)
    closed: Open = field(compare=False)
    paid: Floats = field(compare=False)
    opened: Floats = field(compare=False)


def branch(plans: Plans, deadline: float) -> dict[str, int]:
    """Raise the bound of the plans and find better ones, until proven or the deadline; the size of the last model."""
    weight = np.maximum(np.where(np.isfinite(plans.cost), plans.cost, 0.0).mean(axis=1), 1e-12)
    none = np.zeros(len(plans.room), bool)
    heap = [_Branch(plans.bound, 0, plans.choice.existing, none, plans.paid, np.full(len(none), 0.5))]
    aside: list[_Branch] = []  # whole sets that were not done in part of the time
    size, number = {"variables": 0, "rows": 0, "rounds": 0}, 0
    while time.perf_counter() < deadline:
        if not heap and aside:
            heap = [aside.pop(aside.index(min(aside)))]
        plans.raised(min((each.bound for each in (*heap, *aside)), default=np.inf))
        if plans.proven or not heap:
            break
        now = heapq.heappop(heap)
        free = plans.alive & ~now.existing & ~now.closed
        if not free.any() or now.existing.sum() == (plans.choice.p or np.inf):
            left = deadline - time.perf_counter()
            until = deadline if not heap and not aside else time.perf_counter() + max(1.0, _PART * left)
            bound, size = _whole(plans, now, min(until, deadline))
            if bound < plans.below(plans.value):
                aside.append(replace(now, bound=max(bound, now.bound)))
            continue
        halfness = np.where(free, np.minimum(now.opened, 1.0 - now.opened) + 1e-3 * now.opened, -1.0)
        site = np.arange(len(none)) == halfness.argmax()
        for existing, closed in ((now.existing, now.closed | site), (now.existing | site, now.closed)):
            number += 1
            made = _bounded(plans, replace(now, existing=existing, closed=closed, number=number), weight, deadline)
            if made.bound < plans.below(plans.value):
                heapq.heappush(heap, made)
    return {**size, "rounds": number}


def _bounded(plans: Plans, now: _Branch, weight: Floats, deadline: float) -> _Branch:
    """Return a branch with its bound, raised by subgradient steps; plans of its sites are tried."""
    part = _part(plans, now)
    if not _possible(part):
        return replace(now, bound=np.inf)
    paid, best, length, stalled = now.paid, replace(now, bound=-np.inf), _LENGTH, 0
    often = now.opened
    for _ in range(_STEPS):
        total, opened, shares, saves, _ = part.relaxed(paid)
        bound, often = float(paid.sum()) - total, _RECENT * often + (1 - _RECENT) * opened
        stalled = 0 if bound > best.bound else stalled + 1
        if bound > best.bound:
            best, likely = replace(best, bound=bound, paid=paid), saves
        if best.bound >= plans.below(plans.value) or not plans.has_time(deadline):
            break
        if stalled >= _PATIENCE:
            paid, length, stalled = best.paid, length * _SHORTER, 0
            continue
        missed = 1.0 - shares @ opened
        norm = float(weight @ missed**2)
        goal = plans.value if plans.value < np.inf else best.bound + 0.1 * abs(best.bound) + 1e-6
        if norm <= 0 or goal <= bound:
            break
        paid = np.maximum(paid + length * (goal - bound) / norm * weight * missed, 0.0)
    if time.perf_counter() < deadline:
        plans.plan(part.worth_most(likely))
    return replace(best, bound=max(best.bound, now.bound), opened=often)


def _part(plans: Plans, now: _Branch) -> Plans:
    """Return the plans of a branch."""
    part = copy(plans)
    part.limit_to(now.existing, now.closed)
    return part


def _possible(part: Plans) -> bool:
    """Return whether a branch has sites enough, and money and room for them."""
    choice = part.choice
    most = len(part.room) if choice.p is None else choice.p
    if choice.existing.sum() > most or choice.allowed.sum() < choice.least or not choice.affordable(choice.existing):
        return False
    free = np.sort(part.room[choice.allowed & ~choice.existing])[::-1][: most - int(choice.existing.sum())]
    room = float(part.room[choice.existing].sum() + free.sum())
    return room >= float(part.people.sum()) * (1 - 1e-9)


def _whole(plans: Plans, now: _Branch, until: float) -> tuple[float, dict[str, int]]:
    """Return a bound on the plans of one set of sites, everyone whole; the plan found is taken if it is better."""
    part = _part(plans, now)
    part.paid = now.paid
    kept = part.least() <= plans.below(plans.value)
    kept[:, ~now.existing] = False
    if not kept.any(axis=1).all():  # someone has no place at a cost below that of the best plan
        return np.inf, {"variables": 0, "rows": 0, "rounds": 0}
    bound, size = sent(plans, kept, until, now.existing)
    return max(bound, now.bound), size
