"""Private to `studyfile`: fast internet, schools and what they are equipped with, where a study.toml names them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from accessmap.sources.fibre import read_digital
from accessmap.sources.school_equipment import read_equipment
from accessmap.sources.schools import read_schools

if TYPE_CHECKING:
    from accessmap.studyfile.loading import Loading

__all__ = ["tables_of"]


def tables_of(
    loading: Loading, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame | None
) -> dict[str, pd.DataFrame]:
    """Return the tables that the settings name, by the field of `Study` that each fills."""
    settings = loading.settings
    found: dict[str, pd.DataFrame | None] = {}
    if settings.digital is not None:
        chosen = {name: getattr(settings.digital, name) for name in ("quarter", "percent", "cap")}
        found["digital"] = _read(loading, "digital", partial(read_digital, communes=communes, **chosen))
    if settings.schools is not None:
        read = partial(read_schools, communes=communes, mairies=_mairies(services), clip=settings.schools.clip)
        options: dict[str, Any] = {"crs": settings.schools.crs}
        if settings.schools.roll is not None:
            options["roll"] = loading.tried(("schools", "roll"), partial(loading.found, "schools", "roll"))
        found["schools"] = _read(loading, "schools", partial(read, **options))
    schools = found.get("schools")
    if settings.equipment is not None and schools is not None:
        found["equipment"] = _read(loading, "equipment", partial(read_equipment, schools=schools))
    return {name: table for name, table in found.items() if table is not None}


def _read(loading: Loading, name: str, read: Callable[..., pd.DataFrame]) -> pd.DataFrame | None:
    """Return the table of one section, or None after keeping its problem."""
    section = getattr(loading.settings, name)
    path = loading.tried((name, "path"), partial(loading.found, name, "path"))
    if path is None:
        return None
    options = {key: section.options[key] for key in ("columns", "encoding", "layer")}
    table: pd.DataFrame | None = loading.tried((name, "path"), partial(read, path, **options))
    if table is not None:
        loading.keep(name, path, section.source, table)
    return table


def _mairies(services: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    if services is None or "commune" not in services:
        return None
    mairies = services[services["category"] == "mairie"]
    return mairies if len(mairies) else None
