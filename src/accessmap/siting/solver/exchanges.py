"""What each exchange of two sites would give, in one compiled pass over the minutes."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from accessmap.roads.engine.kernels import kernel
from accessmap.tables.aligned import Floats


@kernel
def exchanges(
    minutes: Floats, weights: Floats, first: NDArray[np.intp], best: Floats, second: Floats, count: int
) -> Floats:
    """Return the sum of minutes after each exchange, open sites × sites, from those to the two nearest open ones.

    Only sites nearer than the second are looked at (Resende & Werneck 2004).
    """
    residents, sites = minutes.shape
    gain, totals = np.zeros(sites), np.zeros((count, sites))
    lost, now = np.zeros(count), 0.0
    for i in range(residents):
        out, weight, least, next_one = first[i], weights[i], best[i], second[i]
        now += weight * least
        if next_one < np.inf:
            lost[out] += weight * (next_one - least)
        for j in range(sites):
            there = minutes[i, j]
            if next_one == np.inf:
                totals[out, j] += weight * (there - least) if there > least else 0.0
            elif there < next_one:
                totals[out, j] -= weight * (next_one - max(there, least))
            if there < least:
                gain[j] += weight * (least - there)
    for out in range(count):
        for j in range(sites):
            totals[out, j] += now + lost[out] - gain[j]
    return totals
