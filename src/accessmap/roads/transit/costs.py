"""What a trip costs: kilometres, grams of CO2 equivalent and euros of each leg, and of each mode."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.errors import OptionError, Problem
from accessmap.roads.readers.gtfs.fares import Priced
from accessmap.roads.readers.gtfs.leg_fares import Ride
from accessmap.roads.transit.itinerary import NO_CALL
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
    fares: Priced | Mapping[str, float] | None = None,
    date: dt.date | None = None,
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
    date
        The day of the journeys: without it, what depends on the day is not known.
    people_in_car
        Who share the car.
    grams, euros
        Vehicle → grams and euros a kilometre, in place of those of the presets.

    Returns
    -------
    pandas.DataFrame
        By leg: vehicle ("walk", "bike", "car", "bus", "coach", "ter", "intercites", "tgv", "tram", "metro"; "" where
        none has a factor), km, measured ("streets"; of rides "timetable" as the feed says the distance, "shape" along
        the line that it draws, else "stops": straight from stop to stop, which is less than the way), grams, euros (0
        where a ticket bought before holds).

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
    rides: dict[int, Ride] = {}
    for leg in legs.to_dict("records"):
        kind = str(leg["kind"])
        ride = kind == "ride"
        vehicle = kind if kind in STREETS else "walk" if kind in ("change", "wait") else ""
        if ride:
            vehicle = VEHICLES.get(int(types[routes[leg["trip"]]]), USUAL.get(str(leg["mode"]), ""))
        line = leg["geometry"]
        km, measured = float(shapely.length(line)) / 1000 if line is not None else np.nan, "streets"
        if ride:
            pieces = _pieces(leg, timetable)
            km, measured = _along(pieces, timetable) or (km, "stops")
            rides[len(rows)] = _ride(leg, pieces, timetable)
        share = people_in_car if vehicle == "car" else 1
        each = {name: km * known.get(vehicle, np.nan) / share for name, known in factor.items()}
        if ride:
            each["euros"] = float(fares.get(leg["line"], np.nan)) if isinstance(fares, Mapping) else np.nan
        rows.append({"vehicle": vehicle, "km": km, "measured": measured, **each})
    table = pd.DataFrame(rows, index=legs.index, columns=["vehicle", "km", "measured", "grams", "euros"])
    if fares is not None and not isinstance(fares, Mapping):
        table.loc[table.index[list(rides)], "euros"] = fares.of(list(rides.values()), date)
    return table


def _pieces(leg: Mapping[Any, Any], timetable: Runs) -> list[npt.NDArray[np.int64]]:
    """Return the rows of the calls of a ride, with both ends, trip by trip in which one stays seated."""
    first, trip = timetable.first_call, timetable.trips["trip"]
    ids = [leg["trip"], *(str(leg["goes_on_as"]).split(", ") if leg["goes_on_as"] else [])]
    found = [np.arange(*first[row + np.arange(2)]) for row in (trip.index[trip == each][0] for each in ids)]
    on, off = (int(leg.get(side, NO_CALL)) for side in ("from_call", "to_call"))
    if on < 0:  # legs that were written by hand
        names = timetable.stops["name"].to_numpy()
        stop = timetable.calls["stop"].to_numpy()
        on = int(found[0][names[stop[found[0]]] == leg["from_stop"]][0])
        ends = found[-1][names[stop[found[-1]]] == leg["to_stop"]]
        off = int(ends[ends > on][0] if len(found) == 1 else ends[0])
    trips = timetable.calls["trip"].to_numpy()  # of trips that go by a headway each run has its own row
    if len(found) == 1:
        return [np.arange(on, off + 1)]
    return [np.arange(on, first[trips[on] + 1]), *found[1:-1], np.arange(first[trips[off]], off + 1)]


def _along(pieces: Sequence[npt.NDArray[np.int64]], timetable: Runs) -> tuple[float, str] | None:
    """Return the kilometres of a ride along its line, and what tells them; None where nothing does."""
    metres, stop = timetable.calls["metres"].to_numpy("float64"), timetable.calls["stop"].to_numpy()
    places = timetable.stops.geometry.to_numpy()
    way = sum(float(metres[rows[-1]] - metres[rows[0]]) for rows in pieces)
    joins = pairwise(pieces)
    way += sum(float(shapely.distance(places[stop[one[-1]]], places[stop[other[0]]])) for one, other in joins)
    how = {timetable.trips["measured"].iloc[timetable.calls["trip"].iloc[rows[0]]] for rows in pieces}
    return None if np.isnan(way) else (way / 1000, "timetable" if how == {"timetable"} else "shape")


def _ride(leg: Mapping[Any, Any], pieces: Sequence[npt.NDArray[np.int64]], timetable: Runs) -> Ride:
    trips = timetable.calls["trip"].to_numpy()[[rows[0] for rows in pieces]]
    stops = timetable.stops.index.to_numpy()[timetable.calls["stop"].to_numpy()[np.concatenate(pieces)]]
    leaves, arrives = round(leg["leaves"] * 60), round(leg.get("arrives", leg["leaves"]) * 60)
    return Ride(tuple(timetable.trips["route"].iloc[trips]), tuple(stops), leaves, arrives)


def costs_by_mode(
    origin: gpd.GeoSeries,
    destination: gpd.GeoSeries,
    networks: Mapping[str, RoadNetwork | Journeys],
    *,
    depart: str | None = None,
    arrive: str | None = None,
    fares: Priced | Mapping[str, float] | None = None,
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
                legs, network.timetable, fares=fares, date=network.date, people_in_car=people_in_car, grams=grams,
                euros=euros,
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
