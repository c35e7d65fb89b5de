"""Roads of a place fetched from OpenStreetMap through an Overpass server, once, and kept on disk."""

import hashlib
import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from accessmap.errors import NetworkError, SourceError
from accessmap.files import cache_folder, write_whole
from accessmap.roads import speeds
from accessmap.roads.readers.osm import read_osm
from accessmap.roads.readers.tables import RoadTables, clip_polygon

__all__ = ["ENDPOINT", "fetch_roads"]

ENDPOINT = "https://overpass-api.de/api/interpreter"
ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 5.0  # doubled after each failure
AGENT = "accessmap (https://wiki.openstreetmap.org/wiki/Overpass_API)"
SIMPLER_BY = 0.002  # of the place's extent: Overpass refuses outlines of many thousand points
# Answers of a busy server, worth asking again: too many requests, and gateways.
BUSY = {429, 502, 503, 504}


def fetch_roads(
    area: Any,
    *,
    mode: str = "car",
    buffer_metres: float = 0.0,
    country: str | None = None,
    cache: str | Path | None = None,
    endpoint: str = ENDPOINT,
    timeout_seconds: float = 180.0,
    pause_seconds: float = FIRST_PAUSE_SECONDS,
) -> RoadTables:
    """Return the roads of a place as OpenStreetMap has them now, or had them when they were first fetched.

    The answer is kept as an .osm file, so that the same place is asked for once; delete the file to ask again. It is
    then read by `read_osm`, with all its tags and every node.

    Parameters
    ----------
    area
        (west, south, east, north) in degrees, a shapely polygon in degrees, a GeoSeries or GeoDataFrame in any CRS, or
        the name of a place ("Chauny, France"), which needs the extra `accessmap[osm]`.
    mode
        "car", "bike" or "walk".
    buffer_metres
        Widen `area` by so many metres.
    country
        As in `read_osm`.
    cache
        Folder of the answers; by default `accessmap` in the user's cache folder.
    endpoint
        Address of the Overpass server.
    timeout_seconds
        For each attempt.
    pause_seconds
        Before the second attempt; twice as long before each further one.

    Raises
    ------
    SourceError
        If the server cannot be reached or does not answer, after four attempts: with what to do offline.
    NetworkError
        If the mode or the place is wrong, or the place has no roads for the mode.

    Examples
    --------
    >>> fetch_roads((3.19, 49.60, 3.24, 49.63), endpoint="ftp://example.org")
    Traceback (most recent call last):
    accessmap.errors.NetworkError: endpoint 'ftp://example.org': give an http or https address of an Overpass server.
    """
    speeds.check_mode(mode)
    if urllib.parse.urlsplit(endpoint).scheme not in {"http", "https"}:
        raise NetworkError(f"endpoint {endpoint!r}: give an http or https address of an Overpass server.")
    place = clip_polygon(_named(area) if isinstance(area, str) else area, buffer_metres=buffer_metres)
    query = _query(place, timeout_seconds)
    folder = Path(cache) if cache is not None else cache_folder()
    path = folder / f"overpass-{hashlib.sha256(query.encode()).hexdigest()[:20]}.osm"
    if not path.is_file():
        write_whole(_answer(endpoint, query, timeout_seconds, pause_seconds), path)
    return read_osm(path, mode=mode, clip=place, country=country)


def _named(name: str) -> Any:
    try:
        import osmnx
    except ImportError as error:
        raise NetworkError(f"place {name!r}: naming a place needs osmnx: pip install 'accessmap[osm]'.") from error
    try:
        return osmnx.geocode_to_gdf(name)
    except (OSError, TypeError, ValueError, osmnx._errors.InsufficientResponseError) as error:
        raise SourceError(
            f"place {name!r}: not found, or its server cannot be reached ({error}): check the name, or give a polygon."
        ) from error


def _query(place: Any, timeout_seconds: float) -> str:
    """Overpass QL for the ways that `read_osm` uses, whole, with their nodes."""
    west, south, east, north = place.bounds
    outline = place.simplify(max(east - west, north - south) * SIMPLER_BY)
    polygons = getattr(outline, "geoms", [outline])
    wanted: list[str] = []
    for polygon in polygons:
        around = " ".join(f"{y:.6f} {x:.6f}" for x, y in polygon.exterior.coords)
        keys = ('"highway"', '"route"="ferry"', '"landuse"="residential"')
        wanted.extend(f'way[{key}](poly:"{around}");' for key in keys)
    return f"[out:xml][timeout:{timeout_seconds:.0f}];({''.join(wanted)});(._;>;);out meta;"


def _answer(endpoint: str, query: str, timeout_seconds: float, pause_seconds: float) -> bytes:
    """What the server answers, asked again while it is busy or cannot be reached."""
    failure = ""
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause_seconds * 2 ** (attempt - 1))
        try:
            return _asked(endpoint, query, timeout_seconds)
        except urllib.error.HTTPError as error:
            failure = f"HTTP {error.code} {error.reason}"
            error.close()
            if error.code not in BUSY:
                break
        except _IncompleteError as error:
            failure = str(error)
        except (OSError, http.client.HTTPException) as error:  # no route, no name, refused, timed out, cut short
            failure = str(getattr(error, "reason", error)) or type(error).__name__
    raise SourceError(
        f"{endpoint}: no roads could be fetched ({failure}). Without the internet, download an extract beforehand "
        "(such as download.geofabrik.de) and read it with read_osm, or try again later if the server is busy."
    )


class _IncompleteError(Exception):
    """The server answered, but not with the whole of what was asked."""


def _asked(endpoint: str, query: str, timeout_seconds: float) -> bytes:
    data = urllib.parse.urlencode({"data": query}).encode()
    request = urllib.request.Request(endpoint, data, {"User-Agent": AGENT})  # noqa: S310 - scheme checked by the caller
    with urllib.request.urlopen(request, timeout=timeout_seconds + 10) as response:  # noqa: S310 - same
        body: bytes = response.read()
    if b"<osm" not in body[:1000]:
        raise _IncompleteError(f"not an OpenStreetMap answer: {body[:80].decode(errors='replace')!r}")
    # Overpass says in a remark, with status 200, that it ran out of time or memory.
    if b"<remark>" in body and b"error" in body[body.index(b"<remark>") :][:300]:
        start = body.index(b"<remark>") + len(b"<remark>")
        raise _IncompleteError(body[start:][:200].split(b"</remark>")[0].decode(errors="replace").strip())
    if not body.rstrip().endswith(b"</osm>"):
        raise _IncompleteError("the answer is cut short")
    return body
