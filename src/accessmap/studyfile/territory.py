"""Private to `studyfile`: the territory of a study, named by codes or names of EPCI and communes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd
import shapely

from accessmap.studyfile.problems import near_matches, plain

__all__ = ["Unknown", "at_the_edge", "codes_of"]


@dataclass(frozen=True)
class Unknown:
    """A name that is that of no EPCI and no commune, or of several communes.

    Parameters
    ----------
    position, name
        Where it stands in the list, and what it is.
    near
        Names that come near.
    several
        Codes of the communes that share the name; empty where there is none.
    """

    position: int
    name: str
    near: tuple[str, ...] = ()
    several: tuple[str, ...] = ()


def codes_of(communes: gpd.GeoDataFrame, wanted: Sequence[str]) -> tuple[pd.Index, list[Unknown]]:
    """Return the codes of the communes that are named, and the names that cannot be placed.

    Parameters
    ----------
    communes
        In the contract; `epci_name`, where they have it, is searched too.
    wanted
        Codes or names, of EPCI or of communes, whatever their case and accents.

    Examples
    --------
    >>> from accessmap.sample import sample_communes
    >>> codes, unknown = codes_of(sample_communes(), ["CC du Pays Noyonnais", "Chauni"])
    >>> len(codes), unknown[0].near[0]
    (42, 'Chauny')
    """
    names = communes["name"].map(plain)
    epci_names = communes["epci_name"].fillna("").map(plain) if "epci_name" in communes else None
    chosen: list[str] = []
    unknown = []
    for position, name in enumerate(wanted):
        found, several = _found(communes, names, epci_names, name)
        if not len(found):
            known = [*communes["name"], *(communes["epci_name"].dropna() if epci_names is not None else [])]
            unknown.append(Unknown(position, name, () if several else near_matches(name, known), several))
        chosen += list(found)
    return pd.Index(dict.fromkeys(chosen)), unknown


def _found(
    communes: gpd.GeoDataFrame, names: pd.Series, epci_names: pd.Series | None, name: str
) -> tuple[Sequence[str], tuple[str, ...]]:
    """Return the communes of one name or code, and the codes that share the name where they are several."""
    if name in communes.index:
        return [name], ()
    for column, text in ((communes["epci"], name), (epci_names, plain(name))):
        members = [] if column is None else list(communes.index[(column == text).fillna(False)])
        if members:
            return members, ()
    same = tuple(communes.index[names == plain(name)])
    return (same, ()) if len(same) == 1 else ((), same)


def at_the_edge(communes: gpd.GeoDataFrame) -> pd.Index:
    """Return the codes of the communes on the outer limit of all that is loaded.

    What lies beyond is not known there: services just outside are missing, and an EPCI that reaches the limit may go
    on beyond it.

    Examples
    --------
    >>> from accessmap.sample import sample_communes
    >>> communes = sample_communes()
    >>> bool(communes["in_territory"][at_the_edge(communes)].any())
    False
    """
    whole = shapely.union_all(shapely.make_valid(communes.geometry.to_numpy()))
    parts = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.boundary(whole))))
    outline = shapely.boundary(shapely.union_all(parts))  # without holes: a lake is no edge of the data
    edge: pd.Index = communes.index[shapely.intersects(communes.geometry.to_numpy(), outline)]
    return edge
