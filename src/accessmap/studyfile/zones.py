"""Private to `studyfile`: the communes that a study.toml asks for, with the territory marked."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from accessmap import labels
from accessmap.findings import count
from accessmap.sources.communes import read_communes
from accessmap.study import NOTE_COLUMNS
from accessmap.studyfile.territory import at_the_edge, codes_of

if TYPE_CHECKING:
    from accessmap.studyfile.loading import Loading

__all__ = ["communes_of", "title_of"]

_NAMED = 3


def communes_of(loading: Loading) -> gpd.GeoDataFrame | None:
    """Return the communes, the territory marked; None after keeping the problems."""
    section = loading.settings.communes
    if section.sample:
        from accessmap.sample import sample_communes, sample_notes, sample_provenance

        table = sample_communes()
        loading.notes.append(sample_notes())
        loading.sources += sample_provenance().sources
    else:
        path = loading.tried(("communes", "path"), partial(loading.found, "communes", "path"))
        read = partial(read_communes, path, **section.options)
        table = loading.tried(("communes", "path"), read) if path is not None else None
        if table is not None:
            loading.keep("communes", path, section.source, table)
    if table is None:
        return None
    before = len(loading.problems)
    marked = _marked(loading, table)
    if len(loading.problems) > before:
        return marked  # no study will come of it, but the other tables can be looked at
    communes = _nearby(loading, marked)
    if not communes["in_territory"].any():
        loading.problems.append(loading.file.problem("empty_territory", "study", "territory"))
    _note_the_edge(loading, communes)
    return communes


def title_of(communes: gpd.GeoDataFrame) -> str:
    """Return the name of the territory: of its EPCI where the communes tell it, else of its largest commune."""
    inside = communes[communes["in_territory"]]
    names = inside["epci_name"].dropna().unique() if "epci_name" in inside else []
    if len(inside) and 0 < len(names) <= _NAMED:
        return " · ".join(names)
    return str(inside["name"][inside["population"].idxmax()]) if len(inside) else ""


def _marked(loading: Loading, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the communes with `in_territory` as the settings ask; of names that are unknown the problems are kept."""
    wanted = loading.settings.study.territory
    if not wanted:
        return communes
    codes, unknown = codes_of(communes, wanted)
    for each in unknown:
        reason = "several_communes" if each.several else "unknown_place"
        place = ("study", "territory", each.position)
        told = {"name": each.name, "codes": ", ".join(each.several)}
        loading.problems.append(loading.file.problem(reason, *place, near=each.near, **told))
    if unknown and codes.empty:
        return communes.assign(in_territory=True)  # no study comes of it: the other tables are looked at with all
    return communes.assign(in_territory=communes.index.isin(codes))


def _nearby(loading: Loading, communes: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the communes at most `around_km` from the territory, all where it is not given; count the others."""
    most = loading.settings.communes.around_km
    inside = communes[communes["in_territory"]]
    if most is None or inside.empty:
        return communes
    near = communes.geometry.intersects(inside.union_all().buffer(most * 1000))
    left = f"{count(int((~near).sum()), 'commune')} more than {most:g} km from the territory: left out."
    loading.said["communes"] = (*loading.said.get("communes", ()), left)
    return communes[near]


def _note_the_edge(loading: Loading, communes: gpd.GeoDataFrame) -> None:
    """Keep a note where the territory reaches the edge of the data, beyond which no service is known."""
    inside = communes[communes["in_territory"]]
    edge = inside.index.intersection(at_the_edge(communes))
    if edge.empty:
        return
    told = labels.text("studyfile_edge", n=len(edge)), labels.text("studyfile_edge_add")
    row = ("communes", title_of(communes), pd.NA, *told)
    loading.notes.append(pd.DataFrame([row], columns=list(NOTE_COLUMNS)))
    place = ", ".join(inside["name"][edge[:_NAMED]]) + (", …" if len(edge) > _NAMED else "")
    loading.cautions.append(loading.file.problem("caution_edge", "study", "territory", places=place))
