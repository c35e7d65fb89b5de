"""The tornado chart: what each assumption does to the lead of a choice, one at a time, the widest first."""

from __future__ import annotations

import math
import textwrap
from typing import Final

import pandas as pd
from markupsafe import Markup

from accessmap.categories import Lang
from accessmap.errors import Problem, TableError
from accessmap.maps.charts import STROKES, Axis, Chart, line, write
from accessmap.words.words import Words, check_lang

_BAR: Final = Markup('<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{high}" fill="{fill}"/>')
_ROW: Final = 34
_WIDE: Final = 230
_LETTERS, _LETTERS_BESIDE = 30, 24
_TOP: Final = 66
LOW, HIGH = STROKES[0][0], STROKES[1][0]


def tornado_chart(
    table: pd.DataFrame,
    *,
    title: str,
    x_label: str,
    low_label: str,
    high_label: str,
    lang: Lang = "fr",
) -> Chart:
    r"""Return a bar a row from the lead at the low end of an assumption to that at its high end, about the lead today.

    Parameters
    ----------
    table
        By name, as it is to be read, in the order of the rows: `lead`, `at_low` and `at_high` in one unit (NaN where
        there is no such end), and `note`, words beside the bar. Left of zero another choice leads.
    title, x_label, low_label, high_label
        Words of the drawing. They, the names and the notes are escaped.
    lang
        How numbers are written, "fr" or "en".

    Raises
    ------
    TableError
        If there is no row.

    Examples
    --------
    >>> rows = {"lead": [13.0, 13.0], "at_low": [8.0, float("nan")], "at_high": [19.0, -24.0], "note": ["", "Champs"]}
    >>> words = {"title": "Lead", "x_label": "Seconds", "low_label": "quicker", "high_label": "slower"}
    >>> drawing = tornado_chart(pd.DataFrame(rows, index=["Roads", "Chauny closed"]), lang="en", **words)
    >>> drawing.svg.count("<rect"), "Chauny closed: −24 (Champs)" in drawing.svg
    (5, True)
    """
    words = Words(check_lang(lang))
    if table.empty:
        raise TableError(Problem("chart_no_row"), about="table")
    ends = table[["at_low", "at_high"]]
    axis = Axis.of(pd.Series([0.0, *table["lead"], *ends.to_numpy("float64").ravel()]), lang, share=False)
    names = [_two_lines(str(name)) for name in table.index]
    start = 30 + 7 * max(len(each) for lines in names for each in lines)
    foot = _TOP + _ROW * len(table)

    def at(value: float) -> float:
        return start + _WIDE * axis.at(value)

    parts = [write(12, 20, title, more=Markup(' font-weight="bold"'))]
    for x, colour, label in ((18, LOW, low_label), (40 + 8 * len(low_label), HIGH, high_label)):
        parts += [_BAR.format(x=x, y=33, wide=12, high=12, fill=colour), write(x + 18, 44, label)]
    for tick in axis.ticks:
        parts += [
            line(f"M{at(tick):.1f},{_TOP}V{foot}", "#ddd"),
            write(at(tick), foot + 16, axis.write_tick(tick), "middle"),
        ]
    told = []
    for row, (lines, (name, each)) in enumerate(zip(names, table.iterrows(), strict=True)):
        middle = _TOP + _ROW * (row + 0.5)
        first = middle + 4 - 7 * (len(lines) - 1)
        parts += [write(start - 8, first + 14 * k, text, "end") for k, text in enumerate(lines)]
        values = [(float(each[end]), colour) for end, colour in (("at_low", LOW), ("at_high", HIGH))]
        known = [(value, colour) for value, colour in values if not math.isnan(value)]
        for value, colour in known:
            left, right = sorted((at(value), at(float(each["lead"]))))
            parts.append(_BAR.format(x=left, y=middle - 8, wide=max(1.0, right - left), high=16, fill=colour))
        beside = _two_lines(str(each["note"]), _LETTERS_BESIDE)
        first = middle + 4 - 7 * (len(beside) - 1)
        parts += [write(start + _WIDE + 12, first + 14 * k, text) for k, text in enumerate(beside)]
        said = " → ".join(axis.write_tick(value) for value, _ in known)
        note = f" ({each['note']})" if each["note"] else ""
        told.append(words("labelled", name=name, value=said + note))
    parts += [
        line(f"M{at(0):.1f},{_TOP - 6}V{foot}", "#222", 1.6),
        line(f"M{at(float(table['lead'].iloc[0])):.1f},{_TOP - 6}V{foot}", "#222", 1, "4 3"),
        write(start + _WIDE / 2, foot + 38, x_label, "middle"),
    ]
    stop = " ; " if lang == "fr" else "; "
    room = 24 + 7 * max(len(text) for note in table["note"] for text in _two_lines(str(note), _LETTERS_BESIDE))
    return Chart.of(title, f"{x_label}. {stop.join(told)}", (start + _WIDE + room, foot + 52), parts)


def _two_lines(name: str, letters: int = _LETTERS) -> list[str]:
    """Return a name on at most two lines; what is longer ends with an ellipsis."""
    lines = textwrap.wrap(name.replace("\u202f", "\u00a0"), letters) or [""]
    return lines if len(lines) <= 2 else [lines[0], lines[1][: letters - 1] + "…"]
