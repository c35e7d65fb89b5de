"""There and back on one day: three stations in a row, and a slow search over every minute."""

import math

import numpy as np
import pandas as pd
import pytest
from toy_feeds import TUESDAY, feed, read
from toy_streets import residents, services, streets

import accessmap as am
from accessmap.errors import NetworkError, OptionError

BACKWARD = """\
R3,10:00:00,10:00:00,C,1
R3,10:08:00,10:10:00,B1,2
R3,10:20:00,10:20:00,A,3
R4,12:00:00,12:00:00,C,1
R4,12:08:00,12:10:00,B1,2
R4,12:20:00,12:20:00,A,3
"""
# Trains leave A at 7:00 and 8:00, C at 10:00 and 12:00; all take 20 minutes from end to end.
BACK = {
    "trips": ("R,week,R2,Ceville,,\n", "R,week,R2,Ceville,,\nR,week,R3,Aville,,\nR,week,R4,Aville,,\n"),
    "stop_times": ("Q1,07:15", f"{BACKWARD}Q1,07:15"),
}


@pytest.fixture(scope="module")
def journeys(tmp_path_factory):
    return read(tmp_path_factory.mktemp("feed"), feed(**BACK)).journeys(streets(1.0), date=TUESDAY)


def clock(minutes: float) -> str:
    return f"{int(minutes) // 60}:{int(minutes) % 60:02}"


def soonest(trips) -> np.ndarray:
    """Return the minute of arrival (origins, departures, destinations), with rides or without."""
    rides = trips.arrivals().astype(float) / 60
    on_foot = trips.moments[None, :, None] / 60 + trips.on_foot()[:, None, :]
    return np.fmin(rides, on_foot)


def day(journeys, home, sites, hours, **options):
    table = services(sites).assign(hours=pd.array(hours, dtype="string"))
    return am.round_trips(residents([home]), table, journeys, **{"between": ("06:00", "18:00"), **options}).iloc[0]


def test_the_day_is_written_out(journeys):
    """Ten minutes to A and five from C: the office opens at 9, so the train of 10:00 back is missed."""
    found = day(journeys, -10, [205], ["Tu 09:00-12:00"])
    told = [clock(found[name]) for name in ("leaves", "arrives", "served", "returns", "home")]
    assert told == ["7:50", "8:25", "9:00", "10:00", "12:30"]
    assert (found["service_id"], found["away"], found["lost"], found["ways"]) == ("site 205", 280, 220, 2)
    assert (clock(found["earliest_home"]), found["sure"]) == ("12:30", True)


def test_the_train_of_ten_is_caught_where_the_office_opens_earlier(journeys):
    found = day(journeys, -10, [205], ["Mo-Fr 08:00-12:00"])
    assert [clock(found[name]) for name in ("served", "returns", "home")] == ["8:25", "9:25", "10:30"]
    assert (found["away"], found["lost"]) == (160, 100)


@pytest.mark.parametrize(
    ("hours", "options"),
    [
        ("Sa 09:00-12:00", {}),
        ("Tu 09:00-09:45", {}),
        ("Tu 07:00-08:00", {}),
        ("Tu 09:00-12:00", {"between": ("06:00", "12:29")}),
        ("Tu 08:00-12:00", {"between": ("07:51", "18:00")}),
        ("Tu 08:00-18:00", {"stay": 300}),
    ],
)
def test_there_is_no_day_for_it(journeys, hours, options):
    found = day(journeys, -10, [205], [hours], **options)
    assert pd.isna(found["service_id"])
    assert math.isnan(found["away"])
    assert (found["ways"], found["sure"]) == (0, False)


def test_hours_that_nobody_knows_may_do_and_are_not_sure(journeys):
    found = day(journeys, -10, [205], [pd.NA])
    assert (clock(found["served"]), found["sure"]) == ("8:25", False)
    both = day(journeys, -10, [205, 206], [pd.NA, "Tu 09:00-12:00"])
    assert (both["service_id"], both["sure"]) == ("site 205", True)


def test_who_needs_no_ride_loses_the_way_alone(journeys):
    found = day(journeys, 200, [205], ["Tu 09:00-12:00"])
    assert (found["away"], found["lost"], found["ways"]) == (70, 10, 1)


def test_the_shortest_day_is_that_of_a_search_over_every_minute(journeys):
    homes, sites = residents([-10, 3, 98, 150]), services([5, 120, 205])
    sites = sites.assign(hours=pd.array(["Tu 09:00-12:00", "Tu 07:00-08:30,10:00-11:00", pd.NA], dtype="string"))
    spans = [[(540, 720)], [(420, 510), (600, 660)], [(0, 1440)]]
    begin, end, stay = 390, 740, 30
    found = am.round_trips(homes, sites, journeys, stay=stay, between=("06:30", "12:20"))
    window = ("06:30", "12:20")
    there = journeys.trips(homes.geometry, sites.geometry, depart=window)
    back = journeys.trips(sites.geometry, homes.geometry, homeward=True, depart=window)
    arrives, home = (soonest(each) for each in (there, back))
    for number, row in enumerate(found.itertuples()):
        shortest = np.inf
        for site in range(3):
            for minute in range(begin, end):
                for opens, closes in spans[site]:
                    served = max(arrives[number, minute - begin, site], opens)
                    if served + stay <= closes:
                        leaves = math.ceil(served + stay)
                        back = home[site, leaves - begin, number] if leaves < end else np.inf
                        if back <= end:
                            shortest = min(shortest, back - minute)
                        break
        assert row.away == pytest.approx(shortest, abs=0.02) if np.isfinite(shortest) else math.isnan(row.away)
    assert found["away"].notna().sum() >= 3


def test_bad_options_are_refused(journeys):
    for wrong, kind in (({"stay": -1}, OptionError), ({"between": ("18:00", "08:00")}, OptionError)):
        with pytest.raises(kind):
            day(journeys, -10, [205], ["Tu 09:00-12:00"], **wrong)
    with pytest.raises(NetworkError, match="round_trips"):
        am.round_trips(residents([0]), services([1]), streets(1.0))
