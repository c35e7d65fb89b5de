"""How sure a choice is, in words: cases of ten, seconds a person, and what to check."""

import pandas as pd
import pytest

import accessmap as am
from accessmap.sentences import apart, in_brief, ranges, regret, to_check, undecided


def table(chance, otherwise=0.08, worst=0.2, expected=(0.001, 0.3)):
    rows = {"chance": [chance, 1 - chance], "expected": expected, "otherwise": [otherwise, 0.4], "worst": [worst, 2.0]}
    return pd.DataFrame(rows, index=["Tergnier", "Coucy"])


def plain(lines):
    return [line.replace("\xa0", " ").replace("\u202f", " ") for line in lines]


@pytest.mark.parametrize(
    ("chance", "told"),
    [
        (0.9, "dans 9 cas sur 10 ;"),
        (0.86, "dans 9 cas sur 10 ;"),
        (0.849, "dans 8 cas sur 10 ;"),
        (0.95, "dans 9 cas sur 10 ;"),
        (0.97, "dans plus de 19 cas sur 20 ;"),
        (0.04, "dans moins d’un cas sur 20 ;"),
        (0.06, "dans 1 cas sur 10 ;"),
    ],
)
def test_the_chance_is_told_as_cases(chance, told):
    assert told in plain(regret(table(chance)))[0]


def test_what_is_lost_is_rounded_up_to_seconds_or_tenths_of_a_minute():
    assert plain(regret(table(0.9, 0.08, 0.2)))[0].endswith("moins de 5 secondes par habitant, 15 secondes au plus.")
    assert plain(regret(table(0.9, 0.97, 1.01)))[0].endswith("moins de 1,0 min par habitant, 1,1 min au plus.")
    assert plain(regret(table(0.9, 1e-4, 1e-3)))[0].endswith("moins de 5 secondes par habitant, 5 secondes au plus.")


def test_a_plan_that_is_always_the_best_loses_nothing():
    always = plain(regret(table(1.0, 0.0, 0.0), lang="en"))
    assert always == ["By the mean trip, Tergnier remains the best choice in all cases drawn."]
    assert regret(table(1.0).head(1)) == []  # nothing to compare with


def test_the_proposal_is_told_beside_the_best_under_its_public_name():
    said = plain(regret(table(0.9), names={"Coucy": "« Coucy »"}, among="Coucy"))
    first, then = said[1].split(" ; ")
    assert first == "« Coucy » serait le meilleur choix dans 1 cas sur 10"
    assert then == "face à Tergnier, on perd en moyenne 20 secondes par habitant."
    assert len(regret(table(0.9), among="Tergnier")) == 1
    assert len(regret(table(0.5, expected=(0.1, 0.1)), among="Coucy")) == 1  # as good: nothing is lost against it


def test_two_names_are_told_apart_by_the_measure_that_each_is_of():
    pair, why = plain(apart("« Coucy »", other="Folembray", chance=0.72, first="Tergnier", cutoff=10))
    assert pair.endswith("Folembray fait au moins aussi bien que « Coucy » dans 7 cas sur 10.")
    assert why.endswith("sur chaque mesure, Tergnier sur le trajet moyen mais pas sur toutes.")
    assert len(apart("« Coucy »", other="Folembray", chance=0.72, cutoff=10)) == 1  # the same two: no second question
    (alone,) = plain(apart("« Coucy »", first="Tergnier", cutoff=10))
    assert alone.startswith("Pourquoi deux noms : « Coucy » est la proposition retenue, Tergnier")
    assert apart("« Coucy »", cutoff=10) == []


def test_in_brief_the_chance_is_of_the_pair_else_of_the_mean_trip():
    assert plain([in_brief("Coucy", other="Folembray", as_good=0.72, chance=0.1)]) == [
        "Folembray au moins aussi bien dans 7 cas sur 10"
    ]
    assert plain([in_brief("Coucy", chance=0.1)]) == ["pour le trajet moyen, Coucy au premier rang dans 1 cas sur 10"]
    assert in_brief("Coucy") == ""


@pytest.mark.parametrize(
    ("changes", "told"), [(0.125, "1 fois sur 8"), (0.5, "1 fois sur 2"), (0.7, "plus d’une fois sur deux")]
)
def test_what_to_check_first(changes, told):
    found = pd.DataFrame(
        {"changes": [0.9, changes, 0.3], "value": [1, 0.5, 0.1]}, index=["everything", "hours", "speeds"]
    )
    assert (
        plain(to_check(found))[0]
        == f"À vérifier d’abord : les horaires des sites ; cela changerait la décision {told}."
    )


def test_where_no_check_changes_the_choice_that_is_said():
    found = pd.DataFrame({"changes": [0.9, 0.001], "value": [1, 0.5]}, index=["everything", "hours"])
    assert plain(to_check(found, lang="en")) == ["No check by itself would change the decision more than once in 100."]


def test_every_input_has_words_in_both_languages():
    from accessmap.uncertainty.inputs import INPUTS

    for name in INPUTS:
        found = pd.DataFrame({"changes": [0.2], "value": [1.0]}, index=[name])
        assert to_check(found) != to_check(found, lang="en")


def test_ranges_leave_out_what_is_not_known_and_undecided_communes_are_named():
    index = pd.MultiIndex.from_tuples([("baseline", "mean"), ("baseline", "share"), ("Coucy", "mean")])
    found = pd.DataFrame({"now": [7.34, 0.7, float("nan")], "low": [6.06, 0.5, 1], "high": [9.21, 0.8, 2]}, index=index)
    assert plain(ranges(found)) == ["Dans 9 cas sur 10, le trajet moyen va de 6,1 à 9,2 min aujourd’hui."]
    communes = pd.DataFrame({"name": ["A", "B", "C"], "chance": [0.48, 0.4, 1], "undecided": [True, True, False]})
    doubtful, sure = plain(undecided(communes))
    assert doubtful.endswith("que celle de la carte, et hachurées : 2 communes sur 3 (B, A).")
    assert sure.startswith("Classe de temps sûre, la même dans 9 cas sur 10 ou plus : 1 commune sur 3 ;")
    assert len(undecided(communes.tail(1))) == 1
    assert undecided(communes.head(0)) == []


def test_another_language_is_refused():
    with pytest.raises(ValueError, match="de"):
        am.sentences.regret(table(0.9), lang="de")
