"""axe-core (Deque, MPL-2.0) finds nothing serious in the dossier, on a screen and on a phone, folded parts open too."""

from dataclasses import replace

import pytest

from accessmap.dossier import Dossier
from accessmap.programme.files import sample as sample_programme
from accessmap.sample import load_sample
from accessmap.study.scenario import Scenario

pytestmark = pytest.mark.browser

RUN = """const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then(
  found => done({violations: found.violations, passes: found.passes.length}), error => done({error: String(error)}));"""
# The two levels of axe-core that keep people out of a page.
GRAVE = ("serious", "critical")


@pytest.fixture(scope="module")
def dossier(tmp_path_factory):
    study = load_sample()
    plan = Scenario("Coucy").open("france_services", commune="02217")
    made = Dossier.of(study, replace(study.scenarios["2017"], kind="proposal"), plan, programme=sample_programme())
    return made.save(tmp_path_factory.mktemp("axe") / "dossier.html")


def grave(browser, axe) -> list[str]:
    """Return each serious or critical violation: rule, what it asks, and where."""
    browser.js(axe)
    browser.driver.set_script_timeout(110)  # a dossier has 17,000 elements, and a machine other work
    found = browser.driver.execute_async_script(RUN)
    assert found.get("passes", 0) > 20, found
    return [
        f"{rule['id']} ({rule['help']}): {', '.join(str(node['target']) for node in rule['nodes'][:5])}"
        for rule in found["violations"]
        if rule["impact"] in GRAVE
    ]


@pytest.fixture(scope="module")
def sheets(tmp_path_factory):
    return Dossier.of(load_sample(), category="hospital").save_sheets(tmp_path_factory.mktemp("axe") / "fiches.html")


def test_axe_finds_nothing_serious_in_the_commune_sheets(browser, axe, sheets):
    browser.open(sheets)
    assert grave(browser, axe) == []


def test_axe_finds_nothing_serious_in_a_sheet_that_is_open(browser, axe, dossier):
    browser.open(dossier)
    browser.js("location.hash = '#fiche-02217'")
    browser.wait(lambda: browser.js("return !document.querySelector('.d-sheet-tools').hidden"))
    assert grave(browser, axe) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_serious_or_critical(browser, axe, dossier, width):
    browser.open(dossier, width=width)
    browser.js("document.querySelectorAll('details').forEach(part => { part.open = true; })")
    assert grave(browser, axe) == []


@pytest.mark.slow
def test_a_map_of_so_many_sites_that_the_keyboard_passes_over_them_has_names_too(browser, axe, tmp_path):
    browser.open(Dossier.of(load_sample(), category="mairie").save(tmp_path / "mairies.html"))
    browser.wait(lambda: browser.js("return document.querySelectorAll('.am-icon').length") > 80)
    assert browser.js("return document.querySelectorAll('.am-icon[tabindex]').length") == 0
    assert grave(browser, axe) == []


@pytest.mark.slow
def test_axe_would_find_a_picture_without_a_name(browser, axe, dossier):
    browser.open(dossier)
    browser.js("document.querySelector('svg.am-picture').removeAttribute('aria-labelledby');")
    browser.js("document.querySelector('svg.am-picture title').remove()")
    assert [line for line in grave(browser, axe) if "svg-img-alt" in line]
