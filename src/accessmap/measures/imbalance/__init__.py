"""How unequally access is spread: indices over people, deficits by commune, clusters in space, one summary.

`values` and `weights` share their ids: values by resident or commune, weights the people there. A missing value is
never dropped in silence: the index of those who have access is not the index of all, so the indices refuse NaN and
`unreached_share` says how many people it is about. Ids of zero weight change nothing.
"""

import pandas as pd

from accessmap.errors import TableError
from accessmap.face import renamed
from accessmap.measures.imbalance.clusters import getis_ord, local_moran, moran
from accessmap.measures.imbalance.communes import (
    DEFICIT_BOUNDS,
    deficit,
    deficit_class,
    score,
    score_sensitivity,
    split,
)
from accessmap.measures.imbalance.income import concentration, erreygers, palma, unranked_people
from accessmap.measures.imbalance.indices import (
    Theil,
    atkinson,
    fgt,
    gini,
    hoover,
    lorenz,
    percentile_ratio,
    quantile,
    shares_of,
    theil,
    unreached_share,
)
from accessmap.tables.aligned import people_of

__all__ = [
    "DEFICIT_BOUNDS",
    "Theil",
    "atkinson",
    "concentration",
    "deficit",
    "deficit_class",
    "erreygers",
    "fgt",
    "getis_ord",
    "gini",
    "hoover",
    "local_moran",
    "lorenz",
    "moran",
    "palma",
    "percentile_ratio",
    "quantile",
    "score",
    "score_sensitivity",
    "split",
    "summary",
    "theil",
    "unranked_people",
    "unreached_share",
]

__getattr__ = renamed("imbalance")


def summary(
    values: pd.Series,
    weights: pd.Series,
    *,
    unit: str,
    higher_is_better: bool,
    line: float | None = None,
    groups: pd.Series | None = None,
    income: pd.Series | None = None,
) -> pd.DataFrame:
    """Return one table of the imbalance of a measure: indicator (index), `value`, `unit`, `name`.

    People with no value (not reached) are counted in the first rows; every other row is about those reached, so that
    the two are read together.

    Parameters
    ----------
    values
        A measure by resident or commune, 0 or more, NaN where not reached.
    weights
        People by the same ids.
    unit
        Unit of the values, such as "minutes".
    higher_is_better
        True for supply, False for minutes.
    line
        Value beyond which people fall short: 30 minutes, 2.5 consultations. Adds short_share and shortfall.
    groups
        Group of each id, such as its EPCI. Adds the parts of the Theil index.
    income
        Of each id. Adds the Palma ratio and the concentration index.

    Returns
    -------
    DataFrame
        Rows in order: people, unreached_people, unreached_share, mean, median, p10, p90, p90_p10, gini, hoover, theil,
        then those asked for.

    Raises
    ------
    TableError
        If ids differ, values are negative, or nobody is reached.

    Examples
    --------
    >>> minutes = pd.Series({"a": 5.0, "b": 15.0, "c": float("nan")})
    >>> table = summary(minutes, pd.Series({"a": 60, "b": 30, "c": 10}), unit="minutes", higher_is_better=False)
    >>> table.loc[["unreached_share", "mean"]]
                        value     unit                           name
    indicator
    unreached_share  0.100000    share  Share of people not reached
    mean             8.333333  minutes                           Mean
    """
    people = pd.Series(people_of(weights, values.index, "weights"), index=values.index)
    reached = values.notna()
    known, counted = values[reached], people[reached]
    if counted.sum() <= 0:
        raise TableError("Nobody has a value: there is no imbalance to speak of.", about="values")
    mean = shares_of(known, counted)[2]
    # Supply can be moved; minutes cannot, and there the same number says how much of them lies above the mean.
    moved = "Share of supply that would have to move" if higher_is_better else "Share of the total above the mean"
    rows: list[tuple[str, float, str, str]] = [
        ("people", float(people.sum()), "people", "People"),
        ("unreached_people", float(people[~reached].sum()), "people", "People not reached"),
        ("unreached_share", unreached_share(values, people), "share", "Share of people not reached"),
        ("mean", mean, unit, "Mean"),
        ("median", quantile(known, counted, share=0.5), unit, "Median: half of the people have no more"),
        ("p10", quantile(known, counted, share=0.1), unit, "One person in ten has no more"),
        ("p90", quantile(known, counted, share=0.9), unit, "One person in ten has more"),
        ("p90_p10", percentile_ratio(known, counted), "times", "P90 over P10"),
        ("gini", gini(known, counted), "index 0-1", "Gini index"),
        ("hoover", hoover(known, counted), "share", moved),
        ("theil", theil(known, counted).total, "index", "Theil index"),
    ]
    if line is not None:
        short, beyond = (
            fgt(known, counted, line=line, order=order, higher_is_better=higher_is_better) for order in (0, 1)
        )
        rows += [
            (
                "short_share",
                short,
                "share",
                f"Share of people {'under' if higher_is_better else 'over'} {line:g} {unit}",
            ),
            ("shortfall", beyond, "share of the line", f"Mean distance beyond {line:g} {unit}"),
        ]
    if groups is not None:
        parts = theil(known, counted, groups=groups)
        rows += [
            ("theil_between", parts.between, "index", "Theil index between groups"),
            ("theil_within", parts.within, "index", "Theil index within groups"),
        ]
    if income is not None:
        rows += [
            ("palma", palma(known, counted, income), "times", "Richest 10 % over poorest 40 %"),
            ("concentration", concentration(known, counted, income), "index −1 to 1", "Concentration by income"),
        ]
    return pd.DataFrame(rows, columns=["indicator", "value", "unit", "name"]).set_index("indicator")
