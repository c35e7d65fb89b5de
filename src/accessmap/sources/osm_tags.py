"""What the tags of an OpenStreetMap way or node mean for a car, a bicycle or a walker.

Rules follow the OpenStreetMap wiki (Key:access, Key:oneway, Key:junction, Key:barrier, Key:maxspeed, Tag:route=ferry); where it leaves a
choice, the choice is stated beside the rule.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from accessmap import speeds

__all__ = ["ACCESS_KEYS", "NODE_KEYS", "WayUse", "blocks", "ferry_minutes", "node_event", "way_use"]

Tags = Mapping[str, str]

# Most telling first.
ACCESS_KEYS = {"car": ("motorcar", "motor_vehicle", "vehicle", "access"), "bike": ("bicycle", "vehicle", "access"), "walk": ("foot", "access")}
# What lies outside: the wiki's other values ("unknown", "seasonal", a typing error) leave the class's own rule.
CLOSED = {"no", "private", "agricultural", "forestry", "agricultural;forestry", "military", "emergency", "psv", "bus", "taxi", "hgv", "official", "restricted",
          "permit", "residents", "use_sidepath", "discouraged", "delivery", "employees", "staff"}  # fmt: skip
OPEN = {"yes", "permissive", "designated", "official", "destination", "customers", "dismount", "hov"}
# Kept, since what it leads to is often where one goes, but at a pace at which cutting through never pays.
VISITORS = {"destination", "customers"}
VISITORS_KMH = 15.0

CAR_CLASSES = {"motorway", "motorway_link", "trunk", "trunk_link", "primary", "primary_link", "secondary", "secondary_link", "tertiary", "tertiary_link",
               "unclassified", "residential", "living_street", "road", "service"}  # fmt: skip
QUIET_CLASSES = {"track", "pedestrian", "path", "footway", "cycleway", "bridleway", "steps"}
BY_DEFAULT = {
    "car": CAR_CLASSES,
    "bike": (CAR_CLASSES - {"motorway", "motorway_link"}) | {"track", "path", "cycleway", "pedestrian"},
    "walk": (CAR_CLASSES - {"motorway", "motorway_link"}) | QUIET_CLASSES,
}
# Open to the mode only where a tag says so by name: a farm track to cars, a pavement to bicycles.
WHEN_ALLOWED = {"car": {"track", "pedestrian"}, "bike": {"footway", "bridleway"}, "walk": set()}
NO_WAY_IN = {"motorway", "motorway_link", "ferry"}

# Slowest first within each; km/h a car keeps on such a surface. OSRM's car profile and Valhalla agree within 10 km/h.
SURFACE_KMH = {"cobblestone": 30.0, "sett": 40.0, "unhewn_cobblestone": 20.0, "unpaved": 40.0, "compacted": 60.0, "fine_gravel": 50.0, "gravel": 40.0,
               "ground": 30.0, "dirt": 30.0, "earth": 20.0, "grass": 20.0, "sand": 20.0, "mud": 10.0, "wood": 40.0, "pebblestone": 30.0}  # fmt: skip
ROUNDABOUT_KMH = 30.0  # circles of 15-25 m radius are driven at 20-35 km/h: Sétra, Guide carrefours giratoires
SLOW_SERVICE = {"parking_aisle", "driveway", "alley", "drive-through"}
SLOW_SERVICE_KMH = 10.0
PASSABLE_BARRIERS = {"no", "entrance", "cattle_grid", "toll_booth", "border_control", "height_restrictor", "kerb", "sally_port", "gate", "lift_gate", "swing_gate",
                     "sliding_gate", "bump_gate", "hampshire_gate", "yes"}  # fmt: skip
GATES = {"gate", "lift_gate", "swing_gate", "sliding_gate", "bump_gate", "hampshire_gate"}
STOPS_BIKE = {"wall", "fence", "stile", "turnstile", "full-height_turnstile", "jersey_barrier", "debris", "kissing_gate"}
STOPS_WALK = {"wall", "fence", "full-height_turnstile"}
NODE_KEYS = ("barrier", "highway", "crossing", "railway", "traffic_calming")
DURATION = re.compile(r"^(?:(\d+):)?(\d+):(\d{2})$")
ISO_DURATION = re.compile(r"^P(?:(\d+)D)?T?(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?$", re.IGNORECASE)
LIMIT_TAGS = ("maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic")
# Where the sign is all that is known: built-up areas are signed 50 or less, open country 60 or more.
URBAN_SIGN_KMH = 50.0


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
    permission = _permission(tags, mode)
    if not _is_open(road_class, permission, tags, mode):
        return None
    forward, backward = _directions(tags, road_class, mode)
    if not (forward or backward):
        return None
    country, setting, ahead, back = _limits(tags)
    cap, cap_reason = _cap(tags, road_class, permission, mode)
    minutes = ferry_minutes(tags.get("duration", "")) if road_class == "ferry" else None
    motorroad = tags.get("motorroad") == "yes"
    roundabout = tags.get("junction") in {"roundabout", "circular"}
    one_sided = tags.get("oneway") in {"yes", "true", "1", "-1"}
    return WayUse(
        road_class=road_class,
        name=tags.get("name") or tags.get("ref"),
        setting=setting,
        dual=motorroad or (road_class == "trunk" and one_sided and not roundabout),
        roundabout=roundabout,
        forward=forward,
        backward=backward,
        limit_forward=ahead[0],
        reason_forward=ahead[1],
        limit_backward=back[0],
        reason_backward=back[1],
        cap_kmh=cap,
        cap_reason=cap_reason,
        minutes=float("nan") if minutes is None else minutes,
        snappable=road_class not in NO_WAY_IN and not (mode == "car" and motorroad),
        country=country,
    )


def _permission(tags: Tags, mode: str) -> tuple[str, bool]:
    """Value of the most telling access tag ("" if none), and whether its key names the mode itself."""
    for position, key in enumerate(ACCESS_KEYS[mode]):
        value = tags.get(key, "").strip().casefold()
        if value in CLOSED or value in OPEN:
            return value, position < (2 if mode == "car" else 1)
    return "", False


def _is_open(road_class: str, permission: tuple[str, bool], tags: Tags, mode: str) -> bool:
    value, by_name = permission
    if (value in CLOSED and value not in OPEN) or tags.get("oneway") in {"reversible", "alternating;reversible"}:
        return False
    if road_class == "ferry":
        return True
    if tags.get("area") == "yes" and mode == "car":
        return False
    if mode != "car" and tags.get("motorroad") == "yes":
        return by_name
    if tags.get("service") == "emergency_access" and mode == "car":
        return False
    if road_class in BY_DEFAULT[mode]:
        return True
    return by_name and road_class in WHEN_ALLOWED[mode]


def _directions(tags: Tags, road_class: str, mode: str) -> tuple[bool, bool]:
    """Whether a way may be travelled as drawn, and against."""
    if mode == "walk":
        value = tags.get("oneway:foot", "no")
    else:
        implied = tags.get("junction") in {"roundabout", "circular"} or road_class == "motorway"
        value = tags.get("oneway", "yes" if implied else "no")
        if mode == "bike":
            value = _bike_oneway(tags, value)
    if value in {"yes", "true", "1"}:
        return True, False
    if value in {"-1", "reverse"}:
        return False, True
    return True, True


def _bike_oneway(tags: Tags, value: str) -> str:
    """One-way rule for bicycles: their own tag, else a lane against the traffic makes it two-way."""
    if "oneway:bicycle" in tags:
        return tags["oneway:bicycle"]
    sides = ("cycleway", "cycleway:left", "cycleway:right", "cycleway:both")
    against = any(tags.get(side, "").startswith("opposite") for side in sides)
    return "no" if against or any(tags.get(f"{side}:oneway") in {"no", "-1"} for side in sides[1:]) else value


def _limits(tags: Tags) -> tuple[str | None, str, tuple[float, str], tuple[float, str]]:
    """Country and setting that the tags name, and the limit with its reason ahead and back."""
    country, setting, coded = None, "", (float("nan"), "")
    for key in ("maxspeed", *LIMIT_TAGS):
        code = speeds.limit_code(tags[key]) if key in tags else None
        if code is None:
            continue
        named, where, kmh = code
        country = country or named
        setting = setting or ("urban" if where in {"urban", "living_street", "zone30", "walk"} else "rural")
        if coded[1]:
            continue
        if kmh is None:
            kmh = speeds.legal_limit(named if named in speeds.COUNTRIES else "generic", where)[0] if named else None
        if kmh is not None:
            coded = (kmh, f"{key}={tags[key]}")
    both = _signed(tags, "maxspeed") or coded
    ahead, back = _signed(tags, "maxspeed:forward") or both, _signed(tags, "maxspeed:backward") or both
    if not setting and ahead[1]:
        setting = "urban" if ahead[0] <= URBAN_SIGN_KMH else "rural"
    return country, setting, ahead, back


def _signed(tags: Tags, key: str) -> tuple[float, str] | None:
    kmh = speeds.parse_maxspeed(tags[key]) if key in tags else None
    return None if kmh is None else (kmh, f"{key}={tags[key]}")


def _cap(tags: Tags, road_class: str, permission: tuple[str, bool], mode: str) -> tuple[float, str]:
    """Lowest speed that this way alone imposes (km/h), and why; NaN if none."""
    caps: list[tuple[float, str]] = []
    if mode != "car" or road_class == "ferry":
        return float("nan"), ""
    if permission[0] in VISITORS:
        caps.append((VISITORS_KMH, f"visitors only ({permission[0]})"))
    if tags.get("junction") in {"roundabout", "circular"} and road_class not in {"motorway", "trunk"}:
        caps.append((ROUNDABOUT_KMH, "roundabout"))
    if tags.get("service") in SLOW_SERVICE:
        caps.append((SLOW_SERVICE_KMH, f"service={tags['service']}"))
    surface = tags.get("surface", "").split(";")[0].strip()
    if surface in SURFACE_KMH:
        caps.append((SURFACE_KMH[surface], f"surface={surface}"))
    return min(caps, default=(float("nan"), ""))


def ferry_minutes(text: str) -> float | None:
    """Return the minutes of an OSM duration ("00:35", "1:20:00", "90", "PT1H20M"), or None if it is none.

    >>> ferry_minutes("00:35"), ferry_minutes("1:20:30"), ferry_minutes("90"), ferry_minutes("PT1H20M"), ferry_minutes("often")
    (35.0, 80.5, 90.0, 80.0, None)
    """
    text = text.strip()
    if text.isdecimal() and len(text) < 6:
        return float(text)
    if match := DURATION.match(text):
        first, second, third = (int(part or 0) for part in match.groups())
        # "H:MM" has two parts, "H:MM:SS" three.
        return second * 60.0 + third if match[1] is None else first * 60 + second + third / 60
    match = ISO_DURATION.match(text)
    if match and any(match.groups()):
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return days * 1440 + hours * 60 + minutes + seconds / 60
    return None


def blocks(tags: Tags, mode: str) -> bool:
    """Return whether a node bars the way to the mode: an access tag decides, else the kind of barrier.

    A gate without access tags is taken as one that opens, after a stop (`node_event`).

    >>> blocks({"barrier": "bollard"}, "car"), blocks({"barrier": "bollard"}, "bike"), blocks({"barrier": "gate", "access": "private"}, "car")
    (True, False, True)
    """
    value, _ = _permission(tags, mode)
    if value:
        return value in CLOSED and value not in OPEN
    barrier = tags.get("barrier")
    if barrier is None:
        return False
    if mode == "car":
        return barrier not in PASSABLE_BARRIERS and tags.get("bollard") not in {"rising", "foldable"}
    return barrier in (STOPS_BIKE if mode == "bike" else STOPS_WALK)


def node_event(tags: Tags) -> str | None:
    """Return what delays at a node: an event of speeds_delays.csv, or None.

    >>> node_event({"highway": "traffic_signals"}), node_event({"highway": "crossing", "crossing": "zebra"}), node_event({"highway": "bus_stop"})
    ('signal', 'crossing', None)
    """
    highway, barrier = tags.get("highway"), tags.get("barrier")
    if barrier in GATES:
        return "gate"
    if barrier == "toll_booth":
        return "toll_booth"
    if highway == "crossing" or "crossing" in tags:
        return "crossing_signal" if tags.get("crossing") == "traffic_signals" or tags.get("crossing:signals") == "yes" else "crossing"
    if highway in {"stop", "give_way", "mini_roundabout"}:
        return highway
    if highway == "traffic_signals":
        return "signal"
    if tags.get("railway") == "level_crossing":
        return "level_crossing"
    return "traffic_calming" if tags.get("traffic_calming", "no") != "no" else None
