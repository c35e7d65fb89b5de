"""Maps by commune as folium.Map: no internet needed, in a notebook cell or saved, and they name their sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.categories import Lang
from accessmap.errors import Problem, TableError
from accessmap.maps.choropleth import (
    QUALITATIVE,
    breaks_for,
    change_classes,
    change_text,
    checked_breaks,
    classes,
    rounded_breaks,
    series_of,
    value_text,
)
from accessmap.maps.drawing import NO_DATA, Entry, View
from accessmap.maps.ground import inside_of
from accessmap.maps.offline import OfflineMap, mapped
from accessmap.provenance import Provenance
from accessmap.words import words as labels
from accessmap.words.near import near_names
from accessmap.words.words import Words

BASELINE: Final = "baseline"
# Sizes of change that are told apart, in minutes: under one, the difference is within what a network can tell.
CHANGE_MINUTES: Final = (1.0, 5.0, 10.0)


def value_views(
    communes: gpd.GeoDataFrame,
    values: pd.Series | pd.DataFrame,
    *,
    unit: str,
    breaks: Sequence[float] | None,
    say: Words,
    higher_is_better: bool = False,
) -> list[View]:
    """Return the one view of a value by commune."""
    codes, people = territory(communes)
    known = series_of(values, communes.index).loc[codes]
    bounds = breaks_for(known, unit) if breaks is None else checked_breaks(breaks)
    entries, fill = classes(known, people, breaks=bounds, unit=unit, say=say, higher_is_better=higher_is_better)
    told = {str(code): [value_text(value, unit, say)] for code, value in known.items()}
    if isinstance(values, pd.DataFrame) and "unreached_people" in values:
        for code, lost in values["unreached_people"].reindex(codes).items():
            if lost > 0 and not np.isnan(known[str(code)]):
                told[str(code)].append(say("unreached_people", n=round(lost)))
    _add_people(told, people, say)
    name = say("value")
    return [View("value", name, _heading(unit, say), entries, fill, _lines(told), missing_note(known, say))]


def compare_views(
    communes: gpd.GeoDataFrame,
    result: pd.DataFrame,
    *,
    unit: str = "minutes",
    breaks: Sequence[float] | None = None,
    change_breaks: Sequence[float] | None = None,
    changes: pd.DataFrame | None = None,
    say: Words,
    higher_is_better: bool = False,
) -> list[View]:
    """Return the baseline, and each scenario with its change: one scale for all levels and one for all changes.

    `changes` holds the change by commune and scenario where it is more than the difference of two columns.
    """
    if BASELINE not in result:
        raise TableError(Problem("map_no_baseline", value=list(result.columns)), about="result")
    codes, people = territory(communes)
    level = {str(name): series_of(result[name], communes.index, "result").loc[codes] for name in result}
    pooled = pd.concat(level.values())
    bounds = breaks_for(pooled, unit) if breaks is None else checked_breaks(breaks)
    sizes = _change_breaks(level, unit) if change_breaks is None else checked_breaks(change_breaks)
    before = level.pop(BASELINE)
    views = [_level_view(BASELINE, say("baseline"), before, people, bounds, unit, say, higher_is_better)]
    for name, after in level.items():
        shown = say("with_scenario", name=name)
        change = after - before if changes is None else changes[name].reindex(codes)
        told = _change_lines(before, after, change, people, shown, unit, say)
        view = _level_view(f"with {name}", shown, after, people, bounds, unit, say, higher_is_better)
        views.append(replace(view, told=told))
        entries, fill = change_classes(
            before, after, people, breaks=sizes, unit=unit, say=say, higher_is_better=higher_is_better, change=change
        )
        legend = "legend_change" if unit == "minutes" else "legend_change_unit"
        heading, words = say("change_of", name=name), say(legend, unit=labels.unit(unit, lang=say.lang))
        views.append(View(f"change {name}", heading, words, entries, fill, told, missing_note(after, say)))
    return views


def catchment_views(
    communes: gpd.GeoDataFrame, catchments: gpd.GeoDataFrame | pd.Series, services: gpd.GeoDataFrame, *, say: Words
) -> list[View]:
    """Return the one view of who goes where: an entry a site, neighbours in different colours."""
    codes, people = territory(communes)
    goes_to = _sites_by_commune(communes, catchments).reindex(codes)
    unknown = sorted(set(goes_to.dropna()) - set(services.index))
    if unknown:
        raise TableError(
            *(Problem("map_no_service", value=name, near=near_names(name, services.index)) for name in unknown[:5]),
            about="services",
        )
    order = [site for site in services.index if site in set(goes_to)]
    colours = _site_colours(communes.loc[codes], goes_to, order)
    number = goes_to.map({site: k for k, site in enumerate(order)}).fillna(len(order)).astype(int)
    names = [str(services["name"][site]) for site in order]
    entries = []
    for k, (name, colour) in enumerate(zip(names, colours, strict=True)):
        entries.append(Entry(name, colour, "", int((number == k).sum()), _sum(people, number == k)))
    lost = number == len(order)
    if lost.any():
        entries.append(Entry(say("no_data"), NO_DATA, "hatch", int(lost.sum()), _sum(people, lost)))
    told = {
        str(code): [say("nearest_site", name=names[k]) if k < len(order) else entries[k].label]
        for code, k in number.items()
    }
    _add_people(told, people, say)
    heading = say("legend_catchments")
    fill = {str(code): int(k) for code, k in number.items()}
    return [View("catchments", heading, heading, tuple(entries), fill, _lines(told), missing_note(goes_to, say))]


def territory(communes: gpd.GeoDataFrame) -> tuple[pd.Index, pd.Series | None]:
    """Return the codes that are reported, and their people where the table has them."""
    inside = inside_of(communes)
    codes = communes.index[inside]
    people = communes.loc[codes, "population"].astype("float64") if "population" in communes else None
    return codes, people


def missing_note(values: pd.Series, say: Words) -> str:
    """Return "2 communes non atteintes", or nothing where every commune has a value."""
    missing = int(values.isna().sum())
    return say("unreached_communes", n=missing) if missing else ""


def _level_view(
    key: str,
    name: str,
    values: pd.Series,
    people: pd.Series | None,
    bounds: Sequence[float],
    unit: str,
    say: Words,
    higher_is_better: bool,
) -> View:
    entries, fill = classes(values, people, breaks=bounds, unit=unit, say=say, higher_is_better=higher_is_better)
    told = {
        str(code): [say("labelled", name=name, value=value_text(value, unit, say))] for code, value in values.items()
    }
    _add_people(told, people, say)
    return View(key, name, _heading(unit, say), entries, fill, _lines(told), missing_note(values, say))


def _change_lines(
    before: pd.Series, after: pd.Series, change: pd.Series, people: pd.Series | None, shown: str, unit: str, say: Words
) -> dict[str, tuple[str, ...]]:
    today, changed = say("baseline"), say("change")
    told = {
        str(code): [
            say("labelled", name=today, value=value_text(before[code], unit, say)),
            say("labelled", name=shown, value=value_text(after[code], unit, say)),
        ]
        for code in before.index
    }
    for code in before.index:
        if np.isnan(before[code]) and not np.isnan(after[code]):
            told[str(code)].append(say("newly_reached"))
        elif not np.isnan(before[code]) and np.isnan(after[code]):
            told[str(code)].append(say("no_longer_reached"))
        elif not np.isnan(change[code]):
            minutes = unit == "minutes"
            value = (
                say.change_beside(before[code], after[code], change[code])
                if minutes
                else change_text(change[code], unit, say)
            )
            told[str(code)].append(say("labelled", name=changed, value=value))
    _add_people(told, people, say)
    return _lines(told)


def _change_breaks(level: Mapping[str, pd.Series], unit: str) -> tuple[float, ...]:
    if unit == "minutes":
        return CHANGE_MINUTES
    table = pd.DataFrame(level)
    sizes = table.drop(columns=BASELINE).sub(table[BASELINE], axis=0).abs().to_numpy().ravel()
    return rounded_breaks(pd.Series([0.0, *sizes]), most=3) or (1.0,)


def _heading(unit: str, say: Words) -> str:
    if unit in ("minutes", "people"):
        return say(f"legend_{unit}")
    return say("legend_value", unit=labels.unit(unit, lang=say.lang))


def _add_people(told: dict[str, list[str]], people: pd.Series | None, say: Words) -> None:
    if people is not None:
        for code, count in people.items():
            told[str(code)].append(say.people(count))


def _lines(told: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {code: tuple(lines) for code, lines in told.items()}


def _sum(people: pd.Series | None, chosen: pd.Series) -> float | None:
    return None if people is None else float(people[chosen].sum())


def _sites_by_commune(communes: gpd.GeoDataFrame, catchments: gpd.GeoDataFrame | pd.Series) -> pd.Series:
    """Return the site of each commune: as given, or that of the area its middle lies in."""
    if not isinstance(catchments, gpd.GeoDataFrame):
        return catchments
    areas = catchments[~(catchments.geometry.isna() | catchments.geometry.is_empty) & (catchments.index != "")]
    middles = communes.geometry.representative_point().to_crs(areas.crs)
    tree = shapely.STRtree(areas.geometry.to_numpy())
    commune, area = tree.query(middles.to_numpy(), predicate="within")
    return pd.Series(areas.index.to_numpy()[area], index=communes.index[commune]).groupby(level=0).first()


def _site_colours(communes: gpd.GeoDataFrame, goes_to: pd.Series, order: Sequence[str]) -> list[str]:
    """Return a colour a site: all different while there are enough, then different from the neighbours'."""
    if len(order) <= len(QUALITATIVE):
        return list(QUALITATIVE[: len(order)])
    areas = communes.geometry.groupby(goes_to).agg(lambda shapes: shapely.union_all(shapes.to_numpy())).loc[list(order)]
    one, other = shapely.STRtree(areas.to_numpy()).query(areas.to_numpy(), predicate="intersects")
    colours: list[str] = []
    for k in range(len(order)):
        taken = {colours[j] for i, j in zip(one, other, strict=True) if i == k and j < k}
        free = [colour for colour in QUALITATIVE if colour not in taken] or list(QUALITATIVE)
        colours.append(min(free, key=colours.count))
    return colours


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
    say = Words(labels.check_lang(lang))
    views = value_views(communes, values, unit=unit, breaks=breaks, say=say, higher_is_better=higher_is_better)
    title = title or say("map_title")
    return mapped(communes, views, services, title=title, provenance=provenance, tiles=tiles, say=say)


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
    breaks
        Bounds between the classes of every level.
    change_breaks
        Sizes of change told apart, positive and rising; below the first nothing has changed. 1, 5 and 10 for minutes.
    higher_is_better
        Darkest is worst, and a change for the better is green-blue.
    services, title, unit, provenance, tiles, lang
        As for `access_map`.

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
        raise TableError(Problem("map_no_scenario", value=list(result.columns)), about="result")
    say = Words(labels.check_lang(lang))
    views = compare_views(
        communes, result, unit=unit, breaks=breaks, change_breaks=change_breaks, say=say,
        higher_is_better=higher_is_better,
    )  # fmt: skip
    title = title or say("compare_title")
    return mapped(communes, views, services, title=title, provenance=provenance, tiles=tiles, say=say)


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
    title, provenance, tiles, lang
        As for `access_map`.

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
    say = Words(labels.check_lang(lang))
    views = catchment_views(communes, catchments, services, say=say)
    title = title or say("catchment_title")
    return mapped(communes, views, services, title=title, provenance=provenance, tiles=tiles, say=say)
