"""There and back the same day by the timetable, on the weekday of the study and on a Saturday."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier import lines_changed
from accessmap.dossier.layout import Cell, How, Lines, Part, Table, count_cell, sortable
from accessmap.errors import OptionError
from accessmap.study.modes import people_without_car
from accessmap.words import words as labels
from accessmap.words.near import plain
from accessmap.words.notes import DayRead
from accessmap.words.words import Words

if TYPE_CHECKING:
    from collections.abc import Mapping

    from accessmap.dossier.results import Known, Tables
    from accessmap.roads.transit.journeys import Journeys
    from accessmap.study.study import Study

#: Sites of a category, beside the one studied, for which all the ways there and back are searched.
MOST_SITES: Final = 2_000
#: Kinds of transport on demand that are named.
MOST_TOLD: Final = 5


def tables(known: Known, under: Mapping[str, Study]) -> dict[str, pd.DataFrame]:
    """Return who can go to an open site and be home the same day, today; nothing where there is no timetable.

    `under` is the study as it is and under each scenario. People are those without a car where the residents say who
    has none, else everybody.

    Returns
    -------
    dict
        round_trips
            By category: `people`; `date`, and who `can` on it, `sure` with the hours that are known alone; `saturday`,
            `saturday_can`, `saturday_sure` (missing where the timetable has no Saturday); `without_car`, whether
            people are those without one.
        round_trips_by_commune
            By commune, of the category studied: `name`, `people`, `can`, `saturday_can`; `away`, the shortest day, and
            `lost`, the mean of the minutes that are no stay, of those who can (missing where nobody can).
        lines_changed
            By scenario that changes lines, sites or hours: see `lines_changed.table_of`.
        _left_out
            By category of too many sites: how many.
        _on_demand
            By what of transport on demand serves that day: `told`, its name and what one books; and `added`, of all of
            it: how many people can go to the category studied, and could not without. Empty where there is none.
    """
    journeys, study = known.study.journeys, known.study
    if journeys is None:
        return {}
    from accessmap.study.round_trips import round_trips  # brings numba, which a study without a timetable may not need

    counted = "without_car" in study.residents
    weights = people_without_car(study.residents) if counted else study.residents["population"]
    weights = weights.astype("float64")[study.inside]
    days = [journeys, *_saturday(journeys)]
    rows: dict[str, dict[str, object]] = {}
    left, communes, asked = {}, pd.DataFrame(), pd.DataFrame()
    for category in known.categories:
        sites = study.sites(category)
        if category != known.results.category and len(sites) > MOST_SITES:
            left[category] = len(sites)
        if category in left or sites.empty:
            continue
        found = [round_trips(study.residents.loc[weights.index], sites, day) for day in days]
        rows[category] = _row(found, days, weights) | {"without_car": counted}
        if category == known.results.category:
            communes = _by_commune(found, study.residents.loc[weights.index, "commune"], weights)
            communes.insert(0, "name", study.communes["name"].reindex(communes.index))
            if journeys.asked:
                without = round_trips(study.residents.loc[weights.index], sites, journeys.without_on_demand())
                added = found[0]["service_id"].notna() & without["service_id"].isna()
                asked = _on_demand(journeys, float(weights[added].sum()))
    return {
        "round_trips": pd.DataFrame.from_dict(rows, orient="index").rename_axis("category"),
        "round_trips_by_commune": communes,
        "lines_changed": lines_changed.table_of(known, under, weights),
        "_left_out": pd.DataFrame({"sites": pd.Series(left, dtype="int64")}),
        "_on_demand": asked,
    }


def _on_demand(journeys: Journeys, added: float) -> pd.DataFrame:
    told = {(each.name, each.booking): each.told for each in journeys.asked}
    return pd.DataFrame({"told": pd.Series(list(told.values()), dtype=object), "added": added})


def _saturday(journeys: Journeys) -> list[Journeys]:
    """Return the journeys of a Saturday; none where the timetable has none."""
    try:
        return [journeys.on("saturday")]
    except OptionError:
        return []


def _row(found: list[pd.DataFrame], days: list[Journeys], weights: pd.Series) -> dict[str, object]:
    row: dict[str, object] = {"people": float(weights.sum())}
    for name, date in (("", "date"), ("saturday_", "saturday")):
        row |= {date: None, f"{name}can": np.nan, f"{name}sure": np.nan}
    for trips, day, (name, date) in zip(found, days, (("", "date"), ("saturday_", "saturday")), strict=False):
        row[date] = day.date.isoformat()
        row[f"{name}can"] = float(weights[trips["service_id"].notna()].sum())
        row[f"{name}sure"] = float(weights[trips["sure"]].sum())
    return row


def _by_commune(found: list[pd.DataFrame], commune: pd.Series, weights: pd.Series) -> pd.DataFrame:
    able = [trips["service_id"].notna() for trips in found]
    can = weights.where(able[0], 0.0)
    counts = found[0]["away"].where(can > 0)
    table = pd.DataFrame({"people": weights.groupby(commune).sum(), "can": can.groupby(commune).sum()})
    table["saturday_can"] = weights.where(able[1], 0.0).groupby(commune).sum() if len(found) > 1 else np.nan
    table["away"] = counts.groupby(commune).min()
    table["lost"] = (found[0]["lost"].fillna(0.0) * can).groupby(commune).sum() / table["can"].where(table["can"] > 0)
    return table.rename_axis("code")


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return how many people can go and be home the same day, by category."""
    table = tables.get("round_trips", pd.DataFrame())
    said = told_of.round_trips(table, lang=words.lang) if len(table) else []
    asked = tables.get("_on_demand", pd.DataFrame())
    if len(asked):
        category = labels.capitalised(labels.category(tables.known.results.category).name(words.lang))
        told = words.listed([each.told(words.lang) for each in asked["told"]], most=MOST_TOLD)
        n = int(np.floor(asked["added"].iloc[0] + 0.5))
        key = "round_trips_on_demand" if n else "round_trips_on_demand_none"
        said.append(words(key, n=n, category=category, told=told))
    return said


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return who can, by commune; what is left out; and how it is computed."""
    if not len(tables.get("round_trips", ())):
        return []
    known = tables.known
    journeys: Any = known.study.journeys
    row = tables["round_trips"].loc[known.results.category].to_dict()
    communes = tables["round_trips_by_commune"]
    kind = labels.category(known.results.category).name(words.lang)
    rows = [
        (Cell(each["name"], plain(each["name"])), *_cells(each, words))
        for each in communes.sort_values("name", key=lambda names: names.map(plain)).to_dict("records")
    ]
    columns = (
        words("commune"),
        words("round_trips_people" if row["without_car"] else "round_trips_all"),
        words("round_trips_column_can"),
        words("round_trips_column_saturday"),
        words("round_trips_column_away"),
        words("round_trips_column_lost"),
    )
    terms = journeys.terms
    how = words(
        "how_round_trips",
        day=DayRead.of(journeys.date).told(words.lang),
        stay=words.cutoff(terms.stay),
        first=terms.between[0],
        last=terms.between[1],
        access=words.mode(terms.access),
    )
    left = [
        words("round_trips_left_out", n=int(sites), category=labels.category(str(name)).name(words.lang, count=2))
        for name, sites in tables["_left_out"]["sites"].items()
    ]
    left += [labels.capitalised(each.note(journeys.date).told(words.lang)) + "." for each in terms.on_demand]
    title = words("round_trips_title", category=kind)
    return [Table(columns, rows, title, sortable=True), *([Lines(tuple(left))] if left else []), How(how)]


def _cells(row: dict[Any, Any], words: Words) -> tuple[Cell, ...]:
    share = row["can"] / row["people"] if row["people"] else None
    saturday = row["saturday_can"]
    return (
        count_cell(row["people"], words),
        count_cell(row["can"], words, share=share),
        Cell("–") if np.isnan(saturday) else count_cell(saturday, words),
        *(Cell("–") if np.isnan(row[name]) else Cell(_hours(row[name], words), sortable(row[name])) for name in TIMES),
    )


TIMES: Final = ("away", "lost")


def _hours(minutes: float, words: Words) -> str:
    """Return a length of time in hours and minutes."""
    whole = round(minutes)
    return words("round_trips_duration", hours=whole // 60, minutes=f"{whole % 60:02}")
