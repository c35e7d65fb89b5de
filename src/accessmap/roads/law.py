"""What the law lets one drive: whose law holds at a place, its limits, and how limits are written on signs and in tags.

`presets/speeds/limits.csv` has the limits of each law with the article that sets them, `outlines.csv` where each holds,
`codes.csv` the words that stand for a limit. A law is that of a country ("FR"), or of a region of it ("BE-VLG").
"""

import csv
import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from accessmap.errors import NetworkError, Problem
from accessmap.roads.sorting import slices
from accessmap.words.near import near_names

MILE_KM = 1.609344  # international mile, exact
KNOT_KM = 1.852  # international nautical mile, exact
FASTEST_SIGN_KMH = 150.0  # Texas signs 85 mph, Poland 140: more is a typing error
WALKING_KMH = 6.0  # an order of size: France writes "allure du pas", Germany's courts say 4-7
# What tags call a law that is kept under another name: the Code de la route holds in these territories of France.
OTHER_NAMES = {"UK": "GB", "FL": "LI", **dict.fromkeys(("GP", "MQ", "GF", "RE", "YT", "PM", "MF"), "FR"), "BL": "FR-BL"}
IN_MILES = {"GB", "GB-WLS", "US"}  # a number in a code ("GB:20") is in the unit of the country's signs

FloatArray = npt.NDArray[np.float64]

_SPEED = re.compile(
    r"^(?P<number>[0-9]{1,4}(?:[.,][0-9]+)?)\s*(?P<unit>km\s*/?\s*h|kph|kmph|km|mph|mi/h|knots?|kts?|kn)?$"
)
_CODE = re.compile(r"^(?P<country>[a-z]{2})(?P<region>-[a-z]{2,3})?:(?P<rest>.+)$", re.IGNORECASE)
_ZONE = re.compile(r"^(?P<zone>zone[:_ -]?)?(?P<kmh>[0-9]{1,3})\s*(?P<unit>mph|km/?h)?(?P<end>[:_ -]?zone)?$")


def rows_of(table: str) -> list[dict[str, str]]:
    """Return the rows of one of the tables of presets/speeds, by column name."""
    text = (files("accessmap") / "presets" / "speeds" / f"{table}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


_SETTINGS = {row["code"]: row["setting"] for row in rows_of("codes")}
_LIMITS = {(row["law"], row["setting"]): (float(row["kmh"]), row["source"]) for row in rows_of("limits")}
COUNTRIES = tuple(dict.fromkeys(law for law, _ in _LIMITS))


@cache
def _outlines() -> tuple[list[str], npt.NDArray[Any]]:
    """Laws and the polygons in which they hold, the smallest first: what lies in another country comes before it."""
    import shapely

    rows = rows_of("outlines")
    polygons: npt.NDArray[Any] = np.array(shapely.from_wkt([row["outline"] for row in rows]), dtype=object)
    shapely.prepare(polygons)
    return [row["law"] for row in rows], polygons


def laws_at(lon: FloatArray, lat: FloatArray) -> "pd.Categorical[str]":
    """Return the law that holds at each place (degrees): of `COUNTRIES`, "generic" where none is known; to 500 m."""
    import shapely

    laws, polygons = _outlines()
    names = sorted({*laws, "generic"})
    found = np.full(len(lon), names.index("generic"), dtype=np.int16)
    if len(lon):
        extent = shapely.box(lon.min(), lat.min(), lon.max(), lat.max())
        near = np.flatnonzero(shapely.intersects(polygons, extent))
        if len(near) == 1 and polygons[near[0]].contains(extent):
            found[:] = names.index(laws[near[0]])
            near = near[:0]
        for block in slices(len(lon)) if len(near) else ():
            left = np.arange(block.start, block.stop)
            for at in near:
                inside = shapely.contains_xy(polygons[at], lon[left], lat[left])
                found[left[inside]] = names.index(laws[at])
                left = left[~inside]
    return pd.Categorical.from_codes(found, pd.Index(names)).remove_unused_categories()


def legal_limit(law: str, setting: str, *, wide: bool = False, main: bool = False) -> tuple[float, str]:
    """Return the limit (km/h) of a law ("generic" without a table) in `setting`, and the rule that it comes from.

    Settings: "motorway", "dual" (carriageways kept apart), "rural", "urban", "zone30", "living_street", "walk"; some
    laws have others where there are two lanes or more one way (`wide`) or on the great roads (`main`).
    """
    special = [f"{setting}_wide"] * wide + [f"{setting}_main"] * main
    for name in (*special, setting):
        if (law, name) in _LIMITS:
            kmh, source = _LIMITS[law, name]
            return kmh, f"{law}, {name} {kmh:g}: {source}"
    named_law(law)
    raise NetworkError(unknown("roads_unknown_setting", setting, (name for _, name in _LIMITS)))


def named_law(name: str | None) -> str | None:
    """Return the law of that name, which may be that of a territory ("RE"): one of `COUNTRIES`, or None for None.

    Raises
    ------
    NetworkError
        If there is none.

    >>> named_law("RE"), named_law("BE-VLG")
    ('FR', 'BE-VLG')
    """
    law = name if name is None else OTHER_NAMES.get(name, name)
    if law is not None and law not in COUNTRIES:
        raise NetworkError(unknown("roads_unknown_country", law, COUNTRIES))
    return law


def unknown(key: str, value: str, known: Iterable[str], **values: Any) -> Problem:
    """Return the problem of a name that is none of those known."""
    names = list(dict.fromkeys(known))
    return Problem(key, value=value, near=near_names(value, names), known=", ".join(names), **values)


def parse_maxspeed(text: object) -> float | None:
    """Return an OSM `maxspeed` in km/h, or None where it is no speed to drive at.

    Of several values ("50; 40") the lowest holds. Coded ones ("FR:urban") are for `limit_code`; "signals", "variable"
    and more than 150 km/h say nothing; "none" means that there is no limit, so that the country's advised speed holds.
    """
    # A comma before two figures parts a list: nobody signs hundredths of a km/h.
    speeds = [_one_speed(part) for part in re.split(r"[;|]|,(?=\s*[0-9]{2})", str(text))]
    return min((speed for speed in speeds if speed is not None), default=None)


def _one_speed(text: str) -> float | None:
    word = text.strip().casefold()
    if word in {"walk", "walking", "foot"}:
        return WALKING_KMH
    match = _SPEED.match(word)
    if match is None:
        return None
    unit = match["unit"] or ""
    factor = MILE_KM if unit in {"mph", "mi/h"} else KNOT_KM if unit.startswith(("kn", "kt")) else 1.0
    kmh = round(float(match["number"].replace(",", ".")) * factor, 2)
    return kmh if 1 <= kmh <= FASTEST_SIGN_KMH else None


def limit_code(text: object) -> tuple[str | None, str, float | None] | None:
    """Return (law or None, setting, km/h or None) of a coded limit such as "FR:urban", or None if it is none.

    >>> limit_code("BE-VLG:rural"), limit_code("DE:zone:30"), limit_code("zone30"), limit_code("30")
    (('BE-VLG', 'rural', None), ('DE', 'urban', 30.0), (None, 'urban', 30.0), None)
    """
    match = _CODE.match(str(text).strip())
    rest = (match["rest"] if match else str(text)).strip().casefold()
    law = None
    if match:
        country = match["country"].upper()
        region = f"{country}{(match['region'] or '').upper()}"
        law = OTHER_NAMES.get(country, region if region in COUNTRIES else country)
    if rest in _SETTINGS:
        return law, _SETTINGS[rest], None
    number = _ZONE.match(rest)
    if number is None or not (match or number["zone"] or number["end"]):
        return None
    kmh = _one_speed(f"{number['kmh']} {number['unit'] or ('mph' if law in IN_MILES else '')}")
    return None if kmh is None else (law, "urban" if kmh <= 50 else "rural", kmh)
