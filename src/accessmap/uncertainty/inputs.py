"""What is uncertain, and how much, as data: each spread with its unit and its source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache
from importlib.resources import files
from io import StringIO
from types import MappingProxyType
from typing import Any, Final, Self

import pandas as pd

from accessmap.errors import OptionError, Problems
from accessmap.words.near import near_names

#: What may be checked, each with the spreads that say how uncertain it is.
INPUTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "speeds": ("network", "road_class", "place"),
        "legs": ("legs",),
        "homes": ("homes",),
        "population": ("population", "population_year"),
        "closed": ("closed_year",),
        "missing": ("missing_year",),
        "hours": ("hours",),
    }
)

GROUPS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {"roads": ("speeds", "legs"), "people": ("homes", "population"), "sites": ("closed", "missing", "hours")}
)
"""Inputs that are checked together: by going and driving, by a better census, by one telephone call to each site."""


@cache
def _preset() -> pd.DataFrame:
    text = files("accessmap").joinpath("presets", "uncertainty.csv").read_text("utf-8")
    return pd.read_csv(StringIO(text), index_col="name")


@cache
def _spreads() -> dict[str, float]:
    return {str(name): float(value) for name, value in _preset()["spread"].items()}


def assumptions() -> pd.DataFrame:
    """Return what is taken to be uncertain: by name spread, least and most that may be given, unit, source.

    Spreads of unit "log" are standard deviations of the logarithm: 0.12 is about 12 % more or less, in two cases of
    three. "share" is a chance (0-1), "side" a share of the square that a resident point stands for.

    Examples
    --------
    >>> float(assumptions().loc["homes", "spread"]), assumptions().loc["homes", "unit"]
    (0.289, 'side')
    """
    return _preset().copy()


@dataclass(frozen=True)
class Assumptions:
    """How uncertain each input is: what is not given is as in `assumptions`.

    Parameters
    ----------
    network, road_class, place
        Speeds: of all roads together, of each class of road, of each commune; standard deviations of their logarithm.
    legs
        Minutes between home, road and site; the same.
    homes
        How far the middle of the people of a resident point may be from it, as a share of the square that it stands
        for: the side of that is the median distance to the next point.
    population, population_year
        People by commune; and for each year since they were counted.
    closed_year, missing_year, turnover
        Sites of the list that are closed, and sites that are not in it, by year since the list; and how far these two
        may be from their middle.
    hours
        Chance that a site whose hours are unknown is open too seldom to count.
    capacity
        Capacities that are known; a standard deviation of their logarithm. No minutes depend on it: see
        `supply_in_worlds`.
    classes
        By class of road, its spread where it has one of its own.
    years
        By "services" or "population", the age of the list; as the study's dates tell where not given.

    Examples
    --------
    >>> Assumptions(network=0.2).of("network"), Assumptions(network=0.2).of("homes"), Assumptions.none().of("homes")
    (0.2, 0.289, 0.0)
    """

    network: float | None = None
    road_class: float | None = None
    place: float | None = None
    legs: float | None = None
    homes: float | None = None
    population: float | None = None
    population_year: float | None = None
    closed_year: float | None = None
    missing_year: float | None = None
    turnover: float | None = None
    hours: float | None = None
    capacity: float | None = None
    classes: Mapping[str, float] = field(default_factory=dict)
    years: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        problems, table = Problems(), _preset()
        for name in self.names():
            value = getattr(self, name)
            if value is not None:
                _check(problems, name, value, float(table["least"][name]), float(table["most"][name]))
        for name, value in self.classes.items():
            _check(problems, f"classes.{name}", value, 0.0, float(table["most"]["road_class"]))
        for name, value in self.years.items():
            if name not in ("services", "population"):
                problems.add("uncertainty_years", value=name, near=near_names(name, ("services", "population")))
            _check(problems, f"years.{name}", value, 0.0, 100.0)
        problems.raise_if_any(OptionError, "uncertainty")
        object.__setattr__(self, "classes", MappingProxyType(dict(self.classes)))
        object.__setattr__(self, "years", MappingProxyType(dict(self.years)))

    def of(self, name: str) -> float:
        """Return one spread: as given, else as in `assumptions`."""
        given: float | None = getattr(self, name)
        return _spreads()[name] if given is None else given

    @classmethod
    def names(cls) -> list[str]:
        """Return the names of the spreads that are single numbers."""
        return [each.name for each in fields(cls) if each.name not in ("classes", "years")]

    @classmethod
    def none(cls) -> Self:
        """Return that nothing is uncertain."""
        nothing: dict[str, Any] = dict.fromkeys(cls.names(), 0.0)
        return cls(**nothing)

    def only(self, *names: str) -> Self:
        """Return that these of `INPUTS` are as uncertain as here, and nothing else is."""
        kept = {"turnover"}.union(*(INPUTS[name] for name in names))
        nothing: dict[str, Any] = {each: 0.0 for each in self.names() if each not in kept}
        return replace(self, **nothing, classes=self.classes if "speeds" in names else {})

    @property
    def any(self) -> bool:
        """Whether anything is uncertain that minutes depend on."""
        spreads = [self.of(name) for name in self.names() if name not in ("turnover", "capacity")]
        return any(spreads) or any(self.classes.values())

    def by_class(self, road_class: str) -> float:
        """Return the spread of the speeds of one class of road."""
        return self.classes.get(road_class, self.of("road_class"))


def _check(problems: Problems, name: str, value: Any, least: float, most: float) -> None:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if not number or not least <= value <= most:
        problems.add("uncertainty_spread", where=name, value=value, name=name, least=least, most=most)
