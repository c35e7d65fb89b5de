"""What another choice would cost, in a sentence for the council."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from accessmap.errors import SitingError
from accessmap.words import words as labels
from accessmap.words.near import did_you_mean

__all__ = ["price_sentence"]


def price_sentence(
    prices: pd.DataFrame,
    site: str,
    *,
    cutoff: float,
    names: Mapping[str, str] | pd.Series | None = None,
    lang: labels.Lang = "fr",
) -> str:
    r"""Return what opening a site instead of a chosen one costs, as one sentence, or two where people reach none.

    Parameters
    ----------
    prices
        From `price`.
    site
        One of its rows.
    cutoff
        The minutes that `price` was given.
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
    >>> price_sentence(prices, "a", cutoff=20, names={"a": "Coucy", "b": "Anizy"}, lang="en")
    'Coucy instead of Anizy: 2.1\xa0more minutes on average, 800\xa0more people beyond 20\xa0minutes.'
    """
    labels.check_lang(lang)
    if site not in prices.index:
        raise SitingError(f"price_sentence: no site {site!r} has a price{did_you_mean(site, prices.index)}.")
    row = prices.loc[[site]].to_dict("records")[0]
    named = {} if names is None else dict(names)
    other = str(row["instead_of"])
    told = labels.text(
        "price_line",
        lang=lang,
        site=named.get(site, site),
        other=named.get(other, other),
        mean=_mean(float(row["mean_added"]), lang),
        beyond=_beyond(float(row["beyond_added"]), cutoff, lang),
    )
    lost = math.floor(float(row["unreached_added"]) + 0.5)
    return told if lost < 1 else f"{told} {labels.text('price_unreached', lang=lang, n=lost)}"


def _mean(added: float, lang: labels.Lang) -> str:
    """Return the change of the mean: to the hundredth below a minute, to the tenth above."""
    if math.isnan(added):
        return labels.text("price_mean_unknown", lang=lang)
    digits = 1 if abs(added) >= 1 else 2
    size = round(abs(added), digits)
    if not size:
        return labels.text("price_mean_same", lang=lang)
    value = labels.number(size, digits=digits, lang=lang)
    return labels.text(f"price_mean_{'more' if added > 0 else 'less'}", lang=lang, n=size, value=value)


def _beyond(added: float, cutoff: float, lang: labels.Lang) -> str:
    minutes = labels.cutoff(cutoff, lang=lang)
    people = math.floor(abs(added) + 0.5)
    if not people:
        return labels.text("price_beyond_same", lang=lang, minutes=minutes)
    return labels.text(f"price_beyond_{'more' if added > 0 else 'less'}", lang=lang, n=people, minutes=minutes)
