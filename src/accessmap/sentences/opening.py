"""When sites are open."""

from __future__ import annotations

from typing import Final

import pandas as pd

from accessmap.words import words as labels
from accessmap.words.near import plain
from accessmap.words.words import Words

SATURDAY: Final = "saturday_morning"
MOST_NAMED: Final = 14
FEW: Final = 0.5  # a commune is named where less than this share of its people have an open site


def hours(table: pd.DataFrame, communes: pd.DataFrame, *, category: str, lang: labels.Lang = "fr") -> list[str]:
    """Return whose hours are known, and who has an open site nearby on Saturday morning.

    Parameters
    ----------
    table
        By (moment, within): worst and best share of people (0-1) with an open site within so many minutes; sites that
        are `open` and `unknown` at that moment; and the `category` whose hours they are. As the table `hours` of a
        dossier; empty where no hours are known.
    communes
        By commune: name, people, and the worst and best share on Saturday morning within the shortest minutes, as the
        table `hours_by_commune`.
    category
        The service studied; the hours may be those of another.
    lang
        "fr" or "en".
    """
    words = Words(labels.check_lang(lang))
    whose = str(table["category"].iloc[0]) if len(table) else ""
    said = []
    if whose != category:
        said.append(words("open_not_known", category=labels.category(category).name(lang, count=2)))
    if not whose:
        return said
    name = labels.category(whose).name(lang, count=2)
    if whose != category:
        said.append(words("open_instead", category=name))
    saturday = table.xs(SATURDAY, level="moment")
    total = words.count(table.xs("always", level="moment")["open"].iloc[0])
    unknown = int(table["unknown"].max())
    if unknown:
        said.append(words("open_some_unknown", n=unknown, total=total, category=name))
    cutoff = words.cutoff(float(saturday.index[0]))
    share = words.percent(saturday["worst"].iloc[0])
    n = saturday["open"].iloc[0]
    said.append(words("open_saturday", n=n, total=total, category=name, share=share, cutoff=cutoff))
    return [*said, *_far_on_saturday(communes, cutoff, words)]


def _far_on_saturday(communes: pd.DataFrame, cutoff: str, words: Words) -> list[str]:
    """Return the communes where nobody, then where few, have an open site nearby on Saturday morning.

    Those that a site of unknown hours could serve are named apart: of them neither yes nor no is known.
    """
    far = communes[(communes["worst"] < FEW) & (communes["people"] > 0)]
    far = far.sort_values("name", key=lambda names: names.map(plain))
    if far.empty:
        return [words("open_saturday_everywhere", cutoff=cutoff)]
    none, surely_none, surely_few = far["worst"] == 0, far["best"] == 0, far["best"] < FEW
    kinds = {
        "open_saturday_nobody": surely_none,
        "open_saturday_nobody_perhaps": none & ~surely_none,
        "open_saturday_few": ~none & surely_few,
        "open_saturday_few_perhaps": ~none & ~surely_few,
    }
    named = {key: list(far["name"][those]) for key, those in kinds.items()}
    return [
        words(key, n=len(names), cutoff=cutoff, names=words.listed(names, most=MOST_NAMED))
        for key, names in named.items()
        if names
    ]
