"""Where a service may open: the sites there are, and the places that are candidates."""

from __future__ import annotations

import geopandas as gpd

from accessmap.study.study import Study
from accessmap.tables.contracts import moving
from accessmap.words.near import category_meant


def places(
    study: Study, category: str, candidates: str | gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return the fixed sites of a category, and the candidates of the territory where none of them stands.

    Candidates are the services of another category, such as "mairie", or a table of points with a `name`.
    """
    services = study.services
    category = category_meant(category, services["category"].unique())
    existing = services[(services["category"] == category) & ~moving(services)]
    table = study.sites(candidates) if isinstance(candidates, str) else candidates.to_crs(services.crs)
    zone = study.communes.loc[study.communes["in_territory"]].union_all()
    free = table[table.geometry.intersects(zone) & ~table.index.isin(existing.index)]
    # A candidate where a site stands already is that site.
    taken = set(existing.geometry.to_wkb()) if len(existing) else set()
    return existing, free[~free.geometry.to_wkb().isin(taken)]
