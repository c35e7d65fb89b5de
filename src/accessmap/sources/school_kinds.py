"""Which rows of a list are schools of one of the four levels, of which, and by what name each is known."""

import re
from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd

from accessmap.errors import SourceError, did_you_mean
from accessmap.findings import count, some
from accessmap.school_tables import LEVELS
from accessmap.sources.columns import Reading, plain

__all__ = ["SCHOOL_ID", "each", "give_level", "leave_out_closed", "leave_out_repeated", "level_of"]

# Names under which the ministry's files and others give the UAI, a school's number (once called RNE).
SCHOOL_ID: Final = (
    *("identifiant_de_l_etablissement", "(numero|code)_(d_)?uai", "uai", "rne", "numero_(de_l_)?(ecole|college|lycee)"),
    *("identifiant", "id"),
)
# How a text that says the level begins, in the annuaire's libelle_nature, in its type_etablissement and elsewhere.
LEVEL_WORDS: Final = (
    ("nursery", ("ecole_maternelle", "maternelle", "nursery")),
    ("primary", ("ecole_de_niveau_elementaire", "ecole_elementaire", "ecole_primaire", "elementaire", "primaire")),
    ("primary", ("ecole_regionale_du_premier_degre", "ecole_de_plein_air", "primary")),
    ("middle", ("college", "middle")),
    ("high", ("lycee", "high")),
)
CLOSED: Final = ("ferme", "fermee", "a_ouvrir")  # "a_fermer" is still open


def _leave(reading: Reading, rows: np.ndarray, why: str) -> None:
    """Leave rows out and say which; a file of which nothing would stay is refused."""
    if not rows.any():
        return
    names = reading.table["name"].astype(str).to_numpy()[rows]
    reading.notes.append(f"{reading.file}: {count(int(rows.sum()), 'row')} left out, {why}: {some(names)}.")
    if rows.all():
        raise SourceError(f"{reading.file} has no school: all of its {count(len(rows), 'row')} are {why}.")
    reading.keep(~rows)


def each(values: pd.Series, function: Callable[[object], object]) -> pd.Series:
    """Return a function of each value that is given, asked once for each different one: words of a list are few.

    >>> each(pd.Series(["A FERMER", None], dtype=object), plain).tolist()
    ['a_fermer', nan]
    """
    return values.map({value: function(value) for value in values.dropna().unique()}).astype(object)


def leave_out_closed(reading: Reading) -> None:
    """Leave out schools that are closed or not yet open, and name those that soon close."""
    if "state" not in reading.table.columns:
        return
    state = each(reading.table["state"], plain)
    _leave(reading, state.isin(CLOSED).to_numpy(), "closed or not yet open")
    closing = (each(reading.table["state"], plain) == "a_fermer").to_numpy()
    if closing.any():
        names = reading.table["name"].astype(str).to_numpy()[closing]
        reading.notes.append(f"{reading.file}: {count(int(closing.sum()), 'school')} soon to close: {some(names)}.")


def level_of(text: object) -> str | None:
    """Return the level that a text begins with, None where it is none of the four.

    >>> level_of("ECOLE DE NIVEAU ELEMENTAIRE"), level_of("Lycée professionnel"), level_of("SECTION ENSEIGT PROF")
    ('primary', 'high', None)
    """
    word = plain(text) if isinstance(text, str) else ""
    for level, starts in LEVEL_WORDS:
        if any(re.match(rf"{start}(_|$)", word) for start in starts):
            return level
    return None


def give_level(reading: Reading) -> None:
    """Tell the level by what an école teaches, the nature, the type, or the file's own word."""
    table = reading.table
    if "level" in table.columns:
        told = [level_of(value) or value for value in table["level"]]
        _name_unknown_levels(reading, told)
        reading.table = table.assign(level=told)
        return
    if "nature" not in table.columns and "kind" not in table.columns:
        reading.require("level")
        return
    absent = pd.Series(None, index=table.index, dtype=object)
    nature, kind = (table[name] if name in table.columns else absent for name in ("nature", "kind"))
    # a SEGPA has a UAI and the type of its collège, and is a section of it
    by_nature = each(nature, level_of)
    level = by_nature.where(nature.notna(), each(kind, level_of))
    ecole = each(kind, plain).eq("ecole") | by_nature.isin(["nursery", "primary"])
    teaches = {
        name: pd.to_numeric(table[name], errors="coerce").eq(1) if name in table.columns else absent.notna()
        for name in ("nursery_classes", "primary_classes")
    }
    level = level.mask(ecole & teaches["nursery_classes"], "nursery").mask(
        ecole & teaches["primary_classes"], "primary"
    )
    table = table.assign(level=level)
    if {"nursery_classes", "primary_classes"} <= set(table.columns):
        said = pd.to_numeric(table["nursery_classes"], errors="coerce").map({1: "yes", 0: "no"})
        table["with_nursery"] = said.where(level == "primary").fillna("unknown")
    reading.table = table
    _leave(reading, level.isna().to_numpy(), "none of the four levels (offices, sections, special schools)")


def _name_unknown_levels(reading: Reading, told: list[object]) -> None:
    """Add the levels that are none, with near matches among the words of both languages."""
    words = ("maternelle", "élémentaire", "primaire", "collège", "lycée", *LEVELS)
    bad = [row for row, level in enumerate(told) if level not in LEVELS]
    if bad:
        rows = ", ".join(f"{reading.rows[row]} ({told[row]!r}{did_you_mean(told[row], words)})" for row in bad[:5])
        reading.problems.append(f"'level' is unknown in {count(len(bad), 'row')}: {rows}: use {', '.join(words)}.")
        for row in bad:
            told[row] = "primary"  # any will do for the other checks to go on: the reading ends in an error


def leave_out_repeated(reading: Reading) -> None:
    """Leave out further rows of a UAI at one level: the annuaire has one for each address or nature."""
    if "nature" in reading.table.columns or "kind" in reading.table.columns:
        again = reading.table.duplicated(["school_id", "level"]) & reading.table["school_id"].notna()
        _leave(reading, again.to_numpy(), "further rows of a school that is there already")
