"""Maps by commune as folium.Map: no internet needed, in a notebook cell or saved, and they name their sources."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from accessmap import labels
from accessmap.errors import TableError
from accessmap.labels import Lang
from accessmap.maps.finish import drawn, finished
from accessmap.maps.views import catchment_views, compare_views, value_views
from accessmap.provenance import Provenance

if TYPE_CHECKING:
    from accessmap.maps.offline import OfflineMap

__all__ = ["access_map", "catchment_map", "compare_map"]


def access_map(
    communes: gpd.GeoDataFrame,
    values: pd.Series | pd.DataFrame,
    services: gpd.GeoDataFrame | None = None,
    *,
    title: str | None = None,
    unit: str = "minutes",
    breaks: Sequence[float] | None = None,
    higher_is_better: bool = False,
    provenance: Provenance | None = None,
    tiles: str | None = None,
    lang: Lang = "fr",
) -> OfflineMap:
    """Return a map of one value by commune, in `unit`, that needs no internet in a notebook cell or saved.

    Parameters
    ----------
    communes
        Zones by code; those with `in_territory` are painted, their neighbours only outlined.
    values
        By code, or the table of `by_commune`; NaN is hatched, has its own line in the legend and is counted.
    services
        Sites to mark, by category.
    title
        Heading of the map.
    unit
        Of the values: "minutes", or any word.
    breaks
        Bounds between classes, rising, at most eight; a value on a bound belongs below it. Round ones where not given.
    higher_is_better
        Darkest is worst: the largest value, or the smallest where this is True.
    provenance
        Its credit is printed; "provenance inconnue" without it.
    tiles
        "osm" or "ign" for a background from the internet, under see-through colours; none by default.
    lang
        "fr" or "en".

    Returns
    -------
    folium.Map
        Other folium layers can be added to it; `save` writes one file.

    Raises
    ------
    TableError
        Where the values cannot be mapped: infinite, not numbers, twice for one commune, or of no commune of the table.

    Examples
    --------
    >>> import shapely
    >>> squares = [shapely.box(730_000 + x, 6_940_000, 731_000 + x, 6_941_000) for x in (0, 1000)]
    >>> names = {"name": ["Chauny", "Sinceny"]}
    >>> communes = gpd.GeoDataFrame(names, index=["02173", "02719"], geometry=squares, crs="EPSG:2154")
    >>> page = access_map(communes, pd.Series({"02173": 4.0, "02719": float("nan")}))
    >>> page.drawing.views[0].note
    '1 commune non atteinte'
    """
    views = value_views(
        communes,
        values,
        unit=unit,
        breaks=breaks,
        lang=labels.check_lang(lang),
        higher_is_better=higher_is_better,
    )
    words = title or labels.text("map_title", lang=lang)
    return finished(drawn(communes, views, services, title=words, provenance=provenance, tiles=tiles, lang=lang))


def compare_map(
    communes: gpd.GeoDataFrame,
    result: pd.DataFrame,
    services: gpd.GeoDataFrame | None = None,
    *,
    title: str | None = None,
    unit: str = "minutes",
    breaks: Sequence[float] | None = None,
    change_breaks: Sequence[float] | None = None,
    higher_is_better: bool = False,
    provenance: Provenance | None = None,
    tiles: str | None = None,
    lang: Lang = "fr",
) -> OfflineMap:
    """Return one map to switch between the baseline, each scenario and each change, in `unit`, on one scale.

    Parameters
    ----------
    communes
        Zones by code, as for `access_map`.
    result
        By code: the column "baseline" and one a scenario. What only a scenario reaches is "newly reached", no gain.
    services
        Sites to mark, by category.
    title
        Heading of the map.
    unit
        Of the values.
    breaks
        Bounds between the classes of every level.
    change_breaks
        Sizes of change told apart, positive and rising; below the first nothing has changed. 1, 5 and 10 for minutes.
    higher_is_better
        Darkest is worst, and a change for the better is green-blue.
    provenance
        Its credit is printed; "provenance inconnue" without it.
    tiles
        "osm" or "ign" for a background from the internet, under see-through colours; none by default.
    lang
        "fr" or "en".

    Raises
    ------
    TableError
        Where `result` has no baseline or no scenario, or holds what cannot be mapped.

    Examples
    --------
    >>> import shapely
    >>> squares = [shapely.box(730_000 + x, 6_940_000, 731_000 + x, 6_941_000) for x in (0, 1000)]
    >>> names = {"name": ["Chauny", "Sinceny"]}
    >>> communes = gpd.GeoDataFrame(names, index=["02173", "02719"], geometry=squares, crs="EPSG:2154")
    >>> result = pd.DataFrame({"baseline": [12.0, 9.0], "plan": [4.0, 9.0]}, index=communes.index)
    >>> [view.key for view in compare_map(communes, result).drawing.views]
    ['baseline', 'with plan', 'change plan']
    """
    if len(result.columns) < 2:
        raise TableError(
            "result", [f"there is no scenario beside {list(result.columns)}: use access_map for one column."]
        )
    views = compare_views(
        communes,
        result,
        unit=unit,
        breaks=breaks,
        change_breaks=change_breaks,
        lang=labels.check_lang(lang),
        higher_is_better=higher_is_better,
    )
    words = title or labels.text("compare_title", lang=lang)
    return finished(drawn(communes, views, services, title=words, provenance=provenance, tiles=tiles, lang=lang))


def catchment_map(
    communes: gpd.GeoDataFrame,
    catchments: gpd.GeoDataFrame | pd.Series,
    services: gpd.GeoDataFrame,
    *,
    title: str | None = None,
    provenance: Provenance | None = None,
    tiles: str | None = None,
    lang: Lang = "fr",
) -> OfflineMap:
    """Return a map of who goes where: each commune in the colour of the site most of its people have nearest.

    Parameters
    ----------
    communes
        Zones by code, as for `access_map`.
    catchments
        The table of `catchments`, or a Series of service_id by commune; NaN is not reached.
    services
        The sites, with their names.
    title
        Heading of the map.
    provenance
        Its credit is printed; "provenance inconnue" without it.
    tiles
        "osm" or "ign" for a background from the internet, under see-through colours; none by default.
    lang
        "fr" or "en".

    Raises
    ------
    TableError
        Where a commune goes to a service that is not in the table.

    Examples
    --------
    >>> import shapely
    >>> squares = [shapely.box(730_000 + x, 6_940_000, 731_000 + x, 6_941_000) for x in (0, 1000)]
    >>> names = {"name": ["Chauny", "Sinceny"]}
    >>> communes = gpd.GeoDataFrame(names, index=["02173", "02719"], geometry=squares, crs="EPSG:2154")
    >>> site = {"name": ["France services de Chauny"], "category": ["france_services"]}
    >>> sites = gpd.GeoDataFrame(site, index=["a"], geometry=[squares[0].centroid], crs="EPSG:2154")
    >>> page = catchment_map(communes, pd.Series({"02173": "a", "02719": "a"}), sites)
    >>> [(entry.label, entry.communes) for entry in page.drawing.views[0].entries]
    [('France services de Chauny', 2)]
    """
    views = catchment_views(communes, catchments, services, lang=labels.check_lang(lang))
    words = title or labels.text("catchment_title", lang=lang)
    return finished(drawn(communes, views, services, title=words, provenance=provenance, tiles=tiles, lang=lang))
