"""What another choice would cost, in a sentence for the council."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from accessmap.errors import Problem, SitingError
from accessmap.words import words as labels
from accessmap.words.near import near_names
from accessmap.words.words import Words


def price(
    prices: pd.DataFrame,
    site: str,
    *,
    cutoff: float,
    names: Mapping[str, str] | pd.Series | None = None,
    lang: labels.Lang = "fr",
) -> list[str]:
    r"""Return what opening a site instead of a chosen one costs, as one sentence, or two where people reach none.

    Parameters
    ----------
    prices
        From `accessmap.siting.price`.
    site
        One of its rows.
    cutoff
        The minutes that it was given.
    names
        How sites are named to the public, by id; the ids where not given.
    lang
        "fr" or "en".

    Raises
    ------
    SitingError
        If there is no such row.
    ValueError
        For another language.

    Examples
    --------
    >>> prices = pd.DataFrame(
    ...     {"instead_of": ["b"], "mean_added": [2.1], "beyond_added": [800.0], "unreached_added": [0.0]}, index=["a"])
    >>> price(prices, "a", cutoff=20, names={"a": "Coucy", "b": "Anizy"}, lang="en")
    ['Coucy instead of Anizy: 2.1\xa0more minutes on average, 800\xa0more people beyond 20\xa0minutes.']
    """
    words = Words(labels.check_lang(lang))
    if site not in prices.index:
        raise SitingError(Problem("price_no_site", value=site, near=near_names(site, prices.index)))
    row = prices.loc[[site]].to_dict("records")[0]
    named = {} if names is None else dict(names)
    other = str(row["instead_of"])
    said = words(
        "price_line",
        site=named.get(site, site),
        other=named.get(other, other),
        mean=_mean(float(row["mean_added"]), words),
        beyond=_beyond(float(row["beyond_added"]), cutoff, words),
    )
    lost = math.floor(float(row["unreached_added"]) + 0.5)
    return [said] if lost < 1 else [said, words("price_unreached", n=lost)]


def _mean(added: float, words: Words) -> str:
    """Return the change of the mean: to the hundredth below a minute, to the tenth above."""
    if math.isnan(added):
        return words("price_mean_unknown")
    digits = 1 if abs(added) >= 1 else 2
    size = round(abs(added), digits)
    if not size:
        return words("price_mean_same")
    value = words.count(size, digits=digits)
    return words(f"price_mean_{'more' if added > 0 else 'less'}", n=size, value=value)


def _beyond(added: float, cutoff: float, words: Words) -> str:
    minutes = words.cutoff(cutoff)
    people = math.floor(abs(added) + 0.5)
    if not people:
        return words("price_beyond_same", minutes=minutes)
    return words(f"price_beyond_{'more' if added > 0 else 'less'}", n=people, minutes=minutes)
