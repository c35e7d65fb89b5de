"""The dossier read aloud: two minutes, in sentences that a mayor can say."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from accessmap.sentences.advice import Row, Told, choices, how_timed
from accessmap.sentences.past import sites_told
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words


def speech(
    table: pd.DataFrame,
    *,
    place: str,
    question: str,
    category: str,
    cutoff: float,
    certainty: pd.DataFrame,
    history: pd.DataFrame | None = None,
    dated: str = "",
    chance: str = "",
    lang: labels.Lang = "fr",
) -> list[str]:
    """Return what can be read aloud in about two minutes, a paragraph each: no table, no short form, round numbers.

    Minutes are said with their seconds, to the ten; people to the hundred; shares as so many in a hundred.

    Parameters
    ----------
    table
        By plan, as the table `alternatives` of a dossier.
    place, question
        Name of the territory; what is to be decided.
    category
        Of the sites.
    cutoff
        Minutes that the shares are of.
    certainty, history
        The tables of that name of a dossier; `history` None where there is none.
    dated, chance
        Of what date the sites are, in brackets, where that is old; how sure the choice is, as a sentence. Both are left
        out where they are empty.
    lang
        "fr" or "en".
    """
    words = Words(labels.check_lang(lang))
    say = _Aloud(words, cutoff, category, dated)
    today = dict(table.loc[BASELINE])
    if math.isnan(today["share"]):
        return [words("aloud_open", question=question), words("decision_unknown"), words("aloud_close")]
    total = sum(today[side] for side in ("gain", "lose", "newly_reached", "no_longer_reached", "unchanged"))
    said = [words("aloud_open", question=question), say.today(today, place, total)]
    if history is not None:
        said += [say.past(str(name), row) for name, row in history.to_dict("index").items()]
    told = Told(words, cutoff, say.kind)
    chosen = choices(table, table[table["role"] == "proposal"], today, told)
    proposals = table[table["role"] == "proposal"].to_dict("records")
    said += [say.proposal(row) for row in proposals[:2]]
    said += say.others(table)
    said.append(say.sure(certainty, chance))
    near = [(row, told.beaten(table, row)) for _, near, row in chosen if near]
    said += [words("aloud_compare", name=told.name(row), better=told.name(other)) for row, other in near if other]
    first = [told.name(row) for row, other in near if not other]
    if first:
        said.append(words("aloud_recommended", names=words.listed(first, most=3)))
    elif not near:
        said.append(words("aloud_none" if proposals else "aloud_no_proposal"))
    return [*said, words("aloud_close")]


class _Aloud:
    """Numbers as they are said."""

    def __init__(self, words: Words, cutoff: float, category: str, dated: str) -> None:
        self.words, self.cutoff, self.dated = words, words.cutoff(cutoff), dated
        self.category = labels.category(category)
        self.kind = self.category.with_article(words.lang)

    def minutes(self, value: float) -> str:
        """Return minutes with their seconds, to the ten."""
        tens = round(value * 6)
        minutes, seconds = tens // 6, tens % 6 * 10
        spelled = self.words.cutoff(minutes)
        if not seconds:
            return spelled
        return (
            self.words("aloud_seconds", minutes=spelled, n=seconds) if minutes else self.words("aloud_only", n=seconds)
        )

    def people(self, value: float) -> str:
        """Return people, to the hundred where they are many."""
        exact = round(value)
        return self.words.people(exact) if exact < 200 else self.words("aloud_about", n=round(exact, -2))

    def share(self, share: float) -> str:
        """Return a share as so many in a hundred; nearly all and hardly anybody in words."""
        hundred = round(share * 100)
        key = "aloud_all" if share >= 1 - 1e-9 else "aloud_nearly_all" if hundred > 99 else ""
        key = key or ("aloud_nobody" if share <= 1e-9 else "aloud_hardly" if hundred < 1 else "aloud_in_hundred")
        return self.words(key, n=hundred)

    def today(self, row: Row, place: str, total: float) -> str:
        words = self.words
        held: dict[str, Any] = {"share": self.share(row["share"]), "cutoff": self.cutoff, "category": self.kind}
        held["dated"] = self.dated
        said = [words("aloud_place", place=place, people=self.people(total)), words("aloud_today", **held)]
        if not math.isnan(row["mean"]):
            said.append(words("aloud_mean", mean=self.minutes(row["mean"]), d9=self.minutes(row["d9"])))
        if round(row["unreached_people"]):
            said.append(labels.capitalised(words("aloud_unreached", people=self.people(row["unreached_people"]))))
        return " ".join(said)

    def past(self, name: str, row: Row) -> str:
        words = self.words
        held = sites_told(int(row["sites"]), self.category, words, counted=bool(row.get("counted")))
        share = self.share(row["share"])
        return words("aloud_past", name=name, sites=held, share=share, cutoff=self.cutoff)

    def proposal(self, row: Row) -> str:
        words = self.words
        name, share = words("quoted", name=row["name"]), self.share(row["share"])
        if math.isnan(row["mean"]):
            said = [words("aloud_proposal_none", name=name)]
        else:
            said = [words("aloud_proposal", name=name, mean=self.minutes(row["mean"]), share=share, cutoff=self.cutoff)]
        for side, apart in (("gain", "newly_reached"), ("lose", "no_longer_reached")):
            people = row[side] + row[apart]
            where = words("communes", n=row[f"communes_{side}"])
            key = f"aloud_{side}" if round(people) else f"aloud_nobody_{side}"
            said.append(words(key, people=self.people(people), communes=where))
        said += [words("aloud_for", names=self.named(row["for_whom"]))] if row["for_whom"] else []
        said.append(words("aloud_unchanged", people=self.people(row["unchanged"])))
        if not math.isnan(row["total_aged"]):
            said.append(words("aloud_aged", people=self.people(row["gain_aged"])))
        return " ".join(said)

    def others(self, table: pd.DataFrame) -> list[str]:
        """Return the proven best and the next, where the siting has an answer."""
        words = self.words
        same = table[(table["question"] == 0) & (table["role"] != "proposal")].sort_values("counted", kind="stable")
        rows = same.to_dict("records")
        if not rows:
            return []
        key = "aloud_best" if rows[0]["best"] else "aloud_other"
        values = [
            {
                "name": row["name"],
                "mean": self.minutes(row["mean"]),
                "share": self.share(row["share"]),
                "cutoff": self.cutoff,
                "names": self.named(row["for_whom"]),
            }
            for row in rows[:2]
        ]
        said = [words("aloud_choose", n=int(rows[0]["places"])), words(key, **values[0])]
        return [" ".join([*said, *(words("aloud_next", **value) for value in values[1:])])]

    def sure(self, certainty: pd.DataFrame, chance: str) -> str:
        words, rows = self.words, certainty.to_dict("index")
        said = [words(f"aloud_{how_timed(rows)}"), chance or words("aloud_close_call")]
        if "siting" in rows and rows["siting"]["gap"] <= 1e-6:
            said.append(words("aloud_proven"))
        unknown = [key for key in ("cost", "aged", "without_car", "hours") if key in rows and rows[key]["unknown"]]
        if unknown:
            names = ", ".join(words(f"aloud_unknown_{key}") for key in unknown)
            said.append(words("aloud_unknown", names=self.named(names)))
        return " ".join(said)

    def named(self, names: str) -> str:
        """Return names with commas, the last with "and"."""
        first, _, last = names.rpartition(", ")
        return self.words("aloud_and", first=first, last=last) if first else last
