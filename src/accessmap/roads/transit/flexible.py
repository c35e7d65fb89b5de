"""What a feed serves by zones and windows of time (GTFS-Flex) on one day, as rides that are asked for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from accessmap.roads.readers.gtfs.flex import NOT, OPEN_DAYS
from accessmap.roads.transit.asked import Asked, Ends, windows
from accessmap.roads.transit.on_demand import notice_note
from accessmap.roads.transit.running import running
from accessmap.roads.transit.terms import Runs
from accessmap.words.notes import Note

_BY = {2: "itinerary_booking_phone", 3: "itinerary_booking_driver"}  # pickup_type: arranged how
Row = Mapping[str, Any]


def flexible(timetable: Runs, date: dt.date) -> list[Asked]:
    """Return what a timetable's zones, groups of stops and deviated routes let one ask for on a day.

    One sets out within the window of where one gets on and is there within that of where one gets off, after the car's
    minutes by the feed's factor and offset (the mean ones, else the safe ones, else as they are). A timed run that
    deviates leaves its stop before, and is at its stop after, at their times; it goes from the one straight to where
    one gets on, and straight on from where one gets off.
    """
    flex = timetable.flex.to_crs(4326)
    bounds = (flex[name].to_numpy("int32") for name in ("start", "end"))
    runs = running(date, timetable.timezone, flex, timetable.calendar, *bounds)
    rows = flex.iloc[runs.trip].assign(ahead=runs.ahead, shift=runs.shift)
    known = _Known(timetable, flex)
    found: dict[tuple[Any, ...], list[dict[str, int]]] = {}
    for _, of_trip in rows.groupby(["trip", "ahead"], sort=False):
        for key, window in known.rides(of_trip.to_dict("records")):
            found.setdefault(key, []).append(window)
    return [known.asked(key, spans) for key, spans in found.items()]


@dataclass(frozen=True, eq=False)
class _Known:
    """A timetable's zones, by id."""

    timetable: Runs
    flex: gpd.GeoDataFrame

    def rides(self, rows: list[dict[Any, Any]]) -> Iterator[tuple[tuple[Any, ...], dict[str, int]]]:
        """Yield what one run of a trip lets one ask for: what it is, and when."""
        for row in rows:
            shift, before, after = int(row["shift"]), int(row["before"]), int(row["after"])
            if before >= 0 and row["drop_off"] != NOT and self._stops_there(row, before, "departure", "pickup"):
                at = int(row["leaves_before"]) + shift
                yield self._key(row, before, row["place_id"], row), {"first": at, "last": at, **_there(row)}
            if after >= 0 and row["pickup"] != NOT and self._stops_there(row, after, "arrival", "drop_off"):
                at = int(row["reaches_after"]) + shift
                yield self._key(row, row["place_id"], after, row), {**_here(row), "not_before": at, "not_after": at}
        for one, other in combinations(rows, 2):
            if one["pickup"] != NOT and other["drop_off"] != NOT:
                yield self._key(one, one["place_id"], other["place_id"], other), {**_here(one), **_there(other)}

    def _stops_there(self, row: Row, stop: int, when: str, may: str) -> bool:
        """Whether one may get on (or off) at the timed stop before (or after)."""
        timetable = self.timetable
        trip = np.flatnonzero((timetable.trips["trip"] == row["trip"]).to_numpy())
        if not len(trip):  # its one stop at a stated time, which is told where one may
            return True
        calls = timetable.calls.iloc[slice(*timetable.first_call[trip[0] + np.arange(2)])]
        at = row["leaves_before"] if when == "departure" else row["reaches_after"]
        return bool(((calls["stop"] == stop) & (calls[when] == at) & (calls[may] != NOT)).any())

    def _key(self, row: Row, on: str | int, off: str | int, last: Row) -> tuple[Any, ...]:
        """Return what two rides have in common that differ by their times alone."""
        own = [float(row[name]) for name in ("mean_factor", "mean_offset", "safe_factor", "safe_offset")]
        factor = next((each for each in (own[0], own[2]) if each > 0), 1.0)
        offset = next((each for each in (own[1], own[3]) if not np.isnan(each)), 0.0)
        route = self.timetable.routes.loc[row["route"]]
        name = str(route["short_name"] or route["long_name"] or row["name"])
        told = _notice(row), str(row["phone"]), str(row["wheelchair"])
        deviates = tuple(int(each[side]) for each in (row, last) for side in ("before", "after"))
        return name, *told, on, off, factor, offset, deviates

    def asked(self, key: tuple[Any, ...], spans: list[dict[str, int]]) -> Asked:
        """Return the rides of one kind."""
        name, notice, phone, wheelchair, on, off, factor, offset, deviates = key
        booking = Note("notice_phone", booking=notice, phone=phone) if phone else notice
        gets_on, gets_off = (self._ends(place) for place in (on, off))
        between = [self._points([stop]) if stop >= 0 else None for stop in deviates]
        # At a timed stop nothing deviates.
        between[:2] = [None, None] if isinstance(on, int) else between[:2]
        between[2:] = [None, None] if isinstance(off, int) else between[2:]
        times = windows(spans)
        return Asked(name, booking, wheelchair, gets_on, gets_off, times, 0.0, factor, offset, tuple(between), True)

    def _ends(self, place: str | int) -> Ends:
        if isinstance(place, int):
            return Ends(stops=self._points([place]))
        row = self.flex.iloc[int(np.flatnonzero(self.flex["place_id"] == place)[0])]
        parts = [each for each in shapely.get_parts(row.geometry) if each.area > 0]
        stops = self._points(list(row["stops"]))
        return Ends(shapely.union_all(parts) if parts else None, stops if len(stops) else None)

    def _points(self, rows: list[int]) -> gpd.GeoSeries:
        points = self.timetable.stops.geometry.iloc[rows]
        return points[~(points.isna() | points.is_empty)]


def _here(row: Row) -> dict[str, int]:
    """Return when one may be taken up at a zone, and when a run that deviates is at the stops before and after."""
    shift = int(row["shift"])
    found = {"first": int(row["start"]) + shift, "last": int(row["end"]) + shift}
    found |= {"leaves": int(row["leaves_before"]) + shift} if row["before"] >= 0 else {}
    return found | ({"until": int(row["reaches_after"]) + shift} if row["after"] >= 0 else {})


def _there(row: Row) -> dict[str, int]:
    """Return when one may be set down at a zone, and the same of a run that deviates."""
    shift = int(row["shift"])
    found = {"not_before": int(row["start"]) + shift, "not_after": int(row["end"]) + shift}
    found |= {"since": int(row["leaves_before"]) + shift} if row["before"] >= 0 else {}
    return found | ({"reaches": int(row["reaches_after"]) + shift} if row["after"] >= 0 else {})


def _notice(row: Row) -> Note:
    """Return when one books, as the rule of the feed has it, else how."""
    kind, minutes, days, time = (row[name] for name in ("booking", "notice_minutes", "notice_days", "notice_time"))
    if kind == "at_once":
        return notice_note(0)
    if kind == "same_day" and minutes >= 0:
        return notice_note(int(minutes))
    if kind in ("days_before", OPEN_DAYS) and days >= 0:
        told = notice_note((int(days), f"{time // 3600}:{time // 60 % 60:02}" if time >= 0 else ""))
        return Note("notice_open_days", n=int(days), until=told.values["until"]) if kind == OPEN_DAYS and days else told
    key = _BY.get(int(row["pickup"]) if row["pickup"] != NOT else int(row["drop_off"]))
    return Note(key) if key else notice_note(None)
