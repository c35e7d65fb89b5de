"""Coordinates of the whole of France in one file: each row in the legal projection of its part of the country."""

import re
from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pyproj import Transformer

from accessmap.errors import SourceError
from accessmap.findings import count
from accessmap.sources.columns import as_numbers
from accessmap.sources.rawtable import RawTable

__all__ = ["degrees", "epsg_of_commune", "epsg_of_text", "metres"]

# Start of a commune's code → EPSG code of the legal projection there (decree 2000-1276, amended in 2019): RGAF09 UTM
# 20N, RGFG95 UTM 22N, RGR92 UTM 40S, RGM04 UTM 38S, RGSPM06 UTM 21N; Wallis-et-Futuna in WGS 84 UTM 1S.
OVERSEAS = {"971": 5490, "972": 5490, "973": 2972, "974": 2975, "975": 4467, "976": 4471, "986": 32701}
METROPOLE = 2154
# How FINESS names projections: until 2023 in one word, since then with the EPSG code, and two with neither.
WORDS = {"LAMBERT_93": 2154, "L93_METROPOLE": 2154, "UTM_N20": 5490, "UTM_N21": 4467, "UTM_N22": 2972} | {
    "UTM_S38": 4471,
    "UTM_S40": 2975,
}


def epsg_of_commune(code: object) -> int:
    """Return the EPSG code of the legal projection of a commune.

    >>> epsg_of_commune("02173"), epsg_of_commune("97411")
    (2154, 2975)
    """
    return OVERSEAS.get(str(code)[:3], METROPOLE)


def epsg_of_text(text: object) -> int | None:
    """Return the EPSG code that a description of a projection names, None where it names none.

    >>> epsg_of_text("EPSG:5490 RGAF09/UTM Zone 20N (Antilles)"), epsg_of_text("WGS84/UTM zone 1S (Wallis-et-Futuna)")
    (5490, 32701)
    """
    words = str(text)
    if match := re.search(r"EPSG:(\d+)", words):
        return int(match[1])
    if match := re.search(r"UTM zone (\d+)([NS])", words, re.IGNORECASE):
        return (32600 if match[2].upper() == "N" else 32700) + int(match[1])
    return next((epsg for word, epsg in WORDS.items() if word in words), None)


def metres(raw: RawTable, column: str) -> pd.Series:
    """Return a column of coordinates as numbers, with decimal points or commas.

    Raises
    ------
    SourceError
        When a value is no number: it would else become a site without a point.

    Examples
    --------
    >>> metres(RawTable("s.csv", pd.DataFrame({"x": ["714500,5", None]}), ("line 2", "line 3")), "x").tolist()
    [714500.5, nan]
    """
    values = as_numbers(raw.table[column])
    if pd.api.types.is_numeric_dtype(values):
        return values
    if values.isna().all():
        return pd.Series(np.nan, index=values.index)
    alone = [as_numbers(pd.Series([value], dtype=object)) for value in values]
    bad = [row for row, one in enumerate(alone) if not one.isna().all() and not pd.api.types.is_numeric_dtype(one)]
    named = ", ".join(f"{raw.lines[row]} ({values.iloc[row]!r})" for row in bad[:5])
    raise SourceError(f"{raw.name}: {column!r} is not a number in {count(len(bad), 'row')}: {named}; give metres.")


def degrees(x: pd.Series, y: pd.Series, epsg: Sequence[int | None]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return longitudes and latitudes of points that are each in a projection of their own.

    Parameters
    ----------
    x, y
        Metres, missing where there is no point.
    epsg
        Of each point; a point without one is missing too.

    Examples
    --------
    >>> lon, lat = degrees(pd.Series([700000, 657242.9]), pd.Series([6600000, 1795384.4]), [2154, 5490])
    >>> lon.round(3).tolist(), lat.round(3).tolist()
    ([3.0, -61.529], [46.5, 16.234])
    """
    numbers = [values.to_numpy(dtype=float, na_value=np.nan) for values in (x, y)]
    codes = np.array([0 if code is None else code for code in epsg])
    lon, lat = np.full(len(codes), np.nan), np.full(len(codes), np.nan)
    for code in np.unique(codes[codes > 0]):
        rows = (codes == code) & np.isfinite(numbers[0]) & np.isfinite(numbers[1])
        if rows.any():
            forward = Transformer.from_crs(int(code), 4326, always_xy=True)
            lon[rows], lat[rows] = forward.transform(numbers[0][rows], numbers[1][rows])
    return lon, lat
