"""Half-days of a week: how many a site is open, and hours that are as many."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem
from accessmap.measures.hours.spans import Week, monday_of, openings, overlaps
from accessmap.words.opening import DAYS

_NOON: Final = 13 * 60
_DAY: Final = 24 * 60
_LEAST: Final = 120  # minutes that make a half-day (a choice of ours)
_ORDER: Final = ("Tu", "Th", "Mo", "Fr", "We", "Sa")  # of the days on which few half-days lie: apart
MOST: Final = 2 * len(_ORDER)


def half_days(services: pd.DataFrame, *, week: Week = None) -> pd.Series:
    """Return on how many half-days of a week (0-14) each service is open, NaN where that is not known.

    A half-day is before or after 13:00, and open for two hours in one go at least (a choice of ours).

    Parameters
    ----------
    services
        With `hours`.
    week
        As `open_table` takes it.

    Raises
    ------
    TableError
        Where hours cannot be read.

    Examples
    --------
    >>> hours = ["Mo-Fr 09:00-12:00,13:30-17:00", "Mo,Th 09:00-17:00; Sa 09:00-10:00", None]
    >>> half_days(pd.DataFrame({"hours": hours}, index=["a", "b", "c"])).to_dict()
    {'a': 10.0, 'b': 4.0, 'c': nan}
    """
    sure, maybe = openings(services, monday_of(week), typical=week is None)
    count = np.zeros((2, len(services)))
    for day in range(7):
        for start, end in ((0, _NOON), (_NOON, _DAY)):
            wanted = [(float(day * _DAY + start), float(day * _DAY + end))]
            count += [overlaps(case, wanted, _LEAST) for case in (sure, maybe)]
    known = count[0] == count[1]
    return pd.Series(np.where(known, count[0], np.nan), index=services.index, name="half_days")


def hours_of_half_days(count: int, *, morning: str = "09:00-12:00", afternoon: str = "13:30-16:30") -> str:
    """Return opening hours (OSM syntax) of so many half-days a week, 1 to 12: mornings first, on days that lie apart.

    Which days they are is for those who run the site to say: this is a week that `half_days` counts alike.

    Parameters
    ----------
    count
        Half-days.
    morning, afternoon
        When a half-day lasts.

    Raises
    ------
    OptionError
        Where the count cannot be.

    Examples
    --------
    >>> hours_of_half_days(2), hours_of_half_days(6)
    ('Tu,Th 09:00-12:00', 'Mo,We-Fr 09:00-12:00; Tu 09:00-12:00,13:30-16:30')
    """
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or not 1 <= count <= MOST:
        raise OptionError(Problem("hours_half_days", value=count, most=MOST))
    weekdays = len(_ORDER) - 1
    halves = [(day, False) for day in _ORDER[:weekdays]] + [(day, True) for day in _ORDER[:weekdays]]
    halves += [(_ORDER[-1], False), (_ORDER[-1], True)]
    chosen = halves[:count]
    early = {day for day, late in chosen if not late}
    late = {day for day, late in chosen if late}
    rules = [(early - late, morning), (early & late, f"{morning},{afternoon}")]
    return "; ".join(f"{_days(days)} {times}" for days, times in rules if days)


def _days(chosen: set[str]) -> str:
    """Return days as OSM writes them: three or more in a row as a span."""
    told: list[str] = []
    at = 0
    while at < len(DAYS):
        end = at
        while end < len(DAYS) and DAYS[end] in chosen:
            end += 1
        run = DAYS[at:end]
        told += [f"{run[0]}-{run[-1]}"] if len(run) > 2 else run
        at = end + 1
    return ",".join(told)
