"""A folium.Map that needs no internet: Leaflet inlined once a page, our panel beside it, names escaped as data."""

from __future__ import annotations

import json
import os
import re
from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import folium
import geopandas as gpd
from branca.element import CssLink, Element, Figure, JavascriptLink
from folium.template import Template
from markupsafe import escape

from accessmap.files import write_whole
from accessmap.maps.drawing import Drawing, View, draw, tiles_named
from accessmap.maps.ground import DRAWN_CRS
from accessmap.maps.page import asset, credit_line, leaflet_css, leaflet_image, leaflet_js, map_parts, stills
from accessmap.maps.picture import png, saved, sheet
from accessmap.maps.svg import definitions, page_patterns
from accessmap.provenance import Provenance
from accessmap.words.words import Words

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
    """A figure with a language, a title that is text, and a policy that lets nothing in from outside."""

    _template = Template(
        '<!DOCTYPE html>\n<html lang="{{ this.lang }}">\n<head>\n{{ this.policy }}<title>{{ this.title | e }}</title>\n'
        "{{ this.header.render(**kwargs) }}\n</head>\n<body>\n<main>{{ this.html.render(**kwargs) }}</main>\n"
        "<script>\n{{ this.script.render(**kwargs) }}\n</script>\n</body>\n</html>\n"
    )

    def __init__(self, title: str, lang: str) -> None:
        super().__init__(title=title, ratio="66%")
        self.lang = lang
        self.policy = ""

    def render(self, **kwargs: Any) -> str:
        """Return the page; its policy names each script and style by hash, and the host of the tiles if it has any."""
        self.policy = ""
        page = str(super().render(**kwargs))
        maps = [child for child in self._children.values() if isinstance(child, OfflineMap)]
        # What somebody adds to a map brings scripts and addresses of its own: it cannot be held to our policy.
        if len(maps) != len(self._children) or not all(child.untouched for child in maps):
            return page
        self.policy = _policy(page, {child.drawing.tiles.host for child in maps if child.drawing.tiles})
        return str(self._template.render(this=self, kwargs=kwargs))


def _policy(page: str, hosts: set[str]) -> str:
    """Return the Content-Security-Policy of a page: nothing from outside but pictures from these hosts."""

    def hashed(tag: str) -> str:
        found = dict.fromkeys(re.findall(rf"<{tag}>(.*?)</{tag}>", page, flags=re.DOTALL))
        return " ".join(f"'sha256-{b64encode(sha256(code.encode()).digest()).decode('ascii')}'" for code in found)

    pictures = " ".join(["data:", *sorted(hosts)])
    rule = (
        f"default-src 'none'; img-src {pictures}; style-src {hashed('style')}; script-src {hashed('script')};"
        " base-uri 'none'; form-action 'none'"
    )
    return f'<meta http-equiv="Content-Security-Policy" content="{rule}">\n'


class OfflineMap(folium.Map):
    """A map drawn from a `Drawing`, with its title, legends and credit; other folium layers can still be added.

    `style` is CSS that comes after ours.
    """

    default_js: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own form
    default_css: list[tuple[str, str]] = []  # noqa: RUF012 - folium's own form

    def __init__(self, drawing: Drawing, style: str = "") -> None:
        import pyproj

        left, top = drawing.origin
        lon, lat = pyproj.Transformer.from_crs(DRAWN_CRS, "EPSG:4326", always_xy=True).transform(
            left + drawing.size[0] / 2, top - drawing.size[1] / 2
        )
        super().__init__(location=(lat, lon), zoom_start=10, tiles=None, zoom_snap=0.25)
        self.default_js, self.default_css = [], []
        self.drawing, self.style = drawing, style
        _Page(drawing.title, drawing.lang).add_child(self)

    @property
    def untouched(self) -> bool:
        """Whether nothing of folium's was added."""
        return not (self._children or self.default_js or self.default_css)

    def save(self, outfile: str | bytes | Path | BinaryIO, close_file: bool = True, **kwargs: Any) -> None:
        """Write the page (.html, .htm), or the first view as a picture (.svg, .png), as the name of the file ends.

        Parameters
        ----------
        outfile
            Path, or an open file of bytes, which receives the page.
        close_file, **kwargs
            Folium's own: whether an open file is closed, and what the page is rendered with.

        Raises
        ------
        OptionError
            For another ending.
        """
        if not isinstance(outfile, str | bytes | os.PathLike):
            super().save(outfile, close_file, **kwargs)
        else:
            saved(os.fsdecode(outfile), svg=lambda: sheet(self.drawing), html=lambda: self.get_root().render(**kwargs))

    def __reduce__(self) -> Any:
        return (OfflineMap, (self.drawing, self.style)) if self.untouched else super().__reduce__()

    def save_svg(self, path: str | os.PathLike[str], *, view: int = 0) -> Path:
        """Write one view as a picture for print: title, map, legend, north, scale and credit; return its path.

        Parameters
        ----------
        path
            Of the SVG file; its folders are made.
        view
            Number of the view, as the map's switch lists them.

        Raises
        ------
        OptionError
            Where there is no such view.
        """
        return write_whole(sheet(self.drawing, view), path)

    def save_png(self, path: str | os.PathLike[str], *, width: int = 1600, view: int = 0) -> Path:
        """Write the picture of `save_svg` as PNG, `width` pixels wide; return its path.

        Parameters
        ----------
        path, view
            As for `save_svg`.
        width
            Pixels, 200 to 10,000.

        Raises
        ------
        OptionError
            Where there is no such view, the width is out of bounds, or the machine has no font to write with.
        """
        return write_whole(png(sheet(self.drawing, view), width=width), path)

    def render(self, **kwargs: Any) -> None:  # type: ignore[override] # folium's own render returns None too
        """Put the map into its page: styles and Leaflet once, then this map's panel, data and start."""
        figure = self.get_root()
        assert isinstance(figure, Figure), "a map is rendered in a page"
        key = self.get_name()
        ids = f"z{key[-8:]}"
        parts = map_parts(self.drawing, key, paths=False, ids=ids)
        images = {"iconUrl": "marker-icon.png", "iconRetinaUrl": "marker-icon-2x.png", "shadowUrl": "marker-shadow.png"}
        icons = json.dumps({name: leaflet_image(file) for name, file in images.items()} | {"imagePath": ""})
        head = (
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<style>{leaflet_css()}\n{asset('map.css')}\n{asset('page.css')}\n{self.style}</style>\n"
            f"<script>{leaflet_js()}</script>\n<script>{_FOLIUM_NEEDS % icons}\n{asset('map.js')}</script>"
        )
        whole = parts.map(escape(self.drawing.title), stills(self.drawing, key, ids=ids))
        figure.header.add_child(Markup(head), name="accessmap_head")
        figure.html.add_child(Markup(page_patterns()), name="accessmap_patterns")
        figure.html.add_child(Markup(f"{definitions(self.drawing, ids=ids)}{whole}"), name=key)
        options = json.dumps({"center": self.location, "zoom": 10, "zoomSnap": 0.25})
        start = f'var {key} = L.map("{key}", {options});\naccessmap.attach({key}, "{key}");\n'
        figure.script.add_child(Markup(start), name=key)
        for name, url in self.default_js:
            figure.header.add_child(JavascriptLink(url), name=name)
        for name, url in self.default_css:
            figure.header.add_child(CssLink(url), name=name)
        for child in tuple(self._children.values()):
            child.render(**kwargs)


def mapped(
    communes: gpd.GeoDataFrame | None,
    views: Sequence[View],
    services: gpd.GeoDataFrame | None = None,
    *,
    over: gpd.GeoDataFrame | None = None,
    frame: gpd.GeoDataFrame | None = None,
    title: str,
    provenance: Provenance | None,
    tiles: str | None,
    say: Words,
) -> OfflineMap:
    """Return the map of `draw` that carries its credit, and that of its background where it has one."""
    background, credit = tiles_named(tiles), credit_line(provenance, say.lang)
    drawing = draw(
        communes, views, services, title=title, credit=credit, lang=say.lang, over=over, frame=frame, tiles=background
    )
    return OfflineMap(drawing)
