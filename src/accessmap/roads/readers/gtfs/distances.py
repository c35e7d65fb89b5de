"""Distances between places in degrees, straight and along the lines of `shapes.txt`."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from accessmap.roads.readers.gtfs.calls import used_rows
from accessmap.roads.readers.gtfs.feed import Feed, whole
from accessmap.roads.readers.gtfs.stops import number

Floats = npt.NDArray[np.float64]
EARTH_METRES = 6_371_008.8  # mean radius (IUGG)
SAME_PLACE_METRES = 1.0
FAR_METRES = 500.0  # a stop further than this from the line drawn for its trip was not drawn on it


def straight(degrees: Floats) -> Floats:
    """Return how many metres each place is from the first, straight from one to the next; (n, 2) of degrees.

    >>> straight(np.array([[3.0, 49.0], [3.0, 49.01], [3.0, 49.0]])).round().tolist()
    [0.0, 1112.0, 2224.0]
    """
    return np.concatenate([[0.0], np.cumsum(hops(degrees[:-1], degrees[1:]))])


def hops(start: Floats, end: Floats) -> Floats:
    """Return metres between pairs of places (n, 2) in degrees, on a sphere."""
    (lon, lat), (lon2, lat2) = np.radians(start).T, np.radians(end).T
    inside = np.sin((lat2 - lat) / 2) ** 2 + np.cos(lat) * np.cos(lat2) * np.sin((lon2 - lon) / 2) ** 2
    metres: Floats = 2 * EARTH_METRES * np.arcsin(np.sqrt(np.clip(inside, 0, 1)))
    return metres


def along(line: Floats, places: Floats) -> Floats | None:
    """Return how many metres along a line each place is, one after the other; None where one is far from it.

    The places follow the line in their order at the least sum of squared distances, so that a line that comes back to
    where it was is no riddle.

    Parameters
    ----------
    line, places
        (n, 2) of degrees.

    >>> line = np.array([[3.0, 49.0], [3.01, 49.0], [3.01, 49.01], [3.0, 49.0]])
    >>> along(line, line[[0, 2, 3]]).round().tolist()
    [0.0, 1841.0, 3171.0]
    """
    scale = np.radians(EARTH_METRES) * np.array([np.cos(np.radians(line[:, 1].mean())), 1.0])
    points, wanted = line * scale, places * scale
    step = np.diff(points, axis=0)
    length = np.hypot(*step.T)
    offset = wanted[:, None] - points[:-1]
    share = np.divide((offset * step).sum(axis=2), length**2, out=np.zeros(offset.shape[:2]), where=length > 0)
    share = share.clip(0, 1)
    cost = ((offset - share[..., None] * step) ** 2).sum(axis=2)
    total = cost.copy()
    for place in range(1, len(places)):
        total[place] += np.minimum.accumulate(total[place - 1])
    chosen = np.zeros(len(places), dtype=np.int64)
    # where a line passes its last stop several times, the trip ends at the last
    chosen[-1] = np.flatnonzero(total[-1] <= total[-1].min() + SAME_PLACE_METRES**2)[-1]
    most = chosen[-1] + 1
    for place in range(len(places) - 2, -1, -1):
        chosen[place] = np.argmin(total[place, :most])
        most = chosen[place] + 1
    rows = np.arange(len(places))
    if np.sqrt(cost[rows, chosen].max()) > FAR_METRES:
        return None
    start = np.concatenate([[0.0], np.cumsum(length)[:-1]])
    metres: Floats = np.maximum.accumulate(start[chosen] + share[rows, chosen] * length[chosen])
    return metres


def read_shapes(feed: Feed, wanted: npt.NDArray[np.object_]) -> dict[str, Floats]:
    """Return the lines that trips are drawn as (degrees), of those that are wanted and have two points."""
    columns = ("shape_id", "shape_pt_lat", "shape_pt_lon", "shape_pt_sequence")
    table = feed.table("shapes.txt", columns, columns)
    if table is None:
        return {}
    number_of = {name: row for row, name in enumerate(dict.fromkeys(wanted))}
    shape = table["shape_id"].places(number_of)
    table, shape = table.keep(shape >= 0), shape[shape >= 0]
    lat, lon, order = (
        table[name].parsed(parse, blank)
        for name, parse, blank in ((columns[1], number, np.nan), (columns[2], number, np.nan), (columns[3], whole, -1))
    )
    degrees = np.column_stack([lon[0], lat[0]]).astype(float)
    good = np.isfinite(degrees).all(axis=1) & (order[0] >= 0)
    good &= (np.abs(degrees) <= (180, 90)).all(axis=1)
    bad = used_rows(len(number_of), shape[~good])
    feed.note(
        "gtfs_note_shape_unread", n=int(bad.sum()), rows=feed.place(table, np.flatnonzero(~good), table["shape_id"])
    )
    rows = np.lexsort((order[0], shape))
    ends = np.searchsorted(shape[rows], np.arange(len(number_of) + 1))
    return {
        name: degrees[rows[ends[row] : ends[row + 1]]]
        for name, row in number_of.items()
        if name and not bad[row] and ends[row + 1] - ends[row] > 1
    }
