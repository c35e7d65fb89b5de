"""Where each file of a folder goes in a study: by section the newest of its kind, services by category."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import geopandas as gpd

from accessmap.categories import CATEGORIES
from accessmap.read.communes import NAMES as COMMUNES
from accessmap.read.files import read_table
from accessmap.read.layouts.known import in_layout
from accessmap.read.located import communes_of_rows
from accessmap.read.recognising import Recognised
from accessmap.words.near import category_meant, plain

# Of a file of many kinds those that a first study shows, most wanted first; the first is what its dossier is about.
FIRST = (
    *("france_services", "general_practitioner", "pharmacy", "post_office", "nurse", "primary_school", "bakery"),
    *("supermarket", "library", "hospital"),
)
MANY = 12
# Kinds whose rows are here or elsewhere: a file of elsewhere would stop the study.
COUNTED = ("services", "residents", "schools", "roll", "equipment", "digital", "step_free")
REFERENCES = ("access_minutes", "apl")  # layouts of figures that a dossier sets beside its own


@dataclass
class Found:
    """What goes where: by section the file that is taken, and those left beside it."""

    sections: dict[str, Recognised] = field(default_factory=dict)
    services: list[dict[str, Any]] = field(default_factory=list)
    spare: dict[str, list[Recognised]] = field(default_factory=dict)
    others: list[Recognised] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    zonages: list[Recognised] = field(default_factory=list)
    references: list[Recognised] = field(default_factory=list)
    unnamed: list[dict[str, Any]] = field(default_factory=list)
    elsewhere: list[Recognised] = field(default_factory=list)
    twice: list[tuple[Recognised, list[str]]] = field(default_factory=list)
    types: Recognised | None = None


def sort_files(
    every: Iterable[Recognised],
    area: gpd.GeoDataFrame | None = None,
    named: Mapping[str, str] = MappingProxyType({}),
    category: str | None = None,
) -> Found:
    """Put each table where a study reads it: of several of one kind the newest."""
    found = Found()
    kinds = {Path(path).resolve(): kind for path, kind in named.items()}
    newest = _wanted_first(every)
    communes = next((one for one in newest if one.kind == "communes"), None)
    lacking = communes is not None and "population" in communes.missing
    taken = {"communes", "residents", "digital", "schools", "roll", "roads", "nodes", "edges", "equipment", "step_free"}
    taken |= {"population", "epci"} if lacking else set()
    taken |= set() if communes is None or _names_epci(communes) else {"epci"}
    for one in newest:
        kind = kinds.get(Path(str(one.file)).resolve())
        if kind is not None and one.kind in ("services", "schools", ""):
            found.services.append({"category": kind, "one": one, "guessed": False})
            found.categories += [kind] if kind not in found.categories else []
        elif one.kind in COUNTED and one.around == 0:
            found.elsewhere.append(one)
        elif one.kind == "services":
            _add_services(found, one, area, {*kinds.values()})
        elif one.kind == "zonage":
            found.zonages.append(one)
        elif one.layout is not None and one.layout.name in REFERENCES:
            found.references.append(one)
        elif one.kind == "dictionary" and found.types is None and _lists_types(one):
            found.types = one
        elif one.kind not in taken:
            found.others.append(one)
        elif one.kind in found.sections:
            found.spare.setdefault(one.kind, []).append(one)
        else:
            found.sections[one.kind] = one
    _make_whole(found, lacking=lacking)
    _take_asked(found, category)
    return found


def _wanted_first(every: Iterable[Recognised]) -> list[Recognised]:
    """Return tables by their date, the newest first; last communes without people, where no other file has these."""
    newest = sorted(every, key=lambda one: (one.vintage, one.path), reverse=True)
    bare = [one for one in newest if one.kind == "communes" and "population" in one.missing]
    beside = any(one.kind in ("population", "epci") for one in newest)
    return newest if beside else [*(one for one in newest if one not in bare), *bare]


def _names_epci(one: Recognised) -> bool:
    """Whether communes have the names of their EPCI, by which a territory may be asked for."""
    patterns = ("epci_name", *COMMUNES["epci_name"])
    return any(re.fullmatch(pattern, name) for pattern in patterns for name in read_table(one.path).names)


def _take_asked(found: Found, category: str | None) -> None:
    """Take for the category that is asked for the one file whose name tells it, where no other has that category."""
    alike = [each for each in found.unnamed if category is not None and each["category"] == category]
    if category not in found.categories and len(alike) == 1:
        found.unnamed.remove(alike[0])
        found.services.append({"category": category, "one": alike[0]["one"], "guessed": True})
        found.categories.append(str(category))


def _make_whole(found: Found, *, lacking: bool) -> None:
    """Let one file be what it is twice, and leave aside what stands alone and is read with another."""
    if lacking and "population" not in found.sections and "epci" in found.sections:
        names = read_table(found.sections["epci"].path).names
        if any("pmun" in name for name in names):  # the composition of EPCI counts the people too
            found.sections["population"] = found.sections["epci"]
    communes = found.sections.get("communes")
    if communes is not None and communes.layout is not None and communes.layout.category:
        found.services.insert(0, {"category": communes.layout.category, "one": communes, "guessed": False})
        found.categories.insert(0, communes.layout.category)
    for alone, other in (("roll", "schools"), ("equipment", "schools"), ("nodes", "edges"), ("edges", "nodes")):
        if alone in found.sections and other not in found.sections:
            found.others.append(found.sections.pop(alone))
    if "roads" in found.sections and "edges" in found.sections:
        for name in ("nodes", "edges"):
            found.spare.setdefault("roads", []).append(found.sections.pop(name))


def _add_services(found: Found, one: Recognised, area: gpd.GeoDataFrame | None, named: set[str]) -> None:
    """Add a file of services: whole, or of many kinds those that are wanted first; of one layout the newest."""
    same = [each["one"] for each in found.services if one.layout is not None and each["one"].layout == one.layout]
    if same and one.layout is not None and one.vintage and same[0].vintage != one.vintage:
        found.spare.setdefault("services", []).append(one)
        return
    if (one.layout is None and not one.categories) or one.missing:
        found.unnamed.append({"category": category_in_name(one.file.name), "one": one})
        return
    kinds = _kinds_in(one, area) if area is not None or not one.categories else list(one.categories)
    twice = [kind for kind in kinds if kind in named or kind in found.categories]
    if twice:  # sites of two lists would be counted two times
        found.twice.append((one, twice))
        kinds = [kind for kind in kinds if kind not in twice]
    if not kinds and twice:
        return
    if not kinds:  # of the rows that are here none has a kind that is known
        found.others.append(one)
        return
    few = kinds if len(kinds) <= MANY else [kind for kind in FIRST if kind in kinds]
    sections = [None] if len(kinds) == len(few) and len(kinds) > 1 and not twice else few
    if len(few) == 1 and not (one.layout is not None and one.layout.category):
        sections = few
    for kind in sections:
        found.services.append({"category": kind, "one": one, "guessed": False})
    found.categories += [kind for kind in few if kind not in found.categories]


def _lists_types(one: Recognised) -> bool:
    """Whether a dictionary names the types of equipment of the BPE."""
    return one.layout is not None and (one.layout.name == "bpe_types" or "bpe" in one.path.casefold())


def _kinds_in(one: Recognised, area: gpd.GeoDataFrame | None) -> list[str]:
    """The categories that a file tells of its rows, of those in the communes where these are known."""
    if one.layout is not None and one.layout.category:
        return [one.layout.category]
    raw = read_table(one.path)
    where = None if area is None else communes_of_rows(raw, area)
    if where is not None:
        raw = raw.keep(where.notna())
    if one.layout is not None:
        raw, _ = in_layout(raw, None, None, None)
    column = next((raw.names[name] for name in ("category", "categorie") if name in raw.names), None)
    return [] if column is None else sorted({category_meant(str(name)) for name in raw.table[column].dropna().unique()})


def category_in_name(name: str) -> str:
    """Return the published category that the name of a file speaks of, "" of none.

    >>> category_in_name("pharmacies_02_2024.csv"), category_in_name("liste-medecins-generalistes.xlsx")
    ('pharmacy', 'general_practitioner')
    """
    words = [word for word in re.split(r"[^a-z0-9']+", plain(name.partition(".")[0])) if word]
    for size in range(len(words), 0, -1):
        for start in range(len(words) - size + 1):
            kind = category_meant(" ".join(words[start : start + size]))
            if kind in CATEGORIES:
                return kind
    return ""
