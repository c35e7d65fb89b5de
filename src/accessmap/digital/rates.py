"""Rates by zone, checked, and handed to the residents of each zone."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.alignment import complete
from accessmap.digital_tables import RATES, check_digital
from accessmap.errors import TableError, did_you_mean

__all__ = ["aligned", "check_near", "check_share", "checked_rate", "is_percentage", "rate_of", "rates_of"]


def rates_of(digital: pd.DataFrame, technology: str) -> pd.Series:
    """Return the rates of one technology by zone, after the table and the name are checked."""
    if technology not in RATES:
        raise ValueError(
            f"technology is {technology!r}{did_you_mean(technology, RATES)}: give one of {', '.join(RATES)}."
        )
    check_digital(digital)
    if technology not in digital.columns:
        has = ", ".join(name for name in RATES if name in digital.columns)
        raise TableError("digital", [f"{technology!r} is missing: the table has {has}."])
    return digital[technology].astype("float64")


def is_percentage(share: object) -> bool:
    """Return whether a number is no share and may be one in per cent."""
    return isinstance(share, int | float | np.number) and not isinstance(share, bool) and 1 < float(share) <= 100


def check_near(near_minutes: float) -> None:
    """Refuse minutes that are none."""
    if not 0 <= near_minutes < np.inf:
        raise ValueError(f"near_minutes is {near_minutes}: give minutes, 0 or more.")


def check_share(name: str, share: float) -> None:
    """Refuse what is no share 0-1, and say when it looks like a percentage."""
    if not 0 <= share <= 1:
        hint = f": {share:g} looks like a percentage, divide by 100" if 1 < share <= 100 else ""
        raise ValueError(f"{name} is {share}: give a share between 0 and 1{hint}.")


def checked_rate(rate: pd.Series) -> pd.Series:
    """Return the rates as float64, refusing what is no share; missing where unknown."""
    known = rate[rate.notna()]
    numbers = complete(known, "rate")
    over = known.index[numbers > 1]
    if len(over):
        raise TableError("rate", [f"{len(over)} rates are over 1, such as {over[0]!r} ({known[over[0]]:g}): give 0-1."])
    return rate.astype("float64")


def rate_of(rate: pd.Series, by: pd.Series | None, index: pd.Index) -> pd.Series:
    """Return the rate of the commune of each resident, or of each id where the ids are communes.

    Raises
    ------
    TableError
        Where a resident has no commune, rates are no shares, or not one commune has a rate.
    """
    codes = aligned(by, index, "by") if by is not None else index.to_numpy(dtype=object)
    rates = checked_rate(rate)
    if len(index) and not pd.Index(codes).isin(rates.index).any():
        near = did_you_mean(codes[0], rates.index)
        raise TableError("rate", [f"No commune of the residents has a rate (such as {codes[0]!r}{near})."])
    return pd.Series(rates.reindex(codes).to_numpy(), index=index, name="rate")


def aligned(labels: pd.Series, index: pd.Index, name: str) -> NDArray[np.object_]:
    """Return the label of each id of `index`."""
    absent = index[~index.isin(labels.index)]
    if len(absent):
        raise TableError(name, [f"No value for {len(absent)} residents, such as {absent[0]!r}."])
    return np.asarray(labels.loc[index].to_numpy(dtype=object))
