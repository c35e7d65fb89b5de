"""Without a car: the same coverage on foot and by bike, and who without a car is left out."""

from typing import Final

import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier import lines_changed, served, there_and_back
from accessmap.dossier.layout import Cell, How, Part, Table, share_cell
from accessmap.dossier.results import Known, Tables
from accessmap.roads.transit.journeys import EACH, Journeys
from accessmap.study import modes
from accessmap.study.comparison import studies_under
from accessmap.words import words as labels
from accessmap.words.notes import DayRead
from accessmap.words.words import BASELINE, Words

CAR: Final = "car"


def tables(known: Known) -> dict[str, pd.DataFrame] | None:
    """Return who is near a site by each mode, today and in each scenario; None where there is one mode.

    Returns
    -------
    dict
        modes
            By (situation, mode, cutoff): `people` and `share` (0-1).
        _without_car
            Of today, see `accessmap.modes.without_car`; empty where the residents do not say who has no car.

        And those of `there_and_back` and `served` where the study has a timetable.
    """
    study, category = known.study, known.results.category
    if len(study.networks) < 2:
        return None
    coverage = {}
    under = studies_under(known.results.scenarios, study)
    for name, each in under.items():
        if name == BASELINE or len(each.sites(category)):
            coverage[name] = modes.coverage(each, category=category)
    known_people = "without_car" in study.residents and CAR in study.networks
    without = modes.without_car(study, category=category) if known_people else pd.DataFrame()
    both = {"modes": pd.concat(coverage, names=["situation"]), "_without_car": without}
    return both | there_and_back.tables(known, under) | served.tables(known, under)


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return how many people are near without a car, and how many of those who have none are left out."""
    table, found = tables["modes"], tables.known.results
    shares = table["share"].to_dict()
    names = list(table.index.unique("mode"))
    by_mode = [
        words("labelled_share", name=words.mode(mode), share=words.percent(shares[BASELINE, mode, found.quoted]))
        for mode in names
    ]
    said = [words("without_car_today", cutoff=words.cutoff(found.quoted), modes=", ".join(by_mode))]
    without = tables["_without_car"]
    if without.empty:
        return [*said, words("without_car_unknown"), *_by_timetable(tables, words)]
    for mode in names:
        if mode != CAR:
            said += told_of.without_car(
                without, mode=mode, cutoff=found.quoted, category=found.category, lang=words.lang
            )
    return said + _by_timetable(tables, words)


def _by_timetable(tables: Tables, words: Words) -> list[str]:
    return [each for part in (there_and_back, lines_changed, served) for each in part.sentences(tables, words)]


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return people within each threshold, by mode and situation."""
    parts: list[Part] = [_modes_table(tables["modes"], words), How(_how(tables.known.study.journeys, words))]
    by_timetable = [each for part in (lines_changed, there_and_back, served) for each in part.shown(tables, words)]
    return [*by_timetable, *parts]


def _how(journeys: Journeys | None, words: Words) -> str:
    """Return how minutes are computed, by the timetable too where there is one."""
    if journeys is None:
        return words("how_without_car")
    depart = journeys.terms.depart
    first, last = (f"{at // 3600}:{at % 3600 // 60:02}" for at in (depart[0], depart[-1] + EACH))
    one = len(depart) == 1
    when = words("transit_leaving_at", first=first) if one else words("transit_leaving_between", first=first, last=last)
    share = words.percent(journeys.terms.percentile / 100)
    return words("how_without_car_transit", day=DayRead.of(journeys.date).told(words.lang), when=when, share=share)


def _modes_table(table: pd.DataFrame, words: Words) -> Table:
    """Return people within each threshold, below each mode, one column a situation."""
    situations, names, cutoffs = (list(table.index.unique(name)) for name in ("situation", "mode", "cutoff"))
    facts = table.to_dict("index")
    rows: list[tuple[Cell, ...]] = []
    for mode in names:
        title = words.mode(mode)
        rows.append((Cell(labels.capitalised(title)),))
        for cutoff in cutoffs:
            here = [facts[name, mode, cutoff] for name in situations]
            shares = (share_cell(row["share"], words, words.people(row["people"])) for row in here)
            rows.append((Cell(words("within", cutoff=words.cutoff(float(cutoff))), float(cutoff)), *shares))
    return Table((words("metric_trip"), *(words.name(str(name)) for name in situations)), rows)
