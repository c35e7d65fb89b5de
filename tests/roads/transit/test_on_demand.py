"""Transport on demand beside the trains of the toy feed, whose minutes can be done in the head."""

from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_feeds import FEED, FLEX, TUESDAY, feed, read
from toy_streets import LAT, STEP, WEST, points, residents, services, streets

import accessmap as am
from accessmap.errors import AccessmapError
from accessmap.roads.transit import plans
from accessmap.roads.transit.asked import ALWAYS, EVER, Asked, Ends, legs_of, windows
from accessmap.roads.transit.flexible import flexible as zones_of
from accessmap.roads.transit.on_demand import notice_note

# By car a place is reached ten times as fast as on foot.
BOTH = {"walk": streets(1.0), "car": streets(0.1)}


def zone(first: int, last: int) -> shapely.Polygon:
    return shapely.box(WEST + STEP * (first - 0.5), LAT - 0.01, WEST + STEP * (last + 0.5), LAT + 0.01)


@pytest.fixture(scope="module")
def timetable(tmp_path_factory: pytest.TempPathFactory) -> am.Timetable:
    return read(tmp_path_factory.mktemp("feed"), FEED)


@pytest.fixture(scope="module")
def flexible(tmp_path_factory: pytest.TempPathFactory) -> am.Timetable:
    return read(tmp_path_factory.mktemp("flex"), feed(FLEX))


def journeys(timetable, *on_demand, **options):
    return timetable.journeys(BOTH, date=TUESDAY, on_demand=on_demand, **options)


def minutes(journeys, home: int, site: int, **options: object) -> float:
    return float(am.travel_times(residents([home]), services([site]), journeys, **options).iloc[0, 0])


# Trains leave A (0) at 7:00 and 8:00, B (100) at 7:12 and 8:12, and are at C (200) at 7:20 and 8:20.
EARLY = "Tu 06:00-07:30"


def test_a_stop_is_reached_on_demand_while_it_runs(timetable):
    taxi = am.OnDemand(zone(-60, 0), EARLY, wait=3, speed_factor=0.5)
    both = journeys(timetable, taxi)
    # 50 places by car are 5 minutes, at half its speed 10, after 3: at A for the train of 7:00.
    assert minutes(both, -50, 200, depart="06:47") == 13 + 20
    assert minutes(both, -50, 200, depart="06:48") == 12 + 60 + 20
    # On foot it is 50 minutes, which is too far for a stop.
    assert np.isnan(minutes(journeys(timetable), -50, 200, depart="06:00"))
    # It serves who sets out by 7:29, and for the train of 8:00 that is soon enough; then no more.
    assert minutes(both, -50, 200, depart="07:29") == 51
    assert np.isnan(minutes(both, -50, 200, depart="07:30"))
    # Who is there before it runs waits for it.
    assert minutes(both, -50, 200, depart="05:50") == 70 + 20
    assert minutes(both, -50, 200, arrive="07:20") == 33


def test_the_way_from_a_stop_and_all_the_way_are_on_demand_too(timetable):
    taxi = am.OnDemand(zone(200, 260), "Tu 07:22-12:00", wait=2)
    both = journeys(timetable, taxi)
    # At C at 7:20: it runs from 7:22 on; 2 minutes to wait and 5 to ride.
    assert minutes(both, 0, 250, depart="07:00") == 20 + 2 + 2 + 5
    assert minutes(both, 0, 250, depart="08:00") == 20 + 2 + 5
    assert minutes(both, 210, 250, depart="08:00") == 2 + 4
    assert minutes(both, 250, 210, depart="08:00", homeward=True) == 6
    assert np.isnan(minutes(both, 185, 250, depart="12:00"))
    assert minutes(both, 210, 215, depart="08:00") == 2.5
    assert minutes(both, 210, 211, depart="08:00") == 1


def test_with_stops_one_end_is_one_of_them(timetable):
    at_stops = am.OnDemand(zone(-60, 20), "Tu 06:00-09:00", stops=["A", "C"])
    both = journeys(timetable, at_stops)
    assert minutes(both, -50, 200, depart="06:55") == 25
    # From home to C, which lies outside the zone, and on foot from there.
    assert minutes(both, -50, 205, depart="06:00") == 25 + 5
    # Neither end is a stop: one gets off at A and walks on.
    assert minutes(both, -50, 10, depart="06:00") == 5 + 10
    assert minutes(both, 4, -50, depart="06:00") == 4 + 5
    between = journeys(timetable, am.OnDemand(zone(-60, 20), "Tu 06:00-09:00", stops=points([-45, 0]), door=False))
    assert minutes(between, -50, 200, depart="06:50") == 30
    assert minutes(between, -50, 200, depart="06:51") == 89
    assert minutes(between, -50, 10, depart="06:50") == 5 + 4.5 + 10


def test_it_never_hurts_outside_its_hours_it_changes_nothing_and_it_is_undone(timetable):
    homes, sites = residents([-50, -10, 3, 95, 150]), services([5, 120, 205, 250])
    window = {"depart": ("06:30", "08:30")}
    plain = journeys(timetable)
    before = am.travel_times(homes, sites, plain, **window)
    every = [
        am.OnDemand(zone(-60, 300), hours, wait=1) for hours in ("Tu 06:00-09:00", "We 06:00-09:00", "Tu 04:00-05:00")
    ]
    with_all = am.travel_times(homes, sites, journeys(timetable, *every), **window)
    assert (with_all.fillna(np.inf) <= before.fillna(np.inf)).all(axis=None)
    assert (with_all.fillna(np.inf) < before.fillna(np.inf)).any(axis=None)
    pd.testing.assert_frame_equal(am.travel_times(homes, sites, journeys(timetable, *every[1:]), **window), before)
    undone = journeys(timetable, *every).without_on_demand()
    pd.testing.assert_frame_equal(am.travel_times(homes, sites, undone, **window), before)


def test_the_same_doors(timetable):
    homes, sites = residents([-50, 10]), services([5, 205])
    both = journeys(timetable, am.OnDemand(zone(-60, 20), "Tu 06:00-09:00", wait=1))
    times = am.travel_times(homes, sites, both, depart=("06:50", "07:05"))
    window = {"depart": ("06:50", "07:05")}
    nearest = am.nearest_times(homes, sites, both, k=2)
    pd.testing.assert_frame_equal(nearest, am.nearest(am.travel_times(homes, sites, both), k=2), check_dtype=False)
    by = am.journey_times(homes, sites, both, percentiles=(0, 50, 100), **window)
    pd.testing.assert_frame_equal(by[50], times)
    single = [am.travel_times(homes, sites, both, depart=f"{at // 60:02}:{at % 60:02}") for at in range(410, 425)]
    values = np.stack([each.to_numpy() for each in single])
    np.testing.assert_array_equal(by[100].to_numpy(), values.max(axis=0))
    np.testing.assert_array_equal(by[0].to_numpy(), values.min(axis=0))
    share = am.departure_share(homes, sites, both, limit=30, **window)
    np.testing.assert_allclose(share.to_numpy(), (values <= 30).mean(axis=0), rtol=1e-6)
    long = am.travel_times_long(homes, sites, both, limit=60)
    usual = am.travel_times(homes, sites, both).to_numpy().ravel()
    assert long["minutes"].tolist() == usual[usual <= 60].tolist()


@pytest.mark.parametrize(
    ("home", "site", "asked"),
    [
        (-50, 200, {"depart": "06:40"}),
        (-50, 200, {"depart": "05:50"}),
        (-50, 250, {"depart": "06:40"}),
        (-50, -20, {"depart": "06:40"}),
        (-50, -20, {"depart": "05:40"}),
        (-50, 250, {"arrive": "07:45"}),
        (-50, -20, {"arrive": "07:45"}),
        (-50, -20, {"depart": "06:40", "homeward": True}),
    ],
)
def test_a_journey_in_words_adds_up_to_the_minutes(timetable, home, site, asked):
    taxis = [
        am.OnDemand(zone(-60, 0), EARLY, wait=3, notice=(1, "16:00"), name="du Pays"),
        am.OnDemand(zone(200, 260), "Tu 07:30-12:00", stops=points([203, 249]), notice=90),
    ]
    both = journeys(timetable, *taxis)
    ends = [points([place]).geometry for place in (home, site)]
    legs = both.explain(*(ends[::-1] if "homeward" in asked else ends), **asked)
    assert legs["minutes"].sum() == pytest.approx(minutes(both, home, site, **asked))
    assert (legs["leaves"].to_numpy()[1:] == legs["arrives"].to_numpy()[:-1]).all()
    assert "on_demand" in set(legs["kind"])


def test_the_notice_is_told_beside_the_minutes(timetable):
    taxi = am.OnDemand(zone(-60, 0), EARLY, wait=3, notice=(1, "16:00"), name="du Pays")
    both = journeys(timetable, taxi)
    legs = both.explain(points([-50]).geometry, points([200]).geometry, depart="06:50")
    told = am.sentences.itinerary(legs).replace("\xa0", " ")
    assert "taxi à la demande du Pays 5 min jusqu’à Aville, à réserver la veille avant 16 h" in told
    assert "to be booked the day before by 16:00" in am.sentences.itinerary(legs, lang="en")
    note = both.notes[3].told("fr").replace("\xa0", " ")
    assert note.startswith("transport à la demande « du Pays » : ce jour-là 06:00–07:30, à 100 % de la vitesse")
    other = journeys(timetable, am.OnDemand(zone(-60, 0), "Sa 08:00-12:00", notice="par courriel"))
    assert "ne fonctionne pas ce jour-là" in other.notes[3].told("fr")


def test_there_and_back_on_demand(timetable):
    taxi = am.OnDemand(zone(-60, 60), "Tu 08:00-12:00", wait=5)
    office = services([40]).assign(hours="Tu 09:00-12:00")
    window = {"between": ("07:00", "18:00")}
    home = residents([-50])
    assert am.round_trips(home, office, journeys(timetable), **window)["service_id"].isna().all()
    found = am.round_trips(home, office, journeys(timetable, taxi), **window).iloc[0]
    # 9 minutes by car after 5, an hour in the office, and back: at the latest at 11:59. One way, not one a minute.
    assert (found["leaves"], found["arrives"], found["served"]) == (645, 659, 659)
    assert (found["home"], found["away"], found["lost"], found["ways"]) == (733, 88, 28, 1)
    assert found["earliest_home"] == 614


def test_what_is_wrong_is_said(timetable):
    square = zone(-60, 0)
    taxi = am.OnDemand(square, EARLY)
    communes = points([0, 100]).set_index(pd.Index(["02173", "02738"], name="code"))
    communes = communes.set_geometry(communes.buffer(100))
    for call, told in (
        (lambda: am.OnDemand(square, "lundi matin"), "opening_hours"),
        (lambda: am.OnDemand(square, EARLY, speed_factor=1.3), "divided by 0.8"),
        (lambda: am.OnDemand(square, EARLY, wait=-1), "wait"),
        (lambda: am.OnDemand(square, EARLY, notice=(1, "16")), "notice"),
        (lambda: am.OnDemand(square, EARLY, notice=(1.5, "16:00")), "notice"),
        (lambda: am.OnDemand(square, EARLY, stops=[]), "stops"),
        (lambda: am.OnDemand(square, EARLY, door=False), "door"),
        (lambda: am.OnDemand(shapely.LineString([(3, 49), (4, 49)]), EARLY), "area"),
        (lambda: am.OnDemand("02173", EARLY), "communes="),
        (lambda: am.OnDemand(["02173", "02739"], EARLY, communes=communes), "02739.*02738"),
        (lambda: timetable.journeys(BOTH["walk"], on_demand=taxi), "by car, which are missing"),
        (lambda: timetable.journeys(BOTH, on_demand="TAD"), "OnDemand"),
        (lambda: journeys(timetable, am.OnDemand(square, EARLY, stops=["Avile"])), "Aville"),
    ):
        with pytest.raises(AccessmapError, match=told):
            call()
    assert am.OnDemand("02173", EARLY, communes=communes).zone.area > 0


def test_a_wheelchair_takes_what_is_known_to_take_it(tmp_path):
    """Of A and C and one train of two it is known; of B1 and the other it is not."""
    files = feed(stops=("C,Ceville,49.6,3.3,,,", "C,Ceville,49.6,3.3,,,1"))
    trips = str(files["trips.txt"]).replace("block_id,shape_id", "block_id,shape_id,wheelchair_accessible")
    trips = trips.replace("R2,Ceville,,", "R2,Ceville,,,1").replace("Q1,Ceville,,", "Q1,Ceville,,,2")
    stops = str(files["stops.txt"]).replace("B,Bourg,49.6,3.2,1,,1", "B,Bourg,49.6,3.2,1,,")
    timetable = read(tmp_path, {**files, "trips.txt": trips, "stops.txt": stops})
    every, able = (timetable.journeys(BOTH, date=TUESDAY, wheelchair=each) for each in (False, True))
    assert (minutes(every, 0, 200, depart="07:00"), minutes(able, 0, 200, depart="07:00")) == (20, 80)
    # At B1 nobody knows whether one gets off.
    assert minutes(every, 0, 100, depart="08:00") == 10
    assert np.isnan(minutes(able, 0, 100, depart="08:00"))
    first, second = (note.told("fr").replace("\xa0", " ") for note in able.notes[3:])
    assert "1 course sur 3 est dite accessible ce jour-là, et pour 1 on ne sait pas" in first
    assert "2 arrêts desservis sur 4 sont dits accessibles, et pour 1 on ne sait pas" in second
    assert able.on("2025-02-05").terms.wheelchair
    # Of transport on demand too.
    for known, taken in ((True, 70), (False, np.nan), (None, np.nan)):
        taxi = am.OnDemand(zone(-60, 0), "Tu 06:00-08:30", wheelchair=known)
        found = timetable.journeys(BOTH, date=TUESDAY, wheelchair=True, on_demand=taxi)
        assert minutes(found, -50, 200, depart="07:10") == pytest.approx(taken, nan_ok=True)
    assert "1 transport à la demande laissé de côté" in found.notes[-1].told("fr").replace("\xa0", " ")


HOP = "R,week,R2,Ceville,,\nR,week,H1,Hameau,,\nR,week,H2,Hameau,,\n"
HOPS = (
    "H1,07:00:00,07:00:00,A,1\nH1,07:06:00,07:06:00,D,2\nH2,08:00:00,08:00:00,A,1\nH2,08:12:00,08:12:00,D,2\nQ1,07:15"
)


@pytest.mark.parametrize(
    ("mode", "quick", "slow"),
    [("walk", 6, 10), ("bike", 2.5, 2.5), ("car", 6, 10), ("park", 6, 10), ("taxi", 1, 1), ("slow taxi", 6, 9)],
)
def test_a_mile_is_ridden_only_where_that_is_quicker(tmp_path, mode, quick, slow):
    """D is 10 minutes on foot from A: the bus of 7:00 takes 6 minutes, that of 8:00 takes 12."""
    stop = ("C,Ceville", "D,Hameau,49.6,3.11,,,\nC,Ceville")
    timetable = read(tmp_path, feed(stops=stop, trips=("R,week,R2,Ceville,,\n", HOP), stop_times=("Q1,07:15", HOPS)))
    both = {**BOTH, "bike": streets(0.25)}
    more = {"parking": points([-5])} if mode == "park" else {}
    if "taxi" in mode:
        more = {"on_demand": am.OnDemand(zone(-5, 15), "Tu 06:00-09:00", wait=8 if "slow" in mode else 0)}
    access = {"park": "car"}.get(mode, mode if mode in both else "walk")
    found = timetable.journeys(both, date=TUESDAY, access=access, **more)
    for depart, wanted in (("07:00", quick), ("08:00", slow), ("07:01", slow)):
        assert minutes(found, 0, 10, depart=depart) == wanted
        legs = found.explain(points([0]).geometry, points([10]).geometry, depart=depart)
        assert ("ride" in set(legs["kind"])) == (wanted == 6)


# ---------------------------------------------------------------------- what feeds have


def test_the_zones_of_a_feed_are_the_same_thing(flexible, tmp_path):
    """Z1 goes anywhere in a zone from 9:00 to 12:00, in 1.5 times the car's minutes and 10 more."""
    both = flexible.journeys(BOTH, date=TUESDAY)
    # From 50 to 150 by car 10 minutes.
    assert minutes(both, 50, 150, depart="09:00") == 25
    assert minutes(both, 50, 150, depart="08:40") == 45
    # One is there by the end of the window.
    assert minutes(both, 50, 150, depart="11:35") == 25
    assert np.isnan(minutes(both, 50, 150, depart="11:36"))
    same = am.OnDemand(zone(0, 200), "Tu 09:00-11:35", speed_factor=1 / 1.5, wait=10)
    alone = read(tmp_path, FEED, "plain.zip").journeys(BOTH, date=TUESDAY, on_demand=same)
    assert minutes(alone, 50, 150, depart="09:07") == minutes(both, 50, 150, depart="09:07") == 25
    told = both.notes[3].told("fr")
    assert "2 transports à la demande ce jour-là (GTFS-Flex), comptés avec eux" in told.replace("\xa0", " ")
    on_foot = flexible.journeys(BOTH["walk"], date=TUESDAY)
    assert "3 courses à la demande (GTFS-Flex) ne sont pas comptées" in on_foot.notes[3].told("fr").replace("\xa0", " ")


def test_a_timed_run_that_deviates(flexible):
    """D1 leaves A at 8:00, may go anywhere in the zone, and is at C at 8:30."""
    both = flexible.journeys(BOTH, date=TUESDAY, access_minutes=5, egress_minutes=5)
    # From A at 8:00 to 100 in 10 minutes, on foot to A in 3.
    assert minutes(both, -3, 100, depart="07:57") == 13
    assert np.isnan(minutes(both, -3, 100, depart="09:00", limit=30))
    # From 100 it is at C at its time; it is at 100 by 8:20 to be there.
    assert minutes(both, 100, 203, depart="08:20") == 10 + 3
    assert minutes(both, 100, 203, depart="08:00") == 30 + 3
    # Called at once, the zone cannot be where one gets on and off: from 50 to 150 goes Z1 alone, from 9:00 on.
    assert minutes(both, 50, 150, depart="08:00") == 60 + 25
    legs = both.explain(points([-3]).geometry, points([100]).geometry, depart="07:57")
    assert legs["kind"].tolist() == ["walk", "on_demand"]
    assert legs["minutes"].sum() == 13


def test_a_zone_brings_one_to_the_train_and_home_from_it(tmp_path):
    """Of a trip, one stop alone has a stated time: C at 8:30, after the zone; A at 18:00, before it."""
    header = FLEX["stop_times.txt"].splitlines(keepends=True)[0]
    rows = "Z1,1,,zone,,,,07:00:00,08:30:00,2,1,tel\nZ1,2,C,,,08:30:00,08:30:00,,,1,,\n"
    rows += "D1,1,A,,,18:00:00,18:00:00,,,,1,\nD1,2,,zone,,,,18:00:00,19:00:00,1,2,tel\n"
    trips = {"trips.txt": "route_id,service_id,trip_id\nQ,week,Z1\nQ,week,D1\n"}
    timetable = read(tmp_path, feed({**FLEX, **trips, "stop_times.txt": header + rows}))
    assert [note.key for note in timetable.notes] == ["gtfs_note_flexible"]
    both = journeys(timetable)
    assert minutes(both, 110, 200, depart="08:00") == 30  # by car 9 minutes, and there at half past
    assert minutes(both, 110, 200, depart="08:21") == 9
    assert np.isnan(minutes(both, 110, 200, depart="08:22"))
    assert minutes(both, 0, 110, depart="17:50") == 10 + 11
    shut = rows.replace("08:30:00,,,1,,", "08:30:00,,,1,1,")  # nobody gets off there
    away = read(tmp_path, feed({**FLEX, **trips, "stop_times.txt": header + shut}))
    assert np.isnan(minutes(journeys(away), 110, 200, depart="08:00"))


def test_a_run_that_deviates_twice_takes_one_from_door_to_door(tmp_path):
    call = "D1,2,,zone,,,,08:00:00,08:30:00,2,2,tel\n"
    twice = FLEX["stop_times.txt"].replace(call, call + call.replace("D1,2", "D1,3")).replace("D1,3,C", "D1,4,C")
    both = read(tmp_path, feed({**FLEX, "stop_times.txt": twice})).journeys(BOTH, date=TUESDAY)
    # It leaves A at 8:00, passes 50 from 8:05 on, and must be at C, 5 minutes from 150, by 8:30.
    assert minutes(both, 50, 150, depart="08:00") == 5 + 10
    assert minutes(both, 50, 150, depart="08:15") == 10
    assert minutes(both, 50, 150, depart="08:16") == 44 + 25


def test_lines_that_go_by_zones_are_cut_and_shifted_with_their_windows(flexible):
    """Z1 and G1 are of the route Q, and D1, which deviates, of R."""
    short = {"access_minutes": 5, "egress_minutes": 5}
    none, later, early = (
        change.journeys(BOTH, date=TUESDAY, **short)
        for change in (am.lines.cut(flexible, "Q"), am.lines.shift(flexible, "Q", 60), am.lines.cut(flexible, "R"))
    )
    plain = flexible.journeys(BOTH, date=TUESDAY, **short)
    assert minutes(plain, 50, 150, depart="09:00") == 25
    assert minutes(later, 50, 150, depart="09:00") == 85
    assert np.isnan(minutes(none, 50, 150, depart="09:00"))
    assert minutes(plain, -3, 100, depart="07:57") == 13
    assert minutes(none, -3, 100, depart="07:57") == 13
    assert np.isnan(minutes(early, -3, 100, depart="07:57", limit=30))
    assert not {each.name for each in early.asked} & {"D", "R"}
    delayed = am.lines.shift(flexible, "R", 10).journeys(BOTH, date=TUESDAY, **short)
    assert minutes(delayed, -3, 100, depart="07:57") == 23
    assert minutes(delayed, 100, 203, depart="08:30") == 10 + 3
    # The windows that begin between the two times: that of Z1, and not that of G1.
    morning = am.lines.cut(flexible, "Q", between=("08:00", "12:00"))
    assert morning.flex["trip"].tolist() == ["D1", "G1", "G1"]
    # What runs at an interval no longer deviates, which is said; windows have no interval.
    often = am.lines.interval(flexible, "R", 30, between=("06:00", "10:00"))
    assert often.flex["trip"].tolist() == ["Z1", "Z1", "G1", "G1"]
    assert "1 trip replaced deviated on demand" in often.notes[-2]
    with pytest.raises(AccessmapError, match="no trip"):
        am.lines.interval(flexible, "Q", 30, between=("06:00", "10:00"))
    assert plans.runs_on(flexible, "Q", pd.Timestamp(TUESDAY).date())


def test_days_of_notice_are_those_of_the_calendar_that_a_rule_names(tmp_path):
    rules = "booking_rule_id,booking_type,prior_notice_last_day,prior_notice_last_time,prior_notice_start_day,"
    rules += "prior_notice_service_id\ntel,2,2,16:30:00,30,week\nday,2,1,17:00:00,,\n"
    timetable = read(tmp_path, feed({**FLEX, "booking_rules.txt": rules}))
    told = {each.booking.told("fr").replace("\xa0", " ") for each in zones_of(timetable, pd.Timestamp(TUESDAY).date())}
    assert told == {"à réserver 2 jours ouvrés à l’avance avant 16 h 30", "à réserver la veille avant 17 h"}
    assert "1 booking rule says too how early one may book" in " ".join(timetable.notes)


def test_groups_of_stops_and_booking_rules(flexible):
    """G1 takes from the stops A and C to B1 between 14:00 and 18:00, booked the day before by 17:00."""
    both = flexible.journeys(BOTH, date=TUESDAY)
    assert minutes(both, 5, 103, depart="14:00") == 5 + 10 + 3
    assert np.isnan(minutes(both, 103, 5, depart="14:00", limit=60))
    legs = both.explain(points([5]).geometry, points([103]).geometry, depart="14:00")
    assert legs["notice"].iloc[1].told("fr").replace("\xa0", " ") == "à réserver la veille avant 17 h"
    assert legs["to_stop"].tolist() == ["Aville", "Bourg voie 1", ""]


def test_what_drafts_and_odd_feeds_have_of_it(tmp_path):
    """Zones in the place of stops, a rule of the day at once, and a window after midnight."""
    header = FLEX["stop_times.txt"].splitlines()[0].replace("pickup_drop_off_window", "pickup_dropoff_window")
    times = "Z1,1,zone,,,,,22:00:00,26:00:00,2,1,now\nZ1,2,zone,,,,,22:00:00,26:00:00,1,2,\n"
    rules = "booking_rule_id,booking_type,prior_notice_duration_min\nnow,0,\n"
    files = {**FLEX, "stop_times.txt": f"{header}\n{FEED_TIMES}{times}", "booking_rules.txt": rules}
    files["trips.txt"] = FEED["trips.txt"] + "Q,week,Z1,,,\n"
    files |= {"location_groups.txt": None, "location_group_stops.txt": None}
    both = read(tmp_path, feed(files)).journeys(BOTH, date=TUESDAY)
    assert minutes(both, 50, 150, depart="23:30") == 10
    # Of the evening before it serves until 2:00.
    assert minutes(both, 50, 150, depart="01:45") == 10
    assert minutes(both, 50, 150, depart="01:55") > 1000
    legs = both.explain(points([50]).geometry, points([150]).geometry, depart="23:30")
    assert legs["notice"].iloc[0].told("fr") == "sans réservation"


FEED_TIMES = "R1,1,A,,,07:00:00,07:00:00,,,,,\nR1,2,C,,,07:20:00,07:20:00,,,,,\n"


def test_the_deviated_routes_of_a_real_feed_take_one_to_the_door(data_folder):
    """Cobblinc: from the collection point at 7:30, anywhere in zone 1, to the transfer point by 8:00."""
    timetable = am.Timetable.from_gtfs(data_folder / "gtfs" / "cobblinc_deviated_flex.zip")
    stops = timetable.stops.geometry
    x, y = stops.x, stops.y
    # Streets of a grid of 200 m, a minute on foot each 80 m and by car each 500 m.
    lon, lat = np.meshgrid(
        np.arange(x.min() - 3000, x.max() + 3000, 200), np.arange(y.min() - 3000, y.max() + 3000, 200)
    )
    number = np.arange(lon.size).reshape(lon.shape)
    pairs = np.concatenate(
        [
            np.stack([number[:, :-1], number[:, 1:]], -1).reshape(-1, 2),
            np.stack([number[:-1], number[1:]], -1).reshape(-1, 2),
        ]
    )
    at = gpd.GeoSeries(gpd.points_from_xy(lon.ravel(), lat.ravel()), crs=timetable.stops.crs).to_crs(4326)
    nodes = pd.DataFrame({"lon": at.x, "lat": at.y})
    by = {
        mode: am.RoadNetwork.from_edges(
            nodes, pd.DataFrame({"u": pairs[:, 0], "v": pairs[:, 1], "minutes": 200 / speed}), directed=False
        )
        for mode, speed in (("walk", 80), ("car", 500))
    }
    journeys = timetable.journeys(by, date="2021-10-26")
    assert {each.name for each in journeys.asked} == {"Zone 1", "Zone 2", "Zone 3"}
    zone_1 = timetable.flex[timetable.flex["place_id"] == "zone_1"].geometry.iloc[0].representative_point()
    home = gpd.GeoSeries([zone_1], crs=timetable.stops.crs)
    start = stops[["yz85"]]
    legs = journeys.explain(start, home, depart="07:25")
    assert legs["kind"].tolist() == ["wait", "on_demand"]
    assert legs["leaves"].iloc[1] == 450
    assert legs["arrives"].iloc[1] <= 480
    assert legs["notice"].iloc[1].told("fr").replace("\xa0", " ") == "à réserver 2 h avant (tél. (770) 528-1053)"
    back = journeys.explain(home, stops[["cujv"]], arrive="08:00")
    assert (back["kind"].iloc[-1], back["arrives"].iloc[-1]) == ("on_demand", 480)


def naive(window, pickups, drops, home, site, at):
    """Return when one is there who leaves at a second, by trying every place of getting on and off."""
    walk, car = (lambda a, b: 60 * abs(a - b)), (lambda a, b: 6 * abs(a - b))
    best = np.inf
    on = [(home, 0)] if pickups is None else [(stop, walk(home, stop)) for stop in pickups if abs(home - stop) <= 30]
    off = [(site, 0)] if drops is None else [(stop, walk(stop, site)) for stop in drops if abs(site - stop) <= 30]
    for (start, before), (end, after) in product(on, off):
        first = max(window["first"], window.get("leaves", -1e9) + car(100, start))
        last = min(window["last"], window.get("until", 1e9) - car(start, 150))
        begins = max(at + before, first)
        there = max(begins + car(start, end) + 30, window["not_before"], window.get("since", -1e9) + car(100, end))
        if begins <= last and there <= min(window["not_after"], window.get("reaches", 1e9) - car(end, 150)):
            best = min(best, there + after)
    return best


PLACES = st.one_of(st.none(), st.lists(st.integers(60, 190), min_size=1, max_size=4, unique=True))
TIME = st.integers(0, 1500)


@settings(deadline=None, max_examples=25)
@given(PLACES, PLACES, TIME, TIME, TIME, TIME, st.booleans(), st.sampled_from([0, 300, 900]), st.data())
def test_legs_are_those_of_every_place_of_getting_on_and_off(
    pickups, drops, first, more, before, late, free, pace, data
):
    """Seconds on one street: a run that deviates leaves 100 and is at 150, or one that does not."""
    window = {"first": first, "last": first + more, "not_before": before, "not_after": before + late}
    if free:
        window |= {"not_before": EVER, "not_after": ALWAYS}
    if pace:
        window |= {"leaves": first - 200, "until": first + pace, "since": before - 300, "reaches": before + pace}
    homes = data.draw(st.lists(st.integers(50, 200), min_size=1, max_size=3))
    sites = data.draw(st.lists(st.integers(50, 200), min_size=1, max_size=3))
    area = zone(-60, 300)
    on, off = (Ends(area) if each is None else Ends(stops=points(each).geometry) for each in (pickups, drops))
    beside = tuple(points([each]).geometry if pace else None for each in (100, 150, 100, 150))
    asked = Asked("", notice_note(0), "unknown", on, off, windows([window]), wait=30, deviates=beside)
    ends = points(homes).geometry, points(sites).geometry
    legs = legs_of([asked], *ends, BOTH, (30, 30))
    for (row, home), (column, site) in product(enumerate(homes), enumerate(sites)):
        mine = legs[(legs["place"] == row) & (legs["to"] == column)]
        for at in (0, 300, first, first + 100, first + more, 2500):
            some = mine[at + mine["seconds"] <= mine["latest"]]
            found = np.maximum(at + some["seconds"], some["earliest"]).min() if len(some) else np.inf
            assert found == pytest.approx(naive(window, pickups, drops, home, site, at), abs=3)
