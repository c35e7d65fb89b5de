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


def lines_changed(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return who gains and loses a minute or more by the timetable, and can be home the same day, by scenario.

    Parameters
    ----------
    table
        By scenario: gain, lose, newly_reached and no_longer_reached (people), can_before and can; `without_car`,
        whether people are those without a car. As the table `lines_changed` of a dossier.
    lang
        "fr" or "en".

    Examples
    --------
    >>> row = {"gain": 410.0, "lose": 12.0, "newly_reached": 95.0, "no_longer_reached": 0.0}
    >>> table = pd.DataFrame([row | {"can_before": 4230.0, "can": 4325.0, "without_car": True}], index=["Shuttle"])
    >>> for line in lines_changed(table, lang="en"):
    ...     print(line.replace("\xa0", " ").replace("minute, ", "minute,\n"))
    “Shuttle”, by public transport: 410 people without a car gain at least 1 minute,
    12 lose as much, 95 people are newly reached.
    “Shuttle”: 4,325 people without a car can go and be home the same day (4,230 today).
    """
    words = Words(labels.check_lang(lang))
    said = []
    for name, row in table.to_dict("index").items():
        who = "without_car" if row["without_car"] else "everybody"
        gain, lose = _whole(row["gain"]), _whole(row["lose"])
        parts = [words(f"lines_gain_{who}", n=gain) if gain else words(f"lines_gain_nobody_{who}")]
        parts.append(words("lines_lose", n=lose) if lose else words("lines_lose_nobody"))
        for column in ("newly_reached", "no_longer_reached"):
            parts += [words(f"lines_{column}", n=_whole(row[column]))] if _whole(row[column]) else []
        said.append(words("lines_moved", name=name, told=", ".join(parts)))
        can, before = _whole(row["can"]), words.count(_whole(row["can_before"]))
        said.append(words(f"lines_can_{who}" if can else f"lines_can_nobody_{who}", n=can, name=name, before=before))
    return said


def served(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return how many people have a stop of class A to D within reach, of a lower class, and none.

    Parameters
    ----------
    table
        By commune: people by class, the best first, and "none". As `am.lines.people_by_class` counts them.
    lang
        "fr" or "en".

    Examples
    --------
    >>> row = dict(zip([*"ABCDEF", "none"], [0.0, 0.0, 40.0, 10.0, 50.0, 0.0, 100.0]))
    >>> for line in served(pd.DataFrame([row]), lang="en"):
    ...     print(line.replace("\xa0", " "))
    50 people (25%) live within 1 km of a stop that gives class A to D of public transport, 50 of class E or F.
    100 people (50%) have no stop near enough at which something of this timetable leaves often enough for a class.
    """
    words = Words(labels.check_lang(lang))
    people = table.sum()
    whole = float(people.sum())
    names = [str(name) for name in people.index[:-1]]
    good, rest = ([name for name in names if (name <= "D") is best] for best in (True, False))
    near, less, none = _whole(people[good].sum()), _whole(people[rest].sum()), _whole(people.iloc[-1])

    def share(n: int) -> str:
        return words.percent(n / whole if whole else float("nan"))

    more = words("served_rest", n=less, first=rest[0], last=rest[-1]) if rest and less else ""
    said = [words("served_near" if near else "served_near_nobody", n=near, share=share(near), rest=more)]
    return [*said, words("served_far" if none else "served_far_nobody", n=none, share=share(none))]


def _saturday(people: float, words: Words) -> str:
    if np.isnan(people):
        return words("round_trips_no_saturday")
    return words("round_trips_saturday", n=_whole(people))


def _whole(people: float) -> int:
    return int(np.floor(people + 0.5))
