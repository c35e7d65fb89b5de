"""APL, the accessibility indicator of DREES: consultations per standardised inhabitant and year, and its parts.

Source of formula and parameters: Barlet, Coldefy, Collin & Lucas-Gabrielli (2012), "L'accessibilité potentielle
localisée (APL)", DREES, Études et résultats 795; parameters as published with the values of 2022 and 2023
(presets/apl.csv). DREES counts times from commune centre to commune centre, 0 inside a commune; minutes that are better
than that give other, not wrong, values.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files

import numpy as np
import pandas as pd

from accessmap.alignment import complete, people_of
from accessmap.decay import DecayFunction, step
from accessmap.errors import TableError
from accessmap.floating import two_step_fca

__all__ = ["AplParameters", "apl", "apl_activity", "apl_parameters", "standardised_need"]


@dataclass(frozen=True)
class AplParameters:
    """The parameters of one vintage of the APL; change one with ``dataclasses.replace``.

    Parameters
    ----------
    vintage
        Year of the published values, such as "2023".
    decay
        Weight of a site by its minutes.
    counted_from
        Consultations a year under which a practitioner is not counted.
    floor, ceiling
        Consultations a year between which activity counts as it is; outside, as the nearer of the two.
    newly_settled
        Consultations a year of a practitioner who settled during the year.
    age_weights
        Age class → need of one inhabitant of it, relative to the mean inhabitant.
    """

    vintage: str
    decay: DecayFunction
    counted_from: float
    floor: float
    ceiling: float
    newly_settled: float
    age_weights: Mapping[str, float]


def apl_parameters(vintage: int | str = 2023) -> AplParameters:
    """Return the parameters that DREES published for general practitioners with a vintage of the APL.

    Parameters
    ----------
    vintage
        2022 or 2023.

    Raises
    ------
    ValueError
        If that vintage is not among the presets.

    Examples
    --------
    >>> parameters = apl_parameters(2022)
    >>> print(parameters.decay)
    step({10: 1, 15: 0.666667, 20: 0.333333}, closed='left')
    >>> parameters.age_weights["90+"]
    2.39
    """
    text = (files("accessmap") / "presets" / "apl.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    chosen = [row for row in rows if row["vintage"] == str(vintage)]
    if not chosen:
        raise ValueError(f"no APL parameters for {vintage}: there are {sorted({row['vintage'] for row in rows})}.")

    def values(parameter: str) -> dict[str, float]:
        return {row["key"]: float(row["value"]) for row in chosen if row["parameter"] == parameter}

    return AplParameters(
        vintage=str(vintage),
        decay=step({float(bound): weight for bound, weight in values("decay").items()}, closed="left"),
        counted_from=values("counted_from")[""],
        floor=values("floor")[""],
        ceiling=values("ceiling")[""],
        newly_settled=values("newly_settled")[""],
        age_weights=values("age_weight"),
    )


def apl(
    times: pd.DataFrame, supply: pd.Series, need: pd.Series, *, parameters: AplParameters | None = None
) -> pd.Series:
    """Return the APL of each resident: consultations in reach per standardised inhabitant and year.

    R_j = consultations_j / Σ_i w(t_ij) N_i, APL_i = Σ_j w(t_ij) R_j.

    Parameters
    ----------
    times
        Residents × practitioners (or places of practice), minutes, NaN where not reached.
    supply
        Consultations a year by service: see `apl_activity`.
    need
        Standardised inhabitants by resident: see `standardised_need`. All who may come, the neighbours of the territory
        too, for those left out are no competition.
    parameters
        `apl_parameters()` unless given; only the decay is used here.

    Returns
    -------
    Series
        By resident; 0 where no practitioner is under 20 minutes. Σ_i N_i APL_i is the supply of the sites that are
        reached. DREES calls a commune under-served below 2.5.

    Raises
    ------
    TableError
        If ids differ, or values break the contract.

    Notes
    -----
    Source: Barlet et al. (2012), DREES, Études et résultats 795.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [0.0, 12.0, 20.0]}, index=["r1", "r2", "r3"])
    >>> need = pd.Series({"r1": 1000.0, "r2": 900.0, "r3": 500.0})
    >>> apl(times, pd.Series({"a": 4800.0}), need)
    r1    3.0
    r2    2.0
    r3    0.0
    Name: apl, dtype: float64
    """
    chosen = parameters or apl_parameters()
    return two_step_fca(times, supply, need, decay=chosen.decay).rename("apl")


def apl_activity(
    consultations: pd.Series, *, newly_settled: pd.Series | None = None, parameters: AplParameters | None = None
) -> pd.Series:
    """Return the consultations a year that the APL counts for each practitioner.

    Under 250 a year none, then at least 3,600 and at most 6,000; 5,400 for one who settled during the year. DREES says
    "under 250" and "251 to 3,600": 250 itself, of which it does not speak, is not under 250 and so counts 3,600.

    Parameters
    ----------
    consultations
        By practitioner, consultations, visits and teleconsultations of the year.
    newly_settled
        By practitioner, True where the year is not a whole one; their consultations may be missing.
    parameters
        `apl_parameters()` unless given.

    Raises
    ------
    TableError
        If consultations are missing or negative, or practitioners differ.

    Examples
    --------
    >>> apl_activity(pd.Series({"a": 200.0, "b": 1000.0, "c": 4000.0, "d": 9000.0})).tolist()
    [0.0, 3600.0, 4000.0, 6000.0]
    """
    chosen = parameters or apl_parameters()
    if newly_settled is None:
        new = np.zeros(len(consultations), dtype=bool)
    else:
        new = people_of(newly_settled.astype(np.float64), consultations.index, "newly_settled") > 0
    done = complete(consultations.mask(new, 0.0), "consultations")
    counted = np.where(done < chosen.counted_from, 0.0, np.clip(done, chosen.floor, chosen.ceiling))
    return pd.Series(np.where(new, chosen.newly_settled, counted), index=consultations.index, name="consultations")


def standardised_need(
    age_counts: pd.DataFrame, weights: Mapping[str, float] | pd.Series, *, scale: float = 1.0
) -> pd.Series:
    """Return the standardised inhabitants of each resident's point: people weighted by the need of their age.

    N_i = scale · Σ_age P_i,age × weight_age.

    Parameters
    ----------
    age_counts
        People by resident (rows) and age class (columns).
    weights
        Age class → need relative to the mean inhabitant, such as ``apl_parameters().age_weights``.
    scale
        What makes ΣN equal ΣP over the *whole country*, on which the weights of DREES are already level (1). It is
        never to be taken from a part of it: an old territory has more need than people, and that must stay.

    Raises
    ------
    TableError
        If an age class has no weight or a weight no class, or a number of people is missing or negative.

    Examples
    --------
    >>> ages = pd.DataFrame({"0-14": [100, 20], "15+": [300, 200]}, index=["r1", "r2"])
    >>> standardised_need(ages, {"0-14": 0.7, "15+": 1.1})
    r1    400.0
    r2    234.0
    Name: need, dtype: float64
    """
    by_class = pd.Series(dict(weights), dtype=np.float64)
    problems = [f"No weight for the age class {age!r}." for age in age_counts.columns if age not in by_class.index]
    problems += [f"No column for the age class {age!r}." for age in by_class.index if age not in age_counts.columns]
    if problems:
        raise TableError("age_counts", problems)
    complete(by_class, "weights")
    need = np.zeros(len(age_counts))
    for age in age_counts.columns:
        need += complete(age_counts[age], f"age_counts, {age}") * by_class[age]
    return pd.Series(need * scale, index=age_counts.index, name="need")
