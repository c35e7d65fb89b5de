"""Classes, colours and legends of a map by commune: which commune is painted how, and what the legend says of it."""

import math
from bisect import bisect_left
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import OptionError, Problem, Problems, TableError
from accessmap.maps.drawing import NO_DATA, Entry
from accessmap.tables.cutoffs import classes_of
from accessmap.words import words as labels
from accessmap.words.near import near_names
from accessmap.words.words import Words

# ColorBrewer YlGnBu, 9 classes, and BrBG, 11 classes: both safe for the common colour-blindnesses, the first also in
# black and white (Brewer, Hatchard & Harrower 2003; Apache 2.0). Dark means worse.
SEQUENTIAL: Final = ("#ffffd9", "#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#1d91c0", "#225ea8", "#253494", "#081d58")
BETTER: Final = ("#c7eae5", "#80cdc1", "#35978f", "#01665e")
WORSE: Final = ("#f6e8c3", "#dfc27d", "#bf812d", "#8c510a")
# A class of more than this share of the zones says too little.
CROWDED: Final = 0.75
# The first of SEQUENTIAL that is seen beside white, in grey too.
BESIDE_WHITE: Final = 2
# Minutes have one colour each wherever they are shown: a class takes that of its upper bound, from BESIDE_WHITE on.
MINUTES: Final = (5.0, 10.0, 15.0, 20.0, 30.0, 45.0)
# From here on words are white: 4.5 to 1 or more on each (WCAG 2.1 AA).
WHITE_ON: Final = 6
NEUTRAL: Final = "#ffffff"
# Paul Tol's "muted" set, apart under colour-blindness; neighbours get different ones, names say which is which.
QUALITATIVE: Final = (
    "#88ccee",
    "#ddcc77",
    "#cc6677",
    "#44aa99",
    "#aa4499",
    "#999933",
    "#882255",
    "#117733",
    "#332288",
    "#bbbbbb",
)


def series_of(values: pd.Series | pd.DataFrame, codes: pd.Index, name: str = "values") -> pd.Series:
    """Return the values of these codes as float64, NaN where there is none; refuse what cannot be mapped."""
    column = values["value"] if isinstance(values, pd.DataFrame) and "value" in values else values
    if isinstance(column, pd.DataFrame):
        raise TableError(Problem("map_no_value", value=list(column.columns)), about=name)
    problems = Problems()
    if not pd.api.types.is_numeric_dtype(column):
        problems.add("map_not_numbers", value=column.dtype)
    elif np.isinf(column.to_numpy("float64", na_value=np.nan)).any():
        infinite = np.isinf(column.to_numpy("float64", na_value=np.nan))
        problems.add("map_infinite", value=list(column.index[infinite][:5]))
    if column.index.has_duplicates:
        problems.add("map_several", value=sorted(set(column.index[column.index.duplicated()]))[:5])
    if len(column) and not column.index.isin(codes).any():
        first = str(column.index[0])
        problems.add("map_no_commune", value=first, near=near_names(first, codes))
    problems.raise_if_any(TableError, name)
    return column.reindex(codes).astype("float64")


def breaks_for(values: pd.Series, unit: str) -> tuple[float, ...]:
    """Return the class bounds of a map where none are given: those of MINUTES, or round ones within the values.

    Minutes that go far beyond them, as on foot, would all be in the last class: they have round ones too.

    >>> breaks_for(pd.Series([2.0, 23.0]), "minutes"), breaks_for(pd.Series([2.0, 23.0]), "sites")
    ((5.0, 10.0, 15.0, 20.0), (5.0, 10.0, 15.0, 20.0))
    >>> breaks_for(pd.Series([21.0, 44.0]), "minutes"), breaks_for(pd.Series([1.0, 2.0]), "minutes")
    ((30.0,), ())
    """
    known = values.dropna()
    if unit != "minutes" or not len(known) or known.min() < 0 or known.max() > 2 * MINUTES[-1]:
        return rounded_breaks(values)
    inside = tuple(bound for bound in MINUTES if known.min() <= bound < known.max())
    if inside or known.max() <= MINUTES[0]:
        return inside
    return (next((bound for bound in MINUTES if bound >= known.max()), MINUTES[-1]),)


def rounded_breaks(values: pd.Series, *, most: int = 6) -> tuple[float, ...]:
    """Return round class bounds within the values, at most `most` of them.

    The step is 1, 2, 2.5 or 5 times a power of ten: the smallest that needs no more bounds than asked. Where equal
    steps would leave most zones in one class, as with the people of villages and of a few towns, bounds are 1, 2 and 5
    times the powers of ten instead.

    >>> rounded_breaks(pd.Series([2.0, 23.0, float("nan")]))
    (5.0, 10.0, 15.0, 20.0)
    >>> rounded_breaks(pd.Series([*range(100, 600, 10), 9_000, 13_000]))
    (200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0)
    """
    known = values.dropna().to_numpy("float64")
    even = _even_breaks(known, most)
    if len(even) < 2 or _crowded(known, even) <= CROWDED:
        return even
    grown = _growing_breaks(known, most)
    return grown if grown and _crowded(known, grown) < _crowded(known, even) else even


def _crowded(known: npt.NDArray[np.float64], bounds: Sequence[float]) -> float:
    """Return the share of values in the fullest class."""
    return float(np.bincount(classes_of(known, bounds)).max() / len(known))


def _growing_breaks(known: npt.NDArray[np.float64], most: int) -> tuple[float, ...]:
    """Return 1, 2 and 5 times powers of ten within the values: the run that leaves the fullest class least full."""
    high = float(known.max())
    if high <= 0:
        return ()
    powers = range(math.floor(math.log10(high)) - 5, math.floor(math.log10(high)) + 1)
    bounds = [round(factor * 10.0**power, 10) for power in powers for factor in (1, 2, 5)]
    inside = [bound for bound in bounds if known.min() < bound < high]
    runs = [tuple(inside[k : k + most]) for k in range(max(len(inside) - most, 0) + 1)]
    return min(reversed(runs), key=lambda run: _crowded(known, run))


def _even_breaks(known: npt.NDArray[np.float64], most: int) -> tuple[float, ...]:
    """Return multiples of one round step within the values."""
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 0.0)
    # What differs by less than a millionth is one value: no bound could be written between.
    if high - low <= 1e-6 * max(1.0, abs(low), abs(high)):
        return ()
    power = 10.0 ** (math.floor(math.log10(high - low)) - 1)
    for factor in (1, 2, 2.5, 5, 10, 20, 25, 50):
        step = factor * power
        first, last = math.floor(low / step + 1e-9) + 1, math.ceil(high / step - 1e-9) - 1
        if last - first + 1 <= most:
            return tuple(round(k * step, 10) for k in range(first, last + 1))
    return ()


def checked_breaks(breaks: Sequence[float]) -> tuple[float, ...]:
    """Return class bounds that rise and are finite, at most eight."""
    bounds = tuple(float(bound) for bound in breaks)
    if not all(map(math.isfinite, bounds)) or any(a >= b for a, b in pairwise(bounds)):
        raise OptionError(Problem("map_breaks_rise", value=list(breaks)))
    if len(bounds) >= len(SEQUENTIAL):
        raise OptionError(Problem("map_breaks_many", value=len(bounds), most=len(SEQUENTIAL) - 1))
    return bounds


def sequential(count: int, *, higher_is_better: bool = False, lightest: int = 0) -> tuple[str, ...]:
    """Return `count` colours from light (good) to dark (bad), in the order of the classes.

    `lightest` is the place of the first in SEQUENTIAL: beside white land the very lightest would not be seen.
    """
    picks = np.linspace(lightest, len(SEQUENTIAL) - 1, count).round().astype(int) if count > 1 else [2]
    colours = tuple(SEQUENTIAL[pick] for pick in picks)
    return colours[::-1] if higher_is_better else colours


def minute_colours(breaks: Sequence[float]) -> tuple[str, ...]:
    """Return the colours of classes of minutes: those of MINUTES, evenly spaced ones where two would be the same.

    >>> minute_colours([5, 10])[1] == minute_colours([10, 20, 30])[0]
    True
    """
    places = [bisect_left(MINUTES, bound) for bound in breaks]
    places.append(places[-1] + 1 if places else 0)
    if any(a >= b for a, b in pairwise(places)) or places[-1] > len(MINUTES):
        return sequential(len(breaks) + 1, lightest=BESIDE_WHITE)
    return tuple(SEQUENTIAL[BESIDE_WHITE + place] for place in places)


def tones(values: pd.Series, breaks: Sequence[float]) -> list[int | None]:
    """Return the place in SEQUENTIAL of the class of each value of minutes; None where there is none.

    >>> tones(pd.Series([4.0, 12.0, float("nan")]), [5.0, 10.0])
    [2, 4, None]
    """
    colours = [SEQUENTIAL.index(colour) for colour in minute_colours(breaks)]
    return [None if value != value else colours[k] for value, k in zip(values, classes_of(values, breaks), strict=True)]


def tone_styles() -> str:
    """Return the style of a table cell by tone: its colour, and words that are read on it."""
    return "\n".join(
        f".d-tone{k} {{ background: {colour}; color: {'#fff' if k >= WHITE_ON else '#1b1b1b'}; }}"
        for k, colour in enumerate(SEQUENTIAL)
    )


def bounded(value: float, unit: str, say: Words) -> str:
    """Return a class bound with its unit, with no more decimals than it has; a share (0-1) in per cent."""
    if unit == "share":
        return labels.percent(value, lang=say.lang, digits=0 if abs(value * 100 - round(value * 100)) < 1e-9 else 1)
    digits = next((d for d in (0, 1, 2) if abs(value - round(value, d)) < 1e-9), 3)
    written = say.count(value, digits=digits)
    return f"{written}{labels.NO_BREAK}{labels.unit(unit, lang=say.lang, short=True)}" if unit else written


def _lower(value: float, unit: str, say: Words) -> str:
    """Return the lower bound of a class: the unit is said once, after the upper, but per cent is part of a number."""
    return bounded(value, unit if unit == "share" else "", say)


def value_text(value: float, unit: str, say: Words) -> str:
    """Return a value with its unit as tooltips and tables show it."""
    if unit == "minutes":
        return say.minutes(value)
    if math.isnan(value):
        return say("unreached")
    if unit == "share":
        return say.percent(value)
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    written = say.count(value, digits=digits)
    return f"{written}{labels.NO_BREAK}{labels.unit(unit, lang=say.lang, short=True)}" if unit else written


def change_text(value: float, unit: str, say: Words) -> str:
    """Return a change with its sign and unit."""
    if unit == "minutes" or math.isnan(value):
        return say.change(value)
    written = labels.number(value, digits=2, lang=say.lang, signed=True)
    return f"{written}{labels.NO_BREAK}{labels.unit(unit, lang=say.lang, short=True)}" if unit else written


def class_words(
    breaks: Sequence[float], unit: str, say: Words, *, closed: Literal["right", "left"] = "right"
) -> list[str]:
    r"""Return the words of the classes between rising bounds: one more than there are bounds.

    A value on a bound belongs below it ("right" closed), or above it ("left").

    >>> class_words([10, 20], "minutes", Words("en"))
    ['10\xa0min or less', 'over 10 to 20\xa0min', 'over 20\xa0min']
    >>> class_words([0.95], "share", Words("en"), closed="left")
    ['under 95%', '95% or more']
    """
    form = "" if closed == "right" else "_from"
    if not breaks:
        return [say("class_single")]
    edges = [bounded(bound, unit, say) for bound in breaks]
    middle = [
        say(f"class_middle{form}", lower=_lower(low, unit, say), upper=bounded(high, unit, say))
        for low, high in pairwise(breaks)
    ]
    first, last = (say(f"class_first{form}", upper=edges[0]), say(f"class_last{form}", lower=edges[-1]))
    return [first, *middle, last]


def classes(
    values: pd.Series,
    people: pd.Series | None,
    *,
    breaks: Sequence[float],
    unit: str,
    say: Words,
    higher_is_better: bool = False,
    lightest: int = 0,
) -> tuple[tuple[Entry, ...], dict[str, int]]:
    """Return the legend of a sequential scale and the entry of each commune; a value on a bound is below it."""
    entries = class_entries(breaks, unit, say, higher_is_better=higher_is_better, lightest=lightest)
    number = pd.Series(classes_of(values, breaks), index=values.index)
    number = number.where(values.notna(), len(breaks) + 1)
    return _counted(entries, number, people, keep=lambda k: k <= len(breaks))


def class_entries(
    breaks: Sequence[float], unit: str, say: Words, *, higher_is_better: bool = False, lightest: int = 0
) -> list[Entry]:
    """Return the entries of a sequential scale, from the lowest class to the highest, then that of no data."""
    colours = sequential(len(breaks) + 1, higher_is_better=higher_is_better, lightest=lightest)
    if unit == "minutes" and not higher_is_better:
        colours = minute_colours(breaks)
    words = class_words(breaks, unit, say)
    return [*map(Entry, words, colours), Entry(say("no_data"), NO_DATA, "hatch")]


def change_entries(breaks: Sequence[float], unit: str, say: Words) -> list[Entry]:
    """Return the entries of a change, from the greatest gain to the greatest loss; newly, no longer reached, no data.

    Of n sizes of change, the one that changes nothing is at place n.
    """
    edges = [bounded(bound, unit, say) for bound in breaks]
    words = [say("change_better_last", lower=edges[-1])]
    pairs = [(_lower(low, unit, say), bounded(high, unit, say)) for low, high in pairwise(breaks)]
    words += [say("change_better", lower=low, upper=high) for low, high in reversed(pairs)]
    words += [say("change_none", upper=edges[0])]
    words += [say("change_worse", lower=low, upper=high) for low, high in pairs]
    words += [say("change_worse_last", lower=edges[-1])]
    size = len(breaks)
    picks = np.linspace(0, len(BETTER) - 1, size).round().astype(int) if size > 1 else [2]
    colours = [BETTER[k] for k in reversed(picks)] + [NEUTRAL] + [WORSE[k] for k in picks]
    return [
        *map(Entry, words, colours),
        Entry(say("newly_reached"), BETTER[1], "dots"),
        Entry(say("no_longer_reached"), WORSE[1], "cross"),
        Entry(say("no_data"), NO_DATA, "hatch"),
    ]


def change_classes(
    before: pd.Series,
    after: pd.Series,
    people: pd.Series | None,
    *,
    breaks: Sequence[float],
    unit: str,
    say: Words,
    higher_is_better: bool = False,
    change: pd.Series | None = None,
) -> tuple[tuple[Entry, ...], dict[str, int]]:
    """Return the legend of a change, centred at zero, and the entry of each commune.

    `breaks` are sizes of change, positive and rising; below the first nothing is said to have changed. What is newly
    or no longer reached has entries of its own: it is never a number of minutes. Classes without communes are left out.
    `change` is given where it is not the difference of the two, such as the mean over those reached both times.
    """
    gain = (after - before if change is None else change) * (1 if higher_is_better else -1)
    entries, size = change_entries(breaks, unit, say), len(breaks)
    # Gains and losses are mirror images, so a class is counted from the size of the change and its sign.
    steps = classes_of(gain.abs(), breaks)
    number = pd.Series(size - np.sign(gain.to_numpy()) * steps, index=gain.index)
    number = number.where(gain.notna(), 2 * size + 3)
    number = number.mask(before.isna() & after.notna(), 2 * size + 1).mask(before.notna() & after.isna(), 2 * size + 2)
    return _counted(entries, number.astype(int), people, keep=lambda k: k == size)


def _counted(
    entries: Sequence[Entry], number: pd.Series, people: pd.Series | None, *, keep: Callable[[int], bool]
) -> tuple[tuple[Entry, ...], dict[str, int]]:
    """Count communes and people by entry, and drop the entries that hold none unless they are kept."""
    counts = number.value_counts()
    sums = None if people is None else people.groupby(number).sum()
    kept: dict[int, int] = {}
    told: list[Entry] = []
    for k, entry in enumerate(entries):
        if not counts.get(k, 0) and not keep(k):
            continue
        kept[k] = len(told)
        total = None if sums is None else float(sums.get(k, 0.0))
        told.append(Entry(entry.label, entry.colour, entry.pattern, int(counts.get(k, 0)), total))
    return tuple(told), {str(code): kept[int(k)] for code, k in number.items()}
