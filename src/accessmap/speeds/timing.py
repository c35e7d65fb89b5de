"""Minutes of arcs: free-flow speed, the lowest of law, road and cap, and the delays on top."""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, did_you_mean
from accessmap.speeds.delays import delay_seconds
from accessmap.speeds.law import legal_limit, rows_of

__all__ = ["COMPLIANCE", "MODES", "SPEED_TABLE_VERSION", "check_mode", "time_arcs"]

SPEED_TABLE_VERSION = "2026.1"
MODES = ("car", "bike", "walk")
# Free-flow speed over limit where it is the limit that holds drivers back, by the limit (km/h, up to and including).
# ONISR, Observatoire des vitesses (yearly): cars average 118-120 where 130 is allowed, and within some 5 % of the limit
# where it is 50 to 90.
COMPLIANCE = {90.0: 0.96, float("inf"): 0.92}
KIND = ["road_class", "setting", "dual", "limit_kmh", "limit_reason", "cap_kmh", "cap_reason"]

FloatArray = npt.NDArray[np.float64]


def time_arcs(arcs: pd.DataFrame, events: pd.DataFrame, *, mode: str, country: str) -> pd.DataFrame:
    """Return minutes, speed_kmh, speed_reason and delay_s of each arc, indexed like `arcs`.

    Parameters
    ----------
    arcs
        One row a directed arc: u, v (node positions, 0 to n−1), length_m, road_class, setting ("urban" or "rural"),
        dual (bool: carriageways kept apart), roundabout (bool), limit_kmh (NaN where no sign is known), limit_reason
        (text), cap_kmh and cap_reason (NaN and "" where nothing else holds the arc back), fixed_minutes (NaN but for
        ferries with a timetable).
    events
        What stands at nodes: node (position) and event (a row of delays.csv); arcs *arriving* there pay.
    mode
        "car", "bike" or "walk".
    country
        Whose law holds where no limit is signed; one of `COUNTRIES`.

    Raises
    ------
    NetworkError
        If the mode, the country, a road class or an event is unknown.

    Examples
    --------
    A kilometre signed 30, with nothing in the way.

    >>> arc = pd.DataFrame(
    ...     {"u": [0], "v": [1], "length_m": [1000.0], "road_class": ["tertiary"], "setting": ["rural"],
    ...      "dual": [False], "roundabout": [False], "limit_kmh": [30.0], "limit_reason": ["maxspeed=30"],
    ...      "cap_kmh": [np.nan], "cap_reason": [""], "fixed_minutes": [np.nan]})
    >>> timed = time_arcs(arc, pd.DataFrame({"node": [], "event": []}), mode="car", country="FR")
    >>> timed["minutes"].round(3).item(), timed["speed_reason"].item(), timed["delay_s"].item()
    (2.083, 'maxspeed=30, drivers 96 %', 0.0)
    """
    check_mode(mode)
    kmh, reason = _free_flow(arcs, mode, country)
    length_km = arcs["length_m"].to_numpy(dtype=float) / 1000
    seconds = delay_seconds(arcs, events, mode)
    fixed = arcs["fixed_minutes"].to_numpy(dtype=float)
    timetabled = fixed > 0
    moving = np.where(timetabled, fixed, length_km / kmh * 60)
    kmh = np.where(timetabled, length_km / np.where(timetabled, fixed, 1.0) * 60, kmh)
    columns = {
        "minutes": moving + seconds / 60,
        "speed_kmh": kmh.astype(np.float32),
        "speed_reason": reason,
        "delay_s": seconds.astype(np.float32),
    }
    return pd.DataFrame(columns, index=arcs.index)


def check_mode(mode: str) -> None:
    """Raise NetworkError unless `mode` is one of `MODES`.

    >>> check_mode("car")
    """
    if mode not in MODES:
        raise NetworkError(f"unknown mode {mode!r}{did_you_mean(mode, MODES)}: use one of {', '.join(MODES)}.")


@cache
def _practical(mode: str) -> dict[tuple[str, str], float]:
    rows = [row for row in rows_of("driving") if row["mode"] == mode]
    return {(row["road_class"], row["setting"]): float(row["kmh"]) for row in rows}


def _free_flow(arcs: pd.DataFrame, mode: str, country: str) -> tuple[FloatArray, "pd.Categorical[str]"]:
    """Speed of each arc without its delays (km/h), and what sets it: worked out once for each kind of arc there is."""
    codes, kinds = _kinds(arcs[KIND])
    told = [_speed_of(kind, mode, country) for kind in kinds.itertuples(index=False)]
    speeds = np.array([kmh for kmh, _ in told])
    reasons = pd.Categorical([reason for _, reason in told])
    return speeds[codes], pd.Categorical.from_codes(reasons.codes[codes], categories=reasons.categories)


def _kinds(table: pd.DataFrame) -> tuple[npt.NDArray[np.int64], pd.DataFrame]:
    """Number the distinct rows of `table` (NaN equal to NaN); return each row's number, and one row of each kind."""
    number = np.zeros(len(table), dtype=np.int64)
    for name in table.columns:
        codes, values = pd.factorize(table[name], use_na_sentinel=False)
        number = np.unique(number * (len(values) + 1) + codes, return_inverse=True)[1]
    _, first, kinds = np.unique(number, return_index=True, return_inverse=True)
    return kinds.astype(np.int64), table.iloc[first]


def _speed_of(kind: Any, mode: str, country: str) -> tuple[float, str]:
    """The lowest of what holds back a kind of arc: km/h and reason."""
    road = _road_speed(kind, mode)
    choices = [road]
    if mode == "car" and kind.road_class != "ferry":
        limit, reason = (kind.limit_kmh, kind.limit_reason)
        if np.isnan(limit):
            limit, reason = legal_limit(country, _unsigned_setting(kind))
        share = next(share for most, share in COMPLIANCE.items() if limit <= most)
        choices.append((round(limit * share, 2), f"{reason}, drivers {share * 100:.0f} %"))
    if not np.isnan(kind.cap_kmh):
        choices.append((kind.cap_kmh, kind.cap_reason))
    return min(choices)


def _road_speed(kind: Any, mode: str) -> tuple[float, str]:
    table = _practical(mode)
    key = (kind.road_class, kind.setting)
    kmh = table.get(key, table.get(("other", kind.setting)))
    if kmh is None:
        known: Sequence[str] = [name for name, _ in table]
        raise NetworkError(
            f"practical speeds: no {mode} speed for road class {kind.road_class!r}"
            f"{did_you_mean(kind.road_class, known)}: use one of {', '.join(dict.fromkeys(known))}."
        )
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
