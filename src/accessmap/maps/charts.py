"""A heat table as a small picture (SVG text): seven days, the hours of the day, one colour a class of share."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from typing import Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from accessmap.categories import Lang
from accessmap.errors import TableError
from accessmap.measures.imbalance.indices import gini, lorenz
from accessmap.words import words as labels
from accessmap.words.near import did_you_mean
from accessmap.words.words import check_lang, percent

__all__ = ["FrontChart", "LorenzChart", "front_chart", "heat_chart", "lorenz_chart"]

# Okabe and Ito (2008), told apart by colour-blind readers; the dashes tell the curves apart in black and white.
_STROKES = (("#0072b2", "none"), ("#d55e00", "8 4"), ("#007a5a", "2 4"), ("#a4457f", "12 4 2 4"))
_LEFT, _TOP, _SIDE, _LINE = 62.0, 34.0, 320.0, 20.0
_PAGE = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{title}. {told}"'
    ' style="max-width:{width:g}px;font:13px sans-serif;background:#fff">'
    "<title>{title}</title><desc>{told}</desc>{inner}</svg>"
)
_TEXT = Markup('<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="#222"{more}>{words}</text>')
_PATH = Markup('<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dash}"/>')


@dataclass(frozen=True)
class LorenzChart:
    """A drawing whose text is SVG; a notebook shows it."""

    svg: str

    def _repr_html_(self) -> str:
        return self.svg


def lorenz_chart(
    values: pd.DataFrame,
    weights: pd.Series,
    *,
    title: str = "Courbe de Lorenz",
    people_label: str = "Habitants, des moins bien servis aux mieux servis",
    access_label: str = "Part de l’offre",
    lang: labels.Lang = "fr",
) -> LorenzChart:
    """Return the Lorenz curve of each column of `values` over people, in one drawing that tells the Gini index of each.

    Parameters
    ----------
    values
        Access per person by resident or commune (rows), 0 or more; one to four columns, named as they are to be read.
    weights
        People by the same ids.
    title, people_label, access_label
        Words of the drawing. They and the names of the columns are escaped.
    lang
        How numbers are written, "fr" or "en".

    Raises
    ------
    TableError
        If ids differ, values are missing or negative, nobody is counted, a column is 0 throughout, or there are not one
        to four columns.

    Examples
    --------
    >>> access = pd.DataFrame({"2017": [0.0, 4.0], "2024": [2.0, 2.0]}, index=["a", "b"])
    >>> drawing = lorenz_chart(access, pd.Series({"a": 1, "b": 1}))
    >>> "2017 : Gini 0,50" in drawing.svg, "2024 : Gini 0,00" in drawing.svg
    (True, True)
    """
    if not 1 <= values.shape[1] <= len(_STROKES):
        raise TableError(f"{values.shape[1]} columns: one to {len(_STROKES)} curves can be told apart.", about="values")
    names, parts = [], [_frame(lang)]
    for row, ((name, column), (colour, dash)) in enumerate(zip(values.items(), _STROKES, strict=False)):
        curve, index = lorenz(column, weights), gini(column, weights)
        if curve["access"].isna().any():
            raise TableError(f"{name!r}: every value is 0, there is nothing to share.", about="values")
        names.append(f"{name} : Gini {labels.number(index, digits=2, lang=lang)}")
        y = _TOP + _LINE * (row + 0.9)
        swatch = f"M{_LEFT + 8:g},{y - 4:g}h28"
        parts += [_PATH.format(d=d, colour=colour, width=2.2, dash=dash) for d in (_steps(curve), swatch)]
        parts.append(_TEXT.format(x=_LEFT + 42, y=y, anchor="start", more="", words=names[-1]))
    turned = Markup(' transform="rotate(-90 14 {y:g})"').format(y=_TOP + _SIDE / 2)
    parts += [
        _TEXT.format(x=_LEFT, y=20, anchor="start", more=Markup(' font-weight="bold"'), words=title),
        _TEXT.format(x=_LEFT + _SIDE / 2, y=_TOP + _SIDE + 40, anchor="middle", more="", words=people_label),
        _TEXT.format(x=14, y=_TOP + _SIDE / 2, anchor="middle", more=turned, words=access_label),
    ]
    size = {"width": _LEFT + _SIDE + 24, "height": _TOP + _SIDE + 54}
    inner = Markup("").join(parts)
    return LorenzChart(str(_PAGE.format(inner=inner, title=title, told=" ; ".join(names), **size)))


def _steps(curve: pd.DataFrame) -> str:
    """Return the curve as a path; of more points than pixels can show, as many as they can."""
    people, access = curve["people"].to_numpy(), curve["access"].to_numpy()
    if len(people) > 2 * _SIDE:
        even = np.linspace(0, 1, int(_SIDE) + 1)
        people, access = even, np.interp(even, people, access)
    x, y = _LEFT + _SIDE * people, _TOP + _SIDE * (1 - access)
    return "M" + "L".join(f"{right:.1f},{down:.1f}" for right, down in zip(x, y, strict=True))


def _frame(lang: labels.Lang) -> Markup:
    """Return the square, its quarters with their percentages, and the line where all have the same."""
    quarters = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        x, y = _LEFT + _SIDE * share, _TOP + _SIDE * (1 - share)
        quarters += [
            _PATH.format(d=f"M{_LEFT:g},{y:g}h{_SIDE:g}M{x:g},{_TOP:g}v{_SIDE:g}", colour="#ddd", width=1, dash="none"),
            _TEXT.format(x=_LEFT - 6, y=y + 4, anchor="end", more="", words=labels.percent(share, lang=lang)),
            _TEXT.format(x=x, y=_TOP + _SIDE + 18, anchor="middle", more="", words=labels.percent(share, lang=lang)),
        ]
    equal = _PATH.format(d=f"M{_LEFT:g},{_TOP + _SIDE:g}l{_SIDE:g},{-_SIDE:g}", colour="#777", width=1, dash="3 3")
    return Markup("").join([*quarters, equal])


_FRONT_LEFT, _FRONT_TOP, _WIDE, _HIGH = 84.0, 40.0, 460.0, 280.0
_COLOUR = "#0072b2"  # Okabe and Ito (2008)
_MARGIN = 150.0  # on the right, for names
_LETTER = 6.6  # mean width of a letter in the size of the names
_CLEAR = 15.0  # height of a name
_FRONT_PAGE = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{title}. {told}"'
    ' style="max-width:{width:g}px;font:13px sans-serif;background:#fff">'
    "<title>{title}</title><desc>{told}</desc>{inner}</svg>"
)
_FRONT_TEXT = Markup('<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#222"{more}>{words}</text>')
_FRONT_LINE = Markup('<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
_POINT = Markup('<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}" stroke="#fff"><title>{told}</title></circle>')


@dataclass(frozen=True, repr=False)
class FrontChart:
    """A drawing whose text is SVG; a notebook shows it.

    Examples
    --------
    >>> FrontChart("<svg></svg>")
    <FrontChart: 11 characters of SVG>
    """

    svg: str

    def __repr__(self) -> str:
        return f"<FrontChart: {len(self.svg):,} characters of SVG>"

    def _repr_html_(self) -> str:
        return self.svg


def front_chart(
    front: pd.DataFrame,
    *,
    x: str,
    y: str,
    title: str,
    x_label: str,
    y_label: str,
    names: pd.Series | None = None,
    lang: labels.Lang = "fr",
) -> FrontChart:
    """Return a Pareto front as a drawing: one point a choice, joined in steps, and the same told in words.

    Parameters
    ----------
    front
        From `mean_and_worst` or `coverage_and_cost`, or any table of choices.
    x, y
        Columns: "mean_minutes" and "worst_minutes", or "cost" and "people" ("share" is written in per cent).
    title, x_label, y_label
        Words of the drawing. They and the names are escaped.
    names
        By row of the front, what to write beside its point; names that would lie over one another are only in the
        point's own title.
    lang
        How numbers are written, "fr" or "en".

    Raises
    ------
    TableError
        If the front is empty, a column is missing, or a value is not a number.

    Examples
    --------
    >>> front = pd.DataFrame({"mean_minutes": [3.0, 12], "worst_minutes": [30.0, 12]})
    >>> words = {"title": "Moyenne ou pire cas", "x_label": "Moyenne (min)", "y_label": "Pire cas (min)"}
    >>> drawing = front_chart(front, x="mean_minutes", y="worst_minutes", **words)
    >>> drawing.svg.count("<circle"), "3 ; 30 | 12 ; 12" in drawing.svg
    (2, True)
    """
    _check(front, [x, y])
    front = front.sort_values([x, y], kind="stable")
    across, up = (_Axis.of(front[column], lang, share=column == "share") for column in (x, y))
    points = [
        (_FRONT_LEFT + _WIDE * across.at(a), _FRONT_TOP + _HIGH * (1 - up.at(b)))
        for a, b in zip(front[x], front[y], strict=True)
    ]
    colon, stop = (" : ", " ; ") if lang == "fr" else (": ", "; ")
    told = [f"{across.write(a)}{stop}{up.write(b)}" for a, b in zip(front[x], front[y], strict=True)]
    if names is not None:
        told = [f"{name}{colon}{words}" for name, words in zip(names.reindex(front.index), told, strict=True)]
    parts = [*_grid(across, up), _FRONT_LINE.format(d=_front_steps(points), colour=_COLOUR, width=1.5)]
    parts += [
        _POINT.format(x=right, y=down, colour=_COLOUR, told=words)
        for (right, down), words in zip(points, told, strict=True)
    ]
    parts += _beside(points, [] if names is None else [str(name) for name in names.reindex(front.index)])
    turned = Markup(' transform="rotate(-90 16 {y:g})"').format(y=_FRONT_TOP + _HIGH / 2)
    parts += [
        _FRONT_TEXT.format(x=12, y=20, anchor="start", more=Markup(' font-weight="bold"'), words=title),
        _FRONT_TEXT.format(
            x=_FRONT_LEFT + _WIDE / 2, y=_FRONT_TOP + _HIGH + 42, anchor="middle", more="", words=x_label
        ),
        _FRONT_TEXT.format(x=16, y=_FRONT_TOP + _HIGH / 2, anchor="middle", more=turned, words=y_label),
    ]
    size = {"width": _FRONT_LEFT + _WIDE + _MARGIN, "height": _FRONT_TOP + _HIGH + 56}
    summary = f"{x_label}{stop}{y_label}{colon}" + " | ".join(told)
    return FrontChart(str(_FRONT_PAGE.format(inner=Markup("").join(parts), title=title, told=summary, **size)))


@dataclass(frozen=True)
class _Axis:
    """A scale from its first to its last tick."""

    ticks: tuple[float, ...]
    write: Callable[[float], str]
    write_tick: Callable[[float], str]

    @classmethod
    def of(cls, values: pd.Series, lang: labels.Lang, *, share: bool) -> _Axis:
        """Return round ticks around the values, and how a value and a tick are written."""
        low, high = float(values.min()), float(values.max())
        step = _round_step((high - low) / 4 or abs(high) / 4 or 1.0)
        first, last = math.floor(low / step), math.ceil(high / step)
        ticks = tuple(step * number for number in range(first, max(last, first + 1) + 1))
        whole = bool((values % 1 == 0).all())

        def write(value: float) -> str:
            return labels.percent(value, lang=lang, digits=1) if share else labels.number(
                value, digits=0 if whole else 1, lang=lang
            )  # fmt: skip

        def write_tick(value: float) -> str:
            digits = max(0, -math.floor(math.log10(step * (100 if share else 1)) + 1e-9))
            return (
                f"{labels.number(value * 100, digits=digits, lang=lang)}\u00a0%"
                if share
                else labels.number(value, digits=digits, lang=lang)
            )

        return cls(ticks, write, write_tick)

    def at(self, value: float) -> float:
        """Return where a value lies, from 0 to 1."""
        return (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])


def _round_step(step: float) -> float:
    """Return the 1, 2 or 5 times a power of ten that is at least the step."""
    power = 10.0 ** math.floor(math.log10(step))
    return next(power * times for times in (1, 2, 5, 10) if power * times >= step * (1 - 1e-9))


def _check(front: pd.DataFrame, columns: list[str]) -> None:
    problems = [f"no column {name!r}{did_you_mean(name, front.columns)}." for name in columns if name not in front]
    if front.empty:
        problems.append("there is no row to draw.")
    if not problems:
        problems += [f"{name!r} is missing in some rows." for name in columns if front[name].isna().any()]
    if problems:
        raise TableError(*problems, about="front")


def _front_steps(points: list[tuple[float, float]]) -> str:
    """Return the path that joins the points in steps: between two choices there is none."""
    path = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    return "".join(path + [f"H{right:.1f}V{down:.1f}" for right, down in points[1:]])


def _grid(across: _Axis, up: _Axis) -> list[Markup]:
    parts = []
    for tick in across.ticks:
        right = _FRONT_LEFT + _WIDE * across.at(tick)
        parts.append(_FRONT_LINE.format(d=f"M{right:.1f},{_FRONT_TOP:g}v{_HIGH:g}", colour="#ddd", width=1))
        words = across.write_tick(tick)
        parts.append(_FRONT_TEXT.format(x=right, y=_FRONT_TOP + _HIGH + 18, anchor="middle", more="", words=words))
    for tick in up.ticks:
        down = _FRONT_TOP + _HIGH * (1 - up.at(tick))
        parts.append(_FRONT_LINE.format(d=f"M{_FRONT_LEFT:g},{down:.1f}h{_WIDE:g}", colour="#ddd", width=1))
        parts.append(
            _FRONT_TEXT.format(x=_FRONT_LEFT - 8, y=down + 4, anchor="end", more="", words=up.write_tick(tick))
        )
    return parts


def _beside(points: list[tuple[float, float]], names: list[str]) -> list[Markup]:
    """Return the names above their points, to the left where the right is too narrow, none over another."""
    parts: list[Markup] = []
    taken: list[tuple[float, float, float]] = []
    for (right, down), name in zip(points, names, strict=False):
        long, y = _LETTER * len(name), down - 8
        fits = right + 9 + long < _FRONT_LEFT + _WIDE + _MARGIN
        first = right + 9 if fits else right - 9 - long
        if any(abs(y - other) < _CLEAR and first < end and first + long > start for start, end, other in taken):
            continue
        taken.append((first, first + long, y))
        x, anchor = (first, "start") if fits else (right - 9, "end")
        parts.append(_FRONT_TEXT.format(x=x, y=y, anchor=anchor, more="", words=name))
    return parts


# ColorBrewer YlGnBu (Cynthia Brewer), colour-blind safe and dark enough to tell apart in print; nobody is left blank.
_COLOURS: Final = ("#edf8b1", "#c7e9b4", "#7fcdbb", "#41b6c4", "#225ea8")
_NOBODY: Final = "#ffffff"
_UNKNOWN: Final = "#d9d9d9"
_WORDS: Final = {
    "fr": {
        "days": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        "hour": "{hour} h",
        "nobody": ("personne",),
        "cell": "{day} {time} : {share}",
        "unknown": ("inconnu",),
    },
    "en": {
        "days": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        "hour": "{hour}:00",
        "nobody": ("nobody",),
        "cell": "{day} {time}: {share}",
        "unknown": ("unknown",),
    },
}
_HEAT_LEFT, _HEAT_TOP, _ROW, _HOUR = 84, 34, 24, 44


def heat_chart(heat: pd.DataFrame, *, title: str, lang: Lang = "fr") -> str:
    """Return a heat table as an SVG picture, as text: it needs nothing from outside, and reads without colours.

    Parameters
    ----------
    heat
        Days × clock times, shares 0-1, as `heat_table` returns them. Hours at either end of the day when nobody finds
        anything are left off.
    title
        What the shares are; it is drawn, and read to those who do not see the picture.
    lang
        "fr" or "en".

    Raises
    ------
    ValueError
        For another language.

    Examples
    --------
    >>> heat = pd.DataFrame({"09:00": [0.5]}, index=pd.DatetimeIndex(["2026-06-08"], name="day"))
    >>> "lundi 09:00 : 50" in heat_chart(heat, title="Mairies ouvertes")
    True
    """
    words = _WORDS[check_lang(lang)]
    heat = heat[_shown(heat)]
    width = _HOUR * len(heat.columns) / _per_hour(heat)
    parts = [f'<text x="0" y="14" font-weight="bold">{escape(title)}</text>']
    parts += _hours(heat, str(words["hour"]))
    for row, (day, shares) in enumerate(heat.iterrows()):
        name = words["days"][pd.Timestamp(str(day)).weekday()]
        parts.append(f'<text x="0" y="{_HEAT_TOP + row * _ROW + 16}">{name}</text>')
        parts += _cells(shares, row, name, str(words["cell"]), lang)
    below = _HEAT_TOP + len(heat) * _ROW + 12
    parts += _legend(below, words["nobody"][0], words["unknown"][0] if heat.isna().any(axis=None) else "", lang)
    wide = max(_HEAT_LEFT + width, 620) + 10
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide:g} {below + 24}" width="{wide:g}" role="img" '
        f'aria-label="{escape(title)}" font-family="sans-serif" font-size="12"><title>{escape(title)}</title>'
        + "".join(parts)
        + "</svg>"
    )


def _per_hour(heat: pd.DataFrame) -> float:
    """Return the number of columns of an hour."""
    hours = {time[:2] for time in heat.columns}
    return len(heat.columns) / len(hours)


def _shown(heat: pd.DataFrame) -> list[str]:
    """Return the columns from the first to the last hour when someone finds something."""
    some = [time for time in heat.columns if not (heat[time] == 0).all()]
    if not some:
        return list(heat.columns)
    return [time for time in heat.columns if some[0][:2] <= time[:2] <= some[-1][:2]]


def _colour(share: float) -> str:
    if pd.isna(share):
        return _UNKNOWN
    return _NOBODY if share == 0 else _COLOURS[min(int(share * 5), 4)]


def _hours(heat: pd.DataFrame, form: str) -> list[str]:
    step = _HOUR / _per_hour(heat)
    return [
        f'<text x="{_HEAT_LEFT + column * step:g}" y="{_HEAT_TOP - 4}" fill="#555">'
        f"{form.format(hour=int(time[:2]))}</text>"
        for column, time in enumerate(heat.columns)
        if time.endswith(":00")
    ]


def _cells(shares: pd.Series, row: int, day: str, form: str, lang: Lang) -> list[str]:
    step = _HOUR / _per_hour(shares.to_frame().T)
    return [
        f'<rect x="{_HEAT_LEFT + column * step:g}" y="{_HEAT_TOP + row * _ROW}" width="{step:g}" height="{_ROW}" '
        f'fill="{_colour(share)}" stroke="#bbb" stroke-width="0.5">'
        f"<title>{escape(form.format(day=day, time=time, share=percent(share, lang=lang)))}</title></rect>"
        for column, (time, share) in enumerate(shares.items())
    ]


def _legend(y: int, nobody: str, unknown: str, lang: Lang) -> list[str]:
    bounds = [f"{low}–{percent((low + 20) / 100, lang=lang)}" for low in range(0, 100, 20)]
    classes = [(_NOBODY, nobody), *zip(_COLOURS, bounds, strict=True)]
    if unknown:
        classes.append((_UNKNOWN, unknown))
    parts = []
    for number, (colour, words) in enumerate(classes):
        x = _HEAT_LEFT + number * 84
        parts.append(f'<rect x="{x}" y="{y}" width="14" height="14" fill="{colour}" stroke="#bbb"/>')
        parts.append(f'<text x="{x + 18}" y="{y + 12}">{escape(words)}</text>')
    return parts
