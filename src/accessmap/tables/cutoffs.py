"""One rule of what lies within a cutoff, for every measure, map class and limit.

Minutes are kept as float32, in which 10.1 is a hair more than 10.1: compared as float64, a resident at exactly 10.1
minutes would be beyond a cutoff of 10.1, or not, by the type in which the one or the other happens to be written. So
both are compared as float32, whatever they come as: someone at exactly the cutoff is inside.
"""

from collections.abc import Iterable
from decimal import Decimal
from numbers import Integral, Real
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from accessmap.errors import OptionError, Problem


def number_of_minutes(value: Any, name: str = "cutoff") -> float:
    """Return a number of minutes as int or float, the one that is written: 10.1 for the float32 of 10.1."""
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real | Decimal):
        raise OptionError(Problem("not_a_number_of_minutes", where=name, value=value, shown=repr(value)))
    if isinstance(value, Integral):
        return int(value)
    return float(str(value)) if isinstance(value, np.float32 | np.float16) else float(value)


def cutoffs_of(cutoffs: float | Iterable[float], name: str = "cutoff") -> list[float]:
    """Return cutoffs in minutes as a list of numbers: one number is one cutoff.

    Examples
    --------
    >>> cutoffs_of(15), cutoffs_of((10, 20))
    ([15], [10, 20])
    """
    one = isinstance(cutoffs, str) or not isinstance(cutoffs, Iterable) or np.ndim(cutoffs) == 0  # type: ignore[arg-type]
    found: list[Any] = [cutoffs] if one else list(cutoffs)  # type: ignore[arg-type]
    return [_known(cutoff, name) for cutoff in found]


def _known(cutoff: Any, name: str) -> float:
    number = number_of_minutes(cutoff, name)
    if np.isnan(number):
        raise OptionError(Problem("not_a_number_of_minutes", where=name, value=cutoff, shown=repr(cutoff)))
    return number


def is_within(minutes: Any, cutoff: Any, name: str = "cutoff") -> Any:
    """Return whether minutes are at most the cutoff: an array, Series or DataFrame of booleans; NaN never is.

    The cutoff is one number, or an array that fits the minutes; `name` is what it is called where it is refused.
    """
    if not isinstance(cutoff, np.ndarray):
        cutoff = _known(cutoff, name)
    with np.errstate(over="ignore"):  # beyond float32 is infinite
        if isinstance(minutes, pd.Series | pd.DataFrame):
            return minutes.astype(np.float32) <= np.float32(cutoff)
        return np.asarray(minutes).astype(np.float32, copy=False) <= np.asarray(cutoff).astype(np.float32)


def classes_of(values: ArrayLike, bounds: ArrayLike, *, closed: Literal["right", "left"] = "right") -> NDArray[np.intp]:
    """Return the number of the class of each value, from 0, between bounds that rise; NaN is in the last.

    Closed at the "right", a value on a bound is in the class below it; at the "left", in that above.
    """
    side: Literal["left", "right"] = "left" if closed == "right" else "right"
    with np.errstate(over="ignore"):
        found = np.searchsorted(np.asarray(bounds, np.float32), np.asarray(values, np.float32), side=side)
    return np.asarray(found, dtype=np.intp)
