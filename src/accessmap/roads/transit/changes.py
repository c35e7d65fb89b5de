"""How one changes between stops: rules of the timetable by stop, route and trip, stations, and ways on foot."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.readers.gtfs.distances import hops
from accessmap.roads.readers.gtfs.feed import numbered
from accessmap.roads.readers.gtfs.transfers import WALKING_METRES_A_SECOND

CHANGE_SECONDS = 120
"""To change at one stop where no rule says otherwise: OpenTripPlanner's default slack (`transferSlack`, 2 min)."""
NEVER = -1
IN_SEAT = (4, 5)
PAIR = ["from_stop", "to_stop"]


@dataclass(frozen=True, eq=False)
class Places:
    """The stops of a day: those of the timetable, then one more for each group of trips that rules single out at one.

    Attributes
    ----------
    place
        By stop of the day: its row of `Timetable.stops`.
    route, trip
        By stop of the day: the route or trip it is kept for, "" for all others.
    of_call
        By call: its stop of the day.
    """

    place: npt.NDArray[np.int32]
    route: list[str]
    trip: list[str]
    of_call: npt.NDArray[np.int32]

    def groups(self) -> dict[int, list[int]]:
        """Return, by row of the stops, its stops of the day where there are several."""
        found: dict[int, list[int]] = {}
        plain = len(self.place) - len(self.route)
        for number, place in enumerate(self.place[plain:].tolist(), start=plain):
            found.setdefault(place, [place]).append(number)
        return found

    def kept_for(self, stop: int) -> tuple[str, str]:
        """Return the route and the trip that a stop of the day is kept for."""
        at = stop - (len(self.place) - len(self.route))
        return (self.route[at], self.trip[at]) if at >= 0 else ("", "")


def expanded(rules: pd.DataFrame, stops: pd.DataFrame) -> pd.DataFrame:
    """Return the rules from stop to stop: one of a station is one of each of its stops, unless they have their own.

    `named` counts the ends (0 to 2) that the rule names themselves.
    """
    rules = rules[~rules["type"].isin(IN_SEAT)].reset_index(drop=True)
    row = numbered(stops.index)
    parent = stops["parent"].map(row).fillna(-1).to_numpy(int)
    kind = stops["kind"].to_numpy()
    station = pd.DataFrame({"station": parent, "stop": np.arange(len(stops))})
    station = station[(parent >= 0) & np.isin(kind, ["stop", "boarding_area"])]
    rules["named"] = 0
    for column in PAIR:
        whole = rules[column].isin(station["station"])
        each = rules[whole].merge(station, left_on=column, right_on="station")
        each = each.assign(**{column: each["stop"]}).drop(columns=["station", "stop"])
        rules = pd.concat([rules[~whole].assign(named=rules.loc[~whole, "named"] + 1), each], ignore_index=True)
    return rules


def places_of(
    rules: pd.DataFrame,
    stops: int,
    call_stop: npt.NDArray[np.int32],
    route: npt.NDArray[np.object_],
    trip: npt.NDArray[np.object_],
) -> Places:
    """Return the stops of the day: a stop is split where a rule singles out routes or trips that call there.

    Parameters
    ----------
    rules
        Of `expanded`.
    stops
        How many the timetable has.
    call_stop, route, trip
        By call: its stop, and the ids of its route and trip.
    """
    pieces = [
        pd.DataFrame({"stop": rules[f"{side}_stop"], "route": rules[f"{side}_route"], "trip": rules[f"{side}_trip"]})
        for side in ("from", "to")
    ]
    named = pd.concat(pieces)
    plain = np.arange(stops, dtype=np.int32)
    routes, trips = (
        set(zip(named["stop"][named[each] != ""], named[each][named[each] != ""], strict=True))
        for each in ("route", "trip")
    )
    if not routes and not trips:
        return Places(plain, [], [], call_stop)
    of_call = call_stop.copy()
    known: dict[tuple[int, str, str], int] = {}
    for call in np.flatnonzero(np.isin(call_stop, [stop for stop, _ in routes | trips])).tolist():
        stop = int(call_stop[call])
        own = (
            stop,
            route[call] if (stop, route[call]) in routes else "",
            trip[call] if (stop, trip[call]) in trips else "",
        )
        if own[1] or own[2]:
            of_call[call] = known.setdefault(own, stops + len(known))
    place = np.concatenate([plain, np.fromiter((stop for stop, _, _ in known), np.int32, len(known))])
    return Places(place, [name for _, name, _ in known], [name for _, _, name in known], of_call)


def ways(
    rules: pd.DataFrame,
    stops: pd.DataFrame,
    pathways: pd.DataFrame,
    walks: pd.DataFrame | None,
    places: Places,
    *,
    change_seconds: int,
) -> tuple[npt.NDArray[np.int32], pd.DataFrame]:
    """Return the seconds to change at each stop of the day (-1 never), and the ways on foot between two, in seconds.

    A rule by trip goes before one by route, that before one by stop, and a stop's own before its station's (GTFS
    reference, transfers.txt). Where there is none: `change_seconds` at one stop, the way on foot and `change_seconds`
    between two.

    Parameters
    ----------
    rules
        Of `expanded`.
    pathways
        Ways through stations, where they are drawn.
    walks
        Further ways on foot between stops (rows), in seconds: by the streets.
    """
    usual = _unruled(stops, pathways, walks, change_seconds)
    plain = rules[(rules[["from_route", "to_route", "from_trip", "to_trip"]] == "").all(axis=1)]
    plain = plain[(plain["from_stop"] >= 0) & (plain["to_stop"] >= 0)].sort_values("named", kind="stable")
    plain = plain.assign(seconds=_seconds(plain, stops, usual, change_seconds))
    base = pd.concat([usual, plain[[*PAIR, "seconds"]]]).drop_duplicates(PAIR, keep="last")
    groups = places.groups()
    if groups:
        base = _split(base, rules, stops, usual, places, groups, change_seconds)
    same = base["from_stop"] == base["to_stop"]
    change = np.full(len(places.place), change_seconds, dtype=np.int32)
    change[base.loc[same, "from_stop"]] = base.loc[same, "seconds"]
    return change, base[~same & (base["seconds"] >= 0)].sort_values(PAIR, ignore_index=True)


def _unruled(
    stops: pd.DataFrame, pathways: pd.DataFrame, walks: pd.DataFrame | None, change_seconds: int
) -> pd.DataFrame:
    """Ways on foot that no rule names: pathways of a station, else the straight line within it, else the streets."""
    called = np.flatnonzero(stops["kind"].isin(["stop", "boarding_area"]).to_numpy())
    parent = stops["parent"].to_numpy()[called]
    group = pd.DataFrame({"stop": called, "parent": parent})[parent != ""]
    pairs = group.merge(group, on="parent")
    pairs = pairs[pairs["stop_x"] != pairs["stop_y"]].rename(columns={"stop_x": "from_stop", "stop_y": "to_stop"})
    drawn = np.unique(pathways[PAIR].to_numpy()) if len(pathways) else ()
    pairs = pairs[~pairs[PAIR].isin(drawn).all(axis=1)]  # a platform that is on no pathway is reached straight
    pairs = pairs.assign(seconds=_walked(pairs, stops))[[*PAIR, "seconds"]]
    platforms = pathways[pathways[PAIR].isin(called).all(axis=1)]
    found = pd.concat([each for each in (walks, pairs, platforms) if each is not None and len(each)] or [pairs])
    found = found.drop_duplicates(PAIR, keep="last")
    usual: pd.DataFrame = found.assign(seconds=np.ceil(found["seconds"]).astype(np.int64) + change_seconds)
    return usual


def _walked(pairs: pd.DataFrame, stops: pd.DataFrame) -> npt.NDArray[np.float64]:
    degrees = stops[["lon", "lat"]].to_numpy()
    return np.ceil(hops(degrees[pairs["from_stop"]], degrees[pairs["to_stop"]]) / WALKING_METRES_A_SECOND)


def _seconds(
    rules: pd.DataFrame, stops: pd.DataFrame, usual: pd.DataFrame, change_seconds: int
) -> npt.NDArray[np.int64]:
    """What each rule says a change takes: its own time, none for vehicles that wait, never, or as without a rule."""
    free = rules[PAIR].merge(usual, on=PAIR, how="left")["seconds"].to_numpy(float)
    walked = _walked(rules, stops) + change_seconds
    free = np.where(np.isnan(free), np.where(rules["from_stop"] == rules["to_stop"], change_seconds, walked), free)
    said = rules["seconds"].to_numpy()
    kind = rules["type"].to_numpy()
    chosen = np.select([kind == 3, said >= 0, kind == 1], [NEVER, said, 0], free)
    return chosen.astype(np.int64)


def _split(
    base: pd.DataFrame,
    rules: pd.DataFrame,
    stops: pd.DataFrame,
    usual: pd.DataFrame,
    places: Places,
    groups: dict[int, list[int]],
    change_seconds: int,
) -> pd.DataFrame:
    """The same ways where some places are split: for each pair of their stops, by the rule that fits it best."""
    same = pd.DataFrame({"from_stop": list(groups), "to_stop": list(groups), "seconds": change_seconds})
    base = pd.concat([same, base]).drop_duplicates(PAIR, keep="last")
    near = base["from_stop"].isin(groups) | base["to_stop"].isin(groups)
    best: dict[tuple[int, int], tuple[tuple[int, int], int]] = {}
    for start, end, seconds in base.loc[near, [*PAIR, "seconds"]].to_numpy(int).tolist():
        for one in groups.get(start, [start]):
            for other in groups.get(end, [end]):
                best[one, other] = (0, 0), seconds
    rules = rules[(rules["from_stop"] >= 0) & (rules["to_stop"] >= 0)]
    seconds_of = _seconds(rules, stops, usual, change_seconds).tolist()
    sides = [rules[[f"{side}_route", f"{side}_trip"]].to_numpy(str).tolist() for side in ("from", "to")]
    pairs, named = rules[PAIR].to_numpy(int).tolist(), rules["named"].tolist()
    for (start, end), one_end, other_end, seconds, own in zip(pairs, *sides, seconds_of, named, strict=True):
        weight = _weight(*one_end) + _weight(*other_end), own
        for one in groups.get(start, [start]):
            for other in groups.get(end, [end]):
                fits = _fits(one_end, places.kept_for(one)) and _fits(other_end, places.kept_for(other))
                if fits and weight >= best.get((one, other), ((-1, 0), 0))[0]:
                    best[one, other] = weight, seconds
    ruled = pd.DataFrame([(*pair, seconds) for pair, (_, seconds) in best.items()], columns=[*PAIR, "seconds"])
    return pd.concat([base[~near], ruled]).drop_duplicates(PAIR, keep="last")


def _weight(route: str, trip: str) -> int:
    """How closely one end of a rule is named: a trip goes before two routes (GTFS reference, transfers.txt)."""
    return 3 if trip else 1 if route else 0


def _fits(end: Sequence[str], own: tuple[str, str]) -> bool:
    """Whether one end of a rule, a route and a trip, is that of a stop that is kept for a route and a trip."""
    (route, trip), (own_route, own_trip) = end, own
    return trip == own_trip if trip else not route or route == own_route
