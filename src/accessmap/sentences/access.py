"""Who is near a site today and in each scenario, how long trips take, and which services are near or far."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

MOST_NAMED: Final = 5

# The threshold quoted first is the longest that fewer people than this keep today: a rule on the baseline alone, so
# that no scenario can be flattered by the choice. Where it does not tell a scenario from today, the scenario is told by
# who gains and who loses.
QUOTED_SHARE: Final = 0.95


def quoted_cutoff(shares: pd.DataFrame) -> float:
    """Return the threshold a sentence quotes: the longest that fewer than 95 % of people keep, else the shortest."""
    return float(max(shares.index[shares[BASELINE] < QUOTED_SHARE], default=min(shares.index)))


def coverage(
    table: pd.DataFrame,
    *,
    category: str,
    people: float,
    changes: pd.DataFrame | None = None,
    instead: Mapping[str, str] = MappingProxyType({}),
    dated: str = "",
    lang: labels.Lang = "fr",
) -> list[str]:
    r"""Return how many people are near a site today, and in each scenario, as one sentence.

    All shares are of one threshold, see `quoted_cutoff`. A scenario whose share is written as today's is told by who
    gains and who loses, where `changes` are given: "> 99 %" beside "> 99 %" tells nobody anything.

    Parameters
    ----------
    table
        Share of people (0-1): cutoffs × "baseline" and scenarios, as `accessmap.coverage` returns it.
    category
        Of the sites.
    people
        How many people the shares are of.
    changes
        By (scenario, commune), as `accessmap.winners_and_losers` returns them.
    instead
        By scenario that moves no site and no road, what it changes instead: "opening hours".
    dated
        Of when the sites are, where they are older than the rest, as `where_old` of the dates tells it.
    lang
        "fr" or "en".

    Examples
    --------
    >>> shares = pd.DataFrame({"baseline": [0.72, 0.99], "Coucy": [0.78, 0.99]}, index=[10, 20])
    >>> coverage(shares, category="pharmacy", people=70550, lang="en")[0].replace("\xa0", " ")
    'Today, 72% of people are within 10 minutes of a pharmacy; with the scenario “Coucy”, 78% (+4,233 people).'
    """
    words = Words(labels.check_lang(lang))
    cutoff = quoted_cutoff(table)
    shares = {str(name): float(table[name][cutoff]) for name in table}
    kind = labels.category(category).with_article(lang)
    if math.isnan(shares[BASELINE]):
        return [words("verdict_nobody")]
    now_written = words.percent(shares[BASELINE])
    parts = [words("verdict_today", dated=dated, share=now_written, cutoff=words.cutoff(cutoff), category=kind)]
    for name, share in shares.items():
        if name == BASELINE:
            continue
        if name in instead:
            parts.append(words("verdict_instead", name=name, changed=instead[name]))
            continue
        more = round((share - shares[BASELINE]) * people)
        change = labels.people_change(more, lang=lang)
        if more and words.percent(share) != now_written:
            parts.append(words("verdict_scenario", name=name, share=words.percent(share), change=change))
            continue
        moved = (
            []
            if changes is None
            else who_changes(pd.DataFrame(changes.xs(name, level="scenario")).sum().to_dict(), words)
        )
        if moved:
            parts.append(words("verdict_moved", name=name, moved=", ".join(moved)))
        else:
            parts.append(words("verdict_nearly_same" if more else "verdict_same", name=name, change=change))
    return [words("joined").join(parts) + "."]


def side_told(which: str, people: float, words: Words) -> str:
    r"""Return how many people gain, or lose, a minute or more.

    Examples
    --------
    >>> side_told("gain", 5, Words("en")), side_told("lose", 0, Words("en"))
    ('5 people gain at least 1\xa0minute', 'nobody loses 1\xa0minute or more')
    """
    return words(f"card_{which}", n=round(people)) if round(people) else words(f"card_{which}_nobody")


def sides_told(people: Mapping[Any, float], words: Words, *, beside: Mapping[str, str] | None = None) -> list[str]:
    r"""Return how many people gain, and lose, a minute or more; where nobody does, that no trip changes.

    Parameters
    ----------
    people
        gain, lose.
    words
        Of the language.
    beside
        What stands after each, such as its range.

    Examples
    --------
    >>> sides_told({"gain": 0, "lose": 0}, Words("en"))
    ['no trip changes by a minute or more']
    """
    if not any(round(people[side]) for side in ("gain", "lose")):
        return [words("gains_no_trip")]
    return [side_told(side, people[side], words) + (beside or {}).get(side, "") for side in ("gain", "lose")]


def who_changes(people: Mapping[Any, float], words: Words) -> list[str]:
    r"""Return who gains, who loses, who is newly reached and who no longer, each where it is someone.

    Parameters
    ----------
    people
        gain, lose, newly_reached, no_longer_reached; of a commune or of all.
    words
        Of the language.

    Examples
    --------
    >>> people = {"gain": 5.0, "lose": 0.0, "newly_reached": 2.0, "no_longer_reached": 0.0}
    >>> who_changes(people, Words("en"))
    ['5 people gain at least 1\xa0minute', 'newly reached: 2\xa0people']
    """
    sides, apart = ("gain", "lose"), ("newly_reached", "no_longer_reached")
    counts = {key: round(float(people[key])) for key in (*sides, *apart)}
    return [
        *(side_told(key, counts[key], words) for key in sides if counts[key]),
        *(words("labelled", name=words(key), value=words.people(counts[key])) for key in apart if counts[key]),
    ]


def buses(table: pd.DataFrame, *, cutoff: float, people: float, lang: labels.Lang = "fr") -> list[str]:
    r"""Return how many people are near a site when those that move are counted too, a line a category.

    Parameters
    ----------
    table
        A row a bus: `category`, `name`, `days` a week (NaN where not known), and the `share_fixed` and `share` of
        people (0-1) near a fixed site, and near that or a bus.
    cutoff
        Minutes that count as near.
    people
        How many people the shares are of.
    lang
        "fr" or "en".

    Examples
    --------
    >>> row = {"category": "france_services", "name": "Bus A", "days": 2.0, "share_fixed": 0.7, "share": 0.8}
    >>> buses(pd.DataFrame([row]), cutoff=10, people=1000, lang="en")[0].replace("\xa0", " ")
    '1 France services that moves is not counted (Bus A, 2 days a week). With it, 80% of people are within 10 minutes of
    a France services on a day when it is there, 70% without (+100 people).'
    """
    words = Words(labels.check_lang(lang))
    said = []
    for category, rows in table.groupby("category", sort=False):
        names = [
            words("bus_days_unknown", name=row["name"])
            if math.isnan(row["days"])
            else words("bus_days", name=row["name"], n=round(row["days"]))
            for _, row in rows.iterrows()
        ]
        fixed, both = float(rows["share_fixed"].iloc[0]), float(rows["share"].iloc[0])
        if math.isnan(both - fixed):
            continue  # nobody lives there: there is no share to tell
        more = round((both - fixed) * people)
        told = words("buses_more", fixed=words.percent(fixed), change=labels.people_change(more, lang=lang))
        kind = labels.category(str(category))
        said.append(
            words(
                "buses_counted",
                n=len(rows),
                kinds=kind.name(lang, count=len(rows)),
                names=words.listed(names, most=MOST_NAMED),
                share=words.percent(both),
                cutoff=words.cutoff(cutoff),
                category=kind.with_article(lang),
                change=told if more else words("buses_as_many"),
            )
        )
    return said


def in_short(
    table: pd.DataFrame,
    summary: pd.DataFrame,
    changes: pd.DataFrame,
    *,
    category: str,
    people: float,
    instead: Mapping[str, str] = MappingProxyType({}),
    dated: str = "",
    lang: labels.Lang = "fr",
) -> list[str]:
    """Return a result in at most three sentences: who is near, how long trips take, who gains and who loses.

    Parameters
    ----------
    table, category, people, instead, dated
        As `coverage` takes them.
    summary
        "mean" and "d9" (minutes) × "baseline" and scenarios, as the table `summary` of a dossier.
    changes
        By (scenario, commune): people who `gain` and `lose`, as `accessmap.winners_and_losers` returns them.
    lang
        "fr" or "en".
    """
    words = Words(labels.check_lang(lang))
    said = coverage(table, category=category, people=people, instead=instead, dated=dated, lang=lang)
    names = [name for name in map(str, table) if name != BASELINE and name not in instead]
    today = summary[BASELINE]
    if not math.isnan(today["mean"]):
        others = "".join(
            words("sentence_mean_scenario", name=name, mean=words.minutes(summary[name]["mean"])) for name in names
        )
        mean, d9 = words.minutes(today["mean"]), words.minutes(today["d9"])
        said.append(words("sentence_mean", today=mean, others=others, d9=d9))
    parts = []
    for name in names:
        sums = pd.DataFrame(changes.xs(name, level="scenario")).sum().to_dict()
        gain, lose = (side_told(which, sums[which], words) for which in ("gain", "lose"))
        apart = who_changes({**sums, "gain": 0, "lose": 0}, words)
        parts.append(", ".join([words("sentence_change", name=name, gain=gain, lose=lose), *apart]))
    return [*said, words("joined").join(parts) + "."] if parts else said


def services(
    table: pd.DataFrame,
    *,
    scores: pd.DataFrame | None = None,
    names: Mapping[str, str] | pd.Series | None = None,
    lang: labels.Lang = "fr",
) -> list[str]:
    """Return which service is nearest and which furthest, which have no site here, and which communes have least.

    Parameters
    ----------
    table
        By (category, situation): `sites` in the territory, `mean` minutes, `outside_share` of people whose nearest
        site is outside (NaN where that is not known), as the table `services` of a dossier; the "baseline" is told.
    scores
        By commune, `score` (0 worst, 100 best) over all services.
    names
        How communes are named, by code; the codes where not given.
    lang
        "fr" or "en".
    """
    words = Words(labels.check_lang(lang))

    def named(categories: Iterable[object], count: int = 2) -> list[str]:
        return [labels.category(str(name)).name(lang, count=count) for name in categories]

    today = table.xs(BASELINE, level="situation")
    said = []
    order = today["mean"].dropna().sort_values(kind="stable")
    if len(order) > 1:
        written = order.map(words.minutes)
        least, most = written.iloc[0], written.iloc[-1]
        if least == most:
            said.append(words("services_alike", minutes=least))
        else:
            ends = [named(written.index[written == each], count=1) for each in (least, most)]
            near, far = (
                words(f"services_{end}", n=len(names), names=words.listed(names, most=MOST_NAMED))
                for end, names in zip(("nearest", "furthest"), ends, strict=True)
            )
            said.append(words("services_ends", near=near, far=far, near_minutes=least, far_minutes=most))
    nowhere = named(today.index[today["sites"] == 0])
    if nowhere:
        said.append(words("services_nowhere", n=len(nowhere), names=words.listed(nowhere, most=MOST_NAMED)))
    gone = today.loc[today["sites"] != 0, "outside_share"].sort_values(ascending=False, kind="stable")
    gone = gone[gone >= 0.5]
    if len(gone):
        shares = [
            words("labelled_share", name=name, share=words.percent(float(share)))
            for name, share in zip(named(gone.index), gone, strict=True)
        ]
        said.append(words("services_outside", names=words.listed(shares, most=MOST_NAMED)))
    if scores is not None and len(scores):
        known = {} if names is None else dict(names)
        order = scores["score"].dropna().sort_values(kind="stable")
        written = order.map(words.count)
        last = list(dict.fromkeys(written.head(MOST_NAMED)))
        poorest = [f"{known.get(str(code), code)} ({value})" for code, value in written.items() if value in last]
        if len(set(written)) > 1 and len(poorest) < len(written):
            said.append(words("services_worst", names=words.listed(poorest, most=MOST_NAMED)))
    return said
