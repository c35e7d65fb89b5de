"""Which assumption flips the choice: held to studies whose roads are really other, whose sites are really closed."""

import numpy as np
import pytest

import accessmap as am

un = am.uncertainty
TOWNS = ("Tergnier", "Folembray", "Champs")


@pytest.fixture(scope="module")
def draws(sample_study):
    plans = [am.Scenario(name).open("france_services", commune=name) for name in TOWNS]
    return un.draw(sample_study, plans, n=2)


@pytest.fixture(scope="module")
def table(draws, sample_study):
    return un.tornado(draws, sample_study)


def best(study):
    plans = [am.Scenario(name).open("france_services", commune=name) for name in TOWNS]
    minutes = am.compare(plans, study, category="france_services")[study.inside]
    means = minutes.mul(study.people, axis=0).sum().drop("baseline") / study.people.sum()
    return means.idxmin(), means.nsmallest(2).diff().iloc[1]


def driven(study, road_class, factor):
    """The study with the minutes of one class of road times a factor."""
    edges = study.network.edges
    slower = edges.loc[edges["road_class"] == road_class, "minutes"] * factor
    return study.with_network(study.network.with_minutes(slower))


def test_the_lead_of_today_is_that_of_the_study(table, sample_study):
    assert table["lead"].to_numpy() == pytest.approx(best(sample_study)[1], abs=1e-4)


def test_beyond_the_speed_that_flips_another_place_is_the_best_over_roads_of_that_speed(table, sample_study):
    roads = table.loc["road_class"].dropna(subset="flips")
    assert len(roads)
    for name, row in roads.iterrows():
        assert row["kmh_flips"] == pytest.approx(row["kmh"] / row["flips"])
        away = np.sign(np.log(row["flips"]))
        assert best(driven(sample_study, name, row["flips"] * 1.01**away))[0] == row["other"]
        assert best(driven(sample_study, name, row["flips"] * 1.01**-away))[0] == "Tergnier"


def test_a_site_flips_the_choice_where_a_scenario_that_closes_it_does(table, sample_study):
    for site in ("france_services-02173", "france_services-02304"):
        row = table.loc[("site", site)]
        found, lead = best(am.Scenario("x").close(site).apply(sample_study))
        assert (row["flips"] == 1) == (found != "Tergnier")
        assert row["other"] == (found if found != "Tergnier" else "")
        if found == "Tergnier":
            assert row["at_high"] == pytest.approx(lead, abs=1e-4)


def test_the_widest_comes_first_and_where_nothing_flips_that_is_missing(table):
    wide = table[["at_low", "at_high"]].sub(table["lead"], axis=0).abs().max(axis=1).to_numpy()
    assert (np.diff(wide) <= 1e-12).all()
    assert table["flips"].isna().any()
    assert (table.loc[table["flips"].isna(), "other"] == "").all()


def test_sentences_name_the_nearest_speed_and_the_sites(table):
    said = [line.replace("\xa0", " ").replace("\u202f", " ") for line in am.sentences.tornado(table, lang="fr")]
    assert said[0].startswith("Ce choix ne serait plus le meilleur pour le trajet moyen si l’on roulait à ")
    assert "fermé" in said[1]
    none = table.assign(flips=np.nan, other="", kmh_flips=np.nan)
    assert len(am.sentences.tornado(none)) == 1
    assert am.sentences.tornado(none, lang="en") == [
        "No assumption taken by itself, from a third to thrice the minutes, changes the best choice."
    ]
