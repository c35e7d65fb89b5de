"""What a commune has within reach, in one sentence."""

from __future__ import annotations

import math

import pandas as pd

from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

MOST_PLANS = 3


def commune(
    table: pd.DataFrame,
    *,
    name: str,
    category: str,
    mean: float = math.nan,
    scenarios: tuple[str, ...] = (),
    lang: labels.Lang = "fr",
) -> list[str]:
    r"""Return how far a service is from one commune, beside the mean of its territory, and what each scenario changes.

    Parameters
    ----------
    table
        Of one commune, by (category, situation): `minutes` (NaN where nobody there reaches a site), `unreached_people`
        and `site`, the name of the nearest; as the table `services_by_commune` of a dossier. A scenario that has no row
        changes nothing there.
    name
        Of the commune.
    category
        The service that is told.
    mean
        Minutes of all people of the territory; left out where not given.
    scenarios
        Names of those told, in order; of more than three the others are counted.
    lang
        "fr" or "en".

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("pharmacy", "baseline"), ("pharmacy", "Plan")])
    >>> table = pd.DataFrame({"minutes": [13.6, 3.0], "unreached_people": 0.0, "site": ["Noyon", "Blois"]}, index=index)
    >>> commune(table, name="Coucy", category="pharmacy", mean=7.3, scenarios=("Plan",), lang="en")[0].replace(
    ...     "\xa0", " ")
    'In Coucy it takes 13.6 min on average to reach a pharmacy, “Noyon”, 6.3 min more than in the territory as a whole;
    with “Plan”, 3.0 min (−10.6 min).'
    """
    words = Words(labels.check_lang(lang))
    rows = table.xs(category, level=0)
    today = rows.loc[BASELINE].to_dict()
    before = float(today["minutes"])
    place = labels.capitalised(labels.at_place(name, lang=lang))
    kind = labels.category(category).with_article(lang)
    if math.isnan(before):
        told = words("commune_unreached", place=place, category=kind)
    else:
        told = words("commune_today", place=place, category=kind, minutes=words.minutes(before), site=today["site"])
        told += _beside(before, mean, words)
        if round(float(today["unreached_people"])):
            told += words("commune_some_unreached", n=round(float(today["unreached_people"])))
    changed, same = [], []
    for plan in scenarios:
        after = float(rows["minutes"].to_dict().get(plan, before))
        if after == before or (math.isnan(after) and math.isnan(before)):
            same.append(plan)
            continue
        change = words.change_shown(before, after) if not math.isnan(after - before) else ""
        if change or math.isnan(after - before):
            value = words.minutes(after) + (f" ({change})" if change else "")
            changed.append(words("commune_with", name=plan, value=value))
        else:
            same.append(plan)
    said = [told, *changed[:MOST_PLANS]]
    if len(changed) > MOST_PLANS:
        said.append(words("commune_more", n=len(changed) - MOST_PLANS))
    if same:
        named = [words("quoted", name=each) for each in same]
        said.append(words("commune_same", n=len(same), names=words.listed(named, most=MOST_PLANS)))
    return [words("joined").join(said) + "."]


def _beside(minutes: float, mean: float, words: Words) -> str:
    """Return how the minutes stand beside the mean, as the numbers are written."""
    if math.isnan(mean):
        return ""
    more = words.change_shown(mean, minutes)
    if not more:
        return words("commune_as_mean")
    key = "commune_above_mean" if minutes > mean else "commune_below_mean"
    return words(key, minutes=more.lstrip("+\u2212"))
