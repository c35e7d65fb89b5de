"""Travel times from tables, and the oracle of the published car times in the Aisne."""

import logging

import numpy as np
import pytest

from accessmap import travel_times
from accessmap.errors import TableError


def test_times_are_residents_by_services_in_minutes(toy_study):
    times = travel_times(toy_study.residents, toy_study.services, toy_study.network)
    assert times.index.equals(toy_study.residents.index)
    assert times.columns.equals(toy_study.services.index)
    assert times.dtypes.unique().tolist() == [np.dtype("float32")]
    np.testing.assert_allclose(times[["fs-a", "fs-x"]], [[0, 6], [3, 3], [6, 0]], atol=2e-3)


def test_limit_leaves_nan_and_not_a_number(toy_study):
    times = travel_times(toy_study.residents, toy_study.services, toy_study.network, limit=5)
    assert np.isnan(times.loc["ra", "fs-x"])
    assert times.loc["rb", "fs-x"] == pytest.approx(3, abs=2e-3)


def test_any_metric_crs_gives_the_same_minutes(toy_study):
    utm = travel_times(toy_study.residents.to_crs(32631), toy_study.services.to_crs(32631), toy_study.network)
    lambert = travel_times(toy_study.residents, toy_study.services, toy_study.network)
    np.testing.assert_allclose(utm, lambert, atol=2e-3)


def test_degrees_are_refused_at_the_door(toy_study):
    with pytest.raises(TableError, match="EPSG:4326"):
        travel_times(toy_study.residents.to_crs(4326), toy_study.services, toy_study.network)


def test_people_who_reach_nothing_are_said(toy_study, caplog):
    far = toy_study.residents.copy()
    far.loc[["rx"], "geometry"] = far.loc[["rx"]].translate(0, 9000)
    with caplog.at_level(logging.WARNING, logger="accessmap"):
        times = travel_times(far, toy_study.services, toy_study.network)
    assert times.loc["rx"].isna().all()
    assert "1 of 3 residents reach no service" in caplog.text


def test_the_callers_tables_are_not_changed(toy_study):
    residents, services = toy_study.residents.copy(), toy_study.services.copy()
    travel_times(residents, services, toy_study.network)
    assert residents.equals(toy_study.residents)
    assert services.equals(toy_study.services)
