"""What the tags of an OpenStreetMap way or node come to for a mode: class, directions, limits, caps, delays.

Rules follow the OpenStreetMap wiki (Key:maxspeed, Tag:route=ferry, Key:surface, Key:highway).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from accessmap.roads import speeds

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
ROUNDABOUTS = {"roundabout", "circular"}
FORWARD, BACKWARD = {"yes", "true", "1"}, {"-1", "reverse"}

OPENING = {"gate", "lift_gate", "swing_gate", "sliding_gate", "bump_gate", "hampshire_gate"}
PASSED_BY_CARS = OPENING | {
    *("no", "entrance", "cattle_grid", "toll_booth", "border_control", "height_restrictor", "kerb", "sally_port", "yes")
}
STOPS_WALKERS = {"wall", "fence", "full-height_turnstile"}
STOPS_BIKES = STOPS_WALKERS | {"stile", "turnstile", "jersey_barrier", "debris", "kissing_gate"}

NAN = float("nan")

# Ways for visitors only are kept, since what they lead to is often where one goes, but at a pace at which cutting
# through never pays.
VISITORS_KMH = 15.0
ROUNDABOUT_KMH = 30.0  # circles of 15-25 m radius are driven at 20-35 km/h (Sétra, Aménagement des carrefours)
SLOW_SERVICES = {"parking_aisle", "driveway", "alley", "drive-through"}
SLOW_SERVICE_KMH = 10.0
# km/h that a car keeps on such a surface; of the order of the car profiles of OSRM and Valhalla.
SURFACE_KMH = {row["surface"]: float(row["kmh"]) for row in speeds.rows_of("surfaces")}
NO_WAY_IN = {"motorway", "motorway_link", "ferry"}
LIMIT_KEYS = ("maxspeed", "maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic")
BUILT_UP_LIMITS = {"urban", "living_street", "zone30", "walk"}
# Where the sign is all that is known: built-up areas are signed 50 or less, open country more.
URBAN_SIGN_KMH = 50.0
_CLOCK = re.compile(r"^(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-9]{2})$")
_ISO = re.compile(r"^P(?:([0-9]{1,3})D)?T?(?:([0-9]{1,4})H)?(?:([0-9]{1,4})M)?(?:([0-9]{1,5})S)?$", re.IGNORECASE)


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
    """What a way is to one mode: the columns of `roads.Ways`, and the country its tags name, if any."""

    road_class: str
    name: str | None
    setting: str
    dual: bool
    roundabout: bool
    forward: bool
    backward: bool
    limit_forward: float
    reason_forward: str
    limit_backward: float
    reason_backward: str
    cap_kmh: float
    cap_reason: str
    minutes: float
    snappable: bool
    country: str | None = None


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
    country, setting, ahead, back = _limits(tags)
    cap, cap_reason = _cap(tags, road_class) if mode == "car" else (NAN, "")
    minutes = ferry_minutes(tags.get("duration", "")) if road_class == "ferry" else None
    motorroad = tags.get("motorroad") == "yes"
    roundabout = tags.get("junction") in ROUNDABOUTS
    # From a tunnel what lies above cannot be joined; under houses and through arcades there are doors.
    tunnel = tags.get("tunnel", "no") not in {"no", "building_passage", "covered", "culvert"}
    # A trunk road drawn one way is half of a dual carriageway.
    halved = road_class == "trunk" and not (forward and backward) and not roundabout
    return WayUse(
        road_class=road_class,
        name=tags.get("name") or tags.get("ref"),
        setting=setting,
        dual=motorroad or halved,
        roundabout=roundabout,
        forward=forward,
        backward=backward,
        limit_forward=ahead[0],
        reason_forward=ahead[1],
        limit_backward=back[0],
        reason_backward=back[1],
        cap_kmh=cap,
        cap_reason=cap_reason,
        minutes=NAN if minutes is None else minutes,
        snappable=road_class not in NO_WAY_IN and not (mode == "car" and motorroad) and not tunnel,
        country=country,
    )


def _limits(tags: Tags) -> tuple[str | None, str, tuple[float, str], tuple[float, str]]:
    """Country and setting that the tags name ("" if none), and the limit with its reason ahead and back."""
    country, setting, coded = None, "", (NAN, "")
    for key in LIMIT_KEYS:
        code = speeds.limit_code(tags[key]) if key in tags else None
        if code is None:
            continue
        country = country or code[0]
        setting = setting or ("urban" if code[1] in BUILT_UP_LIMITS else "rural")
        kmh = _coded_limit(*code)
        if kmh is not None and not coded[1]:
            coded = kmh, f"{key}={tags[key]}"
    both = _signed(tags, "maxspeed") or coded
    ahead, back = _signed(tags, "maxspeed:forward") or both, _signed(tags, "maxspeed:backward") or both
    if not setting and ahead[1]:
        setting = "urban" if ahead[0] <= URBAN_SIGN_KMH else "rural"
    return country, setting, ahead, back


def _coded_limit(country: str | None, setting: str, kmh: float | None) -> float | None:
    """Limit (km/h) of a code such as FR:urban; None for one without its country, whose law is looked up later."""
    if kmh is not None or country is None:
        return kmh
    return speeds.legal_limit(country if country in speeds.COUNTRIES else "generic", setting)[0]


def _signed(tags: Tags, key: str) -> tuple[float, str] | None:
    kmh = speeds.parse_maxspeed(tags[key]) if key in tags else None
    return None if kmh is None else (kmh, f"{key}={tags[key]}")


def _cap(tags: Tags, road_class: str) -> tuple[float, str]:
    """Lowest speed that this way alone imposes on cars (km/h), and why; NaN if none."""
    if road_class == "ferry":
        return NAN, ""
    caps: list[tuple[float, str]] = []
    allowed, _ = permission(tags, "car")
    if allowed in VISITORS:
        caps.append((VISITORS_KMH, f"visitors only ({allowed})"))
    if tags.get("junction") in ROUNDABOUTS and road_class not in {"motorway", "trunk"}:
        caps.append((ROUNDABOUT_KMH, "roundabout"))
    if tags.get("service") in SLOW_SERVICES:
        caps.append((SLOW_SERVICE_KMH, f"service={tags['service']}"))
    surface = tags.get("surface", "").split(";")[0].strip()
    if surface in SURFACE_KMH:
        caps.append((SURFACE_KMH[surface], f"surface={surface}"))
    return min(caps, default=(NAN, ""))


def ferry_minutes(text: str) -> float | None:
    """Return the minutes of an OSM duration ("00:35", "1:20:30", "90", "PT1H20M"), or None if it is none."""
    text = text.strip()
    if re.fullmatch("[0-9]{1,5}", text):
        return float(text)
    if match := _CLOCK.match(text):
        first, second, third = (int(part or 0) for part in match.groups())
        # Two parts are hours and minutes, three are hours, minutes and seconds.
        return second * 60.0 + third if match[1] is None else first * 60.0 + second + third / 60
    match = _ISO.match(text)
    if match and any(match.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return days * 1440.0 + hours * 60 + minutes + seconds / 60
    return None


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
