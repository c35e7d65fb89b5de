"""Maps: access by commune, catchments, and what scenarios change; folium maps that need no internet."""

from accessmap.maps.maps import access_map, catchment_map, compare_map

__all__ = ["access_map", "catchment_map", "compare_map"]
