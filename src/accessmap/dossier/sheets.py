"""Commune sheets: what each commune of the territory has within reach, one page each."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from accessmap.dossier.digital import sheet_lines
from accessmap.dossier.layout import Cell, Table, lost_note, minutes_cell, sortable
from accessmap.dossier.results import Known, Results, Tables, plainly
from accessmap.dossier.services import places
from accessmap.sentences.access import who_changes
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words


@dataclass(frozen=True)
class Sheet:
    """One commune, in words: its facts, its services, what each scenario changes."""

    code: str
    name: str
    facts: tuple[str, ...]
    rows: Table
    lines: tuple[str, ...]


def sheets(known: Known, services: Tables, hours: Tables | None, digital: Tables | None, words: Words) -> list[Sheet]:
    """Return a sheet for each commune of the territory, in the order of their names.

    Parameters
    ----------
    known
        What the dossier knows.
    services, hours, digital
        The tables of those chapters; None where the dossier has no such chapter.
    """
    found = known.results
    names = found.communes["name"].sort_values(key=plainly, kind="stable")
    by_commune = services["services_by_commune"]
    near = {str(code): part.droplevel("code") for code, part in by_commune.groupby(level="code", sort=False)}
    today = by_commune["rank"].xs(BASELINE, level="situation")
    ranks = pd.concat([places(part, words) for _, part in today.groupby(level="category", sort=False)])
    best = places(services["scores"]["rank"], words)
    connected = {} if digital is None else sheet_lines(digital, words)
    return [
        Sheet(
            code,
            str(name),
            tuple(_facts(known, services["scores"], best, code, words)),
            _services(near[code], ranks.xs(code, level="code"), len(names), found.names, words),
            (*_changes(found, code, words), *_hours(hours, code, words), *connected.get(code, [])),
        )
        for code, name in zip(map(str, names.index), names, strict=True)
    ]


def _facts(known: Known, scores: pd.DataFrame, ranks: pd.Series, code: str, words: Words) -> list[str]:
    """Return people, EPCI and score of a commune."""
    commune = known.study.communes.loc[code].to_dict()
    said = [words.people(float(known.results.communes["population"][code])), words("insee_code", code=code)]
    epci = commune.get("epci_name")
    if isinstance(epci, str):
        said.append(epci)
    row: dict[Any, Any] = scores.loc[code].to_dict() if code in scores.index else {}
    if pd.notna(row.get("score")):
        score, rank = words.count(row["score"]), ranks[code]
        said.append(words("sheet_score", score=score, rank=rank, n=len(known.results.communes)))
    return said


def _services(near: pd.DataFrame, ranks: pd.Series, communes: int, scenarios: Sequence[str], words: Words) -> Table:
    """Return the nearest site by service, minutes and rank, and the minutes of each scenario that changes them."""
    changed = [name for name in scenarios if name in near.index.get_level_values("situation")]
    rows = []
    for category in near.index.unique("category"):
        by = pd.DataFrame(near.xs(category, level="category"))
        today = by.loc[BASELINE].to_dict()
        title = labels.category(str(category)).name(words.lang)
        site = str(today["site"]) if isinstance(today["site"], str) else words("unreached")
        away = words("sheet_outside") if today["outside"] and isinstance(today["site"], str) else ""
        lost = lost_note(today["unreached_people"], words) if pd.notna(today["minutes"]) else ""
        rank = words("rank_of", rank=ranks[category], n=communes) if pd.notna(today["rank"]) else "–"
        rows.append(
            (
                Cell(labels.capitalised(title)),
                Cell(site, site, away),
                minutes_cell(today["minutes"], words, lost),
                Cell(rank, sortable(today["rank"])),
                *(_under(by, name, float(today["minutes"]), words) for name in changed),
            )
        )
    columns = (*map(words, ("service", "sheet_site", "mean_trip", "sheet_rank")), *map(words.name, changed))
    return Table(columns, rows, numeric=(False, False, *[True] * (len(columns) - 2)))


def _under(by: pd.DataFrame, scenario: str, before: float, words: Words) -> Cell:
    """Return the minutes of a scenario, with the change below; a dash where it leaves the service as it is."""
    if scenario not in by.index:
        return Cell(words("sheet_same"))
    after = float(by["minutes"].to_dict()[scenario])
    note = words.change_shown(before, after) or words("sheet_same")
    return minutes_cell(after, words, note if after - before == after - before else "")


def _changes(found: Results, code: str, words: Words) -> list[str]:
    """Return how many people of the commune gain or lose minutes to the service studied, by scenario."""
    said = []
    for name in found.names:
        sums = pd.DataFrame(found.changes.xs(name, level="scenario"))
        if code not in sums.index:
            continue
        value = ", ".join(who_changes(sums.loc[code].to_dict(), words)) or words("sheet_nobody_changes")
        said.append(words("labelled", name=words.name(name), value=value))
    return said


def _hours(tables: Tables | None, code: str, words: Words) -> list[str]:
    """Return who finds an open site on Saturday morning; nothing where no hours are known."""
    if tables is None or tables["hours"].empty or code not in tables["hours_by_commune"].index:
        return []
    row = tables["hours_by_commune"].loc[code].to_dict()
    worst, best = float(row["worst"]), float(row["best"])
    if worst != worst:
        return []
    table = tables["hours"]
    kind = labels.category(str(table["category"].iloc[0])).with_article(words.lang)
    cutoff = words.cutoff(min(table.index.get_level_values("within")))
    said = [words("sheet_saturday", category=kind, cutoff=cutoff, share=words.percent(worst))]
    if words.percent(best) != words.percent(worst):
        said.append(words("sheet_saturday_best", share=words.percent(best)))
    if pd.notna(row["hours_worst"]):
        said.append(words("sheet_hours", category=kind, cutoff=cutoff, hours=words.count(float(row["hours_worst"]))))
    return [" ".join(said)]
