"""Lines added, cut, moved and made regular: the calls of the day are what was asked, and all else stays as it was."""

import numpy as np
import pandas as pd
import pytest

import accessmap as am
from accessmap.errors import OptionError
from accessmap.roads.transit.building import calls_of

DAY = "2025-02-04"  # a Tuesday


@pytest.fixture(scope="module")
def today(tmp_path_factory):
    folder = tmp_path_factory.mktemp("feed")
    texts = {
        "agency.txt": "agency_name,agency_url,agency_timezone\nA,https://example.org,Europe/Paris",
        "stops.txt": "stop_id,stop_name,stop_lat,stop_lon,location_type,parent_station\nG,Chauny,49.61,3.22,1,\n"
        "C,Chauny,49.61,3.22,0,G\nC2,Chauny,49.61,3.22,0,G\nT,Tergnier,49.65,3.30,0,\nL,Laon,49.57,3.62,0,",
        "routes.txt": "route_id,route_short_name,route_type\nR1,K12,2\nR2,K13,2\nR3,bus,3\nR4,bus,3",
        "trips.txt": "route_id,service_id,trip_id,direction_id\nR1,S,a,0\nR1,S,b,0\nR1,W,c,1\nR2,S,d,0",
        "stop_times.txt": "trip_id,arrival_time,departure_time,stop_id,stop_sequence\n"
        "a,7:00:00,7:00:00,C,1\na,7:10:00,7:12:00,T,2\na,7:40:00,7:40:00,L,3\n"
        "b,9:00:00,9:00:00,C,1\nb,9:10:00,9:12:00,T,2\nb,9:44:00,9:44:00,L,3\n"
        "c,18:00:00,18:00:00,L,1\nc,18:30:00,18:30:00,C,2\nd,8:00:00,8:00:00,T,1\nd,8:20:00,8:20:00,L,2",
        "calendar.txt": "service_id,monday,tuesday,wednesday,thursday,friday,saturday,sunday,start_date,end_date\n"
        "S,1,1,1,1,1,0,0,20250203,20250214\nW,0,1,0,0,0,1,0,20250203,20250214",
    }
    for name, text in texts.items():
        (folder / name).write_text(text)
    return am.Timetable.from_gtfs(folder)


def runs(timetable, day=DAY):
    """Write out what runs: line, then time and stop of each call."""
    running = timetable.running(day)
    calls = calls_of(timetable, running)
    stops = timetable.stops.index.to_numpy()[timetable.calls["stop"].to_numpy()[calls.row]]
    told = []
    for number, trip in enumerate(running.trip):
        here = slice(calls.start[number], calls.start[number + 1])
        clock = [
            f"{at // 3600}:{at % 3600 // 60:02} {stop}"
            for at, stop in zip(calls.departure[here], stops[here], strict=True)
        ]
        told.append((timetable.trips["route"].iloc[trip], *clock))
    return sorted(told)


TODAY = [
    ("R1", "18:00 L", "18:30 C"),
    ("R1", "7:00 C", "7:12 T", "7:40 L"),
    ("R1", "9:00 C", "9:12 T", "9:44 L"),
    ("R2", "8:00 T", "8:20 L"),
]


def test_a_line_more_runs_both_ways_on_its_days(today):
    more = am.lines.add(
        today, "Navette", ["Chauny", "L"], minutes=[0, 25], departures=["06:50", "12:00"], days=["tuesday"]
    )
    new = [("Navette", "12:00 C", "12:25 L"), ("Navette", "12:00 L", "12:25 C")]
    new += [("Navette", "6:50 C", "7:15 L"), ("Navette", "6:50 L", "7:15 C")]
    assert runs(today) == TODAY
    assert runs(more) == sorted(TODAY + new)
    assert [run for run in runs(more, "2025-02-05") if run[0] == "Navette"] == []
    assert more.notes[-1].told("fr") == "Scénario\u00a0: ligne «\u00a0Navette\u00a0» ajoutée, 4 courses par jour"
    assert len(today.trips) == 4
    assert len(more.day(DAY).trip_row) == 8


def test_a_new_stop_can_be_served_and_saved(today, tmp_path):
    place = am.lines.add_stop(today, "B", "Blérancourt", lon=3.15, lat=49.51)
    line = am.lines.add(place, "X", ["B", "C"], minutes=[0, 20], every=60, between=("07:00", "09:00"), both_ways=False)
    assert [run for run in runs(line) if run[0] == "X"] == [("X", "7:00 B", "7:20 C"), ("X", "8:00 B", "8:20 C")]
    back = am.Timetable.load(line.save(tmp_path / "plan.zip"))
    assert runs(back) == runs(line)
    pd.testing.assert_frame_equal(back.stops[["lon", "lat"]], line.stops[["lon", "lat"]])
    assert line.stops.loc["B"].geometry.distance(line.stops.loc["C"].geometry) == pytest.approx(12_218, abs=15)


def test_a_line_is_cut_whole_or_for_some_hours(today):
    assert runs(am.lines.cut(today, "K12")) == [TODAY[3]]
    assert runs(am.lines.cut(today, "R1", between=("07:00", "09:00"))) == [TODAY[0], TODAY[2], TODAY[3]]
    cut = am.lines.cut(today, "R1")
    np.testing.assert_array_equal(cut.first_call, [0, 2])
    assert cut.day(DAY).trip_row.tolist() == [0]


def test_a_line_is_moved(today):
    moved = am.lines.shift(today, "K12", -5, between=("00:00", "12:00"))
    assert runs(moved) == sorted(
        [TODAY[0], TODAY[3], ("R1", "6:55 C", "7:07 T", "7:35 L"), ("R1", "8:55 C", "9:07 T", "9:39 L")]
    )
    assert runs(am.lines.shift(moved, "K12", 5, between=("00:00", "12:00"))) == TODAY
    with pytest.raises(OptionError, match="the day before"):
        am.lines.shift(today, "K12", -24 * 60)


def test_a_line_at_a_fixed_interval_runs_when_it_ran(today):
    """The trip of 7:00 is replaced by three of its own 40 minutes; c ran on Saturdays too, and so do they."""
    often = am.lines.interval(today, "K12", 30, between=("07:00", "08:30"))
    new = [
        ("R1", "7:00 C", "7:12 T", "7:40 L"),
        ("R1", "7:30 C", "7:42 T", "8:10 L"),
        ("R1", "8:00 C", "8:12 T", "8:40 L"),
    ]
    assert runs(often) == sorted([TODAY[0], TODAY[2], TODAY[3], *new])
    assert len([run for run in runs(often, "2025-02-08") if run[0] == "R1"]) == 4  # Saturday: the three, and c
    assert often.dates["trips"].loc["2025-02-04"] == today.dates["trips"].loc["2025-02-04"] + 2


def test_what_cannot_be_is_one_clear_error(today):
    add, stops = am.lines.add, ["C", "L"]
    for wrong, said in [
        (lambda: add(today, "R1", stops, minutes=[0, 9], every=60), "there is one of that name"),
        (lambda: add(today, "X", ["C", "Lan"], minutes=[0, 9], every=60), "no stop 'Lan'.*Laon"),
        (lambda: add(today, "X", ["C"], minutes=[0], every=60), "two stops at least"),
        (lambda: add(today, "X", stops, minutes=[0, 0], every=60), "2 are needed, rising from 0"),
        (lambda: add(today, "X", stops, minutes=[0, 9]), "either departures= or every="),
        (lambda: add(today, "X", stops, minutes=[0, 9], every=0), "every is 0"),
        (lambda: add(today, "X", stops, minutes=[0, 9], departures=["7h10"]), "'7h10' is no time"),
        (lambda: add(today, "X", stops, minutes=[0, 9], every=60, days=["lundi"]), "'lundi' is no weekday"),
        (lambda: add(today, "X", stops, minutes=[0, 9], every=60, mode="velo"), "unknown mode 'velo'"),
        (lambda: am.lines.cut(today, "K21"), "no line 'K21'"),
        (lambda: am.lines.cut(today, "bus"), "2 lines are called 'bus': R3, R4"),
        (lambda: am.lines.cut(today, "K12", between=("10:00", "11:00")), "no trip sets out"),
        (lambda: am.lines.interval(today, "K12", 30, between=("08:30", "07:00")), "no span of the day"),
        (lambda: am.lines.shift(today, "K12", float("nan")), "minutes is nan"),
        (lambda: am.lines.add_stop(today, "C", "Chauny", lon=3, lat=49), "there is one of that id"),
        (lambda: am.lines.add_stop(today, "N", "Nulle part", lon=49.6, lat=323), "is no place"),
    ]:
        with pytest.raises(OptionError, match=said):
            wrong()
