"""Digital coverage by commune, as ARCEP and others publish it, brought into the contract."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import Rows
from accessmap.read.codes import to_loaded
from accessmap.read.columns import COMMUNE_CODES, Names, Reading, as_text, noted, ordered
from accessmap.read.files import Tabular, read_table
from accessmap.read.raw import RawTable, plain
from accessmap.tables.contracts import COUNTS, RATES, check_digital
from accessmap.words.near import near_names
from accessmap.words.notes import SHOWN, Note, first_few

PERCENT_WORDS = frozenset({"pct", "pourcentage", "pourcent", "percent"})


@dataclass(frozen=True)
class Denominator:
    """What premises reached are divided by, where the file does not say it.

    Parameters
    ----------
    premises
        All premises by commune code.
    cap
        Whether more premises reached than counted are taken for all.
    """

    premises: pd.Series | None
    cap: bool


def without_signs(reading: Reading) -> tuple[str, ...]:
    """Turn the rates that are written with a percent sign ("45 %") into shares, say so, and return their names.

    Those of the same column without a sign are shares where none is over 1, and else per cent too.
    """
    found = []
    for name in (name for name in RATES if name in reading.table.columns):
        values = reading.table[name]
        signed = values.map(lambda value: isinstance(value, str) and value.strip().endswith("%")).to_numpy(dtype=bool)
        if not signed.any():
            continue
        bare = values[signed].str.strip().str.removesuffix("%").str.strip()
        reading.table = reading.table.assign(**{name: values.mask(signed, bare)})
        reading.numbers(name)
        numbers = reading.table[name]
        if not pd.api.types.is_numeric_dtype(numbers):
            continue  # what is no number is named further on
        source, others = repr(reading.sources.get(name, name)), numbers[~signed].dropna()
        too = bool((others > 1).any())
        wrong = ((numbers < 0) | (numbers > 100)).to_numpy() & (signed | too)
        reading.flag(wrong, "not_a_percentage", numbers, lambda row: f"{numbers.iloc[row]:g}", source=source)  # noqa: B023
        shares = numbers.where(~(signed | too), numbers / 100).mask(wrong)
        reading.table = reading.table.assign(**{name: shares})
        row = reading.valued(int(signed.argmax()), values[signed].iloc[0].strip())
        rest = Note("rate_unsigned_too" if too else "rate_unsigned_share", n=len(others)) if len(others) else ""
        reading.note("rate_signed", n=int(signed.sum()), name=source, row=row, rest=rest)
        found.append(name)
    return tuple(found)


def as_shares(reading: Reading, percent: bool | None, done: Sequence[str] = ()) -> None:
    """Turn the rates of the reading that are per cent into shares but those that are `done`, naming what is neither."""
    for name in (name for name in RATES if name in reading.table.columns and name not in done):
        values = reading.table[name]
        if not pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
            continue  # the check of the contract names what is no number
        source = reading.sources.get(name, name)
        numbers = values.astype("float64")
        is_percent = _is_percent(reading, source, numbers, percent)
        if not is_percent:
            continue
        wrong = ((numbers < 0) | (numbers > 100)).to_numpy()
        reading.flag(wrong, "not_a_percentage", numbers, lambda row: f"{numbers.iloc[row]:g}", source=repr(source))  # noqa: B023
        numbers = numbers.where(~wrong)
        reading.table = reading.table.assign(**{name: numbers / 100})
        reading.note("rate_in_per_cent", source=source)


def _is_percent(reading: Reading, source: str, numbers: pd.Series, percent: bool | None) -> bool:
    """Whether these rates are per cent: as the caller, then the name of the column, then most of the values say."""
    if percent is not None:
        return percent
    positive = numbers[numbers > 0]
    mostly = bool(len(positive)) and float((positive > 1).mean()) > 0.5
    named = "%" in source or not PERCENT_WORDS.isdisjoint(plain(source).split("_"))
    if named and len(positive) and not mostly:
        reading.add("percent_or_share", value=source, source=repr(source), median=f"{positive.median():g}")
    return mostly


def merged_rows(reading: Reading, not_kept: Sequence[str]) -> None:
    """Make one row of those that are one commune today: counts added, rates weighted by premises, the rest if equal."""
    table = reading.table.drop(columns=[name for name in reading.table.columns if plain(name) in not_kept])
    reading.table = table
    if reading.problems or not table["code"].duplicated().any():
        return
    groups = table.groupby("code", sort=False)
    merged = pd.DataFrame(index=groups.size().index)
    lost = set()
    for name in (column for column in table.columns if column != "code"):
        if name in COUNTS or SPEED.fullmatch(plain(name)) or NO_SPEED.fullmatch(plain(name)):
            # a sum of some of the parts would be less than the commune has
            merged[name] = groups[name].sum().where(groups[name].count() == groups.size())
        else:
            same = groups[name].nunique(dropna=False) == 1  # noqa: PD101 (a number for each group, not for the column)
            merged[name] = groups[name].first().where(same)
            if name in RATES:
                merged[name] = merged[name].where(same, _weighted(table, name).reindex(merged.index))
            lost |= set(merged.index[merged[name].isna() & groups[name].count().gt(0)])
    reading.table = merged.reset_index()
    reading.rows = reading.rows.take(np.flatnonzero(~table["code"].duplicated()))
    if lost:
        reading.note("figures_differ", n=len(lost), names=", ".join(map(repr, sorted(lost)[:SHOWN])))


def _weighted(table: pd.DataFrame, name: str) -> pd.Series:
    """The rate by code, weighted by premises, missing where a part has no rate or no premises."""
    if "premises" not in table.columns:
        return pd.Series(dtype="float64")
    parts = pd.DataFrame({"code": table["code"], "reached": table[name] * table["premises"], "all": table["premises"]})
    sums = parts.groupby("code")[["reached", "all"]].sum(min_count=1)
    whole = parts.groupby("code")["reached"].count() == parts.groupby("code").size()
    return (sums["reached"] / sums["all"].where(sums["all"] > 0)).where(whole)


def rates_of_counts(reading: Reading, given: Denominator) -> None:
    """Add the rates that follow from premises reached and all premises; missing where the latter are not known."""
    if reading.problems:
        return
    table = reading.table
    if given.premises is not None and "premises" not in table.columns:
        table = table.assign(premises=table["code"].map(given.premises.astype("float64")))
        reading.note("premises_given")
    for rate in ("fibre", "very_high_speed"):
        counted = f"{rate}_premises"
        if counted not in table.columns or rate in table.columns:
            continue
        if "premises" not in table.columns:
            table = table.assign(**{rate: np.nan})
            reading.note("no_total_of_premises", counted=counted, rate=rate)
            continue
        table = table.assign(**{rate: _share(reading, table, counted, cap=given.cap)})
    reading.table = table
    _tell_satellite(reading)


def _share(reading: Reading, table: pd.DataFrame, counted: str, *, cap: bool) -> pd.Series:
    """Premises reached over all premises, missing where there are none or they are not known."""
    total = table["premises"].where(table["premises"] > 0)
    share = table[counted] / total
    over = np.flatnonzero((share > 1).to_numpy())
    if len(over):
        named = first_few(
            over,
            lambda row: reading.valued(
                row, Note("of_all", part=f"{table[counted].iloc[row]:g}", all=f"{total.iloc[row]:g}")
            ),
        )
        if cap:
            reading.note("more_than_premises_taken", counted=counted, rows=named)
        else:
            value = table[counted].iloc[over[0]]
            reading.add("more_than_premises", where=Rows.of(len(over), named), value=value, counted=repr(counted))
    return share.clip(upper=1.0)


# ARCEP's classes of speed: inel_hd (none), elig_hd05, elig_hd3, elig_hd8 (or bhd8), elig_thd30, elig_thd100 and
# elig_thd1g, in Mbit/s, in Gbit/s where a g stands behind. Technologies (elig_ftth, elig_4gf) are no classes.
SPEED = re.compile(r"(?:nb_)?(?:inel|elig)_?(?:b?hd|thd)_?(?P<mbps>\d+)(?P<g>g)?(?:bps)?")
NO_SPEED = re.compile(r"(?:nb_)?inel(?:_?b?hd)?")
ADD_UP = 0.99  # of the rows: a publisher's rounding may spare a few


def at_least(reading: Reading) -> None:
    """Make premises counted in classes of speed that exclude each other premises of each speed *or more*.

    ARCEP's edition of 2019 puts each premises in its one best class, later editions in every class that it reaches.
    The classes of the first add up to all premises; of the second none is smaller than the one above it.
    """
    table = reading.table
    classes = _speed_classes(reading)
    if len(classes) < 2 or reading.problems:
        return
    counts = table[list(classes)].astype("float64")
    below = [
        name for name in table.columns if NO_SPEED.fullmatch(plain(name)) and pd.api.types.is_numeric_dtype(table[name])
    ]
    falls = (counts.diff(axis=1).iloc[:, 1:] <= 0) | counts.iloc[:, 1:].isna() | counts.shift(axis=1).iloc[:, 1:].isna()
    contained = falls.all(axis=1)
    premises = table["premises"] if "premises" in table.columns else pd.Series(np.nan, table.index)
    total = counts.sum(axis=1, skipna=False) + (table[below].sum(axis=1) if below else 0)
    asked = (premises > 0) & total.notna()
    adds_up = bool(asked.any()) and float((total == premises)[asked].mean()) >= ADD_UP
    if contained.all() and (not adds_up or not (counts.iloc[:, 1:] > 0).any(axis=None)):
        return
    if (total > premises)[asked].any():
        shown = lambda row: ", ".join(f"{reading.sources.get(n, n)}={counts[n].iloc[row]:g}" for n in classes)  # noqa: E731
        reading.flag(~contained if not contained.all() else total > premises, "speed_classes_unclear", None, shown)
        return
    reading.table = table.assign(**counts.iloc[:, ::-1].cumsum(axis=1))
    reading.note("speed_classes_added_up", names=", ".join(reading.sources.get(name, name) for name in classes))


def _speed_classes(reading: Reading) -> list[str]:
    """The columns that count premises by class of speed, the slowest first."""
    found = {}
    for name in map(str, reading.table.columns):
        match = SPEED.fullmatch(plain(reading.sources.get(name, name)))
        if match is not None and pd.api.types.is_numeric_dtype(reading.table[name]):
            # "05" is half a megabit
            mbps = float(match["mbps"]) / (10 if match["mbps"].startswith("0") else 1)
            found[name] = mbps * (1000 if match["g"] else 1)
    return sorted(found, key=lambda name: found[name])


def _tell_satellite(reading: Reading) -> None:
    """Warn of a file whose very high speed counts satellite, which reaches everyone and tells nothing."""
    table = reading.table
    if reading.sources.get("very_high_speed_premises") != "elig_thd30" or len(table) < 2:
        return
    if "premises" in table.columns and (table["very_high_speed_premises"] == table["premises"]).all():
        reading.note("satellite_counted")


# Names of ARCEP's "Ma connexion internet" by commune (code_insee, nbr, elig_ftth, elig_thd30), of its Observatoire
# ("Code commune", "Meilleure estimation des locaux T4 2025", one column a quarter), and of what others make of them.
RATE = "(?:tx|taux|pct|part|pourcentage)"
# Words that leave the meaning of a rate as it is: "part des locaux sans fibre" or "taux d'abonnés" are other rates.
WORDS = "_(?:(?:de|des|d|en|a|la|le|au|couverture|eligibilite|eligibles?|locaux|logements|raccordables?|deploiement)_)*"
NAMES: Names = {
    "code": COMMUNE_CODES,
    "premises": (
        *("nbr", "locaux", "nb_locaux", "nombre_de_locaux", "nb_total_locaux", "total_locaux", "locaux_(total|arcep)"),
        "meilleure_estimation_des_locaux(_.*)?",
    ),
    "fibre": (
        "ftth",
        f"{RATE}{WORDS}(fibre|ftth)(_pct)?",
        "(fibre|ftth)_(pct|taux|part|rate)",
        "couverture_(fibre|ftth)",
    ),
    "very_high_speed": (
        *("thd(_?30)?", f"{RATE}{WORDS}thd(_?30)?", "thd(_?30)?_(pct|taux|part|rate)", "tres_haut_debit(_pct)?"),
        "couverture_thd",
    ),
    "mobile_4g": ("4g", f"{RATE}{WORDS}4g", "4g_(pct|taux|part|rate)", "couverture_4g"),
    "fibre_premises": (
        *("elig_ftth", "(nb_|nombre_de_)?(locaux|prises|lignes)_(raccordables|ftth)(_ftth)?", "raccordables"),
        "(ftth|fibre)_connectable_premises(_.*)?",
    ),
    "very_high_speed_premises": ("elig_thd30",),
}
NOT_KEPT = ("geometry", "nom", "nom_com", "nom_commune", "libelle_commune", "name", "type")
QUARTER = re.compile(r"t([1-4])_(20\d\d)")
PREMISES = re.compile(r"meilleure_estimation_des_locaux_(t[1-4]_20\d\d)")
PREAMBLE = 10  # rows of title that a spreadsheet may have above its header


def digital(
    path: Tabular,
    communes: pd.DataFrame,
    *,
    premises: pd.Series | None = None,
    quarter: str | None = None,
    percent: bool | None = None,
    cap: bool = False,
    columns: Mapping[str, str | None] | None = None,
    encoding: str | None = None,
    layer: str | None = None,
    successors: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """Return digital coverage in the contract, one row a commune of the table: shares (0-1), missing where unknown.

    Rates in per cent become shares; premises reached become a share of all premises, where the file or `premises` says
    how many there are, and else the share stays missing and `fibre_premises` keeps the count. Rows of communes that are
    not loaded are left out and counted; communes without a row are kept, unknown. Further columns are kept. What was
    done stands, in sentences, in `.attrs["read_notes"]` and goes to the logger "accessmap".

    Parameters
    ----------
    path
        CSV, Parquet, a frame or another table by commune; ARCEP's "Ma connexion internet" and Observatoire are known.
    communes
        Communes in the contract: their codes are the rows of what comes back.
    premises
        Premises by commune code, of the same vintage: what a file that only counts those connected is divided by.
    quarter
        Of an Observatoire that has one column a quarter, such as "T1 2018"; the latest where not given.
    percent
        Whether rates are per cent (True) or shares (False), where neither their names nor their values tell.
    cap
        Take 1 where premises reached outnumber the premises counted, and say so; else that is an error.
    columns
        Name in the contract to name in the file, where it is unusual; None where the file's is not to be used.
    encoding
        Of a CSV that is neither UTF-8 nor Windows-1252.
    layer
        Of a GeoPackage that has several.
    successors
        Former code of a commune to that of today, where
        :func:`~accessmap.read.codes.merged_communes` is not enough.

    Raises
    ------
    SourceError
        When the file cannot be read.
    TableError
        With all that keeps it out of the contract, by line of the file.

    Notes
    -----
    Source: ARCEP, Ma connexion internet, statistics by commune (nbr: premises; elig_ftth, elig_thd30: eligible
    premises; where an edition counts each in its fastest class only, the classes are added up), and Observatoire du
    haut et très haut débit (a quarter: premises that can be connected). Where former
    communes have become one, premises are added up and rates weighted by them.

    Examples
    --------
    >>> communes = pd.DataFrame({"name": ["Champs", "Chauny"]}, index=pd.Index(["02159", "02173"], name="code"))
    >>> table = pd.DataFrame({"code_insee": ["02173", "01001"], "nbr": [6000, 400], "elig_ftth": [5700, 400]})
    >>> digital(table, communes)
           premises  fibre  fibre_premises
    code
    02159       NaN    NaN             NaN
    02173    6000.0   0.95          5700.0
    """
    raw = read_table(path, encoding=encoding, layer=layer)
    reading = Reading("digital", _with_header(replace(raw, table=pd.DataFrame(raw.table))))
    reading.rename(NAMES, _with_quarter(reading, quarter, columns))
    reading.require("code")
    reading.name_rows("code")
    _no_other_type(reading)
    names = [name for name in (*COUNTS, *RATES) if name in reading.table.columns]
    if not set(names) - {"premises"}:
        reading.add("no_rate_in_file", has=reading.has)
    reading.table = reading.table.infer_objects()  # a column of text with gaps is then known to be of text
    reading.further_numbers(("code", *NAMES))
    names += [name for name in map(str, reading.table.columns) if SPEED.fullmatch(plain(name)) and name not in names]
    signed = without_signs(reading)
    for name in names:
        reading.numbers(name)
        reading.unread(name)
    at_least(reading)
    as_shares(reading, percent, signed)
    loaded = pd.Index(communes.index, name="code")
    _only_loaded(reading, loaded, successors)
    merged_rows(reading, NOT_KEPT)
    rates_of_counts(reading, Denominator(premises, cap))
    return _finish(reading, loaded)


def _with_header(raw: RawTable) -> RawTable:
    """Take as header the first row that names the code of a commune, where a title stands above it."""
    patterns = [re.compile(name) for name in ("code", *COMMUNE_CODES)]

    def names_code(cells: Iterable[object]) -> bool:
        return any(pattern.fullmatch(plain(cell)) for cell in cells for pattern in patterns)

    if names_code(raw.table.columns):
        return raw
    for row in range(min(PREAMBLE, len(raw.table))):
        cells = enumerate(raw.table.iloc[row], start=1)
        header = [str(cell) if plain(cell or "") else f"column {place}" for place, cell in cells]
        if names_code(header) and len(set(header)) == len(header):
            return raw.under(row, header, raw.note("header_taken_from", row=raw.lines[row]))
    return raw


def _with_quarter(
    reading: Reading, quarter: str | None, columns: Mapping[str, str | None] | None
) -> Mapping[str, str | None] | None:
    """The caller's columns, with that of one quarter as the premises that fibre reaches."""
    found = {}
    for column in reading.table.columns:
        if match := QUARTER.fullmatch(plain(column)):
            found[f"{match[2]} {match[1]}"] = str(column)
    if quarter is not None:
        wanted = [column for column in found.values() if plain(column) == plain(quarter)]
        if not wanted:
            listed = Note.plain(", ".join(found[key] for key in sorted(found))) if found else Note("no_quarter")
            near = near_names(quarter, found.values())
            reading.add("quarter_unknown", value=quarter, near=near, shown=repr(quarter), quarters=listed)
            return columns
        chosen = wanted[0]
    elif found and "fibre_premises" not in (columns or {}):
        chosen = found[max(found)]
        reading.note("latest_quarter", n=len(found), quarter=chosen)
    else:
        return columns
    others = [column for column in found.values() if column != chosen]
    # so is the number of premises that each quarter was divided by
    premises = {match[1]: str(name) for name in reading.table.columns if (match := PREMISES.fullmatch(plain(name)))}
    if plain(chosen) in premises:
        others += [name for quarter_of, name in premises.items() if quarter_of != plain(chosen)]
    reading.table = reading.table.drop(columns=others)
    reading.vintage = max(re.findall(r"20\d\d", chosen), default=reading.vintage)
    return {**(columns or {}), "fibre_premises": chosen}


def _no_other_type(reading: Reading) -> None:
    """Keep the rows of all premises, where a file counts some of them apart (ARCEP's `type` is "all")."""
    if "type" in reading.table.columns:
        apart = (as_text(reading.table["type"]).fillna("all").str.casefold() != "all").to_numpy(dtype=bool)
        if apart.any() and not apart.all():
            reading.note("other_types_left_out", n=int(apart.sum()))
            _keep_rows(reading, ~apart)


def _keep_rows(reading: Reading, mask: NDArray[np.bool_]) -> None:
    """Keep the rows where `mask` is true, numbered anew."""
    reading.keep(mask)
    reading.table = reading.table.reset_index(drop=True)


def _only_loaded(reading: Reading, loaded: pd.Index, successors: Mapping[str, str] | None) -> None:
    """Bring codes to today, name those that lost a zero, and leave out the communes that are not loaded."""
    codes = reading.table["code"].astype(object)
    reading.flag(codes.isna(), "text_missing", name="code")
    reading.flag(codes.duplicated(keep=False) & codes.notna(), "code_repeated")
    lost = codes.map(lambda code: f"0{code}" in loaded, na_action="ignore").fillna(False).astype(bool)
    reading.flag(lost, "code_without_zero")
    moved = to_loaded(codes, loaded, successors)
    if moved.changed.any():
        reading.note("rows_of_merged", n=int(moved.changed.sum()))
    known = moved.codes.isin(loaded).to_numpy()
    if not known.any() and not lost.any():
        given = codes.dropna().unique()[:SHOWN]
        reading.add("no_row_of_communes", value=given[0] if len(given) else "", names=", ".join(map(repr, given)))
    elif not known.all():
        left = codes[~known]
        names = ", ".join(map(repr, left.dropna().unique()[:SHOWN]))
        reading.note("rows_not_loaded", n=len(left), names=names)
    reading.table = reading.table.assign(code=moved.codes)
    _keep_rows(reading, known)


def _finish(reading: Reading, loaded: pd.Index) -> pd.DataFrame:
    """Return one row a commune, or raise all that is wrong in one error."""
    reading.raise_if_any()
    table: pd.DataFrame = reading.table.set_index("code")
    reading.checked(check_digital, table)
    without = len(loaded.difference(table.index))
    if without:
        reading.note("communes_without_row", n=without)
    table = ordered(table, ("premises", *RATES, *COUNTS[1:])).reindex(loaded)
    return noted(table, reading.notes, reading.vintage)
