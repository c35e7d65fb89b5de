"""Charts as SVG text: the Lorenz curve, a Pareto front, the heat of a week; shown in a notebook, saved as pictures."""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from accessmap.categories import Lang
from accessmap.errors import Problem, Problems, TableError
from accessmap.maps.choropleth import SEQUENTIAL
from accessmap.maps.picture import FONTS, saved
from accessmap.measures.imbalance.indices import gini, lorenz
from accessmap.words.near import near_names
from accessmap.words.words import Words, check_lang, number, percent

# Okabe and Ito (2008), told apart by colour-blind readers; the dashes tell the curves apart in black and white.
STROKES: Final = (("#0072b2", "none"), ("#d55e00", "8 4"), ("#007a5a", "2 4"), ("#a4457f", "12 4 2 4"))
# No style attribute, which the security policy of a page refuses.
_PAGE = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" role="img"'
    ' aria-label="{label}" font-family="{fonts}" font-size="13"><title>{title}</title>{desc}'
    '<path d="M0,0h{width:g}v{height:g}h-{width:g}z" fill="#fff"/>{inner}</svg>'
)
_TEXT = Markup('<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="{colour}"{more}>{words}</text>')
_PATH = Markup('<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-dasharray="{dash}"/>')
_POINT = Markup('<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}" stroke="#fff"><title>{told}</title></circle>')
_BOX = Markup(
    '<rect x="{x:g}" y="{y:g}" width="{wide:g}" height="{high:g}" fill="{colour}" stroke="#bbb">{told}</rect>'
)


@dataclass(frozen=True, repr=False)
class Chart:
    """A drawing whose text is SVG; a notebook shows it, `save` writes it.

    Examples
    --------
    >>> Chart("Moyenne ou pire cas", "<svg></svg>")
    <Chart 'Moyenne ou pire cas': 11 characters of SVG>
    """

    title: str
    svg: str

    def __repr__(self) -> str:
        return f"<Chart {self.title!r}: {len(self.svg):,} characters of SVG>"

    def _repr_html_(self) -> str:
        return self.svg

    def _repr_svg_(self) -> str:
        return self.svg

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the chart as the name ends, .svg, .png or .html, and return its path; folders are made.

        Raises
        ------
        OptionError
            For another ending.
        """
        page = Markup('<!DOCTYPE html>\n<meta charset="utf-8">\n<title>{}</title>\n{}\n')
        return saved(path, svg=lambda: self.svg, html=lambda: page.format(self.title, Markup(self.svg)))  # noqa: S704 - ours

    @classmethod
    def of(cls, title: str, told: str, size: tuple[float, float], parts: Iterable[Markup]) -> Chart:
        """Return the chart of these parts, with its title and what it tells to those who do not see it."""
        label = f"{title}. {told}" if told else title
        desc = Markup("<desc>{}</desc>").format(told) if told else ""
        inner = Markup("").join(parts)
        page = _PAGE.format(
            width=size[0], height=size[1], label=label, fonts=FONTS, title=title, desc=desc, inner=inner
        )
        return cls(title, str(page))


def write(x: float, y: float, words: str, anchor: str = "start", more: str = "", colour: str = "#222") -> Markup:
    """Return words at a place; `more` are attributes."""
    return _TEXT.format(x=x, y=y, anchor=anchor, more=more, words=words, colour=colour)


def line(d: str, colour: str, width: float = 1, dash: str = "none") -> Markup:
    """Return a path that is drawn and not filled."""
    return _PATH.format(d=d, colour=colour, width=width, dash=dash)


@dataclass(frozen=True)
class Axis:
    """A scale from its first to its last tick."""

    ticks: Sequence[float]
    lang: Lang
    share: bool
    whole: bool = False

    @classmethod
    def of(cls, values: pd.Series, lang: Lang, *, share: bool) -> Axis:
        """Return round ticks around the values: the step is 1, 2 or 5 times a power of ten."""
        low, high = float(values.min()), float(values.max())
        least = (high - low) / 4 or abs(high) / 4 or 1.0
        power = 10.0 ** math.floor(math.log10(least))
        step = next(power * times for times in (1, 2, 5, 10) if power * times >= least * (1 - 1e-9))
        first, last = math.floor(low / step), math.ceil(high / step)
        ticks = [step * number for number in range(first, max(last, first + 1) + 1)]
        return cls(ticks, lang, share, whole=bool((values % 1 == 0).all()))

    def write(self, value: float) -> str:
        """Return a value in words."""
        return self._written(value, 0 if self.whole and not self.share else 1)

    def write_tick(self, value: float) -> str:
        """Return a tick in words, with no more decimals than the step has."""
        step = (self.ticks[1] - self.ticks[0]) * (100 if self.share else 1)
        return self._written(value, max(0, -math.floor(math.log10(step) + 1e-9)))

    def _written(self, value: float, digits: int) -> str:
        return (percent if self.share else number)(value, lang=self.lang, digits=digits)

    def at(self, value: float) -> float:
        """Return where a value lies, from 0 to 1."""
        return (value - self.ticks[0]) / (self.ticks[-1] - self.ticks[0])


@dataclass(frozen=True)
class Plane:
    """Two axes on a page: where values lie on it, its grid, and the words around."""

    across: Axis
    up: Axis
    wide: float
    high: float
    left: float
    top: float = 48.0

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Return where a pair of values lies on the page."""
        return self.left + self.wide * self.across.at(x), self.top + self.high * (1 - self.up.at(y))

    def path(self, points: Iterable[tuple[float, float]]) -> str:
        """Return the path that joins pairs of values."""
        return "M" + "L".join(f"{x:.1f},{y:.1f}" for x, y in (self.at(*point) for point in points))

    def frame(self, title: str, x_label: str, y_label: str) -> list[Markup]:
        """Return a line and its value at each tick, and the words around."""
        right, foot = self.left + self.wide, self.top + self.high
        middle, centre = self.left + self.wide / 2, self.top + self.high / 2
        parts = []
        for tick in self.across.ticks:
            x, _ = self.at(tick, self.up.ticks[0])
            parts += [
                line(f"M{x:.1f},{self.top:g}V{foot:g}", "#ddd"),
                write(x, foot + 18, self.across.write_tick(tick), "middle"),
            ]
        for tick in self.up.ticks:
            _, y = self.at(self.across.ticks[0], tick)
            parts += [
                line(f"M{self.left:g},{y:.1f}H{right:g}", "#ddd"),
                write(self.left - 8, y + 4, self.up.write_tick(tick), "end"),
            ]
        return [
            *parts,
            write(12, 20, title, more=Markup(' font-weight="bold"')),
            write(middle, foot + 42, x_label, "middle"),
            write(16, centre, y_label, "middle", Markup(' transform="rotate(-90 16 {:g})"').format(centre)),
        ]

    def size(self, margin: float) -> tuple[float, float]:
        """Return the size of the page with so much room at the right."""
        return self.left + self.wide + margin, self.top + self.high + 56


def lorenz_chart(
    values: pd.DataFrame,
    weights: pd.Series,
    *,
    title: str = "Courbe de Lorenz",
    people_label: str = "Habitants, des moins bien servis aux mieux servis",
    access_label: str = "Part de l’offre",
    lang: Lang = "fr",
) -> Chart:
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
    check_lang(lang)
    if not 1 <= values.shape[1] <= len(STROKES):
        raise TableError(Problem("chart_curves", n=values.shape[1], most=len(STROKES)), about="values")
    quarters = Axis((0, 0.25, 0.5, 0.75, 1), lang, share=True)
    plane = Plane(quarters, quarters, wide=320, high=320, left=68)
    names, parts = [], [*plane.frame(title, people_label, access_label)]
    parts.append(line(plane.path([(0, 0), (1, 1)]), "#777", dash="3 3"))
    for row, ((name, column), (colour, dash)) in enumerate(zip(values.items(), STROKES, strict=False)):
        curve, index = lorenz(column, weights), gini(column, weights)
        if curve["access"].isna().any():
            raise TableError(Problem("chart_all_zero", value=name), about="values")
        names.append(f"{name} : Gini {number(index, digits=2, lang=lang)}")
        y = plane.top + 20 * (row + 0.9)
        people, access = curve["people"].to_numpy(), curve["access"].to_numpy()
        if len(people) > 2 * plane.wide:  # of more points than pixels can show, as many as they can
            even = np.linspace(0, 1, int(plane.wide) + 1)
            people, access = even, np.interp(even, people, access)
        parts.append(line(plane.path(zip(people, access, strict=True)), colour, 2.2, dash))
        parts.append(line(f"M{plane.left + 8:g},{y - 4:g}h28", colour, 2.2, dash))
        parts.append(write(plane.left + 42, y, names[-1]))
    return Chart.of(title, " ; ".join(names), plane.size(24), parts)


_MARGIN = 150.0  # at the right of a front, for names
_LETTER = 6.6  # mean width of a letter in the size of the names
_CLEAR = 15.0  # height of a name


def front_chart(
    front: pd.DataFrame,
    *,
    x: str,
    y: str,
    title: str,
    x_label: str,
    y_label: str,
    names: pd.Series | None = None,
    lang: Lang = "fr",
) -> Chart:
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
    check_lang(lang)
    problems = Problems()
    for column in (x, y):
        if column not in front:
            problems.add("chart_no_column", value=column, near=near_names(column, front.columns))
        elif front[column].isna().any():
            problems.add("chart_missing", value=column)
    if front.empty:
        problems.add("chart_no_row")
    problems.raise_if_any(TableError, "front")
    front = front.sort_values([x, y], kind="stable")
    across, up = (Axis.of(front[column], lang, share=column == "share") for column in (x, y))
    plane = Plane(across, up, wide=460, high=280, left=84)
    points = [plane.at(a, b) for a, b in zip(front[x], front[y], strict=True)]
    colon, stop = (" : ", " ; ") if lang == "fr" else (": ", "; ")
    told = [f"{across.write(a)}{stop}{up.write(b)}" for a, b in zip(front[x], front[y], strict=True)]
    shown = [] if names is None else [str(name) for name in names.reindex(front.index)]
    if shown:
        told = [f"{name}{colon}{words}" for name, words in zip(shown, told, strict=True)]
    # in steps: between two choices there is none
    steps = f"M{points[0][0]:.1f},{points[0][1]:.1f}" + "".join(
        f"H{right:.1f}V{down:.1f}" for right, down in points[1:]
    )
    colour = STROKES[0][0]
    parts = [*plane.frame(title, x_label, y_label), line(steps, colour, 1.5)]
    parts += [_POINT.format(x=u, y=v, colour=colour, told=words) for (u, v), words in zip(points, told, strict=True)]
    parts += _beside(points, shown, plane.left + plane.wide + _MARGIN)
    return Chart.of(title, f"{x_label}{stop}{y_label}{colon}" + " | ".join(told), plane.size(_MARGIN), parts)


def _beside(points: Sequence[tuple[float, float]], names: Sequence[str], edge: float) -> list[Markup]:
    """Return the names above their points, to the left where the right is too narrow, none over another."""
    parts: list[Markup] = []
    taken: list[tuple[float, float, float]] = []
    for (right, down), name in zip(points, names, strict=False):
        long, y = _LETTER * len(name), down - 8
        fits = right + 9 + long < edge
        first = right + 9 if fits else right - 9 - long
        if any(abs(y - other) < _CLEAR and first < end and first + long > start for start, end, other in taken):
            continue
        taken.append((first, first + long, y))
        parts.append(write(first, y, name) if fits else write(right - 9, y, name, "end"))
    return parts


# ColorBrewer YlGnBu (Cynthia Brewer), colour-blind safe and dark enough to tell apart in print; nobody is left blank.
_TONES: Final = (1, 2, 3, 4, 6)
_COLOURS: Final = tuple(SEQUENTIAL[tone] for tone in _TONES)
_NOBODY: Final = "#ffffff"
_UNKNOWN: Final = "#d9d9d9"
_HEAT_LEFT, _HEAT_TOP, _ROW, _HOUR = 92, 46, 24, 44


def heat_chart(heat: pd.DataFrame, *, title: str, lang: Lang = "fr") -> Chart:
    r"""Return a heat table as a drawing that reads without colours: days as rows, hours as columns, shares in %.

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
    >>> "lundi 09:00\xa0: 50" in heat_chart(heat, title="Mairies ouvertes").svg
    True
    """
    words = Words(check_lang(lang))
    some = [time[:2] for time in heat.columns if not (heat[time] == 0).all()]
    if some:
        heat = heat[[time for time in heat.columns if some[0] <= time[:2] <= some[-1]]]
    step = _HOUR * heat.columns.str[:2].nunique() / len(heat.columns)
    names = words("weekdays").split()
    parts = [write(12, 20, title, more=Markup(' font-weight="bold"'))]
    for column, time in enumerate(heat.columns):
        if time.endswith(":00"):
            parts.append(write(_HEAT_LEFT + column * step, _HEAT_TOP - 4, words("chart_hour", hour=int(time[:2]))))
    for row, (day, shares) in enumerate(heat.iterrows()):
        name, y = names[pd.Timestamp(str(day)).weekday()], _HEAT_TOP + row * _ROW
        parts.append(write(12, y + 16, name))
        for column, (time, share) in enumerate(zip(heat.columns, shares, strict=True)):
            told = words("labelled", name=f"{name} {time}", value=words.percent(share))
            parts.append(_box(_HEAT_LEFT + column * step, y, step, _ROW, _colour(share), told))
    y = _HEAT_TOP + len(heat) * _ROW + 12
    classes = [(_NOBODY, words("chart_nobody"))]
    classes += [(colour, f"{20 * k}–{words.percent((k + 1) / 5)}") for k, colour in enumerate(_COLOURS)]
    if heat.isna().any(axis=None):
        classes.append((_UNKNOWN, words("chart_unknown")))
    for place, (colour, label) in enumerate(classes):
        x = _HEAT_LEFT + place * 92
        parts += [_box(x, y, 14, 14, colour), write(x + 18, y + 12, label)]
    return Chart.of(title, "", (max(_HEAT_LEFT + step * len(heat.columns), 730) + 10, y + 24), parts)


def _box(x: float, y: float, wide: float, high: float, colour: str, told: str = "") -> Markup:
    title = Markup("<title>{}</title>").format(told) if told else ""
    return _BOX.format(x=x, y=y, wide=wide, high=high, colour=colour, told=title)


def share_tone(share: float) -> int | None:
    """Return the place in SEQUENTIAL of the colour of a share (0-1) of people; None for nobody and where unknown."""
    return None if pd.isna(share) or share == 0 else _TONES[min(int(share * 5), 4)]


def _colour(share: float) -> str:
    if pd.isna(share):
        return _UNKNOWN
    return _NOBODY if share == 0 else _COLOURS[min(int(share * 5), 4)]
