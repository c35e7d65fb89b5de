"""What a trip costs, against factors and fares written out by hand."""

import datetime as dt
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString
from toy_feeds import FEED, TUESDAY, feed, packed, read
from toy_streets import points, streets

import accessmap as am
from accessmap.errors import OptionError, SourceError

FARES = "fare_id,price,currency_type,payment_method,transfers,transfer_duration\n"
STOPS = FEED["stops.txt"].replace("boarding\n", "boarding,zone_id\n")
ZONES = "".join(f"{line},{zone}\n" for line, zone in zip(STOPS.strip().split("\n")[1:], "12223", strict=True))
ZONED = STOPS.split("\n")[0] + "\n" + ZONES


def leg(kind, metres, **more):
    empty = dict.fromkeys(("mode", "line", "trip", "goes_on_as", "from_stop", "to_stop"), "")
    return {**empty, "kind": kind, "leaves": 430.0, "geometry": LineString([(0, 0), (metres, 0)]), **more}


def ride(trip, start, stop, leaves, metres=10_000):
    line = {"R": "K1", "Q": "Q2"}[trip[0]]
    mode = {"R": "rail", "Q": "bus"}[trip[0]]
    return leg("ride", metres, trip=trip, from_stop=start, to_stop=stop, leaves=leaves, mode=mode, line=line)


TO_BOURG = ride("R1", "Aville", "Bourg voie 1", 420.0)
TO_CEVILLE = ride("Q1", "Bourg voie 2", "Ceville", 435.0, 5_000)


def table(*rows):
    return gpd.GeoDataFrame(pd.DataFrame(list(rows)), geometry="geometry", crs=2154)


@pytest.fixture
def timetable(tmp_path):
    return read(tmp_path, feed())


def test_grams_and_euros_of_each_leg(timetable):
    legs = table(leg("walk", 500), TO_BOURG, leg("change", 70), TO_CEVILLE, leg("car", 2_000))
    found = am.lines.costs(legs, timetable)
    assert found["vehicle"].tolist() == ["walk", "ter", "walk", "bus", "car"]
    assert found["km"].tolist() == [0.5, 10, 0.07, 5, 2]
    assert found["measured"].tolist() == ["streets", "stops", "streets", "stops", "streets"]
    assert found["grams"].tolist() == pytest.approx([0, 277, 0, 612, 455.2])
    # Nobody said what rides cost: no sum is known, and it is not that of the rest.
    assert found["euros"].isna().tolist() == [False, True, False, True, False]
    assert np.isnan(found["euros"].sum(skipna=False))
    both = am.lines.costs(legs, timetable, fares={"K1": 4.2, "Q2": 2}, people_in_car=2, grams={"ter": 30})
    assert both["euros"].tolist() == pytest.approx([0, 4.2, 0, 2, 0.636])
    assert both["grams"].tolist() == pytest.approx([0, 300, 0, 612, 227.6])
    some = am.lines.costs(legs, timetable, fares={"K1": 4.2})
    assert some["euros"].isna().tolist() == [False, False, False, True, False]


def test_what_has_no_factor_is_unknown(timetable):
    legs = table(leg("on_demand", 4_000, mode="on_demand"), {**TO_BOURG, "mode": "ferry"}, leg("bike", 1_000))
    boats = replace(timetable, routes=timetable.routes.assign(type=4, mode="ferry"))
    found = am.lines.costs(legs, boats)
    assert found["grams"].isna().tolist() == [True, True, False]
    assert found["grams"].iloc[2] == pytest.approx(0.17)
    assert found["euros"].isna().all()


@pytest.mark.parametrize(("number", "vehicle"), [(101, "tgv"), (102, "intercites"), (106, "ter"), (2, "ter")])
def test_trains_by_their_type(timetable, number, vehicle):
    typed = replace(timetable, routes=timetable.routes.assign(type=number))
    assert am.lines.costs(table(TO_BOURG), typed)["vehicle"].tolist() == [vehicle]


def test_a_coach_is_no_bus(timetable):
    typed = replace(timetable, routes=timetable.routes.assign(type=200, mode="bus"))
    assert am.lines.costs(table(TO_CEVILLE), typed)["grams"].tolist() == pytest.approx([188])


@pytest.mark.parametrize(
    ("attributes", "rules", "euros"),
    [
        ("one,2.5,EUR,0,0,\n", None, [2.5, 2.5]),  # no rule: each ride pays
        ("one,2.5,EUR,0,,\n", None, [2.5, 0]),  # transfers without end
        ("one,2.5,EUR,0,1,600\n", None, [2.5, 2.5]),  # the next leaves 15 minutes later
        ("one,2.5,EUR,0,1,1200\n", None, [2.5, 0]),
        ("one,2.5,EUR,0,0,\ntwo,1.5,EUR,0,0,\n", None, [1.5, 1.5]),  # the cheapest that holds
        ("one,2.5,EUR,0,0,\ntwo,1.5,EUR,0,0,\n", "one,R,,,\ntwo,Q,,,\n", [2.5, 1.5]),
        ("one,2.5,EUR,0,0,\n", "one,R,,,\n", [2.5, np.nan]),  # none for the bus: not free
        ("one,2.5,EUR,0,0,\ntwo,4,EUR,0,0,\n", "one,,1,2,\ntwo,,2,3,\n", [2.5, 4]),  # from zone to zone
        ("one,2.5,EUR,0,0,\n", "one,,1,3,\n", [np.nan, np.nan]),
        ("one,2.5,EUR,0,0,\ntwo,4,EUR,0,0,\n", "one,,,,1\none,,,,2\ntwo,,,,2\n", [2.5, np.nan]),  # zones passed
        ("one,2.5,CHF,0,0,\n", None, [np.nan, np.nan]),  # not in euros
    ],
)
def test_fares_of_a_feed(tmp_path, attributes, rules, euros):
    files = feed({"stops.txt": ZONED, "fare_attributes.txt": FARES + attributes})
    files |= (
        {} if rules is None else {"fare_rules.txt": "fare_id,route_id,origin_id,destination_id,contains_id\n" + rules}
    )
    timetable = read(tmp_path, files)
    found = am.lines.costs(table(TO_BOURG, TO_CEVILLE), timetable, fares=am.lines.read_fares(tmp_path / "toy.zip"))
    assert found["euros"].tolist() == pytest.approx(euros, nan_ok=True)


def test_fares_of_one_of_several_feeds_and_feeds_without(tmp_path):
    files = feed({"fare_attributes.txt": FARES + "one,2.5,EUR,0,0,\n", "fare_rules.txt": "fare_id,route_id\none,R\n"})
    for name in ("a", "b"):
        (tmp_path / f"{name}.zip").write_bytes(packed(files))
    both = am.Timetable.from_gtfs({name: tmp_path / f"{name}.zip" for name in "ab"}, licence="ODbL")
    fares = am.lines.read_fares(tmp_path / "a.zip", name="a")
    mine, other = ({**TO_BOURG, "trip": f"{name}:R1"} for name in "ab")
    assert am.lines.costs(table(mine), both, fares=fares)["euros"].tolist() == [2.5]
    assert am.lines.costs(table(other), both, fares=fares)["euros"].isna().all()
    for bad, said in (
        ({}, "says no fares"),
        ({"fare_attributes.txt": FARES + 'one,"2,5",EUR,0,0,\n'}, "price is no price"),
        ({"fare_attributes.txt": FARES + "one,-1,EUR,0,0,\n"}, "price is no price"),
        ({"fare_attributes.txt": FARES + "one,2,EUR,0,0,soon\n"}, "transfer_duration is no number"),
        ({"fare_attributes.txt": FARES + "one,2,EUR,0,0,\none,3,EUR,0,0,\n"}, "same fare_id"),
        (
            {"fare_attributes.txt": FARES + "one,2,EUR,0,0,\n", "fare_rules.txt": "fare_id,route_id\ntwo,R\n"},
            "'two' is not in fare_attributes",
        ),
    ):
        path = tmp_path / "bad.zip"
        path.write_bytes(packed(feed(bad)))
        with pytest.raises(SourceError, match=said):
            am.lines.read_fares(path)


def test_options_that_are_none_are_refused(timetable):
    for options, said in (({"people_in_car": 0}, "no number of people"), ({"grams": {"trian": 3}}, "'trian' is no")):
        with pytest.raises(OptionError, match=said):
            am.lines.costs(table(TO_BOURG), timetable, **options)


# ---------------------------------------------------------------------- along the lines

TRAVELLED = FEED["stop_times.txt"].replace("stop_sequence\n", "stop_sequence,shape_dist_traveled\n")
# By the road: 8 km from Aville to Bourg and 9 km on to Ceville, where straight it is 7.2 km each.
WAYS = {"A,1\n": 0.0, "B1,2\n": 8.0, "C,3\n": 17.0, "B2,1\n": 4.0, "C,2\n": 14.0}
BEND = (
    "shape_id,shape_pt_lat,shape_pt_lon,shape_pt_sequence\ns,49.6,3.1,1\ns,49.65,3.15,2\ns,49.6,3.2,3\ns,49.6,3.3,4\n"
)
SHAPED = FEED["trips.txt"].replace("Ceville,,", "Ceville,,s")


def travelled(unit, ways=WAYS):
    times = TRAVELLED
    for end, km in ways.items():
        told = "" if km is None else f"{km * unit:.4f}"
        times = times.replace(end, end.replace("\n", f",{told}\n"))
    return {"stop_times.txt": times}


def ridden(folder, files):
    """The km of a ride to Bourg and of one on to Ceville, what tells them, and the notes."""
    timetable = read(folder, feed(files))
    found = am.lines.costs(table(TO_BOURG, TO_CEVILLE), timetable)
    return found["km"].round(2).tolist(), found["measured"].tolist(), [str(note) for note in timetable.notes]


@pytest.mark.parametrize(("unit", "metres"), [("m", 1), ("km", 1_000), ("mi", 1_609.344), ("ft", 0.3048)])
def test_kilometres_as_the_feed_says_them_whatever_its_unit(tmp_path, unit, metres):
    km, measured, notes = ridden(tmp_path, travelled(1_000 / metres))
    assert (km, measured) == ([8, 10], ["timetable", "timetable"])
    assert len(notes) == 1
    assert f"3 trips say their distances (shape_dist_traveled): they are taken for {unit}, by those of" in notes[0]


def test_kilometres_along_the_line_that_is_drawn(tmp_path):
    """By way of 49.65° north it is 2 x hypot(3.604, 5.560) = 13.25 km to Bourg, then 7.21 straight on."""
    km, measured, notes = ridden(tmp_path, {"trips.txt": SHAPED, "shapes.txt": BEND})
    assert km == [13.25, pytest.approx(7.13, abs=0.01)]  # from B2, 72 m along it
    assert (measured, notes) == (["shape", "shape"], [])
    # Said distances go before: these would be no unit that is known, and the line counts.
    _, measured, notes = ridden(tmp_path, {"trips.txt": SHAPED, "shapes.txt": BEND, **travelled(700)})
    assert measured == ["shape", "shape"]
    assert ["unit that is not known" in note for note in notes] == [True]


def test_kilometres_are_straight_where_nothing_or_nonsense_is_said(tmp_path):
    gaps = {**WAYS, "B1,2\n": None}
    back = {**WAYS, "B1,2\n": 25.0}
    for ways, told in ((gaps, ["stops", "timetable"]), (back, ["stops", "timetable"])):
        assert ridden(tmp_path, travelled(1_000, ways))[1] == told
    short = {**WAYS, "B2,1\n": 10.0, "C,2\n": 14.0}  # four kilometres where straight it is seven
    km, measured, notes = ridden(tmp_path, travelled(1_000, short))
    assert (km[0], measured) == (8, ["timetable", "stops"])
    assert "1 trip says distances shorter than the straight line" in notes[1]
    assert "'Q1'" in notes[1] or "'Q1'" in notes[1]


def test_kilometres_follow_frequencies_plans_and_files(tmp_path):
    frequency = "trip_id,start_time,end_time,headway_secs\nQ1,10:00:00,11:00:00,1800\n"
    timetable = read(tmp_path, feed({**travelled(1), "frequencies.txt": frequency}))
    assert am.lines.costs(table(TO_CEVILLE), timetable)["km"].tolist() == [10]
    again = am.Timetable.load(timetable.save(tmp_path / "a.timetable"))
    assert am.lines.costs(table(TO_CEVILLE), again)["km"].tolist() == [10]
    denser = am.lines.interval(timetable, "Q2", 10, between=("10:00", "11:00"))
    last = denser.trips["trip"].iloc[-1]
    assert am.lines.costs(table({**TO_CEVILLE, "trip": last}), denser)["km"].tolist() == [10]


def test_a_loop_is_priced_and_measured_where_one_rides(tmp_path):
    """Aville, Bourg, Ceville and round again: the second time at Bourg is not the first."""
    rows = ["trip_id,arrival_time,departure_time,stop_id,stop_sequence,shape_dist_traveled"]
    for number, stop in enumerate(("A", "B1", "C", "B1", "A")):
        rows.append(f"R1,07:{number}0:00,07:{number}0:00,{stop},{number},{number * 8_000}")
    files = {"stop_times.txt": "\n".join(rows), "trips.txt": "route_id,service_id,trip_id\nR,week,R1\n"}
    journeys = read(tmp_path, feed(files)).journeys(streets(1.0), date=TUESDAY)
    legs = journeys.explain(points([200]).geometry, points([0]).geometry, depart="07:15")
    found = am.lines.costs(legs, journeys.timetable)
    assert legs.loc[legs["kind"] == "ride", ["from_call", "to_call"]].to_numpy().tolist() == [[2, 4]]
    assert found["km"].sum() == pytest.approx(16)


# ---------------------------------------------------------------------- fares by legs and transfers

PRODUCTS = "fare_product_id,amount,currency\n"
LEGS = "leg_group_id,network_id,from_area_id,to_area_id,fare_product_id\n"
GOES_ON = "from_leg_group_id,to_leg_group_id,transfer_count,duration_limit,duration_limit_type,"
GOES_ON += "fare_transfer_type,fare_product_id\n"
AREAS = "area_id,stop_id\n1,A\n2,B\n3,C\n"  # B is a station
NETWORKS = "network_id,route_id\nter,R\nbus,Q\n"
TWO = "one,2.5,EUR\ntwo,4,EUR\n"


def paid(folder, files, *rides, date=None, **options):
    base = {"networks.txt": "network_id\nter\nbus\n", "route_networks.txt": NETWORKS, "stop_areas.txt": AREAS}
    timetable = read(folder, feed({**base, **files}))
    fares = am.lines.read_fares(folder / "toy.zip", **options)
    found = am.lines.costs(table(*(rides or (TO_BOURG, TO_CEVILLE))), timetable, fares=fares, date=date)
    return found["euros"].tolist(), [str(note) for note in fares.notes]


BY_NETWORK = "t,ter,,,one\nb,bus,,,two\n"
PRICED = {
    "one price for all": (TWO, ",,,,one\n", None, [2.5, 2.5]),
    "by network": (TWO, BY_NETWORK, None, [2.5, 4]),
    "a blank is of the networks that are not named": (TWO, ",bus,,,two\n,,,,one\n", None, [2.5, 4]),
    "no rule for the bus": (TWO, ",ter,,,one\n", None, [2.5, np.nan]),
    "from area to area, of the station too": (TWO, ",,1,2,one\n,,2,3,two\n", None, [2.5, 4]),
    "a blank is of the areas that are not named": (TWO, ",,1,2,one\n,,,3,two\n", None, [2.5, 4]),
    "an area that is named elsewhere is none of a blank": (TWO, ",,1,3,one\n,,,3,two\n", None, [np.nan, 4]),
    "the cheaper of two": (TWO, ",,,,one\n,,,,two\n", None, [2.5, 2.5]),
    "free to go on": (TWO, BY_NETWORK, "t,b,,,,0,\n", [2.5, 0]),
    "a supplement to go on": (TWO, BY_NETWORK, "t,b,,,,0,one\n", [2.5, 2.5]),
    "a supplement beside the fare": (TWO, BY_NETWORK, "t,b,,,,1,one\n", [2.5, 6.5]),
    "one price for both": (TWO + "both,5,EUR\n", BY_NETWORK, "t,b,,,,2,both\n", [5, 0]),
    "not the other way": (TWO, BY_NETWORK, "b,t,,,,0,\n", [2.5, 4]),
    "a blank is of the groups that are not named": (TWO, BY_NETWORK, "t,t,1,,,0,\n,b,,,,0,\n", [2.5, 4]),
    "any group to go on": (TWO, BY_NETWORK, ",,,,,0,\n", [2.5, 0]),
    "without groups there is no going on": (TWO, ",ter,,,one\n,bus,,,two\n", ",,,,,0,\n", [2.5, 4]),
    # One leaves at 7:00 and 7:15, and is there at 7:10 and 7:40.
    "in time from departure to departure": (TWO, BY_NETWORK, "t,b,,900,1,0,\n", [2.5, 0]),
    "too late from departure to departure": (TWO, BY_NETWORK, "t,b,,899,1,0,\n", [2.5, 4]),
    "from departure to arrival": (TWO, BY_NETWORK, "t,b,,2399,0,0,\n", [2.5, 4]),
    "from arrival to departure": (TWO, BY_NETWORK, "t,b,,300,2,0,\n", [2.5, 0]),
    "from arrival to arrival": (TWO, BY_NETWORK, "t,b,,1799,3,0,\n", [2.5, 4]),
    "the cheapest way for both together": (
        TWO + "pass,3,EUR\n",
        "t,ter,,,one\np,ter,,,pass\nb,bus,,,two\n",
        "p,b,,,,0,\n",
        [3, 0],
    ),
    "not in euros": ("one,2.5,CHF\ntwo,4,EUR\n", BY_NETWORK, None, [np.nan, 4]),
}
TO_BOURG_BY = {**TO_BOURG, "arrives": 430.0}
TO_CEVILLE_BY = {**TO_CEVILLE, "arrives": 460.0}


@pytest.mark.parametrize("name", PRICED)
def test_fares_by_legs_and_transfers(tmp_path, name):
    products, legs, transfers, euros = PRICED[name]
    files = {"fare_products.txt": PRODUCTS + products, "fare_leg_rules.txt": LEGS + legs}
    files |= {} if transfers is None else {"fare_transfer_rules.txt": GOES_ON + transfers}
    found, _ = paid(tmp_path, files, TO_BOURG_BY, TO_CEVILLE_BY)
    assert found == pytest.approx(euros, nan_ok=True)


def test_a_ticket_holds_for_so_many_rides_and_so_long_from_the_first(tmp_path):
    """Four trains of the same network, at 7:00, 7:30, 8:00 and 8:30."""
    rides = [{**TO_BOURG, "leaves": 420.0 + 30 * n, "arrives": 430.0 + 30 * n} for n in range(4)]
    files = {"fare_products.txt": PRODUCTS + TWO, "fare_leg_rules.txt": LEGS + "t,ter,,,one\n"}
    for rule, euros in (
        ("t,t,1,,,0,\n", [2.5, 0, 2.5, 0]),
        ("t,t,2,,,0,\n", [2.5, 0, 0, 2.5]),
        ("t,t,-1,,,0,\n", [2.5, 0, 0, 0]),
        ("t,t,-1,3600,1,0,\n", [2.5, 0, 0, 2.5]),
        ("t,t,1,,,0,\nt,t,-1,,,0,two\n", [2.5, 0, 4, 4]),
    ):
        assert paid(tmp_path, {**files, "fare_transfer_rules.txt": GOES_ON + rule}, *rides)[0] == euros
    joint = {**files, "fare_transfer_rules.txt": GOES_ON + "t,t,-1,,,2,two\n"}
    assert np.isnan(paid(tmp_path, joint, *rides)[0]).any()  # of three legs the reference does not say
    assert paid(tmp_path, joint, *rides[:2])[0] == [4, 0]


def test_fares_by_hours_and_days(tmp_path):
    times = "timeframe_group_id,start_time,end_time,service_id\npeak,07:00:00,07:10:00,week\n"
    legs = "network_id,from_timeframe_group_id,fare_product_id\n,,one\n,peak,two\n"
    files = {"timeframes.txt": times, "fare_products.txt": PRODUCTS + TWO, "fare_leg_rules.txt": legs}
    assert paid(tmp_path, files, date=dt.date(2025, 2, 4))[0] == [4, 2.5]  # what names the hours goes before
    assert paid(tmp_path, files, date=dt.date(2025, 2, 8))[0] == [2.5, 2.5]  # a Saturday
    assert paid(tmp_path, files)[0] == pytest.approx([np.nan, 2.5], nan_ok=True)
    ranked = "network_id,from_timeframe_group_id,fare_product_id,rule_priority\n,,one,2\n,peak,two,1\nbus,,two,\n"
    assert paid(tmp_path, {**files, "fare_leg_rules.txt": ranked}, date=dt.date(2025, 2, 4))[0] == [2.5, 2.5]


def test_prices_are_those_of_adults_by_the_cheapest_medium_and_that_is_said(tmp_path):
    columns = "fare_product_id,rider_category_id,fare_media_id,amount,currency\n"
    rows = "one,adult,card,2.5,EUR\none,adult,paper,3,EUR\none,young,card,1,EUR\n"
    riders = (
        "rider_category_id,rider_category_name,is_default_fare_category\nadult,Plein tarif,1\nyoung,Moins de 26 ans,\n"
    )
    files = {"fare_products.txt": columns + rows, "fare_leg_rules.txt": LEGS + ",,,,one\n"}
    both = {**files, "rider_categories.txt": riders}
    found, notes = paid(tmp_path, both)
    assert found == [2.5, 2.5]
    assert notes == [
        "toy.zip: prices are those of “Plein tarif”.",
        "toy.zip: 1 fare has several prices by medium: the cheapest is taken.",
    ]
    assert paid(tmp_path, both, rider="young")[0] == [1, 1]
    with pytest.raises(OptionError, match="did you mean 'young'"):
        paid(tmp_path, both, rider="yong")
    assert paid(tmp_path, files)[0] == [2.5, 2.5]  # by what it is called
    nobody = {**files, "fare_products.txt": columns + rows.replace("adult", "a")}
    found, notes = paid(tmp_path, nobody)
    assert np.isnan(found).all()
    assert "nothing says which of 2 categories of riders is that of adults" in notes[0]


def test_what_of_fares_is_not_read_is_said_and_unknown(tmp_path):
    files = {"fare_products.txt": PRODUCTS + TWO, "fare_leg_rules.txt": LEGS + BY_NETWORK}
    joined = {**files, "fare_leg_join_rules.txt": "from_network_id,to_network_id\nter,bus\n"}
    found, notes = paid(tmp_path, joined)
    assert np.isnan(found).all()
    assert "fare_leg_join_rules.txt is not read" in notes[0]
    assert paid(tmp_path, joined, TO_BOURG)[0] == [2.5]
    first = {"fare_attributes.txt": FARES + "old,9,EUR,0,0,\n"}
    found, notes = paid(tmp_path, {**files, **first})
    assert (found, len(notes)) == ([2.5, 4], 1)
    assert "version 2" in notes[0]
    assert paid(tmp_path, {"fare_products.txt": PRODUCTS + TWO, **first})[0] == [9, 9]
    for bad, said in (
        ({"fare_products.txt": PRODUCTS + "one,deux,EUR\ntwo,4,EUR\n"}, "amount is no price"),
        ({"fare_leg_rules.txt": LEGS + ",,,,three\n"}, "this fare_product_id is not in fare_products"),
        ({"fare_transfer_rules.txt": GOES_ON + "t,b,,,,7,\n"}, "fare_transfer_type is no number"),
        ({"fare_leg_rules.txt": "from_timeframe_group_id,fare_product_id\nnight,one\n"}, "not in timeframes"),
        ({"fare_leg_rules.txt": None}, "says no fares"),
    ):
        with pytest.raises(SourceError, match=said):
            paid(tmp_path, {**files, **bad})


def test_each_feed_prices_its_own_rides(tmp_path):
    priced = {"fare_products.txt": PRODUCTS + TWO, "fare_leg_rules.txt": "fare_product_id\none\n"}
    for name, files in {"a": priced, "b": {"fare_attributes.txt": FARES + "old,9,EUR,0,0,\n"}, "c": {}}.items():
        (tmp_path / f"{name}.zip").write_bytes(packed(feed(files)))
    paths = {name: tmp_path / f"{name}.zip" for name in "abc"}
    timetable = am.Timetable.from_gtfs(paths, licence="ODbL")
    rides = table(*({**TO_BOURG, "trip": f"{name}:R1"} for name in "abc"))
    found = am.lines.costs(rides, timetable, fares=am.lines.read_fares(paths))
    assert found["euros"].tolist() == pytest.approx([2.5, 9, np.nan], nan_ok=True)
    alone = am.lines.costs(rides, timetable, fares=am.lines.read_fares(paths["b"], name="b"))
    assert alone["euros"].tolist() == pytest.approx([np.nan, 9, np.nan], nan_ok=True)
    with pytest.raises(SourceError, match="says no fares"):
        am.lines.read_fares({"c": paths["c"], "d": paths["c"]})
