"""What a legend says: its entries, how they are painted, and the view of a map that they explain."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from accessmap import labels
from accessmap.labels import Lang

NO_DATA: Final = "#d9d9d9"
OUTSIDE: Final = "#efede8"
# Land of the territory that a view says nothing of.
PAPER: Final = "#ffffff"


@dataclass(frozen=True)
class Entry:
    """One line of a legend: what it says, how it is painted, how many communes and people it holds.

    Parameters
    ----------
    label
        Its words.
    colour
        Of its land or its roads.
    pattern
        Name of a hatching, drawn instead of the colour; "dash" breaks a line.
    communes, people
        How many it holds, where they are counted.
    said
        What it holds, in words, where that is not communes: kilometres of road, or cells.
    line
        Width in pixels where it paints roads; 0 for land.
    """

    label: str
    colour: str
    pattern: str = ""
    communes: int | None = None
    people: float | None = None
    said: str = ""
    line: int = 0

    def count(self, lang: Lang) -> str:
        """Return "12 communes · 4 300 habitants", or nothing where it is not counted."""
        if self.said or self.communes is None:
            return self.said
        communes = labels.text("communes", lang=lang, n=self.communes)
        if self.people is None:
            return communes
        return labels.text("legend_count", lang=lang, communes=communes, people=labels.people(self.people, lang=lang))

    def told(self, lang: Lang) -> str:
        """Return the entry in words: its label and what it holds."""
        count = self.count(lang)
        return labels.text("labelled", lang=lang, name=self.label, value=count) if count else self.label


@dataclass(frozen=True)
class Square:
    """The legend of two values at once: classes of the first from left to right, of the second from top to bottom.

    Parameters
    ----------
    across, down
        What each axis is.
    columns, rows
        Words of the classes of each axis.
    looks
        Row by row, colour and pattern of each class.
    """

    across: str
    down: str
    columns: tuple[str, ...]
    rows: tuple[str, ...]
    looks: tuple[tuple[Entry, ...], ...]


@dataclass(frozen=True, eq=False)
class View:
    """One painting of the map: the number of its legend entry by commune, and what a tooltip says of each.

    Parameters
    ----------
    key, name, title
        Its id, what the switch calls it, and the heading of its legend.
    entries
        The legend.
    fill
        Entry by code of a commune; those that are left out stay white.
    told
        Lines of the tooltip, by code.
    note
        A sentence under the legend.
    square
        The legend of two values at once, above the list.
    """

    key: str
    name: str
    title: str
    entries: tuple[Entry, ...]
    fill: Mapping[str, int]
    told: Mapping[str, tuple[str, ...]]
    note: str = ""
    square: Square | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "fill", MappingProxyType(dict(self.fill)))
        object.__setattr__(self, "told", MappingProxyType(dict(self.told)))

    def alt(self, lang: Lang) -> str:
        """Return what the picture shows, in words: the legend read out."""
        read = " ; ".join(entry.told(lang) for entry in self.entries)
        return " ".join(part for part in (f"{self.title}.", read + ".", self.note) if part)

    def with_told(self, told: Mapping[str, tuple[str, ...]]) -> "View":
        """Return the same view with other tooltips."""
        return replace(self, told=told)
