"""INSEE's ranges of equipment (gammes) as INSEE publishes them: proximity, intermediate or superior, type by type."""

import re
from collections.abc import Iterable

import pandas as pd

from accessmap.errors import Rows
from accessmap.read.columns import COMMUNE_CODES, as_numbers, as_text
from accessmap.read.files import Tabular, read_table
from accessmap.read.layouts.kinds import kinds_of
from accessmap.read.raw import RawTable, plain, refusal
from accessmap.words.notes import Note

# INSEE, recensement, base-cc-logement: P22_RP is main homes, P22_RP_VOIT1P those whose household has a car or more.
HOUSEHOLDS = re.compile(r"p(?P<year>\d\d)_rp")
WITH_A_CAR = "p{year}_rp_voit1p"


def households(path: Tabular) -> pd.DataFrame:
    """Return by commune code the households, those without a car, and their share (0-1), from INSEE's census.

    Parameters
    ----------
    path
        `base-cc-logement` (communes) or `base-ic-logement` (IRIS, added up by commune) of any year, as CSV: main homes
        `P22_RP` and those with a car or more `P22_RP_VOIT1P`; of several censuses the latest is read.

    Returns
    -------
    DataFrame
        By commune `code`, sorted: `households`, `without_car` (INSEE's estimates, with decimals), `share`, NaN where
        there is no household. For `captive_people` the share of households stands for that of people, which is
        smaller: households without a car are often one person.

    Raises
    ------
    SourceError
        Where the file or its columns cannot be read.

    Examples
    --------
    >>> homes = {"P22_RP": 5600, "P22_RP_VOIT1P": 4200, "P16_RP": 5700, "P16_RP_VOIT1P": 4300}
    >>> households(pd.DataFrame([{"CODGEO": "02173", **homes}]))
           households  without_car  share
    code
    02173      5600.0       1400.0   0.25
    """
    raw = read_table(path)
    names = raw.names
    years = sorted(
        match["year"]
        for name in names
        if (match := HOUSEHOLDS.fullmatch(name)) and WITH_A_CAR.format(year=match["year"]) in names
    )
    code = next((names[name] for name in names if any(re.fullmatch(word, name) for word in COMMUNE_CODES)), None)
    if not years or code is None:
        wanted = Note.plain("CODGEO") if code is None else Note("homes_and_cars")
        raise refusal(raw.name, "no_households", value=wanted)
    columns = [names[f"p{years[-1]}_rp"], names[WITH_A_CAR.format(year=years[-1])]]
    table = pd.DataFrame({name: as_numbers(raw.table[name]) for name in columns})
    wrong = [name for name in columns if not pd.api.types.is_numeric_dtype(table[name])]
    if wrong:
        raise refusal(raw.name, "not_numbers_everywhere", value=wrong[0])
    groups = table.astype("float64").groupby(as_text(raw.table[code]).rename("code"))
    sums = groups.sum().where(groups.count().eq(groups.size(), axis=0))  # of parts of which one is secret: not known
    households, with_a_car = sums[columns[0]], sums[columns[1]]
    without = (households - with_a_car).clip(lower=0.0)
    return pd.DataFrame(
        {"households": households, "without_car": without, "share": without / households.where(households > 0)}
    )


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


def ranges(path: Tabular, *, encoding: str | None = None) -> pd.DataFrame:
    """Return the range of each type of equipment, from INSEE's own list: label, category, range; indexed by code.

    `kinds` of read/layouts says a range only where a source read for it does; the lists themselves are
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
    >>> row = {"TYPEQU": "B207", "LIBELLE_TYPEQU": "BOULANGERIE", "GAMME": "Gamme de proximité"}
    >>> ranges(pd.DataFrame([row])).loc["B207"].tolist()
    ['BOULANGERIE', 'bakery', 'proximity']
    """
    raw = _under_its_header(read_table(path, encoding=encoding))
    names = raw.names
    codes, given = (as_text(raw.table[names[name]]) for name in ("typequ", "gamme"))
    typed = codes.notna().to_numpy()  # notes under the table have no code
    unknown = [row for row, value in enumerate(given) if typed[row] and plain(value) not in RANGES]
    if unknown:
        rows = Rows.of(len(unknown), raw.named(unknown, given))
        raise refusal(raw.name, "not_a_range", value=given.iloc[unknown[0]], rows=rows)
    labels = as_text(raw.table[names["libelle_typequ"]]) if "libelle_typequ" in names else codes.map(lambda _: None)
    table = pd.DataFrame({"code": codes, "label": labels, "range": given.map(lambda word: RANGES.get(plain(word)))})
    table = table[typed].drop_duplicates(["code", "range"]).set_index("code")
    twice = sorted(set(table.index[table.index.duplicated()]))
    if twice:
        raise refusal(raw.name, "two_ranges", value=twice[0], names=", ".join(twice[:5]))
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
        raise refusal(raw.name, "no_range_header")
    header = [str(value) or f"column {column + 1}" for column, value in enumerate(rows.iloc[place])]
    return raw.under(place, header)
