"""A measure for each group of people: age classes, incomes, households."""

import numpy as np
import pandas as pd

from accessmap.alignment import complete, people_of

__all__ = ["split"]


def split(values: pd.Series, groups: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of `values` for each group of people, such as age classes, and the people it leaves out.

    Parameters
    ----------
    values
        Minutes, or any measure, by resident; NaN where not reached.
    groups
        People of each group (columns) by the same residents: ``residents[["under_15", "over_65"]]``.

    Returns
    -------
    DataFrame
        Groups × (`value`, the mean over the people of the group who are reached, NaN where there are none; `people`, of
        the whole group; `unreached_people`).

    Raises
    ------
    TableError
        If residents differ, or a number of people is missing or negative.

    Examples
    --------
    >>> ages = pd.DataFrame({"under_65": [90, 10], "over_65": [10, 30]}, index=["r1", "r2"])
    >>> split(pd.Series([4.0, 12.0], index=["r1", "r2"]), ages)
              value  people  unreached_people
    group
    under_65    4.8   100.0               0.0
    over_65    10.0    40.0               0.0
    """
    reached = values.notna().to_numpy()
    numbers = complete(values[reached], "values", negative=True)
    rows = {}
    for group in groups.columns:
        people = people_of(groups[group], values.index, f"groups, {group}")
        served = people[reached].sum()
        mean = people[reached] @ numbers / served if served > 0 else np.nan
        rows[group] = {"value": mean, "people": people.sum(), "unreached_people": people[~reached].sum()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "people", "unreached_people"])
    return table.astype(np.float64).rename_axis("group")
