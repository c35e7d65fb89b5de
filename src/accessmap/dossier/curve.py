"""The Lorenz curve of a dossier: its picture, and the same figures as a table."""

import re
from typing import Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from accessmap.dossier.results import Results
from accessmap.dossier.writing import Cell, Table, Words
from accessmap.imbalance import lorenz, lorenz_svg
from accessmap.scenarios import BASELINE

__all__ = ["curve_of", "curve_table"]

MOST_CURVES: Final = 4  # as many as lorenz_svg tells apart
LONGEST_NAME: Final = 20


def _drawn(found: Results) -> pd.DataFrame:
    """Return the minutes of which curves are drawn: situations where all are reached, else today's of those reached.

    A curve is about the same people as the Gini index of the table; the rows of a table must be the same for all.
    """
    minutes = found.minutes.astype("float64").set_axis(list(map(str, found.minutes)), axis=1)
    peopled = minutes[found.people > 0]
    whole = minutes.loc[peopled.index, peopled.notna().all() & (peopled.max() > 0)]
    if whole.shape[1]:
        return whole.iloc[:, :MOST_CURVES]
    today = peopled[[BASELINE]].dropna()
    return today if (today > 0).any(axis=None) else today.iloc[:0]


def curve_of(found: Results, words: Words) -> Markup:
    """Return the Lorenz curves as one picture; empty where nobody is reached."""
    minutes = _drawn(found)
    if minutes.empty:
        return Markup("")
    drawing = lorenz_svg(
        minutes.set_axis(_short([words.name(BASELINE) if name == BASELINE else str(name) for name in minutes]), axis=1),
        found.people[minutes.index],
        title=words("lorenz_title"),
        people_label=words("lorenz_people"),
        access_label=words("lorenz_access"),
        lang=words.lang,
    )
    # The page's security policy refuses style attributes: dossier.css does the same.
    return Markup(re.sub(r'(<svg[^>]*?) style="[^"]*"', r"\1", drawing.svg, count=1))  # noqa: S704 - escaped where made


def _short(names: list[str]) -> list[str]:
    """Return names cut to the width of the drawing, numbered where that makes two alike; the table has them whole."""
    cut = [name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…" for name in names]
    return cut if len(set(cut)) == len(cut) else [f"{number}. {name}" for number, name in enumerate(cut)]


def curve_table(found: Results, words: Words) -> Table:
    """Return the same curves in figures: the share of all minutes that falls to each share of people."""
    minutes = _drawn(found)
    shares = np.arange(0.1, 1.0, 0.1)
    held = {}
    for name in minutes if len(minutes) else ():
        curve = lorenz(minutes[name], found.people[minutes.index])
        held[name] = np.interp(shares, curve["people"], curve["access"])
    rows = tuple(
        (
            Cell(words.percent(share), float(share)),
            *(Cell(words.percent(float(column[place])), float(column[place])) for column in held.values()),
        )
        for place, share in enumerate(shares)
    )
    columns = (words("lorenz_people"), *(words.name(str(name)) for name in held))
    return Table(columns, (False, *[True] * len(held)), rows if held else ())
