"""Private to `studyfile`: the journeys by the timetables that a study.toml names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from accessmap.roads.transit.journeys import Journeys
from accessmap.roads.transit.timetable import Timetable
from accessmap.studyfile.ledger import Ledger
from accessmap.studyfile.problems import Key

if TYPE_CHECKING:
    from accessmap.roads.network import RoadNetwork
    from accessmap.studyfile.settings import TransitSection

TRANSIT = "transit"


def with_journeys(ledger: Ledger, networks: Mapping[str, RoadNetwork]) -> dict[str, RoadNetwork | Journeys] | None:
    """Return the networks of a study, and its journeys where it has `[transit]`; None after keeping a problem."""
    section = ledger.settings.transit
    if section is None:
        return {**networks}
    missing = [mode for mode in dict.fromkeys(("walk", section.access, section.egress)) if mode not in networks]
    if missing:
        ledger.add("studyfile_transit_needs_streets", TRANSIT, mode=missing[0])
    timetable = _timetable(ledger, section)
    if missing or timetable is None:
        return None
    journeys: Journeys | None = ledger.tried((TRANSIT,), partial(_journeys, timetable, networks, section))
    if journeys is None:
        return None
    ledger.said[TRANSIT] = (*timetable.notes, *journeys.notes)
    return {**networks, TRANSIT: journeys}


def _timetable(ledger: Ledger, section: TransitSection) -> Timetable | None:
    """Return the timetable of all feeds; None after keeping the problem of one."""
    at = feeds(section)
    paths = [ledger.tried(key, partial(ledger.found, *key)) for key in at]
    found = [path for path in paths if isinstance(path, Path)]
    if len(found) < len(at):
        return None
    read = partial(Timetable.from_gtfs, found, licence=section.licence)
    timetable: Timetable | None = ledger.tried((TRANSIT, "gtfs"), read)
    return timetable


def feeds(section: TransitSection) -> list[Key]:
    """Return the key of each feed."""
    return [(TRANSIT, "gtfs", number) for number in range(len(section.gtfs))]


def _journeys(timetable: Timetable, networks: Mapping[str, RoadNetwork], section: TransitSection) -> Journeys:
    first, last = section.between
    day = section.date.isoformat() if isinstance(section.date, dt.date) else section.date
    return timetable.journeys(
        {mode: network for mode, network in networks.items() if mode in {"walk", section.access, section.egress}},
        date=day,
        access=section.access,
        egress=section.egress,
        access_minutes=section.access_minutes,
        egress_minutes=section.egress_minutes,
        transfer_minutes=section.transfer_minutes,
        most_rides=section.most_rides,
        depart=section.depart,
        percentile=section.percentile,
        stay=section.stay,
        between=(first, last),
    )
