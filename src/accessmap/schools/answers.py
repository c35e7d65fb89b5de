"""What is known of each school's equipment, and its answer to each question: yes, no, or not known."""

from collections.abc import Mapping, Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import did_you_mean
from accessmap.school_tables import EQUIPMENT_COUNTS, check_equipment, check_schools

__all__ = ["EQUIPPED_WITH", "REFERENCE_KEYS", "answers_of", "check_choice", "known_of"]

EQUIPPED_WITH: Final = (*EQUIPMENT_COUNTS, "ent")
REFERENCE_KEYS: Final = (
    *(f"{name}{per}" for name in EQUIPMENT_COUNTS for per in ("", "_per_pupil", "_per_class")),
    "connection_mbps",
)


def check_choice(option: str, value: str, choices: Sequence[str]) -> None:
    """Raise where the value of an option is none of its choices.

    Raises
    ------
    ValueError
        With near matches.

    Examples
    --------
    >>> check_choice("by", "communes", ("commune", "level"))
    Traceback (most recent call last):
    ValueError: by='communes' is none of commune, level (did you mean 'commune'?).
    """
    if value not in choices:
        raise ValueError(f"{option}={value!r} is none of {', '.join(choices)}{did_you_mean(value, choices)}.")


def known_of(schools: gpd.GeoDataFrame, equipment: pd.DataFrame | None) -> pd.DataFrame:
    """Return what is known of each school, in numbers: NaN unknown, and whether a count is a floor.

    Raises
    ------
    TableError
        Where a table breaks its contract.

    Examples
    --------
    >>> import shapely
    >>> schools = gpd.GeoDataFrame(
    ...     {"name": ["A"], "level": ["primary"], "commune": ["02173"], "pupils": [30]},
    ...     index=pd.Index(["a"], name="school_id"), geometry=shapely.points([[0, 0]]), crs="EPSG:2154")
    >>> known_of(schools, None)[["pupils", "tablets"]].to_numpy().tolist()
    [[30.0, nan]]
    """
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
    """Return by measure whether each school has it: True, False or <NA>, joined by Kleene's logic.

    Raises
    ------
    ValueError
        For a reference that is none.

    Examples
    --------
    >>> known = pd.DataFrame(
    ...     {"tablets": [np.nan], "interactive_boards": [2.0], "connection_mbps": [8.0], "ent": ["unknown"]}
    ... ).assign(tablets_at_least=False, interactive_boards_at_least=False, connection_mbps_at_least=False)
    >>> answers = answers_of(known, ("tablets", "interactive_boards"), 30, {"interactive_boards": 1})
    >>> {measure: str(answer[0]) for measure, answer in answers.items()}
    {'equipped': 'True', 'tablets': '<NA>', 'interactive_boards': 'True', 'ent': '<NA>', 'connection': 'False',
     'reference': 'True'}
    """
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
        raise ValueError(f"reference[{key!r}] is {wanted!r}: give a number, 0 or more.")
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
