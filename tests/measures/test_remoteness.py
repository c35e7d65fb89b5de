"""Remote communes of ANCT (2021) against the everyday basket over real roads: how far they agree is held."""

import numpy as np
import pandas as pd
import pytest
from remoteness import best_cutoff, comparison, kappa, ranking, verdict


@pytest.fixture(scope="module")
def compared(real_data):
    return comparison(real_data)


def test_kappa_is_0_by_chance_and_1_when_all_agree():
    said = pd.Series([True, True, False, False])
    assert kappa(said, said) == 1
    assert kappa(pd.Series([True, False, True, False]), said) == 0
    # 3 of 4 agree, 2 of 4 would by chance: (0.75 - 0.5) / (1 - 0.5)
    assert kappa(pd.Series([True, True, True, False]), said) == 0.5


def test_ranking_counts_pairs_and_halves_ties():
    said = pd.Series([True, True, False])
    assert ranking(pd.Series([9.0, 3.0, 3.0]), said) == 0.75


def test_anct_gives_whole_communes_only(compared):
    table, said, _ = compared
    assert len(table) == 793  # four small communes have no cell of their own
    assert said.sum().to_dict() == {"proximity": 249, "intermediate": 125, "superior": 27}


def test_minutes_rank_the_communes_as_anct_does(compared):
    table, said, _ = compared
    reached = {"everyday": 0.87, "everyday, nearer": 0.88, "proximity": 0.89}
    for measure, at_least in reached.items():
        assert ranking(table[measure], said["proximity"]) > at_least - 0.02, measure
    assert ranking(table["intermediate"], said["intermediate"]) > 0.88
    assert ranking(table["superior"], said["superior"]) > 0.96


def test_seven_minutes_of_the_everyday_basket_agree_for_three_communes_in_four(compared):
    table, said, _ = compared
    found = verdict(table["everyday"], said["proximity"], 7.0)
    assert sum(found[part] for part in ("both", "ours only", "ANCT only", "neither")) == len(table)
    assert found["agree"] > 0.73
    assert found["kappa"] > 0.48


def test_the_basket_says_remote_more_often_than_anct(compared):
    # Supermarket, collège and lycée are in the basket and not in the proximity range.
    table, said, _ = compared
    found = verdict(table["everyday"], said["proximity"], 7.0)
    assert found["ours only"] > 3 * found["ANCT only"]
    people = np.average(table["share"], weights=table["population"])
    assert people > np.average(said["proximity"], weights=table["population"])


def test_the_bound_that_agrees_best_with_the_proximity_range_is_about_five_minutes(compared):
    table, said, _ = compared
    cutoff = best_cutoff(table["proximity"], said["proximity"])
    assert 4.5 <= cutoff <= 6
    assert verdict(table["proximity"], said["proximity"], cutoff)["kappa"] > 0.58


def test_ranges_grow_rarer_and_share_no_kind(compared):
    _, _, ranges = compared
    assert len(ranges["proximity"]) == 27
    assert not set(ranges["proximity"]) & set(ranges["intermediate"]) | set(ranges["superior"]) & set(
        ranges["intermediate"]
    )
    assert "Pharmacie" in ranges["proximity"]
    assert "Urgences" in ranges["superior"]
