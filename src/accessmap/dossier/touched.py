"""What scenarios change of a service beside the minutes to it: hours, step-free access, supply per person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.measures import decay
from accessmap.measures.floating import two_step_fca
from accessmap.measures.hours import hours_in_reach
from accessmap.measures.minutes import coverage
from accessmap.measures.stepfree import step_free_minutes
from accessmap.roads.transit.journeys import Journeys
from accessmap.sentences.access import quoted_cutoff
from accessmap.study.study import Study
from accessmap.tables.contracts import moving
from accessmap.tables.cutoffs import is_within
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

PROPERTIES: Final = ("hours", "step_free", "capacity")
# People that a supply is told for: the fewest of these for whom the mean of today is 1 or more.
SCALES: Final = (1_000, 10_000, 100_000)
COLUMNS: Final = ["within", "per", "unit", "before_worst", "before_best", "after_worst", "after_best"]


def parts_changed(before: Study, after: Study, category: str) -> list[str]:
    """Return what of a category differs between two studies: "roads", "lines", "sites", "mobile" or some of PROPERTIES.

    A property differs where a site that stands in both says something else; capacity too where sites that say one come,
    go or move. Sites that move ("mobile") are counted in nothing else.
    """
    other = [network for mode, network in before.networks.items() if after.networks[mode] is not network]
    lines = [isinstance(network, Journeys) for network in other]
    found = [*(["roads"] if not all(lines) else []), *(["lines"] if any(lines) else [])]
    old, new = before.sites(category), after.sites(category)
    moved = not (old.index.equals(new.index) and bool((old.geometry == new.geometry).all()))
    if moved:
        found.append("sites")
    both = old.index.intersection(new.index)
    known = any(capacities(sites).notna().any() for sites in (old, new))
    for name in PROPERTIES:
        same = _said(old, name).reindex(both).equals(_said(new, name).reindex(both))
        if not same or (name == "capacity" and moved and known):
            found.append(name)
    buses = [sites[moving(sites)] for sites in (each.sites(category, mobile=True) for each in (before, after))]
    if not buses[0].drop(columns="geometry").astype("str").equals(buses[1].drop(columns="geometry").astype("str")):
        found.append("mobile")
    return found


def _said(sites: gpd.GeoDataFrame, name: str) -> pd.Series:
    """Return what sites say of a property; what is not known is one value."""
    if name == "capacity":
        return capacities(sites)
    values = sites[name] if name in sites else pd.Series(pd.NA, index=sites.index)
    return values.astype("str").where(values.notna(), "unknown")


def capacities(sites: gpd.GeoDataFrame) -> pd.Series:
    """Return the capacity of each site, NaN where it is not known."""
    return (sites["capacity"] if "capacity" in sites else pd.Series(np.nan, index=sites.index)).astype("float64")


def instead(
    study: Study, studies: Mapping[str, Study], category: str, touches: Mapping[str, list[str]], words: Words
) -> dict[str, str]:
    """Return, by scenario that moves no site of a category and no road, what it changes instead, in words.

    `touches` are the categories that each scenario touches.
    """
    found = {}
    for name, each in studies.items():
        parts = parts_changed(study, each, category)
        if {"roads", "sites"} & set(parts):
            continue
        parts += ["digital"] if each.digital is not study.digital else []
        parts += ["equipment"] if each.equipment is not study.equipment else []
        told = [words(f"touch_{part}") for part in parts]
        others = [labels.category(other).name(words.lang, count=2) for other in touches[name] if other != category]
        told += [words("touch_others", n=len(others), names=", ".join(others))] if others else []
        if told:
            found[name] = ", ".join(told)
    return found


def table_of(study: Study, studies: Mapping[str, Study], category: str) -> pd.DataFrame:
    """Return what each scenario changes of a category's hours, step-free access and capacity, for people.

    Returns
    -------
    pandas.DataFrame
        By (scenario, property), the mean of the territory's people before and after: hours a week when a site within
        `within` minutes is open; the share (0-1) of people within them of a step-free site; capacity for `per` people,
        in `unit`. `worst` counts what is not known as no, `best` as yes (NaN for capacities, which have no most).
    """
    cutoff = _quoted(study, category)
    rows = {}
    for name, each in studies.items():
        for part in parts_changed(study, each, category):
            if part not in PROPERTIES:
                continue
            before, after = (_mean(one, category, part, cutoff) for one in (study, each))
            per, unit, within = 1, "", cutoff
            if part == "capacity":
                per, unit, within = scale(before[0] or after[0]), unit_of(study, category), max(study.thresholds)
                before, after = ((worst * per, best * per) for worst, best in (before, after))
            rows[name, part] = [within, per, unit, *before, *after]
    index = pd.MultiIndex.from_tuples(list(rows), names=["scenario", "property"]) if rows else None
    return pd.DataFrame(list(rows.values()), columns=COLUMNS, index=index)


def _quoted(study: Study, category: str) -> float:
    """Return the threshold that is quoted of a category, in minutes."""
    minutes = study.nearest(category)["minutes"][study.inside].rename(BASELINE)
    return quoted_cutoff(coverage(minutes, study.people, study.thresholds))


def _mean(study: Study, category: str, part: str, within: float) -> tuple[float, float]:
    """Return the mean over the territory's people of a property within reach, worst and best."""
    sites, people = study.sites(category), study.people.to_numpy("float64")
    if part == "capacity":
        supply = supply_of(study, category)
        values = pd.DataFrame({"worst": supply["at_least"], "best": supply["per_person"]})
    else:
        times = study.minutes(sites)[study.inside]
        if part == "hours":
            values = hours_in_reach(times, sites, within=within)
        else:
            values = step_free_minutes(times, sites).apply(is_within, cutoff=within).astype("float64")
    if not people.sum():
        return float("nan"), float("nan")
    here = values[["worst", "best"]].to_numpy("float64")
    here = here[people > 0]
    worst, best = people[people > 0] @ here / people.sum()
    return float(worst), float(best)


def supply_of(study: Study, category: str) -> pd.DataFrame:
    """Return by resident of the territory the capacity that falls to a person, shared with all who reach the sites.

    That of two-step floating catchments within the longest threshold: `per_person`, NaN where a site within reach says
    no capacity, and `at_least`, where that counts nothing.
    """
    sites, within = study.sites(category), max(study.thresholds)
    known, times = capacities(sites), study.minutes(sites)
    people = study.residents["population"].astype("float64")
    access = two_step_fca(times, known.fillna(0.0), people, decay=decay.binary(within))
    unsure = is_within(times.loc[:, known.isna().to_numpy()].to_numpy(), within).any(axis=1)
    table = pd.DataFrame({"per_person": access.mask(unsure), "at_least": access})
    return table[study.inside]


def scale(mean: float) -> int:
    """Return for how many people a supply is told, so that its mean is 1 or more where that can be.

    >>> scale(0.0026), scale(0.00026)
    (1000, 10000)
    """
    return next((each for each in SCALES if mean * each >= 1), SCALES[-1])


def unit_of(study: Study, category: str) -> str:
    """Return what capacities count, in French: as the sites say, else as the category has it; empty where unknown."""
    sites = study.sites(category)
    units = set(sites["capacity_unit"].dropna()) if "capacity_unit" in sites else set()
    return str(units.pop() if len(units) == 1 else labels.category(category).capacity_unit or "")
