"""Equipment of schools from a survey, in the contract."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from accessmap.errors import TableError
from accessmap.school_tables import EQUIPMENT_COUNTS, check_equipment, check_schools
from accessmap.sources.columns import Names, Reading, noted, plain
from accessmap.sources.files import read_table
from accessmap.sources.school_kinds import SCHOOL_ID

__all__ = ["read_equipment"]

NAMES: Final[Names] = {
    "school_id": SCHOOL_ID,
    "tablets": ("(nb_|nombre_de_)?tablettes(_tactiles)?",),
    "interactive_boards": (
        "(nb_|nombre_de_)?(tbi|tni|vpi|eni|eti|tableaux_(blancs_|numeriques_)?interactifs)",
        "(nb_|nombre_d_)?ecrans_(numeriques_)?interactifs",
    ),
    "ent": ("espace_numerique_de_travail", "a_un_ent"),
    "connection_mbps": ("debit(_mbps|_mbit_s|_descendant)?", "debit_internet", "mbps", "connexion_mbps"),
    **{f"{name}_at_least": () for name in EQUIPMENT_COUNTS},
}
YES_NO: Final = {
    **dict.fromkeys(("yes", "oui", "true", "vrai", "1"), "yes"),
    **dict.fromkeys(("no", "non", "false", "faux", "0"), "no"),
    **dict.fromkeys(("unknown", "inconnu", "ne_sait_pas"), "unknown"),
}
FLAGS: Final = tuple(f"{name}_at_least" for name in EQUIPMENT_COUNTS)


def read_equipment(
    path: str | Path,
    schools: gpd.GeoDataFrame,
    *,
    columns: Mapping[str, str | None] | None = None,
    encoding: str | None = None,
    layer: str | None = None,
) -> pd.DataFrame:
    r"""Return what schools are equipped with, in the contract: index `school_id` (the UAI).

    Known names are recognised whatever their case and accents (UAI → school_id; tablettes; TBI, TNI, VPI or écrans
    interactifs → interactive_boards; ENT; débit → connection_mbps, in Mbit/s). Blanks are unknown and never zero: write
    0 where there is none. Further columns are kept. What was done stands in `.attrs["read_notes"]`.

    Parameters
    ----------
    path
        CSV, GeoPackage or Parquet, one row a school.
    schools
        In the contract: every row must be of one of them.
    columns
        Name in the contract to name in the file, where it is unusual; None for one not to be used. Where a file counts
        boards of two kinds in two columns, add them up first, or choose one.
    encoding
        Of a CSV, where it is neither UTF-8 nor Windows-1252.
    layer
        Of a GeoPackage that has several.

    Raises
    ------
    SourceError
        When the file cannot be read.
    TableError
        With all that keeps it out of the contract, by line.

    Examples
    --------
    >>> import shapely, tempfile
    >>> schools = gpd.GeoDataFrame(
    ...     {"name": ["A", "B"], "level": ["primary"] * 2, "commune": ["02456"] * 2},
    ...     index=pd.Index(["0020001A", "0020002B"], name="school_id"),
    ...     geometry=shapely.points([[0, 0]] * 2), crs="EPSG:2154")
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "enquete.csv")
    ...     _ = path.write_text("UAI;Nb tablettes;TBI;ENT\n0020001A;12;1;oui\n0020002B;;0;\n")
    ...     equipment = read_equipment(path, schools)
    >>> equipment["tablets"].tolist(), equipment["ent"].tolist()
    ([12.0, nan], ['yes', 'unknown'])
    """
    check_schools(schools)
    reading = Reading("equipment", read_table(path, encoding=encoding, layer=layer))
    reading.rename(NAMES, columns)
    reading.require("school_id")
    if not {*EQUIPMENT_COUNTS, "ent", "connection_mbps"} & set(reading.table.columns):
        has = ", ".join(map(str, reading.table.columns))
        reading.problems.append(
            f"There is no equipment: the file has {has}; say which column is which with columns={{'tablets': …}}."
        )
    if reading.problems:
        raise TableError(f"equipment ({reading.file})", reading.problems)
    reading.name_rows("school_id")
    for name in (*EQUIPMENT_COUNTS, "connection_mbps"):
        reading.numbers(name)
    _read_answers(reading)
    reading.further_numbers((*NAMES, "geometry"))
    return _finished(reading, schools)


def _read_answers(reading: Reading) -> None:
    """Turn oui, non and blanks into answers; what is neither is left for the check to name."""
    if "ent" in reading.table.columns:
        said = reading.table["ent"]
        answers = ["unknown" if pd.isna(value) else YES_NO.get(plain(value), value) for value in said]
        reading.table = reading.table.assign(ent=answers)
    for name in FLAGS:
        if name in reading.table.columns:
            answers = ["no" if pd.isna(value) else YES_NO.get(plain(value), value) for value in reading.table[name]]
            flags = [{"yes": True, "no": False}.get(str(answer), answer) for answer in answers]
            reading.table = reading.table.assign(**{name: flags})


def _finished(reading: Reading, schools: gpd.GeoDataFrame) -> pd.DataFrame:
    table = pd.DataFrame(reading.table).drop(columns="geometry", errors="ignore").set_index("school_id")
    first = [name for name in NAMES if name in table.columns]
    table = table[[*first, *(name for name in table.columns if name not in first)]]
    try:
        check_equipment(table, schools, row_names=reading.rows)
    except TableError as error:
        raise TableError(f"equipment ({reading.file})", error.problems) from None
    without = int((~schools.index.isin(table.index)).sum())
    if without:
        reading.notes.append(f"{reading.file}: {without} of {len(schools)} schools are not in it, unknown.")
    return noted(table, reading.notes)
