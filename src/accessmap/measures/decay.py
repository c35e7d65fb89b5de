"""Decay functions: each returns a function of minutes that says how much a site so far away still counts, 0 to 1.

Minutes of NaN (not reached) weigh 0. A cutoff is inside (minutes <= cutoff) unless `closed="left"`. Bounds are compared
as everywhere (tables/cutoffs.py): a float32 of 30.1 is within a cutoff of 30.1; weights are float64. A
number that must be above 0 and is not raises a ValueError.
A decay prints as it was made, so that it can be quoted among the parameters of a map.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from accessmap.errors import OptionError, Problem
from accessmap.tables.aligned import Floats, minutes_of
from accessmap.tables.cutoffs import classes_of, is_within, number_of_minutes

__all__ = [
    "Decay",
    "DecayFunction",
    "binary",
    "exponential",
    "gaussian",
    "linear",
    "logistic",
    "power",
    "step",
    "weights_of",
]


DecayFunction = Callable[[NDArray[np.floating]], NDArray[np.floating]]


@dataclass(frozen=True)
class Decay:
    """A decay with its name: call it on minutes to have weights. Any function of minutes may stand in for one.

    Parameters
    ----------
    name
        How it was made, such as "gaussian(sd=10)"; two decays of one name are equal.
    weigh
        Weights of an array of minutes 0 or more, without NaN.
    """

    name: str
    weigh: DecayFunction = field(repr=False, compare=False)

    def __call__(self, minutes: ArrayLike) -> Floats:
        """Return the weights of `minutes`, float64 of the same shape; 0 where NaN."""
        given = np.asarray(minutes)
        return _weighed(given if given.dtype in (np.float32, np.float64) else given.astype(np.float64), self.weigh)

    def __str__(self) -> str:
        return self.name


def _weighed(minutes: NDArray[np.floating], weigh: DecayFunction) -> Floats:
    """Return the weights of minutes, 0 where they are NaN; `weigh` itself never meets NaN."""
    unreached = np.isnan(minutes)
    weights = np.array(weigh(np.where(unreached, minutes.dtype.type(0), minutes)), dtype=np.float64)
    if weights.shape != minutes.shape:
        raise OptionError(Problem("decay_shape", given=weights.shape, wanted=minutes.shape))
    weights[unreached] = 0.0
    return weights


def weights_of(times: pd.DataFrame, decay: DecayFunction) -> Floats:
    """Return the weights of a table of minutes, residents × services, 0 where not reached.

    Parameters
    ----------
    times
        Residents × services, minutes, NaN where not reached.
    decay
        A decay of this module, or any function of an array of minutes to weights of 0 or more.

    Raises
    ------
    TableError
        If `times` breaks its contract.
    ValueError
        If the decay gives weights of another shape, negative or not finite.

    Examples
    --------
    >>> weights_of(pd.DataFrame({"a": [5.0, np.nan]}), linear(10))
    array([[0.5],
           [0. ]])
    """
    minutes = minutes_of(times)
    weights = _weighed(minutes, decay.weigh if isinstance(decay, Decay) else decay)
    if weights.size and not (weights.min() >= 0 and weights.max() < np.inf):  # NaN fails the first test
        raise OptionError(Problem("decay_weights", value=decay))
    return weights


def _positive(value: float, name: str) -> float:
    """Return the value, refusing what is not a finite number above 0."""
    number = float(number_of_minutes(value, name))
    if not (math.isfinite(number) and number > 0):
        raise OptionError(Problem("not_above_0", where=name, value=value))
    return number


def binary(cutoff: float) -> Decay:
    """Return a decay of 1 up to `cutoff` minutes (included) and 0 beyond.

    Parameters
    ----------
    cutoff
        Minutes, above 0.

    Examples
    --------
    >>> binary(30)([29.9, 30.0, 30.1, np.nan])
    array([1., 1., 0., 0.])
    """
    limit = _positive(cutoff, "cutoff")
    return Decay(f"binary(cutoff={limit:g})", lambda minutes: is_within(minutes, limit).astype(np.float64))


def step(weights: Mapping[float, float], *, closed: Literal["right", "left"] = "right") -> Decay:
    """Return a decay in steps: the weight of the first bound that the minutes do not pass, 0 beyond the last.

    Parameters
    ----------
    weights
        Upper bound in minutes → weight, such as ``{10: 1, 20: 0.68, 30: 0.22}`` (Luo & Qi 2009).
    closed
        "right": a site at exactly a bound is inside it. "left": it is beyond, as DREES counts ("moins de 10 minutes").

    Raises
    ------
    ValueError
        If there is no step, a bound is not above 0, or a weight is negative or not finite.

    Examples
    --------
    >>> step({10: 1, 20: 0.5})([10.0, 20.0, 20.1])
    array([1. , 0.5, 0. ])
    >>> step({10: 1, 20: 0.5}, closed="left")([10.0, 20.0, 20.1])
    array([0.5, 0. , 0. ])
    """
    if not weights:
        raise OptionError(Problem("step_without_bound"))
    if closed not in ("right", "left"):
        raise OptionError(Problem("step_closed", value=closed))
    by_bound = sorted((_positive(bound, "bound"), float(weight)) for bound, weight in weights.items())
    bounds = np.array([bound for bound, _ in by_bound])
    levels = np.array([*(weight for _, weight in by_bound), 0.0])
    if not (np.isfinite(levels).all() and (levels >= 0).all()):
        raise OptionError(Problem("step_weights", value=levels[:-1].tolist()))
    told = ", ".join(f"{bound:g}: {level:g}" for bound, level in zip(bounds, levels[:-1], strict=True))
    return Decay(
        f"step({{{told}}}, closed={closed!r})",
        lambda minutes: levels[classes_of(minutes, bounds, closed=closed)],
    )


def linear(cutoff: float) -> Decay:
    """Return a decay that falls evenly from 1 at 0 minutes to 0 at `cutoff`: max(0, 1 − t/c).

    Parameters
    ----------
    cutoff
        Minutes, above 0.

    Examples
    --------
    >>> linear(20)([0.0, 5.0, 40.0])
    array([1.  , 0.75, 0.  ])
    """
    limit = _positive(cutoff, "cutoff")
    return Decay(f"linear(cutoff={limit:g})", lambda minutes: np.maximum(0.0, 1.0 - minutes.astype(np.float64) / limit))


def exponential(rate: float) -> Decay:
    """Return a decay e^(−rate·t).

    Parameters
    ----------
    rate
        Per minute, above 0; the weight is halved every ln 2 / rate minutes.

    Examples
    --------
    >>> exponential(0.1)([0.0, 10.0]).round(3)
    array([1.   , 0.368])
    """
    per_minute = _positive(rate, "rate")
    return Decay(f"exponential(rate={per_minute:g})", lambda minutes: np.exp(-per_minute * minutes.astype(np.float64)))


def gaussian(sd: float) -> Decay:
    """Return a decay e^(−t²/2σ²).

    Parameters
    ----------
    sd
        σ, minutes, above 0; a site at σ weighs 0.61.

    Examples
    --------
    >>> gaussian(10)([0.0, 10.0]).round(3)
    array([1.   , 0.607])
    """
    sigma = _positive(sd, "sd")
    return Decay(
        f"gaussian(sd={sigma:g})", lambda minutes: np.exp(-0.5 * np.square(minutes.astype(np.float64) / sigma))
    )


def power(exponent: float) -> Decay:
    """Return a decay min(1, t^(−exponent)): 1 up to one minute, then falling.

    Parameters
    ----------
    exponent
        Above 0.

    Examples
    --------
    >>> power(2)([0.0, 1.0, 10.0])
    array([1.  , 1.  , 0.01])
    """
    beta = _positive(exponent, "exponent")
    return Decay(f"power(exponent={beta:g})", lambda minutes: np.maximum(minutes.astype(np.float64), 1.0) ** -beta)


def logistic(median: float, sd: float) -> Decay:
    """Return an S-shaped decay g(0)/g(t), g(x) = 1 + exp((x − median)·π/(sd·√3)): 1 at 0 minutes.

    Parameters
    ----------
    median
        Minutes at which it has fallen by about half.
    sd
        Minutes, above 0; how gently it falls around the median.

    Notes
    -----
    Source: Bauer & Groneberg (2016), "Measuring spatial accessibility of health care providers", PLOS ONE 11(7), as R5
    uses it.

    Examples
    --------
    >>> logistic(20, 5)([0.0, 20.0, 60.0]).round(3)
    array([1. , 0.5, 0. ])
    """
    middle, width = _positive(median, "median"), _positive(sd, "sd")
    slope = math.pi / (width * math.sqrt(3.0))
    # In logarithms, so that far minutes weigh 0 and do not overflow.
    start = np.logaddexp(0.0, -middle * slope)
    return Decay(
        f"logistic(median={middle:g}, sd={width:g})",
        lambda minutes: np.exp(start - np.logaddexp(0.0, (minutes.astype(np.float64) - middle) * slope)),
    )
