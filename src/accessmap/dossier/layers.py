"""A dossier as a GeoPackage: communes, sites and people with their minutes, and the styles for QGIS."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from accessmap.dossier.columns import column_of
from accessmap.dossier.results import Known
from accessmap.dossier.workbook import residents_of
from accessmap.maps.choropleth import breaks_for
from accessmap.maps.drawing import Entry
from accessmap.maps.page import today
from accessmap.maps.qgis import Rule, change_rules, level_rules, qml, sld
from accessmap.tables.contracts import category_shown
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

# As QGIS makes it in a GeoPackage ("Save style in database"); one style a layer is the default.
LAYER_STYLES: Final = """
CREATE TABLE "layer_styles" (
  "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  "f_table_catalog" TEXT(256), "f_table_schema" TEXT(256), "f_table_name" TEXT(256), "f_geometry_column" TEXT(256),
  "styleName" TEXT(30), "styleQML" TEXT, "styleSLD" TEXT, "useAsDefault" BOOLEAN, "description" TEXT,
  "owner" TEXT(30), "ui" TEXT(30), "update_time" DATETIME DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ','now'))
)"""
LONGEST_NAME: Final = 30
HOME: Final = 1.8  # millimetres of the point of a place where people live
SITE: Final = 4.0


def write_layers(known: Known, day: date, path: Path) -> Path:
    """Write communes, services and residents of a dossier, and a style for each thing its maps show; return the path.

    GDAL writes the hour into a GeoPackage; it is given the day of the dossier instead, so that the same inputs give
    the same bytes (configuration option OGR_CURRENT_DATE, gdal.org).
    """
    found, study, words = known.results, known.study, Words(known.lang)
    here = study.residents[study.inside]
    people = gpd.GeoDataFrame(residents_of(known).drop(columns=["lon", "lat"]), geometry=here.geometry, crs=here.crs)
    for name in found.names:
        people[f"change {name}"] = people[f"minutes {name}"] - people[f"minutes {BASELINE}"]
    layers = {"communes": found.communes, "services": flat(found.sites[BASELINE]), "residents": people}
    with dated(day):
        for name, table in layers.items():
            whole = gpd.GeoDataFrame(table.reset_index(), crs=found.communes.crs)
            whole.to_file(path, layer=name, driver="GPKG", mode="w" if name == "communes" else "a")
    shown = category_shown(study.services, found.category)
    marker = Rule(
        Entry(labels.capitalised(shown.name(known.lang, count=2)), shown.colour), shape=shown.shape, size=SITE
    )
    styles: Styles = [("services", "style_sites", BASELINE, [marker])]
    for layer in ("communes", "residents"):
        styles += _by_minutes(known, layer, words)
    filling = {"category": shown.name(known.lang, count=2)}
    aliases = {
        name: {column: _alias(name, column, words, **filling) for column in map(str, table.reset_index().columns)}
        for name, table in layers.items()
    }
    _write_styles(path, styles, aliases, day, words)
    return path


Styles = list[tuple[str, str, str, Sequence[Rule]]]


def _by_minutes(known: Known, layer: str, words: Words) -> Styles:
    """Return the styles of a layer, in the dossier's classes: minutes today, minutes and change with each scenario."""
    found = known.results
    breaks = breaks_for(pd.concat([found.communes[f"minutes {name}"] for name in found.minutes]), "minutes")
    shape = "circle" if layer == "residents" else ""
    styles: Styles = []
    for name in map(str, found.minutes):
        rules = level_rules(f"minutes {name}", breaks, words)
        styles.append((layer, "style_minutes", name, rules))
        if name != BASELINE:
            rules = change_rules(f"change {name}", f"minutes {BASELINE}", f"minutes {name}", words)
            styles.append((layer, "style_change", name, rules))
    return [(*each[:3], [replace(rule, shape=shape, size=HOME) for rule in each[3]]) for each in styles]


def _alias(layer: str, column: str, words: Words, **filling: str) -> str:
    found = column_of("sites" if layer == "services" else layer, column, words, **filling)
    return found.title if found else column


def _write_styles(
    path: Path, styles: Styles, aliases: Mapping[str, Mapping[str, str]], day: date, words: Words
) -> None:
    """Add the table of styles to a GeoPackage; of each layer the first is the one that QGIS opens it with."""
    stamp = f"{day.isoformat()}T00:00:00.000Z"
    named: dict[tuple[str, str], tuple[str | int | bool, ...]] = {}
    for layer, key, scenario, rules in styles:
        whole = words(key, name=words(BASELINE) if scenario == BASELINE else scenario)
        first = not any(other == layer for other, _ in named)
        ways = [whole[:LONGEST_NAME], *(f"{whole[: LONGEST_NAME - 5]} ({number})" for number in range(2, 99))]
        name = next(each for each in ways if (layer, each) not in named)
        told = (qml(rules, aliases[layer]), sld(rules, layer), first, whole)
        named[layer, name] = ("", "", layer, "geom", name, *told, "", "", stamp)
    with closing(sqlite3.connect(path)) as file, file:
        file.execute(LAYER_STYLES)
        file.executemany(f"INSERT INTO layer_styles VALUES (NULL{', ?' * 12})", named.values())  # noqa: S608 - no values
        contents = "INSERT INTO gpkg_contents (table_name, data_type, identifier, last_change) VALUES (?, ?, ?, ?)"
        file.execute(contents, ("layer_styles", "attributes", "layer_styles", stamp))
        file.execute("INSERT INTO gpkg_ogr_contents VALUES ('layer_styles', ?)", (len(named),))


def flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose text columns may hold anything: what is neither number nor text is written as text."""
    made = table.set_axis(pd.Index([str(name) for name in table.columns]), axis="columns").copy()
    for name in [name for name in made if made[name].dtype == object]:
        made[name] = made[name].map(str, na_action="ignore").astype("str")
    return made


@contextmanager
def dated(day: date | None = None) -> Iterator[None]:
    """Give GDAL midnight of a day as the present hour, in a context: by default that of `today`."""
    import pyogrio

    before = pyogrio.get_gdal_config_option("OGR_CURRENT_DATE")
    midnight = f"{(day or today()).isoformat()}T00:00:00.000Z"
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": midnight})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": before})
