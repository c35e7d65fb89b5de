"""What if a service opened, moved, closed or became accessible: scenarios, and what they change for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.errors import ScenarioError, did_you_mean
from accessmap.labels import CATEGORIES
from accessmap.study import Study
from accessmap.tables import check_services

__all__ = ["BASELINE", "Scenario", "Step", "compare", "winners_and_losers"]

BASELINE = "baseline"
Measure = Callable[[Study], "pd.Series[float]"]


@dataclass(frozen=True)
class Step:
    """One change: what is done to which site, and where or with which values.

    Parameters
    ----------
    action
        "open", "close", "move", or "set" for a property of a site.
    id
        Id of the site; None lets `open` make one from category and place.
    category, name
        Of a site that opens.
    commune
        INSEE code or name: the place is the point of its mairie.
    lon, lat
        Place in degrees, instead of a commune.
    properties
        Columns that "set" changes, with their new value.
    """

    action: Literal["open", "close", "move", "set"]
    id: str | None = None
    category: str | None = None
    name: str | None = None
    commune: str | None = None
    lon: float | None = None
    lat: float | None = None
    properties: tuple[tuple[str, Any], ...] = ()


@dataclass(frozen=True)
class Scenario:
    """A named, ordered list of changes to the services; each method returns a new scenario, the study is untouched.

    Parameters
    ----------
    name
        As maps and tables show it.
    steps
        The changes, first to last.

    Examples
    --------
    >>> plan = Scenario("Coucy").open("france_services", commune="02217").close("france_services-02602")
    >>> [step.action for step in plan.steps]
    ['open', 'close']
    """

    name: str
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name.strip():
            raise ScenarioError(f"scenario: the name is {self.name!r}: give it a text that maps can show.")
        if self.name == BASELINE:
            raise ScenarioError(f"scenario: {BASELINE!r} is what the study is without changes; choose another name.")

    def open(
        self,
        category: str,
        *,
        commune: str | None = None,
        lon: float | None = None,
        lat: float | None = None,
        id: str | None = None,
        name: str | None = None,
    ) -> Scenario:
        """Return the scenario with a new site of this category, at a commune's mairie or at a point in degrees."""
        return self._then(Step("open", id, category, name, commune, lon, lat))

    def close(self, id: str) -> Scenario:
        """Return the scenario with this site closed."""
        return self._then(Step("close", id))

    def move(
        self, id: str, *, commune: str | None = None, lon: float | None = None, lat: float | None = None
    ) -> Scenario:
        """Return the scenario with this site moved to a commune's mairie or to a point in degrees."""
        return self._then(Step("move", id, commune=commune, lon=lon, lat=lat))

    def adapt(self, id: str, *, step_free: str = "yes") -> Scenario:
        """Return the scenario with this site made step-free ("yes"), or not ("no"), or "unknown"."""
        return self._then(Step("set", id, properties=(("step_free", step_free),)))

    def resize(self, id: str, *, capacity: float) -> Scenario:
        """Return the scenario with another capacity for this site, in the unit of its category."""
        return self._then(Step("set", id, properties=(("capacity", capacity),)))

    def apply(self, study: Study) -> Study:
        """Return the study as it would be; minutes that are known already are not routed again.

        Raises
        ------
        ScenarioError
            Every step that cannot be carried out, at once, with near matches.
        TableError
            Where the changed services break their contract.
        """
        problems: list[str] = []
        services = study.services
        for number, step in enumerate(self.steps, start=1):
            try:
                services = _ACTIONS[step.action](services, step, study)
            except ScenarioError as error:
                problems.append(f"Step {number} ({step.action}): {error}")
        if problems:
            count = f"{len(problems)} problem{'s' * (len(problems) > 1)}"
            raise ScenarioError(f"scenario {self.name!r}: {count}. " + " ".join(problems))
        check_services(services, study.communes)
        return study.with_services(services)

    def _then(self, step: Step) -> Scenario:
        return replace(self, steps=(*self.steps, step))


def compare(
    scenarios: Iterable[Scenario],
    study: Study,
    *,
    category: str | None = None,
    measure: Measure | None = None,
) -> pd.DataFrame:
    """Return a measure by resident (rows) under the baseline and each scenario (columns); by default minutes.

    Parameters
    ----------
    scenarios
        Their names must differ; the order of the columns is theirs, after "baseline".
    study
        Is not changed.
    category
        Minutes to the nearest site of this category are compared. May be left out where all the sites that the
        scenarios change are of one category.
    measure
        Any function of a study that returns a Series by resident, compared instead of minutes.

    Raises
    ------
    ScenarioError
        Where two scenarios have one name, the category cannot be told, or a scenario cannot be applied.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> plan = am.Scenario("Coucy").open("france_services", commune="02217")
    >>> am.compare([plan], study, category="france_services").columns.to_list()
    ['baseline', 'Coucy']
    """
    scenarios = list(scenarios)
    names = [scenario.name for scenario in scenarios]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ScenarioError(f"compare: two scenarios are named {twice[0]!r}; give each its own name.")
    if measure is None:
        chosen = category if category is not None else _category_changed(scenarios, study)
        study.sites(chosen)  # a category that the study has none of is a slip, and is named here

        def measure(study: Study) -> pd.Series[float]:
            sites = study.services[study.services["category"] == chosen]
            return study.minutes(sites).min(axis=1)

    studies = {BASELINE: study} | {scenario.name: scenario.apply(study) for scenario in scenarios}
    return pd.DataFrame({name: measure(each) for name, each in studies.items()}, index=study.residents.index)


def winners_and_losers(result: pd.DataFrame, residents: pd.DataFrame, *, at_least: float = 1.0) -> pd.DataFrame:
    """Return, by scenario and commune, how many people gain or lose minutes, and how many are newly reached or not.

    Parameters
    ----------
    result
        Minutes by resident, as `compare` returns them.
    residents
        Their `commune` and `population`.
    at_least
        Minutes from which a change counts as a gain or a loss.

    Returns
    -------
    pandas.DataFrame
        By (scenario, commune), people: gain, lose, newly_reached, no_longer_reached; and minutes: the mean change of
        those who are reached both before and after, weighted by people (negative is quicker). Someone who is newly
        reached is not counted as a gain in minutes.

    Examples
    --------
    >>> import pandas as pd
    >>> residents = pd.DataFrame({"commune": ["02173", "02173"], "population": [100, 50]}, index=["a", "b"])
    >>> result = pd.DataFrame({"baseline": [20.0, None], "plan": [12.0, 30.0]}, index=["a", "b"])
    >>> winners_and_losers(result, residents).loc[("plan", "02173"), ["gain", "newly_reached"]].to_list()
    [100.0, 50.0]
    """
    people = residents["population"].reindex(result.index).astype("float64")
    commune = residents["commune"].reindex(result.index)
    before = result[BASELINE]
    parts = {}
    for name in result.columns.drop(BASELINE):
        change = result[name] - before
        both = change.notna() & (people > 0)
        table = pd.DataFrame(
            {
                "gain": people.where(change <= -at_least, 0.0),
                "lose": people.where(change >= at_least, 0.0),
                "newly_reached": people.where(before.isna() & result[name].notna(), 0.0),
                "no_longer_reached": people.where(before.notna() & result[name].isna(), 0.0),
                "people_minutes": (change * people).where(both, 0.0),
                "people_reached": people.where(both, 0.0),
            }
        )
        sums = table.groupby(commune).sum()
        sums["minutes"] = sums.pop("people_minutes") / sums.pop("people_reached").replace(0.0, np.nan)
        parts[name] = sums
    return pd.concat(parts, names=["scenario", "commune"])


# ---------------------------------------------------------------------- steps


def _open(services: gpd.GeoDataFrame, step: Step, study: Study) -> gpd.GeoDataFrame:
    point, commune = _place(step, study)
    category = step.category or ""
    where = commune if commune is not None else f"{step.lon:.5f}-{step.lat:.5f}"
    site = step.id if step.id is not None else f"{category}-{where}"
    if site in services.index:
        raise ScenarioError(f"site {site!r} exists already; give the new one another id.")
    if category not in CATEGORIES and category not in set(services["category"]):
        known = {*CATEGORIES, *services["category"]}
        raise ScenarioError(f"unknown category {category!r}{did_you_mean(category, known)}.")
    label = CATEGORIES[category].fr if category in CATEGORIES else category
    town = study.communes["name"].get(commune) if commune is not None else None
    row = {
        "name": step.name or (f"{label} – {town}" if town else label),
        "category": category,
        "commune": commune,
        "step_free": "unknown",
        "source": "scenario",
    }
    new = gpd.GeoDataFrame(
        {column: [value] for column, value in row.items() if column in services or column in ("name", "category")},
        geometry=gpd.GeoSeries([point], crs=services.crs).to_list(),
        index=pd.Index([site], name=services.index.name),
        crs=services.crs,
    )
    return _stack(services, new)


def _stack(services: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return both tables as one, with the columns and types of the first."""
    new = new.reindex(columns=services.columns).astype(services.drop(columns="geometry").dtypes.to_dict())
    return gpd.GeoDataFrame(pd.concat([services, new]), geometry="geometry", crs=services.crs)


def _close(services: gpd.GeoDataFrame, step: Step, _: Study) -> gpd.GeoDataFrame:
    return services.drop(index=_known(services, step.id))


def _move(services: gpd.GeoDataFrame, step: Step, study: Study) -> gpd.GeoDataFrame:
    site = _known(services, step.id)
    point, commune = _place(step, study)
    services = services.copy()
    services.loc[[site], "geometry"] = gpd.GeoSeries([point], index=[site], crs=services.crs)
    if "commune" in services:
        services.loc[site, "commune"] = commune
    return services


def _set(services: gpd.GeoDataFrame, step: Step, _: Study) -> gpd.GeoDataFrame:
    site = _known(services, step.id)
    services = services.copy()
    for column, value in step.properties:
        if column not in services:
            services[column] = "unknown" if column == "step_free" else np.nan
        services.loc[site, column] = value
    return services


_ACTIONS = {"open": _open, "close": _close, "move": _move, "set": _set}


def _known(services: gpd.GeoDataFrame, site: str | None) -> str:
    if site not in services.index:
        raise ScenarioError(f"no site {site!r}{did_you_mean(site, services.index)}.")
    return str(site)


def _place(step: Step, study: Study) -> tuple[Any, str | None]:
    """Return the point of a step, in the CRS of the services, and the commune where it was given."""
    if (step.commune is None) == (step.lon is None or step.lat is None):
        raise ScenarioError("say where: either commune=, or both lon= and lat= in degrees.")
    if step.commune is None:
        return _point(study, step.lon, step.lat), None
    code = _commune_code(study, step.commune)
    mairies = study.services[study.services["category"] == "mairie"]
    points = mairies.loc[mairies["commune"] == code, "geometry"] if "commune" in mairies else mairies["geometry"][:0]
    if points.empty:
        raise ScenarioError(f"commune {code} has no mairie among the services to stand for it: give lon= and lat=.")
    return points.iloc[0], code


def _point(study: Study, lon: float | None, lat: float | None) -> Any:
    point = gpd.GeoSeries.from_xy([lon], [lat], crs="EPSG:4326").to_crs(study.services.crs).iloc[0]
    west, south, east, north = study.communes.total_bounds
    if not (west <= point.x <= east and south <= point.y <= north):
        raise ScenarioError(
            f"lon {lon}, lat {lat} is outside the communes of the study: degrees are needed, longitude first."
        )
    return point


def _commune_code(study: Study, commune: str) -> str:
    if commune in study.communes.index:
        return commune
    names = study.communes["name"]
    same = names.index[names.str.casefold() == str(commune).casefold()]
    if len(same) == 1:
        return str(same[0])
    if len(same) > 1:
        raise ScenarioError(f"{len(same)} communes are named {commune!r} ({', '.join(same)}): give the INSEE code.")
    raise ScenarioError(f"unknown commune {commune!r}{did_you_mean(commune, [*names, *names.index])}.")


def _category_changed(scenarios: Sequence[Scenario], study: Study) -> str:
    """Return the one category of the sites that the scenarios change."""
    steps = [step for scenario in scenarios for step in scenario.steps]
    opened = {step.id: step.category for step in steps if step.action == "open"}
    known = study.services["category"]
    found = {step.category or opened.get(step.id) or known.get(step.id) for step in steps} - {None}
    if len(found) != 1:
        have = ", ".join(sorted(map(str, found))) or "none"
        raise ScenarioError(f"compare: give category=, since the scenarios change sites of {have}.")
    return str(found.pop())
