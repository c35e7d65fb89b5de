"""Two communes of one square kilometre each, and two schools, that several test modules read against."""

import geopandas as gpd
import pandas as pd
import shapely

from accessmap.tables.checks import METRIC_CRS

X, Y = 713_000.0, 6_946_000.0
COMMUNES = gpd.GeoDataFrame(
    {"name": ["Abbécourt", "Chauny"], "population": [518, 11_600], "epci": ["e", "e"], "in_territory": [True, True]},
    geometry=[shapely.box(X, Y, X + 1000, Y + 1000), shapely.box(X + 1000, Y, X + 2000, Y + 1000)],
    index=pd.Index(["02001", "02173"], name="code"),
    crs=METRIC_CRS,
)
SCHOOLS = gpd.GeoDataFrame(
    {"name": ["A", "B"], "level": ["primary", "middle"], "commune": ["02173", "02173"]},
    geometry=[shapely.Point(X + 1500, Y + 500), shapely.Point(X + 1600, Y + 500)],
    index=pd.Index(["0020001A", "0020002B"], name="school_id"),
    crs=METRIC_CRS,
)
