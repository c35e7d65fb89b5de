"""What scenarios change of a service beside the minutes to it: hours, step-free access, capacity."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

import pandas as pd

from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

MOST_DIGITS: Final = 3


def touched(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return what scenarios change of opening hours, step-free access and capacity, before and after, a line each.

    Two numbers that differ are written with as many decimals as tell them apart, three at most. What is known in part
    is told as "at least", what is not at all as unknown.

    Parameters
    ----------
    table
        By (category, scenario, property): `within` minutes, `per` people and `unit` (of capacities, in French), and
        `before_worst`, `before_best`, `after_worst`, `after_best`, as the table `touched` of a dossier.
    lang
        "fr" or "en".

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("hospital", "plan", "capacity")])
    >>> row = {"within": 30, "per": 1000, "unit": "lits", "before_worst": 4.0, "before_best": 4.0, "after_worst": 4.25}
    >>> touched(pd.DataFrame({**row, "after_best": None}, index=index), lang="en")[0].replace("\xa0", " ")
    'Hospitals, capacity within 30 minutes per 1,000 people: 4.0 today, at least 4.3 with “plan”.'
    """
    words = Words(labels.check_lang(lang))
    records = list(zip(table.index, table.to_dict("records"), strict=True))
    written = [before_after(row, part, words) for (_, _, part), row in records]
    return [
        words(
            f"touched_{part}",
            kind=labels.capitalised(labels.category(category).name(lang, count=2)),
            unit=(row["unit"] if lang == "fr" else "") or words("capacity"),
            per=words.count(row["per"]),
            cutoff=words.cutoff(row["within"]),
            name=scenario,
            before=before,
            after=after,
        )
        for ((category, scenario, part), row), (before, after) in zip(records, written, strict=True)
    ]


def before_after(row: Mapping[Any, Any], part: str, words: Words) -> tuple[str, str]:
    """Return both numbers of a row as they are written; "as many" where they are the same."""
    sides = [(float(row[f"{side}_worst"]), float(row[f"{side}_best"])) for side in ("before", "after")]
    write = _WRITTEN[part]
    first = 0 if part == "step_free" else 1
    told = ("", "")
    for digits in range(first, MOST_DIGITS + 1):
        before, after = (bounded(*side, partial(write, words, digits), words) for side in sides)
        told = (before, after)
        if before != after:
            return told
    return (told[0], words("same_number")) if sides[0] == sides[1] else told


def bounded(worst: float, best: float, written: Callable[[float], str], words: Words) -> str:
    """Return a number that is known, "at least" what is known of it, or that it is not known."""
    if worst == best:
        return written(worst)
    return words("touched_at_least", value=written(worst)) if worst > 0 else words("hours_unknown")


def _hours(words: Words, digits: int, value: float) -> str:
    return words("touched_hours_written", value=words.count(value, digits=digits))


def _share(words: Words, digits: int, value: float) -> str:
    return labels.percent(value, lang=words.lang, digits=digits)


def _count(words: Words, digits: int, value: float) -> str:
    return words.count(value, digits=digits)


_WRITTEN: Final[dict[str, Callable[[Words, int, float], str]]] = {
    "hours": _hours,
    "step_free": _share,
    "capacity": _count,
}


def supply(table: pd.DataFrame, communes: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    """Return the capacity of the territory by situation, where supply per person rises or falls, what is not known.

    Parameters
    ----------
    table
        By (category, situation): `capacity`, `unknown_sites` and `unknown_people`, as the table `supply` of a dossier.
    communes
        By (category, situation, code): `at_least`, supply per person, as the table `supply_by_commune`.
    lang
        "fr" or "en".
    """
    words = Words(labels.check_lang(lang))
    said = []
    for category in table.index.unique("category"):
        facts = pd.DataFrame(table.xs(category, level="category")).to_dict("index")
        kind = labels.capitalised(labels.category(category).name(lang, count=2))
        held = {
            name: words("hours_unknown") if row["capacity"] != row["capacity"] else _written_as(row["capacity"], words)
            for name, row in facts.items()
        }
        others = "".join(
            words("supply_with", capacity=value, name=name) for name, value in held.items() if name != BASELINE
        )
        said.append(words("supply_today", kind=kind, capacity=held[BASELINE], others=others))
        here = communes["at_least"].xs(category, level="category")
        before = here.xs(BASELINE, level="situation")
        for name in facts:
            if name != BASELINE:
                change = here.xs(name, level="situation") - before
                near = 1e-9 * before.abs().max()
                counts = {"rises": int((change > near).sum()), "falls": int((change < -near).sum())}
                moves = [words(f"supply_{way}", communes=words("communes", n=n)) for way, n in counts.items() if n]
                moved = ", ".join(moves) or words("supply_stays")
                said.append(words("supply_communes", kind=kind, name=name, moved=moved))
        for name, row in facts.items():
            if row["unknown_people"]:
                unknown, people = int(row["unknown_sites"]), words.people(row["unknown_people"])
                said.append(
                    words("supply_unknown", n=unknown, kind=kind, situation=words.name(str(name)), people=people)
                )
    return said


def _written_as(value: float, words: Words) -> str:
    return words.count(value, digits=0 if value == round(value) else 1)
