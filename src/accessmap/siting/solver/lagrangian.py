"""Residents sent to sites with capacities, as if they could be split: exact values, and rows that bound every set.

For any minutes u_i that are paid to serve a resident, a set of sites costs at least sum a_i u_i - sum_j K_j(u) y_j,
where K_j is the most that site j can save within its capacity: a knapsack, filled by the largest u_i - t_ij first.
These are the rows of a Lagrangian relaxation of "everyone is sent somewhere" (Cornuejols, Sridharan & Thizy 1991), one
number a site instead of one variable a pair.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from accessmap.siting.solver.program import Open, no_good, solved
from accessmap.siting.solver.whole import saved_by_parts
from accessmap.tables.aligned import Floats

_GRACE = 0.5  # seconds past the deadline in which a first set may still be found: late is better than nothing
_WHOLE = 1e-6
_NOTHING = 1e-12  # of the most person-minutes there can be


@dataclass(frozen=True, eq=False)
class Sent:
    """The best way to send residents to open sites."""

    value: float  # person-minutes, infinite where they do not fit
    paid: Floats  # minutes that each resident pays: the dual of his being sent
    where: NDArray[np.intp]  # site of each; -1 where he is split
    rent: Floats | None = None  # of each site, what a person in it costs besides: the dual of its room
    known: bool = True  # False where time was too short to tell


class Loads:
    """Person-minutes to sites that are never overfull, residents split where that helps; an `Oracle` for `Program`.

    The one variable after the sites is the objective, of which one is `unit` person-minutes. Minutes (residents ×
    sites) are infinite where a resident cannot be sent; each can be sent somewhere. People are more than 0.
    """

    def __init__(self, minutes: Floats, people: Floats, room: Floats, unit: float, deadline: float) -> None:
        self.minutes, self.people, self.room, self.scale, self.deadline = minutes, people, room, 1 / unit, deadline
        self.usable = np.isfinite(minutes)
        longest = np.where(self.usable, minutes, 0.0).max(axis=1)
        self.most = float(people @ longest)
        self._longest = float(longest.max())
        self._sent: dict[bytes, Sent] = {}
        self._cut: set[bytes] = set()

    def value(self, y: Open) -> float:
        """Return the (scaled) person-minutes of a set; infinite where its sites cannot take everyone."""
        return self.scale * self._best(y).value

    def point(self, y: Open) -> Floats:
        """Return the variables of a set, its objective still at nothing."""
        return np.append(y.astype("float64"), 0.0)

    def violated(self, x: Floats, at: Floats | None = None) -> tuple[sparse.csr_array, Floats]:
        """Return the rows that a whole set breaks: that of what its residents pay; none for fractions or a set met."""
        y: Open = x[:-1] > 0.5
        key = y.tobytes()
        if at is not None or key in self._cut or np.abs(x[:-1] - y).max() > _WHOLE:
            return sparse.csr_array((0, len(x))), np.empty(0)
        self._cut.add(key)
        sent = self._best(y)
        if not sent.known:  # out of time: that a set does not fit is not said
            return sparse.csr_array((0, len(x))), np.empty(0)
        rows, low = self.rows([sent.paid])
        if np.isfinite(sent.value):
            return rows, low
        refused, least, _ = no_good(y)
        refused.resize((1, len(x)))
        return sparse.csr_array(sparse.vstack([rows, refused])), np.append(low, least)

    def improved(self, y: Open, allowed: Callable[[Open], bool]) -> Open:  # noqa: ARG002 (an Oracle's)
        """Return the set as it is: the steps have found good ones."""
        return y

    def whole(self, y: Open) -> NDArray[np.int64]:
        """Return the site of each resident with nobody split, -1 where that is not found so.

        Those few who are split go, the largest first, to the nearest site that still has room for them.
        """
        sent = self._best(y)
        where = sent.where.astype("int64")
        if not np.isfinite(sent.value):
            return where
        left = self.room - np.bincount(where[where >= 0], self.people[where >= 0], minlength=len(self.room))
        split = np.flatnonzero(where < 0)
        for one in split[np.argsort(-self.people[split], kind="stable")]:
            fits = np.where(y & (left >= self.people[one]), self.minutes[one], np.inf)
            if not np.isfinite(fits.min()):
                break
            where[one] = fits.argmin()
            left[where[one]] -= self.people[one]
        return where

    def near(self, y: Open, limit: float) -> NDArray[np.bool_]:
        """Return the pairs that a plan of these sites can have if it costs no more than `limit` (reduced costs)."""
        sent = self._best(y)
        if sent.rent is None or not np.isfinite(sent.value):
            return self.usable & y
        more = self.people[:, None] * (self.minutes + sent.rent - sent.paid[:, None])
        near: NDArray[np.bool_] = more <= limit - sent.value + _NOTHING * self.most
        return near

    def rows(self, paid: list[Floats]) -> tuple[sparse.csr_array, Floats]:
        """Return rows A and sides b: A (y, objective) >= b for every set, one for each vector of minutes paid."""
        saved = np.array([self.saved(u) for u in paid])
        saved[saved < _NOTHING * self.most] = 0.0  # rounding of nothing, over which the solver stumbles
        rows = np.column_stack([self.scale * saved, np.ones(len(paid))])
        return sparse.csr_array(rows), np.array([self.scale * float(self.people @ u) for u in paid])

    def saved(self, paid: Floats) -> Floats:
        """Return the most each site can save against what is paid."""
        return saved_by_parts((paid[:, None] - self.minutes) * self.people[:, None], self.people, self.room)

    def _best(self, y: Open) -> Sent:
        key = y.tobytes()
        if key not in self._sent:
            self._sent[key] = self._send(y)
        return self._sent[key]

    def _unknown(self) -> Sent:
        """Return that it is not known, in the time there is, whether everyone fits."""
        return Sent(np.inf, np.zeros(len(self.people)), np.full(len(self.people), -1), known=False)

    def _send(self, y: Open) -> Sent:
        """Send everyone to the open sites; who has no room pays more than any exchange could cost."""
        found_one = any(np.isfinite(sent.value) for sent in self._sent.values())
        until = self.deadline + (0.0 if found_one else _GRACE)
        if time.perf_counter() > until:
            return self._unknown()
        sites = np.flatnonzero(y)
        who, where = np.nonzero(self.usable[:, sites])
        count, pairs = len(self.people), len(who)
        unsent = (len(sites) + 1) * self._longest + 1.0
        cost = np.concatenate([self.people[who] * self.minutes[who, sites[where]], self.people * unsent]) * self.scale
        each = np.arange(pairs)
        load = sparse.csr_array((self.people[who], (where, each)), shape=(len(sites), pairs + count))
        sent = sparse.csr_array((np.ones(pairs), (who, each)), shape=(count, pairs + count))
        left = sparse.csr_array((np.ones(count), (np.arange(count), pairs + np.arange(count))), shape=sent.shape)
        matrix = (
            sparse.csr_array(sparse.vstack([load, sent + left])),
            np.concatenate([np.full(len(sites), -np.inf), np.ones(count)]),
            np.concatenate([self.room[sites], np.full(count, np.inf)]),
        )
        limits = (np.zeros(pairs + count), np.full(pairs + count, np.inf))
        found = solved(cost, matrix, limits, deadline=until)
        if found.x is None or not found.optimal:
            return self._unknown()
        paid = found.duals[len(sites) :] / self.people / self.scale
        rent = np.full(len(y), np.inf)
        rent[sites] = np.maximum(-found.duals[: len(sites)], 0.0) / self.scale
        fits = float(self.people @ found.x[pairs:]) <= _WHOLE * self.people.sum()
        where_whole = np.full(count, -1)
        most = found.x[:pairs] > 1 - _WHOLE
        where_whole[who[most]] = sites[where[most]]
        return Sent(found.value / self.scale if fits else np.inf, paid, where_whole, rent)
