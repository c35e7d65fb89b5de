"""Who is left out: deficits by commune in units, percent and people, their classes, and a composite score."""

from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem, Problems, TableError
from accessmap.tables.aligned import check_columns, complete, people_of
from accessmap.words.near import near_names

DEFICIT_BOUNDS = (-30.0, -10.0, 10.0, 30.0)
"""Percent of the mean that part the five classes of `deficit_class`: a choice of ours, to be stated with the map."""

UNKNOWN = "unknown"
_CLASSES = ("strong_advantage", "advantage", "near_mean", "deficit", "strong_deficit")


def split(values: pd.Series, groups: pd.DataFrame) -> pd.DataFrame:
    """Return the mean of `values` for each group of people, such as age classes, and the people it leaves out.

    Parameters
    ----------
    values
        Minutes, or any measure, by resident; NaN where not reached.
    groups
        People of each group (columns) by the same residents: ``residents[["under_15", "over_65"]]``.

    Returns
    -------
    DataFrame
        Groups × (`value`, the mean over the people of the group who are reached, NaN where there are none; `people`, of
        the whole group; `unreached_people`).

    Raises
    ------
    TableError
        If residents differ, or a number of people is missing or negative.

    Examples
    --------
    >>> ages = pd.DataFrame({"under_65": [90, 10], "over_65": [10, 30]}, index=["r1", "r2"])
    >>> split(pd.Series([4.0, 12.0], index=["r1", "r2"]), ages)
              value  people  unreached_people
    group
    under_65    4.8   100.0               0.0
    over_65    10.0    40.0               0.0
    """
    reached = values.notna().to_numpy()
    numbers = complete(values[reached], "values", negative=True)
    rows = {}
    for group in groups.columns:
        people = people_of(groups[group], values.index, f"groups, {group}")
        served = people[reached].sum()
        mean = people[reached] @ numbers / served if served > 0 else np.nan
        rows[group] = {"value": mean, "people": people.sum(), "unreached_people": people[~reached].sum()}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["value", "people", "unreached_people"])
    return table.astype(np.float64).rename_axis("group")


def people_by(classes: pd.Series, residents: pd.DataFrame) -> pd.DataFrame:
    """Return the people of each class of communes (columns) by resident: what `split` tells a measure by.

    Parameters
    ----------
    classes
        A class by commune, such as a flag (``communes["frr"]``: "frr", "not frr") or the grid of density; communes
        whose class is missing are under "unknown".
    residents
        With `commune` and `population`.

    Raises
    ------
    TableError
        If a resident's commune has no row in `classes`.

    Examples
    --------
    >>> residents = pd.DataFrame({"commune": ["02173", "02304"], "population": [300, 50]}, index=["a", "b"])
    >>> frr = pd.Series([False, True], index=["02173", "02304"], name="frr")
    >>> split(pd.Series([4.0, 8.0], index=["a", "b"]), people_by(frr, residents))["value"].to_dict()
    {'frr': 8.0, 'not frr': 4.0}
    """
    check_columns(residents, "commune", "population", about="residents")
    lost = residents.index[~residents["commune"].isin(classes.index)]
    if len(lost):
        raise TableError(Problem("ids_without_group", n=len(lost), value=lost[0]), about="classes")
    name = classes.name or "class"
    words: dict[object, str] = {True: f"{name}", False: f"not {name}"} if pd.api.types.is_bool_dtype(classes) else {}
    told = [UNKNOWN if pd.isna(value) else words.get(value, str(value)) for value in classes]
    of = residents["commune"].map(pd.Series(told, index=classes.index))
    return pd.DataFrame({kind: residents["population"].where(of == kind, 0) for kind in sorted(set(of))})


def deficit(values: pd.Series, weights: pd.Series, *, higher_is_better: bool) -> pd.DataFrame:
    """Return how far each commune is from the weighted mean: positive is a deficit, negative an advantage.

    Parameters
    ----------
    values
        A measure by commune (or resident); NaN where nobody is reached.
    weights
        People by the same ids.
    higher_is_better
        True for supply (consultations, sites), False for minutes.

    Returns
    -------
    DataFrame
        Indexed like `values`: `value`; `deficit` in the unit of `values`; `percent` of the weighted mean (NaN where
        that is 0); `total`, the deficit times the people (these sum to 0); `rank`, 1 the worst off, ties share the
        best. Ids with no value keep their row, all NaN, and are not in the mean.

    Raises
    ------
    TableError
        If ids differ, weights are missing or negative, or nobody has a value.

    Examples
    --------
    >>> minutes = pd.Series({"02173": 4.0, "02304": 10.0})
    >>> deficit(minutes, pd.Series({"02173": 200, "02304": 100}), higher_is_better=False)
           value  deficit     percent  total  rank
    02173    4.0     -2.0  -33.333333 -400.0   2.0
    02304   10.0      4.0   66.666667  400.0   1.0
    """
    people = people_of(weights, values.index, "weights")
    known = values.notna().to_numpy()
    numbers = complete(values[known], "values", negative=True)
    if people[known].sum() <= 0:
        raise TableError(Problem("known_weights_sum_to_0"), about="weights")
    mean = float(numbers @ people[known] / people[known].sum())
    table = pd.DataFrame({"value": values.astype(np.float64)}, index=values.index)
    table["deficit"] = (mean - table["value"]) * (1.0 if higher_is_better else -1.0)
    table["percent"] = table["deficit"] / mean * 100.0 if mean else np.nan
    table["total"] = table["deficit"] * people
    table["rank"] = table["deficit"].round(9).rank(ascending=False, method="min")
    return table


def deficit_class(percent: pd.Series, *, bounds: tuple[float, float, float, float] = DEFICIT_BOUNDS) -> pd.Series:
    """Return the class of each deficit, in five ordered classes from strong_advantage to strong_deficit.

    Parameters
    ----------
    percent
        Deficits in percent of the mean, such as ``deficit(…)["percent"]``; positive is worse off.
    bounds
        The four bounds in percent, rising; a deficit at exactly a bound is in the class nearer to the mean.

    Returns
    -------
    Series
        Ordered categorical, indexed like `percent`; NaN where that is NaN.

    Raises
    ------
    ValueError
        If the bounds do not rise, or do not enclose 0.

    Examples
    --------
    >>> deficit_class(pd.Series([-45.0, 10.0, 12.0, np.nan])).tolist()
    ['strong_advantage', 'near_mean', 'deficit', nan]
    """
    low, below, above, high = bounds
    if not low < below < 0 < above < high:
        raise OptionError(Problem("deficit_bounds", value=bounds))
    # Strictly beyond a bound on either side, hence one side of the interval for advantages and the other for deficits.
    number = 2.0 + (percent > above) + (percent > high) - (percent < below) - (percent < low)
    codes = number.where(percent.notna(), -1).to_numpy().astype(np.intp)
    kinds = pd.Categorical.from_codes(codes, categories=pd.Index(_CLASSES), ordered=True)
    return pd.Series(kinds, index=percent.index, name="class")


def score(table: pd.DataFrame, *, weights: Mapping[str, float], bounds: Mapping[str, tuple[float, float]]) -> pd.Series:
    """Return a composite score from 0 (worst) to 100 (best) by commune, over several measures.

    Each measure is placed between the value that counts 0 and the value that counts 100 (beyond them it counts no less
    and no more), then the weighted mean is taken. Bounds are stated and not those observed, so that a score means the
    same in every scenario and every territory.

    Parameters
    ----------
    table
        Measures (columns) by commune, such as minutes to each category.
    weights
        Column → weight, 0 or more; they need not sum to 1.
    bounds
        Column → (worst, best), the values that count 0 and 100: ``(30, 5)`` for minutes, ``(0, 4)`` for consultations.

    Returns
    -------
    Series
        By commune; NaN where a measure with weight is NaN: not reached is not a number of minutes.

    Raises
    ------
    TableError
        If a column, a weight or bounds are missing, weights are negative or all 0, or worst equals best.

    Examples
    --------
    >>> minutes = pd.DataFrame({"pharmacy": [5.0, 15.0], "hospital": [40.0, 20.0]}, index=["02173", "02304"])
    >>> score(minutes, weights={"pharmacy": 2, "hospital": 1}, bounds={"pharmacy": (20, 5), "hospital": (60, 20)})
    02173    83.333333
    02304    55.555556
    Name: score, dtype: float64
    """
    points = _points(table, weights, bounds)
    shares = pd.Series(dict(weights), dtype=np.float64)
    shares = shares[shares > 0] / shares.sum()
    return pd.Series(points[shares.index].to_numpy() @ shares.to_numpy(), index=table.index, name="score")


def no_column(names: Iterable[str], table: pd.DataFrame) -> Problems:
    """Return a problem for each name that is no column of the table."""
    absent = (name for name in names if name not in table)
    return Problems(Problem("score_column", value=name, near=near_names(name, table.columns)) for name in absent)


def _points(
    table: pd.DataFrame, weights: Mapping[str, float], bounds: Mapping[str, tuple[float, float]]
) -> pd.DataFrame:
    """Return each weighted column in points, 0 to 100, after checking weights and bounds."""
    problems = no_column(weights, table)
    problems += [Problem("score_bounds", value=name) for name in weights if name not in bounds]
    problems += [Problem("score_bounds_equal", value=name) for name, (worst, best) in bounds.items() if worst == best]
    if any(not 0 <= weight < np.inf for weight in weights.values()) or sum(weights.values()) <= 0:
        problems.add("score_weights")
    problems.raise_if_any(TableError, "score")
    points = {}
    for name in weights:
        worst, best = bounds[name]
        points[name] = ((table[name].astype(np.float64) - worst) / (best - worst) * 100.0).clip(0.0, 100.0)
    return pd.DataFrame(points, index=table.index)


def score_sensitivity(
    table: pd.DataFrame,
    *,
    weights: Mapping[str, float],
    bounds: Mapping[str, tuple[float, float]],
    change: float = 0.5,
    highest_first: bool = False,
) -> pd.DataFrame:
    """Return how much each commune's score and rank owe to the weights: each weight moved up and down in turn.

    Parameters
    ----------
    table, weights, bounds
        As for `score`.
    change
        Share (0-1) by which each weight in turn is raised, then lowered; 1 doubles it, then drops it.
    highest_first
        Whether rank 1 is the highest score, not the lowest. Either way ties share the number nearest to 1.

    Returns
    -------
    DataFrame
        Indexed like `table`: `score`, `lowest`, `highest`; `rank` (1 the lowest score), `best_rank` and `worst_rank`,
        the places nearest to and furthest from the highest score that the rank takes.

    Raises
    ------
    TableError
        As `score`.
    ValueError
        If change is not above 0 and at most 1.

    Examples
    --------
    >>> minutes = pd.DataFrame({"pharmacy": [5.0, 20.0], "hospital": [60.0, 20.0]}, index=["02173", "02304"])
    >>> marks = {"pharmacy": (20, 5), "hospital": (60, 20)}
    >>> found = score_sensitivity(minutes, weights={"pharmacy": 1, "hospital": 1}, bounds=marks, change=1)
    >>> found[["score", "lowest", "highest"]].round(1)
           score  lowest  highest
    02173   50.0     0.0    100.0
    02304   50.0     0.0    100.0
    """
    if not 0 < change <= 1:
        raise OptionError(Problem("score_change", value=change))
    scores = [score(table, weights=weights, bounds=bounds)]
    for name, weight in weights.items():
        for factor in (1.0 + change, 1.0 - change):
            moved = {**weights, name: weight * factor}
            if sum(moved.values()) > 0:
                scores.append(score(table, weights=moved, bounds=bounds))
    every = pd.concat(scores, axis=1, keys=range(len(scores)))
    every[every[0].isna()] = np.nan  # a measure whose weight is moved to 0 gives no score to who has none
    # Scores that differ by the last bits of a sum of floats are one score.
    ranks = every.round(9).rank(method="min", ascending=not highest_first)
    ends = ranks.min(axis=1), ranks.max(axis=1)
    best, worst = ends if highest_first else ends[::-1]
    return pd.DataFrame(
        {
            "score": every[0],
            "lowest": every.min(axis=1),
            "highest": every.max(axis=1),
            "rank": ranks[0],
            "best_rank": best,
            "worst_rank": worst,
        }
    )
