"""The equilibrium of RAAM by an interior-point method: tens of Newton steps where answering in turn takes thousands.

With x_ij the people who go from i to j, c_j the crowding of site j and u_i the cost of resident i, the equilibrium is
Σ_j x_ij = P_i, Σ_i x_ij = room_j c_j, s_ij = t_ij + c_j − u_i ≥ 0 and x_ij s_ij = 0. The last is softened to
x_ij s_ij = μ, and μ is brought to zero by predictor and corrector (Mehrotra 1992, "On the implementation of a
primal-dual interior point method", SIAM Journal on Optimization 2(4)). Each step comes down to a system in the sites'
crowding alone: the room of each site on the diagonal plus the Laplacian of a graph where two sites are tied by the
residents who hesitate between them, which is sparse.

Only the few cheapest sites of each resident take part, so what comes out is a proposal: `equilibrium` measures it on
all sites, and keeps it only if it is better.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from accessmap.alignment import Floats

__all__ = ["proposal"]

_SITES_EACH = 10
"""Sites that a resident may choose from in one proposal: those where the cost is least as things stand."""

_FIRST_REGRET = 1e-2
"""μ at the start, by mean people of a resident's point, where 1 is the mean crowding: nearer to the end than that,
steps are short."""

_STEPS = 80
"""Newton steps at most; 10,000 residents × 500 services take 20 to 30."""

_LEAST_SLACK = 1e-9
"""Slack below which a pair no longer stiffens the Newton system: the room of sites would drown in its rounding."""


@dataclass(frozen=True)
class _Pairs:
    """Residents and sites that may meet, by resident: `starts` is where each resident's pairs begin."""

    resident: NDArray[np.intp]
    site: NDArray[np.intp]
    starts: NDArray[np.intp]
    travel: Floats
    people: Floats
    room: Floats

    def by_resident(self, values: Floats) -> Floats:
        return np.add.reduceat(values, self.starts)

    def by_site(self, values: Floats) -> Floats:
        return np.bincount(self.site, values, len(self.room)).astype(np.float64, copy=False)


@dataclass(frozen=True)
class _Point:
    """A point inside: people and slack of each pair, crowding by site, cost by resident; also a direction from one."""

    people: Floats
    slack: Floats
    crowding: Floats
    cost: Floats

    def moved(self, by: "_Point", length: float) -> "_Point":
        return _Point(
            self.people + length * by.people,
            self.slack + length * by.slack,
            self.crowding + length * by.crowding,
            self.cost + length * by.cost,
        )

    def length_of(self, by: "_Point") -> float:
        """Return the share (1 at most) of a direction that can be gone before people or slack of a pair is zero."""
        return 1.0 / max(1.0, float((-by.people / self.people).max()), float((-by.slack / self.slack).max()))


def proposal(travel: Floats, people: Floats, room: Floats, flows: Floats, tolerance: float) -> Floats | None:
    """Return flows (people, residents × sites) close to the equilibrium, or None if rounding got in the way.

    Parameters
    ----------
    travel
        Residents × sites, in units of the mean crowding, infinite where not reached; each resident reaches a site.
    people, room
        By resident, and by site; all above zero.
    flows
        People, residents × sites, to start from; the better, the surer that the right pairs take part.
    tolerance
        Regret at which to stop, a share of all cost.

    Examples
    --------
    >>> travel, flows = np.array([[0.0, 0.5]]), np.array([[90.0, 10.0]])
    >>> proposal(travel, np.array([100.0]), np.array([50.0, 50.0]), flows, 1e-9).round(3)
    array([[62.5, 37.5]])
    """
    pairs = _candidates(travel, people, room, flows)
    with np.errstate(all="ignore"):
        start = _centred(pairs, flows.sum(axis=0) / room, _FIRST_REGRET * float(people.mean()))
        try:
            point = _descended(pairs, start, tolerance)
        except RuntimeError:  # SuperLU: exactly singular
            return None
        going = point.people * (people / pairs.by_resident(point.people))[pairs.resident]
    if not np.isfinite(going).all():
        return None
    better = np.zeros_like(travel)
    better[pairs.resident, pairs.site] = going
    return better


def _candidates(travel: Floats, people: Floats, room: Floats, flows: Floats) -> _Pairs:
    """Return the pairs that have people, and those of each resident and the few sites that cost least now."""
    sites = len(room)
    chosen = flows > 0
    if sites > _SITES_EACH:
        cost = travel + flows.sum(axis=0) / room
        near = np.argpartition(cost, _SITES_EACH - 1, axis=1)[:, :_SITES_EACH]
        np.put_along_axis(chosen, near, True, axis=1)
    else:
        chosen[:] = True
    chosen &= np.isfinite(travel)
    resident, site = np.nonzero(chosen)
    starts = np.searchsorted(resident, np.arange(len(people)))
    return _Pairs(resident, site, starts, travel[chosen], people, room)


def _centred(pairs: _Pairs, crowding: Floats, product: float) -> _Point:
    """Return the point where x_ij s_ij = μ for the crowding given: u_i solves Σ_j μ / (t_ij + c_j − u_i) = P_i."""
    faced = pairs.travel + crowding[pairs.site]
    least = np.minimum.reduceat(faced, pairs.starts)
    cost = least - product / pairs.people  # above the solution, from where Newton on the inverse of the sum falls to it
    for _ in range(30):
        slack = faced - cost[pairs.resident]
        total, slope = pairs.by_resident(product / slack), pairs.by_resident(product / slack**2)
        step = (total / pairs.people - 1) * total / slope
        cost -= step
        if (step <= 0.01 * (least - cost)).all():
            break
    slack = faced - cost[pairs.resident]
    share = 1 / slack
    return _Point(share * (pairs.people / pairs.by_resident(share))[pairs.resident], slack, crowding, cost)


def _descended(pairs: _Pairs, point: _Point, tolerance: float) -> _Point:
    """Return the point once its regret, and the people that c does not stand for, are within the tolerance."""
    everyone = pairs.people.sum()
    for _ in range(_STEPS):
        regret = float(point.people @ point.slack)
        unplaced = pairs.by_site(point.people) - pairs.room * point.crowding
        settled = regret <= tolerance * (pairs.people @ point.cost) and np.abs(unplaced).sum() <= tolerance * everyone
        if settled or not np.isfinite(regret):
            break
        towards = _newton(pairs, point, unplaced)
        product = point.people * point.slack
        straight = towards(product)
        ahead = point.moved(straight, point.length_of(straight))
        # Mehrotra: the better the straight way goes, the less the next point is drawn to the centre.
        centre = (float(ahead.people @ ahead.slack) / regret) ** 3 * regret / len(point.slack)
        bent = towards(product + straight.people * straight.slack - centre)
        length = point.length_of(bent)
        point = point.moved(bent, length if length == 1 else length * max(0.9, 1 - regret / everyone))
    return point


def _newton(pairs: _Pairs, point: _Point, unplaced: Floats) -> Callable[[Floats], _Point]:
    """Return what gives the direction that takes each product x_ij s_ij down by the amount given, to first order."""
    stiff = np.maximum(point.slack, _LEAST_SLACK)
    weight = point.people / stiff
    by_resident = pairs.by_resident(weight)
    missing = pairs.people - pairs.by_resident(point.people)
    excess = pairs.travel + point.crowding[pairs.site] - point.cost[pairs.resident] - point.slack
    scaled = sparse.csr_array(
        (weight / np.sqrt(by_resident)[pairs.resident], pairs.site, np.append(pairs.starts, len(weight))),
        shape=(len(pairs.people), len(pairs.room)),
    )
    ties = (scaled.T @ scaled).tocsc()
    ties = ties - sparse.diags_array(ties.diagonal())
    # The diagonal of the Laplacian as the sum of the ties: taken as a difference it would cancel.
    system = sparse.csc_array(sparse.diags_array(pairs.room + ties.sum(axis=0)) - ties)
    factors = splu(system, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True})

    def towards(product: Floats) -> _Point:
        given = -product / stiff - weight * excess
        lift = (missing - pairs.by_resident(given)) / by_resident
        asked = unplaced + pairs.by_site(given + weight * lift[pairs.resident])
        crowding = factors.solve(asked)
        crowding += factors.solve(asked - system @ crowding)  # refined once
        cost = lift + pairs.by_resident(weight * crowding[pairs.site]) / by_resident
        slack = crowding[pairs.site] - cost[pairs.resident] + excess
        return _Point(-product / stiff - weight * slack, slack, crowding, cost)

    return towards
