"""Whether a GeoJSON is whole and opens nothing else, before GDAL reads it, which leaves out what it cannot read."""

import json
import re
from pathlib import Path
from typing import Any

from pyproj import CRS
from pyproj.exceptions import CRSError

from accessmap.errors import SourceError
from accessmap.read.raw import not_json, refusal
from accessmap.words.notes import Aside, Note


def check_geojson(path: Path) -> None:
    """Refuse a GeoJSON that GDAL would read otherwise than it stands.

    A CRS that is a link or the path of a file would be fetched, or opened; a feature that is none would be left out;
    of a key that stands twice one would be taken.

    Raises
    ------
    SourceError
        With the place.
    """
    content = path.read_bytes()
    _check_links(path.name, content)
    _check_features(path.name, content)


def why_not_geojson(path: Path) -> Note:
    """Return why a file is no GeoJSON that GDAL reads."""
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        return not_json(error)
    kind = content.get("type") if isinstance(content, dict) else type(content).__name__
    return Note("no_feature_collection", kind=repr(kind))


# A CRS that GDAL would fetch or open: anything but a name of the registers.
NAMED_CRS = re.compile(
    r"(urn:(x-)?ogc:def:crs:|https?://(www\.)?opengis\.net/(def|gml)/|EPSG:|OGC:|CRS:?84)[^\s]*", re.IGNORECASE
)
CRS_KEY = re.compile(rb'"crs"\s*:\s*')
ASCII_ESCAPE = re.compile(rb"\\u00([2-7][0-9a-fA-F])")


def _check_links(name: str, content: bytes) -> None:
    if b"\\u00" in content:  # "\\u0063rs" is "crs" too
        content = ASCII_ESCAPE.sub(lambda match: bytes([int(match[1], 16)]), content)
    for found in CRS_KEY.finditer(content):
        text = content[found.end() : found.end() + 2000].decode("utf-8", errors="replace")
        if not text.startswith("{"):
            continue
        try:
            crs, _ = json.JSONDecoder().raw_decode(text)
        except (ValueError, RecursionError):
            crs = {"type": "unreadable"}
        inside = crs.get("properties")
        said = inside.get("name") if isinstance(inside, dict) else None
        code = inside.get("code") if isinstance(inside, dict) else None
        known = isinstance(said, str) and NAMED_CRS.fullmatch(said) and crs.get("type") == "name"
        if not known and not (crs.get("type") == "EPSG" and str(code).isdigit()):
            raise refusal(name, "geojson_linked_crs", value=str(crs)[:80])
        if not _is_known(str(said if known else f"EPSG:{code}")):
            raise refusal(name, "geojson_unknown_crs", value=str(said if known else code)[:80])


def _is_known(crs: str) -> bool:
    """Return whether a name of the registers is that of a CRS: GDAL takes one it does not know for degrees."""
    if re.search(r"CRS:?84$", crs, re.IGNORECASE):
        return True
    epsg = re.search(r"EPSG\D.*?(\d+)$", crs, re.IGNORECASE)  # urn:…:EPSG::2154, …/epsg.xml#4326
    try:
        CRS.from_user_input(f"EPSG:{epsg[1]}" if epsg else crs)
    except CRSError:
        return False
    return True


def _check_features(name: str, content: bytes) -> None:
    try:
        text = content.decode("utf-8-sig")
        at = _after(text, 0, "{[")
        if text[at - 1] == "{":
            _walk(text, at)
    except SourceError:
        raise
    except (ValueError, IndexError, RecursionError) as error:
        what = not_json(error)
        raise refusal(name, "file_unreadable", kind="GeoJSON", error=Aside.of(what)) from error
    except _FeatureError as error:
        raise refusal(name, "geojson_feature", value=error.n, n=error.n, error=Aside.of(error.why)) from error


class _FeatureError(Exception):
    def __init__(self, n: int, why: str) -> None:
        self.n, self.why = n, why
        super().__init__(why)


def _walk(text: str, at: int) -> None:
    """Read the keys of a whole file, and its features one by one, from the place behind its first brace."""
    keys: set[str] = set()
    while text[(at := _after(text, at, '"}')) - 1] != "}":
        key, at = JSON.raw_decode(text, at - 1)
        if key in keys:
            raise ValueError(f"{key!r} twice")
        keys.add(key)
        at = _after(text, at, ":")
        start = _after(text, at, "")
        if key == "features" and text[start] == "[":
            at = _walk_features(text, start + 1)
        else:
            _, at = JSON.raw_decode(text, start)
        if text[_after(text, at, ",}") - 1] == ",":
            at = _after(text, at, ",")
    if text[at:].strip("\0 \t\r\n\x1a"):
        raise ValueError("more stands after its end")


def _walk_features(text: str, at: int) -> int:
    number = 0
    while text[at := _after(text, at, "")] != "]":
        number += 1
        try:
            feature, at = JSON.raw_decode(text, at)
        except json.JSONDecodeError:
            raise
        except ValueError as error:
            raise _FeatureError(number, str(error)) from error
        if not isinstance(feature, dict) or feature.get("type") != "Feature":
            raise _FeatureError(number, repr(feature.get("type") if isinstance(feature, dict) else feature)[:80])
        if not isinstance(feature.get("properties", {}), dict | None):
            raise _FeatureError(number, "properties")
        if text[_after(text, at, ",]") - 1] == ",":
            at = _after(text, at, ",")
    return at + 1


def _after(text: str, at: int, wanted: str) -> int:
    """The place after blanks and one of these characters; where none is wanted, that of the next character."""
    blank = BLANKS.match(text, at)
    at = blank.end() if blank else at
    if not wanted:
        return at
    if text[at] not in wanted:
        raise ValueError(f"{text[at]!r} at character {at}")
    return at + 1


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError(f"{next(key for n, (key, _) in enumerate(pairs) if key in dict(pairs[:n]))!r} twice")
    return found


BLANKS = re.compile(r"[ \t\r\n]*")
JSON = json.JSONDecoder(object_pairs_hook=_once, strict=False)
