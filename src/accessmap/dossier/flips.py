"""What would change the answer: which assumption flips the best plan, and the communes whose class is not sure."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.layout import How, Part, drawn
from accessmap.dossier.results import Known, Tables
from accessmap.dossier.sureness import breaks_of, compared, names_of
from accessmap.maps.tornado import tornado_chart
from accessmap.sentences.sureness import road_class
from accessmap.uncertainty.flips import tornado
from accessmap.uncertainty.told import chosen_of, undecided
from accessmap.words.words import BASELINE, Words

#: What moves the lead by less than this, in minutes a person, has no bar.
LEAST: Final = 0.005
MOST_BARS: Final = 9


def tables(known: Known) -> dict[str, pd.DataFrame] | None:
    """Return what each assumption does to the best plan, `tornado`.

    None where no worlds are drawn, nothing is compared, or a plan that is compared changes the roads.
    """
    draws = known.draws
    among = [] if draws is None else compared(known, draws)
    if draws is None or not among or any(draws.asked.of[draws.asked.plans.index(plan)] for plan in among):
        return None
    return {
        "tornado": tornado(draws, known.study, among=among),
        "_undecided": undecided(draws, bounds=breaks_of(known.results)),
    }


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return which assumption flips the best plan, and whose class is not sure."""
    table, best, names = tables["tornado"], _best(tables.known), names_of(tables.known, words)
    flips = told_of.tornado(table, names=names, sites=_sites(tables.known), best=best, lang=words.lang)
    return [*flips, *told_of.undecided(tables["_undecided"], lang=words.lang)]


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return the chart of the widest assumptions, in seconds a person, and how it is computed."""
    known, table = tables.known, tables["tornado"]
    names = names_of(known, words)
    wide = table[["at_low", "at_high"]].sub(table["lead"], axis=0).abs().max(axis=1)
    rows = table[wide >= LEAST].head(MOST_BARS)
    if rows.empty:
        return [How(words("how_tornado"))]
    shown = 60 * rows[["lead", "at_low", "at_high"]]
    found = zip(rows.index, rows.to_dict("records"), strict=True)
    told = [(_name(kind, name, row, known, words), _note(kind, row, names, words)) for (kind, name), row in found]
    shown.index = pd.Index([name for name, _ in told])
    chart = tornado_chart(
        shown.assign(note=[note for _, note in told]),
        title=words("tornado_title", name=names[_best(known)]),
        x_label=words("tornado_axis"),
        low_label=words("tornado_low"),
        high_label=words("tornado_high"),
        lang=words.lang,
    )
    return [drawn(chart, wide=True), How(words("how_tornado"))]


def _best(known: Known) -> str:
    assert known.draws is not None
    return chosen_of(known.draws, compared(known, known.draws))


def _sites(known: Known) -> dict[str, str]:
    return {str(site): str(name) for site, name in known.results.sites[BASELINE]["name"].items()}


def _name(kind: str, name: str, row: Mapping[Any, Any], known: Known, words: Words) -> str:
    """Return what an assumption is about, with the range that is assumed of it."""
    if kind == "site":
        return words("tornado_site", name=_sites(known).get(name, name))
    what = words(f"tornado_of_{kind}", where=road_class(name, words))
    kmh = row["kmh"]
    if math.isnan(kmh):
        ends = [words.count(row[end], digits=2) for end in ("low", "high")]
        return words("tornado_range_times", what=what, low=ends[0], high=ends[1])
    ends = [words.count(kmh / row[end]) for end in ("high", "low")]
    return words("tornado_range_kmh", what=what, low=ends[0], high=ends[1])


def _note(kind: str, row: Mapping[Any, Any], names: dict[str, str], words: Words) -> str:
    """Return which plan leads where another does, and from which value on."""
    if math.isnan(row["flips"]):
        return ""
    other = names.get(str(row["other"]), str(row["other"]))
    if kind == "site":
        return other
    if math.isnan(row["kmh"]):
        return words("tornado_from_times", name=other, factor=words.count(row["flips"], digits=2))
    return words("tornado_from_kmh", name=other, kmh=words.count(row["kmh_flips"]))
