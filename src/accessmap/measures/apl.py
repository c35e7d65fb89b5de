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

from accessmap.errors import OptionError, Problem, Problems, TableError
from accessmap.measures.decay import DecayFunction, step
from accessmap.measures.floating import two_step_fca
from accessmap.tables.aligned import check_rows, complete, people_of

__all__ = ["AplParameters", "activity", "apl", "dependence", "parameters", "standardised_need"]


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


LATEST = 2023
"""The vintage of the parameters that are taken where none are given."""


def parameters(vintage: int | str = LATEST) -> AplParameters:
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
    >>> published = parameters(2022)
    >>> print(published.decay)
    step({10: 1, 15: 0.666667, 20: 0.333333}, closed='left')
    >>> published.age_weights["90+"]
    2.39
    """
    return _published(vintage)


def _published(vintage: int | str) -> AplParameters:
    text = (files("accessmap") / "presets" / "apl.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    chosen = [row for row in rows if row["vintage"] == str(vintage)]
    if not chosen:
        raise OptionError(Problem("apl_vintage", value=vintage, known=sorted({row["vintage"] for row in rows})))

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
        Consultations a year by service: see `activity`.
    need
        Standardised inhabitants by resident: see `standardised_need`. All who may come, the neighbours of the territory
        too, for those left out are no competition.
    parameters
        `parameters()` unless given; only the decay is used here.

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
    chosen = parameters or _published(LATEST)
    return two_step_fca(times, supply, need, decay=chosen.decay).rename("apl")


def activity(
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
        `parameters()` unless given.

    Raises
    ------
    TableError
        If consultations are missing or negative, or practitioners differ.

    Examples
    --------
    >>> activity(pd.Series({"a": 200.0, "b": 1000.0, "c": 4000.0, "d": 9000.0})).tolist()
    [0.0, 3600.0, 4000.0, 6000.0]
    """
    chosen = parameters or _published(LATEST)
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
        Age class → need relative to the mean inhabitant, such as ``parameters().age_weights``.
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
    problems = Problems()
    for age in age_counts.columns.difference(by_class.index, sort=False):
        problems.add("age_without_weight", value=age)
    for age in by_class.index.difference(age_counts.columns, sort=False):
        problems.add("age_without_column", value=age)
    problems.raise_if_any(TableError, "age_counts")
    complete(by_class, "weights")
    need = np.zeros(len(age_counts))
    for age in age_counts.columns:
        need += complete(age_counts[age], f"age_counts, {age}") * by_class[age]
    return pd.Series(need * scale, index=age_counts.index, name="need")


def dependence(
    times: pd.DataFrame,
    supply: pd.Series,
    need: pd.Series,
    *,
    inside: pd.Series,
    parameters: AplParameters | None = None,
) -> pd.DataFrame:
    """Return by resident the APL, the part of it that comes from sites outside the territory, and the share of that.

    Parameters
    ----------
    times, supply, need, parameters
        As for `accessmap.measures.apl.apl`: everyone who competes, inside and outside.
    inside
        By service, whether it is inside: ``site_places(services, communes)["inside"]``.

    Returns
    -------
    DataFrame
        By resident: `apl`; `outside`, in the same unit (consultations per standardised inhabitant and year); `share`
        (0-1, NaN where the APL is 0).

    Raises
    ------
    TableError
        If ids differ, or values break the contract.

    Notes
    -----
    The APL is a sum over sites, and a site without supply changes nothing for the others: the part of the outside is
    the APL with the supply of the inside set to 0, competition unchanged.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [5.0], "b": [12.0]}, index=["r1"])
    >>> supply, need = pd.Series({"a": 3000.0, "b": 1000.0}), pd.Series({"r1": 1000.0})
    >>> dependence(times, supply, need, inside=pd.Series({"a": True, "b": False}))
        apl  outside  share
    r1  4.0      1.0   0.25
    """
    check_rows(inside.index, times.columns, "inside")
    beyond = supply.mask(inside.reindex(supply.index, fill_value=False).astype(bool), 0.0)
    total = apl(times, supply, need, parameters=parameters)
    outside = apl(times, beyond, need, parameters=parameters)
    return pd.DataFrame({"apl": total, "outside": outside, "share": outside / total.where(total > 0)})
