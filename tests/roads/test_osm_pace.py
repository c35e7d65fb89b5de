"""How fast a way is beside its limit: ground, roundabouts, width, slopes, pushed bicycles and ferries."""

import math

import pytest

from accessmap.roads.law import rows_of
from accessmap.roads.readers.osm_pace import ferry_minutes, metres, pace, sloping_kmh


def cap(tags: dict[str, str], road_class: str = "tertiary", mode: str = "car", **more: bool) -> float:
    return pace(tags, road_class, mode, **more).cap_kmh


def test_every_ground_is_slower_the_worse_it_is_in_every_mode() -> None:
    for key in ("smoothness", "tracktype"):
        rows = [row for row in rows_of("surfaces") if row["key"] == key]
        for mode in ("car", "bike", "walk"):
            speeds = [float(row[mode]) for row in rows if row[mode]]
            assert speeds == sorted(speeds, reverse=True), (key, mode)
    assert all(row["source"] for row in rows_of("surfaces"))


def test_nobody_walks_faster_than_on_the_flat_nor_rides_faster_than_on_the_road() -> None:
    assert all(float(row["walk"]) <= 4.8 for row in rows_of("surfaces") if row["walk"])
    assert all(float(row["bike"]) <= 16 for row in rows_of("surfaces") if row["bike"])


@pytest.mark.parametrize("mode", ["car", "bike", "walk"])
@pytest.mark.parametrize("surface", ["asphalt", "paved", "concrete", "chipseal:red", "unknown"])
def test_what_is_smooth_or_not_known_holds_nobody_back(surface: str, mode: str) -> None:
    assert math.isnan(cap({"surface": surface}, mode=mode)) or surface == "concrete:lanes"


@pytest.mark.parametrize(
    ("tags", "like"),
    [
        ({"surface": "asphalt;gravel"}, {"surface": "gravel"}),  # of a list the slowest
        ({"surface": "Gravel"}, {"surface": "gravel"}),
        ({"surface": "gravel; sand"}, {"surface": "sand"}),
        ({"surface": "asphalt", "smoothness": "bad"}, {"smoothness": "bad"}),
        ({"surface": "sand", "smoothness": "excellent"}, {"surface": "sand"}),
        ({"surface:lanes": "asphalt|cobblestone"}, {}),  # of lanes the best
        ({"surface:lanes": "sett|cobblestone"}, {"surface": "sett"}),
        ({"tracktype": "grade4", "surface": "ground"}, {"tracktype": "grade4"}),
    ],
)
def test_several_grounds(tags: dict[str, str], like: dict[str, str]) -> None:
    for mode in ("car", "bike"):
        assert cap(tags, mode=mode) == pytest.approx(cap(like, mode=mode), nan_ok=True)


def test_ground_slows_each_mode_in_its_own_way() -> None:
    sand = [cap({"surface": "sand"}, mode=mode) for mode in ("car", "bike", "walk")]
    assert sand[0] > sand[1] > sand[2] > 3
    assert math.isnan(cap({"smoothness": "bad"}, mode="walk"))


@pytest.mark.parametrize("junction", ["roundabout", "circular"])
@pytest.mark.parametrize("road_class", ["motorway_link", "trunk", "primary", "residential"])
def test_roundabouts_of_every_class_are_driven_at_thirty(junction: str, road_class: str) -> None:
    assert cap({"junction": junction}, road_class) == 30
    assert math.isnan(cap({"junction": junction}, road_class, mode="bike"))


def test_a_lane_for_both_ways_is_narrow_and_one_for_one_way_is_not() -> None:
    assert cap({"lanes": "1"}) == cap({"width": "3"}) == cap({"width": "3.2 m"}) == 45
    assert math.isnan(cap({"lanes": "1"}, both_ways=False))
    assert math.isnan(cap({"width": "5.5"}))
    assert math.isnan(cap({"lanes": "2"}))


def test_advised_speeds_are_driven_and_nothing_above_the_law() -> None:
    assert cap({"maxspeed:advisory": "40"}) == 40
    assert cap({"maxspeed:practical": "35", "maxspeed": "80"}) == 35


def test_two_lanes_one_way_are_wide() -> None:
    assert pace({"lanes": "2"}, "primary", "car", both_ways=False).wide_forward
    assert not pace({"lanes": "2"}, "primary", "car").wide_forward
    three = pace({"lanes": "3", "lanes:forward": "2", "lanes:backward": "1"}, "primary", "car")
    assert (three.wide_forward, three.wide_backward) == (True, False)
    assert pace({"lanes": "4"}, "primary", "car").wide_backward


def test_a_pushed_bicycle_goes_at_walking_pace_whatever_the_ground() -> None:
    assert cap({"surface": "asphalt"}, "cycleway", "bike", pushed=True) == 4.8
    assert cap({"surface": "gravel"}, "footway", "bike", pushed=True) == 4.8


def test_slopes_slow_uphill_and_each_way_has_its_own() -> None:
    both = pace({"incline": "10%"}, "residential", "bike")
    assert 3.5 < both.slope_forward < 4.8
    assert math.isnan(both.slope_backward)
    walk = pace({"incline": "-10 %"}, "path", "walk")
    assert walk.slope_backward == pytest.approx(4.8 * math.exp(-0.35), abs=0.01)  # Tobler 1993
    assert math.isnan(walk.slope_forward)  # 10 % down is as quick as the flat: 5 % is the quickest
    for tags in ({"incline": "up"}, {"incline": "10"}, {"incline": "90%"}, {"incline": "0%"}, {}):
        assert math.isnan(pace(tags, "residential", "bike").slope_forward), tags
    assert math.isnan(pace({"incline": "10%"}, "residential", "car").slope_forward)
    assert math.isnan(pace({"incline": "30%"}, "steps", "walk").slope_forward)
    assert pace({"incline": "10°"}, "path", "walk").slope_forward == pytest.approx(
        sloping_kmh(math.tan(math.radians(10)), "walk")
    )


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("00:35", 35),
        ("1:20:30", 80.5),
        ("90", 90),
        ("PT1H20M", 80),
        ("PT45S", 0.75),
        ("P1DT2H", 26 * 60),
        ("1 h 20 min", 80),
        ("1h20", 80),
        ("2 h", 120),
        ("45 min", 45),
        ("20 minutes", 20),
        ("1.5 hours", 90),
        ("0:07", 7),
        ("00:20-00:30", 30),
        ("20-25 min", 25),
        ("00:20;00:25", 25),
        ("soon", None),
        ("", None),
        ("-5", None),
    ],
)
def test_durations_of_every_form(text: str, minutes: float | None) -> None:
    assert ferry_minutes(text) == (None if minutes is None else pytest.approx(minutes))


@pytest.mark.parametrize(
    ("tags", "seconds"),
    [
        ({}, None),
        ({"interval": "00:20"}, 600),  # half of it
        ({"headway": "10"}, 300),
        ({"interval": "PT1M"}, 60),  # one has to drive aboard
        ({"interval": "06:00"}, 1800),  # one looks it up
        ({"interval": "often"}, None),
    ],
)
def test_half_the_interval_is_waited_for(tags: dict[str, str], seconds: float | None) -> None:
    told = pace({"route": "ferry", **tags}, "ferry", "walk").boarding_s
    assert math.isnan(told) if seconds is None else told == seconds


@pytest.mark.parametrize(
    ("text", "width"), [("3", 3), ("2.5 m", 2.5), ("2,5", 2.5), ("10'", 3.048), ("narrow", None), ("", None)]
)
def test_widths(text: str, width: float | None) -> None:
    assert metres(text) == width
