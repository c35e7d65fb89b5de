"""French timetables of the public directory become opening_hours strings that mean the same."""

import datetime as dt
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opening_hours import OpeningHours

from accessmap.errors import SourceError
from accessmap.measures.hours.rules import minutes_open
from accessmap.read.opening_hours import DAYS, osm_opening_hours, parse_timetable

MONDAY = dt.datetime(2026, 6, 8)  # a week without public holiday
MORNING = ["09:00:00", "12:00:00"]

minutes = st.integers(0, 24 * 60 - 1)
spans = st.lists(st.tuples(minutes, minutes).map(sorted).filter(lambda span: span[0] < span[1]).map(tuple), max_size=3)
entries = st.lists(st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS), spans), max_size=5)


def clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}:00"


@pytest.mark.parametrize(
    ("timetable", "expected"),
    [
        ([], ""),
        ("", ""),
        ([["lundi", "lundi", []]], ""),
        ([["lundi", "vendredi", [MORNING, ["14:00:00", "17:00:00"]]]], "Mo-Fr 09:00-12:00,14:00-17:00; PH off"),
        ([["lundi", "lundi", [MORNING]], ["mercredi", "mercredi", [MORNING]]], "Mo,We 09:00-12:00; PH off"),
        ([["vendredi", "lundi", [MORNING]]], "Mo,Fr-Su 09:00-12:00; PH off"),
        ([["lundi", "dimanche", [["00:00:00", "24:00:00"]]]], "Mo-Su 00:00-24:00; PH off"),
        ([["lundi", "lundi", [["18:00:00", "00:00:00"]]]], "Mo 18:00-24:00; PH off"),
        ([["lundi", "lundi", [["14:00", "17:00"], ["9:00", "14:00"]]]], "Mo 09:00-17:00; PH off"),
    ],
)
def test_timetable_is_written_in_the_shortest_days_and_spans(timetable, expected):
    assert osm_opening_hours(timetable) == expected


def test_json_text_and_lists_are_the_same():
    table = [["mardi", "samedi", [MORNING]]]
    assert osm_opening_hours(json.dumps(table)) == osm_opening_hours(table) == "Tu-Sa 09:00-12:00; PH off"


def test_day_named_twice_gets_the_spans_of_both():
    table = [["mercredi", "jeudi", [MORNING]], ["jeudi", "vendredi", [["14:00:00", "16:00:00"]]]]
    assert osm_opening_hours(table) == "We 09:00-12:00; Th 09:00-12:00,14:00-16:00; Fr 14:00-16:00; PH off"
    assert parse_timetable(table).problems == ()


@pytest.mark.parametrize(
    ("entry", "hours", "word"),
    [
        (["lundi", "lundi", [["12:30:00", "12:30:00"], MORNING]], "Mo 09:00-12:00", "vide ou à l’envers"),
        (["lundi", "lundi", [["17:00:00", "14:00:00"]]], "", "vide ou à l’envers"),
        (["lundi", "lundi", [MORNING, ["11:00:00", "13:00:00"]]], "Mo 09:00-13:00", "se chevauchent"),
        (["lundi", "lundi", [["09:00:30", "12:00:00"]]], "Mo 09:00-12:00", "secondes"),
        (["vendredi", "", [MORNING]], "Fr 09:00-12:00", "dernier jour inconnu"),
        (["férié", "lundi", [MORNING]], "", "jour inconnu"),
        (["lundi", "lundi", [["9h", "12h"]]], "", "illisible"),
        (["lundi", "lundi", [["23:00:00", "24:30:00"]]], "", "vide ou à l’envers"),
    ],
)
def test_fault_in_a_timetable_is_mended_and_told(entry, hours, word):
    assert osm_opening_hours([entry], closed_on_holidays=False) == hours
    (problem,) = parse_timetable([entry]).problems
    assert word in problem.told("fr")


@pytest.mark.parametrize("text", ["lundi 9h-12h", '{"lundi": 1}', '[["lundi", []]]', "3"])
def test_what_is_no_timetable_is_refused(text):
    with pytest.raises(SourceError, match="not a timetable"):
        osm_opening_hours(text)


def test_mairie_is_closed_on_public_holidays_unless_told_otherwise():
    bastille_day = dt.datetime(2026, 7, 14, 10)  # a Tuesday
    week = [["lundi", "vendredi", [MORNING]]]
    closed = OpeningHours(osm_opening_hours(week), country="FR")
    opened = OpeningHours(osm_opening_hours(week, closed_on_holidays=False), country="FR")
    assert not closed.is_open(bastille_day)
    assert opened.is_open(bastille_day)
    assert closed.is_open(bastille_day + dt.timedelta(days=1))


@given(entries, st.integers(0, 7 * 24 * 60 - 1))
def test_string_is_open_exactly_when_the_timetable_is(table, minute):
    """The whole minute after opening is open, the closing minute is not: asked of opening-hours-py."""
    text = osm_opening_hours([[first, last, [[clock(a), clock(b)] for a, b in spans]] for first, last, spans in table])
    day, time = divmod(minute, 24 * 60)
    expected = any(
        (day - DAYS.index(first)) % 7 <= (DAYS.index(last) - DAYS.index(first)) % 7
        and any(a <= time < b for a, b in spans)
        for first, last, spans in table
    )
    open_ = bool(text) and OpeningHours(text, country="FR").is_open(MONDAY + dt.timedelta(minutes=minute))
    assert open_ == expected


@pytest.mark.parametrize(
    ("span", "hours"),
    [
        (["22:00", "02:00"], "Mo 22:00-02:00"),
        (["18:00", "06:00"], "Mo 18:00-06:00"),
        (["23:30", "00:30"], "Mo 23:30-00:30"),
        (["20:00", "00:00"], "Mo 20:00-24:00"),
    ],
)
def test_a_span_over_midnight_is_kept_without_a_word(span, hours):
    timetable = [["lundi", "lundi", [span]]]
    assert osm_opening_hours(timetable, closed_on_holidays=False) == hours
    assert parse_timetable(timetable).problems == ()


@pytest.mark.parametrize(
    "span", [["12:00", "09:00"], ["17:00", "14:00"], ["14:00", "05:00"], ["25:00", "26:00"], ["00:00", "00:00"]]
)
def test_a_day_with_nothing_but_a_span_that_cannot_be_is_unknown_and_not_closed(span):
    timetable = [["lundi", "lundi", [span]], ["mardi", "mardi", [MORNING]]]
    assert osm_opening_hours(timetable) == "Tu 09:00-12:00; Mo unknown; PH off"
    assert len(parse_timetable(timetable).problems) == 1


@given(entries, st.lists(st.tuples(st.sampled_from(DAYS), st.integers(720, 1439), st.integers(1, 360)), max_size=3))
def test_nights_are_open_as_written(table, nights):
    """Read as accessmap reads hours: a night belongs to the day that it begins."""
    days = [[first, last, [[clock(a), clock(b)] for a, b in spans]] for first, last, spans in table]
    nights = [(day, a, b) for day, a, b in nights if b + 1440 - a <= 720]
    text = osm_opening_hours(days + [[day, day, [[clock(a), clock(b)]]] for day, a, b in nights])
    expected = np.zeros(7 * 1440, dtype=bool)
    for first, last, spans in table:
        start = DAYS.index(first)
        for day in range(start, start + (DAYS.index(last) - start) % 7 + 1):
            for a, b in spans:
                expected[day % 7 * 1440 + a : day % 7 * 1440 + b] = True
    for day, a, b in nights:
        expected[(DAYS.index(day) * 1440 + np.arange(a, b + 1440)) % len(expected)] = True
    sure = minutes_open(text, MONDAY.date(), 7 * 1440)[0] if text else np.zeros_like(expected)
    assert (sure == expected).all()
