"""The sentences, figures and table rows of a dossier, formatted for one language; no markup in here."""

import math
from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

from accessmap.dossier.layout import Card, Cell, Table, plain, sortable
from accessmap.dossier.results import Results, quoted_cutoff
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.notes import Note
from accessmap.words.words import BASELINE, Words

MOST_COMMUNES: Final = 10
MOST_FURTHEST: Final = 5


def verdict(found: Results, words: Words) -> str:
    """Return the answer in one sentence: how many people are near a site today, and in each scenario."""
    cutoff = quoted_cutoff(found.coverage)
    shares = {str(name): float(found.coverage[name][cutoff]) for name in found.coverage}
    total = float(found.people.sum())
    category = labels.category(found.category).with_article(words.lang)
    parts = [
        words("verdict_today", share=words.percent(shares[BASELINE]), cutoff=words.cutoff(cutoff), category=category)
    ]
    for name in found.names:
        more = round((shares[name] - shares[BASELINE]) * total)
        share = words.percent(shares[name])
        if more:
            change = labels.people_change(more, lang=words.lang)
            parts.append(words("verdict_scenario", name=name, share=share, change=change))
        else:
            parts.append(words("verdict_same", name=name))
    return words("joined").join(parts) + "."


def sentences(found: Results, words: Words) -> tuple[str, ...]:
    """Return the result in at most three sentences: who is near, how long trips take, who gains and who loses."""
    facts = found.summary
    told = [verdict(found, words)]
    others = [
        words("sentence_mean_scenario", name=name, mean=words.minutes(facts[name]["mean"])) for name in found.names
    ]
    today = facts[BASELINE]
    if not math.isnan(today["mean"]):
        mean = words.minutes(today["mean"])
        told.append(words("sentence_mean", today=mean, others="".join(others), d9=words.minutes(today["d9"])))
    changes = []
    for name in found.names:
        sums = found.changes.xs(name, level="scenario")
        gain, lose = (words(f"card_{side}", n=round(float(sums[side].sum()))) for side in ("gain", "lose"))
        changes.append(words("sentence_change", name=name, gain=gain, lose=lose))
    if changes:
        told.append(words("joined").join(changes) + ".")
    return tuple(told)


def cards(found: Results, words: Words) -> list[Card]:
    """Return the key figures of today and of each scenario."""
    cutoff = quoted_cutoff(found.coverage)
    made = []
    for name in map(str, found.minutes):
        facts = found.summary[name]
        mean = words.minutes(facts["mean"])
        if name != BASELINE and not math.isnan(facts["mean"]):
            mean = f"{mean} ({words.change(facts['mean'] - found.summary[BASELINE]['mean'])})"
        lines = [words("card_mean", value=mean), words("card_d9", value=words.minutes(facts["d9"]))]
        if facts["unreached_people"]:
            lines.append(words("card_unreached", n=round(facts["unreached_people"])))
        if name != BASELINE:
            sums = pd.DataFrame(found.changes.xs(name, level="scenario"))
            lines += [words(f"card_{side}", n=round(sums[side].sum())) for side in ("gain", "lose")]
        share = words.percent(float(found.coverage[name][cutoff]))
        made.append(Card(words.name(name), share, words("card_within", cutoff=words.cutoff(cutoff)), tuple(lines)))
    return made


def asked(study: Study, scenarios: Sequence[Scenario], words: Words) -> list[tuple[str, str]]:
    """Return each scenario's name with what it does, in words."""
    return [
        (
            scenario.name,
            words("joined").join(step.told(study, words) for step in scenario.steps) or words("step_none"),
        )
        for scenario in scenarios
    ]


def coverage_table(found: Results, words: Words) -> Table:
    """Return people within each threshold, by situation: share, people, and a bar."""
    total = float(found.people.sum())
    rows = []
    for cutoff, shares in found.coverage.iterrows():
        minutes = float(str(cutoff))
        row = [Cell(words("within", cutoff=words.cutoff(minutes)), minutes)]
        row += [Cell(words.percent(share), float(share), words.people(share * total), float(share)) for share in shares]
        rows.append(tuple(row))
    columns = (words("metric_trip"), *(words.name(str(name)) for name in found.coverage))
    return Table(columns, (False, *[True] * len(found.coverage.columns)), tuple(rows))


def changes_of(found: Results, name: str, words: Words) -> dict[str, Any]:
    """Return who gains and who loses in one scenario: sentences, and the communes that gain or lose most."""
    sums = pd.DataFrame(found.changes.xs(name, level="scenario"))
    told = []
    for side in ("gain", "lose"):
        people, communes = sums[side].sum(), int((sums[side].round() > 0).sum())
        counted = words("communes", n=communes)
        whole = words(f"{side}_summary", people=words.people(people), communes=counted)
        told.append(whole if communes else words(f"{side}_none"))
    for column, key in (("newly_reached", "new_summary"), ("no_longer_reached", "lost_summary")):
        if sums[column].sum() > 0:
            told.append(words(key, people=words.people(sums[column].sum())))
    sides = [_most_changed(found, sums, side, words) for side in ("gain", "lose") if (sums[side].round() > 0).any()]
    return {"name": words.name(name), "told": told, "sides": sides}


def _most_changed(found: Results, sums: pd.DataFrame, side: str, words: Words) -> dict[str, Any]:
    touched = sums[sums[side].round() > 0].sort_values(side, ascending=False, kind="stable")
    shown = touched.head(MOST_COMMUNES)
    rows = tuple(
        (
            Cell(str(found.communes["name"][code]), str(found.communes["name"][code])),
            Cell(labels.number(round(row[side]), lang=words.lang), float(row[side])),
            Cell(words.change(row["minutes"]), sortable(row["minutes"])),
        )
        for code, row in shown.iterrows()
    )
    columns = (words("commune"), words(f"people_{'gaining' if side == 'gain' else 'losing'}"), words("mean_change"))
    more = len(touched) - len(shown)
    return {
        "title": words("gainers" if side == "gain" else "losers"),
        "table": Table(columns, (False, True, True), rows),
        "more": words("and_more", n=more) if more else "",
    }


def communes_table(found: Results, words: Words) -> Table:
    """Return the table by commune: people, minutes, change by scenario, nearest site."""
    columns = [words("commune"), words("inhabitants"), words("baseline")]
    for name in found.names:
        columns += [words("with_scenario", name=name), words("change")]
    columns.append(words("site_today"))
    rows = []
    for _, row in found.communes.sort_values("name", key=plain, kind="stable").iterrows():
        site = str(row["nearest_site"]) if isinstance(row["nearest_site"], str) else words("unreached")
        before = row[f"minutes {BASELINE}"]
        cells = [
            Cell(str(row["name"]), str(row["name"])),
            Cell(labels.number(row["population"], lang=words.lang), float(row["population"])),
            Cell(words.minutes(before), sortable(before)),
        ]
        for name in found.names:
            after, change = row[f"minutes {name}"], row[f"change {name}"]
            newly = math.isnan(before) and not math.isnan(after)
            cells.append(Cell(words.minutes(after), sortable(after)))
            cells.append(Cell(words("newly_reached") if newly else words.change(change), sortable(change)))
        rows.append((*cells, Cell(site, site)))
    return Table(tuple(columns), (False, *[True] * (len(columns) - 2), False), tuple(rows))


def furthest_table(found: Results, words: Words) -> Table:
    """Return the communes with the longest mean trip today; those not reached come first."""
    column = f"minutes {BASELINE}"
    order = found.communes[found.communes["population"] > 0].sort_values(
        column, ascending=False, na_position="first", kind="stable"
    )
    rows = tuple(
        (
            Cell(str(row["name"])),
            Cell(labels.number(row["population"], lang=words.lang), float(row["population"])),
            Cell(words.minutes(row[column]), sortable(row[column])),
        )
        for _, row in order.head(MOST_FURTHEST).iterrows()
    )
    return Table((words("commune"), words("inhabitants"), words("baseline")), (False, True, True), rows)


def facts(found: Results, name: str, words: Words, *, change: bool) -> str:
    """Return what a picture shows, in a sentence for those who do not see it."""
    if not change:
        return words("facts", mean=words.minutes(float(found.summary[name]["mean"])))
    sums = pd.DataFrame(found.changes.xs(name, level="scenario"))
    gain, lose = (words.people(sums[side].sum()) for side in ("gain", "lose"))
    return words("change_facts", gain=gain, lose=lose)


def repairs(study: Study, words: Words) -> tuple[Table, int]:
    """Return what was repaired about the territory, and how many repairs are about the neighbours."""
    notes = study.report_data()
    inside = notes["commune"].isin(study.communes.index[study.communes["in_territory"]]) | notes["commune"].isna()
    names = pd.concat([study.communes["name"], study.services["name"]])
    here = notes.loc[inside, ["id", "problem", "remedy"]]
    rows = tuple(  # column by column: a row of a table would make plain text of notes
        (Cell(str(names.get(each, each))), *(Cell(_told(note, words)) for note in told))
        for each, *told in zip(*(here[column] for column in here), strict=True)
    )
    columns = (words("item"), words("problem"), words("remedy"))
    return Table(columns, (False, False, False), rows), int((~inside).sum())


def _told(note: str, words: Words) -> str:
    return note.told(words.lang) if isinstance(note, Note) else str(note)
