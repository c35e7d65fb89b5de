"""On which days each service of a timetable runs: `calendar.txt` and `calendar_dates.txt`, either alone or both."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.readers.gtfs.feed import Coded, Feed, FeedTable, Flags, Ints, among, numbered

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
EPOCH = dt.date(1970, 1, 1).toordinal()
MOST_DAYS = 20_000  # fifty years: what runs "for ever" is counted over so many


@dataclass(frozen=True, eq=False)
class Calendar:
    """When services run: a period and its weekdays each, and single days that are added or taken out.

    Attributes
    ----------
    periods : pandas.DataFrame
        By service: start, end (days since 1970), and a column a weekday; a start after the end is no period.
    changes : pandas.DataFrame
        service (row of `periods`), day and added.

    Examples
    --------
    >>> days = {name: [name == "tuesday"] for name in WEEKDAYS}
    >>> periods = pd.DataFrame({"start": [20_089], "end": [20_179], **days}, index=["a"])
    >>> changes = pd.DataFrame({"service": [0], "day": [20_103], "added": [False]})
    >>> calendar = Calendar(periods, changes)
    >>> calendar.active(dt.date(2025, 1, 7)).tolist(), calendar.active(dt.date(2025, 1, 14)).tolist()
    ([True], [True])
    """

    periods: pd.DataFrame
    changes: pd.DataFrame

    def active(self, date: dt.date) -> Flags:
        """Return which services run on a date."""
        day, periods = date.toordinal() - EPOCH, self.periods
        runs = periods[WEEKDAYS[date.weekday()]].to_numpy(bool)
        runs = runs & (periods["start"].to_numpy() <= day) & (day <= periods["end"].to_numpy())
        first, last = np.searchsorted(self.changes["day"], [day, day + 1])
        runs[self.changes["service"].to_numpy()[first:last]] = self.changes["added"].to_numpy()[first:last]
        return runs

    def counts(self, weights: npt.NDArray[np.int64]) -> pd.Series:
        """Return the sum of the weights of the services that run, by date, from the first day of any to the last."""
        periods, changes = self.periods, self.changes
        start, end = periods["start"].to_numpy(np.int64), periods["end"].to_numpy(np.int64)
        held = (start <= end) & periods[list(WEEKDAYS)].any(axis=1).to_numpy()
        days = np.concatenate([start[held], end[held], changes.loc[changes["added"], "day"].to_numpy()])
        if not len(days):
            return pd.Series([], pd.DatetimeIndex([], name="date"), dtype=np.int64, name="trips")
        first, last = int(days.min()), min(int(days.max()), int(days.min()) + MOST_DAYS)
        every = np.arange(first, last + 1)
        weekday = (every + 3) % 7  # 1970 began on a Thursday
        total = np.zeros(len(every) + 1, dtype=np.int64)
        for number, name in enumerate(WEEKDAYS):
            on = held & periods[name].to_numpy(bool) & (start <= last)
            steps = np.zeros(len(every) + 1, dtype=np.int64)
            np.add.at(steps, start[on] - first, weights[on])
            np.add.at(steps, np.minimum(end[on], last) + 1 - first, -weights[on])
            total[:-1] += np.where(weekday == number, np.cumsum(steps)[:-1], 0)
        inside = changes["day"].between(first, last).to_numpy()
        service, day = changes["service"].to_numpy()[inside], changes["day"].to_numpy()[inside]
        added = changes["added"].to_numpy(bool)[inside]
        flags = periods[list(WEEKDAYS)].to_numpy(bool)
        usual = flags[service, (day + 3) % 7] & (start[service] <= day) & (day <= end[service])
        np.add.at(total, day - first, weights[service] * (added.astype(np.int64) - usual))
        dates = pd.DatetimeIndex(every.astype("datetime64[D]").astype("datetime64[s]"), name="date")
        return pd.Series(total[:-1], dates, name="trips")


def days_of(column: Coded) -> tuple[npt.NDArray[np.int64], Flags]:
    """Return dates (YYYYMMDD) as days since 1970, and which are none."""
    return column.parsed(_day, -1)


def _day(text: str) -> int | None:
    if not re.fullmatch(r"[0-9]{8}", text):
        return None
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:])).toordinal() - EPOCH
    except ValueError:
        return None


def read_calendar(feed: Feed) -> Calendar:
    """Return when the services of a feed run; what is wrong is kept with the feed."""
    weekly = feed.table(
        "calendar.txt",
        ["service_id", *WEEKDAYS, "start_date", "end_date"],
        ["service_id", *WEEKDAYS, "start_date", "end_date"],
    )
    single = feed.table(
        "calendar_dates.txt", ["service_id", "date", "exception_type"], ["service_id", "date", "exception_type"]
    )
    if weekly is None and single is None:
        feed.problems.add("gtfs_no_calendar")
    known: dict[str, int] = {}
    periods = _periods(feed, weekly, known)
    changes = _changes(feed, single, known)
    more = pd.DataFrame({"start": 1, "end": 0, **dict.fromkeys(WEEKDAYS, False)}, list(known)[len(periods) :])
    return Calendar(pd.concat([periods, more]) if len(more) else periods, changes)


def _periods(feed: Feed, table: FeedTable | None, known: dict[str, int]) -> pd.DataFrame:
    if table is None:
        return pd.DataFrame(
            {name: np.zeros(0, int if name in ("start", "end") else bool) for name in ("start", "end", *WEEKDAYS)}
        )
    ids = table["service_id"]
    table = unique_rows(
        feed, table, "service_id", feed.wrong("gtfs_blank", table, ~ids.given, ids, column="service_id")
    )
    ids = table["service_id"]
    columns: dict[str, npt.NDArray[Any]] = {}
    for name in ("start_date", "end_date"):
        columns[name.removesuffix("_date")], bad = days_of(table[name])
        feed.wrong("gtfs_date", table, bad | ~table[name].given, table[name], id=ids, column=name)
    for name in WEEKDAYS:
        columns[name], bad = table[name].parsed(among(range(2)), 0)
        feed.wrong("gtfs_flag", table, bad | ~table[name].given, table[name], id=ids, column=name)
        columns[name] = columns[name].astype(bool)
    feed.note("gtfs_note_period_empty", n=int((columns["start"] > columns["end"]).sum()))
    for text in ids.texts().tolist():
        known[text] = len(known)
    return pd.DataFrame(columns, list(known))


def _changes(feed: Feed, table: FeedTable | None, known: dict[str, int]) -> pd.DataFrame:
    if table is None:
        return pd.DataFrame(
            {"service": np.zeros(0, np.int32), "day": np.zeros(0, np.int64), "added": np.zeros(0, bool)}
        )
    ids = table["service_id"]
    for text in ids.words:
        known.setdefault(text, len(known))
    service = ids.places(known)
    feed.wrong("gtfs_blank", table, service < 0, ids, column="service_id")
    day, bad = days_of(table["date"])
    bad |= feed.wrong("gtfs_date", table, bad | ~table["date"].given, table["date"], id=ids, column="date")
    kind, odd = table["exception_type"].parsed(among(range(1, 3)), 0)
    feed.wrong("gtfs_exception", table, odd | (kind == 0), table["exception_type"], id=ids)
    order = np.lexsort((service, day))
    changes = pd.DataFrame({"service": service, "day": day, "added": kind == 1}).iloc[order]
    again = changes.duplicated(["service", "day"])
    if again.any():
        both = changes.duplicated(["service", "day"], keep=False) & ~changes.duplicated(keep=False)
        unlike = np.zeros(table.rows, bool)
        unlike[order[both.to_numpy()]] = True
        feed.wrong("gtfs_exceptions_unlike", table, unlike, table["date"], id=ids)
        feed.note("gtfs_note_rows_again", n=int(again.sum()), table=table.file)
    return changes[~again].reset_index(drop=True)


def unique_rows(feed: Feed, table: FeedTable, key: str, bad: Flags) -> FeedTable:
    """Return a table with each key once: rows that say the same twice are told and dropped, others are a problem."""
    ids = table[key]
    frame = pd.DataFrame({name: column.codes for name, column in table.columns.items()})
    again = frame[key].duplicated().to_numpy() & ids.given
    if not again.any():
        return table.keep(~bad) if bad.any() else table
    alike = frame.duplicated().to_numpy()
    feed.wrong("gtfs_twice", table, again & ~alike, ids, column=key)
    feed.note("gtfs_note_rows_again", n=int((again & alike).sum()), table=table.file)
    return table.keep(~again & ~bad)


def service_rows(calendar: Calendar, services: Coded) -> Ints:
    """Return the row of each service, -1 where it is in no calendar."""
    places = services.places(numbered(calendar.periods.index))
    return np.maximum(places, -1).astype(np.int32)
