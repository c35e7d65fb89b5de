"""Where people stand: quantiles, shortfall from a line (Foster-Greer-Thorbecke), the share not reached."""

import numpy as np
import pandas as pd

from accessmap.alignment import Floats, people_of
from accessmap.imbalance.indices import shares_of, spread

__all__ = ["fgt", "percentile_ratio", "quantile", "unreached_share", "weighted_quantile"]


def weighted_quantile(numbers: Floats, people: Floats, share: float) -> float:
    """Return the smallest number at or below which at least `share` (0-1) of the people are.

    Examples
    --------
    >>> weighted_quantile(np.array([3.0, 1.0]), np.array([1.0, 9.0]), 0.95)
    3.0
    """
    if not 0 <= share <= 1:
        raise ValueError(f"the share is {share}: it must be between 0 and 1.")
    order = np.argsort(numbers, kind="stable")
    order = order[people[order] > 0]
    reached = np.cumsum(people[order])
    # A hair lower, so that ten tenths added up in floating point are the whole.
    place = np.searchsorted(reached, share * reached[-1] * (1.0 - 1e-12))
    return float(numbers[order[min(int(place), len(order) - 1)]])


def unreached_share(values: pd.Series, weights: pd.Series) -> float:
    """Return the share of people (0-1) whose value is missing: not reached.

    Parameters
    ----------
    values
        A measure by resident or commune, NaN where not reached.
    weights
        People by the same ids.

    Returns
    -------
    float
        NaN if there is nobody at all.

    Raises
    ------
    TableError
        If ids differ, or weights are missing or negative.

    Examples
    --------
    >>> unreached_share(pd.Series({"a": 4.0, "b": np.nan}), pd.Series({"a": 3, "b": 1}))
    0.25
    """
    people = people_of(weights, values.index, "weights")
    return float(people[values.isna().to_numpy()].sum() / people.sum()) if people.sum() > 0 else float("nan")


def quantile(values: pd.Series, weights: pd.Series, *, share: float) -> float:
    """Return the smallest value at or below which at least `share` (0-1) of the people are: 0.5 is the median.

    Parameters
    ----------
    values
        By resident or commune, 0 or more.
    weights
        People by the same ids.
    share
        0 to 1.

    Raises
    ------
    TableError
        If ids differ, values are missing or negative, or nobody is counted.
    ValueError
        If the share is not between 0 and 1.

    Examples
    --------
    >>> quantile(pd.Series({"a": 4.0, "b": 10.0}), pd.Series({"a": 90, "b": 10}), share=0.9)
    4.0
    """
    return weighted_quantile(*spread(values, weights), share)


def percentile_ratio(values: pd.Series, weights: pd.Series, *, upper: float = 0.9, lower: float = 0.1) -> float:
    """Return how many times the value at the upper percentile is that at the lower: P90/P10.

    Parameters
    ----------
    values
        By resident or commune, 0 or more.
    weights
        People by the same ids.
    upper, lower
        Shares of people, 0 to 1.

    Returns
    -------
    float
        NaN where the lower percentile is 0.

    Raises
    ------
    TableError
        If ids differ, values are missing or negative, or nobody is counted.
    ValueError
        If a share is not between 0 and 1.

    Examples
    --------
    >>> percentile_ratio(pd.Series({"a": 4.0, "b": 10.0}), pd.Series({"a": 50, "b": 50}))
    2.5
    """
    numbers, people = spread(values, weights)
    low = weighted_quantile(numbers, people, lower)
    return weighted_quantile(numbers, people, upper) / low if low > 0 else float("nan")


def fgt(values: pd.Series, weights: pd.Series, *, line: float, order: float, higher_is_better: bool = True) -> float:
    """Return the Foster-Greer-Thorbecke index: how many fall short of a line, by how much, how unequally.

    Σ s 1[A < z] ((z − A)/z)^k. Order 0 is the share of people short of the line, 1 the mean shortfall, 2 weighs the
    worst off more.

    Parameters
    ----------
    values
        By resident or commune, 0 or more.
    weights
        People by the same ids.
    line
        z, in the unit of values, above 0.
    order
        k, 0 or more.
    higher_is_better
        False for minutes: then it is those above the line, by (A − z)/z, who fall short.

    Raises
    ------
    TableError
        If ids differ, values are missing or negative, or nobody is counted.
    ValueError
        If the line is not above 0, or the order negative.

    Notes
    -----
    Source: Foster, Greer & Thorbecke (1984), Econometrica 52(3).

    Examples
    --------
    >>> fgt(pd.Series({"a": 1.0, "b": 4.0}), pd.Series({"a": 1, "b": 1}), line=2, order=1)
    0.25
    """
    if not (0 < line < np.inf and 0 <= order < np.inf):
        raise ValueError(f"line is {line} and order {order}: the line must be above 0, the order 0 or more.")
    numbers, shares, _ = shares_of(values, weights)
    short = (line - numbers if higher_is_better else numbers - line) / line
    poor = short > 0
    return float(shares[poor] @ short[poor] ** order)
