"""What a map draws, ready for a page: communes as compact paths, names, services, views; no folium in here."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap import labels
from accessmap.errors import TableError
from accessmap.labels import Lang
from accessmap.maps.choropleth import View
from accessmap.tables import metric_crs

# Leaflet's own projection, only ever drawn in; its metres are 1.5 times longer than real ones here, so a unit is about
# 0.65 m, finer than a pixel at any zoom a commune is looked at.
DRAWN_CRS: Final = "EPSG:3857"
# Neighbours drawn around the territory, and how far the borders may move, in metres.
CONTEXT_METRES: Final = 15_000
SIMPLIFIED_METRES: Final = 40
MOST_NAMES: Final = 9

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
class Drawing:
    """A whole map: drawn units count from `origin` (EPSG:3857 metres), eastward and southward."""

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

    def to_json(self, *, paths: bool = True) -> str:
        """Return what the page's script reads, safe inside a script element; without paths where the page holds them.

        Names are data here and stay data: no character of them can end the element or start another.
        """
        told = {
            "origin": self.origin,
            "size": self.size,
            "outline": self.outline if paths else None,
            "zones": [
                {"code": zone.code, "name": zone.name, "inside": zone.inside} | ({"d": zone.path} if paths else {})
                for zone in self.zones
            ],
            "names": self.names,
            "layers": [
                {
                    "key": layer.key,
                    "colour": layer.colour,
                    "d": SHAPES[layer.shape],
                    "points": [[mark.x, mark.y, mark.lines, mark.views, mark.fresh] for mark in layer.marks],
                }
                for layer in self.layers
            ],
            "views": [
                {
                    "paint": [[entry.colour, entry.pattern] for entry in view.entries],
                    "fill": dict(view.fill),
                    "told": dict(view.told),
                }
                for view in self.views
            ],
            "words": {key: labels.text(key, lang=self.lang) for key in ("not_found", "outside", "zoom_in", "zoom_out")},
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


def inside_of(communes: gpd.GeoDataFrame) -> pd.Series:
    """Return which communes are of the territory: all of them where the table does not say."""
    problems = []
    if "name" not in communes:
        problems.append("'name' is missing.")
    if communes.crs is None:
        problems.append("there is no CRS: call set_crs with the one of the file.")
    if communes.index.has_duplicates:
        problems.append(f"codes appear twice: {list(communes.index[communes.index.duplicated()][:5])}.")
    inside = communes["in_territory"].astype(bool) if "in_territory" in communes else pd.Series(True, communes.index)
    if not inside.any():
        problems.append("no commune is of the territory: set in_territory to True for those to be reported.")
    if problems:
        raise TableError("communes", problems)
    return inside


def draw(
    communes: gpd.GeoDataFrame,
    views: Sequence[View],
    services: gpd.GeoDataFrame | None = None,
    *,
    title: str,
    credit: str,
    lang: Lang,
    stands_in: Mapping[str, tuple[int, ...]] | None = None,
    fresh: frozenset[str] = frozenset(),
) -> Drawing:
    """Return the drawing of a territory, its nearest neighbours and the services among them.

    Parameters
    ----------
    communes
        Zones in any CRS; only those near the territory are drawn.
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
    """
    inside = inside_of(communes)
    metric = communes.geometry.to_crs(metric_crs(communes))
    west, south, east, north = metric[inside].total_bounds
    frame = shapely.box(*np.add((west, south, east, north), np.array([-1, -1, 1, 1]) * CONTEXT_METRES))
    near = metric[metric.intersects(frame)]
    simple = gpd.GeoSeries(shapely.coverage_simplify(near.to_numpy(), SIMPLIFIED_METRES), near.index, crs=near.crs)
    territory = gpd.GeoSeries([shapely.union_all(simple[inside[near.index]].to_numpy())], crs=near.crs)
    drawn = simple.to_crs(DRAWN_CRS)
    left, bottom, right, top = territory.to_crs(DRAWN_CRS).total_bounds
    origin = (round(left), round(top))
    zones = tuple(
        Zone(str(code), str(communes["name"][code]), bool(inside[code]), path_of(shape, origin))
        for code, shape in drawn.items()
    )
    return Drawing(
        title=title,
        credit=credit,
        lang=lang,
        origin=origin,
        size=(round(right - left), round(top - bottom)),
        scale=float(east - west) / float(right - left),
        zones=zones,
        outline=path_of(territory.to_crs(DRAWN_CRS).iloc[0], origin),
        names=_names(communes[inside], origin, (right - left) / 7, services),
        layers=() if services is None else _layers(services, communes, drawn, origin, lang, stands_in or {}, fresh),
        views=tuple(views),
    )


def path_of(shape: Any, origin: tuple[int, int]) -> str:
    """Return the SVG path of a polygon: whole units from the origin, relative after the first point, y to the south.

    >>> path_of(shapely.box(10, 10, 12, 13), (10, 13))
    'M2,3l0,-3l-2,0l0,3z'
    """
    parts = []
    for polygon in shapely.get_parts(shape):
        for ring in shapely.get_rings(polygon):
            steps = _steps(np.asarray(shapely.get_coordinates(ring)), origin)
            if len(steps) >= 4:
                first, *others = steps[:-1].tolist()
                parts.append(f"M{first[0]},{first[1]}" + "".join(f"l{x},{y}" for x, y in others) + "z")
    return "".join(parts)


def _steps(points: npt.NDArray[np.float64], origin: tuple[int, int]) -> npt.NDArray[np.int64]:
    units = (np.round(points - origin) * (1, -1)).astype(np.int64)
    moves = np.diff(units, axis=0)
    return np.vstack([units[:1], moves[moves.any(axis=1)]])


def _names(
    communes: gpd.GeoDataFrame, origin: tuple[int, int], apart: float, services: gpd.GeoDataFrame | None
) -> tuple[tuple[int, int, str], ...]:
    """Return the names worth writing on the map: the largest communes, none close to another, under their marker."""
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
    communes: gpd.GeoDataFrame,
    drawn: gpd.GeoSeries,
    origin: tuple[int, int],
    lang: Lang,
    stands_in: Mapping[str, tuple[int, ...]],
    fresh: frozenset[str],
) -> tuple[Layer, ...]:
    points = services.geometry.to_crs(DRAWN_CRS)
    west, south, east, north = drawn.total_bounds
    seen = services[points.x.between(west, east) & points.y.between(south, north)]
    layers = []
    for kind, sites in seen.groupby("category", sort=True):
        words = labels.category(str(kind))
        marks = []
        for key, site in sites.iterrows():
            commune = site.get("commune")
            place = communes["name"].get(commune) if isinstance(commune, str) else None
            opened = labels.text("opened", lang=lang) if key in fresh else ""
            lines = dict.fromkeys(str(line) for line in (site["name"], words.name(lang), place, opened) if line)
            x, y = points[key].x - origin[0], origin[1] - points[key].y
            marks.append(Mark(round(x), round(y), tuple(lines), stands_in.get(str(key)), key in fresh))
        name = words.name(lang, count=len(marks))
        layers.append(Layer(str(kind), name[:1].upper() + name[1:], words.shape, words.colour, tuple(marks)))
    # The rarest last, which is on top: a France services at the mairie is seen, not the mairie alone.
    return tuple(sorted(layers, key=lambda layer: -len(layer.marks)))
