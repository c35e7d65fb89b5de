"""Where people need help most: an index of what zones carry (age, income, no car), open to the last figure."""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem, TableError
from accessmap.measures.imbalance.communes import no_column, score, score_sensitivity
from accessmap.tables.aligned import Floats, complete, people_of
from accessmap.words.near import near_names

Bounds = Mapping[str, tuple[float, float]]


def carried_shares(residents: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """Return by commune the share of people (0-1) of each kind that residents carry, such as those aged 65 or more.

    Parameters
    ----------
    residents
        In the contract: `commune`, `population`, and the columns named, people of a kind; NaN where unknown.
    columns
        Name of the share to the column of people: ``{"over_65": "Y_GE65"}``.

    Returns
    -------
    DataFrame
        By commune `code`, sorted: a column for each share, over the residents where both are known, NaN where there are
        none; and `people`, of everyone.

    Raises
    ------
    TableError
        Where a column is missing, people are missing or negative, or a kind outnumbers everyone in a commune.

    Examples
    --------
    >>> residents = pd.DataFrame({"commune": ["a", "a", "b"], "population": [60, 40, 10], "Y_GE65": [10, 15, None]})
    >>> carried_shares(residents, {"over_65": "Y_GE65"})
          over_65  people
    code
    a        0.25   100.0
    b         NaN    10.0
    """
    absent = [name for name in ("commune", "population", *columns.values()) if name not in residents.columns]
    if absent:
        near = near_names(absent[0], residents.columns)
        raise TableError(Problem("column_absent", value=absent[0], near=near), about="residents")
    people = complete(residents["population"], "population")
    codes = pd.Index(residents["commune"].to_numpy(dtype=object), name="code")
    table = pd.DataFrame({"people": people}).groupby(codes).sum()
    shares = {}
    for name, column in columns.items():
        known = residents[column].notna().to_numpy()
        kind = np.zeros(len(residents))
        kind[known] = complete(residents.loc[known, column], column)
        sums = pd.DataFrame({"kind": kind, "all": np.where(known, people, 0.0)}).groupby(codes).sum()
        over = sums.index[sums["kind"] > sums["all"]]
        if len(over):
            raise TableError(Problem("kind_over_everyone", value=column, commune=over[0]), about="residents")
        shares[name] = sums["kind"] / sums["all"].where(sums["all"] > 0)
    return pd.DataFrame({**shares, "people": table["people"]})


def vulnerability(
    table: pd.DataFrame,
    *,
    weights: Mapping[str, float],
    population: pd.Series | None = None,
    lower_is_worse: Sequence[str] = (),
    bounds: Bounds | None = None,
) -> pd.DataFrame:
    """Return an index of vulnerability by zone, 0 (least) to 100 (most), with the points that each component gives.

    Each component becomes 0 to 100 points, by rank or between bounds; the index is their weighted mean. By rank, the
    points are the share of people in zones that are less vulnerable on this component (half of those level with it):
    a place among these zones, which says nothing of other territories. With `bounds` an index is comparable between
    territories and years.

    Parameters
    ----------
    table
        Components (columns) by commune or resident, such as the share aged 65 or more, the median income, the share of
        households with no car; NaN where unknown.
    weights
        Column to weight, 0 or more; only their proportions count.
    population
        People by the same ids, for ranks over people; by default each zone counts for one. Not used with `bounds`.
    lower_is_worse
        Columns where a low value is the vulnerable one, such as income. Not used with `bounds`.
    bounds
        Column to (value that counts 100, value that counts 0), as :func:`accessmap.measures.imbalance.score` has them:
        ``{"over_65": (0.35, 0.10), "income": (15_000, 25_000)}``. Beyond them a value counts no more and no less.

    Returns
    -------
    DataFrame
        Indexed like `table`: `index` (0-100, NaN where a component is not known: it is not made up); `rank`, 1 the most
        vulnerable; a column `from_…` of points for each component, which sum to the index.

    Raises
    ------
    TableError
        Where a column, a weight or bounds are missing, or people are not those of the table.
    ValueError
        Where `bounds` and `lower_is_worse` are both given.

    Examples
    --------
    >>> table = pd.DataFrame({"over_65": [0.30, 0.10], "income": [18_000, 22_000]}, index=["02159", "02173"])
    >>> vulnerability(table, weights={"over_65": 2, "income": 1}, lower_is_worse=["income"]).round(1)
           index  rank  from_over_65  from_income
    02159   75.0   1.0          50.0         25.0
    02173   25.0   2.0          16.7          8.3
    """
    scaled, marks = _scaled(table, weights, population, lower_is_worse, bounds)
    index = 100.0 - score(scaled, weights=weights, bounds=marks)
    total = sum(weights.values())
    parts = {}
    for name, weight in weights.items():
        alone = 100.0 - score(scaled[[name]], weights={name: 1.0}, bounds=marks)
        parts[f"from_{name}"] = alone * weight / total
    return pd.DataFrame({"index": index, "rank": index.round(9).rank(method="min", ascending=False), **parts})


def vulnerability_sensitivity(
    table: pd.DataFrame,
    *,
    weights: Mapping[str, float],
    population: pd.Series | None = None,
    lower_is_worse: Sequence[str] = (),
    bounds: Bounds | None = None,
    change: float = 0.5,
) -> pd.DataFrame:
    """Return how much each zone's index and rank owe to the weights: each weight moved up and down in turn.

    Parameters
    ----------
    table, weights, population, lower_is_worse, bounds
        As for `vulnerability`, and refused alike.
    change
        Share (0-1) by which each weight in turn is raised, then lowered; 1 doubles it, then drops it.

    Returns
    -------
    DataFrame
        Indexed like `table`: `index`, `lowest`, `highest`; `rank` (1 the most vulnerable), `first_rank` and
        `last_rank`, between which it moves.

    Raises
    ------
    ValueError
        Where change is not above 0 and at most 1.

    Examples
    --------
    >>> table = pd.DataFrame({"over_65": [0.30, 0.10], "income": [18_000, 16_000]}, index=["02159", "02173"])
    >>> weights = {"over_65": 2, "income": 1}
    >>> vulnerability_sensitivity(table, weights=weights, lower_is_worse=["income"], change=1)[["rank", "last_rank"]]
           rank  last_rank
    02159   1.0        2.0
    02173   2.0        2.0
    """
    scaled, marks = _scaled(table, weights, population, lower_is_worse, bounds)
    found = score_sensitivity(scaled, weights=weights, bounds=marks, change=change)
    # a score of 0 is the worst, an index of 100 the most vulnerable: the order of both is one
    return pd.DataFrame(
        {
            "index": 100.0 - found["score"],
            "lowest": 100.0 - found["highest"],
            "highest": 100.0 - found["lowest"],
            "rank": found["rank"],
            "first_rank": found["worst_rank"],
            "last_rank": found["best_rank"],
        }
    )


def _scaled(
    table: pd.DataFrame,
    weights: Mapping[str, float],
    population: pd.Series | None,
    lower_is_worse: Sequence[str],
    bounds: Bounds | None,
) -> tuple[pd.DataFrame, Bounds]:
    """Return the components and the (worst, best) of each: as they are with bounds, else as ranks 0-1."""
    no_column(weights, table).raise_if_any(TableError, "vulnerability")
    if bounds is not None:
        if lower_is_worse:
            raise OptionError(Problem("bounds_or_lower"))
        return table, bounds
    strange = [name for name in lower_is_worse if name not in weights]
    if strange:
        near = near_names(strange[0], weights)
        raise TableError(Problem("lower_unknown", value=strange[0], near=near), about="vulnerability")
    people = np.ones(len(table)) if population is None else people_of(population, table.index)
    ranks = {name: _ranked(table[name], people, -1.0 if name in lower_is_worse else 1.0) for name in weights}
    return pd.DataFrame(ranks, index=table.index), dict.fromkeys(weights, (1.0, 0.0))


def _ranked(values: pd.Series, people: Floats, sign: float) -> Floats:
    """Return the share of people in zones with a lower value, and half of those with the same; NaN where unknown."""
    known = values.notna().to_numpy()
    numbers = sign * complete(values[known], str(values.name), negative=True)
    _, which = np.unique(numbers, return_inverse=True)
    sums = np.bincount(which, weights=people[known])
    below = np.cumsum(sums) - sums
    ranks = np.full(len(values), np.nan)
    total = people[known].sum()
    if total > 0:
        ranks[known] = ((below + sums / 2) / total)[which]
    return ranks
