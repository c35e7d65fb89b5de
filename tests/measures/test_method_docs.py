"""The examples of the pages are run: a number that is wrong in the documentation breaks the build."""

import doctest
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
PAGES = [*sorted(DOCS.glob("method*.md")), DOCS / "concepts.md", DOCS / "tutorial.md", DOCS / "howto_conseil.md"]
FLAGS = doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
BLOCK = re.compile(r"^```python\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)


def blocks(page):
    """The Python blocks of a page as one session, each line where it stands in the page."""
    text = page.read_text(encoding="utf-8")
    kept = [""] * (text.count("\n") + 1)
    for match in BLOCK.finditer(text):
        first = text.count("\n", 0, match.start(1))
        for number, line in enumerate(match.group(1).splitlines()):
            kept[first + number] = line
    return "\n".join(kept)


def failures(session, name):
    told = []
    test = doctest.DocTestParser().get_doctest(session, {}, name, name, 0)
    doctest.DocTestRunner(optionflags=FLAGS, verbose=False).run(test, out=told.append)
    return "".join(told)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_every_example_of_the_page_is_true(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # the tutorial writes a map and a dossier
    assert failures(blocks(page), page.name) == ""


def test_the_page_of_measures_has_examples():
    session = blocks(next(page for page in PAGES if page.stem == "method_measures"))
    assert session.count("\n>>> ") > 40


def test_a_wrong_number_is_found(tmp_path):
    page = tmp_path / "method_wrong.md"
    page.write_text("# Wrong\n\n```python\n>>> 1 + 1\n3\n```\n\nAnd on.\n", encoding="utf-8")
    assert "Expected:\n    3\nGot:\n    2" in failures(blocks(page), "wrong")


def test_what_stands_outside_a_python_block_is_not_run(tmp_path):
    page = tmp_path / "method_text.md"
    page.write_text("```\n>>> 1 + 1\n3\n```\n", encoding="utf-8")
    assert blocks(page).strip() == ""


def test_every_public_name_of_the_measures_is_in_the_page():
    from accessmap import imbalance
    from accessmap.measures import apl as drees
    from accessmap.measures import baskets, floating
    from accessmap.measures import minutes as measures
    from accessmap.measures import raam as equilibrium

    text = (Path(__file__).parents[2] / "docs" / "method_measures.md").read_text(encoding="utf-8").lower()
    aside = {
        "AplParameters",  # what apl_parameters returns
        "REMOTE_MINUTES",
        "DEFICIT_BOUNDS",
        "Equilibrium",
        "Theil",
        "basket_named",
        "baskets",
        "getis_ord",  # named as Getis-Ord
        "local_moran",  # named as Local Moran
        "quantile",
    }
    names = {
        name for module in (baskets, drees, equilibrium, floating, imbalance, measures) for name in module.__all__
    } - aside
    missing = {name for name in names if name.lower() not in text}
    assert missing == set()
