"""Minutes on a stretch of road: what the law lets, what the road lets, and what junctions cost, as data with its source.

The speed of an arc is the lowest of three: the limit (signed, or the country's own for such a road) times its `COMPLIANCE`; the *practical
speed* of its class in its setting, which is what width, bends, parked cars and houses leave of it; and any cap of that road alone
(surface, roundabout, residents only). Seconds lost at signals, stops and junctions are added to the arc that leads there.

The three tables lie beside this module: `speeds_limits.csv` (law, by country), `speeds_driving.csv` (practical speeds, km/h) and
`speeds_delays.csv` (seconds). docs/method says how the last two were fitted, and `benchmarks/accuracy.py` checks them.
"""

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, did_you_mean

__all__ = [
    "COMPLIANCE",
    "COUNTRIES",
    "MODES",
    "SPEED_TABLE_VERSION",
    "country_at",
    "legal_limit",
    "limit_code",
    "parse_maxspeed",
    "time_arcs",
]

SPEED_TABLE_VERSION = "2026.1"
MODES = ("car", "bike", "walk")
# Free-flow speed over limit where it is the limit that holds drivers back, by the limit (km/h, up to and including).
# ONISR, Observatoire des vitesses (yearly): cars average 118-120 where 130 is allowed, and within 5 % of the limit where it is 50 to 90.
COMPLIANCE = {90.0: 0.96, float("inf"): 0.92}
MILE_KM = 1.609344  # international mile, exact
KNOT_KM = 1.852
FASTEST_SIGN_KMH = 150.0  # Texas 85 mph, Poland 140: more is a typing error
WAITING = {"ferry_boarding"}

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_SPEED = re.compile(r"^(?P<number>\d{1,4}(?:[.,]\d+)?)\s*(?P<unit>km/?h|kph|kmh|mph|mi/h|knots|kn)?$", re.IGNORECASE)
_CODE = re.compile(r"^(?P<country>[a-z]{2})(?:-[a-z]{2,3})?:(?P<rest>.+)$", re.IGNORECASE)
_SETTINGS = {
    "motorway": "motorway",
    "trunk": "dual",
    "expressway": "dual",
    "nsl_dual": "dual",
    "express": "dual",
    "rural": "rural",
    "nsl_single": "rural",
    "urban": "urban",
    "built_up": "urban",
    "living_street": "living_street",
    "walk": "walk",
    "pedestrian_zone": "walk",
    "bicycle_road": "zone30",
}
# Order at a junction: who has the lower number is not made to wait. Links yield to the road they join, but merge onto 0 and 1.
RANKS = {
    "motorway": 0, "trunk": 1, "motorway_link": 1, "primary": 2, "trunk_link": 2, "secondary": 3, "primary_link": 3, "tertiary": 4,
    "secondary_link": 4, "unclassified": 5, "tertiary_link": 5, "residential": 5, "road": 5, "living_street": 6, "pedestrian": 7, "service": 7,
    "track": 8,
}  # fmt: skip
LOWEST_RANK = 9
LOWEST_ROAD_RANK = 6  # below it are drives and tracks: they make no junction of the road they leave


@cache
def _limits() -> dict[tuple[str, str], tuple[float, str]]:
    table = pd.read_csv(str(files("accessmap") / "speeds_limits.csv"))
    return {(row.country, row.setting): (float(row.kmh), str(row.source)) for row in table.itertuples()}


@cache
def _practical(mode: str) -> dict[tuple[str, str], float]:
    table = pd.read_csv(str(files("accessmap") / "speeds_driving.csv"))
    return {(row.road_class, row.setting): float(row.kmh) for row in table[table["mode"] == mode].itertuples()}


@cache
def _delays(mode: str) -> dict[str, float]:
    table = pd.read_csv(str(files("accessmap") / "speeds_delays.csv"))
    return {row.event: float(row.seconds) for row in table[table["mode"] == mode].itertuples()}


# Outlines to about 10 km, lon lat, smallest first; a file that names its country in a tag (maxspeed:type=FR:rural) needs none of this.
OUTLINES = {
    "LI": "9.47 47.05 9.56 47.04 9.64 47.10 9.64 47.20 9.54 47.28 9.48 47.20",
    "CH": "5.95 46.13 6.20 46.35 6.85 46.40 6.80 46.10 7.05 45.90 7.55 45.97 7.90 45.92 8.45 46.25 8.85 46.00 9.02 45.82 9.05 46.08 9.30 46.50 9.55 46.30 "
    "10.10 46.25 10.15 46.60 10.48 46.55 10.45 46.90 9.90 46.95 9.50 47.05 9.52 47.25 9.65 47.45 9.20 47.66 8.60 47.78 8.40 47.58 7.60 47.59 7.00 47.48 "
    "6.95 47.25 6.10 46.60",
    "PT": "-8.85 41.88 -8.15 42.13 -8.10 41.82 -6.60 41.95 -6.20 41.57 -6.93 41.02 -6.85 40.25 -7.02 39.67 -7.53 39.66 -6.95 39.00 -7.30 38.45 -6.95 38.20 "
    "-7.50 37.55 -7.40 37.15 -8.00 36.93 -9.05 36.95 -8.85 38.35 -9.55 38.75 -9.00 39.90 -8.60 41.10",
    "FR": "2.55 51.10 3.15 50.78 4.15 50.00 4.90 50.15 5.80 49.55 6.35 49.47 7.00 49.15 8.20 48.97 7.60 48.10 7.55 47.58 7.00 47.45 6.95 47.25 6.10 46.55 "
    "6.05 46.20 6.30 46.40 6.80 46.42 6.85 46.05 7.05 45.90 6.65 45.10 7.00 44.25 7.70 44.15 7.50 43.75 6.20 42.95 3.20 43.10 3.20 42.42 1.75 42.50 "
    "0.70 42.80 -0.70 42.90 -1.80 43.36 -1.20 44.60 -1.20 46.10 -2.60 47.20 -4.80 47.90 -4.90 48.50 -1.70 48.75 -1.95 49.75 0.00 49.75 1.50 50.20 1.55 50.95",
    "FR-20": "8.50 42.10 9.45 43.05 9.60 42.10 9.20 41.30 8.70 41.55",
    "DE": "6.00 51.00 6.10 50.10 6.45 49.45 7.00 49.15 8.20 48.97 7.60 48.10 7.60 47.60 8.60 47.80 9.60 47.53 10.50 47.55 13.00 47.47 12.80 48.15 13.80 48.75 "
    "12.10 50.30 14.80 50.85 15.05 51.30 14.60 52.60 14.30 53.90 13.50 54.70 10.00 54.80 8.60 54.90 7.00 53.70 7.05 52.25 5.95 51.80",
}  # fmt: skip
COUNTRIES = ("FR", "PT", "CH", "LI", "DE", "generic")


def country_at(lon: float, lat: float) -> str:
    """Return the country whose speed rules hold at a place, one of `COUNTRIES`, from outlines good to about 10 km.

    >>> country_at(3.215, 49.616), country_at(-8.61, 41.15), country_at(9.52, 47.14), country_at(21.0, 52.2)
    ('FR', 'PT', 'LI', 'generic')
    """
    from shapely import Point, Polygon

    for country, text in OUTLINES.items():
        numbers = np.array(text.split(), dtype=float).reshape(-1, 2)
        if Polygon(numbers).contains(Point(lon, lat)):
            return country[:2]
    return "generic"


def legal_limit(country: str, setting: str) -> tuple[float, str]:
    """Return the limit (km/h) of `country` in `setting`, and the rule it comes from.

    Parameters
    ----------
    country
        One of `COUNTRIES`; "generic" where no table is kept.
    setting
        "motorway", "dual", "rural", "urban", "zone30", "living_street" or "walk".

    Raises
    ------
    NetworkError
        If the country or the setting has no row.

    >>> legal_limit("FR", "rural")
    (80.0, 'FR, rural 80: art. R413-2, I-3°: hors agglomération')
    """
    limits = _limits()
    if (country, setting) not in limits:
        known = [c for c, _ in limits] if country not in COUNTRIES else [s for c, s in limits if c == country]
        wrong = country if country not in COUNTRIES else setting
        raise NetworkError(
            f"speed table: no row for country {country!r}, setting {setting!r}{did_you_mean(wrong, known)}: known are {', '.join(dict.fromkeys(known))}."
        )
    kmh, source = limits[country, setting]
    return kmh, f"{country}, {setting} {kmh:g}: {source}"


def parse_maxspeed(text: object) -> float | None:
    """Return an OSM `maxspeed` in km/h, or None where it says nothing that can be driven at.

    Of several values ("50; 40") the lowest holds. Values such as "FR:urban" are for `limit_code`; "signals", "variable" and values above
    150 km/h say nothing; "none" says that there is no limit: None too, so that the country's advised speed holds.

    >>> parse_maxspeed("50"), parse_maxspeed("30 mph"), parse_maxspeed("80;50"), parse_maxspeed("walk"), parse_maxspeed("none")
    (50.0, 48.28, 50.0, 6.0, None)
    """
    speeds = [_one_speed(part) for part in re.split(r"[;|]", str(text))]
    told = [speed for speed in speeds if speed is not None]
    return min(told) if told else None


def _one_speed(text: str) -> float | None:
    word = text.strip().casefold()
    if word in {"walk", "walking", "foot"}:
        return 6.0
    match = _SPEED.match(word)
    if match is None:
        return None
    unit = match["unit"] or ""
    factor = MILE_KM if unit.startswith("m") else KNOT_KM if unit.startswith("kn") else 1.0
    kmh = round(float(match["number"].replace(",", ".")) * factor, 2)
    return kmh if 1.0 <= kmh <= FASTEST_SIGN_KMH else None


def limit_code(text: object) -> tuple[str | None, str, float | None] | None:
    """Return (country or None, setting, km/h or None) of a coded limit such as "FR:urban" or "DE:zone:30", or None if it is none.

    >>> limit_code("FR:urban"), limit_code("DE:zone:30"), limit_code("FR:zone30"), limit_code("sign")
    (('FR', 'urban', None), ('DE', 'urban', 30.0), ('FR', 'urban', 30.0), None)
    """
    match = _CODE.match(str(text).strip())
    rest = (match["rest"] if match else str(text)).strip().casefold()
    country = match["country"].upper() if match else None
    if rest in _SETTINGS:
        return country, _SETTINGS[rest], None
    number = re.fullmatch(r"(?:zone:?)?(\d{1,3})", rest)
    if match and number and 1 <= int(number[1]) <= FASTEST_SIGN_KMH:
        kmh = float(number[1])
        return country, "urban" if kmh <= 50 else "rural", kmh
    return None


def time_arcs(arcs: pd.DataFrame, events: pd.DataFrame, *, mode: str, country: str) -> pd.DataFrame:
    """Return minutes, speed_kmh, speed_reason and delay_s of each arc, indexed like `arcs`.

    Parameters
    ----------
    arcs
        One row a directed arc: u, v (node positions, 0 to n−1), length_m, road_class, setting ("urban" or "rural"), dual (bool: carriageways
        kept apart), roundabout (bool), limit_kmh (NaN where no sign is known), limit_reason (text), cap_kmh, cap_reason (NaN and ""
        where nothing else holds the arc back) and fixed_minutes (ferries with a timetable, else NaN).
    events
        What stands at nodes: node (position) and event (a row of speeds_delays.csv); arcs *arriving* there pay.
    mode
        "car", "bike" or "walk".
    country
        Whose law holds where no limit is signed; one of `COUNTRIES`.

    Raises
    ------
    NetworkError
        If the mode, the country or an event is unknown.

    Examples
    --------
    A kilometre of French country road, with nothing in the way: 1 km at the practical speed of such a road.

    >>> arc = pd.DataFrame({"u": [0], "v": [1], "length_m": [1000.0], "road_class": ["tertiary"], "setting": ["rural"], "dual": [False],
    ...                     "roundabout": [False], "limit_kmh": [30.0], "limit_reason": ["maxspeed=30"],
    ...                     "cap_kmh": [np.nan],
    ...                     "cap_reason": [""], "fixed_minutes": [np.nan]})
    >>> timed = time_arcs(arc, pd.DataFrame({"node": [], "event": []}), mode="car", country="FR")
    >>> timed[["speed_kmh", "speed_reason", "delay_s"]].round(1).values.tolist()
    [[28.8..., 'maxspeed=30, drivers 96 %', 0.0]]
    """
    check_mode(mode)
    kmh, reason = _free_flow(arcs, mode, country)
    length_km = arcs["length_m"].to_numpy(dtype=float) / 1000
    seconds = delay_seconds(arcs, events, mode)
    fixed = arcs["fixed_minutes"].to_numpy(dtype=float)
    moving = np.where(np.isnan(fixed), length_km / kmh * 60, fixed)
    return pd.DataFrame(
        {
            "minutes": moving + seconds / 60,
            "speed_kmh": np.where(
                np.isnan(fixed) | (fixed <= 0), kmh, length_km / np.where(fixed > 0, fixed, 1) * 60
            ).astype(np.float32),
            "speed_reason": reason,
            "delay_s": seconds.astype(np.float32),
        },
        index=arcs.index,
    )


def check_mode(mode: str) -> None:
    """Raise NetworkError unless `mode` is one of `MODES`.

    >>> check_mode("car")
    """
    if mode not in MODES:
        raise NetworkError(f"unknown mode {mode!r}{did_you_mean(mode, MODES)}: use one of {', '.join(MODES)}.")


def _free_flow(arcs: pd.DataFrame, mode: str, country: str) -> tuple[FloatArray, "pd.Categorical"]:
    """Speed of each arc without its delays (km/h), and what sets it: worked out once for each distinct kind of arc."""
    keys = ["road_class", "setting", "dual", "limit_kmh", "limit_reason", "cap_kmh", "cap_reason"]
    codes, kinds = _kinds(arcs[keys])
    speeds = np.empty(len(kinds))
    reasons = []
    for position, kind in enumerate(kinds.itertuples(index=False)):
        speeds[position], text = _speed_of(kind, mode, country)
        reasons.append(text)
    names = pd.Categorical(reasons)
    return speeds[codes], pd.Categorical.from_codes(names.codes[codes], categories=names.categories)


def _kinds(table: pd.DataFrame) -> tuple[IntArray, pd.DataFrame]:
    """Number the distinct rows of `table`, NaN equal to NaN, and return the numbers and one row of each."""
    number = np.zeros(len(table), dtype=np.int64)
    for name in table.columns:
        codes, values = pd.factorize(table[name], use_na_sentinel=False)
        number = number * (len(values) + 1) + codes
        number = np.unique(number, return_inverse=True)[1]
    _, first, codes = np.unique(number, return_index=True, return_inverse=True)
    return codes.astype(np.int64), table.iloc[first]


def _speed_of(kind: Any, mode: str, country: str) -> tuple[float, str]:
    practical = _practical(mode)
    name = (kind.road_class, kind.setting) if (kind.road_class, kind.setting) in practical else ("other", kind.setting)
    if name not in practical:
        raise NetworkError(
            f"speed table: no {mode} speed for road class {kind.road_class!r}{did_you_mean(kind.road_class, [c for c, _ in practical])}."
        )
    place = "in built-up area" if kind.setting == "urban" else "in open country"
    choices = [
        (
            practical[name],
            f"{kind.road_class} {place}, as driven" if mode == "car" else f"{mode}ing pace, {kind.road_class}",
        )
    ]
    if mode == "car":
        if np.isnan(kind.limit_kmh):
            limit, reason = legal_limit(country, _default_setting(kind))
        else:
            limit, reason = kind.limit_kmh, kind.limit_reason
        share = next(share for most, share in COMPLIANCE.items() if limit <= most)
        choices.append((round(limit * share, 2), f"{reason}, drivers {share * 100:.0f} %"))
    if not np.isnan(kind.cap_kmh):
        choices.append((kind.cap_kmh, kind.cap_reason))
    return min(choices)


def _default_setting(kind: Any) -> str:
    """Row of the law's table that holds where no sign is known."""
    if kind.road_class == "living_street":
        return "living_street"
    if kind.road_class == "pedestrian":
        return "walk"
    if kind.road_class.startswith("motorway"):
        return "motorway"
    if kind.dual:
        return "dual"
    return str(kind.setting)


def delay_seconds(arcs: pd.DataFrame, events: pd.DataFrame, mode: str) -> FloatArray:
    """Return the seconds each arc loses where it ends: signals and the like, yielding at junctions, turning off, boarding a ferry.

    A junction is a node where three or more roads meet, drives and tracks not counted. Who arrives on the lesser road yields
    (`junction_yield`), who meets equals slows down (`junction_equal`), who stays on the greater road loses nothing, and who leaves it for a
    lesser one brakes to turn (`junction_turn_off`, on the arc turned into). Costs are those of the node and not of the single turn,
    which keeps the network exact for every algorithm and 20 times smaller than one with turns.
    """
    table = _delays(mode)
    unknown = sorted(set(events["event"]) - set(table))
    if unknown:
        raise NetworkError(
            f"speed table: no {mode} delay for {', '.join(map(repr, unknown))}: known are {', '.join(table)}."
        )
    u, v = arcs["u"].to_numpy(dtype=np.int64), arcs["v"].to_numpy(dtype=np.int64)
    count = int(max(u.max(initial=-1), v.max(initial=-1), events["node"].max() if len(events) else -1)) + 1
    at_node = np.zeros(count)
    np.maximum.at(at_node, events["node"].to_numpy(dtype=np.int64), events["event"].map(table).to_numpy(dtype=float))
    signalled = np.zeros(count, dtype=bool)
    signalled[events.loc[events["event"] == "signal", "node"].to_numpy(dtype=np.int64)] = True
    return at_node[v] + _junction_seconds(arcs, u, v, signalled, table) + _boarding_seconds(arcs, u, count, table)


def _junction_seconds(
    arcs: pd.DataFrame, u: IntArray, v: IntArray, signalled: npt.NDArray[np.bool_], table: dict[str, float]
) -> FloatArray:
    if not table.get("junction_equal"):
        return np.zeros(len(arcs))
    count = len(signalled)
    classes = arcs["road_class"].astype("category")
    rank = np.array([RANKS.get(str(name), LOWEST_RANK) for name in classes.cat.categories], dtype=np.int64)[
        classes.cat.codes
    ]
    link = np.array([str(name).endswith("_link") for name in classes.cat.categories], dtype=bool)[classes.cat.codes]
    best = np.full(count, LOWEST_RANK, dtype=np.int64)
    np.minimum.at(best, u, rank)
    np.minimum.at(best, v, rank)
    junction = (_streets_meeting(u, v, rank <= LOWEST_ROAD_RANK, count) >= 3) & ~signalled
    circle = np.zeros(count, dtype=bool)
    round_about = arcs["roundabout"].to_numpy(dtype=bool)
    circle[v[round_about]] = True
    merging = link & (best[v] <= 1)
    yields = (rank > best[v]) & ~merging & (junction[v] | (rank > LOWEST_ROAD_RANK))
    seconds = np.where(
        yields,
        table["junction_yield"],
        np.where(junction[v] & (rank == best[v]) & (rank > 1), table["junction_equal"], 0.0),
    )
    seconds = np.where(circle[v] & ~round_about, table["roundabout_entry"], np.where(round_about, 0.0, seconds))
    turned_off = (rank > best[u]) & ~(link & (best[u] <= 1)) & (junction[u] | (rank > LOWEST_ROAD_RANK)) & ~circle[u]
    return np.where(signalled[v] & ~circle[v], 0.0, seconds) + np.where(turned_off, table["junction_turn_off"], 0.0)


def _streets_meeting(u: IntArray, v: IntArray, counted: npt.NDArray[np.bool_], count: int) -> IntArray:
    """Number of distinct neighbours of each node along the arcs counted, whichever way they run."""
    low, high = np.minimum(u[counted], v[counted]), np.maximum(u[counted], v[counted])
    pair = np.unique(low[low != high] * count + high[low != high])
    return np.bincount(np.concatenate([pair // count, pair % count]), minlength=count)


def _boarding_seconds(arcs: pd.DataFrame, u: IntArray, count: int, table: dict[str, float]) -> FloatArray:
    """Waiting for the boat, paid once, on the arc of the ferry that leaves the shore."""
    ferry = (arcs["road_class"] == "ferry").to_numpy(dtype=bool)
    shore = np.zeros(count, dtype=bool)
    shore[u[~ferry]] = True
    shore[arcs["v"].to_numpy(dtype=np.int64)[~ferry]] = True
    return np.where(ferry & shore[u], table.get("ferry_boarding", 0.0), 0.0)
