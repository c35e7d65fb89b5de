"""How things were: scenarios that are history and studies of earlier dates, beside today and never as a plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.layout import Figures, Part
from accessmap.dossier.pictures import marked_sites, serving_sites, small_figures
from accessmap.dossier.results import Known, Tables, is_counted
from accessmap.maps.communes import compare_views
from accessmap.measures.resilience import site_places
from accessmap.provenance import Provenance
from accessmap.sentences.dates import of_when
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

if TYPE_CHECKING:
    from accessmap.roads.network import RoadNetwork
    from accessmap.roads.transit.journeys import Journeys


def tables(known: Known) -> dict[str, pd.DataFrame] | None:
    """Return what each scenario that is history, and each earlier study, says of the service; None where there is none.

    Returns
    -------
    dict
        history
            By scenario: `counted`, whether sites are numbers by commune; `sites` in the territory, `share` (0-1) of
            people within the threshold quoted and `mean` minutes, then and (`_now`) today; people who have gained and
            lost a minute or more since, and who are newly reached or no longer.
    """
    found = known.history
    if found is None:
        return None
    places = {
        name: int(site_places(sites, known.study.communes)["inside"].sum()) for name, sites in found.sites.items()
    }
    counted = {name: is_counted(sites).any() for name, sites in found.sites.items()}
    rows = {}
    for name in found.names:
        sums = pd.DataFrame(found.changes.xs(name, level="scenario")).sum()
        row: dict[str, float] = {"counted": bool(counted[name] or counted[BASELINE])}
        for end, at in (("", name), ("_now", BASELINE)):
            row[f"sites{end}"] = places[at]
            row[f"share{end}"] = float(found.coverage[at][known.results.quoted])
            row[f"mean{end}"] = float(found.summary[at]["mean"])
        # The scenario goes back in time: who loses in it has gained since.
        row |= {"gain": sums["lose"], "lose": sums["gain"]}
        row |= {"newly_reached": sums["no_longer_reached"], "no_longer_reached": sums["newly_reached"]}
        rows[name] = row
    return {"history": pd.DataFrame.from_dict(rows, orient="index").rename_axis("scenario")}


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return how it was then, how it is today, and who has gained since."""
    known, found = tables.known, tables.known.results
    lines = told_of.history(tables["history"], category=found.category, cutoff=found.quoted, lang=words.lang)
    if known.earlier:
        lines.append(words("history_people"))
    for name, study in known.earlier.items():
        kind = labels.category(found.category).name(words.lang, count=2)
        dated = of_when(kind, study.vintage("services", found.category), words)
        lines.append(words("history_dated", name=name, dated=dated))
        if {_road(each) for each in study.networks.values()} != {_road(each) for each in known.study.networks.values()}:
            lines.append(words("history_other_roads", name=name))
    return lines


def _road(network: RoadNetwork | Journeys) -> tuple[str, ...]:
    """Return what a network is made of: two with the same have the same roads."""
    return tuple(sorted(f"{source.title} {source.vintage} {source.sha256}" for source in network.provenance.sources))


def credit(earlier: Mapping[str, Study]) -> Provenance:
    """Return the sources of earlier studies, as a dossier lists them beside its own."""
    sources = [replace(source, of=()) for study in earlier.values() for source in study.credit.sources]
    return Provenance(tuple(dict.fromkeys(sources)))


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return the maps of then and of today, on one scale."""
    known, found = tables.known, tables.known.history
    if found is None or not found.total:
        return []
    views = compare_views(known.study.counted, found.levels(), say=words)
    kept = [*range(1, len(views), 2), 0]  # those of then, and last that of today
    sites, stands_in, _ = marked_sites(found)
    here = {key: tuple(kept.index(view) for view in at if view in kept) for key, at in stands_in.items()}
    serving = serving_sites(found, sites)
    names = [*found.names, words("baseline")]  # what was is no scenario to choose
    drawn = [replace(views[number], name=name) for number, name in zip(kept, names, strict=True)]
    return [Figures(tuple(small_figures(known.study, drawn, sites, here, "history", words, serving=serving)))]
