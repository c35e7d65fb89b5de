"""Where services stand of which only their count is known."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

import accessmap as am
from accessmap.errors import OptionError
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


COMMUNES = SQUARES.assign(name=["Une", "Deux"], epci="", epci_name="", in_territory=True).rename_axis("code")
HALLS = MAIRIES.assign(name="Mairie", category="mairie", commune=MAIRIES.index)
COUNTS = pd.DataFrame(
    {"CODGEO": ["02000", "02000", "02001"], "TYPEQU": ["D307", "C201", "D307"], "NB_EQUIP": [3, 1, 100]}
)


def test_counts_become_that_many_places_that_share_what_was_counted() -> None:
    at_halls = am.read_services(COUNTS, communes=COMMUNES, mairies=HALLS)
    assert at_halls["capacity"].tolist() == [3, 1, 100]
    spread = am.read_services(COUNTS, communes=COMMUNES, mairies=HALLS, spread=True)
    assert len(spread) == 3 + 1 + MOST_PLACES
    assert spread.index[:3].tolist() == [f"bpe-02000-D307.{k}" for k in (1, 2, 3)]
    of = spread.groupby(spread.index.str.rsplit(".", n=1).str[0])["capacity"].sum()
    assert of.loc[at_halls.index].tolist() == pytest.approx([3, 1, 100])
    assert (spread["point_quality"] == "spread").all()
    assert spread.within(COMMUNES.geometry.loc[spread["commune"]].set_axis(spread.index)).all()
    assert spread.geometry.iloc[0] == service_places(SQUARES, MAIRIES, pd.Series({"02000": 3})).geometry.iloc[0]
    assert "68" in spread.attrs["read_notes"][-1].told("fr")
    by_code = HALLS.drop(columns="commune").rename_axis("code")
    assert am.read_services(COUNTS, communes=COMMUNES, mairies=by_code, spread=True).geometry.equals(spread.geometry)
    without = am.read_services(COUNTS, communes=COMMUNES, spread=True)  # around a point inside, for want of mairies
    assert without.within(COMMUNES.geometry.loc[without["commune"]].set_axis(without.index)).all()
    with pytest.raises(OptionError, match="communes="):
        am.read_services(COUNTS, spread=True)


def test_a_site_with_a_number_of_seats_is_one_site() -> None:
    told = {"CODGEO": ["02000"], "TYPEQU": ["F303"], "CAPACITE": ["300"], "LAMBERT_X": [None], "LAMBERT_Y": [None]}
    cinema = am.read_services(pd.DataFrame(told), communes=COMMUNES, mairies=HALLS, spread=True)
    assert cinema["point_quality"].tolist() == ["placed_at_mairie"]
    assert len(cinema) == 1


@pytest.mark.slow
def test_the_medians_of_dense_kinds_in_the_aisne_come_nearer_to_those_published(real_data: Path) -> None:
    from aisne import access_table, aisne_study, published, spread_equipment

    study, target = aisne_study(real_data), published(real_data)["median"]
    kinds = ["pharmacy", "middle_school", "emergency", "cinema"]
    at_halls = access_table(study, kinds)["median"] - target
    spread = access_table(study.with_services(spread_equipment(real_data, study.services)), kinds)["median"] - target
    assert (spread.abs() < at_halls.abs()).loc[["pharmacy", "middle_school", "cinema"]].all()
    assert spread.loc[["pharmacy", "middle_school", "emergency"]].abs().max() < 0.7
