"""Supply per person: what capacities give to each commune, before and after the scenarios that change them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.layout import Cell, Figures, Folded, Heading, How, Part, Table, count_cell, sortable
from accessmap.dossier.pictures import small_figures
from accessmap.dossier.results import Known, Tables, plainly
from accessmap.dossier.touched import capacities, scale, supply_of, unit_of
from accessmap.maps.choropleth import rounded_breaks
from accessmap.maps.communes import value_views
from accessmap.measures import decay
from accessmap.measures.resilience import site_places
from accessmap.sentences.properties import bounded
from accessmap.study.comparison import studies_under
from accessmap.study.study import Study
from accessmap.uncertainty.supply import supply_in_worlds
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

WORLDS: Final = 60  # of which each asks for the whole supply again


def tables(known: Known) -> dict[str, pd.DataFrame] | None:
    """Return the supply per person of each category whose capacity a scenario changes; None where none does.

    Returns
    -------
    dict
        supply
            By (category, situation): `capacity` (of the territory's sites that say one), `sites`, `unknown_sites` (of
            all within the study that say none), `people`, `per_person` (capacity for one person, mean; NaN where it is
            known in part), `at_least` (unknown capacities counted as nothing) and `unknown_people` (who have a site of
            unknown capacity within reach).
        supply_by_commune
            By (category, situation, code): `name`, `people`, `per_person`, `at_least`, `unknown_people`; and `low` and
            `high`, that nine worlds in ten are within, NaN where none are drawn.
    """
    changed = known.touched[known.touched.index.get_level_values("property") == "capacity"]
    if changed.empty:
        return None
    studies = studies_under(known.results.scenarios, known.study)
    facts, communes = {}, {}
    for category, scenario in dict.fromkeys((category, scenario) for category, scenario, _ in changed.index):
        for name in (BASELINE, scenario):
            if (category, name) not in facts:
                facts[category, name], communes[category, name] = _supply(studies[name], category, known)
    keys = ["category", "situation"]
    return {
        "supply": pd.DataFrame(facts).T.rename_axis(keys),
        "supply_by_commune": pd.concat(communes, names=keys),
    }


def _supply(study: Study, category: str, known_of: Known) -> tuple[pd.Series, pd.DataFrame]:
    """Return the supply of one category, over the territory and by commune."""
    sites, people = study.sites(category), study.people.astype("float64")
    known = capacities(sites)
    here = site_places(sites, study.communes)["inside"]
    supply = supply_of(study, category)
    table = pd.DataFrame(
        {
            "people": people,
            "at_least": supply["at_least"] * people,
            "unknown_people": people.where(supply["per_person"].isna(), 0.0),
        }
    )
    codes = study.communes.index[study.communes["in_territory"]]
    sums = table.groupby(study.residents.loc[people.index, "commune"]).sum().reindex(codes).rename_axis("code")
    facts = pd.Series(
        {
            "capacity": float(known[here].sum(min_count=1)),
            "sites": float(here.sum()),
            "unknown_sites": float(known.isna().sum()),
        }
    )
    by_commune = _per_person(sums)
    by_commune.insert(0, "name", study.communes["name"].reindex(codes))
    by_commune[["low", "high"]] = float("nan")
    if known_of.draws is not None and known.notna().any():
        near, assumed = decay.binary(max(study.thresholds)), known_of.draws.assumed
        drawn = supply_in_worlds(study, category, decay=near, assumed=assumed, n=WORLDS)
        by_commune[["low", "high"]] = drawn[["low", "high"]]
    return pd.concat([facts, _per_person(table.sum().to_frame().T).iloc[0]]), by_commune


def _per_person(sums: pd.DataFrame) -> pd.DataFrame:
    """Return the supply of sums of people, NaN where nobody lives, or, `per_person`, where it is known in part."""
    at_least = sums["at_least"] / sums["people"].where(sums["people"] > 0)
    known = at_least.mask(sums["unknown_people"] > 0)
    return sums.assign(at_least=at_least, per_person=known)[["people", "per_person", "at_least", "unknown_people"]]


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return supply per person before and after, where it rises and falls, and what of it is not known."""
    touched = tables.known.touched
    said = told_of.touched(touched[touched.index.get_level_values("property") == "capacity"], lang=words.lang)
    return said + told_of.supply(tables["supply"], tables["supply_by_commune"], lang=words.lang)


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return a small map a situation and the table by commune, for each category."""
    known, table = tables.known, tables["supply"]
    within = words.cutoff(max(known.study.thresholds))
    categories = list(table.index.unique("category"))
    parts: list[Part] = []
    for category in categories:
        facts = pd.DataFrame(table.xs(category, level="category"))
        communes = pd.DataFrame(tables["supply_by_commune"].xs(category, level="category"))
        per = scale(float(facts["at_least"].max()))
        unit = (unit_of(known.study, category) if words.lang == "fr" else "") or words("capacity")
        kind = labels.capitalised(labels.category(category).name(words.lang, count=2))
        parts += [Heading(kind)] if len(categories) > 1 else []
        parts.append(words("supply_read", kind=kind, unit=unit, per=words.count(per), cutoff=within))
        title = words("supply_per", unit=unit, per=words.count(per))
        parts.append(_figures(known, category, facts, communes, per, title, words))
        parts.append(Folded(words("supply_open"), (_communes(communes, per, title, words),)))
    drawn = tables["supply_by_commune"]["low"].notna().any()
    worlds = words("supply_drawn", n=WORLDS) if drawn else ""
    return [*parts, How(f"{words('how_supply', cutoff=within)} {worlds}".strip())]


def _figures(
    known: Known, category: str, facts: pd.DataFrame, communes: pd.DataFrame, per: int, title: str, words: Words
) -> Figures:
    """Return a small map of each situation, on one scale, dark where there is least."""
    breaks = rounded_breaks(communes["per_person"] * per)
    views, said, heading = [], [], labels.capitalised(title)
    for name in map(str, facts.index):
        values = (communes["per_person"].xs(name, level="situation") * per).rename("value")
        (view,) = value_views(known.study.communes, values, unit="", breaks=breaks, say=words, higher_is_better=True)
        entries = tuple(replace(each, label=words("supply_partly")) if each.pattern else each for each in view.entries)
        views.append(replace(view, key=name, name=words.name(name), title=heading, entries=entries, note=""))
        row: dict[Any, Any] = facts.loc[name].to_dict()
        said.append(words("supply_alt", value=_written(row, per, words)))
    return Figures(tuple(small_figures(known.study, views, None, {}, f"supply-{category}", words, facts=said)))


def _communes(table: pd.DataFrame, per: int, title: str, words: Words) -> Table:
    """Return the supply of each commune today and in each scenario, with the change."""
    situations = list(map(str, table.index.unique("situation")))
    by: dict[str, dict[Any, Any]] = {
        name: pd.DataFrame(table.xs(name, level="situation")).to_dict("index") for name in situations
    }
    columns = [words("commune"), words("inhabitants"), words("baseline")]
    for name in situations[1:]:
        columns += [words.name(name), words("change")]
    rows = []
    order = pd.DataFrame(table.xs(BASELINE, level="situation")).sort_values("name", key=plainly, kind="stable")
    for code in order.index:
        today = by[BASELINE][code]
        cells = [Cell(str(today["name"]), str(today["name"])), count_cell(today["people"], words)]
        cells.append(_cell(today, per, words))
        for name in situations[1:]:
            cells += [_cell(by[name][code], per, words), _change(today, by[name][code], per, words)]
        rows.append(tuple(cells))
    return Table(columns, rows, label=title, sortable=True)


def _cell(row: Mapping[Any, Any], per: int, words: Words) -> Cell:
    """Return a supply with its range below it, where it is known and drawn."""
    low, high = row["low"] * per, row["high"] * per
    known = row["people"] and low == low
    ends: dict[str, Any] = {"low": words.count(low, digits=1), "high": words.count(high, digits=1)}
    note = words("sureness_beside", **ends) if known else ""
    return Cell(_written(row, per, words), sortable(row["at_least"] * per), note)


def _written(row: Mapping[Any, Any], per: int, words: Words) -> str:
    """Return a supply; a dash where nobody lives."""
    if not row["people"]:
        return "–"
    return bounded(row["at_least"] * per, row["per_person"] * per, lambda value: words.count(value, digits=1), words)


def _change(before: Mapping[Any, Any], after: Mapping[Any, Any], per: int, words: Words) -> Cell:
    """Return a change as the numbers beside it subtract; a dash where one of them is not known."""
    change = (after["per_person"] - before["per_person"]) * per
    if change != change:
        return Cell("–")
    told = words.difference_shown(before["per_person"] * per, after["per_person"] * per)
    return Cell(told or words("unchanged"), sortable(change))
