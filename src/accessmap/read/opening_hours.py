"""Opening hours from a calendar of days: La Poste's file of the next three months, one row a point and day."""

import json
import re
from collections.abc import Iterable, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import pandas as pd

from accessmap.errors import Problem, SourceError
from accessmap.read.columns import as_text, noted
from accessmap.read.files import Tabular, read_table
from accessmap.read.raw import RawTable, plain, refusal
from accessmap.words.notes import Aside, Note

DAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
OSM_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
DAY_MINUTES = 24 * 60
# A span that closes before it opens runs over midnight, or was written the wrong way round ("12:00-09:00").
NIGHT_ENDS, LONGEST_NIGHT = 6 * 60, 12 * 60
CLOCK = re.compile(r"([01]?\d|2[0-4]):([0-5]\d)(?::([0-5]\d))?")

Span = tuple[int, int]


class Timetable(NamedTuple):
    """A week of opening spans, and what had to be mended to read it.

    Parameters
    ----------
    week
        Seven days from Monday; each a tuple of (opening, closing) in minutes from midnight, sorted, never
        overlapping nor touching; closing is more than 1,440 where the span runs over midnight.
    problems
        One for each thing mended, in the order met; empty if the timetable was clean.
    unread
        Numbers of the days, from Monday, with spans of which none can be read: nobody knows when they are open.
    """

    week: tuple[tuple[Span, ...], ...]
    problems: tuple[Note, ...]
    unread: tuple[int, ...] = ()

    def text(self, *, closed_on_holidays: bool = True) -> str:
        """Return the week as OSM opening_hours, or "" where no span is known; a day that cannot be read is unknown."""
        days_by_spans: dict[tuple[Span, ...], list[int]] = {}
        for day, spans in enumerate(self.week):
            if spans:
                days_by_spans.setdefault(spans, []).append(day)
        rules = [f"{_day_text(days)} {_span_text(spans)}" for spans, days in days_by_spans.items()]
        if rules and self.unread:
            rules.append(f"{_day_text(self.unread)} unknown")
        if rules and closed_on_holidays:
            rules.append("PH off")
        return "; ".join(rules)


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
    return parse_timetable(timetable).text(closed_on_holidays=closed_on_holidays)


def parse_timetable(timetable: str | Sequence[object]) -> Timetable:
    r"""Return the spans of each weekday, in minutes, with a note on everything mended on the way.

    Mended: an unknown last day (the first day alone is kept), an unknown first day (the entry is left out), a span
    that ends when or before it starts (left out), seconds (cut off), overlapping spans (joined). Spans that touch
    are joined without a word; days named twice get the spans of both; days may run over Sunday; a closing time of
    00:00 is midnight (but "00:00-00:00" is no span, and left out); a span that closes by 06:00, at most twelve hours
    after it opened, runs over midnight.

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
    >>> odd.problems[0].told("fr")
    'samedi-lundi\xa0: plage vide ou à l’envers 12:30-12:30, écartée.'
    """
    problems: list[Note] = []
    spans_by_day: list[list[Span]] = [[] for _ in DAYS]
    given: set[int] = set()
    for first, last, spans in _entries(timetable):
        label = first if first == last else f"{first}-{last}"
        kept = [span for raw in spans if (span := _span(raw, label, problems)) is not None]
        for day in _days_named(first, last, label, problems):
            spans_by_day[day].extend(kept)
            given |= {day} if spans else set()
    week = tuple(_joined(spans, name, problems) for name, spans in zip(DAYS, spans_by_day, strict=True))
    return Timetable(week, tuple(problems), tuple(day for day in sorted(given) if not week[day]))


def readable_hours(values: pd.Series) -> tuple[pd.Series, list[str]]:
    """Return the OSM opening_hours among values, missing where there are none that can be read, and those that cannot.

    >>> readable_hours(pd.Series(["24/7", "le matin"]))[1]
    ['le matin']
    """
    from opening_hours import validate  # loaded only where hours are read

    given = as_text(values)
    bad = {text for text in given.dropna().unique() if not validate(text)}
    return given.mask(given.isin(bad), None), [text for text in given if text in bad]


def _entries(timetable: str | Sequence[object]) -> list[tuple[str, str, list[object]]]:
    """Return the entries, checked to be (day, day, list of spans)."""
    if isinstance(timetable, str):
        try:
            timetable = json.loads(timetable or "[]")
        except json.JSONDecodeError as error:
            problem = Problem("timetable_not_json", value=timetable, shown=repr(timetable), error=Aside.of(str(error)))
            raise SourceError(problem) from error
    if not isinstance(timetable, list | tuple):
        raise SourceError(Problem("timetable_not_list", value=timetable, shown=repr(timetable)))
    entries = []
    for entry in timetable:
        match entry:
            case [str(first), str(last), [*spans]]:
                entries.append((first.strip().casefold(), last.strip().casefold(), spans))
            case _:
                raise SourceError(Problem("timetable_entry", value=entry, shown=repr(entry)))
    return entries


def _days_named(first: str, last: str, label: str, problems: list[Note]) -> list[int]:
    """Return the numbers of the days from first to last, over Sunday if need be."""
    if first not in DAYS:
        problems.append(Note("day_unknown", label=label, day=repr(first)))
        return []
    start = DAYS.index(first)
    if last not in DAYS:
        problems.append(Note("last_day_unknown", label=label, day=repr(last), first=first))
        return [start]
    return [(start + step) % 7 for step in range((DAYS.index(last) - start) % 7 + 1)]


def _span(raw: object, label: str, problems: list[Note]) -> Span | None:
    """Return one span in minutes, or None if it cannot be one."""
    match raw:
        case [str(opens), str(closes)] if (a := CLOCK.fullmatch(opens)) and (b := CLOCK.fullmatch(closes)):
            pass
        case _:
            problems.append(Note("span_unreadable", label=label, span=repr(raw)))
            return None
    if any(int(clock[3] or 0) for clock in (a, b)):
        problems.append(Note("seconds_cut", label=label, span=f"{opens}-{closes}"))
    start, end = (int(clock[1]) * 60 + int(clock[2]) for clock in (a, b))
    # "00:00-00:00" is what a spreadsheet makes of two empty cells as well as a whole day: nobody knows
    end = end or (DAY_MINUTES if start else 0)
    if end < start and end <= NIGHT_ENDS and end + DAY_MINUTES - start <= LONGEST_NIGHT:
        return start, end + DAY_MINUTES
    if not start < end <= DAY_MINUTES:
        problems.append(Note("span_empty", label=label, span=f"{opens}-{closes}"))
        return None
    return start, end


def _joined(spans: Iterable[Span], day: str, problems: list[Note]) -> tuple[Span, ...]:
    """Return the spans sorted, those that overlap or touch joined."""
    ordered = sorted(set(spans))
    if any(later[0] < earlier[1] for earlier, later in pairwise(ordered)):
        problems.append(Note("spans_overlap", label=day, spans=_span_text(ordered)))
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
    """Return "09:00-12:00,14:00-17:00", or "22:00-02:00" over midnight."""
    clocks = [(start, end - DAY_MINUTES if DAY_MINUTES < end < start + DAY_MINUTES else end) for start, end in spans]
    return ",".join("-".join(f"{minute // 60:02}:{minute % 60:02}" for minute in span) for span in clocks)


POINT_IDS = ("identifiant_du_site", "identifiant_a", "identifiant")
"""Names, plain, under which La Poste's files give the identifier of a point of contact."""

SPANS = re.compile(r"plage_horaire_\d+")  # not those of the letter boxes (bp_plage_horaire_1)
SPAN = re.compile(r"(\d{1,2}:\d{2})-(\d{1,2}:\d{2})")
CLOSED = "ferme"
HOLIDAY = len(DAYS)  # the eighth "weekday"


def hours(path: Tabular, *, encoding: str | None = None) -> pd.Series:
    """Return the usual week of each of La Poste's points as OSM opening_hours, indexed by `service_id`.

    The file (laposte_ouvertur, "Calendrier d'ouverture des bureaux de poste, agences postales et relais poste") says
    for each point and each day of the next three months when it opens. What a weekday most often is makes the week; of
    two that are as frequent, such as every other Saturday, the shorter one, which is sure. Public holidays stay out of
    the weekdays and become "PH off", or their own hours. ``services.assign(hours=hours.reindex(services.index))`` gives
    them to the points that :func:`read_services` read; those that are not in the calendar stay unknown.

    Parameters
    ----------
    path
        The CSV, or a frame of it: Identifiant, Date_calendrier, Plage_horaire_1 and following ("09:00-12:00", "FERME").
    encoding
        Where it is neither UTF-8 nor Windows-1252.

    Returns
    -------
    Series
        Named `hours`; "off" where every day of the calendar is closed. What was done is in ``.attrs["read_notes"]``:
        how many points have weekdays that change, how many are closed throughout, what could not be read.

    Raises
    ------
    SourceError
        When the file cannot be read, is no such calendar, or has days without a date.

    Examples
    --------
    >>> days = {"2020-11-11": "FERME", "2020-11-12": "09:00-11:30", "2020-11-13": "09:00-11:30", "2020-11-14": "FERME"}
    >>> table = pd.DataFrame({"Date_calendrier": list(days), "Plage_horaire_1": list(days.values())})
    >>> hours(table.assign(Identifiant="05212A"))["poste-05212A"]
    'Th-Fr 09:00-11:30; PH off'
    """
    raw = read_table(path, encoding=encoding)
    days, notes = _days(raw)
    usual, changing = _usual(days)
    weeks = usual.pivot_table("spans", "point", "weekday", aggfunc="first").reindex(columns=range(HOLIDAY + 1))
    rows = list(weeks.astype(object).where(weeks.notna(), None).itertuples(index=False, name=None))
    texts = {week: _text(week) for week in set(rows)}
    hours = pd.Series([texts[week] for week in rows], index=weeks.index)
    notes.append(
        raw.note(
            "usual_week", n=len(hours), first=f"{days['date'].min():%Y-%m-%d}", last=f"{days['date'].max():%Y-%m-%d}"
        )
    )
    if len(changing):
        notes.append(raw.note("weekdays_change", n=len(changing), point=changing[0]))
    shut = hours.index[hours == "off"]
    if len(shut):
        notes.append(raw.note("always_closed", n=len(shut), point=shut[0]))
    return noted(hours.rename("hours").rename_axis("service_id"), notes)


def _days(raw: RawTable) -> tuple[pd.DataFrame, list[Note]]:
    """Return a row a point and day: id, date, weekday (7 a public holiday), spans as one text; and what was told."""
    names = raw.names
    point = next((names[name] for name in POINT_IDS if name in names), None)
    spans = [column for name, column in names.items() if SPANS.fullmatch(name)]
    if point is None or "date_calendrier" not in names or not spans:
        raise refusal(raw.name, "no_calendar", has=", ".join(map(str, raw.table.columns[:8])))
    said = as_text(raw.table[names["date_calendrier"]])
    dates = pd.to_datetime(said, format="%Y-%m-%d", errors="coerce")
    ids = as_text(raw.table[point])
    lost = (dates.isna() | ids.isna()).to_numpy()
    if lost.any():
        row = int(lost.argmax())
        value, named = said.iloc[row], raw.named([row], said)
        raise refusal(raw.name, "days_without_date", n=int(lost.sum()), value=value, row=named)
    days = pd.DataFrame({"point": "poste-" + ids, "date": dates, "weekday": dates.dt.day_of_week})
    days["weekday"] = days["weekday"].mask(days["date"].isin(_holidays(dates)), HOLIDAY)
    together = as_text(raw.table[spans[0]]).fillna("")
    for column in spans[1:]:
        further = as_text(raw.table[column])
        together = together + ("," + further).where(further.notna(), "")
    read = {text: _spans(text) for text in together.unique()}
    days["spans"] = together.map(read)
    unread = days["spans"].isna()
    notes = []
    if unread.any():
        row = int(unread.to_numpy().argmax())
        notes.append(raw.note("days_unread", n=int(unread.sum()), row=raw.named([row], together)))
    if unread.all():
        raise refusal(raw.name, "no_day_understood", value=together.iloc[0], shown=repr(together.iloc[0]))
    return days[~unread], notes


def _spans(text: str) -> str | None:
    """Spans in order as one text, "" where closed, None where they are neither."""
    if plain(text) == CLOSED:
        return ""
    parts = [SPAN.fullmatch(part.replace(" ", "")) for part in text.split(",")]
    spans = [(part[1].zfill(5), part[2].zfill(5)) for part in parts if part is not None]
    # a closing time of 00:00 is midnight, but 00:00-00:00 may be two empty cells
    spans = [(opens, "24:00" if closes == "00:00" < opens else closes) for opens, closes in spans]
    if not spans or len(spans) < len(parts) or any(opens >= closes for opens, closes in spans):
        return None
    return ",".join("-".join(span) for span in sorted(spans))


def _holidays(dates: pd.Series) -> list[pd.Timestamp]:
    """Those of the dates that are public holidays of France, as `hours` and its "PH" understand them."""
    from opening_hours import OpeningHours  # loaded only where hours are read

    holidays = OpeningHours("PH 00:00-24:00", country="FR")
    noon = pd.Timedelta(hours=12)
    return [day for day in dates.unique() if holidays.is_open((day + noon).to_pydatetime())]


def _usual(days: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Return the spans that each point and weekday most often has, and the points whose weekdays are not all alike."""
    seen = days.groupby(["point", "weekday", "spans"], sort=True).size().rename("days").reset_index()
    seen["minutes"] = seen["spans"].map({text: _minutes(text) for text in seen["spans"].unique()})
    seen = seen.sort_values(["point", "weekday", "days", "minutes"], ascending=[True, True, False, True], kind="stable")
    changes = seen.duplicated(["point", "weekday"]) & (seen["weekday"] != HOLIDAY)
    return seen.drop_duplicates(["point", "weekday"]), list(dict.fromkeys(seen.loc[changes, "point"]))


def _minutes(spans: str) -> int:
    """Minutes that spans last.

    >>> _minutes("09:00-12:00,13:30-14:00")
    210
    """
    clocks = [[int(part[:2]) * 60 + int(part[3:]) for part in span.split("-")] for span in spans.split(",") if span]
    return sum(closes - opens for opens, closes in clocks)


def _text(week: Sequence[str | None]) -> str:
    """The week as OSM opening_hours: seven weekdays and the public holidays; None is a day not in the calendar."""
    entries = [
        [day, day, [span.split("-") for span in spans.split(",")]]
        for day, spans in zip(DAYS, week[:HOLIDAY], strict=True)
        if spans
    ]
    if not entries and not week[HOLIDAY]:
        return "off"
    weekdays = osm_opening_hours(entries, closed_on_holidays=False)
    holidays = f"PH {week[HOLIDAY]}" if week[HOLIDAY] else "PH off"
    return f"{weekdays}; {holidays}" if weekdays else holidays
