"""A timetable as one more mode of a study: the bus of `toy_transit`, whose minutes are done by hand."""

import math
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from toy_transit import on_foot, with_bus

import accessmap as am
from accessmap.errors import NetworkError, OptionError, StudyError

FS = "france_services"


@pytest.fixture
def study(toy_study, tmp_path):
    return with_bus(toy_study, tmp_path)


def test_minutes_by_bus_are_those_of_travel_times_and_done_by_hand(study):
    """From b the bus arrives at 9:05: of the departures from 7:00 to 8:59 the 60th shortest takes 65 minutes."""
    journeys = study.journeys
    sites = study.sites(FS)
    found = study.minutes(FS, mode="transit")
    assert found.equals(am.travel_times(study.residents, sites, journeys))
    homes = study.residents["commune"]
    assert found.loc[homes == "02001", "fs-a"].tolist() == [0]
    assert found.loc[homes == "02002", "fs-a"].tolist() == [65]
    assert math.isnan(found.loc[homes == "02001", "fs-x"].iloc[0])
    assert study.nearest(FS, mode="transit")["minutes"].equals(am.modes.minutes(study, category=FS)["transit"])
    again = study.minutes(sites[::-1], mode="transit")
    assert again.equals(found[found.columns[::-1]])


def test_a_scenario_is_a_choice_of_columns(study):
    plan = am.Scenario("Bourg").open(FS, commune="02002")
    after = plan.apply(study)
    assert after.journeys is study.journeys
    table = am.compare_tables(plan, study, lambda each: am.modes.coverage(each, category=FS, cutoffs=70))
    people = table["people"]
    assert people["baseline", "transit", 70] == 150
    assert people["baseline", "walk", 70] == 150
    near = am.modes.coverage(after, category=FS, cutoffs=2)["people"]
    assert near["transit", 2] == 150


def test_the_credit_tells_the_licence_and_the_day(study):
    credit = study.credit
    assert ("GTFS bus.zip", "ODbL") in {(each.title, each.licence) for each in credit.sources}
    told = credit.parameters["timetable"]
    assert told == study.journeys.why
    assert told.startswith("7 January 2025, a Tuesday") or "Tuesday" in told
    assert study.journeys.on("saturday").date.weekday() == 5


def test_a_timetable_is_no_network_of_roads(study, toy_study, tmp_path):
    with pytest.raises(StudyError, match="first network, 'transit', is a timetable"):
        am.Study(study.communes, study.residents, study.services, networks={"transit": study.journeys})
    with pytest.raises(StudyError, match="is a timetable"):
        study.with_network(study.journeys, mode="car")
    assert study.with_network(on_foot(toy_study), mode="transit").journeys is None


def test_a_study_with_a_timetable_is_given_back_equal(study, tmp_path):
    lots = study.mairies.geometry.iloc[:1]
    timetable, walk = study.journeys.timetable, study.networks["walk"]
    rides = {"access": "car", "parking": lots, "depart": "08:15", "percentile": 0, "date": "saturday", "stay": 30.5}
    taxi = {"stops": ["02001"], "speed_factor": 0.8, "notice": (1, "16:00"), "name": "TAD"}
    rides["on_demand"] = [am.OnDemand(study.communes, "24/7", **taxi), am.OnDemand(study.communes, "off", lots)]
    parked = timetable.journeys({"walk": walk, "car": study.network}, **rides)
    both = replace(
        study, networks={**study.networks, "parked": parked}, scenarios={"cut": am.Scenario("cut").cut_line("1")}
    )
    again = am.load_study(both.save(tmp_path / "kept"))
    assert sorted(path.name for path in (tmp_path / "kept").glob("*.zip")) == [
        "roads-1.zip", "roads-2.zip", "timetable-3.zip"
    ]  # fmt: skip
    for mode in both.networks:
        assert again.minutes(mode=mode).equals(both.minutes(mode=mode))
    one, other = both.networks["parked"], again.networks["parked"]
    assert (one.date, one.why, one.notes, one.provenance) == (other.date, other.why, other.notes, other.provenance)
    assert one.terms.parking.equals(other.terms.parking)
    assert again.journeys.timetable is other.timetable
    assert again.networks["walk"] is other.streets["walk"]
    assert again.credit == both.credit
    cut = [each.scenarios["cut"].apply(each) for each in (both, again)]
    assert cut[0].minutes(FS, mode="transit").equals(cut[1].minutes(FS, mode="transit"))
    planned = am.load_study(cut[0].save(tmp_path / "planned"))
    assert planned.minutes(FS, mode="transit").equals(cut[0].minutes(FS, mode="transit"))
    trips = [am.round_trips(each.residents, each.sites(FS), each.journeys) for each in (both, again)]
    pd.testing.assert_frame_equal(*trips)


def test_isochrones_by_timetable_are_those_of_travel_times(study):
    """Land within 68 minutes of the site: about it on foot, and about the stop of b, whose bus half of them take."""
    site = study.sites(FS).geometry.loc[["fs-a"]]
    areas = am.isochrones(study.journeys, site, [20, 68], cell_metres=50)
    assert areas.index.tolist() == [("fs-a", 20), ("fs-a", 68)]
    near, far = areas.geometry
    assert far.contains(near.buffer(-60))
    rng = np.random.default_rng(1)
    west, south, east, north = study.communes.total_bounds
    at = gpd.points_from_xy(rng.uniform(west, east, 300), rng.uniform(south, north, 300))
    homes = gpd.GeoDataFrame({"commune": ["02001"] * 300, "population": 1}, geometry=at, crs=2154)
    homes.index = pd.Index([f"h{number}" for number in range(300)], name="resident_id")
    times = am.travel_times(homes, study.sites(FS).loc[["fs-a"]], study.journeys)["fs-a"]
    for minutes, area in ((20, near), (68, far)):
        inside = times <= minutes
        sure = homes.distance(area.boundary) > 60
        assert (homes.within(area) == inside)[sure].all()
        assert inside[sure].any()
        assert not inside[sure].all()
    outward = am.isochrones(study.journeys, site, 20, outward=True, depart="11:00", cell_metres=50)
    assert outward.geometry.iloc[0].contains(study.mairies.geometry["mairie-b"])  # the bus of 11:00 is there at 11:05
    later = am.isochrones(study.journeys, site, 20, outward=True, depart="11:01", cell_metres=50)
    assert not later.geometry.iloc[0].contains(study.mairies.geometry["mairie-b"])
    # A taxi, with no bus about it: as far as the car goes in the 20 minutes.
    streets = {"walk": study.networks["walk"], "car": study.network}
    taxi = am.OnDemand(study.communes, "24/7")
    asked = study.journeys.timetable.journeys(streets, on_demand=taxi, access_minutes=5, egress_minutes=5)
    area = am.isochrones(asked, site, 20, cell_metres=50).geometry.iloc[0]
    times = am.travel_times(homes, study.sites(FS).loc[["fs-a"]], asked)["fs-a"]
    sure = homes.distance(area.boundary) > 60
    assert (homes.within(area) == (times <= 20))[sure].all()
    assert area.area > near.area
    with pytest.raises(NetworkError, match="walk_kmh"):
        am.isochrones(study.journeys, site, 20, walk_kmh=3)
    with pytest.raises(OptionError, match="percentile"):
        am.isochrones(study.network, site, 20, percentile=50)


def test_the_nearest_by_timetable_are_those_of_travel_times(study):
    times = am.travel_times(study.residents, study.services, study.journeys)
    for k in (1, 2):
        found = am.nearest_times(study.residents, study.services, study.journeys, k=k)
        pd.testing.assert_frame_equal(found, am.nearest(times, k=k))
