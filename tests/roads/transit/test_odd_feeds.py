"""Feeds that are damaged or odd: each has one clear error or note, and its right value where there is one."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from toy_feeds import FEED, FLEX, TUESDAY, feed, packed, read

import accessmap as am
from accessmap.errors import OptionError, SourceError

Timetable = am.Timetable
TIMES, TRIPS, STOPS, CALENDAR = (FEED[f"{name}.txt"] for name in ("stop_times", "trips", "stops", "calendar"))


def departures(timetable: Timetable, trip: str) -> list[int]:
    row = timetable.trips.index[timetable.trips["trip"] == trip]
    return timetable.calls.loc[timetable.calls["trip"] == row[0], "departure"].tolist()


def trips_on(timetable: Timetable, date: str = TUESDAY) -> int:
    return int(timetable.dates["trips"][date])


R1 = [25_200, 25_920, 26_400]


def interval(timetable: Timetable, stop: str) -> float:
    """Minutes between the departures of a stop from 7 to 9, of which half go each way."""
    place = timetable.stops.loc[[stop]]
    return float(am.lines.quality(place, timetable, between=("07:00", "09:00"))["interval"].iloc[0])


def usual(timetable: Timetable) -> bool:
    return departures(timetable, "R1") == R1 and trips_on(timetable) == 3


def moved(files: dict[str, Any], prefix: str) -> dict[str, Any]:
    return {f"{prefix}{name}": content for name, content in files.items()}


def zipped(files: dict[str, Any]) -> dict[str, bytes]:
    return {"inner.zip": packed(files)}


def with_column(name: str, *values: str) -> dict[str, Any]:
    """The feed with a column more in stop_times: at A, B1 and C of R1 and of R2; at B2 and C of Q1."""
    header, *rows = TIMES.strip().split("\n")
    cells = [*values[:3], *values[:3], *values[3:]]
    return feed({"stop_times.txt": "\n".join([f"{header},{name}", *map(",".join, zip(rows, cells, strict=True))])})


DATES = "service_id,date,exception_type\n"
FREQUENCY = "trip_id,start_time,end_time,headway_secs,exact_times\n"
TRANSFERS = "from_stop_id,to_stop_id,transfer_type,min_transfer_time\n"
PATHWAYS = "pathway_id,from_stop_id,to_stop_id,pathway_mode,is_bidirectional,traversal_time\n"
AGENCIES = "agency_name,agency_url,agency_timezone\n"
INFO = "feed_publisher_name,feed_publisher_url,feed_lang,feed_start_date,feed_end_date,feed_version\n"

# name: the files, and what is said in the error.
REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "no stops": (feed({"stops.txt": None}), r"holds no stops\.txt.*agency\.txt"),
    "zip in zip": (zipped(feed()), r"holds another compressed file, 'inner\.zip'.*unpack"),
    "two feeds in one zip": (moved(feed(), "a/") | moved(feed(), "b/"), r"holds 2 timetables \(a, b\)"),
    "a member twice": (feed({"STOPS.TXT": STOPS}), r"twice"),
    "a zip as a member": (feed({"stop_times.txt": packed({"a": b"b"})}), r"another compressed file"),
    "no routes": (feed({"routes.txt": None}), r"routes\.txt: the file is missing or has no rows"),
    "no trips": (feed({"trips.txt": None}), r"trips\.txt: the file is missing"),
    "no stop times": (feed({"stop_times.txt": TIMES.split("\n")[0]}), r"stop_times\.txt: the file is missing or has"),
    "no calendar": (feed({"calendar.txt": None}), r"neither calendar\.txt nor calendar_dates\.txt"),
    "a column misspelt": (feed(stops=("stop_id", "stopid")), r"stops\.txt: column 'stop_id' is missing.*'stopid'"),
    "columns parted by colons": (feed({"trips.txt": TRIPS.replace(",", ":")}), r"toy\.zip!trips\.txt"),
    "two columns of one name": (feed(trips=("block_id", "trip_id")), r"trip_id"),
    "a row too long": (feed(trips=("R2,Ceville,,", "R2,Ceville,,,,9")), r"trips\.txt.*unequal length.*line 3"),
    "a quotation mark too many": (feed(trips=("R2,Ceville", 'R2,"Ceville')), r"trips\.txt"),
    "a stop nowhere known": (
        feed(stop_times=("B2,1", "B9,1")),
        r"stop_times\.txt, line 8 'Q1' \('B9'\): this stop_id is not in stops\.txt \(did you mean 'B",
    ),
    "a route not known": (
        feed(trips=("Q,week", "Z,week")),
        r"trips\.txt, line 4 'Q1' \('Z'\): this route_id is not in routes\.txt",
    ),
    "the same stop twice, elsewhere": (
        feed({"stops.txt": STOPS + "A,Autre,49.7,3.1,,,\n"}),
        r"stops\.txt, line 7 \('A'\): the same stop_id with other values",
    ),
    "the same trip twice": (feed({"trips.txt": TRIPS + "Q,week,R1,Bourg,,\n"}), r"line 5 \('R1'\): the same trip_id"),
    "a time that is none": (
        feed(stop_times=("07:10:00,", "7h10,")),
        r"line 3 'R1' \('7h10'\): arrival_time is no time: write it H:MM:SS",
    ),
    "hours and minutes alone": (feed(stop_times=("07:10:00,", "07:10,")), r"\('07:10'\): arrival_time is no time"),
    "61 minutes": (feed(stop_times=("07:10:00,", "07:61:00,")), r"\('07:61:00'\)"),
    "a time of a month hence": (feed(stop_times=("08:20:00,08:20:00", "08:20:00,800:20:00")), r"'800:20:00'"),
    "back in time": (
        feed(stop_times=("07:20:00,07:20:00,C", "07:05:00,07:05:00,C")),
        r"line 4 'R1' \('07:05:00'\): the arrival is before the departure from the stop before",
    ),
    "over midnight without 24": (
        feed(stop_times=("08:20:00,08:20:00,C", "00:20:00,00:20:00,C")),
        r"past midnight the hours go on \(24:05:00\)",
    ),
    "departs before it arrives": (
        feed(stop_times=("07:10:00,07:12:00", "07:12:00,07:10:00")),
        r"it departs before it arrives",
    ),
    "the last stop untimed": (
        feed(stop_times=("R1,07:20:00,07:20:00", "R1,,")),
        r"line 4 'R1' \('C'\): the first or last stop of a trip has no time",
    ),
    "a sequence twice": (
        feed(stop_times=("B1,2\nR1", "B1,1\nR1")),
        r"'R1' \('1'\): the same trip has this stop_sequence twice",
    ),
    "a sequence of a half": (
        feed(stop_times=("B1,2\nR1", "B1,1.5\nR1")),
        r"\('1\.5'\): stop_sequence is no whole number",
    ),
    "a stop without a place": (feed(stops=("49.6,3.3", ",")), r"3 lines .*'R1' \('C'\).*no coordinates"),
    "a stop at 0, 0": (feed(stops=("49.6,3.3", "0,0")), r"no coordinates, or is at 0, 0"),
    "a latitude of 496": (
        feed(stops=("49.6,3.3", "496,3.3")),
        r"line 6 'C' \('496'\): stop_lat is no number between −90 and 90",
    ),
    "a comma for decimals": (feed(stops=("49.6,3.3", '"49,6",3.3')), r"\('49,6'\): stop_lat is no number"),
    "a location type of 7": (feed(stops=("3.2,1,", "3.2,7,")), r"location_type is not between 0 and 4"),
    "a date that is none": (
        feed(calendar=("20250331", "20250231")),
        r"\('20250231'\): end_date is no date: write it YYYYMMDD",
    ),
    "a date with hyphens": (feed(calendar=("20250331", "2025-03-31")), r"'2025-03-31'"),
    "a weekday of 2": (
        feed(calendar=("week,1,1", "week,1,2")),
        r"calendar\.txt, line 2 'week' \('2'\): tuesday is neither 0 nor 1",
    ),
    "an exception of 3": (
        feed({"calendar_dates.txt": DATES + "week,20250204,3\n"}),
        r"exception_type is neither 1 nor 2",
    ),
    "a day added and taken out": (
        feed({"calendar_dates.txt": DATES + "week,20250204,1\nweek,20250204,2\n"}),
        r"the same day is added and taken out",
    ),
    "no day at all": (feed(calendar=("week,1,1,1,1,1", "week,0,0,0,0,0")), r"no day on which anything runs"),
    "an unknown time zone": (
        feed(agency=("Europe/Paris", "Europe/Pari")),
        r"agency\.txt, line 2 'TER' \('Europe/Pari'\): this is no time zone \(did you mean 'Europe/Paris'",
    ),
    "a mode that is none": (feed(routes=("Ceville,3", "Ceville,99")), r"\('99'\): route_type is that of no mode"),
    "a pickup of 5": (
        with_column("pickup_type", "5", "", "", "", ""),
        r"2 lines .*'R1' \('5'\).*pickup_type is not between 0 and 3",
    ),
    "a headway of 0": (
        feed({"frequencies.txt": FREQUENCY + "R1,06:00:00,09:00:00,0,\n"}),
        r"headway_secs is no number of seconds above 0",
    ),
    "a headway backwards": (
        feed({"frequencies.txt": FREQUENCY + "R1,09:00:00,06:00:00,600,\n"}),
        r"end_time is not after start_time",
    ),
    "a headway of a second for a week": (
        feed({"frequencies.txt": FREQUENCY + "R1,00:00:00,160:00:00,1,\n" * 50}),
        r"runs to lay out, more than are read",
    ),
    "a transfer of type 9": (
        feed({"transfers.txt": TRANSFERS + "B1,B2,9,\n"}),
        r"'B1' \('9'\): transfer_type is not between 0 and 5",
    ),
    "a transfer of minus a minute": (
        feed({"transfers.txt": TRANSFERS + "B1,B2,2,-60\n"}),
        r"\('-60'\): min_transfer_time is no number of seconds",
    ),
    "degrees changed over": (
        feed({"stops.txt": re.sub(r"49\.6,(3\.\d+)", r"\1,49.6", STOPS)}),
        r"stops\.txt: stop_lat and stop_lon are changed over: stops are about 3\.20, 49\.60",
    ),
    "only trips of one stop": (feed({"stop_times.txt": "\n".join(TIMES.split("\n")[:2])}), r"no trip with two stops"),
    "an agency twice, of two time zones": (
        feed({"agency.txt": FEED["agency.txt"] + "ter,TER,https://example.org,Europe/London\n"}),
        r"agency\.txt, line 3 \('ter'\): the same agency_id with other values",
    ),
    "two time zones, and no ids": (
        feed({"agency.txt": AGENCIES + "A,https://a.org,Europe/Paris\nB,https://b.org,Europe/London\n"}),
        r"agency\.txt, 2 lines .*agency_id is blank",
    ),
    "nothing but NUL": (feed({"trips.txt": "\0" * 40}), r"trips\.txt"),
}

# name: the files, the note, and what holds.
READ: dict[str, tuple[dict[str, Any], str | list[str], Callable[[Timetable], Any]]] = {
    "as it should be": (feed(), "", usual),
    "in a folder of the zip": (moved(feed(), "gtfs/2025/"), "", usual),
    "with what a Mac adds": (feed({"__MACOSX/._stops.txt": b"\0\5", ".DS_Store": b"\0"}), "", usual),
    "file names in capitals": ({name.upper(): text for name, text in feed().items()}, "", usual),
    "the mark of UTF-8": (feed({name: b"\xef\xbb\xbf" + text.encode() for name, text in FEED.items()}), "", usual),
    "line ends of Windows": (feed({name: text.replace("\n", "\r\n") for name, text in FEED.items()}), "", usual),
    "line ends of old Macs": (feed({name: text.replace("\n", "\r") for name, text in FEED.items()}), "", usual),
    "blank lines at the end": (feed({name: text + "\n \n" for name, text in FEED.items()}), "", usual),
    "a blank line between": (feed(trips=("R,week,R2", "\nR,week,R2")), "", usual),
    "spaces in the header": (feed(trips=("route_id,service_id,trip_id", " route_id, service_id , trip_id")), "", usual),
    "spaces around values": (feed(trips=("R,week,R1", " R , week , R1 ")), "", usual),
    "all in quotes": (
        feed(
            {
                "trips.txt": "\n".join(
                    ",".join(f'"{cell}"' for cell in line.split(",")) for line in TRIPS.strip().split("\n")
                )
            }
        ),
        "",
        usual,
    ),
    "a comma and a line end within quotes": (
        feed(trips=("R1,Ceville", 'R1,"Ceville,\n""centre"""')),
        "",
        lambda t: usual(t) and t.trips["headsign"][0] == 'Ceville,\n"centre"',
    ),
    "semicolons": (feed({"trips.txt": TRIPS.replace(",", ";")}), r"trips\.txt: columns are parted by ';'", usual),
    "Windows-1252": (
        feed({"stops.txt": STOPS.replace("Aville", "Évreux").encode("cp1252")}),
        r"Windows-1252",
        lambda t: t.stops["name"]["A"] == "Évreux",
    ),
    "rows too short": (feed(trips=("R2,Ceville,,", "R2,Ceville")), r"1 row has fewer cells", usual),
    "a column more": (feed(trips=("shape_id\n", "shape_id,x\n")), r"3 rows have fewer cells", usual),
    "rows in any order": (
        feed(
            {
                "stop_times.txt": "\n".join(
                    [TIMES.split("\n")[0], *sorted(TIMES.strip().split("\n")[1:], key=lambda row: row[::-1])]
                )
            }
        ),
        "",
        usual,
    ),
    "sequence with gaps": (feed(stop_times=("C,3", "C,300")), "", usual),
    "whole numbers written with a point": (
        feed(stop_times=("B1,2\nR1", "B1,2.0\nR1"), calendar=("week,1,1", "week,1.0,1.0")),
        "",
        usual,
    ),
    "hours of one digit": (feed(stop_times=("07:00:00,07:00:00", "7:00:00,7:00:00")), "", usual),
    "only the arrival said": (feed(stop_times=("R1,07:20:00,07:20:00", "R1,07:20:00,")), "", usual),
    "only calendar_dates": (
        feed({"calendar.txt": None, "calendar_dates.txt": DATES + "week,20250204,1\n"}),
        "",
        lambda t: usual(t) and len(t.dates) == 1,
    ),
    "a day taken out": (
        feed({"calendar_dates.txt": DATES + "week,20250204,2\n"}),
        "",
        lambda t: trips_on(t) == 0 and trips_on(t, "2025-02-05") == 3,
    ),
    "a Saturday added": (
        feed({"calendar_dates.txt": DATES + "week,20250208,1\n"}),
        "",
        lambda t: trips_on(t, "2025-02-08") == 3 and trips_on(t, "2025-02-15") == 0,
    ),
    "the same exception twice": (
        feed({"calendar_dates.txt": DATES + "week,20250208,1\n" * 2}),
        r"calendar_dates\.txt: 1 row repeated",
        lambda t: trips_on(t, "2025-02-08") == 3,
    ),
    "a period that ends before it begins": (
        feed({"calendar.txt": CALENDAR + "never,1,1,1,1,1,1,1,20250301,20250201\n"}),
        r"1 period ends before it begins",
        usual,
    ),
    "for ever": (
        feed(calendar=("20250331", "29991231")),
        "",
        lambda t: t.usual_day().weekday() == 1 and len(t.dates) == 20_001,
    ),
    "a service in no calendar": (
        feed(trips=("Q,week", "Q,ghost")),
        r"1 trip of a service without a calendar .*'Q1' \('ghost'\)",
        lambda t: trips_on(t) == 2,
    ),
    "a call said twice": (
        feed({"stop_times.txt": TIMES + TIMES.split("\n")[2] + "\n"}),
        r"stop_times\.txt: 1 row repeated as it stands",
        usual,
    ),
    "a trip said again under another id": (
        feed(
            {
                "trips.txt": TRIPS + "R,week,R9,Ceville,,\n",
                "stop_times.txt": TIMES + "".join(f"{row.replace('R1', 'R9')}\n" for row in TIMES.split("\n")[1:4]),
            }
        ),
        r"1 trip repeats another of the same line, days, stops and times \('R9'\)",
        lambda t: trips_on(t) == 4 and interval(t, "A") == 120,
    ),
    "trips that nobody can ride": (
        with_column("pickup_type", "1", "1", "0", "0", ""),
        r"2 trips on which nobody can get on and then off \('R1', 'R2'\)",
        usual,
    ),
    "an empty calendar beside its dates": (
        feed({"calendar.txt": CALENDAR.split("\n")[0], "calendar_dates.txt": DATES + "week,20250204,1\n"}),
        "",
        lambda t: usual(t) and len(t.dates) == 1,
    ),
    "all oddities of a spreadsheet at once": (
        feed(
            {
                name: b"\xef\xbb\xbf" + re.sub(",", ";", text).replace("\n", "\r\n").encode()
                for name, text in FEED.items()
            }
        ),
        [rf"{name}: columns are parted by ';'" for name in FEED],
        usual,
    ),
    "UTF-16": (feed({name: text.encode("utf-16") for name, text in FEED.items()}), "", usual),
    "rows of commas alone": (
        feed({name: text + "," * text.split("\n")[0].count(",") + "\n" for name, text in FEED.items()}),
        "",
        usual,
    ),
    "optional files of a header alone, or of nothing": (
        feed(
            {
                "areas.txt": "area_id\n",
                "location_groups.txt": "location_group_id\n",
                "frequencies.txt": FREQUENCY,
                "pathways.txt": PATHWAYS,
                "transfers.txt": TRANSFERS,
                "feed_info.txt": INFO,
                "calendar_dates.txt": DATES,
                "shapes.txt": "",
                "locations.geojson": "",
            }
        ),
        "",
        usual,
    ),
    "a mode written with a point": (feed(routes=("Ceville,3", "Ceville,3.0")), "", usual),
    "a time zone left blank": (feed(agency=("Europe/Paris", "")), r"no time zone is said", usual),
    "the clock of UTC": (feed(agency=("Europe/Paris", "UTC")), r"the clock UTC, by which no place in France", usual),
    "a trip that stays where it is": (
        feed(stop_times=("B1,2\nR1,07:20:00,07:20:00,C", "A,2\nR1,07:20:00,07:20:00,A")),
        r"1 trip whose calls are all at one stop .*\('R1'\)",
        lambda t: trips_on(t) == 2,
    ),
    "pathways from the street to one platform alone": (
        feed({"stops.txt": STOPS + "E,Rue,49.6,3.2,2,B,\n", "pathways.txt": PATHWAYS + "p,E,B1,1,1,60\n"}),
        r"1 platform of a station whose pathways are drawn is on none of them \('B2'\)",
        lambda t: t.day(TUESDAY).walk_seconds.tolist() == [175, 175],  # 72 m at 4.8 km/h, and two minutes
    ),
    "a folder beside what a Mac adds": (
        moved(feed(), "gtfs/") | {f"__MACOSX/gtfs/{name}": b"\0\5" for name in ("._stops.txt", "stops.txt")},
        "",
        usual,
    ),
    "fares of version 2": (
        feed(
            {
                "networks.txt": "network_id\nn\n",
                "areas.txt": "area_id,area_name\nA,Aville\nB1,Bourg\n",
                "stop_areas.txt": "area_id,stop_id\nA,A\nB1,C\n",
                "fare_products.txt": "fare_product_id,amount,currency\np,2,EUR\n",
            }
        ),
        r"2 files are not read \(fare_products\.txt, networks\.txt\)",
        usual,
    ),
    "agencies of two time zones": (
        feed(agency=("Paris\n", "Paris\nuk,UK,https://example.org,Europe/London\n"), routes=("Q,ter", "Q,uk")),
        r"the agencies are of 2 time zones \(Europe/Paris, Europe/London\)",
        lambda t: usual(t) and t.day(TUESDAY).departure.max() == 31_200,  # 7:40 in London
    ),
    "a headway in minutes": (
        feed({"frequencies.txt": FREQUENCY + "R1,06:00:00,06:05:00,20,1\n"}),
        [r"15 runs at exact", r"1 headway of under 90 seconds .*'R1' \('20'\).*may have been written in minutes"],
        lambda t: trips_on(t) == 17,
    ),
    "a change in minutes": (
        feed({"transfers.txt": TRANSFERS + "B1,B2,2,5\n"}),
        r"1 change of under 20 seconds .*'B1' \('5'\)",
        lambda t: 5 in t.day(TUESDAY).walk_seconds,
    ),
    "a platform far from its station": (
        feed(stops=("49.6,3.201", "49.9,3.201")),
        r"1 stop is over 2\u00a0km from its station \('B2'\)",
        usual,
    ),
    "a period that ends before it begins in feed_info": (
        feed({"feed_info.txt": INFO + "Région,https://example.org,fr,20250301,20250201,v7\n"}),
        [
            r"feed_start_date 2025-03-01",
            r"feed_end_date 2025-02-01",
            r"ends before it begins \(2025-03-01 – 2025-02-01\)",
        ],
        lambda t: usual(t) and str(t.periods["end"].iloc[0])[:10] == "2025-03-31",
    ),
    "rows of no trip": (
        feed({"stop_times.txt": TIMES + "X1,09:00:00,09:00:00,A,1\n"}),
        r"1 row of a trip that is not in trips\.txt .*\('X1'\)",
        usual,
    ),
    "a trip of one stop": (
        feed({"trips.txt": TRIPS + "R,week,R3,,,\n", "stop_times.txt": TIMES + "R3,09:00:00,09:00:00,A,1\n"}),
        r"1 trip of one stop leads nowhere",
        usual,
    ),
    "a row said twice": (
        feed({"stops.txt": STOPS + STOPS.split("\n")[1] + "\n"}),
        r"stops\.txt: 1 row repeated",
        usual,
    ),
    "a parent that is not there": (
        feed(stops=("0,B,0", "0,Z,0")),
        r"1 stop of a station that is not in stops\.txt .*'B1' \('Z'\)",
        lambda t: t.stops["parent"]["B1"] == "",
    ),
    "a parent that is a stop": (
        feed(stops=("0,B,0", "0,A,0")),
        r"1 parent_station that is no station",
        lambda t: t.stops["parent"]["B1"] == "",
    ),
    "its own parent": (feed(stops=("0,B,0", "0,B1,0")), r"1 parent_station that is no station", usual),
    "a platform without a place": (
        feed(stops=("49.6,3.201", ",")),
        r"1 stop without coordinates takes those of its station",
        lambda t: t.stops["lon"]["B2"] == 3.2,
    ),
    "a stop that nobody serves is nowhere": (
        feed({"stops.txt": STOPS + "X,,,,,,\n"}),
        "",
        lambda t: usual(t) and t.stops.geometry["X"] is None,
    ),
    "calls at a station": (feed(stop_times=("B2,1", "B,1")), r"1 call at a station or an entrance", usual),
    "stops by telephone": (
        with_column("pickup_type", "2", "", "1", "3", "1"),
        [r"2 calls on request by telephone", r"1 call to be asked of the driver"],
        lambda t: int(t.day(TUESDAY).may_board.sum()) == 3,
    ),
    "stops asked of the driver": (
        with_column("drop_off_type", "1", "", "3", "1", "0"),
        r"2 calls to be asked of the driver",
        lambda t: int(t.day(TUESDAY).may_alight.sum()) == 3,
    ),
    "times that are approximate": (
        with_column("timepoint", "1", "0", "", "1", "1"),
        r"2 calls at approximate times",
        lambda t: t.calls["how"].tolist()[:3] == ["given", "approximate", "given"],
    ),
    "hailed on the way": (
        with_column("continuous_pickup", "0", "1", "", "", ""),
        r"2 calls after which one may get on or off",
        usual,
    ),
    "lines that are hailed on the way": (
        feed(
            {
                "routes.txt": "route_id,agency_id,route_short_name,route_type,continuous_pickup,continuous_drop_off\n"
                "R,ter,K1,2,1,3\nQ,ter,Q2,3,,1\n"
            }
        ),
        r"1 line on which one may get on or off between stops",
        usual,
    ),
    "no agency": (feed({"agency.txt": None}), r"no time zone is said", usual),
    "an agency that is not there": (
        feed(routes=("Q,ter", "Q,bus")),
        r"1 route of an agency that is not said, or not in agency\.txt",
        usual,
    ),
    "a stop of another time zone": (
        feed(
            {
                "stops.txt": "stop_id,stop_lat,stop_lon,stop_timezone\nA,49.6,3.1,Europe/London\nB1,49.6,3.2,\n"
                "B2,49.6,3.201,\nC,49.6,3.3,Europe/Paris\n"
            }
        ),
        r"1 stop has another time zone \(Europe/London\)",
        usual,
    ),
    "extended modes": (
        feed(routes=("Ceville,3", "Ceville,715")),
        "",
        lambda t: t.routes["mode"].tolist() == ["rail", "bus"],
    ),
    "a headway": (
        feed({"frequencies.txt": FREQUENCY + "R1,06:00:00,07:00:00,1200,0\n"}),
        r"3 runs without exact times .*1 patterns",
        lambda t: trips_on(t) == 5 and t.departures(TUESDAY).loc["A", [5, 6, 7, 8]].tolist() == [0, 3, 0, 1],
    ),
    "a headway with exact times": (
        feed({"frequencies.txt": FREQUENCY + "R1,06:00:00,07:00:01,1200,1\n"}),
        r"4 runs at exact times",
        lambda t: trips_on(t) == 6,
    ),
    "headways that overlap": (
        feed({"frequencies.txt": FREQUENCY + "R1,06:00:00,07:00:00,1200,1\nR1,06:40:00,07:20:00,1200,1\n"}),
        [r"5 runs at exact", r"1 run said twice"],
        lambda t: trips_on(t) == 6,
    ),
    "a headway of no trip": (
        feed({"frequencies.txt": FREQUENCY + "X,06:00:00,07:00:00,1200,1\n"}),
        r"1 row of a trip that is not in trips\.txt",
        usual,
    ),
    "a transfer from a stop that is not there": (
        feed({"transfers.txt": TRANSFERS + "B1,Z,2,60\n"}),
        r"1 rule for changes of an unknown stop",
        usual,
    ),
    "a transfer without its stops": (
        feed({"transfers.txt": TRANSFERS + "B1,,2,60\n"}),
        r"1 rule for changes without its two stops",
        usual,
    ),
    "a least time that is not said": (
        feed({"transfers.txt": TRANSFERS + "B1,B2,2,\n"}),
        r"1 change of a least time that is not said",
        usual,
    ),
    "a time where none is asked for": (
        feed({"transfers.txt": TRANSFERS + "B1,B2,0,300\n"}),
        r"1 change that need not have a least time",
        lambda t: 300 in t.day(TUESDAY).walk_seconds,
    ),
    "two rules for one change": (
        feed({"transfers.txt": TRANSFERS + "B1,B2,2,60\nB1,B2,2,90\n"}),
        r"1 change has two rules: the last holds",
        lambda t: 90 in t.day(TUESDAY).walk_seconds,
    ),
    "a pathway that is none": (
        feed({"pathways.txt": PATHWAYS + "p,B1,B2,9,1,60\n"}),
        r"1 pathway of a station cannot be read",
        usual,
    ),
    "a pathway without a time": (
        feed({"pathways.txt": PATHWAYS + "p,B1,B2,1,1,\n"}),
        r"1 pathway without a time",
        lambda t: t.pathways["seconds"].tolist() == [55, 55],
    ),
    "wheelchair access that is none": (
        feed(stops=("3.1,,,1", "3.1,,,9")),
        r"1 value of wheelchair_boarding not understood",
        lambda t: t.stops["wheelchair"]["A"] == "unknown",
    ),
    "wheelchair access of the station": (
        feed(),
        "",
        lambda t: t.stops["wheelchair"].tolist() == ["yes", "yes", "yes", "no", "unknown"],
    ),
    "whole for less than it runs": (
        feed({"feed_info.txt": INFO + "Région,https://example.org,fr,20250101,20250228,v7\n"}),
        r"21 days of the calendar are outside the period.*feed_end_date 2025-02-28",
        lambda t: str(t.periods["end"].iloc[0])[:10] == "2025-02-28" and t.sources[0].vintage == "v7",
    ),
    "whole when nothing runs": (
        feed({"feed_info.txt": INFO + "Région,https://example.org,fr,20260101,20260228,v7\n"}),
        r"no day of the calendar is in the period",
        usual,
    ),
    "a period that is no date": (
        feed({"feed_info.txt": INFO + "Région,https://example.org,fr,hier,,v7\n"}),
        r"feed_start_date is no date \('hier'\)",
        usual,
    ),
    "files that are not read": (
        feed({"fare_rules.txt": "a\n", "notes.pdf": b"%PDF"}),
        r"2 files are not read \(fare_rules\.txt, notes\.pdf\)",
        usual,
    ),
    "calls by zone": (
        feed(
            {
                "stop_times.txt": TIMES.replace(
                    "stop_sequence", "stop_sequence,start_pickup_drop_off_window,end_pickup_drop_off_window"
                )
                .replace("Q1,07:15:00,07:15:00,B2,1", "Q1,,,B2,1,07:00:00,09:00:00")
                .replace("A,1", "A,1,,")
                .replace("B1,2", "B1,2,,")
                .replace("C,3", "C,3,,")
                .replace("C,2", "C,2,,")
            }
        ),
        r"1 call by zone or window of time",
        lambda t: len(t.trips) == 2 and len(t.flex) == 1 and trips_on(t) == 3,
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_wrong_of_a_feed_is_one_error(tmp_path: Path, name: str) -> None:
    files, said = REFUSED[name]
    with pytest.raises(SourceError) as raised:
        read(tmp_path, files)
    assert re.search(said, str(raised.value), re.DOTALL), str(raised.value)
    assert len(raised.value.problems) == 1, str(raised.value)
    assert "toy.zip" in str(raised.value)
    assert raised.value.told("fr") != str(raised.value)


@pytest.mark.parametrize("name", READ)
def test_an_odd_feed_is_read_and_said(tmp_path: Path, name: str) -> None:
    files, said, holds = READ[name]
    timetable = read(tmp_path, files)
    notes = [str(note) for note in timetable.notes]
    wanted = [said] if isinstance(said, str) else said
    assert len(notes) == len([each for each in wanted if each]), notes
    assert all(re.search(each, " ".join(notes), re.DOTALL) for each in wanted), notes
    assert holds(timetable)


# Of these feeds the trips that are left where those that cannot be read are left out, whole.
DROPPED = {
    "a stop nowhere known": ["R1", "R2"],
    "a route not known": ["R1", "R2"],
    "the same trip twice": ["R2", "Q1"],
    "a time that is none": ["R2", "Q1"],
    "back in time": ["R2", "Q1"],
    "the last stop untimed": ["R2", "Q1"],
    "a sequence twice": ["R2", "Q1"],
    "a pickup of 5": ["Q1"],
    "a headway of 0": ["R2", "Q1"],
}


@pytest.mark.parametrize("name", DROPPED)
def test_trips_that_cannot_be_read_are_left_out_whole_where_that_is_asked(tmp_path: Path, name: str) -> None:
    path = tmp_path / "toy.zip"
    path.write_bytes(packed(REFUSED[name][0]))
    timetable = Timetable.from_gtfs(path, licence="ODbL", bad_trips="drop")
    left = 3 - len(DROPPED[name])
    assert timetable.trips["trip"].tolist() == DROPPED[name]
    assert len(timetable.calls) == sum({"R": 3, "Q": 2}[trip[0]] for trip in DROPPED[name])
    reason, in_all = (note.told("en") for note in timetable.notes)
    assert re.match(rf"toy\.zip: {left} trips? left out that cannot be read: .*\(?'[RQZ]", reason)
    assert in_all.startswith(f"toy.zip: {left} trip{'s' * (left > 1)} of 3 ")
    saved = Timetable.load(timetable.save(tmp_path / "saved.zip"))
    assert [note.told("fr") for note in saved.notes] == [note.told("fr") for note in timetable.notes]


def test_what_is_wrong_beside_trips_stays_an_error_and_so_do_trips_that_are_all_bad(tmp_path: Path) -> None:
    path = tmp_path / "toy.zip"
    every = TIMES.replace(":00,", "h,")
    for files, said in (
        (REFUSED["a latitude of 496"][0], "stop_lat"),
        (feed({"stop_times.txt": every}), r"8 lines .*'R1' \('07:00h'\).*arrival_time is no time"),
    ):
        path.write_bytes(packed(files))
        with pytest.raises(SourceError, match=said):
            Timetable.from_gtfs(path, bad_trips="drop")
    with pytest.raises(OptionError, match="'leave' is no choice"):
        Timetable.from_gtfs(path, bad_trips="leave")


def test_a_zone_without_a_window_takes_its_trip_alone_and_a_rule_for_a_trip_goes_with_it(tmp_path: Path) -> None:
    files = feed(FLEX, stop_times=("09:00:00,12:00:00,2,1,tel", ",12:00:00,2,1,tel"))
    files["transfers.txt"] = "from_stop_id,to_stop_id,transfer_type,from_trip_id,to_trip_id\n,,4,D1,Z1\n"
    path = tmp_path / "toy.zip"
    path.write_bytes(packed(files))
    timetable = Timetable.from_gtfs(path, licence="ODbL", bad_trips="drop")
    assert timetable.flex["trip"].tolist() == ["D1", "G1", "G1"]
    assert timetable.trips["trip"].tolist() == ["D1"]
    assert timetable.transfers.empty
    with pytest.raises(SourceError, match="start_pickup_drop_off_window is no time"):
        Timetable.from_gtfs(path)


def test_two_versions_of_one_timetable_are_said_to_count_twice(tmp_path: Path) -> None:
    """The next vintage, whose days overlap; a feed of other stops, and one whose days do not, say nothing."""
    later = feed(calendar=("20250101,20250331", "20250301,20250630"))
    after = feed(calendar=("20250101,20250331", "20250701,20250830"))
    other = feed({"stops.txt": STOPS.replace("49.6,", "49.7,")})
    paths = {}
    for name, files in {"old": feed(), "new": later, "next": after, "bus": other}.items():
        paths[name] = tmp_path / f"{name}.zip"
        paths[name].write_bytes(packed(files))
    said = {
        name: [str(note) for note in Timetable.from_gtfs({"old": paths["old"], name: path}, licence="ODbL").notes]
        for name, path in paths.items()
        if name != "old"
    }
    assert said["next"] == said["bus"] == []
    assert said["new"] == [
        (
            "old and new look like two versions of one timetable (5 stops of the same id at the same place): "
            "from 2025-03-03 to 2025-03-31 its trips count twice."
        )
    ]


def test_a_service_of_two_calendars_that_meet_counts_once_for_the_class_of_a_place(tmp_path: Path) -> None:
    """The same train on every weekday, and once more on Tuesdays."""
    rows = "".join(f"{row.replace('R1', 'R9')}\n" for row in TIMES.split("\n")[1:4])
    more = {"trips.txt": TRIPS + "R,tue,R9,Ceville,,\n", "stop_times.txt": TIMES + rows}
    timetable = read(tmp_path, feed(more | {"calendar.txt": CALENDAR + "tue,0,1,0,0,0,0,0,20250101,20250331\n"}))
    assert (trips_on(timetable), interval(timetable, "A")) == (4, 120)


def test_every_problem_of_a_feed_is_told_at_once(tmp_path: Path) -> None:
    files = feed(stops=("49.6,3.3", "496,3.3"), calendar=("20250331", "soon"), trips=("Q,week", "Z,week"))
    with pytest.raises(SourceError, match=r"toy\.zip: 3 problems") as raised:
        read(tmp_path, files)
    assert [problem.key for problem in raised.value.problems] == [
        "gtfs_degrees",
        "gtfs_date",
        "gtfs_unknown",
    ]


def test_a_feed_past_the_bound_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ACCESSMAP_MOST_BYTES", "600")
    with pytest.raises(SourceError, match=r"toy\.zip expands past"):
        read(tmp_path, feed())
    folder = tmp_path / "feed"
    folder.mkdir()
    (folder / "stops.txt").write_text(STOPS * 9)
    with pytest.raises(SourceError, match=r"stops\.txt"):
        am.Timetable.from_gtfs(folder)
