"""Private to `studyfile`: the residents that a study.toml asks for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import geopandas as gpd

from accessmap import labels
from accessmap.sources.population import SPREAD_SCALE, SPREAD_SHAPE, spread_residents
from accessmap.sources.residents import read_residents
from accessmap.studyfile.problems import StudyFileError

if TYPE_CHECKING:
    from accessmap.studyfile.loading import Loading
    from accessmap.studyfile.settings import Settings

__all__ = ["residents_of", "rule_of"]


def residents_of(
    loading: Loading, communes: gpd.GeoDataFrame, services: gpd.GeoDataFrame | None
) -> gpd.GeoDataFrame | None:
    """Return the residents: from a file, of the sample, or spread around the mairies; None where services are lost."""
    section = loading.settings.residents
    if section is not None and section.path is not None:
        path = loading.found("residents", "path")
        options = {**section.options, "cell_metres": section.cell_metres, "clip": section.clip}
        table = read_residents(path, communes, **options)
        loading.keep("residents", path, section.source, table)
        return table
    if _sampled(loading.settings):
        from accessmap.sample import sample_residents

        return sample_residents()
    if services is None:
        return None
    return spread_residents(communes, _mairies(loading, services))


def rule_of(settings: Settings) -> Mapping[str, str]:
    """Return the rule by which people were spread, as a page prints it; nothing where a file says where they live."""
    if settings.residents is not None and settings.residents.path is not None:
        return {}
    scale, shape = (labels.number(value, digits=2, lang="fr") for value in (SPREAD_SCALE, SPREAD_SHAPE))
    return {"population": labels.text("studyfile_spread", scale=scale, shape=shape.removesuffix("0"))}


def _sampled(settings: Settings) -> bool:
    section = settings.residents
    return section.sample if section is not None else settings.communes.sample


def _mairies(loading: Loading, services: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return a mairie a commune, by its code."""
    mairies = services[services["category"] == "mairie"]
    if mairies.empty or "commune" not in mairies:
        key = ("residents", "modelled") if loading.settings.residents is not None else ("residents",)
        raise StudyFileError(loading.file.path.name, [loading.file.problem("residents_need_mairies", *key)])
    return mairies.dropna(subset="commune").drop_duplicates("commune").set_index("commune")
