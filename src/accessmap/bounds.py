"""Bounds for what is not known of a site: the worst case counts an unknown as no, the best case as yes."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.alignment import minutes_of
from accessmap.errors import TableError, did_you_mean

__all__ = ["BOUNDS", "check_rows", "minutes_bounds", "shortest"]

BOUNDS = ("all", "best", "worst")


def check_rows(index: pd.Index, columns: pd.Index, name: str = "services") -> None:
    """Return nothing when every site of the minutes has one row.

    Raises
    ------
    TableError
        Where a site has none, or has two.
    """
    absent = columns[~columns.isin(index)]
    problems = []
    if len(absent):
        hint = did_you_mean(absent[0], index)
        problems.append(f"No row for {absent[0]!r}{hint}, one of {len(absent)} sites of the minutes without.")
    if not index.is_unique:
        problems.append(f"service_id repeats: {index[index.duplicated()][0]!r}.")
    if problems:
        raise TableError(name, problems)


def shortest(minutes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the least minutes of each row, NaN where nothing is reached or there is no column."""
    least = np.where(np.isnan(minutes), np.inf, minutes).min(axis=1, initial=np.inf)
    return np.where(np.isinf(least), np.nan, least).astype(minutes.dtype)


def minutes_bounds(times: pd.DataFrame, answers: pd.Series) -> pd.DataFrame:
    """Return minutes to the nearest site by resident: of all sites, of those that may do, of those that surely do.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached.
    answers
        By service: True, False, or <NA> where it is not known.

    Returns
    -------
    DataFrame
        By resident: `all`; `best` (unknown counted as yes); `worst` (unknown counted as no). NaN where no such site is
        reached; wherever they are reached, all <= best <= worst.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [4.0], "b": [9.0], "c": [15.0]}, index=["r1"])
    >>> minutes_bounds(times, pd.Series([False, pd.NA, True], index=["a", "b", "c"], dtype="boolean"))
        all  best  worst
    r1  4.0   9.0   15.0
    """
    check_rows(answers.index, times.columns)
    known = answers.loc[times.columns].astype("boolean")
    minutes = minutes_of(times)
    best, worst = (known.fillna(filler).to_numpy(dtype=bool) for filler in (True, False))
    columns = [shortest(minutes), shortest(minutes[:, best]), shortest(minutes[:, worst])]
    return pd.DataFrame(dict(zip(BOUNDS, columns, strict=True)), index=times.index)
