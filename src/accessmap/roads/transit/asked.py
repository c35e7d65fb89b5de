"""Rides that are asked for: what of transport on demand serves on one day, and the legs that it makes."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.errors import SnapError
from accessmap.roads.network import RoadNetwork
from accessmap.words.notes import Note

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
#: Before and after any time of a day, in seconds.
EVER, ALWAYS = -(2**29), 2**29
#: Of one leg: from which of the places, to which, what it takes, and between which times one is there.
LEG = ("place", "to", "seconds", "earliest", "latest")
#: And how: on foot before, the ride, on foot after, in seconds; where one gets on and off (-1 at the door).
HOW = ("before", "after", "on", "off")


@dataclass(frozen=True, eq=False)
class Ends:
    """Where one is taken up, or set down: at any door of an area, at stops, or either."""

    area: BaseGeometry | None = None
    stops: gpd.GeoSeries | None = None

    def reached(
        self, points: gpd.GeoSeries, walk: RoadNetwork, most: float, *, away: bool
    ) -> tuple[pd.DataFrame, gpd.GeoSeries]:
        """Return which of its places each of some points has near: point, place, seconds on foot; and the places.

        Those have the ids of stops, and "" for a door.
        """
        found, places = [pd.DataFrame({"point": [], "place": [], "seconds": []}, dtype="int64")], []
        if self.area is not None:
            degrees = points.to_crs(4326)
            shapely.prepare(self.area)
            known = ~(degrees.isna() | degrees.is_empty).to_numpy()
            inside = np.flatnonzero(known & shapely.intersects(self.area, degrees.to_numpy()))
            found.append(pd.DataFrame({"point": inside, "place": np.arange(len(inside)), "seconds": 0}))
            places.append(gpd.GeoSeries(points.iloc[inside].to_numpy(), index=[""] * len(inside), crs=points.crs))
        if self.stops is not None:
            stops = self.stops.to_crs(points.crs)
            minutes = minutes_between(walk, *((points, stops) if away else (stops, points)), most)
            point, stop = np.nonzero(~np.isnan(minutes if away else minutes.T))
            seconds = whole_seconds((minutes if away else minutes.T)[point, stop])
            first = sum(map(len, places))
            found.append(pd.DataFrame({"point": point, "place": stop + first, "seconds": seconds}))
            places.append(stops)
        joined = pd.concat(found, ignore_index=True)
        # Places that nobody comes near need no way by car.
        used, place = np.unique(joined["place"].to_numpy("int64"), return_inverse=True)
        every = pd.concat(places)
        return joined.assign(place=place).sort_values(["point", "place"], kind="stable"), every.iloc[used]


@dataclass(frozen=True, eq=False)
class Asked:
    """One way of riding on demand on one day.

    Attributes
    ----------
    name, booking, wheelchair
        As it is told: its name, what one books, and "yes", "no" or "unknown".
    pickup, drop
        Where one gets on and off.
    windows
        By time at which it serves: one sets out from `first` to `last` and is there from `not_before` to `not_after`.
        A timed run that deviates `leaves` the stop before one gets on, and is at the one after by `until`; it has left
        the stop before one gets off at `since`, and `reaches` the one after. Seconds.
    wait, factor, offset
        Seconds until it comes; and by how much, and how many seconds, its ride is longer than by car.
    deviates
        The stops before and after where one gets on, and before and after where one gets off.
    published
        Whether a feed has it.
    """

    name: str
    booking: Note
    wheelchair: str
    pickup: Ends
    drop: Ends
    windows: pd.DataFrame
    wait: float = 0.0
    factor: float = 1.0
    offset: float = 0.0
    deviates: tuple[gpd.GeoSeries | None, ...] = (None, None, None, None)
    published: bool = False

    @property
    def told(self) -> Note:
        """Its name, and what one books."""
        return Note("on_demand_told", name=self.name, booking=self.booking) if self.name else self.booking

    def legs(
        self,
        points: gpd.GeoSeries,
        others: gpd.GeoSeries,
        streets: Mapping[str, RoadNetwork],
        most: tuple[float, float],
        *,
        every_way: bool = False,
    ) -> tuple[pd.DataFrame, gpd.GeoSeries, gpd.GeoSeries]:
        """Return the legs from points to others, LEG and HOW, and the places where one gets on and off.

        Parameters
        ----------
        points, others
            Where one sets out, and where one goes.
        streets
            On foot and by car.
        most
            Minutes on foot to where one gets on, and from where one gets off.
        every_way
            All places of getting off, and not the best alone.
        """
        on, ons = self.pickup.reached(points, streets["walk"], most[0], away=True)
        off, offs = self.drop.reached(others, streets["walk"], most[1], away=False)
        if not len(on) or not len(off):
            return pd.DataFrame(columns=[*LEG, *HOW], dtype="int64"), ons, offs
        minutes = minutes_between(streets["car"], ons, offs, None)
        ride = whole_seconds(minutes * self.factor + (self.offset + self.wait) / 60)
        deviates = self._deviates(streets["car"], ons, offs)
        pieces = [
            self._within(window, on, off, ride, deviates, every_way=every_way)
            for window in self.windows.to_dict("records")
        ]
        return pd.concat(pieces, ignore_index=True), ons, offs

    def _deviates(self, car: RoadNetwork, ons: gpd.GeoSeries, offs: gpd.GeoSeries) -> list[Ints]:
        """Return the seconds by car between each place of getting on or off and the timed stops beside it."""
        found = []
        for places, stop, to in zip((ons, ons, offs, offs), self.deviates, (True, False) * 2, strict=True):
            if stop is None:
                found.append(np.zeros(len(places), "int64"))
                continue
            ends = (stop.to_crs(places.crs), places) if to else (places, stop.to_crs(places.crs))
            found.append(whole_seconds(minutes_between(car, *ends, None)).ravel())
        return found

    def _within(
        self,
        window: Mapping[Hashable, int],
        on: pd.DataFrame,
        off: pd.DataFrame,
        ride: Ints,
        deviates: list[Ints],
        *,
        every_way: bool,
    ) -> pd.DataFrame:
        """Return the legs of one window."""
        first = np.maximum(window["first"], window["leaves"] + deviates[0])
        until = np.minimum(window["last"], window["until"] - deviates[1])
        not_before = np.maximum(window["not_before"], window["since"] + deviates[2])
        not_after = np.minimum(window["not_after"], window["reaches"] - deviates[3])
        free = (not_before <= EVER).all() and (not_after >= ALWAYS).all()
        place, after = off["place"].to_numpy(), off["seconds"].to_numpy()
        whole = ride[on["place"].to_numpy()][:, place] + after
        if free and not every_way:
            # Where one is there does not matter, only how soon: of several places of getting off the best is enough.
            starts = np.flatnonzero(np.diff(off["point"].to_numpy(), prepend=-1))
            best = np.minimum.reduceat(whole, starts, axis=1)
            i, j = np.nonzero(best < ALWAYS)
            j = starts[j]
            through = best[i, np.searchsorted(starts, j)]
            then = np.zeros(len(i), "int64")
        else:
            i, j = np.nonzero(whole < ALWAYS)
            then = after[j]
            through = whole[i, j] - then
        got_on = on["place"].to_numpy()[i]
        begins, last = first[got_on], np.minimum(until[got_on], not_after[place[j]] - through)
        seconds = on["seconds"].to_numpy()[i] + through + then
        earliest = np.maximum(begins + through, not_before[place[j]]) + then
        found = pd.DataFrame(
            {
                "place": on["point"].to_numpy()[i], "to": off["point"].to_numpy()[j], "seconds": seconds,
                "earliest": earliest, "latest": last + through + then,
                "before": on["seconds"].to_numpy()[i], "after": then,
                "on": got_on, "off": place[j],
            }
        )  # fmt: skip
        kept: pd.DataFrame = found[(begins <= last) & (not_before <= not_after)[place[j]]]
        return kept


def windows(spans: Sequence[Mapping[str, int]]) -> pd.DataFrame:
    """Return the windows of time of `Asked`; what is not said holds back nothing."""
    free = dict.fromkeys(("first", "not_before", "leaves", "since"), EVER)
    free |= dict.fromkeys(("last", "not_after", "until", "reaches"), ALWAYS)
    return pd.DataFrame([free | dict(each) for each in spans], columns=list(free)).astype("int64").drop_duplicates()


def whole_seconds(minutes: npt.NDArray[np.floating]) -> Ints:
    """Return minutes as whole seconds, rounded up; ALWAYS and more where there is no way."""
    seconds = np.ceil(np.round(np.nan_to_num(minutes.astype("float64"), nan=0.0) * 60, 2))
    return np.where(np.isnan(minutes), 2 * ALWAYS, np.maximum(seconds, 0)).astype("int64")


def minutes_between(
    network: RoadNetwork, origins: gpd.GeoSeries, destinations: gpd.GeoSeries, most: float | None
) -> npt.NDArray[np.float32]:
    """Return the minutes of a matrix; NaN everywhere where not one of them is near the network."""
    shape = len(origins), len(destinations)
    if not all(shape):
        return np.full(shape, np.nan, "float32")
    try:
        return network.trips(origins, destinations).minutes(most)
    except SnapError:
        return np.full(shape, np.nan, "float32")


def named(name: str) -> Note:
    """Return how transport on demand is called, with its name where it has one."""
    return Note("on_demand_named", name=name) if name else Note("on_demand_unnamed")


def legs_of(
    asked: Sequence[Asked],
    points: gpd.GeoSeries,
    others: gpd.GeoSeries,
    streets: Mapping[str, RoadNetwork],
    most: tuple[float, float],
) -> pd.DataFrame:
    """Return the legs of all that may be asked for, LEG."""
    pieces = [each.legs(points, others, streets, most)[0][list(LEG)] for each in asked]
    found = pd.concat([pd.DataFrame(columns=list(LEG)), *pieces], ignore_index=True).astype("int64")
    return found.drop_duplicates(ignore_index=True)
