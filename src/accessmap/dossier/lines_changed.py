"""What scenarios change by the timetable: who gains and loses minutes, and who can go and be home the same day."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.layout import Cell, Part, Table, count_cell
from accessmap.dossier.results import AT_LEAST
from accessmap.dossier.touched import parts_changed
from accessmap.roads.transit.journeys import Journeys
from accessmap.study.comparison import winners_and_losers
from accessmap.words.words import BASELINE, Words

if TYPE_CHECKING:
    from accessmap.dossier.results import Known, Tables
    from accessmap.study.study import Study

SIDES = ("gain", "lose", "newly_reached", "no_longer_reached")
#: What of a scenario changes who can go by the timetable.
PARTS = {"lines", "sites", "hours"}


def table_of(known: Known, under: Mapping[str, Study], weights: pd.Series) -> pd.DataFrame:
    """Return what each scenario that changes lines, sites or hours does to the people of the territory, by scenario.

    Returns
    -------
    pandas.DataFrame
        people (those of `weights`); by the timetable gain and lose (a minute or more), newly_reached and
        no_longer_reached; can_before and can: who can go to an open site and be home the same day. Empty where no
        scenario does.
    """
    from accessmap.study.round_trips import round_trips  # brings numba, which a study without a timetable may not need

    category, today = known.results.category, under[BASELINE]
    mode = next(mode for mode, each in today.networks.items() if isinstance(each, Journeys))
    plans = {
        name: each
        for name, each in under.items()
        if name != BASELINE and PARTS & set(parts_changed(today, each, category)) and len(each.sites(category))
    }
    homes = today.residents.loc[weights.index]
    minutes, can = {}, {}
    for name, each in ({BASELINE: today} | plans if plans else {}).items():
        assert each.journeys is not None
        minutes[name] = each.nearest(category, mode=mode)["minutes"].loc[weights.index]
        trips = round_trips(homes, each.sites(category), each.journeys)
        can[name] = float(weights[trips["service_id"].notna()].sum())
    if not plans:
        return pd.DataFrame()
    moved = winners_and_losers(pd.DataFrame(minutes), homes.assign(population=weights), at_least=AT_LEAST)
    table = moved[list(SIDES)].groupby(level="scenario", sort=False).sum()
    table.insert(0, "people", float(weights.sum()))
    table["can_before"] = can[BASELINE]
    table["can"] = pd.Series(can).reindex(table.index)
    return table.assign(without_car="without_car" in today.residents)


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return who gains, loses, and can go and be home, by scenario."""
    table = tables.get("lines_changed", pd.DataFrame())
    return told_of.lines_changed(table, lang=words.lang) if len(table) else []


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return the scenarios side by side."""
    table = tables.get("lines_changed", pd.DataFrame())
    if not len(table):
        return []
    rows = [
        (Cell(str(name)), *(count_cell(row[column], words) for column in (*SIDES, "can_before", "can")))
        for name, row in table.iterrows()
    ]
    columns = [words(f"lines_changed_{name}") for name in ("scenario", *SIDES, "can_before", "can")]
    return [Table(columns, rows, words("lines_changed_title"))]
