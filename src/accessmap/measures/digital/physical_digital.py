"""Physical × digital: who is near a service, who is connected, who is neither, and what both ways give together.

A rate by commune says how many premises are connected and not which. So people are counted two ways: *expected*, where
the share of a commune that is connected is taken for the share of its people, wherever in the commune they live; and by
a *threshold*, where a commune is connected or not as a whole.
"""

from typing import Final

import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem, TableError
from accessmap.measures.decay import DecayFunction, weights_of
from accessmap.measures.digital.coverage import aligned, check_near, check_share, checked_rate, rate_of
from accessmap.tables.aligned import check_columns, minutes_of, people_of
from accessmap.tables.cutoffs import is_within


def effective_access(
    minutes: pd.Series,
    rate: pd.Series,
    *,
    offline_share: float,
    decay: DecayFunction,
    by: pd.Series | None = None,
    able: float | pd.Series = 1.0,
) -> pd.DataFrame:
    """Return by resident the share of procedures (0-1) that can be done, going there or online, and its parts.

    E = s p + (1 − s) (1 − (1 − p) (1 − o)) = p + (1 − s) (1 − p) o, with s the share of procedures that must be done
    on the spot, p physical access (the decay of the minutes) and o online access (connected × able).

    Parameters
    ----------
    minutes, rate, by
        As for `typology`, and refused alike.
    offline_share
        s, 0-1: procedures that cannot be done online.
    decay
        Weight (0-1) of minutes: ``accessmap.measures.decay.binary(20)``, ``gaussian(10)``…
    able
        Share (0-1) of people who manage online once connected: one number, or by resident.

    Returns
    -------
    DataFrame
        By resident: `physical` (p), `online` (o, NaN where the rate is unknown), `gained_online` (E − p) and
        `effective` (E); NaN where E hangs on a rate that is not known.

    Raises
    ------
    ValueError
        Where a share is not between 0 and 1, or the decay gives weights that are not.

    Notes
    -----
    p <= E <= 1 − (1 − p)(1 − o); E rises with p and o, and falls as s rises; E is p where s is 1. That being near and
    being online are independent, and that one way is as good as the other, are assumptions: docs/method_digital.md.

    Examples
    --------
    >>> from accessmap import decay
    >>> minutes = pd.Series([10.0, 40.0], index=["r1", "r2"])
    >>> by = pd.Series("02159", index=minutes.index)
    >>> found = effective_access(
    ...     minutes, pd.Series({"02159": 0.8}), offline_share=0.25, decay=decay.binary(20), by=by, able=0.5
    ... )
    >>> found["effective"].round(3).tolist()
    [1.0, 0.3]
    """
    check_share("offline_share", offline_share)
    index = minutes.index
    physical = pd.Series(weights_of(minutes.to_frame(), decay)[:, 0], index=index)
    if (physical > 1).any():
        raise OptionError(Problem("decay_over_1", value=decay))
    online = rate_of(rate, by, index) * _able(able, index)
    room = (1 - offline_share) * (1 - physical)
    gained = (room * online).where(room > 0, 0.0)  # with no room for it, an unknown rate changes nothing
    effective = (physical + gained).clip(upper=1.0)
    return pd.DataFrame({"physical": physical, "online": online, "gained_online": gained, "effective": effective})


def _able(able: float | pd.Series, index: pd.Index) -> float | pd.Series:
    if not isinstance(able, pd.Series):
        check_share("able", able)
        return able
    shares = pd.Series(people_of(able, index, "able"), index=index)
    if (shares > 1).any():
        raise TableError(Problem("able_over_1", value=shares.index[shares > 1][0]), about="able")
    return shares


CLASSES: Final = ("near_connected", "near_unconnected", "far_connected", "far_unconnected", "unknown")
"""Near or far × connected or not; unknown where it is not known whether a commune is connected."""

MAJORITY: Final = 0.5
"""A commune is far where at least this share of its people is."""


def typology(
    minutes: pd.Series, rate: pd.Series, *, near_minutes: float, connected_share: float, by: pd.Series | None = None
) -> pd.DataFrame:
    """Return by resident the class, one of four, of physical and digital access, with what it was made from.

    Near is at most `near_minutes`, not reached is far; connected is a commune whose rate is at least `connected_share`.

    Parameters
    ----------
    minutes
        By resident, to the service that is meant; NaN where not reached.
    rate
        Share (0-1) of premises connected by commune, NaN where unknown; a commune that is not in it is unknown.
    near_minutes
        Someone at exactly so many is near.
    connected_share
        0-1; a commune at exactly this rate is connected.
    by
        Commune of each resident: ``residents["commune"]``; without it, `minutes` are by commune themselves.

    Returns
    -------
    DataFrame
        By resident: `minutes`, `rate` (of the commune), `near` (bool), `connected` (True, False, <NA> where unknown),
        `class` (categorical, of :data:`CLASSES`).

    Raises
    ------
    TableError
        Where residents differ, or minutes or rates are not what they should be.
    ValueError
        Where a threshold has no sense.

    Examples
    --------
    >>> minutes = pd.Series([4.0, 25.0, np.nan], index=["r1", "r2", "r3"])
    >>> by = pd.Series(["02173", "02159", "02999"], index=minutes.index)
    >>> rate = pd.Series({"02173": 1.0, "02159": 0.6})
    >>> typology(minutes, rate, near_minutes=20, connected_share=0.9, by=by)["class"].tolist()
    ['near_connected', 'far_unconnected', 'unknown']
    """
    check_near(near_minutes)
    check_share("connected_share", connected_share)
    near = pd.Series(is_within(minutes_of(minutes), near_minutes), index=minutes.index)
    rates = rate_of(rate, by, minutes.index)
    links = (rates >= connected_share).astype("boolean").mask(rates.isna())
    number = np.where(rates.isna(), 4, 2 * ~near + ~(rates >= connected_share))
    kinds = pd.Categorical.from_codes(number.astype(np.intp), categories=pd.Index(CLASSES))
    return pd.DataFrame({"minutes": minutes, "rate": rates, "near": near, "connected": links, "class": kinds})


def typology_people(
    minutes: pd.Series,
    rate: pd.Series,
    population: pd.Series,
    *,
    near_minutes: float,
    by: pd.Series | None = None,
    connected_share: float | None = None,
    groups: pd.Series | None = None,
) -> pd.DataFrame:
    """Return the people in each of the four classes of physical and digital access, and those not known.

    By default the *expected* people: of P people near in a commune at rate r, P r count as near and connected and
    P (1 − r) as near and unconnected. With `connected_share`, all of them count as what their commune is.

    Parameters
    ----------
    minutes, rate, near_minutes, by
        As for `typology`, and refused alike.
    population
        People by resident.
    connected_share
        Threshold (0-1) from which a whole commune is connected; by default people are shared out by the rate.
    groups
        By resident, such as the EPCI or the commune: a row for each.

    Returns
    -------
    DataFrame
        By group (one row "all" without `groups`): a column for each of :data:`CLASSES`, and `people`, their sum.

    Examples
    --------
    >>> minutes = pd.Series([4.0, 25.0], index=["r1", "r2"])
    >>> by, people = pd.Series("02159", index=minutes.index), pd.Series([100, 50], index=minutes.index)
    >>> table = typology_people(minutes, pd.Series({"02159": 0.6}), people, near_minutes=20, by=by)
    >>> table.loc["all", ["near_connected", "near_unconnected", "far_connected", "far_unconnected"]].tolist()
    [60.0, 40.0, 30.0, 20.0]
    """
    check_near(near_minutes)
    people = people_of(population, minutes.index)
    near = is_within(minutes_of(minutes), near_minutes)
    rates = rate_of(rate, by, minutes.index)
    if connected_share is not None:
        check_share("connected_share", connected_share)
        rates = (rates >= connected_share).astype("float64").mask(rates.isna())
    known = rates.notna().to_numpy()
    linked = rates.fillna(0.0).to_numpy()
    parts = {
        "near_connected": people * (known & near) * linked,
        "near_unconnected": people * (known & near) * (1 - linked),
        "far_connected": people * (known & ~near) * linked,
        "far_unconnected": people * (known & ~near) * (1 - linked),
        "unknown": people * ~known,
        "people": people,
    }
    labels = aligned(groups, minutes.index, "groups") if groups is not None else np.full(len(people), "all")
    return pd.DataFrame(parts).groupby(pd.Index(labels, name="group"), dropna=False).sum()


def double_burden(
    minutes: pd.Series, rate: pd.Series, residents: pd.DataFrame, *, near_minutes: float, connected_share: float
) -> pd.DataFrame:
    """Return the communes that bear both ("double peine"): far from the service and little connected, worst first.

    A commune is far where at least half of its people are beyond `near_minutes`, those who reach nothing among them; it
    is little connected where its rate is below `connected_share`. Which people bear both cannot be known from a rate by
    commune: the number is between max(0, F + U − P) and min(F, U), for F far, U unconnected and P people (Fréchet's
    bounds), and expected to be F U / P.

    Parameters
    ----------
    minutes, rate, near_minutes, connected_share
        As for `typology`, and refused alike.
    residents
        In the contract: `commune` and `population` by the same ids as `minutes`.

    Returns
    -------
    DataFrame
        By commune `code`, the most expected people first: `people`; `far_people`; `rate`; `unconnected_people`;
        `expected`, `at_least` and `at_most` people who bear both.

    Notes
    -----
    Source of the bounds: Fréchet (1951), Sur les tableaux de corrélation dont les marges sont données.

    Examples
    --------
    >>> residents = pd.DataFrame({"commune": ["a", "a", "b"], "population": [60, 40, 500]}, index=["r1", "r2", "r3"])
    >>> minutes = pd.Series([30.0, 10.0, 5.0], index=residents.index)
    >>> rate = pd.Series({"a": 0.5, "b": 0.5})
    >>> both = double_burden(minutes, rate, residents, near_minutes=20, connected_share=0.9)
    >>> both[["far_people", "unconnected_people", "expected", "at_least", "at_most"]]
          far_people  unconnected_people  expected  at_least  at_most
    code
    a           60.0                50.0      30.0      10.0     50.0
    """
    check_near(near_minutes)
    check_share("connected_share", connected_share)
    check_columns(residents, "commune", "population", about="residents")
    people = people_of(residents["population"], minutes.index)
    codes = aligned(residents["commune"], minutes.index, "residents")
    far = ~is_within(minutes_of(minutes), near_minutes)
    table = pd.DataFrame({"people": people, "far_people": people * far}).groupby(pd.Index(codes, name="code")).sum()
    rates = checked_rate(rate).reindex(table.index)
    alone = table["people"] * (1 - rates)
    table = table.assign(
        rate=rates,
        unconnected_people=alone,
        expected=table["far_people"] * (1 - rates),
        at_least=(table["far_people"] + alone - table["people"]).clip(lower=0.0),
        at_most=table["far_people"].where(table["far_people"] <= alone, alone),
    )
    both = (table["people"] > 0) & (table["far_people"] >= MAJORITY * table["people"]) & (rates < connected_share)
    return table[both].sort_values(["expected", "people"], ascending=False, kind="stable")
