"""What a conditional tag of OpenStreetMap says at the hour that trips are taken at: a Tuesday, 10:00, on dry roads.

Rules follow the OpenStreetMap wiki (Conditional restrictions): of several values that hold the last one does.
"""

import re
from datetime import datetime
from functools import lru_cache

# A Tuesday outside holidays, when services are open and schools are in; dry, by daylight.
WHEN = datetime(2026, 6, 9, 10)
# What an ordinary car is, against `weight>3.5` and the like (tonnes, metres, people).
CAR = {"weight": 1.5, "weightrating": 2.0, "height": 1.6, "width": 1.9, "length": 5.0, "axles": 2, "axleload": 1.0}
_MEASURED = re.compile(r"([a-z_]+)\s*(<=|>=|=|<|>)\s*([0-9]+(?:\.[0-9]+)?)\s*(?:t|m)?")


@lru_cache(maxsize=4096)
def holding(text: str) -> str | None:
    """Return the value of a conditional tag that holds at `WHEN` for an ordinary car, or None where none does.

    Weather, seasons of snow and being who is excepted (residents, delivery, …) are no conditions that hold; what cannot
    be read does not hold either.

    >>> holding("no @ (Mo-Fr 07:00-11:00)"), holding("30 @ (Sa,Su); 50 @ (09:00-17:00)"), holding("80 @ wet")
    ('no', '50', None)
    """
    found = None
    for part in re.split(r";(?![^(]*\))", text):
        value, at, condition = part.partition("@")
        if at and all(_holds(each) for each in re.split(r"\bAND\b", condition.strip().strip("()"), flags=re.I)):
            found = value.strip() or found
    return found


def _holds(condition: str) -> bool:
    from opening_hours import OpeningHours, validate

    condition = condition.strip().strip("()").strip()
    if match := _MEASURED.fullmatch(condition.casefold()):
        ours, sign, theirs = CAR.get(match[1]), match[2], float(match[3])
        if ours is None:
            return False
        return ("=" in sign and ours == theirs) or (">" in sign and ours > theirs) or ("<" in sign and ours < theirs)
    return bool(re.search("[0-9A-Z]", condition)) and validate(condition) and OpeningHours(condition).is_open(WHEN)
