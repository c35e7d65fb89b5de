"""Robust siting against every choice there is, and as a plain p-median where there is one world."""

import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import accessmap as am
from accessmap.uncertainty import robust_p_median


def worlds_of(seed):
    rng = np.random.default_rng(seed)
    n, m, count = rng.integers(3, 10), rng.integers(3, 7), rng.integers(1, 5)
    index, columns = [f"r{i}" for i in range(n)], list("abcdefg")[:m]
    base = rng.uniform(0, 30, (n, m))
    tables = [np.where(rng.random((n, m)) < 0.1, np.nan, base * rng.uniform(0.5, 2, (n, m))) for _ in range(count)]
    times = {f"w{k}": pd.DataFrame(table, index, columns) for k, table in enumerate(tables)}
    return times, pd.Series(rng.integers(1, 50, n).astype("float64"), index)


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 2), st.sampled_from(["largest", "expected"]))
def test_no_choice_has_less_regret(seed, p, against):
    times, people = worlds_of(seed)
    longest = max(np.nanmax(table.to_numpy()) for table in times.values())

    def mean(table, sites):
        near = np.nan_to_num(table.to_numpy()[:, list(sites)], nan=longest).min(axis=1)
        return float(people.to_numpy() @ near / people.sum())

    sets = list(itertools.combinations(range(len(times["w0"].columns)), p))
    best = {name: min(mean(table, sites) for sites in sets) for name, table in times.items()}
    told = {"largest": max, "expected": np.mean}[against]
    regrets = {sites: float(told([mean(table, sites) - best[name] for name, table in times.items()])) for sites in sets}
    found = robust_p_median(times, people, p, against=against)
    assert found.regret == pytest.approx(min(regrets.values()), abs=1e-5)
    assert regrets[tuple(times["w0"].columns.get_indexer(found.sites))] == pytest.approx(found.regret, abs=1e-5)
    assert (found.status, found.gap) == ("optimal", 0)
    assert found.worlds["best"].to_numpy() == pytest.approx(list(best.values()), abs=1e-5)
    assert found.price == pytest.approx(found.worlds["regret"].iloc[0])


def test_in_one_world_there_is_nothing_to_regret_and_the_choice_is_the_p_median():
    times, people = worlds_of(3)
    one = {"w0": times["w0"]}
    for against in ("largest", "expected"):
        found = robust_p_median(one, people, 2, against=against)
        assert (found.regret, found.price) == (pytest.approx(0, abs=1e-9), pytest.approx(0, abs=1e-9))


def test_existing_and_forbidden_sites_hold_and_what_cannot_be_is_refused():
    times, people = worlds_of(5)
    columns = times["w0"].columns
    found = robust_p_median(times, people, 2, existing=[columns[0]], forbidden=[columns[1]])
    assert columns[0] in found.sites
    assert columns[1] not in found.sites
    with pytest.raises(am.AccessmapError, match="against"):
        robust_p_median(times, people, 2, against="worst")
    with pytest.raises(am.AccessmapError, match="w9"):
        robust_p_median({**times, "w9": times["w0"].iloc[:-1]}, people, 1)
    with pytest.raises(am.AccessmapError):
        robust_p_median({}, people, 1)


def test_on_the_sample_the_robust_place_is_proven_over_worlds_drawn(sample_study):
    sites = pd.concat([sample_study.sites("france_services"), sample_study.mairies])
    inside = sample_study.communes.index[sample_study.communes["in_territory"]]
    sites = sites[(sites["category"] == "france_services") | sites["commune"].isin(inside)]
    times = am.uncertainty.times_in_worlds(sample_study, sites, category="france_services", n=4)
    assert list(times) == ["now", "world 0", "world 1", "world 2", "world 3"]
    people = sample_study.people.reindex(times["now"].index).astype("float64")
    known = sample_study.minutes(sites).loc[people.index, times["now"].columns]
    pd.testing.assert_frame_equal(times["now"], known, check_names=False, rtol=1e-6)
    existing = list(sample_study.sites("france_services").index)
    found = robust_p_median(times, people, len(existing) + 1, existing=existing)
    assert found.status == "optimal"
    assert found.regret <= found.worlds["regret"].max() + 1e-9
    assert found.price >= -1e-9
