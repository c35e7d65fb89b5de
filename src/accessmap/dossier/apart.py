"""The commune sheets of a large territory: pages of their own beside the dossier, one a département."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from accessmap.dossier.results import Known, plainly
from accessmap.dossier.sheets import Sheet
from accessmap.maps.drawing import Drawing
from accessmap.tables.departments import department, department_name

#: Sheets that a page holds.
MOST_SHEETS: Final = 400


@dataclass(frozen=True)
class Group:
    """Sheets of one page: what its file name ends with, its name, and the codes of its communes."""

    key: str
    name: str
    codes: frozenset[str]


def is_apart(known: Known) -> bool:
    """Return whether the sheets of a dossier are too many for its page."""
    return len(known.results.communes) > MOST_SHEETS


def groups(known: Known) -> Iterator[Group]:
    """Yield the pages of the sheets: one a département, more where it has more sheets than a page holds."""
    names = known.results.communes["name"].sort_values(key=plainly, kind="stable")
    for number, here in sorted(names.groupby(names.index.map(department), sort=False), key=lambda each: str(each[0])):
        title = f"{department_name(str(number))} ({number})"
        pages = -(-len(here) // MOST_SHEETS)
        size = -(-len(here) // pages)
        for page in range(pages):
            part = here.iloc[page * size : (page + 1) * size]
            several = f", {part.iloc[0]} – {part.iloc[-1]}" if pages > 1 else ""
            key = f"{number}-{page + 1}" if pages > 1 else str(number)
            yield Group(key, title + several, frozenset(map(str, part.index)))


def file_name(stem: str, group: Group) -> str:
    """Return the name of the file of a group of sheets, those of a page `x.html` being named after `x-fiches`."""
    return f"{stem}-{group.key}.html"


def entries(known: Known, stem: str) -> list[tuple[str, str]]:
    """Return name and address of every sheet by name, the code beside a name that several have; no addresses of ''."""
    page = {code: file_name(stem, group) for group in groups(known) for code in group.codes} if stem else {}
    names = known.results.communes["name"].sort_values(key=plainly, kind="stable")
    twice = names.duplicated(keep=False)
    return [
        (f"{name} ({code})" if twice[code] else str(name), f"{page[str(code)]}#fiche-{code}" if stem else "")
        for code, name in names.items()
    ]


def land_of(drawing: Drawing, sheets: Sequence[Sheet]) -> Drawing:
    """Return the land that the maps of these sheets show."""
    used = {code for each in sheets for code in re.findall(r'href="#z-([^"]+)"', each.map)}
    return replace(drawing, zones=tuple(zone for zone in drawing.zones if zone.code in used))
