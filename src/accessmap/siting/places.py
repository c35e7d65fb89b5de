"""Where a service may open: the sites there are, and the places that are candidates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from accessmap.errors import Problems, SitingError
from accessmap.measures.hours import half_days
from accessmap.siting.bundles import BundleService
from accessmap.study.study import Study
from accessmap.tables.contracts import moving
from accessmap.words.near import category_meant, near_names
from accessmap.words.notes import first_few


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


@dataclass(frozen=True, eq=False)
class BundleSites:
    """What a `bundle` is chosen from: minutes of the territory's people to the sites there are and that may be.

    Parameters
    ----------
    times
        Residents of the territory × sites, minutes.
    people
        Of these residents.
    sites
        As services: those that exist, and candidates where none of them stands.
    existing
        By service, half-days a week of its sites of today (NaN: not known, where room does not count).
    taken
        By service, people from outside the territory for whom its sites are the nearest of today: they take places.
    forbidden
        Sites out of the territory, where nothing is added.
    """

    times: pd.DataFrame
    people: pd.Series
    sites: gpd.GeoDataFrame
    existing: Mapping[str, pd.Series]
    taken: Mapping[str, pd.Series]
    forbidden: tuple[str, ...]


def bundle_sites(
    study: Study,
    services: Mapping[str, BundleService],
    *,
    candidates: str | gpd.GeoDataFrame = "mairie",
    today: Mapping[str, float] | None = None,
    mode: str | None = None,
) -> BundleSites:
    """Return what `bundle` needs of a study: minutes, people, sites, half-days of today, places that others take.

    Parameters
    ----------
    study
        Whose territory is served; sites beyond it serve its people too, and the people beyond it take places.
    services
        Category to what it costs and can serve, as `bundle` takes them; a category may have no site yet.
    candidates
        A category whose sites in the territory may be fitted out, or a table of points with a `name`.
    today
        By service, half-days a week of sites whose hours are not known.
    mode
        Of the study's networks; the first where not given.

    Raises
    ------
    SitingError
        If the half-days of a site are not known and room counts, or `today` names another service.

    Examples
    --------
    >>> import accessmap as am
    >>> services = {"france_services": BundleService(opening=20, half_day=6, capacity=1500, least=4)}
    >>> found = bundle_sites(am.load_sample(), services, today={"france_services": 10})
    >>> found.times.shape, found.existing["france_services"].size, len(found.forbidden)
    ((526, 94), 13, 10)
    """
    said = dict(today or {})
    problems = Problems()
    for name in said:
        if name not in services:
            problems.add("bundle_no_such_service", where="today", value=name, near=near_names(name, services))
    there, free = {}, []
    for name in services:
        there[name], may_be = places(study, name, candidates)
        free.append(may_be)
    fixed = gpd.GeoDataFrame(pd.concat(list(there.values())))
    taken_places = set(fixed.geometry.to_wkb())
    open_to_all = free[0][~free[0].index.isin(fixed.index) & ~free[0].geometry.to_wkb().isin(taken_places)]
    sites = gpd.GeoDataFrame(pd.concat([fixed, open_to_all]), geometry="geometry", crs=study.services.crs)
    existing, gone = {}, {}
    outside = study.residents.loc[~study.inside, "population"].astype("float64")
    for name, table in there.items():
        hours = half_days(table) if "hours" in table and len(table) else pd.Series(float("nan"), table.index)
        hours = hours.fillna(said.get(name, float("nan"))).where(lambda each: each > 0)
        if services[name].capacity is not None and hours.isna().any():
            unknown = list(hours.index[hours.isna()])
            problems.add("bundle_hours_unknown", n=len(unknown), value=name, sites=first_few(unknown))
        existing[name] = hours
        near = study.minutes(table, mode=mode)[~study.inside] if len(table) and len(outside) else pd.DataFrame()
        nearest = near.dropna(how="all").idxmin(axis=1) if near.size else pd.Series(dtype=object)
        gone[name] = outside.loc[nearest.index].groupby(nearest).sum().reindex(table.index, fill_value=0.0)
    problems.raise_if_any(SitingError, "bundle_sites")
    zone = study.communes.loc[study.communes["in_territory"]].union_all()
    beyond = fixed.index[~fixed.geometry.intersects(zone)]
    times = study.minutes(sites, mode=mode)[study.inside]
    return BundleSites(times, study.people.astype("float64"), sites, existing, gone, tuple(map(str, beyond)))
