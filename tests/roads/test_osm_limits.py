"""What tags say of the limit of a way, as the wiki's pages on maxspeed, its codes and its zones have it."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accessmap.roads.readers.osm_limits import Limits, limits

MPH = 1.609344


def said(tags: dict[str, str], road_class: str = "tertiary") -> Limits:
    return limits(tags, road_class)


@pytest.mark.parametrize(
    ("tags", "ahead", "back"),
    [
        ({"maxspeed": "50"}, 50, 50),
        ({"maxspeed": "30 mph"}, 30 * MPH, 30 * MPH),
        ({"maxspeed": "10 knots"}, 18.52, 18.52),
        ({"maxspeed": "50;30"}, 30, 30),  # of a list the lowest
        ({"maxspeed": "50,30"}, 30, 30),  # a list too: nobody signs 50.3
        ({"maxspeed": "30,5"}, 30.5, 30.5),
        ({"maxspeed": "FR:zone30;50"}, 30, 30),  # whichever comes first, whichever is a code
        ({"maxspeed": "FR:urban;30"}, 30, 30),
        ({"maxspeed": "DE:rural;80"}, 80, 80),
        ({"maxspeed": "70", "maxspeed:backward": "50"}, 70, 50),
        ({"maxspeed:forward": "70"}, 70, None),
        ({"maxspeed:lanes": "100|80|60"}, 100, 100),  # of lanes the highest
        ({"maxspeed": "90", "maxspeed:lanes": "100|80"}, 90, 90),
        ({"maxspeed:lanes:forward": "|60", "maxspeed": "50"}, 60, 50),
        ({"maxspeed": "50", "maxspeed:conditional": "30 @ (Mo-Fr 07:00-19:00)"}, 30, 30),
        ({"maxspeed": "50", "maxspeed:conditional": "30 @ (22:00-06:00)"}, 50, 50),
        ({"maxspeed": "120", "maxspeed:conditional": "100 @ wet; 80 @ (weight>3.5)"}, 120, 120),
        ({"maxspeed": "50", "maxspeed:backward:conditional": "30 @ (Tu)"}, 50, 30),
        ({"maxspeed": "80", "maxspeed:hgv": "60"}, 80, 80),
        ({"maxspeed": "80", "maxspeed:motorcar": "70"}, 70, 70),
        ({"maxspeed": "walk"}, 6, 6),
        # zones: all four ways of writing one, and more
        ({"zone:maxspeed": "FR:30"}, 30, 30),
        ({"zone:30": "yes"}, 30, 30),
        ({"zone:20": "yes"}, 20, 20),
        ({"zone:30": "no"}, None, None),
        ({"zone:maxspeed": "30"}, 30, 30),
        ({"maxspeed": "zone30"}, 30, 30),
        ({"maxspeed": "FR:zone30"}, 30, 30),
        ({"maxspeed": "zone:30"}, 30, 30),
        ({"zone:maxspeed": "DE:zone30"}, 30, 30),
        ({"zone:maxspeed": "DE:zone:30"}, 30, 30),
        ({"zone:maxspeed": "20 mph"}, 20 * MPH, 20 * MPH),
        ({"zone:maxspeed": "GB:20"}, 20 * MPH, 20 * MPH),
        ({"maxspeed:type": "zone30"}, 30, 30),
        ({"maxspeed:type": "FR:zone30"}, 30, 30),
        ({"source:maxspeed": "FR:zone30"}, 30, 30),
        ({"source:maxspeed": "zone30"}, 30, 30),
        ({"maxspeed": "20", "zone:maxspeed": "FR:30"}, 20, 20),  # a sign comes before its zone
        # what says nothing
        ({"maxspeed": "none"}, None, None),
        ({"maxspeed": "signals"}, None, None),
        ({"maxspeed": "variable"}, None, None),
        ({"maxspeed:variable": "peak_traffic"}, None, None),
        ({"maxspeed": "signals", "zone:maxspeed": "FR:30"}, 30, 30),
        ({"maxspeed:type": "sign"}, None, None),
        ({"zone:maxspeed": "FR:zone"}, None, None),
        ({}, None, None),
    ],
)
def test_the_limit_both_ways(tags: dict[str, str], ahead: float | None, back: float | None) -> None:
    found = said(tags)
    for limit, kmh in ((found.forward, ahead), (found.backward, back)):
        assert math.isnan(limit.kmh) if kmh is None else limit.kmh == pytest.approx(kmh, abs=0.01)
    assert found.odd == ""


@pytest.mark.parametrize(
    ("tags", "law", "row", "setting"),
    [
        ({"maxspeed:type": "DE:rural"}, "DE", "rural", "rural"),
        ({"source:maxspeed": "FR:urban"}, "FR", "urban", "urban"),
        ({"zone:traffic": "BE-VLG:rural"}, "BE-VLG", "rural", "rural"),
        ({"maxspeed": "IT:motorway"}, "IT", "motorway", "rural"),
        ({"maxspeed": "urban"}, "", "urban", "urban"),
        ({"maxspeed:source": "GB:nsl_dual"}, "GB", "dual", "rural"),
        ({"maxspeed": "FR:walk"}, "FR", "walk", "urban"),
        ({"maxspeed:type": "FR:urban;FR:living_street"}, "FR", "living_street", "urban"),
        ({"living_street": "yes"}, "", "living_street", "urban"),
    ],
)
def test_codes_leave_the_limit_to_the_law_they_name(tags: dict[str, str], law: str, row: str, setting: str) -> None:
    found = said(tags)
    assert (found.law, found.forward.legal, found.backward.legal, found.setting) == (law, row, row, setting)
    assert math.isnan(found.forward.kmh)


def test_a_code_beside_a_number_tells_the_setting_and_the_number_holds() -> None:
    found = said({"maxspeed": "70", "source:maxspeed": "FR:urban"})
    assert (found.forward.kmh, found.setting, found.law) == (70, "urban", "FR")


@pytest.mark.parametrize(
    ("tags", "road_class", "odd"),
    [
        ({"maxspeed": "3000"}, "tertiary", "maxspeed=3000"),
        ({"maxspeed": "0"}, "tertiary", "maxspeed=0"),
        ({"maxspeed": "5"}, "motorway", "maxspeed=5"),
        ({"maxspeed": "5"}, "service", ""),
        ({"maxspeed": "3"}, "residential", "maxspeed=3"),
        ({"maxspeed": "3 mph"}, "service", ""),
        ({"maxspeed": "200 mph"}, "tertiary", "maxspeed=200 mph"),
        ({"maxspeed": "fixme 70?"}, "tertiary", "maxspeed=fixme 70?"),
        ({"maxspeed": "implicit"}, "tertiary", ""),
        ({"maxspeed": "FR-urban"}, "tertiary", "maxspeed=FR-urban"),
    ],
)
def test_a_limit_that_cannot_be_is_left_out_and_told(tags: dict[str, str], road_class: str, odd: str) -> None:
    found = said(tags, road_class)
    assert found.odd == odd
    assert math.isnan(found.forward.kmh) == bool(odd) or tags["maxspeed"] == "implicit"


@settings(deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(["maxspeed", "maxspeed:forward", "maxspeed:lanes", "zone:maxspeed", "maxspeed:conditional"]),
        st.text(max_size=12)
        | st.from_regex(r"[A-Z]{2}:(zone:?)?[0-9]{1,4}|[0-9]{1,4} ?(mph)?[;|][0-9]{1,3}", fullmatch=True),
    ),
    st.sampled_from(["motorway", "residential"]),
)
def test_no_tags_crash_or_leave_the_drivable_range(tags: dict[str, str], road_class: str) -> None:
    found = limits(tags, road_class)
    for limit in (found.forward, found.backward):
        assert math.isnan(limit.kmh) or 1 <= limit.kmh <= 150
