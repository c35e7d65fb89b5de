"""The answer of a dossier: key figures, what is studied, who gains, coverage, every commune."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import pandas as pd
from markupsafe import Markup

from accessmap import sentences as told_of
from accessmap.dossier.layout import (
    Beside,
    Cell,
    Folded,
    Heading,
    Lines,
    Part,
    Table,
    count_cell,
    drawn,
    minutes_cell,
    share_cell,
    sortable,
)
from accessmap.dossier.results import Known, Results, Tables, plainly
from accessmap.dossier.sureness import beside, between
from accessmap.maps.change_charts import dumbbell_chart, step_chart
from accessmap.maps.charts import Chart
from accessmap.measures.hours.access import days_open
from accessmap.measures.minutes import coverage as within
from accessmap.sentences.access import sides_told
from accessmap.sentences.dates import of_when, where_old
from accessmap.tables.contracts import category_shown, moving
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

MOST_COMMUNES: Final = 10


@dataclass(frozen=True)
class Card:
    """The key figures of one situation: its name, one large figure and what it counts, and lines below."""

    name: str
    figure: str
    unit: str
    lines: tuple[str, ...]


def cards(known: Known, words: Words) -> list[Card]:
    """Return the key figures of today and of each scenario."""
    found = known.results
    cutoff, same = found.quoted, known.instead[found.category]
    made = []
    for name in map(str, found.minutes):
        facts = found.summary[name]
        mean = words.minutes(facts["mean"])
        if name != BASELINE and not math.isnan(facts["mean"]):
            change = words.change_shown(found.summary[BASELINE]["mean"], facts["mean"]) or words("unchanged")
            mean = f"{mean} ({change})"
        drawn_here = {figure: beside(known.draws, figure, name, words) for figure in ("mean", "d9", "share")}
        lines = [words("card_mean", value=mean) + drawn_here["mean"]]
        if name == BASELINE:
            people = of_when(words("vintage_people"), known.study.vintage("residents"), words)
            lines.insert(0, words("card_dates", sites=of_when_sites(known, words), people=people))
        if not math.isnan(facts["d9"]):
            lines.append(words("card_d9", value=words.minutes(facts["d9"])) + drawn_here["d9"])
        if round(facts["unreached_people"]):
            lines.append(words("card_unreached", n=round(facts["unreached_people"])))
        if name == BASELINE and drawn_here["mean"]:
            lines.append(words("card_ranges"))
        if name in same:
            lines.append(words("changes_instead", changed=same[name]))
            whole = known.touched
            lines += told_of.touched(whole[whole.index.get_level_values("scenario") == name], lang=words.lang)
        elif name != BASELINE:
            sums = pd.DataFrame(found.changes.xs(name, level="scenario"))
            whose = {side: beside(known.draws, side, name, words) for side in ("gain", "lose")}
            lines += sides_told(sums.sum(numeric_only=True).to_dict(), words, beside=whose)
        share = words.percent(float(found.coverage[name][cutoff]))
        made.append(
            Card(
                words.name(name),
                share,
                words("card_within", cutoff=words.cutoff(cutoff)) + drawn_here["share"],
                tuple(lines),
            )
        )
    return made


def of_when_sites(known: Known, words: Words) -> str:
    """Return the sites studied with their date: "médecins généralistes de 2013"."""
    study, kind = known.study, known.results.category
    return of_when(
        category_shown(study.services, kind).name(words.lang, count=2), study.vintage("services", kind), words
    )


def of_old_sites(known: Known, words: Words) -> str:
    """Return the same in brackets where other data of the study are years younger; else nothing."""
    study, kind = known.study, known.results.category
    what = category_shown(study.services, kind).name(words.lang, count=2)
    return where_old(what, study.vintage("services", kind), study.vintages["vintage"], words)


def actions(known: Known, words: Words) -> list[tuple[str, str]]:
    """Return each scenario's name with what it does, in words."""
    return [
        (
            scenario.name,
            words("joined").join(scenario.told(known.study, words)) or words("step_none"),
        )
        for scenario in known.results.scenarios
    ]


def changes_tables(known: Known) -> dict[str, pd.DataFrame] | None:
    """Return who gains and who loses, by (scenario, commune), of the service studied and of each other that changes."""
    if not known.results.scenarios:
        return None
    others = {name: found.changes for name, found in known.others.items()}
    elsewhere = {"changes_elsewhere": pd.concat(others, names=["category"])} if others else {}
    touched = {"touched": known.touched} if len(known.touched) else {}
    return {"changes": known.results.changes, **elsewhere, **touched}


def changes_shown(tables: Tables, words: Words) -> list[Part]:
    """Return who gains and who loses in each scenario: sentences, and the communes that gain or lose most."""
    known, found = tables.known, tables.known.results
    parts: list[Part] = []
    for name in found.names:
        sums = pd.DataFrame(tables["changes"].xs(name, level="scenario"))
        lines = _changed(known, found, name, words)
        for category, other in known.others.items():
            if name in other.names:
                kind = labels.capitalised(labels.category(category).name(words.lang, count=2))
                told = _changed(known, other, name, words)
                lines += [words("labelled", name=kind, value=line) for line in told]
        here = known.touched.index.get_level_values("scenario") == name
        lines += told_of.touched(known.touched[here], lang=words.lang)
        parts += [Heading(words.name(name)), Lines(tuple(lines))]
        sides = [side for side in ("gain", "lose") if (sums[side].round() > 0).any()]
        if sides:
            charts = [_curves(known, name, words), *(_dumbbells(found, sums, side, name, words) for side in sides)]
            parts.append(Beside(tuple((drawn(chart),) for chart in charts)))
            tables_ = tuple(_most_changed(found, sums, side, name, words) for side in sides)
            parts.append(Folded(words("changes_figures"), (Beside(tables_),), on_paper=False))
    return parts


def _curves(known: Known, scenario: str, words: Words) -> Chart:
    """Return how many people are within how many minutes, today and in a scenario."""
    found = known.results
    shown = found.minutes[[BASELINE, scenario]].set_axis([words(BASELINE), words("with_plan")], axis=1)
    return step_chart(
        shown,
        found.people,
        title=words("curve_title"),
        x_label=words("curve_minutes", category=labels.category(found.category).with_article(words.lang)),
        y_label=words("curve_people"),
        cutoff=found.quoted,
        lang=words.lang,
    )


def _dumbbells(found: Results, sums: pd.DataFrame, side: str, scenario: str, words: Words) -> Chart:
    """Return minutes before and after of the communes where most people gain, or lose."""
    codes = _touched(sums, side).index[:MOST_COMMUNES]
    communes = found.communes.loc[codes].set_index("name")
    return dumbbell_chart(
        communes[f"minutes {BASELINE}"],
        communes[f"minutes {scenario}"],
        title=words(f"dumbbell_{side}"),
        before_label=words(BASELINE),
        after_label=words("with_plan"),
        lang=words.lang,
    )


def _touched(sums: pd.DataFrame, side: str) -> pd.DataFrame:
    """Return the communes where people gain, or lose, most of them first."""
    return sums[sums[side].round() > 0].sort_values(side, ascending=False, kind="stable")


def _changed(known: Known, found: Results, scenario: str, words: Words) -> list[str]:
    """Return who gains and loses minutes to a category in a scenario, or what that changes instead."""
    if scenario in known.instead[found.category]:
        return [words("changes_instead", changed=known.instead[found.category][scenario])]
    return told_of.changes(found.changes, scenario=scenario, lang=words.lang)


def _most_changed(found: Results, sums: pd.DataFrame, side: str, scenario: str, words: Words) -> tuple[Part, ...]:
    before, after = (found.communes[f"minutes {name}"] for name in (BASELINE, scenario))
    touched = _touched(sums, side)
    shown = touched.head(MOST_COMMUNES)
    rows = [
        (
            Cell(str(found.communes["name"][code]), str(found.communes["name"][code])),
            count_cell(row[side], words),
            Cell(words.change_beside(before[code], after[code], row["minutes"]), sortable(row["minutes"])),
        )
        for code, row in shown.iterrows()
    ]
    columns = (words("commune"), words(f"people_{'gaining' if side == 'gain' else 'losing'}"), words("mean_change"))
    table = Table(columns, rows, words("gainers" if side == "gain" else "losers"), level=4)
    more = len(touched) - len(shown)
    return (table, Markup('<p class="d-more">{}</p>').format(words("and_more", n=more))) if more else (table,)


def coverage_tables(known: Known) -> dict[str, pd.DataFrame]:
    """Return the share of people (0-1) within each threshold, by situation; and that with buses, where there are."""
    with_buses = _with_buses(known)
    return {"coverage": known.results.coverage, **({"buses": with_buses} if len(with_buses) else {})}


def _with_buses(known: Known) -> pd.DataFrame:
    """Return the buses that come within reach, by id: category, name, days a week, and people near with and without.

    `share_fixed` is the share of people (0-1) within the threshold quoted of a fixed site of the category, `share` that
    of a fixed site or of any of its buses, on a day when it is there; `days` (0-7) is NaN where hours are not known.
    """
    study, cutoff = known.study, known.results.quoted
    found = []
    for category in known.categories:
        sites = study.sites(category, mobile=True)
        buses = sites[moving(sites)]
        if buses.empty:
            continue
        minutes = study.minutes(sites)[study.inside]
        near = minutes[buses.index].le(max(study.thresholds)).any()
        if not near.any():
            continue
        shares = [
            float(within(of.min(axis=1).rename("share"), study.people, [cutoff])["share"].iloc[0])
            for of in (minutes.drop(columns=buses.index), minutes)
        ]
        table = pd.DataFrame(buses.loc[near[near].index, ["category", "name"]])
        found.append(table.assign(days=days_open(buses), share_fixed=shares[0], share=shares[1]))
    return pd.concat(found) if found else pd.DataFrame()


def coverage_sentences(tables: Tables, words: Words) -> list[str]:
    """Return how many are near a site when buses are counted, and on how many days a week each is there."""
    if "buses" not in tables:
        return []
    found = tables.known.results
    return told_of.buses(tables["buses"], cutoff=found.quoted, people=found.total, lang=words.lang)


def no_sentences(*_: object) -> list[str]:
    """Return no sentence: what is shown says it."""
    return []


def coverage_shown(tables: Tables, words: Words) -> list[Part]:
    """Return people within each threshold, by situation: share, people, and a bar."""
    table, found = tables["coverage"], tables.known.results
    total = found.total
    rows = []
    for cutoff, shares in table.iterrows():
        minutes = float(str(cutoff))
        row = Cell(words("within", cutoff=words.cutoff(minutes)), minutes)
        rows.append((row, *(share_cell(share, words, words.people(share * total)) for share in shares)))
    columns = (words("metric_trip"), *(words.name(str(name)) for name in table))
    return [words("coverage_read", cutoff=words.cutoff(found.quoted)), Table(columns, rows)]


def communes_tables(known: Known) -> dict[str, pd.DataFrame]:
    """Return minutes, change by scenario and nearest site by commune."""
    return {"communes": known.results.communes}


def communes_shown(tables: Tables, words: Words) -> list[Part]:
    """Return the table by commune: people, minutes, change by scenario, nearest site."""
    names = tables.known.results.names
    columns = [words("commune"), words("inhabitants"), words("baseline")]
    for name in names:
        columns += [words("with_scenario", name=name), words("change")]
    columns.append(words("site_today"))
    rows = []
    table = tables["communes"].sort_values("name", key=plainly, kind="stable")
    for code, row in table.iterrows():
        site = str(row["nearest_site"]) if isinstance(row["nearest_site"], str) else words("unreached")
        before = row[f"minutes {BASELINE}"]
        cells = [
            Cell(str(row["name"]), str(row["name"])),
            count_cell(row["population"], words),
            minutes_cell(before, words, between(table, str(code), BASELINE, words)),
        ]
        for name in names:
            after, change = row[f"minutes {name}"], row[f"change {name}"]
            newly = math.isnan(before) and not math.isnan(after)
            cells.append(minutes_cell(after, words, between(table, str(code), name, words)))
            cells.append(
                Cell(words("newly_reached") if newly else words.change_beside(before, after, change), sortable(change))
            )
        rows.append((*cells, Cell(site, site)))
    numeric = (False, *[True] * (len(columns) - 2), False)
    hint = Markup('<p>{} <span class="d-hint" hidden>{}</span></p>').format(words("table_read"), words("sort_hint"))
    return [hint, Table(columns, rows, numeric=numeric, sortable=True)]
