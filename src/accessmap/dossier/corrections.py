"""What was repaired, supposed or left out in the data: about the territory, and as the files were read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final

import pandas as pd

from accessmap.dossier.layout import Cell, Folded, Heading, Lines, Part, Table, count_cell
from accessmap.study.study import Study
from accessmap.words import words as labels
from accessmap.words.notes import told_once
from accessmap.words.words import Words

# Of what readers said, by the keys of their notes: what was done to how many. The first that is found in a key tells;
# what none tells is how a file was read, which changes no row.
KINDS: Final = {
    "read": re.compile(r"private|other_kinds|_taken$|_read$|_in_part|told_by|overpass|beside_without"),
    "placed": re.compile(r"placed|moved|nearest|commune_told|located|geocoded|represented|in_several|corners|place_of"),
    "left": re.compile(
        r"_left|left_|passed_over|blanks|zeros?$|again|repeated|not_count|not_served|not_loaded|syndicats|wards|far$"
        r"|within_stations|of_no_|one_call|other_communes"
    ),
    "unknown": re.compile(
        r"un(read|known|joined|sure|named)|without|never|not_(in|available|found)|no_total|limited|differ|unread|error"
    ),
    "mended": re.compile(
        r"mended|put_(right|back)|merged|made_one|changed|calibrated|per_cent|added_up|split|shared|closing|first"
        r"|more_than|imputed|shorter"
    ),
}
MOST_OPEN: Final = 12
"""Rows about the territory that stand open; more are folded under their number."""


def shown(study: Study, words: Words) -> list[Part]:
    """Return what was repaired about the territory, and what readers said, by table and kind, counts before sentences.

    What readers said they did is of whole files: it has no remedy apart.
    """
    notes = study.report_data()
    whole = notes["remedy"] == ""
    said, apart = notes[whole], notes[~whole]
    inside = apart["commune"].isin(study.communes.index[study.communes["in_territory"]]) | apart["commune"].isna()
    elsewhere = int((~inside).sum())
    parts: list[Part] = []
    if inside.any():
        intro = words("repairs_intro", n=int(inside.sum()))
        parts.append(f"{intro} {words('repairs_elsewhere', n=elsewhere)}" if elsewhere else intro)
        table = _repaired(study, apart[inside], words)
        parts.append(table if len(table.rows) <= MOST_OPEN else Folded(words("repairs_all"), (table,)))
    elif elsewhere:
        parts.append(f"{words('repairs_none_here')} {words('repairs_elsewhere_only', n=elsewhere)}")
    elif said.empty:
        parts.append(words("repairs_none"))
    return [*parts, *_said(said, words)]


def _repaired(study: Study, notes: pd.DataFrame, words: Words) -> Table:
    names = pd.concat([study.communes["name"], study.services["name"]])
    here = notes[["id", "problem", "remedy"]]
    rows = [  # column by column: a row of a table would make plain text of notes
        (Cell(str(names.get(each, each))), *(Cell(words.told(note)) for note in texts))
        for each, *texts in zip(*(here[column] for column in here), strict=True)
    ]
    columns = (words("item"), words("problem"), words("remedy"))
    return Table(columns, rows, label=words("section_repairs"), numeric=(False, False, False))


def _said(notes: pd.DataFrame, words: Words) -> list[Part]:
    """Return how many rows of each table were placed, left out, mended or are unknown, and folded all sentences."""
    by_table: dict[str, dict[str, dict[str, float]]] = {}
    for table, note in zip(notes["table"], notes["problem"], strict=True):
        kinds = by_table.setdefault(str(table), {})
        kinds.setdefault(kind_of(note), {})[words.told(note)] = _size(note)
    if not by_table:
        return []
    counted = [kind for kind in KINDS if kind != "read" and any(kind in each for each in by_table.values())]
    rows, folded = [], []
    for table, kinds in by_table.items():
        kept = told_once(notes.loc[notes["table"].astype(str) == table, "problem"], words.lang)
        name = labels.capitalised(words(f"vintage_{table}"))
        rows.append((Cell(name), *(_count(kinds.get(kind, {}), words) for kind in counted)))
        order = [*(kind for kind in KINDS if kind in kinds and kind != "read"), *(["read"] if "read" in kinds else [])]
        lines = [
            part for kind in order for part in (Heading(words(f"repairs_{kind}")), _lines(kinds[kind], kept, words))
        ]
        total = sum(map(len, kinds.values()))
        folded.append(Folded(words("repairs_of_table", name=name, n=total), tuple(lines), on_paper=False))
    titles = (words("repairs_table"), *(words(f"repairs_{kind}") for kind in counted))
    parts: list[Part] = [words("repairs_said")]
    return [*parts, *([Table(titles, rows, label=words("section_repairs"))] if counted else []), *folded]


def _lines(told: Iterable[str], kept: Mapping[str, int], words: Words) -> Lines:
    """Return sentences, those of one file that differ in numbers alone once."""
    return Lines(
        tuple(text + (words("repairs_alike", n=kept[text]) if kept[text] else "") for text in told if text in kept)
    )


def kind_of(note: object) -> str:
    """Return what a note says was done: placed, left, unknown, mended, or how a file was read.

    >>> from accessmap.words.notes import Note
    >>> kind_of(Note("sites_placed_at_mairie", sites="", rows="", file="", more="")), kind_of("a sentence")
    ('placed', 'read')
    """
    key = getattr(note, "key", "")
    return next((kind for kind, pattern in KINDS.items() if pattern.search(key)), "read")


def _size(note: object) -> float:
    """Return how many a note is about; NaN where it says none."""
    values = getattr(note, "values", {})
    counts = [getattr(note, "n", None), *(getattr(value, "n", None) for value in values.values())]
    return next((float(count) for count in counts if count is not None), float("nan"))


def _count(told: dict[str, float], words: Words) -> Cell:
    """Return how many of a table a kind is about; a dash where nothing was, "yes" where no number is told."""
    total = pd.Series(list(told.values()), dtype=float).sum(min_count=1)
    if not told:
        return Cell("–", 0)
    return Cell(words("repairs_uncounted"), 1) if pd.isna(total) else count_cell(total, words)
