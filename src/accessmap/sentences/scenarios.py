"""Who gains and who loses, in sentences that can be read aloud."""

from __future__ import annotations

import math

import pandas as pd

from accessmap.errors import Problem, ScenarioError
from accessmap.words import words as labels
from accessmap.words.near import near_names
from accessmap.words.words import BASELINE, Words


def winners_and_losers(
    result: pd.DataFrame,
    residents: pd.DataFrame,
    *,
    scenario: str,
    minutes: float = 5,
    baseline: str = BASELINE,
    lang: labels.Lang = "fr",
) -> list[str]:
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
    baseline
        The column that the scenario, or the date, is compared with.
    lang
        "fr" or "en".

    Returns
    -------
    list of str
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
    >>> winners_and_losers(result, residents, scenario="plan")
    ['1\u202f240\xa0habitants gagnent plus de 5\xa0minutes, 37\xa0en perdent.']
    """
    words = Words(labels.check_lang(lang))
    known = result.columns.drop(baseline)
    if scenario not in known:
        raise ScenarioError(Problem("winners_no_scenario", value=scenario, near=near_names(scenario, known)))
    if not minutes >= 0:
        raise ScenarioError(Problem("winners_minutes", value=minutes))
    people = _people(result[baseline], result[scenario], residents, minutes)
    apart = [key for key in ("newly_reached", "no_longer_reached") if people[key]]
    return [
        _gain_and_loss(people["gain"], people["lose"], minutes, words),
        *(words(f"winners_{key}", n=people[key]) for key in apart),
    ]


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


def _gain_and_loss(gain: int, lose: int, minutes: float, words: Words) -> str:
    """Return the sentence about those who are reached before and after."""
    spelled = words.cutoff(minutes)
    if not gain and not lose:
        return words("winners_neither", minutes=spelled)
    if not gain:
        return f"{words('winners_gain_nobody', minutes=spelled)}, {words('winners_lose', n=lose)}."
    also = words("winners_also_lose", n=lose) if lose else words("winners_none_lose")
    return f"{words('winners_gain', n=gain, minutes=spelled)}, {also}."


def changes(table: pd.DataFrame, *, scenario: str, lang: labels.Lang = "fr") -> list[str]:
    r"""Return how many people of how many communes gain and lose a minute or more, and are newly reached or no longer.

    Parameters
    ----------
    table
        By (scenario, commune), as `accessmap.winners_and_losers` returns it for changes of a minute or more.
    scenario
        One of its scenarios.
    lang
        "fr" or "en".

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("plan", "02173")], names=["scenario", "commune"])
    >>> people = {"gain": 100.0, "lose": 0.0, "newly_reached": 0.0, "no_longer_reached": 0.0}
    >>> changes(pd.DataFrame(people, index=index), scenario="plan", lang="en")
    ['100\xa0people in 1\xa0commune gain at least 1\xa0minute.', 'Nobody loses 1\xa0minute or more.']
    """
    words = Words(labels.check_lang(lang))
    sums = pd.DataFrame(table.xs(scenario, level="scenario"))
    said = []
    for side in ("gain", "lose"):
        touched = sums[sums[side].round() > 0]
        if touched.empty:
            said.append(words(f"{side}_none"))
            continue
        # Some of a commune's people may move a minute where their mean does not: maps of means count fewer communes.
        mean = touched.get("minutes", pd.Series(dtype="float64")) * (-1 if side == "gain" else 1)
        less = int((mean < 1).sum())
        said.append(
            words(
                f"{side}_summary",
                n=round(sums[side].sum()),
                people=words.people(sums[side].sum()),
                communes=words("communes", n=len(touched)),
                means=words(f"{side}_means", n=less) if less else "",
            )
        )
    for column, key in (("newly_reached", "new_summary"), ("no_longer_reached", "lost_summary")):
        if round(sums[column].sum()):
            said.append(words(key, people=words.people(sums[column].sum())))
    return said
