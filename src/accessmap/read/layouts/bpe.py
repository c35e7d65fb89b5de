"""The Base permanente des équipements of INSEE: counts by commune, and equipment with coordinates."""

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd

from accessmap.categories import CATEGORIES
from accessmap.read.columns import COMMUNE_CODES, as_numbers, as_text
from accessmap.read.coordinates import degrees, epsg_of_commune, metres
from accessmap.read.files import Tabular, read_table
from accessmap.read.layouts.kinds import bpe_labels, kinds_of
from accessmap.read.parts import Wanted
from accessmap.read.raw import RawTable, plain, refusal
from accessmap.words.notes import Listed

LABEL = re.compile("lib_mod|lib(elle)?_?typequ|libelle|lib_equip|lib(elle)?_facility_type")
WIDE = re.compile(r"nb_([a-g]\d{3})")
# INSEE's QUALITE_XY until 2020 in words, since then in figures of QUALITE_GEOLOC (dictionary of the BPE: 11 street and
# number found, 12 place along a sure street, 21 and 22 a likely street, 33 anywhere in the commune).
QUALITY = {"bonne": "good", "acceptable": "acceptable", "mauvaise": "poor"} | {
    "11": "good",
    "12": "acceptable",
    "21": "acceptable",
    "22": "poor",
    "33": "anywhere_in_commune",
}
# Sub-domains where the name of the site is often that of a person: craftsmen, doctors and nurses, taxis.
PERSONAL = ("A3", "A4", "A5", "D2", "E1")
IRIS = ("dciris", "iris", "code_iris", "codiris")
KEPT = ("DCIRIS", "CAPACITE", "TYPEQU", "QUALITE_XY", "QUALITE_GEOLOC", "AN", "SIRET")


def type_labels(path: Tabular) -> Mapping[str, str]:
    """Return the name of each type of equipment of INSEE's own list, by code, written as in a sentence.

    Parameters
    ----------
    path
        The list of types or ranges of an edition (TYPEQU, LIBELLE_TYPEQU), or the dictionary of its variables (COD_VAR,
        COD_MOD, LIB_MOD), in any form.

    Raises
    ------
    SourceError
        When it is neither.

    Examples
    --------
    >>> rows = {"COD_VAR": ["TYPEQU", "AN"], "COD_MOD": ["A999", "2024"], "LIB_MOD": ["ESPACE NOUVEAU", "2024"]}
    >>> type_labels(pd.DataFrame(rows))
    {'A999': 'Espace nouveau'}
    """
    raw = read_table(path, wanted=Wanted(("dictionary",)))
    code = next((raw.names[name] for name in ("cod_mod", "typequ", "facility_type") if name in raw.names), None)
    label = next((column for name, column in raw.names.items() if LABEL.fullmatch(name)), None)
    if code is None or label is None:
        raise refusal(raw.name, "no_types", has=", ".join(map(str, raw.table.columns[:12])))
    table = pd.DataFrame({"code": as_text(raw.table[code]).str.upper(), "label": as_text(raw.table[label])}).dropna()
    table = table[table["code"].str.fullmatch(r"[A-G]\d{3}")]
    return {code: text.capitalize() if text.isupper() else text for code, text in table.to_numpy().tolist()}


def bpe_services(raw: RawTable, labels: Mapping[str, str] = MappingProxyType({})) -> RawTable:
    """Return equipment as services: one for each site, or one for each commune and kind with its count as `capacity`.

    Counts have no point: they are placed where the caller says, in the mairie or the commune. Names that may be those
    of a person are left out. The sites of which INSEE says nothing of the place keep "unknown" in `point_quality`.

    Parameters
    ----------
    raw
        As INSEE publishes it: with LAMBERT_X and LAMBERT_Y or LONGITUDE and LATITUDE; or counted, with one row or one
        column for each kind.
    labels
        Names of types that go before those that are known here, as :func:`type_labels` returns them.

    Examples
    --------
    >>> counts = pd.DataFrame({"CODGEO": ["02173"], "TYPEQU": ["B203"], "NB_EQUIP": ["5"]})
    >>> read = bpe_services(RawTable("bpe.csv", counts)).table.iloc[0]
    >>> read[["service_id", "name", "category"]].tolist(), int(read["capacity"])
    (['bpe-02173-B203', 'Boulangerie (02173)', 'bakery'], 5)
    """
    names = raw.names
    if {"lambert_x", "lambert_y"} <= set(names) or {"longitude", "latitude", "typequ"} <= set(names):
        return _sites(raw, names, labels)
    if _commune_column(names) is None and not set(IRIS) & set(names):
        raise refusal(raw.name, "bpe_without_places", has=", ".join(map(str, raw.table.columns[:12])))
    if "typequ" in names and not {"nb_equip", "count"} & set(names):
        # one row a piece of equipment, no coordinates: counted like the others
        return _counts(replace(raw, table=raw.table.assign(NB_EQUIP="1")), {**names, "nb_equip": "NB_EQUIP"}, labels)
    return _counts(*_long(raw, names), labels)


def _commune_column(names: dict[str, str]) -> str | None:
    patterns = [re.compile(pattern) for pattern in (*COMMUNE_CODES, "geo")]
    return next((column for name, column in names.items() if any(p.fullmatch(name) for p in patterns)), None)


def _communes(raw: RawTable, names: dict[str, str]) -> pd.Series:
    """Return the code of the commune of each row: its own column, else the first five characters of its IRIS."""
    column = _commune_column(names)
    if column is not None:
        return as_text(raw.table[column])
    iris = next((names[name] for name in IRIS if name in names), None)
    if iris is None:
        return pd.Series(None, index=raw.table.index, dtype=object)
    # nine characters, or "01004_0000"; of eight the zero in front is lost, and so it is of the commune's
    return as_text(raw.table[iris]).map(lambda code: code[: 4 if len(code) == 8 else 5], na_action="ignore")


def _sites(raw: RawTable, names: dict[str, str], own: Mapping[str, str]) -> RawTable:
    # "_Z" is INSEE's "not applicable" and "_U" its "unknown"
    table = raw.table.astype(object).where(~raw.table.isin(["_Z", "_U"]), None)
    raw = replace(raw, table=table)
    codes = as_text(table[names["typequ"]]).str.upper()
    _check_kinds(raw, codes)
    communes = _communes(raw, names).str[:5]
    if {"longitude", "latitude"} <= set(names):
        lon, lat = (as_numbers(table[names[name]]) for name in ("longitude", "latitude"))
    else:
        said = (
            pd.to_numeric(table[names["epsg"]], errors="coerce")
            if "epsg" in names
            else pd.Series(float("nan"), index=table.index)
        )
        epsg = [int(one) if pd.notna(one) else epsg_of_commune(code) for one, code in zip(said, communes, strict=True)]
        lon, lat = (
            pd.Series(v) for v in degrees(metres(raw, names["lambert_x"]), metres(raw, names["lambert_y"]), epsg)
        )
    labels = _labels(codes, own)
    meant = kinds_of("bpe", codes.tolist(), labels.tolist())
    named = as_text(table[names["nomrs"]]) if "nomrs" in names else pd.Series(None, index=table.index, dtype=object)
    personal = codes.str.startswith(PERSONAL).to_numpy()
    width = len(str(len(table)))
    services = pd.DataFrame(
        {
            "service_id": [f"bpe-{code}-{row + 1:0{width}d}" for row, code in enumerate(codes)],
            "name": named.where(~personal & named.notna().to_numpy(), labels + " (" + communes.fillna("?") + ")"),
            **meant,
            "commune": communes,
            "lon": lon,
            "lat": lat,
            "point_quality": _quality(table, names),
        }
    ).assign(source="INSEE BPE")
    kept = [names[plain(name)] for name in KEPT if plain(name) in names]
    notes = [raw.note("bpe_without_ids")]
    if personal.any() and named.notna().any():
        notes.append(raw.note("bpe_names_left_out", n=int(personal.sum())))
    return replace(raw, table=services.join(table[kept].rename(columns=str.casefold))).told(*notes)


def _labels(codes: pd.Series, own: Mapping[str, str]) -> pd.Series:
    """The name of each type: that of the caller's list, else the one known here."""
    known = bpe_labels(codes)
    return pd.Series([own.get(code, label) for code, label in zip(codes, known, strict=True)], codes.index, dtype="str")


def _check_kinds(raw: RawTable, given: pd.Series) -> None:
    """Refuse rows that say of no kind they are."""
    absent = [row for row, kind in enumerate(given) if pd.isna(kind)]
    if absent:
        rows = Listed.of([raw.lines[row] for row in absent[:5]])
        raise refusal(raw.name, "bpe_kind_missing", rows=rows, etc=", …" if len(absent) > 5 else "")


def _quality(table: pd.DataFrame, names: dict[str, str]) -> list[str]:
    """INSEE's word or figure for the quality of each point, in ours."""
    said = [as_text(table[names[name]]) for name in ("qualite_geoloc", "qualite_xy") if name in names]
    quality = pd.Series("unknown", index=table.index)
    for values in reversed(said):  # the figure says more than the word
        quality = values.map(lambda value: QUALITY.get(plain(value)), na_action="ignore").fillna(quality)
    return quality.tolist()


def _long(raw: RawTable, names: dict[str, str]) -> tuple[RawTable, dict[str, str]]:
    """Return counts with one row a commune and kind, whatever shape they come in."""
    if "facility_type" in names:
        return _melodi(raw, names)
    wide = {column: match[1].upper() for name, column in names.items() if (match := WIDE.fullmatch(name))}
    if not wide:
        return raw, names
    rows = raw.table[[*wide]].assign(COM=_communes(raw, names), line=range(len(raw.table)))
    table = rows.melt(["COM", "line"], list(wide), "TYPEQU", "NB_EQUIP")
    table["TYPEQU"] = table["TYPEQU"].map(wide)
    long = replace(raw, table=table.drop(columns="line"), lines=raw.lines.take(table["line"]))
    return long, long.names


def _melodi(raw: RawTable, names: dict[str, str]) -> tuple[RawTable, dict[str, str]]:
    """Return the counts by commune among those by all levels and years that INSEE publishes since 2024."""
    table = raw.table
    mask = table[names["facility_type"]].str.fullmatch(r"[A-G]\d{3}").fillna(False).astype(bool)
    for name, value in (("geo_object", "COM"), ("bpe_measure", "FACILITIES")):
        if name in names:
            mask &= (table[names[name]] == value).to_numpy()
    if "time_period" in names:
        latest = table[names["time_period"]].max()
        mask &= (table[names["time_period"]] == latest).to_numpy()
    kept = raw.keep(mask, raw.note("bpe_totals_passed_over", n=int((~mask).sum())))
    renamed = {names["facility_type"]: "TYPEQU", names["obs_value"]: "NB_EQUIP"}
    kept = replace(kept, table=kept.table.rename(columns=renamed))
    return kept, kept.names


def _counts(raw: RawTable, names: dict[str, str], own: Mapping[str, str]) -> RawTable:
    table = raw.table
    kind = names.get("typequ")
    places = _communes(raw, names)
    column = names.get("nb_equip") or names["count"]
    number = as_numbers(table[column])
    keys = pd.DataFrame({"commune": places, "kind": as_text(table[kind or names["equipment"]])})
    if kind:
        keys["kind"] = keys["kind"].str.upper()
    _check_kinds(raw, keys["kind"])
    keys = keys.assign(number=number, line=range(len(table)))
    empty = pd.to_numeric(number, errors="coerce") == 0
    blank = pd.isna(number).to_numpy()  # an empty cell, or one that says that it is not known
    groups = keys[~empty & ~blank].groupby(["commune", "kind"], sort=False, dropna=False)
    summed = groups.agg(number=("number", "sum"), line=("line", "first"), rows=("line", "size")).reset_index()
    codes = summed["kind"].tolist() if kind else [None] * len(summed)
    labels = _labels(summed["kind"], own) if kind else summed["kind"]
    meant = kinds_of("bpe", codes, labels.tolist())
    ids = [f"bpe-{c}-{k if kind else plain(k)}" for c, k in zip(summed["commune"], summed["kind"], strict=True)]
    services = pd.DataFrame(
        {"service_id": ids, "name": labels + " (" + summed["commune"].fillna("?") + ")", **meant}
    ).assign(capacity=summed["number"], capacity_unit=_units(meant, labels), commune=summed["commune"])
    services = services.assign(lon=None, lat=None, source="INSEE BPE", **({"typequ": summed["kind"]} if kind else {}))
    notes = [raw.note("bpe_counted")]
    if (summed["rows"] > 1).any():
        notes.append(raw.note("bpe_added_up", n=len(keys)))
    if empty.any():
        notes.append(raw.note("bpe_zeros", n=int(empty.sum())))
    if blank.any():
        rows = np.flatnonzero(blank)
        notes.append(raw.note("bpe_blanks", n=len(rows), column=repr(str(column)), rows=raw.named(rows)))
    return replace(raw, table=services, lines=raw.lines.take(summed["line"])).told(*notes)


def _units(meant: pd.DataFrame, labels: pd.Series) -> list[str]:
    """What is counted, in French: pharmacies and not the pharmacists that a pharmacy's capacity is by default."""
    words = zip(meant["category"], labels, strict=True)
    return [CATEGORIES[kind].plural if kind in CATEGORIES else str(label) for kind, label in words]
