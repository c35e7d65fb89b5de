"""The search of the documentation works from a folder, in both languages, without a network."""

import pytest
from test_docs_site import build

pytestmark = pytest.mark.browser

FOUND = "return [...document.querySelectorAll('.md-search-result__link')].map(link => link.getAttribute('href'))"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build(tmp_path_factory.mktemp("site"))


@pytest.mark.parametrize(
    ("asked", "page"),
    [("rattachement", "glossary.html"), ("horaires", "glossary.html"), ("isochrones", "top.html")],
)
def test_search_finds_a_word_of_either_language(site, browser, asked, page):
    browser.open(site / "index.html")
    browser.driver.find_element("css selector", ".md-search__input").send_keys(asked)
    browser.wait(lambda: any(page in link for link in browser.js(FOUND)), seconds=20)
    assert [address for address in browser.requests() if not address.startswith("file:")] == []
    assert [line for line in browser.complaints() if "ERR_" in line or "SEVERE" in line] == []
