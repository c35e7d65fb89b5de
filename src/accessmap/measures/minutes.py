"""Measures of access on a table of minutes: nearest, coverage, by commune, opportunities, gravity, baskets.

In every measure NaN minutes are "not reached", ids must match (a TableError names those that do not), tables are never
changed, and sums are made in float64. A resident who reaches nothing has 0 opportunities, and no nearest service.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem, TableError
from accessmap.measures.decay import DecayFunction, weights_of
from accessmap.tables.aligned import check_columns, check_kind, complete, minutes_of, people_of, supply_of
from accessmap.tables.cutoffs import classes_of, cutoffs_of, is_within

__all__ = ["by_commune", "coverage", "gravity", "median_opportunities", "nearest", "opportunities"]


def nearest(times: pd.DataFrame, *, k: int = 1) -> pd.DataFrame:
    """Return the k-th nearest service of each resident and the minutes to it: columns service_id and minutes.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached.
    k
        1 for the nearest, 2 for the second nearest (what is left when the nearest closes), and so on.

    Returns
    -------
    DataFrame
        Indexed like `times`; `service_id` (string, <NA> where fewer than k services are reached) and `minutes` (NaN
        there). Of two services at the same minutes, the first column comes first.

    Raises
    ------
    TableError
        If `times` breaks its contract.
    ValueError
        If k is less than 1.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [12.0, np.nan], "b": [9.0, np.nan]}, index=["r1", "r2"])
    >>> nearest(times)
       service_id  minutes
    r1          b      9.0
    r2       <NA>      NaN
    """
    if k < 1:
        raise OptionError(Problem("nearest_k_below_1", value=k))
    check_kind(times, "times", pd.DataFrame)
    minutes = minutes_of(times)
    rows, columns = minutes.shape
    which = np.zeros(rows, dtype=np.intp)
    reached = np.zeros(rows, dtype=bool)
    kth = np.full(rows, np.nan, dtype=minutes.dtype)
    if k <= columns:
        far = np.where(np.isnan(minutes), np.inf, minutes)
        which = far.argmin(axis=1) if k == 1 else np.argsort(far, axis=1, kind="stable")[:, k - 1]
        kth = minutes[np.arange(rows), which]
        reached = ~np.isnan(kth)
    names = np.full(rows, None, dtype=object)
    names[reached] = times.columns.to_numpy(dtype=object)[which[reached]]
    return pd.DataFrame({"service_id": pd.array(names, dtype="string"), "minutes": kth}, index=times.index)


def coverage(
    minutes: pd.Series | pd.DataFrame, population: pd.Series, cutoffs: float | Iterable[float] = (10, 20, 30)
) -> pd.DataFrame:
    """Return the share of people (0-1) within each cutoff (rows), per column of `minutes`.

    Parameters
    ----------
    minutes
        Minutes by resident, NaN where not reached; one column for each scenario or category.
    population
        People by resident.
    cutoffs
        Minutes, one or several; a resident at exactly a cutoff is covered.

    Returns
    -------
    DataFrame
        Cutoffs × columns. People who reach nothing are in the denominator; the share of nobody is NaN.

    Raises
    ------
    TableError
        If the residents of the two tables differ, or values break the contract.

    Examples
    --------
    >>> minutes = pd.Series([5.0, 20.0, np.nan], index=["r1", "r2", "r3"], name="today")
    >>> coverage(minutes, pd.Series({"r1": 100, "r2": 60, "r3": 40}), cutoffs=[10, 20])
            today
    cutoff
    10        0.5
    20        0.8
    """
    table = minutes
    if isinstance(minutes, pd.Series):
        table = minutes.to_frame(minutes.name if minutes.name is not None else "share")
    values = minutes_of(table)
    people = people_of(population, table.index)
    cutoffs = cutoffs_of(cutoffs)
    total = people.sum()
    if total > 0:
        shares = [people @ is_within(values, cutoff) / total for cutoff in cutoffs]
    else:
        shares = [np.full(values.shape[1], np.nan) for _ in cutoffs]
    return pd.DataFrame(
        np.asarray(shares).reshape(len(cutoffs), values.shape[1]),
        index=pd.Index(cutoffs, name="cutoff"),
        columns=table.columns,
    )


def by_commune(values: pd.Series, residents: pd.DataFrame) -> pd.DataFrame:
    """Return the population-weighted mean of `values` by commune, and the people it leaves out (NaN values).

    Parameters
    ----------
    values
        Minutes, or any measure, by resident; NaN where not reached.
    residents
        The same residents, with `commune` and `population`.

    Returns
    -------
    DataFrame
        Indexed by commune `code`, sorted: `value`, the mean over the people reached (NaN where nobody is, or where
        nobody lives), in the unit of `values`; `unreached_people`, the people whose value is NaN.

    Raises
    ------
    TableError
        If a column is missing, a commune unknown, or the residents of the two tables differ.

    Examples
    --------
    >>> residents = pd.DataFrame({"commune": ["02173", "02173", "02304"], "population": [300, 100, 50]})
    >>> by_commune(pd.Series([4.0, 8.0, np.nan]), residents)
           value  unreached_people
    code
    02173    5.0               0.0
    02304    NaN              50.0
    """
    check_kind(values, "values", pd.Series)
    means, unreached = means_by_commune(values.to_frame("value"), residents)
    return means.assign(unreached_people=unreached["value"])


def means_by_commune(values: pd.DataFrame, residents: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return `by_commune` of every column of `values`: the means, and the people left out, communes × columns each.

    Examples
    --------
    >>> residents = pd.DataFrame({"commune": ["02173", "02173"], "population": [300, 100]})
    >>> means, left = means_by_commune(pd.DataFrame({"bakery": [4.0, 8.0], "cinema": [9.0, np.nan]}), residents)
    >>> means.loc["02173"].tolist(), left.loc["02173"].tolist()
    ([5.0, 9.0], [0.0, 100.0])
    """
    check_columns(residents, "commune", "population", about="residents")
    people = people_of(residents["population"], values.index)[:, None]
    communes = residents["commune"].loc[values.index]
    if communes.isna().any():
        homeless = communes.index[communes.isna()]
        raise TableError(Problem("commune_missing_for", n=len(homeless), value=homeless[0]), about="residents")
    reached = values.notna().to_numpy()
    numbers = np.zeros(reached.shape)
    for number, name in enumerate(values.columns):
        here = reached[:, number]
        numbers[here, number] = complete(values[name][here], "values", negative=True)
    codes = pd.Index(communes.to_numpy(dtype=object), name="code")
    counted, totals, left = (
        pd.DataFrame(each, columns=values.columns).groupby(codes, sort=True).sum()
        for each in (
            np.where(reached, people, 0.0),
            np.where(reached, people * numbers, 0.0),
            np.where(reached, 0.0, people),
        )
    )
    return totals / counted.where(counted > 0), left


def opportunities(times: pd.DataFrame, supply: pd.Series, *, cutoff: float) -> pd.Series:
    """Return the supply within `cutoff` minutes of each resident, in the unit of `supply`.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached.
    supply
        By service: jobs, doctors, places, or 1 to count sites.
    cutoff
        Minutes; a site at exactly the cutoff counts.

    Returns
    -------
    Series
        By resident; 0 where nothing is within the cutoff.

    Raises
    ------
    TableError
        If a site has no supply, or values break the contract.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [12.0, 30.0], "b": [9.0, np.nan]}, index=["r1", "r2"])
    >>> opportunities(times, pd.Series({"a": 2, "b": 3}), cutoff=12)
    r1    5.0
    r2    0.0
    Name: opportunities, dtype: float64
    """
    offered = supply_of(supply, times.columns)
    return pd.Series(is_within(minutes_of(times), cutoff) @ offered, index=times.index, name="opportunities")


def median_opportunities(times: pd.DataFrame, supply: pd.Series, *, cutoffs: Sequence[float]) -> pd.Series:
    """Return the median over `cutoffs` of the supply within each, by resident: no single cutoff decides.

    Parameters
    ----------
    times, supply
        As for `opportunities`, and refused alike.
    cutoffs
        Minutes, such as ``range(20, 41)`` for the interval from 20 to 40.

    Returns
    -------
    Series
        By resident, in the unit of `supply`.

    Raises
    ------
    ValueError
        If there is no cutoff.

    Notes
    -----
    Source: Tomasiello, Herszenhut, Oliveira, Braga & Pereira (2023), "A time interval metric for cumulative opportunity
    accessibility", Applied Geography 157.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [12.0], "b": [21.0]}, index=["r1"])
    >>> median_opportunities(times, pd.Series({"a": 2, "b": 4}), cutoffs=[10, 15, 20, 25, 30])
    r1    2.0
    Name: opportunities, dtype: float64
    """
    bounds = np.sort(cutoffs_of(cutoffs))
    if not bounds.size:
        raise OptionError(Problem("cutoffs_empty"))
    offered, minutes = supply_of(supply, times.columns), minutes_of(times)
    # The first cutoff that holds each site (NaN sorts last: none), then the supply that each cutoff adds.
    first = classes_of(minutes, bounds)
    rows, width = minutes.shape[0], bounds.size + 1
    first += np.arange(rows)[:, np.newaxis] * width
    added = np.bincount(first.ravel(), weights=np.tile(offered, rows), minlength=rows * width).reshape(rows, width)
    within = np.cumsum(added[:, :-1], axis=1)
    return pd.Series(np.median(within, axis=1), index=times.index, name="opportunities")


def gravity(times: pd.DataFrame, supply: pd.Series, *, decay: DecayFunction) -> pd.Series:
    """Return the supply that each resident can reach, each site weighted by its `decay`: A_i = Σ_j S_j w(t_ij).

    Parameters
    ----------
    times, supply
        As for `opportunities`, and refused alike.
    decay
        A function of minutes, such as ``accessmap.measures.decay.gaussian(10)``.

    Returns
    -------
    Series
        By resident, in the unit of `supply`; 0 where nothing is reached.

    Raises
    ------
    ValueError
        If the decay gives weights that are negative or not finite.

    Notes
    -----
    Source: Hansen (1959), "How accessibility shapes land use", Journal of the American Institute of Planners 25(2).

    Examples
    --------
    >>> from accessmap.measures.decay import linear
    >>> gravity(pd.DataFrame({"a": [5.0], "b": [np.nan]}, index=["r1"]), pd.Series({"a": 8, "b": 1}), decay=linear(10))
    r1    4.0
    Name: gravity, dtype: float64
    """
    offered = supply_of(supply, times.columns)
    return pd.Series(weights_of(times, decay) @ offered, index=times.index, name="gravity")
