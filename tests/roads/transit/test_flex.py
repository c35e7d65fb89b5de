"""What goes by zones and windows of time (GTFS-Flex)."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from toy_feeds import FEED, FLEX, FLEX_HEADER, FLEX_TIMES, SQUARE, TUESDAY, feed, read, zones

import accessmap as am
from accessmap.errors import SourceError


def test_calls_by_zone_say_where_when_and_with_which_notice(tmp_path: Path) -> None:
    timetable = read(tmp_path, feed(FLEX))
    flex = timetable.flex
    assert flex["trip"].tolist() == ["D1", "Z1", "Z1", "G1", "G1"]
    assert flex["place"].tolist() == ["zone", "zone", "zone", "group", "stop"]
    assert flex["name"].tolist() == ["Pays", "Pays", "Pays", "Villages", "Bourg voie 1"]
    assert flex[["start", "end"]].to_numpy()[0].tolist() == [28_800, 30_600]
    assert flex["stops"].tolist() == [[], [], [], [0, 4], [2]]
    assert flex["pickup"].tolist() == [2, 2, 1, 2, 1]
    assert flex["booking"].tolist() == ["same_day", "same_day", "", "days_before", ""]
    assert flex["notice_minutes"].tolist() == [60, 60, -1, -1, -1]
    assert flex[["notice_days", "notice_time"]].to_numpy()[3].tolist() == [1, 61_200]
    assert flex["phone"].tolist()[:3] == ["0323", "0323", ""]
    np.testing.assert_array_equal(flex["safe_factor"], [np.nan, 1.5, 1.5, np.nan, np.nan])
    np.testing.assert_array_equal(flex["safe_offset"], [np.nan, 600, 600, np.nan, np.nan])
    assert flex[["before", "leaves_before", "after", "reaches_after"]].to_numpy()[0].tolist() == [0, 28_800, 4, 30_600]
    assert (flex[["before", "after"]].to_numpy()[1:] == -1).all()
    area = flex.geometry[0].area / 1e6
    assert area == pytest.approx(14.46 * 22.24, rel=0.01)  # 0.2 degrees each way at 49.6° N, in km²
    assert flex.geometry[3].geom_type == "MultiPoint"
    assert [note.key for note in timetable.notes] == ["gtfs_note_flexible"]
    assert timetable.notes[0].n == 5


def test_what_goes_by_zone_runs_on_its_days_and_is_no_run_of_the_engine(tmp_path: Path) -> None:
    timetable = read(tmp_path, feed(FLEX))
    assert timetable.dates["trips"][TUESDAY] == 3
    day = timetable.day(TUESDAY)
    assert day.departure.tolist() == [28_800, 30_600]  # the route that deviates, at its two stops
    assert timetable.trips["trip"].tolist() == ["D1"]


def test_a_feed_of_zones_alone_is_read_saved_and_shown(tmp_path: Path) -> None:
    times = FLEX_HEADER + "".join(line for line in FLEX_TIMES.splitlines(keepends=True) if line.startswith("Z1"))
    trips = "route_id,service_id,trip_id\nQ,week,Z1\n"
    timetable = read(tmp_path, feed({**FLEX, "stops.txt": None, "stop_times.txt": times, "trips.txt": trips} | GONE))
    assert len(timetable.flex) == 2
    assert timetable.timezone == "Europe/Paris"
    assert timetable.usual_day().weekday() == 1
    day = timetable.day()
    assert day.stops == 0
    assert len(day.departure) == 0
    assert timetable.departures().shape == (0, 24)
    assert "0 desservi" in timetable.card()
    again = am.Timetable.load(timetable.save(tmp_path / "a.timetable"))
    assert again.flex.geom_equals_exact(timetable.flex, 0.01).all()
    assert again.flex.drop(columns="geometry").equals(timetable.flex.drop(columns="geometry"))
    assert again.flex.crs == timetable.flex.crs == "EPSG:2154"


GONE: dict[str, Any] = {"location_groups.txt": None, "location_group_stops.txt": None}


def test_zones_of_several_feeds_keep_their_stops(tmp_path: Path) -> None:
    for name in ("a", "b"):
        read(tmp_path, feed(FLEX), f"{name}.zip")
    timetable = am.Timetable.from_gtfs([tmp_path / "a.zip", tmp_path / "b.zip"])
    assert timetable.flex["trip"].tolist()[5] == "b:D1"
    assert timetable.flex["stops"].tolist()[8:] == [[5, 9], [7]]
    assert timetable.flex["before"].tolist()[5] == 5
    assert timetable.dates["trips"][TUESDAY] == 6


AREA = json.loads(zones())["features"][0]
FAR = json.loads(zones([[x, y - 6] for x, y in SQUARE]))["features"][0]
ODD = {
    "a zone that is not there": ({"locations.geojson": None}, "3 lines .*'D1' .*this location_id is not in locations"),
    "no GeoJSON": ({"locations.geojson": "{}"}, r"locations\.geojson: the zones cannot be read"),
    "a zone in metres": (
        {"locations.geojson": zones([[x * 1e5, y * 1e5] for x, y in SQUARE])},
        "the zones cannot be read",
    ),
    "a zone that is a line": ({"locations.geojson": zones(kind="MultiLineString")}, "zone: MultiLineString"),
    "a window that ends first": (
        {"stop_times.txt": FLEX_HEADER + FLEX_TIMES.replace("18:00:00,2", "13:00:00,2")},
        r"'G1' \('13:00:00'\)",
    ),
    "a zone of two outlines": (
        {"locations.geojson": json.dumps({"type": "FeatureCollection", "features": [AREA, FAR]})},
        r"locations\.geojson, 'zone': two zones|two zones of different outlines",
    ),
    "a zone whose degrees are changed over": (
        {"locations.geojson": zones([[y, x] for x, y in SQUARE])},
        r"longitude and latitude are changed over: zones are about 3\.10, 49\.50",
    ),
    "a zone without an outline": (
        {"locations.geojson": json.dumps({"type": "Feature", "id": "zone", "geometry": None})},
        "zone: no geometry",
    ),
    "a zone without an id": (
        {"locations.geojson": json.dumps({"type": "Feature", "geometry": AREA["geometry"]})},
        "feature 1: no id",
    ),
    "a group that is not there": (
        {"stop_times.txt": FLEX_HEADER + FLEX_TIMES.replace("1,,,group", "1,,,grope")},
        r"'G1' \('grope'\): this location_group_id is not in location_group_stops\.txt \(did you mean 'group'",
    ),
    "a rule of booking twice": (
        {"booking_rules.txt": FLEX["booking_rules.txt"] + "tel,1,30,,,,\n"},
        "the same booking_rule_id with other values",
    ),
    "a window without an end": (
        {"stop_times.txt": FLEX_HEADER + FLEX_TIMES.replace("08:30:00,2", ",2")},
        "end_pickup_drop_off_window is",
    ),
}


@pytest.mark.parametrize("name", ODD)
def test_what_is_wrong_of_zones_is_one_error(tmp_path: Path, name: str) -> None:
    changes, said = ODD[name]
    with pytest.raises(SourceError, match=said) as raised:
        read(tmp_path, feed({**FLEX, **changes}))
    assert len(raised.value.problems) == 1


def test_odd_zones_and_bookings_are_said(tmp_path: Path) -> None:
    bow = [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3], SQUARE[0]]
    groups = {"location_group_stops.txt": "location_group_id,stop_id\ngroup,A\ngroup,X\n", "booking_rules.txt": None}
    timetable = read(tmp_path, feed({**FLEX, **groups, "locations.geojson": zones(bow)}))
    said = " ".join(timetable.notes)
    assert "the outline of zone 'zone' crosses itself" in said
    assert r"1 stop of a group is not in stops.txt and is left out" in said
    assert "3 calls of unknown booking rules" in said
    assert timetable.flex["stops"].tolist()[3] == [0]
    assert FEED["stops.txt"].startswith("stop_id")


ONE = FLEX_HEADER + FLEX_TIMES.splitlines(keepends=True)[3]
SAID = {
    "one call by zone": ({"stop_times.txt": ONE}, r"1 trip on which nobody can get on and then off \('Z1'\)"),
    "an id among the properties": (
        {"locations.geojson": json.dumps({**AREA, "id": None, "properties": {"id": "zone"}})},
        "1 zone has its id among its properties",
    ),
    "a zone far away": (
        {"locations.geojson": json.dumps(FAR)},
        r"1 zone is over 100\u00a0km from all stops \('zone'\)",
    ),
    "Windows-1252": ({"locations.geojson": zones().replace("Pays", "Évian").encode("cp1252")}, "Windows-1252"),
    "a notice that is none": (
        {"booking_rules.txt": FLEX["booking_rules.txt"].replace("17:00:00", "17:00")},
        r"1 value of prior_notice_last_time is not understood.*'day' \('17:00'\)",
    ),
    "a factor with a comma": (
        {"trips.txt": FLEX["trips.txt"].replace("1.5,600", '"1,5",600')},
        r"2 values of safe_duration_factor are not understood \('1,5'\)",
    ),
}


@pytest.mark.parametrize("name", SAID)
def test_what_is_odd_of_zones_is_one_note(tmp_path: Path, name: str) -> None:
    changes, said = SAID[name]
    timetable = read(tmp_path, feed({**FLEX, **changes}))
    told = [
        str(note) for note in timetable.notes if note.key not in ("gtfs_note_flexible", "gtfs_note_trips_without_calls")
    ]
    assert len(told) == 1, told
    assert re.search(said, told[0]), told


def test_a_stop_with_a_window_is_that_stop_though_an_area_of_fares_is_called_so(tmp_path: Path) -> None:
    areas = {"areas.txt": "area_id,area_name\nB1,Zone 1\n", "stop_areas.txt": "area_id,stop_id\nB1,A\nB1,C\n"}
    flex = read(tmp_path, feed({**FLEX, **areas})).flex
    assert (flex["place"].iloc[4], flex["stops"].iloc[4]) == ("stop", [2])


def test_drafts_of_the_format_are_read_as_the_reference(tmp_path: Path) -> None:
    header = FLEX_HEADER.replace("pickup_drop_off_window", "pickup_dropoff_window")
    groups = "location_group_id,location_id,location_group_name\ngroup,A,Villages\ngroup,zone,Villages\n"
    times = FLEX_TIMES.replace("1,,zone,", "1,zone,,").replace("2,,zone,", "2,zone,,")  # a zone in the place of a stop
    files = {"stop_times.txt": header + times, "location_groups.txt": groups, "location_group_stops.txt": None}
    timetable = read(tmp_path, feed({**FLEX, **files}))
    assert [(note.key, note.n) for note in timetable.notes] == [("gtfs_note_flex_draft", 3), ("gtfs_note_flexible", 5)]
    flex = timetable.flex
    assert flex["place"].tolist() == ["zone", "zone", "zone", "group", "stop"]
    assert flex["stops"].tolist()[3] == [0]
    assert flex.geometry[3].covers(flex.geometry[0])


def test_areas_of_fares_are_no_zones(tmp_path: Path) -> None:
    timetable = read(tmp_path, feed({"stop_areas.txt": "area_id,stop_id\nA,A\nA,X\n"}))
    assert len(timetable.calls) == 8
    assert len(timetable.flex) == 0
    assert timetable.notes == ()


def test_the_deviated_routes_of_a_real_feed(data_folder) -> None:
    timetable = am.Timetable.from_gtfs(data_folder / "gtfs" / "cobblinc_deviated_flex.zip")
    flex = timetable.flex
    assert len(flex) == 144  # each of 72 trips deviates twice
    assert set(flex["place_id"]) == {"zone_1", "zone_2", "zone_3"}
    assert (flex["notice_minutes"] == 120).all()
    assert (flex["leaves_before"] == flex["start"]).all()
    assert (flex["reaches_after"] == flex["end"]).all()
    assert flex.geometry.area.div(1e6).between(11, 18).all()
