"""How unequally minutes are spread over people."""

from __future__ import annotations

import math

import pandas as pd

from accessmap.sentences.access import quoted_cutoff
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words


def inequality(
    table: pd.DataFrame,
    *,
    coverage: pd.DataFrame,
    people: float,
    groups: int = 0,
    moved: pd.Series | None = None,
    capacity: str = "",
    lang: labels.Lang = "fr",
) -> list[str]:
    """Return the spread of minutes today, who is far, between whom it is, and what each scenario changes of it.

    Parameters
    ----------
    table
        Indicators of `accessmap.imbalance.summary` × "baseline" and scenarios, as the table `imbalance` of a dossier.
    coverage
        Share of people (0-1): cutoffs × the same columns.
    people
        How many people the shares are of.
    groups
        How many areas the Theil index tells apart; 0 for none.
    moved
        By situation, the share (0-1) of capacity that would have to move for all to have as much.
    capacity
        What capacities count, in French; "capacity" where that is not known, or in English.
    lang
        "fr" or "en".
    """
    words = Words(labels.check_lang(lang))
    today = table[BASELINE]
    if math.isnan(today["mean"]):
        return [words("ineq_nobody")]
    said = [_spread(today, words), _beyond(coverage, people, words)]
    if groups and today["theil"] > 0:
        share = today["theil_between"] / today["theil"]
        written, rest = words.percent(share), words.percent(1 - round(share, 12))
        if 0.005 <= share <= 0.995:
            rest = words.percent(1 - math.floor(share * 100 + 0.5 + 1e-9) / 100)  # both parts as written make the whole
        said.append(words("ineq_between", share=written, n=groups, rest=rest))
    said += [_scenario(table, coverage, people, str(name), words) for name in table if name != BASELINE]
    unit = capacity if capacity and lang == "fr" else words("capacity")
    longest = words.cutoff(max(coverage.index))
    return said + [
        words("ineq_moved", situation=words.name(str(name)), share=words.percent(share), unit=unit, cutoff=longest)
        for name, share in ({} if moved is None else moved).items()
    ]


def _spread(today: pd.Series, words: Words) -> str:
    best, worst = words.minutes(today["p10"]), words.minutes(today["p90"])
    if math.isnan(today["p90_p10"]) or best == worst:
        return words("ineq_spread", best=best, worst=worst)
    return words("ineq_spread_ratio", best=best, worst=worst, ratio=words.times(today["p90"], today["p10"]))


def _beyond(coverage: pd.DataFrame, people: float, words: Words) -> str:
    """Return how many people are beyond each threshold today; those not reached are beyond all."""
    parts: list[str] = []
    for cutoff, share in coverage[BASELINE].items():
        left = 1 - float(share)
        minutes = words.cutoff(float(str(cutoff)))
        if round(left * people) == 0:
            parts.append(words("ineq_beyond_nobody" if parts else "ineq_beyond_nobody_first", cutoff=minutes))
            break
        key = "ineq_beyond_more" if parts else "ineq_beyond"
        parts.append(words(key, n=round(left * people), share=words.percent(left), cutoff=minutes))
    return ", ".join(parts) + "."


def _scenario(table: pd.DataFrame, coverage: pd.DataFrame, people: float, name: str, words: Words) -> str:
    """Return what a scenario changes; a Gini index that falls because everyone is further off is no progress."""
    now, then = table[BASELINE], table[name]
    if math.isnan(then["mean"]):
        return words("ineq_scenario_nobody", name=words.name(name))
    line = quoted_cutoff(coverage)
    beyond, before = (round((1 - float(coverage[column][line])) * people) for column in (name, BASELINE))
    more = beyond - before
    old, after = (words.count(float(side["gini"]), digits=2) for side in (now, then))
    if old == after:
        verdict = words("ineq_gini_same", gini=after)
    else:
        longer = words.change_shown(now["mean"], then["mean"]) and then["mean"] > now["mean"]
        key = ("less" if then["gini"] < now["gini"] else "more") + ("_longer" if longer else "")
        verdict = words(f"ineq_gini_{key}", before=old, after=after)
    return words(
        "ineq_scenario",
        name=words.name(name),
        worst=words.minutes(then["p90"]),
        change=words.change_shown(now["p90"], then["p90"]) or words("unchanged"),
        cutoff=words.cutoff(line),
        people=words.people(beyond),
        more=labels.people_change(more, lang=words.lang) if more else words("same_number"),
        verdict=verdict,
    )
