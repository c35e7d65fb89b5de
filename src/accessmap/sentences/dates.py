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
YEAR = re.compile(r"\d{4}(-\d{4})?")
PERIOD = re.compile(r"(\d{4}-\d\d-\d\d) – (\d{4}-\d\d-\d\d)")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT[\d:.]+(Z|[+-][\d:]+)?")
IN_TEXT = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)")
OLD_YEARS = 3  # by which data of one page are not of one time
UNKNOWN = ("", "undated")  # networks saved by 0.1 say the word


def vintages(table: pd.DataFrame, *, categories: Iterable[str] | None = None, lang: labels.Lang = "fr") -> list[str]:
    r"""Return of when the data of a study are: of people and services, and of all else; what has no date is named.

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
    >>> rows.append(["epci", None, "2024"])
    >>> for line in vintages(pd.DataFrame(rows, columns=["table", "category", "vintage"]), lang="en"):
    ...     print(line)
    Data: people of 2021, hospitals of 1 August 2024; date unknown: town halls.
    Besides: communes of each EPCI of 2024.
    """
    words = Words(labels.check_lang(lang))
    check_columns(table, "table", "category", "vintage", about="vintages")
    services = table[table["table"] == "services"].set_index("category")["vintage"]
    people = table.loc[table["table"] == "residents", "vintage"]
    kinds = [kind for kind in categories if kind in services.index] if categories is not None else list(services.index)
    first = [(words("vintage_people"), vintage) for vintage in people]
    first += [(labels.category(str(kind)).name(lang, count=2), services[kind]) for kind in kinds]
    beside = _beside(table, words)
    return [_line(key, asked, words) for key, asked in (("vintages", first), ("vintages_beside", beside)) if len(asked)]


def _beside(table: pd.DataFrame, words: Words) -> list[tuple[str, object]]:
    """Return what is neither people nor services, and its date, each once; what accessmap makes itself has none."""
    rows = table.reindex(columns=["table", "category", "vintage", "title", "publisher"])
    people = set(rows.loc[rows["table"] == "residents", "title"].dropna())
    rows = rows[~rows["table"].isin(["residents", "services"]) & (rows["publisher"] != "accessmap")]
    rows = rows[~((rows["table"] == "population") & rows["title"].isin(people))]  # told as that of the people
    modes = rows.loc[rows["table"] == "roads", "category"]
    names = rows["table"].map(lambda name: words(f"vintage_{name}"))
    # by mode only where there are several
    by_mode = {mode: words("vintage_by_mode", mode=words.mode(mode)) for mode in modes if len(modes) > 1}
    names = names.where(~rows["category"].isin(list(by_mode)), rows["category"].map(by_mode))
    return list(dict.fromkeys(zip(names, rows["vintage"].where(rows["vintage"].notna(), None), strict=True)))


def _line(key: str, asked: list[tuple[str, object]], words: Words) -> str:
    dated = [dated_text(what, str(vintage), words) for what, vintage in asked if _given(vintage)]
    undated = [what for what, vintage in asked if not _given(vintage)]
    parts = [", ".join(dated)] if dated else []
    parts += [words("vintages_undated", undated=", ".join(undated))] if undated else []
    return words(key, dated=words("vintages_then").join(parts)) + "."


def dated_text(what: str, vintage: str, words: Words) -> str:
    r"""Return what is of a year, month or day: "médecins de 2013", "d’août 2024", "du 1er août 2024"; or of several.

    >>> dated_text("France services", "2024-08", Words("fr")), dated_text("hospitals", "2022-12", Words("en"))
    ('France services d’août 2024', 'hospitals of December 2022')
    >>> dated_text("bus", "2025-01-01 – 2025-03-31", Words("en")), dated_text("bus", "v7", Words("en"))
    ('bus of 1 January 2025 to 31 March 2025', 'bus (v7)')
    """
    told = day_text(vintage, words)
    first = vintage.split(", ")[0]
    if PERIOD.fullmatch(vintage):
        return words("dated_period", what=what, period=told)
    if not YEAR.fullmatch(first) and not MONTH.fullmatch(first) and day_text(first, words) == first:
        return words("dated_version", what=what, version=vintage)
    if YEAR.fullmatch(first) or MONTH.fullmatch(first):
        return words("dated_elided" if told[0] in "aeo" else "dated_year", what=what, date=told)
    return words("dated_day", what=what, date=told)


def known_date(vintage: object, words: Words) -> str:
    """Return a date as it is read aloud, or that it is not known."""
    return day_text(str(vintage), words) if _given(vintage) else words("vintage_unknown")


def of_when(what: str, vintage: str, words: Words) -> str:
    r"""Return what is of a date, or that its date is not known: "médecins de 2013", "médecins (date inconnue)".

    >>> of_when("mairies", "2024-08-01", Words("fr")).replace("\xa0", " "), of_when("town halls", "", Words("en"))
    ('mairies du 1er août 2024', 'town halls (date unknown)')
    """
    return dated_text(what, vintage, words) if _given(vintage) else words("of_unknown_date", what=what)


def where_old(what: str, vintage: str, others: Iterable[object], words: Words) -> str:
    r"""Return in brackets what is of a date, where other data are three years or more younger; else nothing.

    >>> where_old("médecins", "2013", ["2013", "2024-08-01", None], Words("fr"))
    ' (médecins de 2013)'
    """
    years = [int(year) for year in IN_TEXT.findall(vintage)]
    newest = [int(year) for other in others if _given(other) for year in IN_TEXT.findall(str(other))]
    old = bool(years) and max(newest, default=0) - min(years) >= OLD_YEARS
    return words("dated_beside", dated=dated_text(what, vintage, words)) if old else ""


def day_text(vintage: str, words: Words) -> str:
    """Return a day, a month, a period or several as they are read aloud; a year, or what is no day, as it is."""
    if period := PERIOD.fullmatch(vintage):
        return words("dated_from_to", first=day_text(period[1], words), last=day_text(period[2], words))
    if ", " in vintage:
        return words("vintages_and").join(day_text(part, words) for part in vintage.split(", "))
    vintage = vintage.partition("T")[0] if MOMENT.fullmatch(vintage) else vintage
    if month := MONTH.fullmatch(vintage):
        return f"{words('months').split()[int(month[2]) - 1]} {month[1]}"
    try:
        return labels.date_text(date.fromisoformat(vintage), lang=words.lang)
    except ValueError:
        return vintage


def _given(vintage: object) -> bool:
    return isinstance(vintage, str) and vintage not in UNKNOWN
