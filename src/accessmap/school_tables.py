"""The contracts of the tables of schools and of their digital equipment, each checked once at the public door.

A school without a row in `equipment`, and a number that is missing there, are unknown and never zero.
"""

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import pandas as pd

from accessmap.errors import did_you_mean
from accessmap.findings import Findings, some
from accessmap.places import check_places, same_crs

__all__ = ["EQUIPMENT_COUNTS", "LEVELS", "SECTORS", "check_equipment", "check_schools"]

LEVELS: Final = ("nursery", "primary", "middle", "high")
"""école maternelle; école élémentaire or primaire (which has both); collège; lycée of any kind."""

SECTORS: Final = ("public", "private")

EQUIPMENT_COUNTS: Final = ("tablets", "interactive_boards")
"""What is counted. `<name>_at_least` is True where the count is only what was bought, on top of an unknown stock."""


def check_schools(
    schools: gpd.GeoDataFrame,
    communes: gpd.GeoDataFrame | None = None,
    *,
    row_names: Sequence[str] | None = None,
) -> None:
    """Return nothing when `schools` is in the contract, and raise with every problem when it is not.

    Parameters
    ----------
    schools
        Index `school_id` (text: the UAI, such as "0020001A"); columns `name`, `level` (one of :data:`LEVELS`),
        `commune` (code), `geometry` (points in metres); optional `classes`, `pupils` (counts, 0 or more, missing where
        unknown), `sector` (public or private, missing where unknown) and `with_nursery` (yes, no or unknown: whether a
        primary school has nursery classes too).
    communes
        Where given, every `commune` must be one of its codes, and both tables must share one CRS.
    row_names
        What to call each row in the message, such as its line in a file, if not by its id.

    Raises
    ------
    TableError
        With all problems at once.

    Examples
    --------
    >>> import shapely
    >>> row = {"name": "Les Marais", "level": "primay", "commune": "02173", "geometry": shapely.Point(0, 0)}
    >>> check_schools(gpd.GeoDataFrame([row], index=pd.Index(["0020001A"], name="school_id"), crs="EPSG:2154"))
    Traceback (most recent call last):
    accessmap.errors.TableError: schools: 1 problem.
    'level' is unknown in 1 row: '0020001A' ('primay' (did you mean 'primary'?)):
    write one of nursery, primary, middle, high (read_schools knows the French words).
    """
    found = Findings("schools", schools, row_names)
    if found.is_table(geographic=True):
        found.columns("name", "level", "commune")
        found.ids("school_id")
        found.text("name")
        found.text("level")
        found.known(
            "level",
            pd.Index(LEVELS),
            "unknown",
            f"write one of {', '.join(LEVELS)} (read_schools knows the French words)",
        )
        found.text("commune")
        found.lost_zeros("commune")
        found.number("classes", "a number of classes", optional=True)
        found.number("pupils", "a number of pupils", optional=True)
        found.known("sector", pd.Index(SECTORS), "neither public nor private", "correct it, or leave it missing")
        found.yes_no("with_nursery")
        check_places(found, ("Point",), "points")
        if communes is not None:
            same_crs(found, communes)
            remedy = "correct it, load that commune too, or read schools with clip=True"
            found.known("commune", communes.index, "no commune of the communes table", remedy)
    found.raise_if_any()


def check_equipment(
    equipment: pd.DataFrame,
    schools: gpd.GeoDataFrame | None = None,
    *,
    row_names: Sequence[str] | None = None,
) -> None:
    """Return nothing when `equipment` is in the contract, and raise with every problem when it is not.

    Parameters
    ----------
    equipment
        Index `school_id`; optional columns `tablets`, `interactive_boards` (counts, missing where unknown),
        `tablets_at_least`, `interactive_boards_at_least` (bool: the count is a floor), `ent` (yes, no or unknown) and
        `connection_mbps` (Mbit/s down, missing where unknown). No row for a school: all of it is unknown.
    schools
        Where given, every row must be of one of its schools.
    row_names
        What to call each row in the message, such as its line in a file, if not by its id.

    Raises
    ------
    TableError
        With all problems at once.

    Examples
    --------
    >>> check_equipment(pd.DataFrame({"tablets": [-3]}, index=pd.Index(["0020001A"], name="school_id")))
    Traceback (most recent call last):
    accessmap.errors.TableError: equipment: 1 problem.
    'tablets' is negative in 1 row: '0020001A' (-3): give a count, 0 or more, or leave it missing.
    """
    found = Findings("equipment", equipment, row_names)
    if not isinstance(equipment, pd.DataFrame):
        found.add(f"It is a {type(equipment).__name__} and not a DataFrame: give a table indexed by school_id.")
        found.raise_if_any()
    if equipment.columns.is_unique:
        found.ids("school_id")
        for name in EQUIPMENT_COUNTS:
            found.number(name, "a count", optional=True)
            _check_floor(found, name)
        found.number("connection_mbps", "Mbit/s", optional=True)
        found.yes_no("ent")
        if schools is not None:
            _check_schools_exist(found, schools.index)
    else:
        twice = equipment.columns[equipment.columns.duplicated()]
        found.add(f"Columns {some(twice)} are there twice: keep one of each.")
    found.raise_if_any()


def _check_floor(found: Findings, name: str) -> None:
    flag = f"{name}_at_least"
    if flag not in found.table.columns:
        return
    found.true_or_false(flag, f"make it bool: True where '{name}' is a floor and not a count")
    if name not in found.table.columns:
        found.add(f"'{flag}' is there without '{name}': add the counts it speaks of.")


def _check_schools_exist(found: Findings, ids: pd.Index) -> None:
    """Add the rows of schools that are not there, each with the nearest ids."""
    index = found.table.index
    unknown = ~index.isin(ids)
    found.flag(
        unknown,
        "'school_id' is no school of the schools table",
        "correct it, or leave the row out",
        lambda row: did_you_mean(index[row], ids).strip(" ()") or "no id is near",
    )
