"""What a commune has within reach, in one sentence of either language."""

import re

import pandas as pd
import pytest

import accessmap as am

PLANS = ("Coucy", "Tergnier", "Guny", "Pinon", "Folembray")


def table(today, unreached=0.0, **plans):
    rows = {("pharmacy", "baseline"): [today, unreached, "Pharmacie du Pont"]}
    rows |= {("pharmacy", name): [minutes, 0.0, "Autre"] for name, minutes in plans.items()}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["minutes", "unreached_people", "site"]).set_axis(
        pd.MultiIndex.from_tuples(list(rows))
    )


def told(rows, lang="fr", **options):
    said = am.sentences.commune(rows, name="Le Nouvion", category="pharmacy", lang=lang, **options)
    assert len(said) == 1
    return re.sub(r"\s", " ", said[0])


def test_minutes_stand_beside_the_mean_as_they_are_written():
    start = "Au Nouvion, il faut 13,6 min en moyenne pour rejoindre une pharmacie, « Pharmacie du Pont »"
    assert told(table(13.6)) == f"{start}."
    assert told(table(13.6), mean=7.34) == f"{start}, 6,3 min de plus que dans l’ensemble du territoire."
    assert told(table(13.6), mean=20.0) == f"{start}, 6,4 min de moins que dans l’ensemble du territoire."
    assert told(table(13.6), mean=13.62) == f"{start}, comme dans l’ensemble du territoire."


def test_each_scenario_is_told_or_said_to_change_nothing():
    said = told(table(13.6, Coucy=1.4, Tergnier=13.6), scenarios=PLANS[:3])
    assert said.endswith(" ; avec « Coucy », 1,4 min (−12,2 min) ; « Tergnier », « Guny » n’y changent rien.")
    assert told(table(13.6), scenarios=("Coucy",)).endswith(" ; « Coucy » n’y change rien.")
    many = told(table(13.6, **{name: 2.0 + k for k, name in enumerate(PLANS)}), scenarios=PLANS)
    assert many.endswith("avec « Guny », 4,0 min (−9,6 min) ; 2 autres scénarios le changent aussi.")


@pytest.mark.parametrize(
    ("today", "after", "expected"),
    [
        (float("nan"), 5.0, "Au Nouvion, personne n’atteint une pharmacie par la route ; avec « Coucy », 5,0 min."),
        (5.0, float("nan"), "« Pharmacie du Pont » ; avec « Coucy », non atteint."),
        (float("nan"), float("nan"), "par la route ; « Coucy » n’y change rien."),
    ],
)
def test_what_is_not_reached_is_never_a_number(today, after, expected):
    assert told(table(today, Coucy=after), scenarios=("Coucy",)).endswith(expected)


def test_people_who_reach_none_are_counted_and_english_is_english():
    assert "(12 habitants n’en atteignent aucun site)" in told(table(4.0, unreached=12.0))
    assert told(table(4.0, unreached=1.0), lang="en") == (
        "In Le Nouvion it takes 4.0 min on average to reach a pharmacy, “Pharmacie du Pont” (1 person reaches none)."
    )
