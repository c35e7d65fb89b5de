"""The chapters "Numérique" and "Programme": the page says what the tables say, and what lacks."""

import re
from dataclasses import replace
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from bs4 import BeautifulSoup

from accessmap.dossier import Dossier
from accessmap.dossier.chapter import chapters
from accessmap.dossier.columns import column_of
from accessmap.dossier.workbook import tables_of
from accessmap.maps.choropleth import QUALITATIVE
from accessmap.programme import KINDS
from accessmap.programme.files import sample as sample_programme
from accessmap.sample import load_sample
from accessmap.study.scenario import Scenario
from accessmap.words.words import Words

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def plain():
    return load_sample()


@pytest.fixture(scope="module")
def study(plain):
    """The sample with made-up coverage (everyone but two communes) and three schools, of one of which all is known."""
    codes = plain.communes.index[plain.communes["in_territory"]]
    fibre = pd.Series(1.0, codes.rename("code"))
    fibre["02159"], fibre["02395"] = 0.6, 0.5
    places = plain.services.set_index("commune", append=True).geometry
    schools = gpd.GeoDataFrame(
        {"name": ["École A", HOSTILE, "École C"], "level": ["primary"] * 3, "commune": ["02173", "02719", "02217"]},
        geometry=[places.loc[(f"mairie-{code}", code)] for code in ("02173", "02719", "02217")],
        index=pd.Index(["0020001A", "0020002B", "0020003C"], name="school_id"),
        crs=plain.communes.crs,
    )
    equipment = pd.DataFrame(
        {"tablets": [10.0, 0.0], "interactive_boards": [0.0, 0.0]},
        index=pd.Index(["0020001A", "0020002B"], name="school_id"),
    )
    return replace(plain, digital=pd.DataFrame({"fibre": fibre}), schools=schools, equipment=equipment)


@pytest.fixture(scope="module")
def plan():
    return Scenario("Numérique").connect("02159").connect("02395").equip("0020002B", tablets=8)


@pytest.fixture(scope="module")
def dossier(study, plan):
    return Dossier.of(study, plan, category="france_services", alongside=(), programme=sample_programme())


@pytest.fixture(scope="module")
def page(dossier):
    return BeautifulSoup(dossier.to_html(), "html.parser")


def said(soup) -> str:
    return " ".join(soup.get_text(" ").split())


def test_every_column_of_these_tables_is_described_in_the_workbook(dossier):
    tables = tables_of(dossier._content())
    assert {"coverage_rates", "double_burden", "schools", "indicators", "territories"} <= set(tables)
    every = [(name, column) for name, table in tables.items() for column in table]
    assert [each for each in every if column_of(*each, Words("fr"), category="", cutoff="") is None] == []


def test_the_rate_is_weighted_by_people_and_rises_with_the_scenario(dossier, study, page):
    people = study.communes["population"][study.communes["in_territory"]]
    expected = np.average(study.digital["fibre"].reindex(people.index), weights=people)
    rates = dossier.tables["coverage_rates"]["rate"]
    assert rates["fibre", "baseline", "all"] == pytest.approx(expected)
    assert rates["fibre", "Numérique", "all"] == 1
    assert "99,7 % des locaux sont raccordables (fibre optique)" in said(page.select_one("#digital"))


def test_communes_that_are_not_wholly_covered_are_named_lowest_first(page):
    assert "2 communes ne sont pas entièrement couvertes : Jumencourt (50,0 %), Champs (60,0 %)." in said(page)


def test_people_of_the_four_classes_make_the_territory(dossier, study):
    classes = dossier.tables["physical_digital"]
    inside = study.residents["population"][study.inside.to_numpy()].sum()
    assert np.allclose(classes.drop(columns="people").sum(axis=1), inside)
    assert classes.loc["baseline", "far_unconnected"] > classes.loc["Numérique", "far_unconnected"] == 0


def test_double_burden_communes_are_far_and_little_connected(dossier, page):
    named = set(dossier.tables["double_burden"]["name"])
    assert named <= {"Champs", "Jumencourt"}
    chapter = said(page.select_one("#digital"))
    assert all(name in chapter for name in named)


def test_schools_say_what_is_known_and_what_is_not(dossier, page):
    schools = dossier.tables["schools"]
    assert schools.loc[("baseline", "equipped"), ["schools_with", "unknown_schools"]].to_list() == [1, 1]
    assert schools.loc[("Numérique", "equipped"), ["schools_with", "unknown_schools"]].to_list() == [2, 1]
    chapter = said(page.select_one("#digital"))
    assert "1 école ou établissement sur 3 est équipé" in chapter
    assert "Pour 1, l’équipement n’est pas connu." in chapter


@pytest.mark.slow
def test_schools_of_which_nothing_is_known_are_not_counted_as_without(study):
    blank = replace(study, equipment=None)
    chapter = said(
        BeautifulSoup(Dossier.of(blank, category="hospital", alongside=()).to_html(), "html.parser").select_one(
            "#digital"
        )
    )
    assert "L’équipement des 3 écoles et établissements n’est pas connu." in chapter
    assert "0 école" not in chapter
    assert "École équipée en numérique inconnu" in chapter
    assert "100 % au mieux" not in chapter


def test_chapters_without_data_are_one_line_each_together(plain):
    silent = replace(plain, services=plain.services.drop(columns="hours"))
    wanted = [chapter for chapter in chapters() if chapter.name in ("hours", "communes")]
    soup = BeautifulSoup(Dossier.of(silent, category="hospital", chapters=wanted).to_html(), "html.parser")
    assert soup.select_one("#hours") is None
    (line,) = soup.select("#inconnu li")
    assert said(line).startswith("Quand c’est ouvert : Horaires inconnus : ces données ne disent pas")
    assert said(soup.select_one(".d-nav a[href='#inconnu']")) == "Ce que les données ne disent pas"
    assert soup.select_one("#communes table")


def test_what_the_study_has_not_is_said_to_lack(plain):
    dossier = Dossier.of(plain, category="hospital", alongside=())
    chapter = said(BeautifulSoup(dossier.to_html(), "html.parser").select_one("#digital"))
    assert "La couverture en fibre et en très haut débit n’est pas dans les données" in chapter
    assert "Les écoles et leur équipement ne sont pas dans les données" in chapter
    assert re.search(r"\d+ % des habitants ont un lieu qui aide aux démarches en ligne", chapter)
    assert dossier.tables["coverage_rates"].empty


def test_steps_are_told_in_words_and_names_stay_text(page):
    assert said(page.select_one("#decision h2")) == "Faut-il adopter « Numérique » ?"
    told = said(page.select_one("#chiffres .d-actions"))
    assert "raccorder Champs (fibre optique, 100 % des locaux)" in told
    assert f"équiper « {HOSTILE} » (tablettes : 8)" in told


# ------------------------------------------------------------------ the programme


def test_the_programme_lists_its_seven_operations_and_each_expected_result(page, dossier):
    chapter = page.select_one("#programme")
    tables = chapter.find_all("table")
    assert len(tables[0].select("tbody tr")) == 7
    assert len(tables[1].select("tbody tr")) == len(dossier.tables["indicators"])
    assert "Création d’une nouvelle mairie" in said(tables[0]).replace("'", "’")


def test_what_is_not_known_of_the_programme_is_called_unknown_not_zero(page, dossier):
    expected = dossier.tables["indicators"].set_index("indicator")
    lacking = [name for name, row in expected.iterrows() if np.isnan(row["before"])]
    assert lacking
    rows = page.select_one("#programme").find_all("table")[1].select("tbody tr")
    for name, row in zip(expected.index, rows, strict=True):
        if name in lacking:
            assert row.find_all("td")[0].get_text() == "inconnu"
            assert "Il manque" in said(row)


def test_the_territory_stands_beside_its_epci_and_a_department_only_where_it_is_asked_for(page, dossier, study):
    assert "Pays Chaunois" in dossier.tables["territories"]
    table = page.select_one("#programme").find_all("table")[2]
    assert "Communes 84 48 36" in said(table)
    assert "département" not in said(table.thead)
    wider = Dossier.of(
        study,
        category="hospital",
        alongside=(),
        programme=sample_programme(),
        territories={"Chauny": "200071785", "Aisne": "02"},
    )
    assert wider.tables["territories"].columns.intersection(["Chauny", "Aisne", "Pays Chaunois"]).to_list() == [
        "Chauny",
        "Aisne",
    ]


@pytest.mark.slow
def test_without_a_programme_there_is_no_such_chapter(plain):
    soup = BeautifulSoup(Dossier.of(plain, category="hospital", alongside=()).to_html(), "html.parser")
    assert soup.select_one("#programme") is None


@pytest.mark.slow
def test_in_english_the_chapters_are_english(study, plan):
    dossier = Dossier.of(study, plan, category="france_services", alongside=(), programme=sample_programme(), lang="en")
    soup = BeautifulSoup(dossier.to_html(), "html.parser")
    assert "communes are not wholly covered" in said(soup.select_one("#digital"))
    assert "not known" not in said(soup.select_one("#programme h2"))
    assert soup.select_one("#programme h3").get_text() == "Operations"


def test_the_map_of_operations_names_the_communes_of_a_few(page, study):
    figure = page.select_one("#programme figure")
    legend = [said(entry) for entry in figure.select(".d-legend li")]
    assert any("Accessibilité (Servais, Viry-Noureuil) 2 communes" in entry for entry in legend)
    counted = sum(int(re.search(r"(\d+) communes?", entry)[1]) for entry in legend if "commune" in entry)
    assert counted == 84
    assert figure.svg.title.get_text() == "Où sont les opérations"


def test_the_map_of_both_ways_counts_every_commune(page):
    figure = page.select_one("#digital figure")
    legend = [said(entry) for entry in figure.select(".d-legend li")]
    assert sum(int(re.search(r"(\d+) communes?", entry)[1]) for entry in legend if "commune" in entry) == 84


def test_a_scenario_that_closes_every_place_of_help_leaves_nobody_with_one(study):
    none = Scenario("rien")
    for site in study.sites("france_services").index:
        none = none.close(site)
    dossier = Dossier.of(study, none, category="hospital", alongside=())
    helpers = dossier.tables["digital_help"]
    assert (helpers.xs("rien", level="situation") == 0).all(axis=None)
    assert "Scénario « rien »" in said(BeautifulSoup(dossier.to_html(), "html.parser").select_one("#digital"))


def test_schools_of_elsewhere_are_no_schools_of_the_territory(study):
    noyon = study.communes.index[study.communes["epci"] == "246000756"]
    other = replace(study.about(noyon, title="Noyonnais"), scenarios={})
    dossier = Dossier.of(other, category="hospital", alongside=())
    assert dossier.tables["schools"].empty
    assert dossier.tables["coverage_rates"].empty
    assert "Les écoles et leur équipement ne sont pas dans les données" in dossier.to_html()


@pytest.mark.slow
def test_a_programme_of_more_mixtures_than_there_are_colours_is_drawn_too(study):
    plan = sample_programme()
    codes = study.communes.index[study.communes["in_territory"]]
    pairs = list(combinations(KINDS, 2))[: len(QUALITATIVE) + 3]
    more = [
        replace(
            plan.operations[1],
            id=f"x{number}-{kind}",
            title=f"{number} {kind}",
            kind=kind,
            communes=(codes[number],),
            steps=(),
        )
        for number, pair in enumerate(pairs)
        for kind in pair
    ]
    wide = Dossier.of(study, category="hospital", alongside=(), programme=replace(plan, operations=tuple(more)))
    figure = BeautifulSoup(wide.to_html(), "html.parser").select_one("#programme figure")
    assert len(figure.select(".d-legend li")) == len(pairs) + 2  # and no operation, and outside
