"""What is asked of the sample's page is asked of 20 services on real roads, and of a programme with schools."""

import pandas as pd
import pytest
from heard import counted
from three_dossiers import dossier_of, twenty_services

pytestmark = [pytest.mark.browser, pytest.mark.slow]

GRAVE = """const done = arguments[arguments.length - 1];
axe.run(arguments[0], {resultTypes: ['violations']}).then(found => done(found.violations
  .filter(rule => ['serious', 'critical'].includes(rule.impact))
  .map(rule => rule.id + ': ' + rule.nodes.slice(0, 5).map(node => node.target).join(' | '))),
  error => done(String(error)));"""
# Where a table is cut, on any screen that shows it whole: none on a phone.
CUT = """return [...document.querySelectorAll('.d-scroll, .ct-scroll')].filter(part =>
  part.clientWidth && part.scrollWidth > part.clientWidth + 1).map(part => part.querySelector('caption').textContent)"""
ROWS = """return [...document.querySelectorAll('#communes tbody tr')].map(row =>
  [...row.cells].map(cell => cell.dataset.sort))"""


@pytest.fixture(scope="module", params=["services", "programme"])
def page(request, sample_study, tmp_path_factory):
    study = sample_study
    if request.param == "services":
        study = twenty_services(request.getfixturevalue("real_data"))
    _, dossier = dossier_of(request.param, study, lang="fr")
    folder = tmp_path_factory.mktemp(request.param)
    dossier.save_sheets(folder / "fiches.html")
    return dossier.save(folder / "dossier.html")


@pytest.mark.parametrize("width", [1280, 390])
def test_nothing_is_cut_or_complained_of_and_axe_finds_nothing_serious(browser, axe, page, width):
    browser.open(page, width=width)
    browser.js("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    browser.js("document.querySelector('.ct').scrollIntoView()")
    browser.wait(lambda: browser.js("return document.querySelector('.ct-started') !== null"))
    assert browser.js("return document.documentElement.scrollWidth") <= width
    if width == 390:
        browser.wait(lambda: browser.js(CUT) == [])
    assert set(browser.requests()) == {page.as_uri()}
    assert browser.complaints() == []
    browser.js(axe)
    # One chapter after the other: 20 services in 84 communes are more than a browser looks at in a minute.
    chapters = browser.js("return [...document.querySelectorAll('header, main section[id]')].map(part => part.id)")
    assert len(chapters) > 12
    for chapter in chapters:
        assert browser.driver.execute_async_script(GRAVE, f"#{chapter}" if chapter else "header") == []


def test_words_for_those_who_do_not_see_the_map_follow_it(browser, page):
    browser.open(page)
    browser.wait(lambda: browser.js("return document.querySelector('#explorer .am-live') !== null"))
    numbers = pd.DataFrame(browser.js(ROWS)).iloc[:, 1:-1].apply(pd.to_numeric)
    for number in range(3):
        browser.js(f"document.querySelectorAll('.am-views input')[{number}].click()")
        _, description = browser.heard("#explorer .folium-map")
        assert counted(description, numbers[number + 2], numbers[1]) == []


def test_every_sheet_is_a_page_of_its_own_on_paper_and_no_word_is_small(browser, page):
    browser.open(page.with_name("fiches.html"), width=695)
    assert browser.pages() == browser.js("return document.querySelectorAll('.d-sheet').length") == 84
    assert browser.small_on_paper(".d-sheet:nth-of-type(7n)") == []
