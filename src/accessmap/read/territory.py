"""The communes that are meant by names or codes of communes and EPCI, however they are typed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import geopandas as gpd
import pandas as pd

from accessmap.words.near import near_matches, plain

# What an EPCI is called before its own name, in full or short, and the small words between.
FORMS = re.compile(
    r"^(communaute (de communes|d'agglomeration|d agglomeration|urbaine)|communaute|com ?com|agglo(meration)?"
    r"|metropole|eurometropole|cc|cdc|codecom|ca|cu|c\.c\.|c\.a\.|epci)\b"
)
SMALL = frozenset({"de", "du", "des", "d", "la", "le", "les", "l", "et", "en", "a", "au", "aux", "sur", "sous"})


@dataclass(frozen=True)
class Unknown:
    """A name that is that of no EPCI and no commune, or of several, which are then given."""

    position: int
    name: str
    near: tuple[str, ...] = ()
    several: tuple[str, ...] = ()
    epci: bool = False
    """Whether the several are EPCI, told by name and code, and not communes, told by their codes."""
    nameless: bool = False
    """Whether the table has no name of any EPCI, so that none can be found by its name."""


def reason_of(unknown: Unknown) -> str:
    """Return the key of the sentence that says why a name cannot be placed."""
    if unknown.epci:
        return "territory_several_epci"
    if unknown.several:
        return "studyfile_several_communes"
    return "territory_nameless" if unknown.nameless and not unknown.near else "studyfile_unknown_place"


def codes_of(communes: gpd.GeoDataFrame, wanted: Sequence[str]) -> tuple[pd.Index, list[Unknown]]:
    """Return the codes of the communes that are named, and the names that cannot be placed.

    Parameters
    ----------
    communes
        Index `code`, or that column; `name`, `epci`, and `epci_name` where it is known.
    wanted
        Codes or names of EPCI or communes. Of a name case, accents, hyphens and small words do not count, nor does
        "CC", "CA", "CU" or "communauté de communes" before that of an EPCI; of an EPCI some of its words are enough
        where they are those of no other.

    Examples
    --------
    >>> row = {"name": "Lumbres", "epci": "246200844", "epci_name": "CC du Pays de Lumbres"}
    >>> communes = pd.DataFrame([row], index=["62534"])
    >>> list(codes_of(communes, ["communauté de communes pays de LUMBRES"])[0]), list(codes_of(communes, ["lumbrs"])[0])
    (['62534'], [])
    """
    table = communes.set_index("code") if "code" in communes.columns else communes
    known = [*table["name"].dropna(), *(table["epci_name"].dropna().unique() if "epci_name" in table else [])]
    plain_names = table["name"].fillna("").map(plain)
    chosen: list[str] = []
    unknown = []
    for position, name in enumerate(wanted):
        found, several = _found(table, plain_names, name)
        if not len(found):
            near = () if several else near_matches(name, known) or _near_epci(name, table)
            epci = bool(several) and several[0] not in table.index
            unknown.append(Unknown(position, name, near, several, epci, nameless=not _epci(table)))
        chosen += list(found)
    return pd.Index(dict.fromkeys(chosen)), unknown


def _found(table: pd.DataFrame, names: pd.Series, name: str) -> tuple[Sequence[str] | pd.Index, tuple[str, ...]]:
    """Return the communes of one name or code, and what shares the name where it is several."""
    name = name.strip()
    if name in table.index:
        return [name], ()
    epci = table["epci"]
    if (epci == name).any():
        return table.index[epci == name], ()
    groups = _epci(table)
    exactly = [code for code, spelt in groups.items() if plain(spelt) == plain(name)]
    same = tuple(table.index[names == plain(name)])
    own = _own_name(name)
    tiers = [exactly]
    if not same or own != plain(name):  # "CC X" is no commune; "X" alone is one where one is called so
        words = _words(own)
        alike = [code for code, spelt in groups.items() if _words(_own_name(spelt)) == words]
        holding = [code for code, spelt in groups.items() if words and words <= _words(_own_name(spelt))]
        tiers += [alike, [] if same else holding]
    for tier in tiers:
        if len(tier) == 1:
            return table.index[_is(table, tier[0])], ()
        if tier:
            return (), tuple(f"{groups[code]} ({code})" for code in tier)
    return (same, ()) if len(same) == 1 else ((), same)


def _near_epci(name: str, table: pd.DataFrame) -> tuple[str, ...]:
    """The EPCI whose own names, without their forms, are spelt almost like that of one: "ca grand cahor"."""
    own = {_own_name(each): each for each in _epci(table).values()}
    return tuple(own[one] for one in near_matches(_own_name(name), own))


def _epci(table: pd.DataFrame) -> dict[str, str]:
    """Return the name of each EPCI by its code, or by its name where codes are not known."""
    if "epci_name" not in table:
        return {}
    named = table[table["epci_name"].notna()]
    codes = named["epci"].where(named["epci"].notna(), named["epci_name"])
    return {str(code): str(name) for code, name in zip(codes, named["epci_name"], strict=True)}


def _is(table: pd.DataFrame, code: str) -> pd.Series:
    return (table["epci"] == code) | (table["epci"].isna() & (table["epci_name"] == code))


def _own_name(name: str) -> str:
    """Return the name of an EPCI without its form: "CC du Pays de la Fère" is "du pays de la fere"."""
    return FORMS.sub("", plain(name)).strip()


def _words(name: str) -> frozenset[str]:
    return frozenset(re.split(r"[^a-z0-9]+", name)) - SMALL - {""}
