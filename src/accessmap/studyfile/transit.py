"""Private to `studyfile`: the journeys by the timetables that a study.toml names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, cast

from accessmap.errors import SourceError
from accessmap.read.files import read_table
from accessmap.roads.readers.gtfs.fares import Priced, read_fares
from accessmap.roads.transit.journeys import Journeys
from accessmap.roads.transit.on_demand import OnDemand
from accessmap.roads.transit.timetable import Timetable
from accessmap.studyfile.ledger import Ledger
from accessmap.studyfile.problems import Key

if TYPE_CHECKING:
    import geopandas as gpd

    from accessmap.roads.network import RoadNetwork
    from accessmap.studyfile.reading import StudyFile
    from accessmap.studyfile.settings import OnDemandSection, TransitSection

TRANSIT = "transit"


def with_journeys(
    ledger: Ledger, networks: Mapping[str, RoadNetwork], communes: gpd.GeoDataFrame
) -> dict[str, RoadNetwork | Journeys] | None:
    """Return the networks of a study, and its journeys where it has `[transit]`; None after keeping a problem."""
    section = ledger.settings.transit
    if section is None:
        return {**networks}
    modes = dict.fromkeys(("walk", section.access, section.egress, *(["car"] if section.on_demand else [])))
    missing = [mode for mode in modes if mode not in networks]
    if missing:
        ledger.add("studyfile_transit_needs_streets", TRANSIT, mode=missing[0])
    timetable = _timetable(ledger, section)
    numbers = range(len(section.on_demand))
    asked = [ledger.tried((TRANSIT, "on_demand", n), partial(_on_demand, ledger, n, communes)) for n in numbers]
    if missing or timetable is None or None in asked:
        return None
    journeys: Journeys | None = ledger.tried((TRANSIT,), partial(_journeys, timetable, networks, section, asked))
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
    read = partial(Timetable.from_gtfs, found, licence=section.licence, bad_trips=section.bad_trips)
    timetable: Timetable | None = ledger.tried((TRANSIT, "gtfs"), read)
    return timetable


def fares_of(file: StudyFile) -> Priced | None:
    """Return what rides cost as the feeds of a study say it, None where none does.

    Raises
    ------
    SourceError
        Where fares cannot be read.
    """
    section = file.settings.transit
    if section is None:
        return None
    try:
        return read_fares([cast("Path", file.source(name)) for name in section.gtfs])
    except SourceError as error:
        if all(problem.key == "gtfs_no_fares" for problem in error.problems):
            return None
        raise


def feeds(section: TransitSection) -> list[Key]:
    """Return the key of each feed."""
    return [(TRANSIT, "gtfs", number) for number in range(len(section.gtfs))]


def _on_demand(ledger: Ledger, number: int, communes: gpd.GeoDataFrame) -> OnDemand:
    """Return transport on demand as the study.toml has it: its zone is of communes of the study, or a file."""
    at: Key = (TRANSIT, "on_demand", number)
    section: OnDemandSection = ledger.named(*at)  # type: ignore[assignment]
    zone: object = section.zone
    if isinstance(zone, str) and zone not in communes.index:
        zone = read_table(ledger.found(*at, "zone")).table
    minutes = section.notice
    return OnDemand(
        zone,
        section.hours,
        section.stops,
        speed_factor=section.speed_factor,
        wait=section.wait,
        notice=(minutes[0], minutes[1]) if isinstance(minutes, list) else minutes,  # type: ignore[arg-type]
        door=section.door,
        wheelchair=section.wheelchair,
        name=section.name,
        communes=communes,
    )


def _journeys(
    timetable: Timetable, networks: Mapping[str, RoadNetwork], section: TransitSection, asked: Sequence[OnDemand]
) -> Journeys:
    first, last = section.between
    day = section.date.isoformat() if isinstance(section.date, dt.date) else section.date
    modes = {"walk", section.access, section.egress, *(["car"] if asked or len(timetable.flex) else [])}
    return timetable.journeys(
        {mode: network for mode, network in networks.items() if mode in modes},
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
        on_demand=asked,
        wheelchair=section.wheelchair,
    )
