"""Every service of a study side by side: who is near each, commune by commune, and a score over all of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import geopandas as gpd
import pandas as pd

from accessmap import sentences as told_of
from accessmap.categories import DOMAINS, OTHER_DOMAIN, domain
from accessmap.dossier.layout import (
    Cell,
    Figures,
    Folded,
    How,
    Part,
    Table,
    count_cell,
    lost_note,
    minutes_cell,
    share_cell,
    sortable,
)
from accessmap.dossier.pictures import small_figures
from accessmap.dossier.results import Known, Tables, main_sites, plainly, weighted_quantile
from accessmap.maps.choropleth import breaks_for, tones
from accessmap.maps.communes import value_views
from accessmap.maps.drawing import View
from accessmap.measures.imbalance import score_sensitivity
from accessmap.measures.minutes import by_commune
from accessmap.measures.resilience import site_places
from accessmap.sentences.dates import dated_text
from accessmap.study.comparison import studies_under
from accessmap.study.study import Study
from accessmap.tables.cutoffs import is_within
from accessmap.words import words as labels
from accessmap.words.near import category_meant
from accessmap.words.words import BASELINE, Words

FEW: Final = 3  # services from which a score over all of them says more than each of them
# Beyond so many sites on a small map, markers would hide the colours.
MOST_MARKS: Final = 40


def categories_of(study: Study, main: str, alongside: Sequence[str] | None) -> tuple[str, ...]:
    """Return the services shown: the one studied, then those asked for, or all that the study has.

    Raises
    ------
    StudyError
        Where the study has no site of one that is asked for.
    """
    have = dict.fromkeys(study.services["category"])
    order = [name for members in DOMAINS.values() for name in members]
    known = [name for name in order if name in have]
    others = [*known, *(name for name in have if name not in known)]
    if alongside is not None:
        others = [category_meant(name, have) for name in alongside]
    for name in others:
        study.sites(name)
    return tuple(dict.fromkeys([main, *others]))


def tables(known: Known) -> dict[str, pd.DataFrame]:
    """Return who of the territory is near each service, today and where a scenario changes it.

    Returns
    -------
    dict
        services
            By (category, situation): `sites` (in the territory), `mean`, `d9` (minutes), `unreached_people`,
            `outside_share` (of people whose nearest site is outside; NaN where no neighbour is loaded), and
            "within T" (share of people, 0-1) by threshold.
        services_by_commune
            By (category, situation, commune): `minutes`, `unreached_people`, `rank` (1 is the shortest), `site` (name
            of the site that is the nearest of most people there), `outside` (whether it is outside the territory).
        _nearest_sites
            By (category, situation, commune): `site_id` and `site` of that site, for the ways of the sheets.
        scores
            By commune: `score` (0 worst, 100 best) over all services today, each counted alike, its `rank` (1 is the
            best served), and `best_rank` and `worst_rank` when the weight of one service is doubled or dropped; empty
            below three services.
    """
    study = known.study
    studies = studies_under(known.results.scenarios, study)
    facts, communes = {}, {}
    for category in known.categories:
        for name, each in studies.items():
            if name != BASELINE and _same(study, each, category):
                continue
            facts[category, name], communes[category, name] = _near(each, category)
    keys = ["category", "situation"]
    near = pd.concat(communes, names=keys)
    return {
        "services": pd.DataFrame(facts).T.rename_axis(keys),
        "services_by_commune": near.drop(columns="site_id"),
        "_nearest_sites": near[["site_id", "site"]],
        "scores": _scores(near, _bounds(study)),
    }


def _bounds(study: Study) -> tuple[float, float]:
    """Return the minutes that count 0 and 100."""
    return float(max(study.thresholds)), float(min(study.thresholds)) / 2


def _same(study: Study, other: Study, category: str) -> bool:
    """Return whether a scenario leaves the roads and the sites of a category where they are."""
    before, after = study.sites(category), other.sites(category)
    same_sites = before.index.equals(after.index) and bool((before.geometry == after.geometry).all())
    return other.network is study.network and same_sites


def _near(study: Study, category: str) -> tuple[pd.Series, pd.DataFrame]:
    """Return what is known of one service: over the territory, and by commune."""
    sites = study.sites(category)
    inside = study.inside.to_numpy()
    residents = study.residents[inside]
    people = residents["population"].astype("float64")
    total = float(people.sum())
    found = study.nearest(sites)[inside]
    minutes, reached = found["minutes"], found["minutes"].notna()
    here = site_places(sites, study.communes)["inside"]
    away = here.index[~here]
    outside = found["service_id"].isin(away)
    neighbours = not (bool(study.communes["in_territory"].all()) and bool(here.all()))
    weights = people[reached]
    facts = {
        "sites": float(here.sum()),
        "mean": float((minutes[reached] * weights).sum() / weights.sum()) if weights.sum() else float("nan"),
        "d9": weighted_quantile(minutes, people, 0.9),
        "unreached_people": float(people[~reached].sum()),
        "outside_share": float(people[outside].sum()) / total if total and neighbours else float("nan"),
    }
    for cutoff in study.thresholds:
        facts[f"within {cutoff:g}"] = float(people[is_within(minutes, cutoff)].sum()) / total if total else float("nan")
    codes = study.communes.index[study.communes["in_territory"]]
    level = by_commune(minutes, residents).reindex(codes)
    site = main_sites(found["service_id"], residents).reindex(codes)
    table = pd.DataFrame(
        {
            "minutes": level["value"],
            "unreached_people": level["unreached_people"],
            "rank": level["value"].round(9).rank(method="min"),
            "site_id": site,
            "site": site.map(sites["name"]),
            "outside": site.isin(away),
        },
        index=codes,
    )
    return pd.Series(facts), table


def _scores(communes: pd.DataFrame, bounds: tuple[float, float]) -> pd.DataFrame:
    """Return the score of each commune over all services today, and how much its rank owes to their weights."""
    minutes = communes["minutes"].xs(BASELINE, level="situation")
    categories = dict.fromkeys(minutes.index.get_level_values("category"))
    today = pd.DataFrame({category: minutes.xs(category, level="category") for category in categories})
    if today.shape[1] < FEW:
        return pd.DataFrame(columns=["score", "lowest", "highest", "rank", "best_rank", "worst_rank"])
    weights, marks = dict.fromkeys(categories, 1.0), dict.fromkeys(categories, bounds)
    return score_sensitivity(today, weights=weights, bounds=marks, change=1.0, highest_first=True)


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return the nearest and the furthest service, elsewhere, who has least; nothing of one service alone."""
    known = tables.known
    if len(known.categories) < 2:
        return []
    names = known.results.communes["name"]
    return told_of.services(tables["services"], scores=tables["scores"], names=names, lang=words.lang)


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return the services by domain, a small map of each, and the score of each commune."""
    known = tables.known
    if len(known.categories) < 2:
        return []
    parts: list[Part] = [
        words("services_read"),
        _services_table(known, tables["services"], sorted(known.study.thresholds)[:2], words),
        *([words("services_emergencies")] if emergencies_unknown(known) else []),
        *_maps(tables, words),
    ]
    worst, best = (words.cutoff(minutes) for minutes in _bounds(known.study))
    how = (How(words("how_services", worst=worst, best=best) + "."),) if len(tables["scores"]) else ()
    parts.append(Folded(words("communes_by_service"), (_heat_table(tables, words), *how)))
    return parts


def emergencies_unknown(known: Known) -> bool:
    """Return whether hospitals are shown, and no emergency department: which of them have one is then not known."""
    return "hospital" in known.categories and "emergency" not in known.categories


def _services_table(known: Known, table: pd.DataFrame, cutoffs: Sequence[float], words: Words) -> Table:
    """Return one row a service with its date, below the name of its domain, and below it one for each scenario."""
    by_domain: dict[str, list[tuple[Cell, ...]]] = {name: [] for name in (*DOMAINS, OTHER_DOMAIN)}
    study = known.study
    situations = table.index.to_frame(index=False).itertuples(index=False)
    for (category, situation), facts in zip(situations, table.to_dict(orient="records"), strict=True):
        today = situation == BASELINE
        title = kind_name(known, str(category), words, count=2) if today else words("with_scenario", name=situation)
        if today and (vintage := study.vintage("services", str(category))):
            title = dated_text(title, vintage, words)
        cells = (
            Cell(labels.capitalised(title)),
            count_cell(facts["sites"], words),
            minutes_cell(facts["mean"], words, lost_note(facts["unreached_people"], words)),
            minutes_cell(facts["d9"], words),
            *(share_cell(facts[f"within {cutoff:g}"], words) for cutoff in cutoffs),
            Cell(words.percent(facts["outside_share"]), sortable(facts["outside_share"])),
        )
        by_domain[domain(str(category))].append(cells)
    rows = [row for name, found in by_domain.items() if found for row in ((Cell(words(f"domain_{name}")),), *found)]
    within = [words("within", cutoff=words.cutoff(cutoff)) for cutoff in cutoffs]
    first = (words("service"), words("sites_here"), words("mean_trip"), words("d9_trip"))
    return Table((*first, *within, words("outside_share")), rows)


def _heat_table(tables: Tables, words: Words) -> Table:
    """Return every commune, the worst served first: minutes to each service, in the tones of the maps, and score."""
    scores, names = tables["scores"], tables.known.results.communes["name"]
    today = tables["services_by_commune"].xs(BASELINE, level="situation")["minutes"]
    breaks = breaks_for(today, "minutes")
    cells = {}
    for category in tables.known.categories:
        minutes = today.xs(category, level="category").reindex(names.index)
        cells[category] = [
            Cell(words.count(value, digits=1) if value == value else words("unreached"), sortable(value), tone=tone)
            for value, tone in zip(minutes, tones(minutes, breaks), strict=True)
        ]
    columns = {words("commune"): [Cell(str(name), str(name)) for name in names]}
    columns |= {
        labels.capitalised(kind_name(tables.known, category, words, count=2)): cell for category, cell in cells.items()
    }
    order = plainly(names).sort_values(kind="stable").index
    if len(scores):
        table = scores.reindex(names.index)
        columns[words("score")] = [
            Cell(words.count(score) if score == score else words("unreached"), sortable(score))
            for score in table["score"]
        ]
        columns[words("rank_best")] = [
            Cell(place, sortable(rank)) for place, rank in zip(places(table["rank"], words), table["rank"], strict=True)
        ]
        columns[words("rank_moves")] = [
            Cell(words("from_to", low=words.count(low), high=words.count(high)) if low == low else "–")
            for low, high in zip(table["best_rank"], table["worst_rank"], strict=True)
        ]
        order = table["score"].reindex(order).sort_values(na_position="first", kind="stable").index
    at = names.index.get_indexer(order)
    whole = list(zip(*columns.values(), strict=True))
    return Table(tuple(columns), [whole[k] for k in at], label=words("communes_by_service"), sortable=True)


def places(ranks: pd.Series, words: Words) -> pd.Series:
    """Return ranks as they are read: "7", "7e ex æquo" where several share it, a dash where there is none."""
    shared = ranks.duplicated(keep=False)
    told = [
        "–" if rank != rank else words("rank_shared", n=rank) if tied else words.count(rank)
        for rank, tied in zip(ranks, shared, strict=True)
    ]
    return pd.Series(told, index=ranks.index, dtype="object")


def _maps(tables: Tables, words: Words) -> list[Part]:
    """Return one small map a service, with its sites where they are few enough; a line of those of one colour alone."""
    study, views = tables.known.study, _views(tables, words)
    alike = [view for view in views if len(set(view.fill.values())) == 1]
    views = [view for view in views if view not in alike]
    told: list[Part] = [
        words("services_alike_map", name=view.name, value=view.entries[next(iter(view.fill.values()))].label)
        for view in alike
    ]
    if not views:
        return told
    marked = []
    stands_in: dict[str, tuple[int, ...]] = {}
    for number, view in enumerate(views):
        sites = study.sites(view.key)
        if len(sites) <= MOST_MARKS:
            marked.append(sites)
            stands_in |= dict.fromkeys(sites.index, (number,))
    every = gpd.GeoDataFrame(pd.concat(marked), crs=study.services.crs) if marked else None
    mean = tables["services"]["mean"].xs(BASELINE, level="situation")
    facts = [words("facts", mean=words.minutes(float(mean[view.key]))) for view in views]
    serving = set(tables["_nearest_sites"]["site_id"].xs(BASELINE, level="situation").dropna())
    figures = small_figures(study, views, every, stands_in, "services", words, facts=facts, serving=serving)
    return [Figures(tuple(figures)), *told]


def _views(tables: Tables, words: Words) -> list[View]:
    """Return one view a service, all on one scale of minutes, so that the eye can compare them."""
    communes = tables.known.study.counted
    today = tables["services_by_commune"].xs(BASELINE, level="situation")
    breaks = breaks_for(today["minutes"], "minutes")
    views = []
    for category in tables.known.categories:
        values = pd.DataFrame(today.xs(category, level="category")).rename(columns={"minutes": "value"})
        view = value_views(communes, values[["value", "unreached_people"]], unit="minutes", breaks=breaks, say=words)[0]
        views.append(
            replace(view, key=category, name=labels.capitalised(kind_name(tables.known, category, words, count=2)))
        )
    return views


def kind_name(known: Known, category: str, words: Words, *, count: int = 1) -> str:
    """Return the name of a category; of hospitals with what is not known of them."""
    name = labels.category(category).name(words.lang, count=count)
    unknown = category == "hospital" and emergencies_unknown(known)
    return words("services_any_hospital", name=name) if unknown else name
