"""What minutes, supply and people must be before anything is computed with them: aligned, complete, finite."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import Problem, Problems, TableError
from accessmap.tables.checks import table_name
from accessmap.words.near import near_names
from accessmap.words.notes import Listed, first_few

Floats = NDArray[np.float64]


def _check_unique(problems: Problems, index: pd.Index, key: str) -> None:
    """Add the problem that an id is there twice, if one is."""
    if not index.is_unique:
        repeated = index[index.duplicated()].unique()
        problems.add(key, value=repeated[0], names=first_few(repeated))


def check_kind(value: object, name: str, *kinds: type) -> None:
    """Raise where what is given is of another kind, such as a dict where a Series is wanted."""
    if not isinstance(value, kinds):
        wanted = Listed.of([kind.__name__ for kind in kinds])
        raise TableError(Problem("kind_wanted", value=type(value).__name__, wanted=wanted), about=table_name(name))


def minutes_of(times: pd.DataFrame | pd.Series) -> NDArray[np.floating]:
    """Return the minutes as a float array of the table's own precision, NaN where not reached.

    Sums are made in float64 by the callers; what is within a cutoff is told by `tables.cutoffs`.
    Ids that repeat are refused, and minutes that are no numbers, negative or infinite (not reached is NaN).
    """
    check_kind(times, "times", pd.DataFrame, pd.Series)
    problems = Problems()
    _check_unique(problems, times.index, "resident_ids_repeated")
    if isinstance(times, pd.DataFrame):
        _check_unique(problems, times.columns, "service_ids_repeated")
    try:
        minutes = times.to_numpy(dtype=None, na_value=np.nan) if times.size else np.empty(times.shape)
        if minutes.dtype not in (np.float32, np.float64):
            minutes = minutes.astype(np.float64)
    except (TypeError, ValueError):
        problems.add("minutes_not_numbers")
        raise TableError(*problems, about=table_name("times")) from None
    with np.errstate(invalid="ignore"):
        infinite, negative = int(np.isinf(minutes).sum()), int((minutes < 0).sum())
    if infinite:
        problems.add("minutes_infinite", value=infinite)
    if negative:
        problems.add("minutes_negative", value=negative)
    problems.raise_if_any(TableError, table_name("times"))
    return np.asarray(minutes)


def complete(values: pd.Series, name: str, *, negative: bool = False) -> Floats:
    """Return the values as float64, refusing what is missing, infinite or (unless allowed) negative."""
    problems = Problems()
    _check_unique(problems, values.index, "ids_repeated")
    try:
        numbers = values.to_numpy(dtype=np.float64, na_value=np.nan)
    except (TypeError, ValueError):
        problems.add("values_not_numbers")
        raise TableError(*problems, about=table_name(name)) from None
    unknown = ~np.isfinite(numbers)
    if unknown.any():
        problems.add("values_missing", value=int(unknown.sum()), names=first_few(values.index[unknown]))
    below = np.less(numbers, 0, where=~unknown, out=np.zeros(len(numbers), dtype=bool))
    if below.any() and not negative:
        problems.add("values_negative", value=int(below.sum()), names=first_few(values.index[below]))
    problems.raise_if_any(TableError, table_name(name))
    return numbers


def _check_there(problems: Problems, index: pd.Index, values: pd.Series, key: str) -> None:
    """Add the problem that ids of the index have no value, if some have none."""
    absent = index[:0] if index.equals(values.index) else index[~index.isin(values.index)]
    if len(absent):
        near = near_names(absent[0], values.index) if len(values) <= 10_000 else ()
        problems.add(key, value=absent[0], near=near, count=len(absent), names=first_few(absent))


def supply_of(supply: pd.Series, columns: pd.Index, name: str = "supply") -> Floats:
    """Return the supply of each site of `columns`, float64, 0 or more.

    The supply of sites that are not in `columns` is set aside: a scenario is a choice of columns of the minutes.
    """
    check_kind(supply, name, pd.Series)
    problems = Problems()
    _check_there(problems, columns, supply, "aligned_sites_without_value")
    problems.raise_if_any(TableError, table_name(name))
    return complete(supply if supply.index.equals(columns) else supply.loc[columns], name)


def people_of(people: pd.Series, index: pd.Index, name: str = "population", *, negative: bool = False) -> Floats:
    """Return one number for each id of `index`, float64, refusing ids that only one of the two has.

    Dropping residents from one table and not from the other is how those without access vanish from a share, so it
    is an error and not a join.
    """
    check_kind(people, name, pd.Series)
    problems = Problems()
    _check_there(problems, index, people, "aligned_ids_without_value")
    extra = index[:0] if people.index.equals(index) else people.index[~people.index.isin(index)]
    if len(extra):
        problems.add("ids_elsewhere", value=extra[0], count=len(extra), names=first_few(extra))
    problems.raise_if_any(TableError, table_name(name))
    return complete(people if people.index.equals(index) else people.loc[index], name, negative=negative)


def check_columns(table: pd.DataFrame, *names: str, about: str) -> None:
    """Raise a TableError that names the columns which a table has not."""
    check_kind(table, about, pd.DataFrame)
    absent = [name for name in names if name not in table]
    if absent:
        raise TableError(*(Problem("column_absent", value=name) for name in absent), about=table_name(about))


def check_rows(index: pd.Index, columns: pd.Index, name: str = "services") -> None:
    """Raise a TableError unless every site of the minutes has one row."""
    absent = columns[~columns.isin(index)]
    problems = Problems()
    if len(absent):
        problems.add("no_row_for_site", value=absent[0], near=near_names(absent[0], index), n=len(absent))
    if not index.is_unique:
        problems.add("service_id_repeats", value=index[index.duplicated()][0])
    problems.raise_if_any(TableError, table_name(name))
