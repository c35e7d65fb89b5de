"""Published figures to set beside one's own: INSEE's minutes, DREES's APL and its weights, who is remote."""

from __future__ import annotations

import re
from typing import Final

import pandas as pd

from accessmap.read.codes import to_loaded
from accessmap.read.columns import as_text, noted, read_numbers
from accessmap.read.companions import CODE, commune_codes
from accessmap.read.dating import credited
from accessmap.read.files import Tabular, read_table
from accessmap.read.layouts.kinds import kinds_of
from accessmap.read.parts import Wanted
from accessmap.read.raw import RawTable, refusal, refusal_of_rows

COLUMNS: Final = ("measure", "category", "level", "code", "value", "vintage")
APL: Final = re.compile(r"apl(_aux?_.*|_generalistes|_medecins_.*|_infirm.*|_dentistes|_sages_femmes|_kine.*|_mg)?")
PROFESSIONS: Final = {
    "generaliste": "general_practitioner",
    "dentiste": "dentist",
    "infirm": "nurse",
    "kine": "physiotherapist",
    "sages?_femmes?": "midwife",
}
UNDER: Final = re.compile(r".*(moins|62|65).*")  # of doctors under an age: not the APL that is quoted
# Shares of people remote from equipment of a range, and the weights of ages by year.
REMOTE: Final = re.compile(r"remote_from_(proximity|intermediate|superior)_pct")
WEIGHTS: Final = re.compile(r"weight_(\d{4})")
WANTED: Final = Wanted(
    ("minutes", "indicator"), {"apl": (APL.pattern,), "code": ("code_commune.*|insee|codgeo|depcom",)}, ("apl",)
)


def reference(path: Tabular, *, encoding: str | None = None) -> pd.DataFrame:
    """Return published figures, one row each: measure, category, level, code, value and vintage.

    Parameters
    ----------
    path
        INSEE's minutes by car to equipment by département (TYPEQU, dep, moyenne; through Nos services publics), an
        APL by commune of the DREES (workbook or CSV: code of the commune, "APL aux médecins généralistes", …), its
        weights by age (age, weight_2022), or the shares of people remote from equipment (remote_from_proximity_pct).
    encoding
        Of a CSV that is neither UTF-8 nor Windows-1252.

    Returns
    -------
    pandas.DataFrame
        `measure` "minutes" (mean over people), "apl" (consultations per inhabitant and year), "apl_weight" or "remote"
        (share of people, 0-1); `category` ours, of "remote" the range of equipment; `level` "france", "departement",
        "commune" or "age" and its `code`; `vintage`, missing where the file says none.

    Raises
    ------
    SourceError
        When the file is none of these, or a figure is no number.

    Examples
    --------
    >>> row = {"TYPEQU": "D307", "Libelle_TYPEQU": "pharmacie", "dep": "02", "LIBGEO": "Aisne"}
    >>> reference(pd.DataFrame([row | {"moyenne": 3.8, "mediane": 3.0}])).loc[0, ["category", "code"]].tolist()
    ['pharmacy', '02']
    """
    raw = read_table(path, encoding=encoding, wanted=WANTED)
    names = raw.names
    if {"moyenne", "dep"} <= set(names) and "typequ" in names:
        return noted(_minutes(raw), raw.notes, raw.vintage, {"reference": credited(raw)})
    if any(map(REMOTE.fullmatch, names)):
        return noted(_remote(raw), raw.notes, raw.vintage, {"reference": credited(raw)})
    if "age" in names and any(map(WEIGHTS.fullmatch, names)):
        return noted(_weights(raw), raw.notes, raw.vintage, {"reference": credited(raw)})
    found = [column for name, column in names.items() if APL.fullmatch(name) and not UNDER.fullmatch(name)]
    if not found:
        raise refusal(raw.name, "no_reference", has=", ".join(map(str, raw.table.columns[:12])))
    return noted(_apl(raw, found), raw.notes, raw.vintage, {"reference": credited(raw)})


def _minutes(raw: RawTable) -> pd.DataFrame:
    names = raw.names
    labels = as_text(raw.table[names["libelle_typequ"]]) if "libelle_typequ" in names else None
    types = as_text(raw.table[names["typequ"]])
    kinds = kinds_of("bpe", types.tolist(), labels.tolist() if labels is not None else [None] * len(types))["category"]
    places = as_text(raw.table[names["dep"]])
    level = places.map(lambda code: "france" if code in ("FR", "F", "France") else "departement")
    return _rows("minutes", list(kinds), level, places, _numbers(raw, names["moyenne"]), raw.vintage or None)


def _remote(raw: RawTable) -> pd.DataFrame:
    codes, _ = commune_codes(raw)
    level, dated = pd.Series("commune", index=codes.index), raw.vintage or None
    parts = [
        _rows("remote", [match[1]] * len(codes), level, codes, _numbers(raw, column) / 100, dated)
        for name, column in raw.names.items()
        if (match := REMOTE.fullmatch(name))
    ]
    return pd.concat(parts, ignore_index=True)


def _weights(raw: RawTable) -> pd.DataFrame:
    ages = as_text(raw.table[raw.names["age"]])
    level, kinds = pd.Series("age", index=ages.index), ["general_practitioner"] * len(ages)
    parts = [
        _rows("apl_weight", kinds, level, ages, _numbers(raw, column), match[1])
        for name, column in raw.names.items()
        if (match := WEIGHTS.fullmatch(name))
    ]
    return pd.concat(parts, ignore_index=True)


def _apl(raw: RawTable, columns: list[str]) -> pd.DataFrame:
    codes, _ = commune_codes(raw)
    coded = codes.str.fullmatch(CODE, na=False).to_numpy(dtype=bool)
    if not coded.all():  # units or names of variables under the header, remarks under the rows
        raw, codes = raw.keep(coded), codes[coded].reset_index(drop=True)
    year = next((raw.names[name] for name in raw.names if re.fullmatch("annee|an|millesime", name)), None)
    vintage = as_text(raw.table[year]) if year is not None else raw.vintage or None
    level = pd.Series("commune", index=codes.index)
    parts = [
        _rows("apl", [_profession(column)] * len(codes), level, codes, _numbers(raw, column), vintage)
        for column in columns
    ]
    return pd.concat(parts, ignore_index=True)


def _profession(column: str) -> str:
    """Return whose APL a column holds; where it does not say, that of general practitioners, DREES's own "APL"."""
    name = column.casefold()
    return next((kind for word, kind in PROFESSIONS.items() if re.search(word, name)), "general_practitioner")


def _numbers(raw: RawTable, column: str) -> pd.Series:
    read = read_numbers(raw.table[column])
    if read.key:
        raise refusal_of_rows(raw, column, "companion_not_numbers", read.bad.nonzero()[0])
    return read.numbers.astype("float64")


def _rows(
    measure: str, kinds: list[str], level: pd.Series, code: pd.Series, value: pd.Series, vintage: pd.Series | str | None
) -> pd.DataFrame:
    table = pd.DataFrame({"measure": measure, "category": kinds, "level": level, "code": code, "value": value})
    table["vintage"] = vintage
    return table[table["value"].notna()].reset_index(drop=True)[list(COLUMNS)]


def beside(own: pd.Series, reference: pd.DataFrame, *, category: str, measure: str = "apl") -> pd.DataFrame:
    """Return one's own figure by commune beside the published one: `own`, `published`, `difference`.

    Parameters
    ----------
    own
        By code of commune.
    reference
        As `reference` returns it; former codes are those of the communes of `own`.
    category, measure
        Which of its figures.

    Examples
    --------
    >>> published = reference(pd.DataFrame([{"codgeo": "02173", "apl_generalistes": 3.0}]))
    >>> beside(pd.Series({"02173": 2.5}), published, category="general_practitioner").loc["02173"].tolist()
    [2.5, 3.0, -0.5]
    """
    chosen = reference["measure"].eq(measure) & reference["category"].eq(category) & reference["level"].eq("commune")
    rows = reference[chosen]
    codes = to_loaded(rows["code"], own.index).codes
    # an indicator per head cannot be added up: of several communes merged since nothing is published
    alone = ~codes.duplicated(keep=False)
    published = rows["value"][alone].set_axis(pd.Index(codes[alone]))
    table = pd.DataFrame({"own": own, "published": published.reindex(own.index).astype("float64")})
    return table.assign(difference=table["own"] - table["published"])
