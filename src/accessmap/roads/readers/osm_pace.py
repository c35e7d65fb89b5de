"""How fast the tags of an OpenStreetMap way let a mode go: its limits, what it is made of, its slope, its timetable.

Rules follow the OpenStreetMap wiki (Key:surface, Key:smoothness, Key:tracktype, Key:incline, Key:lanes, Key:width,
Key:junction, Key:maxspeed:advisory, Tag:route=ferry); docs/method_roads.md has them as a table.
"""

import math
import re
from typing import NamedTuple

from accessmap.roads.law import parse_maxspeed, rows_of
from accessmap.roads.readers.osm_limits import NAN, UNSAID, Limits, Tags, limits

ROUNDABOUTS = {"roundabout", "circular"}
ROUNDABOUT_KMH = 30.0  # circles of 15-25 m radius are driven at 20-35 km/h (Sétra, Aménagement des carrefours)
PUSHED_KMH = 4.8  # beside a bicycle one walks as one does without
PUSHED = "bicycle pushed"
SLOW_SERVICES = {"parking_aisle", "driveway", "alley", "drive-through"}
SLOW_SERVICE_KMH = 10.0
# Two cars meet on 4.5 m at a crawl and on 3.5 m not at all (Highways England TD 27; Sétra, ARP: 5 m to pass slowly).
NARROW_METRES, NARROW_KMH = 3.5, 45.0
NO_NARROW = {"service", "track", "pedestrian", "living_street"}
# Signs that tell at which speed a road can be driven, without forbidding more.
ADVICE = ("maxspeed:advisory", "maxspeed:practical")

# km/h that a mode keeps on what a way is made of.
_HELD = {
    (row["key"], row["value"], mode): float(row[mode])
    for row in rows_of("surfaces")
    for mode in ("car", "bike", "walk")
    if row[mode]
}
GROUND = tuple(dict.fromkeys(key for key, _, _ in _HELD))
# Uphill a cyclist of 90 kg with the bicycle gives 100 W against weight and rolling (0.008): Wilson, Bicycling Science.
CLIMB_KMH, ROLLING, SLOWEST_CLIMB_KMH = 3.6 * 100 / (90 * 9.81), 0.008, 3.5
WALK_KMH = 4.8
NO_LIMITS = Limits("", "", UNSAID, UNSAID, "")
STEEPEST = 0.35  # the steepest street of the world; more is a typing error

# Half the interval at which boats leave is waited for, within these: a longer one is looked up beforehand.
LEAST_WAIT_S, MOST_WAIT_S = 60.0, 1800.0
_CLOCK = re.compile(r"^(?:([0-9]{1,3}):)?([0-9]{1,3}):([0-9]{2})$")
_ISO = re.compile(r"^P(?:([0-9]{1,3})D)?T?(?:([0-9]{1,4})H)?(?:([0-9]{1,4})M)?(?:([0-9]{1,5})S)?$", re.IGNORECASE)
_WORDS = re.compile(
    r"^(?:(?P<hours>[0-9]{1,3}(?:[.,][0-9]+)?) ?(?:h|hr|hrs|hours?|heures?))? ?"
    r"(?:(?P<minutes>[0-9]{1,4}(?:[.,][0-9]+)?) ?(?:m|mn|min|mins|minutes?|')?)? ?"
    r"(?:(?P<seconds>[0-9]{1,5}) ?(?:s|sec|seconds?|secondes?))?$"
)

Held = list[tuple[float, str]]


class Pace(NamedTuple):
    """How fast a way is: the columns of `tables.Ways` that say so.

    `law` is that which tags name ("" where the place tells it), `legal_…` the row of the law's table that holds where
    no sign is known ("" where class and setting tell it), `wide_…` two lanes or more that way, `slope_…` what a slope
    leaves (km/h, NaN where it is not known). `minutes` are those of the whole way (ferries with a timetable),
    `boarding_s` the wait for the boat where tags tell it; `odd` is a limit that was not believed.
    """

    setting: str
    law: str
    limit_forward: float
    reason_forward: str
    legal_forward: str
    wide_forward: bool
    limit_backward: float
    reason_backward: str
    legal_backward: str
    wide_backward: bool
    cap_kmh: float
    cap_reason: str
    minutes: float
    boarding_s: float
    slope_forward: float
    slope_backward: float
    odd: str


def turned(way: Pace) -> Pace:
    """Return the pace of a way that is drawn the other way round."""
    names = ("limit", "reason", "legal", "wide", "slope")
    told = way._asdict()
    return way._replace(
        **{f"{name}_forward": told[f"{name}_backward"] for name in names},
        **{f"{name}_backward": told[f"{name}_forward"] for name in names},
    )


def pace(tags: Tags, road_class: str, mode: str, *, pushed: bool = False, both_ways: bool = True) -> Pace:
    """Return how fast a way is to a mode.

    >>> pace({"surface": "sand"}, "path", "bike").cap_kmh, pace({"duration": "01:30"}, "ferry", "car").minutes
    (5.0, 90.0)
    """
    ferry = road_class == "ferry"
    said = limits(tags, road_class) if mode == "car" else NO_LIMITS
    caps = [] if ferry else _caps(tags, road_class, mode, pushed=pushed, both_ways=both_ways)
    cap, reason = min(caps, default=(NAN, ""))
    ahead, back = said.forward, said.backward
    # Steps are slow already, and motors climb.
    slope = _slope(tags["incline"]) if "incline" in tags and mode != "car" and road_class != "steps" else 0.0
    wide = _wide(tags, both_ways) if mode == "car" and "lanes" in tags else (False, False)
    minutes = ferry_minutes(tags.get("duration", "")) if ferry else None
    wait = (ferry_minutes(tags.get("interval", tags.get("headway", ""))) or NAN) * 30 if ferry else NAN
    return Pace(
        setting=said.setting,
        law=said.law,
        limit_forward=ahead.kmh,
        reason_forward=ahead.reason,
        legal_forward=ahead.legal,
        wide_forward=wide[0],
        limit_backward=back.kmh,
        reason_backward=back.reason,
        legal_backward=back.legal,
        wide_backward=wide[1],
        cap_kmh=cap,
        cap_reason=reason,
        minutes=NAN if minutes is None else minutes,
        boarding_s=min(max(wait, LEAST_WAIT_S), MOST_WAIT_S) if wait == wait else NAN,
        slope_forward=sloping_kmh(slope, mode),
        slope_backward=sloping_kmh(-slope, mode),
        odd=said.odd,
    )


def _caps(tags: Tags, road_class: str, mode: str, *, pushed: bool, both_ways: bool) -> Held:
    """Speeds (km/h) that what a way is made of imposes on a mode, each with its reason.

    Where a bicycle is `pushed`, it goes at the pace of who walks beside it.
    """
    if pushed:
        return [(PUSHED_KMH, PUSHED)]
    found = [each for key in GROUND for each in _ground(tags, key, mode)]
    if mode != "car":
        return found
    if not ROUNDABOUTS.isdisjoint(tags.get("junction", "").split(";")):
        found.append((ROUNDABOUT_KMH, "roundabout"))
    if tags.get("service") in SLOW_SERVICES:
        found.append((SLOW_SERVICE_KMH, f"service={tags['service']}"))
    if both_ways and road_class not in NO_NARROW:
        width = metres(tags.get("width", tags.get("est_width", "")))
        if tags.get("lanes") == "1" or (width is not None and width < NARROW_METRES):
            found.append((NARROW_KMH, "too narrow for two cars"))
    for key in ADVICE:
        kmh = parse_maxspeed(tags[key]) if key in tags else None
        if kmh is not None:
            found.append((kmh, f"{key}={tags[key]}"))
    return found


def _ground(tags: Tags, key: str, mode: str) -> Held:
    """What one of the keys of surfaces.csv imposes: of a list the slowest holds, of lanes the quickest."""
    if key in tags:
        values = [value.strip().casefold() for value in tags[key].split(";")]
        return [(kmh, f"{key}={tags[key]}") for value in values if (kmh := _HELD.get((key, value, mode)))]
    if f"{key}:lanes" not in tags:
        return []
    values = [value.strip().casefold() for value in tags[f"{key}:lanes"].split("|")]
    slow = [_HELD.get((key, value, mode)) for value in values if value]
    known = [kmh for kmh in slow if kmh is not None]
    return [(max(known), f"{key}:lanes={tags[f'{key}:lanes']}")] if known and len(known) == len(slow) else []


def metres(text: str) -> float | None:
    """Return the metres of a width ("3", "2.5 m", "8'"), or None if it is none."""
    match = re.match(r"^([0-9]+(?:[.,][0-9]+)?)\s*(m|ft|')?$", text.strip().casefold())
    if match is None:
        return None
    return float(match[1].replace(",", ".")) * (0.3048 if match[2] in {"ft", "'"} else 1.0)


def _wide(tags: Tags, both_ways: bool) -> tuple[bool, bool]:
    """Whether there are two lanes or more as drawn, and against."""

    def number(key: str) -> int:
        text = tags.get(key, "")
        return int(text) if text.isascii() and text.isdecimal() and len(text) < 3 else 0

    each = number("lanes") // (2 if both_ways else 1)
    return max(number("lanes:forward"), each) >= 2, max(number("lanes:backward"), each) >= 2


def _slope(text: str) -> float:
    """Rise over run of an `incline` with its unit ("8%", "-5°"), positive uphill as drawn; "up" and 8 say no figure."""
    match = re.match(r"^([+-]?[0-9]+(?:[.,][0-9]+)?)\s*(%|°)$", text.strip())
    if match is None:
        return 0.0
    number = float(match[1].replace(",", "."))
    rise = number / 100 if match[2] == "%" else math.tan(math.radians(max(-45.0, min(45.0, number))))
    return rise if abs(rise) <= STEEPEST else 0.0


def sloping_kmh(rise: float, mode: str) -> float:
    """Return the speed on a slope (rise over run), NaN where it is no other than on the flat.

    On foot Tobler's hiking function (1993), 4.8 km/h on the flat; downhill a bicycle gains nothing.

    >>> sloping_kmh(0.1, "walk"), sloping_kmh(0.1, "bike"), sloping_kmh(0.0, "bike")
    (3.38, 3.78, nan)
    """
    if mode == "walk":
        kmh = round(WALK_KMH * math.exp(-3.5 * (abs(rise + 0.05) - 0.05)), 2)
        return kmh if kmh < WALK_KMH else NAN
    return round(max(CLIMB_KMH / (ROLLING + rise), SLOWEST_CLIMB_KMH), 2) if rise > 0 else NAN


def ferry_minutes(text: str) -> float | None:
    """Return the minutes of an OSM duration ("00:35", "1:20:30", "90", "PT1H20M", "1 h 20 min"), or None if it is none.

    Of several ("00:20-00:30", "20;25") the longest holds.
    """
    found = [_duration(part.strip()) for part in re.split(r"[;–]|(?<=[0-9a-z]) ?- ?(?=[0-9])", text)]
    return max((minutes for minutes in found if minutes is not None), default=None)


def _duration(text: str) -> float | None:
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
    match = _WORDS.match(text.casefold())
    if match and any(match.groups()):
        hours_, minutes_, seconds_ = (float((part or "0").replace(",", ".")) for part in match.groups())
        return hours_ * 60 + minutes_ + seconds_ / 60
    return None
