"""Feeds as one timetable: each file read and checked, then their rows one under the other, ids kept apart by feed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from itertools import combinations
from pathlib import Path

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import OptionError, Problem, SourceError
from accessmap.provenance import Source
from accessmap.roads.readers.gtfs.calendars import EPOCH, Calendar, days_of, read_calendar
from accessmap.roads.readers.gtfs.calls import (
    HOW,
    LONGER,
    Calls,
    laid_out,
    read_calls,
    read_frequencies,
    read_trips,
    tell_odd_trips,
)
from accessmap.roads.readers.gtfs.distances import hops
from accessmap.roads.readers.gtfs.feed import Feed, Flags, open_feed
from accessmap.roads.readers.gtfs.flex import Zones, read_flex, read_zones, tell_far_zones
from accessmap.roads.readers.gtfs.interpolated import tell_speeds, timed
from accessmap.roads.readers.gtfs.measured import measured
from accessmap.roads.readers.gtfs.stops import read_agencies, read_routes, read_stops
from accessmap.roads.readers.gtfs.transfers import read_pathways, read_transfers
from accessmap.words.notes import Figure, Note, first_few

READ = {"agency", "stops", "routes", "trips", "stop_times", "calendar", "calendar_dates", "frequencies", "transfers"}
READ |= {"pathways", "shapes", "feed_info", "levels", "attributions", "translations", "locations", "location_groups"}
READ |= {"location_group_stops", "booking_rules", "areas", "stop_areas"}
MOST_ALIKE = 0.5  # of the stops: two operators share a station, not half of their stops, under one id
STATION_METRES = 2_000.0  # from a platform or entrance to its station: those of the largest are within one
# Degrees (south, north, west, east) within which all of Europe lies, Svalbard, the Azores and the Urals too.
EUROPE = (27.0, 82.0, -32.0, 70.0)


@dataclass(frozen=True, eq=False)
class Feeds:
    """What a timetable holds: `Timetable` says what each is."""

    stops: pd.DataFrame
    routes: pd.DataFrame
    trips: pd.DataFrame
    calls: pd.DataFrame
    calendar: Calendar
    transfers: pd.DataFrame
    pathways: pd.DataFrame
    flex: gpd.GeoDataFrame
    periods: pd.DataFrame
    sources: tuple[Source, ...]
    notes: tuple[Note, ...]

    @cached_property
    def services(self) -> npt.NDArray[np.int64]:
        """The service of each trip, and of each that only goes by zone and window."""
        return _services(self.trips.set_index("trip"), self.flex)

    @cached_property
    def first_call(self) -> npt.NDArray[np.int64]:
        """Where the calls of each trip begin in `calls`: one more than there are trips."""
        return np.searchsorted(self.calls["trip"], np.arange(len(self.trips) + 1)).astype(np.int64)


def read_feeds(
    paths: str | Path | Sequence[str | Path] | Mapping[str, str | Path],
    *,
    licence: str | None = None,
    bad_trips: str = "error",
) -> Feeds:
    """Return the timetable of one or more feeds.

    Trips that cannot be read are an error, or with `bad_trips="drop"` left out and noted.

    Raises
    ------
    SourceError
        With everything that is wrong of the first feed that cannot be read.
    OptionError
        Where no path is given, or two feeds have one name.
    """
    if bad_trips not in ("error", "drop"):
        raise OptionError(Problem("gtfs_bad_trips", value=bad_trips))
    named = named_feeds(paths)
    feeds = [_read(path, name, licence, drops=bad_trips == "drop") for name, path in named]
    if len(feeds) > 1:
        twice = _same_twice(feeds, [name for name, _ in named])
        feeds = [replace(feeds[0], notes=feeds[0].notes + twice), *feeds[1:]]
        feeds = [_prefixed(each, name) for each, (name, _) in zip(feeds, named, strict=True)]
    return reduce(_joined, feeds)


def _same_twice(feeds: Sequence[Feeds], names: Sequence[str]) -> tuple[Note, ...]:
    """Say which feeds are two of one timetable: most stops have the same id and place, and days of both are whole."""
    found = []
    for (one, name), (other, second) in combinations(zip(feeds, names, strict=True), 2):
        periods = pd.concat([one.periods, other.periods])
        first, last = periods["start"].max(), periods["end"].min()
        there = other.stops[["lon", "lat"]].reindex(one.stops.index)
        alike = np.isclose(one.stops[["lon", "lat"]], there, atol=1e-5).all(axis=1)
        least = min(len(one.stops), len(other.stops))
        if first <= last and alike.sum() > MOST_ALIKE * least:
            days = {"first": f"{first:%Y-%m-%d}", "last": f"{last:%Y-%m-%d}"}
            found.append(Note("gtfs_note_same_feed", n=int(alike.sum()), one=name, other=second, **days))
    return tuple(found)


def named_feeds(paths: str | Path | Sequence[str | Path] | Mapping[str, str | Path]) -> list[tuple[str, str | Path]]:
    """Return the feeds that are given, each with its name.

    Raises
    ------
    OptionError
        Where none is given, or two have one name.
    """
    if isinstance(paths, Mapping):
        given = [(str(name), path) for name, path in paths.items()]
    else:
        several = [paths] if isinstance(paths, str | Path) else list(paths)
        given = [(Path(path).name.removesuffix(".zip").replace(":", "_"), path) for path in several]
    if not given:
        raise OptionError(Problem("gtfs_no_path"))
    names = [name for name, _ in given]
    twice = [name for name in names if names.count(name) > 1 or not name or ":" in name]
    if twice:
        raise OptionError(Problem("gtfs_feed_name", value=twice[0]))
    return given


def _read(path: str | Path, name: str, licence: str | None, *, drops: bool) -> Feeds:
    feed, digest = open_feed(path, name, drops=drops)
    agencies, publishers = read_agencies(feed)
    stops = read_stops(feed)
    routes = read_routes(feed, agencies)
    calendar = read_calendar(feed)
    trips = read_trips(feed, routes, calendar)
    zones = read_zones(feed, stops)
    _check_swapped(feed, stops, zones, routes)
    calls, by_zone, told = read_calls(feed, stops, trips, zones.ids)
    runs = read_frequencies(feed, trips)
    transfers = read_transfers(feed, stops, routes, trips)
    pathways = read_pathways(feed, stops)
    calls = calls[~feed.gone(trips.index)[calls.trip]]
    if not feed.problems:
        measure = measured(feed, calls, trips, stops)
        calls = replace(timed(feed, calls, measure, stops), travelled=measure.metres)
        feed.notes += measure.notes  # after those of the times
        trips = trips.assign(measured=measure.how)
        tell_speeds(feed, calls, trips, stops, routes)
    flex = read_flex(feed, by_zone, zones, stops, routes, trips, calls)
    feed.problems.raise_if_any(SourceError, feed.file)
    if feed.dropped:
        gone = feed.gone(trips.index)
        if gone.all():  # what is wrong with all of them is an error
            return _read(path, name, licence, drops=False)
        told |= gone
        calls, runs = calls[~gone[calls.trip]], runs[~gone[runs["trip"]]]
        flex = flex[~feed.gone(flex["trip"])].reset_index(drop=True)
        transfers = transfers[~(feed.gone(transfers["from_trip"]) | feed.gone(transfers["to_trip"]))]
        feed.note("gtfs_note_trips_dropped_in_all", n=int(gone.sum()), of=Figure.of(len(trips)))
    feed.note("gtfs_note_flexible", n=len(flex))
    trips, calls = _called(feed, trips, calls, runs, told)
    _tell_stops(feed, stops, routes)
    if not len(trips) and not len(flex):
        raise SourceError(Problem("gtfs_no_trip"), about=feed.file)
    period, info = _info(feed, calendar, _services(trips, flex))
    unread = sorted(each for each in feed.members if each.rsplit(".", 1)[0] not in READ)
    if unread:
        feed.note("gtfs_note_files_unread", n=len(unread), names=", ".join(unread))
    feed.note("gtfs_note_no_licence", n=int(licence is None))
    source = Source(
        info.get("title") or f"GTFS {path_name(path)}",
        info.get("publisher") or ", ".join(publishers[:3]),
        licence or "",
        info.get("version", ""),
        info.get("url") or None,
        digest or None,
    )
    routes = routes.assign(feed=name, route_id=routes.index)
    stops = stops.assign(feed=name, stop_id=stops.index)
    route = trips["route"].to_numpy()
    trips = trips.reset_index().assign(feed=name, trip_id=trips.index)
    trips = trips.assign(route=routes.index.to_numpy()[route], timezone=routes["timezone"].to_numpy()[route])
    frame = pd.DataFrame({**vars(calls), "how": pd.Categorical.from_codes(calls.how, pd.Index(HOW))})
    frame = frame.drop(columns="sequence").rename(columns={"travelled": "metres"}).astype({"metres": "float32"})
    periods = pd.DataFrame({"start": [period[0]], "end": [period[1]]}, index=pd.Index([name], name="feed"))
    return Feeds(
        stops,
        routes.drop(columns="timezone"),
        trips,
        frame,
        calendar,
        transfers,
        pathways,
        flex,
        periods,
        (source,),
        tuple(feed.notes),
    )


def _check_swapped(feed: Feed, stops: pd.DataFrame, zones: Zones, routes: pd.DataFrame) -> None:
    """Keep a problem where stops, or areas, of a European time zone lie in Europe only with degrees changed over."""
    clocks = routes["timezone"][routes["timezone"] != ""]
    if not len(clocks) or not clocks.str.startswith("Europe/").all():
        return
    south, north, west, east = EUROPE
    areas = np.array([shape.bounds[:2] for _, shape in zones.areas.values()]).reshape(-1, 2)
    for key, where, degrees in (
        ("gtfs_swapped", "stops.txt", stops[["lon", "lat"]].to_numpy()),
        ("gtfs_zones_swapped", "locations.geojson", areas),
    ):
        known = degrees[np.isfinite(degrees).all(axis=1)]
        lon, lat = np.median(known, axis=0) if len(known) else (np.nan, np.nan)
        here, there = (south < y < north and west < x < east for y, x in ((lat, lon), (lon, lat)))
        if there and not here:
            feed.problems.add(key, where=where, value=f"{lat:.2f}, {lon:.2f}")
    tell_far_zones(feed, zones, stops)


def path_name(path: str | Path) -> str:
    """Return the name of a file or folder."""
    return Path(path).name


def _called(
    feed: Feed, trips: pd.DataFrame, calls: Calls, runs: pd.DataFrame, told: Flags
) -> tuple[pd.DataFrame, Calls]:
    """The trips that call twice and run on some day, laid out by their headways."""
    first = np.searchsorted(calls.trip, np.arange(len(trips) + 1))
    begins = first[:-1][np.diff(first) > 1]
    still = np.zeros(len(trips), dtype=bool)
    if len(begins):
        least, most = (each.reduceat(calls.stop, begins) for each in (np.minimum, np.maximum))
        still[calls.trip[begins]] = least == most
    feed.note("gtfs_note_stays", n=int(still.sum()), trips=first_few(trips.index[still], repr))
    calls, told = calls[~still[calls.trip]], told | still
    count = np.bincount(calls.trip, minlength=len(trips))
    feed.note("gtfs_note_trips_without_calls", n=int(((count < 2) & ~told).sum()))
    trips, calls = laid_out(trips, calls, runs)
    tell_odd_trips(feed, trips, calls)
    return trips.drop(columns=[name for name in LONGER if name in trips]), calls


def _tell_stops(feed: Feed, stops: pd.DataFrame, routes: pd.DataFrame) -> None:
    """Say which stops are far from their station, or of another time zone than the lines."""
    parent = stops["parent"].where(stops["parent"] != "")
    station = stops[["lon", "lat"]].reindex(parent).to_numpy()
    far = np.flatnonzero(hops(stops[["lon", "lat"]].to_numpy(), station) > STATION_METRES)
    feed.note("gtfs_note_far_from_station", n=len(far), stops=first_few(stops.index[far], repr))
    zone = next(iter(routes["timezone"]), "")
    other = stops["timezone"][(stops["timezone"] != "") & (stops["timezone"] != zone)]
    feed.note("gtfs_note_stop_zone", n=len(other), zones=", ".join(dict.fromkeys(other)), zone=zone)


def _services(trips: pd.DataFrame, flex: pd.DataFrame) -> npt.NDArray[np.int64]:
    """The service of each trip; those that only go by zone and window come last."""
    more = flex.loc[~flex["trip"].duplicated() & ~flex["trip"].isin(trips.index), "service"]
    return np.concatenate([trips["service"].to_numpy(np.int64), more.to_numpy(np.int64)])


def _info(
    feed: Feed, calendar: Calendar, services: npt.NDArray[np.int64]
) -> tuple[tuple[pd.Timestamp, pd.Timestamp], dict[str, str]]:
    """The days for which a feed is whole, and what it says of itself."""
    counts = calendar.counts(np.bincount(services[services >= 0], minlength=len(calendar.periods)))
    runs = pd.DatetimeIndex(counts.index[counts > 0])
    if not len(runs):
        raise SourceError(Problem("gtfs_never_runs"), about=feed.file)
    first, last = pd.Timestamp(runs[0]), pd.Timestamp(runs[-1])
    columns = ("feed_publisher_name", "feed_publisher_url", "feed_version", "feed_start_date", "feed_end_date")
    table = feed.table("feed_info.txt", columns)
    if table is None or not table.rows:
        version = f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"
        return (first, last), {"version": version}
    said = {name: str(table[name].texts()[0]) for name in columns}
    for name, least in (("feed_start_date", True), ("feed_end_date", False)):
        day, bad = days_of(table[name])
        if bad[0]:
            feed.note("gtfs_note_period_unread", n=1, column=name, value=said[name])
        elif day[0] >= 0:
            date = pd.Timestamp.fromordinal(int(day[0]) + EPOCH)
            beyond = runs < date if least else runs > date
            if beyond.all():
                feed.note("gtfs_note_period_over", n=1, column=name, value=f"{date:%Y-%m-%d}")
                continue
            feed.note("gtfs_note_days_beyond", n=int(beyond.sum()), column=name, value=f"{date:%Y-%m-%d}")
            first, last = (max(first, date), last) if least else (first, min(last, date))
    if first > last:
        feed.note("gtfs_note_period_backwards", first=f"{first:%Y-%m-%d}", last=f"{last:%Y-%m-%d}")
        first, last = pd.Timestamp(runs[0]), pd.Timestamp(runs[-1])
    version = said["feed_version"] or f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"
    return (first, last), {
        "publisher": said["feed_publisher_name"],
        "url": said["feed_publisher_url"],
        "version": version,
    }


def _prefixed(feeds: Feeds, name: str) -> Feeds:
    """The same with ids that bear the name of the feed."""

    def told(ids: pd.Index | pd.Series) -> pd.Index:
        return pd.Index([f"{name}:{each}" if each else "" for each in ids], dtype=str)

    stops = feeds.stops.set_axis(told(feeds.stops.index).rename("stop")).assign(parent=told(feeds.stops["parent"]))
    routes = feeds.routes.set_axis(told(feeds.routes.index).rename("route"))
    calendar = replace(feeds.calendar, periods=feeds.calendar.periods.set_axis(told(feeds.calendar.periods.index)))
    named = ("from_route", "to_route", "from_trip", "to_trip")
    transfers = feeds.transfers.assign(**{column: told(feeds.transfers[column]) for column in named})
    trips = feeds.trips.assign(**{column: told(feeds.trips[column]) for column in ("trip", "route", "block")})
    flex = feeds.flex.assign(**{column: told(feeds.flex[column]) for column in ("trip", "route", "place_id")})
    return replace(feeds, stops=stops, routes=routes, calendar=calendar, transfers=transfers, trips=trips, flex=flex)


def _joined(one: Feeds, other: Feeds) -> Feeds:
    """Two timetables as one: rows of the second come after those of the first."""
    stop, trip, service = len(one.stops), len(one.trips), len(one.calendar.periods)

    def under(
        first: pd.DataFrame, second: pd.DataFrame, *, by: Mapping[str, int] | None = None, numbered: bool = True
    ) -> pd.DataFrame:
        moved = {name: second[name].where(second[name] < 0, second[name] + step) for name, step in (by or {}).items()}
        kept = [each for each in (first, second.assign(**moved)) if len(each)] or [first]
        return pd.concat(kept, ignore_index=numbered)

    calendar = Calendar(
        under(one.calendar.periods, other.calendar.periods, numbered=False),
        under(one.calendar.changes, other.calendar.changes, by={"service": service}).sort_values(
            "day", kind="stable", ignore_index=True
        ),
    )
    ends = {"from_stop": stop, "to_stop": stop}
    flex = other.flex.assign(stops=[[row + stop for row in rows] for rows in other.flex["stops"]])
    return Feeds(
        under(one.stops, other.stops, numbered=False),
        under(one.routes, other.routes, numbered=False),
        under(one.trips, other.trips, by={"service": service}),
        under(one.calls, other.calls, by={"trip": trip, "stop": stop}),
        calendar,
        under(one.transfers, other.transfers, by=ends),
        under(one.pathways, other.pathways, by=ends),
        under(one.flex, flex, by={"service": service, "before": stop, "after": stop}),
        pd.concat([one.periods, other.periods]),
        one.sources + other.sources,
        one.notes + other.notes,
    )
