"""The map of isochrones: how far one gets in so many minutes, and how many people live there."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Final

import geopandas as gpd
import pandas as pd
import shapely

from accessmap.categories import Lang
from accessmap.errors import Problem, Problems, TableError
from accessmap.maps.choropleth import class_words, minute_colours
from accessmap.maps.drawing import PAPER, Entry, View
from accessmap.maps.ground import inside_of
from accessmap.maps.offline import OfflineMap, mapped
from accessmap.provenance import Provenance
from accessmap.tables.contracts import metric_crs
from accessmap.tables.cutoffs import is_within
from accessmap.words import words as labels
from accessmap.words.words import Words

# Each site is a view of its own up to this many: a longer switch is not read.
MOST_SITES: Final = 12
# Contours follow a grid of 10 to 100 m: what is thrown away here is finer than a pixel of the map.
SIMPLIFIED_METRES: Final = 40
DARKEST: Final = 6


def isochrone_map(
    isochrones: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame | None = None,
    communes: gpd.GeoDataFrame | None = None,
    *,
    residents: gpd.GeoDataFrame | None = None,
    times: pd.DataFrame | None = None,
    title: str | None = None,
    provenance: Provenance | None = None,
    tiles: str | None = None,
    lang: Lang = "fr",
) -> OfflineMap:
    r"""Return a map of the land within so many minutes of the sites, all together and one by one, in minutes.

    Parameters
    ----------
    isochrones
        As `accessmap.isochrones` returns them: polygons by (point, minutes).
    services
        Sites to mark; those of the isochrones give them their names.
    communes
        Zones by code, under the isochrones, which are cut at the border of the territory.
    residents
        Where given, the people of the territory are counted in each band, by their `times` and never by the polygons:
        a contour is drawn by places along the roads, a trip is routed.
    times
        Minutes of each resident (rows) to each point (columns), NaN where not reached, as `accessmap.travel_times`
        returns them; with `residents`.
    title, provenance, tiles, lang
        As for `access_map`.

    Raises
    ------
    TableError
        Where `isochrones` is not indexed by (point, minutes), or is empty, or `times` lack a resident or a point.

    Examples
    --------
    >>> import shapely
    >>> rings = [shapely.Point(716_000, 6_946_000).buffer(metres) for metres in (3000, 8000)]
    >>> index = pd.MultiIndex.from_product([["a"], [5.0, 10.0]], names=["point", "minutes"])
    >>> page = isochrone_map(gpd.GeoDataFrame(geometry=rings, index=index, crs="EPSG:2154"), lang="en")
    >>> [entry.label for entry in page.drawing.views[0].entries]
    ['5\xa0min or less', 'over 5 to 10\xa0min']
    """
    minutes = _checked(isochrones)
    say = Words(labels.check_lang(lang))
    metric = metric_crs(isochrones)
    land = isochrones.geometry.to_crs(metric)
    territory = None if communes is None else communes.geometry[inside_of(communes)].to_crs(metric).union_all()
    people = _people(residents, communes)
    sites = list(dict.fromkeys(land.index.get_level_values(0)))
    if people is not None and (times is None or not {*sites} <= {*times} or not people.index.isin(times.index).all()):
        raise TableError(Problem("map_people_without_times"), about="times")
    groups: list[tuple[str, list[Hashable]]] = [("", sites)]
    if 1 < len(sites) <= MOST_SITES:
        groups += [(_name(site, services), [site]) for site in sites]
    views, pieces = [], []
    for number, (name, group) in enumerate(groups):
        within = _within(land, group, minutes, territory)
        band = (
            None if people is None or times is None else _band_of(times.loc[people.index, group].min(axis=1), minutes)
        )
        views.append(_view(name, group, minutes, within, people, band, communes, say, single=len(sites) == 1))
        # Each cutoff adds some land to that of the one before.
        bands = [area if k == 0 else shapely.difference(area, within[k - 1]) for k, area in enumerate(within)]
        pieces += [(number, k, band) for k, band in enumerate(bands) if not shapely.is_empty(band)]
    rows = pd.DataFrame(pieces, columns=["view", "entry", "geometry"])
    over = gpd.GeoDataFrame(rows, geometry="geometry", crs=metric)
    title = title or say("isochrone_title")
    return mapped(communes, views, services, over=over, title=title, provenance=provenance, tiles=tiles, say=say)


def _checked(isochrones: gpd.GeoDataFrame) -> list[float]:
    """Return the minutes of the isochrones, rising."""
    index = isochrones.index
    problems = Problems()
    if not isinstance(index, pd.MultiIndex) or index.nlevels != 2 or index.names[1] != "minutes":
        problems.add("map_not_isochrones", value=list(index.names))
    elif index.has_duplicates:
        problems.add("map_several_polygons", value=list(index[index.duplicated()])[:3])
    if isochrones.geometry.is_empty.all():
        problems.add("map_empty_polygons")
    if isochrones.crs is None:
        problems.add("map_no_crs_here")
    problems.raise_if_any(TableError, "isochrones")
    return sorted(float(value) for value in index.get_level_values(1).unique())


def _name(site: Hashable, services: gpd.GeoDataFrame | None) -> str:
    return str(services["name"][site]) if services is not None and site in services.index else str(site)


def _people(residents: gpd.GeoDataFrame | None, communes: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return the residents who are reported."""
    if residents is None:
        return None
    inside = residents
    if communes is not None:
        inside = residents[residents["commune"].isin(communes.index[inside_of(communes)])]
    return inside


def _within(
    land: gpd.GeoSeries, group: Sequence[Hashable], minutes: Sequence[float], territory: shapely.Geometry | None
) -> list[shapely.Geometry]:
    """Return the land of the territory within each cutoff of any of these sites; it can only grow."""
    found: list[shapely.Geometry] = []
    for cutoff in minutes:
        keys = land.index.intersection(pd.MultiIndex.from_product([group, [cutoff]]))
        area = shapely.union_all([*found[-1:], *shapely.simplify(land.loc[keys].to_numpy(), SIMPLIFIED_METRES)])
        found.append(area if territory is None else shapely.intersection(area, territory))
    return found


def _view(
    name: str,
    group: Sequence[Hashable],
    minutes: Sequence[float],
    within: Sequence[shapely.Geometry],
    people: gpd.GeoDataFrame | None,
    band: pd.Series | None,
    communes: gpd.GeoDataFrame | None,
    say: Words,
    *,
    single: bool,
) -> View:
    last = labels.minutes(minutes[-1], lang=say.lang, digits=0 if minutes[-1].is_integer() else 1)
    words = [*class_words(minutes, "minutes", say), labels.capitalised(say("unreached"))]
    if people is None:
        words[-2] = say("isochrone_beyond", minutes=last)
    entries = [Entry(word, colour) for word, colour in zip(words[:-2], minute_colours(minutes), strict=False)]
    if communes is not None or people is not None:
        entries.append(Entry(words[-2], PAPER, "beyond"))
    beyond = len(entries) - 1
    told: dict[str, tuple[str, ...]] = {}
    if people is not None and band is not None:
        sums = people["population"].groupby(band).sum()
        if sums.get(len(minutes) + 1, 0.0) > 0:  # apart from who takes longer, but as white on the map
            entries.append(Entry(words[-1], PAPER, "beyond"))
        counts = labels.added_up([float(sums.get(k, 0.0)) for k in range(len(entries))])
        entries = [replace(entry, said=say.people(count)) for entry, count in zip(entries, counts, strict=True)]
        told = _told(people, band, words, say)
    codes = [] if communes is None else [str(code) for code in communes.index[inside_of(communes)]]
    heading = "isochrone_legend" if single or name else "isochrone_legend_any"
    return View(
        f"within {group[0]}" if name else "within",
        name or say("isochrone_any"),
        say(heading),
        tuple(entries),
        dict.fromkeys(codes, beyond),
        told,
        say("isochrone_lost") if shapely.is_empty(within[-1]) else "",
    )


def _band_of(times: pd.Series, minutes: Sequence[float]) -> pd.Series:
    """Return the first band that each resident is within; as many as there are beyond all, one more if not reached."""
    band = sum((~is_within(times, cutoff)).astype(int) for cutoff in minutes) + times.isna()
    return pd.Series(band, index=times.index)


def _told(people: gpd.GeoDataFrame, band: pd.Series, words: Sequence[str], say: Words) -> dict[str, tuple[str, ...]]:
    """Return, by commune, how many people live in each band."""
    told: dict[str, list[str]] = {}
    sums = people["population"].groupby([people["commune"], band]).sum()
    for (code, k), count in sums[sums > 0].items():
        line = say("labelled", name=words[k], value=say.people(count))
        told.setdefault(str(code), []).append(line)
    return {code: tuple(lines) for code, lines in told.items()}
