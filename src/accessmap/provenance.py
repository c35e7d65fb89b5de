"""Where numbers come from: sources with their licence and vintage, and the credit line that maps carry."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from importlib.metadata import version
from types import MappingProxyType
from typing import Any

__all__ = ["Provenance", "Source"]

UNKNOWN_CREDIT = "provenance inconnue"
MODELLED_NOTE = "réseau modélisé"


@dataclass(frozen=True, order=True)
class Source:
    """One source of data: what it is, who publishes it, under which licence, and of when.

    Parameters
    ----------
    title, publisher, licence, vintage
        As they must be quoted; the vintage is a year or a date.
    url
        Where the publisher names it, if anywhere.
    sha256
        Hash of the file that was read, if it was a file.
    of
        What of a study comes from it: names of its tables ("communes", "residents", "services", "digital", "schools",
        "equipment"), and of services the category where it has one alone ("services.pharmacy"), of roads the mode
        ("roads.car"); and of files that stand beside them "population", "epci", "zonage", "roll", "step_free" and
        "reference".
    """

    title: str
    publisher: str
    licence: str
    vintage: str
    url: str | None = None
    sha256: str | None = None
    of: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "of", tuple(self.of))  # a saved study gives a list

    @property
    def credit(self) -> str:
        """The source in one short line: title, publisher, vintage and licence."""
        return f"{self.title} ({', '.join(part for part in (self.publisher, self.vintage, self.licence) if part)})"


@dataclass(frozen=True)
class Provenance:
    """The sources and parameters behind a table, a network or a page.

    Parameters
    ----------
    sources
        Each source once.
    parameters
        Name to value, as they should be printed; either may be a note, which is told in the language of the page.
    modelled
        True where the road network is modelled and not read from real roads: pages and maps must say so.
    """

    sources: tuple[Source, ...] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)
    modelled: bool = False

    def __post_init__(self) -> None:
        of: dict[Source, dict[str, None]] = {}
        for source in self.sources:  # one file that fills several tables is one source
            of.setdefault(replace(source, of=()), {}).update(dict.fromkeys(source.of))
        object.__setattr__(self, "sources", tuple(replace(source, of=tuple(names)) for source, names in of.items()))
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    def __add__(self, other: "Provenance") -> "Provenance":
        sources = self.sources + other.sources
        return Provenance(sources, {**self.parameters, **other.parameters}, self.modelled or other.modelled)

    def __reduce__(self) -> tuple[type["Provenance"], tuple[tuple[Source, ...], dict[str, str], bool]]:
        return type(self), (self.sources, dict(self.parameters), self.modelled)

    def with_parameters(self, **parameters: str) -> "Provenance":
        """Return the same provenance with further parameters."""
        return replace(self, parameters={**self.parameters, **parameters})

    def as_json(self, **more: Any) -> str:
        """Return what a data file says of itself in its metadata: the version, `more`, `modelled` and the sources."""
        sources = [asdict(source) for source in self.sources]
        about = {"version": version("accessmap"), **more, "modelled": self.modelled, "sources": sources}
        return json.dumps(about, ensure_ascii=False)

    @property
    def credit(self) -> str:
        """The credit line of a map: publishers and vintages, and "réseau modélisé" where it is."""
        if not self.sources:
            return UNKNOWN_CREDIT
        publishers = dict.fromkeys(f"{source.publisher} {source.vintage}".strip() for source in self.sources)
        line = "Sources : " + " ; ".join(publishers)
        return f"{MODELLED_NOTE} · {line}" if self.modelled else line
