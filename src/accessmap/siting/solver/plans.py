"""Plans that send residents whole to sites with capacities: good ones, a bound on all, and the pairs that can matter.

For any price u_i of serving a resident, a set of sites costs at least sum u_i - sum_j K_j(u) y_j, where K_j is the most
that site j can save within its capacity: a knapsack. That is the Lagrangian relaxation of "everyone is sent somewhere"
(Cornuejols, Sridharan & Thizy 1991; with one site a resident: Ceselli & Righini 2005).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache

import numpy as np

from accessmap.siting.question import Choice
from accessmap.siting.solver.program import TOLERANCE, Open
from accessmap.siting.solver.whole import Whole, exchanged, plan_of, saved_mostly, saved_whole
from accessmap.tables.aligned import Floats

_STEPS = 900  # of the subgradient
_PATIENCE = 15  # steps without a better bound before the next are shorter
_SHORTER = 0.7
_SHORTEST = 1e-3
ROUGH = 1e-3  # of the step between two costs, above all rounding
_CLOSE = 2e-5
_FEW = 3_000  # pairs that can matter
_PACKED = 2e7  # sites × residents × room up to which knapsacks are filled with nobody split, in each step
_PLANS = 60  # sets of the steps from which plans are made
_STARTS = 5  # ways to fill a set of sites that are tried until everyone fits
_DRAWN = 100_003  # random numbers at a time
_SEED = 19  # of the exchanges, so that the same tables give the same plan
_ROUNDS = 40  # exchanges between two looks at the clock, and at Ctrl-C
_EACH_PAIR = 1e-7  # seconds of a step for each pair, before one was made
_PAIRS = 20_000_000  # pairs of residents and sites that these look at, at most
_IDLE = 8  # such turns without a better plan before the search ends


@dataclass(eq=False)
class Plans:
    """Residents × sites: what it costs to send each whole to each site (infinite: cannot be), people, room, and sites.

    People are more than 0 and each resident can be sent somewhere. `step` is what the cost of any two plans that differ
    is apart by at least, 0 where that is not known.
    """

    cost: Floats
    people: Floats
    room: Floats
    choice: Choice
    step: float = 0.0
    bound: float = 0.0
    value: float = np.inf  # of the best plan
    y: Open | None = None
    where: Whole = field(default_factory=lambda: np.empty(0, np.int64))
    paid: Floats = field(default_factory=lambda: np.empty(0))  # what residents pay in the best of the steps
    deadline: float = np.inf  # at which compiled loops stop too

    def __post_init__(self) -> None:
        whole = (self.people == np.rint(self.people)).all()
        if whole:  # then what is over a whole number is no room
            self.room = np.floor(self.room + 1e-9)
        self.room = np.minimum(self.room, self.people.sum())
        self.packed = bool(whole and self.cost.size * self.room.max() <= _PACKED)
        self._free = self.choice.allowed & ~self.choice.existing
        self._price = np.zeros(len(self.room)) if self.choice.costs is None else self.choice.costs.copy()
        self._budget = np.inf if self.choice.budget is None else self.choice.budget * (1 + 1e-9)
        self.alive = self.choice.allowed  # sites that a better plan can open
        self._largest = np.argsort(-self.people, kind="stable")
        self._random = np.random.default_rng(_SEED)
        self._draw = self._random.random(_DRAWN)
        self._met: set[bytes] = set()
        self._stop = np.zeros(1, bool)
        self._slowest = self.cost.size * _EACH_PAIR  # seconds of a step
        self.raised(float(self.cost.min(axis=1).sum()))

    def limit_to(self, existing: Open, closed: Open) -> None:
        """Keep to plans with these sites open and those shut."""
        self.choice = replace(self.choice, existing=existing, forbidden=self.choice.forbidden | closed)
        self._free = self.choice.allowed & ~existing
        self.alive = (self.alive & ~closed) | existing

    @contextmanager
    def in_time(self) -> Iterator[None]:
        """Tell compiled loops to stop at the deadline."""
        timer = threading.Timer(max(0.0, self.deadline - time.perf_counter()), self._stop.fill, (True,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def has_time(self, until: float, steps: int = 1) -> bool:
        """Return whether so many steps more end by then."""
        return time.perf_counter() + steps * self._slowest < until

    @property
    def proven(self) -> bool:
        """Whether no plan can be better than the best one."""
        return self.value < np.inf and self.value - self.bound <= TOLERANCE * max(1.0, self.value)

    @property
    def close(self) -> bool:
        """Whether the proof is worth more than a search: what is left between the best plan and the bound is small."""
        return self.value < np.inf and self.value - self.bound <= _CLOSE * self.value

    @property
    def few(self) -> bool:
        """Whether the textbook model is quicker than branches: few pairs, or sites with few people each."""
        return self.packed or int(np.count_nonzero(self.least() <= self.below(self.value))) <= _FEW

    def below(self, value: float) -> float:
        """Return what a better plan than one of this value costs at most."""
        less = self.step * (1 - 2 * ROUGH) if self.step else TOLERANCE * max(1.0, value) / 2
        return value - less if value < np.inf else np.inf

    def raised(self, bound: float) -> None:
        """Take a bound, up to the next cost that there can be."""
        if self.step:
            bound = self.step * float(np.ceil(bound / self.step - ROUGH))
        self.bound = max(self.bound, min(bound, self.value))

    def search(self, until: float) -> None:
        """Find a bound by subgradient steps (Held, Wolfe & Crowder 1974) and good plans by exchange, until then."""
        if not self.has_time(self.deadline):
            return
        finite = np.where(np.isfinite(self.cost), self.cost, np.nan)
        near = min(2, self.cost.shape[1] - 1)
        now = np.partition(self.cost, near, axis=1)[:, near]
        now = np.where(np.isfinite(now), now, np.nanmax(finite, axis=1))
        weight = np.maximum(np.nanmean(finite, axis=1), 1e-12)  # a step is as long as the resident's costs are large
        self.paid, best, length, stalled = now, -np.inf, 1.0, 0
        for step in range(_STEPS):
            total, opened, shares, saves, rent = self.relaxed(now)
            bound = float(now.sum()) - total
            self.alive &= self.choice.existing | (bound + rent - saves <= self.below(self.value))
            stalled = 0 if bound > best else stalled + 1
            if bound > best:
                best, self.paid = bound, now
                self.raised(bound)
            if step % (_STEPS // _PLANS) == 0 or step < 5:
                self.plan(self.worth_most(saves))
            if self.close or length < _SHORTEST or not self.has_time(until):
                break
            if stalled >= _PATIENCE:
                now, length, stalled = self.paid, length * _SHORTER, 0
                continue
            left = 1.0 - shares @ opened
            norm = float(weight @ left**2)
            goal = self.value if self.value < np.inf else best + 0.1 * abs(best) + 1e-6
            if norm <= 0 or goal <= bound:
                break
            now = np.maximum(now + length * (goal - bound) / norm * weight * left, 0.0)
        self._improve(until)

    def _improve(self, until: float) -> None:
        """Exchange sites until nothing better is found for a while."""
        idle = 0
        while self.y is not None and not self.close and idle < _IDLE and time.perf_counter() < until:
            self._draw = self._random.random(_DRAWN)
            value, y, where = exchanged(
                self.cost, self.people, self.room, self.y, self.where, self.value, self._free, self._price,
                self._budget, max(1, min(_ROUNDS, _PAIRS // self.cost.size)), self._draw, self._stop,
            )  # fmt: skip
            idle = 0 if self.take(value, y, where) else idle + 1

    def plan(self, y: Open) -> None:
        """Make a plan from a set of sites, if it was not met before."""
        key = y.tobytes()
        if key in self._met or not self.choice.affordable(y) or y.sum() < self.choice.least:
            return
        self._met.add(key)
        for start in range(_STARTS):
            opened = y.copy()
            value, where = plan_of(
                self.cost, self.people, self.room, opened, self._free, self._price, self._budget, self._draw, start,
                self._stop,
            )  # fmt: skip
            if value < np.inf:
                self.take(value, opened, where)
                return

    def take(self, value: float, y: Open, where: Whole) -> bool:
        """Keep a plan if it is better than the best and nothing is overfull; return whether it is."""
        if not value < self.value or (np.bincount(where, self.people, len(self.room)) > self.room * (1 + 1e-9)).any():
            return False
        self.value, self.y, self.where = value, y, where
        self.raised(self.bound)
        return True

    def relaxed(self, paid: Floats) -> tuple[float, Floats, Floats, Floats, Floats]:
        """Return what the best sites save, how far each is open, who goes there, what each saves and pays."""
        started = time.perf_counter()
        saves, shares = np.zeros(len(self.room)), np.zeros(self.cost.shape)
        some = np.flatnonzero(self.alive)
        worth, room = np.ascontiguousarray(paid[:, None] - self.cost[:, some]), self.room[some]
        if self.packed:
            saves[some], shares[:, some] = saved_whole(worth, self.people.astype("int64"), room.astype("int64"))
        else:
            saves[some], shares[:, some] = self._saved(worth, room)[:2]
        total, opened, rent = self._opened(saves)
        self._slowest = max(self._slowest, time.perf_counter() - started)
        return total, opened, shares, saves, rent

    def _saved(self, worth: Floats, room: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return what `saved_mostly` does."""
        worth = np.asfortranarray(worth)  # one layout, so that it is compiled once
        ranks = np.asfortranarray(np.argsort(-worth / self.people[:, None], axis=0))
        saved: tuple[Floats, Floats, Floats, Floats] = saved_mostly(worth, self.people, room, self._largest, ranks)
        return saved

    def _opened(self, saves: Floats) -> tuple[float, Floats, Floats]:
        """Return the most that sites can save, how far each is then open, and the rent that the last one could pay."""
        existing, free = self.choice.existing, np.flatnonzero(self._free)
        most = (self.choice.p if self.choice.p is not None else len(saves)) - int(existing.sum())
        spent = self.choice.budget - self._price[existing].sum() if self.choice.budget is not None else np.inf
        found = [_filled_by(saves[free], np.ones(len(free)), most)]
        if np.isfinite(spent):
            found.append(_filled_by(saves[free], self._price[free], spent * (1 + 1e-9) + 1e-12))
        total, part, rent = min(found, key=lambda each: each[0])
        opened, rents = existing.astype("float64"), np.zeros(len(saves))
        opened[free], rents[free] = part, rent
        return total + float(saves[existing].sum()), opened, rents

    def worth_most(self, saves: Floats) -> Open:
        """Return the sites that save most for what they cost, as many as may be open."""
        y = self.choice.existing.copy()
        most = self.choice.p if self.choice.p is not None else len(y)
        for site in np.argsort(-saves / (1.0 if self.choice.costs is None else np.maximum(self._price, 1e-9))):
            if y.sum() >= most:
                break
            if self._free[site]:
                y[site] = True
                y[site] = self.choice.affordable(y)
        return y

    def least(self) -> Floats:
        """Return by pair what a plan that sends this resident to this site costs at least (reduced costs)."""
        paid = self.paid
        total, _, _, saves, rent = self.relaxed(paid)
        worth = paid[:, None] - self.cost
        _, _, margin, ceiling = self._saved(worth, self.room)
        forced = ceiling + np.minimum(0.0, worth - margin * self.people[:, None])
        forced = np.minimum(forced, saves)  # of the site with this resident in it
        least = float(paid.sum()) - total + np.maximum(saves - rent, 0.0) - (forced - rent)
        return np.where(np.isfinite(self.cost), least, np.inf)


@cache
def compile_loops() -> None:
    """Compile the loops by a question of two residents and sites, so that no time limit counts it."""
    cost, room, none = np.array([[1.0, 4.0], [5.0, 2.0]]), np.array([3.0, 3.0]), np.zeros(2, bool)
    for people in (np.array([1.0, 2.0]), np.array([0.5, 1.5])):  # whole numbers have knapsacks of their own
        plans = Plans(cost, people, room, Choice(none, none, 1, False, None, None))
        plans.search(np.inf)
        plans.bound = 0.0
        plans._improve(np.inf)
        plans.least()


def _filled_by(saves: Floats, prices: Floats, most: float) -> tuple[float, Floats, Floats]:
    """Return the most that sites save for prices up to `most`, how far each is open, and the rent of each then."""
    order = np.argsort(-saves / np.maximum(prices, 1e-12), kind="stable")
    before = np.cumsum(prices[order]) - prices[order]
    part = np.clip((most - before) / np.maximum(prices[order], 1e-12), 0.0, 1.0)
    part[prices[order] <= 0] = 1.0
    opened = np.zeros(len(saves))
    opened[order] = part
    last = np.flatnonzero((part > 0.0) & (prices[order] > 0))
    scarce = len(last) and part.min() < 1.0
    each = saves[order[last[-1]]] / prices[order[last[-1]]] if scarce else 0.0
    return float(saves @ opened), opened, each * prices
