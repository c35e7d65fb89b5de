"""Areas by travel time: isochrones (how far in so many minutes) and catchments (who goes where)."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, cast

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from accessmap.errors import NetworkError, OptionError, Problem, Problems, TableError
from accessmap.measures.minutes import nearest
from accessmap.roads.network import RoadNetwork
from accessmap.roads.transit.journeys import Journeys
from accessmap.study.reach import Timed
from accessmap.study.travel import Hours, check_network
from accessmap.tables.aligned import check_columns, check_kind
from accessmap.tables.contracts import check_communes
from accessmap.tables.cutoffs import cutoffs_of
from accessmap.words.notes import Figure, Note
from accessmap.words.progress import progress_bar

CELLS_ACROSS = 1000  # a map of a council is about as many pixels wide
FINEST_METRES, COARSEST_METRES = 5.0, 100.0
HALVINGS = 3  # of the cells where the first grid begins, only near the boundary
BESIDE_METRES = 100.0  # between two places of a road where the extent is looked for
MOST_POINTS = 40_000_000  # of a grid: two gigabytes while it is drawn
FAR = 1e9  # minutes, finite so that it can be contoured

Grid = npt.NDArray[np.float64]
Cells = npt.NDArray[np.bool_]


def isochrones(
    network: RoadNetwork | Journeys,
    points: gpd.GeoSeries | gpd.GeoDataFrame,
    cutoffs: float | Iterable[float],
    *,
    outward: bool = False,
    walk_kmh: float | None = None,
    walk_metres: float | None = None,
    cell_metres: float | None = None,
    depart: Hours | None = None,
    percentile: float | None = None,
    progress: bool = False,
) -> gpd.GeoDataFrame:
    """Return the land within so many minutes of each point, one polygon for each (point, minutes).

    Minutes are those of `travel_times`, asked at points of a grid, fine near the boundary, and contoured: one model. A
    polygon of fewer minutes lies inside that of more.

    Parameters
    ----------
    network
        The roads; or the journeys of a timetable, whose minutes count from the moment one wants to leave.
    points
        By id, in any CRS: the sites.
    cutoffs
        Minutes, one or several.
    outward
        False: the homes from which the point is reached in time (home → service). True: where one gets from the point.
    walk_kmh
        Speed off the road, in km/h; by default that of the network's legs. Compare with `travel_times` on
        `network.with_legs(access_kmh=…)`.
    walk_metres
        Land further than this from every road is left out, however much time is left; by default what does not join the
        network, `network.max_metres`.
    cell_metres
        Side of a cell of the grid; by default a thousandth of the extent, 5 to 100 m.
    depart, percentile
        Of journeys, as in `travel_times`: land from which this share of the departures arrives in time. 100 is all of
        them, 50 the half; those of the journeys where not given.
    progress
        Show a progress bar on standard error, or in the notebook.

    Returns
    -------
    geopandas.GeoDataFrame
        By (point, minutes): geometry, valid multipolygons with holes, in the CRS of `points`; empty where the point
        does not join the network.

    Raises
    ------
    NetworkError
        Where cutoffs are empty or not above 0, a speed or size is not above 0, cells are too small for the extent, or
        `walk_kmh` is given with journeys, whose streets have their own.
    OptionError
        Where hours are given without journeys, or are none.
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
    roads = _roads(network, walk_kmh, {"depart": depart, "percentile": percentile})
    check_kind(points, "points", gpd.GeoDataFrame, gpd.GeoSeries)
    cutoffs = sorted(float(cutoff) for cutoff in cutoffs_of(cutoffs))
    sizes = {"walk_kmh": walk_kmh, "walk_metres": walk_metres, "cell_metres": cell_metres}
    problems = Problems()
    for name, value in sizes.items():
        if value is not None and not value > 0:
            problems.add("isochrones_not_above_0", name=name, value=value)
    if not cutoffs or not all(0 < cutoff < np.inf for cutoff in cutoffs):
        problems.add("isochrones_cutoffs", value=str(cutoffs))
    if problems:
        raise NetworkError(*problems)
    geometry = points.geometry if isinstance(points, gpd.GeoDataFrame) else points
    if walk_kmh is not None and isinstance(roads, RoadNetwork):
        roads = roads.with_legs(access_kmh=walk_kmh)
    rows = {}
    places = roads.minutes_along(geometry, most=cutoffs[-1], every=BESIDE_METRES, outward=outward)
    with progress_bar(Note("progress_isochrones"), len(geometry), shown=progress) as done:
        for number, (point, reached) in enumerate(places):
            site = geometry.iloc[[number]]
            field = _Field.around(roads, site, reached, cutoffs, outward, walk_metres, cell_metres)
            wider = None
            for cutoff in reversed(cutoffs):
                area = field.within(cutoff) if field is not None else shapely.MultiPolygon()
                if wider is not None:  # a saddle of the grid can be cut either way
                    area = _polygons(shapely.intersection(area, wider))
                rows[point, cutoff] = wider = area
            done()
    index = pd.MultiIndex.from_product([geometry.index, cutoffs], names=[geometry.index.name or "point", "minutes"])
    areas = gpd.GeoSeries([rows[key] for key in index], index=index, crs=roads.crs)
    return gpd.GeoDataFrame(geometry=areas.to_crs(geometry.crs))


def _roads(network: object, walk_kmh: float | None, hours: dict[str, Any]) -> RoadNetwork | Timed:
    """Return what gives the minutes of a grid; hours are of journeys alone."""
    given = {name: value for name, value in hours.items() if value is not None}
    if isinstance(network, Journeys):
        if walk_kmh is not None:
            raise NetworkError(Problem("isochrones_walk_kmh", value=walk_kmh))
        return Timed(network, given)
    check_network(network, "isochrones")
    if given:
        raise OptionError(Problem("journeys_hours_without", call="isochrones", value=", ".join(given)))
    return cast("RoadNetwork", network)


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
    """Minutes at the points of a grid, FAR where nobody gets there; what walking a cell takes; the site, if near."""

    x: Grid
    y: Grid
    minutes: Grid
    step: float
    site: shapely.Point
    cell: float

    @classmethod
    def around(
        cls,
        network: RoadNetwork | Timed,
        site: gpd.GeoSeries,
        reached: Grid,
        cutoffs: list[float],
        outward: bool,
        walk_metres: float | None,
        cell_metres: float | None,
    ) -> "_Field | None":
        """Return the field around places of roads in reach (x, y, minutes), or None where there are none."""
        if len(reached) == 0:
            return None
        xy, metres_a_minute = reached[:, :2], network.access_kmh * 1000 / 60
        size = cell_metres or float(np.clip(np.ptp(xy, axis=0).max() / CELLS_ACROSS, FINEST_METRES, COARSEST_METRES))
        across = size * 2**HALVINGS
        # As far as legs go in what is left of the time; the first place is the site, from which the way is straight.
        beyond = np.minimum((cutoffs[-1] - reached[:, 2]) * metres_a_minute, network.max_metres) + BESIDE_METRES
        straight = min(cutoffs[-1] * metres_a_minute, max(2 * network.max_metres, network.local_metres))
        beyond[0] = max(beyond[0], straight)
        low = np.floor((xy - beyond[:, None]).min(axis=0) / across) * across
        shape = np.ceil(((xy + beyond[:, None]).max(axis=0) - low) / across).astype(int) + 1
        if (shape * 2**HALVINGS).prod() > MOST_POINTS:
            least = size * np.sqrt((shape * 2**HALVINGS).prod() / MOST_POINTS)
            problem = Problem("isochrones_too_fine", value=cell_metres, least=Figure.of(np.ceil(least)))
            raise NetworkError(problem)
        trips = network.trips(site, site)

        def asked(x: Grid, y: Grid, span: float) -> Grid:
            grid = gpd.GeoSeries(gpd.points_from_xy(x, y), crs=network.crs)
            there = trips.to(grid) if outward else trips.leaving(grid)
            minutes = there.minutes(cutoffs[-1] + span / metres_a_minute).ravel().astype("float64")
            if walk_metres is not None:
                minutes[there.off_road_metres(ends=outward) > walk_metres] = np.nan
            told: Grid = np.nan_to_num(minutes, nan=FAR)
            return told

        x, y = (low[axis] + np.arange(shape[axis]) * across for axis in (0, 1))
        minutes = asked(np.repeat(x, len(y)), np.tile(y, len(x)), across).reshape(shape)
        while across > size * 1.5:
            wanted = _near(minutes, cutoffs, across / metres_a_minute)
            if isinstance(network, Timed):  # land about a stop may be an island within one cell
                cells = ((network.stops - low) // across).astype(int)
                wanted[tuple(cells[((cells >= 0) & (cells < wanted.shape)).all(axis=1)].T)] = True
            minutes, wanted = _halved(minutes, wanted)
            across /= 2
            x, y = (low[axis] + np.arange(minutes.shape[axis]) * across for axis in (0, 1))
            i, j = np.nonzero(wanted)
            minutes[i, j] = asked(x[i], y[j], across)
        # Where roads lead away one-way the corners of its cell may all be far: the place itself is none the less near.
        near = asked(xy[:1, 0], xy[:1, 1], across)[0] < FAR
        return cls(x, y, minutes, size / metres_a_minute, shapely.Point(xy[0]) if near else shapely.Point(), size)

    def within(self, cutoff: float) -> shapely.MultiPolygon:
        """Return the polygons where minutes are at most `cutoff`."""
        from contourpy import FillType, contour_generator

        # Cut at what a cell takes on foot: the contour lies half-way where minutes jump, as over a river.
        value = np.clip(self.minutes - cutoff, -self.step, self.step)
        filled = contour_generator(self.x, self.y, value.T, fill_type=FillType.OuterOffset).filled(-FAR, 0.0)
        rings = [
            [points[start:end] for start, end in pairwise(offsets)] for points, offsets in zip(*filled, strict=True)
        ]
        polygons = [shapely.Polygon(outer, holes) for outer, *holes in rings]
        area = shapely.make_valid(shapely.MultiPolygon(polygons))
        if not area.contains(self.site):
            area = area.union(self.site.buffer(self.cell * min(cutoff / self.step, 1)))
        return _polygons(area)


def _near(minutes: Grid, cutoffs: list[float], walk: float) -> Cells:
    """Return which cells of a grid a boundary may cross: a cutoff is within half a walk over one of its corners."""
    corners = [minutes[:-1, :-1], minutes[1:, :-1], minutes[:-1, 1:], minutes[1:, 1:]]
    least, most = np.minimum.reduce(corners), np.maximum.reduce(corners)
    near: Cells = np.zeros(least.shape, bool)
    for cutoff in cutoffs:
        near |= (least - walk / 2 <= cutoff) & (most + walk / 2 >= cutoff)
    return near


def _halved(minutes: Grid, cells: Cells) -> tuple[Grid, Cells]:
    """Return the grid with cells half as wide, the new points between their neighbours, and which are to be asked."""
    half = np.empty(tuple(2 * n - 1 for n in minutes.shape))
    half[::2, ::2] = minutes
    half[1::2, ::2] = (minutes[:-1] + minutes[1:]) / 2
    half[:, 1::2] = (half[:, :-1:2] + half[:, 2::2]) / 2
    wanted = np.zeros(half.shape, bool)
    for i in range(3):
        for j in range(3):
            wanted[i : i + 2 * cells.shape[0] : 2, j : j + 2 * cells.shape[1] : 2] |= cells
    wanted[::2, ::2] = False
    return half, wanted


def _polygons(area: shapely.Geometry) -> shapely.MultiPolygon:
    """Return the polygons of a geometry, without the points and lines that an overlay may leave."""
    parts = [part for part in shapely.get_parts(shapely.get_parts(area)) if part.geom_type == "Polygon"]
    return shapely.MultiPolygon([part for part in parts if part.area > 0])
