"""Charts of minutes before and after: how many people are within how long, and what changes for each commune."""

from __future__ import annotations

import math
import textwrap
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from markupsafe import Markup

from accessmap.categories import Lang
from accessmap.errors import Problem, TableError
from accessmap.maps.charts import STROKES, Axis, Chart, Plane, line, write
from accessmap.maps.choropleth import BETTER, WORSE
from accessmap.measures.minutes import coverage
from accessmap.words.words import Words, check_lang

# A name on a curve, in letters a line, and how high up its curve it stands: the first, which is left of all, high.
_LETTERS: Final = 20
_HEIGHTS: Final = (0.88, 0.3, 0.5, 0.7)
# The first stands elsewhere where the share written on the left would touch it, or where it has no room on the left.
_FIRST: Final = (0.88, 0.6, 0.94, 0.75)
_LOWER: Final = (0.55, 0.42)  # on the right
_LETTER: Final = 0.05  # how high a letter is, of the height of the chart
_HALO: Final = Markup(' stroke="#fff" stroke-width="4" paint-order="stroke" stroke-linejoin="round"')
_DOT: Final = Markup('<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}" fill="{fill}" stroke="{stroke}" stroke-width="2"/>')
TODAY: Final = "#555555"


def step_chart(
    minutes: pd.DataFrame,
    people: pd.Series,
    *,
    title: str,
    x_label: str,
    y_label: str,
    cutoff: float | None = None,
    lang: Lang = "fr",
) -> Chart:
    r"""Return the share of people within any number of minutes, one curve a situation, named where it runs.

    Parameters
    ----------
    minutes
        Residents × situations (one to four, named as they are to be read), minutes; NaN is not reached: such people
        are counted, and the curve ends below 100 %.
    people
        By the same residents.
    title, x_label, y_label
        Words of the drawing. They and the names of the columns are escaped.
    cutoff
        Minutes at which each share is written.
    lang
        How numbers are written, "fr" or "en".

    Raises
    ------
    TableError
        If ids differ, nobody is counted, or there are not one to four situations.

    Examples
    --------
    >>> minutes = pd.DataFrame({"today": [5.0, 15.0], "plan": [5.0, 8.0]}, index=["a", "b"])
    >>> people = pd.Series({"a": 60, "b": 40})
    >>> words = {"title": "Who is near", "x_label": "Minutes", "y_label": "People"}
    >>> "10\xa0minutes: today 60%; plan 100%" in step_chart(minutes, people, cutoff=10, lang="en", **words).svg
    True
    """
    words = Words(check_lang(lang))
    if not 1 <= minutes.shape[1] <= len(STROKES):
        raise TableError(Problem("chart_curves", n=minutes.shape[1], most=len(STROKES)), about="minutes")
    if not float(people.sum()) > 0:
        raise TableError(Problem("chart_no_people"), about="people")
    quoted = [] if cutoff is None else [float(cutoff)]
    shares = coverage(minutes, people, quoted or [1.0])
    longest = float(np.nan_to_num(minutes.to_numpy("float64")).max())
    across = _minutes_axis(max(longest, *quoted, 1.0), lang)
    plane = Plane(across, Axis((0, 0.25, 0.5, 0.75, 1), lang, share=True), wide=300, high=230, left=62)
    parts = plane.frame(title, x_label, y_label)
    curves = [_curve(minutes.iloc[:, k], people, across, plane.wide) for k in range(minutes.shape[1])]
    for at in quoted:
        parts.append(line(plane.path([(at, 0), (at, 1)]), "#777", dash="3 3"))
    # The quickest is named on its left, where nothing runs; the others on their right.
    order = sorted(range(len(curves)), key=lambda k: float(np.interp(0.5, curves[k][1], curves[k][0])))
    top = plane.at(0, max(map(float, shares.iloc[0])))[1] if quoted and len(order) <= 2 else math.inf
    for k in order:
        parts.append(line(_steps(plane, *curves[k]), STROKES[k][0], 2.4, STROKES[k][1]))
    for place, k in enumerate(order):
        lines = textwrap.wrap(str(minutes.columns[k]).replace("\u202f", "\u00a0"), _LETTERS) or [""]
        room, deep = plane.left + 8 + 7 * max(map(len, lines)), 16 * (len(lines) - 1)
        free = []  # on the left of all, where there is room and the share that is quoted there is not touched
        if place == 0 and len(order) > 1:
            spots = [_place(plane, curves[k], height) for height in _FIRST]
            free = [(x, y) for x, y in spots if x > room and not y - 18 < top < y + deep + 18]
        if free:
            x, y = free[0]
        else:  # on the right of all, where there is room
            spots = [_right(plane, curves, curves[k], height) for height in (_HEIGHTS[place], *_LOWER)]
            x, y = next((spot for spot in spots if spot[0] + room < 2 * plane.left + plane.wide), spots[-1])
        look = _HALO + Markup(' font-weight="600"')
        at, anchor = (x - 8, "end") if free else (x + 9, "start")
        parts += [write(at, y + 16 * n, text, anchor, look, STROKES[k][0]) for n, text in enumerate(lines)]
    told = []
    if quoted:
        told = [f"{name} {words.percent(share)}" for name, share in zip(minutes, shares.iloc[0], strict=True)]
        parts += _quoted(plane, quoted[0], [float(share) for share in shares.iloc[0]], words)
        told = [words("labelled", name=words.cutoff(quoted[0]), value=(" ; " if lang == "fr" else "; ").join(told))]
    return Chart.of(title, " ".join(told), plane.size(18), parts)


def _minutes_axis(longest: float, lang: Lang) -> Axis:
    """Return minutes from 0 on, in at most six steps that a clock has."""
    step = next((step for step in (1, 2, 5, 10, 15, 20, 30) if longest <= 6 * step), 60.0)
    return Axis([step * k for k in range(max(2, math.ceil(longest / step) + 1))], lang, share=False)


def _quoted(plane: Plane, cutoff: float, shares: list[float], words: Words) -> list[Markup]:
    """Return a dot on each curve; of two curves its share too, the higher on the left: more are only read out."""
    parts = []
    for k, share in enumerate(shares):
        (x, y), colour = plane.at(cutoff, share), STROKES[k][0]
        parts.append(_DOT.format(x=x, y=y, r=4, fill=colour, stroke="#fff"))
        if len(shares) > 2 or (k and share == shares[0]):
            continue
        higher = share == max(shares)
        place, anchor = ((x - 8, y + 2), "end") if higher else ((x + 9, y + 8), "start")
        parts.append(write(*place, words.percent(share), anchor, _HALO, colour))
    return parts


def _curve(
    minutes: pd.Series, people: pd.Series, across: Axis, pixels: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return minutes and the share of people within them, from none at 0 on; no more points than can be seen."""
    known = minutes.notna().to_numpy()
    order = np.argsort(minutes.to_numpy("float64")[known], kind="stable")
    at = minutes.to_numpy("float64")[known][order]
    share = np.cumsum(people.to_numpy("float64")[known][order]) / float(people.sum())
    if len(at) > 2 * pixels:
        even = np.linspace(across.ticks[0], across.ticks[-1], int(pixels) + 1)
        below = np.searchsorted(at, even, side="right")
        at, share = even, np.where(below > 0, share[np.maximum(below, 1) - 1], 0.0)
    last = across.ticks[-1]
    return np.concatenate([[0.0], at, [last]]), np.concatenate([[0.0], share, share[-1:] if len(share) else [0.0]])


def _steps(plane: Plane, at: npt.NDArray[np.float64], share: npt.NDArray[np.float64]) -> str:
    """Return the path of a curve that is level until the next people are reached."""
    points = [plane.at(x, y) for x, y in zip(at, share, strict=True)]
    moved = [point for before, point in pairwise(points) if point != before]
    return f"M{points[0][0]:.1f},{points[0][1]:.1f}" + "".join(f"H{x:.1f}V{y:.1f}" for x, y in moved)


def _right(
    plane: Plane,
    curves: list[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]],
    curve: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    height: float,
) -> tuple[float, float]:
    """Return where a name stands free of all curves, which rise to the right: by the top of its letters."""
    beside = max(_place(plane, each, min(1.0, height + _LETTER))[0] for each in curves)
    return beside, _place(plane, curve, height)[1]


def _place(
    plane: Plane, curve: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]], height: float
) -> tuple[float, float]:
    """Return where a curve comes to a share of those that it reaches at all."""
    share = height * curve[1][-1]
    return plane.at(float(np.interp(share, curve[1], curve[0])), share)


# A row of communes, and the room for their names and for a value on either side of the dots.
_ROW: Final = 24
_ROW_OF_TWO: Final = 34
_LEFT: Final = 152
_WIDE: Final = 176
_VALUE: Final = 36
_MOST_LETTERS: Final = 20


def dumbbell_chart(
    before: pd.Series, after: pd.Series, *, title: str, before_label: str, after_label: str, lang: Lang = "fr"
) -> Chart:
    r"""Return minutes before and after as two dots a row, joined, each with its value; of one value alike, one dot.

    Parameters
    ----------
    before, after
        Minutes by name, as it is to be read, in the order of the rows; NaN is not reached, and said to be.
    title, before_label, after_label
        Words of the drawing. They and the names are escaped.
    lang
        How numbers are written, "fr" or "en".

    Raises
    ------
    TableError
        If the names differ or there are none.

    Examples
    --------
    >>> before, after = pd.Series({"Coucy": 13.4, "Folembray": 11.0}), pd.Series({"Coucy": 2.1, "Folembray": 11.0})
    >>> drawing = dumbbell_chart(before, after, title="Minutes", before_label="today", after_label="plan", lang="en")
    >>> drawing.svg.count("<circle"), "Coucy: 13.4\xa0min → 2.1\xa0min" in drawing.svg
    (5, True)
    """
    words = Words(check_lang(lang))
    if not before.index.equals(after.index):
        raise TableError(Problem("chart_names_differ"), about="after")
    if before.empty:
        raise TableError(Problem("chart_no_row"), about="before")
    longest = float(np.nan_to_num(np.concatenate([before.to_numpy("float64"), after.to_numpy("float64")])).max())
    across = _minutes_axis(longest or 1.0, lang)
    names = [_short(str(name)) for name in before.index]
    high = _ROW if all(len(lines) == 1 for lines in names) else _ROW_OF_TWO
    left = max(_LEFT, *(16 + 7 * len(line_) for lines in names for line_ in lines))
    start, top = left + _VALUE, 62
    foot = top + high * len(before)
    parts = [
        write(12, 20, title, more=Markup(' font-weight="bold"')),
        *_key(before_label, after_label, _colour(before.iloc[0], after.iloc[0])),
        *(
            part
            for tick in across.ticks
            for x in [start + _WIDE * across.at(tick)]
            for part in (
                line(f"M{x:.1f},{top:g}V{foot:g}", "#ddd"),
                write(x, foot + 16, across.write_tick(tick), "middle"),
            )
        ),
    ]
    told = []
    for row, (name, old, new) in enumerate(zip(map(str, before.index), before, after, strict=True)):
        y = top + high * (row + 0.5)
        first = y + 4 - 7 * (len(names[row]) - 1)
        parts += [write(left - 4, first + 14 * k, words_, "end") for k, words_ in enumerate(names[row])]
        parts += _pair(old, new, start, y, across, words)
        values = words.minutes(old) if _alike(old, new) else f"{words.minutes(old)} → {words.minutes(new)}"
        told.append(words("labelled", name=name, value=values))
    stop = " ; " if lang == "fr" else "; "
    return Chart.of(title, stop.join(told), (start + _WIDE + _VALUE + 24, foot + 26), parts)


def _short(name: str) -> list[str]:
    """Return a name on one line, or on two, between its words; what is longer ends with an ellipsis."""
    plain = name.replace("\u202f", "\u00a0")
    lines = textwrap.wrap(plain, _MOST_LETTERS, break_long_words=False, break_on_hyphens=False) or [""]
    return lines if len(lines) <= 2 else [lines[0], lines[1] + "…"]


def _alike(before: float, after: float) -> bool:
    """Return whether two numbers of minutes are written alike."""
    return bool(np.isnan(before) and np.isnan(after)) or abs(before - after) < 0.05


def _colour(before: float, after: float) -> str:
    """Return the colour of what gets better or worse, as maps of change have it."""
    return WORSE[-1] if not after <= before and not np.isnan(before) else BETTER[-1]


def _key(before: str, after: str, colour: str) -> list[Markup]:
    """Return what the two dots are, in words beside them."""
    second = 40 + 9 * len(before)  # larger on paper
    return [
        _DOT.format(x=18, y=40, r=5, fill="#fff", stroke=TODAY),
        write(28, 44, before),
        _DOT.format(x=second, y=40, r=5, fill=colour, stroke=colour),
        write(second + 10, 44, after),
    ]


def _pair(before: float, after: float, start: float, y: float, across: Axis, words: Words) -> list[Markup]:
    """Return the dots of one row, the line between them, and their values on the outer side."""
    known = [(value, new) for value, new in ((before, False), (after, True)) if not np.isnan(value)]
    if not known:
        return [write(start, y + 4, words("unreached"))]
    if _alike(before, after):
        known = known[:1]
    colour = _colour(before, after)
    at = [start + _WIDE * across.at(value) for value, _ in known]
    parts = [line(f"M{at[0]:.1f},{y:.1f}H{at[1]:.1f}", colour, 2.4)] if len(at) == 2 else []
    for x, (value, new) in zip(at, known, strict=True):
        parts.append(_DOT.format(x=x, y=y, r=5, fill=colour if new else "#fff", stroke=colour if new else TODAY))
        right = len(at) == 1 or x == max(at)
        written = words.count(value, digits=1)
        if len(known) == 1 and not _alike(before, after):
            written += f" ({words('no_longer_reached' if np.isnan(after) else 'newly_reached')})"
        parts.append(write(x + 9 if right else x - 9, y + 4, written, "start" if right else "end", _HALO))
    return parts
