"""A timetable in one file, versioned and with checksums."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.errors import SourceError
from accessmap.provenance import Provenance
from accessmap.roads.archive import PARQUET, Meta, impossible, read_archive, write_archive
from accessmap.roads.readers.gtfs.calendars import WEEKDAYS, Calendar
from accessmap.roads.readers.gtfs.calls import HOW
from accessmap.roads.readers.gtfs.distances import EARTH_METRES
from accessmap.roads.readers.gtfs.flex import nothing
from accessmap.roads.readers.gtfs.reading import Feeds
from accessmap.roads.readers.gtfs.stops import KINDS, is_zone
from accessmap.roads.readers.gtfs.transfers import RULES
from accessmap.words.notes import note_of, record_of

FORMAT = 1
TEXT, NUMBER, WHOLE, YES, DAYS = "O", "f", "i", "b", "M"
TRIPS = ("trip", "route", "headsign", "short_name", "direction", "block", "shape", "wheelchair", "bikes", "headway")
# What each table must have, and of which kind: what is further is kept.
COLUMNS: dict[str, dict[str, str]] = {
    "stops": dict.fromkeys(
        ("name", "code", "kind", "parent", "platform", "wheelchair", "timezone", "feed", "stop_id"), TEXT
    )
    | {"lon": NUMBER, "lat": NUMBER},
    "routes": dict.fromkeys(("agency", "short_name", "long_name", "mode", "colour", "feed", "route_id"), TEXT)
    | {"type": WHOLE},
    "trips": dict.fromkeys((*TRIPS, "feed", "trip_id", "timezone"), TEXT) | {"service": WHOLE},
    "calls": dict.fromkeys(("trip", "stop", "arrival", "departure", "pickup", "drop_off"), WHOLE) | {"how": TEXT},
    "periods": {"start": WHOLE, "end": WHOLE} | dict.fromkeys(WEEKDAYS, YES),
    "changes": {"service": WHOLE, "day": WHOLE, "added": YES},
    "transfers": {name: TEXT if "route" in name or "_trip" in name else WHOLE for name in RULES},
    "pathways": {"from_stop": WHOLE, "to_stop": WHOLE, "seconds": WHOLE},
    "feeds": {"start": DAYS, "end": DAYS},
    "flex": dict.fromkeys(
        ("trip", "route", "place", "place_id", "name", "booking", "message", "phone", "url", "timezone", "wheelchair"),
        TEXT,
    )
    | dict.fromkeys(("service", "sequence", "start", "end", "pickup", "drop_off", "before", "after"), WHOLE),
}


class _Meta(Meta):
    notes: list[dict[str, Any]]


def write_timetable(path: Path, timetable: Feeds) -> Path:
    """Write one zip of Parquet tables and return its path; it appears whole or not at all."""
    stops = pd.DataFrame(timetable.stops.drop(columns="geometry", errors="ignore"))
    calendar = timetable.calendar
    tables = {
        "stops": stops.assign(kind=stops["kind"].astype(str)),
        "routes": timetable.routes,
        "trips": timetable.trips,
        "calls": timetable.calls.assign(how=timetable.calls["how"].astype(str)),
        "periods": calendar.periods,
        "changes": calendar.changes,
        "transfers": timetable.transfers,
        "pathways": timetable.pathways,
        "feeds": timetable.periods,
    }
    flex = timetable.flex.to_crs(4326)
    tables["flex"] = pd.DataFrame(flex).assign(geometry=flex.geometry.to_wkb(), stops=flex["stops"].map(list))
    notes = [record_of(note) for note in timetable.notes]
    named = {f"{name}{PARQUET}": table for name, table in tables.items()}
    return write_archive(path, named, Provenance(timetable.sources), version=FORMAT, notes=notes)


def read_timetable(path: Path) -> Feeds:
    """Return what a file holds that `write_timetable` wrote.

    Raises
    ------
    SourceError
        Where the file is not one of ours, is damaged, or is of another version.
    """
    saved, tables = read_archive(
        path,
        _Meta,
        error=SourceError,
        stranger="timetable_not_saved_here",
        reads=(FORMAT,),
        needed=tuple(COLUMNS),
    )
    try:
        tables["calls"] = _measured(tables["calls"])
        for name, table in tables.items():
            _check_columns(name, table)
        _check_rows(tables)
        flex = _flex(tables["flex"], len(tables["stops"]))
        notes = tuple(note_of(record) for record in saved.notes)
    except (ValueError, TypeError, LookupError, AttributeError, shapely.errors.ShapelyError) as error:
        raise impossible(path, "tables", str(error), SourceError) from error
    stops, calls, trips = tables["stops"], tables["calls"], tables["trips"]
    return Feeds(
        stops.assign(kind=pd.Categorical(stops["kind"], KINDS)),
        tables["routes"],
        trips if "measured" in trips else trips.assign(measured=""),
        calls.assign(how=pd.Categorical(calls["how"], HOW)),
        Calendar(tables["periods"], tables["changes"]),
        tables["transfers"],
        tables["pathways"],
        flex,
        tables["feeds"].astype("datetime64[s]"),
        tuple(each.source() for each in saved.sources),
        notes,
    )


def _flex(table: pd.DataFrame, stops: int) -> gpd.GeoDataFrame:
    """Return the calls by zone; ValueError where a place is none, or a stop is not there."""
    if not len(table):
        return nothing()
    rows = [[int(row) for row in each] for each in table["stops"]]
    shapes = shapely.from_wkb(table["geometry"].to_numpy())
    bounds = shapely.total_bounds(shapes)
    if not all(0 <= row < stops for each in rows for row in each) or not (np.abs(bounds) <= (180, 90, 180, 90)).all():
        raise ValueError("flex")
    return gpd.GeoDataFrame(table.assign(stops=pd.Series(rows, table.index, dtype=object)), geometry=shapes, crs=4326)


def _measured(calls: pd.DataFrame) -> pd.DataFrame:
    """Return the calls with their metres, which early files do not have; ValueError where they cannot be."""
    metres = calls["metres"] if "metres" in calls else pd.Series(np.nan, calls.index)
    if metres.dtype.kind != NUMBER or not (metres.isna() | metres.between(0, EARTH_METRES * 7)).all():
        raise ValueError("calls.metres")
    return calls.assign(metres=metres.astype("float32"))


def _check_columns(name: str, table: pd.DataFrame) -> None:
    for column, kind in COLUMNS[name].items():
        values = table[column]
        text = pd.api.types.is_string_dtype(values) or (values.dtype == object and not len(values))
        if not (text if kind == TEXT else values.dtype.kind == kind) or (kind != NUMBER and values.isna().any()):
            raise ValueError(f"{name}.{column}")


def _check_rows(tables: dict[str, pd.DataFrame]) -> None:
    """Raise ValueError unless every row that is named is there, and trips go forward in time."""
    stops, trips, calls = tables["stops"], tables["trips"], tables["calls"]
    sizes = {"trip": len(trips), "stop": len(stops), "service": len(tables["periods"])}
    for name, column, of, least in (
        ("calls", "trip", "trip", 0),
        ("calls", "stop", "stop", 0),
        ("trips", "service", "service", -1),
        ("flex", "service", "service", -1),
        *(("flex", column, "stop", -1) for column in ("before", "after")),
        ("changes", "service", "service", 0),
        *(("pathways", column, "stop", 0) for column in ("from_stop", "to_stop")),
        *(("transfers", column, "stop", -1) for column in ("from_stop", "to_stop")),
    ):
        if not tables[name][column].between(least, sizes[of] - 1).all():
            raise ValueError(f"{name}.{column}")
    trip = calls["trip"].to_numpy()
    same = trip[1:] == trip[:-1]
    back = same & (calls["arrival"].to_numpy()[1:] < calls["departure"].to_numpy()[:-1])
    if (np.bincount(trip, minlength=len(trips)) < 2).any() or (np.diff(trip) < 0).any() or back.any():
        raise ValueError("calls")
    known = stops[["lon", "lat"]].notna().all(axis=1).to_numpy()
    if not known[calls["stop"]].all() or (calls["arrival"] > calls["departure"]).any():
        raise ValueError("calls")
    if not (stops["lon"].dropna().abs().le(180).all() and stops["lat"].dropna().abs().le(90).all()):
        raise ValueError("stops")
    bad = [zone for zone in trips["timezone"].unique() if zone and not is_zone(zone)]
    if bad or not stops.index.is_unique or not stops["kind"].isin(KINDS).all() or not calls["how"].isin(HOW).all():
        raise ValueError("stops.kind, trips.timezone, calls.how")
    if not tables["changes"]["day"].is_monotonic_increasing or not len(tables["feeds"]):
        raise ValueError("changes.day")
    if not trips["route"].isin(tables["routes"].index).all():
        raise ValueError("trips.route")
