"""The documentation site: built strict, whole, and readable without a network."""

import json
import os
import re
from importlib.util import find_spec
from inspect import ismodule
from itertools import pairwise
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from processes import python

import accessmap

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
NAMES = [name for name in accessmap.__all__ if name != "__version__"]
NAMESPACES = [name for name in NAMES if ismodule(getattr(accessmap, name))]
# What makes a browser load something: the attribute that holds the address.
LOADS = {"script": "src", "img": "src", "iframe": "src", "source": "src", "object": "data", "embed": "src"}


def build(folder):
    """Build the site into a folder, as `make docs` does, or skip with what is missing."""
    missing = [name for name in ("mkdocs", "material", "mkdocstrings") if find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: pip install --group docs")
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    built = python("-m", "mkdocs", "build", "--strict", "--site-dir", str(folder), cwd=ROOT, env=environment)
    assert built.returncode == 0, built.stderr
    return folder


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    return build(tmp_path_factory.mktemp("site"))


@pytest.fixture(scope="module")
def pages(site):
    """Every page of the site by its path, parsed."""
    found = {path.relative_to(site): path for path in site.rglob("*.html")}
    return {name: BeautifulSoup(path.read_text("utf-8"), "html.parser") for name, path in found.items()}


def is_outside(address):
    return "//" in address.split("?")[0].split("#")[0]


def test_every_page_of_the_documentation_is_in_the_site(pages):
    # A page that the navigation forgets fails the build: `omitted_files: warn`, and strict.
    written = {path.relative_to(DOCS) for path in DOCS.rglob("*.md")}
    expected = {
        path.with_name("index.html") if path.stem == "README" else path.with_suffix(".html") for path in written
    }
    assert expected <= set(pages)


def test_french_pages_say_that_they_are_french_and_the_others_do_not(pages):
    said = {str(name) for name, page in pages.items() if page.select("article[lang=fr]")}
    guides = {path.with_suffix(".html").name for path in DOCS.glob("howto_*.md")}
    assert {"tutorial.html"} | guides <= said
    assert {"index.html", "concepts.html", "method.html", "api/supply.html"} & said == set()


def test_no_page_loads_anything_from_outside(pages):
    loaded = [
        f"{name}: {address}"
        for name, page in pages.items()
        for tag, attribute in LOADS.items()
        for address in (element.get(attribute, "") for element in page.find_all(tag))
        if is_outside(address)
    ]
    linked = [f"{name}: {link['href']}" for name, page in pages.items() for link in page.find_all("link", href=True)]
    styled = [f"{name}: {style.string}" for name, page in pages.items() for style in page.find_all("style")]
    assert loaded == []
    assert [line for line in linked if is_outside(line)] == []
    assert [line for line in styled if re.search(r"url\(\s*['\"]?(https?:)?//", line)] == []


def test_no_page_asks_the_theme_for_a_drawing_that_it_would_load(pages):
    # The theme's script fetches Mermaid from a CDN for such a block: draw an SVG instead.
    assert [str(name) for name, page in pages.items() if page.select(".mermaid")] == []


def test_no_style_sheet_of_the_site_loads_anything_from_outside(site):
    sheets = [path for path in site.rglob("*.css") if re.search(r"url\(\s*['\"]?(https?:)?//", path.read_text("utf-8"))]
    assert sheets == []


def test_search_knows_french_and_english_words(site):
    index = json.loads((site / "search" / "search_index.json").read_text("utf-8"))
    assert index["config"]["lang"] == ["en", "fr"]
    titles = {entry["location"].split("#")[0] for entry in index["docs"]}
    assert {"glossary.html", "tutorial.html", "api/supply.html"} <= titles


@pytest.fixture(scope="module")
def anchors(pages):
    """The ids of everything that the reference shows."""
    reference = [page for name, page in pages.items() if name.parts[0] == "api"]
    return {element["id"] for page in reference for element in page.find_all(id=re.compile(r"^accessmap\."))}


@pytest.mark.parametrize("name", [name for name in NAMES if name not in NAMESPACES])
def test_every_name_at_the_top_is_in_the_reference(name, anchors):
    assert f"accessmap.{name}" in anchors, f"add a line to docs/api/top.md: ::: accessmap.{name}"


@pytest.mark.parametrize("name", NAMESPACES)
def test_every_namespace_has_its_page_with_all_of_its_names(name, pages):
    module = getattr(accessmap, name)
    page = pages[Path("api", f"{name}.html")]
    shown = {element["id"] for element in page.find_all(id=re.compile(r"^accessmap\."))}
    assert {f"{module.__name__}.{each}" for each in module.__all__} <= shown
    assert page.select_one(f'a[href="{name}.html"]'), "the navigation shows it"


@pytest.mark.parametrize("name", NAMES)
def test_every_public_name_has_its_line_in_the_reference(name):
    """The same, from the text of the pages: it needs no builder of sites."""
    lines = {line for page in (DOCS / "api").glob("*.md") for line in page.read_text("utf-8").splitlines()}
    shown = getattr(accessmap, name).__name__ if name in NAMESPACES else f"accessmap.{name}"
    assert f"::: {shown}" in lines, f"add a line to a page of docs/api: ::: {shown}"


def test_headings_of_a_page_are_in_order(pages):
    skipped = []
    for name, page in pages.items():
        levels = [int(heading.name[1]) for heading in page.select("article h1, article h2, article h3, article h4")]
        skipped += [f"{name}: h{a} then h{b}" for a, b in pairwise(levels) if b > a + 1]
    assert skipped == []


def test_every_picture_has_words_for_those_who_do_not_see_it(pages):
    assert [
        f"{name}: {image['src']}"
        for name, page in pages.items()
        for image in page.find_all("img")
        if not image.get("alt")
    ] == []


def test_the_glossary_has_each_term_in_two_languages_and_in_order():
    rows = re.findall(r"^\| (.+?) \| (.+?) \| (.+?) \|$", (DOCS / "glossary.md").read_text("utf-8"), re.MULTILINE)[1:]
    terms = [row[0] for row in rows]
    assert len(terms) >= 40
    assert len(set(terms)) == len(terms)
    assert all(row[2].endswith(".") for row in rows)
