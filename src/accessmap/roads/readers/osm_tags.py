"""What the tags of an OpenStreetMap way or node come to for a mode: class, directions, who may, delays; speeds apart.

Rules follow the OpenStreetMap wiki (Key:access, Key:oneway, Key:barrier, Key:highway).
"""

from dataclasses import dataclass

from accessmap.roads import speeds
from accessmap.roads.readers.osm_limits import Tags
from accessmap.roads.readers.osm_pace import ROUNDABOUTS, Pace, pace

# Most telling first.
KEYS = {
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
    "bike": ("bicycle", "vehicle", "access"),
    "walk": ("foot", "access"),
}
NAMING = {"car": {"motorcar", "motor_vehicle"}, "bike": {"bicycle"}, "walk": {"foot"}}
# Values in neither set ("unknown", "seasonal", a typing error) leave the rule of the road's class.
CLOSED = {
    *("no", "private", "agricultural", "forestry", "agricultural;forestry", "military", "emergency", "psv", "bus"),
    *("taxi", "hgv", "official", "restricted", "permit", "residents", "use_sidepath", "delivery", "employees", "staff"),
}
OPEN = {"yes", "permissive", "designated", "destination", "customers", "dismount", "discouraged", "hov"}
VISITORS = {"destination", "customers"}

ROADS = set(speeds.RANKS) - {"pedestrian", "track"}
CAR_ONLY = {"motorway", "motorway_link"}
BY_DEFAULT = {
    "car": ROADS,
    "bike": (ROADS - CAR_ONLY) | {"track", "path", "cycleway", "pedestrian"},
    "walk": (ROADS - CAR_ONLY) | {"track", "path", "cycleway", "pedestrian", "footway", "bridleway", "steps"},
}
# Open only where a tag names the mode: a farm track to cars, a pavement to bicycles.
WHEN_NAMED: dict[str, set[str]] = {"car": {"track", "pedestrian"}, "bike": {"footway", "bridleway"}, "walk": set()}
FORWARD, BACKWARD = {"yes", "true", "1"}, {"-1", "reverse"}

OPENING = {"gate", "lift_gate", "swing_gate", "sliding_gate", "bump_gate", "hampshire_gate"}
PASSED_BY_CARS = OPENING | {
    *("no", "entrance", "cattle_grid", "toll_booth", "border_control", "height_restrictor", "kerb", "sally_port", "yes")
}
STOPS_WALKERS = {"wall", "fence", "full-height_turnstile"}
STOPS_BIKES = STOPS_WALKERS | {"stile", "turnstile", "jersey_barrier", "debris", "kissing_gate"}

# Ways for visitors only are kept, since what they lead to is often where one goes, but at a pace at which cutting
# through never pays.
VISITORS_KMH = 15.0
NO_WAY_IN = {"motorway", "motorway_link", "ferry"}


def permission(tags: Tags, mode: str) -> tuple[str, bool]:
    """Return the value of the most telling access tag ("" if none), and whether its key names the mode."""
    for key in KEYS[mode]:
        value = tags.get(key, "").strip().casefold()
        if value in CLOSED or value in OPEN:
            return value, key in NAMING[mode]
    return "", False


def is_open(road_class: str, tags: Tags, mode: str) -> bool:
    """Return whether a mode may use a way at all; roads under construction, proposed or gone are classes of their own.

    Squares drawn as areas are left to walkers and bicycles; a lane that changes direction during the day is left out.
    """
    value, named = permission(tags, mode)
    if value in CLOSED or tags.get("oneway") == "reversible":
        return False
    if road_class == "ferry":
        return True
    if mode == "car":
        if tags.get("area") == "yes" or tags.get("service") == "emergency_access":
            return False
    elif tags.get("motorroad") == "yes":
        return named
    return road_class in BY_DEFAULT[mode] or (named and road_class in WHEN_NAMED[mode])


def directions(road_class: str, tags: Tags, mode: str) -> tuple[bool, bool]:
    """Return whether a way may be travelled as drawn, and against.

    Roundabouts and motorways are one-way unless a tag says otherwise; walkers heed `oneway:foot` alone.

    >>> directions("motorway", {}, "car"), directions("primary", {"oneway": "-1"}, "car")
    ((True, False), (False, True))
    """
    if mode == "walk":
        value = tags.get("oneway:foot", "no")
    else:
        implied = tags.get("junction") in ROUNDABOUTS or road_class == "motorway"
        value = tags.get("oneway", "yes" if implied else "no")
        if mode == "bike":
            value = _for_bicycles(tags, value)
    return value not in BACKWARD, value not in FORWARD


def _for_bicycles(tags: Tags, value: str) -> str:
    """One-way rule of a road for bicycles: their own tag, else a lane against the traffic makes it two-way."""
    if "oneway:bicycle" in tags:
        return tags["oneway:bicycle"]
    sides = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    against = any(tags.get(side, "").startswith("opposite") for side in sides)
    return "no" if against or any(tags.get(f"{side}:oneway") in {"no", "-1"} for side in sides) else value


def barred(tags: Tags, mode: str) -> bool:
    """Return whether a node bars the way to the mode: an access tag decides, else the kind of barrier.

    A gate without access tags is taken as one that opens, after a stop.
    """
    value, _ = permission(tags, mode)
    if value:
        return value in CLOSED
    barrier = tags.get("barrier")
    if barrier is None:
        return False
    if mode == "car":
        return barrier not in PASSED_BY_CARS and tags.get("bollard") not in {"rising", "foldable"}
    return barrier in (STOPS_BIKES if mode == "bike" else STOPS_WALKERS)


@dataclass(frozen=True)
class WayUse:
    """What a way is to one mode: the columns of `tables.Ways`, those of its pace apart.

    `pushed` is where a bicycle is not ridden but walked beside.
    """

    road_class: str
    name: str | None
    dual: bool
    roundabout: bool
    forward: bool
    backward: bool
    snappable: bool
    pace: Pace
    pushed: bool = False


def way_use(tags: Tags, mode: str) -> WayUse | None:
    """Return what a way is to a mode, or None if the mode may not use it.

    >>> way_use({"highway": "residential", "oneway": "yes", "maxspeed": "30"}, "car").backward
    False
    >>> way_use({"highway": "footway"}, "car") is None
    True
    """
    road_class = "ferry" if tags.get("route") == "ferry" else tags.get("highway", "").split(";")[0].strip()
    if not is_open(road_class, tags, mode):
        return None
    forward, backward = directions(road_class, tags, mode)
    pushed = False
    held = _visitors(tags, road_class, mode)
    motorroad = tags.get("motorroad") == "yes"
    roundabout = tags.get("junction") in ROUNDABOUTS
    # From a tunnel what lies above cannot be joined; under houses and through arcades there are doors.
    tunnel = tags.get("tunnel", "no") not in {"no", "building_passage", "covered", "culvert"}
    # A trunk road drawn one way is half of a dual carriageway.
    halved = road_class == "trunk" and not (forward and backward) and not roundabout
    return WayUse(
        road_class=road_class,
        name=tags.get("name") or tags.get("ref"),
        dual=motorroad or halved,
        roundabout=roundabout,
        forward=forward,
        backward=backward,
        snappable=road_class not in NO_WAY_IN and not (mode == "car" and motorroad) and not tunnel,
        pace=pace(tags, road_class, mode, pushed=pushed, both_ways=forward and backward, held=held),
        pushed=pushed,
    )


def _visitors(tags: Tags, road_class: str, mode: str) -> list[tuple[float, str]]:
    """Speed at which ways for visitors only are driven (km/h), and why."""
    allowed, _ = permission(tags, "car") if mode == "car" and road_class != "ferry" else ("", False)
    return [(VISITORS_KMH, f"visitors only ({allowed})")] if allowed in VISITORS else []


def node_event(tags: Tags) -> str | None:
    """Return what delays at a node, a row of the table of delays, or None.

    >>> node_event({"highway": "traffic_signals"}), node_event({"highway": "crossing"}), node_event({"shop": "yes"})
    ('signal', 'crossing', None)
    """
    highway, barrier = tags.get("highway"), tags.get("barrier")
    if barrier in OPENING:
        return "gate"
    if barrier == "toll_booth":
        return "toll_booth"
    if highway == "traffic_signals":
        return "signal"
    if highway in {"stop", "give_way", "mini_roundabout"}:
        return highway
    if highway == "crossing" or "crossing" in tags:
        signals = tags.get("crossing") == "traffic_signals" or tags.get("crossing:signals") == "yes"
        return "crossing_signal" if signals else "crossing"
    if tags.get("railway") == "level_crossing":
        return "level_crossing"
    return "traffic_calming" if tags.get("traffic_calming", "no") != "no" else None
