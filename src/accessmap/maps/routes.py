"""The map of one way, stretch by stretch: where its minutes go."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap import labels
from accessmap.errors import TableError
from accessmap.labels import Lang
from accessmap.maps.choropleth import class_words
from accessmap.maps.finish import drawn, finished
from accessmap.maps.legend import Entry, View
from accessmap.maps.roads import SPEED_BREAKS, SPEED_LOOKS
from accessmap.provenance import Provenance

if TYPE_CHECKING:
    from accessmap.maps.offline import OfflineMap

__all__ = ["route_map"]

# Communes drawn around the way, in metres, and how much wider its lines are than those of a network.
AROUND_METRES: Final = 8_000
WIDER: Final = 2
WIDEST: Final = 5
LEG_LOOK: Final = ("#1b1b1b", 2)


def route_map(
    route: gpd.GeoDataFrame,
    *,
    communes: gpd.GeoDataFrame | None = None,
    title: str = "",
    provenance: Provenance | None = None,
    tiles: str | None = None,
    lang: Lang = "fr",
) -> OfflineMap:
    """Return the map of a way that `network.explain` told: kilometres and minutes by speed, and each stretch in words.

    Parameters
    ----------
    route
        As `RoadNetwork.explain` returns it.
    communes
        Drawn as the background where given.
    title
        Heading of the page.
    provenance
        The network's; a map without it says so.
    tiles
        "osm" or "ign" for a background from the internet; none by default.
    lang
        "fr" or "en".

    Returns
    -------
    folium.Map
        It works without the internet, in a cell and saved.

    Raises
    ------
    TableError
        Where the way is empty: there is none between the two points.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> home, hospital = study.residents.geometry.loc[["02217-01"]], study.sites("hospital").geometry.iloc[[0]]
    >>> way = study.network.explain(home, hospital)
    >>> page = am.route_map(way, provenance=study.network.provenance)
    >>> len(page.drawing.pieces) == len(way)
    True
    """
    labels.check_lang(lang)
    if route.empty:
        raise TableError("route", ["there is no way between the two points: it has no stretch to draw."])
    entries, number = _legend(route, lang)
    near = None
    if communes is not None:
        lines = route.geometry.to_crs(communes.crs)
        near = communes[communes.intersects(lines.union_all().buffer(AROUND_METRES))].assign(in_territory=True)
    over = gpd.GeoDataFrame(
        {"view": 0, "entry": number, "told": [_told(row, lang) for _, row in route.iterrows()]},
        geometry=route.geometry.to_numpy(),
        crs=route.crs,
    )
    heading = labels.text("route_legend", lang=lang)
    minutes = labels.minutes(float(route["minutes"].sum()), lang=lang)
    total = _span(float(route["length_m"].sum()), minutes, lang)
    view = View("route", heading, heading, entries, {}, {}, labels.text("route_total", lang=lang, total=total))
    words = title or labels.text("route_title", lang=lang)
    drawing = drawn(near, [view], over=over, frame=over, title=words, provenance=provenance, tiles=tiles, lang=lang)
    return finished(drawing)


def _legend(route: gpd.GeoDataFrame, lang: Lang) -> tuple[tuple[Entry, ...], np.ndarray]:
    """Return the entries that the way uses, slow to quick and then the legs, and the entry of each stretch."""
    words = class_words(SPEED_BREAKS, "km/h", lang)
    looks = [(colour, min(width + WIDER, WIDEST)) for colour, width in SPEED_LOOKS]
    number = np.searchsorted(SPEED_BREAKS, route["speed_kmh"].to_numpy("float64"), side="left")
    number = np.where(route["what"] == "road", number, len(words))
    words.append(labels.text("route_legs", lang=lang))
    looks.append(LEG_LOOK)
    kept = sorted(set(number.tolist()))
    entries = []
    for k in kept:
        part = route[number == k]
        minutes = labels.minutes(float(part["minutes"].sum()), lang=lang)
        said = _span(float(part["length_m"].sum()), minutes, lang)
        colour, width = looks[k]
        entries.append(Entry(words[k], colour, "dash" if k == len(words) - 1 else "", said=said, line=width))
    return tuple(entries), np.searchsorted(kept, number)


def _span(metres: float, minutes: str, lang: Lang) -> str:
    """Return "12,4 km · 17,1 min"."""
    far = metres >= 1000
    length = labels.number(metres / 1000 if far else metres, digits=1 if far else 0, lang=lang)
    return f"{length}{labels.NO_BREAK}{'km' if far else 'm'} · {minutes}"


def _told(row: pd.Series, lang: Lang) -> tuple[str, ...]:
    """Return the words of one stretch: name or class, length, speed with its reason, minutes."""
    kmh = f"{labels.number(float(row['speed_kmh']), lang=lang)}{labels.NO_BREAK}km/h"
    reason = f" ({row['speed_reason']})" if row["speed_reason"] else ""
    minutes = labels.minutes(float(row["minutes"]), lang=lang)
    name = str(row["name"] or row["road_class"] or row["what"])
    return name, _span(float(row["length_m"]), minutes, lang), kmh + reason
