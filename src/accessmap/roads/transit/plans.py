"""Lines: how well they serve a place, what a trip costs, and a timetable with one more, or less, or at other times.

Each plan is another `Timetable` with a note of what was done; whatever is computed on both can be compared.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.errors import OptionError, Problem
from accessmap.roads.readers.gtfs.calendars import EPOCH, WEEKDAYS, Calendar
from accessmap.roads.readers.gtfs.fares import read_fares
from accessmap.roads.transit.clock import span
from accessmap.roads.transit.costs import costs, costs_by_mode
from accessmap.roads.transit.quality import people_by_class, quality, quality_areas, quality_by_hour
from accessmap.words.near import near_names
from accessmap.words.notes import Note

if TYPE_CHECKING:
    from accessmap.roads.transit.timetable import Timetable

__all__ = [
    "add",
    "add_stop",
    "costs",
    "costs_by_mode",
    "cut",
    "interval",
    "people_by_class",
    "quality",
    "quality_areas",
    "quality_by_hour",
    "read_fares",
    "shift",
]

Ints = npt.NDArray[np.int64]
_Bool = npt.NDArray[np.bool_]
MODE_NUMBERS = {"tram": 0, "metro": 1, "rail": 2, "bus": 3, "ferry": 4, "cable_car": 6, "funicular": 7}


def add_stop(timetable: Timetable, stop: str, name: str, *, lon: float, lat: float) -> Timetable:
    """Return the timetable with one stop more, which no line serves yet.

    Parameters
    ----------
    timetable
        What runs today.
    stop
        Id of the new stop.
    name
        As people call it.
    lon, lat
        Degrees.

    Raises
    ------
    OptionError
        Where there is a stop of that id, or the place is none on Earth.
    """
    if stop in timetable.stops.index:
        raise OptionError(Problem("lines_stop_taken", value=stop))
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise OptionError(Problem("lines_stop_place", value=f"{lon}, {lat}"))
    stops = timetable.stops
    point = gpd.GeoSeries([shapely.Point(lon, lat)], crs=4326).to_crs(stops.crs).iloc[0]
    row: dict[str, object] = {
        **dict.fromkeys(stops.columns, ""),
        "name": name,
        "kind": "stop",
        "wheelchair": "unknown",
        "stop_id": stop,
    }
    row |= {"lon": lon, "lat": lat, "geometry": point}
    new = gpd.GeoDataFrame([row], index=pd.Index([stop], name=stops.index.name), crs=stops.crs)
    new = new[list(stops.columns)].astype(stops.drop(columns="geometry").dtypes.to_dict())
    note = Note("lines_note_stop", name=name)
    return replace(timetable, stops=pd.concat([stops, new]), notes=(*timetable.notes, note))


def add(
    timetable: Timetable,
    line: str,
    stops: Sequence[str],
    *,
    minutes: Sequence[float],
    departures: Sequence[str] | None = None,
    every: float | None = None,
    between: tuple[str, str] = ("06:00", "20:00"),
    both_ways: bool = True,
    days: Sequence[str] = WEEKDAYS,
    mode: str = "bus",
) -> Timetable:
    """Return the timetable with one line more.

    Parameters
    ----------
    timetable
        What runs today.
    line
        Its name and id.
    stops
        Where it calls, in order: ids of stops or stations, or their names where they are one place alone.
    minutes
        From the first stop to each, the first 0.
    departures
        From the first stop, as "07:10". Going back it leaves the last stop at the same times.
    every
        Minutes between departures, instead of `departures`, from the first time of `between` to before the second.
    between
        With `every`.
    both_ways
        Whether it comes back by the same stops in as much time.
    days
        Weekdays, of all dates that the timetable covers.
    mode
        "bus", "rail", "tram", "metro", "ferry", "cable_car" or "funicular".

    Raises
    ------
    OptionError
        With what is wrong: an unknown stop or weekday, minutes that do not rise, no departure, a name that is taken.

    Examples
    --------
    >>> import accessmap as am
    >>> stops = ["Chauny", "Tergnier"]
    >>> more = am.lines.add(timetable, "Navette", stops, minutes=[0, 12], every=60)  # doctest: +SKIP
    """
    if line in timetable.routes.index:
        raise OptionError(Problem("lines_taken", value=line))
    if mode not in MODE_NUMBERS:
        raise OptionError(Problem("lines_mode", value=mode, known=", ".join(MODE_NUMBERS)))
    rows, seconds = _stop_rows(timetable, stops), _rising(minutes, len(stops))
    leaves = _departures(departures, every, between)
    period = timetable.periods["start"].min(), timetable.periods["end"].max()
    start, end = (day.toordinal() - EPOCH for day in period)
    calendar, service = _with_service(timetable.calendar, line, {"start": start, "end": end, **_weekdays(days)})
    route = {"short_name": line, "type": MODE_NUMBERS[mode], "mode": mode, "route_id": line}
    ways = [(rows, seconds, "0")] + ([(rows[::-1], seconds[-1] - seconds[::-1], "1")] if both_ways else [])
    runs = [
        (line, service, direction, way, np.column_stack([leave + times] * 2))
        for way, times, direction in ways
        for leave in leaves
    ]
    note = Note("lines_note_added", n=len(runs), line=line)
    return _with_runs(replace(timetable, routes=_routes_with(timetable, route), calendar=calendar), runs, note)


def cut(timetable: Timetable, line: str, *, between: tuple[str, str] | None = None) -> Timetable:
    """Return the timetable without a line, or without its trips that set out between two times of the day.

    Parameters
    ----------
    timetable
        What runs today.
    line
        Id of the route, or its short or long name where it is the only one of that name.
    between
        From the first time on and before the second one; all trips where not given.

    Raises
    ------
    OptionError
        Where there is no such line, several are, or it has no trip then.
    """
    route = _route(timetable, line)
    gone, asked = _trips_of(timetable, route, between)
    note = Note("lines_note_cut", n=_count(timetable, gone, asked), line=line_name(timetable, route))
    return _without(timetable, gone, asked, note)


def shift(timetable: Timetable, line: str, minutes: float, *, between: tuple[str, str] | None = None) -> Timetable:
    """Return the timetable with the trips of a line so many minutes later (earlier where below 0).

    Parameters
    ----------
    timetable, line, between
        As for `cut`.
    minutes
        How much later.

    Raises
    ------
    OptionError
        As `cut`, and where the minutes are no number.
    """
    if not np.isfinite(minutes):
        raise OptionError(Problem("lines_minutes", value=minutes))
    route = _route(timetable, line)
    moved, asked = _trips_of(timetable, route, between)
    calls, flex, seconds = timetable.calls.copy(), timetable.flex.copy(), round(minutes * 60)
    late = np.where(moved[calls["trip"].to_numpy()], seconds, 0)
    for column in ("arrival", "departure"):
        calls[column] = (calls[column].to_numpy() + late).astype("int32")
    for column, beside in (("start", None), ("end", None), ("leaves_before", "before"), ("reaches_after", "after")):
        some = asked if beside is None else asked & (flex[beside] >= 0).to_numpy()
        flex[column] = (flex[column] + np.where(some, seconds, 0)).astype(flex[column].dtype)
    if (calls["arrival"] < 0).any() or (flex["start"] < 0).any():
        raise OptionError(Problem("lines_before_midnight", value=minutes))
    n = _count(timetable, moved, asked)
    note = Note("lines_note_shifted", n=n, line=line_name(timetable, route), minutes=minutes)
    return replace(timetable, calls=calls, flex=flex, notes=(*timetable.notes, note))


def interval(timetable: Timetable, line: str, every: float, *, between: tuple[str, str]) -> Timetable:
    """Return the timetable with a line at a fixed interval between two times of the day.

    In each direction the trips that set out between the times are replaced by one every so many minutes, on the days on
    which the line runs now; each calls where most of them call, in the median time of those.

    Parameters
    ----------
    timetable, line
        As for `cut`.
    every
        Minutes.
    between
        From the first time on and before the second one.

    Raises
    ------
    OptionError
        As `cut`, and where the minutes are not above 0.
    """
    route = _route(timetable, line)
    gone, asked = _trips_of(timetable, route, between)
    if not gone.any():
        raise OptionError(Problem("lines_no_trip", value=line_name(timetable, route)))
    # What goes by windows of time has no interval; runs that deviate are replaced, and no longer do.
    asked &= timetable.flex["trip"].isin(timetable.trips["trip"]).to_numpy()
    leaves = _departures(None, every, between)
    calls, first = timetable.calls, timetable.first_call
    stop, arrival, departure = (calls[name].to_numpy() for name in ("stop", "arrival", "departure"))
    calendar, service = _with_days(timetable, np.flatnonzero(timetable.trips["route"].to_numpy() == route))
    ways: dict[str, dict[bytes, list[int]]] = {}
    for trip in np.flatnonzero(gone).tolist():
        here = slice(first[trip], first[trip + 1])
        direction = str(timetable.trips["direction"].iloc[trip]) or _direction(stop[here])
        ways.setdefault(direction, {}).setdefault(stop[here].tobytes(), []).append(trip)
    runs, like = [], []
    for direction, patterns in ways.items():
        trips = max(patterns.values(), key=len)
        took = [int(arrival[first[trip + 1] - 1] - departure[first[trip]]) for trip in trips]
        usual = trips[int(np.argsort(took, kind="stable")[(len(took) - 1) // 2])]
        here = slice(first[usual], first[usual + 1])
        times = np.column_stack([arrival[here], departure[here]]).astype("int64") - departure[first[usual]]
        runs += [(route, service, direction, stop[here], leave + times) for leave in leaves]
        like += [usual] * len(leaves)
    note = Note("lines_note_interval", n=int(gone.sum()), line=line_name(timetable, route), every=every, runs=len(runs))
    fewer = _without(timetable, gone, asked, None)
    if asked.any():
        left = Note("lines_note_deviates", n=_count(timetable, gone & False, asked), line=line_name(timetable, route))
        fewer = replace(fewer, notes=(*fewer.notes, left))
    made = _with_runs(replace(fewer, calendar=calendar), runs, note)
    made.calls.loc[len(fewer.calls) :, "metres"] = np.concatenate(
        [calls["metres"].to_numpy()[first[trip] : first[trip + 1]] for trip in like]
    )
    made.trips.loc[len(fewer.trips) :, "measured"] = timetable.trips["measured"].to_numpy()[like]
    return made


# ---------------------------------------------------------------------- what is asked


def _route(timetable: Timetable, line: str) -> str:
    routes = timetable.routes
    if line in routes.index:
        return line
    found = routes.index[(routes["short_name"] == line) | (routes["long_name"] == line)]
    if len(found) == 1:
        return str(found[0])
    if not len(found):
        names = [name for column in ("short_name", "long_name") for name in routes[column] if name]
        raise OptionError(Problem("lines_unknown", value=line, near=near_names(line, [*routes.index, *names])))
    raise OptionError(Problem("lines_several", value=line, n=len(found), names=", ".join(map(str, found[:5]))))


def line_name(timetable: Timetable, line: str) -> str:
    """Return how people call a line, which its id or a name tells."""
    route = _route(timetable, line)
    named = timetable.routes.loc[route]
    return str(named["short_name"] or named["long_name"] or route)


def runs_on(timetable: Timetable, line: str, date: dt.date) -> bool:
    """Return whether any trip of a line runs on a date; no line that is not there does."""
    routes = timetable.routes
    if line not in routes.index and line not in {*routes["short_name"], *routes["long_name"]}:
        return False
    rows, route, flex = timetable.running_on(date).trip, _route(timetable, line), timetable.flex
    services = flex["service"].to_numpy()[(flex["route"] == route).to_numpy()]
    return bool(
        (timetable.trips["route"].to_numpy()[rows] == route).any()
        or timetable.calendar.active(date)[services[services >= 0]].any()
    )


def _trips_of(timetable: Timetable, route: str, between: tuple[str, str] | None) -> tuple[_Bool, _Bool]:
    """Return which trips are of a line and set out between two times, and which rows of its flexible calls are.

    What goes by windows of time alone sets out when the first of them begins.
    """
    flex = timetable.flex
    chosen: _Bool = timetable.trips["route"].to_numpy() == route
    asked: _Bool = (flex["route"] == route).to_numpy()
    if between is not None:
        begin, end = span(between)
        leaves = timetable.calls["departure"].to_numpy()[timetable.first_call[:-1]]
        chosen = chosen & (leaves >= begin) & (leaves < end)
        known, starts = timetable.trips["trip"], flex.groupby("trip")["start"].transform("min").to_numpy()
        by_window = ~flex["trip"].isin(known).to_numpy() & (starts >= begin) & (starts < end)
        asked = asked & (flex["trip"].isin(known[chosen]).to_numpy() | by_window)
    if not chosen.any() and not asked.any():
        raise OptionError(Problem("lines_no_trip", value=line_name(timetable, route)))
    return chosen, asked


def _count(timetable: Timetable, trips: _Bool, asked: _Bool) -> int:
    """Return how many trips there are in rows of the trips and of the flexible calls."""
    return len({*timetable.trips["trip"][trips], *timetable.flex["trip"][asked]})


def _stop_rows(timetable: Timetable, stops: Sequence[str]) -> Ints:
    if isinstance(stops, str) or len(stops) < 2:
        raise OptionError(Problem("lines_stops", value=stops if isinstance(stops, str) else ", ".join(stops)))
    return np.array([_stop_row(timetable, stop) for stop in stops], dtype=np.int64)


def _stop_row(timetable: Timetable, stop: str) -> int:
    """Return the row of a stop: of a station, its platform that most trips call at."""
    table = timetable.stops
    parent, kind = table["parent"].to_numpy(), table["kind"].to_numpy()
    if stop not in table.index:
        named = table.index[(table["name"] == stop).to_numpy() & np.isin(kind, ("stop", "station"))]
        places = {str(table["parent"].loc[each] or each) for each in named}
        if not places:
            near = near_names(stop, [*table.index, *table["name"].unique()])
            raise OptionError(Problem("lines_stop_unknown", value=stop, near=near))
        if len(places) > 1:
            raise OptionError(Problem("lines_stop_several", value=stop, names=", ".join(sorted(places)[:5])))
        stop = places.pop()
    row = int(table.index.get_loc(stop))
    if kind[row] == "stop":
        return row
    platforms = np.flatnonzero((parent == stop) & (kind == "stop"))
    if kind[row] != "station" or not len(platforms):
        raise OptionError(Problem("lines_stop_kind", value=stop))
    called = np.bincount(timetable.calls["stop"].to_numpy(), minlength=len(table))
    return int(platforms[np.argmax(called[platforms])])


def _rising(minutes: Sequence[float], count: int) -> Ints:
    values = np.asarray(minutes, dtype="float64")
    if len(values) != count or not np.isfinite(values).all() or values[0] != 0 or (np.diff(values) <= 0).any():
        raise OptionError(Problem("lines_rising", value=", ".join(map(str, minutes)), n=count))
    seconds: Ints = np.rint(values * 60).astype("int64")
    return seconds


def _departures(departures: Sequence[str] | None, every: float | None, between: tuple[str, str]) -> list[int]:
    if (departures is None) == (every is None):
        raise OptionError(Problem("lines_departures_or_every"))
    if departures is not None:
        leaves = [_time(text) for text in departures]
    else:
        assert every is not None
        if not (np.isfinite(every) and every > 0):
            raise OptionError(Problem("lines_every", value=every))
        begin, end = span(between)
        leaves = [round(each) for each in np.arange(begin, end, every * 60)]
    if not leaves:
        raise OptionError(Problem("lines_departures_or_every"))
    return sorted(leaves)


def _time(text: str) -> int:
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)(?::([0-5]\d))?", str(text).strip())
    if not found:
        raise OptionError(Problem("lines_time", value=str(text)))
    return int(found[1]) * 3600 + int(found[2]) * 60 + int(found[3] or 0)


def _weekdays(days: Sequence[str]) -> dict[str, bool]:
    asked = [days] if isinstance(days, str) else list(days)
    wrong = [day for day in asked if day not in WEEKDAYS]
    if wrong or not asked:
        raise OptionError(Problem("lines_days", value=", ".join(map(str, wrong)), known=", ".join(WEEKDAYS)))
    return {day: day in asked for day in WEEKDAYS}


# ---------------------------------------------------------------------- what comes of it


def _routes_with(timetable: Timetable, route: dict[str, object]) -> pd.DataFrame:
    routes = timetable.routes
    row = {**dict.fromkeys(routes.columns, ""), **route}
    new = pd.DataFrame([row], index=pd.Index([route["route_id"]], name=routes.index.name))
    return pd.concat([routes, new[list(routes.columns)].astype(routes.dtypes.to_dict())])


def _with_service(calendar: Calendar, name: str, period: dict[str, object]) -> tuple[Calendar, int]:
    periods = calendar.periods
    new = pd.DataFrame([period], index=[name])[list(periods.columns)].astype(periods.dtypes.to_dict())
    return Calendar(pd.concat([periods, new]), calendar.changes), len(periods)


def _with_days(timetable: Timetable, trips: Ints) -> tuple[Calendar, int]:
    """Return the calendar with a service that runs on every day on which any of these trips runs."""
    calendar = timetable.calendar
    services = np.unique(timetable.trips["service"].to_numpy()[trips])
    weights = np.zeros(len(calendar.periods), dtype=np.int64)
    weights[services[services >= 0]] = 1
    counts = calendar.counts(weights)
    days = np.array([date.toordinal() - EPOCH for date in pd.DatetimeIndex(counts.index[counts > 0])], dtype=np.int64)
    never: dict[str, object] = {"start": 1, "end": 0, **dict.fromkeys(WEEKDAYS, False)}
    calendar, service = _with_service(calendar, "interval", never)
    added = pd.DataFrame({"service": service, "day": days, "added": True}).astype(calendar.changes.dtypes.to_dict())
    changes = pd.concat([calendar.changes, added]).sort_values("day", kind="stable", ignore_index=True)
    return Calendar(calendar.periods, changes), service


def _direction(stops: npt.NDArray[np.int32]) -> str:
    """Return a name of the way a trip goes where the feed gives none: from its first stop to its last."""
    return f"{stops[0]}–{stops[-1]}"


def _without(timetable: Timetable, gone: _Bool, asked: _Bool, note: Note | None) -> Timetable:
    calls = timetable.calls
    kept = ~gone[calls["trip"].to_numpy()]
    number = np.cumsum(~gone) - 1
    calls = calls[kept].reset_index(drop=True)
    calls["trip"] = number[calls["trip"].to_numpy()].astype(calls["trip"].dtype)
    trips = timetable.trips[~gone].reset_index(drop=True)
    notes = timetable.notes if note is None else (*timetable.notes, note)
    flex = timetable.flex[~asked].reset_index(drop=True)
    return replace(timetable, trips=trips, calls=calls, flex=flex, notes=notes)


def _with_runs(timetable: Timetable, runs: list[tuple[str, int, str, Ints, Ints]], note: Note) -> Timetable:
    """Return the timetable with further trips: route, service, direction, rows of stops, arrivals and departures."""
    trips, calls, zone = timetable.trips, timetable.calls, timetable.timezone
    taken = set(trips["trip"])
    names: list[str] = []
    for route, _, direction, _, times in runs:
        name = f"{route} {direction} {dt.timedelta(seconds=int(times[0, 1]))}"
        while name in taken:
            name += "+"
        taken.add(name)
        names.append(name)
    new = pd.DataFrame("", index=range(len(runs)), columns=trips.columns, dtype=object)
    new = new.assign(
        trip=names,
        trip_id=names,
        route=[route for route, *_ in runs],
        service=[service for _, service, *_ in runs],
        direction=[direction if direction in ("0", "1") else "" for _, _, direction, *_ in runs],
        headsign=[str(timetable.stops["name"].iloc[way[-1]]) for *_, way, _ in runs],
        wheelchair="unknown",
        bikes="unknown",
        timezone=zone,
    )
    size = [len(way) for *_, way, _ in runs]
    times = np.concatenate([times for *_, times in runs])
    more = pd.DataFrame(
        {
            "trip": np.repeat(np.arange(len(runs)) + len(trips), size),
            "stop": np.concatenate([way for *_, way, _ in runs]),
            "arrival": times[:, 0],
            "departure": times[:, 1],
            "pickup": 0,
            "drop_off": 0,
            "how": "given",
            "metres": np.nan,
        }
    )
    return replace(
        timetable,
        trips=pd.concat([trips, new.astype(trips.dtypes.to_dict())], ignore_index=True),
        calls=pd.concat([calls, more[list(calls.columns)].astype(calls.dtypes.to_dict())], ignore_index=True),
        notes=(*timetable.notes, note),
    )
