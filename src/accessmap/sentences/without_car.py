"""People without a car who are left out, in a sentence for the public."""

from typing import Any

import numpy as np
import pandas as pd

from accessmap.errors import StudyError
from accessmap.words import words as labels
from accessmap.words.near import did_you_mean

__all__ = ["captive_sentence"]


def captive_sentence(table: pd.DataFrame, *, mode: str, cutoff: float, category: str, lang: labels.Lang = "fr") -> str:
    r"""Return how many people without a car are left out, as one sentence for the public.

    Parameters
    ----------
    table
        From `without_car`.
    mode, cutoff
        One of its rows; the words of "walk" and "bike" are known, another mode is shown as it is named.
    category
        Of the sites.
    lang
        "fr" or "en".

    Raises
    ------
    StudyError
        If the table has no such row.
    ValueError
        For another language.

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("walk", 30)], names=["mode", "cutoff"])
    >>> table = pd.DataFrame({"left_out": [1240.0], "left_out_share": [0.38]}, index=index)
    >>> captive_sentence(table, mode="walk", cutoff=30, category="pharmacy", lang="en").replace("\xa0", " ")
    'Pharmacy: 1,240 people without a car (38%) have no site within 30 minutes on foot, though by car they would.'
    """
    labels.check_lang(lang)
    if (mode, cutoff) not in table.index:
        modes = table.index.unique("mode")
        raise StudyError(f"captive_sentence: no row for {mode!r} at {cutoff:g} minutes{did_you_mean(mode, modes)}.")
    row = table.loc[[(mode, cutoff)]].to_dict("records")[0]
    people = int(np.floor(row["left_out"] + 0.5))
    told: dict[str, Any] = {
        "category": labels.capitalised(labels.category(category).name(lang)),
        "minutes": labels.cutoff(cutoff, lang=lang),
        "mode": labels.text(f"mode_{mode}", lang=lang) if mode in ("walk", "bike") else mode,
    }
    if not people:
        return labels.text("captive_nobody", lang=lang, **told)
    share = labels.percent(float(row["left_out_share"]), lang=lang)
    return labels.text("captive_left_out", lang=lang, n=people, share=share, **told)
