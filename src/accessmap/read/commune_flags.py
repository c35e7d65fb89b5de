"""Zonages of communes (ZRR, FRR, QPV, Action cœur de ville, Petites villes de demain), as flags by code."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from accessmap.read.codes import to_loaded
from accessmap.read.columns import COMMUNE_CODES, Reading, as_text, noted
from accessmap.read.dating import credited
from accessmap.read.files import Tabular, read_table
from accessmap.read.parts import Wanted
from accessmap.read.raw import RawTable, plain, refusal
from accessmap.words.notes import first_few

# Columns that tell each zonage: of ANCT's and DGCL's tables, their own names first.
FLAGS: Mapping[str, str] = {
    "zrr": r"(zonage_|classement_|en_)?zrr(_simp|_\d{4})?",
    "frr": r"((libelle_)?(zonage|classement|niveau)_)?frr(_\d{4}|_zrr)?|libelle_frr|frr_socle|frr_plus",
    "qpv": r"(code_|id_|nb_|nombre_)?qp[v]?(_2024|_2015)?",
    "acv": r"(id_)?acv\d?|action_coeur_de_ville",
    "pvd": r"(id_)?pvd|petites?_villes?_de_demain",
    "village_avenir": r"id_va|villages?_d_?avenir",
}
WANTED = Wanted(("zonage",), {name: (pattern,) for name, pattern in FLAGS.items()})
NOT_IN = re.compile(r"nc(_.*)?|non?(_.*)?|n|0(_0+)?|faux|false|hors(_.*)?|aucune?|sans_objet|")
# A commune that is in a zonage in part is in it, and said: P of ZRR, "FRR partiellement classée".
IN_PART = re.compile(r"p(_.*)?|.*partiel.*")
SEPARATED = re.compile(r"\s*[,;/|]\s*|\s+")


def zonages(path: Tabular, *, encoding: str | None = None) -> pd.DataFrame:
    """Return which zonages each commune of a file is in: index `code`, a column of True and False for each zonage.

    Parameters
    ----------
    path
        A table of classes with a row a commune (ZRR_SIMP, FRR), or a list of those that are in (QPV, with one or
        several communes a row; PVD, ACV; ANCT's table of its programmes). Columns are named `zrr`, `frr`, `qpv`, `acv`,
        `pvd` and `village_avenir`.
    encoding
        Of a CSV that is neither UTF-8 nor Windows-1252.

    Raises
    ------
    SourceError
        When no column tells a zonage, or none a commune.

    Notes
    -----
    A commune that is in a zonage in part ("P") is in it, which a note says. No file was at hand: columns follow the
    publishers' descriptions.

    Examples
    --------
    >>> row = {"CODGEO": "02173", "ZRR_SIMP": "NC  Commune non classée"}
    >>> zonages(pd.DataFrame([row, {"CODGEO": "02304", "ZRR_SIMP": "C  Classée en ZRR"}]))["zrr"].to_dict()
    {'02173': False, '02304': True}
    """
    raw = read_table(path, encoding=encoding, wanted=WANTED)
    names = raw.names
    found = {
        flag: [column for name, column in names.items() if re.fullmatch(pattern, name)]
        for flag, pattern in FLAGS.items()
    }
    found = {flag: columns for flag, columns in found.items() if columns}
    if not found:
        raise refusal(raw.name, "no_zonage", has=", ".join(map(str, raw.table.columns[:12])), known=", ".join(FLAGS))
    codes = _codes(raw)
    flags, notes = {}, list(raw.notes)
    for flag, columns in found.items():
        said = pd.DataFrame({column: as_text(raw.table[column]).fillna("").map(plain) for column in columns})
        inside = ~said.apply(lambda one: one.str.fullmatch(NOT_IN))
        part = inside.any(axis=1) & said.apply(lambda one: one.str.fullmatch(IN_PART)).any(axis=1)
        flags[flag] = inside.any(axis=1)
        notes.append(raw.note("zonage_read", name=flag, columns=first_few(columns), n=int(flags[flag].sum())))
        if part.any():
            notes.append(raw.note("zonage_in_part", name=flag, n=int(part.sum())))
    rows = pd.DataFrame(flags).loc[codes.index].set_axis(pd.Index(codes, name="code"))
    return noted(rows.groupby(level=0).any(), notes, raw.vintage, {"zonage": credited(raw, "zonage")})


def _codes(raw: RawTable) -> pd.Series:
    """Return the codes of communes by row of the table, several rows where a cell has several."""
    patterns = (
        *COMMUNE_CODES,
        "code",
        "code_?geo",
        "insee_commune",
        "codes?_insee(_des_communes)?",
        "insee_com_\\d{4}",
    )
    for name, column in raw.names.items():
        if any(re.fullmatch(pattern, name) for pattern in patterns):
            text = as_text(raw.table[column]).dropna().str.replace(r"\.0$", "", regex=True)
            parts = text.map(lambda cell: [part for part in SEPARATED.split(cell.strip("[]\"' ")) if part]).explode()
            parts = parts.str.strip("\"'").str.zfill(5)
            if len(parts) and parts.str.fullmatch(r"\d[\dAB]\d{3}").mean() > 0.9:
                return parts
    raise refusal(raw.name, "companion_no_codes", has=", ".join(map(str, raw.table.columns[:12])))


def flag(reading: Reading, files: Iterable[Tabular]) -> None:
    """Give the communes of a reading the flags of files; one that a list does not name is not in it.

    Of a former commune the flag is that of the commune it became; of a table with a row for each commune one that has
    none is unknown.
    """
    loaded = pd.Index(reading.table["code"])
    for number, path in enumerate(files):
        table = zonages(path)
        reading.notes += table.attrs["read_notes"]
        reading.beside[f"zonage.{number}"] = table.attrs["beside"]["zonage"]
        moved = to_loaded(table.index.to_series(), loaded)
        if moved.changed.any():
            reading.note("zonage_moved", n=len(moved.pairs), pairs=moved.told())
        by_code = table.groupby(moved.codes.to_numpy()).any().reindex(loaded)
        lists = table.all()  # nobody is said to be out: it is a list of those that are in
        for name in map(str, by_code):
            values = by_code[name].astype("boolean")
            values = values.fillna(False) if lists[name] else values
            if values.isna().any():
                reading.note("zonage_unknown", name=name, n=int(values.isna().sum()))
            reading.table = reading.table.assign(**{name: values.to_numpy()})
