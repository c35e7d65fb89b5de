"""The stops of a timetable beside the streets: which of them are near, and the ways on foot between them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.network import RoadNetwork

Longs = npt.NDArray[np.int64]
#: Cells of minutes between stops that are made at a time.
_CELLS = 4_000_000


@dataclass(frozen=True, eq=False)
class Nearby:
    """Stops by their row in `Timetable.stops`, which further stops do not change: what is known of them is kept.

    Attributes
    ----------
    asked
        Rows that were looked for, in order.
    rows
        Those of them that are near the streets, in order.
    points
        By their id: where they are.
    walks
        Ways on foot between them: from_stop, to_stop (rows), seconds.
    """

    asked: Longs
    rows: Longs
    points: gpd.GeoSeries
    walks: pd.DataFrame

    @classmethod
    def of(cls, stops: gpd.GeoDataFrame, served: Longs, network: RoadNetwork, most: float) -> Nearby:
        """Return what is near of the stops that are served, with the ways on foot of at most so many minutes."""
        none = pd.DataFrame({"from_stop": [], "to_stop": [], "seconds": []}, dtype="int32")
        return cls(served[:0], served[:0], stops.geometry.iloc[:0], none).grown(stops, served, network, most)

    def grown(self, stops: gpd.GeoDataFrame, served: Longs, network: RoadNetwork, most: float) -> Nearby:
        """Return the same with the stops that are served and were not looked for before."""
        new = np.setdiff1d(served, self.asked)
        if not len(new):
            return self
        points = stops.geometry.iloc[new]
        points = points[~(points.isna() | points.is_empty)]
        points = points[network.snap(points)["minutes"].notna().to_numpy()]
        rows = np.sort(np.concatenate([self.rows, stops.index.get_indexer(points.index)]))
        whole = stops.geometry.iloc[rows]
        walks = [self.walks]
        if most and len(points):
            walks.append(_between(network, points, whole, stops.index, most))
            if len(self.rows):
                walks.append(_between(network, self.points, points, stops.index, most))
        asked = np.sort(np.concatenate([self.asked, new]))
        return Nearby(asked, rows, whole, pd.concat(walks, ignore_index=True))


def _between(
    network: RoadNetwork, starts: gpd.GeoSeries, ends: gpd.GeoSeries, every: pd.Index, most: float
) -> pd.DataFrame:
    """Return the ways on foot from some stops to others: from_stop and to_stop (rows of the table), seconds."""
    trips = network.trips(starts, ends)
    rows = [every.get_indexer(side.index).astype("int32") for side in (starts, ends)]
    some = max(1, _CELLS // len(ends))
    pieces = []
    for first in range(0, len(starts), some):
        minutes = trips.minutes(most, slice(first, min(first + some, len(starts))))
        start, end = np.nonzero(~np.isnan(minutes))
        seconds = np.ceil(np.round(minutes[start, end] * 60.0, 2)).astype("int32")
        pieces.append(pd.DataFrame({"from_stop": rows[0][start + first], "to_stop": rows[1][end], "seconds": seconds}))
    found = pd.concat(pieces)
    return found[found["from_stop"] != found["to_stop"]].reset_index(drop=True)
