"""How sure the decision is: worlds drawn alike for the plans that answer one question, as tables and sentences."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.results import Known, Results, Tables
from accessmap.roads.network import RoadNetwork
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.uncertainty.drawing import Draws, draw
from accessmap.uncertainty.inputs import Assumptions
from accessmap.uncertainty.told import ranges, regret, to_check, undecided
from accessmap.words.words import BASELINE, Words

WORLDS: Final = 300


def draws_of(
    study: Study, found: Results, plans: Mapping[str, gpd.GeoDataFrame | Scenario], assumed: Assumptions | None
) -> Draws | None:
    """Return the worlds of today and of some plans; None where none are asked for, or nobody lives in the territory.

    Parameters
    ----------
    plans
        By name, the sites that are open, or a scenario.
    assumed
        How uncertain things are; None where nothing is to be drawn.
    """
    first = next(iter(study.networks.values()))
    if assumed is None or not isinstance(first, RoadNetwork) or not found.total:
        return None
    return draw(study, plans, category=found.category, cutoff=found.quoted, assumed=assumed, n=WORLDS)


def tables(known: Known) -> dict[str, pd.DataFrame]:
    """Return how sure the decision is, where worlds are drawn.

    Returns
    -------
    dict
        sureness
            By plan, the least regret to be expected first, today last: `name`, the mean minutes of today with their
            range, the share within the threshold quoted with its range, and what `accessmap.uncertainty.regret` says.
        to_check, undecided
            As `accessmap.uncertainty` returns them.
    """
    draws = known.draws
    if draws is None:
        return {}
    wide = ranges(draws)
    told = {figure: pd.DataFrame(wide.xs(figure, level="figure")) for figure in ("mean", "share")}
    table = pd.concat([each.add_prefix(f"{figure}_") for figure, each in told.items()], axis=1)
    listed = draws.asked.open & ~(draws.asked.sites["missing"].to_numpy() > 0)
    # Plans of more sites are nearer whatever the world: only as many are compared.
    several = len(listed) > 2 and len(set(listed[1:].sum(axis=1))) == 1
    kept = ["chance", "expected", "otherwise", "worst", "worst_case", "minimax"]
    lost = regret(draws)[kept] if several else pd.DataFrame(columns=kept, dtype="float64")
    order = [*lost.index, *table.index.difference(lost.index, sort=False)]
    table = table.join(lost).loc[order].rename_axis("plan")
    table.insert(0, "name", known.alternatives["name"].reindex(table.index))
    return {
        "sureness": table,
        **({"to_check": to_check(draws)} if several else {}),
        "undecided": undecided(draws, bounds=known.study.thresholds),
    }


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return how sure the decision is; nothing where no worlds are drawn."""
    if "sureness" not in tables:
        return []
    table, lang, known = tables["sureness"], words.lang, tables.known
    plans = known.alternatives
    names = {
        str(plan): words("quoted", name=row["name"]) if row["role"] == "proposal" else str(row["name"])
        for plan, row in plans.to_dict("index").items()
    }
    compared = table.drop(index=BASELINE)
    proposals = [str(plan) for plan in compared.index if plans.loc[plan, "role"] == "proposal"]
    said = []
    if "to_check" in tables:
        among = proposals[0] if proposals else None
        said += told_of.regret(compared, names=names, among=among, lang=lang)
        said += told_of.to_check(tables["to_check"], lang=lang)
    told = [BASELINE, *dict.fromkeys([*compared.index[:1], *proposals[:1]])]
    held = pd.concat({"mean": table.loc[told, [f"mean_{end}" for end in ("now", "low", "high")]]})
    held = held.set_axis(["now", "low", "high"], axis=1).swaplevel()
    return said + told_of.ranges(held, names=names, lang=lang)


def how(tables: Tables, words: Words) -> str:
    """Return how that is computed; empty where no worlds are drawn."""
    return words("sureness_how", n=WORLDS) if "sureness" in tables else ""
