"""Maps: access, catchments, change, isochrones, cells, two values and roads; folium maps that need no internet."""

from typing import TYPE_CHECKING

from accessmap.face import found_in

if TYPE_CHECKING:
    from accessmap.maps.bivariate import bivariate_map
    from accessmap.maps.cells import cell_map
    from accessmap.maps.change_charts import dumbbell_chart, step_chart
    from accessmap.maps.charts import Chart, front_chart, heat_chart, lorenz_chart
    from accessmap.maps.communes import access_map, catchment_map, compare_map
    from accessmap.maps.exploring import explore
    from accessmap.maps.isochrones import isochrone_map
    from accessmap.maps.roads import network_map, route_map
    from accessmap.maps.served import quality_map
    from accessmap.maps.tornado import tornado_chart

__all__ = [
    "Chart",
    "access_map",
    "bivariate_map",
    "catchment_map",
    "cell_map",
    "compare_map",
    "dumbbell_chart",
    "explore",
    "front_chart",
    "heat_chart",
    "isochrone_map",
    "lorenz_chart",
    "network_map",
    "quality_map",
    "route_map",
    "step_chart",
    "tornado_chart",
]

_HOME = {
    **dict.fromkeys(["access_map", "catchment_map", "compare_map"], "maps.communes"),
    **dict.fromkeys(["Chart", "front_chart", "heat_chart", "lorenz_chart"], "maps.charts"),
    **dict.fromkeys(["dumbbell_chart", "step_chart"], "maps.change_charts"),
    **dict.fromkeys(["network_map", "route_map"], "maps.roads"),
    "bivariate_map": "maps.bivariate",
    "cell_map": "maps.cells",
    "explore": "maps.exploring",
    "isochrone_map": "maps.isochrones",
    "quality_map": "maps.served",
    "tornado_chart": "maps.tornado",
}

__getattr__ = found_in(_HOME, "maps")


def __dir__() -> list[str]:
    return sorted(__all__)
