"""BundlePlan: which services open where and when, who goes there, and how far that is proven."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from markupsafe import Markup
from numpy.typing import NDArray
from scipy import sparse

from accessmap.measures.hours import hours_of_half_days
from accessmap.siting.result import check_candidates, opened_at
from accessmap.study.scenario import Scenario
from accessmap.tables.aligned import Floats

if TYPE_CHECKING:
    from accessmap.siting.solver.bundled import Best, Part

UNKNOWN = -1.0  # half-days of a site of today whose hours nobody knows
_NOBODY = 1e-6  # people


@dataclass(frozen=True, eq=False, repr=False)
class BundlePlan:
    """What opens when in shared buildings, who is served where, what it costs, and how far it is proven; read-only.

    Parameters
    ----------
    schedule
        By (year, service, site) that is open: half_days a week; added, of these, what is paid for; opens, whether in
        this year; people who go there; room, the people whom it can take (infinite where room does not count).
    minutes
        By (year, service): people served; mean_minutes and worst_minutes of where they go; nearest_minutes, the mean to
        the nearest open site, which `compare` prints; today_minutes, that of today (NaN: none); sent_on, people who go
        past a nearer site for want of room; unserved people, and unreached people, whom no site reaches.
    assignment
        By row: year, service, resident, site, people, minutes; a row of residents may go to several sites in part.
    costs
        By year: buildings, openings, half_days, spent, budget.
    objective
        Person-minutes of all years, weighted by service.
    bound
        What no plan can beat.
    status
        "optimal" where the gap is at most 1e-6, else "time limit".
    parameters
        The options, as they were given.
    size
        Variables and rows of the program, and calls of the solver.
    seconds
        How long it took.
    """

    schedule: pd.DataFrame
    minutes: pd.DataFrame
    assignment: pd.DataFrame
    costs: pd.DataFrame
    objective: float
    bound: float
    status: Literal["optimal", "time limit"]
    parameters: Mapping[str, Any] = field(default_factory=dict)
    size: Mapping[str, int] = field(default_factory=dict)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        for name in ("parameters", "size"):
            object.__setattr__(self, name, MappingProxyType(dict(getattr(self, name))))

    def __reduce__(self) -> tuple[Any, ...]:
        given = (getattr(self, each.name) for each in fields(self))
        return BundlePlan, tuple(dict(each) if isinstance(each, MappingProxyType) else each for each in given)

    @property
    def gap(self) -> float:
        """By which share of the objective another plan could be better at most; 0 is proven best."""
        return (self.objective - self.bound) / self.objective if self.objective else 0.0

    @property
    def sites(self) -> tuple[str, ...]:
        """Ids of all sites where something is open."""
        return tuple(dict.fromkeys(map(str, self.schedule.index.get_level_values("site"))))

    @property
    def opens(self) -> pd.DataFrame:
        """What opens, a row each: year, service, site, half_days."""
        table = self.schedule.reset_index()
        return table.loc[table["opens"], ["year", "service", "site", "half_days"]].reset_index(drop=True)

    def to_scenarios(
        self, name: str, candidates: gpd.GeoDataFrame, *, week: Mapping[str, str] | None = None
    ) -> list[Scenario]:
        """Return a scenario a year that has something new by then: all that opens up to it, and the hours that are new.

        Parameters
        ----------
        name
            Of the scenarios, before the year.
        candidates
            The sites as services: a mairie opens its commune's site, any other its point.
        week
            `morning` and `afternoon`, as `am.hours.hours_of_half_days` takes them: which days of the week they are no
            plan says.

        Raises
        ------
        SitingError
            If a site is not among the candidates.
        """
        check_candidates(self.opens["site"], candidates)
        degrees, hours = candidates.geometry.to_crs(4326), dict(week or {})
        found = []
        for year, table in self.schedule[self.schedule["added"] > 0].groupby(level="year", sort=True):
            scenario = Scenario(f"{name} {year}")
            for row in table.reset_index().to_dict("records"):
                service, site, count = str(row["service"]), str(row["site"]), round(float(row["half_days"]))
                id_ = site
                if row["half_days"] == row["added"]:  # it is not there today
                    id_ = f"{service}-{site}"
                    scenario = opened_at(scenario, service, site, candidates, degrees, id=id_)
                scenario = scenario.set_hours(id_, hours_of_half_days(count, **hours))
            found.append(scenario)
        return found

    def __repr__(self) -> str:
        opens, services = self.opens, self.minutes.index.get_level_values("service").nunique()
        years = ", ".join(f"{year} {count}" for year, count in opens.groupby("year").size().items())
        proven = "proven best" if self.status == "optimal" else f"at most {self.gap:.2%} from the best (time limit)"
        where = f"opens {years or 'nothing'} at {opens['site'].nunique()} sites"
        found = f"objective {self.objective:,.0f}, {proven}; {self.seconds:.1f} s"
        return f"<BundlePlan of {services} services: {where}; {found}>"

    def _repr_html_(self) -> str:
        """Return what opens as a table for a notebook; names are escaped."""
        table = Markup(self.opens.to_html(index=False, escape=True))  # noqa: S704 - pandas escapes it
        return str(Markup("<p>{}</p>{}").format(repr(self), table))


@dataclass(frozen=True, eq=False)
class Offered:
    """A service of a bundle: what the solver knows of it, whose rows those are, and people whom no site reaches."""

    name: str
    part: Part
    residents: pd.Index
    unreached: float


def plan_of(
    offered: Sequence[Offered],
    sites: pd.Index,
    fitting: Floats,
    best: Best,
    *,
    parameters: Mapping[str, Any],
    seconds: float,
) -> BundlePlan:
    """Return the plan that the solver found, read from the tables themselves."""
    assert best.opened is not None
    years = [int(year) for year in parameters["budget"].index]
    rows: list[tuple[Any, ...]] = []
    told: dict[tuple[int, str], dict[str, float]] = {}
    sent: list[pd.DataFrame] = []
    for service, each in enumerate(offered):
        flows = best.flows[service * len(years) : (service + 1) * len(years)]
        people = np.array([flow.sum(axis=0) for flow in flows])  # years × sites
        new = ~each.part.there & (people > _NOBODY).any(axis=0)  # a site where nobody ever goes is not opened
        for year, label in enumerate(years):
            y = each.part.there | (new & (best.opened[service, :, year] > 0))
            added = _needed(each.part, people[year], y)
            before = best.opened[service, :, year - 1] > 0 if year else each.part.there
            room = each.part.room(added)
            rows += [
                (label, each.name, sites[int(j)], _half_days(each.part.today[j], added[j]), added[j], not before[j],
                 people[year][j], room[j])
                for j in np.flatnonzero(y[: len(sites)])
            ]  # fmt: skip
            table = _sent(flows[year], each, sites)
            told[label, each.name] = _told(table, each, y, len(sites))
            sent.append(table.assign(year=label, service=each.name))
    heads = ["year", "service", "site", "half_days", "added", "opens", "people", "room"]
    opened = pd.DataFrame(rows, columns=heads).set_index(heads[:3]).sort_index(level="year", sort_remaining=False)
    minutes = pd.DataFrame.from_dict(told, orient="index").rename_axis(["year", "service"])
    everyone = pd.concat(sent, ignore_index=True)
    weights = everyone["service"].map({name: each.weight for name, each in parameters["services"].items()})
    objective = float((everyone["people"] * everyone["minutes"] * weights).sum())
    columns = ["year", "service", "resident", "site", "people", "minutes"]
    return BundlePlan(
        opened, minutes.sort_index(level="year", sort_remaining=False),
        everyone.loc[everyone["site"].notna(), columns].reset_index(drop=True),
        _costs(opened, parameters, pd.Series(fitting, sites)), objective,
        objective if best.proven else min(best.bound, objective),
        "optimal" if best.proven else "time limit", parameters, best.size, seconds,
    )  # fmt: skip


def _half_days(today: float, added: float) -> float:
    """Return the half-days of a site; NaN where those of today are not known."""
    return today + added if today != UNKNOWN else float("nan")


def _needed(part: Part, people: Floats, y: NDArray[np.bool_]) -> Floats:
    """Return the fewest half-days more with which sites take the people who go there: none is paid for nothing."""
    with np.errstate(invalid="ignore", divide="ignore"):
        wanted = np.ceil((people + part.taken) / part.each - part.today - _NOBODY)
    wanted = np.where(np.isfinite(wanted) & np.isfinite(part.each), np.maximum(wanted, 0.0), 0.0)
    return np.where(y, np.where(part.there, wanted, np.maximum(wanted, part.least)), 0.0)


def _sent(flow: sparse.csr_array, each: Offered, sites: pd.Index) -> pd.DataFrame:
    """Return who goes where: resident, site (missing: left out), people, minutes; and the row of the resident."""
    pairs = sparse.coo_array(flow)
    some = pairs.data > _NOBODY
    who, where = pairs.row[some], pairs.col[some]
    names = np.array([*sites, None], dtype=object)
    return pd.DataFrame(
        {
            "resident": each.residents[who],
            "site": pd.array(names[where], dtype="string"),
            "people": pairs.data[some],
            "minutes": each.part.minutes[who, where],
            "row": who,
        }
    )


def _told(table: pd.DataFrame, each: Offered, y: NDArray[np.bool_], sites: int) -> dict[str, float]:
    """Return what a year of a service is told by."""
    part, served = each.part, table[table["site"].notna()]
    near, today = (
        np.where(there[:sites], part.minutes[:, :sites], np.inf).min(axis=1, initial=np.inf)
        for there in (y, part.there)
    )
    past = served["minutes"].to_numpy() > near[served["row"].to_numpy()] + 1e-9
    return {
        "people": float(served["people"].sum()),
        "mean_minutes": _mean(served["minutes"].to_numpy("float64"), served["people"].to_numpy("float64")),
        "worst_minutes": float(served["minutes"].max()) if len(served) else float("nan"),
        "nearest_minutes": _mean(near, part.people),
        "today_minutes": _mean(today, part.people),
        "sent_on": float(served["people"].to_numpy()[past].sum()),
        "unserved": float(table.loc[table["site"].isna(), "people"].sum()),
        "unreached": each.unreached,
    }


def _mean(minutes: Floats, people: Floats) -> float:
    """Return the mean over those who are reached; NaN for nobody."""
    reached = np.isfinite(minutes)
    return float(np.average(minutes[reached], weights=people[reached])) if people[reached].sum() > 0 else float("nan")


def _costs(opened: pd.DataFrame, parameters: Mapping[str, Any], price: pd.Series) -> pd.DataFrame:
    """Return by year what is spent: buildings and openings once, half-days each year."""
    services, budget = parameters["services"], parameters["budget"]
    table = opened.reset_index()
    table["openings"] = table["service"].map({name: each.opening for name, each in services.items()}) * table["opens"]
    table["half_days"] = table["service"].map({name: each.half_day for name, each in services.items()}) * table["added"]
    first = table[table["opens"]].drop_duplicates("site")  # the rows are in the order of the years
    buildings = first["site"].map(price).astype("float64").groupby(first["year"]).sum()
    costs = table.groupby("year")[["openings", "half_days"]].sum().reindex(budget.index, fill_value=0.0)
    costs.insert(0, "buildings", buildings.reindex(budget.index, fill_value=0.0))
    costs["spent"] = costs.sum(axis=1)
    return costs.assign(budget=budget.to_numpy("float64")).rename_axis("year").astype("float64")
