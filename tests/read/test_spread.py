"""People are spread around their mairie: all of them, inside their commune, and as far from it as the census says."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Point, box

from accessmap.errors import TableError
from accessmap.read.spread import spread_residents
from accessmap.sample import sample_communes, sample_mairies, sample_residents


def commune(population, shape=None, code="02000"):
    shape = shape or box(700_000, 6_900_000, 704_000, 6_903_000)
    return gpd.GeoDataFrame({"population": [population]}, index=[code], geometry=[shape], crs=2154)


def mairie(x, y, code="02000"):
    return gpd.GeoDataFrame(index=[code], geometry=[Point(700_000 + x, 6_900_000 + y)], crs=2154)


@given(st.integers(0, 300_000), st.floats(1, 3999), st.floats(1, 2999), st.integers(1, 9))
def test_nobody_is_lost_and_nobody_leaves_the_commune(population, x, y, points):
    place = commune(population)
    homes = spread_residents(place, mairie(x, y), points=points)
    assert homes["population"].sum() == population
    assert (homes["population"] >= 0).all()
    assert np.ptp(homes["population"]) <= 1
    assert homes.within(place.geometry.iloc[0]).all()


@given(st.floats(0.1, 5000), st.integers(1, 9))
def test_fractions_of_people_are_kept(population, points):
    homes = spread_residents(commune(population), mairie(2000, 1500), points=points)
    assert homes["population"].sum() == pytest.approx(population, rel=1e-12)


def test_nobody_lives_on_the_mairie():
    homes = spread_residents(commune(900), mairie(2000, 1500))
    assert homes.distance(Point(702_000, 6_901_500)).min() > 100


def test_homes_are_the_same_whatever_the_other_communes_and_their_order():
    far = box(800_000, 6_900_000, 804_000, 6_903_000)
    both = pd.concat([commune(900), commune(700, far, "02001")])
    town_halls = pd.concat([mairie(2000, 1500), mairie(102_000, 1500, "02001")])
    alone = spread_residents(commune(900), mairie(2000, 1500))
    for order in (["02000", "02001"], ["02001", "02000"]):
        together = spread_residents(both.loc[order], town_halls)
        assert together[together["commune"] == "02000"].geom_equals(alone).all()


def test_mairie_in_a_narrow_valley_keeps_its_people_inside():
    valley = LineString([(700_000, 6_900_000), (705_000, 6_900_000), (705_000, 6_905_000)]).buffer(30)
    homes = spread_residents(commune(5000, valley), mairie(2500, 0))
    assert homes.within(valley).all()
    assert homes.geometry.nunique() == len(homes)


def test_identifiers_are_the_commune_and_a_number():
    homes = spread_residents(commune(100), mairie(2000, 1500))
    assert homes.index.tolist() == [f"02000-0{k}" for k in range(1, 6)]
    assert homes.index.name == "resident_id"


def test_villages_share_the_people_of_today_in_their_old_proportions():
    places = gpd.GeoDataFrame(
        {"commune": "02000", "population": [300, 100], "square_km": [1.0, 1.0]},
        geometry=[Point(701_000, 6_901_500), Point(703_000, 6_901_500)],
        crs=2154,
    )
    homes = spread_residents(commune(1000), mairie(1000, 1500), places)
    west = homes.geometry.x < 702_000
    assert homes["population"][west].sum() == 750
    assert homes["population"][~west].sum() == 250


def test_input_is_left_as_it_was():
    place, town_hall = commune(900), mairie(2000, 1500)
    before = place.copy(), town_hall.copy()
    spread_residents(place, town_hall)
    pd.testing.assert_frame_equal(place, before[0])
    pd.testing.assert_frame_equal(town_hall, before[1])


def test_commune_without_a_mairie_inside_is_refused_by_name():
    with pytest.raises(TableError, match="No mairie for 02000"):
        spread_residents(commune(10), mairie(1, 1, "02001"))
    with pytest.raises(TableError, match="outside its commune: 02000"):
        spread_residents(commune(10), mairie(-500, 10))


def test_mairie_a_little_outside_its_commune_counts_as_at_its_edge():
    place = commune(900)
    homes = spread_residents(place, mairie(-60, 1500))
    assert homes["population"].sum() == 900
    assert homes.within(place.geometry.iloc[0]).all()
    pd.testing.assert_frame_equal(homes, spread_residents(place, mairie(1, 1500)))


def test_degrees_are_refused():
    with pytest.raises(TableError, match="not metric"):
        spread_residents(commune(10).to_crs(4326), mairie(1, 1))


@pytest.mark.parametrize("where", ["02", "territory"])
def test_people_live_as_far_from_their_mairie_as_in_the_census_grid(real_data, where):
    """The fit quoted in docs/method: mean and ninth decile within 5 %, median within 10 %."""
    communes, mairies = sample_communes(), sample_mairies()
    codes = communes.index[communes["in_territory"] if where == "territory" else communes.index.str.startswith(where)]
    grid = pd.read_csv(real_data / "population_1km_2021.csv", dtype={"insee": str})
    grid = grid[grid["insee"].isin(codes)]
    cells = gpd.GeoSeries.from_xy(grid["X"] + 500, grid["Y"] + 500, crs=3035).to_crs(2154)
    homes = sample_residents()
    homes = homes[homes["commune"].isin(codes)]
    truth = spread_of(cells, mairies.geometry.loc[grid["insee"]], grid["T"])
    ours = spread_of(homes.geometry, mairies.geometry.loc[homes["commune"]], homes["population"])
    assert ours == pytest.approx(truth, rel=0.10)
    assert [ours[0], ours[2]] == pytest.approx([truth[0], truth[2]], rel=0.05)


def spread_of(points, places, people):
    """Return mean, median and ninth decile of the distance, in metres, by people."""
    distance = points.distance(gpd.GeoSeries(places.to_numpy(), index=points.index, crs=2154)).to_numpy()
    order = np.argsort(distance)
    share = np.cumsum(people.to_numpy()[order]) / people.sum()
    deciles = [float(distance[order][np.searchsorted(share, p)]) for p in (0.5, 0.9)]
    return [float(np.average(distance, weights=people)), *deciles]
