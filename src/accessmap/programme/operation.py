"""One operation of a programme: who does it, where, with which money, and the changes it is made of; all of it data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from accessmap.errors import Problem, Problems, ScenarioError
from accessmap.study.steps import ACTIONS
from accessmap.words.near import near_names
from accessmap.words.notes import Note

UNKNOWN: Final = "unknown"
"""What a file says where nothing is known: a year, a cost, a number of tablets."""

KINDS: Final = ("building", "accessibility", "schools", "fibre", "digital_help", "coworking", "service", "other")
"""What operations are about: a building for the public; step-free access; digital equipment of schools; a network's
roll-out; help with procedures online; places to work; any other service."""

# A contract is of this century; what is planned later than this is a slip of the key.
FIRST_YEAR, LAST_YEAR = 2000, 2100

# What a selection may say besides a commune or an EPCI, by what it selects.
SELECTIONS: Final[dict[str, tuple[str, ...]]] = {"sites": ("category",), "schools": ("level", "sector"), "communes": ()}


def selected(action: str) -> tuple[str, str]:
    """Return what a step of an action is about, one or a selection: ("id", "sites"); empty where it selects nothing."""
    selects = ACTIONS[action].selects
    return ("commune" if selects == "communes" else "id", selects) if selects else ("", "")


def members(communes: pd.DataFrame, epci: str | None) -> tuple[list[str], str]:
    """Return the codes of the communes of an EPCI, and its name for people to read."""
    found = communes[(communes["epci"] == epci).fillna(False).to_numpy(dtype=bool)]
    names = [str(name) for name in found["epci_name"].dropna()] if "epci_name" in found else []
    return [str(code) for code in found.index], next(iter(names), f"EPCI {epci}")


@dataclass(frozen=True)
class Selection:
    """The sites, schools or communes that a step is about, told by what they are and where, not one by one.

    Parameters
    ----------
    commune
        Their INSEE code.
    epci
        Or the SIREN of their EPCI, all of whose communes are meant.
    category
        Of sites: the one kind that is meant.
    levels
        Of schools: some of nursery, primary, middle, high; all where not given.
    sector
        Of schools: "public" leaves out those that are known to be private, "private" keeps only those.
    """

    commune: str | None = None
    epci: str | None = None
    category: str | None = None
    levels: tuple[str, ...] = ()
    sector: str | None = None


@dataclass(frozen=True)
class PlannedStep:
    """One step of a scenario as an operation plans it; what it leaves out is unknown.

    Parameters
    ----------
    action
        As a step of a scenario: open, close, move, set, equip, connect, close_road, set_speed, or one of yours.
    id
        Of a site, or of a school to equip.
    sites, schools, communes
        A selection, where the operation does not name ids.
    category
        Of what opens; None where nobody knows yet which service it will be: then nothing can be measured of it.
    category_label
        Its word on maps, where it is a category of one's own.
    name
        Of what opens.
    commune, lon, lat
        Where it opens or moves to; a move without a place leaves the site where it is. For connect: the commune.
    properties
        Values by name. "unknown" stands for some, nobody knows how many.
    road
        The two node ids of a stretch of road.

    Raises
    ------
    ScenarioError
        For an action that is none.
    """

    action: str
    id: str | None = None
    sites: Selection | None = None
    schools: Selection | None = None
    communes: Selection | None = None
    category: str | None = None
    category_label: str | None = None
    name: str | None = None
    commune: str | None = None
    lon: float | None = None
    lat: float | None = None
    properties: tuple[tuple[str, Any], ...] = ()
    road: tuple[Any, Any] | None = None

    def __post_init__(self) -> None:
        if self.action not in ACTIONS:
            near, known = near_names(self.action, ACTIONS), ", ".join(ACTIONS)
            told: dict[str, Any] = {"value": self.action, "action": repr(self.action), "near": near, "known": known}
            raise ScenarioError(Problem("step_unknown_action", where=Note("programme_a_step"), **told))

    @property
    def selection(self) -> Selection | None:
        """The selection, whichever it is of."""
        return self.sites or self.schools or self.communes


@dataclass(frozen=True)
class Operation:
    """One operation of a programme.

    Parameters
    ----------
    id
        Short and lasting, such as "mairie-servais".
    title
        As the contract has it.
    owner
        The maître d'ouvrage.
    communes
        INSEE codes of where it is.
    epci
        SIREN of the EPCI all of which it is in, or None.
    kind
        One of :data:`KINDS`.
    year, cost_eur
        Of its carrying out, and in euros without tax; None where unknown.
    financing
        Funder and euros, None where it is not known how many.
    partners, funders
        Who takes part, and who might pay; empty where unknown.
    expected
        What its owner expects of it, in their words.
    reading
        How it was put into steps: what is supposed, what is left out. For people to read.
    steps
        What it changes.
    enabled
        False where it is switched off.

    Raises
    ------
    ScenarioError
        Where it has no id, title, owner or place, its kind or year is none, or an amount is negative.
    """

    id: str
    title: str
    owner: str
    communes: tuple[str, ...] = ()
    epci: str | None = None
    kind: str = "other"
    year: int | None = None
    cost_eur: float | None = None
    financing: tuple[tuple[str, float | None], ...] = ()
    partners: tuple[str, ...] = ()
    funders: tuple[str, ...] = ()
    expected: tuple[str, ...] = ()
    reading: str = ""
    steps: tuple[PlannedStep, ...] = ()
    enabled: bool = True

    def __post_init__(self) -> None:
        problems = Problems()
        for name in ("id", "title", "owner"):
            if not getattr(self, name):
                problems.add("operation_lacks", name=name)
        if not self.communes and self.epci is None:
            problems.add("operation_no_place")
        if self.kind not in KINDS:
            told: dict[str, Any] = {"name": "kind", "shown": repr(self.kind), "known": ", ".join(KINDS)}
            problems.add("programme_unknown_value", value=self.kind, near=near_names(self.kind, KINDS), **told)
        if self.year is not None and not FIRST_YEAR <= self.year <= LAST_YEAR:
            problems.add("operation_year", value=self.year, first=FIRST_YEAR, last=LAST_YEAR)
        for euros in (self.cost_eur, *(euros for _, euros in self.financing)):
            if euros is not None and euros < 0:
                problems.add("operation_euros", value=euros, euros=f"{euros:g}")
        problems.raise_if_any(ScenarioError, Note("operation_named", id=repr(self.id), title=repr(self.title)))
