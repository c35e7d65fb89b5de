"""What the tags of an OpenStreetMap way come to for a mode: class, directions, who may use it; speeds and nodes apart.

Rules follow the OpenStreetMap wiki (Key:access, Key:oneway, Key:highway, Tag:route=ferry); docs/method_roads.md has
them as a table.
"""

from dataclasses import dataclass

from accessmap.roads.junctions import RANKS
from accessmap.roads.readers.osm_conditions import holding, opened
from accessmap.roads.readers.osm_limits import Tags
from accessmap.roads.readers.osm_pace import PUSHED, PUSHED_KMH, ROUNDABOUTS, Pace, pace
from accessmap.roads.readers.rights import Right, Said, is_divided, said, stops_a_car, values

ROADS = set(RANKS) - {"pedestrian", "track"}
CAR_ONLY = {"motorway", "motorway_link"}
BY_DEFAULT = {
    "car": ROADS,
    "bike": (ROADS - CAR_ONLY) | {"track", "path", "cycleway", "pedestrian"},
    "walk": (ROADS - CAR_ONLY)
    | {"track", "path", "cycleway", "pedestrian", "footway", "bridleway", "steps"}
    | {"corridor", "elevator", "platform", "pier"},
}
# Open only where a tag names the mode: a farm track to cars, a pavement to bicycles.
WHEN_NAMED = {
    "car": {"track", "pedestrian", "cycleway", "footway", "bridleway", "path"},
    "bike": CAR_ONLY | {"footway", "bridleway", "steps", "corridor", "platform", "pier", "busway", "other"},
    "walk": CAR_ONLY | {"busway", "bus_guideway", "raceway", "other"},
}
CLASSES = BY_DEFAULT["walk"] | ROADS | WHEN_NAMED["bike"] | WHEN_NAMED["walk"]
NAMING = {"car": {"motorcar", "motor_vehicle", "vehicle"}, "bike": {"bicycle"}, "walk": {"foot"}}
# Ways without `highway` that people walk along.
WALKABLE = {
    ("railway", "platform"): "platform",
    ("public_transport", "platform"): "platform",
    ("man_made", "pier"): "pier",
    ("indoor", "corridor"): "corridor",
}
# Other lines that may be walked or ridden along, where a tag says so.
ALONG = {
    **dict.fromkeys((("man_made", kind) for kind in ("breakwater", "groyne", "dyke", "embankment", "bridge")), "other"),
    **dict.fromkeys((("railway", kind) for kind in ("abandoned", "disused", "razed", "dismantled")), "other"),
    **dict.fromkeys((("waterway", kind) for kind in ("dam", "weir", "lock_gate")), "other"),
}
WALKABLE |= ALONG
KINDS = {"highway", "route", *(key for key, _ in WALKABLE)}  # keys that may make a way one of a network
AREAS = {"platform", "pier"}  # closed ways of these are areas, whether a tag says so or not
ONEWAY_KEYS = {
    "car": ("oneway:motorcar", "oneway:motor_vehicle", "oneway:vehicle", "oneway"),
    "bike": ("oneway:bicycle", "oneway:vehicle", "oneway"),
    "walk": ("oneway:foot",),
}
# Whether each value lets go as drawn, and against; which way a reversible road runs at a given hour nobody knows.
ONEWAY = {
    **dict.fromkeys(("yes", "true", "1"), (True, False)),
    **dict.fromkeys(("-1", "reverse"), (False, True)),
    **dict.fromkeys(("no", "false", "0", "alternating"), (True, True)),
    "reversible": (False, False),
}
SIDES = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
ON_THE_ROAD = {"track", "lane", "yes", "opposite_track", "opposite_lane", "shared_lane", "share_busway"}
# Hands are needed there (Key:sac_scale, T4 to T6).
CLIMBS = {"alpine_hiking", "demanding_alpine_hiking", "difficult_alpine_hiking"}

# What is not there yet, or no more, whatever its class; what is only left to decay is still walked and ridden.
NOT_THERE = ("proposed", "planned", "razed", "demolished", "destroyed", "dismantled", "removed")
DECAYING = ("abandoned", "disused")
# Works beside which a road stays open (Key:construction; OSRM alike).
MINOR_WORKS = {"no", "minor", "widening"}
NO_WAY_IN = {"motorway", "motorway_link", "ferry"}


def class_of(tags: Tags, mode: str = "walk") -> str:
    """Return the class of a way: its `highway`, "ferry", "platform" …, or "".

    Of several values of `highway` the first that is open to the mode, else the first that is known.

    >>> class_of({"highway": "proposed;tertiary"}), class_of({"man_made": "pier"}), class_of({"route": "ferry"})
    ('tertiary', 'pier', 'ferry')
    >>> class_of({"highway": "footway;cycleway"}, "bike"), class_of({"highway": "footway;cycleway"}, "car")
    ('cycleway', 'footway')
    """
    if "ferry" in values(tags.get("route", "")):
        return "ferry"
    if "highway" in tags:
        named = values(tags["highway"])
        if len(named) == 1:
            return named[0]
        known = [name for name in named if name in CLASSES] or [*named, ""]
        return next((name for name in known if name in BY_DEFAULT[mode]), known[0])
    return next((kind for (key, value), kind in WALKABLE.items() if value in values(tags.get(key, ""))), "")


def name_of(tags: Tags) -> str | None:
    """Return what a way is called."""
    return tags.get("name") or tags.get("ref")


def is_area(tags: Tags) -> bool:
    """Return whether a closed way is land that people cross, and not a line around it."""
    indoors = tags.get("indoor") == "corridor" and "highway" not in tags
    return tags.get("area", "yes" if indoors or class_of(tags) in AREAS else "no") == "yes"


def right_of(road_class: str, tags: Tags, mode: str, told: Said | None) -> Right:
    """Return what a mode may do on a way, one direction of it, of which access tags say `told`.

    Squares drawn as areas are left to walkers and bicycles. Classes that are no roads (under construction, proposed or
    gone) are closed to all, as are roads that a tag says are so.
    """
    if _impassable(tags, mode) or not _is_there(tags, mode):
        return Right.NO
    if (told is None or told.right is Right.YES) and opened(tags) is False:
        return Right.NO
    right, named = (Right.YES, False) if told is None else (told.right, told.key in NAMING[mode])
    if told is not None and told.value == "use_sidepath" and _is_its_own_sidepath(tags, mode):
        right = Right.YES
    if road_class == "ferry":
        return right if told is not None else _right_to_board(tags, mode)
    if mode == "car":
        if tags.get("area") == "yes" or tags.get("service") == "emergency_access" or tags.get("hov") == "designated":
            return Right.NO
    elif tags.get("motorroad") == "yes" and not named:
        return Right.NO
    if mode == "bike" and road_class == "steps" and tags.get("ramp:bicycle", "no") not in {"no", "separate"}:
        named = True
    return right if road_class in BY_DEFAULT[mode] or (named and road_class in WHEN_NAMED[mode]) else Right.NO


def _right_to_board(tags: Tags, mode: str) -> Right:
    """A ferry whose access tags are silent on the mode: who is named may board; where nobody is, all may.

    Walkers board unless a tag forbids it, cars where lorries do, bicycles where cars do.
    """
    if mode == "walk" or (mode == "car" and tags.get("hgv", "no") not in {"no", "none"}):
        return Right.YES
    motor = said(tags, "car")
    if mode == "bike" and motor is not None and motor.right > Right.NO:
        return Right.YES
    others = ("foot",) if mode == "bike" else ("foot", "bicycle")
    return Right.NO if any(tags.get(key, "no") != "no" for key in others) else Right.YES


def _is_its_own_sidepath(tags: Tags, mode: str) -> bool:
    """Whether the lane or pavement that must be used is drawn as part of this very way."""
    if mode == "bike":
        return any(not ON_THE_ROAD.isdisjoint(values(tags.get(side, ""))) for side in SIDES)
    sides = ("sidewalk", "sidewalk:left", "sidewalk:right", "sidewalk:both")
    return mode == "walk" and any(tags.get(side) in {"yes", "left", "right", "both"} for side in sides)


def _impassable(tags: Tags, mode: str) -> bool:
    """Whether nobody gets through who goes by this mode, whatever the law."""
    if tags.get("impassable") == "yes" or tags.get("status") == "impassable" or tags.get("ford") == "boat":
        return True
    if mode != "car" and tags.get("sac_scale") in CLIMBS:
        return True
    rough = {"car": ("very_horrible", "impassable"), "bike": ("impassable",), "walk": ()}[mode]
    return tags.get("smoothness") in rough or (mode == "car" and stops_a_car(tags))


def _is_there(tags: Tags, mode: str) -> bool:
    """Whether a road is built and kept for those who go by this mode."""
    if tags.get("construction", "no") not in MINOR_WORKS:
        return False
    return all(tags.get(key) != "yes" for key in (*NOT_THERE, *(DECAYING if mode == "car" else ())))


def directions(road_class: str, tags: Tags, mode: str) -> tuple[bool, bool]:
    """Return whether a way may be travelled as drawn, and against, as far as `oneway` goes.

    The key that names the mode best decides. Roundabouts of every class and motorways are one-way unless a tag says
    otherwise; walkers heed `oneway:foot` and escalators alone. Values that contradict one another say nothing.

    >>> directions("motorway", {}, "car"), directions("primary", {"oneway": "-1"}, "car")
    ((True, False), (False, True))
    """
    conditional = [key for key in ONEWAY_KEYS[mode] if f"{key}:conditional" in tags] if is_divided(tags) else []
    for key in ONEWAY_KEYS[mode]:
        if key not in tags and key not in conditional:
            continue
        found = _oneway(holding(tags.get(f"{key}:conditional", ""), mode) or "") or _oneway(tags.get(key, ""))
        if found is not None:
            against = mode == "bike" and key != "oneway:bicycle" and _has_lane_against(tags)
            return (True, True) if against else found
    if mode == "walk":
        runs = {"forward": "yes", "backward": "-1", "yes": tags.get("oneway", "")}.get(tags.get("conveying", ""), "")
        return _oneway(runs) or (True, True)
    implied = _is_roundabout(tags) or road_class == "motorway"
    return True, not implied or (mode == "bike" and _has_lane_against(tags))


def _is_roundabout(tags: Tags) -> bool:
    return not ROUNDABOUTS.isdisjoint(values(tags.get("junction", "")))


def _oneway(text: str) -> tuple[bool, bool] | None:
    meant = {ONEWAY[value] for value in values(text) if value in ONEWAY}
    return meant.pop() if len(meant) == 1 else None


def _has_lane_against(tags: Tags) -> bool:
    """Whether bicycles have a lane of their own against the traffic of a one-way street."""
    against = any(tags.get(side, "").startswith("opposite") for side in SIDES)
    return against or any(tags.get(f"{side}:oneway") in {"no", "-1"} for side in SIDES)


@dataclass(frozen=True)
class WayUse:
    """What a way is to one mode: the columns of `tables.Ways`, those of its pace apart.

    `pushed` is where a bicycle is not ridden but walked beside, both ways.
    """

    road_class: str
    name: str | None
    dual: bool
    roundabout: bool
    forward: bool
    backward: bool
    snappable: bool
    pace: Pace
    through_forward: bool = True
    through_backward: bool = True
    pushed: bool = False


def way_use(tags: Tags, mode: str) -> WayUse | None:
    """Return what a way is to a mode, or None if the mode may not use it.

    >>> way_use({"highway": "residential", "oneway": "yes", "maxspeed": "30"}, "car").backward
    False
    >>> way_use({"highway": "footway"}, "car") is None
    True
    """
    road_class = class_of(tags, mode)
    ahead_only = said(tags, mode, "forward")
    told = [ahead_only, said(tags, mode, "backward") if is_divided(tags) else ahead_only]
    walked = [
        mode == "bike" and (road_class == "steps" or (each is not None and each.value == "dismount")) for each in told
    ]
    pushed = all(walked)
    # Who pushes a bicycle walks, both ways; an access tag for one direction outweighs `oneway`.
    one_way = directions(road_class, tags, "walk" if pushed else mode)
    lets = [open_ or (each is not None and each.directed) for open_, each in zip(one_way, told, strict=True)]
    right = right_of(road_class, tags, mode, told[0])
    other = right if told[1] is told[0] else right_of(road_class, tags, mode, told[1])
    rights = [right if lets[0] else Right.NO, other if lets[1] else Right.NO]
    forward, backward = (right > Right.NO for right in rights)
    if not (forward or backward):
        return None
    motorroad = tags.get("motorroad") == "yes"
    roundabout = _is_roundabout(tags)
    # From a tunnel what lies above cannot be joined; under houses and through arcades there are doors.
    tunnel = tags.get("tunnel", "no") not in {"no", "building_passage", "covered", "culvert"}
    # A trunk road drawn one way is half of a dual carriageway.
    halved = road_class == "trunk" and not (forward and backward) and not roundabout
    paced = pace(tags, road_class, mode, pushed=pushed, both_ways=forward and backward)
    if walked[0] and not pushed:  # one way is ridden, the other pushed
        paced = paced._replace(slope_forward=PUSHED_KMH, reason_forward=PUSHED)
    elif walked[1] and not pushed:
        paced = paced._replace(slope_backward=PUSHED_KMH, reason_backward=PUSHED)
    return WayUse(
        road_class=road_class,
        name=name_of(tags),
        dual=motorroad or halved,
        roundabout=roundabout,
        forward=forward,
        backward=backward,
        snappable=road_class not in NO_WAY_IN and not (mode == "car" and motorroad) and not tunnel,
        pace=paced,
        through_forward=rights[0] == Right.YES,
        through_backward=rights[1] == Right.YES,
        pushed=pushed,
    )
