"""Catchments: who goes where, and nobody is lost."""

import numpy as np
import pytest

from accessmap import catchments
from accessmap.errors import TableError


def test_communes_go_to_the_service_of_most_of_their_people(toy_study):
    times = toy_study.minutes(toy_study.sites("france_services"))
    areas = catchments(toy_study.communes, toy_study.residents, times)
    # The people of b are as far from both; the first column has them.
    assert areas["population"].to_dict() == {"fs-a": 150, "fs-x": 10}
    assert areas["communes"].to_dict() == {"fs-a": 2, "fs-x": 1}
    assert areas.loc["fs-a", "minutes"] == pytest.approx(50 * 3 / 150, abs=1e-3)
    assert areas.geometry.area.to_list() == [8e6, 4e6]


def test_people_are_counted_one_by_one_even_where_their_commune_goes_elsewhere(toy_study):
    residents = toy_study.residents.copy()
    residents.loc["rx", "commune"] = "02001"
    times = toy_study.minutes(toy_study.sites("france_services"))
    areas = catchments(toy_study.communes, residents, times)
    assert areas["population"].to_dict() == {"fs-a": 150, "fs-x": 10}
    assert areas.loc["fs-x", "communes"] == 0
    assert areas.geometry.isna().to_dict() == {"fs-a": False, "fs-x": True}


def test_people_who_reach_nothing_are_a_row_of_their_own(toy_study):
    times = toy_study.minutes(toy_study.sites("france_services"))
    times.loc["rb"] = np.nan
    areas = catchments(toy_study.communes, toy_study.residents, times)
    assert areas["population"].to_dict() == {"fs-a": 100, "fs-x": 10, "": 50}
    assert areas["population"].sum() == toy_study.residents["population"].sum()


def test_catchments_of_the_sample_make_the_whole(sample_study):
    times = sample_study.minutes(sample_study.sites("france_services"))
    areas = catchments(sample_study.communes, sample_study.residents, times)
    assert areas["population"].sum() == sample_study.residents["population"].sum()
    assert areas["communes"].sum() == len(sample_study.communes)
    assert areas.geometry.area.sum() == pytest.approx(sample_study.communes.area.sum())
    assert areas.geometry.dropna().is_valid.all()


def test_for_some_communes_of_the_territory_the_nearest_is_outside(sample_study):
    inside = sample_study.communes["in_territory"]
    times = sample_study.minutes(sample_study.sites("france_services"))[sample_study.territory]
    nearest = sample_study.services.loc[times.idxmin(axis=1), "commune"]
    outside = ~nearest.map(inside).to_numpy(bool)
    communes = sample_study.residents.loc[times.index[outside], "commune"].unique()
    assert len(communes) >= 5


def test_times_of_other_residents_are_refused(toy_study):
    times = toy_study.minutes().rename(index={"ra": "stranger"})
    with pytest.raises(TableError, match="1 rows are no resident, such as 'stranger'"):
        catchments(toy_study.communes, toy_study.residents, times)
