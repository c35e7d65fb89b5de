"""Journeys beside cafein: stop to stop on the French regional trains, door to door in Porto Alegre.

    python benchmarks/timetables.py [--rounds 3] [--part ter poa] [--origins 1227]

cafein is a peer for this script and no dependency (pip install cafein). Both are on the clock in one process, taking
turns, each round; the ratio is that of the medians, and of each round. What is done once (reading, streets, transfers,
compiling) is not in it, and is told. Data: ``ACCESSMAP_DATA``, by default ../shared/data.

The peak of memory is that of a process of each alone that reads all and searches one window.

Single departures are compared cell by cell. cafein lets one get on and off where the feed says not to (pickup and
drop-off types of 1), and leaves out the trips of the next morning: without those rules, and up to midnight, no cell
differs. For a percentile it takes another rank than the nearest one (the 61st of 120 for the median).
"""

import argparse
import os
import resource
import statistics
import time
import warnings
from dataclasses import replace
from pathlib import Path

import cafein
import geopandas as gpd
import numpy as np
import pandas as pd

import accessmap as am
from accessmap.roads.transit.lines import NEVER
from accessmap.roads.transit.raptor import ANY, Raptor, StopLegs

DATA = Path(os.environ.get("ACCESSMAP_DATA", Path(__file__).parents[2] / "shared/data"))
TER, TER_DAY = DATA / "gtfs/ter_sncf_2025-01.zip", "2025-03-04"
POA, POA_DAY = [DATA / "gtfs/r5r_poa_eptc.zip", DATA / "gtfs/r5r_poa_trensurb.zip"], "2019-05-14"
RIDES = 8
SEVEN = 7 * 3600


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
    peer, seconds = clocked(lambda: cafein.TransportNetwork.from_gtfs([str(TER)], trip_distances=False))
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


def poa(rounds, origins):
    hexagons = pd.read_csv(DATA / "gtfs/poa_hexgrid.csv")
    points = gpd.GeoDataFrame(hexagons[["id"]], geometry=gpd.points_from_xy(hexagons.lon, hexagons.lat), crs=4326)
    osm = DATA / "osm/porto_alegre.osm.pbf"
    timetable, seconds = clocked(lambda: am.Timetable.from_gtfs(POA, licence="MIT"))
    streets, streets_seconds = clocked(lambda: am.RoadNetwork.from_osm(osm, mode="walk", country="generic"))
    journeys, journeys_seconds = clocked(
        lambda: timetable.journeys(
            streets, date=POA_DAY, access_minutes=20, egress_minutes=20, transfer_minutes=20, change_seconds=0,
            most_rides=RIDES,
        )
    )  # fmt: skip
    print(f"Porto Alegre read in {seconds:.1f} s, streets {streets_seconds:.1f} s, journeys {journeys_seconds:.1f} s")
    print(peak())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        peer, seconds = clocked(
            lambda: cafein.TransportNetwork.from_gtfs(
                [str(path) for path in POA], osm_pbf=str(osm), trip_distances=False, walking_speed_kmph=4.8,
                max_walking_time=20,
            )
        )  # fmt: skip
    peer.compute_tbtr_transfers(POA_DAY)
    print(f"cafein: {seconds:.1f} s, {peak()}")
    day = journeys.day
    print(f"{len(day.trip_row)} trips, {len(day.walk_stop)} ways on foot between stops; cafein {peer.transfer_count}")

    def ours(depart):
        trips = journeys.trips(points.geometry.iloc[:origins], points.geometry, depart=depart, percentile=50)
        return trips.minutes()

    def theirs(**window):
        return peer.travel_time_matrix(
            points.iloc[:origins], f"{POA_DAY} 13:00", max_rides=RIDES, destinations=points, walking_speed_kmph=4.8,
            max_walking_time=20, router="tbtr", **window,
        ).reshape(origins, -1)  # fmt: skip

    # The buses of this sample run from noon to four.
    ours("13:00")
    one, other = ours("13:00"), theirs().astype("float64")
    other = np.where(other > 4e9, np.nan, other / 60)
    both = ~np.isnan(one) & ~np.isnan(other)
    apart = (one - other)[both]
    ours_alone, theirs_alone = (~np.isnan(one) & np.isnan(other)).sum(), (np.isnan(one) & ~np.isnan(other)).sum()
    print(f"Porto Alegre, one departure: reached by both {both.sum()}, by ours {ours_alone}, by cafein {theirs_alone}")
    told = ", ".join(f"{share} % {np.percentile(apart, share):.1f}" for share in (5, 25, 50, 75, 95))
    print(f"    ours less cafein's, minutes: {told} (streets and ways on foot are each its own)")
    for minutes in (30, 120):
        turns(
            f"Porto Alegre, {origins} × {len(points)} door to door, {minutes} departures",
            lambda minutes=minutes: ours(("13:00", f"{13 + minutes // 60:02d}:{minutes % 60:02d}")),
            lambda minutes=minutes: theirs(departure_time_window=minutes, percentiles=[50]),
            rounds,
        )
    print(peak())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--part", nargs="+", choices=["ter", "poa"], default=["ter", "poa"])
    parser.add_argument("--origins", type=int, default=1227, help="of Porto Alegre: the first so many")
    options = parser.parse_args()
    for part in options.part:
        {"ter": ter, "poa": poa}[part](options.rounds, options.origins)
