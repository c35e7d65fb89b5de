"""Who gains and who loses, in a sentence that can be read aloud."""

from __future__ import annotations

import math

import pandas as pd

from accessmap.errors import ScenarioError
from accessmap.words import words as labels
from accessmap.words.near import did_you_mean
from accessmap.words.words import BASELINE

__all__ = ["winners_sentence"]


def winners_sentence(
    result: pd.DataFrame, residents: pd.DataFrame, *, scenario: str, minutes: float = 5, lang: labels.Lang = "fr"
) -> str:
    r"""Return how many people gain and lose more than some minutes under a scenario, as one to three sentences.

    Parameters
    ----------
    result
        Minutes by resident, as `compare` returns them; the rows of the territory alone, where only they count.
    residents
        Their `commune` and `population`.
    scenario
        A column of the result.
    minutes
        A change counts if it is more than this.
    lang
        "fr" or "en".

    Returns
    -------
    str
        People who are newly reached, or no longer, have a sentence of their own: they have no minutes to gain or lose.

    Raises
    ------
    ScenarioError
        If the result has no such scenario, or minutes are negative.
    ValueError
        For another language.

    Examples
    --------
    >>> residents = pd.DataFrame({"commune": ["02173"] * 2, "population": [1240, 37]}, index=["a", "b"])
    >>> result = pd.DataFrame({"baseline": [20.0, 5.0], "plan": [12.0, 11.0]}, index=["a", "b"])
    >>> winners_sentence(result, residents, scenario="plan")
    '1\u202f240\xa0habitants gagnent plus de 5\xa0minutes, 37\xa0en perdent.'
    """
    labels.check_lang(lang)
    known = result.columns.drop(BASELINE)
    if scenario not in known:
        raise ScenarioError(f"winners_sentence: no scenario {scenario!r}{did_you_mean(scenario, known)}.")
    if not minutes >= 0:
        raise ScenarioError(f"winners_sentence: minutes is {minutes!r}: give 0 or more.")
    people = _people(result[BASELINE], result[scenario], residents, minutes)
    parts = [_changes(people["gain"], people["lose"], minutes, lang)]
    apart = [key for key in ("newly_reached", "no_longer_reached") if people[key]]
    parts += [labels.text(f"winners_{key}", lang=lang, n=people[key]) for key in apart]
    return " ".join(parts)


def _people(before: pd.Series, after: pd.Series, residents: pd.DataFrame, minutes: float) -> dict[str, int]:
    """Return how many people gain, lose, are newly reached and no longer reached, to the nearest person."""
    people = residents["population"].reindex(before.index).astype("float64")
    change = after - before
    chosen = {
        "gain": change < -minutes,
        "lose": change > minutes,
        "newly_reached": before.isna() & after.notna(),
        "no_longer_reached": before.notna() & after.isna(),
    }
    return {key: math.floor(float(people[mask].sum()) + 0.5) for key, mask in chosen.items()}


def _changes(gain: int, lose: int, minutes: float, lang: labels.Lang) -> str:
    """Return the sentence about those who are reached before and after."""
    told = labels.cutoff(minutes, lang=lang)
    if not gain and not lose:
        return labels.text("winners_neither", lang=lang, minutes=told)
    if not gain:
        first = labels.text("winners_gain_nobody", lang=lang, minutes=told)
        return f"{first}, {labels.text('winners_lose', lang=lang, n=lose)}."
    first = labels.text("winners_gain", lang=lang, n=gain, minutes=told)
    also = labels.text("winners_also_lose", lang=lang, n=lose) if lose else labels.text("winners_none_lose", lang=lang)
    return f"{first}, {also}."
