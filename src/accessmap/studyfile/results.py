"""What a run leaves: the dossier, its maps, its tables in several formats; the same bytes from the same inputs."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from accessmap.dossier import Dossier
from accessmap.dossier.layers import flat
from accessmap.dossier.printing import print_page
from accessmap.errors import Problem, WriteError

if TYPE_CHECKING:
    from accessmap.maps.offline import OfflineMap


# What a spreadsheet takes for the start of a formula (OWASP, CSV injection), but for a number that is written as text.
FORMULA = re.compile(r"(?![+-]?[0-9]+(?:[.,][0-9]+)?$)[=+@\t\r\n\uff1d\uff0b\uff0d\uff20-]")


def file_stem(title: str) -> str:
    """Return a title as a file name without an ending."""
    letters = unicodedata.normalize("NFKD", title)
    ascii_only = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return re.sub(r"[^a-z0-9]+", "-", ascii_only.casefold()).strip("-") or "accessmap"


def write_tables(dossier: Dossier, folder: Path, stem: str, *, formats: Iterable[str]) -> list[Path]:
    """Write every table of a dossier that has columns in the formats asked, and return the paths.

    Each file is `folder/stem-name.csv` or `.parquet`; for "tableur", `folder/stem-name-tableur.csv`. "csv" is for
    programs: comma and decimal point, floats in all their digits. "tableur" is for a spreadsheet set to French: heads
    and texts as in the workbook, semicolon, decimal comma, six significant digits, UTF-8 with a byte order mark, by
    which Excel knows it. "xlsx" is all of them in one workbook, `folder/stem.xlsx`; "gpkg" the layers of
    `Dossier.save_layers`. Text has no shapes; "pdf" is left to `write_pdfs`.
    """
    formats = set(formats)
    written = [dossier.save_workbook(folder / f"{stem}.xlsx")] if "xlsx" in formats else []
    written += [dossier.save_layers(folder / f"{stem}.gpkg")] if "gpkg" in formats else []
    for name, table in dossier.tables.items():
        if table.empty and not len(table.columns):
            continue  # a chapter that the study has no data for
        for kind, ending in (("csv", ".csv"), ("tableur", "-tableur.csv"), ("parquet", ".parquet")):
            if kind in formats:
                written.append(folder / f"{stem}-{name}{ending}")
                if kind == "parquet":
                    flat(table).to_parquet(written[-1])
                else:
                    french = kind == "tableur"
                    plain = dossier.in_words(name) if french else table.drop(columns="geometry", errors="ignore")
                    write_csv(plain, written[-1], french=french)
    return written


def write_pdfs(dossier: Dossier, *pages: Path) -> Problem | None:
    """Print pages that were written, beside them; return why not, where no browser does, and how to do it by hand."""
    try:
        for page in pages:
            print_page(page, page.with_suffix(".pdf"), day=dossier.made)
    except WriteError as error:
        return error.problems[0]
    return None


def _decimal_comma(value: Any) -> str:
    """Return a number with six significant digits, as France writes it and without an exponent."""
    return np.format_float_positional(value + 0.0, 6, unique=False, fractional=False, trim="-").replace(".", ",")


def write_csv(table: pd.DataFrame, path: Path, *, french: bool = False) -> Path:
    r"""Write a table as CSV that a spreadsheet opens without running anything, and return its path.

    Every CSV that accessmap writes goes through here. Text that begins as a formula does (=, +, -, @, a tab) gets an
    apostrophe first, in cells, names of rows and of columns; numbers stay numbers.

    Parameters
    ----------
    table, path
        With its index, and where to write it.
    french
        For a spreadsheet set to French: see `write_tables`.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     table = pd.DataFrame({"name": ["=1+1", "-3.2"], "change": [-3.2, 1]}, index=["@a", "b"])
    ...     write_csv(table, Path(folder, "a.csv")).read_text("utf-8")
    ",name,change\n'@a,'=1+1,-3.2\nb,-3.2,1.0\n"
    """
    table = flat(table) if french else table
    bare = french and table.index.name is None and isinstance(table.index, pd.RangeIndex)  # row numbers say nothing
    safe = table.set_axis(_neutral(table.index), axis="index").set_axis(_neutral(table.columns), axis="columns")
    for place in range(safe.shape[1]):
        values = safe.iloc[:, place]
        if not pd.api.types.is_numeric_dtype(values) and any(map(_is_harmful, values)):
            safe.isetitem(place, values.astype(object).map(_quoted).array)
    if french:
        safe.to_csv(
            path, sep=";", index=not bare, float_format=_decimal_comma, lineterminator="\r\n", encoding="utf-8-sig"
        )
    else:
        safe.to_csv(path, lineterminator="\n", encoding="utf-8")
    return path


def _is_harmful(value: object) -> bool:
    if isinstance(value, int | float | np.number):
        return False
    return FORMULA.match(str(value)) is not None or "\r" in str(value)


def _quoted(value: Any) -> Any:
    if not _is_harmful(value):
        return value
    text = str(value).replace("\r", "\n")  # a carriage return would end the row for some readers
    return f"'{text}" if FORMULA.match(text) else text


def _neutral(names: pd.Index) -> pd.Index:
    """Return names of rows or columns without formulas; the same where there are none."""
    titles = [_quoted(title) for title in names.names]
    cells = names.to_flat_index()
    levels = names.nlevels > 1
    if any(_is_harmful(part) for cell in cells for part in (cell if levels else (cell,))):
        changed = [tuple(map(_quoted, cell)) if levels else _quoted(cell) for cell in cells]
        names = pd.MultiIndex.from_tuples(changed) if levels else pd.Index(changed)
    return names.set_names(titles)


def write_maps(dossier: Dossier, folder: Path, stem: str) -> list[Path]:
    """Write every interactive map of a dossier as a page that needs no internet, and return the paths."""
    return [write_map(each, folder / f"{stem}-map-{name}.html") for name, each in dossier.maps.items()]


def write_map(drawn: OfflineMap, path: Path) -> Path:
    """Write a map as a page that needs no internet, the same bytes each time, and return its path."""
    # folium names each map at random, and everything in its page after it
    drawn._id = sha256(path.name.encode()).hexdigest()[:32]
    path.write_text(drawn.get_root().render(), encoding="utf-8", newline="\n")
    return path


def write_record(record: Mapping[str, Any], path: Path) -> Path:
    """Write the record of a dossier, as `manifest_of` returns it, as JSON and return its path."""
    path.write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")
    return path
