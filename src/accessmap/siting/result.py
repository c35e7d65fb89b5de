"""Siting: the sites chosen, what they are worth, and how far that is proven."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.alignment import Floats
from accessmap.errors import SitingError, did_you_mean
from accessmap.scenarios import Scenario
from accessmap.siting.inputs import Question
from accessmap.siting.program import Open

__all__ = ["Service", "Siting", "served", "siting_of"]


@dataclass(frozen=True, eq=False, repr=False)
class Siting:
    """Which sites to open, for whom, and how far from the best possible that is proven to be; read-only.

    Parameters
    ----------
    method
        Name of the function that made it.
    sites
        Ids of all open sites, the existing ones included, in the order of the columns.
    objective
        What was minimised or maximised: person-minutes (`p_median`), people (`max_coverage`), sites or cost
        (`set_cover`), minutes (`p_center`, `p_dispersion`, `worst_off`).
    bound
        What no choice can beat, in the unit of the objective.
    status
        "optimal" where the gap is at most 1e-6, "time limit" where the search was stopped with a larger one.
    assignment
        Site of each resident: the nearest open one, of two the first column (in `capacitated_p_median` the one that
        has room for him); <NA> where he reaches none.
    minutes
        Minutes of each resident to that site, NaN where he reaches none.
    mean_minutes
        Over the people reached, weighted by the demand.
    worst_minutes
        Of the people reached, the longest.
    unreached_people
        People, in the unit of the demand (residents where none is given), who reach no open site.
    existing
        Ids of the sites that were open before.
    parameters
        The options, as they were given.
    size
        residents, distinct_residents (after those with the same minutes are merged), sites, variables, rows.
    seconds
        How long it took.
    """

    method: str
    sites: tuple[str, ...]
    objective: float
    bound: float
    status: Literal["optimal", "time limit"]
    assignment: pd.Series
    minutes: pd.Series
    mean_minutes: float
    worst_minutes: float
    unreached_people: float
    existing: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    size: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def gap(self) -> float:
        """How much better, as a share of the objective, another choice could be at most; 0 is proven best."""
        difference = abs(self.objective - self.bound)
        return difference / abs(self.objective) if self.objective else difference

    @property
    def opened(self) -> tuple[str, ...]:
        """The sites that were not open before."""
        return tuple(site for site in self.sites if site not in self.existing)

    @property
    def closed(self) -> tuple[str, ...]:
        """The sites that were open before and are not now."""
        return tuple(site for site in self.existing if site not in self.sites)

    def to_scenario(self, name: str, category: str, candidates: gpd.GeoDataFrame) -> Scenario:
        """Return the scenario that opens the new sites as services of a category, and closes those given up.

        Parameters
        ----------
        name
            Of the scenario.
        category
            Of the services that open, such as "france_services".
        candidates
            The services among which the sites were chosen: a mairie opens its commune's site, any other its point.

        Raises
        ------
        SitingError
            If a site is not among the candidates.

        Examples
        --------
        >>> from shapely import Point
        >>> mairies = gpd.GeoDataFrame(
        ...     {"name": ["Mairie"], "category": ["mairie"], "commune": ["02217"]},
        ...     geometry=[Point(733000, 6937000)], index=["mairie-02217"], crs=2154)
        >>> times = pd.DataFrame({"mairie-02217": [4.0]}, index=["r1"])
        >>> from accessmap.siting import p_median
        >>> plan = p_median(times, pd.Series({"r1": 10}), 1).to_scenario("Coucy", "france_services", mairies)
        >>> plan.steps[0].commune
        '02217'
        """
        unknown = [site for site in self.opened if site not in candidates.index]
        if unknown:
            raise SitingError(f"to_scenario: no candidate {unknown[0]!r}{did_you_mean(unknown[0], candidates.index)}.")
        scenario = Scenario(name)
        degrees = candidates.geometry.to_crs(4326)
        for site in self.opened:
            row = candidates.loc[site]
            if row["category"] == "mairie" and isinstance(row.get("commune"), str):
                scenario = scenario.open(category, commune=row["commune"])
            else:
                scenario = scenario.open(category, lon=float(degrees[site].x), lat=float(degrees[site].y))
        for site in self.closed:
            scenario = scenario.close(site)
        return scenario

    def __repr__(self) -> str:
        proven = "proven best" if self.status == "optimal" else f"at most {self.gap:.2%} from the best (time limit)"
        left = f", {self.unreached_people:,.0f} people reach none" if self.unreached_people else ""
        shown = ", ".join(self.sites[:8]) + (f" and {len(self.sites) - 8} more" if len(self.sites) > 8 else "")
        return (
            f"<Siting {self.method}: {len(self.sites)} sites ({shown}); objective {self.objective:,.6g}, {proven}; "
            f"mean {self.mean_minutes:.1f} min, worst {self.worst_minutes:.1f} min{left}; {self.seconds:.1f} s>"
        )


@dataclass(frozen=True, eq=False)
class Service:
    """Who goes where, and how long that takes."""

    which: NDArray[np.intp]
    minutes: Floats
    mean: float
    worst: float
    unreached: float


def served(minutes: NDArray[np.floating], people: Floats, y: Open, which: NDArray[np.intp] | None = None) -> Service:
    """Return who goes where: to the nearest open site, unless `which` says (by resident, -1 is nowhere)."""
    if which is None:
        far = np.where(np.isnan(minutes) | ~y, np.inf, minutes)
        which = np.where(np.isfinite(far).any(axis=1), far.argmin(axis=1), -1)
    own = minutes[np.arange(len(minutes)), which].astype("float64")
    own[which < 0] = np.nan
    counted = (which >= 0) & (people > 0)
    reached = float(people[counted].sum())
    mean = float(people[counted] @ own[counted]) / reached if reached else float("nan")
    worst = float(own[counted].max()) if counted.any() else float("nan")
    return Service(which, own, mean, worst, float(people[which < 0].sum()))


def siting_of(
    asked: Question,
    method: str,
    y: Open,
    objective: float,
    bound: float,
    *,
    proven: bool,
    parameters: Mapping[str, Any],
    size: Mapping[str, int],
    which: NDArray[np.intp] | None = None,
) -> Siting:
    """Return the result of a question."""
    service = served(asked.minutes, asked.people, y, which)
    names = asked.sites.to_numpy(dtype=object)
    assigned = names[service.which]
    assigned[service.which < 0] = None
    return Siting(
        method,
        tuple(names[y]),
        objective,
        bound,
        "optimal" if proven else "time limit",
        pd.Series(pd.array(assigned, dtype="string"), index=asked.residents, name="site"),
        pd.Series(service.minutes, index=asked.residents, name="minutes"),
        service.mean,
        service.worst,
        service.unreached,
        tuple(names[asked.choice.existing]),
        MappingProxyType(dict(parameters)),
        MappingProxyType({"residents": len(asked.residents), "sites": len(asked.sites), **size}),
        time.perf_counter() - asked.started,
    )
