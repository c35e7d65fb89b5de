"""Minutes on a stretch of road: what the law lets, what the road lets, and what junctions cost, as data with sources.

The speed of an arc is the lowest of three: the limit (signed, or the country's own for such a road) times how far
drivers use it; the *practical speed* of its class in its setting, which is what width, bends, parked cars and houses
leave of it; and any cap of that road alone (surface, roundabout, visitors only). Seconds lost at signals, stops and
junctions are added to the arc that leads there.

The tables lie in presets/speeds as CSV: `driving.csv` (practical speeds, km/h), `delays.csv` (seconds), `ranks.csv`
(who yields at a junction), `surfaces.csv` (km/h), `natures.csv` (roads of BD TOPO), and those of the law (see `law`).
docs/method_roads says how the practical speeds and delays were fitted, and `benchmarks/accuracy.py` checks them against
two other engines.
"""

import heapq
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError
from accessmap.roads.junctions import JUNCTION, LAST_STREET, LOWEST_RANK, Meeting, meeting_of
from accessmap.roads.law import legal_limit, rows_of, unknown
from accessmap.roads.sorting import by_key, slices

# Where two dual carriageways cross, OpenStreetMap has a signal at each of four nodes, some 10 to 30 m apart.
ONE_JUNCTION_METRES = 40.0
LAST_MERGED = 1  # onto motorways and trunks links merge, without stopping

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

TIMETABLE = "ferry by its timetable"
SPEED_TABLE_VERSION = "2026.2"
MODES = ("car", "bike", "walk")
# Free-flow speed over limit where it is the limit that holds drivers back, by the limit (km/h, up to and including).
# ONISR, Observatoire des vitesses (yearly): cars average 118-120 where 130 is allowed, and within some 5 % of the limit
# where it is 50 to 90.
COMPLIANCE = {90.0: 0.96, float("inf"): 0.92}
# What the speed of an arc depends on.
KIND = ["road_class", "setting", "dual", "wide", "law", "legal", "limit_kmh", "limit_reason", "cap_kmh", "cap_reason"]
KIND += ["slope_kmh"]
GREAT = {"trunk", "primary", "trunk_link", "primary_link"}


@cache
def _delays(mode: str) -> dict[str, float]:
    return {row["event"]: float(row["seconds"]) for row in rows_of("delays") if row["mode"] == mode}


def delay_seconds(arcs: pd.DataFrame, events: pd.DataFrame, mode: str, meeting: Meeting | None = None) -> FloatArray:
    """Return the seconds each arc loses at its ends, one for each row of `arcs`.

    A junction is a node where three or more streets meet, drives and tracks not counted. Who arrives on the lesser
    road yields (`junction_yield`), who meets equals (three arms or more of the highest rank) slows down
    (`junction_equal`), who stays on the greater road loses nothing, and who leaves it for a lesser one brakes to turn
    (`junction_turn_off`, on the arc turned into). What the angle of a turn costs is added by `junctions.turn_costs`.

    `arcs` and `events` are as in `time_arcs`; of several events at a node the longest that faces the arc counts. The
    signals of one junction, at each of its nodes, are waited at once: one that follows another within
    `ONE_JUNCTION_METRES` costs nothing.
    """
    table = _delays(mode)
    for event in sorted(set(events["event"]) - set(table)):
        raise NetworkError(unknown("roads_unknown_event", event, table))
    u, v = arcs["u"].to_numpy(), arcs["v"].to_numpy()
    node = events["node"].to_numpy(dtype=np.int64)
    coming = events["coming"].to_numpy(dtype=np.int64) if "coming" in events else np.full(len(node), -1)
    meeting = meeting_of(arcs, 1 + int(node.max(initial=-1))) if meeting is None else meeting
    count = len(meeting.best)
    longest = events["event"].map(table).to_numpy(dtype=float)
    waiting: FloatArray = _met(u, v, node, coming, longest, count)
    signal = (events["event"] == "signal").to_numpy()
    signals = _met(u, v, node, coming, signal, count)
    again = _waited_already(u, v, arcs["length_m"].to_numpy(dtype=float), node[signal], coming[signal], count)
    rows = np.flatnonzero(again)
    waiting[rows] = _met(u[rows], v[rows], node, coming, np.where(signal, 0.0, longest), count)
    _add_boarding(waiting, arcs, u, v, count, table["ferry_boarding"])
    circling = arcs["roundabout"].to_numpy(dtype=bool)
    circle = np.zeros(count, dtype=bool)
    circle[v[circling]] = circle[u[circling]] = True
    for block in slices(len(u)):
        arriving = meeting._replace(rank=meeting.rank[block], link=meeting.link[block])
        silent = circling[block] | signals[block]
        waiting[block] += _junction_seconds(u[block], v[block], arriving, silent, circle, table)
    return waiting


def _met(u: IntArray, v: IntArray, node: IntArray, coming: IntArray, what: Any, count: int) -> Any:
    """Largest of what each arc meets where it ends: at that node for all, or for who comes from where it begins."""
    at_node = np.zeros(count, dtype=what.dtype)
    everyone = coming < 0
    np.maximum.at(at_node, node[everyone], what[everyone])
    found = at_node[v]
    if not everyone.all():
        keys, position = np.unique(coming[~everyone] * count + node[~everyone], return_inverse=True)
        of_key = np.zeros(len(keys), dtype=what.dtype)
        np.maximum.at(of_key, position, what[~everyone])
        some = np.zeros(count, dtype=bool)
        some[node[~everyone]] = True
        rows = np.flatnonzero(some[v])
        arc = u[rows] * np.int64(count) + v[rows]
        at = np.searchsorted(keys, arc).clip(max=len(keys) - 1)
        rows, at = rows[keys[at] == arc], at[keys[at] == arc]
        found[rows] = np.maximum(found[rows], of_key[at])
    return found


def _waited_already(
    u: IntArray, v: IntArray, metres: FloatArray, node: IntArray, coming: IntArray, count: int
) -> BoolArray:
    """Whether each arc ends at a signal so near after another one that faced it that both are of one junction."""
    again = np.zeros(len(u), dtype=bool)
    if not len(node):
        return again
    signalled = np.zeros(count, dtype=bool)
    signalled[node] = True
    near = _near(u, v, metres, node, count)
    first, order = by_key(u[near], count)
    for start, before in zip(node.tolist(), coming.tolist(), strict=True):
        nearest, ahead = {start: 0.0}, [(0.0, start)]
        while ahead:
            gone, at = heapq.heappop(ahead)
            for arc in near[order[first[at] : first[at + 1]]].tolist() if gone <= nearest[at] else ():
                there, reach = int(v[arc]), gone + float(metres[arc])
                if reach > ONE_JUNCTION_METRES or there == start or (at == start and there == before):
                    continue  # too far, or back where one came from
                if signalled[there]:
                    again[arc] = True
                elif reach < nearest.get(there, np.inf):
                    nearest[there] = reach
                    heapq.heappush(ahead, (reach, there))
    return again


def _near(u: IntArray, v: IntArray, metres: FloatArray, node: IntArray, count: int) -> IntArray:
    """Arcs that begin within `ONE_JUNCTION_METRES` after some of these nodes, and are no longer than that."""
    short = metres <= ONE_JUNCTION_METRES
    reach = np.full(count, np.inf)
    reach[node] = 0.0
    nearer = np.isfinite(reach)
    while nearer.any():
        arcs = np.flatnonzero(nearer[u] & short)
        gone = reach[u[arcs]] + metres[arcs]
        kept = (gone <= ONE_JUNCTION_METRES) & (gone < reach[v[arcs]])
        np.minimum.at(reach, v[arcs[kept]], gone[kept])
        nearer = np.zeros(count, dtype=bool)
        nearer[v[arcs[kept]]] = True
    return np.flatnonzero(np.isfinite(reach)[u] & short)


def _junction_seconds(
    u: IntArray, v: IntArray, meeting: Meeting, silent: BoolArray, circle: BoolArray, table: dict[str, float]
) -> FloatArray:
    """Yielding, slowing down and turning off.

    Arcs of a roundabout do none of these where they end, nor those that are signalled there: the signal is for that.
    """
    rank, link, best, streets, equals = meeting
    drive = (rank > LAST_STREET) & (rank < LOWEST_RANK)
    lesser = (rank > best[v]) & ~(link & (best[v] <= LAST_MERGED)) & ((streets[v] >= JUNCTION) | drive)
    equal = (rank == best[v]) & (rank > LAST_MERGED) & (equals[v] >= JUNCTION)
    arriving = np.where(lesser, table["junction_yield"], np.where(equal, table["junction_equal"], 0.0))
    arriving = np.where(circle[v], table["roundabout_entry"], arriving)
    arriving = np.where(silent, 0.0, arriving)
    off = (rank > best[u]) & ~(link & (best[u] <= LAST_MERGED)) & ((streets[u] >= JUNCTION) | drive) & ~circle[u]
    return arriving + np.where(off, table["junction_turn_off"], 0.0)


def _add_boarding(waiting: FloatArray, arcs: pd.DataFrame, u: IntArray, v: IntArray, count: int, wait: float) -> None:
    """Add the waiting for the boat, paid once however many ways it takes, on the arc of the ferry that leaves."""
    ferry = (arcs["road_class"] == "ferry").to_numpy(dtype=bool)
    if not ferry.any():
        return
    shore = np.zeros(count, dtype=bool)
    shore[u[~ferry]] = shore[v[~ferry]] = True
    rows = np.flatnonzero(ferry & shore[u])
    told = arcs["boarding_s"].to_numpy(dtype=float)[rows] if "boarding_s" in arcs else np.full(len(rows), np.nan)
    waiting[rows] += np.where(np.isnan(told), wait, told)


def time_arcs(
    arcs: pd.DataFrame,
    events: pd.DataFrame,
    *,
    mode: str,
    turning: FloatArray | float = 0.0,
    kinds: tuple[npt.NDArray[Any], pd.DataFrame] | None = None,
    meeting: Meeting | None = None,
) -> pd.DataFrame:
    """Return minutes, speed_kmh, speed_reason and delay_s of each arc, indexed like `arcs`.

    Parameters
    ----------
    arcs
        One row a directed arc: u, v (node positions, 0 to n−1), length_m, road_class, setting ("urban" or "rural"),
        dual (bool: carriageways kept apart), wide (bool: two lanes or more this way), roundabout (bool), law (of
        `law.COUNTRIES`), legal (row of that law's table, "" where class and setting tell it), limit_kmh (NaN where no
        sign is known), limit_reason (text), cap_kmh and cap_reason (NaN and "" where nothing else holds the arc back),
        slope_kmh (what a slope leaves, NaN where none is known),
        fixed_minutes (NaN but for ferries with a timetable),
        boarding_s (NaN where nothing tells how often boats leave).
    events
        What stands at nodes: node (position) and event (a row of delays.csv); arcs *arriving* there pay, and where
        `coming` (position of a node) is not -1, only those that come from there.
    mode
        "car", "bike" or "walk".
    turning
        Seconds that turning adds to each arc, as `junctions.turn_costs` lays them on arcs.
    kinds
        The number of the kind of each arc, and the columns `KIND` of the kinds, where `arcs` lacks these.
    meeting
        What meets at the nodes of the arcs, where it is known.
    """
    check_mode(mode)
    seconds = delay_seconds(arcs, events, mode, meeting)
    seconds += turning
    codes, told = kinds or kinds_of(arcs[KIND])
    speeds, reasons = _free_flow(told, mode)
    metres = arcs["length_m"].to_numpy(dtype=float)
    fixed = arcs["fixed_minutes"].to_numpy(dtype=float) if "fixed_minutes" in arcs else np.empty(0)
    at = np.flatnonzero(fixed > 0)
    sailed = fixed[at] + seconds[at] / 60
    delay, kmh = np.empty(len(arcs), dtype=np.float32), np.empty(len(arcs), dtype=np.float32)
    for block in slices(len(arcs)):
        pace = speeds[codes[block]]
        minutes = metres[block] / 1000
        minutes /= pace
        minutes *= 60
        delay[block], kmh[block] = seconds[block], pace
        seconds[block] /= 60
        minutes += seconds[block]
        seconds[block] = minutes  # that one column serves both
    minutes = seconds
    reason = pd.Categorical.from_codes(reasons.codes[codes], categories=reasons.categories)
    if len(at):
        minutes[at] = sailed
        kmh[at] = metres[at] / 1000 / fixed[at] * 60
        reason = reason.add_categories([TIMETABLE])
        reason[at] = TIMETABLE
    columns = {"minutes": minutes, "speed_kmh": kmh, "speed_reason": reason, "delay_s": delay}
    return pd.DataFrame(columns, index=arcs.index, copy=False)


def check_mode(mode: str) -> None:
    """Raise NetworkError unless `mode` is one of `MODES`."""
    if mode not in MODES:
        raise NetworkError(unknown("roads_unknown_mode", mode, MODES))


@cache
def _practical(mode: str) -> dict[tuple[str, str], float]:
    rows = [row for row in rows_of("driving") if row["mode"] == mode]
    return {(row["road_class"], row["setting"]): float(row["kmh"]) for row in rows}


def _free_flow(kinds: pd.DataFrame, mode: str) -> tuple[FloatArray, "pd.Categorical[str]"]:
    """Speed of each kind of arc without its delays (km/h), and what sets it."""
    told = [_speed_of(kind, mode) for kind in kinds.itertuples(index=False)]
    return np.array([kmh for kmh, _ in told]), pd.Categorical([reason for _, reason in told])


def kinds_of(table: pd.DataFrame) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """Return the number of the kind of each row of `table` (NaN equals NaN), and one row of each kind."""
    number = np.zeros(len(table), dtype=np.int64)
    for name in table.columns:
        codes, values = pd.factorize(table[name], use_na_sentinel=False)
        if len(values) > 1:
            number = pd.factorize(number * (len(values) + 1) + codes)[0].astype(np.int64)
    return number, table[~pd.Series(number).duplicated().to_numpy()]


def _speed_of(kind: Any, mode: str) -> tuple[float, str]:
    """The lowest of what holds back a kind of arc: km/h and reason."""
    road = _road_speed(kind, mode)
    choices = [road]
    if mode == "car" and kind.road_class != "ferry":
        limit, reason = kind.limit_kmh, kind.limit_reason
        if np.isnan(limit):
            setting = kind.legal or _unsigned_setting(kind)
            limit, rule = legal_limit(kind.law, setting, wide=kind.wide, main=kind.road_class in GREAT)
            reason = f"{reason}: {rule}" if reason else rule
        share = next(share for most, share in COMPLIANCE.items() if limit <= most)
        choices.append((round(limit * share, 2), f"{reason}, drivers {share * 100:.0f} %"))
    if not np.isnan(kind.slope_kmh):
        choices.append((kind.slope_kmh, kind.limit_reason or "slope"))  # one pushes a bicycle that way
    if not np.isnan(kind.cap_kmh):
        choices.append((kind.cap_kmh, kind.cap_reason))
    return min(choices)


def usual_kmh(road_class: str, mode: str) -> float:
    """Return the speed (km/h) at which a mode goes along a class of road where nothing else is known, 0 if unknown.

    >>> usual_kmh("steps", "walk"), usual_kmh("footway", "walk")
    (2.4, 4.8)
    """
    table = _practical(mode)
    return table.get((road_class, "rural"), table.get(("other", "rural"), 0.0))


def _road_speed(kind: Any, mode: str) -> tuple[float, str]:
    table = _practical(mode)
    key = (kind.road_class, kind.setting)
    kmh = table.get(key, table.get(("other", kind.setting)))
    if kmh is None:
        known = (name for name, _ in table)
        raise NetworkError(unknown("roads_unknown_class", kind.road_class, known, mode=mode))
    if mode != "car":
        return kmh, f"{mode} on {kind.road_class}"
    place = "built-up area" if kind.setting == "urban" else "open country"
    return kmh, "ferry without timetable" if kind.road_class == "ferry" else f"{kind.road_class} in {place}, as driven"


def _unsigned_setting(kind: Any) -> str:
    """Row of the law's table that holds where no sign is known."""
    if kind.road_class in {"motorway", "motorway_link"}:
        return "motorway"
    if kind.road_class == "living_street":
        return "living_street"
    if kind.road_class == "pedestrian":
        return "walk"
    # A boulevard in town has two carriageways too, and the limit of the town.
    apart = kind.dual and (kind.setting == "rural" or kind.road_class in {"trunk", "trunk_link"})
    return "dual" if apart else str(kind.setting)
