"""A map of any table in one line: what it is decides how it is drawn."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.categories import Lang
from accessmap.errors import Problem, Problems, TableError
from accessmap.maps.cells import cell_map
from accessmap.maps.communes import access_map
from accessmap.maps.drawing import PAPER, Entry, View
from accessmap.maps.ground import inside_of
from accessmap.maps.isochrones import isochrone_map
from accessmap.maps.offline import OfflineMap, mapped
from accessmap.maps.roads import route_map
from accessmap.provenance import Provenance
from accessmap.read.coordinates import GRID_CRS
from accessmap.words import words as labels
from accessmap.words.near import near_names
from accessmap.words.words import Words

# Sides of the grids that people are counted in, in metres: INSEE's, then the census of Eurostat.
GRIDS: Final = (200, 1000)


def explore(
    table: pd.DataFrame | pd.Series,
    column: str | None = None,
    *,
    communes: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    provenance: Provenance | None = None,
    lang: Lang = "fr",
) -> OfflineMap:
    """Return a map of any table: zones, values by commune, residents, services, isochrones or a way.

    Polygons are coloured by a column of numbers; isochrones by their minutes, a way by its speeds; points with a number
    become cells of a grid (200 m where they are its centres, else 1 km); points without one are marked by category.

    Parameters
    ----------
    table
        Zones, residents with values beside them, services, or what `isochrones`, `by_commune` and `network.explain`
        return.
    column
        What to colour by; where it is not given, `value`, or else the people, where the table has them.
    communes
        Drawn under the rest; needed where the table has values by commune and no geometry.
    title
        Heading of the map; the name of the column where not given.
    provenance, lang
        As for `access_map`.

    Raises
    ------
    TableError
        Where the table has no such column, nothing that can be placed, or shapes of several kinds.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> explore(study.communes).drawing.title
    'population'
    >>> [layer.key for layer in explore(study.sites("hospital"), communes=study.communes).drawing.layers]
    ['hospital']
    """
    say = Words(labels.check_lang(lang))
    placed = _placed(table, communes, column)
    kind = _kind(placed, column)
    if kind == "LineString":
        return route_map(placed, communes=communes, title=title or "", provenance=provenance, lang=lang)
    if isinstance(placed.index, pd.MultiIndex):
        return isochrone_map(placed, communes=communes, title=title, provenance=provenance, lang=lang)
    by = column or next((name for name in ("value", "population") if name in placed and "category" not in placed), None)
    if by is None:
        sites = placed if "category" in placed else placed.assign(category=placed.index.name or "")
        zones, sites = (placed, None) if kind == "Polygon" else (communes, sites)
        return _marked(zones, sites, title, provenance, say)
    unit = "minutes" if by == "minutes" else "people" if by == "population" else ""
    if kind == "Polygon":
        return access_map(placed, placed[by], title=title or by, unit=unit, provenance=provenance, lang=lang)
    missing = {name: empty for name, empty in (("population", 1.0), ("commune", "")) if name not in placed}
    people = placed.assign(**missing)  # points that are no residents count as one each
    side = _grid(people)
    return cell_map(
        people,
        _together(people, side) if by == "population" else people[by],
        cell_metres=side,
        communes=None if "commune" in missing else communes,
        title=title or by,
        unit=unit,
        provenance=provenance,
        lang=lang,
    )


def _placed(table: pd.DataFrame | pd.Series, communes: gpd.GeoDataFrame | None, column: str | None) -> gpd.GeoDataFrame:
    """Return the table with a geometry: its own, or that of the communes whose codes it has; and zones with names."""
    if not isinstance(table, gpd.GeoDataFrame):
        if communes is None or not table.index.isin(communes.index).any():
            raise TableError(Problem("map_no_geometry" if communes is None else "map_no_codes"), about="table")
        values = table.to_frame(str(table.name or "value")) if isinstance(table, pd.Series) else table
        if column is None and "value" not in values:
            if len(values.columns) != 1:
                raise TableError(Problem("map_which_column", value=list(values.columns)), about="table")
            values = values.set_axis(["value"], axis=1)
        kept = communes.drop(columns=values.columns.intersection(communes.columns))
        return kept.join(values)
    return table if "name" in table else table.assign(name=[str(key) for key in table.index])


def _kind(table: gpd.GeoDataFrame, column: str | None) -> str:
    """Return "Polygon", "Point" or "LineString", and refuse what cannot be drawn, with its remedy."""
    problems = Problems()
    if table.crs is None:
        problems.add("map_no_crs")
    if column is not None and column not in table:
        problems.add("map_no_column", value=column, near=near_names(column, table.columns))
    found = sorted(set(table.geometry.geom_type.dropna().str.removeprefix("Multi")))
    if found == ["LineString"] and "speed_kmh" not in table:
        problems.add("map_lines")
    elif found not in (["Polygon"], ["Point"], ["LineString"]):
        problems.add("map_shapes" if found else "map_shapes_missing", value=found)
    if isinstance(table.index, pd.MultiIndex) and table.index.names[-1] != "minutes":
        problems.add("map_index", value=list(table.index.names))
    problems.raise_if_any(TableError, "table")
    return str(found[0])


def _marked(
    communes: gpd.GeoDataFrame | None,
    sites: gpd.GeoDataFrame | None,
    title: str | None,
    provenance: Provenance | None,
    say: Words,
) -> OfflineMap:
    """Return a map of outlines and sites, without values."""
    entries: tuple[Entry, ...] = ()
    heading = say("sites_legend_bare")
    fill: dict[str, int] = {}
    if communes is not None:
        inside = communes.index[inside_of(communes)]
        people = float(communes.loc[inside, "population"].sum()) if "population" in communes else None
        heading = say("sites_legend")
        entries = (Entry(say("territory"), PAPER, communes=len(inside), people=people),)
        fill = {str(code): 0 for code in inside}
    view = View("sites", say("sites_title"), heading, entries, fill, {})
    title = title or say("sites_title")
    return mapped(communes, [view], sites, title=title, provenance=provenance, tiles=None, say=say)


def _grid(points: gpd.GeoDataFrame) -> int:
    """Return the side of the grid whose centres these points are; 1 km where they are of none."""
    places = points.geometry.to_crs(GRID_CRS)
    for side in GRIDS:
        # Centres that were written in another projection come back within a metre.
        off = np.abs(np.concatenate([places.x, places.y]) % side - side / 2)
        if (off < 1).all():
            return side
    return GRIDS[-1]


def _together(points: gpd.GeoDataFrame, side: float) -> pd.Series:
    """Return, for each point, the people of its whole cell."""
    places = points.geometry.to_crs(GRID_CRS)
    cells = [np.floor(axis / side).to_numpy() for axis in (places.x, places.y)]
    total: pd.Series = points["population"].groupby(cells).transform("sum")
    return total
