"""Times at stops where the timetable says none: between two that are said, by the distance travelled."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from accessmap.roads.readers.gtfs.calls import NO_TIME, Calls
from accessmap.roads.readers.gtfs.distances import Floats, hops, straight
from accessmap.roads.readers.gtfs.feed import Feed, Flags
from accessmap.roads.readers.gtfs.measured import Measured
from accessmap.words.notes import Figure

# What no vehicle in service goes faster than: TGV 320 km/h, Shanghai's Transrapid 430 (opened 2004), jets Mach 0.9.
FASTEST_KMH = {"rail": 430.0, "air": 1_100.0}
OTHERS_KMH = 150.0
ROUNDED_SECONDS = 60


def timed(feed: Feed, calls: Calls, measure: Measured, stops: pd.DataFrame) -> Calls:
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
    metres = _metres(feed, calls, untimed, measure, stops)
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


def _metres(feed: Feed, calls: Calls, untimed: Flags, measure: Measured, stops: pd.DataFrame) -> Floats:
    """How far along its trip each call is: of trips that need it, in any unit that is the trip's own."""
    metres, degrees = measure.along.copy(), stops[["lon", "lat"]].to_numpy()
    missing = np.bincount(calls.trip[untimed], minlength=len(measure.by))
    for trip in np.flatnonzero((missing > 0) & (measure.by == "")).tolist():
        here = slice(*np.searchsorted(calls.trip, [trip, trip + 1]))
        metres[here] = straight(degrees[calls.stop[here]])
    told = {by or "straight": Figure.of(missing[measure.by == by].sum()) for by in ("travelled", "shape", "")}
    feed.note("gtfs_note_interpolated", n=int(missing.sum()), of=Figure.of(len(calls.trip)), **told)
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
