"""Which trips run on a day: its own, those of the day before past midnight, and those of the next morning."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.roads.readers.gtfs.calendars import Calendar

DAY = 86_400
MORNING_AFTER = 4 * 3600  # trips of the next day that leave before four in the morning end an evening of this one


@dataclass(frozen=True, eq=False)
class Running:
    """What runs on a day: for each run its row of the trips, the days to its service day, and the seconds to add.

    Attributes
    ----------
    trip
        Row of `Timetable.trips`.
    ahead
        Days from the day asked for to the run's service day: -1 is one of the day before.
    shift
        Seconds from the midnight of the day asked for to that of the run's service day, in its own time zone.
    """

    trip: npt.NDArray[np.int64]
    ahead: npt.NDArray[np.int64]
    shift: npt.NDArray[np.int64]


def midnight(date: dt.date, zone: str) -> float:
    """Return service midnight, noon less twelve hours, as a Unix time; "" is taken for UTC.

    Examples
    --------
    >>> clocks_forward = dt.date(2025, 3, 30)
    >>> (midnight(clocks_forward + dt.timedelta(1), "Europe/Paris") - midnight(clocks_forward, "Europe/Paris")) / 3600
    24.0
    >>> (midnight(clocks_forward, "Europe/Paris") - midnight(clocks_forward - dt.timedelta(1), "Europe/Paris")) / 3600
    23.0
    """
    noon = dt.datetime.combine(date, dt.time(12), ZoneInfo(zone) if zone else dt.UTC)
    return noon.timestamp() - DAY / 2


def running(
    date: dt.date,
    zone: str,
    trips: pd.DataFrame,
    calendar: Calendar,
    first: npt.NDArray[np.int32],
    last: npt.NDArray[np.int32],
) -> Running:
    """Return what runs on a date.

    Parameters
    ----------
    date, zone
        The day, and the time zone whose clock it is read by; feeds of no zone are read by it too.
    trips, calendar
        As `Timetable` holds them.
    first, last
        Of each trip, the seconds at which it leaves its first stop and reaches its last.
    """
    service = trips["service"].to_numpy()
    zones, names = pd.factorize(trips["timezone"])
    found: list[tuple[npt.NDArray[np.int64], int, npt.NDArray[np.int64]]] = []
    base = midnight(date, zone)
    latest = int(last.max(initial=0)) // DAY + 1
    for ahead in range(-latest, 2):
        that_day = date + dt.timedelta(days=ahead)
        active = calendar.active(that_day)
        rows = np.flatnonzero((service >= 0) & active[service])
        if not len(rows):
            continue
        shift = np.array([round(midnight(that_day, name or zone) - base) for name in names], np.int64)[zones[rows]]
        inside = last[rows] + shift >= 0
        if ahead > 0:
            inside &= first[rows] + shift < DAY + MORNING_AFTER
        found.append((rows[inside], ahead, shift[inside]))
    if not found:
        return Running(*(np.zeros(0, np.int64) for _ in range(3)))
    return Running(
        np.concatenate([rows for rows, _, _ in found]),
        np.concatenate([np.full(len(rows), ahead) for rows, ahead, _ in found]),
        np.concatenate([shift for _, _, shift in found]),
    )
