"""What a dossier reports: every number of it, computed once, as plain tables of the territory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from accessmap.categories import Lang
from accessmap.errors import Problem, ScenarioError
from accessmap.measures.imbalance import deficit, gini
from accessmap.measures.minutes import by_commune, coverage
from accessmap.programme.programme import Programme
from accessmap.sentences.access import quoted_cutoff
from accessmap.study.comparison import categories_changed, compare, compare_studies, winners_and_losers
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.uncertainty.drawing import Draws
from accessmap.words.near import category_meant, plain
from accessmap.words.notes import Note
from accessmap.words.words import BASELINE

# A change of less is within what the network can tell, in minutes.
AT_LEAST: Final = 1.0


@dataclass(frozen=True, eq=False)
class Results:
    """The numbers of a dossier; minutes by resident of the territory, and what follows from them.

    Parameters
    ----------
    category
        The service studied.
    scenarios
        Those compared, in order.
    minutes
        Residents of the territory × ("baseline", names…), minutes.
    people
        By resident of the territory.
    communes
        By code: name, population, nearest site, minutes and unreached people by column, change by scenario; geometry.
    coverage
        Share of people (0-1): cutoffs × columns.
    summary
        Measures × columns.
    changes
        By (scenario, commune): people who gain, lose, are newly or no longer reached; mean change of minutes.
    sites
        Services of the category under the baseline and each scenario, by column.
    """

    category: str
    scenarios: tuple[Scenario, ...]
    minutes: pd.DataFrame
    people: pd.Series
    communes: gpd.GeoDataFrame
    coverage: pd.DataFrame
    summary: pd.DataFrame
    changes: pd.DataFrame
    sites: dict[str, gpd.GeoDataFrame]

    @property
    def names(self) -> list[str]:
        """Names of the scenarios, and of the studies of earlier dates, in order."""
        return [str(name) for name in self.minutes if name != BASELINE]

    def levels(self) -> pd.DataFrame:
        """Return mean minutes by commune, one column for the baseline and for each scenario."""
        columns = [BASELINE, *self.names]
        return pd.DataFrame({name: self.communes[f"minutes {name}"] for name in columns})

    @property
    def total(self) -> float:
        """People of the territory."""
        return float(self.people.sum())

    @property
    def quoted(self) -> float:
        """The threshold that the dossier quotes, in minutes."""
        return quoted_cutoff(self.coverage)

    def mean_changes(self) -> pd.DataFrame:
        """Return the mean change in minutes by commune and scenario, of those reached both before and after."""
        return pd.DataFrame({name: self.communes[f"change {name}"] for name in self.names})


@dataclass(frozen=True, eq=False)
class Known:
    """What a dossier knows before its chapters are made.

    Parameters
    ----------
    study
        Computed whole, reported on its territory.
    results
        Minutes to the service studied, and what follows from them; its category, proposals and threshold quoted.
    history
        The same under the scenarios that are history, and in the studies of earlier dates; None where there are none.
    earlier
        By name, studies of the territory at earlier dates.
    alternatives, tried
        The plans that a council has before it, by plan, and what one site more would give at each candidate place: see
        `accessmap.dossier.alternatives.tables_of`.
    others
        By category, the same of the other services that scenarios change, under those scenarios.
    touched
        By (category, scenario, property), what scenarios change of hours, step-free access and capacities: see
        `accessmap.dossier.touched.table_of`.
    instead
        By category and scenario that moves none of its sites and no road, what it changes instead, in words.
    categories
        The services set side by side, the one studied first.
    reference
        Published figures, as `accessmap.read.reference` returns them; None where not given.
    programme, territories
        Of a contract, and what its chapter sets side by side; None where not given.
    lang
        "fr" or "en".
    draws
        Worlds drawn for the plans of the first question; None where none are asked for.
    gathered
        What was done to more places of residents than a dossier takes; None where it takes them as they are.
    """

    study: Study
    results: Results
    history: Results | None
    earlier: Mapping[str, Study]
    alternatives: pd.DataFrame
    tried: pd.DataFrame
    others: Mapping[str, Results]
    touched: pd.DataFrame
    instead: Mapping[str, Mapping[str, str]]
    categories: tuple[str, ...]
    programme: Programme | None
    territories: Mapping[str, str | Iterable[str]] | None
    reference: pd.DataFrame | None
    lang: Lang
    draws: Draws | None = None
    gathered: Note | None = None


class Tables(dict[str, pd.DataFrame]):
    """The tables of one chapter by name, and what the dossier knows.

    A table whose name begins with an underscore stays with its chapter; the others are those of the dossier.
    """

    def __init__(self, known: Known, tables: Mapping[str, pd.DataFrame]) -> None:
        super().__init__(tables)
        self.known = known

    def __reduce__(self) -> tuple[Any, ...]:
        return Tables, (self.known, dict(self))


def results(
    study: Study, scenarios: Sequence[Scenario], category: str, earlier: Mapping[str, Study] = MappingProxyType({})
) -> Results:
    """Return what a dossier reports of these scenarios, and earlier studies, on the territory and nothing else."""
    compared = compare(scenarios, study, category=category)
    if earlier:
        twice = sorted({*map(str, compared)} & set(earlier))
        if twice:
            raise ScenarioError(Problem("compare_one_name", value=twice[0]))
        dates = compare_studies({**earlier, BASELINE: study}, category=category)
        compared = compared.join(dates[list(earlier)])
    inside = study.inside.to_numpy()
    minutes, residents = compared[inside], study.residents[inside]
    people = residents["population"].astype("float64")
    changes = (
        winners_and_losers(minutes, residents, at_least=AT_LEAST)
        if len(minutes.columns) > 1
        else pd.DataFrame(columns=["minutes"])
    )
    sites = {BASELINE: study.sites(category)}
    for scenario in scenarios:
        sites[scenario.name] = scenario.apply(study).sites(category)
    for name, each in earlier.items():
        sites[name] = each.knowing([category]).sites(category).to_crs(study.services.crs)
    return Results(
        category=category,
        scenarios=tuple(scenarios),
        minutes=minutes,
        people=people,
        communes=_communes(study, minutes, residents, changes, sites[BASELINE], inside),
        coverage=coverage(minutes, people, study.thresholds),
        summary=pd.DataFrame({name: _summary(minutes[name], residents) for name in minutes}),
        changes=changes,
        sites=sites,
    )


def is_counted(sites: pd.DataFrame) -> pd.Series:
    """Return which sites are a number by commune, put at its mairie or spread inside, and no site of their own."""
    counted: pd.Series = by_rule(sites) & sites.get("capacity", pd.Series(pd.NA, index=sites.index)).notna()
    return counted


def by_rule(sites: pd.DataFrame) -> pd.Series:
    """Return which sites stand where a rule puts them, for want of a place of their own."""
    quality = sites.get("point_quality", pd.Series(pd.NA, index=sites.index)).astype("str")
    ruled: pd.Series = (quality.str.startswith("placed_at") | (quality == "spread")).eq(True)
    return ruled


def category_of(study: Study, scenarios: Sequence[Scenario], category: str | None) -> str:
    """Return the service a dossier is about: as asked, as the scenarios change it, or the only sensible one."""
    if category is not None:
        return category_meant(category, study.services["category"].unique())
    found = categories_changed(scenarios, study) or sorted(study.services["category"].unique())
    if len(found) == 1:
        return str(found[0])
    if not scenarios and "france_services" in found:
        return "france_services"
    raise ScenarioError(f"dossier: give category=, one of {', '.join(map(repr, found))}.")


def weighted_quantile(values: pd.Series, weights: pd.Series, share: float) -> float:
    """Return the smallest value that at least this share (0-1) of the people do not exceed; NaN if nobody has one."""
    known = values.notna() & (weights > 0)
    if not known.any():
        return float("nan")
    order = np.argsort(values[known].to_numpy(), kind="stable")
    sorted_values, mass = values[known].to_numpy()[order], np.cumsum(weights[known].to_numpy()[order])
    place = int(np.searchsorted(mass, share * mass[-1] * (1 - 1e-12)))
    return float(sorted_values[min(place, len(sorted_values) - 1)])


def main_sites(nearest_site: pd.Series, residents: pd.DataFrame) -> pd.Series:
    """Return by commune the site that is the nearest of most of its people, missing where most reach none.

    >>> residents = pd.DataFrame({"commune": ["02173"] * 2, "population": [30, 70]}, index=["r1", "r2"])
    >>> main_sites(pd.Series(["a", "b"], index=residents.index), residents).to_dict()
    {'02173': 'b'}
    """
    people = residents["population"].groupby([residents["commune"], nearest_site.fillna("").rename("site")]).sum()
    most = people.reset_index().sort_values("population", kind="stable").groupby("commune").tail(1)
    site: pd.Series = most.set_index("commune")["site"]
    return site.where(site != "")


def _summary(minutes: pd.Series, residents: gpd.GeoDataFrame) -> pd.Series:
    people = residents["population"].astype("float64")
    reached = minutes.notna()
    weights = people[reached]
    total = float(weights.sum())
    mean = float((minutes[reached] * weights).sum() / total) if total else float("nan")
    level = by_commune(minutes, residents)["value"].dropna()
    here = people.groupby(residents["commune"]).sum().reindex(level.index)
    above = deficit(level, here, higher_is_better=False)["deficit"] > 0 if total else level.astype(bool)
    return pd.Series(
        {
            "mean": mean,
            "median": weighted_quantile(minutes, people, 0.5),
            "d9": weighted_quantile(minutes, people, 0.9),
            "unreached_people": float(people[~reached].sum()),
            "gini": gini(minutes[reached].astype("float64"), weights) if total else float("nan"),
            "communes_above_mean": float(above.sum()),
            "people_above_mean": float(here[above].sum()),
        }
    )


def _communes(
    study: Study,
    minutes: pd.DataFrame,
    residents: gpd.GeoDataFrame,
    changes: pd.DataFrame,
    sites: gpd.GeoDataFrame,
    inside: np.ndarray[tuple[int], np.dtype[np.bool_]],
) -> gpd.GeoDataFrame:
    counted = study.counted
    table = counted.loc[counted["in_territory"], ["name", "population", "geometry"]].copy()
    found = study.nearest(sites)[inside]
    table["nearest_site_id"] = main_sites(found["service_id"], residents).reindex(table.index)
    table["nearest_site"] = table["nearest_site_id"].map(sites["name"])
    for name in map(str, minutes):
        values = by_commune(minutes[name], residents).reindex(table.index)
        table[f"minutes {name}"] = values["value"]
        table[f"unreached_people {name}"] = values["unreached_people"]
        if name != BASELINE:
            table[f"change {name}"] = changes["minutes"].xs(name, level="scenario").reindex(table.index)
    return table


def plainly(names: pd.Series) -> pd.Series:
    """Return names as they are sorted, so that Béthancourt stands before Bichancourt."""
    return names.map(plain)
