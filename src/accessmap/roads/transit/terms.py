"""How journeys are made, and what they ask of a timetable."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Protocol

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.provenance import Provenance
from accessmap.roads.readers.gtfs.calendars import Calendar
from accessmap.roads.transit.day import Day
from accessmap.roads.transit.on_demand import OnDemand
from accessmap.words.notes import Note

#: Minutes from a car park to a stop, on foot: a park-and-ride lies beside its station.
PARKED_MINUTES = 10.0


class Runs(Protocol):
    """What journeys ask of a timetable."""

    @property
    def stops(self) -> gpd.GeoDataFrame:
        """Return its stops."""

    @property
    def provenance(self) -> Provenance:
        """Return its sources."""

    @property
    def routes(self) -> pd.DataFrame:
        """Return its lines."""

    @property
    def trips(self) -> pd.DataFrame:
        """Return its runs."""

    @property
    def calls(self) -> pd.DataFrame:
        """Return where and when they call."""

    @property
    def flex(self) -> gpd.GeoDataFrame:
        """Return what goes by zones and windows of time."""

    @property
    def calendar(self) -> Calendar:
        """Return on which days each service runs."""

    @property
    def timezone(self) -> str:
        """Return the zone by whose clock days are read."""

    @property
    def first_call(self) -> npt.NDArray[np.int64]:
        """Return where the calls of each run begin."""

    def date_of(self, date: dt.date | str | None) -> dt.date:
        """Return the day that is meant."""

    def why_day(self, date: dt.date | str | None) -> Note:
        """Return that day, and why it is that one."""

    def served_on(self, date: dt.date) -> npt.NDArray[np.int64]:
        """Return the rows of the stops at which something calls on a date."""

    def day_on(self, date: dt.date, *, walks: pd.DataFrame | None, change_seconds: int, wheelchair: bool) -> Day:
        """Return what runs on a date, be it nothing."""

    def accessible(self, date: dt.date) -> tuple[Note, ...]:
        """Return what of a day is known to take a wheelchair, with counts."""


@dataclass(frozen=True, eq=False)
class Terms:
    """How journeys are made: what `Timetable.journeys` was asked for."""

    access: str
    egress: str
    access_minutes: float
    egress_minutes: float
    parking: gpd.GeoSeries | None
    parking_minutes: float
    transfer_minutes: float
    change_seconds: int
    most_rides: int
    depart: tuple[int, ...]
    percentile: float
    stay: float
    between: tuple[str, str]
    on_demand: tuple[OnDemand, ...] = ()
    wheelchair: bool = False

    @property
    def longest(self) -> float:
        """Minutes that one goes without a ride at most: as many as before the first one and after the last."""
        return self.access_minutes + self.egress_minutes

    def most(self, *, home: bool) -> float:
        """Return the minutes between one's home, or the other end, and a stop at most."""
        return self.access_minutes if home else self.egress_minutes
