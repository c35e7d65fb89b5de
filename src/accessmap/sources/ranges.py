"""INSEE's ranges of equipment (gammes) as INSEE publishes them: proximity, intermediate or superior, type by type."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from accessmap.errors import SourceError
from accessmap.findings import count
from accessmap.sources.columns import as_text, plain
from accessmap.sources.files import read_table
from accessmap.sources.kinds import kinds_of
from accessmap.sources.rawtable import RawTable

__all__ = ["read_ranges"]

# As the column GAMME of INSEE's workbooks has them: in full since 2023, in one word before.
RANGES = {
    "gamme_de_proximite": "proximity",
    "proximite": "proximity",
    "gamme_intermediaire": "intermediate",
    "intermediaire": "intermediate",
    "gamme_superieure": "superior",
    "superieure": "superior",
    "hors_gamme": None,
}


def read_ranges(path: str | Path, *, encoding: str | None = None) -> pd.DataFrame:
    r"""Return the range of each type of equipment, from INSEE's own list: label, category, range; indexed by code.

    :func:`~accessmap.sources.kinds.kinds` says a range only where a source read for it does; the lists themselves are
    workbooks of a few hundred lines (BPE_gammes_equipements_2025.xlsx, insee.fr/fr/statistiques/8217535), made anew
    with each BPE. Save the sheet with one line a type ("1 ligne 1 Typequ") as CSV.

    Parameters
    ----------
    path
        That CSV: a title or two, then a line with TYPEQU, GAMME and maybe LIBELLE_TYPEQU.
    encoding
        Where it is neither UTF-8 nor Windows-1252.

    Returns
    -------
    DataFrame
        Index `code`; `label` (missing without LIBELLE_TYPEQU), `category` (ours), `range` (missing for what INSEE
        leaves out of its ranges, "Hors Gamme").

    Raises
    ------
    SourceError
        When the file cannot be read, no line has TYPEQU and GAMME, a range is none, or a type has two.

    Examples
    --------
    >>> import tempfile
    >>> text = "Gammes 2025;;\nTYPEQU;LIBELLE_TYPEQU;GAMME\nB207;BOULANGERIE;Gamme de proximité\n"
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "gammes.csv")
    ...     _ = path.write_text(text, encoding="utf-8")
    ...     read_ranges(path).loc["B207"].tolist()
    ['BOULANGERIE', 'bakery', 'proximity']
    """
    raw = _under_its_header(read_table(path, encoding=encoding))
    names = {plain(column): column for column in raw.table.columns}
    codes, given = (as_text(raw.table[names[name]]) for name in ("typequ", "gamme"))
    typed = codes.notna().to_numpy()  # notes under the table have no code
    unknown = [
        f"{line} ({value!r})"
        for line, value, has in zip(raw.lines, given, typed, strict=True)
        if has and plain(value) not in RANGES
    ]
    if unknown:
        raise SourceError(
            f"{raw.name}: GAMME is no range in {count(len(unknown), 'row')}: {', '.join(unknown[:5])}: INSEE writes "
            "'Gamme de proximité', 'Gamme intermédiaire', 'Gamme supérieure' or 'Hors Gamme'."
        )
    labels = as_text(raw.table[names["libelle_typequ"]]) if "libelle_typequ" in names else codes.map(lambda _: None)
    table = pd.DataFrame({"code": codes, "label": labels, "range": given.map(lambda word: RANGES.get(plain(word)))})
    table = table[typed].drop_duplicates(["code", "range"]).set_index("code")
    twice = sorted(set(table.index[table.index.duplicated()]))
    if twice:
        raise SourceError(f"{raw.name}: {', '.join(twice[:5])} in two ranges: give one list, of one year.")
    words = [None if pd.isna(label) else label for label in table["label"]]
    table["category"] = kinds_of("bpe", table.index.tolist(), words)["category"].to_numpy()
    return table[["label", "category", "range"]]


def _under_its_header(raw: RawTable) -> RawTable:
    """Return the table under the line that has the columns' names, past title and year."""

    def is_header(values: Iterable[object]) -> bool:
        return {"typequ", "gamme"} <= {plain(value) for value in values}

    if is_header(raw.table.columns):
        return raw
    rows = raw.table.astype(object).where(raw.table.notna(), "")
    place = next((row for row, values in enumerate(rows.to_numpy().tolist()) if is_header(values)), None)
    if place is None:
        raise SourceError(
            f"{raw.name} has no line with the columns TYPEQU and GAMME: save as CSV the sheet of INSEE's workbook that "
            "has one line a type."
        )
    header = [str(value) or f"column {column + 1}" for column, value in enumerate(rows.iloc[place])]
    table = raw.table.iloc[place + 1 :].set_axis(header, axis=1).reset_index(drop=True)
    return RawTable(raw.name, table, raw.lines[place + 1 :], raw.notes)
