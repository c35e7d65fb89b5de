"""Private to `programme`: how a number of a table is written in words."""

from __future__ import annotations

import math

from accessmap import labels

__all__ = ["cutoff_text", "value_text"]


def value_text(value: float, unit: str, lang: labels.Lang, *, digits: int = 0) -> str:
    """Return a number as it is read in its unit; what is not known is said to be."""
    if math.isnan(value):
        return labels.text("programme_unknown", lang=lang)
    if unit == "share":
        return labels.percent(value, lang=lang)
    if unit == "minutes":
        return labels.minutes(value, lang=lang)
    return labels.number(value, lang=lang, digits=digits)


def cutoff_text(minutes: float, lang: labels.Lang) -> str:
    """Return minutes as a cutoff is spelled out; empty where there is none."""
    return "" if math.isnan(minutes) else labels.cutoff(minutes, lang=lang)
