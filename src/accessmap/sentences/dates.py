"""Of when the data are, in one sentence for the head of a page."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

from accessmap.tables.aligned import check_columns
from accessmap.words import words as labels
from accessmap.words.words import Words


def vintages(table: pd.DataFrame, *, categories: Iterable[str] | None = None, lang: labels.Lang = "fr") -> list[str]:
    r"""Return of when the people and the services of a study are, as one sentence; what has no date is named.

    Parameters
    ----------
    table
        As `Study.vintages` is.
    categories
        Of services, in the order in which they are named; all where not given.
    lang
        "fr" or "en".

    Examples
    --------
    >>> rows = [["residents", None, "2021"], ["services", "hospital", "2024-08-01"], ["services", "mairie", None]]
    >>> vintages(pd.DataFrame(rows, columns=["table", "category", "vintage"]), lang="en")
    ['Data: people of 2021, hospitals of 1 August 2024; undated: town halls.']
    """
    words = Words(labels.check_lang(lang))
    check_columns(table, "table", "category", "vintage", about="vintages")
    services = table[table["table"] == "services"].set_index("category")["vintage"]
    people = table.loc[table["table"] == "residents", "vintage"]
    kinds = [kind for kind in categories if kind in services.index] if categories is not None else list(services.index)
    asked = [(words("vintage_people"), vintage) for vintage in people]
    asked += [(labels.category(str(kind)).name(lang, count=2), services[kind]) for kind in kinds]
    dated = [dated_text(what, str(vintage), words) for what, vintage in asked if _given(vintage)]
    undated = [what for what, vintage in asked if not _given(vintage)]
    if not dated:
        return []  # nobody told a date of anything
    whole = words("vintages", dated=", ".join(dated))
    return [whole + words("vintages_undated", undated=", ".join(undated)) + "." if undated else f"{whole}."]


def dated_text(what: str, vintage: str, words: Words) -> str:
    """Return what is of a year, or of a day: "médecins de 2013", "France services du 1er août 2024"."""
    told = day_text(vintage, words)
    return words("dated_year" if told == vintage else "dated_day", what=what, date=told)


def day_text(vintage: str, words: Words) -> str:
    """Return a day as it is read aloud; a year, or what is no day, as it is."""
    try:
        return labels.date_text(date.fromisoformat(vintage), lang=words.lang)
    except ValueError:
        return vintage


def _given(vintage: object) -> bool:
    return isinstance(vintage, str) and vintage != ""
