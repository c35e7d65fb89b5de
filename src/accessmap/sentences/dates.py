"""Of when the data are, in one sentence for the head of a page."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

import pandas as pd

from accessmap.tables.aligned import check_columns
from accessmap.words import words as labels
from accessmap.words.words import Words

MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


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
    """Return what is of a year, a month or a day: "médecins de 2013", "d’août 2024", "du 1er août 2024".

    >>> dated_text("France services", "2024-08", Words("fr")), dated_text("hospitals", "2022-12", Words("en"))
    ('France services d’août 2024', 'hospitals of December 2022')
    """
    told = day_text(vintage, words)
    if told == vintage or MONTH.fullmatch(vintage):
        return words("dated_elided" if told[0] in "aeo" else "dated_year", what=what, date=told)
    return words("dated_day", what=what, date=told)


def day_text(vintage: str, words: Words) -> str:
    """Return a day or a month as it is read aloud; a year, or what is no day, as it is."""
    if month := MONTH.fullmatch(vintage):
        return f"{words('months').split()[int(month[2]) - 1]} {month[1]}"
    try:
        return labels.date_text(date.fromisoformat(vintage), lang=words.lang)
    except ValueError:
        return vintage


def _given(vintage: object) -> bool:
    return isinstance(vintage, str) and vintage != ""
