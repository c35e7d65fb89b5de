"""People without a car who are left out, in a sentence for the public."""

from typing import Any

import numpy as np
import pandas as pd

from accessmap.errors import Problem, StudyError
from accessmap.words import words as labels
from accessmap.words.near import near_names
from accessmap.words.notes import Figure
from accessmap.words.words import Words


def without_car(table: pd.DataFrame, *, mode: str, cutoff: float, category: str, lang: labels.Lang = "fr") -> list[str]:
    r"""Return how many people without a car are left out, as one sentence for the public.

    Parameters
    ----------
    table
        From `accessmap.modes.without_car`.
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
    >>> without_car(table, mode="walk", cutoff=30, category="pharmacy", lang="en")[0].replace("\xa0", " ")
    'Pharmacy: 1,240 people without a car (38%) have no site within 30 minutes on foot, though by car they would.'
    """
    words = Words(labels.check_lang(lang))
    if (mode, cutoff) not in table.index:
        near = near_names(mode, table.index.unique("mode"))
        raise StudyError(Problem("without_car_no_row", value=mode, near=near, minutes=Figure.of(cutoff)))
    row = table.loc[[(mode, cutoff)]].to_dict("records")[0]
    people = int(np.floor(row["left_out"] + 0.5))
    values: dict[str, Any] = {
        "category": labels.capitalised(labels.category(category).name(lang)),
        "minutes": words.cutoff(cutoff),
        "mode": words.mode(mode),
    }
    if not people:
        return [words("without_car_nobody", **values)]
    share = words.percent(float(row["left_out_share"]))
    return [words("without_car_left_out", n=people, share=share, **values)]
