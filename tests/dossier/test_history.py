"""Scenarios that are history are told apart from proposals: known from their kind, never from their name."""

import dataclasses

import pytest
from bs4 import BeautifulSoup

from accessmap.dossier import Dossier
from accessmap.errors import ScenarioError
from accessmap.provenance import Provenance, Source
from accessmap.study.scenario import Scenario


def said(lines) -> str:
    return " ".join(lines).replace("\xa0", " ").replace("\u202f", " ")


def test_history_is_in_no_verdict_and_in_no_table_of_plans(toy_study):
    past = Scenario("Bientôt", kind="history").close("fs-a")  # its name says nothing of what it is
    plan = Scenario("1998").open("france_services", commune="02002")
    dossier = Dossier.of(toy_study, past, plan)
    assert "Bientôt" not in dossier.verdict
    assert list(dossier.tables["coverage"]) == ["baseline", "1998"]
    row = dossier.tables["history"].loc["Bientôt"].to_dict()
    # Then the one site was x, 6 minutes from a and 3 from b; since, a (100) and no one of b (50, 3 minutes both) gain.
    assert (row["sites"], row["sites_now"]) == (0, 1)
    assert (row["mean"], row["mean_now"]) == (5.0, 1.0)
    assert (row["gain"], row["lose"], row["newly_reached"], row["no_longer_reached"]) == (100, 0, 0, 0)
    page = BeautifulSoup(dossier.to_html(), "html.parser")
    apart = page.select_one("#history")
    assert "Bientôt : aucune France services dans le territoire" in said([apart.get_text(" ")])
    (fact,) = [each for each in page.select(".d-fact") if "Bientôt" in each.get_text()]
    assert fact.h3.get_text() == "D’où l’on vient"
    apart.extract()
    fact.extract()
    assert "Bientôt" not in page.get_text(" ")
    assert "history" not in Dossier.of(toy_study, plan).tables


def test_history_alone_makes_a_dossier_of_today(toy_study):
    dossier = Dossier.of(toy_study, Scenario("1998", kind="history").close("fs-a"))
    assert list(dossier.tables["coverage"]) == ["baseline"]
    assert "changes" not in dossier.tables or dossier.tables["changes"].empty
    assert "1998" not in said(dossier.sentences)


def test_study_of_an_earlier_date_stands_beside_today_and_apart_from_the_plans(toy_study):
    was = Scenario("-").close("fs-a").apply(toy_study)
    doctors = Source("Liste", "ANCT", "LO", "2017-03", of=("services.france_services",))
    was = dataclasses.replace(was, provenance=Provenance((doctors,)))
    plan = Scenario("1998").open("france_services", commune="02002")
    past = Scenario("Bientôt", kind="history").close("fs-a")
    dossier = Dossier.of(toy_study, past, plan, earlier={"2017": was})
    assert list(dossier.tables["coverage"]) == ["baseline", "1998"]
    # the same situation, told by a scenario that goes back and by a study of then
    table = dossier.tables["history"]
    assert list(table.index) == ["Bientôt", "2017"]
    assert table.loc["2017"].equals(table.loc["Bientôt"].rename("2017"))
    told = said([BeautifulSoup(dossier.to_html(), "html.parser").select_one("#history").get_text(" ")])
    assert "2017 : aucune France services dans le territoire" in told
    assert "Les habitants sont partout ceux d’aujourd’hui" in told
    assert "Données de « 2017 » : France services de mars 2017." in told
    assert "les routes de cette date viennent d’une autre source" not in told
    assert "ANCT" in set(dossier.tables["sources"]["publisher"])
    with pytest.raises(ScenarioError, match="2017"):
        Dossier.of(toy_study, Scenario("2017", kind="history").close("fs-a"), earlier={"2017": was})
