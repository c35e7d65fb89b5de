"""Published figures beside one's own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from accessmap.sentences.dates import known_date
from accessmap.tables.departments import department_name
from accessmap.words import words as labels
from accessmap.words.words import Words


def reference(table: pd.DataFrame, *, unpublished: Iterable[str] = (), lang: labels.Lang = "fr") -> list[str]:
    r"""Return our figure beside each published one, a sentence each, and of which services nothing is published.

    Parameters
    ----------
    table
        By (measure, category, level, code): own, published, vintage_published, as the table `reference` of a dossier.
    unpublished
        Categories without a figure.
    lang
        "fr" or "en".

    Examples
    --------
    >>> keys = pd.MultiIndex.from_tuples([("minutes", "pharmacy", "departement", "02")])
    >>> row = {"own": [4.6], "published": [3.8], "vintage_published": ["2023"]}
    >>> for line in reference(pd.DataFrame(row, index=keys), unpublished=["mairie"], lang="en"):
    ...     print(line.replace("\xa0", " "))
    Pharmacies: 4.6 min on average in the territory, 3.8 min published for the département Aisne (2023), a difference of
    +0.8 min.
    Nothing is published of: town halls.
    """
    words = Words(labels.check_lang(lang))
    facts: dict[Any, Any] = table.to_dict("index")
    said = [_line(measure, kind, level, code, row, words) for (measure, kind, level, code), row in facts.items()]
    names = [labels.category(name).name(lang, count=2) for name in unpublished]
    return said + ([words("reference_unpublished", names=", ".join(names))] if names else [])


def _line(measure: str, category: str, level: str, code: str, row: Mapping[str, Any], words: Words) -> str:
    def figure(value: float) -> str:
        return words.minutes(value) if measure == "minutes" else words.count(value, digits=1)

    date = row["vintage_published"]
    told: dict[str, Any] = {
        "kind": labels.capitalised(labels.category(category).name(words.lang, count=2)),
        "place": place_told(level, code, words),
        "published": figure(row["published"]),
        "date": known_date(date, words),
    }
    if pd.isna(row["own"]):
        return words(f"reference_{measure}_alone", **told)
    change = (words.change_shown if measure == "minutes" else words.difference_shown)(row["published"], row["own"])
    gap = words("reference_gap", change=change) if change else words("reference_no_gap")
    return words(f"reference_{measure}_line", own=figure(row["own"]), change=gap, **told)


def place_told(level: str, code: str, words: Words) -> str:
    """Return of what a figure is published: a département, France, or the communes of the territory."""
    return words(f"reference_{level}", code=code, name=department_name(code))
