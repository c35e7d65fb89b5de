"""The minutes between all pairs of places, streamed to one file."""

import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import accessmap as am
from accessmap.errors import OptionError, TableError


@pytest.fixture(scope="module")
def mairies(sample_study):
    return sample_study.mairies.iloc[:60]


def test_the_pairs_are_those_of_the_matrix(mairies, sample_study, tmp_path, monkeypatch):
    monkeypatch.setattr("accessmap.country.distances.CHUNK_BYTES", 8 * 4 * 60 * 7)  # seven origins at a time
    path = am.distances(mairies, sample_study.network, tmp_path / "new" / "minutes.parquet", within=12)
    pairs = pd.read_parquet(path)
    minutes = sample_study.network.travel_minutes(mairies.geometry, mairies.geometry)
    origin, destination = np.nonzero(minutes <= 12)
    assert pq.ParquetFile(path).num_row_groups == 9
    assert pairs["origin"].to_list() == mairies.index[origin].to_list()
    assert pairs["destination"].to_list() == mairies.index[destination].to_list()
    np.testing.assert_array_equal(pairs["minutes"], minutes[origin, destination])
    assert (pairs.loc[pairs["origin"].astype(str) == pairs["destination"].astype(str), "minutes"] == 0).sum() == 60


def test_other_destinations_and_what_the_file_says_of_itself(mairies, sample_study, tmp_path):
    to = sample_study.sites("hospital")
    path = am.distances(mairies, sample_study.network, tmp_path / "minutes.parquet", to=to)
    assert set(pd.read_parquet(path)["destination"]) <= set(to.index)
    about = json.loads(pq.read_schema(path).metadata[b"accessmap"])
    assert about["within"] == 60
    assert about["modelled"] is sample_study.network.provenance.modelled
    assert [source["title"] for source in about["sources"]] == [
        source.title for source in sample_study.network.provenance.sources
    ]


def test_bad_input_is_one_clear_error_and_leaves_no_file(mairies, sample_study, tmp_path):
    path = tmp_path / "minutes.parquet"
    for bad in (0, -1, float("nan")):
        with pytest.raises(OptionError, match="within"):
            am.distances(mairies, sample_study.network, path, within=bad)
    with pytest.raises(TableError, match=f"'{mairies.index[0]}' comes twice"):
        am.distances(pd.concat([mairies, mairies.iloc[:1]]), sample_study.network, path)
    with pytest.raises(TableError, match="no points, the first is"):
        am.distances(sample_study.communes, sample_study.network, path)
    assert not list(tmp_path.iterdir())
