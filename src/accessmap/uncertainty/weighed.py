"""What is weighed: the plans, the ways of the people to every site that any of them has, and what is known of these."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.spatial import cKDTree

from accessmap.errors import OptionError, Problem
from accessmap.measures.minutes import coverage
from accessmap.measures.resilience import site_places
from accessmap.roads.by_class import LEGS
from accessmap.roads.network import RoadNetwork
from accessmap.sentences.access import quoted_cutoff
from accessmap.study.comparison import category_changed
from accessmap.study.scenario import Scenario
from accessmap.study.study import Study
from accessmap.uncertainty.inputs import Assumptions
from accessmap.words.words import BASELINE

Single = npt.NDArray[np.float32]
Open = npt.NDArray[np.bool_]

#: Places at which a site may stand that is in no list: the mairies of the most populous communes without one.
MOST_MISSING: Final = 12
MISSING: Final = "missing site in "
Plans = Scenario | Iterable[Scenario] | Mapping[str, Scenario | gpd.GeoDataFrame]


@dataclass(frozen=True, eq=False)
class Ways:
    """The ways over one network, people × sites: minutes, the same by class, and what a step of home changes.

    Parameters
    ----------
    minutes
        As the study has them, infinite where there is no way.
    parts
        Minutes by class of road, people × sites × classes; they add up to `minutes`.
    classes
        Their names, the joining legs first.
    towards
        Minutes that each metre of home to the east, and to the north, adds: people × sites × 2.
    kmh
        By class, how quickly these ways go on it, on the mean (NaN where it is not known).
    """

    minutes: Single
    parts: Single
    classes: list[str]
    towards: Single
    kmh: list[float]


@dataclass(frozen=True, eq=False)
class Weighed:
    """The plans that are weighed; people are the residents of the territory, in the order of their communes.

    Parameters
    ----------
    category, cutoff
        Of the sites; and the minutes within which people are counted.
    plans
        Names; the first is "baseline", how it is.
    sites
        Every site that a plan has, and each place of a site that may be missing: point, `name`, `commune`, `inside`
        (the territory), `listed` (open today by the list), `several` (how many the row stands for), `hours_unknown`,
        `missing` (the share of all missing sites that may be there, 0-1).
    open
        Plans × sites: which are open, those that may be missing in all.
    ways, of
        The ways over each network, and which of them each plan has.
    people, commune
        By resident: how many, and the code of the commune.
    starts
        The first row of each commune, and the end.
    side
        Metres, of the square that a resident point stands for.
    years
        Age of the list of services, and of the population.
    far
        Minutes at which someone counts who reaches no site: the longest way of all.
    names
        Of the communes, by code.
    """

    category: str
    cutoff: float
    plans: list[str]
    sites: gpd.GeoDataFrame
    open: Open
    ways: list[Ways]
    of: list[int]
    people: npt.NDArray[np.float64]
    commune: npt.NDArray[np.str_]
    starts: npt.NDArray[np.intp]
    side: float
    years: Mapping[str, float]
    far: float
    names: pd.Series


def weighed(
    study: Study,
    plans: Plans,
    *,
    category: str | None = None,
    cutoff: float | None = None,
    assumed: Assumptions | None = None,
) -> Weighed:
    """Return what is weighed in the worlds of a study: today and these plans (see `accessmap.uncertainty.draw`)."""
    network = next(iter(study.networks.values()))
    given = _named(plans)
    scenarios = [plan for plan in given.values() if isinstance(plan, Scenario)]
    kind = category if category is not None else category_changed(scenarios, study)
    studies = {BASELINE: study}
    tables = {BASELINE: study.sites(kind)}
    for name, plan in given.items():
        if isinstance(plan, Scenario):
            studies[name] = plan.apply(study)
            tables[name] = studies[name].sites(kind)
        else:
            tables[name] = plan.to_crs(study.services.crs)
    tables = _told_apart(tables)
    sites = _sites(tables, study, kind)
    inside = study.inside.to_numpy(bool)
    residents = study.residents[inside]
    order = np.argsort(residents["commune"].to_numpy("str"), kind="stable")
    residents = residents.iloc[order]
    commune = residents["commune"].to_numpy("str")
    networks: list[RoadNetwork] = []
    ways, of = [], []
    for name in tables:
        here = studies.get(name, study)
        network = next(iter(here.networks.values()))
        if not isinstance(network, RoadNetwork):
            raise OptionError(Problem("uncertainty_roads_only", where="study"))
        at = next((number for number, each in enumerate(networks) if each is network), len(networks))
        if at == len(networks):
            networks.append(network)
            ways.append(_ways(here, inside, order, residents, sites))
        of.append(at)
    open_ = np.array([sites.index.isin(table.index) | (sites["missing"] > 0) for table in tables.values()], bool)
    reached = [ways[number].minutes[:, mask] for number, mask in zip(of, open_, strict=True)]
    far = max((float(each[np.isfinite(each)].max(initial=0.0)) for each in reached), default=0.0)
    people = residents["population"].to_numpy("float64")
    if cutoff is None:
        near = pd.Series(ways[0].minutes[:, open_[0]].min(axis=1, initial=np.inf), residents.index)
        within = coverage(near.to_frame(BASELINE).replace(np.inf, np.nan), residents["population"], study.thresholds)
        cutoff = quoted_cutoff(within)
    starts = np.flatnonzero(np.r_[True, commune[1:] != commune[:-1], True]) if len(commune) else np.zeros(1, "int64")
    years = _ages(study, kind) | dict((assumed or Assumptions()).years)
    return Weighed(
        kind, float(cutoff), list(tables), sites, open_, ways, of, people, commune, starts, _side(study), years, far,
        study.communes["name"],
    )  # fmt: skip


def _named(plans: Plans) -> dict[str, Scenario | gpd.GeoDataFrame]:
    if isinstance(plans, Scenario):
        return {plans.name: plans}
    if isinstance(plans, Mapping):
        named = dict(plans)
    else:
        several = list(plans)
        named = {plan.name: plan for plan in several}
        names = [plan.name for plan in several]
        if len(named) < len(names):
            raise OptionError(Problem("compare_one_name", value=next(each for each in names if names.count(each) > 1)))
    if BASELINE in named:
        raise OptionError(Problem("scenario_baseline_name", value=BASELINE, name=repr(BASELINE)))
    return named


def _told_apart(tables: Mapping[str, gpd.GeoDataFrame]) -> dict[str, gpd.GeoDataFrame]:
    """Return the sites of each plan, one that a plan moves under a name of its own: two places are two sites."""
    known: dict[str, bytes] = {}
    found = {}
    for plan, table in tables.items():
        places = table.geometry.to_wkb()
        names = [
            site if known.setdefault(site, place) == place else f"{site} ({plan})"
            for site, place in zip(table.index.astype("str"), places, strict=True)
        ]
        found[plan] = table.set_axis(pd.Index(names, name=table.index.name))
    return found


def _sites(tables: Mapping[str, gpd.GeoDataFrame], study: Study, kind: str) -> gpd.GeoDataFrame:
    """Return every site of every plan once, then the places at which one may stand that is in no list."""
    every = pd.concat([table[["name", "geometry"]] for table in tables.values()])
    today = tables[BASELINE]
    sites = gpd.GeoDataFrame(every[~every.index.duplicated()], crs=study.services.crs)
    hours = study.services["hours"].isna() if "hours" in study.services else pd.Series(True, study.services.index)
    listed = sites.index.isin(today.index)
    places = site_places(sites, study.communes)
    sites = sites.assign(
        commune=places["commune"].fillna("").to_numpy("str"),
        inside=places["inside"].to_numpy(bool),
        listed=listed,
        several=_several(study.services).reindex(sites.index, fill_value=1.0).to_numpy("float64"),
        hours_unknown=listed & hours.reindex(sites.index, fill_value=True).to_numpy(bool),
        missing=0.0,
    )
    halls = study.mairies
    inside = study.counted[study.counted["in_territory"]]
    taken = set(sites.loc[listed, "commune"])
    free = inside[~inside.index.isin(taken)].nlargest(MOST_MISSING, "population")
    halls = halls[halls["commune"].isin(free.index)].drop_duplicates("commune") if "commune" in halls else halls[:0]
    if kind == "mairie" or halls.empty:
        return sites
    share = free["population"].reindex(halls["commune"]).to_numpy("float64")
    more = halls[["name", "geometry"]].set_axis(MISSING + halls["commune"].astype("str"))
    more = more.assign(commune=halls["commune"].to_numpy("str"), inside=True, listed=False, several=1.0)
    more = more.assign(hours_unknown=False, missing=share / share.sum())
    return gpd.GeoDataFrame(pd.concat([sites, more]), crs=study.services.crs)


def _several(services: gpd.GeoDataFrame) -> pd.Series:
    """Return how many sites each row stands for: where sites are counted by commune, their number is the capacity."""
    one = pd.Series(1.0, services.index)
    if "point_quality" not in services or "capacity" not in services:
        return one
    counted = services["point_quality"].astype("str").str.startswith("placed_at").eq(True)
    found: pd.Series = services["capacity"].astype("float64").where(counted & (services["capacity"] > 1), 1.0)
    return found


def _ways(
    study: Study, inside: Open, order: npt.NDArray[np.intp], residents: gpd.GeoDataFrame, sites: gpd.GeoDataFrame
) -> Ways:
    minutes = study.minutes(sites).to_numpy("float32")[inside][order]
    network = next(iter(study.networks.values()))
    assert isinstance(network, RoadNetwork)
    parts, classes = network.minutes_by_class(residents.geometry, sites.geometry)
    lost = np.isnan(minutes) | np.isnan(parts[:, :, 0])
    minutes = np.where(np.isnan(minutes), np.float32(np.inf), minutes)
    parts[lost] = 0.0
    ends = [np.column_stack([side.geometry.x, side.geometry.y]) for side in (residents, sites)]
    along = ends[1][None] - ends[0][:, None]
    metres = np.hypot(*np.moveaxis(along, 2, 0))
    # A home that is moved towards a site is nearer by what a metre of this way takes, on the mean.
    pace = np.where(lost, 0.0, np.where(lost, 0.0, minutes) / np.maximum(metres, 1.0) ** 2)
    towards = (-along * pace[:, :, None]).astype("float32")
    return Ways(minutes, parts, classes, towards, _kmh(network, classes))


def _kmh(network: RoadNetwork, classes: list[str]) -> list[float]:
    edges = network.edges
    if "length_m" not in edges or "road_class" not in edges:
        return [float("nan")] * len(classes)
    sums = edges.groupby(edges["road_class"].astype("str"))[["length_m", "minutes"]].sum()
    kmh = sums["length_m"] / 1000 / (sums["minutes"] / 60)
    return [network.access_kmh if name == LEGS else float(kmh.get(name, np.nan)) for name in classes]


def _side(study: Study) -> float:
    """Return the median distance of a resident point of the territory to the next one, in metres."""
    points = study.residents.geometry
    xy = np.unique(np.column_stack([points.x, points.y]), axis=0)
    if len(xy) < 2:
        return 0.0
    return float(np.median(cKDTree(xy).query(xy, k=2)[0][:, 1]))


def _ages(study: Study, kind: str) -> dict[str, float]:
    """Return the years from the dates of the services and of the population to the newest date of the study."""
    dates = study.vintages["vintage"].dropna().map(_year).dropna()
    newest = float(dates.max()) if len(dates) else float("nan")
    found = {"services": _year(study.vintage("services", kind)), "population": _year(study.vintage("residents"))}
    return {
        name: max(0.0, newest - year) if year is not None and newest == newest else 0.0 for name, year in found.items()
    }


def _year(text: str) -> float | None:
    """Return the oldest year of a date as its source says it, a month as a part of it; None where there is none.

    >>> _year("2024-07-01"), _year("2020, 2023"), _year("")
    (2024.5, 2020.0, None)
    """
    found = []
    for part in str(text).split(","):
        digits = part.strip().split("-")
        if len(digits[0]) == 4 and digits[0].isdigit():
            month = int(digits[1]) if len(digits) > 1 and digits[1].isdigit() else 1
            found.append(int(digits[0]) + (month - 1) / 12)
    return min(found, default=None)
