"""Timetable: trains, buses and boats as they are published, and what of them runs on a day."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.categories import Lang
from accessmap.errors import OptionError, Problem
from accessmap.provenance import Provenance
from accessmap.roads.memory import given_back
from accessmap.roads.readers.gtfs.reading import Feeds, read_feeds
from accessmap.roads.readers.tables import clip_polygon
from accessmap.roads.transit.building import build_day, calls_of
from accessmap.roads.transit.changes import CHANGE_SECONDS
from accessmap.roads.transit.dates import KINDS, dates_of, usual_day
from accessmap.roads.transit.day import Day
from accessmap.roads.transit.journeys import Journeys, moments_of
from accessmap.roads.transit.on_demand import OnDemand
from accessmap.roads.transit.running import Running, running
from accessmap.roads.transit.terms import Terms
from accessmap.tables.contracts import metric_crs
from accessmap.words.cards import timetable_card
from accessmap.words.near import near_names
from accessmap.words.notes import DayRead, Figure, Listed, Note
from accessmap.words.words import Words

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

    from accessmap.roads.network import RoadNetwork

Date = dt.date | str
"""A day: a date, its text (2025-02-04), or what stands for many: a weekday, or "holiday"."""


@dataclass(frozen=True, eq=False, repr=False)
class Timetable(Feeds):
    """A timetable, read-only: stops, routes, trips and their calls, and on which days they run.

    Build one with `from_gtfs`. Ids are those of the feed; of several feeds each id has the feed's name before it
    ("bus:12").

    Attributes
    ----------
    stops : geopandas.GeoDataFrame
        By stop: name, code, kind ("stop", "station", "entrance", "node", "boarding_area"), parent (id of the station),
        platform, wheelchair ("yes", "no", "unknown"), timezone, lon, lat (degrees), feed, stop_id, and a point in
        metres.
    routes : pandas.DataFrame
        By route: agency, short_name, long_name, type (as GTFS numbers it), mode ("rail", "bus", …), colour, feed,
        route_id.
    trips : pandas.DataFrame
        One row a run: trip (id), route, service (row of the calendar, -1 none), headsign, short_name, direction, block,
        shape, wheelchair, bikes, headway ("exact" or "headway" where it goes by one, else ""), measured (what tells the
        metres of its calls: "timetable", "shape", "" nothing), feed, trip_id, timezone.
    calls : pandas.DataFrame
        In the order of the trips: trip and stop (rows), arrival and departure (seconds after service midnight), pickup
        and drop_off (0 as usual, 1 not, 2 by telephone, 3 asked of the driver), how ("given", "approximate",
        "interpolated"), metres (from the first call of the trip, as the feed says them or along its shape; NaN not
        known).
    calendar : Calendar
        On which days each service runs.
    transfers, pathways : pandas.DataFrame
        Rules for changes, and ways through stations in seconds; stops by their row.
    flex : geopandas.GeoDataFrame
        One row a call by zone or group of stops, within a window of time (GTFS-Flex), in the order of their trips:
        trip, route, service, sequence; place ("zone", "group", "stop"), place_id, name, stops (rows) and its geometry;
        start, end (seconds), pickup, drop_off; mean_factor, mean_offset, safe_factor, safe_offset (how much longer than
        by car, seconds; NaN not said); booking ("at_once", "same_day", "days_before", "" none), notice_minutes,
        notice_days, notice_time (-1 none), message, phone, url; the stops (rows) and times between which a route
        deviates: before, leaves_before, after, reaches_after (-1 none); timezone; wheelchair ("yes", "no", "unknown").
    periods : pandas.DataFrame
        By feed: start and end of the days for which it is whole.
    sources : tuple of Source
        Each feed with its publisher, vintage, licence and hash.
    notes : tuple of Note
        What is odd about the feeds, and what was made of it, with counts.
    """

    stops: gpd.GeoDataFrame

    @classmethod
    def from_gtfs(
        cls,
        paths: str | Path | Sequence[str | Path] | Mapping[str, str | Path],
        *,
        licence: str | None = None,
        bad_trips: str = "error",
    ) -> Self:
        r"""Return the timetable of one or more GTFS feeds.

        Parameters
        ----------
        paths
            A zip as it is published, or a folder of its files; several of them, or name → path.
        licence
            Under which the feeds are published, as it must be quoted: no feed says it.
        bad_trips
            "error" where a row of a trip cannot be read (a time that is none, a stop that is nowhere); "drop" leaves
            such trips out whole, each reason noted with how many and which, as nobody but the operator can mend them.
            What is wrong with stops, routes or calendars stays an error.

        Raises
        ------
        SourceError
            With everything that is wrong of the first feed that cannot be read: file, line, id, value and remedy.

        Examples
        --------
        >>> import tempfile
        >>> from pathlib import Path
        >>> import accessmap as am
        >>> files = {
        ...     "agency.txt": "agency_name,agency_url,agency_timezone\nTER,https://example.org,Europe/Paris",
        ...     "stops.txt": "stop_id,stop_name,stop_lat,stop_lon\nC,Chauny,49.611,3.223\nL,Laon,49.571,3.624",
        ...     "routes.txt": "route_id,route_short_name,route_type\nR,K12,2",
        ...     "trips.txt": "route_id,service_id,trip_id\nR,week,T",
        ...     "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        ...     "T,7:42:00,7:42:00,C,1\nT,8:24:00,8:24:00,L,2",
        ...     "calendar_dates.txt": "service_id,date,exception_type\nweek,20250204,1\nweek,20250211,1",
        ... }
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     _ = [Path(folder, name).write_text(text) for name, text in files.items()]
        ...     timetable = am.Timetable.from_gtfs({"ter": folder}, licence="ODbL")
        >>> timetable.usual_day(), timetable.day().departure.tolist()
        (datetime.date(2025, 2, 4), [27720, 30240])
        """
        with given_back():
            return cls._of(read_feeds(paths, licence=licence, bad_trips=bad_trips))

    @classmethod
    def _of(cls, feeds: Feeds) -> Self:
        place = [feeds.stops["lon"].min(), feeds.stops["lat"].min(), feeds.stops["lon"].max(), feeds.stops["lat"].max()]
        crs = metric_crs(np.array(place) if len(feeds.calls) or not len(feeds.flex) else feeds.flex.total_bounds)
        placed = {"stops": _placed(feeds.stops, crs), "flex": feeds.flex.to_crs(crs)}
        return cls(**{name: getattr(feeds, name) for name in _FIELDS} | placed)

    @property
    def provenance(self) -> Provenance:
        """Each feed with its publisher, vintage, licence and hash."""
        return Provenance(self.sources)

    # ------------------------------------------------------------------ files

    def save(self, path: str | Path) -> Path:
        """Write the timetable to one file (a zip of Parquet tables with checksums) and return its path.

        The file appears whole or not at all.
        """
        from accessmap.roads.transit.saved import write_timetable

        return write_timetable(Path(path), self)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Return the timetable that `save` wrote.

        Raises
        ------
        SourceError
            Where the file is not one of ours, is damaged, or is of another version.
        """
        from accessmap.roads.transit.saved import read_timetable

        return cls._of(read_timetable(Path(path)))

    # ------------------------------------------------------------------ days

    @cached_property
    def timezone(self) -> str:
        """The time zone by whose clock days are read: that of most trips; "" where no feed says one."""
        zones = (self.trips if len(self.trips) else self.flex)["timezone"]
        zones = zones[zones != ""]
        return str(zones.mode().iloc[0]) if len(zones) else ""

    @cached_property
    def dates(self) -> pd.DataFrame:
        """By date: trips that run (by zone too), weekday, and whether it is a public holiday (missing abroad)."""
        weights = np.bincount(self.services[self.services >= 0], minlength=len(self.calendar.periods))
        return dates_of(self.calendar.counts(weights), self.timezone)

    def usual_day(self, kind: str = "tuesday") -> dt.date:
        """Return the day that stands for its kind: the one with the median number of trips.

        Among the days for which every feed is whole. Public holidays, which are known for France, are days of their own
        kind; school holidays are not known.

        Parameters
        ----------
        kind
            "monday" … "sunday", or "holiday".

        Raises
        ------
        OptionError
            Where there is no such day.
        """
        return self._usual(kind)[0]

    def why_day(self, date: Date | None = None) -> Note:
        """Return the day that `date` means, and why it is that one."""
        kind = "tuesday" if date is None else date
        if kind not in KINDS:
            day = self.date_of(date)
            return Note("timetable_day_asked", day=DayRead.of(day), trips=Figure.of(self._trips_on(day)))
        day, days = self._usual(str(kind))
        known = "timetable_holidays_known" if self.dates["holiday"].notna().all() else "timetable_holidays_unknown"
        same = days["trips"].min() == days["trips"].max()
        return Note(
            "timetable_day_usual_same" if same else "timetable_day_usual",
            n=len(days),
            day=DayRead.of(day),
            kind=Note(f"timetable_{kind}"),
            trips=Figure.of(self._trips_on(day)),
            least=Figure.of(days["trips"].min()),
            most=Figure.of(days["trips"].max()),
            holidays=Note(known),
        )

    def _usual(self, kind: str) -> tuple[dt.date, pd.DataFrame]:
        if kind not in KINDS:
            raise OptionError(
                Problem("timetable_kind", value=kind, near=near_names(kind, KINDS), kinds=", ".join(KINDS))
            )
        first, last = self.periods["start"].max(), self.periods["end"].min()
        found = usual_day(self.dates.loc[first:last], kind)
        if found is None:
            told = Listed.of(
                [f"{name} {row.start:%Y-%m-%d} – {row.end:%Y-%m-%d}" for name, row in self.periods.iterrows()]
            )
            raise OptionError(
                Problem("timetable_no_such_day", value=kind, kind=Note(f"timetable_{kind}"), periods=told)
            )
        return found

    def _trips_on(self, day: dt.date) -> int:
        date = pd.Timestamp(day)
        return int(self.dates["trips"].get(date, 0))

    def date_of(self, date: Date | None) -> dt.date:
        """Return the day that is meant, on which something runs."""
        if date is None or date in KINDS:
            return self.usual_day(str(date or "tuesday"))
        try:
            day = dt.date.fromisoformat(date) if isinstance(date, str) else dt.date(date.year, date.month, date.day)
        except (ValueError, AttributeError, TypeError) as error:
            near = near_names(date, KINDS)
            raise OptionError(Problem("timetable_date", value=date, near=near, kinds=", ".join(KINDS))) from error
        if not self._trips_on(day):
            runs = self.dates.index[self.dates["trips"] > 0]
            runs = runs if len(runs) else self.dates.index  # of a plan that cuts every line
            raise OptionError(
                Problem("timetable_day_empty", value=str(day), first=f"{runs[0]:%Y-%m-%d}", last=f"{runs[-1]:%Y-%m-%d}")
            )
        return day

    def running(self, date: Date | None = None) -> Running:
        """Return what runs on a day: its own trips, and those of its neighbours that begin or end on it.

        Parameters
        ----------
        date
            The day, or its kind ("saturday", "holiday"); without it the usual Tuesday.
        """
        return self.running_on(self.date_of(date))

    def running_on(self, date: dt.date) -> Running:
        """Return what runs on a date, be it nothing."""
        first = self.calls["departure"].to_numpy()[self.first_call[:-1]]
        last = self.calls["arrival"].to_numpy()[self.first_call[1:] - 1]
        return running(date, self.timezone, self.trips, self.calendar, first, last)

    def served_on(self, date: dt.date) -> npt.NDArray[np.int64]:
        """Return the rows of the stops at which something calls on a date, in order."""
        return np.unique(self.calls["stop"].to_numpy()[calls_of(self, self.running_on(date)).row]).astype("int64")

    def day(
        self, date: Date | None = None, *, walks: pd.DataFrame | None = None, change_seconds: int = CHANGE_SECONDS
    ) -> Day:
        """Return all that runs on a day, as the engine reads it.

        Parameters
        ----------
        date
            The day, or its kind ("saturday", "holiday"); without it the usual Tuesday.
        walks
            Ways on foot between stops, beyond those within stations: from_stop, to_stop (rows of `stops`), seconds.
        change_seconds
            What a change takes, beside the way on foot, where `transfers` has no rule for it.

        Raises
        ------
        OptionError
            Where the day is none, or nothing runs on it.
        """
        key = self.date_of(date), change_seconds
        if walks is not None or key not in self._days:
            made = self.day_on(key[0], walks=walks, change_seconds=change_seconds)
            if walks is not None:
                return made
            self._days[key] = made
        return self._days[key]

    @cached_property
    def _days(self) -> dict[tuple[dt.date, int], Day]:
        return {}

    def day_on(
        self, date: dt.date, *, walks: pd.DataFrame | None, change_seconds: int, wheelchair: bool = False
    ) -> Day:
        """Return what runs on a date, as `day` does, be it nothing; or what of it is known to take a wheelchair."""
        runs = self.running_on(date)
        of = self._accessible(runs) if wheelchair else (self, runs)
        return build_day(*of, walks=walks, change_seconds=change_seconds)

    def _accessible(self, runs: Running) -> tuple[Self, Running]:
        """Return the timetable with stops alone that are known to take a wheelchair, and the runs that do."""
        able = (self.trips["wheelchair"] == "yes").to_numpy()[runs.trip]
        there = (self.stops["wheelchair"] == "yes").to_numpy()[self.calls["stop"].to_numpy()]
        rights = {name: self.calls[name].where(there, 1) for name in ("pickup", "drop_off")}
        kept = Running(runs.trip[able], runs.ahead[able], runs.shift[able])
        return replace(self, calls=self.calls.assign(**rights)), kept

    def accessible(self, date: dt.date) -> tuple[Note, ...]:
        """Return how many trips of a day, and how many of the stops they serve, are known to take a wheelchair.

        Those of which nothing is known are counted apart.
        """
        runs = self.running_on(date)
        told = []
        for key, table, rows in (
            ("timetable_wheelchair_trips", self.trips, runs.trip[runs.ahead == 0]),
            ("timetable_wheelchair_stops", self.stops, self.served_on(date)),
        ):
            can = table["wheelchair"].iloc[rows]
            unknown = Figure.of((can == "unknown").sum())
            told.append(Note(key, n=int((can == "yes").sum()), unknown=unknown, all=Figure.of(len(can))))
        return tuple(told)

    # ------------------------------------------------------------------ journeys

    def journeys(
        self,
        streets: RoadNetwork | Mapping[str, RoadNetwork],
        *,
        date: Date | None = None,
        access: str = "walk",
        egress: str = "walk",
        access_minutes: float = 30,
        egress_minutes: float = 30,
        parking: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
        parking_minutes: float = 5,
        transfer_minutes: float = 10,
        change_seconds: int = CHANGE_SECONDS,
        most_rides: int = 4,
        depart: str | Sequence[str] = ("07:00", "09:00"),
        percentile: float = 50,
        stay: float = 60,
        between: tuple[str, str] = ("08:00", "18:00"),
        on_demand: OnDemand | Sequence[OnDemand] = (),
        wheelchair: bool = False,
    ) -> Journeys:
        """Return the journeys from door to door of a day, which stand where a network does: `am.travel_times`.

        Minutes count from the moment one wants to leave, with all waiting. Who is there sooner on foot (or by the
        bicycle of `access="bike"`) all the way goes so, up to the minutes of both ends together.

        Parameters
        ----------
        streets
            The network on which one walks, or of each mode: ``{"walk": …, "bike": …, "car": …}``.
        date
            The day, or its kind ("saturday", "holiday"); without it the usual Tuesday.
        access, egress
            How one gets to the first stop from home, and from the last one: "walk", "bike" or "car"; on foot where that
            is quicker. By car one is driven to the stop, or drives to one of the lots of `parking`.
        access_minutes, egress_minutes
            Minutes to the stop, and from it, at most.
        parking
            Lots, as points: one drives to one of them, and walks to a stop within 10 minutes.
        parking_minutes
            To park there.
        transfer_minutes
            On foot by the streets between two stops at most; 0 leaves the ways of the timetable.
        change_seconds
            What a change takes, beside the way on foot, where `transfers` has no rule for it.
        most_rides
            Vehicles in one journey at most; staying seated where one goes on as another is no ride more.
        depart, percentile
            What holds where a call does not say otherwise: see `travel_times`.
        stay, between
            The same of `round_trips`.
        on_demand
            Transport on demand beside the timetable: to a stop, from one, or all the way. It goes by the streets of
            "car", which it needs. What the feeds have of the kind (`flex`) counts too where there are those.
        wheelchair
            Count vehicles, stops and transport on demand alone that are known to take a wheelchair; the streets are not
            looked at.

        Raises
        ------
        OptionError, NetworkError
            Where there are no streets of a mode, or an option is none.
        SnapError
            Where no stop is near the streets.
        """
        terms = Terms(
            access, egress, access_minutes, egress_minutes, None if parking is None else parking.geometry,
            parking_minutes, transfer_minutes, change_seconds, most_rides, moments_of(depart, "depart"), percentile,
            stay, between, (on_demand,) if isinstance(on_demand, OnDemand) else tuple(on_demand), wheelchair,
        )  # fmt: skip
        return Journeys.of(self, streets, date, terms)

    # ------------------------------------------------------------------ a territory

    def departures(self, date: Date | None = None, *, within: Any = None) -> pd.DataFrame:
        """Return how often one can leave each stop, by hour of the day: stops × 24 hours, of stops that are served.

        Parameters
        ----------
        date
            The day, or its kind ("saturday", "holiday"); without it the usual Tuesday.
        within
            Keep stops in this place: bounds in degrees, a polygon in degrees, or a table of places; of communes with
            `in_territory` those.
        """
        calls = calls_of(self, self.running(date))
        last = np.zeros(len(calls.row), dtype=bool)
        last[calls.start[1:] - 1] = True
        boards = ~last & (self.calls["pickup"].to_numpy()[calls.row] != 1)
        hour, stop = calls.departure // 3600, self.calls["stop"].to_numpy()[calls.row]
        counted = boards & (hour >= 0) & (hour < 24) & self._inside(within)[stop]
        counts = np.zeros((len(self.stops), 24), dtype=np.int64)
        np.add.at(counts, (stop[counted], hour[counted]), 1)
        served = counts.sum(axis=1) > 0
        return pd.DataFrame(counts[served], self.stops.index[served], pd.RangeIndex(24, name="hour"))

    def _inside(self, within: Any) -> npt.NDArray[np.bool_]:
        """Which stops lie in a place."""
        if within is None:
            return np.ones(len(self.stops), dtype=bool)
        if isinstance(within, gpd.GeoDataFrame) and "in_territory" in within:
            within = within[within["in_territory"]]
        place: BaseGeometry = clip_polygon(within)
        shapely.prepare(place)
        degrees = self.stops[["lon", "lat"]].to_numpy()
        inside: npt.NDArray[np.bool_] = shapely.intersects_xy(place, *degrees.T)
        return inside

    # ------------------------------------------------------------------ shown

    def card(self, territory: Any = None, *, date: Date | None = None, lang: Lang = "fr") -> str:
        """Return the timetable as HTML: the days it covers, the day chosen and why, what runs in a territory, sources.

        Parameters
        ----------
        territory
            As `within` of `departures`: its stops and trips are counted apart.
        date
            The day, or its kind; without it the usual Tuesday.
        lang
            "fr" or "en".
        """
        words, stops, trips = Words(lang), "", ""
        try:
            why = self.why_day(date).told(lang)
        except OptionError as error:
            if date is not None:
                raise
            why = error.told(lang)  # a notebook shows what there is
        else:
            stops, trips = (note.told(lang) for note in self._counts(self.running(date), territory))
        covers = [
            Note(
                "timetable_covers",
                n=(row.end - row.start).days + 1,
                feed=name,
                first=DayRead.of(row.start),
                last=DayRead.of(row.end),
            )
            for name, row in self.periods.iterrows()
        ]
        return timetable_card(
            covers=words("joined").join(note.told(lang) for note in covers),
            day=why,
            stops=stops,
            trips=trips,
            within=territory is not None,
            notes=[note.told(lang) for note in self.notes],
            provenance=self.provenance,
            lang=lang,
        )

    def _counts(self, runs: Running, territory: Any) -> tuple[Note, Note]:
        """How many stops are served in a place, and how many of the day's own trips call there."""
        calls = calls_of(self, runs)
        stop = self.calls["stop"].to_numpy()[calls.row]
        inside = self._inside(territory)[stop]
        run = np.repeat(np.arange(len(runs.trip)), np.diff(calls.start))
        trips = np.unique(run[inside & (runs.ahead == 0)[run]])
        every = Figure.of(self.stops["kind"].eq("stop").sum()), Figure.of((runs.ahead == 0).sum())
        return (
            Note("timetable_served", n=len(np.unique(stop[inside])), all=every[0]),
            Note("timetable_trips", n=len(trips), all=every[1]),
        )

    def _repr_html_(self) -> str:
        return self.card()

    def __repr__(self) -> str:
        first, last = self.periods["start"].min(), self.periods["end"].max()
        parts = [
            f"{len(self.stops):,} stops, {len(self.routes):,} routes, {len(self.trips):,} trips",
            f"{first:%Y-%m-%d} – {last:%Y-%m-%d}",
            self.provenance.credit,
        ]
        return f"<Timetable: {'; '.join(part for part in parts if part)}>"


_FIELDS = tuple(each.name for each in fields(Feeds))


def _placed(stops: pd.DataFrame, crs: str) -> gpd.GeoDataFrame:
    """The stops as points in metres; None where nothing says where a stop is."""
    known = stops[["lon", "lat"]].notna().all(axis=1).to_numpy()
    lon, lat = (stops[name].to_numpy() for name in ("lon", "lat"))
    points = np.full(len(stops), None, dtype=object)
    points[known] = shapely.points(lon[known], lat[known])
    return gpd.GeoDataFrame(stops, geometry=gpd.GeoSeries(points, stops.index, crs=4326).to_crs(crs))
