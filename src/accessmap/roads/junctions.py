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
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.law import rows_of
from accessmap.roads.sorting import by_key, slices, within

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
Counts = npt.NDArray[np.int16]
SIXTEEN = 16  # more than the ranks that there are
BLOCK_PAIRS = 20_000  # of arcs, looked at together


def rank_of(road_class: pd.Series) -> tuple[Ranks, BoolArray]:
    """Return the rank of each arc, and whether it is a link."""
    classes = road_class.astype("category")
    codes = classes.cat.codes.to_numpy()
    names = [str(name) for name in classes.cat.categories]
    ranks = np.array([RANKS.get(name, LOWEST_RANK) for name in names], dtype=np.int8)
    links = np.array([name.endswith("_link") for name in names], dtype=bool)
    return ranks[codes], links[codes]


class Meeting(NamedTuple):
    """What meets at nodes: rank of each arc and whether it is a link, and by node what `meeting_of` tells."""

    rank: Ranks
    link: BoolArray
    best: Ranks
    streets: Counts
    equals: Counts


def meeting_of(arcs: pd.DataFrame, count: int = 0) -> Meeting:
    """Return what meets at each node (so many, or up to the highest): its best rank; streets; those of that rank.

    Whichever way a street runs, it counts once.
    """
    u, v = arcs["u"].to_numpy(), arcs["v"].to_numpy()
    count = max(count, 1 + int(max(u.max(initial=-1), v.max(initial=-1))))
    rank, link = rank_of(arcs["road_class"])
    best = np.full(count, LOWEST_RANK, dtype=np.int8)
    np.minimum.at(best, u, rank)
    np.minimum.at(best, v, rank)
    key = np.empty(int(np.count_nonzero((rank <= LAST_STREET) & (u != v))), dtype=np.int64)
    filled = 0
    # Both directions, and parallel streets, count once: the greatest. Rank comes last in the key.
    for block in slices(len(u)):
        tails, heads, ranks = u[block], v[block], rank[block]
        street = (ranks <= LAST_STREET) & (tails != heads)
        some = np.minimum(tails, heads)[street].astype(np.int64)
        some *= count
        some += np.maximum(tails, heads)[street]
        some *= SIXTEEN
        some += ranks[street]
        key[filled : filled + len(some)] = some
        filled += len(some)
    key.sort()
    streets, equals = np.zeros((2, count), dtype=np.int16)
    before = np.int64(-1)
    for block in slices(len(key)):
        some = key[block]
        ends = some // SIXTEEN
        first = np.diff(ends, prepend=before) != 0
        before = ends[-1]
        ranks = (some[first] % SIXTEEN).astype(np.int8)
        for end in np.divmod(ends[first], count):
            np.add.at(streets, end, 1)
            np.add.at(equals, end[ranks == best[end]], 1)
    return Meeting(rank, link, best, streets, equals)


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


class Headings(Protocol):
    """Degrees of arcs by their numbers, as an array has them."""

    def __getitem__(self, arcs: IntArray, /) -> FloatArray: ...


def turn_costs(arcs: pd.DataFrame, heading: Headings, mode: str, meeting: Meeting | None = None) -> TurnCosts:
    """Return what turning costs, laid on arcs as far as can be.

    Parameters
    ----------
    arcs
        One row a directed arc: u, v (node positions), road_class, roundabout (bool) and law, as in `speeds.time_arcs`.
    heading
        Where each arc leads, degrees, clockwise.
    mode
        "car", "bike" or "walk".
    meeting
        That of the arcs, where it is known.

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
        return TurnCosts(np.broadcast_to(0.0, len(arcs)), none, none, np.empty(0))
    rank, _, best, streets, _ = meeting or meeting_of(arcs)
    circling = arcs["roundabout"].to_numpy(dtype=bool)
    great = best <= LAST_GREAT
    left_hand = arcs["law"].astype("category")
    left = left_hand.cat.categories.astype(str).str.startswith(LEFT_HAND)[left_hand.cat.codes.to_numpy()]
    on_arcs = np.zeros(len(arcs))
    told: list[tuple[IntArray, IntArray, FloatArray]] = []
    for arriving, leaving, i, j in _pairs(u, v, streets >= JUNCTION):
        before, after = arriving[i], leaving[j]
        angle = (heading[leaving][j] - heading[arriving][i] + 180) % 360 - 180
        crossing = np.where(left[before], angle > 0, angle < 0)
        crossing &= np.minimum(rank[before], rank[after]) <= LAST_GREAT
        most = turn + great_turn * great[v[before]] + across * crossing
        sharpness = 1 / (1 + np.exp(MIDDLE - STEEPNESS * np.abs(angle)))
        plain = ~circling[before] & ~circling[after]  # a roundabout is a matter of its entry
        cost = np.where(plain, most * sharpness, 0.0)
        out_of, into = np.full(len(arriving), np.inf), np.full(len(leaving), np.inf)
        np.minimum.at(out_of, i, cost)
        rest = cost - out_of[i]
        np.minimum.at(into, j, rest)
        rest -= into[j]
        kept = (rest >= LEAST_TOLD_S) & great[v[before]]
        told.append((before[kept], after[kept], rest[kept]))
        for which, least in ((arriving, out_of), (leaving, into)):
            least[np.isinf(least)] = 0.0
            on_arcs[which] += least
    if not told:
        return TurnCosts(on_arcs, none, none, np.empty(0))
    before, after, rest = (np.concatenate(each) for each in zip(*told, strict=True))
    order = np.argsort(before, kind="stable")
    return TurnCosts(on_arcs, before[order], after[order], rest[order])


def _pairs(u: IntArray, v: IntArray, junction: BoolArray) -> Iterator[tuple[Any, Any, Any, Any]]:
    """Yield the arcs that arrive at some junctions and those that leave them, and the pairs that may be driven.

    A pair is a row of the one and a row of the other; turning back is none. They come by junction, those of one
    together, and there in the order of the arcs before.
    """
    starts, leaving = by_key(u, len(junction))
    to_junction = np.flatnonzero(junction[v]).astype(np.int32)
    ends, order = by_key(v[to_junction], len(junction))
    arriving = to_junction[order]
    del order, to_junction
    nodes = np.flatnonzero(junction)
    sizes = np.diff(starts)
    pairs = np.cumsum(np.diff(ends)[nodes] * sizes[nodes].astype(np.int64))
    first = 0
    while first < len(nodes):
        last = 1 + int(np.searchsorted(pairs, (pairs[first - 1] if first else 0) + BLOCK_PAIRS))
        at = nodes[first:last]
        first = last
        before = arriving[ends[at[0]] : ends[at[-1] + 1]]
        out, number = within(starts, at)
        after = leaving[out]
        begins = np.searchsorted(number, np.searchsorted(at, v[before]))
        follows = sizes[v[before]]
        i = np.repeat(np.arange(len(before), dtype=np.int32), follows)
        j = np.arange(len(i), dtype=np.int32) + np.repeat(begins - (np.cumsum(follows) - follows), follows)
        kept = v[after][j] != u[before][i]
        yield before, after, i[kept], j[kept]
