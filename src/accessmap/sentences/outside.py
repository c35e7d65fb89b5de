"""What access hangs on: sites outside the territory, and single sites."""

from __future__ import annotations

from typing import Final

import pandas as pd

from accessmap.words import words as labels
from accessmap.words.words import Words

MOST_EPCI: Final = 3
MOST_COMMUNES: Final = 8


def dependence(
    table: pd.DataFrame,
    *,
    outside_sites: pd.DataFrame,
    outside_people: float | None = None,
    lang: labels.Lang = "fr",
) -> list[str]:
    r"""Return how many people depend on sites outside, whose sites those are, and how many come from elsewhere.

    Parameters
    ----------
    table
        "inside", "outside", "unreached": people and share (0-1), as `accessmap.resilience.dependence` returns it.
    outside_sites
        By site outside: `people` and `epci_name`, as the table `outside_sites` of a dossier.
    outside_people
        People of elsewhere whose nearest site is inside; not given where sites outside are known to be missing.
    lang
        "fr" or "en".

    Examples
    --------
    >>> table = pd.DataFrame({"people": [900.0, 100.0], "share": [0.9, 0.1]}, index=["inside", "outside"])
    >>> sites = pd.DataFrame({"people": [100.0], "epci_name": ["CC du Val de l'Oise"]}, index=["s"])
    >>> dependence(table, outside_sites=sites, outside_people=0, lang="en")[1]
    "These sites are in 1 neighbouring intercommunal area: CC du Val de l'Oise (100\xa0people)."
    """
    words = Words(labels.check_lang(lang))
    gone, share = (float(table[column].to_dict()["outside"]) for column in ("people", "share"))
    if round(gone) == 0:
        said = [words("dependence_nobody")]
    else:
        said = [words("dependence_share", n=round(gone), share=words.percent(share))]
        named = outside_sites.assign(place=outside_sites["epci_name"].fillna(words("epci_unknown")))
        sums = named.groupby("place")["people"].sum().sort_values(ascending=False, kind="stable")
        sums = sums[sums.round() > 0]
        places = [words("with_people", name=name, people=words.people(people)) for name, people in sums.items()]
        said.append(words("dependence_epci", n=len(sums), names=words.listed(places, most=MOST_EPCI)))
    if outside_people is None:
        said.append(words("dependence_partial"))
    elif round(outside_people):
        key = "dependence_more_come" if round(outside_people) > round(gone) else "dependence_fewer_come"
        said.append(words("dependence_reverse", n=round(outside_people)) + words(key) + ".")
    else:
        said.append(words("dependence_nobody_comes"))
    return said


def resilience(
    table: pd.DataFrame,
    *,
    criticality: pd.DataFrame,
    people: float,
    modelled: bool = False,
    lang: labels.Lang = "fr",
) -> list[str]:
    """Return who is near thanks to one single site, and whose closing hurts most.

    Parameters
    ----------
    table
        By (cutoff, commune): people within it thanks to one single site (`one_away`), their `share` (0-1) and the
        commune's `name`, as the table `one_closure_away` of a dossier.
    criticality
        By site: `name`, `people` whose nearest it is and `minutes` that its closing adds, the worst first.
    people
        Of the territory.
    modelled
        Whether the roads are modelled, which exaggerates all of this.
    lang
        "fr" or "en".
    """
    words = Words(labels.check_lang(lang))
    cutoffs = [float(cutoff) for cutoff in dict.fromkeys(table.index.get_level_values("cutoff"))]
    said = [words("close_modelled")] if modelled else []
    nobody = []
    for cutoff in cutoffs:
        minutes = words.cutoff(cutoff)
        alone = float(table.xs(cutoff, level="cutoff")["one_away"].sum())
        if round(alone):
            share = words.percent(alone / people)
            said.append(words("close_alone", n=round(alone), share=share, cutoff=minutes))
        else:
            nobody.append(minutes)
    if nobody:
        said.append(words("close_alone_nobody", cutoffs=words("nor").join(nobody)))
    if len(criticality):
        worst = criticality.iloc[0]
        alike = criticality[
            (criticality["people"].round() == round(worst["people"]))
            & (criticality["minutes"].map(words.minutes) == words.minutes(worst["minutes"]))
        ]
        named = [each if isinstance(each, str) else words("site_unnamed") for each in alike["name"].head(MOST_COMMUNES)]
        site = words("close_worst_or").join(named)
        n = round(worst["people"])
        if pd.isna(worst["minutes"]):
            said.append(words("close_worst_unreached", site=site, n=n))
        else:
            said.append(words("close_worst", site=site, n=n, minutes=words.minutes(worst["minutes"])))
    exposed = pd.DataFrame(table.xs(cutoffs[0], level="cutoff"))
    most = exposed[exposed["share"] >= 0.5].sort_values("one_away", ascending=False, kind="stable")
    if len(most):
        names = words.listed(list(most["name"]), most=MOST_COMMUNES)
        said.append(words("close_communes", n=len(most), cutoff=words.cutoff(cutoffs[0]), names=names))
    return said
