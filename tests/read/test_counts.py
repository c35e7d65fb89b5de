"""Where services stand of which only their count is known."""

from __future__ import annotations

import math
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

import accessmap as am
from accessmap.errors import OptionError
from accessmap.read.counts import CELL_MEAN, MOST_PLACES, cell_places, places_of_counts, service_places
from accessmap.read.spread import SPREAD_SCALE, SPREAD_SHAPE, spread_residents

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
    assert (metres.iloc[:3].argsort().to_numpy() == [1, 0, 2]).all()  # two thirds, a third, eight ninths
    radius = np.sqrt(16e6 / np.pi)
    mean_square = SPREAD_SCALE**2 * math.gamma(1 + 2 / SPREAD_SHAPE)  # of the Weibull law of the people
    assert metres.iloc[0] == pytest.approx(radius * np.sqrt(mean_square), rel=0.03)


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


def cells(people: dict[tuple[str, int, int], int]) -> gpd.GeoDataFrame:
    """Residents in cells of 1 km: people by (commune, east, north)."""
    rows = [(code, f"1kmN{north}E{east}", Point(east * 1000 + 500, north * 1000 + 500)) for code, east, north in people]
    table = pd.DataFrame(rows, columns=["commune", "resident_id", "geometry"]).set_index("resident_id")
    return gpd.GeoDataFrame(table.assign(population=list(people.values())), crs=2154)


GRID = cells(
    {("02000", 0, 0): 10, ("02000", 1, 1): 500, ("02000", 2, 3): 300, ("02000", 3, 3): 0, ("02001", 4, 2): 200}
)


def test_where_people_are_known_by_cells_most_stand_where_most_live() -> None:
    places = cell_places(SQUARES, GRID, pd.Series({"02001": 2, "02000": 8}))
    assert places["commune"].tolist() == ["02001"] * 2 + ["02000"] * 8
    east, north = places.geometry.x // 1000, places.geometry.y // 1000
    assert [*zip(east[2:], north[2:], strict=True)] == [
        *[(1, 1), (2, 3), (1, 1), (1, 1), (2, 3), (1, 1), (2, 3), (1, 1)]  # of 500 and 300 by 1, 3, 5 …: five and three
    ]
    off = np.hypot(places.geometry.x % 1000 - 500, places.geometry.y % 1000 - 500)
    assert off.to_numpy() == pytest.approx(CELL_MEAN * 1000)
    few = cell_places(SQUARES, GRID, pd.Series({"02000": 3}))
    assert few.geometry.tolist() == places.geometry[2:5].tolist()
    assert len(cell_places(SQUARES, GRID, pd.Series({"02000": 1000}))) == MOST_PLACES


def test_residents_on_no_grid_and_communes_without_cells_leave_the_rule_of_distances() -> None:
    homes = spread_residents(SQUARES, MAIRIES)
    assert cell_places(SQUARES, homes, pd.Series({"02000": 3})).empty
    ruled = am.read_services(COUNTS, communes=COMMUNES, mairies=HALLS, spread=True)
    same = am.read_services(COUNTS, communes=COMMUNES, mairies=HALLS, spread=True, residents=homes)
    assert same.geometry.equals(ruled.geometry)
    some = GRID[GRID["commune"] == "02001"]
    mixed = am.read_services(COUNTS, communes=COMMUNES, mairies=HALLS, spread=True, residents=some)
    here = mixed["commune"] == "02000"
    assert mixed.geometry[here].equals(ruled.geometry[here])
    assert (mixed.geometry[~here].y // 1000 == 2).all()
    assert mixed["capacity"].equals(ruled["capacity"])
    with pytest.raises(OptionError, match="spread=True"):
        am.read_services(COUNTS, communes=COMMUNES, mairies=HALLS, residents=homes)


def test_counts_of_one_kind_in_one_commune_stand_beside_each_other() -> None:
    """Of arrondissements, of communes that merged: two pharmacies are not one place."""
    capacity, kinds = pd.Series([2, 1, 1, 80]), pd.Series(["pharmacy", "pharmacy", "bakery", "nurse"])
    found = places_of_counts(capacity, pd.Series(["02000"] * 4), kinds, SQUARES, None)
    assert found.row.tolist()[:4] == [0, 0, 1, 2]
    assert found.place.tolist()[:4] == [0, 1, 2, 0]
    assert len(found.points) == MOST_PLACES
    assert found.place.tolist()[4:] == list(range(MOST_PLACES))


def test_a_site_with_a_number_of_seats_is_one_site() -> None:
    told = {"CODGEO": ["02000"], "TYPEQU": ["F303"], "CAPACITE": ["300"], "LAMBERT_X": [None], "LAMBERT_Y": [None]}
    cinema = am.read_services(pd.DataFrame(told), communes=COMMUNES, mairies=HALLS, spread=True)
    assert cinema["point_quality"].tolist() == ["placed_at_mairie"]
    assert len(cinema) == 1


@pytest.mark.slow
def test_the_medians_of_dense_kinds_in_the_aisne_come_nearer_to_those_published(real_data: Path) -> None:
    from aisne import access_table, aisne_study, published, spread_equipment

    study, target = aisne_study(real_data), published(real_data)["median"]
    kinds = ["pharmacy", "middle_school", "emergency", "cinema", "gendarmerie"]
    at_halls = access_table(study, kinds)["median"] - target
    spread = (
        access_table(study.with_services(spread_equipment(real_data, study.services, study.residents)), kinds)["median"]
        - target
    )
    assert (spread.abs() < at_halls.abs()).loc[["pharmacy", "middle_school", "cinema"]].all()
    assert spread.loc[["pharmacy", "middle_school", "emergency"]].abs().max() < 0.5
    assert spread.loc["gendarmerie"] < 0.5  # alone in its small town: 1.0 by the law of distances
