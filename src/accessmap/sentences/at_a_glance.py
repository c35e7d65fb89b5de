"""The facts of the decision in a few words each: what a phone shows before a reader asks for more."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd

from accessmap.sentences.advice import MOST_PROPOSALS, UNKNOWNS, how_timed, mostly_counted, nearest_plans
from accessmap.words import words as labels
from accessmap.words.words import Words


def brief(
    table: pd.DataFrame,
    *,
    certainty: pd.DataFrame,
    costs: pd.DataFrame,
    history: pd.DataFrame | None = None,
    chance: str = "",
    cutoff: float,
    lang: labels.Lang = "fr",
) -> dict[str, str]:
    r"""Return the facts of the decision, by name, one short line each.

    A fact of which nothing is known here is left out.

    Parameters
    ----------
    table, certainty, costs, history
        The tables of that name of a dossier (the first is its `alternatives`); `history` None where there is none.
    chance
        How sure the choice is, of `in_brief`.
    cutoff
        Minutes that the shares are of.
    lang
        "fr" or "en".

    Examples
    --------
    >>> table = pd.DataFrame({"role": "today", "question": -1, "best": False, "counted": 7.3}, index=["baseline"])
    >>> certainty = pd.DataFrame({"unknown": [1, 3], "of": [1, 3]}, index=["roads", "hours"])
    >>> told = brief(table, certainty=certainty, costs=pd.DataFrame({"eur": []}), cutoff=10, lang="en")
    >>> told["sure"]
    'Best place not computed; modelled roads.'
    >>> told["unknowns"]
    'Opening hours.'
    """
    words = Words(labels.check_lang(lang))
    rows = certainty.to_dict("index")
    said = {"gains": _gains(table, words), "costs": _costs(costs, words), "sure": _sure(rows, chance, words)}
    near = [words("brief_plan", name=row["name"], mean=words.minutes(row["mean"])) for row in nearest_plans(table)]
    said["alternatives"] = words("joined").join(near)
    unknown = [words(f"brief_{fact}") for fact in UNKNOWNS if fact in rows and round(rows[fact]["unknown"])]
    said["unknowns"] = labels.capitalised(", ".join(unknown))
    past = {} if history is None else history.to_dict("index")
    held: dict[str, Any] = {"cutoff": words.cutoff(cutoff)}
    lines = [words("brief_past", name=name, share=words.percent(row["share"]), **held) for name, row in past.items()]
    said["history"] = words("joined").join(lines)
    return {fact: f"{line.removesuffix('.')}." for fact, line in said.items() if line}


def _gains(table: pd.DataFrame, words: Words) -> str:
    proposals = table[table["role"] == "proposal"].head(MOST_PROPOSALS).to_dict("records")
    lines = []
    for row in proposals:
        sides = {"gain": row["gain"] + row["newly_reached"], "lose": row["lose"] + row["no_longer_reached"]}
        said = (
            words(f"brief_{side}", n=round(n)) if round(n) else words(f"gains_nobody_{side}")
            for side, n in sides.items()
        )
        told = ", ".join(said) if any(map(round, sides.values())) else words("gains_no_trip")
        lines.append(
            labels.capitalised(told) if len(proposals) == 1 else words("gains_line", name=row["name"], told=told)
        )
    return words("joined").join(lines)


def _costs(costs: pd.DataFrame, words: Words) -> str:
    known = [row for row in costs.to_dict("records") if not math.isnan(row["eur"])]
    if not known:
        return words("brief_unknown_cost") if len(costs) else ""
    partly = len(known) < len(costs) or any(row["unknown"] for row in known)
    told = words("joined").join(words("brief_euros", eur=words.count(row["eur"])) for row in known)
    return words("brief_euros_partly", cost=told) if partly else told


def _sure(rows: dict[Any, Any], chance: str, words: Words) -> str:
    siting = rows.get("siting")
    gap = float(siting["gap"]) if siting else 0.0
    key = "brief_no_siting" if siting is None else "brief_proven" if gap <= 1e-6 else "brief_gap"
    roads = words(f"brief_{how_timed(rows)}")
    percent = labels.percent(gap, lang=words.lang, digits=1)
    placed = [words("brief_points")] if siting is not None and mostly_counted(rows) else []
    said = [*([chance] if chance else []), words(key, gap=percent), roads, *placed]
    return labels.capitalised(words("joined").join(said))
