"""Turn restrictions of OpenStreetMap: one rule of their relations at a time, then real extracts."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.sax.saxutils import quoteattr

import numpy as np
import pandas as pd
import pytest

from accessmap.provenance import Provenance
from accessmap.roads.network import RoadNetwork
from accessmap.roads.readers.osm import read_osm
from accessmap.roads.readers.osm_turns import kinds
from accessmap.roads.readers.tables import RoadTables, Turn, forbidden_turns

Member = tuple[str, int, str]
Tags = dict[str, str]

# A cross at 2 and another at 3: 1 - 2 - 3 - 4, with 5 - 2 - 6 and 7 - 3 - 8.
WAYS: dict[int, list[int]] = {12: [1, 2], 23: [2, 3], 34: [3, 4], 52: [5, 2], 26: [2, 6], 73: [7, 3], 38: [3, 8]}
PLACES = {1: (0, 0), 2: (1, 0), 3: (2, 0), 4: (3, 0), 5: (1, 1), 6: (1, -1), 7: (2, 1), 8: (2, -1), 9: (1.5, 0.5)}
NO_LEFT = {"type": "restriction", "restriction": "no_left_turn"}


def xml(kind: str, number: int, inside: str, tags: Tags) -> str:
    told = "".join(f"<tag k={quoteattr(key)} v={quoteattr(value)}/>" for key, value in tags.items())
    return f'<{kind} id="{number}" version="1">{inside}{told}</{kind}>'


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., RoadTables]:
    def reading(
        *relations: tuple[Tags, list[Member]],
        mode: str = "car",
        ways: dict[int, list[int]] = WAYS,
        way_tags: dict[int, Tags] | None = None,
        node_tags: dict[int, Tags] | None = None,
    ) -> RoadTables:
        nodes = "".join(
            f'<node id="{n}" version="1" lat="{49.6 + y / 100}" lon="{3 + x / 100}">'
            f"{''.join(f'<tag k={quoteattr(k)} v={quoteattr(v)}/>' for k, v in (node_tags or {}).get(n, {}).items())}"
            "</node>"
            for n, (x, y) in PLACES.items()
        )
        lines = "".join(
            xml(
                "way",
                way,
                "".join(f'<nd ref="{n}"/>' for n in refs),
                {"highway": "tertiary", **(way_tags or {}).get(way, {})},
            )
            for way, refs in ways.items()
        )
        related = "".join(
            xml("relation", number, "".join(
                f'<member type="{"way" if kind == "w" else "node"}" ref="{ref}" role="{role}"/>'
                for kind, ref, role in members
            ), tags)
            for number, (tags, members) in enumerate(relations, 1)
        )  # fmt: skip
        path = tmp_path / "roads.osm"
        path.write_text(f'<?xml version="1.0"?><osm version="0.6">{nodes}{lines}{related}</osm>')
        return read_osm(path, mode=mode)

    return reading


def turns(roads: RoadTables) -> list[list[int]]:
    return [] if roads.turns is None else sorted(roads.turns["nodes"])


def told(roads: RoadTables) -> dict[str, str]:
    return {key: value for key, value in roads.parameters.items() if "turn restrictions" in key}


MORNING = {"hour_on": "07:00", "hour_off": "10:30"}


def at(via: int, from_: int = 12, to: int = 52) -> list[Member]:
    return [("w", from_, "from"), ("n", via, "via"), ("w", to, "to")]


def test_a_turn_at_a_node_is_forbidden_between_its_two_roads(read: Any) -> None:
    roads = read((NO_LEFT, at(2)))
    assert roads.turns.to_dict("records") == [{"nodes": [1, 2, 5], "kind": "no_left_turn", "source": 1}]
    assert told(roads) == {"turn restrictions obeyed": "1"}


def test_only_forbids_every_other_way_on_and_turning_round(read: Any) -> None:
    roads = read(({"type": "restriction", "restriction": "only_straight_on"}, at(2, to=23)))
    assert turns(roads) == [[1, 2, 1], [1, 2, 5], [1, 2, 6]]


def test_over_ways_the_whole_walk_is_forbidden_in_whatever_order_they_are_listed(read: Any) -> None:
    ways = {**WAYS, 23: [9, 2], 93: [3, 9]}
    via = [("w", 93, "via"), ("w", 23, "via")]
    members = [("w", 38, "to"), ("w", 12, "from"), *via]
    roads = read(({"type": "restriction", "restriction": "no_right_turn"}, members), ways=ways)
    assert turns(roads) == [[1, 2, 9, 3, 8]]


def test_of_a_turn_that_is_commanded_and_forbidden_the_command_holds_and_the_other_is_named(read: Any) -> None:
    only = ({"type": "restriction", "restriction": "only_straight_on"}, at(2, to=23))
    never = ({"type": "restriction", "restriction": "no_straight_on"}, at(2, to=23))
    both = read(never, only)
    assert turns(both) == turns(read(only))
    assert told(both) == {
        "turn restrictions obeyed": "1",
        "turn restrictions that forbid the only turn allowed, left out (relations)": "1 (1)",
    }
    network = RoadNetwork(both.nodes, both.edges, provenance=Provenance(), turns=both.turns)
    assert network.matrix([1], [3])[0, 0] > 0


def test_only_over_ways_binds_who_came_onto_them_and_nobody_else(read: Any) -> None:
    members = [("w", 12, "from"), ("w", 23, "via"), ("w", 34, "to")]
    roads = read(({"type": "restriction", "restriction": "only_straight_on"}, members))
    # Not to the side at 3, nor back, once from 1 to 3; at 2 one may still leave.
    assert turns(roads) == [[1, 2, 3, 2], [1, 2, 3, 7], [1, 2, 3, 8]]


def test_no_entry_has_several_from_and_no_exit_several_to(read: Any) -> None:
    entry = {"type": "restriction", "restriction": "no_entry"}
    roads = read((entry, [("w", 12, "from"), ("w", 26, "from"), ("n", 2, "via"), ("w", 52, "to")]))
    assert turns(roads) == [[1, 2, 5], [6, 2, 5]]
    leave = {"type": "restriction", "restriction": "no_exit"}
    roads = read((leave, [("w", 12, "from"), ("n", 2, "via"), ("w", 26, "to"), ("w", 52, "to")]))
    assert turns(roads) == [[1, 2, 5], [1, 2, 6]]


def test_no_u_turn_is_back_along_one_road(read: Any) -> None:
    back = {"type": "restriction", "restriction": "no_u_turn"}
    assert turns(read((back, at(2, to=12)))) == [[1, 2, 1]]
    whole = {**WAYS, 12: [1, 2, 3], 23: [9, 4]}
    assert turns(read((back, at(2, to=12)), ways=whole)) == [[1, 2, 1], [3, 2, 3]]
    dual = [("w", 12, "from"), ("w", 23, "via"), ("w", 34, "to")]
    assert turns(read((back, dual))) == [[1, 2, 3, 4]]


def test_a_road_that_was_not_split_counts_where_only_one_way_of_driving_it_is_left(read: Any) -> None:
    whole = {12: [1, 2, 3], 52: [5, 2, 6]}
    unclear = read((NO_LEFT, at(2)), ways=whole)
    assert turns(unclear) == []
    assert told(unclear) == {"turn restrictions that can be read in two ways, left out": "1"}
    roads = read((NO_LEFT, at(2)), ways=whole, way_tags={12: {"oneway": "yes"}})
    assert turns(roads) == [[1, 2, 5]]
    roads = read((NO_LEFT, at(2)), ways=whole, way_tags={12: {"oneway": "-1"}})
    assert turns(roads) == [[3, 2, 6]]


@pytest.mark.parametrize(
    ("kind", "members", "forbidden"),
    [
        ("no_left_turn", at(2), [1, 2, 5]),  # the road runs on: who comes from 3 turns right into 5
        ("no_right_turn", at(2), [3, 2, 5]),
        ("no_left_turn", at(2, from_=52, to=12), [5, 2, 3]),
        ("no_right_turn", at(2, from_=52, to=12), [5, 2, 1]),
        ("no_straight_on", at(2), None),  # nobody goes straight on from one to the other
    ],
)
def test_of_a_road_that_runs_on_across_the_junction_the_side_that_is_named_counts(
    read: Any, kind: str, members: list[Member], forbidden: list[int] | None
) -> None:
    whole = {12: [1, 2, 3], 52: [5, 2], 26: [2, 6]}
    roads = read(({"type": "restriction", "restriction": kind}, members), ways=whole)
    assert turns(roads) == ([] if forbidden is None else [forbidden])


def test_of_the_pieces_of_a_split_road_the_one_at_the_junction_counts(read: Any) -> None:
    ways = {**WAYS, 91: [9, 1]}
    members = [("w", 91, "from"), *at(2)]
    assert turns(read((NO_LEFT, members), ways=ways)) == [[1, 2, 5]]


@pytest.mark.parametrize(
    ("tags", "car", "bike"),
    [
        ({"restriction": "no_left_turn"}, 1, 1),
        ({"restriction": "no_left_turn", "except": "bicycle"}, 1, 0),
        ({"restriction": "no_left_turn", "except": "psv;motorcar"}, 0, 1),
        ({"restriction": "no_left_turn", "except": "motor_vehicle"}, 0, 1),
        ({"restriction:motorcar": "no_left_turn"}, 1, 0),
        ({"restriction:motor_vehicle": "no_left_turn"}, 1, 0),
        ({"restriction:bicycle": "no_left_turn"}, 0, 1),
        ({"restriction:vehicle": "no_left_turn"}, 1, 1),
        ({"restriction:hgv": "no_left_turn"}, 0, 0),
        ({"type": "restriction:motorcar", "restriction": "no_left_turn"}, 1, 0),
        ({"type": "restriction:bus", "restriction": "no_left_turn"}, 0, 0),
        ({"restriction:conditional": "no_left_turn @ (Mo-Fr 07:00-19:00)"}, 1, 1),
        ({"restriction:conditional": "no_left_turn @ (Mo-Fr 16:00-19:00; Sa)"}, 0, 0),
        ({"restriction": "no_left_turn", "restriction:conditional": "none @ (Tu 09:00-12:00)"}, 0, 0),
        ({"restriction:motorcar:conditional": "no_left_turn @ (Tu)"}, 1, 0),
        ({"restriction:conditional": "no_left_turn @ (weight>3.5)"}, 0, 0),
        ({"restriction": "no_left_turn", **dict.fromkeys(("day_on", "day_off"), "Tuesday"), **MORNING}, 1, 1),
        ({"restriction": "no_left_turn", "day_on": "Saturday"}, 0, 0),
        ({"restriction": "no_left_turn", "hour_on": "16:00", "hour_off": "19:00"}, 0, 0),
    ],
)  # fmt: skip
def test_whom_and_when_a_restriction_binds(read: Any, tags: Tags, car: int, bike: int) -> None:
    tags = {"type": "restriction", **tags}
    assert len(turns(read((tags, at(2))))) == car
    assert len(turns(read((tags, at(2)), mode="bike"))) == bike
    assert bool(kinds(tags, "car")) == bool(car)
    assert kinds(tags, "walk") == ()


def test_on_foot_no_restriction_is_read_nor_told(read: Any) -> None:
    roads = read((NO_LEFT, at(2)), mode="walk")
    assert roads.turns is None
    assert told(roads) == {}


UNKNOWN = "turn restrictions of an unknown kind, left out"
MEMBERS = "turn restrictions with too few or too many members, left out"
ABSENT = "turn restrictions of which the file lacks a road, left out"
APART = "turn restrictions whose roads do not follow one another, left out"
OTHERS = "turn restrictions for other modes, or hours other than Tuesday 10:00"


@pytest.mark.parametrize(
    ("tags", "members", "why"),
    [
        ({"restriction": "no_left_turn_on_red"}, at(2), UNKNOWN),
        ({"restriction": "no_left_turn;only_straight_on"}, at(2), UNKNOWN),
        ({}, at(2)[:2], MEMBERS),
        ({}, at(2)[1:], MEMBERS),
        ({}, [*at(2), ("n", 3, "via")], MEMBERS),
        ({}, [at(2)[0], at(2)[2]], MEMBERS),
        ({}, [("w", 26, "from"), *at(2)], MEMBERS),
        ({}, at(2, to=99), ABSENT),
        ({}, at(3), APART),
        ({}, [("w", 12, "from"), ("w", 34, "via"), ("w", 38, "to")], APART),
        ({"restriction:hgv": "no_left_turn", "restriction": ""}, at(2), OTHERS),
    ],
)
def test_what_cannot_be_read_is_left_out_and_counted(read: Any, tags: Tags, members: list[Member], why: str) -> None:
    roads = read(({**NO_LEFT, **tags}, members), ({"type": "restriction", "restriction": "no_u_turn"}, at(2, to=12)))
    assert turns(roads) == [[1, 2, 1]]
    assert told(roads) == {"turn restrictions obeyed": "1", why: "1"}


def test_where_one_cannot_go_anyway_there_is_nothing_to_forbid(read: Any) -> None:
    anyway = {"turn restrictions where this mode cannot go anyway": "1"}
    assert told(read((NO_LEFT, at(2)), way_tags={52: {"oneway": "yes"}})) == anyway
    assert told(read((NO_LEFT, at(2)), way_tags={52: {"highway": "footway"}})) == anyway
    assert told(read((NO_LEFT, at(2)), node_tags={2: {"barrier": "bollard"}})) == anyway


def test_a_barrier_just_before_the_junction_leaves_the_turn_forbidden(read: Any) -> None:
    roads = read((NO_LEFT, at(2)), node_tags={1: {"barrier": "bollard"}})
    ((before, via, after),) = turns(roads)
    assert (via, after) == (2, 5)
    assert before < 0
    assert (before, 2) in set(zip(roads.edges["u"], roads.edges["v"], strict=True))


def test_a_network_obeys_the_restrictions_of_its_file(read: Any, tmp_path: Path) -> None:
    roads = read((NO_LEFT, at(2)))
    network = RoadNetwork.from_osm(tmp_path / "roads.osm")
    assert network.turns.equals(roads.turns)
    minutes = dict(zip(zip(network.edges["u"], network.edges["v"], strict=True), network.edges["minutes"], strict=True))
    # Straight on to the dead end at 4, past two junctions, and back: the first place to turn that is allowed.
    walks = ([1, 2, 3, 7, 3, 2, 5], [1, 2, 6, 2, 5], [1, 2, 3, 4, 3, 2, 5], [1, 2, 3, 8, 3, 2, 5])
    costs = {tuple(nodes): seconds / 60 for nodes, seconds in network.turn_costs.to_numpy()}
    best = min(
        sum(minutes[step] for step in itertools.pairwise(walk))
        + sum(costs.get(turn, 0) for turn in zip(walk, walk[1:], walk[2:], strict=False))
        for walk in walks
    )
    assert network.matrix([1], [5]).item() == pytest.approx(best, abs=1e-4)
    assert network.matrix([1], [5]).item() > minutes[1, 2] + minutes[2, 5] + 0.5


@pytest.mark.parametrize(
    ("name", "obeyed", "left_out"),
    [("liechtenstein.osm.pbf", 2, 1), ("north-bayreuth.osm.gz", 38, 2), ("porto.osm.pbf", 337, 20)],
)
def test_real_restrictions_are_read_or_counted(data_folder: Path, name: str, obeyed: int, left_out: int) -> None:
    path = data_folder / "osm" / name
    if not path.exists():
        pytest.skip(f"{path} not there")
    roads = read_osm(path)
    counts = {key: int(value) for key, value in told(roads).items()}
    assert counts.pop("turn restrictions obeyed") == obeyed
    assert sum(counts.values()) == left_out
    steps = {step for nodes in roads.turns["nodes"] for step in itertools.pairwise(nodes)}
    assert steps <= set(zip(roads.edges["u"], roads.edges["v"], strict=True))


def test_two_ways_on_that_are_the_only_ones_are_both_open() -> None:
    u, v = np.array([0, 1, 1, 1, 1]), np.array([1, 0, 2, 3, 4])
    only = [Turn((0, 1, 2), "only_straight_on", 7), Turn((0, 1, 3), "only_right_turn", 8)]
    found = forbidden_turns(only, u, v, pd.Index(range(5)))
    assert found is not None
    assert sorted(found["nodes"]) == [[0, 1, 0], [0, 1, 4]]
