"""Redundancy: the second nearest site, the sites whose loss hurts most, the communes one closure away from far.

When one site closes, a resident goes to the nearest that is left, so the nearest and the second nearest are all there
is to know. Sites that close together (the stops of one mobile service, say) are first made one column:
``times.T.groupby(services["round"]).min().T``.
"""

import numpy as np
import pandas as pd

from accessmap.alignment import Floats, people_of
from accessmap.errors import TableError
from accessmap.measures import nearest

__all__ = ["criticality", "one_closure_away", "redundancy"]


def redundancy(times: pd.DataFrame) -> pd.DataFrame:
    """Return by resident the nearest and the second nearest service, the minutes to each, and those between them.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached.

    Returns
    -------
    DataFrame
        `service_id`, `minutes`; `next_id`, `next_minutes` (what is left when the nearest closes; <NA> and NaN where
        nothing is); `added`, the minutes that closing would add.

    Raises
    ------
    TableError
        If `times` breaks its contract.

    Examples
    --------
    >>> redundancy(pd.DataFrame({"a": [12.0, 8.0], "b": [9.0, np.nan]}, index=["r1", "r2"]))
       service_id  minutes next_id  next_minutes  added
    r1          b      9.0       a          12.0    3.0
    r2          a      8.0    <NA>           NaN    NaN
    """
    first, second = nearest(times), nearest(times, k=2)
    return first.assign(
        next_id=second["service_id"], next_minutes=second["minutes"], added=second["minutes"] - first["minutes"]
    )


def criticality(times: pd.DataFrame, population: pd.Series, *, cutoff: float = 30) -> pd.DataFrame:
    """Return what each service's closing, alone, would do to people; the one whose loss hurts most comes first.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached.
    population
        People by resident.
    cutoff
        Minutes; someone at exactly the cutoff is within it. 30 is what France services promise everyone (ANCT).

    Returns
    -------
    DataFrame
        By service, every column of `times`, sorted by `beyond` and then by `person_minutes`, both from most to least:

        - `people` whose nearest it is (of two as near, the first column);
        - `person_minutes` that its closing adds, over those who still reach another;
        - `minutes` added to each of these on average, NaN where there are none;
        - `beyond`, people within the cutoff now and no more after, the unreached among them included;
        - `unreached`, people who would reach nothing any more, whatever the cutoff.

    Raises
    ------
    TableError
        If residents differ, or values break the contract.

    Notes
    -----
    Exact, not sampled: closing j moves only those whose nearest is j, to their second nearest.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0, 20.0], "b": [25.0, 40.0]}, index=["r1", "r2"])
    >>> criticality(times, pd.Series({"r1": 100, "r2": 10}), cutoff=30)
                people  person_minutes  minutes  beyond  unreached
    service_id
    a            110.0          2200.0     20.0    10.0        0.0
    b              0.0             0.0      NaN     0.0        0.0
    """
    found = redundancy(times)
    people = people_of(population, times.index)
    now, after = _minutes(found, "minutes"), _minutes(found, "next_minutes")
    moved = np.isfinite(after)
    reached = np.isfinite(now)
    by_resident = pd.DataFrame(
        {
            "people": np.where(reached, people, 0.0),
            "person_minutes": people * np.where(moved, after - np.where(reached, now, 0.0), 0.0),
            "moved": np.where(moved, people, 0.0),
            "beyond": np.where((now <= cutoff) & ~(after <= cutoff), people, 0.0),
            "unreached": np.where(reached & ~moved, people, 0.0),
        }
    )
    sums = by_resident.groupby(found["service_id"].to_numpy(dtype=object)).sum()
    table = sums.reindex(times.columns, fill_value=0.0).rename_axis("service_id")
    table.insert(2, "minutes", table["person_minutes"] / table["moved"].where(table["moved"] > 0))
    return table.drop(columns="moved").sort_values(["beyond", "person_minutes"], ascending=False, kind="stable")


def one_closure_away(times: pd.DataFrame, residents: pd.DataFrame, *, cutoff: float = 30) -> pd.DataFrame:
    """Return by commune how many people are within the cutoff thanks to one single site, and which that is.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached.
    residents
        The same residents, with `commune` and `population`.
    cutoff
        Minutes; someone at exactly the cutoff is within it.

    Returns
    -------
    DataFrame
        By commune `code`, sorted: `people`; `within` the cutoff now; `one_away`, those of them who would be beyond it
        (or reach nothing) after the loss of one site; `share` of the people of the commune who are one away (0-1, NaN
        where nobody lives); `service_id` of the site on which most of these rely, <NA> where there are none.

    Raises
    ------
    TableError
        If residents differ, a column is missing, or values break the contract.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0, 20.0], "b": [25.0, 40.0]}, index=["r1", "r2"])
    >>> residents = pd.DataFrame({"commune": ["02173", "02304"], "population": [100, 10]}, index=["r1", "r2"])
    >>> one_closure_away(times, residents, cutoff=30)
           people  within  one_away  share service_id
    code
    02173   100.0   100.0       0.0    0.0       <NA>
    02304    10.0    10.0      10.0    1.0          a
    """
    absent = [column for column in ("commune", "population") if column not in residents]
    if absent:
        raise TableError("residents", [f"{column!r} is missing." for column in absent])
    found = redundancy(times)
    people = people_of(residents["population"], times.index)
    within = _minutes(found, "minutes") <= cutoff
    alone = within & ~(_minutes(found, "next_minutes") <= cutoff)
    by_resident = pd.DataFrame(
        {
            "code": residents["commune"].loc[times.index].to_numpy(dtype=object),
            "service_id": found["service_id"].to_numpy(dtype=object),
            "people": people,
            "within": np.where(within, people, 0.0),
            "one_away": np.where(alone, people, 0.0),
        }
    )
    table = by_resident.groupby("code")[["people", "within", "one_away"]].sum()
    table["share"] = table["one_away"] / table["people"].where(table["people"] > 0)
    relied = by_resident[by_resident["one_away"] > 0].groupby(["code", "service_id"])["one_away"].sum().reset_index()
    first = relied.sort_values(["one_away", "service_id"], ascending=[False, True]).drop_duplicates("code")
    table["service_id"] = first.set_index("code")["service_id"].reindex(table.index).astype("string")
    return table


def _minutes(found: pd.DataFrame, column: str) -> Floats:
    return found[column].to_numpy(dtype=np.float64)
