"""A folium.Map that needs no internet: Leaflet inlined once a page, our panel beside it, names escaped as data."""

import json
from typing import Any

import folium
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.template import Template
from markupsafe import escape

from accessmap.maps.drawing import DRAWN_CRS, Drawing
from accessmap.maps.page import asset, leaflet_css, leaflet_image, leaflet_js, map_parts
from accessmap.maps.svg import page_patterns

__all__ = ["OfflineMap"]

# folium's popups call jQuery for one thing, to turn markup into elements; folium's markers want Leaflet's own images,
# whose address Leaflet guesses from a style sheet's and cannot when that is inlined.
_FOLIUM_NEEDS = """
window.$ = window.$ || function (markup) {
  var box = document.createElement("template");
  box.innerHTML = String(markup).trim();
  return box.content.childNodes;
};
delete L.Icon.Default.prototype._getIconUrl;
L.Icon.Default.mergeOptions(%s);
"""


class Markup(Element):
    """Finished markup: branca would run it through Jinja once more, where a name such as "{{ 7 * 7 }}" is code."""

    _template = Template("{{ this.markup }}")

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.markup = markup


class _Page(Figure):
    """A figure with a language and a title that is text."""

    _template = Template(
        '<!DOCTYPE html>\n<html lang="{{ this.lang }}">\n<head>\n<title>{{ this.title | e }}</title>\n'
        "{{ this.header.render(**kwargs) }}\n</head>\n<body>\n<main>{{ this.html.render(**kwargs) }}</main>\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
    )

    def __init__(self, title: str, lang: str) -> None:
        super().__init__(title=title, ratio="66%")
        self.lang = lang


class OfflineMap(folium.Map):
    """A map drawn from a `Drawing`; other folium layers can still be added to it.

    Parameters
    ----------
    drawing
        What is drawn, with its title, legends and credit.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own form
    default_css: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own form

    def __init__(self, drawing: Drawing) -> None:
        import pyproj

        left, top = drawing.origin
        lon, lat = pyproj.Transformer.from_crs(DRAWN_CRS, "EPSG:4326", always_xy=True).transform(
            left + drawing.size[0] / 2, top - drawing.size[1] / 2
        )
        super().__init__(location=(lat, lon), zoom_start=10, tiles=None, zoom_snap=0.25)
        self.default_js, self.default_css = [], []
        self.drawing = drawing
        _Page(drawing.title, drawing.lang).add_child(self)

    def render(self, **kwargs: Any) -> None:  # type: ignore[override] # folium's own render returns None too
        """Put the map into its page: styles and Leaflet once, then this map's panel, data and start."""
        figure = self.get_root()
        assert isinstance(figure, Figure), "a map is rendered in a page"
        key = self.get_name()
        parts = map_parts(self.drawing, key)
        images = {"iconUrl": "marker-icon.png", "iconRetinaUrl": "marker-icon-2x.png", "shadowUrl": "marker-shadow.png"}
        icons = json.dumps({name: leaflet_image(file) for name, file in images.items()} | {"imagePath": ""})
        head = (
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<style>{leaflet_css()}\n{asset('map.css')}\n{asset('page.css')}</style>\n"
            f"<script>{leaflet_js()}</script>\n<script>{_FOLIUM_NEEDS % icons}\n{asset('map.js')}</script>"
        )
        figure.header.add_child(Markup(head), name="accessmap_head")
        figure.html.add_child(Markup(page_patterns()), name="accessmap_patterns")
        figure.html.add_child(Markup(str(parts.map(escape(self.drawing.title)))), name=key)
        options = json.dumps({"center": self.location, "zoom": 10, "zoomSnap": 0.25})
        start = f'var {key} = L.map("{key}", {options});\naccessmap.attach({key}, "{key}");\n'
        figure.script.add_child(Markup(start), name=key)
        for name, url in self.default_js:
            figure.header.add_child(JavascriptLink(url), name=name)
        for name, url in self.default_css:
            figure.header.add_child(CssLink(url), name=name)
        for child in tuple(self._children.values()):
            child.render(**kwargs)
