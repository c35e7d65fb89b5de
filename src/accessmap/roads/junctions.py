"""What meets at the nodes of a network, and what turning from one road into another costs there.

A turn costs seconds by its angle, the class of what meets and the side of oncoming traffic (`turns.csv`), as a smooth
step: nothing straight on, half at 90 degrees, all of it turning back, the shape that OSRM fitted to samples of real
driving (car.lua, process_turn). A cost of a turn is one of a pair of arcs, which the engine has only where nodes are
split. So as much of it as can be is laid on arcs: what every way out of an arc costs at least, and what every way into
an arc costs beyond that. At a T-junction that is all of it. What is left at crossroads is told turn by turn on greater
roads, where it is a second or more, and left out elsewhere.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.law import rows_of

# Order at a junction: who has the lower number is not made to wait. Links yield to the road they join, but merge
# onto motorways and trunks.
RANKS = {row["road_class"]: int(row["rank"]) for row in rows_of("ranks")}
LOWEST_RANK = 9
JUNCTION = 3  # streets
LAST_STREET = 6  # below come drives and tracks, which make no junction of the street they leave
LAST_GREAT = RANKS["tertiary"]
LEAST_TOLD_S = 1.0  # told turn by turn: finer costs split five times as many nodes of Porto, for 0.03 % of mean error
LEFT_HAND = ("GB", "IE", "MT", "CY")  # laws of the lands that drive on the left
STEEPNESS, MIDDLE = 13 / 180, 6.5  # OSRM's step, by degrees

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


def rank_of(road_class: pd.Series) -> tuple[IntArray, BoolArray]:
    """Return the rank of each arc, and whether it is a link."""
    classes = road_class.astype("category")
    codes = classes.cat.codes.to_numpy()
    names = [str(name) for name in classes.cat.categories]
    ranks = np.array([RANKS.get(name, LOWEST_RANK) for name in names], dtype=np.int64)
    links = np.array([name.endswith("_link") for name in names], dtype=bool)
    return ranks[codes], links[codes]


def best_at(u: IntArray, v: IntArray, rank: IntArray, count: int) -> IntArray:
    """Return the rank of the greatest road at each of so many nodes."""
    best = np.full(count, LOWEST_RANK, dtype=np.int64)
    np.minimum.at(best, u, rank)
    np.minimum.at(best, v, rank)
    return best


def streets_meeting(u: IntArray, v: IntArray, rank: IntArray, best: IntArray) -> tuple[IntArray, IntArray]:
    """Return how many streets meet at each node, whichever way they run, and how many of the highest rank there."""
    street = (rank <= LAST_STREET) & (u != v)
    low, high, rank = np.minimum(u, v)[street], np.maximum(u, v)[street], rank[street]
    order = np.lexsort((rank, high, low))
    low, high, rank = low[order], high[order], rank[order]
    first = np.ones(len(low), dtype=bool)  # both directions, and parallel streets, count once
    first[1:] = (low[1:] != low[:-1]) | (high[1:] != high[:-1])
    node = np.concatenate([low[first], high[first]])
    top = np.concatenate([rank[first], rank[first]]) == best[node]
    count = len(best)
    return np.bincount(node, minlength=count), np.bincount(node[top], minlength=count)


@dataclass(frozen=True)
class TurnCosts:
    """What turning costs.

    Parameters
    ----------
    on_arcs
        Seconds that each arc costs more, (arcs,).
    before, after
        Numbers of the arcs of the turns that cost more than their arcs say, (turns,).
    seconds
        What each of these turns costs more, (turns,).
    """

    on_arcs: FloatArray
    before: IntArray
    after: IntArray
    seconds: FloatArray


@cache
def _costs(mode: str) -> tuple[float, float, float]:
    seconds = {row["cost"]: float(row["seconds"]) for row in rows_of("turns") if row["mode"] == mode}
    return seconds["turn"], seconds["great_turn"], seconds["across"]


def turn_costs(arcs: pd.DataFrame, heading: FloatArray, mode: str) -> TurnCosts:
    """Return what turning costs, laid on arcs as far as can be.

    Parameters
    ----------
    arcs
        One row a directed arc: u, v (node positions), road_class, roundabout (bool) and law, as in `speeds.time_arcs`.
    heading
        Where each arc leads, degrees, clockwise.
    mode
        "car", "bike" or "walk".

    >>> ends = [(1, 0), (0, 1), (2, 0), (0, 2), (3, 0), (0, 3)]
    >>> arcs = pd.DataFrame(ends, columns=["u", "v"]).assign(road_class="residential", roundabout=False, law="FR")
    >>> found = turn_costs(arcs, np.array([90.0, 270.0, 270.0, 90.0, 0.0, 180.0]), "car")
    >>> found.on_arcs.round(1).tolist(), len(found.seconds)  # the stem of a T bears all, who goes straight on nothing
    ([0.0, 0.0, 0.0, 0.0, 2.5, 2.5], 0)
    """
    turn, great_turn, across = _costs(mode)
    u, v = arcs["u"].to_numpy(dtype=np.int64), arcs["v"].to_numpy(dtype=np.int64)
    on_arcs = np.zeros(len(arcs))
    none = np.empty(0, dtype=np.int64)
    if not len(arcs) or not turn + great_turn + across:
        return TurnCosts(on_arcs, none, none, np.empty(0))
    rank, _ = rank_of(arcs["road_class"])
    best = best_at(u, v, rank, 1 + int(max(u.max(), v.max())))
    meeting, _ = streets_meeting(u, v, rank, best)
    circling = arcs["roundabout"].to_numpy(dtype=bool)
    before, after = _pairs(u, v, meeting >= JUNCTION)

    angle = (heading[after] - heading[before] + 180) % 360 - 180
    left_hand = arcs["law"].astype(str).str.startswith(LEFT_HAND).to_numpy()[before]
    crossing = np.where(left_hand, angle > 0, angle < 0) & (np.minimum(rank[before], rank[after]) <= LAST_GREAT)
    most = turn + great_turn * (best[v[before]] <= LAST_GREAT) + across * crossing
    sharpness = 1 / (1 + np.exp(MIDDLE - STEEPNESS * np.abs(angle)))
    plain = ~circling[before] & ~circling[after]  # a roundabout is a matter of its entry
    cost = np.where(plain, most * sharpness, 0.0)

    out_of = _least(before, cost, len(arcs))
    rest = cost - out_of[before]
    into = _least(after, rest, len(arcs))
    rest = rest - into[after]
    told = (rest >= LEAST_TOLD_S) & (best[v[before]] <= LAST_GREAT)
    return TurnCosts(out_of + into, before[told], after[told], rest[told])


def _pairs(u: IntArray, v: IntArray, junction: BoolArray) -> tuple[IntArray, IntArray]:
    """Arcs that may be driven one after the other at a junction; turning back is none of these."""
    leaving = np.argsort(u, kind="stable")
    ends = np.searchsorted(u[leaving], np.arange(len(junction) + 1))
    arriving = np.flatnonzero(junction[v])
    at = v[arriving]
    sizes = ends[at + 1] - ends[at]
    before = np.repeat(arriving, sizes)
    inside = np.arange(len(before)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    after = leaving[ends[v[before]] + inside]
    kept = v[after] != u[before]
    return before[kept], after[kept]


def _least(key: IntArray, value: FloatArray, count: int) -> FloatArray:
    """Least value of each key, nothing for keys without any."""
    least = np.full(count, np.inf)
    np.minimum.at(least, key, value)
    return np.where(np.isfinite(least), least, 0.0)
