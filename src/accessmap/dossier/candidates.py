"""Of many places where a site could open, those where it would save most time: the others are not compared."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np

from accessmap.dossier.results import Results
from accessmap.study.study import Study
from accessmap.words.words import BASELINE

#: Places that are compared as they are; of more, the most promising.
MOST_PLACES: Final = 1_200
PROMISING: Final = 300
#: Of the most populous communes all stay, whatever a site there would save: their mayors will ask.
TOWNS: Final = 20
#: Minutes of as many trips are looked at together.
CELLS: Final = 20_000_000


def promising(free: gpd.GeoDataFrame, study: Study, found: Results) -> tuple[gpd.GeoDataFrame, int]:
    """Return the places where one more site would save its people most minutes, and how many others there were.

    Someone who reaches no site today counts for the longest way of all. The best place for one more site is among
    them; that all of the best places for several are is not proven.
    """
    if len(free) <= MOST_PLACES:
        return free, 0
    inside = study.inside.to_numpy()
    now = found.minutes[BASELINE].to_numpy("float64")
    now = np.where(np.isnan(now), np.nanmax(now, initial=0.0), now)
    people = found.people.to_numpy("float64")
    homes, points = study.residents.geometry[inside], free.geometry
    saved, some = np.zeros(len(free)), max(1, CELLS // len(now))
    trips = study.network.trips(homes, points.iloc[:1])
    for first in range(0, len(free), some):
        minutes = trips.to(points.iloc[first : first + some]).minutes()
        gained = np.fmax(now[:, None] - minutes, 0.0)
        saved[first : first + some] = people @ np.nan_to_num(gained)
    kept = np.zeros(len(free), dtype=bool)
    kept[np.argsort(-saved, kind="stable")[:PROMISING]] = True
    towns = found.communes["population"].astype("float64").nlargest(TOWNS).index
    if "commune" in free:
        kept |= free["commune"].isin(towns).to_numpy(dtype=bool)
    return free[kept], int((~kept).sum())
