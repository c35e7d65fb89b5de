"""From the columns of a file to those of a contract: known names, text kept as text, numbers in French or English."""

import logging
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any, TypeVar

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import Problem, TableError
from accessmap.read.private import LOOKED_AT, private_columns
from accessmap.read.raw import RawTable, RowNames, plain, refusal_of_rows
from accessmap.tables.checks import TableProblems
from accessmap.words.near import near_names
from accessmap.words.notes import Note, first_few, written

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
# How a cell of numbers says that its number is not known or is kept secret, in plain words (INSEE's signs, those of
# other offices, and of the programs that made the file); marks alone ("-", "…", "///") say so too.
UNKNOWN = frozenset(
    {"nc", "n_c", "nd", "n_d", "ns", "n_s", "nr", "n_r", "na", "n_a", "so", "s_o", "s", "c", "nan", "null", "none"}
    | {"secret", "secret_stat", "secret_statistique", "confidentiel", "non_diffuse", "non_dispo", "non_significatif"}
    | {"sans_objet", "donnee_manquante", "donnees_manquantes", "manquant", "unknown", "not_available"}
    | {f"{word}{e}" for word in ("non_communique", "non_renseigne", "non_connu", "inconnu") for e in ("", "e")}
    | {"non_disponible", "indisponible"}
)
MARKS = re.compile(r"[-–—.…?/*#_\s]+")
BESIDE = re.compile(r"\s[/(–—-]\s?|\s\(|\)")
# How numbers are written: with blanks, or ' as the Swiss do, between thousands, and a sign.
GROUPED = r"[1-9][0-9]{0,2}(?:[ \u00a0\u202f\u2009'’][0-9]{3})+|[0-9]+"
POWER = r"(?:[eE][+-]?[0-9]+)?"
BLANKS = re.compile(r"[ \u00a0\u202f\u2009'’]")
PLAIN_NUMBER = re.compile(rf"[+-]?(?=[.,]?[0-9])(?:{GROUPED})?(?:[.,][0-9]*)?{POWER}")
# "1.234,5": points between thousands; "1,234.5": commas between thousands
FRENCH_NUMBER = re.compile(rf"[+-]?(?=,?[0-9])(?:[1-9][0-9]{{0,2}}(?:\.[0-9]{{3}})+|{GROUPED})?(?:,[0-9]*)?{POWER}")
ENGLISH_NUMBER = re.compile(
    rf"[+-]?(?=\.?[0-9])(?:[1-9][0-9]{{0,2}}(?:,[0-9]{{3}})+(?:\.[0-9]*)?|(?:{GROUPED})?(?:\.[0-9]*)?){POWER}"
)
WRITINGS = PLAIN_NUMBER, FRENCH_NUMBER, ENGLISH_NUMBER
EITHER = re.compile(r"[+-]?[1-9][0-9]{0,2},[0-9]{3}")
GERMAN = r"[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})?|0"
COMMUNE_LIKE = re.compile(r"\d[\dABab]?\d*(?:[.,]0*)?")


def as_text(values: pd.Series) -> pd.Series:
    """Return values as text, missing where they are; whole numbers without decimals, zeros in front lost for good.

    >>> as_text(pd.Series(["02173", 1004, 1004.0], dtype=object)).tolist()
    ['02173', '1004', '1004']
    """
    if values.dtype == "str":  # text already
        return values.copy()
    text = [None if pd.isna(value) else _as_word(value) for value in values]
    return pd.Series(text, index=values.index, dtype=object).infer_objects()


def _as_word(value: Any) -> str:
    # a column of whole numbers with gaps comes out of a database as floats
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


@dataclass(frozen=True)
class NumbersRead:
    """A column read as numbers: the values, missing where it cannot be; which rows cannot, and why; what was taken.

    Parameters
    ----------
    numbers
        Floats; the column itself where it held numbers.
    bad
        Where a value is no number, or may be two.
    key
        Of the problem: "number_two_ways" or "number_unreadable", empty where there is none.
    taken
        Of the note on what was taken where other values of the column decided it, else empty.
    unknown
        Where a value says that the number is not known, or secret; None where none does.
    """

    numbers: pd.Series
    bad: NDArray[np.bool_]
    key: str = ""
    taken: str = ""
    unknown: NDArray[np.bool_] | None = None


def read_numbers(values: pd.Series, *, degrees: bool = False) -> NumbersRead:
    """Return a column read as numbers, in French or English writing, as all its values together allow.

    "3,25" has a decimal comma, "1 234,5" and "1.234,5" too; "1,234.5" and "1,234,567" have commas between thousands;
    "1,200" may be either, and the other values of the column decide, or it is not read. What says that a number is
    not known, or secret ("NC", "n.d.", "s", "-", "N/A / Non communiqué"), is missing, and marked.

    Parameters
    ----------
    values
        Numbers, or text.
    degrees
        Of longitudes or latitudes, which have no thousands: "3,252" is 3.252.

    Examples
    --------
    >>> read_numbers(pd.Series(["1,200", "0,5"])).numbers.tolist(), read_numbers(pd.Series(["1,200", "800"])).key
    ([1.2, 0.5], 'number_two_ways')
    >>> read_numbers(pd.Series(["NC", "3"])).numbers.tolist()
    [nan, 3.0]
    """
    none = np.zeros(len(values), dtype=bool)
    if pd.api.types.is_bool_dtype(values) or pd.api.types.is_numeric_dtype(values):
        return NumbersRead(values, none)
    plainly = pd.to_numeric(values, errors="coerce")
    if not (plainly.isna() & values.notna()).any() and not np.isinf(plainly).any():
        words = values.dropna().astype(str).str.strip()
        # "1.234" beside "345": decimals, as everywhere else, unless Germans or Italians wrote it
        points = not degrees and words.str.contains(".", regex=False).any() and words.str.fullmatch(GERMAN).all()
        return NumbersRead(plainly.astype("float64"), none, taken="numbers_points" if points else "")
    unknown = values.map(lambda value: isinstance(value, str) and says_unknown(value)).to_numpy(dtype=bool)
    if unknown.any():
        return replace(read_numbers(values.mask(unknown, None), degrees=degrees), unknown=unknown)
    given = values.notna().to_numpy()
    text = [str(value).strip() for value in values[given]]
    found: dict[str, NDArray[np.float64]] = {}
    for key, (pattern, pointed) in _writings(text, degrees).items():
        if all(pattern.fullmatch(one) for one in text):
            read = np.array([float(pointed(BLANKS.sub("", one))) for one in text], dtype=float)
            if not any(np.array_equal(read, other) for other in found.values()):
                found[key] = read
    either = np.array([EITHER.fullmatch(one) is not None for one in text], dtype=bool)
    if len(found) == 1:
        ((key, read),) = found.items()
        full = np.full(len(values), np.nan)
        full[given] = read
        bad = np.isinf(full)  # "1e400": more than a number can hold
        taken = key or ("numbers_decimal" if either.any() and not degrees else "")
        return NumbersRead(pd.Series(full, index=values.index), bad, "number_unreadable" if bad.any() else "", taken)
    comma = np.array(["," in one for one in text], dtype=bool)
    alone = np.array([not any(one.fullmatch(word) for one in WRITINGS) for word in text], dtype=bool)
    # each may be read by itself, but all in one way they may not
    wrong = either if found and either.any() else alone if alone.any() and not found else comma
    if not wrong.any():  # "44.447.123" of degrees, which have no thousands
        wrong = np.ones(len(text), dtype=bool)
    none[np.flatnonzero(given)[wrong]] = True
    return NumbersRead(pd.Series(np.nan, index=values.index), none, "number_two_ways" if found else "number_unreadable")


def says_unknown(text: str) -> bool:
    """Whether a cell says that its number is not known: in one word, or in two beside each other."""
    if plain(text) in UNKNOWN or MARKS.fullmatch(text):
        return True
    parts = [part for part in BESIDE.split(text) if part.strip()]
    return len(parts) > 1 and all(plain(part) in UNKNOWN for part in parts)


def _writings(text: Sequence[str], degrees: bool) -> dict[str, tuple[re.Pattern[str], Callable[[str], str]]]:
    """How a column may be written, by the note that says so: with decimal marks only, or with thousands too."""
    written: dict[str, tuple[re.Pattern[str], Callable[[str], str]]] = {
        "": (PLAIN_NUMBER, lambda number: number.replace(",", "."))
    }
    comma = any("," in one for one in text)
    if not degrees and (comma or any(one.count(".") > 1 for one in text)):
        written["numbers_french"] = FRENCH_NUMBER, lambda number: number.replace(".", "").replace(",", ".")
    if not degrees and comma:  # a point alone is decimal
        written["numbers_english"] = ENGLISH_NUMBER, lambda number: number.replace(",", "")
    return written


def both_ways(values: pd.Series, bad: NDArray[np.bool_]) -> dict[str, Any]:
    """Return the two numbers that the first such value may be, as a remedy writes them.

    >>> both_ways(pd.Series(["1,200"]), np.array([True]))
    {'whole': '1200', 'decimal': '1.200'}
    """
    value = str(values.iloc[np.flatnonzero(bad)[0]])
    return {"whole": value.replace(",", ""), "decimal": value.replace(",", ".")}


def as_numbers(values: pd.Series) -> pd.Series:
    """Return values as numbers, as :func:`read_numbers` reads them; as they are where it does not.

    Examples
    --------
    >>> as_numbers(pd.Series(["3,25", "1 200", None])).tolist()
    [3.25, 1200.0, nan]
    """
    read = read_numbers(values)
    return values if read.key else read.numbers


def numbers(raw: RawTable, column: str, *, degrees: bool = False, whole: bool = True) -> pd.Series:
    """Return a column of a file as numbers, missing where it is blank unless it must be `whole`.

    Raises
    ------
    SourceError
        When a value is no number, or may be two, with its row.

    Examples
    --------
    >>> numbers(RawTable("roads.csv", pd.DataFrame({"minutes": ["1,5", "2"]})), "minutes").tolist()
    [1.5, 2.0]
    """
    values = raw.table[column]
    read = read_numbers(values, degrees=degrees)
    if read.key:
        _refuse(raw, column, read.key, read.bad, **both_ways(values, read.bad))
    if whole:
        _refuse(raw, column, "value_blank", values.isna().to_numpy())
    return read.numbers.astype("float64")


TRUE_WORDS = frozenset({"true", "vrai", "oui", "yes", "1", "1.0", "o", "y", "v", "t"})
FALSE_WORDS = frozenset({"false", "faux", "non", "no", "0", "0.0", "n", "f"})


def truth(value: object) -> bool | None:
    """Return what a cell says, in French or English or as 1 and 0; None where it says neither.

    >>> truth("Oui"), truth("FALSE"), truth(0), truth("peut-être")
    (True, False, False, None)
    """
    word = str(value).strip().casefold()
    return True if word in TRUE_WORDS else False if word in FALSE_WORDS else None


def booleans(raw: RawTable, column: str) -> pd.Series:
    """Return a column of a file as true or false, in every row.

    Raises
    ------
    SourceError
        When a value is neither, or blank, with its row.

    Examples
    --------
    >>> booleans(RawTable("roads.csv", pd.DataFrame({"snappable": ["oui", "0", "False"]})), "snappable").tolist()
    [True, False, False]
    """
    values = raw.table[column]
    read = [truth(value) for value in values]
    _refuse(raw, column, "not_true_or_false", np.array([value is None for value in read], dtype=bool))
    return pd.Series(read, index=values.index, dtype=bool)


# What a spreadsheet makes of a long code: "1,02E+13", and of any number with decimals.
NUMBER_OF_CODE = re.compile(r"[0-9]+[.,][0-9]*[eE]\+?[0-9]+|[0-9]+[.,](?!0+$)[0-9]+")


def codes(raw: RawTable, column: str) -> pd.Series:
    """Return a column of a file as codes (text), one in every row.

    Raises
    ------
    SourceError
        When one is blank, or a number that a spreadsheet made of it, with its row.

    Examples
    --------
    >>> codes(RawTable("roads.csv", pd.DataFrame({"u": ["01", 2.0]}, dtype=object)), "u").tolist()
    ['01', '2']
    """
    text = as_text(raw.table[column])
    _refuse(raw, column, "value_blank", text.isna().to_numpy())
    _refuse(raw, column, "not_a_code", text.map(lambda one: NUMBER_OF_CODE.fullmatch(one) is not None).to_numpy(bool))
    return text


def _refuse(raw: RawTable, column: str, key: str, bad: NDArray[np.bool_], **told: str) -> None:
    rows = np.flatnonzero(bad)
    if len(rows):
        raise refusal_of_rows(raw, column, key, rows, **told)


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
        self.vintage = raw.vintage
        self.beside: dict[str, dict[str, str]] = {}  # of what other files filled columns: see `credited`
        self.fit: Callable[[], Problem | None] = lambda: None  # in which CRS its points would be where they should

    def raise_if_any(self) -> None:
        """Raise all that was found in one error, and in which CRS the points would fall where they should."""
        if self.problems and (fit := self.fit()) is not None:
            self.problems.append(fit)
        super().raise_if_any()

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
            second = self.table[other]
            differ = np.flatnonzero((first.fillna("") != as_text(second).fillna("")).to_numpy())
            if len(differ):
                row = differ[0]
                self.add(
                    "columns_differ",
                    where=self.rows[row],
                    value=first.iloc[row],
                    columns=Note("both_values", first=repr(columns[0]), second=repr(other)),
                    values=Note("both_values", first=written(first.iloc[row]), second=written(second.iloc[row])),
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

    def numbers(self, *names: str) -> None:
        """Make columns numbers, whole where all are; one that may be read two ways is a problem."""
        made = {}
        for name in names:
            if name not in self.table.columns:
                continue
            read = read_numbers(self.table[name])
            self.unknown(name, read.unknown)
            values = self.table[name] if read.key else read.numbers
            if read.key == "number_unreadable":  # those that can be read by themselves are no problem
                others = read_numbers(self.table[name].mask(read.bad))
                values = values if others.key else values.where(read.bad, others.numbers)
            if read.key == "number_two_ways":
                self.flag(read.bad, read.key, self.table[name], name=name, **both_ways(self.table[name], read.bad))
                values = pd.Series(0, index=values.index)  # harmless: the reading ends in an error
            if read.taken:
                self.note(read.taken, name=repr(name))
            # past 2**53 not every whole number is one, and past 2**63 it would come out negative
            whole = pd.api.types.is_float_dtype(values) and (np.abs(values) < 2**53).all() and (values % 1 == 0).all()
            if whole:
                values = values.astype("int64")
            made[name] = values
        self.table = self.table.assign(**made)

    def unknown(self, name: str, mask: NDArray[np.bool_] | None) -> None:
        """Take for missing what says that it is not known ("NC", "s", "-"), and say so."""
        if mask is None or not mask.any():
            return
        values = self.table[name]
        listed = ", ".join(repr(word) for word in values[mask].str.strip().drop_duplicates()[:5])
        rows = first_few(np.flatnonzero(mask), lambda row: self.rows[row])
        self.note(
            "numbers_unknown",
            n=int(mask.sum()),
            name=repr(self.sources.get(name, name)),
            words=listed,
            rows=rows,
        )
        self.table = self.table.assign(**{name: values.mask(mask, None)})

    def unread(self, name: str) -> None:
        """Add a problem where a column that must be numbers could not be read, and go on without its values."""
        values = self.table.get(name)
        if values is None or pd.api.types.is_numeric_dtype(values):
            return
        self.flag(read_numbers(values).bad, "number_unreadable", values, name=self.sources.get(name, name))
        self.table = self.table.assign(**{name: np.nan})

    def further_numbers(self, known: Sequence[str], *, counts: bool = False) -> None:
        """Make the further columns of a CSV numbers, where all their values are and none is a code; leave mails out.

        Parameters
        ----------
        known
            Columns that are left as they are.
        counts
            They are figures of a census: one that may be read two ways is a problem, and not left as text, and told.
        """
        self.leave_out_private(known)
        chosen = []
        for name in self.table.columns:
            values = self.table[name]
            given = values.dropna()
            if name in (*known, "geometry") or not len(given) or not pd.api.types.is_string_dtype(given):
                continue
            if not CODE_WORDS.isdisjoint(plain(name).split("_")) or given.str.match(r"0\d").any():
                continue
            seen = given.iloc[:LOOKED_AT]
            if 2 * sum(any(pattern.fullmatch(value) for pattern in WRITINGS) for value in seen) <= len(seen):
                continue
            read = read_numbers(values)
            if read.key and not (read.key == "number_two_ways" and counts):
                row = np.flatnonzero(read.bad)[0]
                key = "column_left_as_text" if read.key == "number_two_ways" else "column_not_all_numbers"
                self.note(key, name=repr(name), row=self.valued(row, written(values.iloc[row])[:80]))
            else:
                chosen.append(str(name))
        self.numbers(*chosen)

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
        """Return the table in the contract with its notes, or raise all that is wrong; see `in_contract`."""
        return noted(self.in_contract(id_name, first, check, *beside), self.notes, self.vintage, self.beside)

    def in_contract(
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
        return table

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


def noted(
    table: Noted,
    notes: Sequence[Note],
    vintage: str = "",
    beside: Mapping[str, Mapping[str, str]] = MappingProxyType({}),
) -> Noted:
    """Return a table that carries what was done to it in `.attrs["read_notes"]`, each logged, and its `vintage`.

    `beside` is what stands beside it, by what each file is: title, publisher, licence and vintage where they are known.
    """
    for note in notes:
        LOGGER.info(note)
    own = {"vintage": vintage, "beside": {name: dict(told) for name, told in beside.items()}}
    table.attrs = {"read_notes": list(notes), **{name: value for name, value in own.items() if value}}
    return table


def _looks_like_codes(values: pd.Series) -> bool:
    given = as_text(values).dropna()
    return bool(len(given)) and given.map(lambda value: COMMUNE_LIKE.fullmatch(value) is not None).mean() > 0.5
