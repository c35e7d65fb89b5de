"""In which communes the rows of a table are: by the code that each names, else by its place."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from accessmap.errors import AccessmapError
from accessmap.read.codes import to_loaded
from accessmap.read.columns import COMMUNE_LIKE, Reading, as_text
from accessmap.read.coordinates import with_geometry
from accessmap.read.layouts.known import LAYOUTS, in_layout
from accessmap.read.layouts.registry import layout_of
from accessmap.read.raw import RawTable
from accessmap.read.residents import NAMES as RESIDENTS
from accessmap.read.services import NAMES as SERVICES

DIGITS = (4, 5)  # of the code of a commune, the first of one that lost its zero


def communes_of_rows(raw: RawTable, communes: gpd.GeoDataFrame, kind: str = "services") -> pd.Series | None:
    """Return the code of the commune that each row is in, missing of what is in none; None where nothing tells it.

    Parameters
    ----------
    raw
        As read; of services also as its layout is read.
    communes
        In the contract.
    kind
        One of :data:`~accessmap.read.layouts.registry.KINDS`.

    Examples
    --------
    >>> import shapely
    >>> shape = [shapely.box(700_000, 6_900_000, 710_000, 6_910_000)]
    >>> communes = gpd.GeoDataFrame({"name": ["Laon"]}, index=["02408"], geometry=shape, crs=2154)
    >>> communes_of_rows(RawTable("s.csv", pd.DataFrame({"insee": ["02408", "2408", "75056"]})), communes).tolist()
    ['02408', '02408', None]
    """
    try:
        found = _told(raw, communes, kind)
        known = layout_of(set(raw.names), raw.shape)
        if found is None and kind == "services" and known is not None and known.name in LAYOUTS:
            read = in_layout(raw, None, None, None)[0]
            found = _told(read, communes, kind) if len(read.table) == len(raw.table) else None
    except AccessmapError:
        return None  # what reads the file says what is wrong with it
    return found


def _told(raw: RawTable, communes: gpd.GeoDataFrame, kind: str) -> pd.Series | None:
    name = "residents" if kind == "residents" else "services"
    names = RESIDENTS if kind == "residents" else SERVICES
    reading = Reading(name, raw)
    reading.rename({**names, "commune": (*names["commune"], "code")}, None)
    codes = _codes(reading, communes.index)
    reading.problems.clear()
    with_geometry(reading, target=communes.crs, ids="resident_id" if kind == "residents" else None)
    if reading.problems:
        return codes
    points = reading.table.geometry.representative_point().to_numpy()
    who, zone = communes.sindex.query(points, predicate="intersects")
    placed = pd.Series(communes.index[zone], index=who).groupby(level=0).min().reindex(range(len(points)))
    placed = placed.astype(object).where(placed.notna(), None)
    if codes is None or not codes.notna().any():
        return placed
    unsaid = reading.table["commune"].isna().to_numpy()  # what names a commune that is not loaded is elsewhere
    return codes.where(~unsaid, placed)


def _codes(reading: Reading, loaded: pd.Index) -> pd.Series | None:
    """The commune of today that each row names, missing where it is not loaded; None where no column holds codes."""
    if "commune" not in reading.table:
        return None
    text = as_text(reading.table["commune"]).reset_index(drop=True)
    given = text.dropna().drop_duplicates()
    like = given.map(lambda code: COMMUNE_LIKE.fullmatch(code) is not None and len(code) in DIGITS)
    if not len(given) or 2 * like.sum() <= len(given):
        return None
    whole = given.where(given.str.len() == DIGITS[-1], "0" + given)
    today = dict(zip(given, to_loaded(whole, loaded).codes, strict=True))
    codes = text.map(today)
    return codes.astype(object).where(codes.isin(loaded), None)
