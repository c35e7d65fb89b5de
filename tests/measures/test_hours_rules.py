"""OSM opening_hours read minute by minute: what is sure, what is not, and what the parser alone gets wrong."""

import datetime as dt

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from opening_hours import OpeningHours, State, validate

from accessmap import hours
from accessmap.measures.hours.rules import minutes_open
from accessmap.measures.hours.spans import ORDINARY_WEEK, WEEK_MINUTES

quick = settings(max_examples=80, deadline=None)
DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
SUMMER = dt.date(2026, 7, 20)  # school holidays, no public holiday
BASTILLE = dt.date(2026, 7, 13)  # the 14th is a Tuesday
CHAUNY = shapely.Point(3.21, 49.61)


def table(*given_, place=None):
    frame = pd.DataFrame({"hours": list(given_)}, index=list("abcdefgh"[: len(given_)]))
    return frame if place is None else gpd.GeoDataFrame(frame, geometry=[place] * len(frame), crs=4326)


def told(minutes):
    """Minutes as "Mo 09:00-12:00", a list."""
    edges = np.flatnonzero(np.diff(minutes, prepend=False, append=False))
    clock = "{0} {1:02}:{2:02}".format
    said = []
    for start, end in zip(edges[::2], edges[1::2], strict=True):
        first, last = (clock(DAYS[at // 1440 % 7], at % 1440 // 60, at % 60) for at in (int(start), int(end)))
        said.append(f"{first}-{last[3:] if last[:2] == first[:2] else last}")
    return said


def week(text, monday=ORDINARY_WEEK):
    known = False if monday == ORDINARY_WEEK else None
    sure, maybe = minutes_open(text, monday, WEEK_MINUTES, school_holidays=known)
    return told(sure), told(maybe & ~sure)


# a rule after || only fills what is closed


def test_fallback_fills_what_is_closed_and_loses_no_day():
    both = table('Mo-Fr 09:00-12:00,13:30-17:30 || "sur rendez-vous"', "Mo-Fr 09:00-12:00,13:30-17:30")
    found = hours.meets_france_services_hours(both)
    assert found["hours"].tolist() == [35.0, 35.0]
    assert found["days"].tolist() == [5, 5]
    assert found["meets"].tolist() == [True, True]
    assert hours.open_when(both, "Fr 10:00-11:00").tolist() == [True, True]
    assert hours.open_when(both, "saturday_morning").tolist() == [pd.NA, False]


@pytest.mark.parametrize(
    ("text", "sure", "unsure"),
    [
        ("Mo 09:00-12:00 || Mo 08:00-18:00", ["Mo 08:00-18:00"], []),
        ("Mo unknown || Mo 09:00-12:00", ["Mo 09:00-12:00"], ["Mo 00:00-09:00", "Mo 12:00-Tu 00:00"]),
        ("Mo 09:00-10:00 || off", ["Mo 09:00-10:00"], []),
        (
            "Mo 09:00-10:00 || Tu 09:00-10:00, We 09:00-10:00",
            ["Mo 09:00-10:00", "Tu 09:00-10:00", "We 09:00-10:00"],
            [],
        ),
        ("Mo 09:00-10:00 || Mo 10:00-11:00; Mo off", [], []),
        ('Mo 09:00-10:00 "a || b; c"', [], ["Mo 09:00-10:00"]),
    ],
)
def test_fallbacks_by_hand(text, sure, unsure):
    assert week(text) == (sure, unsure)


# what nobody can know


@pytest.mark.parametrize(
    ("text", "sure", "unsure"),
    [
        ("Mo 09:00+", [], ["Mo 09:00-Tu 00:00"]),
        ("Mo 09:00-12:00+", ["Mo 09:00-12:00"], ["Mo 12:00-Tu 00:00"]),
        ("Mo 18:00+; Tu 09:00-10:00", ["Tu 09:00-10:00"], ["Mo 18:00-Tu 04:00"]),
        ("Mo 22:30+", [], ["Mo 22:30-Tu 06:30"]),
        ("Mo 10:00+,18:00-20:00", ["Mo 18:00-20:00"], ["Mo 10:00-18:00", "Mo 20:00-Tu 00:00"]),
        ("Mo 09:00-17:00; Mo 12:00+ off", ["Mo 09:00-12:00"], ["Mo 12:00-17:00"]),
        ("Mo 10:00-16:00/02:00", [], ["Mo 10:00-16:00"]),
        ('Mo 09:00-12:00 open "par la cour"', ["Mo 09:00-12:00"], []),
        ('Mo 09:00-12:00 off "travaux"', [], []),
        ('Mo-Tu 09:00-12:00; Tu "sur rendez-vous"', ["Mo 09:00-12:00"], ["Tu 00:00-We 00:00"]),
        ("Mo 09:00-17:00, Mo 12:00-13:00 unknown", ["Mo 09:00-12:00", "Mo 13:00-17:00"], ["Mo 12:00-13:00"]),
    ],
)
def test_open_ends_comments_and_intervals_are_not_sure(text, sure, unsure):
    assert week(text) == (sure, unsure)


def test_open_end_has_no_closing_time():
    late = table("Mo-Fr 09:00+")
    for when in ("Mo 22:30-23:30", "Mo 09:00-09:30", "Mo 10:00-11:00"):
        assert hours.open_when(late, when).tolist() == [pd.NA]
    assert hours.open_when(late, "Mo 08:00-09:00").tolist() == [False]


def test_school_holidays_are_unknown_save_in_the_ordinary_week_which_has_none():
    both = table("Mo-Fr 09:00-12:00; SH off", "SH Mo-Fr 09:00-12:00", "Mo-Fr,SH 09:00-12:00", "PH,SH off")
    assert hours.open_when(both, "We 10:00-11:00", week="2026-07-22").tolist() == [pd.NA, pd.NA, True, False]
    assert hours.open_when(both, "Sa 10:00-11:00", week="2026-07-22").tolist() == [False, False, pd.NA, False]
    assert hours.open_when(both, "We 10:00-11:00").tolist() == [True, False, True, False]


def test_school_holidays_in_a_comment_are_words():
    assert week('Mo 09:00-12:00 open "SH, sunrise"', SUMMER) == (["Mo 09:00-12:00"], [])


def test_sun_is_that_of_the_place():
    sun = table("sunrise-sunset", place=CHAUNY)
    assert hours.open_when(sun, "Mo 06:00-06:40").tolist() == [True]
    assert hours.open_when(sun, "Mo 20:10-20:50").tolist() == [True]
    assert hours.open_when(sun, "Mo 04:30-05:30").tolist() == [False]
    assert hours.open_when(sun.to_crs(2154), "Mo 20:10-20:50").tolist() == [True]
    winter = {"week": "2026-12-21"}
    assert hours.open_when(sun, "Mo 07:00-08:15", **winter).tolist() == [False]
    assert hours.open_when(sun, "Mo 09:00-16:00", **winter).tolist() == [True]
    reunion = table("sunrise-sunset", place=shapely.Point(55.5, -21.1))  # on its own clock
    assert hours.open_when(reunion, "Mo 07:00-17:00").tolist() == [True]
    assert hours.open_when(reunion, "Mo 18:30-20:00").tolist() == [False]


def test_sun_without_a_place_is_sure_only_where_it_shines_on_all_of_france():
    sun = table("sunrise-sunset", "(sunrise+01:00)-12:00")
    assert hours.open_when(sun, "Mo 09:00-11:00").tolist() == [True, True]
    assert hours.open_when(sun, "Mo 20:10-20:50").tolist() == [pd.NA, False]
    assert hours.open_when(sun, "Mo 01:00-03:00").tolist() == [False, False]


# what is said of days


@pytest.mark.parametrize(
    ("monday", "text", "sure"),
    [
        (BASTILLE, "Mo-We 09:00-10:00; PH off", ["Mo 09:00-10:00", "We 09:00-10:00"]),
        (BASTILLE, "24/7; PH off", ["Mo 00:00-Tu 00:00", "We 00:00-Mo 00:00"]),
        (BASTILLE, "PH Mo-Fr 10:00-11:00", ["Tu 10:00-11:00"]),  # those that fall on such days, not both
        (BASTILLE, "PH Sa,Su 10:00-11:00", []),
        (BASTILLE, "PH,Sa 10:00-11:00", ["Tu 10:00-11:00", "Sa 10:00-11:00"]),
        (BASTILLE, "PH -1 day 10:00-11:00", ["Mo 10:00-11:00"]),
        (BASTILLE, "Jul 14 10:00-11:00", ["Tu 10:00-11:00"]),
        (BASTILLE, "Jun-Aug We 10:00-11:00; Sep-May We 14:00-15:00", ["We 10:00-11:00"]),
        (BASTILLE, "Nov-Feb We 10:00-11:00", []),
        (dt.date(2026, 12, 28), "Nov-Feb We 10:00-11:00", ["We 10:00-11:00"]),
        (dt.date(2026, 12, 28), "Mo-Fr 10:00-11:00; Dec 24-Jan 1 off", []),
        (dt.date(2026, 12, 28), "2026 Mo-Fr 10:00-11:00", [f"{d} 10:00-11:00" for d in ("Mo", "Tu", "We", "Th")]),
        (dt.date(2026, 4, 6), "easter +1 day 10:00-11:00", ["Mo 10:00-11:00"]),
        (
            dt.date(2026, 3, 30),
            "Mo-Su 10:00-11:00; easter -2 days off",
            [f"{d} 10:00-11:00" for d in DAYS if d != "Fr"],
        ),
        (ORDINARY_WEEK, "week 1-53/2 Mo 10:00-11:00", []),  # week 24
        (ORDINARY_WEEK, "week 2-53/2 Mo 10:00-11:00", ["Mo 10:00-11:00"]),
        (ORDINARY_WEEK, "Mo[1] 10:00-11:00; Tu[2] 10:00-11:00; We[-1] 10:00-11:00", ["Tu 10:00-11:00"]),
        (ORDINARY_WEEK, "Mo[1,2] 10:00-11:00, Sa[2] 09:00-10:00", ["Mo 10:00-11:00", "Sa 09:00-10:00"]),
        (ORDINARY_WEEK, "Sa,Su 10:00-11:00", ["Sa 10:00-11:00", "Su 10:00-11:00"]),
        (ORDINARY_WEEK, "Sa-Mo 10:00-11:00", ["Mo 10:00-11:00", "Sa 10:00-11:00", "Su 10:00-11:00"]),
        (ORDINARY_WEEK, "Mo, We 10:00-11:00", ["Mo 10:00-11:00", "We 10:00-11:00"]),
        (ORDINARY_WEEK, "Mo 09:00-18:00; 12:00-14:00 off", ["Mo 09:00-12:00", "Mo 14:00-18:00"]),
        (ORDINARY_WEEK, "Su 22:00-02:00", ["Mo 00:00-02:00", "Su 22:00-Mo 00:00"]),
        (ORDINARY_WEEK, "Mo 22:00-26:00; Tu 09:00-10:00", ["Mo 22:00-Tu 02:00", "Tu 09:00-10:00"]),
        (ORDINARY_WEEK, "Sa 22:00-02:00; Su off", ["Sa 22:00-Su 02:00"]),
        (ORDINARY_WEEK, "off", []),
        (ORDINARY_WEEK, 'closed "pour travaux"', []),
    ],
)
def test_days_by_hand(monday, text, sure):
    assert week(text, monday) == (sure, [])


def test_closed_all_week_is_closed_and_not_unknown():
    assert hours.open_when(table("off", "closed", None), "saturday_morning").tolist() == [False, False, pd.NA]


selectors = st.sampled_from(
    [
        "",
        "Mo-Fr",
        "Sa,Su",
        "Fr-Mo",
        "PH",
        "PH,Su",
        "Jun-Aug",
        "Nov-Feb Mo",
        "week 1-53/2 Tu",
        "Mo[2]",
        "Jul 14",
        "easter",
    ]
)
clocks = st.tuples(st.integers(0, 19), st.integers(1, 4), st.sampled_from(["00", "30"])).map(
    lambda c: f"{c[0]:02}:{c[2]}-{c[0] + c[1]:02}:45"
)
rules = st.tuples(selectors, clocks, st.sampled_from(["", "", " off", " unknown"])).map(
    lambda parts: f"{parts[0]} {parts[1]}{parts[2]}".strip()
)


@quick
@given(
    st.lists(rules, min_size=1, max_size=4),
    st.lists(st.sampled_from(["; ", ", "]), min_size=3, max_size=3),
    st.sampled_from([ORDINARY_WEEK, BASTILLE, dt.date(2026, 4, 6), dt.date(2026, 12, 28)]),
)
def test_plain_rules_are_read_as_the_parser_reads_them(parts, joins, monday):
    text = parts[0] + "".join(join + part for join, part in zip(joins, parts[1:], strict=False))
    assert validate(text)
    sure, maybe = np.zeros(WEEK_MINUTES, dtype=bool), np.zeros(WEEK_MINUTES, dtype=bool)
    first = dt.datetime.combine(monday, dt.time())
    for start, end, state, _ in OpeningHours(text, country="FR").intervals(first, first + dt.timedelta(days=7)):
        part = slice(*(int((at - first).total_seconds()) // 60 for at in (start, end)))
        sure[part] |= state == State.OPEN
        maybe[part] |= state != State.CLOSED
    found = minutes_open(text, monday, WEEK_MINUTES)
    assert (found[0] == sure).all()
    assert (found[1] == maybe).all()


@quick
@given(st.lists(rules, min_size=1, max_size=3).map("; ".join), rules)
def test_a_fallback_never_closes_anything(text, fallback):
    before = minutes_open(text, ORDINARY_WEEK, WEEK_MINUTES)
    after = minutes_open(f"{text} || {fallback}", ORDINARY_WEEK, WEEK_MINUTES)
    for was, now in zip(before, after, strict=True):
        assert (now >= was).all()
