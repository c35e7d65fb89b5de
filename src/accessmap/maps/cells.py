"""The map by cell: squares of a statistical grid, coloured by what the people who live in them have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.categories import Lang
from accessmap.errors import OptionError, Problem, TableError
from accessmap.maps.choropleth import BESIDE_WHITE, breaks_for, checked_breaks, classes, series_of, value_text
from accessmap.maps.drawing import Cell, Drawing, View
from accessmap.maps.ground import DRAWN_CRS, inside_of
from accessmap.maps.offline import OfflineMap, mapped
from accessmap.provenance import Provenance
from accessmap.read.coordinates import GRID_CRS
from accessmap.words import words as labels
from accessmap.words.words import Words


def cell_map(
    residents: gpd.GeoDataFrame,
    values: pd.Series,
    services: gpd.GeoDataFrame | None = None,
    *,
    cell_metres: float,
    communes: gpd.GeoDataFrame | None = None,
    title: str | None = None,
    unit: str = "minutes",
    breaks: Sequence[float] | None = None,
    higher_is_better: bool = False,
    grid_crs: str = GRID_CRS,
    provenance: Provenance | None = None,
    tiles: str | None = None,
    lang: Lang = "fr",
) -> OfflineMap:
    r"""Return a map of one value by cell of a grid, in `unit`: the mean of the people who live in it.

    Parameters
    ----------
    residents
        Points with `commune` and `population`; several in one cell are weighted by their people.
    values
        By resident; a cell where nobody has a value is hatched and counted apart.
    cell_metres
        Side of a cell: 1000 for the census grid, 200 for INSEE's.
    communes
        Zones by code, drawn under the cells; only residents of the territory are shown and counted.
    grid_crs
        Of the grid, whose lines lie at whole numbers of cells: that of INSPIRE, INSEE and Eurostat by default. Its
        squares stand askew on a map of France, as they should.
    services, title, unit, breaks, higher_is_better, provenance, tiles, lang
        As for `access_map`.

    Raises
    ------
    TableError
        Where values cannot be mapped, or nobody of the territory is in `residents`.
    ValueError
        Where `cell_metres` is not above 0.

    Examples
    --------
    >>> places = gpd.points_from_xy([3_827_500, 3_828_500], [2_967_500, 2_967_500], crs="EPSG:3035")
    >>> people = {"commune": ["02173", "02173"], "population": [120, 80]}
    >>> residents = gpd.GeoDataFrame(people, index=["a", "b"], geometry=places).to_crs("EPSG:2154")
    >>> page = cell_map(residents, pd.Series({"a": 4.0, "b": float("nan")}), cell_metres=1000, lang="en")
    >>> [entry.count("en") for entry in page.drawing.views[0].entries]
    ['1\xa0cell · 120\xa0people', '1\xa0cell · 80\xa0people']
    """
    say = Words(labels.check_lang(lang))
    if not cell_metres > 0:
        raise OptionError(Problem("map_cell_metres", value=cell_metres))
    here = residents if communes is None else residents[residents["commune"].isin(communes.index[inside_of(communes)])]
    if here.empty:
        raise TableError(Problem("map_nobody"), about="residents")
    cells = _cells(here, series_of(values, residents.index).loc[here.index], cell_metres, grid_crs)
    bounds = breaks_for(cells["value"], unit) if breaks is None else checked_breaks(breaks)
    entries, fill = classes(
        cells["value"], cells["people"], breaks=bounds, unit=unit, say=say, higher_is_better=higher_is_better,
        lightest=BESIDE_WHITE,
    )  # fmt: skip
    number = cells.index.map(lambda cell: fill[str(cell)]).to_numpy()
    said = [
        replace(
            entry,
            said=say("legend_count", communes=say("cells", n=entry.communes), people=say.people(people)),
        )
        for entry, people in zip(entries, labels.added_up([entry.people or 0.0 for entry in entries]), strict=True)
    ]
    over = _land(cells, number, cell_metres, grid_crs)
    view = View("cells", say("value"), _heading(unit, cell_metres, say), tuple(said), {}, {})
    title = title or say("cells_title")
    page = mapped(communes, [view], services, over=over, title=title, provenance=provenance, tiles=tiles, say=say)
    return OfflineMap(_with_cells(page.drawing, cells, unit, cell_metres, grid_crs, say))


def _cells(residents: gpd.GeoDataFrame, values: pd.Series, side: float, crs: str) -> pd.DataFrame:
    """Return the cells where people live: column and row, value (weighted mean), people, unreached people, commune."""
    places = residents.geometry.to_crs(crs)
    table = pd.DataFrame(
        {
            "column": np.floor(places.x / side).astype("int64"),
            "row": np.floor(places.y / side).astype("int64"),
            "people": residents["population"].astype("float64"),
            "value": values,
            "commune": residents["commune"],
        }
    )
    table["known"] = table["people"].where(table["value"].notna(), 0.0)
    table["weighted"] = table["known"] * table["value"].fillna(0.0)
    by = table.sort_values("people", ascending=False, kind="stable").groupby(["column", "row"], sort=True)
    cells = by.agg(
        people=("people", "sum"),
        known=("known", "sum"),
        weighted=("weighted", "sum"),
        plain=("value", "mean"),
        commune=("commune", "first"),
    ).reset_index()
    # Cells where nobody counts, as in a test of a new estate, keep the plain mean of their points.
    cells["value"] = (cells["weighted"] / cells["known"].where(cells["known"] > 0)).fillna(
        cells["plain"].where(cells["people"] == 0)
    )
    return cells.assign(lost=cells["people"] - cells["known"]).drop(columns=["known", "weighted", "plain"])


def _land(cells: pd.DataFrame, number: np.ndarray, side: float, crs: str) -> gpd.GeoDataFrame:
    """Return the land of each class: squares joined where they touch, so that no line is written twice.

    Joined squares keep every corner of the grid: a long side would be straight in the grid and bent on the map.
    """
    x, y = cells["column"].to_numpy() * side, cells["row"].to_numpy() * side
    squares = shapely.box(x, y, x + side, y + side)
    kinds = np.unique(number)
    land = [shapely.coverage_union_all(squares[number == kind]) for kind in kinds]
    return gpd.GeoDataFrame({"view": 0, "entry": kinds}, geometry=land, crs=crs)


def _with_cells(drawing: Drawing, cells: pd.DataFrame, unit: str, side: float, crs: str, say: Words) -> Drawing:
    """Return the drawing with what a tooltip says of each cell."""
    x, y = (cells["column"] + 0.5) * side, (cells["row"] + 0.5) * side
    centres = gpd.GeoSeries(gpd.points_from_xy(x, y, crs=crs)).to_crs(DRAWN_CRS)
    ends = gpd.GeoSeries(gpd.points_from_xy([x.mean(), x.mean() + side], [y.mean()] * 2, crs=crs)).to_crs(DRAWN_CRS)
    told = []
    for value, people, lost in zip(cells["value"], cells["people"], cells["lost"], strict=True):
        lines = [value_text(value, unit, say), say.people(people)]
        if lost >= 0.5 and not np.isnan(value):
            lines.append(say("unreached_people", n=round(lost)))
        told.append(tuple(lines))
    return replace(
        drawing,
        cells=tuple(
            Cell(round(east - drawing.origin[0]), round(drawing.origin[1] - north), str(code), lines)
            for east, north, code, lines in zip(centres.x, centres.y, cells["commune"], told, strict=True)
        ),
        edge=(round(ends.x[1] - ends.x[0], 1), round(ends.y[0] - ends.y[1], 1)),
    )


def _heading(unit: str, side: float, say: Words) -> str:
    written = f"{side / 1000:g}{labels.NO_BREAK}km" if side >= 1000 else f"{side:g}{labels.NO_BREAK}m"
    if unit in ("minutes", "people"):
        return say(f"cells_{unit}", side=written)
    return say("cells_value", side=written, unit=labels.unit(unit, lang=say.lang))
