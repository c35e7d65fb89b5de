"""A Pareto front as a picture that shows itself in a notebook: SVG made here, no plotting library."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from markupsafe import Markup

from accessmap import labels
from accessmap.errors import TableError, did_you_mean

__all__ = ["FrontPlot", "front_svg"]

_LEFT, _TOP, _WIDE, _HIGH = 84.0, 40.0, 460.0, 280.0
_COLOUR = "#0072b2"  # Okabe and Ito (2008)
_MARGIN = 150.0  # on the right, for names
_LETTER = 6.6  # mean width of a letter in the size of the names
_CLEAR = 15.0  # height of a name
_PAGE = Markup(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" role="img" aria-label="{title}. {told}"'
    ' style="max-width:{width:g}px;font:13px sans-serif;background:#fff">'
    "<title>{title}</title><desc>{told}</desc>{inner}</svg>"
)
_TEXT = Markup('<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" fill="#222"{more}>{words}</text>')
_LINE = Markup('<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width}"/>')
_POINT = Markup('<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="{colour}" stroke="#fff"><title>{told}</title></circle>')


@dataclass(frozen=True, repr=False)
class FrontPlot:
    """A drawing whose text is SVG; a notebook shows it.

    Examples
    --------
    >>> FrontPlot("<svg></svg>")
    <FrontPlot: 11 characters of SVG>
    """

    svg: str

    def __repr__(self) -> str:
        return f"<FrontPlot: {len(self.svg):,} characters of SVG>"

    def _repr_html_(self) -> str:
        return self.svg


def front_svg(
    front: pd.DataFrame,
    *,
    x: str,
    y: str,
    title: str,
    x_label: str,
    y_label: str,
    names: pd.Series | None = None,
    lang: labels.Lang = "fr",
) -> FrontPlot:
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
    >>> drawing = front_svg(front, x="mean_minutes", y="worst_minutes", **words)
    >>> drawing.svg.count("<circle"), "3 ; 30 | 12 ; 12" in drawing.svg
    (2, True)
    """
    _check(front, [x, y])
    front = front.sort_values([x, y], kind="stable")
    across, up = (_Axis.of(front[column], lang, share=column == "share") for column in (x, y))
    points = [
        (_LEFT + _WIDE * across.at(a), _TOP + _HIGH * (1 - up.at(b))) for a, b in zip(front[x], front[y], strict=True)
    ]
    colon, stop = (" : ", " ; ") if lang == "fr" else (": ", "; ")
    told = [f"{across.write(a)}{stop}{up.write(b)}" for a, b in zip(front[x], front[y], strict=True)]
    if names is not None:
        told = [f"{name}{colon}{words}" for name, words in zip(names.reindex(front.index), told, strict=True)]
    parts = [*_grid(across, up), _LINE.format(d=_steps(points), colour=_COLOUR, width=1.5)]
    parts += [
        _POINT.format(x=right, y=down, colour=_COLOUR, told=words)
        for (right, down), words in zip(points, told, strict=True)
    ]
    parts += _beside(points, [] if names is None else [str(name) for name in names.reindex(front.index)])
    turned = Markup(' transform="rotate(-90 16 {y:g})"').format(y=_TOP + _HIGH / 2)
    parts += [
        _TEXT.format(x=12, y=20, anchor="start", more=Markup(' font-weight="bold"'), words=title),
        _TEXT.format(x=_LEFT + _WIDE / 2, y=_TOP + _HIGH + 42, anchor="middle", more="", words=x_label),
        _TEXT.format(x=16, y=_TOP + _HIGH / 2, anchor="middle", more=turned, words=y_label),
    ]
    size = {"width": _LEFT + _WIDE + _MARGIN, "height": _TOP + _HIGH + 56}
    summary = f"{x_label}{stop}{y_label}{colon}" + " | ".join(told)
    return FrontPlot(str(_PAGE.format(inner=Markup("").join(parts), title=title, told=summary, **size)))


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
        raise TableError("front", problems)


def _steps(points: list[tuple[float, float]]) -> str:
    """Return the path that joins the points in steps: between two choices there is none."""
    path = [f"M{points[0][0]:.1f},{points[0][1]:.1f}"]
    return "".join(path + [f"H{right:.1f}V{down:.1f}" for right, down in points[1:]])


def _grid(across: _Axis, up: _Axis) -> list[Markup]:
    parts = []
    for tick in across.ticks:
        right = _LEFT + _WIDE * across.at(tick)
        parts.append(_LINE.format(d=f"M{right:.1f},{_TOP:g}v{_HIGH:g}", colour="#ddd", width=1))
        words = across.write_tick(tick)
        parts.append(_TEXT.format(x=right, y=_TOP + _HIGH + 18, anchor="middle", more="", words=words))
    for tick in up.ticks:
        down = _TOP + _HIGH * (1 - up.at(tick))
        parts.append(_LINE.format(d=f"M{_LEFT:g},{down:.1f}h{_WIDE:g}", colour="#ddd", width=1))
        parts.append(_TEXT.format(x=_LEFT - 8, y=down + 4, anchor="end", more="", words=up.write_tick(tick)))
    return parts


def _beside(points: list[tuple[float, float]], names: list[str]) -> list[Markup]:
    """Return the names above their points, to the left where the right is too narrow, none over another."""
    parts: list[Markup] = []
    taken: list[tuple[float, float, float]] = []
    for (right, down), name in zip(points, names, strict=False):
        long, y = _LETTER * len(name), down - 8
        fits = right + 9 + long < _LEFT + _WIDE + _MARGIN
        first = right + 9 if fits else right - 9 - long
        if any(abs(y - other) < _CLEAR and first < end and first + long > start for start, end, other in taken):
            continue
        taken.append((first, first + long, y))
        x, anchor = (first, "start") if fits else (right - 9, "end")
        parts.append(_TEXT.format(x=x, y=y, anchor=anchor, more="", words=name))
    return parts
