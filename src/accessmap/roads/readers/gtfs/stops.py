"""Where a timetable stops, and who runs it: `stops.txt`, `agency.txt` and `routes.txt`."""

from __future__ import annotations

import math
import re
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.read.layouts.transport import WHEELCHAIR
from accessmap.roads.readers.gtfs.calendars import unique_rows
from accessmap.roads.readers.gtfs.feed import Coded, Feed, FeedTable, Ints, among, whole
from accessmap.words.near import near_names

HAILED = ("continuous_pickup", "continuous_drop_off")
KINDS = ("stop", "station", "entrance", "node", "boarding_area")
"""location_type, by its number (GTFS reference)."""
STOPS = ("stop_id", "stop_code", "stop_name", "stop_lat", "stop_lon", "location_type", "parent_station")
STOPS_TOO = ("stop_timezone", "wheelchair_boarding", "platform_code")
# route_type: the basic ones by number, the extended ones (100 to 1702) by their hundreds (GTFS reference and Google's
# extended types).
MODES = {0: "tram", 1: "metro", 2: "rail", 3: "bus", 4: "ferry", 5: "tram", 6: "cable_car", 7: "funicular"}
MODES |= {11: "bus", 12: "rail", 100: "rail", 200: "bus", 300: "rail", 400: "metro", 500: "metro", 600: "metro"}
MODES |= {700: "bus", 800: "bus", 900: "tram", 1000: "ferry", 1100: "air", 1200: "ferry", 1300: "cable_car"}
MODES |= {1400: "funicular", 1500: "taxi", 1600: "other", 1700: "other"}
SELDOM_DEGREES = 1e-9  # a place so near to 0, 0 is none


def number(text: str) -> float | None:
    """Return a finite number, or None: '1_0' and '١' are none."""
    try:
        value = float(text) if text.isascii() and "_" not in text else math.nan
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def read_stops(feed: Feed) -> pd.DataFrame:
    """Return the stops of a feed by stop_id: what each is, where (degrees; NaN where nothing says), and its parent.

    A place without coordinates takes its parent's; what is wrong is kept with the feed.
    """
    table = feed.table("stops.txt", STOPS + STOPS_TOO, ("stop_id",))
    if table is None or not table.rows:
        if "locations.geojson" not in feed.members:
            feed.problems.add("gtfs_empty", where="stops.txt")
        table = FeedTable("stops.txt", 0, {"stop_id": Coded(np.zeros(0, np.int32), [])}, np.zeros(0, np.int64))
    ids = table["stop_id"]
    table = unique_rows(feed, table, "stop_id", feed.wrong("gtfs_blank", table, ~ids.given, ids, column="stop_id"))
    ids = table["stop_id"]
    kind, bad = table["location_type"].parsed(among(range(5)), 0)
    feed.wrong("gtfs_location_type", table, bad, table["location_type"], id=ids)
    parent = _parents(feed, table, kind)
    lat, lon = _coordinates(feed, table)
    boarding, bad = table["wheelchair_boarding"].parsed(among(range(3)), 0)
    feed.note("gtfs_note_wheelchair_unread", n=int(bad.sum()), table=table.file)
    told = 0
    for _ in range(2):  # a boarding area is of a platform, which is of a station
        held = parent >= 0
        lacking = held & np.isnan(lat) & ~np.isnan(lat[parent])
        told += int(lacking.sum())
        lat, lon = np.where(lacking, lat[parent], lat), np.where(lacking, lon[parent], lon)
        boarding = np.where(held & (boarding == 0) & (kind != 2), boarding[parent], boarding)
    feed.note("gtfs_note_place_of_parent", n=told)
    names = table["stop_name"].texts()
    names = np.where((names == "") & (parent >= 0), names[parent], names) if len(names) else names
    return pd.DataFrame(
        {
            "name": names,
            "code": table["stop_code"].texts(),
            "kind": pd.Categorical.from_codes(kind, pd.Index(KINDS)),
            "parent": np.where(parent >= 0, ids.texts()[parent], "") if len(parent) else parent.astype(str),
            "platform": table["platform_code"].texts(),
            "wheelchair": pd.Series([WHEELCHAIR.get(str(each), "unknown") for each in boarding], dtype=str).to_numpy(),
            "timezone": table["stop_timezone"].texts(),
            "lon": lon,
            "lat": lat,
        },
        index=pd.Index(ids.texts(), name="stop", dtype=str),
    )


def _parents(feed: Feed, table: FeedTable, kind: npt.NDArray[np.int64]) -> Ints:
    """The row of each stop's parent, -1 where it has none."""
    ids, named = table["stop_id"], table["parent_station"]
    row = {text: number for number, text in enumerate(ids.texts().tolist())}
    parent = named.places(row)
    own = parent == np.arange(len(parent))
    station = np.where(parent >= 0, kind[np.maximum(parent, 0)], 1) if len(parent) else kind
    odd = own | ((kind == 1) & named.given) | ((kind == 4) & (station != 0) & (parent >= 0))
    odd |= (kind != 4) & (parent >= 0) & (station != 1)
    unknown = parent == -2
    feed.note(
        "gtfs_note_parent_unknown", n=int(unknown.sum()), rows=feed.place(table, np.flatnonzero(unknown), named, ids)
    )
    feed.note("gtfs_note_parent_odd", n=int(odd.sum()), rows=feed.place(table, np.flatnonzero(odd), named, ids))
    return np.where(unknown | odd, -1, parent).astype(np.int32)


def _coordinates(feed: Feed, table: FeedTable) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    found = []
    for name, most in (("stop_lat", 90), ("stop_lon", 180)):
        degrees, bad = table[name].parsed(number, math.nan)
        bad |= np.abs(degrees) > most
        feed.wrong("gtfs_degrees", table, bad, table[name], id=table["stop_id"], column=name, most=most)
        found.append(np.where(bad, 1.0, degrees.astype(float)))  # told; nothing is made of it
    lat, lon = found
    nowhere = (np.abs(lat) < SELDOM_DEGREES) & (np.abs(lon) < SELDOM_DEGREES)
    feed.note(
        "gtfs_note_zero", n=int(nowhere.sum()), rows=feed.place(table, np.flatnonzero(nowhere), None, table["stop_id"])
    )
    return np.where(nowhere, np.nan, lat), np.where(nowhere, np.nan, lon)


def read_agencies(feed: Feed) -> tuple[dict[str, str], list[str]]:
    """Return the time zone of each agency by its id ("" where it has none), and the names of all."""
    table = feed.table("agency.txt", ("agency_id", "agency_name", "agency_timezone"))
    if table is None or not table.rows:
        feed.note("gtfs_note_no_agency")
        return {}, []
    zones, ids = table["agency_timezone"], table["agency_id"]
    bad = np.array([*(not is_zone(value) for value in zones.words), False], dtype=bool)[zones.codes]
    near = near_names(zones[np.flatnonzero(bad)[:1]].texts()[0], ZONES) if bad.any() else ()
    feed.wrong("gtfs_timezone", table, bad, zones, id=table["agency_name"], near=near)
    if len(set(zones.texts())) > 1:  # whose times are whose?
        feed.wrong("gtfs_blank", table, ~ids.given, ids, id=table["agency_name"], column="agency_id")
    if "agency_id" in table:
        table = unique_rows(feed, table, "agency_id", np.zeros(table.rows, dtype=bool))
    told = table["agency_timezone"].texts()
    first = next((zone for zone in told if zone), "")
    if not first:
        feed.note("gtfs_note_no_agency")
    found = {name: zone or first for name, zone in zip(table["agency_id"].texts().tolist(), told, strict=True)}
    if NOWHERE.fullmatch(first):
        feed.note("gtfs_note_zone_of_nowhere", zone=first)
    if len(set(found.values())) > 1:
        feed.note("gtfs_note_several_zones", n=len(set(found.values())), zones=", ".join(dict.fromkeys(found.values())))
    return found, [name for name in dict.fromkeys(table["agency_name"].texts().tolist()) if name]


NOWHERE = re.compile(r"(UTC|GMT|UCT|Zulu|Universal|Etc/.*)", re.IGNORECASE)  # clocks that no place in France goes by
ZONES = ("Europe/Paris", "Europe/Brussels", "Europe/Luxembourg", "Europe/Berlin", "Europe/Zurich", "Europe/London")


def is_zone(name: str) -> bool:
    """Return whether a name is that of a time zone.

    >>> is_zone("Europe/Paris"), is_zone("Paris")
    (True, False)
    """
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def read_routes(feed: Feed, agencies: dict[str, str]) -> pd.DataFrame:
    """Return the routes of a feed by route_id: names, GTFS type and mode, agency, and the time zone of its times."""
    table = feed.table(
        "routes.txt",
        ("route_id", "agency_id", "route_short_name", "route_long_name", "route_type", "route_color", *HAILED),
        ("route_id", "route_type"),
    )
    if table is None or not table.rows:
        feed.problems.add("gtfs_empty", where="routes.txt")
        table = FeedTable("routes.txt", 0, {"route_id": Coded(np.zeros(0, np.int32), [])}, np.zeros(0, np.int64))
    ids = table["route_id"]
    table = unique_rows(feed, table, "route_id", feed.wrong("gtfs_blank", table, ~ids.given, ids, column="route_id"))
    ids, agency = table["route_id"], table["agency_id"].texts()
    kind, bad = table["route_type"].parsed(_mode_number, -1)
    feed.wrong("gtfs_route_type", table, bad | (kind < 0), table["route_type"], id=ids)
    hailed = np.isin([table[column].texts() for column in HAILED], ["0", "2", "3"]).any(axis=0)
    feed.note("gtfs_note_hailed_lines", n=int(hailed.sum()))
    several = len(set(agencies.values())) > 1
    unknown = np.array([bool(agencies) and name not in agencies and (several or name != "") for name in agency], bool)
    if unknown.any():
        rows = feed.place(table, np.flatnonzero(unknown), table["agency_id"], ids)
        feed.note("gtfs_note_agency_unknown", n=int(unknown.sum()), rows=rows)
    first = next(iter(agencies.values()), "")
    modes = [MODES.get(each, MODES.get(each // 100 * 100, "other")) for each in kind.tolist()]
    return pd.DataFrame(
        {
            "agency": agency,
            "short_name": table["route_short_name"].texts(),
            "long_name": table["route_long_name"].texts(),
            "type": kind.astype(np.int32),
            "mode": pd.Series(modes, dtype=str).to_numpy(),
            "colour": table["route_color"].texts(),
            "timezone": pd.Series([agencies.get(name, first) for name in agency], dtype=str).to_numpy(),
        },
        index=pd.Index(ids.texts(), name="route", dtype=str),
    )


def _mode_number(text: str) -> int | None:
    value = whole(text)
    if value is None:
        return None
    return value if value in MODES or (value >= 100 and value // 100 * 100 in MODES) else None
