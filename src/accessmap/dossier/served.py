"""How well homes are served by the timetable: people by class of public transport, and where they live."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.layout import Cell, Figures, How, Part, Table, count_cell
from accessmap.dossier.pictures import small_figures
from accessmap.maps.charts import share_tone
from accessmap.maps.choropleth import BESIDE_WHITE, classes, value_text
from accessmap.maps.drawing import View
from accessmap.words.near import plain
from accessmap.words.notes import DayRead
from accessmap.words.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accessmap.dossier.results import Known, Tables
    from accessmap.study.study import Study

NONE: Final = "none"
#: Shares of the people of a commune that are told apart, beside nobody.
BREAKS: Final = (0.0, 0.25, 0.5, 0.75)
#: The first of the hours that are told one by one, and the end of the last one.
HOURS: Final = ("06:00", "22:00")


def tables(known: Known, under: Mapping[str, Study]) -> dict[str, pd.DataFrame]:
    """Return people by class of public transport, by commune of the territory; nothing where there is no timetable.

    `under` is the study as it is and under each scenario.

    Returns
    -------
    dict
        served
            By commune: `name`, and the people who live in each class, A to F and `none`, on the day of the journeys.
        _served_by_hour
            By hour ("06:00", …): the people who live in each class in that hour alone, and in none.
        _served_by_plan
            By scenario that changes lines: how many people have a class, `before` and `after`.
    """
    journeys, study = known.study.journeys, known.study
    if journeys is None:
        return {}
    # a study without a timetable needs none of it
    from accessmap.roads.transit.quality import people_by_class, quality, quality_by_hour

    homes = study.residents[study.inside]
    found = quality(homes, journeys.timetable, date=journeys.date)  # type: ignore[arg-type]
    counted = people_by_class(found["class"], homes).rename_axis("code")
    people = study.people.reindex(homes.index)
    plans = {}
    for name, each in under.items():
        then = each.journeys
        if then is not None and then.timetable is not journeys.timetable:
            plans[name] = [float(people[found["class"].notna()].sum()), 0.0]
            if len(then.timetable.served_on(then.date)):  # a plan may leave nothing that runs
                after = quality(homes, then.timetable, date=then.date)["class"]  # type: ignore[arg-type]
                plans[name][1] = float(people[after.notna()].sum())
    counted.insert(0, "name", study.communes["name"].reindex(counted.index))
    each_hour = quality_by_hour(homes, journeys.timetable, date=journeys.date, between=HOURS)  # type: ignore[arg-type]
    by_hour = pd.DataFrame({hour: people_by_class(each_hour[hour], homes).sum() for hour in each_hour}).T
    by_plan = pd.DataFrame.from_dict(plans, orient="index", columns=["before", "after"])
    return {"served": counted, "_served_by_hour": by_hour, "_served_by_plan": by_plan}


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return how many people have a stop of the better classes, of the others, and none."""
    table = tables.get("served", pd.DataFrame())
    if not len(table):
        return []
    said = [*told_of.served(table.drop(columns="name"), lang=words.lang), *_told_by_hour(tables, words)]
    for name, row in tables["_served_by_plan"].to_dict("index").items():
        before, after = (round(row[column]) for column in ("before", "after"))
        key = "served_plan_same" if before == after else "served_plan"
        said.append(words(key, n=after, name=name, before=words.count(before)))
    return said


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return the map of the share of people who have a class, and people by class and commune."""
    table = tables.get("served", pd.DataFrame())
    journeys = tables.known.study.journeys
    if not len(table) or journeys is None:
        return []
    names = [name for name in table.columns if name != "name"]
    ordered = table.sort_values("name", key=lambda each: each.map(plain))
    rows = [
        (Cell(row["name"], plain(row["name"])), *(count_cell(row[name], words) for name in names))
        for row in ordered[(ordered[names[:-1]] > 0).any(axis=1)].to_dict("records")
    ]
    columns = (words("commune"), *(words("quality_class", name=name) for name in names[:-1]), words("served_none"))
    view = _view(table, tables, words)
    figures = small_figures(tables.known.study, [view], None, {}, "served", words)
    parts: list[Part] = [Figures(tuple(figures))]
    if rows:
        parts.append(Table(columns, rows, words("served_title"), sortable=True))
    parts += _hours_table(tables["_served_by_hour"], words)
    return [*parts, How(words("how_served", day=DayRead.of(journeys.date).told(words.lang)))]


def _told_by_hour(tables: Tables, words: Words) -> list[str]:
    """Return in which hour most people have a class, and in which fewest; nothing where there is nobody."""
    by_hour = tables["_served_by_hour"]
    people = by_hour.sum(axis=1)
    share = (by_hour.drop(columns=NONE).sum(axis=1) / people.where(people > 0, np.nan)).dropna()
    if not len(share):
        return []
    most, least, (first, last) = words.percent(share.max()), words.percent(share.min()), map(_hour, HOURS)
    if most == least:
        return [
            words("served_hours_alike" if share.max() else "served_hours_nobody", first=first, last=last, most=most)
        ]
    best, worst = _hour(share.idxmax()), _hour(share.idxmin())
    key = "served_hours" if share.min() else "served_hours_none"
    ends = {"best_end": best + 1, "worst_end": worst + 1}
    return [words(key, n=None, most=most, least=least, best=best, worst=worst, **ends)]


def _hour(time: object) -> int:
    return int(str(time)[:2])


def _hours_table(by_hour: pd.DataFrame, words: Words) -> list[Part]:
    """Return the share of people in each class that anyone has, hour by hour; nothing where nobody has any."""
    people = by_hour.sum(axis=1)
    shares = by_hour.div(people.where(people > 0, np.nan), axis=0)
    named = [str(name) for name in shares if name != NONE and (shares[name] > 0).any()]
    if not named:
        return []
    top = float(shares[named].max().max())  # in the country all are small: tones compare hours and classes
    rows = [
        (
            Cell(words("served_hour", first=_hour(hour), last=_hour(hour) + 1), str(hour)),
            *(Cell(words.percent(row[name]), float(row[name]), tone=share_tone(row[name] / top)) for name in named),
            Cell(words.percent(row[NONE]), float(row[NONE])),
        )
        for hour, row in shares.iterrows()
    ]
    columns = (words("served_hour_column"), *named, words("served_none"))
    return [Table(columns, rows, words("served_hours_title"))]


def _view(table: pd.DataFrame, tables: Tables, words: Words) -> View:
    """Return the map: by commune, which share of its people have a stop of any class near."""
    communes = tables.known.study.counted
    codes = communes.index[communes["in_territory"]] if "in_territory" in communes else communes.index
    counts = table.drop(columns="name").reindex(codes)
    people = counts.sum(axis=1)
    share = 1 - counts[NONE] / people.where(people > 0, np.nan)
    entries, fill = classes(
        share, people, breaks=BREAKS, unit="share", say=words, higher_is_better=True, lightest=BESIDE_WHITE
    )
    some = words("class_first", upper=words.percent(BREAKS[1]))
    entries = (replace(entries[0], label=words("served_nobody")), replace(entries[1], label=some), *entries[2:])
    told = {str(code): (value_text(value, "share", words),) for code, value in share.dropna().items()}
    return View("served", words("served_map"), words("served_legend"), entries, fill, told)
