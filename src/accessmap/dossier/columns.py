"""What each column of a dossier's tables is: title, meaning, kind of value, source, and what an empty cell says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from accessmap.tables.contracts import category_shown
from accessmap.words import words as labels
from accessmap.words.words import BASELINE, Words

if TYPE_CHECKING:
    from accessmap.dossier.results import Known

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


def flat(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without shapes, its index as columns where it says anything, its names text."""
    plain = pd.DataFrame(table).drop(columns="geometry", errors="ignore")
    bare = plain.index.nlevels == 1 and plain.index.name is None and isinstance(plain.index, pd.RangeIndex)
    whole = plain.reset_index(drop=bare)
    return whole.set_axis(pd.Index([str(name) for name in whole.columns]), axis="columns")


def is_empty(value: Any) -> bool:
    """Return whether a cell has nothing: missing, or a text without letters."""
    return bool(pd.isna(value)) or (isinstance(value, str) and not value)


class Telling:
    """What the columns and the texts of a dossier's tables are in words."""

    def __init__(self, known: Known, words: Words) -> None:
        self.words = words
        kinds = {*known.study.services["category"], *known.categories}
        self.kinds = {kind: category_shown(known.study.services, kind) for kind in kinds}
        self.filling = {
            "category": self.kinds[known.results.category].name(words.lang, count=2),
            "cutoff": words.cutoff(known.results.quoted),
        }

    def column(self, table: str, name: str) -> Column:
        """Return what a column is; one of a chapter of someone's own has no words."""
        found = column_of(table, name, self.words, **self.filling)
        return found or Column(name, name, self.words("book_not_told"), "", "", "", "")

    def text(self, value: Any, column: Column, beside: Mapping[str, Any]) -> str:
        """Return a text, or yes or no, in words: as it stands where it has none."""
        if isinstance(value, bool | np.bool_):
            value = labels.capitalised(self.words("yes" if value else "no"))
        if column.kind == "category" and str(value) in self.kinds:
            return labels.capitalised(self.kinds[str(value)].name(self.words.lang))
        return told(str(value), column, self.words, **self._row_filling(beside))

    def _row_filling(self, beside: Mapping[str, Any]) -> dict[str, str]:
        """Return what the title of a row names: its service and threshold, else those of the dossier."""
        filling = {**self.filling, "mbps": "30"}
        if beside.get("category") in self.kinds:
            filling["category"] = self.kinds[beside["category"]].name(self.words.lang, count=2)
        if "indicator" in beside and not is_empty(beside.get("minutes")):
            filling["minutes"] = self.words.cutoff(float(beside["minutes"]))
        return {"minutes": filling["cutoff"], **filling}


def in_words(name: str, table: pd.DataFrame, known: Known) -> pd.DataFrame:
    """Return a table of a dossier with the heads and the texts of its sheet, numbers as they are."""
    telling, plain = Telling(known, Words(known.lang)), flat(table)
    rows: list[dict[Any, Any]] = plain.to_dict("records")
    columns = [telling.column(name, str(each)) for each in plain]
    heads: list[str] = []
    for place, column in enumerate(columns):
        if not pd.api.types.is_numeric_dtype(plain.dtypes.iloc[place]) or pd.api.types.is_bool_dtype(
            plain.dtypes.iloc[place]
        ):
            texts = [_text(row[column.name], column, row, telling) for row in rows]
            plain.isetitem(place, pd.array(texts, dtype=object))
        again = [each.title for each in columns[:place]].count(column.title)
        heads.append(f"{column.title} ({again + 1})" if again else column.title)
    return plain.set_axis(pd.Index(heads), axis="columns")


def _text(value: Any, column: Column, row: Mapping[str, Any], telling: Telling) -> Any:
    is_number = isinstance(value, int | float | np.number) and not isinstance(value, bool)
    return value if is_empty(value) or is_number else telling.text(value, column, row)
