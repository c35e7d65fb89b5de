"""What a map draws, ready for a page: communes as compact paths, names, services, views; no folium in here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap import labels
from accessmap.labels import Lang
from accessmap.maps.ground import DRAWN_CRS, Ground
from accessmap.maps.legend import View
from accessmap.maps.paths import path_of
from accessmap.maps.tiles import Tiles

MOST_NAMES: Final = 9
WORDS: Final = ("not_found", "outside", "zoom_in", "zoom_out", "north", "north_letter")

# Markers in a box of 20 by 20, centred on 0 0; one path a shape, drawn the same on screen and on paper.
SHAPES: Final[Mapping[str, str]] = {
    "circle": "M-7,0a7,7,0,1,0,14,0a7,7,0,1,0,-14,0z",
    "square": "M-6.5,-6.5h13v13h-13z",
    "triangle": "M0,-8L8,6.5h-16z",
    "diamond": "M0,-9L8,0L0,9L-8,0z",
    "star": "M0,-9.5L2.6,-3.3L9.2,-2.8L4.2,1.6L5.7,8.1L0,4.6L-5.7,8.1L-4.2,1.6L-9.2,-2.8L-2.6,-3.3z",
    "cross": "M-3,-8h6v5h5v6h-5v5h-6v-5h-5v-6h5z",
    "pentagon": "M0,-8.5L8.1,-2.6L5,7H-5L-8.1,-2.6z",
    "wedge": "M-8,-6.5h16L0,8z",
}


@dataclass(frozen=True)
class Zone:
    """A commune on the page: an SVG path in drawn units, and whether it is of the territory."""

    code: str
    name: str
    inside: bool
    path: str


@dataclass(frozen=True)
class Mark:
    """A service on the page: its place in drawn units, the words of its tooltip, and the views it stands in."""

    x: int
    y: int
    lines: tuple[str, ...]
    views: tuple[int, ...] | None = None
    fresh: bool = False

    def stands_in(self, view: int) -> bool:
        """Return whether the service is there in this view."""
        return self.views is None or view in self.views


@dataclass(frozen=True)
class Layer:
    """Services of one kind and how they are drawn."""

    key: str
    name: str
    shape: str
    colour: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True)
class Piece:
    """Land or roads over the communes in one view: the look of an entry of its legend, and the lines of a tooltip."""

    view: int
    entry: int
    path: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Cell:
    """A square of a grid: its centre in drawn units, the code of its commune, and the words of its tooltip."""

    x: int
    y: int
    code: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Drawing:
    """A whole map: drawn units count from `origin` (EPSG:3857 metres), eastward and southward.

    `scale` is the metres of ground of one unit; `edge` is one side of a cell as a vector, in units.
    """

    title: str
    credit: str
    lang: Lang
    origin: tuple[int, int]
    size: tuple[int, int]
    scale: float
    zones: tuple[Zone, ...]
    outline: str
    names: tuple[tuple[int, int, str], ...]
    layers: tuple[Layer, ...]
    views: tuple[View, ...]
    pieces: tuple[Piece, ...] = ()
    cells: tuple[Cell, ...] = ()
    edge: tuple[float, float] = (0, 0)
    tiles: Tiles | None = None

    def to_json(self, *, paths: bool = True, ids: str = "z") -> str:
        """Return what the page's script reads, safe inside a script element; without paths where the page holds them.

        The page holds them as `svg.definitions` writes them, with ids that start with `ids`. Names are data here and
        stay data: no character of them can end the element or start another.
        """
        told = {
            "origin": self.origin,
            "size": self.size,
            "ids": ids,
            "outline": self.outline if paths else None,
            "zones": [
                {"code": zone.code, "name": zone.name, "inside": zone.inside} | ({"d": zone.path} if paths else {})
                for zone in self.zones
            ],
            "names": self.names,
            "layers": [
                {
                    "key": layer.key,
                    "name": layer.name,
                    "colour": layer.colour,
                    "d": SHAPES[layer.shape],
                    "points": [[mark.x, mark.y, mark.lines, mark.views, mark.fresh] for mark in layer.marks],
                }
                for layer in self.layers
            ],
            "views": [
                {
                    "paint": [[entry.colour, entry.pattern, entry.line] for entry in view.entries],
                    "fill": dict(view.fill),
                    "told": dict(view.told),
                }
                for view in self.views
            ],
            "pieces": [[piece.view, piece.entry, piece.path if paths else None, piece.lines] for piece in self.pieces],
            "cells": [[cell.x, cell.y, cell.code, cell.lines] for cell in self.cells],
            "edge": self.edge,
            "tiles": self.tiles and {"url": self.tiles.url, "credit": self.tiles.credit, "most": self.tiles.most_zoom},
            "words": {key: labels.text(key, lang=self.lang) for key in WORDS}
            | {"cluster": labels.text("cluster", lang=self.lang, sites="{n}")},
        }
        return embedded(told)


def embedded(data: object) -> str:
    r"""Return JSON that is safe inside a script element, whatever the text in it.

    >>> print(embedded("</script>"))
    "\u003c/script\u003e"
    """
    written = json.dumps(data, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    for character in "<>&\u2028\u2029":
        written = written.replace(character, f"\\u{ord(character):04x}")
    return written


def draw(
    communes: gpd.GeoDataFrame | None,
    views: Sequence[View],
    services: gpd.GeoDataFrame | None = None,
    *,
    title: str,
    credit: str,
    lang: Lang,
    stands_in: Mapping[str, tuple[int, ...]] | None = None,
    fresh: frozenset[str] = frozenset(),
    over: gpd.GeoDataFrame | None = None,
    frame: gpd.GeoDataFrame | None = None,
    tiles: Tiles | None = None,
) -> Drawing:
    """Return the drawing of a territory, its nearest neighbours and the services among them.

    Parameters
    ----------
    communes
        Zones in any CRS; only those near the territory are drawn. None where there is only what lies `over`.
    views
        What can be looked at, one at a time.
    services
        Points to mark; those beyond the drawn neighbours are left out.
    title, credit, lang
        What the page says of it.
    stands_in
        By service_id, the numbers of the views a service stands in: all where it is not named.
    fresh
        Services that only scenarios have: they are drawn larger and say so.
    over
        Land or roads painted over the communes: `view`, `entry` (its number in the legend), geometry, and `told` (lines
        of a tooltip) where there is something to say; one row each.
    frame
        What the map shows at first, where that is not the territory: it has no outline then.
    tiles
        A background from the internet.
    """
    ground = Ground.of(communes) if communes is not None else Ground.under(over, services)
    ground = ground if frame is None else ground.framed(frame)
    left, bottom, right, top = ground.bounds
    origin = (round(left), round(top))
    pieces = () if over is None else _pieces(over, ground, origin)
    return Drawing(
        title=title,
        credit=credit if tiles is None else f"{credit} · {tiles.credit}",
        lang=lang,
        origin=origin,
        size=(round(right - left), round(top - bottom)),
        scale=ground.scale,
        zones=tuple(
            Zone(str(code), str(ground.communes["name"][code]), bool(ground.inside[code]), path_of(shape, origin))
            for code, shape in ground.drawn.items()
        ),
        outline=path_of(ground.territory, origin),
        names=_names(ground.communes[ground.inside], origin, (right - left) / 7, services),
        layers=() if services is None else _layers(services, ground, origin, lang, stands_in or {}, fresh),
        views=tuple(views),
        pieces=pieces,
        tiles=tiles,
    )


def _pieces(over: gpd.GeoDataFrame, ground: Ground, origin: tuple[int, int]) -> tuple[Piece, ...]:
    """Return what lies over the communes, cut where the drawn land ends."""
    # A valid shape may cross itself once projected: by less than a unit.
    shapes = shapely.make_valid(over.geometry.to_crs(DRAWN_CRS).to_numpy())
    cut = shapely.intersection(shapes, shapely.box(*ground.seen))
    paths = [path_of(shape, origin) for shape in cut]
    told = over["told"] if "told" in over else [()] * len(over)
    kept = zip(over["view"], over["entry"], paths, told, strict=True)
    return tuple(Piece(int(view), int(entry), path, tuple(lines)) for view, entry, path, lines in kept if path)


def _names(
    communes: gpd.GeoDataFrame, origin: tuple[int, int], apart: float, services: gpd.GeoDataFrame | None
) -> tuple[tuple[int, int, str], ...]:
    """Return the names worth writing on the map: the largest communes, none close to another, under their marker."""
    if communes.empty:
        return ()
    order = communes.sort_values("population", ascending=False) if "population" in communes else communes
    points = order.geometry.to_crs(DRAWN_CRS).representative_point()
    if services is not None and len(services):
        sites = services.geometry.to_crs(communes.crs)
        which, where = shapely.STRtree(sites.to_numpy()).query(order.geometry.to_numpy(), predicate="contains")
        first = pd.Series(where, index=order.index[which]).groupby(level=0).first()
        points.loc[first.index] = sites.iloc[first.to_numpy()].to_crs(DRAWN_CRS).to_numpy()
    kept: list[tuple[int, int, str]] = []
    for name, x, y in zip(order["name"], points.x, points.y, strict=True):
        place = (round(x - origin[0]), round(origin[1] - y))
        # Names are wide and low: they get in each other's way sooner side by side.
        if all(np.hypot(place[0] - u, (place[1] - v) * 1.6) > apart for u, v, _ in kept):
            kept.append((*place, str(name)))
        if len(kept) == MOST_NAMES:
            break
    return tuple(kept)


def _layers(
    services: gpd.GeoDataFrame,
    ground: Ground,
    origin: tuple[int, int],
    lang: Lang,
    stands_in: Mapping[str, tuple[int, ...]],
    fresh: frozenset[str],
) -> tuple[Layer, ...]:
    points = services.geometry.to_crs(DRAWN_CRS)
    west, south, east, north = ground.seen
    seen = services[points.x.between(west, east) & points.y.between(south, north)]
    layers = []
    for kind, sites in seen.groupby("category", sort=True):
        words = labels.category(str(kind))
        marks = []
        for key, site in sites.iterrows():
            commune = site.get("commune")
            place = ground.communes["name"].get(commune) if isinstance(commune, str) else None
            opened = labels.text("opened", lang=lang) if key in fresh else ""
            lines = dict.fromkeys(str(line) for line in (site["name"], words.name(lang), place, opened) if line)
            x, y = points[key].x - origin[0], origin[1] - points[key].y
            marks.append(Mark(round(x), round(y), tuple(lines), stands_in.get(str(key)), key in fresh))
        name = labels.capitalised(words.name(lang, count=len(marks)))
        layers.append(Layer(str(kind), name, words.shape, words.colour, tuple(marks)))
    # The rarest last, which is on top: a France services at the mairie is seen, not the mairie alone.
    return tuple(sorted(layers, key=lambda layer: -len(layer.marks)))
