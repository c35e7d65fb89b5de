"""Times at stops where the timetable says none: between two that are said, by the distance travelled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.readers.gtfs.calls import NO_TIME, Calls, used_rows
from accessmap.roads.readers.gtfs.feed import Feed, whole
from accessmap.roads.readers.gtfs.stops import number
from accessmap.words.notes import Figure, Metres

Floats = npt.NDArray[np.float64]
EARTH_METRES = 6_371_008.8  # mean radius (IUGG)
SAME_PLACE_METRES = 1.0
FAR_METRES = 500.0  # a stop further than this from the line drawn for its trip was not drawn on it

# What no vehicle in service goes faster than: TGV 320 km/h, Shanghai's Transrapid 430 (opened 2004), jets Mach 0.9.
FASTEST_KMH = {"rail": 430.0, "air": 1_100.0}
OTHERS_KMH = 150.0
ROUNDED_SECONDS = 60


def timed(feed: Feed, calls: Calls, trips: pd.DataFrame, stops: pd.DataFrame) -> Calls:
    """Return the calls with a time at each: what the feed leaves out lies between two times in proportion to distance.

    Distance is `shape_dist_traveled` where the whole trip has it, else along the trip's shape, else straight from stop
    to stop. Where stops are at one place, the time between is shared alike.
    """
    untimed = calls.departure == NO_TIME
    if not untimed.any():
        return calls
    row = np.arange(len(untimed))
    before = np.maximum.accumulate(np.where(untimed, -1, row))
    after = np.minimum.accumulate(np.where(untimed, len(row), row)[::-1])[::-1]
    which = np.unique(calls.trip[untimed])
    metres = _metres(feed, calls, which, trips, stops)
    gap, before, after = row[untimed], before[untimed], after[untimed]
    length = metres[after] - metres[before]
    alike = (gap - before) / (after - before)
    share = np.divide(metres[gap] - metres[before], length, out=alike, where=length > 0)
    start, end = calls.departure[before], calls.arrival[after]
    time = np.rint(start + share * (end - start)).astype(np.int32)
    arrival, departure, how = calls.arrival.copy(), calls.departure.copy(), calls.how.copy()
    arrival[gap] = departure[gap] = time
    how[gap] = 2
    return replace(calls, arrival=arrival, departure=departure, how=how)


def _metres(
    feed: Feed, calls: Calls, which: npt.NDArray[np.generic], trips: pd.DataFrame, stops: pd.DataFrame
) -> Floats:
    """How far along its trip each call is: of trips that need it, in any unit that is the trip's own."""
    first = np.searchsorted(calls.trip, which)
    last = np.searchsorted(calls.trip, which, side="right")
    metres = np.full(len(calls.trip), np.nan)
    lines: dict[str, Floats] | None = None
    known: dict[tuple[str, bytes], tuple[Floats, bool]] = {}
    ways = {"travelled": 0, "shape": 0, "straight": 0}
    shape_of = trips["shape"].to_numpy()
    far: set[str] = set()
    degrees = stops[["lon", "lat"]].to_numpy()
    for trip, start, end in zip(which.tolist(), first.tolist(), last.tolist(), strict=True):
        here = slice(start, end)
        travelled = calls.travelled[here]
        missing = int((calls.departure[here] == NO_TIME).sum())
        if np.isfinite(travelled).all() and (np.diff(travelled) >= 0).all() and travelled[-1] > travelled[0]:
            metres[here] = travelled
            ways["travelled"] += missing
            continue
        lines = _shapes(feed, shape_of[which]) if lines is None else lines
        shape, key = shape_of[trip], (shape_of[trip], calls.stop[here].tobytes())
        if key not in known:
            places = degrees[calls.stop[here]]
            found = along(lines[shape], places) if shape in lines else None
            if shape in lines and found is None:
                far.add(shape)
            known[key] = (straight(places) if found is None else found), found is not None
        metres[here], drawn = known[key]
        ways["shape" if drawn else "straight"] += missing
    told = {way: Figure.of(count) for way, count in ways.items()}
    feed.note("gtfs_note_interpolated", n=sum(ways.values()), of=Figure.of(len(calls.trip)), **told)
    feed.note("gtfs_note_far_from_shape", n=len(far), shape=repr(min(far, default="")), metres=Metres.of(FAR_METRES))
    return metres


def tell_speeds(feed: Feed, calls: Calls, trips: pd.DataFrame, stops: pd.DataFrame, routes: pd.DataFrame) -> None:
    """Say which hops no vehicle of their mode can make: a stop is at a wrong place, or a time is wrong.

    A minute is allowed for, as most timetables round to one.
    """
    if len(calls.trip) < 2:
        return
    degrees, stop, trip = stops[["lon", "lat"]].to_numpy(), calls.stop, calls.trip
    pairs, of_pair = np.unique(stop[:-1].astype(np.int64) * len(stops) + stop[1:], return_inverse=True)
    metres = hops(degrees[pairs // len(stops)], degrees[pairs % len(stops)])[of_pair]
    took = calls.arrival[1:] - calls.departure[:-1]
    fastest = np.array([FASTEST_KMH.get(mode, OTHERS_KMH) for mode in routes["mode"]])[
        trips["route"].to_numpy()[trip[1:]]
    ]
    quick = np.flatnonzero((trip[1:] == trip[:-1]) & (metres * 3.6 > fastest * (took + ROUNDED_SECONDS)))
    if len(quick):
        worst = quick[np.argmax(metres[quick] / (took[quick] + ROUNDED_SECONDS))]
        kmh = Figure.of(3.6 * metres[worst] / (took[worst] + ROUNDED_SECONDS))
        ends = [stops.index[stop[at]] for at in (worst, worst + 1)]
        name = trips.index[trip[worst]]
        feed.note("gtfs_note_too_quick", n=len(quick), trip=repr(name), start=repr(ends[0]), end=repr(ends[1]), kmh=kmh)


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


def _shapes(feed: Feed, wanted: npt.NDArray[np.object_]) -> dict[str, Floats]:
    """The lines that trips are drawn as (degrees), of those that are wanted and have two points."""
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
