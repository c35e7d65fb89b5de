"""The imbalance of one measure in one table: the people not reached first, then what is said of the others."""

import pandas as pd

from accessmap.errors import Problem, TableError
from accessmap.measures.imbalance.income import concentration, palma
from accessmap.measures.imbalance.indices import (
    fgt,
    gini,
    hoover,
    percentile_ratio,
    quantile,
    shares_of,
    theil,
    unreached_share,
)
from accessmap.tables.aligned import people_of
from accessmap.words.notes import Note


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
        then those asked for. Each `name` is a note: English text, and French with ``name.told("fr")``.

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
        raise TableError(Problem("nobody_has_a_value"), about="values")
    # Supply can be moved; minutes cannot, and there the same number says how much of them lies above the mean.
    moved = Note("summary_hoover_supply" if higher_is_better else "summary_hoover_minutes")
    low, high = (quantile(known, counted, share=share) for share in (0.1, 0.9))
    rows: list[tuple[str, float, str, Note]] = [
        ("people", float(people.sum()), "people", Note("summary_people")),
        ("unreached_people", float(people[~reached].sum()), "people", Note("summary_unreached_people")),
        ("unreached_share", unreached_share(values, people), "share", Note("summary_unreached_share")),
        ("mean", shares_of(known, counted)[2], unit, Note("summary_mean")),
        ("median", quantile(known, counted, share=0.5), unit, Note("summary_median")),
        ("p10", low, unit, Note("summary_p10")),
        ("p90", high, unit, Note("summary_p90")),
        ("p90_p10", percentile_ratio(known, counted), "times", Note("summary_p90_p10")),
        ("gini", gini(known, counted), "index 0-1", Note("summary_gini")),
        ("hoover", hoover(known, counted), "share", moved),
        ("theil", theil(known, counted).total, "index", Note("summary_theil")),
    ]
    if line is not None:
        short, beyond = (
            fgt(known, counted, line=line, order=order, higher_is_better=higher_is_better) for order in (0, 1)
        )
        at = f"{line:g}"
        side = Note("summary_under" if higher_is_better else "summary_over", line=at, unit=unit)
        rows += [
            ("short_share", short, "share", side),
            ("shortfall", beyond, "share of the line", Note("summary_shortfall", line=at, unit=unit)),
        ]
    if groups is not None:
        parts = theil(known, counted, groups=groups)
        rows += [
            ("theil_between", parts.between, "index", Note("summary_theil_between")),
            ("theil_within", parts.within, "index", Note("summary_theil_within")),
        ]
    if income is not None:
        rows += [
            ("palma", palma(known, counted, income), "times", Note("summary_palma")),
            ("concentration", concentration(known, counted, income), "index −1 to 1", Note("summary_concentration")),
        ]
    # As objects: pandas would keep the text alone.
    table = pd.DataFrame(rows, columns=["indicator", "value", "unit", "name"], dtype=object).set_index("indicator")
    return table.astype({"value": "float64", "unit": "str"})
