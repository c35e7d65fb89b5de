"""A dossier stands where nobody reaches a service, nobody lives, there is one commune or category, or a new one."""

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from bs4 import BeautifulSoup

import accessmap as am
from accessmap.errors import ScenarioError

LIGHT = [each for each in am.chapters() if each.name in ("changes", "coverage", "services", "inequality", "communes")]


@pytest.fixture(scope="module")
def study():
    return am.load_sample()


@pytest.fixture(scope="module")
def island(study):
    """The hospitals are overseas: no road leads to any."""
    sites = study.services.copy()
    those = sites["category"] == "hospital"
    overseas = [shapely.Point(500_000 + 10 * number, 6_400_000) for number in range(those.sum())]
    sites.loc[those, "geometry"] = gpd.GeoSeries(overseas, index=sites.index[those], crs=sites.crs)
    return study.with_services(sites.assign(commune=sites["commune"].mask(those)))


def made(study, *plans, **options):
    dossier = am.Dossier.of(study, *plans, chapters=LIGHT, lang="en", **options)
    return dossier, " ".join(BeautifulSoup(dossier.to_html(), "html.parser").get_text(" ").split())


def test_where_nobody_reaches_a_category_the_dossier_says_so(island):
    dossier, page = made(island, category="hospital")
    assert dossier.verdict.endswith("Today (hospitals of 2020), 0% of people are within 30\u00a0minutes of a hospital.")
    facts = dossier.tables["services"].loc[("hospital", "baseline")]
    assert facts["unreached_people"] == 70550
    assert facts["mean"] != facts["mean"]
    assert facts["outside_share"] == 0
    assert "70,550 people not reached" in page
    assert "takes more than not reached" not in page


def test_a_category_that_nobody_reaches_does_not_stop_the_dossier_of_another(island):
    dossier, _ = made(island, category="france_services")
    assert "72%" in dossier.verdict
    assert dossier.tables["services"].loc[("hospital", "baseline"), "unreached_people"] == 70550


@pytest.mark.slow
def test_people_who_are_newly_reached_are_said_at_once(island):
    plan = am.Scenario("plan").open("hospital", commune="02217")
    dossier, _ = made(island, plan, category="hospital")
    assert dossier.tables["changes"]["newly_reached"].sum() == 70550
    assert "newly reached: 70,550\u00a0people" in dossier.sentences[-1]


def test_a_territory_of_one_commune(study):
    plan = am.Scenario("plan").open("france_services", commune="02217")
    dossier, _ = made(study.about(["02217"], title="Coucy"), plan)
    assert dossier.verdict.endswith("100% (+990\u00a0people).")
    assert dossier.tables["services_by_commune"]["rank"].eq(1).all()


def test_where_nobody_lives_no_share_is_made_up(study):
    nobody = replace(study, residents=study.residents.assign(population=0))
    plan = am.Scenario("plan").open("france_services", commune="02217")
    dossier, page = made(nobody, plan)
    assert dossier.verdict == "Nobody is counted in this territory: no share can be computed."
    assert " nan" not in page.casefold()


def test_a_study_of_one_category(study):
    alone = replace(study, services=study.sites("hospital"), scenarios={})
    dossier, _ = made(alone)
    assert dossier.tables["services"].index.to_list() == [("hospital", "baseline")]


def test_a_scenario_opens_the_first_site_of_a_category_of_ones_own(study):
    plan = am.Scenario("plan").open("ludothèque", commune="02217")
    dossier, page = made(study, plan)
    assert "0%" in dossier.verdict
    assert dossier.tables["services"].loc[("ludothèque", "baseline"), "sites"] == 0
    assert dossier.tables["services"].loc[("ludothèque", "plan"), "sites"] == 1
    assert "Ludothèque" in page
    assert am.compare(plan, study)["baseline"].isna().all()
    assert plan.apply(study).services.loc["ludothèque-02217", "category_label"] == "ludothèque"


def test_the_word_of_a_category_of_ones_own_is_that_of_its_other_sites(study):
    own = study.sites("hospital").iloc[:1].assign(category="toys", category_label="ludothèque").rename(index=str.upper)
    known = study.with_services(gpd.GeoDataFrame(pd.concat([study.services, own]), crs=study.services.crs))
    opened = am.Scenario("plan").open("toys", commune="02217").apply(known).services
    assert opened.loc["toys-02217", "category_label"] == "ludothèque"


def test_the_title_and_the_map_say_the_word_of_a_category_of_ones_own(study):
    own = study.sites("hospital").iloc[:1].assign(category="toys", category_label="ludothèque").rename(index=str.upper)
    known = study.with_services(gpd.GeoDataFrame(pd.concat([study.services, own]), crs=study.services.crs))
    dossier = am.Dossier.of(known, category="toys")
    assert dossier.title.endswith("accès aux ludothèque")
    assert '"Ludothèque"' in dossier.to_html() or ">Ludothèque" in dossier.to_html()


def test_a_slip_of_the_pen_is_no_category_of_ones_own(study):
    with pytest.raises(ScenarioError, match="did you mean 'hospital'"):
        am.Scenario("plan").open("hospitl", commune="02217").apply(study)


def test_a_scenario_that_leaves_a_category_without_a_site(study):
    steps = [am.Scenario("one").close(site).steps[0] for site in study.sites("hospital").index]
    dossier, _ = made(study, am.Scenario("plan", tuple(steps)))
    assert dossier.verdict.endswith("0% (\u221266,487\u00a0people).")
    assert dossier.tables["changes"]["no_longer_reached"].sum() == 70550
