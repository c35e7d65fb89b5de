"""What a conditional tag of OpenStreetMap says at the hour that trips are taken at: a Tuesday, 10:00, on dry roads.

Rules follow the OpenStreetMap wiki (Conditional restrictions): of several values that hold the last one does.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from functools import lru_cache

from accessmap.measures.hours.rules import DAY, minutes_open
from accessmap.words.notes import Note

# A Tuesday outside holidays, when services are open and schools are in; dry, by daylight.
WHEN = datetime(2026, 6, 9, 10)
MOMENT = Note("roads_told_moment_value")  # the same in words
TRUE_THEN = {"daylight", "summer", "dry"}
# A small family car with its driver alone (m, t): as large as Valhalla's cars, as heavy as a Renault Clio.
CAR = {
    "weight": 1.5,
    "weightrating": 2.0,
    "axleload": 1.0,
    "axles": 2.0,
    "height": 1.6,
    "width": 1.9,
    "length": 4.5,
    "occupants": 1.0,
}
LIGHT = {"weight": 0.1, "height": 1.8, "width": 0.7, "length": 1.9, "occupants": 1.0}
SIZES = {"car": CAR, "bike": LIGHT, "walk": LIGHT}
# What a condition calls those who go by a mode.
OURS = {"car": {"motorcar", "motor_vehicle", "vehicle"}, "bike": {"bicycle", "vehicle"}, "walk": {"foot"}}
# Values of access, and conditions: who may pass; who has business there; who has a key or a permit.
OPEN = ("yes", "permissive", "designated", "discouraged", "hov", "public", "allowed", "true")
VISITORS = ("destination", "customers", "local")
PRIVATE = (
    *("private", "permit", "residents", "resident", "delivery", "employees", "staff"),
    *("visitors", "visitor", "guests", "guest", "members", "tenants", "owner"),
)
_LET_IN = {*OPEN, *VISITORS, *PRIVATE, "dismount"}

_QUANTITY = re.compile(
    r"^(?P<number>[0-9]+(?:[.,][0-9]+)?)\s*(?:(?P<unit>m|cm|ft|feet|in|t|kg|lbs?|st)|'\s*(?:(?P<inches>[0-9]+)\s*\"?)?)?$"
)
_UNITS = {"cm": 0.01, "ft": 0.3048, "feet": 0.3048, "in": 0.0254, "kg": 0.001, "lb": 0.00045359, "lbs": 0.00045359}
_UNITS |= {"st": 0.90718}  # the short ton of American signs
_COMPARED = re.compile(r"^(?P<name>[a-z_]+)\s*(?P<sign><=|>=|<|>|=)\s*(?P<value>.+)$")


@lru_cache(maxsize=4096)
def holding(text: str, mode: str = "car") -> str | None:
    """Return the value of a conditional tag that holds at `WHEN` for someone who goes by a mode, or None if none does.

    What lets in residents, deliveries or permits only is "private", what lets in visitors "destination". Weather and
    seasons of snow do not hold, nor does what cannot be read.

    >>> holding("no @ (Mo-Fr 07:00-11:00)"), holding("30 @ (Sa,Su); 50 @ (09:00-17:00)"), holding("80 @ wet")
    ('no', '50', None)
    >>> holding("yes @ residents"), holding("no @ delivery"), holding("no @ motorcar", "bike")
    ('private', None, None)
    """
    found = None
    for value, condition in _clauses(text):
        parts = [part.strip() for part in re.split(r"\s+AND\s+", condition, flags=re.IGNORECASE)]
        few = [part.casefold() for part in parts if part.casefold() in (*VISITORS, *PRIVATE)]
        if not value or not all(part.casefold() in few or _holds(part, mode) for part in parts):
            continue
        if not few:
            found = value
        elif not _LET_IN.isdisjoint(word.strip().casefold() for word in value.split(";")):
            found = "private" if not set(few) <= set(VISITORS) else "destination"
    return found


def _clauses(text: str) -> Iterator[tuple[str, str]]:
    """Yield each value and its condition, parentheses off; a piece without a value goes on with the condition."""
    pieces, depth, start = [], 0, 0
    for at, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == ";" and depth <= 0:
            pieces.append(text[start:at])
            start = at + 1
    told: list[list[str]] = []
    for piece in [*pieces, text[start:]]:
        value, at_sign, condition = piece.partition("@")
        if at_sign:
            told.append([value.strip(), condition.strip()])
        elif told:
            told[-1][1] += f"; {piece.strip()}"
    for value, condition in told:
        whole = condition.startswith("(") and condition.endswith(")")
        yield value, condition[1:-1].strip() if whole else condition


def _holds(condition: str, mode: str) -> bool:
    """Whether a condition is met at `WHEN` by someone who goes by this mode."""
    word = condition.casefold()
    if word in OURS[mode] or word in TRUE_THEN:
        return True
    if compared := _COMPARED.match(word):
        name = compared["name"].removeprefix("max")
        mine, other = SIZES[mode].get(name), quantity(compared["value"])
        if mine is None or other is None:
            return False
        signs = {"<": mine < other, ">": mine > other, "<=": mine <= other, ">=": mine >= other, "=": mine == other}
        return signs[compared["sign"]]
    return _is_then(condition)


def _is_then(hours: str) -> bool:
    """Whether opening hours hold at `WHEN`, no school holiday; False of what is none."""
    from opening_hours import validate  # loaded only where conditions are read

    if not validate(hours):
        return False
    monday = (WHEN - timedelta(days=WHEN.weekday())).date()
    minute = WHEN.weekday() * DAY + WHEN.hour * 60 + WHEN.minute
    sure, _ = minutes_open(hours, monday, minute + 1, school_holidays=False)
    return bool(sure[minute])


def opened(tags: Mapping[str, str]) -> bool | None:
    """Return whether `opening_hours` say that something is open at `WHEN`, None where they cannot be read.

    >>> opened({"opening_hours": "Mo-Fr 19:00-07:00"}), opened({"opening_hours": "Mo-Su 07:00-20:00"}), opened({})
    (False, True, None)
    """
    hours = tags.get("opening_hours")
    if not hours:
        return None
    from opening_hours import validate  # loaded only where hours are read

    return _is_then(hours) if validate(hours) else None


def quantity(text: str) -> float | None:
    """Return metres or tonnes of a signed limit (2.1, 6'7", 3.5 t, 1500 kg), or None if it is none.

    >>> quantity("2,5 m"), quantity("6'6"), quantity("none")
    (2.5, 1.9812, None)
    """
    match = _QUANTITY.match(text.strip().casefold())
    if match is None:
        return None
    number = float(match["number"].replace(",", "."))
    if "'" in text:
        return round(number * _UNITS["ft"] + float(match["inches"] or 0) * _UNITS["in"], 4)
    return number * _UNITS.get(match["unit"] or "", 1.0)
