"""What meets at the nodes of a network, and what turning from one road into another costs there.

A turn costs seconds by its angle, the class of what meets and the side of oncoming traffic (`turns.csv`), as a smooth
step: nothing straight on, half at 90 degrees, all of it turning back, the shape that OSRM fitted to samples of real
driving (car.lua, process_turn). A cost of a turn is one of a pair of arcs, which the engine has only where nodes are
split. So as much of it as can be is laid on arcs: what every way out of an arc costs at least, and what every way into
an arc costs beyond that. At a T-junction that is all of it. What is left at crossroads is told turn by turn on greater
roads, where it is a second or more, and left out elsewhere.
"""

from collections.abc import Iterator
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
Ranks = npt.NDArray[np.int8]
SIXTEEN = 16  # more than the ranks that there are
BLOCK_PAIRS = 100_000  # of arcs, looked at together


def rank_of(road_class: pd.Series) -> tuple[Ranks, BoolArray]:
    """Return the rank of each arc, and whether it is a link."""
    classes = road_class.astype("category")
    codes = classes.cat.codes.to_numpy()
    names = [str(name) for name in classes.cat.categories]
    ranks = np.array([RANKS.get(name, LOWEST_RANK) for name in names], dtype=np.int8)
    links = np.array([name.endswith("_link") for name in names], dtype=bool)
    return ranks[codes], links[codes]


def best_at(u: IntArray, v: IntArray, rank: Ranks, count: int) -> Ranks:
    """Return the rank of the greatest road at each of so many nodes."""
    best = np.full(count, LOWEST_RANK, dtype=np.int8)
    np.minimum.at(best, u, rank)
    np.minimum.at(best, v, rank)
    return best


def streets_meeting(u: IntArray, v: IntArray, rank: Ranks, best: Ranks) -> tuple[IntArray, IntArray]:
    """Return how many streets meet at each node, whichever way they run, and how many of the highest rank there."""
    count = np.int64(len(best))  # and so are the keys
    street = (rank <= LAST_STREET) & (u != v)
    # Both directions, and parallel streets, count once: the greatest. Rank comes last in the key.
    key = (np.minimum(u[street], v[street]) * count + np.maximum(u[street], v[street])) * SIXTEEN + rank[street]
    key.sort()
    first = np.ones(len(key), dtype=bool)
    first[1:] = key[1:] // SIXTEEN != key[:-1] // SIXTEEN
    key = key[first]
    rank = (key % SIXTEEN).astype(np.int8)
    key //= SIXTEEN
    low, high = np.divmod(key, count)
    meeting = np.bincount(low, minlength=count) + np.bincount(high, minlength=count)
    top = np.bincount(low[rank == best[low]], minlength=count) + np.bincount(high[rank == best[high]], minlength=count)
    return meeting, top


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
    u, v = arcs["u"].to_numpy(), arcs["v"].to_numpy()
    none = np.empty(0, dtype=np.int64)
    if not len(arcs) or not turn + great_turn + across:
        return TurnCosts(np.zeros(len(arcs)), none, none, np.empty(0))
    rank, _ = rank_of(arcs["road_class"])
    best = best_at(u, v, rank, 1 + int(max(u.max(), v.max())))
    meeting, _ = streets_meeting(u, v, rank, best)
    circling = arcs["roundabout"].to_numpy(dtype=bool)
    great = best <= LAST_GREAT
    left_hand = arcs["law"].astype("category")
    left = left_hand.cat.categories.astype(str).str.startswith(LEFT_HAND)[left_hand.cat.codes.to_numpy()]
    out_of, into = np.full((2, len(arcs)), np.inf)
    told: list[tuple[IntArray, IntArray, FloatArray]] = []
    for before, after in _pairs(u, v, meeting >= JUNCTION):
        angle = (heading[after] - heading[before] + 180) % 360 - 180
        crossing = np.where(left[before], angle > 0, angle < 0)
        crossing &= np.minimum(rank[before], rank[after]) <= LAST_GREAT
        most = turn + great_turn * great[v[before]] + across * crossing
        sharpness = 1 / (1 + np.exp(MIDDLE - STEEPNESS * np.abs(angle)))
        plain = ~circling[before] & ~circling[after]  # a roundabout is a matter of its entry
        cost = np.where(plain, most * sharpness, 0.0)
        np.minimum.at(out_of, before, cost)
        rest = cost - out_of[before]
        np.minimum.at(into, after, rest)
        rest -= into[after]
        kept = (rest >= LEAST_TOLD_S) & great[v[before]]
        told.append((before[kept], after[kept], rest[kept]))
    for least in (out_of, into):
        least[np.isinf(least)] = 0.0
    out_of += into
    if not told:
        return TurnCosts(out_of, none, none, np.empty(0))
    before, after, rest = (np.concatenate(each) for each in zip(*told, strict=True))
    order = np.argsort(before, kind="stable")
    return TurnCosts(out_of, before[order], after[order], rest[order])


def _pairs(u: IntArray, v: IntArray, junction: BoolArray) -> Iterator[tuple[IntArray, IntArray]]:
    """Yield arcs that may be driven one after the other, those of a junction together; turning back is none of these.

    They come by junction, and there in the order of the arcs before.
    """
    leaving = np.argsort(u, kind="stable").astype(np.int32)
    starts = np.searchsorted(u, np.arange(len(junction) + 1), sorter=leaving)
    arriving = np.flatnonzero(junction[v]).astype(np.int32)
    arriving = arriving[np.argsort(v[arriving], kind="stable")]
    at = v[arriving]
    ends = np.cumsum(starts[at + 1] - starts[at])
    first = 0
    while first < len(arriving):
        # As many as make a block, and those that arrive at the same junction as the last.
        last = int(np.searchsorted(ends, (ends[first - 1] if first else 0) + BLOCK_PAIRS))
        last = int(np.searchsorted(at, at[min(last, len(at) - 1)], side="right"))
        node = at[first:last]
        sizes = starts[node + 1] - starts[node]
        before = np.repeat(arriving[first:last], sizes)
        inside = np.arange(len(before)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        after = leaving[np.repeat(starts[node], sizes) + inside]
        kept = v[after] != u[before]
        yield before[kept], after[kept]
        first = last
