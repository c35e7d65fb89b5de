"""What a change of lines, or of transport on demand, takes for 10,000 residents of the Pays Chaunois and the real TER.

Run by ``python benchmarks/timetables.py --part scenarios``. Each action is made of the study of today and asked for the
minutes to the France services, by the clock and in processor time; what is undone, and what is read anew, must give the
same minutes to the bit.
"""

import statistics
import time

import geopandas as gpd
import numpy as np
import pandas as pd

import accessmap as am
from accessmap.sample import sample_mairies

RESIDENTS, CATEGORY, DAY = 10_000, "france_services", "2025-03-25"
HOURS = "Mo-Fr 07:00-19:00"


def today(ter):
    """Return the Pays Chaunois with 10,000 places where people live, its own and others near them, and the trains."""
    sample, rng = am.load_sample(), np.random.default_rng(0)
    own = len(sample.residents)
    residents = sample.residents.iloc[np.append(np.arange(own), rng.integers(0, own, RESIDENTS - own))].copy()
    moved = np.where(np.arange(RESIDENTS) < own, 0, 1)[:, None] * rng.uniform(-400, 400, (RESIDENTS, 2))
    places = gpd.points_from_xy(residents.geometry.x + moved[:, 0], residents.geometry.y + moved[:, 1])
    residents = residents.set_axis(pd.Index(map(str, range(RESIDENTS)), name=residents.index.name))
    residents = residents.set_geometry(gpd.GeoSeries(places, index=residents.index, crs=residents.crs))
    walk = am.RoadNetwork.modelled(sample.communes, sample_mairies(), mode="walk")
    journeys = am.Timetable.from_gtfs(ter, licence="ODbL").journeys(walk, date=DAY)
    networks = {"car": sample.network, "walk": walk, "transit": journeys}
    return am.Study(sample.communes, residents, sample.services, networks=networks, title=sample.title)


def plans(study):
    """Return the actions, each a scenario: on the line that calls most often near the territory, between its towns."""
    timetable, near = study.journeys.timetable, study.journeys.near_stops.index
    chauny, laon = (
        next(stop for stop in near if timetable.stops.loc[stop, "name"] == name) for name in ("Chauny", "Laon")
    )
    rows = np.flatnonzero(timetable.stops.index.isin(near))
    trips = timetable.calls["trip"][timetable.calls["stop"].isin(rows)].unique()
    line = timetable.trips["route"].iloc[trips].value_counts().index[0]
    zone = study.communes.index[study.communes["in_territory"]].tolist()

    def plan(name):
        return am.Scenario(name)

    more = plan("a line").add_line("N", [chauny, laon], minutes=[0, 35], every=60)
    at_stops = plan("TAD at two stops").add_on_demand("Taxi", zone, HOURS, [chauny, laon], wait=10)
    return [
        more,
        plan("a stop and a line")
        .add_stop("X", commune=zone[5])
        .add_line("N", ["X", chauny], minutes=[0, 12], every=30),
        plan("cut").cut_line(line),
        plan("retime").shift_line(line, 10),
        plan("frequency").set_interval(line, 30, between=("07:00", "09:00")),
        plan("TAD zone").add_on_demand("Taxi", zone, HOURS, wait=10),
        at_stops,
        more + at_stops,
    ]


def scenarios(rounds, ter):
    """Print what each action takes, and check what comes out."""
    study = today(ter)
    base = study.minutes(CATEGORY, mode="transit")
    for plan in plans(study):
        taken = []
        for _ in range(rounds):
            begin = time.perf_counter(), time.process_time()
            after = plan.apply(study)
            minutes = after.minutes(CATEGORY, mode="transit")
            taken.append((time.perf_counter() - begin[0], time.process_time() - begin[1]))
        clock, processor = (statistics.median(column) for column in zip(*taken, strict=True))
        gain = int((minutes.fillna(9e9) < base.fillna(9e9)).any(axis=1).sum())
        loss = int((minutes.fillna(9e9) > base.fillna(9e9)).any(axis=1).sum())
        told = (
            f"{clock:.2f} s ({processor:.2f} s of processor time); sooner for {gain}, later for {loss} of {len(base)}"
        )
        print(f"{plan.name}: {told}", flush=True)
        journeys = after.journeys
        anew = journeys.timetable.journeys(journeys.streets, date=journeys.date, on_demand=journeys.terms.on_demand)
        assert minutes.equals(am.travel_times(study.residents, study.sites(CATEGORY), anew)), plan.name
    fresh = am.Study(study.communes, study.residents, study.services, networks=study.networks, title=study.title)
    assert fresh.minutes(CATEGORY, mode="transit").equals(base), "today"
