"""Which day stands for a timetable: the usual Tuesday, another weekday, or a public holiday."""

from __future__ import annotations

import datetime as dt

import pandas as pd

from accessmap.roads.readers.gtfs.calendars import WEEKDAYS

FRENCH_ZONES = ("Europe/Paris",)
# Fixed public holidays of France (Code du travail, art. L3133-1), as (month, day); the moving ones follow Easter.
FIXED = ((1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25))
AFTER_EASTER = (1, 39, 50)  # Easter Monday, Ascension, Whit Monday: days after Easter Sunday
KINDS = (*WEEKDAYS, "holiday")


def easter(year: int) -> dt.date:
    """Return Easter Sunday of a year (Gregorian; Meeus, Jones and Butcher).

    >>> easter(2025), easter(2026)
    (datetime.date(2025, 4, 20), datetime.date(2026, 4, 5))
    """
    a, b, c = year % 19, year // 100, year % 100
    d, e = divmod(b, 4)
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = divmod(c, 4)
    el = (32 + 2 * e + 2 * i - h - k) % 7
    m = (a + 11 * h + 22 * el) // 451
    month, day = divmod(h + el - 7 * m + 114, 31)
    return dt.date(year, month, day + 1)


def french_holidays(year: int) -> frozenset[dt.date]:
    """Return the eleven public holidays of France in a year; those of Alsace-Moselle and overseas are not among them.

    >>> sorted(french_holidays(2025))[1], len(french_holidays(2025))
    (datetime.date(2025, 4, 21), 11)
    """
    moving = {easter(year) + dt.timedelta(days) for days in AFTER_EASTER}
    return frozenset(moving | {dt.date(year, month, day) for month, day in FIXED})


def dates_of(trips: pd.Series, zone: str) -> pd.DataFrame:
    """Return, by date, how many trips run, the weekday, and whether it is a public holiday (missing outside France)."""
    days = pd.DatetimeIndex(trips.index)
    off = {day for year in sorted(set(days.year)) for day in french_holidays(int(year))}
    holiday = [day in off for day in days.date] if zone in FRENCH_ZONES else [pd.NA] * len(days)
    weekday = pd.Categorical([WEEKDAYS[day] for day in days.day_of_week], list(WEEKDAYS))
    return pd.DataFrame({"trips": trips.to_numpy(), "weekday": weekday, "holiday": pd.array(holiday, "boolean")}, days)


def usual_day(dates: pd.DataFrame, kind: str) -> tuple[dt.date, pd.DataFrame] | None:
    """Return the day of its kind with the median number of trips, and all of its kind; None where there is none.

    Days without a trip are none; of two in the middle it is the one with fewer trips, of equals the first.

    Parameters
    ----------
    dates
        Of `dates_of`.
    kind
        A weekday, which is then no public holiday, or "holiday".
    """
    holiday = dates["holiday"].fillna(False).astype(bool)
    of_kind = holiday if kind == "holiday" else (dates["weekday"] == kind) & ~holiday
    days = dates[of_kind & (dates["trips"] > 0)]
    if not len(days):
        return None
    middle = days["trips"].sort_values().iloc[(len(days) - 1) // 2]
    return days.index[days["trips"] == middle][0].date(), days
