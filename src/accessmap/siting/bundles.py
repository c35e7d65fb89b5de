"""Several services at once: which opens where and when, with how many half-days, in shared buildings and a budget."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from accessmap.errors import Problem, Problems, SitingError, TableError
from accessmap.siting.bundle_plan import UNKNOWN, BundlePlan, Offered, plan_of
from accessmap.siting.question import chosen, listed
from accessmap.siting.solver.bundled import Bundled, Part
from accessmap.siting.solver.explain import figure, out_of_time
from accessmap.tables.aligned import Floats, minutes_of, people_of, supply_of
from accessmap.words.near import near_names
from accessmap.words.notes import Figure, Note
from accessmap.words.progress import progress_bar

_MOST = 12  # half-days of a week from Monday to Saturday
BySite = Mapping[str, pd.Series]


@dataclass(frozen=True, kw_only=True)
class BundleService:
    """What a service of a bundle costs, whom it can serve, and how much its minutes count; money is in one unit.

    Parameters
    ----------
    opening
        What it costs to add the service to a building, once, in the year when it opens.
    half_day
        What a half-day a week costs in a year.
    capacity
        People whom one half-day a week can serve; None where room does not count.
    least, most
        Half-days a week of a site that opens.
    weight
        Of a person-minute of this service.
    """

    opening: float = 0.0
    half_day: float = 0.0
    capacity: float | None = None
    least: int = 1
    most: int = 10
    weight: float = 1.0

    def faults(self, name: str) -> Problems:
        """Return what cannot be."""
        problems = Problems()
        for what, value in (("opening", self.opening), ("half_day", self.half_day)):
            if not (np.isfinite(value) and value >= 0):
                problems.add("bundle_cost", where=f"{name}, {what}", value=value)
        for what, number in (("capacity", self.capacity), ("weight", self.weight)):
            if number is not None and not (np.isfinite(number) and number > 0):
                problems.add("bundle_above_0", where=f"{name}, {what}", value=number)
        whole = all(isinstance(each, int | np.integer) and each is not True for each in (self.least, self.most))
        if not whole or not 1 <= self.least <= self.most <= _MOST:
            problems.add("bundle_half_days", where=name, least=self.least, highest=self.most, most=_MOST)
        return problems


def bundle(
    times: pd.DataFrame,
    demand: pd.Series | BySite,
    services: Mapping[str, BundleService],
    budget: Mapping[int, float] | pd.Series,
    *,
    building: float | pd.Series = 0.0,
    existing: BySite | None = None,
    taken: BySite | None = None,
    forbidden: Iterable[str] = (),
    unserved_minutes: float | None = None,
    carry_over: bool = False,
    time_limit: float = 60.0,
    progress: bool = False,
) -> BundlePlan:
    """Return which services open where, in which year and with how many half-days: the fewest person-minutes of all.

    The minutes of each person to each service count in each year, times the weight of the service. Services share
    buildings, which are fitted out once. What is open stays open; half-days may be set anew each year, for sites that
    exist never below those of today. People go where they have room, rows of residents in part where a site is full.

    Parameters
    ----------
    times
        Residents × sites in minutes, NaN where not reached: sites are candidates and those that exist.
    demand
        People by resident; or the same by service.
    services
        Category to `BundleService`.
    budget
        Money by year; years follow one another.
    building
        What fitting out a building costs, once: one number, or by site. Where a service is already, nothing.
    existing
        By service, the half-days a week of the sites that are open today, which cost nothing more; NaN where they are
        not known and room does not count.
    taken
        By service, the places at sites that people from elsewhere take; no more than there are today.
    forbidden
        Sites where nothing is added; those that exist stay as they are.
    unserved_minutes
        What a person counts for who has no place, at least the longest minutes; where not given, everyone whom a site
        reaches has a place at each service in each year.
    carry_over
        Whether money that a year leaves may be spent in later ones.
    time_limit
        Seconds after which the best plan found is returned with its gap.
    progress
        Show a progress bar on standard error, or in the notebook.

    Raises
    ------
    TableError
        If a table breaks its contract.
    SitingError
        Every problem of the options at once: an unknown service or site, years that do not follow one another, a budget
        that affords nothing, fewer places than people; or that no plan was found in time.

    Notes
    -----
    A program over sites, services and years whose minutes are bounded by Benders' rows (Cornuejols, Nemhauser & Wolsey
    1980 where there is room, the dual of the transport problem where there is not), solved by HiGHS. Of equals any plan
    may be returned.

    Examples
    --------
    >>> times = pd.DataFrame({"a": [2.0, 20], "b": [20.0, 2]}, index=["r1", "r2"])
    >>> people = pd.Series({"r1": 100, "r2": 60})
    >>> services = {"post_office": BundleService(opening=5), "digital_help": BundleService(opening=5)}
    >>> plan = bundle(times, people, services, {2027: 20, 2028: 20}, building=10)
    >>> plan.opens[["year", "site"]].values.tolist()
    [[2027, 'a'], [2027, 'a'], [2028, 'b'], [2028, 'b']]
    >>> plan.costs["spent"].tolist(), plan.status
    ([20.0, 20.0], 'optimal')
    """
    started = time.perf_counter()
    with progress_bar(Note("progress_siting"), shown=progress):
        minutes = minutes_of(times).astype("float64")
        if not times.size:
            raise TableError(Problem("siting_empty_table"), about="times")
        money = _money(budget)
        problems, sites = _checked(services, times.columns, existing or {}, taken or {}, demand)
        shut = chosen(times.columns, listed(forbidden), "forbidden", problems)
        longest = float(np.nanmax(minutes, initial=0.0))
        if time_limit <= 0:
            problems.add("siting_time_limit", value=time_limit)
        if unserved_minutes is not None and not longest <= unserved_minutes < np.inf:
            problems.add("siting_unreached_too_low", value=unserved_minutes, longest=figure(longest))
        problems.raise_if_any(SitingError, "bundle")
        prices = building if isinstance(building, pd.Series) else pd.Series(float(building), times.columns)
        fitting = supply_of(prices, times.columns, "building").copy()
        fitting[np.any([sites[name, "existing"] != 0 for name in services], axis=0)] = 0.0
        asked = _Asked(times, services, money, fitting, carry_over, unserved_minutes, started + time_limit)
        offered = [asked.offered(name, minutes, _people(demand, name, times.index), shut, sites) for name in services]
        parts = [each.part for each in offered]
        _check_room(asked, parts)
        program = Bundled(
            parts, _wide(fitting, asked), money.to_numpy("float64"), carry=carry_over,
            deadline=asked.deadline,
        )  # fmt: skip
        best = program.solve()
        if best.opened is None:
            raise _none(program, asked, time_limit) if best.bound == np.inf else out_of_time("bundle", time_limit)
        given = {
            "services": dict(services), "budget": money, "building": building, "existing": existing, "taken": taken,
            "forbidden": listed(forbidden), "unserved_minutes": unserved_minutes, "carry_over": carry_over,
            "time_limit": time_limit,
        }  # fmt: skip
        return plan_of(offered, times.columns, fitting, best, parameters=given, seconds=time.perf_counter() - started)


@dataclass(frozen=True, eq=False)
class _Asked:
    """What was asked, checked."""

    times: pd.DataFrame
    services: Mapping[str, BundleService]
    budget: pd.Series
    fitting: Floats
    carry: bool
    unserved: float | None
    deadline: float

    def offered(
        self,
        name: str,
        minutes: Floats,
        people: Floats,
        shut: NDArray[np.bool_],
        sites: Mapping[tuple[str, str], Floats],
    ) -> Offered:
        """Return a service as the solver has it, for the residents who can reach it anywhere."""
        service = self.services[name]
        today = sites[name, "existing"]
        usable = np.isfinite(minutes) & (~shut | (today != 0))
        rows = np.flatnonzero((people > 0) & usable.any(axis=1))
        if not len(rows):
            raise SitingError(Problem("siting_nobody_reached", n=len(people)), about=name, residents=self.times.index)
        table = np.where(usable, minutes, np.inf)[rows]
        each = np.inf if service.capacity is None else float(service.capacity)
        gone = np.zeros(len(today)) if np.isinf(each) else np.minimum(sites[name, "taken"], each * today)
        if self.unserved is not None:
            table = np.column_stack([table, np.full(len(rows), self.unserved)])
        part = Part(
            table, people[rows], _wide(today, self, np.inf), _wide(gone, self), _wide(~shut, self).astype(bool),
            weight=service.weight, opening=service.opening, half_day=service.half_day, each=each,
            least=int(service.least), most=int(service.most),
        )  # fmt: skip
        lost = float(people.sum() - people[rows].sum())
        return Offered(name, part, self.times.index[rows], lost)


def _wide(values: NDArray[np.generic], asked: _Asked, of_nowhere: float = 0.0) -> Floats:
    """Return values by site with one more for who is left out, where that may be."""
    floats = values.astype("float64")
    return floats if asked.unserved is None else np.append(floats, of_nowhere)


def _money(budget: Mapping[int, float] | pd.Series) -> pd.Series:
    """Return the budget by year in order; years must be whole and follow one another."""
    money = budget if isinstance(budget, pd.Series) else pd.Series(dict(budget), dtype="float64")
    problems = Problems()
    years = [year for year in money.index if isinstance(year, int | np.integer) and not isinstance(year, bool)]
    if not len(money) or len(years) < len(money) or len(set(years)) < len(years):
        problems.add("bundle_years", value=", ".join(map(str, money.index)))
    else:
        missing = sorted(set(range(min(years), max(years) + 1)) - set(years))
        if missing:
            problems.add("bundle_year_gap", value=", ".join(map(str, missing)))
    for year, amount in money.items():
        if not (isinstance(amount, int | float | np.number) and np.isfinite(amount) and amount >= 0):
            problems.add("bundle_cost", where=f"budget, {year}", value=amount)
    problems.raise_if_any(SitingError, "bundle")
    return money.astype("float64").sort_index()


def _checked(
    services: Mapping[str, BundleService],
    sites: pd.Index,
    existing: BySite,
    taken: BySite,
    demand: pd.Series | BySite,
) -> tuple[Problems, dict[tuple[str, str], Floats]]:
    """Return the problems of the options, and half-days and places taken by service and site."""
    problems = Problems()
    if not services:
        problems.add("bundle_no_service")
    given = {"existing": existing, "taken": taken}
    given |= {} if isinstance(demand, pd.Series) else {"demand": demand}
    for what, table in given.items():
        for name in table:
            if name not in services:
                problems.add("bundle_no_such_service", where=what, value=name, near=near_names(name, services))
    found: dict[tuple[str, str], Floats] = {}
    for name, service in services.items():
        problems += service.faults(name)
        if not isinstance(demand, pd.Series) and name not in demand:
            problems.add("bundle_no_demand", value=name)
        for what in ("existing", "taken"):
            values = given[what].get(name, pd.Series(dtype="float64"))
            for id_ in values.index.difference(sites):
                problems.add("siting_no_site", where=f"{what}, {name}", value=id_, near=near_names(id_, sites))
            numbers = values.reindex(sites).to_numpy("float64", na_value=np.nan)
            given_here = values.to_numpy("float64", na_value=np.nan)
            wrong = ~(given_here > 0.0) if what == "existing" else ~(given_here >= 0.0)
            wrong &= ~(np.isnan(given_here) & (what == "existing" and service.capacity is None))
            if wrong.any():
                problems.add("bundle_site_value", where=f"{what}, {name}", value=values.index[wrong][0])
            unknown = sites.isin(values.index[np.isnan(given_here)])
            found[name, what] = np.where(unknown, UNKNOWN, np.nan_to_num(numbers, nan=0.0))
    return problems, found


def _people(demand: pd.Series | BySite, name: str, residents: pd.Index) -> Floats:
    """Return the people who need a service, by resident."""
    people = people_of(demand if isinstance(demand, pd.Series) else demand[name], residents, "demand")
    if people.sum() <= 0:
        raise TableError(Problem("siting_nobody"), about="demand")
    return people


def _check_room(asked: _Asked, parts: list[Part]) -> None:
    """Refuse what no plan can do: fewer places than people with all sites open as long as may be; money for nothing."""
    problems = Problems()
    for name, part in zip(asked.services, parts, strict=True):
        room, people = float(part.room(part.longest).sum()), float(part.people.sum())
        if room < people * (1 - 1e-9):
            problems.add("bundle_room", where=name, room=Figure.of(room), people=Figure.of(people))
    costs = []
    for part in parts:
        fitting = _wide(asked.fitting, asked)
        new, longer = part.free & ~part.there, part.free & part.there & (part.longest > 0)
        costs += list(fitting[new] + part.opening + part.half_day * part.least)
        costs += [part.half_day] if longer.any() else []
    most = float(asked.budget.sum() if asked.carry else asked.budget.max())
    if not costs:
        problems.add("bundle_nowhere")
    elif most < min(costs):
        problems.add("bundle_budget_nothing", value=most, least=float(min(costs)))
    problems.raise_if_any(SitingError, "bundle")


def _none(program: Bundled, asked: _Asked, seconds: float) -> SitingError:
    """Return why no plan serves everyone: how much more money a year would."""
    program.deadline = time.perf_counter() + seconds
    more = program.more_money()
    value, year = float(asked.budget.iloc[0]), int(asked.budget.index[0])
    if more is None:
        return SitingError(Problem("bundle_no_plan", value=value, year=year), about="bundle")
    problem = Problem("bundle_budget_below", value=value, year=year, more=Figure.of(np.ceil(more)))
    return SitingError(problem, about="bundle")
