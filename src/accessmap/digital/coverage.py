"""How much of a territory a network reaches: its rate, and that of several vintages side by side."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from accessmap.alignment import Floats, complete
from accessmap.digital.rates import rates_of
from accessmap.digital_tables import COUNTS
from accessmap.errors import TableError, did_you_mean
from accessmap.findings import first_few

__all__ = ["coverage_rate", "coverage_vintages", "vintage_rates"]


def coverage_rate(
    digital: pd.DataFrame,
    weights: pd.Series | None = None,
    *,
    technology: str = "fibre",
    groups: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the share (0-1) of premises, or of people, that a technology reaches, and the weight it is known for.

    Σ w r / Σ w over the zones whose rate r is known; the weight of the others is told, and is in no rate.

    Parameters
    ----------
    digital
        In the contract: rates by zone.
    weights
        People or premises by zone. Its zones are those that the rate is about: one that `digital` has not is unknown,
        and one that only `digital` has is not asked for. By default the premises of `digital`.
    technology
        "fibre", "very_high_speed" or "mobile_4g".
    groups
        By zone, such as ``communes["epci"]``: a rate for each.

    Returns
    -------
    DataFrame
        By group (one row "all" without `groups`; a missing group is kept, as a missing label): `rate`, NaN where
        nothing is known; `known_weight` and `unknown_weight`, which make the whole.

    Raises
    ------
    TableError
        Where a table breaks its contract, or a zone has no weight or no place in `groups`.
    ValueError
        Where the technology is none.

    Examples
    --------
    >>> digital = pd.DataFrame({"fibre": [1.0, 0.5, np.nan]}, index=pd.Index(["a", "b", "c"], name="code"))
    >>> coverage_rate(digital, pd.Series({"a": 300, "b": 100, "c": 50}))
           rate  known_weight  unknown_weight
    group
    all   0.875         400.0            50.0
    """
    rates = rates_of(digital, technology)
    weights = _premises(digital) if weights is None else weights
    numbers = complete(weights, "weights")
    return _rate_table(rates.reindex(weights.index), numbers, _groups(groups, weights.index))


def coverage_vintages(
    vintages: Mapping[str, pd.DataFrame],
    communes: pd.DataFrame,
    weights: pd.Series | None = None,
    *,
    technology: str = "fibre",
    groups: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the rate of a territory (0-1) in each vintage, side by side, and over the zones known in all of them.

    A rate that rises because badly served communes are missing from the later file is no progress: `same_rate` is over
    the zones whose rate every vintage knows.

    Parameters
    ----------
    vintages
        Name to digital table, such as ``{"2018": early, "2025": late}``, in the order to show.
    communes
        In the contract; those `in_territory` are counted.
    weights
        People or premises by commune, one for all vintages so that only coverage changes; by default the population.
    technology, groups
        As for `coverage_rate`.

    Returns
    -------
    DataFrame
        By (group, vintage): `rate`, `known_weight`, `unknown_weight`; `same_rate`, and `same_weight` that it is over;
        `premises_reached`, the premises counted in the file (NaN where it counts none, or not in every zone). Where it
        counts 0 in all zones of a group the rate is 0, even if it is not said of how many.

    Raises
    ------
    TableError, ValueError
        As `coverage_rate`.

    Examples
    --------
    >>> communes = pd.DataFrame({"population": [300, 100], "in_territory": True}, index=["a", "b"])
    >>> early = pd.DataFrame({"fibre": [0.5, np.nan], "fibre_premises": [60, 0]}, index=["a", "b"])
    >>> late = pd.DataFrame({"fibre": [1.0, 0.8]}, index=["a", "b"])
    >>> coverage_vintages({"2018": early, "2025": late}, communes)[["rate", "same_rate", "premises_reached"]]
                   rate  same_rate  premises_reached
    group vintage
    all   2018     0.50        0.5              60.0
          2025     0.95        1.0               NaN
    """
    if weights is None:
        weights = communes.loc[communes["in_territory"].astype(bool), "population"]
    numbers = complete(weights, "weights")
    zones = weights.index
    labels = _groups(groups, zones)
    counted = f"{technology}_premises"
    rates, counts = {}, {}
    for name, table in vintages.items():
        reached = table[counted].reindex(zones) if counted in table.columns else pd.Series(np.nan, index=zones)
        counts[name] = reached.astype("float64")
        # nothing reached in a whole group is a rate of 0, whatever it is divided by; in a part of one it would be a
        # rate of those alone who have nothing
        none = counts[name].eq(0).groupby(labels.to_numpy(), dropna=False).transform("all")
        known = rates_of(table, technology).reindex(zones)
        rates[name] = known.mask(none & known.isna(), 0.0)
    in_all = pd.DataFrame(rates).notna().all(axis=1)
    tables = {}
    for name in vintages:
        found = _rate_table(rates[name], numbers, labels)
        same = _rate_table(rates[name].where(in_all), numbers, labels)
        sums = counts[name].groupby(labels.to_numpy(), dropna=False).agg(lambda part: part.sum(skipna=False))
        tables[name] = found.assign(
            same_rate=same["rate"], same_weight=same["known_weight"], premises_reached=sums.to_numpy()
        )
    side_by_side = pd.concat(tables, names=["vintage"]).swaplevel()
    order = pd.MultiIndex.from_product([next(iter(tables.values())).index, tables], names=["group", "vintage"])
    return side_by_side.reindex(order)


def vintage_rates(vintages: Mapping[str, pd.DataFrame], *, technology: str = "fibre") -> pd.DataFrame:
    """Return the share (0-1) that a technology reaches by zone (rows) in each vintage (columns), and its change.

    Parameters
    ----------
    vintages
        Name to digital table, in the order to show.
    technology
        "fibre", "very_high_speed" or "mobile_4g".

    Returns
    -------
    DataFrame
        A column for each vintage, over the zones of all, and `change`: the last less the first, NaN where either is
        not known.

    Raises
    ------
    TableError
        Where a table breaks its contract.
    ValueError
        Where the technology is none, or there is no vintage.

    Examples
    --------
    >>> early, late = (pd.DataFrame({"fibre": [rate]}, index=["a"]) for rate in (0.25, 1.0))
    >>> vintage_rates({"2018": early, "2025": late})
       2018  2025  change
    a  0.25   1.0    0.75
    """
    if not vintages:
        raise ValueError("vintages is empty: give at least one digital table by its name.")
    table = pd.DataFrame({name: rates_of(digital, technology) for name, digital in vintages.items()})
    return table.assign(change=table.iloc[:, -1] - table.iloc[:, 0])


def _premises(digital: pd.DataFrame) -> pd.Series:
    """Return the premises by zone, refusing a table that does not know them all."""
    name = COUNTS[0]
    if name not in digital.columns:
        raise TableError("digital", [f"{name!r} is missing: give weights, such as people by commune."])
    absent = digital.index[digital[name].isna()]
    if len(absent):
        remedy = "give weights for every zone, or choose the zones with .loc"
        raise TableError("digital", [f"{name!r} is missing for {first_few(absent)}: {remedy}."])
    return digital[name]


def _groups(groups: pd.Series | None, zones: pd.Index) -> pd.Series:
    """Return the group of each zone, "all" where there are none to tell apart."""
    if groups is None:
        return pd.Series("all", index=zones, name="group")
    absent = zones[~zones.isin(groups.index)]
    if len(absent):
        hint = did_you_mean(absent[0], groups.index)
        raise TableError("groups", [f"No group for {absent[0]!r}{hint}, one of {len(absent)} zones without."])
    return groups.loc[zones].rename("group")


def _rate_table(rates: pd.Series, weights: Floats, groups: pd.Series) -> pd.DataFrame:
    known = rates.notna().to_numpy()
    sums = (
        pd.DataFrame(
            {
                "reached": np.where(known, rates.fillna(0.0) * weights, 0.0),
                "known_weight": np.where(known, weights, 0.0),
                "unknown_weight": np.where(known, 0.0, weights),
            }
        )
        .groupby(groups.to_numpy(), dropna=False)
        .sum()
        .rename_axis("group")
    )
    rate = (sums["reached"] / sums["known_weight"].where(sums["known_weight"] > 0)).clip(upper=1.0)
    return sums.assign(rate=rate)[["rate", "known_weight", "unknown_weight"]]
