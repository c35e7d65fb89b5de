"""Timetables as they are published: the trains of the Pays Chaunois, the buses of Porto Alegre."""

from __future__ import annotations

import datetime as dt
import itertools

import numpy as np
import pytest
from markupsafe import Markup

import accessmap as am
from accessmap.roads.transit.day import Day
from accessmap.roads.transit.lines import NEVER
from accessmap.roads.transit.raptor import Raptor, StopLegs
from accessmap.roads.transit.timetable import Timetable

# Tuesday 25 March 2025, as the feed has it: number of the train (or coach), departure, arrival.
CHAUNY_TERGNIER = """
849603 07:01 07:09 · 849607 08:39 08:46 · 847905 08:52 08:56 · 847907 09:53 09:59 · 847911 13:50 13:56
847917 15:58 16:04 · 849623 17:09 17:14 · 849625 17:42 17:47 · 847919 17:50 17:56 · 849627 18:42 18:47
847925 18:51 18:56 · 849629 19:41 19:46 · 847927 19:51 19:56 · 849633 20:44 20:49 · 847945 20:51 20:57
847931 21:36 21:41 · 437507 23:39 23:53 · 46003 24:36 24:50
"""
TERGNIER_LAON = """
848601 07:04 07:30 · 848605 07:31 07:57 · 848609 08:08 08:29 · 848611 08:31 08:57 · 848613 09:31 09:57
848617 11:31 11:58 · 848619 12:30 12:56 · 848621 13:31 13:58 · 848625 16:04 16:25 · 848629 16:54 17:18
848633 17:31 17:57 · 848631 18:04 18:25 · 848635 18:31 18:57 · 848639 19:05 19:28 · 848641 19:31 19:57
848647 20:31 20:57
"""
TERGNIER_SAINT_QUENTIN = """
849603 07:10 07:29 · 841703 07:44 07:59 · 849607 08:47 09:06 · 847905 08:58 09:11 · 847907 10:01 10:14
847911 13:58 14:11 · 847917 16:06 16:19 · 849623 17:15 17:33 · 849625 17:48 18:06 · 847919 17:58 18:11
849627 18:48 19:06 · 847925 18:58 19:11 · 841715 19:03 19:16 · 849629 19:47 20:06 · 847927 19:58 20:11
841717 20:05 20:18 · 849633 20:50 21:09 · 847945 20:59 21:13 · 847931 21:43 21:55 · 437507 23:53 24:23
46003 24:50 25:20
"""


def written(text: str) -> list[tuple[str, str, str]]:
    return [tuple(each.split()) for line in text.strip().split("\n") for each in line.split("·")]


def clock(seconds: int) -> str:
    return f"{seconds // 3600:02}:{seconds % 3600 // 60:02}"


def rides(timetable: Timetable, day: Day, origin: str, destination: str) -> list[tuple[str, str, str]]:
    """What runs from one station to another on a day, from the arrays alone."""
    station = timetable.stops["parent"].map(timetable.stops["name"]).to_numpy()[day.place]
    found = []
    for pattern in range(len(day.pattern_start) - 1):
        stops = slice(day.pattern_start[pattern], day.pattern_start[pattern + 1])
        names = station[day.pattern_stop[stops]]
        starts = np.flatnonzero((names == origin) & day.may_board[stops])
        ends = np.flatnonzero((names == destination) & day.may_alight[stops])
        pairs = [(start, end) for start in starts for end in ends if start < end]
        trips = range(day.trip_start[pattern], day.trip_start[pattern + 1])
        for number, trip in enumerate(trips):
            at = day.time_start[pattern] + number * len(names)
            for start, end in pairs:
                row = timetable.trips.iloc[day.trip_row[trip]]
                found.append((day.departure[at + start], day.arrival[at + end], row["headsign"]))
    return [(name, clock(start), clock(end)) for start, end, name in sorted(found) if start >= 3 * 3600]


@pytest.mark.parametrize(
    ("origin", "destination", "told"),
    [
        ("Chauny", "Tergnier", CHAUNY_TERGNIER),
        ("Tergnier", "Laon", TERGNIER_LAON),
        ("Tergnier", "Saint-Quentin", TERGNIER_SAINT_QUENTIN),
        ("Chauny", "Laon", ""),  # no train goes there without a change
    ],
)
def test_the_trains_of_a_tuesday_are_those_of_the_feed(
    ter: Timetable, origin: str, destination: str, told: str
) -> None:
    assert rides(ter, ter.day(), origin, destination) == (written(told) if told else [])


def moments(ter: Timetable, start: str, end: str, at: str, rides: int, *, backward: bool = False) -> str:
    """When one arrives at the earliest, or leaves at the latest, by times of day; "-" where there is no way."""
    station = ter.stops["parent"].map(ter.stops["name"]).to_numpy()[ter.day().place]
    ends = [np.flatnonzero(station == name) for name in (start, end)]
    legs = [StopLegs.of(1, np.zeros(len(each), int), each, np.zeros(len(each), int)) for each in ends]
    asked = np.array([(int(time[:2]) * 60 + int(time[3:])) * 60 for time in at.split()])
    found = Raptor(ter.day()).moments(*legs, asked, rides=rides, backward=backward)[0, :, 0]
    return " ".join("-" if each == NEVER else clock(int(each)) for each in found)


def test_one_goes_by_the_trains_of_the_feed_and_changes_at_tergnier(ter: Timetable) -> None:
    # Those that are written out above, by hand: 120 seconds to change, so that 15:58 16:04 is no train to 16:04 16:25.
    asked = "07:00 07:30 08:45 09:00 15:30 17:00 17:10 18:00 20:00"
    assert moments(ter, "Chauny", "Laon", asked, 2) == "07:57 09:57 09:57 11:58 17:18 17:57 18:25 19:28 -"
    assert moments(ter, "Chauny", "Laon", asked, 1) == " ".join("-" * 9)
    asked = "07:00 07:30 08:45 09:00 12:00 15:30 17:00 18:00 20:00"
    told = "07:29 07:59 09:06 10:14 14:11 16:19 17:33 19:06 20:18"
    assert moments(ter, "Tergnier", "Saint-Quentin", asked, 1) == told
    asked = "08:45 09:00 12:00 18:00"
    assert moments(ter, "Laon", "Chauny", asked, 2, backward=True) == "07:01 07:01 09:53 17:09"
    asked = "07:30 08:45 09:00 12:00 15:30 17:00 18:00 20:00"
    told = "07:10 07:44 07:44 10:01 13:58 16:06 17:15 19:03"
    assert moments(ter, "Saint-Quentin", "Tergnier", asked, 1, backward=True) == told


def test_the_usual_tuesday_has_the_median_number_of_trips(ter: Timetable) -> None:
    assert ter.usual_day() == dt.date(2025, 3, 25)
    tuesdays = ter.dates[ter.dates["weekday"] == "tuesday"]
    assert len(tuesdays) == 13
    assert tuesdays["trips"].median() == 11_222 == ter.dates["trips"]["2025-03-25"]
    assert ter.usual_day("holiday") == dt.date(2025, 4, 21)  # Easter Monday, the only one of the feed
    assert ter.usual_day("saturday").weekday() == 5


def test_what_follows_midnight_is_of_two_days(ter: Timetable) -> None:
    day = ter.day("2025-03-26")
    night = [each for each in ter.day("2025-03-26").arrival if each < 0]
    assert night  # the coach of 24:36 has left Chauny on the evening before
    rows = np.flatnonzero(ter.trips["headsign"].to_numpy()[day.trip_row] == "46003")
    assert len(rows) == 2  # that of the evening before, and that of this evening


def test_patterns_of_real_feeds_keep_their_promises(ter: Timetable) -> None:
    day = ter.day()
    sizes = np.diff(day.pattern_start)
    trips = np.diff(day.trip_start)
    assert day.time_start[-1] == len(day.arrival) == (sizes * trips).sum()
    for pattern in np.flatnonzero(trips > 1):
        shape = trips[pattern], sizes[pattern]
        times = slice(day.time_start[pattern], day.time_start[pattern + 1])
        assert (np.diff(day.arrival[times].reshape(shape), axis=0) >= 0).all()
        assert (np.diff(day.departure[times].reshape(shape), axis=0) >= 0).all()
    assert (day.arrival <= day.departure).all()
    station = ter.stops["parent"].to_numpy()
    start = np.repeat(np.arange(day.stops), np.diff(day.walk_start))
    assert (station[start] == station[day.walk_stop]).all()
    assert (day.walk_seconds == 120).all()  # the platforms of a station are at one place in this feed


def test_departures_of_a_stop_by_hour(ter: Timetable) -> None:
    counts = ter.departures(within=(3.21, 49.60, 3.24, 49.62))
    chauny = counts.loc["StopPoint:OCETrain TER-87296616"]
    assert counts.index.str.contains("87296616").all()
    # towards Tergnier at 17:09, 17:42 and 17:50; towards Compiègne as the feed has them
    day, row = ter.day(), ter.stops.index.get_loc("StopPoint:OCETrain TER-87296616")
    left = [each for each in rides(ter, day, "Chauny", "Tergnier") if each[1].startswith("17")]
    assert [time for _, time, _ in left] == ["17:09", "17:42", "17:50"]
    assert chauny[17] >= 3
    assert row in day.place


def test_card_says_what_runs_in_the_territory(ter: Timetable) -> None:
    text = Markup(ter.card((3.1, 49.5, 3.7, 49.7))).striptags().replace("\xa0", " ").replace("\u202f", " ")
    assert "du 22 janvier 2025 au 22 avril 2025 (91 jours)" in text
    assert "25 mars 2025, le mardi au nombre médian de courses (11 222" in text
    assert "les vacances scolaires ne sont pas connues" in text
    assert "Arrêts du territoire" in text
    assert "ODbL" in text


def test_buses_of_porto_alegre_are_timed_along_their_lines(data_folder) -> None:
    folder = data_folder / "gtfs"
    timetable = am.Timetable.from_gtfs([folder / "r5r_poa_eptc.zip", folder / "r5r_poa_trensurb.zip"])
    assert timetable.stops.index[0] == "r5r_poa_eptc:4220"
    note = next(note for note in timetable.notes if note.key == "gtfs_note_interpolated")
    assert note.n == 125_271
    trip = int(np.flatnonzero(timetable.trips["trip_id"] == "T1-2@1#1202")[0])
    calls = timetable.calls[timetable.calls["trip"] == trip]
    assert calls["departure"].iloc[0] == 12 * 3600 + 120
    assert calls["departure"].is_monotonic_increasing
    place = timetable.stops.geometry.to_numpy()[calls["stop"]]
    metres = np.cumsum([a.distance(b) for a, b in itertools.pairwise(place)])
    share = (calls["arrival"].to_numpy()[1:] - calls["arrival"].iloc[0]) / np.ptp(calls["arrival"])
    assert np.abs(share - metres / metres[-1]).max() < 0.05  # streets are longer than the straight line, nearly evenly
    day = timetable.day()
    assert len(day.trip_row) >= timetable.dates["trips"]["2019-04-16"] == 2_903
