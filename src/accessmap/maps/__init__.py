"""Maps: access, catchments, change, isochrones, cells, two values and roads; folium maps that need no internet."""

from accessmap.maps.bivariate import bivariate_map
from accessmap.maps.cell import cell_map
from accessmap.maps.exploring import explore
from accessmap.maps.isochrone import isochrone_map
from accessmap.maps.maps import access_map, catchment_map, compare_map
from accessmap.maps.roads import network_map

__all__ = [
    "access_map",
    "bivariate_map",
    "catchment_map",
    "cell_map",
    "compare_map",
    "explore",
    "isochrone_map",
    "network_map",
]
