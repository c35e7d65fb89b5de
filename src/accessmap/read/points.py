"""Points that stand in one column of text, "49.62, 3.22", brought to lon and lat."""

import contextlib
import json
import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
import shapely

from accessmap.read.columns import Reading
from accessmap.read.raw import plain
from accessmap.tables.checks import FRANCE_LONLAT
from accessmap.words.near import some
from accessmap.words.notes import Note, written

# Opendatasoft's geo_point_2d, geopoint and geolocalisation, the ministries' coordonnees_finales, others' latlon or gps.
NAMED = re.compile(
    r"(.*_)?(geo_?)?(point|points|coordonnees?|coords?|coordinates?|gps|lat_?l(on|ng|ong)|l(on|ng|ong)_?lat"
    r"|latitude_longitude|longitude_latitude|position|geoloc(alisation)?|localisation|location|wkt|the_geom|geom|xy)"
    r"(_.*)?"
)
NUMBERS = re.compile(r"\d+(?:[.,]\d+)?")
NUMBER = r"[-+]?\d+(?:\.\d+)?"
TWO = re.compile(rf"({NUMBER})\s*[,;|/\s]\s*({NUMBER})")
TWO_WITH_COMMAS = re.compile(r"([-+]?\d+(?:,\d+)?)(?:\s*[;|/]\s*|,?\s+)([-+]?\d+(?:,\d+)?)")
PRECISE = re.compile(r"[-+]?\d{1,3}\.\d{3,}\s*[,;\s]\s*[-+]?\d{1,3}\.\d{3,}")
# "49.623 3.24 52 4.8": a height after the place, and how precise it is, as forms on telephones write them
WITH_HEIGHT = re.compile(r"([-+]?\d+\.\d+)\s*[,;\s]\s*([-+]?\d+\.\d+)(?:\s*[,;\s]\s*[-+]?\d+(?:\.\d+)?){1,2}")
HEX = re.compile(r"0[01][0-9a-f]{40,}", re.IGNORECASE)  # WKB as PostGIS writes it
# What means a place though it cannot be read: two numbers with several decimals ("49.6230°N, 3.2400°E").
MEANT = re.compile(r"\d[.,]\d{2,}.*\d[.,]\d{2,}")
WKT = re.compile(r"(?:SRID=4326;)?\s*POINT\s*Z?\s*\(\s*([^()]+?)\s*\)", re.IGNORECASE)
# 45°57'25,5"N, N 45° 57.4', 2° 10' O: degrees, minutes, seconds, and where on Earth, in English or French letters
_PART = r"\d{1,2}(?:[.,]\d+)?\s*"
_SECONDS = r"(?:[\"″”]|''|’’)\s*"
_ANGLE = rf"(?:[NSEWO]\s*)?-?\d{{1,3}}\s*°\s*(?:{_PART}['′’]\s*(?:{_PART}{_SECONDS})?)?[NSEWO]?"
ANGLE = re.compile(_ANGLE, re.IGNORECASE)
TWO_ANGLES = re.compile(rf"({_ANGLE})\s*[,;/\s]\s*({_ANGLE})", re.IGNORECASE)
LON, LAT = ("lon", "lng", "long", "longitude", "x"), ("lat", "latitude", "y")
# (west, south, east, north) of what France holds overseas: Antilles, Guyane, Saint-Pierre-et-Miquelon, La Réunion and
# Mayotte, Nouvelle-Calédonie, Wallis-et-Futuna, Polynésie. In none of them can lon and lat be taken for each other.
OVERSEAS = (
    *((-63.5, 14.0, -60.5, 18.5), (-55.0, 2.0, -51.0, 6.0), (-57.0, 46.5, -56.0, 47.5), (44.5, -21.7, 56.2, -12.4)),
    *((163.0, -23.0, 168.5, -19.0), (-178.5, -14.5, -176.0, -13.0), (-155.0, -28.0, -134.0, -7.5)),
)
KEYED = "keyed"


def angle(text: str) -> float | None:
    r"""Return the degrees of an angle in degrees, minutes and seconds, west and south below zero; None of other text.

    >>> angle("45°57'25.2\"N"), angle("2° 10,2' Ouest"), angle("2° 10,5' O"), angle("45.957")
    (45.957, None, -2.175, None)
    """
    if ANGLE.fullmatch(text.strip()) is None:
        return None
    whole, minutes, seconds = ([float(part.replace(",", ".")) for part in NUMBERS.findall(text)] + [0.0, 0.0])[:3]
    if minutes >= 60 or seconds >= 60:
        return None
    turned = "-" in text or not {"S", "W", "O"}.isdisjoint(text.upper())
    return round((whole + minutes / 60 + seconds / 3600) * (-1 if turned else 1), 9)


def has_point(table: pd.DataFrame) -> bool:
    """Return whether a column holds both coordinates of a place.

    >>> has_point(pd.DataFrame({"nom": ["A"], "coordonnees": ["49.6, 3.2"]}))
    True
    """
    return any(_read(name, table[name]) is not None for name in table.columns if name != "geometry")


def split_points(reading: Reading) -> None:
    """Give the reading lon and lat from a column that holds both, where it has no other coordinates.

    Which of the two comes first is told by where France is, else by a key ({"lon": …}), a POINT(…) or the name of the
    column; a file of which none tells is refused. The column is named by the caller as "point", or found.
    """
    table = reading.table
    blank = [name for name in ("lon", "lat", "x", "y") if name in table.columns and table[name].isna().all()]
    if {"geometry", "lon", "lat", "x", "y"} & set(table.columns.difference(blank)):
        return
    if "point" in reading.sources and _read("point", table["point"]) is None:
        reading.add("point_unread", where="", value=reading.sources["point"], name=reading.sources["point"])
        return
    found = {name: read for name in table.columns if (read := _read(name, table[name])) is not None}
    if not found:
        _flag_unread(reading)
    chosen = _chosen(reading, found)
    if chosen is None:
        return
    parts, order = found[chosen]
    first, second = parts.T
    given = table[chosen].notna().to_numpy()
    unread = given & np.isnan(first)
    if unread.any():
        texts = table[chosen]
        reading.flag(unread, "point_unread", texts, lambda row: written(texts.iloc[row])[:60], name=chosen)
    in_metres = bool((np.nanmax(np.abs(parts)) if np.isfinite(parts).any() else 0) > 180)
    if in_metres:
        reading.table = table.drop(columns=[*blank, chosen]).assign(x=first, y=second)
        reading.sources |= {"x": chosen, "y": chosen}
        return
    lat_first = _lat_first(reading, chosen, parts, order)
    lon, lat = (second, first) if lat_first else (first, second)
    reading.note("point_column_read", column=repr(chosen), order=Note("lat_then_lon" if lat_first else "lon_then_lat"))
    reading.table = table.assign(lon=lon, lat=lat).drop(columns=chosen)
    reading.sources |= {"lon": chosen, "lat": chosen}


def _flag_unread(reading: Reading) -> None:
    """Name the places that a column called so holds in a way that is not read: they would go to their mairie."""
    for name in reading.table.columns:
        values = reading.table[name]
        if NAMED.fullmatch(plain(name)) is None or not pd.api.types.is_string_dtype(values.dropna()):
            continue
        meant = values.map(lambda one: isinstance(one, str) and MEANT.search(one) is not None).to_numpy(dtype=bool)
        if meant.any():
            reading.flag(meant, "point_unread", values, lambda row: written(values.iloc[row])[:60], name=name)  # noqa: B023
            # said once, however often this is asked
            reading.table = reading.table.drop(columns=name).assign(lon=np.nan, lat=np.nan)
            return


def _chosen(reading: Reading, found: dict[str, tuple[np.ndarray, str | None]]) -> str | None:
    """The one column to take: as the caller says, the final one of several, or any of those that agree."""
    if len(found) < 2 or "point" in found:
        return "point" if "point" in found else next(iter(found), None)
    final = [name for name in found if "final" in plain(name).split("_") or plain(name).endswith(("finales", "finale"))]
    if len(final) == 1:
        return final[0]
    # the same place to 100 m or so, whichever way round
    sorted_parts = [np.sort(parts, axis=1) for parts, _ in found.values()]
    if all(np.allclose(sorted_parts[0], other, atol=1e-3, equal_nan=True) for other in sorted_parts[1:]):
        return next(iter(found))
    reading.add("point_columns_differ", value=next(iter(found)), names=some(list(found)))
    return next(iter(found))


def _read(name: object, values: pd.Series) -> tuple[np.ndarray, str | None] | None:
    """The two numbers of each value, NaN where there is none, and the order they tell; None if they are no points."""
    given = values.dropna()
    if not len(given) or pd.api.types.is_numeric_dtype(values) or pd.api.types.is_bool_dtype(values):
        return None
    named = NAMED.fullmatch(plain(name)) is not None
    sample = given.iloc[:200]
    if not named and not all(_is_surely_point(value) for value in sample):
        return None
    some_read = sum(_two(value) is not None for value in sample)
    if some_read * 2 < len(sample) or not some_read:
        return None
    read = [None if _is_missing(value) else _two(value) for value in values]
    parts = np.array([(np.nan, np.nan) if one is None else one[:2] for one in read], dtype=float)
    orders = {one[2] for one in read if one is not None}
    return parts, orders.pop() if len(orders) == 1 else None


def _is_missing(value: object) -> bool:
    return value is None or (isinstance(value, float) and np.isnan(value)) or value is pd.NA


def _is_surely_point(value: object) -> bool:
    if not isinstance(value, str):
        return False
    text = value.strip()
    keyed = text.startswith("{") and _two(text) is not None  # {"lon": 3.2, "lat": 49.6}
    return keyed or PRECISE.fullmatch(text) is not None or WKT.fullmatch(text) is not None


def _two(value: object) -> tuple[float, float, str | None] | None:
    """The two numbers of a value and, where it says so, which they are: "lon" first."""
    if isinstance(value, bytes):
        shape = shapely.from_wkb(value, on_invalid="ignore")
        return (shape.x, shape.y, "lon") if isinstance(shape, shapely.Point) and not shape.is_empty else None
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        with contextlib.suppress(ValueError):
            value = json.loads(value)
    if isinstance(value, dict):
        if isinstance(value.get("coordinates"), Sequence | np.ndarray):
            return _pair(list(value["coordinates"]), "lon")
        keys = {plain(key): key for key in value}
        lon, lat = (next((keys[key] for key in known if key in keys), None) for known in (LON, LAT))
        # the keys say it, whatever the values: it is not told again by where France is
        return None if lon is None or lat is None else _pair([value[lon], value[lat]], KEYED)
    if isinstance(value, list | tuple | np.ndarray):
        return _pair(list(value), None)
    if not isinstance(value, str):
        return None
    text = value.strip()
    if match := WKT.fullmatch(text):
        parts: list[object] = list(match[1].split())
        return _pair(parts, "lon") if len(parts) in (2, 3) else None
    if HEX.fullmatch(text):
        return _two(bytes.fromhex(text)) if len(text) % 2 == 0 else None
    text = text.strip("()[] ")
    if match := TWO_ANGLES.fullmatch(text):
        lon_first = not {"E", "W", "O"}.isdisjoint(match[1].upper()) or "N" in match[2].upper()
        return _pair([angle(match[1]), angle(match[2])], "lon" if lon_first else None)
    match = (None if "." in text else TWO_WITH_COMMAS.fullmatch(text)) or TWO.fullmatch(text)
    match = match or WITH_HEIGHT.fullmatch(text)
    return None if match is None else _pair([part.replace(",", ".") for part in match.groups()], None)


def _pair(parts: Sequence[object], order: str | None) -> tuple[float, float, str | None] | None:
    try:
        first, second = (float(part) for part in parts[:2])  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return None
    return (first, second, order) if np.isfinite([first, second]).all() else None


def _lat_first(reading: Reading, column: str, parts: np.ndarray, order: str | None) -> bool:
    """Whether latitudes come first, or a problem that says it cannot be known."""
    if order == KEYED:
        return False
    first, second = parts.T
    as_lon_lat, as_lat_lon = _in_france(first, second), _in_france(second, first)
    if as_lon_lat.any() and as_lat_lon.any():
        fewer = as_lat_lon if as_lat_lon.sum() < as_lon_lat.sum() else as_lon_lat
        values = reading.table[column]
        reading.flag(fewer, "point_orders_mixed", values, lambda row: written(values.iloc[row])[:60], name=column)
        return bool(as_lat_lon.sum() > as_lon_lat.sum())
    if as_lon_lat.any() or as_lat_lon.any():
        return bool(as_lat_lon.any())
    if order == "lon":
        return False
    name = plain(column)
    said = re.search(r"(lat).*l(?:on|ng)|l(?:on|ng).*lat", name)
    if said is None and np.isfinite(first).any() and (first[np.isfinite(first)] != 0).any():
        row = int(np.flatnonzero(np.isfinite(first))[0])
        shown = repr(reading.table[column].iloc[row])
        reading.add("point_order_unknown", value=shown, where=reading.rows[row], name=column, shown=shown)
    return said is None or said[1] is not None


def _in_france(lon: np.ndarray, lat: np.ndarray) -> np.ndarray:
    boxes = (FRANCE_LONLAT, *OVERSEAS)
    inside = [(lon >= west) & (lon <= east) & (lat >= south) & (lat <= north) for west, south, east, north in boxes]
    return np.asarray(np.any(inside, axis=0))
