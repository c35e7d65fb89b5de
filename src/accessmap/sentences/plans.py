"""The results that a programme promises, and its territory beside others."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any, Final

import pandas as pd

from accessmap.words import words as labels
from accessmap.words.words import Words

# The columns of territories side by side that are not a territory.
SIDE_COLUMNS: Final = ("indicator", "category", "minutes", "unit", "missing")


def programme(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    """Return a sentence for each indicator that a programme changes, or makes known; one where it changes none.

    Parameters
    ----------
    table
        Of one programme: indicator, unit, before, after, as `accessmap.programme.indicators` returns it.
    lang
        "fr" or "en".

    Examples
    --------
    >>> table = pd.DataFrame(
    ...     {"indicator": ["services_created"], "unit": ["number"], "before": [0.0], "after": [1.0]})
    >>> programme(table.assign(after=0.0), lang="en")
    ['No indicator that is measured changes.']
    """
    words = Words(labels.check_lang(lang))
    return changed_told(table, words) or [words("programme_unchanged")]


def changed_told(table: pd.DataFrame, words: Words) -> list[str]:
    """Return a sentence for each indicator that changes as it is written, or becomes known."""
    said = []
    for row in table.to_dict("records"):
        before, after = row["before"], row["after"]
        if math.isnan(after) or before == after:
            continue
        key = "programme_now_known" if math.isnan(before) else "programme_changed"
        name = words(f"indicator_{row['indicator']}")
        old, new = (value_text(value, row["unit"], words) for value in (before, after))
        if old == new:
            continue
        said.append(words(key, indicator=name, before=old, after=new))
    return said


def territories(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return, for each category, the share of each territory's people within its middle threshold, as sentences.

    Parameters
    ----------
    table
        As `accessmap.programme.side_by_side` returns it.
    lang
        "fr" or "en".

    Examples
    --------
    >>> import accessmap as am
    >>> table = am.programme.side_by_side(
    ...     am.load_sample(), {"ours": "200071785", "Aisne": "02"}, categories=["france_services"])
    >>> territories(table, lang="en")[0]
    'France services, within 20\xa0minutes: ours >\xa099%, Aisne 69%.'
    """
    words = Words(labels.check_lang(lang))
    names = [name for name in table.columns if name not in SIDE_COLUMNS]
    said = []
    for category, rows in table[table["indicator"] == "share_within"].groupby("category", sort=False):
        row = rows.sort_values("minutes").iloc[len(rows) // 2]
        values = [words("side_value", value=value_text(float(row[name]), "share", words), name=name) for name in names]
        kind = labels.capitalised(labels.category(str(category)).name(lang))
        minutes = cutoff_text(float(row["minutes"]), words)
        said.append(words("side_within_told", category=kind, minutes=minutes, values=", ".join(values)))
    return [*said, words("side_border")]


def missing(items: Iterable[Any], *, lang: labels.Lang = "fr") -> list[str]:
    """Return what data are missing, each once: the `missing` of a row of indicators, effects or territories."""
    return list(dict.fromkeys(each.told(lang=labels.check_lang(lang)) for each in items))


def value_text(value: float, unit: str, words: Words, *, digits: int = 0) -> str:
    """Return a number as it is read in its unit; what is not known is said to be."""
    if math.isnan(value):
        return words("programme_unknown")
    if unit == "share":
        return words.percent(value)
    return words.minutes(value) if unit == "minutes" else words.count(value, digits=digits)


def cutoff_text(minutes: float, words: Words) -> str:
    """Return minutes as a cutoff is spelled out; empty where there is none."""
    return "" if math.isnan(minutes) else words.cutoff(minutes)
