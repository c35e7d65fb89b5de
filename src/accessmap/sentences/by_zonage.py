"""Results by zonage of communes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words


def zonages(table: pd.DataFrame, *, cutoff: float, lang: labels.Lang = "fr") -> list[str]:
    r"""Return how near people are in each zonage and beside it, and what each scenario makes of that, a sentence each.

    Parameters
    ----------
    table
        By (zonage, side "in", "out" or "unknown", situation): communes, people, median minutes and share (0-1) of
        people within the cutoff, as the table `zonages` of a dossier.
    cutoff
        Minutes that the shares are of.
    lang
        "fr" or "en".

    Examples
    --------
    >>> facts = {"communes": [2, 3], "people": [500.0, 900.0], "median": [12.0, 8.0], "share": [0.4, 0.7]}
    >>> keys = pd.MultiIndex.from_tuples([("frr", "in", "baseline"), ("frr", "out", "baseline")])
    >>> for line in zonages(pd.DataFrame(facts, index=keys), cutoff=10, lang="en"):
    ...     print(line.replace("\xa0", " "))
    France ruralités revitalisation (FRR): 2 communes, 500 people, 40% of them within 10 minutes, median trip 12.0 min;
    in the rest of the territory (900 people) 70%, median trip 8.0 min.
    """
    words = Words(labels.check_lang(lang))
    facts: dict[Any, Any] = table.to_dict("index")
    said = []
    for flag in dict.fromkeys(key[0] for key in facts):
        name = words(f"zonage_{flag}")
        sides = {side: facts.get((flag, side, BASELINE)) for side in ("in", "out", "unknown")}
        told = _today(name, sides["in"], sides["out"], cutoff, words)
        for situation in dict.fromkeys(key[2] for key in facts if key[2] != BASELINE):
            told += _under(situation, facts.get((flag, "in", situation)), facts.get((flag, "out", situation)), words)
        if row := sides["unknown"]:
            communes = words("communes", n=int(row["communes"]))
            told += " " + words("zonages_unknown", communes=communes, people=words.people(row["people"]))
        said.append(told)
    return said


def _today(
    name: str, inside: Mapping[str, Any] | None, beside: Mapping[str, Any] | None, cutoff: float, words: Words
) -> str:
    """Return the people of a zonage and the others, or that there are none of one kind."""
    if inside is None:
        return words("zonages_nowhere", name=name)
    told: dict[str, Any] = {
        "name": name,
        "communes": words("communes", n=int(inside["communes"])),
        "people": words.people(inside["people"]),
        "share": words.percent(inside["share"]),
        "median": words.minutes(inside["median"]),
        "cutoff": words.cutoff(cutoff),
    }
    if beside is None:
        return words("zonages_everywhere", **told)
    told |= {"other_people": words.people(beside["people"]), "other_share": words.percent(beside["share"])}
    return words("zonages_today", other_median=words.minutes(beside["median"]), **told)


def _under(situation: str, inside: Mapping[str, Any] | None, beside: Mapping[str, Any] | None, words: Words) -> str:
    """Return the shares under a scenario; nothing where no commune is in the zonage."""
    if inside is None:
        return ""
    key = "zonages_under" if beside is not None else "zonages_under_alone"
    other = words.percent(beside["share"]) if beside is not None else ""
    return " " + words(key, name=situation, share=words.percent(inside["share"]), other=other)
