"""What is wrong with where a table lies: CRS, geometry, and the usual mistakes with coordinates."""

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from accessmap.findings import Findings

METRIC_CRS = "EPSG:2154"
"""RGF93 v1 / Lambert-93, in metres: the legal projection of metropolitan France (decree 2000-1276, amended in 2019)."""

# Around metropolitan France, lon/lat. Lambert-93's distortion depends on latitude alone (its standard parallels are 44
# and 49 degrees), so a place across the border but between these latitudes is measured as well as one inside.
FRANCE_LONLAT = (-5.5, 41.0, 10.0, 51.5)
# The area of use of EPSG:2154 (EPSG register: 9.86 W to 10.38 E, 41.15 N to 51.56 N) in its metres, rounded outwards.
FRANCE_METRES = (-400_000.0, 6_000_000.0, 1_300_000.0, 7_250_000.0)
# Nearer the origin than this Lambert-93 has only open sea: a table that lies there whole is a plan of its
# own, as in examples, and is let through.
OWN_PLAN_METRES = 1_000_000.0
EARTH_METRES = 20_100_000.0  # half the circumference: no metric coordinate is larger


def check_places(found: Findings, types: Sequence[str], words: str) -> None:
    """Add what is wrong with the CRS and the geometry of the table in `found`."""
    table: gpd.GeoDataFrame = found.table
    geometry = table.geometry.to_numpy()
    if table.active_geometry_name != "geometry":
        found.add(f"The geometry column is named {table.active_geometry_name!r}: call rename_geometry('geometry').")
    null, empty = shapely.is_missing(geometry), shapely.is_empty(geometry)
    remedy = "give it, or leave the row out and say so"
    if found.name == "services":
        remedy = f"place the site in its commune (read_services does it with communes=…), {remedy}"
    found.flag(null, "'geometry' is missing", remedy)
    found.flag(empty, "'geometry' is empty", remedy)
    usable = ~null & ~empty
    kinds = table.geometry.geom_type.to_numpy()
    wrong = usable & ~np.isin(kinds, list(types))
    remedy = f"{words} are wanted" + (": use representative_point()" if words == "points" else "")
    found.flag(wrong, "'geometry' is of the wrong type", remedy, lambda row: kinds[row])
    bounds = shapely.bounds(geometry)
    finite = np.isfinite(bounds).all(axis=1)
    found.flag(
        usable & ~finite,
        "'geometry' has coordinates that are not finite",
        "correct them",
        lambda row: bounds[row].tolist(),
    )
    invalid = usable & finite & ~wrong & ~shapely.is_valid(geometry)
    found.flag(
        invalid,
        "'geometry' is invalid",
        "mend it with table.geometry.make_valid()",
        lambda row: shapely.is_valid_reason(geometry[row]),
    )
    if check_crs(found):
        check_coordinates(found, bounds, usable & finite)


def check_crs(found: Findings) -> bool:
    """Add what is wrong with the CRS; return whether there is one in metres."""
    crs = found.table.crs
    if crs is None:
        found.add(f"It has no CRS: call set_crs with the CRS of its numbers, then to_crs('{METRIC_CRS}').")
        return False
    if crs.to_epsg() == 2154 or crs.utm_zone is not None:
        return True
    name = ":".join(crs.to_authority() or (crs.name,))
    code = 2154
    why = "" if crs.is_geographic else " and does not measure true metres here"
    found.add(f"CRS is {name}{why}: call to_crs({code}), or outside France to_crs(accessmap.tables.metric_crs(table)).")
    return False


def check_coordinates(found: Findings, bounds: NDArray[np.float64], usable: NDArray[np.bool_]) -> None:
    """Add what is wrong with metric coordinates: degrees, x and y swapped, off the Earth or outside the projection."""
    if not usable.any():
        return
    name = ":".join(found.table.crs.to_authority() or (found.table.crs.name,))
    x, y = (bounds[:, 0] + bounds[:, 2]) / 2, (bounds[:, 1] + bounds[:, 3]) / 2

    def at(row: int) -> str:
        return f"x={x[row]:.10g}, y={y[row]:.10g}"

    degrees = usable & (np.abs(x) <= 180) & (np.abs(y) <= 90)
    # whole numbers near zero are the plan of an example; degrees never come as whole numbers only
    if degrees[usable].all() and (bounds[usable] % 1 != 0).any():
        remedy = f"call set_crs(4326, allow_override=True).to_crs('{METRIC_CRS}')"
        found.flag(degrees, f"'geometry' holds degrees labelled {name}", remedy, at)
        return
    off = usable & ((np.abs(x) > EARTH_METRES) | (np.abs(y) > EARTH_METRES))
    found.flag(off, "'geometry' lies off the Earth", f"correct the coordinates or the CRS ({name})", at)
    if not found.in_france:
        return
    west, south, east, north = FRANCE_METRES
    if ((np.abs(x) < OWN_PLAN_METRES) & (np.abs(y) < OWN_PLAN_METRES))[usable].all():
        return
    outside = usable & ~off & ((x < west) | (x > east) | (y < south) | (y > north))
    swapped = outside & (y >= west) & (y <= east) & (x >= south) & (x <= north)
    found.flag(
        swapped, "'geometry' has x and y swapped", "exchange them (in Lambert-93, y is the number near 6,900,000)", at
    )
    remedy = "correct the coordinates or the CRS; overseas, use to_crs(accessmap.tables.metric_crs(table))"
    found.flag(outside & ~swapped, f"'geometry' lies outside metropolitan France, where {name} is used", remedy, at)


def same_crs(found: Findings, communes: gpd.GeoDataFrame) -> bool:
    """Add a problem where the table and the communes are in different CRS; return whether they share one."""
    table = found.table
    if table.crs is None or communes.crs is None or table.crs == communes.crs:
        return table.crs is not None and table.crs == communes.crs
    found.add(f"CRS is {table.crs.name} and that of the communes is {communes.crs.name}: call to_crs(communes.crs).")
    return False


def old_communes(found: Findings, communes: gpd.GeoDataFrame) -> None:
    """Add sites that lie inside the communes and carry a code that none of them has."""
    if "commune" not in found.table.columns:
        return
    codes = found.table["commune"]
    unknown = (~codes.isin(communes.index) & codes.notna()).to_numpy()
    points = found.table.geometry.to_numpy()
    unknown = unknown & ~shapely.is_missing(points)
    sites, zones = communes.sindex.query(points[unknown], predicate="intersects")
    at = dict(zip(np.flatnonzero(unknown)[sites].tolist(), zones.tolist(), strict=True))
    inside = np.zeros(len(codes), dtype=bool)
    inside[list(at)] = True
    found.flag(
        inside,
        "'commune' is not a code of the communes table, though the site is inside it",
        "correct it (a commune since merged?)",
        lambda row: f"{codes.iloc[row]!r}, in {communes.index[at[row]]!r}",
    )
