"""Commune sheets as people use them: typed, clicked, printed, without JavaScript, on a phone."""

from dataclasses import replace

import pytest

import accessmap as am
from accessmap.dossier import Dossier
from accessmap.sample import load_sample
from accessmap.study.scenario import Scenario

pytestmark = pytest.mark.browser

TYPE = """const field = document.getElementById('cherche');
  field.value = arguments[0]; field.dispatchEvent(new Event('input', {bubbles: true}));"""
ENTER = "document.getElementById('cherche').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter'}))"
SHOWN = """return [...document.querySelectorAll('.d-sheet')]
  .filter(sheet => getComputedStyle(sheet).display !== 'none').map(sheet => sheet.id)"""
LISTED = "return [...document.querySelectorAll('#fiches-index li')].filter(item => !item.hidden).length"


@pytest.fixture(scope="module")
def made():
    study = load_sample()
    slow = {mode: am.RoadNetwork.modelled(study.communes, study.mairies, mode=mode) for mode in ("bike", "walk")}
    plan = Scenario("France services à Coucy-le-Château-Auffrique").open("france_services", commune="02217")
    return Dossier.of(
        replace(study, networks=study.networks | slow),
        *study.scenarios.values(),
        plan,
        category="france_services",
        programme=am.programme.sample(),
        uncertainty=am.uncertainty.Assumptions(),
    )


@pytest.fixture(scope="module")
def dossier(made, tmp_path_factory):
    return made.save(tmp_path_factory.mktemp("dossier") / "dossier.html")


@pytest.fixture(scope="module")
def sheets(made, tmp_path_factory):
    return made.save_sheets(tmp_path_factory.mktemp("sheets") / "fiches.html")


def test_no_sheet_is_shown_until_one_is_asked_for(browser, dossier):
    browser.open(dossier)
    assert browser.js(SHOWN) == []
    assert browser.js(LISTED) == 84


@pytest.mark.parametrize("typed", ["coucy le chateau auffrique", "Coucy-le-Château-Auffrique"])
def test_a_name_that_is_typed_leads_to_its_sheet(browser, dossier, typed):
    browser.open(dossier)
    browser.js(TYPE, typed)
    browser.wait(lambda: browser.js(SHOWN) == ["fiche-02217"])
    browser.wait(lambda: browser.js("return document.activeElement.id") == "fiche-02217-t")
    assert browser.complaints() == []


@pytest.mark.parametrize("width", [390, 1280])
def test_enter_after_the_whole_name_stays_at_the_sheet(browser, dossier, width):
    from selenium.webdriver.common.keys import Keys

    browser.open(dossier, width=width)
    field = browser.driver.find_element("id", "votre")
    at_sheet = "return Math.abs(document.querySelector('#fiche-02093').getBoundingClientRect().top) < 60"
    for keys in (f"Blérancourt{Keys.ENTER}", Keys.ENTER):  # then again, from the head of the page
        field.send_keys(keys)
        browser.wait(lambda: browser.js(at_sheet))
        assert browser.js("return document.activeElement.id") == "fiche-02093-t"
    assert browser.js(SHOWN) == ["fiche-02093"]
    # What is dashed is told where something is, and nowhere else.
    dashed = browser.js(DASHES_TOLD)
    assert all(drawn == told for drawn, told in dashed)
    assert {drawn for drawn, _ in dashed} == {True, False}


DASHES_TOLD = """return [...document.querySelectorAll('.d-sheet')].map(sheet =>
  [!!sheet.querySelector('.d-planned'), sheet.textContent.includes('En pointillés')])"""
FIRST_SCREEN = """return [...document.querySelectorAll('#decision h2, .d-advice, .d-fact h3, .d-short, .d-whole')]
  .filter(part => part.checkVisibility() && part.getBoundingClientRect().bottom <= innerHeight)
  .map(part => part.textContent).join(' ')"""


@pytest.mark.parametrize(("width", "height"), [(390, 844), (1280, 900)])
def test_the_first_screen_has_advice_second_best_and_how_sure_and_leads_to_a_commune(browser, dossier, width, height):
    browser.open(dossier, width=width, height=height)
    first = browser.js(FIRST_SCREEN)
    assert "comparer avec Folembray avant de voter" in first
    assert "Tergnier" in first.split("Les alternatives les plus proches")[1]
    assert "prouvé" in first.split("Est-ce sûr")[1]
    assert "cas sur 10" in " ".join(first.split("Est-ce sûr")[1].split("prouvé")[0].split())
    if width < 500:  # the whole decision is one screen of a phone; a fact is whole once it is opened
        assert browser.js("return document.querySelector('#decision').getBoundingClientRect().bottom") <= 800
        assert "Dates des données" in first
        browser.js("document.querySelectorAll('.d-why')[1].open = true")
        assert "Profite surtout à" in browser.js(FIRST_SCREEN)
    else:
        assert browser.js("return document.getElementById('contenu').contains(document.getElementById('decision'))")
    browser.js(TYPE.replace("cherche", "votre"), "Blérancourt")
    browser.wait(lambda: browser.js(SHOWN) == ["fiche-02093"])
    assert "Blérancourt" in browser.js("return document.querySelector('#fiche-02093 .d-sheet-verdict').textContent")


def test_on_paper_the_decision_is_one_sheet_of_a4(browser, dossier):
    browser.run_cdp("Emulation.setEmulatedMedia", media="print")
    try:
        browser.open(dossier, width=695, height=1013)  # 184 mm x 268 mm, within the margins of the page
        assert 600 < browser.js("return document.querySelector('#decision').getBoundingClientRect().bottom") < 1013
    finally:
        browser.run_cdp("Emulation.setEmulatedMedia", media="")


def test_part_of_a_name_narrows_the_list_and_enter_takes_the_first(browser, dossier):
    browser.open(dossier)
    browser.js(TYPE, "coucy")
    assert 0 < browser.js(LISTED) < 84
    assert browser.js(SHOWN) == []
    browser.js(ENTER)
    browser.wait(lambda: len(browser.js(SHOWN)) == 1)


def test_a_name_of_no_commune_is_said_so(browser, dossier):
    browser.open(dossier)
    browser.js(TYPE, "Paris")
    assert browser.js("return document.getElementById('cherche-rien').textContent").startswith("Aucune commune")
    assert browser.js(SHOWN) == []


def test_one_sheet_is_printed_alone_on_one_page(browser, dossier):
    browser.open(dossier)
    whole = browser.pages()
    browser.js(TYPE, "Servais")
    browser.wait(lambda: len(browser.js(SHOWN)) == 1)
    browser.js("window.print = () => {}; document.getElementById('imprimer-fiche').click()")
    assert browser.pages() == 1
    browser.js("window.dispatchEvent(new Event('afterprint'))")
    assert browser.pages() == whole > 5


def test_without_javascript_the_index_still_leads_to_a_sheet(browser, dossier):
    browser.run_cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.driver.get(f"{dossier.as_uri()}#fiche-02719")
        shown = [
            sheet.get_attribute("id")
            for sheet in browser.driver.find_elements("css selector", ".d-sheet")
            if sheet.is_displayed()
        ]
        assert shown == ["fiche-02719"]
    finally:
        browser.run_cdp("Emulation.setScriptExecutionDisabled", value=False)


def test_every_sheet_is_a_page_of_its_own_on_paper(browser, sheets):
    browser.open(sheets, width=695)
    assert browser.pages() == 84
    assert browser.small_on_paper("#fiche-02093") == []
    assert browser.complaints() == []


@pytest.mark.parametrize("width", [390, 1920])
def test_sheets_do_not_scroll_sideways(browser, dossier, sheets, width):
    browser.open(sheets, width=width)
    assert browser.js("return document.documentElement.scrollWidth") <= width
    browser.open(dossier, width=width)
    browser.js(TYPE, "Servais")
    browser.wait(lambda: len(browser.js(SHOWN)) == 1)
    assert browser.js("return document.documentElement.scrollWidth") <= width
