"""Areas by travel time: isochrones (how far in so many minutes) and catchments (who goes where)."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.errors import NetworkError, Problem, Problems, TableError
from accessmap.measures.minutes import nearest
from accessmap.roads.network import RoadNetwork
from accessmap.study.travel import check_network
from accessmap.tables.aligned import check_columns, check_kind
from accessmap.tables.contracts import check_communes
from accessmap.tables.cutoffs import cutoffs_of

CELLS_ACROSS = 1000  # a map of a council is about as many pixels wide
FINEST_METRES, COARSEST_METRES = 10.0, 100.0
FAR = 1e9  # minutes, finite so that it can be contoured
# Steps on the grid: to the 8 neighbours and the 8 knight's moves; a straight walk is at most 2.8 % longer along them.
STEPS = [(i, j) for i in range(-2, 3) for j in range(-2, 3) if np.gcd(i, j) == 1]

Grid = npt.NDArray[np.float64]


def isochrones(
    network: RoadNetwork,
    points: gpd.GeoSeries | gpd.GeoDataFrame,
    cutoffs: float | Iterable[float],
    *,
    outward: bool = False,
    walk_kmh: float | None = None,
    walk_metres: float = 500,
    cell_metres: float | None = None,
) -> gpd.GeoDataFrame:
    """Return the land within so many minutes of each point, one polygon for each (point, minutes).

    Minutes are those of the network; from each road they spread to the land beside it on foot, as far as the next
    road, and are contoured on a grid. Motorways carry the trip and open no land. A polygon of fewer minutes lies inside
    that of more.

    Parameters
    ----------
    network
        The roads.
    points
        By id, in any CRS: the sites.
    cutoffs
        Minutes, one or several.
    outward
        False: the homes from which the point is reached in time (home → service). True: where one gets from the point.
    walk_kmh
        Speed off the road, in km/h; by default that of the network's legs.
    walk_metres
        Land further than this from every road in reach is left out, however much time is left.
    cell_metres
        Side of a cell of the grid; by default a thousandth of the extent, 10 to 100 m. A road is drawn as wide as a
        cell, so areas grow with it: give one side where areas are compared.

    Returns
    -------
    geopandas.GeoDataFrame
        By (point, minutes): geometry, valid multipolygons with holes, in the CRS of `points`; empty where the point
        does not join the network.

    Raises
    ------
    NetworkError
        Where cutoffs are empty or not above 0, or a speed or size is not above 0.
    SnapError
        Where points have no CRS or no place.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> areas = isochrones(study.network, study.sites("hospital").head(1), [10, 20])
    >>> areas.geometry.area.is_monotonic_increasing
    True
    """
    check_network(network, "isochrones")
    check_kind(points, "points", gpd.GeoDataFrame, gpd.GeoSeries)
    cutoffs = sorted(float(cutoff) for cutoff in cutoffs_of(cutoffs))
    sizes = {"walk_kmh": walk_kmh, "walk_metres": walk_metres, "cell_metres": cell_metres}
    problems = Problems()
    for name, value in sizes.items():
        if value is not None and not value > 0:
            problems.add("isochrones_not_above_0", name=name, value=value)
    if not cutoffs or not cutoffs[0] > 0:
        problems.add("isochrones_cutoffs", value=str(cutoffs))
    if problems:
        raise NetworkError(*problems)
    metres_a_minute = (walk_kmh or network.access_kmh) * 1000 / 60
    geometry = points.geometry if isinstance(points, gpd.GeoDataFrame) else points
    every = FINEST_METRES if cell_metres is None else cell_metres / 2
    rows = {}
    # Roads a little out of reach are asked for too: nobody walks along them to be there sooner than by road.
    for point, samples in network.minutes_along(geometry, most=2 * cutoffs[-1], every=every, outward=outward):
        field = _Field.spread(samples, cutoffs[-1], metres_a_minute, walk_metres, cell_metres)
        wider = None
        for cutoff in reversed(cutoffs):
            area = field.within(cutoff) if field is not None else shapely.MultiPolygon()
            if wider is not None:  # a saddle of the grid can be cut either way
                area = _polygons(shapely.intersection(area, wider))
            rows[point, cutoff] = wider = area
    index = pd.MultiIndex.from_product([geometry.index, cutoffs], names=[geometry.index.name or "point", "minutes"])
    areas = gpd.GeoSeries([rows[key] for key in index], index=index, crs=network.crs)
    return gpd.GeoDataFrame(geometry=areas.to_crs(geometry.crs))


def catchments(communes: gpd.GeoDataFrame, residents: pd.DataFrame, times: pd.DataFrame) -> gpd.GeoDataFrame:
    """Return the area and the people of each service's catchment: the communes whose people have it nearest.

    A commune goes whole to the service that most of its people have nearest; `population` counts people one by one,
    wherever their commune went, so that the populations of all catchments and the people who reach nothing
    (index "") make the total.

    Parameters
    ----------
    communes
        Zones, by code.
    residents
        Their `commune` and `population`.
    times
        Minutes, residents × services.

    Returns
    -------
    geopandas.GeoDataFrame
        By service_id, in the order of `times`: population, communes (how many go there), mean minutes of the people,
        geometry (empty where no commune goes there whole). Minutes are NaN where nobody comes, and of those who reach
        nothing.

    Raises
    ------
    TableError
        Where a resident of `times` is not in `residents`.

    Examples
    --------
    >>> import accessmap as am
    >>> study = am.load_sample()
    >>> times = study.minutes(study.sites("france_services"))
    >>> areas = catchments(study.communes, study.residents, times)
    >>> bool(round(areas["population"].sum()) == round(study.residents["population"].sum()))
    True
    """
    check_communes(communes)
    check_columns(residents, "commune", "population", about="residents")
    check_kind(times, "times", pd.DataFrame)
    unknown = times.index.difference(residents.index)
    if len(unknown):
        raise TableError(Problem("catchments_no_residents", n=len(unknown), value=unknown[0]), about="times")
    people = residents.loc[times.index, ["commune", "population"]]
    found = nearest(times)
    people = people.assign(
        service=found["service_id"].astype("object").fillna("").to_numpy(), minutes=found["minutes"].to_numpy()
    )
    by_service = people.assign(total=people["population"] * people["minutes"]).groupby("service")
    counted = by_service[["population", "total"]].sum()
    counted["total"] = counted["total"].mask(counted.index == "")  # a sum over nobody reached is not 0 minutes
    shares = people.groupby(["commune", "service"], as_index=False)["population"].sum()
    # Most people first; ties go to the service that stands first in `times`, as in `nearest`.
    order = {service: number for number, service in enumerate([*times.columns, ""])}
    shares = shares.assign(order=shares["service"].map(order)).sort_values(
        ["population", "order"], ascending=[False, True], kind="stable"
    )
    goes_to = shares.drop_duplicates("commune").set_index("commune")["service"]
    area = communes[["geometry"]].join(goes_to.rename("service"), how="inner")
    dissolved = area.dissolve("service", aggfunc={}) if len(area) else area.set_index("service")
    services = [service for service in order if service in counted.index or service in dissolved.index or service]
    table = pd.DataFrame(
        {
            "population": counted["population"].reindex(services, fill_value=0),
            "communes": goes_to.value_counts().reindex(services, fill_value=0),
            "minutes": (counted["total"] / counted["population"]).reindex(services),
        }
    )
    geometry = dissolved.geometry.reindex(services)
    return gpd.GeoDataFrame(table.rename_axis("service_id"), geometry=geometry.to_numpy(), crs=communes.crs)


@dataclass(frozen=True)
class _Field:
    """Minutes on a grid of points, and the way from the road to each, both in minutes of walking."""

    x: Grid
    y: Grid
    minutes: Grid
    off_road: Grid

    @classmethod
    def spread(
        cls, samples: Grid, most: float, metres_a_minute: float, walk_metres: float, cell_metres: float | None
    ) -> "_Field | None":
        """Return the field around samples of roads (x, y, minutes), or None where there are none."""
        if len(samples) == 0:
            return None
        xy = samples[:, :2]
        reached = samples[:, 2] <= most
        size = cell_metres or float(
            np.clip(np.ptp(xy[reached], axis=0).max() / CELLS_ACROSS, FINEST_METRES, COARSEST_METRES)
        )
        margin = walk_metres + 3 * size
        low = np.floor((xy[reached].min(axis=0) - margin) / size)
        shape = (np.ceil((xy[reached].max(axis=0) + margin) / size) - low).astype(int) + 1
        inside = ((xy / size >= low) & (xy / size < low + shape - 1)).all(axis=1)
        xy, at_road = xy[inside], samples[inside, 2]
        # A road is as wide as a cell: the four corners around a place of it are there as soon as the place is.
        corner = np.floor(xy / size - low).astype(int)
        minutes, off_road = np.full(shape, FAR), np.full(shape, FAR)
        for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
            at = corner[:, 0] + i, corner[:, 1] + j
            np.minimum.at(minutes, at, at_road)
            off_road[at] = np.where(at_road <= most, 0.0, off_road[at])
        step = size / metres_a_minute
        road = minutes < FAR
        _walk(minutes, step, most + 3 * step, blocked=road)
        _walk(off_road, step, walk_metres / metres_a_minute + 3 * step, blocked=np.zeros_like(road))
        x, y = (low[axis] * size + np.arange(shape[axis]) * size for axis in (0, 1))
        return cls(x, y, minutes, off_road - walk_metres / metres_a_minute)

    def within(self, cutoff: float) -> shapely.MultiPolygon:
        """Return the polygons where minutes are at most `cutoff` and the road is near enough."""
        from contourpy import FillType, contour_generator

        # Far values are cut so that a contour between a cell inside and one far away lies half-way, not at the cell.
        value = np.maximum(np.minimum(self.minutes - cutoff, 1e3), np.minimum(self.off_road, 1e3))
        filled = contour_generator(self.x, self.y, value.T, fill_type=FillType.OuterOffset).filled(-FAR, 0.0)
        rings = [
            [points[start:end] for start, end in pairwise(offsets)] for points, offsets in zip(*filled, strict=True)
        ]
        polygons = [shapely.Polygon(outer, holes) for outer, *holes in rings]
        return _polygons(shapely.make_valid(shapely.MultiPolygon(polygons)))


def _walk(minutes: Grid, step: float, most: float, *, blocked: npt.NDArray[np.bool_]) -> None:
    """Let minutes spread over the grid, in place, until nobody gets anywhere new within `most`; blocked cells stay."""
    shifts = [(i, j, step * float(np.hypot(i, j))) for i, j in STEPS]
    kept = minutes[blocked]
    while True:
        before = minutes.copy()
        for i, j, cost in shifts:
            here = minutes[max(i, 0) : minutes.shape[0] + min(i, 0), max(j, 0) : minutes.shape[1] + min(j, 0)]
            there = before[max(-i, 0) : minutes.shape[0] + min(-i, 0), max(-j, 0) : minutes.shape[1] + min(-j, 0)]
            np.minimum(here, there + cost, out=here)
        minutes[blocked] = kept
        if not ((minutes < before) & (minutes <= most)).any():
            return


def _polygons(area: shapely.Geometry) -> shapely.MultiPolygon:
    """Return the polygons of a geometry, without the points and lines that an overlay may leave."""
    parts = [part for part in shapely.get_parts(shapely.get_parts(area)) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon([part for part in parts if part.area > 0])
