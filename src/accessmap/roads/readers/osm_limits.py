"""How fast the tags of an OpenStreetMap way let one go: limits of the law and of signs, what slows, ferries.

Rules follow the OpenStreetMap wiki (Key:maxspeed, Key:source:maxspeed, Key:surface, Tag:route=ferry).
"""

import re
from collections.abc import Mapping

from accessmap.roads import speeds

Tags = Mapping[str, str]

NAN = float("nan")
ROUNDABOUTS = {"roundabout", "circular"}
ROUNDABOUT_KMH = 30.0  # circles of 15-25 m radius are driven at 20-35 km/h (Sétra, Aménagement des carrefours)
PUSHED_KMH = 4.8  # beside a bicycle one walks as one does without
SLOW_SERVICES = {"parking_aisle", "driveway", "alley", "drive-through"}
SLOW_SERVICE_KMH = 10.0
# km/h that a car keeps on such a surface; of the order of the car profiles of OSRM and Valhalla.
SURFACE_KMH = {row["surface"]: float(row["kmh"]) for row in speeds.rows_of("surfaces")}
LIMIT_KEYS = ("maxspeed", "maxspeed:type", "source:maxspeed", "zone:maxspeed", "zone:traffic")
BUILT_UP_LIMITS = {"urban", "living_street", "zone30", "walk"}
# Where the sign is all that is known: built-up areas are signed 50 or less, open country more.
URBAN_SIGN_KMH = 50.0
_CLOCK = re.compile(r"^(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-9]{2})$")
_ISO = re.compile(r"^P(?:([0-9]{1,3})D)?T?(?:([0-9]{1,4})H)?(?:([0-9]{1,4})M)?(?:([0-9]{1,5})S)?$", re.IGNORECASE)


def limits(tags: Tags) -> tuple[str | None, str, tuple[float, str], tuple[float, str]]:
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


def caps(tags: Tags, road_class: str, mode: str, *, pushed: bool) -> list[tuple[float, str]]:
    """Return the speeds (km/h) that what a way is made of imposes on a mode, each with its reason.

    Where a bicycle is `pushed`, it goes at the pace of who walks beside it.
    """
    if road_class == "ferry":
        return []
    if mode != "car":
        return [(PUSHED_KMH, "bicycle pushed")] if pushed else []
    found: list[tuple[float, str]] = []
    if tags.get("junction") in ROUNDABOUTS and road_class not in {"motorway", "trunk"}:
        found.append((ROUNDABOUT_KMH, "roundabout"))
    if tags.get("service") in SLOW_SERVICES:
        found.append((SLOW_SERVICE_KMH, f"service={tags['service']}"))
    surface = tags.get("surface", "").split(";")[0].strip()
    if surface in SURFACE_KMH:
        found.append((SURFACE_KMH[surface], f"surface={surface}"))
    return found


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
