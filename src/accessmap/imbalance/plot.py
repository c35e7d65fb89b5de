"""The Lorenz curve as a picture that shows itself in a notebook: SVG made here, no plotting library."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from markupsafe import Markup

from accessmap import labels
from accessmap.errors import TableError
from accessmap.imbalance.indices import gini, lorenz

__all__ = ["LorenzPlot", "lorenz_svg"]

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
class LorenzPlot:
    """A drawing whose text is SVG; a notebook shows it."""

    svg: str

    def _repr_html_(self) -> str:
        return self.svg


def lorenz_svg(
    values: pd.DataFrame,
    weights: pd.Series,
    *,
    title: str = "Courbe de Lorenz",
    people_label: str = "Habitants, des moins bien servis aux mieux servis",
    access_label: str = "Part de l’offre",
    lang: labels.Lang = "fr",
) -> LorenzPlot:
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
    >>> drawing = lorenz_svg(access, pd.Series({"a": 1, "b": 1}))
    >>> "2017 : Gini 0,50" in drawing.svg, "2024 : Gini 0,00" in drawing.svg
    (True, True)
    """
    if not 1 <= values.shape[1] <= len(_STROKES):
        raise TableError("values", [f"{values.shape[1]} columns: one to {len(_STROKES)} curves can be told apart."])
    names, parts = [], [_frame(lang)]
    for row, ((name, column), (colour, dash)) in enumerate(zip(values.items(), _STROKES, strict=False)):
        curve, index = lorenz(column, weights), gini(column, weights)
        if curve["access"].isna().any():
            raise TableError("values", [f"{name!r}: every value is 0, there is nothing to share."])
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
    return LorenzPlot(str(_PAGE.format(inner=inner, title=title, told=" ; ".join(names), **size)))


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
