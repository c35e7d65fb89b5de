"""What minutes, supply and people must be before anything is computed with them: aligned, complete, finite."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import Problem, Problems, TableError
from accessmap.tables.checks import first_few
from accessmap.words.near import did_you_mean, near_names

__all__ = ["Floats", "check_columns", "check_rows", "complete", "minutes_of", "people_of", "supply_of"]

Floats = NDArray[np.float64]


def _repeated(index: pd.Index, what: str) -> list[str]:
    """Return the sentence that an id is there twice, if one is."""
    if index.is_unique:
        return []
    return [f"{what} must be unique; repeated: {first_few(index[index.duplicated()].unique())}."]


def minutes_of(times: pd.DataFrame | pd.Series) -> NDArray[np.floating]:
    """Return the minutes as a float array of the table's own precision, NaN where not reached.

    The precision is kept because a cutoff of 30.1 minutes must hold for the float32 nearest to 30.1; sums are made in
    float64 by the callers.

    Raises
    ------
    TableError
        If ids repeat, or minutes are not numbers, negative or infinite (not reached is NaN).
    """
    problems = _repeated(times.index, "Resident ids")
    if isinstance(times, pd.DataFrame):
        problems += _repeated(times.columns, "Service ids")
    try:
        minutes = times.to_numpy(dtype=None, na_value=np.nan) if times.size else np.empty(times.shape)
        if minutes.dtype not in (np.float32, np.float64):
            minutes = minutes.astype(np.float64)
    except (TypeError, ValueError):
        raise TableError(*problems, "Minutes must be numbers, NaN where not reached.", about="times") from None
    with np.errstate(invalid="ignore"):
        infinite, negative = int(np.isinf(minutes).sum()), int((minutes < 0).sum())
    if infinite:
        problems.append(f"{infinite} infinite minutes: write NaN where a site is not reached.")
    if negative:
        problems.append(f"{negative} minutes are negative.")
    if problems:
        raise TableError(*problems, about="times")
    return np.asarray(minutes)


def complete(values: pd.Series, name: str, *, negative: bool = False) -> Floats:
    """Return the values as float64, refusing what is missing, infinite or (unless allowed) negative.

    Raises
    ------
    TableError
        If a value is not a finite number, or is negative where that has no meaning.
    """
    problems = _repeated(values.index, "Ids")
    try:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        raise TableError(*problems, "Values must be numbers.", about=name) from None
    unknown = ~np.isfinite(numbers)
    if unknown.any():
        remedy = "fill them or leave those ids out of every table."
        problems.append(
            f"{int(unknown.sum())} values are missing or infinite ({first_few(values.index[unknown])}): {remedy}"
        )
    below = np.less(numbers, 0, where=~unknown, out=np.zeros(len(numbers), dtype=bool))
    if below.any() and not negative:
        problems.append(f"{int(below.sum())} values are negative ({first_few(values.index[below])}).")
    if problems:
        raise TableError(*problems, about=name)
    return numbers


def _missing(index: pd.Index, values: pd.Series, what: str) -> list[str]:
    """Return the sentence that ids of the index have no value, if some have none."""
    absent = index[~index.isin(values.index)]
    if absent.empty:
        return []
    hint = did_you_mean(absent[0], values.index) if len(values) <= 10_000 else ""
    return [f"No value for {len(absent)} {what}: {first_few(absent)}{hint}."]


def supply_of(supply: pd.Series, columns: pd.Index, name: str = "supply") -> Floats:
    """Return the supply of each site of `columns`, float64, 0 or more.

    The supply of sites that are not in `columns` is set aside: a scenario is a choice of columns of the minutes.

    Raises
    ------
    TableError
        If a site has no supply, or one that is missing, infinite or negative.
    """
    problems = _missing(columns, supply, "sites")
    if problems:
        raise TableError(*problems, about=name)
    return complete(supply if supply.index.equals(columns) else supply.loc[columns], name)


def people_of(people: pd.Series, index: pd.Index, name: str = "population", *, negative: bool = False) -> Floats:
    """Return one number for each id of `index`, float64, refusing ids that only one of the two has.

    Dropping residents from one table and not from the other is how those without access vanish from a share, so it
    is an error and not a join.

    Raises
    ------
    TableError
        If the ids differ, or a value is missing, infinite or (unless allowed) negative.
    """
    problems = _missing(index, people, "ids")
    extra = people.index[~people.index.isin(index)]
    if len(extra):
        problems.append(
            f"{len(extra)} ids are not in the other table: {first_few(extra)}; choose the same ids in both with .loc."
        )
    if problems:
        raise TableError(*problems, about=name)
    return complete(people if people.index.equals(index) else people.loc[index], name, negative=negative)


def check_columns(table: pd.DataFrame, *names: str, about: str) -> None:
    """Raise a TableError that names the columns which a table has not."""
    absent = [name for name in names if name not in table]
    if absent:
        raise TableError(*(Problem("column_absent", value=name) for name in absent), about=about)


def check_rows(index: pd.Index, columns: pd.Index, name: str = "services") -> None:
    """Raise a TableError unless every site of the minutes has one row."""
    absent = columns[~columns.isin(index)]
    problems = Problems()
    if len(absent):
        problems.add("no_row_for_site", value=absent[0], near=near_names(absent[0], index), n=len(absent))
    if not index.is_unique:
        problems.add("service_id_repeats", value=index[index.duplicated()][0])
    problems.raise_if_any(TableError, name)
