"""Where services stand of which only their count is known."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point, box

from accessmap.read.spread import MOST_PLACES, service_places, spread_residents

SQUARES = gpd.GeoDataFrame(
    {"population": [1000, 200]},
    index=["02000", "02001"],
    geometry=[box(0, 0, 4000, 4000), box(4000, 0, 8000, 4000)],
    crs=2154,
)
MAIRIES = gpd.GeoDataFrame(index=["02001", "02000"], geometry=[Point(6000, 2000), Point(3990, 3990)], crs=2154)


def test_each_commune_has_its_places_inside_and_none_at_the_mairie_or_a_home() -> None:
    places = service_places(SQUARES, MAIRIES, pd.Series({"02001": 2, "02000": 5}))
    assert places["commune"].tolist() == ["02001"] * 2 + ["02000"] * 5
    assert places.within(SQUARES.geometry.loc[places["commune"]].reset_index(drop=True)).all()
    assert (places.distance(MAIRIES.geometry.loc[places["commune"]].reset_index(drop=True)) > 1).all()
    homes = spread_residents(SQUARES, MAIRIES)
    assert min(places.distance(home).min() for home in homes.geometry) > 1


def test_more_of_a_kind_stand_where_fewer_do_and_further() -> None:
    few = service_places(SQUARES, MAIRIES, pd.Series({"02001": 3}))
    many = service_places(SQUARES, MAIRIES, pd.Series({"02001": 1000}))
    assert len(many) == MOST_PLACES
    assert (few.geometry == many.geometry.iloc[:3]).all()
    metres = many.distance(Point(6000, 2000))
    assert np.median(metres) == metres.sort_values().iloc[31:33].mean()
    assert (metres.iloc[:3].argsort().to_numpy() == [1, 0, 2]).all()  # a half, a quarter, three quarters
