"""The maps of cells, isochrones, two values, roads and many sites in a browser without network."""

import os
from pathlib import Path

import pytest

import accessmap.maps as maps
from accessmap import by_commune, isochrones, nearest
from accessmap.sample import load_sample

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
RUN = """const done = arguments[arguments.length - 1];
axe.run(document, {resultTypes: ['violations']}).then(found => done(found.violations
  .filter(rule => ['serious', 'critical'].includes(rule.impact))
  .map(rule => rule.id + ': ' + rule.nodes.map(node => node.html.slice(0, 120)).join(' | '))));"""
HOSTILE = "<img src=x onerror=alert(1)>"
PIECES = """return [...document.querySelectorAll('.leaflet-am-over-pane path.am-piece')].map(path => {
  const box = path.getBoundingClientRect(); return [path.getAttribute('fill'), Math.round(box.width)]; })"""


@pytest.fixture(scope="module")
def study():
    return load_sample()


@pytest.fixture(scope="module")
def pages(study, tmp_path_factory):
    """Each kind of map, saved."""
    folder = tmp_path_factory.mktemp("maps")
    sites, communes = study.sites("france_services").copy(), study.communes
    sites.loc[sites["commune"] == "02173", "name"] = HOSTILE
    minutes = nearest(study.minutes(study.sites("france_services")))["minutes"]
    mean = by_commune(minutes, study.residents)["value"].rename(HOSTILE)
    land = isochrones(study.network, sites[sites["commune"].isin(["02173", "02304"])], [5, 10])
    made = {
        "cells": maps.cell_map(study.residents, minutes, sites, cell_metres=1000, communes=communes),
        "isochrones": maps.isochrone_map(land, sites, communes, residents=study.residents, times=study.minutes(sites)),
        "two": maps.bivariate_map(communes, mean, mean.where(mean < 15), first_breaks=[10], second_breaks=[5, 10]),
        "roads": maps.network_map(study.network, communes, by="road_class"),
        "many": maps.explore(study.services, communes=communes),
        "bare": maps.explore(study.residents.assign(minutes=minutes), "minutes"),
        "tiles": maps.access_map(communes, mean, tiles="osm"),
    }
    for name, page in made.items():
        page.save(str(folder / f"{name}.html"))
    return folder


def opened(browser, pages, name, **size):
    browser.open(pages / f"{name}.html", **size)
    browser.wait(lambda: browser.js("return document.querySelector('.am-live') !== null"))


def quiet(browser, path):
    """Assert that the page asked for nothing but itself, and complained of nothing."""
    assert set(browser.requests()) == {path.as_uri()}
    assert browser.complaints() == []


@pytest.mark.parametrize("name", ["cells", "isochrones", "two", "roads", "many", "bare"])
@pytest.mark.parametrize("width", [390, 1280])
def test_every_map_draws_without_network_or_complaint_and_does_not_scroll_sideways(browser, pages, name, width):
    opened(browser, pages, name, width=width)
    assert browser.js("return document.querySelectorAll('.leaflet-pane path').length") > 4
    assert browser.js("return document.querySelector('.am-north svg').getBoundingClientRect().height") > 20
    assert "km" in browser.js("return document.querySelector('.leaflet-control-scale').textContent")
    assert browser.js("return document.documentElement.scrollWidth") <= width
    quiet(browser, pages / f"{name}.html")


def test_cells_are_painted_over_the_communes_and_told_under_the_pointer(browser, pages):
    opened(browser, pages, "cells")
    painted = browser.js(PIECES)
    assert len(painted) == 5
    assert min(width for _, width in painted) > 20
    browser.js("""const box = document.querySelector('.folium-map').getBoundingClientRect();
      for (let x = 0.25; x < 0.75; x += 0.01) {
        const at = {clientX: box.left + box.width * x, clientY: box.top + box.height * 0.42, bubbles: true};
        document.elementFromPoint(at.clientX, at.clientY).dispatchEvent(new MouseEvent('mousemove', at));
        if (document.querySelector('.leaflet-tooltip .am-tip span')) { break; } }""")
    told = browser.js("return document.querySelector('.leaflet-tooltip .am-tip').textContent")
    assert "min" in told
    assert "habitant" in told


def test_the_switch_of_isochrones_changes_land_and_counts(browser, pages):
    opened(browser, pages, "isochrones")
    seen = []
    for number in range(3):
        browser.js(f"document.querySelectorAll('.am-views input')[{number}].click()")
        seen.append(str(browser.js(PIECES)))
    assert len(set(seen)) == 3
    assert HOSTILE in browser.js("return document.querySelector('.am-views').textContent")
    assert browser.js("return document.querySelectorAll('img').length") == 0


def test_textures_of_two_values_are_there_in_the_page(browser, pages):
    opened(browser, pages, "two")
    fills = set(browser.js("return [...document.querySelectorAll('path.am-zone')].map(p => p.getAttribute('fill'))"))
    named = {fill for fill in fills if fill.startswith("url(#")}
    assert "url(#am-hatch)" in named
    assert len(named) >= 3
    for fill in named:
        assert browser.js("return document.getElementById(arguments[0]) !== null", fill[5:-1])


def test_many_sites_are_bubbles_with_their_number_that_open_when_one_zooms_in(browser, pages):
    opened(browser, pages, "many")
    count = "return [...document.querySelectorAll('.am-cluster')].map(bubble => +bubble.textContent)"
    alone = "return document.querySelectorAll('.leaflet-marker-icon.am-icon').length"
    bubbles = browser.js(count)
    assert len(bubbles) > 5
    assert sum(bubbles) + browser.js(alone) >= 687
    label = browser.js("return document.querySelector('.am-cluster').getAttribute('aria-label')")
    assert "sites proches" in label
    before = sum(bubbles)
    browser.js("document.querySelector('.am-cluster').click()")
    browser.wait(lambda: sum(browser.js(count)) < before)
    browser.js("document.querySelectorAll('.am-layers input')[0].click()")
    assert browser.js(count) == []


@pytest.mark.parametrize("name", ["cells", "isochrones", "two", "roads"])
def test_without_javascript_the_pictures_stand_and_the_empty_canvas_does_not(browser, pages, name):
    browser.run_cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        browser.open(pages / f"{name}.html")
    finally:
        browser.run_cdp("Emulation.setScriptExecutionDisabled", value=False)
    assert browser.js("return document.querySelector('.am-live')") is None
    assert browser.js("return document.querySelector('.am-still .am-picture').getBoundingClientRect().height") > 300
    assert browser.js("return document.querySelector('.am-still use').getBoundingClientRect().width") > 2
    for hidden in (".am-canvas", ".am-panel"):
        assert browser.js("return document.querySelector(arguments[0]).getBoundingClientRect().height", hidden) == 0


def test_on_paper_the_picture_of_the_view_looked_at_stands_for_the_live_map(browser, pages):
    opened(browser, pages, "isochrones")
    browser.js("document.querySelectorAll('.am-views input')[1].click()")
    browser.run_cdp("Emulation.setEmulatedMedia", media="print")
    try:
        heights = browser.js(
            "return [...document.querySelectorAll('.am-still')].map(s => s.getBoundingClientRect().height)"
        )
        assert [height > 100 for height in heights] == [False, True, False]
        assert browser.js("return document.querySelector('.am-canvas').getBoundingClientRect().height") == 0
        legend = "return document.querySelectorAll('.am-panel .am-legend')[1].getBoundingClientRect().height"
        assert browser.js(legend) > 50
    finally:
        browser.run_cdp("Emulation.setEmulatedMedia", media="")


def test_a_background_is_asked_of_its_host_alone_and_the_policy_lets_it_through(browser, pages):
    opened(browser, pages, "tiles")
    browser.wait(lambda: browser.js("return document.querySelectorAll('img.leaflet-tile').length") > 2)
    asked = [address for address in browser.requests() if not address.startswith("file:")]
    assert asked
    assert all(address.startswith("https://tile.openstreetmap.org/") for address in asked)
    assert not [line for line in browser.complaints() if "Content Security Policy" in line]
    assert "OpenStreetMap" in browser.js("return document.querySelector('.leaflet-control-attribution').textContent")


@pytest.mark.parametrize("name", ["cells", "isochrones", "two", "roads", "many"])
def test_axe_finds_nothing_serious_or_critical(browser, pages, name):
    path = Path(os.environ.get("AXE_CORE_JS", AXE))
    if not path.is_file():
        pytest.skip(f"axe-core not found in {path}: npm install --no-save axe-core, or set AXE_CORE_JS")
    opened(browser, pages, name)
    browser.js(path.read_text("utf-8"))
    assert browser.driver.execute_async_script(RUN) == []
