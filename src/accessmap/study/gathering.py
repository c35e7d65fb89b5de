"""Many places where people live as fewer: what a dossier of a whole region is computed on."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.measures.minutes import by_commune
from accessmap.study.study import Study
from accessmap.words.notes import Figure, Metres, Note

#: Places of residents that a dossier takes as they are, and how many it makes of more.
MOST_PLACES: Final = 120_000
FEWER_PLACES: Final = 40_000
#: Side of the squares in which those of a commune become one, metres: the first, and how much wider the next is.
FIRST_METRES: Final = 100.0
WIDER: Final = 1.2


def gathered(
    residents: gpd.GeoDataFrame, minutes: pd.Series, *, most: int = FEWER_PLACES
) -> tuple[gpd.GeoDataFrame, float]:
    """Return residents with those of a commune who live in one square as one, none lost, and its side in metres.

    Each stands at the home whose minutes are nearest the mean of its people (the middle of a village has less than its
    people on average), and bears that one's id; who reaches nothing is not put with who does. The square is the
    smallest that leaves at most so many, or one or two a commune. Numbers (`population` …) are added up.

    Examples
    --------
    >>> from shapely import Point
    >>> homes = {"commune": ["a", "a", "b"], "population": [1, 3, 5]}
    >>> where = [Point(0, 0), Point(50, 0), Point(60, 0)]
    >>> table = gpd.GeoDataFrame(homes, index=["x", "y", "z"], geometry=where, crs=2154)
    >>> fewer, metres = gathered(table, pd.Series([4.0, 2.0, 3.0], table.index), most=2)
    >>> fewer["population"].to_dict(), metres
    ({'y': 4, 'z': 5}, 100.0)
    """
    commune = pd.factorize(residents["commune"])[0].astype("int64")
    at = np.column_stack([residents.geometry.x, residents.geometry.y])
    at -= at.min(axis=0)
    time = minutes.to_numpy("float64")
    reached = ~np.isnan(time)
    communes, side = int(commune.max(initial=-1)) + 1, FIRST_METRES
    while True:
        square = np.floor(at / side).astype("int64")
        key = (commune * (square[:, 0].max() + 1) + square[:, 0]) * (square[:, 1].max() + 1) + square[:, 1]
        kept, group = np.unique(key * 2 + reached, return_inverse=True)
        if len(kept) <= max(most, 2 * communes):
            break
        side *= WIDER
    people = residents["population"].to_numpy("float64")
    # Where nobody lives each home weighs alike.
    weight = np.where(np.bincount(group, people)[group] > 0, people, 1.0)
    sums = np.bincount(group, weight)
    time = np.where(reached, time, 0.0)
    away = np.abs(time - (np.bincount(group, weight * time) / sums)[group])
    order = np.lexsort((np.arange(len(group)), away.round(6), group))
    chosen = order[np.flatnonzero(np.diff(group[order], prepend=-1))]
    fewer = residents.iloc[chosen].copy()
    for name in residents.select_dtypes("number"):
        fewer[name] = residents[name].groupby(group).sum(min_count=1).to_numpy()
        fewer[name] = fewer[name].mask(residents[name].isna().groupby(group).any().to_numpy())
    fewer.attrs = dict(residents.attrs)
    return fewer.iloc[np.argsort(chosen, kind="stable")], side


def for_dossier(study: Study, category: str) -> tuple[Study, Note | None]:
    """Return a study of at most `MOST_PLACES` where people live, and what was done to it; itself where it has no more.

    The note says what minutes to the nearest of a category become: of the territory, and where that is most.
    """
    if len(study.residents) <= MOST_PLACES:
        return study, None
    fewer, side = gathered(study.residents, study.nearest(category)["minutes"], most=FEWER_PLACES)
    told = study._with(residents=fewer, _known={})
    levels = []
    for each in (study, told):
        minutes, residents = each.nearest(category)["minutes"][each.inside], each.residents[each.inside]
        people = residents["population"].astype("float64").where(minutes.notna(), 0.0)
        mean = float((minutes.fillna(0.0) * people).sum() / people.sum()) if people.sum() else 0.0
        levels.append((mean, by_commune(minutes, residents)["value"]))
    (mean, level), (mean_after, level_after) = levels
    note = Note(
        "gathered",
        n=len(fewer),
        places=Figure.of(len(study.residents)),
        side=Metres.of(side),
        mean=Figure.of(abs(mean_after - mean), digits=2),
        most=Figure.of(float((level_after - level).abs().max()), digits=1),
    )
    return told, note
