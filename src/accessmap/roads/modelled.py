"""The modelled network: roads guessed from which communes touch, for a territory whose real roads are not at hand.

The rule, the constants and what they were fitted to are in docs/method (« Le réseau modélisé »).
"""

from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyproj
import shapely

from accessmap.errors import NetworkError, Problem
from accessmap.roads.law import rows_of
from accessmap.roads.speeds import check_mode
from accessmap.words.notes import Figure, Note

# Fitted to published car times by benchmarks/published_times.py --fit; docs/method has the error.
DETOUR = 1.2  # length of a road over the straight line between the two mairies
TOWN = 2_000  # inhabitants from which a commune counts as a town (INSEE's threshold of an urban unit)
KMH = {"villages": 65.0, "town_and_village": 40.0, "towns": 60.0}  # by what the two mairies are; streets included
ACCESS_KMH = 18.0  # from home to the nearest modelled road, straight
LOCAL_METRES = 1_500.0  # up to here a trip may keep to local streets, straight at that speed
MAX_METRES = (
    5_000.0  # the far quarters of a city are up to 3.7 km from a road between mairies, and are reached all the same
)


def parameters_of(mode: str) -> dict[str, str]:
    """Return what a page prints of the model for a mode: its rule and constants, by name, in notes."""
    speeds: dict[str, Any] = {name: Figure.of(kmh) for name, kmh in KMH.items()}
    told = Note("modelled_speeds_by_car", **speeds, people=Figure.of(TOWN))
    if mode != "car":
        told = Note("modelled_kmh", kmh=Figure.of(_way_kmh(mode), digits=1))
    access = Figure.of(_access_kmh(mode), digits=0 if mode == "car" else 1)
    return {
        Note("modelled_network"): Note("modelled_network_rule"),
        Note("modelled_detour"): Note("modelled_detour_rule", factor=Figure.of(DETOUR, digits=1)),
        Note("modelled_speeds"): told,
        Note("modelled_access"): Note("modelled_access_rule", kmh=access),
        **({} if mode == "car" else {"mode": mode}),
    }


def modelled_legs(mode: str) -> dict[str, float]:
    """Return how points join the modelled roads in a mode: access_kmh (straight), local_metres and max_metres.

    The metres are those of the car for every mode, so that all take the same roads and a slower mode is never quicker.
    """
    return {"access_kmh": _access_kmh(mode), "local_metres": LOCAL_METRES, "max_metres": MAX_METRES}


def _way_kmh(mode: str) -> float:
    """Return the speed on an ordinary road of who walks (4.8 km/h, 80 metres a minute) or cycles (15), as `speeds`."""
    found = {(row["mode"], row["road_class"], row["setting"]): float(row["kmh"]) for row in rows_of("driving")}
    return found[mode, "other", "rural"]


def _access_kmh(mode: str) -> float:
    """Return the speed of the straight leg: the car's was fitted, the others' is that of their way, with its detour."""
    return ACCESS_KMH if mode == "car" else _way_kmh(mode) / DETOUR


def model_roads(
    communes: gpd.GeoDataFrame, mairies: gpd.GeoDataFrame, *, mode: str = "car"
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return nodes (lon, lat by commune code) and undirected edges (u, v, minutes, length_m, road_class).

    Each commune (a polygon with `population`, in a metric CRS) needs a mairie that has its code in `commune`. On foot
    and by bike the same roads go at one speed, that of `accessmap.roads.speeds`.
    """
    check_mode(mode)
    points = mairies.drop_duplicates("commune").set_index("commune").geometry.to_crs(communes.crs)
    missing = communes.index.difference(points.index)
    if len(missing):
        place = Note("roads_modelled_network")
        raise NetworkError(Problem("roads_commune_without_mairie", where=place, value=missing[0], n=len(missing)))
    points = points.reindex(communes.index)
    u, v = _neighbours(communes)
    town = communes["population"].to_numpy() >= TOWN
    length = shapely.distance(points.to_numpy()[u], points.to_numpy()[v]) * DETOUR
    road_class = np.array(list(KMH))[town[u].astype(int) + town[v]]
    kmh = pd.Series(road_class).map(KMH).to_numpy() if mode == "car" else _way_kmh(mode)
    project = pyproj.Transformer.from_crs(communes.crs, "EPSG:4326", always_xy=True)
    lon, lat = project.transform(points.x.to_numpy(), points.y.to_numpy())
    codes = communes.index.to_numpy()
    edges = {"u": codes[u], "v": codes[v], "minutes": length / kmh * 60 / 1000, "length_m": length}
    return (
        pd.DataFrame({"lon": lon, "lat": lat}, index=communes.index),
        pd.DataFrame({**edges, "road_class": road_class}),
    )


def _neighbours(communes: gpd.GeoDataFrame) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Return the pairs of communes that share a stretch of boundary, and not a corner alone, each pair once."""
    polygons = communes.geometry.to_numpy()
    u, v = shapely.STRtree(polygons).query(polygons, predicate="intersects")
    u, v = u[u < v], v[u < v]
    along = shapely.length(shapely.intersection(polygons[u], polygons[v])) > 0
    return u[along], v[along]
