"""Opening hours, which files write as OpenStreetMap does, as they are read: "lundi à jeudi 8 h 30-12 h"."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from accessmap.words.words import Words

DAYS: Final = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
DAY: Final = "|".join(DAYS)
MONTH: Final = "|".join(MONTHS)
CLOCK: Final = r"(?<![\d:])([0-4]?\d):([0-5]\d)(?![\d:])"


def hours_text(hours: str, words: Words) -> str:
    r"""Return opening hours (the `opening_hours` of OpenStreetMap) in words; what is no day or time stays as it is.

    Parameters
    ----------
    hours
        Such as "Mo-Th 08:30-12:00,13:30-18:00; PH off"; rules are parted by semicolons.
    words
        Of the language.

    Notes
    -----
    https://wiki.openstreetmap.org/wiki/Key:opening_hours/specification

    Examples
    --------
    >>> french = Words("fr")
    >>> hours_text("Mo-Th 08:30-12:00,13:30-18:00; Fr 09:00-12:00; PH off", french).replace("\xa0", " ")
    'lundi à jeudi 8 h 30-12 h et 13 h 30-18 h\u202f; vendredi 9 h-12 h\u202f; fermé les jours fériés'
    >>> hours_text("Sa[1] 10:00-12:00; Su off", Words("en")), hours_text("24/7", french)
    ('1st Saturday of the month 10:00-12:00; closed on Sunday', 'tous les jours, jour et nuit')
    """
    parts = re.split(r'("[^"]*")', hours)  # comments in quotes stay
    told = "".join(part if part.startswith('"') else part.replace(";", "\n").replace("||", "\n") for part in parts)
    rules = [_rule(rule.strip(" ,"), words) for rule in told.split("\n") if rule.strip(" ,")]
    return words("vintages_then").join(rules)


def _rule(rule: str, words: Words) -> str:
    """Return one rule: when it is closed or not known said first, then days, then spans."""
    if rule == "24/7":
        return words("hours_always")
    rest, state = re.subn(r"\b(off|closed)$", "", rule)
    if state:
        return words("hours_closed", when=_closed_when(rest.strip(), words)).strip()
    rest, state = re.subn(r"\bunknown$", "", rule)
    told = _days(_spans(rest.strip(), words), words)
    return words("hours_not_known", when=told) if state else re.sub(r"\s*\bopen$", "", told)


def _closed_when(when: str, words: Words) -> str:
    """Return when it is closed, with its article: "le samedi", "les jours fériés", "du samedi au lundi"."""
    if not when:
        return words("hours_every_day")
    names = dict(zip(DAYS, words("weekdays").split(), strict=True))
    parts = [part.strip() for part in when.split(",")]
    told = []
    for part in parts:
        if days := re.fullmatch(rf"({DAY})-({DAY})", part):
            told.append(words("hours_closed_from", first=names[days[1]], last=names[days[2]]))
        elif part in names:
            told.append(words("hours_closed_on", day=names[part]))
        elif part in ("PH", "SH"):
            told.append(words(f"hours_on_{part.lower()}"))
        else:
            day = _days(_spans(part, words), words)
            told.append(words("hours_closed_on", day=day) if day[:1].isdigit() else day)
    return ", ".join(told)


def _spans(text: str, words: Words) -> str:
    """Return the times of a rule: "8 h 30-12 h et 13 h 30-18 h"; a closing time past midnight is that of the clock."""

    def clock(found: re.Match[str]) -> str:
        hour = int(found[1]) % 24 if int(found[1]) > 24 else int(found[1])
        return words("clock_full" if found[2] == "00" else "clock", hour=hour, minute=found[2])

    text = re.sub(r"\bsunrise\b", words("hours_sunrise"), re.sub(r"\bsunset\b", words("hours_sunset"), text))
    text = re.sub(rf"({CLOCK})\s*-\s*({CLOCK})\s*,\s*(?=[0-4]?\d:)", rf"\1-\4{words('hours_and')}", text)
    return re.sub(CLOCK, clock, text)


def _days(text: str, words: Words) -> str:
    """Return the days and months of a rule in words."""
    days = dict(zip(DAYS, words("weekdays").split(), strict=True))
    months = dict(zip(MONTHS, words("months").split(), strict=True))

    def nth(found: re.Match[str]) -> str:
        numbers = [part.strip() for part in found[2].split(",")]
        told = [words(f"hours_nth_{'last' if each == '-1' else each}") for each in numbers]
        return words("hours_of_month", nth=words("hours_and").join(told), day=days[found[1]])

    def dated(found: re.Match[str]) -> str:
        day = words("hours_nth_1") if int(found[2]) == 1 and words.lang == "fr" else int(found[2])
        return words("hours_date", day=day, month=months[found[1]])

    rules: list[tuple[str, Callable[[re.Match[str]], str] | str]] = [
        (r"\bMo-Su\b", words("hours_every_day")),
        (rf"\b({DAY})\[((?:-1|[1-5])(?:\s*,\s*(?:-1|[1-5]))*)\]", nth),
        (rf"\b({DAY})-({DAY})\b", lambda found: words("hours_to", first=days[found[1]], last=days[found[2]])),
        (rf"\b({DAY})\b", lambda found: days[found[1]]),
        (rf"\b({MONTH}) (\d\d?)\b", dated),
        (rf"\b({MONTH})-({MONTH})\b", lambda found: words("hours_to", first=months[found[1]], last=months[found[2]])),
        (rf"\b({MONTH})\b", lambda found: months[found[1]]),
        (r"\bPH\b", words("hours_ph")),
        (r"\bSH\b", words("hours_sh")),
    ]
    for pattern, told in rules:
        text = re.sub(pattern, told, text)
    return re.sub(r"\s*,\s*", ", ", text)
