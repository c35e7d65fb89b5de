"""A journey leg by leg: its total beside the engine's, and by hand on the toy feed."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from toy_days import AFTER_MIDNIGHT, LEGS, WINDOWS, days, legs, timed_legs
from toy_feeds import FEED, TUESDAY, read
from toy_streets import points, residents, services, streets

import accessmap as am
from accessmap.errors import AccessmapError
from accessmap.roads.transit.lines import NEVER
from accessmap.roads.transit.one_search import Ends, Rides, Way
from accessmap.roads.transit.raptor import Raptor, Timed


def check_way(day, rides: Rides, way: Way, ends: tuple[Ends, Ends], leaves: int, arrives: int, most: int) -> None:
    """Fail where a way cannot be gone as it is told."""
    calls, vehicles = rides.forward, 0
    at, now = way.first[0], first_of(ends[0], way.first, leaves)
    for number, (on, off) in enumerate(way.rides):
        if number:
            start, end, seconds = way.changes[number - 1]
            known = {(stop, stop, s) for stop, s in enumerate(day.change.tolist()) if s >= 0}
            tail = np.repeat(np.arange(day.stops), np.diff(day.walk_start)).tolist()
            known |= set(zip(tail, day.walk_stop.tolist(), day.walk_seconds.tolist(), strict=True))
            assert (start, end, seconds) in known
            assert start == at
            at, now = end, now + seconds
        assert at == calls.stop[on]
        assert now <= calls.departure[on]
        taken = rides.vehicles(on, off)
        for (trip, _, _), (after, _, _) in pairwise(taken):
            assert day.next_trip[trip] == after
        # The calls are those of the trips that are told.
        for (trip, place, last), cell, right in ((taken[0], on, day.may_board), (taken[-1], off, day.may_alight)):
            pattern = int(np.searchsorted(day.trip_start, trip, side="right")) - 1
            where = day.pattern_start[pattern] + (place if cell == on else last)
            assert day.pattern_stop[where] == calls.stop[cell]
            assert right[where]
        at, now, vehicles = int(calls.stop[off]), int(calls.arrival[off]), vehicles + 1
    assert at == way.last[0]
    assert first_of(ends[1], way.last, now) == arrives
    assert 1 <= vehicles <= most


def first_of(end: Ends, way: tuple[int, int], at: int) -> int:
    """Return when one is there by a way, which serves then."""
    stop, leg = way
    assert end.stop[leg] == stop
    return int(end.there(np.full(len(end.stop), at))[leg])


def check_day_told(day, access, egress, most, soon=(), late=()):
    rides = Rides(day)
    ends, windows = (legs([access]), legs([egress])), (timed_legs([soon]), timed_legs([late]))
    both = tuple(Ends.of(*each) for each in zip(ends, windows, strict=True))
    raptor, timed = Raptor(day), Timed(*windows, timed_legs([[]]))
    moments = np.arange(AFTER_MIDNIGHT - 14, AFTER_MIDNIGHT + 14, 4)
    soonest = raptor.moments(*ends, moments, rides=most, timed=timed)[0, :, 0]
    latest = raptor.moments(*ends[::-1], moments, rides=most, backward=True, timed=timed.turned())[0, :, 0]
    for moment, there, back in zip(moments.tolist(), soonest.tolist(), latest.tolist(), strict=True):
        found = rides.leaving(*both, moment, most)
        assert (found is None) == (there == NEVER)
        if found is not None:
            leaves, arrives, way = found
            assert (arrives, leaves >= moment) == (there, True)
            at = np.array([there])
            last = raptor.moments(*ends[::-1], at, rides=most, backward=True, timed=timed.turned())[0, 0, 0]
            assert leaves == last
            check_way(day, rides, way, both, leaves, arrives, most)
        found = rides.arriving(*both, moment, most)
        assert (found is None) == (back == NEVER)
        if found is not None:
            leaves, arrives, way = found
            assert (leaves, arrives <= moment) == (back, True)
            assert arrives == raptor.moments(*ends, np.array([back]), rides=most, timed=timed)[0, 0, 0]
            check_way(day, rides, way, both, leaves, arrives, most)


@settings(deadline=None, max_examples=15)
@given(days(), LEGS, LEGS, st.integers(1, 4), WINDOWS, WINDOWS)
def test_the_total_is_that_of_the_engine_and_the_way_can_be_gone(day, access, egress, most, soon, late):
    check_day_told(day, access, egress, most, soon, late)


@pytest.mark.slow
@settings(deadline=None, max_examples=1000)
@given(days(), LEGS, LEGS, st.integers(1, 4))
def test_the_totals_of_many_days_are_those_of_the_engine(day, access, egress, most):
    check_day_told(day, access, egress, most)


@pytest.fixture(scope="module")
def timetable(tmp_path_factory: pytest.TempPathFactory) -> am.Timetable:
    return read(tmp_path_factory.mktemp("feed"), FEED)


@pytest.fixture(scope="module")
def journeys(timetable: am.Timetable):
    return timetable.journeys(streets(1.0), date=TUESDAY)


def told(journeys, home: int, site: int, **options: object):
    """The legs of one pair, whose minutes are those of the table."""
    homes, sites = residents([home]), services([site])
    ends = (sites, homes) if options.get("homeward") else (homes, sites)
    legs = journeys.explain(*(table.geometry for table in ends), **options)
    wanted = am.travel_times(homes, sites, journeys, **options).iloc[0, 0]
    assert legs.empty == np.isnan(wanted)
    if not legs.empty:
        assert np.float32(legs["arrives"].iloc[-1] - legs["leaves"].iloc[0]) == wanted
        assert legs["minutes"].sum() == pytest.approx(wanted, abs=1e-5)
        assert legs["leaves"].iloc[1:].tolist() == legs["arrives"].iloc[:-1].tolist()
        if "depart" in options:
            hours, minutes = options["depart"].split(":")
            assert legs["leaves"].iloc[0] == int(hours) * 60 + int(minutes)
    return legs


def rows(legs) -> list[tuple[object, ...]]:
    return list(legs[["kind", "from_stop", "to_stop", "leaves", "arrives"]].itertuples(index=False, name=None))


def test_legs_are_written_out(journeys):
    # Trains leave A at 7:00; C is 20 minutes on; who could leave at 6:45 leaves at 6:50.
    legs = told(journeys, -10, 205, depart="06:45")
    assert rows(legs) == [
        ("wait", "", "", 405, 410),
        ("walk", "", "Aville", 410, 420),
        ("ride", "Aville", "Ceville", 420, 440),
        ("walk", "Ceville", "", 440, 445),
    ]
    ride = legs.iloc[2]
    shown = ride[["mode", "line", "headsign", "trip", "goes_on_as", "wheelchair", "booking"]].tolist()
    assert shown == ["rail", "K1", "Ceville", "R1", "", "unknown", ""]
    stops = journeys.timetable.stops
    assert legs.crs == stops.crs
    assert ride.geometry.coords[:] == [stops.geometry[stop].coords[0] for stop in ("A", "B1", "C")]
    # On foot one follows the street: ten of the two hundred steps to C, with the nodes between.
    assert legs.geometry.iloc[1].length == pytest.approx(ride.geometry.length / 20, rel=1e-3)
    assert len(legs.geometry.iloc[1].coords) > 10
    assert legs.geometry.iloc[0].length == 0
    assert am.sentences.itinerary(legs).replace("\u00a0", " ").replace("\u202f", "") == (
        "06:45 attente 5 min avant de partir; à pied 10 min jusqu’à Aville; train K1 de 07:00 vers Ceville,"
        " arrivée 07:20 à Ceville; à pied 5 min jusqu’à destination; arrivée à 07:25, soit 40 min en tout."
    )


def test_a_headsign_that_is_a_number_is_the_last_stop(tmp_path):
    for sign in ("", "847905"):
        numbered = read(tmp_path, {**FEED, "trips.txt": FEED["trips.txt"].replace("R1,Ceville", f"R1,{sign}")})
        legs = told(numbered.journeys(streets(1.0), date=TUESDAY), 0, 100, depart="07:00")
        assert legs["headsign"].tolist() == ["Ceville"]


def test_who_is_early_waits_there(journeys):
    legs = told(journeys, -10, 200, arrive="07:30")
    assert rows(legs)[-2:] == [("ride", "Aville", "Ceville", 420, 440), ("wait", "", "", 440, 450)]
    assert legs["leaves"].iloc[0] == 410
    assert "wait 10\u00a0min there; arrival at 07:20, 40\u00a0min in all." in am.sentences.itinerary(legs, lang="en")


def test_who_walks_all_the_way_takes_no_ride(journeys):
    legs = told(journeys, 0, 50, depart="07:01")
    assert rows(legs) == [("walk", "", "", 421, 471)]
    assert rows(told(journeys, 0, 50, arrive="07:51")) == [("walk", "", "", 421, 471)]
    assert told(journeys, -10, 205, depart="09:00").empty
    assert am.sentences.itinerary(told(journeys, -10, 205, depart="09:00"), lang="en") == "No journey was found."


def test_a_change_is_a_leg_and_the_rest_a_wait(timetable, tmp_path):
    # The bus of B leaves at 7:15 from the platform beside it, and is asked for by telephone.
    times = FEED["stop_times.txt"].replace("R1,07:20:00,07:20:00,C,3\n", "")
    times = times.replace("stop_sequence\n", "stop_sequence,pickup_type\n")
    times = times.replace("Q1,07:15:00,07:15:00,B2,1", "Q1,07:15:00,07:15:00,B2,1,2")
    apart = read(tmp_path, {**FEED, "stop_times.txt": times}).journeys(streets(1.0), date=TUESDAY)
    legs = told(apart, 0, 200, depart="07:00")
    assert legs["kind"].tolist() == ["ride", "change", "wait", "ride"]
    assert legs["trip"].tolist() == ["R1", "", "", "Q1"]
    assert legs["booking"].tolist() == ["", "", "", "phone"]
    assert legs["wheelchair"].tolist()[0::3] == ["unknown", "no"]
    assert legs["minutes"].sum() == 40
    said = am.sentences.itinerary(legs, lang="en").replace("\u00a0", " ")
    assert said.startswith("07:00 train K1 of 07:00 at Aville towards Ceville, arriving 07:10 at Bourg voie 1; change")
    assert (
        "bus Q2 of 07:15 towards Ceville, arriving 07:40 at Ceville, not accessible by wheelchair, to be booked" in said
    )


def test_one_stays_seated_and_the_trips_are_told(tmp_path):
    trips = FEED["trips.txt"].replace("R,week,R1,Ceville,,", "R,week,R1,Bourg,X,")
    trips = trips.replace("Q,week,Q1,Ceville,,", "Q,week,Q1,Ceville,X,")
    times = FEED["stop_times.txt"].replace("R1,07:20:00,07:20:00,C,3\n", "")
    seated = read(tmp_path, {**FEED, "trips.txt": trips, "stop_times.txt": times})
    legs = told(seated.journeys(streets(1.0), date=TUESDAY, most_rides=1), 0, 200, depart="07:00")
    assert legs[["kind", "trip", "goes_on_as"]].to_numpy().tolist() == [["ride", "R1", "Q1"]]
    assert "en restant assis" in am.sentences.itinerary(legs)


def test_by_car_to_a_lot_and_home_again(timetable):
    both = {"walk": streets(1.0), "car": streets(0.1), "bike": streets(0.25)}
    parked = timetable.journeys(both, date=TUESDAY, access="car", parking=points([-5]), parking_minutes=4)
    # From 55 steps away: 5 by car to the lot, 4 to park, 5 on foot to A.
    legs = told(parked, -55, 200, depart="06:46")
    assert rows(legs)[:2] == [("car", "", "", 406, 415), ("walk", "", "Aville", 415, 420)]
    assert "en voiture 9\u00a0min jusqu’à un parking, s’y garer compris" in am.sentences.itinerary(legs)
    # Home from A to whom lives at 255 and parks at 205, near C.
    back = timetable.journeys(both, date=TUESDAY, access="car", parking=points([205]), parking_minutes=4)
    legs = told(back, 255, 0, depart="07:00", homeward=True)
    assert rows(legs)[1:] == [("walk", "Ceville", "", 440, 445), ("car", "", "", 445, 450)]
    assert "à pied 5\u00a0min jusqu’à la voiture garée" in am.sentences.itinerary(legs)
    rides = timetable.journeys(both, date=TUESDAY, access="bike")
    assert told(rides, -40, 205, depart="06:50")["kind"].tolist() == ["bike", "ride", "walk"]
    assert told(rides, 0, 100, depart="07:01")["kind"].tolist() == ["bike"]


def test_every_pair_and_time_of_the_toy_feed_adds_up(journeys):
    for home, site in ((-13, 207), (100, 190), (60, 130)):
        for time in ("06:31", "07:58"):
            told(journeys, home, site, depart=time)
            told(journeys, home, site, arrive=time)


def test_past_midnight_is_the_next_day(journeys):
    legs = told(journeys, 0, 50, depart="23:30")
    assert "24:" not in am.sentences.itinerary(legs)
    assert "arrivée à 00:20 le lendemain" in am.sentences.itinerary(legs)


def test_what_is_wrong_is_said(journeys):
    one, two = residents([0]).geometry, residents([0, 1]).geometry
    for call, message in (
        (lambda: journeys.explain(two, one), "2 points"),
        (lambda: journeys.explain(one, one, depart=("07:00", "08:00")), "no single time"),
        (lambda: journeys.explain(one, one, depart="7h"), "depart"),
        (lambda: journeys.explain(one, one, depart="07:00", arrive="08:00"), "both"),
    ):
        with pytest.raises(AccessmapError, match=message):
            call()
