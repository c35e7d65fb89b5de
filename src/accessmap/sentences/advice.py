"""The decision in sentences: what is recommended and why, who gains, what comes near, and how sure all that is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from accessmap.sentences.access import who_changes
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

MOST_ALTERNATIVES: Final = 3
# Two plans are told apart from here on, in minutes a person: half of what the dossier counts as a change for one.
APART: Final = 0.5
UNKNOWNS: Final = ("cost", "aged", "without_car", "hours", "step_free")
HOW_TIMED: Final = {"roads": "modelled", "estimated": "estimated"}  # by fact of a certainty, the first that holds
MOST_PROPOSALS: Final = 4  # told one by one on the page of the decision
Row = Mapping[Any, Any]


def decision(
    table: pd.DataFrame,
    *,
    category: str,
    cutoff: float,
    instead: Mapping[str, str] = MappingProxyType({}),
    certainty: pd.DataFrame | None = None,
    lang: labels.Lang = "fr",
) -> list[str]:
    r"""Return what is recommended, with its reason, as one sentence; and what must be known beside it, a sentence each.

    The rule: of the proposals that shorten the mean trip, or bring more people within the cutoff, as numbers are
    written, and that are `near` the proven best of as many sites (or have none to compare with), the one with the
    fewest minutes a person; one for each number of sites. It is then compared with every other plan of no more sites,
    proposed or not. Where one is at least as good on mean, share and last tenth, and better as written, the
    recommendation is to compare the two: it names that plan, the one of the fewest minutes a person. Else it names the
    proven best, where that is another. Two plans that are written alike are not told apart. Where there is no proposal,
    the best next site is named. A gain or a difference of less than half a minute a person is said to be one in the
    same sentence, and so are modelled roads; where a place was searched, so is that most sites are numbers by commune.

    Parameters
    ----------
    table
        By plan, as the table `alternatives` of a dossier.
    category
        Of the sites.
    cutoff
        Minutes that the shares are of.
    instead
        By proposal that moves no site and no road, what it changes instead.
    certainty
        The table of that name of a dossier: whether roads are modelled, and how many sites are placed by a rule.
    lang
        "fr" or "en".

    Examples
    --------
    >>> today = {"role": "today", "name": "baseline", "mean": 7.34, "counted": 7.34, "share": 0.72, "d9": 13.7}
    >>> plan = {"role": "proposal", "name": "Coucy", "mean": 6.58, "counted": 6.58, "share": 0.8, "d9": 11.8}
    >>> table = pd.DataFrame([today, plan | {"opens": 1}], ["baseline", "Coucy"])
    >>> table = table.assign(question=-1, closes=0, near=False, best=False)
    >>> decision(table.fillna({"opens": 0}), category="france_services", cutoff=10, lang="en")[0].replace("\xa0", " ")
    'Recommended: “Coucy”, since the mean trip falls from 7.3 to 6.6 min, and 80% of people are within 10 minutes, 72%
    today.'
    """
    words = Words(labels.check_lang(lang))
    facts = {} if certainty is None else certainty.to_dict("index")
    modelled = bool(facts.get("roads", {}).get("unknown"))
    today, told = _row(table, BASELINE), Told(words, cutoff, labels.category(category).with_article(lang), modelled)
    if math.isnan(today["share"]):
        return [words("decision_unknown")]
    proposals = table[table["role"] == "proposal"]
    moving = proposals[~proposals.index.isin(list(instead))]
    said = _next_site(table, today, told) if moving.empty else _recommended(table, moving, today, told)
    if table["best"].any() and mostly_counted(facts):
        points = facts["counted"]
        said.append(words("decision_counted", n=round(points["unknown"]), of=words.count(points["of"])))
    return [*said, *(words("decision_instead", name=name, changed=changed) for name, changed in instead.items())]


class Told:
    """How the rows of the alternatives are worded."""

    def __init__(self, words: Words, cutoff: float, kind: str, modelled: bool = False) -> None:
        self.words, self.cutoff, self.kind, self.modelled = words, words.cutoff(cutoff), kind, modelled

    def number(self, minutes: float) -> str:
        """Return minutes without their unit."""
        return self.words.count(minutes, digits=1)

    def name(self, row: Row) -> str:
        """Return the name of a plan, that of a proposal in quotation marks."""
        return self.words("quoted", name=row["name"]) if row["role"] == "proposal" else str(row["name"])

    def alike(self, one: Row, other: Row) -> bool:
        """Whether the two are written alike, on the mean and within the cutoff."""
        return not any(self.differences(one, other)[:2])

    def differences(self, one: Row, other: Row) -> tuple[bool, bool, bool]:
        """Whether the two are written differently: on the mean, on the share within the cutoff, on the last tenth."""
        changed, percent = self.words.change_shown, self.words.percent
        apart = bool(changed(one["counted"], other["counted"])), percent(one["share"]) != percent(other["share"])
        return (*apart, self.words.minutes(one["d9"]) != self.words.minutes(other["d9"]))

    def better(self, one: Row, other: Row) -> bool:
        """Whether one is better than the other as they are written: on the mean, else on the share."""
        if math.isnan(other["counted"]) or math.isnan(one["counted"]):
            return not math.isnan(one["counted"])
        mean, share, _ = self.differences(one, other)
        return bool(one["counted"] < other["counted"]) if mean else share and bool(one["share"] > other["share"])

    def on_every_measure(self, one: Row, other: Row) -> bool:
        """Whether one is at least as good as the other on mean, share and the last tenth, and not written alike."""
        pairs = [(_last(one["counted"]), _last(other["counted"])), (_last(one["d9"]), _last(other["d9"]))]
        if not any(self.differences(one, other)):
            return False
        pairs += [(-one["share"], -other["share"]), (one["unreached_people"], other["unreached_people"])]
        return all(a <= b + 1e-6 for a, b in pairs)

    def beaten(self, table: pd.DataFrame, row: Row) -> Row | None:
        """Return the plan of no more sites that is better than one on every measure; None where there is none.

        Of several, that of the fewest minutes a person.
        """
        size = row["opens"] - row["closes"]
        others = table[(table["role"] != "today") & (table["opens"] - table["closes"] <= size)]
        rows: list[Row] = list(others.sort_values("counted", kind="stable").to_dict("records"))
        return next((each for each in rows if self.on_every_measure(each, row)), None)

    def beats(self, one: Row, other: Row) -> str:
        """Return that one is better than another on every measure, with its numbers."""
        words = self.words
        values: dict[str, Any] = {"mean": words.minutes(one["mean"]), "share": words.percent(one["share"])}
        values |= {"d9": words.minutes(one["d9"]), "than": words.minutes(other["d9"]), "cutoff": self.cutoff}
        key = "decision_beats" if all(self.differences(one, other)) else "decision_beats_or_equals"
        return words(key, name=self.name(one), **values)

    def reason(self, row: Row, today: Row) -> str:
        """Return what a plan changes against today."""
        words = self.words
        values: dict[str, Any] = {
            "before": self.number(today["mean"]),
            "after": words.minutes(row["mean"]),
            "share": words.percent(row["share"]),
            "now": words.percent(today["share"]),
            "cutoff": self.cutoff,
        }
        if math.isnan(today["mean"]):
            return words("decision_reason_first", **values)
        if not words.change_shown(today["mean"], row["mean"]):
            return words("decision_reason_share", **values)
        key = "decision_reason" if row["mean"] < today["mean"] else "decision_reason_farther"
        return words(key, **values)

    def doubt(self, row: Row, today: Row, other: Row | None, *, named: bool = True) -> str:
        """Return what is too little to be sure of: the gain on today, the difference from another, modelled roads."""
        words, said = self.words, []
        roads = words("decision_over_modelled") if self.modelled else ""
        if abs(today["mean"] - row["mean"]) < APART:
            said.append(words("decision_doubt_gain", roads=roads))
        if other is not None and abs(other["counted"] - row["counted"]) < APART:
            key = "decision_doubt_pair" if named else "decision_doubt_next"
            said.append(words(key, name=self.name(other), roads="" if said else roads))
        return "".join(said) or (words("decision_doubt_roads") if self.modelled else "")

    def ranked(self, row: Row) -> str:
        """Its rank among the places, in brackets; nothing where it is not known."""
        rank = row.get("rank", math.nan)
        count = self.words.count
        return "" if math.isnan(rank) else self.words("ranked", rank=count(rank), of=count(row["places"]))

    def proof(self, row: Row) -> str:
        """What is proven of the best, in brackets."""
        if row["status"] == "optimal":
            return self.words("decision_proven", n=row["places"])
        return self.words("decision_gap", gap=labels.percent(float(row["gap"]), lang=self.words.lang, digits=1))


def _last(value: float) -> float:
    """Return minutes to compare by: who is not reached comes last."""
    return math.inf if math.isnan(value) else value


def _row(table: pd.DataFrame, plan: str) -> Row:
    row: Row = table.loc[[plan]].to_dict("records")[0]
    return row


def _best_of(table: pd.DataFrame, question: int) -> Row | None:
    """Return the best plan of a question; None where the siting has no answer."""
    found = table[(table["question"] == question) & table["best"].eq(True)] if question >= 0 else table.iloc[:0]
    return None if found.empty else dict(found.iloc[0])


def _next_site(table: pd.DataFrame, today: Row, told: Told) -> list[str]:
    """Return how it is today and the best next site: nothing is proposed."""
    words = told.words
    now: dict[str, Any] = {"share": words.percent(today["share"]), "cutoff": told.cutoff, "category": told.kind}
    said = [words("decision_today", mean=words.minutes(today["mean"]), **now)]
    best = _best_of(table, 0)
    if best is None:
        return [*said, words("decision_no_candidate")]
    if not told.better(best, today):
        return [*said, words("decision_no_place_better", n=best["places"])]
    others = _others(table, best)
    ties = [row["name"] for row in others if told.alike(row, best)]
    doubt = told.doubt(best, today, others[0] if others and not ties else None, named=False)
    reason, proof = f"{told.reason(best, today)}{doubt}", told.proof(best)
    said.append(words("decision_next", kind=told.kind, name=best["name"], reason=reason, proof=proof))
    return [*said, words("decision_tie", names=words.listed([best["name"], *ties], most=5))] if ties else said


def _others(table: pd.DataFrame, row: Row) -> list[Row]:
    """Return the other plans of the same question, the fewest minutes a person first."""
    same = table[(table["question"] == row["question"]) & (table["question"] >= 0) & (table["name"] != row["name"])]
    return list(same.sort_values("counted", kind="stable").to_dict("records"))


def _recommended(table: pd.DataFrame, proposals: pd.DataFrame, today: Row, told: Told) -> list[str]:
    words = told.words
    chosen = choices(table, proposals, today, told)
    if not chosen:
        best = _best_of(table, int(proposals["question"].max()))
        other = best if best is not None and best["role"] != "proposal" and told.better(best, today) else None
        proof = words("decision_shorter", name=told.name(other), mean=words.minutes(other["mean"])) if other else ""
        proof += told.doubt(other, today, None) if other else ""
        return [words("decision_none_better", n=len(proposals), mean=words.minutes(today["mean"]), proof=proof)]
    said, beside = [], []
    for size, near, first in chosen:
        best, beaten = _best_of(table, int(first["question"])), told.beaten(table, first)
        more = words("decision_more" if size > 0 else "decision_as_many" if not size else "decision_fewer", n=abs(size))
        key = "decision_not_as_it_is" if not near else "decision_compare" if beaten else "decision_line"
        other = best if best is not None and words.change_shown(best["counted"], first["counted"]) else None
        if beaten is not None:
            proof = f"{'' if near else words('joined')}{told.beats(beaten, first)}"
        elif other is not None:
            proof = words("decision_shorter", name=told.name(other), mean=words.minutes(other["mean"]))
        else:
            is_best = best is not None and best["name"] == first["name"]
            proof = words("decision_is_best", proof=told.proof(first)) if is_best else ""
        proof += told.doubt(first, today, beaten or other)
        values: dict[str, Any] = {
            "more": more if len(chosen) > 1 else "",
            "better": told.name(beaten) if beaten else "",
            "proof": proof,
        }
        said.append(words(key, name=told.name(first), reason=told.reason(first, today), **values))
        apart = {first["name"], *([beaten["name"]] if beaten else [])}
        ties = [told.name(row) for row in near if row["name"] not in apart and told.alike(row, first)]
        beside += [words("decision_tie", names=words.listed([told.name(first), *ties], most=5))] if ties else []
        beside += _beyond(first, best, told)
    return [*said, *beside, *([words("decision_sizes")] if len(chosen) > 1 else [])]


def recommended(
    table: pd.DataFrame, *, cutoff: float, instead: Mapping[str, str] = MappingProxyType({})
) -> tuple[str, str] | None:
    """Return the proposal that `decision` takes and the plan that it is to be compared with, as keys of the table.

    The latter is empty where no plan is better on every measure; None where no proposal is taken. Of several numbers
    of sites it is the fewest.
    """
    rows = table.assign(plan=table.index)
    proposals = rows[(rows["role"] == "proposal") & ~rows.index.isin(list(instead))]
    told = Told(Words("en"), cutoff, "")
    chosen = choices(rows, proposals, _row(rows, BASELINE), told)
    if not chosen:
        return None
    first = chosen[0][2]
    beaten = told.beaten(rows, first)
    return str(first["plan"]), str(beaten["plan"]) if beaten else ""


def choices(table: pd.DataFrame, proposals: pd.DataFrame, today: Row, told: Told) -> list[tuple[int, list[Row], Row]]:
    """Return, for each number of sites more, the proposals that are near the best, and the one that the rule takes.

    Where none is near, that is the best of those which are better than today; there is no row where none is.
    """
    rows = [
        row for row in proposals.sort_values("counted", kind="stable").to_dict("records") if told.better(row, today)
    ]
    found: list[tuple[int, list[Row], Row]] = []
    for size in sorted({int(row["opens"] - row["closes"]) for row in rows}):
        here: list[Row] = [row for row in rows if int(row["opens"] - row["closes"]) == size]
        near = [row for row in here if row["near"] or _best_of(table, int(row["question"])) is None]
        found.append((size, near, (near or here)[0]))
    return found


def _beyond(first: Row, best: Row | None, told: Told) -> list[str]:
    """Return what the proven best is, where no proposal is it."""
    words = told.words
    if best is None or best["role"] == "proposal":
        return []
    if not told.words.change_shown(first["counted"], best["counted"]):
        names = words.listed([told.name(first), best["name"]], most=5)
        return [words("decision_tie", names=names)]
    people = abs(round(first["people_added"]))
    more = round(best["share"] * 1e6) >= round(first["share"] * 1e6)
    side = words(f"labelled_people_{'more' if more else 'fewer'}", n=people, cutoff=told.cutoff) if people else ""
    values: dict[str, Any] = {"name": best["name"], "proof": told.proof(best), "mean": words.minutes(best["mean"])}
    added = words.change_shown(best["counted"], first["counted"]).removeprefix("+")
    values |= {"added": added, "people": side}
    rank = first.get("rank", math.nan)
    if math.isnan(rank) or best["status"] != "optimal":
        return [words("decision_best_elsewhere", **values)]
    values |= {"proposal": told.name(first), "rank": words.count(rank), "of": words.count(best["places"])}
    return [words("decision_best_ranked", **values)]


def gains(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return who gains and who loses with each proposal, by how much and where, a sentence each.

    With the people of 75 and more and those without a car, where the table knows them.

    Parameters
    ----------
    table
        By plan, as the table `alternatives` of a dossier.
    lang
        "fr" or "en".

    Examples
    --------
    >>> plan = {"role": "proposal", "name": "Coucy", "gain": 8098, "lose": 0, "newly_reached": 0}
    >>> plan |= {"no_longer_reached": 0, "unchanged": 62452, "communes_gain": 24, "communes_lose": 0}
    >>> plan |= {"for_whom": "Coucy, Folembray"}
    >>> for line in gains(pd.DataFrame([plan], ["Coucy"]), lang="en"):
    ...     print(line.replace("\xa0", " "))
    “Coucy”: 8,098 people gain at least 1 minute (they live in 24 communes); nobody loses; under a minute of change,
    or none, for 62,452 people. Most for: Coucy, Folembray.
    """
    words = Words(labels.check_lang(lang))
    said = []
    proposals = table[table["role"] == "proposal"]
    for row in proposals.head(MOST_PROPOSALS).to_dict("records"):
        counted = {key: float(row[key]) for key in ("gain", "lose", "newly_reached", "no_longer_reached")}
        parts = []
        for side, apart in (("gain", "newly_reached"), ("lose", "no_longer_reached")):
            here = who_changes({**dict.fromkeys(counted, 0.0), side: counted[side], apart: counted[apart]}, words)
            told = words("gains_where", people=", ".join(here), communes=words("communes", n=row[f"communes_{side}"]))
            parts.append(told if here else words(f"gains_nobody_{side}"))
        if not any(map(round, counted.values())):  # what it changes may be no trip at all
            parts = [words("gains_no_trip")]
        parts.append(words("gains_unchanged", n=round(row["unchanged"])))
        line = words("gains_line", name=row["name"], told=words("joined").join(parts))
        said.append(f"{line} {words('gains_most', names=row['for_whom'])}" if row["for_whom"] else line)
        for group in ("aged", "without_car"):
            if not math.isnan(row.get(f"total_{group}", math.nan)):
                ends: dict[str, Any] = {side: words.count(round(row[f"{side}_{group}"])) for side in ("gain", "lose")}
                said.append(words(f"gains_{group}", people=words.count(round(row[f"total_{group}"])), **ends))
    more = len(proposals) - MOST_PROPOSALS
    return [*said, words("gains_more", n=more)] if more > 0 else said


def alternatives(table: pd.DataFrame, *, cutoff: float, lang: labels.Lang = "fr") -> list[str]:
    r"""Return the nearest alternatives to the proposals, or to the best next site, a sentence each: at most three.

    Parameters
    ----------
    table
        By plan, as the table `alternatives` of a dossier: the proven best and what is near it in minutes.
    cutoff
        Minutes that the shares are of.
    lang
        "fr" or "en".
    """
    words = Words(labels.check_lang(lang))
    told = Told(words, cutoff, "")
    said = []
    for row in nearest_plans(table):
        best = f" {told.proof(row)}" if row["best"] else told.ranked(row)
        values: dict[str, Any] = {
            "mean": words.minutes(row["mean"]),
            "share": words.percent(row["share"]),
            "cutoff": told.cutoff,
        }
        said.append(words("alternative_line", name=row["name"], best=best, names=row["for_whom"] or "–", **values))
    return said


def nearest_plans(table: pd.DataFrame) -> list[Row]:
    """Return the plans that are told as the nearest alternatives, at most three."""
    same = table[(table["question"] >= 0) & table["role"].isin(("best", "near", "next", "town"))]
    if (table["role"] == "proposal").any():
        order = same.sort_values("counted", kind="stable")
        place = order.groupby("question").cumcount()  # the best of each question first
        order = order.assign(place=place).sort_values(["place", "question"], kind="stable")
    else:
        order = same[~same["best"]].sort_values("counted", kind="stable")
    return list(order.head(MOST_ALTERNATIVES).to_dict("records"))


def costs(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return what each proposal costs, or whom to ask, and what its trips save, a sentence each.

    Parameters
    ----------
    table
        By proposal: `eur`, of the operations whose cost is known, NaN where none is; `unknown`, how many of its
        operations, or of itself, have none; `km` and `eur_car`, the change for one round trip a person and year (NaN
        where it is not known).
    lang
        "fr" or "en".

    Examples
    --------
    >>> row = {"eur": float("nan"), "unknown": 1, "km": -87388.0, "eur_car": -55579.0}
    >>> costs(pd.DataFrame([row], ["Coucy"]), lang="en")[0].replace("\xa0", " ")
    'Unknown for “Coucy”: to ask of whoever would run the site (works, staff, rent) and of those who would fund it.'
    """
    words = Words(labels.check_lang(lang))
    rows = {words("quoted", name=name): row for name, row in table.to_dict("index").items()}
    unknown = [name for name, row in rows.items() if math.isnan(row["eur"])]
    said = [words("costs_unknown", names=words.listed(unknown, most=MOST_PROPOSALS))] if unknown else []
    for name, row in rows.items():
        if name not in unknown:
            said.append(words("costs_known", name=name, eur=words.count(row["eur"])))
            said += [words("costs_partly", n=int(row["unknown"]))] if row["unknown"] else []
    trips = []
    for name, row in rows.items():
        if not math.isnan(row["km"]) and round(row["km"]):
            # Of a supposition two digits are told; the table has them all.
            km, eur = (labels.number(float(f"{row[key]:.1e}"), lang=lang, signed=True) for key in ("km", "eur_car"))
            trips.append(words("costs_trip", name=name, km=km, eur=eur))
    return [*said, words("costs_trips", trips=words("joined").join(trips[:MOST_PROPOSALS]))] if trips else said


def certainty(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return how sure the answer is: what is proven, which roads, who is not reached, where sites and people stand.

    Parameters
    ----------
    table
        By fact, counts: `unknown` of `of`, and `gap` of the siting; "siting" (places), "roads" (1 is modelled),
        "estimated" (1 where local streets are left out, or a speed by class of road is all), "homes" (1 where people
        are placed by a rule), "unreached" (people), "points" (sites placed by a rule), "counted" (those that are a
        number by commune). What is no fact of it is not told.
    lang
        "fr" or "en".

    Examples
    --------
    >>> table = pd.DataFrame({"unknown": [0, 1], "of": [81, 1], "gap": [0.0, float("nan")]}, index=["siting", "roads"])
    >>> certainty(table, lang="en")[0].replace("\xa0", " ")
    'The shortest mean trip is proven: the 81 possible places were compared, all of them.'
    """
    words = Words(labels.check_lang(lang))
    rows = table.to_dict("index")
    said = []
    if "siting" in rows:
        gap = float(rows["siting"]["gap"])
        key = "sure_proven" if gap <= 1e-6 else "sure_gap"
        percent = labels.percent(gap, lang=lang, digits=1)
        said.append(words(key, n=int(rows["siting"]["of"]), gap=percent))
    else:
        said.append(words("sure_no_siting"))
    said.append(words(f"sure_{how_timed(rows)}"))
    for fact in ("homes", "points", "unreached"):
        if fact in rows and round(rows[fact]["unknown"]):
            row = rows[fact]
            said.append(words(f"sure_{fact}", n=round(row["unknown"]), of=words.count(row["of"])))
    if "siting" in rows and mostly_counted(rows):
        said.append(words("sure_counted"))
    return said


def mostly_counted(facts: Mapping[Any, Row]) -> bool:
    """Whether most sites are a number by commune, put at its mairie by a rule: the best place then rests on that."""
    return "counted" in facts and bool(2 * facts["counted"]["unknown"] > facts["counted"]["of"])


def how_timed(rows: Mapping[Any, Row]) -> str:
    """Return what the minutes of a certainty, its rows by fact, are over: "modelled", "estimated" or "real" roads."""
    return next((how for fact, how in HOW_TIMED.items() if rows.get(fact, {}).get("unknown")), "real")


def unknowns(table: pd.DataFrame, *, lang: labels.Lang = "fr") -> list[str]:
    r"""Return what is not known, as one sentence: each thing with how much of it, or that nothing asked for is missing.

    Parameters
    ----------
    table
        By fact, `unknown` of `of`: "cost" (proposals), "aged" and "without_car" (people), "hours" and "step_free"
        (sites of the territory).
    lang
        "fr" or "en".

    Examples
    --------
    >>> unknowns(pd.DataFrame({"unknown": [3, 0], "of": [3, 3]}, index=["hours", "step_free"]), lang="en")
    ['Not known: the opening hours of 3\xa0sites of 3.']
    """
    words = Words(labels.check_lang(lang))
    rows = table.to_dict("index")
    names = [
        words(f"unknown_{fact}", n=round(rows[fact]["unknown"]), of=words.count(rows[fact]["of"]))
        for fact in UNKNOWNS
        if fact in rows and round(rows[fact]["unknown"])
    ]
    return [words("unknowns_line", names=", ".join(names)) if names else words("unknowns_none")]
