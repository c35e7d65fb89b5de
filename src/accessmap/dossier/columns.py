"""What each column of a dossier's tables is: title, meaning, kind of value, source, and what an empty cell says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Final

import pandas as pd

from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

# Columns of a situation ("minutes baseline") or of a threshold ("within 20"), and tables with a column for each.
EACH: Final = " *"


@dataclass(frozen=True)
class Column:
    """One column as a reader meets it.

    Parameters
    ----------
    name
        In the table.
    title, means
        What it is called, and what it is.
    kind
        Of its values: "minutes", "people", "share", "code", "text", …: see presets/columns.csv.
    wording
        How the keys of the texts of its values begin; empty where they are shown as they are.
    source
        Of which table of the data it comes, or "computed" and how.
    empty
        Key of what an empty cell says.
    """

    name: str
    title: str
    means: str
    kind: str
    wording: str
    source: str
    empty: str


@cache
def catalogue() -> Mapping[tuple[str, str], dict[str, str]]:
    """Return the rows of presets/columns.csv by table (empty: any) and column."""
    with (files("accessmap") / "presets" / "columns.csv").open(encoding="utf-8") as stream:
        rows = pd.read_csv(stream, dtype=str, keep_default_na=False).to_dict("records")
    return {(row["table"], row["column"]): {str(name): value for name, value in row.items()} for row in rows}


def column_of(table: str, name: str, words: Words, **filling: Any) -> Column | None:
    """Return what a column of a table is, None where it is of a chapter of someone's own.

    Parameters
    ----------
    table, name
        As `Dossier.tables` has them.
    words
        Of the language.
    filling
        What the texts name: `category` and `cutoff`.

    Examples
    --------
    >>> column = column_of("communes", "minutes baseline", Words("en"), category="France services")
    >>> column.title, column.kind
    ('Mean trip – Today', 'minutes')
    """
    start, _, rest = name.partition(" ")
    keys = [(where, column) for column in (name, start + EACH) for where in (table, "")] + [(table, EACH.strip())]
    key = next((key for key in keys if key in catalogue()), None)
    if key is None:
        return None
    row = catalogue()[key]
    each = rest if key[1].endswith(EACH) else name
    filling["name"] = words(BASELINE) if each == BASELINE else each
    text = "_".join(filter(None, ("field", key[0], key[1].replace(EACH, "_each").replace("*", "each"))))
    return Column(
        name=name,
        title=words(text, **filling),
        means=words(f"{text}_means", **filling),
        kind=row["kind"],
        wording=row["wording"],
        source=row["source"],
        empty=row["missing"],
    )


def told(value: str, column: Column, words: Words, **filling: Any) -> str:
    """Return a text of a cell in words; as it stands where it is a name or an id, or has no words.

    Examples
    --------
    >>> column = column_of("classes", "class", Words("en"))
    >>> told("near_mean", column, Words("en"))
    'Near the mean'
    """
    if column.kind in ("situation", "plan"):
        return words(BASELINE) if value == BASELINE else value
    if column.kind == "group" and value == "all":
        return words("group_all")
    if column.kind == "definition" and labels.has_text(value):
        return labels.capitalised(words(value, **filling))
    key = column.wording + value.replace(" ", "_")
    return labels.capitalised(words(key, **filling)) if column.wording and labels.has_text(key) else value
