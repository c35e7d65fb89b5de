"""Who may use an OpenStreetMap way or pass a node, and in which direction, by mode.

Rules follow the OpenStreetMap wiki (Key:access, Key:oneway, Key:junction, Key:barrier); where it leaves a choice, the
choice is stated beside the rule.
"""

from collections.abc import Mapping

__all__ = ["ROUNDABOUTS", "VISITORS", "barred", "directions", "is_open", "permission"]

Tags = Mapping[str, str]

# Most telling first.
KEYS = {
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
    "bike": ("bicycle", "vehicle", "access"),
    "walk": ("foot", "access"),
}
NAMING = {"car": {"motorcar", "motor_vehicle"}, "bike": {"bicycle"}, "walk": {"foot"}}
# Values in neither set ("unknown", "seasonal", a typing error) leave the rule of the road's class.
CLOSED = {
    "no",
    "private",
    "agricultural",
    "forestry",
    "agricultural;forestry",
    "military",
    "emergency",
    "psv",
    "bus",
    "taxi",
    "hgv",
    "official",
    "restricted",
    "permit",
    "residents",
    "use_sidepath",
    "delivery",
    "employees",
    "staff",
}
OPEN = {"yes", "permissive", "designated", "destination", "customers", "dismount", "discouraged", "hov"}
VISITORS = {"destination", "customers"}

ROADS = {
    "motorway",
    "motorway_link",
    "trunk",
    "trunk_link",
    "primary",
    "primary_link",
    "secondary",
    "secondary_link",
    "tertiary",
    "tertiary_link",
    "unclassified",
    "residential",
    "living_street",
    "road",
    "service",
}
CAR_ONLY = {"motorway", "motorway_link"}
BY_DEFAULT = {
    "car": ROADS,
    "bike": (ROADS - CAR_ONLY) | {"track", "path", "cycleway", "pedestrian"},
    "walk": (ROADS - CAR_ONLY) | {"track", "path", "cycleway", "pedestrian", "footway", "bridleway", "steps"},
}
# Open only where a tag names the mode: a farm track to cars, a pavement to bicycles.
WHEN_NAMED: dict[str, set[str]] = {"car": {"track", "pedestrian"}, "bike": {"footway", "bridleway"}, "walk": set()}
ROUNDABOUTS = {"roundabout", "circular"}
FORWARD, BACKWARD = {"yes", "true", "1"}, {"-1", "reverse"}

OPENING = {"gate", "lift_gate", "swing_gate", "sliding_gate", "bump_gate", "hampshire_gate"}
PASSED_BY_CARS = OPENING | {
    "no",
    "entrance",
    "cattle_grid",
    "toll_booth",
    "border_control",
    "height_restrictor",
    "kerb",
    "sally_port",
    "yes",
}
STOPS_WALKERS = {"wall", "fence", "full-height_turnstile"}
STOPS_BIKES = STOPS_WALKERS | {"stile", "turnstile", "jersey_barrier", "debris", "kissing_gate"}


def permission(tags: Tags, mode: str) -> tuple[str, bool]:
    """Return the value of the most telling access tag ("" if none), and whether its key names the mode.

    >>> permission({"access": "no", "motor_vehicle": "destination"}, "car")
    ('destination', True)
    """
    for key in KEYS[mode]:
        value = tags.get(key, "").strip().casefold()
        if value in CLOSED or value in OPEN:
            return value, key in NAMING[mode]
    return "", False


def is_open(road_class: str, tags: Tags, mode: str) -> bool:
    """Return whether a mode may use a way at all; roads under construction, proposed or gone are classes of their own.

    Squares drawn as areas are left to walkers and bicycles; a lane that changes direction during the day is left out.

    >>> is_open("track", {}, "car"), is_open("track", {"motor_vehicle": "yes"}, "car"), is_open("track", {}, "walk")
    (False, True, True)
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

    >>> barred({"barrier": "bollard"}, "car"), barred({"barrier": "bollard"}, "bike")
    (True, False)
    >>> barred({"barrier": "gate"}, "car"), barred({"barrier": "gate", "access": "private"}, "car")
    (False, True)
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
