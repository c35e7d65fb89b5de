"""What goes by zones and windows of time (GTFS-Flex): where, when, with which notice, and how much longer it takes."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import MultiPoint
from shapely.geometry.base import BaseGeometry

from accessmap.errors import Problem, SourceError
from accessmap.roads.readers.gtfs.calendars import unique_rows
from accessmap.roads.readers.gtfs.calls import LONGER, NO_TIME, Calls, seconds
from accessmap.roads.readers.gtfs.distances import hops
from accessmap.roads.readers.gtfs.feed import Coded, Feed, FeedTable, among, numbered, whole
from accessmap.roads.readers.gtfs.stops import number
from accessmap.words.near import near_names
from accessmap.words.notes import Aside, Metres, Note, first_few

PLACES = ("zone", "group", "stop")
BOOKING = ("at_once", "same_day", "days_before")
"""booking_type, by its number (GTFS reference)."""
OPEN_DAYS = "open_days_before"
"""And where days are those of a calendar of their own (prior_notice_service_id)."""
WINDOW = ("start_pickup_drop_off_window", "end_pickup_drop_off_window")
RULES = ("pickup_booking_rule_id", "drop_off_booking_rule_id")
COLUMNS = (
    *(
        "trip",
        "route",
        "service",
        "sequence",
        "place",
        "place_id",
        "name",
        "stops",
        "start",
        "end",
        "pickup",
        "drop_off",
    ),
    *("mean_factor", "mean_offset", "safe_factor", "safe_offset", "booking", "notice_minutes", "notice_days"),
    *(
        "notice_time",
        "message",
        "phone",
        "url",
        "before",
        "leaves_before",
        "after",
        "reaches_after",
        "timezone",
        "wheelchair",
        "geometry",
    ),
)
NO_NOTICE = -1
NOT = 1  # pickup_type, drop_off_type: none
IDS = ("id", "location_id", "stop_id", "zone_id")
"""What GIS tools call the id of a zone, where they write it among its properties."""
FAR_FROM_STOPS = 100_000.0  # metres from the middle of a zone: the longest lines on demand are of half of that


@dataclass(frozen=True, eq=False)
class Zones:
    """Places that are no single stop: areas by id (name, polygon), and groups by id (name, stops as rows, areas)."""

    areas: dict[str, tuple[str, BaseGeometry]] = field(default_factory=dict)
    groups: dict[str, tuple[str, list[int], list[str]]] = field(default_factory=dict)

    @property
    def ids(self) -> set[str]:
        """Ids of all of them."""
        return {*self.areas, *self.groups}


def read_zones(feed: Feed, stops: pd.DataFrame) -> Zones:
    """Return the areas of `locations.geojson` and the groups of stops; what is wrong is kept with the feed."""
    areas = _areas(feed)
    return Zones(areas, _groups(feed, numbered(stops.index), areas))


def _areas(feed: Feed) -> dict[str, tuple[str, BaseGeometry]]:
    content = feed.content("locations.geojson")
    if content is None:
        return {}
    if not content.strip():
        return {}
    found: dict[str, tuple[str, BaseGeometry]] = {}
    inner = 0
    try:
        whole_file = json.loads(_text(feed, content))
        for number, feature in enumerate([whole_file] if whole_file["type"] == "Feature" else whole_file["features"]):
            told = feature.get("properties") or {}
            own = next((told[key] for key in IDS if told.get(key) not in (None, "")), None)
            inner += feature.get("id") is None and own is not None
            name = str(own if feature.get("id") is None else feature["id"])
            if name == "None":
                raise ValueError(f"feature {number + 1}: no id")
            if not feature["geometry"]:
                raise ValueError(f"{name}: no geometry")
            area = str(told.get("stop_name") or ""), _sound(feed, name, shapely.geometry.shape(feature["geometry"]))
            if not found.setdefault(name, area)[1].equals(area[1]):
                feed.problems.add("gtfs_zone_twice", where="locations.geojson", value=name)
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        IndexError,
        RecursionError,
        shapely.errors.ShapelyError,
    ) as error:
        raise SourceError(
            Problem("gtfs_zones_unread", where="locations.geojson", why=Aside.of(str(error))), about=feed.file
        ) from error
    feed.note("gtfs_note_zone_ids", n=inner)
    return found


def _text(feed: Feed, content: bytes) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        feed.notes.append(Note("read_as_windows_1252", file=f"{feed.file}!locations.geojson"))
        return content.decode("cp1252")


def tell_far_zones(feed: Feed, zones: Zones, stops: pd.DataFrame) -> None:
    """Say which areas are far from all stops: another country's, or a number is wrong."""
    known = stops[["lon", "lat"]].to_numpy()
    known = known[np.isfinite(known).all(axis=1)]
    middle = {name: np.array(shape.representative_point().coords[0][:2]) for name, (_, shape) in zones.areas.items()}
    far = [name for name, place in middle.items() if len(known) and hops(known, place[None, :]).min() > FAR_FROM_STOPS]
    feed.note("gtfs_note_zone_far", n=len(far), zones=first_few(far, repr), metres=Metres.of(FAR_FROM_STOPS))


def _sound(feed: Feed, name: str, shape: BaseGeometry) -> BaseGeometry:
    """An area in degrees, mended where its outline crosses itself."""
    west, south, east, north = shape.bounds if not shape.is_empty else (math.nan,) * 4
    if shape.geom_type not in ("Polygon", "MultiPolygon") or not (
        -180 <= west <= east <= 180 and -90 <= south <= north <= 90
    ):
        raise ValueError(f"{name}: {shape.geom_type} {shape.bounds}")
    if not shape.is_valid:
        feed.note("gtfs_note_zone_mended", n=1, zone=repr(name))
        shape = shape.buffer(0)
    return shape


def _groups(
    feed: Feed, row: dict[str, int], areas: dict[str, tuple[str, BaseGeometry]]
) -> dict[str, tuple[str, list[int], list[str]]]:
    """Groups of stops, as the reference has them, and as its drafts had them: of areas too."""
    names: dict[str, str] = {}
    pairs: dict[tuple[str, str], None] = {}
    for file, group, name, member in (
        ("location_groups.txt", "location_group_id", "location_group_name", "location_id"),
        ("location_group_stops.txt", "location_group_id", "", "stop_id"),
        ("areas.txt", "area_id", "area_name", ""),
        ("stop_areas.txt", "area_id", "", "stop_id"),
    ):
        table = feed.table(file, [each for each in (group, name, member) if each], [group])
        if table is None or not table.rows:
            continue
        ids, members = table[group].texts().tolist(), table[member].texts().tolist()
        names |= {each: told for each, told in zip(ids, table[name].texts().tolist(), strict=True) if told}
        known = np.array([each in row or each in areas or not each for each in members])
        if group == "area_id":  # those are of fares too, and may be called as a stop is
            known &= np.array([each not in row and each not in areas for each in ids])
        else:
            lost = np.flatnonzero(~known)
            rows = feed.place(table, lost, table[member], table[group])
            feed.note("gtfs_note_group_stop_unknown", n=len(lost), rows=rows)
        pairs |= {(each, at): None for each, at, sure in zip(ids, members, known, strict=True) if sure and at}
    found: dict[str, tuple[str, list[int], list[str]]] = {}
    for group, member in pairs:
        _, stops, within = found.setdefault(group, (names.get(group, ""), [], []))
        if member in row:
            stops.append(row[member])
        else:
            within.append(member)
    return found


def read_flex(
    feed: Feed,
    table: FeedTable,
    zones: Zones,
    stops: pd.DataFrame,
    routes: pd.DataFrame,
    trips: pd.DataFrame,
    calls: Calls,
) -> gpd.GeoDataFrame:
    """Return one row a flexible call, in the order of the trips: where and when, the notice to give, and what it costs.

    Parameters
    ----------
    table
        Rows of stop_times.txt that are no stop at a stated time.
    zones, stops, routes, trips, calls
        As they were read; `calls` are those at stated times.
    """
    if not table.rows:
        return nothing()
    ids = table["trip_id"]
    row = numbered(stops.index)
    named = [_first(table, at, ("location_id", "location_group_id", "stop_id")) for at in range(table.rows)]
    kind = np.array(
        [0 if name in zones.areas else 1 if name in zones.groups else 2 if name in row else -1 for name in named]
    )
    place = Coded.of(named)
    drafted = ~table["location_id"].given & ~table["location_group_id"].given & np.isin(kind, (0, 1))
    near = near_names(next((name for name, of in zip(named, kind, strict=True) if of < 0), ""), zones.ids)
    bad = np.zeros(table.rows, dtype=bool)
    by_column = table["location_id"].given, ~table["location_id"].given & table["location_group_id"].given
    for of, column, other in (
        (by_column[0], "location_id", "locations.geojson"),
        (by_column[1], "location_group_id", "location_group_stops.txt"),
        (~by_column[0] & ~by_column[1], "stop_id", "stops.txt"),
    ):
        bad |= feed.wrong("gtfs_unknown", table, of & (kind < 0), place, id=ids, column=column, other=other, near=near)
    window = []
    for column in WINDOW:
        time, odd = table[column].parsed(seconds, NO_TIME)
        bad |= feed.wrong("gtfs_time", table, odd | ~table[column].given, table[column], id=ids, column=column)
        window.append(time)
    bad |= feed.wrong("gtfs_window", table, ~bad & (window[1] <= window[0]), table[WINDOW[1]], id=ids)
    order, odd = table["stop_sequence"].parsed(whole, -1)
    bad |= feed.wrong("gtfs_sequence", table, odd | (order < 0), table["stop_sequence"], id=ids)
    kinds = []
    for column in ("pickup_type", "drop_off_type"):
        numbers, odd = table[column].parsed(among(range(4)), 0)
        bad |= feed.wrong("gtfs_pickup", table, odd, table[column], id=ids, column=column)
        kinds.append(numbers)
    if feed.problems:  # and so there is an error to come
        return nothing()
    if bad.any():  # and their trips are left out
        return read_flex(feed, table.keep(~feed.gone(ids.texts())), zones, stops, routes, trips, calls)
    feed.note("gtfs_note_flex_draft", n=int(drafted.sum()), rows=feed.place(table, np.flatnonzero(drafted), place, ids))
    trip = ids.places(numbered(trips.index))
    of_trip = trips.iloc[trip]
    found = pd.DataFrame(
        {
            "trip": ids.texts(),
            "route": routes.index.to_numpy()[of_trip["route"].to_numpy()],
            "service": of_trip["service"].to_numpy(),
            "sequence": order,
            "place": np.array(PLACES, dtype=object)[kind],
            "place_id": named,
            "name": [_name(name, zones, stops) for name in named],
            "stops": [_members(name, zones, row) for name in named],
            "start": window[0],
            "end": window[1],
            "pickup": kinds[0],
            "drop_off": kinds[1],
            **_longer(feed, table, of_trip),
            **_notice(feed, table),
            **_neighbours(trip, order, calls),
            "timezone": routes["timezone"].to_numpy()[of_trip["route"].to_numpy()],
            "wheelchair": of_trip["wheelchair"].to_numpy(),
            "geometry": [_shape(name, zones, stops, row) for name in named],
        }
    )
    found = found.iloc[np.lexsort((order, trip))].reset_index(drop=True)
    _tell_closed(feed, found)
    return gpd.GeoDataFrame(found[list(COLUMNS)], crs=4326)


def _tell_closed(feed: Feed, found: pd.DataFrame) -> None:
    """Say on which trips nobody can get on and then off: of one call, or none where one may."""
    boards, leaves = found["pickup"] != NOT, found["drop_off"] != NOT
    trip, place = found["trip"], pd.Series(np.arange(len(found)), found.index)
    goes = place.where(boards).groupby(trip).min() < place.where(leaves).groupby(trip).max()
    goes |= ((boards & (found["after"] >= 0)) | (leaves & (found["before"] >= 0))).groupby(trip).any()
    closed = goes.index[~goes]
    feed.note("gtfs_note_nobody_rides", n=len(closed), trips=first_few(closed, repr))


def nothing() -> gpd.GeoDataFrame:
    """Return the table of a timetable that has no zones."""
    numbers = {"mean_factor", "mean_offset", "safe_factor", "safe_offset"}
    text = {
        "trip",
        "route",
        "place",
        "place_id",
        "name",
        "booking",
        "message",
        "phone",
        "url",
        "timezone",
        "stops",
        "wheelchair",
    }
    kinds = {name: object if name in text else float if name in numbers else np.int64 for name in COLUMNS[:-1]}
    columns = {name: np.zeros(0, dtype=kind) for name, kind in kinds.items()}
    return gpd.GeoDataFrame(columns, geometry=[], crs=4326)


def _first(table: FeedTable, row: int, columns: tuple[str, ...]) -> str:
    texts = (table[column] for column in columns)
    return next((text.words[text.codes[row]] for text in texts if text.codes[row] >= 0), "")


def _name(name: str, zones: Zones, stops: pd.DataFrame) -> str:
    told = zones.areas.get(name) or zones.groups.get(name)
    return told[0] if told else str(stops["name"][name])


def _members(name: str, zones: Zones, row: dict[str, int]) -> list[int]:
    if name in zones.areas:
        return []
    return zones.groups[name][1] if name in zones.groups else [row[name]]


def _shape(name: str, zones: Zones, stops: pd.DataFrame, row: dict[str, int]) -> BaseGeometry:
    if name in zones.areas:
        return zones.areas[name][1]
    degrees = stops[["lon", "lat"]].to_numpy()[_members(name, zones, row)]
    points = MultiPoint(degrees[np.isfinite(degrees).all(axis=1)])
    within = zones.groups[name][2] if name in zones.groups else []
    areas = [zones.areas[each][1] for each in within]
    return shapely.union_all([points, *areas]) if areas else points


def _longer(feed: Feed, table: FeedTable, of_trip: pd.DataFrame) -> dict[str, npt.NDArray[np.float64]]:
    """How much longer than by car a ride takes: factor and offset (seconds); NaN where the feed does not say."""
    found = {}
    for column in LONGER:
        given, read = table[column].texts(), table[column].parsed(number, math.nan)[0].astype(float)
        if column in of_trip:
            given = np.where(given == "", of_trip[column].to_numpy(object), given)
            read = np.where(np.isnan(read), pd.to_numeric(of_trip[column], errors="coerce").to_numpy(float), read)
        bad = (given != "") & ~(np.isfinite(read) & (read > 0 if column.endswith("factor") else True))
        feed.note("gtfs_note_longer_unread", n=int(bad.sum()), column=column, value=repr(next(iter(given[bad]), "")))
        found[column.replace("_duration", "")] = np.where(bad, math.nan, read)
    return found


def _notice(feed: Feed, table: FeedTable) -> dict[str, list[object]]:
    """When and how one books, of each call: the rule for its pickup, or for its drop-off where it has no other."""
    columns = (
        "booking_rule_id",
        "booking_type",
        "prior_notice_duration_min",
        "prior_notice_last_day",
        "prior_notice_last_time",
    )
    early = ("prior_notice_duration_max", "prior_notice_start_day")
    rules = feed.table(
        "booking_rules.txt",
        (*columns, *early, "prior_notice_service_id", "message", "phone_number", "info_url", "booking_url"),
        columns[:2],
    )
    known: dict[str, int] = {}
    if rules is not None:
        rules = unique_rows(feed, rules, columns[0], ~rules[columns[0]].given)
        for column, parse in zip(columns[1:], (among(range(3)), whole, whole, seconds), strict=True):
            odd = rules[column].parsed(parse, -1)[1] | ((column == columns[1]) & ~rules[column].given)
            rows = feed.place(rules, np.flatnonzero(odd), rules[column], rules[columns[0]])
            feed.note("gtfs_note_booking_unread", n=int(odd.sum()), column=column, rows=rows)
        known = {name: at for at, name in enumerate(rules["booking_rule_id"].texts().tolist())}
        feed.note("gtfs_note_booking_early", n=int(np.logical_or(*(rules[name].given for name in early)).sum()))
    wanted = [_first(table, at, RULES) for at in range(table.rows)]
    lost = np.array([name != "" and name not in known for name in wanted])
    feed.note(
        "gtfs_note_booking_unknown",
        n=int(lost.sum()),
        rows=feed.place(table, np.flatnonzero(lost), Coded.of(wanted), table["trip_id"]),
    )
    found: dict[str, list[object]] = {
        name: [] for name in ("booking", "notice_minutes", "notice_days", "notice_time", "message", "phone", "url")
    }
    for name in wanted:
        at = known.get(name)
        if rules is None or at is None:
            told: tuple[object, ...] = ("", NO_NOTICE, NO_NOTICE, NO_NOTICE, "", "", "")
        else:
            texts = {column: rules[column].texts()[at] for column in (*columns, "message", "phone_number")}
            kind = whole(texts["booking_type"])
            how = BOOKING[kind] if kind is not None and kind < len(BOOKING) else ""
            told = (
                OPEN_DAYS if how == BOOKING[2] and rules["prior_notice_service_id"].given[at] else how,
                _or_none(whole(texts[columns[2]])),
                _or_none(whole(texts[columns[3]])),
                _or_none(seconds(texts[columns[4]])),
                texts["message"],
                texts["phone_number"],
                _first(rules, at, ("booking_url", "info_url")),
            )
        for column, value in zip(found, told, strict=True):
            found[column].append(value)
    return found


def _or_none(value: int | None) -> int:
    return NO_NOTICE if value is None else value


def _neighbours(trip: npt.NDArray[np.int32], order: npt.NDArray[np.int64], calls: Calls) -> dict[str, list[int]]:
    """The stops at stated times before and after each call of a route that deviates: rows and seconds, -1 none."""
    found: dict[str, list[int]] = {name: [] for name in ("before", "leaves_before", "after", "reaches_after")}
    for row, place in zip(trip.tolist(), order.tolist(), strict=True):
        first, last = np.searchsorted(calls.trip, [row, row + 1])
        at = first + int(np.searchsorted(calls.sequence[first:last], place))
        has_before, has_after = at > first, at < last
        if last - first == 1:  # no run of its own: one may get on there, or off
            has_before &= calls.pickup[first] != NOT
            has_after &= calls.drop_off[first] != NOT
        found["before"].append(int(calls.stop[at - 1]) if has_before else -1)
        found["leaves_before"].append(int(calls.departure[at - 1]) if has_before else -1)
        found["after"].append(int(calls.stop[at]) if has_after else -1)
        found["reaches_after"].append(int(calls.arrival[at]) if has_after else -1)
    return found
