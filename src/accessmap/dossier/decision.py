"""The decision page: question, recommendation, who gains, cost, certainty, alternatives, dates, and what is unknown."""

from __future__ import annotations

from typing import Any, Final

import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier import history, sureness
from accessmap.dossier.answer import actions
from accessmap.dossier.layout import Fact, Facts, Part
from accessmap.dossier.results import Known, Tables, by_rule, is_counted
from accessmap.dossier.services import emergencies_unknown
from accessmap.measures.resilience import site_places
from accessmap.study.yearly import yearly_costs
from accessmap.tables.contracts import category_shown
from accessmap.words.words import BASELINE, Words

# A plan of more steps is asked for by its name: what it does stands under the key figures.
MOST_STEPS: Final = 2


def tables(known: Known) -> dict[str, pd.DataFrame]:
    """Return what the decision page is made of, beside the alternatives.

    Returns
    -------
    dict
        certainty
            By fact, counts: `unknown` of `of`; and the `gap` of the siting. See `accessmap.sentences.certainty`.
        costs
            By proposal: `eur`, `unknown`, `km`, `eur_car`. See `accessmap.sentences.costs`.
        sureness, to_check, check_together, undecided
            Where worlds are drawn: see `accessmap.dossier.sureness.tables`.
    """
    costs = _costs(known)
    return {"certainty": _certainty(known, costs), "costs": costs, **sureness.tables(known)}


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return the question, then what is recommended and what must be known beside it."""
    known = tables.known
    found = known.results
    lines = told_of.decision(
        known.alternatives,
        category=found.category,
        cutoff=found.quoted,
        instead=known.instead[found.category],
        certainty=tables["certainty"],
        lang=words.lang,
    )
    return [question(known, words), *lines]


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return the facts of the decision, each with how it is computed."""
    known = tables.known
    found, plans = known.results, known.alternatives
    lang, cutoff = words.lang, words.cutoff(found.quoted)
    kind = found.category
    past = history.tables(known) or {}
    decides, drawn = sureness.sentences(tables, words)
    certain = told_of.certainty(tables["certainty"], lang=lang)
    rows = {
        "gains": told_of.gains(plans, lang=lang),
        "costs": told_of.costs(tables["costs"], lang=lang),
        # What does not decide stands with how it is computed.
        "sure": decides or [*drawn, *certain],
        "alternatives": told_of.alternatives(plans, cutoff=found.quoted, lang=lang),
        "unknowns": [
            *told_of.unknowns(tables["certainty"], lang=lang),
            *([words("services_emergencies")] if kind == "hospital" and emergencies_unknown(known) else []),
        ],
        "history": [
            line
            for each in past.values()
            for line in told_of.history(each, category=kind, cutoff=found.quoted, lang=lang)[::2]
        ],
        "dates": told_of.vintages(known.study.vintages, categories=known.categories, lang=lang),
    }
    how: dict[str, Any] = {"people": words.people(found.total), "cutoff": cutoff}
    rule = Fact(words("fact_rule"), (), words("how_rule", **how))
    short = told_of.brief(
        plans,
        certainty=tables["certainty"],
        costs=tables["costs"],
        history=pd.concat(past.values()) if past else None,
        chance=sureness.in_brief(tables, words),
        cutoff=found.quoted,
        lang=lang,
    )
    short["dates"] = rows["dates"][0] if rows["dates"] else ""
    folded = [*(drawn if decides else []), *(certain if decides else []), sureness.how(tables, words)]
    more = {"sure": "".join(f"{line} " for line in folded if line)}
    facts = [
        Fact(words(f"fact_{key}"), tuple(told), more.get(key, "") + words(f"how_{key}", **how), short.get(key, ""))
        for key, told in rows.items()
        if told
    ]
    return [Facts((rule, *facts))]


def question(known: Known, words: Words) -> str:
    """Return what is to be decided, as a question."""
    asked = actions(known, words)
    if len(asked) == 1 and len(known.results.scenarios[0].steps) > MOST_STEPS:
        return words("question_plan", name=asked[0][0])
    if len(asked) == 1:
        return words("question_one", action=asked[0][1])
    if asked:
        return words("question_several", names=words.listed([words("quoted", name=name) for name, _ in asked], most=5))
    shown = category_shown(known.study.services, known.results.category)
    return words("question_none", kinds=shown.name(words.lang, count=2))


def _certainty(known: Known, costs: pd.DataFrame) -> pd.DataFrame:
    study, found, plans = known.study, known.results, known.alternatives
    rows: dict[str, dict[str, float]] = {}
    best = plans[plans["best"]]
    if len(best):
        rows["siting"] = {"unknown": 0, "of": float(best["places"].max()), "gap": float(best["gap"].max())}
    rows["roads"] = {"unknown": float(study.credit.modelled), "of": 1}
    rows["estimated"] = {"unknown": float(study.estimated), "of": 1}
    rows["homes"] = {"unknown": float("population" in study.provenance.parameters), "of": 1}
    today = dict(plans.loc[BASELINE])
    rows["unreached"] = {"unknown": today["unreached_people"], "of": found.total}
    sites = found.sites[BASELINE]
    sites = sites[site_places(sites, study.communes)["inside"]]
    if len(sites):
        none = pd.Series(pd.NA, index=sites.index, dtype="str")
        said = {name: sites.get(name, none) for name in ("hours", "step_free")}
        unknown = {
            "points": by_rule(sites),
            "counted": is_counted(sites),
            "hours": said["hours"].isna(),
            "step_free": said["step_free"].fillna("unknown").eq("unknown"),
        }
        rows |= {name: {"unknown": int(mask.sum()), "of": len(sites)} for name, mask in unknown.items()}
    for name in ("aged", "without_car"):
        rows[name] = {"unknown": found.total if pd.isna(today[f"total_{name}"]) else 0, "of": found.total}
    if len(costs):
        rows["cost"] = {"unknown": int((costs["unknown"] > 0).sum()), "of": len(costs)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["unknown", "of", "gap"]).rename_axis("fact")


def _costs(known: Known) -> pd.DataFrame:
    """Return what is known of the cost of each proposal: that of its operations, and what its trips save."""
    found = known.results
    rows = {}
    for name in found.names:
        operations = list(known.programme) if known.programme is not None and known.programme.title == name else []
        costs = [each.cost_eur for each in operations]
        priced = [each for each in costs if each is not None]
        unknown = len(costs) - len(priced) if costs else 1
        rows[name] = {"eur": float(sum(priced)) if priced else float("nan"), "unknown": unknown}
    table = pd.DataFrame.from_dict(rows, orient="index", columns=["eur", "unknown"]).rename_axis("scenario")
    trips = _trips(known)
    return table.assign(km=trips["km_change"], eur_car=trips["eur_car_change"])


def _trips(known: Known) -> pd.DataFrame:
    found = known.results
    if not found.scenarios or not found.total:
        return pd.DataFrame(columns=["km_change", "eur_car_change"], dtype="float64")
    return yearly_costs(found.scenarios, known.study, found.category, trips_per_person=1)
