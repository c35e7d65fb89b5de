"""Roads of a place fetched from OpenStreetMap through an Overpass server, once, and kept on disk."""

import hashlib
import http.client
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any

from accessmap.errors import NetworkError, Problem, SourceError
from accessmap.files import cache_folder, is_input, write_whole
from accessmap.roads import speeds
from accessmap.roads.readers.osm import read_osm
from accessmap.roads.readers.tables import RoadTables, clip_polygon
from accessmap.words.notes import Aside, Note
from accessmap.words.system import why_failed

ENDPOINT = "https://overpass-api.de/api/interpreter"
ATTEMPTS = 4
FIRST_PAUSE_SECONDS = 5.0  # doubled after each failure
OWN_PAUSE_SECONDS = 1.0  # at a server of one's own
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
    endpoint: str | None = None,
    timeout_seconds: float = 180.0,
    pause_seconds: float | None = None,
) -> RoadTables:
    """Return the roads of a place as OpenStreetMap has them now, or had them when they were first fetched.

    As `RoadNetwork.fetch`. The answer is kept as an .osm file, with every node, all tags and the restrictions on turns,
    so that the same place is asked for once; delete the file to ask again.

    Parameters
    ----------
    timeout_seconds
        For each of four attempts.
    pause_seconds
        Before the second attempt; twice as long before each further one. By default 5 at the public server, and 1 at
        one's own.
    """
    speeds.check_mode(mode)
    server = endpoint or ENDPOINT
    if urllib.parse.urlsplit(server).scheme not in {"http", "https"}:
        raise NetworkError(Problem("roads_endpoint", value=server))
    if pause_seconds is None:
        pause_seconds = FIRST_PAUSE_SECONDS if server == ENDPOINT else OWN_PAUSE_SECONDS
    folder = Path(cache) if cache is not None else cache_folder()
    place = clip_polygon(_named(area, folder) if isinstance(area, str) else area, buffer_metres=buffer_metres)
    query = _query(place, timeout_seconds)
    path = folder / f"overpass-{hashlib.sha256(query.encode()).hexdigest()[:20]}.osm"
    if not is_input(path):
        write_whole(_answer(server, query, timeout_seconds, pause_seconds), path)
    return read_osm(path, mode=mode, clip=place, country=country)


def _named(name: str, folder: Path) -> Any:
    """Return the area of a place, found by OSMnx in the gazetteer of OpenStreetMap, once; it is kept in the folder."""
    import osmnx

    before = osmnx.settings.cache_folder
    osmnx.settings.cache_folder = folder / "places"
    try:
        return osmnx.geocode_to_gdf(name)
    except (OSError, TypeError, ValueError) as error:
        raise SourceError(Problem("roads_place_not_found", value=name, why=Aside.of(str(error)))) from error
    finally:
        osmnx.settings.cache_folder = before


def _query(place: Any, timeout_seconds: float) -> str:
    """Overpass QL for the ways that `read_osm` uses, whole, with their nodes, restrictions of turns, ferry lines."""
    west, south, east, north = place.bounds
    outline = place.simplify(max(east - west, north - south) * SIMPLER_BY)
    polygons = getattr(outline, "geoms", [outline])
    wanted: list[str] = []
    for polygon in polygons:
        around = " ".join(f"{y:.6f} {x:.6f}" for x, y in polygon.exterior.coords)
        keys = ('"highway"', '"route"="ferry"', '"landuse"="residential"')
        wanted.extend(f'way[{key}](poly:"{around}");' for key in keys)
    lines = 'rel(bw.ways)["type"="restriction"];rel(bw.ways)["route"="ferry"];'
    whole = f"(.ways;.ways >;{lines});out meta;"
    return f"[out:xml][timeout:{timeout_seconds:.0f}];({''.join(wanted)})->.ways;{whole}"


def _answer(endpoint: str, query: str, timeout_seconds: float, pause_seconds: float) -> bytes:
    """What the server answers, asked again while it is busy or cannot be reached."""
    failure = Note.plain("")
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause_seconds * 2 ** (attempt - 1))
        try:
            return _asked(endpoint, query, timeout_seconds)
        except urllib.error.HTTPError as error:
            failure = why_failed(error)
            error.close()
            if error.code not in BUSY:
                break
        except _IncompleteError as error:
            failure = error.why
        except (OSError, http.client.HTTPException) as error:  # no route, no name, refused, timed out, cut short
            failure = why_failed(error)
    raise SourceError(Problem("roads_not_fetched", where=endpoint, why=failure))


class _IncompleteError(Exception):
    """The server answered, but not with the whole of what was asked."""

    def __init__(self, why: Note) -> None:
        self.why = why
        super().__init__(why)


def _asked(endpoint: str, query: str, timeout_seconds: float) -> bytes:
    data = urllib.parse.urlencode({"data": query}).encode()
    request = urllib.request.Request(endpoint, data, {"User-Agent": AGENT})  # noqa: S310 - scheme checked by the caller
    with urllib.request.urlopen(request, timeout=timeout_seconds + 10) as response:  # noqa: S310 - same
        body: bytes = response.read()
    if b"<osm" not in body[:1000]:
        raise _IncompleteError(Note("roads_answer_foreign", value=body[:80].decode(errors="replace")))
    # Overpass says in a remark, with status 200, that it ran out of time or memory.
    if b"<remark>" in body and b"error" in body[body.index(b"<remark>") :][:300]:
        start = body.index(b"<remark>") + len(b"<remark>")
        remark = body[start:][:200].split(b"</remark>")[0].decode(errors="replace").strip()
        raise _IncompleteError(Note("roads_answer_error", why=Aside.of(remark)))
    if not body.rstrip().endswith(b"</osm>"):
        raise _IncompleteError(Note("roads_answer_cut_short"))
    return body
