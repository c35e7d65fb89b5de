"""How much of a territory a network reaches: its rate, and that of several vintages side by side."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import OptionError, Problem, Problems, TableError
from accessmap.tables.aligned import Floats, complete
from accessmap.tables.contracts import COUNTS, RATES, check_digital
from accessmap.tables.cutoffs import number_of_minutes
from accessmap.words.near import near_names
from accessmap.words.notes import Note, first_few


def rates_of(digital: pd.DataFrame, technology: str) -> pd.Series:
    """Return the rates of one technology by zone, after the table and the name are checked."""
    if technology not in RATES:
        near = near_names(technology, RATES)
        raise OptionError(Problem("technology_unknown", value=technology, near=near, known=", ".join(RATES)))
    check_digital(digital)
    if technology not in digital.columns:
        has = ", ".join(name for name in RATES if name in digital.columns)
        raise TableError(Problem("technology_absent", value=technology, known=has), about="digital")
    return digital[technology].astype("float64")


def _percentage_hint(share: object) -> str:
    """Return the note that a number, no share, looks like one in per cent; empty where it does not."""
    looks = isinstance(share, int | float | np.number) and not isinstance(share, bool) and 1 < float(share) <= 100
    return Note("looks_like_percentage", value=f"{share:g}") if looks else ""


def check_near(near_minutes: float) -> None:
    """Refuse minutes that are none."""
    if not 0 <= number_of_minutes(near_minutes, "near_minutes") < np.inf:
        raise OptionError(Problem("near_minutes", value=near_minutes))


def check_share(name: str, share: float) -> None:
    """Refuse what is no share 0-1, and say when it looks like a percentage."""
    if not 0 <= share <= 1:
        raise OptionError(Problem("option_no_share", where=name, value=share, hint=_percentage_hint(share)))


def checked_rate(rate: pd.Series) -> pd.Series:
    """Return the rates as float64, refusing what is no share; missing where unknown."""
    known = rate[rate.notna()]
    numbers = complete(known, "rate")
    over = known.index[numbers > 1]
    if len(over):
        value = f"{known[over[0]]:g}"
        raise TableError(Problem("rates_over_1", n=len(over), id=over[0], value=value), about="rate")
    return rate.astype("float64")


def rate_of(rate: pd.Series, by: pd.Series | None, index: pd.Index) -> pd.Series:
    """Return the rate of the commune of each resident, or of each id where the ids are communes."""
    codes = aligned(by, index, "by") if by is not None else index.to_numpy(dtype=object)
    rates = checked_rate(rate)
    if len(index) and not pd.Index(codes).isin(rates.index).any():
        near = near_names(codes[0], rates.index)
        raise TableError(Problem("no_commune_has_rate", value=codes[0], near=near), about="rate")
    return pd.Series(rates.reindex(codes).to_numpy(), index=index, name="rate")


def aligned(labels: pd.Series, index: pd.Index, name: str) -> NDArray[np.object_]:
    """Return the label of each id of `index`."""
    absent = index[~index.isin(labels.index)]
    if len(absent):
        raise TableError(Problem("no_value_for_residents", n=len(absent), value=absent[0]), about=name)
    return np.asarray(labels.loc[index].to_numpy(dtype=object))


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
    problems = Problems()
    for zone, share in shares.items():
        if zone not in zones:
            near = (f"0{zone}",) if f"0{zone}" in zones else near_names(zone, zones)
            problems.add("connected_zone_unknown", value=zone, near=near)
        if isinstance(share, bool) or not isinstance(share, int | float | np.number) or not 0 <= share <= 1:
            problems.add("connected_no_share", value=share, zone=zone, hint=_percentage_hint(share))
    problems.raise_if_any(TableError, "connected")


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
        As for `coverage_rate`, and refused alike.

    Returns
    -------
    DataFrame
        By (group, vintage): `rate`, `known_weight`, `unknown_weight`; `same_rate`, and `same_weight` that it is over;
        `premises_reached`, the premises counted in the file (NaN where it counts none, or not in every zone). Where it
        counts 0 in all zones of a group the rate is 0, even if it is not said of how many.

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
        raise OptionError(Problem("vintages_empty"))
    table = pd.DataFrame({name: rates_of(digital, technology) for name, digital in vintages.items()})
    return table.assign(change=table.iloc[:, -1] - table.iloc[:, 0])


def _premises(digital: pd.DataFrame) -> pd.Series:
    """Return the premises by zone, refusing a table that does not know them all."""
    name = COUNTS[0]
    if name not in digital.columns:
        raise TableError(Problem("premises_missing", value=name), about="digital")
    absent = digital.index[digital[name].isna()]
    if len(absent):
        raise TableError(Problem("premises_missing_for", value=name, zones=first_few(absent)), about="digital")
    return digital[name]


def _groups(groups: pd.Series | None, zones: pd.Index) -> pd.Series:
    """Return the group of each zone, "all" where there are none to tell apart."""
    if groups is None:
        return pd.Series("all", index=zones, name="group")
    absent = zones[~zones.isin(groups.index)]
    if len(absent):
        near = near_names(absent[0], groups.index)
        raise TableError(Problem("zone_without_group", value=absent[0], near=near, n=len(absent)), about="groups")
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
