"""A scenario that changes hours, step-free access or a capacity says so, and how much of it people have."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

import accessmap as am
from accessmap.errors import StudyError

LIGHT = [each for each in am.chapters() if each.name in ("changes", "coverage", "supply")]
WEEK = "Mo-Fr 09:00-12:00"


def with_columns(study, **columns):
    """The study whose France services say more; one value a site, fs-a then fs-x."""
    services = study.services.copy()
    for name, values in columns.items():
        services[name] = services.get(name, pd.Series(np.nan if name == "capacity" else pd.NA, services.index))
        for site, value in zip(("fs-a", "fs-x"), values, strict=True):
            services.loc[site, name] = value
    return study.with_services(services)


def dossier_of(study, *plans, lang="fr", **options):
    return am.Dossier.of(study, *plans, alongside=(), chapters=LIGHT, lang=lang, **options)


def told(text):
    return text.replace("\xa0", " ").replace("\u202f", " ")


def page(dossier):
    return BeautifulSoup(told(dossier.to_html()), "html.parser")


@pytest.fixture
def capacities(toy_study):
    # Within 5 minutes, 150 people share fs-a and 60 share fs-x (Bourg is 3 minutes from both).
    return with_columns(toy_study, capacity=(3.0, 6.0))


def test_a_capacity_that_changes_makes_a_chapter_of_supply_per_person(capacities):
    dossier = dossier_of(capacities, am.Scenario("plus").resize("fs-a", capacity=6))
    supply = dossier.tables["supply"].loc["france_services"]
    assert supply["capacity"].to_list() == [3, 6]
    assert supply["per_person"].to_list() == pytest.approx([(100 * 0.02 + 50 * 0.12) / 150, (4 + 7) / 150])
    assert supply["unknown_people"].to_list() == [0, 0]
    by = dossier.tables["supply_by_commune"].loc["france_services"]["per_person"]
    assert by.loc["baseline"].to_list() == pytest.approx([0.02, 0.12])
    assert by.loc["plus"].to_list() == pytest.approx([0.04, 0.14])
    line = "France services, agents à 5 minutes ou moins pour 1 000 habitants : 53,3 aujourd’hui, 73,3 avec « plus »."
    assert told(dossier.sentences[-1]) == line
    whole = page(dossier)
    assert line in [each.get_text() for each in whole.select(".d-verdict")]
    said = whole.select_one("#supply").get_text(" ", strip=True)
    assert "la capacité des sites du territoire est de 3 aujourd’hui, 6 avec « plus »" in said
    assert "l’offre par habitant monte dans 2 communes." in said
    rows = [[cell.get_text() for cell in row.find_all(("th", "td"))] for row in whole.select("#supply tbody tr")]
    assert rows == [["Aville", "100", "20,0", "40,0", "+20,0"], ["Bourg", "50", "120,0", "140,0", "+20,0"]]
    assert len(whole.select("#supply figure")) == 2


def test_the_supply_of_each_commune_has_its_range_where_worlds_are_drawn(capacities):
    assumed = am.uncertainty.Assumptions(**{**dict.fromkeys(am.uncertainty.Assumptions.names(), 0.0), "capacity": 0.1})
    plan = am.Scenario("plus").resize("fs-a", capacity=6)
    dossier = dossier_of(capacities, plan, uncertainty=assumed)
    table = dossier.tables["supply_by_commune"].loc["france_services"]
    # Aville has the site that says 3 alone, and its range is that of one capacity: 0.02 times exp(±1.645 × 0.1).
    low, high = table.loc[("baseline", "02001"), ["low", "high"]]
    assert (low, high) == pytest.approx((0.02 * np.exp(-0.1645), 0.02 * np.exp(0.1645)), rel=0.08)
    assert (table["low"] < table["per_person"]).all()
    assert (table["per_person"] < table["high"]).all()
    text = page(dossier).select_one("#supply").get_text(" ", strip=True)
    assert f"entre {1000 * low:.1f} et {1000 * high:.1f}".replace(".", ",") in text
    assert "tirés au hasard" in text


def test_a_scenario_of_a_capacity_alone_is_not_told_as_no_change(capacities):
    dossier = dossier_of(capacities, am.Scenario("plus").resize("fs-a", capacity=6))
    assert told(dossier.verdict).endswith(
        "avec le scénario « plus », ces trajets ne changent pas : il change la capacité des sites."
    )
    text = page(dossier).get_text(" ", strip=True)
    assert "la même part" not in text
    assert "Personne ne gagne" not in text
    assert "gagnent au moins" not in text


def test_of_what_is_not_known_at_least_is_said(toy_study):
    study = with_columns(toy_study, capacity=(3.0, np.nan))
    dossier = dossier_of(study, am.Scenario("plus").resize("fs-a", capacity=6), lang="en")
    by = dossier.tables["supply_by_commune"].loc[("france_services", "baseline")]
    assert by["unknown_people"].to_list() == [0, 50]
    assert by["per_person"].isna().to_list() == [False, True]
    assert by["at_least"].to_list() == pytest.approx([0.02, 0.02])
    assert "at least 20.0 today, at least 40.0 with “plus”." in told(dossier.sentences[-1])
    rows = [
        [cell.get_text() for cell in row.find_all(("th", "td"))] for row in page(dossier).select("#supply tbody tr")
    ]
    assert rows[1] == ["Bourg", "50", "at least 20.0", "at least 40.0", "–"]
    assert "the capacity of 1 site is not known, so the supply of 50 people is known in part only" in page(dossier).text


def test_a_first_capacity_is_told_from_none_known(toy_study):
    dossier = dossier_of(toy_study, am.Scenario("plus").resize("fs-a", capacity=3), lang="en")
    assert ": unknown today, at least 20.0 with “plus”." in told(dossier.sentences[-1])
    assert "sites is unknown today, 3 with “plus”." in page(dossier).text


def test_closing_a_site_of_known_capacity_changes_the_supply(capacities):
    dossier = dossier_of(capacities, am.Scenario("moins").close("fs-a"))
    by = dossier.tables["supply_by_commune"].loc["france_services"]["per_person"]
    assert by.loc["moins"].to_list() == pytest.approx([0, 0.1])
    assert "l’offre par habitant baisse dans 2 communes." in page(dossier).text
    assert "ces trajets ne changent pas" not in told(dossier.verdict)


def test_hours_and_step_free_access_have_their_line_and_no_chapter_of_supply(toy_study):
    study = with_columns(toy_study, hours=(WEEK, WEEK))
    plans = [
        am.Scenario("samedi").set_hours("fs-a", f"{WEEK}; Sa 09:00-12:00"),
        am.Scenario("rampe").adapt("fs-a"),
    ]
    dossier = dossier_of(study, *plans)
    assert "supply" not in dossier.tables
    hours, ramp = map(told, dossier.sentences[-2:])
    # 15 hours of a week, then 18, for 100 of 150 people
    assert hours.endswith("en moyenne par habitant : 10,0 h aujourd’hui, 12,0 h avec « samedi ».")
    assert ramp.endswith("site accessible de plain-pied : inconnu aujourd’hui, 67 % avec « rampe ».")
    assert "il change les horaires d’ouverture" in told(dossier.verdict)
    assert "il change l’accès de plain-pied" in told(dossier.verdict)
    assert dossier.tables["touched"]["after_worst"].to_list() == pytest.approx([12, 2 / 3])
    everywhere = am.Dossier.of(study, *plans, category="mairie", alongside=(), chapters=LIGHT)
    assert "il change un autre service (France services)" in told(everywhere.verdict)
    assert everywhere.sentences[-2:] == dossier.sentences[-2:]


def test_a_capacity_of_a_site_that_moves_is_said_to_be_counted_nowhere(capacities):
    services = capacities.services.assign(mobile=capacities.services.index == "fs-x")
    dossier = dossier_of(capacities.with_services(services), am.Scenario("bus").resize("fs-x", capacity=9))
    assert "il change des sites qui circulent" in told(dossier.verdict)
    assert "supply" not in dossier.tables


def test_nothing_of_supply_where_only_sites_move_and_no_capacity_is_known(toy_study):
    assert "supply" not in dossier_of(toy_study, am.Scenario("b").open("france_services", commune="02002")).tables


# ------------------------------------------------------------------------------------------------- the gate


def one_way(study):
    roads = study.network
    edges = roads.edges[roads.edges["u"] < roads.edges["v"]]
    return replace(study, networks={"car": am.RoadNetwork.from_edges(roads.nodes, edges)})


def test_roads_that_cannot_be_are_refused_unless_accepted(toy_study):
    study = one_way(toy_study)
    with pytest.raises(StudyError, match="one way only") as refused:
        dossier_of(study, category="france_services")
    assert "accept=" in str(refused.value)
    names = {each.key.removeprefix("plausibility_") for each in refused.value.problems}
    assert "one_way_edges" in names
    dossier = dossier_of(study, category="france_services", accept=names)
    warned = [each.get_text() for each in page(dossier).select(".d-warning")]
    assert any("(accepté : one_way_edges)" in each for each in warned)
    with pytest.raises(StudyError, match="did you mean 'one_way_edges'"):
        dossier_of(study, category="france_services", accept=["one_way_edge"])


def test_plausible_roads_leave_the_page_as_it_is(toy_study):
    assert page(dossier_of(toy_study, category="france_services")).select(".d-warning") == []
