"""Where services stand when their file does not say it, or says it badly: each rule marked in `point_quality`."""

import re
from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from accessmap.read.codes import to_loaded
from accessmap.read.columns import Reading, as_text, says_unknown
from accessmap.read.raw import plain
from accessmap.tables.checks import FLOAT_AS_TEXT, LOST_ZERO, CheckedTable
from accessmap.words.notes import Figure, Listed, Metres, Note

PLACED = frozenset({"placed_at_mairie", "commune", "outside_commune_moved"})
"""Marks of what was placed here, and not by the file."""
# La Poste's "Géocodé au numéro", "… au milieu de la rue", "… au milieu d un îlot", "… au centre de la commune"; the
# Education ministry's "Numéro de rue", "Lieu-dit", "COMMUNE"; the address base's housenumber, street, municipality
QUALITIES = {
    **dict.fromkeys(("commune", "ville", "municipality", "mairie"), "commune"),
    **dict.fromkeys(("numero", "housenumber", "adresse", "plaque"), "address"),
    **dict.fromkeys(("rue", "voie", "ilot", "street", "lieu_dit", "locality"), "street"),
}


def quality_of(text: object) -> str:
    """Return how well a point is known, from what its publisher says; his own word where it is none of those known.

    >>> quality_of("Géocodé au centre de la commune"), quality_of("Numéro de rue"), quality_of("Parfaite")
    ('commune', 'address', 'parfaite')
    """
    said = plain(text)
    return next((ours for mark, ours in QUALITIES.items() if mark in said), said)


OUTSIDE_METRES = 100.0
"""How far outside the commune it names a site may lie and be left there: borders are drawn to about so much."""

HEAD_OFFICE_COMMUNES = 3
"""In how many other communes sites that name one must lie for its code to be taken for that of their head office."""


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
    found = CheckedTable("mairies", mairies)
    if not found.is_table(geographic=True):
        found.raise_if_any()
    by_code = mairies
    if "category" in mairies.columns:
        by_code = by_code[by_code["category"] == "mairie"]
    if "commune" in mairies.columns:
        by_code = by_code.set_index("commune")
    elif mairies.index.name != "code":
        found.add("mairies_without_commune", value="commune")
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
    commune gets the one it lies in, and so do several that all name one commune and lie in others (the code of a head
    office); with `clip`, sites in none of the communes are left out. Each is told.
    """
    places = communes if communes is not None else mairies
    if places is None:
        if "commune" in reading.table.columns:
            put_back_zeros(reading, pd.Index([]))
        return
    if "commune" not in reading.table.columns:
        reading.table = reading.table.assign(commune=None)
    reading.text("commune")
    _forget_names(reading, places.index)
    _refuse_postal(reading)
    # else all of departments 01 to 09 would be left out as sites of other communes
    put_back_zeros(reading, places.index)
    _update_codes(reading, places.index, successors)
    if mairies is not None:
        _place_missing(reading, mairies, "placed_at_mairie", "sites_placed_at_mairie")
    if communes is None:
        return
    _place_missing(reading, communes.geometry.representative_point(), "commune", "sites_placed_inside")
    _forget_head_offices(reading, communes)
    _move_inside(reading, communes, mairies)
    _name_communes(reading, communes)
    if clip:
        _leave_out(reading, communes)


COMMUNE_CODE = re.compile(r"(?:\d[\dABab]\d{3}|\d{4})(?:[.,]0*)?|\d[\dAB]\d{7}|\d[\dAB]\d{3}\b.*")
"""A code of commune, one that a spreadsheet made a number, that of one of its IRIS, or one with a name behind it."""
CORSICAN = re.compile(r"2[ab]\d{3}")
POSTAL = 5
"""How many communes, all with codes that end in 0, are too many to be INSEE's and not postal (1 in 100,000)."""


def _forget_names(reading: Reading, loaded: pd.Index) -> None:
    """Go by the points where the column of communes holds names and no codes; refuse rows that have no other place."""
    codes = reading.table["commune"]
    given = codes.dropna()
    if given.empty:
        return
    like = given.map(lambda code: COMMUNE_CODE.fullmatch(code) is not None) | given.isin(loaded)
    if 2 * like.sum() >= len(given):
        return
    name = reading.sources.get("commune", "commune")
    lost = _absent(reading) & codes.notna().to_numpy()
    if lost.all():
        reading.add("communes_by_name", value=name, example=repr(given.iloc[0]))
        reading.raise_if_any()
    reading.note("communes_not_codes", name=repr(name), example=repr(given.iloc[0]))
    reading.table = reading.table.assign(commune=None, commune_in_file=codes)


def _refuse_postal(reading: Reading) -> None:
    """Refuse codes that can only be postal: a postal code is of several communes, or that of another as INSEE's."""
    codes = reading.table["commune"].dropna()
    whole = codes[codes.str.fullmatch(r"\d{5}")]
    if whole.nunique() >= POSTAL and len(whole) == len(codes) and whole.str.endswith("0").all():
        reading.add("codes_are_postal", value=reading.sources.get("commune", "commune"), example=repr(whole.iloc[0]))
        reading.raise_if_any()


def put_back_zeros(reading: Reading, loaded: pd.Index, column: str = "commune") -> None:
    """Give codes of communes back the zero in front that a spreadsheet took, and drop the decimals it added; say so.

    Parameters
    ----------
    reading
        With its column of codes.
    loaded
        Codes of the communes table, which tell it in any CRS.
    """
    codes = reading.table[column].astype(object)
    if codes.isin(loaded).all():
        return
    reading.unknown(column, codes.map(lambda code: isinstance(code, str) and says_unknown(code)).to_numpy(dtype=bool))
    codes = reading.table[column].astype(object)
    words = codes.where(codes.notna() & ~codes.isin(loaded), "-").astype(str)
    start = words.str.extract(r"^(\d[\dAB]\d{3})(?:\d{4}$|\s*[-–:(/]?\s*\D.*$)")[0]  # of an IRIS, or before a name
    taken = words.where(~start.isin(loaded), start)
    _write_codes(reading, column, words, taken, "codes_taken_out")
    words = taken
    france = isinstance(reading.table, gpd.GeoDataFrame) and reading.table.crs.to_epsg() == 2154
    bare = words.map(_bare)
    lost = bare.map(lambda word: france and LOST_ZERO.fullmatch(word) is not None) | ("0" + bare).isin(loaded)
    _write_codes(reading, column, words, bare.where(~lost, "0" + bare), "codes_put_right")


def _bare(word: str) -> str:
    """Return a code without the decimals that a spreadsheet added, Corsica's letter in capitals."""
    whole = word.replace(",", ".")
    if FLOAT_AS_TEXT.fullmatch(whole):
        return whole.partition(".")[0]
    return word.upper() if CORSICAN.fullmatch(word) else word


def _write_codes(reading: Reading, column: str, words: pd.Series, right: pd.Series, told: str) -> None:
    """Write the codes that are other than they were, and say how many and the first."""
    mended = np.flatnonzero((right != words).to_numpy())
    if len(mended):
        pair = Note("value_for", value=repr(words.iloc[mended[0]]), right=repr(right.iloc[mended[0]]))
        shown = reading.valued(mended[0], pair)
        codes = reading.table[column].astype(object).where((right == words).to_numpy(), right)
        reading.table = reading.table.assign(**{column: codes})
        reading.note(told, n=len(mended), name=repr(reading.sources.get(column, column)), row=shown)


def _update_codes(reading: Reading, loaded: pd.Index, successors: Mapping[str, str] | None) -> None:
    codes = reading.table["commune"].astype(object)
    moved = to_loaded(codes, loaded, successors)
    if not moved.changed.any():
        return
    named = ", ".join(sorted(moved.pairs)[:20]) + (", …" if len(moved.pairs) > 20 else "")
    count = Note("count_communes", n=len(moved.pairs))
    reading.note("sites_of_merged", sites=_sites(reading, moved.changed), communes=count, pairs=named)
    reading.table = reading.table.assign(commune=moved.codes, commune_in_file=codes)


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


def _place_missing(reading: Reading, points: gpd.GeoSeries, quality: str, told: str) -> None:
    codes = reading.table["commune"]
    rows = _absent(reading) & codes.isin(points.index).to_numpy()
    if rows.any():
        _set_points(reading, rows, points.loc[codes[rows]].to_numpy(), quality)
        reading.note(told, sites=_sites(reading, rows), rows=_named(reading, rows))


def _forget_head_offices(reading: Reading, communes: gpd.GeoDataFrame) -> None:
    """Go by their points where most sites that name one commune lie in several others: its code is of a head office."""
    codes = as_text(reading.table["commune"])
    where = np.flatnonzero(codes.isin(communes.index).to_numpy() & ~_absent(reading))
    points = reading.table.geometry.to_numpy()[where]
    away = shapely.distance(points, communes.geometry.loc[codes.iloc[where]].to_numpy()) > OUTSIDE_METRES
    who, zone = communes.sindex.query(points[away], predicate="intersects")
    found = pd.DataFrame({"row": where[away][who], "in": communes.index[zone]}).drop_duplicates("row")
    found["named"] = codes.iloc[found["row"]].to_numpy()
    for code, rows in found.groupby("named"):
        if rows["in"].nunique() >= HEAD_OFFICE_COMMUNES and 2 * len(rows) > (codes == code).sum():
            chosen = np.zeros(len(codes), dtype=bool)
            chosen[rows["row"]] = True
            rows_told = _named(reading, chosen)
            reading.note("sites_of_head_office", sites=_sites(reading, chosen), rows=rows_told, code=str(code))
            reading.table = reading.table.assign(commune=reading.table["commune"].where(~chosen, None))


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
    listed = Listed.of(
        [
            reading.valued(row, Note("km_outside", km=Figure.of(round(moved[row] / 1000, 1), digits=1)))
            for row in far[:20]
        ]
    )
    reading.note(
        "sites_moved_to_centroid" if mairies is None else "sites_moved_to_mairie",
        sites=_sites(reading, rows),
        metres=Metres.of(OUTSIDE_METRES),
        rows=listed,
        more=", …" if len(far) > 20 else "",
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
        told = np.zeros(len(codes), dtype=bool)
        told[found.index] = True
        reading.note("sites_commune_told", sites=_sites(reading, told))


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
        reading.add("no_service_in_communes")
        reading.raise_if_any()  # what else is wrong with rows of another place does not matter
    unplaced = int((_absent(reading) & ~kept).sum())
    also = Note("unplaced_among_them", count=unplaced) if unplaced else ""
    reading.note("sites_left_out", sites=_sites(reading, ~kept), also=also)
    reading.keep(kept)


def _sites(reading: Reading, rows: np.ndarray) -> Note:
    """So many services, or schools."""
    return Note("count_schools" if reading.name == "schools" else "count_services", n=int(rows.sum()))


def _named(reading: Reading, rows: np.ndarray) -> Listed:
    where = rows.nonzero()[0]
    shown = where[:20] if len(where) <= 20 else where[:5]
    return Listed.of([reading.rows[row] for row in shown], more=len(where) - len(shown))
