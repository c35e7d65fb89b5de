"""How sure a choice is, in sentences: how often it stays the best, what it may cost, what is worth checking."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

MOST_NAMED: Final = 5
SELDOM: Final = 0.01  # a check that would change the choice less often is not worth a sentence
ALWAYS: Final = 0.995
SURE: Final = 0.9  # chance of a class of minutes from which on it is told as sure


def regret(
    table: pd.DataFrame, *, names: Mapping[str, str] | None = None, among: str | None = None, lang: labels.Lang = "fr"
) -> list[str]:
    r"""Return how often the best plan stays the best, and what is lost otherwise, as one sentence; of `among` a second.

    Parameters
    ----------
    table
        Of `accessmap.uncertainty.regret`: its first row is the plan of the least regret to be expected.
    names
        How plans are named to the public; as they are where not given.
    among
        A plan that is told too, where it is not the first: the one that is proposed.
    lang
        "fr" or "en".

    Examples
    --------
    >>> rows = {"chance": [0.9, 0.1], "expected": [0.001, 0.3], "otherwise": [0.08, 0.4], "worst": [0.2, 2.0]}
    >>> told = regret(pd.DataFrame(rows, index=["Tergnier", "Coucy"]), lang="en")[0].replace("\xa0", " ")
    >>> told.split("; ")
    ['By the mean trip, Tergnier remains the best choice in 9 cases of 10',
     'otherwise under 5 seconds a person are lost as a rule, 15 seconds at most.']
    """
    words = Words(labels.check_lang(lang))
    if len(table) < 2:
        return []
    named = {} if names is None else dict(names)
    rows = table.to_dict("index")
    first = str(table.index[0])
    best, said = rows[first], []
    shown: dict[str, Any] = {"name": named.get(first, first), "often": cases(best["chance"], words)}
    if best["chance"] >= ALWAYS or not best["worst"] > 0:
        said.append(words("sureness_always", **shown))
    else:
        least, most = (_lost(best[name], words) for name in ("otherwise", "worst"))
        said.append(words("sureness_best", **shown, lost=least, worst=most))
    if among is not None and among != first and among in rows:
        row = rows[among]
        here: dict[str, Any] = {"name": named.get(among, among), "often": cases(row["chance"], words)}
        if abs(row["expected"] - best["expected"]) < 1e-9:
            return said
        said.append(words("sureness_other", **here, best=shown["name"], lost=_lost(row["expected"], words)))
    return said


def apart(
    name: str, *, other: str = "", chance: float = math.nan, first: str = "", cutoff: float, lang: labels.Lang = "fr"
) -> list[str]:
    r"""Return how sure the recommendation is by its own measures, and why it names another plan than the mean trip.

    Parameters
    ----------
    name
        The proposal that is recommended, or to be compared with another.
    other
        The plan that is better on every measure; empty where none is.
    chance
        Share of the worlds (0-1) in which the other is at least as good on mean trip and people within the cutoff.
    first
        The plan of the shortest mean trip, where it is neither of the two; empty where it is.
    cutoff
        Minutes.
    lang
        "fr" or "en".

    Examples
    --------
    >>> told = apart("“Coucy”", other="Folembray", chance=0.72, first="Tergnier", cutoff=10, lang="en")
    >>> for line in told:
    ...     print(line.replace("\xa0", " "))
    By the two measures together (mean trip, people within 10 minutes), Folembray does at least as well as “Coucy” in 7
    cases of 10.
    Why two places: Folembray does better than “Coucy” on every measure, Tergnier on the mean trip but not on all of
    them.
    """
    words = Words(labels.check_lang(lang))
    named: dict[str, Any] = {"name": name, "other": other, "first": first}
    said = []
    if other and not math.isnan(chance):
        said.append(words("sureness_pair", often=cases(chance, words), cutoff=words.cutoff(cutoff), **named))
    if first:
        said.append(words("sureness_apart" if other else "sureness_apart_alone", **named))
    return said


def in_brief(
    name: str, *, other: str = "", as_good: float = math.nan, chance: float = math.nan, lang: labels.Lang = "fr"
) -> str:
    r"""Return the chance of a decision in a few words; empty where none is known.

    Parameters
    ----------
    name
        The plan whose `chance` (0-1) of the shortest mean trip is told.
    other, as_good
        The plan that is better on every measure, and its chance (0-1) of being at least as good: told before.
    lang
        "fr" or "en".

    Examples
    --------
    >>> in_brief("Coucy", chance=0.72, lang="en").replace("\xa0", " ")
    'by the mean trip, Coucy first in 7 cases of 10'
    """
    words = Words(labels.check_lang(lang))
    if other and not math.isnan(as_good):
        return words("sureness_brief_pair", other=other, often=cases(as_good, words))
    return "" if math.isnan(chance) else words("sureness_brief", name=name, often=cases(chance, words))


def cases(chance: float, words: Words) -> str:
    """Return a chance in words: cases of ten, or of twenty where it is near certain or nearly none."""
    if chance >= ALWAYS:
        return words("sureness_in_all")
    if chance > 0.95:
        return words("sureness_over_19")
    if chance < 0.05:
        return words("sureness_under_1")
    return words("sureness_of_10", n=max(1, min(9, math.floor(10 * chance + 0.5))))


def _lost(minutes: float, words: Words) -> str:
    """Return minutes a person, rounded up: to 5 seconds under a minute, to a tenth above."""
    seconds = 5 * math.ceil(round(minutes * 60, 6) / 5)
    if seconds < 60:
        return words("sureness_seconds", n=max(5, seconds))
    return words.minutes(math.ceil(round(minutes * 10, 6)) / 10)


def ranges(table: pd.DataFrame, *, names: Mapping[str, str] | None = None, lang: labels.Lang = "fr") -> list[str]:
    r"""Return the mean trip of today and of each plan with its range, as one sentence; none where nothing is known.

    Parameters
    ----------
    table
        Of `accessmap.uncertainty.ranges`.
    names
        How plans are named to the public; as they are where not given.
    lang
        "fr" or "en".

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("baseline", "mean"), ("Coucy", "mean")])
    >>> table = pd.DataFrame({"now": [7.3, 6.6], "low": [6.1, 5.5], "high": [9.2, 8.0]}, index=index)
    >>> ranges(table, lang="en")[0].replace("\xa0", " ")
    'In 9 cases of 10 the mean trip is from 6.1 to 9.2 min today, from 5.5 to 8.0 min with Coucy.'
    """
    words = Words(labels.check_lang(lang))
    named = {} if names is None else dict(names)
    told = []
    for plan, row in pd.DataFrame(table.xs("mean", level=1)).to_dict("index").items():
        if any(math.isnan(row[name]) for name in ("now", "low", "high")):
            continue
        key = "sureness_range_today" if plan == BASELINE else "sureness_range_plan"
        ends: dict[str, Any] = {"low": words.count(row["low"], digits=1), "high": words.minutes(row["high"])}
        told.append(words(key, name=named.get(str(plan), str(plan)), **ends))
    return [words("sureness_ranges", told=", ".join(told))] if told else []


def to_check(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return what is worth checking first, as one sentence; or that no check would change the choice.

    Parameters
    ----------
    table
        Of `accessmap.uncertainty.to_check`.
    lang
        "fr" or "en".

    Examples
    --------
    >>> table = pd.DataFrame({"changes": [0.2, 0.125], "value": [0.1, 0.05]}, index=["everything", "hours"])
    >>> to_check(table, lang="en")[0].replace("\xa0", " ")
    'To check first: the opening hours of the sites, which would change the decision 1 time in 8.'
    """
    words = Words(labels.check_lang(lang))
    rows = table.drop(index="everything", errors="ignore")
    rows = rows[rows["changes"] >= SELDOM].sort_values(["value", "changes"], ascending=False, kind="stable")
    if rows.empty:
        return [words("sureness_check_none")]
    first, changes = str(rows.index[0]), float(rows["changes"].iloc[0])
    key = "sureness_check_half" if changes > 0.5 else "sureness_check"
    return [words(key, what=words(f"sureness_input_{first}"), n=math.floor(1 / changes + 0.5))]


def tornado(
    table: pd.DataFrame,
    *,
    names: Mapping[str, str] | None = None,
    sites: Mapping[str, str] | None = None,
    best: str | None = None,
    lang: labels.Lang = "fr",
) -> list[str]:
    r"""Return which assumption flips the choice, and at what value: the nearest speed, the sites; or that none does.

    Where a speed would, it is said whether that is within what is assumed of it.

    Parameters
    ----------
    table
        Of `accessmap.uncertainty.tornado`.
    names, sites
        How plans and sites are named to the public; as they are where not given.
    best
        The plan that is the best today; "this" where not given.
    lang
        "fr" or "en".

    Examples
    --------
    >>> index = pd.MultiIndex.from_tuples([("road_class", "D")])
    >>> rows = {"flips": [1.24], "other": ["Coucy"], "kmh": [62.0], "kmh_flips": [50.0]}
    >>> tornado(pd.DataFrame(rows, index=index), lang="en")[0].replace("\xa0", " ")
    'This would no longer be the best choice for the mean trip if one drove at 50 km/h instead of 62 ...'
    """
    words = Words(labels.check_lang(lang))
    named, places = (dict(each or {}) for each in (names, sites))
    flipped = table[table["flips"].notna()]
    if flipped.empty:
        return [words("tornado_none")]
    said = []
    is_site = flipped.index.get_level_values(0) == "site"
    by_speed = flipped[~is_site]
    if len(by_speed):
        nearest = by_speed.loc[[by_speed["flips"].map(lambda factor: abs(math.log(factor))).idxmin()]]
        (kind, name), row = nearest.index[0], nearest.to_dict("records")[0]
        by_kmh = not math.isnan(row["kmh"])
        ends = [row.get(end, math.nan) for end in ("low", "high")]
        told: dict[str, Any] = {"best": words("tornado_this") if best is None else named.get(best, best)}
        told |= {"where": road_class(str(name), words), "other": named.get(row["other"], row["other"])}
        # Quick roads have few minutes: the least speed is that of the most minutes.
        value, *told_ends = (
            [words.count(row["kmh"] / factor) for factor in (row["flips"], ends[1], ends[0])]
            if by_kmh
            else [words.count(factor, digits=2) for factor in (row["flips"], *ends)]
        )
        beyond = not math.isnan(ends[0]) and not ends[0] <= row["flips"] <= ends[1]
        told["beyond"] = words("tornado_beyond", low=told_ends[0], high=told_ends[1]) if beyond else ""
        if by_kmh:
            said.append(words(f"tornado_kmh_{kind}", kmh=value, now=words.count(row["kmh"]), **told))
        else:
            said.append(words(f"tornado_times_{kind}", factor=value, **told))
    closed = [places.get(str(site), str(site)) for _, site in flipped.index[is_site]]
    if closed:
        said.append(words("tornado_closed", n=len(closed), sites=words.listed(closed, most=MOST_NAMED)))
    return said


def road_class(name: str, words: Words) -> str:
    """Return on which roads one drives, in words: "between two towns"; as the class is named where it has none."""
    key = f"driven_on_{name.removesuffix('_link')}"
    return words(key) if labels.has_text(key) else words("driven_on_road_class", name=name)


def undecided(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return how many communes have a sure class of minutes; and which are more often in another, where some are.

    Parameters
    ----------
    table
        Of `accessmap.uncertainty.undecided`.
    lang
        "fr" or "en".

    Examples
    --------
    >>> table = pd.DataFrame({"name": ["Aville", "Bourg"], "chance": [0.4, 1.0], "undecided": [True, False]})
    >>> for line in undecided(table, lang="en"):
    ...     print(line.replace("\xa0", " "))
    More often in another class of minutes than that of the map, and hatched: 1 commune of 2 (Aville).
    A sure class of minutes, the same in 9 cases of 10 or more: 1 commune of 2; elsewhere read the range beside the
    minutes.
    """
    words = Words(labels.check_lang(lang))
    rows = table[table["undecided"]].sort_values("chance", kind="stable")
    if table.empty:
        return []
    names, of = words.listed(list(rows["name"].astype("str")), most=MOST_NAMED), words.count(len(table))
    doubtful = [words("sureness_undecided", n=len(rows), of=of, names=names)] if len(rows) else []
    return [*doubtful, words("sureness_sure_class", n=int((table["chance"] >= SURE).sum()), of=of)]
