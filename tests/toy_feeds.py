"""A small GTFS feed, and odd ones made of it."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import accessmap as am

# Three stations in a row, 7,207 m from one to the next (0.1 degrees at 49.6° N), B with two platforms.
FEED = {
    "agency.txt": """\
agency_id,agency_name,agency_url,agency_timezone
ter,TER,https://example.org,Europe/Paris
""",
    "stops.txt": """\
stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station,wheelchair_boarding
A,Aville,49.6,3.1,,,1
B,Bourg,49.6,3.2,1,,1
B1,Bourg voie 1,49.6,3.2,0,B,0
B2,Bourg voie 2,49.6,3.201,0,B,2
C,Ceville,49.6,3.3,,,
""",
    "routes.txt": """\
route_id,agency_id,route_short_name,route_long_name,route_type
R,ter,K1,Aville - Ceville,2
Q,ter,Q2,Bourg - Ceville,3
""",
    "trips.txt": """\
route_id,service_id,trip_id,trip_headsign,block_id,shape_id
R,week,R1,Ceville,,
R,week,R2,Ceville,,
Q,week,Q1,Ceville,,
""",
    "stop_times.txt": """\
trip_id,arrival_time,departure_time,stop_id,stop_sequence
R1,07:00:00,07:00:00,A,1
R1,07:10:00,07:12:00,B1,2
R1,07:20:00,07:20:00,C,3
R2,08:00:00,08:00:00,A,1
R2,08:10:00,08:12:00,B1,2
R2,08:20:00,08:20:00,C,3
Q1,07:15:00,07:15:00,B2,1
Q1,07:40:00,07:40:00,C,2
""",
    "calendar.txt": """\
service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date
week,1,1,1,1,1,0,0,20250101,20250331
""",
}
TUESDAY = "2025-02-04"


FLEX_HEADER = (
    "trip_id,stop_sequence,stop_id,location_id,location_group_id,arrival_time,departure_time,"
    "start_pickup_drop_off_window,end_pickup_drop_off_window,pickup_type,drop_off_type,pickup_booking_rule_id\n"
)
# D1 leaves A, deviates in the zone, and reaches C; Z1 goes anywhere in the zone; G1 takes from a group of stops to B1.
FLEX_TIMES = """\
D1,1,A,,,08:00:00,08:00:00,,,,,
D1,2,,zone,,,,08:00:00,08:30:00,2,2,tel
D1,3,C,,,08:30:00,08:30:00,,,,,
Z1,1,,zone,,,,09:00:00,12:00:00,2,1,tel
Z1,2,,zone,,,,09:00:00,12:00:00,1,2,
G1,1,,,group,,,14:00:00,18:00:00,2,1,day
G1,2,B1,,,,,14:00:00,18:00:00,1,2,
"""
SQUARE = [[3.1, 49.5], [3.3, 49.5], [3.3, 49.7], [3.1, 49.7], [3.1, 49.5]]


def zones(ring: list[list[float]] = SQUARE, kind: str = "Polygon") -> str:
    area = {"type": kind, "coordinates": [ring]}
    feature = {"type": "Feature", "id": "zone", "properties": {"stop_name": "Pays"}, "geometry": area}
    return json.dumps({"type": "FeatureCollection", "features": [feature]})


FLEX: dict[str, Any] = {
    "trips.txt": (
        "route_id,service_id,trip_id,safe_duration_factor,safe_duration_offset\nR,week,D1,,\nQ,week,Z1,1.5,600\nQ,week,G1,,\n"
    ),
    "stop_times.txt": FLEX_HEADER + FLEX_TIMES,
    "locations.geojson": zones(),
    "location_groups.txt": "location_group_id,location_group_name\ngroup,Villages\n",
    "location_group_stops.txt": "location_group_id,stop_id\ngroup,A\ngroup,C\n",
    "booking_rules.txt": (
        "booking_rule_id,booking_type,prior_notice_duration_min,prior_notice_last_day,prior_notice_last_time,message,"
        "phone_number\ntel,1,60,,,Appelez,0323\nday,2,,1,17:00:00,,\n"
    ),
}


def feed(changes: Mapping[str, str | bytes | None] = {}, /, **replaced: tuple[str, str]) -> dict[str, str | bytes]:
    """The feed with other files (None is none) and, by plain name of a file, (old, new) replaced in it."""
    files: dict[str, str | bytes | None] = {**FEED, **changes}
    for name, (old, new) in replaced.items():
        text = files[f"{name}.txt"]
        assert isinstance(text, str)
        assert old in text, (name, old)
        files[f"{name}.txt"] = text.replace(old, new)
    return {name: content for name, content in files.items() if content is not None}


def packed(files: Mapping[str, str | bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def read(folder: Path, files: Mapping[str, str | bytes], name: str = "toy.zip") -> am.Timetable:
    path = folder / name
    path.write_bytes(packed(files))
    return am.Timetable.from_gtfs(path, licence="ODbL")
