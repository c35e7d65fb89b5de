"""What scenarios change of a service beside the minutes to it: hours, step-free access, capacity."""

from __future__ import annotations

import math
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
    said = []
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for (category, scenario, part), row in zip(table.index, table.to_dict("records"), strict=True):
        rows.setdefault((category, part), {})[scenario] = row
    for (category, part), by in rows.items():
        row = next(iter(by.values()))
        before, after = before_after(by, part, words)
        kind = labels.capitalised(labels.category(category).name(lang, count=2))
        unit = row["unit"] if lang == "fr" and isinstance(row["unit"], str) else ""
        # Where what is counted is the kind itself, doctors, it is named once.
        same = part == "capacity" and unit.casefold() == kind.casefold()
        said.append(
            words(
                "touched_counted" if same else f"touched_{part}",
                kind=kind,
                unit=unit or words("capacity"),
                per=words.count(row["per"]),
                cutoff=words.cutoff(row["within"]),
                before=before,
                after=", ".join(words("touched_with", value=value, name=name) for name, value in after.items()),
            )
        )
    return said


def before_after(rows: Mapping[str, Mapping[Any, Any]], part: str, words: Words) -> tuple[str, dict[str, str]]:
    """Return the number of today and that of each scenario as they are written; "as many" where they are the same."""
    first = next(iter(rows.values()))
    before = _bounds(first, "before")
    sides = {name: _bounds(row, "after") for name, row in rows.items()}
    other = {name: side for name, side in sides.items() if side != before}
    for digits in range(0 if part == "step_free" else 1, MOST_DIGITS + 1):
        write = partial(_WRITTEN[part], words, digits)
        now, then = bounded(*before, write, words), {name: bounded(*side, write, words) for name, side in other.items()}
        if now not in then.values():
            break
    return now, {name: then.get(name, words("same_number")) for name in sides}


def _bounds(row: Mapping[Any, Any], when: str) -> tuple[float, float]:
    """Return the least and the most of a number; infinite where there is no most."""
    worst, best = row[f"{when}_worst"], row[f"{when}_best"]
    return float(worst), math.inf if best is None or math.isnan(best) else float(best)


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
        unknown = {
            name: (int(row["unknown_sites"]), words.people(row["unknown_people"])) for name, row in facts.items()
        }
        if len(set(unknown.values())) == 1:
            unknown = {"": unknown[BASELINE]}
        for name, (n, people) in unknown.items():
            if n:
                place = f", {words.name(str(name))}" if name else ""
                said.append(words("supply_unknown", n=n, kind=f"{kind}{place}", people=people))
    return said


def _written_as(value: float, words: Words) -> str:
    return words.count(value, digits=0 if value == round(value) else 1)
