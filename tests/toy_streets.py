"""One long street along which the stations of the toy feed lie, and people and services on it."""

import geopandas as gpd
import numpy as np
import pandas as pd

import accessmap as am

LAT = 49.6
#: Every 0.001 degrees of the road along which the stations lie, at one minute each: A at 0, B at 100, C at 200.
STEP, WEST = 0.001, 3.1
STATIONS = {"A": 0, "B": 100, "C": 200}


def streets(minutes: float) -> am.RoadNetwork:
    places = np.arange(-60, 301)
    nodes = pd.DataFrame({"lon": WEST + STEP * places, "lat": LAT}, index=places)
    edges = pd.DataFrame({"u": places[:-1], "v": places[1:], "minutes": minutes})
    return am.RoadNetwork.from_edges(nodes, edges, directed=False)


def points(places: list[int], **columns: object) -> gpd.GeoDataFrame:
    at = gpd.points_from_xy([WEST + STEP * place for place in places], [LAT] * len(places))
    return gpd.GeoDataFrame(geometry=at, crs=4326).to_crs(2154).assign(**columns)


def residents(places: list[int]) -> gpd.GeoDataFrame:
    table = points(places, population=1.0, commune="02173")
    return table.set_index(pd.Index([f"home {place}" for place in places], name="resident_id"))


def services(places: list[int]) -> gpd.GeoDataFrame:
    table = points(places, category="hospital", name="H", commune="02173", capacity=1.0)
    return table.set_index(pd.Index([f"site {place}" for place in places], name="service_id"))
