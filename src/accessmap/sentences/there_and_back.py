"""Who can go by the timetable, be served, and come home the same day."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from accessmap.words import words as labels
from accessmap.words.words import Words


def round_trips(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return how many people can go to an open site and be home the same day, on the weekday and on a Saturday.

    Parameters
    ----------
    table
        By category: people, `date` and who `can` on it, `sure` with known hours alone; `saturday`, `saturday_can`,
        `saturday_sure` (missing where the timetable has no Saturday); `without_car`, whether people are those without a
        car. As the table `round_trips` of a dossier.
    lang
        "fr" or "en".

    Examples
    --------
    >>> row = {"people": 6000.0, "date": "2025-03-25", "can": 4230.0, "sure": 4230.0, "without_car": True}
    >>> row |= {"saturday": "2025-03-15", "saturday_can": 310.0, "saturday_sure": 310.0}
    >>> table = pd.DataFrame([row], index=["hospital"])
    >>> round_trips(table, lang="en")[0].replace("\xa0", " ")
    'Hospital: 4,230 people without a car (71%) can go to an open site and be home the same day; on a Saturday, 310.'
    """
    words = Words(labels.check_lang(lang))
    said = []
    for category, row in table.to_dict("index").items():
        values: dict[str, Any] = {"category": labels.capitalised(labels.category(str(category)).name(lang))}
        can, saturday = _whole(row["can"]), row["saturday_can"]
        values["share"] = words.percent(row["can"] / row["people"] if row["people"] else float("nan"))
        values["saturday"] = "" if row["saturday"] == row["date"] else _saturday(saturday, words)
        sure, later = _whole(row["sure"]), row["saturday_sure"]
        unsure = sure < can or (not np.isnan(saturday) and _whole(later) < _whole(saturday))
        values["site"] = words("round_trips_supposed" if unsure else "round_trips_open")
        whose = "without_car" if row["without_car"] else "everybody"
        said.append(words(f"round_trips_{whose}" if can else f"round_trips_{whose}_none", n=can, **values))
        if unsure and not sure and (np.isnan(later) or not _whole(later)):
            said.append(words("round_trips_unsure_of_all", category=values["category"]))
        elif unsure:
            values["saturday"] = values["saturday"] and _saturday(later, words)
            said.append(
                words("round_trips_unsure", n=sure, **{name: values[name] for name in ("category", "saturday")})
            )
    return said


def _saturday(people: float, words: Words) -> str:
    if np.isnan(people):
        return words("round_trips_no_saturday")
    return words("round_trips_saturday", n=_whole(people))


def _whole(people: float) -> int:
    return int(np.floor(people + 0.5))
