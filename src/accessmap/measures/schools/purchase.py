"""What a purchase changes: the equipment after it, and every rate before and after."""

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import Problems, TableError
from accessmap.measures.schools.rates import SOCLE_NUMERIQUE_2021, VERY_FAST_MBPS, By, equipment_rates, equipment_ratios
from accessmap.tables.contracts import EQUIPMENT_COUNTS, check_equipment, check_schools
from accessmap.words.near import near_names

ADDED: Final = (*EQUIPMENT_COUNTS, "ent", "connection_mbps")


def equipped(
    equipment: pd.DataFrame | None,
    schools: gpd.GeoDataFrame,
    added: Mapping[str, Mapping[str, object]],
) -> pd.DataFrame:
    """Return the equipment of schools after a purchase, a new table; the one given is not changed.

    Tablets and boards are added to what is there. Where that is not known, the purchase is what the school has at
    least: the count becomes the purchase, and `tablets_at_least` (`interactive_boards_at_least`) is True. Such a count
    can show that a school is equipped, or meets a reference, and never that it does not. `ent` and `connection_mbps`
    take the new value.

    Parameters
    ----------
    equipment
        In the contract; None where nothing is known.
    schools
        In the contract.
        Rows of the equipment that are of other schools are kept.
    added
        School to what it gets: `tablets`, `interactive_boards` (0 or more), `ent` ("yes" or "no"), `connection_mbps`.

    Returns
    -------
    DataFrame
        In the contract of equipment: the rows that were there, in their order, then those of schools that had none.

    Raises
    ------
    TableError
        With all problems at once: schools and words that are none, with near matches; numbers that are none.

    Examples
    --------
    >>> import shapely
    >>> schools = gpd.GeoDataFrame(
    ...     {"name": ["A", "B"], "level": ["primary"] * 2, "commune": ["02456"] * 2},
    ...     index=pd.Index(["a", "b"], name="school_id"), geometry=shapely.points([[0, 0]] * 2), crs="EPSG:2154")
    >>> before = pd.DataFrame({"tablets": [4]}, index=pd.Index(["a"], name="school_id"))
    >>> equipped(before, schools, {"a": {"tablets": 8}, "b": {"tablets": 10}})
               tablets  tablets_at_least
    school_id
    a             12.0             False
    b             10.0              True
    """
    check_schools(schools)
    if equipment is not None:
        check_equipment(equipment)
    problems = Problems()
    for school, what in added.items():
        _check_purchase(school, what, schools.index, problems)
    problems.raise_if_any(TableError, "equipment")
    table = pd.DataFrame() if equipment is None else equipment
    ids = [*table.index, *(school for school in added if school not in table.index)]
    after = table.reindex(pd.Index(ids, name="school_id"))
    for name in EQUIPMENT_COUNTS:
        after = _added(after, name, {school: what[name] for school, what in added.items() if name in what})
    for name in ("ent", "connection_mbps"):
        after = _set(after, name, {school: what[name] for school, what in added.items() if name in what})
    return after


def _check_purchase(school: str, what: Mapping[str, object], schools: pd.Index, problems: Problems) -> None:
    """Add what is wrong with the purchase of one school."""
    if school not in schools:
        problems.add("purchase_no_school", value=school, near=near_names(school, schools))
    for name, value in what.items():
        if name not in ADDED:
            near, known = near_names(name, ADDED), ", ".join(ADDED)
            problems.add("purchase_unknown", where=school, value=name, near=near, known=known)
        elif name == "ent":
            if value not in ("yes", "no"):
                problems.add("purchase_ent", where=school, value=value)
        elif not _is_amount(value) and name == "connection_mbps":
            problems.add("purchase_speed", where=school, value=value)
        elif not _is_amount(value):
            problems.add("purchase_count", where=school, value=value, name=name)


def _is_amount(value: object) -> bool:
    is_number = isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)
    return is_number and 0 <= float(value) < np.inf  # type: ignore[arg-type]


def _added(table: pd.DataFrame, name: str, bought: Mapping[str, Any]) -> pd.DataFrame:
    """Return the table with counts added, and marked as a floor where nothing was known before."""
    flag = f"{name}_at_least"
    if flag in table.columns:  # rows that are new have no mark yet
        table = table.assign(**{flag: table[flag].eq(True).fillna(False).astype(bool)})
    if not bought:
        return table
    before = table[name].astype("float64") if name in table.columns else pd.Series(np.nan, index=table.index)
    more = pd.Series(bought, dtype="float64").reindex(table.index)
    # nothing bought on top of nothing known says nothing
    counts = before.where(before.notna(), more.where(more > 0)) + more.fillna(0.0).where(before.notna(), 0.0)
    floors = before.isna() & counts.notna()
    if flag in table.columns:
        floors |= table[flag]
    table = table.assign(**{name: counts})
    return table.assign(**{flag: floors}) if floors.any() or flag in table.columns else table


def _set(table: pd.DataFrame, name: str, given: Mapping[str, Any]) -> pd.DataFrame:
    unknown = "unknown" if name == "ent" else np.nan
    if name in table.columns:
        values = table[name].fillna(unknown) if name == "ent" else table[name]  # rows that are new have no answer yet
    elif given:
        values = pd.Series(unknown, index=table.index)
    else:
        return table
    new = pd.Series(dict(given), dtype=object).reindex(table.index)
    return table.assign(**{name: values.mask(new.notna(), new.fillna(unknown).astype(values.dtype))})


def equipment_change(
    schools: gpd.GeoDataFrame,
    before: pd.DataFrame | None,
    after: pd.DataFrame | None,
    *,
    communes: gpd.GeoDataFrame | None = None,
    by: By | None = None,
    weights: Literal["pupils", "classes", "schools"] = "pupils",
    equipped_with: Sequence[str] = EQUIPMENT_COUNTS,
    connection_mbps: float = VERY_FAST_MBPS,
    reference: Mapping[str, float] = SOCLE_NUMERIQUE_2021,
) -> pd.DataFrame:
    """Return every rate and ratio before and after a purchase, by group: rows (group, measure).

    Parameters
    ----------
    schools
        In the contract.
    before, after
        Equipment, such as that of the study and ``equipped(…)``; None where nothing is known.
    communes, by, weights, equipped_with, connection_mbps, reference
        As for :func:`~accessmap.measures.schools.equipment_rates`, and refused alike.

    Returns
    -------
    DataFrame
        `before`, `after`, `change`: rates of the schools that are known (shares 0-1), then ratios (fewer pupils per
        tablet is better); NaN where not known. `worst_before`, `worst_after`, `best_before`, `best_after`: the share if
        all that is unknown were a no, or a yes; NaN for ratios. `schools_before`, `schools_after`: surely with it; <NA>
        for ratios. `known_before`, `known_after`: schools. Where more schools are known after than before, `change`
        compares two sets of schools (those that buy are those of which one knows): tell `worst_after` −
        `worst_before`, which counts the same schools.

    Examples
    --------
    >>> import shapely
    >>> schools = gpd.GeoDataFrame(
    ...     {"name": ["A", "B"], "level": ["primary"] * 2, "commune": ["02456"] * 2, "pupils": [30, 10]},
    ...     index=pd.Index(["a", "b"], name="school_id"), geometry=shapely.points([[0, 0]] * 2), crs="EPSG:2154")
    >>> before = pd.DataFrame({"tablets": [4, 0]}, index=schools.index)
    >>> after = equipped(before, schools, {"b": {"tablets": 4}})
    >>> change = equipment_change(schools, before, after)
    >>> change.loc[("all", "tablets"), ["before", "after", "schools_before", "schools_after"]].tolist()
    [0.75, 1.0, 1.0, 2.0]
    >>> change.loc[("all", "pupils_per_tablet"), ["before", "after"]].tolist()
    [10.0, 5.0]
    """
    both = []
    for table in (before, after):
        rates = equipment_rates(
            schools, table, communes, by=by, weights=weights, equipped_with=equipped_with,
            connection_mbps=connection_mbps, reference=reference,
        )  # fmt: skip
        ratios = equipment_ratios(schools, table, communes, by=by)
        both.append(pd.concat([rates, ratios.rename(columns={"ratio": "rate"})]))
    first, second = both
    measures = first.index.get_level_values("measure").unique()
    groups = first.index.get_level_values(0).unique()
    change = pd.DataFrame({"before": first["rate"], "after": second["rate"], "change": second["rate"] - first["rate"]})
    for name in ("worst", "best"):
        change = change.assign(**{f"{name}_before": first[name], f"{name}_after": second[name]})
    for name, column in (("schools", "schools_with"), ("known", "known_schools")):
        counts = {f"{name}_before": first[column], f"{name}_after": second[column]}
        change = change.assign(**{key: values.astype("Int64") for key, values in counts.items()})
    return change.loc[pd.MultiIndex.from_product([groups, measures], names=change.index.names)]
