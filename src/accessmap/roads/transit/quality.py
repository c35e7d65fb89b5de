"""How well a place is served by public transport: how often something leaves, and how far it is to walk there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.errors import OptionError, Problem
from accessmap.roads.readers.gtfs.calls import repeated_trips
from accessmap.roads.transit.building import RunCalls, calls_of
from accessmap.roads.transit.clock import span
from accessmap.tables.contracts import metric_crs
from accessmap.words.near import near_names

if TYPE_CHECKING:
    from accessmap.roads.transit.timetable import Timetable

Ints = npt.NDArray[np.int64]
NONE = "none"  # the column of people without a class


@dataclass(frozen=True, eq=False)
class Method:
    """The thresholds of one method.

    Attributes
    ----------
    classes
        The best first.
    modes
        Mode → group of vehicles; "*" stands for any other, which does not count where it is missing.
    apart
        Whether departures are counted by group of vehicles, or all of a stop together.
    intervals
        By group, the best first: minutes, whether they are included, and the category.
    bands
        Bounds of distance in metres.
    table
        By category and band: the number of the class.
    """

    classes: list[str]
    modes: dict[str, str]
    apart: bool
    intervals: dict[str, list[tuple[float, bool, int]]]
    bands: npt.NDArray[np.float64]
    table: Ints

    def categories(self, group: npt.NDArray[np.object_], interval: npt.NDArray[np.float64]) -> Ints:
        """Return the category of each stop, one more than the worst where it has none."""
        category = np.full(len(group), len(self.table) - 1)
        for name, rows in self.intervals.items():
            for up_to, included, value in reversed(rows):
                within = interval <= up_to if included else interval < up_to
                category[(group == name) & within] = value
        return category


def quality(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    timetable: Timetable,
    *,
    method: str = "germany",
    date: dt.date | str | None = None,
    between: tuple[str, str] = ("06:00", "20:00"),
    nodes: Collection[str] = (),
) -> pd.DataFrame:
    """Return the class of public transport of each point, A (best) to F or D, and the stop that gives it.

    The ÖV-Güteklassen of the Swiss federal office ARE (2022), or those that Plan4Better adapted to Germany: a stop,
    with all its platforms, has a category by its vehicles and by how often one can leave it, half of all departures
    being one direction; a place has the best class that a stop within 1,000 metres gives at its straight distance. The
    thresholds are data (presets/transit_quality.csv).

    Parameters
    ----------
    points
        Residents or any points, by id.
    timetable
        What runs.
    method
        "germany", where a train every hour and a bus every two hours still count; or "switzerland", where nothing does
        that leaves less than every hour, and trains are counted apart from trams, buses and boats.
    date
        The day, or its kind ("saturday", "holiday"); without it the usual Tuesday.
    between
        Departures from the first time on and before the second one count: an hour at a time shows the day.
    nodes
        Stations (ids) that are railway nodes (Bahnknoten), which have a better category in Switzerland. ARE names
        them; without any, each station counts as one on a line.

    Returns
    -------
    pandas.DataFrame
        By point: class (ordered; <NA> where no stop within 1,000 metres gives one), stop (id of the stop or station),
        metres (straight, to it), interval (minutes between departures in one direction, of the vehicles that give the
        category) and mode (of the best vehicle).

    Raises
    ------
    OptionError
        Where the method or a node is none, the times are none, or nothing runs on the day.

    Notes
    -----
    At the end of a line all departures go one way: there the interval is twice as long as the method means.
    """
    how = method_of(method)
    stops = _stations(_departures(timetable, date), timetable, how, *span(between), _known(nodes, timetable))
    return _nearest_best(points, stops, how)


def quality_by_hour(
    points: gpd.GeoDataFrame | gpd.GeoSeries,
    timetable: Timetable,
    *,
    method: str = "germany",
    date: dt.date | str | None = None,
    between: tuple[str, str] = ("05:00", "22:00"),
    nodes: Collection[str] = (),
) -> pd.DataFrame:
    """Return the class of each point (rows) by hour of the day (columns "05:00", …): see `quality`.

    Parameters
    ----------
    points, timetable, method, date, nodes
        As for `quality`.
    between
        The first hour and the one after the last, both whole.

    Raises
    ------
    OptionError
        As for `quality`.
    """
    how, leaving, named = method_of(method), _departures(timetable, date), _known(nodes, timetable)
    first, last = span(between)
    if first % 3600 or last % 3600:
        raise OptionError(Problem("quality_whole_hours", value=", ".join(between)))
    found = {
        f"{begin // 3600:02}:00": _nearest_best(
            points, _stations(leaving, timetable, how, begin, begin + 3600, named), how
        )["class"]
        for begin in range(first, last, 3600)
    }
    return pd.DataFrame(found, index=points.index).rename_axis(columns="hour")


def quality_areas(
    timetable: Timetable,
    *,
    method: str = "germany",
    date: dt.date | str | None = None,
    between: tuple[str, str] = ("06:00", "20:00"),
    nodes: Collection[str] = (),
    within: gpd.GeoDataFrame | None = None,
) -> gpd.GeoDataFrame:
    """Return the land of each class, by class, the best first: discs about the stops, the better class above.

    Parameters
    ----------
    timetable, method, date, between, nodes
        As for `quality`.
    within
        Communes or other places: stops that serve nothing within their bounds are left out.

    Raises
    ------
    OptionError
        As for `quality`.
    """
    how = method_of(method)
    stops = _stations(_departures(timetable, date), timetable, how, *span(between), _known(nodes, timetable))
    if within is not None:
        frame = shapely.box(*within.to_crs(stops.crs).total_bounds)
        stops = stops[shapely.dwithin(stops.geometry.to_numpy(), frame, how.bands[-1])]
    given = how.table[stops["category"].to_numpy()]
    land: list[shapely.Geometry] = []
    better: shapely.Geometry = shapely.Polygon()
    for number in range(len(how.classes)):
        stop, band = np.nonzero(given == number)
        discs = shapely.buffer(stops.geometry.to_numpy()[stop], how.bands[band], quad_segs=16)
        here = shapely.union_all([better, *discs])
        land.append(shapely.difference(here, better))
        better = here
    return gpd.GeoDataFrame(geometry=land, index=pd.Index(how.classes, name="class"), crs=stops.crs)


def people_by_class(classes: pd.Series, residents: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return how many people live in each class (columns A, B, …, "none"), by commune.

    Parameters
    ----------
    classes
        Of each resident: the column "class" of `quality`, or an hour of `quality_by_hour`.
    residents
        With `commune` and `population`, by the same ids.

    Examples
    --------
    >>> classes = pd.Series(pd.Categorical(["A", None, "B"], ["A", "B"]), index=["x", "y", "z"])
    >>> people = {"commune": ["02173", "02173", "02719"], "population": [120.0, 80.0, 5.0]}
    >>> residents = gpd.GeoDataFrame(people, index=["x", "y", "z"], geometry=[None] * 3)
    >>> people_by_class(classes, residents).to_numpy().tolist()
    [[120.0, 0.0, 80.0], [0.0, 5.0, 0.0]]
    """
    here = classes.reindex(residents.index).cat.add_categories([NONE]).fillna(NONE)
    people = residents["population"].astype("float64")
    table = pd.DataFrame({"commune": residents["commune"], "class": here, "people": people})
    return table.pivot_table("people", "commune", "class", "sum", fill_value=0.0, observed=False).rename_axis(
        columns=None
    )


def method_of(name: str) -> Method:
    """Return a method by its name.

    Raises
    ------
    OptionError
        Where there is none of that name.
    """
    known = _methods()
    if name not in known:
        near = near_names(name, known)
        raise OptionError(Problem("quality_method", value=name, near=near, known=", ".join(known)))
    return known[name]


def _known(nodes: Collection[str], timetable: Timetable) -> Collection[str]:
    named = [nodes] if isinstance(nodes, str) else list(nodes)
    unknown = [name for name in named if name not in timetable.stops.index]
    if unknown:
        near = near_names(unknown[0], timetable.stops.index)
        raise OptionError(Problem("quality_node", value=unknown[0], near=near))
    return named


def _departures(timetable: Timetable, date: dt.date | str | None) -> pd.DataFrame:
    """Return each departure of a day that one may board: its station, mode and seconds."""
    calls = calls_of(timetable, timetable.running(date))
    last = np.zeros(len(calls.row), dtype=bool)
    last[calls.start[1:] - 1] = True
    boards = ~last & ~_again(timetable, calls) & (timetable.calls["pickup"].to_numpy()[calls.row] != 1)
    row = calls.row[boards]
    station = timetable.stops.index.to_series()
    for _ in range(2):  # a boarding area is part of a platform, and that of a station
        parent = timetable.stops["parent"].reindex(station)
        station = parent.where(parent.isin(timetable.stops.index).to_numpy(), station.to_numpy()).set_axis(
            station.index
        )
    trips = timetable.trips["route"].to_numpy()[timetable.calls["trip"].to_numpy()[row]]
    return pd.DataFrame(
        {
            "stop": station.to_numpy()[timetable.calls["stop"].to_numpy()[row]],
            "mode": timetable.routes["mode"].to_numpy()[timetable.routes.index.get_indexer(trips)],
            "leaves": calls.departure[boards],
        }
    )


def _again(timetable: Timetable, calls: RunCalls) -> npt.NDArray[np.bool_]:
    """Return which calls are of a run that repeats another of that day: the same line, stops and times."""
    run = np.repeat(np.arange(len(calls.start) - 1), np.diff(calls.start))
    called = timetable.calls[["stop", "pickup", "drop_off"]].iloc[calls.row]
    called = called.assign(arrival=calls.arrival, departure=calls.departure)
    trip = timetable.calls["trip"].to_numpy()[calls.row[calls.start[:-1]]]
    return repeated_trips(run, called, timetable.trips[["route"]].iloc[trip])[run]


def _stations(
    leaving: pd.DataFrame, timetable: Timetable, how: Method, begin: int, end: int, nodes: Collection[str]
) -> gpd.GeoDataFrame:
    """Return the stations that one can leave: their best mode, interval in minutes and category."""
    here = leaving[(leaving["leaves"] >= begin) & (leaving["leaves"] < end)].copy()
    here["group"] = here["mode"].map(how.modes).fillna(how.modes.get("*"))
    if "node" in how.intervals:
        here.loc[(here["group"] == "train") & here["stop"].isin(nodes), "group"] = "node"
    here = here[here["group"].isin(list(how.intervals))]
    here["rank"] = here["group"].map({name: number for number, name in enumerate(how.intervals)})
    by = ["stop", "rank"] if how.apart else ["stop"]
    each = here.sort_values("rank", kind="stable").groupby(by, sort=True)
    found = each[["group", "mode"]].first()
    found["interval"] = (end - begin) / 60 / (each.size() / 2)
    found["category"] = how.categories(found["group"].to_numpy(), found["interval"].to_numpy())
    # Counted apart, the vehicles that give the best category stand for the stop; of two alike the better ones.
    found = found.reset_index().sort_values(["category", "rank"]) if how.apart else found
    stops = found.drop_duplicates("stop").set_index("stop") if how.apart else found
    return timetable.stops[["geometry"]].join(stops, how="inner")


def _nearest_best(points: gpd.GeoDataFrame | gpd.GeoSeries, stops: gpd.GeoDataFrame, how: Method) -> pd.DataFrame:
    """Return the best class of each point, and the stop that gives it; of two alike the nearer one."""
    crs = metric_crs(points.geometry)
    homes, places = (side.to_crs(crs).to_numpy() for side in (points.geometry, stops.geometry))
    home, place = shapely.STRtree(places).query(homes, predicate="dwithin", distance=how.bands[-1])
    metres = np.asarray(shapely.distance(homes[home], places[place]))
    letter = how.table[stops["category"].to_numpy()[place], np.searchsorted(how.bands, metres)]
    order = np.lexsort((metres, letter, home))
    best = order[np.flatnonzero(np.diff(home[order], prepend=-1))]
    best = best[letter[best] < len(how.classes)]
    given = stops.iloc[place[best]]
    found = pd.DataFrame(
        {
            "class": np.array(how.classes)[letter[best]],
            "stop": given.index.astype("string"),
            "metres": metres[best],
            "interval": given["interval"].to_numpy(),
            "mode": given["mode"].astype("string").to_numpy(),
        },
        index=home[best],
    ).reindex(range(len(points)))
    found["class"] = pd.Categorical(found["class"], categories=how.classes, ordered=True)
    return found.set_index(points.index)


@cache
def _methods() -> dict[str, Method]:
    with (files("accessmap") / "presets" / "transit_quality.csv").open(encoding="utf-8") as stream:
        data = pd.read_csv(stream)
    return {str(name): _method(rows) for name, rows in data.groupby("method", sort=False)}


def _method(data: pd.DataFrame) -> Method:
    tables = {str(name): rows for name, rows in data.groupby("table")}
    intervals: dict[str, list[tuple[float, bool, int]]] = {}
    for name, up_to, included, value in _rows(tables["interval"]):
        intervals.setdefault(str(name), []).append((float(up_to), included == "yes", int(value)))
    near = tables["metres"].astype({"of": "int64"})
    bands = np.unique(near["up_to"].to_numpy("float64"))
    classes = sorted(set(near["value"]))
    table = np.full((near["of"].max() + 2, len(bands) + 1), len(classes))
    table[near["of"], np.searchsorted(bands, near["up_to"])] = [classes.index(value) for value in near["value"]]
    modes = {str(of): str(value) for of, _, _, value in _rows(tables["mode"])}
    return Method(classes, modes, tables["count"]["value"].iloc[0] == "apart", intervals, bands, table)


def _rows(table: pd.DataFrame) -> Sequence[tuple[str, float, str, str]]:
    return list(table[["of", "up_to", "included", "value"]].itertuples(index=False, name=None))
