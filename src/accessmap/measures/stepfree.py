"""Step-free access: who reaches a site that someone in a wheelchair can enter, whatever is not yet known of the sites.

A service says `step_free`: yes, no or unknown (a missing column or value is unknown). What is not known is taken for
neither: every measure has a worst case (only the sites that say yes) and a best case (those that say yes
or unknown), and the truth lies between.
"""

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import Problem, TableError
from accessmap.tables.aligned import check_rows, minutes_of

__all__ = ["step_free", "step_free_bounds", "step_free_minutes"]


def shortest(minutes: NDArray[np.floating]) -> NDArray[np.floating]:
    """Return the least minutes of each row, NaN where nothing is reached or there is no column."""
    least = np.where(np.isnan(minutes), np.inf, minutes).min(axis=1, initial=np.inf)
    return np.where(np.isinf(least), np.nan, least).astype(minutes.dtype)


def minutes_bounds(times: pd.DataFrame, answers: pd.Series) -> pd.DataFrame:
    """Return minutes to the nearest site by resident: of all sites, of those that may do, of those that surely do.

    An answer is by service: True, False, or <NA> where it is not known, which is yes in `best` and no in `worst`.
    """
    check_rows(answers.index, times.columns)
    known = answers.loc[times.columns].astype("boolean")
    minutes = minutes_of(times)
    best, worst = (known.fillna(filler).to_numpy(dtype=bool) for filler in (True, False))
    cases = {"all": minutes, "best": minutes[:, best], "worst": minutes[:, worst]}
    return pd.DataFrame({case: shortest(chosen) for case, chosen in cases.items()}, index=times.index)


_ANSWERS = {"yes": True, "no": False, "unknown": pd.NA}


def step_free(services: pd.DataFrame) -> pd.Series:
    """Return by service whether it is step-free: True, False, or <NA> where it is not known.

    Raises
    ------
    TableError
        Where a value is none of yes, no, unknown (or missing).

    Examples
    --------
    >>> step_free(pd.DataFrame({"step_free": ["yes", "unknown"]}, index=["a", "b"]))
    a    True
    b    <NA>
    Name: step_free, dtype: boolean
    """
    if "step_free" not in services:
        return pd.Series(pd.NA, index=services.index, dtype="boolean", name="step_free")
    said = services["step_free"].astype(object).where(services["step_free"].notna(), "unknown")
    wrong = said[~said.isin(list(_ANSWERS))]
    if len(wrong):
        first = {"id": wrong.index[0], "value": wrong.iloc[0]}
        raise TableError(Problem("step_free_unknown_answer", n=len(wrong), **first), about="services")
    return said.map(_ANSWERS).astype("boolean").rename("step_free")


def step_free_bounds(services: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the services that are surely step-free (the worst case), and those that may be (the best case).

    Any measure on the first and on the second brackets the truth: ``times[worst.index]``, ``times[best.index]``.

    Parameters
    ----------
    services
        With `step_free`: yes, no or unknown.

    Returns
    -------
    tuple of GeoDataFrame
        (worst, best): rows of `services`, in their order; the first are all among the second.

    Raises
    ------
    TableError
        Where a value is none of yes, no, unknown.

    Examples
    --------
    >>> import accessmap as am
    >>> worst, best = step_free_bounds(am.load_sample().services)
    >>> len(worst), len(best)  # the public directory does not say
    (0, 1309)
    """
    answers = step_free(services)
    return services[answers.fillna(False).to_numpy(dtype=bool)], services[answers.fillna(True).to_numpy(dtype=bool)]


def step_free_minutes(times: pd.DataFrame, services: pd.DataFrame) -> pd.DataFrame:
    """Return minutes by resident to the nearest site of all, that may be step-free, and that surely is.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached; the columns say which sites are meant.
    services
        With `step_free`; a row for each column of `times`, others are set aside.

    Returns
    -------
    DataFrame
        By resident: `all`, `best` (unknown counted as step-free), `worst` (unknown counted as not). NaN where there is
        no such site in reach; wherever reached, all <= best <= worst.

    Raises
    ------
    TableError
        Where a site of `times` has no row, or `step_free` is none of yes, no, unknown.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [4.0, 12.0], "b": [9.0, 3.0]}, index=["r1", "r2"])
    >>> step_free_minutes(times, pd.DataFrame({"step_free": ["unknown", "yes"]}, index=["a", "b"]))
         all  best  worst
    r1   4.0   4.0    9.0
    r2   3.0   3.0    3.0
    """
    return minutes_bounds(times, step_free(services))
