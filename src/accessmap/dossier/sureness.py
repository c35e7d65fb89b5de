"""How sure the decision is: worlds drawn alike for the plans that answer one question, as tables and sentences."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.results import Known, Results, Tables
from accessmap.maps.choropleth import breaks_for
from accessmap.maps.drawing import Entry, View
from accessmap.roads.network import RoadNetwork
from accessmap.sentences.advice import recommended
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.uncertainty.drawing import Draws, draw
from accessmap.uncertainty.inputs import GROUPS, Assumptions
from accessmap.uncertainty.told import ALIKE, DOUBTFUL, LEVEL, ranges, regret, to_check, undecided
from accessmap.words.words import BASELINE, Words

WORLDS: Final = 300


def draws_of(
    study: Study, found: Results, plans: Mapping[str, gpd.GeoDataFrame | Scenario], assumed: Assumptions | None
) -> Draws | None:
    """Return the worlds of today and of plans; None where none are asked for, or nobody lives in the territory.

    Parameters
    ----------
    plans
        By name, the sites that are open; the other scenarios are drawn too.
    assumed
        How uncertain things are; None where nothing is to be drawn.
    """
    if assumed is None or not _on_roads(study) or not found.total:
        return None
    others = [each for each in found.scenarios if each.name not in plans and _on_roads(each.apply(study))]
    every = {**plans, **{each.name: each for each in others}}
    return draw(study, every, category=found.category, cutoff=found.quoted, assumed=assumed, n=WORLDS)


def _on_roads(study: Study) -> bool:
    return isinstance(next(iter(study.networks.values())), RoadNetwork)


def with_ranges(found: Results, draws: Draws | None) -> Results:
    """Return the results with `minutes_low`, `minutes_high` and `class_chance` by commune and situation that is drawn.

    The class is that of the dossier's maps; its chance is the share (0-1) of the worlds in which the commune is in it.
    """
    if draws is None:
        return found
    communes = found.communes.copy()
    for name in drawn_of(found, draws):
        told = undecided(draws, plan=name, bounds=breaks_of(found)).reindex(communes.index)
        for column, value in (("minutes_low", "low"), ("minutes_high", "high"), ("class_chance", "chance")):
            communes[f"{column} {name}"] = told[value]
    return replace(found, communes=communes)


def breaks_of(found: Results) -> tuple[float, ...]:
    """Return the bounds of the classes of minutes on the dossier's maps."""
    return breaks_for(pd.concat([values for _, values in found.levels().items()]), "minutes")


def drawn_of(found: Results, draws: Draws | None) -> list[str]:
    """Return today and the scenarios that worlds are drawn for, in the order of the maps."""
    return [] if draws is None else [name for name in (BASELINE, *found.names) if name in draws.asked.plans]


def between(communes: pd.DataFrame, code: str, name: str, words: Words, *, key: str = "sureness_beside") -> str:
    """Return the range of a commune's minutes, in whole ones where it is wider than one; empty where it is not known.

    Parameters
    ----------
    communes
        Of `with_ranges`.
    name
        Of the situation.
    key
        Of the words.
    """
    if f"minutes_low {name}" not in communes:
        return ""
    now, low, high = (float(communes[f"{each} {name}"][code]) for each in ("minutes", "minutes_low", "minutes_high"))
    if any(math.isnan(each) for each in (now, low, high)):
        return ""
    digits = 0 if round(high) - round(low) > 1 else 1
    return words(key, low=words.count(low, digits=digits), high=words.count(high, digits=digits))


def beside(draws: Draws | None, figure: str, name: str, words: Words) -> str:
    """Return the range of a figure of today or of a scenario, in brackets before a space; empty where none is drawn."""
    if draws is None or name not in draws.asked.plans:
        return ""
    ends = draws.figures[figure][name].quantile([(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    if ends.isna().any():
        return ""
    if figure in ("gain", "lose"):
        ends = ends.map(rounded_people)
        if not ends.any():
            return ""
    digits = 0 if figure in ("gain", "lose") else 1

    def shown(value: float) -> str:
        return words.percent(value) if figure == "share" else words.count(value, digits=digits)

    low, high = (shown(float(end)) for end in ends)
    return words("sureness_bracket", range=words("sureness_beside", low=low, high=high))


def rounded_people(people: float) -> float:
    """Return people with no more digits than a range can tell.

    >>> rounded_people(8098.2), rounded_people(0.3), rounded_people(123.0)
    (8100.0, 0.0, 120.0)
    """
    whole = round(people)
    return float(round(whole, 1 - math.floor(math.log10(whole)))) if whole >= 10 else float(whole)


def hatched(view: View, communes: pd.DataFrame, name: str, words: Words) -> View:
    """Return a view of minutes with the communes hatched whose class is more often another; tooltips with ranges."""
    if f"class_chance {name}" not in communes:
        return view
    told, unsure = dict(view.told), communes[f"class_chance {name}"] < DOUBTFUL
    for code in map(str, communes.index):
        if said := between(communes, code, name, words, key="sureness_between"):
            told[code] = (*told[code], said)
    if not unsure.any():
        return replace(view, told=told)
    people = float(communes["population"][unsure].sum())
    count = Entry("", "", communes=int(unsure.sum()), people=people).count(words.lang)
    sure = words("class_sure", n=int((communes[f"class_chance {name}"] >= LEVEL).sum()))
    entry = Entry(words("class_unsure"), "", "unsure", said=f"{count}{sure}")
    codes = tuple(map(str, communes.index[unsure]))
    return replace(view, told=told, entries=(*view.entries, entry), unsure=codes)


def tables(known: Known) -> dict[str, pd.DataFrame]:
    """Return how sure the decision is, where worlds are drawn.

    Returns
    -------
    dict
        sureness
            By plan, the least regret to be expected first, today last: `name`; each of the figures `mean`, `share`
            (within the threshold quoted), `d9`, `gain` and `lose` (people) with its range, as `_now`, `_low` and
            `_high`; and what `accessmap.uncertainty.regret` says.
            `as_good` is the share of the worlds (0-1) in which a plan has neither a longer mean trip than the proposal
            that is recommended nor fewer people within the threshold.
        to_check, check_together, undecided
            As `accessmap.uncertainty` returns them; `check_together` is `to_check` of inputs that are known together.
    """
    draws = known.draws
    if draws is None:
        return {}
    wide = ranges(draws)
    told = {figure: pd.DataFrame(wide.xs(figure, level="figure")) for figure in draws.figures}
    table = pd.concat([each.add_prefix(f"{figure}_") for figure, each in told.items()], axis=1)
    among = compared(known, draws)
    kept = ["chance", "expected", "otherwise", "worst", "worst_case", "minimax"]
    lost = regret(draws, among=among)[kept] if among else pd.DataFrame(columns=kept, dtype="float64")
    order = [*lost.index, *table.index.difference(lost.index, sort=False)]
    table = table.join(lost).loc[order].rename_axis("plan")
    table.insert(0, "name", known.alternatives["name"].reindex(table.index))
    pair = _recommended(known)
    held = as_good(draws, pair[0], among) if pair and pair[0] in among else pd.Series(dtype="float64")
    table["as_good"] = held.reindex(table.index)
    return {
        "sureness": table,
        **(_checks(draws, among) if among else {}),
        "undecided": undecided(draws, bounds=breaks_of(known.results)),
    }


def _checks(draws: Draws, among: list[str]) -> dict[str, pd.DataFrame]:
    together = to_check(draws, among=among, groups=GROUPS)
    return {"to_check": to_check(draws, among=among), "check_together": together}


def as_good(draws: Draws, plan: str, among: list[str]) -> pd.Series:
    """Return by plan the share of the worlds in which it is no worse than one, on minutes and people within."""
    nearer = draws.minutes[among].le(draws.minutes[plan] + ALIKE, axis="index")
    return (nearer & draws.share[among].ge(draws.share[plan] - ALIKE, axis="index")).mean()


def _recommended(known: Known) -> tuple[str, str] | None:
    found = known.results
    return recommended(known.alternatives, cutoff=found.quoted, instead=known.instead[found.category])


def compared(known: Known, draws: Draws) -> list[str]:
    """Return the plans that answer the first question, or all where none is asked; none where fewer than two are alike.

    Plans of more sites are nearer whatever the world: only plans of as many are compared.
    """
    number = known.alternatives["question"]
    first = number[number >= 0].min()
    plans = [plan for plan in draws.asked.plans[1:] if first != first or number.get(plan) == first]
    listed = draws.asked.open & ~(draws.asked.sites["missing"].to_numpy() > 0)
    counts = {int(listed[draws.asked.plans.index(plan)].sum()) for plan in plans}
    return plans if len(plans) > 1 and len(counts) == 1 else []


def sentences(tables: Tables, words: Words) -> tuple[list[str], list[str]]:
    """Return how sure the decision is, what decides and then what else is known; nothing where no worlds are drawn."""
    if "sureness" not in tables:
        return [], []
    table, lang, known = tables["sureness"], words.lang, tables.known
    plans, names = known.alternatives, names_of(known, words)
    others = table[table["chance"].notna()] if "to_check" in tables else table.drop(index=BASELINE)
    proposals = [str(plan) for plan in others.index if plans.loc[plan, "role"] == "proposal"]
    said: list[str] = []
    more: list[str] = []
    pair, first = _recommended(known), str(others.index[0]) if len(others) else ""
    if "to_check" in tables and pair and pair[0] in others.index:
        name, other = names[pair[0]], names[pair[1]] if pair[1] in others.index else ""
        away = first not in pair and bool(plans.loc[first, "best"])
        values: dict[str, Any] = {"chance": others["as_good"].get(pair[1], math.nan), "first": names[first] * away}
        said += told_of.apart(name, other=other, cutoff=known.results.quoted, lang=lang, **values)
    if "to_check" in tables:
        among = proposals[0] if proposals else None
        best, *other_plan = told_of.regret(others, names=names, among=among, lang=lang)
        said, more = [*said, best], [*more, *other_plan]
        said += told_of.to_check(tables["check_together"], lang=lang)
    told = [BASELINE, *dict.fromkeys([*others.index[:1], *proposals[:1]])]
    held = pd.concat({"mean": table.loc[told, [f"mean_{end}" for end in ("now", "low", "high")]]})
    held = held.set_axis(["now", "low", "high"], axis=1).swaplevel()
    return said, [*more, *told_of.ranges(held, names=names, lang=lang)]


def in_brief(tables: Tables, words: Words) -> str:
    """Return the chance of the recommendation in a few words, else that of the shortest mean trip; empty without."""
    if "to_check" not in tables:
        return ""
    table, names = tables["sureness"], names_of(tables.known, words)
    proposal, other = _recommended(tables.known) or (str(table.index[0]), "")
    plan = proposal if proposal in table.index else str(table.index[0])
    values: dict[str, Any] = {"as_good": table["as_good"].get(other, math.nan), "chance": table["chance"][plan]}
    return told_of.in_brief(names[plan], other=names.get(other, ""), lang=words.lang, **values)


def aloud(tables: Tables, words: Words) -> str:
    """Return the same as a sentence that is read aloud; empty without."""
    told = in_brief(tables, words)
    return words("aloud_chance", n=WORLDS, told=told) if told else ""


def names_of(known: Known, words: Words) -> dict[str, str]:
    """Return how each plan is named: a proposal by its name, quoted, others by their places."""
    return {
        str(plan): words("quoted", name=row["name"]) if row["role"] == "proposal" else str(row["name"])
        for plan, row in known.alternatives.to_dict("index").items()
    }


def how(tables: Tables, words: Words) -> str:
    """Return how that is computed; empty where no worlds are drawn."""
    return words("sureness_how", n=WORLDS) if "sureness" in tables else ""
