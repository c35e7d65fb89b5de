"""What a roll-out would make of the digital table."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from accessmap.digital.rates import is_percentage, rates_of
from accessmap.digital_tables import check_digital
from accessmap.errors import TableError, did_you_mean

__all__ = ["connected"]


def connected(
    digital: pd.DataFrame, shares: Mapping[str, float], *, technology: str = "fibre", lower: bool = False
) -> pd.DataFrame:
    """Return the digital table after a roll-out: each zone named reaches its share (0-1), the others are as before.

    A rate never goes down, unless `lower` asks for it. Fibre is very high speed too, so `very_high_speed` is at least
    `fibre` afterwards; premises reached follow the rate where all premises are known, and else are no longer known.

    Parameters
    ----------
    digital
        In the contract; never changed.
    shares
        Zone to the share that is reached: ``{"02159": 1, "02395": 1}``.
    technology
        "fibre", "very_high_speed" or "mobile_4g".
    lower
        Take the share even where it is below the rate of today.

    Raises
    ------
    TableError
        Where the table breaks its contract, a zone has no row, or a share is not between 0 and 1.
    ValueError
        Where the technology is none.

    Examples
    --------
    >>> digital = pd.DataFrame({"fibre": [0.899, 0.898, 1.0]}, index=["02159", "02395", "02173"])
    >>> connected(digital, {"02159": 1, "02395": 1, "02173": 0.9})["fibre"].tolist()
    [1.0, 1.0, 1.0]
    """
    rates = rates_of(digital, technology)
    _check_shares(shares, digital.index)
    asked = pd.Series(dict(shares), dtype="float64").reindex(digital.index)
    table = digital.assign(**{technology: asked.where(asked.notna(), rates) if lower else _higher(asked, rates)})
    if {"fibre", "very_high_speed"} <= set(table.columns) and technology != "mobile_4g":
        fibre, fast = table["fibre"].astype("float64"), table["very_high_speed"].astype("float64")
        # where very high speed is not known, fibre tells it only when everyone has fibre
        floor = fibre.where(fast.notna() | (fibre >= 1))
        if technology == "fibre" or not lower:
            table = table.assign(very_high_speed=_higher(fast, floor))
    for name in ("fibre", "very_high_speed"):
        table = _counts_follow(table, digital, name)
    check_digital(table)
    return table


def _higher(one: pd.Series, other: pd.Series) -> pd.Series:
    """Return the higher of two rates by zone, and the one that is known where the other is not."""
    return pd.concat([one, other], axis=1).max(axis=1)


def _counts_follow(table: pd.DataFrame, before: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the table with the premises reached brought to a rate that has changed."""
    counted = f"{name}_premises"
    if counted not in table.columns or name not in before.columns:
        return table
    old, new = before[name].astype("float64"), table[name].astype("float64")
    moved = (new != old) & ~(new.isna() & old.isna())
    total = table["premises"].astype("float64") if "premises" in table.columns else np.nan
    return table.assign(**{counted: table[counted].astype("float64").mask(moved, new * total)})


def _check_shares(shares: Mapping[str, float], zones: pd.Index) -> None:
    problems = []
    for zone, share in shares.items():
        if zone not in zones:
            zero = f" (did you mean '0{zone}'?)" if f"0{zone}" in zones else did_you_mean(zone, zones)
            problems.append(f"No zone {zone!r} in the digital table{zero}: correct its code.")
        if isinstance(share, bool) or not isinstance(share, int | float | np.number) or not 0 <= share <= 1:
            hint = f": {share:g} looks like a percentage, divide by 100" if is_percentage(share) else ""
            problems.append(f"The share of {zone!r} is {share!r}: give a share between 0 and 1{hint}.")
    if problems:
        raise TableError("connected", problems)
