"""Travel times: from who and what, over how, to minutes."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, OptionError, Problem
from accessmap.measures.minutes import nearest
from accessmap.roads.network import RoadNetwork
from accessmap.roads.transit.journeys import Journeys, JourneyTrips, check_percentile
from accessmap.roads.trips import Trips
from accessmap.tables.contracts import check_residents, check_services
from accessmap.words.notes import Note
from accessmap.words.progress import progress_bar

CHUNK_BYTES = 128 * 2**20  # minutes of one chunk; up to twice as much again while it is made
MOST_CELLS = 50_000_000  # of residents × services: of more the nearest is found without minutes to all

Hours = str | Sequence[str]
"""One time of day ("08:00"), or two."""

logger = logging.getLogger("accessmap")


def travel_times(
    residents: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    network: RoadNetwork | Journeys,
    *,
    limit: float | None = None,
    max_metres: float | None = None,
    homeward: bool = False,
    depart: Hours | None = None,
    arrive: Hours | None = None,
    percentile: float | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Return minutes from home to service, float32, residents × services; NaN is not reached.

    The legs between the points and the road are part of the minutes, at both ends.

    Parameters
    ----------
    residents, services
        Tables in the contract of `accessmap.tables.contracts`: points, in EPSG:2154 or
        a UTM zone.
    network
        The roads; or the journeys of a timetable, whose minutes count from the moment one wants to leave.
    limit
        Minutes beyond which a service counts as not reached.
    max_metres
        A point further than this from every road is not reached, by default `network.max_metres`; `network.snap`
        lists such points.
    homeward
        False: from home to the service. True: from the service back home, which one-way streets make another time.
    depart
        Of journeys: one time ("08:00"), or two between which one leaves, each minute, the second not included.
    arrive
        The same of arrivals at the latest: minutes count to that time, with what one waits there.
    percentile
        Of journeys: the minutes within which this share of those departures reaches, by the nearest rank; what does
        not reach is longer than any. 50 is the median; of `journeys`, as the departures, where not given.
    progress
        Show a progress bar on standard error, or in the notebook.

    Raises
    ------
    TableError
        Where a table breaks its contract.
    SnapError
        Where not one resident, or not one service, is near the network.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> msap = study.sites("france_services")
    >>> times = am.travel_times(study.residents.head(3), msap, study.network)
    >>> times.shape
    (3, 13)
    """
    _check_trips(residents, services, network, "travel_times")
    ends = (services.geometry, residents.geometry) if homeward else (residents.geometry, services.geometry)
    blocks = row_blocks(*map(len, ends))
    with progress_bar(Note("progress_travel_times"), 1 + len(blocks), shown=progress) as done:
        hours = {"depart": depart, "arrive": arrive, "percentile": percentile}
        trips = _trips(network, ends, "travel_times", max_metres=max_metres, homeward=homeward, **hours)
        done()
        minutes = _filled(trips, blocks, done, limit=limit)
    minutes = minutes.T if homeward else minutes
    times = pd.DataFrame(minutes, index=residents.index, columns=services.index, copy=False)
    lost = int(np.isnan(np.fmin.reduce(minutes, axis=1, initial=np.nan)).sum())
    if lost and limit is None and isinstance(network, RoadNetwork):
        logger.warning("%d of %d residents reach no service: see network.snap(residents)", lost, len(residents))
    return times


def journey_times(
    residents: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    journeys: Journeys,
    *,
    percentiles: Sequence[float] = (25, 50, 75),
    limit: float | None = None,
    homeward: bool = False,
    depart: Hours | None = None,
    arrive: Hours | None = None,
    progress: bool = False,
) -> dict[float, pd.DataFrame]:
    """Return minutes as `travel_times` does, a frame of residents × services for each percentile of the departures.

    They are searched once. What one can count on is a high percentile; what one reaches by looking at the timetable
    first is the lowest, 0.

    Parameters
    ----------
    residents, services, limit, homeward, depart, arrive, progress
        As in `travel_times`.
    journeys
        Of `Timetable.journeys`.
    percentiles
        From 0 to 100.

    Raises
    ------
    TableError, SnapError
        As in `travel_times`.
    OptionError
        Where a time or a percentile is none.
    """
    trips, ends = _journey_trips(residents, services, journeys, "journey_times", homeward, depart, arrive)
    for percentile in percentiles:
        check_percentile(percentile)
    minutes = np.empty((len(percentiles), *map(len, ends)), "float32")
    blocks = row_blocks(*map(len, ends))
    with progress_bar(Note("progress_travel_times"), len(blocks), shown=progress) as done:
        for rows in blocks:
            minutes[:, rows] = trips.by_percentile(tuple(percentiles), limit, rows)
            done()
    minutes = minutes.transpose(0, 2, 1) if homeward else minutes
    axes = residents.index, services.index
    return {name: pd.DataFrame(each, *axes, copy=False) for name, each in zip(percentiles, minutes, strict=True)}


def departure_share(
    residents: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    journeys: Journeys,
    *,
    limit: float,
    homeward: bool = False,
    depart: Hours | None = None,
    arrive: Hours | None = None,
    progress: bool = False,
) -> pd.DataFrame:
    """Return the share (0-1) of departures that reach each service within `limit` minutes, residents × services.

    Parameters
    ----------
    residents, services, homeward, depart, arrive, progress
        As in `travel_times`.
    journeys
        Of `Timetable.journeys`.
    limit
        Minutes, from the moment one wants to leave.

    Raises
    ------
    TableError, SnapError, OptionError
        As in `journey_times`.
    """
    trips, ends = _journey_trips(residents, services, journeys, "departure_share", homeward, depart, arrive)
    share = np.empty(tuple(map(len, ends)), "float32")
    blocks = row_blocks(*map(len, ends))
    with progress_bar(Note("progress_travel_times"), len(blocks), shown=progress) as done:
        for rows in blocks:
            share[rows] = trips.share(limit, rows)
            done()
    return pd.DataFrame(share.T if homeward else share, index=residents.index, columns=services.index, copy=False)


def travel_times_long(
    residents: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    network: RoadNetwork | Journeys,
    *,
    limit: float,
    chunk_bytes: int = CHUNK_BYTES,
    progress: bool = False,
) -> pd.DataFrame:
    """Return the pairs within `limit` minutes, one row each: resident_id, service_id, minutes (float32).

    For work whose matrix would not fit in memory: it is made and filtered a few residents at a time.

    Parameters
    ----------
    residents, services
        Tables in the contract of `accessmap.tables.contracts`.
    network
        The roads.
    limit
        Minutes; pairs further apart are left out.
    chunk_bytes
        Memory for the minutes of one chunk.
    progress
        Show a progress bar on standard error, or in the notebook.

    Returns
    -------
    pandas.DataFrame
        In the order of `residents`, then of `services`; ids as categories, which keeps it small.

    Raises
    ------
    TableError
        Where a table breaks its contract.
    SnapError
        Where not one resident, or not one service, is near the network.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> pairs = travel_times_long(study.residents, study.sites("hospital"), study.network, limit=10)
    >>> pairs.columns.to_list(), bool(pairs["minutes"].max() <= 10)
    (['resident_id', 'service_id', 'minutes'], True)
    """
    _check_trips(residents, services, network, "travel_times_long")
    trips = network.trips(residents.geometry, services.geometry)
    found = []
    blocks = row_blocks(len(residents), len(services), chunk_bytes)
    with progress_bar(Note("progress_travel_times"), len(blocks), shown=progress) as done:
        for rows in blocks:
            minutes = trips.minutes(limit, rows)
            resident, service = np.nonzero(~np.isnan(minutes))
            found.append((resident + rows.start, service, minutes[resident, service]))
            done()
    resident, service, at = (np.concatenate(column) for column in zip(*found, strict=True))
    return pd.DataFrame(
        {
            "resident_id": pd.Categorical.from_codes(resident, categories=residents.index),
            "service_id": pd.Categorical.from_codes(service, categories=services.index),
            "minutes": at.astype("float32"),
        }
    )


def nearest_times(
    residents: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    network: RoadNetwork | Journeys,
    *,
    k: int = 1,
    progress: bool = False,
) -> pd.DataFrame:
    """Return the k-th nearest service of each resident and the minutes to it: columns service_id and minutes.

    The same as `nearest(travel_times(residents, services, network), k=k)` without ever building that matrix: for
    hundreds of thousands of residents, or thousands of services.

    Parameters
    ----------
    residents, services
        Tables in the contract of `accessmap.tables.contracts`.
    network
        The roads.
    k
        1 for the nearest, 2 for the second nearest, and so on.
    progress
        Show a progress bar on standard error, or in the notebook.

    Returns
    -------
    pandas.DataFrame
        By resident: service_id (string, <NA> where fewer than k services are reached) and minutes (NaN there). Of two
        services equally near, the first row of `services` comes first.

    Raises
    ------
    TableError
        Where a table breaks its contract.
    SnapError
        Where not one resident, or not one service, is near the network.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> nearest_times(study.residents.loc[["02173-01"]], study.mairies, study.network)["service_id"].to_list()
    ['mairie-02173']
    """
    _check_trips(residents, services, network, "nearest_times")
    if k < 1:
        raise OptionError(Problem("nearest_k_below_1", value=k))
    with progress_bar(Note("progress_travel_times"), 2, shown=progress) as done:
        trips = network.trips(residents.geometry, services.geometry)
        done()
        return _named(*trips.nearest(k), services.index, residents.index)


def _named(
    minutes: npt.NDArray[np.float32], which: npt.NDArray[np.int32], services: pd.Index, residents: pd.Index
) -> pd.DataFrame:
    """Return the last of the nearest of each resident by its id: service_id and minutes."""
    at = which[:, -1]
    names = np.full(len(at), None, dtype=object)
    names[at >= 0] = services.to_numpy(dtype=object)[at[at >= 0]]
    return pd.DataFrame({"service_id": pd.array(names, dtype="string"), "minutes": minutes[:, -1]}, index=residents)


class Known:
    """What a study and those made from it have routed in one mode: the residents joined to the roads, and minutes.

    The tables that it gives out share its memory for as long as nobody writes to them.
    """

    def __init__(self, network: RoadNetwork | Journeys, residents: gpd.GeoSeries, before: Known | None = None) -> None:
        self._network = network
        self._points = residents
        self._before = before
        self._residents = residents.index
        self._routed: list[tuple[list[tuple[float, float]], pd.DataFrame]] = []
        self._at: dict[tuple[float, float], tuple[int, int]] = {}

    def over(self, journeys: Journeys) -> Known:
        """Return what is known by journeys that `Journeys.over` made of these: the ways of the residents to stops."""
        return Known(journeys, self._points, self)

    @cached_property
    def trips(self) -> Trips | JourneyTrips:
        """The residents joined to the roads, with nowhere to go yet."""
        known = None if self._before is None else self._before.trips
        if isinstance(known, JourneyTrips) and isinstance(self._network, Journeys):
            return known.over(self._network)
        return self._network.trips(self._points, self._points.iloc[:0])

    def minutes(self, sites: gpd.GeoSeries, *, progress: bool = False) -> pd.DataFrame:
        """Return minutes of every resident to these points, float32, residents × sites; a place is routed to once."""
        places = list(zip(sites.x, sites.y, strict=True))
        new = [number for number, place in enumerate(places) if place not in self._at]
        if new or not self._routed:  # of no place too: it is told if nobody is near the roads
            self._route(sites.iloc[new], [places[number] for number in new], progress=progress)
        at = [self._at[place] for place in places]
        if not places or len(new) == len(places):
            block, first = len(self._routed) - 1, 0
        else:
            block, first = at[0]
        if places and self._routed[block][0][first : first + len(places)] == places:
            return self._routed[block][1].iloc[:, first : first + len(places)].set_axis(sites.index, axis=1)
        columns = np.empty((len(self._residents), len(places)), "float32", order="F")
        of_block, of_column = np.array(at, dtype=np.intp).reshape(-1, 2).T
        for block in np.unique(of_block):
            here = np.flatnonzero(of_block == block)
            columns[:, here] = self._routed[block][1].to_numpy()[:, of_column[here]]
        return pd.DataFrame(columns, index=self._residents, columns=sites.index, copy=False)

    def nearest(self, sites: gpd.GeoSeries, *, progress: bool = False) -> pd.DataFrame:
        """Return the nearest of these points of every resident and the minutes to it, as `measures.nearest` does.

        Of many residents and points it is found without the minutes to all of them.
        """
        trips = self.trips
        if isinstance(trips, JourneyTrips) or len(self._residents) * len(sites) <= MOST_CELLS:
            return nearest(self.minutes(sites, progress=progress))
        with progress_bar(Note("progress_travel_times"), 1, shown=progress) as done:
            found = _named(*trips.to(sites).nearest(1), sites.index, self._residents)
            done()
        return found

    def _route(self, points: gpd.GeoSeries, places: list[tuple[float, float]], *, progress: bool) -> None:
        blocks = row_blocks(len(self._residents), len(points))
        with progress_bar(Note("progress_travel_times"), 1 + len(blocks), shown=progress) as done:
            trips = self.trips.to(points)
            done()
            minutes = _filled(trips, blocks, done, order="F")
        for number, place in enumerate(places):
            self._at.setdefault(place, (len(self._routed), number))
        self._routed.append((places, pd.DataFrame(minutes, index=self._residents, copy=False)))


def row_blocks(rows: int, columns: int, most_bytes: int | None = None) -> list[slice]:
    """Return the rows that are routed at a time: between two blocks Ctrl-C is heard, and the bar goes on."""
    some = max(1, (most_bytes or CHUNK_BYTES) // (4 * max(1, columns)))
    return [slice(first, min(first + some, rows)) for first in range(0, rows, some)]


def _filled(
    trips: Trips | JourneyTrips,
    blocks: list[slice],
    done: Callable[[], None],
    *,
    limit: float | None = None,
    order: Literal["C", "F"] = "C",
) -> npt.NDArray[np.float32]:
    """Return minutes of every origin to every destination, a block at a time."""
    minutes = np.empty(tuple(map(len, trips.places)), "float32", order=order)
    for rows in blocks:
        minutes[rows] = trips.minutes(limit, rows)
        done()
    return minutes


def _trips(
    network: RoadNetwork | Journeys,
    ends: tuple[gpd.GeoSeries, gpd.GeoSeries],
    call: str,
    *,
    max_metres: float | None,
    homeward: bool,
    **hours: Any,
) -> Trips | JourneyTrips:
    """Return the trips of a call; hours are of journeys alone."""
    if isinstance(network, Journeys):
        return network.trips(*ends, max_metres=max_metres, homeward=homeward, **hours)
    given = [name for name, value in hours.items() if value is not None]
    if given:
        raise OptionError(Problem("journeys_hours_without", call=call, value=", ".join(given)))
    return network.trips(*ends, max_metres=max_metres)


def _journey_trips(
    residents: gpd.GeoDataFrame,
    services: gpd.GeoDataFrame,
    journeys: Journeys,
    call: str,
    homeward: bool,
    depart: Hours | None,
    arrive: Hours | None,
) -> tuple[JourneyTrips, tuple[gpd.GeoSeries, gpd.GeoSeries]]:
    if not isinstance(journeys, Journeys):
        raise NetworkError(Problem("journeys_needed", call=call, value=type(journeys).__name__))
    _check_trips(residents, services, journeys, call)
    ends = (services.geometry, residents.geometry) if homeward else (residents.geometry, services.geometry)
    return journeys.trips(*ends, homeward=homeward, depart=depart, arrive=arrive), ends


def _check_trips(residents: gpd.GeoDataFrame, services: gpd.GeoDataFrame, network: object, call: str) -> None:
    check_residents(residents)
    check_services(services)
    if not isinstance(network, Journeys):
        check_network(network, call)


def check_network(network: object, call: str) -> None:
    """Raise NetworkError where what a function was given as its roads is no network."""
    if not isinstance(network, RoadNetwork):
        raise NetworkError(Problem("study_not_network", call=call, value=type(network).__name__))
