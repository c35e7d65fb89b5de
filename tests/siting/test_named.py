"""A plan is read in communes: its table, and what a notebook shows of it."""

import geopandas as gpd
import pandas as pd
import pytest
from bs4 import BeautifulSoup
from shapely import Point

from accessmap import siting
from accessmap.errors import SitingError


@pytest.fixture
def plan(toy_study):
    """Two of the three mairies, from zero but for that of Bourg."""
    halls = toy_study.sites("mairie")
    return siting.p_median(toy_study.minutes(halls), toy_study.residents["population"], 2, existing=["mairie-b"])


def test_the_table_names_site_and_commune_and_tells_who_goes_there(plan, toy_study):
    table = plan.table(toy_study)
    assert table.index.to_list() == ["mairie-a", "mairie-b"]
    assert table["name"].to_list() == ["Mairie A", "Mairie B"]
    assert table["commune"].to_list() == ["Aville", "Bourg"]
    assert table["state"].to_list() == ["new", "existing"]
    assert table["people"].to_list() == [100.0, 60.0]
    assert table["worst_minutes"].to_list() == pytest.approx([0.0, 3.0])


def test_a_site_that_closes_comes_last_with_nobody(toy_study):
    halls = toy_study.sites("mairie")
    table = siting.closures(toy_study.minutes(halls), toy_study.residents["population"], 2).table(toy_study)
    assert table["state"].to_list() == ["existing", "closes", "closes"]
    assert table["people"].to_list() == [160.0, 0.0, 0.0]
    assert table["mean_minutes"].isna().to_list() == [False, True, True]


def test_a_named_plan_shows_communes_and_is_else_the_same(plan, toy_study):
    named = plan.named(toy_study)
    assert "2 sites (Aville, Bourg)" in repr(named)
    assert "2 sites (mairie-a, mairie-b)" in repr(plan)
    page = BeautifulSoup(named._repr_html_(), "html.parser")
    assert [cell.get_text() for cell in page.find_all("th", scope="row")] == ["Aville (mairie-a)", "Bourg (mairie-b)"]
    assert (named.sites, named.objective, named.gap) == (plan.sites, plan.objective, plan.gap)


def test_a_name_from_a_file_is_escaped(plan, toy_study):
    wild = toy_study.communes.assign(name=["<b>Aville</b>", "Bourg", "Xanton"])
    page = plan.named(toy_study._with(communes=wild))._repr_html_()
    assert "<b>" not in page
    assert "&lt;b&gt;Aville" in page


def test_candidates_may_be_no_services_of_the_study(toy_study):
    spots = gpd.GeoDataFrame(
        {"name": ["Poste", "Ailleurs"], "category": "post_office"},
        geometry=[toy_study.services.loc["mairie-b", "geometry"], Point(900_000, 6_950_000)],
        index=["p1", "p2"],
        crs=2154,
    )
    times = pd.DataFrame({"p1": [3.0, 0.0, 3.0], "p2": [9.0, 9.0, 9.0]}, index=toy_study.residents.index)
    plan = siting.p_median(times, toy_study.residents["population"], 2)
    table = plan.table(toy_study, candidates=spots)
    assert table["commune"].fillna("?").to_list() == ["Bourg", "?"]
    assert "(Bourg, Ailleurs)" in repr(plan.named(toy_study, candidates=spots))
    with pytest.raises(SitingError, match="no service 'p1'.*give candidates="):
        plan.table(toy_study)
