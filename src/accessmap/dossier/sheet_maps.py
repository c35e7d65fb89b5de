"""The map of a commune sheet: the ways from its centre to the nearest sites, on the land around."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from markupsafe import Markup

from accessmap.dossier.results import Known
from accessmap.dossier.services import kind_name
from accessmap.maps.drawing import SHAPES, Drawing, Entry, Layer, Mark, View, Zone, path_of
from accessmap.maps.ground import DRAWN_CRS
from accessmap.maps.svg import picture
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

# Services whose way is drawn: the one studied and the next; more would hide each other.
MOST_WAYS: Final = 4
# Widths in pixels, the first way the widest, so that of ways along one road all are seen.
WIDTHS: Final = (8, 5.5, 3.5, 2, 1.5)
HERE: Final = "#d6e4f0"
# How high the picture is of its width, the least that it shows across, and the room around what it shows.
SHAPE: Final = 0.62
LEAST_METRES: Final = 9_000
ROOM: Final = 0.14
SIMPLIFIED: Final = 40
PIXELS: Final = 430


@dataclass(frozen=True)
class _Way:
    """One way of one commune: the kind of its site, that site, its line and end as drawn; `planned` by a scenario."""

    category: str
    site: str
    place: str
    line: shapely.LineString | None
    end: shapely.Point
    planned: bool


def sheet_maps(known: Known, near: pd.DataFrame, drawing: Drawing, words: Words) -> dict[str, Markup]:
    """Return the map of each commune of the territory, whose paths of land are those of the page.

    Parameters
    ----------
    known, drawing
        What the dossier knows, and its main map.
    near
        By (category, situation, commune): `site_id` and `site`, as the table `_nearest_sites`.
    """
    study = known.study
    homes = centres(study).to_crs(DRAWN_CRS)
    ways = _ways(known, near)
    land = study.communes.geometry.reindex([zone.code for zone in drawing.zones]).to_crs(DRAWN_CRS).bounds
    return {
        str(code): _picture(str(code), homes[code], ways.get(str(code), []), land, drawing, known, words)
        for code in known.results.communes.index
    }


def centres(study: Study) -> gpd.GeoSeries:
    """Return where the ways of each commune of the territory begin, by code.

    At its mairie, else at the home that is nearest the middle of its people, else in the middle of its land.
    """
    inside = study.communes[study.communes["in_territory"]]
    mairies = study.mairies.set_index("commune").geometry if "commune" in study.mairies else gpd.GeoSeries([])
    mairies = mairies[~mairies.index.duplicated()].to_crs(inside.crs) if len(mairies) else mairies
    homes = study.residents[study.inside].to_crs(inside.crs)
    people = homes["population"].astype("float64")
    at = pd.DataFrame({"x": homes.geometry.x * people, "y": homes.geometry.y * people, "people": people})
    sums = at.groupby(homes["commune"]).sum()
    found = {}
    for code, shape in inside.geometry.items():
        if code in mairies.index:
            found[code] = mairies[code]
        elif code in sums.index and sums.loc[code, "people"] > 0:
            x, y, total = sums.loc[code, ["x", "y", "people"]]
            here = homes.geometry[homes["commune"] == code]
            found[code] = here.iloc[int(here.distance(shapely.Point(x / total, y / total)).to_numpy().argmin())]
        else:
            found[code] = shape.representative_point()
    return gpd.GeoSeries(found, crs=inside.crs)


def _ways(known: Known, near: pd.DataFrame) -> dict[str, list[_Way]]:
    """Return the ways of each commune: to the nearest sites today, then of the service studied in scenarios."""
    study, found = known.study, known.results
    kinds = known.categories[:MOST_WAYS]
    asked = near.reset_index()
    today = (asked["situation"] == BASELINE) & asked["category"].isin(kinds)
    planned = (asked["situation"] != BASELINE) & (asked["category"] == found.category)
    asked = asked[(today | planned) & asked["site_id"].notna()].drop_duplicates(["category", "code", "site_id"])
    every = [study.services, *(sites.to_crs(study.services.crs) for sites in found.sites.values())]
    sites = pd.concat([each.reindex(columns=["commune", "geometry"]) for each in every])
    sites = sites[~sites.index.duplicated()]
    places, owners = sites.geometry, sites["commune"]
    starts = centres(study).reindex(asked["code"])
    ends = gpd.GeoSeries(places.reindex(asked["site_id"]), crs=study.services.crs)
    if asked.empty:
        return {}
    lines = study.network.ways(starts.reset_index(drop=True), ends.reset_index(drop=True)).to_crs(DRAWN_CRS)
    names = study.communes["name"]
    made: dict[str, list[_Way]] = {}
    for row, line, end in zip(asked.itertuples(), lines, ends.to_crs(DRAWN_CRS), strict=True):
        owner = owners.get(row.site_id)
        place = str(names.get(owner, row.site)) if isinstance(owner, str) else str(row.site)
        simple = None if line is None or line.length < 1 else shapely.simplify(line, SIMPLIFIED)
        way = _Way(str(row.category), str(row.site), place, simple, end, str(row.situation) != BASELINE)
        made.setdefault(str(row.code), []).append(way)
    return made


def _picture(
    code: str, home: shapely.Point, ways: list[_Way], land: pd.DataFrame, drawing: Drawing, known: Known, words: Words
) -> Markup:
    """Return the map of one commune."""
    name = str(known.study.communes["name"][code])
    left, top, size = _frame(home, ways, land.loc[[code]].squeeze() if code in land.index else None, drawing.scale)
    corner = (round(left - drawing.origin[0]), round(drawing.origin[1] - top))
    origin = (round(left), round(top))
    places = {name: home}  # a name stands once, whatever has its end there
    for way in ways:
        places.setdefault(way.place, way.end)
    zones = _seen(drawing, land, (left, top - size[1], left + size[0], top)) if drawing.part else drawing.zones
    local = replace(
        drawing,
        zones=zones,
        origin=origin,
        size=size,
        names=tuple((*_at(point, origin), place) for place, point in places.items()),
        layers=_layers(ways, origin, known, words),
        views=(View("sheet", name, name, (Entry(name, HERE),), {code: 0}, {}),),
        pieces=(),
        room=(0, 0, 0, 0),
        serving=(),
    )
    over = Markup("").join(
        Markup('<path d="{}" class="d-way{}" fill="none" stroke="{}" stroke-width="{}"/>').format(
            path_of(way.line, origin), " d-planned" if way.planned else "", _colour(way.category), width
        )
        for way, width in zip(ways, (*WIDTHS, *[WIDTHS[-1]] * len(ways)), strict=False)
        if way.line is not None
    )
    told = [words("labelled", name=_kind(known, way.category, words), value=way.site) for way in ways]
    sites = " ; ".join(dict.fromkeys(told)) or words("unreached")
    alt = labels.curled(words("sheet_map_told", name=name, sites=sites))
    return picture(local, 0, key=f"c{code}", alt=alt, pixels=PIXELS, corner=corner, over=over)


def _seen(drawing: Drawing, land: pd.DataFrame, frame: tuple[float, float, float, float]) -> tuple[Zone, ...]:
    """Return the zones that lie in a frame (west, south, east, north), or touch it."""
    west, south, east, north = frame
    beyond = (land["maxx"] < west) | (land["minx"] > east) | (land["maxy"] < south) | (land["miny"] > north)
    return tuple(drawing.zones[number] for number in np.flatnonzero(~beyond.to_numpy()))


def _frame(home: shapely.Point, ways: list[_Way], bounds: Any, scale: float) -> tuple[float, float, tuple[int, int]]:
    """Return the left and the top of what a picture shows, in drawn metres, and its size: commune, ways and room."""
    shapes = [home, *(way.line for way in ways if way.line is not None), *(way.end for way in ways)]
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    if bounds is not None:
        west, south = min(west, bounds["minx"]), min(south, bounds["miny"])
        east, north = max(east, bounds["maxx"]), max(north, bounds["maxy"])
    wide = max((east - west) * (1 + ROOM), (north - south) * (1 + ROOM) / SHAPE, LEAST_METRES / scale)
    high = wide * SHAPE
    return (west + east - wide) / 2, (south + north + high) / 2, (round(wide), round(high))


def _at(point: shapely.Point, origin: tuple[int, int]) -> tuple[int, int]:
    return round(point.x - origin[0]), round(origin[1] - point.y)


def _layers(ways: list[_Way], origin: tuple[int, int], known: Known, words: Words) -> tuple[Layer, ...]:
    """Return the sites at the ends of the ways, the one studied on top."""
    kinds: dict[str, dict[tuple[int, int], Mark]] = {}
    for way in ways:
        place = _at(way.end, origin)
        kinds.setdefault(way.category, {})[place] = Mark(*place, (way.site,), fresh=way.planned)
    return tuple(
        Layer(kind, _kind(known, kind, words), labels.category(kind).shape, _colour(kind), tuple(marks.values()))
        for kind, marks in reversed(kinds.items())
    )


def _colour(category: str) -> str:
    return labels.category(category).colour


def _kind(known: Known, category: str, words: Words) -> str:
    return labels.capitalised(kind_name(known, category, words))


def sheet_key(known: Known, words: Words) -> Markup:
    """Return what the markers and lines of these maps are, once for all of them."""
    kinds = known.categories[:MOST_WAYS]
    shown: Mapping[str, labels.Category] = {kind: labels.category(kind) for kind in kinds}
    return Markup(" ").join(
        Markup(
            '<span><svg class="am-marker" viewBox="-10 -10 20 20" aria-hidden="true" focusable="false"><path d="{}"'
            ' fill="{}" stroke="#fff" stroke-width="1.5"/></svg> {}</span>'
        ).format(SHAPES[kind.shape], kind.colour, _kind(known, name, words))
        for name, kind in shown.items()
    )
