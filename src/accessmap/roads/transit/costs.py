"""What a trip costs: kilometres, grams of CO2 equivalent and euros of each leg, and of each mode."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.errors import OptionError, Problem
from accessmap.roads.readers.gtfs.fares import Fares
from accessmap.words.near import near_names

if TYPE_CHECKING:
    from accessmap.roads.network import RoadNetwork
    from accessmap.roads.transit.journeys import Journeys
    from accessmap.roads.transit.terms import Runs

# Extended types of routes (GTFS) with factors of their own; a train of any other type is taken for a TER.
VEHICLES = {101: "tgv", 102: "intercites"} | dict.fromkeys(range(200, 210), "coach")
USUAL = {"rail": "ter", "bus": "bus", "tram": "tram", "metro": "metro"}
STREETS = ("walk", "bike", "car")


def costs(
    legs: gpd.GeoDataFrame,
    timetable: Runs,
    *,
    fares: Fares | Mapping[str, float] | None = None,
    people_in_car: float = 1,
    grams: Mapping[str, float] | None = None,
    euros: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return what each leg of a journey costs one person: kilometres, grams of CO2 equivalent, and euros.

    What is not known is missing, never 0, and so is a sum over it: ``table["grams"].sum(skipna=False)``. The factors
    are data with their sources (presets/trip_costs.csv).

    Parameters
    ----------
    legs
        From `Journeys.explain`.
    timetable
        The one of those journeys.
    fares
        What a ride costs: line → euros, or what `read_fares` found in the feed. Without either it is not known.
    people_in_car
        Who share the car.
    grams, euros
        Vehicle → grams and euros a kilometre, in place of those of the presets.

    Returns
    -------
    pandas.DataFrame
        By leg: vehicle ("walk", "bike", "car", "bus", "coach", "ter", "intercites", "tgv", "tram", "metro"; "" where
        none has a factor), km, measured ("streets", or "stops": straight from stop to stop, which is less than the
        way), grams, euros (0 where a ticket bought before holds).

    Raises
    ------
    OptionError
        Where an option is none.
    """
    if not people_in_car >= 1:
        raise OptionError(Problem("costs_people", value=people_in_car))
    factor = _factors(grams, euros)
    routes = timetable.trips.drop_duplicates("trip").set_index("trip")["route"]
    types = timetable.routes["type"]
    rows: list[dict[str, Any]] = []
    for leg in legs.to_dict("records"):
        kind = str(leg["kind"])
        ride = kind == "ride"
        vehicle = kind if kind in STREETS else "walk" if kind in ("change", "wait") else ""
        if ride:
            vehicle = VEHICLES.get(int(types[routes[leg["trip"]]]), USUAL.get(str(leg["mode"]), ""))
        line = leg["geometry"]
        km = float(shapely.length(line)) / 1000 if line is not None else np.nan
        share = people_in_car if vehicle == "car" else 1
        each = {name: km * known.get(vehicle, np.nan) / share for name, known in factor.items()}
        if ride:
            each["euros"] = np.nan if isinstance(fares, Fares) or not fares else float(fares.get(leg["line"], np.nan))
        rows.append({"vehicle": vehicle, "km": km, "measured": "stops" if ride else "streets", **each})
    table = pd.DataFrame(rows, index=legs.index, columns=["vehicle", "km", "measured", "grams", "euros"])
    if isinstance(fares, Fares):
        rides = legs[(legs["kind"] == "ride").to_numpy()]
        table.loc[rides.index, "euros"] = fares.of(rides, timetable)
    return table


def costs_by_mode(
    origin: gpd.GeoSeries,
    destination: gpd.GeoSeries,
    networks: Mapping[str, RoadNetwork | Journeys],
    *,
    depart: str | None = None,
    arrive: str | None = None,
    fares: Fares | Mapping[str, float] | None = None,
    people_in_car: float = 1,
    grams: Mapping[str, float] | None = None,
    euros: Mapping[str, float] | None = None,
) -> pd.DataFrame:
    """Return what a trip costs one person by mode: minutes, km, grams of CO2 equivalent and euros.

    Parameters
    ----------
    origin, destination
        One point each, in any CRS.
    networks
        By mode, as `Study.networks`: roads, and journeys by a timetable.
    depart, arrive
        When, by the timetable: see `Journeys.explain`.
    fares, people_in_car, grams, euros
        As for `costs`.

    Returns
    -------
    pandas.DataFrame
        By mode; all missing where there is no way, grams and euros where they are not known.
    """
    from accessmap.roads.transit.journeys import Journeys  # brings numba, which naming this function need not

    factor = _factors(grams, euros)
    rows: dict[str, dict[str, float]] = {}
    for mode, network in networks.items():
        if isinstance(network, Journeys):
            legs = network.explain(origin, destination, depart=depart, arrive=arrive)
            each = costs(
                legs, network.timetable, fares=fares, people_in_car=people_in_car, grams=grams, euros=euros
            )  # fmt: skip
            sums = {name: float(each[name].sum(skipna=False)) for name in ("km", "grams", "euros")}
            rows[mode] = {"minutes": float(legs["minutes"].sum()), **sums} if len(legs) else {}
            continue
        way = network.explain(origin, destination)
        if len(way):
            km = float(way["length_m"].sum()) / 1000
            share = people_in_car if mode == "car" else 1
            sums = {name: km * known.get(mode, np.nan) / share for name, known in factor.items()}
            rows[mode] = {"minutes": float(way["minutes"].sum()), "km": km, **sums}
        else:
            rows[mode] = {}
    return pd.DataFrame.from_dict(rows, orient="index", columns=["minutes", "km", "grams", "euros"]).rename_axis("mode")


def _factors(grams: Mapping[str, float] | None, euros: Mapping[str, float] | None) -> dict[str, dict[str, float]]:
    """Return grams and euros a kilometre by vehicle."""
    known = {"grams": _presets()["co2"], "euros": _presets()["money"]}
    vehicles = list(known["grams"])
    for name, given in (("grams", grams or {}), ("euros", euros or {})):
        wrong = [vehicle for vehicle in given if vehicle not in vehicles]
        if wrong:
            near = near_names(wrong[0], vehicles)
            raise OptionError(
                Problem("costs_vehicle", where=name, value=wrong[0], near=near, known=", ".join(vehicles))
            )
        known[name] = {**known[name], **given}
    return known


@cache
def _presets() -> dict[str, dict[str, float]]:
    with (files("accessmap") / "presets" / "trip_costs.csv").open(encoding="utf-8") as stream:
        data = pd.read_csv(stream)
    return {
        str(name): dict(zip(rows["vehicle"], rows["value"], strict=True)) for name, rows in data.groupby("quantity")
    }
