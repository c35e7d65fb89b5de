"""Services from an OpenStreetMap file, by the tags of each category (presets/osm_tags.csv)."""

import csv
import gzip
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple
from xml.parsers.expat import ExpatError, ParserCreate

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.categories import CATEGORIES
from accessmap.files import check_input, is_input
from accessmap.read.columns import as_text
from accessmap.read.dating import dated, day_of
from accessmap.read.files import Tabular
from accessmap.read.opening_hours import readable_hours
from accessmap.read.raw import RawTable, RowNames, first_line, refusal
from accessmap.words import words as labels
from accessmap.words.near import near_names
from accessmap.words.notes import Aside, Metres, Note

# wheelchair=limited means that some rooms, or a step, are out of reach (wiki.openstreetmap.org/wiki/Key:wheelchair).
STEP_FREE = {"yes": "yes", "designated": "yes", "no": "no"}
GONE = ("disused", "abandoned", "demolished", "razed", "construction", "proposed", "removed", "vacant")
IDS = {"ref:FR:FINESS": "finess", "ref:UAI": "uai", "ref:FR:SIRET": "siret"}
UNREADABLE = (RuntimeError, ValueError, KeyError, OSError, EOFError, zlib.error, ExpatError)
SAME_METRES = 100.0
DEGREE_METRES = 111_320.0  # of latitude


class Rule(NamedTuple):
    """Tags that make an object a site of a category, and those of which it must have none."""

    category: str
    tags: tuple[tuple[str, str], ...]
    without: tuple[tuple[str, str], ...]


def is_osm(path: Tabular) -> bool:
    """Whether a path is a file of OpenStreetMap, by what it begins with: PBF, or XML packed with gzip or not.

    >>> is_osm("nothing.osm.pbf")
    False
    """
    if isinstance(path, pd.DataFrame) or not is_input(path):
        return False
    with Path(path).open("rb") as file:
        start = file.read(4096)
    if start.startswith(b"\x1f\x8b"):
        try:
            with gzip.open(path) as packed:
                start = packed.read(4096)
        except (OSError, EOFError, zlib.error):
            return False
    return start[4:].lstrip(b"\n\t").startswith(b"OSMHeader") or b"<osm " in start or b"<osm>" in start


@cache
def rules() -> tuple[Rule, ...]:
    """Return the rules by which tags tell categories, of all categories.

    >>> next(rule.tags for rule in rules() if rule.category == "pharmacy")
    (('amenity', 'pharmacy'),)
    """
    with (files("accessmap") / "presets" / "osm_tags.csv").open(encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    return tuple(Rule(row["category"], _tags(row["tags"]), _tags(row["without"])) for row in rows)


def _tags(text: str) -> tuple[tuple[str, str], ...]:
    """Pairs of "amenity=police operator=Gendarmerie nationale": a word without = belongs to the value before it."""
    found: list[tuple[str, str]] = []
    for word in text.split():
        key, mark, value = word.partition("=")
        if mark:
            found.append((key, value))
        else:
            found[-1] = (found[-1][0], f"{found[-1][1]} {word}")
    return tuple(found)


def osm_points(path: str | Path, category: str | None) -> RawTable:
    """Return what a file of OpenStreetMap holds of a category, or of all that are known, in the contract's names.

    A node is its place, an area the centroid of it; ids are "node/123", "way/123", "relation/123". What is disused,
    planned or deleted is none. Schools of which no level is told are none of any category, and counted.

    Parameters
    ----------
    path
        .osm.pbf, .osm or .osm.gz.
    category
        One that presets/osm_tags.csv has; None for all of them.

    Raises
    ------
    SourceError
        When the category has no tags here, nothing in the file has them, or the file is damaged.
    """
    path = Path(path)
    check_input(path)
    wanted = _wanted(path.name, category)
    import osmium

    try:
        found = list(_objects(path, wanted))
    except (*UNREADABLE, osmium.InvalidLocationError) as error:
        raise refusal(path.name, "osm_unreadable", error=Aside.of(first_line(error))) from error
    read = _sites(path.name, found, wanted, category)
    return dated(replace(read, vintage=day_of_osm(path)), path.name)


MOST_SCANNED = 20_000_000
"""Bytes of a file whose objects are all looked at for the newest, where its header has no day."""


def day_of_osm(path: Path) -> str:
    """Return the day of which a file is: as its header says, else that of its newest object; "" of neither."""
    import osmium

    with osmium.io.Reader(str(path)) as reader:
        header = reader.header()
    said = day_of(header.get("osmosis_replication_timestamp") or header.get("timestamp"), whole=True)
    if said or path.stat().st_size > MOST_SCANNED:
        return said
    objects: Iterable[Any] = osmium.FileProcessor(str(path))
    newest = max((each.timestamp for each in objects), default=None)
    return "" if newest is None or newest.year <= FIRST_YEAR else day_of(newest.date().isoformat(), whole=True)


FIRST_YEAR = 2004  # of OpenStreetMap: an object without a timestamp says 1970


ELEMENT = r"(node|way|relation)/\d+"


def as_elements(raw: RawTable) -> RawTable | None:
    """Return a table of elements of OpenStreetMap, as overpass turbo and QuickOSM write them too; None of another.

    >>> row = {"id": "node/1", "@id": "node/1", "amenity": "pharmacy"}
    >>> as_elements(RawTable("export.geojson", pd.DataFrame([row]))).table.columns.tolist()
    ['osm_id', 'amenity', 'osm_type']
    """
    table = raw.table
    if "osm_id" in table and "osm_type" in table:
        return raw
    if "@id" not in table or not as_text(table["@id"]).str.fullmatch(ELEMENT).all():
        return None
    beside = [name for name in table.columns if name == "id" or str(name).startswith("@")]
    told = table.drop(columns=[name for name in beside if name != "@id"]).rename(columns={"@id": "osm_id"})
    return replace(raw, table=told.assign(osm_type=told["osm_id"].str.partition("/")[0]))


def overpass_points(raw: RawTable, category: str | None) -> RawTable:
    """Return what Overpass answered of a category, or of all that are known, as `osm_points` does of a file.

    Parameters
    ----------
    raw
        A row an element: `osm_id`, its tags and its place.
    category
        As for `osm_points`.

    Raises
    ------
    SourceError
        As `osm_points`.

    Examples
    --------
    >>> row = {"osm_id": "node/1", "osm_type": "node", "amenity": "pharmacy", "name": "A"}
    >>> table = gpd.GeoDataFrame([row, row | {"amenity": "bank"}], geometry=[shapely.Point(3, 49)] * 2, crs=4326)
    >>> overpass_points(RawTable("o.json", table), "pharmacy").table["name"].tolist()
    ['A']
    """
    wanted = _wanted(raw.name, category)
    tags = raw.table.drop(columns=["osm_id", "osm_type", "geometry"], errors="ignore").to_dict("records")
    places = raw.table.geometry.representative_point() if isinstance(raw.table, gpd.GeoDataFrame) else []
    found = [
        (str(number), {str(key): str(value) for key, value in said.items() if not pd.isna(value)}, place)
        for number, said, place in zip(raw.table["osm_id"], tags, places, strict=False)
        if place is not None and not place.is_empty
    ]
    read = _sites(raw.name, found, wanted, category)
    return replace(read, notes=(*raw.notes, *read.notes), form=raw.form, vintage=raw.vintage)


def _wanted(name: str, category: str | None) -> list[Rule]:
    """The rules of a category, or all; refused where there is none."""
    wanted = [rule for rule in rules() if category in (None, rule.category)]
    if not wanted:
        known = list(dict.fromkeys(rule.category for rule in rules()))
        raise refusal(name, "osm_no_tags", value=category, near=near_names(category, known), names=", ".join(known))
    return wanted


def _sites(name: str, found: list[Any], wanted: list[Rule], category: str | None) -> RawTable:
    """The sites that objects with these tags are."""
    rows = [_site(number, kind, tags, place) for number, tags, place in found for kind in _kinds(tags, wanted)]
    if not rows:
        told = " | ".join("+".join(f"{key}={value}" for key, value in rule.tags) for rule in wanted[:6])
        raise refusal(name, "osm_nothing_found", value=category or "", tags=told)
    table = pd.DataFrame(rows)
    if category is None:
        several = table["service_id"].duplicated(keep=False)
        table["service_id"] = table["service_id"].where(~several, table["service_id"] + "-" + table["category"])
    table["hours"], unread = readable_hours(table["hours"])
    raw = RawTable(name, table, RowNames("feature_number", range(1, len(table) + 1)))
    notes = list(_notes(raw, found, wanted, unread))
    return replace(raw, table=table.drop(columns="name_in_file")).told(*notes)


def _notes(raw: RawTable, found: list[Any], wanted: list[Rule], unread: list[str]) -> Iterator[Note]:
    yield raw.note("osm_read", n=len(raw.table))
    limited = sum(tags.get("wheelchair") == "limited" for _, tags, _ in found if any(_kinds(tags, wanted)))
    if limited:
        yield raw.note("osm_limited", n=limited)
    if unread:
        yield raw.note("mednum_hours_unread", n=len(unread), hours=repr(unread[0]))
    schools = sum(tags.get("amenity") == "school" and not any(_kinds(tags, list(rules()))) for _, tags, _ in found)
    if schools:
        yield raw.note("osm_schools_of_no_level", n=schools)
    unnamed = int((raw.table["name_in_file"].isna()).sum())
    if unnamed:
        yield raw.note("osm_unnamed", n=unnamed)
    twice = _close_namesakes(raw.table)
    if twice:
        yield raw.note("osm_namesakes", n=len(twice), ids=", ".join(twice[:5]), metres=Metres.of(SAME_METRES))


def _close_namesakes(table: pd.DataFrame) -> list[str]:
    """Ids of sites of the same name and kind within a hundred metres: the same one, drawn twice, or two doors."""
    named = table.dropna(subset="name_in_file")
    found = []
    for _, group in named.groupby(["category", "name_in_file"]):
        if len(group) > 1:
            east = DEGREE_METRES * np.cos(np.radians(group["lat"].mean()))
            points = np.asarray(gpd.points_from_xy(group["lon"] * east, group["lat"] * DEGREE_METRES))
            near = shapely.STRtree(points).query(points, predicate="dwithin", distance=SAME_METRES)
            found += [str(group["service_id"].iloc[row]) for row, other in near.T if row > other]
    return sorted(set(found))


def _kinds(tags: Mapping[str, str], wanted: list[Rule]) -> list[str]:
    """Categories that tags tell, each once, in the order of the rules."""
    if any(tags.get(word, "no") not in ("no", "0") for word in GONE):
        return []
    found = [
        rule.category
        for rule in wanted
        if all(_has(tags, *pair) for pair in rule.tags) and not any(_has(tags, *pair) for pair in rule.without)
    ]
    return [kind for kind in dict.fromkeys(found) if kind != "general_practitioner" or _is_general(tags)]


def _has(tags: Mapping[str, str], key: str, value: str) -> bool:
    return key in tags and value in [one.strip() for one in tags[key].split(";")]


def _is_general(tags: Mapping[str, str]) -> bool:
    """Whether a doctor's speciality is general practice, or not told."""
    told = tags.get("healthcare:speciality", "general")
    return not {"general", "general_practice", "family_medicine"}.isdisjoint(one.strip() for one in told.split(";"))


def _objects(path: Path, wanted: list[Rule]) -> Iterator[tuple[str, dict[str, str], shapely.Point]]:
    """Id, tags and place of each object that has a tag of the rules: nodes, areas, and lines at their middle."""
    import osmium

    keys = {key for rule in wanted for key, _ in rule.tags}
    deleted = _deleted(path)
    latest: dict[str, tuple[int, dict[str, str], shapely.Point]] = {}
    wkb = osmium.geom.WKBFactory()
    things: Any = osmium.FileProcessor(str(path)).with_areas(osmium.filter.KeyFilter(*keys))
    for thing in things.with_filter(osmium.filter.KeyFilter(*keys)):
        tags = {tag.k: tag.v for tag in thing.tags}
        if not any(_has(tags, *pair) for rule in wanted for pair in rule.tags[:1]):
            continue
        number, place = _placed(thing, wkb)
        if place is not None and thing.visible and latest.get(number, (-1,))[0] <= thing.version:
            latest[number] = thing.version, tags, place
    for number, (_, tags, place) in latest.items():
        if number not in deleted:
            yield number, tags, place


def _deleted(path: Path) -> set[str]:
    """Ids of what an editor has marked as deleted (`action="delete"` of JOSM), which osmium does not tell."""
    with path.open("rb") as file:
        start = file.read(64)
    if b"OSMHeader" in start:
        return set()
    found: set[str] = set()

    def begin(name: str, attributes: dict[str, str]) -> None:
        if attributes.get("action") == "delete":
            found.add(f"{name}/{attributes.get('id')}")

    parser = ParserCreate()
    parser.StartElementHandler = begin
    with gzip.open(path) if start.startswith(b"\x1f\x8b") else path.open("rb") as text:
        parser.ParseFile(text)
    return found


def _placed(thing: Any, wkb: Any) -> tuple[str, shapely.Point | None]:
    """An object's id and place; none for what is an area too, or has no nodes in the file."""
    import osmium

    if thing.is_node():
        return f"node/{thing.id}", shapely.Point(thing.lon, thing.lat) if thing.location.valid() else None
    if thing.is_area():
        kind = "way" if thing.from_way() else "relation"
        return f"{kind}/{thing.orig_id()}", shapely.from_wkb(bytes.fromhex(wkb.create_multipolygon(thing))).centroid
    if thing.is_way() and not thing.is_closed():
        try:
            line = [(node.lon, node.lat) for node in thing.nodes]
        except osmium.InvalidLocationError:
            return "", None
        if len(line) > 1:
            return f"way/{thing.id}", shapely.LineString(line).interpolate(0.5, normalized=True)
    return "", None


def _site(number: str, kind: str, tags: Mapping[str, str], place: shapely.Point) -> dict[str, Any]:
    name = next((tags[key] for key in ("name:fr", "name", "official_name", "brand", "operator") if key in tags), None)
    word = labels.category(kind).fr
    return {
        "service_id": number,
        "name": name or f"{word} ({number})",
        "category": kind,
        "category_label": None if kind in CATEGORIES else word.upper(),
        "capacity": _whole(tags.get("capacity" if kind == "charging_station" else "beds")),
        "hours": tags.get("opening_hours"),
        "step_free": STEP_FREE.get(tags.get("wheelchair", ""), "unknown"),
        "lon": place.x,
        "lat": place.y,
        "source": "OpenStreetMap",
        "name_in_file": name,
        **{column: tags.get(key) for key, column in IDS.items()},
    }


def _whole(text: str | None) -> int | None:
    return int(text) if text is not None and text.isdecimal() else None
