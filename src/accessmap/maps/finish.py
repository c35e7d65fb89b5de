"""The last step of every map: the drawing, put into a page that needs no internet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import geopandas as gpd

from accessmap import labels
from accessmap.labels import Lang
from accessmap.maps.drawing import Drawing, draw
from accessmap.maps.legend import View
from accessmap.maps.page import credit_line
from accessmap.maps.tiles import tiles_named
from accessmap.provenance import Provenance

if TYPE_CHECKING:
    from accessmap.maps.offline import OfflineMap


def drawn(
    communes: gpd.GeoDataFrame | None,
    views: Sequence[View],
    services: gpd.GeoDataFrame | None = None,
    *,
    over: gpd.GeoDataFrame | None = None,
    frame: gpd.GeoDataFrame | None = None,
    title: str,
    provenance: Provenance | None,
    tiles: str | None,
    lang: Lang,
) -> Drawing:
    """Return the drawing of a map that carries its credit, and that of its background where it has one."""
    labels.check_lang(lang)
    background = tiles_named(tiles)
    return draw(
        communes,
        views,
        services,
        title=title,
        credit=credit_line(provenance, lang),
        lang=lang,
        over=over,
        frame=frame,
        tiles=background,
    )


def finished(drawing: Drawing) -> OfflineMap:
    """Return the map of a drawing."""
    # folium takes most of a second to import: only when a map is made.
    from accessmap.maps.offline import OfflineMap

    return OfflineMap(drawing)
