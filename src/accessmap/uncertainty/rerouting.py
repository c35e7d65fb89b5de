"""What the ways of today are worth in other worlds: some of these routed anew, over roads re-weighted edge by edge."""

from __future__ import annotations

from collections.abc import Iterable

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import OptionError, Problem
from accessmap.roads.by_class import LEGS, UNCLASSED
from accessmap.roads.network import RoadNetwork
from accessmap.study.study import Study
from accessmap.uncertainty.drawing import Draws, worlds_of
from accessmap.uncertainty.weighed import Weighed
from accessmap.uncertainty.worlds import Drawn


def rerouted(draws: Draws, study: Study, *, worlds: int = 3) -> pd.DataFrame:
    """Return by (world, plan) the minutes a person as drawn, and `rerouted`: over re-weighted roads, homes moved.

    Every edge is as slow as its class and the commune it lies in are in that world, people really live elsewhere, and
    everyone takes what is then the quickest way. What `drawn` and `rerouted` differ by is the error of the draws.

    Parameters
    ----------
    draws
        Of `draw`, of this study and of plans that change no roads.
    study
        The study that was drawn from.
    worlds
        How many of the worlds, the first ones.

    Raises
    ------
    OptionError
        Where a plan changes the roads.
    """
    asked = draws.asked
    network = the_network(asked, study)
    drawn = worlds_of(asked, draws.assumed, draws.n, draws.seed)
    lines = network.lines()
    middles = gpd.GeoDataFrame(geometry=lines.geometry.interpolate(0.5, normalized=True)).to_crs(study.communes.crs)
    found = gpd.sjoin(middles, study.communes[["geometry"]].rename_axis("code").reset_index(), predicate="intersects")
    at = found["code"][~found.index.duplicated()].reindex(lines.index).fillna("").to_numpy(object)
    places, number = np.unique(at.astype("str"), return_inverse=True)
    by_place, ways = drawn.places(list(places)), asked.ways[0]
    by_class = dict(zip(ways.classes, drawn.classes(ways.classes), strict=True))
    there = drawn.sites(asked)
    told = network.edges.get("road_class", pd.Series(UNCLASSED, network.edges.index))
    kinds = told.astype("object").fillna(UNCLASSED).astype("str")
    inside = people_of(study)
    rows = {}
    for world in range(1, min(worlds, draws.n) + 1):
        factor = kinds.map({name: float(each[world]) for name, each in by_class.items()}) * by_place[number, world]
        slow = network.with_minutes(network.edges["minutes"] * factor)
        slow = slow.with_legs(access_kmh=network.access_kmh / float(by_class[LEGS][world]))
        homes, people = _moved(draws, drawn, inside.geometry, world)
        minutes = slow.travel_minutes(homes, asked.sites.geometry)
        for plan, mean in zip(asked.plans, means_of(asked, minutes, there[:, world], people), strict=True):
            rows[world - 1, plan] = (draws.minutes[plan].iloc[world - 1], mean)
    index = pd.MultiIndex.from_tuples(rows, names=["world", "plan"])
    return pd.DataFrame(list(rows.values()), index, ["drawn", "rerouted"])


def _moved(
    draws: Draws, drawn: Drawn, homes: gpd.GeoSeries, world: int
) -> tuple[gpd.GeoSeries, npt.NDArray[np.float64]]:
    """Return where people live in a world, and how many they are, in the order of what is weighed."""
    asked = draws.asked
    shift, people = np.zeros((len(homes), 2)), asked.people.copy()
    for first, end in zip(asked.starts[:-1], asked.starts[1:], strict=True):
        code = str(asked.commune[first])
        moved = drawn.homes(code, int(end - first))
        if moved is not None:
            shift[first:end] = moved[:, :, world]
        weight = drawn.people(code)
        people[first:end] *= weight if isinstance(weight, float) else weight[world]
    places = gpd.points_from_xy(homes.x + shift[:, 0], homes.y + shift[:, 1], crs=homes.crs)
    return gpd.GeoSeries(places, homes.index), people


def the_network(asked: Weighed, study: Study, plans: Iterable[str] | None = None) -> RoadNetwork:
    """Return the roads of a study; refused where one of the plans, all where not given, has others."""
    network = next(iter(study.networks.values()))
    others = any(asked.of[asked.plans.index(plan)] for plan in (asked.plans if plans is None else plans))
    if others or not isinstance(network, RoadNetwork):
        raise OptionError(Problem("uncertainty_one_network", where="plans"))
    return network


def people_of(study: Study) -> gpd.GeoDataFrame:
    """Return the residents of the territory in the order of what is weighed."""
    inside = study.residents[study.inside]
    return inside.iloc[np.argsort(inside["commune"].to_numpy("str"), kind="stable")]


def means_of(
    asked: Weighed,
    minutes: npt.NDArray[np.float32],
    there: npt.NDArray[np.bool_],
    people: npt.NDArray[np.float64] | None = None,
) -> npt.NDArray[np.float64]:
    """Return minutes a person of each plan, from minutes of people to sites of which some are there."""
    people = asked.people if people is None else people
    near = np.where(np.isnan(minutes) | ~there, np.inf, minutes)
    least = [near[:, open_].min(axis=1, initial=np.inf) for open_ in asked.open]
    return np.array([people @ np.where(np.isfinite(each), each, asked.far) / people.sum() for each in least])
