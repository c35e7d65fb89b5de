"""Background maps from the internet: only where they are asked for, each with its attribution and its one host."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from accessmap.errors import did_you_mean

__all__ = ["TILES", "Tiles", "tiles_named"]


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
    """Return the tiles of this name, or None where none are asked for.

    >>> tiles_named("ign").host
    'https://data.geopf.fr'
    >>> tiles_named("osn")
    Traceback (most recent call last):
    ValueError: tiles must be 'osm', 'ign' or None, not 'osn' (did you mean 'osm'?).
    """
    if name is None:
        return None
    if name not in TILES:
        raise ValueError(f"tiles must be 'osm', 'ign' or None, not {name!r}{did_you_mean(name, TILES)}.")
    return TILES[name]
