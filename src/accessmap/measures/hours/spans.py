"""When each site is open in one week, in minutes from Monday 00:00, read from OSM opening_hours.

Two sets of spans a site: those when it is *surely* open and those when it *may* be (the sure, and the unknown). A site
without hours may be open at any time. What the rules leave open (an appointment, an open end) is in rules.py.
Times are local and naive: a week is 168 hours, the two Sundays of the year when clocks change included.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import OptionError, Problem, TableError
from accessmap.measures.hours.rules import Place, follows_sun, in_some_weeks, minutes_open
from accessmap.tables.aligned import Floats
from accessmap.tables.cutoffs import is_within
from accessmap.words.near import near_names

_BLOCK = 2_000_000  # spans met by residents that are held at a time
_CELLS = 20_000_000  # cells of a matrix that are held at a time


# Monday of a week of 2026 (ISO week 24) with no public holiday and no school holiday in any French zone.
ORDINARY_WEEK = dt.date(2026, 6, 8)
# Mondays of further weeks of 2026 without public holidays, odd and even: with it they hold each weekday of a month from
# the first to the fifth and last. What differs between them hangs on the week.
SOME_WEEKS = tuple(
    dt.date(2026, month, day)
    for month, day in (
        (1, 12),
        (1, 19),
        (1, 26),
        (3, 2),
        (6, 1),
        (6, 15),
        (6, 22),
        (6, 29),
        (9, 28),
        (11, 23),
        (11, 30),
    )
)
WEEK_MINUTES = 7 * 24 * 60
# Names for the times that councils ask about, in the syntax of the hours themselves.
WHENS = {
    "after_17": "Mo-Fr 17:00-24:00",
    "after_17_or_saturday": "Mo-Fr 17:00-24:00; Sa 00:00-24:00",
    "after_18": "Mo-Fr 18:00-24:00",
    "lunchtime": "Mo-Fr 12:00-13:30",
    "saturday": "Sa 00:00-24:00",
    "saturday_morning": "Sa 00:00-12:00",
    "sunday": "Su 00:00-24:00",
}

Spans = list[tuple[float, float]]
Week = str | dt.date | None


@dataclass(frozen=True)
class Openings:
    """Spans of the sites as flat arrays: which site (its number), opening and closing in minutes from Monday 00:00.

    Parameters
    ----------
    site, start, end
        One entry a span; spans of a site are sorted and neither overlap nor touch.
    count
        Number of sites, those with no span included.
    """

    site: NDArray[np.intp]
    start: Floats
    end: Floats
    count: int

    def of(self, number: int) -> Spans:
        """Return the spans of one site."""
        mine = self.site == number
        return list(zip(self.start[mine].tolist(), self.end[mine].tolist(), strict=True))


def monday_of(week: Week) -> dt.date:
    """Return the Monday of the week that holds a day (ISO text or date); of an ordinary week where none is given.

    >>> monday_of("2026-05-01")
    datetime.date(2026, 4, 27)
    """
    day = ORDINARY_WEEK if week is None else pd.Timestamp(week).date()
    return day - dt.timedelta(days=day.weekday())


def check_step(step_minutes: int) -> int:
    """Return the step if it divides a day.

    Raises
    ------
    ValueError
        Where it does not.
    """
    if step_minutes < 1 or 24 * 60 % step_minutes:
        raise OptionError(Problem("hours_step", value=step_minutes))
    return step_minutes


def clock(monday: dt.date, step_minutes: int) -> pd.DatetimeIndex:
    """Return the moments of the week from Monday 00:00, every so many minutes."""
    return pd.date_range(pd.Timestamp(monday), periods=WEEK_MINUTES // step_minutes, freq=f"{step_minutes}min")


def openings(
    services: pd.DataFrame, monday: dt.date, *, beyond: float = 0, typical: bool = False
) -> tuple[Openings, Openings]:
    """Return when each site is surely open, and when it may be, from this Monday on.

    Parameters
    ----------
    services
        With `hours`: OSM opening_hours, missing or empty where unknown; without the column nothing is known.
    monday
        First day.
    beyond
        Minutes after Sunday 24:00 that are read too, for those who leave before and arrive after.
    typical
        The week stands for any: what is open in some weeks only (``Mo[1]``, ``week 1-53/2``) is not known.

    Raises
    ------
    TableError
        Where hours cannot be read.
    """
    from opening_hours import validate  # loaded only where hours are read

    hours = services["hours"] if "hours" in services else pd.Series(pd.NA, index=services.index, dtype="string")
    given = [text.strip() if isinstance(text, str) else "" for text in hours]
    pairs = zip(services.index, given, strict=True)
    wrong = [f"{name!r} ({text!r})" for name, text in pairs if text and not validate(text)]
    if wrong:
        raise TableError(Problem("hours_unread", n=len(wrong), rows=", ".join(wrong[:5])), about="services")
    horizon = WEEK_MINUTES + beyond
    sites = list(zip(given, _places(services, given), strict=True))
    read = {site: _read(site[0], monday, horizon, site[1], typical=typical) for site in dict.fromkeys(sites)}
    sure, maybe = ([read[site][case] for site in sites] for case in (0, 1))
    return _flat(sure), _flat(maybe)


def _places(services: pd.DataFrame, given: list[str]) -> list[Place | None]:
    """Return latitude and longitude of the sites whose hours hang on the sun, where they are known, to some 1 km."""
    places: list[Place | None] = [None] * len(given)
    rows = [row for row, text in enumerate(given) if follows_sun(text)]
    placed = isinstance(services, gpd.GeoDataFrame) and services.active_geometry_name is not None
    if rows and placed and services.crs is not None:
        points = services.geometry.iloc[rows].representative_point().to_crs(4326)
        for row, point in zip(rows, points, strict=True):
            if point is not None and not point.is_empty:
                places[row] = round(point.y, 2), round(point.x, 2)
    return places


def merged(case: Openings, group: NDArray[np.intp]) -> Openings:
    """Return when at least one site of each group is open; `group` numbers that of each site, from 0."""
    spans: list[Spans] = [[] for _ in range(int(group.max(initial=-1)) + 1)]
    for site, start, end in zip(case.site.tolist(), case.start.tolist(), case.end.tolist(), strict=True):
        spans[group[site]].append((start, end))
    return _flat([list(_joined(sorted(of_group))) for of_group in spans])


def spans_of(when: str, monday: dt.date) -> Spans:
    """Return the spans of the week that a name of WHENS, or OSM opening_hours, stands for.

    Raises
    ------
    ValueError
        Where it is neither.

    >>> spans_of("saturday_morning", ORDINARY_WEEK)
    [(7200.0, 7920.0)]
    """
    from opening_hours import validate

    text = WHENS.get(when, when)
    if not text.strip() or not validate(text):
        raise OptionError(Problem("hours_when", value=when, near=near_names(when, WHENS), known=sorted(WHENS)))
    return list(_read(text, monday, WEEK_MINUTES)[1])


def hours_of_day(text: str, date: dt.date) -> tuple[Spans, Spans]:
    """Return when OSM opening_hours are surely open on a day and the next, and when they may be: minutes from midnight.

    What began the day before and lasts into the day begins below 0.

    >>> hours_of_day("Tu 22:00-02:00; We 08:00-12:00", dt.date(2026, 6, 9))[0]
    [(1320.0, 1560.0), (1920.0, 2160.0)]
    """
    monday = monday_of(date)
    midnight = (date - monday).days * 24 * 60
    both = _read(text, monday, midnight + 2 * 24 * 60)
    sure, maybe = ([(a - midnight, b - midnight) for a, b in spans if b > midnight] for spans in both)
    return sure, maybe


@lru_cache(maxsize=20_000)  # one dossier asks for the same week of the same sites fifteen times
def _read(
    text: str, monday: dt.date, horizon: float, place: Place | None = None, *, typical: bool = False
) -> tuple[Spans, Spans]:
    """Return the spans when a site with these hours is surely open, and when it may be."""
    if not text:
        return [], [(0.0, horizon)]
    known = False if monday == ORDINARY_WEEK else None
    mondays = (monday, *SOME_WEEKS) if typical and in_some_weeks(text) else (monday,)
    cases = [minutes_open(text, each, int(np.ceil(horizon)), place=place, school_holidays=known) for each in mondays]
    sure, maybe = zip(*cases, strict=True)
    return _runs(np.all(sure, axis=0)), _runs(np.any(maybe, axis=0))


def _runs(minutes: NDArray[np.bool_]) -> Spans:
    """Return the spans of minutes that are true."""
    edges = np.flatnonzero(np.diff(minutes, prepend=False, append=False)).astype(np.float64)
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _joined(spans: Spans) -> Iterator[tuple[float, float]]:
    """Yield sorted spans, those that touch made one: the parser splits them where the rule changes."""
    opened: tuple[float, float] | None = None
    for start, end in spans:
        if opened is not None and start <= opened[1]:
            opened = (opened[0], max(opened[1], end))
            continue
        if opened is not None:
            yield opened
        opened = (start, end)
    if opened is not None:
        yield opened


def _flat(spans: list[Spans]) -> Openings:
    lengths = [len(of_site) for of_site in spans]
    both = np.array([span for of_site in spans for span in of_site], dtype=np.float64).reshape(-1, 2)
    return Openings(np.repeat(np.arange(len(spans)), lengths), both[:, 0], both[:, 1], len(spans))


def is_open(case: Openings, moments: Floats) -> NDArray[np.bool_]:
    """Return whether each site (rows) is open at each moment (columns, sorted): start <= moment < end."""
    table = np.zeros((case.count, len(moments) + 1), dtype=np.int32)
    np.add.at(table, (case.site, np.searchsorted(moments, case.start)), 1)
    np.add.at(table, (case.site, np.searchsorted(moments, case.end)), -1)
    return np.asarray(table.cumsum(axis=1)[:, :-1] > 0)


def overlaps(case: Openings, wanted: Spans, at_least: float) -> NDArray[np.bool_]:
    """Return whether each site has a span that shares so many minutes with a wanted one."""
    found = np.zeros(case.count, dtype=bool)
    for start, end in wanted:
        shared = np.minimum(case.end, end) - np.maximum(case.start, start)
        found[case.site[(shared >= at_least) & (shared > 0)]] = True
    return found


def lengths(case: Openings) -> tuple[Floats, NDArray[np.intp]]:
    """Return the hours of each site in the week, and the days on which it is open at all."""
    hours = np.bincount(case.site, weights=case.end - case.start, minlength=case.count) / 60
    days = np.zeros((case.count, 7), dtype=bool)
    for day in range(7):
        days[case.site[(case.start < (day + 1) * 1440) & (case.end > day * 1440)], day] = True
    return hours, days.sum(axis=1)


def blocks(minutes: NDArray[np.floating], case: Openings, within: float) -> list[tuple[int, NDArray[np.floating]]]:
    """Return blocks of residents (first row, minutes) that meet some two million spans each."""
    if not len(minutes):
        return []
    spans = np.bincount(case.site, minlength=case.count)
    met = is_within(minutes, within, "within") @ spans
    block = np.cumsum(met) // _BLOCK
    firsts = np.flatnonzero(np.diff(block, prepend=-1))
    return [(int(first), part) for first, part in zip(firsts, np.split(minutes, firsts[1:]), strict=True)]


def finds_open(
    minutes: NDArray[np.floating], case: Openings, within: float, step: int, stay: float
) -> NDArray[np.bool_]:
    """Return whether each resident (rows), leaving at each step of the week (columns), finds an open site.

    For a site t minutes away and open from a to b, one may leave from a − t on, before b − t and no later than
    b − stay − t: a range of steps. Ranges are summed as +1 where they begin and −1 where they end.
    """
    steps = WEEK_MINUTES // step
    resident, site = np.nonzero(is_within(minutes, within, "within"))
    count = np.bincount(case.site, minlength=case.count)
    first = np.cumsum(count) - count
    # One entry for each span of each site that each resident has within reach.
    pair = np.repeat(np.arange(len(resident)), count[site])
    nth = np.arange(len(pair)) - np.repeat(np.cumsum(count[site]) - count[site], count[site])
    span = first[site[pair]] + nth
    away = minutes[resident, site].astype(np.float64)[pair]
    start = np.ceil((case.start[span] - away) / step)
    end = np.minimum(np.ceil((case.end[span] - away) / step), np.floor((case.end[span] - stay - away) / step) + 1)
    start, end = (np.clip(edge, 0, steps).astype(np.intp) for edge in (start, end))
    some = start < end
    row = resident[pair[some]] * (steps + 1)
    size = len(minutes) * (steps + 1)
    change = np.bincount(row + start[some], minlength=size) - np.bincount(row + end[some], minlength=size)
    return np.asarray(change.reshape(len(minutes), steps + 1).cumsum(axis=1)[:, :-1] > 0)


def union_hours(near: NDArray[np.float32], case: Openings) -> Floats:
    """Return the hours when at least one of the sites near each resident (rows of 0 and 1) is open."""
    edges = np.unique(np.concatenate([case.start, case.end, [0.0]]))  # between two edges nothing opens or closes
    opened = is_open(case, edges)[:, :-1].astype(np.float32)
    spell = np.diff(edges) / 60
    hours = np.zeros(len(near))
    width = max(1, _CELLS // max(1, len(near)))
    for first in range(0, len(spell), width):
        part = slice(first, first + width)
        hours += (near @ opened[:, part] > 0) @ spell[part]
    return hours
