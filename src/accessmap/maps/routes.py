"""The map of one way, stretch by stretch: where its minutes go."""

import html
import json

import folium
import geopandas as gpd
import pandas as pd
from branca.element import Figure

from accessmap import labels
from accessmap.labels import Lang, check_lang
from accessmap.maps.offline import Markup
from accessmap.maps.page import credit_line, leaflet_css, leaflet_js
from accessmap.provenance import Provenance

__all__ = ["route_map"]

# From slow to quick; apart for the three common colour-blindnesses and in grey (viridis, van der Walt & Smith 2015).
SPEEDS = ((20, "#440154"), (40, "#3b528b"), (60, "#21918c"), (80, "#35a04f"), (float("inf"), "#7a9a01"))


class _PlainMap(folium.Map):
    """A folium map with Leaflet inlined: it needs no internet."""

    def __init__(self, title: str, lang: Lang) -> None:
        super().__init__(tiles=None, zoom_control=True, attribution_control=False)
        self.default_js, self.default_css = [], []
        self.page = figure = Figure(title=html.escape(title))
        figure.add_child(self)
        head = f"<style>{leaflet_css()}</style>\n<script>{leaflet_js()}</script>"
        figure.header.add_child(Markup(head), name="accessmap_leaflet")
        figure.header.add_child(Markup(f"<script>document.documentElement.lang = {json.dumps(lang)};</script>"))


def route_map(
    route: gpd.GeoDataFrame,
    *,
    communes: gpd.GeoDataFrame | None = None,
    title: str = "",
    provenance: Provenance | None = None,
    lang: Lang = "fr",
) -> folium.Map:
    """Return the map of a way that `network.explain` told: a line a stretch, its minutes, metres and speed on it.

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
    lang
        "fr" or "en".

    Returns
    -------
    folium.Map
        It works without the internet, in a cell and saved.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> home, hospital = study.residents.geometry.loc[["02217-01"]], study.sites("hospital").geometry.iloc[[0]]
    >>> way = study.network.explain(home, hospital)
    >>> type(am.route_map(way, provenance=study.network.provenance)).__mro__[1].__name__
    'Map'
    """
    check_lang(lang)
    drawn = _PlainMap(title, lang)
    if communes is not None:
        near = communes[communes.intersects(route.to_crs(communes.crs).union_all().buffer(8000))]
        outline = near.geometry.simplify(40).to_crs(4326).to_json()
        style = {"color": "#b8b4aa", "weight": 1, "fillColor": "#efede8", "fillOpacity": 1}
        folium.GeoJson(outline, style_function=lambda _: style, control=False).add_to(drawn)
    degrees = route.to_crs(4326)
    for (_, row), line in zip(route.iterrows(), degrees.geometry, strict=True):
        kmh = float(row["speed_kmh"])
        colour = next(colour for upper, colour in SPEEDS if not kmh > upper)
        leg = row["what"] != "road"
        stretch = folium.PolyLine(  # type: ignore[no-untyped-call] # folium publishes no types
            [(lat, lon) for lon, lat in line.coords],
            color="#1b1b1b" if leg else colour,
            weight=3 if leg else 6,
            dash_array="4 6" if leg else None,
            tooltip=_told(row, lang),
        )
        stretch.add_to(drawn)
    west, south, east, north = degrees.total_bounds
    drawn.fit_bounds([(south, west), (north, east)], padding=(24, 24))
    total = labels.minutes(float(route["minutes"].sum()), lang=lang)
    note = " · ".join(part for part in (title, total, credit_line(provenance, lang)) if part)
    at_foot = "position:absolute;z-index:999;bottom:0;left:0;background:#fff;padding:4px 8px;font:13px sans-serif"
    drawn.page.html.add_child(Markup(f'<p style="{at_foot};margin:0">{html.escape(note)}</p>'))
    return drawn


def _told(row: pd.Series, lang: Lang) -> str:
    """Return the words of one stretch, all that folium might read as code escaped: it puts them into a template."""
    kmh = labels.number(float(row["speed_kmh"]), lang=lang)
    parts = [
        str(row["name"] or row["road_class"] or row["what"]),
        f"{labels.number(float(row['length_m']), lang=lang)} m",
        f"{kmh} km/h" + (f" ({row['speed_reason']})" if row["speed_reason"] else ""),
        labels.minutes(float(row["minutes"]), lang=lang),
    ]
    text = html.escape(" · ".join(parts))
    return "".join(f"&#{ord(letter)};" if letter in "{}$`\\" else letter for letter in text)
