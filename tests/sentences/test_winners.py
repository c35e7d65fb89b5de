"""The sentence of winners and losers: who is counted, and French as it is written."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap import sentences
from accessmap.errors import ScenarioError
from accessmap.study.comparison import winners_and_losers

PEOPLE = [1240, 37, 500, 12, 1]
IDS = ["gains", "loses", "same", "new", "lost"]


def tables(before, after, people=PEOPLE):
    ids = IDS[: len(before)]
    result = pd.DataFrame({"baseline": before, "plan": after}, index=ids, dtype="float32")
    return result, pd.DataFrame({"commune": "02173", "population": people[: len(before)]}, index=ids)


def sentence(*args, **options):
    """The sentences as they are read out, one after the other."""
    told = sentences.winners_and_losers(*args, **options)
    assert all(line.endswith(".") for line in told)
    return " ".join(told)


def test_the_sentence_of_the_council_is_written_as_french_is():
    told = sentence(*tables([20, 5, 9], [12, 11, 9]), scenario="plan")
    assert told == "1\u202f240\u00a0habitants gagnent plus de 5\u00a0minutes, 37\u00a0en perdent."


def test_one_person_takes_the_singular():
    told = sentence(*tables([20, 5], [12, 11], [1, 1]), scenario="plan")
    assert told == "1\u00a0habitant gagne plus de 5\u00a0minutes, 1\u00a0en perd."
    assert sentence(*tables([20, 5], [12, 11], [1, 1]), scenario="plan", lang="en") == (
        "1\u00a0person gains more than 5\u00a0minutes, 1\u00a0loses as much."
    )


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ([20, 5], [12, 5], "1\u202f240\u00a0habitants gagnent plus de 5\u00a0minutes, personne n’en perd."),
        ([20, 5], [20, 11], "Personne ne gagne plus de 5\u00a0minutes, 37\u00a0habitants en perdent."),
        ([20, 5], [20, 5], "Personne ne gagne ni ne perd plus de 5\u00a0minutes."),
    ],
)
def test_nobody_is_said_in_words(before, after, told):
    assert sentence(*tables(before, after), scenario="plan") == told


def test_more_than_is_strict():
    assert sentence(*tables([20, 5], [15, 10]), scenario="plan").startswith("Personne ne gagne ni ne perd")


@pytest.mark.parametrize(
    ("minutes", "told"), [(1, "1\u00a0minute."), (1.5, "1,5\u00a0minute."), (2.5, "2,5\u00a0minutes.")]
)
def test_minutes_take_the_plural_from_two_on(minutes, told):
    assert sentence(*tables([20], [20]), scenario="plan", minutes=minutes).endswith(f"plus de {told}")


def test_newly_and_no_longer_reached_have_sentences_of_their_own():
    told = sentence(*tables([20, 5, 9, np.nan, 8], [12, 11, 9, 3, np.nan]), scenario="plan")
    assert told == (
        "1\u202f240\u00a0habitants gagnent plus de 5\u00a0minutes, 37\u00a0en perdent."
        " 12\u00a0habitants qui n’avaient aucun accès sont nouvellement atteints."
        " 1\u00a0habitant n’a plus aucun accès."
    )


def test_parts_of_people_are_rounded_once_in_all():
    told = sentence(*tables([20, 20, 20], [9, 9, 9], [0.4, 0.4, 0.4]), scenario="plan")
    assert told.startswith("1\u00a0habitant gagne")


def test_unknown_scenarios_and_negative_minutes_are_refused():
    with pytest.raises(ScenarioError, match="did you mean 'plan'"):
        sentences.winners_and_losers(*tables([20], [12]), scenario="plam")
    with pytest.raises(ScenarioError, match="no scenario 'baseline'"):
        sentences.winners_and_losers(*tables([20], [12]), scenario="baseline")
    with pytest.raises(ScenarioError, match="0 or more"):
        sentences.winners_and_losers(*tables([20], [12]), scenario="plan", minutes=-1)
    with pytest.raises(ValueError, match="lang"):
        sentences.winners_and_losers(*tables([20], [12]), scenario="plan", lang="de")


MINUTES = st.one_of(st.none(), st.integers(0, 30))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.tuples(MINUTES, MINUTES, st.integers(0, 190)), min_size=1, max_size=5), st.integers(0, 9))
def test_the_sentence_counts_the_people_of_the_table(rows, minutes):
    before, after, people = zip(*rows, strict=True)
    result, residents = tables(before, after, list(people))
    told = sentence(result, residents, scenario="plan", minutes=minutes, lang="en")
    # Whole minutes: more than n is at least n + 1.
    table = winners_and_losers(result, residents, at_least=minutes + 1).sum()
    for column, words in (("gain", "gain"), ("newly_reached", "newly reached"), ("no_longer_reached", "any more")):
        assert (f"{table[column]:.0f}" in told and words in told) if table[column] else True
    assert ("newly reached" in told) == (table["newly_reached"] > 0)
    assert ("any more" in told) == (table["no_longer_reached"] > 0)
