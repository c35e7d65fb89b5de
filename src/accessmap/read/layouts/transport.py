"""Where one changes to another mode: stops of a timetable (GTFS), and stations that charge cars (schema-irve)."""

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from accessmap.errors import AccessmapError
from accessmap.files import check_input, is_input
from accessmap.read.columns import as_text
from accessmap.read.dating import dated, day_of
from accessmap.read.delimited import read_delimited
from accessmap.read.files import Tabular
from accessmap.read.opening_hours import readable_hours
from accessmap.read.packed import most_bytes
from accessmap.read.raw import RawTable, plain, refusal

RAIL = frozenset({"2"} | {str(code) for code in range(100, 118)})
"""route_type of trains: GTFS reference, and its extended types 100 to 117."""
# "Réservé PMR", "Accessible mais non réservé PMR", "Non accessible", "Accessibilité inconnue" (schema-irve 2.3)
PMR = {"reserve_pmr": "yes", "accessible_mais_non_reserve_pmr": "yes", "non_accessible": "no"}
WHEELCHAIR = {"1": "yes", "2": "no"}
"""wheelchair_boarding of stops.txt: 0 and blank are not known."""


def is_gtfs(path: Tabular) -> bool:
    """Whether a path is a zip that holds a stops.txt."""
    if isinstance(path, pd.DataFrame) or not is_input(path) or not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return any(Path(name).name == "stops.txt" for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return False  # what reads tables says what is wrong with it


def gtfs_table(path: Tabular) -> RawTable:
    """Return stops.txt of a timetable, with what serves each stop where the other files say it (`route_type`).

    Raises
    ------
    SourceError
        When the zip is damaged, or a file in it larger than is read.
    """
    path = Path(str(path))
    check_input(path)
    try:
        with zipfile.ZipFile(path) as archive:
            files = {Path(name).name: name for name in archive.namelist()}
            stops = _unpacked(path, archive, files["stops.txt"])
            if not stops.removeprefix(b"\xef\xbb\xbf").strip():
                raise refusal(path.name, "file_blank")
            raw = read_delimited(path.name, stops)
            if "feed_info.txt" in files:
                raw = replace(raw, vintage=_day_of_feed(_unpacked(path, archive, files["feed_info.txt"])))
            raw = dated(raw, path.name)
            wanted = {"stop_times.txt": ["trip_id", "stop_id"], "trips.txt": ["trip_id", "route_id"]}
            wanted["routes.txt"] = ["route_id", "route_type"]
            if not set(wanted) <= set(files):
                return raw
            times, trips, routes = (
                pd.read_csv(io.BytesIO(_unpacked(path, archive, files[name])), dtype=str, usecols=columns)
                for name, columns in wanted.items()
            )
    except (zipfile.BadZipFile, EOFError, OSError, RuntimeError, ValueError) as error:
        raise refusal(path.name, "zip_damaged") from error
    pairs = times.drop_duplicates().merge(trips, on="trip_id").merge(routes, on="route_id")
    rail = pairs["route_type"].isin(RAIL).groupby(pairs["stop_id"]).any()
    return replace(raw, table=raw.table.assign(served=raw.table["stop_id"].map(rail).astype(object)))


SPANS = (
    (("feed_info.txt", ("feed_start_date", "feed_end_date")),),
    (("calendar.txt", ("start_date", "end_date")), ("calendar_dates.txt", ("date",))),
)
"""Where a timetable says its days, the surest first."""


def gtfs_span(path: str | Path) -> tuple[str, str]:
    """Return the first and the last day of a timetable, as feed_info.txt says, or else its calendars; "" of neither."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = {Path(name).name: name for name in archive.namelist()}
            for tables in SPANS:
                days: list[str] = []
                for name, columns in tables:
                    if name in files:
                        table = read_delimited(name, _unpacked(Path(path), archive, files[name])).table
                        for column in columns:
                            said = as_text(table[column]).dropna() if column in table else pd.Series(dtype=object)
                            days += [one for one in said if DAY.fullmatch(one)]
                if len(days) > 1:
                    return _iso(min(days)), _iso(max(days))
    except (AccessmapError, zipfile.BadZipFile, EOFError, OSError, RuntimeError):
        pass  # what reads the timetable says what is wrong with it
    return "", ""


DAY = re.compile(r"\d{8}")


def _iso(day: str) -> str:
    return f"{day[:4]}-{day[4:6]}-{day[6:]}" if day else ""


def _day_of_feed(info: bytes) -> str:
    r"""Return the day of feed_info.txt: its version where that is a date, else the first day it is for; "" of neither.

    >>> _day_of_feed(b"feed_version,feed_start_date\nv7,20250106\n"), _day_of_feed(b"feed_lang\nfr\n")
    ('2025-01-06', '')
    """
    try:
        said = pd.read_csv(io.BytesIO(info), dtype=str, nrows=1, skipinitialspace=True, encoding="utf-8-sig")
    except ValueError:
        return ""  # a feed is none the worse for what it says of itself
    told = (as_text(said[name]).iloc[0] for name in ("feed_version", "feed_start_date") if name in said and len(said))
    return next((day for text in told if isinstance(text, str) and (day := day_of(text, whole=True))), "")


def _unpacked(path: Path, archive: zipfile.ZipFile, name: str) -> bytes:
    most = most_bytes()
    with archive.open(name) as packed:
        content = packed.read(most + 1)
    if len(content) > most:
        raise refusal(path.name, "unpacked_too_large", value=most, most=f"{most / 1e6:,.0f}")
    return content


def stop_services(raw: RawTable) -> RawTable:
    """Return each station, or stop that is of none, as a service; one where a train calls is a `train_station`.

    Stops, entrances and platforms of a station are counted with it, once. Stops that no trip of the timetable serves
    are left out where it says so.

    Examples
    --------
    >>> rows = [["S", "Chauny", "49.61", "3.22", "1", None], ["a", "Chauny", "49.61", "3.22", "0", "S"]]
    >>> names = ["stop_id", "stop_name", "stop_lat", "stop_lon", "location_type", "parent_station"]
    >>> table = pd.DataFrame(rows, columns=names)
    >>> stop_services(RawTable("stops.txt", table)).table[["service_id", "category"]].to_numpy().tolist()
    [['gtfs-S', 'transit_stop']]
    """
    names, table = raw.names, raw.table
    blank = pd.Series("", table.index)
    ids = as_text(table[names["stop_id"]])
    kind, parent, boarding = (
        as_text(table[names[name]]).fillna("") if name in names else blank
        for name in ("location_type", "parent_station", "wheelchair_boarding")
    )
    station = parent.where(parent.isin(ids), "").where(kind != "1", "")
    top = (kind == "1") | (kind.isin(["", "0"]) & (station == ""))
    category = pd.Series("transit_stop", table.index)
    served = np.ones(len(table), dtype=bool)
    if "served" in names:
        by_rail = table[names["served"]]
        group = station.where(station != "", ids)
        rails = (by_rail == True).groupby(group).any()  # noqa: E712 - missing where no trip calls
        calls = by_rail.notna().groupby(group).any()
        category = category.mask(ids.map(rails).fillna(False).astype(bool), "train_station")
        served = ids.map(calls).fillna(False).to_numpy(dtype=bool)
    services = pd.DataFrame(
        {
            "service_id": "gtfs-" + ids,
            "name": as_text(table[names["stop_name"]]),
            "category": category,
            "lon": table[names["stop_lon"]],
            "lat": table[names["stop_lat"]],
            "step_free": boarding.map(WHEELCHAIR).fillna("unknown"),
            "source": "GTFS",
        }
    )
    notes = [] if "served" in names else [raw.note("stops_of_no_mode", n=int(top.sum()))]
    within = ~top.to_numpy()
    if within.any():
        notes.append(raw.note("stops_within_stations", n=int(within.sum())))
    idle = top.to_numpy() & ~served
    if idle.any():
        notes.append(raw.note("stops_not_served", n=int(idle.sum())))
    return replace(raw, table=services).told(*notes).keep(~within & ~idle)


def charging_services(raw: RawTable) -> RawTable:
    """Return each station that charges cars as a service, the number of its points of charge as capacity.

    Points of one station are told by `id_station_itinerance`, else by `id_station_local`; those without either by
    their place. The capacity is what the station declares (`nbre_pdc`), or the rows it has where it declares fewer.

    Examples
    --------
    >>> row = {"id_station_itinerance": "FRX1", "coordonneesXY": "[3.21, 49.61]", "nbre_pdc": "2"}
    >>> rows = pd.DataFrame([row | {"id_pdc_itinerance": name} for name in ("FRX1E1", "FRX1E2")])
    >>> charging_services(RawTable("irve.csv", rows)).table[["service_id", "capacity"]].to_numpy().tolist()
    [['irve-FRX1', 2]]
    """
    point = as_text(raw.column("coordonneesxy"))
    ids = _usable(raw.column("id_station_itinerance"))
    ids = ids.where(ids.notna(), _usable(raw.column("id_station_local")))
    ids = ids.where(ids.notna(), point).fillna("?")
    said = as_text(raw.column("nbre_pdc"))
    declared = pd.to_numeric(said, errors="coerce")
    odd = np.flatnonzero((declared.isna() & said.notna()).to_numpy())
    numbered = pd.Series([f"row {row}" for row in range(len(ids))], ids.index, dtype=object)
    points = _usable(raw.column("id_pdc_itinerance"))
    rows = pd.DataFrame({"id": ids, "declared": declared, "pdc": points.where(points.notna(), numbered)})
    groups = rows.groupby("id", sort=False)
    capacity = groups["declared"].max().fillna(0).combine(groups["pdc"].nunique(), max).astype(int)
    first = ~ids.duplicated()
    hours, unread = readable_hours(raw.column("horaires"))
    pmr = as_text(raw.column("accessibilite_pmr")).fillna("").map(plain).map(PMR).fillna("unknown")
    services = pd.DataFrame(
        {
            "service_id": "irve-" + ids,
            "name": as_text(raw.column("nom_station")).fillna(as_text(raw.column("adresse_station"))).fillna(ids),
            "category": "charging_station",
            "capacity": ids.map(capacity),
            "hours": hours,
            "step_free": pmr,
            "commune": as_text(raw.column("code_insee_commune")),
            "point": point,
            "source": "IRVE (transport.data.gouv.fr)",
        }
    )
    places = pd.DataFrame({"id": ids, "point": point}).groupby("id")["point"].nunique()
    notes = [raw.note("charging_points_gathered", n=int(first.sum()), count=len(raw.table))]
    if (places > 1).any():
        several = places.index[places > 1]
        notes.append(raw.note("charging_stations_of_several_places", n=len(several), id=several[0]))
    if len(odd):
        notes.append(raw.note("charging_points_unread", n=len(odd), rows=raw.named(odd, said)))
    if unread:
        notes.append(raw.note("mednum_hours_unread", n=len(unread), hours=repr(unread[0])))
    return replace(raw, table=services).told(*notes).keep(first)


def _usable(values: pd.Series) -> pd.Series:
    """Ids, missing where the file says that there is none."""
    text = as_text(values)
    return text.where(~text.fillna("").map(plain).isin(["", "non_concerne"]))
