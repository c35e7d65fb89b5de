"""Private to `studyfile`: the services of all sections as one table."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from accessmap.read.accessibility import entrances
from accessmap.read.counts import counted, spread_counts
from accessmap.read.services import read_services
from accessmap.study.study import NOTE_COLUMNS
from accessmap.studyfile.ledger import Ledger
from accessmap.studyfile.problems import dotted
from accessmap.words.words import Words

if TYPE_CHECKING:
    from accessmap.studyfile.settings import ServicesSection


SPREAD = "spread"
"""Column of the services that are counts, where their section asks that they be spread; gone once they are."""


def services_of(ledger: Ledger, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Return the services of all sections as one table."""
    sections = ledger.settings.services
    if not sections and ledger.settings.communes.sample:
        return _sampled_services(ledger, communes, None)
    if not sections:
        ledger.add("studyfile_no_services", "services")
        return None
    # Mairies first: they place what has no point of its own.
    order = sorted(range(len(sections)), key=lambda number: sections[number].category != "mairie")
    tables: dict[int, gpd.GeoDataFrame] = {}
    mairies = None
    for number in order:
        table = _one(ledger, number, sections[number], communes, mairies)
        if table is None:
            continue
        tables[number] = table
        mairies = mairies_of(table) if mairies is None else mairies
    _forget_the_others(ledger, {each.category for each in sections if each.sample})
    return _stacked([tables[number] for number in sorted(tables)]) if len(tables) == len(sections) else None


def mairies_of(services: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return the mairies with their communes; None where there are none."""
    if services is None or "commune" not in services:
        return None
    mairies = services[services["category"] == "mairie"]
    return mairies if len(mairies) else None


def spread_among(
    ledger: Ledger, services: gpd.GeoDataFrame, communes: gpd.GeoDataFrame, homes: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame:
    """Return services with the counts of the sections that ask for it spread among the people, who are read after."""
    if SPREAD not in services:
        return services
    asked = services[SPREAD].eq(True).to_numpy(dtype=bool)
    services = services.drop(columns=SPREAD)
    spread = spread_counts(services[asked], communes, mairies_of(services), homes)
    ledger.said["services"] = tuple(spread.attrs.pop("read_notes", ()))
    table = pd.concat([services[~asked], spread])
    table.attrs = dict(services.attrs)
    return table


def _one(
    ledger: Ledger,
    number: int,
    section: ServicesSection,
    communes: gpd.GeoDataFrame,
    mairies: gpd.GeoDataFrame | None,
) -> gpd.GeoDataFrame | None:
    """Return the services of one section, or None after keeping its problem."""
    table: gpd.GeoDataFrame | None
    if section.sample:
        table = _sampled_services(ledger, communes, section.category)
    else:
        key = ("services", number, "path")
        options = {**section.options, "category": section.category, "layout": section.layout}
        if section.types is not None:
            at = ("services", number, "types")
            options["types"] = ledger.tried(at, partial(ledger.found, *at))
        read = partial(read_services, communes=communes, mairies=mairies, clip=section.clip, **options)
        table = ledger.table(key, section.source, read)
        if section.spread and table is not None:
            table[SPREAD] = counted(table)
    return table if section.accessibility is None or table is None else _with_entrances(ledger, number, table)


def _with_entrances(ledger: Ledger, number: int, services: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Return the services with what acceslibre says of their entrances, how they matched said; None after a problem."""
    at = ("services", number, "accessibility")
    path = ledger.tried(at, partial(ledger.found, *at))
    found: gpd.GeoDataFrame | None = None if path is None else ledger.tried(at, partial(entrances, path, services))
    if found is not None:
        section = dotted(at[:-1])
        ledger.said[section] = (*ledger.said.get(section, ()), *found.attrs.pop("read_notes"))
        ledger.beside(found, "step_free", *at)
    return found


def _sampled_services(ledger: Ledger, communes: gpd.GeoDataFrame, category: str | None) -> gpd.GeoDataFrame:
    """Return the services of the sample, of one category where it is named; incomplete away from its own territory."""
    from accessmap.sample import sample_communes, sample_services

    table = sample_services()
    kept = table if category is None else table[table["category"] == category]
    typed = [name for name in kept["category"].unique() if name != "mairie"]
    known = sample_communes()["in_territory"]  # where the lists that were typed by hand are complete
    if typed and not known.reindex(communes.index[communes["in_territory"]]).all():
        ledger.notes.append(_incomplete(typed, Words(ledger.settings.study.lang)))
        reason = CAUTIONS[category]
        sections = [each.category if each.sample else "" for each in ledger.settings.services]
        key = ("services", sections.index(category)) if category in sections else ("communes",)
        ledger.cautions.append(ledger.file.problem(reason, *key))
    return kept


def _forget_the_others(ledger: Ledger, kept: set[str | None]) -> None:
    """Drop what was noted of services of the sample that the study does not take."""
    from accessmap.sample import sample_services

    if not ledger.settings.communes.sample or None in kept:
        return
    table = sample_services()
    others = table.index[~table["category"].isin(kept)]
    ledger.notes = [notes[~((notes["table"] == "services") & notes["id"].isin(others))] for notes in ledger.notes]


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


def _incomplete(typed: list[str], words: Words) -> pd.DataFrame:
    """Return a note by category typed by hand: complete around the Pays Chaunois, perhaps not elsewhere."""
    rows = [
        ("services", category, pd.NA, words("studyfile_sample_incomplete"), words("studyfile_sample_add"))
        for category in typed
    ]
    return pd.DataFrame(rows, columns=list(NOTE_COLUMNS))


# The lists of the sample that were typed by hand, and what is said where they are used elsewhere.
CAUTIONS = {
    None: "studyfile_caution_sample",
    "france_services": "studyfile_caution_sample_france_services",
    "hospital": "studyfile_caution_sample_hospital",
}
