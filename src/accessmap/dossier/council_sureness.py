"""How sure the figures of the council table are, for the plans that can be drawn before anyone tries them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.dossier.results import AT_LEAST
from accessmap.dossier.sureness import WORLDS, rounded_people
from accessmap.sentences.sureness import cases
from accessmap.study.study import Study
from accessmap.uncertainty.counted import Counted
from accessmap.uncertainty.drawing import Draws, drawn
from accessmap.uncertainty.inputs import Assumptions
from accessmap.uncertainty.told import LEVEL, regret, undecided
from accessmap.uncertainty.weighed import weighed
from accessmap.words.words import Words

Floats = npt.NDArray[np.float64]
ENDS: Final = ((1 - LEVEL) / 2, (1 + LEVEL) / 2)


def sure_plans(
    study: Study,
    category: str,
    places: gpd.GeoDataFrame,
    sets: Iterable[Sequence[str]],
    *,
    assumed: Assumptions,
    breaks: Sequence[float],
) -> pd.DataFrame:
    """Return how sure the figures of today and of plans are, in worlds that are the same for all of them.

    Parameters
    ----------
    places
        As `accessmap.dossier.council_places.places_of` returns them.
    sets
        The places of each plan at which a site is open; plans of the same places are one.
    assumed
        How uncertain things are.
    breaks
        Bounds of the classes of minutes on the map.

    Returns
    -------
    pandas.DataFrame
        By plan ("baseline" and numbers): `places`; the range of each figure that nine worlds in ten are within, as
        pairs: `mean` minutes, `within 20` … shares (0-1) of the study's thresholds, people who `gain` and `lose` a
        minute or more; `chance` of the shortest mean trip among the plans drawn of as many sites, and how many these
        are, `among` (1 where it is alone: no chance is told); and `unsure`, the communes whose class is not sure.
    """
    today = frozenset(map(str, places.index[places["today"]]))
    several = [each for each in dict.fromkeys(map(frozenset, sets)) if each and each != today]
    order = list(places.index)
    tables = {str(number): places.loc[sorted(each, key=order.index)] for number, each in enumerate(several)}
    asked = weighed(study, tables, category=category, cutoff=study.thresholds[0], assumed=assumed)
    counted = Counted(len(asked.plans), WORLDS + 1, at_least=AT_LEAST, cutoffs=study.thresholds)
    draws = drawn(asked, assumed, WORLDS, 0, counted)
    total = float(asked.people.sum())
    rows = {}
    for at, (plan, open_) in enumerate(zip(asked.plans, [today, *several], strict=True)):
        row: dict[str, Any] = {"places": tuple(sorted(open_, key=order.index)), "mean": _range(draws.mean[plan])}
        for number, cutoff in enumerate(study.thresholds):
            row[f"within {cutoff:g}"] = _range(counted.within[number, 1:, at] / counted.people[1:])
        people = {name: _range(draws.figures[name][plan]) for name in ("gain", "lose")}
        row |= {name: tuple(min(total, rounded_people(end)) for end in ends) for name, ends in people.items()}
        unsure = undecided(draws, plan=plan, bounds=breaks)["undecided"]
        rows[plan] = row | {"unsure": tuple(unsure.index[unsure])}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("plan").join(_chances(draws))


def _chances(draws: Draws) -> pd.DataFrame:
    """Return by plan its chance of being the best of as many sites, NaN where it is alone, and how many they are."""
    counts = pd.Series(draws.asked.open.sum(axis=1), draws.asked.plans)
    found = []
    for _, same in counts.groupby(counts):
        plans = list(map(str, same.index))
        chance = regret(draws, among=plans)["chance"] if len(plans) > 1 else pd.Series(np.nan, plans)
        found.append(pd.DataFrame({"chance": chance, "among": len(plans)}))
    return pd.concat(found)


def sure_data(table: pd.DataFrame, places: pd.Index, communes: pd.Index, words: Words) -> Mapping[str, Any]:
    """Return the same as the page reads it: by the numbers of the open places, ranges, a chance in words, communes."""
    ranges = [name for name in table if name not in ("places", "unsure", "chance", "among")]
    return {
        ",".join(map(str, sorted(places.get_indexer(row["places"]).tolist()))): {
            **{name: [round(end, 4) for end in row[name]] for name in ranges if not math.isnan(row[name][0])},
            "often": cases(row["chance"], words) if row["among"] > 1 else "",
            "among": int(row["among"]),
            "unsure": communes.get_indexer(row["unsure"]).tolist(),
        }
        for row in table.to_dict("records")
    }


def _range(values: pd.Series | Floats) -> tuple[float, float]:
    known = np.asarray(values, "float64")
    known = known[~np.isnan(known)]
    low, high = np.quantile(known, ENDS) if len(known) else (math.nan, math.nan)
    return float(low), float(high)
