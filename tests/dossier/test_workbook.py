"""The workbook of a dossier: text is text, numbers are numbers, and every column is explained in both languages."""

import datetime
import re
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

import accessmap as am
from accessmap.dossier.columns import catalogue, column_of
from accessmap.words.words import Words, has_text

HOSTILE = '=HYPERLINK("http://x")'


MADE: dict[str, Any] = {}  # made once: they are read-only


@pytest.fixture
def dossier(toy_study):
    return MADE.get("dossier") or MADE.setdefault("dossier", _dossier(toy_study))


def _dossier(toy_study):
    services = toy_study.services.assign(capacity=[None, None, None, 3.0, 6.0])
    services.loc["fs-a", "name"] = HOSTILE
    study = toy_study.with_services(services)
    plan = am.Scenario("Un de plus").open("france_services", commune="02002").resize("fs-a", capacity=4)
    past = am.Scenario("2017", kind="history").close("fs-a")
    return am.Dossier.of(study, plan, past, category="france_services")


@pytest.fixture
def book(dossier, tmp_path):
    if "book" not in MADE:
        MADE["book"] = openpyxl.load_workbook(dossier.save_workbook(tmp_path / "out" / "a.xlsx"))
    return MADE["book"]


def rows(sheet):
    head, *others = sheet.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in others]


def test_the_workbook_opens_on_the_result_and_lists_its_sheets(book, dossier):
    first = [cell for row in book.worksheets[0].iter_rows(values_only=True) for cell in row if cell]
    assert first[0] == dossier.title
    assert set(dossier.sentences) <= set(first)
    assert set(book.sheetnames[1:]) <= set(first)
    assert book.sheetnames[:5] == ["Lisez-moi", "Colonnes", "Communes", "Habitants", "Sites"]


def test_codes_keep_their_zero_numbers_are_numbers_and_nothing_is_a_formula(book):
    kinds = {cell.data_type for sheet in book for row in sheet.iter_rows() for cell in row}
    assert "f" not in kinds
    commune, site = rows(book["Communes"])[0], {row["Identifiant du site"]: row for row in rows(book["Sites"])}
    assert (commune["Code INSEE"], commune["Habitants"]) == ("02001", 100)
    assert commune["Trajet moyen – Aujourd’hui"] == 0
    assert (site["fs-a"]["Site"], site["fs-a"]["Capacité"], site["fs-a"]["Dans le territoire"]) == (HOSTILE, 3, "Oui")
    assert site["mairie-a"]["Capacité"] is None  # unknown is empty, never 0
    share = book["Part à tant de minutes"]["B2"]
    assert (share.value, share.number_format) == (pytest.approx(100 / 150), "0.0%")


def test_people_and_steps_have_their_sheets(book):
    people = {row["Identifiant"]: row for row in rows(book["Habitants"])}
    assert set(people) == {"ra", "rb"}  # reported on the territory
    assert (people["rb"]["Trajet – Aujourd’hui"], people["rb"]["Trajet – Un de plus"]) == (3, 0)
    steps = rows(book["Scénarios"])
    assert [(row["Scénario"], row["Genre"]) for row in steps] == [("Un de plus", "Proposition")] * 2 + [
        ("2017", "Histoire")
    ]


def test_every_column_of_every_sheet_is_explained_and_its_empty_cells_are_counted(book):
    told = rows(book["Colonnes"])
    for sheet in book.worksheets[2:]:
        head = [cell.value for cell in sheet[1]]
        assert len(set(head)) == len(head), sheet.title
        here = [row for row in told if row["Feuille"] == sheet.title]
        assert [row["Colonne"] for row in here] == head
        for row, column in zip(here, sheet.iter_cols(min_row=2, values_only=True), strict=True):
            assert row["Ce que c’est"]
            assert row["Source"]
            assert row["Cellules vides"] == sum(value is None for value in column)
            assert row["Cellule vide"] != "Jamais vide." or None not in column, (sheet.title, row["Colonne"])


def test_sheets_are_frozen_and_filtered(book):
    for sheet in book.worksheets[1:]:
        assert sheet.freeze_panes
        assert sheet.auto_filter.ref
    assert book["Communes"].freeze_panes == "C2"  # code and name stay


def test_the_same_dossier_makes_the_same_bytes(dossier, tmp_path):
    paths = [dossier.save_workbook(tmp_path / name) for name in ("a.xlsx", "b.xlsx")]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert zipfile.ZipFile(paths[0]).testzip() is None


def test_days_are_dates_and_a_chapter_of_ones_own_is_said_not_to_be_described(toy_study, tmp_path):
    table = pd.DataFrame({"when": [datetime.date(2024, 8, 1)], "what": ["=1+1"]}, index=pd.Index(["a"], name="own"))
    tables = {"le nôtre: 1/2": table}
    own = am.Chapter("own", lambda known: tables, lambda tables, words: ["Yes."], lambda tables, words: [])
    dossier = am.Dossier.of(toy_study, category="france_services", chapters=[own], lang="en")
    book = openpyxl.load_workbook(dossier.save_workbook(tmp_path / "a.xlsx"))
    row = rows(book["le nôtre  1 2"])[0]
    assert row == {"own": "a", "when": datetime.datetime(2024, 8, 1), "what": "=1+1"}
    told = {row["Column"]: row["What it is"] for row in rows(book["Columns"]) if row["Sheet"] == "le nôtre  1 2"}
    assert set(told.values()) == {"Of a chapter that was added: not described here."}


def test_a_table_that_is_too_long_is_said_to_be_left_out(dossier, tmp_path, monkeypatch):
    monkeypatch.setattr("accessmap.dossier.workbook.MOST_ROWS", 2)
    book = openpyxl.load_workbook(dossier.save_workbook(tmp_path / "a.xlsx"))
    assert "Sites" not in book.sheetnames
    first = {row[0]: row[1] for row in book.worksheets[0].iter_rows(values_only=True)}
    assert "5\xa0lignes" in first["Sites"].replace(" ", "\xa0")


def test_every_table_that_the_documentation_names_has_its_sheet_in_words():
    page = (Path(__file__).resolve().parents[2] / "docs" / "command_line.md").read_text("utf-8")
    tables = [name for name in re.findall(r"`…-(\w+)`", page) if name not in ("fiches", "map-compare")]
    assert len(tables) > 30
    assert [name for name in tables if not (has_text(f"book_{name}") and has_text(f"book_{name}_means"))] == []


def test_the_catalogue_has_words_for_all_that_it_names():
    for lang in ("fr", "en"):
        for table, name in catalogue():
            column = column_of(table or "any", name.replace("*", "10"), Words(lang), category="x", cutoff="10 min")
            assert column is not None
            assert column.title.strip()
            assert Words(lang)(f"from_{column.source}")
            assert Words(lang)(f"empty_{column.empty}")
