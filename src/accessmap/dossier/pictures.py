"""The maps of a dossier: what is drawn, and each picture with its legend and its words."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from accessmap.dossier.layout import Figure
from accessmap.dossier.results import Results
from accessmap.dossier.sureness import hatched
from accessmap.maps.communes import compare_views
from accessmap.maps.drawing import SHAPES, Drawing, View, draw
from accessmap.maps.page import credit_line, map_parts
from accessmap.maps.svg import beyond, picture
from accessmap.provenance import Provenance
from accessmap.sentences.access import sides_told
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

MAP_KEY: Final = "carte"
# Names of communes on a picture that the text asks for, at most.
MOST_NAMED: Final = 16


def main_drawing(
    study: Study, found: Results, provenance: Provenance, title: str, words: Words, *, told: str = ""
) -> Drawing:
    """Return the map before, after and of the change, with the sites of each situation.

    Communes that the text `told` names, and those of the sites that serve the territory, are named on it.
    """
    changes = found.mean_changes() if found.names else None
    views = compare_views(study.counted, found.levels(), changes=changes, say=words)
    # Views come in the order baseline, then level and change of each scenario.
    for number, name in enumerate([BASELINE, *found.names]):
        at = max(0, 2 * number - 1)
        views[at] = hatched(views[at], found.communes, name, words)
    sites, stands_in, fresh = marked_sites(found)
    serving = serving_sites(found, sites)
    at = sites["commune"].loc[serving].dropna() if "commune" in sites else []
    places = {
        code: re.search(rf"(?<!\w){re.escape(name)}(?![\w-])", told)
        for code, name in study.communes["name"].items()
        if name in told
    }
    named = sorted((place.start(), code) for code, place in places.items() if place)
    return draw(
        study.counted,
        views,
        sites,
        title=title,
        credit=credit_line(provenance, words.lang),
        lang=words.lang,
        stands_in=stands_in,
        fresh=fresh,
        named=list(dict.fromkeys([*(code for _, code in named), *at]))[:MOST_NAMED],
        serving=serving,
    )


def serving_sites(found: Results, sites: gpd.GeoDataFrame) -> list[str]:
    """Return which of the marked sites are the nearest of most people of a commune."""
    nearest = set(found.communes["nearest_site_id"].dropna())
    return [key for key in sites.index if key.rsplit(" ", 2)[0] in nearest]


def figures(drawing: Drawing, parts: Any, found: Results, words: Words) -> list[Figure]:
    """Return the pictures, one a view, each with its legend and with words for those who do not see it."""
    made = []
    for number, view in enumerate(drawing.views):
        # Views come in the order baseline, then level and change of each scenario.
        name = BASELINE if number == 0 else found.names[(number - 1) // 2]
        facts = _facts(found, name, words, change=number > 0 and number % 2 == 0)
        alt = f"{facts} {view.alt(words.lang)} {words('map_alt', table=words('chapter_communes'))}"
        arrows = f" · {words('map_beyond')}" if beyond(drawing, number) else ""
        svg = picture(drawing, number, key=f"{MAP_KEY}-{number}", alt=alt)
        made.append(Figure(view.name, svg, parts.legend(view), view.title + arrows))
    return made


def _facts(found: Results, name: str, words: Words, *, change: bool) -> str:
    """Return what a picture shows, in a sentence for those who do not see it."""
    if not change:
        return words("facts", mean=words.minutes(float(found.summary[name]["mean"])))
    sums = pd.DataFrame(found.changes.xs(name, level="scenario"))
    return ". ".join(map(labels.capitalised, sides_told(sums.sum(numeric_only=True).to_dict(), words))) + "."


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


def small_figures(
    study: Study,
    views: list[View],
    sites: gpd.GeoDataFrame | None,
    stands_in: dict[str, tuple[int, ...]],
    key: str,
    words: Words,
    *,
    facts: Sequence[str] = (),
    fresh: frozenset[str] = frozenset(),
    serving: Collection[str] = (),
) -> list[Figure]:
    """Return one picture a view, whose paths are those that the page holds already; ids start with `key`.

    Each has room for services outside that are `serving` people inside, or an arrow towards them. The legend that
    several share counts none of them; the words for those who do not see a picture read its own, after its `facts`.
    """
    alts = [
        f"{fact} {view.alt(words.lang)}".strip() for fact, view in zip(facts or [""] * len(views), views, strict=True)
    ]
    if len(views) > 1:
        bare = [tuple(replace(entry, communes=None, people=None) for entry in view.entries) for view in views]
        views = [replace(view, entries=entries) for view, entries in zip(views, bare, strict=True)]
    told: dict[str, Any] = {"title": "", "credit": "", "lang": words.lang}
    drawing = draw(study.counted, views, sites, stands_in=stands_in, fresh=fresh, serving=serving, **told)
    parts = map_parts(drawing, key, heading="h3", paths=False)
    arrows = f" · {words('map_beyond')}" if any(beyond(drawing, number) for number in range(len(views))) else ""
    return [
        Figure(
            view.name, picture(drawing, number, key=f"{key}-{number}", alt=alt), parts.legend(view), view.title + arrows
        )
        for number, (view, alt) in enumerate(zip(views, alts, strict=True))
    ]


def marked_sites(found: Results) -> tuple[gpd.GeoDataFrame, dict[str, tuple[int, ...]], frozenset[str]]:
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
