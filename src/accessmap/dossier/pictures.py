"""The maps of a dossier: what is drawn, and each picture with its legend and its words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import cycle, islice
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from accessmap.dossier import answer as sections
from accessmap.dossier.digital import CONNECTED, Online
from accessmap.dossier.results import Results
from accessmap.dossier.services import Services, service_views
from accessmap.maps.choropleth import QUALITATIVE
from accessmap.maps.communes import compare_views
from accessmap.maps.drawing import PAPER, SHAPES, Drawing, Entry, View, draw
from accessmap.maps.page import credit_line, map_parts
from accessmap.maps.svg import picture
from accessmap.programme import Programme
from accessmap.provenance import Provenance
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

__all__ = ["MAP_KEY", "figures", "main_drawing", "marks", "online_figures", "programme_figures", "service_figures"]

MAP_KEY: Final = "carte"
# Beyond so many sites on a small map, markers would hide the colours.
MOST_MARKS: Final = 40
MOST_NAMED: Final = 4


def main_drawing(study: Study, found: Results, provenance: Provenance, title: str, words: Words) -> Drawing:
    """Return the map before, after and of the change, with the sites of each situation."""
    changes = found.mean_changes() if found.names else None
    views = compare_views(study.communes, found.levels(), changes=changes, say=words)
    sites, stands_in, fresh = _sites(found)
    return draw(
        study.communes,
        views,
        sites,
        title=title,
        credit=credit_line(provenance, words.lang),
        lang=words.lang,
        stands_in=stands_in,
        fresh=fresh,
    )


def figures(drawing: Drawing, parts: Any, found: Results, words: Words) -> list[dict[str, Any]]:
    """Return the pictures, one a view, each with its legend and with words for those who do not see it."""
    made = []
    for number, view in enumerate(drawing.views):
        # Views come in the order baseline, then level and change of each scenario.
        name = BASELINE if number == 0 else found.names[(number - 1) // 2]
        told = sections.facts(found, name, words, change=number > 0 and number % 2 == 0)
        alt = f"{words('map_minutes', name=view.name, facts=told)} {words('map_alt', table=words('section_table'))}"
        svg = picture(drawing, number, key=f"{MAP_KEY}-{number}", alt=alt)
        made.append({"name": view.name, "svg": svg, "legend": parts.legend(view), "title": view.title})
    return made


def marks(drawing: Drawing) -> list[dict[str, Any]]:
    """Return what the markers of a map are: shape, colour, name, and whether a scenario has opened some."""
    return [
        {
            "shape": SHAPES[layer.shape],
            "colour": layer.colour,
            "name": layer.name,
            "fresh": any(mark.fresh for mark in layer.marks),
        }
        for layer in drawing.layers
    ]


def service_figures(study: Study, data: Services, words: Words) -> list[dict[str, Any]]:
    """Return one small map a service, with its sites where they are few enough; one legend does for all of them."""
    views = [
        replace(view, entries=tuple(replace(entry, communes=None, people=None) for entry in view.entries))
        for view in service_views(study, data, words)
    ]
    marked = []
    stands_in: dict[str, tuple[int, ...]] = {}
    for number, category in enumerate(data.categories):
        sites = study.sites(category)
        if len(sites) <= MOST_MARKS:
            marked.append(sites)
            stands_in |= dict.fromkeys(sites.index, (number,))
    every = gpd.GeoDataFrame(pd.concat(marked), crs=study.services.crs) if marked else None
    today = data.table.xs(BASELINE, level="situation")
    alts = [
        words("map_minutes", name=view.name, facts=words("facts", mean=words.minutes(float(today["mean"][category]))))
        for view, category in zip(views, data.categories, strict=True)
    ]
    return plain_figures(study, views, every, stands_in, alts, "services", words)


def online_figures(study: Study, data: Online, words: Words) -> list[dict[str, Any]]:
    """Return the map of who is near or far, connected or not; no map without a digital table."""
    from accessmap.maps.bivariate import bivariate_map

    if not data.technology:
        return []
    minutes, rate = data.communes["minutes"], data.communes["rate"]
    page = bivariate_map(
        study.communes,
        minutes.rename(words("median_trip")),
        rate.rename(words(f"tech_{data.technology}")),
        first_breaks=[data.near_minutes],
        second_breaks=[CONNECTED],
        units=("minutes", "share"),
        higher_is_better=(False, True),
        lang=words.lang,
    )
    view = replace(page.drawing.views[0], name=words("online_map_title"))
    return plain_figures(study, [view], None, {}, [view.alt(words.lang)], "numerique-carte", words)


def programme_figures(study: Study, programme: Programme, words: Words) -> list[dict[str, Any]]:
    """Return the map of where the operations are: communes by the kinds of operation that they hold."""
    communes = study.communes[study.communes["in_territory"]]
    kinds: dict[str, list[str]] = {str(code): [] for code in communes.index}
    for operation in programme:
        members = communes.index[(communes["epci"] == operation.epci).fillna(False).astype(bool)]
        for code in operation.communes or members:
            kind = words(f"programme_kind_{operation.kind}")
            if code in kinds and kind not in kinds[code]:
                kinds[code].append(kind)
    by_label: dict[str, list[str]] = {}
    for code, held in kinds.items():
        by_label.setdefault(" + ".join(held), []).append(code)
    none = by_label.pop("", [])
    people = communes["population"].astype("float64")
    groups = [*by_label.items(), (words("programme_no_operation"), none)]
    # Colours may come again: the names beside them tell which is which.
    colours = [*islice(cycle(QUALITATIVE), len(by_label)), PAPER]
    entries = tuple(
        Entry(_with_names(label, codes, communes["name"], words), colour, "", len(codes), float(people[codes].sum()))
        for (label, codes), colour in zip(groups, colours, strict=True)
    )
    fill = {code: number for number, (_, codes) in enumerate(groups) for code in codes}
    title = words("programme_map_title")
    view = View("programme", title, title, entries, fill, dict.fromkeys(fill, ()))
    return plain_figures(study, [view], None, {}, [view.alt(words.lang)], "programme-carte", words)


def _with_names(label: str, codes: Sequence[str], names: pd.Series, words: Words) -> str:
    """Return a label with the communes it is of, where they are few: colour is never alone."""
    shown = labels.capitalised(label)
    return words("with_names", label=shown, names=", ".join(names[list(codes)])) if len(codes) <= MOST_NAMED else shown


def plain_figures(
    study: Study,
    views: list[View],
    sites: gpd.GeoDataFrame | None,
    stands_in: dict[str, tuple[int, ...]],
    alts: list[str],
    key: str,
    words: Words,
) -> list[dict[str, Any]]:
    """Return one picture a view, whose paths are those that the page holds already; ids start with `key`."""
    drawing = draw(study.communes, views, sites, title="", credit="", lang=words.lang, stands_in=stands_in)
    parts = map_parts(drawing, key, heading="h3", paths=False)
    return [
        {
            "name": view.name,
            "svg": picture(drawing, number, key=f"{key}-{number}", alt=alt),
            "legend": parts.legend(view),
            "title": view.title,
        }
        for number, (view, alt) in enumerate(zip(views, alts, strict=True))
    ]


def _sites(found: Results) -> tuple[gpd.GeoDataFrame, dict[str, tuple[int, ...]], frozenset[str]]:
    """Return every site of any situation once, the views it stands in, and those that only scenarios have."""
    parts = []
    stands_in: dict[str, tuple[int, ...]] = {}
    for number, (name, sites) in enumerate(found.sites.items()):
        keys = [f"{key} {point.x:.1f} {point.y:.1f}" for key, point in sites.geometry.items()]
        parts.append(sites.set_axis(keys))
        # The baseline is view 0; a scenario's level and change are views 2k - 1 and 2k.
        for key in keys:
            stands_in[key] = stands_in.get(key, ()) + ((0,) if name == BASELINE else (2 * number - 1, 2 * number))
    every = pd.concat(parts)
    every = every[~every.index.duplicated()]
    fresh = frozenset(key for key, views in stands_in.items() if 0 not in views)
    return gpd.GeoDataFrame(every, crs=found.sites[BASELINE].crs), stands_in, fresh
