"""From the columns of a file to those of a contract: known names, text kept as text, numbers in French or English."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import TableError
from accessmap.read.private import private_columns
from accessmap.read.raw import RawTable, RowNames, plain
from accessmap.tables.checks import TableProblems
from accessmap.words.near import near_names
from accessmap.words.notes import Note

LOGGER = logging.getLogger("accessmap")

Names = Mapping[str, Sequence[str]]
Noted = TypeVar("Noted", pd.DataFrame, pd.Series)

COMMUNE_CODES = (
    *("insee", "insee_com", "code_?insee", "insee_code", "codgeo", "com", "depcom", "code_?com(mune)?", "citycode"),
    *("code_officiel_commune", "commune_code"),
)
"""Names under which INSEE, IGN and the open-data portals publish the code of a commune."""

# Words in the name of a column whose digits are a code and not a number.
CODE_WORDS = frozenset(
    {"code", "codgeo", "com", "insee", "siren", "siret", "finess", "postal", "postcode", "postcodes", "cp", "dep"}
    | {"departement", "reg", "region", "epci", "iris", "id", "tel", "telephone", "phone", "uai", "arr", "canton"}
)
BLANKS = re.compile(r"[\s\u00a0\u202f\u2009']")
THOUSANDS = re.compile(r"-?\d{1,3}(,\d{3})+")
COMMUNE_LIKE = re.compile(r"\d[\dAB]?\d*")


def as_text(values: pd.Series) -> pd.Series:
    """Return values as text, missing where they are; whole numbers without decimals, zeros in front lost for good.

    >>> as_text(pd.Series(["02173", 1004, 1004.0], dtype=object)).tolist()
    ['02173', '1004', '1004']
    """
    text = [None if pd.isna(value) else _as_word(value) for value in values]
    return pd.Series(text, index=values.index, dtype=object).infer_objects()


def _as_word(value: Any) -> str:
    # a column of whole numbers with gaps comes out of a database as floats
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def as_numbers(values: pd.Series, *, people: bool = False) -> pd.Series:
    """Return values as numbers, with decimal points or commas and blanks between thousands.

    Where one of them is no number, all are returned as they are, for the checks to name it.

    Parameters
    ----------
    values
        Numbers, or text.
    people
        Of people, "1,234" may be 1234 in English or 1.234 in French: such a column is returned as it is, unguessed.

    Examples
    --------
    >>> as_numbers(pd.Series(["3,25", "1 200", None])).tolist()
    [3.25, 1200.0, nan]
    """
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        return values
    plain_numbers = pd.to_numeric(values, errors="coerce")
    if not (plain_numbers.isna() & values.notna()).any():
        return plain_numbers.astype("float64")
    text = values.map(lambda value: BLANKS.sub("", str(value)), na_action="ignore")
    given = text.dropna()
    if people and any(THOUSANDS.fullmatch(value) for value in given):
        return values
    numbers = pd.to_numeric(text.map(_with_point, na_action="ignore"), errors="coerce").astype("float64")
    return values if (numbers.isna() & values.notna()).any() else numbers


def _with_point(number: str) -> str:
    return number.replace(",", ".") if number.count(",") == 1 and "." not in number else number


class Reading(TableProblems):
    """A file on its way into a contract: its table, what was done, and what is wrong.

    Parameters
    ----------
    name
        Of the table to be: "communes", "residents" or "services".
    raw
        What the file holds.
    """

    rows: RowNames

    def __init__(self, name: str, raw: RawTable) -> None:
        super().__init__(name, raw.table, raw.lines)
        self.file = raw.name
        if isinstance(self.table, gpd.GeoDataFrame):
            geometry = self.table.active_geometry_name
            if geometry is None:
                self.table = pd.DataFrame(self.table)
            elif geometry != "geometry":
                self.table = self.table.rename_geometry("geometry")
        self.sources: dict[str, str] = {}
        self.notes: list[Note] = list(raw.notes)

    @property
    def about(self) -> Note:
        """What the error is titled by."""
        return Note("table_of_file", table=super().about, file=self.file)

    @property
    def has(self) -> str:
        """The columns of the file, with commas."""
        return ", ".join(str(column) for column in self.table.columns)

    def note(self, key: str, *, n: float | None = None, **values: Any) -> None:
        """Keep a note on what was done."""
        self.notes.append(Note(key, n=n, file=self.file, **values))

    def rename(self, names: Names, columns: Mapping[str, str | None] | None) -> None:
        """Give the columns that are known by another name, or named by the caller, the names of the contract."""
        chosen = dict(columns or {})
        found: dict[str, str] = {}
        for name in chosen:
            if name not in names:
                near = near_names(name, names)
                self.add("columns_unknown_name", value=name, near=near, shown=repr(name), known=", ".join(names))
        for name, others in names.items():
            candidates = [self._chosen(name, chosen[name])] if name in chosen else self._candidates(name, others)
            if candidates and candidates[0] is not None:
                found[candidates[0]] = name
        # a column of another meaning may already have that name (the file's own `name` when columns= says otherwise)
        taken = {name: f"{name}_in_file" for name in found.values() if name in self.table.columns and name not in found}
        dropped = {
            name: f"{name}_in_file" for name, source in chosen.items() if source is None and name in self.table.columns
        }
        self.table = self.table.rename(columns={**taken, **dropped, **found})
        self.sources = {name: source for source, name in found.items()}
        said = [f"{source} → {name}" for source, name in found.items() if source != name]
        if said:
            self.note("columns_renamed", renamed=", ".join(said))

    def _chosen(self, name: str, source: str | None) -> str | None:
        if source is not None and source not in self.table.columns:
            near = near_names(source, self.table.columns)
            self.add("columns_absent_source", value=source, near=near, name=name, source=repr(source))
            return None
        return source

    def _candidates(self, name: str, others: Sequence[str]) -> list[str]:
        patterns = [re.compile(other) for other in (name, *others)]
        columns = [
            column
            for column in self.table.columns
            if column != "geometry" and any(pattern.fullmatch(plain(column)) for pattern in patterns)
        ]
        if len(columns) > 1 and name in ("code", "commune"):
            columns = [column for column in columns if _looks_like_codes(self.table[column])] or columns
        if len(columns) < 2:
            return columns
        first = as_text(self.table[columns[0]])
        for other in columns[1:]:
            differ = np.flatnonzero((first.fillna("") != as_text(self.table[other]).fillna("")).to_numpy())
            if len(differ):
                row = differ[0]
                self.add(
                    "columns_differ",
                    where=self.rows[row],
                    value=first.iloc[row],
                    columns=Note("both_values", first=repr(columns[0]), second=repr(other)),
                    values=Note("both_values", first=repr(first.iloc[row]), second=repr(self.table[other].iloc[row])),
                    name=name,
                    choice=repr(columns[0]),
                )
                break
        return columns[:1]

    def require(self, *names: str) -> None:
        """Add a problem for each column that the file has not, and go on with a value that is no problem."""
        for name in names:
            if name not in self.table.columns:
                has = ", ".join(str(column) for column in self.table.columns if column != "geometry")
                self.add("column_not_found", value=name, near=near_names(name, self.table.columns), has=has)
                harmless = {"population": 0, "code": [f"row {number}" for number in self.rows.numbers]}.get(name, "?")
                self.table = self.table.assign(**{name: harmless})

    def name_rows(self, id_name: str) -> None:
        """Name each row in messages by its place in the file and its id: "line 4 '02173'"."""
        self.text(id_name)
        self.rows = RowNames(self.rows.key, self.rows.numbers, self.table[id_name].to_numpy())

    def text(self, *names: str) -> None:
        """Make columns text, missing where they are."""
        self.table = self.table.assign(
            **{name: as_text(self.table[name]) for name in names if name in self.table.columns}
        )

    def numbers(self, name: str, *, people: bool = False) -> None:
        """Make a column numbers, whole where all are."""
        if name in self.table.columns:
            values = as_numbers(self.table[name], people=people)
            if pd.api.types.is_float_dtype(values) and np.isfinite(values).all() and (values % 1 == 0).all():
                values = values.astype("int64")
            self.table = self.table.assign(**{name: values})

    def further_numbers(self, known: Sequence[str]) -> None:
        """Make the further columns of a CSV numbers, where all their values are and none is a code; leave mails out."""
        self.leave_out_private(known)
        for name in self.table.columns:
            values = self.table[name]
            if name in (*known, "geometry") or not pd.api.types.is_string_dtype(values) or values.isna().all():
                continue
            if CODE_WORDS.isdisjoint(plain(name).split("_")) and not values.dropna().str.match(r"0\d").any():
                self.numbers(str(name))

    def leave_out_private(self, known: Sequence[str]) -> None:
        """Leave out the further columns that hold mails, telephones or names of people, and name them."""
        private = private_columns(self.table, known)
        if private:
            self.table = self.table.drop(columns=private)
            self.note("private_left_out", n=len(private), names=", ".join(private))

    def keep(self, mask: Any) -> None:
        """Keep the rows where `mask` is true."""
        mask = np.asarray(mask, dtype=bool)
        self.table = self.table.loc[mask]
        self.rows = self.rows.take(np.flatnonzero(mask))

    def finish(
        self, id_name: str, first: Sequence[str], check: Callable[..., None], *beside: pd.DataFrame | None
    ) -> gpd.GeoDataFrame:
        """Return the table in the contract, or raise all that is wrong with it in one error.

        Parameters
        ----------
        id_name, first
            The column that becomes the index, and those that come first.
        check
            Of the contract, given the table and what stands beside it (the communes).
        """
        given = gpd.GeoDataFrame(self.table, geometry="geometry").set_index(id_name)
        columns = [name for name in ordered(given, first).columns if name != "geometry"]
        table = given[[*columns, "geometry"]]
        self.checked(check, table, *beside)
        return noted(table, self.notes)

    def checked(self, check: Callable[..., None], table: pd.DataFrame, *beside: pd.DataFrame | None) -> None:
        """Raise all that is wrong, here or by the contract's check, in one error."""
        try:
            check(table, *beside, row_names=self.rows)
        except TableError as error:
            self.problems += [problem for problem in error.problems if problem not in self.problems]
        self.raise_if_any()


def ordered(table: pd.DataFrame, first: Sequence[str]) -> pd.DataFrame:
    """Return a table with these of its columns first."""
    known = [name for name in first if name in table.columns]
    return table[[*known, *(name for name in table.columns if name not in known)]]


def noted(table: Noted, notes: Sequence[Note]) -> Noted:
    """Return a table that carries what was done to it in `.attrs["read_notes"]`, each logged."""
    for note in notes:
        LOGGER.info(note)
    table.attrs = {"read_notes": list(notes)}
    return table


def _looks_like_codes(values: pd.Series) -> bool:
    given = as_text(values).dropna()
    return bool(len(given)) and given.map(lambda value: COMMUNE_LIKE.fullmatch(value) is not None).mean() > 0.5
