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


@pytest.mark.parametrize(
    ("route_type", "every", "nodes", "letters"),
    [
        (2, 30, (), "CD--"),  # a train each half hour on a line: IV
        (2, 30, ("G",), "BCD-"),  # at a node: III
        (2, 60, (), "D---"),  # each hour, the hour itself included: V
        (2, 20, (), "CD--"),  # each 20 minutes is no longer less than 20: IV
        (2, 70, (), "----"),  # less than each hour does not count
        (3, 10, (), "CD--"),  # a bus each 10 minutes: IV
        (3, 4, (), "ABCD"),  # less than 5: II
        (3, 35, (), "D---"),  # each 35: V
        (6, 4, (), "D---"),  # a cable car is V however often it goes
        (1500, 10, (), "----"),  # a taxi is none of them
    ],
)
def test_the_swiss_classes(tmp_path, route_type, every, nodes, letters):
    timetable = feed(tmp_path / "feed", every=every, route_type=route_type)
    found = am.lines.quality(homes(290, 490, 740, 990), timetable, method="switzerland", nodes=nodes)
    assert "".join(found["class"].astype(object).fillna("-")) == letters
    assert found["class"].cat.categories.to_list() == list("ABCD")


def test_in_switzerland_buses_do_not_make_trains_more_frequent(tmp_path):
    """A train each hour (V) and a bus each 12 minutes (IV): the bus gives the class; in Germany a train each 10."""
    timetable = feed(tmp_path / "feed", every=60)
    back = am.lines.add(timetable, "B", ["X", "P1", "Y"], minutes=[0, 10, 20], every=12)
    swiss = am.lines.quality(homes(290), back, method="switzerland").iloc[0]
    assert (swiss["class"], swiss["mode"], swiss["interval"]) == ("C", "bus", 12)
    german = am.lines.quality(homes(290), back).iloc[0]
    assert (german["class"], german["mode"], german["interval"]) == ("A", "rail", 10)


def test_by_hour_by_commune_and_as_land(tmp_path):
    timetable = feed(tmp_path / "feed", every=60)
    places = homes(100, 490, 1500)
    by_hour = am.lines.quality_by_hour(places, timetable, between=("05:00", "08:00"))
    assert by_hour.columns.to_list() == ["05:00", "06:00", "07:00"]
    assert by_hour.astype(object).fillna("-").to_numpy().tolist() == [["-", "C", "C"], ["-", "D", "D"], ["-", "-", "-"]]
    people = gpd.GeoDataFrame({"commune": list("aab"), "population": [7.0, 5.0, 3.0]}, places.index, geometry=places)
    counted = am.lines.people_by_class(am.lines.quality(people, timetable)["class"], people)
    assert counted.loc["a"].to_dict() == dict.fromkeys("ABEF", 0.0) | {"C": 7.0, "D": 5.0, "none": 0.0}
    assert counted.to_numpy().sum() == 15
    assert counted.loc["b", "none"] == 3
    land = am.lines.quality_areas(timetable)
    near = land.geometry.contains(places.to_crs(land.crs).iloc[1])
    assert near[near].index.to_list() == ["D"]
    assert land.geometry.is_empty.to_list() == [True, True, False, False, False, False]
    with pytest.raises(OptionError, match="no whole hours"):
        am.lines.quality_by_hour(places, timetable, between=("05:30", "07:00"))
    for options, match in (({"method": "swiss"}, "germany, switzerland"), ({"nodes": "Gare"}, "no station 'Gare'")):
        with pytest.raises(OptionError, match=match):
            am.lines.quality(places, timetable, **options)


def test_where_every_line_is_cut_nothing_runs(tmp_path):
    timetable = am.lines.cut(feed(tmp_path / "feed", every=60), "R")
    with pytest.raises(OptionError, match="2025-02-04"):
        am.lines.quality(homes(100), timetable, date="2025-02-04")


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
