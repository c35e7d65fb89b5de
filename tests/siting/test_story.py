"""The numbers of docs/method_siting.md on the sample: from zero MSAP in 2017 to the fourth France services."""

import pytest

from accessmap import siting

REAL_THREE = ["mairie-02173", "mairie-02304", "mairie-02602"]  # Chauny, La Fère, Pinon


@pytest.fixture(scope="module")
def story(sample_study):
    """Minutes of the territory's people to its 84 mairies, the people, and the commune's name by mairie."""
    mairies = sample_study.sites("mairie")
    mairies = mairies[mairies["commune"].map(sample_study.communes["in_territory"])]
    here = sample_study.inside
    names = mairies["commune"].map(sample_study.communes["name"])
    return sample_study.minutes(mairies)[here], sample_study.residents["population"][here], names


def told(plan, names):
    return [*names[list(plan.sites)], round(plan.mean_minutes, 1), round(plan.worst_minutes, 1)]


def test_the_best_three_are_those_of_the_page(story):
    times, people, names = story
    mean = siting.p_median(times, people, 3)
    assert (mean.status, siting.p_median(times[REAL_THREE], people, 3).objective / mean.objective) == (
        "optimal",
        pytest.approx(1.036, abs=5e-4),
    )
    assert told(mean, names) == ["Beautor", "Chauny", "Landricourt", 7.2, 23.2]
    assert told(siting.p_median(times, people, 3, within=20), names) == ["Beautor", "Chauny", "Prémontré", 7.3, 19.6]
    assert told(siting.p_center(times, 3, demand=people), names) == ["Deuillet", "Ognes", "Pinon", 8.6, 17.8]
    assert told(siting.p_median(times[REAL_THREE], people, 3), names) == ["Chauny", "La Fère", "Pinon", 7.5, 22.2]


def test_coverage_at_twenty_minutes_has_many_equals(story):
    times, people, _ = story
    most = siting.max_coverage(times, people, 3, cutoff=20)
    assert most.objective == people.sum()
    assert len(siting.near_optimal(times, people, most, slack=0, limit=25)) == 25


def test_the_fourth_is_tergnier_and_every_other_has_its_price(story):
    times, people, names = story
    fourth = siting.p_median(times, people, 4, existing=REAL_THREE)
    assert [names[site] for site in fourth.opened] == ["Tergnier"]
    assert round(fourth.mean_minutes, 1) == 6.3
    prices = siting.price(times, people, fourth, cutoff=15)
    assert len(prices) == len(times.columns) - 4
    assert (prices["mean_added"] > 0).all()
    best_other = siting.p_median(times, people, 4, existing=REAL_THREE, forbidden=fourth.opened)
    assert prices.index[0] == best_other.opened[0]
    assert prices["mean_added"].iloc[0] == pytest.approx(best_other.mean_minutes - fourth.mean_minutes)
