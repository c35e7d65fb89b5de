"""Journeys from door to door, on three stations in a row whose minutes can be done in the head."""

import numpy as np
import pandas as pd
import pytest
import shapely
from toy_feeds import FEED, TUESDAY, read
from toy_streets import LAT, STEP, WEST, points, residents, services, streets

import accessmap as am
from accessmap.errors import AccessmapError


@pytest.fixture(scope="module")
def timetable(tmp_path_factory: pytest.TempPathFactory) -> am.Timetable:
    return read(tmp_path_factory.mktemp("feed"), FEED)


@pytest.fixture(scope="module")
def journeys(timetable: am.Timetable):
    return timetable.journeys(streets(1.0), date=TUESDAY)


def minutes(journeys, home: int, site: int, **options: object) -> float:
    return float(am.travel_times(residents([home]), services([site]), journeys, **options).iloc[0, 0])


# Trains leave A at 7:00 and 8:00 and take 20 minutes to C.
def test_minutes_count_from_the_wish_to_leave(journeys):
    # Ten minutes to A, the train of 7:00, five minutes from C.
    assert minutes(journeys, -10, 205, depart="06:50") == 35
    assert minutes(journeys, -10, 205, depart="06:45") == 40
    assert minutes(journeys, -10, 205, depart="06:51") == 34 + 60
    assert np.isnan(minutes(journeys, -10, 205, depart="07:51"))


def test_the_median_is_that_of_the_departures_of_the_window(journeys):
    # At 7:00 it takes 85 minutes, by the train of 8:00, at 7:50 35; from 7:51 on there is no train left.
    window = ("07:00", "08:00")
    assert minutes(journeys, -10, 205, depart=window) == 35 + 29
    by = am.journey_times(residents([-10]), services([205]), journeys, depart=window, percentiles=(0, 50, 85, 90))
    assert [float(frame.iloc[0, 0]) for frame in by.values()][:3] == [35, 64, 85]
    assert np.isnan(by[90].iloc[0, 0])
    # 51 of 60 departures catch it; 16 of them within 50 minutes.
    for limit, count in ((500, 51), (50, 16)):
        share = am.departure_share(residents([-10]), services([205]), journeys, depart=window, limit=limit)
        assert share.iloc[0, 0] == pytest.approx(count / 60)


def test_who_is_there_sooner_on_foot_walks(journeys):
    assert minutes(journeys, 95, 105, depart="07:00") == 10
    # Fifty minutes on foot beside the train of 8:00, and beside none.
    assert minutes(journeys, 0, 50, depart="07:01") == 50
    assert am.departure_share(residents([0]), services([50]), journeys, limit=60).iloc[0, 0] == 1
    assert np.isnan(minutes(journeys, 0, 50, depart="07:01", limit=49))
    # Beyond the minutes on foot of both ends together none walks.
    assert np.isnan(minutes(journeys, 0, 61, depart="09:00"))


def test_no_stop_is_further_than_the_minutes_of_its_end(timetable):
    near = timetable.journeys(streets(1.0), date=TUESDAY, access_minutes=10, egress_minutes=4)
    assert minutes(near, -10, 204, depart="06:50") == 34
    assert np.isnan(minutes(near, -11, 204, depart="06:49"))
    assert np.isnan(minutes(near, -10, 205, depart="06:50"))


def test_arriving_by_a_time(journeys):
    # At C at 7:20 by the train of 7:00: to be there by 7:30 one leaves at 6:50.
    assert minutes(journeys, -10, 200, arrive="07:30") == 40
    assert minutes(journeys, -10, 205, arrive="07:25") == 35
    assert np.isnan(minutes(journeys, -10, 205, arrive="07:24"))


def test_homeward_no_train_goes_back(journeys):
    assert np.isnan(minutes(journeys, 205, -10, depart="06:45"))
    assert minutes(journeys, 205, -10, depart="06:45", homeward=True) == 40


def test_a_ride_less_than_needed_does_not_arrive(timetable, tmp_path):
    # The bus of B leaves at 7:15 from the platform beside it and is at C at 7:40.
    apart = read(tmp_path, {**FEED, "stop_times.txt": FEED["stop_times.txt"].replace("R1,07:20:00,07:20:00,C,3\n", "")})
    two = apart.journeys(streets(1.0), date=TUESDAY)
    assert minutes(two, 0, 200, depart="07:00") == 40
    one = apart.journeys(streets(1.0), date=TUESDAY, most_rides=1)
    assert minutes(one, 0, 200, depart="07:00") == 80


def test_a_bicycle_goes_further_and_all_the_way(timetable):
    both = {"walk": streets(1.0), "bike": streets(0.25)}
    rides = timetable.journeys(both, date=TUESDAY, access="bike")
    # Home 40 steps from A: ten minutes by bike.
    assert minutes(rides, -40, 205, depart="06:50") == 35
    # All the way from A to B in 25 minutes; at home one has it, on the way back too.
    assert minutes(rides, 0, 100, depart="07:01") == 25
    assert minutes(rides, 0, 100, depart="07:01", homeward=True) == 25


def test_parking_and_riding(timetable):
    both = {"walk": streets(1.0), "car": streets(0.1)}
    lot = points([-5])
    parked = timetable.journeys(both, date=TUESDAY, access="car", parking=lot, parking_minutes=4)
    # From 55 steps away: 5 by car to the lot, 4 to park, 5 on foot to A.
    assert minutes(parked, -55, 200, depart="06:46") == 34
    assert minutes(parked, -55, 200, depart="06:47") == 33 + 60
    # Nobody drives all the way, and from beside the stop one walks.
    assert np.isnan(minutes(parked, -55, 100, depart="08:00"))
    assert minutes(parked, -1, 200, depart="06:59") == 21
    driven = timetable.journeys(both, date=TUESDAY, access="car")
    assert minutes(driven, -55, 200, depart="06:54") == 26


def test_nearest_is_that_of_the_table(journeys):
    homes, sites = residents([-10, 0, 95, -59]), services([205, 110, 100, 190])
    times = am.travel_times(homes, sites, journeys)
    for k in (1, 2, 4):
        found = am.nearest_times(homes, sites, journeys, k=k)
        pd.testing.assert_frame_equal(found, am.nearest(times, k=k), check_dtype=False)
    long = am.travel_times_long(homes, sites, journeys, limit=60)
    wide = times.to_numpy().ravel()
    assert long["minutes"].tolist() == wide[wide <= 60].tolist()


def test_what_is_wrong_is_said(timetable, journeys):
    both = residents([0]), services([100])
    for call, told in (
        (lambda: timetable.journeys(streets(1.0), access="bike"), "no streets for 'bike'"),
        (lambda: timetable.journeys(streets(1.0), parking=points([0])), "access='walk'"),
        (lambda: timetable.journeys(streets(1.0), most_rides=0), "most_rides"),
        (lambda: timetable.journeys(streets(1.0), access_minutes=-1), "access_minutes"),
        (lambda: timetable.journeys(streets(1.0), depart=("09:00", "07:00")), "no span"),
        (lambda: timetable.journeys(streets(1.0), percentile=101), "percentile"),
        (lambda: am.travel_times(*both, journeys, percentile=-1), "percentile"),
        (lambda: am.travel_times(*both, journeys, depart="7h"), "depart"),
        (lambda: am.travel_times(*both, journeys, depart="07:00", arrive="08:00"), "both"),
        (lambda: am.travel_times(*both, streets(1.0), depart="07:00"), "without a timetable"),
        (lambda: am.departure_share(*both, streets(1.0), limit=5), "RoadNetwork"),
    ):
        with pytest.raises(AccessmapError, match=told):
            call()


def test_notes_say_of_what_minutes_are(journeys):
    day, first, second = (note.told("fr") for note in journeys.notes)
    assert day.startswith("4 février 2025")
    assert first.startswith("les minutes comptent du moment où l’on veut partir, attente comprise")
    assert second.startswith("4 véhicules au plus")


def test_a_stop_that_is_far_from_the_streets_is_no_stop(timetable):
    """The streets end before C."""
    nodes = pd.DataFrame({"lon": WEST + STEP * np.arange(121), "lat": LAT}, index=np.arange(121))
    edges = pd.DataFrame({"u": np.arange(120), "v": np.arange(1, 121), "minutes": 1.0})
    short = am.RoadNetwork.from_edges(nodes, edges, directed=False)
    found = timetable.journeys(short, date=TUESDAY)
    assert minutes(found, 0, 110, depart="07:00") == 20
    assert shapely.get_num_points(found.streets["walk"].lines().geometry.iloc[0]) == 2
