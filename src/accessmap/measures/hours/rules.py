"""What OSM opening_hours say minute by minute: surely open, and perhaps open.

The rules are read one by one, in their order, as the specification has them: a rule after ``;`` replaces those before
on its days, one after ``,`` adds, one after ``||`` only fills what is closed, "off" takes away, and a span that runs
over midnight belongs to the day it begins. Which days a selector means is asked of the parser (opening-hours-py), which
does not know what follows:

- an open end, ``09:00+`` or ``09:00-12:00+``: nobody knows when it closes;
- school holidays, ``SH``: there is no calendar, save that the ordinary week has none;
- a comment without a state, such as "sur rendez-vous": unknown, says the specification;
- ``sunrise`` where the place is not known: it may be anywhere in France.

All of that may be open, and is not surely so.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import Literal

import numpy as np
from numpy.typing import NDArray

DAY = 24 * 60
Place = tuple[float, float]  # latitude, longitude
Minutes = NDArray[np.bool_]

_COUNTRY = "FR"  # whose public holidays "PH" means
# Where the sun rises and sets first and last in France; a site without a place may be at any of them.
_ENDS_OF_FRANCE: tuple[Place, ...] = (
    (51.09, 2.55),  # Bray-Dunes
    (48.46, -5.10),  # Ouessant
    (43.36, -1.79),  # Hendaye
    (41.37, 9.22),  # Bonifacio
    (43.01, 9.40),  # Cap Corse
    (48.97, 8.23),  # Lauterbourg
    (16.25, -61.80),  # Guadeloupe
    (14.40, -60.85),  # Martinique
    (2.20, -54.50),  # Guyane
    (5.75, -53.90),  # Guyane
    (-21.37, 55.60),  # La Réunion
    (-12.85, 45.15),  # Mayotte
    (46.80, -56.20),  # Saint-Pierre-et-Miquelon
)

_EVENT = r"(?:dawn|sunrise|sunset|dusk)"
_POINT = rf"(?:\d{{1,2}}:\d\d|{_EVENT}|\(\s*{_EVENT}\s*[+-]\s*\d{{1,2}}:\d\d\s*\))"
_SPAN = rf"{_POINT}(?:\s*-\s*{_POINT})?\s*\+?(?:\s*/\s*\d+(?::\d\d)?)?"
_RULE = re.compile(
    rf"(?P<days>.*?)\s*(?P<times>{_SPAN}(?:\s*,\s*{_SPAN})*)?\s*"
    r'(?P<state>open|closed|off|unknown)?\s*(?P<comment>"[^"]*")?',
    re.IGNORECASE,
)
_SPANS = re.compile(
    rf"(?P<opens>{_POINT})(?:\s*-\s*(?P<closes>{_POINT}))?\s*(?P<open_end>\+)?(?P<every>\s*/\s*\d+(?::\d\d)?)?", re.I
)
_SHIFTED = re.compile(rf"\(\s*({_EVENT})\s*([+-])\s*(\d{{1,2}}):(\d\d)\s*\)|({_EVENT})", re.I)
_COMMENT = re.compile(r'"[^"]*"')
_ENDED = re.compile(rf'{_POINT}|"|\b(?:open|closed|off|unknown)\b', re.I)  # after these, a comma begins a rule
_STATED = re.compile(r'("|\b(open|closed|off|unknown))\s*$', re.I)

_SHIFT = r"(?:\s*[+-]\s*\d+\s*days?)?"
_ONE_DAY = rf"(?:PH|SH|(?:Mo|Tu|We|Th|Fr|Sa|Su)(?:\s*-\s*(?:Mo|Tu|We|Th|Fr|Sa|Su))?(?:\s*\[[^\]]*\])?){_SHIFT}"
_WEEKDAYS = re.compile(rf"(?<![A-Za-z]){_ONE_DAY}(?:(?:\s*,\s*|\s+){_ONE_DAY})*\s*$")


@dataclass(frozen=True)
class _Rule:
    """One rule: how it meets those before, which days, when (nothing: all day), and what it is then."""

    joins: Literal["replaces", "adds", "fills"]
    days: str
    times: str
    state: Literal["open", "off", "unknown"]


@dataclass(frozen=True)
class _Spell:
    """Minutes from Monday 00:00 that a rule gave to the day they begin on."""

    day: int
    start: int
    end: int
    sure: bool


@lru_cache(maxsize=4096)
def follows_sun(text: str) -> bool:
    """Return whether hours hang on the sun, and so on the place."""
    return re.search(_EVENT, _COMMENT.sub("", text), re.I) is not None


def in_some_weeks(text: str) -> bool:
    """Return whether hours hang on which week of the month or of the year it is, from Monday to Sunday.

    >>> in_some_weeks("Mo[1,3] 09:00-12:00"), in_some_weeks("week 1-53/2 Tu 10:00-12:00"), in_some_weeks("Mo off")
    (True, True, False)
    """
    return re.search(r"\[|\bweek\b", _COMMENT.sub("", text), re.I) is not None


def minutes_open(
    text: str, monday: dt.date, horizon: int, *, place: Place | None = None, school_holidays: bool | None = None
) -> tuple[Minutes, Minutes]:
    """Return for each minute from a Monday 00:00 on whether it is surely open, and whether it may be.

    Parameters
    ----------
    text
        OSM opening_hours that the parser accepts.
    monday
        First day.
    horizon
        How many minutes.
    place
        Latitude and longitude, for the sun.
    school_holidays
        False where it is known that there are none; None where it is not known.

    Examples
    --------
    >>> sure, maybe = minutes_open("Mo 09:00-12:00+", dt.date(2026, 6, 8), 1440)
    >>> int(sure.sum()), int(maybe.sum())
    (180, 900)
    """
    try:
        return _minutes_open(list(_rules(text)), text, monday, horizon, place, school_holidays)
    except ValueError:  # a selector that makes no sense alone
        return np.zeros(horizon, dtype=bool), np.ones(horizon, dtype=bool)


def _minutes_open(
    rules: list[_Rule], text: str, monday: dt.date, horizon: int, place: Place | None, school_holidays: bool | None
) -> tuple[Minutes, Minutes]:
    days = range(-2, -(-horizon // DAY))  # what began on the Saturday before may last into Monday
    unsure = school_holidays is None and re.search(r"\bSH\b", _COMMENT.sub("", text)) is not None
    # Without a calendar each day may or may not be one; two days at most meet at one minute.
    calendars: list[Callable[[int], bool]] = [lambda _: bool(school_holidays)]
    if unsure:
        calendars = [lambda _: True, lambda _: False, lambda day: day % 2 == 0, lambda day: day % 2 == 1]
    places = _ENDS_OF_FRANCE if place is None and follows_sun(text) else (place,)
    sure, maybe = np.ones(horizon, dtype=bool), np.zeros(horizon, dtype=bool)
    for school, at in product(calendars, places):
        opened, perhaps = np.zeros(horizon, dtype=bool), np.zeros(horizon, dtype=bool)
        for spell in _spells(rules, days, monday, school, at):
            part = slice(max(0, spell.start), max(0, spell.end))
            perhaps[part] = True
            if spell.sure:
                opened[part] = True
        sure &= opened
        maybe |= perhaps
    return sure, maybe


def _rules(text: str) -> Iterator[_Rule]:
    """Yield the rules in order."""
    bare = _COMMENT.sub('""', text)  # what is written inside may look like rules
    joins: Literal["replaces", "adds", "fills"] = "replaces"
    for number, fallback in enumerate(bare.split("||")):
        for position, sequence in enumerate(fallback.split(";")):
            joins = "fills" if number and not position else "replaces"
            for rule in _between_commas(sequence):
                found = _RULE.fullmatch(rule.strip())
                if found is None or '"' in found["days"]:
                    yield _Rule("replaces", "", "", "unknown")
                    continue
                said = (found["state"] or "").lower()
                state: Literal["open", "off", "unknown"] = "unknown" if said == "unknown" else "open"
                if said in ("closed", "off"):
                    state = "off"
                elif found["comment"] and not said:
                    state = "unknown"
                named = found["days"].strip().rstrip(":").strip()
                yield _Rule(joins, "" if named == "24/7" else named, found["times"] or "", state)
                joins = "fills" if joins == "fills" else "adds"


def _between_commas(sequence: str) -> Iterator[str]:
    """Yield the rules that commas add to one another; other commas list days or times."""
    rule = ""
    for part in sequence.split(","):
        if not rule or rule.count("[") > rule.count("]"):
            lists = True
        elif _ENDED.search(rule):
            lists = re.match(rf"\s*{_POINT}", part, re.I) is not None and not _STATED.search(rule)
        else:
            further = _RULE.fullmatch(part.strip())
            lists = further is not None and _is_one_selector(f"{rule.strip()},{further['days']}")
        if not lists:
            yield rule
        rule = f"{rule},{part}" if rule and lists else part
    yield rule


@lru_cache(maxsize=4096)
def _is_one_selector(days: str) -> bool:
    """Return whether the parser takes days for one selector, not for two rules: it writes those with a space."""
    from opening_hours import OpeningHours, validate

    text = f"{days}{']' if days.count('[') > days.count(']') else ''} 00:00-24:00"
    return validate(text) and ", " not in str(OpeningHours(text))


def _spells(
    rules: list[_Rule], days: range, monday: dt.date, school: Callable[[int], bool], place: Place | None
) -> list[_Spell]:
    """Return what is open after the last rule, sure or not."""
    spells: list[_Spell] = []
    for rule in rules:
        on = [day for day in days if _is_meant(rule.days, day, days, monday, school)]
        if rule.state == "off" and rule.joins == "fills":
            continue
        whole = not rule.times if rule.state == "off" else rule.joins == "replaces"
        if whole:
            spells = [spell for spell in spells if spell.day not in on]
        if whole and rule.state == "off":
            continue
        for day in on:
            for start, end, sure in _times(rule.times, day, days, monday, place):
                if rule.state == "off":
                    spells = list(_cut(spells, start, end, unknown=not sure))
                    continue
                if rule.state == "unknown" and rule.joins == "adds":
                    spells = list(_cut(spells, start, end))
                spells.append(_Spell(day, start, end, sure and rule.state == "open"))
    return spells


def _cut(spells: list[_Spell], start: int, end: int, *, unknown: bool = False) -> Iterator[_Spell]:
    """Yield the spells without these minutes, or with them no longer sure."""
    for spell in spells:
        if spell.end <= start or spell.start >= end:
            yield spell
            continue
        if spell.start < start:
            yield _Spell(spell.day, spell.start, start, spell.sure)
        if unknown:
            yield _Spell(spell.day, max(start, spell.start), min(end, spell.end), False)
        if spell.end > end:
            yield _Spell(spell.day, end, spell.end, spell.sure)


def _is_meant(selector: str, day: int, days: range, monday: dt.date, school: Callable[[int], bool]) -> bool:
    """Return whether a selector means a day: its dates, and its weekdays and holidays.

    Commas list ("PH,Mo-Fr"); a space between holidays and weekdays means both ("SH Mo-Fr": those in the holidays),
    which the parser reads as a list.
    """
    named = _with_holidays(selector)
    if named is None:
        return day in _days_of(selector, days, monday)
    dates = selector[: named.start()].strip().rstrip(":").strip()
    if day not in _days_of(dates, days, monday):
        return False
    every, last = [False], 0
    for item in re.finditer(_ONE_DAY, named[0]):
        if "," not in named[0][last : item.start()] and last:
            every.append(False)
        last = item.end()
        meant = school(day) if item[0].startswith("SH") else day in _days_of(item[0], days, monday)
        every[-1] = every[-1] or meant
    return all(every)


@lru_cache(maxsize=4096)
def _with_holidays(selector: str) -> re.Match[str] | None:
    """Return the weekdays that a selector names, where holidays are among them."""
    named = _WEEKDAYS.search(selector)
    return named if named and re.search(r"\b[PS]H\b", named[0]) else None


@lru_cache(maxsize=4096)
def _days_of(selector: str, days: range, monday: dt.date) -> frozenset[int]:
    """Return the days, counted from Monday, that a selector means."""
    if not selector:
        return frozenset(days)
    from opening_hours import OpeningHours, State, validate  # loaded only where hours are read

    if not validate(f"{selector} 00:00-24:00"):
        raise ValueError(selector)
    first, last = (dt.datetime.combine(monday, dt.time()) + dt.timedelta(days=day) for day in (days.start, days.stop))
    meant: set[int] = set()
    for start, end, state, _ in OpeningHours(f"{selector} 00:00-24:00", country=_COUNTRY).intervals(first, last):
        if state != State.CLOSED:
            meant.update(range((start - first).days + days.start, ((end or last) - first).days + days.start))
    return frozenset(meant)


def _times(times: str, day: int, days: range, monday: dt.date, place: Place | None) -> Iterator[tuple[int, int, bool]]:
    """Yield the spans of one day in minutes from Monday 00:00, and whether they are sure."""
    midnight = day * DAY
    if not times:
        yield midnight, midnight + DAY, True
        return
    for span in _SPANS.finditer(times):
        start = _clock(span["opens"], day, days, monday, place)
        end = _clock(span["closes"], day, days, monday, place) if span["closes"] else None
        if end is not None:
            end += DAY if end <= start else 0
            yield midnight + start, midnight + end, not span["every"]
        if end is None or span["open_end"]:
            yield midnight + (start if end is None else end), midnight + _latest(start, end), False


def _latest(start: int, end: int | None) -> int:
    """Return until when an open end may last: midnight; ten hours from an evening, eight from late on.

    Source: opening_hours.js, which takes 17:00 and 22:00 for these bounds.
    """
    begins = start if end is None else end
    late = begins % DAY >= 17 * 60 or begins >= DAY
    return begins + (8 if begins % DAY >= 22 * 60 or begins >= DAY else 10) * 60 if late else DAY


def _clock(said: str, day: int, days: range, monday: dt.date, place: Place | None) -> int:
    """Return a time of a day in minutes from its midnight."""
    event = _SHIFTED.fullmatch(said.strip())
    if event is None:
        hour, minute = said.split(":")
        return int(hour) * 60 + int(minute)
    at = _suns((event[1] or event[5]).lower(), days, monday, place)[day - days.start]
    shift = int(event[3]) * 60 + int(event[4]) if event[1] else 0
    return at - shift if event[2] == "-" else at + shift


@lru_cache(maxsize=4096)
def _suns(event: str, days: range, monday: dt.date, place: Place | None) -> tuple[int, ...]:
    """Return when the sun rises or sets on each day, in minutes from its midnight, local time."""
    from opening_hours import OpeningHours

    if place is None:
        raise ValueError("the sun needs a place")
    first = dt.datetime.combine(monday, dt.time())
    hours = OpeningHours(f"00:00-{event}", country=_COUNTRY, coords=place)
    at = []
    for day in days:
        midnight = first + dt.timedelta(days=day)
        _, end, _, _ = next(iter(hours.intervals(midnight, midnight + dt.timedelta(days=1))))
        at.append(round((end.replace(tzinfo=None) - midnight).total_seconds() / 60))
    return tuple(at)
