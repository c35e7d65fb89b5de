"""What the tags of an OpenStreetMap way say of its speed limit: signs, codes, zones, conditions, lanes, both ways.

Rules follow the OpenStreetMap wiki (Key:maxspeed, Key:maxspeed:type, Key:source:maxspeed, Key:zone:maxspeed).
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from accessmap.roads.law import COUNTRIES, legal_limit, limit_code, parse_maxspeed
from accessmap.roads.readers.osm_conditions import holding

Tags = Mapping[str, str]

NAN = float("nan")
# Keys whose values may be codes, most telling first.
LIMIT_KEYS = ("maxspeed", "maxspeed:type", "source:maxspeed", "maxspeed:source", "zone:maxspeed", "zone:traffic")
FAST = {"motorway"}
SLOWEST_KMH, SLOWEST_FAST_KMH = 4.0, 20.0  # nobody signs less, nor that along a motorway: a typing error
# What stands for no limit that is known.
SILENT = {"none", "no", "yes", "unlimited", "signals", "variable", "implicit", "implied", "unposted", "default"}
SILENT |= {"national", "sign", "unknown", "unsigned"}
_ZONE_KEY = re.compile(r"zone:([0-9]{2})")
BUILT_UP_LIMITS = {"urban", "living_street", "zone30", "walk"}
# Where the sign is all that is known: built-up areas are signed 50 or less, open country more.
URBAN_SIGN_KMH = 50.0


class Limit(NamedTuple):
    """The limit of a way in one direction: km/h and what says so, or the row of the law's table that holds."""

    kmh: float
    reason: str
    legal: str


class Limits(NamedTuple):
    """What tags say of the limit both ways, the law and the setting they name ("" if none), and what cannot be."""

    law: str
    setting: str
    forward: Limit
    backward: Limit
    odd: str


UNSAID = Limit(NAN, "", "")


def limits(tags: Tags, road_class: str) -> Limits:
    """Return what the tags of a way say of its limit.

    Signs come before codes, conditions that hold before both (`osm_conditions`), a direction before the whole way. Of a
    list the lowest holds, of lanes the highest: one may choose one's lane.

    >>> limits({"maxspeed": "70", "maxspeed:backward": "50"}, "primary").backward
    Limit(kmh=50.0, reason='maxspeed:backward=50', legal='')
    >>> limits({"zone:maxspeed": "FR:30"}, "residential").forward.kmh
    30.0
    """
    told = tuple(item for item in tags.items() if item[0].startswith(("maxspeed", "zone:", "source:maxspeed")))
    zones = [match[1] for key, value in told if (match := _ZONE_KEY.fullmatch(key)) and value == "yes"]
    if zones and "zone:maxspeed" not in tags:
        told += (("zone:maxspeed", min(zones)),)
    if tags.get("living_street") == "yes":
        told += (("living_street", "yes"),)
    return _limits(told, road_class in FAST) if told else Limits("", "", UNSAID, UNSAID, "")


@lru_cache(maxsize=8192)
def _limits(told: tuple[tuple[str, str], ...], fast: bool) -> Limits:
    tags = dict(told)
    signed = {way: _signed(tags, way, fast) for way in ("forward", "backward")}
    odd = next((text for _, text in signed.values() if text), "")
    code = _coded(tags, "forward")
    backward = _coded(tags, "backward")
    ahead, back = signed["forward"][0] or code.limit, signed["backward"][0] or backward.limit
    setting = code.setting
    if not setting and not np.isnan(ahead.kmh):
        setting = "urban" if ahead.kmh <= URBAN_SIGN_KMH else "rural"
    return Limits(code.law or backward.law, setting, ahead, back, odd)


def _signed(tags: Tags, way: str, fast: bool) -> tuple[Limit | None, str]:
    """The limit that a sign gives one way, if any; and a tag that was not believed, "" if none."""
    odd = ""
    for name in ("maxspeed:motorcar", "maxspeed:motor_vehicle", "maxspeed"):
        for end in (f":{way}:conditional", ":conditional", f":{way}", f":lanes:{way}", "", ":lanes"):
            text = tags.get(name + end)
            if text is None:
                continue
            held = holding(text) if end.endswith("conditional") else text
            if held is None:
                continue
            if "lanes" in end:
                lanes = [kmh for kmh in map(parse_maxspeed, held.split("|")) if kmh is not None]
                kmh = max(lanes, default=None)
            else:
                kmh = parse_maxspeed(held)
                if kmh is not None:  # "FR:zone30;50": a code in the list may be lower
                    codes = (_code_of(name, part) for part in held.split(";"))
                    kmh = min([kmh, *(_order(code) for code in codes if code is not None)])
            if kmh is not None and kmh >= (SLOWEST_FAST_KMH if fast else SLOWEST_KMH):
                return Limit(kmh, f"{name}{end}={text}", ""), odd
            words = {part.strip().casefold() for part in re.split("[;|]", held)}
            if kmh is not None or not (words <= SILENT | {""} or any(_code_of(name, word) for word in words)):
                odd = odd or f"{name}{end}={text}"
    return None, odd


class _Code(NamedTuple):
    law: str
    setting: str
    limit: Limit


def _coded(tags: Tags, way: str) -> _Code:
    """The law, setting and limit that codes such as FR:urban name one way; of a list the lowest limit."""
    law, setting, limit = "", "", UNSAID
    for key in LIMIT_KEYS:
        name = f"{key}:{way}" if f"{key}:{way}" in tags else key
        if name not in tags:
            continue
        found = [code for part in tags[name].split(";") if (code := _code_of(name, part)) is not None]
        if not found:
            continue
        country, row, kmh = min(found, key=_order)
        law = law or country or ""
        setting = setting or ("urban" if row in BUILT_UP_LIMITS else "rural")
        if limit == UNSAID:
            reason = f"{name}={tags[name]}"
            limit = Limit(NAN, reason, row) if kmh is None else Limit(kmh, reason, "")
    if limit == UNSAID and tags.get("living_street") == "yes":
        return _Code(law, setting or "urban", Limit(NAN, "living_street=yes", "living_street"))
    return _Code(law, setting, limit)


def _order(code: tuple[str | None, str, float | None]) -> float:
    law, row, kmh = code
    return kmh if kmh is not None else legal_limit(law if law in COUNTRIES else "generic", row)[0]


def _code_of(key: str, text: str) -> tuple[str | None, str, float | None] | None:
    """What a code says; in `zone:maxspeed` a number alone is the limit of the zone."""
    code = limit_code(text)
    if code is None and key.startswith("zone:maxspeed") and (kmh := parse_maxspeed(text)) is not None:
        code = None, "urban" if kmh <= URBAN_SIGN_KMH else "rural", kmh
    return code
