"""Lists of services whose layout is data alone: which column is which, of what kind, which rows count."""

import re
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.read.columns import as_text
from accessmap.read.layouts.kinds import kinds, kinds_of
from accessmap.read.layouts.registry import Layout
from accessmap.read.opening_hours import readable_hours
from accessmap.read.raw import RawTable, plain, refusal
from accessmap.words import words
from accessmap.words.notes import Note

SEVERAL = re.compile(r"[\[\]\s,;|\"']+")  # between the codes of a list in one cell
TEXTS = ("service_id", "name", "beside", "commune", "code", "label")


def by_fields(raw: RawTable, layout: Layout) -> RawTable:
    """Return a list in the contract's names, as the `fields` of its layout say; rows that do not count are left out.

    A blank or repeated id is that of its row: the sites are then numbered, and it is said. Hours that are no OSM
    opening_hours are left blank and counted.

    Parameters
    ----------
    raw
        As read.
    layout
        With `fields`.

    Examples
    --------
    >>> from accessmap.read.layouts.registry import layouts
    >>> row = {"id_lieu": "02738-P-001", "nom_lieu": "Parking", "insee": "02738", "type": "Parking", "nbre_pl": "12"}
    >>> read = by_fields(RawTable("c.csv", pd.DataFrame([row])), layouts()["covoiturage"])
    >>> read.table.loc[0, ["service_id", "category", "capacity"]].tolist()
    ['covoiturage-02738-P-001', 'carpool_place', '12']
    """
    raw = _rows_that_count(raw, layout)
    names, table = raw.names, raw.table
    found = {field: _column(names, pattern) for field, pattern in layout.fields.items()}
    services = _placed(table, {field: table[column] for field, column in found.items() if column is not None})
    for field in TEXTS:
        if field in services.columns:
            services[field] = as_text(services[field])
    services = _named_whole(services)
    notes: list[Note] = []
    if layout.codes:
        services = services.assign(**_kinds(services, layout)).drop(columns=["code", "label"], errors="ignore")
    if "category" not in services.columns:
        services = services.assign(category=layout.category)
    services = services.assign(source=f"{layout.title} ({layout.publisher})")
    again = np.zeros(len(table), dtype=bool)
    if "service_id" in services.columns:
        again, said = _give_ids(raw, services, layout.prefix)
        notes += said
    if "hours" in services.columns:
        services["hours"], unread = readable_hours(services["hours"])
        if unread:
            notes.append(raw.note("mednum_hours_unread", n=len(unread), hours=repr(unread[0])))
    unnamed = services["name"].isna().to_numpy()
    if unnamed.any():
        notes.append(raw.note("names_made", n=int(unnamed.sum()), rows=raw.named(np.flatnonzero(unnamed))))
        places = services["commune"].fillna("?") if "commune" in services.columns else pd.Series("?", services.index)
        kinds_told = services["category"].map(lambda kind: words.category(kind).fr)
        services["name"] = services["name"].where(~unnamed, kinds_told + " (" + places + ")")
    kept = [column for name, column in names.items() if any(re.fullmatch(one, name) for one in layout.kept)]
    further = table[kept].rename(columns={column: plain(column) for column in kept})
    services = services.join(further[further.columns.difference(services.columns)])
    blank = _blank_points(services)
    if blank.any():
        notes.append(raw.note("points_at_zero", n=int(blank.sum()), rows=raw.named(np.flatnonzero(blank))))
        services.loc[blank, [name for name in ("lon", "lat", "point") if name in services.columns]] = None
    return replace(raw, table=services).told(*notes).keep(~again)


def _placed(table: pd.DataFrame, columns: dict[str, pd.Series]) -> pd.DataFrame:
    """Return columns as a table, with the points of a file that is drawn, where no column has them."""
    services = pd.DataFrame(columns)
    drawn = isinstance(table, gpd.GeoDataFrame) and not {"lon", "point"} & {*columns}
    return gpd.GeoDataFrame(services, geometry=table.geometry) if drawn else services


def _kinds(services: pd.DataFrame, layout: Layout) -> pd.DataFrame:
    """Category of each row by its code, of several the first that is known, else by its label."""
    absent = pd.Series(None, index=services.index, dtype=object)
    code, label = (services.get(field, absent) for field in ("code", "label"))
    known = kinds()
    codes = set(known.loc[known["nomenclature"] == layout.codes, "code"].dropna())
    several = code.fillna("").map(lambda text: next((one for one in SEVERAL.split(text) if one in codes), None))
    code = several.where(several.notna(), None if layout.otherwise else code)
    if layout.otherwise:
        label = label.fillna(layout.otherwise)
    return kinds_of(layout.codes, code.tolist(), [None if pd.isna(one) else one for one in label]).set_axis(
        services.index
    )


def _named_whole(services: pd.DataFrame) -> pd.DataFrame:
    """Put what a site calls itself after its name: it tells of what kind it is ("centre gérontologique")."""
    if "beside" not in services.columns:
        return services
    beside = (" (" + services["beside"] + ")").fillna("")
    return services.drop(columns="beside").assign(name=services["name"] + beside)


def _blank_points(services: pd.DataFrame) -> np.ndarray:
    """Rows whose point is 0, 0, which is nowhere in France: what a database writes where it has none."""
    zero = r"[\[(]?\s*-?0(?:[.,]0*)?\s*"
    if "point" in services.columns:
        return as_text(services["point"]).fillna("").str.fullmatch(rf"{zero}[,; ]{zero}[\])]?").to_numpy(dtype=bool)
    if {"lon", "lat"} <= set(services.columns):
        both = [as_text(services[name]).fillna("").str.fullmatch(zero) for name in ("lon", "lat")]
        return np.asarray(both[0] & both[1], dtype=bool)
    return np.zeros(len(services), dtype=bool)


def _column(names: dict[str, str], pattern: str) -> str | None:
    return next((column for name, column in names.items() if re.fullmatch(pattern, name)), None)


def _rows_that_count(raw: RawTable, layout: Layout) -> RawTable:
    """Leave out what the file itself says is no site: closed, planned, of another kind; each column of it told."""
    for pattern, values in layout.rows.items():
        column = _column(raw.names, pattern)
        if column is None:
            continue
        said = as_text(raw.table[column]).fillna("").map(plain)
        kept = said.isin([plain(value) for value in values])
        if not kept.any():
            raise refusal(raw.name, "no_row_counts", value=said.iloc[0], column=column, values=", ".join(values))
        if not kept.all():
            left = said[~kept].unique()
            shown = ", ".join(repr(value) for value in left[:5]) + (", …" if len(left) > 5 else "")
            raw = raw.keep(kept, raw.note("rows_that_do_not_count", n=int((~kept).sum()), column=column, values=shown))
    return raw


def _give_ids(raw: RawTable, services: pd.DataFrame, prefix: str) -> tuple[np.ndarray, list[Note]]:
    """Prefix the ids, number those that are blank or of several sites; return the rows that stand twice as they are."""
    ids = services["service_id"].str.removesuffix(".0")
    given = ids.notna().to_numpy()
    again = services.duplicated().to_numpy() & given
    odd = ~given | (ids.duplicated().to_numpy() & ~again)
    notes = []
    for rows, key in ((again, "same_rows_again"), (odd, "ids_numbered")):
        if rows.any():
            notes.append(raw.note(key, n=int(rows.sum()), rows=raw.named(np.flatnonzero(rows), ids)))
    services["service_id"] = prefix + ids.fillna("").where(
        ~odd, ids.fillna("") + [f"~{row + 1}" for row in range(len(ids))]
    )
    return again, notes
