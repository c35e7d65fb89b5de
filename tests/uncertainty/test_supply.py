"""The range of the supply for a person: what it is where nothing is uncertain, and what a capacity does to it."""

import numpy as np
import pandas as pd
import pytest

import accessmap as am
from accessmap.errors import OptionError

un = am.uncertainty
FS = "france_services"
NEAR = am.decay.binary(20)
ZERO = dict.fromkeys(un.Assumptions.names(), 0.0)


def with_capacities(study, *capacities):
    sites = study.sites(FS).index
    return study.with_services(study.services.assign(capacity=pd.Series(capacities, sites[: len(capacities)])))


def test_where_nothing_is_uncertain_it_is_that_of_the_two_steps(sample_study):
    sites = sample_study.sites(FS)
    study = with_capacities(sample_study, *range(1, len(sites) + 1))
    table = un.supply_in_worlds(study, FS, decay=NEAR, assumed=un.Assumptions.none(), n=2)
    people = study.residents["population"].astype("float64")
    share = am.supply.two_step_fca(study.minutes(study.sites(FS)), study.sites(FS)["capacity"], people, decay=NEAR)
    by_commune = (share * people).groupby(study.residents["commune"]).sum() / people.groupby(
        study.residents["commune"]
    ).sum()
    for column in ("now", "low", "high"):
        np.testing.assert_allclose(table[column], by_commune.reindex(table.index), rtol=1e-6)
    assert len(table) == study.communes["in_territory"].sum()


def test_a_capacity_has_a_factor_and_one_that_is_not_known_is_that_of_another_site(toy_study):
    """150 people of the territory and those of the neighbour share what is near: of two sites one says 3."""
    study = with_capacities(toy_study, 3.0, 6.0)
    some = un.supply_in_worlds(study, FS, decay=NEAR, assumed=un.Assumptions(**{**ZERO, "capacity": 0.2}), n=60)
    assert (some["low"] < some["now"]).all()
    assert (some["now"] < some["high"]).all()
    exact = un.supply_in_worlds(study, FS, decay=NEAR, assumed=un.Assumptions.none(), n=2)
    part = un.supply_in_worlds(with_capacities(toy_study, 3.0), FS, decay=NEAR, assumed=un.Assumptions.none(), n=5)
    alike = un.supply_in_worlds(
        with_capacities(toy_study, 3.0, 3.0), FS, decay=NEAR, assumed=un.Assumptions.none(), n=2
    )
    assert exact["now"].notna().all()
    np.testing.assert_allclose(part["low"], alike["now"], rtol=1e-6)
    np.testing.assert_allclose(part["high"], alike["now"], rtol=1e-6)


def test_where_no_site_says_its_capacity_that_is_refused(toy_study):
    with pytest.raises(OptionError, match="says its capacity"):
        un.supply_in_worlds(toy_study, FS, decay=NEAR)


def test_one_input_in_a_group_is_that_input_and_all_of_them_are_the_worlds_of_the_draws(sample_study):
    plans = [am.Scenario(name).open(FS, commune=name) for name in ("Tergnier", "Folembray", "Champs")]
    draws = un.draw(sample_study, plans, n=100)
    together = un.to_check(draws, groups=un.GROUPS)
    assert together.index[0] == "everything"
    assert set(together.index) == {"everything", *un.GROUPS}
    each = un.to_check(
        draws, groups={"hours": ["hours"], "all": [name for names in un.GROUPS.values() for name in names]}
    )
    assert each.loc["all"].to_list() == pytest.approx(each.loc["everything"].to_list())
    assert each.loc["hours"].to_list() == pytest.approx(un.to_check(draws).loc["hours"].to_list())
    with pytest.raises(OptionError, match="horus is no uncertain input .did you mean 'hours'"):
        un.to_check(draws, groups={"sites": ["horus"]})
