"""A place to keep roads in: a box, a polygon or a table of them, widened by metres."""

from typing import Any

from accessmap.errors import NetworkError

__all__ = ["clip_polygon"]


def clip_polygon(clip: Any, *, buffer_metres: float = 0.0) -> Any:
    """Return a place as one polygon in degrees.

    Parameters
    ----------
    clip
        (west, south, east, north) in degrees, a shapely polygon in degrees, or a GeoSeries or GeoDataFrame in any CRS.
    buffer_metres
        Widen it by so many metres, measured in the UTM zone of the place.

    Raises
    ------
    NetworkError
        If the place is empty, has no CRS, or is not in degrees.

    >>> clip_polygon((3.0, 49.0, 3.1, 49.1)).bounds
    (3.0, 49.0, 3.1, 49.1)
    """
    import geopandas as gpd
    import shapely

    if isinstance(clip, tuple | list):
        if len(clip) != 4 or not (clip[0] < clip[2] and clip[1] < clip[3]):
            raise NetworkError(f"clip {tuple(clip)}: give (west, south, east, north) in degrees, or a polygon.")
        clip = shapely.box(*clip)
    place = clip.geometry if isinstance(clip, gpd.GeoSeries | gpd.GeoDataFrame) else gpd.GeoSeries([clip], crs=4326)
    if place.crs is None:
        raise NetworkError("clip has no CRS: call set_crs() on it first.")
    place = place.to_crs(4326)
    west, south, east, north = place.total_bounds
    # Written so that the NaN of an empty place fails too.
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90):
        raise NetworkError(
            f"clip: bounds {west:g}, {south:g}, {east:g}, {north:g} are not degrees: give longitude and latitude, or a "
            "GeoSeries with its CRS."
        )
    if buffer_metres:
        place = place.to_crs(place.estimate_utm_crs()).buffer(buffer_metres).to_crs(4326)
    return place.union_all()
