"""What a trip costs, against factors and fares written out by hand."""

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import LineString
from toy_feeds import FEED, feed, packed, read

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
