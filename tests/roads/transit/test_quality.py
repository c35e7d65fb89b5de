"""The class of public transport of a place, against thresholds written out by hand."""

import geopandas as gpd
import pytest
from shapely.geometry import Point

import accessmap as am
from accessmap.errors import OptionError

NORTH = 1 / 111_195  # degrees of latitude a metre


def feed(folder, *, every: int, route_type: int = 2, far: bool = True):
    """Write a line that leaves the station, of two platforms, both ways every so many minutes from 6 to 20."""
    trips, times = [], []
    for n, minute in enumerate(range(6 * 60, 20 * 60, every)):
        for way, stops in (("a", ("P1", "X")), ("b", ("X", "P2", "Y"))):
            trips.append(f"R,S,{way}{n}")
            for at, stop in enumerate(stops):
                # Those of b arrive ten minutes after they set out and leave the station then.
                clock = minute + 10 * (at - (way == "b"))
                times.append(
                    f"{way}{n},{clock // 60:02}:{clock % 60:02}:00,{clock // 60:02}:{clock % 60:02}:00,{stop},{at}"
                )
    texts = {
        "agency.txt": ["agency_name,agency_url,agency_timezone", "A,https://example.org,Europe/Paris"],
        "stops.txt": [
            "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station",
            "G,Gare,49.6,3.2,1,",
            "P1,Gare 1,49.6,3.2,0,G",
            "P2,Gare 2,49.6,3.2,0,G",
            "X,Ailleurs,49.9,3.2,0,",
            "Y,Plus loin,49.9,3.6,0,",
        ],
        "routes.txt": ["route_id,route_short_name,route_type", f"R,1,{route_type}"],
        "trips.txt": ["route_id,service_id,trip_id", *trips],
        "stop_times.txt": ["trip_id,arrival_time,departure_time,stop_id,stop_sequence", *times],
        "calendar_dates.txt": ["service_id,date,exception_type", "S,20250204,1"],
    }
    folder.mkdir()
    for name, lines in texts.items():
        (folder / name).write_text("\n".join(lines))
    return am.Timetable.from_gtfs(folder)


def homes(*metres: float) -> gpd.GeoSeries:
    return gpd.GeoSeries([Point(3.2, 49.6 + each * NORTH) for each in metres], index=map(str, metres), crs=4326)


@pytest.mark.parametrize(
    ("route_type", "every", "letters"),
    [
        (2, 30, "BCDE-"),  # a train each half hour: category 3
        (2, 60, "CDEF-"),  # and each hour: 4, the hour itself included
        (2, 20, "BCDE-"),  # each 20 minutes is no longer less than 20
        (3, 60, "EF---"),  # a bus each hour: 6
        (3, 120, "F----"),
        (0, 15, "BCDE-"),  # a tram
        (2, 140, "-----"),  # less often than every two hours
    ],
)
def test_the_class_follows_the_interval_the_vehicle_and_the_distance(tmp_path, route_type, every, letters):
    timetable = feed(tmp_path / "feed", every=every, route_type=route_type)
    found = am.lines.quality(homes(290, 490, 740, 990, 1010), timetable)
    assert "".join(found["class"].astype(object).fillna("-")) == letters
    known = found.dropna(subset="stop")
    assert (known["stop"] == "G").all()
    assert known["interval"].to_list() == [every] * len(known)
    assert known["metres"].to_list() == pytest.approx([float(each) for each in known.index], abs=2)


def test_an_hour_without_departures_has_no_class_and_bad_hours_are_refused(tmp_path):
    timetable = feed(tmp_path / "feed", every=60)
    assert am.lines.quality(homes(100), timetable, between=("21:00", "22:00"))["class"].isna().all()
    assert am.lines.quality(homes(100), timetable, between=("7:00", "8:00"))["class"].to_list() == ["C"]
    for bad in (("8:00", "8:00"), ("8", "9"), ("08:00",), ("20:00", "06:00")):
        with pytest.raises(OptionError, match="no span of the day"):
            am.lines.quality(homes(100), timetable, between=bad)


def test_chauny_station_by_the_real_trains(ter):
    """Counted in the feed: 26 trains can be boarded in Chauny from 6:00 to 20:00, 13 a direction in 840 minutes."""
    chauny = gpd.GeoSeries([Point(3.223484, 49.611165)], index=["gare"], crs=4326)
    found = am.lines.quality(chauny, ter).loc["gare"]
    assert (found["class"], found["stop"], found["mode"]) == ("D", "StopArea:OCE87296616", "rail")
    assert found["interval"] == pytest.approx(840 / 13)
