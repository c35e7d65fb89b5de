"""Commune sheets: what each commune of the territory has within reach, one page each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd
from markupsafe import Markup

from accessmap import sentences as told_of
from accessmap.dossier.answer import of_when_sites
from accessmap.dossier.digital import sheet_lines
from accessmap.dossier.layout import Cell, Table, drawn, lost_note, minutes_cell, sortable
from accessmap.dossier.levels import DEPARTMENT, EPCI, PLACES, PUBLISHED, TERRITORY, levels
from accessmap.dossier.results import Known, Results, Tables, plainly
from accessmap.dossier.services import emergencies_unknown, kind_name, places
from accessmap.dossier.sheet_maps import sheet_maps
from accessmap.dossier.sureness import between
from accessmap.maps.change_charts import dumbbell_chart
from accessmap.maps.drawing import Drawing
from accessmap.measures.minutes import by_commune
from accessmap.sentences.access import who_changes
from accessmap.sentences.dates import of_when
from accessmap.study.travel import MOST_CELLS
from accessmap.tables.departments import department, department_name
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

MAIRIE: Final = "mairie"
# Operations, and repairs of data, that a sheet names; the dossier has them all.
MOST_NAMED: Final = 5
# Of more services than this each has one line on paper.
MANY: Final = 12
# Communes whose people and mairies are routed together, where there are too many for all at once.
FEW_COMMUNES: Final = 250


@dataclass(frozen=True)
class Sheet:
    """One commune: its facts, one sentence, its map, its services, and what else is known of it by title."""

    code: str
    name: str
    facts: tuple[str, ...]
    verdict: str
    many: bool
    map: Markup
    rows: Table
    plans: Markup
    beside: tuple[tuple[str, tuple[str, ...]], ...]
    sections: tuple[tuple[str, tuple[str, ...]], ...]
    modes: Table | None
    published: bool


def sheets(known: Known, chapters: Mapping[str, Tables], drawing: Drawing, words: Words) -> list[Sheet]:
    """Return a sheet for each commune of the territory, in the order of their names.

    Parameters
    ----------
    known, drawing
        What the dossier knows, and its main map.
    chapters
        The tables of its chapters by name; "services" must be among them.
    """
    found, services = known.results, chapters["services"]
    names = found.communes["name"].sort_values(key=plainly, kind="stable")
    by_commune_ = services["services_by_commune"]
    near = {str(code): part.droplevel("code") for code, part in by_commune_.groupby(level="code", sort=False)}
    today = by_commune_["rank"].xs(BASELINE, level="situation")
    ranks = pd.concat([places(part, words) for _, part in today.groupby(level="category", sort=False)])
    best = places(services["scores"]["rank"], words)
    connected = sheet_lines(chapters["digital"], words) if "digital" in chapters else {}
    where = levels(known)
    maps = sheet_maps(known, services["_nearest_sites"], drawing, words)
    mairies, modes = _own_mairies(known), _mode_minutes(known)
    shown_published = set(where.index[where[PUBLISHED].notna()].get_level_values(0))
    doing = _programme(known, words)
    unknown = _unknown(known, chapters.get("hours"), words)
    dates = known.study.vintage("residents"), of_when_sites(known, words)
    mean = float(found.summary[BASELINE]["mean"])
    made = []
    for code, name in zip(map(str, names.index), names, strict=True):
        beside = {
            "sheet_changes": _changes(found, code, words),
            "sheet_when": _hours(chapters.get("hours"), code, words),
        }
        sections = {
            "sheet_online": connected.get(code, []),
            "sheet_programme": doing.get(code, [words("sheet_programme_none")]) if known.programme else [],
            "sheet_unknown": unknown.get(code, []) + unknown[""],
        }
        verdict = told_of.commune(
            near[code],
            name=str(name),
            category=found.category,
            mean=mean,
            scenarios=tuple(found.names),
            lang=words.lang,
        )[0]
        made.append(
            Sheet(
                code,
                str(name),
                tuple(_facts(known, services["scores"], best, code, dates, words)),
                verdict,
                len(known.categories) > MANY,
                maps[code],
                _services(known, code, near[code], where.xs(code), ranks.xs(code, level="code"), mairies, words),
                _plans(near[code], found, words),
                _titled(beside, words),
                _titled(sections, words),
                _modes(known, modes, code, words),
                code in shown_published,
            )
        )
    return made


def _titled(parts: Mapping[str, list[str]], words: Words) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return lines under their titles, those that there are."""
    return tuple((words(key), tuple(lines)) for key, lines in parts.items() if lines)


def _facts(
    known: Known, scores: pd.DataFrame, ranks: pd.Series, code: str, dates: tuple[str, str], words: Words
) -> list[str]:
    """Return people, EPCI and score of a commune; `dates` are of when people and of when sites are known."""
    commune = known.study.communes.loc[code].to_dict()
    people = words.people(float(known.results.communes["population"][code]))
    said = [of_when(people, dates[0], words), dates[1]]
    said.append(words("insee_code", code=code))
    epci = commune.get("epci_name")
    if isinstance(epci, str):
        said.append(epci)
    row: dict[Any, Any] = scores.loc[code].to_dict() if code in scores.index else {}
    if pd.notna(row.get("score")):
        score, rank = words.count(row["score"]), ranks[code]
        said.append(words("sheet_score", score=score, rank=rank, n=len(known.results.communes)))
    return said


def _own_mairies(known: Known) -> pd.Series:
    """Return by commune that has a mairie the mean minutes of its people to it; the others are left out."""
    study = known.study
    if MAIRIE not in known.categories or "commune" not in study.services:
        return pd.Series(dtype="float64")
    sites, inside = study.sites(MAIRIE), study.inside.to_numpy()
    residents = study.residents[inside]
    nearest = pd.Series(np.inf, index=residents.index)
    codes = known.results.communes.index
    # Of many communes a few at a time: minutes to the mairies of all would not fit in memory.
    whole = len(study.residents) * len(sites) <= MOST_CELLS
    for first in range(0, len(codes), len(codes) if whole else FEW_COMMUNES):
        some = codes[first : first + (len(codes) if whole else FEW_COMMUNES)]
        homes, halls = residents[residents["commune"].isin(some)], sites[sites["commune"].isin(some)]
        if homes.empty or halls.empty:
            continue
        minutes = (
            study.minutes(sites).loc[homes.index, halls.index].to_numpy("float64")
            if whole
            else study.network.trips(homes.geometry, halls.geometry).minutes().astype("float64")
        )
        its = homes["commune"].to_numpy(dtype=object)[:, None] == halls["commune"].to_numpy(dtype=object)
        nearest[homes.index] = np.where(its.astype(bool), minutes, np.inf).min(axis=1, initial=np.inf)
    own = nearest.where(np.isfinite(nearest))
    return by_commune(own, residents)["value"].dropna()


def _services(
    known: Known,
    code: str,
    near: pd.DataFrame,
    where: Any,
    ranks: pd.Series,
    mairies: pd.Series,
    words: Words,
) -> Table:
    """Return by service the nearest site, minutes here and around with bars on one scale, rank, and each scenario."""
    longest = max(float(near["minutes"].max()), float(where.max(axis=None)))
    study, communes = known.study, known.results.communes
    facts, beside = near.to_dict("index"), where.to_dict("index")
    other = [kind for kind in known.categories if kind != known.results.category]
    many = len(known.categories) > MANY
    # Beside many services, what changes of the one studied alone is told above the table.
    asked = other if many else known.categories
    changed = [name for name in known.results.names if any((kind, name) in facts for kind in asked)]
    around = [level for level in PLACES if any(row[level] == row[level] for row in beside.values())]
    epci = study.communes["epci_name"].get(code) if "epci_name" in study.communes else None
    names = {
        EPCI: epci if isinstance(epci, str) else words("sheet_epci"),
        TERRITORY: words("sheet_territory"),
        DEPARTMENT: words("sheet_department", name=department_name(department(code))),
        PUBLISHED: words("sheet_published", name=department_name(department(code))),
    }
    rows = []
    for category in near.index.unique("category"):
        today = facts[category, BASELINE]
        title = labels.capitalised(kind_name(known, str(category), words))
        site = str(today["site"]) if isinstance(today["site"], str) else words("unreached")
        notes = [site]
        if today["outside"] and isinstance(today["site"], str):
            notes.append(words("sheet_outside"))
        if category == MAIRIE:
            notes += _not_own(float(today["minutes"]), mairies.get(code), words)
        lost = lost_note(today["unreached_people"], words) if pd.notna(today["minutes"]) else ""
        if category == known.results.category:
            lost = " · ".join(filter(None, (between(communes, code, BASELINE, words), lost)))
        rank = words("rank_of", rank=ranks[category], n=len(communes)) if pd.notna(today["rank"]) else "–"
        rows.append(
            (
                Cell(title, title, " · ".join(notes)),
                _bar(float(today["minutes"]), longest, words, lost),
                *(_bar(float(beside[category][level]), longest, words, known=True) for level in around),
                Cell(rank, sortable(today["rank"])),
                *(_under(facts.get((category, name)), float(today["minutes"]), words) for name in changed),
            )
        )
    columns = (words("sheet_site_of"), communes["name"][code], *(names[level] for level in around), words("sheet_rank"))
    # One is named in the sentence above; of several each is.
    alone = len(changed) == len(known.results.names) == 1
    columns = (*columns, *([words("with_plan")] if alone else map(words.name, changed)))
    return Table(columns, rows, numeric=(False, *[True] * (len(columns) - 1)))


def _bar(value: float, longest: float, words: Words, note: str = "", *, known: bool = False) -> Cell:
    """Return minutes with their bar; of what is `known` of others, a dash where it is not."""
    if value != value:
        return Cell("–" if known else words("unreached"), "", note)
    return Cell(words.minutes(value), sortable(value), note, value / longest if longest else 0.0)


def _not_own(minutes: float, own: float | None, words: Words) -> list[str]:
    """Return that a mairie of another commune is no substitute, where the nearest of some people is one."""
    if own is None:
        return [words("sheet_no_own_mairie")]
    return [words("sheet_own_mairie", minutes=words.minutes(own))] if words.change_shown(minutes, own) else []


def _under(row: Mapping[Any, Any] | None, before: float, words: Words) -> Cell:
    """Return the minutes of a scenario, with the change below; that nothing changes where it has no row."""
    if row is None:
        return Cell(words("sheet_same"))
    after = float(row["minutes"])
    note = words.change_shown(before, after) or words("sheet_same")
    return minutes_cell(after, words, note if after - before == after - before else "")


def _plans(near: pd.DataFrame, found: Results, words: Words) -> Markup:
    """Return minutes to the service studied today and with each scenario that changes them; nothing where none does."""
    rows = near.xs(found.category, level="category")["minutes"].to_dict()
    before = float(rows[BASELINE])
    after = {name: float(rows[name]) for name in found.names if name in rows}
    known = before == before
    after = {name: value for name, value in after.items() if value != before and (known or value == value)}
    if not after:
        return Markup("")
    chart = dumbbell_chart(
        pd.Series(before, index=list(after)),
        pd.Series(after),
        title=words("sheet_plans", category=labels.capitalised(labels.category(found.category).name(words.lang))),
        before_label=words(BASELINE),
        after_label=words("with_plan"),
        lang=words.lang,
    )
    return drawn(chart)


def _changes(found: Results, code: str, words: Words) -> list[str]:
    """Return how many people of the commune gain or lose minutes to the service studied, by scenario."""
    said = []
    for name in found.names:
        sums = pd.DataFrame(found.changes.xs(name, level="scenario"))
        if code in sums.index and (who := who_changes(sums.loc[code].to_dict(), words)):
            said.append(words("labelled", name=words.name(name), value=", ".join(who)))
    return said


def _hours(tables: Tables | None, code: str, words: Words) -> list[str]:
    """Return where to go on Saturday morning and on one evening, whose doors; nothing where no hours are known."""
    if tables is None or tables["hours"].empty:
        return []
    whose = str(tables["hours"]["category"].iloc[0])
    going = tables["_where_open"]
    said = []
    for moment in going.index.unique("moment"):
        if (moment, code) not in going.index:
            continue
        row = going.loc[(moment, code)].to_dict()
        parts = [words(f"sheet_own_{row['own']}")] if whose == MAIRIE and row["own"] else []
        if isinstance(row["site"], str) and (whose != MAIRIE or row["own"] != "yes"):
            key = "sheet_open_elsewhere" if whose == MAIRIE else "sheet_open_site"
            parts.append(words(key, site=row["site"], minutes=words.minutes(float(row["minutes"]))))
        elif not isinstance(row["site"], str):
            parts.append(words("sheet_open_none", category=labels.category(whose).with_article(words.lang)))
        said.append(words("labelled", name=words(f"when_{moment}"), value=words("joined").join(parts)))
    row = tables["hours_by_commune"].loc[code].to_dict() if code in tables["hours_by_commune"].index else {}
    if whose != MAIRIE and pd.notna(row.get("hours_worst")):
        kind = labels.category(whose).with_article(words.lang)
        cutoff = words.cutoff(min(tables["hours"].index.get_level_values("within")))
        hours = words.count(float(row["hours_worst"]))
        said.append(words("sheet_hours", category=kind, cutoff=cutoff, hours=hours))
    return said


def _mode_minutes(known: Known) -> pd.DataFrame:
    """Return by (category, mode, commune) the mean minutes of those who reach a site; empty where there is one mode."""
    study = known.study
    if len(study.networks) < 2:
        return pd.DataFrame()
    inside, residents = study.inside.to_numpy(), study.residents[study.inside.to_numpy()]
    found = {}
    for category in known.categories[:MOST_NAMED]:
        for mode in study.networks:
            minutes = study.trips(mode).to(study.sites(category).geometry).nearest(1)[0][inside, 0]
            found[category, mode] = by_commune(pd.Series(minutes, index=residents.index), residents)
    return pd.concat(found, names=["category", "mode"])


def _modes(known: Known, minutes: pd.DataFrame, code: str, words: Words) -> Table | None:
    """Return minutes to the nearest site by each mode; None where there is one mode."""
    if minutes.empty:
        return None
    modes = list(minutes.index.unique("mode"))
    here = minutes.xs(code, level=-1)
    rows = []
    for category in here.index.unique("category"):
        title = labels.capitalised(kind_name(known, str(category), words))
        by = here.loc[category].to_dict("index")
        cells = [
            minutes_cell(by[mode]["value"], words, lost_note(by[mode]["unreached_people"], words)) for mode in modes
        ]
        rows.append((Cell(title), *cells))
    names = [words.mode(mode) for mode in modes]
    return Table((words("sheet_modes"), *map(labels.capitalised, names)), rows, label=words("sheet_modes"))


def _programme(known: Known, words: Words) -> dict[str, list[str]]:
    """Return by commune the operations of the programme that are there, those of its whole EPCI said to be."""
    if known.programme is None:
        return {}
    communes = known.study.communes
    found: dict[str, list[str]] = {}
    for operation in known.programme:
        if not operation.enabled:
            continue
        whole = communes.index[(communes["epci"] == operation.epci).fillna(False).astype(bool)]
        for code in map(str, operation.communes or whole):
            title = operation.title if operation.communes else words("sheet_for_epci", title=operation.title)
            found.setdefault(code, []).append(title)
    for code, lines in found.items():
        if len(lines) > MOST_NAMED:
            found[code] = [*lines[:MOST_NAMED], words("sheet_more_operations", n=len(lines) - MOST_NAMED)]
    return found


def _unknown(known: Known, hours: Tables | None, words: Words) -> dict[str, list[str]]:
    """Return by commune what its data lack, and under "" what is not known of any."""
    study, found = known.study, known.results
    every = [words("sheet_modelled")] if study.network.provenance.modelled else []
    if hours is not None and (hours["hours"].empty or hours["hours"]["category"].iloc[0] != found.category):
        every.append(words("sheet_hours_unknown", category=labels.category(found.category).name(words.lang, count=2)))
    if len(study.networks) < 2:
        every.append(words("sheet_modes_unknown"))
    every += [words("services_emergencies")] if emergencies_unknown(known) else []
    told: dict[str, list[str]] = {"": every}
    notes = study.report_data()
    for code, problem in zip(notes["commune"], notes["problem"], strict=True):
        if isinstance(code, str):
            told.setdefault(code, []).append(labels.capitalised(words.told(problem)))
    return {code: list(dict.fromkeys(lines))[:MOST_NAMED] for code, lines in told.items()}
