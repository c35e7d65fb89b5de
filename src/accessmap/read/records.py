"""JSON that is no GeoJSON: lists of records, as portals and APIs answer them, and what Overpass finds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from accessmap.read.delimited import cell_text, check_header
from accessmap.read.geojson import JSON
from accessmap.read.private import is_private_name
from accessmap.read.raw import Form, RawTable, RowNames, first_line, not_json, refusal
from accessmap.words.notes import Aside, Note

LISTS = (
    "results",
    "records",
    "data",
    "service",
    "services",
    "features",
    "items",
    "rows",
    "value",
    "hits",
    "datas",
    "pmej",
)
POINT_KEYS = ({"lon", "lat"}, {"lng", "lat"}, {"longitude", "latitude"}, {"type", "coordinates"})
GEOJSON = (
    "FeatureCollection",
    "Feature",
    "GeometryCollection",
    "Point",
    "MultiPoint",
    "LineString",
    "Polygon",
    "MultiLineString",
)
DEEP = 6  # keys in keys
# Of the JSON of activities of FINESS+ (schema-activites-v1.json of ansforge/finess), whose establishments are numbers.
FINESS_ACTIVITIES = {"numFiness", "activitesAutorisees"}


def read_json_records(path: Path, parsed: Any = None) -> RawTable:
    """Return the records of a JSON as a table, their nested keys joined by a point; keys that name people left out.

    Parameters
    ----------
    path
        Of a list of records, of an object that holds one (`results`, `records` with `fields` as in Opendatasoft's first
        API, …), of one record a line, or of Overpass's `elements`.
    parsed
        What it holds, where that is known.

    Raises
    ------
    SourceError
        Where it is no such JSON.
    """
    content = load_json(path) if parsed is None else parsed
    elements = content.get("elements") if isinstance(content, dict) else None
    if isinstance(elements, list) and {"version", "osm3s", "generator"} & set(content):
        osm3s = content.get("osm3s")
        return _overpass(path, elements, str(osm3s.get("timestamp_osm_base", "")) if isinstance(osm3s, dict) else "")
    records = _records(path, content)
    dropped: dict[str, int] = {}
    rows = [dict(_flat(record, "", dropped)) for record in records]
    header = list(dict.fromkeys(key for row in rows for key in row))
    check_header(path.name, header)
    if set(header) >= FINESS_ACTIVITIES:
        raise refusal(path.name, "finess_plus_activities")
    table = pd.DataFrame({key: _column([row.get(key) for row in rows]) for key in header})
    if not len(header):
        raise refusal(path.name, "json_no_records", value="{}")
    notes = [Note("records_read", n=len(rows), file=path.name)]
    if dropped:
        notes.append(Note("private_left_out", n=len(dropped), file=path.name, names=", ".join(dropped)))
    table = _with_shapes(path, table)
    return RawTable(path.name, table, RowNames("record_number", range(1, len(rows) + 1)), tuple(notes), Form("JSON"))


def is_geojson(content: Any) -> bool:
    """Return whether a JSON means to be a GeoJSON: it is to be read as such, or refused as such."""
    return isinstance(content, dict) and (content.get("type") in GEOJSON or "features" in content)


def load_json(path: Path) -> Any:
    """Return what a JSON holds, or a list of what each of its lines does; a key that stands twice is refused.

    Raises
    ------
    SourceError
        Where it is not whole.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        try:
            return JSON.decode(text.strip())
        except json.JSONDecodeError as error:
            if error.msg != "Extra data":
                raise
            return [JSON.decode(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError) as error:
        why = not_json(error)
        raise refusal(path.name, "file_unreadable", kind="JSON", error=Aside.of(why)) from error


def _records(path: Path, content: Any) -> list[Mapping[str, Any]]:
    found = content
    if isinstance(content, dict):
        lists = [key for key, value in content.items() if isinstance(value, list) and value and _all_records(value)]
        named = [key for key in LISTS if key in lists]
        keys = lists if len(lists) == 1 else named[:1]
        if not keys:
            raise refusal(path.name, "json_no_records", value=", ".join(map(str, content))[:80])
        found = content[keys[0]]
    if not isinstance(found, list) or not found or not _all_records(found):
        raise refusal(path.name, "json_no_records", value=type(found).__name__)
    if all(isinstance(record.get("fields"), dict) for record in found):  # Opendatasoft, first API
        found = [
            {**({"geometry": record["geometry"]} if "geometry" in record else {}), **record["fields"]}
            for record in found
        ]
    return found


def _all_records(values: Sequence[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _flat(record: Mapping[str, Any], before: str, dropped: dict[str, int], deep: int = 0) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        name = f"{before}{key}"
        if (deep or isinstance(value, dict | list)) and is_private_name(str(key)):
            dropped[name] = dropped.get(name, 0) + 1
        elif isinstance(value, dict) and deep < DEEP and not _is_place(value):
            yield from _flat(value, f"{name}.", dropped, deep + 1)
        elif isinstance(value, dict | list) and not _is_shape(value) and not _is_point(value) and not _is_pair(value):
            yield name, _as_words(_without_private(value, name, dropped))
        else:
            yield name, value


def _is_place(value: Mapping[str, Any]) -> bool:
    return _is_shape(value) or any(keys <= set(value) for keys in POINT_KEYS)


def _is_shape(value: Any) -> bool:
    """Whether a value is a line or an area in GeoJSON, a feature or bare."""
    shape = value.get("geometry") if isinstance(value, dict) and value.get("type") == "Feature" else value
    return isinstance(shape, dict) and shape.get("type") in ("Polygon", "MultiPolygon", "LineString", "MultiLineString")


def _with_shapes(path: Path, table: pd.DataFrame) -> pd.DataFrame:
    """The table with the shapes of its one column of them as its geometry, in degrees."""
    drawn = [name for name in table if len(given := table[name].dropna()) and given.map(_is_shape).all()]
    if not drawn and "geometry" in table and table["geometry"].dropna().map(_is_point).all():
        drawn = ["geometry"]
    if len(drawn) > 1:
        drawn = [name for name in drawn if str(name) != "bbox"]  # what lies around a shape is none of its own
        table = table.drop(columns="bbox", errors="ignore")
    if len(drawn) > 1:
        raise refusal(path.name, "json_several_shapes", value=len(drawn), names=", ".join(map(str, drawn)))
    if not drawn:
        return table
    shapes = [value.get("geometry", value) if isinstance(value, dict) else None for value in table[drawn[0]]]
    try:
        drawn_as = [None if shape is None else shapely.from_geojson(json.dumps(shape)) for shape in shapes]
    except shapely.errors.GEOSException as error:
        raise refusal(path.name, "file_unreadable", kind="JSON", error=Aside.of(first_line(error))) from error
    frame: pd.DataFrame = gpd.GeoDataFrame(table.drop(columns=drawn), geometry=drawn_as, crs="EPSG:4326")
    return frame


def _without_private(value: Any, name: str, dropped: dict[str, int]) -> Any:
    """The same without the keys that name people or how to reach them, at any depth."""
    if isinstance(value, list):
        return [_without_private(one, name, dropped) for one in value]
    if not isinstance(value, dict):
        return value
    for key in value:
        if is_private_name(str(key)):
            dropped[f"{name}.{key}"] = dropped.get(f"{name}.{key}", 0) + 1
    return {key: _without_private(one, name, dropped) for key, one in value.items() if not is_private_name(str(key))}


def _is_point(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") == "Point" and "coordinates" in value


def _is_pair(value: Any) -> bool:
    return isinstance(value, list) and len(value) in (2, 3) and all(type(one) in (int, float) for one in value)


def _as_words(value: Any) -> Any:
    """A list of words as one text, its parts apart by "|"; what holds records stays JSON."""
    if isinstance(value, list) and all(isinstance(one, str | int | float | bool) for one in value):
        return "|".join(str(one) for one in value) or None
    return json.dumps(value, ensure_ascii=False) if value else None


def _column(values: list[Any]) -> pd.Series:
    given = [value for value in values if value is not None and value != ""]
    kinds = {type(value) for value in given}
    if kinds and kinds <= {int, float}:
        if kinds == {int} and all(abs(value) < 2**53 for value in given):
            return pd.Series(values, dtype="int64" if len(given) == len(values) else "float64")
        if all(abs(value) < 2**53 for value in given):
            return pd.Series([None if value == "" else value for value in values], dtype="float64")
    if kinds <= {str}:
        return cell_text(pd.Series(values, dtype="str").fillna(""))
    if kinds <= {str, int, float, bool}:
        return cell_text(pd.Series(["" if value is None else str(value) for value in values], dtype="str"))
    return pd.Series([None if value == "" else value for value in values], dtype=object)


def _overpass(path: Path, elements: list[Any], stamp: str) -> RawTable:
    """What Overpass answers: each node, way and relation with its tags, as a point, line or polygon where it can be."""
    if not elements or not _all_records(elements):
        raise refusal(path.name, "json_no_records", value="elements")
    tagged = [element for element in elements if isinstance(element.get("tags"), dict) and element["tags"]]
    dropped: dict[str, int] = {}
    rows = []
    for element in tagged:
        row = {"osm_id": f"{element.get('type', '')}/{element.get('id', '')}", "osm_type": str(element.get("type", ""))}
        for key, value in element["tags"].items():
            if is_private_name(str(key)):
                dropped[str(key)] = dropped.get(str(key), 0) + 1
            else:
                row[str(key)] = value if isinstance(value, str) else json.dumps(value)
        rows.append(row)
    shapes = [_shape(element) for element in tagged]
    header = list(dict.fromkeys(key for row in rows for key in row))
    check_header(path.name, header)
    table = pd.DataFrame({key: _column([row.get(key) for row in rows]) for key in header})
    notes = [Note("overpass_read", n=len(rows), file=path.name, bare=len(elements) - len(tagged))]
    absent = sum(shape is None for shape in shapes)
    if absent:
        notes.append(Note("overpass_without_place", n=absent, file=path.name))
    if dropped:
        notes.append(Note("private_left_out", n=len(dropped), file=path.name, names=", ".join(dropped)))
    if not rows:
        raise refusal(path.name, "json_no_records", value="elements")
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs="EPSG:4326") if absent < len(rows) else table
    lines = RowNames("record_number", range(1, len(rows) + 1))
    return RawTable(path.name, frame, lines, tuple(notes), Form("JSON"), stamp[:10])


def _shape(element: Mapping[str, Any]) -> shapely.Geometry | None:
    """The place of an element: its own, its line or area (`out geom`), else its middle (`out center`)."""
    try:
        if "lat" in element and "lon" in element:
            return shapely.Point(float(element["lon"]), float(element["lat"]))
        if isinstance(element.get("geometry"), list):
            line = _line(element["geometry"])
            return shapely.Polygon(line) if line is not None and line.is_ring and len(line.coords) > 3 else line
        if isinstance(element.get("members"), list):
            lines = [(one.get("role"), _line(one.get("geometry"))) for one in element["members"]]
            outer = shapely.polygonize([line for role, line in lines if line is not None and role in ("outer", "")])
            inner = shapely.polygonize([line for role, line in lines if line is not None and role == "inner"])
            area = shapely.difference(shapely.union_all(list(outer.geoms)), shapely.union_all(list(inner.geoms)))
            if not area.is_empty:
                return area
        if isinstance(element.get("center"), dict):
            return shapely.Point(float(element["center"]["lon"]), float(element["center"]["lat"]))
    except (KeyError, TypeError, ValueError, shapely.errors.GEOSException):
        return None
    return None


def _line(points: Any) -> shapely.LineString | None:
    if not isinstance(points, list):
        return None
    places = [(float(one["lon"]), float(one["lat"])) for one in points if isinstance(one, dict)]
    return shapely.LineString(places) if len(places) > 1 else None
