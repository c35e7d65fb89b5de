"""OnDemand: transport that comes when it is asked for, in a zone and at some hours, as most French TAD publish none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.errors import OptionError, Problem
from accessmap.measures.hours.spans import hours_of_day
from accessmap.roads.readers.tables import clip_polygon
from accessmap.roads.transit.asked import Asked, Ends, named, windows
from accessmap.roads.transit.clock import span
from accessmap.roads.transit.running import DAY, MORNING_AFTER
from accessmap.words.near import near_names
from accessmap.words.notes import Figure, Listed, Note, first_few

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

#: How long before one books: nobody says, minutes, days before and until when ("16:00"), or as it is said.
Notice = float | tuple[int, str] | str | None


class OnDemand:
    """Transport on demand (TAD) in a zone: it takes one from place to place there while it runs, at the car's speed.

    A ride is as long as by car, at `speed_factor` of its speed, after `wait`. It serves whoever sets out on it within
    its hours; who is there before waits until they begin. What must be booked when is told, and is in no minutes.

    Parameters
    ----------
    zone
        A polygon in degrees, a table of places in any CRS, or codes of communes ("02173", or several) of `communes`.
    hours
        When it runs, as OSM opening_hours: "Mo-Fr 08:00-12:00,14:00-18:00; Sa 08:00-12:00; PH off". What they leave
        open (school holidays) it does not run.
    stops
        Where it calls: ids or names of stops of the timetable, or points. One end at least of each ride is then one of
        them (from home to a stop, from a stop to anywhere in the zone); without them it goes from anywhere in the zone
        to anywhere in it.
    speed_factor
        Of the car's speed (0.8: its minutes divided by 0.8), above 0 and at most 1.
    wait
        Minutes until it comes, counted in the minutes.
    notice
        When one books, told beside the minutes: minutes before (0: without booking), (1, "16:00") for the day before by
        16:00, or in words ("la veille avant 16 h").
    door
        False where both ends are stops, to which one walks.
    wheelchair
        Whether it takes a wheelchair; None where that is not known.
    name
        As it is told.
    communes
        With codes: the table of communes that has them.

    Raises
    ------
    OptionError
        With what is wrong.
    NetworkError
        Where the zone is no place on Earth.

    Examples
    --------
    >>> from accessmap.roads.transit.on_demand import OnDemand
    >>> OnDemand((3.1, 49.5, 3.3, 49.7), "Mo-Fr 08:00-12:00", wait=10, notice=(1, "16:00"), name="TAD du Pays")
    <OnDemand: TAD du Pays; Mo-Fr 08:00-12:00; to be booked the day before by 16:00>
    """

    def __init__(
        self,
        zone: Any,
        hours: str,
        stops: Sequence[str] | gpd.GeoDataFrame | gpd.GeoSeries | None = None,
        *,
        speed_factor: float = 1.0,
        wait: float = 0.0,
        notice: Notice = None,
        door: bool = True,
        wheelchair: bool | None = None,
        name: str = "",
        communes: gpd.GeoDataFrame | None = None,
    ) -> None:
        from opening_hours import validate  # loaded only where hours are read

        if not (isinstance(hours, str) and hours.strip() and validate(hours)):
            raise OptionError(Problem("on_demand_hours", where="hours", value=hours))
        if not (_is_number(speed_factor) and 0 < speed_factor <= 1):
            raise OptionError(Problem("on_demand_speed", where="speed_factor", value=speed_factor))
        if not (_is_number(wait) and wait >= 0):
            raise OptionError(Problem("journeys_minutes_below", where="wait", value=wait))
        if stops is not None and (isinstance(stops, str) or not len(stops)):
            raise OptionError(
                Problem("on_demand_stops", where="stops", value=stops if isinstance(stops, str) else "[]")
            )
        if stops is None and not door:
            raise OptionError(Problem("on_demand_no_door", where="door", value=door))
        self.zone = _zone(zone, communes)
        self.hours = hours.strip()
        self.stops = stops.geometry if isinstance(stops, gpd.GeoDataFrame | gpd.GeoSeries) else stops
        self.speed_factor = float(speed_factor)
        self.wait = float(wait)
        self.notice = notice
        self.door = door
        self.wheelchair = wheelchair
        self.name = name
        self.booking = notice_note(notice)

    def __repr__(self) -> str:
        return f"<OnDemand: {'; '.join(part for part in (self.name, self.hours, self.booking) if part)}>"

    def runs(self, date: dt.date) -> list[tuple[int, int]]:
        """Return the spans in which it surely runs on a day, in seconds after midnight.

        As with trips, those of the next day that begin before four in the morning belong to its evening.
        """
        spans = [(round(start * 60), round(end * 60)) for start, end in hours_of_day(self.hours, date)[0]]
        return [each for each in spans if each[0] < DAY + MORNING_AFTER]

    def asked(self, date: dt.date, stops: gpd.GeoDataFrame) -> list[Asked]:
        """Return what one may ask of it on a day; `stops` are those of the timetable.

        Raises
        ------
        OptionError
            Where it calls at a stop that is not there.
        """
        spans = windows([{"first": start, "last": end - 1} for start, end in self.runs(date)])
        anywhere = Ends(area=self.zone)
        ways = [(anywhere, anywhere)]
        if self.stops is not None:
            places = self.stops if isinstance(self.stops, gpd.GeoSeries) else _stops(self.stops, stops)
            at = Ends(stops=places)
            ways = [(at, at), *([(anywhere, at), (at, anywhere)] if self.door else [])]
        can = {True: "yes", False: "no", None: "unknown"}[self.wheelchair]
        known = self.name, self.booking, can
        wait, factor = self.wait * 60, 1 / self.speed_factor
        return [Asked(*known, on, off, spans, wait, factor) for on, off in ways if len(spans)]

    def note(self, date: dt.date) -> Note:
        """Return what it is on one day, in a sentence."""
        today = [(start, end) for start, end in self.runs(date) if start < DAY]
        told = [f"{_clock(max(start, 0))}–{_clock(min(end, DAY))}" for start, end in today]
        sure, may = hours_of_day(self.hours, date)
        return Note(
            "on_demand_note" if told else "on_demand_note_not_today",
            name=named(self.name),
            hours=Listed.of(told),
            unsure=Note.plain("") if sure == may else Note("on_demand_unsure"),
            speed=Figure.of(self.speed_factor * 100),
            wait=Figure.of(self.wait, digits=0 if self.wait.is_integer() else 1),
            booking=self.booking,
        )


def _stops(names: Sequence[str], stops: gpd.GeoDataFrame) -> gpd.GeoSeries:
    """Return the points of stops: of a station, all its platforms; of a name, all stops that bear it."""
    found = []
    known = (stops["kind"] == "stop") & ~(stops.geometry.isna() | stops.geometry.is_empty)
    for name in names:
        named = stops[known & ((stops.index == name) | (stops["parent"] == name) | (stops["name"] == name))]
        if not len(named):
            near = near_names(name, [*stops.index, *stops["name"].unique()])
            raise OptionError(Problem("on_demand_stop", where="stops", value=name, near=near))
        found.append(named.geometry)
    every = pd.concat(found)
    return every[~every.index.duplicated()]


def notice_note(notice: Notice) -> Note:
    r"""Return when one books, in words.

    >>> notice_note((1, "16:00")).told("fr"), notice_note(120), notice_note(0), notice_note("la veille").told("fr")
    ('à réserver la veille avant 16\xa0h', 'to be booked 2 h before', 'without booking', 'à réserver la veille')
    """
    if notice is None:
        return Note("notice_unknown")
    if isinstance(notice, str):
        return Note("notice_said", said=notice.strip()) if notice.strip() else Note("notice_unknown")
    if isinstance(notice, tuple | list):
        if len(notice) != 2 or not (_is_number(notice[0]) and notice[0] >= 0 and float(notice[0]).is_integer()):
            raise OptionError(Problem("on_demand_notice", where="notice", value=str(notice)))
        days, time = int(notice[0]), notice[1]
        until = Note.plain("") if not time else Note("notice_until", time=_hour(time))
        return Note(("notice_same_day", "notice_day_before")[days] if days < 2 else "notice_days", n=days, until=until)
    if not (_is_number(notice) and notice >= 0):
        raise OptionError(Problem("on_demand_notice", where="notice", value=str(notice)))
    if notice == 0:
        return Note("notice_none")
    hours, minutes = divmod(round(notice), 60)
    return Note("notice_hours", n=hours) if hours and not minutes else Note("notice_minutes", n=round(notice))


def _hour(time: str) -> Note:
    seconds = span((time, "99:59"), where="notice")[0]
    hour, minute = divmod(seconds // 60, 60)
    return Note("notice_full_hour" if not minute else "notice_hour", hour=hour, minute=f"{minute:02}")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float | np.number) and not isinstance(value, bool) and bool(np.isfinite(value))


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}"


def _zone(zone: Any, communes: gpd.GeoDataFrame | None) -> BaseGeometry:
    """Return the zone as one polygon in degrees."""
    codes = [zone] if isinstance(zone, str) else zone
    if isinstance(codes, list | tuple) and codes and all(isinstance(code, str) for code in codes):
        if communes is None:
            raise OptionError(Problem("on_demand_codes", where="zone", value=", ".join(codes[:5])))
        lost = [code for code in codes if code not in communes.index]
        if lost:
            near = near_names(lost[0], communes.index)
            raise OptionError(Problem("on_demand_commune", where="zone", value=first_few(lost), near=near, n=len(lost)))
        zone = communes.loc[list(codes)]
    place: BaseGeometry = clip_polygon(zone)
    if not place.area > 0:
        raise OptionError(Problem("on_demand_zone", where="zone", value=place.geom_type))
    return shapely.make_valid(place)
