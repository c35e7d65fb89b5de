"""Who may go where: what the access tags of an OpenStreetMap way or node come to for a mode, one way of it.

Rules follow the OpenStreetMap wiki (Key:access, Key:maxheight); docs/method_roads.md has them as a table. Of a list
("agricultural;destination") the most permissive value holds, since each names someone who may pass; a key whose values
say nothing known leaves the word to the next, less telling one.
"""

import re
from enum import IntEnum
from functools import cache, lru_cache
from typing import NamedTuple

from accessmap.roads.readers.osm_conditions import CAR, OPEN, OURS, PRIVATE, VISITORS, holding, quantity
from accessmap.roads.readers.osm_limits import Tags


class Right(IntEnum):
    """What someone may do with a road: nothing, begin or end a trip on it (PRIVATE, VISITORS), or pass through."""

    NO = 0
    PRIVATE = 1
    VISITORS = 2
    YES = 3


class Said(NamedTuple):
    """What access tags say to a mode: the right, the value and key that decided, and whether for one direction only."""

    right: Right
    value: str
    key: str
    directed: bool


# Most telling first.
KEYS = {
    "car": ("motorcar", "motor_vehicle", "vehicle", "access"),
    "bike": ("bicycle", "vehicle", "access"),
    "walk": ("foot", "access"),
}
_ANY = {mode: frozenset(keys) for mode, keys in KEYS.items()}
# Values in none of these sets ("unknown", "seasonal", a typing error) say nothing.
RIGHTS = {
    **dict.fromkeys(OPEN, Right.YES),
    **dict.fromkeys(VISITORS, Right.VISITORS),
    **dict.fromkeys(PRIVATE, Right.PRIVATE),
    **dict.fromkeys(
        ("no", "none", "false", "closed", "impassable", "restricted", "use_sidepath", "official"), Right.NO
    ),
    **dict.fromkeys(("agricultural", "forestry", "military", "emergency", "psv", "bus", "minibus"), Right.NO),
    **dict.fromkeys(("tourist_bus", "coach", "taxi", "hgv", "goods", "tram", "disabled"), Right.NO),
    # Who is named may pass and others not.
    **dict.fromkeys(("foot", "horse", "bicycle", "moped", "mofa", "motorcycle", "motorcar"), Right.NO),
    **dict.fromkeys(("motor_vehicle", "vehicle"), Right.NO),
}
# Signed ways for walkers and bicycles (Key:access, "official"); pushing a bicycle is a right to pass.
OWN_RIGHTS = {"foot": RIGHTS | {"official": Right.YES}}
OWN_RIGHTS["bicycle"] = OWN_RIGHTS["foot"] | {"dismount": Right.YES}

_LIMITS = [
    *((f"max{name}{suffix}", name) for name in ("height", "width", "length") for suffix in ("", ":physical")),
    *((f"max{name}", name) for name in ("weight", "weightrating", "axleload")),
]
SIZE_KEYS = {f"{key}{end}" for key, _ in _LIMITS for end in ("", ":conditional")}
_LISTED = re.compile("[;,|]")
_DECIMAL = re.compile("(?<=[0-9]),(?=[0-9])")


@lru_cache(maxsize=65_536)
def values(text: str) -> tuple[str, ...]:
    """Return the values of a list, without blanks and in small letters.

    >>> values("agricultural; forestry")
    ('agricultural', 'forestry')
    """
    return tuple(part.strip().casefold() for part in _LISTED.split(text) if part.strip())


def said(tags: Tags, mode: str, heading: str = "") -> Said | None:
    """Return what the access tags say to a mode, None if nothing, in one direction ("forward", "backward") of a way.

    The key that names the mode best decides; of one key the conditions that are met, then the direction, then the rest.

    >>> said({"access": "no", "motor_vehicle": "forestry;destination"}, "car").right.name
    'VISITORS'
    >>> said({"vehicle:conditional": "no @ (Mo-Fr 09:00-12:00)"}, "car").value
    'no'
    >>> said({"motor_vehicle:lanes": "no|destination"}, "car", "forward").value
    'destination'
    """
    if _ANY[mode].isdisjoint(tags) and not is_divided(tags):
        return None
    lanes = [_said(lane, mode, heading) for lane in _by_lane(tags, mode, heading)]
    if not lanes:
        return _said(tags, mode, heading)
    known = [each for each in lanes if each is not None]  # a lane of which nothing is said is as its class lets it be
    return max(known, key=lambda each: each.right) if len(known) == len(lanes) else None


def _said(tags: Tags, mode: str, heading: str) -> Said | None:
    for key in KEYS[mode]:
        for name in _names(key, heading):
            if name not in tags:
                continue
            text = holding(tags[name], mode) or "" if name.endswith(":conditional") else tags[name]
            found = _most_permissive(text, key, mode)
            if found is not None:
                return Said(*found, key, heading != "" and f":{heading}" in name)
    return None


def _by_lane(tags: Tags, mode: str, heading: str) -> list[Tags]:
    """Tags as they are for each lane ("no|yes"), where an access key tells lanes apart; one may choose one's lane."""
    told: dict[str, list[str]] = {}
    for key in KEYS[mode] if heading else ():
        name = next((name for name in (f"{key}:lanes:{heading}", f"{key}:lanes") if name in tags), None)
        if name is not None:
            told[key] = [text.strip() for text in tags[name].split("|")]
    lanes: list[Tags] = []
    for at in range(max(map(len, told.values()), default=0)):
        own = {key: texts[at] for key, texts in told.items() if at < len(texts) and texts[at]}
        headed = {f"{key}:{heading}" for key in own}
        lanes.append({**{key: text for key, text in tags.items() if key not in headed}, **own})
    return lanes


def is_divided(tags: Tags) -> bool:
    """Return whether some tags are for one direction of a way, for some lanes, or on a condition."""
    keys = " ".join(tags)
    return any(part in keys for part in (":forward", ":backward", ":conditional", ":lanes"))


@cache
def _names(key: str, heading: str) -> tuple[str, ...]:
    """Tags of one access key, the one that outweighs the others first."""
    if not heading:
        return f"{key}:conditional", key
    return f"{key}:{heading}:conditional", f"{key}:conditional", f"{key}:{heading}", key


@lru_cache(maxsize=4096)
def _most_permissive(text: str, key: str, mode: str = "") -> tuple[Right, str] | None:
    """Right and value of the most permissive of the values that say something; None if none does."""
    rights = OWN_RIGHTS.get(key, RIGHTS) | dict.fromkeys(OURS.get(mode, ()), Right.YES)
    # Of two that let pass, the one that lets ride.
    known = [(rights[value], value != "dismount", value) for value in values(text) if value in rights]
    if not known:
        return None
    right, _, value = max(known, key=lambda each: each[:2])
    return right, value


def least_open(texts: list[str], key: str) -> str:
    """Return the text, of those of an access key along several ways, that lets fewest pass; what says nothing lets all.

    >>> least_open(["yes", "private"], "access"), least_open(["yes", "dismount"], "bicycle")
    ('private', 'dismount')
    """

    def openness(text: str) -> tuple[Right, bool]:
        right, value = _most_permissive(text, key) or (Right.YES, "")
        return right, value != "dismount"

    return min(texts, key=openness)


def stops_a_car(tags: Tags) -> bool:
    """Return whether a signed or built height, width, length or weight is less than that of `CAR`.

    Of a list the lowest holds, and a condition that is met before the rest.

    >>> stops_a_car({"maxheight": "1.5"}), stops_a_car({"maxheight": "2"}), stops_a_car({"maxweight": "3.5"})
    (True, False, False)
    >>> stops_a_car({"maxheight": "3.5;1,2"}), stops_a_car({"maxwidth": "2,5"})
    (True, False)
    """
    if SIZE_KEYS.isdisjoint(tags):
        return False
    for key, name in _LIMITS:
        text = holding(tags.get(f"{key}:conditional", "")) or tags.get(key, "")
        told = [most for part in values(_DECIMAL.sub(".", text)) if (most := quantity(part)) is not None]
        if told and min(told) < CAR[name]:
            return True
    return False
