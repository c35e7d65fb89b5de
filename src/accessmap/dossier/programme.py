"""The programme of a contract: its operations, the results it promises, and the territory beside others."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import cycle, islice
from typing import Final

import pandas as pd

from accessmap import sentences as told_of
from accessmap.dossier.layout import Cell, Figure, Heading, Lines, Part, Table
from accessmap.dossier.pictures import small_figures
from accessmap.dossier.results import Known, Tables
from accessmap.maps.choropleth import QUALITATIVE
from accessmap.maps.drawing import PAPER, Entry, View
from accessmap.programme import (
    Programme,
    indicators,
    operation_rows,
    programme_rows,
    side_by_side,
    side_rows,
    territories_of,
)
from accessmap.programme.carrying import missing_told
from accessmap.programme.sentences import programme_told
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.words import Words

# Rows that the page leaves to the saved tables.
LEFT_OUT: Final = ("unreached_share",)
MOST_NAMED: Final = 4


def tables(known: Known) -> dict[str, pd.DataFrame] | None:
    """Return what a programme changes, and the territory beside others; None without a programme.

    Returns
    -------
    dict
        indicators
            See `accessmap.programme.indicators`.
        territories
            The same for the territory and its EPCI, or the territories given: see `accessmap.programme.side_by_side`.

        What is missing is in words there; as data in `_indicators` and `_territories`.
    """
    study, programme = known.study, known.programme
    if programme is None:
        return None
    others = territories_of(study, departments=False) if known.territories is None else known.territories
    raw = {
        "indicators": indicators(study, programme),
        "territories": side_by_side(study, others, categories=known.categories),
    }
    return {f"_{name}": table for name, table in raw.items()} | {
        name: table.assign(missing=[missing_told(each, lang=known.lang) for each in table["missing"]])
        for name, table in raw.items()
    }


def sentences(tables: Tables, words: Words) -> list[str]:
    """Return what the programme does, how much of it can be measured, and what lacks."""
    assert tables.known.programme is not None
    return programme_told(tables.known.programme, tables.known.study, tables["_indicators"], lang=words.lang)


def shown(tables: Tables, words: Words) -> list[Part]:
    """Return where the operations are, the operations, what they change, and the territory beside others."""
    known, programme = tables.known, tables.known.programme
    assert programme is not None
    sides = tables["_territories"]
    ours = sides[sides["category"].isin([known.results.category, ""])]
    return [
        _map(known.study, programme, words),
        _operations_table(known, programme, words),
        _indicators_table(tables["_indicators"], words),
        Heading(words("programme_sides_title")),
        Lines(tuple(told_of.territories(ours, lang=words.lang))),
        _sides_table(tables, words),
    ]


def _map(study: Study, programme: Programme, words: Words) -> Figure:
    """Return the map of where the operations are: communes by the kinds of operation that they hold."""
    communes = study.counted[study.communes["in_territory"]]
    kinds: dict[str, list[str]] = {str(code): [] for code in communes.index}
    for operation in programme:
        members = communes.index[(communes["epci"] == operation.epci).fillna(False).astype(bool)]
        for code in operation.communes or members:
            kind = words(f"programme_kind_{operation.kind}")
            if code in kinds and kind not in kinds[code]:
                kinds[code].append(kind)
    by_label: dict[str, list[str]] = {}
    for code, held in kinds.items():
        by_label.setdefault(" + ".join(held), []).append(code)
    none = by_label.pop("", [])
    people = communes["population"].astype("float64")
    groups = [*by_label.items(), (words("programme_no_operation"), none)]
    # Colours may come again: the names beside them tell which is which.
    colours = [*islice(cycle(QUALITATIVE), len(by_label)), PAPER]
    entries = tuple(
        Entry(_with_names(label, codes, communes["name"], words), colour, "", len(codes), float(people[codes].sum()))
        for (label, codes), colour in zip(groups, colours, strict=True)
    )
    fill = {code: number for number, (_, codes) in enumerate(groups) for code in codes}
    title = words("programme_map_title")
    view = View("programme", title, title, entries, fill, dict.fromkeys(fill, ()))
    return small_figures(study, [view], None, {}, "programme-carte", words)[0]


def _with_names(label: str, codes: Sequence[str], names: pd.Series, words: Words) -> str:
    """Return a label with the communes it is of, where they are few: colour is never alone."""
    shown = labels.capitalised(label)
    return words("with_names", label=shown, names=", ".join(names[list(codes)])) if len(codes) <= MOST_NAMED else shown


def _operations_table(known: Known, programme: Programme, words: Words) -> Table:
    """Return the operations: what and where, who, whether it can be measured; year and cost where one is known."""
    rows = operation_rows(programme, known.study, lang=words.lang)
    title, owner, where, kind, year, cost, financing, measured, missing, reading = rows.columns
    unknown = words("programme_unknown")
    kept = [name for name in (year, cost, financing) if (rows[name] != unknown).any()]
    table = tuple(
        (
            Cell(row[title], note=f"{row[where]} · {row[kind]}"),
            Cell(row[owner]),
            *(Cell(row[name]) for name in kept),
            Cell(row[measured], note=words("programme_lacks", what=row[missing]) if row[missing] else ""),
            Cell(row[reading]),
        )
        for row in rows.to_dict("records")
    )
    columns = (title, owner, *kept, measured, reading)
    return Table(columns, table, words("programme_operations_title"), numeric=tuple([False] * len(columns)))


def _indicators_table(table: pd.DataFrame, words: Words) -> Table:
    """Return the expected results before, after, and as aimed at, each with its definition below its name."""
    rows = programme_rows(table, lang=words.lang)
    notes = [
        means + (f" {words('programme_lacks', what=lacks)}" if lacks else "")
        for means, lacks in zip(rows.iloc[:, -2], rows.iloc[:, -1], strict=True)
    ]
    return _noted(rows.iloc[:, :-2], notes, title=words("programme_indicators_title"))


def _sides_table(tables: Tables, words: Words) -> Table:
    """Return the same indicators, a column a territory: of the thresholds, the one that the dossier quotes."""
    every = tables["_territories"]
    near = tables.known.results.quoted
    quoted = every["minutes"].isna() | (every["minutes"] == near) | (every["category"] == "")
    rows = side_rows(every[quoted & ~every["indicator"].isin(LEFT_OUT)], lang=words.lang)
    notes = [words("programme_lacks", what=what) if what else "" for what in rows.iloc[:, -1]]
    return _noted(rows.iloc[:, :-1], notes, label=words("programme_sides_title"))


def _noted(rows: pd.DataFrame, notes: Sequence[str], *, title: str = "", label: str = "") -> Table:
    """Return a table of numbers in words, with a note below the name of each row."""
    cells = tuple(
        (Cell(str(first), note=note), *(Cell(str(value)) for value in others))
        for (first, *others), note in zip(rows.itertuples(index=False), notes, strict=True)
    )
    return Table([str(name) for name in rows], cells, title, label)
