"""Access to a supply that others want too: floating catchments, spatial availability, balancing cost.

Rules common to all. NaN minutes weigh 0. A resident with no site in reach has 0. A site that nobody can reach (no
people within its decay) has no ratio and gives nothing to anyone. A site of zero supply gives nothing; it still takes a
share of demand in the three-step and balanced catchments, whose selection weights see it. Residents without people have
the access of the place where they are. Demand is never rescaled.
"""

import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem
from accessmap.measures.decay import DecayFunction, weights_of
from accessmap.tables.aligned import Floats, minutes_of, people_of, supply_of

__all__ = ["balanced_fca", "balancing_cost", "spatial_availability", "three_step_fca", "two_step_fca"]

# e^(−t²/2σ²) at 38 σ is 1e-314: dividing a supply by that overflows. Less than this is nobody.
_NOBODY = 1e-100


def _inputs(
    times: pd.DataFrame, supply: pd.Series, demand: pd.Series, decay: DecayFunction
) -> tuple[Floats, Floats, Floats]:
    """Return the weights (residents × services), the supply and the demand, checked and aligned."""
    offered, people = supply_of(supply, times.columns), people_of(demand, times.index, "demand")
    return weights_of(times, decay), offered, people


def _ratio(above: Floats, below: Floats) -> Floats:
    """Return above / below, 0 where below is 0, or the dust that a smooth decay leaves at hundreds of minutes."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > _NOBODY)


def two_step_fca(times: pd.DataFrame, supply: pd.Series, demand: pd.Series, *, decay: DecayFunction) -> pd.Series:
    """Return the supply per person that each resident can count on, sites shared among those who reach them.

    R_j = S_j / Σ_i P_i w(t_ij), A_i = Σ_j R_j w(t_ij). With ``decay.binary`` it is the two-step floating catchment
    area, with any other decay the enhanced one.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached.
    supply
        By service: doctors, consultations, places.
    demand
        By resident: people, or people weighted by need.
    decay
        A function of minutes, such as ``accessmap.measures.decay.step({10: 1, 20: 0.68, 30: 0.22})``.

    Returns
    -------
    Series
        By resident, unit of supply per unit of demand; Σ_i P_i A_i is the supply of the sites that people reach.

    Raises
    ------
    TableError
        If ids differ, or values break the contract.
    ValueError
        If the decay gives weights that are negative or not finite.

    Notes
    -----
    Sources: Luo & Wang (2003), Environment and Planning B 30(6); Luo & Qi (2009), Health & Place 15(4).

    Examples
    --------
    >>> from accessmap.measures.decay import binary
    >>> times = pd.DataFrame({"a": [5.0, 5.0, 45.0]}, index=["r1", "r2", "r3"])
    >>> two_step_fca(times, pd.Series({"a": 3}), pd.Series({"r1": 100, "r2": 200, "r3": 50}), decay=binary(30))
    r1    0.01
    r2    0.01
    r3    0.00
    Name: two_step_fca, dtype: float64
    """
    weights, offered, people = _inputs(times, supply, demand, decay)
    return pd.Series(weights @ _ratio(offered, people @ weights), index=times.index, name="two_step_fca")


def three_step_fca(times: pd.DataFrame, supply: pd.Series, demand: pd.Series, *, decay: DecayFunction) -> pd.Series:
    """Return the supply per person, where people who have other sites at hand ask less of each.

    G_ij = w_ij / Σ_j w_ij; R_j = S_j / Σ_i G_ij w_ij P_i; A_i = Σ_j G_ij w_ij R_j.

    Parameters
    ----------
    times, supply, demand, decay
        As for `two_step_fca`, and refused alike.

    Returns
    -------
    Series
        By resident, unit of supply per unit of demand; Σ_i P_i A_i is the supply of the sites that people reach.

    Notes
    -----
    Source: Wan, Zou & Sternberg (2012), International Journal of Geographical Information Science 26(6).

    Examples
    --------
    >>> from accessmap.measures.decay import binary
    >>> times = pd.DataFrame({"a": [5.0, 5.0], "b": [np.nan, 5.0]}, index=["r1", "r2"])
    >>> three_step_fca(times, pd.Series({"a": 3, "b": 3}), pd.Series({"r1": 100, "r2": 100}), decay=binary(30))
    r1    0.02
    r2    0.04
    Name: three_step_fca, dtype: float64
    """
    weights, offered, people = _inputs(times, supply, demand, decay)
    chosen = weights.sum(axis=1)
    np.square(weights, out=weights)
    weights *= _ratio(np.ones_like(chosen), chosen)[:, np.newaxis]
    return pd.Series(weights @ _ratio(offered, people @ weights), index=times.index, name="three_step_fca")


def balanced_fca(times: pd.DataFrame, supply: pd.Series, demand: pd.Series, *, decay: DecayFunction) -> pd.Series:
    """Return the supply per person, demand and supply each handed out once: weights sum to 1 both ways.

    w^i = w / Σ_j w, w^j = w / Σ_i w; R_j = S_j / Σ_i P_i w^i; A_i = Σ_j R_j w^j.

    Parameters
    ----------
    times, supply, demand, decay
        As for `two_step_fca`, and refused alike.

    Returns
    -------
    Series
        By resident, unit of supply per unit of demand. Σ_i P_i A_i is *not* the supply: the level of service of the
        sites is what is handed out.

    Notes
    -----
    Source: Páez, Higgins & Vivona (2019), "Demand and level of service inflation in floating catchment area (FCA)
    methods", PLOS ONE 14(6).

    Examples
    --------
    >>> from accessmap.measures.decay import binary
    >>> times = pd.DataFrame({"a": [5.0, 5.0], "b": [np.nan, 5.0]}, index=["r1", "r2"])
    >>> balanced_fca(times, pd.Series({"a": 3, "b": 3}), pd.Series({"r1": 100, "r2": 100}), decay=binary(30))
    r1    0.01
    r2    0.07
    Name: balanced_fca, dtype: float64
    """
    weights, offered, people = _inputs(times, supply, demand, decay)
    by_resident, by_site = weights.sum(axis=1), weights.sum(axis=0)
    level = _ratio(offered, _ratio(people, by_resident) @ weights)
    return pd.Series(weights @ _ratio(level, by_site), index=times.index, name="balanced_fca")


def spatial_availability(
    times: pd.DataFrame, supply: pd.Series, demand: pd.Series, *, decay: DecayFunction, alpha: float = 1.0
) -> pd.Series:
    """Return the supply that falls to each resident's point, all supply in reach being handed out exactly once.

    V_i = Σ_j S_j F_ij, with F = F^p F^c / Σ_i F^p F^c, F^p_i = P_i^α / Σ P^α and F^c_ij = w_ij / Σ_i w_ij.

    Parameters
    ----------
    times, supply, demand, decay
        As for `two_step_fca`, and refused alike.
    alpha
        How demand grows with people, above 0.

    Returns
    -------
    Series
        By resident, in the unit of supply (not per person); their sum is the supply of the sites that people reach.

    Raises
    ------
    ValueError
        If alpha is not above 0.

    Notes
    -----
    Source: Soukhov, Páez, Higgins & Mohamed (2023), "Introducing spatial availability, a singly-constrained measure of
    competitive accessibility", PLOS ONE 18(1).

    Examples
    --------
    >>> from accessmap.measures.decay import binary
    >>> times = pd.DataFrame({"a": [5.0, 5.0]}, index=["r1", "r2"])
    >>> spatial_availability(times, pd.Series({"a": 9}), pd.Series({"r1": 100, "r2": 200}), decay=binary(30))
    r1    3.0
    r2    6.0
    Name: spatial_availability, dtype: float64
    """
    if not 0 < alpha < np.inf:
        raise OptionError(Problem("not_above_0", where="alpha", value=alpha))
    weights, offered, people = _inputs(times, supply, demand, decay)
    # The sums that normalise F^p and F^c are the same for every resident of a site, so they cancel in F.
    asked = people**alpha
    shared = asked * (weights @ _ratio(offered, asked @ weights))
    return pd.Series(shared, index=times.index, name="spatial_availability")


def balancing_cost(times: pd.DataFrame, supply: pd.Series, demand: pd.Series, *, step: float = 1.0) -> pd.Series:
    """Return the minutes each resident must accept to have more supply in reach than there is demand at home.

    The smallest cutoff c, a multiple of `step`, with Σ_j S_j 1[t_ij ≤ c] > P_i.

    Parameters
    ----------
    times, supply
        As for `two_step_fca`, and refused alike.
    demand
        By resident, in the same unit as supply.
    step
        Grid of cutoffs, minutes, above 0.

    Returns
    -------
    Series
        Minutes by resident; 0 where there is no demand, NaN where all supply in reach does not exceed the demand.

    Raises
    ------
    ValueError
        If step is not above 0.

    Notes
    -----
    Source: Barboza, Carneiro, Falavigna, Luz & Orrico (2021), "Balancing time", Journal of Transport Geography 90.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [4.5, 4.5], "b": [12.0, np.nan]}, index=["r1", "r2"])
    >>> balancing_cost(times, pd.Series({"a": 10, "b": 10}), pd.Series({"r1": 15, "r2": 15}))
    r1    12.0
    r2     NaN
    Name: minutes, dtype: float64
    """
    if not 0 < step < np.inf:
        raise OptionError(Problem("balancing_step", value=step))
    offered, people = supply_of(supply, times.columns), people_of(demand, times.index, "demand")
    minutes = minutes_of(times)
    order = np.argsort(minutes, axis=1)  # NaN last
    within = np.where(np.isnan(np.take_along_axis(minutes, order, axis=1)), 0.0, offered[order]).cumsum(axis=1)
    enough = (within > people[:, np.newaxis]) if within.shape[1] else np.zeros((len(people), 1), dtype=bool)
    found = enough.any(axis=1)
    balance = np.where(people > 0, np.nan, 0.0)
    rows = np.flatnonzero(found & (people > 0))
    at = minutes[rows, order[rows, enough[rows].argmax(axis=1)]].astype(np.float64)
    # Rounded first: the float32 of 30.1 is a hair above it, and would be moved to the next tenth.
    balance[rows] = np.ceil(np.round(at / step, 4)) * step
    return pd.Series(balance, index=times.index, name="minutes")
