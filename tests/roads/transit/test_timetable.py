"""A timetable and the days that are made of it, on a feed that can be done in one's head."""

from __future__ import annotations

import datetime as dt
import pickle
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markupsafe import Markup
from toy_feeds import FEED, TUESDAY, feed, packed, read

import accessmap as am
from accessmap.errors import OptionError, SourceError
from accessmap.roads.transit.day import Day
from accessmap.roads.transit.raptor import Raptor, StopLegs

TRANSFERS = (
    "from_stop_id,to_stop_id,transfer_type,min_transfer_time,from_route_id,to_route_id,from_trip_id,to_trip_id\n"
)
EVERY_DAY = ("week,1,1,1,1,1,0,0", "week,1,1,1,1,1,1,1")
RULES = FEED["stop_times.txt"]


def ways(timetable: am.Timetable, day: Day) -> dict[tuple[str, str], int]:
    """Ways on foot by the names of their stops, those of stops that are split with what they are split for."""
    names = named(timetable, day)
    start = np.repeat(np.arange(day.stops), np.diff(day.walk_start))
    return {
        (names[one], names[other]): int(seconds)
        for one, other, seconds in zip(start, day.walk_stop, day.walk_seconds, strict=True)
    }


def named(timetable: am.Timetable, day: Day) -> list[str]:
    """The stops of a day: "B1", and "B1 R1" for one that is kept for the runs of trip R1 alone."""
    names = timetable.stops.index.to_numpy()[day.place].tolist()
    trips: dict[int, set[str]] = {}
    for pattern in range(len(day.pattern_start) - 1):
        runs = timetable.trips["trip"].to_numpy()[day.trip_row[day.trip_start[pattern] : day.trip_start[pattern + 1]]]
        for stop in day.pattern_stop[day.pattern_start[pattern] : day.pattern_start[pattern + 1]].tolist():
            trips.setdefault(stop, set()).update(runs)
    plain = len(timetable.stops)
    return [name if n < plain else " ".join([name, *sorted(trips[n])]) for n, name in enumerate(names)]


def runs(timetable: am.Timetable, day: Day) -> list[tuple[str, list[str], list[int], list[int]]]:
    """Each run of a day: its trip, stops, arrivals and departures."""
    places, found = timetable.stops.index.to_numpy()[day.place], []
    for pattern in range(len(day.pattern_start) - 1):
        stops = places[day.pattern_stop[day.pattern_start[pattern] : day.pattern_start[pattern + 1]]].tolist()
        for number, trip in enumerate(range(day.trip_start[pattern], day.trip_start[pattern + 1])):
            at = day.time_start[pattern] + number * len(stops)
            here = slice(at, at + len(stops))
            name = timetable.trips["trip"].iloc[day.trip_row[trip]]
            found.append((name, stops, day.arrival[here].tolist(), day.departure[here].tolist()))
    return sorted(found, key=lambda run: (run[3][0], run[0]))


def seated(timetable: am.Timetable, day: Day) -> set[tuple[str, str]]:
    name = timetable.trips["trip"].to_numpy()[day.trip_row]
    return {(name[trip], name[after]) for trip, after in enumerate(day.next_trip) if after >= 0}


def test_a_day_holds_every_run_and_the_ways_between_platforms(tmp_path: Path) -> None:
    timetable = read(tmp_path, feed())
    day = timetable.day(TUESDAY)
    assert runs(timetable, day) == [
        ("R1", ["A", "B1", "C"], [25_200, 25_800, 26_400], [25_200, 25_920, 26_400]),
        ("Q1", ["B2", "C"], [26_100, 27_600], [26_100, 27_600]),
        ("R2", ["A", "B1", "C"], [28_800, 29_400, 30_000], [28_800, 29_520, 30_000]),
    ]
    # 0.001 degrees at 49.6° N are 72.07 m, 55 s at 80 m a minute; and two minutes to change
    assert ways(timetable, day) == {("B1", "B2"): 175, ("B2", "B1"): 175}
    assert day.change.tolist() == [120] * 5
    assert day.next_trip.tolist() == [-1] * 3
    assert timetable.day(TUESDAY) is day
    assert timetable.day(TUESDAY, change_seconds=0).change.tolist() == [0] * 5


def test_walks_by_the_streets_are_added_to_those_of_the_timetable(tmp_path: Path) -> None:
    timetable = read(tmp_path, feed())
    walks = pd.DataFrame({"from_stop": [0, 2], "to_stop": [2, 3], "seconds": [800.2, 10.0]})
    found = ways(timetable, timetable.day(TUESDAY, walks=walks))
    assert found == {("A", "B1"): 921, ("B1", "B2"): 175, ("B2", "B1"): 175}


@pytest.mark.parametrize(
    ("rule", "way", "change"),
    [
        ("B1,B2,0,,,,,", 175, 120),  # recommended: as without a rule
        ("B1,B2,1,,,,,", 0, 120),  # the vehicle waits
        ("B1,B2,2,300,,,,", 300, 120),
        ("B1,B2,3,,,,,", None, 120),  # never
        ("B1,B1,2,60,,,,", 175, 60),
        ("B1,B1,3,,,,,", 175, -1),
        ("B,B,2,240,,,,", 240, 240),  # of the station: of each of its platforms, and between them
        ("B,B2,2,240,,,,", 240, 120),
    ],
)
def test_rules_for_changes_by_stop(tmp_path: Path, rule: str, way: int | None, change: int) -> None:
    timetable = read(tmp_path, feed({"transfers.txt": TRANSFERS + rule + "\n"}))
    day = timetable.day(TUESDAY)
    assert ways(timetable, day).get(("B1", "B2")) == way
    assert day.change[timetable.stops.index.get_loc("B1")] == change


def test_a_stops_own_rule_goes_before_that_of_its_station(tmp_path: Path) -> None:
    timetable = read(tmp_path, feed({"transfers.txt": TRANSFERS + "B1,B2,2,30,,,,\nB,B,2,240,,,,\n"}))
    assert ways(timetable, timetable.day(TUESDAY)) == {("B1", "B2"): 30, ("B2", "B1"): 240}


def test_rules_by_route_and_trip_split_a_stop_and_the_closest_one_holds(tmp_path: Path) -> None:
    rules = "B1,B2,2,500,,,,\nB1,B2,2,400,R,Q,,\nB1,B2,2,300,,,R1,\nB1,B2,3,,,,R1,Q1\n"
    timetable = read(tmp_path, feed({"transfers.txt": TRANSFERS + rules}))
    day = timetable.day(TUESDAY)
    found = ways(timetable, day)
    assert found["B1 R2", "B2 Q1"] == 400  # from route R to route Q
    assert ("B1 R1", "B2 Q1") not in found  # forbidden between these two trips
    assert found["B1 R1", "B2"] == 300  # from trip R1 to any other
    assert found["B1", "B2"] == 500
    assert found["B2 Q1", "B1 R1"] == 175  # the way back has no rule
    assert found["B1 R1", "B1 R2"] == 120  # a change at one stop, between its parts
    assert len(runs(timetable, day)) == 3


def test_pathways_are_the_ways_between_platforms_and_from_entrances(tmp_path: Path) -> None:
    stops = FEED["stops.txt"] + "E,Entrée,49.6005,3.2,2,B,\nN,Hall,49.6,3.2,3,B,\n"
    pathways = (
        "pathway_id,from_stop_id,to_stop_id,pathway_mode,is_bidirectional,length,traversal_time,stair_count\n"
        "1,E,N,1,1,80,,\n2,N,B1,2,1,,,20\n3,N,B2,5,0,,45,\n"
    )
    timetable = read(tmp_path, feed({"stops.txt": stops, "pathways.txt": pathways}))
    name = timetable.stops.index.to_numpy()
    found = {(name[a], name[b]): seconds for a, b, seconds in timetable.pathways.to_numpy().tolist()}
    # 80 m are 60 s, 20 steps of 0.3 m at 0.61 m/s are 10 s; the elevator goes one way only
    assert found == {("E", "B1"): 70, ("B1", "E"): 70, ("E", "B2"): 105, ("B1", "B2"): 55}
    assert ways(timetable, timetable.day(TUESDAY)) == {("B1", "B2"): 55 + 120}


def test_trips_of_the_day_before_go_on_after_midnight_and_the_next_morning_ends_an_evening(tmp_path: Path) -> None:
    times = RULES.replace("08:00:00", "23:50:00").replace("08:10:00,08:12:00", "24:00:00,24:02:00")
    times = times.replace("08:20:00", "24:10:00").replace("07:15:00", "03:50:00").replace("07:40:00", "04:20:00")
    timetable = read(tmp_path, feed({"stop_times.txt": times}))
    tuesday = runs(timetable, timetable.day(TUESDAY))
    assert [(name, departures[0]) for name, _, _, departures in tuesday] == [
        ("R2", -600),  # of Monday, 23:50
        ("Q1", 13_800),
        ("R1", 25_200),
        ("R2", 85_800),
        ("Q1", 86_400 + 13_800),  # of Wednesday, 3:50
    ]
    assert timetable.departures(TUESDAY).loc["B1"].to_dict()[0] == 1  # 0:02, of Monday's train
    friday = runs(timetable, timetable.day("2025-02-07"))
    assert [name for name, *_ in friday] == ["R2", "Q1", "R1", "R2"]  # nothing runs on Saturday


def test_noon_less_twelve_hours_is_the_midnight_of_a_timetable(tmp_path: Path) -> None:
    times = RULES.replace("08:00:00", "25:30:00").replace("08:10:00,08:12:00", "25:40:00,25:42:00")
    files = feed({"stop_times.txt": times.replace("08:20:00", "25:50:00")}, calendar=EVERY_DAY)
    timetable = read(tmp_path, files)
    # on 30 March 2025 clocks go from 2:00 to 3:00: Saturday's 25:30 is 1:30 by Sunday's clock before they change,
    # 2:30 after service midnight, which is then 23:00 on Saturday
    first = runs(timetable, timetable.day("2025-03-30"))[0]
    assert first[0] == "R2"
    assert first[3][0] == 25 * 3600 + 1800 - 23 * 3600
    assert runs(timetable, timetable.day("2025-03-29"))[0][3][0] == 3600 + 1800


def test_feeds_of_several_time_zones_are_brought_to_one_clock(tmp_path: Path) -> None:
    for name, zone in (("ter", "Europe/Paris"), ("uk", "Europe/London")):
        (tmp_path / f"{name}.zip").write_bytes(packed(feed(agency=("Europe/Paris", zone))))
    (tmp_path / "ter2.zip").write_bytes(packed(feed()))
    timetable = am.Timetable.from_gtfs([tmp_path / f"{name}.zip" for name in ("ter", "uk", "ter2")])
    assert timetable.timezone == "Europe/Paris"
    starts = {name: departures[0] for name, _, _, departures in runs(timetable, timetable.day(TUESDAY))}
    assert starts["ter:R1"] == starts["ter2:R1"] == 7 * 3600
    assert starts["uk:R1"] == 8 * 3600  # seven in London
    assert list(timetable.stops.index[[0, 5]]) == ["ter:A", "uk:A"]
    assert timetable.stops["parent"]["uk:B1"] == "uk:B"
    assert set(timetable.trips["route"]) <= set(timetable.routes.index)
    assert len(timetable.day(TUESDAY).walk_stop) == 6


def test_agencies_of_several_time_zones_in_one_feed_keep_their_own(tmp_path: Path) -> None:
    files = feed(
        agency=("Europe/Paris\n", "Europe/Paris\nuk,Rail,https://example.org,Europe/London\n"), routes=("Q,ter", "Q,uk")
    )
    timetable = read(tmp_path, files)
    starts = {name: departures[0] for name, _, _, departures in runs(timetable, timetable.day(TUESDAY))}
    assert starts == {"R1": 25_200, "R2": 28_800, "Q1": 26_100 + 3600}
    assert "2 time zones" in str(timetable.notes[0])
    timetable = read(tmp_path, files | {"routes.txt": FEED["routes.txt"].replace("Q,ter", "Q,")})
    assert "1 route of an agency that is not said" in str(timetable.notes[1])


def test_a_trip_that_overtakes_another_is_of_another_pattern(tmp_path: Path) -> None:
    times = RULES.replace("08:00:00", "07:05:00").replace("08:10:00,08:12:00", "07:09:00,07:09:00")
    timetable = read(tmp_path, feed({"stop_times.txt": times.replace("08:20:00", "07:15:00")}))
    day = timetable.day(TUESDAY)
    assert np.diff(day.trip_start).tolist() == [1, 1, 1]
    assert sorted(name for name, *_ in runs(timetable, day)) == ["Q1", "R1", "R2"]


def test_one_stays_seated_in_a_block_unless_a_rule_forbids_it(tmp_path: Path) -> None:
    trips = FEED["trips.txt"].replace("R2,Ceville,", "R2,Ceville,b").replace("Q1,Ceville,", "Q1,Ceville,b")
    times = RULES.replace("07:15:00,07:15:00,B2", "08:30:00,08:30:00,C").replace(
        "07:40:00,07:40:00,C", "08:50:00,08:50:00,B2"
    )
    files = feed({"trips.txt": trips, "stop_times.txt": times})
    timetable = read(tmp_path, files)
    assert seated(timetable, timetable.day(TUESDAY)) == {("R2", "Q1")}
    for rule, found in (
        (",,5,,,,R2,Q1", set()),
        (",,4,,,,R1,R2", {("R2", "Q1"), ("R1", "R2")}),
        (",,4,,,,R1,R2\n,,4,,,,R1,Q1", {("R2", "Q1"), ("R1", "R2"), ("R1", "Q1")}),  # and so R1 is there three times
        (",,4,,,,Q1,R1", {("R2", "Q1")}),  # it has left before the other comes in
    ):
        timetable = read(tmp_path, files | {"transfers.txt": TRANSFERS + rule + "\n"})
        assert seated(timetable, timetable.day(TUESDAY)) == found
    away = times.replace("08:30:00,08:30:00,C", "08:30:00,08:30:00,A")
    timetable = read(tmp_path, files | {"stop_times.txt": away})
    assert seated(timetable, timetable.day(TUESDAY)) == set()  # the vehicle has gone elsewhere, empty


def test_a_vehicle_that_parts_takes_its_riders_on_both_ways(tmp_path: Path) -> None:
    """R1 is at C at 7:20 and goes on to A as R2 and to B2 as Q1: from B1 each is one ride."""
    times = FEED["stop_times.txt"].splitlines(keepends=True)[:4]
    times += ["R2,07:25:00,07:25:00,C,1\nR2,07:45:00,07:45:00,A,2\n"]
    times += ["Q1,07:30:00,07:30:00,C,1\nQ1,07:50:00,07:50:00,B2,2\n"]
    rules = TRANSFERS.splitlines()[0] + "\n,,4,,,,R1,Q1\n,,4,,,,R1,R2\n"
    timetable = read(tmp_path, feed({"stop_times.txt": "".join(times), "transfers.txt": rules}))
    day = timetable.day(TUESDAY)
    assert seated(timetable, day) == {("R1", "Q1"), ("R1", "R2")}
    start, end = (
        StopLegs.at([list(timetable.stops.index).index(name) for name in names]) for names in (["B1"], ["A", "B2", "C"])
    )
    for swept in (False, True):
        found = Raptor(day, swept=swept).moments(start, end, np.array([7 * 3600]), rides=1)
        assert found.tolist() == [[[27_900, 28_200, 26_400]]]
    # Both trains are one again where they meet.
    again = rules.replace("R1,Q1\n,,4,,,,R1,R2", "R1,Q1\n,,4,,,,R2,Q1")
    both = read(tmp_path, feed({"stop_times.txt": "".join(times).replace("07:45", "07:29"), "transfers.txt": again}))
    assert seated(both, both.day(TUESDAY)) == {("R1", "Q1"), ("R2", "Q1")}


UNTIMED = """\
trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled
R1,07:00:00,07:00:00,A,1,{}
R1,,,B1,2,{}
R1,07:20:00,07:20:00,C,3,{}
"""
# From A to B1 straight, then to C by a way three times as long; it comes back to where it was.
SHAPE = """\
shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence
s,49.6,3.1,1
s,49.6,3.2,2
s,49.6,3.3,3
s,49.6,3.2,4
s,49.6,3.3,5
"""


@pytest.mark.parametrize(
    ("travelled", "shape", "minute", "way"),
    [
        (("0", "4", "10"), "", 8.0, "shape_dist_traveled 1"),
        (("0", "", "10"), SHAPE, 5.0, "shape 1"),  # a quarter of the way
        (("0", "9", "3"), "", 10.0, "straight 1"),  # distances that go back say nothing
        (("", "", ""), SHAPE.replace("49.6,3.2,", "49.7,3.2,"), 10.0, "straight 1"),  # 11 km off the line
    ],
)
def test_untimed_stops_lie_between_two_timed_ones_by_distance(tmp_path: Path, travelled, shape, minute, way) -> None:
    trips = "route_id,service_id,trip_id,shape_id\nR,week,R1,s\n"
    files = feed({"stop_times.txt": UNTIMED.format(*travelled), "trips.txt": trips, "shapes.txt": shape or None})
    timetable = read(tmp_path, files)
    assert timetable.calls["departure"].tolist() == [25_200, 25_200 + 60 * minute, 26_400]
    assert timetable.calls["how"].tolist() == ["given", "interpolated", "given"]
    note = timetable.notes[0]
    assert note.key == "gtfs_note_interpolated"
    assert way in note


def test_the_usual_tuesday_is_no_holiday_and_has_the_median_number_of_trips(tmp_path: Path) -> None:
    dates = "service_id,date,exception_type\n" + "".join(
        f"{service},{day},1\n"
        for day, services in {
            "20251104": ["a"],
            "20251111": ["a", "b", "c"],  # Armistice, a Tuesday
            "20251118": ["a", "b", "c"],
            "20251125": ["a", "b"],
            "20251101": ["a"],  # All Saints, a Saturday
            "20251108": ["a", "b"],
        }.items()
        for service in services
    )
    trips = FEED["trips.txt"].replace("week,R1", "a,R1").replace("week,R2", "b,R2").replace("week,Q1", "c,Q1")
    timetable = read(tmp_path, feed({"calendar.txt": None, "calendar_dates.txt": dates, "trips.txt": trips}))
    assert timetable.usual_day() == dt.date(2025, 11, 25)
    assert timetable.usual_day("saturday") == dt.date(2025, 11, 8)
    assert timetable.usual_day("holiday") == dt.date(2025, 11, 1)
    assert timetable.why_day().told("fr").startswith("25 novembre 2025, le mardi au nombre médian de courses (2")
    assert timetable.why_day("2025-11-18") == "18 November 2025, as asked (3 trips)"
    assert len(runs(timetable, timetable.day("holiday"))) == 1
    with pytest.raises(OptionError, match=r"no day of this kind \(Sunday\)"):
        timetable.usual_day("sunday")
    with pytest.raises(OptionError, match="nothing runs on 2025-11-05: choose a day from 2025-11-01 to 2025-11-25"):
        timetable.day("2025-11-05")
    for wrong in ("tuesdays", "05/11/2025", "2025-11-31"):
        with pytest.raises(OptionError, match="is no date"):
            timetable.day(wrong)


def test_feeds_of_different_periods_have_no_usual_day(tmp_path: Path) -> None:
    (tmp_path / "old.zip").write_bytes(packed(feed(calendar=("20250101,20250331", "20240101,20240331"))))
    (tmp_path / "new.zip").write_bytes(packed(feed()))
    timetable = am.Timetable.from_gtfs({"old": tmp_path / "old.zip", "new": tmp_path / "new.zip"})
    with pytest.raises(OptionError, match=r"old 2024-01-01 – 2024-03-29, new 2025-01-01 – 2025-03-31"):
        timetable.day()
    assert len(runs(timetable, timetable.day(TUESDAY))) == 3
    shown = Markup(timetable._repr_html_()).striptags()
    assert "aucun jour de ce type (mardi) où tous les horaires soient complets" in shown
    assert "ce jour-là" not in shown
    assert "3 ce jour-là, sur 3" in Markup(timetable.card(date=TUESDAY)).striptags()


def test_paths_are_named_once_and_there_is_one(tmp_path: Path) -> None:
    for paths, said in (
        ([], "no path"),
        ({"a:b": tmp_path}, "'a:b'"),
        ([tmp_path / "a.zip", tmp_path / "b" / "a.zip"], "'a'"),
    ):
        with pytest.raises(OptionError, match=said):
            am.Timetable.from_gtfs(paths)
    with pytest.raises(SourceError, match=r"nowhere\.zip cannot be opened"):
        am.Timetable.from_gtfs(tmp_path / "nowhere.zip")
    (tmp_path / "stops.txt").write_text(FEED["stops.txt"])
    with pytest.raises(SourceError, match="trips.txt: the file is missing"):
        am.Timetable.from_gtfs(tmp_path)


def test_a_saved_timetable_is_read_as_it_was(tmp_path: Path) -> None:
    stop_times = RULES.replace("07:10:00,07:12:00", ",")
    timetable = read(tmp_path, feed({"stop_times.txt": stop_times, "transfers.txt": TRANSFERS + "B1,B2,2,300,,,R1,\n"}))
    again = am.Timetable.load(timetable.save(tmp_path / "a.timetable"))
    for name in ("stops", "routes", "trips", "calls", "transfers", "pathways", "periods"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(timetable, name))
    assert again.provenance == timetable.provenance
    assert again.provenance.sources[0].licence == "ODbL"
    assert [note.told("fr") for note in again.notes] == [note.told("fr") for note in timetable.notes]
    days = [each.day(TUESDAY) for each in (timetable, again, pickle.loads(pickle.dumps(again)))]
    for name, values in vars(days[0]).items():
        assert all(np.array_equal(values, getattr(day, name)) for day in days), name
    with pytest.raises(SourceError, match="not a timetable saved by accessmap"):
        am.Timetable.load(tmp_path / "toy.zip")


def test_departures_and_card_of_a_territory(tmp_path: Path) -> None:
    timetable = read(tmp_path, feed())
    assert timetable.departures(TUESDAY).sum(axis=1).to_dict() == {"A": 2, "B1": 2, "B2": 1}
    assert timetable.departures(TUESDAY, within=(3.15, 49, 3.25, 50)).loc["B1", [6, 7, 8]].tolist() == [0, 1, 1]
    text = Markup(timetable.card((3.15, 49, 3.25, 50), lang="en")).striptags()
    assert "toy: 1 January 2025 to 31 March 2025 (90 days)" in text
    assert "2 served that day, of 4 in the whole timetable" in text
    assert "3 that day, of 3 in the whole timetable" in text
    assert "Stops in the territory" in text
    assert timetable._repr_html_() == timetable.card()
    assert repr(timetable).startswith("<Timetable: 5 stops, 2 routes, 3 trips; 2025-01-01 – 2025-03-31;")


def test_the_hops_of_a_run_that_cannot_be_are_said(tmp_path: Path) -> None:
    timetable = read(tmp_path, feed(stop_times=("07:20:00,07:20:00,C", "07:12:00,07:12:00,C")))
    assert [note.key for note in timetable.notes] == ["gtfs_note_too_quick"]
    assert "432 km/h" in timetable.notes[0]


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.permutations(["A", "B1", "C"]),
            st.integers(0, 40),
            st.lists(st.integers(0, 9), min_size=4, max_size=4),
            st.integers(1, 3),
        ),
        min_size=1,
        max_size=8,
    )
)
def test_a_day_holds_every_run_once_and_no_pattern_is_overtaken(tmp_path_factory, drawn) -> None:
    trips, times, wanted = (
        ["route_id,service_id,trip_id"],
        ["trip_id,arrival_time,departure_time,stop_id,stop_sequence"],
        [],
    )
    for number, (stops, start, gaps, every) in enumerate(drawn):
        clock = [start]
        for gap in gaps:
            clock.append(clock[-1] + gap)
        arrivals, departures = [clock[0], clock[1], clock[3]], [clock[0], clock[2], clock[4]]
        trips.append(f"R,week,t{number}")
        for turn, (stop, arrival, departure) in enumerate(zip(stops, arrivals, departures, strict=True)):
            told = (f"{each // 60 + 7:02}:{each % 60:02}:00" for each in (arrival, departure))
            times.append(",".join([f"t{number}", *told, stop, str(turn * every)]))
        wanted.append(
            (f"t{number}", tuple(stops), *(tuple(25_200 + 60 * m for m in each) for each in (arrivals, departures)))
        )
    files = feed({"trips.txt": "\n".join(trips), "stop_times.txt": "\n".join(times)})
    timetable = read(tmp_path_factory.mktemp("feed"), files)
    day = timetable.day(TUESDAY)
    found = Counter((name, *(tuple(each) for each in rest)) for name, *rest in runs(timetable, day))
    assert found == Counter(wanted)
    for pattern in range(len(day.pattern_start) - 1):
        shape = np.diff(day.trip_start)[pattern], np.diff(day.pattern_start)[pattern]
        here = slice(day.time_start[pattern], day.time_start[pattern + 1])
        for column in (day.arrival, day.departure):
            assert (np.diff(column[here].reshape(shape), axis=0) >= 0).all()
