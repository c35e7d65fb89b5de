"""The nearest sites of every kind, found on the roads around and proven for the whole network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import blake2b

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.roads.cutting import Bounds, Cut, cut
from accessmap.roads.network import RoadNetwork
from accessmap.roads.snapping import MS_PER_MINUTE
from accessmap.roads.trips import Trips

Ints = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]
#: How many times as wide the roads around are for what is not proven yet.
WIDER = 2.0


@dataclass(frozen=True, eq=False)
class Sites:
    """Where services stand, as arrays, sorted by kind: several rows may be of one service, or stand at one place.

    Parameters
    ----------
    kinds
        Categories.
    first
        The first row of each kind, and the number of rows after the last, (kinds + 1,).
    xy
        Metres of each place in the CRS of the roads, (places, 2).
    place
        The place of each row, (n,).
    service
        The row of the table of services that it is of, (n,).
    told
        A hash of what the results tell of that service, (n,).
    """

    kinds: tuple[str, ...]
    first: Ints
    xy: Floats
    place: Ints
    service: Ints
    told: Ints

    @classmethod
    def of(cls, services: pd.DataFrame, xy: Floats, place: Ints, service: Ints) -> Sites:
        """Return the rows sorted by kind, those of one kind in their order.

        Parameters
        ----------
        services
            By `service_id`: category, and what else the results tell of them.
        xy, place, service
            As of the class, in any order of kinds.
        """
        kinds, number = np.unique(services["category"].astype(str).to_numpy(dtype=object), return_inverse=True)
        order = np.argsort(number[service], kind="stable")
        first = np.searchsorted(number[service][order], np.arange(len(kinds) + 1))
        hashes = pd.util.hash_pandas_object(services.astype(str), index=True).to_numpy()
        service = service[order]
        return cls(tuple(kinds), first, xy, place[order], service, hashes[service])

    def within(self, bounds: Bounds, wanted: npt.NDArray[np.bool_]) -> tuple[Ints, Ints]:
        """Return the rows within bounds of the kinds that are wanted, and the first of each kind among them."""
        x, y = self.xy.T
        inside = (x >= bounds[0]) & (y >= bounds[1]) & (x <= bounds[2]) & (y <= bounds[3])
        rows = np.flatnonzero(inside[self.place] & np.repeat(wanted, np.diff(self.first)))
        return rows, np.searchsorted(rows, self.first)


@dataclass(frozen=True, eq=False)
class Found:
    """The nearest sites of every kind, by place.

    Parameters
    ----------
    minutes
        (places, kinds, k), NaN where fewer are reached.
    service
        Rows of the table of services, -1 where fewer are reached, (places, kinds, k).
    rounds
        Of each search how far beyond the places it went (metres), and for which kinds.
    digest
        Hash of all that the minutes depend on: places, roads and sites within those bounds.
    """

    minutes: npt.NDArray[np.float32]
    service: Ints
    rounds: tuple[tuple[float, tuple[str, ...]], ...]
    digest: str


def nearest_of_kinds(network: RoadNetwork, places: gpd.GeoSeries, sites: Sites, *, k: int, metres: float) -> Found:
    """Return the k nearest sites of every kind from every place, each proven to be those of the whole network.

    The roads within `metres` of the places are searched first. What is found is proven where it takes less than to
    reach the edge of those roads: whatever leaves them takes longer. What is not is searched again in roads twice as
    wide, until nothing is left.

    Parameters
    ----------
    network, sites
        The whole.
    places
        Points in the CRS of the network.
    metres
        At the first; at least twice what a leg may have.
    """
    minutes = np.full((len(places), len(sites.kinds), k), np.nan, "float32")
    service = np.full(minutes.shape, -1, "int64")
    open_ = np.ones(minutes.shape[:2], bool)
    rounds, digest = [], _digest_of_places(places)
    reach = max(metres, least_metres(network))
    while open_.any():
        wanted = np.asarray(open_.any(axis=0))
        around = cut(network, _beyond(places, reach))
        rows, first = sites.within(_beyond(places, reach + network.max_metres), wanted)
        digest.update(_digest(around, sites, rows, first))
        for kind, new, found, which in _searched(around, places, sites, rows, first, open_, k):
            minutes[new, kind] = found
            service[new, kind] = np.where(which >= 0, sites.service[rows[which]] if len(rows) else -1, -1)
            open_[new, kind] = False
        rounds.append((reach, tuple(np.array(sites.kinds, dtype=object)[wanted])))
        reach *= WIDER
    return Found(minutes, service, tuple(rounds), digest.hexdigest())


def digest_of(
    network: RoadNetwork, places: gpd.GeoSeries, sites: Sites, rounds: tuple[tuple[float, tuple[str, ...]], ...]
) -> str:
    """Return the hash that `nearest_of_kinds` would give if it went as far for the same kinds."""
    digest = _digest_of_places(places)
    for reach, kinds in rounds:
        rows, first = sites.within(_beyond(places, reach + network.max_metres), np.isin(sites.kinds, kinds))
        digest.update(_digest(cut(network, _beyond(places, reach)), sites, rows, first))
    return digest.hexdigest()


def least_metres(network: RoadNetwork) -> float:
    """Return how far beyond places roads are needed at least: two legs, or the straight way that needs no road."""
    return max(2 * network.max_metres, network.local_metres)


def _beyond(places: gpd.GeoSeries, metres: float) -> Bounds:
    west, south, east, north = places.total_bounds
    return west - metres, south - metres, east + metres, north + metres


def _searched(
    around: Cut,
    places: gpd.GeoSeries,
    sites: Sites,
    rows: Ints,
    first: Ints,
    open_: npt.NDArray[np.bool_],
    k: int,
) -> Iterator[tuple[int, Ints, npt.NDArray[np.float32], Ints]]:
    """Yield each kind that is open: the places for which it is proven now, their minutes, which of `rows` (-1: none).

    `open_` says of each place and kind whether it is wanted still.
    """
    network = around.network
    roads, legs = network._roads, network._legs
    used, at = np.unique(sites.place[rows], return_inverse=True)
    points: npt.NDArray[np.object_] = np.asarray(shapely.points(sites.xy[used]), dtype=object)
    homes, start = places.to_numpy(), roads.snap(places, legs)
    end = roads.snap(gpd.GeoSeries(points, crs=network.crs), legs)  # each place once, whatever stands there
    none = points[:0], end.rows(slice(0))
    every = Trips(roads, legs, (homes, none[0]), start, none[1])
    least = around.least_ms(start)
    for kind in np.flatnonzero(open_.any(axis=0)):
        here = np.flatnonzero(open_[:, kind])
        begin, stop = int(first[kind]), int(first[kind + 1])
        if begin == stop:
            nowhere = here[np.isinf(least[here])]
            yield int(kind), nowhere, np.full((len(nowhere), k), np.nan, "float32"), np.full((len(nowhere), k), -1)
            continue
        some = at[begin:stop]
        trips = (
            every if len(here) == len(places) else Trips(roads, legs, (homes[here], none[0]), start.at(here), none[1])
        )
        minutes, which = trips.ending(points[some], end.at(some)).nearest(k)
        last = minutes[:, -1].astype("float64") * MS_PER_MINUTE
        proven = np.flatnonzero((last < least[here]) | np.isinf(least[here]))
        which = which[proven]
        yield int(kind), here[proven], minutes[proven], np.where(which >= 0, which + begin, -1)


def _digest_of_places(places: gpd.GeoSeries) -> blake2b:
    digest = blake2b(digest_size=20)
    digest.update(np.column_stack([places.x, places.y]).tobytes())
    return digest


def _digest(around: Cut, sites: Sites, rows: Ints, first: Ints) -> bytes:
    """Return the hash of the roads of a search, and of the sites that it looks for."""
    network, digest = around.network, blake2b(digest_size=20)
    roads = network._roads
    digest.update(repr((network._legs, len(around.edge))).encode())
    for array in (roads.xy, roads.part, *roads.arcs, first, sites.xy[sites.place[rows]], sites.told[rows]):
        digest.update(np.ascontiguousarray(array).tobytes())
    for name in ("snappable", "through"):
        if name in network.edges:
            digest.update(network.edges[name].to_numpy("bool").tobytes())
    for table in (network.turns, network.turn_costs):
        if table is not None and len(table):
            digest.update(pd.util.hash_pandas_object(table.astype(str), index=False).to_numpy().tobytes())
    return digest.digest()
