"""Journeys beside cafein: stop to stop on the French regional trains, door to door in Porto Alegre.

    python benchmarks/timetables.py [--rounds 3] [--part ter poa scenarios] [--origins 1227]

cafein is a peer for this script and no dependency (pip install cafein). Both are on the clock in one process, taking
turns, each round; the ratio is that of the medians, and of each round. What is done once (reading, streets, transfers,
compiling) is not in it, and is told. Data: ``ACCESSMAP_DATA``, by default ../shared/data.

The peak of memory is that of a process of each alone that reads all and searches one window. The part "scenarios" is
accessmap alone: what each change of lines takes (line_scenarios.py).

Single departures are compared cell by cell. cafein lets one get on and off where the feed says not to (pickup and
drop-off types of 1), and leaves out the trips of the next morning: without those rules, and up to midnight, no cell
differs. For a percentile it takes another rank than the nearest one (the 61st of 120 for the median).
"""

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
import zipfile
from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd

DATA = Path(os.environ.get("ACCESSMAP_DATA", Path(__file__).parents[2] / "shared/data"))
TER, TER_DAY = DATA / "gtfs/ter_sncf_2025-01.zip", "2025-03-04"
POA, POA_DAY = [DATA / "gtfs/r5r_poa_eptc.zip", DATA / "gtfs/r5r_poa_trensurb.zip"], "2019-05-14"
OSM = DATA / "osm/porto_alegre.osm.pbf"
RIDES = 8
SEVEN = 7 * 3600


def peers(*, accessmap=True, cafein=True):
    """Load the two, or the one whose memory is told."""
    if accessmap:
        global am, NEVER, ANY, Raptor, StopLegs
        import accessmap as am
        from accessmap.roads.transit.lines import NEVER
        from accessmap.roads.transit.raptor import ANY, Raptor, StopLegs
    if cafein:
        global cf, walking_footpaths
        import cafein as cf
        from cafein.streets import walking_footpaths


def clocked(call, clock=time.perf_counter):
    begin = clock()
    found = call()
    return found, clock() - begin


def turns(name, ours, theirs, rounds):
    """Print the ratios of two calls that take turns, by the clock and of processor time."""
    clocks = {"": time.perf_counter, " of processor time": time.process_time}
    mine, peer = [], []
    for _ in range(rounds):
        for call, taken in ((ours, mine), (theirs, peer)):
            begin = [clock() for clock in clocks.values()]
            call()
            taken.append([clock() - first for clock, first in zip(clocks.values(), begin, strict=True)])
    for number, unit in enumerate(clocks):
        one, other = ([taken[number] for taken in each] for each in (mine, peer))
        ratios = ", ".join(f"{b / a:.1f}" for a, b in zip(one, other, strict=True))
        a, b = statistics.median(one), statistics.median(other)
        print(f"{name}: accessmap {a:.2f} s, cafein {b:.2f} s{unit}, ×{b / a:.1f} ({ratios})", flush=True)


def peak():
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most so far"


def ter(rounds, _):
    timetable, seconds = clocked(lambda: am.Timetable.from_gtfs(TER, licence="ODbL"))
    print(f"TER read in {seconds:.1f} s, {peak()}")
    peer, seconds = clocked(lambda: cf.TransportNetwork.from_gtfs([str(TER)], trip_distances=False))
    peer.compute_tbtr_transfers(TER_DAY)
    print(f"cafein: {seconds:.1f} s, {peak()}")
    # cafein knows neither minutes to change nor ways within a station without streets: as it does.
    day = timetable.day(TER_DAY, change_seconds=0)
    nothing = np.zeros(day.stops + 1, "int64")
    day = replace(day, walk_start=nothing, walk_stop=day.walk_stop[:0], walk_seconds=day.walk_seconds[:0])
    names = timetable.stops["stop_id"].to_numpy()[day.place]
    order = {name: number for number, (name, *_) in enumerate(peer.stops)}
    column = np.array([order[name] for name in names])
    some = np.random.default_rng(0).permutation(np.flatnonzero(timetable.stops["kind"].eq("stop")))[:1000]
    raptor, start, end = Raptor(day), StopLegs.at(some), StopLegs.at(np.arange(day.stops))
    chosen = [str(name) for name in names[some]]

    def ours(moments):
        return raptor.seconds(start, end, moments, percentiles=(50,), rides=RIDES)[0]

    ours(np.array([SEVEN]))
    window = {"departure_time_window": 120, "percentiles": [50]}
    for router in ("tbtr", "raptor"):
        turns(
            f"TER, 1,000 stops to all, 120 departures ({router})",
            lambda: ours(np.arange(SEVEN, SEVEN + 7200, 60)),
            lambda router=router: peer.travel_time_matrix(
                chosen, f"{TER_DAY} 07:00", max_rides=RIDES, router=router, **window
            ),
            rounds,
        )
    other = peer.travel_time_matrix(chosen, f"{TER_DAY} 07:00", max_rides=RIDES, router="tbtr")
    other = other.reshape(len(chosen), -1)[:, column].astype("int64")
    limit, alone = 86_400 - SEVEN, np.arange(len(some))
    free = replace(day, may_board=np.ones_like(day.may_board), may_alight=np.ones_like(day.may_alight))
    for name, lines, longest in (
        ("as it is", raptor, ANY),
        ("up to midnight", raptor, limit),
        ("and without rules to get on and off", Raptor(free), limit),
    ):
        one = lines.seconds(start, end, np.array([SEVEN]), percentiles=(0,), rides=RIDES, limit=longest)[0][:, 0]
        known = np.where(other > longest, int(NEVER), other)
        one[alone, some] = known[alone, some]
        print(f"TER, one departure, {name}: {(one != known).sum()} of {(known != NEVER).sum()} cells differ")
    print(peak())


def hexagons():
    table = pd.read_csv(DATA / "gtfs/poa_hexgrid.csv")
    return gpd.GeoDataFrame(table[["id"]], geometry=gpd.points_from_xy(table.lon, table.lat), crs=4326)


def our_porto_alegre():
    timetable = am.Timetable.from_gtfs(POA, licence="MIT")
    streets = am.RoadNetwork.from_osm(OSM, mode="walk", country="generic")
    terms = {"access_minutes": 20, "egress_minutes": 20, "transfer_minutes": 20, "change_seconds": 0}
    return timetable.journeys(streets, date=POA_DAY, most_rides=RIDES, **terms)


def their_porto_alegre(feeds=POA):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        options = {"osm_pbf": str(OSM), "trip_distances": False, "walking_speed_kmph": 4.8, "max_walking_time": 20}
        peer = cf.TransportNetwork.from_gtfs([str(path) for path in feeds], **options)
    peer.compute_tbtr_transfers(POA_DAY)
    return peer


def ours_of(journeys, origins, points, depart):
    return journeys.trips(points.geometry.iloc[:origins], points.geometry, depart=depart, percentile=50).minutes()


def theirs_of(peer, origins, points, **window):
    walks = {"walking_speed_kmph": 4.8, "max_walking_time": 20, "destinations": points, "router": "tbtr"}
    found = peer.travel_time_matrix(points.iloc[:origins], f"{POA_DAY} 13:00", max_rides=RIDES, **walks, **window)
    return found.reshape(origins, -1)


def with_times(timetable, path, folder):
    """Return a copy of a feed in which all stops bear the times that accessmap gives those without."""
    calls, stops, trips = timetable.calls, timetable.stops, timetable.trips
    trip = np.repeat(np.arange(len(trips)), np.diff(timetable.first_call))
    mine = (trips["feed"] == path.stem).to_numpy()[trip]
    arrival, departure = (
        [f"{each // 3600:02d}:{each // 60 % 60:02d}:{each % 60:02d}" for each in calls[name].to_numpy()[mine]]
        for name in ("arrival", "departure")
    )
    named = {"trip_id": trips["trip_id"].to_numpy()[trip][mine], "arrival_time": arrival, "departure_time": departure}
    stop = stops["stop_id"].to_numpy()[calls["stop"].to_numpy()[mine]]
    table = pd.DataFrame(named | {"stop_id": stop, "stop_sequence": np.arange(mine.sum())})
    copy = Path(folder) / path.name
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(copy, "w") as new:
        for name in old.namelist():
            new.writestr(name, table.to_csv(index=False) if name == "stop_times.txt" else old.read(name))
    return copy


def on_their_streets(journeys, points):
    """Compare one departure cell by cell where both have the same times at stops and walk as cafein does."""
    with tempfile.TemporaryDirectory() as folder:
        peer = their_porto_alegre([with_times(journeys.timetable, path, folder) for path in POA])
    known = theirs_of(peer, len(points), points)
    stops = journeys.timetable.stops.iloc[journeys.day.place]
    feed = stops["feed"].map({path.stem: str(number) for number, path in enumerate(POA)})
    number = {name: at for names in (stops["stop_id"], feed + ":" + stops["stop_id"]) for at, name in enumerate(names)}
    near = [
        peer.access_stops(point.y, point.x, walking_speed_kmph=4.8, max_walking_time=20) for point in points.geometry
    ]
    rows = [(at, number[name], seconds) for at, each in enumerate(near) for name, seconds in each.items()]
    rows = np.array(rows, "int64")
    legs = StopLegs.of(len(points), *rows.T)
    feet = walking_footpaths(
        str(OSM), peer.stops, walking_speed_kmph=4.8, max_walking_time=pd.Timedelta(minutes=20).to_pytimedelta()
    )
    at = np.array([number[name] for name in feet.stop_ids])
    start, end = at[feet.from_index], at[feet.to_index]
    order = np.lexsort((end, start))
    walk_start = np.searchsorted(start[order], np.arange(len(stops) + 1))
    walks = {"walk_stop": end[order].astype("int32"), "walk_seconds": feet.seconds[order].astype("int32")}
    day = replace(journeys.day, walk_start=walk_start.astype("int64"), **walks)
    raptor, moment = Raptor(day), np.array([13 * 3600])
    near, far = by_stop(rows, (start, end, feet.seconds), len(points), day.stops)
    one, by_another = (
        raptor.seconds(legs, ends, moment, percentiles=(0,), rides=RIDES)[0][:, 0].astype("int64")
        for ends in (legs, StopLegs.of(len(points), *np.nonzero(far < FAR), far[far < FAR]))
    )
    by_one = np.stack([(near[:, mine < FAR] + mine[mine < FAR]).min(axis=1, initial=FAR) for mine in near])
    other = np.where(known > 4e9, int(NEVER), known.astype("int64"))
    left = one != other
    print(
        f"    times and ways on foot alike: {left.sum()} of {left.size} cells differ; ours sooner {(one < other).sum()}"
    )
    for told, same in (
        ("cafein goes all the way on foot, within the 20 minutes", other <= 1200),
        ("it goes on from the last stop on foot by way of another one, for more", by_another == other),
        ("it goes on foot to a stop, and on from it without a ride, for more", by_one == other),
    ):
        print(f"    {(left & same).sum()}: {told}")
        left &= ~same
    print(f"    {left.sum()} are not explained")


#: No way, in seconds.
FAR = 10**8


def by_stop(rows, feet, places, stops):
    """Return the seconds from each place to each stop, and those by way of another stop where that is sooner."""
    near = np.full((places, stops), FAR)
    np.minimum.at(near, (rows[:, 0], rows[:, 1]), rows[:, 2])
    start, end, seconds = (np.asarray(each)[np.argsort(feet[0], kind="stable")].astype("int64") for each in feet)
    first = np.flatnonzero(np.diff(start, prepend=-1))
    far = near.copy()
    for mine, more in zip(near, far, strict=True):
        more[start[first]] = np.minimum(more[start[first]], np.minimum.reduceat(mine[end] + seconds, first))
    return near, far


def alone(who, origins):
    """Read Porto Alegre by one of the two, search 30 departures, and tell the peak of memory."""
    peers(accessmap=who == "accessmap", cafein=who == "cafein")
    points = hexagons()
    if who == "accessmap":
        ours_of(our_porto_alegre(), origins, points, ("13:00", "13:30"))
    else:
        theirs_of(their_porto_alegre(), origins, points, departure_time_window=30, percentiles=[50])
    print(f"{who} alone, 30 departures: {peak()}", flush=True)


def poa(rounds, origins):
    # Ours once to compile, which takes memory the first time on a machine, and once more to be told.
    for who, told in (("accessmap", False), ("accessmap", True), ("cafein", True)):
        asked = [sys.executable, __file__, "--alone", who, "--origins", str(origins)]
        subprocess.run(asked, check=True, stdout=None if told else subprocess.DEVNULL)
    points = hexagons()
    journeys, seconds = clocked(our_porto_alegre)
    print(f"Porto Alegre: {seconds:.1f} s, {peak()}")
    peer, seconds = clocked(their_porto_alegre)
    print(f"cafein: {seconds:.1f} s, {peak()}")
    day = journeys.day
    print(f"{len(day.trip_row)} trips, {len(day.walk_stop)} ways on foot between stops; cafein {peer.transfer_count}")

    # The buses of this sample run from noon to four.
    _, seconds = clocked(lambda: ours_of(journeys, origins, points, "13:00"))
    print(f"The first search, with what is worked out once: {seconds:.1f} s")
    one, known = ours_of(journeys, origins, points, "13:00"), theirs_of(peer, origins, points)
    other = np.where(known > 4e9, np.nan, known / 60)
    both = ~np.isnan(one) & ~np.isnan(other)
    apart = (one - other)[both]
    ours_alone, theirs_alone = (~np.isnan(one) & np.isnan(other)).sum(), (np.isnan(one) & ~np.isnan(other)).sum()
    print(f"Porto Alegre, one departure: reached by both {both.sum()}, by ours {ours_alone}, by cafein {theirs_alone}")
    told = ", ".join(f"{share} % {np.percentile(apart, share):.1f}" for share in (5, 25, 50, 75, 95))
    print(f"    ours less cafein's, minutes: {told} (streets and ways on foot are each its own)")
    if origins == len(points):
        on_their_streets(journeys, points)
    for minutes in (30, 120):
        turns(
            f"Porto Alegre, {origins} × {len(points)} door to door, {minutes} departures",
            lambda until=f"{13 + minutes // 60}:{minutes % 60:02d}": ours_of(
                journeys, origins, points, ("13:00", until)
            ),
            lambda minutes=minutes: theirs_of(peer, origins, points, departure_time_window=minutes, percentiles=[50]),
            rounds,
        )
    print(peak())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", nargs="+", choices=["ter", "poa", "scenarios"], default=["ter", "poa"])
    parser.add_argument("--origins", type=int, default=1227, help="of Porto Alegre: the first so many")
    parser.add_argument("--alone", choices=["accessmap", "cafein"], help="tell the memory of one in Porto Alegre")
    options = parser.parse_args()
    if options.alone:
        alone(options.alone, options.origins)
        sys.exit()
    if "scenarios" in options.part:
        from line_scenarios import scenarios

        scenarios(options.rounds, TER)
    peered = [part for part in ("ter", "poa") if part in options.part]
    if peered:
        peers()
    for part in peered:
        {"ter": ter, "poa": poa}[part](options.rounds, options.origins)
