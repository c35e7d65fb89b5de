"""Siting: the sites chosen, what they are worth, and how far that is proven."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from types import MappingProxyType
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray

from accessmap.errors import Problem, SitingError
from accessmap.measures.resilience import site_places
from accessmap.siting.question import Question
from accessmap.siting.solver.program import Open
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.tables.aligned import Floats
from accessmap.words.near import near_names


def named_sites(sites: Sequence[str], study: Study, candidates: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
    """Return by site its `name` and the name of the `commune` it is in (<NA> beyond the communes loaded)."""
    known = study.services if candidates is None else candidates
    unknown = [site for site in sites if site not in known.index]
    if unknown:
        problem = Problem("siting_no_service", value=unknown[0], near=near_names(unknown[0], known.index))
        raise SitingError(problem, about="siting")
    chosen = known.loc[list(sites)]
    codes = site_places(chosen, study.communes)["commune"]
    return pd.DataFrame({"name": chosen["name"], "commune": codes.map(study.communes["name"]).astype("string")})


def check_candidates(sites: Iterable[str], candidates: gpd.GeoDataFrame) -> None:
    """Raise where a site that opens is not among the candidates."""
    unknown = [site for site in sites if site not in candidates.index]
    if unknown:
        near = near_names(unknown[0], candidates.index)
        raise SitingError(Problem("siting_no_candidate", value=unknown[0], near=near), about="to_scenario")


def opened_at(
    scenario: Scenario,
    category: str,
    site: str,
    candidates: gpd.GeoDataFrame,
    degrees: gpd.GeoSeries,
    *,
    id: str | None = None,  # noqa: A002 - as `Scenario.open` has it
) -> Scenario:
    """Return the scenario with a category opened at a candidate: a mairie opens its commune's, any other its point."""
    row = candidates.loc[site]
    if row["category"] == "mairie" and isinstance(row.get("commune"), str):
        return scenario.open(category, commune=row["commune"], id=id)
    return scenario.open(category, lon=float(degrees[site].x), lat=float(degrees[site].y), id=id)


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
        sites, near = np.flatnonzero(y), minutes[:, y]
        far = np.where(np.isnan(near), np.inf, near)
        which = np.where(np.isfinite(far).any(axis=1), sites[far.argmin(axis=1)], -1)
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
        _by_site(asked, y, service),
        tuple(names[asked.choice.existing]),
        parameters,
        {"residents": len(asked.residents), "sites": len(asked.sites), **size},
        time.perf_counter() - asked.started,
    )


def _by_site(asked: Question, y: Open, service: Service) -> pd.DataFrame:
    """Return people, mean and longest minutes of those who go to each open site."""
    rows = []
    for site in np.flatnonzero(y):
        here = (service.which == site) & (asked.people > 0)
        people, minutes = asked.people[here], service.minutes[here]
        some = len(people) > 0
        mean, worst = (float(np.average(minutes, weights=people)), float(minutes.max())) if some else (np.nan, np.nan)
        rows.append((float(people.sum()), mean, worst))
    index = pd.Index(asked.sites[y], name="site")
    return pd.DataFrame(rows, index=index, columns=["people", "mean_minutes", "worst_minutes"])


_SHOWN = 8
_TABLE = Markup(
    "<table><caption style='text-align:left'>{caption}</caption><thead><tr><th scope='col'>site</th>"
    "<th scope='col'>state</th><th scope='col'>people</th><th scope='col'>mean min</th>"
    "<th scope='col'>worst min</th></tr></thead><tbody>{rows}</tbody></table>"
)
_ROW = Markup("<tr><th scope='row'>{site}</th><td>{state}</td><td>{people}</td><td>{mean}</td><td>{worst}</td></tr>")


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
    by_site
        By open site: people who go there, and their mean_minutes and worst_minutes.
    existing
        Ids of the sites that were open before.
    parameters
        The options, as they were given.
    size
        residents, distinct_residents (after those with the same minutes are merged), sites, variables, rows.
    seconds
        How long it took.
    names
        Id to the name that is shown instead, from `named`; ids are shown where there is none.
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
    by_site: pd.DataFrame
    existing: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    size: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for name in ("parameters", "size", "names"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[Any, ...]:
        given = (getattr(self, each.name) for each in fields(self))
        return Siting, tuple(dict(value) if isinstance(value, MappingProxyType) else value for value in given)

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
        check_candidates(self.opened, candidates)
        scenario, degrees = Scenario(name), candidates.geometry.to_crs(4326)
        for site in self.opened:
            scenario = opened_at(scenario, category, site, candidates, degrees)
        for site in self.closed:
            scenario = scenario.close(site)
        return scenario

    def table(self, study: Study, *, candidates: gpd.GeoDataFrame | None = None) -> pd.DataFrame:
        """Return the plan as a table by site: name, commune, state (existing, new, closes), people, minutes.

        Parameters
        ----------
        study
            Names the communes, and the sites unless there are `candidates`.
        candidates
            The services among which the sites were chosen, where they are not the study's.

        Returns
        -------
        DataFrame
            By `site`: `name`, `commune` (its name), `state`, and of those who go there `people`, `mean_minutes` and
            `worst_minutes`; sites that close come last, with nobody.

        Raises
        ------
        SitingError
            If a site is in neither table.

        Examples
        --------
        >>> import accessmap as am
        >>> study = am.load_sample()
        >>> halls = study.services.loc[["mairie-02173", "mairie-02602"]]
        >>> here = study.residents[study.inside]
        >>> plan = am.siting.p_median(study.minutes(halls).loc[here.index], here["population"], 1)
        >>> plan.table(study)[["commune", "state"]]
                     commune state
        site
        mairie-02173  Chauny   new
        """
        named = named_sites([*self.sites, *self.closed], study, candidates).rename_axis("site")
        state = {site: "existing" if site in self.existing else "new" for site in self.sites}
        named["state"] = named.index.map(state | dict.fromkeys(self.closed, "closes"))
        table = named.join(self.by_site)
        return table.fillna({"people": 0.0})

    def named(self, study: Study, *, candidates: gpd.GeoDataFrame | None = None) -> Siting:
        """Return the same result, shown with the communes of its sites instead of their ids alone.

        Parameters
        ----------
        study, candidates
            As in `table`.

        Raises
        ------
        SitingError
            If a site is in neither table.
        """
        places = named_sites([*self.sites, *self.closed], study, candidates)
        shown = places["commune"].fillna(places["name"])
        return replace(self, names={str(site): str(name) for site, name in shown.items()})

    def _shown(self, site: object) -> str:
        """Return the commune and the id of a site, or its id where its name is not known."""
        name = self.names.get(str(site))
        return f"{name} ({site})" if name else str(site)

    @property
    def _summary(self) -> str:
        """What was found, in a line."""
        proven = "proven best" if self.status == "optimal" else f"at most {self.gap:.2%} from the best (time limit)"
        left = f", {self.unreached_people:,.0f} people reach none" if self.unreached_people else ""
        return (
            f"objective {self.objective:,.{0 if self.objective >= 1000 else 1}f}, {proven}; "
            f"mean {self.mean_minutes:.1f} min, worst {self.worst_minutes:.1f} min{left}; {self.seconds:.1f} s"
        )

    def __repr__(self) -> str:
        shown = ", ".join(self.names.get(site, site) for site in self.sites[:_SHOWN]) + _more(len(self.sites))
        return f"<Siting {self.method}: {len(self.sites)} sites ({shown}); {self._summary}>"

    def _repr_html_(self) -> str:
        """Return a short table for a notebook: site by site, who goes there and how far; names are escaped."""
        rows = [
            _ROW.format(
                site=self._shown(site),
                state="existing" if site in self.existing else "new",
                people=f"{row['people']:,.0f}",
                mean=_minutes(row["mean_minutes"]),
                worst=_minutes(row["worst_minutes"]),
            )
            for site, row in self.by_site.head(_SHOWN).iterrows()
        ]
        rows += [
            _ROW.format(site=self._shown(site), state="closes", people="", mean="", worst="")
            for site in self.closed[:_SHOWN]
        ]
        if len(self.sites) > _SHOWN:
            rows.append(_ROW.format(site=_more(len(self.sites)).strip(), state="", people="", mean="", worst=""))
        caption = f"{self.method}: {len(self.sites)} sites; {self._summary}"
        return str(_TABLE.format(caption=caption, rows=Markup("").join(rows)))


def _more(count: int) -> str:
    return f" and {count - _SHOWN} more" if count > _SHOWN else ""


def _minutes(value: float) -> str:
    return "" if math.isnan(value) else f"{value:.1f}"
