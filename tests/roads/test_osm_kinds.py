"""Tags of OpenStreetMap as whole kinds: values of every sort that a key is given, each with what is right."""

import ast
import re
from pathlib import Path
from xml.sax.saxutils import quoteattr

import numpy as np
import pytest

from accessmap.roads import law
from accessmap.roads.law import rows_of
from accessmap.roads.network import RoadNetwork
from accessmap.roads.readers import (
    ferries,
    osm,
    osm_conditions,
    osm_limits,
    osm_pace,
    osm_tags,
    osm_turns,
    rights,
    signs,
)
from accessmap.roads.readers import passages as passages_
from accessmap.roads.readers.osm_pace import ferry_minutes
from accessmap.roads.readers.osm_tags import is_area, way_use
from accessmap.roads.readers.passages import passage
from accessmap.roads.readers.rights import Right

Tags = dict[str, str]
ROAD = {"highway": "unclassified"}
BOTH, AHEAD, BACK, NONE = (True, True), (True, False), (False, True), (False, False)


def use(mode: str, tags: Tags) -> tuple[bool, bool]:
    found = way_use({**ROAD, **tags}, mode)
    return NONE if found is None else (found.forward, found.backward)


def network(folder: Path, tags: Tags, *, node: Tags | None = None, mode: str = "car") -> RoadNetwork:
    """Nodes 1, 2 and 3, a kilometre apart on one road; `node` has the tags of the second."""

    def told(these: Tags) -> str:
        return "".join(f"<tag k={quoteattr(k)} v={quoteattr(v)}/>" for k, v in these.items())

    nodes = "".join(
        f'<node id="{n}" version="1" lon="{3.2 + 0.013835 * n}" lat="49.6">{told(node or {}) if n == 2 else ""}</node>'
        for n in (1, 2, 3)
    )
    way = f'<way id="1" version="1"><nd ref="1"/><nd ref="2"/><nd ref="3"/>{told({**ROAD, **tags})}</way>'
    path = folder / "kinds.osm"
    path.write_text(f'<osm version="0.6">{nodes}{way}</osm>', encoding="utf-8")
    return RoadNetwork.from_osm(path, mode=mode, country="FR")


def passing(roads: RoadNetwork) -> tuple[bool, bool]:
    """Whether one gets along the whole road, and back."""
    return tuple(bool(np.isfinite(roads.matrix([a], [b]).item())) for a, b in ((1, 3), (3, 1)))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("mode", "tags", "open_"),
    [
        ("car", {"motor_vehicle:lanes": "no|no"}, NONE),
        ("car", {"vehicle:lanes": "no|yes"}, BOTH),
        ("car", {"access:lanes": "no|"}, BOTH),  # nothing is said of the second lane
        ("car", {"vehicle:lanes:backward": "no"}, AHEAD),
        ("car", {"access": "no", "motor_vehicle:lanes:forward": "yes|no", "motor_vehicle:backward": "no"}, AHEAD),
        ("car", {"oneway": "yes", "vehicle:lanes": "yes|no"}, AHEAD),
        ("car", {"motorcar:lanes": "|no", "vehicle:lanes": "no|yes"}, NONE),  # lane by lane: none is left
        ("car", {"bus:lanes": "designated|designated"}, BOTH),
        ("bike", {"bicycle:lanes": "no|yes|yes"}, BOTH),
        ("bike", {"vehicle:lanes": "no|no", "bicycle:lanes": "designated|"}, BOTH),
        ("walk", {"vehicle:lanes": "no"}, BOTH),
        # Not built yet, or gone.
        ("car", {"construction": "yes"}, NONE),
        ("walk", {"construction": "primary"}, NONE),
        ("car", {"construction": "minor"}, BOTH),
        ("car", {"construction": "widening"}, BOTH),
        ("car", {"highway": "construction", "construction": "residential", "access": "yes"}, NONE),
        *(
            ("walk", {"highway": gone}, NONE)
            for gone in ("proposed", "construction", "planned", "abandoned", "disused", "razed", "demolished", "no")
        ),
        ("walk", {"razed": "yes"}, NONE),
        ("bike", {"proposed": "yes"}, NONE),
        ("car", {"proposed": "secondary"}, BOTH),  # what a road shall become
        ("car", {"abandoned": "yes"}, NONE),
        ("walk", {"abandoned": "yes"}, BOTH),
        ("car", {"disused": "yes"}, NONE),
        ("car", {"disused": "no"}, BOTH),
        # Hours of the road itself, on a Tuesday at 10:00.
        ("walk", {"highway": "footway", "opening_hours": "Mo-Sa 07:00-20:00"}, BOTH),
        ("walk", {"highway": "footway", "opening_hours": "Sa-Su 07:00-20:00"}, NONE),
        ("walk", {"highway": "footway", "opening_hours": "when it is light"}, BOTH),
        # Who is named may pass.
        ("car", {"access": "bicycle"}, NONE),
        ("bike", {"access": "bicycle"}, BOTH),
        ("car", {"motor_vehicle": "motorcycle"}, NONE),
        ("car", {"vehicle": "motorcar;hgv"}, BOTH),
        ("car", {"motor_vehicle": "moped;mofa"}, NONE),
        # Pushed one way, ridden the other.
        ("bike", {"bicycle:backward": "dismount"}, BOTH),
        ("bike", {"oneway": "yes", "bicycle:backward": "dismount"}, BOTH),
        ("bike", {"oneway": "-1", "oneway:bicycle": "no"}, BOTH),
        ("bike", {"oneway": "-1", "oneway:bicycle": "-1"}, BACK),
        ("bike", {"oneway": "yes", "oneway:bicycle:conditional": "no @ (Mo-Fr 06:00-20:00)"}, BOTH),
        ("bike", {"oneway": "yes", "cycleway": "opposite_share_busway"}, BOTH),
        ("bike", {"highway": "steps", "ramp": "yes"}, NONE),
        # Escalators.
        ("walk", {"highway": "steps", "conveying": "yes", "oneway": "yes"}, AHEAD),
        ("walk", {"highway": "steps", "conveying": "yes", "oneway": "-1"}, BACK),
        ("walk", {"highway": "steps", "conveying": "yes"}, BOTH),
        ("walk", {"highway": "steps", "conveying": "reversible"}, BOTH),
        ("car", {"maxheight:conditional": "1.5 @ (Mo-Fr 07:00-19:00)"}, NONE),
        ("car", {"maxweight": "7.5", "maxweight:conditional": "1 @ (22:00-05:00)"}, BOTH),
        ("car", {"access:conditional": "no @ (Dec-Apr)"}, BOTH),
        ("car", {"access:conditional": "no @ (May-Sep)"}, NONE),
        ("car", {"motor_vehicle:conditional": "no @ (PH,Su)"}, BOTH),
    ],
)
def test_which_ways_are_open(mode: str, tags: Tags, open_: tuple[bool, bool]) -> None:
    assert use(mode, tags) == open_


@pytest.mark.parametrize("prefix", ["construction", "proposed", "abandoned", "disused", "razed", "demolished"])
def test_a_class_with_a_prefix_of_its_life_is_no_road(prefix: str) -> None:
    assert way_use({f"{prefix}:highway": "residential"}, "walk") is None
    assert use("walk", {f"{prefix}:highway": "motorway"}) == BOTH  # a road that is there and was or shall be another


def test_corridors_indoors_are_walked_and_rooms_are_not() -> None:
    assert way_use({"indoor": "corridor"}, "walk") is not None
    assert way_use({"indoor": "corridor"}, "car") is None
    assert way_use({"indoor": "corridor", "access": "no"}, "walk") is None
    assert way_use({"indoor": "room"}, "walk") is None
    assert use("walk", {"highway": "footway", "indoor": "yes"}) == BOTH
    assert is_area({"indoor": "corridor"})
    assert not is_area({"highway": "corridor", "indoor": "yes"})


@pytest.mark.parametrize(
    ("tags", "passing_"),
    [
        ({"barrier": "yes"}, "bike walk"),  # of a kind that nobody told: as those that nobody knows
        ({"barrier": "gate", "opening_hours": "Mo-Fr 06:00-20:00"}, "car bike walk"),
        ({"barrier": "gate", "opening_hours": "Mo-Fr 20:00-06:00"}, ""),
        ({"barrier": "gate", "opening_hours": "Sa,Su 08:00-20:00", "access": "yes"}, ""),
        ({"barrier": "gate", "opening_hours": "Nov-Mar 08:00-18:00; Apr-Oct 07:00-21:00"}, "car bike walk"),
        ({"barrier": "gate", "opening_hours": "PH off; Mo-Su 09:30-17:00"}, "car bike walk"),
        ({"barrier": "gate", "opening_hours": "24/7", "locked": "yes"}, "car bike walk"),
        ({"barrier": "gate", "opening_hours": "sur demande", "locked": "yes"}, ""),
        ({"barrier": "lift_gate", "opening_hours": "Mo-Fr 12:00-14:00", "foot": "no"}, ""),
        ({"barrier": "toll_booth", "opening_hours": "Sa 08:00-12:00"}, "car bike walk"),
        ({"barrier": "cycle_barrier", "bicycle": "no"}, "walk"),
        ({"barrier": "stile", "bicycle": "dismount"}, "bike walk"),
        ({"barrier": "bus_trap", "motorcar": "yes"}, "car bike walk"),
        ({"barrier": "debris"}, "walk"),
        ({"barrier": "lift_gate", "access": "no", "access:conditional": "yes @ (Mo-Sa 08:00-18:00)"}, "car bike walk"),
        ({"barrier": "gate", "access:conditional": "no @ (May-Sep)"}, ""),
        ({"barrier": "gate", "motor_vehicle": "no", "motor_vehicle:conditional": "yes @ (SH)"}, "bike walk"),
        ({"barrier": "gate", "access": "foot;bicycle"}, "bike walk"),
        ({"barrier": "height_restrictor", "maxheight:conditional": "1.5 @ (Tu)"}, "bike walk"),
    ],
)
def test_what_a_barrier_lets_pass(tags: Tags, passing_: str) -> None:
    assert [mode for mode in ("car", "bike", "walk") if passage(tags, mode) is not Right.NO] == passing_.split()


def test_who_has_the_key_passes_a_gate_out_of_its_hours() -> None:
    assert passage({"barrier": "gate", "access": "private", "opening_hours": "Sa 08:00-20:00"}, "car") is Right.PRIVATE


@pytest.mark.parametrize(
    ("mode", "tags", "open_"),
    [
        ("car", {"barrier": "lift_gate", "vehicle:backward": "no"}, AHEAD),
        ("car", {"barrier": "gate", "motor_vehicle:forward": "no"}, BACK),
        ("car", {"barrier": "gate", "access": "no", "motor_vehicle:forward": "yes"}, AHEAD),
        ("walk", {"barrier": "full-height_turnstile", "foot:backward": "no"}, AHEAD),
        ("bike", {"barrier": "lift_gate", "motor_vehicle:backward": "no"}, BOTH),
        ("car", {"barrier": "gate", "access:backward:conditional": "no @ (Mo-Fr 07:00-19:00)"}, AHEAD),
        ("car", {"barrier": "bollard", "vehicle:backward": "yes"}, BACK),
    ],
)
def test_a_gate_that_is_shut_one_way_is_passed_the_other(
    tmp_path: Path, mode: str, tags: Tags, open_: tuple[bool, bool]
) -> None:
    roads = network(tmp_path, {"oneway:bicycle": "no"}, node=tags, mode=mode)
    assert passing(roads) == open_
    if open_ != BOTH:
        assert roads.turns is not None
        assert roads.turns["kind"].unique().tolist() == ["no_passage"]
        assert roads.turns["source"].unique().tolist() == [2]


def test_at_a_gate_shut_one_way_one_still_turns_round(tmp_path: Path) -> None:
    roads = network(tmp_path, {}, node={"barrier": "gate", "access:backward": "no"})
    assert np.isfinite(roads.matrix([3], [2]).item())  # up to the gate


def test_a_bicycle_is_pushed_one_way_and_ridden_the_other(tmp_path: Path) -> None:
    roads = network(tmp_path, {"oneway": "yes", "bicycle:backward": "dismount", "incline": "10%"}, mode="bike")
    told = roads.edges.set_index(["u", "v"])[["speed_kmh", "speed_reason"]]
    assert told.loc[(2, 1)].tolist() == [pytest.approx(4.8), "bicycle pushed"]
    assert told.loc[(1, 2)].tolist() == [pytest.approx(3.78), "slope"]


@pytest.mark.parametrize(
    ("tags", "kmh"),
    [
        ({"maxspeed": "30 mph"}, 46.35),  # 48.28 at 96 %
        ({"maxspeed": "20 knots"}, 35.56),
        ({"maxspeed": "50; 30"}, 28.8),
        ({"maxspeed": "80;FR:urban"}, 48),
        ({"maxspeed": "walk"}, 5.76),
        ({"maxspeed": "none"}, 76.8),
        ({"maxspeed": "FR:rural"}, 76.8),
        ({"maxspeed": "fr:URBAN"}, 48),
        ({"maxspeed:type": "DE:urban"}, 48),
        ({"source:maxspeed": "FR:zone30"}, 28.8),
        ({"zone:maxspeed": "FR:20"}, 19.2),
        ({"maxspeed:type": "sign"}, 76.8),
        ({"maxspeed": "70", "maxspeed:type": "FR:rural"}, 67.2),
        ({"maxspeed": "90", "maxspeed:conditional": "70 @ (Nov-Mar)"}, 86.4),
        ({"maxspeed": "90", "maxspeed:conditional": "70 @ (Apr-Sep)"}, 67.2),
        ({"maxspeed": "90", "maxspeed:conditional": "70 @ (PH,SH)"}, 86.4),
        ({"maxspeed": "90", "maxspeed:forward:conditional": "50 @ (09:00-11:00)"}, 48),
        ({"maxspeed": "70", "maxspeed:hgv": "50", "maxspeed:conditional": "30 @ (weight>3.5)"}, 67.2),
        ({"maxspeed:lanes": "30|50|70"}, 67.2),
    ],
)
def test_limits_in_every_unit_and_code(tmp_path: Path, tags: Tags, kmh: float) -> None:
    edges = network(tmp_path, {"highway": "primary", **tags}).edges
    assert edges.loc[edges["u"] == 1, "speed_kmh"].item() == pytest.approx(kmh, abs=0.01)


@pytest.mark.parametrize(
    "text", ["01:30", "90", "PT1H30M", "1:30:00", "1h30", "1 h 30", "90 min", "1.5 hours", "1:20-1:30"]
)
def test_a_crossing_of_ninety_minutes_however_it_is_written(text: str) -> None:
    assert ferry_minutes(text) == 90


@pytest.mark.parametrize(
    ("tags", "boarding"),
    [
        ({"foot": "yes", "duration": "90"}, "walk"),
        ({"foot": "yes", "motorcycle": "yes"}, "walk"),
        ({"access": "yes", "motor_vehicle": "no"}, "bike walk"),
        ({"vehicle": "no"}, "walk"),
        ({"opening_hours": "Sa-Su 10:00-18:00"}, ""),
        ({"opening_hours": "Apr-Oct Mo-Su 08:00-20:00", "motor_vehicle": "yes"}, "car bike walk"),
    ],
)
def test_who_boards(tags: Tags, boarding: str) -> None:
    assert [m for m in ("car", "bike", "walk") if way_use({"route": "ferry", **tags}, m)] == boarding.split()


# ---------------------------------------------------------------------------------------------------- the table

TABLE = Path(__file__).parents[2] / "docs" / "method_roads.md"
PARTS = (":forward", ":backward", ":conditional", ":lanes", ":physical")


def asked_for() -> tuple[set[str], set[str]]:
    """Keys that the readers of tags ask for, and every word they know."""
    keys = {*osm_limits.LIMIT_KEYS, *osm_pace.ADVICE, *osm_pace.GROUND, *passages_.OTHERS, *ferries.OF_THE_LINE}
    keys |= {*osm_tags.SIDES, *osm_tags.NOT_THERE, *osm_tags.DECAYING, *osm_tags.KINDS, *rights.SIZE_KEYS}
    keys |= {key for named in (rights.KEYS, osm_tags.ONEWAY_KEYS) for each in named.values() for key in each}
    words = {cell for row in (*rows_of("surfaces"), *rows_of("codes")) for cell in row.values()}
    for module in (
        osm_conditions,
        osm_limits,
        osm_pace,
        osm_tags,
        osm_turns,
        rights,
        passages_,
        ferries,
        signs,
        osm,
        law,
    ):
        source = Path(str(module.__file__)).read_text(encoding="utf-8")
        for pattern in (r'tags\.get\(\s*"([^"{]+)"', r'tags\["([^"{]+)"\]', r'"([^"{ ]+)" (?:not )?in tags'):
            keys |= set(re.findall(pattern, source))
        words |= {
            node.value
            for node in ast.walk(ast.parse(source))
            if isinstance(node, ast.Constant) and isinstance(node.value, str)
        }
    return keys | {"construction"}, words | keys


def whole(key: str) -> str:
    for part in PARTS:
        key = key.replace(part, "")
    return key


def test_the_table_has_every_key_that_is_read_and_no_other() -> None:
    keys, words = asked_for()
    text = TABLE.read_text(encoding="utf-8")
    named = {told.partition("=")[0] for told in re.findall("`([^`]+)`", text)}
    assert {whole(key) for key in keys} - {whole(key) for key in named} == {"ferry"}  # a value of `route`
    rows = [row.split("|")[1] for row in text.split("## What each tag does")[1].splitlines() if row.startswith("| ")]
    parts = {part for word in words for part in re.split("[:=]", word)}
    for told in re.findall("`([^`]+)`", " ".join(rows)):
        unknown = [part for part in re.split("[:=]", told) if part.strip("*") and part.strip("*") not in parts]
        assert not unknown or told in EXAMPLES, told


EXAMPLES = {"FR:urban", "DE:zone30", "BE-VLG:rural", "GB:20", "lit", "00:35", "PT1H20M", "90", "1 h 20 min", "zone:30"}
