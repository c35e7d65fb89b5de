"""Schools of the Education ministry's lists as services: one site a school, its kind by what is taught there."""

import re

import numpy as np
import pandas as pd

from accessmap.read.columns import Reading, as_numbers, as_text
from accessmap.read.raw import plain, refusal
from accessmap.read.school_lists import CLOSED, SCHOOL_ID, each, level_of
from accessmap.read.school_lists import NAMES as SCHOOL_NAMES
from accessmap.tables.contracts import LEVELS
from accessmap.words.near import some

# What says the level of a row of the ministry's lists, the surest first.
NATURES = ("libelle_nature", "nature_uai_libe", "lib_nature", "nature", "type_etablissement", "type_d_etablissement")
UNIT = "élèves"


def as_schools(reading: Reading, category: str | None) -> None:
    """Keep the schools of a ministry's list, each once under its UAI, with its kind and its pupils as capacity.

    Left out, and said: offices, sections of a school, training centres, special schools; schools that are closed;
    those of another level than the category, where it is one (`middle_school`). Any other table is left as it is.

    Parameters
    ----------
    reading
        Of services, its columns renamed already.
    category
        The caller's; without it each school has that of its level.
    """
    names = {plain(name): name for name in reading.table.columns}
    ids = next((names[name] for name in names if any(re.fullmatch(one, name) for one in SCHOOL_ID[:-2])), None)
    given = [reading.table[names[name]] for name in NATURES if name in names]
    if ids is None and "service_id" in names and "uai" in plain(reading.sources.get("service_id", "")).split("_"):
        ids = names["service_id"]
    if ids is None or not given:
        return
    level = _levels(reading, names, given)
    wanted = category.removesuffix("_school") if category is not None and category.endswith("_school") else None
    state = next((names[name] for name in names if any(re.fullmatch(one, name) for one in SCHOOL_NAMES["state"])), None)
    shut = np.zeros(len(level), dtype=bool) if state is None else _is_closed(reading.table[state])
    office = level.isna().to_numpy() & ~shut
    other = ~office & ~shut & (level != wanted).to_numpy() if wanted in LEVELS else np.zeros(len(level), dtype=bool)
    again = ~office & ~other & ~shut
    again[again] = as_text(reading.table[ids])[again].duplicated().to_numpy()
    if (office | other | shut).all():
        raise refusal(reading.file, "no_school_of_category", value=category or "")
    told = next((reading.table[name] for name in ("name", ids) if name in reading.table.columns), level)
    kinds = {"schools_closed": shut, "offices_left_out": office, "other_levels_left_out": other, "schools_again": again}
    for key, rows in kinds.items():
        if rows.any():
            reading.note(key, n=int(rows.sum()), names=some(told[rows].astype(str)))
    _bring(reading, names, ids, None if category is not None else level + "_school")
    reading.keep(~(shut | office | other | again))


def _levels(reading: Reading, names: dict[str, str], given: list[pd.Series]) -> pd.Series:
    """One of `LEVELS` for each row, missing where it is no school."""
    levels = [each(as_text(values), level_of) for values in given]
    level = levels[0].where(given[0].notna(), levels[-1])
    primary = each(as_text(given[-1]), plain).eq("ecole") & level.isna()  # "Ecole" of the annuaire is any of the two
    for taught, one in (("ecole_maternelle", "nursery"), ("ecole_elementaire", "primary")):
        if taught in names:
            teaches = as_text(reading.table[names[taught]]).eq("1") & (primary | level.isin(["nursery", "primary"]))
            level = level.mask(teaches, one)
    return level.mask(primary & level.isna(), "primary")


def _is_closed(state: pd.Series) -> np.ndarray:
    return np.asarray(each(as_text(state), plain).isin(CLOSED).to_numpy(), dtype=bool)


def _bring(reading: Reading, names: dict[str, str], ids: str, category: pd.Series | None) -> None:
    """Give the UAI, the kind and the pupils their names in the contract, where the file has them by another."""
    table = reading.table
    if "service_id" not in table.columns:
        table = table.rename(columns={ids: "service_id"})
    if category is not None and "category" not in table.columns:
        table = table.assign(category=category)
    pupils = [names[name] for name in names if any(re.fullmatch(one, name) for one in SCHOOL_NAMES["pupils"])]
    if "capacity" not in table.columns and len(pupils) == 1:
        numbers = as_numbers(table[pupils[0]])
        if pd.api.types.is_numeric_dtype(numbers):
            table = table.drop(columns=pupils[0]).assign(capacity=numbers, capacity_unit=UNIT)
    if "localisation" in names and "point_quality" not in table.columns:  # of the ministry's geolocated list
        table = table.rename(columns={names["localisation"]: "point_quality"})
        reading.sources["point_quality"] = names["localisation"]
    reading.table = table
