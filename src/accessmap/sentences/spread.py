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
        rest = words.percent(1 - share)
        said.append(words("ineq_between", share=words.percent(share), n=groups, rest=rest))
    said += [_scenario(table, coverage, people, str(name), words) for name in table if name != BASELINE]
    unit = capacity if capacity and lang == "fr" else words("capacity")
    longest = words.cutoff(max(coverage.index))
    return said + [
        words("ineq_moved", situation=words.name(str(name)), share=words.percent(share), unit=unit, cutoff=longest)
        for name, share in ({} if moved is None else moved).items()
    ]


def _spread(today: pd.Series, words: Words) -> str:
    best, worst = words.minutes(today["p10"]), words.minutes(today["p90"])
    ratio = float(today["p90_p10"])
    if math.isnan(ratio):
        return words("ineq_spread", best=best, worst=worst)
    whole = ratio >= 10 or round(ratio, 1) == round(ratio)
    return words("ineq_spread_ratio", best=best, worst=worst, ratio=words.count(ratio, digits=0 if whole else 1))


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
    near = float(coverage[name][line])
    more = (float(coverage[BASELINE][line]) - near) * people
    further = float(then["p90"] - now["p90"])
    before, after = (words.count(float(side["gini"]), digits=2) for side in (now, then))
    if before == after:
        verdict = words("ineq_gini_same", gini=after)
    else:
        longer = then["mean"] > now["mean"]
        key = ("less" if then["gini"] < now["gini"] else "more") + ("_longer" if longer else "")
        verdict = words(f"ineq_gini_{key}", before=before, after=after)
    return words(
        "ineq_scenario",
        name=words.name(name),
        worst=words.minutes(then["p90"]),
        change=words("unchanged") if abs(further) < 0.05 else words.change(further),
        cutoff=words.cutoff(line),
        people=words.people((1 - near) * people),
        more=words("same_number") if round(more) == 0 else labels.people_change(round(more), lang=words.lang),
        verdict=verdict,
    )
