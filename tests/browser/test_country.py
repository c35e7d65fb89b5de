"""The page of a country as an analyst uses it: without a network, by mouse and by keyboard, on a screen and a phone."""

import numpy as np
import pytest
from outlined import Page
from selenium.webdriver.common.keys import Keys

from accessmap.country.page import national_page

pytestmark = pytest.mark.browser

AXE = """const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then(found => done(found.violations.map(each => each.id + ': ' +
  each.nodes.slice(0, 3).map(node => node.target).join(', '))));"""


@pytest.fixture(scope="module")
def path(country_folder, tmp_path_factory):
    return national_page(country_folder, tmp_path_factory.mktemp("page") / "france.html")


def opened(browser, path, **size):
    browser.open(path, **size)
    browser.wait(lambda: browser.js("return document.querySelector('.nt-started') !== null"))


def text(browser, selector):
    return browser.js("return document.querySelector(arguments[0]).textContent", selector)


def keys(browser, selector, *typed):
    browser.driver.find_element("css selector", selector).send_keys(*typed)


def chosen(browser):
    return text(browser, ".nt-answer h2"), text(browser, ".nt-big strong")


def test_search_by_name_and_code_kind_ranks_and_keyboard(browser, axe, path):
    page = Page(path.read_text("utf-8"))
    opened(browser, path)
    codes, names = page.lines("codes"), page.lines("names")

    def minutes(code, kind):
        return f"{page.figure('communes', 'minutes')[kind][codes.index(code)] / 10:.1f}".replace(".", ",") + "\u00a0min"

    keys(browser, "#nt-search", "02173")
    keys(browser, "#nt-search", Keys.ENTER)
    first = page.data["kinds"][0]["key"]
    assert chosen(browser) == ("Chauny", minutes("02173", first))
    browser.js("const box = document.querySelector('#nt-kind'); box.value = [...box.options].find("
               "each => each.text === 'Hôpital').value; box.dispatchEvent(new Event('change'))")  # fmt: skip
    assert chosen(browser) == ("Chauny", minutes("02173", "hospital"))
    assert browser.js("return location.hash") == "#k=hospital&f=minutes&t=c02173"
    # without accents, by arrows
    keys(browser, "#nt-search", Keys.CONTROL + "a" + Keys.NULL, "crecy sur se", Keys.ARROW_DOWN)
    assert browser.js("return document.querySelector('#nt-search').getAttribute('aria-activedescendant')")
    keys(browser, "#nt-search", Keys.ENTER)
    assert chosen(browser)[0] == "Crécy-sur-Serre"
    keys(browser, "#nt-search", Keys.CONTROL + "a" + Keys.NULL, "zzz")
    assert "zzz" in text(browser, ".nt-status")
    # the map: the commune in the middle, by Enter
    browser.js("document.querySelector('.nt-home').click(); document.querySelector('canvas').focus()")
    keys(browser, "canvas", "+", "+", Keys.ARROW_LEFT, Keys.ENTER)
    assert chosen(browser)[0] in names
    # ranks: the first row is the worst of all EPCI
    of = page.figure("epci", "minutes")["hospital"]
    row = browser.js("return [...document.querySelector('.nt-ranks tbody tr').cells].map(cell => cell.textContent)")
    worst = int(np.nanargmax(of))
    assert (row[0], row[1]) == (page.data["epci"][worst][1], str(int(np.isfinite(of).sum())))
    browser.js("document.querySelector('.nt-ranks tbody button').click()")
    assert chosen(browser)[0] == page.data["epci"][worst][1]
    assert "accessmap new --from" in text(browser, ".nt-dossier")
    communes = browser.js("return document.querySelectorAll('.nt-communes tbody tr').length")
    assert communes == min(50, int((page.numbers("of_epci") == worst).sum()))
    painted = browser.js("""const canvas = document.querySelector('canvas');
        const seen = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data, colours = new Set();
        for (let k = 0; k < seen.length; k += 4) { colours.add(seen[k] << 16 | seen[k + 1] << 8 | seen[k + 2]); }
        return [...colours].map(each => '#' + each.toString(16).padStart(6, '0'));""")
    (kind,) = (each for each in page.data["kinds"] if each["key"] == "hospital")
    assert {look[1] for look in page.data["looks"][kind["look"]]} & set(painted), "of minutes everywhere"
    browser.js(axe)
    assert browser.driver.execute_async_script(AXE) == []
    assert {address.split("#")[0] for address in browser.requests()} == {path.as_uri()}
    assert browser.complaints() == []


def test_phone_holds_the_page_and_its_address_is_a_choice(browser, axe, path):
    opened(browser, path, width=390)
    browser.js("location.hash = '#k=hospital&f=within_20&t=d02'")
    browser.wait(lambda: chosen(browser)[0] == "Aisne")
    assert chosen(browser)[1].endswith("%")
    assert browser.js("return document.documentElement.scrollWidth") <= 390
    browser.js(axe)
    assert browser.driver.execute_async_script(AXE) == []
