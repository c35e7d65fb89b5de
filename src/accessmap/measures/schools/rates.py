"""How well schools are equipped: shares of schools and pupils, and pupils per tablet; the unknown counted apart."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import OptionError, Problem, TableError
from accessmap.tables.contracts import EQUIPMENT_COUNTS, check_equipment, check_schools
from accessmap.words.near import near_names

EQUIPPED_WITH: Final = (*EQUIPMENT_COUNTS, "ent")
REFERENCE_KEYS: Final = (
    *(f"{name}{per}" for name in EQUIPMENT_COUNTS for per in ("", "_per_pupil", "_per_class")),
    "connection_mbps",
)

SOCLE_NUMERIQUE_2021: Final = MappingProxyType({"interactive_boards_per_class": 1.0})
"""What the State's "socle numérique de base" asks of every classroom that our table can count: one display.

Source: ministère de l'Éducation nationale, appel à projets pour un socle numérique dans les écoles élémentaires
(January 2021): a video projector, or an interactive board, projector or screen in its place, in each classroom; tablets
or laptops "for each school", without a number. A plain projector would do for the State and is not counted here.
"""

By = Literal["commune", "level", "epci", "sector"]
GROUPS: Final = ("commune", "level", "epci", "sector")
WEIGHTS: Final = ("pupils", "classes", "schools")
VERY_FAST_MBPS: Final = 30.0
"""Très haut débit starts at 30 Mbit/s (ARCEP; France's Plan France Très Haut Débit, 2013)."""


def check_choice(option: str, value: str, choices: Sequence[str]) -> None:
    """Raise where the value of an option is none of its choices, with near matches."""
    if value not in choices:
        near, known = near_names(value, choices), ", ".join(choices)
        raise OptionError(Problem("option_none_of", where=option, value=value, near=near, known=known))


def known_of(schools: gpd.GeoDataFrame, equipment: pd.DataFrame | None) -> pd.DataFrame:
    """Return what is known of each school, in numbers: NaN unknown, and whether a count is a floor."""
    check_schools(schools)
    if equipment is not None:
        check_equipment(equipment)
    table = pd.DataFrame(index=schools.index) if equipment is None else equipment.reindex(schools.index)
    known = pd.DataFrame(index=schools.index)
    for name in (*EQUIPMENT_COUNTS, "connection_mbps"):
        known[name] = table[name].astype("float64") if name in table.columns else np.nan
        flag = f"{name}_at_least"
        known[flag] = table[flag].eq(True).fillna(False).astype(bool) if flag in table.columns else False
    for name in ("pupils", "classes"):
        known[name] = schools[name].astype("float64") if name in schools.columns else np.nan
    known["ent"] = table["ent"] if "ent" in table.columns else "unknown"
    return known


def answers_of(
    known: pd.DataFrame, equipped_with: Sequence[str], connection_mbps: float, reference: Mapping[str, float]
) -> dict[str, pd.Series]:
    """Return by measure whether each school has it: True, False or <NA>, joined by Kleene's logic."""
    has = {name: _at_least(known, name, 1.0) for name in EQUIPMENT_COUNTS}
    has["ent"] = known["ent"].map({"yes": True, "no": False}).astype("boolean")
    equipped = pd.Series(False, index=known.index, dtype="boolean")
    for name in equipped_with:
        equipped = equipped | has[name]
    meets = pd.Series(True, index=known.index, dtype="boolean")
    for key, wanted in reference.items():
        meets = meets & _meets(known, key, wanted)
    return {
        "equipped": equipped,
        **has,
        "connection": _at_least(known, "connection_mbps", connection_mbps),
        "reference": meets,
    }


def _meets(known: pd.DataFrame, key: str, wanted: float) -> pd.Series:
    check_choice("reference", key, REFERENCE_KEYS)
    if not (np.isfinite(wanted) and wanted >= 0):
        raise OptionError(Problem("reference_amount", name=key, value=wanted))
    name, _, per = key.partition("_per_")
    if not per:
        return _at_least(known, name, wanted)
    units = known["pupils" if per == "pupil" else "classes"]
    # a school said to have no pupil or class answers nothing: 0 tablets for 0 pupils is no school that is equipped
    return _at_least(known, name, wanted * units.where(units > 0))


def _at_least(known: pd.DataFrame, name: str, wanted: float | pd.Series) -> pd.Series:
    """Return whether there is so much: <NA> where it is not known, or where a floor does not reach it."""
    values = known[name]
    # a ratio such as 0.1 × 30 pupils is a hair above 3 in floats
    reached = values >= wanted - 1e-9
    unknown = values.isna() | pd.isna(wanted) | (known[f"{name}_at_least"] & ~reached)
    return pd.Series(reached, dtype="boolean").mask(unknown)


def equipment_rates(
    schools: gpd.GeoDataFrame,
    equipment: pd.DataFrame | None,
    communes: gpd.GeoDataFrame | None = None,
    *,
    by: By | None = None,
    weights: Literal["pupils", "classes", "schools"] = "pupils",
    equipped_with: Sequence[str] = EQUIPMENT_COUNTS,
    connection_mbps: float = VERY_FAST_MBPS,
    reference: Mapping[str, float] = SOCLE_NUMERIQUE_2021,
) -> pd.DataFrame:
    """Return the shares (0-1) that are equipped, by group and measure: rows (group, measure), pupils as weights.

    Measures: `equipped` (at least one of `equipped_with`), `tablets` and `interactive_boards` (at least one), `ent`,
    `connection` (`connection_mbps` or more) and `reference` (all that `reference` asks). What is not known of a school
    is in no rate: it is counted apart, and `worst` and `best` say what the share would be if it were all no, or all
    yes.

    Parameters
    ----------
    schools, equipment
        In the contracts of :mod:`accessmap.tables.contracts`. No row, or None for the table: unknown. Rows of other
        schools than these are set aside, so that a selection of schools will do.
    communes
        In the contract; needed for `by="epci"`.
    by
        Column that makes the groups; None for one group, named "all". Schools whose group is missing are in "unknown".
    weights
        What counts: pupils (a school of 200 counts twice one of 100), classes, or each school once.
    equipped_with
        One of these is enough to be `equipped`; of tablets, interactive_boards, ent.
    connection_mbps
        Mbit/s down from which a school is well connected.
    reference
        What a school must have, all of it: `tablets`, `interactive_boards` (at least so many), either of them with
        `_per_pupil` or `_per_class`, and `connection_mbps`. The State's référentiels change: say yours.

    Returns
    -------
    DataFrame
        `rate` (of the schools that are known: say it with `known_schools`, for those of which one knows are often those
        that are equipped), `worst`, `best` (shares 0-1, NaN where nothing can be weighed), `schools`, `schools_with`
        (surely yes), `known_schools`, `unknown_schools`, `known_pupils`, `unknown_pupils` (of those, where the number
        of pupils is known) and `unweighted_schools` (in no share, for want of their weight).

    Raises
    ------
    TableError
        Where a table breaks its contract, or lacks what `by` or `weights` ask.
    ValueError
        For an option that is none.

    Notes
    -----
    rate = Σ w_s [yes] / Σ w_s [yes or no]; worst = Σ w_s [yes] / Σ w_s; best = Σ w_s [yes or unknown] / Σ w_s. Answers
    are joined as Kleene's logic of three values has it: a school with a board is equipped, whatever is not known of its
    tablets. A count that is only a floor can say yes and never no.

    Examples
    --------
    >>> import shapely
    >>> schools = gpd.GeoDataFrame(
    ...     {"name": ["A", "B", "C"], "level": ["primary"] * 3, "commune": ["02173"] * 3, "pupils": [100, 50, 50]},
    ...     index=pd.Index(["a", "b", "c"], name="school_id"), geometry=shapely.points([[0, 0]] * 3), crs="EPSG:2154")
    >>> equipment = pd.DataFrame({"tablets": [12, 0]}, index=pd.Index(["a", "b"], name="school_id"))
    >>> rates = equipment_rates(schools, equipment)  # 100 pupils have tablets, 50 have none, of 50 it is not known
    >>> rates.loc[("all", "tablets"), ["rate", "worst", "best", "unknown_pupils"]].round(3).tolist()
    [0.667, 0.5, 0.75, 50.0]
    """
    check_choice("weights", weights, WEIGHTS)
    if not len(equipped_with) or not reference:
        raise OptionError(Problem("equipment_asks_nothing"))
    for name in equipped_with:
        check_choice("equipped_with", name, EQUIPPED_WITH)
    known = known_of(schools, equipment)
    groups = _groups(schools, communes, by)
    weight = _weight(schools, weights)
    answers = answers_of(known, equipped_with, connection_mbps, reference)
    parts = {measure: _parts(answer, weight, known["pupils"]) for measure, answer in answers.items()}
    sums = _summed(parts, groups)
    shares = pd.DataFrame(
        {
            "rate": _divided(sums["yes"], sums["known"]),
            "worst": _divided(sums["yes"], sums["all"]),
            "best": _divided(sums["yes"] + sums["all"] - sums["known"], sums["all"]),
        }
    ).clip(0.0, 1.0)  # sums of floats may pass 1 by a hair
    return shares.join(sums.drop(columns=["yes", "known", "all"]))


def equipment_ratios(
    schools: gpd.GeoDataFrame,
    equipment: pd.DataFrame | None,
    communes: gpd.GeoDataFrame | None = None,
    *,
    by: By | None = None,
) -> pd.DataFrame:
    """Return pupils per tablet, tablets per pupil and boards per class, by group: rows (group, measure).

    Each is a ratio of sums over the schools where both numbers are known: of a group, not a mean of schools. A count
    that is only a floor is not known.

    Parameters
    ----------
    schools, equipment, communes, by
        As for :func:`equipment_rates`, and refused alike.

    Returns
    -------
    DataFrame
        `ratio` (NaN where no school is known, or there is nothing to divide by: pupils per tablet without a tablet),
        `amount` (tablets or boards in the known schools), `amount_at_least` (in all schools, floors too),
        `schools`, `known_schools`, `unknown_schools`, `known_pupils`, `unknown_pupils`.

    Examples
    --------
    >>> import shapely
    >>> schools = gpd.GeoDataFrame(
    ...     {"name": ["A", "B"], "level": ["primary"] * 2, "commune": ["02173"] * 2, "pupils": [100, 50]},
    ...     index=pd.Index(["a", "b"], name="school_id"), geometry=shapely.points([[0, 0]] * 2), crs="EPSG:2154")
    >>> equipment = pd.DataFrame({"tablets": [10, 5]}, index=pd.Index(["a", "b"], name="school_id"))
    >>> float(equipment_ratios(schools, equipment).loc[("all", "pupils_per_tablet"), "ratio"])
    10.0
    """
    known = known_of(schools, equipment)
    groups = _groups(schools, communes, by)
    measures = {
        "pupils_per_tablet": ("tablets", "pupils", True),
        "tablets_per_pupil": ("tablets", "pupils", False),
        "interactive_boards_per_class": ("interactive_boards", "classes", False),
    }
    sums = _summed({measure: _amounts(known, *columns) for measure, columns in measures.items()}, groups)
    ratio = pd.DataFrame({"ratio": _divided(sums["upper"], sums["lower"])})
    return ratio.join(sums.drop(columns=["upper", "lower"]))


def _groups(schools: gpd.GeoDataFrame, communes: gpd.GeoDataFrame | None, by: str | None) -> pd.Series:
    if by is None:
        return pd.Series("all", index=schools.index, name="all")
    check_choice("by", by, GROUPS)
    if by == "epci":
        if communes is None:
            raise TableError(Problem("by_epci_needs_communes"), about="schools")
        check_schools(schools, communes)
        values = schools["commune"].map(communes["epci"])
    elif by not in schools.columns:
        raise TableError(Problem("by_no_column", value=by), about="schools")
    else:
        values = schools[by]
    return pd.Series(values.astype(object).where(values.notna(), "unknown"), name=by)


def _weight(schools: gpd.GeoDataFrame, weights: str) -> pd.Series:
    if weights == "schools":
        return pd.Series(1.0, index=schools.index)
    if weights not in schools.columns or schools[weights].isna().all():
        raise TableError(Problem("school_weight_unknown", value=weights), about="schools")
    return pd.Series(schools[weights], dtype="float64")


def _parts(answer: pd.Series, weight: pd.Series, pupils: pd.Series) -> pd.DataFrame:
    """Return by school what it adds to the sums of its group."""
    yes, asked, weighed = answer.fillna(False).astype(bool), answer.notna(), weight.fillna(0.0)
    sums = {"yes": weighed * yes, "known": weighed * asked, "all": weighed, "schools": 1}
    sums |= {"schools_with": yes.astype("int64"), **_counts(asked, pupils)}
    return pd.DataFrame({**sums, "unweighted_schools": weight.isna().astype("int64")})


def _counts(known: pd.Series, pupils: pd.Series) -> dict[str, pd.Series]:
    """Return by school what it adds to the schools and pupils that are known, and to those that are not."""
    on_roll, schools = pupils.fillna(0.0), {"known_schools": known, "unknown_schools": ~known}
    counts = {name: said.astype("int64") for name, said in schools.items()}
    return counts | {"known_pupils": on_roll * known, "unknown_pupils": on_roll * ~known}


def _amounts(known: pd.DataFrame, name: str, unit: str, inverse: bool) -> pd.DataFrame:
    """Return by school what it adds to the amount and to the units of its group, where both are known."""
    both = known[name].notna() & known[unit].notna() & ~known[f"{name}_at_least"]
    amount, units = known[name].where(both, 0.0), known[unit].where(both, 0.0)
    upper, lower = (units, amount) if inverse else (amount, units)
    sums = {"upper": upper, "lower": lower, "amount": amount, "amount_at_least": known[name].fillna(0.0), "schools": 1}
    return pd.DataFrame({**sums, **_counts(both, known["pupils"])})


def _summed(parts: Mapping[str, pd.DataFrame], groups: pd.Series) -> pd.DataFrame:
    """Return sums by (group, measure): groups in the order of their names, measures in ours."""
    sums = pd.concat({measure: part.groupby(groups).sum() for measure, part in parts.items()}, names=["measure"])
    found = sums.index.get_level_values(1).unique()
    order = pd.MultiIndex.from_product([found, parts], names=[groups.name, "measure"])
    return sums.swaplevel().loc[order]


def _divided(upper: pd.Series, lower: pd.Series) -> pd.Series:
    return upper / lower.where(lower > 0)
