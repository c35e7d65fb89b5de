"""What readers refuse, as data and in French."""

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest
from toy_tables import COMMUNES, SCHOOLS, X, Y

import accessmap as am
from accessmap.errors import AccessmapError, Rows
from accessmap.read.delimited import read_delimited
from accessmap.read.files import read_table
from accessmap.read.opening_hours import osm_opening_hours
from accessmap.read.raw import RowNames
from accessmap.words.notes import Note

SITE = {"id": "a", "nom": "A", "lon": "3,2", "lat": "49,6"}
HOME = {"id": "a", "pop": "3", "x": str(X + 500), "y": str(Y + 500)}


def services(**values: Any) -> pd.DataFrame:
    return am.read_services(pd.DataFrame([SITE | values]), category=values.get("category", "mairie"))


def residents(crs: str | None = "EPSG:2154", **values: Any) -> pd.DataFrame:
    return am.read_residents(pd.DataFrame([HOME | values]), COMMUNES, crs=crs)


REFUSALS: dict[str, tuple[Callable[[], Any], str, str]] = {
    "no such file": (lambda: read_table("nowhere/communes.csv"), "nowhere/communes.csv", "n’existe pas"),
    "header only": (lambda: read_delimited("a.csv", b"a;b\n"), "a.csv", "aucune ligne"),
    "column twice": (lambda: read_delimited("a.csv", b"a;a\n1;2\n"), "'a'", "deux fois"),
    "one column": (lambda: read_delimited("a.csv", b"abc\n1\n"), "'abc'", "qu’une colonne"),
    "lost zero": (
        lambda: am.read.digital(pd.DataFrame({"insee": ["2173"], "fibre": [0.5]}), COMMUNES.rename({"02001": "02002"})),
        "'2173'",
        "a perdu son zéro initial",
    ),
    "unknown column": (lambda: columns_of("nom_"), "'nom_'", "que le fichier n’a pas"),
    "missing column": (lambda: am.read_communes(pd.DataFrame({"a": ["b"]})), "'population'", "manque"),
    "unknown category": (lambda: am.read_services(pd.DataFrame([SITE | {"category": "mairy"}])), "'mairy'", "inconnu"),
    "unread hours": (lambda: services(hours="on Mondays"), "'on Mondays'", "ne se lit pas"),
    "swapped degrees": (lambda: services(lon="49,6", lat="3,2"), "49.6, 3.2", "interverties"),
    "negative people": (lambda: residents(pop="-3"), "(-3)", "négatif"),
    "outside": (lambda: residents(x=str(X + 9000)), "x=722000", "à plus de 1\u00a0km"),
    "no CRS": (lambda: residents(crs=None), "x=713500.0", "sans CRS"),
    "layout": (lambda: am.read_services(pd.DataFrame([SITE]), layout="finesse"), "'finesse'", "vouliez-vous dire"),
    "clip": (lambda: am.read_services(pd.DataFrame([SITE]), clip=True), "communes=…", "écarte"),
    "level": (
        lambda: am.read.schools(
            pd.DataFrame({"uai": ["1"], "nom": ["a"], "niveau": ["primay"], "insee": ["02173"]}), COMMUNES
        ),
        "'primay'",
        "est inconnu",
    ),
    "equipment": (
        lambda: am.read.equipment(pd.DataFrame({"uai": ["0020001C"], "tbi": [-1]}), SCHOOLS),
        "'0020001C'",
        "aucune école",
    ),
    "timetable": (lambda: osm_opening_hours("3"), " 3 ", "n’est pas une liste"),
    "households": (lambda: am.read.households(pd.DataFrame({"CODGEO": ["02173"]})), "P22_RP", "pas de colonne"),
}


def columns_of(name: str) -> pd.DataFrame:
    return am.read_services(pd.DataFrame([SITE]), category="mairie", columns={"name": name})


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_told_in_french_with_what_stands_there(name: str) -> None:
    refused, value, words = REFUSALS[name]
    with pytest.raises(AccessmapError) as caught:
        refused()
    french = caught.value.told("fr")
    assert french != str(caught.value)
    assert value in french
    assert value in str(caught.value)
    assert words in french
    assert all(problem.key for problem in caught.value.problems)
    for english in (" is ", " the ", " give ", " with ", "correct", " and ", " row", "line "):
        assert english not in french


def test_problems_of_a_damaged_table_are_read_as_data() -> None:
    table = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "pop": ["1", "-3", "-4"],
            "x": [str(X + 500)] * 3,
            "y": [str(Y + 500)] * 3,
            "insee": ["02173", "02174", "02174"],
        }
    )
    with pytest.raises(AccessmapError) as caught:
        am.read_residents(table, COMMUNES, crs="EPSG:2154")
    below, unknown = sorted(caught.value.problems, key=lambda problem: problem.key != "number_negative")
    assert (below.key, below.value, below.remedy) == ("number_negative", -3, "give people, 0 or more")
    assert isinstance(below.where, Rows)
    assert below.where == "2 rows: row 2 'b' (-3), row 3 'c' (-4)"
    assert below.where.n == 2
    assert below.where.told("fr") == "2 lignes\u00a0: ligne 2 'b' (-3), ligne 3 'c' (-4)"
    assert (unknown.key, unknown.value) == ("commune_not_loaded_residents", "02174")
    assert unknown.near[0] == "02173"
    assert unknown.remedy_told("fr").startswith("corrigez-la, chargez aussi cette commune")
    assert caught.value.told("fr").startswith("habitants (la table)\u00a0: 2 problèmes.")


def test_names_of_many_rows_are_made_only_when_asked_for() -> None:
    rows = RowNames("line_number", range(2, 500_002), [f"{row:05}" for row in range(500_000)])
    kept = rows.take(range(0, 500_000, 2))
    assert len(kept) == 250_000
    assert not any(isinstance(value, Note) for held in vars(kept).values() for value in held)
    assert kept[249_999] == "line 500000 '499998'"
