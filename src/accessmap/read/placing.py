"""Where services stand when their file does not say it, or says it badly: each rule marked in `point_quality`."""

from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from types import MappingProxyType

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.read.columns import Reading, as_text
from accessmap.tables.checks import Findings, count

__all__ = ["OUTSIDE_METRES", "current_codes", "merged_communes", "place", "points_of_mairies"]


def merged_communes() -> Mapping[str, str]:
    """Return former code → code of 2026, of all France: merged, delegated and associated communes, arrondissements.

    Notes
    -----
    Source: INSEE, Code officiel géographique 2026, through the npm package @etalab/decoupage-administratif 6.0.0
    (Licence Ouverte). A code in use today is not in it, nor is a commune that was split up.

    Examples
    --------
    >>> merged_communes()["02301"], merged_communes()["75101"]  # Faucoucourt: Anizy-le-Grand; Paris 1er: Paris
    ('02018', '75056')
    """
    return MappingProxyType(_merged())


@cache
def _merged() -> dict[str, str]:
    with (files("accessmap") / "presets" / "merged_communes.csv").open(encoding="utf-8") as stream:
        table = pd.read_csv(stream, dtype=str)
    return dict(zip(table["code"], table["now"], strict=True))


def current_codes(codes: pd.Series, loaded: pd.Index, successors: Mapping[str, str] | None = None) -> pd.Series:
    """Return codes of communes as they are today, where the commune of today is loaded.

    Parameters
    ----------
    codes
        Text, missing where unknown.
    loaded
        Codes of the communes table: one of them is never changed.
    successors
        Former code → code of today, which goes before :func:`merged_communes`.

    Examples
    --------
    >>> current_codes(pd.Series(["02301", "02173", "99999"]), pd.Index(["02018", "02173"])).tolist()
    ['02018', '02173', '99999']
    """
    table = {**_merged(), **(successors or {})}
    today = codes.map(lambda code: table.get(code, code), na_action="ignore")
    return codes.where(codes.isin(loaded) | ~today.isin(loaded), today)


OUTSIDE_METRES = 100.0
"""How far outside the commune it names a site may lie and be left there: borders are drawn to about so much."""


def points_of_mairies(mairies: gpd.GeoDataFrame | None, crs: object) -> gpd.GeoSeries | None:
    """Return the point of each mairie by the code of its commune, the first of several.

    Raises
    ------
    TableError
        When the table names no commune.

    Examples
    --------
    >>> point = gpd.GeoSeries([shapely.Point(714_100, 6_946_100)], crs=2154)
    >>> mairies = gpd.GeoDataFrame({"commune": ["02173"], "category": ["mairie"]}, geometry=point)
    >>> points_of_mairies(mairies, 2154)["02173"].wkt
    'POINT (714100 6946100)'
    """
    if mairies is None:
        return None
    found = Findings("mairies", mairies, None)
    if not found.is_table(geographic=True):
        found.raise_if_any()
    by_code = mairies
    if "category" in mairies.columns:
        by_code = by_code[by_code["category"] == "mairie"]
    if "commune" in mairies.columns:
        by_code = by_code.set_index("commune")
    elif mairies.index.name != "code":
        found.add("'commune' is missing: give read_services('mairies…', category='mairie'), or index it by 'code'.")
        found.raise_if_any()
    points = by_code.geometry
    return points[~points.index.duplicated() & points.notna().to_numpy()].to_crs(crs)


def place(
    reading: Reading,
    communes: gpd.GeoDataFrame | None,
    mairies: gpd.GeoSeries | None,
    *,
    clip: bool,
    successors: Mapping[str, str] | None,
) -> None:
    """Place what has no point, move what lies outside its commune, name communes, leave out what is beyond.

    In this order: codes of communes since merged become those of today; a site without a point goes to the mairie of
    its commune ("placed_at_mairie"), else inside its commune ("commune"); a site more than `OUTSIDE_METRES` outside the
    commune it names goes to that mairie, else to the commune's centroid ("outside_commune_moved"); a site that names no
    commune gets the one it lies in; with `clip`, sites in none of the communes are left out. Each is told.
    """
    places = communes if communes is not None else mairies
    if places is None:
        return
    if "commune" not in reading.table.columns:
        reading.table = reading.table.assign(commune=None)
    reading.text("commune")
    _update_codes(reading, places.index, successors)
    if mairies is not None:
        _place_missing(reading, mairies, "placed_at_mairie", "at the mairie of")
    if communes is None:
        return
    _place_missing(reading, communes.geometry.representative_point(), "commune", "inside")
    _move_inside(reading, communes, mairies)
    _name_communes(reading, communes)
    if clip:
        _leave_out(reading, communes)


def _update_codes(reading: Reading, loaded: pd.Index, successors: Mapping[str, str] | None) -> None:
    codes = reading.table["commune"].astype(object)
    today = current_codes(codes, loaded, successors)
    changed = (codes != today).to_numpy() & codes.notna().to_numpy()
    if not changed.any():
        return
    pairs = sorted(set(zip(codes[changed], today[changed], strict=True)))
    named = ", ".join(f"{old} → {now}" for old, now in pairs[:20]) + (", …" if len(pairs) > 20 else "")
    reading.notes.append(
        f"{reading.file}: {count(int(changed.sum()), 'service')} of {count(len(pairs), 'commune')} since merged, now "
        f"in the commune of today (its code of then stays in commune_in_file): {named}."
    )
    reading.table = reading.table.assign(commune=today, commune_in_file=codes)


def _set_points(reading: Reading, rows: np.ndarray, points: Sequence[object] | np.ndarray, quality: str) -> None:
    geometry = reading.table.geometry.to_numpy().copy()
    geometry[rows] = points
    table = reading.table
    known = table["point_quality"] if "point_quality" in table.columns else pd.Series("file", index=table.index)
    known = known.astype(object).where(known.notna(), "file")
    table = table.assign(point_quality=known.where(~rows, quality))
    reading.table = table.set_geometry(gpd.GeoSeries(geometry, index=table.index, crs=table.crs))


def _absent(reading: Reading) -> np.ndarray:
    points = reading.table.geometry.to_numpy()
    return np.asarray(shapely.is_missing(points) | shapely.is_empty(points))


def _place_missing(reading: Reading, points: gpd.GeoSeries, quality: str, how: str) -> None:
    codes = reading.table["commune"]
    rows = _absent(reading) & codes.isin(points.index).to_numpy()
    if rows.any():
        _set_points(reading, rows, points.loc[codes[rows]].to_numpy(), quality)
        reading.notes.append(
            f"{reading.file}: {count(int(rows.sum()), 'service')} without a point placed {how} their commune: "
            f"{_named(reading, rows)}."
        )


def _move_inside(reading: Reading, communes: gpd.GeoDataFrame, mairies: gpd.GeoSeries | None) -> None:
    codes = as_text(reading.table["commune"])
    named = codes.isin(communes.index).to_numpy() & ~_absent(reading)
    where = named.nonzero()[0]
    shapes = communes.geometry.loc[codes[named]].to_numpy()
    metres = shapely.distance(reading.table.geometry.to_numpy()[named], shapes)
    far = where[metres > OUTSIDE_METRES]
    if not len(far):
        return
    rows = np.zeros(len(codes), dtype=bool)
    rows[far] = True
    centres = communes.geometry.loc[codes[rows]]
    centroids = centres.centroid.to_numpy()
    inside = shapely.contains(centres.to_numpy(), centroids)
    goals = np.where(inside, centroids, centres.representative_point().to_numpy())
    if mairies is not None:
        at = mairies.reindex(codes[rows]).to_numpy()
        goals = np.where(shapely.is_missing(at), goals, at)
    _set_points(reading, rows, goals, "outside_commune_moved")
    moved = dict(zip(where.tolist(), metres.tolist(), strict=True))
    listed = ", ".join(f"{reading.rows[row]} ({moved[row] / 1000:.1f} km outside)" for row in far[:20])
    goal = "centroid" if mairies is None else "mairie"
    reading.notes.append(
        f"{reading.file}: {count(len(far), 'service')} more than {OUTSIDE_METRES:g} m outside the commune they name, "
        f"moved to its {goal}: {listed}{', …' if len(far) > 20 else ''}."
    )


def _name_communes(reading: Reading, communes: gpd.GeoDataFrame) -> None:
    codes = as_text(reading.table["commune"])
    unsaid = codes.isna().to_numpy() & ~_absent(reading)
    if not unsaid.any():
        return
    who, zone = communes.sindex.query(reading.table.geometry.to_numpy()[unsaid], predicate="intersects")
    found = pd.Series(communes.index[zone], index=unsaid.nonzero()[0][who]).groupby(level=0).min()
    values = codes.to_numpy(copy=True)
    values[found.index] = found.to_numpy()
    reading.table = reading.table.assign(commune=values)
    if len(found):
        reading.notes.append(f"{reading.file}: commune of {count(len(found), 'service')} told by where they are.")


def _leave_out(reading: Reading, communes: gpd.GeoDataFrame) -> None:
    """Keep the sites that name a commune of the table, or lie in one."""
    codes = as_text(reading.table["commune"])
    points = reading.table.geometry.to_numpy()
    inside = np.zeros(len(points), dtype=bool)
    inside[communes.sindex.query(np.where(_absent(reading), None, points), predicate="intersects")[0]] = True
    kept = inside | codes.isin(communes.index).to_numpy()
    if kept.all():
        return
    if not kept.any():
        reading.problems.append(
            "No service is in the communes: the file is of another place, or its coordinates are wrong."
        )
        return
    unplaced = int((_absent(reading) & ~kept).sum())
    told = f", {unplaced} of them without a point" if unplaced else ""
    reading.notes.append(
        f"{reading.file}: {count(int((~kept).sum()), 'service')} in none of the communes left out, as asked{told}."
    )
    reading.keep(kept)


def _named(reading: Reading, rows: np.ndarray) -> str:
    where = rows.nonzero()[0]
    shown = where[:20] if len(where) <= 20 else where[:5]
    more = f" and {len(where) - len(shown)} more" if len(where) > len(shown) else ""
    return ", ".join(reading.rows[row] for row in shown) + more
