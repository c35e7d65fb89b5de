"""Private to `studyfile`: residents, digital coverage, schools and published figures that a study.toml asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from accessmap.read.calibration import calibrated_rule
from accessmap.read.coverage import digital as read_digital
from accessmap.read.published import reference as read_reference
from accessmap.read.residents import read_residents
from accessmap.read.school_lists import equipment as read_equipment
from accessmap.read.school_lists import schools as read_schools
from accessmap.read.spread import spread_residents, spread_rule
from accessmap.study.study import NOTE_COLUMNS
from accessmap.studyfile.ledger import Ledger
from accessmap.studyfile.problems import Key
from accessmap.studyfile.services import mairies_of
from accessmap.words.words import Words

if TYPE_CHECKING:
    from accessmap.studyfile.settings import Settings


def tables_of(ledger: Ledger, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame | None) -> dict[str, pd.DataFrame]:
    """Return the tables that the settings name, by the field of `Study` that each fills."""
    settings = ledger.settings
    found: dict[str, pd.DataFrame | None] = {}
    if settings.digital is not None:
        chosen = {name: getattr(settings.digital, name) for name in ("quarter", "percent", "cap")}
        found["digital"] = _read(ledger, "digital", partial(read_digital, communes=communes, **chosen))
    if settings.schools is not None:
        read = partial(read_schools, communes=communes, mairies=mairies_of(services), clip=settings.schools.clip)
        options: dict[str, Any] = {"crs": settings.schools.crs}
        if settings.schools.roll is not None:
            options["roll"] = ledger.tried(("schools", "roll"), partial(ledger.found, "schools", "roll"))
        found["schools"] = table = _read(ledger, "schools", partial(read, **options))
        if table is not None and options.get("roll") is not None:
            ledger.beside(table, "roll", "schools", "roll")
    schools = found.get("schools")
    if settings.equipment is not None and schools is not None:
        found["equipment"] = _read(ledger, "equipment", partial(read_equipment, schools=schools))
    return {name: table for name, table in found.items() if table is not None}


def _read(ledger: Ledger, name: str, read: Callable[..., pd.DataFrame]) -> pd.DataFrame | None:
    """Return the table of one section, or None after keeping its problem."""
    section = getattr(ledger.settings, name)
    options = {key: section.options[key] for key in ("columns", "encoding", "layer")}
    table: pd.DataFrame | None = ledger.table((name, "path"), section.source, partial(read, **options))
    return table


def residents_of(
    ledger: Ledger, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame | None:
    """Return the residents: from a file, of the sample, or spread around the mairies; None where services are lost."""
    section = ledger.settings.residents
    if section is not None and section.path is not None:
        chosen = {name: getattr(section, name) for name in ("cell_metres", "clip", "calibrate")}
        read = partial(read_residents, communes=communes, mairies=mairies_of(services), **section.options, **chosen)
        table: gpd.GeoDataFrame | None = ledger.table(("residents", "path"), section.source, read)
        return table
    if section.sample if section is not None else ledger.settings.communes.sample:
        from accessmap.sample import sample_residents

        return sample_residents()
    if services is None:
        return None
    mairies = mairies_of(services)
    if mairies is None:
        key = ("residents", "modelled") if section is not None else ("residents",)
        raise ledger.file.refused("studyfile_residents_need_mairies", *key)
    by_commune = mairies.dropna(subset="commune").drop_duplicates("commune").set_index("commune")
    return spread_residents(communes, _with_middles(ledger, communes, by_commune))


MOST_WITHOUT_MAIRIE = 0.05
"""Share of communes: the public directory lacks 0.2 % of the mairies of France, new communes above all."""


def _with_middles(ledger: Ledger, communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the mairies, and for the few communes that have none a place inside, which is noted."""
    without = communes.index.difference(mairies.index)
    if without.empty or len(without) > MOST_WITHOUT_MAIRIE * len(communes):
        return mairies
    words = Words(ledger.settings.study.lang)
    told = words("studyfile_without_mairie", n=len(without)), words("studyfile_without_mairie_add")
    names = communes.loc[without, "name"]
    rows = [("residents", code, name, *told) for code, name in zip(without, names, strict=True)]
    ledger.notes.append(pd.DataFrame(rows, columns=list(NOTE_COLUMNS)))
    middles = communes.geometry.loc[without].representative_point().to_crs(mairies.crs)
    return gpd.GeoDataFrame(geometry=pd.concat([mairies.geometry, middles]), crs=mairies.crs)


def rule_of(settings: Settings) -> Mapping[str, str]:
    """Return how people were spread, or brought to the legal population, as a page prints it; else nothing."""
    if settings.residents is not None and settings.residents.path is not None:
        return {"population": calibrated_rule()} if settings.residents.calibrate else {}
    return {"population": spread_rule()}


def reference_of(ledger: Ledger) -> pd.DataFrame | None:
    """Return the published figures of all files, their sources kept; None where none is named, or after a problem."""
    section = ledger.settings.reference
    if section is None:
        return None
    tables, notes = [], []
    for number in range(len(section.paths)):
        at: Key = ("reference", "path") if isinstance(section.path, str) else ("reference", "path", number)
        table: pd.DataFrame | None = ledger.read(at, partial(read_reference, encoding=section.encoding))
        if table is None:
            continue
        known = table.attrs["beside"]["reference"]
        dates = sorted(set(table["vintage"].dropna().astype(str))) or [known.get("vintage", "")]
        known = {**known, "vintage": ", ".join(dates)}
        source = ledger.credit(ledger.found(*at), section.source, "reference", **known)
        ledger.sources.append(source)
        notes += table.attrs["read_notes"]
        tables.append(table.assign(vintage=table["vintage"].fillna(source.vintage or pd.NA)))
    ledger.said["reference"] = tuple(notes)
    return pd.concat(tables, ignore_index=True) if len(tables) == len(section.paths) else None
