"""Beyond a coast there is no service that the data lack; beyond any other limit of theirs there may be."""

from __future__ import annotations

import csv
from importlib.resources import files
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
import shapely.ops
from shapely import LineString, Point, Polygon

from accessmap.studyfile.edge import at_the_edge

COAST = files("accessmap") / "presets" / "coast.csv"
BELLE_ILE = Point(-3.18, 47.33)
YVETOT = Point(0.75, 49.62)
"""Twenty kilometres from the sea."""


def island(place: Point) -> Polygon:
    """Return the land that the coast encloses around a place, in degrees."""
    rows = list(csv.DictReader(COAST.read_text("utf-8").splitlines()))
    rings = shapely.get_parts(shapely.polygonize(shapely.get_parts(shapely.from_wkt(rows[0]["line"]))))
    return next(each for each in rings if each.contains(place))


def communes(*land: Polygon, crs: int = 2154) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(index=list("abcd")[: len(land)], geometry=list(land), crs=4326).to_crs(crs)


@pytest.mark.parametrize("crs", [2154, 32630, 3035])
def test_an_island_that_is_loaded_whole_ends_at_the_sea(crs: int) -> None:
    assert at_the_edge(communes(island(BELLE_ILE), crs=crs)).empty


def test_where_land_goes_on_the_data_end() -> None:
    west, south, east, north = island(BELLE_ILE).bounds
    middle = (west + east) / 2
    across = LineString([(middle, south - 1), (middle, north + 1)])
    half, other = shapely.get_parts(shapely.ops.split(island(BELLE_ILE), across))
    assert at_the_edge(communes(half)).tolist() == ["a"]
    assert at_the_edge(communes(half, other)).empty
    inland = YVETOT.buffer(0.05)
    assert at_the_edge(communes(inland)).tolist() == ["a"]
    assert at_the_edge(communes(island(BELLE_ILE), inland)).tolist() == ["b"]


def test_every_coast_is_a_line_in_degrees_with_its_source() -> None:
    rows = list(csv.DictReader(COAST.read_text("utf-8").splitlines()))
    assert [row["place"] for row in rows] == [
        *["France métropolitaine", "Guadeloupe", "Martinique", "La Réunion", "Mayotte"]
    ]
    assert all("Licence Ouverte" in row["source"] for row in rows)
    lines = shapely.from_wkt([row["line"] for row in rows])
    assert shapely.is_valid(lines).all()
    assert (shapely.length(lines) > 1).all()


def test_of_the_coast_and_its_neighbours_only_those_by_land_are_at_the_edge(data_folder: Path) -> None:
    read = {"columns": ["code", "epci_name", "geometry"], "filters": [("dep", "in", ["29", "56", "59", "62"])]}
    whole = gpd.read_parquet(data_folder / "france" / "communes.parquet", **read).set_index("code").to_crs(2154)
    found = {}
    for name in ("Pays Fouesnantais", "Belle-Île-en-Mer", "urbaine de Dunkerque"):
        inside = whole.index[whole["epci_name"].fillna("").str.endswith(name)]
        near = whole.geometry.distance(whole.geometry[inside].union_all()) < 8_000
        found[name] = inside.intersection(at_the_edge(whole[near]))
    assert found["Pays Fouesnantais"].empty
    assert found["Belle-Île-en-Mer"].empty
    assert "59260" in found["urbaine de Dunkerque"]  # Ghyvelde: beyond is Belgium, whose services are not in the data
    assert "59183" not in found["urbaine de Dunkerque"]  # Dunkerque has the sea alone
