"""What a 0-1 program over sites is asked and answers: sets of open sites, rows, an oracle, and what is proven."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from accessmap.alignment import Floats

__all__ = ["TOLERANCE", "Open", "Oracle", "Outcome", "Rows", "no_good"]

Open = NDArray[np.bool_]

# HiGHS proves a minimum up to an absolute 1e-6 (its option mip_abs_gap); the objectives here are minutes or shares,
# about 1 to 100, so a solution is called optimal at this relative gap.
TOLERANCE = 1e-6


class Oracle(Protocol):
    """What the objective really is, and the linear rows that say so around a point."""

    def value(self, y: Open) -> float:
        """Return the true objective of a set of open sites."""

    def violated(self, x: Floats, at: Floats | None = None) -> tuple[sparse.csr_array, Floats]:
        """Return rows A and sides b of A x >= b that hold for all solutions and that x breaks, the tightest at `at`."""

    def point(self, y: Open) -> Floats:
        """Return the variables of a set of open sites, the objective still at nothing."""

    def improved(self, y: Open, allowed: Callable[[Open], bool]) -> Open:
        """Return a set at least as good, found by exchanging sites one by one."""


class Rows(Protocol):
    """What rows over sites can be added to."""

    thrift: Floats | None

    def add(self, rows: Any, low: Any, high: Any) -> None:
        """Add low <= rows·y <= high."""


@dataclass(frozen=True)
class Outcome:
    """The best set found, its value, and what is proven about every other."""

    y: Open | None
    value: float
    bound: float
    x: Floats | None = None

    @property
    def proven(self) -> bool:
        """Whether no set can be better, up to the tolerance of the solver."""
        return self.y is not None and self.value - self.bound <= TOLERANCE * max(1.0, abs(self.value))


def no_good(y: Open) -> tuple[sparse.csr_array, float, float]:
    """Return the row that refuses this set and no other: at least one site must differ."""
    return sparse.csr_array(np.where(y, -1.0, 1.0)[None, :]), 1.0 - float(y.sum()), np.inf
