"""Access set against income: Palma ratio and concentration index."""

import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem, TableError
from accessmap.measures.imbalance.indices import spread, weighted_quantile
from accessmap.tables.aligned import Floats, complete


def _ranked(values: pd.Series, weights: pd.Series, income: pd.Series) -> tuple[Floats, Floats, Floats]:
    """Return values, people and income of the ids that have people and an income."""
    numbers, people = spread(values, weights)
    absent = values.index[~values.index.isin(income.index)]
    if len(absent):
        raise TableError(Problem("ids_without_income", n=len(absent), value=absent[0]), about="income")
    if not income.index.is_unique:
        raise TableError(Problem("ids_unique"), about="income")
    aligned = income.loc[values.index]
    kept = aligned.notna().to_numpy() & (people > 0)
    if not kept.any():
        raise TableError(Problem("nobody_has_income"), about="income")
    return numbers[kept], people[kept], complete(aligned[kept], "income", negative=True)


def unranked_people(weights: pd.Series, income: pd.Series) -> float:
    """Return how many people have no known income, and so are left out of what ranks people by it.

    Parameters
    ----------
    weights
        People by resident or commune.
    income
        By the same ids, NaN where unknown.

    Examples
    --------
    >>> unranked_people(pd.Series({"a": 10, "b": 3}), pd.Series({"a": 21_000, "b": np.nan}))
    3.0
    """
    return float(weights[income.reindex(weights.index).isna()].sum())


def palma(
    values: pd.Series, weights: pd.Series, income: pd.Series, *, cuts: tuple[float, float] | None = None
) -> float:
    """Return the mean access of the richest 10 % over that of the poorest 40 %: above 1 the rich fare better.

    Parameters
    ----------
    values
        Access by resident or commune, 0 or more.
    weights
        People by the same ids.
    income
        By the same ids; NaN where unknown: those people are left out (`unranked_people` counts them).
    cuts
        The incomes at 40 % and at 90 % of the people *of the whole reference*: poor are those at or below the first,
        rich those above the second. From the people given, unless given.

    Returns
    -------
    float
        NaN where nobody is poor or rich, or the poor have no access.

    Raises
    ------
    TableError
        If ids differ, values are missing or negative, or nobody has an income.
    ValueError
        If the cuts are not in order.

    Notes
    -----
    Source: Palma (2011), Development and Change 42(1), applied to access as in the R package accessibility.

    Examples
    --------
    >>> access = pd.Series({"poor": 2.0, "middle": 3.0, "rich": 4.0})
    >>> people, income = pd.Series({"poor": 4, "middle": 5, "rich": 1}), pd.Series({"poor": 1, "middle": 2, "rich": 3})
    >>> palma(access, people, income)
    2.0
    """
    numbers, people, ranked = _ranked(values, weights, income)
    if cuts is None:
        cuts = weighted_quantile(ranked, people, 0.4), weighted_quantile(ranked, people, 0.9)
    if not cuts[0] <= cuts[1]:
        raise OptionError(Problem("palma_cuts", value=cuts))
    poor, rich = ranked <= cuts[0], ranked > cuts[1]
    if not (poor.any() and rich.any()) or numbers[poor].max() <= 0:
        return float("nan")
    return float(np.average(numbers[rich], weights=people[rich]) / np.average(numbers[poor], weights=people[poor]))


def concentration(values: pd.Series, weights: pd.Series, income: pd.Series) -> float:
    """Return the concentration index (−1 to 1): below 0 access leans to the poor, above 0 to the rich.

    CI = 2 Σ (r − ½)(A − μ) s / μ, with r the mid-rank (0-1) by income; people of one income share a rank.

    Parameters
    ----------
    values, weights, income
        As for `palma`, and refused alike.

    Returns
    -------
    float
        NaN where every value is 0.

    Notes
    -----
    Source: Wagstaff, Paci & van Doorslaer (1991), Social Science & Medicine 33(5).

    Examples
    --------
    >>> access, people = pd.Series({"a": 1.0, "b": 3.0}), pd.Series({"a": 1, "b": 1})
    >>> concentration(access, people, pd.Series({"a": 10, "b": 20}))
    0.25
    """
    lean, mean = _lean(*_ranked(values, weights, income))
    return lean / mean if mean > 0 else float("nan")


def erreygers(
    values: pd.Series, weights: pd.Series, income: pd.Series, *, bounds: tuple[float, float] | None = None
) -> float:
    """Return the concentration index as Erreygers corrects it: the index times 4μ / (max − min).

    Parameters
    ----------
    values, weights, income
        As for `palma`, and refused alike.
    bounds
        The least and the most that access can be; those observed, unless given. To compare two places or years give
        both the same.

    Returns
    -------
    float
        −1 to 1; NaN where the bounds are one.

    Raises
    ------
    ValueError
        If values lie outside the bounds.

    Notes
    -----
    Source: Erreygers (2009), Journal of Health Economics 28(2).

    Examples
    --------
    >>> access, people = pd.Series({"a": 1.0, "b": 3.0}), pd.Series({"a": 1, "b": 1})
    >>> erreygers(access, people, pd.Series({"a": 10, "b": 20}), bounds=(0, 4))
    0.5
    """
    numbers, people, ranked = _ranked(values, weights, income)
    low, high = bounds if bounds is not None else (float(numbers.min()), float(numbers.max()))
    if numbers.min() < low or numbers.max() > high:
        least, most = f"{numbers.min():g}", f"{numbers.max():g}"
        raise OptionError(Problem("values_outside_bounds", least=least, most=most, low=f"{low:g}", high=f"{high:g}"))
    lean, _ = _lean(numbers, people, ranked)
    return 4.0 * lean / (high - low) if high > low else float("nan")


def _lean(numbers: Floats, people: Floats, ranked: Floats) -> tuple[float, float]:
    """Return 2 Σ (r − ½)(A − μ) s, the index times the mean, and the mean."""
    shares = people / people.sum()
    levels, which = np.unique(ranked, return_inverse=True)
    size = np.bincount(which, weights=shares, minlength=len(levels))
    middle = np.cumsum(size) - size / 2.0
    mean = float(numbers @ shares)
    return float(2.0 * ((middle[which] - 0.5) * (numbers - mean)) @ shares), mean
