"""RAAM, the rational agent access model: what reaching and waiting cost when everyone has chosen what is best for them.

Source: Saxon & Snow (2020), "A rational agent model for the spatial accessibility of primary health care", Annals of
the American Association of Geographers 110(1). Who goes from i to j bears the cost X_j / (ρ S_j) + t_ij / τ: crowding
relative to the mean of the whole, and travel. At the equilibrium nobody gains by going elsewhere. It is the minimum of
a convex function (Beckmann), Σ_j X_j² / (2 ρ S_j) + Σ_ij x_ij t_ij / τ, with fractional people. It is found by giving
each resident's point in turn the exact best answer to all others, which lowers that function each time but slowly
towards the end, and by Newton steps from there (`interior`). How far the result still is from the equilibrium is
measured and returned, whichever way it came about.
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd
from numba import njit
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from accessmap.errors import OptionError, Problem
from accessmap.tables.aligned import Floats, minutes_of, people_of, supply_of

__all__ = ["Equilibrium", "raam"]

_SITES_EACH = 10  # sites a resident may choose from in one proposal: those where the cost is least as things stand
# μ at the start, by mean people of a resident's point, where 1 is the mean crowding: nearer to the end than that, steps
# are short.
_FIRST_REGRET = 1e-2
_STEPS = 80  # Newton steps at most; 10,000 residents × 500 services take 20 to 30
# Slack below which a pair no longer stiffens the Newton system: the room of sites would drown in its rounding.
_LEAST_SLACK = 1e-9
_CHECKED_EVERY = 10  # sweeps between two measures of the gap, which costs as much as a sweep


class Equilibrium(NamedTuple):
    """Where everyone goes when nobody gains by going elsewhere.

    Parameters
    ----------
    cost
        By resident: crowding plus travel, without unit; 1 is the mean crowding with no travel. NaN where no site with
        supply is reached.
    loads
        People by service.
    gap
        What people could still save by switching, as a share of all cost: 0 at the exact equilibrium. It is also the
        difference between Beckmann's function and the bound of its dual at this crowding, so the function can be
        lowered by no more.
    """

    cost: pd.Series
    loads: pd.Series
    gap: float


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

    Travel (residents × sites) is in units of the mean crowding, infinite where not reached; each resident reaches a
    site, and people and room are all above zero. The better the flows to start from, the surer that the right pairs
    take part. At a regret of the tolerance, a share of all cost, it stops.
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


def raam(
    times: pd.DataFrame,
    supply: pd.Series,
    demand: pd.Series,
    *,
    tau: float = 60.0,
    tolerance: float = 1e-8,
    max_sweeps: int = 2000,
) -> Equilibrium:
    """Return the cost of access of each resident at the equilibrium, the people at each service, and the gap left.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached.
    supply
        By service; nobody goes to a site of zero supply.
    demand
        By resident. Those who reach no supply stay in ρ = ΣP / ΣS, the mean crowding, and go nowhere; a point without
        people has the cost of the best site as the others leave it.
    tau
        Minutes of travel that weigh as much as the mean crowding.
    tolerance
        Gap at which to stop, a share of all cost. 10,000 residents × 500 services take seconds, at 1e-12 as at 1e-5.
    max_sweeps
        Rounds over the residents after which to stop anyway, with a warning; the Newton steps come on top of them,
        after the tenth, the twentieth, the fortieth and so on.

    Returns
    -------
    Equilibrium
        `cost` by resident, `loads` by service and `gap`.

    Raises
    ------
    TableError
        If ids differ, or values break the contract.
    ValueError
        If tau or tolerance is not above 0.

    Warns
    -----
    RuntimeWarning
        If the gap is above `tolerance` after `max_sweeps`.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [0.0, 30.0], "b": [np.nan, 30.0]}, index=["r1", "r2"])
    >>> found = raam(times, pd.Series({"a": 1, "b": 1}), pd.Series({"r1": 100, "r2": 100}))
    >>> found.cost.tolist(), found.loads.tolist(), found.gap
    ([1.0, 1.5], [100.0, 100.0], 0.0)
    """
    if not (0 < tau < np.inf and tolerance > 0):
        raise OptionError(Problem("raam_options", tau=tau, tolerance=tolerance))
    offered, people = supply_of(supply, times.columns), people_of(demand, times.index, "demand")
    travel = minutes_of(times).astype(np.float64) / tau
    travel[np.isnan(travel)] = np.inf
    open_sites = np.flatnonzero(offered > 0)
    travel = np.ascontiguousarray(travel[:, open_sites])
    # ρ S_j: the people that a site would have if all were as crowded as the mean; any number will do for nobody.
    crowding = people.sum() / offered.sum() if people.sum() > 0 and len(open_sites) else 1.0
    room = offered[open_sites] * crowding
    going = np.flatnonzero((people > 0) & np.isfinite(travel).any(axis=1))
    load, gap = _equilibrium(travel[going], people[going], room, tolerance, max_sweeps)
    if gap > tolerance:
        warnings.warn(f"RAAM stopped {gap:.1e} away from its equilibrium.", RuntimeWarning, stacklevel=2)
    cost = np.min(travel + load / room, axis=1, initial=np.inf)
    cost[~np.isfinite(cost)] = np.nan
    loads = np.zeros(len(offered))
    loads[open_sites] = load
    return Equilibrium(
        pd.Series(cost, index=times.index, name="cost"), pd.Series(loads, index=times.columns, name="people"), gap
    )


def _equilibrium(
    travel: Floats, people: Floats, room: Floats, tolerance: float, max_sweeps: int
) -> tuple[Floats, float]:
    """Return the load of each site and the gap; every resident has people and a site."""
    flows = np.zeros_like(travel)
    load = np.zeros_like(room)
    gap = 0.0 if not len(people) else np.inf
    leap = _CHECKED_EVERY
    for sweep in range(max_sweeps):
        if gap <= tolerance:
            break
        _answer_all(flows, load, people, travel, room)
        if sweep % _CHECKED_EVERY == 0 or sweep == max_sweeps - 1:
            load = flows.sum(axis=0)  # anew: what is added and taken away a million times drifts
            gap = _gap(flows, load, people, travel, room)
            if gap > tolerance and leap <= sweep < max_sweeps - 1:
                leap = 2 * sweep  # where leaps do not help they must not cost more than the sweeps
                flows, load, gap = _leapt(flows, load, gap, people, travel, room, tolerance)
    return load, gap


def _leapt(
    flows: Floats, load: Floats, gap: float, people: Floats, travel: Floats, room: Floats, tolerance: float
) -> tuple[Floats, Floats, float]:
    """Return flows, load and gap after an interior-point solve and one answer each, or as they were if that is worse.

    Better is less of the function minimised too: by the gap alone, sweeps and leaps could undo one another for ever.
    """
    proposed = proposal(travel, people, room, flows, tolerance / 4)
    if proposed is None:
        return flows, load, gap
    _answer_all(proposed, proposed.sum(axis=0), people, travel, room)
    total = proposed.sum(axis=0)
    left = _gap(proposed, total, people, travel, room)
    if left >= gap or _beckmann(proposed, total, travel, room) > _beckmann(flows, load, travel, room):
        return flows, load, gap
    return proposed, total, left


def _beckmann(flows: Floats, load: Floats, travel: Floats, room: Floats) -> float:
    """Return the function that the equilibrium minimises."""
    used = flows > 0
    return float(load @ (load / room)) / 2 + float(flows[used] @ travel[used])


def _gap(flows: Floats, load: Floats, people: Floats, travel: Floats, room: Floats) -> float:
    """Return what people would save if each took the cheapest site as it stands, as a share of all cost."""
    cost = travel + load / room
    best = cost.min(axis=1)
    used = flows > 0
    regret = float((flows[used] * (cost - best[:, np.newaxis])[used]).sum())
    return regret / float(people @ best) if regret > 0 else 0.0


def _answer_all_in_turn(flows: Floats, load: Floats, people: Floats, travel: Floats, room: Floats) -> None:
    """Send each resident's people where they fare best, the others staying put; `flows` and `load` are changed.

    The answer is exact: sites are filled, cheapest first, to one level λ with Σ_j room_j max(0, λ − cost_j) = people.
    """
    residents, sites = flows.shape
    cost = np.empty(sites)
    near = np.empty(sites, np.int64)
    for i in range(residents):
        ceiling = np.inf  # λ is at most the cost of the best site once all have gone there
        for j in range(sites):
            if flows[i, j] > 0.0:
                load[j] = max(0.0, load[j] - flows[i, j])
                flows[i, j] = 0.0
            cost[j] = load[j] / room[j] + travel[i, j]
            ceiling = min(ceiling, cost[j] + people[i] / room[j])
        count = 0
        for j in range(sites):
            if cost[j] <= ceiling:  # an insertion sort: these are few
                place = count
                while place > 0 and cost[near[place - 1]] > cost[j]:
                    near[place] = near[place - 1]
                    place -= 1
                near[place] = j
                count += 1
        _pour(i, near[:count], cost, flows, load, people, room)


def _pour_up_to_level(
    i: int, near: NDArray[np.int64], cost: Floats, flows: Floats, load: Floats, people: Floats, room: Floats
) -> None:
    """Fill the sites `near`, cheapest first, up to the level that holds the people of i."""
    level, width, filled = np.inf, 0.0, people[i]
    for j in near:
        if cost[j] >= level:
            break
        width += room[j]
        filled += room[j] * cost[j]
        level = filled / width
    for j in near:
        if cost[j] >= level:
            break
        flows[i, j] = room[j] * (level - cost[j])
        load[j] += flows[i, j]


# Called as functions: as decorators they would hide the types of what they compile.
_pour = njit(cache=True)(_pour_up_to_level)
_answer_all = njit(cache=True)(_answer_all_in_turn)
