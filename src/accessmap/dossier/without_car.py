"""Without a car: the same coverage on foot and by bike, and who without a car is left out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from accessmap.dossier.layout import Cell, Table
from accessmap.roads.network import RoadNetwork
from accessmap.sentences.without_car import captive_sentence
from accessmap.study.comparison import studies_under
from accessmap.study.modes import coverage as coverage_by_mode
from accessmap.study.modes import without_car
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

__all__ = ["CAR", "Carless", "carless", "modes_table", "told"]

CAR = "car"


@dataclass(frozen=True, eq=False)
class Carless:
    """Who of the territory is near a site without a car.

    Parameters
    ----------
    coverage
        By (situation, mode, cutoff): `people` and `share` (0-1).
    captive
        Of today, see `accessmap.study.modes.without_car`; empty where the residents do not say who has no car.
    category
        The service studied.
    quoted
        The threshold that sentences quote, in minutes.
    """

    coverage: pd.DataFrame
    captive: pd.DataFrame
    category: str
    quoted: float


def carless(
    study: Study,
    scenarios: Sequence[Scenario],
    category: str,
    networks: Mapping[str, RoadNetwork],
    quoted: float,
) -> Carless:
    """Return who is near a site by each mode, today and in each scenario; the car's network is the study's.

    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> on_foot = am.RoadNetwork.modelled(study.communes, study.sites("mairie"), mode="walk")
    >>> data = carless(study, (), "france_services", {"walk": on_foot}, 10)
    >>> data.coverage["share"].round(2).xs(10, level="cutoff").to_dict()
    {('baseline', 'car'): 0.72, ('baseline', 'walk'): 0.11}
    """
    if networks:
        study = replace(study, networks={CAR: study.network, **{m: each for m, each in networks.items() if m != CAR}})
    coverage = {}
    for name, each in studies_under(scenarios, study).items():
        if name == BASELINE or len(each.sites(category)):
            coverage[name] = coverage_by_mode(each, category=category)
    known = "without_car" in study.residents and len(study.networks) > 1
    captive = without_car(study, category=category) if known else pd.DataFrame()
    return Carless(pd.concat(coverage, names=["situation"]), captive, category, quoted)


def told(data: Carless, words: Words) -> list[str]:
    """Return how many people are near without a car, and how many of those who have none are left out."""
    shares = data.coverage["share"].to_dict()
    modes = list(dict.fromkeys(data.coverage.index.get_level_values("mode")))
    cutoff = words.cutoff(data.quoted)
    by_mode = [
        words("labelled_share", name=_mode(mode, words), share=words.percent(shares[BASELINE, mode, data.quoted]))
        for mode in modes
    ]
    said = [words("carless_today", cutoff=cutoff, modes=", ".join(by_mode))]
    if not len(data.captive):
        return [*said, words("carless_unknown")]
    quoted, kind = data.quoted, data.category
    return said + [
        captive_sentence(data.captive, mode=mode, cutoff=quoted, category=kind, lang=words.lang)
        for mode in modes
        if mode != CAR
    ]


def modes_table(data: Carless, words: Words) -> Table:
    """Return people within each threshold, below each mode, one column a situation."""
    situations, modes, cutoffs = (
        list(dict.fromkeys(data.coverage.index.get_level_values(name))) for name in ("situation", "mode", "cutoff")
    )
    facts = data.coverage.to_dict("index")
    rows: list[tuple[Cell, ...]] = []
    for mode in modes:
        title = _mode(mode, words)
        rows.append((Cell(labels.capitalised(title)),))
        for cutoff in cutoffs:
            cells = [Cell(words("within", cutoff=words.cutoff(float(cutoff))), float(cutoff))]
            for name in situations:
                row = facts[name, mode, cutoff]
                cells.append(Cell(words.percent(row["share"]), row["share"], words.people(row["people"]), row["share"]))
            rows.append(tuple(cells))
    columns = (words("metric_trip"), *(words.name(str(name)) for name in situations))
    return Table(columns, (False, *[True] * len(situations)), tuple(rows))


def _mode(mode: str, words: Words) -> str:
    return words(f"mode_{mode}") if mode in (CAR, "bike", "walk") else mode
