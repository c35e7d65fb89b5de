"""Private to `studyfile`: the services that a study.toml asks for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from accessmap import labels
from accessmap.sources.services import read_services
from accessmap.study import NOTE_COLUMNS

if TYPE_CHECKING:
    from accessmap.studyfile.loading import Loading
    from accessmap.studyfile.settings import ServicesSection

__all__ = ["services_of"]


def services_of(loading: Loading, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Return the services of all sections as one table."""
    sections = loading.settings.services
    if not sections and loading.settings.communes.sample:
        return _sampled(loading, communes, None)
    if not sections:
        loading.problems.append(loading.file.problem("no_services", "services"))
        return None
    # Mairies first: they place what has no point of its own.
    order = sorted(range(len(sections)), key=lambda number: sections[number].category != "mairie")
    tables: dict[int, gpd.GeoDataFrame] = {}
    mairies = None
    for number in order:
        table = _one(loading, number, sections[number], communes, mairies)
        if table is None:
            continue
        tables[number] = table
        if mairies is None and "commune" in table and (table["category"] == "mairie").any():
            mairies = table[table["category"] == "mairie"]
    _forget_the_others(loading, {each.category for each in sections if each.sample})
    return _stacked([tables[number] for number in sorted(tables)]) if len(tables) == len(sections) else None


def _one(
    loading: Loading,
    number: int,
    section: ServicesSection,
    communes: gpd.GeoDataFrame,
    mairies: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame | None:
    """Return the services of one section, or None after keeping its problem."""
    if section.sample:
        return _sampled(loading, communes, section.category)
    key = ("services", number, "path")
    path = loading.tried(key, partial(loading.found, *key))
    if path is None:
        return None
    options = {**section.options, "category": section.category, "layout": section.layout}
    read = partial(read_services, path, communes=communes, mairies=mairies, clip=section.clip, **options)
    table = loading.tried(key, read)
    if table is not None:
        loading.keep(f"services[{number + 1}]", path, section.source, table)
    return table


def _sampled(loading: Loading, communes: gpd.GeoDataFrame, category: str | None) -> gpd.GeoDataFrame:
    """Return the services of the sample, of one category where it is named; incomplete away from its own territory."""
    from accessmap.sample import sample_communes, sample_services

    table = sample_services()
    kept = table if category is None else table[table["category"] == category]
    typed = [name for name in kept["category"].unique() if name != "mairie"]
    known = sample_communes()["in_territory"]  # where the lists that were typed by hand are complete
    if typed and not known.reindex(communes.index[communes["in_territory"]]).all():
        loading.notes.append(_incomplete(typed))
        reason = "caution_sample" if category is None else f"caution_sample_{category}"
        sections = [each.category if each.sample else "" for each in loading.settings.services]
        key = ("services", sections.index(category)) if category in sections else ("communes",)
        loading.cautions.append(loading.file.problem(reason, *key))
    return kept


def _forget_the_others(loading: Loading, kept: set[str | None]) -> None:
    """Drop what was noted of services of the sample that the study does not take."""
    from accessmap.sample import sample_services

    if not loading.settings.communes.sample or None in kept:
        return
    table = sample_services()
    others = table.index[~table["category"].isin(kept)]
    loading.notes = [notes[~((notes["table"] == "services") & notes["id"].isin(others))] for notes in loading.notes]


def _stacked(tables: list[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return all services as one table; an id that stands in two files gets the number of its section before it."""
    seen: set[str] = set()
    parts = []
    for number, table in enumerate(tables, start=1):
        if seen & set(table.index):
            table = table.set_axis(pd.Index([f"{number}-{key}" for key in table.index], name=table.index.name))
        seen |= set(table.index)
        parts.append(table)
    if len(parts) == 1:
        return parts[0]
    every = gpd.GeoDataFrame(pd.concat(parts), crs=parts[0].crs)
    if "step_free" in every:  # a file that says nothing of it is stacked on one that does
        every["step_free"] = every["step_free"].fillna("unknown")
    return every


def _incomplete(typed: list[str]) -> pd.DataFrame:
    """Return a note by category typed by hand: complete around the Pays Chaunois, perhaps not elsewhere."""
    rows = [
        ("services", category, pd.NA, labels.text("studyfile_sample_incomplete"), labels.text("studyfile_sample_add"))
        for category in typed
    ]
    return pd.DataFrame(rows, columns=list(NOTE_COLUMNS))
