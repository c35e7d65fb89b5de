"""The proven best sites for each number of sites that a council may weigh."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import SitingError
from accessmap.siting import p_median

COLUMNS = ["sites", "mean_minutes", "bound_minutes", "status"]


def best_plans(
    times: pd.DataFrame,
    people: pd.Series,
    *,
    fixed: Iterable[str],
    counts: Iterable[int],
    time_limit: float,
) -> pd.DataFrame:
    """Return by number of open sites, beside the fixed ones, those from which the mean way (minutes) is shortest.

    Parameters
    ----------
    times, people
        As for `accessmap.siting.p_median`.
    fixed
        Sites that stay open whatever is chosen, and are not counted.
    counts
        Numbers of sites.
    time_limit
        Seconds for each number.

    Returns
    -------
    pandas.DataFrame
        By count: sites (tuple of ids, without the fixed ones), mean_minutes, bound_minutes (no choice is below it),
        status: "optimal", "time limit", "refused" where no choice reaches everyone who can be reached, or "not found"
        where none was found in time.
    """
    fixed = tuple(fixed)
    rows = {}
    for count in counts:
        try:
            rows[count] = _solved(_Table(times, people), fixed, count + len(fixed), time_limit)
        except SitingError as error:
            late = error.problems[0].key == "siting_out_of_time"
            rows[count] = ((), np.nan, np.nan, "not found" if late else "refused")
    return pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS).rename_axis("count")


class _Table:
    """A table of minutes and people that is equal to another of the same numbers."""

    def __init__(self, times: pd.DataFrame, people: pd.Series) -> None:
        self.times, self.people = times, people
        minutes: npt.NDArray[np.float32] = times.to_numpy("float32")
        self._key = (tuple(times.columns), minutes.tobytes(), people.to_numpy("float64").tobytes())

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Table) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)


# The dossiers of one study ask the same question again, and a proof takes a while.
@lru_cache(maxsize=64)
def _solved(
    table: _Table, fixed: tuple[str, ...], p: int, time_limit: float
) -> tuple[tuple[str, ...], float, float, str]:
    found = p_median(table.times, table.people, p, existing=fixed, time_limit=time_limit)
    reached = float(table.people.sum()) - found.unreached_people
    sites = tuple(site for site in found.sites if site not in fixed)
    return sites, found.mean_minutes, found.bound / reached, found.status
