"""What else is counted of plans in every world, as their minutes are found: the last tenth, and who gains or loses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from accessmap.tables.cutoffs import is_within

Floats = npt.NDArray[np.float64]
_WIDTH: Final = 0.2  # minutes of a class in which people are counted for the last tenth
_CLASSES: Final = 900  # three hours: who goes farther is in the last class
_SHARE: Final = 0.9  # of the people who reach a site: the last tenth goes farther
_ROUNDING: Final = 1e-12
_BLOCK: Final = 2_000_000  # minutes counted together
_Group = tuple[npt.NDArray[np.float32], Floats, Floats | float]


class Counted:
    """People within thresholds, who gain or lose, and the minutes of the last tenth: worlds × plans.

    The first world is that of the study, the first plan today. Like `winners_and_losers`, who is newly or no longer
    reached neither gains nor loses minutes.

    Parameters
    ----------
    plans, worlds
        How many.
    at_least
        Minutes from which on someone gains or loses.
    cutoffs
        Minutes within which people are counted.
    """

    def __init__(self, plans: int, worlds: int, *, at_least: float = 1.0, cutoffs: Sequence[float] = ()) -> None:
        self.at_least, self.cutoffs = at_least, cutoffs
        self.within = np.zeros((len(cutoffs), worlds, plans))
        self.gain, self.lose = np.zeros((worlds, plans)), np.zeros((worlds, plans))
        self.people = np.zeros(worlds)
        self._today = np.empty((0, worlds), "float32")
        self._classes = np.zeros((plans, worlds * (_CLASSES + 1)))  # the last has whoever reaches no site
        self._waiting: dict[int, list[_Group]] = {plan: [] for plan in range(plans)}

    def __call__(self, plan: int, near: npt.NDArray[np.float32], people: Floats, weight: Floats | float) -> None:
        """Count a plan among some of the people: minutes of people × worlds, people, what these are multiplied by."""
        for number, cutoff in enumerate(self.cutoffs):
            self.within[number, :, plan] += (people @ is_within(near, cutoff)) * weight
        self._waiting[plan].append((near, people, weight))
        if sum(group[0].size for group in self._waiting[plan]) > _BLOCK:
            self._count(plan)
        if plan == 0:
            self._today = near
            self.people += people.sum() * weight
            return
        with np.errstate(invalid="ignore"):
            change = near - self._today
        change[~np.isfinite(change)] = 0
        change = change.round(5)
        self.gain[:, plan] += (people @ (change <= -self.at_least)) * weight
        self.lose[:, plan] += (people @ (change >= self.at_least)) * weight

    def _count(self, plan: int) -> None:
        """Count people by class of minutes, those of many communes at once."""
        groups, self._waiting[plan] = self._waiting[plan], []
        if not groups:
            return
        near = np.concatenate([group[0] for group in groups])
        people = np.concatenate([np.multiply.outer(people, np.broadcast_to(weight, near.shape[1]))
                                 for _, people, weight in groups])  # fmt: skip
        which = np.minimum(near * np.float32(1 / _WIDTH), np.float32(_CLASSES - 1)).astype("int64")
        which[np.isinf(near)] = _CLASSES
        which += np.arange(near.shape[1]) * (_CLASSES + 1)
        self._classes[plan] += np.bincount(which.ravel(), people.ravel(), self._classes.shape[1])

    @property
    def last_tenth(self) -> Floats:
        """Minutes that one in ten of those who reach a site goes beyond, to 0.1; NaN where nobody reaches one."""
        for plan in self._waiting:
            self._count(plan)
        classes = self._classes.reshape(*self.gain.shape[::-1], _CLASSES + 1)
        mass = classes[:, :, :-1].cumsum(axis=2)
        whole = mass[:, :, -1:]
        found = (mass >= _SHARE * whole * (1 - _ROUNDING)).argmax(axis=2) * _WIDTH + _WIDTH / 2
        return np.where(whole[:, :, 0] > 0, found, np.nan).T
