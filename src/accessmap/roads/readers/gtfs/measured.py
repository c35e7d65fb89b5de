"""How far each call is along its trip: as the feed says it, in a unit that is deduced, else along the trip's shape."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.readers.gtfs.calls import Calls
from accessmap.roads.readers.gtfs.distances import FAR_METRES, Floats, along, hops, read_shapes
from accessmap.roads.readers.gtfs.feed import Feed, Flags
from accessmap.words.notes import Metres, Note, first_few

# Units that feeds have for shape_dist_traveled, in metres; the reference leaves it open. Of two that fit the first one
# is taken: a way is as long as the straight line at least, and seldom more than two and a half times.
UNITS = {"m": 1.0, "km": 1_000.0, "mi": 1_609.344, "ft": 0.3048}
LEAST, MOST = 0.97, 2.5
DRAWN_WITHIN = 0.1  # beside a line that is drawn, a length is that line's
MOST_DETOUR = 5.0  # of one trip; a tram in a loop of Lisbon keeps within it
TRIED = 20  # trips whose shapes tell the unit


@dataclass(frozen=True, eq=False)
class Measured:
    """How far calls are along their trips.

    Attributes
    ----------
    along
        By call, in any unit that is the trip's own; NaN where the feed does not say it.
    by
        By trip, what tells it: "travelled", "shape" or "" nothing.
    metres
        By call, from the first call of its trip; NaN where it is not known.
    how
        By trip, what tells the metres: "timetable" (shape_dist_traveled), "shape" or "" nothing.
    notes
        What is odd about them.
    """

    along: Floats
    by: npt.NDArray[np.object_]
    metres: Floats
    how: npt.NDArray[np.object_]
    notes: list[Note]


def measured(feed: Feed, calls: Calls, trips: pd.DataFrame, stops: pd.DataFrame) -> Measured:
    """Return how far calls are along their trips, and what is odd about it."""
    before = len(feed.notes)
    count = len(trips)
    first = np.searchsorted(calls.trip, np.arange(count + 1))
    called = np.diff(first) > 1
    travels = called & _goes_forward(calls, first)
    shape = trips["shape"].to_numpy()
    drawn = _Drawn(feed, calls, first, shape, stops, trips.index)
    along_trip, by = np.where(travels[calls.trip], calls.travelled, np.nan), np.where(travels, "travelled", "")
    metres, how = np.full(len(calls.trip), np.nan), np.full(count, "", dtype=object)
    fits = _in_metres(feed, calls, first, travels, drawn, stops)
    if fits is not None:
        said = travels & np.isfinite(fits)
        metres = np.where(
            said[calls.trip], (calls.travelled - calls.travelled[first[calls.trip]]) * fits[calls.trip], metres
        )
        how[said] = "timetable"
    for trip in np.flatnonzero(called & (how == "") & (shape != "")).tolist():
        here = slice(first[trip], first[trip + 1])
        found = drawn.of(trip)
        if found is None:
            continue
        metres[here], how[trip] = found - found[0], "shape"
        if not travels[trip]:
            along_trip[here], by[trip] = found, "shape"
    feed.note(
        "gtfs_note_far_from_shape",
        n=len(drawn.far),
        shape=repr(min(drawn.far, default="")),
        metres=Metres.of(FAR_METRES),
    )
    notes, feed.notes[before:] = feed.notes[before:], []
    return Measured(along_trip, by.astype(object), metres, how, notes)


def _goes_forward(calls: Calls, first: npt.NDArray[np.int64]) -> Flags:
    """Return of which trips shape_dist_traveled is said throughout, and grows."""
    count = len(first) - 1
    bad = np.zeros(count, dtype=bool)
    bad[calls.trip[~np.isfinite(calls.travelled)]] = True
    back = (calls.trip[1:] == calls.trip[:-1]) & ~(np.diff(calls.travelled) >= 0)
    bad[calls.trip[1:][back]] = True
    some = np.diff(first) > 1
    grows = np.zeros(count, dtype=bool)
    grows[some] = calls.travelled[first[1:][some] - 1] > calls.travelled[first[:-1][some]]
    return some & grows & ~bad


def _in_metres(
    feed: Feed, calls: Calls, first: npt.NDArray[np.int64], travels: Flags, drawn: _Drawn, stops: pd.DataFrame
) -> Floats | None:
    """Return by trip what its shape_dist_traveled is to be multiplied by, NaN where it does not fit the stops."""
    if not travels.any():
        return None
    degrees = stops[["lon", "lat"]].to_numpy()
    step = np.where(calls.trip[1:] == calls.trip[:-1], hops(degrees[calls.stop[:-1]], degrees[calls.stop[1:]]), 0.0)
    total = np.concatenate([[0.0], np.cumsum(step)])
    rows = np.flatnonzero(travels)
    line = total[first[1:][rows] - 1] - total[first[:-1][rows]]
    said = calls.travelled[first[1:][rows] - 1] - calls.travelled[first[:-1][rows]]
    unit = _unit(said, line, [drawn.length(trip) for trip in rows[:TRIED].tolist()])
    if not unit:
        feed.note("gtfs_note_travelled_unknown", n=len(rows))
        return None
    feed.note("gtfs_note_travelled_unit", n=len(rows), unit=unit)
    ways = said * UNITS[unit]
    odd = ~((ways >= LEAST * line) & (ways <= np.maximum(MOST_DETOUR * line, FAR_METRES)))
    feed.note("gtfs_note_travelled_odd", n=int(odd.sum()), trips=first_few(drawn.names[rows[odd]], repr))
    fits = np.full(len(travels), np.nan)
    fits[rows[~odd]] = UNITS[unit]
    return fits


def _unit(said: Floats, line: Floats, lengths: list[float]) -> str:
    """Return the unit of what is said of trips, beside lines drawn for the first ones, or straight from stop to stop.

    >>> _unit(np.array([12.1, 8.0]), np.array([10_000.0, 7_000.0]), [np.nan, np.nan])
    'km'
    >>> _unit(np.array([12.1]), np.array([10_000.0]), [19_470.0])
    'mi'
    """
    drawn = np.array(lengths) / said[: len(lengths)]
    if np.isfinite(drawn).any():
        metres = float(np.nanmedian(drawn))
        return next((name for name, each in UNITS.items() if abs(metres / each - 1) < DRAWN_WITHIN), "")
    held = line > 0
    if not held.any():
        return ""
    detour = float(np.median(said[held] / line[held]))
    return next((name for name, each in UNITS.items() if LEAST <= detour * each < MOST), "")


class _Drawn:
    """The lines that trips are drawn as, read when the first is asked for."""

    def __init__(
        self,
        feed: Feed,
        calls: Calls,
        first: npt.NDArray[np.int64],
        shape: npt.NDArray[np.object_],
        stops: pd.DataFrame,
        names: pd.Index,
    ) -> None:
        self.feed, self.calls, self.first, self.shape, self.names = feed, calls, first, shape, names
        self.degrees = stops[["lon", "lat"]].to_numpy()
        self.far: set[str] = set()
        self._lines: dict[str, Floats] | None = None
        self._known: dict[tuple[str, bytes], Floats | None] = {}

    def of(self, trip: int) -> Floats | None:
        """Return how many metres along its line each call of a trip is; None where there is none, or one is far."""
        name, here = self.shape[trip], self.calls.stop[self.first[trip] : self.first[trip + 1]]
        if not name:
            return None
        if self._lines is None:
            self._lines = read_shapes(self.feed, self.shape)
        key = name, here.tobytes()
        if key not in self._known:
            line = self._lines.get(name)
            self._known[key] = None if line is None else along(line, self.degrees[here])
            if line is not None and self._known[key] is None:
                self.far.add(name)
        return self._known[key]

    def length(self, trip: int) -> float:
        """Return the metres from its first call to its last one, NaN where no line is drawn."""
        found = self.of(trip)
        return float("nan") if found is None else float(found[-1] - found[0])
