"""Worlds: what the uncertain inputs may really be, drawn alike for every plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol
from zlib import crc32

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.by_class import LEGS
from accessmap.uncertainty.inputs import Assumptions
from accessmap.uncertainty.weighed import Weighed

Single = npt.NDArray[np.float32]
Open = npt.NDArray[np.bool_]


class Worlds(Protocol):
    """So many worlds, the last axis of each array."""

    @property
    def n(self) -> int:
        """How many."""

    def classes(self, names: Sequence[str]) -> Single:
        """Return what minutes on each class of road are multiplied by, (classes, n)."""

    def places(self, codes: Sequence[str]) -> Single:
        """Return what minutes on the roads of each commune are multiplied by, (communes, n)."""

    def people(self, code: str) -> npt.NDArray[np.float64] | float:
        """Return what the people of a commune are multiplied by, (n,); 1 where they are known."""

    def homes(self, code: str, count: int) -> Single | None:
        """Return the metres by which the residents of a commune live elsewhere, (count, 2, n); None where nowhere."""

    def sites(self, weighed: Weighed) -> Open:
        """Return which sites are there and open, (sites, n)."""


@dataclass(frozen=True)
class Drawn:
    """The world as the study has it, and so many drawn at random: the same seed gives the same, whatever else is asked.

    Every class, commune and site has a stream of its own, named after it: another plan, or another spread, changes
    nothing of the others.
    """

    assumed: Assumptions
    count: int
    seed: int
    side: float
    years: dict[str, float]

    @property
    def n(self) -> int:
        """How many worlds, the first of which is that of the study."""
        return self.count + 1

    def _stream(self, *name: str) -> np.random.Generator:
        return np.random.default_rng([self.seed, *(crc32(part.encode()) for part in name)])

    def _log(self, spread: float, *name: str) -> npt.NDArray[np.float64]:
        """Return factors whose logarithm is normal, with 1 in the middle."""
        factors = np.ones(self.n)
        if spread:
            factors[1:] = np.exp(spread * self._stream(*name).standard_normal(self.count))
        return factors

    def _less(self, chance: npt.NDArray[np.float64] | float, *name: str) -> Open:
        """Return in which worlds something of this chance happens: never in the first."""
        happens = np.zeros(self.n, bool)
        happens[1:] = self._stream(*name).random(self.count) < np.broadcast_to(chance, self.n)[1:]
        return happens

    def classes(self, names: Sequence[str]) -> Single:
        """Return what minutes on each class of road are multiplied by, (classes, n)."""
        network = self._log(self.assumed.of("network"), "network")
        rows = [
            self._log(self.assumed.of("legs"), "legs")
            if name == LEGS
            else network * self._log(self.assumed.by_class(name), "class", name)
            for name in names
        ]
        return np.array(rows, "float32")

    def places(self, codes: Sequence[str]) -> Single:
        """Return what minutes on the roads of each commune are multiplied by, (communes, n)."""
        return np.array([self._log(self.assumed.of("place"), "place", code) for code in codes], "float32")

    def people(self, code: str) -> npt.NDArray[np.float64] | float:
        """Return what the people of a commune are multiplied by, (n,); 1 where they are known."""
        counted, yearly = self.assumed.of("population"), self.assumed.of("population_year")
        spread = float(np.sqrt(counted**2 + yearly**2 * self.years["population"]))
        return self._log(spread, "people", code) if spread else 1.0

    def homes(self, code: str, count: int) -> Single | None:
        """Return the metres by which the residents of a commune live elsewhere, (count, 2, n); None where nowhere."""
        metres = np.float32(self.assumed.of("homes") * self.side)
        if not metres:
            return None
        moved = np.zeros((count, 2, self.n), "float32")
        moved[:, :, 1:] = metres * self._stream("homes", code).standard_normal((count, 2, self.count), "float32")
        return moved

    def sites(self, weighed: Weighed) -> Open:
        """Return which sites are there and open, (sites, n)."""
        years, table = self.years["services"], weighed.sites
        turnover = self.assumed.of("turnover")
        closed, missing = (
            1 - np.exp(-years * self.assumed.of(name) * self._log(turnover, name))
            for name in ("closed_year", "missing_year")
        )
        seldom, count = self.assumed.of("hours"), float(table["several"][table["listed"] & table["inside"]].sum())
        alive = np.ones((len(table), self.n), bool)
        for number, (site, row) in enumerate(zip(table.index, table.to_dict("records"), strict=True)):
            if row["missing"]:
                alive[number] = self._less(missing * count * row["missing"], "missing", site)
            elif row["listed"]:
                alive[number] = ~self._less(closed ** row["several"], "closed", site)
                if row["hours_unknown"] and seldom:
                    alive[number] &= ~self._less(seldom ** row["several"], "hours", site)
        return alive

    def capacities(self, known: pd.Series) -> npt.NDArray[np.float64]:
        """Return capacities of sites, (sites, n): what is not known is that of another site, NaN in the first world."""
        spread, said = self.assumed.of("capacity"), known.dropna().to_numpy("float64")
        found = np.empty((len(known), self.n))
        for number, (site, value) in enumerate(known.items()):
            if value == value:
                found[number] = value * self._log(spread, "capacity", str(site))
            else:
                found[number, 0] = np.nan
                found[number, 1:] = self._stream("capacity unknown", str(site)).choice(said, self.count)
        return found


@dataclass(frozen=True)
class Several:
    """Worlds of several kinds, one after the other."""

    kinds: tuple[Worlds, ...]

    @property
    def n(self) -> int:
        """How many in all."""
        return sum(each.n for each in self.kinds)

    def classes(self, names: Sequence[str]) -> Single:
        """Return what minutes on each class of road are multiplied by, (classes, n)."""
        return np.concatenate([each.classes(names) for each in self.kinds], axis=1)

    def places(self, codes: Sequence[str]) -> Single:
        """Return what minutes on the roads of each commune are multiplied by, (communes, n)."""
        return np.concatenate([each.places(codes) for each in self.kinds], axis=1)

    def people(self, code: str) -> npt.NDArray[np.float64] | float:
        """Return what the people of a commune are multiplied by, (n,)."""
        return np.concatenate([np.broadcast_to(each.people(code), each.n) for each in self.kinds])

    def homes(self, code: str, count: int) -> Single | None:
        """Return the metres by which the residents of a commune live elsewhere, (count, 2, n); None where nowhere."""
        found = [each.homes(code, count) for each in self.kinds]
        if all(each is None for each in found):
            return None
        blank = [np.zeros((count, 2, each.n), "float32") for each in self.kinds]
        return np.concatenate([b if each is None else each for each, b in zip(found, blank, strict=True)], axis=2)

    def sites(self, weighed: Weighed) -> Open:
        """Return which sites are there and open, (sites, n)."""
        return np.concatenate([each.sites(weighed) for each in self.kinds], axis=1)
