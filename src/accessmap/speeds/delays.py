"""Seconds lost where arcs end: signals and the like, yielding at junctions, turning off, boarding a ferry."""

from functools import cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, did_you_mean
from accessmap.speeds.law import rows_of

__all__ = ["delay_seconds"]

# Order at a junction: who has the lower number is not made to wait. Links yield to the road they join, but merge
# onto motorways and trunks.
RANKS = {
    "motorway": 0,
    "trunk": 1,
    "motorway_link": 1,
    "primary": 2,
    "trunk_link": 2,
    "secondary": 3,
    "primary_link": 3,
    "tertiary": 4,
    "secondary_link": 4,
    "unclassified": 5,
    "residential": 5,
    "road": 5,
    "tertiary_link": 5,
    "living_street": 6,
    "pedestrian": 7,
    "service": 7,
    "track": 8,
}
LOWEST_RANK = 9
JUNCTION = 3  # streets
LAST_STREET = 6  # below come drives and tracks, which make no junction of the street they leave
LAST_MERGED = 1  # onto motorways and trunks links merge, without stopping

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]


@cache
def _delays(mode: str) -> dict[str, float]:
    return {row["event"]: float(row["seconds"]) for row in rows_of("delays") if row["mode"] == mode}


def delay_seconds(arcs: pd.DataFrame, events: pd.DataFrame, mode: str) -> FloatArray:
    """Return the seconds each arc loses at its ends, one for each row of `arcs`.

    A junction is a node where three or more streets meet, drives and tracks not counted. Who arrives on the lesser
    road yields (`junction_yield`), who meets equals (three arms or more of the highest rank) slows down
    (`junction_equal`), who stays on the greater road loses nothing, and who leaves it for a lesser one brakes to turn
    (`junction_turn_off`, on the arc turned into). Costs are those of the node and not of the single turn: the network
    stays exact for every algorithm, and a fraction of the size.

    Parameters
    ----------
    arcs
        u, v (node positions), road_class and roundabout, as in `time_arcs`.
    events
        node (position) and event; of several at a node the longest counts.
    mode
        "car", "bike" or "walk".

    Raises
    ------
    NetworkError
        If an event has no row in delays.csv.

    >>> arc = pd.DataFrame({"u": [0], "v": [1], "road_class": ["primary"], "roundabout": [False]})
    >>> delay_seconds(arc, pd.DataFrame({"node": [1], "event": ["signal"]}), "car")
    array([5.])
    """
    table = _delays(mode)
    for event in sorted(set(events["event"]) - set(table)):
        raise NetworkError(
            f"delays: unknown event {event!r}{did_you_mean(event, table)}: use one of {', '.join(table)}."
        )
    u, v = arcs["u"].to_numpy(dtype=np.int64), arcs["v"].to_numpy(dtype=np.int64)
    node = events["node"].to_numpy(dtype=np.int64)
    count = 1 + int(max(u.max(initial=-1), v.max(initial=-1), node.max(initial=-1)))
    waiting = np.zeros(count)
    np.maximum.at(waiting, node, events["event"].map(table).to_numpy(dtype=float))
    signalled = np.zeros(count, dtype=bool)
    signalled[node[(events["event"] == "signal").to_numpy()]] = True
    seconds: FloatArray = waiting[v] + _boarding_seconds(arcs, u, v, count, table["ferry_boarding"])
    return seconds + _junction_seconds(arcs, u, v, signalled, table)


def _junction_seconds(
    arcs: pd.DataFrame, u: IntArray, v: IntArray, signalled: BoolArray, table: dict[str, float]
) -> FloatArray:
    """Yielding, slowing down and turning off; at a signal that is what the signal is for."""
    rank, link = _rank(arcs["road_class"])
    best = np.full(len(signalled), LOWEST_RANK, dtype=np.int64)
    np.minimum.at(best, u, rank)
    np.minimum.at(best, v, rank)
    meeting, equals = _streets_meeting(u, v, rank, best)
    circling = arcs["roundabout"].to_numpy(dtype=bool)
    circle = np.zeros(len(signalled), dtype=bool)
    circle[v[circling]] = circle[u[circling]] = True

    drive = (rank > LAST_STREET) & (rank < LOWEST_RANK)
    lesser = (rank > best[v]) & ~(link & (best[v] <= LAST_MERGED)) & ((meeting[v] >= JUNCTION) | drive)
    equal = (rank == best[v]) & (rank > LAST_MERGED) & (equals[v] >= JUNCTION)
    arriving = np.where(lesser, table["junction_yield"], np.where(equal, table["junction_equal"], 0.0))
    arriving = np.where(circle[v], table["roundabout_entry"], arriving)
    arriving = np.where(circling | signalled[v], 0.0, arriving)
    off = (rank > best[u]) & ~(link & (best[u] <= LAST_MERGED)) & ((meeting[u] >= JUNCTION) | drive) & ~circle[u]
    return arriving + np.where(off, table["junction_turn_off"], 0.0)


def _rank(road_class: pd.Series) -> tuple[IntArray, BoolArray]:
    """Rank of each arc, and whether it is a link."""
    classes = road_class.astype("category")
    codes = classes.cat.codes.to_numpy()
    names = [str(name) for name in classes.cat.categories]
    ranks = np.array([RANKS.get(name, LOWEST_RANK) for name in names], dtype=np.int64)
    links = np.array([name.endswith("_link") for name in names], dtype=bool)
    return ranks[codes], links[codes]


def _streets_meeting(u: IntArray, v: IntArray, rank: IntArray, best: IntArray) -> tuple[IntArray, IntArray]:
    """Number of streets that meet at each node, whichever way they run, and of those of the highest rank there."""
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


def _boarding_seconds(arcs: pd.DataFrame, u: IntArray, v: IntArray, count: int, wait: float) -> FloatArray:
    """Waiting for the boat, paid once, on the arc of the ferry that leaves the shore."""
    ferry = (arcs["road_class"] == "ferry").to_numpy(dtype=bool)
    shore = np.zeros(count, dtype=bool)
    shore[u[~ferry]] = shore[v[~ferry]] = True
    return np.where(ferry & shore[u], wait, 0.0)
