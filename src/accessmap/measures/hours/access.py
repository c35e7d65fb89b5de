"""Who can reach an open site, and when: the measures."""

import numpy as np
import pandas as pd

from accessmap.measures.hours.spans import (
    WEEK_MINUTES,
    Week,
    blocks,
    check_step,
    clock,
    finds_open,
    is_open,
    lengths,
    merged,
    monday_of,
    openings,
    overlaps,
    spans_of,
    union_hours,
)
from accessmap.measures.minutes import by_commune
from accessmap.measures.stepfree import minutes_bounds
from accessmap.tables.aligned import check_rows, minutes_of, people_of
from accessmap.tables.cutoffs import cutoffs_of, is_within, number_of_minutes

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
    sure, maybe = (is_open(case, moments) for case in openings(services, monday, typical=week is None))
    columns = enumerate(clock(monday, step_minutes))
    unknown = maybe & ~sure
    states = {moment: pd.arrays.BooleanArray(sure[:, k].copy(), unknown[:, k].copy()) for k, moment in columns}
    return pd.DataFrame(states, index=services.index)


def days_open(services: pd.DataFrame, *, week: Week = None) -> pd.Series:
    """Return on how many days of a week (0-7) each service is open at some time, NaN where its hours are not known.

    Parameters
    ----------
    services
        With `hours`.
    week
        As `open_table` takes it.

    Examples
    --------
    >>> days_open(pd.DataFrame({"hours": ["Mo,Th 09:00-12:00", None]}, index=["bus", "other"])).to_dict()
    {'bus': 2.0, 'other': nan}
    """
    open_at = open_table(services, week=week)
    by_day = open_at.T.groupby(pd.DatetimeIndex(open_at.columns).date).max().T
    known = open_at.notna().any(axis=1).to_numpy()
    return by_day.eq(True).sum(axis=1).astype("float64").where(known).rename("days")


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
    least = number_of_minutes(at_least_minutes, "at_least_minutes")
    sure, maybe = (overlaps(case, wanted, least) for case in openings(services, monday, typical=week is None))
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
    cases = (merged(case, group) for case in openings(services, monday_of(week), typical=week is None))
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


def minutes_when(
    times: pd.DataFrame, services: pd.DataFrame, when: str, *, week: Week = None, at_least_minutes: float = 30
) -> pd.DataFrame:
    """Return minutes by resident to the nearest site of all, that may be open at such times, and that surely is.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached; the columns say which sites are meant.
    services
        With `hours`; a row for each column of `times`, others are set aside.
    when, week, at_least_minutes
        As for `open_when`.

    Returns
    -------
    DataFrame
        By resident: `all` (whatever the hours), `best` (unknown counted as open), `worst` (unknown counted as closed);
        NaN where no such site is reached.

    Raises
    ------
    TableError
        Where a site of `times` has no row, or hours cannot be read.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [2.0], "b": [9.0]}, index=["r1"])
    >>> services = pd.DataFrame({"hours": ["Mo-Fr 09:00-12:00", "Sa 09:00-11:00"]}, index=["a", "b"])
    >>> minutes_when(times, services, "saturday_morning")
        all  best  worst
    r1  2.0   9.0    9.0
    """
    return minutes_bounds(times, open_when(services, when, week=week, at_least_minutes=at_least_minutes))


def reach_by_commune(minutes: pd.DataFrame, residents: pd.DataFrame, *, within: float) -> pd.DataFrame:
    """Return by commune the share of people (0-1) with a site within so many minutes: of all, best and worst case.

    Parameters
    ----------
    minutes
        By resident, as `minutes_when` or `stepfree.step_free_minutes` return them; any columns will do.
    residents
        The same residents, with `commune` and `population`.
    within
        Minutes; someone at exactly so many is within.

    Returns
    -------
    DataFrame
        By commune `code`, sorted: a share for each column of `minutes`, NaN where nobody lives; and `people`.

    Raises
    ------
    TableError
        If residents differ, or a column is missing.

    Examples
    --------
    >>> minutes = pd.DataFrame({"all": [2.0, 3.0], "worst": [9.0, 14.0]}, index=["r1", "r2"])
    >>> residents = pd.DataFrame({"commune": ["02173", "02173"], "population": [300, 100]}, index=["r1", "r2"])
    >>> reach_by_commune(minutes, residents, within=10)
           all  worst  people
    code
    02173  1.0   0.75   400.0
    """
    table = pd.DataFrame(
        {
            column: by_commune(is_within(minutes[column], within, "within").astype("float64"), residents)["value"]
            for column in minutes.columns
        }
    )
    nobody = pd.Series(np.nan, index=minutes.index)
    return table.assign(people=by_commune(nobody, residents)["unreached_people"])


def open_access(
    times: pd.DataFrame,
    services: pd.DataFrame,
    population: pd.Series,
    *,
    within: float,
    week: Week = None,
    step_minutes: int = 30,
    stay_minutes: float = 0,
) -> pd.DataFrame:
    """Return, for each moment of a week (rows), the share of people (0-1) who, leaving home then, find an open site.

    Leaving at s, they are at a site t minutes away at s + t. It counts where t is at most `within` and it is open from
    s + t on for `stay_minutes`, all in one go: a site that closes on the way does not count, one that opens on the way
    does. Nobody waits at the door.

    Parameters
    ----------
    times, services
        As for `minutes_when`, and refused alike.
    population
        People by resident.
    within
        Minutes of travel at most.
    week, step_minutes
        As for `open_table`: the moments of leaving.
    stay_minutes
        How long the site must stay open after they arrive; with 0 they need only be there before it closes.

    Returns
    -------
    DataFrame
        By moment (DatetimeIndex named `leaving`): `worst` (unknown hours counted as closed) and `best` (as open).
        People who reach nothing are in the denominator; the share of nobody is NaN.

    Raises
    ------
    TableError
        If residents differ.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [10.0, 40.0]}, index=["r1", "r2"])
    >>> services = pd.DataFrame({"hours": ["Mo 09:00-12:00"]}, index=["a"])
    >>> shares = open_access(times, services, pd.Series({"r1": 30, "r2": 10}), within=45)
    >>> shares.loc["2026-06-08 08:00":"2026-06-08 09:00", "worst"].tolist()
    [0.0, 0.25, 1.0]
    """
    step = check_step(step_minutes)
    monday = monday_of(week)
    (within,) = cutoffs_of([within], "within")
    stay_minutes = number_of_minutes(stay_minutes, "stay_minutes")
    minutes = minutes_of(times)
    people = people_of(population, times.index)
    total = people.sum()
    cases = openings(_rows_of(services, times.columns), monday, beyond=within + stay_minutes, typical=week is None)
    shares = {}
    for name, case in zip(("worst", "best"), cases, strict=True):
        served = np.zeros(WEEK_MINUTES // step)
        for first, block in blocks(minutes, case, within):
            served += people[first : first + len(block)] @ finds_open(block, case, within, step, stay_minutes)
        shares[name] = served / total if total > 0 else np.full(len(served), np.nan)
    return pd.DataFrame(shares, index=clock(monday, step).rename("leaving"))


def hours_in_reach(times: pd.DataFrame, services: pd.DataFrame, *, within: float, week: Week = None) -> pd.DataFrame:
    """Return by resident the hours of a week (0-168) when at least one site within so many minutes is open.

    The union of the sites' hours, not their sum; to the minute, whatever the time on the way.

    Parameters
    ----------
    times, services
        As for `minutes_when`, and refused alike.
    within
        Minutes of travel at most.
    week
        As for `open_table`.

    Returns
    -------
    DataFrame
        By resident: `worst` (unknown hours counted as closed) and `best` (as open), in hours a week; 0 where no site is
        within reach.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0, 5.0], "b": [8.0, 30.0]}, index=["r1", "r2"])
    >>> services = pd.DataFrame({"hours": ["Mo 09:00-12:00", "Mo 11:00-13:00"]}, index=["a", "b"])
    >>> hours_in_reach(times, services, within=10)["worst"].tolist()
    [4.0, 3.0]
    """
    near = is_within(minutes_of(times), within, "within")
    met = np.flatnonzero(near.any(axis=0))
    cases = openings(_rows_of(services, times.columns[met]), monday_of(week), typical=week is None)
    hours = [union_hours(near[:, met].astype(np.float32), case) for case in cases]
    return pd.DataFrame(dict(zip(("worst", "best"), hours, strict=True)), index=times.index)


def heat_table(shares: pd.Series) -> pd.DataFrame:
    """Return the shares of a week as a table to look at: days (rows) × time of the day (columns).

    Parameters
    ----------
    shares
        By moment of a week, such as ``open_access(…)["worst"]``.

    Returns
    -------
    DataFrame
        Days (DatetimeIndex named `day`) × clock times "08:30".

    Examples
    --------
    >>> moments = pd.date_range("2026-06-08", periods=4, freq="12h")
    >>> heat_table(pd.Series([0.0, 0.5, 0.0, 1.0], index=moments))
    time        00:00  12:00
    day
    2026-06-08    0.0    0.5
    2026-06-09    0.0    1.0
    """
    moments = pd.DatetimeIndex(shares.index)
    keys = [moments.normalize().rename("day"), pd.Index(moments.strftime("%H:%M"), name="time")]
    table = pd.Series(shares.to_numpy(), index=pd.MultiIndex.from_arrays(keys))
    return table.unstack("time")  # noqa: PD010 (pivot_table would drop the hours of which nothing is known)


def _rows_of(services: pd.DataFrame, columns: pd.Index) -> pd.DataFrame:
    """Return the services of the columns of the minutes, in their order."""
    check_rows(services.index, columns)
    return services[services.index.isin(columns)].loc[columns]
