"""Digital access: what networks reach, who is far and little connected, who helps, what schools have."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import pandas as pd

from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

MOST_NAMED: Final = 12


def digital(
    table: pd.DataFrame, *, below: pd.DataFrame, double_burden: pd.DataFrame, lang: labels.Lang = "fr"
) -> list[str]:
    """Return how far networks reach, which communes they do not reach whole, and which are far and little connected.

    Parameters
    ----------
    table
        By (technology, situation, group): `rate` (0-1) and `unknown_weight` (people); the first technology is told, of
        all people (group "all"). As the table `coverage_rates` of a dossier; empty where nothing is known.
    below
        `name` and `rate` of the communes that are not wholly covered, the lowest first.
    double_burden
        `name` of the communes that are far and little connected.
    lang
        "fr" or "en".
    """
    words = Words(labels.check_lang(lang))
    if table.empty:
        return [words("online_no_coverage")]
    first = str(table.index[0][0])
    technology = words(f"tech_{first}")
    said = []
    rates = table.loc[first]
    for name in dict.fromkeys(rates.index.get_level_values("situation")):
        row = rates.loc[(name, "all")].to_dict()
        share = labels.percent(row["rate"], lang=lang, digits=1)
        key = "online_rate" if name == BASELINE else "online_rate_scenario"
        said.append(words(key, share=share, technology=technology, name=name))
        if name == BASELINE and round(row["unknown_weight"]):
            said.append(words("digital_rate_unknown", n=round(row["unknown_weight"])))
    if len(below):
        named = [
            words("labelled_share", name=row["name"], share=labels.percent(row["rate"], lang=lang, digits=1))
            for row in below.to_dict("records")
        ]
        said.append(words("online_below", n=len(named), names=words.listed(named, most=MOST_NAMED)))
    if len(double_burden):
        names = words.listed(list(double_burden["name"]), most=MOST_NAMED)
        return [*said, words("double_burden_communes", n=len(double_burden), names=names)]
    unknown = rates["unknown_weight"].to_dict()[BASELINE, "all"]
    return [*said, words("double_burden_none_known" if round(unknown) else "double_burden_none")]


def digital_help(table: pd.DataFrame, *, kinds: Iterable[str], cutoff: float, lang: labels.Lang = "fr") -> list[str]:
    """Return how many people have a place that helps with digital services within reach.

    Parameters
    ----------
    table
        By (situation, moment): share of people (0-1) with a place within reach (`all`), as the table `digital_help` of
        a dossier; empty where no such place is known.
    kinds
        Categories of the places.
    cutoff
        What is within reach, in minutes.
    lang
        "fr" or "en".
    """
    words = Words(labels.check_lang(lang))
    if table.empty:
        return [words("online_no_help")]
    places = ", ".join(labels.category(kind).name(lang, count=2) for kind in kinds)
    share = words.percent(float(table["all"].to_dict()[BASELINE, "always"]))
    return [words("online_help", share=share, cutoff=words.cutoff(cutoff), kinds=places)]


def schools(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    """Return how many schools have any digital equipment, in each situation, and of how many it is not known.

    Parameters
    ----------
    table
        By (situation, measure): schools, schools_with, unknown_schools; "equipped" is told. As the table `schools` of a
        dossier; empty where no school is known.
    lang
        "fr" or "en".
    """
    words = Words(labels.check_lang(lang))
    if table.empty:
        return [words("online_no_schools")]
    said = []
    for name in dict.fromkeys(table.index.get_level_values("situation")):
        row = table.loc[(name, "equipped")].to_dict()
        if row["unknown_schools"] == row["schools"]:
            said.append(words("online_schools_nothing", n=round(row["schools"])))
            continue
        text = words("online_schools", n=round(row["schools_with"]), total=words.count(row["schools"]))
        said.append(text if name == BASELINE else words("labelled", name=words.name(str(name)), value=text))
        if name == BASELINE and row["unknown_schools"]:
            said.append(words("online_schools_unknown", n=round(row["unknown_schools"])))
    return said
