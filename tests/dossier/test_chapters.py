"""Chapters are alike: one can be added, left out, copied and sent to another process; each page has one language."""

import copy
import pickle
import re
from dataclasses import replace

import pandas as pd
import pytest
from bs4 import BeautifulSoup
from markupsafe import Markup

import accessmap as am
from accessmap.errors import StudyError
from accessmap.words.words import curled

HOSTILE = "<script>alert(1)</script>"


@pytest.fixture(scope="module")
def study():
    return am.load_sample()


def demo_tables(known):
    communes = known.results.communes
    return {
        "demo": pd.DataFrame({"people": communes["population"], "name": communes["name"]}).head(2),
        "_kept": communes,
    }


def demo_sentences(tables, words):
    return [words.people(tables["demo"]["people"].sum()), HOSTILE]


def demo_shown(tables, words):
    return [HOSTILE, tables["demo"], Markup('<svg viewBox="0 0 1 1" role="img" aria-label="un point"></svg>')]


def demo(name="demo", title="", tables=demo_tables):
    return am.Chapter(name, tables, demo_sentences, demo_shown, title)


@pytest.fixture(scope="module")
def dossier(study):
    return am.Dossier.of(study, category="hospital", alongside=(), chapters=(*am.chapters(), demo(title=HOSTILE)))


@pytest.fixture(scope="module")
def page(dossier):
    return BeautifulSoup(dossier.to_html(), "html.parser")


def anchors(soup) -> list[str]:
    return [link["href"][1:] for link in soup.select(".d-nav a")]


# ------------------------------------------------------------------ a chapter of one's own


def test_a_chapter_of_ones_own_has_its_tables_sentences_and_place_in_the_navigation(dossier, page):
    assert dossier.tables["demo"]["people"].sum() > 0
    assert "_kept" not in dossier.tables
    section = page.select_one("#demo")
    lines = [line.get_text() for line in section.select(".d-lines li")]
    assert lines[0].endswith("habitants")
    assert section.svg["aria-label"] == "un point"
    assert [cell.get_text() for cell in section.select("thead th")] == ["code", "people", "name"]
    assert anchors(page).index("demo") == anchors(page).index("communes") + 1


def test_strings_of_a_chapter_are_text(page, dossier):
    section = page.select_one("#demo")
    assert section.h2.get_text() == HOSTILE
    assert section.p.get_text() == HOSTILE
    assert section.select("li")[1].get_text() == HOSTILE
    assert page.select_one('.d-nav a[href="#demo"]').get_text() == HOSTILE
    assert HOSTILE not in dossier.to_html()
    assert "unsafe" not in page.select_one('meta[http-equiv="Content-Security-Policy"]')["content"]


def test_a_chapter_can_be_left_out_and_another_takes_the_lead(study):
    kept = [chapter for chapter in am.chapters() if chapter.name in ("communes", "coverage")]
    made = am.Dossier.of(study, category="hospital", alongside=(), chapters=kept[::-1])
    soup = BeautifulSoup(made.to_html(), "html.parser")
    assert anchors(soup)[3:5] == ["communes", "coverage"]
    assert "imbalance" not in made.tables
    assert len(soup.select(".d-sheet")) == 84


def test_a_chapter_without_a_table_is_not_on_the_page_and_progress_is_shown(study, capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # as in a terminal
    chapters = [demo(tables=lambda known: None), demo("other", tables=lambda known: {})]
    made = am.Dossier.of(study, category="hospital", alongside=(), chapters=chapters, progress=True)
    assert "Working out the dossier" in capsys.readouterr().err
    soup = BeautifulSoup(made.to_html(), "html.parser")
    assert soup.select("#demo, #other") == []
    assert not {"demo", "other"} & set(anchors(soup))


@pytest.mark.parametrize("name", ["a b", "", "methode", "fiche-02217", 'x"y', "sources-t"])
def test_a_name_that_is_no_anchor_or_one_of_the_page_is_refused(name):
    with pytest.raises(StudyError, match="is no name of a chapter") as raised:
        demo(name)
    assert "n’est pas un nom de chapitre" in raised.value.told("fr")


def test_two_chapters_or_tables_of_one_name_are_refused(study):
    with pytest.raises(StudyError, match="'demo' is taken twice"):
        am.Dossier.of(study, category="hospital", chapters=[demo(), demo()])
    with pytest.raises(StudyError, match="'summary', a name that is taken"):
        am.Dossier.of(study, category="hospital", chapters=[demo(tables=lambda known: {"summary": pd.DataFrame()})])


# ------------------------------------------------------------------ a dossier that travels


def test_a_dossier_can_be_pickled_and_copied_and_shows_the_same_page(study, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1764288000")
    plan = am.Scenario("Coucy").open("france_services", commune="02217")
    made = am.Dossier.of(study, plan, alongside=(), programme=am.programme.sample())
    page = made.to_html()
    assert pickle.loads(pickle.dumps(made)).to_html() == page
    copied = copy.deepcopy(made)
    assert copied.to_html() == page
    assert copied.tables["communes"] is not made.tables["communes"]


# ------------------------------------------------------------------ one language a page

FRENCH = (
    r"\b(?:le|la|les|des|du|est|sont|une|et|ou|dans|pour|avec|sans|non atteints?|habitants?|aujourd’hui|trajet|moins)\b"
)
ENGLISH = r"\b(?:the|is|are|of|and|or|with|without|within|from|people|not reached|today|trip|less|more|by|to)\b"


def named(study, made) -> list[str]:
    """Names, sources and titles that stand on a page as they were given, the longest first."""
    plan = am.programme.sample()
    given = [study.title, *study.communes["name"], *study.services["name"], *study.communes["epci_name"].dropna()]
    for source in made.provenance.sources:
        given += [source.title, source.publisher, source.licence, source.vintage, source.url]
    for operation in plan.operations:
        given += [operation.title, operation.owner, operation.reading, *operation.funders]
        given += [name for name, _ in operation.financing]
    given += [plan.title, *plan.partners, "France services", "Pour que tout le monde vienne", *study.scenarios]
    return sorted({curled(" ".join(str(name).split())) for name in given if name}, key=len, reverse=True)


def texts(html: str, names: list[str]) -> list[str]:
    """Every piece of text of a page, what is read out included, without the names."""
    soup = BeautifulSoup(html, "html.parser")
    for part in soup(["style", "script"]):
        part.extract()
    read = [str(each) for each in soup.find_all(string=True)]
    for tag in soup.find_all(True):
        read += [tag[name] for name in ("aria-label", "title", "data-none", "alt") if name in tag.attrs]
    pattern = re.compile("|".join(map(re.escape, names)))
    return [pattern.sub("§", " ".join(each.split())) for each in dict.fromkeys(read)]


@pytest.fixture(scope="module")
def full(study):
    """The sample with all that a page can tell of: ways to go, capacities, digital access, notes and cautions."""
    from accessmap.words.notes import Note

    codes = study.communes.index[study.communes["in_territory"]]
    fibre = pd.DataFrame({"fibre": pd.Series(1.0, codes.rename("code"))})
    fibre.loc["02159", "fibre"] = 0.6
    return replace(
        study,
        residents=study.residents.assign(without_car=study.residents["population"] * 0.2),
        services=study.services.assign(capacity=2.0),
        digital=fibre,
        cautions=(Note("unreached_communes", n=2),),
    )


@pytest.mark.parametrize(("lang", "other"), [("en", FRENCH), ("fr", ENGLISH)])
def test_a_page_has_no_word_of_the_other_language_outside_names(full, lang, other):
    plan = am.Scenario("Coucy").open("france_services", commune="02217").close("mairie-02173")
    walk = am.RoadNetwork.modelled(full.communes, full.sites("mairie"), mode="walk")
    options = {"category": "france_services", "programme": am.programme.sample()}
    full = replace(full, networks={**full.networks, "walk": walk})
    made = am.Dossier.of(full, plan, lang=lang, **options)
    names = named(full, made)
    for html in (made.to_html(), made.sheets_to_html()):
        found = [text for text in texts(html, names) if re.search(other, text, re.IGNORECASE)]
        assert not found, found[:20]
