"""Whom a siting question that has no answer leaves out, commune by commune."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from accessmap.errors import SitingError, TableError
from accessmap.siting.inputs import listed

__all__ = ["unserved"]


def unserved(
    error: SitingError,
    times: pd.DataFrame,
    residents: pd.DataFrame,
    communes: pd.DataFrame,
    *,
    cutoff: float | pd.Series,
    forbidden: Iterable[str] = (),
) -> pd.DataFrame:
    """Return the communes that a refused siting question cannot serve: how many people, how far, how much too far.

    The smallest relaxation is told by the error: `smallest_cutoff` minutes, or `smallest_p` sites.

    Parameters
    ----------
    error
        What the question raised.
    times, forbidden
        As the question had them.
    residents, communes
        Their `commune` and `population`; its `name`.
    cutoff
        The minutes that were asked for: one number, or by resident.

    Returns
    -------
    pandas.DataFrame
        By commune code, the farthest first: name; people who cannot be served, of people_in_all; minutes, the longest
        of theirs to the nearest site that may be open; beyond, the most by which they pass the cutoff. `beyond` is 0
        where each could be served by some site, only not all of them by so few.

    Raises
    ------
    TableError
        If the residents of the error are not in the tables.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0, 25, 31]}, index=["r1", "r2", "r3"])
    >>> residents = pd.DataFrame({"commune": ["02001", "02002", "02002"], "population": [90, 20, 5]}, index=times.index)
    >>> communes = pd.DataFrame({"name": ["Aville", "Bourg"]}, index=["02001", "02002"])
    >>> from accessmap.siting import set_cover
    >>> try:
    ...     set_cover(times, cutoff=20)
    ... except SitingError as error:
    ...     table, enough = unserved(error, times, residents, communes, cutoff=20), error.smallest_cutoff
    >>> table[["name", "people", "minutes", "beyond"]].values.tolist(), enough
    ([['Bourg', 25, 31.0, 11.0]], 31.0)
    """
    ids = pd.Index(error.residents)
    lost = ids[~(ids.isin(times.index) & ids.isin(residents.index))]
    if len(lost):
        raise TableError("residents", [f"{lost[0]!r} of the error is not in times and residents: give the same ones."])
    nearest = times.loc[ids].drop(columns=[site for site in listed(forbidden) if site in times.columns]).min(axis=1)
    limit = cutoff.reindex(ids) if isinstance(cutoff, pd.Series) else cutoff
    rows = pd.DataFrame(
        {
            "people": residents["population"].loc[ids],
            "minutes": nearest.astype("float64"),
            "beyond": (nearest - limit).clip(lower=0.0).astype("float64"),
        }
    )
    code = residents["commune"].loc[ids]
    table = rows.groupby(code).agg({"people": "sum", "minutes": "max", "beyond": "max"}).rename_axis("commune")
    everyone = residents.loc[times.index.intersection(residents.index)].groupby("commune")["population"].sum()
    table.insert(0, "name", communes["name"].reindex(table.index))
    table.insert(2, "people_in_all", everyone.reindex(table.index))
    order = np.lexsort((-table["people"], -table["minutes"], -table["beyond"]))
    return table.iloc[order]
