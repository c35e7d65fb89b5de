"""What a map draws, ready for a page: communes as compact paths, names, services, views; no folium in here."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.categories import Lang
from accessmap.errors import OptionError, Problem
from accessmap.maps.ground import DRAWN_CRS, Ground
from accessmap.tables.contracts import category_shown
from accessmap.words import words as labels
from accessmap.words.near import near_names

NO_DATA: Final = "#d9d9d9"
OUTSIDE: Final = "#efede8"
# Land of the territory that a view says nothing of.
PAPER: Final = "#ffffff"


@dataclass(frozen=True)
class Entry:
    """One line of a legend: what it says, how it is painted, how many communes and people it holds where counted."""

    label: str
    colour: str
    pattern: str = ""  # name of a hatching, drawn instead of the colour; "dash" breaks a line
    communes: int | None = None
    people: float | None = None
    said: str = ""  # what it holds, in words, where that is not communes: kilometres of road, or cells
    line: int = 0  # width in pixels where it paints roads; 0 for land

    def count(self, lang: Lang) -> str:
        """Return "12 communes · 4 300 habitants", or nothing where it is not counted."""
        if self.said or self.communes is None:
            return self.said
        communes = labels.text("communes", lang=lang, n=self.communes)
        if self.people is None:
            return communes
        return labels.text("legend_count", lang=lang, communes=communes, people=labels.people(self.people, lang=lang))

    def told(self, lang: Lang) -> str:
        """Return the entry in words: its label and what it holds."""
        count = self.count(lang)
        return labels.text("labelled", lang=lang, name=self.label, value=count) if count else self.label


@dataclass(frozen=True)
class Square:
    """The legend of two values at once: classes of the first from left to right, of the second from top to bottom."""

    across: str
    down: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    looks: tuple[tuple[Entry, ...], ...]  # row by row


@dataclass(frozen=True, eq=False)
class View:
    """One painting of the map: the number of its legend entry by commune, and what a tooltip says of each."""

    key: str
    name: str  # what the switch calls it
    title: str  # the heading of its legend
    entries: tuple[Entry, ...]
    fill: Mapping[str, int]  # entry by code of a commune; those that are left out stay white
    told: Mapping[str, tuple[str, ...]]  # lines of the tooltip, by code
    note: str = ""  # a sentence under the legend
    square: Square | None = None  # above the list of entries
    unsure: tuple[str, ...] = ()  # codes hatched over their colour, as the last entry of the legend says

    def __post_init__(self) -> None:
        object.__setattr__(self, "fill", MappingProxyType(dict(self.fill)))
        object.__setattr__(self, "told", MappingProxyType(dict(self.told)))
        held = labels.added_up([entry.people or 0.0 for entry in self.entries])
        entries = [
            entry if entry.people is None else replace(entry, people=float(people))
            for entry, people in zip(self.entries, held, strict=True)
        ]
        object.__setattr__(self, "entries", tuple(entries))

    def __reduce__(self) -> tuple[Any, ...]:
        given = (getattr(self, each.name) for each in fields(self))
        return View, tuple(dict(value) if isinstance(value, MappingProxyType) else value for value in given)

    def alt(self, lang: Lang) -> str:
        """Return what the picture shows, in words: the legend read out."""
        read = " ; ".join(entry.told(lang) for entry in self.entries)
        return " ".join(part for part in (f"{self.title}.", read + ".", self.note) if part)


@lru_cache(maxsize=16384)  # a dossier draws the same communes on ten maps
def path_of(shape: Any, origin: tuple[int, int]) -> str:
    """Return the SVG path of a polygon, or of lines: whole units from the origin, relative after the first point.

    >>> path_of(shapely.LineString([(10, 10), (12, 11), (12, 11)]), (10, 13))
    'M0,3l2,-1'
    """
    parts = list(_leaves(shape))
    rings = [ring for part in parts if part.geom_type == "Polygon" for ring in shapely.get_rings(part)]
    closed = [_written(steps[:-1]) + "z" for steps in (_steps(ring, origin) for ring in rings) if len(steps) >= 4]
    lines = [_steps(part, origin) for part in parts if part.geom_type in ("LineString", "LinearRing")]
    return "".join(closed + [_written(steps) for steps in lines if len(steps) >= 2])


def _leaves(shape: Any) -> Iterable[Any]:
    """Return the parts of a shape, those of a collection of collections too."""
    for part in shapely.get_parts(shape):
        if hasattr(part, "geoms"):
            yield from _leaves(part)
        else:
            yield part


def _written(steps: npt.NDArray[np.int64]) -> str:
    first, *others = steps.tolist()
    return f"M{first[0]},{first[1]}" + "".join(f"l{x},{y}" for x, y in others)


def _steps(line: Any, origin: tuple[int, int]) -> npt.NDArray[np.int64]:
    units = (np.round(np.asarray(shapely.get_coordinates(line)) - origin) * (1, -1)).astype(np.int64)
    moves = np.diff(units, axis=0)
    return np.vstack([units[:1], moves[moves.any(axis=1)]])


@dataclass(frozen=True)
class Tiles:
    """A tile server: the address of a tile, the only host a page may then ask, and what must be written on the map."""

    url: str
    host: str
    credit: str
    most_zoom: int


TILES: Final[Mapping[str, Tiles]] = MappingProxyType(
    {
        # Tile usage policy of the OpenStreetMap Foundation: attribution, and no heavy use.
        "osm": Tiles(
            "https://tile.openstreetmap.org/{z}/{x}/{y}.png",
            "https://tile.openstreetmap.org",
            "© les contributeurs d’OpenStreetMap",
            19,
        ),
        # Géoplateforme of IGN: Plan IGN v2 as WMTS, open and without a key since 2021 (Licence Ouverte 2.0).
        "ign": Tiles(
            "https://data.geopf.fr/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&STYLE=normal&FORMAT=image/png"
            "&LAYER=GEOGRAPHICALGRIDSYSTEMS.PLANIGNV2&TILEMATRIXSET=PM&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}",
            "https://data.geopf.fr",
            "© IGN, Plan IGN",
            19,
        ),
    }
)


def tiles_named(name: str | None) -> Tiles | None:
    """Return the tiles of this name, or None where none are asked for."""
    if name is None:
        return None
    if name not in TILES:
        raise OptionError(Problem("map_tiles", value=name, near=near_names(name, TILES)))
    return TILES[name]


MOST_NAMES: Final = 9
# Room beyond the territory for services that serve it, as shares of its width: the most on a side, and what is kept
# between a marker and the edge.
MOST_ROOM: Final = 0.2
EDGE_ROOM: Final = 0.035
WORDS: Final = ("not_found", "outside", "zoom_in", "zoom_out", "north", "north_letter", "map_sites_none")

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
    "hourglass": "M-7.5,-8h15L-7.5,8h15z",
    "bar": "M-9,-4h18v8h-18z",
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
class Served:
    """A service that is the nearest of people inside: its place in drawn units, its colour, the views it stands in."""

    x: int
    y: int
    colour: str
    views: tuple[int, ...] | None = None


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

    `scale` is the metres of ground of one unit; `edge` is one side of a cell as a vector, in units. Pictures show
    as much more as `room` says, in units at the left, top, right and bottom. Of a `part` the page may hold more zones.
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
    room: tuple[int, int, int, int] = (0, 0, 0, 0)
    serving: tuple[Served, ...] = ()
    part: bool = False

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
                    "name": view.name,
                    "paint": [[entry.colour, entry.pattern, entry.line] for entry in view.entries],
                    "fill": dict(view.fill),
                    "told": dict(view.told),
                }
                | ({"unsure": view.unsure} if view.unsure else {})
                for view in self.views
            ],
            "pieces": [[piece.view, piece.entry, piece.path if paths else None, piece.lines] for piece in self.pieces],
            "cells": [[cell.x, cell.y, cell.code, cell.lines] for cell in self.cells],
            "edge": self.edge,
            "tiles": self.tiles and {"url": self.tiles.url, "credit": self.tiles.credit, "most": self.tiles.most_zoom},
            "words": {key: labels.text(key, lang=self.lang) for key in WORDS}
            | {
                "cluster": labels.text("cluster", lang=self.lang, sites="{n}"),
                "map_label": labels.text("map_label", lang=self.lang, title=self.title),
                "map_sites": labels.text("map_sites", lang=self.lang, names="{names}"),
            },
        }
        return str(labels.curled(embedded(told)))


def embedded(data: object) -> str:
    """Return JSON that is safe inside a script element, whatever the text in it."""
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
    named: Collection[str] = (),
    serving: Collection[str] = (),
) -> Drawing:
    """Return the drawing of a territory, its nearest neighbours and the services among them.

    Of `communes`, in any CRS, only those near the territory are drawn; there are none where there is only what lies
    `over`. Services beyond them are left out; `stands_in` tells, by service_id, the numbers of the views a service
    stands in (all where it is not named), and `fresh` those that only scenarios have, which are drawn larger and say
    so. A row of `over` is land or a road painted over the communes: `view`, `entry` (its number in the legend),
    geometry, and `told` (lines of a tooltip) where there is something to say. A `frame` is what the map shows at first,
    where that is not the territory, which has no outline then. Communes `named` (codes) are named before others;
    pictures have room for services outside that are `serving` people inside (service_id), up to a part of the width;
    an arrow points to those further away.
    """
    ground = Ground.of(communes) if communes is not None else Ground.under(over, services)
    ground = ground if frame is None else ground.framed(frame)
    left, bottom, right, top = ground.bounds
    origin = (round(left), round(top))
    pieces = () if over is None else _pieces(over, ground, origin)
    served = None if services is None else services[services.index.isin(serving)]
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
        names=_names(
            ground.communes[ground.inside | ground.inside.index.isin(named)],
            origin,
            (right - left) / 7,
            services,
            fresh,
            named,
        ),
        layers=() if services is None else _layers(services, ground, origin, lang, stands_in or {}, fresh),
        views=tuple(views),
        pieces=pieces,
        tiles=tiles,
        room=(0, 0, 0, 0) if served is None else _room(served, ground),
        serving=() if served is None else _serving(served, origin, stands_in or {}),
    )


def finer(drawing: Drawing, communes: gpd.GeoDataFrame) -> Drawing:
    """Return a drawing whose zones are as fine as those of a small territory, without the outline, to show parts of."""
    drawn = Ground.of(communes, coarse=False).drawn
    names = communes["name"]
    inside = {zone.code for zone in drawing.zones if zone.inside}
    zones = tuple(
        Zone(str(code), str(names[code]), code in inside, path_of(shape, drawing.origin))
        for code, shape in drawn.items()
    )
    return replace(drawing, zones=zones, outline="", part=True)


def _room(services: gpd.GeoDataFrame, ground: Ground) -> tuple[int, int, int, int]:
    """Return how much further than the territory a picture shows on each side, for services that stand there."""
    left, bottom, right, top = ground.bounds
    points = services.geometry.to_crs(DRAWN_CRS)
    most, edge = (right - left) * MOST_ROOM, (right - left) * EDGE_ROOM
    beyond = (left - points.x, points.y - top, points.x - right, bottom - points.y)
    west, north, east, south = (
        round(max((far + edge for far in side if far > 0 and far + edge <= most), default=0)) for side in beyond
    )
    return west, north, east, south


def _serving(
    services: gpd.GeoDataFrame, origin: tuple[int, int], stands_in: Mapping[str, tuple[int, ...]]
) -> tuple[Served, ...]:
    points = services.geometry.to_crs(DRAWN_CRS)
    colours = {kind: category_shown(services, kind).colour for kind in services["category"].unique()}
    return tuple(
        Served(round(x - origin[0]), round(origin[1] - y), colours[kind], stands_in.get(str(key)))
        for key, x, y, kind in zip(services.index, points.x, points.y, services["category"], strict=True)
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
    communes: gpd.GeoDataFrame,
    origin: tuple[int, int],
    apart: float,
    services: gpd.GeoDataFrame | None,
    fresh: frozenset[str],
    named: Collection[str],
) -> tuple[tuple[int, int, str], ...]:
    """Return the names worth writing on the map, under their marker; those not `named` only where none is close.

    Communes where a scenario opens a site come first, which are what is spoken of; then those named, then the largest.
    """
    if communes.empty:
        return ()
    order = communes.sort_values("population", ascending=False) if "population" in communes else communes
    spoken = [code for code in named if code in order.index]
    order = pd.concat([order.loc[spoken], order.drop(index=spoken)])
    if services is not None and len(services):
        sites = services.geometry.to_crs(communes.crs)
        new = sites[sites.index.isin(fresh)].to_numpy()
        opened = shapely.STRtree(order.geometry.to_numpy()).query(new, predicate="within")[1]
        order = pd.concat([order.iloc[pd.unique(opened)], order.drop(index=order.index[opened])])
    points = order.geometry.to_crs(DRAWN_CRS).representative_point()
    if services is not None and len(services):
        which, where = shapely.STRtree(sites.to_numpy()).query(order.geometry.to_numpy(), predicate="contains")
        first = pd.Series(where, index=order.index[which]).groupby(level=0).first()
        points.loc[first.index] = sites.iloc[first.to_numpy()].to_crs(DRAWN_CRS).to_numpy()
    kept: list[tuple[int, int, str]] = []
    for code, name, x, y in zip(order.index, order["name"], points.x, points.y, strict=True):
        place = (round(x - origin[0]), round(origin[1] - y))
        # Names are wide and low: they get in each other's way sooner side by side.
        if code in named or all(np.hypot(place[0] - u, (place[1] - v) * 1.6) > apart for u, v, _ in kept):
            kept.append((*place, str(name)))
        if len(kept) >= max(MOST_NAMES, len(named)):
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
        words = category_shown(sites, str(kind))
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
