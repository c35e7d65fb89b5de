"""What stands beside boundaries in files of their own: legal populations and the composition of EPCI."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.files import file_of
from accessmap.read.codes import to_loaded
from accessmap.read.columns import COMMUNE_CODES, Reading, as_text, read_numbers
from accessmap.read.database import database
from accessmap.read.dating import credited, in_full
from accessmap.read.files import Tabular, part_names, part_of_path, read_table
from accessmap.read.parts import Wanted
from accessmap.read.raw import RawTable, plain, refusal, refusal_of_rows
from accessmap.tables.departments import department
from accessmap.words.notes import Note, first_few

CODES = (
    *COMMUNE_CODES,
    *("code", "code_?geo", "code_(de_la_)?commune_insee", "code_insee_(de_la_)?commune"),
    *("insee_membre", "code_officiel_geographique"),
)
CODE = re.compile(r"(?:\d[\dAB]?|[1-9])\d{3}")
DEPARTEMENTS = ("code?_?dep(artement)?", "dep", "dept?", "departement", "insee_dep")
PARTS = ("code_?com(mune)?", "com", "codcom", "commune")
# Municipal population: PMUN, PMUN2021, PMUN21, p21_pmun, "Population municipale 2021", P21_POP; a date is in most.
PEOPLE = (
    r"pmun_?(?P<a>\d{2,4})?",
    r"p(?P<b>\d\d)_p(?:mun|op)",
    r"pop(?:ulation)?_?mun(?:icipale)?(?:_en)?_?(?P<c>\d{2,4})?",
    r"(?:d?\d\d_)?pop(?:ulation)?(?:_legale)?_?(?P<d>\d{2,4})?",
    r"(?:nombre_d_|nb_)?hab(?:itants)?_?(?P<e>\d{4})?",
)
TOTAL = (r"p_?tot(?:ale?)?_?(?P<a>\d{2,4})?", r"pop(?:ulation)?_?tot(?:ale)?_?(?P<c>\d{2,4})?")
EPCI = ("siren_?epci", "code_epci", "epci", "siren", "n_?siren", "siren_groupement", "epci_code")
OF_PEOPLE = Wanted(
    ("population", "epci", "communes"), {"code": CODES, "population": (*PEOPLE, *TOTAL)}, ("population",)
)
OF_EPCI = Wanted(("epci", "population", "communes"), {"code": CODES, "epci": EPCI}, ("epci",))
SIREN = re.compile(r"\d{9}")
# An EPCI with taxes of its own, as DGCL and INSEE name its nature; a syndicat is none.
OWN_TAXES = re.compile(r"(cc|ca|cu|sa|me|metro|met\d\d|metlyon|m)\d?|communaute.*|metropole.*")


@dataclass(frozen=True)
class Companion:
    """A table by code of commune, and what was done to read it.

    Parameters
    ----------
    name
        Of the file.
    table
        By code, each once: `population`, or `epci` and `epci_name`.
    notes
        What was done.
    credit
        Its `vintage`, where it tells one, and `title`, `publisher` and `licence` where it is published.
    """

    name: str
    table: pd.DataFrame
    notes: tuple[Note, ...]
    credit: Mapping[str, str] = field(default_factory=dict)


def populations(path: Tabular, *, encoding: str | None = None) -> Companion:
    """Return the municipal population of each commune, the latest where a file has several years.

    Parameters
    ----------
    path
        INSEE's legal populations of any edition (PMUN; codes whole, or in two columns), its historical series, the
        composition of EPCI of the DGCL (pmun), or any table with a code of commune and a population.
    encoding
        Of a CSV.

    Raises
    ------
    SourceError
        When it has no code of communes or no population, or a commune has two.

    Examples
    --------
    >>> row = {"Code département": "02", "Code commune": "173", "Population municipale": "11 600"}
    >>> populations(pd.DataFrame([row])).table.to_dict()
    {'population': {'02173': 11600.0}}
    """
    raw = read_table(path, encoding=encoding, wanted=OF_PEOPLE)
    codes, notes = commune_codes(raw)
    column, vintage, notes_of_people = _people(raw)
    read = read_numbers(raw.table[column])
    if read.key:
        raise refusal_of_rows(raw, column, "companion_not_numbers", np.flatnonzero(read.bad))
    if read.unknown is not None:
        rows = np.flatnonzero(read.unknown)
        words = ", ".join(repr(word) for word in raw.table[column][read.unknown].unique()[:5])
        named = raw.named(rows)
        notes_of_people.append(raw.note("numbers_unknown", n=len(rows), name=repr(column), words=words, rows=named))
    table = pd.DataFrame({"code": codes, "population": read.numbers.astype("float64")})
    table, told = _each_once(raw, table, column)
    credit = credited(replace(raw, vintage=vintage or raw.vintage), "population", "epci")
    return Companion(raw.name, table, (*raw.notes, *notes, *notes_of_people, *told), credit)


def composition(path: Tabular, *, encoding: str | None = None) -> Companion:
    """Return the EPCI of each commune, code (SIREN) and name; syndicats in the same file are left out.

    Parameters
    ----------
    path
        The composition of EPCI of the DGCL (siren, raison_sociale, insee) or INSEE (CODGEO, EPCI, LIBEPCI) of any
        edition, or any table with a code of commune and a SIREN.
    encoding
        Of a CSV.

    Raises
    ------
    SourceError
        When it has no code of communes or no SIREN, or a commune is in two EPCI.

    Examples
    --------
    >>> row = {"siren": 200071785.0, "raison_sociale": "CA Chauny Tergnier La Fère", "insee": "02173"}
    >>> composition(pd.DataFrame([row])).table.loc["02173"].tolist()
    ['200071785', 'CA Chauny Tergnier La Fère']
    """
    raw = read_table(path, encoding=encoding, wanted=OF_EPCI)
    names = raw.names
    nature = next(
        (names[name] for name in names if re.fullmatch("nature(_juridique|_epci)?|forme_juridique", name)), None
    )
    told: list[Note] = []
    if nature is not None:
        own = raw.table[nature].map(lambda value: OWN_TAXES.fullmatch(plain(value)) is not None).to_numpy()
        if own.any() and not own.all():
            told.append(raw.note("epci_syndicats", n=int((~own).sum())))
            raw = raw.keep(own)
    codes, notes = commune_codes(raw)
    siren = _first(raw, EPCI)
    if siren is None:
        raise refusal(raw.name, "companion_no_epci", has=_has(raw))
    epci = as_text(raw.table[siren]).str.replace(r"\.0$", "", regex=True)
    epci = epci.where(epci.str.fullmatch(SIREN, na=False))  # "ZZZZZZZZZ", "Sans objet": in no EPCI
    words = ("raison_sociale", "lib_?epci", "nom_?epci", "epci_nom", "nom_complet", "nom_du_groupement", "epci_name")
    name = _first(raw, words, codes=False)
    table = pd.DataFrame({"code": codes, "epci": epci, "epci_name": as_text(raw.table[name]) if name else None})
    table, more = _each_once(raw, table, siren)
    return Companion(raw.name, table, (*raw.notes, *told, *notes, *more), credited(raw, "epci", "population"))


EPCI_LAYER = re.compile(r"(?:.*/)?epci(?:\.\w+)?", re.IGNORECASE)


def epci_names(path: Tabular) -> dict[str, str]:
    """Return the name of each EPCI by its SIREN, of the layer EPCI that a file of communes has beside them, else none.

    ADMIN EXPRESS has only the SIREN in its communes, and the names in that layer.
    """
    if not isinstance(path, str | Path) or database(path) is not None:
        return {}
    if file_of(path).suffix.casefold() not in (".gpkg", ".zip"):
        return {}
    file, _ = part_of_path(Path(path))
    part = next((name for name in part_names(file) if EPCI_LAYER.fullmatch(name)), None)
    raw = None if part is None else read_table(file, layer=part)
    siren = None if raw is None else _first(raw, ("code_siren", *EPCI))
    name = None if raw is None else _first(raw, ("nom", "nom_officiel", "nom_epci", "libepci"), codes=False)
    if raw is None or siren is None or name is None:
        return {}
    return dict(zip(as_text(raw.table[siren]), as_text(raw.table[name]), strict=True))


def _has(raw: RawTable) -> str:
    return ", ".join(map(str, raw.table.columns[:12]))


def _first(raw: RawTable, patterns: Sequence[str], *, codes: bool = True) -> str | None:
    """Return the first column of one of these names; of codes one that holds digits."""
    for pattern in patterns:
        for name, column in raw.names.items():
            if re.fullmatch(pattern, name):
                given = as_text(raw.table[column]).dropna()
                if not codes or (len(given) and given.str.contains(r"\d").any()):
                    return column
    return None


def commune_codes(raw: RawTable) -> tuple[pd.Series, list[Note]]:
    """Return the whole code of each row: of one column, or put together of département and commune."""
    for pattern in CODES:
        for name, column in raw.names.items():
            if not re.fullmatch(pattern, name):
                continue
            text = as_text(raw.table[column]).str.replace(r"\.0$", "", regex=True)
            like = text.dropna().map(lambda code: CODE.fullmatch(code) is not None)
            if len(like) and like.mean() > 0.5:
                other = np.flatnonzero(text.notna() & ~like.reindex(text.index, fill_value=True))
                text = text.where(~text.index.isin(text.index[other]))
                short = int((text.str.len() == 4).sum())
                notes = [raw.note("codes_zero_put_back", n=short, name=repr(column))] if short else []
                if len(other):  # "Total", "France métropolitaine"
                    told = raw.named(other, raw.table[column])
                    notes.append(raw.note("companion_other_rows", n=len(other), rows=told))
                return text.str.zfill(5), notes
    whole, part = (_first(raw, names) for names in (DEPARTEMENTS, PARTS))
    if whole is None or part is None:
        raise refusal(raw.name, "companion_no_codes", has=_has(raw))
    head = as_text(raw.table[whole]).str.replace(r"\.0$", "", regex=True).str.zfill(2)
    tail = as_text(raw.table[part]).str.replace(r"\.0$", "", regex=True)
    overseas = head.str.len() == 3  # "971" and "101" make 97101
    codes = (head.str[:2] + tail.str.zfill(3)).where(~overseas | (tail.str.len() == 3), head + tail.str.zfill(2))
    return codes, [raw.note("codes_put_together", first=repr(whole), second=repr(part))]


def _people(raw: RawTable) -> tuple[str, str, list[Note]]:
    """Return the column of the municipal population, of the latest year, its year, and what was taken."""
    for patterns, total in ((PEOPLE, False), (TOTAL, True)):
        for pattern in patterns:
            found = []
            for name, column in raw.names.items():
                if match := re.fullmatch(pattern, name):
                    found.append((in_full(next((part for part in match.groups() if part), "")), str(column)))
            if found:
                found.sort()
                year, column = found[-1]
                notes = [raw.note("population_taken", column=repr(column))]
                if len(found) > 1:
                    others = first_few([name for _, name in found[:-1]])
                    notes = [raw.note("population_latest", column=repr(column), others=others)]
                if total:
                    notes.append(raw.note("population_total", column=repr(column)))
                return column, year, notes
    raise refusal(raw.name, "companion_no_people", has=_has(raw))


def _each_once(raw: RawTable, table: pd.DataFrame, column: str) -> tuple[pd.DataFrame, list[Note]]:
    """Return the rows by code, each once; of a code with rows of several types that of the commune as such."""
    rows = table[table["code"].notna()]
    kind = next((raw.names[name] for name in ("typecom", "type_com", "type") if name in raw.names), None)
    notes = []
    if kind is not None:
        types = as_text(raw.table[kind]).reindex(rows.index)
        if (types == "COM").any() and (types != "COM").any():
            notes.append(raw.note("companion_parts_left", n=int((types != "COM").sum())))
            rows = rows[types == "COM"]
    differ = rows.drop_duplicates().duplicated("code", keep=False)
    if differ.any():
        where = np.flatnonzero(table.index.isin(differ.index[differ]))
        raise refusal(raw.name, "companion_twice", rows=raw.named(where, table["code"]), name=column)
    return rows.drop_duplicates("code").set_index("code"), notes


WITH_WARDS = {"75056", "69123", "13055"}


def join(reading: Reading, companion: Companion) -> None:
    """Give the communes of a reading what a companion says of them, by code; what did not join is told, and why.

    Boundaries and companion may be of different years: of an older companion former communes are added up to the
    commune they became, and of older boundaries those that the companion has as one are made one.
    """
    reading.notes += companion.notes
    reading.beside["population" if "population" in companion.table else "epci"] = dict(companion.credit)
    values, beside = companion.table, companion.name
    # Paris, Lyon and Marseille are there as such: their arrondissements are counted in them.
    whole = pd.Index(sorted(WITH_WARDS.intersection(values.index)), dtype=object)
    wards = values.index[to_loaded(values.index.to_series(), whole).changed]
    if len(wards):
        reading.note("companion_wards", n=len(wards), beside=beside)
        values = values.drop(index=wards)
    codes = reading.table["code"]
    moved = to_loaded(codes, values.index)
    if moved.changed.any():
        reading.note("communes_made_one", n=len(moved.pairs), pairs=moved.told(), beside=beside)
        _made_one(reading, moved.codes)
    loaded = pd.Index(reading.table["code"])
    to = to_loaded(values.index.to_series(), loaded).codes
    several = to[to.duplicated(keep=False) & to.isin(loaded)]
    if len(several):
        groups = several.groupby(several).agg(lambda part: " + ".join(part.index))
        named = first_few([f"{parts} → {code}" for code, parts in groups.items()], str)
        reading.note("companion_merged", n=len(groups), pairs=named, beside=beside)
    if "population" in values:
        joined = values[["population"]].groupby(to).sum(skipna=False)
    else:
        one = values["epci"].groupby(to).transform("nunique") <= 1
        joined = values.where(one).groupby(to).first()
    found = joined.reindex(loaded)
    table = reading.table.drop(columns=[name for name in joined if name in reading.table.columns])
    reading.table = table.assign(**{str(name): found[name].to_numpy() for name in joined})
    lost = loaded[~loaded.isin(joined.index)]
    reading.note("companion_joined", n=len(loaded) - len(lost), beside=beside, more=str(int((~to.isin(loaded)).sum())))
    if len(lost) and "population" in values:
        _without_people(reading, lost, {department(code) for code in joined.index}, beside)
    elif len(lost):
        reading.note("companion_unjoined", n=len(lost), codes=first_few(list(lost)), beside=beside)


def _made_one(reading: Reading, codes: pd.Series) -> None:
    """Give rows these codes, and make one of those of the same: its shape whole, its words those of the largest."""
    table = reading.table.assign(code=codes)
    had = (reading.table["code"] == codes).to_numpy()  # who had the code already comes before the largest
    order = np.lexsort((-table.geometry.area.to_numpy(), ~had))
    kept = table.index[order][~table["code"].iloc[order].duplicated().to_numpy()]
    shapes = table.dissolve("code").geometry
    table = table.set_geometry(gpd.GeoSeries(shapes.loc[table["code"]].to_numpy(), index=table.index, crs=table.crs))
    reading.table = table
    reading.keep(table.index.isin(kept))


def _without_people(reading: Reading, lost: pd.Index, known: set[str], beside: str) -> None:
    """Leave out communes of départements that the companion has not at all, and refuse others that it has not."""
    far = [code for code in lost if department(code) not in known]
    if far and len(far) < len(reading.table):
        names = ", ".join(sorted({department(code) for code in far}))
        reading.note("companion_far", n=len(far), beside=beside, names=names)
        reading.keep(~reading.table["code"].isin(far))
    unknown = reading.table["code"].isin(lost).to_numpy()
    reading.flag(unknown, "population_unjoined", reading.table["code"].reset_index(drop=True), beside=beside)
    reading.table = reading.table.assign(population=reading.table["population"].fillna(0))  # told once
