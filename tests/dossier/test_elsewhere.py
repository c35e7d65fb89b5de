"""A scenario about another category than the one studied never reads as if nothing changed."""

import pytest
from bs4 import BeautifulSoup

import accessmap as am

LIGHT = [each for each in am.chapters() if each.name in ("changes", "services")]


@pytest.fixture(scope="module")
def study():
    return am.load_sample()


@pytest.fixture(scope="module")
def dossier(study):
    plan = am.Scenario("plan").open("france_services", commune="02217").open("pharmacy", commune="02217")
    return am.Dossier.of(study, plan, category="hospital", alongside=(), chapters=LIGHT, lang="en")


def test_every_category_that_a_scenario_touches_is_reported(dossier):
    assert dossier.tables["services"].index.to_list() == [
        ("hospital", "baseline"),
        ("france_services", "baseline"),
        ("france_services", "plan"),
        ("pharmacy", "baseline"),
        ("pharmacy", "plan"),
    ]
    changes = dossier.tables["changes_elsewhere"]
    assert changes.loc["france_services", "gain"].sum() > 0
    assert changes.loc["pharmacy", "newly_reached"].sum() == 70550
    assert changes.index.unique("scenario").to_list() == ["plan"]


def test_what_changes_elsewhere_stands_at_the_head_and_in_the_chapter(dossier):
    soup = BeautifulSoup(dossier.to_html(), "html.parser")
    heads = [line.get_text().replace("\xa0", " ") for line in soup.select(".d-verdict")]
    assert heads[0].endswith(
        "with the scenario “plan”, these trips do not change: it changes other services (France services, pharmacies)."
    )
    assert heads[1].startswith("Today, 72% of people are within 10 minutes of a France services; with")
    assert heads[1].endswith("80% (+5,526 people).")
    assert heads[2].startswith("Today, 0% of people")
    assert dossier.sentences[-2:] == tuple(line.get_text() for line in soup.select(".d-verdict")[1:])
    told = [line.get_text() for line in soup.select("#changes li")]
    assert any(line.startswith("France services: ") and "gain at least" in line for line in told)


def test_a_site_that_is_opened_where_one_stands_already_is_said(study):
    there = study.services.loc[study.sites("france_services").index[0]]
    lon, lat = study.services.loc[[there.name]].to_crs(4326).geometry.iloc[0].coords[0]
    plan = am.Scenario("twice").open("france_services", lon=lon, lat=lat, id="second")
    (caution,) = plan.apply(study).cautions[len(study.cautions) :]
    assert caution == f"a site is opened where one of its category stands already: “{there['name']}”, 0\u00a0m away."
    assert caution.told("fr").endswith(f"«\u00a0{there['name']}\u00a0», à 0\u00a0m.")
    page = am.Dossier.of(study, plan, alongside=(), chapters=LIGHT).to_html()
    assert "un site est ouvert là où il en est déjà un de la même catégorie" in page
    away = am.Scenario("away").open("france_services", commune="02217").apply(study)
    assert away.cautions == study.cautions
