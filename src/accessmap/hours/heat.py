"""A heat table as a small picture (SVG text): seven days, the hours of the day, one colour a class of share."""

from __future__ import annotations

from html import escape
from typing import Final

import pandas as pd

from accessmap.labels import Lang, check_lang, percent

__all__ = ["heat_plot"]

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
_LEFT, _TOP, _ROW, _HOUR = 84, 34, 24, 44


def heat_plot(heat: pd.DataFrame, *, title: str, lang: Lang = "fr") -> str:
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
    >>> "lundi 09:00 : 50" in heat_plot(heat, title="Mairies ouvertes")
    True
    """
    words = _WORDS[check_lang(lang)]
    heat = heat[_shown(heat)]
    width = _HOUR * len(heat.columns) / _per_hour(heat)
    parts = [f'<text x="0" y="14" font-weight="bold">{escape(title)}</text>']
    parts += _hours(heat, str(words["hour"]))
    for row, (day, shares) in enumerate(heat.iterrows()):
        name = words["days"][pd.Timestamp(str(day)).weekday()]
        parts.append(f'<text x="0" y="{_TOP + row * _ROW + 16}">{name}</text>')
        parts += _cells(shares, row, name, str(words["cell"]), lang)
    below = _TOP + len(heat) * _ROW + 12
    parts += _legend(below, words["nobody"][0], words["unknown"][0] if heat.isna().any(axis=None) else "", lang)
    wide = max(_LEFT + width, 620) + 10
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
        f'<text x="{_LEFT + column * step:g}" y="{_TOP - 4}" fill="#555">{form.format(hour=int(time[:2]))}</text>'
        for column, time in enumerate(heat.columns)
        if time.endswith(":00")
    ]


def _cells(shares: pd.Series, row: int, day: str, form: str, lang: Lang) -> list[str]:
    step = _HOUR / _per_hour(shares.to_frame().T)
    return [
        f'<rect x="{_LEFT + column * step:g}" y="{_TOP + row * _ROW}" width="{step:g}" height="{_ROW}" '
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
        x = _LEFT + number * 84
        parts.append(f'<rect x="{x}" y="{y}" width="14" height="14" fill="{colour}" stroke="#bbb"/>')
        parts.append(f'<text x="{x + 18}" y="{y + 12}">{escape(words)}</text>')
    return parts
