"""How things were, beside today."""

from __future__ import annotations

import pandas as pd

from accessmap.categories import Category
from accessmap.sentences.access import who_changes
from accessmap.words import words as labels
from accessmap.words.words import Words


def history(table: pd.DataFrame, *, category: str, cutoff: float, lang: labels.Lang = "fr") -> list[str]:
    r"""Return how it was in each scenario that is history, and what has changed since, a sentence each.

    Parameters
    ----------
    table
        By scenario: `sites` in the territory, `share` of people (0-1) within the cutoff and `mean` minutes, then and
        (`sites_now` …) today; people: `gain`, `lose`, `newly_reached`, `no_longer_reached`, since then; where it has
        `counted`, whether sites are numbers by commune.
    category
        Of the sites.
    cutoff
        Minutes that the shares are of.
    lang
        "fr" or "en".

    Examples
    --------
    >>> row = {"sites": 0, "sites_now": 3, "share": 0.01, "share_now": 0.72, "mean": 19.6, "mean_now": 7.3}
    >>> row |= {"gain": 65813, "lose": 0, "newly_reached": 0, "no_longer_reached": 0}
    >>> for line in history(pd.DataFrame([row], ["2017"]), category="france_services", cutoff=10, lang="en"):
    ...     print(line.replace("\xa0", " "))
    2017: no France services in the territory; 1% of people within 10 minutes, mean trip 19.6 min.
    Today: 3 France services in the territory; 72% of people within 10 minutes, mean trip 7.3 min. Since then: 65,813
    people gain at least 1 minute.
    """
    words = Words(labels.check_lang(lang))
    kind = labels.category(category)
    said = []
    for name, row in table.to_dict("index").items():
        for end, at in (("", str(name)), ("_now", words("baseline"))):
            sites = int(row[f"sites{end}"])
            held = sites_told(sites, kind, words, counted=bool(row.get("counted")))
            told = words(
                "history_line",
                name=at,
                sites=held,
                share=words.percent(float(row[f"share{end}"])),
                cutoff=words.cutoff(cutoff),
                mean=words.minutes(float(row[f"mean{end}"])),
            )
            said.append(told)
        moved = who_changes(row, words)
        said[-1] += " " + (words("history_since", moved=", ".join(moved)) if moved else words("history_same"))
    return said


def sites_told(sites: int, kind: Category, words: Words, *, counted: bool = False) -> str:
    """Return how many sites there are; where some are numbers by commune, in how many places: "médecins en 3 lieux"."""
    if not sites:
        return words("history_none_f" if kind.feminine else "history_none", kind=kind.name(words.lang))
    if counted:
        return words("history_places", n=sites, kinds=kind.name(words.lang, count=2))
    return words("history_sites", n=sites, kinds=kind.name(words.lang, count=sites))
