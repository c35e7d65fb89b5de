"""Indices of inequality over people: Lorenz, Gini, Hoover, Theil, Atkinson."""

from typing import NamedTuple

import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem, TableError
from accessmap.tables.aligned import Floats, complete, people_of
from accessmap.tables.cutoffs import is_within, number_of_minutes


def weighted_quantile(numbers: Floats, people: Floats, share: float) -> float:
    """Return the smallest number at or below which at least `share` (0-1) of the people are."""
    if not 0 <= share <= 1:
        raise OptionError(Problem("share_not_0_1", value=share))
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
    values, weights
        As for `quantile`, and refused alike.
    upper, lower
        Shares of people, 0 to 1.

    Returns
    -------
    float
        NaN where the lower percentile is 0.

    Raises
    ------
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
    values, weights
        As for `quantile`, and refused alike.
    line
        z, in the unit of values, above 0.
    order
        k, 0 or more.
    higher_is_better
        False for minutes: then it is those above the line, by (A − z)/z, who fall short.

    Raises
    ------
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
    line = number_of_minutes(line, "line")
    if not (0 < line < np.inf and 0 <= order < np.inf):
        raise OptionError(Problem("fgt_options", line=line, order=order))
    numbers, shares, _ = shares_of(values, weights)
    short = (line - numbers if higher_is_better else numbers - line) / line
    poor = ~is_within(-numbers, -line) if higher_is_better else ~is_within(numbers, line)
    return float(shares[poor] @ short[poor] ** order)


def spread(values: pd.Series, weights: pd.Series) -> tuple[Floats, Floats]:
    """Return values and people, both complete and 0 or more, people not all 0."""
    people = people_of(weights, values.index, "weights")
    missing = values.isna().to_numpy()
    if missing.any():
        many = f"{people[missing].sum():g}"
        raise TableError(Problem("ids_without_value", ids=int(missing.sum()), people=many), about="values")
    if people.sum() <= 0:
        raise TableError(Problem("weights_sum_to_0"), about="weights")
    return complete(values, "values"), people


def shares_of(values: pd.Series, weights: pd.Series) -> tuple[Floats, Floats, float]:
    """Return values, shares of people (summing to 1) and the weighted mean, of the ids that have people."""
    numbers, people = spread(values, weights)
    kept = people > 0
    numbers, shares = numbers[kept], people[kept] / people.sum()
    return numbers, shares, float(numbers @ shares)


def gini(values: pd.Series, weights: pd.Series) -> float:
    """Return the Gini index of `values` over people: 0 if all have the same, towards 1 if one has all.

    G = 1 − Σ s_k (L_{k−1} + L_k), ids sorted by value, s their share of people and L the cumulative share of access.

    Parameters
    ----------
    values, weights
        As for `quantile`, and refused alike.

    Returns
    -------
    float
        NaN where every value is 0.

    Examples
    --------
    >>> gini(pd.Series({"a": 0.0, "b": 1.0}), pd.Series({"a": 1, "b": 1}))
    0.5
    """
    numbers, shares, _ = shares_of(values, weights)
    order = np.argsort(numbers, kind="stable")
    return gini_of_sorted(numbers[order], shares[order])


def gini_of_sorted(numbers: Floats, people: Floats) -> float:
    """Return the Gini index of numbers that are sorted, of which somebody (people above 0) has each."""
    counted, held = np.cumsum(people), np.cumsum(numbers * people)
    if not held[-1] > 0:
        return float("nan")
    below, access = np.diff(counted / counted[-1], prepend=0.0), np.concatenate([[0.0], held / held[-1]])
    return float(1.0 - below @ (access[:-1] + access[1:]))


def lorenz(values: pd.Series, weights: pd.Series) -> pd.DataFrame:
    """Return the Lorenz curve: cumulative shares (0-1) of `people` and of `access`, those with least access first.

    Parameters
    ----------
    values, weights
        As for `quantile`, and refused alike.

    Returns
    -------
    DataFrame
        From (0, 0) to (1, 1), one row for each id that has people; access is NaN where every value is 0.

    Examples
    --------
    >>> lorenz(pd.Series({"a": 3.0, "b": 1.0}), pd.Series({"a": 1, "b": 1}))
       people  access
    0     0.0    0.00
    1     0.5    0.25
    2     1.0    1.00
    """
    numbers, shares, mean = shares_of(values, weights)
    order = np.argsort(numbers, kind="stable")
    people, held = np.cumsum(shares[order]), np.cumsum((numbers * shares)[order])
    access = held / held[-1] if mean > 0 else np.full(len(held), np.nan)
    return pd.DataFrame({"people": [0.0, *(people / people[-1])], "access": [0.0, *access]})


def hoover(values: pd.Series, weights: pd.Series) -> float:
    """Return the share (0-1) of all supply that would have to move for everyone to have the mean.

    ½ Σ |share of supply − share of people|, where the supply of an id is its people times its value.

    Parameters
    ----------
    values, weights
        As for `quantile`, and refused alike.

    Returns
    -------
    float
        NaN where every value is 0.

    Notes
    -----
    Source: Hoover (1936), Review of Economics and Statistics 18(4).

    Examples
    --------
    >>> hoover(pd.Series({"a": 1.0, "b": 3.0}), pd.Series({"a": 1, "b": 1}))
    0.25
    """
    numbers, shares, mean = shares_of(values, weights)
    return float(0.5 * np.abs(shares * numbers / mean - shares).sum()) if mean > 0 else float("nan")


class Theil(NamedTuple):
    """The Theil index and its two parts: between groups, and within them."""

    total: float
    between: float
    within: float


def theil(values: pd.Series, weights: pd.Series, *, groups: pd.Series | None = None) -> Theil:
    """Return the Theil T index of `values` over people, 0 or more: total, between groups, within groups.

    Σ s (A/μ) ln(A/μ), where an id of A = 0 adds 0 and its people stay; the total is the between part plus the mean of
    the groups' own indices weighted by their share of *access*.

    Parameters
    ----------
    values, weights
        As for `quantile`, and refused alike.
    groups
        Group of each id, such as its EPCI; all are one group unless given.

    Returns
    -------
    Theil
        NaN where every value is 0.

    Raises
    ------
    TableError
        If an id has no group.

    Notes
    -----
    Source: Theil (1967), Economics and Information Theory.

    Examples
    --------
    >>> access, people = pd.Series({"a": 1.0, "b": 3.0}), pd.Series({"a": 1, "b": 1})
    >>> theil(access, people, groups=pd.Series({"a": "north", "b": "south"})).within
    0.0
    """
    numbers, people = spread(values, weights)
    kinds = np.zeros(len(numbers), dtype=np.intp) if groups is None else _codes(groups, values.index)
    shares = people / people.sum()
    mean = float(numbers @ shares)
    if mean <= 0:
        return Theil(float("nan"), float("nan"), float("nan"))
    total = float(shares @ _entropy(numbers / mean))
    size, held = np.bincount(kinds, weights=shares), np.bincount(kinds, weights=shares * numbers)
    group_mean = np.divide(held, size, out=np.zeros_like(held), where=size > 0)
    between = float(size @ _entropy(group_mean / mean))
    return Theil(total, between, max(0.0, total - between) if groups is not None else total)


def _entropy(relative: Floats) -> Floats:
    """Return x ln x, 0 at 0."""
    return relative * np.log(relative, out=np.zeros_like(relative), where=relative > 0)


def _codes(groups: pd.Series, index: pd.Index) -> np.ndarray[tuple[int], np.dtype[np.intp]]:
    """Return the group of each id as an integer, refusing ids that have none."""
    if not groups.index.is_unique:
        raise TableError(Problem("ids_unique"), about="groups")
    found = groups.reindex(index)
    lost = found.index[found.isna()]
    if len(lost):
        raise TableError(Problem("ids_without_group", n=len(lost), value=lost[0]), about="groups")
    return pd.factorize(found)[0]


def atkinson(values: pd.Series, weights: pd.Series, *, epsilon: float = 0.5) -> float:
    """Return the Atkinson index (0-1): the share of access that could be given up, were the rest spread evenly.

    1 − (Σ s A^{1−ε})^{1/(1−ε)} / μ, or 1 − exp(Σ s ln A) / μ for ε = 1.

    Parameters
    ----------
    values, weights
        As for `quantile`, and refused alike.
    epsilon
        Aversion to inequality, above 0. From 1 on, one person without access makes the index 1.

    Returns
    -------
    float
        NaN where every value is 0.

    Raises
    ------
    ValueError
        If epsilon is not above 0.

    Notes
    -----
    Source: Atkinson (1970), Journal of Economic Theory 2(3).

    Examples
    --------
    >>> round(atkinson(pd.Series({"a": 1.0, "b": 9.0}), pd.Series({"a": 1, "b": 1}), epsilon=0.5), 6)
    0.2
    """
    if not 0 < epsilon < np.inf:
        raise OptionError(Problem("epsilon_not_above_0", value=epsilon))
    numbers, shares, mean = shares_of(values, weights)
    if mean <= 0:
        return float("nan")
    if epsilon >= 1 and (numbers == 0).any():
        return 1.0
    relative = numbers / mean
    if epsilon == 1:
        return float(1.0 - np.exp(shares @ np.log(relative)))
    return float(1.0 - (shares @ relative ** (1.0 - epsilon)) ** (1.0 / (1.0 - epsilon)))
