"""Opening hours: from the weekly timetables of the French public directory to OSM opening_hours."""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

from accessmap.errors import SourceError

__all__ = ["Timetable", "osm_opening_hours", "parse_timetable"]

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
OSM_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY_MINUTES = 24 * 60
CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?")

Span = tuple[int, int]


class Timetable(NamedTuple):
    """A week of opening spans, and what had to be mended to read it.

    Parameters
    ----------
    week
        Seven days from Monday; each a tuple of (opening, closing) in minutes from midnight, sorted, never
        overlapping nor touching; closing is at most 1,440.
    problems
        One French sentence for each thing mended, in the order met; empty if the timetable was clean.
    """

    week: tuple[tuple[Span, ...], ...]
    problems: tuple[str, ...]


def osm_opening_hours(timetable: str | Sequence[object], *, closed_on_holidays: bool = True) -> str:
    """Return a weekly timetable as an OSM opening_hours string, or "" where no hours are given.

    Parameters
    ----------
    timetable
        What the public directory gives: a list, or its JSON text, of [first day, last day, spans], days in French,
        spans as ["09:00:00", "12:00:00"].
    closed_on_holidays
        Add "PH off". The directory says nothing of public holidays; a French town hall is closed on them
        (article L3133-1 of the Code du travail lists the eleven days).

    Raises
    ------
    SourceError
        If the text is not such a timetable at all. Smaller faults are mended: see `parse_timetable`.

    Notes
    -----
    Syntax: https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification. Reading "PH" needs to know the country.

    Examples
    --------
    >>> week = [["lundi", "jeudi", [["08:30:00", "12:00:00"], ["13:30:00", "18:00:00"]]],
    ...         ["vendredi", "vendredi", [["08:30:00", "12:00:00"]]]]
    >>> osm_opening_hours(week)
    'Mo-Th 08:30-12:00,13:30-18:00; Fr 08:30-12:00; PH off'
    >>> osm_opening_hours("[]")
    ''
    """
    week = parse_timetable(timetable).week
    days_by_spans: dict[tuple[Span, ...], list[int]] = {}
    for day, spans in enumerate(week):
        if spans:
            days_by_spans.setdefault(spans, []).append(day)
    rules = [f"{_day_text(days)} {_span_text(spans)}" for spans, days in days_by_spans.items()]
    if rules and closed_on_holidays:
        rules.append("PH off")
    return "; ".join(rules)


def parse_timetable(timetable: str | Sequence[object]) -> Timetable:
    """Return the spans of each weekday, in minutes, with a sentence for everything mended on the way.

    Mended: an unknown last day (the first day alone is kept), an unknown first day (the entry is left out), a span
    that ends when or before it starts (left out), seconds (cut off), overlapping spans (joined). Spans that touch
    are joined without a word; days named twice get the spans of both; days may run over Sunday; a closing time of
    00:00 is midnight.

    Parameters
    ----------
    timetable
        As for `osm_opening_hours`.

    Raises
    ------
    SourceError
        If the text is not JSON, or not a list of [first day, last day, spans].

    Examples
    --------
    >>> odd = parse_timetable([["samedi", "lundi", [["09:00", "12:30"], ["12:30", "12:30"]]]])
    >>> odd.week[0], odd.week[6]
    (((540, 750),), ((540, 750),))
    >>> odd.problems
    ("samedi-lundi : plage vide ou à l'envers 12:30-12:30, écartée.",)
    """
    problems: list[str] = []
    spans_by_day: list[list[Span]] = [[] for _ in DAYS]
    for first, last, spans in _entries(timetable):
        label = first if first == last else f"{first}-{last}"
        kept = [span for raw in spans if (span := _span(raw, label, problems)) is not None]
        for day in _days(first, last, label, problems):
            spans_by_day[day].extend(kept)
    week = tuple(_joined(spans, name, problems) for name, spans in zip(DAYS, spans_by_day, strict=True))
    return Timetable(week, tuple(problems))


def _entries(timetable: str | Sequence[object]) -> list[tuple[str, str, list[object]]]:
    """Return the entries, checked to be (day, day, list of spans)."""
    if isinstance(timetable, str):
        try:
            timetable = json.loads(timetable or "[]")
        except json.JSONDecodeError as error:
            raise SourceError(f"not a timetable: {timetable!r} is not JSON ({error}).") from error
    if not isinstance(timetable, list | tuple):
        raise SourceError(f"not a timetable: {timetable!r} is not a list.")
    entries = []
    for entry in timetable:
        match entry:
            case [str(first), str(last), [*spans]]:
                entries.append((first.strip().casefold(), last.strip().casefold(), spans))
            case _:
                raise SourceError(f"not a timetable: {entry!r} is not [first day, last day, spans].")
    return entries


def _days(first: str, last: str, label: str, problems: list[str]) -> list[int]:
    """Return the numbers of the days from first to last, over Sunday if need be."""
    if first not in DAYS:
        problems.append(f"{label} : jour inconnu {first!r}, entrée écartée.")
        return []
    start = DAYS.index(first)
    if last not in DAYS:
        problems.append(f"{label} : dernier jour inconnu {last!r}, seul le {first} est gardé.")
        return [start]
    return [(start + step) % 7 for step in range((DAYS.index(last) - start) % 7 + 1)]


def _span(raw: object, label: str, problems: list[str]) -> Span | None:
    """Return one span in minutes, or None if it cannot be one."""
    match raw:
        case [str(opens), str(closes)] if (a := CLOCK.fullmatch(opens)) and (b := CLOCK.fullmatch(closes)):
            pass
        case _:
            problems.append(f"{label} : plage illisible {raw!r}, écartée.")
            return None
    if any(int(clock[3] or 0) for clock in (a, b)):
        problems.append(f"{label} : secondes dans {opens}-{closes}, coupées.")
    start, end = (int(clock[1]) * 60 + int(clock[2]) for clock in (a, b))
    end = end or DAY_MINUTES
    if not start < end <= DAY_MINUTES:
        problems.append(f"{label} : plage vide ou à l'envers {opens}-{closes}, écartée.")
        return None
    return start, end


def _joined(spans: Iterable[Span], day: str, problems: list[str]) -> tuple[Span, ...]:
    """Return the spans sorted, those that overlap or touch joined."""
    ordered = sorted(set(spans))
    if any(later[0] < earlier[1] for earlier, later in pairwise(ordered)):
        problems.append(f"{day} : plages qui se chevauchent {_span_text(ordered)}, réunies.")
    joined: list[Span] = []
    for start, end in ordered:
        if joined and start <= joined[-1][1]:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return tuple(joined)


def _day_text(days: Sequence[int]) -> str:
    """Return "Mo", "Mo,We" or "Mo-Th": days that follow each other become a range."""
    parts: list[str] = []
    for _, run in groupby(enumerate(days), key=lambda item: item[1] - item[0]):
        names = [OSM_DAYS[day] for _, day in run]
        parts.extend([f"{names[0]}-{names[-1]}"] if len(names) > 1 else names)
    return ",".join(parts)


def _span_text(spans: Iterable[Span]) -> str:
    """Return "09:00-12:00,14:00-17:00"."""
    return ",".join("-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span) for span in spans)
