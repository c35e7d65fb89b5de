"""The dossier and the maps as people open them: a file, no network, a phone, a keyboard, paper."""

import base64
import time
from dataclasses import replace
from itertools import combinations

import pandas as pd
import pytest
from heard import counted

import accessmap.maps as maps
from accessmap.dossier import Dossier
from accessmap.measures.minutes import by_commune, nearest
from accessmap.sample import load_sample
from accessmap.study.scenario import Scenario

pytestmark = pytest.mark.browser

HOSTILE = "<script>alert(1)</script>"
FIND = """const field = document.querySelector('.am-find input');
  field.value = arguments[0]; field.dispatchEvent(new Event('change'))"""
FILLS = "return [...document.querySelectorAll('path.am-zone')].map(path => path.getAttribute('fill'))"
DRAWN = """return [...document.querySelectorAll('path.am-zone')].filter(path => {
  const box = path.getBoundingClientRect(); return box.width > 2 && box.height > 2; }).length"""


@pytest.fixture(scope="module")
def study():
    study = load_sample()
    communes, services = study.communes.copy(), study.services.copy()
    communes.loc["02738", "name"] = HOSTILE
    services.loc[services["commune"] == "02173", "name"] = HOSTILE
    return replace(study, communes=communes, services=services)


@pytest.fixture(scope="module")
def dossier(study, tmp_path_factory):
    plan = Scenario(f"Coucy {HOSTILE}").open("france_services", commune="02217")
    return Dossier.of(study, replace(study.scenarios["2017"], kind="proposal"), plan).save(
        tmp_path_factory.mktemp("dossier") / "dossier.html"
    )


@pytest.fixture(scope="module")
def single_map(study, tmp_path_factory):
    found = nearest(study.minutes(study.sites("france_services")))
    page = maps.access_map(
        study.communes,
        by_commune(found["minutes"], study.residents),
        study.sites("france_services"),
        title=f"Accès {HOSTILE}",
        provenance=study.credit,
    )
    path = tmp_path_factory.mktemp("map") / "map.html"
    page.save(str(path))
    cell = path.with_name("cell.html")
    cell.write_text(f"<!DOCTYPE html><title>cell</title><body>{page._repr_html_()}</body>", encoding="utf-8")
    return path, cell


def quiet(browser, path):
    """Assert that the page asked for nothing but itself, and complained of nothing."""
    assert set(browser.requests()) <= {path.as_uri(), "about:srcdoc"}
    assert browser.complaints() == []


def test_the_dossier_draws_its_map_without_network_errors_or_policy_violations(browser, dossier):
    browser.open(dossier)
    browser.wait(lambda: browser.js(DRAWN) == 84)
    assert browser.js("return document.querySelectorAll('.leaflet-marker-icon.am-icon').length") >= 3
    assert len(set(browser.js(FILLS))) >= 3
    quiet(browser, dossier)


def test_the_policy_really_refuses_what_is_not_ours(browser, dossier):
    browser.open(dossier)
    browser.js("""const s = document.createElement('script'); s.textContent = 'window.bad = 1'; document.body.append(s);
        const i = new Image(); i.src = 'http://127.0.0.1:9/x.png'; document.body.append(i);""")
    time.sleep(0.2)
    assert browser.js("return window.bad") is None
    assert len([line for line in browser.complaints() if "Content Security Policy" in line]) == 2


def test_pictures_have_outlines_names_and_colours(browser, dossier):
    browser.open(dossier)
    boxes = browser.js("""return [...document.querySelectorAll('#carte-avant-apres svg.am-picture')].map(svg =>
        [...svg.querySelectorAll('use')].filter(use => use.getBoundingClientRect().width > 2).length)""")
    assert len(boxes) == 5
    assert min(boxes) > 84


def test_no_two_names_on_a_picture_touch(browser, dossier):
    browser.open(dossier)
    names = browser.js("""return [...document.querySelectorAll('svg.am-picture')].map(svg =>
        [...svg.querySelectorAll('.am-label')].map(name => { const box = name.getBBox();
          const high = box.height;
          return [name.textContent, box.x, box.y + high * 0.2, box.x + box.width, box.y + high * 0.9]; }))""")
    assert max(map(len, names)) > 9
    touching = []
    for picture in names:
        for one, other in combinations([name for name in picture if name[3] > name[1]], 2):
            beside = max(one[1], other[1]) < min(one[3], other[3])
            if beside and max(one[2], other[2]) < min(one[4], other[4]):
                touching.append((one[0], other[0]))
    assert touching == []


def test_the_switch_changes_colours_legend_and_sites(browser, dossier):
    browser.open(dossier)
    browser.wait(lambda: browser.js(DRAWN) == 84)
    seen = []
    for number in range(5):
        browser.js(f"document.querySelectorAll('.am-views input')[{number}].click()")
        shown = browser.js("return [...document.querySelectorAll('.am-panel .am-legend')].map(part => part.hidden)")
        assert shown == [k != number for k in range(5)]
        marks = browser.js("return document.querySelectorAll('.leaflet-marker-icon.am-icon').length")
        seen.append((tuple(browser.js(FILLS)), marks))
    assert len({fills for fills, _ in seen}) == 5
    today, closed, _, opened, _ = (marks for _, marks in seen)
    assert closed == today - 3
    assert opened == today + 1
    quiet(browser, dossier)


def test_words_for_those_who_do_not_see_a_map_follow_the_map_that_is_shown(browser, dossier):
    browser.open(dossier)
    browser.wait(lambda: browser.js(DRAWN) == 84)
    rows = browser.js("""return [...document.querySelectorAll('#communes tbody tr')].map(row =>
        [...row.cells].map(cell => cell.dataset.sort))""")
    numbers = pd.DataFrame(rows).iloc[:, 1:-1].apply(pd.to_numeric)
    names = browser.js("return [...document.querySelectorAll('.am-views span')].map(part => part.textContent)")
    stills = browser.js("""return [...document.querySelectorAll('#carte-avant-apres svg.am-picture')].map(svg =>
        [svg.querySelector('title').textContent, svg.querySelector('desc').textContent])""")
    assert [name for name, _ in stills] == names
    browser.js(FIND, "Folembray")
    people, told = numbers[1], []
    for number, still in enumerate(stills):
        browser.js(f"document.querySelectorAll('.am-views input')[{number}].click()")
        name, description = browser.heard("#explorer .folium-map")
        assert " ".join(names[number].split()) in name
        assert name.endswith("Sites affichés : France services")
        assert counted(description, numbers[number + 2], people) == []
        assert counted(" ".join(still[1].split()), numbers[number + 2], people) == []
        told.append(browser.js("return document.querySelector('.am-told').textContent"))
        if number:  # the tooltip of the map before is gone
            browser.wait(lambda: browser.js("return document.querySelector('.leaflet-tooltip') === null"))
    # What was looked up is told anew in each map; and the counting above would find the words of another map.
    assert len(set(told)) >= 3
    assert all("Folembray" in each for each in told)
    assert counted(description, numbers[2], people) != []
    browser.js("document.querySelector('.am-layers input').click()")
    assert browser.heard("#explorer .folium-map")[0].endswith("Sites affichés : aucun")


def test_legends_say_the_right_words(browser, dossier):
    browser.open(dossier)
    words = browser.js("return document.querySelector('.am-panel .am-legend').innerText")
    assert "Temps moyen par commune (minutes)" in words
    assert "min ou moins" in words
    assert "hors du territoire" in words
    assert "habitants" in words


def test_services_can_be_hidden(browser, dossier):
    browser.open(dossier)
    browser.js("document.querySelector('.am-layers input').click()")
    assert browser.js("return document.querySelectorAll('.leaflet-marker-icon.am-icon').length") == 0


def test_a_hostile_name_is_text_in_tooltip_search_and_marker(browser, dossier):
    browser.open(dossier)
    browser.wait(lambda: browser.js(DRAWN) == 84)
    browser.js(FIND, HOSTILE)
    assert browser.js("return document.querySelector('.am-told strong').textContent") == HOSTILE
    assert browser.js("return document.querySelector('.leaflet-tooltip strong').textContent") == HOSTILE
    labels = browser.js(
        "return [...document.querySelectorAll('.am-icon')].map(icon => icon.getAttribute('aria-label'))"
    )
    assert any(HOSTILE in label for label in labels)
    # Two of data, one of code.
    assert browser.js("return document.querySelectorAll('script').length") == 3
    quiet(browser, dossier)


def test_a_commune_is_found_by_its_name_without_accents_or_capitals(browser, dossier):
    browser.open(dossier)
    browser.wait(lambda: browser.js(DRAWN) == 84)
    browser.js(FIND, "blerancourt")
    assert browser.js("return document.querySelector('.am-told strong').textContent") == "Blérancourt"
    assert "Aujourd’hui" in browser.js("return document.querySelector('.am-told').textContent")
    browser.js(FIND, "Paris")
    assert "Aucune commune" in browser.js("return document.querySelector('.am-told').textContent")


def test_the_table_sorts_by_numbers_and_says_so(browser, dossier):
    browser.open(dossier)
    table = "document.querySelector('#communes .d-sortable')"
    press = f"{table}.querySelectorAll('th button')[1].click()"
    people = f"return [...{table}.querySelectorAll('tbody tr')].map(row => +row.cells[1].dataset.sort)"
    for order, direction in (("ascending", 1), ("descending", -1)):
        browser.js(press)
        assert browser.js(f"return {table}.querySelectorAll('th')[1].getAttribute('aria-sort')") == order
        counts = browser.js(people)
        assert counts == sorted(counts, key=lambda count: direction * count)


# 640 is a screen of 1280 at 200 %.
@pytest.mark.parametrize("width", [390, 640, 768, 1920])
def test_nothing_scrolls_sideways(browser, dossier, single_map, width):
    for path in (dossier, single_map[0]):
        browser.open(path, width=width)
        assert browser.js("return document.documentElement.scrollWidth") <= width


def test_communes_on_the_map_are_told_under_the_pointer_and_are_no_stops_of_the_keyboard(browser, dossier):
    browser.open(dossier)
    browser.wait(lambda: browser.js(DRAWN) == 84)
    stops = """return [...document.querySelectorAll('path.am-zone, path.am-outside')].filter(path => {
        path.focus(); return document.activeElement === path; }).length"""
    assert browser.js(stops) == 0
    told = browser.js("""const zone = document.querySelector('path.am-zone'), box = zone.getBoundingClientRect();
        const at = {clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, bubbles: true};
        zone.dispatchEvent(new MouseEvent('mousemove', at));
        return [...document.querySelectorAll('.leaflet-tooltip .am-tip > *')].map(line => line.textContent)""")
    assert len(told) > 1
    assert any("min" in line for line in told)


def test_names_stay_readable_on_a_phone(browser, dossier):
    browser.open(dossier, width=390)
    widths = browser.js("""return [...document.querySelectorAll('#communes tbody th')].map(cell => cell.offsetWidth)""")
    assert len(widths) == 84
    assert min(widths) > 80


def test_everything_is_reached_by_keyboard_and_has_a_name(browser, dossier):
    browser.open(dossier)
    browser.wait(lambda: browser.js(DRAWN) == 84)
    reached = "a[href], button, input, [tabindex='0']"
    unnamed = browser.js(
        """return [...document.querySelectorAll(arguments[0])].filter(node =>
        !(node.getAttribute('aria-label') || node.textContent.trim() || (node.labels && node.labels.length)))
        .map(node => node.outerHTML.slice(0, 120))""",
        reached,
    )
    assert unnamed == []


def test_without_javascript_maps_tables_and_words_are_there(browser, dossier):
    browser.run_cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(dossier)
        shot = browser.run_cdp("DOM.getDocument", depth=-1)
    finally:
        browser.run_cdp("Emulation.setScriptExecutionDisabled", value=False)
    assert "d-verdict" in str(shot)
    assert browser.js("return document.querySelector('.d-live').hidden")
    assert browser.js("return document.querySelector('svg.am-picture use').getBoundingClientRect().width") > 2


def test_it_prints_on_a4_with_its_maps(browser, dossier):
    browser.open(dossier)
    browser.run_cdp("Emulation.setEmulatedMedia", media="print")
    try:
        assert browser.js("return getComputedStyle(document.querySelector('.d-live')).display") == "none"
        assert browser.js("return document.querySelector('svg.am-picture').getBoundingClientRect().height") > 100
        paper = base64.b64decode(browser.run_cdp("Page.printToPDF", preferCSSPageSize=True)["data"])
    finally:
        browser.run_cdp("Emulation.setEmulatedMedia", media="")
    assert paper.startswith(b"%PDF")
    assert 4 <= paper.count(b"/Type /Page\n") <= 22


def test_what_is_folded_is_printed_without_javascript_too(browser, dossier):
    # Left out on paper: scores (the commune sheets have them), the numbers of a chart, all the places tried.
    heights = """return [...document.querySelectorAll('details:not(#services *, #alternatives *, .d-screen) table')]
        .map(part => part.getBoundingClientRect().height)"""
    browser.open(dossier)
    assert browser.js("return [...document.querySelectorAll('details')].some(part => part.open)") is False
    browser.run_cdp("Emulation.setEmulatedMedia", media="print")
    try:
        assert min(browser.js(heights)) > 50
    finally:
        browser.run_cdp("Emulation.setEmulatedMedia", media="")


def test_a_saved_map_draws_without_network(browser, single_map):
    path, _ = single_map
    browser.open(path)
    browser.wait(lambda: browser.js(DRAWN) == 84)
    assert browser.js("return document.title") == f"Accès {HOSTILE}"
    assert browser.js("return document.querySelector('h1').textContent") == f"Accès {HOSTILE}"
    quiet(browser, path)


def test_a_map_draws_in_a_notebook_cell(browser, single_map):
    _, path = single_map
    browser.open(path)
    inside = DRAWN.replace("document.", "document.querySelector('iframe').contentDocument.")
    browser.wait(lambda: browser.js(inside) == 84)
    quiet(browser, path)
