"""Who has no car: residents say it, or shares by commune do."""

import numpy as np
import pandas as pd

from accessmap.alignment import Floats, people_of
from accessmap.errors import TableError, did_you_mean

__all__ = ["captive_people"]


def captive_people(residents: pd.DataFrame, *, shares: pd.Series | None = None) -> pd.Series:
    """Return the people without a car, by resident.

    Parameters
    ----------
    residents
        With `population`, and `without_car` (people, at most as many) or, for `shares`, `commune`.
    shares
        By commune, the share (0-1) of people without a car, given to every resident of the commune instead of
        `without_car`.

    Raises
    ------
    TableError
        Where nobody says how many people have no car, a commune with people has no share, or a value cannot be.

    Examples
    --------
    >>> residents = pd.DataFrame({"commune": ["02173", "02304"], "population": [200, 50]}, index=["r1", "r2"])
    >>> captive_people(residents, shares=pd.Series({"02173": 0.25, "02304": 0.1})).to_dict()
    {'r1': 50.0, 'r2': 5.0}
    """
    people = people_of(residents["population"], residents.index)
    if shares is not None:
        captive = people * _shares_of(residents, people, shares)
    elif "without_car" in residents:
        captive = people_of(residents["without_car"], residents.index, "without_car")
    else:
        remedy = "add it, or give shares by commune, such as read_households_without_car of INSEE's base-cc-logement"
        raise TableError("residents", [f"There is no column 'without_car' (people without a car): {remedy}."])
    too_many = captive > people * (1 + 1e-9)
    if too_many.any():
        first = residents.index[too_many][0]
        raise TableError(
            "without_car", [f"More people without a car than people in {int(too_many.sum())} rows, such as {first!r}."]
        )
    return pd.Series(captive, index=residents.index, name="without_car")


def _shares_of(residents: pd.DataFrame, people: Floats, shares: pd.Series) -> Floats:
    """Return the share of each resident's commune; where nobody lives, 0."""
    share = residents["commune"].map(shares).to_numpy(dtype=np.float64)
    unknown = np.isnan(share) & (people > 0)
    problems = []
    if unknown.any():
        missing = residents["commune"].to_numpy(dtype=object)[unknown]
        hint = did_you_mean(missing[0], shares.index)
        problems.append(f"No share for {len(set(missing))} communes where people live, such as {missing[0]!r}{hint}.")
    out = (share < 0) | (share > 1)
    if out.any():
        problems.append(f"Shares are between 0 and 1, but {residents['commune'].iloc[int(out.argmax())]!r} is not.")
    if problems:
        raise TableError("shares", problems)
    return np.asarray(np.nan_to_num(share))
