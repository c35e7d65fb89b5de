"""Scenarios that are history are told apart from proposals: known from their kind, never from their name."""

from bs4 import BeautifulSoup

from accessmap.dossier import Dossier
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
