"""The modelled network: its rule, and how near it comes to published times."""

import geopandas as gpd
import numpy as np
import pytest
import shapely

from accessmap import RoadNetwork
from accessmap.errors import NetworkError
from accessmap.roads.modelled import DETOUR, KMH


@pytest.fixture
def four_squares():
    """Four communes of 1 km that meet at one corner; the first is a town."""
    boxes = [shapely.box(720_000 + x, 6_950_000 + y, 721_000 + x, 6_951_000 + y) for x in (0, 1000) for y in (0, 1000)]
    communes = gpd.GeoDataFrame({"population": [5000, 100, 100, 100]}, geometry=boxes, index=list("abcd"), crs=2154)
    mairies = gpd.GeoDataFrame({"commune": list("abcd")}, geometry=communes.centroid.to_numpy(), crs=2154)
    return communes, mairies


def test_communes_that_share_a_boundary_are_linked_and_a_corner_is_none(four_squares):
    network = RoadNetwork.modelled(*four_squares)
    pairs = {"".join(sorted((u, v))) for u, v in network.edges[["u", "v"]].itertuples(index=False)}
    assert pairs == {"ab", "ac", "bd", "cd"}


def test_minutes_are_the_straight_line_times_the_detour_at_the_speed_of_the_link(four_squares):
    network = RoadNetwork.modelled(*four_squares)
    expected = [1.0 * DETOUR / KMH["town_and_village"] * 60, 1.0 * DETOUR / KMH["villages"] * 60]
    np.testing.assert_allclose(
        [network.matrix(["a"], ["b"]).item(), network.matrix(["d"], ["b"]).item()], expected, 1e-3
    )


def test_it_says_that_it_is_modelled(four_squares):
    network = RoadNetwork.modelled(*four_squares)
    assert network.provenance.modelled
    assert "réseau modélisé" in network.provenance.credit
    assert network.provenance.parameters["detour"] == "1.2 × the straight line"
    assert network.provenance.parameters["detour"].told("fr") == "1,2\u00a0× la ligne droite"


@pytest.mark.parametrize("mode", ["car", "walk"])
def test_what_a_page_prints_of_it_is_told_in_both_languages_after_saving(four_squares, tmp_path, mode):
    network = RoadNetwork.modelled(*four_squares, mode=mode)
    again = RoadNetwork.load(network.save(tmp_path / "modelled.roads"))
    for each in (network, again):
        told = {
            name.told("fr"): value.told("fr") for name, value in each.provenance.parameters.items() if name != "mode"
        }
        assert list(told) == ["réseau", "détour", "vitesses", "desserte locale"]
        assert told["vitesses"].startswith("65\u00a0km/h entre villages" if mode == "car" else "4,8\u00a0km/h")
        assert told["réseau"] == "modélisé\u00a0: mairies des communes limitrophes reliées"


def test_a_commune_without_mairie_is_named(four_squares):
    communes, mairies = four_squares
    with pytest.raises(NetworkError, match="1 communes have no mairie, such as 'd'"):
        RoadNetwork.modelled(communes, mairies.iloc[:3])


def test_every_resident_of_the_sample_is_reached(sample_study):
    assert sample_study.minutes(sample_study.sites("france_services")).notna().all(axis=None)


def test_nobody_of_the_sample_lives_at_zero_minutes(sample_study):
    minutes = sample_study.minutes(sample_study.services.query("category == 'mairie'")).min(axis=1)
    assert minutes.min() > 0
    assert np.average(minutes, weights=sample_study.residents["population"]) > 1
