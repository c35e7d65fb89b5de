"""OpenStreetMap files: one rule of its tags at a time on files of a few nodes, then real extracts."""

import bz2
import gzip
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.sax.saxutils import quoteattr

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from accessmap.errors import NetworkError, SourceError
from accessmap.read.spread import in_areas, in_settlement
from accessmap.roads.readers.osm import IN_NO_RULE, read_osm
from accessmap.roads.readers.osm_pace import ferry_minutes
from accessmap.roads.readers.osm_tags import way_use
from accessmap.roads.readers.tables import RoadTables

Tags = dict[str, str]
Write = Callable[..., Path]


def osm_text(ways: list[tuple[list[int], Tags]], node_tags: dict[int, Tags] | None = None, extra: str = "") -> str:
    """OSM XML: node n lies n hundredths of a degree east of 3°, at 49.6° north."""

    def tags(pairs: Tags) -> str:
        return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in pairs.items())

    nodes = "".join(
        f'<node id="{n}" version="1" timestamp="2024-05-01T00:00:00Z" lat="49.6" lon="{3 + n / 100}">'
        f"{tags((node_tags or {}).get(n, {}))}</node>"
        for n in sorted({n for refs, _ in ways for n in refs})
    )
    drawn = "".join(
        f'<way id="{i}" version="1" timestamp="2024-06-02T00:00:00Z">'
        f"{''.join(f'<nd ref={quoteattr(str(n))}/>' for n in refs)}{tags(pairs)}</way>"
        for i, (refs, pairs) in enumerate(ways, 1)
    )
    return f'<?xml version="1.0"?><osm version="0.6">{nodes}{drawn}{extra}</osm>'


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def written(ways: list[tuple[list[int], Tags]], node_tags: dict[int, Tags] | None = None, extra: str = "") -> Path:
        path = tmp_path / "roads.osm"
        path.write_text(osm_text(ways, node_tags, extra), encoding="utf-8")
        return path

    return written


def pairs(roads: RoadTables) -> set[tuple[int, int]]:
    return set(zip(roads.edges["u"].astype(int), roads.edges["v"].astype(int), strict=True))


ROAD = {"highway": "secondary"}
BOTH, AHEAD, BACK, NONE = {(1, 2), (2, 1)}, {(1, 2)}, {(2, 1)}, set()


@pytest.mark.parametrize(
    ("mode", "tags", "expected"),
    [
        ("car", {}, BOTH),
        ("car", {"oneway": "yes"}, AHEAD),
        ("car", {"oneway": "-1"}, BACK),
        ("car", {"oneway": "no", "highway": "motorway"}, BOTH),
        ("car", {"highway": "motorway"}, AHEAD),
        ("car", {"junction": "roundabout"}, AHEAD),
        ("car", {"junction": "circular"}, AHEAD),
        ("car", {"oneway": "alternating"}, BOTH),
        ("car", {"oneway": "reversible"}, NONE),
        ("bike", {"oneway": "yes"}, AHEAD),
        ("bike", {"oneway": "yes", "oneway:bicycle": "no"}, BOTH),
        ("bike", {"oneway": "yes", "cycleway": "opposite_lane"}, BOTH),
        ("bike", {"oneway": "yes", "cycleway:left": "opposite_track"}, BOTH),
        ("bike", {"oneway": "yes", "cycleway:left:oneway": "-1"}, BOTH),
        ("bike", {"oneway:bicycle": "-1"}, BACK),
        ("walk", {"oneway": "yes"}, BOTH),
        ("walk", {"oneway:foot": "yes"}, AHEAD),
        # access: the most telling key wins
        ("car", {"access": "no"}, NONE),
        ("car", {"access": "private"}, BOTH),  # no way through
        ("car", {"access": "no", "motor_vehicle": "yes"}, BOTH),
        ("car", {"motor_vehicle": "no", "motorcar": "yes"}, BOTH),
        ("car", {"access": "yes", "vehicle": "no"}, NONE),
        ("car", {"access": "destination"}, BOTH),
        ("car", {"access": "customers"}, BOTH),
        ("car", {"access": "permissive"}, BOTH),
        ("car", {"access": "agricultural"}, NONE),
        ("car", {"motor_vehicle": "forestry"}, NONE),
        ("car", {"access": "unknown"}, BOTH),
        ("car", {"bicycle": "no"}, BOTH),
        ("bike", {"bicycle": "no"}, NONE),
        ("bike", {"vehicle": "no", "bicycle": "yes"}, BOTH),
        ("bike", {"bicycle": "use_sidepath"}, NONE),
        ("bike", {"motor_vehicle": "no"}, BOTH),
        ("walk", {"foot": "no"}, NONE),
        ("walk", {"access": "private", "foot": "yes"}, BOTH),
        ("walk", {"motor_vehicle": "no"}, BOTH),
        # classes
        ("car", {"highway": "footway"}, NONE),
        ("car", {"highway": "track"}, NONE),
        ("car", {"highway": "track", "motor_vehicle": "yes"}, BOTH),
        ("car", {"highway": "track", "access": "yes"}, NONE),
        ("car", {"highway": "pedestrian"}, NONE),
        ("car", {"highway": "construction", "construction": "primary"}, NONE),
        ("car", {"highway": "proposed", "proposed": "primary"}, NONE),
        ("car", {"highway": "abandoned"}, NONE),
        ("car", {"highway": "service", "service": "emergency_access"}, NONE),
        ("car", {"highway": "service", "service": "parking_aisle"}, BOTH),
        ("car", {"highway": "service", "area": "yes"}, NONE),
        ("walk", {"highway": "pedestrian", "area": "yes"}, BOTH),
        ("walk", {"highway": "steps"}, BOTH),
        ("bike", {"highway": "steps"}, NONE),
        ("bike", {"highway": "footway"}, NONE),
        ("bike", {"highway": "footway", "bicycle": "yes"}, BOTH),
        ("bike", {"highway": "motorway"}, NONE),
        ("walk", {"highway": "motorway"}, NONE),
        ("walk", {"highway": "trunk", "motorroad": "yes"}, NONE),
        ("car", {"highway": "trunk", "motorroad": "yes"}, BOTH),
        ("car", {"highway": "unclassified;tertiary"}, BOTH),
    ],
)
def test_who_may_go_where(write: Write, mode: str, tags: Tags, expected: set[tuple[int, int]]) -> None:
    # A second road far off keeps the file from being empty.
    path = write([([1, 2], {**ROAD, **tags}), ([11, 12], {"highway": "residential"})])
    assert {pair for pair in pairs(read_osm(path, mode=mode)) if max(pair) < 10} == expected


@pytest.mark.parametrize(
    ("tags", "kmh", "reason"),
    [
        ({"maxspeed": "45"}, 43.2, "maxspeed=45, drivers 96 %"),
        ({"maxspeed": "50"}, 47, "secondary in built-up area, as driven"),
        ({"maxspeed": "30 mph"}, 46.35, "maxspeed=30 mph, drivers 96 %"),
        ({"maxspeed": "50;40"}, 38.4, "maxspeed=50;40, drivers 96 %"),
        ({"zone:maxspeed": "FR:30"}, 28.8, "zone:maxspeed=FR:30, drivers 96 %"),
        ({"maxspeed:type": "FR:zone30"}, 28.8, "maxspeed:type=FR:zone30, drivers 96 %"),
        ({"source:maxspeed": "FR:zone30"}, 28.8, "source:maxspeed=FR:zone30, drivers 96 %"),
        ({"maxspeed": "40", "maxspeed:type": "FR:urban"}, 38.4, "maxspeed=40, drivers 96 %"),
        ({"maxspeed": "20", "maxspeed:conditional": "10 @ wet"}, 19.2, "maxspeed=20, drivers 96 %"),
        ({"highway": "living_street"}, 13, "living_street in built-up area, as driven"),
        ({"highway": "residential", "maxspeed": "walk"}, 5.76, "maxspeed=walk, drivers 96 %"),
        ({"junction": "roundabout"}, 30, "roundabout"),
        ({"access": "destination"}, 66, "secondary in open country, as driven"),  # no way through
        ({"highway": "service", "service": "driveway"}, 10, "service=driveway"),
        ({"surface": "sand"}, 20, "surface=sand"),
        ({"maxspeed": "variable"}, 66, "secondary in open country, as driven"),
        ({"maxspeed:type": "FR:urban"}, 47, "secondary in built-up area, as driven"),
        ({"maxspeed:type": "FR:rural"}, 66, "secondary in open country, as driven"),
        ({"highway": "trunk", "oneway": "yes"}, 100, "trunk in open country, as driven"),
        ({"highway": "primary"}, 76.8, "FR, rural 80: art. R413-2, I-3°: hors agglomération, drivers 96 %"),
    ],
)
def test_speed_and_its_reason(write: Write, tags: Tags, kmh: float, reason: str) -> None:
    edges = read_osm(write([([1, 2], {**ROAD, **tags})])).edges
    assert edges["speed_kmh"].iloc[0] == pytest.approx(kmh, abs=0.01)
    assert edges["speed_reason"].iloc[0] == reason


def test_limits_may_differ_by_direction(write: Write) -> None:
    tags = {**ROAD, "maxspeed": "80", "maxspeed:backward": "30"}
    edges = read_osm(write([([1, 2], tags)])).edges.set_index(["u", "v"])
    assert edges["speed_kmh"][2, 1] == pytest.approx(28.8)
    assert edges["speed_kmh"][1, 2] > 60


MAIN = {"highway": "primary"}


def speed_by_start(roads: RoadTables) -> dict[int, float]:
    ahead = roads.edges[roads.edges["u"] < roads.edges["v"]]
    return dict(zip(ahead["u"], ahead["speed_kmh"].astype(float).round(1), strict=True))


def test_a_coded_limit_speaks_for_its_own_way_and_no_other(write: Write) -> None:
    roads = read_osm(write([([1, 2], {**MAIN, "maxspeed:type": "BE-VLG:rural"}), ([2, 3], MAIN)]))
    assert speed_by_start(roads) == {1: 67.2, 2: 76.8}  # 70 in Flanders, 80 in France, at 0.96
    assert roads.parameters["country"] == "FR"
    assert roads.parameters["roads that say they follow another country’s law"] == "BE-VLG 0.7 km"
    reason = roads.edges.set_index("u").loc[1, "speed_reason"]
    assert str(reason).startswith("maxspeed:type=BE-VLG:rural: BE-VLG, rural 70: Verkeersreglement art. 11.2")


def test_a_country_without_a_table_leaves_the_most_frequent_limits(write: Write) -> None:
    roads = read_osm(write([([1, 2], {"highway": "motorway", "maxspeed:type": "PL:motorway"})]))
    assert speed_by_start(roads) == {1: 110.4}  # 120 at 0.92
    assert roads.parameters["country"] == "FR"


def test_a_road_across_a_border_has_two_laws(write: Write) -> None:
    # From Carignan (France) to Virton (Wallonia): 80 and 90, driven at 0.96 of that.
    path = write([([210, 215, 250, 255], MAIN)])
    roads = read_osm(path)
    speeds = speed_by_start(roads)
    assert (speeds[210], speeds[250]) == (76.8, 86.4)
    shares = {text.split()[0]: float(text.split()[1].rstrip("%")) for text in roads.parameters["country"].split(", ")}
    assert set(shares) == {"FR", "BE"}
    assert sum(shares.values()) == pytest.approx(100, abs=0.1)
    assert set(speed_by_start(read_osm(path, country="FR")).values()) == {76.8}
    assert read_osm(path, country="CH").parameters["country"] == "CH"


def test_a_code_of_a_country_leaves_the_region_to_the_place(write: Write) -> None:
    text = osm_text([([1, 2], {**MAIN, "source:maxspeed": "BE:rural"})])
    ghent = text.replace('lat="49.6"', 'lat="51.05"').replace('lon="3.0', 'lon="3.7')
    path = write([([1, 2], MAIN)])
    path.write_text(ghent, encoding="utf-8")
    assert speed_by_start(read_osm(path)) == {1: 67.2}
    assert read_osm(path).parameters["country"] == "BE-VLG"


def test_an_unknown_country_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match=r"unknown country 'Fr'.*'FR'"):
        read_osm(tmp_path / "nothing.osm", country="Fr")


def test_limits_that_cannot_be_are_told(write: Write) -> None:
    roads = read_osm(
        write([([1, 2], {**MAIN, "maxspeed": "3000"}), ([2, 3], {"highway": "motorway", "maxspeed": "5"})])
    )
    assert roads.parameters["speed limits that cannot be, left out"] == "maxspeed=3000, maxspeed=5"
    assert speed_by_start(roads) == {1: 76.8, 2: 119.6}


def test_roads_across_180_degrees_are_refused_and_read_side_by_side(write: Write) -> None:
    path = write([([1, 2], MAIN), ([2, 3], MAIN)])
    text = path.read_text(encoding="utf-8").replace('lat="49.6"', 'lat="-16.8"').replace('lon="3.01"', 'lon="179.98"')
    path.write_text(text.replace('lon="3.02"', 'lon="179.99"').replace('lon="3.03"', 'lon="-179.99"'), encoding="utf-8")
    with pytest.raises(NetworkError, match="both sides of 180°"):
        read_osm(path)
    west = read_osm(path, clip=(179.0, -17.0, 179.985, -16.0))
    assert west.edges["length_m"].tolist() == pytest.approx([1066, 1066], abs=2)


def test_names_are_read_as_they_are_written(write: Write) -> None:
    name = "Rue d'« Été », 100 % n°1=2@3\n\tbis, x%20%y 𝄞"
    roads = read_osm(write([([1, 2], {"highway": "residential", "name": name, "n,o=te": "a b"})]))
    assert set(roads.edges["name"]) == {name}


@pytest.mark.parametrize("mode", ["car", "bike", "walk"])
@pytest.mark.parametrize(
    "tags", [{"highway": "residential"}, {"highway": "steps"}, {"route": "ferry"}, {"indoor": "corridor"}]
)
def test_ways_that_only_tags_of_no_rule_tell_apart_are_the_same_road(tags: Tags, mode: str) -> None:
    alone = way_use(tags, mode)
    for key in IN_NO_RULE:
        for value in ("yes", "no", "1", "FR:urban", "private", "no @ (Mo-Fr 07:00-19:00)"):
            use = way_use({key: value, **tags}, mode)
            assert repr(use and replace(use, name=None)) == repr(alone)  # NaN are no numbers that equal


def test_a_large_file_is_read_as_a_small_one(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    ways: list[tuple[list[int], Tags]] = [([1, 2, 3], {"highway": "residential"}), ([3, 9], {"building": "yes"})]
    path = write(ways, {2: {"barrier": "gate"}, 9: {"highway": "stop"}})
    small = read_osm(path)
    monkeypatch.setattr("accessmap.roads.readers.osm.SMALL_FILE_BYTES", 0)
    pd.testing.assert_frame_equal(read_osm(path).edges, small.edges)


def test_lengths_and_minutes_of_a_segment(write: Write) -> None:
    edge = read_osm(write([([1, 2], {**ROAD, "maxspeed": "40"})])).edges.iloc[0]
    assert edge["length_m"] == pytest.approx(722.8, abs=0.5)  # 0.01° of longitude at 49.6° N on WGS84
    assert edge["minutes"] == pytest.approx(edge["length_m"] / 1000 / 38.4 * 60, rel=1e-6)


# ---------------------------------------------------------------------------------------------------- nodes


@pytest.mark.parametrize(
    ("mode", "tags", "passes"),
    [
        ("car", {"barrier": "bollard"}, False),
        ("bike", {"barrier": "bollard"}, True),
        ("car", {"barrier": "bollard", "bollard": "rising"}, True),
        ("car", {"barrier": "gate"}, True),
        ("car", {"barrier": "gate", "access": "no"}, False),
        ("car", {"barrier": "gate", "access": "no", "motor_vehicle": "yes"}, True),
        ("walk", {"barrier": "gate", "access": "no"}, False),
        ("car", {"barrier": "toll_booth"}, True),
        ("car", {"barrier": "cattle_grid"}, True),
        ("bike", {"barrier": "stile"}, False),
        ("walk", {"barrier": "stile"}, True),
        ("walk", {"barrier": "wall"}, False),
        ("car", {"highway": "crossing"}, True),
    ],
)
def test_barriers_end_the_road_on_both_sides(write: Write, mode: str, tags: Tags, passes: bool) -> None:
    roads = read_osm(write([([1, 2, 3], ROAD)], {2: tags}), mode=mode)
    assert len(roads.edges) == 4  # the road itself stays, up to the barrier
    u, v = (roads.nodes.index.get_indexer(roads.edges[end]) for end in ("u", "v"))
    parts, _ = connected_components(coo_array((np.ones(4), (u, v)), shape=(len(roads.nodes),) * 2), directed=False)
    assert parts == (1 if passes else 2)
    assert (roads.nodes.index < 0).any() == (not passes)


def test_delays_are_paid_on_arrival(write: Write) -> None:
    edges = read_osm(write([([1, 2, 3], ROAD)], {2: {"highway": "traffic_signals"}})).edges.set_index(["u", "v"])
    assert edges["delay_s"].to_dict() == {(1, 2): 3, (3, 2): 3, (2, 3): 0, (2, 1): 0}


# ---------------------------------------------------------------------------------------------------- ferries


def test_a_ferry_takes_its_duration_over_its_whole_length_and_boarding(write: Write) -> None:
    ferry = {"route": "ferry", "duration": "00:35"}
    edges = read_osm(write([([1, 2], ROAD), ([2, 3, 4], ferry), ([4, 5], ROAD)])).edges
    there = edges[(edges["road_class"] == "ferry") & (edges["u"] < edges["v"])]
    assert there["minutes"].sum() == pytest.approx(35 + 5)
    assert set(there["speed_reason"]) == {"ferry by its timetable"}
    assert not there["snappable"].any()


def test_a_ferry_that_is_clipped_takes_its_share(write: Write) -> None:
    ferry = {"route": "ferry", "duration": "00:40"}
    path = write([([1, 2], ROAD), ([2, 3, 4, 5, 6], ferry), ([6, 7], ROAD)])
    edges = read_osm(path, clip=(3.0, 49.5, 3.025, 49.7)).edges
    there = edges[(edges["road_class"] == "ferry") & (edges["u"] < edges["v"])]
    assert there["minutes"].sum() == pytest.approx(10 + 5)  # one of four legs, and boarding


def test_a_ferry_in_several_ways_is_boarded_once(write: Write) -> None:
    ferry = {"route": "ferry", "duration": "00:10", "interval": "00:20"}
    edges = read_osm(write([([1, 2], ROAD), ([2, 3], ferry), ([3, 4], ferry), ([4, 5], ROAD)])).edges
    there = edges[(edges["road_class"] == "ferry") & (edges["u"] < edges["v"])]
    assert there["delay_s"].tolist() == [600, 0]
    assert there["minutes"].sum() == pytest.approx(10 + 10 + 10)


def line(duration: str, *ways: int, **tags: str) -> str:
    """A relation of a ferry line over these ways."""
    told = {"type": "route", "route": "ferry", "duration": duration, **tags}
    words = "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in told.items())
    members = "".join(f'<member type="way" ref="{way}" role=""/>' for way in ways)
    return f'<relation id="1" version="1"><member type="node" ref="2" role="stop"/>{members}{words}</relation>'


def ferry_minutes_ahead(roads: RoadTables) -> list[float]:
    edges = roads.edges[(roads.edges["road_class"] == "ferry") & (roads.edges["u"] < roads.edges["v"])]
    return (edges["minutes"] - edges["delay_s"] / 60).round(2).tolist()


@pytest.mark.parametrize(
    ("tags", "extra", "minutes"),
    [
        # Two ways of one leg and of two: a third and two thirds of the line's half hour.
        ([{"route": "ferry"}, {"route": "ferry"}], line("00:30", 2, 3), [10, 10, 10]),
        # What one way says itself is taken off first.
        ([{"route": "ferry", "duration": "00:12"}, {"route": "ferry"}], line("00:30", 2, 3), [12, 9, 9]),
        # A way that only its line calls a ferry is one.
        ([{}, {}], line("00:30", 2, 3), [10, 10, 10]),
        # A line of which a way is not in the file: nobody knows its share; 0.72 km at 15 km/h.
        ([{"route": "ferry"}, {"route": "ferry"}], line("00:30", 2, 3, 99), [2.89, 2.89, 2.89]),
    ],
)
def test_a_ferry_has_its_share_of_its_lines_duration(
    write: Write, tags: list[Tags], extra: str, minutes: list[float]
) -> None:
    roads = read_osm(write([([1, 2], ROAD), ([2, 3], tags[0]), ([3, 4, 5], tags[1]), ([5, 6], ROAD)], extra=extra))
    assert ferry_minutes_ahead(roads) == pytest.approx(minutes, abs=0.01)


def test_a_line_says_who_may_board_its_ways(write: Write) -> None:
    path = write([([1, 2], ROAD), ([2, 3], {"route": "ferry"})], extra=line("00:30", 2, motor_vehicle="no", foot="yes"))
    assert ferry_minutes_ahead(read_osm(path)) == []
    assert ferry_minutes_ahead(read_osm(path, mode="walk")) == [30]


def test_a_duration_that_cannot_be_is_told_and_the_boat_goes_at_its_usual_pace(write: Write) -> None:
    ferry = {"route": "ferry", "duration": "00:00:20", "name": "Bac"}
    roads = read_osm(write([([1, 2], ROAD), ([2, 3, 4], ferry), ([4, 5], ROAD)]))  # 1.4 km in 20 seconds
    there = roads.edges[(roads.edges["road_class"] == "ferry") & (roads.edges["u"] < roads.edges["v"])]
    assert there["speed_kmh"].tolist() == [15, 15]
    assert roads.parameters["ferry durations that cannot be, left out"] == "Bac 0.333 min"


def test_a_ferry_whose_nodes_are_missing_has_no_share(tmp_path: Path) -> None:
    path = tmp_path / "cut.osm"
    text = osm_text([([1, 2], ROAD), ([2, 3, 4], {"route": "ferry", "duration": "00:40"})])
    path.write_text(text.replace('<node id="4" ', '<node id="44" '), encoding="utf-8")
    edges = read_osm(path).edges
    assert edges.loc[edges["road_class"] == "ferry", "speed_kmh"].tolist() == [15, 15]


def test_a_slope_is_climbed_one_way_and_rolled_down_the_other(write: Write) -> None:
    path = write([([1, 2], {**ROAD, "incline": "8%"})])
    by_bike = read_osm(path, mode="bike").edges.set_index("u")
    assert by_bike.loc[1, "speed_kmh"] < 5 < by_bike.loc[2, "speed_kmh"]
    assert by_bike.loc[1, "speed_reason"] == "slope"
    by_car = read_osm(path).edges["speed_kmh"]
    assert by_car[0] == by_car[1]


def test_a_ferry_closed_to_cars_is_left_out(write: Write) -> None:
    path = write([([1, 2], ROAD), ([2, 3], {"route": "ferry", "motor_vehicle": "no"})])
    assert (2, 3) not in pairs(read_osm(path))
    assert (2, 3) in pairs(read_osm(path, mode="walk"))


@settings(deadline=None)
@given(st.one_of(st.text(max_size=12), st.from_regex(r"[0-9]{0,3}:?[0-9]{0,2}:?[0-9]{0,2}|PT[0-9]{0,2}[HM]")))
def test_no_duration_crashes(text: str) -> None:
    minutes = ferry_minutes(text)
    assert minutes is None or minutes >= 0


# ---------------------------------------------------------------------------------------------------- shape


def test_motorways_are_no_way_in(write: Write) -> None:
    edges = read_osm(write([([1, 2], {"highway": "motorway"}), ([2, 3], {"highway": "motorway_link"}), ([3, 4], ROAD)]))
    snappable = edges.edges.groupby("road_class", observed=True)["snappable"].all().to_dict()
    assert snappable == {"motorway": False, "motorway_link": False, "secondary": True}


def test_tunnels_are_no_way_in_but_arcades_are(write: Write) -> None:
    path = write([([1, 2], {**ROAD, "tunnel": "yes"}), ([2, 3], {**ROAD, "tunnel": "building_passage"})])
    assert read_osm(path).edges.groupby("u")["snappable"].first()[[1, 3]].tolist() == [False, True]


def test_repeated_nodes_and_ways_of_one_node_make_no_arcs(write: Write) -> None:
    assert pairs(read_osm(write([([1, 1, 2, 2], ROAD), ([3], ROAD)]))) == BOTH


def test_segments_whose_nodes_are_missing_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "cut.osm"
    path.write_text(osm_text([([1, 2, 3], ROAD)]).replace('<node id="3" ', '<node id="33" '), encoding="utf-8")
    roads = read_osm(path)
    assert pairs(roads) == BOTH
    assert roads.parameters["road segments without coordinates, left out"] == "1"


def test_the_clip_keeps_what_touches_it_and_widens_by_metres(write: Write) -> None:
    path = write([([1, 2, 3, 4, 5], ROAD)])
    box = (3.005, 49.5, 3.015, 49.7)  # node 1 alone
    assert pairs(read_osm(path, clip=box)) == BOTH
    assert {pair for pair in pairs(read_osm(path, clip=box, buffer_metres=800)) if pair[0] < pair[1]} == {
        (1, 2),
        (2, 3),
    }
    polygon = shapely.box(*box)
    metric = gpd.GeoSeries([polygon], crs=4326).to_crs(2154)
    assert pairs(read_osm(path, clip=polygon)) == pairs(read_osm(path, clip=metric)) == BOTH


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        ((3.1, 49, 3.0, 50), "give \\(west, south, east, north\\)"),
        ((700_000, 6_900_000, 710_000, 6_910_000), "are not degrees"),
        (shapely.Polygon(), "are not degrees"),
        (gpd.GeoSeries([shapely.box(3, 49, 4, 50)]), "has no CRS"),
        ((10, 10, 11, 11), "the clip lies elsewhere"),
    ],
)
def test_a_wrong_clip_is_refused(write: Write, clip: object, message: str) -> None:
    with pytest.raises(NetworkError, match=message):
        read_osm(write([([1, 2], ROAD)]), clip=clip)


# ---------------------------------------------------------------------------------------------------- built-up areas


AREA_NODES = """<node id="901" version="1" lat="49.59" lon="2.99"/><node id="902" version="1" lat="49.59" lon="3.016"/>
<node id="903" version="1" lat="49.61" lon="3.016"/><node id="904" version="1" lat="49.61" lon="2.99"/>"""
CORNERS = "".join(f'<nd ref="{n}"/>' for n in (901, 902, 903, 904, 901))


WAY = f'<way id="99" version="1">{CORNERS}'
MEMBER = '<relation id="7" version="1"><member type="way" ref="99" role="outer"/>'


@pytest.mark.parametrize(
    "area",
    [
        f'{WAY}<tag k="landuse" v="residential"/></way>',
        f'{WAY}<tag k="place" v="village"/></way>',
        f'{WAY}</way>{MEMBER}<tag k="type" v="multipolygon"/><tag k="landuse" v="residential"/></relation>',
    ],
)
def test_roads_in_mapped_settlements_are_built_up(tmp_path: Path, area: str) -> None:
    text = osm_text([([1, 2, 3, 4], ROAD)], extra=area).replace("<node", AREA_NODES + "<node", 1)
    path = tmp_path / "area.osm"
    path.write_text(text, encoding="utf-8")
    edges = read_osm(path).edges.set_index(["u", "v"])["speed_reason"]
    assert edges[1, 2] == "secondary in built-up area, as driven"
    assert edges[3, 4] == "secondary in open country, as driven"


def test_streets_close_together_make_a_settlement_and_a_lone_one_does_not() -> None:
    lon, lat = np.array([3.0, 3.001, 3.2]), np.array([49.6, 49.6005, 49.6])
    assert in_settlement(lon, lat, np.array([300.0, 300.0, 300.0])).tolist() == [True, True, False]


@settings(deadline=None)
@given(st.lists(st.tuples(st.floats(-5, 9), st.floats(42, 51), st.floats(0, 500)), min_size=1, max_size=30))
def test_more_street_never_makes_a_place_less_built_up(places: list[tuple[float, float, float]]) -> None:
    lon, lat, metres = (np.array(column) for column in zip(*places, strict=True))
    assert (in_settlement(lon, lat, metres) <= in_settlement(lon, lat, metres * 2)).all()
    assert (in_settlement(lon, lat, metres)[metres >= 405]).all()


def test_places_on_the_edge_of_no_area_are_outside() -> None:
    assert not in_areas(np.array([1.0]), np.array([1.0]), []).any()


# ---------------------------------------------------------------------------------------------------- what is refused


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.osm\.pbf: no such file"):
        read_osm(tmp_path / "nowhere.osm.pbf")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("text.osm", b"not xml at all"),
        ("cut.osm", osm_text([([1, 2], ROAD)])[:-30].encode()),
        ("text.osm.pbf", b"not a pbf" * 30),
        ("page.osm.gz", b"<html></html>"),
        ("roads.txt", b"hello"),
    ],
)
def test_what_is_not_openstreetmap_data_is_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SourceError, match=rf"{name}: not OpenStreetMap data, or damaged .* give an extract"):
        read_osm(tmp_path / name)


def test_an_empty_extract_and_one_without_roads_for_the_mode_are_told_apart(write: Write) -> None:
    with pytest.raises(NetworkError, match="no way has a highway tag"):
        read_osm(write([]))
    with pytest.raises(NetworkError, match="no roads for mode 'car': 1 ways are roads, none open to it"):
        read_osm(write([([1, 2], {"highway": "steps"})]))


def test_unknown_mode_and_country_are_refused_before_reading(tmp_path: Path) -> None:
    with pytest.raises(NetworkError, match="unknown mode 'bicycle'.*use one of car, bike, walk"):
        read_osm(tmp_path / "any.osm", mode="bicycle")
    with pytest.raises(NetworkError, match="unknown country 'France'"):
        read_osm(tmp_path / "any.osm", country="France")


def test_gzip_reads_like_the_plain_file_and_both_name_their_source(write: Write, tmp_path: Path) -> None:
    plain = write([([1, 2, 3], ROAD)])
    packed = tmp_path / "roads.osm.gz"
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    one, two = read_osm(plain), read_osm(packed)
    pd.testing.assert_frame_equal(one.edges, two.edges)
    assert one.source.sha256 != two.source.sha256
    assert one.source.vintage == "2024-06-02T00:00:00Z"
    assert one.source.licence == "ODbL 1.0"
    assert one.parameters["speed table"]


TAG_VALUES = st.sampled_from(
    ["yes", "no", "-1", "private", "50", "FR:urban", "FR:zone30", "x;y", "", "reversible", "é"]
)
TAG_KEYS = st.sampled_from(
    [
        "access",
        "oneway",
        "maxspeed",
        "maxspeed:type",
        "zone:maxspeed",
        "junction",
        "surface",
        "service",
        "duration",
        "foot",
    ]
)


@settings(deadline=None)
@given(
    st.dictionaries(TAG_KEYS, TAG_VALUES),
    st.sampled_from(["primary", "service", "path", "track", "motorway"]),
    st.sampled_from(["car", "bike", "walk"]),
)
def test_a_way_open_to_a_mode_has_a_direction(tags: Tags, road_class: str, mode: str) -> None:
    use = way_use({**tags, "highway": road_class}, mode)
    assert use is None or use.forward or use.backward


# ----------------------------------------------------------------------------- deleted, invisible and older versions


TERTIARY = {"highway": "tertiary"}
MARKS = ('action="delete" visible="true"', "action='delete'", 'visible="false"')


def way_text(number: int, refs: list[int], marks: str = "", version: int = 1) -> str:
    nodes = "".join(f'<nd ref="{ref}"/>' for ref in refs)
    return f'<way id="{number}" version="{version}" {marks}>{nodes}<tag k="highway" v="tertiary"/></way>'


def told_gone(roads: RoadTables) -> str | None:
    return roads.parameters.get("roads deleted or invisible, left out")


@pytest.mark.parametrize("marks", MARKS)
@pytest.mark.parametrize("ending", [".osm", ".osm.gz", ".osm.bz2"])
def test_deleted_way_is_no_road(tmp_path: Path, marks: str, ending: str) -> None:
    text = osm_text([([1, 2], TERTIARY), ([2, 3], TERTIARY)], extra=way_text(9, [1, 3], marks)).encode()
    path = tmp_path / f"roads{ending}"
    path.write_bytes({".osm": bytes, ".osm.gz": gzip.compress, ".osm.bz2": bz2.compress}[ending](text))
    roads = read_osm(path)
    assert pairs(roads) == {(1, 2), (2, 1), (2, 3), (3, 2)}
    assert told_gone(roads) == "1"


@pytest.mark.parametrize("marks", MARKS)
def test_way_that_uses_a_deleted_node_is_no_road(write: Write, marks: str) -> None:
    ways = [([1, 2], TERTIARY), ([2, 3, 4], TERTIARY)]
    path = write(ways)
    path.write_text(path.read_text().replace('<node id="4" version="1"', f'<node id="4" version="1" {marks}'))
    roads = read_osm(path)
    assert pairs(roads) == {(1, 2), (2, 1)}
    assert told_gone(roads) == "1"


@pytest.mark.parametrize("marks", ["", *MARKS])
def test_deleted_relation_bounds_no_built_up_area(write: Write, marks: str) -> None:
    corners = "".join(
        f'<node id="{n}" version="1" lat="{49.6 + lat}" lon="{lon}"/>'
        for n, lat, lon in ((21, -0.01, 3), (22, -0.01, 3.05), (23, 0.01, 3.05), (24, 0.01, 3))
    )
    ring = "".join(f'<nd ref="{n}"/>' for n in (21, 22, 23, 24, 21))
    member = (
        '<member type="way" ref="30" role="outer"/><tag k="landuse" v="residential"/><tag k="type" v="multipolygon"/>'
    )
    relation = f'<way id="30" version="1">{ring}</way><relation id="31" version="2" {marks}>{member}</relation>'
    reasons = read_osm(write([([1, 2], TERTIARY)], extra=corners + relation), country="FR").edges["speed_reason"]
    assert all(("in built-up area" in reason) == (not marks) for reason in reasons), reasons.tolist()


def test_only_the_last_version_of_a_file_with_history_counts(tmp_path: Path) -> None:
    import osmium

    ways = "".join(
        (
            way_text(8, [1, 2], version=1),
            way_text(9, [1, 3], version=1),
            '<way id="9" version="2" visible="false"/>',
            way_text(10, [1, 3], version=1),
            way_text(10, [2, 3], version=2),
        )
    )
    nodes = "".join(f'<node id="{n}" version="1" lat="49.6" lon="{3 + n / 100}"/>' for n in (1, 2, 3))
    nodes += '<node id="3" version="2" lat="49.6" lon="3.05"/>'
    plain, history = tmp_path / "history.osm", tmp_path / "history.osh.pbf"
    plain.write_text(f'<osm version="0.6">{nodes}{ways}</osm>')
    header = osmium.io.Header()
    header.has_multiple_object_versions = True
    with osmium.SimpleWriter(str(history), header=header) as writer:
        for thing in osmium.FileProcessor(str(plain)):
            writer.add(thing)
    for path in (plain, history):
        roads = read_osm(path)
        assert pairs(roads) == {(1, 2), (2, 1), (2, 3), (3, 2)}, path.name
        assert told_gone(roads) == "1"
        assert roads.nodes.loc[3, "lon"] == 3.05


def test_what_a_change_file_deletes_is_no_road(tmp_path: Path) -> None:
    nodes = "".join(f'<node id="{n}" version="1" lat="49.6" lon="{3 + n / 100}"/>' for n in (1, 2, 3))
    path = tmp_path / "change.osc"
    path.write_text(
        f'<osmChange version="0.6"><create>{nodes}{way_text(8, [1, 2])}</create>'
        f"<delete>{way_text(9, [2, 3], version=2)}</delete></osmChange>"
    )
    assert pairs(read_osm(path)) == {(1, 2), (2, 1)}


def test_file_of_deleted_roads_alone_says_so(write: Write) -> None:
    path = write([([1, 2], TERTIARY)])
    path.write_text(path.read_text().replace("<way ", '<way action="delete" '))
    with pytest.raises(NetworkError, match="its roads are all deleted, or invisible"):
        read_osm(path)


# ---------------------------------------------------------------------------------------------------- real extracts


@pytest.mark.parametrize(
    ("name", "mode", "country", "nodes", "share_together"),
    [
        ("liechtenstein.osm.pbf", "car", "LI", 17_000, 0.85),
        ("liechtenstein.osm.pbf", "bike", "LI", 45_000, 0.9),
        ("liechtenstein.osm.pbf", "walk", "LI", 50_000, 0.9),
        ("north-bayreuth.osm.gz", "car", "DE", 5_500, 0.6),
        ("porto.osm.pbf", "car", "PT", 270_000, 0.9),
    ],
)
def test_real_extracts_load_and_hang_together(
    data_folder: Path, name: str, mode: str, country: str, nodes: int, share_together: float
) -> None:
    path = data_folder / "osm" / name
    if not path.exists():
        pytest.skip(f"{path} not there")
    roads = read_osm(path, mode=mode)
    assert roads.parameters["country"].split()[0] == country  # Liechtenstein's reaches into its neighbours
    assert len(roads.nodes) > nodes
    assert roads.edges.drop(columns="name").notna().all(axis=None)
    assert (roads.edges["minutes"] >= 0).all()
    u, v = (roads.nodes.index.get_indexer(roads.edges[end]) for end in ("u", "v"))
    assert min(u.min(), v.min()) >= 0
    _, part = connected_components(
        coo_array((np.ones(len(u)), (u, v)), shape=(len(roads.nodes),) * 2), connection="strong"
    )
    assert np.bincount(part).max() / len(part) > share_together
