"""Who may go where on OpenStreetMap's roads: each rule as its wiki page has it, on roads of a few nodes."""

from pathlib import Path
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from accessmap.provenance import Provenance
from accessmap.roads.network import RoadNetwork
from accessmap.roads.readers.osm import read_osm
from accessmap.roads.readers.osm_conditions import holding, quantity
from accessmap.roads.readers.osm_tags import way_use
from accessmap.roads.readers.passages import passage
from accessmap.roads.readers.rights import Right, said
from accessmap.roads.readers.tables import RoadTables

Tags = dict[str, str]
ROAD = {"highway": "unclassified"}
HUNDRED = 0.0013835, 0.0008990  # degrees that 100 m are at 49.6° N, east and north


def use(tags: Tags, mode: str) -> tuple[bool, bool]:
    found = way_use({**ROAD, **tags}, mode)
    return (False, False) if found is None else (found.forward, found.backward)


def through(tags: Tags, mode: str) -> tuple[bool, bool] | None:
    found = way_use({**ROAD, **tags}, mode)
    return None if found is None else (found.through_forward, found.through_backward)


BOTH, AHEAD, BACK, NONE = (True, True), (True, False), (False, True), (False, False)


@pytest.mark.parametrize(
    ("mode", "tags", "right"),
    [
        ("car", {"motor_vehicle": "agricultural;forestry"}, Right.NO),
        ("car", {"motor_vehicle": "forestry; agricultural"}, Right.NO),
        ("car", {"motor_vehicle": "bus;taxi"}, Right.NO),
        ("car", {"motor_vehicle": "private;delivery"}, Right.PRIVATE),
        ("car", {"motor_vehicle": "destination;agricultural"}, Right.VISITORS),
        ("car", {"motor_vehicle": "agricultural;yes"}, Right.YES),
        ("car", {"motor_vehicle": "Private"}, Right.PRIVATE),
        ("car", {"motorcar": "seasonal;unknown", "access": "no"}, Right.NO),  # a key that says nothing leaves the word
        ("bike", {"bicycle": "no;private"}, Right.PRIVATE),
        ("bike", {"bicycle": "no;dismount"}, Right.YES),
        ("bike", {"bicycle": "official"}, Right.YES),
        ("car", {"access": "official"}, Right.NO),
        ("walk", {"foot": "private;customers"}, Right.VISITORS),
        ("walk", {"vehicle": "no"}, None),
        ("car", {"psv": "no", "hgv": "no", "goods": "no"}, None),
    ],
)
def test_of_a_list_the_most_permissive_value_holds(mode: str, tags: Tags, right: Right | None) -> None:
    told = said(tags, mode)
    assert (None if told is None else told.right) == right


@pytest.mark.parametrize(
    ("mode", "text", "value"),
    [
        ("car", "no @ (Mo-Fr 07:00-19:00)", "no"),
        ("car", "no @ Mo-Fr 07:00-09:00", ""),
        ("car", "no @ (Mo-Fr 07:00-09:00,16:00-18:00; Sa 08:00-12:00)", ""),
        ("car", "no @ (Sa,Su,PH)", ""),
        ("car", "no @ (Jun-Sep)", "no"),
        ("car", "no @ (22:00-06:00)", ""),
        ("car", "no @ (SH Mo-Fr 07:00-19:00)", ""),
        ("car", "no @ (Mo-Fr 07:00-19:00); destination @ (Tu 09:00-11:00)", "destination"),  # the last that is met
        ("car", "destination @ (Tu 09:00-11:00); no @ (Su)", "destination"),
        ("car", "no @ (Mo-Fr 07:00-19:00 AND weight>3.5)", ""),
        ("car", "no @ (weight>3.5)", ""),
        ("car", "no @ (weight > 1 t)", "no"),
        ("car", "no @ (length>12)", ""),
        ("car", "no @ hgv", ""),
        ("car", "no @ motorcar", "no"),
        ("bike", "no @ motorcar", ""),
        ("car", "yes @ residents", "private"),
        ("car", "yes @ (delivery AND Mo-Fr 06:00-11:00)", "private"),
        ("car", "yes @ (delivery AND Mo-Fr 06:00-09:00)", ""),
        ("car", "yes @ destination", "destination"),
        ("car", "no @ delivery", ""),
        ("car", "no @ wet", ""),
        ("car", "no @ (what nobody understands)", ""),
        ("car", "no", ""),
        ("car", "occupants<2", ""),
        ("car", "no @ (occupants<2)", "no"),
    ],
)
def test_conditions_are_read_on_a_dry_tuesday_morning(mode: str, text: str, value: str) -> None:
    assert (holding(text, mode) or "") == value


@pytest.mark.parametrize(
    ("mode", "tags", "open_"),
    [
        ("car", {"motor_vehicle:conditional": "no @ (07:00-20:00)"}, NONE),
        ("car", {"motor_vehicle:conditional": "no @ (07:00-09:00)"}, BOTH),
        ("car", {"motor_vehicle": "no", "motor_vehicle:conditional": "yes @ (Mo-Fr 09:00-12:00)"}, BOTH),
        ("car", {"vehicle:conditional": "no @ (07:00-20:00)", "motorcar": "yes"}, BOTH),
        ("car", {"access:conditional": "no @ (07:00-20:00)"}, NONE),
        ("walk", {"access:conditional": "no @ (07:00-20:00)"}, NONE),
        ("walk", {"motor_vehicle:conditional": "no @ (07:00-20:00)"}, BOTH),
        ("bike", {"vehicle:conditional": "no @ (07:00-20:00)"}, NONE),
        ("car", {"vehicle:forward": "no"}, BACK),
        ("car", {"vehicle:backward": "no"}, AHEAD),
        ("car", {"motor_vehicle:forward": "agricultural;forestry"}, BACK),
        ("car", {"access:backward": "no"}, AHEAD),
        ("car", {"vehicle:backward": "no", "motorcar:backward": "yes"}, BOTH),
        ("car", {"motor_vehicle:backward:conditional": "no @ (Mo-Fr 07:00-19:00)"}, AHEAD),
        ("car", {"motor_vehicle:backward:conditional": "no @ (Mo-Fr 16:00-19:00)"}, BOTH),
        ("bike", {"vehicle:forward": "no"}, BACK),
        ("bike", {"motor_vehicle:forward": "no"}, BOTH),
        ("bike", {"vehicle:backward": "no", "bicycle:backward": "yes"}, BOTH),
        ("bike", {"oneway": "yes", "bicycle:backward": "yes"}, BOTH),
        ("bike", {"oneway": "-1", "bicycle:forward": "designated"}, BOTH),
        ("walk", {"vehicle:forward": "no", "oneway": "yes"}, BOTH),
        ("walk", {"foot:backward": "no"}, AHEAD),
        ("walk", {"access:forward": "no"}, BACK),
    ],
)
def test_access_by_direction_and_on_conditions(mode: str, tags: Tags, open_: tuple[bool, bool]) -> None:
    assert use(tags, mode) == open_


@pytest.mark.parametrize(
    ("mode", "tags", "open_"),
    [
        ("car", {"oneway": "no", "oneway:motor_vehicle": "yes"}, AHEAD),
        ("car", {"oneway": "no", "oneway:vehicle": "yes"}, AHEAD),
        ("car", {"oneway": "no", "oneway:motorcar": "yes"}, AHEAD),
        ("car", {"oneway": "yes", "oneway:motorcar": "no"}, BOTH),
        ("car", {"oneway": "yes", "oneway:motor_vehicle": "-1"}, BACK),
        ("car", {"oneway": "yes", "oneway:psv": "no", "oneway:bus": "no", "oneway:bicycle": "no"}, AHEAD),
        ("car", {"oneway": "yes", "oneway:vehicle": "yes", "oneway:motorcar": "no"}, BOTH),
        ("car", {"oneway": "1"}, AHEAD),
        ("car", {"oneway": "reverse"}, BACK),
        ("car", {"oneway": "yes;no"}, BOTH),  # contradicts itself
        ("car", {"oneway": "yes;yes"}, AHEAD),
        ("car", {"oneway": "alternating"}, BOTH),
        ("car", {"oneway": "reversible"}, NONE),
        ("car", {"oneway": "reversible", "oneway:conditional": "yes @ (Mo-Fr 06:00-12:00); -1 @ (12:00-20:00)"}, AHEAD),
        ("car", {"oneway:conditional": "yes @ (Mo-Fr 06:00-12:00)"}, AHEAD),
        ("car", {"oneway:conditional": "-1 @ (Mo-Fr 16:00-19:00)"}, BOTH),
        ("walk", {"oneway": "reversible"}, BOTH),
        ("car", {"highway": "service", "junction": "roundabout"}, AHEAD),
        ("car", {"highway": "living_street", "junction": "circular"}, AHEAD),
        ("car", {"junction": "roundabout", "oneway": "no"}, BOTH),
        ("bike", {"highway": "cycleway", "junction": "roundabout"}, AHEAD),
        ("walk", {"junction": "roundabout"}, BOTH),
        ("car", {"highway": "motorway"}, AHEAD),
        ("car", {"highway": "motorway_link"}, BOTH),
        ("bike", {"oneway": "yes", "oneway:vehicle": "no"}, BOTH),
        ("bike", {"oneway:vehicle": "yes"}, AHEAD),
        ("bike", {"oneway:motor_vehicle": "yes"}, BOTH),
        ("bike", {"oneway": "yes", "cycleway": "opposite"}, BOTH),
        ("bike", {"oneway": "yes", "cycleway:right": "lane"}, AHEAD),
        ("bike", {"oneway": "yes", "cycleway:left:oneway": "-1", "cycleway:left": "lane"}, BOTH),
        ("bike", {"oneway": "yes", "cycleway:both:oneway": "no"}, BOTH),
        ("bike", {"oneway": "-1", "cycleway": "opposite_lane"}, BOTH),
        ("bike", {"oneway": "yes", "cycleway": "opposite", "oneway:bicycle": "yes"}, AHEAD),
        ("bike", {"junction": "roundabout", "oneway:bicycle": "no"}, BOTH),
        ("walk", {"highway": "steps", "conveying": "forward"}, AHEAD),
        ("walk", {"highway": "steps", "conveying": "backward"}, BACK),
        ("walk", {"highway": "footway", "oneway": "yes"}, BOTH),
        ("walk", {"highway": "footway", "oneway:foot": "-1"}, BACK),
    ],
)
def test_one_way_by_vehicle(mode: str, tags: Tags, open_: tuple[bool, bool]) -> None:
    assert use(tags, mode) == open_


@pytest.mark.parametrize(
    ("mode", "tags", "open_"),
    [
        ("car", {"highway": "track", "motor_vehicle": "agricultural;forestry"}, False),
        ("car", {"highway": "cycleway", "motor_vehicle": "yes"}, True),
        ("car", {"highway": "track", "motor_vehicle:conditional": "yes @ (06:00-20:00)"}, True),
        ("car", {"highway": "pedestrian", "motor_vehicle": "destination"}, True),
        ("car", {"hov": "designated"}, False),
        ("car", {"smoothness": "impassable"}, False),
        ("car", {"smoothness": "very_horrible"}, False),
        ("car", {"smoothness": "bad"}, True),
        ("bike", {"smoothness": "impassable"}, False),
        ("walk", {"smoothness": "impassable"}, True),
        ("car", {"impassable": "yes"}, False),
        ("walk", {"impassable": "yes"}, False),
        ("walk", {"highway": "path", "sac_scale": "demanding_mountain_hiking"}, True),
        ("walk", {"highway": "path", "sac_scale": "alpine_hiking"}, False),
        ("car", {"maxheight": "1.5"}, False),
        ("car", {"maxheight": "4'6\""}, False),
        ("car", {"maxheight": "2"}, True),
        ("car", {"maxheight": "default"}, True),
        ("car", {"maxwidth": "1.5 m"}, False),
        ("car", {"maxwidth:physical": "2.2"}, True),
        ("car", {"maxweight": "1"}, False),
        ("car", {"maxweight": "3.5 t"}, True),
        ("car", {"maxweight": "800 kg"}, False),
        ("bike", {"maxheight": "1.5"}, True),
        ("bike", {"bicycle": "use_sidepath"}, False),
        ("bike", {"bicycle": "use_sidepath", "cycleway:right": "track"}, True),
        ("bike", {"bicycle": "use_sidepath", "cycleway:both": "separate"}, False),
        ("walk", {"foot": "use_sidepath"}, False),
        ("walk", {"foot": "use_sidepath", "sidewalk": "both"}, True),
        ("walk", {"sidewalk": "separate"}, True),
        ("bike", {"highway": "steps"}, False),
        ("bike", {"highway": "steps", "ramp:bicycle": "yes"}, True),
        ("bike", {"highway": "steps", "ramp:bicycle": "no"}, False),
        ("bike", {"highway": "footway"}, False),
        ("bike", {"highway": "footway", "bicycle": "dismount"}, True),
        ("walk", {"highway": "motorway", "foot": "yes"}, True),
        ("walk", {"highway": "busway"}, False),
        ("walk", {"highway": "busway", "foot": "yes"}, True),
        ("walk", {"highway": "corridor"}, True),
        ("walk", {"highway": "platform"}, True),
        ("walk", {"highway": "proposed", "foot": "yes"}, False),
        ("car", {"highway": "residential;service"}, True),
        ("bike", {"highway": "footway;cycleway"}, True),
        ("car", {"highway": "footway;cycleway"}, False),
        ("car", {"highway": "track;unclassified"}, True),
        ("car", {"maxheight": "3.5;1.2"}, False),
        ("car", {"maxwidth": "2,5"}, True),
        ("car", {"maxweight": "3.5; 7.5"}, True),
    ],
)
def test_what_is_open_to_whom(mode: str, tags: Tags, open_: bool) -> None:
    assert use(tags, mode) == ((open_, open_))


@pytest.mark.parametrize(
    ("tags", "boarding"),
    [
        ({}, "car bike walk"),
        ({"foot": "yes", "bicycle": "yes"}, "bike walk"),
        ({"foot": "designated"}, "walk"),
        ({"motor_vehicle": "no", "foot": "yes"}, "walk"),
        ({"motor_vehicle": "yes", "foot": "yes"}, "car bike walk"),
        ({"motorcar": "yes", "foot": "no"}, "car bike"),
        ({"hgv": "yes", "foot": "yes"}, "car walk"),
        ({"access": "no", "foot": "yes"}, "walk"),
        ({"bicycle": "no"}, "car walk"),
        ({"motor_vehicle:conditional": "no @ (Mo-Fr 07:00-19:00)", "foot": "yes"}, "walk"),
    ],
)
def test_who_may_board_a_ferry(tags: Tags, boarding: str) -> None:
    ferry = {"route": "ferry", **tags}
    assert [mode for mode in ("car", "bike", "walk") if way_use(ferry, mode) is not None] == boarding.split()


@pytest.mark.parametrize("tags", [{"railway": "platform"}, {"public_transport": "platform"}, {"man_made": "pier"}])
def test_platforms_and_piers_are_walked_and_not_driven(tags: Tags) -> None:
    assert way_use(tags, "walk") is not None
    assert way_use({**tags, "foot": "no"}, "walk") is None
    assert way_use(tags, "car") is None
    assert way_use(tags, "bike") is None
    assert way_use({**tags, "bicycle": "yes"}, "bike") is not None


def test_dams_and_dykes_are_walked_where_a_tag_says_so() -> None:
    for tags in ({"man_made": "breakwater"}, {"railway": "abandoned"}, {"waterway": "dam"}):
        assert way_use(tags, "walk") is None
        assert way_use({**tags, "foot": "yes"}, "walk") is not None
        assert way_use({**tags, "foot": "yes"}, "bike") is None
        assert way_use({**tags, "foot": "yes"}, "car") is None
    assert way_use({"railway": "rail", "foot": "yes"}, "walk") is None


@pytest.mark.parametrize(
    ("tags", "ways"),
    [
        ({}, BOTH),
        ({"access": "destination"}, NONE),
        ({"vehicle": "customers"}, NONE),
        ({"motor_vehicle": "destination;agricultural"}, NONE),
        ({"motor_vehicle:forward": "destination"}, (False, True)),
        ({"access": "destination", "motorcar": "yes"}, BOTH),
        ({"access": "permissive"}, BOTH),
        ({"access": "private"}, NONE),
        ({"motor_vehicle": "private;delivery"}, NONE),
        ({"motor_vehicle": "no", "motor_vehicle:conditional": "yes @ residents"}, NONE),
        ({"motor_vehicle": "no", "motor_vehicle:conditional": "delivery @ (06:00-11:00)"}, NONE),
    ],
)
def test_roads_for_some_are_no_way_through(tags: Tags, ways: tuple[bool, bool]) -> None:
    assert through(tags, "car") == ways


def test_who_pushes_a_bicycle_walks_and_heeds_no_one_way() -> None:
    for road_class in ("footway", "path", "cycleway", "residential"):
        found = way_use({"highway": road_class, "bicycle": "dismount", "oneway": "yes"}, "bike")
        assert found is not None
        assert (found.pace.cap_kmh, found.pace.cap_reason, found.forward, found.backward) == (
            4.8,
            "bicycle pushed",
            True,
            True,
        )
    ridden = way_use({"highway": "footway", "bicycle": "designated"}, "bike")
    assert ridden is not None
    assert np.isnan(ridden.pace.cap_kmh)


def test_a_street_ridden_one_way_is_pushed_the_other() -> None:
    found = way_use({**ROAD, "oneway": "yes", "bicycle:backward": "dismount"}, "bike")
    assert found is not None
    assert (found.forward, found.backward, found.pushed) == (True, True, False)
    assert (found.pace.slope_backward, found.pace.reason_backward) == (4.8, "bicycle pushed")
    assert np.isnan(found.pace.slope_forward)


# ---------------------------------------------------------------------------------------------------- nodes


@pytest.mark.parametrize(
    ("tags", "passing"),
    [
        ({"barrier": "gate"}, "car bike walk"),
        ({"barrier": "gate", "locked": "yes"}, ""),
        ({"barrier": "gate", "locked": "no"}, "car bike walk"),
        ({"barrier": "gate", "locked": "yes", "foot": "yes"}, "walk"),
        ({"barrier": "bollard", "locked": "yes"}, "bike walk"),
        ({"barrier": "bollard", "bollard": "rising", "locked": "yes"}, "bike walk"),
        ({"barrier": "swing_gate", "locked": "yes"}, ""),
        ({"barrier": "lift_gate", "locked": "yes", "access": "yes"}, "car bike walk"),
        ({"barrier": "gate", "motor_vehicle": "forestry;agricultural"}, "bike walk"),
        ({"barrier": "gate", "access": "no", "foot": "yes", "bicycle": "dismount"}, "bike walk"),
        ({"barrier": "gate", "access:conditional": "no @ (20:00-08:00)"}, "car bike walk"),
        ({"barrier": "gate", "access:conditional": "no @ (08:00-20:00)"}, ""),
        ({"barrier": "gate;bollard"}, "bike walk"),
        ({"barrier": "bollard"}, "bike walk"),
        ({"barrier": "bollard", "maxwidth": "2.2"}, "car bike walk"),
        ({"barrier": "bollard", "maxwidth": "1.5"}, "bike walk"),
        ({"barrier": "bollard", "bollard": "rising"}, "car bike walk"),
        ({"barrier": "height_restrictor", "maxheight": "2.1"}, "car bike walk"),
        ({"barrier": "height_restrictor", "maxheight": "1.4"}, "bike walk"),
        ({"barrier": "block"}, "bike walk"),
        ({"barrier": "block", "maxwidth": "3"}, "car bike walk"),
        ({"barrier": "block", "maxwidth:physical": "1.2"}, "bike walk"),
        ({"barrier": "height_restrictor", "maxheight": "2.1;1.4"}, "bike walk"),
        ({"barrier": "cycle_barrier"}, "bike walk"),
        ({"barrier": "chain"}, "bike walk"),
        ({"barrier": "bus_trap"}, "bike walk"),
        ({"barrier": "kissing_gate"}, "walk"),
        ({"barrier": "turnstile"}, "walk"),
        ({"barrier": "full-height_turnstile"}, "walk"),
        ({"barrier": "fence"}, ""),
        ({"barrier": "what_nobody_knows"}, "bike walk"),
        ({"barrier": "toll_booth"}, "car bike walk"),
        ({"barrier": "cattle_grid"}, "car bike walk"),
        ({"ford": "yes"}, "car bike walk"),
        ({"ford": "stepping_stones"}, "walk"),
        ({"highway": "crossing", "bicycle": "no", "access": "no"}, "car bike walk"),
        ({"highway": "crossing", "bicycle": "no", "barrier": "kerb"}, "car bike walk"),
        ({"entrance": "yes", "locked": "yes"}, ""),
        ({"highway": "bus_stop", "access": "no"}, "car bike walk"),
        ({"access": "no"}, ""),
    ],
)
def test_who_passes_a_node(tags: Tags, passing: str) -> None:
    assert [mode for mode in ("car", "bike", "walk") if passage(tags, mode) == Right.YES] == passing.split()


def test_a_private_gate_is_for_those_who_live_behind_it() -> None:
    for value in ("private", "residents", "delivery", "permit;private"):
        assert passage({"barrier": "gate", "access": value}, "car") == Right.PRIVATE


@settings(deadline=None, max_examples=200)
@given(
    st.dictionaries(
        st.sampled_from(
            ["access", "bicycle", "oneway", "motor_vehicle:conditional", "foot:forward", "barrier", "maxheight"]
        ),
        st.one_of(st.text(max_size=20), st.from_regex(r"(no|yes|-1) @ \(?[A-Z][a-z] [0-9]{2}:00-[0-9]{2}:[0-9]{2}\)?")),
    ),
    st.sampled_from(["car", "bike", "walk"]),
)
def test_no_tags_crash(tags: Tags, mode: str) -> None:
    found = way_use({**ROAD, **tags}, mode)
    assert found is None or found.forward or found.backward
    assert passage(tags, mode) in Right


@given(st.floats(0.1, 99).map(lambda metres: round(metres, 1)))
def test_a_limit_is_the_same_in_every_unit(metres: float) -> None:
    assert quantity(f"{metres} m") == quantity(str(metres).replace(".", ",")) == metres
    assert quantity(f"{metres / 0.3048:.4f} ft") == pytest.approx(metres, abs=1e-3)


# ---------------------------------------------------------------------------------------------------- networks


def read(
    tmp_path: Path,
    places: dict[int, tuple[float, float]],
    ways: list[tuple[list[int], Tags]],
    *,
    mode: str = "car",
    node_tags: dict[int, Tags] | None = None,
    relations: str = "",
) -> RoadTables:
    """Roads among nodes so many hundred metres east and north of 3.2° E, 49.6° N."""

    def told(tags: Tags) -> str:
        return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in tags.items())

    nodes = "".join(
        f'<node id="{n}" version="1" lon="{3.2 + x * HUNDRED[0]:.7f}" lat="{49.6 + y * HUNDRED[1]:.7f}">'
        f"{told((node_tags or {}).get(n, {}))}</node>"
        for n, (x, y) in places.items()
    )
    drawn = "".join(
        f'<way id="{i}" version="1">{"".join(f"<nd ref={quoteattr(str(n))}/>" for n in refs)}{told(tags)}</way>'
        for i, (refs, tags) in enumerate(ways, 1)
    )
    path = tmp_path / "roads.osm"
    path.write_text(f'<osm version="0.6">{nodes}{drawn}{relations}</osm>', encoding="utf-8")
    return read_osm(path, mode=mode)


def minutes(roads: RoadTables, start: int, end: int, column: str = "minutes") -> float:
    at = {node: position for position, node in enumerate(roads.nodes.index)}
    u, v = (roads.edges[end].map(at).to_numpy() for end in ("u", "v"))
    least = roads.edges.assign(a=u, b=v).groupby(["a", "b"])[column].min()
    a, b = (least.index.get_level_values(name) for name in ("a", "b"))
    graph = coo_array((least.to_numpy() + 1e-12, (a, b)), shape=(len(at), len(at)))
    return float(dijkstra(graph.tocsr(), indices=at[start])[at[end]])


STOPS = {1: (0, 0), 2: (1, 0), 3: (2, 0), 5: (1, 0.1), 4: (1, 1)}
CROSS = [([1, 2, 3], {"highway": "secondary"}), ([2, 5, 4], ROAD)]


@pytest.mark.parametrize(
    ("tags", "arriving", "leaving"),
    [
        ({"highway": "stop"}, 4, 0),
        ({"highway": "give_way"}, 2, 0),
        ({"highway": "stop", "direction": "backward"}, 4, 0),
        ({"highway": "stop", "direction": "forward"}, 0, 4),
        ({"highway": "stop", "direction": "both"}, 4, 4),
        ({"highway": "stop", "direction": "forward;backward"}, 4, 4),
        ({"crossing": "no"}, 0, 0),
        ({"highway": "give_way", "direction": "backward"}, 2, 0),
        ({"highway": "traffic_signals", "traffic_signals:direction": "backward"}, 3, 0),
        ({"highway": "traffic_signals", "traffic_signals:direction": "forward"}, 0, 3),
        ({"highway": "traffic_signals", "direction": "backward"}, 3, 0),
        ({"highway": "traffic_signals"}, 3, 3),
        ({"highway": "crossing;traffic_signals"}, 3, 3),
        ({"highway": "stop", "stop": "all"}, 4, 0),  # one of the signs of an all-way stop: the way it faces
        ({"highway": "stop", "stop": "minor"}, 4, 0),
    ],
)
def test_a_sign_delays_those_whom_it_faces(tmp_path: Path, tags: Tags, arriving: float, leaving: float) -> None:
    plain, signed = (read(tmp_path, STOPS, CROSS, node_tags={5: each}) for each in ({}, tags))
    more = [(minutes(signed, *trip) - minutes(plain, *trip)) * 60 for trip in ((4, 1), (1, 4))]
    assert more == pytest.approx([arriving, leaving], abs=1e-6)


@pytest.mark.parametrize(
    ("tags", "lesser", "greater"),
    [
        ({"highway": "stop", "stop": "minor"}, 4, 0),
        ({"highway": "stop"}, 4, 0),
        ({"highway": "give_way"}, 2, 0),
        ({"highway": "stop", "stop": "all"}, 4, 4),
    ],
)
def test_a_stop_at_the_junction_is_for_the_lesser_road(
    tmp_path: Path, tags: Tags, lesser: float, greater: float
) -> None:
    plain, signed = (read(tmp_path, STOPS, CROSS, node_tags={2: each}) for each in ({}, tags))
    more = [(minutes(signed, *trip) - minutes(plain, *trip)) * 60 for trip in ((4, 1), (1, 3))]
    assert more == pytest.approx([lesser, greater], abs=1e-6)


def test_a_stop_far_from_every_junction_holds_both_ways(tmp_path: Path) -> None:
    places = {**STOPS, 5: (1, 2), 4: (1, 4)}
    plain, signed = (read(tmp_path, places, CROSS, node_tags={5: each}) for each in ({}, {"highway": "stop"}))
    more = [(minutes(signed, *trip) - minutes(plain, *trip)) * 60 for trip in ((4, 1), (1, 4))]
    assert more == pytest.approx([4, 4], abs=1e-6)


def test_a_drive_between_the_stop_and_the_street_is_no_junction(tmp_path: Path) -> None:
    places = {**STOPS, 6: (1, 0.2), 7: (2, 0.2)}
    ways = [CROSS[0], ([2, 5, 6, 4], ROAD), ([6, 7], {"highway": "service"})]
    plain, signed = (read(tmp_path, places, ways, node_tags={5: each}) for each in ({}, {"highway": "stop"}))
    more = [(minutes(signed, *trip) - minutes(plain, *trip)) * 60 for trip in ((4, 1), (1, 4))]
    assert more == pytest.approx([4, 0], abs=1e-6)


def test_a_gate_drawn_as_a_line_stops_whom_a_node_would(tmp_path: Path) -> None:
    places = {1: (0, 0), 2: (1, 0), 3: (2, 0), 8: (1, 0.1), 9: (1, -0.1)}
    for tags, open_ in (
        ({"barrier": "bollard"}, False),
        ({"barrier": "gate"}, True),
        ({"barrier": "gate", "locked": "yes"}, False),
        ({"barrier": "wall"}, True),  # it has a gap that nobody drew
    ):
        roads = read(tmp_path, places, [([1, 2, 3], ROAD), ([8, 2, 9], tags)])
        assert np.isfinite(minutes(roads, 1, 3)) == open_


# A square of 100 m, with streets that end at two of its corners.
SQUARE = {1: (0, 0), 2: (1, 0), 3: (1, 1), 4: (0, 1), 10: (-1, 0), 11: (2, 1)}
STREETS = [([10, 1], ROAD), ([3, 11], ROAD)]


@pytest.mark.parametrize(
    "tags", [{"highway": "pedestrian", "area": "yes"}, {"highway": "footway", "area": "yes"}, {"railway": "platform"}]
)
def test_a_square_is_walked_across(tmp_path: Path, tags: Tags) -> None:
    roads = read(tmp_path, SQUARE, [([1, 2, 3, 4, 1], tags), *STREETS], mode="walk")
    assert minutes(roads, 1, 3, "length_m") == pytest.approx(100 * 2**0.5, rel=0.005)


def test_what_only_runs_around_is_walked_around(tmp_path: Path) -> None:
    roads = read(tmp_path, SQUARE, [([1, 2, 3, 4, 1], {"highway": "footway"}), *STREETS], mode="walk")
    assert minutes(roads, 1, 3, "length_m") == pytest.approx(200, rel=0.005)


def test_nobody_walks_through_the_corner_that_a_square_leaves_out(tmp_path: Path) -> None:
    # An L: from one end to the other the inner corner is in the way.
    places = {1: (0, 0), 2: (2, 0), 3: (2, 1), 4: (1, 1), 5: (1, 2), 6: (0, 2), 10: (3, 1), 11: (1, 3)}
    ways = [([1, 2, 3, 4, 5, 6, 1], {"highway": "pedestrian", "area": "yes"}), ([10, 3], ROAD), ([5, 11], ROAD)]
    assert minutes(read(tmp_path, places, ways, mode="walk"), 3, 5, "length_m") == pytest.approx(200, rel=0.005)
    ways[1] = ([10, 2], ROAD)  # from the outer corner: to the inner one, and on
    length = minutes(read(tmp_path, places, ways, mode="walk"), 2, 5, "length_m")
    assert length == pytest.approx(100 * (2**0.5 + 1), rel=0.005)


def test_a_square_with_a_hole_is_walked_around_the_hole(tmp_path: Path) -> None:
    places = {
        1: (0, 0),
        2: (4, 0),
        3: (4, 4),
        4: (0, 4),
        10: (-1, 0),
        11: (5, 4),
        21: (1, 1),
        22: (3, 1),
        23: (3, 3),
        24: (1, 3),
    }
    member = '<member type="way" ref="{}" role="{}"/>'
    relation = (
        f'<relation id="1" version="1">{member.format(1, "outer")}{member.format(2, "inner")}'
        '<tag k="type" v="multipolygon"/><tag k="highway" v="pedestrian"/></relation>'
    )
    ways = [([1, 2, 3, 4, 1], {}), ([21, 22, 23, 24, 21], {}), ([10, 1], ROAD), ([3, 11], ROAD)]
    roads = read(tmp_path, places, ways, mode="walk", relations=relation)
    assert minutes(roads, 1, 3, "length_m") == pytest.approx(200 * 10**0.5, rel=0.005)
    with_no_hole = read(tmp_path, places, ways, mode="walk", relations=relation.replace(member.format(2, "inner"), ""))
    assert minutes(with_no_hole, 1, 3, "length_m") == pytest.approx(400 * 2**0.5, rel=0.005)


def test_cars_do_not_drive_across_a_square(tmp_path: Path) -> None:
    ways = [([1, 2, 3, 4, 1], {"highway": "pedestrian", "area": "yes", "motor_vehicle": "yes"}), *STREETS]
    assert len(read(tmp_path, SQUARE, ways).edges) == 4


def test_the_day_and_hour_of_conditions_are_told(tmp_path: Path) -> None:
    roads = read(tmp_path, SQUARE, STREETS)
    assert roads.parameters["conditional access, read for"] == "Tuesday 9 June, 10 am, no holiday, dry"


# ---------------------------------------------------------------------------------------------------- private ends

LINE = {n: (10.0 * (n - 1), 0.0) for n in range(1, 6)}  # a kilometre each


def trip(roads: RoadTables, start: tuple[float, float], end: tuple[float, float]) -> float:
    """Minutes between two places, so many hundred metres east and north as `read` has them."""
    network = RoadNetwork(roads.nodes, roads.edges.reset_index(drop=True), provenance=Provenance())
    ends = (gpd.GeoSeries.from_xy([3.2 + x * HUNDRED[0]], [49.6 + y * HUNDRED[1]], crs=4326) for x, y in (start, end))
    return float(network.travel_minutes(*ends)[0, 0])


PRIVATE_DRIVE = {"highway": "service", "service": "driveway", "access": "private"}


def test_people_at_the_end_of_a_private_drive_drive_there(tmp_path: Path) -> None:
    places = {**LINE, 9: (10, 3)}
    roads = read(tmp_path, places, [([1, 2, 3, 4], {"highway": "tertiary"}), ([2, 9], PRIVATE_DRIVE)])
    public = {**PRIVATE_DRIVE, "access": "yes"}
    same = read(tmp_path, places, [([1, 2, 3, 4], {"highway": "tertiary"}), ([2, 9], public)])
    for pair in (((10, 3), (30, 0)), ((30, 0), (10, 3))):
        assert trip(roads, *pair) == pytest.approx(trip(same, *pair))
    assert trip(roads, (10, 3), (30, 0)) < 5  # 300 m at 10 km/h and 2 km at some 54


@pytest.mark.parametrize("value", ["private", "destination", "customers", "delivery"])
@pytest.mark.parametrize("mode", ["car", "bike", "walk"])
def test_nobody_passes_through_a_road_for_some(tmp_path: Path, value: str, mode: str) -> None:
    places = {1: (0.0, 0.0), 2: (10.0, 0.0), 3: (20.0, 0.0), 4: (30.0, 0.0), 8: (10.0, 20.0), 9: (20.0, 20.0)}
    around = [([1, 2], ROAD), ([3, 4], ROAD), ([2, 8, 9, 3], ROAD)]
    short = ([2, 3], {**ROAD, "access": value})
    roads, without = (read(tmp_path, places, [*around, *more], mode=mode) for more in ([short], []))
    assert trip(roads, (0, 0), (30, 0)) == pytest.approx(trip(without, (0, 0), (30, 0)), rel=0.01)
    assert trip(roads, (0, 0), (15, 0)) < trip(without, (0, 0), (30, 0)) / 2  # who goes there, does


def test_who_lives_behind_a_private_gate_has_the_key(tmp_path: Path) -> None:
    ways = [([1, 2], {"highway": "residential"}), ([2, 3, 4], {"highway": "tertiary"})]
    roads = read(tmp_path, LINE, ways, node_tags={2: {"barrier": "gate", "access": "private"}})
    opened = read(tmp_path, LINE, ways, node_tags={2: {"barrier": "gate", "access": "yes"}})
    assert trip(roads, (3, 0), (20, 0)) == pytest.approx(trip(opened, (3, 0), (20, 0)))
    assert roads.edges.groupby("road_class", observed=True)["through"].all().to_dict() == {
        "residential": False,
        "tertiary": True,
    }


def test_nobody_passes_through_land_behind_two_private_gates(tmp_path: Path) -> None:
    places = {1: (0, 0), 2: (10, 0), 3: (20, 0), 4: (30, 0), 8: (0, 20), 9: (30, 20)}
    gate = {"barrier": "gate", "access": "private"}
    ways = [([1, 2, 3, 4], ROAD), ([1, 8, 9, 4], {"highway": "tertiary"}), ([4, 9], ROAD)]
    roads = read(tmp_path, places, ways, node_tags={2: gate, 3: gate})
    shut = read(tmp_path, places, ways, node_tags={2: {"barrier": "bollard"}, 3: {"barrier": "bollard"}})
    assert trip(roads, (0, 0), (30, 0)) == pytest.approx(trip(shut, (0, 0), (30, 0)))
    assert trip(roads, (15, 0), (30, 0)) < trip(shut, (0, 0), (30, 0))
    assert np.isnan(trip(shut, (15, 0), (30, 0)))


def test_a_private_gate_between_two_public_streets_is_shut(tmp_path: Path) -> None:
    places = {1: (0, 0), 2: (10, 0), 3: (20, 0), 8: (0, 20), 9: (20, 20)}
    ways = [([1, 2, 3], ROAD), ([1, 8, 9, 3], ROAD)]
    roads = read(tmp_path, places, ways, node_tags={2: {"barrier": "gate", "access": "private"}})
    assert roads.edges["through"].all()
    assert minutes(roads, 1, 3, "length_m") == pytest.approx(6000, rel=0.01)


def test_streets_that_only_a_private_road_leads_to_are_inside(tmp_path: Path) -> None:
    places = {**LINE, 8: (40, 5), 9: (40, 10)}
    ways = [([1, 2, 3], ROAD), ([3, 4], {**ROAD, "access": "private"}), ([4, 5, 8, 9], ROAD)]
    roads = read(tmp_path, places, [*ways, ([1, 3], {"highway": "tertiary"})])
    inside = roads.edges["u"].isin([4, 5, 8, 9]) & roads.edges["v"].isin([4, 5, 8, 9])
    assert (roads.edges["through"] == ~(inside | roads.edges["u"].eq(4) | roads.edges["v"].eq(4))).all()
    assert np.isfinite(trip(roads, (40, 10), (0, 0)))
    assert np.isfinite(trip(roads, (0, 0), (40, 10)))
