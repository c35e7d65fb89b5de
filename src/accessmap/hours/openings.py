"""When sites are open, before asking who can reach them: the table of a week, chosen times, a label's hours.

`accessmap.hours` has the same names, and says what hours, weeks and unknown hours are.
"""

import numpy as np
import pandas as pd

from accessmap.bounds import check_rows
from accessmap.hours.reach import is_open, lengths, overlaps
from accessmap.hours.spans import WEEK_MINUTES, Week, check_step, clock, merged, monday_of, openings, spans_of

__all__ = ["meets_france_services_hours", "open_table", "open_when"]

# Charte nationale d'engagement France services (ANCT): open at least 24 hours a week, over five days.
FRANCE_SERVICES_HOURS = 24
FRANCE_SERVICES_DAYS = 5


def open_table(services: pd.DataFrame, *, week: Week = None, step_minutes: int = 30) -> pd.DataFrame:
    """Return whether each service (rows) is open at each moment of a week (columns): True, False, or <NA> for unknown.

    Parameters
    ----------
    services
        With `hours`.
    week
        A day of the week that is meant, "2026-05-01" or a date; by default the week of 8 June 2026, without public
        holiday.
    step_minutes
        Between two moments, from Monday 00:00; it divides a day.

    Returns
    -------
    DataFrame
        Services × moments (DatetimeIndex, local time), nullable booleans. A site is open at the minute it opens, and
        no longer at the minute it closes: open from 9 to 12, it is open at 09:00 and 11:30, not at 12:00.

    Raises
    ------
    TableError
        Where hours cannot be read.

    Examples
    --------
    >>> services = pd.DataFrame({"hours": ["Mo 09:00-12:00", None]}, index=["a", "b"])
    >>> open_table(services, step_minutes=180).iloc[:, 2:5]
       2026-06-08 06:00:00  2026-06-08 09:00:00  2026-06-08 12:00:00
    a                False                 True                False
    b                 <NA>                 <NA>                 <NA>
    """
    monday = monday_of(week)
    moments = np.arange(0, WEEK_MINUTES, check_step(step_minutes), dtype=np.float64)
    sure, maybe = (is_open(case, moments) for case in openings(services, monday))
    columns = enumerate(clock(monday, step_minutes))
    unknown = maybe & ~sure
    states = {moment: pd.arrays.BooleanArray(sure[:, k].copy(), unknown[:, k].copy()) for k, moment in columns}
    return pd.DataFrame(states, index=services.index)


def open_when(services: pd.DataFrame, when: str, *, week: Week = None, at_least_minutes: float = 30) -> pd.Series:
    """Return by service whether it is open at such times of the week: True, False, or <NA> where it is not known.

    Parameters
    ----------
    services
        With `hours`.
    when
        A name of `WHENS`, such as "saturday_morning" or "after_17_or_saturday", or any OSM opening_hours, such as
        "We 13:00-18:00".
    week
        As for `open_table`.
    at_least_minutes
        How long it must be open without a break within those times. (By default half an hour, enough for an errand: a
        choice of ours.)

    Raises
    ------
    TableError
        Where hours cannot be read.
    ValueError
        Where `when` is neither a name nor opening hours.

    Examples
    --------
    >>> hours = ["Mo-Fr 09:00-12:00", "Tu 16:00-17:45; Sa 09:00-11:00", None]
    >>> open_when(pd.DataFrame({"hours": hours}, index=["a", "b", "c"]), "saturday_morning").tolist()
    [False, True, <NA>]
    """
    monday = monday_of(week)
    wanted = spans_of(when, monday)
    sure, maybe = (overlaps(case, wanted, at_least_minutes) for case in openings(services, monday))
    answers = pd.Series(sure, index=services.index, name=when, dtype="boolean")
    return answers.mask(maybe & ~sure)


def meets_france_services_hours(
    services: pd.DataFrame, *, rounds: pd.Series | None = None, week: Week = None
) -> pd.DataFrame:
    """Return by service its hours and days of opening in a week, and whether they are those of a France services.

    The label asks for 24 hours a week over five days.

    Parameters
    ----------
    services
        With `hours`.
    rounds
        By service, what it is a stop or a branch of, missing where it stands alone: a bus, or a France services on
        several sites, has the hours when at least one of its rows is open, and each row is told so.
    week
        As for `open_table`.

    Returns
    -------
    DataFrame
        `hours` (a week) and `days` (of a week, open at any time) that are sure, NaN and <NA> where nothing is known;
        `meets`: True, False, or <NA> where it hangs on what is not known.

    Raises
    ------
    TableError
        Where hours cannot be read, or a service has no row in `rounds`.

    Notes
    -----
    Source: charte nationale d'engagement France services (ANCT).

    Examples
    --------
    >>> hours = ["Mo-Fr 09:00-12:00,13:30-17:00", "Mo-Th 08:00-18:00", None]
    >>> meets_france_services_hours(pd.DataFrame({"hours": hours}, index=["a", "b", "c"]))
       hours  days  meets
    a   32.5     5   True
    b   40.0     4  False
    c    NaN  <NA>   <NA>
    """
    group = np.arange(len(services))
    if rounds is not None:
        check_rows(rounds.index, services.index, "rounds")
        named = rounds.loc[services.index]
        alone = pd.Series(services.index, index=services.index).map("alone: {}".format)
        group = pd.factorize(named.astype(object).where(named.notna(), alone))[0]
    cases = (merged(case, group) for case in openings(services, monday_of(week)))
    (hours, days), (most_hours, most_days) = (lengths(case) for case in cases)
    meets = (hours >= FRANCE_SERVICES_HOURS) & (days >= FRANCE_SERVICES_DAYS)
    may_meet = (most_hours >= FRANCE_SERVICES_HOURS) & (most_days >= FRANCE_SERVICES_DAYS)
    unknown = (hours == 0) & (most_hours > 0)
    found = pd.DataFrame(
        {
            "hours": pd.Series(hours).mask(unknown),
            "days": pd.Series(days, dtype="Int64").mask(unknown),
            "meets": pd.Series(meets, dtype="boolean").mask(may_meet & ~meets),
        }
    )
    return found.iloc[group].set_axis(services.index)
