"""The APL rebuilt from open data against the values of DREES for 2022: what was reached is held, and why."""

import numpy as np
import pandas as pd
import pytest
from apl_drees import (
    agreement,
    any_supply,
    by_current_code,
    chosen_factor,
    factor_by_distance,
    read_inputs,
    rebuilt,
    same_side,
)


@pytest.fixture(scope="module")
def inputs(real_data):
    return read_inputs(real_data)


@pytest.fixture(scope="module")
def factor(inputs):
    return chosen_factor(inputs)


@pytest.fixture(scope="module")
def values(inputs, factor):
    return rebuilt(inputs, factor=factor)


def test_the_factor_chosen_outside_the_territory_is_that_of_the_page(factor):
    assert factor == 1.25


def test_the_factor_does_not_come_from_the_neighbours_of_the_territory(inputs, factor):
    assert factor_by_distance(inputs).loc["beyond", "factor"] == factor


def test_four_communes_in_five_are_on_the_same_side_of_the_line_of_drees(inputs, values):
    assert same_side(values, inputs) > 0.78


def test_the_territory_is_ranked_as_drees_ranks_it(inputs, values):
    found = agreement(values, inputs, inputs.territory)
    assert inputs.territory.sum() == 84
    assert found["rank"] == pytest.approx(0.80, abs=0.02)
    assert found["linear"] == pytest.approx(0.80, abs=0.02)


def test_the_mean_error_is_a_third_of_a_consultation(inputs, values):
    found = agreement(values, inputs, inputs.territory)
    assert found["mean error"] < 0.36
    assert found["levelled"] < 0.32


def test_the_communes_around_are_ranked_less_well(inputs, values):
    # Said in the page, and not only the good figure of the territory.
    assert agreement(values, inputs, inputs.outside)["rank"] == pytest.approx(0.62, abs=0.02)


def test_without_the_factor_the_ranks_are_much_worse(inputs):
    assert agreement(rebuilt(inputs), inputs, inputs.territory)["rank"] < 0.6


def test_outside_supply_is_what_makes_the_ranks(inputs, factor):
    inside = inputs.practitioners.where(inputs.communes["in_territory"], 0.0)
    alone = rebuilt(inputs, factor=factor, practitioners=inside)
    assert agreement(alone, inputs, inputs.territory)["rank"] < 0.5


def test_any_level_of_activity_gives_the_same_ranks_and_another_mean(inputs, factor, values):
    twice = rebuilt(inputs, factor=factor, practitioners=inputs.practitioners * 2)
    np.testing.assert_allclose(twice, values * 2)


def test_consultations_are_conserved(inputs, values):
    # What people of the study can count on is what its practitioners do.
    assert float(values @ inputs.need) == pytest.approx(inputs.practitioners.sum() * 4_800)


def test_no_supply_at_the_known_places_would_do_better(inputs, factor):
    places = np.flatnonzero(inputs.practitioners > 0)
    best = any_supply(inputs, factor=factor, places=places)
    assert agreement(best, inputs, inputs.territory)["rank"] < 0.83


def test_practitioners_of_merged_communes_are_not_lost(inputs):
    # Villers-en-Prayères (02811) is a part of Les Septvallons (02439).
    counts = by_current_code(pd.Series({"02811": 1, "02173": 2}), inputs.communes)
    assert counts[["02439", "02173"]].tolist() == [1.0, 2.0]
    assert inputs.practitioners.sum() == 1_009
    assert inputs.practitioners_2013.sum() == 1_036
