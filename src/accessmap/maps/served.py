"""The map of how well places are served by public transport: the land of each class, and the people who live there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import shapely

from accessmap.categories import Lang
from accessmap.errors import Problem, TableError
from accessmap.maps.choropleth import BESIDE_WHITE, sequential
from accessmap.maps.drawing import PAPER, Entry, View
from accessmap.maps.ground import inside_of
from accessmap.maps.offline import OfflineMap, mapped
from accessmap.provenance import Provenance
from accessmap.words import words as labels
from accessmap.words.words import Words

# Browsers round off what they draw: each class goes on so far below the better one, or white would show between.
OVERLAP_METRES: Final = 80


def quality_map(
    areas: gpd.GeoDataFrame,
    people: pd.DataFrame | None = None,
    communes: gpd.GeoDataFrame | None = None,
    *,
    services: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    provenance: Provenance | None = None,
    tiles: str | None = None,
    lang: Lang = "fr",
) -> OfflineMap:
    r"""Return a map of the land of each class of public transport, and how many people live in each.

    Parameters
    ----------
    areas
        As `accessmap.lines.quality_areas` returns them: the land of each class, the best first.
    people
        As `accessmap.lines.people_by_class` counts them, by commune: the places where they live, never the land.
    communes
        Zones by code; the land is cut at the border of the territory, whose people alone are counted.
    services
        Sites to mark.
    title, provenance, tiles, lang
        As for `access_map`.

    Raises
    ------
    TableError
        Where no land has a class and no communes are given, or `people` are of other classes.

    Examples
    --------
    >>> discs = [shapely.Point(716_000, 6_946_000).buffer(metres) for metres in (300, 500)]
    >>> areas = gpd.GeoDataFrame(geometry=discs, index=["A", "B"], crs="EPSG:2154")
    >>> people = pd.DataFrame({"A": [120.0], "B": [0.0], "none": [80.0]}, index=["02173"])
    >>> [entry.said for entry in quality_map(areas, people, lang="en").drawing.views[0].entries]
    ['120\xa0people', '0\xa0people', '80\xa0people']
    """
    say = Words(labels.check_lang(lang))
    classes = [str(each) for each in areas.index]
    if areas.geometry.is_empty.all() and communes is None:
        raise TableError(Problem("map_no_class"), about="areas")
    if people is not None and list(people.columns) != [*classes, "none"]:
        raise TableError(Problem("map_other_classes", value=list(people.columns)), about="people")
    land, codes = areas.geometry, list[str]()
    if communes is not None:
        inside = inside_of(communes)
        codes = [str(code) for code in communes.index[inside]]
        territory = communes.geometry[inside].to_crs(areas.crs).union_all()
        land = land.intersection(territory)
        people = None if people is None else people[people.index.astype(str).isin(codes)]
    words = [*(say("quality_class", name=name) for name in classes), say("quality_none")]
    colours = [*sequential(len(classes), lightest=BESIDE_WHITE), PAPER]
    entries = [Entry(word, colour) for word, colour in zip(words, colours, strict=True)]
    entries[-1] = replace(entries[-1], pattern="beyond")
    told: dict[str, tuple[str, ...]] = {}
    if people is not None:
        counts = labels.added_up(people.sum().tolist())
        entries = [replace(entry, said=say.people(count)) for entry, count in zip(entries, counts, strict=True)]
        told = {
            str(code): tuple(
                say("labelled", name=word, value=say.people(count))
                for word, count in zip(words, row, strict=True)
                if count > 0
            )
            for code, row in zip(people.index, people.to_numpy().tolist(), strict=True)
        }
    over = gpd.GeoDataFrame(_pieces(land), columns=["view", "entry", "geometry"], geometry="geometry", crs=areas.crs)
    fill = dict.fromkeys(codes, len(classes))
    heading = say("quality_legend", first=classes[0], last=classes[-1])
    view = View("quality", say("value"), heading, tuple(entries), fill, told)
    title = title or say("quality_title")
    return mapped(communes, [view], services, over=over, title=title, provenance=provenance, tiles=tiles, say=say)


def _pieces(land: gpd.GeoSeries) -> list[tuple[int, int, Any]]:
    """Return the land of each class as it is painted, the worst first."""
    found: list[tuple[int, int, Any]] = []
    better: Any = shapely.Polygon()
    for number, area in enumerate(land):
        if not shapely.is_empty(area):
            every = shapely.union(better, area)
            found.append((0, number, shapely.difference(every, shapely.buffer(better, -OVERLAP_METRES))))
            better = every
    return found[::-1]
