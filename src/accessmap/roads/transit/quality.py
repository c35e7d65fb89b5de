"""How well a place is served by public transport: how often something leaves, and how far it is to walk there."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.roads.transit.building import calls_of
from accessmap.roads.transit.clock import span
from accessmap.tables.contracts import metric_crs

if TYPE_CHECKING:
    from accessmap.roads.transit.timetable import Timetable

Ints = npt.NDArray[np.int64]
GROUPS = ("train", "tram", "bus")  # the best first
GROUP_OF = {"rail": 0, "metro": 0, "tram": 1, "ferry": 1, "cable_car": 1, "funicular": 1}  # any other is a bus
CLASSES = list("ABCDEF")
NONE = len(CLASSES)


def quality(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    timetable: Timetable,
    *,
    date: dt.date | str | None = None,
    between: tuple[str, str] = ("06:00", "20:00"),
) -> pd.DataFrame:
    """Return the class of public transport of each point, A (best) to F, and the stop that gives it.

    The method is that of the ÖV-Güteklassen of the Swiss federal office ARE (2022) as Plan4Better adapted it to
    Germany: a stop, with all its platforms, has a category by its best vehicle and by how often one can leave it,
    half of all departures being one direction; a place has the best class that a stop within 1,000 metres gives at
    its straight distance. The thresholds are data (presets/transit_quality.csv).

    Parameters
    ----------
    points
        Residents or any points, by id.
    timetable
        What runs.
    date
        The day, or its kind ("saturday", "holiday"); without it the usual Tuesday.
    between
        Departures from the first time on and before the second one count: an hour at a time shows the day.

    Returns
    -------
    pandas.DataFrame
        By point: class ("A" to "F", ordered; <NA> where nothing leaves at least every two hours within 1,000 metres),
        stop (id of the stop or station), metres (straight, to it), interval (minutes between departures in one
        direction) and mode (of its best vehicle).

    Raises
    ------
    OptionError
        Where the times are none, or nothing runs on the day.

    Notes
    -----
    At the end of a line all departures go one way: there the interval is twice as long as the method means.
    """
    stops = _stations(timetable, date, *span(between))
    bands, table = _thresholds()[1:]
    crs = metric_crs(points.geometry)
    homes, places = (side.to_crs(crs).to_numpy() for side in (points.geometry, stops.geometry))
    home, place = shapely.STRtree(places).query(homes, predicate="dwithin", distance=bands[-1])
    metres = np.asarray(shapely.distance(homes[home], places[place]))
    letter = table[stops["category"].to_numpy()[place], np.searchsorted(bands, metres)]
    # The best class of each home; of two alike the nearer stop.
    order = np.lexsort((metres, letter, home))
    best = order[np.flatnonzero(np.diff(home[order], prepend=-1))]
    best = best[letter[best] < NONE]
    given = stops.iloc[place[best]]
    found = pd.DataFrame(
        {
            "class": np.array(CLASSES)[letter[best]],
            "stop": given.index.astype("string"),
            "metres": metres[best],
            "interval": given["interval"].to_numpy(),
            "mode": given["mode"].astype("string").to_numpy(),
        },
        index=home[best],
    ).reindex(range(len(points)))
    found["class"] = pd.Categorical(found["class"], categories=CLASSES, ordered=True)
    return found.set_index(points.index)


def _stations(timetable: Timetable, date: dt.date | str | None, begin: int, end: int) -> gpd.GeoDataFrame:
    """Return the stations that one can leave: their best mode, interval in minutes and category (0: below all)."""
    calls = calls_of(timetable, timetable.running(date))
    last = np.zeros(len(calls.row), dtype=bool)
    last[calls.start[1:] - 1] = True
    boards = ~last & (timetable.calls["pickup"].to_numpy()[calls.row] != 1)
    row = calls.row[boards & (calls.departure >= begin) & (calls.departure < end)]
    station = timetable.stops.index.to_series()
    for _ in range(2):  # a boarding area is part of a platform, and that of a station
        parent = timetable.stops["parent"].reindex(station)
        station = parent.where(parent.isin(timetable.stops.index).to_numpy(), station.to_numpy()).set_axis(
            station.index
        )
    trips = timetable.trips["route"].to_numpy()[timetable.calls["trip"].to_numpy()[row]]
    leaving = pd.DataFrame(
        {
            "stop": station.to_numpy()[timetable.calls["stop"].to_numpy()[row]],
            "mode": timetable.routes["mode"].to_numpy()[timetable.routes.index.get_indexer(trips)],
        }
    )
    leaving["group"] = leaving["mode"].map(GROUP_OF).fillna(GROUPS.index("bus")).astype("int64")
    by_stop = leaving.sort_values("group", kind="stable").groupby("stop", sort=True)
    stops = by_stop.first()
    stops["interval"] = (end - begin) / 60 / (by_stop.size() / 2)
    stops["category"] = _categories(stops["group"].to_numpy(), stops["interval"].to_numpy())
    return timetable.stops[["geometry"]].join(stops, how="inner")


def _categories(group: Ints, interval: npt.NDArray[np.float64]) -> Ints:
    category = np.zeros(len(group), dtype=np.int64)
    for number, name in enumerate(GROUPS):
        rows = _thresholds()[0][name]
        for up_to, included, value in reversed(rows):
            within = interval <= up_to if included else interval < up_to
            category[(group == number) & within] = value
    return category


@cache
def _thresholds() -> tuple[dict[str, list[tuple[float, bool, int]]], npt.NDArray[np.float64], Ints]:
    """Return intervals by group of vehicles, bounds of distance, and the class by category and band of distance."""
    with (files("accessmap") / "presets" / "transit_quality.csv").open(encoding="utf-8") as stream:
        data = pd.read_csv(stream)
    often = data[data["table"] == "interval"]
    intervals: dict[str, list[tuple[float, bool, int]]] = {name: [] for name in GROUPS}
    for name, up_to, included, value in often[["of", "up_to", "included", "value"]].to_numpy().tolist():
        intervals[name].append((float(up_to), included == "yes", int(value)))
    near = data[data["table"] == "metres"].astype({"of": "int64"})
    bands = np.unique(near["up_to"].to_numpy("float64"))
    table = np.full((near["of"].max() + 1, len(bands) + 1), NONE)
    table[near["of"], np.searchsorted(bands, near["up_to"])] = [CLASSES.index(value) for value in near["value"]]
    return intervals, bands, table
