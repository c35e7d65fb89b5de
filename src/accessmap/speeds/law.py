"""What the law lets: signed limits, coded ones, and each country's own, and in which country a place lies."""

import csv
import re
from functools import cache
from importlib.resources import files

from accessmap.errors import NetworkError, did_you_mean

__all__ = ["COUNTRIES", "country_at", "legal_limit", "limit_code", "parse_maxspeed", "rows_of"]

COUNTRIES = ("FR", "PT", "CH", "LI", "DE", "generic")
MILE_KM = 1.609344  # international mile, exact
KNOT_KM = 1.852  # international nautical mile, exact
FASTEST_SIGN_KMH = 150.0  # Texas signs 85 mph, Poland 140: more is a typing error
WALKING_KMH = 6.0  # an order of size: France writes "allure du pas", Germany's courts say 4-7

_SPEED = re.compile(
    r"^(?P<number>[0-9]{1,4}(?:[.,][0-9]+)?)\s*(?P<unit>km/?h|kph|kmph|mph|mi/h|knots|kn)?$", re.IGNORECASE
)
_CODE = re.compile(r"^(?P<country>[a-z]{2})(?:-[a-z]{2,3})?:(?P<rest>.+)$", re.IGNORECASE)
_ZONE = re.compile(r"^(?:zone:?)?([0-9]{1,3})$")
_SETTINGS = {
    "motorway": "motorway",
    "trunk": "dual",
    "expressway": "dual",
    "express": "dual",
    "nsl_dual": "dual",
    "rural": "rural",
    "nsl_single": "rural",
    "urban": "urban",
    "built_up": "urban",
    "bicycle_road": "zone30",
    "living_street": "living_street",
    "walk": "walk",
    "pedestrian_zone": "walk",
}


def rows_of(table: str) -> list[dict[str, str]]:
    """Return the rows of one of the tables of this package, by column name.

    >>> rows_of("limits")[0]["country"]
    'FR'
    """
    text = files("accessmap.speeds").joinpath(f"{table}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


@cache
def _limits() -> dict[tuple[str, str], tuple[float, str]]:
    return {(row["country"], row["setting"]): (float(row["kmh"]), row["source"]) for row in rows_of("limits")}


def country_at(lon: float, lat: float) -> str:
    """Return the country whose speed rules hold at a place, one of `COUNTRIES`, from outlines good to about 10 km.

    Parameters
    ----------
    lon, lat
        Degrees.

    >>> country_at(3.215, 49.616), country_at(-8.61, 41.15), country_at(9.52, 47.14), country_at(21.0, 52.2)
    ('FR', 'PT', 'LI', 'generic')
    """
    from shapely import Point, Polygon

    place = Point(lon, lat)
    for row in rows_of("outlines"):  # the smallest country first: Liechtenstein's outline overlaps Switzerland's
        numbers = [float(number) for number in row["outline"].split()]
        if Polygon(zip(numbers[::2], numbers[1::2], strict=True)).contains(place):
            return row["country"]
    return "generic"


def legal_limit(country: str, setting: str) -> tuple[float, str]:
    """Return the limit (km/h) of `country` in `setting`, and the rule it comes from.

    Parameters
    ----------
    country
        One of `COUNTRIES`; "generic" where no table is kept.
    setting
        "motorway", "dual" (carriageways kept apart), "rural", "urban", "zone30", "living_street" or "walk".

    Raises
    ------
    NetworkError
        If the country or the setting has no row.

    >>> legal_limit("FR", "rural")
    (80.0, 'FR, rural 80: art. R413-2, I-3°: hors agglomération')
    """
    limits = _limits()
    if (country, setting) not in limits:
        wrong, kind, known = country, "country", list(COUNTRIES)
        if country in COUNTRIES:
            wrong, kind, known = setting, "setting", list(dict.fromkeys(name for _, name in limits))
        raise NetworkError(
            f"speed limits: unknown {kind} {wrong!r}{did_you_mean(wrong, known)}: use one of {', '.join(known)}."
        )
    kmh, source = limits[country, setting]
    return kmh, f"{country}, {setting} {kmh:g}: {source}"


def parse_maxspeed(text: object) -> float | None:
    """Return an OSM `maxspeed` in km/h, or None where it is no speed to drive at.

    Of several values ("50; 40") the lowest holds. Coded ones ("FR:urban") are for `limit_code`; "signals", "variable"
    and more than 150 km/h say nothing; "none" means that there is no limit, so that the country's advised speed
    holds. Conditional limits are another key and are not read.

    >>> parse_maxspeed("50"), parse_maxspeed("30 mph"), parse_maxspeed("80;50"), parse_maxspeed("walk")
    (50.0, 48.28, 50.0, 6.0)
    >>> parse_maxspeed("none") is None
    True
    """
    speeds = [_one_speed(part) for part in re.split(r"[;|]", str(text))]
    return min((speed for speed in speeds if speed is not None), default=None)


def _one_speed(text: str) -> float | None:
    word = text.strip().casefold()
    if word in {"walk", "walking", "foot"}:
        return WALKING_KMH
    match = _SPEED.match(word)
    if match is None:
        return None
    unit = match["unit"] or ""
    factor = MILE_KM if unit.startswith("m") else KNOT_KM if unit.startswith("kn") else 1.0
    kmh = round(float(match["number"].replace(",", ".")) * factor, 2)
    return kmh if 1 <= kmh <= FASTEST_SIGN_KMH else None


def limit_code(text: object) -> tuple[str | None, str, float | None] | None:
    """Return (country or None, setting, km/h or None) of a coded limit such as "FR:urban", or None if it is none.

    >>> limit_code("FR:urban"), limit_code("DE:zone:30"), limit_code("rural"), limit_code("sign")
    (('FR', 'urban', None), ('DE', 'urban', 30.0), (None, 'rural', None), None)
    """
    match = _CODE.match(str(text).strip())
    rest = (match["rest"] if match else str(text)).strip().casefold()
    country = match["country"].upper() if match else None
    if rest in _SETTINGS:
        return country, _SETTINGS[rest], None
    number = _ZONE.match(rest)
    if match and number and 1 <= int(number[1]) <= FASTEST_SIGN_KMH:
        kmh = float(number[1])
        return country, "urban" if kmh <= 50 else "rural", kmh
    return None
